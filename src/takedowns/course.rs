//! The course of a notice after filing: decisions, answers, clocks, appeals.

use super::cases;
use super::core::machine::{self, ItemEvent};
use super::core::parts::missing_in_counter;
use super::error::NoticeError;
use super::model::{CounterDraft, ItemState, MAX_REASONS, Notice, NoticeItem, Regime};
use super::service::{Party, journal_of, judged};
use super::store::{self, NoticeEvent};
use super::store_appeals::{self as appeals, Appeal};
use crate::app::Core;
use crate::audit::journal::{self, Head};
use crate::clocks::{AtExpiry, Clocks, Due, name};
use crate::kernel::Instant;
use crate::kernel::id::{AppealId, EventId, NoticeId, StatementId};
use crate::review::service::Told;
use crate::screening::store::Judged;
use crate::store::Tx;
use crate::transparency::core::flags::{self, LoggedStep, Step};
use crate::transparency::core::schema::schema;
use crate::transparency::core::statement::{NoticeRestriction, Statement, for_notice, territory};
use crate::transparency::store::{self as statements, StoredStatement};

/// Fewest characters of a reason or an appeal.
const MIN_WORDS: usize = 10;
/// Listings whose clocks are run in one round.
const CLOCKS_AT_ONCE: i64 = 200;

/// Why a step is taken, and by whom.
#[derive(Debug, Clone, Default)]
pub struct Why {
    /// Who: an actor of the audit log, or `clock`.
    pub actor: String,
    /// Why, in words for notifier and merchant.
    pub reason: String,
    /// The law, where whoever decides names another than usual.
    pub law: Option<String>,
    /// Whether nothing could support the notice (a rejection only).
    pub unfounded: bool,
    /// Particulars that are kept with the step.
    pub particulars: serde_json::Value,
}

/// A notice with its listings.
pub async fn read(core: &Core, id: NoticeId) -> Result<(Notice, Vec<NoticeItem>), NoticeError> {
    let missing = || NoticeError::NotFound { what: "notice", name: id.to_string() };
    let notice = store::notice(&core.db, id).await?.ok_or_else(missing)?;
    let items = store::items(&core.db, id).await?;
    Ok((notice, items))
}

/// Does `event` to the listings of a notice that `wanted` names (all that can take it when empty), in
/// one transaction. Refuses when a named listing cannot take the event, or none can.
pub async fn step_many(
    core: &Core,
    id: NoticeId,
    event: ItemEvent,
    wanted: &[String],
    why: &Why,
) -> Result<Vec<NoticeItem>, NoticeError> {
    let (notice, items) = read(core, id).await?;
    let states: Vec<ItemState> = items.iter().map(|item| item.state).collect();
    let mut chosen = Vec::new();
    for item in items {
        let named = wanted.contains(&item.external_id);
        if !wanted.is_empty() && !named {
            continue;
        }
        if machine::next(item.state, event).is_some() {
            chosen.push(item);
        } else if named {
            return Err(not_now(&item, event));
        }
    }
    if let Some(name) = wanted.iter().find(|name| !chosen.iter().any(|item| &item.external_id == *name)) {
        return Err(NoticeError::NotFound { what: "listing in this notice", name: name.clone() });
    }
    if chosen.is_empty() {
        let state = machine::of_notice(states);
        return Err(NoticeError::NotNow { notice: id, listing: "every listing".to_owned(), state, event });
    }
    take(core, &notice, chosen, event, why, None).await
}

/// Staff's decision: [`step_many`], but what is closed stays closed; an appeal opens it again.
pub async fn decide(
    core: &Core,
    id: NoticeId,
    event: ItemEvent,
    wanted: &[String],
    why: &Why,
) -> Result<Vec<NoticeItem>, NoticeError> {
    let (_, items) = read(core, id).await?;
    let takes = |item: &&NoticeItem| !item.state.is_closed() && machine::next(item.state, event).is_some();
    let named = |item: &&NoticeItem| wanted.is_empty() || wanted.contains(&item.external_id);
    if let Some(closed) = items.iter().filter(named).find(|item| item.state.is_closed() && !wanted.is_empty()) {
        return Err(not_now(closed, event));
    }
    let open: Vec<String> = items.iter().filter(named).filter(takes).map(|item| item.external_id.clone()).collect();
    if open.is_empty() {
        // Names that are not in the notice, or a state that does not take the event: said in the same words.
        return match items.iter().find(named) {
            Some(item) => Err(not_now(item, event)),
            None => step_many(core, id, event, wanted, why).await,
        };
    }
    let chosen = if wanted.is_empty() { &open } else { wanted };
    step_many(core, id, event, chosen, why).await
}

