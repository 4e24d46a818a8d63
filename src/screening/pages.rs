//! The console's pages of verdicts: the list, one verdict, its pictures.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::store::{self, Judged};
use super::view;
use super::{Decision, Verdict};
use crate::accounts::Permission;
use crate::http::console::view::{HomeView, Outcome, Room, Shell};
use crate::http::console::{self, PICTURE_POLICY};
use crate::http::extract::{ApiPath, ApiQuery};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::http::{internal, paging};
use crate::kernel::id::{ListingId, VerdictId};
use crate::kernel::{Digest, Instant};
use crate::listings::index::{SearchQuery, Sort};
use crate::registry;

/// Verdicts on one page.
const PAGE: usize = 50;
/// Name of the list in its cursors.
const LIST: &str = "home";

/// The console's routes, for people who have signed in.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/", get(home))
        .route("/verdicts/{id}", get(verdict))
        .route("/verdicts/{id}/json", get(verdict_json))
        .route("/evidence/{digest}", get(evidence))
}

/// What surrounds a page, with the revisions in force.
fn shell(state: &ApiState, caller: &Caller, title: &str) -> Shell {
    let snapshot = state.app.core.keeper.current();
    let shell = Shell::new(title, Room::Verdicts).of_caller(caller);
    shell.with_revisions(&snapshot.registry_revision, snapshot.packs.revision())
}

fn failed(state: &ApiState, caller: &Caller, problem: &Problem) -> Response {
    console::problem_page(shell(state, caller, problem.kind().title()), problem, None)
}

/// What the list may be narrowed by.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HomeParams {
    verdict: Option<String>,
    q: Option<String>,
    before: Option<String>,
}

async fn home(State(state): State<ApiState>, caller: Caller, ApiQuery(asked): ApiQuery<HomeParams>) -> Response {
    match draw_home(&state, &caller, asked).await {
        Ok(view) => console::page(StatusCode::OK, &view),
        Err(problem) => failed(&state, &caller, &problem),
    }
}

async fn draw_home(state: &ApiState, caller: &Caller, asked: HomeParams) -> Result<HomeView, Problem> {
    caller.require(Permission::ListingsRead)?;
    let words = asked.q.unwrap_or_default().trim().chars().take(300).collect::<String>();
    let wrong = |detail: String| Problem::new(ProblemKind::InvalidQuery, detail);
    let filter = asked.verdict.as_deref().filter(|text| !text.is_empty());
    let filter: Option<Decision> = filter.map(|text| text.parse().map_err(wrong)).transpose()?;
    let (rows, older) = if words.is_empty() {
        recent(state, filter, asked.before.as_deref()).await?
    } else {
        found(state, &words, filter, asked.before.as_deref()).await?
    };
    let counts = store::counts(&state.app.core.db).await.map_err(internal)?;
    let narrowing = |filter: Option<Decision>| view::home_address(filter, &words, None);
    Ok(HomeView {
        shell: shell(state, caller, "Verdicts"),
        counters: view::counters(&counts, filter, narrowing),
        search: words.clone(),
        filter: filter.map(view::outcome),
        rows: rows.iter().map(view::row).collect(),
        newer: asked.before.is_some().then(|| view::home_address(filter, &words, None)),
        older: older.map(|cursor| view::home_address(filter, &words, Some(&cursor))),
        indexed_through: (!words.is_empty()).then(|| search_note(state)),
    })
}

fn search_note(state: &ApiState) -> String {
    format!("Search knows every change up to position {}.", state.app.progress.position())
}

type RowsAndNext = (Vec<Judged>, Option<String>);

async fn recent(state: &ApiState, filter: Option<Decision>, before: Option<&str>) -> Result<RowsAndNext, Problem> {
    let before: Option<(Instant, ListingId)> =
        before.filter(|text| !text.is_empty()).map(|text| paging::decode(LIST, text)).transpose()?;
    let rows = store::recent(&state.app.core.db, filter, before, PAGE as i64 + 1).await.map_err(internal)?;
    let page = paging::Page::from_rows(LIST, rows, PAGE as u16, |judged| (judged.row.updated_at, judged.row.id));
    Ok((page.items, page.next))
}

