//! All packs' lexicons as one index over folded text.
//!
//! Text of scripts with spaces is cut into words once; a term is found by hashing the words
//! that could begin one, so a clean listing costs a hash and a look-up a word, whatever the
//! number of terms. Terms with letters of scripts without spaces share one automaton, which
//! runs only over text that has such letters. A hit inside an `except` phrase of its lexicon,
//! or inside a longer hit of its lexicon, is dropped.

mod build;
mod hashing;
mod term;

#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::words::{cut, is_word_letter};
use crate::kernel::Span;
use crate::matching::text::Field;
use crate::matching::text::fold::{Folded, fold};
use hashing::{MixedMap, PREFIX_KEYS, Sieve, extend_hash, prefix_key, word_hash};
use term::gap_key;
pub use term::{check_term, fold_plain};

/// Most terms and exceptions in all packs: about 200 MB of index.
pub const MAX_TERMS: usize = 1_000_000;
/// Most raw finds kept for one field; a text that reaches it is a list of forbidden words.
const MAX_FINDS: usize = 2_000;

/// A lexicon term found in a listing.
#[derive(Debug, Clone)]
pub struct LexiconHit<'p> {
    /// Place of the lexicon among the lexicons of all packs.
    pub lexicon: u32,
    /// The term as the pack writes it.
    pub term: &'p str,
    /// The term's language as the pack writes it.
    pub lang: &'p str,
    /// Where.
    pub field: Field,
    /// The exact letters.
    pub span: Span,
    original: &'p str,
    matched: OnceCell<String>,
}

impl<'p> LexiconHit<'p> {
    /// A hit at `span` of `original`.
    pub fn new(lexicon: u32, (lang, term): (&'p str, &'p str), field: Field, span: Span, original: &'p str) -> Self {
        Self { lexicon, term, lang, field, span, original, matched: OnceCell::new() }
    }

    /// The letters as written, cut to 200 characters. Taken out on first use: most hits of
    /// shared lexicons are never shown.
    pub fn matched(&self) -> &str {
        let cut = Span { from: self.span.from, to: self.span.to.min(self.span.from.saturating_add(200)) };
        self.matched.get_or_init(|| cut.of(self.original))
    }
}

/// A term as the packs hold it.
#[derive(Debug, Clone)]
struct Term {
    lexicon: u32,
    except: bool,
    lang: u16,
    text: Box<str>,
}

/// Terms with the same folded words.
#[derive(Debug, Clone)]
struct Entry {
    /// The folded words with their gaps.
    words: Box<str>,
    count: u8,
    terms: Vec<u32>,
}

/// What a word may begin.
#[derive(Debug, Clone, Default)]
struct FirstWord {
    /// Words of the longest term that begins with it.
    longest: u8,
    /// Entries of several words whose last is a prefix.
    prefixed: Vec<u32>,
}

/// The compiled lexicons of all packs.
#[derive(Debug, Clone, Default)]
pub struct LexiconIndex {
    terms: Vec<Term>,
    langs: Vec<Box<str>>,
    entries: Vec<Entry>,
    sequences: MixedMap<u64, Vec<u32>>,
    first_words: MixedMap<u64, FirstWord>,
    first_sieve: Sieve,
    prefixes: MixedMap<u64, Vec<u32>>,
    prefix_sieve: Sieve,
    unspaced: Option<AhoCorasick>,
    unspaced_terms: Vec<Vec<u32>>,
}

/// Something found, before exceptions: byte range in the folded text and term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Find {
    start: u32,
    end: u32,
    term: u32,
}

impl LexiconIndex {
    /// How many terms and exceptions it holds.
    pub fn term_count(&self) -> usize {
        self.terms.len()
    }