fn not_now(item: &NoticeItem, event: ItemEvent) -> NoticeError {
    NoticeError::NotNow { notice: item.notice, listing: item.external_id.clone(), state: item.state, event }
}

/// Does `event` to `items`, with `also` in the same transaction.
async fn take(
    core: &Core,
    notice: &Notice,
    items: Vec<NoticeItem>,
    event: ItemEvent,
    why: &Why,
    also: Option<Answered>,
) -> Result<Vec<NoticeItem>, NoticeError> {
    let now = core.clock.now();
    let listings = judged(core, &items).await?;
    let mut tx = core.db.begin().await?;
    // The head first, as everybody takes it who changes cases.
    let head = Head::take(&mut tx).await?;
    let mut telling = Told::default();
    let mut moved = Vec::with_capacity(items.len());
    for item in items {
        let listing = listings.get(&item.listing);
        moved.push(move_one(&mut tx, core, notice, item, listing, event, why, now, &mut telling).await?);
    }
    if let Some(also) = also {
        also.write(&mut tx, core, notice, &why.actor, now, &mut telling).await?;
    }
    let states = store::states_in(&mut tx, notice.id).await?;
    cases::follow(&mut tx, core, notice, &moved, &states, &why.actor, now, &mut telling).await?;
    journal::append_after(&mut tx, head, now, telling.entries, telling.events).await?;
    tx.commit().await?;
    Ok(moved)
}

/// Moves one listing, starts its next clock, writes or ends its statement of reasons.
#[expect(clippy::too_many_arguments, reason = "the particulars of one step, used here alone")]
async fn move_one(
    tx: &mut Tx,
    core: &Core,
    notice: &Notice,
    mut item: NoticeItem,
    listing: Option<&Judged>,
    event: ItemEvent,
    why: &Why,
    now: Instant,
    telling: &mut Told,
) -> Result<NoticeItem, NoticeError> {
    let former = item.state;
    item.state = machine::next(former, event).ok_or_else(|| not_now(&item, event))?;
    item.reason.clone_from(&why.reason);
    item.updated_at = now;
    start_clock(&mut item, notice, now)?;
    if matches!(event, ItemEvent::Uphold | ItemEvent::Reject | ItemEvent::Grant | ItemEvent::ConfirmRight) {
        item.decided_by = Some(why.actor.clone());
        item.decided_at = Some(now);
    }
    match event {
        ItemEvent::Reject => item.unfounded = why.unfounded,
        ItemEvent::Grant => item.unfounded = false,
        _ => {}
    }
    item.upheld |= item.state == ItemState::Upheld;
    item.overturned |= item.state == ItemState::Reinstated && event != ItemEvent::Retract;
    note(tx, core, &item, event, why, now).await?;
    let begins = item.state.restricts() && !former.restricts();
    if begins {
        let stored = restrict(tx, core, notice, &item, listing, why, now).await?;
        item.statement = Some(stored.id);
        push(telling, core, "listing.restricted", &item, why, serde_json::json!({"statement": stored.statement}), now);
    } else if former.restricts() && !item.state.restricts() {
        if let Some(statement) = item.statement {
            statements::end(tx, statement, now).await?;
        }
        push(telling, core, "listing.restored", &item, why, serde_json::json!({}), now);
    }
    if !store::move_item(tx, notice, &item, former).await? {
        return Err(NoticeError::Changed);
    }
    let step = serde_json::json!({"event": event, "from": former, "state": item.state, "due_at": item.due_at});
    push(telling, core, "notice.moved", &item, why, step, now);
    Ok(item)
}

