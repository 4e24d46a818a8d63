//! Cases on both engines: opened with the verdict that asks for a person, one for each thing,
//! closed when nothing is left to decide.

mod support;

use rstest::rstest;
use serde_json::{Value, json};

use assay::kernel::id::ListingId;
use assay::kernel::{Clock as _, Instant};
use assay::review::model::{Case, CaseFacts, CaseKind, CaseState, NewCase};
use assay::review::{close_case, desk, open_case, store};
use assay::store::Db;
use assay::system::SystemClock;

use support::data::ids;
use support::server::Server;
use support::{Engine, Place};

/// A service whose rules send every listing that names Northpeak to a person.
async fn server(engine: Engine) -> Server {
    let server = Server::start(engine).await;
    let brand = json!({"name": "Northpeak", "word_marks": [{"text": "Northpeak"}], "nice_classes": [25]});
    server.put("/v1/brands/northpeak", &brand).await.is(200);
    server
}

fn listing(id: &str, title: &str) -> Value {
    json!({"id": id, "title": title, "merchant_id": "m-1", "attributes": {"sold_30_days": "400"}})
}

async fn submit(server: &Server, id: &str, title: &str) -> ListingId {
    let answer = server.submit(listing(id, title)).await;
    answer.body["id"].as_str().expect("the answer names the listing").parse().expect("a listing id")
}

async fn cases_of(db: &Db, listing: ListingId) -> Vec<Case> {
    store::of_listing(db, listing, 10).await.expect("the database answers")
}

async fn kinds_of_history(db: &Db, case: &Case) -> Vec<String> {
    let history = store::history(db, case.id, 100).await.expect("the database answers");
    history.into_iter().map(|event| event.kind).collect()
}

