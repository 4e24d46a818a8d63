//! How often chance alone brings an unknown word near some mark of a registry.
//!
//! With a hundred marks nearly nothing is one letter away from one of them; with a million,
//! nearly every short word is. How dense a registry is differs by its language and by the
//! length of words, so it is measured, not guessed: when marks are indexed, ordinary words of
//! English stand in for words that happen to be there, and how many of them each mark is near
//! is counted. Counts of single marks add up, so an index reached by changes knows the same
//! rates as one built at once.

use std::sync::LazyLock;

use super::edit::{Slip, one_slip};
use super::hash::{self, MAX_RUN, Salt};
use super::ordinary::ENGLISH;
use super::sound::sound;
use super::table::KeyTable;

/// Longest words counted apart; longer ones count as this long.
const LONGEST: usize = 16;
/// Shortest and longest word of the sample.
const SAMPLED: std::ops::RangeInclusive<usize> = 4..=12;
/// One of how many words is in the sample: enough to see one near word in two thousand.
const EVERY: usize = 4;

/// Ordinary words by the keys that a mark near them has.
struct Sample {
    letters: Vec<Vec<char>>,
    slips: KeyTable,
    sounds: KeyTable,
    /// Words of each length.
    by_length: [u32; LONGEST + 1],
}

static SAMPLE: LazyLock<Sample> = LazyLock::new(Sample::draw);

impl Sample {
    fn draw() -> Self {
        let fits = |(word, _): &&(&'static str, u8)| SAMPLED.contains(&word.len());
        let letters: Vec<Vec<char>> =
            ENGLISH.words().iter().filter(fits).step_by(EVERY).map(|(word, _)| word.chars().collect()).collect();
        let (mut slips, mut sounds) = (Vec::new(), Vec::new());
        let mut by_length = [0; LONGEST + 1];
        for (at, word) in letters.iter().enumerate() {
            by_length[word.len()] += 1;
            for_each_deletion(word, |key| slips.push((key, at as u32)));
            sounds.push((sound_key(word), at as u32));
        }
        Self { slips: KeyTable::build(&slips), sounds: KeyTable::build(&sounds), letters, by_length }
    }
}

/// The keys of a word and of the word less one letter.
fn for_each_deletion(word: &[char], mut each: impl FnMut(u64)) {
    each(hash::key(Salt::Deletion, hash::run(word.iter().copied()), word.len()));
    for gap in 0..word.len() {
        if gap > 0 && word[gap] == word[gap - 1] {
            continue;
        }
        let rest = word[..gap].iter().chain(&word[gap + 1..]).copied();
        each(hash::key(Salt::Deletion, hash::run(rest), word.len() - 1));
    }
}

fn sound_key(word: &[char]) -> u64 {
    let mut heard = [' '; MAX_RUN];
    let length = sound(word, &mut heard);
    hash::key(Salt::Sound, hash::run(heard[..length].iter().copied()), length)
}

/// How many ordinary words marks are near, and how many marks there are, by length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct NearCounts {
    slips: [u32; LONGEST + 1],
    sounds: [u32; LONGEST + 1],
    /// Marks of each length.
    marks: [u32; LONGEST + 1],
    /// Marks by the number of letters left without vowels.
    skeletons: [u32; LONGEST + 1],
}

impl NearCounts {
    /// Counts a mark that is searched beyond its own letters.
    pub(super) fn add_mark(&mut self, letters: &[char], skeleton: usize) {
        self.marks[letters.len().min(LONGEST)] += 1;
        self.skeletons[skeleton.min(LONGEST)] += 1;
        if letters.len() > LONGEST || letters.len() < 4 {
            return;
        }
        let sample = &*SAMPLE;
        let mut near: Vec<u32> = Vec::new();
        for_each_deletion(letters, |key| near.extend(sample.slips.get(key)));
        near.sort_unstable();
        near.dedup();
        for word in near.iter().map(|at| &sample.letters[*at as usize]) {
            let slip = one_slip(word, letters);
            let swapped_start = slip == Some(Slip::Swapped) && letters.len() >= 5;
            if slip.is_some() && (word[0] == letters[0] || swapped_start) {
                self.slips[word.len()] += 1;
            }
        }
        for word in sample.sounds.get(sound_key(letters)).map(|at| &sample.letters[at as usize]) {
            if word != letters && word.len().abs_diff(letters.len()) <= 2 && sound_key(word) == sound_key(letters) {
                self.sounds[word.len()] += 1;
            }
        }
    }

    /// Adds the counts of other marks.
    pub(super) fn add(&mut self, other: &Self) {
        self.with(other, u32::saturating_add);
    }

    /// Takes away the counts of marks that are gone.
    pub(super) fn subtract(&mut self, other: &Self) {
        self.with(other, u32::saturating_sub);
    }

    fn with(&mut self, other: &Self, change: impl Fn(u32, u32) -> u32) {
        let pairs = [
            (&mut self.slips, &other.slips),
            (&mut self.sounds, &other.sounds),
            (&mut self.marks, &other.marks),
            (&mut self.skeletons, &other.skeletons),
        ];
        for (own, other) in pairs {
            own.iter_mut().zip(other).for_each(|(own, other)| *own = change(*own, *other));
        }
    }
}

