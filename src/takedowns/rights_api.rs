//! What staff enter about organisations: the brands they may enforce, the merchants they are, and
//! measures about notifiers.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::core::standing::Standing;
use super::course;
use super::service;
use super::store::{self, Measures, RightKind, StoredRight};
use crate::accounts::{Permission, store as accounts};
use crate::app::Core;
use crate::audit::journal::{self, Entry};
use crate::clocks::{Clocks, name};
use crate::http::extract::{ApiJson, ApiPath};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::OrganisationId;
use crate::kernel::{Instant, Market};
use crate::store::Tx;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_rights))
        .routes(routes!(grant_brand, revoke_brand))
        .routes(routes!(grant_merchant, revoke_merchant))
        .routes(routes!(notifier))
        .routes(routes!(take_measure))
}

/// One right of an organisation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RightView {
    /// The brand's key or the merchant's platform id.
    name: String,
    /// What proved it.
    evidence: String,
    /// Who entered it.
    granted_by: String,
    /// When.
    #[schema(value_type = String)]
    granted_at: Instant,
}

/// What an organisation may enforce, and which merchants it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RightsView {
    /// Brands that it may enforce.
    brands: Vec<RightView>,
    /// Merchants that it is.
    merchants: Vec<RightView>,
}

/// What proves a right.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RightEvidence {
    /// The papers that were seen: 10 to 5,000 characters.
    evidence: String,
}

async fn known(core: &Core, id: OrganisationId) -> Result<(), Problem> {
    let found = accounts::organisation(&core.db, id).await.map_err(internal)?;
    found.map(|_| ()).ok_or_else(|| Problem::not_found("organisation", id))
}

/// The rights of an organisation.
#[utoipa::path(
    get, path = "/v1/organisations/{id}/rights", tag = "rights",
    params(("id" = String, Path, description = "The organisation's id, org_…")),
    responses((status = 200, body = RightsView), (status = 404, body = Problem))
)]
async fn list_rights(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<OrganisationId>,
) -> Result<ApiJson<RightsView>, Problem> {
    caller.require(Permission::RightsGrant)?;
    let core = &state.app.core;
    known(core, id).await?;
    let view = |right: StoredRight| RightView {
        name: right.name,
        evidence: right.evidence,
        granted_by: right.granted_by,
        granted_at: right.granted_at,
    };
    let brands = store::rights(&core.db, id, RightKind::Brand).await.map_err(internal)?;
    let merchants = store::rights(&core.db, id, RightKind::Merchant).await.map_err(internal)?;
    Ok(ApiJson(RightsView {
        brands: brands.into_iter().map(view).collect(),
        merchants: merchants.into_iter().map(view).collect(),
    }))
}

async fn grant(
    state: &ApiState,
    caller: &Caller,
    id: OrganisationId,
    kind: RightKind,
    name: String,
    evidence: &str,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::RightsGrant)?;
    let core = &state.app.core;
    known(core, id).await?;
    let now = core.clock.now();
    let evidence = course::sentence("/evidence", evidence)?;
    let right = StoredRight { name, evidence, granted_by: caller.actor(), granted_at: now };
    let mut tx = core.db.begin().await.map_err(internal)?;
    store::grant(&mut tx, id, kind, &right).await.map_err(internal)?;
    let body = json!({"kind": kind.as_str(), "name": right.name, "evidence": right.evidence});
    record(&mut tx, "right.granted", id, caller, &body, now).await?;
    tx.commit().await.map_err(internal)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke(
    state: &ApiState,
    caller: &Caller,
    id: OrganisationId,
    kind: RightKind,
    name: &str,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::RightsGrant)?;
    let core = &state.app.core;
    known(core, id).await?;
    let now = core.clock.now();
    let mut tx = core.db.begin().await.map_err(internal)?;
    if !store::revoke(&mut tx, id, kind, name).await.map_err(internal)? {
        return Err(Problem::not_found("right", name));
    }
    let body = json!({"kind": kind.as_str(), "name": name});
    record(&mut tx, "right.revoked", id, caller, &body, now).await?;
    tx.commit().await.map_err(internal)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn record(
    tx: &mut Tx,
    kind: &'static str,
    id: OrganisationId,
    caller: &Caller,
    body: &serde_json::Value,
    now: Instant,
) -> Result<(), Problem> {
    let body = RawValue::from_string(body.to_string()).map_err(internal)?;
    let entry = Entry { kind, subject: id.to_string(), actor: caller.actor(), body };
    journal::append(tx, now, vec![entry], Vec::new()).await.map_err(internal)?;
    Ok(())
}

/// Enters that an organisation may enforce a brand of the registry.
#[utoipa::path(
    put, path = "/v1/organisations/{id}/brands/{name}", tag = "rights", request_body = RightEvidence,
    params(("id" = String, Path, description = "The organisation's id, org_…"), ("name" = String, Path, description = "The brand's key")),
    responses((status = 204, description = "Entered"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn grant_brand(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath((id, name)): ApiPath<(OrganisationId, String)>,
    ApiJson(sent): ApiJson<RightEvidence>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::RightsGrant)?;
    let brand = crate::registry::store::brand(&state.app.core.db, &name).await.map_err(internal)?;
    if brand.is_none() {
        return Err(Problem::not_found("brand", name));
    }
    grant(&state, &caller, id, RightKind::Brand, name, &sent.evidence).await
}

/// Takes the right to enforce a brand away; notices under way go on.
#[utoipa::path(
    delete, path = "/v1/organisations/{id}/brands/{name}", tag = "rights",
    params(("id" = String, Path, description = "The organisation's id, org_…"), ("name" = String, Path, description = "The brand's key")),
    responses((status = 204, description = "Taken away"), (status = 404, body = Problem))
)]
async fn revoke_brand(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath((id, name)): ApiPath<(OrganisationId, String)>,
) -> Result<StatusCode, Problem> {
    revoke(&state, &caller, id, RightKind::Brand, &name).await
}

