//! The console's pages of sign-in, sign-out and one's own account.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::password::Password;
use super::permission::Permission;
use super::policy::Policy;
use super::secret::Secret;
use super::service::Visit;
use super::sign_in::{OwnAccountError, SignIn, Typed};
use super::view::{self, AccountView, SignInView};
use crate::http::caller::AtConsole;
use crate::http::console::view::{Room, Shell};
use crate::http::console::{self, page};
use crate::http::extract::{ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::session::{self, Cookie, Form, local_path, see_other};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::SessionId;
use crate::system::random_bytes;

/// The pages for people who have signed in.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/account", get(account))
        .route("/account/password", post(choose_password))
        .route("/account/second-factor/start", post(start_second_factor))
        .route("/account/second-factor/confirm", post(confirm_second_factor))
        .route("/account/second-factor/remove", post(remove_second_factor))
        .route("/account/sessions/{id}/end", post(end_session))
        .route("/sign-out", post(sign_out))
}

/// The pages that lead there.
pub fn open_routes() -> Router<ApiState> {
    Router::new().route("/sign-in", get(sign_in).post(sign_in_typed)).route("/sign-in/link/{secret}", get(use_link))
}

/// The path of a link that signs in once.
pub fn link_path(link: &Secret) -> String {
    format!("/sign-in/link/{}", link.reveal())
}

// ── Sign-in ─────────────────────────────────────────────────────────────────────────────────

/// Where to go on after the sign-in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Onward {
    to: Option<String>,
}

/// What the sign-in form shows.
#[derive(Default)]
struct Ask<'a> {
    to: &'a str,
    email: &'a str,
    problem: Option<&'a str>,
}

async fn sign_in(State(state): State<ApiState>, ApiQuery(onward): ApiQuery<Onward>, headers: HeaderMap) -> Response {
    let to = local_path(onward.to.as_deref());
    match session::signed_in(&state, &headers).await {
        Ok(Some(_)) => see_other(to),
        Ok(None) => ask(&state, &headers, StatusCode::OK, Ask { to, ..Ask::default() }),
        Err(problem) => console::problem_page(Shell::new("Sign in", Room::Elsewhere), &problem, None),
    }
}

/// The form. A cookie of its own, given before anybody has signed in, keeps other sites from
/// sending it: otherwise they could sign somebody in to the attacker's account.
fn ask(state: &ApiState, headers: &HeaderMap, status: StatusCode, show: Ask<'_>) -> Response {
    let held = session::held(headers, Cookie::Form, &state.options);
    let secret = held.clone().unwrap_or_else(|| Secret::new(random_bytes()));
    let view = SignInView {
        shell: Shell::new("Sign in", Room::Elsewhere),
        token: session::token(&secret),
        to: local_path(Some(show.to)).to_owned(),
        email: show.email.to_owned(),
        problem: show.problem.map(str::to_owned),
    };
    let mut answer = page(status, &view);
    if held.is_none() {
        session::set_cookie(&mut answer, Cookie::Form, &secret, session::FORM_SECONDS, &state.options);
    }
    answer
}

/// What the sign-in form sends.
#[derive(Deserialize)]
struct SignInForm {
    #[serde(default)]
    csrf: String,
    email: String,
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    to: String,
}

