//! Possible matches: what is new, what a person has cleared already, what is no match any more.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Digest, Instant};

/// Where a possible match stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ListHitState)]
pub enum HitState {
    /// A person has to look.
    Open,
    /// A person found that it is another party.
    Cleared,
    /// A person found that it is this party.
    Confirmed,
    /// The merchant or the list says something else now.
    Gone,
}

impl HitState {
    /// The word in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cleared => "cleared",
            Self::Confirmed => "confirmed",
            Self::Gone => "gone",
        }
    }
}

impl std::str::FromStr for HitState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Open, Self::Cleared, Self::Confirmed, Self::Gone];
        all.into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| "is no state of a hit; use open, cleared, confirmed or gone".to_owned())
    }
}

/// What was found: one entry that a merchant may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ListMatch)]
pub struct Match {
    /// The list.
    pub list: String,
    /// The entry.
    pub entity: String,
    /// Digest of all that the entry says.
    #[schema(value_type = String)]
    pub entity_version: Digest,
    /// 0 to 1.
    pub score: f32,
    /// The merchant's name that was asked.
    pub asked: String,
    /// The entry's name that matches best.
    pub name: String,
    /// Token by token, with weights and second signals.
    #[schema(value_type = Object)]
    pub why: serde_json::Value,
}

/// A stored match.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its id.
    pub id: String,
    /// The merchant.
    pub merchant: String,
    /// Where it stands.
    pub state: HitState,
    /// Digest of the merchant's names and facts that were compared.
    pub merchant_version: Digest,
    /// What was found.
    pub found: Match,
    /// When it was found first.
    pub found_at: Instant,
    /// Who decided, when and why.
    pub decided: Option<Decided>,
}

/// A person's decision on a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ListHitDecided)]
pub struct Decided {
    /// Who.
    pub by: String,
    /// When.
    #[schema(value_type = String)]
    pub at: Instant,
    /// Why.
    pub reason: String,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum HitChange {
    /// A match that nobody has seen.
    New(Match),
    /// A match that was cleared or gone and is open again, with the reason in words.
    Reopened(Hit, &'static str),
    /// A match that waits or was decided, with what is known now.
    Refreshed(Hit),
    /// A match that is none any more.
    Gone(Hit),
}

/// Compares what is found now with what is stored of one merchant.
///
/// A cleared match stays cleared while neither side says anything else; a confirmed one stays confirmed
/// as long as it is found; an open one that is not found any more is gone.
pub fn settle(stored: Vec<Hit>, found: Vec<Match>, merchant_version: Digest) -> Vec<HitChange> {
    let place = |found: &Match| (found.list.clone(), found.entity.clone());
    let mut stored: HashMap<(String, String), Hit> = stored.into_iter().map(|hit| (place(&hit.found), hit)).collect();
    let mut changes = Vec::new();
    for now in found {
        let Some(hit) = stored.remove(&place(&now)) else {
            changes.push(HitChange::New(now));
            continue;
        };
        let merchant_same = hit.merchant_version == merchant_version;
        let entity_same = hit.found.entity_version == now.entity_version;
        let state = hit.state;
        let next = Hit { found: now, merchant_version, ..hit };
        match (state, merchant_same && entity_same) {
            (HitState::Cleared, true) => {}
            (HitState::Cleared, false) => {
                let why = match (merchant_same, entity_same) {
                    (false, false) => "the merchant and the entry have changed since it was cleared",
                    (false, _) => "the merchant has changed since it was cleared",
                    _ => "the entry has changed since it was cleared",
                };
                changes.push(HitChange::Reopened(Hit { state: HitState::Open, decided: None, ..next }, why));
            }
            (HitState::Gone, _) => {
                let why = "it is found again";
                changes.push(HitChange::Reopened(Hit { state: HitState::Open, decided: None, ..next }, why));
            }
            (HitState::Open | HitState::Confirmed, true) => {}
            (HitState::Open | HitState::Confirmed, false) => changes.push(HitChange::Refreshed(next)),
        }
    }
    let mut rest: Vec<Hit> = stored.into_values().filter(|hit| hit.state == HitState::Open).collect();
    rest.sort_by(|a, b| a.id.cmp(&b.id));
    changes.extend(rest.into_iter().map(|hit| HitChange::Gone(Hit { state: HitState::Gone, ..hit })));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(entity: &str, version: u8) -> Match {
        Match {
            list: "l".to_owned(),
            entity: entity.to_owned(),
            entity_version: Digest([version; 32]),
            score: 0.9,
            asked: "A".to_owned(),
            name: "A".to_owned(),
            why: serde_json::Value::Null,
        }
    }

    fn stored(entity: &str, state: HitState) -> Hit {
        Hit {
            id: format!("hit {entity}"),
            merchant: "m".to_owned(),
            state,
            merchant_version: Digest([1; 32]),
            found: found(entity, 1),
            found_at: "2026-11-22T00:00:00Z".parse().unwrap(),
            decided: None,
        }
    }

    /// What becomes of a stored hit: found or not, with the merchant's and the entry's version.
    fn becomes(state: HitState, now: Option<u8>, merchant: u8) -> Option<HitState> {
        let found = now.map(|version| found("e", version)).into_iter().collect();
        let changes = settle(vec![stored("e", state)], found, Digest([merchant; 32]));
        assert!(changes.len() < 2);
        changes.into_iter().next().map(|change| match change {
            HitChange::New(_) => HitState::Open,
            HitChange::Reopened(hit, _) | HitChange::Refreshed(hit) | HitChange::Gone(hit) => hit.state,
        })
    }

    #[test]
    fn every_state_goes_where_it_must() {
        use HitState::*;
        for (state, same, merchant_new, entity_new, not_found) in [
            (Open, None, Some(Open), Some(Open), Some(Gone)),
            (Cleared, None, Some(Open), Some(Open), None),
            (Confirmed, None, Some(Confirmed), Some(Confirmed), None),
            (Gone, Some(Open), Some(Open), Some(Open), None),
        ] {
            assert_eq!(becomes(state, Some(1), 1), same, "{state:?}, nothing changed");
            assert_eq!(becomes(state, Some(1), 2), merchant_new, "{state:?}, the merchant changed");
            assert_eq!(becomes(state, Some(2), 1), entity_new, "{state:?}, the entry changed");
            assert_eq!(becomes(state, None, 1), not_found, "{state:?}, not found any more");
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!(settle(Vec::new(), vec![found("e", 1)], Digest([1; 32])), [HitChange::New(found("e", 1))]);
    }
}
