//! The merchant's side: restrictions with their statements of reasons, counter-notices, appeals.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::party_of;
use super::course::{self, Side};
use super::model::{CounterDraft, ItemState, NoticeItem, Regime};
use super::store::{self, RightKind};
use super::store_appeals as appeals;
use super::views_api::{AppealView, ItemView};
use crate::accounts::Permission;
use crate::http::extract::{ApiJson, ApiPath};
use crate::http::internal;
use crate::http::problem::Problem;
use crate::http::state::{ApiState, Caller};
use crate::kernel::Instant;
use crate::kernel::id::StatementId;
use crate::transparency::core::statement::Statement;
use crate::transparency::store::{self as statements, StoredStatement};

/// Restrictions in one answer.
const MAX_RESTRICTIONS: usize = 500;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_restrictions))
        .routes(routes!(get_restriction))
        .routes(routes!(file_counter))
        .routes(routes!(appeal_as_merchant))
}

/// A restriction in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RestrictionRow {
    /// The id of its statement of reasons.
    #[schema(value_type = String)]
    id: StatementId,
    /// The platform's id of the listing.
    listing: String,
    /// Why, in one sentence.
    because: String,
    /// Since when.
    #[schema(value_type = String)]
    since: Instant,
    /// Until when; absent while it lasts.
    #[schema(value_type = Option<String>)]
    ended_at: Option<Instant>,
}

/// A restriction with everything that its merchant may know.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RestrictionView {
    /// The id of its statement of reasons.
    #[schema(value_type = String)]
    id: StatementId,
    /// The statement (DSA art. 17).
    statement: Statement,
    /// The listing in the notice: where it stands, why, and when the clock that now runs ends.
    listing: ItemView,
    /// The law that the notice is handled under; it says what a counter-notice needs.
    regime: Regime,
    /// What would end the restriction.
    cure: &'static str,
    /// Whether a counter-notice can be filed now.
    can_counter: bool,
    /// Until when a counter-notice can be filed.
    #[schema(value_type = Option<String>)]
    counter_until: Option<Instant>,
    /// The last appeal.
    appeal: Option<AppealView>,
    /// How many appeals are answered before it, while it waits.
    appeals_ahead: Option<i64>,
}

/// The statement and its listing, when the listing is one of the caller's; anything else is not there.
async fn seen(state: &ApiState, caller: &Caller, id: StatementId) -> Result<(StoredStatement, NoticeItem), Problem> {
    let missing = || Problem::not_found("restriction", id);
    let core = &state.app.core;
    let stored = statements::statement(&core.db, id).await.map_err(internal)?.ok_or_else(missing)?;
    let own = store::rights(&core.db, caller.organisation(), RightKind::Merchant).await.map_err(internal)?;
    let is_own = stored.merchant.as_ref().is_some_and(|merchant| own.iter().any(|right| &right.name == merchant));
    let (Some(notice), true) = (stored.notice, is_own || party_of(caller).platform) else {
        return Err(missing());
    };
    let (_, items) = course::read(core, notice).await?;
    let item = items.into_iter().find(|item| Some(item.number) == stored.number).ok_or_else(missing)?;
    Ok((stored, item))
}

/// The restrictions of the caller's listings, newest first.
#[utoipa::path(get, path = "/v1/restrictions", tag = "restrictions", responses((status = 200, body = Vec<RestrictionRow>)))]
async fn list_restrictions(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<ApiJson<Vec<RestrictionRow>>, Problem> {
    caller.require(Permission::Restrictions)?;
    let db = &state.app.core.db;
    let own = store::rights(db, caller.organisation(), RightKind::Merchant).await.map_err(internal)?;
    let merchants: Vec<String> = own.into_iter().map(|right| right.name).collect();
    let found = statements::of_merchants(db, &merchants, MAX_RESTRICTIONS).await.map_err(internal)?;
    let row = |stored: StoredStatement| RestrictionRow {
        id: stored.id,
        listing: stored.external_id,
        because: stored.statement.illegal_content_explanation,
        since: stored.made_at,
        ended_at: stored.ended_at,
    };
    Ok(ApiJson(found.into_iter().map(row).collect()))
}

/// One restriction: its statement of reasons, what would cure it, what can still be done.
#[utoipa::path(
    get, path = "/v1/restrictions/{id}", tag = "restrictions",
    params(("id" = String, Path, description = "The id of the statement of reasons, sor_…")),
    responses((status = 200, body = RestrictionView), (status = 404, body = Problem))
)]
async fn get_restriction(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<StatementId>,
) -> Result<ApiJson<RestrictionView>, Problem> {
    caller.require(Permission::Restrictions)?;
    let (stored, item) = seen(&state, &caller, id).await?;
    view(&state, stored, item).await.map(ApiJson)
}

