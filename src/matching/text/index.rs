//! All marks of a registry as one base and one small delta over it.

use std::sync::Arc;

use ahash::{AHashMap, AHashSet};

use super::form::{Form, FormBuilder};
use super::hash::{self, Salt};
use super::lexicon::LEXICON;
use super::table::KeyTable;
use crate::registry::model::{Brand, BrandKey};

/// Marks in the delta from which on the whole index is built anew. At 4,096 the delta
/// still builds within a few hundredths of a second.
const LARGEST_DELTA: usize = 4_096;

/// Forms looked at under one key. More marks of the same letters are no registry, and a
/// search must stay bounded.
const MOST_FORMS: usize = 4_096;

/// A brand as the gates need it.
#[derive(Debug, Clone)]
pub(super) struct BrandSlot {
    /// The brand.
    pub(super) brand: Arc<Brand>,
    /// Topics of its categories.
    pub(super) topics: u64,
    /// Topics that fall into its Nice classes.
    pub(super) nice_topics: u64,
}

/// Brands that were indexed together.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    pub(super) brands: Vec<BrandSlot>,
    pub(super) forms: Vec<Form>,
    pub(super) letters: Vec<char>,
    pub(super) table: KeyTable,
    pub(super) unspaced_lengths: u64,
    marks: usize,
}

impl Layer {
    fn build<'a>(brands: impl Iterator<Item = &'a Arc<Brand>>) -> Self {
        let mut builder = FormBuilder::default();
        let mut slots = Vec::new();
        for brand in brands {
            builder.add_brand(brand, slots.len() as u32);
            slots.push(slot(brand));
        }
        let mut layer = Self {
            brands: slots,
            table: KeyTable::build(builder.keys),
            forms: builder.forms,
            letters: builder.letters,
            unspaced_lengths: builder.unspaced_lengths,
            marks: builder.marks,
        };
        layer.forms.shrink_to_fit();
        layer.letters.shrink_to_fit();
        layer
    }

    /// The letters of a form.
    pub(super) fn letters_of(&self, form: &Form) -> &[char] {
        &self.letters[form.start as usize..form.start as usize + form.length as usize]
    }
}

fn slot(brand: &Arc<Brand>) -> BrandSlot {
    let topics = brand.categories.iter().take(64).fold(0, |all, words| all | LEXICON.topics_of(words));
    let classes = brand.nice_classes.iter().chain(brand.word_marks.iter().flat_map(|mark| &mark.nice));
    let nice = classes.fold(0u64, |all, class| all | 1 << (u8::from(*class) % 64));
    BrandSlot { brand: Arc::clone(brand), topics, nice_topics: LEXICON.topics_of_nice(nice) }
}

/// All word marks, aliases and names of a registry, searchable.
///
/// Immutable; a changed registry gives a new index that shares the large base. An index
/// reached by changes answers exactly like one built at once from the same brands.
#[derive(Debug, Clone, Default)]
pub struct MarkIndex {
    base: Arc<Layer>,
    /// Marks in force over both layers.
    marks: usize,
    /// Brands of the base that were replaced or taken out.
    gone: Arc<AHashSet<u32>>,
    delta: Arc<Layer>,
    /// Place of each brand in the base.
    base_places: Arc<AHashMap<BrandKey, u32>>,
}

impl MarkIndex {
    /// An index without marks.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Indexes `brands`. Of two with one key the later counts.
    pub fn build(brands: &[Arc<Brand>]) -> Self {
        let last: AHashMap<&BrandKey, usize> = brands.iter().enumerate().map(|(at, brand)| (&brand.key, at)).collect();
        let kept = brands.iter().enumerate().filter(|(at, brand)| last.get(&brand.key) == Some(at));
        let base = Layer::build(kept.map(|(_, brand)| brand));
        let places = base.brands.iter().enumerate().map(|(at, slot)| (slot.brand.key.clone(), at as u32)).collect();
        Self { marks: base.marks, base: Arc::new(base), base_places: Arc::new(places), ..Self::default() }
    }

