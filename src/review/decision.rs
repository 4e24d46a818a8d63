//! What a person decides, and what may become of it. Pure.
//!
//! ```text
//! proposed ── confirm ──▶ held ── settle (ten seconds) ──▶ in_force ── reverse ─▶ reversed
//!    └─ refuse ─▶ refused  └─ take back ─▶ taken_back          └────── end ────▶ ended
//! ```
//!
//! A held decision is in force inside; outside nobody was told yet, so it can be taken back
//! without a trace there. A reversal undoes every effect and tells those affected.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::model::{CaseKind, UnknownWord, words};
use crate::kernel::id::{CaseId, DecisionId};
use crate::kernel::{Digest, Instant, Market};

words!(
    /// What a reviewer may do.
    Action, "action", {
        /// Nothing speaks against the listing.
        Allow = "allow",
        /// The listing must not be offered, everywhere or in named markets.
        Remove = "remove",
        /// The merchant must not sell for a time.
        Suspend = "suspend",
        /// The merchant must not sell any more.
        Terminate = "terminate",
        /// The shipment may go.
        Release = "release",
        /// What holds stays as it is.
        Keep = "keep",
        /// The notice, complaint or appeal is right.
        Uphold = "uphold",
        /// It is not.
        Dismiss = "dismiss",
    }
);

words!(
    /// Where a decision stands.
    DecisionState, "decision state", {
        /// A second person has to confirm.
        Proposed = "proposed",
        /// Decided; nobody outside was told yet.
        Held = "held",
        /// Decided and told.
        InForce = "in_force",
        /// Taken back before anyone was told.
        TakenBack = "taken_back",
        /// The second person did not agree.
        Refused = "refused",
        /// Reversed, with all its effects.
        Reversed = "reversed",
        /// Its time is over.
        Ended = "ended",
    }
);

impl DecisionState {
    /// Whether its effects hold.
    pub fn holds(self) -> bool {
        matches!(self, Self::Held | Self::InForce)
    }
}

words!(
    /// Something that happens to a decision.
    DecisionEvent, "decision event", {
        /// The second person agrees.
        Confirm = "confirm",
        /// The second person does not, or the case is closed.
        Refuse = "refuse",
        /// It is taken back in time.
        TakeBack = "take_back",
        /// The time to take it back is over.
        Settle = "settle",
        /// It is reversed.
        Reverse = "reverse",
        /// Its time is over.
        End = "end",
    }
);

/// The state that `event` leads to from `state`; `None` where it may not happen.
pub fn next(state: DecisionState, event: DecisionEvent) -> Option<DecisionState> {
    use DecisionEvent as On;
    use DecisionState as In;
    match (state, event) {
        (In::Proposed, On::Confirm) => Some(In::Held),
        (In::Proposed, On::Refuse) => Some(In::Refused),
        (In::Held, On::TakeBack) => Some(In::TakenBack),
        (In::Held, On::Settle) => Some(In::InForce),
        (In::InForce, On::Reverse) => Some(In::Reversed),
        (In::InForce, On::End) => Some(In::Ended),
        _ => None,
    }
}

/// One policy that was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The policy's id.
    #[schema(example = "counterfeit")]
    pub policy: String,
    /// The reason's id in the policy.
    #[schema(example = "admitted-copy")]
    pub reason: String,
}

/// A decision as a reviewer gives it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// What is to be done.
    pub action: Action,
    /// Which policies were broken; empty where the action needs none.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The markets that it holds in; empty = all.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["DE", "FR"]))]
    pub markets: Vec<Market>,
    /// For how many days; absent = until it is reversed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3650)]
    pub days: Option<u32>,
    /// What the reviewer fills into the message, by placeholder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fill: BTreeMap<String, String>,
    /// A note for colleagues; never shown to merchants.
    #[serde(default)]
    pub note: String,
}

impl Ruling {
    /// A ruling of nothing but an action.
    pub fn plain(action: Action) -> Self {
        Self {
            action,
            findings: Vec::new(),
            markets: Vec::new(),
            days: None,
            fill: BTreeMap::new(),
            note: String::new(),
        }
    }
}

/// A decision as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The case it answers.
    pub case: Option<CaseId>,
    /// The kind of the case.
    pub kind: CaseKind,
    /// What it is about.
    pub subject: String,
    /// What is done.
    pub action: Action,
    /// The markets; empty = all.
    pub markets: Vec<Market>,
    /// Which policies were broken.
    pub findings: Vec<Finding>,
    /// What the merchant is told; empty = nothing.
    pub message: String,
    /// For colleagues.
    pub note: String,
    /// The first rule that asked for a person.
    pub rule: Option<String>,
    /// Where it stands.
    pub state: DecisionState,
    /// Who decided.
    pub actor: String,
    /// Who confirmed, where a second person had to.
    pub seconded_by: Option<String>,
    /// When.
    pub at: Instant,
    /// Until when it can be taken back.
    pub settles_at: Option<Instant>,
    /// When it ends by itself.
    pub ends_at: Option<Instant>,
    /// When it was taken back, refused, reversed or ended.
    pub undone_at: Option<Instant>,
    /// Who did that.
    pub undone_by: Option<String>,
    /// Why.
    pub undone_because: Option<String>,
}

