//! One pack file: TOML in, a checked [`Pack`] and every problem out.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::civil::Date;
use toml::de::DeTable;

use super::condition::{Condition, Declarations, HitKind};
use super::evaluate::hit_kind;
use super::lexicon::check_term;
use super::model::{
    Action, Actions, AttributeName, Citations, Effect, Effects, Lexicon, Pack, PackSource, Rule, State, Trigger,
    WhenUnknown,
};
use super::names::{CLAIMS, FIELDS, REFERENCES, USES};
use super::read_case::read_case;
use super::says::Template;
use super::toml_reader::{File, Problem, Section, texts_of};
use super::words::Phrase;
use crate::kernel::Market;
use crate::matching::text::Field;

/// Largest pack file, in bytes.
pub const MAX_PACK_BYTES: usize = 16 * 1024 * 1024;
/// Most rules in one file.
const MAX_RULES: usize = 20_000;
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

const STATES: [(&str, State); 4] = [
    ("draft", State::Draft),
    ("shadow", State::Shadow),
    ("live", State::Live),
    ("retired", State::Retired),
];

const ACTIONS: [(&str, Action); 7] = [
    ("prohibited", Action::Prohibited),
    ("restricted", Action::Restricted),
    ("document_required", Action::DocumentRequired),
    ("allowed", Action::Allowed),
    ("review", Action::Review),
    ("block", Action::Block),
    ("note", Action::Note),
];

const EFFECTS: [(&str, Option<Effect>); 4] = [
    ("block", Some(Effect::Block)),
    ("review", Some(Effect::Review)),
    ("note", Some(Effect::ClearNote)),
    ("none", None),
];

const UNKNOWNS: [(&str, WhenUnknown); 3] = [
    ("skip", WhenUnknown::Skip),
    ("review", WhenUnknown::Review),
    ("apply", WhenUnknown::Apply),
];

/// Reads one pack. The pack is usable only when no problem comes with it.
///
/// Conditions are compiled here, which needs the deep stack that the loader provides.
pub fn read_pack(source: &PackSource) -> (Option<Pack>, Vec<Problem>) {
    let mut file = File::new(&source.path, &source.text);
    if source.text.len() > MAX_PACK_BYTES {
        file.refuse_line(
            0,
            format!("the file has more than {MAX_PACK_BYTES} bytes; split the pack"),
        );
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
        file.refuse(
            head.start,
            format!("the pack has more than {MAX_RULES} rules; split it"),
        );
        return None;
    }
    let mut seen = HashSet::new();
    let rules = sections
        .into_iter()
        .filter_map(|section| read_rule(section, &lexicons, &mut seen, file))
        .collect();
    Some(Pack {
        id,
        version,
        name,
        citations,
        path: path.to_owned(),
        lexicons,
        rules,
    })
}

/// Ids go into URLs, file names and messages: lower-case words joined by hyphens.
fn check_id(id: &str, at: usize, what: &str, file: &mut File<'_>) {
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
            file.refuse(
                section.start,
                format!("the lexicon {id} has no terms; add [lexicon.terms] with en = [\"…\"]"),
            );
        }
        let except = read_terms(section, "except", file);
        lexicons.push(Lexicon {
            id,
            terms,
            except,
            line: file.line(section.start),
        });
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
            file.refuse(
                at,
                format!("\"{shown}\" is not a language; use a BCP 47 primary tag such as en, zh, und"),
            );
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

fn read_rule(
    section: Section<'_, '_>,
    lexicons: &[Lexicon],
    seen: &mut HashSet<String>,
    file: &mut File<'_>,
) -> Option<Rule> {
    let before = file.problems.len();
    file.rule = section
        .get("id")
        .and_then(|id| id.get_ref().as_str())
        .map(|id| id.chars().take(80).collect());
    let rule = read_rule_fields(section, lexicons, file);
    if let Some(rule) = &rule
        && !seen.insert(rule.id.clone())
    {
        file.refuse(
            section.start,
            format!("two rules of the pack have the id \"{}\"", rule.id),
        );
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
    let day = from
        .or_else(|| until.and_then(|until| until.yesterday().ok()))
        .unwrap_or(CASE_DAY);
    let cases = |name: &str, file: &mut File<'_>| {
        let sections = section.sections(name, file);
        sections
            .into_iter()
            .map(|case| read_case(case, name == "match", day, file))
            .collect::<Vec<_>>()
    };
    let (matches, misses) = (cases("match", file), cases("miss", file));
    for (name, missing) in [("match", matches.is_empty()), ("miss", misses.is_empty())] {
        if missing && state != Some(State::Retired) {
            file.refuse(
                section.start,
                format!("the rule has no [[rule.{name}]]; a rule proves itself by one of each"),
            );
        }
    }
    let queue = section.text("queue", file).map(str::to_owned);
    if let Some(queue) = &queue {
        check_id(queue, section.start, "the queue", file);
    }
    let sources = section
        .texts("sources", file)
        .into_iter()
        .map(|(text, _)| text.to_owned())
        .collect();
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
        file.refuse(
            section.start,
            format!("the rule has no {name}; add {name} = \"{example}\""),
        );
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
                file.refuse(
                    section.start,
                    "the rule has no severity; add a number from 1 (low) to 5 (critical)",
                );
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
                file.refuse(
                    section.start,
                    "the rule has no score; add the strength of a hit, from 0 to 1",
                );
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
        file.refuse(
            at,
            format!("until {until} is not after from {from}; the rule would never hold"),
        );
    }
    (from, until)
}

