//! Digits and signs in place of letters: `n1ke`, `$watch`, `d_!_3_s_e_l`.

use super::{Candidate, MOST_CANDIDATES, Parting, Probes, SEARCHED_CLOSELY, Scan};
use crate::matching::text::form::leet_class;
use crate::matching::text::hash::{self, MAX_RUN, Salt};
use crate::matching::text::letter::Kinds;
use crate::matching::text::model::Pass;
use crate::matching::text::token::{Kind, Token, is_deliberate};

/// Longest run read.
const LONGEST: usize = 32;

/// A letter or sign that can stand for a letter, in reading order.
#[derive(Clone, Copy)]
struct Sign {
    written: char,
    /// Index in the folded text, counted in letters.
    place: u32,
    /// Starts a word.
    opens: bool,
    /// A look-alike was undone here: capital i and small l may stand for each other.
    undone: bool,
}

/// A run of signs without anything between.
#[derive(Clone, Copy)]
struct Word {
    from: u32,
    to: u32,
    /// Signs that stand for letters, up to its end.
    replaced_before_end: u32,
    /// Holds letters and signs that stand for letters.
    mixes: bool,
}

/// Finds forms in words that mix letters with digits or signs.
pub(in super::super) fn find<'a>(scan: &Scan<'a>, out: &mut Vec<Candidate<'a>>) {
    if !has_replacements(scan) {
        return;
    }
    let signs = signs(scan);
    let words = words(&signs);
    let mut prefixes = Vec::with_capacity(signs.len() + 1);
    let mut running = 0;
    prefixes.push(running);
    for sign in &signs {
        running = hash::push(running, leet_class(sign.written));
        prefixes.push(running);
    }
    let mut probes: Probes<(u32, u32, bool)> = Probes::with_room(words.len());
    for first in 0..words.len() {
        ask_from(&words, first, |from, to, tiny| {
            let length = (to - from) as usize;
            let running = hash::between(&prefixes, from as usize, to as usize);
            probes.push(hash::key(Salt::Leet, running, length.min(MAX_RUN)), (from, to, tiny));
        });
    }
    probes.kept(scan.index, Salt::Leet, |key, (from, to, tiny)| {
        if out.len() < MOST_CANDIDATES {
            look_up(scan, key, &signs[from as usize..to as usize], tiny, out);
        }
    });
}

/// The runs worth asking for that start with word `first`: a word that mixes letters and signs,
/// alone or with one neighbour, and single letters set apart.
fn ask_from(words: &[Word], first: usize, mut ask: impl FnMut(u32, u32, bool)) {
    let from = words[first].from;
    let replaced_earlier = first.checked_sub(1).map_or(0, |before| words[before].replaced_before_end);
    let (mut tiny, mut mixes) = (true, false);
    for (number, word) in words[first..].iter().enumerate() {
        tiny &= word.to - word.from == 1;
        mixes |= word.mixes;
        let length = word.to - from;
        if length as usize > LONGEST || (!tiny && number > 1) {
            return;
        }
        let replaced = word.replaced_before_end - replaced_earlier;
        if length >= 3 && replaced > 0 && replaced < length && (tiny || mixes) {
            ask(from, word.to, tiny);
        }
    }
}

/// The words of `signs`.
fn words(signs: &[Sign]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::with_capacity(signs.len() / 4);
    let (mut replaced, mut letters_here, mut replaced_here) = (0, false, false);
    for (at, sign) in signs.iter().enumerate() {
        if sign.opens {
            (letters_here, replaced_here) = (false, false);
            words.push(Word { from: at as u32, to: at as u32, replaced_before_end: 0, mixes: false });
        }
        let stands_for_letter = !Kinds::of(sign.written).is_alphabetic() || sign.is_ambiguous();
        replaced += u32::from(stands_for_letter);
        replaced_here |= stands_for_letter;
        letters_here |= !stands_for_letter;
        if let Some(word) = words.last_mut() {
            word.to = at as u32 + 1;
            word.replaced_before_end = replaced;
            word.mixes = letters_here && replaced_here;
        }
    }
    words
}

/// Whether anything that can stand for a letter is in the field: a sign, a word with digits in
/// it, a short number, a look-alike undone.
fn has_replacements(scan: &Scan) -> bool {
    let is_sign = |byte: u8| matches!(byte, b'@' | b'$' | b'!' | b'|' | b'+');
    let in_word = |token: &Token| {
        token.kind == Kind::Mixed || (token.kind == Kind::Digits && token.length() <= 2) || is_deliberate(token.traces)
    };
    scan.words.tokens.iter().any(in_word)
        || scan.folded.text.bytes().any(is_sign)
        || scan.folded.text.contains(['€', '£'])
}

