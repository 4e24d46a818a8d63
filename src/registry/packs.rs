//! Rule packs in the database: the shipped ones, and changes to them.

use std::sync::Arc;

use serde_json::json;

use super::keeper::{SnapshotError, SnapshotKeeper};
use super::store;
use crate::audit::journal::{self, Entry, Event};
use crate::kernel::id::EventId;
use crate::kernel::{Clock, Ids};
use crate::rules::{LoadPacksError, PackSource, Packs};
use crate::store::{Db, StoreError};

/// Packs that the binary carries.
#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/rules"]
#[include = "*.toml"]
#[exclude = "shipment/*"]
#[exclude = "merchants/*"]
struct Shipped;

/// Why packs were not changed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// They do not load, or one of their own cases fails.
    #[error(transparent)]
    Load(#[from] LoadPacksError),
    /// The database refused.
    #[error("cannot store the rule packs")]
    Store(#[from] StoreError),
    /// The change is stored, but the snapshot could not follow.
    #[error("the rule packs were stored, but cannot be read back")]
    Snapshot(#[from] SnapshotError),
    /// The thread that checked them ended early.
    #[error("checking the rule packs was interrupted")]
    Interrupted,
}

/// The packs that the binary carries: path and source, in path order.
pub fn shipped() -> Vec<(String, String)> {
    let mut packs: Vec<(String, String)> = Shipped::iter()
        .filter_map(|path| {
            let file = Shipped::get(&path)?;
            Some((path.to_string(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect();
    packs.sort();
    packs
}

fn sources(packs: Vec<(String, String)>) -> Vec<PackSource> {
    packs.into_iter().map(|(path, text)| PackSource { path, text }).collect()
}

/// Compiles packs that were proved when they were stored.
pub fn load(packs: Vec<(String, String)>) -> Result<Packs, LoadPacksError> {
    Packs::from_sources_untested(sources(packs))
}

/// Compiles packs and runs every rule's own cases.
pub fn load_and_test(packs: Vec<(String, String)>) -> Result<Packs, LoadPacksError> {
    Packs::from_sources(sources(packs))
}

/// Changes rule packs; a change is live when the call returns.
#[derive(Clone)]
pub struct PackService {
    db: Db,
    keeper: Arc<SnapshotKeeper>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl PackService {
    /// A service over this database.
    pub fn new(db: Db, keeper: Arc<SnapshotKeeper>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { db, keeper, clock, ids }
    }

    /// Makes `packs` the whole set of packs: new and changed ones are stored, others removed.
    /// Answers the paths that changed; none when the set was the same already.
    pub async fn replace_all(&self, packs: Vec<(String, String)>, actor: &str) -> Result<Vec<String>, PackError> {
        let revision = store::latest(&self.db).await?.number;
        let present = store::packs_at(&self.db, revision).await?;
        let removed = present.iter().filter(|(path, _)| !packs.iter().any(|(kept, _)| kept == path));
        let removed: Vec<(String, Option<String>)> = removed.map(|(path, _)| (path.clone(), None)).collect();
        let changed = packs.into_iter().filter(|pack| !present.contains(pack));
        let changes: Vec<(String, Option<String>)> =
            changed.map(|(path, source)| (path, Some(source))).chain(removed).collect();
        self.change(changes, actor).await
    }

    /// Stores one pack under `path`, or removes it.
    pub async fn put(&self, path: String, source: Option<String>, actor: &str) -> Result<Vec<String>, PackError> {
        self.change(vec![(path, source)], actor).await
    }

    /// Checks the changed set outside any transaction (that takes a while), then stores
    /// it, unless other packs changed meanwhile: then it checks again.
    async fn change(&self, changes: Vec<(String, Option<String>)>, actor: &str) -> Result<Vec<String>, PackError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        loop {
            let seen = store::latest(&self.db).await?.number;
            let mut sources = store::packs_at(&self.db, seen).await?;
            sources.retain(|(path, _)| !changes.iter().any(|(changed, _)| changed == path));
            sources.extend(changes.iter().filter_map(|(path, source)| Some((path.clone(), source.clone()?))));
            sources.sort();
            // The whole set is loaded and its cases are run: packs share one name space.
            let checked = tokio::task::spawn_blocking(move || load_and_test(sources)).await;
            let packs = checked.map_err(|_| PackError::Interrupted)??;
            if self.store(&changes, seen, packs.revision(), actor).await? {
                self.keeper.refresh().await?;
                return Ok(changes.into_iter().map(|(path, _)| path).collect());
            }
        }
    }

    /// `false` when packs changed after revision `seen`, and nothing was stored.
    async fn store(
        &self,
        changes: &[(String, Option<String>)],
        seen: i64,
        rules_version: &str,
        actor: &str,
    ) -> Result<bool, PackError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let from = store::take_latest(&mut tx).await?;
        if store::packs_changed_in(&mut tx, seen, from.number).await? {
            return Ok(false);
        }
        let next = store::advance(&mut tx, &from, None, "rule packs changed", now).await?;
        let paths: Vec<&String> = changes.iter().map(|(path, _)| path).collect();
        let body = json!({"revision": next.number, "rules_version": rules_version, "packs": paths});
        store::put_packs(&mut tx, next.number, changes.to_vec()).await?;
        let event = Event {
            id: EventId::from_uuid(self.ids.next(now)),
            kind: "rules.changed",
            subject: rules_version.to_owned(),
            body: body.to_string(),
        };
        let raw = serde_json::value::to_raw_value(&body).expect("JSON values serialise");
        let subject = rules_version.to_owned();
        let entry = Entry { kind: "rules.changed", subject, actor: actor.to_owned(), body: raw };
        journal::append(&mut tx, now, vec![entry], vec![event]).await?;
        tx.commit().await?;
        Ok(true)
    }
}
