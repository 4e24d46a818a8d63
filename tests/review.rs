//! Cases on both engines: opened with the verdict that asks for a person, one for each thing,
//! closed when nothing is left to decide.

mod support;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use rstest::rstest;
use serde_json::{Value, json};

use assay::accounts::Permission;
use assay::kernel::id::{CaseId, ListingId};
use assay::kernel::{Clock, Ids, Instant};
use assay::review::decision::{Action, DecisionState, Finding, Ruling, Standing, StandingKind};
use assay::review::model::{Case, CaseFacts, CaseKind, CaseState, NewCase};
use assay::review::{ReviewError, ReviewService, close_case, desk, open_case, store, store_decisions, store_quality};
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
    assert!(report.is(200).body["entries"].as_i64() > Some(4), "{}", report.text);
    assert_eq!(report.body.get("first_bad"), None, "{}", report.text);
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

// ---- what reviewers do ----

/// Cases over an empty database, with a clock that the test moves.
struct Room {
    _place: Place,
    db: Db,
    clock: Arc<Moved>,
    ids: Arc<dyn Ids>,
    reviews: ReviewService,
}

/// A clock that stands until it is moved.
struct Moved(Mutex<Instant>);

impl Moved {
    fn on(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus_seconds(seconds);
    }
}

impl Clock for Moved {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap()
    }
}

const QUEUE: &str = "counterfeit";

impl Room {
    async fn new(engine: Engine) -> Self {
        let place = Place::new(engine).await;
        let db = place.open().await;
        let clock = Arc::new(Moved(Mutex::new("2026-11-22T09:00:00Z".parse().unwrap())));
        let ids = ids();
        let reviews = ReviewService::new(db.clone(), clock.clone(), ids.clone());
        Self { _place: place, db, clock, ids, reviews }
    }

    /// A case about a listing of this number; the severity says how soon it is taken.
    async fn open(&self, number: u128, severity: u8) -> CaseId {
        let listing = ListingId::from_uuid(uuid::Uuid::from_u128(number));
        let facts = CaseFacts {
            severity,
            confidence: 0.5,
            lane: Some("marks".to_owned()),
            marks: vec!["Northpeak".to_owned()],
            brands: vec!["northpeak".to_owned()],
            rules: vec!["small/mark-use".to_owned()],
            external_id: Some(format!("SKU-{number}")),
            ..CaseFacts::default()
        };
        let new = NewCase {
            kind: CaseKind::ListingReview,
            subject: listing.to_string(),
            title: format!("Northpeak jacket {number}"),
            facts,
            listing: Some(listing),
            merchant: Some("m-1".to_owned()),
            due: None,
            opened_by: "rules".to_owned(),
            not_for: None,
        };
        self.open_as(new).await
    }

    async fn open_as(&self, new: NewCase) -> CaseId {
        let mut tx = self.db.begin().await.unwrap();
        let opened = open_case(&mut tx, desk::built_in(), new, self.clock.now(), self.ids.as_ref()).await.unwrap();
        tx.commit().await.unwrap();
        opened.id
    }

    async fn case(&self, id: CaseId) -> Case {
        self.reviews.case(id).await.unwrap()
    }

    async fn events(&self) -> Vec<String> {
        let events = assay::events::after(&self.db, 0, 1_000).await.unwrap();
        events.into_iter().map(|event| event.kind).filter(|kind| kind.starts_with("decision.")).collect()
    }

    async fn standing(&self, kind: StandingKind, subject: &str) -> Option<Standing> {
        store_decisions::standing(&self.db, kind, subject).await.unwrap().map(|found| found.standing)
    }

    async fn entries(&self) -> Vec<String> {
        let rows = self.db.all("SELECT kind FROM audit_entry ORDER BY seq", vec![]).await.unwrap();
        let kinds = rows.iter().map(|row| row.get::<String>("kind").unwrap());
        kinds.filter(|kind| kind.starts_with("decision.")).collect()
    }
}

