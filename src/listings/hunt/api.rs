//! The hunt endpoints: start, follow, cancel.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Hunt, HuntRequest, HuntTarget};
use crate::accounts::Permission;
use crate::http::extract::{ApiJson, ApiPath};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::HuntId;
use crate::registry;

/// Most terms or merchants of one hunt.
const MAX_NAMES: usize = 1_000;
/// Hunts in one answer.
const MAX_HUNTS: i64 = 100;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(start_hunt, list_hunts)).routes(routes!(get_hunt)).routes(routes!(cancel_hunt))
}

async fn check(state: &ApiState, target: &HuntTarget) -> Result<(), Problem> {
    let wrong = |pointer: &str, detail: String| {
        Problem::with_places(ProblemKind::InvalidBody, vec![ProblemError::at_pointer(pointer, detail)])
    };
    match target {
        HuntTarget::Brand(key) => {
            let found = registry::store::brand(&state.app.core.db, key).await.map_err(internal)?;
            found.map(|_| ()).ok_or_else(|| wrong("/target/brand", format!("there is no brand \"{key}\"")))
        }
        HuntTarget::Rule(name) => {
            let packs = &state.app.core.keeper.current().packs;
            let known = name.split_once('/').and_then(|(pack, rule)| super::worker::terms_of(packs, pack, rule));
            known
                .map(|_| ())
                .ok_or_else(|| wrong("/target/rule", format!("there is no rule \"{name}\"; write pack/rule")))
        }
        HuntTarget::Terms(names) | HuntTarget::Merchants(names) if names.is_empty() || names.len() > MAX_NAMES => {
            Err(wrong("/target", format!("give between 1 and {MAX_NAMES} entries")))
        }
        HuntTarget::All(false) => Err(wrong("/target/all", "is false; give true to look at every listing".to_owned())),
        _ => Ok(()),
    }
}

/// Starts a hunt: listings that the target may concern are judged again with the present
/// registry and rules, and changed verdicts are recorded (unless it is a dry run).
#[utoipa::path(
    post, path = "/v1/hunts", tag = "hunts", request_body = HuntRequest,
    responses((status = 202, description = "Queued", body = Hunt), (status = 422, body = Problem))
)]
async fn start_hunt(
    State(state): State<ApiState>,
    caller: Caller,
    ApiJson(request): ApiJson<HuntRequest>,
) -> Result<Response, Problem> {
    caller.require(Permission::Hunts)?;
    check(&state, &request.target).await?;
    let hunts = &state.app.core.hunts;
    let id = hunts.start(request, &caller.actor()).await.map_err(internal)?;
    let hunt = hunts.get(id).await.map_err(internal)?.ok_or_else(|| Problem::not_found("hunt", id))?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, format!("/v1/hunts/{id}"))], ApiJson(hunt)).into_response())
}

/// The latest hunts, newest first.
#[utoipa::path(get, path = "/v1/hunts", tag = "hunts", responses((status = 200, body = Vec<Hunt>)))]
async fn list_hunts(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<Vec<Hunt>>, Problem> {
    caller.require(Permission::Hunts)?;
    Ok(ApiJson(state.app.core.hunts.list(MAX_HUNTS).await.map_err(internal)?))
}

/// Where a hunt stands and what it found so far.
#[utoipa::path(
    get, path = "/v1/hunts/{id}", tag = "hunts",
    params(("id" = String, Path, description = "The hunt's id, hnt_…")),
    responses((status = 200, body = Hunt), (status = 404, body = Problem))
)]
async fn get_hunt(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<HuntId>,
) -> Result<ApiJson<Hunt>, Problem> {
    caller.require(Permission::Hunts)?;
    let hunt = state.app.core.hunts.get(id).await.map_err(internal)?;
    hunt.map(ApiJson).ok_or_else(|| Problem::not_found("hunt", id))
}

/// Ends a hunt between two pages; what it recorded stays.
#[utoipa::path(
    post, path = "/v1/hunts/{id}/cancel", tag = "hunts",
    params(("id" = String, Path, description = "The hunt's id, hnt_…")),
    responses(
        (status = 204, description = "Ended"),
        (status = 404, body = Problem),
        (status = 409, description = "It has ended already", body = Problem),
    )
)]
async fn cancel_hunt(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<HuntId>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::Hunts)?;
    let hunts = &state.app.core.hunts;
    if hunts.get(id).await.map_err(internal)?.is_none() {
        return Err(Problem::not_found("hunt", id));
    }
    if !hunts.cancel(id, &caller.actor()).await.map_err(internal)? {
        return Err(Problem::new(ProblemKind::Conflict, "this hunt has ended already"));
    }
    Ok(StatusCode::NO_CONTENT)
}
