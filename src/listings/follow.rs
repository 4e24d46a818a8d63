//! Keeps the listing index at the database's heels.
//!
//! Each listing row carries the position of its last event. The follower reads rows
//! after the position that the index itself remembers, writes their documents and
//! commits them together with the new position. After a crash the index comes back at
//! its last commit and the follower goes on from there; nothing in the database says
//! what is indexed, so nothing can disagree.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::aside::{Aside, Interrupted};
use super::index::{IndexChange, IndexDocument, IndexError, ListingIndex};
use crate::kernel::money::hundredths;
use crate::matching::image::{Signature, policy};
use crate::screening::Verdict;
use crate::screening::store::{self, Judged};
use crate::store::{Db, StoreError};

/// Changes read at a time. A listing with many pictures takes about 100 kB.
const PAGE: i64 = 1_000;
/// Pages in one commit, at most, while nothing is recorded. A commit costs about a tenth of a
/// second whatever its size, and what many small ones write is merged again and again. While
/// verdicts are recorded it is one page: a large commit keeps the disk from theirs.
const PAGES_IN_A_COMMIT: usize = 8;
/// The least time between two commits.
const BREATH: Duration = Duration::from_millis(400);
/// The same while more is waiting than one commit took.
const SHORT_BREATH: Duration = Duration::from_millis(50);
/// How long the index waits at most while submissions queue for their commit. Indexing a
/// listing costs more processor time than judging it: at a peak the answers go first.
const PATIENCE: Duration = Duration::from_secs(10);
/// Verdicts that share a commit, on average, from which submissions count as queueing.
const QUEUEING: u64 = 8;
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
    Interrupted(#[from] Interrupted),
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

/// Tells the follower what is recorded, and how much of it at a time.
#[derive(Debug, Default)]
pub struct Announcements {
    changed: Notify,
    commits: AtomicU64,
    verdicts: AtomicU64,
}

impl Announcements {
    /// A commit of so many verdicts is durable.
    pub fn committed(&self, verdicts: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.verdicts.fetch_add(verdicts as u64, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// What was recorded since the last question.
    fn since(&self) -> Traffic {
        let (commits, verdicts) = (self.commits.swap(0, Ordering::Relaxed), self.verdicts.swap(0, Ordering::Relaxed));
        match verdicts.checked_div(commits) {
            None => Traffic::None,
            Some(shared) if shared >= QUEUEING => Traffic::Queueing,
            Some(_) => Traffic::Flowing,
        }
    }
}

/// How submissions come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Traffic {
    /// Not at all.
    None,
    /// Each is committed about when it comes.
    Flowing,
    /// Many wait for one commit.
    Queueing,
}

/// How a step went.
struct Step {
    /// Documents written.
    written: u64,
    /// Whether changes are left that there was no room for.
    more: bool,
}

/// Writes the next changes, at most so many pages, and commits them.
///
/// The index is handed over to the writing thread and back; it is lost, and with it this
/// process's following, only if that work panics.
async fn step(
    db: &Db,
    aside: &Aside,
    mut index: ListingIndex,
    pages: usize,
) -> Result<(ListingIndex, Result<Step, FollowError>), FollowError> {
    let mut through = index.indexed_through();
    let mut done = Step { written: 0, more: true };
    for _ in 0..pages {
        let rows = match store::changed_after(db, through, PAGE).await {
            Ok(rows) => rows,
            // What was taken in is committed; the rest is read again.
            Err(error) if done.written == 0 => return Ok((index, Err(error.into()))),
            Err(_) => break,
        };
        done.more = rows.len() as i64 == PAGE;
        let Some(last) = rows.last() else { break };
        (through, done.written) = (last.row.position, done.written + rows.len() as u64);
        let (back, applied) = work_on(index, aside, move |index| apply(index, &rows)).await?;
        index = back;
        if let Err(error) = applied {
            return Ok((index, Err(error.into())));
        }
        if !done.more {
            break;
        }
    }
    if done.written == 0 {
        return Ok((index, Ok(done)));
    }
    let (index, committed) = work_on(index, aside, move |index| index.commit(through)).await?;
    Ok((index, committed.map(|()| done).map_err(FollowError::from)))
}

async fn work_on(
    mut index: ListingIndex,
    aside: &Aside,
    work: impl FnOnce(&mut ListingIndex) -> Result<(), IndexError> + Send + 'static,
) -> Result<(ListingIndex, Result<(), IndexError>), FollowError> {
    let worked = aside.run(move || {
        let done = work(&mut index);
        (index, done)
    });
    Ok(worked.await?)
}

fn apply(index: &mut ListingIndex, rows: &[Judged]) -> Result<(), IndexError> {
    let changes: Vec<IndexChange> =
        rows.iter().map(|row| IndexChange { document: document(row), position: row.row.position }).collect();
    index.apply(&changes)
}

/// Brings the index up to the present; answers it and the number of documents written.
pub async fn catch_up(
    db: &Db,
    aside: &Aside,
    mut index: ListingIndex,
    mut told: impl FnMut(u64),
) -> Result<(ListingIndex, u64), FollowError> {
    let mut written = 0;
    loop {
        let (back, outcome) = step(db, aside, index, PAGES_IN_A_COMMIT).await?;
        index = back;
        let done = outcome?;
        written += done.written;
        if done.written == 0 {
            return Ok((index, written));
        }
        told(written);
    }
}

/// Follows until `stop`; wakes on announcements and on a timer. Answers the index, or
/// nothing when it was lost.
pub async fn run(
    db: Db,
    aside: Aside,
    mut index: ListingIndex,
    progress: Progress,
    announced: Arc<Announcements>,
    stop: CancellationToken,
) -> Option<ListingIndex> {
    let mut traffic = Traffic::None;
    loop {
        let pages = if traffic == Traffic::None { PAGES_IN_A_COMMIT } else { 1 };
        let (back, outcome) = match step(&db, &aside, index, pages).await {
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
        let (wrote, more) = outcome.map_or((false, false), |done| (done.written > 0, done.more));
        tokio::select! {
            () = stop.cancelled() => return Some(index),
            seen = rest(&announced, wrote, more) => traffic = seen,
        }
    }
}

/// Waits until the next step is due; answers how submissions came in meanwhile. A backlog
/// that was begun is worked off first; then the index stands back while submissions queue,
/// as long as its patience lasts.
async fn rest(announced: &Announcements, wrote: bool, more: bool) -> Traffic {
    if more {
        tokio::time::sleep(SHORT_BREATH).await;
        return announced.since();
    }
    tokio::time::sleep(BREATH).await;
    if !wrote {
        let _ = tokio::time::timeout(POLL, announced.changed.notified()).await;
    }
    let began = tokio::time::Instant::now();
    announced.since();
    loop {
        tokio::time::sleep(SHORT_BREATH).await;
        let traffic = announced.since();
        if traffic != Traffic::Queueing || began.elapsed() >= PATIENCE {
            return traffic;
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
