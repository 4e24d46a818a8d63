//! Candidates for retro-hunts: which stored listings a new mark, picture or rule could touch.
//!
//! A hunt screens each candidate again, so candidates have to include what the matchers
//! would find and may include more. For a mark, that is every listing with a term that
//!
//! - equals, contains (from four letters) or is one edit (from five letters; two from nine)
//!   away from the squashed mark, all look-alikes and digits folded;
//! - hides up to two of its letters behind symbols, drops all its vowels, doubles letters or
//!   sounds the same;
//! - or that has the mark cut in two or three pieces as separate terms, or each of its words
//!   in one of these spellings.
//!
//! What this misses: an edit together with spaces or inside a longer chunk; four and more
//! pieces of which one has more than three letters; a mark of up to three letters glued
//! to others; text beyond the first 20,000 letters of a description, and attributes. A hunt
//! that must not miss these reads [`HuntQuery::All`].
//!
//! Pages are in the order of listing ids, after a given one: a hunt resumes from the last
//! id it finished, whatever has been indexed since.

use std::collections::BTreeSet;
use std::sync::Arc;

use tantivy::query::{AllQuery, BooleanQuery, EmptyQuery, FuzzyTermQuery, Query, RegexQuery, TermQuery, TermSetQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocSet, SegmentReader, TERMINATED, Term};

use crate::kernel::id::ListingId;

use super::collect::{Order, PageCollector};
use super::query::exact;
use super::schema::{Fields, band_terms, column};
use super::skeleton;
use super::spellings;
use super::view::{ListingSearch, View};
use super::{IndexError, words};

/// Candidates on one page at most.
const LARGEST_PAGE: usize = 10_000;
/// Marks, terms, hashes or keys of one hunt; a larger one is cut in several.
const LARGEST_HUNT: usize = 5_000;
/// From this length a mark is looked for inside longer terms.
const INSIDE_FROM: usize = 4;
/// From this length with one edit, as the matcher does.
const ONE_EDIT_FROM: usize = 5;
/// From this length with two edits, as the matcher does.
const TWO_EDITS_FROM: usize = 9;
/// Longer marks are looked for without edits and pieces; the automaton grows with length.
const EDITED_TO: usize = 40;
/// Up to this length a mark is looked for in three pieces; n letters make n²/2 ways.
const THREE_PIECES_TO: usize = 24;
/// A word of a mark is looked for with an edit from this length, because its other words
/// have to be there too.
const WORD_EDIT_FROM: usize = 3;
/// A word of a mark without vowels needs so many consonants.
const WORD_CONSONANTS_FROM: usize = 2;
/// Marks of up to so many words are looked for word by word.
const WORDS_TO: usize = 6;
/// A mark without vowels needs so many consonants to be looked for.
const CONSONANTS_FROM: usize = 4;
/// Hamming distances up to this are found; beyond it the terms to try grow into thousands.
const LARGEST_RADIUS: u16 = 31;

/// Which listings to hunt among.
#[derive(Debug, Clone, PartialEq)]
pub enum HuntQuery {
    /// Listings whose text may use one of these marks, in any spelling.
    Marks(Vec<String>),
    /// Listings with an image within `radius` bits (at most 31) of one of these 256-bit hashes.
    Images {
        /// The hashes; give mirrored and turned forms too where they count.
        hashes: Vec<[u8; 32]>,
        /// Largest Hamming distance.
        radius: u16,
    },
    /// Listings whose text has all words of one of these lexicon terms; `*` at the end completes the last word.
    Terms(Vec<String>),
    /// Listings whose last verdict found one of these brands, by key.
    Brands(Vec<String>),
    /// Listings whose last verdict named one of these policy classes.
    Classes(Vec<String>),
    /// Listings of these merchants.
    Merchants(Vec<String>),
    /// Every listing.
    All,
    /// Listings of any of these.
    AnyOf(Vec<HuntQuery>),
}

/// A page of candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidatePage {
    /// Listing ids, ascending.
    pub listings: Vec<ListingId>,
    /// Candidates after the given id, this page included: what is left to do.
    pub remaining: u64,
    /// Changes up to this position were considered.
    pub indexed_through: i64,
}

/// The pages of one hunt over one commit of the index; each but the last is full.
pub struct CandidatePages {
    view: Arc<View>,
    query: Box<dyn Query>,
    all: bool,
    after: Option<ListingId>,
    limit: usize,
    finished: bool,
}

impl ListingSearch {
    /// The candidates of `hunt` after the listing `after`, `limit` (1 to 10,000) at a time.
    ///
    /// All pages come from the commit that is last now. Fails when the hunt is too large
    /// (5,000 marks, hashes, terms or keys) or its radius above 31.
    pub fn candidates(
        &self,
        hunt: &HuntQuery,
        after: Option<ListingId>,
        limit: usize,
    ) -> Result<CandidatePages, IndexError> {
        let view = self.view();
        let query = build(&view.fields, hunt)?;
        let limit = limit.clamp(1, LARGEST_PAGE);
        Ok(CandidatePages { view, query, all: *hunt == HuntQuery::All, after, limit, finished: false })
    }

