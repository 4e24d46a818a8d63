//! The queues as data: which cases lie in which, in what order.

use super::model::{CaseKind, CaseState, UnknownWord, words};
use crate::kernel::Instant;
use std::fmt;
use std::str::FromStr;

words!(
    /// What comes first in a queue.
    Order, "order", {
        /// The highest priority.
        Priority = "priority",
        /// The nearest end of a clock.
        Due = "due",
        /// The longest wait.
        Oldest = "oldest",
    }
);

/// One queue of `policies/queues.toml`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Its name in addresses and the API.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// The kinds of cases it takes; empty = any.
    #[serde(default)]
    pub kinds: Vec<CaseKind>,
    /// The lanes it takes; empty = any.
    #[serde(default)]
    pub lanes: Vec<String>,
    /// Whether it takes escalated cases, and only those.
    #[serde(default)]
    pub escalated: bool,
    /// What comes first.
    pub order: Order,
    /// How long a lease holds without activity, in minutes.
    pub lease_minutes: u32,
}

impl Queue {
    fn takes(&self, kind: CaseKind, lane: Option<&str>, state: CaseState) -> bool {
        let kind_fits = self.kinds.is_empty() || self.kinds.contains(&kind);
        let lane_fits = self.lanes.is_empty() || lane.is_some_and(|lane| self.lanes.iter().any(|known| known == lane));
        self.escalated == (state == CaseState::Escalated) && kind_fits && lane_fits
    }
}

/// All queues, in the order in which they are asked.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queues {
    #[serde(rename = "queue")]
    queues: Vec<Queue>,
}

impl Queues {
    /// Checks what the file's form does not: names of their own, bounded leases, a queue for every case.
    pub fn check(&self) -> Result<(), String> {
        for (place, queue) in self.queues.iter().enumerate() {
            if self.queues[..place].iter().any(|other| other.name == queue.name) {
                return Err(format!("two queues are called \"{}\"", queue.name));
            }
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if queue.name.is_empty() || !queue.name.bytes().all(plain) {
                return Err(format!("the name \"{}\" has more than small letters, digits and -", queue.name));
            }
            if !(1..=240).contains(&queue.lease_minutes) {
                return Err(format!("the lease of \"{}\" is not between 1 and 240 minutes", queue.name));
            }
        }
        for state in [CaseState::Waiting, CaseState::Escalated] {
            for kind in CaseKind::ALL {
                if !self.queues.iter().any(|queue| queue.takes(*kind, None, state)) {
                    return Err(format!("no queue takes a case of kind {kind} that is {state}"));
                }
            }
        }
        Ok(())
    }

    /// All queues.
    pub fn all(&self) -> &[Queue] {
        &self.queues
    }

    /// The queue of this name.
    pub fn named(&self, name: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.name == name)
    }

    /// The queue that a case lies in.
    pub fn of(&self, kind: CaseKind, lane: Option<&str>, state: CaseState) -> &Queue {
        let taking = self.queues.iter().find(|queue| queue.takes(kind, lane, state));
        taking.unwrap_or_else(|| self.queues.last().expect("the check wants a queue for every case"))
    }
}

/// A case's place in a queue of this order: higher comes first.
pub fn rank(order: Order, score: i64, due: Option<Instant>, opened_at: Instant) -> i64 {
    let millis = |at: Instant| at.as_micros() / 1_000;
    match order {
        Order::Priority => score,
        Order::Oldest => -millis(opened_at),
        // Cases without a clock come after all with one, oldest first.
        Order::Due => due.map_or(-millis(opened_at) - (1 << 50), |due| -millis(due)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::desk;
    use super::*;

    #[test]
    fn a_case_lies_in_the_first_queue_that_takes_it() {
        let queues = &desk::built_in().queues;
        let name = |kind, lane, state| queues.of(kind, lane, state).name.as_str();
        assert_eq!(name(CaseKind::ListingReview, Some("marks"), CaseState::Waiting), "counterfeit");
        assert_eq!(name(CaseKind::ListingReview, Some("prohibited"), CaseState::Proposed), "prohibited");
        assert_eq!(name(CaseKind::ListingReview, Some("a queue of tomorrow"), CaseState::Waiting), "listings");
        assert_eq!(name(CaseKind::ListingReview, None, CaseState::Snoozed), "listings");
        assert_eq!(name(CaseKind::ShipmentHold, None, CaseState::Waiting), "shipments");
        for kind in CaseKind::ALL {
            assert_eq!(name(*kind, Some("marks"), CaseState::Escalated), "escalated");
        }
    }

    #[test]
    fn the_order_puts_the_right_case_first() {
        let (early, late): (Instant, Instant) =
            ("2026-11-01T00:00:00Z".parse().unwrap(), "2026-11-02T00:00:00Z".parse().unwrap());
        assert!(rank(Order::Priority, 700, None, late) > rank(Order::Priority, 300, Some(early), early));
        assert!(rank(Order::Oldest, 0, None, early) > rank(Order::Oldest, 900, None, late));
        assert!(rank(Order::Due, 0, Some(early), late) > rank(Order::Due, 900, Some(late), early));
        assert!(rank(Order::Due, 0, Some(late), late) > rank(Order::Due, 900, None, early));
    }

    #[test]
    fn queues_that_lose_cases_are_refused() {
        let read = |text: &str| toml::from_str::<Queues>(text).unwrap().check();
        let one = "[[queue]]\nname = \"a\"\ntitle = \"A\"\norder = \"due\"\nlease_minutes = 5\n";
        assert!(read(one).unwrap_err().contains("escalated"));
        let both = format!("{one}{}escalated = true\n", one.replace("\"a\"", "\"b\""));
        assert_eq!(read(&both), Ok(()));
        assert!(read(&format!("{one}{one}")).unwrap_err().contains("two queues"));
        assert!(read(&both.replacen("= 5", "= 500", 1)).unwrap_err().contains("240"));
    }
}
