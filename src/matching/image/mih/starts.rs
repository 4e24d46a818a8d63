//! Where the rows of each value of a chunk start, in little more than a byte a value.
//!
//! With about as many values as rows most have none or one, so counting within a block of 64
//! values takes a byte each, and one number a block says where it starts. A block's bytes are
//! one line of the processor's caches, and the values that differ from one in its low bits
//! are in the same block. Blocks with more rows than a byte counts (pictures on one ground
//! crowd on few values) are written out.

/// Values a block.
const BLOCK: usize = 64;
/// Marks a block that is written out; the other bits of its number say which it is.
const CROWDED: u32 = 1 << 31;
/// Most rows that can be counted.
pub(super) const MOST_ROWS: usize = CROWDED as usize;

/// The starts of all values of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Starts {
    /// For each block where its rows start, or which crowded block it is.
    blocks: Vec<u32>,
    /// For each value how many rows of its block precede the next value; 0 in crowded blocks.
    ends: Vec<u8>,
    /// For each crowded block where its rows start, and where each value's rows end.
    crowded: Vec<u32>,
}

impl Starts {
    pub(super) fn with_capacity(width: usize) -> Self {
        let values = 1 << width;
        Self { blocks: Vec::with_capacity(values / BLOCK), ends: Vec::with_capacity(values), crowded: Vec::new() }
    }

    /// Adds blocks from the counts of their values; a whole number of blocks.
    pub(super) fn push(&mut self, mut start: u32, counts: &[u32]) {
        debug_assert!(counts.len().is_multiple_of(BLOCK));
        for counts in counts.chunks_exact(BLOCK) {
            let all: u32 = counts.iter().sum();
            let mut end = 0;
            if all <= u32::from(u8::MAX) {
                self.blocks.push(start);
                self.ends.extend(counts.iter().map(|count| {
                    end += count;
                    end as u8
                }));
            } else {
                self.blocks.push((self.crowded.len() / (BLOCK + 1)) as u32 | CROWDED);
                self.ends.extend([0; BLOCK]);
                self.crowded.push(start);
                self.crowded.extend(counts.iter().map(|count| {
                    end += count;
                    start + end
                }));
            }
            start += all;
        }
    }

    /// Where a value's rows start and end.
    #[inline(always)]
    pub(super) fn range(&self, value: u32) -> (u32, u32) {
        let (value, within) = (value as usize, value as usize % BLOCK);
        let block = self.blocks[value / BLOCK];
        if block & CROWDED == 0 {
            let before = if within == 0 { 0 } else { self.ends[value - 1] };
            return (block + u32::from(before), block + u32::from(self.ends[value]));
        }
        let at = (block & !CROWDED) as usize * (BLOCK + 1) + within;
        (self.crowded[at], self.crowded[at + 1])
    }

    /// The parts to store.
    pub(crate) fn parts(&self) -> (&[u32], &[u8], &[u32]) {
        (&self.blocks, &self.ends, &self.crowded)
    }

    /// Puts stored parts together again; `None` unless they divide `rows` among the values
    /// of `width` bits.
    pub(crate) fn from_parts(
        width: usize,
        rows: usize,
        blocks: Vec<u32>,
        ends: Vec<u8>,
        crowded: Vec<u32>,
    ) -> Option<Self> {
        if ends.len() != 1 << width || blocks.len() != ends.len() / BLOCK || !crowded.len().is_multiple_of(BLOCK + 1) {
            return None;
        }
        let mut next = 0;
        for (&block, ends) in blocks.iter().zip(ends.chunks_exact(BLOCK)) {
            let (start, sorted, end) = if block & CROWDED == 0 {
                (block, ends.is_sorted(), block.checked_add(u32::from(ends[BLOCK - 1]))?)
            } else {
                let at = (block & !CROWDED) as usize * (BLOCK + 1);
                let written = crowded.get(at..at + BLOCK + 1)?;
                (written[0], written.is_sorted(), written[BLOCK])
            };
            if start != next || !sorted {
                return None;
            }
            next = end;
        }
        (next as usize == rows).then_some(Self { blocks, ends, crowded })
    }

    /// Bytes of memory taken.
    pub(crate) fn memory(&self) -> usize {
        self.ends.capacity() + 4 * (self.blocks.capacity() + self.crowded.capacity())
    }
}

/// Bytes that the starts of a chunk of `width` bits take.
pub(super) fn bytes(width: usize) -> usize {
    (1 << width) + (4 << width) / BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn starts_of(counts: &[u32]) -> Starts {
        let mut starts = Starts::with_capacity(counts.len().ilog2() as usize);
        let (first, second) = counts.split_at(BLOCK);
        starts.push(0, first);
        starts.push(first.iter().sum(), second);
        starts
    }

    proptest! {
        #[test]
        fn every_value_has_the_rows_it_was_counted_with(
            counts in prop::collection::vec(prop_oneof![20 => 0_u32..3, 1 => 0_u32..200, 1 => 0_u32..5_000], 256),
        ) {
            let starts = starts_of(&counts);
            let mut next = 0;
            for (value, count) in counts.iter().enumerate() {
                prop_assert_eq!(starts.range(value as u32), (next, next + count));
                next += count;
            }
            let (blocks, ends, crowded) = starts.parts();
            let again = |rows| Starts::from_parts(8, rows, blocks.to_vec(), ends.to_vec(), crowded.to_vec());
            prop_assert_eq!(again(next as usize), Some(starts.clone()));
            prop_assert_eq!(again(next as usize + 1), None);
        }
    }

    #[test]
    fn starts_that_go_back_are_refused() {
        let starts = starts_of(&[1; 256]);
        let (blocks, ends, _) = starts.parts();
        let mut changed = ends.to_vec();
        changed.swap(70, 80);
        assert_eq!(Starts::from_parts(8, 256, blocks.to_vec(), changed, Vec::new()), None);
        let mut changed = blocks.to_vec();
        changed[1] |= CROWDED;
        assert_eq!(Starts::from_parts(8, 256, changed, ends.to_vec(), Vec::new()), None);
        assert_eq!(Starts::from_parts(9, 256, blocks.to_vec(), ends.to_vec(), Vec::new()), None);
    }
}
