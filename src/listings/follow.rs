//! Keeps the listing index at the database's heels.
//!
//! Each listing row carries the position of its last event. The follower reads rows
//! after the position that the index itself remembers, writes their documents and
//! commits them together with the new position. After a crash the index comes back at
//! its last commit and the follower goes on from there; nothing in the database says
//! what is indexed, so nothing can disagree.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::index::{IndexChange, IndexDocument, IndexError, ListingIndex};
use crate::kernel::money::hundredths;
use crate::matching::image::{Signature, policy};
use crate::screening::Verdict;
use crate::screening::store::{self, Judged};
use crate::store::{Db, StoreError};

/// Changes in one commit. A commit costs about a tenth of a second whatever its size; a
/// listing with many pictures takes about 100 kB while it waits for one.
const BATCH: i64 = 1_000;
/// The least time between two commits.
const BREATH: Duration = Duration::from_millis(400);
/// The same while more is waiting than one commit took.
const SHORT_BREATH: Duration = Duration::from_millis(50);
/// How long to wait when nothing was announced; another replica may have written.
const POLL: Duration = Duration::from_secs(1);

/// Why the index stands still.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The database cannot be read.
    #[error("cannot read changed listings")]
    Store(#[from] StoreError),
    /// The index cannot be written.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The writing thread ended early.
    #[error("writing the index was interrupted")]
    Interrupted,
}

/// How far the index is, for readiness and answers.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicI64>);

/// What [`Progress`] holds when the index was lost.
const LOST: i64 = -1;

impl Progress {
    /// Notes that nothing follows any more.
    fn mark_lost(&self) {
        self.0.store(LOST, Ordering::Release);
    }

    /// Whether the index was lost; a restart brings it back.
    pub fn is_lost(&self) -> bool {
        self.0.load(Ordering::Acquire) == LOST
    }

    /// Notes the position that the index holds.
    pub fn set(&self, position: i64) {
        self.0.store(position, Ordering::Release);
    }

    /// The position that the index holds.
    pub fn position(&self) -> i64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Writes the next batch of changes; answers how many there were.
///
/// The index is handed over to the writing thread and back; it is lost, and with it this
/// process's following, only if that thread panics.
async fn step(db: &Db, mut index: ListingIndex) -> Result<(ListingIndex, Result<u64, FollowError>), FollowError> {
    let rows = match store::changed_after(db, index.indexed_through(), BATCH).await {
        Ok(rows) if rows.is_empty() => return Ok((index, Ok(0))),
        Ok(rows) => rows,
        Err(error) => return Ok((index, Err(error.into()))),
    };
    let count = rows.len() as u64;
    let written = tokio::task::spawn_blocking(move || {
        let done = write(&mut index, &rows);
        (index, done)
    });
    let (index, done) = written.await.map_err(|_| FollowError::Interrupted)?;
    Ok((index, done.map(|()| count).map_err(FollowError::from)))
}

/// Brings the index up to the present; answers it and the number of documents written.
pub async fn catch_up(
    db: &Db,
    mut index: ListingIndex,
    mut told: impl FnMut(u64),
) -> Result<(ListingIndex, u64), FollowError> {
    let mut written = 0;
    loop {
        let (back, outcome) = step(db, index).await?;
        index = back;
        match outcome? {
            0 => return Ok((index, written)),
            count => written += count,
        }
        told(written);
    }
}

fn write(index: &mut ListingIndex, rows: &[Judged]) -> Result<(), IndexError> {
    let changes: Vec<IndexChange> =
        rows.iter().map(|row| IndexChange { document: document(row), position: row.row.position }).collect();
    index.apply(&changes)?;
    let last = rows.last().map_or(0, |row| row.row.position);
    index.commit(last)
}

/// Follows until `stop`, a batch at a time; wakes on `changed` and on a timer. Answers the
/// index, or nothing when it was lost.
pub async fn run(
    db: Db,
    mut index: ListingIndex,
    progress: Progress,
    changed: Arc<Notify>,
    stop: CancellationToken,
) -> Option<ListingIndex> {
    loop {
        let (back, outcome) = match step(&db, index).await {
            Ok(stepped) => stepped,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the listing index is lost until a restart");
                progress.mark_lost();
                return None;
            }
        };
        index = back;
        progress.set(index.indexed_through());
        metrics::gauge!("assay_indexed_through").set(index.indexed_through() as f64);
        if let Err(error) = &outcome {
            tracing::error!(error = error as &dyn std::error::Error, "the listing index cannot follow");
        }
        let more_waits = outcome.as_ref().is_ok_and(|count| *count == BATCH as u64);
        tokio::select! {
            () = stop.cancelled() => return Some(index),
            () = tokio::time::sleep(if more_waits { SHORT_BREATH } else { BREATH }) => {}
        }
        if outcome.is_ok_and(|count| count > 0) {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return Some(index),
            () = changed.notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// The index's view of a judged listing.
pub fn document(judged: &Judged) -> IndexDocument {
    let (row, listing) = (&judged.row, &judged.listing);
    let verdict: Option<Verdict> = serde_json::from_str(&judged.verdict).ok();
    let (mut brands, mut classes) = (Vec::new(), Vec::new());
    if let Some(verdict) = &verdict {
        brands.extend(verdict.hits.iter().map(|hit| hit.brand.to_string()));
        brands.extend(verdict.images.iter().map(|found| found.hit.brand.to_string()));
        classes.extend(verdict.reasons.iter().map(|reason| reason.class.clone()));
        classes.extend(verdict.prohibited.iter().map(|found| found.class.clone()));
    }
    brands.sort();
    brands.dedup();
    classes.sort();
    classes.dedup();
    let signatures = listing.images.iter().filter_map(|image| image.signature.as_ref());
    IndexDocument {
        id: row.id,
        external_id: row.external_id.clone(),
        title: listing.title.clone(),
        description: listing.description.clone(),
        brand: listing.brand.clone(),
        merchant: listing.merchant.clone(),
        category: listing.category.clone(),
        verdict: row.decision.as_str().to_owned(),
        price_minor: listing.price.and_then(|price| hundredths(price.amount)),
        currency: listing.price.map(|price| price.currency.to_string()),
        updated: row.updated_at,
        brands,
        classes,
        image_hashes: signatures.flat_map(hashes).collect(),
    }
}

/// Every hash of a picture that a reference may be near to; blank parts are near to
/// nothing in particular and would make every listing a candidate.
fn hashes(signature: &Signature) -> Vec<[u8; 32]> {
    let regions = signature.regions.iter().map(|region| (region.quality, region.hash));
    let all = std::iter::once((signature.quality, signature.hash)).chain(regions);
    all.filter(|(quality, _)| *quality >= policy::MIN_QUALITY).map(|(_, hash)| hash.to_bytes()).collect()
}
