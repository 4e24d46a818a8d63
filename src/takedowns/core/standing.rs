//! How far a notifier can be relied on: accuracy, lane, quota, and the four factors of DSA art. 23(3).

use std::sync::LazyLock;

use crate::kernel::Instant;
use crate::kernel::words::word_enum;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The published thresholds.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Notices of this many days count.
    pub window_days: u32,
    /// Listings that may be filed a day.
    pub quota: Quota,
    /// When a notifier's notices are decided before others'.
    pub fast_lane: FastLane,
    /// When a warning is proposed.
    pub warning: Warning,
    /// When a suspension is proposed.
    pub suspension: Suspension,
}

/// Listings that may be filed a day.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// For everybody.
    pub base: u64,
    /// More for each upheld listing of the window.
    pub per_upheld: u64,
    /// Never more than this.
    pub most: u64,
    /// Where the numbers come from.
    pub source: String,
    /// How far that was confirmed.
    pub confidence: String,
}

/// When a notifier's notices are decided before others'.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FastLane {
    /// Listings decided in the window.
    pub min_decided: u64,
    /// Share of them that was upheld.
    pub min_accepted: f64,
    /// Largest share of the upheld that was overturned.
    pub max_overturned: f64,
    /// Where the numbers come from.
    pub source: String,
    /// How far that was confirmed.
    pub confidence: String,
}

/// When a warning is proposed.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Unfounded listings of the window.
    pub min_unfounded: u64,
    /// Their share of what was decided.
    pub min_unfounded_share: f64,
    /// Where the numbers come from.
    pub source: String,
    /// How far that was confirmed.
    pub confidence: String,
}

/// When a suspension is proposed.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// Unfounded listings since the warning.
    pub min_unfounded_since: u64,
    /// For how many days a warning counts.
    pub warning_lasts_days: u32,
    /// Where the numbers come from.
    pub source: String,
    /// How far that was confirmed.
    pub confidence: String,
}

static THRESHOLDS: LazyLock<Thresholds> =
    LazyLock::new(|| toml::from_str(include_str!("standing.toml")).expect("the shipped thresholds are read by a test"));

/// The shipped thresholds.
pub fn thresholds() -> &'static Thresholds {
    &THRESHOLDS
}

/// What a notifier did in the window, counted in listings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record {
    /// Whether a coordinator made it a trusted flagger (DSA art. 22(2)).
    pub trusted: bool,
    /// Filed.
    pub filed: u64,
    /// Upheld, whatever came later.
    pub upheld: u64,
    /// Rejected.
    pub rejected: u64,
    /// Upheld and reinstated later, other than by the notifier itself.
    pub overturned: u64,
    /// Taken back by the notifier.
    pub withdrawn: u64,
    /// Rejected because nothing could support it, as the person said who decided.
    pub manifestly_unfounded: u64,
    /// Filed although the checks before filing had found something doubtful, and rejected.
    pub against_advice: u64,
    /// The last warning.
    pub warned_at: Option<Instant>,
    /// Unfounded since that warning.
    pub unfounded_since_warning: u64,
    /// Until when notices are not processed.
    pub suspended_until: Option<Instant>,
}

impl Record {
    /// Listings that were decided.
    pub fn decided(&self) -> u64 {
        self.upheld + self.rejected
    }

    /// Listings about which the notifier was wrong: rejected, or overturned later.
    pub fn unfounded(&self) -> u64 {
        self.rejected + self.overturned
    }

