// Draws an OpenAPI 3.1 document. Text only ever enters the page as text, never as markup.

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];
const MAX_DEPTH = 12;
const root = document.getElementById("api");
const state = document.getElementById("api-state");

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// "#/components/schemas/Listing" -> what it names, and its last part.
function resolve(api, node) {
  let name = null;
  for (let hops = 0; node && typeof node.$ref === "string" && hops < 8; hops += 1) {
    const parts = node.$ref.replace(/^#\//, "").split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    name = parts.at(-1);
    node = parts.reduce((at, part) => at?.[part], api);
  }
  return { node: node ?? {}, name };
}

const types = (schema) => (Array.isArray(schema.type) ? schema.type : [schema.type]).filter(Boolean);

// allOf is merged for display; oneOf and anyOf are listed, without their null.
function variants(schema) {
  const list = schema.oneOf ?? schema.anyOf ?? [];
  return list.filter((one) => !(types(one).length === 1 && types(one)[0] === "null"));
}

function typeName(api, given, depth = 0) {
  const { node, name } = resolve(api, given);
  if (name) return name;
  if (depth > 4) return "…";
  if (node.const !== undefined) return JSON.stringify(node.const);
  const several = variants(node);
  if (several.length > 0) return several.map((one) => typeName(api, one, depth + 1)).join(" or ");
  if (node.allOf) return node.allOf.map((one) => typeName(api, one, depth + 1)).join(" with ");
  const named = types(node).filter((type) => type !== "null");
  if (named.includes("array")) return `list of ${typeName(api, node.items ?? {}, depth + 1)}`;
  if (node.additionalProperties && !node.properties) return `map to ${typeName(api, node.additionalProperties, depth + 1)}`;
  const base = named.join(" or ") || (node.properties ? "object" : "any");
  return node.format ? `${base}, ${node.format}` : base;
}

function bounds(schema) {
  const words = [];
  const add = (key, before, after = "") => { if (schema[key] !== undefined) words.push(`${before} ${schema[key]}${after}`); };
  add("minimum", "from"); add("maximum", "to"); add("minLength", "at least", " characters"); add("maxLength", "at most", " characters");
  add("minItems", "at least", " items"); add("maxItems", "at most", " items"); add("pattern", "pattern"); add("default", "default");
  if (schema.enum) words.push(`one of ${schema.enum.map((value) => JSON.stringify(value)).join(", ")}`);
  if (types(schema).includes("null") || (schema.oneOf ?? schema.anyOf ?? []).some((one) => types(one)[0] === "null")) words.push("may be null");
  return words.join("; ");
}

// What lies below a schema: its members, its items' members, its variants.
function inner(api, given, seen) {
  const { node, name } = resolve(api, given);
  if (seen.length > MAX_DEPTH || (name && seen.includes(name))) return null;
  const path = name ? [...seen, name] : [...seen, ""];
  if (types(node).includes("array") && node.items) return inner(api, node.items, path);
  const parts = [node, ...(node.allOf ?? []).map((part) => resolve(api, part).node)];
  const required = new Set(parts.flatMap((part) => part.required ?? []));
  const rows = parts.flatMap((part) => Object.entries(part.properties ?? {}))
    .map(([key, schema]) => member(api, key, schema, required.has(key), path));
  const several = variants(node);
  // "Money or null" has one variant: its members stand here directly.
  if (several.length === 1 && rows.length === 0) return inner(api, several[0], path);
  for (const one of several) {
    const below = inner(api, one, path);
    if (below) rows.push(make("div", { class: "member" }, make("span", { class: "type" }, `as ${typeName(api, one)}`), below));
  }
  if (node.additionalProperties && typeof node.additionalProperties === "object") {
    const below = inner(api, node.additionalProperties, path);
    if (below) rows.push(below);
  }
  return rows.length > 0 ? make("div", { class: "schema" }, rows) : null;
}

function member(api, name, given, must, seen) {
  const { node } = resolve(api, given);
  const says = given.description ?? node.description;
  const below = inner(api, given, seen);
  return make("div", { class: "member" },
    make("span", { class: "name" }, name),
    make("span", { class: "type" }, typeName(api, given)),
    must ? make("span", { class: "must" }, "required") : null,
    make("span", { class: "says" }, [says, bounds(node)].filter(Boolean).join("\n")),
    below ? make("details", { open: seen.length < 2 }, make("summary", {}, "members"), below) : null);
}

function example(api, given, seen = []) {
  const { node, name } = resolve(api, given);
  if (node.example !== undefined) return node.example;
  if (node.examples?.length > 0) return node.examples[0];
  if (node.default !== undefined) return node.default;
  if (node.const !== undefined) return node.const;
  if (node.enum) return node.enum[0];
  if (seen.length > MAX_DEPTH || (name && seen.includes(name))) return null;
  const path = [...seen, name ?? ""];
  const several = variants(node);
  if (several.length > 0) return example(api, several[0], path);
  const parts = [node, ...(node.allOf ?? []).map((part) => resolve(api, part).node)];
  const properties = parts.flatMap((part) => Object.entries(part.properties ?? {}));
  if (properties.length > 0) return Object.fromEntries(properties.map(([key, schema]) => [key, example(api, schema, path)]));
  const type = types(node)[0];
  if (type === "array") return node.items ? [example(api, node.items, path)] : [];
  if (type === "integer" || type === "number") return node.minimum ?? 0;
  if (type === "boolean") return true;
  if (type === "string") return node.format === "date-time" ? "2026-11-22T09:30:00.000000Z" : "…";
  return {};
}

function content(api, media) {
  return Object.entries(media ?? {}).map(([type, { schema, example: given, examples }]) => {
    const first = given ?? Object.values(examples ?? {})[0]?.value ?? (schema ? example(api, schema) : undefined);
    const text = typeof first === "string" ? first : JSON.stringify(first, null, 2);
    const binary = !/json|text/.test(type);
    return make("div", {},
      make("p", { class: "quiet" }, make("span", { class: "code" }, type), schema ? `, ${typeName(api, schema)}` : ""),
      schema ? inner(api, schema, []) : null,
      first === undefined || binary ? null : make("details", {}, make("summary", {}, "Example"), make("pre", {}, make("code", {}, text))));
  });
}

function parameters(api, list) {
  const rows = list.map((given) => {
    const { node } = resolve(api, given);
    const { node: schema } = resolve(api, node.schema ?? {});
    return make("div", { class: "member" },
      make("span", { class: "name" }, node.name),
      make("span", { class: "type" }, `${typeName(api, node.schema ?? {})}, in ${node.in}`),
      node.required ? make("span", { class: "must" }, "required") : null,
      make("span", { class: "says" }, [node.description, bounds(schema)].filter(Boolean).join("\n")));
  });
  return rows.length > 0 ? make("div", {}, make("h3", {}, "Parameters"), make("div", { class: "schema" }, rows)) : null;
}

function answers(api, responses) {
  const rows = Object.entries(responses ?? {}).map(([status, given]) => {
    const { node } = resolve(api, given);
    const tone = /^[45]/.test(status) ? "bad" : "good";
    return make("details", {},
      make("summary", {}, make("span", { class: `code ${tone}` }, status), node.description ?? ""),
      make("div", {}, Object.keys(node.content ?? {}).length > 0 ? content(api, node.content) : make("p", { class: "quiet" }, "No content.")));
  });
  return make("div", {}, make("h3", {}, "Answers"), make("div", { class: "answers" }, rows));
}

function operation(api, { path, method, node, shared, id }) {
  const { node: body } = resolve(api, node.requestBody ?? {});
  const scopes = (node.security ?? api.security ?? []).flatMap((one) => Object.entries(one))
    .map(([scheme, list]) => (list.length > 0 ? `${scheme}: ${list.join(", ")}` : scheme));
  const says = (node.description ?? "").trim();
  return make("details", { class: "operation", id },
    make("summary", {},
      make("span", { class: `method ${method}` }, method.toUpperCase()),
      make("span", { class: "path code" }, path),
      make("span", { class: "does" }, node.summary ?? "")),
    make("div", { class: "body" },
      says === (node.summary ?? "").trim() ? null : make("p", {}, says),
      scopes.length > 0 ? make("p", { class: "quiet" }, `Needs ${scopes.join(" or ")}`) : null,
      parameters(api, [...shared, ...(node.parameters ?? [])]),
      node.requestBody ? make("div", {}, make("h3", {}, body.required ? "Body, required" : "Body"), content(api, body.content)) : null,
      answers(api, node.responses)));
}

function operations(api) {
  const found = [];
  for (const [path, item] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS) {
      if (!item[method]) continue;
      const node = item[method];
      found.push({ path, method, node, shared: item.parameters ?? [], tag: node.tags?.[0] ?? "other", id: node.operationId ?? `${method}${path.replaceAll(/[^a-z0-9]+/gi, "-")}` });
    }
  }
  return found;
}

