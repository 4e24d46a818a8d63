//! The API over real HTTP: what it takes, what it refuses and with which words, who may call,
//! and that its document describes it. Most of it runs on SQLite; what differs by engine on both.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use assay::accounts::{OrganisationKind, Permission as Scope};
use assay::http::problem::ProblemKind;
use assay::kernel::id::{
    ApiKeyId, AppealId, AuthorisationId, CaseId, DecisionId, DocumentId, HuntId, JobId, ListHitId, ListingId, NoticeId,
    OrganisationId, PersonId, ShipmentId, StandingEntryId, StatementId, VerdictId,
};

use support::data::{SMALL_PACK, SMALL_PATH};
use support::server::{Answer, Server};
use support::{Engine, eventually, pictures};

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn listing(id: &str, title: &str) -> Value {
    json!({"id": id, "title": title})
}

/// `listing` with further members.
fn with(id: &str, members: Value) -> Value {
    let mut listing = listing(id, "A thing");
    for (name, value) in members.as_object().expect("members").clone() {
        listing[name] = value;
    }
    listing
}

async fn stored_listings(server: &Server) -> i64 {
    let row = server.app.core.db.optional("SELECT count(*) AS n FROM listing", vec![]).await.unwrap();
    row.unwrap().get("n").unwrap()
}

