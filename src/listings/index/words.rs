//! Words: how listing text is cut and folded for people who search it.
//!
//! A word is a run of letters and digits, lower-cased, without diacritics
//! ("Café" and "CAFE" are one word). Scripts that write no spaces between words
//! (Han, kana, Thai, Lao, Khmer, Burmese) are cut into overlapping pairs of
//! characters instead, so that any part of a sentence can be found.

use std::ops::Range;

use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, TextAnalyzer, Token, TokenStream, Tokenizer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Name of the analyzer in the index's schema.
pub(super) const ANALYZER: &str = "listing_words";

/// Longest word kept, in scalar values; what lies beyond is cut off. The longest words of
/// ordinary dictionaries stay below it (German compounds reach about 40).
const LONGEST_WORD: usize = 64;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// The folded form, as the index holds it.
    pub text: String,
    /// Where it stands in the original, in bytes.
    pub bytes: Range<usize>,
    /// Number of words before it.
    pub position: usize,
    /// Whether it is a piece (one or two characters) of a script without spaces.
    pub spaceless: bool,
}

/// The analyzer that the index, queries and highlighting share.
pub(super) fn analyzer() -> TextAnalyzer {
    // Folding turns some letters into capitals.
    TextAnalyzer::builder(WordTokenizer).filter(AsciiFoldingFilter).filter(LowerCaser).build()
}

/// The words of `text`, folded, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut folding = analyzer();
    let mut stream = folding.token_stream(text);
    let mut found = Vec::new();
    while let Some(token) = stream.next() {
        let spaceless = token.text.chars().next().is_some_and(is_spaceless);
        let bytes = token.offset_from..token.offset_to;
        found.push(Word { text: token.text.clone(), bytes, position: token.position, spaceless });
    }
    found
}

/// `text` as one exact key: its words joined by single spaces.
pub(super) fn exact_key(text: &str) -> String {
    let mut key = String::new();
    for word in text.split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        for letter in word.chars() {
            fold_letter(letter, &mut key);
        }
    }
    key
}

/// Whether `letter` belongs to a script that writes no spaces between words.
///
/// Ranges are the blocks of the Unicode Standard 16: Thai and Lao, Myanmar, Khmer, kana,
/// CJK ideographs with their extensions and compatibility forms, half-width kana.
pub(super) fn is_spaceless(letter: char) -> bool {
    matches!(u32::from(letter),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF
        | 0x3005..=0x3007 | 0x3040..=0x30FF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9F | 0x20000..=0x3FFFF)
        // The katakana middle dot separates words.
        && letter != '\u{30FB}'
}

/// Whether `letter` has no width and no meaning inside a word: joiners, soft hyphens, direction marks.
pub(super) fn is_invisible(letter: char) -> bool {
    matches!(u32::from(letter), 0x00AD | 0x034F | 0x061C | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E
        | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF | 0xE0000..=0xE0FFF)
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '\u{2019}' | '\u{02BC}' | '\u{FF07}')
}

fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric() || is_combining_mark(letter)
}

/// Marks that decorate Latin, Greek and Cyrillic letters. Marks of other scripts carry vowels and stay.
fn is_decoration(letter: char) -> bool {
    matches!(u32::from(letter), 0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF)
}

fn fold_letter(letter: char, into: &mut String) {
    if letter.is_ascii() {
        into.push(letter.to_ascii_lowercase());
        return;
    }
    if is_invisible(letter) {
        return;
    }
    for part in std::iter::once(letter).nfkd() {
        // Some letters and digits decompose into several words ("¼" into "1⁄4"); a word stays one.
        let separates = letter.is_alphanumeric() && !is_word_letter(part);
        if !separates && !is_decoration(part) && !part.is_whitespace() {
            into.extend(part.to_lowercase());
        }
    }
}

/// Cuts text into words; see the module's head.
#[derive(Clone)]
struct WordTokenizer;

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        WordStream { text, at: 0, position: 0, token: Token::default() }
    }
}

/// The words of one text, read as they are asked for.
struct WordStream<'a> {
    text: &'a str,
    at: usize,
    position: usize,
    token: Token,
}

