//! The HTTP edge: router, guards, errors, documentation, the console's frame.
//!
//! Slices bring their own routes (`api.rs`, `pages.rs`); this room puts them together
//! and holds what every request passes: bounds, time limits, request ids, headers,
//! authentication. Handlers hold no SQL.

pub mod caller;
pub mod conditional;
pub mod console;
pub mod extract;
pub mod health;
pub mod idempotency;
pub mod paging;
pub mod problem;
pub mod public_url;
pub mod secrets;
pub mod session;
pub mod state;
pub mod viewer;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use crate::kernel::id::RequestId;
use problem::{Problem, ProblemKind};
use state::ApiState;

/// Largest body of a JSON request. A listing with four base64 pictures of 5 MB fits.
const MAX_BODY: usize = 32 * 1024 * 1024;
/// Longest a request may take, pictures fetched included.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// The header that names a request in answers and logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Logs a fault of ours with its whole chain of causes, once, and answers without them.
pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Problem {
    note_problem(error, ProblemKind::Internal)
}

/// [`internal`] with another kind.
pub fn note_problem(error: impl Into<Box<dyn std::error::Error + Send + Sync>>, kind: ProblemKind) -> Problem {
    let error = error.into();
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        chain.push_str(": ");
        chain.push_str(&inner.to_string());
        cause = inner.source();
    }
    tracing::error!(error.chain = %chain, "a request failed");
    if kind == ProblemKind::Internal { Problem::internal() } else { Problem::new(kind, "try again in a moment") }
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Assay",
        description = "Anti-counterfeit and merchant-compliance moderation: listings in, explained verdicts out.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "listings", description = "Submit listings, read verdicts, search"),
        (name = "merchants", description = "Merchants: applications, documents, decisions, links, ledgers"),
        (name = "lists", description = "Sanctions lists and possible matches"),
        (name = "shipments", description = "Through the gate before they are declared to customs; certificates of release"),
        (name = "registry", description = "Brands, marks, reference images, authorised sellers"),
        (name = "rules", description = "Rule packs"),
        (name = "hunts", description = "Look at stored listings again"),
        (name = "cases", description = "Queues, cases, decisions"),
        (name = "notices", description = "Takedown notices: check, file, follow, decide, appeal"),
        (name = "restrictions", description = "The merchant's side: statements of reasons, counter-notices, appeals"),
        (name = "rights", description = "What organisations may enforce, which merchants they are, how they stand as notifiers"),
        (name = "statements", description = "Statements of reasons and their export"),
        (name = "events", description = "What happened, in order"),
        (name = "accounts", description = "Oneself, API keys, people, organisations"),
        (name = "operations", description = "Jobs, audit, health"),
    ),
    modifiers(&Security),
    security(("key" = []))
)]
struct Document;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

fn api() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(crate::listings::api::routes())
        .merge(crate::merchants::api::routes())
        .merge(crate::merchants::dossiers::api::routes())
        .merge(crate::merchants::dossiers::documents_api::routes())
        .merge(crate::merchants::dossiers::standing_api::routes())
        .merge(crate::merchants::screening::api::routes())
        .merge(crate::merchants::authority::api::routes())
        .merge(crate::gate::api::routes())
        .merge(crate::registry::api::routes())
        .merge(crate::registry::packs_api::routes())
        .merge(crate::listings::hunt::api::routes())
        .merge(crate::review::api::routes())
        .merge(crate::takedowns::api::routes())
        .merge(crate::takedowns::merchant_api::routes())
        .merge(crate::takedowns::rights_api::routes())
        .merge(crate::transparency::api::routes())
        .merge(crate::events::api::routes())
        .merge(crate::audit::api::routes())
        .merge(crate::audit::log_api::routes())
        .merge(crate::accounts::api::routes())
        .merge(health::routes())
}

/// The OpenAPI 3.1 document, made from the handlers.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().split_for_parts().1
}

/// Everything the service answers.
pub fn router(state: ApiState) -> Router {
    let (api, document) = api().split_for_parts();
    let document = document.to_pretty_json().unwrap_or_default();
    let mut router = api
        .route(viewer::DOCUMENT, get(move || async move { json_document(document) }))
        .route("/docs", get(viewer::plain_page))
        .route("/problems", get(|| async { console::problems_page(console::api_shell("Problems")) }))
        .route("/problems/{slug}", get(problem_kind))
        .route("/metrics", get(metrics))
        .merge(console::assets::router());
    if state.options.console {
        let pages = crate::screening::pages::routes()
            .merge(crate::accounts::pages::routes())
            .merge(crate::merchants::console::pages::routes());
        let pages = pages.merge(crate::accounts::settings_pages::routes());
        let pages = pages.merge(crate::review::pages::routes());
        let guarded = pages.layer(middleware::from_fn_with_state(state.clone(), session::only_signed_in));
        router = router.merge(guarded).merge(crate::accounts::pages::open_routes());
    }
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(|| async {
            Problem::new(ProblemKind::MethodNotAllowed, "this address does not take this method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(problem::from_panic))
        .layer(middleware::from_fn_with_state(state.clone(), every_request))
        .layer(CompressionLayer::new())
        .with_state(state)
}

fn json_document(document: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

async fn problem_kind(extract::ApiPath(slug): extract::ApiPath<String>) -> Response {
    console::problem_kind_page(console::api_shell("Problem"), &slug)
}

async fn metrics(State(state): State<ApiState>) -> Response {
    if !state.options.metrics {
        return Problem::new(ProblemKind::NotFound, "metrics are switched off").into_response();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.render()).into_response()
}

async fn nothing_here(request: Request) -> Response {
    let problem = Problem::new(ProblemKind::NotFound, "there is nothing at this address; /docs lists what there is");
    if console::wants_page(request.headers()) {
        return console::problem_page(
            console::view::Shell::new("Not found", console::view::Room::Elsewhere),
            &problem,
            None,
        );
    }
    problem.into_response()
}

/// Names the request, bounds its time, counts it, and keeps answers from being guessed at.
async fn every_request(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let now = state.app.core.clock.now();
    let id = RequestId::from_uuid(state.app.core.ids.next(now)).to_string();
    let method = request.method().clone();
    // The route's pattern, not the address: ids and search words stay out of logs and metrics.
    let route = request.extensions().get::<axum::extract::MatchedPath>().map(|path| path.as_str().to_owned());
    let answer = tokio::time::timeout(TIME_LIMIT, next.run(request)).await;
    let mut answer = answer.unwrap_or_else(|_| {
        Problem::new(ProblemKind::RequestTimeout, "the request took longer than a minute and was ended").into_response()
    });
    let status = answer.status();
    if status.is_client_error() || status.is_server_error() {
        answer = problem::name_instance(answer, &id);
    }
    let headers = answer.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    let route = route.unwrap_or_else(|| "none".to_owned());
    let seconds = started.elapsed().as_secs_f64();
    metrics::histogram!("assay_request_seconds", "route" => route.clone(), "status" => status_class(status))
        .record(seconds);
    tracing::debug!(request.id = id, http.method = %method, http.route = route, http.status = status.as_u16(), duration_ms = seconds * 1e3, "answered {method} {route} with {status}");
    answer
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        0..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
