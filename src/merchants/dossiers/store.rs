//! All SQL of dossiers: the dossiers, their documents, links, ledgers and appeals.

use std::collections::HashMap;

use super::model::{Document, Dossier};
use crate::kernel::id::{DocumentId, StandingEntryId};
use crate::kernel::{Digest, Instant};
use crate::merchants::links::{Link, LinkPolicy};
use crate::merchants::onboarding::State;
use crate::merchants::onboarding::model::DocumentKind;
use crate::merchants::standing::{Appeal, Ledger, LedgerEntry};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// Most documents of one merchant that are listed.
const MOST_DOCUMENTS: i64 = 500;
/// Most ledger entries of one merchant that are read. Entries are never deleted; who has more is long shut out.
const MOST_ENTRIES: i64 = 10_000;

const COLUMNS: &str = "merchant, version, state, application, body, features, standing, due_at, created_at, updated_at";

fn corrupt(column: &str, problem: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { column: column.to_owned(), problem: problem.to_string() }
}

fn optional_document<T: serde::de::DeserializeOwned>(row: &Row, column: &str) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|problem| corrupt(column, problem))).transpose()
}

fn read(row: &Row) -> Result<Dossier, StoreError> {
    Ok(Dossier {
        merchant: row.get("merchant")?,
        version: row.get("version")?,
        state: row.parse("state")?,
        application: optional_document(row, "application")?,
        body: row.document("body")?,
        features: optional_document(row, "features")?.unwrap_or_default(),
        standing: row.document("standing")?,
        due_at: row.get("due_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// The dossier of a merchant.
pub async fn get(db: &Db, merchant: &str) -> Result<Option<Dossier>, StoreError> {
    let text = "SELECT merchant, version, state, application, body, features, standing, due_at, created_at, updated_at
                FROM merchant_dossier WHERE merchant = $1";
    db.optional(text, params![merchant]).await?.as_ref().map(read).transpose()
}

/// The dossiers of these merchants that exist.
pub async fn all_of(db: &Db, merchants: &[String]) -> Result<Vec<Dossier>, StoreError> {
    let head = format!("SELECT {COLUMNS} FROM merchant_dossier WHERE merchant IN");
    db.all_in(&head, merchants).await?.iter().map(read).collect()
}

/// The stored version of a dossier, inside a transaction; 0 when there is none.
pub async fn version(tx: &mut Tx, merchant: &str) -> Result<i64, StoreError> {
    let row = tx.optional("SELECT version FROM merchant_dossier WHERE merchant = $1", params![merchant]).await?;
    row.map_or(Ok(0), |row| row.get("version"))
}

/// Writes a dossier under its next version, at the journal's `position`.
pub async fn put(tx: &mut Tx, dossier: &Dossier, position: i64) -> Result<(), StoreError> {
    let application = dossier.application.as_ref().map(json);
    let features = (dossier.features != Default::default()).then(|| json(&dossier.features));
    let sketch = features.is_some().then(|| dossier.features.sketch());
    let owner = dossier.application.as_ref().and_then(|own| own.owner.clone());
    tx.execute(
        "INSERT INTO merchant_dossier (merchant, version, state, name, owner, application, body, features, sketch,
         standing, due_at, standing_due, position, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (merchant) DO UPDATE SET version = excluded.version, state = excluded.state, name = excluded.name,
         owner = excluded.owner, application = excluded.application, body = excluded.body, features = excluded.features,
         sketch = excluded.sketch, standing = excluded.standing, due_at = excluded.due_at,
         standing_due = excluded.standing_due, position = excluded.position, updated_at = excluded.updated_at",
        params![
            &dossier.merchant,
            dossier.version,
            dossier.state.as_str(),
            dossier.name(),
            owner,
            application,
            json(&dossier.body),
            features,
            sketch,
            json(&dossier.standing),
            dossier.due_at,
            dossier.standing.next_change,
            position,
            dossier.created_at,
            dossier.updated_at
        ],
    )
    .await?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("dossiers hold only strings, numbers and lists")
}

/// A dossier in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The merchant.
    pub merchant: String,
    /// The shop's name.
    pub name: String,
    /// Where its admission stands.
    pub state: State,
    /// When the running clock ends.
    pub due_at: Option<Instant>,
    /// When it last changed.
    pub updated_at: Instant,
}

fn read_listed(row: &Row) -> Result<Listed, StoreError> {
    Ok(Listed {
        merchant: row.get("merchant")?,
        name: row.get("name")?,
        state: row.parse("state")?,
        due_at: row.get("due_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// Dossiers after `after` in the order of ids, in one state or all.
pub async fn list(db: &Db, state: Option<State>, after: &str, limit: i64) -> Result<Vec<Listed>, StoreError> {
    let text = "SELECT merchant, name, state, due_at, updated_at FROM merchant_dossier
                WHERE merchant > $1 AND ($2 = '' OR state = $2) ORDER BY merchant LIMIT $3";
    let state = state.map_or("", State::as_str);
    db.all(text, params![after, state, limit]).await?.iter().map(read_listed).collect()
}

/// Dossiers that somebody has to look at: being verified, soonest due first.
pub async fn vetting(db: &Db, limit: i64) -> Result<Vec<Listed>, StoreError> {
    let text = "SELECT merchant, name, state, due_at, updated_at FROM merchant_dossier WHERE state = 'verifying'
                ORDER BY CASE WHEN due_at IS NULL THEN 1 ELSE 0 END, due_at, updated_at, merchant LIMIT $1";
    db.all(text, params![limit]).await?.iter().map(read_listed).collect()
}

/// How many dossiers there are in each state.
pub async fn counts(db: &Db) -> Result<Vec<(State, i64)>, StoreError> {
    let rows = db.all("SELECT state, count(*) AS n FROM merchant_dossier GROUP BY state", vec![]).await?;
    rows.iter().map(|row| Ok((row.parse("state")?, row.get("n")?))).collect()
}

/// Merchants whose running clock has ended, soonest first.
pub async fn due(db: &Db, now: Instant, limit: i64) -> Result<Vec<String>, StoreError> {
    let text = "SELECT merchant FROM merchant_dossier WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
    db.all(text, params![now, limit]).await?.iter().map(|row| row.get("merchant")).collect()
}

/// Merchants whose standing changes by time alone.
pub async fn standing_due(db: &Db, now: Instant, limit: i64) -> Result<Vec<String>, StoreError> {
    let text = "SELECT merchant FROM merchant_dossier WHERE standing_due <= $1 ORDER BY standing_due LIMIT $2";
    db.all(text, params![now, limit]).await?.iter().map(|row| row.get("merchant")).collect()
}

/// The other shops of an owner.
pub async fn shops_of(db: &Db, owner: &str, but: &str) -> Result<Vec<String>, StoreError> {
    let text = "SELECT merchant FROM merchant_dossier WHERE owner = $1 AND merchant <> $2 ORDER BY merchant LIMIT 1000";
    db.all(text, params![owner, but]).await?.iter().map(|row| row.get("merchant")).collect()
}

/// What the indexes of all merchants need of one that changed.
#[derive(Debug)]
pub struct Indexed {
    /// The merchant.
    pub merchant: String,
    /// The journal's position of its last change.
    pub position: i64,
    /// What it is linked by; absent = nothing.
    pub sketch: Option<Vec<u8>>,
    /// Its application, as JSON.
    pub application: Option<String>,
}

/// Merchants changed after `position`, in that order.
pub async fn changed_after(db: &Db, position: i64, limit: i64) -> Result<Vec<Indexed>, StoreError> {
    let text = "SELECT merchant, position, sketch, application FROM merchant_dossier
                WHERE position > $1 ORDER BY position LIMIT $2";
    let rows = db.all(text, params![position, limit]).await?;
    let read = |row: &Row| {
        Ok(Indexed {
            merchant: row.get("merchant")?,
            position: row.get("position")?,
            sketch: row.get("sketch")?,
            application: row.get("application")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Position of the last change of any dossier.
pub async fn last_position(db: &Db) -> Result<i64, StoreError> {
    let text = "SELECT position FROM merchant_dossier ORDER BY position DESC LIMIT 1";
    db.optional(text, vec![]).await?.map_or(Ok(0), |row| row.get("position"))
}

// ── Documents ───────────────────────────────────────────────────────────────────────────────

fn read_document(row: &Row) -> Result<Document, StoreError> {
    let kind: String = row.get("kind")?;
    Ok(Document {
        id: row.get("id")?,
        kind: kind.parse::<DocumentKind>().map_err(|problem| corrupt("kind", problem))?,
        digest: row.get("digest")?,
        media_type: row.get("media_type")?,
        bytes: row.get("bytes")?,
        name: row.get("name")?,
        uploaded_by: row.get("uploaded_by")?,
        uploaded_at: row.get("uploaded_at")?,
    })
}

/// Stores what is known of a document; its bytes are kept already.
pub async fn insert_document(tx: &mut Tx, merchant: &str, document: &Document) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO merchant_document (id, merchant, kind, digest, media_type, bytes, name, uploaded_by, uploaded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            &document.id,
            merchant,
            document.kind.as_str(),
            &document.digest,
            &document.media_type,
            document.bytes,
            &document.name,
            &document.uploaded_by,
            document.uploaded_at
        ],
    )
    .await?;
    Ok(())
}

/// The documents of a merchant that were not erased, oldest first.
pub async fn documents(db: &Db, merchant: &str) -> Result<Vec<Document>, StoreError> {
    let text = "SELECT id, kind, digest, media_type, bytes, name, uploaded_by, uploaded_at FROM merchant_document
                WHERE merchant = $1 AND erased_at IS NULL ORDER BY id LIMIT $2";
    db.all(text, params![merchant, MOST_DOCUMENTS]).await?.iter().map(read_document).collect()
}

/// One document of a merchant.
pub async fn document(db: &Db, merchant: &str, id: DocumentId) -> Result<Option<Document>, StoreError> {
    let text = "SELECT id, kind, digest, media_type, bytes, name, uploaded_by, uploaded_at FROM merchant_document
                WHERE merchant = $1 AND id = $2 AND erased_at IS NULL";
    db.optional(text, params![merchant, id]).await?.as_ref().map(read_document).transpose()
}

/// Forgets a merchant's documents but for the fact that they were there.
pub async fn forget_documents(tx: &mut Tx, merchant: &str, now: Instant) -> Result<(), StoreError> {
    let text = "UPDATE merchant_document SET erased_at = $2, name = '' WHERE merchant = $1 AND erased_at IS NULL";
    tx.execute(text, params![merchant, now]).await?;
    Ok(())
}

/// Whether any merchant's document that was not erased has these bytes.
pub async fn is_document_in_use(db: &Db, digest: Digest) -> Result<bool, StoreError> {
    let text = "SELECT id FROM merchant_document WHERE digest = $1 AND erased_at IS NULL LIMIT 1";
    Ok(db.optional(text, params![digest]).await?.is_some())
}

// ── Links ───────────────────────────────────────────────────────────────────────────────────

/// Writes the links of a merchant that were found now. Links found before to others stay: they say what
/// was known at the time.
pub async fn put_links(tx: &mut Tx, links: &[Link], now: Instant) -> Result<(), StoreError> {
    for link in links {
        let body = serde_json::to_string(link).expect("links hold only strings and numbers");
        tx.execute(
            "INSERT INTO merchant_link (merchant, other, link, found_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (merchant, other) DO UPDATE SET link = excluded.link, found_at = excluded.found_at",
            params![&link.a, &link.b, body, now],
        )
        .await?;
    }
    Ok(())
}

/// Forgets every link of a merchant.
pub async fn forget_links(tx: &mut Tx, merchant: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM merchant_link WHERE merchant = $1 OR other = $1", params![merchant]).await?;
    Ok(())
}

/// The links of these merchants, whoever was found second; at least as strong as what is reported.
pub async fn links(db: &Db, merchant: &str, policy: &LinkPolicy) -> Result<Vec<Link>, StoreError> {
    let text = "SELECT link FROM merchant_link WHERE merchant = $1
                UNION ALL SELECT link FROM merchant_link WHERE other = $1 LIMIT 2000";
    let rows = db.all(text, params![merchant]).await?;
    let mut best: HashMap<(String, String), Link> = HashMap::new();
    for row in &rows {
        let link: Link = row.document("link")?;
        let key = if link.a <= link.b { (link.a.clone(), link.b.clone()) } else { (link.b.clone(), link.a.clone()) };
        let better = best.get(&key).is_none_or(|own| own.score < link.score);
        if link.score >= policy.reported && better {
            best.insert(key, link);
        }
    }
    let mut links: Vec<Link> = best.into_values().collect();
    links.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| (&a.a, &a.b).cmp(&(&b.a, &b.b))));
    Ok(links)
}

// ── Ledgers ─────────────────────────────────────────────────────────────────────────────────

/// Adds an entry to a ledger.
pub async fn insert_entry(tx: &mut Tx, merchant: &str, entry: &LedgerEntry, actor: &str) -> Result<(), StoreError> {
    let body = serde_json::to_string(entry).expect("entries hold only strings and numbers");
    tx.execute(
        "INSERT INTO standing_entry (id, merchant, ledger, body, actor, at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![&entry.id, merchant, entry.ledger.as_str(), body, actor, entry.at, entry.expires_at],
    )
    .await?;
    Ok(())
}

/// Whose entry this is.
pub async fn merchant_of_entry(db: &Db, entry: StandingEntryId) -> Result<Option<String>, StoreError> {
    let row = db.optional("SELECT merchant FROM standing_entry WHERE id = $1", params![entry]).await?;
    row.map(|row| row.get("merchant")).transpose()
}

/// What happened to an entry after it was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct AppealStep {
    /// open, granted or refused.
    pub state: Appeal,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: String,
    /// When.
    #[schema(value_type = String)]
    pub at: Instant,
}

fn read_step(row: &Row) -> Result<AppealStep, StoreError> {
    let state: String = row.get("state")?;
    Ok(AppealStep {
        state: state.parse().map_err(|problem: String| corrupt("state", problem))?,
        reason: row.get("reason")?,
        actor: row.get("actor")?,
        at: row.get("at")?,
    })
}

/// The appeal of an entry, step by step.
pub async fn appeal(db: &Db, entry: &str) -> Result<Vec<AppealStep>, StoreError> {
    let text = "SELECT state, reason, actor, at FROM standing_appeal WHERE entry = $1 ORDER BY number";
    db.all(text, params![entry]).await?.iter().map(read_step).collect()
}

/// Adds the next step of an entry's appeal; a step of the same number is refused by the schema.
pub async fn insert_appeal(tx: &mut Tx, entry: &str, number: i64, step: &AppealStep) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO standing_appeal (entry, number, state, reason, actor, at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![entry, number, step.state.as_str(), &step.reason, &step.actor, step.at],
    )
    .await?;
    Ok(())
}

fn read_entry(row: &Row) -> Result<LedgerEntry, StoreError> {
    let entry: LedgerEntry = row.document("body")?;
    let appeal: Option<String> = row.get("appeal")?;
    let appeal =
        appeal.map_or(Ok(Appeal::None), |text| text.parse()).map_err(|problem: String| corrupt("state", problem))?;
    Ok(LedgerEntry { appeal, ..entry })
}

/// A merchant's ledgers, oldest entry first, with where each appeal stands.
pub async fn entries(db: &Db, merchant: &str) -> Result<Vec<LedgerEntry>, StoreError> {
    let text = "SELECT e.merchant, e.body, (SELECT a.state FROM standing_appeal a WHERE a.entry = e.id
                ORDER BY a.number DESC LIMIT 1) AS appeal FROM standing_entry e
                WHERE e.merchant = $1 ORDER BY e.id LIMIT $2";
    db.all(text, params![merchant, MOST_ENTRIES]).await?.iter().map(read_entry).collect()
}

/// [`entries`] inside a transaction, which sees its own.
pub async fn entries_in(tx: &mut Tx, merchant: &str) -> Result<Vec<LedgerEntry>, StoreError> {
    let text = "SELECT e.merchant, e.body, (SELECT a.state FROM standing_appeal a WHERE a.entry = e.id
                ORDER BY a.number DESC LIMIT 1) AS appeal FROM standing_entry e
                WHERE e.merchant = $1 ORDER BY e.id LIMIT $2";
    tx.all(text, params![merchant, MOST_ENTRIES]).await?.iter().map(read_entry).collect()
}

/// All live entries of one ledger by merchant, for the histogram.
pub async fn live_entries(
    db: &Db,
    ledger: Ledger,
    now: Instant,
) -> Result<HashMap<String, Vec<LedgerEntry>>, StoreError> {
    let text = "SELECT e.merchant, e.body, (SELECT a.state FROM standing_appeal a WHERE a.entry = e.id
                ORDER BY a.number DESC LIMIT 1) AS appeal FROM standing_entry e
                WHERE e.ledger = $1 AND e.expires_at > $2 ORDER BY e.id";
    let mut by_merchant: HashMap<String, Vec<LedgerEntry>> = HashMap::new();
    for row in db.all(text, params![ledger.as_str(), now]).await? {
        by_merchant.entry(row.get("merchant")?).or_default().push(read_entry(&row)?);
    }
    Ok(by_merchant)
}

/// How many merchants there are, told or with a dossier.
pub async fn merchants(db: &Db) -> Result<i64, StoreError> {
    let row = db.optional("SELECT count(*) AS n FROM merchant", vec![]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}
