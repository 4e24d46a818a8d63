//! How risky a shipment looks: openly weighted features in a logistic score.
//!
//! Each feature has a weight in `rules/shipment/risk.toml`; the score is
//! 1 / (1 + e^-(bias + sum of weights × values)). Weights are logarithms of odds, so a weight of 0.7
//! doubles the odds of a find. Inspections move it: the rate of finds of a heading or origin against
//! the rate of all, smoothed, is a feature of its own.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::model::{Channel, Lane, Outcome, Reason, Risk};
use super::standing::Found;
use super::view::View;
use crate::kernel::Digest;
use crate::rules::toml_reader::{File, Section};

/// Most grounds that are shown.
const MAX_BECAUSE: usize = 6;
/// Inspections that the rate of all weighs against the rate of a group: few inspections of a
/// heading say little about it.
const PRIOR_INSPECTIONS: f64 = 20.0;

/// A property of a shipment that may move the score.
struct Feature {
    name: &'static str,
    /// 0 where it does not apply, 1 where it does, between or beyond for a matter of degree.
    value: fn(&Seen<'_>) -> f64,
}

/// What features look at.
struct Seen<'a> {
    view: &'a View<'a>,
    reasons: &'a [Reason],
    model: &'a RiskModel,
}

const FEATURES: &[Feature] = &[
    Feature { name: "refused", value: |seen| flag(seen.reasons.iter().any(|r| r.outcome == Outcome::Refuse)) },
    Feature { name: "held", value: |seen| flag(seen.reasons.iter().any(|r| r.outcome == Outcome::Hold)) },
    Feature {
        name: "hints",
        value: |seen| count(seen.reasons.iter().filter(|r| r.outcome == Outcome::Release).count(), 3),
    },
    Feature { name: "several_faults", value: |seen| several(seen.reasons) },
    Feature { name: "untracked", value: |seen| flag(seen.view.shipment.channel == Some(Channel::Untracked)) },
    Feature {
        name: "official_channel",
        value: |seen| flag(seen.view.shipment.channel == Some(Channel::OfficialTracked)),
    },
    Feature { name: "no_channel", value: |seen| flag(seen.view.shipment.channel.is_none()) },
    Feature { name: "low_value_per_kg", value: |seen| low_value_per_kg(seen) },
    Feature { name: "short_description", value: |seen| short_descriptions(seen.view) },
    Feature { name: "no_gtin", value: |seen| flag(seen.view.shipment.items.iter().all(|item| item.gtin.is_none())) },
    Feature { name: "new_merchant", value: |seen| new_merchant(seen.view) },
    Feature { name: "complaints", value: |seen| rate_of(seen.view, |merchant| merchant.complaints) },
    Feature { name: "takedowns", value: |seen| rate_of(seen.view, |merchant| merchant.takedowns) },
    Feature { name: "volume_jump", value: |seen| volume_jump(seen.view) },
    Feature { name: "address_reuse", value: |seen| count(seen.view.standing.history.address_merchants as usize, 5) },
    Feature { name: "understates_often", value: |seen| understates(seen.view) },
    Feature { name: "heading_finds", value: |seen| heading_finds(seen.view) },
    Feature { name: "origin_finds", value: |seen| origin_finds(seen.view) },
];

/// Weights and limits of the score.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RiskModel {
    bias: f64,
    amber_from: f64,
    red_from: f64,
    sample_share: f64,
    low_value_per_kg: f64,
    salt: String,
    weights: Vec<(usize, f64, String)>,
}