/// Enters that an organisation is a merchant of the platform.
#[utoipa::path(
    put, path = "/v1/organisations/{id}/merchants/{name}", tag = "rights", request_body = RightEvidence,
    params(("id" = String, Path, description = "The organisation's id, org_…"), ("name" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 204, description = "Entered"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn grant_merchant(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath((id, name)): ApiPath<(OrganisationId, String)>,
    ApiJson(sent): ApiJson<RightEvidence>,
) -> Result<StatusCode, Problem> {
    grant(&state, &caller, id, RightKind::Merchant, name, &sent.evidence).await
}

/// Takes away that an organisation is a merchant.
#[utoipa::path(
    delete, path = "/v1/organisations/{id}/merchants/{name}", tag = "rights",
    params(("id" = String, Path, description = "The organisation's id, org_…"), ("name" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 204, description = "Taken away"), (status = 404, body = Problem))
)]
async fn revoke_merchant(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath((id, name)): ApiPath<(OrganisationId, String)>,
) -> Result<StatusCode, Problem> {
    revoke(&state, &caller, id, RightKind::Merchant, &name).await
}

/// How a notifier stands: accuracy, lane, the four factors of DSA art. 23(3), what they propose.
#[utoipa::path(
    get, path = "/v1/notifiers/{id}", tag = "rights",
    params(("id" = String, Path, description = "The organisation's id, org_…")),
    responses((status = 200, body = Standing), (status = 404, body = Problem))
)]
async fn notifier(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<OrganisationId>,
) -> Result<ApiJson<Standing>, Problem> {
    caller.require(Permission::NoticesDecide)?;
    let core = &state.app.core;
    known(core, id).await?;
    Ok(ApiJson(service::standing_of(core, id, core.clock.now()).await.map_err(internal)?))
}

/// What staff do about a notifier.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum NotifierMeasure {
    /// Warn it (DSA art. 23(2)).
    Warn,
    /// Suspend the processing of its notices for a time; a warning has to come first.
    Suspend,
    /// End a warning or a suspension.
    Lift,
    /// Enter that it is a trusted flagger (art. 22(2)).
    Trust,
    /// Enter that it is one no more.
    Distrust,
}

/// A measure as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MeasureSubmission {
    /// What is done.
    measure: NotifierMeasure,
    /// Why: 10 to 5,000 characters.
    reason: String,
    /// Whose calendar counts for the length of a suspension; absent = EU.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    country: Option<Market>,
}

/// Takes a measure about a notifier.
#[utoipa::path(
    post, path = "/v1/notifiers/{id}/measures", tag = "rights", request_body = MeasureSubmission,
    params(("id" = String, Path, description = "The organisation's id, org_…")),
    responses(
        (status = 200, description = "How it stands now", body = Standing),
        (status = 404, body = Problem),
        (status = 409, description = "A suspension without a warning", body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn take_measure(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<OrganisationId>,
    ApiJson(sent): ApiJson<MeasureSubmission>,
) -> Result<ApiJson<Standing>, Problem> {
    caller.require(Permission::NoticesDecide)?;
    let core = &state.app.core;
    known(core, id).await?;
    let reason = course::sentence("/reason", &sent.reason)?;
    let now = core.clock.now();
    let mut measures: Measures = store::measures(&core.db, id).await.map_err(internal)?;
    match sent.measure {
        NotifierMeasure::Warn => measures.warned_at = Some(now),
        NotifierMeasure::Suspend if measures.warned_at.is_none() => {
            return Err(Problem::new(
                ProblemKind::Conflict,
                "a suspension needs a warning before it (DSA art. 23(2)); warn first",
            ));
        }
        NotifierMeasure::Suspend => {
            let due = Clocks::built_in().due(name::NOTIFIER_SUSPENSION, now, Some(sent.country.unwrap_or(Market::EU)));
            measures.suspended_until = Some(due.map_err(internal)?.at);
        }
        NotifierMeasure::Lift => (measures.warned_at, measures.suspended_until) = (None, None),
        NotifierMeasure::Trust => measures.trusted = true,
        NotifierMeasure::Distrust => measures.trusted = false,
    }
    let mut tx = core.db.begin().await.map_err(internal)?;
    store::put_measures(&mut tx, id, &measures, now).await.map_err(internal)?;
    let body = json!({"measure": sent.measure, "reason": reason, "until": measures.suspended_until});
    record(&mut tx, "notifier.measure", id, &caller, &body, now).await?;
    tx.commit().await.map_err(internal)?;
    Ok(ApiJson(service::standing_of(core, id, now).await.map_err(internal)?))
}
