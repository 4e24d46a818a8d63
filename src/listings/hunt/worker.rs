//! Working through a hunt, page by page.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::store as hunts;
use super::{Hunt, HuntSample, HuntTarget, SAMPLES};
use crate::kernel::Clock;
use crate::kernel::id::{HuntId, ListingId};
use crate::listings::follow::Progress;
use crate::listings::index::{HuntQuery, IndexError, ListingSearch};
use crate::matching::image::{Hash256, Signature, orientations, policy};
use crate::registry;
use crate::registry::keeper::SnapshotKeeper;
use crate::registry::model::Brand;
use crate::rules::{Packs, Trigger};
use crate::screening::looks::{LookError, Looks};
use crate::screening::recorder::{RecordError, Recorded, Taken};
use crate::screening::service::{Origin, ScreeningService};
use crate::screening::store::{self, Judged};
use crate::screening::{CloserLook, Snapshot, Verdict, screen, screen_closely};
use crate::store::jobs::{self, Job};
use crate::store::{Db, StoreError};

/// Candidates judged between two saves of the progress.
const PAGE: usize = 200;
/// The same where pictures are looked at closely: fifty pictures each stay within a lease.
const CLOSE_PAGE: usize = 10;
/// A rule with more terms, or a brand with more marks or hashes, looks at every listing.
const MAX_TERMS: usize = 2_000;
/// How long a hunt waits for the index to know every listing there was at its start; less
/// than a lease, so that the job is not lost while it waits.
const INDEX_PATIENCE: Duration = Duration::from_secs(40);

/// Why an attempt at a hunt failed.
#[derive(Debug, thiserror::Error)]
pub enum HuntError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A changed verdict could not be stored.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A picture could not be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// The index is too far behind.
    #[error("the listing index is too far behind; the hunt goes on when it has caught up")]
    IndexBehind,
    /// Another worker holds the job by now.
    #[error("another worker took the hunt over")]
    LostLease,
    /// The job's body names no hunt.
    #[error("the job names no hunt")]
    NoHunt,
    /// The brand or rule hunted for does not exist.
    #[error("{0}")]
    NoTarget(String),
    /// The job is of a kind that this build does not know.
    #[error("this build knows no job of this kind")]
    UnknownKind,
    /// A thread that judged or searched ended early.
    #[error("judging a listing was interrupted; the log says where")]
    Interrupted,
    /// This replica does not yet judge with the change that the hunt is about.
    #[error("the registry is being read; the hunt goes on when that is done")]
    RegistryBehind,
    /// The process is ending.
    #[error("the process is ending")]
    Stopping,
}

/// Works on hunts.
#[derive(Clone)]
pub struct HuntWorker {
    /// The database.
    pub db: Db,
    /// The snapshot to judge with.
    pub keeper: Arc<SnapshotKeeper>,
    /// Records changed verdicts.
    pub screening: ScreeningService,
    /// Looks at pictures closely.
    pub looks: Looks,
    /// Finds candidates.
    pub search: ListingSearch,
    /// How far the index is.
    pub progress: Progress,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ends the work between two pages.
    pub stop: CancellationToken,
}

impl HuntWorker {
    /// Works on the hunt that `job` names until it is done, cancelled or interrupted.
    pub async fn work(&self, job: &Job) -> Result<(), HuntError> {
        let body: serde_json::Value = serde_json::from_str(&job.body).map_err(|_| HuntError::NoHunt)?;
        let id: HuntId = body["hunt"].as_str().and_then(|id| id.parse().ok()).ok_or(HuntError::NoHunt)?;
        let Some(mut hunt) = hunts::get(&self.db, id).await? else {
            return Err(HuntError::NoHunt);
        };
        if hunt.state != "queued" && hunt.state != "running" {
            return self.finish(job).await;
        }
        self.keeper.refresh().await.map_err(|_| HuntError::RegistryBehind)?;
        if self.keeper.current().revision < hunt.revision {
            return Err(HuntError::RegistryBehind);
        }
        self.wait_for_index().await?;
        let query = match hunt.request.closely {
            true => HuntQuery::All,
            false => self.query(&hunt.request.target).await?,
        };
        let at_once = if hunt.request.closely { CLOSE_PAGE } else { PAGE };
        hunt.state = "running".to_owned();
        loop {
            let after = hunt.after_listing.parse().ok();
            let page = self.candidates(&query, after, at_once).await?;
            hunt.candidates = hunt.examined + page.1 as i64;
            let Some(last) = page.0.last() else { break };
            hunt.after_listing = last.to_string();
            self.examine(&mut hunt, &page.0).await?;
            if !self.save(&hunt, job).await? {
                return self.finish(job).await;
            }
            if self.stop.is_cancelled() {
                return Err(HuntError::Stopping);
            }
        }
        hunt.state = "done".to_owned();
        hunt.candidates = hunt.examined;
        self.save(&hunt, job).await?;
        self.finish(job).await
    }

