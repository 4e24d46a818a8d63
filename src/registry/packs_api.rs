//! The rule pack endpoints: read, set, remove.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::HuntChoice;
use super::packs::PackError;
use crate::accounts::Permission;
use crate::http::extract::{ApiBytes, ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::listings::hunt::HuntTarget;
use crate::rules::{Pack, State as RuleState};

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_packs)).routes(routes!(get_pack, put_pack, delete_pack))
}

impl From<PackError> for Problem {
    fn from(error: PackError) -> Self {
        let PackError::Load(refused) = &error else {
            return internal(error);
        };
        let places =
            refused.problems().iter().map(|problem| ProblemError::at_pointer(String::new(), problem.to_string()));
        let places: Vec<ProblemError> = places.collect();
        if places.is_empty() {
            return internal(error);
        }
        Problem::with_places(ProblemKind::InvalidRulePack, places)
    }
}

/// A rule in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RuleEntry {
    /// Its id in the pack.
    id: String,
    /// Its policy class.
    class: String,
    /// 1 (low) to 5 (critical).
    severity: u8,
    /// draft, shadow, live or retired.
    #[schema(value_type = String)]
    state: RuleState,
}

/// A pack in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PackEntry {
    /// The file that holds it.
    path: String,
    /// Its id.
    id: String,
    /// Its version.
    version: String,
    /// Its name for people.
    name: String,
    /// Its rules.
    rules: Vec<RuleEntry>,
}

/// All packs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PackList {
    /// Hash of all packs: the rules version that verdicts name.
    rules_version: String,
    /// The packs, by id.
    packs: Vec<PackEntry>,
}

fn entry(pack: &Pack) -> PackEntry {
    let rule = |rule: &crate::rules::Rule| RuleEntry {
        id: rule.id.clone(),
        class: rule.class.clone(),
        severity: rule.severity,
        state: rule.state,
    };
    PackEntry {
        path: pack.path.clone(),
        id: pack.id.clone(),
        version: pack.version.clone(),
        name: pack.name.clone(),
        rules: pack.rules.iter().map(rule).collect(),
    }
}

/// The rule packs in force, with their rules.
#[utoipa::path(get, path = "/v1/rules", tag = "rules", responses((status = 200, body = PackList)))]
async fn list_packs(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<PackList>, Problem> {
    caller.require(Permission::RulesRead)?;
    let packs = &state.app.core.keeper.current().packs;
    let rules_version = packs.revision().to_owned();
    Ok(ApiJson(PackList { rules_version, packs: packs.packs().iter().map(entry).collect() }))
}

/// The text of one pack.
#[utoipa::path(
    get, path = "/v1/rules/{path}", tag = "rules",
    params(("path" = String, Path, description = "The pack's file name: counterfeit.toml")),
    responses((status = 200, body = String, content_type = "application/toml"), (status = 404, body = Problem))
)]
async fn get_pack(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(path): ApiPath<String>,
) -> Result<String, Problem> {
    caller.require(Permission::RulesRead)?;
    let packs = &state.app.core.keeper.current().packs;
    let found = packs.sources().iter().find(|source| source.path == path);
    found.map(|source| source.text.clone()).ok_or_else(|| Problem::not_found("rule pack", path))
}

/// Sets one pack; the body is its TOML. The whole set is checked and every rule's own
/// cases are run before anything changes; what is wrong is named with file, line and rule.
#[utoipa::path(
    put, path = "/v1/rules/{path}", tag = "rules",
    request_body(content = String, content_type = "application/toml"),
    params(("path" = String, Path, description = "The pack's file name: counterfeit.toml"), HuntChoice),
    responses(
        (status = 204, description = "In force; Location names the retro-hunt where one was asked for"),
        (status = 422, body = Problem),
    )
)]
async fn put_pack(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(path): ApiPath<String>,
    ApiQuery(choice): ApiQuery<HuntChoice>,
    ApiBytes(body): ApiBytes,
) -> Result<Response, Problem> {
    caller.require(Permission::RulesWrite)?;
    choice.allowed(&caller)?;
    check_path(&path)?;
    let text = String::from_utf8(body.to_vec())
        .map_err(|_| Problem::new(ProblemKind::InvalidRulePack, "the pack is not UTF-8 text"))?;
    state.app.core.packs.put(path, Some(text), &caller.actor()).await?;
    let hunt = choice.start(&state, &caller, HuntTarget::All(true)).await?;
    Ok(match hunt {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(id) => (StatusCode::NO_CONTENT, [(header::LOCATION, format!("/v1/hunts/{id}"))]).into_response(),
    })
}

fn check_path(path: &str) -> Result<(), Problem> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    if path.len() <= 100 && path.ends_with(".toml") && path.len() > 5 && path.bytes().all(letter) {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::InvalidPath, "a pack's file name has small letters, digits, - _ and ends in .toml"))
}

/// Removes one pack.
#[utoipa::path(
    delete, path = "/v1/rules/{path}", tag = "rules",
    params(("path" = String, Path, description = "The pack's file name: counterfeit.toml")),
    responses((status = 204, description = "Removed"), (status = 404, body = Problem))
)]
async fn delete_pack(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(path): ApiPath<String>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::RulesWrite)?;
    let known = state.app.core.keeper.current().packs.sources().iter().any(|source| source.path == path);
    if !known {
        return Err(Problem::not_found("rule pack", path));
    }
    state.app.core.packs.put(path, None, &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
