//! Reads rules and the risk model, and runs every case before anything is used.

use std::sync::Arc;

use toml::de::DeTable;

use super::cases::{CaseFailure, run_cases};
use super::{Case, GateRules, Params, Rule, Scope, State, Template, WhenUnknown};
use crate::rules::Problem;
use crate::rules::toml_reader::{File, Item, Section, number_text};
use crate::shipments::checks::{self, CheckKind};
use crate::shipments::facts::Facts;
use crate::shipments::json::Json;
use crate::shipments::model::{Lane, Outcome};
use crate::shipments::read::MAX_ITEMS;
use crate::shipments::risk::RiskModel;

/// Largest pack.
const MAX_PACK_BYTES: usize = 1024 * 1024;
const OUTCOMES: [(&str, Outcome); 3] =
    [("release", Outcome::Release), ("hold", Outcome::Hold), ("refuse", Outcome::Refuse)];
const LANES: [(&str, Lane); 3] = [("green", Lane::Green), ("amber", Lane::Amber), ("red", Lane::Red)];
const STATES: [(&str, State); 3] = [("live", State::Live), ("shadow", State::Shadow), ("retired", State::Retired)];
const UNKNOWNS: [(&str, WhenUnknown); 3] =
    [("skip", WhenUnknown::Skip), ("note", WhenUnknown::Note), ("hold", WhenUnknown::Hold)];

/// Why rules were not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LoadRulesError {
    /// A file cannot be read as rules.
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
    /// A rule does not do what its own cases say.
    #[error("{}", list(.0))]
    Cases(Vec<CaseFailure>),
}

fn list<T: std::fmt::Display>(all: &[T]) -> String {
    let lines: Vec<String> = all.iter().map(T::to_string).collect();
    lines.join("\n")
}

impl GateRules {
    /// The rules and facts that the program carries.
    pub fn shipped() -> Result<Self, LoadRulesError> {
        let facts = Facts::shipped().map_err(|error| {
            let problem = Problem { path: error.path, line: error.line, rule: None, problem: error.problem };
            LoadRulesError::Problems(vec![problem])
        })?;
        Self::shipped_with(facts)
    }

    /// The rules that the program carries, with facts of one's own.
    pub fn shipped_with(facts: Facts) -> Result<Self, LoadRulesError> {
        let sources: Vec<(String, String)> =
            SHIPPED.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self::from_sources(&sources, facts)
    }

    /// Reads packs (path and text), checks them and runs their cases.
    pub fn from_sources(sources: &[(String, String)], facts: Facts) -> Result<Self, LoadRulesError> {
        let rules = Self::read(sources, facts)?;
        match run_cases(&rules) {
            failures if failures.is_empty() => Ok(rules),
            failures => Err(LoadRulesError::Cases(failures)),
        }
    }

    /// Reads and checks packs without running their cases.
    pub fn read(sources: &[(String, String)], facts: Facts) -> Result<Self, LoadRulesError> {
        let mut taken = Taken { rules: Vec::new(), bases: Vec::new(), risk: None, problems: Vec::new() };
        for (path, text) in sources {
            read_pack(path, text, &facts, &mut taken);
        }
        refuse_repeated(&mut taken);
        let risk = taken.risk.unwrap_or_else(|| {
            let problem = "no pack has a [risk] table".to_owned();
            taken.problems.push(Problem { path: "rules/shipment".to_owned(), line: 0, rule: None, problem });
            RiskModel::default()
        });
        if !taken.problems.is_empty() {
            return Err(LoadRulesError::Problems(taken.problems));
        }
        let version = Self::name_version(sources, &facts);
        Ok(Self { rules: taken.rules, bases: taken.bases, facts: Arc::new(facts), risk, version })
    }
}

/// The packs that the program carries.
const SHIPPED: [(&str, &str); 9] = [
    ("rules/shipment/bases.toml", include_str!("../../../rules/shipment/bases.toml")),
    ("rules/shipment/declaration.toml", include_str!("../../../rules/shipment/declaration.toml")),
    ("rules/shipment/description.toml", include_str!("../../../rules/shipment/description.toml")),
    ("rules/shipment/goods.toml", include_str!("../../../rules/shipment/goods.toml")),
    ("rules/shipment/value.toml", include_str!("../../../rules/shipment/value.toml")),
    ("rules/shipment/vat.toml", include_str!("../../../rules/shipment/vat.toml")),
    ("rules/shipment/destination.toml", include_str!("../../../rules/shipment/destination.toml")),
    ("rules/shipment/standing.toml", include_str!("../../../rules/shipment/standing.toml")),
    ("rules/shipment/risk.toml", include_str!("../../../rules/shipment/risk.toml")),
];

