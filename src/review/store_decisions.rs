//! The SQL of decisions, their effects and the standings they give.

use std::collections::HashMap;

use super::decision::{Decision, InForce, StandingKind};
use super::store::parse_optional;
use crate::kernel::id::{CaseId, DecisionId, ListingId};
use crate::kernel::{Instant, Market};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

fn markets_text(markets: &[Market]) -> String {
    let words: Vec<&str> = markets.iter().map(|market| market.as_str()).collect();
    words.join(" ")
}

fn read_markets(row: &Row, column: &str) -> Result<Vec<Market>, StoreError> {
    let text: String = row.get(column)?;
    let parse = |word: &str| {
        word.parse().map_err(|problem: crate::kernel::market::ParseMarketError| StoreError::Corrupt {
            column: column.to_owned(),
            problem: problem.to_string(),
        })
    };
    text.split_whitespace().map(parse).collect()
}

fn read(row: &Row) -> Result<Decision, StoreError> {
    Ok(Decision {
        id: row.parse("id")?,
        case: parse_optional(row, "case_id")?,
        kind: row.parse("kind")?,
        subject: row.get("subject")?,
        action: row.parse("action")?,
        markets: read_markets(row, "scope")?,
        findings: row.document("findings")?,
        message: row.get("message")?,
        note: row.get("note")?,
        rule: row.get("rule")?,
        state: row.parse("state")?,
        actor: row.get("actor")?,
        seconded_by: row.get("seconded_by")?,
        at: row.get("at")?,
        settles_at: row.get("settles_at")?,
        ends_at: row.get("ends_at")?,
        undone_at: row.get("undone_at")?,
        undone_by: row.get("undone_by")?,
        undone_because: row.get("undone_because")?,
    })
}

/// Writes a new decision.
pub async fn insert(tx: &mut Tx, decision: &Decision) -> Result<(), StoreError> {
    let findings = serde_json::to_string(&decision.findings).expect("findings hold only strings");
    tx.execute(
        "INSERT INTO decision (id, case_id, kind, subject, action, scope, findings, message, note, rule, state, actor,
         at, settles_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        params![
            decision.id,
            decision.case,
            decision.kind.as_str(),
            &decision.subject,
            decision.action.as_str(),
            markets_text(&decision.markets),
            findings,
            &decision.message,
            &decision.note,
            decision.rule.clone(),
            decision.state.as_str(),
            &decision.actor,
            decision.at,
            decision.settles_at,
            decision.ends_at,
        ],
    )
    .await?;
    Ok(())
}

const DECISION: &str = "SELECT id, case_id, kind, subject, action, scope, findings, message, note, rule, state, actor,
    seconded_by, at, settles_at, ends_at, undone_at, undone_by, undone_because FROM decision WHERE id = $1";

/// The decision with this id.
pub async fn decision(db: &Db, id: DecisionId) -> Result<Option<Decision>, StoreError> {
    db.optional(DECISION, params![id]).await?.as_ref().map(read).transpose()
}

/// [`decision`] inside a transaction.
pub async fn decision_in(tx: &mut Tx, id: DecisionId) -> Result<Option<Decision>, StoreError> {
    tx.optional(DECISION, params![id]).await?.as_ref().map(read).transpose()
}

/// The decisions on a case, newest first.
pub async fn of_case(db: &Db, case: CaseId) -> Result<Vec<Decision>, StoreError> {
    let text = "SELECT id, case_id, kind, subject, action, scope, findings, message, note, rule, state, actor,
                seconded_by, at, settles_at, ends_at, undone_at, undone_by, undone_because FROM decision
                WHERE case_id = $1 ORDER BY id DESC LIMIT 100";
    db.all(text, params![case]).await?.iter().map(read).collect()
}

