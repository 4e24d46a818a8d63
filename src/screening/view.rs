//! Verdicts as the console shows them: texts finished, nothing left to compute in a template.

use std::collections::HashMap;

use super::store::{Judged, StoredVerdict};
use super::{Decision, ImageFinding, Verdict};
use crate::http::console::marking::{TextMark, plain, segments};
use crate::http::console::view::{
    Counter, DistanceBar, EvidenceLine, Fact, HistoryRow, HitRow, ImageMatch, ImagePanel, Outcome, Outline, Picture,
    ReasonPanel, Segment, Shell, Tone, VerdictRow, VerdictView,
};
use crate::kernel::Digest;
use crate::listings::model::{Listing, ListingImage};
use crate::matching::image::{self, How, ImageHit, Signature};
use crate::matching::text::Field;
use crate::registry::model::{Brand, ReferenceKind};
use crate::rules::{Effect, Evidence, Reason};

/// A verdict's colour.
pub fn outcome(decision: Decision) -> Outcome {
    match decision {
        Decision::Clear => Outcome::Clear,
        Decision::Review => Outcome::Review,
        Decision::Block => Outcome::Block,
    }
}

fn effect(effect: Effect) -> Outcome {
    match effect {
        Effect::ClearNote => Outcome::Note,
        Effect::Review => Outcome::Review,
        Effect::Block => Outcome::Block,
    }
}

/// A word of the data model for people: `infringing_use` as `infringing use`.
fn word(value: impl serde::Serialize) -> String {
    let text = serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned));
    text.unwrap_or_default().replace('_', " ")
}

/// `1204` as `1,204`.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Address of the list with this filter, search and page.
pub fn home_address(filter: Option<Decision>, words: &str, before: Option<&str>) -> String {
    let mut parts = Vec::new();
    if let Some(filter) = filter {
        parts.push(format!("verdict={filter}"));
    }
    if !words.is_empty() {
        parts.push(format!("q={}", percent_encoded(words)));
    }
    if let Some(before) = before {
        parts.push(format!("before={}", percent_encoded(before)));
    }
    if parts.is_empty() { "/".to_owned() } else { format!("/?{}", parts.join("&")) }
}

/// RFC 3986: everything but unreserved characters as %XX.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The numbers above the list.
pub fn counters(
    counts: &[(Decision, i64)],
    current: Option<Decision>,
    href: impl Fn(Option<Decision>) -> String,
) -> Vec<Counter> {
    let of = |decision: Decision| counts.iter().find(|(found, _)| *found == decision).map_or(0, |(_, count)| *count);
    let mut counters = vec![Counter {
        label: "All".to_owned(),
        count: grouped(counts.iter().map(|(_, count)| count).sum()),
        outcome: None,
        href: href(None),
        current: current.is_none(),
    }];
    for decision in [Decision::Block, Decision::Review, Decision::Clear] {
        counters.push(Counter {
            label: outcome(decision).label().to_owned(),
            count: grouped(of(decision)),
            outcome: Some(outcome(decision)),
            href: href(Some(decision)),
            current: current == Some(decision),
        });
    }
    counters
}

fn picture(digest: Digest, alt: String) -> Picture {
    Picture { src: format!("/evidence/{digest}"), alt }
}

/// A listing in the list.
pub fn row(judged: &Judged) -> VerdictRow {
    let listing = &judged.listing;
    let verdict: Option<Verdict> = serde_json::from_str(&judged.verdict).ok();
    let reasons = verdict.as_ref().map_or(&[][..], |verdict| &verdict.reasons);
    let thumbnail = listing.images.iter().find_map(|image| image.digest);
    let marks = verdict.as_ref().map(|verdict| marks_in(verdict, Field::Title, &[])).unwrap_or_default();
    VerdictRow {
        href: format!("/verdicts/{}", judged.row.verdict),
        thumbnail: thumbnail.map(|digest| picture(digest, String::new())),
        title: segments(&listing.title, &marks),
        lang: listing.lang.clone(),
        listing: judged.row.external_id.clone(),
        merchant: listing.merchant.clone(),
        outcome: outcome(judged.row.decision),
        queue: verdict.as_ref().and_then(|verdict| verdict.queue.clone()),
        reason: reasons.first().map(|reason| reason.says.clone()),
        more_reasons: reasons.len().saturating_sub(1),
        price: listing.price.map(|price| price.to_string()),
        at: judged.row.updated_at.into(),
    }
}

