//! The dossier endpoints: application, traces, decisions, trader information, links.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{Dossier, IdentifierCheck, Sanctions, Stop};
use super::service::DossierError;
use super::store;
use super::view::{self, LinkView};
use crate::accounts::Permission;
use crate::http::conditional::{EntityTag, expected_version};
use crate::http::extract::{ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::paging::{Page, PageQuery};
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::Instant;
use crate::merchants::links::Link;
use crate::merchants::onboarding::model::{Application, Traces};
use crate::merchants::onboarding::{DueKind, Event, Gap, State as Admission};
use crate::merchants::standing::Standing;

/// Longest id of a merchant, in characters.
const MAX_ID: usize = 300;
/// Longest reason, in characters.
const MAX_REASON: usize = 2_000;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(put_application))
        .routes(routes!(get_dossier))
        .routes(routes!(list_dossiers))
        .routes(routes!(leave_traces))
        .routes(routes!(decide_merchant))
        .routes(routes!(get_trader))
        .routes(routes!(get_links))
        .routes(routes!(get_link_graph))
}

impl From<DossierError> for Problem {
    fn from(error: DossierError) -> Self {
        let sentence = error.to_string();
        match error {
            DossierError::Faults(faults) => {
                let places = faults.into_iter().map(|fault| ProblemError::at_pointer(fault.pointer, fault.detail));
                Problem::with_places(ProblemKind::InvalidBody, places.collect())
            }
            DossierError::Document(_) => Problem::new(ProblemKind::InvalidDocument, sentence),
            DossierError::Unknown(_) | DossierError::UnknownPart { .. } => {
                Problem::new(ProblemKind::NotFound, sentence)
            }
            DossierError::NotNow { .. } | DossierError::Conflict(_) => Problem::new(ProblemKind::Conflict, sentence),
            DossierError::Stale(_) => Problem::new(ProblemKind::PreconditionFailed, sentence),
            DossierError::Store(source) if source.is_storage_full() => {
                Problem::new(ProblemKind::StorageFull, "there is no room to store this")
            }
            error @ (DossierError::Store(_) | DossierError::Blobs(_) | DossierError::Snapshot(_)) => internal(error),
        }
    }
}

/// Refuses ids that no merchant has.
pub(in crate::merchants) fn check_id(id: &str) -> Result<(), Problem> {
    let readable = !id.trim().is_empty() && id.chars().count() <= MAX_ID && !id.chars().any(char::is_control);
    if readable {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::InvalidPath, "the merchant's id is empty, too long or holds control characters"))
}

/// A reason of a person: there, and not a book.
pub(in crate::merchants) fn check_reason(reason: &str) -> Result<String, Problem> {
    let reason: String = reason.trim().chars().filter(|letter| !letter.is_control() || *letter == '\n').collect();
    let wrong = match reason.chars().count() {
        0 => "is empty; say why, so that it can be understood later".to_owned(),
        count if count > MAX_REASON => format!("has {count} characters; at most {MAX_REASON} are taken"),
        _ => return Ok(reason),
    };
    Err(Problem::with_places(ProblemKind::InvalidBody, vec![ProblemError::at_pointer("/reason", wrong)]))
}

/// A dossier as it is read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DossierView {
    /// The platform's id of the merchant.
    merchant: String,
    /// Counts its changes; also the `ETag`.
    version: i64,
    /// Where its admission stands.
    state: Admission,
    /// Since when.
    #[schema(value_type = String)]
    since: Instant,
    /// Whether its offers may be live.
    may_trade: bool,
    /// What it told; absent before the first application and after erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<Application>,
    /// What is missing, with the cure.
    gaps: Vec<Gap>,
    /// What can be said of its identifiers.
    checks: Vec<IdentifierCheck>,
    /// Why its offers wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<Stop>,
    /// Sanctions lists.
    sanctions: Sanctions,
    /// Why it was shut out.
    #[serde(skip_serializing_if = "Option::is_none")]
    barred: Option<String>,
    /// How it stands.
    standing: Standing,
    /// When it was first verified.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<Instant>,
    /// When it last certified its data.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    certified_at: Option<Instant>,
    /// When the running clock ends.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Instant>,
    /// What happens then.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<DueKind>,
    /// When its data were erased.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<Instant>,
    /// When it was begun.
    #[schema(value_type = String)]
    created_at: Instant,
    /// When it last changed.
    #[schema(value_type = String)]
    updated_at: Instant,
}

