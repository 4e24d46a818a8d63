//! A table from 64-bit keys to numbers, several under one key, in flat runs of memory.
//!
//! Looking for a million marks is waiting for memory: nearly every key asked for is absent,
//! and each question touches another cache line. So many keys are asked at once, against
//! bits that say what may be present ([`KeyTable::sift`]): the processor then waits for many lines
//! together instead of one after the other.

/// Keys to numbers. Built once, then only read.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyTable {
    /// First entry of each bucket, and one past the last bucket's.
    starts: Vec<u32>,
    /// Sixteen bits of each entry's key.
    tags: Vec<u16>,
    /// The numbers; those of one bucket in the order they were given.
    values: Vec<u32>,
    /// Bits of which keys may be present.
    filter: Vec<u64>,
}

/// Entries a bucket holds on average.
const BUCKET: usize = 4;

fn tag(key: u64) -> u16 {
    (key >> 48) as u16
}

impl KeyTable {
    /// A table of `entries`; numbers under one key come in the order given.
    ///
    /// Takes time in their number. At most 2^32 entries.
    pub(super) fn build(entries: &[(u64, u32)]) -> Self {
        if entries.is_empty() {
            return Self::default();
        }
        let buckets = (entries.len() / BUCKET).next_power_of_two();
        // 12 to 24 bits a key keep false positives of the one-bit filter at 4 to 8 %.
        let filter_words = (entries.len() * 12).next_power_of_two().max(64) / 64;
        let mut table = Self {
            starts: vec![0; buckets + 1],
            tags: vec![0; entries.len()],
            values: vec![0; entries.len()],
            filter: vec![0; filter_words],
        };
        for (key, _) in entries {
            table.starts[bucket(*key, buckets) + 1] += 1;
            let (word, bit) = table.filter_place(*key);
            table.filter[word] |= bit;
        }
        for at in 0..buckets {
            table.starts[at + 1] += table.starts[at];
        }
        let mut next = table.starts.clone();
        for (key, value) in entries {
            let place = &mut next[bucket(*key, buckets)];
            table.tags[*place as usize] = tag(*key);
            table.values[*place as usize] = *value;
            *place += 1;
        }
        table
    }

    #[inline]
    fn filter_place(&self, key: u64) -> (usize, u64) {
        let bits = key as usize;
        ((bits >> 6) & (self.filter.len() - 1), 1 << (bits & 63))
    }

    /// Whether `key` may be present; false is certain.
    #[inline]
    pub(super) fn may_have(&self, key: u64) -> bool {
        if self.filter.is_empty() {
            return false;
        }
        let (word, bit) = self.filter_place(key);
        self.filter[word] & bit != 0
    }

    /// Bit `i` = `keys[i]` may be present; at most 64 keys.
    #[inline]
    pub(super) fn sift(&self, keys: &[u64]) -> u64 {
        if self.filter.is_empty() {
            return 0;
        }
        let mut found = 0;
        for (at, key) in keys.iter().take(64).enumerate() {
            let (word, bit) = self.filter_place(*key);
            found |= u64::from(self.filter[word] & bit != 0) << at;
        }
        found
    }

    /// The numbers under `key`, and by rare chance others: callers check.
    #[inline]
    pub(super) fn get(&self, key: u64) -> Found<'_> {
        let mut found = Found { table: self, at: 0, end: 0, tag: tag(key) };
        if self.may_have(key) {
            let bucket = bucket(key, self.starts.len() - 1);
            found.at = self.starts[bucket];
            found.end = self.starts[bucket + 1];
        }
        found
    }

    /// Bytes of memory held.
    pub(super) fn bytes(&self) -> usize {
        self.starts.capacity() * 4 + self.tags.capacity() * 2 + self.values.capacity() * 4 + self.filter.capacity() * 8
    }
}

#[inline]
fn bucket(key: u64, buckets: usize) -> usize {
    (key >> 16) as usize & (buckets - 1)
}

/// The numbers under one key.
pub(super) struct Found<'a> {
    table: &'a KeyTable,
    at: u32,
    end: u32,
    tag: u16,
}

impl Iterator for Found<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        while self.at < self.end {
            let at = self.at as usize;
            self.at += 1;
            if self.table.tags[at] == self.tag {
                return Some(self.table.values[at]);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::{Salt, key};
    use super::*;

    #[test]
    fn every_entry_is_found_under_its_key_and_few_strangers_are() {
        let entries: Vec<(u64, u32)> = (0..5_000u64).map(|n| (key(Salt::Whole, n / 2, 5), n as u32)).collect();
        let table = KeyTable::build(&entries);
        for (found_key, value) in &entries {
            assert!(table.get(*found_key).any(|found| found == *value));
            assert_eq!(table.sift(&[*found_key]), 1);
        }
        let strangers: Vec<u64> = (0..5_000).map(|n| key(Salt::Leet, n, 5)).collect();
        let passed: u32 = strangers.chunks(64).map(|some| table.sift(some).count_ones()).sum();
        assert!(passed < 500, "{passed}");
        assert!(strangers.iter().filter(|key| table.get(**key).next().is_some()).count() < 5);
        assert!(!KeyTable::default().may_have(7));
        assert_eq!(KeyTable::default().sift(&[7]), 0);
        let same: Vec<(u64, u32)> = (0..50_000).map(|value| (9, value)).collect();
        assert_eq!(KeyTable::build(&same).get(9).collect::<Vec<_>>(), (0..50_000).collect::<Vec<_>>());
    }
}
