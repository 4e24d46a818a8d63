//! Exact Hamming search by multi-index hashing (Norouzi, Punjani, Fleet: "Fast Exact Search
//! in Hamming Space with Multi-Index Hashing", 2014).
//!
//! The 256 bits are cut into m chunks. Two hashes within R bits agree in at least one chunk
//! up to that chunk's share of R, so looking up every value near the query's in each chunk's
//! table finds all candidates; their full distance decides. Chunks about as wide as log₂ of
//! the number of hashes cost least: wider tables are mostly empty, narrower ones are crowded.

use super::hash::Hash256;

/// Below this many hashes comparing all of them is as fast as the tables.
const LINEAR_BELOW: usize = 2_000;
/// Fewest and most chunks tried.
const CHUNKS: std::ops::RangeInclusive<usize> = 9..=18;

/// One chunk's table: for each value the rows that have it.
struct Chunk {
    from: usize,
    width: usize,
    /// The differences that the chunk's share of the radius allows.
    masks: Vec<u32>,
    /// `rows[starts[value]..starts[value + 1]]` have the value.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

/// Distinct hashes that are searched within a radius fixed when the index is built.
pub(crate) struct MultiIndex {
    hashes: Vec<Hash256>,
    chunks: Vec<Chunk>,
    radius: u16,
}

impl MultiIndex {
    /// An index without tables: every search compares all hashes.
    pub(crate) fn linear(hashes: Vec<Hash256>) -> Self {
        Self { hashes, chunks: Vec::new(), radius: 0 }
    }

    /// An index for searches up to `radius`.
    pub(crate) fn build(hashes: Vec<Hash256>, radius: u16) -> Self {
        if hashes.len() < LINEAR_BELOW {
            return Self::linear(hashes);
        }
        Self::with_chunks(hashes, radius, None)
    }

    /// As [`Self::build`] with tables at any size; `chunks` overrides the choice.
    pub(crate) fn with_chunks(hashes: Vec<Hash256>, radius: u16, chunks: Option<usize>) -> Self {
        let count = chunks.unwrap_or_else(|| best_chunk_count(hashes.len(), radius));
        let chunks =
            plan(count, radius).into_iter().map(|(from, width, share)| Chunk::build(&hashes, from, width, share));
        let chunks = chunks.collect();
        Self { hashes, chunks, radius }
    }

    /// All hashes, by row.
    pub(crate) fn hashes(&self) -> &[Hash256] {
        &self.hashes
    }

