//! The main job's workflow: a checked listing in, a durable verdict out.

use std::sync::Arc;

use super::recorder::{KeyUse, RecordError, Recorded, Recorder, Submission, Taken};
use super::screen;
use crate::kernel::Clock;
use crate::listings::model::Listing;
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

/// What comes with a listing.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Who submits: an API key id, `command line`.
    pub actor: String,
    /// Why: `submitted`, `hunt hnt_…`.
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
    /// hashed before, outside.
    pub async fn submit(&self, listing: Listing, origin: Origin) -> Result<Recorded, RecordError> {
        let snapshot = self.keeper.current();
        let facts = snapshot.merchant(listing.merchant.as_deref());
        let verdict = screen(&snapshot, &listing, &facts, self.clock.now());
        metrics::counter!("assay_verdicts_total", "verdict" => verdict.decision.as_str()).increment(1);
        let seen = (origin.cause == SUBMITTED).then(|| Seen::of(&listing, &verdict));
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
            })
            .await?;
        // Repeats and retro-hunts look at the same pictures again and would count them twice.
        if let Some(seen) = seen.filter(|_| matches!(recorded.taken, Taken::Created | Taken::Updated)) {
            self.flood.saw(&seen);
        }
        Ok(recorded)
    }
}
