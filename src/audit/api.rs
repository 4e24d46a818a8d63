//! Operations: the audit log's root, and the jobs.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::journal::Head;
use super::verify::{self, Report};
use crate::accounts::Permission;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::JobId;
use crate::listings::hunt::store as hunts;
use crate::store::jobs::{self, JobView};

/// The states that a job can be in.
const STATES: [&str; 5] = ["queued", "running", "done", "dead", "cancelled"];
/// Most jobs in one answer.
const MAX_JOBS: i64 = 200;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(audit_root))
        .routes(routes!(audit_verify))
        .routes(routes!(list_jobs))
        .routes(routes!(revive_job))
}

/// The audit log's state: publish it elsewhere, and nobody can rewrite the log unseen.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditRoot {
    /// Number of entries.
    entries: i64,
    /// Merkle tree hash over them (RFC 6962), in hexadecimal.
    root: String,
    /// Hash of the last entry.
    last_hash: String,
}

/// The audit log's size and Merkle root.
#[utoipa::path(get, path = "/v1/audit/root", tag = "operations", responses((status = 200, body = AuditRoot)))]
async fn audit_root(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<AuditRoot>, Problem> {
    caller.require(Permission::Operations)?;
    let head = Head::read(&state.app.core.db).await.map_err(internal)?;
    let (root, last_hash) = (head.frontier.root().to_string(), head.last_hash.to_string());
    Ok(ApiJson(AuditRoot { entries: head.entries, root, last_hash }))
}

/// Reads the whole log and checks it; names the first entry that does not hold.
#[utoipa::path(post, path = "/v1/audit/verify", tag = "operations", responses((status = 200, body = Report)))]
async fn audit_verify(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<Report>, Problem> {
    caller.require(Permission::Operations)?;
    Ok(ApiJson(verify::verify(&state.app.core.db, None, |_| {}).await.map_err(internal)?))
}

/// Which jobs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct JobParams {
    /// queued, running, done, dead or cancelled.
    state: String,
}

/// The newest jobs in a state; `dead` shows what failed for good.
#[utoipa::path(get, path = "/v1/jobs", tag = "operations", params(JobParams), responses((status = 200, body = Vec<JobView>)))]
async fn list_jobs(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<JobParams>,
) -> Result<ApiJson<Vec<JobView>>, Problem> {
    caller.require(Permission::Operations)?;
    if !STATES.contains(&asked.state.as_str()) {
        let place = ProblemError::at_parameter("state", "is no state; use queued, running, done, dead or cancelled");
        return Err(Problem::with_places(ProblemKind::InvalidQuery, vec![place]));
    }
    Ok(ApiJson(jobs::list(&state.app.core.db, &asked.state, MAX_JOBS).await.map_err(internal)?))
}

/// Puts a dead job back into the queue.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/revive", tag = "operations",
    params(("id" = String, Path, description = "The job's id, job_…")),
    responses((status = 204, description = "Queued again"), (status = 409, description = "It is not dead", body = Problem))
)]
async fn revive_job(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<JobId>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::Operations)?;
    let core = &state.app.core;
    let mut tx = core.db.begin().await.map_err(internal)?;
    if !jobs::revive(&mut tx, id, core.clock.now()).await.map_err(internal)? {
        return Err(Problem::new(ProblemKind::Conflict, format!("there is no dead job {id}")));
    }
    hunts::requeue(&mut tx, id, core.clock.now()).await.map_err(internal)?;
    tx.commit().await.map_err(internal)?;
    Ok(StatusCode::NO_CONTENT)
}