async fn found(
    state: &ApiState,
    words: &str,
    filter: Option<Decision>,
    cursor: Option<&str>,
) -> Result<RowsAndNext, Problem> {
    let query = SearchQuery {
        words: words.to_owned(),
        verdict: filter.map(|decision| decision.as_str().to_owned()),
        sort: Sort::default(),
        cursor: cursor.filter(|text| !text.is_empty()).map(str::to_owned),
        limit: PAGE,
        ..SearchQuery::default()
    };
    let search = state.app.search.clone();
    let page = tokio::task::spawn_blocking(move || search.search(&query)).await.map_err(internal)?;
    let page = page.map_err(|error| Problem::new(ProblemKind::InvalidQuery, error.to_string()))?;
    let ids: Vec<ListingId> = page.hits.iter().map(|hit| hit.listing).collect();
    let mut rows = store::judged(&state.app.core.db, &ids).await.map_err(internal)?;
    rows.sort_by_key(|judged| ids.iter().position(|id| *id == judged.row.id));
    Ok((rows, page.next_cursor))
}

async fn verdict(State(state): State<ApiState>, caller: Caller, ApiPath(id): ApiPath<String>) -> Response {
    match draw_verdict(&state, &caller, &id).await {
        Ok(view) => console::page(StatusCode::OK, &view),
        Err(problem) => failed(&state, &caller, &problem),
    }
}

async fn draw_verdict(state: &ApiState, caller: &Caller, id: &str) -> Result<console::view::VerdictView, Problem> {
    caller.require(Permission::ListingsRead)?;
    let unknown = || Problem::not_found("verdict", id);
    let id: VerdictId = id.parse().map_err(|_| unknown())?;
    let db = &state.app.core.db;
    let stored = store::verdict(db, id).await.map_err(internal)?.ok_or_else(unknown)?;
    let listing = store::version(db, stored.listing, stored.version).await.map_err(internal)?.ok_or_else(unknown)?;
    let verdict: Verdict = serde_json::from_str(&stored.body).map_err(internal)?;
    let history = store::history(db, stored.listing, 50).await.map_err(internal)?;
    let entry = crate::audit::journal::first_entry_about(db, &id.to_string()).await.map_err(internal)?;
    let mut brands = std::collections::HashMap::new();
    for found in &verdict.images {
        let key = found.hit.brand.as_str();
        if brands.contains_key(key) {
            continue;
        }
        if let Some((brand, _)) = registry::store::brand(db, key).await.map_err(internal)? {
            brands.insert(key.to_owned(), brand);
        }
    }
    let subject =
        view::Subject { stored: &stored, listing: &listing, verdict: &verdict, history: &history, entry, brands };
    Ok(view::verdict(shell(state, caller, "Verdict"), &subject))
}

async fn verdict_json(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<VerdictId>,
) -> Result<Response, Problem> {
    caller.require(Permission::ListingsRead)?;
    let stored = store::verdict(&state.app.core.db, id).await.map_err(internal)?;
    let stored = stored.ok_or_else(|| Problem::not_found("verdict", id))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], stored.body).into_response())
}

async fn evidence(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(digest): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::ListingsRead)?;
    let unknown = || Problem::not_found("picture", &digest);
    let parsed: Digest = digest.parse().map_err(|_| unknown())?;
    let bytes = state.app.core.blobs.get(parsed).await.map_err(internal)?.ok_or_else(unknown)?;
    // Only pictures are kept; the type is read from the bytes, never from a name.
    let kind = match image::guess_format(&bytes) {
        Ok(format) => format.to_mime_type(),
        Err(_) => "application/octet-stream",
    };
    let mut response = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PICTURE_POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    Ok(response)
}

/// Colours of the console for the screening's own words.
impl From<Decision> for Outcome {
    fn from(decision: Decision) -> Self {
        view::outcome(decision)
    }
}