/// What was read so far.
struct Taken {
    rules: Vec<Rule>,
    bases: Vec<(String, Json)>,
    risk: Option<RiskModel>,
    problems: Vec<Problem>,
}

fn read_pack(path: &str, text: &str, facts: &Facts, taken: &mut Taken) {
    let mut file = File::new(path, text);
    if text.len() > MAX_PACK_BYTES {
        file.refuse_line(0, format!("is larger than {MAX_PACK_BYTES} bytes"));
    } else {
        match DeTable::parse(text) {
            Ok(table) => read_table(Section::root(table.get_ref()), path, facts, taken, &mut file),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                file.refuse(at, format!("is no TOML: {}", error.message()));
            }
        }
    }
    taken.problems.append(&mut file.problems);
}

fn read_table(root: Section<'_, '_>, path: &str, facts: &Facts, taken: &mut Taken, file: &mut File<'_>) {
    root.only(&["pack", "base", "rule", "risk"], "a pack", file);
    match root.get("pack").and_then(|item| Section::of(item, "pack", file)) {
        Some(pack) => {
            pack.only(&["id", "name"], "pack", file);
            pack.needed_text("id", "the pack", 60, file);
            pack.needed_text("name", "the pack", 120, file);
        }
        None => file.refuse_line(1, "the file has no [pack]; add one with id and name"),
    }
    for base in root.sections("base", file) {
        base.only(&["id", "shipment"], "base", file);
        let id = base.needed_text("id", "the base", 60, file);
        match base.get("shipment").map(json_of) {
            Some(json @ Json::Object(_)) => taken.bases.push((id, json)),
            _ => file.refuse(base.start, "the base has no table shipment"),
        }
    }
    for section in root.sections("rule", file) {
        if let Some(rule) = read_rule(section, path, facts, file) {
            taken.rules.push(rule);
        }
        file.rule = None;
    }
    if let Some(section) = root.get("risk").and_then(|item| Section::of(item, "risk", file)) {
        taken.risk = Some(RiskModel::read(section, file));
    }
}

fn read_rule(section: Section<'_, '_>, path: &str, facts: &Facts, file: &mut File<'_>) -> Option<Rule> {
    const KNOWN: [&str; 15] = [
        "id", "version", "law", "from", "until", "state", "check", "with", "where", "outcome", "lane", "unknown",
        "says", "cure", "fail",
    ];
    let id = section.needed_text("id", "the rule", 60, file);
    file.rule = Some(id.clone());
    let known: Vec<&str> = KNOWN.into_iter().chain(["pass"]).collect();
    section.only(&known, "rule", file);
    let at = section.start;
    let check = read_check(section, file)?;
    let from = section.date("from", file);
    if section.get("from").is_none() {
        file.refuse(at, "the rule has no from; give the first day it holds");
    }
    let until = section.date("until", file);
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        file.refuse(at, format!("until {until} is not after from {from}"));
    }
    let with = section.get("with").and_then(|item| Section::of(item, "with", file));
    let with = Params::read(with, check.params, facts, at, file);
    let scope = section.get("where").and_then(|item| Section::of(item, "where", file));
    let scope = scope.map(|section| Scope::read(section, facts, file)).unwrap_or_default();
    let cases = read_cases(section, file);
    for (fails, word) in [(true, "fail"), (false, "pass")] {
        if !cases.iter().any(|case| case.fails == fails) {
            file.refuse(at, format!("the rule has no case; add a [[rule.{word}]]"));
        }
    }
    let says = template(section, "says", check, file);
    let cure = template(section, "cure", check, file);
    let word = |name: &str, file: &mut File<'_>| {
        if section.get(name).is_none() {
            file.refuse(at, format!("the rule has no {name}"));
        }
    };
    word("outcome", file);
    word("lane", file);
    let outcome = section.word("outcome", &OUTCOMES, file)?;
    let lane = section.word("lane", &LANES, file)?;
    if outcome == Outcome::Refuse && lane != Lane::Red {
        file.refuse(at, "a rule that refuses has the red lane");
    }
    Some(Rule {
        version: section.needed_text("version", "the rule", 20, file),
        law: section.needed_text("law", "the rule", 300, file),
        from: from?,
        until,
        state: section.word("state", &STATES, file).unwrap_or(State::Live),
        check,
        with,
        scope,
        outcome,
        lane,
        unknown: section.word("unknown", &UNKNOWNS, file).unwrap_or(WhenUnknown::Skip),
        says: says?,
        cure: cure?,
        cases,
        place: (path.to_owned(), file.line(at)),
        id,
    })
}

