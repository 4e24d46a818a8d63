//! The real program under load, killed, damaged and starved: nothing that was acknowledged is
//! lost, doubled or half there.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Client;
use rstest::rstest;
use serde_json::{Value, json};

use assay::params;
use assay::store::Db;

use support::data::store_small_pack;
use support::{Engine, Place, eventually};

const ASSAY: &str = env!("CARGO_BIN_EXE_assay");

/// The program over a place, as a stranger would start it.
struct Program {
    child: Child,
    base: String,
    key: String,
    client: Client,
}

/// Runs a command of the program to its end; answers its standard output and its exit code.
fn run(place: &Place, data: &Path, arguments: &[&str]) -> (String, i32) {
    let mut command = Command::new(ASSAY);
    command.args(arguments).args(where_arguments(place, data)).stderr(Stdio::piped());
    let done = command.output().expect("the program runs");
    let text = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    let code = done.status.code().unwrap_or(-1);
    assert!(code != 2, "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    (text, code)
}

fn where_arguments(place: &Place, data: &Path) -> Vec<String> {
    let mut arguments = vec!["--data".to_owned(), data.display().to_string()];
    if place.engine == Engine::Postgres {
        arguments.extend(["--database".to_owned(), place.address.clone()]);
    }
    arguments
}

impl Program {
    async fn start(place: &Place, data: &Path, key: &str) -> Self {
        let mut child = Command::new(ASSAY)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn"])
            .args(where_arguments(place, data))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is a pipe")).lines();
        let first = tokio::task::spawn_blocking(move || {
            let first = lines.find_map(|line| Some(line.ok()?.strip_prefix("listening on ")?.to_owned()));
            // Whatever it prints later must have somewhere to go.
            std::thread::spawn(move || lines.for_each(drop));
            first
        });
        let base = first.await.expect("the reader ends").expect("it says where it listens");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
        Self { child, base, key: key.to_owned(), client }
    }

    /// SIGKILL, as a power cut would.
    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    fn sender(&self) -> Sender {
        Sender { base: self.base.clone(), key: self.key.clone(), client: self.client.clone() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone)]
struct Sender {
    base: String,
    key: String,
    client: Client,
}

impl Sender {
    /// The status and body of an answer; nothing when the program went away.
    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let text = response.text().await.ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    async fn submit(&self, id: &str, title: &str) -> Option<(u16, Value)> {
        self.send("POST", "/v1/listings", Some(&json!({"id": id, "title": title}))).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, None).await.expect("the program answers")
    }
}

/// A data directory with the small rule pack, and a key.
async fn prepared(engine: Engine) -> (Place, PathBuf, String) {
    let place = Place::new(engine).await;
    let db = place.open().await;
    store_small_pack(&db).await;
    db.close().await;
    let data = place.data().to_owned();
    let key = make_key(&place, &data);
    (place, data, key)
}

fn make_key(place: &Place, data: &Path) -> String {
    let scopes =
        ["--scope", "listings:write", "--scope", "listings:read", "--scope", "operations", "--scope", "events:read"];
    let mut arguments = vec!["keys", "create", "--name", "test"];
    arguments.extend(scopes);
    run(place, data, &arguments).0
}

/// What the program answered to one submission that it acknowledged as new.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Acknowledged {
    external_id: String,
    version: i64,
    verdict: String,
}

fn acknowledged(answer: &Value) -> Option<Acknowledged> {
    let taken = answer["taken"].as_str()?;
    matches!(taken, "created" | "updated" | "rejudged").then_some(())?;
    Some(Acknowledged {
        external_id: answer["external_id"].as_str()?.to_owned(),
        version: answer["version"].as_i64()?,
        verdict: answer["verdict"]["id"].as_str()?.to_owned(),
    })
}

