//! Exact, folded and squashed: the mark's letters in order, whatever stands between.

use super::{Candidate, MOST_CANDIDATES, Parting, Probes, Scan};
use crate::matching::text::fold::Traces;
use crate::matching::text::hash::{self, MAX_RUN, Salt};
use crate::matching::text::model::Pass;
use crate::matching::text::ordinary::ENGLISH;
use crate::matching::text::token::{Gap, Kind, Token, is_deliberate};
use crate::registry::model::Strictness;

/// Words of ordinary length that may be joined when no known mark starts with the first.
const MOST_PARTS: usize = 4;
/// Letters of a run of one- and two-letter words, or of joined parts.
const MOST_SQUASHED: usize = 32;

/// Finds forms whose letters start and end at word borders. Marks in `exact` the tokens
/// that are a mark by themselves: no misspelling is looked for there.
pub(in super::super) fn find<'a>(scan: &Scan<'a>, exact: &mut [bool], out: &mut Vec<Candidate<'a>>) {
    let words = scan.words;
    let mut probes: Probes<(u32, u32)> = Probes::with_room(words.tokens.len() * MOST_PARTS);
    for start in 0..words.tokens.len() {
        let from = words.tokens[start].from as usize;
        let opens_mark = scan.opens[start];
        let (longest, most_parts) = if opens_mark { (MAX_RUN, 10) } else { (MOST_SQUASHED, MOST_PARTS) };
        let mut tiny = true;
        for end in start..words.tokens.len() {
            let token = &words.tokens[end];
            let (to, parts) = (token.to as usize, end - start + 1);
            tiny &= token.length() <= 2;
            if to - from > longest || (parts > most_parts && !tiny) {
                break;
            }
            if parts > 1 && token.kind == Kind::Digits && !tiny && !opens_mark {
                break;
            }
            let key = hash::key(Salt::Whole, words.hash(from, to), to - from);
            probes.push(key, (start as u32, end as u32));
        }
    }
    probes.kept(scan.index, Salt::Whole, |key, (start, end)| {
        look_up(scan, key, (start as usize, end as usize), exact, out);
    });
    latin_readings(scan, out);
}

fn look_up<'a>(
    scan: &Scan<'a>,
    key: u64,
    (start, end): (usize, usize),
    exact: &mut [bool],
    out: &mut Vec<Candidate<'a>>,
) {
    let words = scan.words;
    let (from, to) = (words.tokens[start].from as usize, words.tokens[end].to as usize);
    if out.len() >= MOST_CANDIDATES {
        return;
    }
    for found in scan.index.forms(Salt::Whole, key) {
        if !found.reads(&words.letters[from..to]) {
            continue;
        }
        let mut candidate = scan.candidate(found, Pass::Exact, from, to);
        candidate.parting = parting(scan, start, end, found.form().breaks());
        // "men's watch" does not name a swatch.
        if candidate.parting == Parting::Split
            && words.tokens[start].length() == 1
            && words.tokens[start].gap == Gap::Sign('\'')
        {
            continue;
        }
        if candidate.parting != Parting::None {
            candidate.pass = Pass::Squashed;
        } else if candidate.traces != 0 && !accents_agree(scan, &candidate) {
            candidate.pass = Pass::Folded;
        }
        if found.form().strictness == Strictness::Literal && !is_literal(scan, &candidate) {
            continue;
        }
        if candidate.parting == Parting::None || start == end {
            exact[start..=end].fill(true);
        }
        out.push(candidate);
    }
}

/// How the words between `start` and `end` are set apart where the form has no border.
fn parting(scan: &Scan, start: usize, end: usize, breaks: u64) -> Parting {
    let tokens = &scan.words.tokens;
    let base = tokens[start].from;
    let inner = &tokens[start + 1..=end];
    let foreign = inner.iter().filter(|token| breaks >> (token.from - base) & 1 == 0).count();
    if foreign == 0 {
        return Parting::None;
    }
    let single = tokens[start..=end].iter().filter(|token| token.length() == 1).count();
    let all_single = single == end - start + 1;
    let signs = inner.iter().all(|token| matches!(token.gap, Gap::Sign(_) | Gap::None));
    // "c-an on": a hyphen alone is everyday writing, other signs inside a word are not; yet
    // between whole words of a language signs stand for "and" and "or": "wet/dry".
    let odd_signs = signs
        && inner.iter().all(|token| token.gap != Gap::Sign('-'))
        && !tokens[start..=end].iter().all(|token| is_word(scan, token));
    if (all_single && end - start >= 2) || odd_signs { Parting::Deliberate } else { Parting::Split }
}

/// Whether a word of three letters or more is one of a language.
fn is_word(scan: &Scan, token: &Token) -> bool {
    token.length() >= 3 && (token.facts.common || ENGLISH.level(scan.words.of_token(token)).is_some())
}

/// Whether the letters were written as the mark is registered, accents included.
fn accents_agree(scan: &Scan, candidate: &Candidate) -> bool {
    if is_deliberate(candidate.traces) {
        return false;
    }
    let written = scan.folded.written(scan.original, candidate.from as usize, candidate.to as usize).to_lowercase();
    written == candidate.form.form().text(candidate.form.brand()).to_lowercase()
}

/// Whether a form of two letters is written as registered, capitals included.
fn is_literal(scan: &Scan, candidate: &Candidate) -> bool {
    let written = scan.folded.written(scan.original, candidate.from as usize, candidate.to as usize);
    written == candidate.form.form().text(candidate.form.brand())
}

/// Words wholly of look-alikes, read as Latin.
fn latin_readings<'a>(scan: &Scan<'a>, out: &mut Vec<Candidate<'a>>) {
    for reading in scan.folded.latin_readings.iter().take(64) {
        let length = reading.text.chars().count();
        let Ok(from) = scan.words.places.binary_search(&reading.start) else {
            continue;
        };
        if length > MAX_RUN || from + length > scan.words.letters.len() {
            continue;
        }
        for found in scan.index.forms(Salt::Whole, hash::key(Salt::Whole, hash::run(reading.text.chars()), length)) {
            if found.letters().iter().copied().eq(reading.text.chars())
                && found.form().strictness != Strictness::Literal
            {
                let mut candidate = scan.candidate(found, Pass::Folded, from, from + length);
                candidate.traces |= Traces::LOOKALIKE;
                out.push(candidate);
            }
        }
    }
}
