//! One letter covered by a sign: `n*ke`, `citiz_n`.

use super::{Candidate, MOST_CANDIDATES, SEARCHED_CLOSELY, Scan};
use crate::matching::text::hash::{self, Salt};
use crate::matching::text::letter::Kinds;
use crate::matching::text::model::Pass;
use crate::matching::text::token::Kind;
use crate::registry::model::Strictness;

/// Signs used to cover a letter. Signs that stand for a letter belong to leet.
fn is_mask(letter: char) -> bool {
    matches!(
        letter,
        '*' | '#'
            | '_'
            | '•'
            | '●'
            | '○'
            | '■'
            | '□'
            | '?'
            | '^'
            | '~'
            | '%'
            | '×'
            | '¤'
            | '♥'
            | '❤'
            | '★'
            | '☆'
            | '◯'
            | '〇'
    )
}

/// Finds words with exactly one covered letter, at their borders or inside.
pub(in super::super) fn find<'a>(scan: &Scan<'a>, out: &mut Vec<Candidate<'a>>) {
    let may_cover = |byte: u8| matches!(byte, b'*' | b'#' | b'_' | b'?' | b'^' | b'~' | b'%') || !byte.is_ascii();
    if !scan.folded.text.bytes().any(may_cover) {
        return;
    }
    let mut last = ' ';
    let mut place = 0u32;
    let mut rest = scan.folded.text.chars().peekable();
    while let Some(letter) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        let alone = !is_mask(last) && !is_mask(next);
        let is_letter = |letter: char| Kinds::of(letter).is_alphabetic();
        if is_mask(letter) && alone && (is_letter(last) || is_letter(next)) {
            let left = if is_letter(last) { token_ending(scan, place) } else { None };
            let right = if is_letter(next) { token_starting(scan, place + 1) } else { None };
            // "why?" and "50%": everyday signs cover a letter only inside a word.
            let everyday = matches!(letter, '?' | '%' | '#' | '_' | '~' | '^');
            if !everyday || (left.is_some() && right.is_some()) {
                covered(scan, place, left, right, out);
            }
        }
        if out.len() >= MOST_CANDIDATES || place >= 2 * SEARCHED_CLOSELY {
            return;
        }
        last = letter;
        place += 1;
    }
}

/// The token whose last letter stands right before `place`.
fn token_ending(scan: &Scan, place: u32) -> Option<usize> {
    let letter = scan.words.places.partition_point(|at| *at < place).checked_sub(1)?;
    (scan.words.places[letter] + 1 == place).then(|| scan.words.token_at(letter))
}

/// The token whose first letter stands at `place`.
fn token_starting(scan: &Scan, place: u32) -> Option<usize> {
    let letter = scan.words.places.binary_search(&place).ok()?;
    Some(scan.words.token_at(letter))
}

fn covered<'a>(scan: &Scan<'a>, place: u32, left: Option<usize>, right: Option<usize>, out: &mut Vec<Candidate<'a>>) {
    let tokens = &scan.words.tokens;
    let (Some(first), Some(last)) = (left.or(right), right.or(left)) else {
        return;
    };
    if [first, last].iter().any(|at| tokens[*at].kind == Kind::Unspaced) {
        return;
    }
    let cut = left.map_or(tokens[first].from as usize, |at| tokens[at].to as usize);
    // The mark may have a word before or after: "hugo b*ss".
    let is_short = |at: &usize| tokens[*at].length() <= 24;
    let earlier = first.checked_sub(1).filter(|at| scan.opens[*at] && is_short(at));
    let later = Some(last + 1).filter(|at| *at < tokens.len() && scan.closes[*at] && is_short(at));
    for (from_token, to_token) in [(Some(first), Some(last)), (earlier, Some(last)), (Some(first), later)] {
        let (Some(from_token), Some(to_token)) = (from_token, to_token) else {
            continue;
        };
        let (from, to) = (tokens[from_token].from as usize, tokens[to_token].to as usize);
        if to - from >= 3 && to - from <= 24 {
            look_up(scan, (from, cut, to), place, out);
        }
    }
}

/// Looks for forms that are letters `from..cut`, one more letter, letters `cut..to`.
fn look_up<'a>(scan: &Scan<'a>, (from, cut, to): (usize, usize, usize), place: u32, out: &mut Vec<Candidate<'a>>) {
    let words = scan.words;
    let key = hash::key(Salt::Deletion, hash::between(&words.prefixes, from, to), to - from);
    for found in scan.index.forms(Salt::Deletion, key) {
        let letters = found.letters();
        let fits = letters.len() == to - from + 1
            && letters[..cut - from] == words.letters[from..cut]
            && letters[cut - from + 1..] == words.letters[cut..to];
        if !fits || found.form().strictness == Strictness::Literal {
            continue;
        }
        let mut candidate = scan.candidate(found, Pass::Masked, from, to);
        candidate.from = candidate.from.min(place);
        candidate.to = candidate.to.max(place + 1);
        candidate.replaced = 1;
        candidate.number_like = cut == from || cut == to;
        candidate.whole_field = false;
        out.push(candidate);
    }
}
