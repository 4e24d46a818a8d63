//! Merchants from the first application to erasure, on both engines: what is asked of whom, who comes back,
//! who stands on a list, how breaches add up, and what becomes of bad input.

mod support;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use assay::accounts::{OrganisationKind, Permission};
use assay::audit::verify;
use assay::kernel::Instant;
use assay::kernel::id::OrganisationId;
use assay::merchants::onboarding::State;
use assay::params;

use support::server::{Answer, Server};
use support::{Engine, eventually};

/// Everything that a German company needs to sell in Germany.
fn application(name: &str) -> Value {
    json!({
        "kind": "company", "country": "DE", "legal_name": format!("{name} GmbH"), "store_name": name,
        "address": format!("{name}weg 7, 10115 Berlin"), "phone": "+49 30 5550100", "email": format!("office@{}.example", name.to_lowercase()),
        "representative": {"name": format!("Anna {name}")},
        "register": {"register": "Amtsgericht Charlottenburg", "number": format!("HRB {}", name.len() * 7919)},
        "payment": {"account": "DE02120300000000202051", "holder": format!("{name} GmbH")},
        "self_certification": {"by": format!("Anna {name}"), "on": "2026-01-15"},
        "epr": [{"country": "DE", "stream": "packaging", "number": "DE1234567890123"}],
        "sells_to": ["DE"],
    })
}

/// `application` with other members; null takes one away.
fn with(name: &str, members: Value) -> Value {
    let mut application = application(name);
    for (member, value) in members.as_object().expect("members").clone() {
        match value {
            Value::Null => drop(application.as_object_mut().unwrap().remove(&member)),
            value => application[member] = value,
        }
    }
    application
}

/// Values of one merchant that no other has.
fn own(name: &str, number: usize) -> Value {
    with(
        name,
        json!({"phone": format!("+49 30 55{number:05}"), "payment": {"account": format!("ACCOUNT{number:08}"), "holder": name}}),
    )
}

