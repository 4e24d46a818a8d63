//! One pack file: TOML in, a checked [`Pack`] and every problem out.

use std::collections::HashSet;

use toml::de::DeTable;

use super::lexicon::check_term;
use super::model::{Citations, Lexicon, Pack, PackSource};
use super::read_rule::read_rule;
use super::toml_reader::{File, Problem, Section, texts_of};

/// Largest pack file, in bytes.
pub const MAX_PACK_BYTES: usize = 16 * 1024 * 1024;
/// Most rules in one file.
const MAX_RULES: usize = 20_000;
/// Reads one pack. The pack is usable only when no problem comes with it.
///
/// Conditions are compiled here, which needs the deep stack that the loader provides.
pub fn read_pack(source: &PackSource) -> (Option<Pack>, Vec<Problem>) {
    let mut file = File::new(&source.path, &source.text);
    if source.text.len() > MAX_PACK_BYTES {
        file.refuse_line(0, format!("the file has more than {MAX_PACK_BYTES} bytes; split the pack"));
        return (None, file.problems);
    }
    let table = match DeTable::parse(&source.text) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            file.refuse(at, format!("the file is not TOML: {}", error.message()));
            return (None, file.problems);
        }
    };
    let root = Section::root(table.get_ref());
    root.only(&["pack", "lexicon", "rule"], "the file", &mut file);
    let pack = read_parts(root, &source.path, &mut file);
    (pack, file.problems)
}

fn read_parts(root: Section<'_, '_>, path: &str, file: &mut File<'_>) -> Option<Pack> {
    let Some(item) = root.get("pack") else {
        file.refuse_line(1, "the file has no [pack] table; it begins with [pack] and an id");
        return None;
    };
    let head = Section::of(item, "pack", file)?;
    head.only(&["id", "version", "name", "citations"], "the pack", file);
    let id = head.needed_text("id", "the pack", 80, file);
    check_id(&id, head.start, "the pack's id", file);
    let version = head.needed_text("version", "the pack", 40, file);
    let name = head.needed_text("name", "the pack", 200, file);
    let known = [("reviewed", Citations::Reviewed), ("unreviewed", Citations::Unreviewed)];
    let citations = head.word("citations", &known, file).unwrap_or(Citations::Unreviewed);
    let lexicons = read_lexicons(root, file);
    let sections = root.sections("rule", file);
    if sections.is_empty() {
        file.refuse(head.start, "the pack has no rule; add one with [[rule]]");
    }
    if sections.len() > MAX_RULES {
        file.refuse(head.start, format!("the pack has more than {MAX_RULES} rules; split it"));
        return None;
    }
    let mut seen = HashSet::new();
    let rules = sections.into_iter().filter_map(|section| read_rule(section, &lexicons, &mut seen, file)).collect();
    Some(Pack { id, version, name, citations, path: path.to_owned(), lexicons, rules })
}

/// Ids go into URLs, file names and messages: lower-case words joined by hyphens.
pub fn check_id(id: &str, at: usize, what: &str, file: &mut File<'_>) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    if !id.is_empty() && (!id.bytes().all(plain) || id.starts_with(['-', '_']) || id.len() > 80) {
        let shown: String = id.chars().take(40).collect();
        let problem = format!("{what} \"{shown}\" is not an id; use lower-case letters, digits and hyphens: toy-guns");
        file.refuse(at, problem);
    }
}

fn read_lexicons(root: Section<'_, '_>, file: &mut File<'_>) -> Vec<Lexicon> {
    let mut lexicons: Vec<Lexicon> = Vec::new();
    for section in root.sections("lexicon", file) {
        section.only(&["id", "terms", "except"], "a lexicon", file);
        let id = section.needed_text("id", "the lexicon", 80, file);
        check_id(&id, section.start, "the lexicon's id", file);
        if lexicons.iter().any(|known| known.id == id) {
            file.refuse(section.start, format!("two lexicons have the id \"{id}\""));
        }
        let terms = read_terms(section, "terms", file);
        if terms.is_empty() {
            file.refuse(section.start, format!("the lexicon {id} has no terms; add [lexicon.terms] with en = [\"…\"]"));
        }
        let except = read_terms(section, "except", file);
        lexicons.push(Lexicon { id, terms, except, line: file.line(section.start) });
    }
    lexicons
}

fn read_terms(section: Section<'_, '_>, name: &str, file: &mut File<'_>) -> Vec<(String, String)> {
    let Some(table) = section.get(name).and_then(|item| Section::of(item, name, file)) else {
        return Vec::new();
    };
    let mut terms = Vec::new();
    for (lang, at, item) in table.fields() {
        if !(2..=3).contains(&lang.len()) || !lang.bytes().all(|byte| byte.is_ascii_lowercase()) {
            let shown: String = lang.chars().take(20).collect();
            file.refuse(at, format!("\"{shown}\" is not a language; use a BCP 47 primary tag such as en, zh, und"));
            continue;
        }
        for (term, at) in texts_of(item, lang, file) {
            match check_term(term) {
                Ok(()) => terms.push((lang.to_owned(), term.to_owned())),
                Err(problem) => file.refuse(at, problem),
            }
        }
    }
    terms
}
