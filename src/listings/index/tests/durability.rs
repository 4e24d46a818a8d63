use std::fs;
use std::path::{Path, PathBuf};

use super::super::{IndexChange, IndexDocument, IndexError, IndexOptions, IndexStatus, ListingIndex, ListingSearch};
use super::super::{Opening, SCHEMA_VERSION, SearchQuery};
use super::{fill, id, index_of, listing};

fn titles(search: &ListingSearch) -> Vec<String> {
    let page = search.search(&SearchQuery { limit: 100, ..SearchQuery::default() }).unwrap();
    let mut titles: Vec<String> = page.hits.into_iter().map(|hit| hit.title).collect();
    titles.sort();
    titles
}

fn change(document: IndexDocument, position: i64) -> IndexChange {
    IndexChange { document, position }
}

/// The files with their lengths, and the last commit.
fn state(of: &Path) -> (Vec<(std::ffi::OsString, u64)>, Vec<u8>) {
    let sized = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.ok()?;
        Some((entry.file_name(), entry.metadata().ok()?.len()))
    };
    let mut files: Vec<_> = fs::read_dir(of).unwrap().filter_map(sized).collect();
    files.sort();
    (files, fs::read(of.join("meta.json")).unwrap())
}

/// Copies the files as a crash at this moment would leave them: again, when a merge in the
/// background changed them meanwhile.
fn copy(from: &Path, to: &Path) -> PathBuf {
    loop {
        let before = state(from);
        let _ = fs::remove_dir_all(to);
        fs::create_dir_all(to).unwrap();
        let copied = before.0.iter().all(|(name, _)| fs::copy(from.join(name), to.join(name)).is_ok());
        if copied && state(from) == before {
            return to.to_owned();
        }
    }
}

#[test]
fn a_listing_applied_again_replaces_itself() {
    let (_home, mut index) = index_of(vec![listing(1, "old"), listing(2, "two")]);
    let batch = [change(listing(1, "newer"), 3), change(listing(1, "newest"), 4), change(listing(3, "three"), 5)];
    for _ in 0..3 {
        index.apply(&batch).unwrap();
        index.apply(&batch).unwrap();
        index.commit(5).unwrap();
        assert_eq!(titles(&index.search_handle()), ["newest", "three", "two"]);
    }
    assert_eq!((index.status().unwrap().documents, index.indexed_through()), (3, 5));
}

#[test]
fn nothing_shows_before_its_commit_and_everything_with_it() {
    let (_home, mut index) = index_of(vec![listing(1, "one")]);
    let search = index.search_handle();
    index.apply(&[change(listing(2, "two"), 2)]).unwrap();
    assert_eq!((titles(&search), search.indexed_through()), (vec!["one".to_owned()], 1));
    index.commit(2).unwrap();
    assert_eq!((titles(&search).len(), search.indexed_through()), (2, 2));
}

#[test]
fn a_process_that_stops_before_its_commit_goes_on_from_the_last_one() {
    let (home, mut index) = index_of(vec![listing(1, "one")]);
    let batch = [change(listing(1, "changed"), 2), change(listing(2, "two"), 3)];
    index.apply(&batch).unwrap();
    drop(index);
    let mut index = ListingIndex::open(&home.path().join("listings")).unwrap();
    assert_eq!((index.indexed_through(), index.needs_rebuild()), (1, false));
    assert_eq!(titles(&index.search_handle()), ["one"]);
    index.apply(&batch).unwrap();
    index.commit(3).unwrap();
    assert_eq!(titles(&index.search_handle()), ["changed", "two"]);
}

