//! All SQL of the registry, the rule packs and the revision counter.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::{Brand, BrandKey};
use crate::kernel::{Digest, Instant};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// The state that snapshots are built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The counter of changes to brands, packs and merchants.
    pub number: i64,
    /// Chained digest of all changes to brands: the registry's own revision.
    pub digest: Digest,
}

impl Revision {
    /// How verdicts name the registry's state.
    pub fn registry_name(&self) -> String {
        format!("r-{}", self.digest.short())
    }
}

fn read_revision(row: Option<Row>) -> Result<Revision, StoreError> {
    let row = row.ok_or_else(|| StoreError::Corrupt {
        column: "revision".to_owned(),
        problem: "no revision is stored".to_owned(),
    })?;
    Ok(Revision { number: row.get("number")?, digest: row.parse("digest")? })
}

/// The latest revision.
pub async fn latest(db: &Db) -> Result<Revision, StoreError> {
    read_revision(db.optional("SELECT number, digest FROM revision ORDER BY number DESC LIMIT 1", vec![]).await?)
}

/// [`latest`] inside a transaction, without keeping others from the next one.
pub async fn latest_in(tx: &mut Tx) -> Result<Revision, StoreError> {
    let text = "SELECT number, digest FROM revision ORDER BY number DESC LIMIT 1";
    read_revision(tx.optional(text, vec![]).await?)
}

/// When the first revision after `number` was written; `None` when there is none.
pub async fn waiting_since(db: &Db, number: i64) -> Result<Option<Instant>, StoreError> {
    let text = "SELECT at FROM revision WHERE number > $1 ORDER BY number LIMIT 1";
    db.optional(text, params![number]).await?.map(|row| row.get("at")).transpose()
}

/// The revision with this number.
pub async fn revision(db: &Db, number: i64) -> Result<Option<Revision>, StoreError> {
    let row = db.optional("SELECT number, digest FROM revision WHERE number = $1", params![number]).await?;
    row.map(|row| read_revision(Some(row))).transpose()
}

/// Takes the right to write the next revision until the transaction ends.
pub async fn take_latest(tx: &mut Tx) -> Result<Revision, StoreError> {
    if let Tx::Postgres(_) = tx {
        // One row that never changes is the lock; the next statement then sees what the
        // writer before this one committed.
        tx.all("SELECT number FROM revision WHERE number = 0 FOR UPDATE", vec![]).await?;
    }
    read_revision(tx.optional("SELECT number, digest FROM revision ORDER BY number DESC LIMIT 1", vec![]).await?)
}

/// Writes the next revision; `change` is the digest of what changed in the registry, or
/// nothing when rules or merchants changed.
pub async fn advance(
    tx: &mut Tx,
    from: &Revision,
    change: Option<Digest>,
    cause: &str,
    now: Instant,
) -> Result<Revision, StoreError> {
    let digest = change.map_or(from.digest, |change| Digest::of_parts(&[&from.digest.0, &change.0]));
    let next = Revision { number: from.number + 1, digest };
    tx.execute(
        "INSERT INTO revision (number, digest, at, cause) VALUES ($1, $2, $3, $4)",
        params![next.number, next.digest, now, cause],
    )
    .await?;
    Ok(next)
}

/// A brand's row: which of its versions is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandRow {
    /// Its name in the registry.
    pub key: BrandKey,
    /// The revision that wrote its present state.
    pub revision: i64,
    /// Digest of that state as it was imported.
    pub digest: Digest,
    /// Its name for people.
    pub name: String,
}

fn read_brand_row(row: &Row) -> Result<BrandRow, StoreError> {
    let key: String = row.get("key")?;
    Ok(BrandRow {
        key: BrandKey::new(key),
        revision: row.get("revision")?,
        digest: row.parse("digest")?,
        name: row.get("name")?,
    })
}

/// The rows of those of `keys` that exist.
pub async fn brand_rows(tx: &mut Tx, keys: Vec<String>) -> Result<HashMap<BrandKey, BrandRow>, StoreError> {
    let rows = tx.all_in("SELECT key, revision, digest, name FROM brand WHERE key IN", keys).await?;
    rows.iter().map(|row| read_brand_row(row).map(|brand| (brand.key.clone(), brand))).collect()
}

