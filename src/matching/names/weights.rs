//! The numbers that make a score of an alignment. They are data: `weights.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::align::Measures;
use super::tables::Class;

/// How telling tokens are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenWeights {
    legal: f32,
    particle: f32,
    title: f32,
    initial: f32,
    number_least: f32,
    business_most: f32,
    business_least: f32,
    ordinary_least: f32,
    unknown: f32,
}

/// What each measure adds to the log-odds of a true match.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreWeights {
    bias: f32,
    query_only: f32,
    listed_only: f32,
    lost: f32,
    both_left: f32,
    thin: f32,
    single: f32,
    weak: f32,
    kind: f32,
    initials: f32,
    numbers: f32,
    order: f32,
    heaviest_query: f32,
    heaviest_listed: f32,
    length: f32,
    exact: f32,
    worst: f32,
}

/// What second signals add to the log-odds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactWeights {
    /// A number in common.
    pub number_same: f32,
    /// One date of birth.
    pub birth_same_day: f32,
    /// One year of birth.
    pub birth_same_year: f32,
    /// Within two years.
    pub birth_near: f32,
    /// One year, another day.
    pub birth_other_day: f32,
    /// Other years.
    pub birth_apart: f32,
    /// A country in common.
    pub country_same: f32,
    /// No country in common.
    pub country_other: f32,
}

/// All weights.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Of tokens.
    pub tokens: TokenWeights,
    /// Of measures.
    pub score: ScoreWeights,
    /// Of second signals.
    pub facts: FactWeights,
}

/// The shipped weights.
pub static WEIGHTS: LazyLock<Weights> =
    LazyLock::new(|| toml::from_str(include_str!("weights.toml")).expect("the shipped weights are read by a test"));

/// Number of features of a score.
pub const FEATURES: usize = 17;

/// What the score is made of, in the order of `weights.toml`.
pub type Features = [f32; FEATURES];

/// Circumstances of a pair of names beside their alignment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances {
    /// The listed name is a weak alias.
    pub weak: bool,
    /// A person was asked for and an organisation is listed, or the reverse.
    pub other_kind: bool,
    /// Number of listed tokens.
    pub length: usize,
}

impl TokenWeights {
    /// How telling a token is, by the logarithms of how many parties bear it and how many
    /// there are; `None` for a token that nobody bears.
    pub fn weight(&self, class: Class, log_parties: Option<f32>, log_all: f32) -> f32 {
        let rarity = match log_parties {
            None => self.unknown,
            Some(log_parties) => (1.0 - log_parties / log_all).clamp(0.0, 1.0),
        };
        match class {
            Class::Legal => self.legal,
            Class::Particle | Class::Connective => self.particle,
            Class::Title => self.title,
            Class::Initial => self.initial,
            Class::Number => rarity.max(self.number_least),
            Class::Business | Class::Place => (self.business_most * rarity).max(self.business_least),
            Class::Ordinary => rarity.max(self.ordinary_least),
        }
    }
}

impl ScoreWeights {
    /// The coefficients in the order of [`Features`].
    fn coefficients(&self) -> Features {
        [
            self.bias,
            self.query_only,
            self.listed_only,
            self.lost,
            self.both_left,
            self.thin,
            self.single,
            self.weak,
            self.kind,
            self.initials,
            self.numbers,
            self.order,
            self.heaviest_query,
            self.heaviest_listed,
            self.length,
            self.exact,
            self.worst,
        ]
    }

    /// What a weak alias adds.
    pub fn weak(&self) -> f32 {
        self.weak
    }

    /// What a differing spelling costs, for the whole weight.
    pub fn lost(&self) -> f32 {
        self.lost
    }

    /// What another sort of party adds.
    pub fn kind(&self) -> f32 {
        self.kind
    }

    /// The log-odds that the names are one party's.
    pub fn log_odds(&self, features: &Features) -> f32 {
        self.coefficients().iter().zip(features).map(|(coefficient, value)| coefficient * value).sum()
    }
}

/// The features of an alignment.
pub fn features(sum: &Measures, around: Circumstances) -> Features {
    let matched = sum.matched.max(0.01);
    let flag = |told: bool| if told { 1.0 } else { 0.0 };
    let all = sum.matched + sum.lost;
    let query_only = sum.query_only / (all + sum.query_only).max(0.01);
    let listed_only = sum.listed_only / (all + sum.listed_only).max(0.01);
    [
        1.0,
        query_only,
        listed_only,
        sum.lost / all.max(0.01),
        (sum.query_only.min(sum.listed_only) / matched).min(2.0),
        // How little is known in all: two rare names leave nothing, a trade word nearly everything.
        (-1.2 * (sum.names + 0.3 * sum.initials + 0.8 * sum.words)).exp(),
        flag(sum.count <= 1.0),
        flag(around.weak),
        flag(around.other_kind),
        sum.initials,
        sum.numbers.min(2.0),
        sum.inversions.min(3.0),
        sum.heaviest_query,
        sum.heaviest_listed,
        (around.length as f32).min(12.0) / 12.0,
        (-6.0 * (sum.query_only + sum.listed_only + sum.lost - sum.forms).max(0.0)).exp(),
        sum.worst,
    ]
}

/// A probability of its log-odds.
pub fn probability(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_weights_are_read_and_point_the_right_way() {
        let weights: Weights = toml::from_str(include_str!("weights.toml")).unwrap();
        assert!(weights.score.query_only < 0.0 && weights.score.listed_only < 0.0 && weights.score.lost < 0.0);
        assert!(weights.score.listed_only > weights.score.query_only, "extra parts cost less on the list side");
        assert!(weights.score.weak <= 0.0 && weights.score.thin < 0.0);
    }

    #[test]
    fn a_probability_rises_with_the_log_odds() {
        assert!(probability(-3.0) < probability(0.0) && probability(0.0) < probability(3.0));
        assert_eq!(probability(0.0), 0.5);
    }
}
