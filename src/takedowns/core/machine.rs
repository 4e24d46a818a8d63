//! What may happen to one listing of a notice, and which clock runs meanwhile.
//!
//! ```text
//!              file ─▶ received ◀─ inform ─ needs_information
//!                       │ │  └──── ask ─────▲    │
//!                       │ └─ reject ─▶ rejected ◀┘ reject, clock
//!                    uphold               │
//!                       ▼                 │ grant (appeal of the notifier)
//!        ┌─ clock ── upheld ◀─────────────┘
//!        │              │ counter
//!        ▼              ▼
//!      final ◀──── countered ── sue ─▶ disputed ── confirm_right ─▶ final
//!        │   confirm_   │ clock           │ grant
//!        │ grant  right ▼                 │
//!        └────────▶ reinstated ◀──────────┘
//!
//!  grant: also from upheld and countered ─▶ reinstated
//!  retract: before a decision ─▶ withdrawn; once restricted ─▶ reinstated
//! ```
//!
//! `clock` is the end of the clock that the state started; only clocks that act by themselves
//! (restore, close, refuse) bring it about. `grant` gives the appealing or countering side its
//! right, `confirm_right` the notifier.

use crate::clocks::name;
use crate::kernel::words::word_enum;
use crate::takedowns::model::{ItemState, Regime};

word_enum!(
    /// What happens to one listing of a notice.
    ItemEvent, "event", {
        /// A person asks the notifier for something.
        Ask = "ask",
        /// The notifier answered.
        Inform = "inform",
        /// A person refuses the notice for this listing.
        Reject = "reject",
        /// A person finds the notice right: the listing is restricted.
        Uphold = "uphold",
        /// The merchant files a counter-notice.
        Counter = "counter",
        /// The notifier takes the notice back.
        Retract = "retract",
        /// The notifier tells of an action in court or a complaint to an authority.
        Sue = "sue",
        /// The clock of the state ran out.
        Clock = "clock",
        /// A person, a court or an authority gives the side that asked its right.
        Grant = "grant",
        /// A person, a court or an authority finds the notifier right.
        ConfirmRight = "confirm_right",
    }
);

/// The state after `event`, or `None` when it cannot happen in this state.
pub fn next(state: ItemState, event: ItemEvent) -> Option<ItemState> {
    use ItemEvent as E;
    use ItemState as S;
    Some(match (state, event) {
        (S::Received, E::Ask) => S::NeedsInformation,
        (S::NeedsInformation, E::Inform) => S::Received,
        (S::Received | S::NeedsInformation, E::Reject) => S::Rejected,
        (S::NeedsInformation, E::Clock) => S::Rejected,
        (S::Received, E::Uphold) => S::Upheld,
        (S::Rejected, E::Grant) => S::Upheld,
        (S::Upheld, E::Counter) => S::Countered,
        (S::Upheld, E::Clock) => S::Final,
        (S::Countered, E::Sue) => S::Disputed,
        (S::Countered, E::Clock) => S::Reinstated,
        (S::Countered | S::Disputed, E::ConfirmRight) => S::Final,
        (S::Upheld | S::Countered | S::Disputed | S::Final, E::Grant) => S::Reinstated,
        (S::Received | S::NeedsInformation, E::Retract) => S::Withdrawn,
        (S::Upheld | S::Countered | S::Disputed | S::Final, E::Retract) => S::Reinstated,
        _ => return None,
    })
}

/// The clock that a listing in this state waits on.
pub fn clock(state: ItemState, regime: Regime, trusted: bool) -> Option<&'static str> {
    match (state, regime) {
        (ItemState::Received, Regime::Dmca) => Some(name::DMCA_DECISION),
        (ItemState::Received, Regime::CnEcl) => Some(name::CN_DECISION),
        (ItemState::Received, _) if trusted => Some(name::TRUSTED_NOTICE_DECISION),
        (ItemState::Received, _) => Some(name::NOTICE_DECISION),
        (ItemState::NeedsInformation, _) => Some(name::NOTICE_INFORMATION),
        (ItemState::Upheld, _) => Some(name::COUNTER_WINDOW),
        (ItemState::Countered, Regime::Dmca) => Some(name::DMCA_RESTORE),
        (ItemState::Countered, Regime::CnEcl) => Some(name::CN_RESTORE),
        (ItemState::Countered, _) => Some(name::COUNTER_DECISION),
        _ => None,
    }
}

