//! An immutable set of references with their hashes.
//!
//! Everything lies in a few long arrays, so that a reference costs about a hundred bytes
//! among ten million, and a file of them is read at the speed of memory.

use ahash::AHashMap;

use super::super::mih::{MultiIndex, Words};
use super::super::model::{Cut, ReferenceEntry};
use super::super::policy;
use super::Probe;
use super::gather::{Gathered, Meeting, Named, Place};
use super::names::Names;
use crate::registry::model::{BrandKey, ReferenceKey, ReferenceKind};

/// Bits of an owner that number its entry: 134 million references a layer, about 15 GB.
const ENTRY_BITS: u32 = 27;
/// Most references of one layer.
pub(super) const MOST_ENTRIES: usize = 1 << ENTRY_BITS;
/// Marks a row of several owners; the other bits then say where their list starts.
const LISTED: u32 = 1 << 31;
/// Owners of one row up to which all are looked at one by one.
const FEW_OWNERS: usize = 64;
/// Kinds by their number in an entry's class.
const KINDS: [ReferenceKind; 3] = [ReferenceKind::Product, ReferenceKind::Logo, ReferenceKind::Harmless];

/// Kind (by its number in [`KINDS`]) and threshold of a reference.
pub(super) type Class = [u8; 2];

/// An immutable set of references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    /// In ascending order, so that numbers compare as keys do.
    pub keys: Names,
    pub brands: Names,
    /// Each reference's brand, by number.
    pub brand_of: Vec<u32>,
    /// Each reference's kind and threshold.
    pub classes: Vec<Class>,
    /// What rows show of their references, by the number in an owner.
    pub cuts: Vec<Option<Cut>>,
    /// Hashes of references with a threshold of at most [`policy::SEARCH_RADIUS`].
    pub near: Rows,
    /// Hashes of references with wider thresholds: few, compared one by one.
    pub far: Rows,
}

/// Distinct hashes and the references they belong to; many may share one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows {
    pub index: MultiIndex,
    /// For each row its owner (an entry's number and above it the number of its cut) or,
    /// marked [`LISTED`], where its owners are listed.
    pub owners: Vec<u32>,
    /// Lists of owners, each after its length, ordered by class, cut and entry.
    pub lists: Vec<u32>,
    /// The widest threshold among the owners.
    pub reach: u16,
}

fn entry_of(owner: u32) -> u32 {
    owner & (MOST_ENTRIES as u32 - 1)
}

fn cut_of(owner: u32) -> usize {
    (owner >> ENTRY_BITS) as usize
}

impl Rows {
    fn build(mut pairs: Vec<(Words, u32)>, classes: &[Class], tables: bool) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut hashes: Vec<Words> = Vec::with_capacity(pairs.len());
        let mut owners = Vec::with_capacity(pairs.len());
        let mut lists = Vec::new();
        let mut reach = 0;
        for same in pairs.chunk_by(|left, right| left.0 == right.0) {
            hashes.push(same[0].0);
            reach = same.iter().map(|(_, owner)| classes[entry_of(*owner) as usize][1]).fold(reach, u8::max);
            if let [(_, owner)] = same {
                owners.push(*owner);
                continue;
            }
            owners.push(lists.len() as u32 | LISTED);
            let start = lists.len() + 1;
            lists.push(same.len() as u32);
            lists.extend(same.iter().map(|(_, owner)| *owner));
            lists[start..].sort_by_key(|&owner| (classes[entry_of(owner) as usize], owner));
        }
        drop(pairs);
        hashes.shrink_to_fit();
        owners.shrink_to_fit();
        lists.shrink_to_fit();
        let reach = u16::from(reach);
        let index = if tables { MultiIndex::build(hashes, reach) } else { MultiIndex::linear(hashes) };
        Self { index, owners, lists, reach }
    }

    /// The owners of a row.
    fn owners_of(&self, row: u32) -> &[u32] {
        let row = row as usize;
        let owner = self.owners[row];
        if owner & LISTED == 0 {
            return &self.owners[row..=row];
        }
        let at = (owner & !LISTED) as usize;
        &self.lists[at + 1..][..self.lists[at] as usize]
    }

    /// Whether every owner is one of `entries` and shows one of `cuts`.
    pub(super) fn is_sound(&self, entries: usize, cuts: usize) -> bool {
        let fits = |owner: &u32| (entry_of(*owner) as usize) < entries && cut_of(*owner) < cuts;
        let listed = |owner: u32| {
            let at = (owner & !LISTED) as usize;
            let count = self.lists.get(at).map_or(usize::MAX, |&count| count as usize);
            let list = self.lists.get(at + 1..).and_then(|rest| rest.get(..count));
            list.is_some_and(|list| list.iter().all(fits))
        };
        let sound = |owner: &u32| if owner & LISTED == 0 { fits(owner) } else { listed(*owner) };
        self.owners.len() == self.index.hashes().len() && self.owners.iter().all(sound)
    }

    fn memory(&self) -> usize {
        let tables = self.index.chunks().iter().map(|chunk| chunk.starts.memory() + 4 * chunk.rows.capacity());
        let owners = 4 * (self.owners.capacity() + self.lists.capacity());
        size_of_val(self.index.hashes()) + tables.sum::<usize>() + owners
    }
}

