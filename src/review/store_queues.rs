//! The SQL of queues and leases.

use std::collections::HashMap;

use super::model::Case;
use super::store::{Place, case_rows};
use crate::kernel::Instant;
use crate::kernel::id::CaseId;
use crate::params;
use crate::store::{Db, FromColumn, Row, Sql, StoreError, Tx};

/// What lies in one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueCount {
    /// The queue's name.
    pub queue: String,
    /// Cases that can be taken or are held.
    pub cases: i64,
    /// Those held now.
    pub held: i64,
    /// When the oldest was opened.
    pub oldest: Option<Instant>,
    /// The nearest end of a clock.
    pub due: Option<Instant>,
}

/// What lies in the queues, those without a case left out.
///
/// Four small queries instead of one: each is answered by an index, without a look at a case.
pub async fn counts(db: &Db, now: Instant) -> Result<Vec<QueueCount>, StoreError> {
    let cases = "SELECT queue, count(*) AS cases, min(id) AS first FROM review_case
                 WHERE state IN ('waiting', 'escalated', 'proposed') GROUP BY queue ORDER BY queue";
    let held = "SELECT queue, count(*) AS held FROM review_case
                WHERE holder IS NOT NULL AND lease_until > $1 GROUP BY queue";
    let due = "SELECT queue, min(due_at) AS due FROM review_case
               WHERE state IN ('waiting', 'escalated', 'proposed') AND due_at IS NOT NULL GROUP BY queue";
    let cases = db.all(cases, vec![]).await?;
    let held = by_queue::<i64>(&db.all(held, params![now]).await?, "held")?;
    let due = by_queue::<Option<Instant>>(&db.all(due, vec![]).await?, "due")?;
    // Ids sort by the moment they were made, so the first one is the oldest but for clocks that differ.
    let first: Vec<String> = cases.iter().map(|row| row.get("first")).collect::<Result<_, _>>()?;
    let opened = db.all_in("SELECT queue, opened_at FROM review_case WHERE id IN", &first).await?;
    let opened = by_queue::<Instant>(&opened, "opened_at")?;
    let count = |row: &Row| {
        let queue: String = row.get("queue")?;
        Ok(QueueCount {
            cases: row.get("cases")?,
            held: held.get(&queue).copied().unwrap_or(0),
            oldest: opened.get(&queue).copied(),
            due: due.get(&queue).copied().flatten(),
            queue,
        })
    };
    cases.iter().map(count).collect()
}

fn by_queue<T: FromColumn>(rows: &[Row], column: &str) -> Result<HashMap<String, T>, StoreError> {
    rows.iter().map(|row| Ok((row.get("queue")?, row.get(column)?))).collect()
}

/// The cases of a queue in its order, after the one with this rank and id.
pub async fn in_queue(db: &Db, queue: &str, after: Option<(i64, CaseId)>, limit: i64) -> Result<Vec<Case>, StoreError> {
    let (rank, id) = after.map_or((i64::MAX, String::new()), |(rank, id)| (rank, id.to_string()));
    let text = "SELECT id, kind, subject, title, state, queue, rank, facts, listing_id, merchant, due_at, times,
                opened_at, opened_by, updated_at, not_for, holder, lease_until, snoozed_until, decision_id, version
                FROM review_case WHERE queue = $1 AND state IN ('waiting', 'escalated', 'proposed')
                AND (rank < $2 OR (rank = $2 AND id > $3)) ORDER BY rank DESC, id LIMIT $4";
    case_rows(&db.all(text, params![queue, rank, id, limit]).await?)
}

/// The cases that this actor holds at `now`, the one that runs out first before the others.
pub async fn held_by(db: &Db, actor: &str, now: Instant) -> Result<Vec<Case>, StoreError> {
    let text = "SELECT id, kind, subject, title, state, queue, rank, facts, listing_id, merchant, due_at, times,
                opened_at, opened_by, updated_at, not_for, holder, lease_until, snoozed_until, decision_id, version
                FROM review_case WHERE holder = $1 AND lease_until > $2 ORDER BY lease_until, id LIMIT 100";
    case_rows(&db.all(text, params![actor, now]).await?)
}

