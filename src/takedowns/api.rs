//! The notice endpoints: check, file, follow, answer, decide.

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bulk::{self, RowProblem};
use super::core::machine::{self, ItemEvent};
use super::core::standing::{Standing, Thresholds, thresholds};
use super::course::{self, Side, Why};
use super::error::NoticeError;
use super::model::{ItemState, Notice, NoticeDraft, NoticeItem};
use super::service::{self, Filed, Party, RequestKey};
use super::store;
use super::store_appeals as appeals;
use super::views_api::{AppealView, CheckView, NoticeRow, NoticeView};
use crate::accounts::{OrganisationKind, Permission};
use crate::http::extract::{ApiBytes, ApiJson, ApiPath, ApiQuery, read_json, require_json};
use crate::http::idempotency::{Fingerprint, IdempotencyKey};
use crate::http::internal;
use crate::http::paging::{Page, PageQuery};
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::{AppealId, NoticeId};

/// Steps of a notice's history that are shown.
const MAX_HISTORY: i64 = 5_000;
/// Appeals in one answer.
const MAX_APPEALS: i64 = 200;
/// Name of the list, in its cursors.
const LIST: &str = "notices";

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(check_notice))
        .routes(routes!(file_notice, list_notices))
        .routes(routes!(file_many))
        .routes(routes!(get_notice))
        .routes(routes!(inform))
        .routes(routes!(retract))
        .routes(routes!(dispute))
        .routes(routes!(appeal_as_notifier))
        .routes(routes!(decide_notice))
        .routes(routes!(list_appeals))
        .routes(routes!(answer_appeal))
        .routes(routes!(own_standing))
}

/// The party that a caller is.
pub(super) fn party_of(caller: &Caller) -> Party {
    Party {
        organisation: caller.organisation(),
        platform: caller.organisation_kind() == OrganisationKind::Platform,
        actor: caller.actor(),
    }
}

/// A notice that the caller may see; anything else is not there.
async fn seen(state: &ApiState, caller: &Caller, id: NoticeId) -> Result<(Notice, Vec<NoticeItem>), Problem> {
    let (notice, items) = course::read(&state.app.core, id).await?;
    if !caller.sees(notice.organisation) {
        return Err(Problem::not_found("notice", id));
    }
    Ok((notice, items))
}

async fn view(state: &ApiState, caller: &Caller, id: NoticeId, filed: Option<Filed>) -> Result<NoticeView, Problem> {
    let (notice, items) = seen(state, caller, id).await?;
    let history = store::history(&state.app.core.db, id, MAX_HISTORY).await.map_err(internal)?;
    let refused = filed.map(|filed| filed.refused).unwrap_or_default();
    Ok(NoticeView::of(notice, items, history, refused, party_of(caller).platform))
}

/// Says what a notice lacks and what speaks against it, without filing it.
#[utoipa::path(
    post, path = "/v1/notices/check", tag = "notices", request_body = NoticeDraft,
    responses((status = 200, body = CheckView), (status = 422, body = Problem))
)]
async fn check_notice(
    State(state): State<ApiState>,
    caller: Caller,
    ApiJson(draft): ApiJson<NoticeDraft>,
) -> Result<ApiJson<CheckView>, Problem> {
    caller.require(Permission::NoticesFile)?;
    let checked = service::check(&state.app.core, &party_of(&caller), &draft).await?;
    Ok(ApiJson(CheckView {
        can_be_filed: checked.can_be_filed(),
        regime: draft.regime(),
        missing: checked.missing,
        findings: checked.findings,
        accepted: checked.accepted,
    }))
}

/// Files a notice about 1 to 1,000 listings. Listings that the checks refuse are left out and named
/// in the receipt. With an `Idempotency-Key` the same request files once.
#[utoipa::path(
    post, path = "/v1/notices", tag = "notices", request_body = NoticeDraft,
    params(("Idempotency-Key" = Option<String>, Header, description = "Your name for this request; a repeat files nothing and gets the same notice")),
    responses(
        (status = 201, description = "Filed: the receipt", body = NoticeView),
        (status = 200, description = "Filed before by the same request", body = NoticeView),
        (status = 409, description = "One of the listings was named meanwhile", body = Problem),
        (status = 422, description = "Parts are missing, or no listing is accepted", body = Problem),
    )
)]
async fn file_notice(
    State(state): State<ApiState>,
    caller: Caller,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    ApiBytes(body): ApiBytes,
) -> Result<Response, Problem> {
    caller.require(Permission::NoticesFile)?;
    require_json(&headers)?;
    let key = IdempotencyKey::from_headers(&headers)?
        .map(|key| RequestKey { key: key.as_str().to_owned(), fingerprint: Fingerprint::of(&method, &uri, &body).0 });
    let draft: NoticeDraft = read_json(&body)?;
    let filed = service::file(&state.app.core, &party_of(&caller), draft, key).await?;
    let status = if filed.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let id = filed.notice;
    let shown = view(&state, &caller, id, Some(filed)).await?;
    Ok((status, [(header::LOCATION, format!("/v1/notices/{id}"))], ApiJson(shown)).into_response())
}