fn read_trigger(section: Section<'_, '_>, lexicons: &[Lexicon], file: &mut File<'_>) -> Option<Trigger> {
    let Some(item) = section.get("trigger") else {
        file.refuse(
            section.start,
            "the rule has no trigger; add trigger = { lexicon = \"…\" }",
        );
        return None;
    };
    let at = item.span().start;
    let table = Section::of(item, "trigger", file)?;
    table.only(
        &["lexicon", "mark", "image", "claim", "attribute", "fields"],
        "a trigger",
        file,
    );
    let kinds = ["lexicon", "mark", "image", "claim", "attribute"];
    let named: Vec<&str> = kinds.into_iter().filter(|kind| table.get(kind).is_some()).collect();
    let [kind] = named.as_slice() else {
        file.refuse(
            at,
            "a trigger names exactly one of lexicon, mark, image, claim, attribute",
        );
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
                file.refuse(
                    at,
                    format!("unknown lexicon \"{id}\"; this pack has {}", known.join(", ")),
                );
                return None;
            };
            let fields = if fields.is_empty() {
                vec![Field::Title, Field::Description]
            } else {
                fields
            };
            return Some(Trigger::Lexicon { lexicon, fields });
        }
        "mark" => Trigger::Mark {
            uses: table.words("mark", &USES, file),
            fields,
        },
        "image" => Trigger::Image {
            kinds: table.words("image", &REFERENCES, file),
        },
        "claim" => Trigger::Claim {
            kinds: table.words("claim", &CLAIMS, file),
        },
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
        file.refuse(
            at,
            format!("the trigger names no {kind} that counts; the rule would never speak"),
        );
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
    match Condition::compile(
        source,
        Declarations {
            hit: kind,
            lexicons: &ids,
        },
    ) {
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

fn read_actions(section: Section<'_, '_>, file: &mut File<'_>) -> Option<Actions> {
    let Some(item) = section.get("action") else {
        file.refuse(
            section.start,
            "the rule has no action; add action = { default = \"review\" }",
        );
        return None;
    };
    if item.get_ref().is_str() {
        let default = section.word("action", &ACTIONS, file)?;
        return Some(Actions {
            default,
            markets: Vec::new(),
        });
    }
    let table = Section::of(item, "action", file)?;
    let mut default = None;
    let mut markets: Vec<(Market, Action)> = Vec::new();
    for (name, at, _) in table.fields() {
        let action = table.word(name, &ACTIONS, file);
        if name == "default" {
            default = action;
            continue;
        }
        match name.parse::<Market>() {
            Ok(market) if !known_market(market) => {
                file.refuse(at, format!("\"{name}\" is not a country of ISO 3166-1, nor EU"));
            }
            Ok(market) if markets.iter().any(|(known, _)| *known == market) => {
                file.refuse(at, format!("the market {market} is named twice"));
            }
            Ok(market) => markets.extend(action.map(|action| (market, action))),
            Err(error) => file.refuse(at, error.to_string()),
        }
    }
    if table.get("default").is_none() {
        file.refuse(
            item.span().start,
            "the action has no default; add default = \"allowed\" or another",
        );
    }
    default.map(|default| Actions { default, markets })
}

/// The codes assigned in ISO 3166-1 alpha-2 (2024), and XK for Kosovo as the European
/// Commission uses it, and EU.
fn known_market(market: Market) -> bool {
    const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
        BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET EU \
        FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ \
        IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML \
        MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS \
        PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL \
        TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";
    CODES.split_ascii_whitespace().any(|code| code == market.as_str())
}

fn read_effects(section: Section<'_, '_>, file: &mut File<'_>) -> Effects {
    let mut effects = Effects::default();
    let Some(table) = section.get("effect").and_then(|item| Section::of(item, "effect", file)) else {
        return effects;
    };
    table.only(&["prohibited", "restricted", "document_required"], "effect", file);
    for (name, place) in [
        ("prohibited", &mut effects.prohibited),
        ("restricted", &mut effects.restricted),
        ("document_required", &mut effects.document_required),
    ] {
        if let Some(effect) = table.word(name, &EFFECTS, file) {
            *place = effect;
        }
    }
    effects
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