impl Layer {
    /// A layer of these references. Of several with one key the last is kept.
    ///
    /// Millions of references lie all over memory, so they are gone through once as they
    /// come; what is sorted afterwards is packed.
    pub(super) fn build(entries: Vec<ReferenceEntry>) -> Self {
        assert!(entries.len() <= MOST_ENTRIES, "an index holds at most {MOST_ENTRIES} references; divide them");
        let mut draft = Draft::default();
        let mut brands: AHashMap<BrandKey, u32> = AHashMap::new();
        let mut last_brand = None;
        let mut keys = Texts::default();
        draft.reserve(entries.len());
        for entry in entries {
            let place = draft.classes.len() as u32;
            keys.push(entry.key.as_str());
            let brand = match &last_brand {
                Some((key, number)) if *key == entry.brand => *number,
                _ => *brands.entry(entry.brand.clone()).or_insert_with(|| draft.add_brand(entry.brand.as_str())),
            };
            // At most MAX_THRESHOLD.
            let threshold = policy::threshold(entry.kind, entry.threshold).min(255) as u8;
            draft.brand_of.push(brand);
            draft.classes.push([kind_number(entry.kind), threshold]);
            for (hash, cut) in policy::reference_rows(&entry.signature, entry.kind) {
                draft.add_row(hash.0, place, cut);
            }
            last_brand = Some((entry.brand, brand));
        }
        drop(brands);
        draft.sort_by_keys(&keys);
        drop(keys);
        draft.finish()
    }

    /// A layer of what is left of some layers. No key may be left in two of them.
    pub(super) fn merge(parts: &[(&Layer, &Removed)]) -> Self {
        let mut draft = Draft::default();
        let mut brands: AHashMap<String, u32> = AHashMap::new();
        let brands: Vec<Vec<u32>> = parts
            .iter()
            .map(|(layer, _)| {
                let mut names = layer.brands.iter();
                let mut numbers = Vec::with_capacity(layer.brands.len());
                while let Some(name) = names.next_name() {
                    let name = String::from_utf8_lossy(name);
                    let known = brands.get(name.as_ref()).copied();
                    numbers.push(known.unwrap_or_else(|| {
                        let number = draft.add_brand(&name);
                        brands.insert(name.into_owned(), number);
                        number
                    }));
                }
                numbers
            })
            .collect();
        let numbers = draft.merge_entries(parts, &brands);
        for ((layer, _), numbers) in parts.iter().zip(&numbers) {
            for rows in [&layer.near, &layer.far] {
                for (row, &hash) in rows.index.hashes().iter().enumerate() {
                    for &owner in rows.owners_of(row as u32) {
                        let number = numbers[entry_of(owner) as usize];
                        if number != u32::MAX {
                            draft.add_row(hash, number, layer.cuts[cut_of(owner)]);
                        }
                    }
                }
            }
        }
        draft.finish()
    }

    /// How many references there are.
    pub(super) fn len(&self) -> usize {
        self.classes.len()
    }

    pub(super) fn place_of(&self, key: &ReferenceKey) -> Option<usize> {
        self.keys.place_of(key.as_str())
    }

    pub(super) fn named(&self, entry: u32) -> Named {
        let place = entry as usize;
        Named {
            key: ReferenceKey::new(self.keys.get(place)),
            brand: BrandKey::new(self.brands.get(self.brand_of[place] as usize)),
            kind: KINDS[usize::from(self.classes[place][0])],
        }
    }

    /// How many distinct hashes there are.
    pub(super) fn rows(&self) -> usize {
        self.near.owners.len() + self.far.owners.len()
    }

    /// Bytes of memory taken.
    pub(super) fn memory(&self) -> usize {
        let entries = self.brand_of.capacity() * size_of::<u32>() + self.classes.capacity() * size_of::<Class>();
        entries + self.keys.memory() + self.brands.memory() + self.near.memory() + self.far.memory()
    }

