//! A table from 64-bit keys to numbers, several under one key, in one flat run of memory.

/// Keys to numbers. Built once, then only read.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyTable {
    /// Upper half of the key beside the number; the number is one more than stored, 0 = free.
    slots: Vec<(u32, u32)>,
    /// Bits of which keys may be present: one cache line answers most misses.
    filter: Vec<u64>,
}

impl KeyTable {
    /// A table of `entries`; the order of equal keys is that of `entries`.
    pub(super) fn build(entries: &[(u64, u32)]) -> Self {
        if entries.is_empty() {
            return Self::default();
        }
        let size = (entries.len() * 3 / 2).next_power_of_two().max(64);
        // 16 bits a key keep false positives of the one-bit filter near 6 %.
        let filter_words = (entries.len() * 16).next_power_of_two().max(64) / 64;
        let mut table = Self { slots: vec![(0, 0); size], filter: vec![0; filter_words] };
        for &(key, value) in entries {
            let (word, bit) = table.filter_place(key);
            table.filter[word] |= bit;
            let mut at = key as usize & (size - 1);
            while table.slots[at].1 != 0 {
                at = (at + 1) & (size - 1);
            }
            table.slots[at] = ((key >> 32) as u32, value + 1);
        }
        table
    }

    fn filter_place(&self, key: u64) -> (usize, u64) {
        let bits = (key >> 20) as usize;
        ((bits >> 6) & (self.filter.len() - 1), 1 << (bits & 63))
    }

    /// The numbers under `key`, and by rare chance others: callers check.
    #[inline]
    pub(super) fn get(&self, key: u64) -> Found<'_> {
        if self.filter.is_empty() {
            return Found { table: self, at: usize::MAX, tag: 0 };
        }
        let (word, bit) = self.filter_place(key);
        if self.filter[word] & bit == 0 {
            return Found { table: self, at: usize::MAX, tag: 0 };
        }
        Found { table: self, at: key as usize & (self.slots.len() - 1), tag: (key >> 32) as u32 }
    }

    /// Whether anything lies under `key`.
    #[inline]
    pub(super) fn has(&self, key: u64) -> bool {
        self.get(key).next().is_some()
    }
}

/// The numbers under one key.
pub(super) struct Found<'a> {
    table: &'a KeyTable,
    at: usize,
    tag: u32,
}

impl Iterator for Found<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.at == usize::MAX {
            return None;
        }
        loop {
            let (tag, value) = self.table.slots[self.at];
            if value == 0 {
                self.at = usize::MAX;
                return None;
            }
            self.at = (self.at + 1) & (self.table.slots.len() - 1);
            if tag == self.tag {
                return Some(value - 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::{Salt, key};
    use super::*;

    #[test]
    fn every_entry_is_found_under_its_key_and_strangers_are_not() {
        let entries: Vec<(u64, u32)> = (0..5_000u64).map(|n| (key(Salt::Whole, n / 2, 5), n as u32)).collect();
        let table = KeyTable::build(&entries);
        for (found_key, value) in &entries {
            assert!(table.get(*found_key).any(|found| found == *value));
        }
        let strangers = (0..5_000u64).filter(|n| table.has(key(Salt::Leet, *n, 5))).count();
        assert_eq!(strangers, 0);
        assert!(!KeyTable::default().has(7));
    }
}
