//! Writing the index: batches in, one commit with its position, one writer at a time.

use std::fs::File;
use std::path::{Path, PathBuf};

use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{Index, IndexWriter, TantivyError, Term};

use crate::kernel::id::ListingId;

use super::directory::{self, Opening, Payload};
use super::schema::{Fields, IndexDocument, SCHEMA_VERSION};
use super::view::{ListingSearch, View};
use super::{IndexError, IndexStatus};

/// The engine refuses less for one indexing thread.
const SMALLEST_BUDGET: usize = 15_000_000;
/// The engine refuses 4 GB and more for one indexing thread.
const LARGEST_BUDGET: usize = 4_000_000_000;
/// A segment with more than this share of replaced documents is merged, so that they stop
/// costing time in every search.
const REPLACED_BEFORE_MERGE: f32 = 0.3;

/// How to open an index for writing.
#[derive(Debug, Clone)]
pub struct IndexOptions {
    /// Memory for documents not yet written to disk, in bytes; kept between 15 MB and 4 GB.
    pub memory_budget_bytes: usize,
    /// Whether to read every file once and compare checksums before the index is used.
    /// Costs about a second for each gigabyte; without it, damage inside a file may show
    /// as a wrong or failing search.
    pub verify: bool,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self { memory_budget_bytes: 64_000_000, verify: true }
    }
}

/// One change of a listing, in the order of the database.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexChange {
    /// The listing as it is after the change.
    pub document: IndexDocument,
    /// Position of the change in the database.
    pub position: i64,
}

/// The index, open for writing by this process alone.
pub struct ListingIndex {
    directory: PathBuf,
    options: IndexOptions,
    opening: Opening,
    index: Index,
    fields: Fields,
    /// Absent after a failure; the next write opens a new one.
    writer: Option<IndexWriter>,
    search: ListingSearch,
    /// Held last: dropped after the writer.
    _lock: File,
}

impl ListingIndex {
    /// Opens the index in `directory`, creating it when there is none.
    ///
    /// A damaged index is moved to `<directory>.broken-<n>` and one of another schema is
    /// deleted; an empty index takes its place and [`Self::needs_rebuild`] says so. Fails
    /// when another process writes the index and when files cannot be read or created;
    /// then nothing has been changed.
    pub fn open(directory: &Path) -> Result<Self, IndexError> {
        Self::open_with(directory, IndexOptions::default())
    }

    /// [`Self::open`] with a memory budget and choice of verification.
    pub fn open_with(directory: &Path, options: IndexOptions) -> Result<Self, IndexError> {
        let lock = directory::lock(directory)?;
        let (index, opening) = directory::open_or_replace(directory, options.verify)?;
        Self::assemble(directory, options, opening, index, lock)
    }

    fn assemble(
        directory: &Path,
        options: IndexOptions,
        opening: Opening,
        index: Index,
        lock: File,
    ) -> Result<Self, IndexError> {
        let (_, fields) = Fields::declare();
        let view = View::open(index.clone()).map_err(IndexError::engine("open"))?;
        let mut this = Self {
            directory: directory.to_owned(),
            options,
            opening,
            index,
            fields,
            writer: None,
            search: ListingSearch::of(view),
            _lock: lock,
        };
        this.writer()?;
        Ok(this)
    }

    /// What was found when the index was opened.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Whether the index was empty when opened, so that the follower has to start from zero.
    pub fn needs_rebuild(&self) -> bool {
        self.opening != Opening::Existing
    }

    /// A handle for searching that sees every later commit of this index.
    pub fn search_handle(&self) -> ListingSearch {
        self.search.clone()
    }

    /// Everything up to this position is committed; 0 in an empty index. The follower goes on from here.
    pub fn indexed_through(&self) -> i64 {
        self.search.indexed_through()
    }

    /// Documents, segments, bytes and position.
    pub fn status(&self) -> Result<IndexStatus, IndexError> {
        IndexStatus::of(&self.directory, &self.search)
    }

    /// Takes in a batch: each listing's document replaces the one before. Becomes durable and
    /// visible with [`Self::commit`]; applying a batch again changes nothing.
    ///
    /// After a failure nothing since the last commit counts: go on from [`Self::indexed_through`].
    pub fn apply(&mut self, batch: &[IndexChange]) -> Result<(), IndexError> {
        let fields = self.fields;
        self.write("take in a batch", |writer| {
            for change in batch {
                writer.delete_term(id_term(&fields, change.document.id));
                writer.add_document(fields.document(&change.document, change.position))?;
            }
            Ok(())
        })
    }

