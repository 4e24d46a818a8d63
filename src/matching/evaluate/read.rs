//! Reading labels and results, one JSON object a line.

use std::collections::BTreeSet;

use serde_json::Value;

/// What is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Verdicts on listings' text: what counts as an alarm is a hit of infringing use.
    Text,
    /// Matches of pictures: what counts as an alarm is any match.
    Images,
}

/// Why a line cannot be used, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

/// Most names read of one line; a line with more says nothing a person labelled.
const MOST_NAMES: usize = 1_000;

/// What is true of one listing or picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Truth {
    /// Name of the listing or query.
    pub id: String,
    /// Whether it is bad: an alarm is right.
    pub positive: bool,
    /// The family or edit of a bad one, the kind of a harmless one.
    pub group: String,
    /// What is compared apart from the rest: `product`, `logo`; empty = everything together.
    pub track: String,
    /// Brands or references whose alarm is right. Empty on a bad one: any alarm is.
    pub expected: BTreeSet<String>,
    /// The kind of use a text makes of each brand, where it was labelled.
    pub uses: Vec<(String, String)>,
    /// Brands or references whose alarm is neither right nor wrong.
    pub neutral: BTreeSet<String>,
    /// Wording of the trade in copies is an answer too.
    pub signal: bool,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The brand or reference.
    pub name: String,
    /// How a text uses it; empty for pictures.
    pub use_kind: String,
    /// Its score: higher is surer.
    pub score: f64,
}

/// Everything found in one listing or picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Name of the listing or query.
    pub id: String,
    /// What was found.
    pub given: Vec<Given>,
    /// Strength of wording of the trade in copies.
    pub signal: f64,
}

/// The first of `names` that the object has as a non-empty text.
fn text<'a>(object: &'a Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| object.get(name)?.as_str()).filter(|text| !text.is_empty())
}

fn object(line: &str) -> Result<Value, Unreadable> {
    let value: Value = serde_json::from_str(line).map_err(|error| Unreadable(format!("is no JSON: {error}")))?;
    if value.is_object() { Ok(value) } else { Err(Unreadable("is no JSON object".to_owned())) }
}

fn id_of(object: &Value) -> Result<String, Unreadable> {
    let missing = || Unreadable("has no name; give it an \"id\" (text) or a \"query\" (pictures)".to_owned());
    text(object, &["id", "query", "qid", "listing_id"]).map(str::to_owned).ok_or_else(missing)
}

/// Names under `member`: a text, or a list of texts or of objects that carry one under `inner`.
fn names(object: &Value, member: &str, inner: &[&str]) -> Vec<String> {
    match object.get(member) {
        Some(Value::String(name)) if !name.is_empty() => vec![name.clone()],
        Some(Value::Array(list)) => list
            .iter()
            .take(MOST_NAMES)
            .filter_map(|entry| entry.as_str().or_else(|| text(entry, inner)).map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a label means a bad one; `None` for words that name a kind of harmless ones.
fn is_positive(label: &Value) -> Option<bool> {
    match label {
        Value::Bool(label) => Some(*label),
        Value::Number(label) => label.as_f64().map(|label| label > 0.0),
        Value::String(label) => match label.as_str() {
            "positive" | "pos" | "bad" | "infringing" | "match" => Some(true),
            "negative" | "neg" | "clean" | "good" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

impl Truth {
    /// Reads one line of labels.
    ///
    /// Fails with the reason when it is no JSON object, or has no name or no label.
    pub fn parse(line: &str) -> Result<Self, Unreadable> {
        let object = object(line)?;
        let id = id_of(&object)?;
        let label = object.get("label").or_else(|| object.get("kind")).filter(|label| !label.is_null());
        let label =
            label.ok_or_else(|| Unreadable("has no label; give it \"kind\": \"positive\" or \"clean\"".to_owned()))?;
        // A kind that is none of the usual words names harmless listings: "nominative", "authorised".
        let positive = is_positive(label).unwrap_or(false);
        let kind = text(&object, &["kind", "label"]).unwrap_or(if positive { "positive" } else { "negative" });
        let family = text(&object, &["family", "attack", "edit", "category", "cat"]);
        let group = if positive { family.unwrap_or("positive") } else { kind };
        let mut expected: BTreeSet<String> = BTreeSet::new();
        for member in ["hits", "brands", "brand_id", "refs", "ref", "expected"] {
            expected.extend(names(&object, member, &["brand_id", "ref", "id"]));
        }
        let hits = object.get("hits").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let uses = hits.iter().take(MOST_NAMES).filter_map(|hit| {
            Some((text(hit, &["brand_id", "brand"])?.to_owned(), text(hit, &["type", "use"])?.to_owned()))
        });
        let signal = object.get("counterfeit_signal").and_then(Value::as_bool).unwrap_or(false);
        Ok(Self {
            id,
            positive,
            group: group.to_owned(),
            track: text(&object, &["track"]).unwrap_or_default().to_owned(),
            uses: uses.collect(),
            neutral: names(&object, "neutral", &["ref", "brand_id"]).into_iter().collect(),
            expected,
            signal,
        })
    }
}

impl Answer {
    /// Reads one line of results: a verdict, or the matches of a query.
    ///
    /// Fails with the reason when it is no JSON object, has no name, or a score is no number.
    pub fn parse(line: &str, task: Task) -> Result<Self, Unreadable> {
        let object = object(line)?;
        let id = id_of(&object)?;
        let member = if task == Task::Text { "hits" } else { "matches" };
        let list = object.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let given = list.iter().take(MOST_NAMES).map(|entry| {
            let name = text(entry, &["brand_id", "ref", "brand", "id"])
                .ok_or_else(|| Unreadable(format!("has an entry in {member} without brand_id or ref")))?;
            let score = match entry.get("score") {
                None => 1.0,
                Some(score) => score
                    .as_f64()
                    .filter(|score| score.is_finite())
                    .ok_or_else(|| Unreadable(format!("has the score {score}, which is no number")))?,
            };
            let use_kind = text(entry, &["type"]).unwrap_or("infringing_use");
            let use_kind = if task == Task::Text { use_kind.to_owned() } else { String::new() };
            Ok(Given { name: name.to_owned(), use_kind, score })
        });
        let given = given.collect::<Result<Vec<_>, Unreadable>>()?;
        let signal = object.get("counterfeit_signal").and_then(Value::as_f64).filter(|signal| signal.is_finite());
        Ok(Self { id, given, signal: signal.unwrap_or(0.0) })
    }
}
