//! Retro-hunt: a new mark, picture or rule looks at the listings that are already there.
//!
//! ```text
//! queued ─▶ running ─▶ done
//!   │          ├─────▶ cancelled   (by a person; what was recorded stays)
//!   └──────────┴─────▶ failed      (attempts used up; the job is dead and visible)
//! ```
//!
//! Candidates come from the listing index, not from a walk over everything. Each is
//! judged again by the pure core with the present snapshot; only a verdict whose
//! substance differs is recorded. Progress is saved page by page, so a hunt goes on
//! where it stood after a crash, on any replica.

pub mod api;
pub mod store;
mod worker;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::audit::journal::{self, Entry};
use crate::kernel::id::{HuntId, JobId};
use crate::kernel::{Clock, Ids, Instant};
use crate::store::jobs::{self, NewJob};
use crate::store::{Db, StoreError};

pub use worker::{HuntError, HuntWorker};

/// The kind of job that works on a hunt.
pub const JOB_KIND: &str = "hunt";
/// Attempts of a hunt's job; each goes on where the last one stood.
const ATTEMPTS: i64 = 8;
/// A hunt begins so many seconds after it was asked for: by then every replica judges with
/// the change that the hunt is about, and what was judged before it is committed.
const SETTLING_SECONDS: i64 = 2;
/// Samples of changes that a report keeps.
pub const SAMPLES: usize = 50;

/// What to look at again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum HuntTarget {
    /// Listings that a brand's marks or references may concern.
    Brand(String),
    /// Listings that a rule may concern: `pack/rule`.
    Rule(String),
    /// Listings whose text has all words of one of these.
    Terms(Vec<String>),
    /// Listings of these merchants, by the platform's ids.
    Merchants(Vec<String>),
    /// Every listing; give `true`.
    All(bool),
}

/// A hunt as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HuntRequest {
    /// What to look at again.
    pub target: HuntTarget,
    /// Count and sample what would change, write nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Look at the pictures of every listing closely, whatever the target: for new references,
    /// whose cropped, turned and slanted copies hashes do not show. Takes some ten milliseconds a picture.
    #[serde(default)]
    pub closely: bool,
}

/// What a hunt found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HuntReport {
    /// Changes by kind: `clear → review`.
    pub changes: std::collections::BTreeMap<String, u64>,
    /// The first changes.
    pub samples: Vec<HuntSample>,
    /// Why it ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HuntSample {
    /// The listing.
    pub listing: String,
    /// The platform's id.
    pub external_id: String,
    /// Its title.
    pub title: String,
    /// The verdict in force before.
    pub from: String,
    /// The verdict that was found.
    pub to: String,
    /// The first reason of the new verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Where a hunt stands.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Hunt {
    /// Its id.
    #[schema(value_type = String, example = "hnt_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    pub id: HuntId,
    /// What was asked.
    pub request: HuntRequest,
    /// queued, running, done, cancelled or failed.
    pub state: String,
    /// Candidates in all, as far as is known.
    pub candidates: i64,
    /// Candidates judged so far.
    pub examined: i64,
    /// Verdicts that changed (in a dry run: would change).
    pub changed: i64,
    /// What was found.
    pub report: HuntReport,
    /// When it was asked for.
    #[schema(value_type = String)]
    pub created_at: Instant,
    /// When it last got on.
    #[schema(value_type = String)]
    pub updated_at: Instant,
    /// The last candidate judged; the hunt goes on after it.
    #[serde(skip)]
    pub after_listing: String,
    /// The revision of registry and rules that has to judge, or a later one.
    #[serde(skip)]
    pub revision: i64,
}

/// Asks for hunts and ends them.
#[derive(Clone)]
pub struct HuntService {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl HuntService {
    /// A service over this database.
    pub fn new(db: Db, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { db, clock, ids }
    }

    /// Queues a hunt; a worker takes it within a second.
    pub async fn start(&self, request: HuntRequest, actor: &str) -> Result<HuntId, StoreError> {
        let now = self.clock.now();
        let id = HuntId::from_uuid(self.ids.next(now));
        let job = JobId::from_uuid(self.ids.next(now));
        let revision = crate::registry::store::latest(&self.db).await?.number;
        let mut tx = self.db.begin().await?;
        store::insert(&mut tx, id, job, &request, revision, now).await?;
        let body = serde_json::json!({"hunt": id}).to_string();
        let run_at = now.plus_seconds(SETTLING_SECONDS);
        let job = NewJob { id: job, kind: JOB_KIND, body, max_attempts: ATTEMPTS, run_at };
        jobs::enqueue(&mut tx, job, now).await?;
        let body = serde_json::value::to_raw_value(&request).expect("a request holds only strings");
        let entry = Entry { kind: "hunt.started", subject: id.to_string(), actor: actor.to_owned(), body };
        journal::append(&mut tx, now, vec![entry], Vec::new()).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Where a hunt stands.
    pub async fn get(&self, id: HuntId) -> Result<Option<Hunt>, StoreError> {
        store::get(&self.db, id).await
    }

    /// The latest hunts, newest first.
    pub async fn list(&self, limit: i64) -> Result<Vec<Hunt>, StoreError> {
        store::list(&self.db, limit).await
    }

    /// Ends a hunt that is queued or running; `false` when it has ended already. What it
    /// recorded stays.
    pub async fn cancel(&self, id: HuntId, actor: &str) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !store::cancel(&mut tx, id, now).await? {
            return Ok(false);
        }
        let body = serde_json::value::to_raw_value(&serde_json::json!({})).expect("an empty object serialises");
        let entry = Entry { kind: "hunt.cancelled", subject: id.to_string(), actor: actor.to_owned(), body };
        journal::append(&mut tx, now, vec![entry], Vec::new()).await?;
        tx.commit().await?;
        Ok(true)
    }
}
