//! The shipment gate as a service, on both engines: outcomes that are durable and explained, standing
//! from the database, certificates, and holding while the database is away.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use assay::app::App;
use assay::audit::journal::Head;
use assay::gate::model::{Progress, Taken};
use assay::gate::service::{Answered, GateOptions, GateService};
use assay::kernel::id::DecisionId;
use assay::kernel::{Clock, Ids, Instant};
use assay::merchants::{self, model::MerchantFacts};
use assay::registry::keeper::SnapshotKeeper;
use assay::review::decision::{InForce, Standing, StandingKind};
use assay::review::store_decisions;
use assay::screening::recorder::Recorder;
use assay::shipments::Outcome;
use assay::shipments::certificate::{self, PublicKey};
use assay::store::Db;

use support::data::{self, clock, ids, listing, submission};
use support::server::{Answer, Server};
use support::{Engine, Place, eventually};

/// A shipment that the gate releases for the merchant and listing of [`stocked`].
fn clean(id: &str) -> Value {
    json!({
        "id": id, "merchant_id": "m-1", "origin": "CN", "destination": "DE", "kind": "b2c",
        "channel": "official_tracked", "ioss": "IM2760000012", "gross_mass_kg": "1.25", "transport_cost": "4.00",
        "currency": "EUR", "documents": [],
        "consignee": {"name": format!("Buyer of {id}"), "country": "DE", "city": "Köln", "postcode": "50667"},
        "items": [{"listing_id": "L-1", "sku": "S", "description": "Men's T-shirt, knitted, 100% cotton",
                   "material": "cotton", "hs6": "610910", "origin": "CN", "quantity": 2, "net_mass_kg": "0.4",
                   "declared_value": "39.90", "paid_value": "39.90", "merchant_pid": "S", "manufacturer_pid": "T",
                   "gtin": "4006381333931"}],
    })
}

/// `shipment` with the value at a JSON pointer replaced; null removes nothing, it is sent as null.
fn with(mut shipment: Value, pointer: &str, value: Value) -> Value {
    *shipment.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value;
    shipment
}

/// A service with a verified merchant m-1 and its listing L-1, and another merchant's listing L-2.
async fn stocked(engine: Engine) -> Server {
    let server = Server::start(engine).await;
    for merchant in ["m-1", "m-2"] {
        let told = json!({"verified": true, "tier": "standard"});
        server.put(&format!("/v1/merchants/{merchant}"), &told).await.is(204);
    }
    sell(&server, "L-1", "m-1", "Men's knitted cotton T-shirt").await;
    sell(&server, "L-2", "m-2", "Men's knitted cotton T-shirt").await;
    server
}

async fn sell(server: &Server, id: &str, merchant: &str, title: &str) -> Answer {
    server.submit(json!({"id": id, "title": title, "merchant_id": merchant, "ships_to": ["DE"]})).await
}

async fn send(server: &Server, shipment: &Value) -> Answer {
    let answer = server.post("/v1/shipments", shipment).await;
    assert!(matches!(answer.status, 200 | 201), "{shipment} was refused: {}", answer.text);
    answer
}

fn rules_of(answer: &Answer) -> Vec<&str> {
    let reasons = answer.body["answer"]["reasons"].as_array().expect("reasons are listed");
    reasons.iter().map(|reason| reason["rule"].as_str().expect("a reason names its rule")).collect()
}

fn outcome(answer: &Answer) -> (&str, &str) {
    let told = |name: &str| answer.body[name].as_str().expect("it is told");
    assert_eq!(answer.body["answer"]["outcome"], answer.body["outcome"], "{}", answer.text);
    (told("outcome"), told("taken"))
}

async fn keys(server: &Server) -> Vec<PublicKey> {
    let published = server.call(Method::GET, "/.well-known/jwks.json").key(None).send().await;
    let keys = published.is(200).body["keys"].as_array().expect("keys are listed").clone();
    keys.iter().map(|key| PublicKey::from_jwk(key).expect("the key is readable")).collect()
}

async fn revoked(server: &Server) -> Vec<String> {
    let list = server.call(Method::GET, "/.well-known/revoked-certificates.json").key(None).send().await;
    let list = list.is(200).body["revoked"].as_array().expect("revocations are listed").clone();
    list.iter().map(|entry| entry["jti"].as_str().expect("an id").to_owned()).collect()
}