/// Open cases whose clock ends first.
pub async fn due_first(db: &Db, limit: i64) -> Result<Vec<Case>, StoreError> {
    let text = "SELECT id, kind, subject, title, state, queue, rank, facts, listing_id, merchant, due_at, times,
                opened_at, opened_by, updated_at, not_for, holder, lease_until, snoozed_until, decision_id, version
                FROM review_case WHERE live IS NOT NULL AND due_at IS NOT NULL ORDER BY due_at LIMIT $1";
    case_rows(&db.all(text, params![limit]).await?)
}

// One statement finds the case and takes it: on SQLite nobody comes between, on PostgreSQL the
// row is locked when it is found, and rows that another one is just taking are passed over.
const TAKE_NEXT: Sql = Sql::per_engine(
    "UPDATE review_case SET holder = $2, lease_until = $4 WHERE id = (
         SELECT c.id FROM review_case c WHERE c.queue = $1 AND c.state IN ('waiting', 'escalated', 'proposed')
         AND (c.lease_until IS NULL OR c.lease_until <= $3)
         AND (c.not_for IS NULL OR instr(' ' || c.not_for || ' ', ' ' || $2 || ' ') = 0)
         AND NOT EXISTS (SELECT 1 FROM review_skip s WHERE s.case_id = c.id AND s.actor = $2 AND s.until_at > $3)
         ORDER BY c.rank DESC, c.id LIMIT 1)
     RETURNING id",
    "UPDATE review_case SET holder = $2, lease_until = $4 WHERE id = (
         SELECT c.id FROM review_case c WHERE c.queue = $1 AND c.state IN ('waiting', 'escalated', 'proposed')
         AND (c.lease_until IS NULL OR c.lease_until <= $3)
         AND (c.not_for IS NULL OR strpos(' ' || c.not_for || ' ', ' ' || $2 || ' ') = 0)
         AND NOT EXISTS (SELECT 1 FROM review_skip s WHERE s.case_id = c.id AND s.actor = $2 AND s.until_at > $3)
         ORDER BY c.rank DESC, c.id LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING id",
);

/// Takes the first case of a queue that is free for this actor.
pub async fn take_next(
    tx: &mut Tx,
    queue: &str,
    actor: &str,
    now: Instant,
    until: Instant,
) -> Result<Option<CaseId>, StoreError> {
    let row = tx.optional(TAKE_NEXT, params![queue, actor, now, until]).await?;
    row.map(|row| row.parse("id")).transpose()
}

/// Takes this case, or renews the actor's lease; `false` when it cannot be taken.
pub async fn take(tx: &mut Tx, id: CaseId, actor: &str, now: Instant, until: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE review_case SET holder = $2, lease_until = $4 WHERE id = $1
                AND state IN ('waiting', 'escalated', 'proposed')
                AND (holder = $2 OR lease_until IS NULL OR lease_until <= $3)";
    Ok(tx.execute(text, params![id, actor, now, until]).await? == 1)
}

/// Extends a lease that has not run out; `false` when the actor does not hold the case.
pub async fn renew(tx: &mut Tx, id: CaseId, actor: &str, now: Instant, until: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE review_case SET lease_until = $4 WHERE id = $1 AND holder = $2 AND lease_until > $3";
    Ok(tx.execute(text, params![id, actor, now, until]).await? == 1)
}

/// Gives a case back; `false` when the actor does not hold it.
pub async fn give_back(tx: &mut Tx, id: CaseId, actor: &str, now: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE review_case SET holder = NULL, lease_until = NULL
                WHERE id = $1 AND holder = $2 AND lease_until > $3";
    Ok(tx.execute(text, params![id, actor, now]).await? == 1)
}