/// Sends listings from several clients until told to stop or the program is gone.
fn load(sender: &Sender, round: usize, stop: &Arc<AtomicBool>) -> tokio::task::JoinSet<Vec<Acknowledged>> {
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..8 {
        let (sender, stop) = (sender.clone(), Arc::clone(stop));
        clients.spawn(async move {
            let mut known = Vec::new();
            for number in 0..10_000 {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // Half are new listings, half are changes of a few that all clients share.
                let id = match number % 2 {
                    0 => format!("L{round}-{client}-{number}"),
                    _ => format!("shared {}", number % 6),
                };
                let title = format!("zorbium {round} {client} {number}");
                match sender.submit(&id, &title).await {
                    Some((201, answer)) => known.extend(acknowledged(&answer)),
                    Some((200 | 503, _)) => {}
                    Some((status, answer)) => panic!("{status}: {answer}"),
                    None => break,
                }
            }
            known
        });
    }
    clients
}

async fn count(db: &Db, sql: &'static str, of: &str) -> i64 {
    let row = db.optional(sql, params![of]).await.expect("the database answers").expect("a count has a row");
    row.get("n").expect("a count is a number")
}

/// Everything that was acknowledged is there exactly once, and nothing is half there.
async fn check_all(place: &Place, known: &BTreeSet<Acknowledged>) {
    let db = place.open().await;
    let mut newest: BTreeMap<&str, i64> = BTreeMap::new();
    for one in known {
        let verdict = count(&db, "SELECT count(*) AS n FROM verdict WHERE id = $1", &one.verdict).await;
        let entry = count(
            &db,
            "SELECT count(*) AS n FROM audit_entry WHERE kind = 'listing.screened' AND subject = $1",
            &one.verdict,
        );
        let event = format!("%\"verdict\":\"{}\"%", one.verdict);
        let event =
            count(&db, "SELECT count(*) AS n FROM outbox WHERE kind = 'listing.screened' AND body LIKE $1", &event);
        assert_eq!((verdict, entry.await, event.await), (1, 1, 1), "{one:?}");
        let version = newest.entry(&one.external_id).or_default();
        *version = one.version.max(*version);
    }
    for (external_id, version) in newest {
        let row = assay::screening::store::listing_by_external_id(&db, external_id).await.expect("the row is readable");
        assert!(row.expect("the listing is there").version >= version, "{external_id} went back");
    }
    let pairs: [(&str, &'static str); 3] = [
        (
            "verdicts and audit entries",
            "SELECT (SELECT count(*) FROM verdict) - (SELECT count(*) FROM audit_entry WHERE kind = $1) AS n",
        ),
        (
            "verdicts and events",
            "SELECT (SELECT count(*) FROM verdict) - (SELECT count(*) FROM outbox WHERE kind = $1) AS n",
        ),
        (
            "listings without their verdict",
            "SELECT count(*) AS n FROM listing WHERE $1 <> '' AND verdict_id NOT IN (SELECT id FROM verdict)",
        ),
    ];
    for (what, sql) in pairs {
        assert_eq!(count(&db, sql, "listing.screened").await, 0, "{what}");
    }
    let last = assay::events::last_position(&db).await.expect("the head is readable");
    let events = count(&db, "SELECT count(*) AS n FROM outbox WHERE $1 <> ''", "x").await;
    assert_eq!(events, last, "positions have no gaps");
    db.close().await;
}

/// Waits until the index holds as many listings as the database.
async fn index_catches_up(sender: &Sender, place: &Place) {
    let db = place.open().await;
    let wanted = count(&db, "SELECT count(*) AS n FROM listing WHERE $1 <> ''", "x").await;
    db.close().await;
    eventually("the index catches up", || async {
        let (status, answer) = sender.get("/v1/listings?q=zorbium&limit=1").await;
        assert_eq!(status, 200, "{answer}");
        (answer["total"].as_i64() == Some(wanted)).then_some(())
    })
    .await;
}

#[rstest]
#[case::sqlite(Engine::Sqlite, 6, 0x5eed_0001)]
#[case::postgres(Engine::Postgres, 2, 0x5eed_0002)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_kill_is_there_after_it(
    #[case] engine: Engine,
    #[case] rounds: usize,
    #[case] seed: u64,
) {
    let (place, data, key) = prepared(engine).await;
    let mut known = BTreeSet::new();
    let mut random = seed;
    for round in 0..rounds {
        let program = Program::start(&place, &data, &key).await;
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = load(&program.sender(), round, &stop);
        // xorshift64 (Marsaglia 2003): the same moments in every run, as far as a machine allows.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        tokio::time::sleep(Duration::from_millis(40 + random % 900)).await;
        program.kill();
        stop.store(true, Ordering::Relaxed);
        while let Some(answers) = clients.join_next().await {
            known.extend(answers.expect("a client ends"));
        }
        check_all(&place, &known).await;
    }
    assert!(known.len() > rounds, "the program was under load: {} answers", known.len());
    let program = Program::start(&place, &data, &key).await;
    index_catches_up(&program.sender(), &place).await;
    let (_, report) = program.sender().send("POST", "/v1/audit/verify", None).await.expect("it answers");
    assert_eq!(report.get("first_bad"), None, "{report}");
    program.kill();
    let (text, code) = run(&place, &data, &["audit", "verify"]);
    assert_eq!(code, 0, "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_told_to_end_answers_what_it_has_begun() {
    let (place, data, key) = prepared(Engine::Sqlite).await;
    let mut program = Program::start(&place, &data, &key).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = load(&program.sender(), 0, &stop);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let told = Command::new("kill").args(["-TERM", &program.child.id().to_string()]).status();
    assert!(told.expect("kill is there").success());
    stop.store(true, Ordering::Relaxed);
    let mut known = BTreeSet::new();
    while let Some(answers) = clients.join_next().await {
        known.extend(answers.expect("a client ends"));
    }
    let ended = eventually("the program ends", || {
        let ended = program.child.try_wait().expect("it can be asked");
        async move { ended }
    })
    .await;
    assert!(ended.success(), "{ended}");
    check_all(&place, &known).await;
}

/// The files of the listing index, whatever its layout.
fn index_files(data: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![data.join("indexes")];
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).expect("the index is there").flatten() {
            match entry.path() {
                path if path.is_dir() => waiting.push(path),
                path => found.push(path),
            }
        }
    }
    found
}