/// How much likelier than with a few hundred marks chance brings a word of a given length near
/// one, by pass, as logarithms.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ChanceRates {
    slips: [f32; LONGEST + 1],
    sounds: [f32; LONGEST + 1],
    skeletons: [f32; LONGEST + 1],
    letters: [f32; LONGEST + 1],
}

/// Rates of a registry of some three hundred marks of well-known brands, by length from 0 on: the density
/// at which the weights of the passes were set. Measured as [`ChanceRates::of`] measures, and held at a floor
/// below which chance plays no part whatever the registry.
const SLIPS_THEN: [f32; 9] = [0.05, 0.05, 0.05, 0.05, 0.03, 0.015, 0.006, 0.0025, 0.001];
const SOUNDS_THEN: [f32; 9] = [0.003, 0.003, 0.003, 0.003, 0.002, 0.0012, 0.001, 0.001, 0.001];
const SKELETONS_THEN: [f32; 6] = [0.05, 0.05, 0.05, 0.05, 0.01, 0.003];
const LETTERS_THEN: [f32; 6] = [0.02, 0.02, 0.02, 0.02, 0.015, 0.004];

/// How much likelier chance is than when the weights were set, as a logarithm; 0 = not at all.
fn doubt(now: f32, then: &[f32], length: usize) -> f32 {
    let then = then.get(length).or(then.last()).copied().unwrap_or(1.0);
    (now / then).max(1.0).ln()
}

impl ChanceRates {
    /// The rates of a registry with these counts.
    pub(super) fn of(counts: &NearCounts) -> Self {
        let sampled = &SAMPLE.by_length;
        // Over three neighbouring lengths: single ones are seen too seldom.
        let around = |counts: &[u32; LONGEST + 1], at: usize| -> u32 {
            counts[at.saturating_sub(1)..=(at + 1).min(LONGEST)].iter().sum()
        };
        let rate = |near: &[u32; LONGEST + 1], at: usize| match at {
            // Words longer than the sample's are near ever more seldom.
            _ if at > *SAMPLED.end() => 0.0,
            _ => around(near, at) as f32 / around(sampled, at).max(1) as f32,
        };
        let mut rates = Self::default();
        for at in 0..=LONGEST {
            // Three-letter words are near about as often as those of four.
            rates.slips[at] = doubt(rate(&counts.slips, at.max(4)), &SLIPS_THEN, at);
            rates.sounds[at] = doubt(rate(&counts.sounds, at.max(4)), &SOUNDS_THEN, at);
            // 14 and 9 letters a place: what consonants and letters of words come to when some are
            // much more frequent than others (2 to the power of their entropy).
            rates.skeletons[at] = doubt(counts.skeletons[at] as f32 / 14f32.powi(at as i32), &SKELETONS_THEN, at);
            rates.letters[at] = doubt(counts.marks[at] as f32 / 9f32.powi(at as i32), &LETTERS_THEN, at);
        }
        rates
    }

    /// Doubt in a word of `length` letters that is one slip from a mark.
    pub(super) fn slips(&self, length: usize) -> f32 {
        self.slips[length.min(LONGEST)]
    }

    /// Doubt in a word of `length` letters that sounds like a mark.
    pub(super) fn sounds(&self, length: usize) -> f32 {
        self.sounds[length.min(LONGEST)]
    }

    /// Doubt in a run of `length` consonants that are a mark's.
    pub(super) fn skeletons(&self, length: usize) -> f32 {
        self.skeletons[length.min(LONGEST)]
    }

    /// Doubt in a run of `length` letters that is a mark where no word of its own is written.
    pub(super) fn letters(&self, length: usize) -> f32 {
        self.letters[length.min(LONGEST)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(marks: &[&str]) -> NearCounts {
        let mut counts = NearCounts::default();
        for mark in marks {
            counts.add_mark(&mark.chars().collect::<Vec<_>>(), 3);
        }
        counts
    }

    #[test]
    fn marks_among_ordinary_words_are_near_many_and_odd_ones_near_none() {
        let sample = &SAMPLE.letters;
        let short = sample.iter().filter(|word| word.len() < 8);
        let neighbours = short.step_by(3).map(|word| format!("{}q", word.iter().collect::<String>()));
        let neighbours: Vec<String> = neighbours.collect();
        let near = ChanceRates::of(&counts(&neighbours.iter().map(String::as_str).collect::<Vec<_>>()));
        let odd = ChanceRates::of(&counts(&["xqzvvkq", "jjqxwvz", "zzxqkvj"]));
        assert!(near.slips(7) > 2.0, "{}", near.slips(7));
        assert!(odd.slips(7) == 0.0);
        assert!(near.slips(7) > near.slips(11));
    }

    #[test]
    fn counts_of_parts_add_up_to_the_whole() {
        let (one, other, both) =
            (counts(&["velmora", "kanter"]), counts(&["border"]), counts(&["velmora", "kanter", "border"]));
        let mut sum = one;
        sum.add(&other);
        assert_eq!(sum, both);
        sum.subtract(&other);
        assert_eq!(sum, one);
    }
}