fn look_up<'a>(scan: &Scan<'a>, key: u64, signs: &[Sign], tiny: bool, out: &mut Vec<Candidate<'a>>) {
    for found in scan.index.forms(Salt::Leet, key) {
        let letters = found.letters();
        let reads = letters.len() == signs.len()
            && signs.iter().zip(&*letters).all(|(sign, letter)| stands_for(*sign, *letter));
        let replaced = signs.iter().zip(&*letters).filter(|(sign, letter)| sign.written != **letter).count();
        // "pro 7" is no mark of one word: words are joined only where the mark has as many.
        let parts = signs.iter().filter(|sign| sign.opens).count();
        if !tiny && parts != usize::from(found.form().words) && parts > 1 {
            continue;
        }
        // A real sign shows intent; digits alone may be a number with a letter or two.
        let has_sign = signs.iter().any(|sign| !Kinds::of(sign.written).is_alphanumeric());
        let most = if has_sign { signs.len() - 1 } else { signs.len() * 2 / 3 };
        if !reads || replaced == 0 || replaced > most {
            continue;
        }
        let (first, last) = (signs[0].place, signs[signs.len() - 1].place);
        let Some((from, to)) = letters_between(scan, first, last) else {
            continue;
        };
        let mut candidate = scan.candidate(found, Pass::Leet, from, to);
        (candidate.from, candidate.to) = (first, last + 1);
        candidate.replaced = replaced as u8;
        candidate.digits_only = !has_sign && !signs.iter().any(|sign| sign.undone);
        candidate.number_like = ends_in_number(signs, &letters);
        candidate.parting = if tiny && signs.len() > 2 { Parting::Deliberate } else { Parting::None };
        candidate.whole_field = false;
        out.push(candidate);
    }
}

/// Whether all that is replaced is one number of two or more digits at an end: "cr10" is a
/// model before it is a mark.
fn ends_in_number(signs: &[Sign], letters: &[char]) -> bool {
    let replaced = |(sign, letter): &(&Sign, &char)| sign.written != **letter;
    let digits = signs.iter().zip(letters).filter(replaced).filter(|(sign, _)| sign.written.is_ascii_digit()).count();
    let all = signs.iter().zip(letters).filter(replaced).count();
    let is_digit = |sign: &&Sign| sign.written.is_ascii_digit();
    let tail = signs.iter().rev().take_while(is_digit).count();
    let head = signs.iter().take_while(is_digit).count();
    digits == all && all >= 2 && (tail == all || head == all)
}

/// The letters of the words between two places of the folded text.
fn letters_between(scan: &Scan, first: u32, last: u32) -> Option<(usize, usize)> {
    let from = scan.words.places.partition_point(|place| *place < first);
    let to = scan.words.places.partition_point(|place| *place <= last);
    (from < to).then_some((from, to))
}

impl Sign {
    /// A look-alike of both i and l.
    fn is_ambiguous(self) -> bool {
        self.undone && matches!(self.written, 'i' | 'l')
    }
}

/// Whether `sign` can be read as `letter`.
fn stands_for(sign: Sign, letter: char) -> bool {
    let written = sign.written;
    if written == letter || (sign.is_ambiguous() && matches!(letter, 'i' | 'l')) {
        return true;
    }
    if Kinds::of(written).is_alphabetic() {
        return false;
    }
    match written {
        '1' | '|' | '!' => matches!(letter, 'i' | 'l'),
        '£' => letter == 'l',
        '6' | '9' => letter == 'g',
        _ => leet_class(written) == letter && letter.is_alphabetic(),
    }
}

/// Everything that can be a letter, in order.
fn signs(scan: &Scan) -> Vec<Sign> {
    let mut signs: Vec<Sign> = Vec::with_capacity(scan.folded.text.len());
    let mut opens = true;
    for (place, letter) in scan.folded.text.chars().enumerate() {
        let is_sign = matches!(letter, '@' | '$' | '!' | '|' | '€' | '£' | '+');
        if !Kinds::of(letter).is_alphanumeric() && !is_sign {
            opens = true;
            continue;
        }
        if signs.len() >= SEARCHED_CLOSELY as usize {
            break;
        }
        let undone = is_deliberate(scan.folded.place(place).traces);
        signs.push(Sign { written: letter, place: place as u32, opens, undone });
        opens = false;
    }
    signs
}