/// Does not offer a case to this actor until a moment.
pub async fn skip(tx: &mut Tx, id: CaseId, actor: &str, until: Instant, reason: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO review_skip (case_id, actor, until_at, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT (case_id, actor) DO UPDATE SET until_at = excluded.until_at, reason = excluded.reason",
        params![id, actor, until, reason],
    )
    .await?;
    Ok(())
}

/// Notes that somebody looks at a case.
pub async fn look(tx: &mut Tx, id: CaseId, actor: &str, now: Instant) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO review_viewer (case_id, actor, at) VALUES ($1, $2, $3)
         ON CONFLICT (case_id, actor) DO UPDATE SET at = excluded.at",
        params![id, actor, now],
    )
    .await?;
    Ok(())
}

/// Who looked at a case since a moment.
pub async fn viewers(db: &Db, id: CaseId, since: Instant) -> Result<Vec<String>, StoreError> {
    let text = "SELECT actor FROM review_viewer WHERE case_id = $1 AND at > $2 ORDER BY actor LIMIT 50";
    db.all(text, params![id, since]).await?.iter().map(|row| row.get("actor")).collect()
}

/// Forgets who looked before a moment and skips that are over.
pub async fn tidy(tx: &mut Tx, looked_before: Instant, now: Instant) -> Result<(), StoreError> {
    tx.execute("DELETE FROM review_viewer WHERE at < $1", params![looked_before]).await?;
    tx.execute("DELETE FROM review_skip WHERE until_at < $1", params![now]).await?;
    Ok(())
}

/// Open cases whose place in their queue has to be made anew, at most `limit`.
pub async fn to_rank(db: &Db, now: Instant, limit: i64) -> Result<Vec<Case>, StoreError> {
    let text = "SELECT id, kind, subject, title, state, queue, rank, facts, listing_id, merchant, due_at, times,
                opened_at, opened_by, updated_at, not_for, holder, lease_until, snoozed_until, decision_id, version
                FROM review_case WHERE rerank_at <= $1 ORDER BY rerank_at LIMIT $2";
    case_rows(&db.all(text, params![now, limit]).await?)
}

/// Open cases in id order: for sorting all of them into new queues.
pub async fn open_after(db: &Db, after: &str, limit: i64) -> Result<Vec<Case>, StoreError> {
    let text = "SELECT id, kind, subject, title, state, queue, rank, facts, listing_id, merchant, due_at, times,
                opened_at, opened_by, updated_at, not_for, holder, lease_until, snoozed_until, decision_id, version
                FROM review_case WHERE live IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";
    case_rows(&db.all(text, params![after, limit]).await?)
}

/// Puts a case to its place, unless it changed since it was read.
pub async fn put(tx: &mut Tx, case: &Case, place: &Place) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE review_case SET queue = $3, rank = $4, rerank_at = $5 WHERE id = $1 AND version = $2",
        params![case.id, case.version, &place.queue, place.rank, place.rerank_at],
    )
    .await?;
    Ok(())
}

/// Cases whose snooze is over, at most `limit`.
pub async fn to_wake(db: &Db, now: Instant, limit: i64) -> Result<Vec<CaseId>, StoreError> {
    let text = "SELECT id FROM review_case WHERE snoozed_until <= $1 ORDER BY snoozed_until LIMIT $2";
    db.all(text, params![now, limit]).await?.iter().map(|row| row.parse("id")).collect()
}

/// A value that the running build left here.
pub async fn setting(db: &Db, name: &str) -> Result<Option<String>, StoreError> {
    let row = db.optional("SELECT value FROM review_setting WHERE name = $1", params![name]).await?;
    row.map(|row| row.get("value")).transpose()
}

/// Leaves a value.
pub async fn set_setting(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO review_setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )
    .await?;
    Ok(())
}
