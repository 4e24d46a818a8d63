//! The passes: each finds marks written in one way and reports candidates.
//!
//! A pass only says that letters can be read as a mark; whether that counts is weighed
//! in `score`.

pub(super) mod glued;
pub(super) mod leet;
pub(super) mod masked;
pub(super) mod misspelt;
pub(super) mod plain;
pub(super) mod unspaced;

use super::edit::Slip;
use super::fold::Folded;
use super::hash::{self, MAX_RUN, Salt};
use super::index::{FormRef, MarkIndex};
use super::model::Pass;
use super::token::{Token, Words};

/// Candidates of one field beyond which passes stop: a text that reaches it is built to.
pub(super) const MOST_CANDIDATES: usize = 4_096;

/// Letters of a field up to which disguises and misspellings are looked for; beyond,
/// only the plain letters. Titles and the openings of descriptions lie far below.
pub(super) const SEARCHED_CLOSELY: u32 = 4_000;

/// A field as the passes see it.
pub(super) struct Scan<'a> {
    pub(super) index: &'a MarkIndex,
    pub(super) original: &'a str,
    pub(super) folded: &'a Folded,
    pub(super) words: &'a Words,
    /// Of each word, whether a mark of several words starts with it.
    pub(super) opens: Vec<bool>,
    /// Of each word, whether a mark of several words ends with it.
    pub(super) closes: Vec<bool>,
}

/// Questions to the index, asked many at once: most find nothing, and asking together saves
/// most of the waiting for memory.
pub(super) struct Probes<Place> {
    keys: Vec<u64>,
    places: Vec<Place>,
}

impl<Place: Copy> Probes<Place> {
    /// No questions yet, with room for some.
    pub(super) fn with_room(room: usize) -> Self {
        Self { keys: Vec::with_capacity(room), places: Vec::with_capacity(room) }
    }

    /// Asks whether forms lie under `key`; `place` says what for.
    #[inline]
    pub(super) fn push(&mut self, key: u64, place: Place) {
        self.keys.push(key);
        self.places.push(place);
    }

    /// Calls `each` for those under which forms may lie, in the order asked.
    pub(super) fn kept(&self, index: &MarkIndex, salt: Salt, mut each: impl FnMut(u64, Place)) {
        for (keys, places) in self.keys.chunks(64).zip(self.places.chunks(64)) {
            let mut found = index.sift(salt, keys);
            while found != 0 {
                let at = found.trailing_zeros() as usize;
                found &= found - 1;
                each(keys[at], places[at]);
            }
        }
    }
}

/// How the letters between the parts of a mark were set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// Not at all, or where the mark has its own word borders.
    None,
    /// Single letters with something between each, or signs inside the word.
    Deliberate,
    /// White space between longer parts: can be chance.
    Split,
}

/// Letters that can be read as a form.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) form: FormRef<'a>,
    pub(super) pass: Pass,
    /// Letters in the folded text, counted in letters.
    pub(super) from: u32,
    pub(super) to: u32,
    /// First and last token concerned.
    pub(super) first_token: u32,
    pub(super) last_token: u32,
    pub(super) traces: u8,
    pub(super) slip: Option<Slip>,
    pub(super) parting: Parting,
    /// Letters that signs or digits stand for, or that are covered.
    pub(super) replaced: u8,
    /// Written in another script as the mark sounds.
    pub(super) said: bool,
    /// Only digits stand for letters.
    pub(super) digits_only: bool,
    /// What is replaced is one number at an end of the word, or a covered letter at its border.
    pub(super) number_like: bool,
    /// Inside a hashtag.
    pub(super) hashtag: bool,
    /// Every letter of the text takes part: the field is this mark.
    pub(super) whole_field: bool,
}

impl<'a> Scan<'a> {
    /// A field ready for the passes.
    pub(super) fn of(index: &'a MarkIndex, original: &'a str, folded: &'a Folded, words: &'a Words) -> Self {
        let mut scan = Self { index, original, folded, words, opens: Vec::new(), closes: Vec::new() };
        scan.opens = scan.words_of_several(Salt::FirstWord);
        scan.closes = scan.words_of_several(Salt::LastWord);
        scan
    }

    /// Of each word, whether a mark of several words has it at the end that `salt` names.
    fn words_of_several(&self, salt: Salt) -> Vec<bool> {
        let tokens = &self.words.tokens;
        let mut found = vec![false; tokens.len()];
        let mut probes: Probes<usize> = Probes::with_room(tokens.len());
        for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.length() <= MAX_RUN) {
            let running = self.words.hash(token.from as usize, token.to as usize);
            probes.push(hash::key(salt, running, token.length()), at);
        }
        probes.kept(self.index, salt, |key, at| {
            found[at] = self.index.has_word(salt, key, self.words.of_token(&tokens[at]));
        });
        found
    }

    /// Whether the platform's titles show that a word is no misspelling of a form.
    pub(super) fn is_frequent(&self, token: &Token, form: &FormRef) -> bool {
        self.index.is_frequent(self.words.of_token(token), form.brand().topics())
    }

    /// A candidate over letters `from..to` of the words' letters.
    pub(super) fn candidate(&self, form: FormRef<'a>, pass: Pass, from: usize, to: usize) -> Candidate<'a> {
        let first_token = self.words.token_at(from);
        let last_token = self.words.token_at(to - 1);
        Candidate {
            form,
            pass,
            from: self.words.places[from],
            to: self.words.places[to - 1] + 1,
            first_token: first_token as u32,
            last_token: last_token as u32,
            traces: self.words.traces(self.folded, from, to),
            slip: None,
            parting: Parting::None,
            replaced: 0,
            said: false,
            digits_only: false,
            number_like: false,
            hashtag: self.words.tokens[first_token].hashtag,
            whole_field: from == 0 && to == self.words.letters.len(),
        }
    }
}
