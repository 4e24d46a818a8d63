//! The endpoints of authorisations: merchants ask, brand owners answer.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{Authorisation, AuthorisationState, Scope};
use super::service::{AuthorityError, NewAuthorisation};
use super::store;
use crate::accounts::{OrganisationKind, Permission};
use crate::http::extract::{ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::paging::{Page, PageQuery};
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::{AuthorisationId, DocumentId, OrganisationId};
use crate::merchants::dossiers::api::{check_id, check_reason};

/// Most marks and markets of one authorisation.
const MAX_PARTS: usize = 300;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(ask_authorisation))
        .routes(routes!(list_authorisations))
        .routes(routes!(decide_authorisation))
        .routes(routes!(name_keeper))
}

impl From<AuthorityError> for Problem {
    fn from(error: AuthorityError) -> Self {
        let sentence = error.to_string();
        match error {
            AuthorityError::Unknown { .. } => Problem::new(ProblemKind::NotFound, sentence),
            AuthorityError::Wrong { pointer, detail } => {
                Problem::with_places(ProblemKind::InvalidBody, vec![ProblemError::at_pointer(pointer, detail)])
            }
            AuthorityError::Decided(_) | AuthorityError::Full => Problem::new(ProblemKind::Conflict, sentence),
            AuthorityError::Registry(error) => error.into(),
            error @ (AuthorityError::Store(_) | AuthorityError::Snapshot(_)) => internal(error),
        }
    }
}

/// An authorisation to be asked for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AuthorisationAsked {
    /// The brand's key in the registry.
    brand: String,
    /// Which marks, where, when; absent = all, everywhere, from now on.
    #[serde(default)]
    scope: Scope,
    /// The letter of authority: a document of the merchant.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    document: Option<DocumentId>,
}

/// Asks a brand's owner to confirm that a merchant may sell under its marks.
#[utoipa::path(
    post, path = "/v1/merchants/{id}/authorisations", tag = "merchants", request_body = AuthorisationAsked,
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 201, body = Authorisation), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn ask_authorisation(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    ApiJson(asked): ApiJson<AuthorisationAsked>,
) -> Result<(StatusCode, ApiJson<Authorisation>), Problem> {
    caller.require(Permission::MerchantsWrite)?;
    check_id(&id)?;
    if asked.scope.marks.len() > MAX_PARTS || asked.scope.markets.len() > MAX_PARTS {
        let place = ProblemError::at_pointer("/scope", format!("has more than {MAX_PARTS} marks or markets"));
        return Err(Problem::with_places(ProblemKind::InvalidBody, vec![place]));
    }
    let new = NewAuthorisation { merchant: id, brand: asked.brand, scope: asked.scope, document: asked.document };
    let authorisation = state.app.core.authority.ask(new, &caller.actor()).await?;
    Ok((StatusCode::CREATED, ApiJson(authorisation)))
}

/// Which authorisations are wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct Filter {
    /// The brand's key; brand owners must name one of theirs.
    brand: String,
    /// The platform's id of the merchant.
    merchant: String,
    /// asked, confirmed, refused or revoked.
    state: Option<String>,
    /// Rows wanted, 1 to 200; 50 when absent.
    limit: Option<u16>,
    /// The `next` of the previous page.
    cursor: Option<String>,
}

/// Whether the caller speaks for the brand: its owner does, and the platform does for everyone.
async fn speaks_for(state: &ApiState, caller: &Caller, brand: &str) -> Result<bool, Problem> {
    if caller.organisation_kind() == OrganisationKind::Platform {
        return Ok(true);
    }
    let keeper = store::keeper(&state.app.core.db, brand).await.map_err(internal)?;
    Ok(keeper == Some(caller.organisation()))
}

/// Authorisations, oldest first. Brand owners see those of their brands.
#[utoipa::path(
    get, path = "/v1/authorisations", tag = "merchants", params(Filter),
    responses((status = 200, body = Page<Authorisation>), (status = 400, body = Problem), (status = 404, body = Problem))
)]
async fn list_authorisations(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<Filter>,
) -> Result<ApiJson<Page<Authorisation>>, Problem> {
    caller.require(Permission::AuthorisationsDecide)?;
    if !speaks_for(&state, &caller, &asked.brand).await? {
        return Err(Problem::not_found("brand", &asked.brand));
    }
    let wrong = |detail: String| {
        Problem::with_places(ProblemKind::InvalidQuery, vec![ProblemError::at_parameter("state", detail)])
    };
    let wanted: Option<AuthorisationState> = asked.state.map(|text| text.parse().map_err(wrong)).transpose()?;
    let paging = PageQuery { limit: asked.limit, cursor: asked.cursor };
    let limit = paging.limit()?;
    let after: String = paging.position("authorisations")?.unwrap_or_default();
    let db = &state.app.core.db;
    let rows = store::list(db, &asked.brand, &asked.merchant, wanted, &after, i64::from(limit) + 1).await;
    let rows = rows.map_err(internal)?;
    Ok(ApiJson(Page::from_rows("authorisations", rows, limit, |own: &Authorisation| own.id.clone())))
}

/// What a brand owner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum AuthorisationWord {
    /// The merchant may sell.
    Confirmed,
    /// The merchant may not; the letter was not given.
    Refused,
    /// The merchant may no longer sell.
    Revoked,
}

/// A brand owner's decision.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AuthorisationDecision {
    /// confirmed, refused or revoked.
    decision: AuthorisationWord,
    /// Why.
    reason: String,
}

/// Confirms, refuses or revokes an authorisation; screening follows at once.
#[utoipa::path(
    post, path = "/v1/authorisations/{id}/decision", tag = "merchants", request_body = AuthorisationDecision,
    params(("id" = String, Path, description = "The authorisation's id")),
    responses((status = 200, body = Authorisation), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem))
)]
async fn decide_authorisation(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<AuthorisationId>,
    ApiJson(decision): ApiJson<AuthorisationDecision>,
) -> Result<ApiJson<Authorisation>, Problem> {
    caller.require(Permission::AuthorisationsDecide)?;
    let unknown = || Problem::not_found("authorisation", id);
    let found = store::get(&state.app.core.db, id).await.map_err(internal)?.ok_or_else(unknown)?;
    if !speaks_for(&state, &caller, &found.brand).await? {
        return Err(unknown());
    }
    let reason = check_reason(&decision.reason)?;
    let wanted = match decision.decision {
        AuthorisationWord::Confirmed => AuthorisationState::Confirmed,
        AuthorisationWord::Refused => AuthorisationState::Refused,
        AuthorisationWord::Revoked => AuthorisationState::Revoked,
    };
    Ok(ApiJson(state.app.core.authority.decide(id, wanted, &reason, &caller.actor()).await?))
}

/// Who speaks for a brand.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BrandKeeper {
    /// The organisation's id.
    #[schema(value_type = String)]
    organisation: OrganisationId,
}

/// Names the organisation that speaks for a brand: it answers merchants who want to be authorised.
#[utoipa::path(
    put, path = "/v1/brands/{key}/keeper", tag = "registry", request_body = BrandKeeper,
    params(("key" = String, Path, description = "The brand's name in the registry")),
    responses((status = 204, description = "Named"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn name_keeper(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(key): ApiPath<String>,
    ApiJson(keeper): ApiJson<BrandKeeper>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::RegistryWrite)?;
    state.app.core.authority.name_keeper(&key, keeper.organisation, &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
