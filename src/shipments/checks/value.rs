//! Checks of values: what is declared against what was paid, limits, patterns.

use rust_decimal::Decimal;

use super::{CheckKind, Finding, Look};
use crate::shipments::facts::Compared;
use crate::shipments::model::Item;
use crate::shipments::rules::{Param, ParamKind};

const SCHEME: Param = Param::needed("scheme", ParamKind::Scheme);

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind::of_declaration(
        "value.share",
        &[
            Param::optional("from", ParamKind::Decimal),
            Param::optional("to", ParamKind::Decimal),
            Param::optional("above", ParamKind::Decimal),
            Param::optional("below", ParamKind::Decimal),
            Param::optional("at_least_off", ParamKind::Decimal),
        ],
        &["share", "declared", "paid", "currency"],
        share,
    ),
    CheckKind::of_declaration(
        "value.pattern",
        &[Param::needed("shipments", ParamKind::Whole), Param::needed("least_share", ParamKind::Decimal)],
        &["below", "shipments"],
        pattern,
    ),
    CheckKind::of_declaration(
        "value.unit_price",
        &[Param::needed("below", ParamKind::Decimal), Param::needed("lines", ParamKind::Whole)],
        &["price", "typical", "lines", "currency", "code"],
        unit_price,
    ),
    CheckKind::of_declaration(
        "value.just_under",
        &[SCHEME, Param::needed("share", ParamKind::Decimal)],
        &["worth", "limit", "currency"],
        just_under,
    ),
    CheckKind::of_declaration(
        "value.split",
        &[SCHEME, Param::needed("most_parcels", ParamKind::Whole)],
        &["parcels", "worth", "limit", "currency"],
        split,
    ),
    CheckKind::of_declaration(
        "value.gift_paid",
        &[Param::needed("documents", ParamKind::Texts)],
        &["paid", "currency"],
        gift_paid,
    ),
    CheckKind::of_declaration("value.over", &[SCHEME], &["worth", "limit", "currency"], over),
    CheckKind::of_declaration(
        "value.same_for_different",
        &[Param::needed("items", ParamKind::Whole)],
        &["value", "codes", "currency"],
        same_for_different,
    ),
];

fn currency(look: &Look<'_>) -> String {
    look.view.currency().unwrap_or("?").to_owned()
}

/// The declared share of the price paid: declared ÷ paid, where something was paid.
fn share_of(item: &Item) -> Option<(Decimal, Decimal, Decimal)> {
    let (declared, paid) = (item.declared_value?, item.paid_value?);
    if paid <= Decimal::ZERO || declared < Decimal::ZERO {
        return None;
    }
    Some((declared.checked_div(paid)?, declared, paid))
}

fn share(look: &Look<'_>) -> Vec<Finding> {
    let with = |name: &str| look.with.decimal(name);
    let (from, to, above, below) = (with("from"), with("to"), with("above"), with("below"));
    let least_off = with("at_least_off").unwrap_or_default();
    let mut found = Vec::new();
    for (place, item) in look.view.items() {
        let Some((share, declared, paid)) = share_of(item) else { continue };
        let meant = from.is_none_or(|from| share >= from)
            && to.is_none_or(|to| share <= to)
            && above.is_none_or(|above| share > above)
            && below.is_none_or(|below| share < below);
        if meant && (declared - paid).abs() >= least_off {
            let percent = (share * Decimal::ONE_HUNDRED).round_dp(1).normalize();
            let finding = Finding::of(Some(place)).with("share", format!("{percent} %")).with("declared", declared);
            found.push(finding.with("paid", paid).with("currency", currency(look)));
        }
    }
    found
}

fn pattern(look: &Look<'_>) -> Vec<Finding> {
    let history = look.view.standing.history.merchant;
    let least = look.with.whole("shipments").unwrap_or(i64::MAX);
    let this_is_below = look.view.shipment.items.iter().filter_map(share_of).any(|(share, _, _)| share < Decimal::ONE);
    if !this_is_below || i64::from(history.shipments) < least {
        return Vec::new();
    }
    let share = Decimal::from(history.below_paid) / Decimal::from(history.shipments.max(1));
    if share < look.with.decimal("least_share").unwrap_or(Decimal::ONE) {
        return Vec::new();
    }
    vec![Finding::of(None).with("below", history.below_paid).with("shipments", history.shipments)]
}

