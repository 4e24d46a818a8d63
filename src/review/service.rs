//! Opening and closing cases, in the transaction of whoever finds that a person is needed, or no
//! longer needed.
//!
//! Whoever changes cases and tells the journal takes the journal's head first, as the recorder
//! does: two transactions that meet then wait for each other in one order.

use std::collections::HashMap;

use serde_json::json;

use super::desk::Desk;
use super::machine::{self, CaseEvent};
use super::model::{Case, CaseState, NewCase};
use super::store::{self, Place};
use super::{priority, queues, store_decisions};
use crate::audit::journal::{self, Entry, Event, Head};
use crate::kernel::id::{CaseId, DecisionId, EventId};
use crate::kernel::{Ids, Instant};
use crate::params;
use crate::store::{StoreError, Tx, Value};

/// Who acts when nobody does.
pub const SYSTEM: &str = "system";
/// Longest title, in scalar values.
const MAX_TITLE: usize = 300;

/// A case that was opened, or one that was open and got another report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The case.
    pub id: CaseId,
    /// Whether it is new.
    pub is_new: bool,
}

/// What a change of cases adds to the journal, in the order of `entries`.
#[derive(Debug, Default)]
pub struct Told {
    /// Audit entries.
    pub entries: Vec<Entry>,
    /// Events.
    pub events: Vec<Event>,
}

/// Opens a case in the caller's transaction, or adds to the one that is open about the same.
///
/// Takes the journal's head, which every other writer needs: call it near the end.
pub async fn open_case(
    tx: &mut Tx,
    desk: &Desk,
    new: NewCase,
    now: Instant,
    ids: &dyn Ids,
) -> Result<Opened, StoreError> {
    let head = Head::take(tx).await?;
    let mut told = Told::default();
    let opened = open_cases(tx, desk, vec![new], now, ids, &mut told).await?;
    journal::append_after(tx, head, now, told.entries, told.events).await?;
    Ok(opened.into_iter().next().expect("one case was given"))
}

/// [`open_case`] for many, by a caller that holds the journal's head and appends what is `told`.
pub async fn open_cases(
    tx: &mut Tx,
    desk: &Desk,
    new: Vec<NewCase>,
    now: Instant,
    ids: &dyn Ids,
    told: &mut Told,
) -> Result<Vec<Opened>, StoreError> {
    let keys = new.iter().map(|case| case.kind.live_key(&case.subject)).collect();
    let present = store::live(tx, keys).await?;
    let mut present: HashMap<String, Case> =
        present.into_iter().map(|case| (case.kind.live_key(&case.subject), case)).collect();
    let mut writing = Writing { desk, now, ids, told, rows: Vec::new(), history: Vec::new() };
    let mut fresh: Vec<String> = Vec::new();
    let mut touched: Vec<String> = Vec::new();
    let mut outdated = Vec::new();
    let mut opened = Vec::with_capacity(new.len());
    for new in new {
        let key = new.kind.live_key(&new.subject);
        let case = match present.remove(&key) {
            Some(case) => {
                let case = writing.add_report(case, new, &mut outdated);
                if !touched.contains(&key) && !fresh.contains(&key) {
                    touched.push(key.clone());
                }
                opened.push(Opened { id: case.id, is_new: false });
                case
            }
            None => {
                let case = writing.open(new);
                fresh.push(key.clone());
                opened.push(Opened { id: case.id, is_new: true });
                case
            }
        };
        present.insert(key, case);
    }
    for key in fresh {
        let case = &present[&key];
        let place = place_of(desk, case, now);
        writing.rows.push(store::new_row(case, &place));
    }
    let (rows, history) = (writing.rows, writing.history);
    store::insert(tx, rows).await?;
    for key in touched {
        let case = &present[&key];
        store::report(tx, case, &place_of(desk, case, now)).await?;
    }
    store::tell(tx, history).await?;
    for decision in outdated {
        store_decisions::refuse(tx, decision, "what it was about changed", SYSTEM, now).await?;
    }
    Ok(opened)
}

/// Closes the open case about `subject`, if there is one, because nothing is left to decide.
///
/// Takes the journal's head; see [`open_case`].
pub async fn close_case(
    tx: &mut Tx,
    kind: super::model::CaseKind,
    subject: &str,
    because: &str,
    actor: &str,
    now: Instant,
    ids: &dyn Ids,
) -> Result<Option<CaseId>, StoreError> {
    let head = Head::take(tx).await?;
    let mut told = Told::default();
    let closing = Closing { key: kind.live_key(subject), because: because.to_owned() };
    let closed = close_cases(tx, vec![closing], actor, now, ids, &mut told).await?;
    journal::append_after(tx, head, now, told.entries, told.events).await?;
    Ok(closed.into_iter().next())
}

/// A case to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// See [`super::model::CaseKind::live_key`].
    pub key: String,
    /// Why nothing is left to decide, in one sentence.
    pub because: String,
}

