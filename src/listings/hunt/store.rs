//! All SQL of hunts.

use super::{Hunt, HuntReport, HuntRequest};
use crate::kernel::Instant;
use crate::kernel::id::{HuntId, JobId};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// Adds a hunt.
pub(super) async fn insert(
    tx: &mut Tx,
    id: HuntId,
    job: JobId,
    request: &HuntRequest,
    revision: i64,
    now: Instant,
) -> Result<(), StoreError> {
    let spec = serde_json::to_string(request).expect("a request holds only strings");
    let report = serde_json::to_string(&HuntReport::default()).expect("a report holds only strings and numbers");
    tx.execute(
        "INSERT INTO hunt (id, job_id, spec, state, after_listing, candidates, examined, changed, report,
         created_at, updated_at, revision) VALUES ($1, $2, $3, 'queued', '', 0, 0, 0, $4, $5, $5, $6)",
        params![id, job, spec, report, now, revision],
    )
    .await?;
    Ok(())
}

fn read(row: &Row) -> Result<Hunt, StoreError> {
    Ok(Hunt {
        id: row.parse("id")?,
        request: row.document("spec")?,
        state: row.get("state")?,
        candidates: row.get("candidates")?,
        examined: row.get("examined")?,
        changed: row.get("changed")?,
        report: row.document("report")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        after_listing: row.get("after_listing")?,
        revision: row.get::<Option<i64>>("revision")?.unwrap_or(0),
    })
}

pub(super) async fn get(db: &Db, id: HuntId) -> Result<Option<Hunt>, StoreError> {
    let text =
        "SELECT id, spec, state, after_listing, candidates, examined, changed, report, created_at, updated_at, revision
                FROM hunt WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read).transpose()
}

pub(super) async fn list(db: &Db, limit: i64) -> Result<Vec<Hunt>, StoreError> {
    let text =
        "SELECT id, spec, state, after_listing, candidates, examined, changed, report, created_at, updated_at, revision
                FROM hunt ORDER BY id DESC LIMIT $1";
    db.all(text, params![limit]).await?.iter().map(read).collect()
}

/// Saves how far the hunt is; `false` when it was cancelled meanwhile.
pub(super) async fn save(tx: &mut Tx, hunt: &Hunt, now: Instant) -> Result<bool, StoreError> {
    let report = serde_json::to_string(&hunt.report).expect("a report holds only strings and numbers");
    let changed = tx
        .execute(
            "UPDATE hunt SET state = $2, after_listing = $3, candidates = $4, examined = $5, changed = $6, report = $7,
             updated_at = $8 WHERE id = $1 AND state IN ('queued', 'running')",
            params![
                hunt.id,
                &hunt.state,
                &hunt.after_listing,
                hunt.candidates,
                hunt.examined,
                hunt.changed,
                report,
                now
            ],
        )
        .await?;
    Ok(changed == 1)
}

pub(super) async fn cancel(tx: &mut Tx, id: HuntId, now: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE hunt SET state = 'cancelled', updated_at = $2 WHERE id = $1 AND state IN ('queued', 'running')";
    Ok(tx.execute(text, params![id, now]).await? == 1)
}

/// Queues a failed hunt again, with its job; `false` when the job is none of a failed hunt.
pub(crate) async fn requeue(tx: &mut Tx, job: JobId, now: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE hunt SET state = 'queued', updated_at = $2 WHERE job_id = $1 AND state = 'failed'";
    Ok(tx.execute(text, params![job, now]).await? == 1)
}

/// Marks hunts as failed whose job is dead: its last lease ran out with nobody left to say so.
pub(crate) async fn fail_orphans(tx: &mut Tx, now: Instant) -> Result<u64, StoreError> {
    let text = "UPDATE hunt SET state = 'failed', updated_at = $1 WHERE state IN ('queued', 'running')
                AND job_id IN (SELECT id FROM job WHERE state = 'dead')";
    tx.execute(text, params![now]).await
}