impl RiskModel {
    /// Reads the table `[risk]`.
    pub fn read(section: Section<'_, '_>, file: &mut File<'_>) -> Self {
        const KNOWN: [&str; 7] =
            ["bias", "amber_from", "red_from", "sample_share", "low_value_per_kg", "salt", "feature"];
        section.only(&KNOWN, "risk", file);
        let number = |name: &str, file: &mut File<'_>| {
            if section.get(name).is_none() {
                file.refuse(section.start, format!("risk has no {name}"));
            }
            section.number(name, file).unwrap_or(0.0)
        };
        let (bias, amber_from, red_from) = (number("bias", file), number("amber_from", file), number("red_from", file));
        let (sample_share, low_value_per_kg) = (number("sample_share", file), number("low_value_per_kg", file));
        for (name, value) in [("amber_from", amber_from), ("red_from", red_from), ("sample_share", sample_share)] {
            if !(0.0..=1.0).contains(&value) {
                file.refuse(section.start, format!("{name} lies between 0 and 1"));
            }
        }
        let mut weights = Vec::new();
        for feature in section.sections("feature", file) {
            feature.only(&["name", "weight", "says"], "a feature", file);
            let name = feature.needed_text("name", "a feature", 60, file);
            let says = feature.needed_text("says", "a feature", 120, file);
            let weight = feature.number("weight", file).unwrap_or(0.0);
            match FEATURES.iter().position(|known| known.name == name) {
                Some(place) => weights.push((place, weight, says)),
                None => {
                    let known: Vec<&str> = FEATURES.iter().map(|known| known.name).collect();
                    file.refuse(
                        feature.start,
                        format!("there is no feature \"{name}\"; known are {}", known.join(", ")),
                    );
                }
            }
        }
        let salt = section.text("salt", file).unwrap_or_default().to_owned();
        Self { bias, amber_from, red_from, sample_share, low_value_per_kg, salt, weights }
    }

    /// The score of a shipment with its grounds.
    pub fn score(&self, view: &View<'_>, reasons: &[Reason]) -> Risk {
        let seen = Seen { view, reasons, model: self };
        let mut moved: Vec<(f64, &str)> = Vec::new();
        let mut sum = self.bias;
        for (place, weight, says) in &self.weights {
            let part = weight * (FEATURES[*place].value)(&seen);
            sum += part;
            if part.abs() >= 0.05 {
                moved.push((part, says));
            }
        }
        moved.sort_by(|one, other| other.0.abs().total_cmp(&one.0.abs()));
        let because = moved.into_iter().take(MAX_BECAUSE).map(|(part, says)| format!("{says} ({part:+.2})")).collect();
        let score = 1.0 / (1.0 + (-sum).exp());
        Risk { score: (score * 1000.0).round() / 1000.0, because, sampled: self.is_sampled(&view.shipment.id) }
    }

    /// The lane of a score.
    pub fn lane(&self, score: f64) -> Lane {
        match score {
            score if score >= self.red_from => Lane::Red,
            score if score >= self.amber_from => Lane::Amber,
            _ => Lane::Green,
        }
    }

    /// Whether a shipment is drawn: by its id, so that every replica draws the same, and by a salt,
    /// so that no merchant can tell.
    fn is_sampled(&self, id: &str) -> bool {
        let digest = Digest::of_parts(&[self.salt.as_bytes(), b"\0", id.as_bytes()]);
        let draw = u32::from_be_bytes([digest.0[0], digest.0[1], digest.0[2], digest.0[3]]);
        f64::from(draw) < self.sample_share * f64::from(u32::MAX)
    }
}

fn flag(set: bool) -> f64 {
    if set { 1.0 } else { 0.0 }
}

/// A count as a share of `most`, at most 1.
fn count(found: usize, most: usize) -> f64 {
    found.min(most) as f64 / most as f64
}

fn several(reasons: &[Reason]) -> f64 {
    let mut rules: Vec<&str> =
        reasons.iter().filter(|reason| reason.outcome > Outcome::Release).map(|reason| reason.rule.as_str()).collect();
    rules.dedup();
    count(rules.len().saturating_sub(1), 3)
}

fn low_value_per_kg(seen: &Seen<'_>) -> f64 {
    let (Some(worth), Some(mass)) = (seen.view.worth, seen.view.shipment.gross_mass_kg) else { return 0.0 };
    if mass <= Decimal::ZERO {
        return 0.0;
    }
    let by_mass = worth.checked_div(mass).and_then(|value| value.to_f64());
    flag(by_mass.is_some_and(|value| value < seen.model.low_value_per_kg))
}

