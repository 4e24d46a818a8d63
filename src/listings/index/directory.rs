//! The index directory: locked, inspected, replaced when it cannot be used.
//!
//! Beside `<dir>` may stand `<dir>.lock` (held by the one writer), `<dir>.broken-<n>`
//! (damaged indexes put aside for study), and during a rebuild `<dir>.next` and
//! `<dir>.old`.

use std::fs::{File, OpenOptions, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tantivy::directory::MmapDirectory;
use tantivy::directory::error::OpenReadError;
use tantivy::tokenizer::{TextAnalyzer, WhitespaceTokenizer};
use tantivy::{Directory as _, Index, IndexReader, ReloadPolicy, TantivyError};

use super::schema::{Fields, PRE_CUT, SCHEMA_VERSION};
use super::{IndexError, words};

/// Damaged indexes kept for study; older ones are deleted.
const BROKEN_KEPT: usize = 3;
/// What follows the name of a damaged index put aside, before its number.
const BROKEN: &str = ".broken-";

/// What was found when an index was opened for writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A usable index.
    Existing,
    /// Nothing; an empty index was created.
    Created,
    /// An index of another schema version (0 = it does not say); it was deleted and an empty one created.
    OtherSchema {
        /// The version found.
        found: u32,
    },
    /// A damaged index; it was moved aside and an empty one created.
    Damaged {
        /// What was wrong, in one sentence.
        problem: String,
        /// Where the damaged files are now.
        moved_to: PathBuf,
    },
}

/// What travels inside every commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Payload {
    /// Everything up to this position is in the index.
    pub position: i64,
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema: u32,
}

impl Payload {
    /// The payload of the last commit; position 0 before the first.
    pub fn of(index: &Index) -> Result<Self, TantivyError> {
        let metas = index.load_metas()?;
        let Some(text) = metas.payload else {
            let schema = if metas.segments.is_empty() { SCHEMA_VERSION } else { 0 };
            return Ok(Self { position: 0, schema });
        };
        serde_json::from_str(&text)
            .map_err(|problem| TantivyError::InvalidArgument(format!("the commit carries no position: {problem}")))
    }
}

/// What an index directory turned out to be.
pub(super) enum Found {
    Usable(Index),
    Nothing,
    OtherSchema(u32),
    Damaged(String),
}

/// The path `<dir><suffix>` beside the directory.
pub(super) fn beside(directory: &Path, suffix: &str) -> PathBuf {
    let mut name = directory.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// How often the lock is tried, and the pause between. A writer that is just ending holds it for
/// a moment longer, and so does a child process between its start and its program.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(25);

/// Takes the writer's lock; it is released when the file is dropped, also by a killed process.
pub(super) fn lock(directory: &Path) -> Result<File, IndexError> {
    let path = beside(directory, ".lock");
    let parent = parent(&path);
    std::fs::create_dir_all(parent).map_err(IndexError::io("create", parent))?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(IndexError::io("open", &path))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(IndexError::Io { action: "lock", path, source }),
        }
    }
    Err(IndexError::Locked { directory: directory.to_owned() })
}

/// Looks at the directory without changing it.
///
/// With `verify`, reads every file once and compares its checksum. Fails only when the
/// operating system refuses to read; damage is an answer, not a failure.
pub(super) fn inspect(directory: &Path, verify: bool) -> Result<Found, IndexError> {
    if !directory.exists() {
        return Ok(Found::Nothing);
    }
    let mut entries = std::fs::read_dir(directory).map_err(IndexError::io("read", directory))?;
    if entries.next().is_none() {
        return Ok(Found::Nothing);
    }
    // The engine panics on some kinds of damage.
    let looked = catch_unwind(AssertUnwindSafe(|| look(directory, verify)));
    match looked {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => match damage(&error) {
            Some(problem) => Ok(Found::Damaged(problem)),
            None => Err(IndexError::Engine { action: "open", source: error }),
        },
        Err(_) => Ok(Found::Damaged("its files cannot be decoded".to_owned())),
    }
}

fn look(directory: &Path, verify: bool) -> Result<Found, TantivyError> {
    let files = MmapDirectory::open(directory)?;
    if !Index::exists(&files)? {
        return Ok(Found::Damaged("meta.json is missing".to_owned()));
    }
    let mut index = Index::open(files)?;
    let payload = Payload::of(&index)?;
    let (schema, _) = Fields::declare();
    if payload.schema != SCHEMA_VERSION || index.schema() != schema {
        return Ok(Found::OtherSchema(if payload.schema == SCHEMA_VERSION { 0 } else { payload.schema }));
    }
    if verify && let Some(file) = first_damaged_file(&index)? {
        return Ok(Found::Damaged(format!("{} does not match its checksum", file.display())));
    }
    prepare(&mut index);
    // Opens every segment: what is missing or cut off shows here and not in a search.
    reader(&index)?;
    Ok(Found::Usable(index))
}

