// Writes brand-registry/<brand>/brand.toml and logo.png from pinned public packages and the
// hand-kept choices in brands.csv and kinds.csv.
//
// Needs: node 20 or newer, npm, and access to an npm registry. Nothing else, nothing global.
// Run:   node scripts/brand-registry/build.mjs            writes into brand-registry/
//        node scripts/brand-registry/build.mjs --check    writes nothing; fails if a file would change
//
// Sources (installed into a temporary directory, exact versions, install scripts off):
//   simple-icons 16.37.0                  CC0-1.0        the icons
//   name-suggestion-index 8.0.20260918    BSD-3-Clause   names in other languages
//   @resvg/resvg-js 2.6.2                 MPL-2.0        draws SVG; used here only, not shipped
//
// Folders that brands.csv does not name are left alone: brands added by hand stay.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 as zlibCrc32, deflateSync } from "node:zlib";

const PACKAGES = ["simple-icons@16.37.0", "name-suggestion-index@8.0.20260918", "@resvg/resvg-js@2.6.2"];
const SIDE = 256; // pixels of the written logo
const DRAWN = 208; // pixels the icon itself covers: a margin keeps its outline off the border
const LEVELS = 16; // shades between white and the icon's colour: a 4-bit palette

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "..", "brand-registry");

/** Reads a comma-separated file; a field with a comma or a quote stands in double quotes. */
function readCsv(path) {
  const lines = readFileSync(path, "utf8").split("\n").filter((line) => line !== "");
  const split = (line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .map((match) => match[1].replace(/^"|"$/g, "").replace(/""/g, '"'));
  const names = split(lines[0]).slice(0, lines[0].split(",").length);
  return lines.slice(1).map((line) => {
    const fields = split(line);
    return Object.fromEntries(names.map((name, place) => [name, fields[place] ?? ""]));
  });
}

function installPackages(directory) {
  writeFileSync(join(directory, "package.json"), '{"private":true}');
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"];
  execFileSync("npm", ["install", ...options, ...PACKAGES], { cwd: directory, stdio: ["ignore", "ignore", "inherit"] });
}

/** Lower case, letters and digits only: "Coca-Cola" and "coca cola" are one name. */
function plain(name) {
  return name.toLowerCase().normalize("NFKD").replace(/[\p{M}\p{P}\p{S}\p{Z}]/gu, "");
}

const VARIANT_TAG = /^(?:brand|name)(?::(?:zh|zh-Hans|zh-Hant|ja|ko|ru|uk|ar|he|el|th|fa|bg|sr|ka|hi))?$/;
const VARIANT_PLACES = /^brands\/(?:shop|amenity\/(?:fast_food|cafe|fuel|vending_machine))/;

/** Names in other languages by plain name, from entries that carry a Wikidata item. */
function readVariants(modules) {
  const { nsi } = JSON.parse(readFileSync(join(modules, "name-suggestion-index/dist/json/nsi.min.json"), "utf8"));
  const variants = new Map();
  for (const place of Object.keys(nsi).filter((key) => VARIANT_PLACES.test(key)).sort()) {
    for (const { displayName, tags } of nsi[place].items) {
      if (!tags["brand:wikidata"]) continue;
      const names = Object.keys(tags).filter((tag) => VARIANT_TAG.test(tag)).sort().map((tag) => tags[tag]);
      for (const key of new Set([displayName, tags["brand:en"] ?? displayName].map(plain))) {
        variants.set(key, [...(variants.get(key) ?? []), ...names]);
      }
    }
  }
  return variants;
}

/** Han, kana and Hangul names are searched inside words, so one or two signs say too little. */
function tellsEnough(alias) {
  const letters = [...alias];
  const searchedInside = /[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}\p{Script=Hangul}\p{Script=Thai}]/u;
  return letters.length <= 60 && letters.length >= (searchedInside.test(alias) ? 2 : 3);
}

function aliasesOf(row, marks, variants, banned) {
  const taken = new Set([row.name, ...marks].map((name) => name.toLowerCase()));
  const fromIndex = (variants.get(plain(row.name)) ?? []).filter((name) => !/\p{Script=Latin}/u.test(name));
  const aliases = [];
  for (const alias of [...row.aliases.split("|"), ...fromIndex]) {
    const key = alias.toLowerCase();
    const chosen = row.aliases.split("|").includes(alias) || tellsEnough(alias);
    if (alias === "" || taken.has(key) || banned.has(alias) || !chosen) continue;
    taken.add(key);
    aliases.push(alias);
  }
  return aliases;
}

// ---- logo.png -------------------------------------------------------------------------------

function crcTable() {
  return Uint32Array.from({ length: 256 }, (_, n) => {
    let value = n;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value;
  });
}
const CRC = crcTable();