    /// Share of what was decided that was upheld and stood; none before anything was decided.
    pub fn accuracy(&self) -> Option<f64> {
        share(self.upheld.saturating_sub(self.overturned), self.decided())
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

word_enum!(
    /// How a notifier's notices are treated.
    Tier, "tier", {
        /// Not processed until a day.
        Suspended = "suspended",
        /// In turn; a warning is in force.
        Warned = "warned",
        /// In turn.
        Standard = "standard",
        /// Before those in turn.
        Fast = "fast",
        /// Before all others: a trusted flagger.
        Trusted = "trusted",
    }
);

word_enum!(
    /// What the numbers propose; a person decides case by case (DSA art. 23(3)).
    Measure, "measure", {
        /// Warn first.
        Warn = "warn",
        /// Suspend the processing of notices for a time.
        Suspend = "suspend",
    }
);

/// One of the factors that DSA art. 23(3) weighs.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Factor {
    /// `absolute_number`, `share`, `gravity`, `intention`.
    pub name: &'static str,
    /// Its number.
    pub value: f64,
    /// The same in one sentence.
    pub says: String,
}

/// How a notifier stands.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = NotifierStanding)]
pub struct Standing {
    /// How its notices are treated.
    pub tier: Tier,
    /// Share of decided listings that was upheld and stood.
    pub accuracy: Option<f64>,
    /// Listings it may file a day.
    pub quota: u64,
    /// Until when its notices are not processed, while they are not.
    #[schema(value_type = Option<String>)]
    pub suspended_until: Option<Instant>,
    /// The four factors of DSA art. 23(3).
    pub factors: [Factor; 4],
    /// What the numbers propose.
    pub proposes: Option<Measure>,
    /// Why, in one sentence.
    pub because: String,
}

/// How a notifier with this record stands at `now`.
pub fn assess(record: &Record, thresholds: &Thresholds, now: Instant) -> Standing {
    let warned = record
        .warned_at
        .is_some_and(|at| now < at.plus_seconds(i64::from(thresholds.suspension.warning_lasts_days) * DAY));
    let suspended = record.suspended_until.is_some_and(|until| now < until);
    let lane = &thresholds.fast_lane;
    let fast = record.decided() >= lane.min_decided
        && share(record.upheld, record.decided()).is_some_and(|accepted| accepted >= lane.min_accepted)
        && share(record.overturned, record.upheld).is_none_or(|overturned| overturned <= lane.max_overturned);
    let tier = match () {
        () if suspended => Tier::Suspended,
        () if record.trusted => Tier::Trusted,
        () if warned => Tier::Warned,
        () if fast => Tier::Fast,
        () => Tier::Standard,
    };
    let (proposes, because) = propose(record, thresholds, warned, suspended);
    let quota = &thresholds.quota;
    Standing {
        tier,
        accuracy: record.accuracy(),
        quota: quota.base.saturating_add(quota.per_upheld.saturating_mul(record.upheld)).min(quota.most),
        suspended_until: record.suspended_until.filter(|_| suspended),
        factors: factors(record),
        proposes,
        because,
    }
}

fn propose(record: &Record, thresholds: &Thresholds, warned: bool, suspended: bool) -> (Option<Measure>, String) {
    let unfounded = record.unfounded();
    let unfounded_share = share(unfounded, record.decided()).unwrap_or(0.0);
    let limits = &thresholds.warning;
    if suspended {
        return (None, "the processing of its notices is suspended".to_owned());
    }
    if warned {
        let since = record.unfounded_since_warning;
        let least = thresholds.suspension.min_unfounded_since;
        let measure = (since >= least).then_some(Measure::Suspend);
        return (measure, format!("{since} unfounded since the warning; a suspension is proposed from {least} on"));
    }
    let measure =
        (unfounded >= limits.min_unfounded && unfounded_share >= limits.min_unfounded_share).then_some(Measure::Warn);
    let because = format!(
        "{unfounded} unfounded, {:.0} % of what was decided; a warning is proposed from {} and {:.0} % on",
        unfounded_share * 100.0,
        limits.min_unfounded,
        limits.min_unfounded_share * 100.0
    );
    (measure, because)
}

fn factors(record: &Record) -> [Factor; 4] {
    let unfounded = record.unfounded();
    let of_decided = share(unfounded, record.decided()).unwrap_or(0.0);
    let against = share(record.against_advice, record.rejected).unwrap_or(0.0);
    [
        Factor {
            name: "absolute_number",
            value: unfounded as f64,
            says: format!(
                "{unfounded} listings were named without ground ({} rejected, {} overturned)",
                record.rejected, record.overturned
            ),
        },
        Factor {
            name: "share",
            value: of_decided,
            says: format!("that is {:.0} % of {} decided", of_decided * 100.0, record.decided()),
        },
        Factor {
            name: "gravity",
            value: record.manifestly_unfounded as f64,
            says: format!(
                "{} of them could be supported by nothing, and {} restricted a merchant wrongly",
                record.manifestly_unfounded, record.overturned
            ),
        },
        Factor {
            name: "intention",
            value: against,
            says: format!(
                "{} were filed although the checks before filing spoke against them; {} were taken back",
                record.against_advice, record.withdrawn
            ),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    fn stands(record: Record) -> Standing {
        assess(&record, thresholds(), now())
    }

    #[test]
    fn the_fast_lane_opens_at_the_published_numbers_and_not_before() {
        let good = Record { filed: 20, upheld: 18, rejected: 2, ..Record::default() };
        assert_eq!(stands(good).tier, Tier::Fast, "18 of 20 is 90 %");
        assert_eq!(stands(Record { upheld: 17, rejected: 3, ..good }).tier, Tier::Standard);
        assert_eq!(stands(Record { upheld: 17, rejected: 1, ..good }).tier, Tier::Standard, "18 decided are too few");
        assert_eq!(stands(Record { overturned: 1, ..good }).tier, Tier::Standard, "1 of 18 overturned is 5.6 %");
        assert_eq!(stands(Record { upheld: 20, rejected: 2, overturned: 1, ..good }).tier, Tier::Fast);
    }

    #[test]
    fn a_trusted_flagger_comes_first_unless_suspended() {
        let trusted = Record { trusted: true, ..Record::default() };
        assert_eq!(stands(trusted).tier, Tier::Trusted);
        let until = Some(now().plus_seconds(1));
        assert_eq!(stands(Record { suspended_until: until, ..trusted }).tier, Tier::Suspended);
        assert_eq!(stands(Record { suspended_until: Some(now()), ..trusted }).tier, Tier::Trusted, "it ended");
    }

    #[test]
    fn a_warning_comes_before_a_suspension() {
        let bad = Record { filed: 40, upheld: 10, rejected: 30, unfounded_since_warning: 0, ..Record::default() };
        assert_eq!(stands(bad).proposes, Some(Measure::Warn));
        let warned = Record { warned_at: Some(now().plus_seconds(-10 * DAY)), ..bad };
        assert_eq!(stands(warned).proposes, None, "nothing since the warning");
        assert_eq!(stands(warned).tier, Tier::Warned);
        let again = Record { unfounded_since_warning: 5, ..warned };
        assert_eq!(stands(again).proposes, Some(Measure::Suspend));
        let long_ago = Record { warned_at: Some(now().plus_seconds(-180 * DAY)), ..again };
        assert_eq!(stands(long_ago).proposes, Some(Measure::Warn), "a warning lasts 180 days");
    }

    #[test]
    fn few_or_seldom_unfounded_notices_bring_no_warning() {
        assert_eq!(stands(Record { rejected: 9, ..Record::default() }).proposes, None, "nine are few");
        assert_eq!(stands(Record { upheld: 90, rejected: 10, ..Record::default() }).proposes, None, "10 % is seldom");
    }

    #[test]
    fn the_four_factors_are_shown_with_their_numbers() {
        let record = Record {
            upheld: 6,
            rejected: 4,
            overturned: 2,
            manifestly_unfounded: 3,
            against_advice: 1,
            withdrawn: 5,
            ..Record::default()
        };
        let factors = stands(record).factors;
        assert_eq!(factors.each_ref().map(|factor| factor.name), ["absolute_number", "share", "gravity", "intention"]);
        assert_eq!(factors.each_ref().map(|factor| factor.value), [6.0, 0.6, 3.0, 0.25]);
        assert_eq!(stands(record).accuracy, Some(0.4));
        assert_eq!(stands(Record::default()).accuracy, None);
    }

    #[test]
    fn the_quota_grows_with_what_was_upheld_and_has_a_ceiling() {
        assert_eq!(stands(Record::default()).quota, 200);
        assert_eq!(stands(Record { upheld: 50, ..Record::default() }).quota, 300);
        assert_eq!(stands(Record { upheld: 1_000_000, ..Record::default() }).quota, 20_000);
    }
}
