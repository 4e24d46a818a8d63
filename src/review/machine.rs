//! What may happen to a case in which state: one table, without effects.

use super::model::{CaseState, UnknownWord, words};
use std::fmt;
use std::str::FromStr;

words!(
    /// Something that happens to a case.
    CaseEvent, "case event", {
        /// The same is reported again.
        Report = "report",
        /// A reviewer puts it off until a moment.
        Snooze = "snooze",
        /// The moment has come.
        Wake = "wake",
        /// A reviewer passes it on to those who decide such cases.
        Escalate = "escalate",
        /// They give it back to its queue.
        Return = "return",
        /// A reviewer decides.
        Decide = "decide",
        /// A reviewer decides what a second person has to confirm.
        Propose = "propose",
        /// The second person agrees.
        Confirm = "confirm",
        /// The second person does not.
        Refuse = "refuse",
        /// The decision is taken back or reversed.
        Undo = "undo",
        /// Nothing is left to decide: a later verdict clears it, its notifier withdrew.
        Close = "close",
    }
);

/// The state that `event` leads to from `state`; `None` where it may not happen.
pub fn next(state: CaseState, event: CaseEvent) -> Option<CaseState> {
    use CaseEvent as On;
    use CaseState as In;
    match (state, event) {
        (In::Waiting | In::Snoozed, On::Report) => Some(In::Waiting),
        (In::Escalated, On::Report) => Some(In::Escalated),
        (In::Proposed, On::Report) => Some(In::Proposed),
        (In::Waiting, On::Snooze) => Some(In::Snoozed),
        (In::Snoozed, On::Wake) => Some(In::Waiting),
        (In::Waiting | In::Snoozed, On::Escalate) => Some(In::Escalated),
        (In::Escalated, On::Return) => Some(In::Waiting),
        (In::Waiting | In::Escalated, On::Decide) => Some(In::Decided),
        (In::Waiting | In::Escalated, On::Propose) => Some(In::Proposed),
        (In::Proposed, On::Confirm) => Some(In::Decided),
        (In::Proposed, On::Refuse) => Some(In::Waiting),
        (In::Decided, On::Undo) => Some(In::Waiting),
        (In::Waiting | In::Escalated | In::Snoozed | In::Proposed, On::Close) => Some(In::Closed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every state, and what each event leads to from there; `-` where it may not happen.
    const TABLE: &str = "
        event     waiting   escalated snoozed   proposed  decided   closed
        report    waiting   escalated waiting   proposed  -         -
        snooze    snoozed   -         -         -         -         -
        wake      -         -         waiting   -         -         -
        escalate  escalated -         escalated -         -         -
        return    -         waiting   -         -         -         -
        decide    decided   decided   -         -         -         -
        propose   proposed  proposed  -         -         -         -
        confirm   -         -         -         decided   -         -
        refuse    -         -         -         waiting   -         -
        undo      -         -         -         -         waiting   -
        close     closed    closed    closed    closed    -         -
    ";

    #[test]
    fn every_event_in_every_state_leads_where_the_table_says() {
        let mut lines = TABLE.lines().map(str::trim).filter(|line| !line.is_empty());
        let head: Vec<&str> = lines.next().unwrap().split_whitespace().skip(1).collect();
        let states: Vec<CaseState> = head.iter().map(|word| word.parse().unwrap()).collect();
        assert_eq!(states.len(), CaseState::ALL.len(), "every state has a column");
        let mut events = Vec::new();
        for line in lines {
            let mut cells = line.split_whitespace();
            let event: CaseEvent = cells.next().unwrap().parse().unwrap();
            events.push(event);
            for (state, cell) in states.iter().zip(cells) {
                let expected = (cell != "-").then(|| cell.parse::<CaseState>().unwrap());
                assert_eq!(next(*state, event), expected, "{event} in {state}");
            }
        }
        assert_eq!(events, CaseEvent::ALL, "every event has a line");
    }

    #[test]
    fn only_open_cases_can_be_taken_and_a_closed_one_stays_closed() {
        for state in CaseState::ALL {
            assert!(!state.is_takeable() || state.is_open(), "{state}");
            if !state.is_open() {
                let leads: Vec<_> = CaseEvent::ALL.iter().filter(|event| next(*state, **event).is_some()).collect();
                assert!(leads.iter().all(|event| **event == CaseEvent::Undo), "{state}: {leads:?}");
            }
        }
    }
}