    /// Takes listings out of the index, with the next commit.
    pub fn remove(&mut self, listings: &[ListingId]) -> Result<(), IndexError> {
        let fields = self.fields;
        self.write("take out listings", |writer| {
            for &listing in listings {
                writer.delete_term(id_term(&fields, listing));
            }
            Ok(())
        })
    }

    /// Makes everything applied so far durable and visible, together with `position`.
    ///
    /// A process killed before this returns leaves either the commit before or this one,
    /// each with its own position. Costs some 10 to 100 ms whatever the batch, so commit
    /// about once a second.
    pub fn commit(&mut self, position: i64) -> Result<(), IndexError> {
        let payload = Payload { position, schema: SCHEMA_VERSION };
        let payload = serde_json::to_string(&payload).map_err(|problem| IndexError::Engine {
            action: "commit",
            source: TantivyError::InternalError(problem.to_string()),
        })?;
        self.write("commit", |writer| {
            let mut prepared = writer.prepare_commit()?;
            prepared.set_payload(&payload);
            prepared.commit()?;
            Ok(())
        })?;
        self.search.refresh()
    }

    /// Waits for merges under way and closes the index. What was not committed is given up.
    pub fn close(mut self) -> Result<(), IndexError> {
        match self.writer.take() {
            Some(writer) => writer.wait_merging_threads().map_err(IndexError::engine("finish its merges")),
            None => Ok(()),
        }
    }

    /// Opens an empty index beside this one, to be filled from position zero while this one serves.
    pub fn begin_rebuild(&self) -> Result<ListingIndex, IndexError> {
        let next = directory::beside(&self.directory, ".next");
        let lock = directory::lock(&next)?;
        directory::remove(&next)?;
        let index = directory::create(&next)?;
        Self::assemble(&next, self.options.clone(), Opening::Created, index, lock)
    }

    /// Puts a filled index from [`Self::begin_rebuild`] in the place of this one. Handles given
    /// out earlier see the new index; uncommitted changes of both are given up.
    pub fn finish_rebuild(&mut self, next: ListingIndex) -> Result<(), IndexError> {
        let expected = directory::beside(&self.directory, ".next");
        if next.directory != expected {
            return Err(IndexError::Query(format!("{} is no rebuild of this index", next.directory.display())));
        }
        next.close()?;
        self.writer = None;
        directory::switch(&self.directory)?;
        let (index, opening) = directory::open_or_replace(&self.directory, false)?;
        let view = View::open(index.clone()).map_err(IndexError::engine("open"))?;
        self.index = index;
        self.opening = opening;
        self.search.replace(view);
        self.writer().map(|_| ())
    }

    fn writer(&mut self) -> Result<&mut IndexWriter, IndexError> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.new_writer()?,
        };
        Ok(self.writer.insert(writer))
    }

    fn new_writer(&self) -> Result<IndexWriter, IndexError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(self.options.memory_budget_bytes.clamp(SMALLEST_BUDGET, LARGEST_BUDGET))
            .build();
        let writer: IndexWriter = match self.index.writer_with_options(options) {
            Ok(writer) => writer,
            Err(TantivyError::LockFailure(..)) => {
                return Err(IndexError::Locked { directory: self.directory.clone() });
            }
            Err(source) => {
                return Err(IndexError::Engine { action: "open for writing", source });
            }
        };
        let mut merges = LogMergePolicy::default();
        merges.set_del_docs_ratio_before_merge(REPLACED_BEFORE_MERGE);
        writer.set_merge_policy(Box::new(merges));
        Ok(writer)
    }

    /// Runs `task` on the writer. A writer that failed once may have lost documents or
    /// threads, so it is dropped: what it held is applied again from the last commit.
    fn write(
        &mut self,
        action: &'static str,
        task: impl FnOnce(&mut IndexWriter) -> Result<(), TantivyError>,
    ) -> Result<(), IndexError> {
        let done = task(self.writer()?);
        if done.is_err() {
            self.writer = None;
        }
        done.map_err(IndexError::engine(action))
    }
}

fn id_term(fields: &Fields, listing: ListingId) -> Term {
    Term::from_field_bytes(fields.id, listing.uuid().as_bytes())
}