fn read_check(section: Section<'_, '_>, file: &mut File<'_>) -> Option<&'static CheckKind> {
    let name = section.needed_text("check", "the rule", 60, file);
    let found = checks::named(&name);
    if found.is_none() && !name.is_empty() {
        let at = section.get("check").map_or(section.start, |item| item.span().start);
        let near = checks::all().find(|known| strsim::damerau_levenshtein(known.name, &name) <= 2);
        let advice = match near {
            Some(near) => format!("did you mean {}?", near.name),
            None => {
                let names: Vec<&str> = checks::all().map(|known| known.name).collect();
                format!("known are {}", names.join(", "))
            }
        };
        file.refuse(at, format!("there is no check \"{name}\"; {advice}"));
    }
    found
}

fn template(section: Section<'_, '_>, name: &str, check: &CheckKind, file: &mut File<'_>) -> Option<Template> {
    let text = section.needed_text(name, "the rule", 500, file);
    match Template::parse(&text, check.slots) {
        Ok(template) => Some(template),
        Err(problem) => {
            let at = section.get(name).map_or(section.start, |item| item.span().start);
            file.refuse(at, format!("{name} {problem}"));
            None
        }
    }
}

fn read_cases(rule: Section<'_, '_>, file: &mut File<'_>) -> Vec<Case> {
    const KNOWN: [&str; 10] =
        ["base", "set", "without", "item", "item_without", "repeat", "standing", "history", "on", "also"];
    let mut cases = Vec::new();
    for (name, fails) in [("fail", true), ("pass", false)] {
        for section in rule.sections(name, file) {
            section.only(&KNOWN, "a case", file);
            let members = |name: &str| match section.get(name).map(json_of) {
                Some(Json::Object(members)) => members,
                _ => Vec::new(),
            };
            let texts = |name: &str, file: &mut File<'_>| {
                section.texts(name, file).into_iter().map(|(text, _)| text.to_owned()).collect()
            };
            cases.push(Case {
                fails,
                base: section.text("base", file).unwrap_or("eu-b2c").to_owned(),
                set: members("set"),
                without: texts("without", file),
                item: members("item"),
                item_without: texts("item_without", file),
                standing: section.get("standing").map(json_of),
                history: section.get("history").map(json_of),
                on: section.date("on", file),
                also: texts("also", file),
                repeat: section.number("repeat", file).map_or(1, |times| (times as usize).min(MAX_ITEMS)),
                line: file.line(section.start),
            });
        }
    }
    cases
}

/// A TOML value as JSON; days become texts.
fn json_of(item: Item<'_, '_>) -> Json {
    let value = item.get_ref();
    if let Some(text) = value.as_str() {
        return Json::Text(text.to_owned());
    }
    if let Some(flag) = value.as_bool() {
        return Json::Bool(flag);
    }
    if let Some(values) = value.as_array() {
        return Json::List(values.iter().map(json_of).collect());
    }
    if let Some(table) = value.as_table() {
        return Json::Object(table.iter().map(|(key, value)| (key.get_ref().to_string(), json_of(value))).collect());
    }
    number_text(item).map_or(Json::Null, Json::Number)
}

fn refuse_repeated(taken: &mut Taken) {
    let mut seen = std::collections::BTreeSet::new();
    for rule in &taken.rules {
        if !seen.insert(rule.id.as_str()) {
            let problem = "another rule has this id; ids are unique over all packs".to_owned();
            let (path, line) = rule.place.clone();
            taken.problems.push(Problem { path, line, rule: Some(rule.id.clone()), problem });
        }
    }
}