impl WordStream<'_> {
    fn start(&mut self, from: usize) {
        self.token.reset();
        self.token.offset_from = from;
        self.token.position = self.position;
        self.position += 1;
    }

    /// Reads a pair of characters at `from`; the next word starts with the second of them.
    fn read_pair(&mut self, from: usize, first: char) {
        self.start(from);
        fold_letter(first, &mut self.token.text);
        let second_at = from + first.len_utf8();
        self.token.offset_to = second_at;
        self.at = second_at;
        let Some(second) = self.text[second_at..].chars().next().filter(|&next| is_spaceless(next)) else {
            return;
        };
        fold_letter(second, &mut self.token.text);
        self.token.offset_to = second_at + second.len_utf8();
        // The last pair of a run ends it: its second character makes no word of its own.
        let goes_on = self.text[self.token.offset_to..].chars().next().is_some_and(is_spaceless);
        self.at = if goes_on { second_at } else { self.token.offset_to };
    }

    fn read_word(&mut self, from: usize) {
        self.start(from);
        self.token.offset_to = from;
        let (mut kept, mut letters_since_start) = (0, 0);
        let mut rest = self.text[from..].char_indices().peekable();
        while let Some((offset, letter)) = rest.next() {
            let end = from + offset + letter.len_utf8();
            self.at = end;
            if is_invisible(letter) {
                continue;
            }
            // "levi's" is one word; "l'oréal" and "d'occasion" are an article and a word.
            let joins = is_apostrophe(letter)
                && letters_since_start > 1
                && rest.peek().is_some_and(|&(_, next)| is_word_letter(next) && !is_spaceless(next));
            if joins {
                continue;
            }
            if !is_word_letter(letter) || is_spaceless(letter) {
                self.at = from + offset;
                return;
            }
            letters_since_start += 1;
            self.token.offset_to = end;
            if kept < LONGEST_WORD {
                fold_letter(letter, &mut self.token.text);
                kept += 1;
            }
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            let Some((offset, letter)) =
                self.text[self.at..].char_indices().find(|&(_, letter)| is_word_letter(letter) || is_spaceless(letter))
            else {
                return false;
            };
            let from = self.at + offset;
            if is_spaceless(letter) {
                self.read_pair(from, letter);
            } else {
                self.read_word(from);
            }
            // A lone combining mark folds to nothing.
            if !self.token.text.is_empty() {
                return true;
            }
            self.position -= 1;
        }
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(of: &str) -> Vec<String> {
        words(of).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn case_diacritics_width_and_invisible_letters_do_not_matter() {
        assert_eq!(texts("Crème BRÛLÉE, ｗｉｄｅ Straße"), ["creme", "brulee", "wide", "strasse"]);
        assert_eq!(texts("run\u{200B}ning e\u{0301}te\u{0301}"), ["running", "ete"]);
    }

    #[test]
    fn a_possessive_stays_one_word_and_an_elided_article_is_cut() {
        assert_eq!(texts("men's l’eau d'or o'"), ["mens", "l", "eau", "d", "or", "o"]);
    }

    #[test]
    fn scripts_without_spaces_become_pairs_with_places_in_the_original() {
        assert_eq!(texts("运动鞋 x 鞋"), ["运动", "动鞋", "x", "鞋"]);
        assert_eq!(texts("รองเท้า"), ["รอ", "อง", "งเ", "เท", "ท้", "้า"]);
        let title = "ab运动";
        let pair = words(title).pop().unwrap();
        assert!(pair.spaceless);
        assert_eq!(&title[pair.bytes], "运动");
    }

    proptest! {
        #[test]
        fn any_text_is_cut_into_words_that_lie_on_letter_bounds(text: String) {
            let mut last = 0;
            for word in words(&text) {
                prop_assert!(text.get(word.bytes.clone()).is_some());
                prop_assert!(word.bytes.start >= last && !word.text.is_empty());
                last = word.bytes.start;
            }
        }

        #[test]
        fn a_word_folded_twice_stays_the_same(text: String) {
            for word in words(&text).into_iter().filter(|word| !word.spaceless) {
                let again: String = texts(&word.text).concat();
                prop_assert_eq!(again, word.text);
            }
        }
    }
}
