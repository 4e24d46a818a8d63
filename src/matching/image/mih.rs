//! Exact Hamming search by multi-index hashing (Norouzi, Punjani, Fleet: "Fast Exact Search
//! in Hamming Space with Multi-Index Hashing", 2014).
//!
//! The 256 bits are cut into m chunks. If every chunk of two hashes differs in more bits
//! than its share allows, the hashes differ in at least the sum of (allowed + 1) bits; so
//! with shares that add up to radius + 1, looking up every value near the query's in each
//! chunk's table finds all candidates, and their full distance decides. Chunks about as wide
//! as log₂ of the number of hashes cost least: wider tables are mostly empty, narrower ones
//! are crowded.
//!
//! Real pictures crowd together: whole catalogues on white share the value of a chunk. Where
//! that shows, the shares are spread by what the tables hold for the query (as in Qin et al.,
//! "GPH: Similarity Search in Hamming Space", 2018): a crowded chunk gives its share to the
//! others. Nothing costs much more than comparing all hashes, which is the way out.

mod starts;

use std::sync::LazyLock;

use super::hash::Hash256;
pub(crate) use starts::Starts;

/// Below this many hashes comparing all of them is as fast as the tables.
const LINEAR_BELOW: usize = 2_000;
/// Fewest and most chunks tried.
const CHUNKS: std::ops::RangeInclusive<usize> = 9..=18;
/// Largest share of one chunk: values up to three bits away are looked up. Nine chunks of
/// four cover any radius up to 35.
const MOST_SHARE: usize = 4;
/// Work of a lookup and of a candidate, and of comparing one hash in a scan, relative to
/// each other (measured with ten million hashes: cache misses make the first two dear).
const LOOKUP: f64 = 1.0;
const CANDIDATE: f64 = 2.0;
const SCANNED: f64 = 0.15;

/// How many times the expected candidates a query may have before its shares are spread by
/// what its own tables hold.
const CROWDED_TIMES: f64 = 1.5;

/// The words of a hash, in which it is stored.
pub(crate) type Words = [u64; 4];

/// One chunk's table: for each value the rows that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// First bit, counted from the highest bit of the first word.
    pub from: usize,
    pub width: usize,
    /// Which of `rows` have each value.
    pub starts: Starts,
    /// Empty in the first chunk: rows are sorted by their first bits, so `starts` are rows.
    pub rows: Vec<u32>,
}

/// Distinct hashes that are searched within a radius.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MultiIndex {
    /// In ascending order.
    hashes: Vec<Words>,
    /// Empty when every search compares all hashes.
    chunks: Vec<Chunk>,
    /// The radius that the index is made for.
    radius: u16,
    /// The shares of that radius which are best on average, and the most candidates that
    /// are usual with them.
    usual: (Vec<usize>, usize),
}

impl MultiIndex {
    /// An index without tables: every search compares all hashes. They must be distinct and
    /// in ascending order.
    pub(crate) fn linear(hashes: Vec<Words>) -> Self {
        debug_assert!(hashes.is_sorted_by(|left, right| left < right));
        Self { hashes, chunks: Vec::new(), radius: 0, usual: (Vec::new(), 0) }
    }

    /// An index made for searches up to `radius`; wider ones compare all hashes. The hashes
    /// must be distinct and in ascending order.
    pub(crate) fn build(hashes: Vec<Words>, radius: u16) -> Self {
        if hashes.len() < LINEAR_BELOW {
            return Self::linear(hashes);
        }
        let chunks = best_chunk_count(hashes.len(), radius);
        Self::with_chunks(hashes, radius, chunks)
    }

    /// As [`Self::build`] with this many tables at any size.
    pub(crate) fn with_chunks(hashes: Vec<Words>, radius: u16, chunks: usize) -> Self {
        debug_assert!(hashes.is_sorted_by(|left, right| left < right));
        assert!(hashes.len() < starts::MOST_ROWS, "rows are numbered with 31 bits");
        let mut sorter = Sorter::default();
        let chunks = cuts(chunks).map(|(from, width)| sorter.sort(&hashes, from, width));
        let chunks = chunks.collect();
        Self::of(hashes, chunks, radius)
    }

    fn of(hashes: Vec<Words>, chunks: Vec<Chunk>, radius: u16) -> Self {
        let averages = |chunk: &Chunk| {
            let average = hashes.len() as f64 / (1_u64 << chunk.width) as f64;
            std::array::from_fn(|share| match share {
                0 => 0.0,
                _ => lookups(chunk.width, share - 1) * (LOOKUP + CANDIDATE * average),
            })
        };
        let (shares, _) = spread(chunks.iter().map(averages), usize::from(radius) + 1).unwrap_or_default();
        let expected = |(chunk, &share): (&Chunk, &usize)| match share {
            0 => 0.0,
            _ => lookups(chunk.width, share - 1) * hashes.len() as f64 / (1_u64 << chunk.width) as f64,
        };
        let candidates: f64 = chunks.iter().zip(&shares).map(expected).sum();
        let most = (CROWDED_TIMES * candidates) as usize + LINEAR_BELOW;
        Self { hashes, chunks, radius, usual: (shares, most) }
    }