#[rstest]
#[case::garbage_in_meta("meta.json", Some(b"}{ no JSON" as &[u8]))]
#[case::an_empty_meta("meta.json", Some(b"" as &[u8]))]
#[case::no_meta("meta.json", None)]
#[case::a_missing_segment(".store", None)]
#[case::a_cut_segment(".idx", Some(b"x" as &[u8]))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_index_is_built_anew_and_nothing_is_lost(#[case] ending: &str, #[case] content: Option<&[u8]>) {
    let (place, data, key) = prepared(Engine::Sqlite).await;
    let program = Program::start(&place, &data, &key).await;
    let sender = program.sender();
    for number in 0..12 {
        let (status, answer) = sender.submit(&format!("L{number}"), "zorbium").await.expect("it answers");
        assert_eq!(status, 201, "{answer}");
    }
    index_catches_up(&sender, &place).await;
    program.kill();

    let files: Vec<PathBuf> =
        index_files(&data).into_iter().filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    assert!(!files.is_empty(), "the index has files that end in {ending}");
    for file in files {
        match content {
            Some(content) => std::fs::write(file, content).expect("the file is writable"),
            None => std::fs::remove_file(file).expect("the file can go"),
        }
    }
    let program = Program::start(&place, &data, &key).await;
    let sender = program.sender();
    let (status, answer) = sender.submit("L12", "zorbium").await.expect("it serves");
    assert_eq!(status, 201, "{answer}");
    index_catches_up(&sender, &place).await;
    let (status, ready) = sender.get("/health/ready").await;
    assert_eq!((status, &ready["ready"]), (200, &json!(true)), "{ready}");
}

