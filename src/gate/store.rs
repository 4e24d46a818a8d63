//! All SQL of shipments, their outcomes and certificates.

use std::collections::HashMap;

use super::model::{self, CertificateRef, ShipmentRow};
use crate::kernel::id::{CertificateId, ShipmentId};
use crate::kernel::{Digest, Instant};
use crate::params;
use crate::shipments::{Lane, Outcome};
use crate::store::{Db, Row, StoreError, Tx, Value};

fn parsed<T>(row: &Row, column: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    read(&text).map_err(|problem| StoreError::Corrupt { column: column.to_owned(), problem })
}

fn optional<T: std::str::FromStr>(row: &Row, column: &str) -> Result<Option<T>, StoreError>
where
    T::Err: std::fmt::Display,
{
    let text: Option<String> = row.get(column)?;
    let read = |text: String| {
        text.parse()
            .map_err(|problem: T::Err| StoreError::Corrupt { column: column.to_owned(), problem: problem.to_string() })
    };
    text.map(read).transpose()
}

fn certificate(row: &Row) -> Result<Option<CertificateRef>, StoreError> {
    let (id, expires_at) = (optional::<CertificateId>(row, "certificate")?, row.get::<Option<Instant>>("expires_at")?);
    Ok(id.zip(expires_at).map(|(id, expires_at)| CertificateRef { id, expires_at }))
}

fn read_shipment(row: &Row) -> Result<ShipmentRow, StoreError> {
    Ok(ShipmentRow {
        id: row.parse("id")?,
        external_id: row.get("external_id")?,
        merchant: row.get("merchant")?,
        destination: row.get("destination")?,
        version: row.get("version")?,
        digest: row.parse("digest")?,
        number: row.get("number")?,
        outcome: parsed(row, "outcome", model::outcome)?,
        lane: parsed(row, "lane", model::lane)?,
        progress: row.parse("progress")?,
        certificate: certificate(row)?,
        released_digest: optional::<Digest>(row, "released_digest")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        position: row.get("position")?,
    })
}

/// The shipments with these platform ids that exist.
pub async fn shipments_by_external_id(
    tx: &mut Tx,
    external_ids: Vec<String>,
) -> Result<HashMap<String, ShipmentRow>, StoreError> {
    let head = "SELECT id, external_id, merchant, destination, version, digest, number, outcome, lane, progress,
                certificate, expires_at, released_digest, created_at, updated_at, position
                FROM shipment WHERE external_id IN";
    let rows = tx.all_in(head, external_ids).await?;
    rows.iter().map(|row| read_shipment(row).map(|read| (read.external_id.clone(), read))).collect()
}

/// The shipment with this id.
pub async fn shipment(db: &Db, id: ShipmentId) -> Result<Option<ShipmentRow>, StoreError> {
    let text = "SELECT id, external_id, merchant, destination, version, digest, number, outcome, lane, progress,
                certificate, expires_at, released_digest, created_at, updated_at, position
                FROM shipment WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read_shipment).transpose()
}

/// The shipment with this id of the platform.
pub async fn shipment_by_external_id(db: &Db, external_id: &str) -> Result<Option<ShipmentRow>, StoreError> {
    let text = "SELECT id, external_id, merchant, destination, version, digest, number, outcome, lane, progress,
                certificate, expires_at, released_digest, created_at, updated_at, position
                FROM shipment WHERE external_id = $1";
    db.optional(text, params![external_id]).await?.as_ref().map(read_shipment).transpose()
}

/// What a list of shipments is narrowed by; an empty text = not narrowed.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// release, hold or refuse.
    pub outcome: String,
    /// green, amber or red.
    pub lane: String,
    /// waiting, departed or delivered.
    pub progress: String,
    /// The platform's id of the merchant.
    pub merchant: String,
    /// Country as declared.
    pub destination: String,
}