#[test]
fn files_copied_at_any_step_open_with_a_position_that_fits_their_content() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("listings");
    let mut index = ListingIndex::open(&directory).unwrap();
    let mut copies = vec![copy(&directory, &home.path().join("copy-start"))];
    for position in 1..=6 {
        index.apply(&[change(listing(position as u64, "listing"), position)]).unwrap();
        copies.push(copy(&directory, &home.path().join(format!("copy-{position}-applied"))));
        index.commit(position).unwrap();
        copies.push(copy(&directory, &home.path().join(format!("copy-{position}-committed"))));
    }
    for copied in copies {
        let index = ListingIndex::open(&copied).unwrap();
        assert_eq!(*index.opening(), Opening::Existing, "{}", copied.display());
        let documents = index.search_handle().documents();
        assert_eq!(documents as i64, index.indexed_through(), "{}", copied.display());
    }
}

/// Tells a copy of this test binary to write to the directory until it is killed.
const VICTIM: &str = "ASSAY_TEST_INDEX_VICTIM";

#[test]
fn a_killed_writer_leaves_a_usable_index_and_no_lock() {
    if let Some(directory) = std::env::var_os(VICTIM) {
        let mut index = ListingIndex::open(Path::new(&directory)).unwrap();
        for position in index.indexed_through() + 1.. {
            index.apply(&[change(listing(position as u64, "listing"), position)]).unwrap();
            index.commit(position).unwrap();
        }
    }
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("listings");
    let (_, module) = module_path!().split_once("::").unwrap();
    let name = format!("{module}::a_killed_writer_leaves_a_usable_index_and_no_lock");
    let mut reached = 0;
    for round in 0..6u64 {
        let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name])
            .env(VICTIM, &directory)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let position = || IndexStatus::read(&directory).map_or(0, |status| status.indexed_through);
        while position() < reached + 3 {
            assert!(victim.try_wait().unwrap().is_none(), "the writer ended by itself");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        // Another moment of its work in each round.
        std::thread::sleep(std::time::Duration::from_millis(round * 7));
        victim.kill().unwrap();
        victim.wait().unwrap();
        let index = ListingIndex::open(&directory).unwrap();
        assert_eq!(*index.opening(), Opening::Existing);
        assert_eq!(index.search_handle().documents() as i64, index.indexed_through());
        assert!(index.indexed_through() >= reached + 3);
        reached = index.indexed_through();
    }
}

#[test]
fn one_process_writes_and_others_may_read() {
    let (home, mut index) = index_of(vec![listing(1, "one")]);
    let directory = home.path().join("listings");
    let second = ListingIndex::open(&directory).err().unwrap();
    assert!(matches!(&second, IndexError::Locked { .. }), "{second}");
    assert!(second.to_string().contains("in use by another process"), "{second}");
    let reader = ListingSearch::open_read_only(&directory).unwrap();
    fill(&mut index, vec![listing(1, "one"), listing(2, "two")]);
    assert_eq!(reader.indexed_through(), 1);
    reader.refresh().unwrap();
    assert_eq!((reader.indexed_through(), titles(&reader).len()), (2, 2));
    drop(index);
    // The lock files are still there; nobody holds them.
    assert!(home.path().join("listings.lock").exists());
    assert!(ListingIndex::open(&directory).is_ok());
}

#[test]
fn status_tells_size_and_progress_while_a_server_writes() {
    let (home, mut index) = index_of(vec![listing(1, "one"), listing(2, "two")]);
    fill(&mut index, vec![listing(1, "one again")]);
    let status = IndexStatus::read(&home.path().join("listings")).unwrap();
    assert_eq!((status.documents, status.indexed_through, status.schema), (2, 1, SCHEMA_VERSION));
    assert!(status.bytes > 0 && status.segments >= 1);
}

#[test]
fn a_missing_index_is_a_clear_answer_for_readers_and_a_new_index_for_writers() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("deep/listings");
    let error = ListingSearch::open_read_only(&directory).err().unwrap();
    assert!(matches!(error, IndexError::Missing { .. }));
    assert!(error.to_string().contains("assay index rebuild"));
    let index = ListingIndex::open(&directory).unwrap();
    assert_eq!((index.opening(), index.needs_rebuild(), index.indexed_through()), (&Opening::Created, true, 0));
}

