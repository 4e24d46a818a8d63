//! The main job's workflow: a checked listing in, a durable verdict out.

use std::sync::Arc;

use super::closer_look::{CloserLook, worth_a_look};
use super::recorder::{KeyUse, RecordError, Recorded, Recorder, Submission, Taken};
use super::{Decision, Snapshot, Verdict, screen, screen_closely};
use crate::kernel::Clock;
use crate::listings::model::{Listing, ListingImage};
use crate::matching::image::{Signature, undecided};
use crate::merchants::model::MerchantFacts;
use crate::registry::flood::{FloodWatch, Seen};
use crate::registry::keeper::SnapshotKeeper;

/// Screens listings against the current snapshot and records the verdicts.
#[derive(Clone)]
pub struct ScreeningService {
    keeper: Arc<SnapshotKeeper>,
    recorder: Recorder,
    flood: FloodWatch,
    clock: Arc<dyn Clock>,
}

/// The cause of a plain submission.
const SUBMITTED: &str = "submitted";
/// The cause of a verdict from a closer look at a submission's pictures.
pub(super) const LOOKED: &str = "closer look";

/// What comes with a listing.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Who submits: an API key id, `command line`.
    pub actor: String,
    /// Why: `submitted`, `closer look`, `hunt hnt_…`.
    pub cause: String,
    /// Protection against doing it twice.
    pub key: Option<KeyUse>,
    /// The version that the submitter believes is present (0 = none).
    pub expected_version: Option<i64>,
    /// Record only when the verdict says something new.
    pub only_changes: bool,
}

impl Origin {
    /// A plain submission by `actor`.
    pub fn submitted(actor: impl Into<String>) -> Self {
        Self {
            actor: actor.into(),
            cause: SUBMITTED.to_owned(),
            key: None,
            expected_version: None,
            only_changes: false,
        }
    }
}

impl ScreeningService {
    /// A service over this snapshot keeper and this recorder; `flood` sees every verdict.
    pub fn new(keeper: Arc<SnapshotKeeper>, recorder: Recorder, flood: FloodWatch, clock: Arc<dyn Clock>) -> Self {
        Self { keeper, recorder, flood, clock }
    }

    /// Judges and records; returns when the verdict is durable. Images are decoded and
    /// hashed before, outside. What hashes do not decide is looked at closely by a job.
    pub async fn submit(&self, listing: Listing, origin: Origin) -> Result<Recorded, RecordError> {
        let snapshot = self.keeper.current();
        let facts = snapshot.merchant(listing.merchant.as_deref());
        let verdict = screen(&snapshot, &listing, &facts, self.clock.now());
        let look = wants_look(&snapshot, &listing, &verdict);
        self.record(&snapshot, listing, facts, verdict, origin, look).await
    }

    /// As [`Self::submit`] with what a closer look saw, which has to belong to the references
    /// of `snapshot`.
    pub async fn submit_closely(
        &self,
        snapshot: &Snapshot,
        listing: Listing,
        look: &CloserLook,
        origin: Origin,
    ) -> Result<Recorded, RecordError> {
        let facts = snapshot.merchant(listing.merchant.as_deref());
        let verdict = screen_closely(snapshot, &listing, &facts, self.clock.now(), look);
        self.record(snapshot, listing, facts, verdict, origin, false).await
    }

    async fn record(
        &self,
        snapshot: &Snapshot,
        listing: Listing,
        facts: MerchantFacts,
        verdict: Verdict,
        origin: Origin,
        look: bool,
    ) -> Result<Recorded, RecordError> {
        metrics::counter!("assay_verdicts_total", "verdict" => verdict.decision.as_str()).increment(1);
        let counted = origin.cause == SUBMITTED || origin.cause == LOOKED;
        let seen = counted.then(|| Seen::of(&listing, &verdict));
        let recorded = self
            .recorder
            .record(Submission {
                listing,
                facts,
                verdict,
                revision: snapshot.revision,
                cause: origin.cause,
                actor: origin.actor,
                key: origin.key,
                expected_version: origin.expected_version,
                only_changes: origin.only_changes,
                look,
            })
            .await?;
        // Repeats and retro-hunts look at the same pictures again and would count them twice.
        let is_new = matches!(recorded.taken, Taken::Created | Taken::Updated);
        if let Some(seen) = seen.filter(|seen| is_new || seen.closely()) {
            self.flood.saw(&seen);
        }
        Ok(recorded)
    }
}

/// Whether a closer look could change a verdict: there is a picture that hashes do not decide,
/// there are references to find, and the listing is not stopped already.
fn wants_look(snapshot: &Snapshot, listing: &Listing, verdict: &Verdict) -> bool {
    let possible = !listing.images.is_empty() && verdict.decision < Decision::Block && !snapshot.images.is_empty();
    let open = |image: &ListingImage, _: &Signature| {
        let of_it = verdict.images.iter().filter(|found| found.image == image.name);
        undecided(of_it.map(|found| &found.hit))
    };
    possible && worth_a_look(listing, open).next().is_some()
}