/// What a verdict's page is drawn from.
pub struct Subject<'a> {
    /// The verdict's row.
    pub stored: &'a StoredVerdict,
    /// The version that it judged.
    pub listing: &'a Listing,
    /// The verdict.
    pub verdict: &'a Verdict,
    /// All verdicts of the listing, newest first.
    pub history: &'a [StoredVerdict],
    /// Its entry in the audit log.
    pub entry: Option<i64>,
    /// The brands that its pictures resemble.
    pub brands: HashMap<String, Brand>,
}

/// A verdict's page.
pub fn verdict(shell: Shell, subject: &Subject<'_>) -> VerdictView {
    let (stored, listing, verdict) = (subject.stored, subject.listing, subject.verdict);
    let hits = hit_rows(verdict);
    VerdictView {
        shell,
        outcome: outcome(verdict.decision),
        queue: verdict.queue.clone(),
        summary: summary(verdict),
        at: verdict.judged_at.into(),
        title: marked(verdict, Field::Title, &listing.title, &hits),
        description: marked(verdict, Field::Description, &listing.description, &hits),
        lang: listing.lang.clone(),
        reasons: verdict.reasons.iter().map(|reason| panel(reason, verdict, listing)).collect(),
        shadow: verdict.shadow.iter().map(|reason| panel(reason, verdict, listing)).collect(),
        images: listing.images.iter().map(|image| image_panel(image, verdict, &subject.brands)).collect(),
        listing: listing_facts(listing),
        provenance: provenance(stored, verdict, subject.entry),
        replay: format!("assay replay {}", stored.id),
        json: Some(format!("/verdicts/{}/json", stored.id)),
        history: subject.history.iter().map(|past| history_row(past, stored)).collect(),
        hits,
    }
}

fn summary(verdict: &Verdict) -> String {
    let count = verdict.reasons.iter().filter(|reason| reason.effect != Effect::ClearNote).count();
    let reasons = if count == 1 { "one reason".to_owned() } else { format!("{count} reasons") };
    match verdict.decision {
        Decision::Clear if verdict.hits.is_empty() => "Nothing in this listing speaks against it.".to_owned(),
        Decision::Clear => "Marks were found, but nothing speaks against their use here.".to_owned(),
        Decision::Review => format!("A person has to look, for {reasons}."),
        Decision::Block => format!("Blocked, for {reasons}."),
    }
}

fn marked(verdict: &Verdict, field: Field, text: &str, rows: &[HitRow]) -> Vec<Segment> {
    if text.is_empty() {
        return Vec::new();
    }
    segments(text, &marks_in(verdict, field, rows))
}

/// Every span in one field that something was found in.
fn marks_in(verdict: &Verdict, field: Field, rows: &[HitRow]) -> Vec<TextMark> {
    let mut marks = Vec::new();
    let number = |place: usize| rows.get(place).map(|row| row.number);
    let places = verdict.hits.iter().map(|hit| (Some(hit.field), Some(hit.span)));
    let places = places.chain(verdict.claims.iter().map(|claim| (Some(claim.field), Some(claim.span))));
    let places = places.chain(verdict.prohibited.iter().map(|found| (found.field, found.span)));
    for (place, ((found_in, span), row)) in places.zip(hit_rows(verdict)).enumerate() {
        let Some(span) = span else { continue };
        if found_in == Some(field) {
            let what = if row.brand.is_empty() { row.what.clone() } else { format!("{}, {}", row.what, row.pass) };
            let note = format!("{what}: {}", row.kind);
            marks.push(TextMark { span, tone: row.tone, note, number: number(place) });
        }
    }
    marks
}

