//! Exact search of all references within a reference's own distance.
//!
//! An index is an immutable base, some smaller shelves of what came later, and for each the
//! set of its references that were removed; a change shares what is there and builds only
//! the last shelf. [`ImageIndex::compacted`] merges all when much came later.
//! [`ImageIndex::write_to`] and [`ImageIndex::read_from`] keep an index in a file.

mod file;
mod gather;
mod layer;
mod names;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::gather::Gathered;
use self::layer::{Layer, Removed};
use super::fuse;
use super::hash::Hash256;
use super::model::{Cut, Forms, How, ImageHit, ReferenceEntry, Signature};
use super::pdq;
use super::policy;
use crate::registry::model::ReferenceKey;

pub use self::file::{Restored, SnapshotError};

/// A shelf of fewer references is merged with what comes next: that takes less than a
/// millisecond, and each shelf costs every search a little.
const ALWAYS_MERGED: usize = 1024;
/// A shelf is merged with the next when it is not this many times as large: each reference
/// is then merged a few times in all, and a million have three shelves.
const MERGED_BELOW_TIMES: usize = 16;

/// Most hits one search returns.
pub const MAX_HITS: usize = 20;

/// A hit that the negative bank held back.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Suppressed {
    /// The hit as it would have been.
    pub hit: ImageHit,
    /// The harmless picture that lies nearer or as near.
    pub by: ReferenceKey,
    /// Its distance from the listing picture.
    pub harmless_distance: u16,
}

/// What one listing picture resembles.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ImageFindings {
    /// Hits, best first, at most [`MAX_HITS`].
    pub hits: Vec<ImageHit>,
    /// Hits held back by the negative bank, best first, at most [`MAX_HITS`].
    pub suppressed: Vec<Suppressed>,
    /// Whether the picture has too little structure to be compared at all.
    pub blank: bool,
}

/// All references, ready for search. Cloning shares the data.
#[derive(Clone, Default)]
pub struct ImageIndex {
    /// The base, then what came later in ever smaller shelves. A key is live on one of them.
    shelves: Vec<Shelf>,
}

/// An immutable layer and what of it was removed since.
#[derive(Clone)]
struct Shelf {
    layer: Arc<Layer>,
    removed: Arc<Removed>,
}

impl Shelf {
    fn new(layer: Layer) -> Self {
        Self { layer: Arc::new(layer), removed: Arc::default() }
    }

    /// How many references are live on it.
    fn len(&self) -> usize {
        self.layer.len() - self.removed.count
    }

    fn merged(shelves: &[Shelf]) -> Self {
        let parts: Vec<(&Layer, &Removed)> =
            shelves.iter().map(|shelf| (shelf.layer.as_ref(), shelf.removed.as_ref())).collect();
        Self::new(Layer::merge(&parts))
    }
}

/// What an index takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSize {
    /// Live references.
    pub references: usize,
    /// Distinct hashes: a reference has one of the whole and some of its parts.
    pub hashes: usize,
    /// Bytes of memory: hashes, tables, keys, brands, kinds and thresholds.
    pub bytes: usize,
}

impl std::fmt::Debug for ImageIndex {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let later: usize = self.shelves.iter().skip(1).map(Shelf::len).sum();
        write!(out, "ImageIndex({} references, {later} of them after the base)", self.len())
    }
}

impl ImageIndex {
    /// An index without references.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Builds an index. Of several entries with one key the last counts; blank
    /// references (see [`policy::check_reference`]) are kept but match nothing.
    ///
    /// # Panics
    /// With more than 134 million references: those belong on several machines.
    pub fn build(entries: Vec<ReferenceEntry>) -> Self {
        Self { shelves: vec![Shelf::new(Layer::build(entries))] }
    }

    /// The index after a change: `removed` are taken out, `added` put in, replacing entries
    /// of the same key. What is there stays as it is; the change is on a new small shelf,
    /// merged with its neighbour when both are alike in size, so a reference's insertion
    /// costs the same at ten references and at a million.
    pub fn with_changes(&self, removed: &[ReferenceKey], added: Vec<ReferenceEntry>) -> Self {
        let mut shelves = self.shelves.clone();
        let gone: BTreeSet<&ReferenceKey> = removed.iter().chain(added.iter().map(|entry| &entry.key)).collect();
        for shelf in &mut shelves {
            let places: Vec<usize> = gone.iter().filter_map(|key| shelf.layer.place_of(key)).collect();
            if !places.is_empty() {
                let bits = Arc::make_mut(&mut shelf.removed);
                places.into_iter().for_each(|place| bits.add(place, shelf.layer.len()));
            }
        }
        if !added.is_empty() {
            shelves.push(Shelf::new(Layer::build(added)));
        }
        while let [_, .., before, last] = shelves.as_slice()
            && (before.len() < ALWAYS_MERGED || before.len() < MERGED_BELOW_TIMES * last.len())
        {
            let merged = Shelf::merged(&shelves[shelves.len() - 2..]);
            shelves.truncate(shelves.len() - 2);
            shelves.push(merged);
        }
        Self { shelves }
    }

