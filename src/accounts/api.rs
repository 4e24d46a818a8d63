//! The endpoints of accounts: oneself, API keys, people, organisations.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::manage::{ManageError, Manager, NewKey};
use super::model::{Organisation, OrganisationKind, Person, StoredKey};
use super::permission::Permission;
use super::roles::Role;
use super::service::{AccountError, NewPerson};
use super::{pages, store};
use crate::http::extract::{ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::Instant;
use crate::kernel::id::{ApiKeyId, OrganisationId, PersonId};

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(list_keys, create_key))
        .routes(routes!(end_key))
        .routes(routes!(list_people, create_person))
        .routes(routes!(change_person))
        .routes(routes!(list_organisations, create_organisation))
}

/// Who manages, as the service wants to know it.
pub(super) fn manager(caller: &Caller) -> Manager {
    Manager { actor: caller.actor(), may_give: caller.permissions() }
}

/// A refusal at the member of the body that caused it.
pub(super) fn refused(error: ManageError) -> Problem {
    let at = |pointer: &str, error: &dyn std::fmt::Display| {
        Problem::with_places(ProblemKind::InvalidBody, vec![ProblemError::at_pointer(pointer, error.to_string())])
    };
    match &error {
        ManageError::BeyondOwn(_) | ManageError::OwnAccount => Problem::new(ProblemKind::Forbidden, error.to_string()),
        ManageError::NoEffect(_) | ManageError::NoScope => at("/scopes", &error),
        ManageError::Days => at("/days", &error),
        ManageError::Account(inner) => match inner {
            AccountError::Store(_) => internal(error),
            AccountError::Taken => Problem::new(ProblemKind::Conflict, error.to_string()),
            AccountError::Name => at("/name", inner),
            AccountError::Email(_) => at("/email", inner),
            AccountError::RoleDoesNotFit { .. } => at("/roles", inner),
            AccountError::SecondPlatform => at("/kind", inner),
            AccountError::NoOrganisation(_) => at("/organisation", inner),
        },
    }
}

/// The organisation that a request is about: the caller's, or, for the platform, the one it
/// names. Another tenant's is not there.
async fn about(state: &ApiState, caller: &Caller, named: Option<&str>) -> Result<Organisation, Problem> {
    let unknown = |name: &str| Problem::not_found("organisation", name.chars().take(64).collect::<String>());
    let id = match named {
        None => caller.organisation(),
        Some(text) => text.parse().map_err(|_| unknown(text))?,
    };
    if !caller.sees(id) {
        return Err(unknown(&id.to_string()));
    }
    let found = store::organisation(&state.app.core.db, id).await.map_err(internal)?;
    found.ok_or_else(|| unknown(&id.to_string()))
}

/// Which organisation.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct About {
    /// The organisation, `org_…`; absent = one's own. Only the platform names another.
    organisation: Option<String>,
}

// ── Oneself ─────────────────────────────────────────────────────────────────────────────────

/// Who calls.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Me {
    /// The name in the audit log: `key_…` or `per_…`.
    actor: String,
    /// The organisation.
    #[schema(value_type = String)]
    organisation: OrganisationId,
    /// What it is to the platform: `platform`, `brand_owner`, `agent` or `merchant`.
    #[schema(value_type = String)]
    kind: OrganisationKind,
    /// What the caller may do.
    permissions: Vec<&'static str>,
}

/// Who calls, and what they may do.
#[utoipa::path(get, path = "/v1/me", tag = "accounts", responses((status = 200, body = Me)))]
async fn me(caller: Caller) -> ApiJson<Me> {
    ApiJson(Me {
        actor: caller.actor(),
        organisation: caller.organisation(),
        kind: caller.organisation_kind(),
        permissions: caller.permissions().iter().map(Permission::as_str).collect(),
    })
}

// ── Keys ────────────────────────────────────────────────────────────────────────────────────

