//! Skeletons: coarse terms under which a retro-hunt finds obfuscated spellings.
//!
//! A new mark has to find the stored listings that would now match it, however
//! they spell it, without reading every listing. The index therefore holds, beside
//! the words for people, one skeleton term per piece of text. A skeleton is coarser
//! than anything the matcher folds: look-alike letters of all scripts become one
//! Latin letter, digits that stand for letters become that letter, and what
//! separates letters is dropped. Both sides go through the same function, so two
//! spellings that the matcher treats as equal share a term.
//!
//! Terms of a text: every run of letters and digits ("n1ke" → `nike`); every chunk
//! between spaces squashed ("N.I-K.E" → `nike`); the same with symbols read as
//! letters ("$hoe" → `shoe`) or kept as gaps ("n*ke" → `n?ke`); chunks of up to three
//! letters in a row joined ("n i k e" → `nike`); pairs of characters in scripts
//! without spaces.

use decancer::{Options, Translation};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::words::{is_invisible, is_spaceless};

/// Marks of three letters are too short to be looked for inside longer terms, so letters
/// set apart by spaces also become terms of this length…
const SPACED_MARK: usize = 3;
/// …in runs of up to this length.
const SPACED_RUN: usize = 12;

/// Stands for one letter that the seller hid behind a symbol.
pub(super) const GAP: char = '?';

/// Longest term, in scalar values. A longer chunk becomes windows of this length,
/// each starting half a window after the last, so that every mark of up to half a
/// window lies whole inside one of them.
const WINDOW: usize = 48;

/// Chunks up to this many letters count as letters set apart by spaces.
const SHORT_CHUNK: usize = 3;

/// The letters and digits of `text` with look-alikes folded to lower-case Latin, and
/// everything else dropped. Digits stay digits.
pub(super) fn letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        push_letters(letter, &mut out);
    }
    out
}

/// [`letters`] with digits read as the letters they imitate: the coarsest form.
pub(super) fn skeleton(text: &str) -> String {
    letters(text).chars().map(class).collect()
}

/// The letter that stands for `letter` and everything commonly written in its place.
///
/// `l` goes with `i` because `1`, `|` and `!` stand for either.
pub(super) fn class(letter: char) -> char {
    match letter {
        '0' => 'o',
        '1' | 'l' => 'i',
        '2' => 'z',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '6' | '9' => 'g',
        '7' => 't',
        '8' => 'b',
        other => other,
    }
}

/// The letter that a symbol inside a word commonly stands for.
fn symbol_class(letter: char) -> Option<char> {
    match letter {
        '@' => Some('a'),
        '$' => Some('s'),
        '€' | '£' => Some('e'),
        '!' | '|' | '¡' => Some('i'),
        '+' => Some('t'),
        '(' => Some('c'),
        _ => None,
    }
}

/// Symbols that hide a letter without suggesting which.
fn is_gap(letter: char) -> bool {
    matches!(letter, '*' | '＊' | '#' | '%' | '&' | '_' | '•' | '●' | '★' | '☆' | '✱' | '×')
}

/// Signs that follow a mark and would otherwise fold to letters of it ("™" to "tm").
fn is_registration_sign(letter: char) -> bool {
    matches!(letter, '™' | '®' | '©' | '℠' | '℗')
}

/// The words of a mark or lexicon term as skeletons, in order.
pub(super) fn words(text: &str) -> Vec<String> {
    let parts =
        text.split(|letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter) && !is_invisible(letter));
    parts.map(skeleton).filter(|word| !word.is_empty()).collect()
}

fn push_letters(letter: char, out: &mut String) {
    if letter.is_ascii() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        }
        return;
    }
    if is_invisible(letter) || is_registration_sign(letter) {
        return;
    }
    if is_spaceless(letter) {
        out.extend(std::iter::once(letter).nfkd().filter(|part| !part.is_whitespace()));
        return;
    }
    for part in std::iter::once(letter).nfkd().flat_map(char::to_lowercase) {
        if is_combining_mark(part) {
            continue;
        }
        if part.is_ascii_alphanumeric() {
            out.push(part);
            continue;
        }
        match decancer::cure_char(part, Options::default()) {
            Translation::Character(cured) => push_prototype(cured, out),
            Translation::String(cured) => out.extend(cured.chars().filter(char::is_ascii_alphanumeric)),
            Translation::None => {}
        }
    }
}

