//! The dependency rule, read off the source: the pure core knows no database, no web, no
//! network and no clock; one room names sqlx, the edge alone names axum, and SQL stays in
//! store files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Crates and modules that the pure core must not name.
const IMPURE: [&str; 10] =
    ["sqlx", "axum", "tokio", "reqwest", "tantivy", "rand", "object_store", "std::net", "std::env", "std::process"];
/// Ways to read a clock.
const CLOCKS: [&str; 5] = ["Timestamp::now", "Instant::now", "Zoned::now", "SystemTime", "SystemClock"];
/// Rooms of this crate that the pure core may use, besides every slice's `model`.
const PURE_ROOMS: [&str; 5] = ["clocks", "kernel", "matching", "rules", "shipments"];
/// Files of the core in rooms that are not: what proofs are written and checked with.
const PURE_FILES: [&str; 4] = ["audit/chain", "audit/proof", "audit/note", "audit/checkpoint"];
/// Pure rooms of the merchants.
const MERCHANT_ROOMS: [&str; 5] =
    ["merchants::identifiers", "merchants::links", "merchants::lists", "merchants::onboarding", "merchants::standing"];
/// Files outside `store` that hold SQL, and why that is right.
const SQL_ELSEWHERE: [(&str, &str); 3] = [
    ("audit/journal.rs", "the journal is the audit slice's store: the head row and the appends belong together"),
    ("audit/verify.rs", "reads the log page by page beside the check, as one piece that can be reviewed"),
    ("events/mod.rs", "the outbox has no other code than its queries"),
];

/// A source file, its comments removed and its strings set apart.
struct Source {
    /// Relative to `src`.
    path: String,
    code: String,
    strings: Vec<String>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let (code, strings) = split(text);
        Self { path: path.to_owned(), code, strings }
    }

    fn names(&self, path: &str) -> bool {
        names(&self.code, path)
    }

    fn is_pure(&self) -> bool {
        let room = self.path.split('/').next().unwrap_or_default();
        let core = ["screening/mod.rs", "screening/verdict.rs", "screening/snapshot.rs", "screening/closer_look.rs"];
        let corners = [
            "merchants/identifiers/",
            "merchants/links/",
            "merchants/lists/",
            "merchants/onboarding/",
            "merchants/standing/",
            "takedowns/core/",
            "transparency/core/",
            "review/decision.rs",
            "review/desk.rs",
            "review/listing_case.rs",
            "review/machine.rs",
            "review/policy.rs",
            "review/priority.rs",
            "review/quality.rs",
            "review/queues.rs",
        ];
        let accounts = ["budget.rs", "permission.rs", "policy.rs", "roles.rs", "secret.rs", "totp.rs"];
        PURE_ROOMS.contains(&room)
            || corners.iter().any(|corner| self.path.starts_with(corner))
            || core.contains(&self.path.as_str())
            || PURE_FILES.iter().any(|file| self.path == format!("{file}.rs"))
            || self.path.strip_prefix("accounts/").is_some_and(|file| accounts.contains(&file))
            || self.path.ends_with("/model.rs")
    }

    fn is_store(&self) -> bool {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        self.path.starts_with("store/") || (file.starts_with("store") && file.ends_with(".rs"))
    }

    fn is_edge(&self) -> bool {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        let handlers = ["api.rs", "pages.rs"].iter().any(|end| file == *end || file.ends_with(&format!("_{end}")));
        self.path.starts_with("http/") || handlers
    }

    fn is_test(&self) -> bool {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        self.path.contains("/tests/") || file == "tests.rs" || file.ends_with("_tests.rs")
    }

    fn holds_sql(&self) -> bool {
        self.strings.iter().any(|text| is_sql(text))
    }
}