    /// The first page of listings that may use one of the marks `texts`, after `after`.
    pub fn candidates_for_mark(
        &self,
        texts: &[String],
        after: Option<ListingId>,
        limit: usize,
    ) -> Result<CandidatePage, IndexError> {
        self.first_page(&HuntQuery::Marks(texts.to_vec()), after, limit)
    }

    /// The first page of listings with an image within `radius` of one of `hashes`, after `after`.
    pub fn candidates_for_image(
        &self,
        hashes: &[[u8; 32]],
        radius: u16,
        after: Option<ListingId>,
        limit: usize,
    ) -> Result<CandidatePage, IndexError> {
        self.first_page(&HuntQuery::Images { hashes: hashes.to_vec(), radius }, after, limit)
    }

    /// The first page of listings with one of the lexicon `terms`, after `after`.
    pub fn candidates_for_terms(
        &self,
        terms: &[String],
        after: Option<ListingId>,
        limit: usize,
    ) -> Result<CandidatePage, IndexError> {
        self.first_page(&HuntQuery::Terms(terms.to_vec()), after, limit)
    }

    /// The first page of all listings after `after`.
    pub fn all(&self, after: Option<ListingId>, limit: usize) -> Result<CandidatePage, IndexError> {
        self.first_page(&HuntQuery::All, after, limit)
    }

    fn first_page(
        &self,
        hunt: &HuntQuery,
        after: Option<ListingId>,
        limit: usize,
    ) -> Result<CandidatePage, IndexError> {
        let mut pages = self.candidates(hunt, after, limit)?;
        let indexed_through = pages.view.indexed_through;
        let none = CandidatePage { listings: Vec::new(), remaining: 0, indexed_through };
        pages.next().unwrap_or(Ok(none))
    }
}

impl Iterator for CandidatePages {
    type Item = Result<CandidatePage, IndexError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let page = if self.all { self.walk_ids() } else { self.match_query() };
        let page = page.map_err(IndexError::engine("find candidates"));
        match &page {
            Ok(found) if (found.listings.len() as u64) < found.remaining => self.after = found.listings.last().copied(),
            Ok(found) if found.listings.is_empty() => return None,
            _ => self.finished = true,
        }
        Some(page)
    }
}

impl CandidatePages {
    fn match_query(&self) -> tantivy::Result<CandidatePage> {
        let key = |listing: ListingId| {
            let (high, low) = listing.uuid().as_u64_pair();
            [0, 0, high, low]
        };
        let collector =
            PageCollector { order: Order::Id, after: self.after.map(key), limit: self.limit, facets: Vec::new() };
        let found = self.view.searcher.search(&*self.query, &collector)?;
        let listing =
            |(key, _): &([u64; 4], DocAddress)| ListingId::from_uuid(uuid::Uuid::from_u64_pair(key[2], key[3]));
        Ok(CandidatePage {
            listings: found.page.iter().map(listing).collect(),
            remaining: found.remaining,
            indexed_through: self.view.indexed_through,
        })
    }

    /// Reads ids in their order from the dictionary, so that a page of a large index costs
    /// a page and not the index.
    fn walk_ids(&self) -> tantivy::Result<CandidatePage> {
        let mut listings = BTreeSet::new();
        let mut remaining = 0;
        for segment in self.view.searcher.segment_readers() {
            remaining += ids_after(segment, self.after)?;
            listings.extend(first_ids(segment, self.view.fields.id, self.after, self.limit)?);
        }
        Ok(CandidatePage {
            listings: listings.into_iter().take(self.limit).collect(),
            remaining,
            indexed_through: self.view.indexed_through,
        })
    }
}

fn first_ids(
    segment: &SegmentReader,
    field: Field,
    after: Option<ListingId>,
    limit: usize,
) -> tantivy::Result<Vec<ListingId>> {
    let ids = segment.inverted_index(field)?;
    let from = ids.terms().range();
    let mut stream = match after {
        Some(after) => from.gt(after.uuid().as_bytes()).into_stream()?,
        None => from.into_stream()?,
    };
    let mut found = Vec::new();
    while found.len() < limit && stream.advance() {
        let Ok(uuid) = uuid::Uuid::from_slice(stream.key()) else {
            continue;
        };
        let mut documents = ids.read_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
        // A replaced document keeps its term until its segment is merged.
        let mut alive = false;
        while documents.doc() != TERMINATED && !alive {
            alive = !segment.is_deleted(documents.doc());
            documents.advance();
        }
        if alive {
            found.push(ListingId::from_uuid(uuid));
        }
    }
    Ok(found)
}

