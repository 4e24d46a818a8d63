//! Checks of what the platform knows: may this merchant sell, may this listing be sold, there.

use super::{CheckKind, Finding, Look};
use crate::kernel::Market;
use crate::shipments::rules::{Param, ParamKind};
use crate::shipments::standing::{
    Known, ListingStanding, ListingVerdict, MerchantStanding, MerchantState, RestrictionKind, Sanctions,
};

const WORD: Param = Param::needed("is", ParamKind::Text);

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind::of_declaration("standing.unavailable", &[], &[], unavailable),
    CheckKind::of_standing("merchant.known", &[], &["merchant"], merchant_known),
    CheckKind::of_standing("merchant.state", &[WORD], &["merchant", "state"], merchant_state),
    CheckKind::of_standing("merchant.verified", &[], &["merchant"], merchant_verified),
    CheckKind::of_standing("merchant.sanctions", &[WORD], &["merchant"], merchant_sanctions),
    CheckKind::of_standing("merchant.cases", &[], &["merchant", "cases"], merchant_cases),
    CheckKind::of_standing("listing.known", &[], &["listing"], listing_known),
    CheckKind::of_standing("listing.merchant", &[], &["listing", "merchant"], listing_merchant),
    CheckKind::of_standing("listing.verdict", &[WORD], &["listing", "verdict_id"], listing_verdict),
    CheckKind::of_standing("listing.cases", &[], &["listing", "cases"], listing_cases),
    CheckKind::of_standing(
        "listing.authorisation",
        &[Param::needed("unless_document", ParamKind::Text)],
        &["listing", "brand", "destination"],
        authorisation,
    ),
    CheckKind::of_standing("listing.restricted", &[WORD], &["listing", "destination", "law"], restricted),
    CheckKind::of_standing("listing.documents", &[], &["listing", "destination", "documents", "law"], documents),
    CheckKind::of_standing(
        "listing.responsible_person",
        &[Param::needed("unless_document", ParamKind::Text)],
        &["listing"],
        responsible_person,
    ),
    CheckKind::of_standing(
        "listing.dangerous",
        &[Param::needed("unless_document", ParamKind::Text)],
        &["listing"],
        dangerous,
    ),
];

fn unavailable(look: &Look<'_>) -> Vec<Finding> {
    match look.view.standing.known {
        Known::Unavailable => vec![Finding::of(None)],
        Known::DeclarationOnly | Known::Found(_) => Vec::new(),
    }
}

fn merchant<'a>(look: &'a Look<'_>) -> Option<&'a MerchantStanding> {
    look.view.standing.parties()?.merchant.as_ref()
}

fn about_merchant(look: &Look<'_>, wrong: impl Fn(&MerchantStanding) -> bool) -> Vec<Finding> {
    let merchant = merchant(look).filter(|merchant| wrong(merchant));
    merchant.map(|merchant| Finding::of(None).with("merchant", &merchant.id)).into_iter().collect()
}

fn merchant_known(look: &Look<'_>) -> Vec<Finding> {
    if look.view.standing.parties().is_none() || merchant(look).is_some() {
        return Vec::new();
    }
    let id = look.view.shipment.merchant_id.as_deref().unwrap_or("none");
    vec![Finding::of(None).with("merchant", id)]
}

fn merchant_state(look: &Look<'_>) -> Vec<Finding> {
    let meant = match look.with.text("is") {
        "suspended" => MerchantState::Suspended,
        _ => MerchantState::Terminated,
    };
    let found = about_merchant(look, |merchant| merchant.state == meant);
    found.into_iter().map(|finding| finding.with("state", look.with.text("is"))).collect()
}

fn merchant_verified(look: &Look<'_>) -> Vec<Finding> {
    about_merchant(look, |merchant| !merchant.verified)
}

fn merchant_sanctions(look: &Look<'_>) -> Vec<Finding> {
    let meant = match look.with.text("is") {
        "under_review" => Sanctions::UnderReview,
        _ => Sanctions::Confirmed,
    };
    about_merchant(look, |merchant| merchant.sanctions == meant)
}

fn merchant_cases(look: &Look<'_>) -> Vec<Finding> {
    let found = about_merchant(look, |merchant| !merchant.open_cases.is_empty());
    let cases = merchant(look).map(|merchant| merchant.open_cases.join(", ")).unwrap_or_default();
    found.into_iter().map(|finding| finding.with("cases", &cases)).collect()
}

