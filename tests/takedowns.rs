//! Takedown notices from filing to the last word, over real HTTP, on both engines.

mod support;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use assay::accounts::{OrganisationKind, Permission};
use assay::kernel::Instant;
use assay::kernel::id::OrganisationId;
use assay::takedowns::course::run_clocks;

use support::Engine;
use support::server::{Answer, Server};

const REASONS: &str = "The goods bear our mark and were not made by us.";

/// A service with two brands, their owners, two merchants and two listings.
struct Market {
    server: Server,
    owner: OrganisationId,
    owner_key: String,
    rival_key: String,
    merchant_key: String,
    other_merchant_key: String,
    second_staff: String,
}

impl Market {
    async fn open(engine: Engine) -> Self {
        let server = Server::start(engine).await;
        for (brand, mark) in [("northpeak", "Northpeak"), ("zimkel", "Zimkel")] {
            let body = json!({"name": mark, "word_marks": [{"id": "word", "text": mark}], "nice_classes": [25]});
            let answer = server.put(&format!("/v1/brands/{brand}"), &body).await;
            assert!(answer.status < 300, "{}", answer.text);
        }
        let owner = server.organisation(OrganisationKind::BrandOwner).await;
        let rival = server.organisation(OrganisationKind::BrandOwner).await;
        let seller = server.organisation(OrganisationKind::Merchant).await;
        let other_seller = server.organisation(OrganisationKind::Merchant).await;
        let proof = json!({"evidence": "register extract of today"});
        for (organisation, right) in [
            (owner, "brands/northpeak"),
            (rival, "brands/zimkel"),
            (seller, "merchants/m-1"),
            (other_seller, "merchants/m-2"),
        ] {
            server.put(&format!("/v1/organisations/{organisation}/{right}"), &proof).await.is(204);
        }
        let market = Self {
            owner,
            owner_key: server.key_of(owner).await,
            rival_key: server.key_of(rival).await,
            merchant_key: server.key_of(seller).await,
            other_merchant_key: server.key_of(other_seller).await,
            second_staff: server.key_with(&Permission::ALL).await,
            server,
        };
        market.list("L-1", "m-1").await;
        market.list("L-2", "m-2").await;
        market
    }

    async fn list(&self, id: &str, merchant: &str) {
        let listing = json!({"id": id, "title": "Replica Northpeak jacket", "merchant_id": merchant, "ships_to": ["DE", "FR"],
            "category": "jackets", "lang": "de"});
        self.server.submit(listing).await;
    }

    async fn send(&self, key: &str, method: Method, path: &str, body: Value) -> Answer {
        let call = self.server.call(method, path).key(Some(key));
        if body.is_null() { call.send().await } else { call.json(&body).send().await }
    }

    async fn post(&self, key: &str, path: &str, body: Value) -> Answer {
        self.send(key, Method::POST, path, body).await
    }

    async fn get(&self, key: &str, path: &str) -> Answer {
        self.send(key, Method::GET, path, Value::Null).await
    }

    /// Files and gives the notice's id.
    async fn file(&self, draft: Value) -> String {
        let answer = self.post(&self.owner_key, "/v1/notices", draft).await;
        answer.is(201).body["id"].as_str().expect("a notice has an id").to_owned()
    }

    async fn decide(&self, notice: &str, decision: &str) -> Answer {
        let body = json!({"decision": decision, "reason": "The pictures show the mark on goods of others."});
        self.post(&self.server.key, &format!("/v1/notices/{notice}/decisions"), body).await
    }

    async fn state(&self, notice: &str) -> String {
        let answer = self.get(&self.owner_key, &format!("/v1/notices/{notice}")).await;
        answer.is(200).body["state"].as_str().expect("a notice has a state").to_owned()
    }

    /// The id of the first restriction that the merchant sees.
    async fn restriction(&self) -> String {
        let answer = self.get(&self.merchant_key, "/v1/restrictions").await;
        answer.is(200).body[0]["id"].as_str().expect("there is a restriction").to_owned()
    }

    /// Kind and state of every case about notices, sorted.
    async fn cases(&self) -> Vec<String> {
        let text = "SELECT kind, state FROM review_case WHERE kind IN ('notice', 'counter_notice', 'appeal')
                    ORDER BY kind, state";
        let rows = self.server.app.core.db.all(text, vec![]).await.expect("the database answers");
        let read = |name: &str, row: &assay::store::Row| row.get::<String>(name).expect("a text");
        rows.iter().map(|row| format!("{} {}", read("kind", row), read("state", row))).collect()
    }

