use super::*;
use proptest::prelude::*;

fn hash(seed: u64) -> Words {
    // SplitMix64: spreads consecutive seeds over all bits.
    std::array::from_fn(|step| {
        let mut value = (seed * 4 + step as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    })
}

fn flipped(hash: Words, places: impl IntoIterator<Item = usize>) -> Words {
    places.into_iter().fold(Hash256(hash), |hash, place| hash.with_flipped(place)).0
}

fn sorted(mut hashes: Vec<Words>) -> Vec<Words> {
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

fn rows_within(index: &MultiIndex, query: &Words, radius: u16) -> Vec<(u32, u16)> {
    let mut found = Vec::new();
    index.within(&Hash256(*query), radius, |row, distance| found.push((row, distance)));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn tables_find_exactly_what_a_linear_scan_finds(
        chunks in 14_usize..=18,
        count in 6_000_u64..9_000,
        radius in 0_u16..=31,
        target in 0_u64..6_000,
        flips in proptest::collection::vec(0_usize..256, 0..=31),
        // Bits that all hashes share, as pictures on one ground do: crowds some of the chunks.
        shared in prop::sample::select(vec![0_usize, 20, 64, 130]),
    ) {
        let ground = |mut words: Words| {
            (0..shared).for_each(|place| words[place / 64] |= 1 << (place % 64));
            words
        };
        let mut hashes: Vec<Words> = (0..count).map(|seed| ground(hash(seed))).collect();
        // Neighbours at every distance, so that the radius is met exactly.
        let centre = ground(hash(target));
        let mut near = centre;
        for place in &flips {
            near = flipped(near, [*place]);
            hashes.push(near);
        }
        let hashes = sorted(hashes);
        let tables = MultiIndex::with_chunks(hashes.clone(), 31, chunks);
        let linear = MultiIndex::linear(hashes);
        for query in [centre, near, hash(target + 1)] {
            prop_assert_eq!(rows_within(&tables, &query, radius), rows_within(&linear, &query, radius));
        }
    }
}

#[test]
fn shares_add_up_to_one_more_than_the_radius() {
    let index = MultiIndex::with_chunks(sorted((0..60_000).map(hash).collect()), 31, 16);
    for radius in [0, 7, 20, 31] {
        let shares = index.shares(&hash(70_000), radius).expect("tables are worthwhile");
        assert!(shares.iter().sum::<usize>() > usize::from(radius), "{shares:?}");
    }
}

#[test]
fn a_crowded_chunk_gives_its_share_to_the_others() {
    // 50,000 hashes with the same first 16 bits, the first of 16 chunks.
    let crowd = (0..50_000).map(|seed| {
        let mut words = hash(seed);
        words[0] |= 0xFFFF << 48;
        words
    });
    let index = MultiIndex::with_chunks(sorted(crowd.chain((60_000..70_000).map(hash)).collect()), 31, 16);
    let mut query = hash(80_000);
    query[0] |= 0xFFFF << 48;
    let shares = index.shares(&query, 31).expect("tables are worthwhile");
    assert_eq!(shares[0], 0, "{shares:?}");
}

#[test]
fn what_lies_everywhere_near_is_scanned() {
    let centre = hash(1);
    let around = (0..4_000).map(|seed| flipped(centre, (0..4).map(|bit| (hash(seed)[bit] % 256) as usize)));
    let index = MultiIndex::with_chunks(sorted(around.collect()), 31, 16);
    assert_eq!(index.shares(&centre, 31), None);
    assert_eq!(rows_within(&index, &centre, 31).len(), index.hashes().len());
}

#[test]
fn every_number_of_chunks_cuts_all_bits_without_a_gap() {
    for count in CHUNKS {
        let mut next = 0;
        for (from, width) in cuts(count) {
            assert_eq!(from, next);
            next = from + width;
        }
        assert_eq!(next, 256);
    }
}

#[test]
fn masks_are_all_values_with_few_bits() {
    for (width, reach) in [(14, 0), (21, 1), (21, 2), (23, 3)] {
        let found = masks(width, reach);
        assert_eq!(found.len() as f64, lookups(width, reach));
        assert!(found.iter().all(|mask| mask.count_ones() as usize <= reach && *mask < 1 << width));
        assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), found.len());
    }
}

#[test]
fn more_hashes_get_wider_and_fewer_chunks() {
    let chunks = [10_000, 100_000, 1_000_000, 10_000_000].map(|hashes| best_chunk_count(hashes, 31));
    assert!(chunks.is_sorted_by(|fewer, more| fewer >= more), "{chunks:?}");
    assert_eq!(chunks[3], 11);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let index = MultiIndex::build(sorted((0..3_000).map(hash).collect()), 31);
    assert!(!index.chunks().is_empty());
    let parts = || (index.hashes().to_vec(), index.chunks().to_vec());
    let (hashes, chunks) = parts();
    assert_eq!(MultiIndex::from_parts(hashes, chunks, 31), Some(index.clone()));
    let (hashes, mut chunks) = parts();
    chunks[1].rows[5] = 3_000;
    assert_eq!(MultiIndex::from_parts(hashes, chunks, 31), None);
    let (mut hashes, chunks) = parts();
    hashes.pop();
    assert_eq!(MultiIndex::from_parts(hashes, chunks, 31), None);
    let (hashes, mut chunks) = parts();
    chunks.swap(1, 2);
    assert_eq!(MultiIndex::from_parts(hashes, chunks, 31), None);
}
