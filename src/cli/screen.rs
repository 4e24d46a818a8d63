//! `assay screen`: a file of listings in, a file of verdicts out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;

use super::lines::{self, LineOptions};
use super::{Done, Where, in_runtime};
use crate::app::Core;
use crate::kernel::{Clock as _, Digest, Instant, Span};
use crate::listings::intake::{RawImage, RawListing, is_object};
use crate::listings::model::{Listing, ListingImage};
use crate::matching::image::{
    self, CloserIndex, DETAIL_SIDE, DecodeLimits, How, ImageProblem, Look, Placement, Purpose, Signature, undecided,
};
use crate::matching::text::{Field, Pass, UseKind};
use crate::merchants::model::MerchantFacts;
use crate::registry::model::BrandKey;
use crate::registry::{jsonl, packs};
use crate::rules::{Packs, Restriction};
use crate::screening::{CloserLook, Decision, PictureSeen, Snapshot, Verdict, screen, screen_closely};
use crate::system::SystemClock;

/// Screen a file of listings.
#[derive(Debug, clap::Args)]
#[command(after_help = "Formats: one JSON object a line, UTF-8; see README.md.\n\nExamples:\n  \
                  assay screen --registry registry.jsonl --listings listings.jsonl --out verdicts.jsonl\n  \
                  assay screen --listings listings.jsonl --images pictures --out - (against the installed registry)")]
pub struct Screen {
    /// Brands to screen against [default: the installed registry]
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
    /// Names of sellers.
    #[arg(long, value_name = "FILE")]
    sellers: Option<PathBuf>,
    /// The listings; - is standard input.
    #[arg(long, value_name = "FILE")]
    listings: PathBuf,
    /// Directory of the pictures that the listings name.
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Rule packs [default: the installed ones; with --registry, those the program carries]
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Compare pictures by their hashes alone: faster, and blind to turned, slanted and closely cropped copies.
    #[arg(long)]
    hashes_only: bool,
    /// Judge as of this moment (RFC 3339) [default: now]
    #[arg(long, value_name = "INSTANT")]
    on: Option<Instant>,
    #[command(flatten)]
    lines: LineOptions,
    #[command(flatten)]
    place: Where,
}

impl Screen {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Done> {
        let now = self.on.unwrap_or_else(|| SystemClock.now());
        let (snapshot, closer) = self.snapshot()?;
        let names = self.seller_names()?;
        let eye = Eye { directory: self.images.as_deref(), snapshot: &snapshot, closer };
        lines::run("listings", &self.listings, &self.lines, |line| {
            if !is_object(line.as_bytes()) {
                return Err("is no listing: expected a JSON object".to_owned());
            }
            let raw: RawListing = serde_json::from_str(line).map_err(|error| format!("is no listing: {error}"))?;
            let draft = raw.check().map_err(|faults| {
                let texts: Vec<String> =
                    faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect();
                texts.join("; ")
            })?;
            let mut listing = draft.listing;
            let mut look = CloserLook::default();
            listing.images = draft.images.into_iter().map(|given| eye.read(given, &mut look)).collect();
            let merchant = merchant_facts(&snapshot, &listing, &names);
            let verdict = match look.pictures.is_empty() {
                true => screen(&snapshot, &listing, &merchant, now),
                false => screen_closely(&snapshot, &listing, &merchant, now, &look),
            };
            serde_json::to_string(&VerdictLine::new(&listing, &verdict)).map_err(|error| error.to_string())
        })
    }

    fn packs(&self) -> anyhow::Result<Packs> {
        match &self.rules {
            Some(directory) => Ok(Packs::load_dir(directory)?),
            None => Ok(packs::load(packs::shipped())?),
        }
    }

    /// What is judged with, and what pictures are looked at closely with: a registry in JSON Lines
    /// carries no pictures.
    fn snapshot(&self) -> anyhow::Result<(Arc<Snapshot>, Option<CloserIndex>)> {
        let Some(path) = &self.registry else {
            return self.installed();
        };
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let revision = format!("f-{}", Digest::of(&bytes).short());
        let (brands, rejected) = jsonl::read_brands(&bytes[..])?;
        if let Some(first) = rejected.first() {
            anyhow::bail!("{}, line {}: {}", path.display(), first.line, first.reason);
        }
        let brands: Vec<_> = brands.into_iter().map(Arc::new).collect();
        Ok((Arc::new(Snapshot::build(0, revision, &brands, Arc::new(self.packs()?))), None))
    }

