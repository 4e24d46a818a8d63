//! All marks of a registry as one base and one small delta over it.

use std::sync::Arc;

use ahash::{AHashMap, AHashSet};

use super::chance::{ChanceRates, NearCounts};
use super::form::{Form, FormBuilder, Letters};
use super::hash::Salt;
use super::learned::CatalogueStatistics;
use super::store::{BrandStore, BrandView};
use super::table::KeyTable;
use crate::registry::model::{Brand, BrandKey};

/// Marks in the delta from which on the whole index is built anew. At 4,096 the delta
/// still builds within a few hundredths of a second.
const LARGEST_DELTA: usize = 4_096;

/// Forms looked at under one key. More marks of the same letters are no registry, and a
/// search must stay bounded.
const MOST_FORMS: usize = 4_096;

/// Brands that were indexed together.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    store: BrandStore,
    forms: Vec<Form>,
    letters: String,
    /// Whole forms, and their first and last words.
    whole: KeyTable,
    /// Forms less one letter.
    deletions: KeyTable,
    /// Other readings: signs for letters, sounds, no vowels.
    readings: KeyTable,
    unspaced_lengths: u64,
    near: NearCounts,
    marks: usize,
}

impl Layer {
    fn build(mut store: BrandStore, catalogue: Option<&CatalogueStatistics>) -> Self {
        store.shrink();
        let mut builder = FormBuilder { catalogue, ..FormBuilder::default() };
        for place in 0..store.len() {
            builder.add_brand(&store, place as u32);
        }
        let FormBuilder { mut forms, mut letters, whole, deletions, readings, unspaced_lengths, marks, near, .. } =
            builder;
        let whole = build_and_drop(whole);
        let deletions = build_and_drop(deletions);
        let readings = build_and_drop(readings);
        forms.shrink_to_fit();
        letters.shrink_to_fit();
        Self { store, forms, letters, whole, deletions, readings, unspaced_lengths, near, marks }
    }

    fn table(&self, salt: Salt) -> &KeyTable {
        match salt {
            Salt::Whole | Salt::FirstWord | Salt::LastWord | Salt::Word => &self.whole,
            Salt::Deletion => &self.deletions,
            Salt::Leet | Salt::Skeleton | Salt::Sound => &self.readings,
        }
    }

    /// Marks in force and near-counts of the brand at `place`, which was indexed with this layer.
    fn share_of(&self, place: u32, catalogue: Option<&CatalogueStatistics>) -> (usize, NearCounts) {
        let mut store = BrandStore::default();
        store.copy(self.store.brand(place));
        let alone = FormBuilder { catalogue, ..FormBuilder::default() };
        let mut alone = alone;
        alone.add_brand(&store, 0);
        (alone.marks, alone.near)
    }

    fn bytes(&self) -> usize {
        self.store.bytes()
            + self.forms.capacity() * size_of::<Form>()
            + self.letters.capacity()
            + self.whole.bytes()
            + self.deletions.bytes()
            + self.readings.bytes()
    }
}

/// Builds a table and gives the entries' memory back before the next is built.
fn build_and_drop(entries: Vec<(u64, u32)>) -> KeyTable {
    KeyTable::build(&entries)
}

/// All word marks, aliases and names of a registry, searchable.
///
/// Immutable; a changed registry gives a new index that shares the large base. An index
/// reached by changes answers exactly like one built at once from the same brands.
#[derive(Debug, Clone, Default)]
pub struct MarkIndex {
    base: Arc<Layer>,
    /// Brands of the base that were replaced or taken out.
    gone: Arc<AHashSet<u32>>,
    delta: Arc<Layer>,
    /// Places of the base's brands in order of their keys.
    by_key: Arc<Vec<u32>>,
    /// Marks in force over both layers.
    marks: usize,
    rates: Arc<ChanceRates>,
    catalogue: Option<Arc<CatalogueStatistics>>,
}

impl MarkIndex {
    /// An index without marks.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Indexes `brands`. Of two with one key the later counts.
    pub fn build(brands: &[Arc<Brand>]) -> Self {
        Self::build_with(brands, None)
    }