/// A way of damaging an index; the name is shown when the test fails.
type Damage = (&'static str, fn(&Path));

fn segment_files(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|found| found == ending)).collect()
}

fn damages() -> Vec<Damage> {
    vec![
        ("meta.json cut", |directory| {
            let meta = fs::read(directory.join("meta.json")).unwrap();
            fs::write(directory.join("meta.json"), &meta[..meta.len() / 2]).unwrap();
        }),
        ("meta.json garbled", |directory| fs::write(directory.join("meta.json"), b"\xFF\x00\xFE").unwrap()),
        ("meta.json gone", |directory| fs::remove_file(directory.join("meta.json")).unwrap()),
        ("no position in the commit", |directory| {
            let meta = fs::read_to_string(directory.join("meta.json")).unwrap();
            let end = meta.find("\"payload\"").unwrap();
            fs::write(directory.join("meta.json"), format!("{}\"payload\":\"x\"}}", &meta[..end])).unwrap();
        }),
        (".managed.json garbled", |directory| fs::write(directory.join(".managed.json"), b"{").unwrap()),
        ("terms garbled", |directory| {
            for file in segment_files(directory, "term") {
                let mut bytes = fs::read(&file).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0xFF;
                fs::write(file, bytes).unwrap();
            }
        }),
        ("store cut", |directory| {
            for file in segment_files(directory, "store") {
                let bytes = fs::read(&file).unwrap();
                fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
            }
        }),
        ("columns emptied", |directory| {
            segment_files(directory, "fast").into_iter().for_each(|file| fs::write(file, b"").unwrap());
        }),
        ("postings gone", |directory| {
            segment_files(directory, "idx").into_iter().for_each(|file| fs::remove_file(file).unwrap());
        }),
    ]
}

#[test]
fn a_damaged_index_is_put_aside_and_filled_again() {
    for (name, damage) in damages() {
        let (home, index) = index_of(vec![listing(1, "one"), listing(2, "two")]);
        index.close().unwrap();
        let directory = home.path().join("listings");
        damage(&directory);
        let mut index = ListingIndex::open(&directory).unwrap_or_else(|error| panic!("{name}: {error}"));
        let Opening::Damaged { problem, moved_to } = index.opening().clone() else {
            panic!("{name}: {:?}", index.opening());
        };
        assert!(!problem.is_empty() && moved_to.is_dir(), "{name}: {problem}");
        assert_eq!((index.needs_rebuild(), index.indexed_through()), (true, 0), "{name}");
        fill(&mut index, vec![listing(1, "one"), listing(2, "two")]);
        assert_eq!(titles(&index.search_handle()), ["one", "two"], "{name}");
    }
}

#[test]
fn a_reader_of_a_damaged_index_gets_an_error_and_changes_nothing() {
    let (home, index) = index_of(vec![listing(1, "one")]);
    index.close().unwrap();
    let directory = home.path().join("listings");
    fs::write(directory.join("meta.json"), b"nonsense").unwrap();
    let error = IndexStatus::read(&directory).unwrap_err();
    assert!(matches!(error, IndexError::Damaged { .. }), "{error}");
    assert!(directory.exists() && !home.path().join("listings.broken-1").exists());
}

#[test]
fn only_the_last_damaged_indexes_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("listings");
    for _ in 0..5 {
        drop(ListingIndex::open(&directory).unwrap());
        fs::write(directory.join("meta.json"), b"nonsense").unwrap();
    }
    drop(ListingIndex::open(&directory).unwrap());
    let kept = fs::read_dir(home.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".broken-"));
    assert_eq!(kept.count(), 3);
}

