//! Checks of commodity codes and product identifiers.

use std::collections::BTreeMap;

use super::{CheckKind, Finding, Look};
use crate::shipments::hs::CodeState;
use crate::shipments::rules::{Param, ParamKind};
use crate::shipments::view::View;

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind::of_declaration("hs.form", &[], &["code", "hint"], form),
    CheckKind::of_declaration("hs.known", &[], &["code", "edition"], known),
    CheckKind::of_declaration("hs.edition", &[], &["edition"], edition),
    CheckKind::of_declaration("hs.superseded", &[], &["code", "last_edition", "successors"], superseded),
    CheckKind::of_declaration(
        "hs.plausible",
        &[
            Param::needed("look_at", ParamKind::Whole),
            Param::needed("least_score", ParamKind::Decimal),
            Param::needed("most_fit", ParamKind::Decimal),
        ],
        &["code", "code_text", "text", "heading", "heading_text"],
        plausible,
    ),
    CheckKind::of_declaration(
        "hs.collapsed",
        &[Param::needed("least_score", ParamKind::Decimal)],
        &["code", "kinds"],
        collapsed,
    ),
    CheckKind::of_declaration(
        "goods.group",
        &[Param::needed("group", ParamKind::Group), Param::optional("unless_documents", ParamKind::Texts)],
        &["code", "goods", "law"],
        group,
    ),
    CheckKind::of_declaration("gtin.form", &[], &["gtin", "problem"], gtin),
];

fn is_digits(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit())
}

fn form(look: &Look<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (place, item) in look.view.items() {
        let Some(code) = item.hs6.as_deref().filter(|_| View::code(item).is_none()) else { continue };
        let digits: String = code.chars().filter(char::is_ascii_digit).take(6).collect();
        let hs = &look.view.facts.hs;
        let hint = match hs.description(&digits).filter(|_| digits.len() == 6) {
            Some(_) => format!(" ({digits} is a subheading)"),
            None if is_digits(code) && code.len() == 5 => " (a zero in front may be missing)".to_owned(),
            None => String::new(),
        };
        found.push(Finding::of(Some(place)).with("code", code).with("hint", hint));
    }
    found
}

/// Items whose six-digit code is in that state.
fn in_state<'a>(
    look: &'a Look<'_>,
    wanted: fn(&CodeState<'_>) -> bool,
) -> impl Iterator<Item = (usize, &'a str, CodeState<'a>)> {
    look.view.items().filter_map(move |(place, item)| {
        let code = View::code(item)?;
        let state = look.view.facts.hs.state(code, look.view.on);
        wanted(&state).then_some((place, code, state))
    })
}

fn known(look: &Look<'_>) -> Vec<Finding> {
    let edition = &look.view.facts.hs.edition;
    let unknown = in_state(look, |state| matches!(state, CodeState::Unknown));
    unknown.map(|(place, code, _)| Finding::of(Some(place)).with("code", code).with("edition", edition)).collect()
}

fn edition(look: &Look<'_>) -> Vec<Finding> {
    let first = in_state(look, |state| matches!(state, CodeState::NoEdition)).next();
    first.map(|_| Finding::of(None).with("edition", &look.view.facts.hs.edition)).into_iter().collect()
}

fn superseded(look: &Look<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (place, code, state) in in_state(look, |state| matches!(state, CodeState::Superseded(_))) {
        let CodeState::Superseded(superseded) = state else { continue };
        let successors = match superseded.successors.as_slice() {
            [] => "none is known".to_owned(),
            all => all.join(", "),
        };
        let finding = Finding::of(Some(place)).with("code", code).with("last_edition", &superseded.last_edition);
        found.push(finding.with("successors", successors));
    }
    found
}

fn score(look: &Look<'_>, name: &str) -> f32 {
    use rust_decimal::prelude::ToPrimitive as _;
    look.with.decimal(name).and_then(|value| value.to_f32()).unwrap_or(f32::MAX)
}

/// Short titles of codes, for people.
fn title(look: &Look<'_>, code: &str) -> String {
    look.view.facts.hs.description(code).unwrap_or("unknown").chars().take(80).collect()
}

fn text_of(item: &crate::shipments::model::Item) -> Option<String> {
    let text = item.description.as_deref()?;
    Some(format!("{text} {}", item.material.as_deref().unwrap_or_default()))
}