    /// Puts stored parts together again; `None` when they do not fit each other.
    pub(crate) fn from_parts(hashes: Vec<Words>, chunks: Vec<Chunk>, radius: u16) -> Option<Self> {
        let expected: Vec<(usize, usize)> = cuts(chunks.len().max(1)).collect();
        let fits = |(place, chunk): (usize, &Chunk)| {
            let rows = if place == 0 { 0 } else { hashes.len() };
            (chunk.from, chunk.width) == expected[place]
                && chunk.rows.len() == rows
                && chunk.rows.iter().fold(0, |most, &row| row.max(most)) < hashes.len().max(1) as u32
        };
        let known = chunks.is_empty() || CHUNKS.contains(&chunks.len());
        (known && chunks.iter().enumerate().all(fits)).then(|| Self::of(hashes, chunks, radius))
    }

    /// All hashes, by row.
    pub(crate) fn hashes(&self) -> &[Words] {
        &self.hashes
    }

    /// The tables; none when the index compares all hashes.
    pub(crate) fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Calls `found(row, distance)` once for every hash within `radius` of `query`, in
    /// ascending order of rows.
    pub(crate) fn within(&self, query: &Hash256, radius: u16, mut found: impl FnMut(u32, u16)) {
        let query = query.0;
        let Some(candidates) = self.candidates_within(&query, radius) else {
            for (row, hash) in self.hashes.iter().enumerate() {
                if half_distance(hash, &query) <= radius {
                    let distance = distance(hash, &query);
                    if distance <= radius {
                        found(row as u32, distance);
                    }
                }
            }
            return;
        };
        let mut near = self.compared(&candidates, &query, radius);
        // A row that agrees in several chunks was met several times.
        near.sort_unstable();
        near.dedup();
        near.into_iter().for_each(|(row, distance)| found(row, distance));
    }

    /// A few thousand rows among which are all within `radius`; `None` when comparing all
    /// hashes is less work.
    fn candidates_within(&self, query: &Words, radius: u16) -> Option<Vec<u32>> {
        if radius == self.radius && !self.usual.0.is_empty() {
            let (shares, most) = &self.usual;
            if let Some(candidates) = self.candidates(query, shares, *most) {
                return Some(candidates);
            }
        }
        let shares = self.shares(query, radius)?;
        self.candidates(query, &shares, usize::MAX)
    }

    /// The rows whose value of some chunk differs in fewer bits than the chunk's share.
    ///
    /// Nearly every access to the tables misses the processor's caches. Loops that do little
    /// but one such access, and take no branch on what they found, let it wait for many at a
    /// time: first the ranges of all values, then the places in them, then the rows there.
    ///
    /// `None` when they are more than `most`.
    fn candidates(&self, query: &Words, shares: &[usize], most: usize) -> Option<Vec<u32>> {
        let mut candidates: Vec<u32> = Vec::new();
        let (mut ranges, mut places) = (Vec::new(), Vec::new());
        for (chunk, &share) in self.chunks.iter().zip(shares).filter(|(_, share)| **share > 0) {
            let value = bits(query, chunk.from, chunk.width);
            ranges.clear();
            ranges.extend(masks(chunk.width, share - 1).iter().map(|mask| chunk.starts.range(value ^ mask)));
            let all: usize = ranges.iter().map(|(from, to)| (to - from) as usize).sum();
            if candidates.len() + all > most {
                return None;
            }
            places_in(&ranges, all, &mut places);
            if chunk.rows.is_empty() {
                candidates.extend_from_slice(&places);
            } else {
                candidates.extend(places.iter().map(|&place| chunk.rows[place as usize]));
            }
        }
        Some(candidates)
    }

    /// Those of the candidates that lie within `radius`, with their distances.
    fn compared(&self, candidates: &[u32], query: &Words, radius: u16) -> Vec<(u32, u16)> {
        /// Hashes that are fetched at a time.
        const FETCHED: usize = 256;
        let mut near = Vec::new();
        let mut fetched = [Words::default(); FETCHED];
        for rows in candidates.chunks(FETCHED) {
            for (hash, &row) in fetched.iter_mut().zip(rows) {
                *hash = self.hashes[row as usize];
            }
            for (hash, &row) in fetched.iter().zip(rows) {
                // Half of the bits already refuses nearly all.
                if half_distance(hash, query) <= radius {
                    let distance = distance(hash, query);
                    if distance <= radius {
                        near.push((row, distance));
                    }
                }
            }
        }
        near
    }

