//! How long sessions and links last: dated data (`policy.toml`), built in.

use std::sync::LazyLock;

use super::budget::Budget;
use crate::kernel::Instant;

/// The lengths in force on one day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// First day on which this counts.
    pub from: jiff::civil::Date,
    /// Longest session, in seconds.
    pub session_seconds: i64,
    /// Longest time without a request, in seconds.
    pub session_idle_seconds: i64,
    /// How long a sign-in link works, in seconds.
    pub link_seconds: i64,
    /// How long a browser that signed in is known to the account, in seconds.
    pub device_seconds: i64,
    /// Fewest letters of a new password.
    pub password_letters: i64,
    /// Memory of the password hash, in KiB.
    pub password_memory_kib: u32,
    /// Passes of the password hash over that memory.
    pub password_passes: u32,
    /// Wrong guesses at one account from browsers that are new to it; and from each that is not.
    pub guesses_of_account: Budget,
    /// Wrong guesses from one address at any account.
    pub guesses_of_address: Budget,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: Vec<Policy>,
}

static SHIPPED: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("policy.toml")).expect("a test reads the built-in file");
    file.policy
});

impl Policy {
    /// What is in force at `now`; before the first entry, the first.
    pub fn at(now: Instant) -> &'static Self {
        let entries = &*SHIPPED;
        entries.iter().rev().find(|policy| policy.from <= now.date()).unwrap_or(&entries[0])
    }

    /// Something to change one member of.
    #[cfg(test)]
    pub(crate) const TEST: Self = Self {
        from: jiff::civil::date(2026, 1, 1),
        session_seconds: 43_200,
        session_idle_seconds: 3_600,
        link_seconds: 3_600,
        device_seconds: 3_600,
        password_letters: 15,
        password_memory_kib: 64,
        password_passes: 1,
        guesses_of_account: Budget { failures: 2, seconds_each: 60 },
        guesses_of_address: Budget { failures: 2, seconds_each: 60 },
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_is_in_order_and_in_bounds() {
        assert!(SHIPPED.is_sorted_by_key(|policy| policy.from));
        for policy in SHIPPED.iter() {
            assert!((300..=86_400).contains(&policy.session_seconds), "{policy:?}");
            assert!((60..=policy.session_seconds).contains(&policy.session_idle_seconds), "{policy:?}");
            assert!((60..=86_400).contains(&policy.link_seconds), "{policy:?}");
            assert!((8..=64).contains(&policy.password_letters), "{policy:?}");
            assert!(argon2::Params::new(policy.password_memory_kib, policy.password_passes, 1, None).is_ok());
            for budget in [policy.guesses_of_account, policy.guesses_of_address] {
                assert!(budget.failures > 0 && budget.seconds_each > 0, "{policy:?}");
            }
            // No more than 100 an hour on one account.
            let of_account = policy.guesses_of_account;
            assert!(of_account.failures + 3_600 / of_account.seconds_each <= 100, "{policy:?}");
        }
        let early = Policy::at("1999-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(early.from, SHIPPED[0].from);
    }
}
