//! Learning from reviewers' decisions: how right each mark's and each rule's alarms were, and
//! what should be changed in their light.
//!
//! A reviewer who closes a case says more than yes or no: the mark was meant, another mark was, the seller
//! had a licence, the word was only a word. Counted by mark and by rule these give a precision with
//! its uncertainty, and speak for a narrower or wider search, for an entry among harmless
//! wordings, or for a check of a seller's licence. Everything here is a draft for staff with its
//! numbers; nothing changes itself, and the same decisions give the same drafts in any order.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::fold;
use super::model::Pass;
use crate::matching::evaluate::Rate;
use crate::registry::model::{BrandKey, MarkKey, Strictness};

/// What a reviewer found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The alarm was right.
    Confirmed,
    /// The letters do not mean this mark.
    NotThisMark,
    /// The seller may sell under it.
    Licensed,
    /// The letters are a word of the language.
    CommonWord,
}

/// One decided alarm.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DecidedAlarm {
    /// Names the case; the last decision of a case on a mark counts.
    pub case: String,
    /// What was found.
    pub finding: Finding,
    /// The mark the alarm was about.
    pub mark: MarkKey,
    /// Its brand.
    pub brand: BrandKey,
    /// The rules that spoke, as `pack/rule`.
    #[serde(default)]
    pub rules: Vec<String>,
    /// How the mark was found.
    pub pass: Pass,
    /// The letters as written.
    pub matched: String,
    /// A few words around them, for wordings that are harmless; may be empty.
    #[serde(default)]
    pub context: String,
    /// The platform's id of the seller; may be empty.
    #[serde(default)]
    pub seller: String,
}

/// From when on decisions speak for a change. Staff may change these.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct DecisionLimits {
    /// Decisions needed before anything is proposed.
    pub least_decisions: u64,
    /// A precision surely below this speaks for a narrower search.
    pub too_low: f64,
    /// A precision surely above this speaks for a wider search.
    pub high_enough: f64,
    /// Decisions that must agree on one wording or one seller.
    pub least_alike: u64,
}

impl Default for DecisionLimits {
    /// Own choice. Twelve decisions: the fewest at which the 95 % interval of "none was right" lies below 25 %.
    fn default() -> Self {
        Self { least_decisions: 12, too_low: 0.5, high_enough: 0.9, least_alike: 4 }
    }
}

/// How right the alarms of one mark, pass or rule were.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Precision {
    /// What was counted: a mark's name, or `pack/rule`.
    pub of: String,
    /// Alarms that named what was meant, a licensed seller's included; of all.
    pub meant: Rate,
    /// Alarms that were confirmed; of all.
    pub confirmed: Rate,
    /// Decisions by finding.
    pub findings: BTreeMap<Finding, u64>,
}

/// What the decisions speak for; a draft for staff.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Proposal {
    /// Search a mark in another width.
    Strictness {
        /// The mark.
        mark: MarkKey,
        /// The width.
        to: Strictness,
        /// The numbers behind it, in one sentence.
        because: String,
    },
    /// Note the brand as a common word.
    CommonWord {
        /// The brand.
        brand: BrandKey,
        /// The numbers behind it, in one sentence.
        because: String,
    },
    /// Hold a wording to be harmless for a mark.
    HarmlessWording {
        /// The mark.
        mark: MarkKey,
        /// The wording, folded.
        wording: String,
        /// The numbers behind it, in one sentence.
        because: String,
    },
    /// Ask whether a seller is to be recorded as authorised.
    Authorisation {
        /// The brand.
        brand: BrandKey,
        /// The platform's id of the seller.
        seller: String,
        /// The numbers behind it, in one sentence.
        because: String,
    },
    /// Look at a rule whose alarms are seldom right.
    Rule {
        /// The rule, as `pack/rule`.
        rule: String,
        /// The numbers behind it, in one sentence.
        because: String,
    },
}

/// Precisions and drafts.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Lessons {
    /// By mark, in the order of their names.
    pub marks: Vec<Precision>,
    /// By rule.
    pub rules: Vec<Precision>,
    /// By pass.
    pub passes: Vec<Precision>,
    /// What they speak for.
    pub proposals: Vec<Proposal>,
}

/// Counts of one mark, pass or rule.
#[derive(Default)]
struct Counts(BTreeMap<Finding, u64>);

impl Counts {
    fn of(&self, finding: Finding) -> u64 {
        self.0.get(&finding).copied().unwrap_or(0)
    }

    fn all(&self) -> u64 {
        self.0.values().sum()
    }

    fn precision(&self, of: &str) -> Precision {
        let confirmed = self.of(Finding::Confirmed);
        Precision {
            of: of.to_owned(),
            meant: Rate::of(confirmed + self.of(Finding::Licensed), self.all()),
            confirmed: Rate::of(confirmed, self.all()),
            findings: self.0.clone(),
        }
    }
}

