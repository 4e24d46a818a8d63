//! One rule of a pack file.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::civil::Date;

use super::condition::{Condition, Declarations, HitKind};
use super::evaluate::hit_kind;
use super::model::{AttributeName, Lexicon, Rule, State, Trigger, WhenUnknown};
use super::names::{CLAIMS, FIELDS, REFERENCES, USES};
use super::read_action::{read_actions, read_effects};
use super::read_case::read_case;
use super::read_pack::check_id;
use super::says::Template;
use super::toml_reader::{File, Section};
use super::words::Phrase;
use crate::matching::text::Field;

/// Longest sentence and cure, in characters.
const MAX_SAYS: usize = 300;
const MAX_CURE: usize = 500;
/// The day a test case is judged on when neither it nor its rule names one.
const CASE_DAY: Date = jiff::civil::date(2026, 1, 1);

const RULE_FIELDS: &[&str] = &[
    "id",
    "class",
    "severity",
    "state",
    "from",
    "until",
    "trigger",
    "categories",
    "not_categories",
    "when",
    "unknown",
    "score",
    "action",
    "effect",
    "queue",
    "says",
    "cure",
    "sources",
    "match",
    "miss",
];

const STATES: [(&str, State); 4] =
    [("draft", State::Draft), ("shadow", State::Shadow), ("live", State::Live), ("retired", State::Retired)];

const UNKNOWNS: [(&str, WhenUnknown); 3] =
    [("skip", WhenUnknown::Skip), ("review", WhenUnknown::Review), ("apply", WhenUnknown::Apply)];

/// Reads one `[[rule]]`; `None` with a problem recorded when anything in it is wrong.
/// `seen` holds the ids of the pack's earlier rules.
pub fn read_rule(
    section: Section<'_, '_>,
    lexicons: &[Lexicon],
    seen: &mut HashSet<String>,
    file: &mut File<'_>,
) -> Option<Rule> {
    let before = file.problems.len();
    file.rule = section.get("id").and_then(|id| id.get_ref().as_str()).map(|id| id.chars().take(80).collect());
    let rule = read_rule_fields(section, lexicons, file);
    if let Some(rule) = &rule
        && !seen.insert(rule.id.clone())
    {
        file.refuse(section.start, format!("two rules of the pack have the id \"{}\"", rule.id));
    }
    file.rule = None;
    rule.filter(|_| file.problems.len() == before)
}

fn read_rule_fields(section: Section<'_, '_>, lexicons: &[Lexicon], file: &mut File<'_>) -> Option<Rule> {
    section.only(RULE_FIELDS, "a rule", file);
    let id = section.needed_text("id", "the rule", 80, file);
    check_id(&id, section.start, "the rule's id", file);
    let class = section.needed_text("class", "the rule", 80, file);
    check_id(&class, section.start, "the rule's class", file);
    let state = needed(section, "state", section.word("state", &STATES, file), "live", file);
    let (from, until) = read_dates(section, file);
    let trigger = read_trigger(section, lexicons, file);
    let kind = trigger.as_ref().map_or(HitKind::Lexicon, hit_kind);
    let categories = read_categories(section, "categories", file);
    let not_categories = read_categories(section, "not_categories", file);
    let when = read_when(section, kind, trigger.is_some(), lexicons, file);
    let unknown = read_unknown(section, when.as_deref(), &categories, file);
    let actions = read_actions(section, file);
    let says = read_template(section, "says", kind, MAX_SAYS, file);
    let cure = read_template(section, "cure", kind, MAX_CURE, file);
    let day = from.or_else(|| until.and_then(|until| until.yesterday().ok())).unwrap_or(CASE_DAY);
    let cases = |name: &str, file: &mut File<'_>| {
        let sections = section.sections(name, file);
        sections.into_iter().map(|case| read_case(case, name == "match", day, file)).collect::<Vec<_>>()
    };
    let (matches, misses) = (cases("match", file), cases("miss", file));
    for (name, missing) in [("match", matches.is_empty()), ("miss", misses.is_empty())] {
        if missing && state != Some(State::Retired) {
            file.refuse(section.start, format!("the rule has no [[rule.{name}]]; a rule proves itself by one of each"));
        }
    }
    let queue = section.text("queue", file).map(str::to_owned);
    if let Some(queue) = &queue {
        check_id(queue, section.start, "the queue", file);
    }
    let sources = section.texts("sources", file).into_iter().map(|(text, _)| text.to_owned()).collect();
    Some(Rule {
        class,
        severity: read_severity(section, file),
        state: state?,
        from,
        until,
        trigger: trigger?,
        categories,
        not_categories,
        when,
        unknown,
        score: read_score(section, file),
        actions: actions?,
        effects: read_effects(section, file),
        queue,
        says,
        cure,
        sources,
        matches,
        misses,
        line: file.line(section.start),
        id,
    })
}