    /// Records that the hunt ended without success, when its job has no attempt left.
    pub async fn give_up(&self, job: &Job, error: &str) -> Result<(), HuntError> {
        let body: serde_json::Value = serde_json::from_str(&job.body).map_err(|_| HuntError::NoHunt)?;
        let id: HuntId = body["hunt"].as_str().and_then(|id| id.parse().ok()).ok_or(HuntError::NoHunt)?;
        let Some(mut hunt) = hunts::get(&self.db, id).await? else {
            return Ok(());
        };
        hunt.state = "failed".to_owned();
        hunt.report.error = Some(error.to_owned());
        let mut tx = self.db.begin().await?;
        hunts::save(&mut tx, &hunt, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn finish(&self, job: &Job) -> Result<(), HuntError> {
        let mut tx = self.db.begin().await?;
        if !jobs::complete(&mut tx, job, self.clock.now()).await? {
            return Err(HuntError::LostLease);
        }
        tx.commit().await?;
        Ok(())
    }

    /// Saves progress and keeps the lease; `false` when the hunt was cancelled.
    async fn save(&self, hunt: &Hunt, job: &Job) -> Result<bool, HuntError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !jobs::renew(&mut tx, job, now).await? {
            return Err(HuntError::LostLease);
        }
        let goes_on = hunts::save(&mut tx, hunt, now).await?;
        tx.commit().await?;
        Ok(goes_on)
    }

    /// A listing that came before the change but is not yet indexed would be missed.
    async fn wait_for_index(&self) -> Result<(), HuntError> {
        let needed = crate::events::last_position(&self.db).await?;
        let reached = async {
            // Events that are not about listings have positions too, so the index may stop short
            // of the last one with nothing left to read.
            while self.progress.position() < needed && !self.nothing_to_index().await? {
                if self.stop.is_cancelled() {
                    return Err(HuntError::Stopping);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok::<(), HuntError>(())
        };
        tokio::time::timeout(INDEX_PATIENCE, reached).await.map_err(|_| HuntError::IndexBehind)??;
        Ok(())
    }

    async fn nothing_to_index(&self) -> Result<bool, StoreError> {
        Ok(store::changed_after(&self.db, self.progress.position(), 1).await?.is_empty())
    }

    async fn candidates(
        &self,
        query: &HuntQuery,
        after: Option<ListingId>,
        at_once: usize,
    ) -> Result<(Vec<ListingId>, u64), HuntError> {
        let (search, query) = (self.search.clone(), query.clone());
        let page = tokio::task::spawn_blocking(move || {
            let mut pages = search.candidates(&query, after, at_once)?;
            let first = pages.next().transpose()?;
            Ok::<_, IndexError>(first.map(|page| (page.listings, page.remaining)).unwrap_or_default())
        });
        Ok(page.await.map_err(|_| HuntError::Interrupted)??)
    }

    async fn query(&self, target: &HuntTarget) -> Result<HuntQuery, HuntError> {
        match target {
            HuntTarget::All(_) => Ok(HuntQuery::All),
            HuntTarget::Terms(terms) => Ok(HuntQuery::Terms(terms.clone())),
            HuntTarget::Merchants(merchants) => Ok(HuntQuery::Merchants(merchants.clone())),
            HuntTarget::Brand(key) => {
                let brand = registry::store::brand(&self.db, key).await?;
                let was = HuntQuery::Brands(vec![key.clone()]);
                // Of a brand that was removed, the listings found for it before remain.
                Ok(brand.map_or(was, |(brand, _)| brand_query(&brand)))
            }
            HuntTarget::Rule(name) => {
                let snapshot = self.keeper.current();
                let found = name.split_once('/').and_then(|(pack, rule)| terms_of(&snapshot.packs, pack, rule));
                match found {
                    None => Err(HuntError::NoTarget(format!("there is no rule \"{name}\"; write pack/rule"))),
                    // So many terms concern so many listings that looking them up is the longer way.
                    Some(terms) if terms.is_empty() || terms.len() > MAX_TERMS => Ok(HuntQuery::All),
                    Some(terms) => Ok(HuntQuery::Terms(terms)),
                }
            }
        }
    }

    /// Records a changed verdict; waits where the platform's own submissions fill the queue.
    async fn submit(&self, snapshot: &Snapshot, again: &Again, origin: Origin) -> Result<Recorded, HuntError> {
        loop {
            let (listing, origin) = (again.judged.listing.clone(), origin.clone());
            let recorded = match &again.look {
                Some(look) => self.screening.submit_closely(snapshot, listing, look, origin).await,
                None => self.screening.submit(listing, origin).await,
            };
            match recorded {
                Err(RecordError::Overloaded) if !self.stop.is_cancelled() => tokio::time::sleep(WHEN_BUSY).await,
                other => return Ok(other?),
            }
        }
    }

    /// A closer look's verdict is only ever replaced by one of the same kind.
    async fn prepare(&self, snapshot: &Snapshot, judged: Judged, closely: bool) -> Result<Option<Again>, HuntError> {
        let Ok(former) = serde_json::from_str::<Verdict>(&judged.verdict) else {
            return Ok(None);
        };
        let mut look = None;
        if former.closely || closely && !judged.listing.images.is_empty() {
            let seen = self.looks.at(snapshot, &judged.listing).await?;
            look = (former.closely || !seen.pictures.is_empty()).then_some(seen);
        }
        Ok(Some(Again { judged, former, look }))
    }

    async fn examine(&self, hunt: &mut Hunt, ids: &[ListingId]) -> Result<(), HuntError> {
        let snapshot = self.keeper.current();
        let mut listings = Vec::with_capacity(ids.len());
        for judged in store::judged(&self.db, ids).await? {
            listings.extend(self.prepare(&snapshot, judged, hunt.request.closely).await?);
        }
        let now = self.clock.now();
        let with = Arc::clone(&snapshot);
        let judged = tokio::task::spawn_blocking(move || judge_all(&with, listings, now));
        let judged = judged.await.map_err(|_| HuntError::Interrupted)?;
        hunt.examined += ids.len() as i64;
        for (again, found) in judged {
            let (listing, former) = (&again.judged, &again.former);
            if former.substance() == found.substance() {
                continue;
            }
            if !hunt.request.dry_run {
                let origin = Origin {
                    actor: "system".to_owned(),
                    cause: format!("hunt {}", hunt.id),
                    key: None,
                    expected_version: Some(listing.row.version),
                    only_changes: true,
                };
                let recorded = match self.submit(&snapshot, &again, origin).await {
                    // A newer version came meanwhile; it was judged by the present snapshot.
                    Err(HuntError::Record(RecordError::Stale { .. })) => continue,
                    recorded => recorded?,
                };
                if recorded.taken != Taken::Rejudged {
                    continue;
                }
            }
            hunt.changed += 1;
            note(hunt, listing, former, &found);
        }
        Ok(())
    }
}

/// Pause before a submission that found the queue full is tried again.
const WHEN_BUSY: Duration = Duration::from_millis(500);

/// A listing that is judged again.
struct Again {
    judged: Judged,
    former: Verdict,
    /// What is seen closely in its pictures.
    look: Option<CloserLook>,
}

fn judge_all(snapshot: &Snapshot, listings: Vec<Again>, now: crate::kernel::Instant) -> Vec<(Again, Verdict)> {
    let judge = |again: Again| {
        let listing = &again.judged.listing;
        let facts = snapshot.merchant(listing.merchant.as_deref());
        let found = match &again.look {
            Some(look) => screen_closely(snapshot, listing, &facts, now, look),
            None => screen(snapshot, listing, &facts, now),
        };
        (again, found)
    };
    listings.into_iter().map(judge).collect()
}

fn note(hunt: &mut Hunt, listing: &Judged, former: &Verdict, found: &Verdict) {
    let kind = format!("{} → {}", former.decision, found.decision);
    *hunt.report.changes.entry(kind).or_default() += 1;
    if hunt.report.samples.len() < SAMPLES {
        hunt.report.samples.push(HuntSample {
            listing: listing.row.id.to_string(),
            external_id: listing.row.external_id.clone(),
            title: listing.listing.title.clone(),
            from: former.decision.to_string(),
            to: found.decision.to_string(),
            because: found.reasons.first().map(|reason| reason.says.clone()),
        });
    }
}

/// Everything of a brand that a listing may show: its words, its pictures, or that it was
/// found before.
fn brand_query(brand: &Brand) -> HuntQuery {
    let marks = brand.word_marks.iter().map(|mark| mark.text.clone());
    let words = marks.chain(brand.aliases.iter().cloned()).chain([brand.name.clone()]).collect();
    let mut parts = vec![HuntQuery::Brands(vec![brand.key.to_string()]), HuntQuery::Marks(words)];
    let mut hashes = Vec::new();
    for reference in brand.references.iter().filter(|reference| reference.quarantine.is_none()) {
        hashes.extend(hunted_hashes(&reference.signature).into_iter().map(|hash| hash.to_bytes()));
    }
    // What the index cannot look up in one go, or not that far, is looked for everywhere.
    let widest = brand.references.iter().filter_map(|reference| reference.threshold).max().unwrap_or(0);
    if hashes.len() > MAX_TERMS || widest > policy::SEARCH_RADIUS || brand.word_marks.len() > MAX_TERMS {
        return HuntQuery::All;
    }
    if !hashes.is_empty() {
        parts.push(HuntQuery::Images { hashes, radius: policy::SEARCH_RADIUS });
    }
    HuntQuery::AnyOf(parts)
}

/// The lexicon terms that a rule is triggered by; empty for a rule that is triggered
/// otherwise, `None` when there is no such rule.
pub(super) fn terms_of(packs: &Packs, pack: &str, rule: &str) -> Option<Vec<String>> {
    let lexicons = packs.packs().iter().find(|known| known.id == pack).map(|known| &known.lexicons)?;
    match &packs.rule(pack, rule)?.trigger {
        Trigger::Lexicon { lexicon, .. } => {
            let terms = lexicons.get(*lexicon).map(|found| found.terms.iter().map(|(_, term)| term.clone()).collect());
            Some(terms.unwrap_or_default())
        }
        _ => Some(Vec::new()),
    }
}

/// Every hash that a listing's picture may have if it copies this reference: the whole
/// and its parts, turned and mirrored, and inverted for logos on dark ground. Parts too
/// plain to be compared are left out: they would be near every blank corner.
fn hunted_hashes(signature: &Signature) -> Vec<Hash256> {
    let whole = (signature.hash, signature.forms.as_ref(), signature.quality);
    let parts = signature.regions.iter().map(|region| (region.hash, region.forms.as_ref(), region.quality));
    let mut hashes = Vec::new();
    for (hash, forms, quality) in std::iter::once(whole).chain(parts) {
        if quality < policy::MIN_QUALITY {
            continue;
        }
        hashes.push(hash.inverted());
        match forms {
            Some(forms) => hashes.extend(orientations(hash, forms).into_iter().map(|(_, turned)| turned)),
            None => hashes.push(hash),
        }
    }
    hashes
}
