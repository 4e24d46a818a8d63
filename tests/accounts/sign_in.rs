//! Sign-in by password and code: what opens, what does not, and who can lock whom out.

use std::collections::BTreeMap;

use axum::http::Method;
use rstest::rstest;

use assay::accounts::model::OrganisationKind;
use assay::accounts::password::Password;
use assay::accounts::policy::Policy;
use assay::accounts::sign_in::{OwnAccountError, SignIn, Typed};
use assay::accounts::totp;
use assay::kernel::id::{PersonId, SessionId};
use assay::params;

use super::support::Engine;
use super::support::server::{Answer, Call, Server};
use super::{PLATFORM, change, now};

const PASSWORD: &str = "a winter morning walk";

/// A browser: keeps cookies, fills in the sign-in form.
struct Browser<'server> {
    server: &'server Server,
    cookies: BTreeMap<String, String>,
}

impl<'server> Browser<'server> {
    fn new(server: &'server Server) -> Self {
        Self { server, cookies: BTreeMap::new() }
    }

    async fn send(&mut self, call: Call<'_>) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let call = call.key(None).header("accept", "text/html").header("cookie", &cookies.join("; "));
        let answer = call.send().await;
        for set in answer.headers.get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(self.server.call(Method::GET, path)).await
    }

    /// Signs in over the form; the session it may hold is put aside first.
    async fn sign_in(&mut self, email: &str, password: &str, code: &str) -> Answer {
        self.cookies.remove("assay");
        let form = self.get("/sign-in?to=/account").await;
        let token = token_of(&form);
        let (password, code) = (password.replace(' ', "+"), code.replace(' ', "+"));
        let fields =
            [("csrf", token.as_str()), ("email", email), ("password", &password), ("code", &code), ("to", "/account")];
        self.send(self.server.call(Method::POST, "/sign-in").form(&fields)).await
    }

    /// Sends a form of the account's page.
    async fn step(&mut self, path: &str, field: (&str, &str)) -> Answer {
        let token = token_of(&self.get("/account").await);
        self.send(self.server.call(Method::POST, path).form(&[("csrf", &token), field])).await
    }
}

fn token_of(page: &Answer) -> String {
    let rest = page.is(200).text.split_once("name=\"csrf\" value=\"").expect("a form with a token").1;
    rest.split('"').next().unwrap().to_owned()
}

/// A new person with a password, and their mail address.
async fn ada(server: &Server) -> (PersonId, String) {
    let person = server.person(PLATFORM, &["reviewer"]).await;
    (person, with_password(server, person).await)
}

