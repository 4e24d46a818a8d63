//! Marks stuck to another word: `fashionrolex`, `rolex2024`, `#rolexfans`.

use super::{Candidate, MOST_CANDIDATES, SEARCHED_CLOSELY, Scan};
use crate::matching::text::hash::Salt;
use crate::matching::text::lexicon::LEXICON;
use crate::matching::text::model::Pass;
use crate::matching::text::token::{Kind, Token};
use crate::registry::model::Strictness;

/// Shortest mark looked for inside a longer word.
const SHORTEST: usize = 4;
/// Longest word taken apart.
const LONGEST_WORD: usize = 40;

/// Finds forms that start or end a longer word whose rest is a filler, a number or a year.
pub(in super::super) fn find<'a>(scan: &Scan<'a>, exact: &[bool], out: &mut Vec<Candidate<'a>>) {
    for (at, token) in scan.words.tokens.iter().enumerate() {
        if token.to > SEARCHED_CLOSELY {
            return;
        }
        let takes_apart = matches!(token.kind, Kind::Letters | Kind::Mixed) && !exact[at] && !token.facts.common;
        if !takes_apart || token.length() <= SHORTEST || token.length() > LONGEST_WORD {
            continue;
        }
        let (from, to) = (token.from as usize, token.to as usize);
        for cut in from + 1..to {
            if cut - from >= SHORTEST {
                part(scan, token, (from, cut), (cut, to), out);
            }
            if to - cut >= SHORTEST {
                part(scan, token, (cut, to), (from, cut), out);
            }
        }
        if out.len() >= MOST_CANDIDATES {
            return;
        }
    }
}

/// Reads letters `mark` of `token` as a form when `rest` is something one glues on.
fn part<'a>(scan: &Scan<'a>, token: &Token, mark: (usize, usize), rest: (usize, usize), out: &mut Vec<Candidate<'a>>) {
    let words = scan.words;
    let length = mark.1 - mark.0;
    for found in scan.index.forms(Salt::Whole, words.hash(mark.0, mark.1), length) {
        let form = found.form();
        if form.strictness == Strictness::Literal || form.unspaced || found.letters() != &words.letters[mark.0..mark.1]
        {
            continue;
        }
        if token.hashtag || is_glue(scan, rest) {
            let mut candidate = scan.candidate(found, Pass::Glued, mark.0, mark.1);
            candidate.hashtag = token.hashtag;
            out.push(candidate);
        }
    }
}

/// Whether the rest of a word is a filler, a lone x, or a year-like number.
fn is_glue(scan: &Scan, (from, to): (usize, usize)) -> bool {
    let rest = &scan.words.letters[from..to];
    if rest.iter().all(char::is_ascii_digit) {
        return (2..=4).contains(&rest.len());
    }
    if rest == ['x'] {
        return true;
    }
    rest.len() >= 2 && rest.len() <= 16 && LEXICON.facts(scan.words.hash(from, to), to - from).filler
}
