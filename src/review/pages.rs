//! The console's pages of work, queues and cases. Every step is a form, so that all of it works
//! without script; the keys of `cases.js` only press the same buttons.

use std::collections::{BTreeMap, HashMap};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::decision::{Action, Decision, Finding, Ruling};
use super::model::{Case, CaseState};
use super::queues::Order;
use super::reviewing::ReviewError;
use super::store_quality::Fate;
use super::view::{self, CaseView, FateTable, QualityView, QueuePage, WorkView};
use super::{store, store_decisions, store_quality, store_queues};
use crate::accounts::Permission;
use crate::http::console::parts::{Fact, When};
use crate::http::console::view::{Room, Shell, VerdictView};
use crate::http::console::{self};
use crate::http::extract::{ApiPath, ApiQuery};
use crate::http::problem::Problem;
use crate::http::session::{Form, see_other};
use crate::http::state::{ApiState, Caller};
use crate::http::{internal, paging};
use crate::kernel::id::{CaseId, DecisionId};
use crate::kernel::{Instant, Market};
use crate::registry;
use crate::screening::{self, Verdict};

/// Cases on one page of a queue.
const PAGE: u16 = 50;
/// Name of the list in its cursors.
const LIST: &str = "queue-page";

/// The pages, for people who have signed in.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/work", get(work))
        .route("/quality", get(quality))
        .route("/queues/{name}", get(queue))
        .route("/queues/{name}/take", post(take_next))
        .route("/cases/{id}", get(case))
        .route("/cases/{id}/{step}", post(step))
        .route("/decisions/{id}/{step}", post(decision_step))
}

fn shell(state: &ApiState, caller: &Caller, title: &str) -> Shell {
    let snapshot = state.app.core.keeper.current();
    let shell = Shell::new(title, Room::Work).of_caller(caller);
    shell.with_revisions(&snapshot.registry_revision, snapshot.packs.revision())
}

/// What a page is asked with after a step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct After {
    /// The decision that was just made.
    undo: Option<String>,
    /// Why a step was refused.
    refused: Option<String>,
    /// Where the page of a queue begins.
    cursor: Option<String>,
    /// Set when there was nothing to take.
    free: Option<String>,
}

async fn undo_bar(state: &ApiState, after: &After) -> Result<Option<view::UndoBar>, Problem> {
    let Some(id) = after.undo.as_deref().and_then(|id| id.parse::<DecisionId>().ok()) else {
        return Ok(None);
    };
    let core = &state.app.core;
    let Some(decision) = store_decisions::decision(&core.db, id).await.map_err(internal)? else {
        return Ok(None);
    };
    let title = match decision.case {
        Some(case) => store::case(&core.db, case).await.map_err(internal)?.map(|case| case.title),
        None => None,
    };
    let policies = &core.reviews.desk().policies;
    Ok(view::undo_bar(policies, &decision, title.as_deref().unwrap_or(&decision.subject), core.clock.now()))
}

async fn work(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(after): ApiQuery<After>,
) -> Result<Response, Problem> {
    caller.require(Permission::CasesRead)?;
    let core = &state.app.core;
    let (now, desk) = (core.clock.now(), core.reviews.desk());
    let row = |case: &Case| view::case_row(&desk.weights, case, now);
    let mine = store_queues::held_by(&core.db, &caller.actor(), now).await.map_err(internal)?;
    let due = store_queues::due_first(&core.db, 10).await.map_err(internal)?;
    let decided = store_decisions::of_actor(&core.db, &caller.actor(), 10).await.map_err(internal)?;
    let view = WorkView {
        shell: shell(&state, &caller, "Work"),
        mine: mine.iter().map(row).collect(),
        queues: core.reviews.queues().await?.iter().map(view::queue_row).collect(),
        due: due.iter().map(row).collect(),
        decided: decided.iter().map(|decision| view::decision_row(&desk.policies, decision)).collect(),
        undo: undo_bar(&state, &after).await?,
    };
    Ok(console::page(StatusCode::OK, &view))
}

/// For how long the page of quality looks back, in seconds: 90 days.
const LOOK_BACK: i64 = 90 * 86_400;

