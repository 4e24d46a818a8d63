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
use super::index::{FormRef, MarkIndex};
use super::model::Pass;
use super::token::Words;

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
    /// What is replaced is one number at an end of the word, or a covered letter at its border.
    pub(super) number_like: bool,
    /// Inside a hashtag.
    pub(super) hashtag: bool,
    /// Every letter of the text takes part: the field is this mark.
    pub(super) whole_field: bool,
}

impl<'a> Scan<'a> {
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
            number_like: false,
            hashtag: self.words.tokens[first_token].hashtag,
            whole_field: from == 0 && to == self.words.letters.len(),
        }
    }
}