/// An API key without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct KeyView {
    /// Its id.
    #[schema(value_type = String)]
    id: ApiKeyId,
    /// What it is for.
    name: String,
    /// What it may do.
    scopes: Vec<&'static str>,
    /// When it was made.
    #[schema(value_type = String)]
    created_at: Instant,
    /// First moment it no longer works; absent = never.
    #[schema(value_type = Option<String>)]
    expires_at: Option<Instant>,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>)]
    last_used_at: Option<Instant>,
    /// When it was ended.
    #[schema(value_type = Option<String>)]
    revoked_at: Option<Instant>,
}

impl From<StoredKey> for KeyView {
    fn from(key: StoredKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A key to make.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    /// What it is for.
    name: String,
    /// What it may do; nothing that the caller may not.
    scopes: Vec<String>,
    /// Days until it ends, 1 to 3,650; absent = never.
    days: Option<u32>,
}

/// A key that was just made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MadeKey {
    /// The key in full; it is shown this once.
    secret: String,
    /// The same as the list shows.
    key: KeyView,
}

/// The keys of an organisation, newest first.
#[utoipa::path(
    get, path = "/v1/keys", tag = "accounts", params(About),
    responses((status = 200, body = Vec<KeyView>), (status = 404, body = Problem))
)]
async fn list_keys(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<About>,
) -> Result<ApiJson<Vec<KeyView>>, Problem> {
    caller.require(Permission::KeysManage)?;
    let organisation = about(&state, &caller, asked.organisation.as_deref()).await?;
    let keys = store::keys(&state.app.core.db, organisation.id).await.map_err(internal)?;
    Ok(ApiJson(keys.into_iter().map(KeyView::from).collect()))
}

/// Makes a key; its secret is in the answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/keys", tag = "accounts", params(About), request_body = KeyBody,
    responses((status = 201, body = MadeKey), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn create_key(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<About>,
    ApiJson(body): ApiJson<KeyBody>,
) -> Result<(StatusCode, ApiJson<MadeKey>), Problem> {
    caller.require(Permission::KeysManage)?;
    let organisation = about(&state, &caller, asked.organisation.as_deref()).await?;
    let mut scopes = Vec::with_capacity(body.scopes.len().min(64));
    for (place, text) in body.scopes.iter().enumerate() {
        scopes.push(text.parse::<Permission>().map_err(|error| {
            let place = ProblemError::at_pointer(format!("/scopes/{place}"), error.to_string());
            Problem::with_places(ProblemKind::InvalidBody, vec![place])
        })?);
    }
    let new = NewKey { name: body.name, scopes, days: body.days };
    let made = state.app.core.accounts.create_key(&organisation, new, &manager(&caller)).await;
    let (key, stored) = made.map_err(refused)?;
    Ok((StatusCode::CREATED, ApiJson(MadeKey { secret: key.reveal().to_owned(), key: stored.into() })))
}

/// Ends a key; it stops working at once here and within five seconds elsewhere.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "accounts",
    params(("id" = String, Path, description = "The key, key_…"), About),
    responses((status = 204, description = "It is ended"), (status = 404, body = Problem))
)]
async fn end_key(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<ApiKeyId>,
    ApiQuery(asked): ApiQuery<About>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::KeysManage)?;
    let organisation = about(&state, &caller, asked.organisation.as_deref()).await?;
    let ended = state.app.core.accounts.end_key(organisation.id, id, &manager(&caller)).await.map_err(internal)?;
    if !ended {
        return Err(Problem::not_found("live key", id));
    }
    state.forget_key(id).await;
    Ok(StatusCode::NO_CONTENT)
}

// ── People ──────────────────────────────────────────────────────────────────────────────────

