//! The SQL of second looks and of what became of decisions.

use crate::kernel::Instant;
use crate::kernel::id::CaseId;
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// Notes that a decision is looked at again in this case.
pub async fn sampled(
    tx: &mut Tx,
    case: CaseId,
    decision: &super::decision::Decision,
    now: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO quality_check (id, kind, case_id, decision_id, rule, first_actor, first_answer, at)
         VALUES ($1, 'blind', $1, $2, $3, $4, $5, $6)",
        params![case, decision.id, decision.rule.clone(), &decision.actor, decision.action.as_str(), now],
    )
    .await?;
    Ok(())
}

/// Writes the second answer.
pub async fn answered(tx: &mut Tx, case: CaseId, actor: &str, answer: &str, now: Instant) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE quality_check SET second_actor = $2, second_answer = $3, answered_at = $4 WHERE case_id = $1",
        params![case, actor, answer, now],
    )
    .await?;
    Ok(())
}

/// Two answers to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The case of the decision that was looked at again.
    pub case: Option<CaseId>,
    /// The rule that asked for a person.
    pub rule: Option<String>,
    /// Who decided first.
    pub first_actor: String,
    /// What.
    pub first: String,
    /// What the second look said.
    pub second: String,
}

/// The latest second looks that were answered, newest first.
pub async fn pairs(db: &Db, limit: i64) -> Result<Vec<Pair>, StoreError> {
    let text = "SELECT d.case_id AS first_case, q.rule, q.first_actor, q.first_answer, q.second_answer
                FROM quality_check q LEFT JOIN decision d ON d.id = q.decision_id
                WHERE q.answered_at IS NOT NULL AND q.second_answer IS NOT NULL ORDER BY q.answered_at DESC LIMIT $1";
    let pair = |row: &Row| {
        Ok(Pair {
            case: super::store::parse_optional(row, "first_case")?,
            rule: row.get("rule")?,
            first_actor: row.get("first_actor")?,
            first: row.get("first_answer")?,
            second: row.get("second_answer")?,
        })
    };
    db.all(text, params![limit]).await?.iter().map(pair).collect()
}

/// What became of the decisions of one rule or one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// The rule, or the person.
    pub name: String,
    /// Decisions that others were told of.
    pub all: i64,
    /// Those that were reversed.
    pub reversed: i64,
}

/// What became of the decisions since a moment, by rule; the most decisions first.
pub async fn fates_by_rule(db: &Db, since: Instant) -> Result<Vec<Fate>, StoreError> {
    let text = "SELECT coalesce(rule, '') AS name, count(*) AS n,
                sum(CASE WHEN state = 'reversed' THEN 1 ELSE 0 END) AS reversed FROM decision
                WHERE at > $1 AND state IN ('in_force', 'reversed', 'ended') AND kind <> 'second_review'
                GROUP BY coalesce(rule, '') ORDER BY count(*) DESC LIMIT 50";
    fates(&db.all(text, params![since]).await?)
}

/// [`fates_by_rule`] by who decided.
pub async fn fates_by_actor(db: &Db, since: Instant) -> Result<Vec<Fate>, StoreError> {
    let text = "SELECT actor AS name, count(*) AS n,
                sum(CASE WHEN state = 'reversed' THEN 1 ELSE 0 END) AS reversed FROM decision
                WHERE at > $1 AND state IN ('in_force', 'reversed', 'ended') AND kind <> 'second_review'
                GROUP BY actor ORDER BY count(*) DESC LIMIT 50";
    fates(&db.all(text, params![since]).await?)
}

fn fates(rows: &[Row]) -> Result<Vec<Fate>, StoreError> {
    let fate = |row: &Row| Ok(Fate { name: row.get("name")?, all: row.get("n")?, reversed: row.get("reversed")? });
    rows.iter().map(fate).collect()
}
