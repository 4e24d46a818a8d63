//! All SQL of merchants.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::MerchantFacts;
use crate::kernel::Instant;
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// Writes what the platform told of a merchant, under the revision that it makes.
pub async fn put(tx: &mut Tx, id: &str, facts: &MerchantFacts, revision: i64, now: Instant) -> Result<(), StoreError> {
    let facts = serde_json::to_string(facts).unwrap_or_default();
    tx.execute(
        "INSERT INTO merchant (external_id, facts, revision, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (external_id) DO UPDATE SET facts = excluded.facts, revision = excluded.revision,
         updated_at = excluded.updated_at",
        params![id, facts, revision, now],
    )
    .await?;
    Ok(())
}

/// Writes what was derived of a merchant, beside what the platform told of it.
pub async fn put_derived(
    tx: &mut Tx,
    id: &str,
    derived: &MerchantFacts,
    revision: i64,
    now: Instant,
) -> Result<(), StoreError> {
    let derived = serde_json::to_string(derived).unwrap_or_default();
    tx.execute(
        "INSERT INTO merchant (external_id, facts, derived, revision, updated_at) VALUES ($1, '{}', $2, $3, $4)
         ON CONFLICT (external_id) DO UPDATE SET derived = excluded.derived, revision = excluded.revision,
         updated_at = excluded.updated_at",
        params![id, derived, revision, now],
    )
    .await?;
    Ok(())
}

/// What was derived of one merchant, inside a transaction.
pub async fn derived_in(tx: &mut Tx, id: &str) -> Result<Option<MerchantFacts>, StoreError> {
    let row = tx.optional("SELECT derived FROM merchant WHERE external_id = $1", params![id]).await?;
    let Some(row) = row else { return Ok(None) };
    match row.get::<Option<String>>("derived")? {
        Some(_) => row.document("derived").map(Some),
        None => Ok(None),
    }
}

fn read_facts(row: &Row) -> Result<MerchantFacts, StoreError> {
    let told: MerchantFacts = row.document("facts")?;
    let told = MerchantFacts { id: told.id.or(Some(row.get("external_id")?)), ..told };
    let derived: Option<String> = row.get("derived")?;
    if derived.is_none() {
        return Ok(told);
    }
    Ok(told.with_derived(row.document("derived")?))
}

/// What the platform told of one merchant.
pub async fn told(db: &Db, id: &str) -> Result<Option<MerchantFacts>, StoreError> {
    let row = db.optional("SELECT facts FROM merchant WHERE external_id = $1", params![id]).await?;
    row.map(|row| row.document("facts")).transpose()
}

/// What is known of these merchants, by id; those that do not exist are left out.
pub async fn all_in(tx: &mut Tx, ids: Vec<String>) -> Result<HashMap<String, MerchantFacts>, StoreError> {
    let rows = tx.all_in("SELECT external_id, facts, derived FROM merchant WHERE external_id IN", ids).await?;
    rows.iter().map(|row| Ok((row.get("external_id")?, read_facts(row)?))).collect()
}

/// What is known of one merchant.
pub async fn get(db: &Db, id: &str) -> Result<Option<MerchantFacts>, StoreError> {
    let row =
        db.optional("SELECT external_id, facts, derived FROM merchant WHERE external_id = $1", params![id]).await?;
    row.as_ref().map(read_facts).transpose()
}

/// Merchants written after revision `from`.
pub async fn changed_after(db: &Db, from: i64) -> Result<Vec<(Arc<str>, Arc<MerchantFacts>)>, StoreError> {
    let rows = db.all("SELECT external_id, facts, derived FROM merchant WHERE revision > $1", params![from]).await?;
    let read = |row: &Row| {
        let id: String = row.get("external_id")?;
        Ok((Arc::from(id), Arc::new(read_facts(row)?)))
    };
    rows.iter().map(read).collect()
}