    /// Adds what a probe meets on this layer, the shelf's number in the index.
    pub(super) fn search(&self, shelf: usize, removed: &Removed, probe: &Probe, gathered: &mut Gathered) {
        for rows in [&self.near, &self.far] {
            rows.index.within(&probe.hash, rows.reach, |row, distance| {
                let owners = rows.owners_of(row);
                if owners.len() <= FEW_OWNERS {
                    let live = owners.iter().filter(|owner| !removed.has(entry_of(**owner)));
                    live.for_each(|&owner| self.meet(shelf, owner, probe, distance, gathered));
                    return;
                }
                // Of owners alike only the first can count: see `Gathered`.
                for alike in owners.chunk_by(|left, right| self.group(*left) == self.group(*right)) {
                    let live = alike.iter().filter(|owner| !removed.has(entry_of(**owner)));
                    live.take(super::MAX_HITS).for_each(|&owner| self.meet(shelf, owner, probe, distance, gathered));
                }
            });
        }
    }

    fn group(&self, owner: u32) -> (Class, usize) {
        (self.classes[entry_of(owner) as usize], cut_of(owner))
    }

    fn meet(&self, shelf: usize, owner: u32, probe: &Probe, distance: u16, gathered: &mut Gathered) {
        let ([kind, threshold], cut) = self.group(owner);
        let (kind, threshold) = (KINDS[usize::from(kind)], u16::from(threshold));
        let cut = self.cuts[cut];
        let allowed = policy::allowed_distance(kind, threshold, probe, cut);
        if allowed.is_none_or(|allowed| distance > allowed) {
            return;
        }
        let place = Place { shelf, entry: entry_of(owner) };
        if kind == ReferenceKind::Harmless {
            gathered.add_harmless(place, probe.part, distance);
        } else {
            let how = super::describe(probe.how, probe.cut, cut);
            gathered.add(Meeting { place, threshold, how }, probe.part, distance);
        }
    }
}

fn kind_number(kind: ReferenceKind) -> u8 {
    match kind {
        ReferenceKind::Product => 0,
        ReferenceKind::Logo => 1,
        ReferenceKind::Harmless => 2,
    }
}

/// Texts one after the other.
#[derive(Default)]
struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    fn get(&self, place: usize) -> &str {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[place]]
    }

    /// The places in ascending order of the texts; of equal ones the last given alone.
    fn sorted(&self) -> Vec<u32> {
        let text = |place: u32| self.get(place as usize).as_bytes();
        let count = self.ends.len();
        let mut common = if count == 0 { 0 } else { text(0).len() };
        for place in 1..count as u32 {
            let same = text(0)[..common].iter().zip(text(place)).take_while(|(left, right)| left == right);
            common = same.count();
        }
        // Most texts differ in the eight bytes after what all share.
        let head = |place: u32| {
            let mut bytes = [0; 8];
            let rest = &text(place)[common..];
            let taken = rest.len().min(8);
            bytes[..taken].copy_from_slice(&rest[..taken]);
            u64::from_be_bytes(bytes)
        };
        let mut order: Vec<(u64, u32)> = (0..count as u32).map(|place| (head(place), place)).collect();
        order.sort_unstable_by(|left, right| {
            let by_text = || text(left.1).cmp(text(right.1));
            left.0.cmp(&right.0).then_with(by_text).then(right.1.cmp(&left.1))
        });
        order.dedup_by(|later, kept| later.0 == kept.0 && text(later.1) == text(kept.1));
        order.into_iter().map(|(_, place)| place).collect()
    }
}

/// Which entries of a layer were removed or replaced since it was built: one bit each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Removed {
    pub bits: Vec<u64>,
    pub count: usize,
}

impl Removed {
    pub(super) fn has(&self, entry: u32) -> bool {
        self.bits.get(entry as usize / 64).is_some_and(|bits| bits >> (entry % 64) & 1 == 1)
    }

    /// Marks an entry of a layer of `entries`.
    pub(super) fn add(&mut self, entry: usize, entries: usize) {
        self.bits.resize(entries.div_ceil(64), 0);
        let bit = 1 << (entry % 64);
        self.count += usize::from(self.bits[entry / 64] & bit == 0);
        self.bits[entry / 64] |= bit;
    }
}

/// A layer while it is put together.
#[derive(Default)]
struct Draft {
    keys: Names,
    brands: Names,
    brand_of: Vec<u32>,
    classes: Vec<Class>,
    cuts: Vec<Option<Cut>>,
    near: Vec<(Words, u32)>,
    far: Vec<(Words, u32)>,
}

impl Draft {
    fn add_brand(&mut self, brand: &str) -> u32 {
        self.brands.push(brand);
        self.brands.len() as u32 - 1
    }

    fn reserve(&mut self, count: usize) {
        self.brand_of.reserve_exact(count);
        self.classes.reserve_exact(count);
        self.near.reserve(count);
    }