words!(
    /// What people's decisions hold in force about a listing or a merchant.
    Standing, "standing", {
        /// The listing may be offered.
        Allowed = "allowed",
        /// The listing must not be offered.
        Removed = "removed",
        /// The merchant must not sell for a time.
        Suspended = "suspended",
        /// The merchant must not sell any more.
        Terminated = "terminated",
    }
);

words!(
    /// What a standing is about.
    StandingKind, "kind of standing", {
        /// A listing, by its id.
        Listing = "listing",
        /// A merchant, by the platform's id.
        Merchant = "merchant",
    }
);

/// What a person's decision holds in force.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct InForce {
    /// What holds.
    pub standing: Standing,
    /// The decision.
    #[schema(value_type = String, example = "dec_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    pub decision: DecisionId,
    /// The markets; empty = all.
    #[schema(value_type = Vec<String>)]
    pub markets: Vec<Market>,
    /// Since when.
    #[schema(value_type = String, example = "2026-11-22T09:30:00.000000Z")]
    pub since: Instant,
    /// When it ends by itself; absent = when it is reversed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub until: Option<Instant>,
    /// The content that it holds for: another content of the listing is judged anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub digest: Option<Digest>,
}

impl InForce {
    /// Whether it holds at `now` for a listing of this content.
    pub fn holds_for(&self, content: &Digest, now: Instant) -> bool {
        self.digest.is_none_or(|digest| digest == *content) && self.until.is_none_or(|end| now < end)
    }
}

/// What a decision does: the standings that it gives, in order.
///
/// Fails with a sentence when the case names nothing that the action could be done to.
pub fn standings_of(
    action: Action,
    listing: Option<&str>,
    merchant: Option<&str>,
) -> Result<Vec<(StandingKind, String, Standing)>, &'static str> {
    type Given = Result<(StandingKind, String, Standing), &'static str>;
    let to_listing = |standing| -> Given {
        let id = listing.ok_or("the case names no listing that this could be done to")?;
        Ok((StandingKind::Listing, id.to_owned(), standing))
    };
    let to_merchant = |standing| -> Given {
        let id = merchant.ok_or("the case names no merchant that this could be done to")?;
        Ok((StandingKind::Merchant, id.to_owned(), standing))
    };
    // A merchant who must not sell does not sell what the case is about.
    let and_its_listing = |standing| {
        let mut both = vec![to_merchant(standing)?];
        both.extend(listing.map(|_| to_listing(Standing::Removed)).transpose()?);
        Ok(both)
    };
    match action {
        Action::Allow => Ok(vec![to_listing(Standing::Allowed)?]),
        Action::Remove => Ok(vec![to_listing(Standing::Removed)?]),
        Action::Suspend => and_its_listing(Standing::Suspended),
        Action::Terminate => and_its_listing(Standing::Terminated),
        // The slice that opened the case acts on the decision's event.
        Action::Release | Action::Keep | Action::Uphold | Action::Dismiss => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "
        event      proposed  held        in_force  taken_back refused reversed ended
        confirm    held      -           -         -          -       -        -
        refuse     refused   -           -         -          -       -        -
        take_back  -         taken_back  -         -          -       -        -
        settle     -         in_force    -         -          -       -        -
        reverse    -         -           reversed  -          -       -        -
        end        -         -           ended     -          -       -        -
    ";

    #[test]
    fn every_event_in_every_state_leads_where_the_table_says() {
        let mut lines = TABLE.lines().map(str::trim).filter(|line| !line.is_empty());
        let head = lines.next().unwrap().split_whitespace().skip(1);
        let states: Vec<DecisionState> = head.map(|word| word.parse().unwrap()).collect();
        assert_eq!(states, DecisionState::ALL, "every state has a column");
        let mut events = Vec::new();
        for line in lines {
            let mut cells = line.split_whitespace();
            let event: DecisionEvent = cells.next().unwrap().parse().unwrap();
            events.push(event);
            for (state, cell) in states.iter().zip(cells) {
                let expected = (cell != "-").then(|| cell.parse::<DecisionState>().unwrap());
                assert_eq!(next(*state, event), expected, "{event} in {state}");
            }
        }
        assert_eq!(events, DecisionEvent::ALL, "every event has a line");
    }

    #[test]
    fn a_decision_that_was_undone_never_holds_again() {
        for state in DecisionState::ALL {
            let ends = DecisionEvent::ALL.iter().all(|event| next(*state, *event).is_none());
            assert_eq!(ends, !state.holds() && *state != DecisionState::Proposed, "{state}");
        }
    }
}
