//! The endpoints of queues, cases and decisions.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::decision::{Action, Decision, DecisionState, Finding, Ruling};
use super::model::{Case, CaseKind, CaseState};
use super::policy::Policies;
use super::priority::{self, Part};
use super::queues::Order;
use super::reviewing::{QueueView, ReviewError};
use super::{store, store_decisions};
use crate::accounts::Permission;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::paging::{Page, PageQuery};
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::{CaseId, DecisionId, ListingId};
use crate::kernel::{Instant, Market};

/// Events of a case in one answer.
const MAX_HISTORY: i64 = 500;
/// Name of the list of a queue in its cursors.
const QUEUE_LIST: &str = "queue";

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_queues))
        .routes(routes!(list_queue))
        .routes(routes!(take_next))
        .routes(routes!(policies))
        .routes(routes!(get_case))
        .routes(routes!(take))
        .routes(routes!(renew))
        .routes(routes!(give_back))
        .routes(routes!(skip))
        .routes(routes!(snooze))
        .routes(routes!(escalate))
        .routes(routes!(send_back))
        .routes(routes!(comment))
        .routes(routes!(decide))
        .routes(routes!(get_decision))
        .routes(routes!(confirm))
        .routes(routes!(refuse))
        .routes(routes!(undo))
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        let kind = match &error {
            ReviewError::NoSuchCase(_) | ReviewError::NoSuchDecision(_) | ReviewError::NoSuchQueue(_) => {
                ProblemKind::NotFound
            }
            ReviewError::NotNow(_)
            | ReviewError::DecisionNotNow(_)
            | ReviewError::Held { .. }
            | ReviewError::NotHeld
            | ReviewError::NotForYou
            | ReviewError::Changed(_) => ProblemKind::Conflict,
            ReviewError::Text(_) | ReviewError::Until(_) => ProblemKind::InvalidBody,
            ReviewError::Ruling(fault) => {
                let place = ProblemError::at_pointer(fault.pointer, fault.detail.clone());
                return Problem::with_places(ProblemKind::InvalidBody, vec![place]);
            }
            ReviewError::Store(_) => return internal(error),
        };
        Problem::new(kind, error.to_string())
    }
}

/// A queue and what lies in it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct QueueAnswer {
    /// Its name in addresses.
    #[schema(example = "counterfeit")]
    name: String,
    /// Its name for people.
    title: String,
    /// What comes first.
    order: Order,
    /// How long a lease holds without activity, in minutes.
    lease_minutes: u32,
    /// Cases that can be taken or are held.
    cases: i64,
    /// Those held now.
    held: i64,
    /// When the oldest was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    oldest: Option<Instant>,
    /// The nearest end of a clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    due: Option<Instant>,
}

impl From<QueueView> for QueueAnswer {
    fn from(view: QueueView) -> Self {
        Self {
            name: view.queue.name.clone(),
            title: view.queue.title.clone(),
            order: view.queue.order,
            lease_minutes: view.queue.lease_minutes,
            cases: view.count.cases,
            held: view.count.held,
            oldest: view.count.oldest,
            due: view.count.due,
        }
    }
}

/// A case as it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CaseAnswer {
    /// Its id.
    #[schema(value_type = String, example = "case_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    id: CaseId,
    /// Why a person has to look.
    kind: CaseKind,
    /// What it is about: the id of a listing, notice, merchant, shipment, reference.
    subject: String,
    /// One line for people.
    title: String,
    /// Where it stands.
    state: CaseState,
    /// The queue it lies in.
    queue: String,
    /// 0 to 100.
    #[schema(example = 63.5)]
    priority: f64,
    /// What the priority is made of.
    because: Vec<Part>,
    /// What is known: severity, confidence, reasons, rules, brands, marks.
    #[schema(value_type = Object)]
    facts: serde_json::Value,
    /// The listing concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    listing: Option<ListingId>,
    /// The platform's id of the merchant concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant: Option<String>,
    /// When it has to be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    due: Option<Instant>,
    /// How often the same was reported.
    times: i64,
    /// When it was opened.
    #[schema(value_type = String)]
    opened_at: Instant,
    /// Who opened it.
    opened_by: String,
    /// Who holds it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    lease_until: Option<Instant>,
    /// Until when it is put off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    snoozed_until: Option<Instant>,
    /// The decision in force or proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    decision: Option<DecisionId>,
    /// Number of its changes; name it when you decide, so that you decide what you saw.
    version: i64,
}

