//! Entries by number, hashes of subtrees, and published checkpoints.

use std::ops::Range;

use super::proof::Tree;
use crate::kernel::{Digest, Instant};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// The text of entry `number` (from 1), if there is one.
pub async fn entry(db: &Db, number: i64) -> Result<Option<String>, StoreError> {
    let row = db.optional("SELECT entry FROM audit_entry WHERE seq = $1", params![number]).await?;
    row.map(|row| row.get("entry")).transpose()
}

/// Hashes of the subtrees of 256^`level` entries with these numbers, in order; level 0 are the
/// entries themselves. Fewer than asked for when some are not there.
pub async fn hashes(db: &Db, level: u32, numbers: Range<u64>) -> Result<Vec<Digest>, StoreError> {
    let (from, to) = (numbers.start as i64, numbers.end as i64);
    let rows = match level {
        // Entries count from 1, leaves from 0.
        0 => {
            let text = "SELECT hash FROM audit_entry WHERE seq > $1 AND seq <= $2 ORDER BY seq";
            db.all(text, params![from, to]).await?
        }
        _ => {
            let text =
                "SELECT hash FROM audit_subtree WHERE level = $1 AND number >= $2 AND number < $3 ORDER BY number";
            db.all(text, params![level, from, to]).await?
        }
    };
    rows.iter().map(|row| row.parse("hash")).collect()
}

/// How many subtrees of a level are kept, without gaps from the first.
pub async fn kept(db: &Db, level: u32) -> Result<u64, StoreError> {
    let text = "SELECT number FROM audit_subtree WHERE level = $1 ORDER BY number DESC LIMIT 1";
    let row = db.optional(text, params![level]).await?;
    let last: Option<i64> = row.map(|row| row.get("number")).transpose()?;
    Ok(last.map_or(0, |last| last as u64 + 1))
}

/// Keeps hashes of subtrees from number `first` on; those that are there stay.
pub async fn keep(tx: &mut Tx, level: u32, first: u64, hashes: Vec<Digest>) -> Result<(), StoreError> {
    let rows =
        hashes.into_iter().zip(first..).map(|(hash, number)| params![level, number as i64, hash]).collect::<Vec<_>>();
    let head = "INSERT INTO audit_subtree (level, number, hash)";
    tx.insert_many(head, "ON CONFLICT (level, number) DO NOTHING", rows).await?;
    Ok(())
}

/// Forgets all kept subtrees, to work them out anew.
pub async fn forget(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute("DELETE FROM audit_subtree", vec![]).await?;
    Ok(())
}

/// A checkpoint as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Size and root.
    pub tree: Tree,
    /// The signed note.
    pub note: String,
}

fn published(row: &Row) -> Result<Published, StoreError> {
    let size: i64 = row.get("size")?;
    Ok(Published { tree: Tree { size: size as u64, root: row.parse("root")? }, note: row.get("note")? })
}

/// The checkpoint of the largest size.
pub async fn latest(db: &Db) -> Result<Option<Published>, StoreError> {
    let row = db.optional("SELECT size, root, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1", vec![]).await?;
    row.as_ref().map(published).transpose()
}

/// Checkpoints of sizes above `size`, up to and with `upto`, smallest first.
pub async fn between(db: &Db, size: i64, upto: i64) -> Result<Vec<Published>, StoreError> {
    let text = "SELECT size, root, note FROM audit_checkpoint WHERE size > $1 AND size <= $2 ORDER BY size";
    db.all(text, params![size, upto]).await?.iter().map(published).collect()
}

/// Publishes a checkpoint; one of that size that is there stays.
pub async fn publish(tx: &mut Tx, checkpoint: &Published, now: Instant) -> Result<(), StoreError> {
    let Published { tree, note } = checkpoint;
    tx.execute(
        "INSERT INTO audit_checkpoint (size, root, at, note) VALUES ($1, $2, $3, $4) ON CONFLICT (size) DO NOTHING",
        params![tree.size as i64, tree.root, now, note],
    )
    .await?;
    Ok(())
}
