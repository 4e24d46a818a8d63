//! Marks stuck to another word: `fashionrolex`, `rolex2024`, `#rolexfans`.

use super::{Candidate, MOST_CANDIDATES, Probes, SEARCHED_CLOSELY, Scan};
use crate::matching::text::hash::{self, Salt};
use crate::matching::text::lexicon::LEXICON;
use crate::matching::text::model::Pass;
use crate::matching::text::ordinary::ENGLISH;
use crate::matching::text::token::Kind;
use crate::registry::model::Strictness;

/// Shortest mark looked for inside a longer word.
const SHORTEST: usize = 4;
/// Longest word taken apart.
const LONGEST_WORD: usize = 40;

/// Finds forms that start or end a longer word whose rest is a filler, a number or a year.
pub(in super::super) fn find<'a>(scan: &Scan<'a>, exact: &[bool], out: &mut Vec<Candidate<'a>>) {
    let mut probes: Probes<Cut> = Probes::with_room(scan.words.tokens.len() * 4);
    for (at, token) in scan.words.tokens.iter().enumerate() {
        if token.to > SEARCHED_CLOSELY {
            break;
        }
        let takes_apart = matches!(token.kind, Kind::Letters | Kind::Mixed) && !exact[at] && !token.facts.common;
        if !takes_apart || token.length() <= SHORTEST || token.length() > LONGEST_WORD {
            continue;
        }
        for cut in token.from + 1..token.to {
            if (cut - token.from) as usize >= SHORTEST {
                ask(scan, &mut probes, Cut { at: at as u32, mark: (token.from, cut), rest: (cut, token.to) });
            }
            if (token.to - cut) as usize >= SHORTEST {
                ask(scan, &mut probes, Cut { at: at as u32, mark: (cut, token.to), rest: (token.from, cut) });
            }
        }
    }
    probes.kept(scan.index, Salt::Whole, |key, cut| part(scan, key, cut, out));
}

/// A word cut in two.
#[derive(Clone, Copy)]
struct Cut {
    at: u32,
    mark: (u32, u32),
    rest: (u32, u32),
}

fn ask(scan: &Scan, probes: &mut Probes<Cut>, cut: Cut) {
    let (from, to) = (cut.mark.0 as usize, cut.mark.1 as usize);
    probes.push(hash::key(Salt::Whole, scan.words.hash(from, to), to - from), cut);
}

/// Reads one part of a word as a form when the other is something one glues on.
fn part<'a>(scan: &Scan<'a>, key: u64, cut: Cut, out: &mut Vec<Candidate<'a>>) {
    let token = &scan.words.tokens[cut.at as usize];
    let (from, to) = (cut.mark.0 as usize, cut.mark.1 as usize);
    if out.len() >= MOST_CANDIDATES {
        return;
    }
    for found in scan.index.forms(Salt::Whole, key) {
        let form = found.form();
        if form.strictness == Strictness::Literal || form.unspaced || !found.reads(&scan.words.letters[from..to]) {
            continue;
        }
        let is_glued = token.hashtag || is_glue(scan, (cut.rest.0 as usize, cut.rest.1 as usize));
        // "european" is a word, not a mark with something before it.
        let is_word = || ENGLISH.level(scan.words.of_token(token)).is_some() || scan.is_frequent(token, &found);
        if is_glued && (token.hashtag || !is_word()) {
            let mut candidate = scan.candidate(found, Pass::Glued, from, to);
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