    fn installed(&self) -> anyhow::Result<(Arc<Snapshot>, Option<CloserIndex>)> {
        let options = self.place.options();
        let closely = self.images.is_some() && !self.hashes_only;
        let (snapshot, closer) = in_runtime(async move {
            let core = Core::open(&options).await?;
            let snapshot = core.keeper.current();
            let closer = match closely && !snapshot.images.is_empty() {
                true => Some(core.looks.index(snapshot.revision).await?),
                false => None,
            };
            core.db.close().await;
            if snapshot.marks.mark_count() == 0 {
                eprintln!(
                    "the installed registry has no marks: only rules apply; give --registry, or `assay registry import` first"
                );
            }
            Ok((snapshot, closer))
        })?;
        match &self.rules {
            None => Ok((snapshot, closer)),
            Some(_) => {
                let packs = Arc::new(self.packs()?);
                Ok((Arc::new(Snapshot { packs, ..Snapshot::clone(&snapshot) }), closer))
            }
        }
    }

    fn seller_names(&self) -> anyhow::Result<HashMap<String, String>> {
        let Some(path) = &self.sellers else {
            return Ok(HashMap::new());
        };
        let (reader, _) = lines::open(path)?;
        let (sellers, rejected) = jsonl::read_sellers(reader)?;
        if let Some(first) = rejected.first() {
            anyhow::bail!("{}, line {}: {}", path.display(), first.line, first.reason);
        }
        Ok(sellers.into_iter().map(|seller| (seller.id, seller.name)).collect())
    }
}

fn merchant_facts(snapshot: &Snapshot, listing: &Listing, names: &HashMap<String, String>) -> MerchantFacts {
    let mut facts = snapshot.merchant(listing.merchant.as_deref());
    if facts.name.is_none() {
        facts.name = listing.merchant.as_ref().and_then(|id| names.get(id).cloned());
    }
    facts
}

/// Reads pictures, and looks closely at those that hashes do not decide.
struct Eye<'a> {
    directory: Option<&'a Path>,
    snapshot: &'a Snapshot,
    closer: Option<CloserIndex>,
}

impl Eye<'_> {
    /// Reads a picture of a listing. What cannot be read is noted with the reason; the verdict
    /// is made without it.
    fn read(&self, given: RawImage, look: &mut CloserLook) -> ListingImage {
        let unread = |name: String, problem: String| ListingImage {
            name,
            digest: None,
            signature: None,
            problem: Some(problem),
        };
        let (name, bytes) = match given {
            RawImage::Name(name) => {
                let bytes = read_named(&name, self.directory);
                (name, bytes)
            }
            RawImage::Base64 { base64, name } => {
                use base64::Engine as _;
                let bytes = base64::engine::general_purpose::STANDARD.decode(base64.trim());
                (name.unwrap_or_else(|| "image".to_owned()), bytes.map_err(|_| "is not base64".to_owned()))
            }
            RawImage::Url { url } => (url, Err("is an address; batch screening fetches nothing".to_owned())),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(problem) => return unread(name, problem),
        };
        let digest = Digest::of(&bytes);
        match self.see(&bytes) {
            Ok((signature, seen)) => {
                look.pictures.extend(seen.map(|seen| (digest, Arc::new(seen))));
                ListingImage { name, digest: Some(digest), signature: Some(signature), problem: None }
            }
            Err(problem) => unread(name, problem.to_string()),
        }
    }

    fn see(&self, bytes: &[u8]) -> Result<(Signature, Option<PictureSeen>), ImageProblem> {
        let limits = DecodeLimits::default();
        let Some(closer) = &self.closer else {
            return Ok((image::read(bytes, &limits)?, None));
        };
        let detailed = image::decode_detailed(bytes, &limits, DETAIL_SIDE)?;
        let signature = image::sign(detailed.decoded, Purpose::Listing);
        if !undecided(&self.snapshot.images.find(&signature)) {
            return Ok((signature, None));
        }
        let hits = closer.find(&signature, &Look::at(&detailed.detail, &signature));
        Ok((signature, Some(PictureSeen { hits })))
    }
}