fn remove() -> Ruling {
    let finding = Finding { policy: "counterfeit".to_owned(), reason: "admitted-copy".to_owned() };
    Ruling { findings: vec![finding], ..Ruling::plain(Action::Remove) }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_reviewers_at_once_decide_every_case_once(#[case] engine: Engine) {
    let room = Arc::new(Room::new(engine).await);
    let mut all = HashSet::new();
    for number in 0..400 {
        all.insert(room.open(number, (number % 5) as u8 + 1).await);
    }
    let work = |reviewer: usize| {
        let room = Arc::clone(&room);
        tokio::spawn(async move {
            let name = format!("per_{reviewer}");
            let mut decided = Vec::new();
            while let Some(case) = room.reviews.take_next(QUEUE, &name).await.unwrap() {
                assert_eq!(case.holder.as_deref(), Some(name.as_str()), "the lease is one's own");
                // Every third one is tried by somebody else, too, who does not hold it.
                if reviewer.is_multiple_of(3) {
                    let stolen = room.reviews.decide(case.id, "per_thief", None, Ruling::plain(Action::Allow)).await;
                    assert!(matches!(stolen, Err(ReviewError::NotHeld)), "{stolen:?}");
                }
                room.reviews.decide(case.id, &name, Some(case.version), Ruling::plain(Action::Allow)).await.unwrap();
                decided.push(case.id);
            }
            decided
        })
    };
    let reviewers: Vec<_> = (0..200).map(work).collect();
    let mut decided = Vec::new();
    for reviewer in reviewers {
        decided.extend(reviewer.await.unwrap());
    }
    assert_eq!(decided.len(), all.len(), "none is decided twice, none is lost");
    assert_eq!(decided.into_iter().collect::<HashSet<_>>(), all);
    let count = room.db.optional("SELECT count(*) AS n, count(DISTINCT case_id) AS cases FROM decision", vec![]);
    let count = count.await.unwrap().unwrap();
    assert_eq!((count.get::<i64>("n").unwrap(), count.get::<i64>("cases").unwrap()), (400, 400));
    let checked = assay::audit::verify::verify(&room.db, None, |_| {}).await.unwrap();
    assert_eq!((checked.first_bad, checked.entries), (None, 800), "each case was opened and decided once");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn the_gravest_case_is_taken_first_and_by_one_reviewer_only(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let (mild, grave) = (room.open(1, 1).await, room.open(2, 5).await);
    let taken = room.reviews.take_next(QUEUE, "per_a").await.unwrap().unwrap();
    assert_eq!(taken.id, grave);
    let refused = room.reviews.take(grave, "per_b").await.unwrap_err();
    assert!(matches!(&refused, ReviewError::Held { by, .. } if by == "per_a"), "{refused}");
    assert_eq!(room.reviews.take_next(QUEUE, "per_b").await.unwrap().unwrap().id, mild);
    assert!(room.reviews.take_next(QUEUE, "per_c").await.unwrap().is_none(), "nothing is free");
    assert!(matches!(room.reviews.take_next("nowhere", "per_c").await, Err(ReviewError::NoSuchQueue(_))));
    room.reviews.give_back(mild, "per_b").await.unwrap();
    assert_eq!(room.reviews.take_next(QUEUE, "per_c").await.unwrap().unwrap().id, mild);
    let views = room.reviews.queues().await.unwrap();
    let counted = views.iter().find(|view| view.queue.name == QUEUE).unwrap();
    assert_eq!((counted.count.cases, counted.count.held), (2, 2));
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_lease_is_renewed_by_activity_and_taken_over_when_it_ran_out(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let id = room.open(1, 3).await;
    let version = room.reviews.take(id, "per_a").await.unwrap().version;
    for _ in 0..3 {
        room.clock.on(9 * 60);
        room.reviews.look(id, "per_a").await.unwrap();
    }
    assert_eq!(room.case(id).await.held_by(room.clock.now()), Some("per_a"), "activity keeps it");
    room.clock.on(10 * 60);
    let late = room.reviews.decide(id, "per_a", Some(version), remove()).await.unwrap_err();
    assert!(matches!(late, ReviewError::NotHeld), "{late}");
    assert!(matches!(room.reviews.renew(id, "per_a").await, Err(ReviewError::NotHeld)));
    let taken = room.reviews.take(id, "per_b").await.unwrap();
    assert_eq!(taken.holder.as_deref(), Some("per_b"));
    let late = room.reviews.decide(id, "per_a", Some(version), remove()).await.unwrap_err();
    assert!(matches!(late, ReviewError::NotHeld), "{late}");
    room.reviews.decide(id, "per_b", Some(taken.version), remove()).await.unwrap();
    let again = room.reviews.decide(id, "per_b", None, remove()).await.unwrap_err();
    assert!(matches!(again, ReviewError::NotNow(CaseState::Decided)), "{again}");
    let history = store::history(&room.db, id, 100).await.unwrap();
    let over = history.iter().find(|event| event.body["taken_over_from"] == "per_a");
    assert!(over.is_some(), "the history says from whom it was taken over");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_case_is_skipped_snoozed_escalated_and_given_back(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let id = room.open(1, 3).await;
    let take = async |name: &str| room.reviews.take_next(QUEUE, name).await.unwrap().map(|case| case.id);
    assert_eq!(take("per_a").await, Some(id));
    assert!(matches!(room.reviews.skip(id, "per_a", "  ").await, Err(ReviewError::Text(_))), "a skip needs a reason");
    room.reviews.skip(id, "per_a", "I know the merchant").await.unwrap();
    assert_eq!(take("per_a").await, None, "it is not offered again to who skipped it");
    assert_eq!(take("per_b").await, Some(id));

    let now = room.clock.now();
    for wrong in [now, now.plus_seconds(-1), now.plus_seconds(91 * 86_400)] {
        let refused = room.reviews.snooze(id, "per_b", wrong, "waiting").await;
        assert!(matches!(refused, Err(ReviewError::Until(_))), "{refused:?}");
    }
    room.reviews.snooze(id, "per_b", now.plus_seconds(3_600), "the invoice is coming").await.unwrap();
    assert_eq!((take("per_c").await, room.case(id).await.state), (None, CaseState::Snoozed));
    assert!(matches!(room.reviews.take(id, "per_c").await, Err(ReviewError::NotNow(CaseState::Snoozed))));
    room.clock.on(3_599);
    room.reviews.sweep().await.unwrap();
    assert_eq!(take("per_c").await, None, "a second too early");
    room.clock.on(1);
    room.reviews.sweep().await.unwrap();
    room.reviews.sweep().await.unwrap();
    assert_eq!(take("per_c").await, Some(id));

    let up = room.reviews.escalate(id, "per_c", "which mark is it?").await.unwrap();
    assert_eq!((up.state, up.queue.as_str(), up.holder), (CaseState::Escalated, "escalated", None));
    assert_eq!(take("per_d").await, None);
    assert_eq!(room.reviews.take_next("escalated", "per_lead").await.unwrap().map(|case| case.id), Some(id));
    let back = room.reviews.send_back(id, "per_lead", "the word mark").await.unwrap();
    assert_eq!((back.state, back.queue.as_str()), (CaseState::Waiting, QUEUE));
    room.reviews.comment(id, "per_d", "see the earlier case").await.unwrap();
    assert_eq!(room.reviews.look(id, "per_e").await.unwrap(), Vec::<String>::new());
    assert_eq!(room.reviews.look(id, "per_f").await.unwrap(), ["per_e"], "who else is looking");
    let history: Vec<String> = kinds_of_history(&room.db, &room.case(id).await).await;
    let expected =
        ["opened", "take", "skip", "take", "snooze", "wake", "take", "escalate", "take", "return", "comment"];
    assert_eq!(history, expected);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn within_ten_seconds_a_decision_is_taken_back_and_nobody_outside_hears_of_it(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let id = room.open(1, 3).await;
    let subject = room.case(id).await.subject;
    let version = room.reviews.take(id, "per_a").await.unwrap().version;
    let decision = room.reviews.decide(id, "per_a", Some(version), remove()).await.unwrap();
    assert_eq!((decision.state, room.case(id).await.state), (DecisionState::Held, CaseState::Decided));
    assert!(decision.message.starts_with("Your listing “Northpeak jacket 1” (SKU-1) was taken down in all markets."));
    assert_eq!(room.standing(StandingKind::Listing, &subject).await, Some(Standing::Removed), "it holds at once");
    room.clock.on(9);
    room.reviews.sweep().await.unwrap();
    assert_eq!(room.events().await, Vec::<String>::new(), "nobody outside knows");
    let back = room.reviews.undo(decision.id, "per_a", "a slip of the finger").await.unwrap();
    assert_eq!(back.state, DecisionState::TakenBack);
    assert_eq!(room.standing(StandingKind::Listing, &subject).await, None);
    let case = room.case(id).await;
    assert_eq!((case.state, case.held_by(room.clock.now())), (CaseState::Waiting, Some("per_a")), "at hand again");
    room.clock.on(60);
    room.reviews.sweep().await.unwrap();
    assert_eq!(room.events().await, Vec::<String>::new(), "nor will anyone");
    assert_eq!(room.entries().await, ["decision.made", "decision.taken_back"]);
    let twice = room.reviews.undo(decision.id, "per_a", "again").await.unwrap_err();
    assert!(matches!(twice, ReviewError::DecisionNotNow(DecisionState::TakenBack)), "{twice}");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn after_ten_seconds_a_decision_is_told_and_a_reversal_undoes_every_effect(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let id = room.open(1, 3).await;
    let subject = room.case(id).await.subject;
    room.reviews.take(id, "per_a").await.unwrap();
    let ruling = Ruling { days: Some(30), action: Action::Suspend, ..remove() };
    let decision = room.reviews.decide(id, "per_a", None, ruling).await.unwrap();
    let both = async || {
        (room.standing(StandingKind::Listing, &subject).await, room.standing(StandingKind::Merchant, "m-1").await)
    };
    assert_eq!(both().await, (Some(Standing::Removed), Some(Standing::Suspended)));
    room.clock.on(10);
    room.reviews.sweep().await.unwrap();
    room.reviews.sweep().await.unwrap();
    assert_eq!(room.events().await, ["decision.in_force"], "told once");
    let reversed = room.reviews.undo(decision.id, "per_b", "the goods are genuine").await.unwrap();
    assert_eq!(reversed.state, DecisionState::Reversed);
    assert_eq!(both().await, (None, None), "every effect is undone");
    assert_eq!(room.events().await, ["decision.in_force", "decision.reversed"], "those affected are told");
    assert_eq!(room.case(id).await.state, CaseState::Waiting);
    let open = room.db.optional("SELECT count(*) AS n FROM decision_effect WHERE reversed_at IS NULL", vec![]);
    assert_eq!(open.await.unwrap().unwrap().get::<i64>("n").unwrap(), 0);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn an_earlier_standing_comes_back_only_while_its_own_decision_holds(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let suspend = |days| Ruling { days: Some(days), action: Action::Suspend, ..remove() };
    let mut decisions = Vec::new();
    for number in 0..3 {
        let id = room.open(number, 3).await;
        room.reviews.take(id, "per_a").await.unwrap();
        decisions.push(room.reviews.decide(id, "per_a", None, suspend(30)).await.unwrap().id);
    }
    let by = async || {
        let found = store_decisions::standing(&room.db, StandingKind::Merchant, "m-1").await.unwrap();
        found.map(|found| found.decision)
    };
    assert_eq!(by().await, Some(decisions[2]));
    room.reviews.undo(decisions[1], "per_a", "wrong").await.unwrap();
    assert_eq!(by().await, Some(decisions[2]), "a later decision stands");
    room.reviews.undo(decisions[2], "per_a", "wrong").await.unwrap();
    assert_eq!(by().await, Some(decisions[0]), "not the one that was taken back between");
    room.clock.on(11);
    room.reviews.sweep().await.unwrap();
    room.clock.on(30 * 86_400);
    room.reviews.sweep().await.unwrap();
    assert_eq!(by().await, None, "its thirty days are over");
    assert_eq!(room.events().await, ["decision.in_force", "decision.ended"]);
    assert_eq!(room.reviews.decision(decisions[0]).await.unwrap().state, DecisionState::Ended);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_grave_decision_waits_for_a_second_person(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let hold = NewCase { kind: CaseKind::ShipmentHold, due: None, ..flood("shp_1", None) };
    let id = room.open_as(hold).await;
    let release = || Ruling::plain(Action::Release);
    room.reviews.take(id, "per_a").await.unwrap();
    let proposed = room.reviews.decide(id, "per_a", None, release()).await.unwrap();
    assert_eq!((proposed.state, room.case(id).await.state), (DecisionState::Proposed, CaseState::Proposed));
    assert!(room.reviews.take_next("shipments", "per_a").await.unwrap().is_none(), "not for who proposed it");
    assert!(matches!(room.reviews.take(id, "per_a").await, Err(ReviewError::NotForYou)));
    assert!(matches!(room.reviews.confirm(proposed.id, "per_a").await, Err(ReviewError::NotForYou)));
    assert!(matches!(room.reviews.confirm(proposed.id, "per_b").await, Err(ReviewError::NotHeld)));
    room.reviews.take_next("shipments", "per_b").await.unwrap().unwrap();
    let again = room.reviews.decide(id, "per_b", None, release()).await.unwrap_err();
    assert!(matches!(again, ReviewError::NotNow(CaseState::Proposed)), "{again}");
    room.reviews.refuse(proposed.id, "per_b", "the certificate is missing").await.unwrap();
    assert_eq!(room.case(id).await.state, CaseState::Waiting);
    room.reviews.take(id, "per_c").await.unwrap();
    let second = room.reviews.decide(id, "per_c", None, release()).await.unwrap();
    room.reviews.take(id, "per_b").await.unwrap();
    let confirmed = room.reviews.confirm(second.id, "per_b").await.unwrap();
    assert_eq!((confirmed.state, confirmed.seconded_by.as_deref()), (DecisionState::Held, Some("per_b")));
    room.clock.on(10);
    room.reviews.sweep().await.unwrap();
    assert_eq!(room.events().await, ["decision.in_force"]);
    let kinds = ["decision.proposed", "decision.refused", "decision.proposed", "decision.confirmed"];
    assert_eq!(room.entries().await, [&kinds[..], &["decision.in_force"]].concat());
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn an_appeal_never_goes_to_the_first_decider(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let appeal = NewCase { kind: CaseKind::Appeal, not_for: Some("per_a".to_owned()), ..flood("apl_1", None) };
    let id = room.open_as(appeal).await;
    assert!(room.reviews.take_next("appeals", "per_a").await.unwrap().is_none());
    assert!(matches!(room.reviews.take(id, "per_a").await, Err(ReviewError::NotForYou)));
    assert_eq!(room.reviews.take_next("appeals", "per_ab").await.unwrap().unwrap().id, id, "a longer name is another");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_case_that_changed_under_the_reviewers_eyes_is_not_decided_unseen(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let id = room.open(1, 3).await;
    let seen = room.reviews.take(id, "per_a").await.unwrap();
    room.open(1, 5).await;
    let refused = room.reviews.decide(id, "per_a", Some(seen.version), remove()).await.unwrap_err();
    assert!(matches!(refused, ReviewError::Changed(version) if version > seen.version), "{refused}");
    let fault = room.reviews.decide(id, "per_a", None, Ruling::plain(Action::Remove)).await.unwrap_err();
    assert!(matches!(fault, ReviewError::Ruling(_)), "{fault}");
    assert_eq!(room.case(id).await.state, CaseState::Waiting, "a refused decision changes nothing");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_running_clock_moves_a_case_up_by_itself(#[case] engine: Engine) {
    let room = Room::new(engine).await;
    let first = room.open(1, 4).await;
    let due = room.clock.now().plus_seconds(20 * 86_400);
    let merchant = NewCase { kind: CaseKind::Complaint, due: Some(due), ..flood("cmp_1", None) };
    let slow =
        NewCase { kind: CaseKind::Complaint, facts: CaseFacts { severity: 3, ..merchant.facts.clone() }, ..merchant };
    let id = room.open_as(slow).await;
    let before = room.case(id).await.rank;
    room.clock.on(19 * 86_400 + 3_600);
    room.reviews.sweep().await.unwrap();
    assert!(room.case(id).await.rank > before + 100, "due within a day");
    assert_eq!(room.case(first).await.state, CaseState::Waiting);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persons_decision_stands_over_later_verdicts_of_the_same_content(#[case] engine: Engine) {
    let server = server(engine).await;
    let db = &server.app.core.db;
    let id = submit(&server, "A", "Northpeak jacket").await;
    let case = cases_of(db, id).await.remove(0);
    let path = format!("/v1/cases/{}", case.id);
    server.post(&format!("{path}/take"), &json!({})).await.is(200);
    let ruling = json!({"version": 1, "ruling": {"action": "allow"}});
    let decided = server.post(&format!("{path}/decide"), &ruling).await;
    decided.is(201);

    let read = server.get(&format!("/v1/listings/{id}")).await;
    assert_eq!(read.body["standing"]["standing"], "allowed", "{}", read.text);
    let brand = json!({"name": "Northpeak", "word_marks": [{"text": "Northpeak"}, {"text": "Northpeak Sport"}], "nice_classes": [25]});
    server.put("/v1/brands/northpeak", &brand).await.is(200);
    let again = server.submit(listing("A", "Northpeak jacket")).await;
    assert_eq!((again.decision(), &again.body["standing"]["standing"]), ("review", &json!("allowed")));
    assert_eq!(cases_of(db, id).await.len(), 1, "no second case for what a person has decided");

    let changed = server.submit(listing("A", "Northpeak jacket, other text")).await;
    assert_eq!(changed.body.get("standing"), None, "another content is judged anew");
    assert_eq!(cases_of(db, id).await.len(), 2);
    let decision = decided.body["id"].as_str().unwrap();
    server.post(&format!("/v1/decisions/{decision}/undo"), &json!({"because": "too quick"})).await.is(200);
    let cases = cases_of(db, id).await;
    let states: Vec<CaseState> = cases.iter().map(|case| case.state).collect();
    assert_eq!(states, [CaseState::Waiting, CaseState::Closed], "the listing has one open case");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_refuses_what_cannot_be_with_a_clear_answer() {
    let server = server(Engine::Sqlite).await;
    let id = submit(&server, "A", "Northpeak jacket").await;
    let case = cases_of(&server.app.core.db, id).await.remove(0);
    let queue = server.get("/v1/queues").await;
    let waiting: i64 =
        queue.is(200).body.as_array().unwrap().iter().map(|queue| queue["cases"].as_i64().unwrap()).sum();
    assert_eq!(waiting, 1);
    let listed = server.get(&format!("/v1/queues/{}/cases?limit=1", case.queue)).await;
    assert_eq!(listed.is(200).body["items"][0]["because"].as_array().unwrap().len(), 4, "why this priority");
    server.get("/v1/queues/nowhere/cases").await.is_problem("not-found");
    server.post("/v1/queues/prohibited/take", &json!({})).await.is(204);
    let path = format!("/v1/cases/{}", case.id);
    let ruling = |version: i64, ruling: Value| json!({"version": version, "ruling": ruling});
    let decide = |body: Value| {
        let (server, path) = (&server, format!("{path}/decide"));
        async move { server.post(&path, &body).await }
    };
    decide(ruling(1, json!({"action": "allow"}))).await.is_problem("conflict");
    server.post(&format!("{path}/take"), &json!({})).await.is(200);
    let open =
        ruling(1, json!({"action": "remove", "findings": [{"policy": "counterfeit", "reason": "copy-of-mark"}]}));
    let refused = decide(open).await;
    assert_eq!(refused.is_problem("invalid-body").places(), ["/fill"], "{}", refused.text);
    assert_eq!(decide(ruling(1, json!({"action": "remove"}))).await.is_problem("invalid-body").places(), ["/findings"]);
    decide(ruling(1, json!({"action": "explode"}))).await.is_problem("invalid-body");
    decide(ruling(7, json!({"action": "allow"}))).await.is_problem("conflict");
    let other = server.key_with(&[Permission::CasesRead, Permission::CasesDecide]).await;
    let taken =
        server.call(reqwest::Method::POST, &format!("{path}/take")).key(Some(&other)).json(&json!({})).send().await;
    assert!(taken.is_problem("conflict").text.contains("holds the case until"), "{}", taken.text);
    server.post(&format!("{path}/skip"), &json!({"because": ""})).await.is_problem("invalid-body");
    server
        .post(&format!("{path}/snooze"), &json!({"because": "x", "until": "2001-01-01T00:00:00Z"}))
        .await
        .is_problem("invalid-body");
    let decided = decide(ruling(1, json!({"action": "allow", "note": "genuine"}))).await;
    let decision = decided.is(201).body["id"].as_str().unwrap().to_owned();
    let whole = server.get(&path).await;
    assert_eq!(
        (&whole.is(200).body["state"], &whole.body["decisions"][0]["id"]),
        (&json!("decided"), &json!(decision))
    );
    decide(ruling(1, json!({"action": "allow"}))).await.is_problem("conflict");
    server.post(&format!("/v1/decisions/{decision}/confirm"), &json!({})).await.is_problem("conflict");
    server.get(&format!("/v1/decisions/{decision}")).await.is(200);
    assert!(server.get("/v1/policies").await.is(200).body["policy"].as_array().unwrap().len() > 3);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_sampled_decision_is_judged_again_by_someone_who_does_not_see_it(#[case] engine: Engine) {
    let mut room = Room::new(engine).await;
    let mut all = desk::built_in().clone();
    all.quality.second_look_share = 1.0;
    room.reviews = room.reviews.with_desk(Box::leak(Box::new(all)));
    let id = room.open(1, 3).await;
    let subject = room.case(id).await.subject;
    room.reviews.take(id, "per_a").await.unwrap();
    room.reviews.decide(id, "per_a", None, remove()).await.unwrap();
    room.clock.on(10);
    room.reviews.sweep().await.unwrap();
    assert!(room.reviews.take_next("second-looks", "per_a").await.unwrap().is_none(), "not for the first decider");
    let second = room.reviews.take_next("second-looks", "per_b").await.unwrap().unwrap();
    assert_eq!((second.listing, second.decision), (None, None), "nothing leads to the first decision");
    let opinion = room.reviews.decide(second.id, "per_b", None, Ruling::plain(Action::Allow)).await.unwrap();
    assert_eq!(opinion.state, DecisionState::Ended);
    assert_eq!(
        room.standing(StandingKind::Listing, &subject).await,
        Some(Standing::Removed),
        "an opinion changes nothing"
    );
    room.clock.on(60);
    room.reviews.sweep().await.unwrap();
    assert_eq!(room.events().await, ["decision.in_force"], "nor is it told");
    let undone = room.reviews.undo(opinion.id, "per_b", "no").await.unwrap_err();
    assert!(matches!(undone, ReviewError::DecisionNotNow(DecisionState::Ended)), "{undone}");
    let pairs = store_quality::pairs(&room.db, 10).await.unwrap();
    let found: Vec<(&str, &str)> = pairs.iter().map(|pair| (pair.first.as_str(), pair.second.as_str())).collect();
    assert_eq!((found, pairs[0].case), (vec![("remove", "allow")], Some(id)));
    let fates = store_quality::fates_by_actor(&room.db, room.clock.now().plus_seconds(-600)).await.unwrap();
    assert_eq!((fates.len(), fates[0].name.as_str(), fates[0].reversed), (1, "per_a", 0));
}
