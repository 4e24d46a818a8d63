//! Whether the process lives and whether it should be sent work.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::ApiJson;
use super::problem::Problem;
use super::state::ApiState;
use crate::registry;
use crate::screening::store;

/// How long a change of registry, rules or merchants may wait for its snapshot, in seconds.
const SNAPSHOT_PATIENCE: f64 = 15.0;
/// Changes that the index may be behind before search answers are called stale.
const LISTINGS_BEHIND: i64 = 50_000;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready))
}

/// What readiness looks at.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Readiness {
    /// Whether work should be sent here.
    pub ready: bool,
    /// Revision of the snapshot in use.
    pub snapshot_revision: i64,
    /// Latest revision in the database.
    pub latest_revision: i64,
    /// Position up to which listings are indexed.
    pub indexed_through: i64,
    /// Position of the last event in the database.
    pub latest_position: i64,
    /// Registry revision in use.
    pub registry_revision: String,
    /// Rules version in use.
    pub rules_version: String,
    /// What is wrong, one sentence each.
    pub problems: Vec<String>,
}

/// The process answers.
#[utoipa::path(get, path = "/health/live", tag = "operations", security(()), responses((status = 200, description = "It lives")))]
async fn live() -> &'static str {
    "live\n"
}

/// Whether the database answers and snapshot and index keep up with it.
#[utoipa::path(
    get, path = "/health/ready", tag = "operations", security(()),
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
async fn ready(State(state): State<ApiState>) -> Result<Response, Problem> {
    let core = &state.app.core;
    let snapshot = core.keeper.current();
    let mut problems = Vec::new();
    let latest = registry::store::latest(&core.db).await;
    let position = crate::events::last_position(&core.db).await;
    let (Ok(latest), Ok(latest_position)) = (latest, position) else {
        return Err(super::note_problem("the database does not answer", super::problem::ProblemKind::NotReady));
    };
    let waiting = registry::store::waiting_since(&core.db, snapshot.revision).await.map_err(super::internal)?;
    let waited = waiting.map_or(0.0, |since| core.clock.now().seconds_since(since));
    if waited > SNAPSHOT_PATIENCE {
        problems
            .push(format!("the snapshot is {} revisions and {waited:.0} s behind", latest.number - snapshot.revision));
    }
    if state.app.progress.is_lost() {
        problems.push("the listing index is lost until a restart".to_owned());
    }
    let indexed_through = state.app.progress.position();
    if latest_position - indexed_through > LISTINGS_BEHIND {
        let waiting = store::changed_after(&core.db, indexed_through, 1).await.map_err(super::internal)?;
        if !waiting.is_empty() {
            problems.push("the listing index is far behind the database".to_owned());
        }
    }
    let answer = Readiness {
        ready: problems.is_empty(),
        snapshot_revision: snapshot.revision,
        latest_revision: latest.number,
        indexed_through,
        latest_position,
        registry_revision: snapshot.registry_revision.clone(),
        rules_version: snapshot.packs.revision().to_owned(),
        problems,
    };
    let status = if answer.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, ApiJson(answer)).into_response())
}