fn read_named(name: &str, directory: Option<&Path>) -> Result<Vec<u8>, String> {
    let directory = directory.ok_or("was not read; give the pictures' directory with --images")?;
    let relative = Path::new(name.strip_prefix("sha256:").unwrap_or(name));
    let inside = relative.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if !inside {
        return Err("lies outside the pictures' directory".to_owned());
    }
    let path = directory.join(relative);
    let size = std::fs::metadata(&path).map_err(|_| "is not in the pictures' directory".to_owned())?.len();
    if size > DecodeLimits::default().max_bytes as u64 {
        return Err(format!("has {size} bytes; at most {} are read", DecodeLimits::default().max_bytes));
    }
    std::fs::read(&path).map_err(|error| format!("cannot be read: {error}"))
}

/// A verdict as the batch format writes it.
#[derive(Serialize)]
struct VerdictLine<'a> {
    id: &'a str,
    verdict: Decision,
    hits: Vec<HitLine<'a>>,
    images: Vec<ImageLine<'a>>,
    counterfeit_signal: f32,
    prohibited: Vec<ProhibitedLine<'a>>,
    reasons: Vec<ReasonLine<'a>>,
    registry_revision: &'a str,
    rules_version: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread_images: Vec<UnreadLine<'a>>,
}

#[derive(Serialize)]
struct HitLine<'a> {
    brand_id: &'a BrandKey,
    mark: &'a str,
    #[serde(rename = "type")]
    use_kind: UseKind,
    score: f32,
    pass: Pass,
    field: Field,
    span: Span,
    matched: &'a str,
    because: &'a [String],
}

#[derive(Serialize)]
struct ImageLine<'a> {
    image: &'a str,
    #[serde(rename = "ref")]
    reference: &'a str,
    brand_id: &'a BrandKey,
    distance: u16,
    how: How,
    score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    false_match_rate: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inliers: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    placement: Option<&'a Placement>,
}

#[derive(Serialize)]
struct ProhibitedLine<'a> {
    class: &'a str,
    score: f32,
    rule: &'a str,
    action: Restriction,
}

#[derive(Serialize)]
struct ReasonLine<'a> {
    rule: &'a str,
    pack: &'a str,
    version: &'a str,
    says: &'a str,
    cure: &'a str,
}

#[derive(Serialize)]
struct UnreadLine<'a> {
    image: &'a str,
    problem: &'a str,
}

impl<'a> VerdictLine<'a> {
    fn new(listing: &'a Listing, verdict: &'a Verdict) -> Self {
        let hit = |hit: &'a crate::matching::text::MarkHit| HitLine {
            brand_id: &hit.brand,
            mark: &hit.mark_text,
            use_kind: hit.use_kind,
            score: hit.score,
            pass: hit.pass,
            field: hit.field,
            span: hit.span,
            matched: &hit.matched,
            because: &hit.because,
        };
        let image = |found: &'a crate::screening::ImageFinding| ImageLine {
            image: &found.image,
            reference: found.hit.reference.as_str(),
            brand_id: &found.hit.brand,
            distance: found.hit.distance,
            how: found.hit.how,
            score: found.hit.score,
            false_match_rate: found.hit.false_match_rate,
            inliers: found.hit.inliers,
            placement: found.hit.placement.as_ref(),
        };
        let unread = listing.images.iter();
        let unread =
            unread.filter_map(|image| Some(UnreadLine { image: &image.name, problem: image.problem.as_deref()? }));
        Self {
            id: &listing.external_id,
            verdict: verdict.decision,
            hits: verdict.hits.iter().map(hit).collect(),
            images: verdict.images.iter().map(image).collect(),
            counterfeit_signal: verdict.counterfeit_signal,
            prohibited: verdict
                .prohibited
                .iter()
                .map(|found| ProhibitedLine {
                    class: &found.class,
                    score: found.score,
                    rule: &found.rule,
                    action: found.action,
                })
                .collect(),
            reasons: verdict
                .reasons
                .iter()
                .map(|reason| ReasonLine {
                    rule: &reason.rule,
                    pack: &reason.pack,
                    version: &reason.version,
                    says: &reason.says,
                    cure: &reason.cure,
                })
                .collect(),
            registry_revision: &verdict.registry_revision,
            rules_version: &verdict.rules_version,
            unread_images: unread.collect(),
        }
    }
}