fn now() -> i64 {
    clock().now().as_micros() / 1_000_000
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_is_durable_explained_and_certified(#[case] engine: Engine) {
    let server = stocked(engine).await;
    let shipment = clean("S-1");
    let answer = send(&server, &shipment).await;
    assert_eq!((answer.status, outcome(&answer)), (201, ("release", "created")), "{}", answer.text);
    assert!(rules_of(&answer).is_empty());
    assert_eq!(answer.body["answer"]["charges"]["duty"], "3.00");

    let token = answer.body["answer"]["certificate"].as_str().expect("a certificate").to_owned();
    let keys = keys(&server).await;
    let claims = certificate::verify(&token, &shipment.to_string(), &keys, "assay", now()).expect("it holds");
    assert_eq!(answer.body["certificate"]["id"], claims.jti.as_str());
    let verdict = server.get("/v1/listings/by-external-id/L-1").await.body["verdict"]["id"].clone();
    assert_eq!((claims.sub.as_str(), json!(claims.verdicts)), ("S-1", json!([verdict])));
    let changed = with(shipment.clone(), "/items/0/quantity", json!(3));
    assert!(certificate::verify(&token, &changed.to_string(), &keys, "assay", now()).is_err());

    let id = answer.body["id"].as_str().expect("an id").to_owned();
    for path in [format!("/v1/shipments/{id}"), "/v1/shipments/by-external-id/S-1".to_owned()] {
        let read = server.get(&path).await;
        assert_eq!(read.is(200).body["answer"], answer.body["answer"]);
        assert_eq!(read.header("etag"), "\"v1\"");
    }
    let declared = server.get(&format!("/v1/shipments/{id}/versions/1")).await;
    assert_eq!(declared.is(200).body, shipment);
    server.get(&format!("/v1/shipments/{id}/versions/2")).await.is_problem("not-found");
    let report = server.post("/v1/audit/verify", &json!({})).await;
    assert_eq!(report.is(200).body.get("first_bad"), None);
    let events = server.get("/v1/events?limit=1000").await;
    let gated = events.body["events"].as_array().expect("events").iter().filter(|e| e["kind"] == "shipment.gated");
    assert_eq!(gated.map(|event| event["body"]["outcome"].clone()).collect::<Vec<_>>(), [json!("release")]);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_declaration_acts_once_and_a_key_repeats_its_first_answer(#[case] engine: Engine) {
    let server = stocked(engine).await;
    let keyed = |key: &'static str, shipment: &Value| {
        server.call(Method::POST, "/v1/shipments").header("idempotency-key", key).json(shipment).send()
    };
    let first = keyed("one", &clean("S-1")).await;
    assert_eq!((first.status, outcome(&first)), (201, ("release", "created")));
    let again = keyed("one", &clean("S-1")).await;
    assert_eq!((again.status, outcome(&again)), (200, ("release", "repeated")));
    assert_eq!(again.body["answer"], first.body["answer"]);
    keyed("one", &clean("S-2")).await.is_problem("idempotency-mismatch");
    let spelled: String = clean("S-1").to_string().replace("\":", "\" : ");
    let same = server.call(Method::POST, "/v1/shipments").header("content-type", "application/json");
    let same = same.body(spelled).send().await;
    assert_eq!((same.status, outcome(&same)), (200, ("release", "same")));
    assert_eq!(same.body["answer"], first.body["answer"]);
    // What is held is looked at again, and told as before while nothing changed.
    let held = with(clean("S-3"), "/merchant_id", json!("m-9"));
    let before = send(&server, &held).await;
    let after = send(&server, &held).await;
    assert_eq!((outcome(&before).1, outcome(&after)), ("created", (outcome(&before).0, "same")));
    assert_eq!(after.body["number"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_shipment_sent_many_times_at_once_is_created_once() {
    let server = Arc::new(stocked(Engine::Sqlite).await);
    let mut tasks = Vec::new();
    for _ in 0..40 {
        let server = Arc::clone(&server);
        tasks.push(tokio::spawn(async move { send(&server, &clean("S-1")).await }));
    }
    let mut taken = BTreeMap::new();
    for task in tasks {
        let answer = task.await.expect("the request ends");
        *taken.entry(outcome(&answer).1.to_owned()).or_insert(0) += 1;
    }
    assert_eq!(taken, BTreeMap::from([("created".to_owned(), 1), ("same".to_owned(), 39)]));
}

/// What must be said of input that is wrong in one way.
fn bad_inputs() -> Vec<(&'static str, Value, &'static str)> {
    let item = clean("x")["items"][0].clone();
    let mut other_currency = item.clone();
    other_currency["currency"] = json!("USD");
    let dated = |date: &str| {
        let mut shipment = clean("dated");
        shipment["date"] = json!(date);
        shipment["id"] = json!(format!("dated-{date}"));
        shipment
    };
    vec![
        ("items-missing", with(clean("B-1"), "/items", json!([])), "refuse"),
        ("mass-not-positive", with(clean("B-2"), "/items/0/net_mass_kg", json!("-0.4")), "refuse"),
        ("quantity-not-whole", with(clean("B-3"), "/items/0/quantity", json!(0)), "refuse"),
        ("country-unknown", with(clean("B-4"), "/destination", json!("XX")), "refuse"),
        ("currency-mixed", with(clean("B-5"), "/items", json!([other_currency])), "refuse"),
        ("items-too-many", with(clean("B-6"), "/items", json!(vec![item; 1_000])), "refuse"),
        ("hs-form", with(clean("B-7"), "/items/0/hs6", json!("61091")), "refuse"),
        ("hs-superseded", with(clean("B-8"), "/items/0/hs6", json!("851712")), "refuse"),
        ("ioss-state", with(clean("B-9"), "/ioss", json!("IM8400000012")), "refuse"),
        ("ioss-intermediary", with(clean("B-10"), "/ioss", json!("IN2760000012")), "refuse"),
        ("date-out-of-window", dated("2019-01-01"), "hold"),
        ("date-out-of-window", dated("2099-01-01"), "hold"),
        ("listing-of-another", with(clean("B-11"), "/items/0/listing_id", json!("L-2")), "refuse"),
        ("listing-unknown", with(clean("B-12"), "/items/0/listing_id", json!("L-9")), "hold"),
        ("listing-unknown", with(clean("B-13"), "/items/0/listing_id", json!("a\u{0}b")), "hold"),
        ("merchant-unknown", with(clean("B-14"), "/merchant_id", json!("m\u{0}9")), "hold"),
        ("value-advised-share", with(clean("B-15"), "/items/0/declared_value", json!("30.00")), "refuse"),
    ]
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_input_has_a_clear_answer_and_is_kept(#[case] engine: Engine) {
    let server = stocked(engine).await;
    for (rule, shipment, least) in bad_inputs() {
        let answer = send(&server, &shipment).await;
        assert!(rules_of(&answer).contains(&rule), "{rule}: {}", answer.text);
        let rank = |outcome: &str| ["release", "hold", "refuse"].iter().position(|known| *known == outcome);
        assert!(rank(outcome(&answer).0) >= rank(least), "{rule}: {}", answer.body["outcome"]);
        assert_eq!(answer.body.get("certificate"), None, "{rule}");
        let reasons = answer.body["answer"]["reasons"].as_array().expect("reasons").clone();
        let told = |reason: &Value| ["says", "cure", "law", "version"].iter().all(|part| reason[*part] != "");
        assert!(reasons.iter().all(told), "{rule}: {reasons:?}");
        let id = shipment["id"].as_str().expect("an id");
        server.get(&format!("/v1/shipments/by-external-id/{id}")).await.is(200);
    }
    for (body, slug) in [("nonsense", "malformed-json"), ("[1]", "invalid-body"), ("{}", "invalid-body")] {
        let call = server.call(Method::POST, "/v1/shipments").header("content-type", "application/json");
        call.body(body).send().await.is_problem(slug);
    }
    server.post("/v1/shipments", &json!({"id": "a\nb"})).await.is_problem("invalid-body");
    let report = server.post("/v1/audit/verify", &json!({})).await;
    assert_eq!(report.is(200).body.get("first_bad"), None);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standing_is_what_the_database_holds_at_that_moment(#[case] engine: Engine) {
    let server = stocked(engine).await;
    let rules = async |shipment: &Value| {
        let answer = send(&server, shipment).await;
        (outcome(&answer).0.to_owned(), rules_of(&answer).join(" "))
    };
    server.put("/v1/merchants/m-1", &json!({"verified": false})).await.is(204);
    assert_eq!(rules(&clean("S-1")).await, ("hold".into(), "merchant-unverified".into()));
    server.put("/v1/merchants/m-1", &json!({"verified": true, "tier": "suspended"})).await.is(204);
    assert_eq!(rules(&clean("S-1")).await, ("refuse".into(), "merchant-suspended".into()));
    server.put("/v1/merchants/m-1", &json!({"verified": true})).await.is(204);
    assert_eq!(rules(&clean("S-1")).await, ("release".into(), String::new()), "the same declaration, cured elsewhere");

    sell(&server, "L-1", "m-1", "Men's knitted cotton T-shirt, zorbium").await;
    let blocked = rules(&clean("S-2")).await;
    assert_eq!(blocked.0, "refuse");
    assert!(blocked.1.contains("listing-blocked") && blocked.1.contains("listing-prohibited"), "{blocked:?}");

    let brand = json!({"name": "Northpeak", "word_marks": [{"text": "Northpeak"}],
                       "authorised_sellers": [{"seller": "m-1", "markets": ["DE"]}]});
    server.put("/v1/brands/northpeak", &brand).await.is(200);
    sell(&server, "L-3", "m-1", "Northpeak cotton T-shirt, knitted").await;
    let branded = |id: &str| with(clean(id), "/items/0/listing_id", json!("L-3"));
    assert_eq!(rules(&branded("S-3")).await, ("release".into(), String::new()));
    let elsewhere = with(with(branded("S-4"), "/destination", json!("FR")), "/consignee/country", json!("FR"));
    let elsewhere = rules(&elsewhere).await;
    assert!(elsewhere.0 == "hold" && elsewhere.1.contains("brand-not-authorised"), "{elsewhere:?}");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_decided_and_what_waits_for_them_stops_shipments(#[case] engine: Engine) {
    let server = stocked(engine).await;
    let rules = async |id: &str| {
        let answer = send(&server, &clean(id)).await;
        (outcome(&answer).0.to_owned(), rules_of(&answer).join(" "))
    };
    let listing = server.get("/v1/listings/by-external-id/L-1").await.body["id"].as_str().expect("an id").to_owned();
    let now = server.app.core.clock.now();
    let decided = |standing, markets: &[&str]| InForce {
        standing,
        decision: DecisionId::from_uuid(server.app.core.ids.next(now)),
        markets: markets.iter().map(|market| market.parse().expect("a market")).collect(),
        since: now,
        until: None,
        digest: None,
    };
    let put = async |kind, subject: &str, standing: Option<&InForce>| {
        let mut tx = server.app.core.db.begin().await.expect("a transaction begins");
        store_decisions::put_standing(&mut tx, kind, subject, standing).await.expect("it is stored");
        tx.commit().await.expect("it is committed");
    };
    put(StandingKind::Listing, &listing, Some(&decided(Standing::Removed, &["FR"]))).await;
    assert_eq!(rules("S-1").await, ("release".into(), String::new()), "it was removed elsewhere");
    put(StandingKind::Listing, &listing, Some(&decided(Standing::Removed, &[]))).await;
    assert_eq!(rules("S-2").await, ("refuse".into(), "listing-blocked".into()));
    put(StandingKind::Listing, &listing, None).await;
    put(StandingKind::Merchant, "m-1", Some(&decided(Standing::Suspended, &[]))).await;
    assert_eq!(rules("S-3").await, ("refuse".into(), "merchant-suspended".into()));
    put(StandingKind::Merchant, "m-1", None).await;
    assert_eq!(rules("S-4").await, ("release".into(), String::new()));

    // A verdict that asks for a person opens a case; what the person allows may go.
    server
        .put("/v1/brands/northpeak", &json!({"name": "Northpeak", "word_marks": [{"text": "Northpeak"}]}))
        .await
        .is(200);
    sell(&server, "L-1", "m-1", "Northpeak cotton T-shirt, knitted").await;
    let waits = rules("S-5").await;
    assert!(
        waits.0 == "hold" && waits.1.contains("listing-in-review") && waits.1.contains("listing-cases"),
        "{waits:?}"
    );
    put(StandingKind::Listing, &listing, Some(&decided(Standing::Allowed, &[]))).await;
    assert_eq!(rules("S-6").await, ("hold".into(), "listing-cases".into()), "the case is still open");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_corrected_keeps_its_history_and_what_is_changed_after_release_is_held(#[case] engine: Engine) {
    let server = stocked(engine).await;
    let low = with(clean("S-1"), "/items/0/declared_value", json!("30.00"));
    assert_eq!(outcome(&send(&server, &low).await), ("refuse", "created"));
    let released = send(&server, &clean("S-1")).await;
    assert_eq!((outcome(&released), released.body["version"].clone()), (("release", "updated"), json!(2)));
    let certificate = released.body["certificate"]["id"].as_str().expect("a certificate").to_owned();
    assert!(revoked(&server).await.is_empty());

    let more = with(clean("S-1"), "/items/0/quantity", json!(1));
    let changed = send(&server, &more).await;
    assert_eq!((outcome(&changed), rules_of(&changed)), (("hold", "updated"), vec!["shipment-changed"]));
    assert_eq!(revoked(&server).await, std::slice::from_ref(&certificate));
    // Sending it twice, or changing it once more, does not make it clean.
    assert_eq!(outcome(&send(&server, &more).await), ("hold", "same"));
    let still = send(&server, &with(more, "/items/0/sku", json!("S2"))).await;
    assert_eq!(rules_of(&still), ["shipment-changed"]);
    let back = send(&server, &clean("S-1")).await;
    assert_eq!(outcome(&back), ("release", "updated"), "what was released first may still go");
    assert_ne!(back.body["certificate"]["id"], certificate.as_str());

    let id = back.body["id"].as_str().expect("an id").to_owned();
    let history = server.get(&format!("/v1/shipments/{id}/history")).await;
    let told: Vec<String> = history
        .is(200)
        .body
        .as_array()
        .expect("a history")
        .iter()
        .map(|entry| format!("{} {}", entry["version"], entry["answer"]["outcome"].as_str().expect("an outcome")))
        .collect();
    assert_eq!(told, ["5 release", "4 hold", "3 hold", "2 release", "1 refuse"]);
    assert_eq!(history.body[3]["certificate"]["state"], "revoked");
    assert_eq!(history.body[3]["revoked_because"], "the declaration was changed");
    assert_eq!(server.get(&format!("/v1/shipments/{id}/versions/1")).await.body, low);
    let events = server.get("/v1/events?limit=1000").await;
    let revocations =
        events.body["events"].as_array().expect("events").iter().filter(|e| e["kind"] == "certificate.revoked");
    assert_eq!(revocations.map(|event| event["body"]["certificate"].clone()).collect::<Vec<_>>(), [json!(certificate)]);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_judged_in_its_order_and_sees_its_own_parcels(#[case] engine: Engine) {
    let server = stocked(engine).await;
    let one_buyer = |id: &str| with(clean(id), "/consignee/name", json!("Anna Beispiel"));
    let batch = json!([one_buyer("S-1"), one_buyer("S-2"), {"no": "id"}, with(one_buyer("S-1"), "/items/0/quantity", json!(1))]);
    let answer = server.post("/v1/shipments/batch", &batch).await;
    let told = answer.is(200).body.as_array().expect("answers").clone();
    assert_eq!(told.len(), 4);
    assert_eq!((told[0]["outcome"].clone(), told[0]["version"].clone()), (json!("release"), json!(1)));
    let split = told[1]["answer"]["reasons"].to_string();
    assert!(split.contains("split"), "two parcels to one buyer on one day are above the limit together: {split}");
    assert_eq!(told[2]["problem"]["type"], "/problems/invalid-body");
    assert_eq!((told[3]["version"].clone(), told[3]["outcome"].clone()), (json!(2), json!("hold")));
    let too_many = json!(vec![json!({"id": "x"}); 1_001]);
    server.post("/v1/shipments/batch", &too_many).await.is_problem("invalid-body");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_filtered_and_paged() {
    let server = stocked(Engine::Sqlite).await;
    for number in 0..5 {
        send(&server, &clean(&format!("S-{number}"))).await;
    }
    send(&server, &with(clean("S-5"), "/items", json!([]))).await;
    let listed = async |query: &str| {
        let answer = server.get(&format!("/v1/shipments?{query}")).await;
        let items = answer.is(200).body["items"].as_array().expect("items").clone();
        let ids = items.iter().map(|item| item["external_id"].as_str().expect("an id").to_owned());
        (ids.collect::<Vec<_>>(), answer.body["next"].as_str().map(str::to_owned))
    };
    assert_eq!(listed("outcome=refuse&lane=red").await.0, ["S-5"]);
    assert_eq!(listed("merchant=m-2").await.0, Vec::<String>::new());
    assert_eq!(listed("progress=waiting&destination=de&merchant=m-1").await.0.len(), 6);
    let (first, next) = listed("outcome=release&limit=3").await;
    let (second, end) = listed(&format!("outcome=release&limit=3&cursor={}", next.expect("a next page"))).await;
    assert_eq!(
        (first, second, end),
        (vec!["S-4".into(), "S-3".into(), "S-2".into()], vec!["S-1".into(), "S-0".into()], None)
    );
    for query in ["outcome=maybe", "lane=blue", "progress=lost", "limit=0", "cursor=x", "colour=red"] {
        assert_eq!(server.get(&format!("/v1/shipments?{query}")).await.status, 400, "{query}");
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_the_gate_holds_and_judges_when_it_is_back(#[case] engine: Engine) {
    let server = stocked(engine).await;
    let other = server.place.open().await;
    // Nobody can write while another transaction holds the journal's head.
    let mut tx = other.begin().await.expect("a transaction begins");
    Head::take(&mut tx).await.expect("the head is taken");
    let answer = server.post("/v1/shipments", &clean("S-1")).await;
    assert_eq!((answer.is(202).body["outcome"].clone(), outcome(&answer).1), (json!("hold"), "kept"));
    assert_eq!((rules_of(&answer), answer.body["id"].clone()), (vec!["standing-unavailable"], Value::Null));
    assert_eq!(answer.body["answer"]["certificate"], Value::Null);
    // What is wrong with the declaration is said even so.
    let wrong = server.post("/v1/shipments", &with(clean("S-2"), "/items", json!([]))).await;
    assert_eq!(wrong.is(202).body["outcome"], "refuse");
    assert_eq!(server.app.gate.waiting(), 2);
    server.get("/v1/shipments/by-external-id/S-1").await.is_problem("not-found");
    drop(tx);
    other.close().await;
    let judged = eventually("what waited is judged", || async {
        let read = server.get("/v1/shipments/by-external-id/S-2").await;
        (read.status == 200).then_some(read)
    })
    .await;
    assert_eq!(judged.body["outcome"], "refuse");
    let first = server.get("/v1/shipments/by-external-id/S-1").await;
    assert_eq!(first.is(200).body["outcome"], "release");
    eventually("nothing waits any more", || async { (server.app.gate.waiting() == 0).then_some(()) }).await;
}

/// A clock that stands still.
#[derive(Debug)]
struct StandingClock(Instant);

impl Clock for StandingClock {
    fn now(&self) -> Instant {
        self.0
    }
}

/// Ids in a row.
#[derive(Debug, Default)]
struct CountedIds(std::sync::atomic::AtomicU64);

impl Ids for CountedIds {
    fn next(&self, _now: Instant) -> uuid::Uuid {
        let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        uuid::Uuid::from_u128(u128::from(number) | 7 << 76 | 2 << 62)
    }
}

fn noon() -> Arc<StandingClock> {
    Arc::new(StandingClock("2026-11-22T12:00:00Z".parse().expect("an instant")))
}

/// A database with `merchants` merchants and `listings` listings, the same on every engine.
async fn stock(db: &Db, merchants: usize, listings: usize) {
    data::store_small_pack(db).await;
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (noon(), Arc::new(CountedIds::default()));
    let mut tx = db.begin().await.expect("a transaction begins");
    for number in 0..merchants {
        let id = format!("m-{number}");
        let facts =
            MerchantFacts { id: Some(id.clone()), verified: Some(number % 10 != 9), ..MerchantFacts::default() };
        merchants::store::put(&mut tx, &id, &facts, 0, clock.now()).await.expect("the merchant is stored");
    }
    tx.commit().await.expect("the merchants are committed");
    let keeper = SnapshotKeeper::open(db.clone()).await.expect("a snapshot");
    let (recorder, writer) = Recorder::start(db.clone(), clock, ids, |_| {});
    for number in 0..listings {
        let title = if number % 17 == 16 { "zorbium powder" } else { "Men's knitted cotton T-shirt" };
        let mut listing = listing(&format!("L-{number}"), title);
        listing.merchant = Some(format!("m-{}", number % merchants));
        let submission = submission(&keeper.current(), listing);
        recorder.record(submission).await.expect("the listing is stored");
    }
    drop(recorder);
    writer.await.expect("the writer ends");
}

/// Numbers that look drawn and are the same every time (a linear congruential generator with the
/// constants of Knuth's MMIX).
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

fn generated(number: usize, draws: &mut Draws, merchants: u64, listings: u64) -> Value {
    let merchant = draws.below(merchants);
    let mut items = Vec::new();
    for _ in 0..=draws.below(3) {
        // Mostly a listing of the merchant's own.
        let own = merchant + merchants * draws.below(listings / merchants);
        let listing = if draws.below(20) == 0 { draws.below(listings + 5) } else { own };
        let cents = 500 + draws.below(9_000);
        let declared = match draws.below(12) {
            0 => cents * 75 / 100,
            1 => cents / 3,
            _ => cents,
        };
        let price = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        items.push(json!({
            "listing_id": format!("L-{listing}"), "sku": format!("S-{listing}"),
            "description": draws.one(&["Men's T-shirt, knitted, 100% cotton", "Women's T-shirt, knitted cotton, for sport", "gift", "clothes"]),
            "material": "cotton", "hs6": draws.one(&["610910", "610910", "610990", "851712", "61091"]), "origin": "CN",
            "quantity": draws.below(4), "net_mass_kg": "0.2", "declared_value": price(declared), "paid_value": price(cents),
            "merchant_pid": "P", "manufacturer_pid": "T",
        }));
    }
    let destination = draws.one(&["DE", "FR", "US", "GB", "XX", "DE", "DE", "FR"]);
    let id = if draws.below(25) == 0 && number > 10 { number - 1 - draws.below(10) as usize } else { number };
    json!({
        "id": format!("S-{id}"), "merchant_id": format!("m-{merchant}"), "origin": "CN", "destination": destination,
        "kind": "b2c", "channel": draws.one(&["official_tracked", "tracked", "untracked"]), "ioss": "IM2760000012",
        "gross_mass_kg": "1.5", "transport_cost": "4.00", "currency": draws.one(&["EUR", "EUR", "EUR", "USD"]),
        "consignee": {"name": format!("Buyer {}", draws.below(2_000)), "country": destination, "city": "Ort", "postcode": "50667"},
        "items": items,
    })
}

/// Sends generated shipments through a fresh gate and answers what each came to, byte for byte.
async fn outcomes_on(engine: Engine, count: usize) -> Vec<(String, String)> {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let (merchants, listings) = (20, 200);
    stock(&db, merchants, listings).await;
    let key = place.data().join("key");
    std::fs::write(&key, "07".repeat(32)).expect("the key is written");
    restrict(&key);
    let options = GateOptions { key: Some(key), ..GateOptions::default() };
    // Beyond the ids that the stock has.
    let ids = Arc::new(CountedIds(1_000_000.into()));
    let opened = GateService::open(place.data(), &options, db.clone(), noon(), ids).await;
    let (gate, writer) = opened.expect("the gate opens");
    let mut draws = Draws(2_026);
    let shipments: Vec<String> =
        (0..count).map(|number| generated(number, &mut draws, merchants as u64, listings as u64).to_string()).collect();
    let mut told = Vec::with_capacity(count);
    for chunk in shipments.chunks(100) {
        let sent: Vec<_> =
            chunk.iter().map(|text| gate.send(text.clone(), "test".to_owned(), None).expect("it is taken")).collect();
        for sent in sent {
            match gate.answered(sent).await.expect("it is answered") {
                Answered::Recorded(recorded) => told.push((format!("{:?}", recorded.taken), recorded.answer)),
                Answered::Kept { answer, .. } => panic!("the database is there, and yet: {answer}"),
            }
        }
    }
    drop(gate);
    writer.await.expect("the writer ends");
    db.close().await;
    told
}

fn restrict(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("the mode is set");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_shipments_come_to_the_same_on_both_engines_byte_for_byte() {
    let asked = std::env::var("ASSAY_TEST_SHIPMENTS").ok().and_then(|count| count.parse().ok());
    let count: usize = asked.unwrap_or(10_000);
    let sqlite = outcomes_on(Engine::Sqlite, count).await;
    let postgres = outcomes_on(Engine::Postgres, count).await;
    assert_eq!((sqlite.len(), postgres.len()), (count, count));
    for (number, (one, other)) in sqlite.iter().zip(&postgres).enumerate() {
        assert_eq!(one, other, "shipment {number}");
    }
    let with = |part: &str| sqlite.iter().filter(|(_, answer)| answer.contains(part)).count();
    for part in [r#""outcome":"release","lane""#, r#""outcome":"hold""#, r#""outcome":"refuse""#, "listing-blocked"] {
        assert!(with(part) > count / 200, "{part}: {}", with(part));
    }
    assert!(sqlite.iter().any(|(taken, _)| taken == "Updated"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_flipped_bits_of_token_and_consignment_are_all_refused() {
    let server = stocked(Engine::Sqlite).await;
    let shipment = clean("S-1").to_string();
    let answer = send(&server, &clean("S-1")).await;
    let token = answer.body["answer"]["certificate"].as_str().expect("a certificate").to_owned();
    let keys = keys(&server).await;
    let holds = |token: &[u8], consignment: &[u8]| {
        let (Ok(token), Ok(text)) = (std::str::from_utf8(token), std::str::from_utf8(consignment)) else {
            return false;
        };
        certificate::verify(token, text, &keys, "assay", now()).is_ok()
    };
    assert!(holds(token.as_bytes(), shipment.as_bytes()));
    let bits = (token.len() + shipment.len()) * 8;
    let mut flipped = 0;
    for place in (0..bits).step_by(bits / 1_100) {
        let (mut one, mut other) = (token.clone().into_bytes(), shipment.clone().into_bytes());
        match (place / 8).checked_sub(one.len()) {
            None => one[place / 8] ^= 1 << (place % 8),
            Some(byte) => other[byte] ^= 1 << (place % 8),
        }
        assert!(!holds(&one, &other), "bit {place}");
        flipped += 1;
    }
    assert!(flipped >= 1_000, "{flipped}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_kept_before_a_restart_is_judged_after_it() {
    let place = Place::new(Engine::Sqlite).await;
    let db = place.open().await;
    stock(&db, 2, 2).await;
    let open = async || {
        let options = GateOptions::default();
        GateService::open(place.data(), &options, db.clone(), clock(), ids()).await.expect("the gate opens")
    };
    let (gate, writer) = open().await;
    let text = with(with(clean("S-1"), "/merchant_id", json!("m-0")), "/items/0/listing_id", json!("L-0")).to_string();
    let other = place.open().await;
    let mut tx = other.begin().await.expect("a transaction begins");
    Head::take(&mut tx).await.expect("the head is taken");
    let kept = gate.submit(text.clone(), "test".to_owned(), None).await.expect("it is kept");
    assert!(matches!(kept, Answered::Kept { .. }));
    drop(gate);
    writer.await.expect("the writer ends");
    drop(tx);
    let (gate, _writer) = open().await;
    assert_eq!(gate.waiting(), 1);
    assert_eq!((gate.drain().await.expect("it drains"), gate.waiting()), (1, 0));
    match gate.submit(text, "test".to_owned(), None).await.expect("it is answered") {
        Answered::Recorded(recorded) => {
            let row = &recorded.row;
            assert_eq!((recorded.taken, row.outcome, row.progress), (Taken::Same, Outcome::Release, Progress::Waiting));
        }
        Answered::Kept { .. } => panic!("the database is back"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_key_is_published_no_more_and_a_rotated_one_still_is() {
    let server = stocked(Engine::Sqlite).await;
    let answer = send(&server, &clean("S-1")).await;
    let token = answer.body["answer"]["certificate"].as_str().expect("a certificate").to_owned();
    let first = keys(&server).await;
    let Server { app, place, .. } = server;
    App::shutdown(app).await;
    assay::gate::keys::rotate(&place.data().join("release-key")).expect("the key is rotated");
    let server = Server::over(place, |_| {}).await;
    let both = keys(&server).await;
    assert_eq!((first.len(), both.len()), (1, 2));
    certificate::verify(&token, &clean("S-1").to_string(), &both, "assay", now()).expect("it still holds");
    let core = &server.app.core;
    assert!(
        assay::gate::keys::withdraw(&core.db, first[0].id(), "test", core.clock.now()).await.expect("it is withdrawn")
    );
    let rest = keys(&server).await;
    assert_eq!(rest.len(), 1);
    assert!(certificate::verify(&token, &clean("S-1").to_string(), &rest, "assay", now()).is_err());
}