    /// Indexes `brands` with what the platform's own titles say of their words. Of two brands
    /// with one key the later counts.
    pub fn build_with(brands: &[Arc<Brand>], catalogue: Option<Arc<CatalogueStatistics>>) -> Self {
        let last: AHashMap<&BrandKey, usize> = brands.iter().enumerate().map(|(at, brand)| (&brand.key, at)).collect();
        let kept = brands.iter().enumerate().filter(|(at, brand)| last.get(&brand.key) == Some(at));
        let mut store = BrandStore::default();
        kept.for_each(|(_, brand)| {
            store.push(brand);
        });
        Self::of_store(store, catalogue)
    }

    fn of_store(store: BrandStore, catalogue: Option<Arc<CatalogueStatistics>>) -> Self {
        let base = Layer::build(store, catalogue.as_deref());
        let mut by_key: Vec<u32> = (0..base.store.len() as u32).collect();
        by_key.sort_unstable_by_key(|at| base.store.brand(*at).key());
        Self {
            marks: base.marks,
            rates: Arc::new(ChanceRates::of(&base.near)),
            base: Arc::new(base),
            by_key: Arc::new(by_key),
            catalogue,
            ..Self::default()
        }
    }

    /// The same brands under newer statistics of the catalogue. Takes as long as building them.
    pub fn with_catalogue(&self, catalogue: Option<Arc<CatalogueStatistics>>) -> Self {
        Self::of_store(self.all_brands(), catalogue)
    }

    /// This index with the brands `removed` taken out and `added` put in or replaced.
    ///
    /// Takes time in proportion to the changes since the last full build; past
    /// 4,096 changed marks it builds the whole index anew.
    pub fn with_changes(&self, removed: &[BrandKey], added: &[Arc<Brand>]) -> Self {
        let keys = removed.iter().chain(added.iter().map(|brand| &brand.key));
        let replaced: AHashSet<&str> = keys.map(BrandKey::as_str).collect();
        let last: AHashMap<&BrandKey, usize> = added.iter().enumerate().map(|(at, brand)| (&brand.key, at)).collect();
        let mut store = BrandStore::default();
        for brand in views(&self.delta.store).filter(|brand| !replaced.contains(brand.key())) {
            store.copy(brand);
        }
        for (_, brand) in added.iter().enumerate().filter(|(at, brand)| last.get(&brand.key) == Some(at)) {
            store.push(brand);
        }
        let mut gone = (*self.gone).clone();
        gone.extend(replaced.iter().filter_map(|key| self.place_of(key)));
        let next = Self { gone: Arc::new(gone), ..self.clone() };
        let changed: usize = views(&store).map(|brand| brand.marks().count()).sum();
        if changed > LARGEST_DELTA || next.gone.len() > LARGEST_DELTA {
            let mut all = BrandStore::default();
            next.base_brands().chain(views(&store)).for_each(|brand| {
                all.copy(brand);
            });
            return Self::of_store(all, next.catalogue);
        }
        let next = Self { delta: Arc::new(Layer::build(store, self.catalogue.as_deref())), ..next };
        next.counted()
    }

    /// The same index in one piece: the fastest form to search. Takes as long as building it.
    pub fn merged(&self) -> Self {
        Self::of_store(self.all_brands(), self.catalogue.clone())
    }

    fn all_brands(&self) -> BrandStore {
        let mut all = BrandStore::default();
        self.base_brands().chain(views(&self.delta.store)).for_each(|brand| {
            all.copy(brand);
        });
        all
    }