    /// Whether so much came after the base that [`Self::compacted`] pays: search slows down
    /// with it.
    pub fn wants_compaction(&self) -> bool {
        let Some(base) = self.shelves.first() else { return false };
        let later: usize = self.shelves.iter().skip(1).map(|shelf| shelf.layer.len()).sum();
        // A sixteenth keeps the mean cost of a reference's insertion constant; below 4,096
        // entries a shelf costs less than one decoded picture.
        later + base.removed.count > (base.layer.len() / 16).max(4096)
    }

    /// The same references on one shelf. Takes about a second per million references.
    pub fn compacted(&self) -> Self {
        Self { shelves: vec![Shelf::merged(&self.shelves)] }
    }

    /// How many references the index holds, harmless ones included.
    pub fn len(&self) -> usize {
        self.shelves.iter().map(Shelf::len).sum()
    }

    /// Whether the index holds no reference.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the index takes.
    pub fn size(&self) -> IndexSize {
        let sum = |of: fn(&Shelf) -> usize| self.shelves.iter().map(of).sum();
        IndexSize {
            references: self.len(),
            hashes: sum(|shelf| shelf.layer.rows()),
            bytes: sum(|shelf| shelf.layer.memory() + shelf.removed.bits.len() * size_of::<u64>()),
        }
    }

    /// The references a listing picture resembles, best first, at most [`MAX_HITS`], after
    /// the negative bank. [`Self::search`] also says what was held back.
    pub fn find(&self, query: &Signature) -> Vec<ImageHit> {
        self.search(query).hits
    }

    /// Searches the eight orientations of the picture and its parts.
    ///
    /// A hit is held back when a `Harmless` reference lies nearer or as near to the same
    /// part of the picture, or to the picture as a whole.
    pub fn search(&self, query: &Signature) -> ImageFindings {
        let probes = policy::probes(query);
        if probes.is_empty() {
            return ImageFindings { blank: query.quality < policy::MIN_QUALITY, ..ImageFindings::default() };
        }
        let mut gathered = Gathered::default();
        for probe in &probes {
            for (number, shelf) in self.shelves.iter().enumerate() {
                shelf.layer.search(number, &shelf.removed, probe, &mut gathered);
            }
        }
        let mut findings = gathered.into_findings(|place| self.shelves[place.shelf].layer.named(place.entry));
        let references = self.len();
        let suppressed = findings.suppressed.iter_mut().map(|held| &mut held.hit);
        for hit in findings.hits.iter_mut().chain(suppressed) {
            hit.false_match_rate = Some(fuse::hash_rate(hit, references));
        }
        findings
    }
}

/// One hash of the listing picture to look up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe {
    /// Number of the picture's part, 0 the whole.
    pub part: u8,
    /// Which part it is; `None` = the whole.
    pub cut: Option<Cut>,
    pub how: How,
    pub hash: Hash256,
}

/// Pushes the probes of one hash: upright alone, or in all orientations.
pub(crate) fn push_probes(probes: &mut Vec<Probe>, part: u8, cut: Option<Cut>, hash: Hash256, forms: Option<&Forms>) {
    match forms {
        None => probes.push(Probe { part, cut, how: How::Whole, hash }),
        Some(forms) => {
            let turned = pdq::orientations(hash, forms);
            probes.extend(turned.into_iter().map(|(how, hash)| Probe { part, cut, how, hash }));
        }
    }
}

/// How a hit is described when a probe meets a row.
pub(crate) fn describe(probe: How, query_cut: Option<Cut>, reference_cut: Option<Cut>) -> How {
    // Cutting uniform borders off both sides compares the pictures as wholes.
    let whole = |cut: Option<Cut>| matches!(cut, None | Some(Cut::Trim));
    match probe {
        how if whole(query_cut) && whole(reference_cut) && query_cut == reference_cut => how,
        How::Inverted => How::Inverted,
        How::Whole => How::Region,
        _ => How::RegionTurned,
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