fn needed<T>(section: Section<'_, '_>, name: &str, value: Option<T>, example: &str, file: &mut File<'_>) -> Option<T> {
    if section.get(name).is_none() {
        file.refuse(section.start, format!("the rule has no {name}; add {name} = \"{example}\""));
    }
    value
}

fn read_severity(section: Section<'_, '_>, file: &mut File<'_>) -> u8 {
    match section.number("severity", file) {
        Some(severity) if severity.fract() == 0.0 && (1.0..=5.0).contains(&severity) => severity as u8,
        Some(_) => {
            let at = section.get("severity").map_or(section.start, |item| item.span().start);
            file.refuse(at, "severity is a whole number from 1 (low) to 5 (critical)");
            1
        }
        None => {
            if section.get("severity").is_none() {
                file.refuse(section.start, "the rule has no severity; add a number from 1 (low) to 5 (critical)");
            }
            1
        }
    }
}

fn read_score(section: Section<'_, '_>, file: &mut File<'_>) -> f32 {
    match section.number("score", file) {
        Some(score) if (0.0..=1.0).contains(&score) => score as f32,
        Some(_) => {
            let at = section.get("score").map_or(section.start, |item| item.span().start);
            file.refuse(at, "score is a number from 0 to 1");
            0.0
        }
        None => {
            if section.get("score").is_none() {
                file.refuse(section.start, "the rule has no score; add the strength of a hit, from 0 to 1");
            }
            0.0
        }
    }
}

fn read_dates(section: Section<'_, '_>, file: &mut File<'_>) -> (Option<Date>, Option<Date>) {
    let from = section.date("from", file);
    let until = section.date("until", file);
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        let at = section.get("until").map_or(section.start, |item| item.span().start);
        file.refuse(at, format!("until {until} is not after from {from}; the rule would never hold"));
    }
    (from, until)
}

