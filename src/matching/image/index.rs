//! Exact search of all references within a reference's own distance.
//!
//! An index is an immutable base, a small delta and the set of base entries that were
//! removed; a change shares the base and rebuilds only the delta, so it costs the same at
//! ten references and at a million. [`ImageIndex::compacted`] merges the three when the
//! delta has grown.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::hash::Hash256;
use super::mih::MultiIndex;
use super::model::{Cut, Forms, How, ImageHit, ReferenceEntry, Signature};
use super::pdq;
use super::policy;
use crate::registry::model::{BrandKey, ReferenceKey, ReferenceKind};

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
#[derive(Clone)]
pub struct ImageIndex {
    base: Arc<Layer>,
    delta: Arc<Layer>,
    /// One bit per base entry: removed or replaced since the base was built.
    removed: Arc<Vec<u64>>,
    removed_count: usize,
}

impl Default for ImageIndex {
    fn default() -> Self {
        Self::empty()
    }
}

impl std::fmt::Debug for ImageIndex {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "ImageIndex({} references, {} in the delta)", self.len(), self.delta.entries.len())
    }
}

impl ImageIndex {
    /// An index without references.
    pub fn empty() -> Self {
        Self::build(Vec::new())
    }

    /// Builds an index. Of several entries with one key the last counts; blank
    /// references (see [`policy::check_reference`]) are kept but match nothing.
    pub fn build(entries: Vec<ReferenceEntry>) -> Self {
        Self {
            base: Arc::new(Layer::build(entries)),
            delta: Arc::new(Layer::build(Vec::new())),
            removed: Arc::new(Vec::new()),
            removed_count: 0,
        }
    }

    /// The index after a change: `removed` are taken out, `added` put in, replacing entries
    /// of the same key. Costs time in proportion to the delta, not to the index.
    pub fn with_changes(&self, removed: &[ReferenceKey], added: Vec<ReferenceEntry>) -> Self {
        let gone: std::collections::HashSet<&ReferenceKey> =
            removed.iter().chain(added.iter().map(|entry| &entry.key)).collect();
        let mut bits = self.removed.as_ref().clone();
        bits.resize(self.base.entries.len().div_ceil(64), 0);
        let mut removed_count = self.removed_count;
        for key in &gone {
            if let Some(place) = self.base.place_of(key) {
                let bit = 1 << (place % 64);
                removed_count += usize::from(bits[place / 64] & bit == 0);
                bits[place / 64] |= bit;
            }
        }
        let mut delta = self.delta.unpacked();
        delta.retain(|full| !gone.contains(&full.entry.key));
        delta.extend(added.into_iter().map(Full::new));
        Self {
            base: Arc::clone(&self.base),
            delta: Arc::new(Layer::pack(delta)),
            removed: Arc::new(bits),
            removed_count,
        }
    }

    /// Whether the delta has grown so far that [`Self::compacted`] pays: search and changes
    /// slow down with it.
    pub fn wants_compaction(&self) -> bool {
        // A sixteenth keeps the mean cost of a reference's insertion constant; below 4,096
        // entries a delta costs less than one decoded picture.
        let limit = (self.base.entries.len() / 16).max(4096);
        self.delta.entries.len() + self.removed_count > limit
    }

    /// The same references with an empty delta. Takes about a second per million references.
    pub fn compacted(&self) -> Self {
        let base = self.base.unpacked().into_iter().enumerate();
        let mut all: Vec<Full> = base.filter(|&(place, _)| !self.is_removed(place)).map(|(_, full)| full).collect();
        all.extend(self.delta.unpacked());
        Self { base: Arc::new(Layer::pack(all)), ..Self::empty() }
    }

    /// How many references the index holds, harmless ones included.
    pub fn len(&self) -> usize {
        self.base.entries.len() - self.removed_count + self.delta.entries.len()
    }

    /// Whether the index holds no reference.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
            self.base.search(probe, &|place| self.is_removed(place), &mut gathered);
            self.delta.search(probe, &|_| false, &mut gathered);
        }
        gathered.into_findings()
    }

    fn is_removed(&self, place: usize) -> bool {
        self.removed.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1)
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