async fn with_password(server: &Server, person: PersonId) -> String {
    let accounts = &server.app.core.accounts;
    let no_session = SessionId::from_uuid(uuid::Uuid::from_u128(7));
    let new = Password::new(PASSWORD.to_owned());
    accounts.choose_password(person, no_session, Password::new(String::new()), new).await.unwrap();
    accounts.credentials(person).await.unwrap().unwrap().person.email
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_password_opens_and_every_other_try_is_answered_alike(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let (person, email) = ada(&server).await;
    let mut browser = Browser::new(&server);
    let wrong = browser.sign_in(&email, "a winter morning wall", "").await;
    let nobody = browser.sign_in("nobody@example.com", PASSWORD, "").await;
    let same = |answer: &Answer| answer.text.replace(&email, "").replace("nobody@example.com", "");
    assert!(wrong.is(403).text.contains("The mail address, the password or the code is wrong."));
    assert_eq!((nobody.status, same(&nobody)), (403, same(&wrong)));
    let none = server.person(PLATFORM, &["reviewer"]).await;
    let none = server.app.core.accounts.credentials(none).await.unwrap().unwrap().person.email;
    browser.sign_in(&none, "", "").await.is(403);
    browser.sign_in(&email, &"x".repeat(5_000), "").await.is(403);
    assert!(!browser.cookies.contains_key("assay"));
    let right = browser.sign_in(&email.to_uppercase(), PASSWORD, "").await;
    assert_eq!(right.is(303).header("location"), "/account");
    browser.get("/account").await.is(200);
    // A session that is replaced by a new sign-in is over.
    let before = browser.cookies["assay"].clone();
    let token = token_of(&browser.get("/account").await);
    assert!(!token.is_empty());
    let form = browser.cookies["assay-form"].clone();
    let opened =
        server.call(Method::GET, "/sign-in").key(None).header("cookie", &format!("assay-form={form}")).send().await;
    let fields = [("csrf", token_of(&opened)), ("email", email.clone()), ("password", PASSWORD.replace(' ', "+"))];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.send(server.call(Method::POST, "/sign-in").form(&fields)).await.is(303);
    assert_ne!(browser.cookies["assay"], before);
    let old = format!("assay={before}");
    server.call(Method::GET, "/account").key(None).header("cookie", &old).send().await.is_problem("unauthenticated");
    let past = now(&server).plus_seconds(-1);
    change(&server, "UPDATE person SET disabled_at = $1 WHERE id = $2", params![past, person]).await;
    browser.sign_in(&email, PASSWORD, "").await.is(403);
    let db = &server.app.core.db;
    let text = "SELECT entry FROM audit_entry WHERE kind = 'person.sign_in_failed'";
    let failures = db.all(text, vec![]).await.unwrap();
    assert_eq!(failures.len(), 5);
    assert!(failures.iter().all(|row| !row.get::<String>("entry").unwrap().contains("example.com")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_people_of_a_closed_organisation_do_not_get_in() {
    let server = Server::start(Engine::Sqlite).await;
    let merchant = server.organisation(OrganisationKind::Merchant).await;
    let person = server.person(merchant, &[]).await;
    let email = with_password(&server, person).await;
    Browser::new(&server).sign_in(&email, PASSWORD, "").await.is(303);
    let past = now(&server).plus_seconds(-1);
    change(&server, "UPDATE organisation SET closed_at = $1 WHERE id = $2", params![past, merchant]).await;
    Browser::new(&server).sign_in(&email, PASSWORD, "").await.is(403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_site_cannot_send_the_sign_in_form() {
    let server = Server::start(Engine::Sqlite).await;
    let (_, email) = ada(&server).await;
    let mut browser = Browser::new(&server);
    let own = token_of(&browser.get("/sign-in").await);
    let others = token_of(&Browser::new(&server).get("/sign-in").await);
    let password = PASSWORD.replace(' ', "+");
    for (token, cookies) in [("", true), (others.as_str(), true), (own.as_str(), false)] {
        let mut browser =
            Browser { server: &server, cookies: if cookies { browser.cookies.clone() } else { BTreeMap::new() } };
        let fields = [("csrf", token), ("email", email.as_str()), ("password", password.as_str())];
        let answer = browser.send(server.call(Method::POST, "/sign-in").form(&fields)).await;
        assert!(answer.is(403).text.contains("The form was too old") && !browser.cookies.contains_key("assay"));
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hammers_an_account_locks_out_strangers_but_not_its_owners_browser(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let (_, email) = ada(&server).await;
    let mut owner = Browser::new(&server);
    owner.sign_in(&email, PASSWORD, "").await.is(303);
    let most = Policy::at(now(&server)).guesses_of_account.failures;
    let mut stranger = Browser::new(&server);
    for _ in 0..most {
        stranger.sign_in(&email, "a winter morning wall", "").await.is(403);
    }
    let locked = stranger.sign_in(&email, PASSWORD, "").await;
    assert!(locked.is(429).text.contains("Too many wrong tries"), "even the right password waits");
    for _ in 0..3 {
        owner.sign_in(&email, PASSWORD, "").await.is(303);
    }
    // Another account is not touched, nor does knowing one account's browser help with another.
    let (_, other) = ada(&server).await;
    stranger.sign_in(&other, PASSWORD, "").await.is(303);
    stranger.sign_in(&email, PASSWORD, "").await.is(429);
    // The owner's own browser has its own budget, and that ends too.
    for _ in 0..most {
        owner.sign_in(&email, "a winter morning wall", "").await.is(403);
    }
    owner.sign_in(&email, PASSWORD, "").await.is(429);
    let past = now(&server).plus_seconds(-1);
    change(&server, "UPDATE guess_budget SET whole_at = $1", params![past]).await;
    stranger.sign_in(&email, PASSWORD, "").await.is(303);
    owner.sign_in(&email, PASSWORD, "").await.is(303);
    change(&server, "UPDATE guess_budget SET whole_at = $1", params![past]).await;
    server.app.core.accounts.forget_old().await.unwrap();
    assert!(server.app.core.db.all("SELECT name FROM guess_budget", vec![]).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_has_only_so_many_wrong_guesses_at_all_accounts_together() {
    let server = Server::start(Engine::Sqlite).await;
    let (_, email) = ada(&server).await;
    let mut owner = Browser::new(&server);
    owner.sign_in(&email, PASSWORD, "").await.is(303);
    let spent = now(&server).plus_seconds({
        let budget = Policy::at(now(&server)).guesses_of_address;
        budget.failures * budget.seconds_each + 60
    });
    Browser::new(&server).sign_in("nobody@example.com", "wrong", "").await.is(403);
    let text = "UPDATE guess_budget SET whole_at = $1 WHERE name = 'address 127.0.0.1'";
    change(&server, text, params![spent]).await;
    Browser::new(&server).sign_in("somebody@example.com", "wrong", "").await.is(429);
    Browser::new(&server).sign_in(&email, PASSWORD, "").await.is(429);
    owner.sign_in(&email, PASSWORD, "").await.is(303);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_guesses_at_once_no_more_are_looked_at_than_the_budget_has(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let (_, email) = ada(&server).await;
    let most = Policy::at(now(&server)).guesses_of_account.failures as usize;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..most + 8 {
        let (accounts, email) = (server.app.core.accounts.clone(), email.clone());
        tasks.spawn(async move {
            let typed = Typed { email, password: Password::new("wrong".to_owned()), code: String::new() };
            let visit = assay::accounts::service::Visit { address: "192.0.2.1".to_owned(), ..Default::default() };
            matches!(accounts.sign_in(typed, visit).await.unwrap(), SignIn::Wrong)
        });
    }
    let looked_at = tasks.join_all().await.into_iter().filter(|looked| *looked).count();
    assert_eq!(looked_at, most);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_an_authenticator_app_a_password_alone_opens_nothing_and_a_code_counts_once(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let (person, email) = ada(&server).await;
    let accounts = &server.app.core.accounts;
    let mut browser = Browser::new(&server);
    browser.sign_in(&email, PASSWORD, "").await.is(303);
    browser.step("/account/second-factor/confirm", ("code", "123456")).await.is(409);
    browser.step("/account/second-factor/start", ("x", "")).await.is(200);
    let secret = accounts.credentials(person).await.unwrap().unwrap().totp.unwrap().secret;
    let page = browser.get("/account").await;
    assert!(page.text.contains(&totp::base32(&secret)[..4]) && page.text.contains("otpauth://totp/Assay:"));
    // Until a code confirms it, it is not asked for.
    browser.sign_in(&email, PASSWORD, "").await.is(303);
    browser.step("/account/second-factor/confirm", ("code", "000000")).await.is(422);
    let code = totp::code_at(&secret, now(&server));
    let on = browser.step("/account/second-factor/confirm", ("code", &code)).await;
    let codes: Vec<String> = on.is(200).text.split("<li>").skip(1).map(|rest| rest[..16].to_owned()).collect();
    assert_eq!(codes.len(), 10);
    assert!(!browser.get("/account").await.text.contains(&codes[0]), "they are shown once");
    browser.step("/account/second-factor/start", ("x", "")).await.is(409);

    browser.sign_in(&email, PASSWORD, "").await.is(403);
    browser.sign_in(&email, PASSWORD, &code).await.is(403);
    let next = totp::code_at(&secret, now(&server).plus_seconds(30));
    browser.sign_in(&email, "a winter morning wall", &next).await.is(403);
    browser.sign_in(&email, PASSWORD, &next).await.is(303);
    browser.sign_in(&email, PASSWORD, &next).await.is(403);
    let written = format!("{} {}", codes[0][..8].to_uppercase(), &codes[0][8..]);
    browser.sign_in(&email, PASSWORD, &written).await.is(303);
    browser.sign_in(&email, PASSWORD, &codes[0]).await.is(403);
    assert_eq!(accounts.recovery_codes_left(person).await.unwrap(), 9);
    let stored = server.app.core.db.all("SELECT code_hash FROM recovery_code", vec![]).await.unwrap();
    assert!(stored.iter().all(|row| !codes.contains(&row.get::<String>("code_hash").unwrap())));

    browser.sign_in(&email, PASSWORD, &codes[1]).await.is(303);
    browser.step("/account/second-factor/remove", ("code", &codes[1])).await.is(422);
    browser.step("/account/second-factor/remove", ("code", &codes[2])).await.is(200);
    browser.sign_in(&email, PASSWORD, "").await.is(303);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_sign_ins_with_one_code_at_once_one_opens(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let (person, email) = ada(&server).await;
    let accounts = &server.app.core.accounts;
    accounts.start_second_factor(person).await.unwrap();
    let secret = accounts.credentials(person).await.unwrap().unwrap().totp.unwrap().secret;
    accounts.confirm_second_factor(person, &totp::code_at(&secret, now(&server))).await.unwrap();
    let code = totp::code_at(&secret, now(&server).plus_seconds(30));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (accounts, email, code) = (accounts.clone(), email.clone(), code.clone());
        tasks.spawn(async move {
            let typed = Typed { email, password: Password::new(PASSWORD.to_owned()), code };
            matches!(accounts.sign_in(typed, Default::default()).await.unwrap(), SignIn::Opened { .. })
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|opened| *opened).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_needs_the_old_one_and_ends_the_other_sessions() {
    let server = Server::start(Engine::Sqlite).await;
    let (person, email) = ada(&server).await;
    let (mut browser, mut elsewhere) = (Browser::new(&server), Browser::new(&server));
    browser.sign_in(&email, PASSWORD, "").await.is(303);
    elsewhere.sign_in(&email, PASSWORD, "").await.is(303);
    let new = "another+summer+evening";
    let refused = browser.step("/account/password", ("new", new)).await;
    assert!(refused.is(422).text.contains("The password or the code is wrong."));
    let choose = |current: &str, new: &str| {
        let (current, new) = (Password::new(current.to_owned()), Password::new(new.to_owned()));
        let session = SessionId::from_uuid(uuid::Uuid::from_u128(7));
        let accounts = server.app.core.accounts.clone();
        async move { accounts.choose_password(person, session, current, new).await }
    };
    assert!(matches!(choose(PASSWORD, "short").await, Err(OwnAccountError::Weak(_))));
    let token = token_of(&browser.get("/account").await);
    let fields = [("csrf", token.as_str()), ("current", "a+winter+morning+walk"), ("new", new)];
    browser.send(server.call(Method::POST, "/account/password").form(&fields)).await.is(200);
    browser.get("/account").await.is(200);
    elsewhere.get("/account").await.is(303);
    elsewhere.sign_in(&email, PASSWORD, "").await.is(403);
    elsewhere.sign_in(&email, "another summer evening", "").await.is(303);
    let most = Policy::at(now(&server)).guesses_of_account.failures;
    let mut waits = false;
    for _ in 0..=most {
        waits = matches!(choose("wrong", "yet another spring noon").await, Err(OwnAccountError::Wait));
    }
    assert!(waits, "guesses within a session are counted too");
}
