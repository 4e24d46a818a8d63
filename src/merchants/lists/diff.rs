//! What changed between two versions of a list, and whether today's may be taken.

use std::collections::BTreeMap;

use super::model::{ListEntity, ListFile};

/// What changed, by entity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListDiff {
    /// Entities that are new.
    pub added: Vec<ListEntity>,
    /// Entities that say something else than before, as they are now.
    pub changed: Vec<ListEntity>,
    /// Ids of entities that are gone.
    pub removed: Vec<String>,
}

impl ListDiff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// The entities that merchants are to be screened against again.
    pub fn to_screen(&self) -> impl Iterator<Item = &ListEntity> {
        self.added.iter().chain(&self.changed)
    }
}

/// Compares two versions of one list by entity.
pub fn diff(old: &ListFile, new: &ListFile) -> ListDiff {
    let mut before: BTreeMap<&str, &ListEntity> =
        old.entities.iter().map(|entity| (entity.id.as_str(), entity)).collect();
    let mut found = ListDiff::default();
    for entity in &new.entities {
        match before.remove(entity.id.as_str()) {
            None => found.added.push(entity.clone()),
            Some(known) if known != entity => found.changed.push(entity.clone()),
            Some(_) => {}
        }
    }
    found.removed = before.into_keys().map(str::to_owned).collect();
    found
}

/// What an update may do without a person's consent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guards {
    /// Least size of the new list as a share of the old one.
    pub least_share: f64,
}

impl Default for Guards {
    /// Half of yesterday's list: real lists change by about a dozen entries a day, and no
    /// delisting has halved one.
    fn default() -> Self {
        Self { least_share: 0.5 }
    }
}

/// Why yesterday's list stays in force. Each is worth an alarm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedUpdate {
    /// The list shrank too much.
    #[error(
        "the new list {list} has {new} entities, the old one {old}; the old list stays in force until someone confirms the new one"
    )]
    Shrunk {
        /// The list.
        list: String,
        /// Entities before.
        old: usize,
        /// Entities now.
        new: usize,
    },
    /// Entities have no names any more.
    #[error(
        "in the new list {list}, {count} entities have no name, the first is {first}; the old list stays in force until someone confirms the new one"
    )]
    LostNames {
        /// The list.
        list: String,
        /// How many.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// Another list was loaded.
    #[error("the old list is {old} and the new one is {new}; load each list under its own name")]
    OtherList {
        /// The list before.
        old: String,
        /// The list now.
        new: String,
    },
}

/// Decides whether `new` may replace `old`, and what changes if it does.
///
/// # Errors
/// When the new list has entities without names or is much smaller.
pub fn accept(old: &ListFile, new: &ListFile, guards: Guards) -> Result<ListDiff, RefusedUpdate> {
    if old.list != new.list {
        return Err(RefusedUpdate::OtherList { old: old.list.clone(), new: new.list.clone() });
    }
    if let Some(first) = new.nameless.first() {
        return Err(RefusedUpdate::LostNames {
            list: new.list.clone(),
            count: new.nameless.len(),
            first: first.clone(),
        });
    }
    if (new.entities.len() as f64) < old.entities.len() as f64 * guards.least_share {
        return Err(RefusedUpdate::Shrunk { list: new.list.clone(), old: old.entities.len(), new: new.entities.len() });
    }
    Ok(diff(old, new))
}