async fn view(state: &ApiState, stored: StoredStatement, item: NoticeItem) -> Result<RestrictionView, Problem> {
    let core = &state.app.core;
    let (notice, _) = course::read(core, item.notice).await?;
    let appeal = appeals::last_appeal(&core.db, item.notice, item.number).await.map_err(internal)?;
    let appeal = appeal.filter(|appeal| appeal.side == "merchant");
    let ahead = match appeal.as_ref().filter(|appeal| appeal.outcome.is_none()) {
        Some(open) => Some(appeals::appeals_before(&core.db, open).await.map_err(internal)?),
        None => None,
    };
    let can_counter = item.state == ItemState::Upheld && item.due_at.is_some_and(|until| core.clock.now() < until);
    Ok(RestrictionView {
        id: stored.id,
        statement: stored.statement,
        regime: notice.regime,
        cure: cure(item.state),
        can_counter,
        counter_until: item.due_at.filter(|_| can_counter),
        listing: ItemView::of(item),
        appeal: appeal.map(AppealView::of),
        appeals_ahead: ahead,
    })
}

fn cure(state: ItemState) -> &'static str {
    match state {
        ItemState::Upheld => {
            "show that the goods are genuine or that you may sell them: file a counter-notice with invoices or a letter \
             of authority, or ask the notifier to take the notice back"
        }
        ItemState::Countered => "nothing more is needed now: your counter-notice is being handled",
        ItemState::Disputed => "the notifier has gone to court or to an authority; its word ends the restriction",
        ItemState::Final => "appeal within six months of the decision, or ask the notifier to take the notice back",
        _ => "nothing: the listing is not restricted because of this notice",
    }
}

/// The merchant answers the notice. The law of the notice says what has to be in it and how long
/// the notifier then has.
#[utoipa::path(
    post, path = "/v1/restrictions/{id}/counter", tag = "restrictions", request_body = CounterDraft,
    params(("id" = String, Path, description = "The id of the statement of reasons, sor_…")),
    responses(
        (status = 200, body = RestrictionView),
        (status = 404, body = Problem),
        (status = 409, description = "The time for it is over, or it was filed", body = Problem),
        (status = 422, description = "Parts are missing", body = Problem),
    )
)]
async fn file_counter(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<StatementId>,
    ApiJson(draft): ApiJson<CounterDraft>,
) -> Result<ApiJson<RestrictionView>, Problem> {
    caller.require(Permission::RestrictionsAnswer)?;
    let (stored, item) = seen(&state, &caller, id).await?;
    let item = course::counter(&state.app.core, &party_of(&caller), item, &draft).await?;
    view(&state, stored, item).await.map(ApiJson)
}

/// An appeal as it is sent by a merchant.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MerchantAppeal {
    /// Why the decision is wrong: 10 to 5,000 characters.
    text: String,
}

/// The merchant appeals against the restriction (DSA art. 20), for six months; a person who did not
/// make the decision answers.
#[utoipa::path(
    post, path = "/v1/restrictions/{id}/appeals", tag = "restrictions", request_body = MerchantAppeal,
    params(("id" = String, Path, description = "The id of the statement of reasons, sor_…")),
    responses((status = 201, body = AppealView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn appeal_as_merchant(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<StatementId>,
    ApiJson(sent): ApiJson<MerchantAppeal>,
) -> Result<Response, Problem> {
    caller.require(Permission::RestrictionsAnswer)?;
    let (_, item) = seen(&state, &caller, id).await?;
    let appeal = course::appeal(&state.app.core, &party_of(&caller), &item, Side::Merchant, &sent.text).await?;
    Ok((StatusCode::CREATED, ApiJson(AppealView::of(appeal))).into_response())
}
