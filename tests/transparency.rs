//! Sending statements of reasons to a strict server that keeps the rules of the transparency database.

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use assay::transparency::core::schema::schema;
use assay::transparency::export::Target;

use support::Engine;
use support::server::Server;

/// What the server holds and how it is told to misbehave.
#[derive(Default)]
struct Held {
    names: BTreeSet<String>,
    calls: usize,
    /// Statements are stored, but the answer is an error: the sender never learns of it.
    lose_answers: bool,
    /// Statements about this ground are refused.
    refuse: Option<String>,
}

type Database = Arc<Mutex<Held>>;

const TOKEN: &str = "a-token-of-the-platform";
/// What its validators always ask for.
const REQUIRED: [&str; 10] = [
    "puid",
    "decision_ground",
    "category",
    "content_type",
    "content_date",
    "application_date",
    "decision_facts",
    "source_type",
    "automated_detection",
    "automated_decision",
];

fn wrong(held: &Held, statement: &Value) -> Option<Value> {
    if let Some(missing) = REQUIRED.iter().find(|name| statement[**name].is_null()) {
        return Some(json!({ *missing: ["required"] }));
    }
    if let Some(fault) = schema().faults(statement).into_iter().next() {
        return Some(json!({ fault.field: [fault.says] }));
    }
    let refused =
        held.refuse.as_ref().is_some_and(|word| statement["category_specification"].to_string().contains(word));
    refused.then(|| json!({"category_specification": ["invalid"]}))
}

fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

fn take(database: &Database, headers: &HeaderMap, statements: Vec<Value>, single: bool) -> Response {
    let mut held = database.lock().expect("nobody panicked");
    held.calls += 1;
    if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(&format!("Bearer {TOKEN}")) {
        return answer(401, &json!({"message": "Unauthenticated."}));
    }
    let mut errors = serde_json::Map::new();
    for (place, statement) in statements.iter().enumerate() {
        if let Some(error) = wrong(&held, statement) {
            errors.insert(format!("statement_{place}"), error);
        }
    }
    if let Some(first) = errors.values().next().cloned() {
        let errors = if single { first } else { Value::Object(errors) };
        return answer(422, &json!({"message": "invalid", "errors": errors}));
    }
    let names: Vec<String> = statements.iter().map(|one| one["puid"].as_str().unwrap_or_default().to_owned()).collect();
    let clashes: Vec<&String> = names.iter().filter(|name| held.names.contains(*name)).collect();
    if !clashes.is_empty() {
        let body = match single {
            true => json!({"message": "exists", "errors": {"puid": ["taken"]}, "existing": {"puid": clashes[0]}}),
            false => json!({"message": "exists", "errors": {"puid": ["taken"], "existing_puids": clashes}}),
        };
        return answer(422, &body);
    }
    held.names.extend(names);
    if held.lose_answers { answer(502, &json!({})) } else { answer(201, &json!({"statements": statements})) }
}

async fn one(State(database): State<Database>, headers: HeaderMap, body: String) -> Response {
    take(&database, &headers, vec![serde_json::from_str(&body).unwrap_or_default()], true)
}

async fn many(State(database): State<Database>, headers: HeaderMap, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let statements = body["statements"].as_array().cloned().unwrap_or_default();
    if statements.is_empty() || statements.len() > 100 {
        return answer(422, &json!({"message": "between 1 and 100 statements"}));
    }
    take(&database, &headers, statements, false)
}

/// A service whose statements go to a database of its own.
async fn start(engine: Engine) -> (Server, Database) {
    let database = Database::default();
    let routes = Router::new().route("/api/v1/statement", post(one)).route("/api/v1/statements", post(many));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("the port is known"));
    let service = routes.with_state(Arc::clone(&database));
    tokio::spawn(async move { axum::serve(listener, service).await });
    // The service makes its client before the test makes one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let target = Target { base, token: TOKEN.to_owned() };
    let server = Server::start_with(engine, |setup| setup.options.transparency = Some(target)).await;
    let brand = json!({"name": "Northpeak", "word_marks": [{"id": "word", "text": "Northpeak"}]});
    server.put("/v1/brands/northpeak", &brand).await;
    (server, database)
}