async fn quality(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    caller.require(Permission::CasesRead)?;
    let core = &state.app.core;
    let since = core.clock.now().plus_seconds(-LOOK_BACK);
    let pairs = store_quality::pairs(&core.db, 5_000).await.map_err(internal)?;
    let by_rule = store_quality::fates_by_rule(&core.db, since).await.map_err(internal)?;
    let by_actor = store_quality::fates_by_actor(&core.db, since).await.map_err(internal)?;
    let table = |id, title, column, fates: &[Fate]| FateTable {
        id,
        title,
        column,
        rows: fates.iter().map(view::fate_row).collect(),
    };
    let view = QualityView {
        shell: shell(&state, &caller, "Quality"),
        pairs: pairs.len(),
        agreement: view::agreement_words(&pairs),
        share: format!("{:.0} %", core.reviews.desk().quality.second_look_share * 100.0),
        apart: view::apart(&pairs),
        tables: vec![
            table("by-rule", "Overturned, by rule", "Rule", &by_rule),
            table("by-reviewer", "Overturned, by reviewer", "Reviewer", &by_actor),
        ],
    };
    Ok(console::page(StatusCode::OK, &view))
}

async fn queue(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    ApiQuery(after): ApiQuery<After>,
) -> Result<Response, Problem> {
    caller.require(Permission::CasesRead)?;
    let core = &state.app.core;
    let (now, desk) = (core.clock.now(), core.reviews.desk());
    let start: Option<(i64, CaseId)> = after.cursor.as_deref().map(|text| paging::decode(LIST, text)).transpose()?;
    let cases = core.reviews.in_queue(&name, start, i64::from(PAGE) + 1).await?;
    let page = paging::Page::from_rows(LIST, cases, PAGE, |case| (case.rank, case.id));
    let queues = core.reviews.queues().await?;
    let found = queues.iter().find(|view| view.queue.name == name).ok_or_else(|| Problem::not_found("queue", &name))?;
    let view = QueuePage {
        shell: shell(&state, &caller, &found.queue.title),
        queue: view::queue_row(found),
        order: match found.queue.order {
            Order::Priority => "highest priority first",
            Order::Due => "nearest end of the clock first",
            Order::Oldest => "oldest first",
        },
        rows: page.items.iter().map(|case| view::case_row(&desk.weights, case, now)).collect(),
        next: page.next.map(|cursor| format!("/queues/{name}?cursor={cursor}")),
        undo: undo_bar(&state, &after).await?,
        nothing_free: after.free.is_some(),
    };
    Ok(console::page(StatusCode::OK, &view))
}

async fn take_next(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::CasesDecide)?;
    next_of(&state, &caller, &name, None).await
}

/// Leads on to the next case of a queue, or to the queue when none is free.
async fn next_of(
    state: &ApiState,
    caller: &Caller,
    queue: &str,
    undo: Option<DecisionId>,
) -> Result<Response, Problem> {
    let undo = undo.map(|id| format!("undo={id}")).unwrap_or_default();
    Ok(match state.app.core.reviews.take_next(queue, &caller.actor()).await? {
        Some(case) => see_other(&format!("/cases/{}?{undo}", case.id)),
        None => see_other(&format!("/queues/{queue}?free=none&{undo}")),
    })
}

async fn case(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    ApiQuery(after): ApiQuery<After>,
) -> Result<Response, Problem> {
    caller.require(Permission::CasesRead)?;
    let id: CaseId = id.parse().map_err(|_| Problem::not_found("case", &id))?;
    let others = state.app.core.reviews.look(id, &caller.actor()).await?;
    let case = state.app.core.reviews.case(id).await?;
    let view = draw_case(&state, &caller, case, others, &after).await?;
    Ok(console::page(StatusCode::OK, &view))
}

async fn draw_case(
    state: &ApiState,
    caller: &Caller,
    case: Case,
    others: Vec<String>,
    after: &After,
) -> Result<CaseView, Problem> {
    let core = &state.app.core;
    let (now, desk, actor) = (core.clock.now(), core.reviews.desk(), caller.actor());
    let priority = view::priority_of(&desk.weights, &case, now);
    let decisions = store_decisions::of_case(&core.db, case.id).await.map_err(internal)?;
    let history = store::history(&core.db, case.id, 200).await.map_err(internal)?;
    let earlier = match case.listing {
        Some(listing) => store::of_listing(&core.db, listing, 20).await.map_err(internal)?,
        None => Vec::new(),
    };
    let options = view::reason_options(&desk.policies, case.kind);
    let queue = desk.queues.named(&case.queue);
    let mine = case.held_by(now) == Some(actor.as_str());
    Ok(CaseView {
        shell: shell(state, caller, &case.title),
        id: case.id.to_string(),
        version: case.version,
        title: case.title.clone(),
        kind: view::spaced(case.kind.as_str()),
        state: view::spaced(case.state.as_str()),
        queue: (case.queue.clone(), queue.map_or_else(String::new, |queue| queue.title.clone())),
        score: view::shown_score(&priority),
        parts: view::parts(&priority),
        holder: case.held_by(now).map(str::to_owned),
        lease_until: case.lease_until.filter(|end| now < *end).map(When::from),
        mine,
        can_take: case.state.is_takeable() && case.held_by(now).is_none() && !case.excludes(&actor),
        escalated: case.state == CaseState::Escalated,
        others,
        due: case.due.map(When::from),
        facts: case_facts(&case),
        reasons: case.facts.reasons.clone(),
        evidence: evidence(state, caller, &case).await?,
        brands: brand_records(state, &case).await?,
        merchant: merchant_facts(state, &case).await?,
        earlier: earlier
            .iter()
            .filter(|other| other.id != case.id)
            .map(|other| view::case_row(&desk.weights, other, now))
            .collect(),
        decisions: decisions.iter().map(|decision| view::decision_row(&desk.policies, decision)).collect(),
        history: view::history(history),
        actions: view::actions(&desk.policies, case.kind),
        fills: view::fills(&options),
        options,
        undo: undo_bar(state, after).await?,
        refused: after.refused.as_deref().map(|text| text.chars().take(400).collect()),
    })
}