    /// Brings references that were added without their keys into the keys' order, and drops
    /// those whose key comes again later.
    fn sort_by_keys(&mut self, keys: &Texts) {
        let order = keys.sorted();
        let mut numbers = vec![u32::MAX; self.classes.len()];
        for (number, &place) in order.iter().enumerate() {
            numbers[place as usize] = number as u32;
            self.keys.push(keys.get(place as usize));
        }
        self.brand_of = order.iter().map(|&place| self.brand_of[place as usize]).collect();
        self.classes = order.iter().map(|&place| self.classes[place as usize]).collect();
        for rows in [&mut self.near, &mut self.far] {
            rows.retain_mut(|(_, owner)| {
                let number = numbers[entry_of(*owner) as usize];
                *owner = *owner & !(MOST_ENTRIES as u32 - 1) | number;
                number != u32::MAX
            });
        }
    }

    /// Adds a reference; keys must come in ascending order.
    fn add(&mut self, key: &str, brand: u32, class: Class) -> u32 {
        assert!(self.classes.len() < MOST_ENTRIES, "an index holds at most {MOST_ENTRIES} references; divide them");
        self.keys.push(key);
        self.brand_of.push(brand);
        self.classes.push(class);
        self.classes.len() as u32 - 1
    }

    fn add_row(&mut self, hash: Words, entry: u32, cut: Option<Cut>) {
        let known = self.cuts.iter().position(|known| *known == cut);
        let cut = known.unwrap_or_else(|| {
            self.cuts.push(cut);
            self.cuts.len() - 1
        });
        // Sixteen cuts fit above an entry's number and below the mark of a list.
        debug_assert!(cut < 16);
        let wide = u16::from(self.classes[entry as usize][1]) > policy::SEARCH_RADIUS;
        let rows = if wide { &mut self.far } else { &mut self.near };
        rows.push((hash, entry | (cut as u32) << ENTRY_BITS));
    }

    /// Takes over what is left of some layers in order of keys. The answer says which number
    /// each entry of each layer has now; `u32::MAX` is none.
    fn merge_entries(&mut self, parts: &[(&Layer, &Removed)], brands: &[Vec<u32>]) -> Vec<Vec<u32>> {
        let mut numbers: Vec<Vec<u32>> = parts.iter().map(|(layer, _)| vec![u32::MAX; layer.len()]).collect();
        let mut streams: Vec<_> = parts.iter().map(|(layer, _)| (layer.keys.iter(), 0_usize)).collect();
        let mut heads: Vec<Option<(String, usize)>> = Vec::new();
        let next = |part: usize, stream: &mut (super::names::NamesIter<'_>, usize)| loop {
            let name = stream.0.next_name()?;
            let place = stream.1;
            stream.1 += 1;
            if !parts[part].1.has(place as u32) {
                return Some((String::from_utf8_lossy(name).into_owned(), place));
            }
        };
        for (part, stream) in streams.iter_mut().enumerate() {
            heads.push(next(part, stream));
        }
        loop {
            let first = heads.iter().enumerate().filter_map(|(part, head)| Some((head.as_ref()?, part)));
            let Some(part) = first.min().map(|(_, part)| part) else { return numbers };
            let Some((key, place)) = heads[part].take() else { return numbers };
            let layer = parts[part].0;
            let brand = brands[part][layer.brand_of[place] as usize];
            numbers[part][place] = self.add(&key, brand, layer.classes[place]);
            heads[part] = next(part, &mut streams[part]);
        }
    }

    fn finish(mut self) -> Layer {
        self.keys.shrink();
        self.brands.shrink();
        self.brand_of.shrink_to_fit();
        self.classes.shrink_to_fit();
        let near = Rows::build(self.near, &self.classes, true);
        let far = Rows::build(self.far, &self.classes, false);
        Layer {
            keys: self.keys,
            brands: self.brands,
            brand_of: self.brand_of,
            classes: self.classes,
            cuts: self.cuts,
            near,
            far,
        }
    }
}

/// Checks what a file says of a layer beyond what its parts check themselves.
pub(super) fn is_sound(layer: &Layer) -> bool {
    let entries = layer.keys.len();
    let brands = layer.brands.len() as u32;
    entries == layer.brand_of.len()
        && entries == layer.classes.len()
        && entries <= MOST_ENTRIES
        && layer.brand_of.iter().all(|&brand| brand < brands)
        && layer.classes.iter().all(|class| usize::from(class[0]) < KINDS.len())
        && layer.near.is_sound(entries, layer.cuts.len())
        && layer.far.is_sound(entries, layer.cuts.len())
}
