//! A table from 64-bit keys to numbers, several under one key, in one flat run of memory.

/// Keys to numbers. Built once, then only read.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyTable {
    /// Upper half of a key beside one more than the place of its first number; 0 = free.
    slots: Vec<(u32, u32)>,
    /// Numbers, those of one key together: twice the number, plus one on a key's last.
    values: Vec<u32>,
    /// Bits of which keys may be present: one cache line answers most misses.
    filter: Vec<u64>,
}

impl KeyTable {
    /// A table of `entries`; numbers under one key come in ascending order.
    ///
    /// Takes the time of a sort even when all keys are equal. Numbers lie below 2^31.
    pub(super) fn build(mut entries: Vec<(u64, u32)>) -> Self {
        if entries.is_empty() {
            return Self::default();
        }
        entries.sort_unstable();
        let distinct = entries.chunk_by(|a, b| a.0 == b.0).count();
        let size = (distinct * 3 / 2).next_power_of_two().max(64);
        // 16 bits a key keep false positives of the one-bit filter near 6 %.
        let filter_words = (distinct * 16).next_power_of_two().max(64) / 64;
        let mut table = Self {
            slots: vec![(0, 0); size],
            values: Vec::with_capacity(entries.len()),
            filter: vec![0; filter_words],
        };
        for group in entries.chunk_by(|a, b| a.0 == b.0) {
            table.insert(group);
        }
        table
    }

    /// Adds the entries of one key.
    fn insert(&mut self, group: &[(u64, u32)]) {
        let key = group[0].0;
        let (word, bit) = self.filter_place(key);
        self.filter[word] |= bit;
        let mask = self.slots.len() - 1;
        let mut at = key as usize & mask;
        while self.slots[at].1 != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = ((key >> 32) as u32, self.values.len() as u32 + 1);
        self.values.extend(group.iter().map(|(_, value)| value << 1));
        if let Some(last) = self.values.last_mut() {
            *last |= 1;
        }
    }

    fn filter_place(&self, key: u64) -> (usize, u64) {
        let bits = (key >> 20) as usize;
        ((bits >> 6) & (self.filter.len() - 1), 1 << (bits & 63))
    }

    /// The numbers under `key`, and by rare chance others: callers check.
    #[inline]
    pub(super) fn get(&self, key: u64) -> Found<'_> {
        let mut found = Found { table: self, slot: usize::MAX, value: usize::MAX, tag: (key >> 32) as u32 };
        if self.filter.is_empty() {
            return found;
        }
        let (word, bit) = self.filter_place(key);
        if self.filter[word] & bit != 0 {
            found.slot = key as usize & (self.slots.len() - 1);
        }
        found
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
    /// Next slot to look at; `usize::MAX` = none.
    slot: usize,
    /// Next number; `usize::MAX` = look for a slot first.
    value: usize,
    tag: u32,
}

impl Iterator for Found<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        while self.value == usize::MAX {
            if self.slot == usize::MAX {
                return None;
            }
            let (tag, start) = self.table.slots[self.slot];
            if start == 0 {
                self.slot = usize::MAX;
                return None;
            }
            self.slot = (self.slot + 1) & (self.table.slots.len() - 1);
            if tag == self.tag {
                self.value = start as usize - 1;
            }
        }
        let value = self.table.values[self.value];
        self.value = if value & 1 == 1 { usize::MAX } else { self.value + 1 };
        Some(value >> 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::{Salt, key};
    use super::*;

    #[test]
    fn every_entry_is_found_under_its_key_and_strangers_are_not() {
        let entries: Vec<(u64, u32)> = (0..5_000u64).map(|n| (key(Salt::Whole, n / 2, 5), n as u32)).collect();
        let table = KeyTable::build(entries.clone());
        for (found_key, value) in &entries {
            assert!(table.get(*found_key).any(|found| found == *value));
        }
        let strangers = (0..5_000u64).filter(|n| table.has(key(Salt::Leet, *n, 5))).count();
        assert_eq!(strangers, 0);
        assert!(!KeyTable::default().has(7));
        let same: Vec<(u64, u32)> = (0..50_000).map(|value| (9, value)).collect();
        assert_eq!(KeyTable::build(same).get(9).count(), 50_000);
    }
}