/// One notice that a file made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FiledRows {
    /// The notice.
    #[schema(value_type = String)]
    notice: NoticeId,
    /// The lines whose listings it holds or refused.
    lines: Vec<u64>,
    /// Listings that were not taken, in one sentence each.
    refused: Vec<String>,
}

/// What became of a file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FiledMany {
    /// The notices that were filed.
    filed: Vec<FiledRows>,
    /// Lines of which nothing was filed, and why.
    problems: Vec<RowProblem>,
}

/// Files many notices from a CSV file (`text/csv`): one row a listing; rows that agree in everything
/// else are one notice. Columns: listing, ground, market, regime, mark, office, number, work, reasons,
/// name, email, good_faith, perjury, signature.
#[utoipa::path(
    post, path = "/v1/notices/bulk", tag = "notices",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "What was filed and what was not", body = FiledMany), (status = 415, body = Problem))
)]
async fn file_many(
    State(state): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    ApiBytes(body): ApiBytes,
) -> Result<ApiJson<FiledMany>, Problem> {
    caller.require(Permission::NoticesFile)?;
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if named.split(';').next().map(str::trim) != Some("text/csv") {
        let place = ProblemError::at_header(&header::CONTENT_TYPE, "expected text/csv");
        return Err(Problem::with_places(ProblemKind::UnsupportedMediaType, vec![place]));
    }
    let (drafts, mut problems) = bulk::read(&body);
    let mut filed = Vec::new();
    for drafted in drafts {
        match service::file(&state.app.core, &party_of(&caller), drafted.draft, None).await {
            Ok(one) => {
                let refused = one.refused.into_iter().map(|finding| finding.says).collect();
                filed.push(FiledRows { notice: one.notice, lines: drafted.lines, refused });
            }
            Err(NoticeError::Store(error)) => return Err(internal(error)),
            Err(error) => {
                let says = reason_of(&error);
                problems.extend(drafted.lines.into_iter().map(|line| RowProblem { line, says: says.clone() }));
            }
        }
    }
    problems.sort_by_key(|problem| problem.line);
    Ok(ApiJson(FiledMany { filed, problems }))
}

/// The first thing that is wrong, in one sentence.
fn reason_of(error: &NoticeError) -> String {
    match error {
        NoticeError::Incomplete(missing) => missing.first().map(|part| format!("{}: {}", part.pointer, part.says)),
        NoticeError::Refused(findings) => findings.first().map(|finding| finding.says.clone()),
        _ => None,
    }
    .unwrap_or_else(|| error.to_string())
}

/// The caller's notices, newest first; staff see all.
#[utoipa::path(
    get, path = "/v1/notices", tag = "notices", params(PageQuery),
    responses((status = 200, body = Page<NoticeRow>), (status = 400, body = Problem))
)]
async fn list_notices(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<PageQuery>,
) -> Result<ApiJson<Page<NoticeRow>>, Problem> {
    caller.require(Permission::NoticesRead)?;
    let limit = asked.limit()?;
    let before: String = asked.position(LIST)?.unwrap_or_else(|| "~".to_owned());
    let party = party_of(&caller);
    let only = (!party.platform).then_some(party.organisation);
    let db = &state.app.core.db;
    let notices = store::notices(db, only, &before, i64::from(limit) + 1).await.map_err(internal)?;
    let ids: Vec<String> = notices.iter().map(|notice| notice.id.to_string()).collect();
    let states = store::states(db, &ids).await.map_err(internal)?;
    let row = |notice: Notice| {
        let own: Vec<ItemState> = states.iter().filter(|(id, _)| *id == notice.id).map(|(_, state)| *state).collect();
        NoticeRow {
            id: notice.id,
            state: machine::of_notice(own.iter().copied()),
            ground: notice.draft.ground,
            listings: own.len(),
            trusted: notice.trusted,
            filed_at: notice.filed_at,
            due_at: notice.due_at,
        }
    };
    Ok(ApiJson(Page::from_rows(LIST, notices.into_iter().map(row).collect(), limit, |row| row.id.to_string())))
}