impl From<Dossier> for DossierView {
    fn from(dossier: Dossier) -> Self {
        Self {
            since: dossier.since(),
            may_trade: dossier.may_trade(),
            merchant: dossier.merchant,
            version: dossier.version,
            state: dossier.state,
            application: dossier.application,
            gaps: dossier.body.gaps,
            checks: dossier.body.checks,
            stop: dossier.body.stop,
            sanctions: dossier.body.sanctions,
            barred: dossier.body.barred,
            standing: dossier.standing,
            verified_at: dossier.body.verified_at,
            certified_at: dossier.body.certified_at,
            due_at: dossier.due_at,
            due: dossier.body.due,
            erased_at: dossier.body.erased_at,
            created_at: dossier.created_at,
            updated_at: dossier.updated_at,
        }
    }
}

fn answer(dossier: Dossier) -> Response {
    let tag = EntityTag::of_version(dossier.version).header_value();
    ([(header::ETAG, tag)], ApiJson(DossierView::from(dossier))).into_response()
}

/// Takes a merchant's application; it replaces the former one. What is missing or wrong comes back in `gaps` and
/// `checks`, with the cure; only what cannot be stored is refused. Empty members count as not given.
#[utoipa::path(
    put, path = "/v1/merchants/{id}/application", tag = "merchants", request_body = Application,
    params(
        ("id" = String, Path, description = "The platform's id of the merchant"),
        ("If-Match" = Option<String>, Header, description = "Version of the dossier that was read; `\"v0\"` = there is none yet"),
    ),
    responses((status = 200, body = DossierView), (status = 409, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem))
)]
async fn put_application(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(application): ApiJson<Application>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsWrite)?;
    check_id(&id)?;
    let expected = expected_version(&headers)?;
    let dossier = state.app.core.merchants.apply(&id, application, expected, &caller.actor()).await?;
    Ok(answer(dossier))
}

/// A merchant's dossier.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/dossier", tag = "merchants",
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 200, body = DossierView), (status = 404, body = Problem))
)]
async fn get_dossier(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsRead)?;
    Ok(answer(state.app.core.merchants.get(&id).await?))
}

/// What a list of dossiers may be narrowed by.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct DossierFilter {
    /// new, collecting, verifying, verified, remedy_requested, suspended or closed.
    state: Option<String>,
    /// Rows wanted, 1 to 200; 50 when absent.
    limit: Option<u16>,
    /// The `next` of the previous page.
    cursor: Option<String>,
}

/// A dossier in a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct DossierEntry {
    /// The platform's id of the merchant.
    merchant: String,
    /// The shop's name.
    name: String,
    /// Where its admission stands.
    state: Admission,
    /// When the running clock ends.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Instant>,
    /// When it last changed.
    #[schema(value_type = String)]
    updated_at: Instant,
}

/// Dossiers in the order of the merchants' ids.
#[utoipa::path(
    get, path = "/v1/dossiers", tag = "merchants", params(DossierFilter),
    responses((status = 200, body = Page<DossierEntry>), (status = 400, body = Problem))
)]
async fn list_dossiers(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<DossierFilter>,
) -> Result<ApiJson<Page<DossierEntry>>, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let wrong = |detail: String| {
        Problem::with_places(ProblemKind::InvalidQuery, vec![ProblemError::at_parameter("state", detail)])
    };
    let admission = asked.state.as_deref().filter(|text| !text.is_empty());
    let admission: Option<Admission> = admission.map(|text| text.parse().map_err(wrong)).transpose()?;
    let paging = PageQuery { limit: asked.limit, cursor: asked.cursor };
    let limit = paging.limit()?;
    let after: String = paging.position("dossiers")?.unwrap_or_default();
    let rows = store::list(&state.app.core.db, admission, &after, i64::from(limit) + 1).await.map_err(internal)?;
    let entry = |row: store::Listed| DossierEntry {
        merchant: row.merchant,
        name: row.name,
        state: row.state,
        due_at: row.due_at,
        updated_at: row.updated_at,
    };
    let rows = rows.into_iter().map(entry).collect();
    Ok(ApiJson(Page::from_rows("dossiers", rows, limit, |row: &DossierEntry| row.merchant.clone())))
}

