//! What searches read: the last commit, swapped as one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tantivy::{Index, IndexReader, Searcher};

use super::IndexError;
use super::directory::{self, Found, Payload};
use super::schema::{Fields, SCHEMA_VERSION};

/// One commit, open for reading.
pub(super) struct View {
    pub searcher: Searcher,
    pub fields: Fields,
    pub indexed_through: i64,
    index: Index,
    reader: IndexReader,
}

impl View {
    pub fn open(index: Index) -> Result<Self, tantivy::TantivyError> {
        // The position is read before the segments: a commit in between makes the
        // answer say less than it holds, never more.
        let indexed_through = Payload::of(&index)?.position;
        let reader = directory::reader(&index)?;
        let (_, fields) = Fields::declare();
        Ok(Self { searcher: reader.searcher(), fields, indexed_through, index, reader })
    }

    fn newer(&self) -> Result<Self, tantivy::TantivyError> {
        let indexed_through = Payload::of(&self.index)?.position;
        self.reader.reload()?;
        Ok(Self {
            searcher: self.reader.searcher(),
            fields: self.fields,
            indexed_through,
            index: self.index.clone(),
            reader: self.reader.clone(),
        })
    }
}

/// A handle for searching; cheap to clone, usable from any thread while the index is written.
#[derive(Clone)]
pub struct ListingSearch {
    view: Arc<ArcSwap<View>>,
}

impl ListingSearch {
    pub(super) fn of(view: View) -> Self {
        Self { view: Arc::new(ArcSwap::from_pointee(view)) }
    }

    /// Opens the index in `directory` for reading only, also while a server writes it.
    ///
    /// Shows the commit that was last when it was opened; [`Self::refresh`] looks again.
    /// Fails when there is no index, when it is damaged or has another schema, and when
    /// files cannot be read.
    pub fn open_read_only(directory: &Path) -> Result<Self, IndexError> {
        let at = || directory.to_owned();
        let index = match directory::inspect(directory, false)? {
            Found::Usable(index) => index,
            Found::Nothing => return Err(IndexError::Missing { directory: at() }),
            Found::Damaged(problem) => {
                return Err(IndexError::Damaged { directory: at(), problem });
            }
            Found::OtherSchema(found) => {
                return Err(IndexError::OtherSchema { directory: at(), found, expected: SCHEMA_VERSION });
            }
        };
        // The engine panics on some kinds of damage.
        match catch_unwind(AssertUnwindSafe(|| View::open(index))) {
            Ok(view) => view.map(Self::of).map_err(IndexError::engine("open")),
            Err(_) => Err(IndexError::Damaged { directory: at(), problem: "its files cannot be decoded".to_owned() }),
        }
    }

    /// Everything up to this position is in the answers; 0 in an empty index.
    pub fn indexed_through(&self) -> i64 {
        self.view.load().indexed_through
    }

    /// Number of listings in the index.
    pub fn documents(&self) -> u64 {
        self.view.load().searcher.num_docs()
    }

    /// Looks for a newer commit. The writer in the same process does this itself.
    pub fn refresh(&self) -> Result<(), IndexError> {
        let newer = self.view.load().newer().map_err(IndexError::engine("read its last commit"))?;
        self.view.store(Arc::new(newer));
        Ok(())
    }

    pub(super) fn replace(&self, view: View) {
        self.view.store(Arc::new(view));
    }

    pub(super) fn view(&self) -> Arc<View> {
        self.view.load_full()
    }
}
