//! The closer look: what hashes do not find is found by a job, proved again byte for byte, and
//! not undone by whoever sends the listing once more.

mod support;

use base64::Engine as _;
use rstest::rstest;
use serde_json::{Value, json};

use assay::app::Core;
use assay::kernel::id::{OrganisationId, VerdictId};
use assay::screening::replay;
use assay::store::jobs::{self, Lane};
use support::server::Server;
use support::{Engine, Place, data, eventually, pictures};

/// Copies of product photographs are reviewed, one word is blocked.
const PACK: &str = r#"
[pack]
id = "pictures-of-others"
version = "1.0.0"
name = "Pictures of others"
citations = "unreviewed"

[[lexicon]]
id = "forbidden"
[lexicon.terms]
en = ["zorbium"]

[[rule]]
id = "copied-photo"
class = "copied_photo"
severity = 3
state = "live"
trigger = { image = ["product"] }
score = 0.7
action = { default = "review" }
says = "shows a photograph of {brand} ({nearness})"
cure = "Use photographs of your own goods."
sources = ["test"]
[[rule.match]]
title = "Jacket"
images = [{ brand = "northpeak", distance = 3 }]
[[rule.miss]]
title = "Jacket"

[[rule]]
id = "forbidden-word"
class = "forbidden_goods"
severity = 5
state = "draft"
trigger = { lexicon = "forbidden", fields = ["title"] }
score = 0.9
action = { default = "prohibited" }
says = "offers “{matched}”"
cure = "Remove the offer."
sources = ["test"]
[[rule.match]]
title = "zorbium powder"
[[rule.miss]]
title = "flour"
"#;

