//! Many names in little memory.
//!
//! Names are kept in blocks of sixteen, each name as what it shares with the one before and
//! the rest. Sorted names of one registry share most of their letters, so a name costs about
//! a third of its length; and millions of them are a handful of allocations.

use std::cmp::Ordering;

/// Names a block.
const BLOCK: usize = 16;

/// Names by number. [`Names::place_of`] needs them added in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    count: usize,
    /// For each name: how many bytes it shares with the one before (0 at a block's start) and
    /// how many follow, both as LEB128, then those bytes.
    bytes: Vec<u8>,
    /// Where each block starts.
    blocks: Vec<u64>,
    /// The name added last.
    last: Vec<u8>,
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Adds a name; its number is the count before.
    pub(super) fn push(&mut self, name: &str) {
        let name = name.as_bytes();
        let shared = if self.count.is_multiple_of(BLOCK) {
            self.blocks.push(self.bytes.len() as u64);
            0
        } else {
            self.last.iter().zip(name).take_while(|(left, right)| left == right).count()
        };
        push_number(&mut self.bytes, shared);
        push_number(&mut self.bytes, name.len() - shared);
        self.bytes.extend_from_slice(&name[shared..]);
        self.last.clear();
        self.last.extend_from_slice(name);
        self.count += 1;
    }

    /// Gives back memory that was taken for growing.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.blocks.shrink_to_fit();
        self.last = Vec::new();
    }

    /// The name with this number, which must be below the count.
    pub(super) fn get(&self, place: usize) -> String {
        debug_assert!(place < self.count);
        let mut name = Vec::new();
        let mut at = self.blocks[place / BLOCK] as usize;
        for _ in 0..=place % BLOCK {
            self.read(&mut at, &mut name);
        }
        text(name)
    }

    /// All names by number.
    pub(super) fn iter(&self) -> NamesIter<'_> {
        NamesIter { names: self, next: 0, at: 0, name: Vec::new() }
    }

    /// The number of a name among names that were added in ascending order.
    pub(super) fn place_of(&self, name: &str) -> Option<usize> {
        let name = name.as_bytes();
        let mut read = Vec::new();
        let after = self.blocks.partition_point(|&start| {
            read.clear();
            self.read(&mut (start as usize), &mut read);
            read.as_slice() <= name
        });
        let block = after.checked_sub(1)?;
        let mut at = self.blocks[block] as usize;
        read.clear();
        for place in block * BLOCK..((block + 1) * BLOCK).min(self.count) {
            self.read(&mut at, &mut read);
            match read.as_slice().cmp(name) {
                Ordering::Less => {}
                Ordering::Equal => return Some(place),
                Ordering::Greater => return None,
            }
        }
        None
    }

    /// Makes the name before the one at `at` into that one.
    fn read(&self, at: &mut usize, name: &mut Vec<u8>) {
        let shared = take_number(&self.bytes, at);
        let rest = take_number(&self.bytes, at);
        name.truncate(shared);
        name.extend_from_slice(&self.bytes[*at..*at + rest]);
        *at += rest;
    }

    /// The parts to store: count, bytes and where blocks start.
    pub(super) fn parts(&self) -> (usize, &[u8], &[u64]) {
        (self.count, &self.bytes, &self.blocks)
    }

    /// Puts stored parts together again; `None` when they do not fit each other. `sorted`
    /// asks for ascending order too.
    pub(super) fn from_parts(count: usize, bytes: Vec<u8>, blocks: Vec<u64>, sorted: bool) -> Option<Self> {
        let names = Self { count, bytes, blocks, last: Vec::new() };
        (names.blocks.len() == count.div_ceil(BLOCK) && names.is_sound(sorted)).then_some(names)
    }

    /// Whether all names can be read, are text, and end where the bytes end.
    fn is_sound(&self, sorted: bool) -> bool {
        let mut at = 0;
        let mut name = Vec::new();
        for place in 0..self.count {
            if place % BLOCK == 0 && self.blocks[place / BLOCK] != at as u64 {
                return false;
            }
            let (Some(shared), Some(rest)) =
                (checked_number(&self.bytes, &mut at), checked_number(&self.bytes, &mut at))
            else {
                return false;
            };
            let Some(added) = at.checked_add(rest).and_then(|end| self.bytes.get(at..end)) else { return false };
            if shared > name.len() || (place % BLOCK == 0 && shared > 0) {
                return false;
            }
            // What is shared is equal, so the rests decide the order.
            if sorted && place > 0 && &name[shared..] >= added {
                return false;
            }
            name.truncate(shared);
            name.extend_from_slice(added);
            at += rest;
            if std::str::from_utf8(&name).is_err() {
                return false;
            }
        }
        at == self.bytes.len()
    }

    /// Bytes of memory taken.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.blocks.capacity() * size_of::<u64>()
    }
}

/// Names in order of their numbers.
pub(super) struct NamesIter<'a> {
    names: &'a Names,
    next: usize,
    at: usize,
    name: Vec<u8>,
}

impl NamesIter<'_> {
    /// The next name, valid until the one after is asked for.
    pub(super) fn next_name(&mut self) -> Option<&[u8]> {
        if self.next == self.names.count {
            return None;
        }
        self.names.read(&mut self.at, &mut self.name);
        self.next += 1;
        Some(&self.name)
    }
}

fn text(name: Vec<u8>) -> String {
    String::from_utf8(name).expect("names come in as text and are checked when they are read from a file")
}

fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &[u8], at: &mut usize) -> usize {
    checked_number(bytes, at).expect("names are checked when they are read from a file")
}

fn checked_number(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names_of<'a>(all: impl IntoIterator<Item = &'a String>) -> Names {
        let mut names = Names::default();
        all.into_iter().for_each(|name| names.push(name));
        names.shrink();
        names
    }

    proptest! {
        #[test]
        fn every_name_is_found_and_no_other(
            all in prop::collection::btree_set("[ab/é]{0,6}", 0..80),
            asked in "[ab/é]{0,6}",
        ) {
            let names = names_of(&all);
            let sorted: Vec<&String> = all.iter().collect();
            for (place, name) in sorted.iter().enumerate() {
                prop_assert_eq!(&names.get(place), *name);
                prop_assert_eq!(names.place_of(name), Some(place));
            }
            prop_assert_eq!(names.place_of(&asked), sorted.iter().position(|name| **name == asked));
            let (count, bytes, blocks) = names.parts();
            prop_assert_eq!(Names::from_parts(count, bytes.to_vec(), blocks.to_vec(), true), Some(names.clone()));
        }

        #[test]
        fn damaged_names_are_refused_or_read_but_never_panic(
            all in prop::collection::btree_set("[a-c]{0,9}", 1..60),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        ) {
            let names = names_of(&all);
            let (count, bytes, blocks) = names.parts();
            let mut bytes = bytes.to_vec();
            for (place, value) in changes {
                let place = place.index(bytes.len());
                bytes[place] = value;
            }
            if let Some(read) = Names::from_parts(count, bytes, blocks.to_vec(), true) {
                for place in 0..count {
                    prop_assert_eq!(read.place_of(&read.get(place)).is_some(), true);
                }
            }
        }
    }

    #[test]
    fn unsorted_names_keep_their_numbers() {
        let all: Vec<String> = (0..50).map(|number| format!("brand-{}", number * 7 % 50)).collect();
        let names = names_of(&all);
        assert!((0..50).all(|place| names.get(place) == all[place]));
    }
}
