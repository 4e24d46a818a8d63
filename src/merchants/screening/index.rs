//! The entries of all lists in force, in memory, following the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::hits::Match;
use super::store;
use crate::matching::names::{NameIndex, NameQuery, Scratch};
use crate::merchants::lists::ListEntity;
use crate::store::{Db, StoreError};

/// Entries looked at for one name.
const MOST_HITS: usize = 20;

/// One state of the index.
#[derive(Default)]
struct Entries {
    numbers: HashMap<String, i64>,
    names: NameIndex,
    /// By the id under which an entry is in the name index.
    entities: HashMap<String, Arc<ListEntity>>,
}

/// What merchants are screened against.
#[derive(Default)]
pub struct ListEntries {
    current: ArcSwap<Entries>,
    one_builder: tokio::sync::Mutex<()>,
    scratches: Mutex<Vec<Scratch>>,
}

/// Ids are unique within a list only.
fn key(entity: &ListEntity) -> String {
    format!("{} {}", entity.list, entity.id)
}

impl ListEntries {
    /// Follows the database; answers whether there was anything new.
    pub async fn follow(&self, db: &Db) -> Result<bool, StoreError> {
        let numbers = store::numbers(db).await?;
        if self.current.load().numbers == numbers {
            return Ok(false);
        }
        let _only_one = self.one_builder.lock().await;
        let before = self.current.load_full();
        if before.numbers == numbers {
            return Ok(false);
        }
        let mut changes = Vec::new();
        for (list, number) in &numbers {
            let from = before.numbers.get(list).copied().unwrap_or(0);
            if from != *number {
                changes.push((list.clone(), store::changed(db, list, from, *number).await?));
            }
        }
        // Reading names takes milliseconds each for the long ones: not on a worker of the runtime.
        let next = tokio::task::spawn_blocking(move || before.after(numbers, changes)).await;
        let next = next.map_err(|_| StoreError::Corrupt {
            column: "screening_entity.body".to_owned(),
            problem: "reading it was interrupted".to_owned(),
        })?;
        self.current.store(Arc::new(next));
        Ok(true)
    }

    /// Whether no list is loaded.
    pub fn is_empty(&self) -> bool {
        self.current.load().entities.is_empty()
    }

    /// The entries that a merchant with these names may be, best first, each once, from `least` on.
    pub fn search(&self, names: &[NameQuery], least: f32) -> Vec<Match> {
        let entries = self.current.load();
        if entries.entities.is_empty() {
            return Vec::new();
        }
        let pooled = self.scratches.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = pooled.unwrap_or_default();
        let mut best: HashMap<String, Match> = HashMap::new();
        for name in names {
            for hit in entries.names.search(name, MOST_HITS, &mut scratch) {
                let Some(entity) = entries.entities.get(&hit.id).filter(|_| hit.score >= least) else { continue };
                if best.get(&hit.id).is_some_and(|known| known.score >= hit.score) {
                    continue;
                }
                let found = Match {
                    list: entity.list.clone(),
                    entity: entity.id.clone(),
                    entity_version: entity.version(),
                    score: hit.score,
                    asked: name.name.clone(),
                    name: hit.name,
                    why: serde_json::to_value(&hit.why).unwrap_or_default(),
                };
                best.insert(hit.id, found);
            }
        }
        self.scratches.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        let mut found: Vec<Match> = best.into_values().collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.entity.cmp(&b.entity)));
        found.truncate(MOST_HITS);
        found
    }
}

type Changes = Vec<(String, (Vec<ListEntity>, Vec<String>))>;

impl Entries {
    fn after(&self, numbers: HashMap<String, i64>, changes: Changes) -> Self {
        let (mut names, mut entities) = (self.names.clone(), self.entities.clone());
        let mut touched = 0;
        for (list, (present, removed)) in changes {
            touched += present.len() + removed.len();
            for id in removed {
                let key = format!("{list} {id}");
                names.remove(&key);
                entities.remove(&key);
            }
            for entity in present {
                let key = key(&entity);
                names.add(&crate::matching::names::Party { id: key.clone(), ..entity.party() });
                entities.insert(key, Arc::new(entity));
            }
        }
        // Variants are learned from the lists' own aliases: a dozen entries a day teach little.
        if touched * 8 > entities.len() {
            names.learn();
        }
        Self { numbers, names, entities }
    }
}