/// What the index keeps of a reference beside its hashes.
#[derive(Debug, Clone)]
struct Entry {
    key: ReferenceKey,
    brand: BrandKey,
    kind: ReferenceKind,
    threshold: u16,
}

/// An entry with its hashes, while a layer is being built.
struct Full {
    entry: Entry,
    rows: Vec<(Hash256, Option<Cut>)>,
}

impl Full {
    fn new(given: ReferenceEntry) -> Self {
        let rows = policy::reference_rows(&given.signature, given.kind);
        let threshold = policy::threshold(given.kind, given.threshold);
        Self { entry: Entry { key: given.key, brand: given.brand, kind: given.kind, threshold }, rows }
    }
}

/// Which entry a row belongs to, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    entry: u32,
    cut: Option<Cut>,
}

/// An immutable set of entries with its hash index.
struct Layer {
    /// Sorted by key.
    entries: Vec<Entry>,
    /// Distinct hashes with radius at most [`policy::SEARCH_RADIUS`].
    near: HashRows,
    /// Distinct hashes of references with wider thresholds: few, scanned one by one.
    far: HashRows,
}

/// Distinct hashes and their owners; many references may share one picture.
struct HashRows {
    index: MultiIndex,
    /// `owners[first_owner[row]..first_owner[row + 1]]` own the row.
    first_owner: Vec<u32>,
    owners: Vec<Owner>,
}

impl HashRows {
    fn build(mut pairs: Vec<(Hash256, Owner)>, radius: Option<u16>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut hashes: Vec<Hash256> = Vec::new();
        let mut first_owner = Vec::new();
        for (place, (hash, _)) in pairs.iter().enumerate() {
            if hashes.last() != Some(hash) {
                hashes.push(*hash);
                first_owner.push(place as u32);
            }
        }
        first_owner.push(pairs.len() as u32);
        let owners = pairs.into_iter().map(|(_, owner)| owner).collect();
        let index = match radius {
            Some(radius) => MultiIndex::build(hashes, radius),
            None => MultiIndex::linear(hashes),
        };
        Self { index, first_owner, owners }
    }

    fn owners_of(&self, row: u32) -> &[Owner] {
        let row = row as usize;
        &self.owners[self.first_owner[row] as usize..self.first_owner[row + 1] as usize]
    }
}

impl Layer {
    fn build(entries: Vec<ReferenceEntry>) -> Self {
        Self::pack(entries.into_iter().map(Full::new).collect())
    }

    /// Of several entries with one key the last is kept.
    fn pack(mut all: Vec<Full>) -> Self {
        // The sort is stable: reversed, the last given of equal keys comes first and is kept.
        all.reverse();
        all.sort_by(|left, right| left.entry.key.cmp(&right.entry.key));
        all.dedup_by(|later, kept| later.entry.key == kept.entry.key);
        let mut near = Vec::new();
        let mut far = Vec::new();
        let mut entries = Vec::with_capacity(all.len());
        for (place, full) in all.into_iter().enumerate() {
            let rows = if full.entry.threshold <= policy::SEARCH_RADIUS { &mut near } else { &mut far };
            let owner = |cut: Option<Cut>| Owner { entry: place as u32, cut };
            rows.extend(full.rows.into_iter().map(|(hash, cut)| (hash, owner(cut))));
            entries.push(full.entry);
        }
        let near = HashRows::build(near, Some(policy::SEARCH_RADIUS));
        Self { near, far: HashRows::build(far, None), entries }
    }

    /// The entries with their hashes, in key order.
    fn unpacked(&self) -> Vec<Full> {
        let bare = |entry: &Entry| Full { entry: entry.clone(), rows: Vec::new() };
        let mut all: Vec<Full> = self.entries.iter().map(bare).collect();
        for rows in [&self.near, &self.far] {
            for (row, &hash) in rows.index.hashes().iter().enumerate() {
                for owner in rows.owners_of(row as u32) {
                    all[owner.entry as usize].rows.push((hash, owner.cut));
                }
            }
        }
        all
    }

