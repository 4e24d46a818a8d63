//! The endpoints of lists and possible matches.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::hits::{Decided, Hit, HitState, Match};
use super::service::{ImportError, ImportReport, ListContent, ListSource};
use super::store::{self, LoadedList};
use crate::accounts::Permission;
use crate::http::extract::{ApiBytes, ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::paging::{Page, PageQuery};
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::Instant;
use crate::kernel::id::ListHitId;
use crate::merchants::dossiers::api::check_reason;
use crate::merchants::lists::{Layout, ListEntity};

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_lists))
        .routes(routes!(import_list))
        .routes(routes!(list_hits))
        .routes(routes!(get_hit))
        .routes(routes!(decide_hit))
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let kind = match &error {
            ImportError::Name => ProblemKind::InvalidPath,
            ImportError::Read(_) | ImportError::Refused(_) => ProblemKind::InvalidList,
            ImportError::Overtaken => ProblemKind::Conflict,
            ImportError::Store(source) if source.is_storage_full() => ProblemKind::StorageFull,
            ImportError::Store(_) | ImportError::Interrupted => return internal(error),
        };
        Problem::new(kind, error.to_string())
    }
}

/// The lists in force.
#[utoipa::path(get, path = "/v1/lists", tag = "lists", responses((status = 200, body = Vec<LoadedList>)))]
async fn list_lists(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<Vec<LoadedList>>, Problem> {
    caller.require(Permission::MerchantsRead)?;
    Ok(ApiJson(store::lists(&state.app.core.db).await.map_err(internal)?))
}

/// How a list file is to be read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Import {
    /// json_lines, ofac_advanced_xml, un_xml, eu_xml, eu_csv, uk_csv or consolidated_csv.
    layout: String,
    /// Whether a person has looked at the file and takes it although it is much smaller than the list in force
    /// or has entities without names.
    #[serde(default)]
    confirmed: bool,
}

/// Loads a list from a file of one of the official layouts, or JSON Lines. A file that is cut, of another encoding, much
/// smaller than the list in force or with entities that lost their names changes nothing: the list in force stays,
/// and the event `list.refused` tells it. Merchants are then screened against what changed.
#[utoipa::path(
    post, path = "/v1/lists/{name}", tag = "lists",
    params(("name" = String, Path, description = "The list's name: us_ofac_sdn"), Import),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = ImportReport), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn import_list(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    ApiQuery(asked): ApiQuery<Import>,
    ApiBytes(bytes): ApiBytes,
) -> Result<ApiJson<ImportReport>, Problem> {
    caller.require(Permission::ListsWrite)?;
    let layout: Layout = serde_json::from_value(serde_json::Value::String(asked.layout)).map_err(|_| {
        let detail =
            "is no layout; use json_lines, ofac_advanced_xml, un_xml, eu_xml, eu_csv, uk_csv or consolidated_csv";
        Problem::with_places(ProblemKind::InvalidQuery, vec![ProblemError::at_parameter("layout", detail)])
    })?;
    let content = ListContent::One { layout, bytes: bytes.to_vec() };
    let source = ListSource { name, content, confirmed: asked.confirmed };
    Ok(ApiJson(state.app.core.merchants.import_list(source, &caller.actor()).await?))
}

/// A possible match as it is read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ListHitView {
    /// Its id.
    id: String,
    /// The merchant.
    merchant: String,
    /// open, cleared, confirmed or gone.
    state: HitState,
    /// What was found.
    found: Match,
    /// When it was found first.
    #[schema(value_type = String)]
    found_at: Instant,
    /// Who decided, when and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<Decided>,
    /// The entry as it is in force; absent in lists.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<ListEntity>,
}

impl ListHitView {
    fn of(hit: Hit, entry: Option<ListEntity>) -> Self {
        let Hit { id, merchant, state, found, found_at, decided, .. } = hit;
        Self { id, merchant, state, found, found_at, decided, entry }
    }
}

/// Which possible matches are wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct HitFilter {
    /// open (when absent), cleared, confirmed or gone.
    state: Option<String>,
    /// Rows wanted, 1 to 200; 50 when absent.
    limit: Option<u16>,
    /// The `next` of the previous page.
    cursor: Option<String>,
}

/// Possible matches, oldest first.
#[utoipa::path(
    get, path = "/v1/list-hits", tag = "lists", params(HitFilter),
    responses((status = 200, body = Page<ListHitView>), (status = 400, body = Problem))
)]
async fn list_hits(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<HitFilter>,
) -> Result<ApiJson<Page<ListHitView>>, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let wrong = |detail: String| {
        Problem::with_places(ProblemKind::InvalidQuery, vec![ProblemError::at_parameter("state", detail)])
    };
    let wanted: HitState = asked.state.as_deref().unwrap_or("open").parse().map_err(wrong)?;
    let paging = PageQuery { limit: asked.limit, cursor: asked.cursor };
    let limit = paging.limit()?;
    let after: String = paging.position("list-hits")?.unwrap_or_default();
    let rows = store::hits(&state.app.core.db, wanted, &after, i64::from(limit) + 1).await.map_err(internal)?;
    let rows = rows.into_iter().map(|hit| ListHitView::of(hit, None)).collect();
    Ok(ApiJson(Page::from_rows("list-hits", rows, limit, |hit: &ListHitView| hit.id.clone())))
}

/// One possible match with the list's entry.
#[utoipa::path(
    get, path = "/v1/list-hits/{id}", tag = "lists",
    params(("id" = String, Path, description = "The hit's id")),
    responses((status = 200, body = ListHitView), (status = 404, body = Problem))
)]
async fn get_hit(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<ListHitId>,
) -> Result<ApiJson<ListHitView>, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let db = &state.app.core.db;
    let hit = store::hit(db, id).await.map_err(internal)?.ok_or_else(|| Problem::not_found("list hit", id))?;
    let entry = store::entity(db, &hit.found.list, &hit.found.entity).await.map_err(internal)?;
    Ok(ApiJson(ListHitView::of(hit, entry)))
}

/// What a person decides on a possible match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum ListHitWord {
    /// Another party: it stays cleared until the merchant's data or the entry change.
    Cleared,
    /// This party.
    Confirmed,
}

/// A decision on a possible match.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ListHitDecision {
    /// cleared or confirmed.
    decision: ListHitWord,
    /// Why.
    reason: String,
}

/// Decides on a possible match. A confirmed one closes no account by itself.
#[utoipa::path(
    post, path = "/v1/list-hits/{id}/decision", tag = "lists", request_body = ListHitDecision,
    params(("id" = String, Path, description = "The hit's id")),
    responses((status = 200, body = ListHitView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem))
)]
async fn decide_hit(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<ListHitId>,
    ApiJson(decision): ApiJson<ListHitDecision>,
) -> Result<ApiJson<ListHitView>, Problem> {
    caller.require(Permission::MerchantsDecide)?;
    let reason = check_reason(&decision.reason)?;
    let wanted = match decision.decision {
        ListHitWord::Cleared => HitState::Cleared,
        ListHitWord::Confirmed => HitState::Confirmed,
    };
    let hit = state.app.core.merchants.decide_hit(id, wanted, &reason, &caller.actor()).await?;
    Ok(ApiJson(ListHitView::of(hit, None)))
}