fn plausible(look: &Look<'_>) -> Vec<Finding> {
    let hs = &look.view.facts.hs;
    let look_at = look.with.whole("look_at").and_then(|most| usize::try_from(most).ok()).unwrap_or(5);
    let (least, most_fit) = (score(look, "least_score"), score(look, "most_fit"));
    let mut found = Vec::new();
    for (place, code, _) in in_state(look, |state| matches!(state, CodeState::Valid(_))) {
        let Some(text) = look.view.shipment.items.get(place).and_then(text_of) else { continue };
        let suggested = hs.suggest(&text, look_at);
        let Some(best) = suggested.first().filter(|best| best.score >= least) else { continue };
        let chapter_named = suggested.iter().any(|other| other.heading[..2] == code[..2]);
        let fits = hs.fit(&text, &code[..4]) > best.score * most_fit;
        if chapter_named || fits {
            continue;
        }
        let finding = Finding::of(Some(place)).with("code", code).with("code_text", title(look, code));
        let finding = finding.with("text", text.trim()).with("heading", &best.heading);
        found.push(finding.with("heading_text", title(look, &best.heading)));
    }
    found
}

fn collapsed(look: &Look<'_>) -> Vec<Finding> {
    let hs = &look.view.facts.hs;
    let least = score(look, "least_score");
    let mut by_code: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
    let mut lines_of: BTreeMap<&str, usize> = BTreeMap::new();
    for code in look.view.items().filter_map(|(_, item)| View::code(item)) {
        *lines_of.entry(code).or_insert(0) += 1;
    }
    let several = |code: &str| lines_of.get(code).is_some_and(|lines| *lines > 1);
    let valid = in_state(look, |state| matches!(state, CodeState::Valid(_)));
    for (place, code, _) in valid.filter(|(_, code, _)| several(code)) {
        let Some(text) = look.view.shipment.items.get(place).and_then(text_of) else { continue };
        let best = hs.suggest(&text, 1).into_iter().next().filter(|best| best.score >= least);
        if let Some(best) = best {
            by_code.entry(code).or_default().push((place, best.heading[..2].to_owned()));
        }
    }
    let mut found = Vec::new();
    for (code, items) in by_code {
        let mut chapters: Vec<&String> = items.iter().map(|(_, chapter)| chapter).collect();
        chapters.sort();
        chapters.dedup();
        if chapters.len() > 1 {
            let named: Vec<String> = chapters.iter().map(|chapter| format!("chapter {chapter}")).collect();
            found.push(Finding::of(Some(items[0].0)).with("code", code).with("kinds", named.join(", ")));
        }
    }
    found
}

fn group(look: &Look<'_>) -> Vec<Finding> {
    let view = look.view;
    if look.with.texts("unless_documents").iter().any(|kind| view.has_document(kind)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (place, item) in view.items() {
        let Some(code) = View::code(item) else { continue };
        if let Some(row) = view.facts.group_of(look.with.text("group"), code, view.destination) {
            let finding = Finding::of(Some(place)).with("code", code).with("goods", &row.goods).with("law", &row.law);
            found.push(finding.sure(&row.origin.confidence));
        }
    }
    found
}

fn gtin(look: &Look<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (place, item) in look.view.items() {
        let Some(gtin) = item.gtin.as_deref() else { continue };
        if let Some(problem) = gtin_problem(gtin) {
            found.push(Finding::of(Some(place)).with("gtin", gtin).with("problem", problem));
        }
    }
    found
}

/// What is wrong with a GTIN: 8, 12, 13 or 14 digits, weights 3 and 1 from the right, check digit
/// last (GS1 General Specifications).
fn gtin_problem(gtin: &str) -> Option<&'static str> {
    if !is_digits(gtin) || !matches!(gtin.len(), 8 | 12 | 13 | 14) {
        return Some("has not 8, 12, 13 or 14 digits");
    }
    let digits = gtin.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits.enumerate().map(|(place, digit)| if place % 2 == 1 { digit * 3 } else { digit }).sum();
    (!sum.is_multiple_of(10)).then_some("has a wrong check digit")
}

#[cfg(test)]
mod tests {
    use super::gtin_problem;

    #[test]
    fn check_digits_of_gtins_are_verified() {
        for good in ["4006381333931", "73513537", "036000291452", "00012345600012"] {
            assert_eq!(gtin_problem(good), None, "{good}");
        }
        for bad in ["4006381333932", "123", "40063813339AB", ""] {
            assert!(gtin_problem(bad).is_some(), "{bad}");
        }
    }
}
