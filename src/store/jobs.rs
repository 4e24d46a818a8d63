//! Background work as rows: enqueued in the caller's transaction, leased, retried, never lost.
//!
//! ```text
//! queued ──claim──▶ running ──complete──▶ done
//!    ▲                │  │
//!    └──back-off──────┘  └──attempts used up──▶ dead (kept, shown, can be queued again)
//! ```
//!
//! A lease that runs out makes the job claimable again. The attempt number fences:
//! a worker that lost its lease can no longer renew, complete or fail the job.
//!
//! Jobs wait in lanes, each with workers of its own: a hundred thousand pictures that are to be
//! looked at hold up no hunt.

use crate::kernel::Instant;
use crate::kernel::id::JobId;
use crate::params;
use crate::store::{Db, Row, Sql, StoreError, Tx};

/// How long a claim holds without renewal, in seconds.
pub const LEASE_SECONDS: i64 = 60;

/// Where jobs wait for their workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// For everything else: one worker.
    Main,
    /// Pictures to be looked at closely: many small jobs.
    Looks,
}

impl Lane {
    fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Looks => "looks",
        }
    }
}

/// A job to be done.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// Which worker does it.
    pub kind: &'static str,
    /// What it needs, as JSON.
    pub body: String,
    /// Attempts before it is dead.
    pub max_attempts: i64,
    /// Not before.
    pub run_at: Instant,
}

/// A job that this worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Which worker does it.
    pub kind: String,
    /// What it needs, as JSON.
    pub body: String,
    /// Which attempt this is, from 1: the fence.
    pub attempt: i64,
    /// Attempts before it is dead.
    pub max_attempts: i64,
}

/// A job as staff see it.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct JobView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: JobId,
    /// Which worker does it.
    pub kind: String,
    /// queued, running, done, dead or cancelled.
    pub state: String,
    /// Attempts so far.
    pub attempt: i64,
    /// Attempts before it is dead.
    pub max_attempts: i64,
    /// Not before.
    #[schema(value_type = String)]
    pub run_at: Instant,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// Adds a job; it exists if the transaction commits.
pub async fn enqueue(tx: &mut Tx, job: NewJob, now: Instant) -> Result<(), StoreError> {
    enqueue_all(tx, vec![job], Lane::Main, now).await
}

/// Adds jobs to a lane; they exist if the transaction commits.
pub async fn enqueue_all(tx: &mut Tx, jobs: Vec<NewJob>, lane: Lane, now: Instant) -> Result<(), StoreError> {
    let row = |job: NewJob| {
        let (state, attempt) = ("queued", 0_i64);
        params![job.id, job.kind, job.body, state, attempt, job.max_attempts, job.run_at, now, lane.as_str()]
    };
    let head = "INSERT INTO job (id, kind, body, state, attempt, max_attempts, run_at, created_at, lane)";
    tx.insert_many(head, "", jobs.into_iter().map(row).collect()).await?;
    Ok(())
}

const NEXT: Sql = Sql::per_engine(
    "SELECT id, kind, body, attempt, max_attempts FROM job
     WHERE lane = $2 AND ((state = 'queued' AND run_at <= $1) OR (state = 'running' AND lease_until < $1))
     ORDER BY run_at, id LIMIT $3",
    "SELECT id, kind, body, attempt, max_attempts FROM job
     WHERE lane = $2 AND ((state = 'queued' AND run_at <= $1) OR (state = 'running' AND lease_until < $1))
     ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED",
);

/// Takes the next due job of the main lane for `owner`, if there is one. A job whose last
/// attempt's lease ran out with no attempt left is marked dead and the next one is tried.
pub async fn claim(db: &Db, owner: &str, now: Instant) -> Result<Option<Job>, StoreError> {
    Ok(claim_some(db, Lane::Main, owner, now, 1).await?.pop())
}

/// As [`claim`], for at most `most` jobs of a lane at once.
pub async fn claim_some(db: &Db, lane: Lane, owner: &str, now: Instant, most: i64) -> Result<Vec<Job>, StoreError> {
    // Looking first keeps an idle worker off SQLite's one writer.
    let due = "SELECT id FROM job WHERE lane = $2 AND ((state = 'queued' AND run_at <= $1)
               OR (state = 'running' AND lease_until < $1)) LIMIT 1";
    while db.optional(due, params![now, lane.as_str()]).await?.is_some() {
        let mut tx = db.begin().await?;
        let rows = tx.all(NEXT, params![now, lane.as_str(), most]).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut claimed = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut job = read(row)?;
            if job.attempt >= job.max_attempts {
                bury(&mut tx, &job, "the last attempt ended without an answer", now).await?;
                continue;
            }
            job.attempt += 1;
            tx.execute(
                "UPDATE job SET state = 'running', attempt = $2, lease_until = $3, lease_owner = $4 WHERE id = $1",
                params![job.id, job.attempt, now.plus_seconds(LEASE_SECONDS), owner],
            )
            .await?;
            claimed.push(job);
        }
        tx.commit().await?;
        if !claimed.is_empty() {
            return Ok(claimed);
        }
    }
    Ok(Vec::new())
}

