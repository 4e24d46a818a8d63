//! All SQL of appeals.

use crate::kernel::Instant;
use crate::kernel::id::{AppealId, NoticeId, OrganisationId};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// An appeal as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Appeal {
    /// Its id.
    pub id: AppealId,
    /// The notice.
    pub notice: NoticeId,
    /// The listing's place in it.
    pub number: i64,
    /// `merchant` or `notifier`.
    pub side: String,
    /// The organisation that appeals.
    pub organisation: OrganisationId,
    /// Who filed it.
    pub filed_by: String,
    /// What it says.
    pub words: String,
    /// When.
    pub filed_at: Instant,
    /// When an answer is due.
    pub due_at: Instant,
    /// Who decided before and must not decide again.
    pub not_for: Option<String>,
    /// `granted` or `refused`.
    pub outcome: Option<String>,
    /// The answer.
    pub answer: Option<String>,
    /// Who answered.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Instant>,
}

/// Writes an appeal; a listing of a notice has one open appeal at most.
pub async fn insert_appeal(tx: &mut Tx, appeal: &Appeal) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO appeal (id, notice_id, number, side, organisation_id, filed_by, words, filed_at, due_at, not_for,
         live) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            appeal.id,
            appeal.notice,
            appeal.number,
            &appeal.side,
            appeal.organisation,
            &appeal.filed_by,
            &appeal.words,
            appeal.filed_at,
            appeal.due_at,
            appeal.not_for.clone(),
            format!("{} {}", appeal.notice, appeal.number)
        ],
    )
    .await?;
    Ok(())
}

fn read_appeal(row: &Row) -> Result<Appeal, StoreError> {
    Ok(Appeal {
        id: row.parse("id")?,
        notice: row.parse("notice_id")?,
        number: row.get("number")?,
        side: row.get("side")?,
        organisation: row.parse("organisation_id")?,
        filed_by: row.get("filed_by")?,
        words: row.get("words")?,
        filed_at: row.get("filed_at")?,
        due_at: row.get("due_at")?,
        not_for: row.get("not_for")?,
        outcome: row.get("outcome")?,
        answer: row.get("answer")?,
        decided_by: row.get("decided_by")?,
        decided_at: row.get("decided_at")?,
    })
}

/// An appeal.
pub async fn appeal(db: &Db, id: AppealId) -> Result<Option<Appeal>, StoreError> {
    let text =
        "SELECT id, notice_id, number, side, organisation_id, filed_by, words, filed_at, due_at, not_for, outcome,
                answer, decided_by, decided_at FROM appeal WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read_appeal).transpose()
}

/// Appeals that wait for an answer, soonest due first.
pub async fn open_appeals(db: &Db, limit: i64) -> Result<Vec<Appeal>, StoreError> {
    let text =
        "SELECT id, notice_id, number, side, organisation_id, filed_by, words, filed_at, due_at, not_for, outcome,
                answer, decided_by, decided_at FROM appeal WHERE outcome IS NULL ORDER BY due_at, id LIMIT $1";
    db.all(text, params![limit]).await?.iter().map(read_appeal).collect()
}

/// Writes the answer to an appeal; `false` when it has one.
pub async fn answer_appeal(
    tx: &mut Tx,
    id: AppealId,
    outcome: &str,
    answer: &str,
    actor: &str,
    now: Instant,
) -> Result<bool, StoreError> {
    let text = "UPDATE appeal SET outcome = $2, answer = $3, decided_by = $4, decided_at = $5, live = NULL
                WHERE id = $1 AND outcome IS NULL";
    Ok(tx.execute(text, params![id, outcome, answer, actor, now]).await? == 1)
}

/// The latest appeal about one listing of a notice.
pub async fn last_appeal(db: &Db, notice: NoticeId, number: i64) -> Result<Option<Appeal>, StoreError> {
    let text = "SELECT id, notice_id, number, side, organisation_id, filed_by, words, filed_at, due_at, not_for, outcome,
                answer, decided_by, decided_at FROM appeal WHERE notice_id = $1 AND number = $2 ORDER BY id DESC LIMIT 1";
    db.optional(text, params![notice, number]).await?.as_ref().map(read_appeal).transpose()
}

/// How many open appeals are due before this one.
pub async fn appeals_before(db: &Db, appeal: &Appeal) -> Result<i64, StoreError> {
    let text = "SELECT count(*) AS ahead FROM appeal WHERE outcome IS NULL AND (due_at, id) < ($1, $2)";
    let row = db.optional(text, params![appeal.due_at, appeal.id]).await?;
    row.map_or(Ok(0), |row| row.get("ahead"))
}
