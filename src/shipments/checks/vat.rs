//! Checks of IOSS numbers and their use.

use super::{CheckKind, Finding, Look};

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind::of_declaration("ioss.form", &[], &["ioss"], form),
    CheckKind::of_declaration("ioss.state", &[], &["ioss", "state"], state),
    CheckKind::of_declaration("ioss.intermediary", &[], &["ioss"], intermediary),
    // For rules whose scope says when an IOSS number is out of place.
    CheckKind::of_declaration("ioss.present", &[], &["ioss", "destination", "kind"], present),
];

/// The number with everything but its ends hidden: it is worth stealing, and answers are kept.
fn hidden(number: &str) -> String {
    let letters: Vec<char> = number.chars().take(40).collect();
    let shown = |place: usize| place < 5 || place + 2 >= letters.len();
    letters.iter().enumerate().map(|(place, letter)| if shown(place) { *letter } else { '*' }).collect()
}

fn digits(number: &str, prefix: &str, count: usize) -> bool {
    number
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == count && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn number<'a>(look: &'a Look<'_>) -> Option<&'a str> {
    look.view.shipment.ioss.as_deref()
}

fn form(look: &Look<'_>) -> Vec<Finding> {
    let wrong = number(look).filter(|number| !digits(number, "IM", 10) && !number.starts_with("IN"));
    wrong.map(|number| Finding::of(None).with("ioss", hidden(number))).into_iter().collect()
}

fn state(look: &Look<'_>) -> Vec<Finding> {
    let Some(number) = number(look).filter(|number| digits(number, "IM", 10)) else { return Vec::new() };
    let state = &number[2..5];
    if look.view.facts.ioss_state(state).is_some() {
        return Vec::new();
    }
    vec![Finding::of(None).with("ioss", hidden(number)).with("state", state)]
}

fn intermediary(look: &Look<'_>) -> Vec<Finding> {
    let wrong = number(look).filter(|number| number.starts_with("IN"));
    wrong.map(|number| Finding::of(None).with("ioss", hidden(number))).into_iter().collect()
}

fn present(look: &Look<'_>) -> Vec<Finding> {
    let Some(number) = number(look) else { return Vec::new() };
    let shipment = look.view.shipment;
    // An unknown destination is told of by its own rule.
    if look.view.destination.is_none() {
        return Vec::new();
    }
    let kind = shipment.kind.map_or("unknown".to_owned(), |kind| format!("{kind:?}").to_lowercase());
    let finding = Finding::of(None).with("ioss", hidden(number)).with("kind", kind);
    vec![finding.with("destination", shipment.destination.as_deref().unwrap_or("unknown"))]
}
