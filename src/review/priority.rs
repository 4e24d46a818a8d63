//! How urgent a case is: a pure function whose parts are shown, with weights as data.
//!
//! The clock's share goes by steps, so a stored priority stays right until a known moment
//! ([`Priority::changes_at`]) and the queues stay sorted by an index.

use super::model::{CaseFacts, UnknownWord, words};
use crate::kernel::Instant;
use std::fmt;
use std::str::FromStr;

words!(
    /// What a priority is made of.
    PartName, "part of a priority", {
        /// Gravity of what is suspected.
        Severity = "severity",
        /// How many buyers it reaches.
        Reach = "reach",
        /// How sure the suspicion is.
        Confidence = "confidence",
        /// What is left of the time to answer.
        Clock = "clock",
    }
);

/// One part of a priority.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Part {
    /// Which.
    pub part: PartName,
    /// What it rests on, for people: `severity 4 of 5`.
    pub says: String,
    /// 0 to 1.
    #[schema(example = 0.8)]
    pub share: f64,
    /// The most that this part can give.
    #[schema(example = 40.0)]
    pub weight: f64,
    /// What it gives: share times weight.
    #[schema(example = 32.0)]
    pub points: f64,
}

/// A priority with its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Priority {
    /// 0 to 1,000: tenths of a point.
    pub score: i64,
    /// What it is made of.
    pub parts: Vec<Part>,
    /// When the clock's part changes next.
    pub changes_at: Option<Instant>,
}