/// What is learned from `decisions`; of two on one case and mark the later counts.
pub fn learn(decisions: &[DecidedAlarm], limits: &DecisionLimits) -> Lessons {
    let last: BTreeMap<(&str, &MarkKey), &DecidedAlarm> =
        decisions.iter().map(|decision| ((decision.case.as_str(), &decision.mark), decision)).collect();
    let decisions: Vec<&DecidedAlarm> = last.into_values().collect();
    let mut marks: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut rules: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut passes: BTreeMap<String, Counts> = BTreeMap::new();
    for decision in &decisions {
        let count = |counts: &mut Counts| *counts.0.entry(decision.finding).or_default() += 1;
        count(marks.entry(decision.mark.as_str()).or_default());
        count(passes.entry(format!("{:?}", decision.pass).to_lowercase()).or_default());
        let spoke: BTreeSet<&str> = decision.rules.iter().map(String::as_str).collect();
        spoke.into_iter().for_each(|rule| count(rules.entry(rule).or_default()));
    }
    let mut proposals = Vec::new();
    for (mark, counts) in &marks {
        of_mark(mark, counts, &decisions, limits, &mut proposals);
    }
    alike(&decisions, limits, &mut proposals);
    for (rule, counts) in &rules {
        let precision = counts.precision(rule);
        if counts.all() >= limits.least_decisions && precision.meant.high < limits.too_low {
            proposals.push(Proposal::Rule { rule: (*rule).to_owned(), because: sentence(&precision) });
        }
    }
    let list = |counts: &BTreeMap<&str, Counts>| counts.iter().map(|(of, counts)| counts.precision(of)).collect();
    let passes = passes.iter().map(|(of, counts)| counts.precision(of)).collect();
    Lessons { marks: list(&marks), rules: list(&rules), passes, proposals }
}

fn sentence(precision: &Precision) -> String {
    let percent = |share: f64| (share * 100.0).round();
    let Rate { hits, of, rate, low, high } = precision.meant;
    format!(
        "{hits} of {of} alarms named what was meant: {} %, surely between {} % and {} %",
        percent(rate),
        percent(low),
        percent(high)
    )
}

/// What the decisions on one mark speak for.
fn of_mark(mark: &str, counts: &Counts, decisions: &[&DecidedAlarm], limits: &DecisionLimits, out: &mut Vec<Proposal>) {
    if counts.all() < limits.least_decisions {
        return;
    }
    let own: Vec<&&DecidedAlarm> = decisions.iter().filter(|decision| decision.mark.as_str() == mark).collect();
    let precision = counts.precision(mark);
    let plain = |pass: Pass| matches!(pass, Pass::Exact | Pass::Folded);
    let rate_of = |is_plain: bool| {
        let some = own.iter().filter(|decision| plain(decision.pass) == is_plain);
        let meant = |decision: &&&&DecidedAlarm| matches!(decision.finding, Finding::Confirmed | Finding::Licensed);
        Rate::of(some.clone().filter(meant).count() as u64, some.count() as u64)
    };
    let (in_letters, in_readings) = (rate_of(true), rate_of(false));
    let key = MarkKey::new(mark);
    let words = counts.of(Finding::CommonWord);
    if words * 2 > counts.all()
        && precision.meant.high < limits.too_low
        && let Some(decision) = own.first()
    {
        let because = format!("{}; {words} times the letters were only a word", sentence(&precision));
        out.push(Proposal::CommonWord { brand: decision.brand.clone(), because });
    } else if in_readings.of >= limits.least_decisions
        && in_readings.high < limits.too_low
        && in_letters.low > in_readings.high
    {
        let because = format!(
            "{}; of those in other than its own letters {} of {} did",
            sentence(&precision),
            in_readings.hits,
            in_readings.of
        );
        out.push(Proposal::Strictness { mark: key, to: Strictness::Literal, because });
    } else if precision.meant.high < limits.too_low {
        out.push(Proposal::Strictness { mark: key, to: Strictness::Guarded, because: sentence(&precision) });
    } else if precision.meant.low > limits.high_enough {
        out.push(Proposal::Strictness { mark: key, to: Strictness::Standard, because: sentence(&precision) });
    }
}