/// Adds one thing that happened to a listing of a notice to what the transaction tells.
fn push(
    telling: &mut Told,
    core: &Core,
    kind: &'static str,
    item: &NoticeItem,
    why: &Why,
    mut body: serde_json::Value,
    now: Instant,
) {
    body["notice"] = serde_json::json!(item.notice);
    body["listing"] = serde_json::json!(item.external_id);
    body["reason"] = serde_json::json!(why.reason);
    let (entry, event) = journal_of(core, kind, item.notice, &why.actor, &body, now);
    telling.entries.push(entry);
    telling.events.push(event);
}

fn start_clock(item: &mut NoticeItem, notice: &Notice, now: Instant) -> Result<(), NoticeError> {
    (item.due_at, item.acts_at) = (None, None);
    if let Some(clock) = machine::clock(item.state, notice.regime, notice.trusted) {
        let due: Due = Clocks::built_in().due(clock, now, Some(notice.draft.market))?;
        let acts = matches!(due.at_expiry, AtExpiry::Restore | AtExpiry::Close | AtExpiry::Refuse);
        item.acts_at = acts.then(|| due.acts_at());
        item.due_at = Some(due.at);
    }
    Ok(())
}

async fn note(
    tx: &mut Tx,
    core: &Core,
    item: &NoticeItem,
    event: ItemEvent,
    why: &Why,
    now: Instant,
) -> Result<(), NoticeError> {
    let body = serde_json::json!({"reason": why.reason, "state": item.state, "particulars": why.particulars});
    let told = NoticeEvent {
        id: EventId::from_uuid(core.ids.next(now)),
        notice: item.notice,
        number: Some(item.number),
        at: now,
        actor: why.actor.clone(),
        event: event.as_str().to_owned(),
        body: body.to_string(),
    };
    Ok(store::tell(tx, &[told]).await?)
}

/// Writes the statement of reasons of a restriction that begins.
async fn restrict(
    tx: &mut Tx,
    core: &Core,
    notice: &Notice,
    item: &NoticeItem,
    listing: Option<&Judged>,
    why: &Why,
    now: Instant,
) -> Result<StoredStatement, NoticeError> {
    let id = StatementId::from_uuid(core.ids.next(now));
    let log = store::history_of_item(tx, item.notice, item.number).await?;
    let flags = flags::derive(&steps(notice, &log)).map_err(|error| NoticeError::Statement(error.to_string()))?;
    let ships_to = listing.map(|one| one.listing.ships_to.as_slice()).unwrap_or_default();
    let statement: Statement = for_notice(NoticeRestriction {
        puid: format!("assay-{id}"),
        ground: notice.draft.ground,
        law: why.law.as_deref(),
        explanation: &why.reason,
        facts: format!("A notice under {} named the listing; it was examined and found right.", rule_of(notice.regime)),
        ships_to,
        language: listing.and_then(|one| one.listing.lang.as_deref()),
        content_date: listing.map_or(now, |one| one.row.created_at).date(),
        on: now.date(),
        flags,
    });
    let outside = territory(ships_to).is_empty();
    let value = serde_json::to_value(&statement).expect("a statement holds only strings");
    let faults = schema().faults(&value);
    if let Some(fault) = faults.iter().find(|fault| !(outside && fault.field == "territorial_scope")) {
        return Err(NoticeError::Statement(format!("{} {}", fault.field, fault.says)));
    }
    let stored = StoredStatement {
        id,
        external_id: item.external_id.clone(),
        merchant: item.merchant.clone(),
        notice: Some(item.notice),
        number: Some(item.number),
        statement,
        made_at: now,
        ended_at: None,
        export: if outside { "outside" } else { "waiting" }.to_owned(),
        exported_at: None,
        problem: None,
    };
    statements::insert(tx, &stored).await?;
    Ok(stored)
}

fn rule_of(regime: Regime) -> &'static str {
    match regime {
        Regime::Dsa => "Regulation (EU) 2022/2065, art. 16",
        Regime::Dmca => "17 USC 512(c)",
        Regime::CnEcl => "China's E-Commerce Law, art. 42",
        Regime::House => "the operator's terms",
    }
}

