//! People, roles, sessions: who gets in, what they may do, and what other tenants see.

#[path = "accounts/manage.rs"]
mod manage;
#[path = "accounts/sign_in.rs"]
mod sign_in;
mod support;

use std::collections::BTreeSet;

use axum::http::Method;
use rstest::rstest;

use assay::accounts::model::{OrganisationKind, email_key};
use assay::accounts::policy::Policy;
use assay::accounts::roles::{self, Role};
use assay::accounts::service::{AccountError, NewPerson};
use assay::accounts::{Permission, store};
use assay::kernel::id::{
    ApiKeyId, CaseId, DecisionId, DocumentId, ListHitId, OrganisationId, PersonId, SessionId, VerdictId,
};
use assay::kernel::{Digest, Instant};
use assay::params;

use support::Engine;
use support::server::{Answer, Server, Visitor};

const PLATFORM: OrganisationId = OrganisationId::PLATFORM;

/// Changes rows behind the service's back.
async fn change(server: &Server, sql: &'static str, values: Vec<assay::store::Value>) {
    let mut tx = server.app.core.db.begin().await.unwrap();
    assert!(tx.execute(sql, values).await.unwrap() > 0, "{sql} changed nothing");
    tx.commit().await.unwrap();
}

fn now(server: &Server) -> Instant {
    server.app.core.clock.now()
}

