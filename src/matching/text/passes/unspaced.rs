//! Marks inside writing without spaces: Han, kana, Hangul, Thai.

use super::{Candidate, MOST_CANDIDATES, Probes, Scan};
use crate::matching::text::hash::{self, MAX_RUN, Salt};
use crate::matching::text::model::Pass;
use crate::matching::text::token::Kind;

/// Finds forms anywhere inside runs of unspaced writing. Runs that a form fills
/// are found by the plain pass already.
pub(in super::super) fn find<'a>(scan: &Scan<'a>, out: &mut Vec<Candidate<'a>>) {
    let words = scan.words;
    let lengths = scan.index.unspaced_lengths();
    // One sign alone is no mark inside a sentence.
    if lengths >> 2 == 0 {
        return;
    }
    let mut probes: Probes<(u32, u32)> = Probes::with_room(0);
    for token in words.tokens.iter().filter(|token| token.kind == Kind::Unspaced) {
        let (start, end) = (token.from as usize, token.to as usize);
        for from in start..end {
            for length in (2..=(end - from).min(MAX_RUN - 1)).filter(|length| lengths >> length & 1 == 1) {
                let to = from + length;
                if (from, to) != (start, end) {
                    let key = hash::key(Salt::Whole, words.hash(from, to), length);
                    probes.push(key, (from as u32, to as u32));
                }
            }
        }
    }
    probes.kept(scan.index, Salt::Whole, |key, (from, to)| {
        let (from, to) = (from as usize, to as usize);
        for found in scan.index.forms(Salt::Whole, key) {
            let fits = found.form().unspaced && found.reads(&words.letters[from..to]);
            if fits && out.len() < MOST_CANDIDATES {
                out.push(scan.candidate(found, Pass::Exact, from, to));
            }
        }
    });
}
