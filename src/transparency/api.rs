//! The endpoints of statements of reasons: read them, send them.

use axum::extract::State;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::core::statement::Statement;
use super::export::{ExportError, Exported};
use super::store::{self, StoredStatement};
use crate::accounts::Permission;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery};
use crate::http::paging::{Page, PageQuery};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::http::{internal, note_problem};
use crate::kernel::Instant;
use crate::kernel::id::{NoticeId, StatementId};

/// Name of the list, in its cursors.
const LIST: &str = "statements";

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_statements)).routes(routes!(get_statement)).routes(routes!(export))
}

/// A statement of reasons as it is kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct StatementView {
    /// Its id.
    #[schema(value_type = String)]
    id: StatementId,
    /// The platform's id of the listing.
    listing: String,
    /// The notice that led to it.
    #[schema(value_type = Option<String>)]
    notice: Option<NoticeId>,
    /// What it says, in the words of the transparency database.
    statement: Statement,
    /// When the restriction began.
    #[schema(value_type = String)]
    made_at: Instant,
    /// When it ended.
    #[schema(value_type = Option<String>)]
    ended_at: Option<Instant>,
    /// `waiting`, `sent`, `refused`, or `outside` when the listing is not offered in the European Economic Area.
    export: String,
    /// When the database answered.
    #[schema(value_type = Option<String>)]
    exported_at: Option<Instant>,
    /// Why it refused.
    problem: Option<String>,
}

impl StatementView {
    fn of(stored: StoredStatement) -> Self {
        Self {
            id: stored.id,
            listing: stored.external_id,
            notice: stored.notice,
            statement: stored.statement,
            made_at: stored.made_at,
            ended_at: stored.ended_at,
            export: stored.export,
            exported_at: stored.exported_at,
            problem: stored.problem,
        }
    }
}

/// All statements, newest first.
#[utoipa::path(
    get, path = "/v1/statements", tag = "statements", params(PageQuery),
    responses((status = 200, body = Page<StatementView>), (status = 400, body = Problem))
)]
async fn list_statements(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<PageQuery>,
) -> Result<ApiJson<Page<StatementView>>, Problem> {
    caller.require(Permission::Statements)?;
    let limit = asked.limit()?;
    let before: String = asked.position(LIST)?.unwrap_or_else(|| "~".to_owned());
    let found = store::all(&state.app.core.db, &before, i64::from(limit) + 1).await.map_err(internal)?;
    let rows = found.into_iter().map(StatementView::of).collect();
    Ok(ApiJson(Page::from_rows(LIST, rows, limit, |row: &StatementView| row.id.to_string())))
}

/// One statement.
#[utoipa::path(
    get, path = "/v1/statements/{id}", tag = "statements",
    params(("id" = String, Path, description = "The statement's id, sor_…")),
    responses((status = 200, body = StatementView), (status = 404, body = Problem))
)]
async fn get_statement(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<StatementId>,
) -> Result<ApiJson<StatementView>, Problem> {
    caller.require(Permission::Statements)?;
    let found = store::statement(&state.app.core.db, id).await.map_err(internal)?;
    found.map(|stored| ApiJson(StatementView::of(stored))).ok_or_else(|| Problem::not_found("statement", id))
}

/// Sends the statements that wait now instead of in the next minute.
#[utoipa::path(
    post, path = "/v1/statements/export", tag = "statements",
    responses(
        (status = 200, description = "What was sent", body = Exported),
        (status = 409, description = "No transparency database is named", body = Problem),
        (status = 503, description = "It does not answer; the statements wait", body = Problem),
    )
)]
async fn export(State(state): State<ApiState>, caller: Caller) -> Result<ApiJson<Exported>, Problem> {
    caller.require(Permission::Statements)?;
    let Some(exporter) = &state.app.exporter else {
        let detail = "no transparency database is named; start the service with --transparency-url";
        return Err(Problem::new(ProblemKind::Conflict, detail));
    };
    match exporter.run(&state.app.core).await {
        Ok(done) => Ok(ApiJson(done)),
        Err(ExportError::Store(error)) => Err(internal(error)),
        Err(error) => Err(note_problem(error, ProblemKind::NotReady)),
    }
}