/// Wordings and sellers on which several decisions agree and none disagrees.
fn alike(decisions: &[&DecidedAlarm], limits: &DecisionLimits, out: &mut Vec<Proposal>) {
    let mut wordings: BTreeMap<(&MarkKey, String), (u64, u64)> = BTreeMap::new();
    let mut sellers: BTreeMap<(&BrandKey, &str), (u64, u64)> = BTreeMap::new();
    for decision in decisions {
        let wording = fold(decision.context.trim()).text;
        let harmless = matches!(decision.finding, Finding::NotThisMark | Finding::CommonWord);
        if !wording.is_empty() && wording != fold(decision.matched.trim()).text {
            let entry = wordings.entry((&decision.mark, wording)).or_default();
            entry.0 += u64::from(harmless);
            entry.1 += u64::from(decision.finding == Finding::Confirmed);
        }
        if !decision.seller.is_empty() {
            let entry = sellers.entry((&decision.brand, &decision.seller)).or_default();
            entry.0 += u64::from(decision.finding == Finding::Licensed);
            entry.1 += u64::from(decision.finding == Finding::Confirmed);
        }
    }
    let agreed = |(for_it, against): &(u64, u64)| *for_it >= limits.least_alike && *against == 0;
    for ((mark, wording), counts) in wordings.into_iter().filter(|(_, counts)| agreed(counts)) {
        let because = format!("{} decisions held “{wording}” to be harmless, none confirmed it", counts.0);
        out.push(Proposal::HarmlessWording { mark: mark.clone(), wording, because });
    }
    for ((brand, seller), counts) in sellers.into_iter().filter(|(_, counts)| agreed(counts)) {
        let because = format!("{} decisions found the seller licensed, none found otherwise", counts.0);
        out.push(Proposal::Authorisation { brand: brand.clone(), seller: seller.to_owned(), because });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(number: usize, finding: Finding, pass: Pass, context: &str, seller: &str) -> DecidedAlarm {
        DecidedAlarm {
            case: format!("c-{number}"),
            finding,
            mark: MarkKey::new("velmora/1"),
            brand: BrandKey::new("velmora"),
            rules: vec!["infringing-use/claims-a-mark".to_owned()],
            pass,
            matched: "velmora".to_owned(),
            context: context.to_owned(),
            seller: seller.to_owned(),
        }
    }

    fn many(count: usize, finding: Finding, pass: Pass) -> Vec<DecidedAlarm> {
        (0..count).map(|number| decided(number, finding, pass, "", "")).collect()
    }

    #[test]
    fn too_few_decisions_speak_for_nothing() {
        assert!(learn(&many(11, Finding::NotThisMark, Pass::Exact), &DecisionLimits::default()).proposals.is_empty());
    }

    #[test]
    fn a_mark_that_is_mostly_a_word_is_proposed_as_one_and_its_rule_to_be_looked_at() {
        let lessons = learn(&many(20, Finding::CommonWord, Pass::Exact), &DecisionLimits::default());
        assert!(matches!(&lessons.proposals[0], Proposal::CommonWord { because, .. } if because.contains("0 of 20")));
        assert!(matches!(&lessons.proposals[1], Proposal::Rule { .. }));
        assert_eq!(lessons.marks[0].meant.hits, 0);
    }

    #[test]
    fn readings_that_are_seldom_right_speak_for_plain_letters_only() {
        let mut decisions = many(20, Finding::NotThisMark, Pass::Fuzzy);
        decisions.extend((20..40).map(|number| decided(number, Finding::Confirmed, Pass::Exact, "", "")));
        let lessons = learn(&decisions, &DecisionLimits::default());
        assert!(
            matches!(&lessons.proposals[..], [Proposal::Strictness { to: Strictness::Literal, .. }]),
            "{:?}",
            lessons.proposals
        );
    }

    #[test]
    fn wordings_and_licences_need_agreement() {
        let mut decisions: Vec<_> =
            (0..4).map(|number| decided(number, Finding::NotThisMark, Pass::Exact, "Velmora street map", "")).collect();
        decisions.extend((4..8).map(|number| decided(number, Finding::Licensed, Pass::Exact, "", "s-1")));
        let lessons = learn(&decisions, &DecisionLimits::default());
        assert!(
            matches!(&lessons.proposals[0], Proposal::HarmlessWording { wording, .. } if wording == "velmora street map")
        );
        assert!(matches!(&lessons.proposals[1], Proposal::Authorisation { seller, .. } if seller == "s-1"));
        decisions.push(decided(8, Finding::Confirmed, Pass::Exact, "velmora street map", "s-1"));
        assert!(learn(&decisions, &DecisionLimits::default()).proposals.is_empty());
    }

    #[test]
    fn order_does_not_matter_but_a_later_decision_on_a_case_replaces_an_earlier_one() {
        let mut decisions = many(15, Finding::Confirmed, Pass::Exact);
        decisions.extend((15..18).map(|number| decided(number, Finding::NotThisMark, Pass::Fuzzy, "", "")));
        let mut turned = decisions.clone();
        turned.reverse();
        assert_eq!(learn(&decisions, &DecisionLimits::default()), learn(&turned, &DecisionLimits::default()));
        turned.push(decided(15, Finding::Confirmed, Pass::Fuzzy, "", ""));
        assert_eq!(learn(&turned, &DecisionLimits::default()).marks[0].confirmed.hits, 16);
    }
}
