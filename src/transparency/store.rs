//! All SQL of statements of reasons.

use super::core::statement::Statement;
use crate::kernel::Instant;
use crate::kernel::id::{NoticeId, StatementId};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// A statement as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredStatement {
    /// Its id.
    pub id: StatementId,
    /// The platform's id of the listing.
    pub external_id: String,
    /// The platform's id of the merchant.
    pub merchant: Option<String>,
    /// The notice that led to it.
    pub notice: Option<NoticeId>,
    /// The listing's place in the notice.
    pub number: Option<i64>,
    /// What it says.
    pub statement: Statement,
    /// When the restriction began.
    pub made_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// `waiting`, `sent`, `refused` or `outside` (not offered in the European Economic Area).
    pub export: String,
    /// When it was taken by the database.
    pub exported_at: Option<Instant>,
    /// Why the database refused it.
    pub problem: Option<String>,
}

/// Writes a statement, in the transaction of the restriction.
pub async fn insert(tx: &mut Tx, stored: &StoredStatement) -> Result<(), StoreError> {
    let body = serde_json::to_string(&stored.statement).expect("a statement holds only strings");
    tx.execute(
        "INSERT INTO statement (id, puid, external_id, merchant, notice_id, number, body, made_at, export)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            stored.id,
            &stored.statement.puid,
            &stored.external_id,
            stored.merchant.clone(),
            stored.notice,
            stored.number,
            body,
            stored.made_at,
            &stored.export
        ],
    )
    .await?;
    Ok(())
}

/// Notes that the restriction ended.
pub async fn end(tx: &mut Tx, id: StatementId, now: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE statement SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", params![id, now]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<StoredStatement, StoreError> {
    let notice: Option<String> = row.get("notice_id")?;
    let parse = |text: String| {
        text.parse().map_err(|error: crate::kernel::id::ParseIdError| StoreError::Corrupt {
            column: "notice_id".to_owned(),
            problem: error.to_string(),
        })
    };
    Ok(StoredStatement {
        id: row.parse("id")?,
        external_id: row.get("external_id")?,
        merchant: row.get("merchant")?,
        notice: notice.map(parse).transpose()?,
        number: row.get("number")?,
        statement: row.document("body")?,
        made_at: row.get("made_at")?,
        ended_at: row.get("ended_at")?,
        export: row.get("export")?,
        exported_at: row.get("exported_at")?,
        problem: row.get("problem")?,
    })
}

/// A statement.
pub async fn statement(db: &Db, id: StatementId) -> Result<Option<StoredStatement>, StoreError> {
    let text =
        "SELECT id, external_id, merchant, notice_id, number, body, made_at, ended_at, export, exported_at, problem
                FROM statement WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read).transpose()
}

/// Statements before `before` (an id), newest first.
pub async fn all(db: &Db, before: &str, limit: i64) -> Result<Vec<StoredStatement>, StoreError> {
    let text =
        "SELECT id, external_id, merchant, notice_id, number, body, made_at, ended_at, export, exported_at, problem
                FROM statement WHERE id < $1 ORDER BY id DESC LIMIT $2";
    db.all(text, params![before, limit]).await?.iter().map(read).collect()
}

/// Statements about the listings of these merchants, newest first.
pub async fn of_merchants(db: &Db, merchants: &[String], limit: usize) -> Result<Vec<StoredStatement>, StoreError> {
    let head =
        "SELECT id, external_id, merchant, notice_id, number, body, made_at, ended_at, export, exported_at, problem
                FROM statement WHERE merchant IN";
    let mut found: Vec<StoredStatement> =
        db.all_in(head, merchants).await?.iter().map(read).collect::<Result<_, _>>()?;
    found.sort_by_key(|one| std::cmp::Reverse(one.id));
    found.truncate(limit);
    Ok(found)
}

/// The oldest statements that wait to be sent.
pub async fn waiting(db: &Db, limit: i64) -> Result<Vec<StoredStatement>, StoreError> {
    let text =
        "SELECT id, external_id, merchant, notice_id, number, body, made_at, ended_at, export, exported_at, problem
                FROM statement WHERE export = 'waiting' ORDER BY id LIMIT $1";
    db.all(text, params![limit]).await?.iter().map(read).collect()
}

/// Notes how the export of a statement ended: `sent`, or `refused` with the reason.
pub async fn settle(
    tx: &mut Tx,
    id: StatementId,
    export: &'static str,
    problem: Option<String>,
    now: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE statement SET export = $2, exported_at = $3, problem = $4 WHERE id = $1 AND export = 'waiting'",
        params![id, export, now, problem],
    )
    .await?;
    Ok(())
}