/// Where the notice as a whole stands: the word of the listing that needs somebody most.
pub fn of_notice(states: impl IntoIterator<Item = ItemState>) -> ItemState {
    let urgency = |state: &ItemState| match state {
        ItemState::Received => 10,
        ItemState::Countered => 9,
        ItemState::NeedsInformation => 8,
        ItemState::Disputed => 6,
        ItemState::Upheld => 5,
        ItemState::Final => 4,
        ItemState::Reinstated => 3,
        ItemState::Rejected => 2,
        ItemState::Withdrawn => 1,
    };
    states.into_iter().max_by_key(urgency).unwrap_or(ItemState::Withdrawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clocks::{AtExpiry, Clocks};

    /// Every state (rows) against every event (columns, in the order of `ItemEvent::ALL`).
    const TABLE: &str = "
        state              ask               inform            reject            uphold            counter           retract           sue               clock             grant             confirm_right
        received           needs_information -                 rejected          upheld            -                 withdrawn         -                 -                 -                 -
        needs_information  -                 received          rejected          -                 -                 withdrawn         -                 rejected          -                 -
        upheld             -                 -                 -                 -                 countered         reinstated        -                 final             reinstated        -
        rejected           -                 -                 -                 -                 -                 -                 -                 -                 upheld            -
        countered          -                 -                 -                 -                 -                 reinstated        disputed          reinstated        reinstated        final
        disputed           -                 -                 -                 -                 -                 reinstated        -                 -                 reinstated        final
        reinstated         -                 -                 -                 -                 -                 -                 -                 -                 -                 -
        final              -                 -                 -                 -                 -                 reinstated        -                 -                 reinstated        -
        withdrawn          -                 -                 -                 -                 -                 -                 -                 -                 -                 -
    ";

    #[test]
    fn every_event_in_every_state_does_what_the_table_says() {
        let mut rows =
            TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|row| !row.is_empty());
        let events: Vec<ItemEvent> = rows.next().unwrap()[1..].iter().map(|word| word.parse().unwrap()).collect();
        assert_eq!(events, ItemEvent::ALL);
        let mut states = Vec::new();
        for row in rows {
            let state: ItemState = row[0].parse().unwrap();
            states.push(state);
            for (event, expected) in events.iter().zip(&row[1..]) {
                let expected = (*expected != "-").then(|| expected.parse::<ItemState>().unwrap());
                assert_eq!(next(state, *event), expected, "{state} {event}");
            }
        }
        assert_eq!(states, ItemState::ALL);
    }

    #[test]
    fn a_clock_that_acts_by_itself_has_an_event_that_the_state_takes() {
        let today = "2026-11-22".parse().unwrap();
        for state in ItemState::ALL {
            for regime in Regime::ALL {
                let Some(name) = clock(*state, *regime, false) else { continue };
                let row = Clocks::built_in().get(name, today).unwrap();
                let acts = matches!(row.at_expiry, AtExpiry::Restore | AtExpiry::Close | AtExpiry::Refuse);
                assert!(!acts || next(*state, ItemEvent::Clock).is_some(), "{state} {regime} {name}");
            }
        }
    }

    #[test]
    fn only_states_that_restrict_lead_to_reinstatement() {
        for state in ItemState::ALL {
            for event in ItemEvent::ALL {
                if next(*state, *event) == Some(ItemState::Reinstated) {
                    assert!(state.restricts(), "{state} {event}");
                }
            }
        }
    }

    #[test]
    fn a_notice_stands_where_its_most_urgent_listing_stands() {
        use ItemState as S;
        assert_eq!(of_notice([S::Rejected, S::Received, S::Upheld]), S::Received);
        assert_eq!(of_notice([S::Rejected, S::Upheld]), S::Upheld);
        assert_eq!(of_notice([S::Withdrawn, S::Reinstated]), S::Reinstated);
    }
}
