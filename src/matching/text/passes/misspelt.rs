//! Slips of the pen, other spellings of the same sound, and words without vowels.

use super::{Candidate, MOST_CANDIDATES, SEARCHED_CLOSELY, Scan};
use crate::matching::text::edit::{Slip, one_slip};
use crate::matching::text::form::{is_vowel, skeleton};
use crate::matching::text::hash::{self, MAX_RUN, Salt};
use crate::matching::text::model::Pass;
use crate::matching::text::sound::sound;
use crate::matching::text::token::{Kind, Token};
use crate::registry::model::Strictness;

/// Longest word compared.
const LONGEST: usize = 24;

/// Finds misspelt forms in words that are neither frequent words nor marks themselves.
pub(in super::super) fn find<'a>(scan: &Scan<'a>, exact: &[bool], out: &mut Vec<Candidate<'a>>) {
    let words = scan.words;
    for (at, token) in words.tokens.iter().enumerate() {
        if out.len() >= MOST_CANDIDATES || token.to > SEARCHED_CLOSELY {
            return;
        }
        if token.kind == Kind::Letters && !exact[at] && token.length() <= LONGEST {
            // Parts of a mark may be everyday words where the whole is not: "new balanke".
            several_words(scan, at, out);
            if !token.facts.common && token.facts.topics == 0 && token.length() >= 3 {
                let (from, to) = (token.from as usize, token.to as usize);
                slips(scan, from, to, out);
                sounds(scan, from, to, out);
                vowels_left_out(scan, (at, at), out);
            }
            vowels_left_out(scan, (at, at + 1), out);
            doubled_capital(scan, token, out);
        }
    }
}

/// Tries the word at `at` joined to neighbours that open or close a mark of several words.
fn several_words<'a>(scan: &Scan<'a>, at: usize, out: &mut Vec<Candidate<'a>>) {
    let opens = |token: &Token| has_word(scan, Salt::FirstWord, token);
    let closes = |token: &Token| has_word(scan, Salt::LastWord, token);
    let tokens = &scan.words.tokens;
    for steps in 1..=2 {
        if let Some(first) = at.checked_sub(steps).map(|before| &tokens[before])
            && opens(first)
        {
            joined(scan, first, &tokens[at], out);
        }
    }
    if let Some(last) = tokens.get(at + 1)
        && closes(last)
    {
        joined(scan, &tokens[at], last, out);
    }
}

fn has_word(scan: &Scan, salt: Salt, token: &Token) -> bool {
    let (from, to) = (token.from as usize, token.to as usize);
    token.length() <= LONGEST && scan.index.has(salt, scan.words.hash(from, to), token.length())
}

/// Reads the letters from `first` to `last` as a misspelt mark of several words; a mark of
/// one word is not cut and misspelt at once ("ss watch", "core 2").
fn joined<'a>(scan: &Scan<'a>, first: &Token, last: &Token, out: &mut Vec<Candidate<'a>>) {
    let (from, to) = (first.from as usize, last.to as usize);
    if to - from > LONGEST || to - from < 5 {
        return;
    }
    let mut found = Vec::new();
    slips(scan, from, to, &mut found);
    sounds(scan, from, to, &mut found);
    out.extend(found.into_iter().filter(|candidate| candidate.form.form().words > 1));
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
    for found in scan.index.forms(Salt::Whole, rest, 3) {
        let same = one_slip(&letters[from..to], found.letters()) == Some(Slip::Doubled);
        let mut candidate = scan.candidate(found, Pass::Fuzzy, from, to);
        let written = scan.folded.written(scan.original, candidate.from as usize, candidate.to as usize);
        if same && is_searched(found.form().strictness) && written.chars().all(char::is_uppercase) {
            candidate.slip = Some(Slip::Doubled);
            out.push(candidate);
        }
    }
}

/// Forms one slip away, by the deletion index.
fn slips<'a>(scan: &Scan<'a>, from: usize, to: usize, out: &mut Vec<Candidate<'a>>) {
    let words = scan.words;
    let written = &words.letters[from..to];
    look_up(scan, words.hash(from, to), to - from, (from, to), written, out);
    for gap in from..to {
        // Leaving out either of two equal neighbours gives the same letters.
        if gap > from && words.letters[gap] == words.letters[gap - 1] {
            continue;
        }
        let rest = hash::join(words.hash(from, gap), words.hash(gap + 1, to), to - gap - 1);
        look_up(scan, rest, to - from - 1, (from, to), written, out);
    }
}

fn look_up<'a>(
    scan: &Scan<'a>,
    running: u64,
    length: usize,
    (from, to): (usize, usize),
    written: &[char],
    out: &mut Vec<Candidate<'a>>,
) {
    for found in scan.index.forms(Salt::Deletion, running, length) {
        let letters = found.letters();
        let Some(slip) = one_slip(written, letters) else {
            continue;
        };
        let known = out.iter().rev().take(8).any(|other| {
            other.pass == Pass::Fuzzy
                && std::ptr::eq(other.form.form(), found.form())
                && other.from == scan.words.places[from]
        });
        let swapped_start = slip == Slip::Swapped && letters.len() >= 5;
        if known || (letters[0] != written[0] && !swapped_start) || !is_searched(found.form().strictness) {
            continue;
        }
        let mut candidate = scan.candidate(found, Pass::Fuzzy, from, to);
        candidate.slip = Some(slip);
        out.push(candidate);
    }
}

/// Forms that sound the same.
fn sounds<'a>(scan: &Scan<'a>, from: usize, to: usize, out: &mut Vec<Candidate<'a>>) {
    let written = &scan.words.letters[from..to];
    let mut heard = [' '; MAX_RUN];
    let length = sound(written, &mut heard);
    if length < 3 || written.len() < 4 {
        return;
    }
    for found in scan.index.forms(Salt::Sound, hash::run(heard[..length].iter().copied()), length) {
        let letters = found.letters();
        let mut own = [' '; MAX_RUN];
        let own_length = sound(letters, &mut own);
        let same = own[..own_length] == heard[..length];
        if same
            && letters != written
            && letters.len().abs_diff(written.len()) <= 2
            && is_searched(found.form().strictness)
        {
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
    for found in scan.index.forms(Salt::Skeleton, scan.words.hash(from, to), to - from) {
        let form = found.form();
        let consonants = skeleton(found.letters(), form.breaks);
        let words_agree = first == last || form.words == 2;
        if words_agree && is_searched(form.strictness) && consonants.eq(scan.words.letters[from..to].iter().copied()) {
            out.push(scan.candidate(found, Pass::Skeleton, from, to));
        }
    }
}

fn is_searched(strictness: Strictness) -> bool {
    strictness != Strictness::Literal
}
