//! Slips of the pen, other spellings of the same sound, and words without vowels.

use super::{Candidate, MOST_CANDIDATES, Probes, SEARCHED_CLOSELY, Scan};
use crate::matching::text::edit::{Slip, one_slip};
use crate::matching::text::form::{is_vowel, skeleton};
use crate::matching::text::hash::{self, MAX_RUN, Salt};
use crate::matching::text::index::FormRef;
use crate::matching::text::model::Pass;
use crate::matching::text::sound::sound;
use crate::matching::text::token::{Kind, Token};
use crate::matching::text::transliterate::latin;
use crate::registry::model::Strictness;

/// Longest word compared.
const LONGEST: usize = 24;

/// A run of letters read as one misspelt word.
#[derive(Clone, Copy)]
struct Run {
    from: u32,
    to: u32,
    /// Words joined: only a mark of several words is meant.
    joined: bool,
}

/// Finds misspelt forms in words that are neither frequent words nor marks themselves.
pub(in super::super) fn find<'a>(scan: &Scan<'a>, exact: &[bool], out: &mut Vec<Candidate<'a>>) {
    let words = scan.words;
    let mut runs: Vec<Run> = Vec::with_capacity(words.tokens.len());
    for (at, token) in words.tokens.iter().enumerate() {
        if out.len() >= MOST_CANDIDATES || token.to > SEARCHED_CLOSELY {
            break;
        }
        if token.kind == Kind::Letters && !exact[at] && token.length() <= LONGEST {
            // Parts of a mark may be everyday words where the whole is not: "new balanke".
            several_words(scan, at, &mut runs);
            if !token.facts.common && token.facts.topics == 0 && token.length() >= 3 {
                runs.push(Run { from: token.from, to: token.to, joined: false });
                vowels_left_out(scan, (at, at), out);
            }
            vowels_left_out(scan, (at, at + 1), out);
            doubled_capital(scan, token, out);
        }
    }
    slips(scan, &runs, out);
    sounds(scan, &runs, out);
    said_in_another_script(scan, exact, out);
}

/// Marks in Latin letters that a word in Cyrillic or Greek letters sounds like.
fn said_in_another_script<'a>(scan: &Scan<'a>, exact: &[bool], out: &mut Vec<Candidate<'a>>) {
    for (at, token) in scan.words.tokens.iter().enumerate() {
        if out.len() >= MOST_CANDIDATES || token.to > SEARCHED_CLOSELY {
            return;
        }
        let is_latin = scan.words.letters[token.from as usize].is_ascii();
        if is_latin || token.kind != Kind::Letters || exact[at] || token.facts.common || token.facts.topics != 0 {
            continue;
        }
        let Some(latin) = latin(scan.words.of_token(token)) else {
            continue;
        };
        let letters: Vec<char> = latin.chars().collect();
        let mut heard = [' '; MAX_RUN];
        let length = sound(&letters, &mut heard);
        let key = hash::key(Salt::Sound, hash::run(heard[..length].iter().copied()), length);
        for found in scan.index.forms(Salt::Sound, key) {
            let mut own = [' '; MAX_RUN];
            let own_length = sound(&found.letters(), &mut own);
            let same = own[..own_length] == heard[..length];
            if length >= 4 && same && is_searched(found.form().strictness) && !scan.is_frequent(token, &found) {
                let (from, to) = (token.from as usize, token.to as usize);
                out.push(Candidate { said: true, ..scan.candidate(found, Pass::Phonetic, from, to) });
            }
        }
    }
}

/// Notes the word at `at` joined to neighbours that open or close a mark of several words; a
/// mark of one word is not cut and misspelt at once ("ss watch", "core 2").
fn several_words(scan: &Scan, at: usize, runs: &mut Vec<Run>) {
    let tokens = &scan.words.tokens;
    let mut join = |first: &Token, last: &Token| {
        let length = (last.to - first.from) as usize;
        if (5..=LONGEST).contains(&length) {
            runs.push(Run { from: first.from, to: last.to, joined: true });
        }
    };
    for before in (1..=2).filter_map(|steps| at.checked_sub(steps)).filter(|before| scan.opens[*before]) {
        join(&tokens[before], &tokens[at]);
    }
    if let Some(last) = tokens.get(at + 1)
        && scan.closes[at + 1]
    {
        join(&tokens[at], last);
    }
}

/// A mark of three letters with one of them doubled, all in capitals: "BMMW". Shorter words
/// misspelt otherwise are other words.
fn doubled_capital<'a>(scan: &Scan<'a>, token: &Token, out: &mut Vec<Candidate<'a>>) {
    let (from, to) = (token.from as usize, token.to as usize);
    if token.length() != 4 || token.facts.common {
        return;
    }
    let letters = &scan.words.letters;
    let Some(second) = (from + 1..to).find(|at| letters[*at] == letters[at - 1]) else {
        return;
    };
    let rest = hash::join(scan.words.hash(from, second), scan.words.hash(second + 1, to), to - second - 1);
    for found in scan.index.forms(Salt::Whole, hash::key(Salt::Whole, rest, 3)) {
        let same = one_slip(&letters[from..to], &found.letters()) == Some(Slip::Doubled);
        let mut candidate = scan.candidate(found, Pass::Fuzzy, from, to);
        let written = scan.folded.written(scan.original, candidate.from as usize, candidate.to as usize);
        if same && is_searched(found.form().strictness) && written.chars().all(char::is_uppercase) {
            candidate.slip = Some(Slip::Doubled);
            out.push(candidate);
        }
    }
}