    /// The share of the radius that each chunk takes for this query at the least estimated
    /// work; `None` when comparing all hashes is less.
    fn shares(&self, query: &Words, radius: u16) -> Option<Vec<usize>> {
        let works = |chunk: &Chunk| chunk.works(bits(query, chunk.from, chunk.width), self.hashes.len());
        let (shares, work) = spread(self.chunks.iter().map(works), usize::from(radius) + 1)?;
        (work < SCANNED * self.hashes.len() as f64).then_some(shares)
    }
}

impl Chunk {
    /// Estimated work of each share. What lies at most one bit away is counted; what lies
    /// farther is taken to be as crowded as that, or as all hashes on average if that is more.
    fn works(&self, value: u32, hashes: usize) -> [f64; MOST_SHARE + 1] {
        let held = |mask: &u32| {
            let (from, to) = self.starts.range(value ^ mask);
            f64::from(to - from)
        };
        let counts = [held(&0), masks(self.width, 1).iter().map(held).sum()];
        let average = hashes as f64 / (1_u64 << self.width) as f64;
        let nearby = counts[1] / lookups(self.width, 1);
        std::array::from_fn(|share| match share {
            0 => 0.0,
            1 | 2 => LOOKUP * lookups(self.width, share - 1) + CANDIDATE * counts[share - 1],
            _ => lookups(self.width, share - 1) * (LOOKUP + CANDIDATE * average.max(nearby)),
        })
    }
}

/// The share of each chunk with which all add up to `needed` at the least work, and that
/// work; `None` when they cannot. `works` has the work of each share of each chunk.
fn spread(works: impl Iterator<Item = [f64; MOST_SHARE + 1]>, needed: usize) -> Option<(Vec<usize>, f64)> {
    // least[sum]: the least work with which the chunks so far cover `sum`, and their shares
    // of three bits each.
    let mut least = vec![(f64::INFINITY, 0_u64); needed + 1];
    least[0] = (0.0, 0);
    let mut chunks = 0;
    for works in works {
        let mut next = least.clone();
        for (sum, &(before, shares)) in least.iter().enumerate() {
            for (share, work) in works.iter().enumerate().skip(1) {
                let sum = (sum + share).min(needed);
                if before + work < next[sum].0 {
                    next[sum] = (before + work, shares | (share as u64) << (3 * chunks));
                }
            }
        }
        least = next;
        chunks += 1;
    }
    let (work, shares) = least[needed];
    work.is_finite().then(|| ((0..chunks).map(|place| (shares >> (3 * place) & 7) as usize).collect(), work))
}

/// All places in the ranges, which are `all` together.
fn places_in(ranges: &[(u32, u32)], all: usize, places: &mut Vec<u32>) {
    /// Places that are written at once; few ranges have more.
    const AT_ONCE: usize = 4;
    places.clear();
    places.resize(all + AT_ONCE, 0);
    let mut count = 0;
    for &(from, to) in ranges {
        let length = (to - from) as usize;
        // Those past the range are written over by the next.
        places[count..count + AT_ONCE].copy_from_slice(&[from, from + 1, from + 2, from + 3]);
        if length > AT_ONCE {
            places[count..count + length].iter_mut().zip(from..to).for_each(|(place, next)| *place = next);
        }
        count += length;
    }
    places.truncate(all);
}

/// Sorts rows by their values in two steps, each within what the processor's caches hold.
#[derive(Default)]
struct Sorter {
    /// Lower half of the value and row, by the upper half of the value.
    pairs: Vec<(u32, u32)>,
}

impl Sorter {
    fn sort(&mut self, hashes: &[Words], from: usize, width: usize) -> Chunk {
        let low = width / 2;
        let mut ends = vec![0_u32; (1 << (width - low)) + 1];
        for hash in hashes {
            ends[(bits(hash, from, width) >> low) as usize + 1] += 1;
        }
        for upper in 1..ends.len() {
            ends[upper] += ends[upper - 1];
        }
        // Each start is counted up to its end.
        self.pairs.resize(hashes.len(), (0, 0));
        for (row, hash) in hashes.iter().enumerate() {
            let value = bits(hash, from, width);
            let place = &mut ends[(value >> low) as usize];
            self.pairs[*place as usize] = (value & ((1 << low) - 1), row as u32);
            *place += 1;
        }
        // Rows are sorted by the first chunk already.
        let mut rows = vec![0; if from == 0 { 0 } else { hashes.len() }];
        let mut starts = Starts::with_capacity(width);
        let mut counts = vec![0_u32; 1 << low];
        let mut start = 0;
        for &end in &ends[..ends.len() - 1] {
            let pairs = &self.pairs[start as usize..end as usize];
            counts.fill(0);
            pairs.iter().for_each(|pair| counts[pair.0 as usize] += 1);
            starts.push(start, &counts);
            if !rows.is_empty() {
                sort_rows(pairs, &mut counts, &mut rows[start as usize..end as usize]);
            }
            start = end;
        }
        Chunk { from, width, starts, rows }
    }
}