/// Brands after `after` in key order.
pub async fn list(db: &Db, after: &str, limit: i64) -> Result<Vec<BrandRow>, StoreError> {
    let text = "SELECT key, revision, digest, name FROM brand WHERE key > $1 ORDER BY key LIMIT $2";
    db.all(text, params![after, limit]).await?.iter().map(read_brand_row).collect()
}

/// How many brands there are.
pub async fn count(db: &Db) -> Result<i64, StoreError> {
    let row = db.optional("SELECT count(*) AS n FROM brand", vec![]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

/// The present state of one brand and the revision that wrote it.
pub async fn brand(db: &Db, key: &str) -> Result<Option<(Brand, i64)>, StoreError> {
    // No key holds U+0000, and PostgreSQL cannot even be asked for one that does.
    if key.contains('\0') {
        return Ok(None);
    }
    let text = "SELECT v.body, v.revision FROM brand b
                JOIN brand_version v ON v.key = b.key AND v.revision = b.revision WHERE b.key = $1";
    let row = db.optional(text, params![key]).await?;
    row.map(|row| Ok((row.document("body")?, row.get("revision")?))).transpose()
}

/// [`brand`] inside a transaction.
pub async fn brand_in(tx: &mut Tx, key: &str) -> Result<Option<Brand>, StoreError> {
    let text = "SELECT v.body FROM brand b
                JOIN brand_version v ON v.key = b.key AND v.revision = b.revision WHERE b.key = $1";
    let row = tx.optional(text, params![key]).await?;
    row.map(|row| row.document("body")).transpose()
}

/// The brands with these keys that exist, inside a transaction.
pub async fn brands_in(tx: &mut Tx, keys: Vec<String>) -> Result<HashMap<BrandKey, Brand>, StoreError> {
    let head = "SELECT v.body FROM brand b
                JOIN brand_version v ON v.key = b.key AND v.revision = b.revision WHERE b.key IN";
    let rows = tx.all_in(head, keys).await?;
    rows.iter().map(|row| row.document::<Brand>("body").map(|brand| (brand.key.clone(), brand))).collect()
}

fn read_brands(rows: &[Row]) -> Result<Vec<Arc<Brand>>, StoreError> {
    rows.iter().map(|row| row.document::<Brand>("body").map(Arc::new)).collect()
}

/// All brands as they stood at `revision`, in key order.
pub async fn brands_at(db: &Db, revision: i64) -> Result<Vec<Arc<Brand>>, StoreError> {
    let text = "SELECT v.body FROM brand_version v
                JOIN (SELECT key, max(revision) AS revision FROM brand_version WHERE revision <= $1 GROUP BY key) l
                ON l.key = v.key AND l.revision = v.revision
                WHERE v.body IS NOT NULL ORDER BY v.key";
    let rows = db.all(text, params![revision]).await?;
    tokio::task::spawn_blocking(move || read_brands(&rows)).await.map_err(|_| StoreError::Corrupt {
        column: "brand_version.body".to_owned(),
        problem: "reading it was interrupted".to_owned(),
    })?
}

/// The brands that changed after `from` up to `to`: as they stood at `from`, and as they
/// stand at `to`.
pub async fn brands_between(db: &Db, from: i64, to: i64) -> Result<(Vec<Arc<Brand>>, Vec<Arc<Brand>>), StoreError> {
    let state = "SELECT v.body FROM brand_version v
                 JOIN (SELECT key, max(revision) AS revision FROM brand_version
                       WHERE revision <= $3 AND key IN
                           (SELECT key FROM brand_version WHERE revision > $1 AND revision <= $2)
                       GROUP BY key) l
                 ON l.key = v.key AND l.revision = v.revision
                 WHERE v.body IS NOT NULL ORDER BY v.key";
    let before = db.all(state, params![from, to, from]).await?;
    let after = db.all(state, params![from, to, to]).await?;
    Ok((read_brands(&before)?, read_brands(&after)?))
}

/// How many brand states were written after `from` up to `to`.
pub async fn changes_between(db: &Db, from: i64, to: i64) -> Result<i64, StoreError> {
    let text = "SELECT count(*) AS n FROM brand_version WHERE revision > $1 AND revision <= $2";
    let row = db.optional(text, params![from, to]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

/// Which brand each of `names` (of marks and references) belongs to, for those taken.
pub async fn owners_of_names(tx: &mut Tx, names: Vec<String>) -> Result<HashMap<String, BrandKey>, StoreError> {
    let rows = tx.all_in("SELECT name, brand FROM registry_name WHERE name IN", names).await?;
    let read = |row: &Row| {
        let brand: String = row.get("brand")?;
        Ok((row.get("name")?, BrandKey::new(brand)))
    };
    rows.iter().map(read).collect()
}

/// The brand that a mark or reference belongs to.
pub async fn owner_of_name(db: &Db, name: &str) -> Result<Option<BrandKey>, StoreError> {
    let row = db.optional("SELECT brand FROM registry_name WHERE name = $1", params![name]).await?;
    row.map(|row| row.get("brand").map(|brand: String| BrandKey::new(brand))).transpose()
}

/// One brand's new state.
#[derive(Debug)]
pub struct NewState {
    /// The brand.
    pub key: BrandKey,
    /// Its name for people.
    pub name: String,
    /// Digest of what was imported.
    pub digest: Digest,
    /// The state, as JSON.
    pub body: String,
    /// Names of its marks and references.
    pub names: Vec<String>,
}

/// Writes new states of brands under `revision`.
pub async fn put_brands(tx: &mut Tx, revision: i64, states: Vec<NewState>) -> Result<(), StoreError> {
    let (mut versions, mut rows, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let keys: Vec<String> = states.iter().map(|state| state.key.to_string()).collect();
    tx.execute_in("DELETE FROM registry_name WHERE brand IN", &keys).await?;
    for state in states {
        names.extend(state.names.into_iter().map(|name| params![name, state.key.as_str()]));
        versions.push(params![state.key.as_str(), revision, state.body]);
        rows.push(params![state.key.as_str(), revision, state.digest, state.name]);
    }
    tx.insert_many("INSERT INTO brand_version (key, revision, body)", "", versions).await?;
    tx.insert_many(
        "INSERT INTO brand (key, revision, digest, name)",
        "ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, digest = excluded.digest, name = excluded.name",
        rows,
    )
    .await?;
    tx.insert_many("INSERT INTO registry_name (name, brand)", "", names).await?;
    Ok(())
}

/// Removes a brand under `revision`; its former states stay for replays.
pub async fn remove_brand(tx: &mut Tx, revision: i64, key: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM registry_name WHERE brand = $1", params![key]).await?;
    tx.execute("DELETE FROM brand WHERE key = $1", params![key]).await?;
    let none: Option<String> = None;
    tx.execute("INSERT INTO brand_version (key, revision, body) VALUES ($1, $2, $3)", params![key, revision, none])
        .await?;
    Ok(())
}

/// The rule packs in force at `revision`: path and source.
pub async fn packs_at(db: &Db, revision: i64) -> Result<Vec<(String, String)>, StoreError> {
    let text = "SELECT v.path, v.source FROM rule_pack_version v
                JOIN (SELECT path, max(revision) AS revision FROM rule_pack_version WHERE revision <= $1 GROUP BY path) l
                ON l.path = v.path AND l.revision = v.revision
                WHERE v.source IS NOT NULL ORDER BY v.path";
    let rows = db.all(text, params![revision]).await?;
    rows.iter().map(|row| Ok((row.get("path")?, row.get("source")?))).collect()
}

/// Whether a pack changed after `from` up to `to`.
pub async fn packs_changed(db: &Db, from: i64, to: i64) -> Result<bool, StoreError> {
    let text = "SELECT path FROM rule_pack_version WHERE revision > $1 AND revision <= $2 LIMIT 1";
    Ok(db.optional(text, params![from, to]).await?.is_some())
}

/// [`packs_changed`] inside a transaction.
pub async fn packs_changed_in(tx: &mut Tx, from: i64, to: i64) -> Result<bool, StoreError> {
    let text = "SELECT path FROM rule_pack_version WHERE revision > $1 AND revision <= $2 LIMIT 1";
    Ok(tx.optional(text, params![from, to]).await?.is_some())
}

/// Writes packs under `revision`; a source that is absent removes the pack.
pub async fn put_packs(tx: &mut Tx, revision: i64, packs: Vec<(String, Option<String>)>) -> Result<(), StoreError> {
    let rows = packs.into_iter().map(|(path, source)| params![path, revision, source]).collect();
    tx.insert_many("INSERT INTO rule_pack_version (path, revision, source)", "", rows).await?;
    Ok(())
}
