//! Works through closer looks: takes a listing that hashes did not decide, looks at its pictures
//! and records the verdict where it says something new.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::looks::{self, LookError, Looks};
use super::recorder::RecordError;
use super::service::{LOOKED, Origin, ScreeningService};
use super::{Decision, store};
use crate::kernel::id::{JobId, ListingId};
use crate::kernel::{Clock, Instant};
use crate::registry::keeper::{SnapshotError, SnapshotKeeper};
use crate::store::jobs::{self, Job, Lane, NewJob};
use crate::store::{Db, StoreError};

/// The kind of a closer look's job.
pub const JOB_KIND: &str = "images.look";
/// Attempts before a closer look is dead.
const ATTEMPTS: i64 = 5;
/// Jobs taken at once; fifty pictures each are done within a lease.
const AT_ONCE: i64 = 8;
/// How often an idle worker looks for jobs.
const POLL: Duration = Duration::from_millis(500);
/// Pause before a verdict that found the recorder's queue full is tried again.
const WHEN_BUSY: Duration = Duration::from_millis(500);

/// How many workers a process has.
pub fn workers() -> usize {
    looks::eyes()
}

/// What a job looks at.
#[derive(serde::Serialize, serde::Deserialize)]
struct Body {
    listing: ListingId,
    version: i64,
}

/// A closer look at a version of a listing.
pub(super) fn job(id: JobId, listing: ListingId, version: i64, now: Instant) -> NewJob {
    let body = serde_json::to_string(&Body { listing, version }).expect("an id and a number serialise");
    NewJob { id, kind: JOB_KIND, body, max_attempts: ATTEMPTS, run_at: now }
}

/// Why an attempt at a closer look failed.
#[derive(Debug, thiserror::Error)]
pub enum LookJobError {
    /// The job's body names no listing.
    #[error("the job names no listing")]
    NoListing,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The pictures could not be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// The registry could not be followed.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The verdict could not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The process is ending.
    #[error("the process is ending")]
    Stopping,
}

/// Works on closer looks.
#[derive(Clone)]
pub struct LookWorker {
    /// The database.
    pub db: Db,
    /// The snapshot to judge with.
    pub keeper: Arc<SnapshotKeeper>,
    /// Looks.
    pub looks: Looks,
    /// Judges and records.
    pub screening: ScreeningService,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ends the work between two listings.
    pub stop: CancellationToken,
}

impl LookWorker {
    /// Works until the end.
    pub async fn run(self, owner: &str) {
        while !self.stop.is_cancelled() {
            match jobs::claim_some(&self.db, Lane::Looks, owner, self.clock.now(), AT_ONCE).await {
                Ok(claimed) if claimed.is_empty() => self.pause(POLL).await,
                Ok(claimed) => {
                    for job in claimed {
                        self.settle(&job).await;
                    }
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "cannot claim closer looks");
                    self.pause(POLL).await;
                }
            }
        }
    }

    async fn pause(&self, time: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    /// Does a job and records how it ended.
    async fn settle(&self, job: &Job) {
        let begun = self.clock.now();
        let done = if self.stop.is_cancelled() { Err(LookJobError::Stopping) } else { self.work(job).await };
        metrics::histogram!("assay_look_seconds").record(self.clock.now().seconds_since(begun));
        if let Err(error) = self.note(job, done).await {
            // The lease runs out and the job is claimed again.
            tracing::error!(error = &error as &dyn std::error::Error, "cannot record how a closer look ended");
        }
    }

    async fn note(&self, job: &Job, done: Result<(), LookJobError>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        match done {
            Ok(()) => jobs::forget(&mut tx, job).await?,
            Err(LookJobError::Stopping) => jobs::release(&mut tx, job, now).await?,
            Err(error) => {
                tracing::warn!(job.id = %job.id, job.attempt, error = &error as &dyn std::error::Error, "a closer look failed");
                jobs::fail(&mut tx, job, &error.to_string(), now).await?
            }
        };
        tx.commit().await
    }

    async fn work(&self, job: &Job) -> Result<(), LookJobError> {
        let body: Body = serde_json::from_str(&job.body).map_err(|_| LookJobError::NoListing)?;
        let Some(judged) = store::judged(&self.db, &[body.listing]).await?.pop() else {
            return Ok(());
        };
        // A newer version has a look of its own, and what is stopped needs none.
        if judged.row.version != body.version || judged.row.decision == Decision::Block {
            return Ok(());
        }
        // Another replica may have judged it with a registry that this one has not read yet.
        if self.keeper.current().revision < judged.row.revision {
            self.keeper.refresh().await?;
        }
        let snapshot = self.keeper.current();
        let look = self.looks.at(&snapshot, &judged.listing).await?;
        loop {
            let origin = Origin {
                actor: "system".to_owned(),
                cause: LOOKED.to_owned(),
                key: None,
                expected_version: Some(body.version),
                only_changes: true,
            };
            match self.screening.submit_closely(&snapshot, judged.listing.clone(), &look, origin).await {
                Ok(_) | Err(RecordError::Stale { .. }) => return Ok(()),
                Err(RecordError::Overloaded) if !self.stop.is_cancelled() => self.pause(WHEN_BUSY).await,
                Err(RecordError::Overloaded | RecordError::Stopped) => return Err(LookJobError::Stopping),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
