//! The registry and its snapshots, on both engines: imports that can be repeated, names that
//! stay unique, snapshots that follow by small steps and equal those built at once, verdicts
//! that can be proved long after the registry has changed.

mod support;

use std::sync::Arc;

use rstest::rstest;

use assay::app::Core;
use assay::events;
use assay::kernel::{Clock as _, Digest};
use assay::listings::model::Listing;
use assay::matching::image::{self as pictures, DecodeLimits};
use assay::params;
use assay::registry::keeper::SnapshotKeeper;
use assay::registry::model::{Brand, ReferenceImage, ReferenceKey, ReferenceKind};
use assay::registry::service::{Change, RegistryError};
use assay::registry::store;
use assay::screening::recorder::{Recorded, Recorder};
use assay::screening::{Decision, Snapshot, replay, screen};
use assay::store::Db;
use assay::system::SystemClock;

use support::data::{
    SMALL_PACK, SMALL_PATH, brand, clock, ids, import, listing, numbered_brand, numbered_name, small_core, submission,
};
use support::pictures::png;
use support::{Engine, Place, eventually};

const CHANGE: Change<'static> = Change { actor: "test", cause: "test" };

fn reference(key: &str, number: u32) -> ReferenceImage {
    let bytes = png(number);
    ReferenceImage {
        key: ReferenceKey::new(key),
        kind: ReferenceKind::Product,
        mark: None,
        digest: Digest::of(&bytes),
        signature: pictures::read(&bytes, &DecodeLimits::default()).unwrap(),
        threshold: None,
        quarantine: None,
    }
}

fn northpeak() -> Brand {
    brand("northpeak", "Northpeak", &["Northpeak"])
}