fn answer(state: &ApiState, case: Case) -> CaseAnswer {
    let now = state.app.core.clock.now();
    let weights = &state.app.core.reviews.desk().weights;
    let priority = priority::priority(weights, &case.facts, case.due, now);
    let holder = case.held_by(now).map(str::to_owned);
    CaseAnswer {
        id: case.id,
        kind: case.kind,
        subject: case.subject,
        title: case.title,
        state: case.state,
        queue: case.queue,
        priority: priority.score as f64 / 10.0,
        because: priority.parts,
        facts: serde_json::to_value(&case.facts).unwrap_or_default(),
        listing: case.listing,
        merchant: case.merchant,
        due: case.due,
        times: case.times,
        opened_at: case.opened_at,
        opened_by: case.opened_by,
        lease_until: case.lease_until.filter(|_| holder.is_some()),
        holder,
        snoozed_until: case.snoozed_until,
        decision: case.decision,
        version: case.version,
    }
}

/// A case with its decisions and everything that happened to it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WholeCase {
    /// The case.
    #[serde(flatten)]
    case: CaseAnswer,
    /// All decisions on it, newest first.
    decisions: Vec<DecisionAnswer>,
    /// What happened, oldest first.
    history: Vec<HistoryAnswer>,
}

/// Something that happened to a case.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct HistoryAnswer {
    /// When.
    #[schema(value_type = String)]
    at: Instant,
    /// Who did it.
    actor: String,
    /// What: opened, report, take, comment, decide …
    kind: String,
    /// The particulars.
    #[schema(value_type = Object)]
    body: serde_json::Value,
}

/// A decision as it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DecisionAnswer {
    /// Its id.
    #[schema(value_type = String, example = "dec_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    id: DecisionId,
    /// The case it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    case: Option<CaseId>,
    /// What is done.
    action: Action,
    /// The markets; empty = all.
    #[schema(value_type = Vec<String>)]
    markets: Vec<Market>,
    /// Which policies were broken.
    findings: Vec<Finding>,
    /// What the merchant is told; empty = nothing.
    message: String,
    /// For colleagues.
    note: String,
    /// Where it stands.
    state: DecisionState,
    /// Who decided.
    actor: String,
    /// Who confirmed, where a second person had to.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconded_by: Option<String>,
    /// When.
    #[schema(value_type = String)]
    at: Instant,
    /// Until when it can be taken back before others are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    settles_at: Option<Instant>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    ends_at: Option<Instant>,
    /// When it was taken back, refused, reversed or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    undone_at: Option<Instant>,
    /// Who did that.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_because: Option<String>,
}

impl From<Decision> for DecisionAnswer {
    fn from(decision: Decision) -> Self {
        Self {
            id: decision.id,
            case: decision.case,
            action: decision.action,
            markets: decision.markets,
            findings: decision.findings,
            message: decision.message,
            note: decision.note,
            state: decision.state,
            actor: decision.actor,
            seconded_by: decision.seconded_by,
            at: decision.at,
            settles_at: decision.settles_at,
            ends_at: decision.ends_at,
            undone_at: decision.undone_at,
            undone_by: decision.undone_by,
            undone_because: decision.undone_because,
        }
    }
}