fn case_facts(case: &Case) -> Vec<Fact> {
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    vec![
        Fact::code("About", case.facts.external_id.as_deref().unwrap_or(&case.subject)),
        Fact::code("Merchant", case.merchant.clone().unwrap_or_default()),
        Fact::new("Sold in 30 days", number(case.facts.sold_30_days)),
        Fact::new("In stock", number(case.facts.units)),
        Fact::new("Reported", format!("{} times", case.times)),
        Fact::new("Opened by", &case.opened_by),
        Fact::code("Case", case.id.to_string()),
    ]
}

/// The verdict that asked for a person, drawn as on its own page.
async fn evidence(state: &ApiState, caller: &Caller, case: &Case) -> Result<Option<VerdictView>, Problem> {
    let db = &state.app.core.db;
    let Some(id) = case.facts.verdict else { return Ok(None) };
    let Some(stored) = screening::store::verdict(db, id).await.map_err(internal)? else { return Ok(None) };
    let listing = screening::store::version(db, stored.listing, stored.version).await.map_err(internal)?;
    let Some(listing) = listing else { return Ok(None) };
    let verdict: Verdict = serde_json::from_str(&stored.body).map_err(internal)?;
    let history = screening::store::history(db, stored.listing, 20).await.map_err(internal)?;
    let mut brands = HashMap::new();
    for found in verdict.images.iter().take(20) {
        let key = found.hit.brand.as_str();
        if !brands.contains_key(key)
            && let Some((brand, _)) = registry::store::brand(db, key).await.map_err(internal)?
        {
            brands.insert(key.to_owned(), brand);
        }
    }
    let subject = screening::view::Subject {
        stored: &stored,
        listing: &listing,
        verdict: &verdict,
        history: &history,
        entry: None,
        brands,
    };
    Ok(Some(screening::view::verdict(shell(state, caller, "Case"), &subject)))
}

async fn brand_records(state: &ApiState, case: &Case) -> Result<Vec<view::BrandRecord>, Problem> {
    let mut records = Vec::new();
    for key in case.facts.brands.iter().take(5) {
        if let Some((brand, _)) = registry::store::brand(&state.app.core.db, key).await.map_err(internal)? {
            records.push(view::brand(&brand));
        }
    }
    Ok(records)
}

async fn merchant_facts(state: &ApiState, case: &Case) -> Result<Vec<Fact>, Problem> {
    let Some(id) = case.merchant.as_deref() else { return Ok(Vec::new()) };
    let known = state.app.core.keeper.current().merchant(Some(id));
    let against = store_decisions::against_merchant(&state.app.core.db, id).await.map_err(internal)?;
    let verified = known.verified.map(|verified| if verified { "yes" } else { "no" });
    Ok(vec![
        Fact::code("Merchant", id),
        Fact::new("Name", known.name.unwrap_or_default()),
        Fact::new("Standing", known.tier.unwrap_or_default()),
        Fact::new("Verified", verified.unwrap_or_default()),
        Fact::new("Country", known.country.unwrap_or_default()),
        Fact::new("Decisions against", against.to_string()),
    ])
}

/// The fields of the case page's forms, as browsers send them.
type Fields = Vec<(String, String)>;

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
}