fn read_trigger(section: Section<'_, '_>, lexicons: &[Lexicon], file: &mut File<'_>) -> Option<Trigger> {
    let Some(item) = section.get("trigger") else {
        file.refuse(section.start, "the rule has no trigger; add trigger = { lexicon = \"…\" }");
        return None;
    };
    let at = item.span().start;
    let table = Section::of(item, "trigger", file)?;
    table.only(&["lexicon", "mark", "image", "claim", "attribute", "fields"], "a trigger", file);
    let kinds = ["lexicon", "mark", "image", "claim", "attribute"];
    let named: Vec<&str> = kinds.into_iter().filter(|kind| table.get(kind).is_some()).collect();
    let [kind] = named.as_slice() else {
        file.refuse(at, "a trigger names exactly one of lexicon, mark, image, claim, attribute");
        return None;
    };
    if table.get("fields").is_some() && !matches!(*kind, "lexicon" | "mark") {
        file.refuse(at, format!("a trigger by {kind} has no fields"));
    }
    let fields = table.words("fields", &FIELDS, file);
    let trigger = match *kind {
        "lexicon" => {
            let id = table.text("lexicon", file)?;
            let Some(lexicon) = lexicons.iter().position(|lexicon| lexicon.id == id) else {
                let known: Vec<&str> = lexicons.iter().map(|lexicon| lexicon.id.as_str()).collect();
                file.refuse(at, format!("unknown lexicon \"{id}\"; this pack has {}", known.join(", ")));
                return None;
            };
            let fields = if fields.is_empty() { vec![Field::Title, Field::Description] } else { fields };
            return Some(Trigger::Lexicon { lexicon, fields });
        }
        "mark" => Trigger::Mark { uses: table.words("mark", &USES, file), fields },
        "image" => Trigger::Image { kinds: table.words("image", &REFERENCES, file) },
        "claim" => Trigger::Claim { kinds: table.words("claim", &CLAIMS, file) },
        _ => {
            let text = table.text("attribute", file)?;
            let Some(name) = AttributeName::parse(text) else {
                let known = "title, description, category, brand, price, currency, lang, merchant, attributes.<name>";
                let shown: String = text.chars().take(40).collect();
                file.refuse(at, format!("unknown attribute \"{shown}\"; known are {known}"));
                return None;
            };
            return Some(Trigger::Attribute(name));
        }
    };
    let names_nothing = match &trigger {
        Trigger::Mark { uses, .. } => uses.is_empty(),
        Trigger::Image { kinds } => kinds.is_empty(),
        Trigger::Claim { kinds } => kinds.is_empty(),
        Trigger::Lexicon { .. } | Trigger::Attribute(_) => false,
    };
    if names_nothing {
        file.refuse(at, format!("the trigger names no {kind} that counts; the rule would never speak"));
    }
    Some(trigger)
}

fn read_categories(section: Section<'_, '_>, name: &str, file: &mut File<'_>) -> Vec<String> {
    let texts = section.texts(name, file);
    for (text, at) in &texts {
        if Phrase::new(text).is_none() {
            file.refuse(*at, format!("\"{text}\" in {name} has no letter or digit"));
        }
    }
    texts.into_iter().map(|(text, _)| text.to_owned()).collect()
}

fn read_when(
    section: Section<'_, '_>,
    kind: HitKind,
    trigger_known: bool,
    lexicons: &[Lexicon],
    file: &mut File<'_>,
) -> Option<Arc<Condition>> {
    let item = section.get("when")?;
    let source = section.text("when", file)?;
    // Without a trigger `hit` has no type, and every complaint about it would mislead.
    if !trigger_known {
        return None;
    }
    let ids: Vec<String> = lexicons.iter().map(|lexicon| lexicon.id.clone()).collect();
    match Condition::compile(source, Declarations { hit: kind, lexicons: &ids }) {
        Ok(condition) => Some(Arc::new(condition)),
        Err(problem) => {
            let at = file.offset_inside(item.span(), source, problem.offset);
            file.refuse(at, format!("when: {}", problem.problem));
            None
        }
    }
}

fn read_unknown(
    section: Section<'_, '_>,
    when: Option<&Condition>,
    categories: &[String],
    file: &mut File<'_>,
) -> WhenUnknown {
    let optional = when.and_then(|when| when.references().iter().find(|fact| fact.is_optional()));
    let reason = match optional {
        Some(fact) => Some(format!("`when` reads {}, which a listing may lack", fact.name())),
        None if !categories.is_empty() => Some("`categories` needs a category, which a listing may lack".to_owned()),
        None => None,
    };
    if let Some(reason) = reason.filter(|_| section.get("unknown").is_none()) {
        file.refuse(
            section.start,
            format!("{reason}; say what then happens: unknown = \"skip\", \"review\" or \"apply\""),
        );
    }
    section.word("unknown", &UNKNOWNS, file).unwrap_or(WhenUnknown::Skip)
}

fn read_template(section: Section<'_, '_>, name: &str, kind: HitKind, limit: usize, file: &mut File<'_>) -> Template {
    let text = section.needed_text(name, "the rule", limit, file);
    match Template::parse(&text, kind) {
        Ok(template) => template,
        Err(problem) => {
            let at = section.get(name).map_or(section.start, |item| item.span().start);
            file.refuse(at, format!("{name}: {problem}"));
            Template::default()
        }
    }
}