/// A notice with its listings and its history.
#[utoipa::path(
    get, path = "/v1/notices/{id}", tag = "notices",
    params(("id" = String, Path, description = "The notice's id, ntc_…")),
    responses((status = 200, body = NoticeView), (status = 404, body = Problem))
)]
async fn get_notice(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<NoticeId>,
) -> Result<ApiJson<NoticeView>, Problem> {
    caller.require(Permission::NoticesRead)?;
    view(&state, &caller, id, None).await.map(ApiJson)
}

/// Words about listings of a notice.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Words {
    /// The platform's ids of the listings concerned; empty = all that it can concern.
    #[serde(default)]
    listings: Vec<String>,
    /// What is said: 10 to 5,000 characters.
    text: String,
}

async fn notifier_step(
    state: &ApiState,
    caller: &Caller,
    id: NoticeId,
    words: Words,
    event: ItemEvent,
) -> Result<ApiJson<NoticeView>, Problem> {
    caller.require(Permission::NoticesFile)?;
    seen(state, caller, id).await?;
    let reason = course::sentence("/text", &words.text)?;
    let why = Why { actor: caller.actor(), reason, ..Why::default() };
    course::step_many(&state.app.core, id, event, &words.listings, &why).await?;
    view(state, caller, id, None).await.map(ApiJson)
}

