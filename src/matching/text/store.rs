//! A layer's brands, packed: what matching needs of a brand, in a quarter of the memory of
//! the full record.
//!
//! A registry of a million marks is held in memory on every replica. Full records cost 700
//! bytes a brand, mostly pointers and allocations; here all texts of a layer stand in one
//! string and everything else in flat tables.

use std::sync::Arc;

use super::lexicon::LEXICON;
use crate::registry::model::{AuthorisedSeller, Brand, BrandKey, MarkKey, MarkStatus, Strictness, WordMark};

/// A text of the store.
#[derive(Debug, Clone, Copy, Default)]
struct Piece {
    start: u32,
    length: u32,
}

/// A run of entries of one of the store's tables.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    start: u32,
    count: u32,
}

impl Run {
    fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.count as usize
    }
}

#[derive(Debug, Clone)]
struct BrandEntry {
    key: Piece,
    name: Piece,
    aliases: Run,
    marks: Run,
    /// Place in the sellers' table plus one; 0 = none.
    sellers: u32,
    common_word: bool,
    topics: u64,
    nice_topics: u64,
}

/// A word mark as the gates need it.
#[derive(Debug, Clone)]
struct MarkEntry {
    key: Piece,
    text: Piece,
    /// Place in the table of limits plus one; 0 = none.
    limits: u32,
    status: MarkStatus,
    strictness: Option<Strictness>,
}

/// Where and how long a mark is valid, for the few that say so.
#[derive(Debug, Clone, PartialEq)]
struct Limits {
    territories: Box<[crate::kernel::Market]>,
    expires: Option<jiff::civil::Date>,
}

/// Brands, packed.
#[derive(Debug, Clone, Default)]
pub(super) struct BrandStore {
    text: String,
    brands: Vec<BrandEntry>,
    marks: Vec<MarkEntry>,
    aliases: Vec<Piece>,
    limits: Vec<Limits>,
    sellers: Vec<Arc<[AuthorisedSeller]>>,
    last: Piece,
}

/// A length or place in the store. A layer with four thousand million letters cannot be built
/// on the machines this runs on; past it entries would read as empty.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl BrandStore {
    /// Number of brands.
    pub(super) fn len(&self) -> usize {
        self.brands.len()
    }

    /// The brand at `at`, which must lie below [`Self::len`].
    pub(super) fn brand(&self, at: u32) -> BrandView<'_> {
        BrandView { store: self, at }
    }

    /// Gives back memory that growing left over.
    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.brands.shrink_to_fit();
        self.marks.shrink_to_fit();
        self.aliases.shrink_to_fit();
    }

    fn read(&self, piece: Piece) -> &str {
        self.text.get(piece.start as usize..piece.start as usize + piece.length as usize).unwrap_or_default()
    }

    /// Keeps `text`; the one kept before it is not written twice.
    fn keep(&mut self, text: &str) -> Piece {
        if self.read(self.last) == text {
            return self.last;
        }
        let piece = Piece { start: place(self.text.len()), length: place(text.len()) };
        self.text.push_str(text);
        self.last = piece;
        piece
    }

    /// Keeps a brand's key: as the beginning of its first mark's key, where it is that.
    fn keep_key(&mut self, key: &str, first_mark: u32) -> Piece {
        let of_mark = self.marks.get(first_mark as usize).map_or(Piece::default(), |mark| mark.key);
        if self.read(of_mark).starts_with(key) {
            return Piece { length: place(key.len()), ..of_mark };
        }
        let last = self.last;
        let kept = self.keep(key);
        // The name that follows is mostly the last mark's text.
        self.last = last;
        kept
    }

    /// Adds a registry record.
    pub(super) fn push(&mut self, brand: &Brand) -> u32 {
        let topics = brand.categories.iter().take(64).fold(0, |all, words| all | LEXICON.topics_of(words));
        let classes = brand.nice_classes.iter().chain(brand.word_marks.iter().flat_map(|mark| &mark.nice));
        let nice = classes.fold(0u64, |all, class| all | 1 << (u8::from(*class) % 64));
        let sellers = (!brand.authorised_sellers.is_empty()).then(|| Arc::from(brand.authorised_sellers.as_slice()));
        let start = place(self.marks.len());
        for mark in &brand.word_marks {
            self.push_mark(mark);
        }
        let key = self.keep_key(brand.key.as_str(), start);
        let marks = Run { start, count: place(brand.word_marks.len()) };
        // The name after the marks: mostly it is the last one's text.
        let name = self.keep(&brand.name);
        let start = place(self.aliases.len());
        for alias in &brand.aliases {
            let piece = self.keep(alias);
            self.aliases.push(piece);
        }
        let aliases = Run { start, count: place(brand.aliases.len()) };
        let entry = BrandEntry {
            key,
            name,
            aliases,
            marks,
            sellers: 0,
            common_word: brand.common_word,
            topics,
            nice_topics: LEXICON.topics_of_nice(nice),
        };
        self.finish(entry, sellers)
    }

    fn push_mark(&mut self, mark: &WordMark) {
        let limited = mark.expires.is_some() || !mark.territories.is_empty();
        let limits =
            limited.then(|| Limits { territories: mark.territories.clone().into_boxed_slice(), expires: mark.expires });
        let entry = MarkEntry {
            key: self.keep(mark.key.as_str()),
            text: self.keep(&mark.text),
            limits: 0,
            status: mark.status,
            strictness: mark.strictness,
        };
        self.finish_mark(entry, limits);
    }

    fn finish_mark(&mut self, mut entry: MarkEntry, limits: Option<Limits>) {
        if let Some(limits) = limits {
            self.limits.push(limits);
            entry.limits = place(self.limits.len());
        }
        self.marks.push(entry);
    }

    fn finish(&mut self, mut entry: BrandEntry, sellers: Option<Arc<[AuthorisedSeller]>>) -> u32 {
        if let Some(sellers) = sellers {
            self.sellers.push(sellers);
            entry.sellers = place(self.sellers.len());
        }
        self.brands.push(entry);
        place(self.brands.len() - 1)
    }

    /// Adds a copy of another store's brand.
    pub(super) fn copy(&mut self, from: BrandView) -> u32 {
        let old = from.entry();
        let start = place(self.marks.len());
        for mark in from.marks() {
            let entry = MarkEntry { key: self.keep(mark.key()), text: self.keep(mark.text()), ..mark.entry().clone() };
            let limits = mark.limits().cloned();
            self.finish_mark(MarkEntry { limits: 0, ..entry }, limits);
        }
        let key = self.keep_key(from.key(), start);
        let marks = Run { start, count: old.marks.count };
        let name = self.keep(from.name());
        let start = place(self.aliases.len());
        for alias in from.aliases() {
            let piece = self.keep(alias);
            self.aliases.push(piece);
        }
        let aliases = Run { start, count: old.aliases.count };
        let sellers = old.sellers.checked_sub(1).and_then(|at| from.store.sellers.get(at as usize)).cloned();
        self.finish(BrandEntry { key, name, aliases, marks, sellers: 0, ..old.clone() }, sellers)
    }

    /// Bytes of memory held.
    pub(super) fn bytes(&self) -> usize {
        self.text.capacity()
            + self.brands.capacity() * size_of::<BrandEntry>()
            + self.marks.capacity() * size_of::<MarkEntry>()
            + self.aliases.capacity() * size_of::<Piece>()
            + self.limits.capacity() * size_of::<Limits>()
            + self.sellers.iter().map(|list| list.len() * size_of::<AuthorisedSeller>()).sum::<usize>()
    }
}

