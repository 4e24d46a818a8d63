//! All SQL of listings, versions and verdicts.

use std::collections::HashMap;

use super::Decision;
use crate::kernel::id::{ListingId, VerdictId};
use crate::kernel::{Digest, Instant};
use crate::listings::model::Listing;
use crate::merchants::model::MerchantFacts;
use crate::params;
use crate::store::{Db, Row, StoreError, Tx, Value};

/// Where a listing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingRow {
    /// Its id.
    pub id: ListingId,
    /// The platform's id.
    pub external_id: String,
    /// Number of its present version, from 1.
    pub version: i64,
    /// Digest of the present version's content.
    pub digest: Digest,
    /// The verdict in force.
    pub verdict: VerdictId,
    /// What that verdict says.
    pub decision: Decision,
    /// Revision of registry and rules that the verdict in force saw.
    pub revision: i64,
    /// When it first came.
    pub created_at: Instant,
    /// When version or verdict last changed.
    pub updated_at: Instant,
    /// Position of the last event about it.
    pub position: i64,
}

const LISTING_COLUMNS: &str = "l.id, l.external_id, l.version, l.digest, l.verdict_id, l.outcome, l.created_at,
    l.updated_at, l.position, v.revision";

fn read_listing(row: &Row) -> Result<ListingRow, StoreError> {
    Ok(ListingRow {
        id: row.parse("id")?,
        external_id: row.get("external_id")?,
        version: row.get("version")?,
        digest: row.parse("digest")?,
        verdict: row.parse("verdict_id")?,
        decision: row.parse("outcome")?,
        revision: row.get("revision")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        position: row.get("position")?,
    })
}

/// The listings with these platform ids that exist.
pub async fn listings_by_external_id(
    tx: &mut Tx,
    external_ids: Vec<String>,
) -> Result<HashMap<String, ListingRow>, StoreError> {
    let head =
        format!("SELECT {LISTING_COLUMNS} FROM listing l JOIN verdict v ON v.id = l.verdict_id WHERE l.external_id IN");
    let rows = tx.all_in(&head, external_ids).await?;
    rows.iter().map(|row| read_listing(row).map(|listing| (listing.external_id.clone(), listing))).collect()
}

/// The listing with this id.
pub async fn listing(db: &Db, id: ListingId) -> Result<Option<ListingRow>, StoreError> {
    let text = "SELECT l.id, l.external_id, l.version, l.digest, l.verdict_id, l.outcome, l.created_at,
                l.updated_at, l.position, v.revision
                FROM listing l JOIN verdict v ON v.id = l.verdict_id WHERE l.id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read_listing).transpose()
}

/// The listing with this id of the platform.
pub async fn listing_by_external_id(db: &Db, external_id: &str) -> Result<Option<ListingRow>, StoreError> {
    let text = "SELECT l.id, l.external_id, l.version, l.digest, l.verdict_id, l.outcome, l.created_at,
                l.updated_at, l.position, v.revision
                FROM listing l JOIN verdict v ON v.id = l.verdict_id WHERE l.external_id = $1";
    db.optional(text, params![external_id]).await?.as_ref().map(read_listing).transpose()
}

/// The content of one version.
pub async fn version(db: &Db, id: ListingId, version: i64) -> Result<Option<Listing>, StoreError> {
    let text = "SELECT body FROM listing_version WHERE listing_id = $1 AND version = $2";
    let row = db.optional(text, params![id, version]).await?;
    row.map(|row| row.document("body")).transpose()
}

/// Digest of a listing's present content.
pub async fn content_digest(tx: &mut Tx, id: ListingId) -> Result<Option<Digest>, StoreError> {
    let row = tx.optional("SELECT digest FROM listing WHERE id = $1", params![id]).await?;
    row.map(|row| row.parse("digest")).transpose()
}

/// The content of one version and the bytes of one verdict on it, inside a transaction.
pub async fn version_and_verdict(tx: &mut Tx, row: &ListingRow) -> Result<Option<(Listing, String)>, StoreError> {
    let text = "SELECT c.body AS content, v.body AS verdict FROM listing_version c JOIN verdict v ON v.id = $3
                WHERE c.listing_id = $1 AND c.version = $2";
    let found = tx.optional(text, params![row.id, row.version, row.verdict]).await?;
    found.map(|found| Ok((found.document("content")?, found.get("verdict")?))).transpose()
}

/// A verdict as it is stored, with what is needed to judge again.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredVerdict {
    /// Its id.
    pub id: VerdictId,
    /// The listing it judged.
    pub listing: ListingId,
    /// The version it judged.
    pub version: i64,
    /// The revision of registry and rules it was judged with.
    pub revision: i64,
    /// What it says.
    pub decision: Decision,
    /// Why it was made: `submitted`, `hunt hnt_…`.
    pub cause: String,
    /// When.
    pub at: Instant,
    /// What was known of the merchant.
    pub facts: MerchantFacts,
    /// The verdict's bytes.
    pub body: String,
}