/// The latest shipments, newest change first. `before` is the exclusive upper end of a page.
pub async fn recent(
    db: &Db,
    filter: &Filter,
    before: Option<(Instant, ShipmentId)>,
    limit: i64,
) -> Result<Vec<ShipmentRow>, StoreError> {
    let text = "SELECT id, external_id, merchant, destination, version, digest, number, outcome, lane, progress,
                certificate, expires_at, released_digest, created_at, updated_at, position
                FROM shipment WHERE (updated_at, id) < ($1, $2) AND ($3 = '' OR outcome = $3)
                AND ($4 = '' OR lane = $4) AND ($5 = '' OR progress = $5) AND ($6 = '' OR merchant = $6)
                AND ($7 = '' OR destination = $7) ORDER BY updated_at DESC, id DESC LIMIT $8";
    let end_of_time = (
        Instant::from_micros(253_402_300_799_000_000).unwrap_or(Instant::new(jiff::Timestamp::MAX)),
        String::from("~"),
    );
    let (at, id) = before.map_or(end_of_time, |(at, id)| (at, id.to_string()));
    let (outcome, lane, progress) = (&filter.outcome, &filter.lane, &filter.progress);
    let values = params![at, id, outcome, lane, progress, &filter.merchant, &filter.destination, limit];
    db.all(text, values).await?.iter().map(read_shipment).collect()
}

/// A declaration as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVersion {
    /// Its number, from 1.
    pub version: i64,
    /// When it came.
    pub at: Instant,
    /// The day whose law it is judged by.
    pub judged_on: jiff::civil::Date,
    /// Digest of its content.
    pub digest: Digest,
    /// The JSON text as it was sent.
    pub body: String,
}

fn read_version(row: &Row) -> Result<StoredVersion, StoreError> {
    Ok(StoredVersion {
        version: row.get("version")?,
        at: row.get("at")?,
        judged_on: row.parse("judged_on")?,
        digest: row.parse("digest")?,
        body: row.get("body")?,
    })
}

/// One version of a declaration.
pub async fn version(tx: &mut Tx, id: ShipmentId, version: i64) -> Result<Option<StoredVersion>, StoreError> {
    let text = "SELECT version, at, judged_on, digest, body FROM shipment_version
                WHERE shipment_id = $1 AND version = $2";
    tx.optional(text, params![id, version]).await?.as_ref().map(read_version).transpose()
}

/// [`version`] outside any transaction.
pub async fn declaration(db: &Db, id: ShipmentId, version: i64) -> Result<Option<StoredVersion>, StoreError> {
    let text = "SELECT version, at, judged_on, digest, body FROM shipment_version
                WHERE shipment_id = $1 AND version = $2";
    db.optional(text, params![id, version]).await?.as_ref().map(read_version).transpose()
}

/// The latest versions of a declaration, newest first.
pub async fn versions(db: &Db, id: ShipmentId, limit: i64) -> Result<Vec<StoredVersion>, StoreError> {
    let text = "SELECT version, at, judged_on, digest, body FROM shipment_version
                WHERE shipment_id = $1 ORDER BY version DESC LIMIT $2";
    db.all(text, params![id, limit]).await?.iter().map(read_version).collect()
}

/// An answer of the gate as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOutcome {
    /// Its number, from 1.
    pub number: i64,
    /// The version it judged.
    pub version: i64,
    /// When.
    pub at: Instant,
    /// Why it was made: `submitted`, `event 12`.
    pub cause: String,
    /// Who asked.
    pub actor: String,
    /// What it says.
    pub outcome: Outcome,
    /// How closely the shipment is looked at.
    pub lane: Lane,
    /// Rules and facts that judged.
    pub rules_version: String,
    /// The certificate it issued.
    pub certificate: Option<CertificateRef>,
    /// When that was revoked.
    pub revoked_at: Option<Instant>,
    /// Why.
    pub revoked_because: Option<String>,
    /// The answer's bytes.
    pub answer: String,
}

