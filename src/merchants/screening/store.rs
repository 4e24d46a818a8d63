//! All SQL of lists and possible matches.

use std::collections::HashMap;

use super::hits::{Decided, Hit, HitState, Match};
use crate::kernel::id::ListHitId;
use crate::kernel::{Digest, Instant};
use crate::merchants::lists::ListEntity;
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// Entities written in one transaction.
const ENTITIES_PER_COMMIT: usize = 2_000;

/// A list as it is in force.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct LoadedList {
    /// Its name.
    pub name: String,
    /// Which of its versions, from 1.
    pub number: i64,
    /// Digest over all entities.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// The file's layout.
    pub layout: String,
    /// When its publisher made it, as written there.
    pub published: Option<String>,
    /// Its entities.
    pub entities: i64,
    /// Who loaded it.
    pub loaded_by: String,
    /// When.
    #[schema(value_type = String)]
    pub loaded_at: Instant,
}

fn read_list(row: &Row) -> Result<LoadedList, StoreError> {
    Ok(LoadedList {
        name: row.get("name")?,
        number: row.get("number")?,
        digest: row.parse("digest")?,
        layout: row.get("layout")?,
        published: row.get("published")?,
        entities: row.get("entities")?,
        loaded_by: row.get("loaded_by")?,
        loaded_at: row.get("loaded_at")?,
    })
}

/// Every list in force.
pub async fn lists(db: &Db) -> Result<Vec<LoadedList>, StoreError> {
    let text = "SELECT name, number, digest, layout, published, entities, loaded_by, loaded_at
                FROM screening_list ORDER BY name";
    db.all(text, vec![]).await?.iter().map(read_list).collect()
}

/// One list in force.
pub async fn list(db: &Db, name: &str) -> Result<Option<LoadedList>, StoreError> {
    let text = "SELECT name, number, digest, layout, published, entities, loaded_by, loaded_at
                FROM screening_list WHERE name = $1";
    db.optional(text, params![name]).await?.as_ref().map(read_list).transpose()
}

/// The number of a list in force inside a transaction, which keeps others from changing it; 0 = not loaded.
pub async fn number_in(tx: &mut Tx, name: &str) -> Result<i64, StoreError> {
    let text = crate::store::Sql::per_engine(
        "SELECT number FROM screening_list WHERE name = $1",
        "SELECT number FROM screening_list WHERE name = $1 FOR UPDATE",
    );
    tx.optional(text, params![name]).await?.map_or(Ok(0), |row| row.get("number"))
}

/// Takes away what an import left that did not come to its end.
pub async fn drop_drafts(tx: &mut Tx, name: &str, in_force: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM screening_entity WHERE list = $1 AND number > $2", params![name, in_force]).await?;
    Ok(())
}

