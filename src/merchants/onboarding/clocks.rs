//! Which clock runs for a merchant, and when it ends.

use std::collections::BTreeSet;

use jiff::ToSpan as _;

use super::policy::{Clock, OnboardingPolicy, Regime};
use super::state::State;
use crate::kernel::Instant;

/// What a merchant's clocks depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocked {
    /// Where its admission stands.
    pub state: State,
    /// Since when.
    pub since: Instant,
    /// When it last certified its data.
    pub certified_at: Option<Instant>,
    /// Who asks anything of it.
    pub regimes: BTreeSet<Regime>,
}

/// What happens when a clock ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DueKind {
    /// The merchant should have sent its data.
    Collect,
    /// The marketplace should have checked them.
    Verify,
    /// The merchant should have mended them.
    Remedy,
    /// The merchant should certify them anew.
    Recertify,
    /// The data are to be erased.
    Erase,
}

impl DueKind {
    /// The word in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Verify => "verify",
            Self::Remedy => "remedy",
            Self::Recertify => "recertify",
            Self::Erase => "erase",
        }
    }
}

/// The end of the clock that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: Instant,
    /// What happens then.
    pub kind: DueKind,
}

/// The clock that runs for a merchant, if one does.
///
/// Without a law that gives the time, a merchant that has not sent its data simply may not trade:
/// article 30 of the DSA asks for them before the first offer and sets no end to collecting.
pub fn due(policy: &OnboardingPolicy, merchant: &Clocked) -> Option<Due> {
    let runs = |clock: &Clock| clock.regimes.iter().any(|regime| merchant.regimes.contains(regime));
    let (clock, from, kind) = match merchant.state {
        State::New | State::Suspended => return None,
        State::Collecting => (policy.collect(), merchant.since, DueKind::Collect),
        State::Verifying => (policy.verify(), merchant.since, DueKind::Verify),
        State::RemedyRequested => (policy.remedy(), merchant.since, DueKind::Remedy),
        State::Verified => (policy.recertify(), merchant.certified_at.unwrap_or(merchant.since), DueKind::Recertify),
        // Whoever it was asked by: what nobody may keep is erased.
        State::Closed => return Some(Due { at: after(policy.retain(), merchant.since), kind: DueKind::Erase }),
    };
    runs(clock).then(|| Due { at: after(clock, from), kind })
}

/// When the keyed hashes of a merchant that was shut out are erased too.
pub fn erase_traces_at(policy: &OnboardingPolicy, closed_at: Instant) -> Instant {
    after(policy.retain_banned_traces(), closed_at)
}

/// The instant when `clock` ends that began at `from`: calendar months first, then days.
fn after(clock: &Clock, from: Instant) -> Instant {
    let first = from.date();
    let months = i64::from(clock.months);
    let last = first.checked_add(months.months()).unwrap_or(first);
    let months_as_days = match first.until((jiff::Unit::Day, last)) {
        Ok(span) => i64::from(span.get_days()),
        Err(_) => 0,
    };
    from.plus_seconds((months_as_days + i64::from(clock.days)) * 86_400)
}
