//! Hashes of letter runs that need no string: any run's hash follows from prefix hashes.
//!
//! A polynomial over 64 bits with fixed constants, finished by mixing: the same in every
//! process, so results never depend on a random seed. Equal hashes are always checked
//! against the letters, so a collision costs time, never a false hit.

/// An odd multiplier with well spread bits (2^64 divided by the golden ratio).
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// Longest run that is ever a mark.
pub(super) const MAX_RUN: usize = 64;

/// Powers of [`BASE`] up to [`MAX_RUN`].
const POWERS: [u64; MAX_RUN + 1] = {
    let mut powers = [1u64; MAX_RUN + 1];
    let mut at = 1;
    while at <= MAX_RUN {
        powers[at] = powers[at - 1].wrapping_mul(BASE);
        at += 1;
    }
    powers
};

#[inline]
fn power(exponent: usize) -> u64 {
    POWERS.get(exponent).copied().unwrap_or_else(|| BASE.wrapping_pow(exponent as u32))
}

/// What a key is for; keeps the passes' keys apart in one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Salt {
    /// All letters of a mark.
    Whole = 1,
    /// A mark less one letter, or whole: the deletion index.
    Deletion = 2,
    /// A mark with letters that signs replace brought together.
    Leet = 3,
    /// A mark's consonants.
    Skeleton = 4,
    /// A mark's sound.
    Sound = 5,
    /// The first word of a mark of several words.
    FirstWord = 6,
    /// The last word of a mark of several words.
    LastWord = 7,
    /// A word of a word list.
    Word = 8,
}

/// The running hash after one more letter.
#[inline]
pub(super) fn push(hash: u64, letter: char) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(letter as u64 + 1)
}

/// The running hash of `letters`.
pub(super) fn run(letters: impl IntoIterator<Item = char>) -> u64 {
    letters.into_iter().fold(0, push)
}

/// The running hash of letters `from..to`, given `prefixes[i]` = the running hash of the first `i`.
#[inline]
pub(super) fn between(prefixes: &[u64], from: usize, to: usize) -> u64 {
    prefixes[to].wrapping_sub(prefixes[from].wrapping_mul(power(to - from)))
}

/// The running hash of `first` followed by `second`, which is `length` letters long.
#[inline]
pub(super) fn join(first: u64, second: u64, length: usize) -> u64 {
    first.wrapping_mul(power(length)).wrapping_add(second)
}

/// The key of a run of `length` letters for one purpose.
#[inline]
pub(super) fn key(salt: Salt, hash: u64, length: usize) -> u64 {
    let mut mixed = hash ^ ((salt as u64) << 56) ^ ((length as u64) << 48);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    mixed ^ (mixed >> 32)
}

/// The key of whole `text`.
pub(super) fn key_of(salt: Salt, text: &str) -> u64 {
    key(salt, run(text.chars()), text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_the_hash_it_has_alone() {
        let letters: Vec<char> = "a longer текст with letters".chars().collect();
        let mut prefixes = vec![0];
        for letter in &letters {
            prefixes.push(push(prefixes[prefixes.len() - 1], *letter));
        }
        for (from, to) in [(0, 3), (2, 9), (5, 5), (0, letters.len())] {
            assert_eq!(between(&prefixes, from, to), run(letters[from..to].iter().copied()));
        }
        let joined = join(between(&prefixes, 0, 4), between(&prefixes, 6, 9), 3);
        assert_eq!(joined, run(letters[0..4].iter().chain(&letters[6..9]).copied()));
    }
}