/// One brand of a store.
#[derive(Clone, Copy)]
pub(super) struct BrandView<'a> {
    store: &'a BrandStore,
    at: u32,
}

impl<'a> BrandView<'a> {
    fn entry(self) -> &'a BrandEntry {
        &self.store.brands[self.at as usize]
    }

    /// The brand's name in the registry.
    pub(super) fn key(self) -> &'a str {
        self.store.read(self.entry().key)
    }

    /// The same, owned.
    pub(super) fn brand_key(self) -> BrandKey {
        BrandKey::new(self.key())
    }

    /// The brand's name for people.
    pub(super) fn name(self) -> &'a str {
        self.store.read(self.entry().name)
    }

    /// Whether the name is also a word of a language.
    pub(super) fn common_word(self) -> bool {
        self.entry().common_word
    }

    /// Topics of its categories.
    pub(super) fn topics(self) -> u64 {
        self.entry().topics
    }

    /// Topics that fall into its Nice classes.
    pub(super) fn nice_topics(self) -> u64 {
        self.entry().nice_topics
    }

    /// Its other names.
    pub(super) fn aliases(self) -> impl Iterator<Item = &'a str> {
        self.store.aliases[self.entry().aliases.range()].iter().map(|piece| self.store.read(*piece))
    }

    /// Its word marks.
    pub(super) fn marks(self) -> impl Iterator<Item = MarkView<'a>> {
        self.entry().marks.range().map(|at| MarkView { store: self.store, at: at as u32 })
    }

    /// Who may sell under its marks.
    pub(super) fn authorised_sellers(self) -> &'a [AuthorisedSeller] {
        let at = self.entry().sellers.checked_sub(1);
        at.and_then(|at| self.store.sellers.get(at as usize)).map(|sellers| &**sellers).unwrap_or_default()
    }
}

/// One word mark of a store.
#[derive(Clone, Copy)]
pub(super) struct MarkView<'a> {
    store: &'a BrandStore,
    at: u32,
}

impl<'a> MarkView<'a> {
    fn entry(self) -> &'a MarkEntry {
        &self.store.marks[self.at as usize]
    }

    fn limits(self) -> Option<&'a Limits> {
        self.entry().limits.checked_sub(1).and_then(|at| self.store.limits.get(at as usize))
    }

    fn key(self) -> &'a str {
        self.store.read(self.entry().key)
    }

    /// The mark's name in the registry.
    pub(super) fn mark_key(self) -> MarkKey {
        MarkKey::new(self.key())
    }

    /// The registered words.
    pub(super) fn text(self) -> &'a str {
        self.store.read(self.entry().text)
    }

    /// Where it stands.
    pub(super) fn status(self) -> MarkStatus {
        self.entry().status
    }

    /// The record's own search width.
    pub(super) fn strictness(self) -> Option<Strictness> {
        self.entry().strictness
    }

    /// Markets it is valid in; empty = all.
    pub(super) fn territories(self) -> &'a [crate::kernel::Market] {
        self.limits().map(|limits| &*limits.territories).unwrap_or_default()
    }

    /// First day it is no longer valid.
    pub(super) fn expires(self) -> Option<jiff::civil::Date> {
        self.limits().and_then(|limits| limits.expires)
    }
}