/// Takes comments out of `text` and the contents of strings aside.
fn split(text: &str) -> (String, Vec<String>) {
    let letters: Vec<char> = text.chars().collect();
    let (mut code, mut strings) = (String::new(), Vec::new());
    let mut at = 0;
    while at < letters.len() {
        let rest = &letters[at..];
        if rest.starts_with(&['/', '/']) {
            at += rest.iter().position(|letter| *letter == '\n').unwrap_or(rest.len());
        } else if rest.starts_with(&['/', '*']) {
            let end = rest.windows(2).skip(2).position(|pair| pair == ['*', '/']).map_or(rest.len(), |end| end + 4);
            at += end.min(rest.len());
        } else if let Some((hashes, opening)) = raw_string(&letters, at) {
            let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let body = &letters[at + opening..];
            let end = body.windows(closing.len()).position(|window| window == closing).unwrap_or(body.len());
            strings.push(body[..end].iter().collect());
            at += opening + (end + closing.len()).min(body.len());
            code.push_str("\"\"");
        } else if rest[0] == '"' {
            let mut end = 1;
            while end < rest.len() && rest[end] != '"' {
                end += if rest[end] == '\\' { 2 } else { 1 };
            }
            strings.push(rest[1..end.min(rest.len())].iter().collect());
            at += end + 1;
            code.push_str("\"\"");
        } else if rest[0] == '\'' && (rest.get(2) == Some(&'\'') || rest.get(1) == Some(&'\\')) {
            // A character; anything else after an apostrophe is a lifetime.
            let from = if rest.get(1) == Some(&'\\') { 3 } else { 2 };
            at += rest.iter().skip(from).position(|letter| *letter == '\'').map_or(rest.len(), |end| from + end + 1);
            code.push_str("' '");
        } else {
            code.push(rest[0]);
            at += 1;
        }
    }
    (code, strings)
}

/// The number of `#` and the length of the opening, where a raw string begins at `at`.
fn raw_string(letters: &[char], at: usize) -> Option<(usize, usize)> {
    let before = at.checked_sub(1).map(|before| letters[before]);
    if letters[at] != 'r'
        || before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') && before != Some('b')
    {
        return None;
    }
    let hashes = letters[at + 1..].iter().take_while(|letter| **letter == '#').count();
    (letters.get(at + 1 + hashes) == Some(&'"')).then_some((hashes, hashes + 2))
}

/// Whether `code` names `path` as a crate, module or function: `path::…`, `use path…`.
fn names(code: &str, path: &str) -> bool {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(path).any(|(at, _)| {
        let before = code[..at].trim_end();
        let after = code[at + path.len()..].trim_start();
        let whole = !code[..at].ends_with(word) && !code[at + path.len()..].starts_with(word);
        // `crate::rand::…` would be a module of our own.
        let own = before.ends_with("::") && !path.contains("::") && path.chars().all(char::is_lowercase);
        let single = !path.contains("::") && path.chars().all(|letter| letter.is_lowercase() || letter == '_');
        let used = !single || after.starts_with("::") || before.ends_with("use") || before.ends_with("extern crate");
        whole && !own && used
    })
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start();
    let begins = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "DROP TABLE ", "ALTER TABLE ", "WITH "];
    begins.iter().any(|begin| text.starts_with(begin)) || (text.starts_with("UPDATE ") && text.contains(" SET "))
}

/// What is wrong with one file, one sentence each.
fn violations(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let path = &source.path;
    if source.is_pure() && !source.is_test() {
        for impure in IMPURE.iter().filter(|impure| source.names(impure)) {
            found.push(format!("{path} belongs to the pure core and names {impure}"));
        }
        for clock in CLOCKS.iter().filter(|clock| source.names(clock)) {
            found.push(format!("{path} belongs to the pure core and reads a clock ({clock})"));
        }
        for room in rooms_used(&source.code).into_iter().filter(|room| !may_use(room)) {
            found.push(format!("{path} belongs to the pure core and uses crate::{room}"));
        }
    }
    if (source.names("sqlx") || source.names("sqlx_core")) && !source.is_store() {
        found.push(format!("{path} names sqlx; only store/ and store files may"));
    }
    if source.names("axum") && !source.is_edge() && !source.is_test() && path != "cli/serve.rs" {
        found.push(format!("{path} names axum; only http/, api and pages files may"));
    }
    let excused = SQL_ELSEWHERE.iter().any(|(excused, _)| excused == path);
    if source.holds_sql() && !source.is_store() && !source.is_test() && !excused {
        found.push(format!("{path} holds SQL; it belongs into the slice's store file"));
    }
    found
}

/// `room::member` of every `crate::room::member` in `code`.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, start) in code.match_indices("crate::") {
        let rest = &code[at + start.len()..];
        let path: String =
            rest.chars().take_while(|letter| letter.is_alphanumeric() || "_:".contains(*letter)).collect();
        let parts: Vec<&str> = path.split("::").take(2).collect();
        rooms.insert(parts.join("::"));
    }
    rooms
}

fn may_use(used: &str) -> bool {
    let (room, member) = used.split_once("::").unwrap_or((used, ""));
    let file = used.replace("::", "/");
    PURE_ROOMS.contains(&room)
        || PURE_FILES.contains(&file.as_str())
        || member == "model"
        || matches!(used, "screening::snapshot" | "screening::verdict")
        || MERCHANT_ROOMS.contains(&used)
}

