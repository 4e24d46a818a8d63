//! What the audit log proves to those who do not trust its keeper: that an entry stands in it, and
//! that it only grew. On both engines, and through the service and the command line.

mod support;

use std::process::Command;

use rstest::rstest;
use serde_json::value::RawValue;

use assay::audit::checkpoint::{self, CheckError};
use assay::audit::journal::{self, Entry};
use assay::audit::log::{self, AuditLog, LogError};
use assay::audit::note::NoteVerifier;
use assay::audit::verify;
use assay::kernel::Clock as _;
use assay::params;
use assay::store::Db;
use assay::system::SystemClock;

use support::data::clock;
use support::server::Server;
use support::{Engine, Place};

async fn append(db: &Db, count: usize) {
    let entry = |number| Entry {
        kind: "test.happened",
        subject: format!("thing-{number}"),
        actor: "test".to_owned(),
        body: RawValue::from_string("{}".to_owned()).unwrap(),
    };
    let mut tx = db.begin().await.unwrap();
    journal::append(&mut tx, SystemClock.now(), (0..count).map(entry).collect(), vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn opened(place: &Place) -> (Db, AuditLog) {
    let db = place.open().await;
    let key = log::open_key(place.data(), None).unwrap();
    (db.clone(), AuditLog::new(db, key, clock()))
}

async fn run(db: &Db, text: &'static str) {
    let mut tx = db.begin().await.unwrap();
    assert!(tx.execute(text, params![]).await.unwrap() > 0, "{text} changes something");
    tx.commit().await.unwrap();
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn any_entry_is_proved_against_any_checkpoint_that_holds_it(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let (db, log) = opened(&place).await;
    assert!(matches!(log.latest().await, Err(LogError::NonePublished)));
    assert_eq!(log.publish().await.unwrap().tree.size, 0);
    let mut size = 0;
    for count in [1, 254, 1, 1, 300, 211] {
        append(&db, count).await;
        size += count as i64;
        for number in [1, size / 2, size - 1, size].into_iter().filter(|number| *number > 0) {
            let proof = log.prove(number).await.unwrap().unwrap();
            let proved = checkpoint::check_entry_proof(&proof, &log.verifier()).unwrap();
            assert_eq!(proved.number, number as u64);
            let entry: serde_json::Value = serde_json::from_slice(&proved.entry).unwrap();
            assert_eq!(entry["seq"], number);
        }
        assert_eq!(log.publish().await.unwrap().tree.size, size as u64);
        assert!(log.prove(size + 1).await.unwrap().is_none() && log.prove(0).await.unwrap().is_none());
    }
    let again = log.publish().await.unwrap();
    assert_eq!(again, log.latest().await.unwrap(), "nothing new, nothing published");
    let report = verify::verify(&db, None, |_| {}).await.unwrap();
    assert_eq!((report.first_bad, report.root), (None, again.tree.root));
}

#[tokio::test]
async fn seventy_thousand_entries_are_proved_from_two_levels_of_kept_hashes() {
    let place = Place::new(Engine::Sqlite).await;
    let (db, log) = opened(&place).await;
    append(&db, 70_000).await;
    for number in [1, 256, 257, 65_536, 65_537, 69_889, 70_000] {
        let proof = log.prove(number).await.unwrap().unwrap();
        assert_eq!(checkpoint::check_entry_proof(&proof, &log.verifier()).unwrap().number, number as u64);
    }
    let rows = db.all("SELECT level FROM audit_subtree", params![]).await.unwrap();
    assert_eq!(rows.len(), 70_000 / 256 + 1, "one row for 256 entries, one for 65,536");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_witness_follows_a_log_that_grows_and_refuses_one_that_was_rewritten(#[case] engine: Engine) {
    let (place, other) = (Place::new(engine).await, Place::new(engine).await);
    let (db, log) = opened(&place).await;
    let mut known = checkpoint::open(&log.publish().await.unwrap().note, &log.verifier()).unwrap();
    for count in [5, 300, 1, 600] {
        append(&db, count).await;
        log.publish().await.unwrap();
        let given = log.for_witness(known.size).await.unwrap();
        known = checkpoint::check_for_witness(&given, known, &log.verifier()).unwrap();
    }
    assert_eq!(known.size, 906);
    assert!(matches!(log.for_witness(907).await, Err(LogError::Proof(_))));

    // The same key states another history.
    std::fs::create_dir_all(other.data().join("keys")).unwrap();
    std::fs::copy(place.data().join("keys/audit-log.key"), other.data().join("keys/audit-log.key")).unwrap();
    let (rewritten, forged) = opened(&other).await;
    append(&rewritten, 1_000).await;
    forged.publish().await.unwrap();
    let given = forged.for_witness(known.size).await.unwrap();
    assert!(matches!(checkpoint::check_for_witness(&given, known, &log.verifier()), Err(CheckError::Proof(_))));
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn damaged_hashes_are_worked_out_anew_and_a_changed_entry_is_not_proved(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let (db, log) = opened(&place).await;
    append(&db, 600).await;
    let before = log.prove(3).await.unwrap();
    run(&db, "UPDATE audit_subtree SET hash = (SELECT hash FROM audit_entry WHERE seq = 9) WHERE number = 1").await;
    assert_eq!(log.prove(3).await.unwrap(), before);
    run(&db, "DELETE FROM audit_subtree WHERE number = 0").await;
    assert_eq!(log.prove(400).await.unwrap().map(|proof| proof.len() > 400), Some(true));

    run(&db, "UPDATE audit_entry SET entry = '{}' WHERE seq = 3").await;
    assert!(matches!(log.prove(3).await, Err(LogError::DoesNotHold)));
    assert!(log.prove(4).await.is_ok(), "others are proved");
    run(&db, "UPDATE audit_entry SET hash = (SELECT hash FROM audit_entry WHERE seq = 9) WHERE seq = 4").await;
    run(&db, "DELETE FROM audit_subtree").await;
    append(&db, 1).await;
    assert!(matches!(log.publish().await, Err(LogError::DoesNotHold)), "a log that does not hold is not stated");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn verification_holds_the_log_against_its_published_checkpoints(#[case] engine: Engine) {
    let (place, other) = (Place::new(engine).await, Place::new(engine).await);
    let (db, log) = opened(&place).await;
    append(&db, 20).await;
    let published = log.publish().await.unwrap();
    let (cut, _) = opened(&other).await;
    append(&cut, 12).await;
    let copy = |size: i64| params![size, published.tree.root, SystemClock.now(), &published.note];
    let insert = "INSERT INTO audit_checkpoint (size, root, at, note) VALUES ($1, $2, $3, $4)";
    for (size, entry) in [(20, 13), (7, 7)] {
        let mut tx = cut.begin().await.unwrap();
        tx.execute(insert, copy(size)).await.unwrap();
        tx.commit().await.unwrap();
        let bad = verify::verify(&cut, None, |_| {}).await.unwrap().first_bad.unwrap();
        assert_eq!(bad.entry, entry, "{bad:?}");
    }
    assert_eq!(verify::verify(&db, None, |_| {}).await.unwrap().first_bad, None);
}

#[tokio::test]
async fn the_name_of_a_log_is_given_once() {
    let place = Place::new(Engine::Sqlite).await;
    assert!(matches!(log::open_key(place.data(), Some("two words")), Err(LogError::Name(_))));
    let key = log::open_key(place.data(), Some("example.com/assay")).unwrap();
    assert_eq!(log::open_key(place.data(), None).unwrap().verifier(), key.verifier());
    assert!(matches!(log::open_key(place.data(), Some("example.org")), Err(LogError::Named(_))));
    std::fs::write(place.data().join("keys/audit-log.key"), "nonsense").unwrap();
    assert!(matches!(log::open_key(place.data(), None), Err(LogError::Key { .. })));
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_states_its_log_to_anyone_and_proves_entries_to_its_operators(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    append(&server.app.core.db, 30).await;
    server.app.log.publish().await.unwrap();
    let public = |path: &'static str| server.call(reqwest::Method::GET, path).key(None).send();
    let key: NoteVerifier = public("/log/key").await.is(200).text.trim().parse().unwrap();
    let note = public("/log/checkpoint").await;
    assert!(note.is(200).header("content-type").starts_with("text/plain"));
    let tree = checkpoint::open(&note.text, &key).unwrap();
    let given = public("/log/consistency?old=0").await;
    let nothing = assay::audit::proof::Tree { size: 0, root: assay::kernel::Digest::of(b"") };
    assert_eq!(checkpoint::check_for_witness(&given.is(200).text, nothing, &key), Ok(tree));
    public("/log/consistency?old=9999999").await.is_problem("invalid-query");
    public("/log/consistency?old=-1").await.is_problem("invalid-query");
    public("/log/consistency").await.is_problem("invalid-query");

    let proof = server.get("/v1/audit/entries/2/proof").await;
    assert_eq!(checkpoint::check_entry_proof(&proof.is(200).text, &key).unwrap().number, 2);
    for missing in ["0", "-1", "99999999"] {
        server.get(&format!("/v1/audit/entries/{missing}/proof")).await.is_problem("not-found");
    }
    server.get("/v1/audit/entries/two/proof").await.is_problem("invalid-path");
}

#[tokio::test]
async fn the_command_line_proves_and_checks_without_the_database() {
    let place = Place::new(Engine::Sqlite).await;
    let db = place.open().await;
    append(&db, 10).await;
    db.close().await;
    let data = place.data().to_str().unwrap().to_owned();
    let assay = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_assay")).args(arguments).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.code(), said)
    };
    let keep = |name: &str, text: &str| {
        let path = place.data().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (code, key) = assay(&["audit", "key", "--data", &data, "--name", "example.com/log"]);
    assert_eq!((code, key.starts_with("example.com/log+")), (Some(0), true), "{key}");
    let key = key.trim();
    let (_, note) = assay(&["audit", "checkpoint", "--data", &data]);
    let (_, proof) = assay(&["audit", "prove", "4", "--data", &data]);
    let (note_file, proof_file) = (keep("note", &note), keep("proof", &proof));
    let (code, said) = assay(&["audit", "check", &note_file, "--key", key]);
    assert_eq!((code, said.starts_with("the checkpoint holds: ")), (Some(0), true), "{said}");
    let (code, said) = assay(&["audit", "check", &proof_file, "--key", key]);
    assert_eq!((code, said.starts_with("entry 4 of ")), (Some(0), true), "{said}");
    let changed = keep("changed", &proof.replace("index 3", "index 4"));
    let (code, said) = assay(&["audit", "check", &changed, "--key", key]);
    assert_eq!((code, said.starts_with("does not hold: ")), (Some(1), true), "{said}");
    let (code, said) = assay(&["audit", "prove", "4000", "--data", &data]);
    assert_eq!((code, said.contains("has no entry 4000")), (Some(2), true), "{said}");
    let (code, said) = assay(&["audit", "key", "--data", &data, "--name", "example.org"]);
    assert_eq!((code, said.contains("is named \"example.com/log\" already")), (Some(2), true), "{said}");
}