fn read_verdict(row: &Row) -> Result<StoredVerdict, StoreError> {
    Ok(StoredVerdict {
        id: row.parse("id")?,
        listing: row.parse("listing_id")?,
        version: row.get("listing_version")?,
        revision: row.get("revision")?,
        decision: row.parse("outcome")?,
        cause: row.get("cause")?,
        at: row.get("at")?,
        facts: row.document("facts")?,
        body: row.get("body")?,
    })
}

/// The verdict with this id.
pub async fn verdict(db: &Db, id: VerdictId) -> Result<Option<StoredVerdict>, StoreError> {
    let text = "SELECT id, listing_id, listing_version, revision, outcome, cause, at, facts, body
                FROM verdict WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read_verdict).transpose()
}

/// The bytes of one verdict, inside a transaction.
pub async fn verdict_body(tx: &mut Tx, id: VerdictId) -> Result<Option<String>, StoreError> {
    let row = tx.optional("SELECT body FROM verdict WHERE id = $1", params![id]).await?;
    row.map(|row| row.get("body")).transpose()
}

/// All verdicts on a listing, newest first, at most `limit`. Ids do not order them: two
/// replicas' clocks differ. Versions do, and within a version each one saw a later revision.
pub async fn history(db: &Db, listing: ListingId, limit: i64) -> Result<Vec<StoredVerdict>, StoreError> {
    let text = "SELECT id, listing_id, listing_version, revision, outcome, cause, at, facts, body
                FROM verdict WHERE listing_id = $1 ORDER BY listing_version DESC, revision DESC, id DESC LIMIT $2";
    db.all(text, params![listing, limit]).await?.iter().map(read_verdict).collect()
}

/// A listing with the verdict in force, for lists and for the index.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Where the listing stands.
    pub row: ListingRow,
    /// Its content.
    pub listing: Listing,
    /// The verdict's bytes.
    pub verdict: String,
}

fn read_judged(row: &Row) -> Result<Judged, StoreError> {
    Ok(Judged { row: read_listing(row)?, listing: row.document("content")?, verdict: row.get("verdict_body")? })
}

/// Listings whose last event came after `position`, in order of their events.
pub async fn changed_after(db: &Db, position: i64, limit: i64) -> Result<Vec<Judged>, StoreError> {
    let text = "SELECT l.id, l.external_id, l.version, l.digest, l.verdict_id, l.outcome, l.created_at, l.updated_at,
                l.position, v.revision, v.body AS verdict_body, c.body AS content
                FROM listing l JOIN verdict v ON v.id = l.verdict_id
                JOIN listing_version c ON c.listing_id = l.id AND c.version = l.version
                WHERE l.position > $1 ORDER BY l.position LIMIT $2";
    db.all(text, params![position, limit]).await?.iter().map(read_judged).collect()
}

/// These listings, in no particular order; those that do not exist are left out.
pub async fn judged(db: &Db, ids: &[ListingId]) -> Result<Vec<Judged>, StoreError> {
    let text = "SELECT l.id, l.external_id, l.version, l.digest, l.verdict_id, l.outcome, l.created_at, l.updated_at,
                l.position, v.revision, v.body AS verdict_body, c.body AS content
                FROM listing l JOIN verdict v ON v.id = l.verdict_id
                JOIN listing_version c ON c.listing_id = l.id AND c.version = l.version WHERE l.id IN";
    let ids: Vec<String> = ids.iter().map(ListingId::to_string).collect();
    db.all_in(text, &ids).await?.iter().map(read_judged).collect()
}

/// The listings with these platform ids, in no particular order; those that do not exist are left out.
pub async fn judged_by_external_id(db: &Db, external_ids: &[String]) -> Result<Vec<Judged>, StoreError> {
    let text = "SELECT l.id, l.external_id, l.version, l.digest, l.verdict_id, l.outcome, l.created_at, l.updated_at,
                l.position, v.revision, v.body AS verdict_body, c.body AS content
                FROM listing l JOIN verdict v ON v.id = l.verdict_id
                JOIN listing_version c ON c.listing_id = l.id AND c.version = l.version WHERE l.external_id IN";
    db.all_in(text, external_ids).await?.iter().map(read_judged).collect()
}

/// Listings after `after` in id order: for work that walks over all of them.
pub async fn all_after(db: &Db, after: &str, limit: i64) -> Result<Vec<Judged>, StoreError> {
    let text = "SELECT l.id, l.external_id, l.version, l.digest, l.verdict_id, l.outcome, l.created_at, l.updated_at,
                l.position, v.revision, v.body AS verdict_body, c.body AS content
                FROM listing l JOIN verdict v ON v.id = l.verdict_id
                JOIN listing_version c ON c.listing_id = l.id AND c.version = l.version
                WHERE l.id > $1 ORDER BY l.id LIMIT $2";
    db.all(text, params![after, limit]).await?.iter().map(read_judged).collect()
}

