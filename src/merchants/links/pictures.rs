//! Picture hashes of 64 bits within a small distance, exactly and in memory.
//!
//! Four parts of 16 bits. Two hashes at most [`RADIUS`] bits apart agree in some part to within
//! its share of the radius (pigeonhole: shares 2, 1, 1, 1 for radius 8 … the shares plus one each
//! sum to the radius plus one), so only those buckets are read.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::postings::AsIs;

/// Largest distance at which two pictures are one; unrelated 64-bit hashes are that close once in
/// four thousand million pairs, edited copies mostly are.
pub(super) const RADIUS: u32 = 8;
/// Share of each part: (2 + 1) + (1 + 1) × 3 = RADIUS + 1.
const SHARES: [u32; 4] = [2, 1, 1, 1];

/// Hashes of blank pictures say nothing.
pub(super) fn is_particular(hash: u64) -> bool {
    (8..=56).contains(&hash.count_ones())
}

/// A hash and its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    high: u32,
    low: u32,
    holder: u32,
}

impl Entry {
    fn new(hash: u64, holder: u32) -> Self {
        Self { high: (hash >> 32) as u32, low: hash as u32, holder }
    }

    fn distance(self, other: Self) -> u32 {
        (self.high ^ other.high).count_ones() + (self.low ^ other.low).count_ones()
    }
}

/// Who has which picture.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    buckets: HashMap<u32, Vec<Entry>, BuildHasherDefault<AsIs>>,
}

fn part(hash: u64, at: usize) -> u16 {
    (hash >> (at * 16)) as u16
}

fn bucket(at: usize, value: u16) -> u32 {
    (at as u32) << 16 | u32::from(value)
}

/// All values at most `share` bits from `value`.
fn around(value: u16, share: u32) -> impl Iterator<Item = u16> {
    let one = (0..16).map(move |bit| value ^ 1 << bit).filter(move |_| share >= 1);
    let pairs = (0..16).flat_map(|first| (0..first).map(move |second| (first, second)));
    let two = pairs.map(move |(first, second)| value ^ 1 << first ^ 1 << second).filter(move |_| share >= 2);
    std::iter::once(value).chain(one).chain(two)
}

impl Pictures {
    /// Adds a picture of `holder`; each once.
    pub(super) fn add(&mut self, hash: u64, holder: u32) {
        for at in 0..4 {
            self.buckets.entry(bucket(at, part(hash, at))).or_default().push(Entry::new(hash, holder));
        }
    }

    /// Takes a picture away.
    pub(super) fn remove(&mut self, hash: u64, holder: u32) {
        let entry = Entry::new(hash, holder);
        for at in 0..4 {
            let key = bucket(at, part(hash, at));
            let Some(entries) = self.buckets.get_mut(&key) else { continue };
            if let Some(place) = entries.iter().position(|own| *own == entry) {
                entries.swap_remove(place);
            }
            if entries.is_empty() {
                self.buckets.remove(&key);
            }
        }
    }

    /// Holders of pictures within the radius of `hash`, other than `own`, sorted; `None` when
    /// there are more than `most` (then it is a stock photo, and reading stops).
    pub(super) fn holders(&self, hash: u64, own: Option<u32>, most: usize) -> Option<Vec<u32>> {
        let wanted = Entry::new(hash, 0);
        let mut found: Vec<u32> = Vec::new();
        for (at, share) in SHARES.into_iter().enumerate() {
            for value in around(part(hash, at), share) {
                for entry in self.buckets.get(&bucket(at, value)).into_iter().flatten() {
                    let near = entry.distance(wanted) <= RADIUS && Some(entry.holder) != own;
                    if near && !found.contains(&entry.holder) {
                        found.push(entry.holder);
                        if found.len() > most {
                            return None;
                        }
                    }
                }
            }
        }
        found.sort_unstable();
        Some(found)
    }

    /// About how many bytes the pictures take.
    pub(super) fn bytes(&self) -> usize {
        self.buckets.values().map(|entries| entries.capacity() * 12 + 40).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn exactly_the_pictures_within_the_radius_are_found(
            base in any::<u64>(),
            flips in proptest::collection::vec(proptest::collection::vec(0u32..64, 0..12), 0..40),
        ) {
            let mut pictures = Pictures::default();
            let flipped = |bits: &Vec<u32>| bits.iter().fold(base, |hash, bit| hash ^ 1 << bit);
            let hashes: Vec<u64> = flips.iter().map(flipped).collect();
            for (holder, hash) in (0..).zip(&hashes) {
                pictures.add(*hash, holder);
            }
            let near = |hash: &u64| (hash ^ base).count_ones() <= RADIUS;
            let expected: Vec<u32> =
                (0..).zip(&hashes).filter(|(_, hash)| near(hash)).map(|(holder, _)| holder).collect();
            prop_assert_eq!(pictures.holders(base, None, 1_000), Some(expected.clone()));
            for (holder, hash) in (0..).zip(&hashes) {
                pictures.remove(*hash, holder);
            }
            prop_assert_eq!(pictures.bytes(), 0);
        }
    }

    #[test]
    fn a_stock_photo_stops_the_reading() {
        let mut pictures = Pictures::default();
        (0..10_000).for_each(|holder| pictures.add(0x1234_5678_9abc_def0, holder));
        assert_eq!(pictures.holders(0x1234_5678_9abc_def1, None, 40), None);
    }
}