fn ids_after(segment: &SegmentReader, after: Option<ListingId>) -> tantivy::Result<u64> {
    let Some(after) = after else {
        return Ok(u64::from(segment.num_docs()));
    };
    let after = after.uuid().as_u64_pair();
    let (high, low) = (segment.fast_fields().u64(column::ID_HIGH)?, segment.fast_fields().u64(column::ID_LOW)?);
    let later = segment.doc_ids_alive().filter(|&doc| {
        let id_high = high.first(doc).unwrap_or(0);
        id_high > after.0 || (id_high == after.0 && low.first(doc).unwrap_or(0) > after.1)
    });
    Ok(later.count() as u64)
}

fn build(fields: &Fields, hunt: &HuntQuery) -> Result<Box<dyn Query>, IndexError> {
    let size = match hunt {
        HuntQuery::Marks(items) | HuntQuery::Terms(items) => items.len(),
        HuntQuery::Brands(items) | HuntQuery::Classes(items) | HuntQuery::Merchants(items) => items.len(),
        HuntQuery::Images { hashes, .. } => hashes.len(),
        HuntQuery::All => 0,
        HuntQuery::AnyOf(hunts) => hunts.len(),
    };
    if size > LARGEST_HUNT {
        return Err(IndexError::Query(format!("a hunt takes up to {LARGEST_HUNT} marks, images or terms, not {size}")));
    }
    let keys = |field: Field, keys: &[String]| any(keys.iter().map(|key| exact(field, key)).collect());
    Ok(match hunt {
        HuntQuery::Marks(marks) => {
            let each: Result<Vec<_>, _> = marks.iter().map(|mark| mark_query(fields.skeleton, mark)).collect();
            any(each?)
        }
        HuntQuery::Images { hashes, radius } => image_query(fields.image_band, hashes, *radius)?,
        HuntQuery::Terms(terms) => {
            let each: Result<Vec<_>, _> = terms.iter().map(|term| lexicon_query(fields.skeleton, term)).collect();
            any(each?)
        }
        HuntQuery::Brands(brands) => keys(fields.mark_brand, brands),
        HuntQuery::Classes(classes) => keys(fields.class, classes),
        HuntQuery::Merchants(merchants) => keys(fields.merchant, merchants),
        HuntQuery::All => Box::new(AllQuery),
        HuntQuery::AnyOf(hunts) => {
            let each: Result<Vec<_>, _> = hunts.iter().map(|hunt| build(fields, hunt)).collect();
            any(each?)
        }
    })
}

