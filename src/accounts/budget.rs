//! Budgets of guesses: how often somebody may be wrong.
//!
//! A budget allows a number of failures at once and grows back one at a time (a leaky
//! bucket, kept as one instant: when it would be full again). Three budgets stand beside
//! each other. One for an address, one for an account tried from browsers that never signed
//! in to it, and one for each browser that did: so who hammers an account from elsewhere
//! uses up the second, and its owner, on the browser they always use, is not locked out.

use crate::kernel::Instant;

/// How many failures at once, and how fast they are forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Failures in a row.
    pub failures: i64,
    /// Seconds until one more is allowed.
    pub seconds_each: i64,
}

impl Budget {
    /// When the budget is whole again after one more failure at `now`; `None` when there is
    /// nothing left. `whole_at` is what the failure before left.
    pub fn take(self, whole_at: Option<Instant>, now: Instant) -> Option<Instant> {
        let begins = whole_at.filter(|whole| *whole > now).unwrap_or(now);
        let after = begins.plus_seconds(self.seconds_each);
        let most = now.plus_seconds(self.failures.saturating_mul(self.seconds_each));
        (after <= most).then_some(after)
    }

    /// What [`Budget::take`] took, given back: the guess was right.
    pub fn give_back(self, whole_at: Instant) -> Instant {
        whole_at.plus_seconds(-self.seconds_each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { failures: 3, seconds_each: 60 };

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000).unwrap()
    }

    #[test]
    fn so_many_failures_at_once_then_one_for_each_span() {
        let mut whole = None;
        for _ in 0..3 {
            whole = Some(BUDGET.take(whole, at(1_000)).expect("there is something left"));
        }
        assert_eq!(BUDGET.take(whole, at(1_000)), None);
        assert_eq!(BUDGET.take(whole, at(1_059)), None);
        let fourth = BUDGET.take(whole, at(1_060));
        assert!(fourth.is_some());
        assert_eq!(BUDGET.take(fourth, at(1_060)), None);
        assert_eq!(
            BUDGET.take(fourth, at(1_000_000)),
            Some(at(1_000_060)),
            "it grows back to the whole and no further"
        );
    }

    #[test]
    fn a_right_guess_costs_nothing() {
        let first = BUDGET.take(None, at(1_000)).unwrap();
        assert_eq!(BUDGET.give_back(first), at(1_000));
    }
}
