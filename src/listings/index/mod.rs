//! The listing index: full-text search and retro-hunt candidates over stored listings.
//!
//! A derived view of the database, kept by tantivy in a directory of its own. The
//! database is the truth; this room reads no database. A follower hands it changes
//! in the order of their positions, and the position reached is stored inside the
//! index's own commit, so the two can never disagree:
//!
//! ```text
//! changes after indexed_through() ─► apply ─► commit(position) ─► searchable
//!            ▲                                     │
//!            └──── after a crash: the same again ◄─┘
//! ```
//!
//! Every change replaces the whole document of its listing, so applying a batch twice
//! is applying it once. A damaged or outdated directory is put aside and an empty one
//! takes its place ([`Opening`]); the follower then starts from zero.

mod candidates;
mod collect;
mod cursor;
mod directory;
mod highlight;
mod query;
mod schema;
mod search;
mod skeleton;
mod spellings;
mod status;
#[cfg(test)]
mod tests;
mod view;
mod words;
mod writer;

use std::path::PathBuf;

pub use candidates::{CandidatePage, CandidatePages, HuntQuery};
pub use directory::Opening;
pub use schema::{IndexDocument, SCHEMA_VERSION};
pub use search::{FacetCount, FacetCounts, FacetField, SearchHit, SearchPage, SearchQuery, Sort};
pub use status::IndexStatus;
pub use view::ListingSearch;
pub use writer::{IndexChange, IndexOptions, ListingIndex};

/// Why the index could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Another process (or another part of this one) writes this index.
    #[error(
        "the listing index {} is in use by another process; stop that process, or open the index read-only",
        directory.display()
    )]
    Locked {
        /// The index directory.
        directory: PathBuf,
    },
    /// There is no index in this directory.
    #[error("there is no listing index in {}; start the server once, or run `assay index rebuild`", directory.display())]
    Missing {
        /// The index directory.
        directory: PathBuf,
    },
    /// The index was written with other fields or another way of cutting words.
    #[error(
        "the listing index {} has schema {found}, this program reads schema {expected}; run `assay index rebuild`",
        directory.display()
    )]
    OtherSchema {
        /// The index directory.
        directory: PathBuf,
        /// The schema version found; 0 when the index does not say.
        found: u32,
        /// The schema version of this program.
        expected: u32,
    },
    /// The files of the index are damaged.
    #[error("the listing index {} is damaged ({problem}); run `assay index rebuild`", directory.display())]
    Damaged {
        /// The index directory.
        directory: PathBuf,
        /// What is wrong, in one sentence.
        problem: String,
    },
    /// The operating system refused a file operation.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done: "create", "rename".
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The search engine failed. After a failed write, go on from `indexed_through()`.
    #[error("the listing index could not {action}")]
    Engine {
        /// What was being done: "commit", "search".
        action: &'static str,
        /// Why.
        source: tantivy::TantivyError,
    },
    /// The page cursor is not one that this query produced.
    #[error("the cursor does not belong to this query; start again without a cursor")]
    Cursor,
    /// A query is out of bounds.
    #[error("{0}")]
    Query(String),
}

impl IndexError {
    /// Wraps a failure of the search engine while doing `action`.
    fn engine(action: &'static str) -> impl FnOnce(tantivy::TantivyError) -> Self {
        move |source| Self::Engine { action, source }
    }

    /// Wraps a refused file operation on `path`.
    fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