fn short_descriptions(view: &View<'_>) -> f64 {
    let items = &view.shipment.items;
    let short = items.iter().filter(|item| {
        let text = item.description.as_deref().unwrap_or_default();
        view.facts.words.answers(text, item.material.as_deref()).count() < 2
    });
    if items.is_empty() { 0.0 } else { short.count() as f64 / items.len() as f64 }
}

fn new_merchant(view: &View<'_>) -> f64 {
    let merchant = view.standing.parties().and_then(|parties| parties.merchant.as_ref());
    let Some(age) = merchant.and_then(|merchant| merchant.age_days) else { return 0.0 };
    1.0 - count(age as usize, 90)
}

/// Events per hundred shipments, at most 1 at ten in a hundred; smoothed by fifty shipments without.
fn rate_of(view: &View<'_>, events: fn(&super::standing::MerchantStanding) -> u64) -> f64 {
    let merchant = view.standing.parties().and_then(|parties| parties.merchant.as_ref());
    let Some(merchant) = merchant else { return 0.0 };
    let rate = events(merchant) as f64 / (merchant.shipments as f64 + 50.0);
    (rate * 10.0).min(1.0)
}

fn volume_jump(view: &View<'_>) -> f64 {
    let merchant = view.standing.parties().and_then(|parties| parties.merchant.as_ref());
    let Some(volume) = merchant.and_then(|merchant| merchant.volume) else { return 0.0 };
    let times = (volume.today as f64 + 5.0) / (volume.usual as f64 + 5.0);
    (times.ln() / 5.0_f64.ln()).clamp(0.0, 1.0)
}

fn understates(view: &View<'_>) -> f64 {
    let pattern = view.standing.history.merchant;
    if pattern.shipments < 3 { 0.0 } else { f64::from(pattern.below_paid) / f64::from(pattern.shipments) }
}

/// The logarithm of how much more often inspections find something here than anywhere.
pub(super) fn lift(found: Option<&Found>, all: Found) -> f64 {
    let base = (f64::from(all.wrong) + 1.0) / (f64::from(all.inspected) + PRIOR_INSPECTIONS);
    let Some(found) = found else { return 0.0 };
    let rate = (f64::from(found.wrong) + PRIOR_INSPECTIONS * base) / (f64::from(found.inspected) + PRIOR_INSPECTIONS);
    (rate / base).ln().clamp(-2.0, 2.0)
}

fn heading_finds(view: &View<'_>) -> f64 {
    let inspections = &view.standing.history.inspections;
    let headings = view.shipment.items.iter().filter_map(|item| View::code(item)?.get(..4));
    let lifts = headings.map(|heading| lift(inspections.by_heading.get(heading), inspections.all));
    lifts.fold(None, |most: Option<f64>, one| Some(most.map_or(one, |most| most.max(one)))).unwrap_or(0.0)
}

fn origin_finds(view: &View<'_>) -> f64 {
    let inspections = &view.standing.history.inspections;
    let origin = view.shipment.origin.as_deref().unwrap_or_default();
    lift(inspections.by_origin.get(origin), inspections.all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_judged_by_its_finds_only_after_enough_inspections() {
        let all = Found { inspected: 1_000, wrong: 20 };
        let one = lift(Some(&Found { inspected: 1, wrong: 1 }), all);
        let many = lift(Some(&Found { inspected: 100, wrong: 50 }), all);
        let none = lift(Some(&Found { inspected: 500, wrong: 0 }), all);
        assert!(one < many && none < 0.0 && lift(None, all) == 0.0, "{one} {many} {none}");
    }

    #[test]
    fn the_sample_is_of_its_share_and_always_the_same() {
        let model = RiskModel { sample_share: 0.05, ..RiskModel::default() };
        let drawn = (0..20_000).filter(|number| model.is_sampled(&format!("s-{number}"))).count();
        assert!((800..1_200).contains(&drawn), "{drawn}");
        assert_eq!(model.is_sampled("x"), model.is_sampled("x"));
        assert_eq!((0..1_000).filter(|n| RiskModel::default().is_sampled(&n.to_string())).count(), 0);
    }
}
