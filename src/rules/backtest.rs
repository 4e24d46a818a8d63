//! Back-tests: what other packs would have said about the same listings. Nothing is written.

use std::collections::BTreeMap;

use super::load::Packs;
use super::model::{Effect, Facts, Outcome};

/// What changed about one rule on one listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The rule speaks now and did not before.
    Gained,
    /// The rule spoke before and is silent now.
    Lost,
    /// The rule speaks with another effect.
    Effect,
}

/// Counts of one rule's changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RuleChanges {
    /// `pack/rule`.
    pub rule: String,
    /// Listings about which it speaks now and did not before.
    pub gained: u64,
    /// Listings about which it is silent now and spoke before.
    pub lost: u64,
    /// Listings on which it speaks with another effect.
    pub effect_changed: u64,
}

/// Counts of listings that went from one strongest effect to another; absent = no reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct VerdictChange {
    /// With the current packs.
    pub from: Option<Effect>,
    /// With the proposed packs.
    pub to: Option<Effect>,
    /// How many listings.
    pub listings: u64,
}

/// One changed listing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sample {
    /// The listing, as the caller names it.
    pub listing: String,
    /// `pack/rule`.
    pub rule: String,
    /// What changed.
    pub change: ChangeKind,
    /// What the rule says, or said when it is silent now.
    pub says: String,
}

/// The result of a back-test.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BacktestReport {
    /// Revision of the current packs.
    pub current: String,
    /// Revision of the proposed packs.
    pub proposed: String,
    /// Listings compared.
    pub listings: u64,
    /// Listings about which anything changed.
    pub changed: u64,
    /// Changes of the strongest effect, from weaker to stronger.
    pub verdicts: Vec<VerdictChange>,
    /// Changes by rule, in order of name.
    pub rules: Vec<RuleChanges>,
    /// The first samples of each rule, in the order of the listings.
    pub samples: Vec<Sample>,
}

/// A back-test under way. Listings are added one by one, so any number can be compared.
#[derive(Debug)]
pub struct Backtest<'p> {
    current: &'p Packs,
    proposed: &'p Packs,
    samples_per_rule: usize,
    listings: u64,
    changed: u64,
    verdicts: BTreeMap<(Option<Effect>, Option<Effect>), u64>,
    rules: BTreeMap<String, (RuleChanges, usize)>,
    samples: Vec<Sample>,
}

impl<'p> Backtest<'p> {
    /// Compares `proposed` with `current` and keeps up to `samples_per_rule` samples of each rule.
    pub fn new(current: &'p Packs, proposed: &'p Packs, samples_per_rule: usize) -> Self {
        Self {
            current,
            proposed,
            samples_per_rule,
            listings: 0,
            changed: 0,
            verdicts: BTreeMap::new(),
            rules: BTreeMap::new(),
            samples: Vec::new(),
        }
    }

    /// Adds one listing under the name `listing`.
    pub fn add(&mut self, listing: &str, facts: &Facts<'_>) {
        let before = self.current.evaluate(facts);
        let after = self.proposed.evaluate(facts);
        self.listings += 1;
        let (from, to) = (strongest(&before), strongest(&after));
        if from != to {
            *self.verdicts.entry((from, to)).or_default() += 1;
        }
        let (before, after) = (by_rule(&before), by_rule(&after));
        let mut differs = from != to;
        for (rule, said) in &before {
            match after.get(rule) {
                None => self.record(listing, rule, ChangeKind::Lost, &said.1),
                Some(now) if now.0 != said.0 => self.record(listing, rule, ChangeKind::Effect, &now.1),
                Some(_) => continue,
            }
            differs = true;
        }
        for (rule, said) in after.iter().filter(|(rule, _)| !before.contains_key(*rule)) {
            self.record(listing, rule, ChangeKind::Gained, &said.1);
            differs = true;
        }
        self.changed += u64::from(differs);
    }

    fn record(&mut self, listing: &str, rule: &str, change: ChangeKind, says: &str) {
        let (counts, sampled) = self.rules.entry(rule.to_owned()).or_default();
        rule.clone_into(&mut counts.rule);
        match change {
            ChangeKind::Gained => counts.gained += 1,
            ChangeKind::Lost => counts.lost += 1,
            ChangeKind::Effect => counts.effect_changed += 1,
        }
        if *sampled < self.samples_per_rule {
            *sampled += 1;
            let (listing, rule, says) = (listing.to_owned(), rule.to_owned(), says.to_owned());
            self.samples.push(Sample { listing, rule, change, says });
        }
    }

    /// The result so far.
    pub fn report(self) -> BacktestReport {
        let verdict = |((from, to), listings)| VerdictChange { from, to, listings };
        BacktestReport {
            current: self.current.revision().to_owned(),
            proposed: self.proposed.revision().to_owned(),
            listings: self.listings,
            changed: self.changed,
            verdicts: self.verdicts.into_iter().map(verdict).collect(),
            rules: self.rules.into_values().map(|(counts, _)| counts).collect(),
            samples: self.samples,
        }
    }
}

fn strongest(outcome: &Outcome) -> Option<Effect> {
    outcome.reasons.iter().map(|reason| reason.effect).max()
}

/// The strongest effect and the first sentence of each rule that spoke.
fn by_rule(outcome: &Outcome) -> BTreeMap<String, (Effect, String)> {
    let mut rules: BTreeMap<String, (Effect, String)> = BTreeMap::new();
    for reason in &outcome.reasons {
        let said = rules.entry(format!("{}/{}", reason.pack, reason.rule));
        said.or_insert_with(|| (reason.effect, reason.says.clone()));
    }
    rules
}
