//! The event feed: what happened, in the order of commits.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::Permission;
use crate::http::extract::{ApiJson, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::Instant;
use crate::kernel::id::EventId;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(feed))
}

/// Where to read on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct FeedParams {
    /// Position of the last event that the caller has dealt with; 0 = from the first.
    after: i64,
    /// Events wanted, 1 to 1,000.
    limit: Option<i64>,
}

/// One event.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FeedEvent {
    /// Its place in the order of commits.
    position: i64,
    /// Its id: an event may be read twice, never skipped.
    #[schema(value_type = String)]
    id: EventId,
    /// When it happened.
    #[schema(value_type = String)]
    at: Instant,
    /// `listing.screened`, `registry.changed`, `rules.changed`, `reference.quarantined` …
    kind: String,
    /// What it is about.
    subject: String,
    /// The message.
    #[schema(value_type = Object)]
    body: Box<RawValue>,
}

/// A page of the feed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FeedPage {
    /// The events, oldest first.
    events: Vec<FeedEvent>,
    /// Give this as `after` next time.
    last: i64,
}

/// Events after a position, oldest first. Remember `last` when they are dealt with.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", params(FeedParams),
    responses((status = 200, body = FeedPage), (status = 400, body = Problem))
)]
async fn feed(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<FeedParams>,
) -> Result<ApiJson<FeedPage>, Problem> {
    caller.require(Permission::EventsRead)?;
    let limit = asked.limit.unwrap_or(100);
    if !(1..=1_000).contains(&limit) {
        let place = ProblemError::at_parameter("limit", "is not between 1 and 1,000");
        return Err(Problem::with_places(ProblemKind::InvalidQuery, vec![place]));
    }
    let stored = super::after(&state.app.core.db, asked.after, limit).await.map_err(internal)?;
    let last = stored.last().map_or(asked.after, |event| event.position);
    let mut events = Vec::with_capacity(stored.len());
    for event in stored {
        let body = RawValue::from_string(event.body).map_err(internal)?;
        let (position, id, at, kind, subject) = (event.position, event.id, event.at, event.kind, event.subject);
        events.push(FeedEvent { position, id, at, kind, subject, body });
    }
    Ok(ApiJson(FeedPage { events, last }))
}