    /// Finds the terms in one field, in the order of the text. Where terms of several languages
    /// have the same letters, that of `lang` is named.
    pub fn find<'p>(&'p self, field: Field, original: &'p str, lang: Option<&str>, hits: &mut Vec<LexiconHit<'p>>) {
        if !original.is_empty() && !self.terms.is_empty() {
            self.find_folded(field, original, &fold(original), lang, hits);
        }
    }

    /// [`Self::find`] in a text that is folded already.
    pub fn find_folded<'p>(
        &'p self,
        field: Field,
        original: &'p str,
        folded: &Folded,
        lang: Option<&str>,
        hits: &mut Vec<LexiconHit<'p>>,
    ) {
        if self.terms.is_empty() {
            return;
        }
        let mut words = Vec::with_capacity(original.len() / 5);
        let has_unspaced = cut(&folded.text, &mut words);
        let mut finds = Vec::new();
        self.find_words(&folded.text, &words, &mut finds);
        if has_unspaced {
            self.find_unspaced(&folded.text, &mut finds);
        }
        if !finds.is_empty() {
            self.keep(field, original, folded, finds, lang, hits);
        }
    }

    fn find_words(&self, text: &str, words: &[Range<u32>], finds: &mut Vec<Find>) {
        let slice = |range: &Range<u32>| &text[range.start as usize..range.end as usize];
        for (place, range) in words.iter().enumerate() {
            if finds.len() >= MAX_FINDS {
                return;
            }
            let word = slice(range);
            for key in PREFIX_KEYS.into_iter().filter_map(|length| prefix_key(word, length)) {
                if !self.prefix_sieve.may_hold(key) {
                    continue;
                }
                let candidates = self.prefixes.get(&key).into_iter().flatten();
                let begins = |entry: &&u32| word.starts_with(&*self.entries[**entry as usize].words);
                for entry in candidates.filter(begins) {
                    self.push(*entry, range.start, range.end, finds);
                }
            }
            let hash = word_hash(word);
            if self.first_sieve.may_hold(hash)
                && let Some(first) = self.first_words.get(&hash)
            {
                self.find_from(text, &words[place..], hash, first, finds);
            }
        }
    }

    /// Terms that begin with the first of `words`.
    fn find_from(&self, text: &str, words: &[Range<u32>], hash: u64, first: &FirstWord, finds: &mut Vec<Find>) {
        let slice = |range: &Range<u32>| &text[range.start as usize..range.end as usize];
        let mut hash = hash;
        for length in 1..=usize::from(first.longest).min(words.len()) {
            let end = words[length - 1].end;
            if length > 1 {
                let Some(gap) = gap_key(&text[words[length - 2].end as usize..words[length - 1].start as usize]) else {
                    break;
                };
                hash = extend_hash(hash, gap, word_hash(slice(&words[length - 1])));
            }
            for entry in self.sequences.get(&hash).into_iter().flatten() {
                let found = &self.entries[*entry as usize];
                if usize::from(found.count) == length && spells(text, &words[..length], &found.words, false) {
                    self.push(*entry, words[0].start, end, finds);
                }
            }
        }
        for entry in &first.prefixed {
            let found = &self.entries[*entry as usize];
            let length = usize::from(found.count);
            if length <= words.len() && spells(text, &words[..length], &found.words, true) {
                self.push(*entry, words[0].start, words[length - 1].end, finds);
            }
        }
    }

    fn push(&self, entry: u32, start: u32, end: u32, finds: &mut Vec<Find>) {
        finds.extend(self.entries[entry as usize].terms.iter().map(|term| Find { start, end, term: *term }));
    }

    fn find_unspaced(&self, text: &str, finds: &mut Vec<Find>) {
        let Some(automaton) = &self.unspaced else { return };
        for found in automaton.find_overlapping_iter(text) {
            if finds.len() >= MAX_FINDS {
                return;
            }
            if at_word_edges(text, found.start(), found.end()) {
                let place = |term: &u32| Find { start: found.start() as u32, end: found.end() as u32, term: *term };
                finds.extend(self.unspaced_terms[found.pattern().as_usize()].iter().map(place));
            }
        }
    }

    /// Drops what lies in exceptions or in longer hits, and turns the rest into hits.
    fn keep<'p>(
        &'p self,
        field: Field,
        original: &'p str,
        folded: &Folded,
        mut finds: Vec<Find>,
        lang: Option<&str>,
        hits: &mut Vec<LexiconHit<'p>>,
    ) {
        let lang = lang.map(|lang| lang.split('-').next().unwrap_or(lang));
        let other_lang = |find: &Find| Some(self.lang(find.term)) != lang;
        // Exceptions first at the same place, then the longer, so that one sweep sees whatever
        // contains a find before the find itself.
        finds.sort_by_cached_key(|find| {
            let term = &self.terms[find.term as usize];
            (term.lexicon, find.start, u32::MAX - find.end, !term.except, other_lang(find), find.term)
        });
        let first_new = hits.len();
        let mut lexicon = u32::MAX;
        let mut covered_to = 0;
        for find in finds {
            let term = &self.terms[find.term as usize];
            if term.lexicon != lexicon {
                (lexicon, covered_to) = (term.lexicon, 0);
            }
            if find.end <= covered_to {
                continue;
            }
            covered_to = find.end;
            if term.except {
                continue;
            }
            let span = folded.span_of_bytes(find.start as usize, find.end as usize);
            hits.push(LexiconHit::new(lexicon, (self.lang(find.term), &term.text), field, span, original));
        }
        hits[first_new..].sort_by_key(|hit| (hit.span, hit.lexicon));
    }

    fn lang(&self, term: u32) -> &str {
        &self.langs[usize::from(self.terms[term as usize].lang)]
    }
}

/// Whether `words` of `text` spell `wanted`; with `prefix`, the last word may be longer.
fn spells(text: &str, words: &[Range<u32>], wanted: &str, prefix: bool) -> bool {
    let mut rest = wanted;
    for (place, range) in words.iter().enumerate() {
        let word = &text[range.start as usize..range.end as usize];
        if place > 0 {
            let gap = gap_key(&text[words[place - 1].end as usize..range.start as usize]);
            match gap.and_then(|gap| rest.strip_prefix(gap)) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        if prefix && place + 1 == words.len() {
            return word.starts_with(rest);
        }
        match rest.strip_prefix(word) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

/// Whether a find may stand at `start..end`: letters of spaced scripts at its ends must be
/// whole words ("BB枪" is not in "ABB枪").
fn at_word_edges(text: &str, start: usize, end: usize) -> bool {
    let joined =
        |left: Option<char>, right: Option<char>| left.is_some_and(is_word_letter) && right.is_some_and(is_word_letter);
    let last = |text: &str| text.chars().next_back();
    let first = |text: &str| text.chars().next();
    !joined(last(&text[..start]), first(&text[start..])) && !joined(last(&text[..end]), first(&text[end..]))
}