    fn place_of(&self, key: &ReferenceKey) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.key.cmp(key)).ok()
    }

    fn search(&self, probe: &Probe, is_removed: &dyn Fn(usize) -> bool, gathered: &mut Gathered) {
        for rows in [&self.near, &self.far] {
            let radius = if std::ptr::eq(rows, &self.near) { policy::SEARCH_RADIUS } else { policy::MAX_THRESHOLD };
            rows.index.within(&probe.hash, radius, |row, distance| {
                for owner in rows.owners_of(row) {
                    let place = owner.entry as usize;
                    let entry = &self.entries[place];
                    let allowed = policy::allowed_distance(entry.kind, entry.threshold, probe, owner.cut);
                    if allowed.is_some_and(|allowed| distance <= allowed) && !is_removed(place) {
                        gathered.add(entry, probe, owner.cut, distance);
                    }
                }
            });
        }
    }
}

/// The best meeting of one reference with one part of the picture.
#[derive(Clone)]
struct Meeting {
    distance: u16,
    how: How,
    brand: BrandKey,
    kind: ReferenceKind,
    threshold: u16,
}

/// Everything met so far, by reference and part.
#[derive(Default)]
struct Gathered {
    met: HashMap<(ReferenceKey, u8), Meeting>,
    /// Nearest harmless reference by part.
    harmless: BTreeMap<u8, (u16, ReferenceKey)>,
}

impl Gathered {
    fn add(&mut self, entry: &Entry, probe: &Probe, cut: Option<Cut>, distance: u16) {
        if entry.kind == ReferenceKind::Harmless {
            let nearest = self.harmless.entry(probe.part).or_insert_with(|| (distance, entry.key.clone()));
            if (distance, &entry.key) < (nearest.0, &nearest.1) {
                *nearest = (distance, entry.key.clone());
            }
            return;
        }
        let how = describe(probe.how, probe.cut, cut);
        let meeting =
            Meeting { distance, how, brand: entry.brand.clone(), kind: entry.kind, threshold: entry.threshold };
        self.met
            .entry((entry.key.clone(), probe.part))
            .and_modify(|best| {
                if (distance, how) < (best.distance, best.how) {
                    *best = meeting.clone();
                }
            })
            .or_insert(meeting);
    }

    fn into_findings(self) -> ImageFindings {
        let mut hits: BTreeMap<ReferenceKey, ImageHit> = BTreeMap::new();
        let mut held: BTreeMap<ReferenceKey, Suppressed> = BTreeMap::new();
        let mut met: Vec<_> = self.met.into_iter().collect();
        met.sort_by(|(left, a), (right, b)| (a.distance, a.how, left).cmp(&(b.distance, b.how, right)));
        for ((reference, part), meeting) in met {
            let harmless = [0, part].iter().filter_map(|place| self.harmless.get(place)).min();
            let hit = ImageHit {
                reference: reference.clone(),
                brand: meeting.brand,
                kind: meeting.kind,
                distance: meeting.distance,
                threshold: meeting.threshold,
                how: meeting.how,
                score: policy::score(meeting.distance, meeting.threshold),
            };
            match harmless {
                Some((distance, by)) if *distance <= meeting.distance => {
                    let suppressed = Suppressed { hit, by: by.clone(), harmless_distance: *distance };
                    held.entry(reference).or_insert(suppressed);
                }
                // Nearest first: what is there already is at least as good.
                _ => {
                    hits.entry(reference).or_insert(hit);
                }
            }
        }
        held.retain(|reference, _| !hits.contains_key(reference));
        let mut findings = ImageFindings {
            hits: hits.into_values().collect(),
            suppressed: held.into_values().collect(),
            blank: false,
        };
        findings.hits.sort_by(best_first);
        findings.hits.truncate(MAX_HITS);
        findings.suppressed.sort_by(|left, right| best_first(&left.hit, &right.hit));
        findings.suppressed.truncate(MAX_HITS);
        findings
    }
}

/// Higher score, then smaller distance, then the key's order: a total order.
fn best_first(left: &ImageHit, right: &ImageHit) -> std::cmp::Ordering {
    right
        .score
        .total_cmp(&left.score)
        .then(left.distance.cmp(&right.distance))
        .then_with(|| left.reference.cmp(&right.reference))
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