async fn step(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath((id, step)): ApiPath<(String, String)>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    caller.require(Permission::CasesDecide)?;
    let id: CaseId = id.parse().map_err(|_| Problem::not_found("case", &id))?;
    let (reviews, actor) = (&state.app.core.reviews, caller.actor());
    let queue = reviews.case(id).await?.queue;
    let because = field(&fields, "because");
    let done = match step.as_str() {
        "take" => reviews.take(id, &actor).await.map(drop),
        "comment" => reviews.comment(id, &actor, field(&fields, "text")).await,
        "give-back" => reviews.give_back(id, &actor).await,
        "skip" => reviews.skip(id, &actor, because).await,
        "snooze" => match snoozed_until(&fields, state.app.core.clock.now()) {
            Some(until) => reviews.snooze(id, &actor, until, because).await.map(drop),
            None => return refused(id, "choose how long the case is put off"),
        },
        "escalate" => reviews.escalate(id, &actor, because).await.map(drop),
        "return" => reviews.send_back(id, &actor, because).await.map(drop),
        "decide" => return decide(&state, &caller, id, &queue, &fields).await,
        _ => return Err(Problem::not_found("step", step)),
    };
    match done {
        Ok(()) if matches!(step.as_str(), "take" | "comment") => Ok(see_other(&format!("/cases/{id}"))),
        Ok(()) if step == "give-back" => Ok(see_other(&format!("/queues/{queue}"))),
        Ok(()) => next_of(&state, &caller, &queue, None).await,
        Err(error) => back(id, error),
    }
}

/// Leads back to the case with what was wrong; faults of ours stay faults.
fn back(id: CaseId, error: ReviewError) -> Result<Response, Problem> {
    match error {
        ReviewError::Store(_) | ReviewError::NoSuchCase(_) => Err(error.into()),
        other => refused(id, &other.to_string()),
    }
}

fn refused(id: CaseId, because: &str) -> Result<Response, Problem> {
    let query = serde_urlencoded::to_string([("refused", because)]).map_err(internal)?;
    Ok(see_other(&format!("/cases/{id}?{query}")))
}

fn snoozed_until(fields: &Fields, now: Instant) -> Option<Instant> {
    let hours: i64 = field(fields, "hours").parse().ok()?;
    (1..=90 * 24).contains(&hours).then(|| now.plus_seconds(hours * 3_600))
}

async fn decide(
    state: &ApiState,
    caller: &Caller,
    id: CaseId,
    queue: &str,
    fields: &Fields,
) -> Result<Response, Problem> {
    let ruling = match ruling(fields) {
        Ok(ruling) => ruling,
        Err(problem) => return refused(id, &problem),
    };
    let version = field(fields, "version").parse().ok();
    match state.app.core.reviews.decide(id, &caller.actor(), version, ruling).await {
        Ok(decision) => next_of(state, caller, queue, Some(decision.id)).await,
        Err(error) => back(id, error),
    }
}

/// A ruling as the form gives it.
fn ruling(fields: &Fields) -> Result<Ruling, String> {
    let action: Action = field(fields, "action").parse().map_err(|_| "choose what is to be done".to_owned())?;
    let mut ruling = Ruling::plain(action);
    for (_, value) in fields.iter().filter(|(name, _)| name == "finding") {
        let (policy, reason) = value.split_once('/').ok_or_else(|| format!("\"{value}\" is no reason"))?;
        ruling.findings.push(Finding { policy: policy.to_owned(), reason: reason.to_owned() });
    }
    for word in field(fields, "markets").split([' ', ',']).filter(|word| !word.is_empty()) {
        ruling.markets.push(word.parse::<Market>().map_err(|error| error.to_string())?);
    }
    let days = field(fields, "days");
    if !days.is_empty() {
        ruling.days = Some(days.parse().map_err(|_| format!("\"{days}\" is no number of days"))?);
    }
    ruling.note = field(fields, "note").to_owned();
    let fills = fields.iter().filter_map(|(name, value)| Some((name.strip_prefix("fill-")?, value.trim())));
    let fills: BTreeMap<String, String> =
        fills.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    ruling.fill = fills;
    Ok(ruling)
}

async fn decision_step(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath((id, step)): ApiPath<(String, String)>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    caller.require(Permission::CasesDecide)?;
    let id: DecisionId = id.parse().map_err(|_| Problem::not_found("decision", &id))?;
    let (reviews, actor) = (&state.app.core.reviews, caller.actor());
    let decision = reviews.decision(id).await?;
    let case = decision.case.ok_or_else(|| Problem::not_found("case of decision", id))?;
    let in_time = decision.settles_at.is_some_and(|end| state.app.core.clock.now() < end);
    let because = match field(&fields, "because") {
        // Within the seconds after a decision nobody has to explain a slip of the finger.
        "" if step == "undo" && in_time => "taken back",
        given => given,
    };
    let done: Result<Decision, ReviewError> = match step.as_str() {
        "undo" => reviews.undo(id, &actor, because).await,
        "confirm" => reviews.confirm(id, &actor).await,
        "refuse" => reviews.refuse(id, &actor, because).await,
        _ => return Err(Problem::not_found("step", step)),
    };
    match done {
        Ok(_) => Ok(see_other(&format!("/cases/{case}"))),
        Err(error) => back(case, error),
    }
}
