//! All SQL of cases.

use std::collections::HashMap;

use super::model::{Case, CaseFacts, CaseState};
use crate::kernel::Instant;
use crate::kernel::id::{CaseId, ListingId};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx, Value};

const CASE: &str = "SELECT id, kind, subject, title, state, queue, rank, facts, listing_id, merchant, due_at, times,
    opened_at, opened_by, updated_at, not_for, holder, lease_until, snoozed_until, decision_id, version
    FROM review_case";

fn read(row: &Row) -> Result<Case, StoreError> {
    Ok(Case {
        id: row.parse("id")?,
        kind: row.parse("kind")?,
        subject: row.get("subject")?,
        title: row.get("title")?,
        state: row.parse("state")?,
        queue: row.get("queue")?,
        rank: row.get("rank")?,
        facts: row.document("facts")?,
        listing: parse_optional(row, "listing_id")?,
        merchant: row.get("merchant")?,
        due: row.get("due_at")?,
        times: row.get("times")?,
        opened_at: row.get("opened_at")?,
        opened_by: row.get("opened_by")?,
        updated_at: row.get("updated_at")?,
        not_for: row.get("not_for")?,
        holder: row.get("holder")?,
        lease_until: row.get("lease_until")?,
        snoozed_until: row.get("snoozed_until")?,
        decision: parse_optional(row, "decision_id")?,
        version: row.get("version")?,
    })
}

pub(super) fn parse_optional<T>(row: &Row, column: &str) -> Result<Option<T>, StoreError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    match row.get::<Option<String>>(column)? {
        None => Ok(None),
        Some(_) => row.parse(column).map(Some),
    }
}

/// The open cases with these live keys.
pub async fn live(tx: &mut Tx, keys: Vec<String>) -> Result<Vec<Case>, StoreError> {
    let rows = tx.all_in(&format!("{CASE} WHERE live IN"), keys).await?;
    rows.iter().map(read).collect()
}

/// The cases of these rows.
pub(super) fn case_rows(rows: &[Row]) -> Result<Vec<Case>, StoreError> {
    rows.iter().map(read).collect()
}

/// The case with this id, as it stands in this transaction.
pub async fn case_in(tx: &mut Tx, id: CaseId) -> Result<Option<Case>, StoreError> {
    let text = "SELECT id, kind, subject, title, state, queue, rank, facts, listing_id, merchant, due_at, times,
                opened_at, opened_by, updated_at, not_for, holder, lease_until, snoozed_until, decision_id, version
                FROM review_case WHERE id = $1";
    tx.optional(text, params![id]).await?.as_ref().map(read).transpose()
}

/// The case with this id.
pub async fn case(db: &Db, id: CaseId) -> Result<Option<Case>, StoreError> {
    let text = "SELECT id, kind, subject, title, state, queue, rank, facts, listing_id, merchant, due_at, times,
                opened_at, opened_by, updated_at, not_for, holder, lease_until, snoozed_until, decision_id, version
                FROM review_case WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read).transpose()
}

/// What follows from a case's facts: where it lies in which queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The queue.
    pub queue: String,
    /// Higher comes first.
    pub rank: i64,
    /// When the rank has to be made anew.
    pub rerank_at: Option<Instant>,
}

fn written(facts: &CaseFacts) -> String {
    serde_json::to_string(facts).expect("facts hold only strings and numbers")
}

/// The row of a case that is opened.
pub fn new_row(case: &Case, place: &Place) -> Vec<Value> {
    params![
        case.id,
        case.kind.as_str(),
        &case.subject,
        case.kind.live_key(&case.subject),
        &case.title,
        case.state.as_str(),
        &place.queue,
        place.rank,
        place.rerank_at,
        written(&case.facts),
        case.listing,
        case.merchant.clone(),
        case.due,
        case.times,
        case.opened_at,
        &case.opened_by,
        case.updated_at,
        case.not_for.clone(),
        case.version,
    ]
}

/// Writes new cases.
pub async fn insert(tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    let head = "INSERT INTO review_case (id, kind, subject, live, title, state, queue, rank, rerank_at, facts,
                listing_id, merchant, due_at, times, opened_at, opened_by, updated_at, not_for, version)";
    tx.insert_many(head, "", rows).await?;
    Ok(())
}

/// Writes what another report changed.
pub async fn report(tx: &mut Tx, case: &Case, place: &Place) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE review_case SET kind = $2, title = $3, state = $4, queue = $5, rank = $6, rerank_at = $7, facts = $8,
         merchant = $9, due_at = $10, times = $11, updated_at = $12, snoozed_until = $13, version = $14,
         decision_id = $15 WHERE id = $1",
        params![
            case.id,
            case.kind.as_str(),
            &case.title,
            case.state.as_str(),
            &place.queue,
            place.rank,
            place.rerank_at,
            written(&case.facts),
            case.merchant.clone(),
            case.due,
            case.times,
            case.updated_at,
            case.snoozed_until,
            case.version,
            case.decision,
        ],
    )
    .await?;
    Ok(())
}