/// The data of `policies/priority.toml`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    weights: PartWeights,
    severity: SeverityShares,
    /// How reach is read and counted.
    pub reach: ReachRule,
    clock: Vec<ClockStep>,
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PartWeights {
    severity: f64,
    reach: f64,
    confidence: f64,
    clock: f64,
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SeverityShares {
    shares: [f64; 5],
}

/// How reach is read from a listing and counted.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReachRule {
    full_at: u64,
    unknown: f64,
    /// The listing attribute that holds the units sold in 30 days.
    pub sold_30_days: String,
    /// The listing attribute that holds the units in stock.
    pub units: String,
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockStep {
    hours_left: u32,
    share: f64,
}

impl Weights {
    /// Checks what the file's form does not: weights that add up to 100, shares from 0 to 1, steps in order.
    pub fn check(&self) -> Result<(), String> {
        let weights = &self.weights;
        let sum = weights.severity + weights.reach + weights.confidence + weights.clock;
        if (sum - 100.0).abs() > 1e-9 {
            return Err(format!("the weights add up to {sum}, not to 100"));
        }
        let mut shares =
            self.severity.shares.iter().chain([&self.reach.unknown]).chain(self.clock.iter().map(|step| &step.share));
        if let Some(share) = shares.find(|share| !(0.0..=1.0).contains(*share)) {
            return Err(format!("the share {share} is not between 0 and 1"));
        }
        if self.reach.full_at < 2 {
            return Err("full_at is below 2 units".to_owned());
        }
        if !self.clock.is_sorted_by(|one, other| one.hours_left < other.hours_left && one.share > other.share) {
            return Err("the clock's steps do not fall with the hours left".to_owned());
        }
        Ok(())
    }
}

/// The priority of a case with these facts at `now`.
pub fn priority(weights: &Weights, facts: &CaseFacts, due: Option<Instant>, now: Instant) -> Priority {
    let (clock, changes_at) = clock_part(weights, due, now);
    let parts = vec![severity_part(weights, facts), reach_part(weights, facts), confidence_part(weights, facts), clock];
    let points: f64 = parts.iter().map(|part| part.points).sum();
    Priority { score: (points * 10.0).round() as i64, parts, changes_at }
}

/// Shares and points have three decimals, so that they print alike everywhere.
fn part(part: PartName, share: f64, weight: f64, says: String) -> Part {
    let rounded = |number: f64| (number * 1_000.0).round() / 1_000.0;
    let share = rounded(share.clamp(0.0, 1.0));
    Part { part, says, share, weight, points: rounded(share * weight) }
}

fn severity_part(weights: &Weights, facts: &CaseFacts) -> Part {
    let severity = facts.severity.clamp(1, 5);
    let share = weights.severity.shares[usize::from(severity) - 1];
    part(PartName::Severity, share, weights.weights.severity, format!("severity {severity} of 5"))
}

fn reach_part(weights: &Weights, facts: &CaseFacts) -> Part {
    let rule = &weights.reach;
    let weight = weights.weights.reach;
    let Some(most) = facts.sold_30_days.max(facts.units) else {
        return part(PartName::Reach, rule.unknown, weight, "sales and stock are not known".to_owned());
    };
    let share = ((1 + most) as f64).ln() / ((1 + rule.full_at) as f64).ln();
    let told = |number: Option<u64>, what: &str| number.map(|number| format!("{number} {what}"));
    let says = [told(facts.sold_30_days, "sold in 30 days"), told(facts.units, "in stock")];
    part(PartName::Reach, share, weight, says.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn confidence_part(weights: &Weights, facts: &CaseFacts) -> Part {
    let says = format!("{:.0} % sure", facts.confidence.clamp(0.0, 1.0) * 100.0);
    part(PartName::Confidence, facts.confidence, weights.weights.confidence, says)
}

fn clock_part(weights: &Weights, due: Option<Instant>, now: Instant) -> (Part, Option<Instant>) {
    let weight = weights.weights.clock;
    let Some(due) = due else {
        return (part(PartName::Clock, 0.0, weight, "no clock runs".to_owned()), None);
    };
    let begins = |step: &ClockStep| due.plus_seconds(-i64::from(step.hours_left) * 3_600);
    let reached = weights.clock.iter().find(|step| begins(step) <= now);
    let next = weights.clock.iter().rev().map(begins).find(|begin| *begin > now);
    let hours = due.seconds_since(now) / 3_600.0;
    let says = match reached {
        Some(step) if step.hours_left == 0 => "overdue".to_owned(),
        _ if hours < 48.0 => format!("due in {} hours", hours.floor()),
        _ => format!("due in {} days", (hours / 24.0).floor()),
    };
    (part(PartName::Clock, reached.map_or(0.0, |step| step.share), weight, says), next)
}

#[cfg(test)]
mod tests {
    use super::super::desk;
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn score(facts: &CaseFacts, due: Option<Instant>, now: Instant) -> i64 {
        priority(&desk::built_in().weights, facts, due, now).score
    }

    #[test]
    fn each_part_moves_the_priority_the_right_way() {
        let now = at("2026-11-22T09:00:00Z");
        let plain = CaseFacts { severity: 3, confidence: 0.5, sold_30_days: Some(10), ..CaseFacts::default() };
        let base = score(&plain, None, now);
        assert!(score(&CaseFacts { severity: 4, ..plain.clone() }, None, now) > base);
        assert!(score(&CaseFacts { confidence: 0.9, ..plain.clone() }, None, now) > base);
        assert!(score(&CaseFacts { sold_30_days: Some(100), ..plain.clone() }, None, now) > base);
        assert!(score(&CaseFacts { units: Some(5_000), ..plain.clone() }, None, now) > base);
        assert!(score(&plain, Some(now.plus_seconds(3_600)), now) > score(&plain, Some(now.plus_seconds(90_000)), now));
        assert!(score(&plain, Some(now.plus_seconds(90_000)), now) > base);
    }

    #[test]
    fn the_parts_add_up_to_the_score_and_stay_inside_their_weights() {
        let now = at("2026-11-22T09:00:00Z");
        let worst =
            CaseFacts { severity: 9, confidence: 7.0, sold_30_days: Some(u64::MAX / 2), ..CaseFacts::default() };
        let found = priority(&desk::built_in().weights, &worst, Some(now), now);
        assert_eq!(found.score, 1_000);
        assert_eq!(found.parts.iter().map(|part| part.part).collect::<Vec<_>>(), PartName::ALL);
        let none = priority(&desk::built_in().weights, &CaseFacts::default(), None, now);
        let points: f64 = none.parts.iter().map(|part| part.points).sum();
        assert_eq!(none.score, (points * 10.0).round() as i64);
        assert!(none.parts.iter().all(|part| part.points <= part.weight));
    }

    #[test]
    fn a_priority_says_when_its_clock_steps_next() {
        let due = at("2026-11-30T12:00:00Z");
        let facts = CaseFacts { severity: 3, ..CaseFacts::default() };
        let mut now = at("2026-11-01T12:00:00Z");
        let mut scores = vec![score(&facts, Some(due), now)];
        while let Some(next) = priority(&desk::built_in().weights, &facts, Some(due), now).changes_at {
            assert_eq!(
                score(&facts, Some(due), next.plus_seconds(-1)),
                *scores.last().unwrap(),
                "nothing changes before {next}"
            );
            scores.push(score(&facts, Some(due), next));
            now = next;
        }
        assert_eq!(now, due, "the last step is the end itself");
        assert!(scores.is_sorted_by(|one, other| one < other), "{scores:?}");
    }

    #[test]
    fn data_that_cannot_be_meant_are_refused() {
        let text = include_str!("../../policies/priority.toml");
        let refused = |from: &str, to: &str| {
            let weights: Weights = toml::from_str(&text.replacen(from, to, 1)).unwrap();
            weights.check().unwrap_err()
        };
        assert!(refused("severity = 40", "severity = 50").contains("110"));
        assert!(refused("unknown = 0.2", "unknown = 1.2").contains("1.2"));
        assert!(refused("hours_left = 4\n", "hours_left = 400\n").contains("steps"));
    }
}