/// A finding for each item whose listing is known and wrong.
fn about_listings(
    look: &Look<'_>,
    wrong: impl Fn(&ListingStanding) -> Option<Vec<(&'static str, String)>>,
) -> Vec<Finding> {
    let Some(parties) = look.view.standing.parties() else { return Vec::new() };
    let mut found = Vec::new();
    for (place, item) in look.view.items() {
        let Some(id) = item.listing_id.as_ref() else { continue };
        let Some(slots) = parties.listings.get(id).and_then(&wrong) else { continue };
        let mut finding = Finding::of(Some(place)).with("listing", id);
        finding.slots.extend(slots);
        found.push(finding);
    }
    found
}

fn listing_known(look: &Look<'_>) -> Vec<Finding> {
    let Some(parties) = look.view.standing.parties() else { return Vec::new() };
    let unknown = look.view.items().filter_map(|(place, item)| match &item.listing_id {
        Some(id) if parties.listings.contains_key(id) => None,
        id => Some((place, id.clone().unwrap_or_else(|| "none".to_owned()))),
    });
    unknown.map(|(place, id)| Finding::of(Some(place)).with("listing", id)).collect()
}

fn listing_merchant(look: &Look<'_>) -> Vec<Finding> {
    let merchant = look.view.shipment.merchant_id.as_deref().unwrap_or_default().to_owned();
    about_listings(look, |listing| (listing.merchant_id != merchant).then(|| vec![("merchant", merchant.clone())]))
}

fn listing_verdict(look: &Look<'_>) -> Vec<Finding> {
    let meant = match look.with.text("is") {
        "review" => ListingVerdict::Review,
        _ => ListingVerdict::Block,
    };
    about_listings(look, |listing| {
        let id = listing.verdict_id.clone().unwrap_or_else(|| "no verdict id".to_owned());
        (listing.verdict == meant).then(|| vec![("verdict_id", id)])
    })
}

fn listing_cases(look: &Look<'_>) -> Vec<Finding> {
    about_listings(look, |listing| {
        (!listing.open_cases.is_empty()).then(|| vec![("cases", listing.open_cases.join(", "))])
    })
}

fn destination(look: &Look<'_>) -> String {
    look.view.shipment.destination.clone().unwrap_or_else(|| "an unknown destination".to_owned())
}

/// Whether a market of a right or rule covers the destination; Northern Ireland counts as the Union.
fn covers(look: &Look<'_>, market: Market) -> bool {
    look.view.destination.is_some_and(|to| market == to || (market == Market::EU && look.view.to_eu))
}

fn authorisation(look: &Look<'_>) -> Vec<Finding> {
    if look.view.has_document(look.with.text("unless_document")) {
        return Vec::new();
    }
    about_listings(look, |listing| {
        let missing = listing.brands.iter().find(|brand| {
            brand.authorisation_needed && !brand.authorised_for.iter().any(|market| covers(look, *market))
        })?;
        Some(vec![("brand", missing.brand.clone()), ("destination", destination(look))])
    })
}

fn restricted(look: &Look<'_>) -> Vec<Finding> {
    let meant = match look.with.text("is") {
        "recalled" => RestrictionKind::Recalled,
        _ => RestrictionKind::Prohibited,
    };
    about_listings(look, |listing| {
        let applies = |market: Option<Market>| market.is_none_or(|market| covers(look, market));
        let found = listing.restrictions.iter().find(|one| one.kind == meant && applies(one.market))?;
        Some(vec![("destination", destination(look)), ("law", found.law.clone())])
    })
}

fn documents(look: &Look<'_>) -> Vec<Finding> {
    about_listings(look, |listing| {
        let missing = listing.restrictions.iter().find(|one| {
            one.kind == RestrictionKind::DocumentRequired
                && one.market.is_none_or(|market| covers(look, market))
                && !one.documents.iter().any(|kind| look.view.has_document(kind))
        })?;
        let wanted = missing.documents.join(" or ");
        Some(vec![("destination", destination(look)), ("documents", wanted), ("law", missing.law.clone())])
    })
}

fn responsible_person(look: &Look<'_>) -> Vec<Finding> {
    if look.view.has_document(look.with.text("unless_document")) {
        return Vec::new();
    }
    about_listings(look, |listing| {
        (listing.needs_responsible_person && listing.responsible_person.is_none()).then(Vec::new)
    })
}

fn dangerous(look: &Look<'_>) -> Vec<Finding> {
    if look.view.has_document(look.with.text("unless_document")) {
        return Vec::new();
    }
    about_listings(look, |listing| listing.dangerous_goods.then(Vec::new))
}
