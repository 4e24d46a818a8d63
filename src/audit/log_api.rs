//! The log to the outside: its key, its last checkpoint, proofs for witnesses and of entries.
//!
//! What stands under `/log` is public: it tells how many entries there are and nothing of them.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::log::LogError;
use crate::accounts::Permission;
use crate::http::extract::{ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(log_key))
        .routes(routes!(log_checkpoint))
        .routes(routes!(log_consistency))
        .routes(routes!(entry_proof))
}

fn plain(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

fn problem(error: LogError) -> Problem {
    match error {
        LogError::Proof(error) => {
            Problem::with_places(ProblemKind::InvalidQuery, vec![ProblemError::at_parameter("old", error.to_string())])
        }
        LogError::NonePublished => Problem::new(ProblemKind::NotFound, "no checkpoint was published yet"),
        other => internal(other),
    }
}

/// The key that checks checkpoints and proofs, as `name+hash+base64` (C2SP signed-note).
#[utoipa::path(
    get, path = "/log/key", tag = "operations", security(()),
    responses((status = 200, description = "The key", content_type = "text/plain", body = String))
)]
async fn log_key(State(state): State<ApiState>) -> Response {
    plain(format!("{}\n", state.app.log.verifier()))
}

/// The last checkpoint of the audit log: name, size and root, signed (C2SP tlog-checkpoint).
#[utoipa::path(
    get, path = "/log/checkpoint", tag = "operations", security(()),
    responses(
        (status = 200, description = "A signed note", content_type = "text/plain", body = String),
        (status = 404, description = "None was published yet", body = Problem)
    )
)]
async fn log_checkpoint(State(state): State<ApiState>) -> Result<Response, Problem> {
    Ok(plain(state.app.log.latest().await.map_err(problem)?.note))
}

/// What a witness knows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Known {
    /// Size of the checkpoint that the witness knows; 0 for none.
    old: u64,
}

/// The last checkpoint with the proof that the log only grew since size `old`.
///
/// The answer is the body of a witness's `add-checkpoint` (C2SP tlog-witness).
#[utoipa::path(
    get, path = "/log/consistency", tag = "operations", security(()), params(Known),
    responses(
        (status = 200, description = "Old size, hashes, checkpoint", content_type = "text/plain", body = String),
        (status = 404, description = "None was published yet", body = Problem)
    )
)]
async fn log_consistency(State(state): State<ApiState>, ApiQuery(known): ApiQuery<Known>) -> Result<Response, Problem> {
    Ok(plain(state.app.log.for_witness(known.old).await.map_err(problem)?))
}

/// An entry of the audit log with the proof that it stands there (C2SP tlog-proof; the entry is the
/// extra data). `assay audit check` checks it offline.
#[utoipa::path(
    get, path = "/v1/audit/entries/{number}/proof", tag = "operations",
    params(("number" = i64, Path, description = "The entry's number, from 1")),
    responses(
        (status = 200, description = "Entry, path and checkpoint", content_type = "text/plain", body = String),
        (status = 404, description = "There is no such entry", body = Problem)
    )
)]
async fn entry_proof(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(number): ApiPath<i64>,
) -> Result<Response, Problem> {
    caller.require(Permission::Operations)?;
    let proof = state.app.log.prove(number).await.map_err(problem)?;
    let missing = || Problem::new(ProblemKind::NotFound, format!("the audit log has no entry {number}"));
    Ok(plain(proof.ok_or_else(missing)?))
}