/// Forms one slip away, by the deletion index.
fn slips<'a>(scan: &Scan<'a>, runs: &[Run], out: &mut Vec<Candidate<'a>>) {
    let words = scan.words;
    let mut probes: Probes<Run> = Probes::with_room(runs.len() * 8);
    for run in runs {
        let (from, to) = (run.from as usize, run.to as usize);
        probes.push(hash::key(Salt::Deletion, words.hash(from, to), to - from), *run);
        for gap in from..to {
            // Leaving out either of two equal neighbours gives the same letters.
            if gap > from && words.letters[gap] == words.letters[gap - 1] {
                continue;
            }
            let rest = hash::join(words.hash(from, gap), words.hash(gap + 1, to), to - gap - 1);
            probes.push(hash::key(Salt::Deletion, rest, to - from - 1), *run);
        }
    }
    probes.kept(scan.index, Salt::Deletion, |key, run| {
        if out.len() < MOST_CANDIDATES {
            one_slip_away(scan, key, run, out);
        }
    });
}

fn one_slip_away<'a>(scan: &Scan<'a>, key: u64, run: Run, out: &mut Vec<Candidate<'a>>) {
    let (from, to) = (run.from as usize, run.to as usize);
    let written = &scan.words.letters[from..to];
    for found in scan.index.forms(Salt::Deletion, key) {
        let letters = found.letters();
        let Some(slip) = one_slip(written, &letters) else {
            continue;
        };
        let known = out.iter().rev().take(8).any(|other| {
            other.pass == Pass::Fuzzy
                && std::ptr::eq(other.form.form(), found.form())
                && other.from == scan.words.places[from]
        });
        let swapped_start = slip == Slip::Swapped && letters.len() >= 5;
        if known || (letters[0] != written[0] && !swapped_start) || !is_meant(scan, run, &found) {
            continue;
        }
        let mut candidate = scan.candidate(found, Pass::Fuzzy, from, to);
        candidate.slip = Some(slip);
        out.push(candidate);
    }
}

/// Whether a form is searched in letters that are not its own, and the letters are no
/// frequent word of the catalogue.
fn is_meant(scan: &Scan, run: Run, found: &FormRef) -> bool {
    if !is_searched(found.form().strictness) || (run.joined && found.form().words < 2) {
        return false;
    }
    let token = &scan.words.tokens[scan.words.token_at(run.from as usize)];
    run.joined || !scan.is_frequent(token, found)
}

/// Forms that sound the same.
fn sounds<'a>(scan: &Scan<'a>, runs: &[Run], out: &mut Vec<Candidate<'a>>) {
    let mut probes: Probes<Run> = Probes::with_room(runs.len());
    for run in runs {
        let written = &scan.words.letters[run.from as usize..run.to as usize];
        let mut heard = [' '; MAX_RUN];
        let length = sound(written, &mut heard);
        if length >= 3 && written.len() >= 4 {
            probes.push(hash::key(Salt::Sound, hash::run(heard[..length].iter().copied()), length), *run);
        }
    }
    probes.kept(scan.index, Salt::Sound, |key, run| {
        if out.len() < MOST_CANDIDATES {
            sounds_alike(scan, key, run, out);
        }
    });
}

fn sounds_alike<'a>(scan: &Scan<'a>, key: u64, run: Run, out: &mut Vec<Candidate<'a>>) {
    let (from, to) = (run.from as usize, run.to as usize);
    let written = &scan.words.letters[from..to];
    let mut heard = [' '; MAX_RUN];
    let length = sound(written, &mut heard);
    for found in scan.index.forms(Salt::Sound, key) {
        let letters = found.letters();
        let mut own = [' '; MAX_RUN];
        let own_length = sound(&letters, &mut own);
        let same = own[..own_length] == heard[..length];
        let near = *letters != *written && letters.len().abs_diff(written.len()) <= 2;
        if same && near && is_meant(scan, run, &found) {
            out.push(scan.candidate(found, Pass::Phonetic, from, to));
        }
    }
}

/// Forms whose consonants words without vowels spell; a single word or two neighbours.
fn vowels_left_out<'a>(scan: &Scan<'a>, (first, last): (usize, usize), out: &mut Vec<Candidate<'a>>) {
    let Some(tokens) = scan.words.tokens.get(first..=last) else {
        return;
    };
    let without_vowels = |token: &Token| {
        token.kind == Kind::Letters && !scan.words.of_token(token)[1..].iter().any(|letter| is_vowel(*letter))
    };
    let (from, to) = (tokens[0].from as usize, tokens[tokens.len() - 1].to as usize);
    let shortest = if first == last { 3 } else { 5 };
    if to - from < shortest || to - from > LONGEST || !tokens.iter().all(without_vowels) {
        return;
    }
    let key = hash::key(Salt::Skeleton, scan.words.hash(from, to), to - from);
    for found in scan.index.forms(Salt::Skeleton, key) {
        let (form, letters) = (found.form(), found.letters());
        let consonants = skeleton(&letters, form.breaks());
        let words_agree = first == last || form.words == 2;
        if words_agree && is_searched(form.strictness) && consonants.eq(scan.words.letters[from..to].iter().copied()) {
            out.push(scan.candidate(found, Pass::Skeleton, from, to));
        }
    }
}

fn is_searched(strictness: Strictness) -> bool {
    strictness != Strictness::Literal
}