function openFromAddress() {
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (wanted?.matches("details.operation")) { wanted.open = true; wanted.scrollIntoView(); }
}

function draw(api) {
  const all = operations(api);
  const known = (api.tags ?? []).map((tag) => tag.name);
  const tags = [...new Set([...known, ...all.map((one) => one.tag)])].filter((tag) => all.some((one) => one.tag === tag));
  const filter = make("input", { type: "search", placeholder: "Filter", "aria-label": "Filter operations", "data-focus-key": "/" });
  const nav = make("nav", { class: "api-nav", "aria-label": "Operations" }, filter);
  const main = make("div", {});
  for (const tag of tags) {
    const ours = all.filter((one) => one.tag === tag);
    nav.append(make("h2", {}, tag), ...ours.map((one) => make("a", { href: `#${one.id}` }, one.node.summary ?? `${one.method} ${one.path}`)));
    main.append(make("section", { class: "api-tag" }, make("h2", {}, tag),
      make("p", {}, (api.tags ?? []).find((one) => one.name === tag)?.description ?? ""), ours.map((one) => operation(api, one))));
  }
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase();
    for (const element of main.querySelectorAll(".operation")) {
      element.hidden = !element.querySelector("summary").textContent.toLowerCase().includes(words);
    }
    for (const section of main.querySelectorAll(".api-tag")) {
      section.hidden = section.querySelector(".operation:not([hidden])") === null;
    }
  });
  root.querySelector("h1").textContent = `${api.info?.title ?? "API"} ${api.info?.version ?? ""}`;
  if (api.info?.description) root.querySelector(".lead").before(make("p", { class: "lead" }, api.info.description));
  root.append(make("div", { class: "api" }, nav, main));
  state.remove();
  addEventListener("hashchange", openFromAddress);
  openFromAddress();
}

state.textContent = "Reading the document…";
try {
  const answer = await fetch(root.dataset.document, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  draw(await answer.json());
} catch (error) {
  state.textContent = `The document could not be read: ${error.message}`;
}