/// [`close_case`] for many, by a caller that holds the journal's head and appends what is `told`.
/// Keys without an open case are passed over.
pub async fn close_cases(
    tx: &mut Tx,
    closings: Vec<Closing>,
    actor: &str,
    now: Instant,
    ids: &dyn Ids,
    told: &mut Told,
) -> Result<Vec<CaseId>, StoreError> {
    let present = store::live(tx, closings.iter().map(|closing| closing.key.clone()).collect()).await?;
    let (mut closed, mut history) = (Vec::new(), Vec::new());
    for case in present {
        if machine::next(case.state, CaseEvent::Close).is_none() {
            continue;
        }
        let key = case.kind.live_key(&case.subject);
        let because = closings.iter().find(|closing| closing.key == key).map_or("", |closing| &closing.because);
        let body = json!({"case": case.id, "kind": case.kind, "subject": case.subject, "because": because});
        history.push(history_row(case.id, "close", actor, &json!({"because": because}), now, ids));
        note(told, "case.closed", case.id, actor, &body, now, ids);
        if let Some(decision) = case.decision.filter(|_| case.state == CaseState::Proposed) {
            store_decisions::refuse(tx, decision, because, SYSTEM, now).await?;
        }
        store::close(tx, case.id, now).await?;
        closed.push(case.id);
    }
    store::tell(tx, history).await?;
    Ok(closed)
}

/// One line of a case's history.
pub fn history_row(
    case: CaseId,
    kind: &str,
    actor: &str,
    body: &serde_json::Value,
    now: Instant,
    ids: &dyn Ids,
) -> Vec<Value> {
    params![EventId::from_uuid(ids.next(now)), case, now, actor, kind, body.to_string()]
}

/// Adds an audit entry and an event of one content.
pub(super) fn note(
    told: &mut Told,
    kind: &'static str,
    case: CaseId,
    actor: &str,
    body: &serde_json::Value,
    now: Instant,
    ids: &dyn Ids,
) {
    let raw = serde_json::value::to_raw_value(body).expect("checked JSON serialises");
    told.entries.push(Entry { kind, subject: case.to_string(), actor: actor.to_owned(), body: raw });
    let id = EventId::from_uuid(ids.next(now));
    told.events.push(Event { id, kind, subject: case.to_string(), body: body.to_string() });
}

/// Where a case lies now.
pub fn place_of(desk: &Desk, case: &Case, now: Instant) -> Place {
    let priority = priority::priority(&desk.weights, &case.facts, case.due, now);
    let queue = desk.queues.of(case.kind, case.facts.lane.as_deref(), case.state);
    let rank = queues::rank(queue.order, priority.score, case.due, case.opened_at);
    let by_clock = queue.order == queues::Order::Priority;
    Place { queue: queue.name.clone(), rank, rerank_at: priority.changes_at.filter(|_| by_clock) }
}

/// Cases being put together.
struct Writing<'a> {
    desk: &'a Desk,
    now: Instant,
    ids: &'a dyn Ids,
    told: &'a mut Told,
    rows: Vec<Vec<Value>>,
    history: Vec<Vec<Value>>,
}

impl Writing<'_> {
    fn open(&mut self, new: NewCase) -> Case {
        let id = CaseId::from_uuid(self.ids.next(self.now));
        let mut case = Case {
            id,
            kind: new.kind,
            subject: new.subject,
            title: new.title.chars().take(MAX_TITLE).collect(),
            state: CaseState::Waiting,
            queue: String::new(),
            rank: 0,
            facts: new.facts,
            listing: new.listing,
            merchant: new.merchant,
            due: new.due,
            times: 1,
            opened_at: self.now,
            opened_by: new.opened_by,
            updated_at: self.now,
            not_for: new.not_for,
            holder: None,
            lease_until: None,
            snoozed_until: None,
            decision: None,
            version: 1,
        };
        case.queue = place_of(self.desk, &case, self.now).queue;
        self.tell("opened", "case.opened", &case);
        case
    }

    /// The open case with what the new report knows; the nearer end of the clock stays. A decision
    /// that was proposed about another content of a listing is outdated.
    fn add_report(&mut self, mut case: Case, new: NewCase, outdated: &mut Vec<DecisionId>) -> Case {
        if case.state == CaseState::Proposed && case.facts.version != new.facts.version {
            case.state = machine::next(case.state, CaseEvent::Refuse).unwrap_or(case.state);
            outdated.extend(case.decision.take());
        }
        let state = machine::next(case.state, CaseEvent::Report).unwrap_or(case.state);
        let mut case = Case {
            kind: new.kind,
            title: new.title.chars().take(MAX_TITLE).collect(),
            state,
            facts: new.facts,
            merchant: new.merchant.or(case.merchant),
            due: match (case.due, new.due) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
            times: case.times + 1,
            updated_at: self.now,
            snoozed_until: case.snoozed_until.filter(|_| state == CaseState::Snoozed),
            version: case.version + 1,
            opened_by: case.opened_by,
            ..case
        };
        case.queue = place_of(self.desk, &case, self.now).queue;
        self.tell("report", "case.reported", &case);
        case
    }

    fn tell(&mut self, word: &str, kind: &'static str, case: &Case) {
        let actor = case.opened_by.clone();
        let particulars = json!({"times": case.times, "reasons": case.facts.reasons, "verdict": case.facts.verdict});
        self.history.push(history_row(case.id, word, &actor, &particulars, self.now, self.ids));
        let body = json!({
            "case": case.id, "kind": case.kind, "subject": case.subject, "queue": case.queue, "times": case.times,
            "due": case.due,
        });
        note(self.told, kind, case.id, &actor, &body, self.now, self.ids);
    }
}