fn read_outcome(row: &Row) -> Result<StoredOutcome, StoreError> {
    Ok(StoredOutcome {
        number: row.get("number")?,
        version: row.get("version")?,
        at: row.get("at")?,
        cause: row.get("cause")?,
        actor: row.get("actor")?,
        outcome: parsed(row, "outcome", model::outcome)?,
        lane: parsed(row, "lane", model::lane)?,
        rules_version: row.get("rules_version")?,
        certificate: certificate(row)?,
        revoked_at: row.get("revoked_at")?,
        revoked_because: row.get("revoked_because")?,
        answer: row.get("answer")?,
    })
}

/// One answer of the gate.
pub async fn outcome(db: &Db, id: ShipmentId, number: i64) -> Result<Option<StoredOutcome>, StoreError> {
    let text = "SELECT number, version, at, cause, actor, outcome, lane, rules_version, certificate, expires_at,
                revoked_at, revoked_because, answer FROM shipment_outcome WHERE shipment_id = $1 AND number = $2";
    db.optional(text, params![id, number]).await?.as_ref().map(read_outcome).transpose()
}

/// The latest answers on a shipment, newest first.
pub async fn outcomes(db: &Db, id: ShipmentId, limit: i64) -> Result<Vec<StoredOutcome>, StoreError> {
    let text = "SELECT number, version, at, cause, actor, outcome, lane, rules_version, certificate, expires_at,
                revoked_at, revoked_because, answer FROM shipment_outcome
                WHERE shipment_id = $1 ORDER BY number DESC LIMIT $2";
    db.all(text, params![id, limit]).await?.iter().map(read_outcome).collect()
}

/// The bytes of one answer, inside a transaction.
pub async fn answer(tx: &mut Tx, id: ShipmentId, number: i64) -> Result<Option<String>, StoreError> {
    let text = "SELECT answer FROM shipment_outcome WHERE shipment_id = $1 AND number = $2";
    tx.optional(text, params![id, number]).await?.map(|row| row.get("answer")).transpose()
}

/// The sums under these keys.
pub async fn sums(tx: &mut Tx, keys: Vec<String>) -> Result<Vec<(String, String)>, StoreError> {
    let rows = tx.all_in("SELECT key, body FROM shipment_sum WHERE key IN", keys).await?;
    rows.iter().map(|row| Ok((row.get("key")?, row.get("body")?))).collect()
}

/// Rows that one batch writes.
#[derive(Debug, Default)]
pub struct NewRows {
    /// shipment rows: the state after the batch, one a shipment.
    pub shipments: Vec<Vec<Value>>,
    /// shipment_version rows.
    pub versions: Vec<Vec<Value>>,
    /// shipment_outcome rows.
    pub outcomes: Vec<Vec<Value>>,
    /// shipment_reference rows.
    pub references: Vec<Vec<Value>>,
    /// shipment_sum rows.
    pub sums: Vec<Vec<Value>>,
    /// idempotency rows.
    pub keys: Vec<Vec<Value>>,
}

/// The values of a shipment's row.
pub fn shipment_values(row: &ShipmentRow) -> Vec<Value> {
    params![
        row.id,
        &row.external_id,
        row.merchant.clone(),
        row.destination.clone(),
        row.version,
        row.digest,
        row.number,
        row.outcome.to_string(),
        row.lane.to_string(),
        row.progress.as_str(),
        row.certificate.map(|certificate| certificate.id),
        row.certificate.map(|certificate| certificate.expires_at),
        row.released_digest,
        row.created_at,
        row.updated_at,
        row.position,
    ]
}