/// Files and upholds one notice on `ground` about `count` new listings that ship to `market`.
async fn restrict(server: &Server, ground: &str, name: &str, count: usize, market: &str) {
    let ids: Vec<String> = (0..count).map(|number| format!("{name}-{number}")).collect();
    for id in &ids {
        server.submit(json!({"id": id, "title": "Northpeak jacket", "ships_to": [market], "lang": "de"})).await;
    }
    let notice = json!({
        "ground": ground, "market": "DE", "marks": ["northpeak/word/word"], "work": "our photograph of the jacket",
        "reasons": "The goods bear our mark and were not made by us.", "listings": ids,
        "notifier": {"name": "Northpeak GmbH", "email": "brand@northpeak.example"}, "declarations": {"good_faith": true},
    });
    let filed = server.post("/v1/notices", &notice).await;
    let id = filed.is(201).body["id"].as_str().expect("a notice has an id").to_owned();
    let decision = json!({"decision": "uphold", "reason": "The pictures show the mark on goods of others."});
    server.post(&format!("/v1/notices/{id}/decisions"), &decision).await.is(200);
}

async fn exports(server: &Server) -> Vec<String> {
    let listed = server.get("/v1/statements?limit=200").await;
    let rows = listed.is(200).body["items"].as_array().cloned().expect("a page has items");
    rows.iter().map(|row| row["export"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn send(server: &Server) -> support::server::Answer {
    server.call(Method::POST, "/v1/statements/export").send().await
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_go_in_batches_of_a_hundred_and_once(#[case] engine: Engine) {
    let (server, database) = start(engine).await;
    restrict(&server, "counterfeit", "A", 103, "DE").await;
    restrict(&server, "trade_mark", "B", 1, "US").await;
    assert_eq!(send(&server).await.is(200).body, json!({"sent": 103, "refused": 0}));
    {
        let held = database.lock().expect("nobody panicked");
        assert_eq!((held.names.len(), held.calls), (103, 2), "one batch of a hundred and one of three");
    }
    let exports = exports(&server).await;
    assert_eq!(exports[0], "outside", "a listing that is not offered in the area is not sent");
    assert!(exports[1..].iter().all(|export| export == "sent"));
    assert_eq!(send(&server).await.is(200).body, json!({"sent": 0, "refused": 0}));
    assert_eq!(database.lock().expect("nobody panicked").calls, 2);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_got_lost_costs_nothing(#[case] engine: Engine) {
    let (server, database) = start(engine).await;
    for (name, count) in [("A", 3), ("B", 1)] {
        restrict(&server, "counterfeit", name, count, "DE").await;
        database.lock().expect("nobody panicked").lose_answers = true;
        send(&server).await.is_problem("not-ready");
        assert!(exports(&server).await.contains(&"waiting".to_owned()));
        database.lock().expect("nobody panicked").lose_answers = false;
        assert_eq!(send(&server).await.is(200).body["sent"], count);
        assert!(!exports(&server).await.contains(&"waiting".to_owned()));
    }
    assert_eq!(database.lock().expect("nobody panicked").names.len(), 4, "each statement once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_is_refused_says_why_and_does_not_keep_the_others() {
    let (server, database) = start(Engine::Sqlite).await;
    restrict(&server, "counterfeit", "A", 2, "DE").await;
    restrict(&server, "copyright", "B", 1, "DE").await;
    database.lock().expect("nobody panicked").refuse = Some("KEYWORD_COPYRIGHT".to_owned());
    assert_eq!(send(&server).await.is(200).body, json!({"sent": 2, "refused": 1}));
    let listed = server.get("/v1/statements").await;
    assert_eq!(listed.body["items"][0]["export"], "refused");
    assert!(listed.body["items"][0]["problem"].as_str().is_some_and(|problem| problem.contains("invalid")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_database_statements_wait() {
    let server = Server::start(Engine::Sqlite).await;
    send(&server).await.is_problem("conflict");
}