/// A person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PersonView {
    /// Their id.
    #[schema(value_type = String)]
    id: PersonId,
    /// Their organisation.
    #[schema(value_type = String)]
    organisation: OrganisationId,
    /// Their name.
    name: String,
    /// Their mail address.
    email: String,
    /// Their roles.
    roles: Vec<&'static str>,
    /// When they were entered.
    #[schema(value_type = String)]
    created_at: Instant,
    /// Their last sign-in.
    #[schema(value_type = Option<String>)]
    signed_in_at: Option<Instant>,
    /// When the account was switched off.
    #[schema(value_type = Option<String>)]
    disabled_at: Option<Instant>,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        Self {
            id: person.id,
            organisation: person.organisation,
            name: person.name,
            email: person.email,
            roles: person.roles.iter().map(|role| role.as_str()).collect(),
            created_at: person.created_at,
            signed_in_at: person.signed_in_at,
            disabled_at: person.disabled_at,
        }
    }
}

/// A person to enter.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonBody {
    /// Their name.
    name: String,
    /// Their mail address; one account each.
    email: String,
    /// Their roles; nothing that the caller may not.
    roles: Vec<String>,
}

/// A person who was just entered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EnteredPerson {
    /// An address that signs them in once, within the hour. Pass it on; it is shown this once.
    link: String,
    /// The person.
    person: PersonView,
}

/// What to change of a person.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonChange {
    /// All roles from now on; absent = as they are.
    roles: Option<Vec<String>>,
    /// Whether the account is on; switching it off ends its sessions. Absent = as it is.
    active: Option<bool>,
}

fn read_roles(texts: &[String]) -> Result<Vec<Role>, Problem> {
    let mut roles = Vec::new();
    for (place, text) in texts.iter().enumerate().take(64) {
        let role: Role = text.parse().map_err(|error: super::roles::UnknownRole| {
            let place = ProblemError::at_pointer(format!("/roles/{place}"), error.to_string());
            Problem::with_places(ProblemKind::InvalidBody, vec![place])
        })?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}

/// The people of an organisation.
#[utoipa::path(
    get, path = "/v1/people", tag = "accounts", params(About),
    responses((status = 200, body = Vec<PersonView>), (status = 404, body = Problem))
)]
async fn list_people(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<About>,
) -> Result<ApiJson<Vec<PersonView>>, Problem> {
    caller.require(Permission::PeopleManage)?;
    let organisation = about(&state, &caller, asked.organisation.as_deref()).await?;
    let people = store::people(&state.app.core.db, organisation.id).await.map_err(internal)?;
    Ok(ApiJson(people.into_iter().map(PersonView::from).collect()))
}

/// Enters a person; the answer holds a link that signs them in once.
#[utoipa::path(
    post, path = "/v1/people", tag = "accounts", params(About), request_body = PersonBody,
    responses(
        (status = 201, body = EnteredPerson), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)
    )
)]
async fn create_person(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<About>,
    ApiJson(body): ApiJson<PersonBody>,
) -> Result<(StatusCode, ApiJson<EnteredPerson>), Problem> {
    caller.require(Permission::PeopleManage)?;
    let organisation = about(&state, &caller, asked.organisation.as_deref()).await?;
    let roles = read_roles(&body.roles)?;
    let manager = manager(&caller);
    manager.check_roles(&roles).map_err(refused)?;
    let new = NewPerson { organisation: organisation.id, name: body.name, email: body.email, roles };
    let accounts = &state.app.core.accounts;
    let person = accounts.create_person(new, &manager.actor).await.map_err(|error| refused(error.into()))?;
    let link = accounts.sign_in_link(person.id, &manager.actor).await.map_err(|error| refused(error.into()))?;
    let link = state.options.public_url.with_path(&pages::link_path(&link));
    Ok((StatusCode::CREATED, ApiJson(EnteredPerson { link, person: person.into() })))
}

