//! The console's pages on which an organisation keeps its people and API keys.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::api::{manager, refused};
use super::manage::NewKey;
use super::model::Organisation;
use super::permission::Permission;
use super::roles::Role;
use super::service::NewPerson;
use super::settings_view::{self, KeysView, PeopleView};
use super::{pages, store};
use crate::http::console::page;
use crate::http::console::view::{Room, Shell};
use crate::http::extract::ApiPath;
use crate::http::internal;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::session::{Form, see_other};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::{ApiKeyId, PersonId};

/// A form's fields in their order; names may repeat.
type Fields = Form<Vec<(String, String)>>;

/// The pages, for people who have signed in.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/settings/people", get(people).post(enter_person))
        .route("/settings/people/{id}/roles", post(set_roles))
        .route("/settings/people/{id}/switch", post(switch))
        .route("/settings/people/{id}/link", post(invite_again))
        .route("/settings/keys", get(keys).post(make_key))
        .route("/settings/keys/{id}/end", post(end_key))
}

/// The value of the first field of this name.
fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// The values of all fields of this name.
fn values<'a>(fields: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn read_roles(fields: &[(String, String)]) -> Result<Vec<Role>, Problem> {
    let read = values(fields, "role").take(64).map(str::parse::<Role>);
    read.collect::<Result<_, _>>().map_err(|error| Problem::new(ProblemKind::InvalidBody, error.to_string()))
}

async fn own_organisation(state: &ApiState, caller: &Caller) -> Result<Organisation, Problem> {
    let found = store::organisation(&state.app.core.db, caller.organisation()).await.map_err(internal)?;
    found.ok_or_else(|| Problem::not_found("organisation", caller.organisation()))
}

fn shell(caller: &Caller, title: &str) -> Shell {
    Shell::new(title, Room::Account).of_caller(caller)
}

// ── People ──────────────────────────────────────────────────────────────────────────────────

async fn people(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    show_people(&state, &caller, StatusCode::OK, None, None).await
}

async fn show_people(
    state: &ApiState,
    caller: &Caller,
    status: StatusCode,
    link: Option<String>,
    problem: Option<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::PeopleManage)?;
    let organisation = own_organisation(state, caller).await?;
    let people = store::people(&state.app.core.db, organisation.id).await.map_err(internal)?;
    let own = caller.at_console().map(|at| at.person);
    let given = settings_view::roles_to_give(organisation.kind, caller.permissions());
    let view = PeopleView {
        shell: shell(caller, "People"),
        organisation: organisation.name,
        link,
        problem,
        rows: people.into_iter().map(|person| settings_view::person_row(person, own, &given, caller)).collect(),
        roles: given,
    };
    Ok(page(status, &view))
}

async fn enter_person(State(state): State<ApiState>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    caller.require(Permission::PeopleManage)?;
    let fields = fields.0;
    let (accounts, manager) = (&state.app.core.accounts, manager(&caller));
    let new = NewPerson {
        organisation: caller.organisation(),
        name: value(&fields, "name").to_owned(),
        email: value(&fields, "email").to_owned(),
        roles: read_roles(&fields)?,
    };
    manager.check_roles(&new.roles).map_err(refused)?;
    let person = match accounts.create_person(new, &manager.actor).await.map_err(|error| refused(error.into())) {
        Ok(person) => person,
        Err(problem) if problem.kind() == ProblemKind::Internal => return Err(problem),
        Err(problem) => {
            let said = Some(problem.detail().to_owned());
            return show_people(&state, &caller, problem.kind().status(), None, said).await;
        }
    };
    let link = accounts.sign_in_link(person.id, &manager.actor).await.map_err(internal)?;
    let link = state.options.public_url.with_path(&pages::link_path(&link));
    show_people(&state, &caller, StatusCode::CREATED, Some(link), None).await
}

