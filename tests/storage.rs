//! What the storage promises, on both engines: exact values, safe migrations, jobs that one
//! worker holds, events in commit order, an audit log that shows every change, and a recorder
//! that writes each acknowledged verdict exactly once.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use rstest::rstest;
use rust_decimal::Decimal;
use serde_json::json;
use serde_json::value::RawValue;

use assay::audit::journal::{self, Entry, Event};
use assay::audit::verify::{self, Bad};
use assay::events;
use assay::kernel::id::{EventId, JobId, ListingId};
use assay::kernel::{Clock as _, Digest, Instant};
use assay::params;
use assay::registry::keeper::SnapshotKeeper;
use assay::screening::Snapshot;
use assay::screening::recorder::{RecordError, Recorded, Recorder, Submission, Taken};
use assay::screening::store::{history, listing_by_external_id};
use assay::store::jobs::{self, NewJob};
use assay::store::{Db, MigrateError, Sql, StoreError};
use assay::system::SystemClock;

use support::data::{clock, ids, key_use, listing, submission};
use support::{Engine, Place};

const VALUES_TABLE: Sql = Sql::per_engine(
    "CREATE TABLE value (id INTEGER NOT NULL PRIMARY KEY, text TEXT, number INTEGER, truth INTEGER, bytes BLOB,
     at TEXT, amount TEXT, document TEXT) STRICT",
    "CREATE TABLE value (id BIGINT NOT NULL PRIMARY KEY, text TEXT, number BIGINT, truth BOOLEAN, bytes BYTEA,
     at TIMESTAMPTZ, amount NUMERIC, document JSONB)",
);

/// One row of every type that a column can hold.
#[derive(Debug, Clone, PartialEq)]
struct Values {
    text: Option<String>,
    number: Option<i64>,
    truth: Option<bool>,
    bytes: Option<Vec<u8>>,
    at: Option<Instant>,
    amount: Option<Decimal>,
    document: Option<serde_json::Value>,
}