fn all_sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut waiting = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).expect("the source is readable") {
            let path: PathBuf = entry.expect("the source is readable").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).expect("source is UTF-8");
                let name = path.strip_prefix(&root).expect("it lies in src").to_string_lossy().into_owned();
                sources.push(Source::new(&name, &text));
            }
        }
    }
    sources
}

#[test]
fn the_source_keeps_the_dependency_rule() {
    let sources = all_sources();
    assert!(sources.len() > 50, "the source was not found");
    assert!(sources.iter().filter(|source| source.is_pure()).count() > 30, "the pure core was not found");
    let found: Vec<String> = sources.iter().flat_map(violations).collect();
    assert!(found.is_empty(), "the dependency rule is broken:\n{}", found.join("\n"));
}

#[test]
fn every_excuse_is_still_needed() {
    let sources = all_sources();
    for (path, reason) in SQL_ELSEWHERE {
        let source = sources.iter().find(|source| source.path == path);
        let needed = source.is_some_and(Source::holds_sql);
        assert!(needed && !reason.is_empty(), "{path} holds no SQL any more: take it off the list");
    }
}

fn found(path: &str, text: &str) -> usize {
    violations(&Source::new(path, text)).len()
}

#[test]
fn planted_violations_of_the_pure_core_are_found() {
    for (path, text) in [
        ("kernel/x.rs", "use sqlx::Row;"),
        ("kernel/x.rs", "use tokio as t;"),
        ("matching/text/x.rs", "fn f() { let c = reqwest::get(u); }"),
        ("matching/image/x.rs", "fn f() { rand::rng().fill(&mut b); }"),
        ("rules/x.rs", "fn f() -> u64 { std::time::Instant::now() }"),
        ("rules/x.rs", "fn f() { let now = jiff::Timestamp::now(); }"),
        ("screening/mod.rs", "use std::time::SystemTime;"),
        ("screening/verdict.rs", "use std::net::IpAddr;"),
        ("screening/snapshot.rs", "use crate::store::Db;"),
        ("screening/mod.rs", "use crate::screening::store::ListingRow;"),
        ("listings/model.rs", "use axum::Json;"),
        ("registry/model.rs", "fn f(db: &crate::store::Db) {}"),
        ("merchants/model.rs", "use crate::merchants::store::put;"),
    ] {
        let about_the_core =
            violations(&Source::new(path, text)).iter().filter(|found| found.contains("pure core")).count();
        assert!(about_the_core >= 1, "{path}: {text}");
    }
}

#[test]
fn planted_sql_and_web_outside_their_rooms_are_found() {
    assert_eq!(found("listings/intake.rs", "use sqlx::query;"), 1);
    assert_eq!(found("listings/intake.rs", "use axum::extract::State;"), 1);
    assert_eq!(found("listings/intake.rs", r#"db.all("SELECT id FROM listing", vec![])"#), 1);
    assert_eq!(found("listings/api.rs", "db.all(r#\"\n   UPDATE listing SET x = 1\"#, vec![])"), 1);
    assert_eq!(found("listings/intake.rs", "const T: &str = \"DELETE FROM listing\";"), 1);
}

#[test]
fn what_only_looks_like_a_violation_passes() {
    for (path, text) in [
        ("kernel/x.rs", "// tokio::spawn and Instant::now are not for us\nfn f() {}"),
        ("kernel/x.rs", "/* use sqlx::Row; */ fn f() {}"),
        ("kernel/x.rs", "const WORDS: &str = \"use axum::Json; Instant::now()\";"),
        ("kernel/x.rs", "fn operand(rand: u8) -> u8 { rand }"),
        ("kernel/x.rs", "fn f<'a>(x: &'a str) -> char { '\"' }\n// sqlx::x"),
        ("rules/x.rs", "use crate::listings::model::Listing; use crate::kernel::Instant;"),
        ("screening/mod.rs", "pub mod store; pub use snapshot::Snapshot;"),
        ("listings/api.rs", "use axum::Json; let hint = \"Select a brand\".len();"),
        ("registry/store.rs", "const T: &str = \"SELECT 1\";"),
        ("listings/fetch_tests.rs", "use axum::Router;"),
        ("http/extract.rs", "use axum::Json;"),
    ] {
        assert_eq!(found(path, text), 0, "{path}: {text}");
    }
}

#[test]
fn strings_and_comments_are_told_from_code() {
    let (code, strings) = split("a(\"x // y \\\" z\") /* \" */ + r#\"q \" r\"# + b'\"' + '\\'' // \"end\"\n+ c");
    assert_eq!(strings, ["x // y \\\" z", "q \" r"]);
    assert!(code.contains("+ c") && !code.contains("end") && !code.contains('q'), "{code}");
}