/// Changes a person's roles, or switches their account off or on.
#[utoipa::path(
    patch, path = "/v1/people/{id}", tag = "accounts", request_body = PersonChange,
    params(("id" = String, Path, description = "The person, per_…"), About),
    responses((status = 200, body = PersonView), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn change_person(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<PersonId>,
    ApiQuery(asked): ApiQuery<About>,
    ApiJson(body): ApiJson<PersonChange>,
) -> Result<ApiJson<PersonView>, Problem> {
    caller.require(Permission::PeopleManage)?;
    let organisation = about(&state, &caller, asked.organisation.as_deref()).await?;
    let accounts = &state.app.core.accounts;
    let unknown = || Problem::not_found("person", id);
    let person = accounts.person_of(organisation.id, id).await.map_err(internal)?.ok_or_else(unknown)?;
    let manager = manager(&caller);
    if let Some(roles) = &body.roles {
        accounts.set_roles(&person, &organisation, &read_roles(roles)?, &manager).await.map_err(refused)?;
    }
    if let Some(active) = body.active {
        accounts.switch(&person, active, &manager).await.map_err(refused)?;
    }
    let changed = accounts.person_of(organisation.id, id).await.map_err(internal)?.ok_or_else(unknown)?;
    Ok(ApiJson(changed.into()))
}

// ── Organisations ───────────────────────────────────────────────────────────────────────────

/// An organisation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct OrganisationView {
    /// Its id.
    #[schema(value_type = String)]
    id: OrganisationId,
    /// `platform`, `brand_owner`, `agent` or `merchant`.
    #[schema(value_type = String)]
    kind: OrganisationKind,
    /// Its name.
    name: String,
    /// When it was entered.
    #[schema(value_type = String)]
    created_at: Instant,
    /// When it was closed.
    #[schema(value_type = Option<String>)]
    closed_at: Option<Instant>,
}

impl From<Organisation> for OrganisationView {
    fn from(organisation: Organisation) -> Self {
        let Organisation { id, kind, name, created_at, closed_at } = organisation;
        Self { id, kind, name, created_at, closed_at }
    }
}

/// An organisation to enter.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OrganisationBody {
    /// `brand_owner`, `agent` or `merchant`.
    kind: String,
    /// Its name.
    name: String,
}

/// Where the list goes on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct ListAfter {
    /// Id of the last organisation of the page before; absent = from the first.
    after: Option<String>,
}

/// Organisations in the order of their entry, at most 1,000 after `after`.
#[utoipa::path(
    get, path = "/v1/organisations", tag = "accounts", params(ListAfter),
    responses((status = 200, body = Vec<OrganisationView>))
)]
async fn list_organisations(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<ListAfter>,
) -> Result<ApiJson<Vec<OrganisationView>>, Problem> {
    caller.require(Permission::OrganisationsManage)?;
    let wrong = |error: crate::kernel::id::ParseIdError| {
        let place = ProblemError::at_parameter("after", error.to_string());
        Problem::with_places(ProblemKind::InvalidQuery, vec![place])
    };
    let after = asked.after.as_deref().map(|text| text.parse().map_err(wrong)).transpose()?;
    let found = store::organisations(&state.app.core.db, after).await.map_err(internal)?;
    Ok(ApiJson(found.into_iter().map(OrganisationView::from).collect()))
}

/// Enters an organisation.
#[utoipa::path(
    post, path = "/v1/organisations", tag = "accounts", request_body = OrganisationBody,
    responses((status = 201, body = OrganisationView), (status = 422, body = Problem))
)]
async fn create_organisation(
    State(state): State<ApiState>,
    caller: Caller,
    ApiJson(body): ApiJson<OrganisationBody>,
) -> Result<(StatusCode, ApiJson<OrganisationView>), Problem> {
    caller.require(Permission::OrganisationsManage)?;
    let kind: OrganisationKind = body.kind.parse().map_err(|error: super::model::UnknownKind| {
        Problem::with_places(ProblemKind::InvalidBody, vec![ProblemError::at_pointer("/kind", error.to_string())])
    })?;
    let made = state.app.core.accounts.create_organisation(kind, &body.name, &caller.actor()).await;
    let made = made.map_err(|error| refused(error.into()))?;
    Ok((StatusCode::CREATED, ApiJson(made.into())))
}