/// The latest decisions of one actor, newest first.
pub async fn of_actor(db: &Db, actor: &str, limit: i64) -> Result<Vec<Decision>, StoreError> {
    let text = "SELECT id, case_id, kind, subject, action, scope, findings, message, note, rule, state, actor,
                seconded_by, at, settles_at, ends_at, undone_at, undone_by, undone_because FROM decision
                WHERE actor = $1 ORDER BY at DESC, id DESC LIMIT $2";
    db.all(text, params![actor, limit]).await?.iter().map(read).collect()
}

/// How many decisions on a merchant's cases took something down or stopped the merchant, and hold.
pub async fn against_merchant(db: &Db, merchant: &str) -> Result<i64, StoreError> {
    let text = "SELECT count(*) AS n FROM decision d JOIN review_case c ON c.id = d.case_id
                WHERE c.merchant = $1 AND d.state IN ('held', 'in_force')
                AND d.action IN ('remove', 'suspend', 'terminate')";
    db.optional(text, params![merchant]).await?.map_or(Ok(0), |row| row.get("n"))
}

/// Writes a decision's state with whatever else changes with it.
pub async fn set_state(tx: &mut Tx, decision: &Decision) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE decision SET state = $2, seconded_by = $3, settles_at = $4, undone_at = $5, undone_by = $6,
         undone_because = $7 WHERE id = $1",
        params![
            decision.id,
            decision.state.as_str(),
            decision.seconded_by.clone(),
            decision.settles_at,
            decision.undone_at,
            decision.undone_by.clone(),
            decision.undone_because.clone(),
        ],
    )
    .await?;
    Ok(())
}

/// Refuses a proposed decision whose case has nothing left to decide.
pub async fn refuse(tx: &mut Tx, id: DecisionId, because: &str, actor: &str, now: Instant) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE decision SET state = 'refused', undone_at = $2, undone_by = $3, undone_because = $4
         WHERE id = $1 AND state = 'proposed'",
        params![id, now, actor, because],
    )
    .await?;
    Ok(())
}

/// Held decisions that can no longer be taken back at `now`, at most `limit`.
pub async fn to_settle(db: &Db, now: Instant, limit: i64) -> Result<Vec<DecisionId>, StoreError> {
    let text = "SELECT id FROM decision WHERE state = 'held' AND settles_at <= $1 ORDER BY settles_at LIMIT $2";
    db.all(text, params![now, limit]).await?.iter().map(|row| row.parse("id")).collect()
}

/// Decisions whose time is over at `now`, at most `limit`.
pub async fn to_end(db: &Db, now: Instant, limit: i64) -> Result<Vec<DecisionId>, StoreError> {
    let text = "SELECT id FROM decision WHERE state = 'in_force' AND ends_at <= $1 ORDER BY ends_at LIMIT $2";
    db.all(text, params![now, limit]).await?.iter().map(|row| row.parse("id")).collect()
}

/// One thing that a decision changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Its number, from 1.
    pub number: i64,
    /// What kind of standing it gave.
    pub kind: StandingKind,
    /// To what.
    pub subject: String,
    /// What stood there before.
    pub former: Option<InForce>,
    /// What it gave.
    pub given: InForce,
    /// When it was reversed.
    pub reversed_at: Option<Instant>,
}

/// Writes what a decision changed.
pub async fn insert_effect(tx: &mut Tx, decision: DecisionId, effect: &Effect) -> Result<(), StoreError> {
    let text = |standing: &InForce| serde_json::to_string(standing).expect("a standing holds only strings");
    tx.execute(
        "INSERT INTO decision_effect (decision_id, number, kind, subject, former, given) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            decision,
            effect.number,
            effect.kind.as_str(),
            &effect.subject,
            effect.former.as_ref().map(text),
            text(&effect.given),
        ],
    )
    .await?;
    Ok(())
}