/// Writes entities of a version that is not in force yet.
pub async fn write_draft(
    db: &Db,
    list: &str,
    number: i64,
    present: &[&ListEntity],
    removed: &[String],
) -> Result<(), StoreError> {
    let head = "INSERT INTO screening_entity (list, id, number, digest, body)";
    for chunk in present.chunks(ENTITIES_PER_COMMIT) {
        let rows = chunk.iter().map(|entity| {
            let body = serde_json::to_string(entity).expect("entities hold only strings and lists");
            params![list, &entity.id, number, Digest::of(body.as_bytes()), body]
        });
        let mut tx = db.begin().await?;
        tx.insert_many(head, "", rows.collect()).await?;
        tx.commit().await?;
    }
    for chunk in removed.chunks(ENTITIES_PER_COMMIT) {
        let none: Option<String> = None;
        let rows = chunk.iter().map(|id| params![list, id, number, none.clone(), none.clone()]);
        let mut tx = db.begin().await?;
        tx.insert_many(head, "", rows.collect()).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Puts a version in force.
pub async fn put_in_force(tx: &mut Tx, list: &LoadedList, report: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO screening_list (name, number, digest, layout, published, entities, report, loaded_by, loaded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (name) DO UPDATE SET number = excluded.number, digest = excluded.digest, layout = excluded.layout,
         published = excluded.published, entities = excluded.entities, report = excluded.report,
         loaded_by = excluded.loaded_by, loaded_at = excluded.loaded_at",
        params![
            &list.name,
            list.number,
            list.digest,
            &list.layout,
            list.published.clone(),
            list.entities,
            report,
            &list.loaded_by,
            list.loaded_at
        ],
    )
    .await?;
    Ok(())
}

fn read_entities(rows: &[Row]) -> Result<Vec<ListEntity>, StoreError> {
    rows.iter().map(|row| row.document("body")).collect()
}

/// The entities of a list as they stood in version `number`.
pub async fn entities_at(db: &Db, list: &str, number: i64) -> Result<Vec<ListEntity>, StoreError> {
    let text = "SELECT e.body FROM screening_entity e
                JOIN (SELECT id, max(number) AS number FROM screening_entity WHERE list = $1 AND number <= $2 GROUP BY id) l
                ON l.id = e.id AND l.number = e.number
                WHERE e.list = $1 AND e.body IS NOT NULL ORDER BY e.id";
    read_entities(&db.all(text, params![list, number]).await?)
}

/// Entities that were added or changed after version `from` up to `to`, as they stand at `to`; and those taken off.
pub async fn changed(db: &Db, list: &str, from: i64, to: i64) -> Result<(Vec<ListEntity>, Vec<String>), StoreError> {
    let text = "SELECT e.id, e.body FROM screening_entity e
                JOIN (SELECT id, max(number) AS number FROM screening_entity
                      WHERE list = $1 AND number > $2 AND number <= $3 GROUP BY id) l
                ON l.id = e.id AND l.number = e.number WHERE e.list = $1 ORDER BY e.id";
    let rows = db.all(text, params![list, from, to]).await?;
    let (mut present, mut removed) = (Vec::new(), Vec::new());
    for row in &rows {
        match row.get::<Option<String>>("body")? {
            Some(_) => present.push(row.document("body")?),
            None => removed.push(row.get("id")?),
        }
    }
    Ok((present, removed))
}

/// One entity as it stands in force.
pub async fn entity(db: &Db, list: &str, id: &str) -> Result<Option<ListEntity>, StoreError> {
    let text = "SELECT e.body FROM screening_entity e JOIN screening_list l ON l.name = e.list
                WHERE e.list = $1 AND e.id = $2 AND e.number <= l.number ORDER BY e.number DESC LIMIT 1";
    let Some(row) = db.optional(text, params![list, id]).await? else { return Ok(None) };
    match row.get::<Option<String>>("body")? {
        Some(_) => row.document("body").map(Some),
        None => Ok(None),
    }
}

fn read_hit(row: &Row) -> Result<Hit, StoreError> {
    let by: Option<String> = row.get("decided_by")?;
    let decided = match by {
        None => None,
        Some(by) => Some(Decided {
            by,
            at: row.get("decided_at")?,
            reason: row.get::<Option<String>>("reason")?.unwrap_or_default(),
        }),
    };
    let found: Match = row.document("body")?;
    Ok(Hit {
        id: row.get("id")?,
        merchant: row.get("merchant")?,
        state: row.parse("state")?,
        merchant_version: row.parse("merchant_version")?,
        found,
        found_at: row.get("found_at")?,
        decided,
    })
}

/// The possible matches of a merchant, inside a transaction.
pub async fn hits_in(tx: &mut Tx, merchant: &str) -> Result<Vec<Hit>, StoreError> {
    let text = "SELECT id, merchant, state, merchant_version, body, found_at, decided_at, decided_by, reason
                FROM list_hit WHERE merchant = $1 ORDER BY id";
    tx.all(text, params![merchant]).await?.iter().map(read_hit).collect()
}

/// The possible matches of a merchant.
pub async fn hits_of(db: &Db, merchant: &str) -> Result<Vec<Hit>, StoreError> {
    let text = "SELECT id, merchant, state, merchant_version, body, found_at, decided_at, decided_by, reason
                FROM list_hit WHERE merchant = $1 ORDER BY id";
    db.all(text, params![merchant]).await?.iter().map(read_hit).collect()
}

/// One possible match.
pub async fn hit(db: &Db, id: ListHitId) -> Result<Option<Hit>, StoreError> {
    let text = "SELECT id, merchant, state, merchant_version, body, found_at, decided_at, decided_by, reason
                FROM list_hit WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read_hit).transpose()
}

/// Possible matches in a state, oldest first, after `after`.
pub async fn hits(db: &Db, state: HitState, after: &str, limit: i64) -> Result<Vec<Hit>, StoreError> {
    let text = "SELECT id, merchant, state, merchant_version, body, found_at, decided_at, decided_by, reason
                FROM list_hit WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3";
    db.all(text, params![state.as_str(), after, limit]).await?.iter().map(read_hit).collect()
}

/// How many possible matches are open.
pub async fn open_hits(db: &Db) -> Result<i64, StoreError> {
    let row = db.optional("SELECT count(*) AS n FROM list_hit WHERE state = 'open'", vec![]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

/// Merchants with a match on one of these entities, of whatever list, that is not gone.
pub async fn merchants_hit_by(db: &Db, entities: &[String]) -> Result<Vec<String>, StoreError> {
    let head = "SELECT DISTINCT merchant FROM list_hit WHERE state <> 'gone' AND entity IN";
    db.all_in(head, entities).await?.iter().map(|row| row.get("merchant")).collect()
}

/// Writes a match, new or changed.
pub async fn put_hit(tx: &mut Tx, hit: &Hit) -> Result<(), StoreError> {
    let body = serde_json::to_string(&hit.found).expect("matches hold only strings and numbers");
    let decided = hit.decided.as_ref();
    tx.execute(
        "INSERT INTO list_hit (id, merchant, list, entity, entity_version, merchant_version, state, body, found_at,
         decided_at, decided_by, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (merchant, list, entity) DO UPDATE SET entity_version = excluded.entity_version,
         merchant_version = excluded.merchant_version, state = excluded.state, body = excluded.body,
         decided_at = excluded.decided_at, decided_by = excluded.decided_by, reason = excluded.reason",
        params![
            &hit.id,
            &hit.merchant,
            &hit.found.list,
            &hit.found.entity,
            hit.found.entity_version,
            hit.merchant_version,
            hit.state.as_str(),
            body,
            hit.found_at,
            decided.map(|own| own.at),
            decided.map(|own| own.by.clone()),
            decided.map(|own| own.reason.clone())
        ],
    )
    .await?;
    Ok(())
}

/// Forgets the possible matches of a merchant.
pub async fn forget_hits(tx: &mut Tx, merchant: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM list_hit WHERE merchant = $1", params![merchant]).await?;
    Ok(())
}

/// Numbers of all lists in force, by name.
pub async fn numbers(db: &Db) -> Result<HashMap<String, i64>, StoreError> {
    let rows = db.all("SELECT name, number FROM screening_list", vec![]).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("number")?))).collect()
}