fn first_damaged_file(index: &Index) -> Result<Option<PathBuf>, TantivyError> {
    let mut files: Vec<PathBuf> = index.load_metas()?.list_segment_files().into_iter().collect();
    files.sort_unstable();
    for file in files {
        if index.directory().exists(&file)? && !index.directory().validate_checksum(&file)? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// A sentence when `error` speaks of damaged files; `None` when the operating system refused
/// (no permission, no space, too many open files), which says nothing about the files.
fn damage(error: &TantivyError) -> Option<String> {
    let refused = match error {
        TantivyError::IoError(source) => source.raw_os_error().is_some(),
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. }) => io_error.raw_os_error().is_some(),
        TantivyError::OpenDirectoryError(_) | TantivyError::LockFailure(..) | TantivyError::SystemError(_) => true,
        _ => false,
    };
    // Errors of the engine may quote a whole file.
    (!refused).then(|| error.to_string().chars().take(200).collect())
}

/// Creates an empty index in a directory that does not exist or is empty.
pub(super) fn create(directory: &Path) -> Result<Index, IndexError> {
    std::fs::create_dir_all(directory).map_err(IndexError::io("create", directory))?;
    let (schema, _) = Fields::declare();
    let mut index = Index::create_in_dir(directory, schema).map_err(IndexError::engine("create its files"))?;
    prepare(&mut index);
    Ok(index)
}

fn prepare(index: &mut Index) {
    index.tokenizers().register(words::ANALYZER, words::analyzer());
    index.tokenizers().register(PRE_CUT, TextAnalyzer::from(WhitespaceTokenizer::default()));
}

/// A reader that looks for new commits only when told to.
pub(super) fn reader(index: &Index) -> Result<IndexReader, TantivyError> {
    index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
}

/// Opens the directory for writing, replacing what cannot be used. The caller holds the lock.
pub(super) fn open_or_replace(directory: &Path, verify: bool) -> Result<(Index, Opening), IndexError> {
    finish_interrupted_switch(directory)?;
    match inspect(directory, verify)? {
        Found::Usable(index) => Ok((index, Opening::Existing)),
        Found::Nothing => Ok((create(directory)?, Opening::Created)),
        Found::OtherSchema(found) => {
            remove(directory)?;
            Ok((create(directory)?, Opening::OtherSchema { found }))
        }
        Found::Damaged(problem) => {
            let moved_to = move_aside(directory)?;
            Ok((create(directory)?, Opening::Damaged { problem, moved_to }))
        }
    }
}

/// Puts `<dir>.next` in the place of `<dir>`. Interrupted at any point, the next opening finishes it.
pub(super) fn switch(directory: &Path) -> Result<(), IndexError> {
    let (next, old) = (beside(directory, ".next"), beside(directory, ".old"));
    remove(&old)?;
    rename(directory, &old)?;
    rename(&next, directory)?;
    remove(&old)
}

fn finish_interrupted_switch(directory: &Path) -> Result<(), IndexError> {
    let (next, old) = (beside(directory, ".next"), beside(directory, ".old"));
    if !old.exists() {
        return Ok(());
    }
    if directory.exists() {
        return remove(&old);
    }
    // `.old` without the directory itself: stopped between the renames, so `.next` was complete.
    if next.exists() {
        rename(&next, directory)?;
        return remove(&old);
    }
    rename(&old, directory)
}

fn move_aside(directory: &Path) -> Result<PathBuf, IndexError> {
    let mut numbers = broken_numbers(directory)?;
    let next = numbers.last().map_or(1, |last| last.saturating_add(1));
    let place = |number: u32| beside(directory, &format!("{BROKEN}{number}"));
    rename(directory, &place(next))?;
    numbers.push(next);
    let surplus = numbers.len().saturating_sub(BROKEN_KEPT);
    for &number in &numbers[..surplus] {
        // Failing to tidy up must not keep the index closed.
        let _ = std::fs::remove_dir_all(place(number));
    }
    Ok(place(next))
}

/// The numbers of the damaged indexes put aside earlier, ascending.
fn broken_numbers(directory: &Path) -> Result<Vec<u32>, IndexError> {
    let prefix = beside(directory, BROKEN);
    let parent = parent(directory);
    let entries = std::fs::read_dir(parent).map_err(IndexError::io("read", parent))?;
    let number = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name();
        name.to_str()?.strip_prefix(prefix.file_name()?.to_str()?)?.parse().ok()
    };
    let mut numbers: Vec<u32> = entries.filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The directory that `path` lies in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn rename(from: &Path, to: &Path) -> Result<(), IndexError> {
    std::fs::rename(from, to).map_err(IndexError::io("rename", from))?;
    let parent = parent(to);
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(IndexError::io("write", parent))
}

/// Deletes a directory; one that does not exist is no failure.
pub(super) fn remove(directory: &Path) -> Result<(), IndexError> {
    match std::fs::remove_dir_all(directory) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(IndexError::Io { action: "delete", path: directory.to_owned(), source })
        }
        _ => Ok(()),
    }
}