/// Takes what a merchant left behind while it used the platform: devices, network addresses, picture hashes,
/// listing texts. The values are turned into keyed hashes and not stored.
#[utoipa::path(
    post, path = "/v1/merchants/{id}/traces", tag = "merchants", request_body = Traces,
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 200, body = DossierView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn leave_traces(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    ApiJson(traces): ApiJson<Traces>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsWrite)?;
    check_id(&id)?;
    Ok(answer(state.app.core.merchants.leave_traces(&id, traces, &caller.actor()).await?))
}

/// A step that a person takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum MerchantStep {
    /// The data are right.
    ChecksPassed,
    /// Something is wrong and has to be mended.
    ChecksFailed,
    /// The merchant may not trade and is shut out.
    Suspended,
    /// The suspension is taken back.
    Reinstated,
    /// The contract ends.
    Closed,
    /// The merchant only looked like one that was shut out.
    LiftStop,
}

/// A person's decision on a merchant.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MerchantDecision {
    /// What is decided.
    step: MerchantStep,
    /// Why; it is kept in the audit log.
    reason: String,
}

/// Decides on a merchant: verified, to be mended, suspended, reinstated, closed, or let go on.
#[utoipa::path(
    post, path = "/v1/merchants/{id}/decisions", tag = "merchants", request_body = MerchantDecision,
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 200, body = DossierView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem))
)]
async fn decide_merchant(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    ApiJson(decision): ApiJson<MerchantDecision>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsDecide)?;
    let reason = check_reason(&decision.reason)?;
    let (service, actor) = (&state.app.core.merchants, caller.actor());
    let event = match decision.step {
        MerchantStep::ChecksPassed => Event::ChecksPassed,
        MerchantStep::ChecksFailed => Event::ChecksFailed,
        MerchantStep::Suspended => Event::Suspended,
        MerchantStep::Reinstated => Event::Reinstated,
        MerchantStep::Closed => Event::Closed,
        MerchantStep::LiftStop => return Ok(answer(service.lift_stop(&id, &reason, &actor).await?)),
    };
    Ok(answer(service.decide(&id, event, &reason, &actor).await?))
}

/// What buyers are to be shown of a trader, by the laws of the markets it sells to.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/trader", tag = "merchants",
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 200, body = view::Trader), (status = 404, body = Problem))
)]
async fn get_trader(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<ApiJson<view::Trader>, Problem> {
    caller.require(Permission::ListingsRead)?;
    let service = &state.app.core.merchants;
    let dossier = service.get(&id).await?;
    let today = state.app.core.clock.now().date();
    let trader = view::trader(&dossier, &service.policy, today);
    trader.map(ApiJson).ok_or_else(|| Problem::not_found("trader information of the merchant", &id))
}

/// Merchants that may be the same, strongest first, with masked evidence.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/links", tag = "merchants",
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 200, body = Vec<LinkView>), (status = 404, body = Problem))
)]
async fn get_links(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<ApiJson<Vec<LinkView>>, Problem> {
    caller.require(Permission::MerchantsRead)?;
    state.app.core.merchants.get(&id).await?;
    let links = state.app.core.merchants.stored_links(&id).await.map_err(internal)?;
    Ok(ApiJson(links.iter().map(|link: &Link| LinkView::of(link, &id)).collect()))
}

/// The same as a drawing (SVG).
#[utoipa::path(
    get, path = "/v1/merchants/{id}/links.svg", tag = "merchants",
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 200, content_type = "image/svg+xml", body = String), (status = 404, body = Problem))
)]
async fn get_link_graph(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsRead)?;
    state.app.core.merchants.get(&id).await?;
    let drawn = state.app.core.merchants.draw_links(&id).await.map_err(internal)?;
    let policy = "default-src 'none'; sandbox";
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CONTENT_SECURITY_POLICY, policy)];
    Ok((headers, drawn).into_response())
}
