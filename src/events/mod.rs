//! The outbox: what others are told, readable in commit order.
//!
//! Events are appended by [`crate::audit::journal::append`] in the transaction that
//! caused them. Readers remember their own position and may see an event twice,
//! never skip one.

pub mod api;

use crate::kernel::Instant;
use crate::kernel::id::EventId;
use crate::params;
use crate::store::{Db, StoreError, Tx};

/// An event as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct StoredEvent {
    /// Its place in the order of commits, from 1, without gaps.
    pub position: i64,
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: Instant,
    /// What kind.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// The message, as JSON text.
    pub body: String,
}

/// Up to `limit` events after `position`, in order.
pub async fn after(db: &Db, position: i64, limit: i64) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = db
        .all(
            "SELECT position, id, at, kind, subject, body FROM outbox WHERE position > $1 ORDER BY position LIMIT $2",
            params![position, limit],
        )
        .await?;
    let read = |row: &crate::store::Row| {
        Ok(StoredEvent {
            position: row.get("position")?,
            id: row.parse("id")?,
            at: row.get("at")?,
            kind: row.get("kind")?,
            subject: row.get("subject")?,
            body: row.get("body")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The position of the last event committed; 0 before the first.
pub async fn last_position(db: &Db) -> Result<i64, StoreError> {
    let row = db.optional("SELECT position FROM journal_head WHERE one = 1", vec![]).await?;
    row.map_or(Ok(0), |row| row.get("position"))
}

/// Remembers that `reader` has dealt with everything up to `position`; never goes back.
pub async fn advance(tx: &mut Tx, reader: &str, position: i64, now: Instant) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO outbox_reader (name, position, at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET position = excluded.position, at = excluded.at
         WHERE outbox_reader.position < excluded.position",
        params![reader, position, now],
    )
    .await?;
    Ok(())
}

/// Where `reader` stands; 0 when it never advanced.
pub async fn reader_position(db: &Db, reader: &str) -> Result<i64, StoreError> {
    let row = db.optional("SELECT position FROM outbox_reader WHERE name = $1", params![reader]).await?;
    row.map_or(Ok(0), |row| row.get("position"))
}
