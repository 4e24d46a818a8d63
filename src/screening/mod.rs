//! Screening: one listing in, one explained verdict out.
//!
//! [`screen`] is the product's main decision and it is pure: it reads no clock, no
//! database and no random source. The same snapshot, listing, merchant facts and
//! `now` give the same verdict byte for byte, which is what lets [`replay`] prove a
//! stored verdict. Matchers produce evidence; rule packs decide.
//!
//! ```text
//! listing ─▶ text matcher ─┐
//!         ─▶ image matcher ├─▶ Facts ─▶ rule packs ─▶ Verdict
//! merchant facts ──────────┤
//! closer look ─────────────┘ of a job, after the first verdict: [`screen_closely`]
//! ```

pub mod closer_look;
pub mod look_worker;
pub mod looks;
pub mod pages;
pub mod recorder;
pub mod replay;
pub mod service;
pub mod snapshot;
pub mod store;
pub mod verdict;
pub mod view;

use crate::kernel::Instant;
use crate::listings::model::Listing;
use crate::matching::image::ImageHit;
use crate::matching::text::{PreparedText, TextFindings, TextQuery};
use crate::merchants::model::MerchantFacts;
use crate::rules::{Facts, ListingImageHits};

pub use closer_look::{CloserLook, PictureSeen};
pub use snapshot::Snapshot;
pub use verdict::{Decision, ImageFinding, Verdict};

/// Names the matching and rule code that judged; it changes whenever their results may.
pub const ENGINE_VERSION: &str = concat!("assay-", env!("CARGO_PKG_VERSION"));

/// Most image findings that one verdict keeps; a listing of 60 copies says no more.
const MAX_IMAGE_FINDINGS: usize = 60;

/// What the matchers found in one listing: the evidence that rules look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// In its text.
    pub text: TextFindings,
    /// In its pictures.
    pub images: Vec<ListingImageHits>,
}

/// Runs the matchers over one listing.
pub fn examine(snapshot: &Snapshot, listing: &Listing, now: Instant) -> Findings {
    let query = text_query(listing, now);
    let text = snapshot.marks.find_in(&prepared(listing, &query), &query);
    Findings { text, images: find_images(snapshot, listing, None) }
}

/// The listing's text, folded and cut.
fn prepared<'a>(listing: &'a Listing, query: &TextQuery<'a>) -> PreparedText<'a> {
    let attributes = listing.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    PreparedText::of(query).with_attributes(attributes)
}

fn text_query(listing: &Listing, now: Instant) -> TextQuery<'_> {
    TextQuery {
        title: &listing.title,
        description: &listing.description,
        category: listing.category.as_deref(),
        brand: listing.brand.as_deref(),
        seller: listing.merchant.as_deref(),
        lang: listing.lang.as_deref(),
        ships_to: &listing.ships_to,
        on: now.date(),
    }
}

/// Screens one listing against one snapshot: the answer to its submission, from words and hashes.
pub fn screen(snapshot: &Snapshot, listing: &Listing, merchant: &MerchantFacts, now: Instant) -> Verdict {
    judge(snapshot, listing, merchant, now, None)
}

/// Screens one listing with what a closer look at its pictures saw. `look` belongs to the
/// references of the snapshot's revision.
pub fn screen_closely(
    snapshot: &Snapshot,
    listing: &Listing,
    merchant: &MerchantFacts,
    now: Instant,
    look: &CloserLook,
) -> Verdict {
    judge(snapshot, listing, merchant, now, Some(look))
}

fn judge(
    snapshot: &Snapshot,
    listing: &Listing,
    merchant: &MerchantFacts,
    now: Instant,
    look: Option<&CloserLook>,
) -> Verdict {
    let query = text_query(listing, now);
    let prepared = prepared(listing, &query);
    let text = snapshot.marks.find_in(&prepared, &query);
    let images = find_images(snapshot, listing, look);
    let facts = Facts {
        listing,
        merchant,
        text: &text,
        images: &images,
        prepared: Some(&prepared),
        brand_names: Some(&snapshot.brand_names),
        now,
    };
    let outcome = snapshot.packs.evaluate(&facts);

    let decision = Decision::of(&outcome.reasons);
    Verdict {
        decision,
        queue: decision.queue(&outcome.reasons),
        hits: text.hits,
        claims: text.claims,
        images: image_findings(images),
        closely: look.is_some(),
        counterfeit_signal: text.counterfeit_signal,
        prohibited: outcome.prohibited,
        reasons: outcome.reasons,
        shadow: outcome.shadow,
        registry_revision: snapshot.registry_revision.clone(),
        rules_version: snapshot.packs.revision().to_owned(),
        engine_version: ENGINE_VERSION.to_owned(),
        judged_at: now,
    }
}

fn find_images(snapshot: &Snapshot, listing: &Listing, look: Option<&CloserLook>) -> Vec<ListingImageHits> {
    let mut found = Vec::new();
    for image in &listing.images {
        let Some(signature) = &image.signature else { continue };
        let mut hits = snapshot.images.find(signature);
        if let Some(seen) = look.and_then(|look| look.of(image)) {
            closer_look::bring_together(&mut hits, &seen.hits);
        }
        if !hits.is_empty() {
            found.push(ListingImageHits { image: image.name.clone(), hits });
        }
    }
    found
}

fn image_findings(found: Vec<ListingImageHits>) -> Vec<ImageFinding> {
    let pair = |image: String, hit: ImageHit| ImageFinding { image, hit };
    let all = found.into_iter().flat_map(|of| {
        let image = of.image;
        of.hits.into_iter().map(move |hit| pair(image.clone(), hit))
    });
    all.take(MAX_IMAGE_FINDINGS).collect()
}
