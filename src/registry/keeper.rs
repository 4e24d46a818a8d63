//! Keeps the current snapshot: builds it, notices changes, swaps it.
//!
//! Every replica compares the database's revision counter with its own a few times a
//! second, and at once after a change of its own, so a new mark is live everywhere
//! well within two seconds; no notification that could be lost is involved. A small
//! change goes into a delta beside the running index; a large one builds anew.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::{packs, store};
use crate::merchants;
use crate::rules::{LoadPacksError, Packs};
use crate::screening::Snapshot;
use crate::store::{Db, StoreError};

/// A change of more than this share of all brands (one in eight) is built anew.
const REBUILD_SHARE: i64 = 8;

/// Why no snapshot could be built.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The rows could not be read.
    #[error("cannot read the registry")]
    Store(#[from] StoreError),
    /// Stored packs do not load; they were written by a build with other rules of writing.
    #[error("stored rule packs do not load")]
    Packs(#[from] LoadPacksError),
    /// The revision asked for never was.
    #[error("revision {0} is not stored")]
    Unknown(i64),
    /// The thread that built it ended early.
    #[error("building the snapshot was interrupted")]
    Interrupted,
}

/// Holds the snapshot that screenings use.
pub struct SnapshotKeeper {
    db: Db,
    current: ArcSwap<Snapshot>,
    one_builder: Mutex<()>,
}

impl SnapshotKeeper {
    /// Builds the snapshot of the latest revision.
    pub async fn open(db: Db) -> Result<Arc<Self>, SnapshotError> {
        let number = store::latest(&db).await?.number;
        let snapshot = build_at(&db, number, None).await?;
        let merchants = merchants::store::changed_after(&db, -1).await?;
        let merchants = merchants.into_iter().collect();
        let snapshot = Snapshot { merchants: crate::kernel::layered::Layered::new(merchants), ..snapshot };
        Ok(Arc::new(Self { db, current: ArcSwap::from_pointee(snapshot), one_builder: Mutex::new(()) }))
    }

    /// The snapshot to screen with now.
    pub fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Follows the database; answers whether there was anything new.
    pub async fn refresh(&self) -> Result<bool, SnapshotError> {
        let _only_one = self.one_builder.lock().await;
        let from = self.current();
        let latest = store::latest(&self.db).await?;
        if latest.number <= from.revision {
            return Ok(false);
        }
        let next = self.next(&from, &latest).await?;
        self.current.store(Arc::new(next));
        Ok(true)
    }

    async fn next(&self, from: &Arc<Snapshot>, to: &store::Revision) -> Result<Snapshot, SnapshotError> {
        let packs_changed = store::packs_changed(&self.db, from.revision, to.number).await?;
        let packs = if packs_changed { None } else { Some(Arc::clone(&from.packs)) };
        let changes = store::changes_between(&self.db, from.revision, to.number).await?;
        let merchants = merchants::store::changed_after(&self.db, from.revision).await?;
        let merchants = from.merchants.with_changes(merchants.into_iter().map(|(id, facts)| (id, Some(facts))));
        let brands = store::count(&self.db).await?;
        if changes * REBUILD_SHARE > brands {
            let built = build_at(&self.db, to.number, packs).await?;
            return Ok(Snapshot { merchants, ..built });
        }
        let (removed, added) = store::brands_between(&self.db, from.revision, to.number).await?;
        let packs = match packs {
            Some(packs) => packs,
            None => load_packs(&self.db, to.number).await?,
        };
        let from = Arc::clone(from);
        let next = tokio::task::spawn_blocking(move || from.with_brands(&removed, &added)).await;
        let next = next.map_err(|_| SnapshotError::Interrupted)?;
        Ok(Snapshot { revision: to.number, registry_revision: to.registry_name(), packs, merchants, ..next })
    }

    /// The snapshot as it stood at `revision`, without merchants: for replays, whose
    /// verdicts hold the merchant facts they saw.
    pub async fn at(&self, revision: i64) -> Result<Arc<Snapshot>, SnapshotError> {
        let current = self.current();
        if current.revision == revision {
            return Ok(current);
        }
        Ok(Arc::new(build_at(&self.db, revision, None).await?))
    }
}

async fn load_packs(db: &Db, revision: i64) -> Result<Arc<Packs>, SnapshotError> {
    let sources = store::packs_at(db, revision).await?;
    let loaded = tokio::task::spawn_blocking(move || packs::load(sources)).await;
    Ok(Arc::new(loaded.map_err(|_| SnapshotError::Interrupted)??))
}

async fn build_at(db: &Db, number: i64, packs: Option<Arc<Packs>>) -> Result<Snapshot, SnapshotError> {
    let revision = store::revision(db, number).await?.ok_or(SnapshotError::Unknown(number))?;
    let packs = match packs {
        Some(packs) => packs,
        None => load_packs(db, number).await?,
    };
    let brands = store::brands_at(db, number).await?;
    let name = revision.registry_name();
    let built = tokio::task::spawn_blocking(move || Snapshot::build(number, name, &brands, packs)).await;
    built.map_err(|_| SnapshotError::Interrupted)
}