fn any(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match queries.len() {
        0 => Box::new(EmptyQuery),
        1 => queries.remove(0),
        _ => Box::new(BooleanQuery::union(queries)),
    }
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn all_of(field: Field, texts: &[String]) -> Box<dyn Query> {
    match texts {
        [] => Box::new(EmptyQuery),
        [only] => term(field, only),
        _ => Box::new(BooleanQuery::intersection(texts.iter().map(|text| term(field, text)).collect())),
    }
}

fn pattern(field: Field, pattern: &str) -> Result<Box<dyn Query>, IndexError> {
    let query = RegexQuery::from_pattern(pattern, field).map_err(IndexError::engine("build a hunt"))?;
    Ok(Box::new(query))
}

/// Terms of a text that has characters of a script without spaces: all its pairs and other runs.
fn spaceless_terms(text: &str) -> Option<Vec<String>> {
    text.chars().any(words::is_spaceless).then(|| skeleton::terms([text]))
}

/// Every spelling of one mark; the module's head lists them.
fn mark_query(field: Field, mark: &str) -> Result<Box<dyn Query>, IndexError> {
    if let Some(pairs) = spaceless_terms(mark) {
        return Ok(mixed_script_query(field, mark, &pairs));
    }
    let squashed: Vec<char> = skeleton::skeleton(mark).chars().collect();
    let text = |letters: &[char]| letters.iter().collect::<String>();
    let length = squashed.len();
    let mut either = one_word(field, mark, &squashed, ONE_EDIT_FROM, CONSONANTS_FROM)?;
    either.push(all_of(field, &skeleton::words(mark)));
    either.extend(word_by_word(field, mark)?);
    if (INSIDE_FROM..ONE_EDIT_FROM).contains(&length)
        && let Some(sound) = spellings::sound_pattern(&squashed)
    {
        either.push(pattern(field, &sound)?);
    }
    if length >= INSIDE_FROM {
        either.push(pattern(field, &format!(".*{}.*", text(&squashed)))?);
    }
    if (INSIDE_FROM..=EDITED_TO).contains(&length) {
        for cut in 1..length {
            either.push(all_of(field, &[text(&squashed[..cut]), text(&squashed[cut..])]));
        }
    }
    if (INSIDE_FROM..=THREE_PIECES_TO).contains(&length) {
        for first in 1..length - 1 {
            for second in first + 1..length {
                let pieces = [&squashed[..first], &squashed[first..second], &squashed[second..]];
                either.push(all_of(field, &pieces.map(text)));
            }
        }
    }
    Ok(any(either))
}

/// A mark in Han, kana, Thai and the like: its pairs. One character alone is half of many pairs.
fn mixed_script_query(field: Field, mark: &str, pairs: &[String]) -> Box<dyn Query> {
    let characters: Vec<char> = mark.chars().filter(|letter| words::is_spaceless(*letter)).collect();
    let [only] = characters[..] else {
        return all_of(field, pairs);
    };
    // Neither `.` nor a letter of these scripts has a meaning of its own in a pattern.
    let halves = pattern(field, &format!(".?{only}.?"));
    halves.unwrap_or_else(|_| term(field, &only.to_string()))
}

/// The spellings of one word: as it is, with gaps, without vowels, by sound, with edits.
fn one_word(
    field: Field,
    word: &str,
    letters: &[char],
    edit_from: usize,
    consonants_from: usize,
) -> Result<Vec<Box<dyn Query>>, IndexError> {
    let whole: String = letters.iter().collect();
    let mut terms = spellings::gapped(letters);
    terms.extend(spellings::without_vowels(word, consonants_from));
    terms.push(whole.clone());
    let terms = terms.iter().map(|text| Term::from_field_text(field, text));
    let mut either: Vec<Box<dyn Query>> = vec![Box::new(TermSetQuery::new(terms))];
    if !(edit_from..=EDITED_TO).contains(&letters.len()) {
        return Ok(either);
    }
    let edits = if letters.len() >= TWO_EDITS_FROM { 2 } else { 1 };
    either.push(Box::new(FuzzyTermQuery::new(Term::from_field_text(field, &whole), edits, true)));
    if let Some(sound) = spellings::sound_pattern(letters) {
        either.push(pattern(field, &sound)?);
    }
    Ok(either)
}

/// A mark of several words, each in any spelling.
fn word_by_word(field: Field, mark: &str) -> Result<Option<Box<dyn Query>>, IndexError> {
    let parts = mark.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<(&str, String)> =
        parts.map(|word| (word, skeleton::skeleton(word))).filter(|(_, skeleton)| !skeleton.is_empty()).collect();
    if !(2..=WORDS_TO).contains(&words.len()) {
        return Ok(None);
    }
    let mut all: Vec<Box<dyn Query>> = Vec::new();
    for (word, skeleton) in words {
        let letters: Vec<char> = skeleton.chars().collect();
        all.push(any(one_word(field, word, &letters, WORD_EDIT_FROM, WORD_CONSONANTS_FROM)?));
    }
    Ok(Some(Box::new(BooleanQuery::intersection(all))))
}

/// One lexicon term: all its words, the last completed where a `*` ends it.
fn lexicon_query(field: Field, lexicon_term: &str) -> Result<Box<dyn Query>, IndexError> {
    let completed = lexicon_term.trim_end().strip_suffix('*');
    let text = completed.unwrap_or(lexicon_term);
    if let Some(pairs) = spaceless_terms(text) {
        return Ok(mixed_script_query(field, text, &pairs));
    }
    let words = skeleton::words(text);
    let Some((last, before)) = words.split_last() else {
        return Ok(Box::new(EmptyQuery));
    };
    let last = if completed.is_some() { pattern(field, &format!("{last}.*"))? } else { term(field, last) };
    let mut all: Vec<Box<dyn Query>> = before.iter().map(|word| term(field, word)).collect();
    all.push(last);
    let apart: Box<dyn Query> = Box::new(BooleanQuery::intersection(all));
    // "T-shirt" and "glue gun" are also written in one.
    Ok(any(vec![apart, term(field, &words.concat())]))
}

/// Images that share a whole band, or one but for a single bit.
fn image_query(field: Field, hashes: &[[u8; 32]], radius: u16) -> Result<Box<dyn Query>, IndexError> {
    if radius > LARGEST_RADIUS {
        return Err(IndexError::Query(format!("image candidates reach up to distance {LARGEST_RADIUS}, not {radius}")));
    }
    let exact_bands = hashes.iter().flat_map(band_terms);
    // At distance 16 and more, all sixteen bands may differ, but not all by two bits.
    let flips = if radius < 16 { 0 } else { 16 };
    let bands = exact_bands.flat_map(|band| std::iter::once(band).chain((0..flips).map(move |bit| band ^ (1 << bit))));
    Ok(Box::new(TermSetQuery::new(bands.map(|band| Term::from_field_u64(field, band)))))
}
