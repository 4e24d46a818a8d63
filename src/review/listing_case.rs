//! The case that a verdict asks for. Pure: listing and verdict in, case out.

use super::model::{CaseFacts, CaseKind, NewCase};
use super::priority::Weights;
use crate::kernel::Digest;
use crate::kernel::id::{ListingId, VerdictId};
use crate::listings::model::Listing;
use crate::rules::{Effect, Evidence, Reason};
use crate::screening::verdict::Verdict;

/// Who opens the cases that verdicts ask for.
pub const RULES: &str = "rules";
/// Reasons, marks and the like that a case keeps; the verdict holds all.
const KEPT: usize = 8;

/// One judged version of a listing.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The listing's id.
    pub id: ListingId,
    /// The number of the version.
    pub version: i64,
    /// Its content.
    pub listing: &'a Listing,
    /// The verdict's id.
    pub verdict_id: VerdictId,
    /// The verdict.
    pub verdict: &'a Verdict,
}

/// The case for a verdict that says review.
pub fn of_verdict(weights: &Weights, judged: &Judged<'_>) -> NewCase {
    let reasons: Vec<&Reason> =
        judged.verdict.reasons.iter().filter(|reason| reason.effect != Effect::ClearNote).collect();
    NewCase {
        kind: kind_of(&reasons),
        subject: judged.id.to_string(),
        title: judged.listing.title.clone(),
        facts: facts(weights, judged, &reasons),
        listing: Some(judged.id),
        merchant: judged.listing.merchant.clone(),
        due: None,
        opened_by: RULES.to_owned(),
        not_for: None,
    }
}

/// A case is about pictures when nothing but pictures was found.
fn kind_of(reasons: &[&Reason]) -> CaseKind {
    let mut evidence = reasons.iter().flat_map(|reason| &reason.evidence).peekable();
    let found = evidence.peek().is_some();
    let only_pictures = evidence.all(|evidence| matches!(evidence, Evidence::Image { .. }));
    if found && only_pictures { CaseKind::ImageLookAlike } else { CaseKind::ListingReview }
}

fn facts(weights: &Weights, judged: &Judged<'_>, reasons: &[&Reason]) -> CaseFacts {
    let figure = |name: &str| judged.listing.attributes.get(name).and_then(|value| value.trim().parse().ok());
    let evidence = || reasons.iter().flat_map(|reason| &reason.evidence);
    let brands = evidence().filter_map(|evidence| match evidence {
        Evidence::Mark { brand, .. } | Evidence::Image { brand, .. } => Some(brand.to_string()),
        _ => None,
    });
    let marks = evidence().filter_map(|evidence| match evidence {
        Evidence::Mark { mark_text, .. } => Some(mark_text.clone()),
        _ => None,
    });
    let images = evidence().filter_map(|evidence| match evidence {
        Evidence::Image { image, .. } => digest_of(judged.listing, image),
        _ => None,
    });
    CaseFacts {
        severity: reasons.iter().map(|reason| reason.severity).max().unwrap_or(1),
        confidence: confidence(judged.verdict, reasons),
        sold_30_days: figure(&weights.reach.sold_30_days),
        units: figure(&weights.reach.units),
        lane: judged.verdict.queue.clone(),
        reasons: reasons.iter().take(KEPT).map(|reason| reason.says.clone()).collect(),
        rules: kept(reasons.iter().map(|reason| format!("{}/{}", reason.pack, reason.rule))),
        brands: kept(brands),
        marks: kept(marks),
        images: kept(images),
        external_id: Some(judged.listing.external_id.clone()),
        verdict: Some(judged.verdict_id),
        version: Some(judged.version),
    }
}

/// The first few different ones, in the order found.
fn kept<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for one in all {
        if kept.len() < KEPT && !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

fn digest_of(listing: &Listing, image: &str) -> Option<Digest> {
    listing.images.iter().find(|known| known.name == image)?.digest
}

/// The strongest of what the reasons rest on, to three decimals.
fn confidence(verdict: &Verdict, reasons: &[&Reason]) -> f64 {
    let ruled = |pack: &str, rule: &str| reasons.iter().any(|reason| reason.pack == pack && reason.rule == rule);
    let marks = reasons.iter().flat_map(|reason| &reason.evidence).filter_map(|evidence| match evidence {
        Evidence::Mark { score, .. } => Some(*score),
        Evidence::Image { reference, .. } => {
            verdict.images.iter().find(|found| found.hit.reference == *reference).map(|found| found.hit.score)
        }
        _ => None,
    });
    let classes = verdict.prohibited.iter().filter(|found| ruled(&found.pack, &found.rule)).map(|found| found.score);
    let strongest = marks.chain(classes).fold(0.0_f32, f32::max);
    (f64::from(strongest) * 1_000.0).round() / 1_000.0
}