fn base64_of(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

async fn server(engine: Engine) -> Server {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let keeper = assay::registry::keeper::SnapshotKeeper::open(db.clone()).await.unwrap();
    let packs = assay::registry::packs::PackService::new(db.clone(), keeper, data::clock(), data::ids());
    packs.replace_all(vec![("pictures.toml".to_owned(), PACK.to_owned())], "test").await.unwrap();
    db.close().await;
    Server::over(place, |_| {}).await
}

async fn put_reference(server: &Server, brand: &str, name: &str, number: u32) {
    let reference = json!({"name": "jacket.png", "kind": "product", "image": {"base64": base64_of(&pictures::scattered_png(number))}});
    server.put(&format!("/v1/brands/{brand}"), &json!({"name": name, "references": [reference]})).await.is(200);
}

fn listing(id: &str, title: &str, picture: &[u8]) -> Value {
    json!({"id": id, "title": title, "images": [{"base64": base64_of(picture), "name": "front.jpg"}]})
}

/// A picture that the reference `number` is found in only closely.
fn turned(number: u32) -> Vec<u8> {
    pictures::turned_jpeg(number, 14.0, 1.1)
}

async fn nothing_left_to_look_at(server: &Server) {
    eventually("all pictures are looked at", async || {
        (jobs::waiting(&server.app.core.db, Lane::Looks).await.unwrap() == 0).then_some(())
    })
    .await;
}

/// The listing's verdict in force, its id and its body, after everything was looked at.
async fn looked_at(server: &Server, id: &str) -> (VerdictId, Value) {
    nothing_left_to_look_at(server).await;
    let answer = server.get(&format!("/v1/listings/by-external-id/{id}")).await;
    let verdict = &answer.is(200).body["verdict"];
    (verdict["id"].as_str().unwrap().parse().unwrap(), verdict["body"].clone())
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_closer_look_finds_is_clear_at_once_and_reviewed_after_it(#[case] engine: Engine) {
    let server = server(engine).await;
    put_reference(&server, "northpeak", "North Peak Mountain Goods", 5).await;
    let first = server.submit(listing("A", "Jacket", &turned(5))).await;
    assert_eq!((first.decision(), &first.body["verdict"]["body"]["images"]), ("clear", &json!([])));
    assert!(first.body["verdict"]["body"].get("closely").is_none());

    let (closer, body) = looked_at(&server, "A").await;
    assert_eq!((&body["verdict"], &body["closely"]), (&json!("review"), &json!(true)), "{body:#}");
    let hit = &body["images"][0];
    assert_eq!((&hit["reference"], &hit["how"]), (&json!("northpeak/jacket.png"), &json!("geometric")), "{hit}");
    assert!(hit["inliers"].as_u64().is_some_and(|count| count > 10), "{hit}");
    assert!(hit["false_match_rate"].as_f64().is_some_and(|rate| rate > 0.0 && rate < 1e-3), "{hit}");
    assert!(hit["placement"]["query_area"].as_array().is_some_and(|corners| corners.len() >= 3), "{hit}");
    let says = body["reasons"][0]["says"].as_str().unwrap();
    assert!(says.contains("North Peak Mountain Goods") && says.contains("details agree"), "{says}");

    let first: VerdictId = first.body["verdict"]["id"].as_str().unwrap().parse().unwrap();
    assert_ne!(first, closer);
    for verdict in [first, closer] {
        let replay = server.post(&format!("/v1/verdicts/{verdict}/replay"), &json!({})).await;
        assert_eq!(replay.body["same"], true, "{}", replay.text);
    }
    // Another process looks again, with the features that the first one kept and without them.
    for _ in 0..2 {
        let again = Core::open(&server.place.app_options()).await.unwrap();
        assert!(replay::run(&again.db, &again.keeper, &again.looks, closer).await.unwrap().unwrap().same);
        again.db.close().await;
        let _ = std::fs::remove_dir_all(server.place.data().join("blobs/derived"));
    }
    let reviewer = server.visitor(OrganisationId::PLATFORM, &["administrator"]).await;
    let page = server.call(reqwest::Method::GET, &format!("/verdicts/{closer}")).visitor(&reviewer).send().await;
    assert!(page.text.contains("<polygon points=\""), "the matched part is drawn");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closer_verdict_is_not_undone_by_sending_the_listing_again(#[case] engine: Engine) {
    let server = server(engine).await;
    put_reference(&server, "northpeak", "Northpeak", 5).await;
    server.submit(listing("A", "Jacket", &turned(5))).await;
    let (closer, _) = looked_at(&server, "A").await;

    let again = server.submit(listing("A", "Jacket", &turned(5))).await;
    assert_eq!((again.status, again.decision(), &again.body["taken"]), (200, "review", &json!("same")));
    assert_eq!(jobs::waiting(&server.app.core.db, Lane::Looks).await.unwrap(), 0, "nothing is new to look at");

    // A registry that changed elsewhere is no reason to forget what was seen.
    put_reference(&server, "southpeak", "Southpeak", 900).await;
    let later = server.submit(listing("A", "Jacket", &turned(5))).await;
    assert_eq!((later.decision(), &later.body["taken"]), ("review", &json!("same")));
    assert_eq!(looked_at(&server, "A").await.0, closer, "the look again says the same");

    server.delete("/v1/brands/northpeak").await.is(204);
    let without = server.submit(listing("A", "Jacket", &turned(5))).await;
    assert_eq!(without.decision(), "review", "until its pictures are looked at again");
    let (cleared, body) = looked_at(&server, "A").await;
    assert_eq!((&body["verdict"], &body["closely"]), (&json!("clear"), &json!(true)));
    assert!(cleared != closer);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stricter_verdict_and_a_new_version_are_recorded_at_once(#[case] engine: Engine) {
    let server = server(engine).await;
    put_reference(&server, "northpeak", "Northpeak", 5).await;
    server.submit(listing("A", "Jacket with zorbium", &turned(5))).await;
    assert_eq!(looked_at(&server, "A").await.1["verdict"], "review");

    let live = PACK.replace("state = \"draft\"", "state = \"live\"");
    let put = server.call(reqwest::Method::PUT, "/v1/rules/pictures.toml").header("content-type", "application/toml");
    put.body(live).send().await.is(204);
    let blocked = server.submit(listing("A", "Jacket with zorbium", &turned(5))).await;
    assert_eq!((blocked.decision(), &blocked.body["taken"]), ("block", &json!("rejudged")));
    assert_eq!(jobs::waiting(&server.app.core.db, Lane::Looks).await.unwrap(), 0, "what is stopped needs no look");

    let changed = server.submit(listing("A", "Jacket", &turned(5))).await;
    assert_eq!((changed.decision(), &changed.body["version"]), ("clear", &json!(2)));
    assert_eq!(looked_at(&server, "A").await.1["verdict"], "review");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_alone_exact_copies_and_an_empty_registry_make_no_job() {
    let server = server(Engine::Sqlite).await;
    let waiting = async || jobs::waiting(&server.app.core.db, Lane::Looks).await.unwrap();
    server.submit(listing("EARLY", "Jacket", &turned(5))).await;
    assert_eq!(waiting().await, 0, "no reference could be found");
    put_reference(&server, "northpeak", "Northpeak", 5).await;
    server.submit(json!({"id": "WORDS", "title": "Jacket"})).await;
    let copy = server.submit(listing("COPY", "Jacket", &pictures::scattered_png(5))).await;
    assert_eq!(copy.decision(), "review");
    assert_eq!(waiting().await, 0);
    let rate = copy.body["verdict"]["body"]["images"][0]["false_match_rate"].as_f64();
    assert!(rate.is_some_and(|rate| rate > 0.0 && rate < 1e-6), "{rate:?}");
}

async fn hunt(server: &Server, request: Value) -> Value {
    let started = server.post("/v1/hunts", &request).await;
    let path = format!("/v1/hunts/{}", started.is(202).body["id"].as_str().unwrap());
    eventually("the hunt ends", async || {
        let hunt = server.get(&path).await.body;
        (hunt["state"] == "done").then_some(hunt)
    })
    .await
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_hunt_finds_a_new_reference_in_listings_that_were_there(#[case] engine: Engine) {
    let server = server(engine).await;
    put_reference(&server, "southpeak", "Southpeak", 900).await;
    server.submit(listing("A", "Jacket", &turned(5))).await;
    server.submit(json!({"id": "WORDS", "title": "Jacket"})).await;
    assert_eq!(looked_at(&server, "A").await.1["verdict"], "clear");
    put_reference(&server, "northpeak", "Northpeak", 5).await;

    let plain = hunt(&server, json!({"target": {"brand": "northpeak"}})).await;
    assert_eq!(plain["changed"], 0, "hashes do not show it: {plain}");
    let dry = hunt(&server, json!({"target": {"brand": "northpeak"}, "closely": true, "dry_run": true})).await;
    assert_eq!((&dry["examined"], &dry["changed"]), (&json!(2), &json!(1)), "{dry}");
    assert_eq!(looked_at(&server, "A").await.1["verdict"], "clear", "a dry run writes nothing");
    let close = hunt(&server, json!({"target": {"brand": "northpeak"}, "closely": true})).await;
    assert_eq!(close["changed"], 1);
    let (found, body) = looked_at(&server, "A").await;
    assert_eq!((&body["verdict"], &body["closely"]), (&json!("review"), &json!(true)));
    let replay = server.post(&format!("/v1/verdicts/{found}/replay"), &json!({})).await;
    assert_eq!(replay.body["same"], true, "{}", replay.text);

    // A hunt for anything else does not undo it.
    assert_eq!(hunt(&server, json!({"target": {"all": true}})).await["changed"], 0);
    assert_eq!(looked_at(&server, "A").await.0, found);
}
