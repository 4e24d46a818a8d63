//! Which words are ordinary: those of a language, and those frequent in the platform's own
//! catalogue. An ordinary word is never read as a misspelt mark, and a mark that is one is
//! not flagged for its letters alone.

use std::hash::Hasher;
use std::sync::LazyLock;

use super::hash::{self, Salt};
use super::table::KeyTable;

/// Passes keys on: they are mixed already.
#[derive(Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |all, byte| all.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// How widely a word of English is known: its level in SCOWL, 10 (the commonest) to 50.
pub(super) struct English {
    /// Keys with the level in place of the lowest byte.
    levels: KeyTable,
    words: Vec<(&'static str, u8)>,
}

/// The list that ships with the matcher, read on first use.
pub(super) static ENGLISH: LazyLock<English> = LazyLock::new(|| English::read(include_str!("data/english.txt")));

/// Words up to this level mean something of their own to nearly everybody: of the brands
/// that ship with the program, 50 of 53 at these levels are noted as common words, 4 of 11 above.
pub(super) const WELL_KNOWN: u8 = 35;

impl English {
    fn read(list: &'static str) -> Self {
        let mut words = Vec::with_capacity(48_000);
        let mut level = 0;
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            if let Some(section) = line.strip_prefix('[') {
                level = section.trim_end_matches(']').parse().unwrap_or(50);
                continue;
            }
            words.extend(line.split_ascii_whitespace().map(|word| (word, level)));
        }
        let key = |word: &str| hash::key(Salt::Word, hash::run(word.chars()), word.len());
        let entries: Vec<(u64, u32)> = words.iter().enumerate().map(|(at, (word, _))| (key(word), at as u32)).collect();
        Self { levels: KeyTable::build(&entries), words }
    }

    /// The level of a word; a plural in -s has that of its singular. `None` = not a known word.
    pub(super) fn level(&self, letters: &[char]) -> Option<u8> {
        let found = |letters: &[char]| {
            let key = hash::key(Salt::Word, hash::run(letters.iter().copied()), letters.len());
            let same = |at: &u32| self.words[*at as usize].0.chars().eq(letters.iter().copied());
            self.levels.get(key).find(same).map(|at| self.words[at as usize].1)
        };
        found(letters).or_else(|| match letters {
            [stem @ .., 's'] if stem.len() > 3 => found(stem),
            _ => None,
        })
    }

    /// Every word with its level.
    pub(super) fn words(&self) -> &[(&'static str, u8)] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(word: &str) -> Option<u8> {
        ENGLISH.level(&word.chars().collect::<Vec<_>>())
    }

    #[test]
    fn words_of_english_are_known_by_how_common_they_are() {
        assert_eq!(level("water"), Some(10));
        assert_eq!(level("puma"), Some(35));
        assert_eq!(level("destiny"), level("destinys"));
        assert_eq!(level("qwertz"), None);
        assert_eq!(level(""), None);
        assert!(ENGLISH.words().len() > 40_000);
    }
}