/// What a decision changed, last first.
pub async fn effects(tx: &mut Tx, decision: DecisionId) -> Result<Vec<Effect>, StoreError> {
    let text = "SELECT number, kind, subject, former, given, reversed_at FROM decision_effect
                WHERE decision_id = $1 ORDER BY number DESC";
    let effect = |row: &Row| {
        Ok(Effect {
            number: row.get("number")?,
            kind: row.parse("kind")?,
            subject: row.get("subject")?,
            former: match row.get::<Option<String>>("former")? {
                None => None,
                Some(_) => Some(row.document("former")?),
            },
            given: row.document("given")?,
            reversed_at: row.get("reversed_at")?,
        })
    };
    tx.all(text, params![decision]).await?.iter().map(effect).collect()
}

/// Notes that an effect is reversed.
pub async fn reversed(tx: &mut Tx, decision: DecisionId, number: i64, now: Instant) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE decision_effect SET reversed_at = $3 WHERE decision_id = $1 AND number = $2",
        params![decision, number, now],
    )
    .await?;
    Ok(())
}

const STANDING: &str = "SELECT ruling, decision_id, markets, since, until_at, digest FROM standing
    WHERE kind = $1 AND subject = $2";

/// Reads the standing of a row that holds its columns.
pub fn read_standing(row: &Row) -> Result<InForce, StoreError> {
    Ok(InForce {
        standing: row.parse("ruling")?,
        decision: row.parse("decision_id")?,
        markets: read_markets(row, "markets")?,
        since: row.get("since")?,
        until: row.get("until_at")?,
        digest: parse_optional(row, "digest")?,
    })
}

/// What people's decisions hold in force about this.
pub async fn standing(db: &Db, kind: StandingKind, subject: &str) -> Result<Option<InForce>, StoreError> {
    db.optional(STANDING, params![kind.as_str(), subject]).await?.as_ref().map(read_standing).transpose()
}

/// [`standing`] inside a transaction.
pub async fn standing_in(tx: &mut Tx, kind: StandingKind, subject: &str) -> Result<Option<InForce>, StoreError> {
    tx.optional(STANDING, params![kind.as_str(), subject]).await?.as_ref().map(read_standing).transpose()
}

/// What people's decisions hold in force about these listings.
pub async fn listing_standings(
    tx: &mut Tx,
    listings: Vec<ListingId>,
) -> Result<HashMap<ListingId, InForce>, StoreError> {
    let head = "SELECT subject, ruling, decision_id, markets, since, until_at, digest FROM standing
                WHERE kind = 'listing' AND subject IN";
    let rows = tx.all_in(head, listings.iter().map(ListingId::to_string).collect()).await?;
    rows.iter().map(|row| Ok((row.parse("subject")?, read_standing(row)?))).collect()
}

/// [`listing_standings`] about merchants, by the platform's id.
pub async fn merchant_standings(tx: &mut Tx, merchants: Vec<String>) -> Result<HashMap<String, InForce>, StoreError> {
    let head = "SELECT subject, ruling, decision_id, markets, since, until_at, digest FROM standing
                WHERE kind = 'merchant' AND subject IN";
    let rows = tx.all_in(head, merchants).await?;
    rows.iter().map(|row| Ok((row.get("subject")?, read_standing(row)?))).collect()
}

/// Puts a standing, or takes the one that is there away.
pub async fn put_standing(
    tx: &mut Tx,
    kind: StandingKind,
    subject: &str,
    standing: Option<&InForce>,
) -> Result<(), StoreError> {
    let Some(standing) = standing else {
        let text = "DELETE FROM standing WHERE kind = $1 AND subject = $2";
        tx.execute(text, params![kind.as_str(), subject]).await?;
        return Ok(());
    };
    tx.execute(
        "INSERT INTO standing (kind, subject, decision_id, ruling, digest, markets, since, until_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (kind, subject) DO UPDATE SET decision_id = excluded.decision_id, ruling = excluded.ruling,
         digest = excluded.digest, markets = excluded.markets, since = excluded.since, until_at = excluded.until_at",
        params![
            kind.as_str(),
            subject,
            standing.decision,
            standing.standing.as_str(),
            standing.digest,
            markets_text(&standing.markets),
            standing.since,
            standing.until,
        ],
    )
    .await?;
    Ok(())
}
