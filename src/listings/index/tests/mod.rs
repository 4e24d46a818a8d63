//! Whole-index tests: real directories, real commits.

mod durability;
mod hunting;
mod searching;

use crate::kernel::Instant;
use crate::kernel::id::ListingId;

use super::{IndexChange, IndexDocument, ListingIndex};

/// The `number`-th listing; ids and dates grow with the number.
fn listing(number: u64, title: &str) -> IndexDocument {
    IndexDocument {
        id: id(number),
        external_id: format!("sku-{number}"),
        title: title.to_owned(),
        description: String::new(),
        brand: None,
        merchant: None,
        category: None,
        verdict: "clear".to_owned(),
        price_minor: None,
        currency: None,
        updated: at(number as i64),
        brands: Vec::new(),
        classes: Vec::new(),
        image_hashes: Vec::new(),
    }
}

fn id(number: u64) -> ListingId {
    ListingId::from_uuid(uuid::Uuid::from_u64_pair(number / 4, number))
}

/// `seconds` after the start of 2026.
fn at(seconds: i64) -> Instant {
    "2026-01-01T00:00:00Z".parse::<Instant>().unwrap().plus_seconds(seconds)
}

/// Applies and commits the documents, at positions 1, 2, ….
fn fill(index: &mut ListingIndex, documents: Vec<IndexDocument>) {
    let changes: Vec<IndexChange> =
        documents.into_iter().zip(1..).map(|(document, position)| IndexChange { document, position }).collect();
    index.apply(&changes).unwrap();
    index.commit(changes.len() as i64).unwrap();
}

/// An index with the documents, in a directory of its own.
fn index_of(documents: Vec<IndexDocument>) -> (tempfile::TempDir, ListingIndex) {
    let home = tempfile::tempdir().unwrap();
    let mut index = ListingIndex::open(&home.path().join("listings")).unwrap();
    fill(&mut index, documents);
    (home, index)
}