/// The Unicode look-alike prototype (UTS 39) of what the first table left as it was.
fn push_prototype(letter: char, out: &mut String) {
    if letter.is_ascii() {
        out.extend(Some(letter.to_ascii_lowercase()).filter(char::is_ascii_alphanumeric));
        return;
    }
    let mut buffer = [0; 4];
    for part in unicode_security::skeleton(letter.encode_utf8(&mut buffer)) {
        out.extend(part.to_lowercase().filter(|folded| folded.is_alphanumeric()));
    }
}

/// The skeleton terms of `texts`, sorted, without repetition.
pub(super) fn terms<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut terms = Vec::new();
    for text in texts {
        push_text(text, &mut terms);
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}

fn push_text(text: &str, terms: &mut Vec<String>) {
    let (mut single, mut short) = (Run::default(), Run::default());
    for chunk in text.split_whitespace() {
        let squashed = push_chunk(chunk, terms);
        let length = squashed.chars().count();
        // A chunk of separators alone ("-", "/") does not end a run of letters.
        if length == 0 {
            continue;
        }
        single.take(&squashed, length == 1, terms);
        short.take(&squashed, length <= SHORT_CHUNK, terms);
    }
    single.end(terms);
    short.end(terms);
}

/// Chunks in a row that may be one word with spaces in it.
#[derive(Default)]
struct Run {
    joined: String,
    chunks: usize,
}

impl Run {
    fn take(&mut self, chunk: &str, belongs: bool, terms: &mut Vec<String>) {
        if belongs {
            self.joined.push_str(chunk);
            self.chunks += 1;
        } else {
            self.end(terms);
        }
    }

    fn end(&mut self, terms: &mut Vec<String>) {
        if self.chunks > 1 {
            push_windows(&self.joined, terms);
        }
        if (SPACED_MARK + 1..=SPACED_RUN).contains(&self.chunks) && self.joined.chars().count() == self.chunks {
            let letters: Vec<char> = self.joined.chars().collect();
            terms.extend(letters.windows(SPACED_MARK).map(|three| three.iter().collect::<String>()));
        }
        self.joined.clear();
        self.chunks = 0;
    }
}

/// Adds the terms of one chunk between spaces and returns it squashed.
fn push_chunk(chunk: &str, terms: &mut Vec<String>) -> String {
    if chunk.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let squashed: String = chunk.chars().map(|letter| class(letter.to_ascii_lowercase())).collect();
        push_windows(&squashed, terms);
        return squashed;
    }
    let mut squashed = String::new();
    let mut part_start = 0;
    let (mut symbols, mut gaps, mut capitals) = (false, false, false);
    let mut spaceless_run: Vec<char> = Vec::new();
    for letter in chunk.chars() {
        if is_spaceless(letter) {
            push_windows(&classes(&squashed[part_start..]), terms);
            part_start = squashed.len();
            spaceless_run.push(letter);
            continue;
        }
        push_pairs(&mut spaceless_run, terms);
        capitals |= !letter.is_ascii() && letter.is_uppercase();
        let before = squashed.len();
        push_letters(letter, &mut squashed);
        if squashed.len() == before && !is_invisible(letter) && !is_combining_mark(letter) {
            push_windows(&classes(&squashed[part_start..]), terms);
            part_start = squashed.len();
            symbols |= symbol_class(letter).is_some();
            gaps |= is_gap(letter);
        }
    }
    push_pairs(&mut spaceless_run, terms);
    push_windows(&classes(&squashed[part_start..]), terms);
    let squashed = classes(&squashed);
    push_windows(&squashed, terms);
    if symbols {
        push_windows(&with_symbols(chunk), terms);
    }
    if capitals {
        push_windows(&with_capitals(chunk), terms);
    }
    if gaps {
        for part in with_gaps(chunk).split_whitespace() {
            push_windows(part.trim_matches(GAP), terms);
        }
    }
    squashed
}

fn classes(letters: &str) -> String {
    letters.chars().map(class).collect()
}

fn with_symbols(chunk: &str) -> String {
    let mut out = String::new();
    for letter in chunk.chars() {
        match symbol_class(letter) {
            Some(stands_for) => out.push(stands_for),
            None => push_letters(letter, &mut out),
        }
    }
    classes(&out)
}