/// The latest judged listings, newest first; of one decision only where it is given.
/// `before` is the exclusive upper end of a page: the time and id of the last one shown.
pub async fn recent(
    db: &Db,
    decision: Option<Decision>,
    before: Option<(Instant, ListingId)>,
    limit: i64,
) -> Result<Vec<Judged>, StoreError> {
    let text = "SELECT l.id, l.external_id, l.version, l.digest, l.verdict_id, l.outcome, l.created_at, l.updated_at,
                l.position, v.revision, v.body AS verdict_body, c.body AS content
                FROM listing l JOIN verdict v ON v.id = l.verdict_id
                JOIN listing_version c ON c.listing_id = l.id AND c.version = l.version
                WHERE (l.updated_at, l.id) < ($1, $2) AND ($3 = '' OR l.outcome = $3)
                ORDER BY l.updated_at DESC, l.id DESC LIMIT $4";
    let end_of_time = (
        Instant::from_micros(253_402_300_799_000_000).unwrap_or(Instant::new(jiff::Timestamp::MAX)),
        String::from("~"),
    );
    let (at, id) = before.map_or(end_of_time, |(at, id)| (at, id.to_string()));
    let decision = decision.map_or("", Decision::as_str);
    db.all(text, params![at, id, decision, limit]).await?.iter().map(read_judged).collect()
}

/// How many listings stand at each decision.
pub async fn counts(db: &Db) -> Result<Vec<(Decision, i64)>, StoreError> {
    let rows = db.all("SELECT outcome, count(*) AS n FROM listing GROUP BY outcome ORDER BY outcome", vec![]).await?;
    rows.iter().map(|row| Ok((row.parse("outcome")?, row.get("n")?))).collect()
}

/// Rows that one batch of screenings writes.
#[derive(Debug, Default)]
pub struct NewRows {
    /// listing_version rows.
    pub versions: Vec<Vec<Value>>,
    /// verdict rows.
    pub verdicts: Vec<Vec<Value>>,
    /// listing rows: the state after the batch, one a listing.
    pub listings: Vec<Vec<Value>>,
    /// idempotency rows.
    pub keys: Vec<Vec<Value>>,
}

/// Writes them.
pub async fn insert(tx: &mut Tx, rows: NewRows) -> Result<(), StoreError> {
    tx.insert_many("INSERT INTO listing_version (listing_id, version, at, price, currency, body)", "", rows.versions)
        .await?;
    tx.insert_many(
        "INSERT INTO verdict (id, listing_id, listing_version, revision, outcome, cause, at, facts, body)",
        "",
        rows.verdicts,
    )
    .await?;
    tx.insert_many(
        "INSERT INTO listing (id, external_id, version, digest, verdict_id, outcome, merchant, created_at, updated_at, position)",
        "ON CONFLICT (external_id) DO UPDATE SET version = excluded.version, digest = excluded.digest,
         verdict_id = excluded.verdict_id, outcome = excluded.outcome, merchant = excluded.merchant,
         updated_at = excluded.updated_at, position = excluded.position",
        rows.listings,
    )
    .await?;
    tx.insert_many("INSERT INTO idempotency (key, fingerprint, status, answer, at)", "", rows.keys).await?;
    Ok(())
}

/// What an idempotency key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Fingerprint of the request that used it first.
    pub fingerprint: String,
    /// The status that was answered.
    pub status: i64,
    /// What was answered: a verdict id for a submission, a JSON body for others.
    pub answer: String,
}

/// Those of `keys` that were used before.
pub async fn known_keys(tx: &mut Tx, keys: Vec<String>) -> Result<HashMap<String, KnownKey>, StoreError> {
    let rows = tx.all_in("SELECT key, fingerprint, status, answer FROM idempotency WHERE key IN", keys).await?;
    let read = |row: &Row| {
        let known =
            KnownKey { fingerprint: row.get("fingerprint")?, status: row.get("status")?, answer: row.get("answer")? };
        Ok((row.get("key")?, known))
    };
    rows.iter().map(read).collect()
}

/// Keys forgotten in one transaction, so that submissions wait for milliseconds only.
pub const FORGET_AT_ONCE: i64 = 5_000;

/// Forgets idempotency keys older than `before`, at most [`FORGET_AT_ONCE`]; answers how many.
pub async fn forget_keys(tx: &mut Tx, before: Instant) -> Result<u64, StoreError> {
    let text = "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE at < $1 LIMIT $2)";
    tx.execute(text, params![before, FORGET_AT_ONCE]).await
}
