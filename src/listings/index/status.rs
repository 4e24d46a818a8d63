//! How the index is doing.

use std::path::{Path, PathBuf};

use super::IndexError;
use super::schema::SCHEMA_VERSION;
use super::view::ListingSearch;

/// Size and progress of the index at its last commit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct IndexStatus {
    /// Where it lies.
    pub directory: PathBuf,
    /// Listings that can be found.
    pub documents: u64,
    /// Replaced or removed documents that a merge has not dropped yet.
    pub replaced_documents: u64,
    /// Segments; each search visits all of them.
    pub segments: usize,
    /// Bytes of all files in the directory.
    pub bytes: u64,
    /// Everything up to this position is in the index.
    pub indexed_through: i64,
    /// Version of its fields.
    pub schema: u32,
}

impl IndexStatus {
    /// Reads the status of the index in `directory`, also while a server writes it.
    ///
    /// Fails like [`ListingSearch::open_read_only`].
    pub fn read(directory: &Path) -> Result<Self, IndexError> {
        Self::of(directory, &ListingSearch::open_read_only(directory)?)
    }

    pub(super) fn of(directory: &Path, search: &ListingSearch) -> Result<Self, IndexError> {
        let view = search.view();
        let segments = view.searcher.segment_readers();
        Ok(Self {
            directory: directory.to_owned(),
            documents: view.searcher.num_docs(),
            replaced_documents: segments.iter().map(|segment| u64::from(segment.num_deleted_docs())).sum(),
            segments: segments.len(),
            bytes: bytes_in(directory)?,
            indexed_through: view.indexed_through,
            schema: SCHEMA_VERSION,
        })
    }
}

fn bytes_in(directory: &Path) -> Result<u64, IndexError> {
    let entries = std::fs::read_dir(directory).map_err(IndexError::io("read", directory))?;
    // A merge may delete a file between listing and measuring it.
    let sizes = entries.filter_map(|entry| entry.ok()?.metadata().ok()).filter(|file| file.is_file());
    Ok(sizes.map(|file| file.len()).sum())
}
