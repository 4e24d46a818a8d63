//! Conditions: CEL text in, a typed and bounded plan out.
//!
//! The crate `cel` parses the language and is named in `lower` alone (and in the tests,
//! where its interpreter is the judge of ours). What it parsed is checked against the declared
//! names and types and lowered to a [`plan::Plan`] of our own, for three reasons: unknown names
//! and doubtful types are refused when a pack is loaded, a missing fact makes a condition
//! unknown instead of an error, and one evaluation costs nanoseconds and has a step limit.

mod lower;
mod plan;
mod shape;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use plan::{List, Value};
pub use vocabulary::{Fact, HitField, HitKind};

use super::scene::{HitRef, Scene};
use plan::{Environment, Plan};

/// Longest condition in bytes.
pub const MAX_CONDITION_BYTES: usize = 4096;

/// Deepest nesting of brackets, and of negations and conditionals.
pub const MAX_NESTING: usize = 16;

/// Deepest nesting of `exists`, `all`, `exists_one` and `filter`: each level multiplies the
/// cost by the length of a list.
pub const MAX_MACRO_DEPTH: usize = 2;

/// What surrounds a condition: the kind of hit its rule judges, and its pack's lexicons.
#[derive(Debug, Clone, Copy)]
pub struct Declarations<'a> {
    /// What `hit` is.
    pub hit: HitKind,
    /// Ids of the pack's lexicons, in order.
    pub lexicons: &'a [String],
}

/// Why a condition was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionProblem {
    /// One sentence.
    pub problem: String,
    /// Byte offset in the condition.
    pub offset: usize,
}

/// A checked condition.
#[derive(Debug, Clone)]
pub struct Condition {
    source: String,
    plan: Plan,
    facts: Vec<Fact>,
}

/// What a condition said of one hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It cannot be decided; these facts were missing.
    Unknown(Vec<String>),
}

/// A fact and its value as text, for people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reading {
    /// As the condition writes it.
    pub name: String,
    /// Its value, cut to 200 characters; absent when the fact was missing.
    pub value: Option<String>,
}

impl Condition {
    /// Compiles `source`.
    ///
    /// Needs a deep stack for hostile sources; the loader calls it on a thread of its own.
    pub fn compile(source: &str, declared: Declarations<'_>) -> Result<Self, ConditionProblem> {
        let (plan, facts) = lower::lower(source, declared)?;
        Ok(Self { source: source.to_owned(), plan, facts })
    }

    /// The CEL text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The facts it reads, in the order of first mention.
    pub fn references(&self) -> &[Fact] {
        &self.facts
    }

    /// Whether it reads a fact that may be missing.
    pub fn reads_optional_fact(&self) -> bool {
        self.facts.iter().any(Fact::is_optional)
    }

    /// Decides the condition for one hit.
    pub fn evaluate<'v>(&'v self, scene: &'v Scene<'v>, hit: HitRef<'v>, lexicon_base: usize) -> Answer {
        let environment = Environment::new(scene, hit, lexicon_base, &self.facts);
        match environment.decide(&self.plan) {
            Ok(true) => Answer::True,
            Ok(false) => Answer::False,
            Err(missing) => Answer::Unknown(missing.names(&self.facts)),
        }
    }

    /// The values of the facts it reads, for explanations.
    pub fn readings<'v>(&'v self, scene: &'v Scene<'v>, hit: HitRef<'v>, lexicon_base: usize) -> Vec<Reading> {
        let read = |fact: &Fact| Reading {
            name: fact.name(),
            value: scene.value(fact, hit, lexicon_base).map(|value| shown(&value)),
        };
        self.facts.iter().map(read).collect()
    }
}

/// A value in few words.
fn shown(value: &Value<'_>) -> String {
    let text = match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Double(value) => format!("{value:?}"),
        Value::Text(text) => format!("\"{text}\""),
        Value::Attributes => "attributes".to_owned(),
        Value::List(List::Markets(list)) => format!("{list:?}"),
        Value::List(List::Texts(list)) => format!("{list:?}"),
        Value::List(List::Ints(list)) => format!("{list:?}"),
        Value::List(List::Marks(list)) => format!("{} mark hits", list.len()),
        Value::List(List::Images(list)) => format!("{} image hits", list.len()),
        Value::List(List::Claims(list)) => format!("{} claims", list.len()),
        Value::List(List::Items(list)) => format!("{} items", list.len()),
    };
    text.chars().take(200).collect()
}
