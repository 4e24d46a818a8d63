//! Cutting a folded text into words whose letters lie in one run.
//!
//! All letters of a field stand in one vector, without what separates them, so that
//! "n i k e", "nike" and "ni-ke" are the same run and differ only in word borders.

use super::fold::{Folded, Traces};
use super::hash;
use super::letter::Kinds;
use super::lexicon::{LEXICON, WordFacts};

/// What stands before a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing: the field starts, or the script changes.
    None,
    /// White space, alone or with signs.
    Space,
    /// Signs only; the first of them.
    Sign(char),
}

/// How a word's script is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters of a script with spaces.
    Letters,
    /// Digits only.
    Digits,
    /// Letters and digits.
    Mixed,
    /// A script without spaces: Han, kana, Hangul, Thai and neighbours.
    Unspaced,
}

/// One word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// First letter in [`Words::letters`].
    pub(super) from: u32,
    /// One past the last letter.
    pub(super) to: u32,
    /// What stands before it.
    pub(super) gap: Gap,
    /// How it is written.
    pub(super) kind: Kind,
    /// Whether `#` opens it.
    pub(super) hashtag: bool,
    /// Traces of all its letters together.
    pub(super) traces: u8,
    /// What the word lists know of it.
    pub(super) facts: WordFacts,
}

impl Token {
    /// Number of letters.
    pub(super) fn length(&self) -> usize {
        (self.to - self.from) as usize
    }
}

/// A field's words.
#[derive(Default)]
pub(super) struct Words {
    /// All letters and digits of the field, one after the other.
    pub(super) letters: Vec<char>,
    /// Index of each letter in the folded text, counted in letters.
    pub(super) places: Vec<u32>,
    /// `prefixes[i]` = running hash of the first `i` letters.
    pub(super) prefixes: Vec<u64>,
    /// The words.
    pub(super) tokens: Vec<Token>,
}

/// How a character takes part in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Letter,
    Digit,
    Unspaced,
    Separator,
}

fn part(letter: char) -> Part {
    if letter.is_ascii() {
        return match letter {
            'a'..='z' => Part::Letter,
            '0'..='9' => Part::Digit,
            _ => Part::Separator,
        };
    }
    let kinds = Kinds::of(letter);
    if kinds.is_unspaced() {
        return Part::Unspaced;
    }
    match letter {
        _ if kinds.is_alphabetic() => Part::Letter,
        // Vowel signs and viramas of the Indic scripts belong to their syllable.
        '\u{900}'..='\u{DFF}' if !letter.is_ascii_punctuation() && !matches!(letter, '\u{964}' | '\u{965}') => {
            Part::Letter
        }
        _ if kinds.is_numeric() => Part::Digit,
        _ => Part::Separator,
    }
}

