//! Building the index from the packs' lexicons.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

use super::hashing::{PREFIX_KEYS, prefix_key, word_hash};
use super::term::{MAX_TERM_WORDS, SpacedForm, check_term, fold_plain, plurals};
use super::{Entry, LexiconIndex, MAX_TERMS, Term};
use crate::rules::model::Pack;
use crate::rules::words::is_unspaced;

impl LexiconIndex {
    /// Compiles the lexicons of `packs`, numbered through in pack order.
    ///
    /// Terms must have passed [`check_term`]; one that did not is left out.
    pub fn build(packs: &[Pack]) -> Self {
        let mut builder = Builder::default();
        let lexicons = packs.iter().flat_map(|pack| &pack.lexicons);
        for (number, lexicon) in (0_u32..).zip(lexicons) {
            for (lang, term) in &lexicon.terms {
                builder.add(number, false, lang, term);
            }
            for (lang, term) in &lexicon.except {
                builder.add(number, true, lang, term);
            }
        }
        builder.finish()
    }
}

/// Collects the terms before the index is complete.
#[derive(Default)]
struct Builder {
    index: LexiconIndex,
    by_words: HashMap<(Box<str>, bool), u32>,
    unspaced: HashMap<String, usize>,
    unspaced_patterns: Vec<String>,
}

impl Builder {
    fn add(&mut self, lexicon: u32, except: bool, lang: &str, text: &str) {
        if check_term(text).is_err() || self.index.terms.len() >= MAX_TERMS {
            return;
        }
        let term = self.index.terms.len() as u32;
        let lang_number = self.lang_number(lang);
        self.index.terms.push(Term { lexicon, except, lang: lang_number, text: text.into() });
        let stem = text.strip_suffix('*').unwrap_or(text);
        let folded = fold_plain(stem);
        if folded.chars().any(is_unspaced) {
            self.add_unspaced(folded.trim(), term);
            return;
        }
        let Some(mut form) = SpacedForm::of(stem) else { return };
        let is_prefix = text.ends_with('*');
        self.add_form(&form, is_prefix, term);
        if is_prefix {
            return;
        }
        let Some(last) = form.words.pop() else { return };
        for plural in plurals(lang, &last) {
            form.words.push(plural);
            self.add_form(&form, false, term);
            form.words.pop();
        }
    }

    fn lang_number(&mut self, lang: &str) -> u16 {
        let langs = &mut self.index.langs;
        let known = langs.iter().position(|known| &**known == lang);
        let place = known.unwrap_or_else(|| {
            langs.push(lang.into());
            langs.len() - 1
        });
        // Tags have two or three letters: 26² + 26³ of them fit.
        u16::try_from(place).unwrap_or(0)
    }

    fn add_unspaced(&mut self, folded: &str, term: u32) {
        let place = *self.unspaced.entry(folded.to_owned()).or_insert_with(|| {
            self.unspaced_patterns.push(folded.to_owned());
            self.unspaced_patterns.len() - 1
        });
        if place == self.index.unspaced_terms.len() {
            self.index.unspaced_terms.push(Vec::new());
        }
        self.index.unspaced_terms[place].push(term);
    }

    fn add_form(&mut self, form: &SpacedForm, is_prefix: bool, term: u32) {
        let index = &mut self.index;
        let words: Box<str> = form.joined().into();
        if let Some(entry) = self.by_words.get(&(words.clone(), is_prefix)) {
            index.entries[*entry as usize].terms.push(term);
            return;
        }
        let entry = index.entries.len() as u32;
        let count = form.words.len().min(MAX_TERM_WORDS) as u8;
        index.entries.push(Entry { words: words.clone(), count, terms: vec![term] });
        self.by_words.insert((words.clone(), is_prefix), entry);
        match (is_prefix, count) {
            (true, 1) => {
                if let Some(key) = PREFIX_KEYS.into_iter().rev().find_map(|length| prefix_key(&words, length)) {
                    index.prefix_sieve.insert(key);
                    index.prefixes.entry(key).or_default().push(entry);
                }
            }
            (true, _) => index.first_words.entry(word_hash(&form.words[0])).or_default().prefixed.push(entry),
            (false, _) => {
                index.sequences.entry(form.hash()).or_default().push(entry);
                let first = index.first_words.entry(word_hash(&form.words[0])).or_default();
                first.longest = first.longest.max(count);
            }
        }
    }

    fn finish(mut self) -> LexiconIndex {
        for hash in self.index.first_words.keys() {
            self.index.first_sieve.insert(*hash);
        }
        if !self.unspaced_patterns.is_empty() {
            // A million short terms stay far below the automaton's limit of 2³¹ states.
            self.index.unspaced = AhoCorasick::new(&self.unspaced_patterns).ok();
        }
        self.index
    }
}
