//! The flood guard: a reference that suddenly matches everything is set aside, told, and
//! can be taken back into use.

mod support;

use base64::Engine as _;
use serde_json::json;

use assay::matching::image::FloodLimits;
use support::server::Server;
use support::{Engine, eventually, pictures};

const LIMITS: FloodLimits =
    FloodLimits { min_queries: 20, min_matched: 10, max_share: 0.5, times_baseline: 10.0, min_share: 0.25 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_that_matches_every_picture_is_set_aside_and_told() {
    let server = Server::start_with(Engine::Sqlite, |setup| setup.options.flood = LIMITS).await;
    let picture = base64::engine::general_purpose::STANDARD.encode(pictures::jpeg(3));
    let brand = json!({"name": "Northpeak", "references": [{"name": "banner.jpg", "kind": "product", "image": {"base64": picture}}]});
    server.put("/v1/brands/northpeak", &brand).await.is(200);
    let listing = |number: usize| json!({"id": format!("L-{number}"), "title": "Garden chair", "images": [{"base64": picture, "name": "shop banner"}]});
    let first = server.submit(listing(0)).await;
    assert_eq!(first.body["verdict"]["body"]["images"][0]["reference"], "northpeak/banner.jpg");
    for number in 1..30 {
        server.submit(listing(number)).await;
    }
    let quarantine = eventually("the reference is set aside", async || {
        let brand = server.get("/v1/brands/northpeak").await;
        brand.body["references"][0]["quarantine"].as_str().map(str::to_owned)
    });
    let because = quarantine.await;
    assert!(because.contains("pictures"), "{because}");
    let after = server.submit(listing(100)).await;
    assert_eq!(after.body["verdict"]["body"]["images"], json!([]), "it is no longer applied");
    let events = server.get("/v1/events?limit=1000").await;
    assert!(events.text.contains("reference.quarantined"), "others are told");

    let restored = json!({"reference": "northpeak/banner.jpg"});
    server.post("/v1/brands/northpeak/quarantine", &restored).await.is(204);
    let again = server.submit(listing(200)).await;
    assert_eq!(again.body["verdict"]["body"]["images"][0]["reference"], "northpeak/banner.jpg");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_harmless_picture_in_the_negative_bank_suppresses_the_match() {
    let server = Server::start(Engine::Sqlite).await;
    let picture = base64::engine::general_purpose::STANDARD.encode(pictures::jpeg(4));
    let reference = |name: &str, kind: &str| json!({"name": name, "kind": kind, "image": {"base64": picture}});
    let listing =
        |id: &str| json!({"id": id, "title": "Garden chair", "images": [{"base64": picture, "name": "a.jpg"}]});
    let brand = json!({"name": "Northpeak", "references": [reference("chair.jpg", "product")]});
    server.put("/v1/brands/northpeak", &brand).await.is(200);
    let found = server.submit(listing("L-1")).await;
    assert_eq!(found.body["verdict"]["body"]["images"].as_array().map(Vec::len), Some(1));

    let harmless = json!({"name": "Negative bank", "references": [reference("stock-photo.jpg", "harmless")]});
    server.put("/v1/brands/negative-bank", &harmless).await.is(200);
    let suppressed = server.submit(listing("L-2")).await;
    assert_eq!(suppressed.body["verdict"]["body"]["images"], json!([]));
}