/// The person of the caller's own organisation; another tenant's is not there.
async fn own_person(state: &ApiState, caller: &Caller, id: &str) -> Result<super::Person, Problem> {
    caller.require(Permission::PeopleManage)?;
    let unknown = || Problem::not_found("person", id.chars().take(64).collect::<String>());
    let parsed: PersonId = id.parse().map_err(|_| unknown())?;
    let found = state.app.core.accounts.person_of(caller.organisation(), parsed).await.map_err(internal)?;
    found.ok_or_else(unknown)
}

async fn set_roles(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let person = own_person(&state, &caller, &id).await?;
    let organisation = own_organisation(&state, &caller).await?;
    let roles = read_roles(&fields.0)?;
    let accounts = &state.app.core.accounts;
    accounts.set_roles(&person, &organisation, &roles, &manager(&caller)).await.map_err(refused)?;
    Ok(see_other("/settings/people"))
}

async fn switch(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let person = own_person(&state, &caller, &id).await?;
    let on = value(&fields.0, "on") == "true";
    state.app.core.accounts.switch(&person, on, &manager(&caller)).await.map_err(refused)?;
    Ok(see_other("/settings/people"))
}

/// Another link for somebody who never signed in. For others it would be a way into their
/// account past password and code; the command line makes those.
async fn invite_again(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<Response, Problem> {
    let person = own_person(&state, &caller, &id).await?;
    let manager = manager(&caller);
    manager.check_roles(&person.roles).map_err(refused)?;
    if person.signed_in_at.is_some() {
        return Err(Problem::new(
            ProblemKind::Conflict,
            "this person has signed in before; their links come from the command line",
        ));
    }
    let link = state.app.core.accounts.sign_in_link(person.id, &manager.actor).await.map_err(internal)?;
    let link = state.options.public_url.with_path(&pages::link_path(&link));
    show_people(&state, &caller, StatusCode::OK, Some(link), None).await
}

// ── Keys ────────────────────────────────────────────────────────────────────────────────────

async fn keys(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    show_keys(&state, &caller, StatusCode::OK, None, None).await
}

async fn show_keys(
    state: &ApiState,
    caller: &Caller,
    status: StatusCode,
    secret: Option<String>,
    problem: Option<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::KeysManage)?;
    let stored = store::keys(&state.app.core.db, caller.organisation()).await.map_err(internal)?;
    let now = state.app.core.clock.now();
    let view = KeysView {
        shell: shell(caller, "API keys"),
        secret,
        problem,
        rows: stored.into_iter().map(|key| settings_view::key_row(key, now)).collect(),
        scopes: super::view::allowed(caller.permissions()),
    };
    Ok(page(status, &view))
}

async fn make_key(State(state): State<ApiState>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    caller.require(Permission::KeysManage)?;
    let fields = fields.0;
    let scopes = values(&fields, "scope").take(64).map(str::parse::<Permission>).collect::<Result<Vec<_>, _>>();
    let scopes = scopes.map_err(|error| Problem::new(ProblemKind::InvalidBody, error.to_string()))?;
    let days = match value(&fields, "days").trim() {
        "" => None,
        // What is no number is out of bounds, too.
        text => Some(text.parse().unwrap_or(0)),
    };
    let new = NewKey { name: value(&fields, "name").to_owned(), scopes, days };
    let organisation = own_organisation(&state, &caller).await?;
    match state.app.core.accounts.create_key(&organisation, new, &manager(&caller)).await.map_err(refused) {
        Ok((key, _)) => show_keys(&state, &caller, StatusCode::CREATED, Some(key.reveal().to_owned()), None).await,
        Err(problem) if problem.kind() == ProblemKind::InvalidBody => {
            let said = Some(problem.detail().to_owned());
            show_keys(&state, &caller, problem.kind().status(), None, said).await
        }
        Err(problem) => Err(problem),
    }
}

async fn end_key(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::KeysManage)?;
    let unknown = || Problem::not_found("live key", id.chars().take(64).collect::<String>());
    let key: ApiKeyId = id.parse().map_err(|_| unknown())?;
    let accounts = &state.app.core.accounts;
    if !accounts.end_key(caller.organisation(), key, &manager(&caller)).await.map_err(internal)? {
        return Err(unknown());
    }
    state.forget_key(key).await;
    Ok(see_other("/settings/keys"))
}