/// Hits, claims and classes in one table, in this order.
fn hit_rows(verdict: &Verdict) -> Vec<HitRow> {
    let mut rows = Vec::new();
    for hit in &verdict.hits {
        let kind = word(hit.use_kind);
        rows.push(HitRow {
            number: 0,
            tone: Tone::of_use(&kind.replace(' ', "_")),
            what: hit.mark_text.clone(),
            brand: hit.brand.to_string(),
            kind,
            field: word(hit.field),
            matched: plain(&hit.matched),
            pass: word(hit.pass),
            score: format!("{:.2}", hit.score),
            because: hit.because.clone(),
        });
    }
    for claim in &verdict.claims {
        rows.push(HitRow {
            number: 0,
            tone: Tone::Claim,
            what: "claim".to_owned(),
            brand: String::new(),
            kind: word(claim.kind),
            field: word(claim.field),
            matched: plain(&claim.matched),
            pass: String::new(),
            score: String::new(),
            because: Vec::new(),
        });
    }
    for found in &verdict.prohibited {
        rows.push(HitRow {
            number: 0,
            tone: Tone::Prohibited,
            what: found.class.clone(),
            brand: String::new(),
            kind: word(found.action),
            field: word(found.field),
            matched: plain(&found.matched),
            pass: String::new(),
            score: format!("{:.2}", found.score),
            because: Vec::new(),
        });
    }
    for (place, row) in rows.iter_mut().enumerate() {
        row.number = place as u32 + 1;
    }
    rows
}

fn panel(reason: &Reason, verdict: &Verdict, listing: &Listing) -> ReasonPanel {
    ReasonPanel {
        says: reason.says.clone(),
        cure: reason.cure.clone(),
        effect: effect(reason.effect),
        queue: reason.queue.clone(),
        rule: reason.rule.clone(),
        pack: reason.pack.clone(),
        version: reason.version.clone(),
        class: reason.class.clone(),
        severity: reason.severity,
        markets: reason.markets.iter().map(|market| market.to_string()).collect(),
        evidence: reason.evidence.iter().map(|evidence| evidence_line(evidence, verdict, listing)).collect(),
        unknown: reason.unknown.clone(),
    }
}

fn evidence_line(evidence: &Evidence, verdict: &Verdict, listing: &Listing) -> EvidenceLine {
    match evidence {
        Evidence::Text { field, matched, .. } => {
            EvidenceLine { text: format!("{}: “{matched}”", word(field)), href: None }
        }
        Evidence::Mark { mark_text, pass, score, field, span, matched, .. } => {
            let place = verdict.hits.iter().position(|hit| hit.field == *field && hit.span == *span);
            EvidenceLine {
                text: format!("{}: “{matched}”, mark {mark_text}, {}, score {score:.2}", word(field), word(pass)),
                href: place.map(|place| format!("#hit-{}", place + 1)),
            }
        }
        Evidence::Image { image, reference, distance, threshold, how, inliers, .. } => {
            let place = listing.images.iter().position(|found| found.name == *image);
            let nearness = match inliers {
                Some(count) => format!("{count} details agree"),
                None if *how == How::Shape => "the same drawn shape".to_owned(),
                None => format!("{distance} of 256 bits differ (up to {threshold} count)"),
            };
            EvidenceLine {
                text: format!("{image} beside {reference}: {nearness}, {}", word(how)),
                href: place.map(|place| format!("#image-{}", place + 1)),
            }
        }
        Evidence::Attribute { name, value } => EvidenceLine { text: format!("{name}: “{value}”"), href: None },
    }
}

fn image_panel(image: &ListingImage, verdict: &Verdict, brands: &HashMap<String, Brand>) -> ImagePanel {
    let matches = verdict.images.iter().filter(|found| found.image == image.name);
    let signature = image.signature.as_ref();
    ImagePanel {
        name: image.name.clone(),
        picture: image.digest.map(|digest| picture(digest, format!("Listing picture {}", image.name))),
        about: signature.map(|found| format!("{} × {}, quality {}", found.width, found.height, found.quality)),
        problem: image.problem.clone(),
        matches: matches.map(|found| image_match(found, signature, brands)).collect(),
    }
}