/// Whether `letter` belongs to a script written without spaces.
pub(super) fn is_unspaced(letter: char) -> bool {
    matches!(letter as u32,
        0xE01..=0xE3A | 0xE40..=0xEDF | 0x1000..=0x109F | 0x1780..=0x17D3 | 0x1100..=0x11FF | 0x2E80..=0x2FDF
        | 0x3005..=0x3007 | 0x3041..=0x318F | 0x31A0..=0x4DBF | 0x4E00..=0x9FFF | 0xA960..=0xA97F | 0xAC00..=0xD7FF
        | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
        && letter != '\u{30FB}'
}

impl Words {
    /// Cuts `folded` into words.
    pub(super) fn of(folded: &Folded) -> Self {
        let mut words = Self::with_room(folded.text.len());
        let mut gap = Gap::None;
        let mut last = Part::Separator;
        let mut before = ' ';
        for (index, letter) in folded.text.chars().enumerate() {
            let part = part(letter);
            if part == Part::Separator {
                gap = widen(gap, last == Part::Separator, letter);
            } else {
                let joins = last != Part::Separator && (part == Part::Unspaced) == (last == Part::Unspaced);
                if !joins {
                    let gap = if last == Part::Separator { gap } else { Gap::None };
                    words.start(gap, part, before == '#');
                }
                words.push(letter, index, folded.place(index).traces, part);
            }
            last = part;
            before = letter;
        }
        words.finish();
        words
    }

    fn with_room(length: usize) -> Self {
        let mut prefixes = Vec::with_capacity(length + 1);
        prefixes.push(0);
        Self {
            letters: Vec::with_capacity(length),
            places: Vec::with_capacity(length),
            prefixes,
            tokens: Vec::with_capacity(length / 5 + 1),
        }
    }

    fn start(&mut self, gap: Gap, part: Part, hashtag: bool) {
        let from = self.letters.len() as u32;
        let kind = match part {
            Part::Unspaced => Kind::Unspaced,
            Part::Digit => Kind::Digits,
            _ => Kind::Letters,
        };
        let facts = WordFacts::default();
        self.tokens.push(Token { from, to: from, gap, kind, hashtag, traces: 0, facts });
    }

    fn push(&mut self, letter: char, index: usize, traces: u8, part: Part) {
        self.letters.push(letter);
        self.places.push(index as u32);
        let running = self.prefixes[self.prefixes.len() - 1];
        self.prefixes.push(hash::push(running, letter));
        if let Some(token) = self.tokens.last_mut() {
            token.to += 1;
            token.traces |= traces;
            token.kind = match (token.kind, part) {
                (Kind::Letters, Part::Digit) | (Kind::Digits, Part::Letter) => Kind::Mixed,
                (kind, _) => kind,
            };
        }
    }

    fn finish(&mut self) {
        for token in &mut self.tokens {
            let (from, to) = (token.from as usize, token.to as usize);
            if token.kind == Kind::Digits || to - from > 32 {
                continue;
            }
            token.facts = LEXICON.facts(hash::between(&self.prefixes, from, to), to - from);
            if !token.facts.common
                && token.facts.topics == 0
                && !token.facts.contact
                && to - from > 3
                && self.letters[to - 1] == 's'
            {
                token.facts = LEXICON.facts(hash::between(&self.prefixes, from, to - 1), to - 1 - from);
                token.facts.filler = false;
            }
        }
    }

    /// Running hash of letters `from..to`.
    pub(super) fn hash(&self, from: usize, to: usize) -> u64 {
        hash::between(&self.prefixes, from, to)
    }

    /// The letters of a token.
    pub(super) fn of_token(&self, token: &Token) -> &[char] {
        &self.letters[token.from as usize..token.to as usize]
    }

    /// Index of the token that holds letter `at`.
    pub(super) fn token_at(&self, at: usize) -> usize {
        self.tokens.partition_point(|token| token.to as usize <= at)
    }

    /// Traces of letters `from..to` together.
    pub(super) fn traces(&self, folded: &Folded, from: usize, to: usize) -> u8 {
        let touched = &self.tokens[self.token_at(from)..];
        let any = touched.iter().take_while(|token| (token.from as usize) < to).any(|token| token.traces != 0);
        if !any {
            return 0;
        }
        self.places[from..to].iter().fold(0, |all, &place| all | folded.place(place as usize).traces)
    }
}

/// The gap after one more separator.
fn widen(gap: Gap, continues: bool, letter: char) -> Gap {
    if letter == ' ' || letter.is_whitespace() {
        return Gap::Space;
    }
    match gap {
        Gap::Space if continues => Gap::Space,
        Gap::Sign(first) if continues => Gap::Sign(first),
        _ => Gap::Sign(letter),
    }
}

/// Whether traces show that someone took trouble to disguise a word.
pub(super) fn is_deliberate(traces: u8) -> bool {
    traces & Traces::DELIBERATE != 0
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let words = Words::of(&fold(text));
        words.tokens.iter().map(|token| words.of_token(token).iter().collect()).collect()
    }

    #[test]
    fn words_end_at_separators_and_where_the_script_loses_its_spaces() {
        assert_eq!(words("Nike正品 O-ring, #tag"), ["nike", "正品", "o", "ring", "tag"]);
        assert_eq!(words("नाइके जूते"), ["नाइके", "जूते"]);
        assert!(words("  -- ").is_empty());
    }

    #[test]
    fn a_gap_knows_whether_white_space_is_in_it() {
        let words = Words::of(&fold("a-b c - d"));
        let gaps: Vec<Gap> = words.tokens.iter().map(|token| token.gap).collect();
        assert_eq!(gaps, [Gap::None, Gap::Sign('-'), Gap::Space, Gap::Space]);
    }
}