/// The queues in their order, with what lies in each.
#[utoipa::path(get, path = "/v1/queues", tag = "cases", responses((status = 200, body = Vec<QueueAnswer>)))]
async fn list_queues(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<Vec<QueueAnswer>>, Problem> {
    caller.require(Permission::CasesRead)?;
    let queues = state.app.core.reviews.queues().await?;
    Ok(ApiJson(queues.into_iter().map(QueueAnswer::from).collect()))
}

/// The cases of a queue, first ones first.
#[utoipa::path(
    get, path = "/v1/queues/{name}/cases", tag = "cases",
    params(("name" = String, Path, description = "The queue's name"), PageQuery),
    responses((status = 200, body = Page<CaseAnswer>), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn list_queue(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> Result<ApiJson<Page<CaseAnswer>>, Problem> {
    caller.require(Permission::CasesRead)?;
    let limit = page.limit()?;
    let after: Option<(i64, CaseId)> = page.position(QUEUE_LIST)?;
    let cases = state.app.core.reviews.in_queue(&name, after, i64::from(limit) + 1).await?;
    let page = Page::from_rows(QUEUE_LIST, cases, limit, |case| (case.rank, case.id));
    let items = page.items.into_iter().map(|case| answer(&state, case)).collect();
    Ok(ApiJson(Page { items, next: page.next }))
}

/// Takes the first case of a queue that is free for the caller. The lease ends after the queue's
/// minutes without activity.
#[utoipa::path(
    post, path = "/v1/queues/{name}/take", tag = "cases",
    params(("name" = String, Path, description = "The queue's name")),
    responses(
        (status = 200, body = CaseAnswer),
        (status = 204, description = "No case is free"),
        (status = 404, body = Problem),
    )
)]
async fn take_next(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::CasesDecide)?;
    Ok(match state.app.core.reviews.take_next(&name, &caller.actor()).await? {
        Some(case) => ApiJson(answer(&state, case)).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// The policy tree: what may be done, for which reasons, and what merchants are told.
#[utoipa::path(get, path = "/v1/policies", tag = "cases", responses((status = 200, body = Policies)))]
async fn policies(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<&'static Policies>, Problem> {
    caller.require(Permission::CasesRead)?;
    Ok(ApiJson(&state.app.core.reviews.desk().policies))
}

/// A case with its decisions and its history.
#[utoipa::path(
    get, path = "/v1/cases/{id}", tag = "cases",
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses((status = 200, body = WholeCase), (status = 404, body = Problem))
)]
async fn get_case(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
) -> Result<ApiJson<WholeCase>, Problem> {
    caller.require(Permission::CasesRead)?;
    let case = state.app.core.reviews.case(id).await?;
    let db = &state.app.core.db;
    let decisions = store_decisions::of_case(db, id).await.map_err(internal)?;
    let history = store::history(db, id, MAX_HISTORY).await.map_err(internal)?;
    let told = |event: store::CaseEventRow| HistoryAnswer {
        at: event.at,
        actor: event.actor,
        kind: event.kind,
        body: event.body,
    };
    Ok(ApiJson(WholeCase {
        case: answer(&state, case),
        decisions: decisions.into_iter().map(DecisionAnswer::from).collect(),
        history: history.into_iter().map(told).collect(),
    }))
}

/// Takes this case, or renews the caller's lease on it.
#[utoipa::path(
    post, path = "/v1/cases/{id}/take", tag = "cases",
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses(
        (status = 200, body = CaseAnswer),
        (status = 404, body = Problem),
        (status = 409, description = "Somebody else holds it, or nothing is left to decide", body = Problem),
    )
)]
async fn take(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
) -> Result<ApiJson<CaseAnswer>, Problem> {
    caller.require(Permission::CasesDecide)?;
    let case = state.app.core.reviews.take(id, &caller.actor()).await?;
    Ok(ApiJson(answer(&state, case)))
}