/// Brings rows into the order of their lower halves, of which there are so many each.
fn sort_rows(pairs: &[(u32, u32)], counts: &mut [u32], rows: &mut [u32]) {
    let mut sum = 0;
    for count in counts.iter_mut() {
        sum += *count;
        *count = sum - *count;
    }
    for &(lower, row) in pairs {
        let place = &mut counts[lower as usize];
        rows[*place as usize] = row;
        *place += 1;
    }
}

/// The number of bits in which two hashes differ.
#[inline(always)]
fn distance(left: &Words, right: &Words) -> u16 {
    let differing = |place: usize| (left[place] ^ right[place]).count_ones();
    (differing(0) + differing(1) + differing(2) + differing(3)) as u16
}

/// The number of bits in which the first halves of two hashes differ.
#[inline(always)]
fn half_distance(left: &Words, right: &Words) -> u16 {
    ((left[0] ^ right[0]).count_ones() + (left[1] ^ right[1]).count_ones()) as u16
}

/// `width` bits from bit `from`, counted from the highest bit of the first word.
#[inline(always)]
fn bits(hash: &Words, from: usize, width: usize) -> u32 {
    let (word, offset) = (from >> 6, from & 63);
    // The bits after the word's end; a shift by one more than 63 - offset would overflow at 0.
    let after = if word < 3 { hash[word + 1] >> 1 >> (63 - offset) } else { 0 };
    ((hash[word] << offset | after) >> (64 - width)) as u32
}

/// Where each of `count` chunks starts, and its width.
fn cuts(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut from = 0;
    (0..count).map(move |place| {
        let width = 256 / count + usize::from(place < 256 % count);
        let start = from;
        from += width;
        (start, width)
    })
}

/// The values that differ from 0 in at most `reach` of `width` bits, fewest bits first.
fn masks(width: usize, reach: usize) -> &'static [u32] {
    static ALL: LazyLock<Vec<[std::sync::OnceLock<Vec<u32>>; MOST_SHARE]>> =
        LazyLock::new(|| (0..=32).map(|_| Default::default()).collect());
    ALL[width][reach].get_or_init(|| {
        let mut found = vec![0];
        let mut last = 0..1;
        for _ in 0..reach {
            for place in last.clone() {
                let mask: u32 = found[place];
                let first = 32 - mask.leading_zeros() as usize;
                found.extend((first..width).map(|bit| mask | 1 << bit));
            }
            last = last.end..found.len();
        }
        found
    })
}

/// How many values differ in at most `reach` of `width` bits.
fn lookups(width: usize, reach: usize) -> f64 {
    (0..=reach).map(|bits| choose(width, bits)).sum()
}

fn choose(from: usize, take: usize) -> f64 {
    (0..take).fold(1.0, |product, step| product * (from - step) as f64 / (step + 1) as f64)
}

/// The number of chunks with the least estimated work for evenly spread hashes, among those
/// whose starts take at most sixteen bytes for each hash.
fn best_chunk_count(hashes: usize, radius: u16) -> usize {
    let work = |count: usize| {
        // Each share goes where it adds least.
        let average = |width: usize| hashes as f64 / (1_u64 << width) as f64;
        let added = |width: usize, share: usize| choose(width, share) * (LOOKUP + CANDIDATE * average(width));
        let mut steps: Vec<f64> =
            cuts(count).flat_map(|(_, width)| (0..MOST_SHARE).map(move |share| added(width, share))).collect();
        steps.sort_by(f64::total_cmp);
        steps.iter().take(usize::from(radius) + 1).sum::<f64>()
    };
    let fits = |count: &usize| {
        let bytes: usize = cuts(*count).map(|(_, width)| starts::bytes(width)).sum();
        bytes <= 16 * hashes.max(1 << 15) && MOST_SHARE * count > usize::from(radius)
    };
    CHUNKS.filter(fits).min_by(|left, right| work(*left).total_cmp(&work(*right))).unwrap_or(*CHUNKS.end())
}

#[cfg(test)]
#[path = "mih_tests.rs"]
mod tests;