    fn base_brands(&self) -> impl Iterator<Item = BrandView<'_>> {
        let live = (0..self.base.store.len() as u32).filter(|at| !self.gone.contains(at));
        live.map(|at| self.base.store.brand(at))
    }

    fn place_of(&self, key: &str) -> Option<u32> {
        let found = self.by_key.binary_search_by(|at| self.base.store.brand(*at).key().cmp(key));
        found.ok().map(|at| self.by_key[at])
    }

    /// Number of word marks in force that are searched.
    pub fn mark_count(&self) -> usize {
        self.marks
    }

    /// Bytes of memory held, statistics of the catalogue apart.
    pub fn memory(&self) -> usize {
        self.base.bytes() + self.delta.bytes() + self.by_key.capacity() * 4
    }

    /// Statistics of the catalogue that it was built with.
    pub fn catalogue(&self) -> Option<&Arc<CatalogueStatistics>> {
        self.catalogue.as_ref()
    }

    /// With marks counted and chances worked out over both layers.
    fn counted(self) -> Self {
        let (mut marks, mut near) = (self.base.marks + self.delta.marks, self.base.near);
        near.add(&self.delta.near);
        for place in self.gone.iter() {
            let (gone_marks, gone_near) = self.base.share_of(*place, self.catalogue.as_deref());
            marks -= gone_marks;
            near.subtract(&gone_near);
        }
        Self { marks, rates: Arc::new(ChanceRates::of(&near)), ..self }
    }

    /// How often chance brings a word near some mark.
    pub(super) fn rates(&self) -> &ChanceRates {
        &self.rates
    }

    /// The forms under a key, in both layers, and by rare chance others: callers check the
    /// letters. At most [`MOST_FORMS`].
    pub(super) fn forms(&self, salt: Salt, key: u64) -> impl Iterator<Item = FormRef<'_>> {
        let from_base = self.base.table(salt).get(key).map(|at| FormRef { layer: &self.base, at, delta: false });
        let live = from_base.filter(|found| self.gone.is_empty() || !self.gone.contains(&found.form().brand));
        let from_delta = self.delta.table(salt).get(key).map(|at| FormRef { layer: &self.delta, at, delta: true });
        live.chain(from_delta).take(MOST_FORMS)
    }

    /// Bit `i` = forms may lie under `keys[i]`; at most 64 keys. Cheaper than asking for each.
    #[inline]
    pub(super) fn sift(&self, salt: Salt, keys: &[u64]) -> u64 {
        let base = self.base.table(salt).sift(keys);
        if self.delta.forms.is_empty() { base } else { base | self.delta.table(salt).sift(keys) }
    }

    /// Whether some form of several words starts (`FirstWord`) or ends (`LastWord`) with `word`.
    pub(super) fn has_word(&self, salt: Salt, key: u64, word: &[char]) -> bool {
        self.forms(salt, key).any(|found| {
            let (form, letters) = (found.form(), found.letters());
            let at = if salt == Salt::FirstWord { word.len() } else { letters.len().saturating_sub(word.len()) };
            let same = if salt == Salt::FirstWord { letters.starts_with(word) } else { letters.ends_with(word) };
            same && form.words > 1 && form.breaks() >> (at % 64) & 1 == 1
        })
    }

    /// Whether a written word is too frequent in the catalogue to be a misspelt mark of a brand
    /// with these topics.
    pub(super) fn is_frequent(&self, letters: &[char], topics: u64) -> bool {
        self.catalogue.as_ref().is_some_and(|catalogue| catalogue.is_frequent(letters, topics))
    }

    /// Lengths of forms in scripts without spaces, one bit each.
    pub(super) fn unspaced_lengths(&self) -> u64 {
        self.base.unspaced_lengths | self.delta.unspaced_lengths
    }
}

fn views(store: &BrandStore) -> impl Iterator<Item = BrandView<'_>> {
    (0..store.len() as u32).map(|at| store.brand(at))
}

/// A form in its layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct FormRef<'a> {
    layer: &'a Layer,
    at: u32,
    delta: bool,
}

impl<'a> FormRef<'a> {
    /// The form.
    pub(super) fn form(&self) -> &'a Form {
        &self.layer.forms[self.at as usize]
    }

    /// Its letters.
    pub(super) fn letters(&self) -> Letters {
        Letters::of(self.form().letters(&self.layer.letters))
    }

    /// Whether its letters are these.
    pub(super) fn reads(&self, letters: &[char]) -> bool {
        usize::from(self.form().length) == letters.len()
            && self.form().letters(&self.layer.letters).chars().eq(letters.iter().copied())
    }

    /// Its brand.
    pub(super) fn brand(&self) -> BrandView<'a> {
        self.layer.store.brand(self.form().brand)
    }

    /// The same for forms of one brand, different for forms of two.
    pub(super) fn brand_number(&self) -> u64 {
        u64::from(self.delta) << 32 | u64::from(self.form().brand)
    }
}
