//! The matcher's own words: frequent catalogue words, fillers, and topics of goods.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use super::contact;
use super::fold::fold;
use super::hash::{self, Salt};
use super::ordinary::KeyHasher;

/// What the word lists know of one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct WordFacts {
    /// A frequent word: never a misspelt mark.
    pub(super) common: bool,
    /// A word that sellers glue to marks.
    pub(super) filler: bool,
    /// A word of grammar: "the", "und".
    pub(super) function: bool,
    /// A word that may open an address or an account outside the platform.
    pub(super) contact: bool,
    /// Topics of goods the word belongs to, one bit each.
    pub(super) topics: u64,
}

/// Topics of goods with their families and Nice classes.
#[derive(Default)]
pub(super) struct Topics {
    families: Vec<u64>,
    nice: Vec<u64>,
    /// Hash of all names in their order.
    name: u64,
}

/// All words, by key.
pub(super) struct Lexicon {
    words: HashMap<u64, WordFacts, BuildHasherDefault<KeyHasher>>,
    topics: Topics,
}

/// The lists that ship with the matcher, read on first use.
pub(super) static LEXICON: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("data/words.txt"), include_str!("data/topics.txt")));

impl Lexicon {
    fn read(words: &str, topics: &str) -> Self {
        let mut lexicon = Self { words: HashMap::default(), topics: Topics::default() };
        let (mut filler, mut function) = (false, false);
        for line in words.lines().filter(|line| !line.starts_with('#')) {
            if let Some(section) = line.strip_prefix('[') {
                filler = section.starts_with("filler");
                function = section.starts_with("function");
                continue;
            }
            for word in line.split_whitespace() {
                let facts = lexicon.word(word);
                facts.common = true;
                facts.filler |= filler;
                facts.function |= function;
            }
        }
        for line in topics.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            lexicon.read_topic(line);
        }
        for word in contact::openers() {
            lexicon.word(word).contact = true;
        }
        lexicon
    }

    fn word(&mut self, word: &str) -> &mut WordFacts {
        self.words.entry(hash::key_of(Salt::Word, &fold(word).text)).or_default()
    }

    /// One line of the topic list: `name | family | Nice classes | words`.
    fn read_topic(&mut self, line: &str) {
        let mut parts = line.split('|').map(str::trim);
        let (Some(name), Some(family), Some(nice), Some(words)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let bit = 1u64 << (self.topics.nice.len() as u32 % 64);
        let classes = nice.split_whitespace().filter_map(|class| class.parse::<u32>().ok());
        self.topics.name = hash::join(self.topics.name, hash::key_of(Salt::Word, name), 1);
        self.topics.nice.push(classes.fold(0, |bits, class| bits | 1u64 << (class % 64)));
        // Families are kept as a hash of their name: equal names, equal family.
        self.topics.families.push(hash::key_of(Salt::Word, family));
        for word in words.split_whitespace().chain(std::iter::once(name)) {
            self.word(word).topics |= bit;
        }
    }

    /// The facts of the word with running hash `running` and `length` letters.
    pub(super) fn facts(&self, running: u64, length: usize) -> WordFacts {
        self.words.get(&hash::key(Salt::Word, running, length)).copied().unwrap_or_default()
    }

    /// Topics named in free category words; a plural is looked up without its ending.
    pub(super) fn topics_of(&self, text: &str) -> u64 {
        let folded = fold(text).text;
        let mut topics = 0;
        // 64 words: no category path is longer, and the work must stay bounded.
        for word in folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).take(64) {
            topics |= self.topics_of_word(word);
        }
        topics
    }

    fn topics_of_word(&self, word: &str) -> u64 {
        let found = |word: &str| self.words.get(&hash::key_of(Salt::Word, word)).map_or(0, |facts| facts.topics);
        let whole = found(word);
        if whole != 0 || word.len() > 60 {
            return whole;
        }
        let without_s = word.strip_suffix('s').map_or(0, found);
        if without_s != 0 { without_s } else { word.strip_suffix("es").map_or(0, found) }
    }

    /// Topics whose goods fall into one of `nice` classes.
    pub(super) fn topics_of_nice(&self, nice: u64) -> u64 {
        self.topics.nice.iter().enumerate().fold(0, |all, (bit, of)| if of & nice != 0 { all | 1 << bit } else { all })
    }

    /// Names the list of topics: other topics or another order, another name.
    pub(super) fn topics_name(&self) -> u64 {
        self.topics.name
    }

    /// Whether a topic of `one` belongs to the family of a topic of `other`.
    pub(super) fn related(&self, one: u64, other: u64) -> bool {
        bits(one).any(|a| bits(other).any(|b| self.topics.families.get(a) == self.topics.families.get(b)))
    }
}

fn bits(mask: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |bit| mask >> bit & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_and_paths_find_their_topics() {
        let watches = LEXICON.topics_of("watches");
        assert_ne!(watches, 0);
        assert_ne!(LEXICON.topics_of("Home > Wristwatches & More") & watches, 0);
        assert_eq!(LEXICON.topics_of("qwertz"), 0);
        assert!(LEXICON.related(watches, LEXICON.topics_of("handbags")));
        assert_ne!(LEXICON.topics_of_nice(1 << 14) & watches, 0);
    }

    #[test]
    fn every_topic_has_a_bit_of_its_own() {
        assert!(LEXICON.topics.nice.len() <= 64);
    }
}