/// Writes them.
pub async fn insert(tx: &mut Tx, rows: NewRows) -> Result<(), StoreError> {
    tx.insert_many(
        "INSERT INTO shipment (id, external_id, merchant, destination, version, digest, number, outcome, lane, progress,
         certificate, expires_at, released_digest, created_at, updated_at, position)",
        "ON CONFLICT (external_id) DO UPDATE SET merchant = excluded.merchant, destination = excluded.destination,
         version = excluded.version, digest = excluded.digest, number = excluded.number, outcome = excluded.outcome,
         lane = excluded.lane, progress = excluded.progress, certificate = excluded.certificate,
         expires_at = excluded.expires_at, released_digest = excluded.released_digest,
         updated_at = excluded.updated_at, position = excluded.position",
        rows.shipments,
    )
    .await?;
    let head = "INSERT INTO shipment_version (shipment_id, version, at, judged_on, digest, body)";
    tx.insert_many(head, "", rows.versions).await?;
    let head = "INSERT INTO shipment_outcome (shipment_id, number, version, at, cause, actor, outcome, lane,
                rules_version, certificate, expires_at, answer)";
    tx.insert_many(head, "", rows.outcomes).await?;
    let head = "INSERT INTO shipment_reference (kind, value, shipment_id)";
    tx.insert_many(head, "ON CONFLICT DO NOTHING", rows.references).await?;
    let tail = "ON CONFLICT (key) DO UPDATE SET body = excluded.body";
    tx.insert_many("INSERT INTO shipment_sum (key, body)", tail, rows.sums).await?;
    tx.insert_many("INSERT INTO idempotency (key, fingerprint, status, answer, at)", "", rows.keys).await?;
    Ok(())
}

/// Notes that the certificate of an outcome no longer holds.
pub async fn revoke(
    tx: &mut Tx,
    id: ShipmentId,
    certificate: CertificateId,
    because: &str,
    now: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE shipment_outcome SET revoked_at = $3, revoked_because = $4
         WHERE shipment_id = $1 AND certificate = $2 AND revoked_at IS NULL",
        params![id, certificate, now, because],
    )
    .await?;
    Ok(())
}

/// A certificate that was revoked and has not expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Its id.
    pub certificate: CertificateId,
    /// Since when.
    pub at: Instant,
    /// When it would have expired.
    pub expires_at: Instant,
}

/// Certificates that were revoked and would still hold at `now`, oldest revocation first.
pub async fn revoked(db: &Db, now: Instant, limit: i64) -> Result<Vec<Revoked>, StoreError> {
    let text = "SELECT certificate, revoked_at, expires_at FROM shipment_outcome
                WHERE revoked_at IS NOT NULL AND expires_at > $1 ORDER BY revoked_at, certificate LIMIT $2";
    let read = |row: &Row| {
        let (certificate, at) = (row.parse("certificate")?, row.get("revoked_at")?);
        Ok(Revoked { certificate, at, expires_at: row.get("expires_at")? })
    };
    db.all(text, params![now, limit]).await?.iter().map(read).collect()
}

/// A public key that certificates are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its id.
    pub id: String,
    /// The key as JSON Web Key.
    pub jwk: String,
    /// Since when.
    pub added_at: Instant,
    /// When it was withdrawn; nothing signed with it is trusted any more.
    pub withdrawn_at: Option<Instant>,
}

/// All keys, newest first.
pub async fn keys(db: &Db) -> Result<Vec<StoredKey>, StoreError> {
    let text = "SELECT id, jwk, added_at, withdrawn_at FROM release_key ORDER BY added_at DESC, id LIMIT 1000";
    let read = |row: &Row| {
        let (id, jwk, added_at) = (row.get("id")?, row.get("jwk")?, row.get("added_at")?);
        Ok(StoredKey { id, jwk, added_at, withdrawn_at: row.get("withdrawn_at")? })
    };
    db.all(text, vec![]).await?.iter().map(read).collect()
}

/// Publishes a key; `false` when it was published before.
pub async fn add_key(tx: &mut Tx, id: &str, jwk: &str, now: Instant) -> Result<bool, StoreError> {
    let text = "INSERT INTO release_key (id, jwk, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    Ok(tx.execute(text, params![id, jwk, now]).await? == 1)
}

/// Withdraws a key; `false` when there is none that is trusted.
pub async fn withdraw_key(tx: &mut Tx, id: &str, now: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE release_key SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL";
    Ok(tx.execute(text, params![id, now]).await? == 1)
}
