//! The console in a real browser: the list of verdicts and one verdict with its evidence.

mod support;

use std::process::Command;

use base64::Engine as _;
use serde_json::json;

use assay::kernel::id::OrganisationId;

use support::browser::Browser;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reviewer_decides_twenty_cases_from_the_keyboard_alone() {
    let server = Server::start(Engine::Sqlite).await;
    let brand = json!({"name": "Northpeak", "word_marks": [{"text": "Northpeak"}], "nice_classes": [25]});
    server.put("/v1/brands/northpeak", &brand).await.is(200);
    for number in 0..21 {
        server.submit(json!({"id": format!("SKU-{number}"), "title": "Northpeak jacket", "merchant_id": "m-7"})).await;
    }
    let address = server.address_for_administrator("/queues/listings").await;
    let decided = tokio::task::spawn_blocking(move || {
        let mut browser = Browser::start();
        browser.open(&address);
        browser.wait_for("location.pathname === '/queues/listings' && document.readyState === 'complete'");
        browser.press("?");
        browser.wait_for("document.querySelector('dialog[open]')?.textContent.includes('Take next')");
        browser.look("document.querySelector('dialog').close()");
        browser.press("n");
        let mut decided = Vec::new();
        for number in 0..20 {
            browser.wait_for("location.pathname.startsWith('/cases/') && document.readyState === 'complete'");
            let case = browser.look("location.pathname").as_str().expect("an address").to_owned();
            browser.look("addEventListener('pointerdown', () => { document.title = 'a pointer was used'; }, true)");
            if number % 2 == 0 {
                browser.press("a");
            } else {
                browser.press("r");
                browser.press("2");
                browser.wait_for("document.querySelectorAll('input[name=finding]:checked').length === 1");
                browser.press("Enter");
            }
            browser.wait_for(&format!("location.pathname !== '{case}' && document.readyState === 'complete'"));
            assert_ne!(browser.look("document.title"), "a pointer was used");
            decided.push(case);
        }
        // The last one was a slip: it is taken back from the next case's page.
        browser.press("u");
        let last = decided.last().expect("twenty were decided").clone();
        browser.wait_for(&format!("location.pathname === '{last}' && document.readyState === 'complete'"));
        decided
    });
    let decided = decided.await.expect("the browser's part ends well");
    let count = async |state: &str| {
        let db = &server.app.core.db;
        let rows =
            db.all("SELECT action, state FROM decision ORDER BY id", vec![]).await.expect("the database answers");
        rows.iter().filter(|row| row.get::<String>("state").expect("a state") == state).count()
    };
    assert_eq!(decided.iter().collect::<std::collections::HashSet<_>>().len(), 20, "each case once");
    assert_eq!(count("taken_back").await, 1);
    assert_eq!(count("held").await + count("in_force").await, 19);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_page_shows_the_suspect_beside_the_reference_and_why_it_comes_first() {
    let (server, _) = server_with_a_counterfeit().await;
    server.submit(json!({"id": "SKU-2", "title": "Northpeak jacket", "merchant_id": "m-7"})).await;
    let reviewer = server.visitor(OrganisationId::PLATFORM, &["reviewer"]).await;
    let get = async |path: &str| server.call(reqwest::Method::GET, path).visitor(&reviewer).send().await;
    let row = server.app.core.db.optional("SELECT id, queue FROM review_case ORDER BY id DESC LIMIT 1", vec![]);
    let row = row.await.expect("the database answers").expect("a case was opened");
    let (id, queue): (String, String) = (row.get("id").expect("an id"), row.get("queue").expect("a queue"));
    let listed = get(&format!("/queues/{queue}")).await;
    assert!(listed.is(200).text.contains(&format!("/cases/{id}")), "{}", listed.text);
    let page = get(&format!("/cases/{id}")).await;
    for shown in
        ["Priority ", "severity", "Authorised sellers", "Northpeak</mark>", "Take this case", "Decisions against"]
    {
        assert!(page.is(200).text.contains(shown), "{shown}: {}", page.text);
    }
    let post = async |path: String, fields: &[(&str, &str)]| {
        let with: Vec<(&str, &str)> = [&[("csrf", reviewer.csrf.as_str())], fields].concat();
        server.call(reqwest::Method::POST, &path).visitor(&reviewer).form(&with).send().await
    };
    let forged =
        server.call(reqwest::Method::POST, &format!("/cases/{id}/take")).visitor(&reviewer).form(&[("csrf", "x")]);
    forged.send().await.is(403);
    post(format!("/cases/{id}/take"), &[]).await.is(303);
    let mine = get(&format!("/cases/{id}")).await;
    assert!(mine.text.contains("Decide and next") && mine.text.contains("data-action-key=\"a\""), "{}", mine.text);
    let refused = post(format!("/cases/{id}/decide"), &[("action", "remove")]).await;
    assert!(refused.is(303).header("location").contains("refused="), "{}", refused.header("location"));
    let again = get(refused.header("location")).await;
    assert!(again.text.contains("needs at least one policy"), "{}", again.text);
    let done = post(format!("/cases/{id}/decide"), &[("action", "allow")]).await;
    let bar = get(done.is(303).header("location")).await;
    assert!(bar.text.contains("Take back"), "without script, too: {}", bar.text);
    let work = get("/work").await;
    assert!(work.is(200).text.contains("What you decided last"), "{}", work.text);
    let quality = get("/quality").await;
    assert!(quality.is(200).text.contains("No second look was answered yet."), "{}", quality.text);
    let auditor = server.visitor(OrganisationId::PLATFORM, &["auditor"]).await;
    let take = server.call(reqwest::Method::POST, &format!("/cases/{id}/take")).visitor(&auditor);
    take.form(&[("csrf", &auditor.csrf)]).send().await.is(403);
}