async fn told(db: &Db, case: &Case) -> Vec<String> {
    let events = assay::events::after(db, 0, 1_000).await.expect("the database answers");
    events.into_iter().filter(|event| event.subject == case.id.to_string()).map(|event| event.kind).collect()
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_that_asks_for_a_person_opens_one_case_and_a_clear_one_closes_it(#[case] engine: Engine) {
    let server = server(engine).await;
    let db = &server.app.core.db;
    let id = submit(&server, "A", "Northpeak jacket").await;
    let [case] = &cases_of(db, id).await[..] else { panic!("one case") };
    assert_eq!((case.kind, case.state, case.times), (CaseKind::ListingReview, CaseState::Waiting, 1));
    assert_eq!((case.title.as_str(), case.merchant.as_deref()), ("Northpeak jacket", Some("m-1")));
    assert_eq!((case.facts.severity, case.facts.sold_30_days), (3, Some(400)));
    assert_eq!(
        (&case.facts.brands[..], &case.facts.rules[..]),
        (&["northpeak".to_owned()][..], &["small/mark-use".to_owned()][..])
    );
    assert!(case.facts.confidence > 0.4 && case.rank > 0, "{case:?}");

    submit(&server, "A", "Northpeak winter jacket").await;
    let [again] = &cases_of(db, id).await[..] else { panic!("still one case") };
    assert_eq!((again.id, again.times, again.facts.version), (case.id, 2, Some(2)));
    assert_eq!(again.title, "Northpeak winter jacket");

    submit(&server, "A", "Plain winter jacket").await;
    let [closed] = &cases_of(db, id).await[..] else { panic!("still one case") };
    assert_eq!(closed.state, CaseState::Closed);
    assert_eq!(kinds_of_history(db, closed).await, ["opened", "report", "close"]);
    assert_eq!(told(db, closed).await, ["case.opened", "case.reported", "case.closed"]);

    submit(&server, "A", "Northpeak jacket, new").await;
    let cases = cases_of(db, id).await;
    assert_eq!(
        (cases.len(), cases[0].state, cases[0].times),
        (2, CaseState::Waiting, 1),
        "a new case, not the old one"
    );
    let report = server.post("/v1/audit/verify", &json!({})).await;
    assert_eq!(report.is(200).body["bad"].as_array().map_or(0, Vec::len), 0, "{}", report.text);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_or_blocked_listing_opens_no_case(#[case] engine: Engine) {
    let server = server(engine).await;
    let clear = submit(&server, "A", "Plain jacket").await;
    let blocked = submit(&server, "B", "Northpeak jacket with zorbium").await;
    for id in [clear, blocked] {
        assert_eq!(cases_of(&server.app.core.db, id).await, []);
    }
    let reviewed = submit(&server, "C", "Northpeak jacket").await;
    submit(&server, "C", "Northpeak jacket with zorbium").await;
    assert_eq!(cases_of(&server.app.core.db, reviewed).await[0].state, CaseState::Closed, "the rules decided it");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listings_that_come_together_each_get_their_own_case(#[case] engine: Engine) {
    let server = server(engine).await;
    let title = |number: usize| if number.is_multiple_of(3) { "Northpeak jacket" } else { "Plain jacket" };
    let batch: Vec<Value> = (0..200).map(|number| listing(&format!("L{number}"), title(number))).collect();
    server.post("/v1/listings/batch", &json!(batch)).await.is(200);
    let row = server
        .app
        .core
        .db
        .optional("SELECT count(*) AS n, count(DISTINCT subject) AS subjects FROM review_case", vec![]);
    let row = row.await.unwrap().unwrap();
    assert_eq!((row.get::<i64>("n").unwrap(), row.get::<i64>("subjects").unwrap()), (67, 67));
}

fn flood(subject: &str, due: Option<Instant>) -> NewCase {
    NewCase {
        kind: CaseKind::SuspectedFlood,
        subject: subject.to_owned(),
        title: "a reference matches everything".to_owned(),
        facts: CaseFacts { severity: 4, confidence: 0.9, ..CaseFacts::default() },
        listing: None,
        merchant: None,
        due,
        opened_by: "system".to_owned(),
        not_for: None,
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_case_is_opened_in_the_callers_transaction_or_not_at_all(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let (ids, now) = (ids(), SystemClock.now());
    let open = async |commit: bool, due: Option<Instant>| {
        let mut tx = db.begin().await.unwrap();
        let opened = open_case(&mut tx, desk::built_in(), flood("b/logo", due), now, ids.as_ref()).await.unwrap();
        if commit {
            tx.commit().await.unwrap();
        }
        opened
    };
    let given_up = open(false, None).await;
    assert_eq!(store::case(&db, given_up.id).await.unwrap(), None, "nothing stays of a transaction that ends");
    let first = open(true, Some(now.plus_seconds(90_000))).await;
    let second = open(true, Some(now.plus_seconds(3_600))).await;
    let third = open(true, Some(now.plus_seconds(7_200))).await;
    assert!(first.is_new && !second.is_new && !third.is_new);
    assert_eq!((second.id, third.id), (first.id, first.id));
    let case = store::case(&db, first.id).await.unwrap().unwrap();
    assert_eq!((case.times, case.version, case.queue.as_str()), (3, 3, "references"));
    assert_eq!(case.due, Some(now.plus_seconds(3_600)), "the nearest end of the clock stays");

    let mut tx = db.begin().await.unwrap();
    let closed =
        close_case(&mut tx, CaseKind::SuspectedFlood, "b/logo", "taken back into use", "per_x", now, ids.as_ref())
            .await
            .unwrap();
    let nothing = close_case(&mut tx, CaseKind::SuspectedFlood, "b/other", "no such case", "per_x", now, ids.as_ref())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!((closed, nothing), (Some(first.id), None));
    assert_ne!(open(true, None).await.id, first.id, "a closed case does not come back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_report_the_same_at_once_meet_in_one_case() {
    let place = Place::new(Engine::Postgres).await;
    let (db, ids) = (place.open().await, ids());
    let report = || {
        let (db, ids) = (db.clone(), ids.clone());
        tokio::spawn(async move {
            let mut tx = db.begin().await.unwrap();
            let now = SystemClock.now();
            let opened = open_case(&mut tx, desk::built_in(), flood("b/logo", None), now, ids.as_ref()).await.unwrap();
            tx.commit().await.unwrap();
            opened.id
        })
    };
    let tasks: Vec<_> = (0..16).map(|_| report()).collect();
    let mut found = Vec::new();
    for task in tasks {
        found.push(task.await.unwrap());
    }
    assert!(found.iter().all(|id| *id == found[0]));
    assert_eq!(store::case(&db, found[0]).await.unwrap().unwrap().times, 16);
}