/// Capitals may look like another letter than their small form: a Greek "Ν" like n, "ν" like v.
fn with_capitals(chunk: &str) -> String {
    let mut out = String::new();
    let mut buffer = [0; 4];
    for letter in chunk.chars() {
        let looks = (!letter.is_ascii() && letter.is_uppercase())
            .then(|| unicode_security::skeleton(letter.encode_utf8(&mut buffer)).next())
            .flatten()
            .filter(char::is_ascii_alphanumeric);
        match looks {
            Some(latin) => out.push(latin.to_ascii_lowercase()),
            None => push_letters(letter, &mut out),
        }
    }
    classes(&out)
}

/// The parts of a chunk, gaps kept, separated by spaces.
fn with_gaps(chunk: &str) -> String {
    let mut out = String::new();
    for letter in chunk.chars() {
        let before = out.len();
        if is_gap(letter) {
            out.push(GAP);
        } else {
            push_letters(letter, &mut out);
        }
        if out.len() == before && !is_invisible(letter) && !is_combining_mark(letter) {
            out.push(' ');
        }
    }
    classes(&out)
}

/// The terms of a run of a script without spaces: its pairs, or its only character.
pub(super) fn pairs(run: &[char]) -> Vec<String> {
    match run {
        [] => Vec::new(),
        [only] => vec![only.to_string()],
        _ => run.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

fn push_pairs(run: &mut Vec<char>, terms: &mut Vec<String>) {
    if run.is_empty() {
        return;
    }
    let folded: Vec<char> = run.drain(..).nfkd().filter(|part| !part.is_whitespace()).collect();
    terms.extend(pairs(&folded));
}

fn push_windows(term: &str, terms: &mut Vec<String>) {
    if term.is_empty() {
        return;
    }
    if term.len() <= WINDOW {
        terms.push(term.to_owned());
        return;
    }
    let letters: Vec<char> = term.chars().collect();
    let mut from = 0;
    loop {
        let to = (from + WINDOW).min(letters.len());
        terms.push(letters[from..to].iter().collect());
        if to == letters.len() {
            return;
        }
        from += WINDOW / 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn has(text: &str, term: &str) -> bool {
        terms([text]).iter().any(|found| found == term)
    }

    #[test]
    fn spellings_of_one_word_share_a_term() {
        let spellings = [
            "Northpeak",
            "NÖRTHPEAK",
            "n0rthp34k",
            "N.o.r.t.h.p.e.a.k",
            "n o r t h p e a k",
            "north-peak",
            "Nоrthреаk",
            "ｎｏｒｔｈｐｅａｋ",
            "𝓷𝓸𝓻𝓽𝓱𝓹𝓮𝓪𝓴",
            "nor\u{200B}thpeak",
            "northpe@k",
            "no rth pe ak",
            "NΟRΤHPΕΑΚ",
            "ΝORTHPEAK",
        ];
        for spelling in spellings {
            assert!(has(spelling, &skeleton("northpeak")), "{spelling}: {:?}", terms([spelling]));
        }
    }

    #[test]
    fn a_hidden_letter_leaves_a_gap() {
        assert!(has("buy N*rthpeak!", "n?rthpeak"));
        assert!(has("new-northp_ak-set", "northp?ak"));
    }

    #[test]
    fn a_long_chunk_keeps_every_short_mark_inside_one_window() {
        let long = format!("{}northpeak{}", "x".repeat(43), "y".repeat(500));
        assert!(terms([long.as_str()]).iter().any(|term| term.contains("northpeak")));
        assert!(terms([long.as_str()]).iter().all(|term| term.chars().count() <= WINDOW));
    }

    #[test]
    fn scripts_without_spaces_give_pairs() {
        assert!(has("红色北峰鞋", "北峰"));
        assert!(!has("红色北峰鞋", "红鞋"));
    }

    proptest! {
        #[test]
        fn terms_of_any_text_are_short_and_hold_no_space(text: String) {
            for term in terms([text.as_str()]) {
                prop_assert!(!term.is_empty() && term.chars().count() <= WINDOW);
                prop_assert!(!term.contains(char::is_whitespace), "{:?}", term);
            }
        }

        #[test]
        fn leet_and_case_do_not_change_a_skeleton(word in "[a-zA-Z0-9]{1,30}") {
            prop_assert_eq!(skeleton(&word.to_uppercase()), skeleton(&word));
            prop_assert_eq!(skeleton(&skeleton(&word)), skeleton(&word));
        }
    }
}