    /// This index with the brands `removed` taken out and `added` put in or replaced.
    ///
    /// Takes time in proportion to the changes since the last full build; past
    /// 4,096 changed marks it builds the whole index anew.
    pub fn with_changes(&self, removed: &[BrandKey], added: &[Arc<Brand>]) -> Self {
        let replaced: AHashSet<&BrandKey> = removed.iter().chain(added.iter().map(|brand| &brand.key)).collect();
        let kept_delta =
            self.delta.brands.iter().map(|slot| &slot.brand).filter(|brand| !replaced.contains(&brand.key));
        let last: AHashMap<&BrandKey, usize> = added.iter().enumerate().map(|(at, brand)| (&brand.key, at)).collect();
        let kept_added = added.iter().enumerate().filter(|(at, brand)| last.get(&brand.key) == Some(at));
        let changed: Vec<Arc<Brand>> = kept_delta.chain(kept_added.map(|(_, brand)| brand)).cloned().collect();

        let mut gone = (*self.gone).clone();
        gone.extend(replaced.iter().filter_map(|key| self.base_places.get(*key).copied()));
        let next = Self {
            gone: Arc::new(gone),
            base: Arc::clone(&self.base),
            base_places: Arc::clone(&self.base_places),
            ..Self::default()
        };
        if changed.iter().map(|brand| brand.word_marks.len()).sum::<usize>() > LARGEST_DELTA
            || next.gone.len() > LARGEST_DELTA
        {
            let all: Vec<Arc<Brand>> = next.base_brands().cloned().chain(changed).collect();
            return Self::build(&all);
        }
        let next = Self { delta: Arc::new(Layer::build(changed.iter())), ..next };
        Self { marks: next.count_marks(), ..next }
    }

    /// The same index in one piece: the fastest form to search. Takes as long as building it.
    pub fn merged(&self) -> Self {
        let all: Vec<Arc<Brand>> =
            self.base_brands().chain(self.delta.brands.iter().map(|slot| &slot.brand)).cloned().collect();
        Self::build(&all)
    }

    fn base_brands(&self) -> impl Iterator<Item = &Arc<Brand>> {
        let live = self.base.brands.iter().enumerate().filter(|(at, _)| !self.gone.contains(&(*at as u32)));
        live.map(|(_, slot)| &slot.brand)
    }

    /// Number of word marks in force that are searched.
    pub fn mark_count(&self) -> usize {
        self.marks
    }

    fn count_marks(&self) -> usize {
        let gone = self.gone.iter().filter_map(|at| self.base.brands.get(*at as usize));
        let gone_marks: usize = gone.map(|slot| live_marks(&slot.brand)).sum();
        self.base.marks + self.delta.marks - gone_marks
    }

    /// The forms under a key, in both layers; at most [`MOST_FORMS`].
    pub(super) fn forms(&self, salt: Salt, running: u64, length: usize) -> impl Iterator<Item = FormRef<'_>> {
        let key = hash::key(salt, running, length);
        let from_base = self.base.table.get(key).map(|at| FormRef { layer: &self.base, at });
        let live = from_base.filter(|found| self.gone.is_empty() || !self.gone.contains(&found.form().brand));
        live.chain(self.delta.table.get(key).map(|at| FormRef { layer: &self.delta, at })).take(MOST_FORMS)
    }

    /// Whether any form lies under a key.
    pub(super) fn has(&self, salt: Salt, running: u64, length: usize) -> bool {
        if self.gone.is_empty() && self.delta.forms.is_empty() {
            return self.base.table.has(hash::key(salt, running, length));
        }
        self.forms(salt, running, length).next().is_some()
    }

    /// Lengths of forms in scripts without spaces, one bit each.
    pub(super) fn unspaced_lengths(&self) -> u64 {
        self.base.unspaced_lengths | self.delta.unspaced_lengths
    }
}

fn live_marks(brand: &Brand) -> usize {
    use crate::registry::model::MarkStatus;
    brand.word_marks.iter().filter(|mark| mark.status != MarkStatus::Ended).count()
}

/// A form in its layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct FormRef<'a> {
    layer: &'a Layer,
    at: u32,
}

impl<'a> FormRef<'a> {
    /// The form.
    pub(super) fn form(&self) -> &'a Form {
        &self.layer.forms[self.at as usize]
    }

    /// Its letters.
    pub(super) fn letters(&self) -> &'a [char] {
        self.layer.letters_of(self.form())
    }

    /// Its brand.
    pub(super) fn slot(&self) -> &'a BrandSlot {
        &self.layer.brands[self.form().brand as usize]
    }
}
