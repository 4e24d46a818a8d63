//! Marks inside writing without spaces: Han, kana, Hangul, Thai.

use super::{Candidate, MOST_CANDIDATES, Scan};
use crate::matching::text::hash::{MAX_RUN, Salt};
use crate::matching::text::model::Pass;
use crate::matching::text::token::Kind;

/// Finds forms anywhere inside runs of unspaced writing. Runs that a form fills
/// are found by the plain pass already.
pub(in super::super) fn find<'a>(scan: &Scan<'a>, out: &mut Vec<Candidate<'a>>) {
    let words = scan.words;
    let lengths = scan.index.unspaced_lengths();
    for token in words.tokens.iter().filter(|token| token.kind == Kind::Unspaced) {
        let (start, end) = (token.from as usize, token.to as usize);
        for from in start..end {
            for length in (1..=(end - from).min(MAX_RUN - 1)).filter(|length| lengths >> length & 1 == 1) {
                let to = from + length;
                if (from, to) == (start, end) {
                    continue;
                }
                for found in scan.index.forms(Salt::Whole, words.hash(from, to), length) {
                    // One sign alone is no mark inside a sentence.
                    if length >= 2 && found.form().unspaced && found.letters() == &words.letters[from..to] {
                        out.push(scan.candidate(found, Pass::Exact, from, to));
                    }
                }
                if out.len() >= MOST_CANDIDATES {
                    return;
                }
            }
        }
    }
}
