//! Matches that a person has cleared, and when they must be looked at again.
//!
//! A clearance holds for one merchant as it was and one entity as it was. When either says
//! something else, the clearance is reopened; a change of neither never asks twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::model::ListEntity;
use crate::kernel::Digest;
use crate::matching::names::NameQuery;

/// Which match was cleared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClearanceKey {
    /// The merchant.
    pub merchant: String,
    /// The entity.
    pub entity: String,
}

/// What was compared when a person decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearance {
    /// Digest of the merchant's data that was compared.
    pub merchant: Digest,
    /// Version of the entity.
    pub entity: Digest,
    /// Who decided, and why, for the record.
    pub reason: String,
}

impl Clearance {
    /// A clearance of what is now.
    pub fn of(merchant: &[NameQuery], entity: &ListEntity, reason: &str) -> Self {
        Self { merchant: merchant_digest(merchant), entity: entity.version(), reason: reason.to_owned() }
    }
}

/// Digest of all names and facts under which a merchant is screened; their order does not count.
pub fn merchant_digest(names: &[NameQuery]) -> Digest {
    let mut lines: Vec<String> = names.iter().map(|name| serde_json::to_string(name).unwrap_or_default()).collect();
    lines.sort();
    lines.dedup();
    Digest::of(lines.join("\n").as_bytes())
}

/// What changed since a clearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reopened {
    /// The merchant's data.
    MerchantChanged,
    /// The list's entry.
    EntityChanged,
    /// Both.
    BothChanged,
}

/// How a match stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClearanceState {
    /// Nobody has cleared it.
    Open,
    /// It is cleared, and nothing has changed since.
    Cleared,
    /// It was cleared, but what was compared has changed.
    Reopened(Reopened),
}

/// All clearances.
#[derive(Debug, Clone, Default)]
pub struct Clearances {
    known: BTreeMap<ClearanceKey, Clearance>,
}

impl Clearances {
    /// Remembers a clearance; the newest of a pair counts.
    pub fn remember(&mut self, key: ClearanceKey, clearance: Clearance) {
        self.known.insert(key, clearance);
    }

    /// Takes a clearance back; answers whether there was one.
    pub fn forget(&mut self, key: &ClearanceKey) -> bool {
        self.known.remove(key).is_some()
    }

    /// How a match of the merchant as it is now with the entity as it is now stands.
    pub fn state(&self, key: &ClearanceKey, merchant: &[NameQuery], entity: &ListEntity) -> ClearanceState {
        let Some(clearance) = self.known.get(key) else {
            return ClearanceState::Open;
        };
        match (clearance.merchant == merchant_digest(merchant), clearance.entity == entity.version()) {
            (true, true) => ClearanceState::Cleared,
            (false, true) => ClearanceState::Reopened(Reopened::MerchantChanged),
            (true, false) => ClearanceState::Reopened(Reopened::EntityChanged),
            (false, false) => ClearanceState::Reopened(Reopened::BothChanged),
        }
    }
}