/// How many jobs of a lane are not done yet: queued or running.
pub async fn waiting(db: &Db, lane: Lane) -> Result<i64, StoreError> {
    let text = "SELECT count(*) AS n FROM job WHERE lane = $1 AND state IN ('queued', 'running')";
    let row = db.optional(text, params![lane.as_str()]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

/// Removes a job that is done and that nobody will ask about; `false` when another worker
/// holds it by now.
pub async fn forget(tx: &mut Tx, job: &Job) -> Result<bool, StoreError> {
    let text = "DELETE FROM job WHERE id = $1 AND attempt = $2 AND state = 'running'";
    Ok(tx.execute(text, params![job.id, job.attempt]).await? == 1)
}

fn read(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.parse("id")?,
        kind: row.get("kind")?,
        body: row.get("body")?,
        attempt: row.get("attempt")?,
        max_attempts: row.get("max_attempts")?,
    })
}

/// Extends the lease; `false` when another worker holds the job by now.
pub async fn renew(tx: &mut Tx, job: &Job, now: Instant) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE job SET lease_until = $3 WHERE id = $1 AND attempt = $2 AND state = 'running'",
            params![job.id, job.attempt, now.plus_seconds(LEASE_SECONDS)],
        )
        .await?;
    Ok(changed == 1)
}

/// Marks the job done, in the transaction that holds its effect; `false` when another
/// worker holds it by now, and the effect must not be committed.
pub async fn complete(tx: &mut Tx, job: &Job, now: Instant) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE job SET state = 'done', finished_at = $3, lease_until = NULL, lease_owner = NULL
             WHERE id = $1 AND attempt = $2 AND state = 'running'",
            params![job.id, job.attempt, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Records a failed attempt: queued again after a back-off of 2, 4, 8 … seconds (at
/// most an hour), or dead when no attempt is left. `false` when the lease was lost.
pub async fn fail(tx: &mut Tx, job: &Job, error: &str, now: Instant) -> Result<bool, StoreError> {
    if job.attempt >= job.max_attempts {
        return bury(tx, job, error, now).await;
    }
    let wait = 1i64 << job.attempt.clamp(1, 12);
    let changed = tx
        .execute(
            "UPDATE job SET state = 'queued', run_at = $3, last_error = $4, lease_until = NULL, lease_owner = NULL
             WHERE id = $1 AND attempt = $2 AND state = 'running'",
            params![job.id, job.attempt, now.plus_seconds(wait.min(3_600)), error],
        )
        .await?;
    Ok(changed == 1)
}

async fn bury(tx: &mut Tx, job: &Job, error: &str, now: Instant) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE job SET state = 'dead', last_error = $3, finished_at = $4,
             lease_until = NULL, lease_owner = NULL WHERE id = $1 AND attempt = $2 AND state = 'running'",
            params![job.id, job.attempt, error, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Gives a job back unfinished, without counting the attempt: the process is ending.
pub async fn release(tx: &mut Tx, job: &Job, now: Instant) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE job SET state = 'queued', attempt = attempt - 1, run_at = $3, lease_until = NULL,
             lease_owner = NULL WHERE id = $1 AND attempt = $2 AND state = 'running'",
            params![job.id, job.attempt, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Puts a dead job back into the queue with all its attempts; `false` when it is not dead.
pub async fn revive(tx: &mut Tx, id: JobId, now: Instant) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE job SET state = 'queued', attempt = 0, run_at = $2, finished_at = NULL
             WHERE id = $1 AND state = 'dead'",
            params![id, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Jobs in `state`, newest first.
pub async fn list(db: &Db, state: &str, limit: i64) -> Result<Vec<JobView>, StoreError> {
    let rows = db
        .all(
            "SELECT id, kind, state, attempt, max_attempts, run_at, last_error FROM job
             WHERE state = $1 ORDER BY id DESC LIMIT $2",
            params![state, limit],
        )
        .await?;
    let view = |row: &Row| {
        Ok(JobView {
            id: row.parse("id")?,
            kind: row.get("kind")?,
            state: row.get("state")?,
            attempt: row.get("attempt")?,
            max_attempts: row.get("max_attempts")?,
            run_at: row.get("run_at")?,
            last_error: row.get("last_error")?,
        })
    };
    rows.iter().map(view).collect()
}