fn unit_price(look: &Look<'_>) -> Vec<Finding> {
    let below = look.with.decimal("below").unwrap_or_default();
    let least = look.with.whole("lines").unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for ((place, item), history) in look.view.items().zip(&look.view.standing.history.prices) {
        let (Some(history), Some(price)) = (history, item.declared_value) else { continue };
        if i64::from(history.lines) < least || price >= history.typical * below {
            continue;
        }
        let finding = Finding::of(Some(place)).with("price", price).with("typical", history.typical.normalize());
        let finding = finding.with("lines", history.lines).with("currency", currency(look));
        found.push(finding.with("code", item.hs6.as_deref().unwrap_or("?")));
    }
    found
}

fn just_under(look: &Look<'_>) -> Vec<Finding> {
    let view = look.view;
    let Some(scheme) = view.facts.scheme(look.with.text("scheme"), view.on) else { return Vec::new() };
    let (Some(worth), Some(currency)) = (view.worth, view.currency()) else { return Vec::new() };
    let near = scheme.limit * (Decimal::ONE - look.with.decimal("share").unwrap_or_default());
    let compare = |limit: Decimal| view.facts.compare(worth, currency, limit, &scheme.currency, view.on);
    if compare(scheme.limit) != Compared::Inside || compare(near) != Compared::Above {
        return Vec::new();
    }
    let finding = Finding::of(None).with("worth", worth.normalize()).with("currency", currency);
    vec![finding.with("limit", format!("{} {}", scheme.limit, scheme.currency))]
}

fn split(look: &Look<'_>) -> Vec<Finding> {
    let view = look.view;
    let parcels = &view.standing.history.parcels;
    let most = look.with.whole("most_parcels").unwrap_or(i64::MAX);
    let Some(scheme) = view.facts.scheme(look.with.text("scheme"), view.on) else { return Vec::new() };
    let (Some(worth), Some(currency)) = (parcels.worth, view.currency()) else { return Vec::new() };
    if !(2..=most).contains(&i64::from(parcels.count)) {
        return Vec::new();
    }
    let all = view.facts.compare(worth, currency, scheme.limit, &scheme.currency, view.on);
    if all != Compared::Above || view.against(&scheme.id) != Some(Compared::Inside) {
        return Vec::new();
    }
    let finding = Finding::of(None).with("parcels", parcels.count).with("worth", worth.normalize());
    vec![finding.with("currency", currency).with("limit", format!("{} {}", scheme.limit, scheme.currency))]
}

fn gift_paid(look: &Look<'_>) -> Vec<Finding> {
    let view = look.view;
    let marked = look.with.texts("documents").iter().any(|kind| view.has_document(kind));
    let paid: Decimal = view.shipment.items.iter().filter_map(|item| item.paid_value).max().unwrap_or_default();
    if !marked || paid <= Decimal::ZERO {
        return Vec::new();
    }
    vec![Finding::of(None).with("paid", paid).with("currency", currency(look))]
}

fn over(look: &Look<'_>) -> Vec<Finding> {
    let view = look.view;
    let id = look.with.text("scheme");
    let Some(scheme) = view.facts.scheme(id, view.on) else { return Vec::new() };
    let limit = format!("{} {}", scheme.limit, scheme.currency);
    let worth = view.worth.map_or("an unknown amount".to_owned(), |worth| worth.normalize().to_string());
    let finding = Finding::of(None).with("worth", worth).with("limit", limit).with("currency", currency(look));
    match view.against(id) {
        Some(Compared::Above) => vec![finding.sure(&scheme.origin.confidence)],
        // Missing amounts are told by the rules about them.
        Some(Compared::Unknown) if view.worth.is_some() && view.currency().is_some() => vec![finding.undecided()],
        _ => Vec::new(),
    }
}

fn same_for_different(look: &Look<'_>) -> Vec<Finding> {
    let least = look.with.whole("items").and_then(|least| usize::try_from(least).ok()).unwrap_or(usize::MAX);
    let items = &look.view.shipment.items;
    let Some(value) = items.first().and_then(|item| item.declared_value) else { return Vec::new() };
    let mut codes: Vec<&str> = items.iter().filter_map(|item| item.hs6.as_deref()).collect();
    codes.sort_unstable();
    codes.dedup();
    let all_same = items.iter().all(|item| item.declared_value == Some(value));
    let as_paid = items.iter().all(|item| item.paid_value == Some(value));
    if codes.len() < least || !all_same || as_paid {
        return Vec::new();
    }
    vec![Finding::of(None).with("value", value).with("codes", codes.len()).with("currency", currency(look))]
}
