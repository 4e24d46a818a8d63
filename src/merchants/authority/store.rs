//! All SQL of authorisations and of who keeps a brand.

use super::model::{Authorisation, AuthorisationState};
use crate::kernel::Instant;
use crate::kernel::id::{AuthorisationId, OrganisationId};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

fn read(row: &Row) -> Result<Authorisation, StoreError> {
    Ok(Authorisation {
        id: row.get("id")?,
        merchant: row.get("merchant")?,
        brand: row.get("brand")?,
        state: row.parse("state")?,
        scope: row.document("body")?,
        document: row.get("document")?,
        asked_by: row.get("asked_by")?,
        asked_at: row.get("asked_at")?,
        decided_by: row.get("decided_by")?,
        decided_at: row.get("decided_at")?,
        reason: row.get("reason")?,
    })
}

/// One authorisation.
pub async fn get(db: &Db, id: AuthorisationId) -> Result<Option<Authorisation>, StoreError> {
    let text = "SELECT id, merchant, brand, state, body, document, asked_by, asked_at, decided_by, decided_at, reason
                FROM authorisation WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read).transpose()
}

/// One authorisation inside a transaction.
pub async fn get_in(tx: &mut Tx, id: AuthorisationId) -> Result<Option<Authorisation>, StoreError> {
    let text = "SELECT id, merchant, brand, state, body, document, asked_by, asked_at, decided_by, decided_at, reason
                FROM authorisation WHERE id = $1";
    tx.optional(text, params![id]).await?.as_ref().map(read).transpose()
}

/// Authorisations of a brand, a merchant or a state (empty = all), after `after`, oldest first.
pub async fn list(
    db: &Db,
    brand: &str,
    merchant: &str,
    state: Option<AuthorisationState>,
    after: &str,
    limit: i64,
) -> Result<Vec<Authorisation>, StoreError> {
    let text = "SELECT id, merchant, brand, state, body, document, asked_by, asked_at, decided_by, decided_at, reason
                FROM authorisation WHERE ($1 = '' OR brand = $1) AND ($2 = '' OR merchant = $2)
                AND ($3 = '' OR state = $3) AND id > $4 ORDER BY id LIMIT $5";
    let state = state.map_or("", AuthorisationState::as_str);
    db.all(text, params![brand, merchant, state, after, limit]).await?.iter().map(read).collect()
}

/// Stores an authorisation that is asked for.
pub async fn insert(tx: &mut Tx, asked: &Authorisation) -> Result<(), StoreError> {
    let scope = serde_json::to_string(&asked.scope).expect("a scope holds only strings and dates");
    tx.execute(
        "INSERT INTO authorisation (id, merchant, brand, state, body, document, asked_by, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            &asked.id,
            &asked.merchant,
            &asked.brand,
            asked.state.as_str(),
            scope,
            asked.document.clone(),
            &asked.asked_by,
            asked.asked_at
        ],
    )
    .await?;
    Ok(())
}

/// Writes a decision.
pub async fn decide(
    tx: &mut Tx,
    id: AuthorisationId,
    state: AuthorisationState,
    (actor, reason): (&str, &str),
    now: Instant,
) -> Result<(), StoreError> {
    let text = "UPDATE authorisation SET state = $2, decided_by = $3, decided_at = $4, reason = $5 WHERE id = $1";
    tx.execute(text, params![id, state.as_str(), actor, now, reason]).await?;
    Ok(())
}

/// The organisation that keeps a brand, where one was named.
pub async fn keeper(db: &Db, brand: &str) -> Result<Option<OrganisationId>, StoreError> {
    let row = db.optional("SELECT organisation FROM brand_keeper WHERE brand = $1", params![brand]).await?;
    row.map(|row| row.parse("organisation")).transpose()
}

/// The brands that an organisation keeps.
pub async fn brands_of(db: &Db, organisation: OrganisationId) -> Result<Vec<String>, StoreError> {
    let text = "SELECT brand FROM brand_keeper WHERE organisation = $1 ORDER BY brand";
    db.all(text, params![organisation]).await?.iter().map(|row| row.get("brand")).collect()
}

/// Names the organisation that keeps a brand.
pub async fn put_keeper(
    tx: &mut Tx,
    brand: &str,
    organisation: OrganisationId,
    now: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO brand_keeper (brand, organisation, since) VALUES ($1, $2, $3)
         ON CONFLICT (brand) DO UPDATE SET organisation = excluded.organisation, since = excluded.since",
        params![brand, organisation, now],
    )
    .await?;
    Ok(())
}
