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

/// What is stored of one merchant.
pub async fn get(db: &Db, id: &str) -> Result<Option<MerchantFacts>, StoreError> {
    let row = db.optional("SELECT facts FROM merchant WHERE external_id = $1", params![id]).await?;
    row.map(|row| row.document("facts")).transpose()
}

/// What is stored of these merchants, by id; those that do not exist are left out.
pub async fn all_in(tx: &mut Tx, ids: Vec<String>) -> Result<HashMap<String, MerchantFacts>, StoreError> {
    let rows = tx.all_in("SELECT external_id, facts FROM merchant WHERE external_id IN", ids).await?;
    rows.iter().map(|row| Ok((row.get("external_id")?, row.document("facts")?))).collect()
}

/// Merchants written after revision `from`.
pub async fn changed_after(db: &Db, from: i64) -> Result<Vec<(Arc<str>, Arc<MerchantFacts>)>, StoreError> {
    let rows = db.all("SELECT external_id, facts FROM merchant WHERE revision > $1", params![from]).await?;
    let read = |row: &Row| {
        let id: String = row.get("external_id")?;
        Ok((Arc::from(id), Arc::new(row.document("facts")?)))
    };
    rows.iter().map(read).collect()
}
