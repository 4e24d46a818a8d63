//! Hashing of words. Quality matters for speed only: whatever a hash finds is compared.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Prefix terms are filed by their first bytes: by six (three Cyrillic letters) where they have
/// so many, else by three.
pub const PREFIX_KEYS: [usize; 2] = [3, 6];

/// Passes hashes through: they were mixed when they were made.
#[derive(Default, Clone, Copy)]
pub struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = word_hash_bytes(bytes);
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// A map whose keys are hashes already.
pub type MixedMap<K, V> = HashMap<K, V, BuildHasherDefault<Mixed>>;

fn mix(value: u64) -> u64 {
    // The finaliser of splitmix64 (Steele, Lea, Flood 2014).
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

fn word_hash_bytes(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    let mut last = [0; 8];
    let rest = chunks.remainder();
    last[..rest.len()].copy_from_slice(rest);
    mix(hash.rotate_left(5) ^ u64::from_le_bytes(last))
}

/// The hash of one word.
pub fn word_hash(word: &str) -> u64 {
    word_hash_bytes(word.as_bytes())
}

/// The hash of a sequence that continues with `gap` and a word.
pub fn extend_hash(hash: u64, gap: &str, word: u64) -> u64 {
    let gap = if gap == " " { 0 } else { word_hash(gap) };
    mix(hash.rotate_left(7) ^ word ^ gap)
}

/// What a word's first `length` bytes are filed under.
pub fn prefix_key(word: &str, length: usize) -> Option<u64> {
    let mut key = [0; 8];
    key[..length].copy_from_slice(word.as_bytes().get(..length)?);
    Some(mix(u64::from_le_bytes(key)))
}

/// Bits of a [`Sieve`]: 32 KiB, which stays in the nearest cache.
const SIEVE_BITS: u64 = 1 << 18;

/// Says quickly that a hash is surely not in a map; nearly all words of a clean listing stop
/// here, before a look-up in a map that no cache holds.
#[derive(Debug, Clone)]
pub struct Sieve(Box<[u64]>);

impl Default for Sieve {
    fn default() -> Self {
        Self(vec![0; (SIEVE_BITS / 64) as usize].into_boxed_slice())
    }
}

impl Sieve {
    /// Remembers `hash`.
    pub fn insert(&mut self, hash: u64) {
        let bit = hash % SIEVE_BITS;
        self.0[(bit / 64) as usize] |= 1 << (bit % 64);
    }

    /// `false` only for a hash that was never inserted.
    pub fn may_hold(&self, hash: u64) -> bool {
        let bit = hash % SIEVE_BITS;
        self.0[(bit / 64) as usize] & (1 << (bit % 64)) != 0
    }
}