async fn run(db: &Db, sql: impl Into<Sql>) {
    let mut tx = db.begin().await.unwrap();
    tx.execute(sql, vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn write_and_read(db: &Db, all: &[Values]) -> Vec<Values> {
    let mut tx = db.begin().await.unwrap();
    tx.execute("DELETE FROM value", vec![]).await.unwrap();
    for (id, row) in all.iter().cloned().enumerate() {
        tx.execute(
            "INSERT INTO value (id, text, number, truth, bytes, at, amount, document)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![id as i64, row.text, row.number, row.truth, row.bytes, row.at, row.amount, row.document],
        )
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    let text = "SELECT text, number, truth, bytes, at, amount, document FROM value ORDER BY id";
    let rows = db.all(text, vec![]).await.unwrap();
    let read = |row: &assay::store::Row| Values {
        text: row.get("text").unwrap(),
        number: row.get("number").unwrap(),
        truth: row.get("truth").unwrap(),
        bytes: row.get("bytes").unwrap(),
        at: row.get("at").unwrap(),
        amount: row.get("amount").unwrap(),
        document: row.get("document").unwrap(),
    };
    rows.iter().map(read).collect()
}

/// `Decimal` compares 19.99 and 19.990 as equal; the digits are what is promised.
fn digits(rows: &[Values]) -> Vec<Option<String>> {
    rows.iter().map(|row| row.amount.map(|amount| amount.to_string())).collect()
}

fn nothing() -> Values {
    Values { text: None, number: None, truth: None, bytes: None, at: None, amount: None, document: None }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn every_value_comes_back_as_it_was_written(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    run(&db, VALUES_TABLE).await;
    let mut rows = vec![nothing()];
    rows.extend(
        ["", " a ", "Ünïcødé ﷽ 手机 👩‍👩‍👧‍👦", "e\u{301}", "'; DROP TABLE value; --", "\u{feff}x\r\n\t\u{7f}"]
            .map(|text| Values { text: Some(text.to_owned()), ..nothing() }),
    );
    rows.extend([i64::MIN, -1, 0, 1, i64::MAX].map(|number| Values { number: Some(number), ..nothing() }));
    rows.extend([true, false].map(|truth| Values { truth: Some(truth), ..nothing() }));
    rows.extend([vec![], vec![0], (0..=255).collect()].map(|bytes| Values { bytes: Some(bytes), ..nothing() }));
    let instants = [
        "2026-11-22T09:30:00.123456Z",
        "2026-11-22T09:30:00Z",
        "1969-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00Z",
        "9999-12-30T21:59:59.999999Z",
    ];
    rows.extend(instants.map(|at| Values { at: Some(at.parse().unwrap()), ..nothing() }));
    let amounts = [
        "19.990",
        "0",
        "0.00",
        "-0.10",
        "1000000",
        "100.00",
        "0.0000000000000000000000000001",
        "79228162514264337593543950335",
        "7.9228162514264337593543950335",
        "10000.0001",
    ];
    rows.extend(amounts.map(|amount| Values { amount: Some(amount.parse().unwrap()), ..nothing() }));
    let documents = [
        json!(null),
        json!({}),
        json!([1, "2", 3.5, null, true]),
        json!({"b": {"z": 1, "a": "手"}, "a": [1.25e-7]}),
        json!("text"),
        json!(9_007_199_254_740_993_i64),
    ];
    rows.extend(documents.map(|document| Values { document: Some(document), ..nothing() }));

    let found = write_and_read(&db, &rows).await;
    for (written, read) in rows.iter().zip(&found) {
        // JSON's null and SQL's are told apart on neither engine by the reader.
        let written = match &written.document {
            Some(serde_json::Value::Null) => Values { document: read.document.clone(), ..written.clone() },
            _ => written.clone(),
        };
        assert_eq!(*read, written);
    }
    assert_eq!(digits(&found), digits(&rows));
}

#[test]
fn any_amount_text_and_instant_is_the_same_on_both_engines() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (places, dbs) = runtime.block_on(async {
        let places = [Place::new(Engine::Sqlite).await, Place::new(Engine::Postgres).await];
        let dbs = [places[0].open().await, places[1].open().await];
        for db in &dbs {
            run(db, VALUES_TABLE).await;
        }
        (places, dbs)
    });
    // PostgreSQL's text holds every character but U+0000.
    let text = proptest::collection::vec(prop::char::range('\u{1}', '\u{10ffff}'), 0..20);
    let row = (
        proptest::option::of(text.prop_map(|letters| letters.into_iter().collect::<String>())),
        any::<Option<i64>>(),
        any::<Option<bool>>(),
        any::<Option<Vec<u8>>>(),
        proptest::option::of(-62_000_000_000_000_000i64..250_000_000_000_000_000),
        proptest::option::of((any::<i64>(), 0u32..18)),
    );
    let rows = proptest::collection::vec(row, 1..30);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&rows, |rows| {
        let rows: Vec<Values> = rows
            .into_iter()
            .map(|(text, number, truth, bytes, micros, amount)| Values {
                text,
                number,
                truth,
                bytes,
                at: micros.and_then(Instant::from_micros),
                // Every eighth amount is a zero: its digits after the point count too.
                amount: amount.map(|(number, scale)| Decimal::new(if number % 8 == 0 { 0 } else { number }, scale)),
                document: None,
            })
            .collect();
        for db in &dbs {
            let found = runtime.block_on(write_and_read(db, &rows));
            prop_assert_eq!(&found, &rows);
            prop_assert_eq!(digits(&found), digits(&rows));
        }
        Ok(())
    });
    runtime.block_on(async {
        for db in &dbs {
            db.close().await;
        }
    });
    drop(places);
    outcome.unwrap();
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn ids_sort_in_the_order_they_were_made(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let source = ids();
    let mut made = Vec::new();
    let mut tx = db.begin().await.unwrap();
    for number in 0..200 {
        let job = JobId::from_uuid(source.next(SystemClock.now()));
        let new = NewJob { id: job, kind: "t", body: "{}".to_owned(), max_attempts: 1, run_at: SystemClock.now() };
        jobs::enqueue(&mut tx, new, SystemClock.now()).await.unwrap();
        made.push((job, number));
    }
    tx.commit().await.unwrap();
    let listed = jobs::list(&db, "queued", 200).await.unwrap();
    let listed: Vec<JobId> = listed.into_iter().rev().map(|job| job.id).collect();
    assert_eq!(listed, made.into_iter().map(|(job, _)| job).collect::<Vec<_>>());
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    run(&db, VALUES_TABLE).await;
    let mut tx = db.begin().await.unwrap();
    tx.execute("INSERT INTO value (id) VALUES (1)", vec![]).await.unwrap();
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    tx.execute("INSERT INTO value (id) VALUES (2)", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let rows = db.all("SELECT id FROM value ORDER BY id", vec![]).await.unwrap();
    let found: Vec<i64> = rows.iter().map(|row| row.get("id").unwrap()).collect();
    assert_eq!(found, [2]);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_second_row_under_one_key_is_told_apart_from_other_failures(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    run(&db, VALUES_TABLE).await;
    run(&db, "INSERT INTO value (id) VALUES (1)").await;
    let mut tx = db.begin().await.unwrap();
    let twice = tx.execute("INSERT INTO value (id) VALUES (1)", vec![]).await.unwrap_err();
    assert!(twice.is_unique_violation() && !twice.is_storage_full());
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    let absent = tx.execute("INSERT INTO no_such_table (id) VALUES (1)", vec![]).await.unwrap_err();
    assert!(!absent.is_unique_violation() && !absent.is_storage_full());
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn many_rows_are_written_and_found_whatever_their_number(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    run(&db, VALUES_TABLE).await;
    for count in [0usize, 1, 2, 63, 64, 65, 1_000] {
        let rows = (0..count).map(|id| params![id as i64, format!("row {id}")]).collect();
        let keys: Vec<String> = (0..count + 3).map(|id| format!("row {id}")).collect();
        let mut tx = db.begin().await.unwrap();
        tx.execute("DELETE FROM value", vec![]).await.unwrap();
        let written = tx.insert_many("INSERT INTO value (id, text)", "", rows).await.unwrap();
        assert_eq!(written, count as u64);
        let mut inside: Vec<i64> = tx
            .all_in("SELECT id FROM value WHERE text IN", keys.clone())
            .await
            .unwrap()
            .iter()
            .map(|row| row.get("id").unwrap())
            .collect();
        tx.commit().await.unwrap();
        let outside = db.all_in("SELECT id FROM value WHERE text IN", &keys).await.unwrap();
        let mut outside: Vec<i64> = outside.iter().map(|row| row.get("id").unwrap()).collect();
        inside.sort_unstable();
        outside.sort_unstable();
        let expected: Vec<i64> = (0..count as i64).collect();
        assert_eq!(inside, expected, "{count} rows inside the transaction");
        assert_eq!(outside, expected, "{count} rows outside");
        assert!(db.all_in("SELECT id FROM value WHERE text IN", &[]).await.unwrap().is_empty());
    }
}

/// SQLite ends a transaction by itself when the disk is full; its driver does not notice.
#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_transaction_that_the_database_ended_does_not_stop_the_next_one(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    for _ in 0..3 {
        let mut tx = db.begin().await.unwrap();
        tx.execute("ROLLBACK", vec![]).await.unwrap();
        drop(tx);
        append(&db, 2).await;
    }
    assert_eq!(events::last_position(&db).await.unwrap(), 6);
}

#[tokio::test]
async fn a_full_database_is_told_from_other_failures_and_works_again_with_room() {
    let place = Place::new(Engine::Sqlite).await;
    let db = place.open().await;
    let recording = Recording::start(&db).await;
    let pages: i64 = db.optional("PRAGMA page_count", vec![]).await.unwrap().unwrap().get("page_count").unwrap();
    let limit = async |pages: i64| {
        let mut tx = db.begin().await.unwrap();
        tx.all(Box::leak(format!("PRAGMA max_page_count = {pages}").into_boxed_str()) as &'static str, vec![])
            .await
            .unwrap();
        tx.commit().await.unwrap();
    };
    limit(pages).await;
    let large = |id: &str| {
        let mut listing = listing(id, "one");
        listing.description = "x".repeat(50_000);
        listing
    };
    for number in 0..3 {
        let refused = recording.record(recording.judged(large(&format!("A{number}")))).await.unwrap_err();
        assert!(matches!(refused, RecordError::StorageFull), "{refused}");
    }
    assert_eq!(written(&db).await, (0, 0, 0));
    limit(1_000_000).await;
    assert_eq!(recording.record(recording.judged(large("A0"))).await.unwrap().taken, Taken::Created);
    assert_eq!(verify::verify(&db, None, |_| {}).await.unwrap().first_bad, None);
}

// ── Migrations ──────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn opening_twice_keeps_what_is_there(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    append(&db, 3).await;
    db.close().await;
    let again = place.open().await;
    assert_eq!(events::last_position(&again).await.unwrap(), 3);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_database_of_a_later_build_is_refused_untouched(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let later = Sql::per_engine(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99991231, 'later', 1, x'00', 0)",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99991231, 'later', true, '\\x00', 0)",
    );
    run(&db, later).await;
    db.close().await;
    let refused = place.try_open().await.unwrap_err();
    assert!(matches!(refused, StoreError::Migrate(MigrateError::Newer(99_991_231))), "{refused:?}");
    assert!(refused.to_string().contains("newer build"), "{refused}");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_schema_that_was_applied_with_another_text_is_refused(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    run(
        &db,
        Sql::per_engine(
            "UPDATE _sqlx_migrations SET checksum = x'00'",
            "UPDATE _sqlx_migrations SET checksum = '\\x00'",
        ),
    )
    .await;
    db.close().await;
    let refused = place.try_open().await.unwrap_err();
    assert!(matches!(refused, StoreError::Migrate(MigrateError::Changed(_))), "{refused:?}");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_at_once_on_a_fresh_database_all_start(#[case] engine: Engine) {
    for _ in 0..4 {
        let place = Arc::new(Place::new(engine).await);
        let mut starting = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let place = Arc::clone(&place);
            starting.spawn(async move { place.try_open().await });
        }
        while let Some(opened) = starting.join_next().await {
            let db = opened.unwrap().expect("each of them opens");
            assert_eq!(events::last_position(&db).await.unwrap(), 0);
            db.close().await;
        }
    }
}

#[tokio::test]
async fn an_address_of_neither_engine_is_refused_without_its_password() {
    let options = assay::store::OpenOptions::new("mysql://user:geheim@host/db");
    let refused = Db::open(&options).await.unwrap_err().to_string();
    assert!(refused.contains("postgres://") && !refused.contains("geheim"), "{refused}");
}

// ── Jobs ────────────────────────────────────────────────────────────────────────────────────

async fn enqueue(db: &Db, max_attempts: i64, run_at: Instant) -> JobId {
    let id = JobId::from_uuid(ids().next(run_at));
    let mut tx = db.begin().await.unwrap();
    let job = NewJob { id, kind: "test", body: "{}".to_owned(), max_attempts, run_at };
    jobs::enqueue(&mut tx, job, run_at).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn fail(db: &Db, job: &jobs::Job, error: &str, now: Instant) -> bool {
    let mut tx = db.begin().await.unwrap();
    let held = jobs::fail(&mut tx, job, error, now).await.unwrap();
    tx.commit().await.unwrap();
    held
}

async fn complete(db: &Db, job: &jobs::Job, now: Instant) -> bool {
    let mut tx = db.begin().await.unwrap();
    let held = jobs::complete(&mut tx, job, now).await.unwrap();
    tx.commit().await.unwrap();
    held
}

async fn renew(db: &Db, job: &jobs::Job, now: Instant) -> bool {
    let mut tx = db.begin().await.unwrap();
    let held = jobs::renew(&mut tx, job, now).await.unwrap();
    tx.commit().await.unwrap();
    held
}

fn noon() -> Instant {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_lease_that_ran_out_frees_the_job_and_shuts_the_slow_worker_out(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let id = enqueue(&db, 5, noon()).await;
    assert!(jobs::claim(&db, "a", noon().plus_seconds(-1)).await.unwrap().is_none(), "not before its time");
    let slow = jobs::claim(&db, "a", noon()).await.unwrap().unwrap();
    assert_eq!((slow.id, slow.attempt), (id, 1));
    assert!(jobs::claim(&db, "b", noon().plus_seconds(jobs::LEASE_SECONDS)).await.unwrap().is_none());
    assert!(renew(&db, &slow, noon().plus_seconds(30)).await);
    let end = noon().plus_seconds(30 + jobs::LEASE_SECONDS);
    assert!(jobs::claim(&db, "b", end).await.unwrap().is_none(), "the renewal counts");

    let later = end.plus_seconds(1);
    let second = jobs::claim(&db, "b", later).await.unwrap().unwrap();
    assert_eq!((second.id, second.attempt), (id, 2));
    assert!(!renew(&db, &slow, later).await);
    assert!(!fail(&db, &slow, "late", later).await);
    assert!(!complete(&db, &slow, later).await);
    assert!(complete(&db, &second, later).await);
    assert!(!complete(&db, &second, later).await, "done is done");
    assert!(jobs::claim(&db, "c", later.plus_seconds(1_000)).await.unwrap().is_none());
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_failed_job_waits_longer_each_time(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    enqueue(&db, 20, noon()).await;
    let mut now = noon();
    let mut waits = Vec::new();
    for _ in 0..14 {
        let job = jobs::claim(&db, "a", now).await.unwrap().expect("it is due");
        assert!(fail(&db, &job, "no luck", now).await);
        let due = jobs::list(&db, "queued", 1).await.unwrap()[0].run_at;
        assert!(jobs::claim(&db, "a", due.plus_seconds(-1)).await.unwrap().is_none());
        waits.push(due.seconds_since(now) as i64);
        now = due;
    }
    assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_job_out_of_attempts_is_dead_says_why_and_can_be_revived(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let id = enqueue(&db, 2, noon()).await;
    let first = jobs::claim(&db, "a", noon()).await.unwrap().unwrap();
    assert!(fail(&db, &first, "the first reason", noon()).await);
    let later = noon().plus_seconds(10);
    let second = jobs::claim(&db, "a", later).await.unwrap().unwrap();
    assert!(fail(&db, &second, "the last reason", later).await);
    assert!(jobs::claim(&db, "a", later.plus_seconds(100_000)).await.unwrap().is_none());
    let dead = jobs::list(&db, "dead", 10).await.unwrap();
    assert_eq!((dead[0].id, dead[0].attempt, dead[0].last_error.as_deref()), (id, 2, Some("the last reason")));

    let mut tx = db.begin().await.unwrap();
    assert!(jobs::revive(&mut tx, id, later).await.unwrap());
    assert!(!jobs::revive(&mut tx, id, later).await.unwrap(), "it is dead no longer");
    tx.commit().await.unwrap();
    let again = jobs::claim(&db, "a", later).await.unwrap().unwrap();
    assert_eq!(again.attempt, 1);
    assert!(!complete(&db, &second, later).await, "an attempt of its former life counts no more");
    assert!(complete(&db, &again, later).await);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_job_whose_last_attempt_vanished_is_dead_and_the_next_one_is_taken(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let lost = enqueue(&db, 1, noon()).await;
    jobs::claim(&db, "crashed", noon()).await.unwrap().unwrap();
    let next = enqueue(&db, 1, noon().plus_seconds(1)).await;
    let later = noon().plus_seconds(jobs::LEASE_SECONDS + 5);
    let claimed = jobs::claim(&db, "a", later).await.unwrap().unwrap();
    assert_eq!(claimed.id, next);
    let dead = jobs::list(&db, "dead", 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].id, lost);
    assert!(dead[0].last_error.as_deref().is_some_and(|error| error.contains("without an answer")));
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_workers_ever_hold_one_job(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let mut wanted = Vec::new();
    for _ in 0..60 {
        wanted.push(enqueue(&db, 1, noon()).await);
    }
    let mut workers = tokio::task::JoinSet::new();
    for number in 0..6 {
        let db = db.clone();
        workers.spawn(async move {
            let mut taken = Vec::new();
            let mut misses = 0;
            // SKIP LOCKED may answer "nothing" while another worker's claim is under way.
            while misses < 5 {
                match jobs::claim(&db, &format!("w{number}"), noon()).await.unwrap() {
                    Some(job) => taken.push(job.id),
                    None => misses += 1,
                }
            }
            taken
        });
    }
    let mut taken: Vec<JobId> = workers.join_all().await.into_iter().flatten().collect();
    taken.sort();
    wanted.sort();
    assert_eq!(taken, wanted, "each job once");
}

// ── Outbox ──────────────────────────────────────────────────────────────────────────────────

fn entry(subject: &str) -> Entry {
    let body = RawValue::from_string(format!(r#"{{"of":"{subject}"}}"#)).unwrap();
    Entry { kind: "test", subject: subject.to_owned(), actor: "test".to_owned(), body }
}

fn event(subject: &str) -> Event {
    let id = EventId::from_uuid(ids().next(SystemClock.now()));
    Event { id, kind: "test", subject: subject.to_owned(), body: "{}".to_owned() }
}

/// Appends `count` entries with their events, each in a transaction of its own.
async fn append(db: &Db, count: usize) {
    for number in 0..count {
        let mut tx = db.begin().await.unwrap();
        let name = number.to_string();
        journal::append(&mut tx, SystemClock.now(), vec![entry(&name)], vec![event(&name)]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_transaction_that_came_first_is_not_skipped_by_a_reader(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let mut slow = db.begin().await.unwrap();
    journal::append(&mut slow, SystemClock.now(), vec![], vec![event("slow")]).await.unwrap();
    let racing = db.clone();
    let mut fast = tokio::spawn(async move {
        let mut tx = racing.begin().await.unwrap();
        journal::append(&mut tx, SystemClock.now(), vec![], vec![event("fast")]).await.unwrap();
        tx.commit().await.unwrap();
    });
    let early = tokio::time::timeout(std::time::Duration::from_millis(300), &mut fast).await;
    let seen = events::after(&db, 0, 10).await.unwrap();
    // With a sequence, "fast" would be committed at position 2 now, and a reader that went on
    // from there would never see "slow".
    assert!(early.is_err() && seen.is_empty(), "the fast one overtook: {seen:?}");
    slow.commit().await.unwrap();
    fast.await.unwrap();
    let seen = events::after(&db, 0, 10).await.unwrap();
    let order: Vec<(i64, &str)> = seen.iter().map(|event| (event.position, event.subject.as_str())).collect();
    assert_eq!(order, [(1, "slow"), (2, "fast")]);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_many_writers_sees_every_event_once_and_in_order(#[case] engine: Engine) {
    const WRITERS: usize = 6;
    const EACH: usize = 15;
    let place = Place::new(engine).await;
    let db = place.open().await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let db = db.clone();
        writers.spawn(async move {
            for number in 0..EACH {
                let mut tx = db.begin().await.unwrap();
                let names: Vec<String> = (0..1 + number % 3).map(|part| format!("{writer} {number} {part}")).collect();
                let events = names.iter().map(|name| event(name)).collect();
                journal::append(&mut tx, SystemClock.now(), vec![entry(&names[0])], events).await.unwrap();
                if (writer + number) % 3 == 0 {
                    tokio::task::yield_now().await;
                }
                // Some give up after they were given positions.
                if (writer + number) % 7 != 0 {
                    tx.commit().await.unwrap();
                }
            }
        });
    }
    let mut seen: Vec<i64> = Vec::new();
    let mut running = true;
    while running {
        running = !writers.is_empty();
        let page = events::after(&db, seen.last().copied().unwrap_or(0), 7).await.unwrap();
        if page.is_empty() && running {
            writers.join_next().await.unwrap().unwrap();
        }
        running |= !page.is_empty();
        seen.extend(page.iter().map(|event| event.position));
    }
    let last = events::last_position(&db).await.unwrap();
    assert_eq!(seen, (1..=last).collect::<Vec<_>>());
    assert!(last > (WRITERS * EACH) as i64, "most of them were committed");
    assert_eq!(verify::verify(&db, None, |_| {}).await.unwrap().first_bad, None);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_readers_position_never_goes_back(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    assert_eq!(events::reader_position(&db, "mail").await.unwrap(), 0);
    for (told, stands) in [(5, 5), (3, 5), (5, 5), (9, 9)] {
        let mut tx = db.begin().await.unwrap();
        events::advance(&mut tx, "mail", told, SystemClock.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(events::reader_position(&db, "mail").await.unwrap(), stands);
    }
    assert_eq!(events::reader_position(&db, "other").await.unwrap(), 0);
}

// ── Audit log ───────────────────────────────────────────────────────────────────────────────

/// A log of ten entries, the seventh of which vouches for a verdict.
async fn audited(db: &Db) -> Recorded {
    append(db, 6).await;
    let recorder = Recording::start(db).await;
    let recorded = recorder.record(recorder.judged(listing("A", "A thing"))).await.unwrap();
    append(db, 3).await;
    recorded
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_whole_log_verifies_and_its_root_is_the_heads(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let empty = verify::verify(&db, None, |_| {}).await.unwrap();
    assert_eq!((empty.entries, empty.root, empty.first_bad), (0, Digest::of(b""), None));
    audited(&db).await;
    let mut told = 0;
    let report = verify::verify(&db, None, |entries| told = entries).await.unwrap();
    assert_eq!((report.entries, report.first_bad, told), (10, None, 10));
    let row = db.optional("SELECT entries, last_hash, frontier, position FROM journal_head", vec![]).await.unwrap();
    assert_eq!(journal::Head::from_row(&row.unwrap()).unwrap().frontier.root(), report.root);
}

#[rstest]
#[case::a_byte_of_an_entry(
    "UPDATE audit_entry SET entry = replace(entry, '\"of\":\"2\"', '\"of\":\"3\"') WHERE seq = 3",
    3,
    "bytes do not give its hash"
)]
#[case::a_hash(
    "UPDATE audit_entry SET hash = CASE substr(hash, 1, 1) WHEN '0' THEN '1' ELSE '0' END || substr(hash, 2) WHERE seq = 4",
    4,
    "bytes do not give its hash"
)]
#[case::the_kind_column("UPDATE audit_entry SET kind = 'other' WHERE seq = 2", 2, "columns differ")]
#[case::the_subject_column("UPDATE audit_entry SET subject = 'other' WHERE seq = 9", 9, "columns differ")]
#[case::the_time_column("UPDATE audit_entry SET at = '2001-01-01T00:00:00.000000Z' WHERE seq = 5", 5, "columns differ")]
#[case::a_verdict("UPDATE verdict SET body = replace(body, '\"clear\"', '\"block\"')", 7, "was changed after")]
#[case::a_verdict_that_is_gone("DELETE FROM verdict", 7, "is missing")]
#[case::the_first_entry("DELETE FROM audit_entry WHERE seq = 1", 1, "is missing")]
#[case::an_entry_in_the_middle("DELETE FROM audit_entry WHERE seq = 5", 5, "is missing")]
#[case::the_last_entry("DELETE FROM audit_entry WHERE seq = 10", 10, "is missing")]
#[case::all_entries("DELETE FROM audit_entry", 1, "is missing")]
#[case::the_count("UPDATE journal_head SET entries = 11, frontier = frontier || ' ' || last_hash", 11, "missing")]
#[case::the_last_hash(
    "UPDATE journal_head SET last_hash = CASE substr(last_hash, 1, 1) WHEN '0' THEN '1' ELSE '0' END || substr(last_hash, 2)",
    10,
    "another last entry"
)]
#[case::the_frontier(
    "UPDATE journal_head SET frontier = CASE substr(frontier, 1, 1) WHEN '0' THEN '1' ELSE '0' END || substr(frontier, 2)",
    10,
    "another last entry or tree"
)]
#[tokio::test]
async fn a_change_is_found_and_its_entry_is_named(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] tampering: &'static str,
    #[case] entry: i64,
    #[case] problem: &str,
) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    audited(&db).await;
    run(&db, tampering).await;
    let report = verify::verify(&db, None, |_| {}).await.unwrap();
    let bad = report.first_bad.expect("the change is found");
    assert_eq!(bad.entry, entry, "{bad:?}");
    assert!(bad.problem.contains(problem), "{bad:?}");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn an_entry_that_was_replaced_with_its_hash_breaks_the_chain_after_it(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    audited(&db).await;
    let row = db.optional("SELECT entry FROM audit_entry WHERE seq = 2", vec![]).await.unwrap().unwrap();
    let forged = row.get::<String>("entry").unwrap().replace(r#""of":"1""#, r#""of":"8""#);
    let hash = assay::audit::chain::leaf_hash(forged.as_bytes());
    let mut tx = db.begin().await.unwrap();
    tx.execute("UPDATE audit_entry SET entry = $1, hash = $2 WHERE seq = 2", params![forged, hash]).await.unwrap();
    tx.commit().await.unwrap();
    let bad = verify::verify(&db, None, |_| {}).await.unwrap().first_bad.unwrap();
    assert_eq!(
        bad,
        Bad { entry: 3, problem: "it does not follow the entry before it: an entry was replaced".to_owned() }
    );
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_log_that_was_cut_or_written_anew_is_known_by_an_earlier_root(#[case] engine: Engine) {
    let (place, other) = (Place::new(engine).await, Place::new(engine).await);
    let (db, rewritten) = (place.open().await, other.open().await);
    append(&db, 4).await;
    let early = verify::verify(&db, None, |_| {}).await.unwrap();
    let known = verify::Known { entries: early.entries, root: early.root };
    append(&db, 5).await;
    let grown = verify::verify(&db, Some(known), |_| {}).await.unwrap();
    assert_eq!((grown.entries, grown.first_bad), (9, None));

    append(&rewritten, 3).await;
    let cut = verify::verify(&rewritten, Some(known), |_| {}).await.unwrap().first_bad.unwrap();
    assert_eq!((cut.entry, cut.problem.as_str()), (4, "the log had 4 entries and has 3: its end was cut off"));
    assert_eq!(verify::verify(&rewritten, None, |_| {}).await.unwrap().first_bad, None, "it fits together");
    let mut tx = rewritten.begin().await.unwrap();
    journal::append(&mut tx, SystemClock.now(), vec![entry("another")], vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let bad = verify::verify(&rewritten, Some(known), |_| {}).await.unwrap().first_bad.unwrap();
    assert_eq!(bad.entry, 4);
    assert!(bad.problem.ends_with("the log was rewritten"), "{bad:?}");
}

#[tokio::test]
async fn a_time_that_is_no_time_is_named_too() {
    let place = Place::new(Engine::Sqlite).await;
    let db = place.open().await;
    audited(&db).await;
    run(&db, "UPDATE audit_entry SET at = 'yesterday' WHERE seq = 4").await;
    let bad = verify::verify(&db, None, |_| {}).await.unwrap().first_bad.unwrap();
    assert_eq!(bad.entry, 4, "{bad:?}");
}

// ── Recorder ────────────────────────────────────────────────────────────────────────────────

/// A recorder over an empty registry.
struct Recording {
    recorder: Recorder,
    snapshot: Arc<Snapshot>,
    commits: Arc<AtomicUsize>,
}

impl Recording {
    async fn start(db: &Db) -> Self {
        let snapshot = SnapshotKeeper::open(db.clone()).await.unwrap().current();
        let commits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&commits);
        let count = move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        let (recorder, _writer) = Recorder::start(db.clone(), clock(), ids(), count);
        Self { recorder, snapshot, commits }
    }

    fn judged(&self, listing: assay::listings::model::Listing) -> Submission {
        submission(&self.snapshot, listing)
    }

    async fn record(&self, submission: Submission) -> Result<Recorded, RecordError> {
        self.recorder.record(submission).await
    }
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    db.optional(sql, vec![]).await.unwrap().unwrap().get("n").unwrap()
}

/// Verdict rows, audit entries and events about listings.
async fn written(db: &Db) -> (i64, i64, i64) {
    (
        count(db, "SELECT count(*) AS n FROM verdict").await,
        count(db, "SELECT count(*) AS n FROM audit_entry WHERE kind = 'listing.screened'").await,
        count(db, "SELECT count(*) AS n FROM outbox WHERE kind = 'listing.screened'").await,
    )
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn the_same_listing_again_writes_nothing_and_a_change_makes_a_version(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let recording = Recording::start(&db).await;
    let first = recording.record(recording.judged(listing("A", "one"))).await.unwrap();
    assert_eq!((first.taken, first.version), (Taken::Created, 1));
    let again = recording.record(recording.judged(listing("A", "one"))).await.unwrap();
    assert_eq!((again.taken, again.verdict, again.version), (Taken::Same, first.verdict, 1));
    assert_eq!(again.body, first.body, "the verdict in force, byte for byte");
    assert_eq!(written(&db).await, (1, 1, 1));
    let changed = recording.record(recording.judged(listing("A", "two"))).await.unwrap();
    assert_eq!((changed.taken, changed.version, changed.listing), (Taken::Updated, 2, first.listing));
    let newer = Submission { revision: recording.snapshot.revision + 1, ..recording.judged(listing("A", "two")) };
    let rejudged = recording.record(newer.clone()).await.unwrap();
    assert_eq!((rejudged.taken, rejudged.version), (Taken::Rejudged, 2));
    let hunted = Submission { revision: newer.revision + 1, only_changes: true, ..newer };
    assert_eq!(recording.record(hunted).await.unwrap().taken, Taken::Same, "a hunt records news only");
    assert_eq!(written(&db).await, (3, 3, 3));
    let row = listing_by_external_id(&db, "A").await.unwrap().unwrap();
    assert_eq!((row.version, row.verdict, row.position), (2, rejudged.verdict, 3));
    let kept: Vec<_> = history(&db, row.id, 10).await.unwrap().into_iter().map(|verdict| verdict.id).collect();
    assert_eq!(kept, [rejudged.verdict, changed.verdict, first.verdict]);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn an_idempotency_key_answers_its_request_again_and_refuses_another(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let recording = Recording::start(&db).await;
    let keyed = |title: &str, fingerprint: &str| Submission {
        key: key_use("key 1", fingerprint),
        ..recording.judged(listing("A", title))
    };
    let first = recording.record(keyed("one", "f1")).await.unwrap();
    recording.record(recording.judged(listing("A", "two"))).await.unwrap();
    let again = recording.record(keyed("one", "f1")).await.unwrap();
    assert_eq!((again.taken, again.verdict, again.version), (Taken::Repeated, first.verdict, 1));
    assert_eq!((again.body, again.external_id), (first.body, "A".to_owned()));
    let refused = recording.record(keyed("three", "f2")).await.unwrap_err();
    assert!(matches!(refused, RecordError::KeyReused), "{refused}");
    assert_eq!(written(&db).await, (2, 2, 2));
    let row = listing_by_external_id(&db, "A").await.unwrap().unwrap();
    assert_eq!(row.version, 2, "neither the repeat nor the refused one changed the listing");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_key_that_met_unchanged_content_repeats_that_answer(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let recording = Recording::start(&db).await;
    let first = recording.record(recording.judged(listing("A", "one"))).await.unwrap();
    let keyed = || Submission { key: key_use("k", "f"), ..recording.judged(listing("A", "one")) };
    let same = recording.record(keyed()).await.unwrap();
    let repeated = recording.record(keyed()).await.unwrap();
    assert_eq!((same.taken, repeated.taken), (Taken::Same, Taken::Repeated));
    assert_eq!((same.verdict, repeated.verdict), (first.verdict, first.verdict));
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_submitter_who_expected_another_version_is_refused(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let recording = Recording::start(&db).await;
    let expecting = |title: &str, expected: i64| Submission {
        expected_version: Some(expected),
        ..recording.judged(listing("A", title))
    };
    let refused = recording.record(expecting("one", 1)).await.unwrap_err();
    assert!(matches!(refused, RecordError::Stale { expected: 1, present: 0 }), "{refused}");
    assert_eq!(recording.record(expecting("one", 0)).await.unwrap().version, 1);
    assert_eq!(recording.record(expecting("two", 1)).await.unwrap().version, 2);
    let refused = recording.record(expecting("three", 1)).await.unwrap_err();
    assert!(matches!(refused, RecordError::Stale { expected: 1, present: 2 }), "{refused}");
    assert_eq!(written(&db).await, (2, 2, 2));
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn submissions_of_one_batch_see_each_other(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    let recording = Recording::start(&db).await;
    let record = |submission| {
        let recorder = recording.recorder.clone();
        async move { recorder.record(submission).await }
    };
    let keyed = |title: &str, fingerprint: &str| Submission {
        key: key_use("k", fingerprint),
        ..recording.judged(listing("B", title))
    };
    // Joined futures are polled in order before the writer runs: one batch.
    let (a1, a2, a3, b1, b2, b3) = tokio::join!(
        record(recording.judged(listing("A", "one"))),
        record(recording.judged(listing("A", "one"))),
        record(recording.judged(listing("A", "two"))),
        record(keyed("one", "f")),
        record(keyed("one", "f")),
        record(keyed("two", "g")),
    );
    assert_eq!(recording.commits.load(Ordering::Relaxed), 1);
    let (a1, a2, a3, b1, b2) = (a1.unwrap(), a2.unwrap(), a3.unwrap(), b1.unwrap(), b2.unwrap());
    assert_eq!((a1.taken, a2.taken, a3.taken), (Taken::Created, Taken::Same, Taken::Updated));
    assert_eq!((a2.verdict, a2.body == a1.body, a3.version), (a1.verdict, true, 2));
    assert_eq!((b1.taken, b2.taken, b2.verdict), (Taken::Created, Taken::Repeated, b1.verdict));
    assert!(matches!(b3.unwrap_err(), RecordError::KeyReused));
    assert_eq!(written(&db).await, (3, 3, 3));
    assert_eq!(verify::verify(&db, None, |_| {}).await.unwrap().first_bad, None);
}

#[rstest]
#[case(Engine::Sqlite, 1)]
#[case(Engine::Sqlite, 2)]
#[case(Engine::Postgres, 1)]
#[case(Engine::Postgres, 2)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_leave_one_row_of_each_kind_for_each_answer(
    #[case] engine: Engine,
    #[case] replicas: usize,
) {
    let place = Place::new(engine).await;
    let mut dbs = Vec::new();
    let mut recordings = Vec::new();
    for _ in 0..replicas {
        let db = place.open().await;
        recordings.push(Recording::start(&db).await);
        dbs.push(db);
    }
    let mut running = tokio::task::JoinSet::new();
    for number in 0..200 {
        let recording = &recordings[number % replicas];
        let content = listing(&format!("L{}", number % 7), &format!("title {}", number % 3));
        let mut submission = recording.judged(content);
        if number % 5 == 0 {
            submission.key = key_use(&format!("key {}", number % 50), &format!("{} {}", number % 7, number % 3));
        }
        let recorder = recording.recorder.clone();
        running.spawn(async move { recorder.record(submission).await });
    }
    let mut new: BTreeMap<String, Vec<(i64, Taken)>> = BTreeMap::new();
    let mut acknowledged = 0;
    while let Some(answer) = running.join_next().await {
        match answer.unwrap() {
            Ok(recorded) if !matches!(recorded.taken, Taken::Same | Taken::Repeated) => {
                acknowledged += 1;
                new.entry(recorded.external_id).or_default().push((recorded.version, recorded.taken));
            }
            Ok(_) | Err(RecordError::KeyReused) => {}
            Err(other) => panic!("{other}"),
        }
    }
    let db = &dbs[0];
    assert_eq!(written(db).await, (acknowledged, acknowledged, acknowledged));
    for (external_id, mut versions) in new {
        versions.sort_by_key(|(version, _)| *version);
        let created: Vec<i64> = versions.iter().map(|(version, _)| *version).collect();
        assert_eq!(created, (1..=versions.len() as i64).collect::<Vec<_>>(), "versions of {external_id} without gaps");
        assert_eq!(versions[0].1, Taken::Created);
        let row = listing_by_external_id(db, &external_id).await.unwrap().unwrap();
        assert_eq!(row.version, versions.len() as i64);
        let newest = &history(db, row.id, 1).await.unwrap()[0];
        assert_eq!(
            (newest.id, newest.version),
            (row.verdict, row.version),
            "the verdict in force is of the last version"
        );
    }
    assert_eq!(verify::verify(db, None, |_| {}).await.unwrap().first_bad, None);
    let stored = events::after(db, 0, 1_000).await.unwrap();
    let positions: Vec<i64> = stored.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=acknowledged).collect::<Vec<_>>());
    if replicas == 1 {
        let commits = recordings[0].commits.load(Ordering::Relaxed);
        assert!(commits < 100, "{commits} commits for 200 submissions are no group commit");
    }
}

#[tokio::test]
async fn when_the_writer_is_gone_a_submitter_is_told() {
    let place = Place::new(Engine::Sqlite).await;
    let db = place.open().await;
    let (recorder, writer) = Recorder::start(db.clone(), clock(), ids(), |_| {});
    writer.abort();
    let _ = writer.await;
    let snapshot = SnapshotKeeper::open(db).await.unwrap().current();
    let refused = recorder.record(submission(&snapshot, listing("A", "one"))).await.unwrap_err();
    assert!(matches!(refused, RecordError::Stopped), "{refused}");
}

#[tokio::test]
async fn one_submission_that_cannot_be_stored_does_not_fail_its_neighbours() {
    let place = Place::new(Engine::Postgres).await;
    let db = place.open().await;
    let recording = Recording::start(&db).await;
    // PostgreSQL's text cannot hold U+0000; the API refuses it in ids, other callers may not.
    let (good, bad, also_good) = tokio::join!(
        recording.record(recording.judged(listing("A", "one"))),
        recording.record(recording.judged(listing("B\u{0}", "one"))),
        recording.record(recording.judged(listing("C", "one"))),
    );
    assert_eq!((good.unwrap().taken, also_good.unwrap().taken), (Taken::Created, Taken::Created));
    assert!(matches!(bad.unwrap_err(), RecordError::Store(_)));
    assert_eq!(written(&db).await, (2, 2, 2));
}

/// The ids that the tests make are of the kind that the tables hold.
#[test]
fn a_listing_id_reads_back_from_its_text() {
    let id = ListingId::from_uuid(ids().next(SystemClock.now()));
    assert_eq!(id.to_string().parse::<ListingId>().unwrap(), id);
}
