//! The console in a real browser: the list of verdicts and one verdict with its evidence.

mod support;

use std::process::Command;

use base64::Engine as _;
use serde_json::json;

use support::server::Server;
use support::{Engine, Place, pictures};

/// The page's document after the browser has loaded it, scripts and styles included.
fn in_browser(address: &str) -> String {
    let browser = std::env::var("ASSAY_TEST_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let profile = tempfile::tempdir().expect("a directory for the browser");
    let answer = Command::new(&browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-dev-shm-usage", "--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(address)
        .output()
        .unwrap_or_else(|error| panic!("{browser} does not start ({error}); run scripts/test, which installs it"));
    String::from_utf8_lossy(&answer.stdout).into_owned()
}

async fn server_with_a_counterfeit() -> (Server, String) {
    // Without packs of its own the service takes the shipped ones.
    let server = Server::over(Place::new(Engine::Sqlite).await, |_| {}).await;
    let picture = base64::engine::general_purpose::STANDARD.encode(pictures::jpeg(7));
    let brand = json!({
        "name": "Northpeak", "word_marks": [{"text": "Northpeak"}], "categories": ["apparel"],
        "references": [{"name": "jacket.jpg", "kind": "product", "image": {"base64": picture}}],
    });
    server.put("/v1/brands/northpeak", &brand).await.is(200);
    let listing = json!({
        "id": "SKU-1", "title": "N0rthpeak <b>jacket</b> 1:1 replica", "merchant_id": "m-7", "category": "apparel",
        "price": "32.14", "currency": "EUR", "images": [{"base64": picture, "name": "front.jpg"}],
    });
    let answer = server.submit(listing).await;
    let verdict = answer.body["verdict"]["id"].as_str().expect("a verdict").to_owned();
    (server, verdict)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_shows_a_new_verdict_with_its_marked_letters_and_leads_to_it() {
    let (server, verdict) = server_with_a_counterfeit().await;
    let page = in_browser(&server.address_for_administrator("/").await);
    assert!(page.contains(&format!("/verdicts/{verdict}")), "the list leads to the verdict:\n{page}");
    assert!(page.contains("N0rthpeak</mark>"), "the disguised mark is marked:\n{page}");
    assert!(page.contains("&lt;b&gt;jacket") && !page.contains("<b>jacket"), "a title is text, never markup");
    assert!(page.contains("32.14 EUR") && page.contains("m-7"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdicts_page_shows_the_picture_beside_the_reference_and_every_reason() {
    let (server, verdict) = server_with_a_counterfeit().await;
    let page = in_browser(&server.address_for_administrator(&format!("/verdicts/{verdict}")).await);
    let pictures = page.matches("src=\"/evidence/").count();
    assert!(pictures >= 2, "the listing's picture and the reference, found {pictures}:\n{page}");
    assert!(page.contains("northpeak/jacket.jpg"), "the reference is named");
    assert!(page.contains("0 of 256 bits differ"), "the distance is told");
    assert!(page.contains("What cures it") && page.contains(&format!("assay replay {verdict}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_nobody_has_signed_in_with_is_led_to_the_sign_in() {
    let (server, verdict) = server_with_a_counterfeit().await;
    for path in ["/".to_owned(), format!("/verdicts/{verdict}")] {
        let page = in_browser(&format!("{}{path}", server.base));
        assert!(page.contains("<h1>Sign in</h1>") && !page.contains("N0rthpeak"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_viewer_draws_the_document_without_help_from_elsewhere() {
    let server = Server::start(Engine::Sqlite).await;
    let page = in_browser(&format!("{}/docs", server.base));
    assert!(page.contains("/v1/listings/batch"), "the viewer lists the endpoints:\n{page}");
    assert!(!page.contains("src=\"http"), "nothing is loaded from elsewhere");
}