#[test]
fn an_index_of_another_schema_is_replaced() {
    let (home, index) = index_of(vec![listing(1, "one")]);
    index.close().unwrap();
    let directory = home.path().join("listings");
    let meta = fs::read_to_string(directory.join("meta.json")).unwrap();
    let (now, other) = (format!("schema\\\":{SCHEMA_VERSION}"), "schema\\\":999");
    assert!(meta.contains(&now), "{meta}");
    fs::write(directory.join("meta.json"), meta.replace(&now, other)).unwrap();
    let error = ListingSearch::open_read_only(&directory).err().unwrap();
    assert!(matches!(error, IndexError::OtherSchema { found: 999, .. }), "{error}");
    let index = ListingIndex::open(&directory).unwrap();
    assert_eq!(*index.opening(), Opening::OtherSchema { found: 999 });
    assert_eq!((index.needs_rebuild(), index.search_handle().documents()), (true, 0));
}

#[test]
fn a_rebuild_beside_the_index_takes_its_place_under_open_handles() {
    let (home, mut index) = index_of(vec![listing(1, "stale"), listing(2, "gone")]);
    let search = index.search_handle();
    let mut next = index.begin_rebuild().unwrap();
    assert!(matches!(index.begin_rebuild(), Err(IndexError::Locked { .. })));
    fill(&mut next, vec![listing(1, "fresh")]);
    assert_eq!(titles(&search), ["gone", "stale"]);
    index.finish_rebuild(next).unwrap();
    assert_eq!((titles(&search), search.indexed_through()), (vec!["fresh".to_owned()], 1));
    index.apply(&[change(listing(3, "later"), 2)]).unwrap();
    index.commit(2).unwrap();
    assert_eq!(titles(&search), ["fresh", "later"]);
    assert!(!home.path().join("listings.next").exists() && !home.path().join("listings.old").exists());
}

#[test]
fn a_switch_interrupted_between_its_steps_is_finished_at_the_next_opening() {
    let (home, index) = index_of(vec![listing(1, "stale")]);
    let mut next = index.begin_rebuild().unwrap();
    fill(&mut next, vec![listing(1, "fresh")]);
    next.close().unwrap();
    index.close().unwrap();
    let directory = home.path().join("listings");
    fs::rename(&directory, home.path().join("listings.old")).unwrap();
    let index = ListingIndex::open(&directory).unwrap();
    assert_eq!(titles(&index.search_handle()), ["fresh"]);
    assert!(!home.path().join("listings.old").exists());
}

#[test]
fn a_refused_directory_is_an_error_and_not_damage() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("listings");
    fs::write(&file, b"a file where the directory should be").unwrap();
    assert!(matches!(ListingIndex::open(&file), Err(IndexError::Io { .. })));
    assert_eq!(fs::read(&file).unwrap(), b"a file where the directory should be");
}

#[test]
fn absurd_memory_budgets_are_moved_into_bounds() {
    let home = tempfile::tempdir().unwrap();
    for memory_budget_bytes in [0, usize::MAX] {
        let options = IndexOptions { memory_budget_bytes, verify: true };
        assert!(ListingIndex::open_with(&home.path().join("listings"), options).is_ok());
    }
}

#[test]
fn huge_and_strange_documents_are_indexed_within_bounds() {
    let mut strange = IndexDocument {
        description: "word ".repeat(200_000),
        brand: Some("b".repeat(100_000)),
        merchant: Some("鞋".repeat(100_000)),
        category: Some("a>".repeat(100_000)),
        currency: Some(String::new()),
        price_minor: Some(i64::MIN),
        brands: vec!["key".to_owned(); 10_000],
        classes: vec![String::new()],
        image_hashes: vec![[0xFF; 32]; 1_000],
        ..listing(1, &"x".repeat(1_000_000))
    };
    strange.external_id = "\u{0}".repeat(1_000);
    let (_home, index) = index_of(vec![strange, listing(2, "")]);
    let search = index.search_handle();
    assert_eq!(search.documents(), 2);
    assert_eq!(search.all(None, 10).unwrap().listings, [id(1), id(2)]);
}
