//! Checks of the declaration's form: what is there, what can be read, what adds up.

use jiff::ToSpan as _;
use rust_decimal::Decimal;

use super::{CheckKind, Finding, Look};
use crate::shipments::rules::{Param, ParamKind};

const FIELDS: Param = Param::needed("fields", ParamKind::Fields);

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind::of_declaration("field.readable", &[], &["field", "problem"], readable),
    CheckKind::of_declaration("field.required", &[FIELDS], &["field"], required),
    CheckKind::of_declaration(
        "field.length",
        &[FIELDS, Param::needed("most", ParamKind::Whole)],
        &["field", "length", "most"],
        length,
    ),
    CheckKind::of_declaration(
        "field.number",
        &[FIELDS, Param::optional("above", ParamKind::Decimal), Param::optional("least", ParamKind::Decimal)],
        &["field", "value"],
        number,
    ),
    CheckKind::of_declaration(
        "items.count",
        &[Param::optional("least", ParamKind::Whole), Param::optional("most", ParamKind::Whole)],
        &["count", "least", "most"],
        items,
    ),
    CheckKind::of_declaration("quantity.whole", &[], &["quantity"], quantity),
    CheckKind::of_declaration("country.known", &[FIELDS], &["field", "value", "hint"], country),
    CheckKind::of_declaration("currency.known", &[], &["value"], currency_known),
    CheckKind::of_declaration("currency.one", &[], &["value", "currency"], currency_one),
    CheckKind::of_declaration("consignee.country", &[], &["country", "destination"], consignee_country),
    CheckKind::of_declaration(
        "date.window",
        &[Param::needed("past_days", ParamKind::Whole), Param::needed("future_days", ParamKind::Whole)],
        &["date", "on"],
        date_window,
    ),
    CheckKind::of_declaration("mass.net_over_gross", &[], &["net", "gross"], net_over_gross),
    CheckKind::of_declaration(
        "mass.gross_sum",
        &[Param::needed("tolerance_kg", ParamKind::Decimal)],
        &["sum", "gross"],
        gross_sum,
    ),
    CheckKind::of_declaration(
        "law.held",
        &[Param::needed("first", ParamKind::Text), Param::needed("last", ParamKind::Text)],
        &["on", "first", "last"],
        law_held,
    ),
    CheckKind::of_declaration("shipment.changed", &[], &[], changed),
];

fn readable(look: &Look<'_>) -> Vec<Finding> {
    let problems = look.view.shipment.problems.iter();
    problems.map(|p| Finding::of(p.item).with("field", &p.field).with("problem", &p.problem)).collect()
}

fn required(look: &Look<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for field in look.with.fields("fields") {
        for (item, value) in field.texts(look.view.shipment) {
            let is_said = value.is_some() || look.view.is_unreadable(item, field.short());
            if !is_said {
                found.push(Finding::of(item).with("field", field.name.trim_start_matches("items.")));
            }
        }
    }
    found
}

fn length(look: &Look<'_>) -> Vec<Finding> {
    let most = look.with.whole("most").and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for field in look.with.fields("fields") {
        for (item, value) in field.texts(look.view.shipment) {
            let length = value.map_or(0, |text| text.chars().count());
            if length > most {
                let finding = Finding::of(item).with("field", field.short());
                found.push(finding.with("length", length).with("most", most));
            }
        }
    }
    found
}

fn number(look: &Look<'_>) -> Vec<Finding> {
    let (above, least) = (look.with.decimal("above"), look.with.decimal("least"));
    let wrong = |value: Decimal| above.is_some_and(|above| value <= above) || least.is_some_and(|least| value < least);
    let mut found = Vec::new();
    for field in look.with.fields("fields") {
        for (item, value) in field.numbers(look.view.shipment).into_iter().filter(|(_, value)| wrong(*value)) {
            found.push(Finding::of(item).with("field", field.short()).with("value", value));
        }
    }
    found
}

fn items(look: &Look<'_>) -> Vec<Finding> {
    let count = look.view.shipment.items.len() as i64;
    let (least, most) = (look.with.whole("least").unwrap_or(0), look.with.whole("most").unwrap_or(i64::MAX));
    if (least..=most).contains(&count) || look.view.is_unreadable(None, "items") {
        return Vec::new();
    }
    vec![Finding::of(None).with("count", count).with("least", least).with("most", most)]
}

fn quantity(look: &Look<'_>) -> Vec<Finding> {
    let wrong = |quantity: &Decimal| *quantity < Decimal::ONE || !quantity.fract().is_zero();
    let items = look.view.items().filter_map(|(place, item)| Some((place, item.quantity.filter(wrong)?)));
    items.map(|(place, quantity)| Finding::of(Some(place)).with("quantity", quantity)).collect()
}