// ── Bad listings ────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_listing_is_refused_with_the_member_at_fault_and_nothing_is_stored(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let jpeg = pictures::jpeg(1);
    let image = |bytes: &[u8]| json!([{"base64": base64(bytes)}]);
    let url = |address: &str| json!([{"url": address}]);
    let cases = [
        (json!({"currency": "ZZZ", "price": "1"}), "/currency", "ISO 4217"),
        (json!({"currency": "ZZZ"}), "/currency", "ISO 4217"),
        (json!({"price": "1"}), "/currency", "missing"),
        (json!({"price": "-0.01", "currency": "EUR"}), "/price", "negative"),
        (json!({"price": -5, "currency": "EUR"}), "/price", "negative"),
        (json!({"price": "12,50", "currency": "EUR"}), "/price", "12.50"),
        (json!({"price": "NaN", "currency": "EUR"}), "/price", "decimal"),
        (json!({"price": 1e300, "currency": "EUR"}), "/price", "decimal"),
        (json!({"price": {"amount": 1}, "currency": "EUR"}), "/price", "decimal"),
        (json!({"title": ""}), "/title", "empty"),
        (json!({"title": " \t\n"}), "/title", "empty"),
        (json!({"title": "x".repeat(10_000)}), "/title", "10000"),
        (json!({"description": "x".repeat(60_000)}), "/description", "60000"),
        (json!({"id": " "}), "/id", "empty"),
        (json!({"id": "x".repeat(301)}), "/id", "300"),
        (json!({"id": "a\u{0}b"}), "/id", "control"),
        (json!({"merchant_id": "m\u{7}"}), "/merchant_id", "control"),
        (json!({"images": vec!["x"; 500]}), "/images", "500"),
        (json!({"images": image(b"This is text, and no picture at all.")}), "/images/0/base64", ""),
        (json!({"images": image(&jpeg[..jpeg.len() / 2])}), "/images/0/base64", ""),
        (json!({"images": image(&jpeg[..20])}), "/images/0/base64", ""),
        (json!({"images": image(b"")}), "/images/0/base64", ""),
        (json!({"images": image(&pictures::png_that_claims(30_000, 30_000))}), "/images/0/base64", ""),
        (json!({"images": [{"base64": "%%%"}]}), "/images/0/base64", "base64"),
        (json!({"images": [format!("sha256:{}", "0".repeat(64))]}), "/images/0", "not uploaded"),
        (json!({"images": ["holiday.jpg"]}), "/images/0", "sha256"),
        (json!({"images": url("http://169.254.169.254/latest/meta-data")}), "/images/0/url", "https"),
        (json!({"images": url("https://169.254.169.254/latest/meta-data")}), "/images/0/url", "public"),
        (json!({"images": url("https://127.0.0.1/a.jpg")}), "/images/0/url", "public"),
        (json!({"images": url("https://localhost/a.jpg")}), "/images/0/url", "public"),
        (json!({"images": url("https://[::1]/a.jpg")}), "/images/0/url", "public"),
        (json!({"images": url("https://[::ffff:10.0.0.1]/a.jpg")}), "/images/0/url", "public"),
        (json!({"images": url("https://0x7f000001/a.jpg")}), "/images/0/url", "public"),
        (json!({"images": url("https://user:secret@example.com/a.jpg")}), "/images/0/url", "password"),
        (json!({"images": url("https://example.com:22/a.jpg")}), "/images/0/url", "port"),
        (json!({"images": url("file:///etc/passwd")}), "/images/0/url", "https"),
        (json!({"images": url("no address")}), "/images/0/url", "URL"),
        (json!({"ships_to": ["DE", "Germany"]}), "/ships_to/1", "two-letter"),
        (json!({"attributes": {"a/b": "x".repeat(5_000)}}), "/attributes/a~1b", "too long"),
    ];
    for (members, place, words) in cases {
        let answer = server.post("/v1/listings", &with("bad", members)).await;
        answer.is_problem("invalid-listing");
        assert_eq!(answer.places(), [place], "{}", answer.text);
        assert!(answer.text.contains(words), "no \"{words}\" in {}", answer.text);
        assert!(answer.text.len() < 3_000, "the answer repeats the question");
    }
    let several = with("", json!({"title": "", "price": "-1", "currency": "EUR", "ships_to": ["X"]}));
    let answer = server.post("/v1/listings", &several).await;
    assert_eq!(answer.is_problem("invalid-listing").places(), ["/id", "/title", "/price", "/ships_to/0"]);
    assert_eq!(stored_listings(&server).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_another_shape_is_refused_before_anything_is_looked_at() {
    let server = Server::start(Engine::Sqlite).await;
    for (body, place) in [
        (json!({"title": "t"}), "/id"),
        (json!({"id": "a"}), "/title"),
        (json!({"id": "a", "title": 7}), "/title"),
        (json!({"id": "a", "title": "t", "attributes": {"a": 1}}), "/attributes/a"),
        (json!({"id": "a", "title": "t", "images": [7]}), "/images/0"),
        (json!({"id": "a", "title": "t", "ships_to": "DE"}), "/ships_to"),
        (json!("text"), ""),
    ] {
        let answer = server.post("/v1/listings", &body).await;
        assert_eq!(answer.is_problem("invalid-body").places(), [place], "{body}");
    }
    let send = |content_type: &'static str, body: &'static str| {
        server.call(Method::POST, "/v1/listings").header("content-type", content_type).body(body).send()
    };
    send("application/json", "{\"id\": ").await.is_problem("malformed-json");
    send("application/json", "").await.is_problem("malformed-json");
    send("application/json", "{\"id\":\"a\",\"title\":\"t\"} x").await.is_problem("malformed-json");
    send("text/plain", "{\"id\":\"a\",\"title\":\"t\"}").await.is_problem("unsupported-media-type");
    send("application/xml", "<listing/>").await.is_problem("unsupported-media-type");
    assert_eq!(stored_listings(&server).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_does_not_answer_costs_the_picture_not_the_verdict() {
    let server = Server::start(Engine::Sqlite).await;
    let unresolved = with("A", json!({"images": [{"url": "https://no-such-host.invalid/a.jpg?token=secret"}]}));
    let answer = server.submit(unresolved).await;
    let id = answer.body["id"].as_str().unwrap().parse().unwrap();
    let version = assay::screening::store::version(&server.app.core.db, id, 1).await.unwrap().unwrap();
    assert_eq!(version.images.len(), 1);
    assert!(version.images[0].problem.is_some() && version.images[0].signature.is_none());
    assert!(!version.images[0].name.contains("secret"), "an address's query may be a secret");
}

// ── Submitting ──────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_is_judged_kept_and_read_back(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let sent = json!({
        "id": "SKU 1/ü", "title": "Zorbium \u{0} powder 手", "description": "x", "price": 19.990, "currency": "eur",
        "merchant_id": "m1", "category": "Chemistry > Powders", "lang": "en", "ships_to": ["uk", "DE", "DE"],
        "attributes": {"colour": "red"}, "unknown member": 1,
    });
    let created = server.submit(sent.clone()).await;
    created.is(201);
    let id = created.body["id"].as_str().unwrap().to_owned();
    assert_eq!(created.header("location"), format!("/v1/listings/{id}"));
    assert_eq!(created.decision(), "block");
    assert_eq!(created.header("etag"), format!("\"v1.{}\"", created.body["verdict"]["id"].as_str().unwrap()));
    assert_eq!(created.body["taken"], "created");
    assert_eq!(created.body["verdict"]["body"]["reasons"][0]["says"], "offers “Zorbium”");

    let again = server.submit(sent.clone()).await;
    assert_eq!((again.status, &again.body["taken"]), (200, &json!("same")));
    assert_eq!(again.body["verdict"], created.body["verdict"]);
    let mut changed = sent;
    changed["title"] = json!("Flour");
    let changed = server.submit(changed).await;
    assert_eq!((changed.status, changed.decision()), (201, "clear"));
    assert!(changed.header("etag").starts_with("\"v2.vrd_"));

    let read = server.get(&format!("/v1/listings/{id}")).await;
    assert_eq!((read.is(200).header("etag"), &read.body["version"]), (changed.header("etag"), &json!(2)));
    assert_eq!(read.body["verdict"], changed.body["verdict"]);
    let by_name = server.get("/v1/listings/by-external-id/SKU%201%2F%C3%BC").await;
    assert_eq!(by_name.is(200).body, read.body);
    let history = server.get(&format!("/v1/listings/{id}/history")).await;
    let judged: Vec<(i64, &str)> = history
        .is(200)
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["version"].as_i64().unwrap(), entry["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(judged, [(2, "clear"), (1, "block")]);
    let verdict = created.body["verdict"]["id"].as_str().unwrap();
    let stored = server.get(&format!("/v1/verdicts/{verdict}")).await;
    assert_eq!(stored.is(200).body, created.body["verdict"]);
    let proof = server.post(&format!("/v1/verdicts/{verdict}/replay"), &json!({})).await;
    assert_eq!((proof.is(200).body["same"].as_bool(), &proof.body["differences"]), (Some(true), &json!([])));

    let listing = id.parse().unwrap();
    let version = assay::screening::store::version(&server.app.core.db, listing, 1).await.unwrap().unwrap();
    assert_eq!(version.price.unwrap().to_string(), "19.99 EUR");
    assert_eq!(version.ships_to.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_keeps_its_digits_from_the_request_to_the_row() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let server = Server::start(engine).await;
        let body = r#"{"id":"A","title":"t","price":19.990,"currency":"EUR"}"#;
        let call = server.call(Method::POST, "/v1/listings").header("content-type", "application/json").body(body);
        call.send().await.is(201);
        let row =
            server.app.core.db.optional("SELECT price, currency FROM listing_version", vec![]).await.unwrap().unwrap();
        let price: rust_decimal::Decimal = row.get("price").unwrap();
        assert_eq!(
            (price.to_string(), row.get::<String>("currency").unwrap()),
            ("19.990".to_owned(), "EUR".to_owned())
        );
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotency_key_repeats_the_answer_and_refuses_another_request(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let send = |key: &str, body: Value| {
        server.call(Method::POST, "/v1/listings").header("idempotency-key", key).json(&body).send()
    };
    let first = send("\"k-1\"", listing("A", "one")).await;
    first.is(201);
    server.submit(listing("A", "two")).await;
    for written in ["\"k-1\"", "k-1"] {
        let again = send(written, listing("A", "one")).await;
        assert_eq!((again.status, &again.body["taken"]), (200, &json!("repeated")));
        for member in ["id", "external_id", "version", "verdict"] {
            assert_eq!(again.body[member], first.body[member]);
        }
    }
    send("k-1", listing("A", "three")).await.is_problem("idempotency-mismatch");
    send("k-1", listing("B", "one")).await.is_problem("idempotency-mismatch");
    let other = server.key_with(&[Scope::ListingsWrite]).await;
    let others = server.call(Method::POST, "/v1/listings").key(Some(&other)).header("idempotency-key", "k-1");
    assert_eq!(
        others.json(&listing("C", "mine")).send().await.is(201).body["external_id"],
        "C",
        "keys are the caller's own"
    );
    for broken in ["\"", "\"\"", "a b", &"x".repeat(256), "\"ü\""] {
        let answer = send(broken, listing("A", "one")).await;
        assert_eq!(answer.is_problem("invalid-header").places(), ["idempotency-key"], "{broken}");
    }
    let history = server.get(&format!("/v1/listings/{}/history", first.body["id"].as_str().unwrap())).await;
    assert_eq!(history.body.as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_may_name_the_version_it_changes() {
    let server = Server::start(Engine::Sqlite).await;
    let send = |tag: &str, title: &str| {
        server.call(Method::POST, "/v1/listings").header("if-match", tag).json(&listing("A", title)).send()
    };
    send("\"v1\"", "one").await.is_problem("precondition-failed");
    send("\"v0\"", "one").await.is(201);
    send("\"v0\"", "two").await.is_problem("precondition-failed");
    let second = send("\"v1\"", "two").await;
    let tag = second.is(201).header("etag").to_owned();
    assert!(tag.starts_with("\"v2."));
    assert_eq!(send(&tag, "three").await.is(201).body["version"], 3, "the whole tag names the version too");
    for broken in ["v1", "1", "W/\"v2\"", "\"vx\""] {
        assert_eq!(send(broken, "four").await.is_problem("invalid-header").places(), ["if-match"]);
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_listing_sent_many_times_at_once_is_created_once(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let body = listing("A", "zorbium");
    let calls: Vec<_> = (0..30).map(|_| server.post("/v1/listings", &body)).collect();
    let mut statuses = Vec::new();
    let mut verdicts = BTreeSet::new();
    for answer in join_all(calls).await {
        statuses.push(answer.status);
        verdicts.insert(answer.body["verdict"]["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!((statuses.iter().filter(|status| **status == 200).count(), verdicts.len()), (29, 1));
}

/// Awaits all of them at the same time.
async fn join_all<Answered: Future>(calls: Vec<Answered>) -> Vec<Answered::Output> {
    let mut waiting: Vec<_> = calls.into_iter().map(|call| (Box::pin(call), None)).collect();
    std::future::poll_fn(|context| {
        let mut all = true;
        for (call, answer) in &mut waiting {
            if answer.is_none() {
                match call.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *answer = Some(ready),
                    std::task::Poll::Pending => all = false,
                }
            }
        }
        if all { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, answer)| answer).collect()
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_answers_each_listing_in_its_place(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let mut batch: Vec<Value> =
        (0..150).map(|number| listing(&format!("L{number}"), &format!("title {number}"))).collect();
    batch[7] = json!({"id": "L7", "title": ""});
    batch[70] = json!(["no listing"]);
    batch[99] = json!({"id": "L99", "title": "zorbium"});
    let answer = server.post("/v1/listings/batch", &Value::Array(batch)).await;
    let items = answer.is(200).body.as_array().unwrap();
    assert_eq!(items.len(), 150);
    for (number, item) in items.iter().enumerate() {
        match number {
            7 => assert_eq!(
                (&item["problem"]["type"], &item["problem"]["errors"][0]["pointer"]),
                (&json!("/problems/invalid-listing"), &json!("/title"))
            ),
            70 => assert_eq!(item["problem"]["type"], "/problems/invalid-body"),
            _ => assert_eq!(item["external_id"], format!("L{number}"), "{item}"),
        }
    }
    assert_eq!(items[99]["verdict"]["body"]["verdict"], "block");
    assert_eq!(stored_listings(&server).await, 148);
    assert_eq!(server.post("/v1/listings/batch", &json!([])).await.is(200).body, json!([]));
    server.post("/v1/listings/batch", &json!({"id": "a"})).await.is_problem("invalid-body");
    let many: Vec<Value> = (0..1_001).map(|_| listing("A", "t")).collect();
    server.post("/v1/listings/batch", &Value::Array(many)).await.is_problem("invalid-body");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_sent_again_with_its_key_acts_once(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let send = |listings: Value| {
        server.call(Method::POST, "/v1/listings/batch").header("idempotency-key", "batch-1").json(&listings).send()
    };
    let first = send(json!([listing("A", "one"), listing("B", "one")])).await;
    server.submit(listing("A", "two")).await;
    let again = send(json!([listing("A", "one"), listing("B", "one"), listing("C", "one")])).await;
    for place in 0..2 {
        assert_eq!(again.body[place]["taken"], "repeated");
        assert_eq!(again.body[place]["verdict"], first.body[place]["verdict"]);
    }
    assert_eq!(again.body[2]["taken"], "created", "the first time did not reach it");
    let other = send(json!([listing("A", "three")])).await;
    assert_eq!(other.body[0]["problem"]["type"], "/problems/idempotency-mismatch");
    let current = server.get("/v1/listings/by-external-id/A").await;
    assert_eq!((&current.body["version"], &current.body["content"]["title"]), (&json!(2), &json!("two")));
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_names_the_pictures_that_were_not_looked_at(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let mut lone = listing("A", "Mesh shoes");
    lone["images"] = json!([{"url": "https://no-such-host.invalid/1.jpg"}]);
    let answer = server.post("/v1/listings", &lone).await;
    let unread = &answer.is(201).body["unread_images"];
    assert_eq!(unread[0]["image"], "https://no-such-host.invalid/1.jpg");
    assert!(unread[0]["problem"].as_str().unwrap().contains("no-such-host.invalid"), "{unread}");
    let read = server.get("/v1/listings/by-external-id/A").await;
    assert_eq!(&read.body["unread_images"], unread);
    assert_eq!(server.post("/v1/listings", &listing("B", "Mesh shoes")).await.body.get("unread_images"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_twice_in_one_batch_ends_as_the_later_line_says() {
    let server = Server::start(Engine::Sqlite).await;
    for round in 0..5 {
        let batch: Vec<Value> =
            (0..40).map(|line| listing(&format!("R{round} {}", line % 4), &format!("line {line}"))).collect();
        let answer = server.post("/v1/listings/batch", &Value::Array(batch)).await;
        let versions: Vec<i64> =
            answer.is(200).body.as_array().unwrap().iter().map(|item| item["version"].as_i64().unwrap()).collect();
        let expected: Vec<i64> = (0..40).map(|line| line / 4 + 1).collect();
        assert_eq!(versions, expected, "lines of one listing are taken in their order");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_uploaded_picture_can_be_named_by_listings() {
    let server = Server::start(Engine::Sqlite).await;
    let upload = |bytes: Vec<u8>| server.call(Method::POST, "/v1/images").body(bytes).send();
    let first = upload(pictures::png(1)).await;
    first.is(201);
    assert_eq!((&first.body["width"], &first.body["height"]), (&json!(256), &json!(256)));
    assert_eq!(first.body["pdq"].as_str().unwrap().len(), 64);
    assert_eq!(upload(pictures::png(1)).await.is(201).body, first.body);
    let name = first.body["image"].as_str().unwrap();
    server.submit(with("A", json!({"images": [name, name.trim_start_matches("sha256:"), {"base64": base64(&pictures::jpeg(2)), "name": "front"}]}))).await;
    for bad in
        [b"text".to_vec(), Vec::new(), pictures::jpeg(1)[..100].to_vec(), pictures::png_that_claims(30_000, 30_000)]
    {
        upload(bad).await.is_problem("invalid-image");
    }
    upload(vec![0xff; 21_000_000]).await.is_problem("body-too-large");
}

// ── Reading ─────────────────────────────────────────────────────────────────────────────────

fn nobody<Id: std::fmt::Display>(id: impl Fn(uuid::Uuid) -> Id) -> String {
    id(uuid::Uuid::from_u128(7)).to_string()
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_not_found_and_what_is_no_id_is_refused(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let (lst, vrd, hnt) = (nobody(ListingId::from_uuid), nobody(VerdictId::from_uuid), nobody(HuntId::from_uuid));
    for path in [
        format!("/v1/listings/{lst}"),
        format!("/v1/listings/{lst}/history"),
        "/v1/listings/by-external-id/nobody".to_owned(),
        format!("/v1/verdicts/{vrd}"),
        format!("/v1/hunts/{hnt}"),
        "/v1/brands/nobody".to_owned(),
        "/v1/rules/nobody.toml".to_owned(),
        "/v1/merchants/nobody".to_owned(),
        "/v1/nothing".to_owned(),
        "/nothing".to_owned(),
    ] {
        server.get(&path).await.is_problem("not-found");
    }
    server.post(&format!("/v1/verdicts/{vrd}/replay"), &json!({})).await.is_problem("not-found");
    server.post(&format!("/v1/hunts/{hnt}/cancel"), &json!({})).await.is_problem("not-found");
    server.delete("/v1/brands/nobody").await.is_problem("not-found");
    server.delete("/v1/rules/nobody.toml").await.is_problem("not-found");
    let aside = json!({"reference": "a/b", "because": "c"});
    server.post("/v1/brands/nobody/quarantine", &aside).await.is_problem("not-found");
    for path in
        ["/v1/listings/lst_1", &format!("/v1/listings/{vrd}"), "/v1/verdicts/x", "/v1/hunts/x", "/v1/listings/%ff"]
    {
        server.get(path).await.is_problem("invalid-path");
    }
    for path in ["/v1/listings/by-external-id/a%00b", "/v1/brands/a%00b", "/v1/merchants/a%00b", "/v1/rules/a%00b"] {
        let answer = server.get(path).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.text);
    }
    let hunt = json!({"target": {"brand": "a\u{0}b"}});
    server.post("/v1/hunts", &hunt).await.is_problem("invalid-body");
    server.delete("/v1/listings").await.is_problem("method-not-allowed");
    server.put("/v1/events", &json!({})).await.is_problem("method-not-allowed");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listings_are_found_once_the_index_has_caught_up(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let batch: Vec<Value> = (0..45)
        .map(|number| {
            json!({
                "id": format!("L{number:02}"), "title": format!("{} shoe number{number}", if number % 3 == 0 { "Red" } else { "Blue" }),
                "description": if number % 9 == 0 { "with zorbium" } else { "" }, "merchant_id": format!("m{}", number % 2),
                "price": format!("{number}.50"), "currency": "EUR", "category": "Clothing > Shoes", "brand": "Testbrand",
            })
        })
        .collect();
    server.post("/v1/listings/batch", &Value::Array(batch)).await.is(200);
    server.wait_for_index().await;
    let total = async |query: &str| {
        let answer = server.get(&format!("/v1/listings?{query}")).await;
        answer.is(200).body["total"].as_i64().unwrap()
    };
    assert_eq!(total("").await, 45);
    assert_eq!(total("q=red+shoe").await, 15);
    assert_eq!(total("q=blux+shoe+&fuzzy=true").await, 30);
    assert_eq!(total("verdict=block").await, 5);
    assert_eq!(total("class=forbidden_goods&merchant=m1").await, 2);
    assert_eq!(total("brand=testbrand&category=clothing").await, 45);
    assert_eq!(total("price_min=10&price_max=19.50&currency=eur").await, 10);
    assert_eq!(total("from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z").await, 0);
    assert_eq!(total("q=L07").await, 1);

    let faceted = server.get("/v1/listings?facets=verdict,merchant,class,category,brand&limit=1").await;
    let facets = &faceted.is(200).body["facets"];
    assert!(faceted.text.contains("\"block\"") && faceted.text.contains("\"m1\""), "{facets}");
    assert!(faceted.body["indexed_through"].as_i64().unwrap() >= 45);
    assert!(faceted.body["latest"].as_i64() >= faceted.body["indexed_through"].as_i64());

    for sort in ["relevance", "newest", "oldest", "price_low", "price_high"] {
        assert_eq!(total(&format!("sort={sort}")).await, 45);
    }
    let mut seen = Vec::new();
    let mut query = "/v1/listings?q=shoe&sort=price_low&limit=7".to_owned();
    loop {
        let page = server.get(&query).await;
        let hits = page.is(200).body["hits"].as_array().unwrap();
        seen.extend(hits.iter().map(|hit| hit["external_id"].as_str().unwrap().to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(cursor) => query = format!("/v1/listings?q=shoe&sort=price_low&limit=7&cursor={cursor}"),
            None => break,
        }
    }
    let expected: Vec<String> = (0..45).map(|number| format!("L{number:02}")).collect();
    assert_eq!(seen, expected, "pages follow each other without gap or repetition");

    for (query, place) in [
        ("verdict=maybe", "verdict"),
        ("sort=best", "sort"),
        ("facets=colour", "facets"),
        ("price_min=-1", "price_min"),
        ("price_max=ten", "price_max"),
        ("from=yesterday", "from"),
        ("colour=red", "colour"),
        ("limit=many", "limit"),
        ("fuzzy=perhaps", "fuzzy"),
    ] {
        let answer = server.get(&format!("/v1/listings?{query}")).await;
        assert_eq!(answer.is_problem("invalid-query").places(), [place], "{query}");
    }
    server.get("/v1/listings?cursor=nonsense").await.is_problem("invalid-cursor");
}

/// What the document says a parameter takes is what the handler takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_words_that_the_document_names_for_sort_and_facets_are_taken() {
    let server = Server::start(Engine::Sqlite).await;
    let document = serde_json::to_value(assay::http::openapi()).unwrap();
    let parameters = document["paths"]["/v1/listings"]["get"]["parameters"].as_array().unwrap().clone();
    let described = |name: &str| {
        let found = parameters.iter().find(|parameter| parameter["name"] == name).unwrap();
        found["description"].as_str().unwrap().to_owned()
    };
    let words = |text: &str| -> Vec<String> {
        let list = text.split(':').next_back().unwrap_or(text).trim_end_matches('.').replace(" or ", ", ");
        list.split(", ").map(|word| word.trim().to_owned()).collect()
    };
    for sort in words(&described("sort")) {
        server.get(&format!("/v1/listings?sort={sort}")).await.is(200);
    }
    for facet in words(&described("facets")) {
        server.get(&format!("/v1/listings?facets={facet}")).await.is(200);
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_event_feed_tells_everything_in_order_and_can_be_read_on(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    for number in 0..5 {
        server.submit(listing(&format!("L{number}"), "zorbium")).await;
    }
    server.put("/v1/brands/northpeak", &json!({"name": "Northpeak"})).await.is(200);
    let all = server.get("/v1/events").await;
    let events = all.is(200).body["events"].as_array().unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[0], "rules.changed");
    assert_eq!(
        kinds[1..],
        [
            "listing.screened",
            "listing.screened",
            "listing.screened",
            "listing.screened",
            "listing.screened",
            "registry.changed"
        ]
    );
    assert_eq!(events[1]["body"]["external_id"], "L0");
    assert_eq!(events[1]["body"]["rules"], json!(["small/forbidden-word"]));
    let mut after = 0;
    let mut read = Vec::new();
    for _ in 0..4 {
        let page = server.get(&format!("/v1/events?after={after}&limit=2")).await;
        read.extend(page.is(200).body["events"].as_array().unwrap().clone());
        after = page.body["last"].as_i64().unwrap();
    }
    assert_eq!(&read, events);
    assert_eq!(server.get(&format!("/v1/events?after={after}")).await.body, json!({"events": [], "last": after}));
    for bad in ["limit=0", "limit=1001", "after=x", "since=1"] {
        server.get(&format!("/v1/events?{bad}")).await.is_problem("invalid-query");
    }
}

// ── Registry, rules, merchants ──────────────────────────────────────────────────────────────

fn northpeak() -> Value {
    json!({"name": "Northpeak", "word_marks": [{"text": "Northpeak", "nice": [25]}], "categories": ["jackets"]})
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_brand_counts_for_the_very_next_listing(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let before = server.submit(listing("A", "Northpeak jacket")).await;
    assert_eq!(before.decision(), "clear");
    let report = server.put("/v1/brands/northpeak", &northpeak()).await;
    assert_eq!(report.is(200).body["added"], json!(["northpeak"]));
    let after = server.submit(listing("A", "Northpeak jacket")).await;
    assert_eq!((after.status, after.decision(), &after.body["taken"]), (201, "review", &json!("rejudged")));
    assert_eq!(after.body["verdict"]["body"]["hits"][0]["brand"], "northpeak");

    let read = server.get("/v1/brands/northpeak").await;
    assert_eq!(read.is(200).body["word_marks"][0]["text"], "Northpeak");
    let tag = read.header("etag").to_owned();
    let put = |tag: &str, body: Value| {
        server.call(Method::PUT, "/v1/brands/northpeak").header("if-match", tag).json(&body).send()
    };
    put("\"v0\"", northpeak()).await.is_problem("precondition-failed");
    let mut changed = northpeak();
    changed["aliases"] = json!(["North Peak"]);
    put(&tag, changed.clone()).await.is(200);
    put(&tag, northpeak()).await.is_problem("precondition-failed");
    let remove = |tag: &str| server.call(Method::DELETE, "/v1/brands/northpeak").header("if-match", tag).send();
    remove(&tag).await.is_problem("precondition-failed");
    remove(server.get("/v1/brands/northpeak").await.header("etag")).await.is(204);
    assert_eq!(server.submit(listing("A", "Northpeak jacket")).await.decision(), "clear");
    server.get("/v1/brands/northpeak").await.is_problem("not-found");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_brand_is_refused_and_the_registry_stays(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    server.put("/v1/brands/northpeak", &northpeak()).await.is(200);
    let revision = server.get("/health/ready").await.body["registry_revision"].clone();
    let reference = |bytes: &[u8]| json!([{"name": "a", "kind": "product", "image": {"base64": base64(bytes)}}]);
    for (body, slug, place) in [
        (json!({"name": ""}), "invalid-registry-entry", "/name"),
        (json!({"name": "a\u{0}"}), "invalid-registry-entry", "/name"),
        (json!({"name": "A", "aliases": ["x".repeat(301)]}), "invalid-registry-entry", "/aliases/0"),
        (json!({"name": "A", "word_marks": [{"text": " "}]}), "invalid-registry-entry", "/word_marks/0/text"),
        (
            json!({"name": "A", "figurative_marks": [{"id": "a\u{0}b", "description": "x"}]}),
            "invalid-registry-entry",
            "/figurative_marks/0/id",
        ),
        (
            json!({"name": "A", "figurative_marks": [{"id": "x".repeat(10_000), "description": "x"}]}),
            "invalid-registry-entry",
            "/figurative_marks/0/id",
        ),
        (json!({"name": "A", "references": reference(b"text")}), "invalid-registry-entry", "/references/0/image"),
        (
            json!({"name": "A", "references": reference(&pictures::flat_png(64))}),
            "invalid-registry-entry",
            "/references/0/image",
        ),
        (json!({"name": "A", "nice_classes": [46]}), "invalid-body", "/nice_classes/0"),
        (json!({"name": "A", "colour": "red"}), "invalid-body", "/colour"),
        (
            json!({"name": "A", "word_marks": [{"text": "A", "status": "maybe"}]}),
            "invalid-body",
            "/word_marks/0/status",
        ),
        (json!({}), "invalid-body", "/name"),
    ] {
        let answer = server.put("/v1/brands/other", &body).await;
        assert_eq!(answer.is_problem(slug).places(), [place], "{}", answer.text);
    }
    let twice = json!({"name": "A", "word_marks": [{"id": "x", "text": "One"}, {"id": "x", "text": "Two"}]});
    server.put("/v1/brands/other", &twice).await.is_problem("invalid-registry-entry");
    for key in ["UPPER", "a%20b", "%C3%BC", &"x".repeat(65)] {
        server.put(&format!("/v1/brands/{key}"), &northpeak()).await.is_problem("invalid-path");
    }
    let ready = server.get("/health/ready").await;
    assert_eq!(ready.body["registry_revision"], revision);
    server.get("/v1/brands/other").await.is_problem("not-found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_picture_is_matched_until_it_is_set_aside() {
    let server = Server::start(Engine::Sqlite).await;
    let mut brand = northpeak();
    brand["references"] =
        json!([{"name": "jacket", "kind": "product", "image": {"base64": base64(&pictures::png(1))}}]);
    server.put("/v1/brands/northpeak", &brand).await.is(200);
    let shown = |id: &str| with(id, json!({"images": [{"base64": base64(&pictures::jpeg(1)), "name": "front"}]}));
    let found = server.submit(shown("A")).await;
    let image = &found.body["verdict"]["body"]["images"][0];
    assert_eq!(
        (&image["image"], &image["reference"], &image["brand"]),
        (&json!("front"), &json!("northpeak/jacket"), &json!("northpeak"))
    );
    let aside = json!({"reference": "northpeak/jacket", "because": "matches everything"});
    server.post("/v1/brands/northpeak/quarantine", &aside).await.is(204);
    assert_eq!(server.submit(shown("B")).await.body["verdict"]["body"]["images"], json!([]));
    server.post("/v1/brands/northpeak/quarantine", &json!({"reference": "northpeak/jacket"})).await.is(204);
    assert_eq!(server.submit(shown("C")).await.body["verdict"]["body"]["images"][0]["reference"], "northpeak/jacket");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brands_are_imported_from_lines_and_listed_page_by_page(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let lines: Vec<String> = (0..25)
        .map(|number| json!({"brand_id": format!("b{number:02}"), "name": format!("Brand {number}")}).to_string())
        .collect();
    let import = |text: String| {
        server
            .call(Method::POST, "/v1/registry/import")
            .header("content-type", "application/x-ndjson")
            .body(text)
            .send()
    };
    let report = import(lines.join("\n")).await;
    assert_eq!(report.is(200).body["added"].as_array().unwrap().len(), 25);
    assert_eq!(import(lines.join("\n")).await.is(200).body["unchanged"], 25);
    let unwritable = import("{\"brand_id\": \"B 1/ü\", \"name\": \"Unwritable\"}".to_owned()).await;
    unwritable.is_problem("invalid-registry-entry");
    let bad = import(format!("{}\n{{\"name\": \"no id\"}}\nnonsense", lines[0])).await;
    bad.is_problem("invalid-registry-entry");
    assert!(bad.text.contains("line 2") && bad.text.contains("line 3"), "{}", bad.text);

    let mut keys = Vec::new();
    let mut path = "/v1/brands?limit=10".to_owned();
    loop {
        let page = server.get(&path).await;
        keys.extend(
            page.is(200).body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|brand| brand["key"].as_str().unwrap().to_owned()),
        );
        match page.body["next"].as_str() {
            Some(cursor) => path = format!("/v1/brands?limit=10&cursor={cursor}"),
            None => break,
        }
    }
    let expected: Vec<String> = (0..25).map(|number| format!("b{number:02}")).collect();
    assert_eq!(keys, expected);
    server.get("/v1/brands?limit=0").await.is_problem("invalid-query");
    server.get("/v1/brands?limit=201").await.is_problem("invalid-query");
    server.get("/v1/brands?cursor=eyJ9").await.is_problem("invalid-cursor");
    let made_up = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"v":1,"list":"brands","at":"a\u0000b"}"#);
    let answer = server.get(&format!("/v1/brands?cursor={made_up}")).await;
    assert!(matches!(answer.status, 200 | 400), "{}", answer.text);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_pack_is_in_force_at_once_and_a_bad_one_changes_nothing(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let put = |path: &str, text: String| {
        server
            .call(Method::PUT, &format!("/v1/rules/{path}"))
            .header("content-type", "application/toml")
            .body(text)
            .send()
    };
    assert_eq!(server.submit(listing("A", "grumbite crystal")).await.decision(), "clear");
    let more = SMALL_PACK.replace("id = \"small\"", "id = \"more\"").replace("zorbium", "grumbite");
    put("more.toml", more.clone()).await.is(204);
    assert_eq!(server.submit(listing("A", "grumbite crystal")).await.decision(), "block");
    let listed = server.get("/v1/rules").await;
    assert_eq!(listed.is(200).body["packs"].as_array().unwrap().len(), 2);
    assert_eq!(server.get("/v1/rules/more.toml").await.is(200).text, more);

    for (text, words) in [
        (more.replacen("score = 0.9", "score = 0.9\ncolour = \"red\"", 1), "colour"),
        (more.replace("title = \"grumbite powder\"", "title = \"flour\""), "forbidden-word"),
        (more.replace("[[rule.miss]]\ntitle = \"flour\"", ""), "miss"),
        (more.replace("lexicon = \"forbidden\",", "lexicon = \"absent\","), "absent"),
        (more.replace("id = \"more\"", "id = \"small\""), "small"),
        (
            more.replacen("score = 0.8", "score = 0.8\nunknown = \"review\"\nwhen = 'listing.colour == \"red\"'", 1),
            "colour",
        ),
        ("[[[".to_owned(), "more.toml"),
        (String::new(), "more.toml"),
    ] {
        let answer = put("more.toml", text).await;
        answer.is_problem("invalid-rule-pack");
        assert!(answer.text.contains(words), "no \"{words}\" in {}", answer.text);
    }
    for path in ["UPPER.toml", "more.txt", "..%2Fmore.toml", ".toml"] {
        put(path, more.clone()).await.is_problem("invalid-path");
    }
    assert_eq!(server.get("/v1/rules/more.toml").await.text, more);
    server.delete("/v1/rules/more.toml").await.is(204);
    assert_eq!(server.submit(listing("A", "grumbite crystal")).await.decision(), "clear");
    server.get(&format!("/v1/rules/{SMALL_PATH}")).await.is(200);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_of_a_merchant_counts_for_the_next_listing(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let facts = json!({"name": "Shop", "tier": "trusted", "verified": true, "country": "DE"});
    server.put("/v1/merchants/m1", &facts).await.is(204);
    let mut expected = facts;
    expected["id"] = json!("m1");
    assert_eq!(server.get("/v1/merchants/m1").await.is(200).body, expected);
    let judged = server.submit(with("A", json!({"merchant_id": "m1"}))).await;
    let id = judged.body["verdict"]["id"].as_str().unwrap().parse().unwrap();
    let stored = assay::screening::store::verdict(&server.app.core.db, id).await.unwrap().unwrap();
    assert_eq!((stored.facts.tier.as_deref(), stored.facts.verified), (Some("trusted"), Some(true)));
    for (body, place) in [
        (json!({"tier": "golden"}), "/tier"),
        (json!({"country": "Germany"}), "/country"),
        (json!({"id": "m2"}), "/id"),
        (json!({"name": ""}), "/name"),
        (json!({"secret": 1}), "/secret"),
    ] {
        assert_eq!(server.put("/v1/merchants/m1", &body).await.is_problem("invalid-body").places(), [place]);
    }
    server.put("/v1/merchants/a%00b", &json!({})).await.is_problem("invalid-path");
}

// ── Hunts ───────────────────────────────────────────────────────────────────────────────────

async fn ended(server: &Server, hunt: &Answer) -> Value {
    let path = hunt.header("location").to_owned();
    eventually("the hunt ends", || async {
        let state = server.get(&path).await.is(200).body.clone();
        (state["state"] != "queued" && state["state"] != "running").then_some(state)
    })
    .await
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hunt_finds_what_a_new_brand_changes_and_a_dry_run_writes_nothing(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let batch: Vec<Value> = (0..30)
        .map(|number| listing(&format!("L{number}"), if number % 3 == 0 { "Northpeak jacket" } else { "Plain jacket" }))
        .collect();
    server.post("/v1/listings/batch", &Value::Array(batch)).await.is(200);
    server.put("/v1/brands/northpeak", &northpeak()).await.is(200);
    let verdicts = async || {
        let row = server.app.core.db.optional("SELECT count(*) AS n FROM verdict", vec![]).await.unwrap().unwrap();
        row.get::<i64>("n").unwrap()
    };
    assert_eq!(verdicts().await, 30);

    let dry = server.post("/v1/hunts", &json!({"target": {"brand": "northpeak"}, "dry_run": true})).await;
    assert_eq!(dry.is(202).body["state"], "queued");
    let dry = ended(&server, &dry).await;
    assert_eq!((&dry["state"], &dry["changed"]), (&json!("done"), &json!(10)), "{dry}");
    assert_eq!(dry["report"]["changes"], json!({"clear → review": 10}));
    assert_eq!(verdicts().await, 30, "a dry run records nothing");

    let wet = server.post("/v1/hunts", &json!({"target": {"brand": "northpeak"}})).await;
    let wet = ended(&server, &wet).await;
    assert_eq!((&wet["state"], &wet["changed"], &wet["examined"]), (&json!("done"), &json!(10), &wet["candidates"]));
    assert!(wet["examined"].as_i64().unwrap() < 30, "the index spares the rest: {wet}");
    assert_eq!(verdicts().await, 40);
    let changed = server.get("/v1/listings/by-external-id/L3").await;
    assert_eq!((changed.decision(), &changed.body["version"]), ("review", &json!(1)));
    let history = server.get(&format!("/v1/listings/{}/history", changed.body["id"].as_str().unwrap())).await;
    assert!(history.body[0]["cause"].as_str().unwrap().starts_with("hunt hnt_"));

    let again = server.post("/v1/hunts", &json!({"target": {"all": true}})).await;
    let again = ended(&server, &again).await;
    assert_eq!((&again["changed"], &again["examined"]), (&json!(0), &json!(30)), "only changes are recorded");
    assert_eq!(verdicts().await, 40);
    let path = format!("/v1/hunts/{}/cancel", again["id"].as_str().unwrap());
    server.post(&path, &json!({})).await.is_problem("conflict");
    assert_eq!(server.get("/v1/hunts").await.is(200).body.as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hunt_that_is_cancelled_stays_cancelled() {
    let server = Server::start(Engine::Sqlite).await;
    server.submit(listing("A", "Northpeak jacket")).await;
    let hunt = server.post("/v1/hunts", &json!({"target": {"terms": ["jacket"]}})).await;
    let path = hunt.is(202).header("location").to_owned();
    let cancelled = server.post(&format!("{path}/cancel"), &json!({})).await;
    let end = ended(&server, &hunt).await;
    match cancelled.status {
        204 => assert_eq!(end["state"], "cancelled"),
        // The worker was faster.
        _ => assert_eq!(cancelled.is_problem("conflict").status, 409),
    }
    server.post(&format!("{path}/cancel"), &json!({})).await.is_problem("conflict");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hunt_without_a_target_is_refused() {
    let server = Server::start(Engine::Sqlite).await;
    for (target, place) in [
        (json!({"brand": "nobody"}), "/target/brand"),
        (json!({"rule": "no/such"}), "/target/rule"),
        (json!({"terms": []}), "/target"),
        (json!({"merchants": vec!["m"; 1_001]}), "/target"),
        (json!({"all": false}), "/target/all"),
    ] {
        let answer = server.post("/v1/hunts", &json!({"target": target})).await;
        assert_eq!(answer.is_problem("invalid-body").places(), [place], "{target}");
    }
    server.post("/v1/hunts", &json!({"target": {"planet": "x"}})).await.is_problem("invalid-body");
    server.post("/v1/hunts", &json!({})).await.is_problem("invalid-body");
    let rule = server.post("/v1/hunts", &json!({"target": {"rule": "small/forbidden-word"}, "dry_run": true})).await;
    assert_eq!(ended(&server, &rule).await["state"], "done");
}

// ── Who may call ────────────────────────────────────────────────────────────────────────────

/// A whole notice about nothing.
fn notice() -> Value {
    json!({
        "ground": "other", "market": "DE", "reasons": "This is against the law of the land.", "listings": ["A"],
        "notifier": {"name": "N", "email": "n@example.com"}, "declarations": {"good_faith": true},
    })
}

/// Every operation that wants a key: method, path, a body that is understood, and its scope.
fn guarded() -> Vec<(Method, String, Value, Scope)> {
    let (case, dec) = (nobody(CaseId::from_uuid), nobody(DecisionId::from_uuid));
    let shp = nobody(ShipmentId::from_uuid);
    let (lst, vrd, hnt, job) = (
        nobody(ListingId::from_uuid),
        nobody(VerdictId::from_uuid),
        nobody(HuntId::from_uuid),
        nobody(JobId::from_uuid),
    );
    let (key, person) = (nobody(ApiKeyId::from_uuid), nobody(PersonId::from_uuid));
    let (ntc, apl, sor, org) = (
        nobody(NoticeId::from_uuid),
        nobody(AppealId::from_uuid),
        nobody(StatementId::from_uuid),
        nobody(OrganisationId::from_uuid),
    );
    let words = json!({"text": "we take it all back"});
    let (doc, ste, hit, aut) = (
        nobody(DocumentId::from_uuid),
        nobody(StandingEntryId::from_uuid),
        nobody(ListHitId::from_uuid),
        nobody(AuthorisationId::from_uuid),
    );
    let none = Value::Null;
    vec![
        (Method::POST, "/v1/listings".to_owned(), listing("A", "t"), Scope::ListingsWrite),
        (Method::GET, "/v1/listings".to_owned(), none.clone(), Scope::ListingsRead),
        (Method::POST, "/v1/listings/batch".to_owned(), json!([]), Scope::ListingsWrite),
        (Method::GET, format!("/v1/listings/{lst}"), none.clone(), Scope::ListingsRead),
        (Method::GET, "/v1/listings/by-external-id/x".to_owned(), none.clone(), Scope::ListingsRead),
        (Method::GET, format!("/v1/listings/{lst}/history"), none.clone(), Scope::ListingsRead),
        (Method::GET, format!("/v1/verdicts/{vrd}"), none.clone(), Scope::ListingsRead),
        (Method::POST, format!("/v1/verdicts/{vrd}/replay"), none.clone(), Scope::ListingsRead),
        (Method::POST, "/v1/images".to_owned(), none.clone(), Scope::ListingsWrite),
        (Method::PUT, "/v1/merchants/m".to_owned(), json!({}), Scope::MerchantsWrite),
        (Method::GET, "/v1/merchants/m".to_owned(), none.clone(), Scope::ListingsRead),
        (Method::PUT, "/v1/merchants/m/application".to_owned(), json!({}), Scope::MerchantsWrite),
        (Method::GET, "/v1/merchants/m/dossier".to_owned(), none.clone(), Scope::MerchantsRead),
        (Method::GET, "/v1/dossiers".to_owned(), none.clone(), Scope::MerchantsRead),
        (Method::POST, "/v1/merchants/m/traces".to_owned(), json!({}), Scope::MerchantsWrite),
        (
            Method::POST,
            "/v1/merchants/m/decisions".to_owned(),
            json!({"step": "closed", "reason": "r"}),
            Scope::MerchantsDecide,
        ),
        (Method::GET, "/v1/merchants/m/trader".to_owned(), none.clone(), Scope::ListingsRead),
        (Method::GET, "/v1/merchants/m/links".to_owned(), none.clone(), Scope::MerchantsRead),
        (Method::GET, "/v1/merchants/m/links.svg".to_owned(), none.clone(), Scope::MerchantsRead),
        (Method::POST, "/v1/merchants/m/documents?kind=other".to_owned(), none.clone(), Scope::MerchantsWrite),
        (Method::GET, "/v1/merchants/m/documents".to_owned(), none.clone(), Scope::MerchantsRead),
        (Method::GET, format!("/v1/merchants/m/documents/{doc}"), none.clone(), Scope::MerchantsRead),
        (Method::GET, "/v1/merchants/m/standing".to_owned(), none.clone(), Scope::MerchantsRead),
        (
            Method::POST,
            "/v1/merchants/m/standing/entries".to_owned(),
            json!({"offence": "late_delivery", "source": "s"}),
            Scope::MerchantsDecide,
        ),
        (
            Method::POST,
            format!("/v1/standing/entries/{ste}/appeal"),
            json!({"state": "open", "reason": "r"}),
            Scope::MerchantsDecide,
        ),
        (Method::GET, "/v1/standing/policy".to_owned(), none.clone(), Scope::MerchantsRead),
        (
            Method::GET,
            "/v1/standing/histogram?ledger=ip&present=12&proposed=20".to_owned(),
            none.clone(),
            Scope::MerchantsRead,
        ),
        (Method::POST, "/v1/merchants/m/authorisations".to_owned(), json!({"brand": "b"}), Scope::MerchantsWrite),
        (Method::GET, "/v1/authorisations".to_owned(), none.clone(), Scope::AuthorisationsDecide),
        (
            Method::POST,
            format!("/v1/authorisations/{aut}/decision"),
            json!({"decision": "confirmed", "reason": "r"}),
            Scope::AuthorisationsDecide,
        ),
        (Method::PUT, "/v1/brands/b/keeper".to_owned(), json!({"organisation": org}), Scope::RegistryWrite),
        (Method::GET, "/v1/lists".to_owned(), none.clone(), Scope::MerchantsRead),
        (Method::POST, "/v1/lists/l?layout=json_lines".to_owned(), none.clone(), Scope::ListsWrite),
        (Method::GET, "/v1/list-hits".to_owned(), none.clone(), Scope::MerchantsRead),
        (Method::GET, format!("/v1/list-hits/{hit}"), none.clone(), Scope::MerchantsRead),
        (
            Method::POST,
            format!("/v1/list-hits/{hit}/decision"),
            json!({"decision": "cleared", "reason": "r"}),
            Scope::MerchantsDecide,
        ),
        (Method::GET, "/v1/brands".to_owned(), none.clone(), Scope::RegistryRead),
        (Method::GET, "/v1/brands/b".to_owned(), none.clone(), Scope::RegistryRead),
        (Method::PUT, "/v1/brands/b".to_owned(), json!({"name": "B"}), Scope::RegistryWrite),
        (Method::DELETE, "/v1/brands/b".to_owned(), none.clone(), Scope::RegistryWrite),
        (Method::POST, "/v1/registry/import".to_owned(), none.clone(), Scope::RegistryWrite),
        (Method::POST, "/v1/brands/b/quarantine".to_owned(), json!({"reference": "b/a"}), Scope::RegistryWrite),
        (Method::GET, "/v1/rules".to_owned(), none.clone(), Scope::RulesRead),
        (Method::GET, "/v1/rules/r.toml".to_owned(), none.clone(), Scope::RulesRead),
        (Method::PUT, "/v1/rules/r.toml".to_owned(), none.clone(), Scope::RulesWrite),
        (Method::DELETE, "/v1/rules/r.toml".to_owned(), none.clone(), Scope::RulesWrite),
        (Method::GET, "/v1/audit/entries/1/proof".to_owned(), none.clone(), Scope::Operations),
        (Method::POST, "/v1/hunts".to_owned(), json!({"target": {"all": true}, "dry_run": true}), Scope::Hunts),
        (Method::GET, "/v1/hunts".to_owned(), none.clone(), Scope::Hunts),
        (Method::GET, format!("/v1/hunts/{hnt}"), none.clone(), Scope::Hunts),
        (Method::POST, format!("/v1/hunts/{hnt}/cancel"), none.clone(), Scope::Hunts),
        (Method::GET, "/v1/queues".to_owned(), none.clone(), Scope::CasesRead),
        (Method::GET, "/v1/queues/listings/cases".to_owned(), none.clone(), Scope::CasesRead),
        (Method::POST, "/v1/queues/listings/take".to_owned(), none.clone(), Scope::CasesDecide),
        (Method::GET, "/v1/policies".to_owned(), none.clone(), Scope::CasesRead),
        (Method::GET, format!("/v1/cases/{case}"), none.clone(), Scope::CasesRead),
        (Method::POST, format!("/v1/cases/{case}/take"), none.clone(), Scope::CasesDecide),
        (Method::POST, format!("/v1/cases/{case}/renew"), none.clone(), Scope::CasesDecide),
        (Method::POST, format!("/v1/cases/{case}/give-back"), none.clone(), Scope::CasesDecide),
        (Method::POST, format!("/v1/cases/{case}/skip"), json!({"because": "b"}), Scope::CasesDecide),
        (
            Method::POST,
            format!("/v1/cases/{case}/snooze"),
            json!({"because": "b", "until": "2026-11-24T08:00:00Z"}),
            Scope::CasesDecide,
        ),
        (Method::POST, format!("/v1/cases/{case}/escalate"), json!({"because": "b"}), Scope::CasesDecide),
        (Method::POST, format!("/v1/cases/{case}/return"), json!({"because": "b"}), Scope::CasesDecide),
        (Method::POST, format!("/v1/cases/{case}/comments"), json!({"text": "t"}), Scope::CasesDecide),
        (
            Method::POST,
            format!("/v1/cases/{case}/decide"),
            json!({"version": 1, "ruling": {"action": "allow"}}),
            Scope::CasesDecide,
        ),
        (Method::GET, format!("/v1/decisions/{dec}"), none.clone(), Scope::CasesRead),
        (Method::POST, format!("/v1/decisions/{dec}/confirm"), none.clone(), Scope::CasesDecide),
        (Method::POST, format!("/v1/decisions/{dec}/refuse"), json!({"because": "b"}), Scope::CasesDecide),
        (Method::POST, format!("/v1/decisions/{dec}/undo"), json!({"because": "b"}), Scope::CasesDecide),
        (Method::POST, "/v1/shipments".to_owned(), json!({"id": "x"}), Scope::ShipmentsWrite),
        (Method::GET, "/v1/shipments".to_owned(), none.clone(), Scope::ShipmentsRead),
        (Method::POST, "/v1/shipments/batch".to_owned(), json!([]), Scope::ShipmentsWrite),
        (Method::GET, format!("/v1/shipments/{shp}"), none.clone(), Scope::ShipmentsRead),
        (Method::GET, "/v1/shipments/by-external-id/x".to_owned(), none.clone(), Scope::ShipmentsRead),
        (Method::GET, format!("/v1/shipments/{shp}/history"), none.clone(), Scope::ShipmentsRead),
        (Method::GET, format!("/v1/shipments/{shp}/versions/1"), none.clone(), Scope::ShipmentsWrite),
        (Method::POST, "/v1/notices/check".to_owned(), notice(), Scope::NoticesFile),
        (Method::POST, "/v1/notices".to_owned(), notice(), Scope::NoticesFile),
        (Method::POST, "/v1/notices/bulk".to_owned(), none.clone(), Scope::NoticesFile),
        (Method::GET, "/v1/notices".to_owned(), none.clone(), Scope::NoticesRead),
        (Method::GET, format!("/v1/notices/{ntc}"), none.clone(), Scope::NoticesRead),
        (Method::POST, format!("/v1/notices/{ntc}/information"), words.clone(), Scope::NoticesFile),
        (Method::POST, format!("/v1/notices/{ntc}/retract"), words.clone(), Scope::NoticesFile),
        (Method::POST, format!("/v1/notices/{ntc}/dispute"), words.clone(), Scope::NoticesFile),
        (Method::POST, format!("/v1/notices/{ntc}/appeals"), json!({"listing": "A", "text": ""}), Scope::NoticesFile),
        (
            Method::POST,
            format!("/v1/notices/{ntc}/decisions"),
            json!({"decision": "uphold", "reason": "it is a copy"}),
            Scope::NoticesDecide,
        ),
        (Method::GET, "/v1/appeals".to_owned(), none.clone(), Scope::NoticesDecide),
        (
            Method::POST,
            format!("/v1/appeals/{apl}/answer"),
            json!({"granted": true, "reason": "it is genuine"}),
            Scope::NoticesDecide,
        ),
        (Method::GET, "/v1/notifiers/me".to_owned(), none.clone(), Scope::NoticesRead),
        (Method::GET, format!("/v1/notifiers/{org}"), none.clone(), Scope::NoticesDecide),
        (
            Method::POST,
            format!("/v1/notifiers/{org}/measures"),
            json!({"measure": "warn", "reason": "many notices without ground"}),
            Scope::NoticesDecide,
        ),
        (Method::GET, format!("/v1/organisations/{org}/rights"), none.clone(), Scope::RightsGrant),
        (Method::PUT, format!("/v1/organisations/{org}/brands/b"), json!({"evidence": ""}), Scope::RightsGrant),
        (Method::DELETE, format!("/v1/organisations/{org}/brands/b"), none.clone(), Scope::RightsGrant),
        (Method::PUT, format!("/v1/organisations/{org}/merchants/m"), json!({"evidence": ""}), Scope::RightsGrant),
        (Method::DELETE, format!("/v1/organisations/{org}/merchants/m"), none.clone(), Scope::RightsGrant),
        (Method::GET, "/v1/restrictions".to_owned(), none.clone(), Scope::Restrictions),
        (Method::GET, format!("/v1/restrictions/{sor}"), none.clone(), Scope::Restrictions),
        (Method::POST, format!("/v1/restrictions/{sor}/counter"), json!({}), Scope::RestrictionsAnswer),
        (Method::POST, format!("/v1/restrictions/{sor}/appeals"), json!({"text": ""}), Scope::RestrictionsAnswer),
        (Method::GET, "/v1/statements".to_owned(), none.clone(), Scope::Statements),
        (Method::GET, format!("/v1/statements/{sor}"), none.clone(), Scope::Statements),
        (Method::POST, "/v1/statements/export".to_owned(), none.clone(), Scope::Statements),
        (Method::GET, "/v1/events".to_owned(), none.clone(), Scope::EventsRead),
        (Method::GET, "/v1/audit/root".to_owned(), none.clone(), Scope::Operations),
        (Method::POST, "/v1/audit/verify".to_owned(), none.clone(), Scope::Operations),
        (Method::GET, "/v1/jobs?state=dead".to_owned(), none.clone(), Scope::Operations),
        (Method::POST, format!("/v1/jobs/{job}/revive"), none.clone(), Scope::Operations),
        (Method::GET, "/v1/keys".to_owned(), none.clone(), Scope::KeysManage),
        (Method::POST, "/v1/keys".to_owned(), json!({"name": "k", "scopes": []}), Scope::KeysManage),
        (Method::DELETE, format!("/v1/keys/{key}"), none.clone(), Scope::KeysManage),
        (Method::GET, "/v1/people".to_owned(), none.clone(), Scope::PeopleManage),
        (Method::POST, "/v1/people".to_owned(), json!({"name": "", "email": "", "roles": []}), Scope::PeopleManage),
        (Method::PATCH, format!("/v1/people/{person}"), json!({}), Scope::PeopleManage),
        (Method::GET, "/v1/organisations".to_owned(), none, Scope::OrganisationsManage),
        (Method::POST, "/v1/organisations".to_owned(), json!({"kind": "x", "name": "x"}), Scope::OrganisationsManage),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_wants_a_key_with_its_own_scope() {
    let server = Server::start(Engine::Sqlite).await;
    let ended = server.ended_key().await;
    let nothing = server.key_with(&[]).await;
    let wrong_secret = format!("{}{}", &server.key[..server.key.len() - 52], "0".repeat(52));
    let merchant = server.key_of(server.organisation(OrganisationKind::Merchant).await).await;
    let brand_owner = server.key_of(server.organisation(OrganisationKind::BrandOwner).await).await;
    let mut by_scope = BTreeMap::new();
    for scope in Scope::ALL {
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|other| *other != scope).collect();
        by_scope.insert(scope, (server.key_with(&[scope]).await, server.key_with(&others).await));
    }
    for (method, path, body, scope) in guarded() {
        let send = |key: Option<&str>| {
            let call = server.call(method.clone(), &path).key(key);
            if body.is_null() { call.send() } else { call.json(&body).send() }
        };
        for key in [None, Some("nonsense"), Some(ended.as_str()), Some(wrong_secret.as_str())] {
            send(key).await.is_problem("unauthenticated");
        }
        let (own, others) = &by_scope[&scope];
        // A scope has no effect in an organisation that it is not meant for.
        let strangers = [(OrganisationKind::Merchant, &merchant), (OrganisationKind::BrandOwner, &brand_owner)];
        let mut without = vec![&nothing, others];
        without.extend(strangers.iter().filter(|(kind, _)| !scope.kinds().contains(kind)).map(|(_, key)| *key));
        for key in without {
            let refused = send(Some(key)).await;
            assert!(refused.is_problem("forbidden").text.contains(scope.as_str()), "{method} {path}: {}", refused.text);
        }
        let allowed = send(Some(own)).await;
        assert!(!matches!(allowed.status, 401 | 403 | 500..), "{method} {path}: {}", allowed.text);
    }
    let basic = server.call(Method::GET, "/v1/rules").key(None).header("authorization", "Basic YTpi").send().await;
    basic.is_problem("unauthenticated");
}

#[test]
fn the_guard_test_knows_every_operation_of_the_document() {
    let document = serde_json::to_value(assay::http::openapi()).unwrap();
    // /v1/me is for every caller there is.
    let open = [
        "/health/live",
        "/health/ready",
        "/v1/me",
        "/log/key",
        "/log/checkpoint",
        "/log/consistency",
        "/.well-known/jwks.json",
        "/.well-known/revoked-certificates.json",
    ];
    let mut documented = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !open.contains(&path.as_str()) {
            documented +=
                methods.as_object().unwrap().values().filter(|method| method.get("responses").is_some()).count();
        }
    }
    assert_eq!(guarded().len(), documented, "add the new operation to guarded()");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_stops_working() {
    let server = Server::start(Engine::Sqlite).await;
    let key = server.key_with(&[Scope::RulesRead]).await;
    let id = key.parse::<assay::http::secrets::ApiKey>().unwrap().id();
    let mut tx = server.app.core.db.begin().await.unwrap();
    assert!(assay::accounts::store::revoke_key(&mut tx, id, server.app.core.clock.now()).await.unwrap());
    tx.commit().await.unwrap();
    server.call(Method::GET, "/v1/rules").key(Some(&key)).send().await.is_problem("unauthenticated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_sends_too_much_is_told_to_wait() {
    let server = Server::start_with(Engine::Sqlite, |setup| setup.requests_per_second = 2).await;
    let mut refused = None;
    for _ in 0..20 {
        let answer = server.get("/v1/rules").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("twenty at once are more than two a second");
    assert_eq!(refused.is_problem("too-many-requests").header("retry-after"), "1");
}

// ── Operations ──────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_can_be_checked_and_its_root_is_the_one_told(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    for number in 0..5 {
        server.submit(listing(&format!("L{number}"), "t")).await;
    }
    let root = server.get("/v1/audit/root").await;
    let report = server.post("/v1/audit/verify", &json!({})).await;
    assert_eq!(report.is(200).body["root"], root.is(200).body["root"]);
    assert_eq!((&report.body["entries"], report.body.get("first_bad")), (&root.body["entries"], None));
    let mut tx = server.app.core.db.begin().await.unwrap();
    tx.execute("UPDATE audit_entry SET entry = replace(entry, 'L2', 'L3')", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let bad = server.post("/v1/audit/verify", &json!({})).await;
    let third_listing = root.body["entries"].as_i64().unwrap() - 2;
    assert_eq!(bad.is(200).body["first_bad"]["entry"], third_listing, "{}", bad.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_listed_by_state_and_only_dead_ones_are_revived() {
    let server = Server::start(Engine::Sqlite).await;
    let hunt = server.post("/v1/hunts", &json!({"target": {"all": true}})).await;
    ended(&server, &hunt).await;
    let done = eventually("the job is done", || async {
        let listed = server.get("/v1/jobs?state=done").await;
        listed.is(200).body[0]["id"].as_str().map(str::to_owned)
    })
    .await;
    server.post(&format!("/v1/jobs/{done}/revive"), &json!({})).await.is_problem("conflict");
    server.get("/v1/jobs?state=lost").await.is_problem("invalid-query");
    server.get("/v1/jobs").await.is_problem("invalid-query");
    let mut tx = server.app.core.db.begin().await.unwrap();
    tx.execute("UPDATE job SET state = 'dead', last_error = 'no luck'", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(server.get("/v1/jobs?state=dead").await.body[0]["last_error"], "no luck");
    server.post(&format!("/v1/jobs/{done}/revive"), &json!({})).await.is(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_metrics_and_documents_answer_without_a_key() {
    let server = Server::start(Engine::Sqlite).await;
    let open = |path: &str| server.call(Method::GET, path).key(None).send();
    open("/health/live").await.is(200);
    let ready = open("/health/ready").await;
    assert_eq!(ready.is(200).body["ready"], true);
    assert_eq!(ready.body["snapshot_revision"], ready.body["latest_revision"]);
    open("/metrics").await.is(200);
    let document = open("/openapi.json").await;
    assert!(document.is(200).body["openapi"].as_str().unwrap().starts_with("3.1"));
    let viewer = open("/docs").await;
    viewer.is(200);
    for outside in ["src=\"http", "src='http", "href=\"http", "url(http", "@import"] {
        assert!(!viewer.text.contains(outside), "the viewer loads {outside}… from elsewhere");
    }
    open("/problems").await.is(200);
    for kind in ProblemKind::ALL {
        let page = open(&kind.type_reference()).await;
        let title = kind.title().replace('\'', "&#39;");
        assert!(page.is(200).text.contains(&title), "{}: {}", kind.type_reference(), page.text);
    }
}

/// A cure that sends the caller to an address that is not there is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_address_that_a_problem_text_names_is_there() {
    let server = Server::start(Engine::Sqlite).await;
    let texts = ProblemKind::ALL.iter().flat_map(|kind| [kind.meaning(), kind.cure()]);
    let addresses: BTreeSet<String> = texts
        .flat_map(|text| text.split([' ', ',', ';', '.']))
        .filter(|word| word.starts_with('/') && word.len() > 1)
        .map(str::to_owned)
        .collect();
    assert!(addresses.contains("/docs"));
    for address in addresses {
        let status = server.call(Method::GET, &address).key(None).send().await.status;
        // What takes another method or a key is there, too.
        assert!(matches!(status, 200 | 401 | 405), "{address} answers {status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_shows_titles_as_text() {
    let server = Server::start(Engine::Sqlite).await;
    server.submit(listing("A", "zorbium <script>alert(1)</script>")).await;
    let reviewer = server.visitor(OrganisationId::PLATFORM, &["reviewer"]).await;
    let page = server.call(Method::GET, "/").visitor(&reviewer).send().await;
    page.is(200);
    assert!(page.text.contains("zorbium") && !page.text.contains("<script>alert"), "the title is text, never markup");
}

// ── The document ────────────────────────────────────────────────────────────────────────────

/// The document is an interface: a change of it is a decision. To accept one, run the test
/// with `ASSAY_UPDATE_SNAPSHOTS=1` and look at the difference.
#[test]
fn the_openapi_document_is_the_published_one() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/openapi.json");
    let mut document = assay::http::openapi().to_pretty_json().unwrap();
    document.push('\n');
    if std::env::var_os("ASSAY_UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &document).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = published.lines().zip(document.lines()).position(|(was, is)| was != is);
    assert!(
        published == document,
        "the OpenAPI document differs from tests/snapshots/openapi.json from line {} on; if that is meant, run \
         ASSAY_UPDATE_SNAPSHOTS=1 cargo test --test api and look at the difference",
        differing.map_or_else(|| published.lines().count().min(document.lines().count()) + 1, |line| line + 1)
    );
}

#[test]
fn every_reference_of_the_document_leads_somewhere_and_every_operation_is_named_once() {
    let document = serde_json::to_value(assay::http::openapi()).unwrap();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "#{pointer} is not there");
    }
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "two operations are called {name}");
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{method} {path} says nothing of itself"
            );
        }
    }
}