fn image_match(found: &ImageFinding, listing: Option<&Signature>, brands: &HashMap<String, Brand>) -> ImageMatch {
    let hit = &found.hit;
    let brand = brands.get(hit.brand.as_str());
    let reference = brand.and_then(|brand| brand.references.iter().find(|known| known.key == hit.reference));
    let name = brand.map_or_else(|| hit.brand.to_string(), |brand| brand.name.clone());
    let by_hashes = || image::place_of_hit(listing?, &reference?.signature, hit);
    let placement = hit.placement.clone().or_else(by_hashes);
    ImageMatch {
        picture: reference.map(|reference| picture(reference.digest, format!("Reference {} of {name}", hit.reference))),
        brand: name,
        reference: hit.reference.to_string(),
        kind: match hit.kind {
            ReferenceKind::Logo => "Logo".to_owned(),
            ReferenceKind::Product => "Product".to_owned(),
            ReferenceKind::Harmless => "Harmless".to_owned(),
        },
        how: word(hit.how),
        score: format!("{:.2}", hit.score),
        bar: (!hit.is_closer()).then_some(DistanceBar { distance: hit.distance, threshold: hit.threshold }),
        seen: hit.is_closer().then(|| seen_closely(hit)),
        odds: hit.false_match_rate.map(odds),
        on_listing: placement.as_ref().and_then(|found| outline(listing?, &found.query_area)),
        on_reference: placement.as_ref().and_then(|found| outline(&reference?.signature, &found.reference_area)),
    }
}

fn seen_closely(hit: &ImageHit) -> String {
    match hit.inliers {
        Some(count) => format!("{count} details of the two pictures agree on how one lies on the other"),
        None if hit.how == How::Shape => "the same shape is drawn in both".to_owned(),
        None => format!("{} of 256 bits differ", hit.distance),
    }
}

/// A false-match rate for people.
fn odds(rate: f32) -> String {
    if rate <= 0.0 || rate < 1e-12 {
        return "fewer than 1 in a million million unrelated photographs would come as near".to_owned();
    }
    let one_in = (1.0 / f64::from(rate)).round().max(1.0) as i64;
    format!("about 1 in {} unrelated photographs would come as near", grouped(one_in))
}

/// The outline of a matched part; none of a picture as a whole, which would only frame it.
fn outline(picture: &Signature, area: &[[i16; 2]]) -> Option<Outline> {
    let whole = area.iter().all(|[x, y]| (*x <= 5 || *x >= 995) && (*y <= 5 || *y >= 995));
    if area.len() < 3 || whole {
        return None;
    }
    let pixel = |thousandths: i16, length: u32| f64::from(thousandths) * f64::from(length) / 1000.0;
    let corner = |[x, y]: &[i16; 2]| format!("{:.0},{:.0}", pixel(*x, picture.width), pixel(*y, picture.height));
    let points = area.iter().map(corner).collect::<Vec<_>>().join(" ");
    Some(Outline { width: picture.width, height: picture.height, points })
}

fn listing_facts(listing: &Listing) -> Vec<Fact> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let markets: Vec<String> = listing.ships_to.iter().map(|market| market.to_string()).collect();
    let mut facts = vec![
        Fact::code("Listing", &listing.external_id),
        Fact::new("Price", listing.price.map(|price| price.to_string()).unwrap_or_default()),
        Fact::code("Merchant", text(&listing.merchant)),
        Fact::new("Ships to", markets.join(", ")),
        Fact::new("Category", text(&listing.category)),
        Fact::new("Brand attribute", text(&listing.brand)),
        Fact::new("Language", text(&listing.lang)),
    ];
    facts.extend(listing.attributes.iter().take(40).map(|(name, value)| Fact::new(name, value)));
    facts
}

fn provenance(stored: &StoredVerdict, verdict: &Verdict, entry: Option<i64>) -> Vec<Fact> {
    vec![
        Fact::code("Verdict", stored.id.to_string()),
        Fact::code("Listing", format!("{} version {}", stored.listing, stored.version)),
        Fact::code("Registry", &verdict.registry_revision),
        Fact::code("Rules", &verdict.rules_version),
        Fact::code("Engine", &verdict.engine_version),
        Fact::new("Pictures", if verdict.closely { "looked at closely" } else { "compared by their hashes" }),
        Fact::new("Audit entry", entry.map(grouped).unwrap_or_default()),
        Fact::code("Digest of the verdict", Digest::of(stored.body.as_bytes()).to_string()),
    ]
}

fn history_row(past: &StoredVerdict, shown: &StoredVerdict) -> HistoryRow {
    HistoryRow {
        href: (past.id != shown.id).then(|| format!("/verdicts/{}", past.id)),
        at: past.at.into(),
        outcome: outcome(past.decision),
        cause: past.cause.clone(),
    }
}