function crc32(bytes) {
  if (zlibCrc32) return zlibCrc32(bytes);
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function pngChunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A 4-bit palette PNG: 16 steps from white to `colour`; `coverage` has one byte (0–255) a pixel. */
function writePng(coverage, colour) {
  const shade = (level) => colour.map((part) => Math.round(255 + ((part - 255) * level) / (LEVELS - 1)));
  const palette = Buffer.from(Array.from({ length: LEVELS }, (_, level) => shade(level)).flat());
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([4, 3, 0, 0, 0], 8);
  const row = 1 + SIDE / 2;
  const pixels = Buffer.alloc(row * SIDE);
  for (let place = 0; place < SIDE * SIDE; place += 1) {
    const level = Math.round((coverage[place] / 255) * (LEVELS - 1));
    const [x, y] = [place % SIDE, Math.floor(place / SIDE)];
    pixels[y * row + 1 + (x >> 1)] |= x % 2 === 0 ? level << 4 : level;
  }
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    pngChunk("IHDR", header),
    pngChunk("PLTE", palette),
    pngChunk("IDAT", deflateSync(pixels, { level: 9, memLevel: 9 })),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The icon's own colour; black where it would not show on white (WCAG contrast under 1.3). */
function visibleColour(hex) {
  const colour = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const linear = colour.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return 1.05 / (luminance + 0.05) < 1.3 ? [0, 0, 0] : colour;
}

function drawLogo(Resvg, icon) {
  const svg = icon.svg.replace("<svg ", '<svg fill="#000" ');
  const drawn = new Resvg(svg, { fitTo: { mode: "width", value: DRAWN } }).render();
  const pixels = drawn.pixels; // a getter that copies the whole picture each time
  const margin = (SIDE - DRAWN) / 2;
  const coverage = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < DRAWN; y += 1) {
    for (let x = 0; x < DRAWN; x += 1) {
      coverage[(y + margin) * SIDE + x + margin] = pixels[(y * DRAWN + x) * 4 + 3];
    }
  }
  return writePng(coverage, visibleColour(icon.hex));
}

// ---- brand.toml -----------------------------------------------------------------------------

const quoted = (text) => JSON.stringify(text); // a JSON string is a TOML basic string
const list = (values) => `[${values.join(", ")}]`;

function slug(text) {
  const letters = text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/&/g, " and ").replace(/['’]/g, "").toLowerCase();
  return letters.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

function writeToml(row, kind, marks, aliases, hasLogo) {
  const lines = [
    `key = ${quoted(row.key)}`,
    `name = ${quoted(row.name)}`,
    `aliases = ${list(aliases.map(quoted))}`,
    `nice_classes = ${list(kind.nice.split(" "))}`,
    `categories = ${list(kind.categories.split("|").map(quoted))}`,
    `common_word = ${row.common === "1"}`,
  ];
  for (const [place, mark] of marks.entries()) {
    lines.push("", "[[word_mark]]", `id = ${quoted(slug(mark) || `mark-${place + 1}`)}`, `text = ${quoted(mark)}`);
  }
  if (hasLogo) {
    lines.push("", "[[figurative_mark]]", 'id = "logo"', `description = ${quoted(`${row.name} logo`)}`);
    lines.push("", "[[image]]", 'file = "logo.png"', 'kind = "logo"', 'mark = "logo"');
  }
  return `${lines.join("\n")}\n`;
}

// ---- main -----------------------------------------------------------------------------------

async function build(directory, check) {
  installPackages(directory);
  const modules = join(directory, "node_modules");
  const require = createRequire(join(directory, "package.json"));
  const { Resvg } = require("@resvg/resvg-js");
  const icons = new Map(Object.values(require("simple-icons")).map((icon) => [icon.slug, icon]));
  const variants = readVariants(modules);
  const kinds = new Map(readCsv(join(here, "kinds.csv")).map((kind) => [kind.kind, kind]));
  const banned = new Set(readFileSync(join(here, "not-aliases.txt"), "utf8").split("\n").filter((line) => line && !line.startsWith("#")));

  const count = { brands: 0, logos: 0, aliases: 0, changed: 0 };
  const put = (path, content) => {
    if (existsSync(path) && readFileSync(path).equals(content)) return;
    count.changed += 1;
    if (check) console.error(`would change: ${path}`);
    else writeFileSync(path, content);
  };
  for (const row of readCsv(join(here, "brands.csv"))) {
    const kind = kinds.get(row.kind);
    const icon = icons.get(row.icon);
    if (!kind) throw new Error(`brands.csv: ${row.key} names the kind "${row.kind}", which kinds.csv does not have`);
    if (row.icon && !icon) throw new Error(`brands.csv: ${row.key} names the icon "${row.icon}", which ${PACKAGES[0]} does not have`);
    const marks = [row.name, ...row.marks.split("|").filter(Boolean)];
    const aliases = aliasesOf(row, marks, variants, banned);
    const folder = join(target, row.key);
    if (!check) mkdirSync(folder, { recursive: true });
    put(join(folder, "brand.toml"), Buffer.from(writeToml(row, kind, marks, aliases, Boolean(icon))));
    if (icon) put(join(folder, "logo.png"), drawLogo(Resvg, icon));
    count.brands += 1;
    count.logos += icon ? 1 : 0;
    count.aliases += aliases.length;
  }
  console.log(`${count.brands} brands, ${count.logos} logos, ${count.aliases} aliases; ${count.changed} files ${check ? "would change" : "written"}`);
  return check && count.changed > 0 ? 1 : 0;
}

const temporary = mkdtempSync(join(tmpdir(), "brand-registry-"));
try {
  process.exitCode = await build(temporary, process.argv.includes("--check"));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