/// Writes what a step changed: state, place, holder, decision, version. `false`, and nothing is
/// written, when somebody else than `holder` holds the case by now.
pub async fn change(tx: &mut Tx, case: &Case, place: &Place, holder: Option<&str>) -> Result<bool, StoreError> {
    let live = case.state.is_open().then(|| case.kind.live_key(&case.subject));
    let changed = tx
        .execute(
            "UPDATE review_case SET state = $3, live = $4, queue = $5, rank = $6, rerank_at = $7, updated_at = $8,
             not_for = $9, holder = $10, lease_until = $11, snoozed_until = $12, decision_id = $13, version = $14
             WHERE id = $1 AND coalesce(holder, '') = $2",
            params![
                case.id,
                holder.unwrap_or_default(),
                case.state.as_str(),
                live,
                &place.queue,
                place.rank,
                place.rerank_at.filter(|_| case.state.is_open()),
                case.updated_at,
                case.not_for.clone(),
                case.holder.clone(),
                case.lease_until,
                case.snoozed_until,
                case.decision,
                case.version,
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Closes a case: nobody holds it and its subject may have a new one.
pub async fn close(tx: &mut Tx, id: CaseId, now: Instant) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE review_case SET state = $2, live = NULL, holder = NULL, lease_until = NULL, snoozed_until = NULL,
         rerank_at = NULL, updated_at = $3, version = version + 1 WHERE id = $1",
        params![id, CaseState::Closed.as_str(), now],
    )
    .await?;
    Ok(())
}

/// Something that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEventRow {
    /// When.
    pub at: Instant,
    /// Who did it.
    pub actor: String,
    /// What: `opened`, `report`, `close`.
    pub kind: String,
    /// The particulars, as JSON.
    pub body: serde_json::Value,
}

/// Writes what happened; each row is id, case, moment, actor, kind, body as JSON text.
pub async fn tell(tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    tx.insert_many("INSERT INTO review_event (id, case_id, at, actor, kind, body)", "", rows).await?;
    Ok(())
}

/// What happened to a case, oldest first, at most `limit`.
pub async fn history(db: &Db, id: CaseId, limit: i64) -> Result<Vec<CaseEventRow>, StoreError> {
    let text = "SELECT at, actor, kind, body FROM review_event WHERE case_id = $1 ORDER BY id LIMIT $2";
    let event = |row: &Row| {
        Ok(CaseEventRow {
            at: row.get("at")?,
            actor: row.get("actor")?,
            kind: row.get("kind")?,
            body: row.document("body")?,
        })
    };
    db.all(text, params![id, limit]).await?.iter().map(event).collect()
}

/// The cases about a listing, newest first, at most `limit`.
pub async fn of_listing(db: &Db, listing: ListingId, limit: i64) -> Result<Vec<Case>, StoreError> {
    let text = "SELECT id, kind, subject, title, state, queue, rank, facts, listing_id, merchant, due_at, times,
                opened_at, opened_by, updated_at, not_for, holder, lease_until, snoozed_until, decision_id, version
                FROM review_case WHERE listing_id = $1 ORDER BY id DESC LIMIT $2";
    db.all(text, params![listing, limit]).await?.iter().map(read).collect()
}

/// Ids of the open cases that stop what is sent under these listings, by listing.
pub async fn open_about_listings(
    tx: &mut Tx,
    listings: &[ListingId],
) -> Result<HashMap<ListingId, Vec<String>>, StoreError> {
    let head = "SELECT id, listing_id FROM review_case WHERE live IS NOT NULL
                AND kind IN ('listing_review', 'image_look_alike', 'notice', 'complaint') AND listing_id IN";
    let mut open: HashMap<ListingId, Vec<String>> = HashMap::new();
    for row in tx.all_in(head, listings.iter().map(ListingId::to_string).collect()).await? {
        open.entry(row.parse("listing_id")?).or_default().push(row.get("id")?);
    }
    open.values_mut().for_each(|cases| cases.sort_unstable());
    Ok(open)
}

/// Ids of the open cases that stop what these merchants send, by the platform's id of the merchant.
pub async fn open_about_merchants(
    tx: &mut Tx,
    merchants: Vec<String>,
) -> Result<HashMap<String, Vec<String>>, StoreError> {
    let head = "SELECT id, merchant FROM review_case WHERE live IS NOT NULL AND kind = 'merchant' AND merchant IN";
    let mut open: HashMap<String, Vec<String>> = HashMap::new();
    for row in tx.all_in(head, merchants).await? {
        open.entry(row.get("merchant")?).or_default().push(row.get("id")?);
    }
    open.values_mut().for_each(|cases| cases.sort_unstable());
    Ok(open)
}
