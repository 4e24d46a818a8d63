//! Appending audit entries and outgoing events, in the caller's transaction.
//!
//! One row, the journal's head, holds the last audit hash and the last event
//! position. A transaction takes that row when it appends and keeps it until its
//! commit, so numbers are given out in commit order: a reader that has seen event
//! 7 has seen every event before it. (A database sequence would not do: it hands
//! out 1 and 2 before either commits, and a reader that sees 2 first never looks
//! for 1 again.)

use serde::Serialize;
use serde_json::value::RawValue;

use super::chain::{Frontier, leaf_hash};
use crate::kernel::id::EventId;
use crate::kernel::{Digest, Instant};
use crate::params;
use crate::store::{Db, Row, Sql, StoreError, Tx, Value};

/// What happened, for the audit log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What kind of thing: `listing.screened`, `registry.changed`.
    pub kind: &'static str,
    /// The id of what it happened to.
    pub subject: String,
    /// Who did it: an API key id, `command line`, `system`.
    pub actor: String,
    /// The particulars, as JSON.
    pub body: Box<RawValue>,
}

/// What others are told, through the outbox.
#[derive(Debug, Clone)]
pub struct Event {
    /// The event's id, for receivers that must not act twice.
    pub id: EventId,
    /// What kind: `listing.screened`.
    pub kind: &'static str,
    /// The id of what it is about.
    pub subject: String,
    /// The message, as JSON.
    pub body: String,
}

/// The bytes that are hashed: exactly this JSON, in this order.
#[derive(Serialize)]
struct EntryBytes<'a> {
    seq: i64,
    at: Instant,
    kind: &'a str,
    subject: &'a str,
    actor: &'a str,
    prev: Digest,
    body: &'a RawValue,
}

/// The journal's head as one transaction holds it.
#[derive(Debug, Clone)]
pub struct Head {
    /// Number of audit entries.
    pub entries: i64,
    /// Hash of the last one.
    pub last_hash: Digest,
    /// Merkle frontier over all.
    pub frontier: Frontier,
    /// Position of the last event.
    pub position: i64,
}

const TAKE_HEAD: Sql = Sql::per_engine(
    "SELECT entries, last_hash, frontier, position FROM journal_head WHERE one = 1",
    "SELECT entries, last_hash, frontier, position FROM journal_head WHERE one = 1 FOR UPDATE",
);

impl Head {
    /// Reads a head row.
    pub fn from_row(row: &Row) -> Result<Self, StoreError> {
        let entries: i64 = row.get("entries")?;
        let text: String = row.get("frontier")?;
        let frontier = Frontier::from_text(entries as u64, &text).ok_or_else(|| StoreError::Corrupt {
            column: "frontier".to_owned(),
            problem: format!("it does not fit {entries} entries"),
        })?;
        Ok(Self { entries, last_hash: row.parse("last_hash")?, frontier, position: row.get("position")? })
    }

    /// Takes the head for this transaction; others that append wait for its end.
    pub async fn take(tx: &mut Tx) -> Result<Self, StoreError> {
        Self::from_row(&tx.optional(TAKE_HEAD, vec![]).await?.ok_or_else(missing_head)?)
    }

    /// The head as it was last committed.
    pub async fn read(db: &Db) -> Result<Self, StoreError> {
        let text = "SELECT entries, last_hash, frontier, position FROM journal_head WHERE one = 1";
        Self::from_row(&db.optional(text, vec![]).await?.ok_or_else(missing_head)?)
    }
}

fn missing_head() -> StoreError {
    StoreError::Corrupt { column: "journal_head".to_owned(), problem: "the row is missing".to_owned() }
}

/// Number of the first entry about `subject`, if there is one.
pub async fn first_entry_about(db: &Db, subject: &str) -> Result<Option<i64>, StoreError> {
    let text = "SELECT seq FROM audit_entry WHERE subject = $1 ORDER BY seq LIMIT 1";
    db.optional(text, params![subject]).await?.map(|row| row.get("seq")).transpose()
}

/// Where an append landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Number of the first audit entry appended.
    pub first_entry: i64,
    /// Position of the first event appended.
    pub first_position: i64,
}

/// Appends `entries` and `events` in order. Call it last in a transaction: it takes
/// the head row, which every other writer needs.
pub async fn append(
    tx: &mut Tx,
    now: Instant,
    entries: Vec<Entry>,
    events: Vec<Event>,
) -> Result<Appended, StoreError> {
    let head = Head::take(tx).await?;
    append_after(tx, head, now, entries, events).await
}

/// [`append`] for a caller that took the head before, because it writes positions into
/// its own rows.
pub async fn append_after(
    tx: &mut Tx,
    mut head: Head,
    now: Instant,
    entries: Vec<Entry>,
    events: Vec<Event>,
) -> Result<Appended, StoreError> {
    let appended = Appended { first_entry: head.entries + 1, first_position: head.position + 1 };
    let mut entry_rows = Vec::with_capacity(entries.len());
    for entry in &entries {
        entry_rows.push(chain_entry(&mut head, now, entry));
    }
    let mut event_rows = Vec::with_capacity(events.len());
    for event in events {
        head.position += 1;
        event_rows.push(params![head.position, event.id, now, event.kind, event.subject, event.body]);
    }
    tx.insert_many("INSERT INTO audit_entry (seq, at, kind, subject, hash, entry)", "", entry_rows).await?;
    tx.insert_many("INSERT INTO outbox (position, id, at, kind, subject, body)", "", event_rows).await?;
    tx.execute(
        "UPDATE journal_head SET entries = $1, last_hash = $2, frontier = $3, position = $4 WHERE one = 1",
        params![head.entries, head.last_hash, head.frontier.to_text(), head.position],
    )
    .await?;
    Ok(appended)
}

fn chain_entry(head: &mut Head, now: Instant, entry: &Entry) -> Vec<Value> {
    let seq = head.entries + 1;
    let bytes = EntryBytes {
        seq,
        at: now,
        kind: entry.kind,
        subject: &entry.subject,
        actor: &entry.actor,
        prev: head.last_hash,
        body: &entry.body,
    };
    let text = serde_json::to_string(&bytes).expect("strings and checked JSON always serialise");
    let hash = leaf_hash(text.as_bytes());
    head.entries = seq;
    head.last_hash = hash;
    head.frontier.push(hash);
    params![seq, now, entry.kind, &entry.subject, hash, text]
}