/// The steps of the log as the flags of a statement need them.
fn steps(notice: &Notice, log: &[NoticeEvent]) -> Vec<LoggedStep> {
    let step = |event: &NoticeEvent| match event.event.as_str() {
        "filed" if notice.trusted => Some(Step::TrustedNoticeArrived),
        "filed" => Some(Step::NoticeArrived),
        "uphold" | "grant" => Some(Step::PersonDecided),
        _ => None,
    };
    log.iter().filter_map(|event| Some(LoggedStep { at: event.at, step: step(event)? })).collect()
}

/// Acts on every clock that ran out by `now`; gives the number of listings moved. Safe to repeat.
pub async fn run_clocks(core: &Core, now: Instant) -> Result<usize, NoticeError> {
    let mut moved = 0;
    for item in store::acting(&core.db, now, CLOCKS_AT_ONCE).await? {
        let (notice, _) = read(core, item.notice).await?;
        let clock = machine::clock(item.state, notice.regime, notice.trusted).unwrap_or("none");
        let why = Why { actor: "clock".to_owned(), reason: expired(item.state, clock), ..Why::default() };
        match take(core, &notice, vec![item], ItemEvent::Clock, &why, None).await {
            Ok(_) => moved += 1,
            // Somebody was faster, or the step is not possible any more: the next round sees it as it is.
            Err(NoticeError::Changed | NoticeError::NotNow { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(moved)
}

fn expired(state: ItemState, clock: &str) -> String {
    match state {
        ItemState::NeedsInformation => format!("the notifier did not answer in time ({clock})"),
        ItemState::Upheld => format!("no counter-notice came in time ({clock})"),
        ItemState::Countered => format!("the notifier told of no action in time; the listing is restored ({clock})"),
        _ => format!("the clock {clock} ran out"),
    }
}

/// Files a merchant's counter-notice about one listing of a notice.
pub async fn counter(
    core: &Core,
    party: &Party,
    item: NoticeItem,
    draft: &CounterDraft,
) -> Result<NoticeItem, NoticeError> {
    let (notice, _) = read(core, item.notice).await?;
    let missing = missing_in_counter(draft, notice.regime);
    if !missing.is_empty() {
        return Err(NoticeError::Incomplete(missing));
    }
    let now = core.clock.now();
    if item.state == ItemState::Final
        || item.due_at.is_some_and(|until| item.state == ItemState::Upheld && until <= now)
    {
        let until = item.due_at.unwrap_or(item.updated_at);
        return Err(NoticeError::TooLate { until, instead: "appeal instead, while the time for appeals runs" });
    }
    let why = Why {
        actor: party.actor.clone(),
        reason: draft.explanation.clone(),
        particulars: serde_json::to_value(draft).expect("a draft holds only strings"),
        ..Why::default()
    };
    let mut moved = take(core, &notice, vec![item], ItemEvent::Counter, &why, None).await?;
    moved.pop().ok_or(NoticeError::Changed)
}

/// A side of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Whose listing was restricted.
    Merchant,
    /// Whose notice was rejected.
    Notifier,
}

/// Files an appeal against the last decision about one listing of a notice (DSA art. 20): by the
/// merchant while it is restricted, by the notifier when it was rejected, for six months.
pub async fn appeal(
    core: &Core,
    party: &Party,
    item: &NoticeItem,
    side: Side,
    words: &str,
) -> Result<Appeal, NoticeError> {
    let words = sentence("/text", words)?;
    let (notice, _) = read(core, item.notice).await?;
    let possible = match side {
        Side::Merchant => item.state.restricts(),
        Side::Notifier => item.state == ItemState::Rejected,
    };
    let Some(decided_at) = item.decided_at.filter(|_| possible) else {
        return Err(not_now(item, ItemEvent::Grant));
    };
    let now = core.clock.now();
    let clocks = Clocks::built_in();
    let window = clocks.due(name::APPEAL_WINDOW, decided_at, Some(notice.draft.market))?;
    if window.at <= now {
        return Err(NoticeError::TooLate {
            until: window.at,
            instead: "a court or an out-of-court body can still be asked",
        });
    }
    let appeal = Appeal {
        id: AppealId::from_uuid(core.ids.next(now)),
        notice: item.notice,
        number: item.number,
        side: match side {
            Side::Merchant => "merchant",
            Side::Notifier => "notifier",
        }
        .to_owned(),
        organisation: party.organisation,
        filed_by: party.actor.clone(),
        words,
        filed_at: now,
        due_at: clocks.due(name::APPEAL_DECISION, now, Some(notice.draft.market))?.at,
        not_for: item.decided_by.clone(),
        outcome: None,
        answer: None,
        decided_by: None,
        decided_at: None,
    };
    let mut tx = core.db.begin().await?;
    let head = Head::take(&mut tx).await?;
    match appeals::insert_appeal(&mut tx, &appeal).await {
        Err(error) if error.is_unique_violation() => return Err(NoticeError::AppealOpen),
        written => written?,
    }
    let body = serde_json::json!({"appeal": appeal.id, "side": appeal.side, "listing": item.external_id});
    let (entry, event) = journal_of(core, "appeal.filed", item.notice, &party.actor, &body, now);
    let mut told = Told { entries: vec![entry], events: vec![event] };
    cases::open_appeal(&mut tx, core, &notice, item, &appeal, now, &mut told).await?;
    journal::append_after(&mut tx, head, now, told.entries, told.events).await?;
    tx.commit().await?;
    Ok(appeal)
}

/// The answer to an appeal, written with the step that it brings about.
struct Answered {
    appeal: Appeal,
    outcome: &'static str,
    answer: String,
}

impl Answered {
    async fn write(
        self,
        tx: &mut Tx,
        core: &Core,
        notice: &Notice,
        actor: &str,
        now: Instant,
        telling: &mut Told,
    ) -> Result<(), NoticeError> {
        if !appeals::answer_appeal(tx, self.appeal.id, self.outcome, &self.answer, actor, now).await? {
            return Err(NoticeError::Changed);
        }
        let body = serde_json::json!({"appeal": self.appeal.id, "outcome": self.outcome, "answer": self.answer});
        let (entry, event) = journal_of(core, "appeal.answered", notice.id, actor, &body, now);
        telling.entries.push(entry);
        telling.events.push(event);
        cases::close_appeal(tx, core, &self.appeal, actor, now, telling).await?;
        Ok(())
    }
}

/// Answers an appeal. Whoever decided first is refused; a granted appeal takes its effect in the
/// same transaction.
pub async fn answer(core: &Core, party: &Party, id: AppealId, granted: bool, words: &str) -> Result<(), NoticeError> {
    let words = sentence("/reason", words)?;
    let missing = || NoticeError::NotFound { what: "appeal", name: id.to_string() };
    let appeal = appeals::appeal(&core.db, id).await?.ok_or_else(missing)?;
    if appeal.outcome.is_some() {
        return Err(NoticeError::Changed);
    }
    if appeal.not_for.as_ref() == Some(&party.actor) {
        return Err(NoticeError::FirstDecider);
    }
    let (notice, items) = read(core, appeal.notice).await?;
    let item = items.into_iter().find(|item| item.number == appeal.number).ok_or_else(missing)?;
    let why = Why { actor: party.actor.clone(), reason: words.clone(), ..Why::default() };
    let outcome = if granted { "granted" } else { "refused" };
    // What the appeal asks for may have come about meanwhile: then it is answered and nothing moves.
    let moves = granted && machine::next(item.state, ItemEvent::Grant).is_some();
    let items = if moves { vec![item] } else { Vec::new() };
    take(core, &notice, items, ItemEvent::Grant, &why, Some(Answered { appeal, outcome, answer: words })).await?;
    Ok(())
}

/// A text that says something: 10 to 5,000 characters, no control characters but line ends.
pub fn sentence(pointer: &'static str, text: &str) -> Result<String, NoticeError> {
    let text = text.trim();
    let count = text.chars().count();
    let control = text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'));
    if !(MIN_WORDS..=MAX_REASONS).contains(&count) || control {
        let says = format!("takes {MIN_WORDS} to {MAX_REASONS} characters without control characters; {count} came");
        return Err(NoticeError::Text { pointer, says });
    }
    Ok(text.to_owned())
}