    async fn events(&self) -> Vec<String> {
        let feed = self.server.get("/v1/events?limit=1000").await;
        let events = feed.body["events"].as_array().expect("a feed has events").clone();
        events.iter().map(|event| event["kind"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

fn draft(listings: &[&str]) -> Value {
    json!({
        "ground": "counterfeit", "market": "DE", "marks": ["northpeak/word/word"], "reasons": REASONS, "listings": listings,
        "notifier": {"name": "Northpeak GmbH", "email": "brand@northpeak.example"},
        "declarations": {"good_faith": true},
    })
}

/// A notice under United States copyright law.
fn american(listings: &[&str]) -> Value {
    json!({
        "ground": "copyright", "market": "US", "work": "the photograph of our jacket on our own pages",
        "reasons": REASONS, "listings": listings,
        "notifier": {"name": "Northpeak GmbH", "email": "brand@northpeak.example", "address": "1 Hill Road", "phone": "+49 30 1"},
        "declarations": {"good_faith": true, "accurate_under_perjury": true, "signature": "A. Berg"},
    })
}

fn counter() -> Value {
    json!({
        "reason": "genuine", "explanation": "We bought these from the owner's distributor.", "name": "Shop",
        "email": "shop@example.com", "address": "2 Quay", "phone": "+1 2", "mistake_under_perjury": true,
        "consents_to_jurisdiction": true, "signature": "C. Shop",
    })
}

fn moment(value: &Value) -> Instant {
    value.as_str().expect("a moment").parse().expect("a moment")
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_restricts_with_its_statement_and_a_right_counter_notice_restores(#[case] engine: Engine) {
    let market = Market::open(engine).await;
    let notice = market.file(draft(&["L-1", "L-2"])).await;
    assert_eq!(market.state(&notice).await, "received");
    assert_eq!(market.cases().await, ["notice waiting"]);
    let decided = market.decide(&notice, "uphold").await;
    assert_eq!(decided.is(200).body["state"], "upheld");
    assert_eq!(market.cases().await, ["notice closed"]);
    assert_eq!(decided.body["items"][1]["state"], "upheld");

    let id = market.restriction().await;
    let shown = market.get(&market.merchant_key, &format!("/v1/restrictions/{id}")).await;
    let statement = &shown.is(200).body["statement"];
    assert_eq!(statement["source_type"], "SOURCE_ARTICLE_16");
    assert_eq!(statement["automated_detection"], "No");
    assert_eq!(statement["automated_decision"], "AUTOMATED_DECISION_NOT_AUTOMATED");
    assert_eq!(statement["territorial_scope"], json!(["DE", "FR"]));
    assert_eq!(shown.body["can_counter"], true);
    // The other merchant's listing, and everything of others, is not there.
    let foreign = market.get(&market.other_merchant_key, &format!("/v1/restrictions/{id}")).await;
    foreign.is_problem("not-found");

    let countered = market.post(&market.merchant_key, &format!("/v1/restrictions/{id}/counter"), counter()).await;
    assert_eq!(countered.is(200).body["listing"]["state"], "countered");
    let told = market.get(&market.owner_key, &format!("/v1/notices/{notice}")).await;
    assert!(told.text.contains("distributor") && !told.text.contains("2 Quay"), "words, not addresses: {}", told.text);
    let again = market.post(&market.merchant_key, &format!("/v1/restrictions/{id}/counter"), counter()).await;
    again.is_problem("conflict");
    assert_eq!(market.cases().await, ["counter_notice waiting", "notice closed"]);
    let body =
        json!({"decision": "grant", "listings": ["L-1"], "reason": "The invoices show that the goods are genuine."});
    let granted = market.post(&market.server.key, &format!("/v1/notices/{notice}/decisions"), body).await;
    assert_eq!(granted.is(200).body["items"][0]["state"], "reinstated");
    assert_eq!(granted.body["items"][1]["state"], "upheld", "the other listing stays restricted");
    assert_eq!(market.cases().await, ["counter_notice closed", "notice closed"]);
    let rows = market.get(&market.merchant_key, "/v1/restrictions").await;
    assert!(rows.body[0]["ended_at"].is_string(), "{}", rows.text);

    let events = market.events().await;
    let count = |kind: &str| events.iter().filter(|event| *event == kind).count();
    assert_eq!((count("notice.filed"), count("listing.restricted"), count("listing.restored")), (1, 2, 1));
    let verified = market.server.post("/v1/audit/verify", &json!({})).await;
    assert!(verified.is(200).body["entries"].as_i64() > Some(8), "{}", verified.text);
    assert_eq!(verified.body.get("first_bad"), None, "{}", verified.text);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_filed_once_however_often_it_is_sent(#[case] engine: Engine) {
    let market = Market::open(engine).await;
    let send = || async {
        let call = market.server.call(Method::POST, "/v1/notices").key(Some(&market.owner_key));
        call.header("idempotency-key", "n-1").json(&draft(&["L-1"])).send().await
    };
    let answers = tokio::join!(send(), send(), send());
    let mut ids: Vec<String> = Vec::new();
    for answer in [answers.0, answers.1, answers.2] {
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
        ids.push(answer.body["id"].as_str().unwrap_or_default().to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "one notice");
    let other = market.server.call(Method::POST, "/v1/notices").key(Some(&market.owner_key));
    let other = other.header("idempotency-key", "n-1").json(&draft(&["L-2"])).send().await;
    other.is_problem("idempotency-mismatch");
    // Without the key the same notice is refused while it is open …
    let twice = market.post(&market.owner_key, "/v1/notices", draft(&["L-1"])).await;
    assert!(twice.is_problem("invalid-notice").text.contains("same_notice"), "{}", twice.text);
    // … and after a decision, until the listing changes.
    market.decide(&ids[0], "reject").await.is(200);
    let decided = market.post(&market.owner_key, "/v1/notices", draft(&["L-1"])).await;
    assert!(decided.is_problem("invalid-notice").text.contains("already_decided"), "{}", decided.text);
    let changed = json!({"id": "L-1", "title": "Replica Northpeak jacket in red", "merchant_id": "m-1"});
    market.server.submit(changed).await;
    market.file(draft(&["L-1"])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_notice_is_refused_with_what_is_wrong_and_nothing_is_stored() {
    let market = Market::open(Engine::Sqlite).await;
    let many: Vec<String> = (0..1_001).map(|number| format!("L-{number}")).collect();
    let changed = |member: &str, value: Value| {
        let mut draft = draft(&["L-1"]);
        draft[member] = value;
        draft
    };
    for (sent, words) in [
        (draft(&["L-9"]), "there is no listing \"L-9\""),
        (changed("listings", json!(many)), "has 1001 entries; at most 1000 are taken"),
        (changed("marks", json!(["zimkel/word/word"])), "not_own_mark"),
        (changed("marks", json!(["nobody/word/word"])), "mark_unknown"),
        (changed("reasons", json!("fake")), "DSA art. 16(2)(a)"),
        (changed("notifier", json!({"name": "N", "email": "nobody"})), "DSA art. 16(2)(c)"),
        (changed("declarations", json!({})), "DSA art. 16(2)(d)"),
        (
            changed("notifier", json!({"name": "<script>alert(1)</script>\u{0}", "email": "a@b.de"})),
            "control characters",
        ),
    ] {
        let refused = market.post(&market.owner_key, "/v1/notices", sent).await;
        assert!(
            refused.is_problem("invalid-notice").text.contains(&words.replace('"', "\\\"")),
            "{words}: {}",
            refused.text
        );
    }
    market.post(&market.owner_key, "/v1/notices", json!({"ground": "piracy"})).await.is_problem("invalid-body");
    let listed = market.get(&market.server.key, "/v1/notices").await;
    assert_eq!(listed.is(200).body["items"], json!([]));
    assert!(!market.events().await.iter().any(|kind| kind.starts_with("notice.")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_check_says_everything_and_files_nothing() {
    let market = Market::open(Engine::Sqlite).await;
    market.server.submit(json!({"id": "L-3", "title": "Plain grey jacket", "merchant_id": "m-1"})).await;
    let checked = market.post(&market.owner_key, "/v1/notices/check", draft(&["L-1", "L-3", "L-9", "L-1"])).await;
    assert_eq!(checked.is(200).body["can_be_filed"], true);
    assert_eq!(checked.body["accepted"], json!(["L-1", "L-3"]));
    let mut kinds: Vec<(String, String)> = Vec::new();
    for finding in checked.body["findings"].as_array().expect("findings") {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        kinds.push((text("kind"), text("listing")));
    }
    let expected = [("listed_twice", "L-1"), ("mark_not_found", "L-3"), ("listing_unknown", "L-9")];
    assert_eq!(kinds, expected.map(|(kind, listing)| (kind.to_owned(), listing.to_owned())));
    let listed = market.get(&market.owner_key, "/v1/notices").await;
    assert_eq!(listed.body["items"], json!([]));
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_organisations_notice_is_not_there(#[case] engine: Engine) {
    let market = Market::open(engine).await;
    let notice = market.file(draft(&["L-1"])).await;
    let words = json!({"text": "we take it all back"});
    let appeal = json!({"listing": "L-1", "text": "this is wrong, look again"});
    market.get(&market.rival_key, &format!("/v1/notices/{notice}")).await.is_problem("not-found");
    for (path, body) in [("information", &words), ("retract", &words), ("dispute", &words), ("appeals", &appeal)] {
        let answer = market.post(&market.rival_key, &format!("/v1/notices/{notice}/{path}"), body.clone()).await;
        answer.is_problem("not-found");
    }
    let listed = market.get(&market.rival_key, "/v1/notices").await;
    assert_eq!(listed.is(200).body["items"], json!([]));
    let own = market.get(&market.owner_key, "/v1/notices").await;
    assert_eq!(own.body["items"][0]["id"], notice.as_str());
    // Staff see who acted, the notifier does not.
    let shown = market.get(&market.owner_key, &format!("/v1/notices/{notice}")).await;
    assert!(shown.body["history"][0].get("actor").is_none());
    let staff = market.get(&market.server.key, &format!("/v1/notices/{notice}")).await;
    assert!(staff.body["history"][0]["actor"].is_string());
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_american_counter_notice_restores_by_itself_on_its_day_and_not_before(#[case] engine: Engine) {
    let market = Market::open(engine).await;
    let core = &market.server.app.core;
    let notice = market.file(american(&["L-1"])).await;
    market.decide(&notice, "uphold").await.is(200);
    let id = market.restriction().await;
    let mut bare = counter();
    bare["consents_to_jurisdiction"] = json!(false);
    let refused = market.post(&market.merchant_key, &format!("/v1/restrictions/{id}/counter"), bare).await;
    assert!(refused.is_problem("invalid-notice").text.contains("17 USC 512(g)(3)(D)"), "{}", refused.text);
    let filed = core.clock.now();
    let countered = market.post(&market.merchant_key, &format!("/v1/restrictions/{id}/counter"), counter()).await;
    let told = market.get(&market.owner_key, &format!("/v1/notices/{notice}")).await;
    assert!(told.text.contains("2 Quay"), "the notifier may sue, so it gets the whole counter-notice: {}", told.text);
    let latest = moment(&countered.is(200).body["listing"]["due_at"]);
    // Ten business days are two weeks at least, fourteen are four days more, and holidays come on top.
    assert!(latest.seconds_since(filed) > 18.0 * 86_400.0, "{latest}");
    assert_eq!(run_clocks(core, filed.plus_seconds(13 * 86_400)).await.expect("clocks run"), 0);
    assert_eq!(market.state(&notice).await, "countered");
    assert_eq!(run_clocks(core, latest).await.expect("clocks run"), 1);
    assert_eq!(market.state(&notice).await, "reinstated");
    assert_eq!(run_clocks(core, latest).await.expect("clocks run"), 0, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_in_court_stops_the_clock_and_a_court_has_the_last_word() {
    let market = Market::open(Engine::Sqlite).await;
    let core = &market.server.app.core;
    let notice = market.file(american(&["L-1"])).await;
    market.decide(&notice, "uphold").await.is(200);
    let id = market.restriction().await;
    let early = json!({"text": "we sued in the Southern District"});
    market
        .post(&market.owner_key, &format!("/v1/notices/{notice}/dispute"), early.clone())
        .await
        .is_problem("conflict");
    market.post(&market.merchant_key, &format!("/v1/restrictions/{id}/counter"), counter()).await.is(200);
    market.post(&market.owner_key, &format!("/v1/notices/{notice}/dispute"), early).await.is(200);
    let far = core.clock.now().plus_seconds(400 * 86_400);
    assert_eq!(run_clocks(core, far).await.expect("clocks run"), 0);
    assert_eq!(market.decide(&notice, "confirm_right").await.is(200).body["state"], "final");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_notice_after_the_clock_is_told_what_is_left() {
    let market = Market::open(Engine::Sqlite).await;
    let core = &market.server.app.core;
    let notice = market.file(draft(&["L-1"])).await;
    market.decide(&notice, "uphold").await.is(200);
    let id = market.restriction().await;
    let far = core.clock.now().plus_seconds(200 * 86_400);
    assert_eq!(run_clocks(core, far).await.expect("clocks run"), 1);
    assert_eq!(market.state(&notice).await, "final");
    let late = market.post(&market.merchant_key, &format!("/v1/restrictions/{id}/counter"), counter()).await;
    assert!(late.is_problem("conflict").text.contains("appeal instead"), "{}", late.text);
    let appeal = json!({"text": "The goods are genuine, see the invoices."});
    let path = format!("/v1/restrictions/{id}/appeals");
    market.post(&market.merchant_key, &path, appeal).await.is(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_nobody_answers_ends_in_a_rejection() {
    let market = Market::open(Engine::Sqlite).await;
    let core = &market.server.app.core;
    let (answered, silent) = (market.file(draft(&["L-1"])).await, market.file(draft(&["L-2"])).await);
    for notice in [&answered, &silent] {
        assert_eq!(market.decide(notice, "ask").await.is(200).body["state"], "needs_information");
    }
    let words = json!({"text": "The label in the second picture is not ours."});
    market.post(&market.owner_key, &format!("/v1/notices/{answered}/information"), words).await.is(200);
    let far = core.clock.now().plus_seconds(30 * 86_400);
    assert_eq!(run_clocks(core, far).await.expect("clocks run"), 1);
    assert_eq!(market.state(&answered).await, "received");
    assert_eq!(market.state(&silent).await, "rejected");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_appeal_is_answered_by_somebody_else_and_takes_effect(#[case] engine: Engine) {
    let market = Market::open(engine).await;
    let notice = market.file(draft(&["L-1"])).await;
    market.decide(&notice, "uphold").await.is(200);
    let id = market.restriction().await;
    let path = format!("/v1/restrictions/{id}/appeals");
    let words = json!({"text": "The goods are genuine, see the invoices."});
    market.post(&market.merchant_key, &path, json!({"text": "no"})).await.is_problem("invalid-notice");
    let appeal = market.post(&market.merchant_key, &path, words.clone()).await;
    let appeal = appeal.is(201).body["id"].as_str().expect("an appeal has an id").to_owned();
    market.post(&market.merchant_key, &path, words).await.is_problem("conflict");
    let shown = market.get(&market.merchant_key, &format!("/v1/restrictions/{id}")).await;
    assert_eq!(shown.body["appeals_ahead"], 0);
    assert_eq!(market.cases().await, ["appeal waiting", "notice closed"]);
    let answer = json!({"granted": true, "reason": "The invoices are those of the distributor."});
    let path = format!("/v1/appeals/{appeal}/answer");
    market.post(&market.server.key, &path, answer.clone()).await.is_problem("forbidden");
    let answered = market.post(&market.second_staff, &path, answer.clone()).await;
    assert_eq!(answered.is(200).body["outcome"], "granted");
    assert_eq!(market.state(&notice).await, "reinstated");
    assert_eq!(market.cases().await, ["appeal closed", "notice closed"]);
    market.post(&market.second_staff, &path, answer).await.is_problem("conflict");
    assert_eq!(market.server.get("/v1/appeals").await.is(200).body, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notifier_appeals_against_a_rejection_and_a_decided_notice_is_not_decided_again() {
    let market = Market::open(Engine::Sqlite).await;
    let notice = market.file(draft(&["L-1"])).await;
    market.decide(&notice, "reject").await.is(200);
    market.decide(&notice, "uphold").await.is_problem("conflict");
    market.decide(&notice, "grant").await.is_problem("conflict");
    let words = json!({"listing": "L-1", "text": "The second picture shows our label, copied."});
    let appeal = market.post(&market.owner_key, &format!("/v1/notices/{notice}/appeals"), words).await;
    let appeal = appeal.is(201).body["id"].as_str().expect("an appeal has an id").to_owned();
    let answer = json!({"granted": true, "reason": "The label is a copy indeed."});
    market.post(&market.second_staff, &format!("/v1/appeals/{appeal}/answer"), answer).await.is(200);
    assert_eq!(market.state(&notice).await, "upheld");
    assert_eq!(market.restriction().await.split('_').next(), Some("sor"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_taken_back_restores_at_once_and_is_not_held_against_the_decision() {
    let market = Market::open(Engine::Sqlite).await;
    let notice = market.file(draft(&["L-1", "L-2"])).await;
    market.decide(&notice, "uphold").await.is(200);
    let words = json!({"listings": ["L-1"], "text": "The merchant has shown us a licence."});
    let taken = market.post(&market.owner_key, &format!("/v1/notices/{notice}/retract"), words).await;
    assert_eq!(taken.is(200).body["items"][0]["state"], "reinstated");
    assert_eq!(taken.body["items"][1]["state"], "upheld");
    let standing = market.get(&market.owner_key, "/v1/notifiers/me").await;
    assert_eq!(standing.is(200).body["standing"]["accuracy"], 1.0);
    assert_eq!(standing.body["thresholds"]["fast_lane"]["min_accepted"], 0.9);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abusive_notifier_is_warned_and_then_suspended(#[case] engine: Engine) {
    let market = Market::open(engine).await;
    let owner = market.owner;
    let measure = |measure: &str| json!({"measure": measure, "reason": "ten notices without any ground"});
    let path = format!("/v1/notifiers/{owner}/measures");
    market.server.post(&path, &measure("suspend")).await.is_problem("conflict");
    assert_eq!(market.server.post(&path, &measure("warn")).await.is(200).body["tier"], "warned");
    let notice = market.file(draft(&["L-1"])).await;
    market.decide(&notice, "reject").await.is(200);
    let suspended = market.server.post(&path, &measure("suspend")).await;
    assert_eq!(suspended.is(200).body["tier"], "suspended");
    assert_eq!(suspended.body["factors"][0]["value"], 1.0);
    let refused = market.post(&market.owner_key, "/v1/notices", draft(&["L-2"])).await;
    assert!(refused.is_problem("forbidden").text.contains("DSA art. 23"), "{}", refused.text);
    market.server.post(&path, &measure("lift")).await.is(200);
    market.server.post(&path, &measure("trust")).await.is(200);
    let trusted = market.post(&market.owner_key, "/v1/notices", draft(&["L-2"])).await;
    assert_eq!(trusted.is(201).body["trusted"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_notices_files_what_can_be_filed_and_names_every_other_line() {
    let market = Market::open(Engine::Sqlite).await;
    let file = "listing,ground,market,mark,reasons,name,email,good_faith\n\
        L-1,counterfeit,DE,northpeak/word/word,The goods bear our mark and are copies.,N,n@northpeak.example,yes\n\
        L-2,counterfeit,DE,northpeak/word/word,The goods bear our mark and are copies.,N,n@northpeak.example,yes\n\
        =HYPERLINK(1),counterfeit,DE,northpeak/word/word,The goods bear our mark and are copies.,N,n@northpeak.example,yes\n\
        L-9,trade_mark,DE,northpeak/word/word,The goods use our mark without right.,N,n@northpeak.example,yes\n";
    let send = |kind: &'static str| {
        let call = market.server.call(Method::POST, "/v1/notices/bulk").key(Some(&market.owner_key));
        call.header("content-type", kind).body(file).send()
    };
    send("application/json").await.is_problem("unsupported-media-type");
    let answer = send("text/csv").await;
    assert_eq!(answer.is(200).body["filed"].as_array().map(Vec::len), Some(1), "{}", answer.text);
    assert_eq!(answer.body["filed"][0]["lines"], json!([2, 3]));
    let lines: Vec<i64> =
        answer.body["problems"].as_array().expect("problems").iter().filter_map(|one| one["line"].as_i64()).collect();
    assert_eq!(lines, [4, 5], "{}", answer.text);
}