/// A file system of its own that can be filled; goes when it is dropped.
struct SmallDisk {
    path: PathBuf,
    _place: tempfile::TempDir,
}

impl SmallDisk {
    fn mount(megabytes: u32) -> Self {
        let place = tempfile::tempdir().expect("the temporary directory is writable");
        let path = place.path().to_owned();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&path)
            .stderr(Stdio::piped())
            .output();
        let mounted = mounted.expect("mount is there");
        assert!(
            mounted.status.success(),
            "this test mounts a small file system to fill it, which needs root: run scripts/test as root ({})",
            String::from_utf8_lossy(&mounted.stderr).trim()
        );
        Self { path, _place: place }
    }

    /// Writes a file until nothing more fits.
    fn fill(&self) -> PathBuf {
        let ballast = self.path.join("ballast");
        let mut file = std::fs::File::create(&ballast).expect("a file can be made");
        for size in [1 << 16, 1 << 12, 1 << 8, 1] {
            while std::io::Write::write_all(&mut file, &vec![0; size]).is_ok() {}
        }
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_so_and_nothing_that_was_stored_is_lost() {
    let disk = SmallDisk::mount(24);
    // Only the data directory lies on the small disk.
    let place = Place::over(&disk.path);
    let db = place.open().await;
    store_small_pack(&db).await;
    db.close().await;
    let data = disk.path.clone();
    let key = make_key(&place, &data);
    let program = Program::start(&place, &data, &key).await;
    let sender = program.sender();
    let mut known = BTreeSet::new();
    for number in 0..20 {
        let (status, answer) = sender.submit(&format!("before {number}"), "zorbium").await.expect("it answers");
        assert_eq!(status, 201, "{answer}");
        known.extend(acknowledged(&answer));
    }
    let ballast = disk.fill();
    let mut refused = 0;
    let description = "x".repeat(40_000);
    for number in 0..200 {
        let listing = json!({"id": format!("during {number}"), "title": "zorbium", "description": description});
        let (status, answer) = sender.send("POST", "/v1/listings", Some(&listing)).await.expect("it still answers");
        match status {
            201 => known.extend(acknowledged(&answer)),
            507 | 503 => {
                refused += 1;
                let kinds = ["/problems/storage-full", "/problems/not-ready", "/problems/overloaded"];
                assert!(answer["type"].as_str().is_some_and(|kind| kinds.contains(&kind)), "{answer}");
            }
            _ => panic!("{status}: {answer}"),
        }
        if refused == 10 {
            break;
        }
    }
    assert_eq!(refused, 10, "the disk is full");
    let (status, _) = sender.get("/v1/listings/by-external-id/before%200").await;
    assert_eq!(status, 200, "what is stored can be read");
    assert_eq!(sender.get("/health/live").await.0, 200);

    std::fs::remove_file(ballast).expect("the ballast can go");
    let after = eventually("it takes listings again", || async {
        let (status, answer) = sender.submit("after", "zorbium").await?;
        (status == 201).then_some(answer)
    })
    .await;
    known.extend(acknowledged(&after));
    index_catches_up(&sender, &place).await;
    program.kill();
    check_all(&place, &known).await;
    let (text, code) = run(&place, &data, &["audit", "verify"]);
    assert_eq!(code, 0, "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_later_build_is_refused_with_the_way_out() {
    let (place, data, _key) = prepared(Engine::Sqlite).await;
    let db = place.open().await;
    let mut tx = db.begin().await.unwrap();
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (99991231, 'later', 1, x'00', 0)";
    tx.execute(later, vec![]).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let mut child = Command::new(ASSAY)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(2), "{said}");
    assert!(said.contains("newer build"), "{said}");
}
