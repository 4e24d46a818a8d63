//! Why rules spoke or stayed silent about one listing.

use super::condition::{Answer, Reading};
use super::evaluate::{Evaluation, Standing, Stopped, find_terms};
use super::load::Packs;
use super::model::{Effect, Evidence, Facts, State};
use super::scene::Scene;

/// What a condition answered about one hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerWord {
    /// It holds, or there is no condition.
    Holds,
    /// It does not hold.
    Fails,
    /// It could not be decided.
    Unknown,
}

/// One hit of an explained rule.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ExplainedHit {
    /// What was found.
    pub evidence: Evidence,
    /// The facts the condition read, with their values.
    pub readings: Vec<Reading>,
    /// What the condition answered.
    pub answer: AnswerWord,
    /// Facts that were missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// A rule whose trigger fired.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ExplainedRule {
    /// The pack's id.
    pub pack: String,
    /// The rule's id.
    pub rule: String,
    /// How far it is in force.
    pub state: State,
    /// Its condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Why it was silent before its condition was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What it was asked about.
    pub hits: Vec<ExplainedHit>,
    /// The strongest effect of what it said; absent = it said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// The sentences it said.
    pub says: Vec<String>,
}

/// All rules before one listing.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Explanation {
    /// Revision of the packs.
    pub revision: String,
    /// Rules whose trigger fired, in pack and rule order.
    pub rules: Vec<ExplainedRule>,
    /// Live and shadow rules whose trigger did not fire.
    pub silent: usize,
    /// Draft and retired rules, which are never asked.
    pub not_in_force: usize,
}

impl Packs {
    /// Explains every rule whose trigger fired for one listing.
    pub fn explain(&self, facts: &Facts<'_>) -> Explanation {
        let compiled = &*self.compiled;
        let scene = Scene::new(*facts, find_terms(compiled, facts));
        let attributes = compiled.triggers.attribute_hits(facts);
        let candidates = compiled.triggers.candidates(&scene, &attributes);
        let mut rules = Vec::new();
        for group in candidates.chunk_by(|one, other| one.0 == other.0) {
            let (pack, rule) = compiled.rule(group[0].0);
            let mut evaluation = Evaluation::new(compiled, &scene, Standing::AsIs);
            evaluation.asked = Some(Vec::new());
            let judgement = evaluation.judge(pack, rule, group);
            rules.push(ExplainedRule {
                pack: pack.id.clone(),
                rule: rule.id.clone(),
                state: rule.state,
                when: rule.when.as_ref().map(|when| when.source().to_owned()),
                stopped: judgement.stopped,
                hits: evaluation.asked.take().unwrap_or_default().into_iter().map(explained).collect(),
                effect: judgement.reasons.iter().map(|reason| reason.effect).max(),
                says: judgement.reasons.into_iter().map(|reason| reason.says).collect(),
            });
        }
        let fired = rules.iter().filter(|rule| matches!(rule.state, State::Live | State::Shadow)).count();
        let all: usize = self.packs().iter().map(|pack| pack.rules.len()).sum();
        Explanation {
            revision: self.revision().to_owned(),
            rules,
            silent: self.rule_count() - fired,
            not_in_force: all - self.rule_count(),
        }
    }
}

fn explained(asked: super::evaluate::AskedHit) -> ExplainedHit {
    let (answer, missing) = match asked.answer {
        Answer::True => (AnswerWord::Holds, Vec::new()),
        Answer::False => (AnswerWord::Fails, Vec::new()),
        Answer::Unknown(missing) => (AnswerWord::Unknown, missing),
    };
    ExplainedHit { evidence: asked.evidence, readings: asked.readings, answer, missing }
}
