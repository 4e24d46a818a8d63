//! Runs the cases that rules carry.

use jiff::civil::{Date, date};

use super::{Case, GateRules, Rule};
use crate::shipments::gate::Gate;
use crate::shipments::json::Json;
use crate::shipments::model::{GateAnswer, Shipment};
use crate::shipments::standing::{History, MerchantPattern, Parcels, Parties, PriceHistory, Standing};

/// Day of cases that name none, where the rule holds then.
const USUAL_DAY: Date = date(2026, 11, 22);

/// A case that did not come out as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFailure {
    /// The pack's file.
    pub path: String,
    /// The case's line.
    pub line: u32,
    /// The rule.
    pub rule: String,
    /// What was expected and what came.
    pub problem: String,
}

impl std::fmt::Display for CaseFailure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}, line {}, rule {}: {}", self.path, self.line, self.rule, self.problem)
    }
}

/// Runs all cases of all rules; answers what failed.
pub fn run_cases(rules: &GateRules) -> Vec<CaseFailure> {
    let mut failures = Vec::new();
    for rule in rules.rules() {
        for case in &rule.cases {
            if let Err(problem) = run_case(rules, rule, case) {
                let path = rule.place.0.clone();
                failures.push(CaseFailure { path, line: case.line, rule: rule.id.clone(), problem });
            }
        }
    }
    failures
}

fn run_case(rules: &GateRules, rule: &Rule, case: &Case) -> Result<(), String> {
    let shipment = shipment_of(rules, case)?;
    let standing = standing_of(case)?;
    let on = case.on.unwrap_or_else(|| usual_day(rule));
    let answer = |on: Date| Gate::evaluate_as_live(rules, &shipment, &standing, on, Some(&rule.id));
    let said = answer(on);
    let spoke = speaks(&said, rule);
    if !case.fails {
        return if spoke { Err(format!("a passing case fails on {on}: {}", told(&said))) } else { Ok(()) };
    }
    if !spoke {
        return Err(format!("a failing case passes on {on}; it said: {}", told(&said)));
    }
    let others: Vec<&str> = said
        .reasons
        .iter()
        .filter(|reason| reason.rule != rule.id && !case.also.contains(&reason.rule))
        .map(|reason| reason.rule.as_str())
        .collect();
    if !others.is_empty() {
        return Err(format!("a failing case fails for other reasons too: {}", others.join(", ")));
    }
    if let Ok(before) = rule.from.yesterday()
        && speaks(&answer(before), rule)
    {
        return Err(format!("it speaks on {before}, before its first day"));
    }
    match rule.until {
        Some(until) if speaks(&answer(until), rule) => Err(format!("it speaks on {until}, when it no longer holds")),
        _ => Ok(()),
    }
}

fn speaks(answer: &GateAnswer, rule: &Rule) -> bool {
    answer.reasons.iter().any(|reason| reason.rule == rule.id)
}

fn told(answer: &GateAnswer) -> String {
    let told: Vec<String> = answer.reasons.iter().map(|reason| format!("{}: {}", reason.rule, reason.says)).collect();
    if told.is_empty() { "nothing".to_owned() } else { told.join("; ") }
}

fn usual_day(rule: &Rule) -> Date {
    match rule.until {
        Some(until) if until <= USUAL_DAY => until.yesterday().unwrap_or(USUAL_DAY),
        _ => rule.from.max(USUAL_DAY),
    }
}

fn shipment_of(rules: &GateRules, case: &Case) -> Result<Shipment, String> {
    let base = rules.bases.iter().find(|(id, _)| *id == case.base);
    let Some((_, base)) = base else { return Err(format!("there is no base {}", case.base)) };
    let mut json = base.clone();
    for name in &case.without {
        remove(&mut json, name);
    }
    for (name, value) in &case.set {
        merge(&mut json, name, value);
    }
    if let Some(first) = first_item(&mut json) {
        for name in &case.item_without {
            remove(first, name);
        }
        for (name, value) in &case.item {
            merge(first, name, value);
        }
    }
    repeat_first_item(&mut json, case.repeat);
    Shipment::from_json(&json).map_err(|error| format!("the case {error}"))
}

fn items(json: &mut Json) -> Option<&mut Vec<Json>> {
    let Json::Object(members) = json else { return None };
    match members.iter_mut().find(|(name, _)| name == "items") {
        Some((_, Json::List(values))) => Some(values),
        _ => None,
    }
}

fn first_item(json: &mut Json) -> Option<&mut Json> {
    items(json)?.first_mut()
}

fn repeat_first_item(json: &mut Json, times: usize) {
    if let Some(items) = items(json)
        && let Some(first) = items.first().cloned()
    {
        items.extend(std::iter::repeat_n(first, times.saturating_sub(1)));
    }
}

fn remove(json: &mut Json, name: &str) {
    let (outer, inner) = name.split_once('.').map_or((name, None), |(outer, inner)| (outer, Some(inner)));
    let Json::Object(members) = json else { return };
    match inner {
        None => members.retain(|(member, _)| member != outer),
        Some(inner) => {
            for (_, value) in members.iter_mut().filter(|(member, _)| member == outer) {
                remove(value, inner);
            }
        }
    }
}

/// Sets a member; an object is merged into the one that is there.
fn merge(json: &mut Json, name: &str, value: &Json) {
    let Json::Object(members) = json else { return };
    match (members.iter_mut().find(|(member, _)| member == name), value) {
        (Some((_, there @ Json::Object(_))), Json::Object(new)) => {
            for (name, value) in new {
                merge(there, name, value);
            }
        }
        (Some((_, there)), value) => *there = value.clone(),
        (None, value) => members.push((name.to_owned(), value.clone())),
    }
}

/// The standing of a case: `"unavailable"`, or merchant and listings.
fn standing_of(case: &Case) -> Result<Standing, String> {
    let standing = match &case.standing {
        None => Standing::declaration_only(),
        Some(Json::Text(word)) if word == "unavailable" => Standing::unavailable(),
        Some(json) => {
            let text = json.canonical().map_err(|error| format!("standing {error}"))?;
            let parties: Parties = serde_json::from_str(&text).map_err(|error| format!("standing: {error}"))?;
            Standing::found(parties)
        }
    };
    match &case.history {
        None => Ok(standing),
        Some(json) => Ok(standing.with_history(history_of(json)?)),
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct CaseHistory {
    changed: bool,
    shipments: u32,
    below_paid: u32,
    parcels: u32,
    parcels_worth: Option<rust_decimal::Decimal>,
    price_lines: u32,
    typical_price: Option<rust_decimal::Decimal>,
    address_merchants: u32,
}

fn history_of(json: &Json) -> Result<History, String> {
    let text = json.canonical().map_err(|error| format!("history {error}"))?;
    let read: CaseHistory = serde_json::from_str(&text).map_err(|error| format!("history: {error}"))?;
    Ok(History {
        same_id: read.changed.then(|| crate::kernel::Digest::of(b"another content")),
        merchant: MerchantPattern { shipments: read.shipments, below_paid: read.below_paid },
        parcels: Parcels { count: read.parcels, worth: read.parcels_worth },
        prices: vec![read.typical_price.map(|typical| PriceHistory { lines: read.price_lines, typical })],
        address_merchants: read.address_merchants,
        ..History::default()
    })
}