/// Extends the caller's lease.
#[utoipa::path(
    post, path = "/v1/cases/{id}/renew", tag = "cases",
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses((status = 200, body = CaseAnswer), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn renew(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
) -> Result<ApiJson<CaseAnswer>, Problem> {
    caller.require(Permission::CasesDecide)?;
    let case = state.app.core.reviews.renew(id, &caller.actor()).await?;
    Ok(ApiJson(answer(&state, case)))
}

/// Gives the case back to its queue.
#[utoipa::path(
    post, path = "/v1/cases/{id}/give-back", tag = "cases",
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses((status = 204, description = "Given back"), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn give_back(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::CasesDecide)?;
    state.app.core.reviews.give_back(id, &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why something is done with a case.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Because {
    /// In one sentence; at most 4,000 characters.
    because: String,
}

/// Gives the case back and does not offer it to the caller for a working day.
#[utoipa::path(
    post, path = "/v1/cases/{id}/skip", tag = "cases", request_body = Because,
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses(
        (status = 204, description = "Skipped"),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn skip(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
    ApiJson(given): ApiJson<Because>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::CasesDecide)?;
    state.app.core.reviews.skip(id, &caller.actor(), &given.because).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Until when a case is put off, and why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Snooze {
    /// The moment, within 90 days.
    #[schema(value_type = String, example = "2026-11-24T08:00:00Z")]
    until: Instant,
    /// In one sentence; at most 4,000 characters.
    because: String,
}

/// Puts the case off until a moment.
#[utoipa::path(
    post, path = "/v1/cases/{id}/snooze", tag = "cases", request_body = Snooze,
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses(
        (status = 200, body = CaseAnswer),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn snooze(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
    ApiJson(given): ApiJson<Snooze>,
) -> Result<ApiJson<CaseAnswer>, Problem> {
    caller.require(Permission::CasesDecide)?;
    let case = state.app.core.reviews.snooze(id, &caller.actor(), given.until, &given.because).await?;
    Ok(ApiJson(answer(&state, case)))
}

/// Passes the case on to the queue of escalated cases.
#[utoipa::path(
    post, path = "/v1/cases/{id}/escalate", tag = "cases", request_body = Because,
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses(
        (status = 200, body = CaseAnswer),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn escalate(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
    ApiJson(given): ApiJson<Because>,
) -> Result<ApiJson<CaseAnswer>, Problem> {
    caller.require(Permission::CasesDecide)?;
    let case = state.app.core.reviews.escalate(id, &caller.actor(), &given.because).await?;
    Ok(ApiJson(answer(&state, case)))
}

/// Gives an escalated case back to the queue that it came from.
#[utoipa::path(
    post, path = "/v1/cases/{id}/return", tag = "cases", request_body = Because,
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses(
        (status = 200, body = CaseAnswer),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn send_back(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
    ApiJson(given): ApiJson<Because>,
) -> Result<ApiJson<CaseAnswer>, Problem> {
    caller.require(Permission::CasesDecide)?;
    let case = state.app.core.reviews.send_back(id, &caller.actor(), &given.because).await?;
    Ok(ApiJson(answer(&state, case)))
}

/// A comment for colleagues.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Comment {
    /// At most 4,000 characters.
    text: String,
}

/// Adds a comment that only reviewers see.
#[utoipa::path(
    post, path = "/v1/cases/{id}/comments", tag = "cases", request_body = Comment,
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses((status = 204, description = "Added"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn comment(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
    ApiJson(given): ApiJson<Comment>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::CasesDecide)?;
    state.app.core.reviews.comment(id, &caller.actor(), &given.text).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A decision on the case as the caller saw it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Decide {
    /// The case's version that was looked at.
    version: i64,
    /// The decision.
    ruling: Ruling,
}

/// Decides a case that the caller holds. The policy tree (`GET /v1/policies`) says what is allowed;
/// the message to the merchant is written from the reasons and refused while a placeholder is open.
#[utoipa::path(
    post, path = "/v1/cases/{id}/decide", tag = "cases", request_body = Decide,
    params(("id" = String, Path, description = "The case's id, case_…")),
    responses(
        (status = 201, description = "In force, or proposed where a second person has to confirm", body = DecisionAnswer),
        (status = 404, body = Problem),
        (status = 409, description = "The lease ran out, or the case changed or is decided", body = Problem),
        (status = 422, description = "The policies do not allow it, or a placeholder is open", body = Problem),
    )
)]
async fn decide(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<CaseId>,
    ApiJson(given): ApiJson<Decide>,
) -> Result<Response, Problem> {
    caller.require(Permission::CasesDecide)?;
    let reviews = &state.app.core.reviews;
    let decision = reviews.decide(id, &caller.actor(), Some(given.version), given.ruling).await?;
    let location = format!("/v1/decisions/{}", decision.id);
    let body = ApiJson(DecisionAnswer::from(decision));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], body).into_response())
}

/// Where a decision stands.
#[utoipa::path(
    get, path = "/v1/decisions/{id}", tag = "cases",
    params(("id" = String, Path, description = "The decision's id, dec_…")),
    responses((status = 200, body = DecisionAnswer), (status = 404, body = Problem))
)]
async fn get_decision(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<DecisionId>,
) -> Result<ApiJson<DecisionAnswer>, Problem> {
    caller.require(Permission::CasesRead)?;
    Ok(ApiJson(state.app.core.reviews.decision(id).await?.into()))
}

/// Agrees to what another person proposed; the caller holds the case.
#[utoipa::path(
    post, path = "/v1/decisions/{id}/confirm", tag = "cases",
    params(("id" = String, Path, description = "The decision's id, dec_…")),
    responses(
        (status = 200, body = DecisionAnswer),
        (status = 404, body = Problem),
        (status = 409, description = "It is the caller's own, is not proposed, or the case is not held", body = Problem),
    )
)]
async fn confirm(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<DecisionId>,
) -> Result<ApiJson<DecisionAnswer>, Problem> {
    caller.require(Permission::CasesDecide)?;
    Ok(ApiJson(state.app.core.reviews.confirm(id, &caller.actor()).await?.into()))
}

/// Does not agree to what another person proposed: the case waits again.
#[utoipa::path(
    post, path = "/v1/decisions/{id}/refuse", tag = "cases", request_body = Because,
    params(("id" = String, Path, description = "The decision's id, dec_…")),
    responses(
        (status = 200, body = DecisionAnswer),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn refuse(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<DecisionId>,
    ApiJson(given): ApiJson<Because>,
) -> Result<ApiJson<DecisionAnswer>, Problem> {
    caller.require(Permission::CasesDecide)?;
    Ok(ApiJson(state.app.core.reviews.refuse(id, &caller.actor(), &given.because).await?.into()))
}

/// Takes a decision back while nobody outside knows it, or reverses it with all its effects; the
/// case waits again.
#[utoipa::path(
    post, path = "/v1/decisions/{id}/undo", tag = "cases", request_body = Because,
    params(("id" = String, Path, description = "The decision's id, dec_…")),
    responses(
        (status = 200, description = "Taken back or reversed", body = DecisionAnswer),
        (status = 404, body = Problem),
        (status = 409, description = "It does not hold", body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn undo(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<DecisionId>,
    ApiJson(given): ApiJson<Because>,
) -> Result<ApiJson<DecisionAnswer>, Problem> {
    caller.require(Permission::CasesDecide)?;
    Ok(ApiJson(state.app.core.reviews.undo(id, &caller.actor(), &given.because).await?.into()))
}