async fn apply(server: &Server, id: &str, application: &Value) -> Answer {
    let answer = server.put(&format!("/v1/merchants/{id}/application"), application).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

async fn upload(server: &Server, id: &str, kind: &str, bytes: &'static [u8]) -> Answer {
    let path = format!("/v1/merchants/{id}/documents?kind={kind}&name=scan.pdf");
    server.call(Method::POST, &path).header("content-type", "application/octet-stream").body(bytes).send().await
}

async fn decide(server: &Server, id: &str, step: &str) -> Answer {
    server.post(&format!("/v1/merchants/{id}/decisions"), &json!({"step": step, "reason": "looked at"})).await
}

/// A merchant that has been verified.
async fn verified(server: &Server, id: &str, application: &Value) {
    apply(server, id, application).await;
    upload(server, id, "identity", b"%PDF-1.7 identity").await.is(201);
    let done = decide(server, id, "checks_passed").await;
    assert_eq!(done.is(200).body["state"], "verified", "{}", done.text);
}

fn parts(answer: &Answer) -> Vec<&str> {
    let gaps = answer.body["gaps"].as_array().expect("gaps");
    gaps.iter().map(|gap| gap["part"].as_str().expect("a part")).collect()
}

/// The cases about a merchant: title and state.
async fn cases(server: &Server, merchant: &str) -> Vec<String> {
    let text = "SELECT title, state FROM review_case WHERE merchant = $1 AND kind = 'merchant' ORDER BY id";
    let rows = server.app.core.db.all(text, params![merchant]).await.unwrap();
    let told = |row: &assay::store::Row| {
        format!("{} {}", row.get::<String>("title").unwrap(), row.get::<String>("state").unwrap())
    };
    rows.iter().map(told).collect()
}

/// Sets a column of a dossier's row, as if time had passed.
async fn set_due(server: &Server, id: &str, at: &str) {
    let at: Instant = at.parse().unwrap();
    let mut tx = server.app.core.db.begin().await.unwrap();
    tx.execute("UPDATE merchant_dossier SET due_at = $2 WHERE merchant = $1", params![id, at]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn event_kinds(server: &Server, subject: &str) -> Vec<String> {
    let events = assay::events::after(&server.app.core.db, 0, 1_000).await.unwrap();
    events.into_iter().filter(|event| event.subject == subject).map(|event| event.kind).collect()
}

// ── Admission ───────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merchant_is_told_what_is_missing_is_verified_and_trades(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let first = apply(&server, "m-1", &with("Northwind", json!({"phone": null, "self_certification": null}))).await;
    assert_eq!((first.body["state"].as_str(), first.header("etag")), (Some("collecting"), "\"v1\""));
    assert_eq!(parts(&first), ["phone", "identity_document", "self_certification"]);
    let gap = &first.body["gaps"][0];
    assert!(
        gap["cure"].as_str().unwrap().contains("telephone") && gap["laws"][0].as_str().unwrap().contains("2022/2065")
    );
    decide(&server, "m-1", "checks_passed").await.is_problem("conflict");

    let complete = apply(&server, "m-1", &application("Northwind")).await;
    assert_eq!(parts(&complete), ["identity_document"]);
    let document = upload(&server, "m-1", "identity", b"%PDF-1.7 identity").await;
    assert_eq!(document.is(201).body["media_type"], "application/pdf");
    let dossier = server.get("/v1/merchants/m-1/dossier").await;
    assert_eq!(
        (dossier.is(200).body["state"].as_str(), dossier.body["may_trade"].as_bool()),
        (Some("verifying"), Some(false))
    );
    assert_eq!(dossier.body["checks"], json!([{"pointer": "/payment/account", "kind": "iban", "result": "valid"}]));
    let done = decide(&server, "m-1", "checks_passed").await;
    assert_eq!((done.body["state"].as_str(), done.body["standing"]["tier"].as_str()), (Some("verified"), Some("new")));
    let facts = server.get("/v1/merchants/m-1").await;
    assert_eq!((facts.body["verified"].as_bool(), facts.body["country"].as_str()), (Some(true), Some("DE")));
    assert_eq!(facts.body["name"], "Northwind");

    // The same again writes nothing; something wrong asks for a remedy, and it goes on trading meanwhile.
    let version = done.body["version"].clone();
    assert_eq!(apply(&server, "m-1", &application("Northwind")).await.body["version"], version);
    let wrong =
        with("Northwind", json!({"payment": {"account": "DE03120300000000202051", "holder": "Northwind GmbH"}}));
    let wrong = apply(&server, "m-1", &wrong).await;
    assert_eq!(
        (wrong.body["state"].as_str(), wrong.body["may_trade"].as_bool()),
        (Some("remedy_requested"), Some(true))
    );
    assert_eq!(wrong.body["checks"][0]["result"], "invalid");
    assert_eq!(wrong.body["due"], "remedy");
    assert!(verify::verify(&server.app.core.db, None, |_| {}).await.unwrap().first_bad.is_none());
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missed_deadline_suspends_and_complete_data_bring_back(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    verified(&server, "m-1", &application("Northwind")).await;
    let missing = apply(&server, "m-1", &with("Northwind", json!({"phone": null}))).await;
    assert_eq!(missing.body["state"], "remedy_requested");
    let service = &server.app.core.merchants;
    assert_eq!(service.do_what_is_due().await.unwrap(), 0, "the time to mend is not over");
    set_due(&server, "m-1", "2026-01-01T00:00:00Z").await;
    assert_eq!(service.do_what_is_due().await.unwrap(), 1);
    assert_eq!(service.do_what_is_due().await.unwrap(), 0, "once is enough");
    let suspended = server.get("/v1/merchants/m-1").await;
    assert_eq!(
        (suspended.body["state"].as_str(), suspended.body["tier"].as_str()),
        (Some("suspended"), Some("suspended"))
    );
    assert_eq!(suspended.body["verified"], false);
    let back = apply(&server, "m-1", &application("Northwind")).await;
    assert_eq!(back.body["state"], "verifying", "what the deadline took, the data give back");
    // A person's suspension is another matter.
    decide(&server, "m-1", "checks_passed").await.is(200);
    decide(&server, "m-1", "suspended").await.is(200);
    let still = apply(&server, "m-1", &with("Northwind", json!({"phone": "+49 30 5550199"}))).await;
    assert_eq!(still.body["state"], "suspended");
    assert_eq!(decide(&server, "m-1", "reinstated").await.is(200).body["state"], "verifying");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_contract_the_data_go_and_the_audit_log_stays_whole(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    verified(&server, "m-1", &application("Northwind")).await;
    verified(&server, "m-2", &own("Southwind", 2)).await;
    upload(&server, "m-2", "identity", b"%PDF-1.7 identity").await.is(201);
    decide(&server, "m-1", "closed").await.is(200);
    let closed = server.get("/v1/merchants/m-1/dossier").await;
    assert_eq!(closed.body["due"], "erase");
    assert_eq!(server.app.core.merchants.do_what_is_due().await.unwrap(), 0, "six months are not over");
    let late = server.put("/v1/merchants/m-1/application", &application("Northwind")).await;
    late.is_problem("conflict");
    set_due(&server, "m-1", "2026-01-01T00:00:00Z").await;
    assert_eq!(server.app.core.merchants.do_what_is_due().await.unwrap(), 1);
    let erased = server.get("/v1/merchants/m-1/dossier").await;
    assert!(erased.body.get("application").is_none() && erased.body["erased_at"].is_string(), "{}", erased.text);
    server.get("/v1/merchants/m-1/trader").await.is_problem("not-found");
    assert_eq!(server.get("/v1/merchants/m-1/documents").await.body, json!([]));
    let digest = server.get("/v1/merchants/m-2/documents").await.body[0]["id"].as_str().unwrap().to_owned();
    let bytes = server.get(&format!("/v1/merchants/m-2/documents/{digest}")).await;
    assert_eq!(bytes.is(200).text, "%PDF-1.7 identity", "the same bytes of another merchant stay");
    for table in ["merchant_dossier", "merchant", "merchant_document", "merchant_link", "audit_entry", "outbox"] {
        let text = whole_table(&server, table).await;
        for secret in ["office@northwind", "DE02120300000000202051", "Northwindweg", "Anna Northwind"] {
            assert!(!text.contains(secret), "{table} still holds {secret}");
        }
    }
    assert!(verify::verify(&server.app.core.db, None, |_| {}).await.unwrap().first_bad.is_none());
}

/// Everything that a table holds as text.
async fn whole_table(server: &Server, table: &str) -> String {
    let columns = match table {
        "merchant_dossier" => "coalesce(application, '') || body || coalesce(features, '') || name || standing",
        "merchant" => "facts || coalesce(derived, '')",
        "merchant_document" => "name || digest",
        "merchant_link" => "link",
        "audit_entry" => "entry",
        _ => "body",
    };
    let condition = match table {
        "merchant_dossier" | "merchant_document" | "merchant_link" => " WHERE merchant = 'm-1'",
        "merchant" => " WHERE external_id = 'm-1'",
        _ => "",
    };
    let text: &'static str = format!("SELECT {columns} AS t FROM {table}{condition}").leak();
    let rows = server.app.core.db.all(text, vec![]).await.unwrap();
    rows.iter().map(|row| row.get::<String>("t").unwrap()).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buyers_are_shown_what_the_law_shows_and_nothing_else() {
    let server = Server::start(Engine::Sqlite).await;
    verified(&server, "m-1", &application("Northwind")).await;
    let trader = server.get("/v1/merchants/m-1/trader").await;
    assert_eq!(trader.is(200).body["name"], "Northwind GmbH");
    assert_eq!(trader.body["register"]["register"], "Amtsgericht Charlottenburg");
    assert_eq!(
        (trader.body["verified"].as_bool(), trader.body["self_certification"]["on"].as_str()),
        (Some(true), Some("2026-01-15"))
    );
    for hidden in ["DE02120300000000202051", "representative", "payment"] {
        assert!(!trader.text.contains(hidden), "{}", trader.text);
    }
    // Nothing obliges a shop that sells to nobody in the Union to show its address.
    apply(&server, "m-2", &with("Westwind", json!({"sells_to": ["JP"]}))).await;
    let other = server.get("/v1/merchants/m-2/trader").await;
    assert!(other.is(200).body.get("address").is_none() && other.body["store_name"] == "Westwind", "{}", other.text);
    server.get("/v1/merchants/nobody/trader").await.is_problem("not-found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_change_one_dossier_do_not_overwrite_each_other() {
    let server = Server::start(Engine::Sqlite).await;
    let put = |tag: &'static str, body: Value| {
        server.call(Method::PUT, "/v1/merchants/m-1/application").header("if-match", tag).json(&body).send()
    };
    put("\"v1\"", application("Northwind")).await.is_problem("precondition-failed");
    put("\"v0\"", application("Northwind")).await.is(200);
    put("\"v0\"", application("Other")).await.is_problem("precondition-failed");
    let at_once = (0..8).map(|number| {
        let body = with("Northwind", json!({"phone": format!("+49 30 66{number:05}")}));
        let server = &server;
        async move { server.put("/v1/merchants/m-1/application", &body).await.status }
    });
    let mut statuses = Vec::new();
    for waiting in at_once {
        statuses.push(waiting.await);
    }
    assert_eq!(statuses, [200; 8]);
    assert_eq!(server.get("/v1/merchants/m-1/dossier").await.body["version"], 9);
}

// ── Bad input ───────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_applications_are_answered_clearly_and_nothing_is_lost(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let long = server.put("/v1/merchants/m-1/application", &with("A", json!({"legal_name": "x".repeat(5_000)}))).await;
    assert_eq!(long.is_problem("invalid-body").places(), ["/legal_name"]);
    assert!(long.text.contains("5000 characters; at most 300") && long.text.len() < 2_000);
    server.get("/v1/merchants/m-1/dossier").await.is_problem("not-found");

    let turned = "\u{200f}شركة الشمال\u{202e} 🚀";
    let kept = apply(&server, "m-2", &with("B", json!({"legal_name": turned}))).await;
    assert_eq!(kept.body["application"]["legal_name"], turned, "nothing is lost");
    assert!(parts(&kept).iter().all(|part| *part != "legal_name"));
    let emoji = apply(&server, "m-3", &with("C", json!({"legal_name": "🚀🚀🚀"}))).await;
    let gap = emoji.body["gaps"].as_array().unwrap().iter().find(|gap| gap["part"] == "legal_name").unwrap().clone();
    assert!(gap["says"].as_str().unwrap().contains("no letter or digit"), "{gap}");

    let empty = json!({"legal_name": "", "address": " ", "phone": "", "email": "", "payment": {}, "tax_numbers": [], "sells_to": []});
    let empty = apply(&server, "m-4", &empty).await;
    assert_eq!(parts(&empty), ["country", "legal_name", "address", "email", "payment_account"]);
    assert_eq!(empty.body["state"], "collecting");
    let nothing = apply(&server, "m-5", &json!({})).await;
    assert_eq!(parts(&nothing), parts(&empty));

    for (body, place) in [
        (json!({"country": "Germany"}), "/country"),
        (json!({"colour": "red"}), "/colour"),
        (json!({"payment": {"account": 7}}), "/payment/account"),
        (json!({"sales": {"orders": 1, "gross": "1", "currency": "ZZZ"}}), "/sales/currency"),
        (json!({"store_name": "a\u{7}"}), "/store_name"),
        (json!({"goods": vec!["x"; 101]}), "/goods"),
    ] {
        let refused = server.put("/v1/merchants/m-6/application", &body).await;
        assert_eq!(refused.is_problem("invalid-body").places(), [place], "{body}");
    }
    server.get("/v1/merchants/m-6/dossier").await.is_problem("not-found");
    server.put("/v1/merchants/%20/application", &json!({})).await.is_problem("invalid-path");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_a_program_is_refused_whatever_it_calls_itself() {
    let server = Server::start(Engine::Sqlite).await;
    for (program, words) in [
        (&b"MZ\x90\0\x03\0\0\0 this program cannot be run in DOS mode"[..], "a program for Windows"),
        (b"\x7fELF\x02\x01\x01", "a program for Linux"),
        (b"#!/bin/sh\nrm -rf /", "a script"),
        (b"PK\x03\x04 word/vbaProject.bin", "an archive"),
        (b"<html><script>alert(1)</script>", "neither a PDF"),
        (b"", "is empty"),
    ] {
        let refused = upload(&server, "m-1", "identity", program).await;
        assert!(refused.is_problem("invalid-document").text.contains(words), "{}", refused.text);
    }
    let large: &'static [u8] = vec![b'%'; 15 * 1024 * 1024 + 1].leak();
    upload(&server, "m-1", "identity", large).await.is_problem("invalid-document");
    upload(&server, "m-1", "passport", b"%PDF-1.7").await.is_problem("invalid-query");
    server.get("/v1/merchants/m-1/documents").await.is_problem("not-found");
    let fine = upload(&server, "m-1", "identity", b"%PDF-1.7 <script>").await;
    let id = fine.is(201).body["id"].as_str().unwrap().to_owned();
    let bytes = server.get(&format!("/v1/merchants/m-1/documents/{id}")).await;
    assert!(bytes.header("content-disposition").starts_with("attachment"));
    assert!(bytes.header("content-security-policy").contains("sandbox"));
    server.get(&format!("/v1/merchants/m-2/documents/{id}")).await.is_problem("not-found");
}

// ── Who has come back ───────────────────────────────────────────────────────────────────────

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_banned_merchant_that_returns_is_stopped_before_its_first_offer(#[case] engine: Engine) {
    let server = Server::over(support::Place::new(engine).await, |_| {}).await;
    verified(&server, "m-bad", &own("Quickdeal", 1)).await;
    let devices = json!({"devices": ["be5bef4a9d591da918389f0c", "1c1bb6ccc0c81d4f2d64319b"]});
    server.post("/v1/merchants/m-bad/traces", &devices).await.is(200);
    decide(&server, "m-bad", "suspended").await.is(200);

    // Another name and address, the same account and device.
    let account = json!({"account": "ACCOUNT00000001", "holder": "Sunfield Trading"});
    let back = with("Sunfield", json!({"payment": account, "phone": "+49 40 777000"}));
    server.post("/v1/merchants/m-new/traces", &devices).await.is(200);
    let stopped = apply(&server, "m-new", &back).await;
    assert_eq!(stopped.body["stop"]["like"], "m-bad", "{}", stopped.text);
    upload(&server, "m-new", "identity", b"%PDF-1.7 sunfield").await.is(201);
    decide(&server, "m-new", "checks_passed").await.is_problem("conflict");
    let offer = json!({"id": "SKU-1", "title": "Garden chair", "merchant_id": "m-new"});
    let judged = server.submit(offer.clone()).await;
    assert_eq!(judged.decision(), "review", "{}", judged.text);
    assert!(judged.text.contains("looks-like-a-merchant-shut-out"));

    // The evidence is masked, and drawn.
    let links = server.get("/v1/merchants/m-new/links").await;
    let kinds: Vec<&str> =
        links.body[0]["evidence"].as_array().unwrap().iter().map(|own| own["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"bank_account") && kinds.contains(&"device"), "{}", links.text);
    assert!(!links.text.contains("ACCOUNT00000001") && !links.text.contains("be5bef4a9d591da918389f0c"));
    let drawn = server.get("/v1/merchants/m-new/links.svg").await;
    assert!(drawn.is(200).text.starts_with("<svg") && drawn.text.contains("Quickdeal"), "{}", drawn.text);
    let told = event_kinds(&server, "m-new").await;
    assert!(told.contains(&"merchant.stopped".to_owned()), "{told:?}");
    assert_eq!(cases(&server, "m-new").await, ["A merchant looks like one that was shut out waiting"]);

    // A link alone bans nobody: a person lets it go on, and the same link never stops it again.
    decide(&server, "m-new", "lift_stop").await.is(200);
    decide(&server, "m-new", "lift_stop").await.is_problem("conflict");
    let passed = decide(&server, "m-new", "checks_passed").await;
    assert_eq!(passed.is(200).body["state"], "verified");
    let mut again = back.clone();
    again["phone"] = json!("+49 40 777001");
    let again = apply(&server, "m-new", &again).await;
    assert!(again.body["stop"]["lifted"].is_object() && again.body["may_trade"] == true, "{}", again.text);
    let offer = server.submit(json!({"id": "SKU-1", "title": "Garden chair, green", "merchant_id": "m-new"})).await;
    assert_eq!(offer.decision(), "clear", "{}", offer.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_warehouse_and_an_account_of_ten_thousand_stop_nobody() {
    let server = Server::start(Engine::Sqlite).await;
    let service = &server.app.core.merchants;
    // Merchants that an agent brought: one account, one address, one telephone number.
    let shared = json!({"payment": {"account": "POOLED-77", "holder": "Agent"}, "phone": "+49 30 1", "address": "Hafenstraße 1, 20457 Hamburg",
        "register": null, "representative": null, "email": null});
    store_many(&server, 10_000, &shared).await;
    service.follow().await.unwrap();
    assert_eq!(service.indexes.len(), 10_000);
    decide(&server, "m-00007", "suspended").await.is(200);
    let honest = apply(&server, "m-honest", &with("Honest", shared)).await;
    assert!(honest.body.get("stop").is_none(), "{}", honest.text);
    assert_eq!(
        server.get("/v1/merchants/m-honest/links").await.body,
        json!([]),
        "a value of ten thousand says nothing"
    );
}

/// Dossiers of many merchants, written as the service writes them, in few transactions.
async fn store_many(server: &Server, count: usize, members: &Value) {
    use assay::merchants::dossiers::{model::Dossier, store};
    use assay::merchants::onboarding::{link_record, model::Traces};
    use assay::merchants::standing::{Background, derive};
    let service = &server.app.core.merchants;
    let now = server.app.core.clock.now();
    let standing = derive(&service.standing, &[], &Background::default(), now);
    let mut tx = server.app.core.db.begin().await.unwrap();
    for number in 0..count {
        let id = format!("m-{number:05}");
        let name = format!("{}{}", ["Alder", "Birch", "Cedar", "Dogwood"][number % 4], number * 7919);
        let application = serde_json::from_value(with(&name, members.clone())).unwrap();
        let mut dossier = Dossier::begun(&id, standing.clone(), now);
        dossier.features = service.indexes.read(&link_record(&id, &application, &Traces::default()));
        dossier.application = Some(application);
        dossier.state = State::Verifying;
        dossier.version = 1;
        store::put(&mut tx, &dossier, number as i64 + 1).await.unwrap();
    }
    tx.execute("UPDATE journal_head SET position = $1", params![count as i64]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merchant_that_trades_is_looked_at_and_not_stopped_when_a_link_appears() {
    let server = Server::start(Engine::Sqlite).await;
    verified(&server, "m-old", &own("Oldfield", 5)).await;
    verified(&server, "m-bad", &with("Quickdeal", json!({"payment": {"account": "ACCOUNT00000005", "holder": "Q"}})))
        .await;
    decide(&server, "m-bad", "suspended").await.is(200);
    let dossier = server.get("/v1/merchants/m-old/dossier").await;
    assert!(dossier.body.get("stop").is_none() && dossier.body["may_trade"] == true, "{}", dossier.text);
    let warned = cases(&server, "m-old").await;
    assert!(warned.contains(&"A merchant is linked with one that was shut out waiting".to_owned()), "{warned:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_learns_of_a_ban_and_a_restart_forgets_nothing() {
    let server = Server::start(Engine::Sqlite).await;
    verified(&server, "m-bad", &own("Quickdeal", 1)).await;
    decide(&server, "m-bad", "suspended").await.is(200);
    let second = assay::app::Core::open(&server.place.app_options()).await.unwrap();
    let back =
        with("Sunfield", json!({"payment": {"account": "ACCOUNT00000001", "holder": "S"}, "phone": "+49 40 777000"}));
    let application = serde_json::from_value(back).unwrap();
    let dossier = second.merchants.apply("m-new", application, None, "test").await.unwrap();
    assert_eq!(dossier.body.stop.unwrap().like, "m-bad");
    assert!(server.place.data().join("links.key").exists());
}

// ── Lists ───────────────────────────────────────────────────────────────────────────────────

fn entry(id: &str, name: &str) -> Value {
    json!({"id": id, "type": "organization", "names": [{"name": name, "kind": "primary"}], "countries": ["KP"]})
}

fn lines(entries: &[Value]) -> String {
    entries.iter().map(|entry| format!("{entry}\n")).collect()
}

async fn load(server: &Server, body: impl Into<reqwest::Body>, query: &str) -> Answer {
    let path = format!("/v1/lists/test?layout=json_lines{query}");
    server.call(Method::POST, &path).header("content-type", "application/octet-stream").body(body).send().await
}

async fn hits(server: &Server, state: &str) -> Vec<Value> {
    let found = server.get(&format!("/v1/list-hits?state={state}")).await;
    found.is(200).body["items"].as_array().unwrap().clone()
}

fn some_entries() -> Vec<Value> {
    let names = [
        "Zarkovian Shipping Bureau",
        "Melkonian Precision Optics",
        "Obrastov Maritime Holding",
        "Quillfeather Minerals",
    ];
    names.iter().enumerate().map(|(number, name)| entry(&format!("e-{number}"), name)).collect()
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listed_name_waits_for_a_person_and_a_clearance_holds_until_something_changes(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let loaded = load(&server, lines(&some_entries()), "").await;
    assert_eq!((loaded.is(200).body["number"].as_i64(), loaded.body["added"].as_i64()), (Some(1), Some(4)));
    let again = load(&server, lines(&some_entries()), "").await;
    assert_eq!(again.is(200).body["number"], 1, "the same file is no new version");
    let listed = with("Melkonian", json!({"legal_name": "Melkonian Precision Optics GmbH"}));
    let dossier = apply(&server, "m-1", &listed).await;
    assert_eq!(dossier.body["sanctions"], "under_review", "{}", dossier.text);
    let open = hits(&server, "open").await;
    assert_eq!((open.len(), open[0]["found"]["entity"].as_str()), (1, Some("e-1")));
    let id = open[0]["id"].as_str().unwrap().to_owned();
    let one = server.get(&format!("/v1/list-hits/{id}")).await;
    assert_eq!(one.body["entry"]["names"][0]["name"], "Melkonian Precision Optics");
    assert!(one.body["found"]["why"]["matched"].is_array(), "{}", one.text);
    upload(&server, "m-1", "identity", b"%PDF-1.7 m").await.is(201);
    decide(&server, "m-1", "checks_passed").await.is_problem("conflict");
    assert_ne!(
        server.get("/v1/merchants/m-1/dossier").await.body["state"],
        "suspended",
        "a possible match closes nothing"
    );

    let cleared = json!({"decision": "cleared", "reason": "another registered office"});
    let done = server.post(&format!("/v1/list-hits/{id}/decision"), &cleared).await;
    assert_eq!(done.is(200).body["state"], "cleared");
    assert_eq!(server.get("/v1/merchants/m-1").await.body["sanctions"], "clear");
    // A change of something that is not compared keeps it cleared.
    let mut other = listed.clone();
    other["phone"] = json!("+49 30 5550111");
    apply(&server, "m-1", &other).await;
    assert_eq!(hits(&server, "open").await.len(), 0);
    // The entry says something else: it is open again.
    let mut entries = some_entries();
    entries[1]["ids"] = json!(["7719"]);
    assert_eq!(load(&server, lines(&entries), "").await.is(200).body["changed"], 1);
    eventually("the match is open again", || async { (hits(&server, "open").await.len() == 1).then_some(()) }).await;
    server.post(&format!("/v1/list-hits/{id}/decision"), &cleared).await.is(200);
    // The merchant says something else: it is open again.
    other["representative"] = json!({"name": "Boris Melkonian"});
    apply(&server, "m-1", &other).await;
    assert_eq!(hits(&server, "open").await.len(), 1);
    // The entry is taken off the list: nothing is left to look at.
    entries.remove(1);
    load(&server, lines(&entries), "").await.is(200);
    eventually("the match is gone", || async { (hits(&server, "open").await.is_empty()).then_some(()) }).await;
    assert_eq!(server.get("/v1/merchants/m-1").await.body["sanctions"], "clear");
    server.post(&format!("/v1/list-hits/{id}/decision"), &cleared).await.is_problem("conflict");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_screens_the_merchants_that_are_there_already(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    apply(&server, "m-1", &with("Vandersloot", json!({"legal_name": "Vandersloot Antiquities GmbH"}))).await;
    apply(&server, "m-2", &own("Harmless", 3)).await;
    let mut entries = some_entries();
    entries.push(entry("e-9", "Vandersloot Antiquities"));
    load(&server, lines(&entries), "").await.is(200);
    let open = eventually("the job finds the merchant", || async {
        let open = hits(&server, "open").await;
        (!open.is_empty()).then_some(open)
    })
    .await;
    assert_eq!((open.len(), open[0]["merchant"].as_str()), (1, Some("m-1")));
    let confirmed = json!({"decision": "confirmed", "reason": "same register number"});
    let id = open[0]["id"].as_str().unwrap();
    server.post(&format!("/v1/list-hits/{id}/decision"), &confirmed).await.is(200);
    let facts = server.get("/v1/merchants/m-1").await;
    assert_eq!(
        (facts.body["sanctions"].as_str(), facts.body["state"].as_str()),
        (Some("confirmed"), Some("collecting"))
    );
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_list_file_changes_nothing_and_is_told(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    load(&server, lines(&some_entries()), "").await.is(200);
    let whole = lines(&some_entries());
    let mut nameless = some_entries();
    nameless[2]["names"] = json!([]);
    let cut = whole[..whole.len() - 30].to_owned();
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin: Vec<u8> = whole.replace("Bureau", "B\u{fc}ro").chars().map(|letter| letter as u8).collect();
    let small = lines(&some_entries()[..1]);
    for (body, words) in [
        (cut.into_bytes(), "cut off"),
        (utf16, "UTF-16"),
        (latin, "another encoding"),
        (lines(&nameless).into_bytes(), "have no name"),
        (small.clone().into_bytes(), "the old list stays in force"),
        (Vec::new(), "no entity"),
        (b"<html>404</html>".to_vec(), "line 1"),
    ] {
        let refused = load(&server, body, "").await;
        assert!(refused.is_problem("invalid-list").text.contains(words), "{words}: {}", refused.text);
    }
    let lists = server.get("/v1/lists").await;
    assert_eq!((lists.body[0]["number"].as_i64(), lists.body[0]["entities"].as_i64()), (Some(1), Some(4)));
    let told = event_kinds(&server, "test").await;
    assert_eq!(told.iter().filter(|kind| *kind == "list.refused").count(), 7, "{told:?}");
    // A person who has looked takes the small one.
    let taken = load(&server, small, "&confirmed=true").await;
    assert_eq!((taken.is(200).body["number"].as_i64(), taken.body["removed"].as_i64()), (Some(2), Some(3)));
    let path = "/v1/lists/test?layout=excel";
    server.call(Method::POST, path).body("x").send().await.is_problem("invalid-query");
    server.call(Method::POST, "/v1/lists/Te%20st?layout=json_lines").body("x").send().await.is_problem("invalid-path");
}

// ── Standing ────────────────────────────────────────────────────────────────────────────────

async fn breach(server: &Server, id: &str, offence: &str, source: &str) -> Answer {
    let body = json!({"offence": offence, "source": source});
    server.post(&format!("/v1/merchants/{id}/standing/entries"), &body).await
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn breaches_add_up_an_appeal_takes_them_back_and_screening_follows(#[case] engine: Engine) {
    let server = Server::over(support::Place::new(engine).await, |_| {}).await;
    verified(&server, "m-1", &application("Northwind")).await;
    let offer = |title: &str| json!({"id": "SKU-1", "title": title, "merchant_id": "m-1"});
    assert_eq!(server.submit(offer("Garden chair")).await.decision(), "clear");
    let first = breach(&server, "m-1", "counterfeit", "vrd_1").await;
    assert_eq!(first.is(201).body["points"], 12);
    assert_eq!(
        breach(&server, "m-1", "counterfeit", "vrd_1").await.body["id"],
        first.body["id"],
        "told twice, counted once"
    );
    let standing = server.get("/v1/merchants/m-1/standing").await;
    assert_eq!(standing.body["standing"]["tier"], "restricted");
    assert_eq!(standing.body["entries"].as_array().unwrap().len(), 1);
    let judged = server.submit(offer("Garden chair, red")).await;
    assert_eq!(judged.decision(), "review", "{}", judged.text);

    let entry = first.body["id"].as_str().unwrap();
    let step = |state: &str| {
        let path = format!("/v1/standing/entries/{entry}/appeal");
        let body = json!({"state": state, "reason": "genuine goods"});
        let server = &server;
        async move { server.post(&path, &body).await }
    };
    step("granted").await.is_problem("conflict");
    step("open").await.is(200);
    assert_eq!(server.get("/v1/merchants/m-1").await.body["tier"], "restricted", "it counts until it is decided");
    assert_eq!(step("granted").await.is(200).body.as_array().unwrap().len(), 2);
    step("refused").await.is_problem("conflict");
    assert_eq!(server.get("/v1/merchants/m-1").await.body["tier"], "new");
    let judged = server.submit(offer("Garden chair, blue")).await;
    assert_eq!(judged.decision(), "clear", "{}", judged.text);
    breach(&server, "m-1", "murder", "x").await.is_problem("invalid-body");
    breach(&server, "m-1", "counterfeit", "").await.is_problem("invalid-body");
    assert!(verify::verify(&server.app.core.db, None, |_| {}).await.unwrap().first_bad.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_shut_out_takes_all_shops_of_the_owner_along() {
    let server = Server::start(Engine::Sqlite).await;
    for (id, name, number) in [("m-1", "Northwind", 1), ("m-2", "Southwind", 2), ("m-3", "Westwind", 3)] {
        let mut application = own(name, number);
        application["owner"] = json!(if id == "m-3" { "o-other" } else { "o-1" });
        verified(&server, id, &application).await;
    }
    breach(&server, "m-1", "false_identity", "case-1").await.is(201);
    let tier = |id: &'static str| {
        let server = &server;
        async move { server.get(&format!("/v1/merchants/{id}")).await.body["tier"].as_str().unwrap().to_owned() }
    };
    assert_eq!(
        (tier("m-1").await, tier("m-2").await, tier("m-3").await),
        ("suspended".into(), "suspended".into(), "new".into())
    );
    let why = server.get("/v1/merchants/m-2/standing").await;
    assert!(why.text.contains("another shop of its owner, m-1"), "{}", why.text);
    let shown = server.get("/v1/standing/histogram?ledger=identity&present=48&proposed=8").await;
    assert_eq!((shown.is(200).body["reached_now"].as_i64(), shown.body["merchants"].as_i64()), (Some(1), Some(3)));
    server.get("/v1/standing/histogram?ledger=love&present=1&proposed=2").await.is_problem("invalid-query");
    assert!(server.get("/v1/standing/policy").await.is(200).text.contains("counterfeit"));
}

// ── Authorised sellers ──────────────────────────────────────────────────────────────────────

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_brand_owner_confirms_a_letter_and_takes_it_back(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let brand = json!({"name": "Northpeak", "word_marks": [{"text": "Northpeak"}]});
    server.put("/v1/brands/northpeak", &brand).await.is(200);
    let letter = upload(&server, "m-1", "authority", b"%PDF-1.7 letter").await.is(201).body["id"].clone();
    let asked = json!({"brand": "northpeak", "scope": {"markets": ["DE"]}, "document": letter});
    let asked = server.post("/v1/merchants/m-1/authorisations", &asked).await;
    assert_eq!(asked.is(201).body["state"], "asked");
    let id = asked.body["id"].as_str().unwrap().to_owned();
    let offer = |place: &str| json!({"id": format!("SKU-{place}"), "title": "Northpeak jacket", "merchant_id": "m-1", "ships_to": [place]});
    assert_eq!(server.submit(offer("DE")).await.decision(), "review", "a letter alone gives nothing");

    // The owner's people see and decide what is theirs; others learn nothing.
    let (owner, other) = (brand_owner(&server).await, brand_owner(&server).await);
    server.put("/v1/brands/northpeak/keeper", &json!({"organisation": owner.0})).await.is(204);
    let path = format!("/v1/authorisations/{id}/decision");
    let say = |key: &str, word: &str| {
        let body = json!({"decision": word, "reason": "our partner"});
        server.call(Method::POST, &path).key(Some(key)).json(&body).send()
    };
    say(&other.1, "confirmed").await.is_problem("not-found");
    let listed = |key: String| server.call(Method::GET, "/v1/authorisations?brand=northpeak").key(Some(&key)).send();
    listed(other.1.clone()).await.is_problem("not-found");
    assert_eq!(listed(owner.1.clone()).await.is(200).body["items"].as_array().unwrap().len(), 1);
    say(&owner.1, "revoked").await.is_problem("conflict");
    assert_eq!(say(&owner.1, "confirmed").await.is(200).body["state"], "confirmed");
    assert_eq!(server.submit(offer("DE")).await.decision(), "clear", "screening follows at once");
    assert_eq!(server.submit(offer("FR")).await.decision(), "review", "and only where it was given");
    // Entering the brand anew does not undo what its owner confirmed.
    let again = server.put("/v1/brands/northpeak", &brand).await;
    assert_eq!(again.is(200).body["unchanged"], 1, "{}", again.text);
    let renamed = json!({"name": "Northpeak", "aliases": ["Nordgipfel"], "word_marks": [{"text": "Northpeak"}]});
    server.put("/v1/brands/northpeak", &renamed).await.is(200);
    assert_eq!(
        server
            .submit(json!({"id": "SKU-9", "title": "Northpeak coat", "merchant_id": "m-1", "ships_to": ["DE"]}))
            .await
            .decision(),
        "clear"
    );
    say(&owner.1, "confirmed").await.is_problem("conflict");
    assert_eq!(say(&owner.1, "revoked").await.is(200).body["state"], "revoked");
    assert_eq!(
        server
            .submit(json!({"id": "SKU-8", "title": "Northpeak coat", "merchant_id": "m-1", "ships_to": ["DE"]}))
            .await
            .decision(),
        "review"
    );

    for (body, place) in [
        (json!({"brand": "northpeak", "scope": {"marks": ["adidas/word/1"]}}), "/marks"),
        (json!({"brand": "northpeak", "scope": {"from": "2026-02-01", "until": "2026-01-01"}}), "/until"),
        (json!({"brand": "northpeak", "document": "doc_00000000000000000000000007"}), "/document"),
    ] {
        let refused = server.post("/v1/merchants/m-1/authorisations", &body).await;
        assert_eq!(refused.is_problem("invalid-body").places(), [place]);
    }
    server.post("/v1/merchants/m-1/authorisations", &json!({"brand": "nobody"})).await.is_problem("not-found");
    let unknown = json!({"organisation": "org_00000000000000000000000009"});
    server.put("/v1/brands/northpeak/keeper", &unknown).await.is_problem("invalid-body");
}

/// A brand owner's organisation and a key of it.
async fn brand_owner(server: &Server) -> (String, String) {
    let id = server.organisation(OrganisationKind::BrandOwner).await;
    (id.to_string(), server.key_of(id).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_tells_stands_beside_what_is_derived() {
    let server = Server::start(Engine::Sqlite).await;
    server.put("/v1/merchants/m-1", &json!({"name": "Told", "tier": "trusted", "verified": true})).await.is(204);
    assert_eq!(server.get("/v1/merchants/m-1").await.body["tier"], "trusted");
    breach(&server, "m-1", "late_delivery", "order-1").await.is(201);
    let facts = server.get("/v1/merchants/m-1").await;
    assert_eq!((facts.body["name"].as_str(), facts.body["verified"].as_bool()), (Some("Told"), Some(true)));
    assert!(facts.body.get("state").is_none(), "a ledger entry is no application");
    let refused = server.put("/v1/merchants/m-1", &json!({"state": "verified", "held": false})).await;
    assert_eq!(refused.is_problem("invalid-body").places(), ["/state", "/held"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dossiers_are_read_by_those_who_may_and_listed_by_state() {
    let server = Server::start(Engine::Sqlite).await;
    verified(&server, "m-1", &application("Northwind")).await;
    apply(&server, "m-2", &json!({})).await;
    let listed = server.get("/v1/dossiers?state=collecting").await;
    assert_eq!(listed.is(200).body["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed.body["items"][0]["merchant"], "m-2");
    assert_eq!(server.get("/v1/dossiers?limit=1").await.body["items"][0]["merchant"], "m-1");
    server.get("/v1/dossiers?state=happy").await.is_problem("invalid-query");
    let reader = server.key_with(&[Permission::ListingsRead]).await;
    let trader = server.call(Method::GET, "/v1/merchants/m-1/trader").key(Some(&reader)).send().await;
    trader.is(200);
    for path in ["dossier", "documents", "links", "standing"] {
        let refused = server.call(Method::GET, &format!("/v1/merchants/m-1/{path}")).key(Some(&reader)).send().await;
        refused.is_problem("forbidden");
    }
}

// ── Console ─────────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vetter_works_through_the_queue_at_the_console(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    load(&server, lines(&some_entries()), "").await.is(200);
    let hostile = "Melkonian <script>alert(1)</script>\u{202e}";
    let listed = with("Melkonian", json!({"legal_name": "Melkonian Precision Optics GmbH", "store_name": hostile}));
    apply(&server, "m%2F1%20%C3%A4", &listed).await.is(200);
    upload(&server, "m%2F1%20%C3%A4", "identity", b"%PDF-1.7 m").await.is(201);
    let vetter = server.visitor(OrganisationId::PLATFORM, &["merchant_vetter"]).await;
    let get = |path: String| server.call(Method::GET, &path).visitor(&vetter).header("accept", "text/html").send();
    let post = |path: String, fields: Vec<(&'static str, String)>| {
        let escaped: Vec<(&str, String)> = fields.iter().map(|(name, value)| (*name, escaped(value))).collect();
        let fields: Vec<(&str, &str)> = escaped.iter().map(|(name, value)| (*name, value.as_str())).collect();
        server.call(Method::POST, &path).visitor(&vetter).form(&fields).send()
    };
    let queue = get("/merchants".to_owned()).await;
    let page = "/merchants/m%2F1%20%C3%A4".to_owned();
    assert!(queue.is(200).text.contains(&format!("href=\"{page}\"")), "{}", queue.text);
    assert!(!queue.text.contains("<script>alert") && !queue.text.contains('\u{202e}'));
    let shown = get(page.clone()).await;
    for part in
        ["Melkonian Precision Optics", "A possible match with a sanctions list", "Verify", "payment account", "iban"]
    {
        assert!(shown.is(200).text.contains(part), "no {part} in {}", shown.text);
    }
    assert!(!shown.text.contains("<script>alert") && !shown.text.contains('\u{202e}'));
    // The match first, side by side with the entry.
    let hit = shown.text.split_once("/list-hits/").unwrap().1.split('"').next().unwrap().to_owned();
    let side_by_side = get(format!("/list-hits/{hit}")).await;
    assert!(side_by_side.is(200).text.contains("Word by word") && side_by_side.text.contains("KP"));
    let csrf = || ("csrf", vetter.csrf.clone());
    let reason = || ("reason", "another registered office".to_owned());
    post(format!("/list-hits/{hit}/decide"), vec![csrf(), ("decision", "maybe".to_owned()), reason()]).await.is(422);
    post(format!("/list-hits/{hit}/decide"), vec![csrf(), ("decision", "cleared".to_owned()), reason()]).await.is(303);
    post(format!("{page}/decide"), vec![csrf(), ("step", "checks_passed".to_owned()), ("reason", String::new())])
        .await
        .is(422);
    post(format!("{page}/decide"), vec![csrf(), ("step", "checks_passed".to_owned()), reason()]).await.is(303);
    assert_eq!(server.get("/v1/merchants/m%2F1%20%C3%A4/dossier").await.body["state"], "verified");
    assert!(get("/merchants".to_owned()).await.text.contains("Nobody waits here"));
    assert!(get("/merchants?state=verified".to_owned()).await.text.contains(&page));
    // A form without the session's token, and a person without the permission, change nothing.
    post(format!("{page}/decide"), vec![("step", "closed".to_owned()), reason()]).await.is(403);
    let reviewer = server.visitor(OrganisationId::PLATFORM, &["reviewer"]).await;
    for path in ["/merchants", page.as_str(), "/list-hits", "/merchant-export.csv", "/merchant-import"] {
        server.call(Method::GET, path).visitor(&reviewer).send().await.is(403);
    }
    let fields = [("csrf", reviewer.csrf.as_str()), ("step", "closed"), ("reason", "r")];
    server.call(Method::POST, &format!("{page}/decide")).visitor(&reviewer).form(&fields).send().await.is(403);
    assert_eq!(server.get("/v1/merchants/m%2F1%20%C3%A4/dossier").await.body["state"], "verified");
}

/// A text as the value of a form's field.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merchants_come_by_form_and_by_file_after_a_preview() {
    let server = Server::start(Engine::Sqlite).await;
    let vetter = server.visitor(OrganisationId::PLATFORM, &["merchant_vetter"]).await;
    let form = [
        ("csrf", vetter.csrf.as_str()),
        ("id", "m-form"),
        ("country", "DE"),
        ("legal_name", "Formwind+GmbH"),
        ("sells_to", "DE%7CFR"),
        ("certified_by", "Anna"),
        ("certified_on", "2026-01-15"),
    ];
    server.call(Method::POST, "/merchant-apply").visitor(&vetter).form(&form).send().await.is(303);
    let dossier = server.get("/v1/merchants/m-form/dossier").await;
    assert_eq!(dossier.is(200).body["application"]["sells_to"], json!(["DE", "FR"]));
    let wrong = [("csrf", vetter.csrf.as_str()), ("id", "m-x"), ("country", "Germany")];
    server.call(Method::POST, "/merchant-apply").visitor(&vetter).form(&wrong).send().await.is(422);

    let file = "id,country,store_name\nm-1,DE,=HYPERLINK(1)\nm-2,Germany,Westwind\nm-1,DE,Again\n";
    let boundary = "XBOUNDARYX";
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"m.csv\"\r\n\r\n{file}\r\n--{boundary}--\r\n"
    );
    let path = format!("/merchant-import?csrf={}", vetter.csrf);
    let send = |path: String, body: Vec<u8>| {
        let kind = format!("multipart/form-data; boundary={boundary}");
        server.call(Method::POST, &path).visitor(&vetter).header("content-type", &kind).body(body).send()
    };
    let preview = send(path.clone(), body.clone().into_bytes()).await;
    assert!(preview.is(200).text.contains("1 of 3 rows can be taken"), "{}", preview.text);
    server.get("/v1/merchants/m-1/dossier").await.is_problem("not-found");
    send("/merchant-import".to_owned(), body.into_bytes()).await.is(403);
    let latin = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nid\n").into_bytes();
    let latin = [latin, vec![0xfc], format!("\r\n--{boundary}--\r\n").into_bytes()].concat();
    send(path, latin).await.is(422);
    let text = escaped(file);
    let take = [("csrf", vetter.csrf.as_str()), ("text", text.as_str())];
    let taken = server.call(Method::POST, "/merchant-import/take").visitor(&vetter).form(&take).send().await;
    assert!(taken.is(200).text.contains("1 merchants were taken, 2 were not"), "{}", taken.text);
    let export = server.call(Method::GET, "/merchant-export.csv").visitor(&vetter).send().await;
    assert!(export.is(200).text.contains("\"m-1\",\"'=HYPERLINK(1)\""), "{}", export.text);
}