// ── Roles ───────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_published_matrix_is_the_one_of_the_data() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/roles.md");
    if std::env::var_os("ASSAY_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, roles::matrix()).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == roles::matrix(), "docs/roles.md is old; run assay admin roles > docs/roles.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_entered_once_and_only_with_roles_of_their_organisation() {
    let server = Server::start(Engine::Sqlite).await;
    let accounts = &server.app.core.accounts;
    let merchant = server.organisation(OrganisationKind::Merchant).await;
    let new = |organisation, email: &str, role: Role| NewPerson {
        organisation,
        name: "Ada Field".to_owned(),
        email: email.to_owned(),
        roles: vec![role],
    };
    let ada = new(PLATFORM, "Ada@example.com", Role::administrator());
    accounts.create_person(ada, "test").await.unwrap();
    let again = accounts.create_person(new(PLATFORM, " ada@EXAMPLE.com", Role::administrator()), "test").await;
    assert!(matches!(again, Err(AccountError::Taken)));
    let beyond = accounts.create_person(new(merchant, "b@example.com", Role::administrator()), "test").await;
    assert!(matches!(beyond, Err(AccountError::RoleDoesNotFit { .. })));
    let nowhere = OrganisationId::from_uuid(uuid::Uuid::from_u128(99));
    let lost = accounts.create_person(new(nowhere, "c@example.com", Role::administrator()), "test").await;
    assert!(matches!(lost, Err(AccountError::NoOrganisation(_))));
    let second = accounts.create_organisation(OrganisationKind::Platform, "Other", "test").await;
    assert!(matches!(second, Err(AccountError::SecondPlatform)));
    assert_eq!(email_key(" Ada@Example.COM "), "ada@example.com");
}

// ── The pages ───────────────────────────────────────────────────────────────────────────────

/// Every page that wants a permission: its path and the permission.
fn pages() -> Vec<(String, Permission)> {
    let verdict = VerdictId::from_uuid(uuid::Uuid::from_u128(7));
    vec![
        ("/".to_owned(), Permission::ListingsRead),
        (format!("/verdicts/{verdict}"), Permission::ListingsRead),
        (format!("/verdicts/{verdict}/json"), Permission::ListingsRead),
        (format!("/evidence/{}", Digest::of(b"none")), Permission::ListingsRead),
        ("/settings/people".to_owned(), Permission::PeopleManage),
        ("/settings/keys".to_owned(), Permission::KeysManage),
        ("/work".to_owned(), Permission::CasesRead),
        ("/quality".to_owned(), Permission::CasesRead),
        ("/queues/escalated".to_owned(), Permission::CasesRead),
        (format!("/cases/{}", CaseId::from_uuid(SEVEN)), Permission::CasesRead),
        ("/merchants".to_owned(), Permission::MerchantsRead),
        ("/merchants/m-7".to_owned(), Permission::MerchantsRead),
        (format!("/merchants/m-7/documents/{}", DocumentId::from_uuid(SEVEN)), Permission::MerchantsRead),
        ("/merchant-export.csv".to_owned(), Permission::MerchantsRead),
        ("/merchant-apply".to_owned(), Permission::MerchantsWrite),
        ("/merchant-import".to_owned(), Permission::MerchantsWrite),
        ("/list-hits".to_owned(), Permission::MerchantsRead),
        (format!("/list-hits/{}", ListHitId::from_uuid(SEVEN)), Permission::MerchantsRead),
    ]
}

const SEVEN: uuid::Uuid = uuid::Uuid::from_u128(7);

/// Every page that changes something.
fn changing_pages() -> Vec<String> {
    let session = SessionId::from_uuid(uuid::Uuid::from_u128(7));
    let nobody = PersonId::from_uuid(uuid::Uuid::from_u128(7));
    let no_key = ApiKeyId::from_uuid(uuid::Uuid::from_u128(7));
    vec![
        format!("/account/sessions/{session}/end"),
        format!("/settings/people/{nobody}/roles"),
        format!("/settings/people/{nobody}/switch"),
        format!("/settings/people/{nobody}/link"),
        "/settings/people".to_owned(),
        format!("/settings/keys/{no_key}/end"),
        "/settings/keys".to_owned(),
        "/account/password".to_owned(),
        "/account/second-factor/start".to_owned(),
        "/account/second-factor/confirm".to_owned(),
        "/account/second-factor/remove".to_owned(),
        "/queues/none/take".to_owned(),
        format!("/cases/{}/take", CaseId::from_uuid(SEVEN)),
        format!("/decisions/{}/undo", DecisionId::from_uuid(SEVEN)),
        "/merchant-apply".to_owned(),
        "/merchant-import".to_owned(),
        "/merchant-import/take".to_owned(),
        "/merchants/m-7/decide".to_owned(),
        format!("/list-hits/{}/decide", ListHitId::from_uuid(SEVEN)),
        "/sign-out".to_owned(),
    ]
}

/// Pages for everybody, or for everybody who has signed in.
const OPEN: [&str; 3] = ["/account", "/sign-in", "/sign-in/link/x"];

/// A role with this permission, and everything the other roles have without it.
fn with_and_without(permission: Permission) -> (Role, Vec<Role>) {
    let has = |role: &Role| role.facts().permissions.contains(permission);
    let on_platform: Vec<Role> = Role::all().filter(|role| role.fits(OrganisationKind::Platform)).collect();
    let with = on_platform.iter().copied().find(has).expect("some role has it");
    (with, on_platform.into_iter().filter(|role| !has(role)).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_wants_a_session_with_its_permission() {
    let server = Server::start(Engine::Sqlite).await;
    for (path, permission) in pages() {
        let open = |visitor: Option<&Visitor>| {
            let call = server.call(Method::GET, &path).key(None);
            match visitor {
                Some(visitor) => call.visitor(visitor).send(),
                None => call.header("accept", "text/html").send(),
            }
        };
        let led = open(None).await;
        let onward = led.is(303).header("location").to_owned();
        assert!(onward.starts_with("/sign-in") && (path == "/" || onward.ends_with(&path)), "{path}: {onward}");
        server.call(Method::GET, &path).key(None).send().await.is_problem("unauthenticated");
        let (with, without) = with_and_without(permission);
        let without: Vec<&str> = without.iter().map(|role| role.as_str()).collect();
        let refused = open(Some(&server.visitor(PLATFORM, &without).await)).await;
        assert!(refused.is(403).text.contains(permission.as_str()), "{path}: {}", refused.text);
        let allowed = open(Some(&server.visitor(PLATFORM, &[with.as_str()]).await)).await;
        assert!(matches!(allowed.status, 200 | 404), "{path}: {} {}", allowed.status, allowed.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_changes_without_the_token_of_the_session() {
    let server = Server::start(Engine::Sqlite).await;
    let mut wrong = Vec::new();
    for path in changing_pages() {
        let ada = server.visitor(PLATFORM, &["administrator"]).await;
        let other = server.visitor(PLATFORM, &["administrator"]).await;
        let post = || server.call(Method::POST, &path);
        post().key(None).form(&[("csrf", &ada.csrf)]).send().await.is_problem("unauthenticated");
        for fields in [&[][..], &[("csrf", "")], &[("csrf", other.csrf.as_str())], &[("token", ada.csrf.as_str())]] {
            assert_eq!(post().visitor(&ada).form(fields).send().await.status, 403, "{path} with {fields:?}");
        }
        post().visitor(&ada).send().await.is(403);
        post()
            .visitor(&ada)
            .header("content-type", "text/plain")
            .body(format!("csrf={}", ada.csrf))
            .send()
            .await
            .is(403);
        let upload =
            || post().visitor(&ada).header("content-type", "multipart/form-data; boundary=b").body("--b--\r\n");
        upload().send().await.is(403);
        let long = format!("csrf={}&x={}", ada.csrf, "x".repeat(1_100_000));
        let form = "application/x-www-form-urlencoded";
        post().visitor(&ada).header("content-type", form).body(long).send().await.is(413);
        // None of them did anything: the session is still there.
        server.call(Method::GET, "/account").visitor(&ada).send().await.is(200);
        let status = post().visitor(&ada).form(&[("csrf", &ada.csrf)]).send().await.status;
        // With the token the page itself answers, whatever it says to an empty form.
        if matches!(status, 401 | 403 | 413) || status >= 500 {
            wrong.push(format!("{path} answers {status}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_works_for_the_api_and_changes_need_the_token_in_the_header() {
    let server = Server::start(Engine::Sqlite).await;
    let ada = server.visitor(PLATFORM, &["administrator"]).await;
    let call = |method: Method, path: &str| server.call(method, path).key(None).header("cookie", &ada.cookie);
    call(Method::GET, "/v1/rules").send().await.is(200);
    let merchant = serde_json::json!({"name": "Northpeak"});
    let put = || call(Method::PUT, "/v1/merchants/m-1").json(&merchant);
    put().send().await.is_problem("forbidden");
    put().header("x-csrf-token", "nonsense").send().await.is_problem("forbidden");
    put().header("x-csrf-token", &ada.csrf).send().await.is(204);
    let reviewer = server.visitor(PLATFORM, &["reviewer"]).await;
    let refused = server.call(Method::GET, "/v1/events").key(None).header("cookie", &reviewer.cookie).send().await;
    assert!(refused.is_problem("forbidden").text.contains("events:read"));
}

// ── Links and sessions ──────────────────────────────────────────────────────────────────────

/// Whether the answer hands out a session.
fn opens_session(answer: &Answer) -> bool {
    answer.headers.get_all("set-cookie").iter().any(|cookie| cookie.as_bytes().starts_with(b"assay="))
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_signs_in_once_within_its_time_and_only_by_a_click(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let person = server.person(PLATFORM, &["reviewer"]).await;
    let open = |link: &str| server.call(Method::GET, link).key(None).header("accept", "text/html");
    let link = server.link(person).await;
    // Who only looks at the address does not use it up.
    open(&link).header("sec-purpose", "prefetch;prerender").send().await.is(503);
    server.call(Method::HEAD, &link).key(None).send().await;
    let first = open(&format!("{link}?to=/account")).send().await;
    assert_eq!(first.is(303).header("location"), "/account");
    let cookie = first.cookie();
    assert!(first.header("set-cookie").contains("HttpOnly; SameSite=Lax"), "{}", first.header("set-cookie"));
    // The second click of the same browser goes on; another browser gets nothing.
    let again = open(&link).header("cookie", &cookie).send().await;
    assert_eq!((again.is(303).header("location"), again.header("set-cookie")), ("/", ""));
    assert!(!opens_session(&open(&link).send().await));
    for nonsense in ["/sign-in/link/x", &format!("/sign-in/link/{}", "0".repeat(52))] {
        assert!(!opens_session(open(nonsense).send().await.is(403)));
    }
    let late = server.link(person).await;
    let past = now(&server).plus_seconds(-1);
    change(&server, "UPDATE one_time_secret SET expires_at = $1 WHERE used_at IS NULL", params![past]).await;
    open(&late).send().await.is(403);
    let elsewhere = open(&format!("{}?to=//evil.example", server.link(person).await)).send().await;
    assert_eq!(elsewhere.is(303).header("location"), "/");
    let off = server.link(person).await;
    change(&server, "UPDATE person SET disabled_at = $1", params![past]).await;
    open(&off).send().await.is(403);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_clicks_on_one_link_at_once_one_signs_in(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let link = server.link(server.person(PLATFORM, &["reviewer"]).await).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let request =
            reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let address = format!("{}{link}", server.base);
        tasks.spawn(async move { request.get(address).send().await.unwrap().status().as_u16() });
    }
    let statuses = tasks.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_planted_before_the_sign_in_is_worth_nothing_after_it() {
    let server = Server::start(Engine::Sqlite).await;
    let attacker = server.visitor(PLATFORM, &[]).await;
    let made_up = format!("assay={}", "0".repeat(52));
    let victim = server.person(PLATFORM, &["administrator"]).await;
    for planted in [attacker.cookie.as_str(), made_up.as_str()] {
        let link = server.link(victim).await;
        let answer = server.call(Method::GET, &link).key(None).header("cookie", planted).send().await;
        let given = answer.is(303).cookie();
        assert_ne!(given, planted);
        let old = server.call(Method::GET, "/account").key(None).header("cookie", planted).send().await;
        old.is_problem("unauthenticated");
        server.call(Method::GET, "/account").key(None).header("cookie", &given).send().await.is(200);
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_it_is_idle_old_or_its_person_or_organisation_may_no_more(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let policy = Policy::at(now(&server));
    let ago = |seconds: i64| now(&server).plus_seconds(-seconds);
    let cases = [
        ("UPDATE session SET seen_at = $1 WHERE person_id = $2", ago(policy.session_idle_seconds + 1)),
        ("UPDATE session SET created_at = $1 WHERE person_id = $2", ago(policy.session_seconds + 1)),
        ("UPDATE session SET ended_at = $1 WHERE person_id = $2", ago(1)),
        ("UPDATE person SET disabled_at = $1 WHERE id = $2", ago(1)),
        (
            "UPDATE organisation SET closed_at = $1 WHERE id = (SELECT organisation_id FROM person WHERE id = $2)",
            ago(1),
        ),
    ];
    for (sql, at) in cases {
        let merchant = server.organisation(OrganisationKind::Merchant).await;
        let visitor = server.visitor(merchant, &[]).await;
        let open = || server.call(Method::GET, "/account").visitor(&visitor).send();
        open().await.is(200);
        change(&server, sql, params![at, visitor.person]).await;
        open().await.is(303);
    }
    // A session that is used stays.
    let busy = server.visitor(PLATFORM, &[]).await;
    let nearly = ago(policy.session_idle_seconds - 60);
    change(&server, "UPDATE session SET seen_at = $1 WHERE person_id = $2", params![nearly, busy.person]).await;
    server.call(Method::GET, "/account").visitor(&busy).send().await.is(200);
    let seen = store::sessions(&server.app.core.db, busy.person).await.unwrap()[0].seen_at;
    assert!(now(&server).seconds_since(seen) < 60.0, "the use is noted: {seen}");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_listed_and_ended_by_their_person_alone(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let ada = server.visitor(PLATFORM, &["administrator"]).await;
    let second = server.call(Method::GET, &server.link(ada.person).await).key(None).send().await.cookie();
    let mallory = server.visitor(PLATFORM, &["administrator"]).await;
    let sessions = server.app.core.accounts.sessions(ada.person).await.unwrap();
    assert_eq!(sessions.len(), 2);
    let page = server.call(Method::GET, "/account").visitor(&ada).send().await;
    assert!(sessions.iter().all(|session| page.text.contains(&session.id.to_string())));
    let other = sessions[0].id;
    let end = |visitor: &Visitor, id: SessionId| {
        let path = format!("/account/sessions/{id}/end");
        server.call(Method::POST, &path).visitor(visitor).form(&[("csrf", &visitor.csrf)]).send()
    };
    end(&mallory, other).await.is(404);
    server.call(Method::GET, "/account").key(None).header("cookie", &second).send().await.is(200);
    end(&ada, other).await.is(303);
    server.call(Method::GET, "/account").key(None).header("cookie", &second).send().await.is_problem("unauthenticated");
    end(&ada, other).await.is(404);
    let out = server.call(Method::POST, "/sign-out").visitor(&ada).form(&[("csrf", &ada.csrf)]).send().await;
    assert!(out.is(303).header("set-cookie").contains("Max-Age=0"));
    server.call(Method::GET, "/account").visitor(&ada).send().await.is(303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_tells_of_sign_ins_and_holds_no_name_address_or_secret() {
    let server = Server::start(Engine::Sqlite).await;
    let ada = server.visitor(PLATFORM, &["reviewer"]).await;
    server.call(Method::POST, "/sign-out").visitor(&ada).form(&[("csrf", &ada.csrf)]).send().await.is(303);
    let db = &server.app.core.db;
    let text = "SELECT kind, entry FROM audit_entry WHERE subject = $1 ORDER BY seq";
    let rows = db.all(text, params![ada.person]).await.unwrap();
    let kinds: Vec<String> = rows.iter().map(|row| row.get("kind").unwrap()).collect();
    assert_eq!(kinds, ["person.created", "person.link_made", "person.signed_in", "person.signed_out"]);
    let all: String = rows.iter().map(|row| row.get::<String>("entry").unwrap()).collect();
    let secret = ada.cookie.split_once('=').unwrap().1;
    for hidden in ["Ada", "example.com", secret, ada.csrf.as_str()] {
        assert!(!all.contains(hidden), "{all}");
    }
    let stored = db.all("SELECT secret_hash FROM session", vec![]).await.unwrap();
    assert!(stored.iter().all(|row| row.get::<String>("secret_hash").unwrap() != secret));
}

/// All route patterns of the console, read off the source.
fn patterns() -> BTreeSet<String> {
    let mut waiting = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut patterns = BTreeSet::new();
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.file_name().unwrap().to_string_lossy().ends_with("pages.rs") {
                let text = std::fs::read_to_string(path).unwrap();
                let routes = text.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
                patterns.extend(routes.filter_map(|rest| Some(rest.split('"').next()?.to_owned())));
            }
        }
    }
    patterns
}

#[test]
fn every_page_of_the_console_is_in_the_tables_of_this_file() {
    let patterns = patterns();
    assert!(patterns.len() > 5, "the pages were not found: {patterns:?}");
    let known = pages().into_iter().map(|(path, _)| path).chain(changing_pages());
    let known: Vec<String> = known.chain(OPEN.map(str::to_owned)).collect();
    for pattern in patterns {
        let fits = |path: &String| {
            let (of, parts): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
            let same = |(segment, part): (&&str, &&str)| segment.starts_with('{') || segment == part;
            of.len() == parts.len() && of.iter().zip(&parts).all(same)
        };
        assert!(known.iter().any(fits), "{pattern} is in no table: add it to pages() or changing_pages()");
    }
}
