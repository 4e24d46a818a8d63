//! 256-bit picture hashes and their distance.

use std::fmt;
use std::str::FromStr;

/// Number of bits of a [`Hash256`].
pub const HASH_BITS: u16 = 256;

/// A 256-bit perceptual hash. Its text is 64 lower-case hexadecimal characters with
/// the highest bit first, the form in which PDQ hashes are exchanged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash256(pub(crate) [u64; 4]);

impl Hash256 {
    /// The hash whose bits are all zero.
    pub const ZERO: Hash256 = Hash256([0; 4]);

    /// A hash from its 32 bytes, highest bits first.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut words = [0; 4];
        for (place, chunk) in bytes.chunks_exact(8).enumerate() {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            words[3 - place] = u64::from_be_bytes(word);
        }
        Self(words)
    }

    /// The 32 bytes, highest bits first.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (place, chunk) in bytes.chunks_exact_mut(8).enumerate() {
            chunk.copy_from_slice(&self.0[3 - place].to_be_bytes());
        }
        bytes
    }

    /// The number of bits in which the two hashes differ: 0 is identical, about 128 unrelated.
    pub fn distance(&self, other: &Self) -> u16 {
        let differing = |place: usize| (self.0[place] ^ other.0[place]).count_ones();
        (differing(0) + differing(1) + differing(2) + differing(3)) as u16
    }

    /// Bit `place`, 0 the lowest. `place` must be below 256.
    pub fn bit(&self, place: usize) -> bool {
        (self.0[place >> 6] >> (place & 63)) & 1 == 1
    }

    /// The same hash with bit `place` turned over. `place` must be below 256.
    pub fn with_flipped(mut self, place: usize) -> Self {
        self.0[place >> 6] ^= 1 << (place & 63);
        self
    }

    /// The hash with every bit turned over: that of the picture with light and dark exchanged.
    pub fn inverted(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// `width` bits (at most 32) from bit `from` upwards; bits above 255 are zero.
    pub(crate) fn bits(&self, from: usize, width: usize) -> u32 {
        debug_assert!(width <= 32 && from < 256);
        let (word, shift) = (from >> 6, from & 63);
        let low = self.0[word] >> shift;
        let high = if shift == 0 || word == 3 { 0 } else { self.0[word + 1] << (64 - shift) };
        let mask = (1_u64 << width) - 1;
        ((low | high) & mask) as u32
    }
}

impl fmt::Display for Hash256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, second, third, high] = self.0;
        write!(out, "{high:016x}{third:016x}{second:016x}{low:016x}")
    }
}

impl fmt::Debug for Hash256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The text is not 64 hexadecimal characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a 256-bit image hash: 64 hexadecimal characters")]
pub struct ParseHashError;

impl FromStr for Hash256 {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseHashError)?;
        Ok(Self::from_bytes(bytes))
    }
}

impl serde::Serialize for Hash256 {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Hash256 {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_bytes_and_bits_are_one_value(words: [u64; 4], from in 0_usize..256, width in 1_usize..=16) {
            let hash = Hash256(words);
            prop_assert_eq!(hash.to_string().parse::<Hash256>(), Ok(hash));
            prop_assert_eq!(Hash256::from_bytes(hash.to_bytes()), hash);
            let one_by_one = (0..width)
                .filter(|step| from + step < 256 && hash.bit(from + step))
                .fold(0_u32, |bits, step| bits | (1 << step));
            prop_assert_eq!(hash.bits(from, width), one_by_one);
        }

        #[test]
        fn distance_counts_flipped_bits(words: [u64; 4], places in proptest::collection::btree_set(0_usize..256, 0..40)) {
            let hash = Hash256(words);
            let changed = places.iter().fold(hash, |hash, &place| hash.with_flipped(place));
            prop_assert_eq!(usize::from(hash.distance(&changed)), places.len());
        }
    }

    #[test]
    fn the_highest_bit_is_written_first() {
        let hash = Hash256::ZERO.with_flipped(255).with_flipped(0);
        let text = format!("8{}1", "0".repeat(62));
        assert_eq!(hash.to_string(), text);
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "12", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65)] {
            assert!(text.parse::<Hash256>().is_err(), "{text:?}");
        }
    }
}