/// The notifier answers a question about the notice.
#[utoipa::path(
    post, path = "/v1/notices/{id}/information", tag = "notices", request_body = Words,
    params(("id" = String, Path, description = "The notice's id, ntc_…")),
    responses((status = 200, body = NoticeView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn inform(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<NoticeId>,
    ApiJson(words): ApiJson<Words>,
) -> Result<ApiJson<NoticeView>, Problem> {
    notifier_step(&state, &caller, id, words, ItemEvent::Inform).await
}

/// The notifier takes the notice back; listings that it restricted are restored at once.
#[utoipa::path(
    post, path = "/v1/notices/{id}/retract", tag = "notices", request_body = Words,
    params(("id" = String, Path, description = "The notice's id, ntc_…")),
    responses((status = 200, body = NoticeView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn retract(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<NoticeId>,
    ApiJson(words): ApiJson<Words>,
) -> Result<ApiJson<NoticeView>, Problem> {
    notifier_step(&state, &caller, id, words, ItemEvent::Retract).await
}

/// The notifier tells of an action in court or a complaint to an authority after a counter-notice;
/// the clock that would restore the listing stops.
#[utoipa::path(
    post, path = "/v1/notices/{id}/dispute", tag = "notices", request_body = Words,
    params(("id" = String, Path, description = "The notice's id, ntc_…")),
    responses((status = 200, body = NoticeView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn dispute(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<NoticeId>,
    ApiJson(words): ApiJson<Words>,
) -> Result<ApiJson<NoticeView>, Problem> {
    notifier_step(&state, &caller, id, words, ItemEvent::Sue).await
}

/// An appeal as it is sent by a notifier.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NotifierAppeal {
    /// The platform's id of the listing.
    listing: String,
    /// Why the decision is wrong: 10 to 5,000 characters.
    text: String,
}

/// The notifier appeals against a rejection (DSA art. 20), for six months.
#[utoipa::path(
    post, path = "/v1/notices/{id}/appeals", tag = "notices", request_body = NotifierAppeal,
    params(("id" = String, Path, description = "The notice's id, ntc_…")),
    responses((status = 201, body = AppealView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn appeal_as_notifier(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<NoticeId>,
    ApiJson(sent): ApiJson<NotifierAppeal>,
) -> Result<Response, Problem> {
    caller.require(Permission::NoticesFile)?;
    let (_, items) = seen(&state, &caller, id).await?;
    let item = items.into_iter().find(|item| item.external_id == sent.listing);
    let item = item.ok_or_else(|| Problem::not_found("listing in this notice", &sent.listing))?;
    let appeal = course::appeal(&state.app.core, &party_of(&caller), &item, Side::Notifier, &sent.text).await?;
    Ok((StatusCode::CREATED, ApiJson(AppealView::of(appeal))).into_response())
}

/// What staff decide.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum NoticeDecision {
    /// The notice is right: the listing is restricted.
    Uphold,
    /// The notice is wrong.
    Reject,
    /// The notifier has to add something.
    Ask,
    /// After a counter-notice or a court's word: the merchant is right.
    Grant,
    /// After a counter-notice or a court's word: the notifier is right.
    ConfirmRight,
}

/// A decision as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionSubmission {
    /// What is decided.
    decision: NoticeDecision,
    /// The platform's ids of the listings concerned; empty = all that it can concern.
    #[serde(default)]
    listings: Vec<String>,
    /// Why, for notifier and merchant: 10 to 5,000 characters, no personal data.
    reason: String,
    /// The law, where it is another than usual for the ground.
    #[serde(default)]
    law: Option<String>,
    /// With a rejection: whether nothing could support the notice.
    #[serde(default)]
    manifestly_unfounded: bool,
}

/// Staff decide on listings of a notice. A restriction begins or ends in the same transaction, with
/// its statement of reasons.
#[utoipa::path(
    post, path = "/v1/notices/{id}/decisions", tag = "notices", request_body = DecisionSubmission,
    params(("id" = String, Path, description = "The notice's id, ntc_…")),
    responses((status = 200, body = NoticeView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn decide_notice(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<NoticeId>,
    ApiJson(sent): ApiJson<DecisionSubmission>,
) -> Result<ApiJson<NoticeView>, Problem> {
    caller.require(Permission::NoticesDecide)?;
    let event = match sent.decision {
        NoticeDecision::Uphold => ItemEvent::Uphold,
        NoticeDecision::Reject => ItemEvent::Reject,
        NoticeDecision::Ask => ItemEvent::Ask,
        NoticeDecision::Grant => ItemEvent::Grant,
        NoticeDecision::ConfirmRight => ItemEvent::ConfirmRight,
    };
    let why = Why {
        actor: caller.actor(),
        reason: course::sentence("/reason", &sent.reason)?,
        law: sent.law,
        unfounded: sent.manifestly_unfounded,
        ..Why::default()
    };
    // What is closed is opened again by an appeal, which somebody else decides.
    course::decide(&state.app.core, id, event, &sent.listings, &why).await?;
    view(&state, &caller, id, None).await.map(ApiJson)
}

/// Appeals that wait for an answer, soonest due first.
#[utoipa::path(get, path = "/v1/appeals", tag = "notices", responses((status = 200, body = Vec<AppealView>)))]
async fn list_appeals(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<Vec<AppealView>>, Problem> {
    caller.require(Permission::NoticesDecide)?;
    let open = appeals::open_appeals(&state.app.core.db, MAX_APPEALS).await.map_err(internal)?;
    Ok(ApiJson(open.into_iter().map(AppealView::of).collect()))
}

/// An answer to an appeal.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AppealAnswer {
    /// Whether the appeal is right.
    granted: bool,
    /// Why: 10 to 5,000 characters.
    reason: String,
}

/// Answers an appeal. Whoever made the decision it is about is refused.
#[utoipa::path(
    post, path = "/v1/appeals/{id}/answer", tag = "notices", request_body = AppealAnswer,
    params(("id" = String, Path, description = "The appeal's id, apl_…")),
    responses((status = 200, body = AppealView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn answer_appeal(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<AppealId>,
    ApiJson(sent): ApiJson<AppealAnswer>,
) -> Result<ApiJson<AppealView>, Problem> {
    caller.require(Permission::NoticesDecide)?;
    course::answer(&state.app.core, &party_of(&caller), id, sent.granted, &sent.reason).await?;
    let answered = appeals::appeal(&state.app.core.db, id).await.map_err(internal)?;
    answered.map(|appeal| ApiJson(AppealView::of(appeal))).ok_or_else(|| Problem::not_found("appeal", id))
}

/// How the caller's organisation stands, with the published thresholds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct StandingView {
    /// How it stands.
    standing: Standing,
    /// What is asked of everybody.
    thresholds: Thresholds,
}

/// How far the caller's notices can be relied on, and what the numbers mean.
#[utoipa::path(get, path = "/v1/notifiers/me", tag = "notices", responses((status = 200, body = StandingView)))]
async fn own_standing(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<StandingView>, Problem> {
    caller.require(Permission::NoticesRead)?;
    let core = &state.app.core;
    let standing = service::standing_of(core, caller.organisation(), core.clock.now()).await.map_err(internal)?;
    Ok(ApiJson(StandingView { standing, thresholds: thresholds().clone() }))
}