fn country(look: &Look<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for field in look.with.fields("fields") {
        for (item, value) in field.texts(look.view.shipment) {
            let Some(value) = value.filter(|value| look.view.facts.country(value).is_none()) else { continue };
            // The codes people write most often that are not in the standard.
            let hint = match value.as_str() {
                "UK" => " (the United Kingdom is GB)",
                "EL" => " (Greece is GR)",
                "EU" => " (name the member state)",
                _ => "",
            };
            found.push(Finding::of(item).with("field", field.short()).with("value", value).with("hint", hint));
        }
    }
    found
}

fn currency_known(look: &Look<'_>) -> Vec<Finding> {
    let shipment = look.view.shipment;
    match (&shipment.currency_text, &shipment.currency) {
        (Some(text), None) => vec![Finding::of(None).with("value", text)],
        _ => Vec::new(),
    }
}

fn currency_one(look: &Look<'_>) -> Vec<Finding> {
    let Some(currency) = &look.view.shipment.currency_text else { return Vec::new() };
    let other = |own: &&String| *own != currency;
    let items = look.view.items().filter_map(|(place, item)| Some((place, item.currency.as_ref().filter(other)?)));
    items.map(|(place, own)| Finding::of(Some(place)).with("value", own).with("currency", currency)).collect()
}

/// Northern Ireland is XI for goods and GB in addresses.
fn same_country(one: &str, other: &str) -> bool {
    one == other || matches!((one, other), ("GB", "XI") | ("XI", "GB"))
}

fn consignee_country(look: &Look<'_>) -> Vec<Finding> {
    let shipment = look.view.shipment;
    let country = shipment.consignee.as_ref().and_then(|consignee| consignee.country.as_ref());
    match (country, &shipment.destination) {
        (Some(country), Some(destination))
            if !same_country(country, destination)
                && look.view.destination.is_some()
                && look.view.facts.country(country).is_some() =>
        {
            vec![Finding::of(None).with("country", country).with("destination", destination)]
        }
        _ => Vec::new(),
    }
}

fn date_window(look: &Look<'_>) -> Vec<Finding> {
    let Some(date) = look.view.shipment.date else { return Vec::new() };
    let days = |name: &str| look.with.whole(name).unwrap_or(0).clamp(0, 100_000);
    let on = look.view.on;
    let first = on.saturating_sub(days("past_days").days());
    let last = on.saturating_add(days("future_days").days());
    if (first..=last).contains(&date) {
        return Vec::new();
    }
    vec![Finding::of(None).with("date", date).with("on", on)]
}

fn net_over_gross(look: &Look<'_>) -> Vec<Finding> {
    let shipment = look.view.shipment;
    let Some(gross) = shipment.gross_mass_kg else { return Vec::new() };
    // Net mass is that of the line, as in the customs data sets; read per piece the sum would only be larger.
    let net: Decimal = shipment.items.iter().filter_map(|item| item.net_mass_kg).sum();
    if net <= gross {
        return Vec::new();
    }
    vec![Finding::of(None).with("net", net.normalize()).with("gross", gross)]
}

fn gross_sum(look: &Look<'_>) -> Vec<Finding> {
    let shipment = look.view.shipment;
    let Some(gross) = shipment.gross_mass_kg else { return Vec::new() };
    let all: Option<Vec<Decimal>> = shipment.items.iter().map(|item| item.gross_mass_kg).collect();
    let Some(all) = all.filter(|all| !all.is_empty()) else { return Vec::new() };
    let tolerance = look.with.decimal("tolerance_kg").unwrap_or_default();
    let sum: Decimal = all.iter().sum();
    if (sum - gross).abs() <= tolerance {
        return Vec::new();
    }
    vec![Finding::of(None).with("sum", sum.normalize()).with("gross", gross)]
}

fn law_held(look: &Look<'_>) -> Vec<Finding> {
    let (first, last) = (look.with.text("first"), look.with.text("last"));
    let day = |text: &str| text.parse::<jiff::civil::Date>().ok();
    // A day that cannot be read is no reason to let anything through.
    let held = day(first).zip(day(last)).is_some_and(|(first, last)| (first..=last).contains(&look.view.on));
    if held {
        return Vec::new();
    }
    vec![Finding::of(None).with("on", look.view.on).with("first", first).with("last", last)]
}

fn changed(look: &Look<'_>) -> Vec<Finding> {
    let before = look.view.standing.history.same_id;
    match before {
        Some(before) if look.view.shipment.digest != Some(before) => vec![Finding::of(None)],
        _ => Vec::new(),
    }
}
