//! Folded text cut into words, for category words, `mentions` and lexicons.

use std::ops::Range;

/// Whether `letter` belongs to a script that is written without spaces between words:
/// Han with its extensions and radicals, kana, Thai, Lao, Myanmar, Khmer (Unicode 16 blocks).
pub fn is_unspaced(letter: char) -> bool {
    matches!(letter as u32,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x2E80..=0x2FDF | 0x3005..=0x3007
        | 0x3040..=0x30FF | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9F | 0x20000..=0x3FFFF)
}

/// Whether `letter` is part of a word of a script with spaces. Marks that Indic and Arabic
/// scripts write inside words are alphabetic in Unicode's sense and count too.
pub fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric() && !is_unspaced(letter)
}

/// The words of `text` as byte ranges, and whether it holds letters of an unspaced script.
pub fn cut(text: &str, words: &mut Vec<Range<u32>>) -> bool {
    words.clear();
    let bytes = text.as_bytes();
    let mut unspaced = false;
    let mut start: Option<usize> = None;
    let mut place = 0;
    while place < bytes.len() {
        let byte = bytes[place];
        let (inside, length) = if byte < 0x80 {
            (byte.is_ascii_alphanumeric(), 1)
        } else {
            let letter = text[place..].chars().next().unwrap_or(' ');
            unspaced |= is_unspaced(letter);
            (is_word_letter(letter), letter.len_utf8())
        };
        match (inside, start) {
            (true, None) => start = Some(place),
            (false, Some(from)) => {
                words.push(from as u32..place as u32);
                start = None;
            }
            _ => {}
        }
        place += length;
    }
    if let Some(from) = start {
        words.push(from as u32..bytes.len() as u32);
    }
    unspaced
}

/// A folded phrase, ready to be looked for in [`Words`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// Words with one space before, between and, unless it is a prefix, behind them; or the
    /// bare letters when the phrase has letters of an unspaced script.
    needle: String,
    unspaced: bool,
}

impl Phrase {
    /// Reads a phrase; `*` at its end makes it the beginning of a longer word.
    /// `None` when it holds no letter or digit.
    pub fn new(phrase: &str) -> Option<Self> {
        let folded = super::lexicon::fold_plain(phrase.trim_end_matches('*'));
        if folded.chars().any(is_unspaced) {
            return Some(Self { needle: folded.trim().to_owned(), unspaced: true });
        }
        let mut needle = Words::of_folded(&folded).spaced;
        if needle.len() < 2 {
            return None;
        }
        if phrase.ends_with('*') {
            needle.pop();
        }
        Some(Self { needle, unspaced: false })
    }
}

/// A text folded and cut, for questions about phrases in it.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// Its words with one space before, between and behind.
    spaced: String,
    /// The folded text, kept when it has letters of an unspaced script.
    folded: Option<String>,
}

impl Words {
    /// Folds and cuts `text`.
    pub fn of(text: &str) -> Self {
        Self::of_folded(&super::lexicon::fold_plain(text))
    }

    fn of_folded(folded: &str) -> Self {
        let mut ranges = Vec::new();
        let unspaced = cut(folded, &mut ranges);
        let mut spaced = String::with_capacity(folded.len() + 2);
        spaced.push(' ');
        for range in ranges {
            spaced.push_str(&folded[range.start as usize..range.end as usize]);
            spaced.push(' ');
        }
        Self { spaced, folded: unspaced.then(|| folded.to_owned()) }
    }

    /// Whether `phrase` stands in the text at word edges (anywhere, for unspaced scripts).
    pub fn mention(&self, phrase: &Phrase) -> bool {
        if phrase.unspaced {
            return self.folded.as_ref().is_some_and(|folded| folded.contains(&phrase.needle));
        }
        self.spaced.contains(&phrase.needle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentions(text: &str, phrase: &str) -> bool {
        Words::of(text).mention(&Phrase::new(phrase).unwrap())
    }

    #[test]
    fn phrases_are_found_at_word_edges_only() {
        assert!(mentions("Toys & Games > Water-Guns", "water guns"));
        assert!(mentions("TOYS", "toys"));
        assert!(!mentions("Toyshop", "toys"));
        assert!(mentions("Toyshop", "toys*"));
        assert!(mentions("儿童玩具枪", "玩具"));
        assert!(Phrase::new(" * ").is_none());
    }
}