    /// How many tables the index has; 0 when it compares all hashes.
    #[cfg(test)]
    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// Calls `found(row, distance)` at least once for every hash within `radius` of `query`.
    /// A row that agrees in several chunks is reported several times.
    pub(crate) fn within(&self, query: &Hash256, radius: u16, mut found: impl FnMut(u32, u16)) {
        if self.chunks.is_empty() || radius > self.radius {
            for (row, hash) in self.hashes.iter().enumerate() {
                let distance = hash.distance(query);
                if distance <= radius {
                    found(row as u32, distance);
                }
            }
            return;
        }
        // Gathering a table's rows before comparing them lets the processor overlap the
        // memory accesses of all lookups, and then those of all comparisons.
        let mut candidates = Vec::new();
        for chunk in &self.chunks {
            candidates.clear();
            chunk.gather(query, &mut candidates);
            for &row in &candidates {
                let distance = self.hashes[row as usize].distance(query);
                if distance <= radius {
                    found(row, distance);
                }
            }
        }
    }
}

impl Chunk {
    fn build(hashes: &[Hash256], from: usize, width: usize, radius: usize) -> Self {
        let mut starts = vec![0_u32; (1 << width) + 1];
        for hash in hashes {
            starts[hash.bits(from, width) as usize + 1] += 1;
        }
        for value in 1..starts.len() {
            starts[value] += starts[value - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; hashes.len()];
        for (row, hash) in hashes.iter().enumerate() {
            let place = &mut next[hash.bits(from, width) as usize];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        let mut masks = vec![0];
        push_masks(0, 0, width, radius, &mut masks);
        Self { from, width, masks, starts, rows }
    }

    /// Adds the rows whose value of this chunk is near the query's.
    fn gather(&self, query: &Hash256, candidates: &mut Vec<u32>) {
        let value = query.bits(self.from, self.width);
        for mask in &self.masks {
            let near = (value ^ mask) as usize;
            let (from, to) = (self.starts[near] as usize, self.starts[near + 1] as usize);
            candidates.extend_from_slice(&self.rows[from..to]);
        }
    }
}

/// Adds all masks with up to `left` more bits from `first_bit` upwards.
fn push_masks(mask: u32, first_bit: usize, width: usize, left: usize, masks: &mut Vec<u32>) {
    if left == 0 {
        return;
    }
    for bit in first_bit..width {
        let more = mask | (1 << bit);
        masks.push(more);
        push_masks(more, bit + 1, width, left - 1, masks);
    }
}

/// Where each of `count` chunks starts, its width, and its share of the radius. The shares
/// plus one each add up to radius + 1, which is what makes the search exact; narrower
/// chunks take the larger shares because they have fewer neighbours.
fn plan(count: usize, radius: u16) -> Vec<(usize, usize, usize)> {
    let (width, wider) = (256 / count, 256 % count);
    let needed = usize::from(radius) + 1;
    let (share, larger) = (needed / count, needed % count);
    let mut from = 0;
    (0..count)
        .map(|place| {
            let own = width + usize::from(place < wider);
            let steps = share + usize::from(place >= count - larger);
            let start = from;
            from += own;
            (start, own, steps)
        })
        // A chunk with share 0 would need no agreement: others already cover the radius.
        .filter(|&(_, _, steps)| steps > 0)
        .map(|(start, own, steps)| (start, own, (steps - 1).min(own)))
        .collect()
}

/// The number of chunks with the least estimated work for random hashes: a candidate costs about
/// three times a lookup (measured with a million hashes).
fn best_chunk_count(hashes: usize, radius: u16) -> usize {
    let cost = |count: usize| {
        let mut work = 0.0;
        for (_, width, share) in plan(count, radius) {
            let values: f64 = (0..=share).map(|step| choose(width, step)).sum();
            let crowd = hashes as f64 / (1_u64 << width) as f64;
            work += values * (1.0 + 3.0 * crowd);
        }
        work
    };
    // Tables of 2^width offsets may outweigh the rows by four at most.
    let fits = |count: &usize| (1_usize << 256_usize.div_ceil(*count)) <= 4 * hashes.max(1 << 16);
    CHUNKS.filter(fits).min_by(|left, right| cost(*left).total_cmp(&cost(*right))).unwrap_or(*CHUNKS.end())
}

fn choose(from: usize, take: usize) -> f64 {
    (0..take).fold(1.0, |product, step| product * (from - step) as f64 / (step + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(seed: u64) -> Hash256 {
        // SplitMix64: spreads consecutive seeds over all bits.
        let word = |step: u64| {
            let mut value = (seed * 4 + step + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            value ^ (value >> 31)
        };
        Hash256([word(0), word(1), word(2), word(3)])
    }

    fn rows_within(index: &MultiIndex, query: &Hash256, radius: u16) -> Vec<(u32, u16)> {
        let mut found = Vec::new();
        index.within(query, radius, |row, distance| found.push((row, distance)));
        found.sort_unstable();
        found.dedup();
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn tables_find_exactly_what_a_linear_scan_finds(
            chunks in 15_usize..=18,
            count in 1_u64..400,
            radius in 0_u16..=31,
            target in 0_u64..400,
            flips in proptest::collection::btree_set(0_usize..256, 0..=31),
        ) {
            let mut hashes: Vec<Hash256> = (0..count).map(hash).collect();
            // Neighbours at every distance, so that the radius is met exactly.
            let centre = hash(target);
            let mut near = centre;
            for place in &flips {
                near = near.with_flipped(*place);
                hashes.push(near);
            }
            let tables = MultiIndex::with_chunks(hashes.clone(), 31, Some(chunks));
            let linear = MultiIndex::linear(hashes);
            prop_assert_eq!(rows_within(&tables, &centre, radius), rows_within(&linear, &centre, radius));
            prop_assert!(!rows_within(&tables, &near, radius).is_empty() || flips.is_empty());
        }
    }

    #[test]
    fn every_number_of_chunks_covers_all_bits_and_the_radius() {
        for count in CHUNKS {
            for radius in [0, 7, 20, 31] {
                let plan = plan(count, radius);
                let covered: usize = plan.iter().map(|(_, _, share)| share + 1).sum();
                assert!(covered > usize::from(radius), "{count} chunks, radius {radius}");
                assert!(plan.iter().all(|&(from, width, _)| from + width <= 256));
            }
        }
    }

    #[test]
    fn more_hashes_get_wider_and_fewer_chunks() {
        let chunks = [10_000, 100_000, 1_000_000, 10_000_000].map(|hashes| best_chunk_count(hashes, 31));
        assert!(chunks.is_sorted_by(|fewer, more| fewer >= more), "{chunks:?}");
        assert!(MultiIndex::build((0..LINEAR_BELOW as u64).map(hash).collect(), 31).chunk_count() > 0);
    }
}
