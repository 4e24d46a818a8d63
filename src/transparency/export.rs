//! Sending statements to the transparency database, in batches.
//!
//! A reconciler: it looks for statements that wait, sends them and notes the answer. Every
//! statement has its name (`puid`) before it is sent, and the database takes a name once. So an
//! answer that got lost costs nothing: the same batch goes again, the database names those it
//! has, and they count as sent. Two replicas that send the same batch end the same way.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::core::schema::schema;
use super::store::{self, StoredStatement};
use crate::app::Core;
use crate::audit::journal::{self, Entry};
use crate::store::StoreError;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes read of an answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// Where statements go.
#[derive(Clone)]
pub struct Target {
    /// The database's address without a path: `https://transparency.dsa.ec.europa.eu`.
    pub base: String,
    /// The platform's token.
    pub token: String,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Target").field("base", &self.base).field("token", &"…").finish()
    }
}

/// Why a round could not be finished; statements that were not settled wait on.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No answer.
    #[error("the transparency database does not answer")]
    Unreachable(#[source] reqwest::Error),
    /// It answered something else than it documents.
    #[error("the transparency database answered {status}; statements wait and are sent again")]
    Answer {
        /// The HTTP status.
        status: u16,
    },
    /// The database of ours failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Exported {
    /// Statements that the database has now.
    pub sent: usize,
    /// Statements that it refuses; their row says why.
    pub refused: usize,
}

/// Sends statements until none waits that can be sent.
#[derive(Debug, Clone)]
pub struct Exporter {
    target: Target,
    client: reqwest::Client,
}

/// What one answer says of the statements of a batch.
enum Told {
    Taken,
    /// Names that the database has, and places in the batch that it refuses, with the reason.
    Partly(BTreeSet<String>, Vec<(usize, String)>),
}

impl Exporter {
    /// An exporter to `target`. Redirects are not followed.
    pub fn new(target: Target) -> Result<Self, reqwest::Error> {
        let client =
            reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { target, client })
    }

    /// Sends what waits, in batches of the size that the database takes.
    pub async fn run(&self, core: &Core) -> Result<Exported, ExportError> {
        let mut done = Exported::default();
        loop {
            let batch = store::waiting(&core.db, schema().batch as i64).await?;
            if batch.is_empty() {
                return Ok(done);
            }
            let settled = self.send(core, batch).await?;
            done.sent += settled.sent;
            done.refused += settled.refused;
        }
    }

    async fn send(&self, core: &Core, batch: Vec<StoredStatement>) -> Result<Exported, ExportError> {
        let statements: Vec<&super::core::statement::Statement> = batch.iter().map(|one| &one.statement).collect();
        // One statement goes alone: the database names a clash of one differently from one of many.
        let (path, body) = match statements.as_slice() {
            [one] => ("/api/v1/statement", json!(one)),
            many => ("/api/v1/statements", json!({ "statements": many })),
        };
        let address = format!("{}{path}", self.target.base.trim_end_matches('/'));
        let request = self.client.post(address).bearer_auth(&self.target.token).header("accept", "application/json");
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.map_err(ExportError::Unreachable)?;
        let status = answer.status().as_u16();
        let told = match status {
            201 => Told::Taken,
            422 => read_refusal(&bounded(answer).await?, batch.len() == 1),
            _ => return Err(ExportError::Answer { status }),
        };
        settle(core, &batch, told, status).await
    }
}

async fn bounded(mut answer: reqwest::Response) -> Result<Value, ExportError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(ExportError::Unreachable)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER {
            return Err(ExportError::Answer { status: 422 });
        }
    }
    Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// Reads a refusal: names that exist, or errors by place in the batch (`statement_3`).
fn read_refusal(answer: &Value, single: bool) -> Told {
    let mut known = BTreeSet::new();
    known.extend(answer["existing"]["puid"].as_str().map(str::to_owned));
    let names = answer["errors"]["existing_puids"].as_array().or_else(|| answer["existing_puids"].as_array());
    known.extend(names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    let mut refused = Vec::new();
    if known.is_empty() {
        for (key, errors) in answer["errors"].as_object().into_iter().flatten() {
            let place = key.strip_prefix("statement_").and_then(|place| place.parse().ok());
            match place {
                Some(place) => refused.push((place, cut(&errors.to_string()))),
                None if single => refused.push((0, cut(&answer["errors"].to_string()))),
                None => {}
            }
        }
        refused.dedup_by_key(|(place, _)| *place);
    }
    Told::Partly(known, refused)
}

fn cut(text: &str) -> String {
    text.chars().take(500).collect()
}

async fn settle(core: &Core, batch: &[StoredStatement], told: Told, status: u16) -> Result<Exported, ExportError> {
    let now = core.clock.now();
    let mut done = Exported::default();
    let mut tx = core.db.begin().await?;
    let mut entries = Vec::new();
    for (place, one) in batch.iter().enumerate() {
        let (export, problem) = match &told {
            Told::Taken => ("sent", None),
            Told::Partly(known, _) if known.contains(&one.statement.puid) => ("sent", None),
            Told::Partly(_, refused) => match refused.iter().find(|(wrong, _)| *wrong == place) {
                Some((_, problem)) => ("refused", Some(problem.clone())),
                None => continue,
            },
        };
        done.sent += usize::from(export == "sent");
        done.refused += usize::from(export == "refused");
        let body = json!({"puid": one.statement.puid, "export": export, "problem": problem}).to_string();
        let body = serde_json::value::RawValue::from_string(body).expect("a JSON value's text is JSON");
        entries.push(Entry {
            kind: "statement.exported",
            subject: one.id.to_string(),
            actor: "system".to_owned(),
            body,
        });
        store::settle(&mut tx, one.id, export, problem, now).await?;
    }
    if entries.is_empty() {
        // A refusal that names nobody would come again for ever.
        return Err(ExportError::Answer { status });
    }
    journal::append(&mut tx, now, entries, Vec::new()).await?;
    tx.commit().await?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_in_each_of_their_forms() {
        let read = |answer: Value, single| match read_refusal(&answer, single) {
            Told::Taken => panic!("a refusal is no receipt"),
            Told::Partly(known, refused) => (known.into_iter().collect::<Vec<_>>(), refused),
        };
        let one = json!({"message": "m", "errors": {"puid": ["taken"]}, "existing": {"puid": "a"}});
        assert_eq!(read(one, true), (vec!["a".to_owned()], vec![]));
        let many = json!({"message": "m", "errors": {"puid": ["taken"], "existing_puids": ["a", "b"]}});
        assert_eq!(read(many, false), (vec!["a".to_owned(), "b".to_owned()], vec![]));
        let wrong = json!({"errors": {"statement_1": {"category": ["invalid"]}}});
        assert_eq!(read(wrong, false), (vec![], vec![(1, r#"{"category":["invalid"]}"#.to_owned())]));
        let single = json!({"message": "m", "errors": {"category": ["invalid"], "content_type": ["required"]}});
        assert_eq!(read(single, true).1.len(), 1);
        assert_eq!(read(Value::Null, false), (vec![], vec![]));
    }
}