async fn stored(core: &Core, key: &str) -> Option<Brand> {
    store::brand(&core.db, key).await.unwrap().map(|(brand, _)| brand)
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn an_import_can_be_repeated_and_says_what_it_changed(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    let brands: Vec<Brand> = (0..70).map(numbered_brand).collect();
    let first = import(&core, brands.clone()).await;
    assert_eq!((first.added.len(), first.changed.len(), first.unchanged), (70, 0, 0));
    let revision = core.keeper.current().revision;

    let again = import(&core, brands.clone()).await;
    assert_eq!((again.added.len(), again.changed.len(), again.unchanged), (0, 0, 70));
    assert_eq!(again.registry_revision, first.registry_revision);
    assert_eq!(core.keeper.current().revision, revision, "nothing new, no new revision");

    let mut changed = brands;
    changed[3].aliases.push("another name".to_owned());
    changed[3].common_word = true;
    changed.push(northpeak());
    let third = import(&core, changed).await;
    assert_eq!((third.added.as_slice(), third.unchanged), (["northpeak".to_owned()].as_slice(), 69));
    assert_eq!(third.changed["b3"], ["aliases", "common_word"]);
    assert_ne!(third.registry_revision, first.registry_revision);
    assert_eq!(stored(&core, "b3").await.unwrap().aliases, ["another name"]);
    let kinds: Vec<String> =
        events::after(&core.db, 0, 100).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["rules.changed", "registry.changed", "registry.changed"]);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn two_brands_with_one_name_are_refused_and_nothing_changes(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    import(&core, vec![northpeak()]).await;
    let revision = core.keeper.current().revision;
    let mut thief = brand("thief", "Thief", &["Thief"]);
    thief.word_marks[0].key = northpeak().word_marks[0].key.clone();

    let against_stored =
        core.registry.import(vec![brand("fine", "Fine", &["Finely"]), thief.clone()], CHANGE, None).await;
    let refused = against_stored.unwrap_err();
    assert!(matches!(&refused, RegistryError::NameTaken { .. }), "{refused}");
    assert!(refused.to_string().contains("northpeak") && refused.to_string().contains("thief"), "{refused}");
    assert!(stored(&core, "fine").await.is_none(), "its neighbours are not stored either");

    let other = Brand { key: assay::registry::model::BrandKey::new("other"), ..thief.clone() };
    let within = core.registry.import(vec![thief.clone(), other], CHANGE, None).await;
    assert!(matches!(within.unwrap_err(), RegistryError::NameTaken { .. }));
    let twice =
        core.registry.import(vec![brand("x", "X", &["Xyzzyx"]), brand("x", "X", &["Xyzzyx"])], CHANGE, None).await;
    assert!(matches!(twice.unwrap_err(), RegistryError::GivenTwice(_)));
    core.keeper.refresh().await.unwrap();
    assert_eq!(core.keeper.current().revision, revision);

    core.registry.remove("northpeak", CHANGE, None).await.unwrap();
    import(&core, vec![thief]).await;
    assert!(stored(&core, "thief").await.is_some(), "a removed brand's names are free");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_name_may_move_from_one_brand_to_another_in_one_import(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    let mut from = brand("from", "From Ltd", &["Fromella", "Movella"]);
    let mut to = brand("to", "To Ltd", &["Tovella"]);
    import(&core, vec![from.clone(), to.clone()]).await;
    let moved = from.word_marks.pop().unwrap();
    to.word_marks.push(moved);
    let outcome = core.registry.import(vec![from, to], CHANGE, None).await;
    // A move is either done as a whole or refused with the names of both; never half.
    match outcome {
        Ok(report) => assert_eq!(report.changed.len(), 2),
        Err(refused) => assert!(matches!(refused, RegistryError::NameTaken { .. }), "{refused}"),
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_change_of_another_state_than_the_one_read_is_refused(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    let import_at = |brand: Brand, expected: i64| core.registry.import(vec![brand], CHANGE, Some(expected));
    let named = |name: &str| Brand { name: name.to_owned(), ..northpeak() };
    import_at(named("one"), 0).await.unwrap();
    let revision = store::brand(&core.db, "northpeak").await.unwrap().unwrap().1;
    let refused = import_at(named("two"), 0).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Stale { present, .. } if present == revision), "{refused}");
    import_at(named("two"), revision).await.unwrap();
    let refused = core.registry.remove("northpeak", CHANGE, Some(revision)).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Stale { .. }), "{refused}");
    let refused = core.registry.remove("nobody", CHANGE, None).await.unwrap_err();
    assert!(matches!(refused, RegistryError::UnknownBrand(_)), "{refused}");
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_reference_that_was_set_aside_stays_so_until_its_picture_changes(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    let key = ReferenceKey::new("northpeak/jacket");
    let with = |name: &str, picture: u32| Brand {
        name: name.to_owned(),
        references: vec![reference("northpeak/jacket", picture)],
        ..northpeak()
    };
    import(&core, vec![with("Northpeak", 1)]).await;
    let shown = pictures::read(&png(1), &DecodeLimits::default()).unwrap();
    let found = |core: &Core| core.keeper.current().images.find(&shown).len();
    assert_eq!(found(&core), 1);

    let because = Some("matches everything".to_owned());
    core.registry.set_quarantine("northpeak", &key, because.clone(), CHANGE).await.unwrap();
    assert_eq!(found(&core), 0, "what is set aside is not matched");
    assert_eq!(import(&core, vec![with("Northpeak", 1)]).await.unchanged, 1);
    assert_eq!(import(&core, vec![with("Northpeak Ltd", 1)]).await.changed["northpeak"], ["name"]);
    assert_eq!(stored(&core, "northpeak").await.unwrap().references[0].quarantine, because);
    assert_eq!(found(&core), 0);

    import(&core, vec![with("Northpeak Ltd", 2)]).await;
    assert_eq!(stored(&core, "northpeak").await.unwrap().references[0].quarantine, None);
    core.registry.set_quarantine("northpeak", &key, because, CHANGE).await.unwrap();
    core.registry.set_quarantine("northpeak", &key, None, CHANGE).await.unwrap();
    assert_eq!(stored(&core, "northpeak").await.unwrap().references[0].quarantine, None);
    let unknown = core.registry.set_quarantine("northpeak", &ReferenceKey::new("x"), None, CHANGE).await.unwrap_err();
    assert!(matches!(unknown, RegistryError::UnknownReference(_)));
}

/// Titles that name the brands in several ways, and some that name none.
fn probes(numbers: impl IntoIterator<Item = usize>) -> Vec<Listing> {
    let mut probes = vec![listing("none", "Plain cotton shirt, blue"), listing("word", "zorbium powder 1 kg")];
    for number in numbers {
        let name = numbered_name(number);
        probes.push(listing(&format!("exact {number}"), &format!("Original {name} running shoes size 43")));
        probes.push(listing(
            &format!("leet {number}"),
            &format!("shoes {} new", name.replace('o', "0").replace('i', "1")),
        ));
        probes.push(listing(&format!("case for {number}"), &format!("Case compatible with {}", name.to_uppercase())));
    }
    probes
}

fn verdicts(snapshot: &Snapshot, listings: &[Listing]) -> Vec<String> {
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let judge = |listing: &Listing| screen(snapshot, listing, &snapshot.merchant(None), now).to_json();
    listings.iter().map(judge).collect()
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_snapshot_that_followed_step_by_step_judges_like_one_built_at_once(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    import(&core, (0..60).map(numbered_brand).collect()).await;
    let listings = probes((0..75).step_by(3));
    for step in 0..12usize {
        match step % 4 {
            0 => drop(import(&core, vec![numbered_brand(60 + step)]).await),
            1 => core.registry.remove(&format!("b{}", step * 3), CHANGE, None).await.unwrap(),
            2 => {
                // The brand's former words must be gone, not only the new ones there.
                let renamed = brand(&format!("b{}", step * 3), "Renamed", &[&numbered_name(700 + step)]);
                import(&core, vec![renamed]).await;
            }
            _ => drop(import(&core, vec![numbered_brand(step * 3 - 6), numbered_brand(80 + step)]).await),
        }
        let fresh = SnapshotKeeper::open(core.db.clone()).await.unwrap().current();
        let followed = core.keeper.current();
        assert_eq!((followed.revision, &followed.registry_revision), (fresh.revision, &fresh.registry_revision));
        assert_eq!(verdicts(&followed, &listings), verdicts(&fresh, &listings), "after step {step}");
    }
    assert!(verdicts(&core.keeper.current(), &listings).iter().any(|verdict| verdict.contains("review")));
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn any_former_snapshot_can_be_had_again(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    let listings = probes(0..4);
    let mut former = Vec::new();
    for number in 0..4 {
        import(&core, vec![numbered_brand(number)]).await;
        let then = core.keeper.current();
        former.push((then.revision, verdicts(&then, &listings)));
    }
    core.registry.remove("b1", CHANGE, None).await.unwrap();
    core.packs
        .put(SMALL_PATH.to_owned(), Some(SMALL_PACK.replace("default = \"review\"", "default = \"block\"")), "test")
        .await
        .unwrap();
    for (revision, judged) in former {
        assert_eq!(verdicts(&core.keeper.at(revision).await.unwrap(), &listings), judged, "at revision {revision}");
    }
    assert!(core.keeper.at(9_999).await.is_err());
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_change_by_another_process_is_followed(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    let other = Core::open(&place.app_options()).await.unwrap();
    let seen = other.keeper.current();
    assert!(!other.keeper.refresh().await.unwrap(), "nothing new yet");
    import(&core, vec![northpeak()]).await;
    assert!(other.keeper.refresh().await.unwrap());
    let judged = listing("A", "Northpeak jacket");
    let decide = |snapshot: &Snapshot| screen(snapshot, &judged, &snapshot.merchant(None), SystemClock.now()).decision;
    assert_eq!((decide(&seen), decide(&other.keeper.current())), (Decision::Clear, Decision::Review));
    assert_eq!(other.keeper.current().registry_revision, core.keeper.current().registry_revision);

    let stricter = SMALL_PACK.replace("default = \"review\"", "default = \"block\"");
    other.packs.put(SMALL_PATH.to_owned(), Some(stricter), "test").await.unwrap();
    assert!(core.keeper.refresh().await.unwrap());
    assert_eq!(decide(&core.keeper.current()), Decision::Block);
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_service_follows_others_by_itself(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    let service = assay::app::App::start(&place.app_options()).await.unwrap();
    import(&core, vec![northpeak()]).await;
    let wanted = core.keeper.current().revision;
    eventually("the service sees the new brand", || async {
        (service.core.keeper.current().revision == wanted).then_some(())
    })
    .await;
    service.shutdown().await;
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_by_two_processes_at_once_are_all_kept(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    let other = Core::open(&place.app_options()).await.unwrap();
    let mut running = tokio::task::JoinSet::new();
    for number in 0..24 {
        let core = if number % 2 == 0 { core.clone() } else { other.clone() };
        running.spawn(async move { import(&core, vec![numbered_brand(number)]).await });
    }
    running.join_all().await;
    for core in [&core, &other] {
        core.keeper.refresh().await.unwrap();
    }
    assert_eq!(store::count(&core.db).await.unwrap(), 24);
    let fresh = SnapshotKeeper::open(core.db.clone()).await.unwrap().current();
    let listings = probes(0..24);
    let expected = verdicts(&fresh, &listings);
    assert_eq!(verdicts(&core.keeper.current(), &listings), expected);
    assert_eq!(verdicts(&other.keeper.current(), &listings), expected);
}

async fn record(core: &Core, judged: Listing) -> Recorded {
    let (recorder, _writer) = Recorder::start(core.db.clone(), clock(), ids(), |_| {});
    recorder.record(submission(&core.keeper.current(), judged)).await.unwrap()
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn an_old_verdict_is_proved_byte_for_byte_after_everything_changed(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    import(&core, vec![northpeak()]).await;
    let recorded = record(&core, listing("A", "N0rthpeak jacket, compatible zorbium")).await;
    assert_eq!(recorded.decision, Decision::Block);
    core.registry.remove("northpeak", CHANGE, None).await.unwrap();
    import(&core, (0..20).map(numbered_brand).collect()).await;
    core.packs
        .put("more.toml".to_owned(), Some(SMALL_PACK.replace("id = \"small\"", "id = \"more\"")), "test")
        .await
        .unwrap();
    core.packs.put(SMALL_PATH.to_owned(), None, "test").await.unwrap();
    let proof = replay::run(&core.db, &core.keeper, &core.looks, recorded.verdict).await.unwrap().unwrap();
    assert!(proof.same, "{proof:?}");
    assert!(proof.differences.is_empty());
    let again = Core::open(&place.app_options()).await.unwrap();
    assert!(replay::run(&again.db, &again.keeper, &again.looks, recorded.verdict).await.unwrap().unwrap().same);
}

async fn tamper(db: &Db, sql: &'static str, verdict: &Recorded) {
    let mut tx = db.begin().await.unwrap();
    tx.execute(sql, params![verdict.verdict]).await.unwrap();
    tx.commit().await.unwrap();
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_verdict_that_was_tampered_with_is_told_apart_member_by_member(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let core = small_core(&place).await;
    let recorded = record(&core, listing("A", "zorbium powder")).await;
    tamper(
        &core.db,
        "UPDATE verdict SET body = replace(body, '\"verdict\":\"block\"', '\"verdict\":\"clear\"') WHERE id = $1",
        &recorded,
    )
    .await;
    let proof = replay::run(&core.db, &core.keeper, &core.looks, recorded.verdict).await.unwrap().unwrap();
    assert_eq!(
        (proof.same, proof.differences.as_slice()),
        (false, [r#"verdict: was "clear", is "block""#.to_owned()].as_slice())
    );

    let spaced = record(&core, listing("B", "zorbium powder")).await;
    tamper(&core.db, "UPDATE verdict SET body = replace(body, '{\"verdict\"', '{ \"verdict\"') WHERE id = $1", &spaced)
        .await;
    let proof = replay::run(&core.db, &core.keeper, &core.looks, spaced.verdict).await.unwrap().unwrap();
    assert!(!proof.same && proof.differences[0].contains("spacing"), "{proof:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_mark_added_to_twenty_thousand_brands_is_a_small_step_with_the_same_verdicts() {
    const BRANDS: usize = 20_000;
    let place = Place::new(Engine::Sqlite).await;
    let core = small_core(&place).await;
    import(&core, (0..BRANDS).map(numbered_brand).collect()).await;
    let before = core.keeper.current();
    import(&core, vec![northpeak()]).await;
    let after = core.keeper.current();
    assert_eq!(after.marks.mark_count(), before.marks.mark_count() + 1);
    assert!(Arc::ptr_eq(&before.packs, &after.packs), "rules that did not change are not compiled again");

    let mut listings = probes([0, 7, 4_321, BRANDS - 1, BRANDS]);
    listings.push(listing("new", "N0rthpeak jacket"));
    let fresh = SnapshotKeeper::open(core.db.clone()).await.unwrap().current();
    let followed = verdicts(&after, &listings);
    assert_eq!(followed, verdicts(&fresh, &listings));
    assert!(followed.last().unwrap().contains(r#""verdict":"review""#), "the new mark counts");
    assert_ne!(verdicts(&before, &listings).last(), followed.last(), "and did not before");
}

#[tokio::test]
async fn a_fresh_database_gets_the_shipped_rules_once() {
    let place = Place::new(Engine::Sqlite).await;
    let core = Core::open(&place.app_options()).await.unwrap();
    let shipped = assay::registry::packs::shipped();
    let snapshot = core.keeper.current();
    assert!(!shipped.is_empty());
    assert_eq!(snapshot.packs.packs().len(), shipped.len());
    core.db.close().await;
    let again = Core::open(&place.app_options()).await.unwrap();
    assert_eq!(again.keeper.current().revision, snapshot.revision);
    assert_eq!(again.keeper.current().packs.revision(), snapshot.packs.revision());
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_at_once_on_a_fresh_database_agree_on_the_rules(#[case] engine: Engine) {
    let place = Place::new(engine).await;
    let options = place.app_options();
    let (first, second) = tokio::join!(Core::open(&options), Core::open(&options));
    let (first, second) = (first.unwrap(), second.unwrap());
    for core in [&first, &second] {
        core.keeper.refresh().await.unwrap();
    }
    let (first, second) = (first.keeper.current(), second.keeper.current());
    assert_eq!((first.revision, first.packs.revision()), (second.revision, second.packs.revision()));
    assert_eq!(first.packs.packs().len(), assay::registry::packs::shipped().len());
}