async fn sign_in_typed(
    State(state): State<ApiState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, Problem> {
    let show = |status, problem| {
        let (to, email) = (form.to.as_str(), form.email.as_str());
        ask(&state, &headers, status, Ask { to, email, problem: Some(problem) })
    };
    let held = session::held(&headers, Cookie::Form, &state.options);
    if !held.is_some_and(|secret| session::same(&form.csrf, &session::token(&secret))) {
        return Ok(show(StatusCode::FORBIDDEN, "The form was too old, or the browser keeps no cookies. Try again."));
    }
    let typed =
        Typed { email: form.email.clone(), password: Password::new(form.password.clone()), code: form.code.clone() };
    let visit = visit_of(&headers, peer, &state);
    Ok(match state.app.core.accounts.sign_in(typed, visit).await.map_err(internal)? {
        SignIn::Opened { opened, device } => {
            let mut answer = see_other(local_path(Some(&form.to)));
            session::set_cookie(&mut answer, Cookie::Session, &opened.secret, opened.seconds, &state.options);
            if let Some(device) = device {
                let seconds = Policy::at(state.app.core.clock.now()).device_seconds;
                session::set_cookie(&mut answer, Cookie::Device, &device, seconds, &state.options);
            }
            answer
        }
        SignIn::Wrong => show(StatusCode::FORBIDDEN, "The mail address, the password or the code is wrong."),
        SignIn::Wait => {
            let said = "Too many wrong tries. Wait some minutes, use a browser that you signed in with before, or ask for a link.";
            show(StatusCode::TOO_MANY_REQUESTS, said)
        }
    })
}

/// Signs in with a link. Browsers that load pages ahead of the click do not use it up.
async fn use_link(
    State(state): State<ApiState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiPath(link): ApiPath<String>,
    ApiQuery(onward): ApiQuery<Onward>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let purpose = headers.get("sec-purpose").or_else(|| headers.get("purpose"));
    let ahead = purpose.is_some_and(|value| value.to_str().is_ok_and(|value| value.contains("prefetch")));
    if method == Method::HEAD || ahead {
        return Ok(ask(&state, &headers, StatusCode::SERVICE_UNAVAILABLE, Ask::default()));
    }
    let onward = local_path(onward.to.as_deref());
    let visit = visit_of(&headers, peer, &state);
    let opened = match link.parse::<Secret>() {
        Ok(link) => state.app.core.accounts.use_link(&link, visit).await.map_err(internal)?,
        Err(_) => None,
    };
    let Some(opened) = opened else {
        // The second click on a link: its owner is signed in already.
        if session::signed_in(&state, &headers).await?.is_some() {
            return Ok(see_other(onward));
        }
        let problem = Some("This link was used before, has run out or is not complete. Ask for another one.");
        return Ok(ask(&state, &headers, StatusCode::FORBIDDEN, Ask { problem, ..Ask::default() }));
    };
    let mut answer = see_other(onward);
    session::set_cookie(&mut answer, Cookie::Session, &opened.secret, opened.seconds, &state.options);
    Ok(answer)
}

/// Where a sign-in comes from.
fn visit_of(headers: &HeaderMap, peer: SocketAddr, state: &ApiState) -> Visit {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Visit {
        agent: agent.to_owned(),
        address: session::address_of(headers, peer, &state.options),
        replaces: session::held(headers, Cookie::Session, &state.options),
        device: session::held(headers, Cookie::Device, &state.options),
    }
}

async fn sign_out(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    let at = at_console(&caller)?;
    state.app.core.accounts.end_session(at.person, at.session).await.map_err(internal)?;
    let mut answer = see_other("/sign-in");
    session::clear_cookie(&mut answer, &state.options);
    Ok(answer)
}

// ── One's own account ───────────────────────────────────────────────────────────────────────

fn at_console(caller: &Caller) -> Result<&AtConsole, Problem> {
    caller.at_console().ok_or_else(|| Problem::new(ProblemKind::Forbidden, "this page is for people, not for keys"))
}

/// What the account's page says beside what it always shows.
#[derive(Default)]
struct Said {
    done: Option<&'static str>,
    problem: Option<String>,
    recovery_codes: Vec<String>,
}

async fn account(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    show_account(&state, &caller, StatusCode::OK, Said::default()).await
}

async fn show_account(state: &ApiState, caller: &Caller, status: StatusCode, said: Said) -> Result<Response, Problem> {
    let at = at_console(caller)?;
    let accounts = &state.app.core.accounts;
    let sessions = accounts.sessions(at.person).await.map_err(internal)?;
    let credentials = accounts.credentials(at.person).await.map_err(internal)?;
    let credentials = credentials.ok_or_else(|| Problem::not_found("person", at.person))?;
    let codes_left = accounts.recovery_codes_left(at.person).await.map_err(internal)?;
    let view = AccountView {
        shell: Shell::new("Account", Room::Account).of_caller(caller),
        name: at.name.clone(),
        organisation: at.organisation.clone(),
        may_people: caller.may(Permission::PeopleManage),
        may_keys: caller.may(Permission::KeysManage),
        done: said.done,
        problem: said.problem,
        recovery_codes: said.recovery_codes,
        has_password: credentials.password_hash.is_some(),
        password_letters: Policy::at(state.app.core.clock.now()).password_letters,
        factor: view::factor(&credentials, codes_left),
        permissions: view::allowed(caller.permissions()),
        sessions: view::rows(sessions, at.session),
    };
    Ok(page(status, &view))
}

/// Shows the account with what came of a step.
async fn after(
    state: &ApiState,
    caller: &Caller,
    result: Result<Vec<String>, OwnAccountError>,
    done: &'static str,
) -> Result<Response, Problem> {
    let (status, said) = match result {
        Ok(recovery_codes) => (StatusCode::OK, Said { done: Some(done), recovery_codes, ..Said::default() }),
        Err(OwnAccountError::Store(error)) => return Err(internal(error)),
        Err(error) => {
            let status = match error {
                OwnAccountError::Wait => StatusCode::TOO_MANY_REQUESTS,
                OwnAccountError::State => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (status, Said { problem: Some(sentence(&error.to_string())), ..Said::default() })
        }
    };
    show_account(state, caller, status, said).await
}

/// An error's words as a sentence of a page.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    current: String,
    new: String,
}

async fn choose_password(
    State(state): State<ApiState>,
    caller: Caller,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Problem> {
    let at = at_console(&caller)?;
    let (current, new) = (Password::new(form.current), Password::new(form.new));
    let chosen = state.app.core.accounts.choose_password(at.person, at.session, current, new).await;
    after(&state, &caller, chosen.map(|()| Vec::new()), "The password is saved.").await
}

#[derive(Deserialize)]
struct CodeForm {
    code: String,
}

async fn start_second_factor(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    let started = state.app.core.accounts.start_second_factor(at_console(&caller)?.person).await;
    after(&state, &caller, started.map(|()| Vec::new()), "Enter the key in your app, then its code here.").await
}

async fn confirm_second_factor(
    State(state): State<ApiState>,
    caller: Caller,
    Form(form): Form<CodeForm>,
) -> Result<Response, Problem> {
    let person = at_console(&caller)?.person;
    let codes = state.app.core.accounts.confirm_second_factor(person, &form.code).await;
    after(&state, &caller, codes, "The authenticator app is asked for from now on.").await
}

async fn remove_second_factor(
    State(state): State<ApiState>,
    caller: Caller,
    Form(form): Form<CodeForm>,
) -> Result<Response, Problem> {
    let person = at_console(&caller)?.person;
    let removed = state.app.core.accounts.remove_second_factor(person, &form.code).await;
    after(&state, &caller, removed.map(|()| Vec::new()), "The authenticator app is no longer asked for.").await
}

async fn end_session(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<Response, Problem> {
    let at = at_console(&caller)?;
    let unknown = || Problem::not_found("session", &id);
    let session: SessionId = id.parse().map_err(|_| unknown())?;
    if !state.app.core.accounts.end_session(at.person, session).await.map_err(internal)? {
        return Err(unknown());
    }
    Ok(see_other("/account"))
}
