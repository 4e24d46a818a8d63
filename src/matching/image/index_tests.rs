use super::*;
use crate::registry::model::{BrandKey, ReferenceKind};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn random_hash(rng: &mut impl FnMut() -> u64) -> Hash256 {
    Hash256([rng(), rng(), rng(), rng()])
}

/// A xorshift sequence: the same in every run.
fn sequence(mut state: u64) -> impl FnMut() -> u64 {
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

fn entry(name: &str, kind: ReferenceKind, hash: Hash256, threshold: Option<u16>) -> ReferenceEntry {
    let signature = Signature::plain(hash, 100, 500, 500);
    ReferenceEntry { key: ReferenceKey::new(name), brand: BrandKey::new("b"), kind, signature, threshold }
}

fn product(name: &str, hash: Hash256) -> ReferenceEntry {
    entry(name, ReferenceKind::Product, hash, None)
}

fn query(hash: Hash256) -> Signature {
    Signature::plain(hash, 100, 500, 500)
}

fn flipped(hash: Hash256, bits: usize) -> Hash256 {
    (0..bits).fold(hash, |hash, place| hash.with_flipped(place * 7 % 256))
}

fn names(hits: &[ImageHit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.reference.as_str()).collect()
}

#[test]
fn an_empty_index_finds_nothing() {
    assert!(ImageIndex::empty().find(&query(Hash256::ZERO)).is_empty());
    assert!(ImageIndex::empty().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn search_equals_a_linear_scan_through_any_changes(
        seed in 1_u64..1_000_000,
        count in prop::sample::select(vec![0_usize, 1, 2, 50, 3_000]),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        added in 0_usize..30,
        bits in 0_usize..40,
    ) {
        let mut rng = sequence(seed);
        let base: Vec<ReferenceEntry> = (0..count)
            .map(|place| {
                // Every third repeats an earlier picture.
                let hash = if place % 3 == 2 { random_hash(&mut sequence(seed + place as u64 / 9)) } else { random_hash(&mut rng) };
                product(&format!("r{place}"), hash)
            })
            .collect();
        let mut live: BTreeMap<ReferenceKey, ReferenceEntry> = base.iter().map(|e| (e.key.clone(), e.clone())).collect();
        let gone: Vec<ReferenceKey> = removed.iter().filter(|_| count > 0).map(|place| base[place.index(count)].key.clone()).collect();
        let new: Vec<ReferenceEntry> = (0..added).map(|place| product(&format!("r{}", place * 2), random_hash(&mut rng))).collect();
        gone.iter().for_each(|key| { live.remove(key); });
        live.extend(new.iter().map(|e| (e.key.clone(), e.clone())));

        let index = ImageIndex::build(base).with_changes(&gone, new);
        prop_assert_eq!(index.len(), live.len());
        let target = live.values().nth(seed as usize % live.len().max(1)).map_or(Hash256::ZERO, |e| e.signature.hash);
        let wanted = flipped(target, bits);
        let mut expected: Vec<(u16, &str)> = live
            .values()
            .map(|e| (e.signature.hash.distance(&wanted), e.key.as_str()))
            .filter(|(distance, _)| *distance <= 31)
            .collect();
        expected.sort_unstable();
        expected.truncate(MAX_HITS);
        for index in [&index, &index.compacted()] {
            let hits = index.find(&query(wanted));
            let found: Vec<(u16, &str)> = hits.iter().map(|hit| (hit.distance, hit.reference.as_str())).collect();
            prop_assert_eq!(&found, &expected);
        }
    }
}

#[test]
fn heavy_duplicates_are_bounded_and_ordered() {
    let hash = random_hash(&mut sequence(3));
    let index = ImageIndex::build((0..5_000).map(|place| product(&format!("r{place:04}"), hash)).collect());
    let hits = index.find(&query(hash));
    assert_eq!(hits.len(), MAX_HITS);
    assert_eq!((hits[0].reference.as_str(), hits[19].reference.as_str()), ("r0000", "r0019"));
}

#[test]
fn the_best_of_many_copies_are_found_whatever_was_removed() {
    let hash = random_hash(&mut sequence(8));
    let threshold = |place: usize| [None, Some(20), Some(45)][place % 3];
    let entries =
        (0..6_000).map(|place| entry(&format!("r{place:04}"), ReferenceKind::Product, hash, threshold(place)));
    let gone: Vec<ReferenceKey> = (0..5_000).map(|place| ReferenceKey::new(format!("r{place:04}"))).collect();
    let index = ImageIndex::build(entries.collect()).with_changes(&gone, Vec::new());
    // At 10 bits the widest threshold scores highest; past 31 no other is left.
    for bits in [10, 40] {
        let hits = index.find(&query(flipped(hash, bits)));
        let expected: Vec<String> =
            (5_000..6_000).filter(|place| place % 3 == 2).take(MAX_HITS).map(|place| format!("r{place:04}")).collect();
        assert_eq!(names(&hits), expected, "{bits} bits");
    }
}

#[test]
fn a_crowd_of_near_copies_is_searched_exactly() {
    let centre = random_hash(&mut sequence(9));
    let mut rng = sequence(10);
    let near = |rng: &mut dyn FnMut() -> u64| (0..12).fold(centre, |hash, _| hash.with_flipped((rng() % 256) as usize));
    let hashes: Vec<Hash256> = (0..6_000).map(|_| near(&mut rng)).collect();
    let index = ImageIndex::build(
        hashes.iter().enumerate().map(|(place, hash)| product(&format!("r{place:04}"), *hash)).collect(),
    );
    let asked = flipped(centre, 9);
    let mut expected: Vec<(u16, String)> =
        hashes.iter().enumerate().map(|(place, hash)| (hash.distance(&asked), format!("r{place:04}"))).collect();
    expected.sort();
    expected.truncate(MAX_HITS);
    let hits = index.find(&query(asked));
    let found: Vec<(u16, String)> = hits.iter().map(|hit| (hit.distance, hit.reference.to_string())).collect();
    assert_eq!(found, expected);
}

#[test]
fn many_small_changes_give_what_one_build_gives() {
    let mut rng = sequence(11);
    let mut live: BTreeMap<ReferenceKey, ReferenceEntry> = BTreeMap::new();
    let mut index = ImageIndex::empty();
    let mut most_shelves = 0;
    for round in 0..60 {
        let added: Vec<ReferenceEntry> =
            (0..rng() % 200).map(|_| product(&format!("r{}", rng() % 8_000), random_hash(&mut rng))).collect();
        let removed: Vec<ReferenceKey> = (0..rng() % 40)
            .map(|_| ReferenceKey::new(format!("r{}", rng() % 8_000)))
            .filter(|key| added.iter().all(|entry| entry.key != *key))
            .collect();
        removed.iter().for_each(|key| {
            live.remove(key);
        });
        live.extend(added.iter().map(|entry| (entry.key.clone(), entry.clone())));
        index = index.with_changes(&removed, added);
        if round % 20 == 10 {
            index = index.compacted();
        }
        most_shelves = most_shelves.max(index.shelves.len());
    }
    assert!(most_shelves > 2, "{most_shelves}");
    let whole = ImageIndex::build(live.values().cloned().collect());
    assert_eq!((index.len(), whole.len()), (live.len(), live.len()));
    for entry in live.values().step_by(37) {
        let asked = query(flipped(entry.signature.hash, (rng() % 33) as usize));
        assert_eq!(index.find(&asked), whole.find(&asked));
        assert_eq!(index.compacted().find(&asked).len(), whole.find(&asked).len());
    }
}

/// References of all sorts, some later than others and some removed.
fn varied() -> ImageIndex {
    let mut rng = sequence(12);
    let kinds = [ReferenceKind::Product, ReferenceKind::Logo, ReferenceKind::Harmless];
    let mut entries: Vec<ReferenceEntry> = (0..2_600)
        .map(|place| {
            let hash = if place % 9 == 8 { random_hash(&mut sequence(7)) } else { random_hash(&mut rng) };
            entry(&format!("r{place}"), kinds[place % 3], hash, (place % 50 == 0).then_some(60))
        })
        .collect();
    let later = entries.split_off(2_300);
    ImageIndex::build(entries).with_changes(&[ReferenceKey::new("r7"), ReferenceKey::new("r16")], later)
}

#[test]
fn a_file_gives_back_the_same_index() {
    let index = varied();
    let mut file = Vec::new();
    index.write_to(&mut file, "revision 7").unwrap();
    let restored = ImageIndex::read_from(&mut file.as_slice()).unwrap();
    assert_eq!(restored.stamp, "revision 7");
    assert_eq!(restored.index.size(), index.size());
    let hash = random_hash(&mut sequence(7));
    for bits in [0, 15, 31, 50] {
        assert_eq!(restored.index.search(&query(flipped(hash, bits))), index.search(&query(flipped(hash, bits))));
    }
    let mut again = Vec::new();
    restored.index.write_to(&mut again, "revision 7").unwrap();
    assert!(again == file);
    let mut empty = Vec::new();
    ImageIndex::empty().write_to(&mut empty, "").unwrap();
    assert!(ImageIndex::read_from(&mut empty.as_slice()).unwrap().index.is_empty());
}

#[test]
fn a_damaged_file_is_refused() {
    let mut file = Vec::new();
    varied().write_to(&mut file, "stamp").unwrap();
    let mut rng = sequence(13);
    for _ in 0..300 {
        let mut damaged = file.clone();
        let place = (rng() % file.len() as u64) as usize;
        damaged[place] ^= 1 << (rng() % 8);
        let refused = ImageIndex::read_from(&mut damaged.as_slice());
        assert!(matches!(refused, Err(SnapshotError::Damaged { .. } | SnapshotError::Foreign)), "byte {place}");
        let cut = ImageIndex::read_from(&mut &file[..place]);
        assert!(matches!(cut, Err(SnapshotError::Damaged { .. } | SnapshotError::Foreign)), "{place} bytes");
    }
    assert!(matches!(ImageIndex::read_from(&mut &b"{}"[..]), Err(SnapshotError::Damaged { .. })));
    assert!(matches!(ImageIndex::read_from(&mut &[0; 64][..]), Err(SnapshotError::Foreign)));
}

#[test]
fn a_reference_takes_about_a_hundred_bytes() {
    let mut rng = sequence(14);
    let count = 200_000;
    let entries =
        (0..count).map(|place| product(&format!("brand-{}/picture-{place}.png", place / 5), random_hash(&mut rng)));
    let size = ImageIndex::build(entries.collect()).size();
    assert_eq!((size.references, size.hashes), (count, count));
    assert!(size.bytes <= 130 * count, "{} bytes a reference", size.bytes / count);
}

#[test]
fn each_reference_has_its_own_threshold() {
    let hash = random_hash(&mut sequence(4));
    let index = ImageIndex::build(vec![
        entry("strict", ReferenceKind::Product, hash, Some(5)),
        entry("logo", ReferenceKind::Logo, hash, None),
        entry("usual", ReferenceKind::Product, hash, None),
        entry("wide", ReferenceKind::Product, hash, Some(60)),
    ]);
    let at = |bits: usize| index.find(&query(flipped(hash, bits)));
    assert_eq!(names(&at(5)).len(), 4);
    assert_eq!(names(&at(31)), ["wide", "usual"]);
    assert_eq!(names(&at(60)), ["wide"]);
    assert!(at(61).is_empty());
    assert_eq!(at(31)[1].score, 0.5);
}

#[test]
fn the_negative_bank_holds_back_what_lies_nearer_to_it() {
    let hash = random_hash(&mut sequence(5));
    let index = ImageIndex::build(vec![
        product("shoe", hash),
        entry("shelf", ReferenceKind::Harmless, flipped(hash, 20), None),
    ]);
    assert_eq!(names(&index.find(&query(flipped(hash, 9)))), ["shoe"]);
    for equal_or_nearer in [10, 15, 20] {
        let findings = index.search(&query(flipped(hash, equal_or_nearer)));
        assert!(findings.hits.is_empty(), "{equal_or_nearer}");
        assert_eq!(findings.suppressed[0].by.as_str(), "shelf");
        assert_eq!(findings.suppressed[0].hit.reference.as_str(), "shoe");
    }
}

#[test]
fn blank_pictures_match_nothing_on_either_side() {
    let blank = Signature::plain(Hash256::ZERO, 3, 500, 500);
    let reference = ReferenceEntry { signature: blank.clone(), ..product("blank", Hash256::ZERO) };
    let index = ImageIndex::build(vec![reference, product("real", Hash256::ZERO)]);
    let findings = index.search(&blank);
    assert!(findings.hits.is_empty() && findings.blank);
    assert_eq!(names(&index.find(&query(Hash256::ZERO))), ["real"]);
}

#[test]
fn a_change_is_visible_at_once_and_leaves_the_old_index_as_it_was() {
    let hash = random_hash(&mut sequence(6));
    let before = ImageIndex::build(vec![product("old", hash)]);
    let after = before.with_changes(&[ReferenceKey::new("old")], vec![product("new", hash)]);
    assert_eq!(names(&before.find(&query(hash))), ["old"]);
    assert_eq!(names(&after.find(&query(hash))), ["new"]);
    let replaced = after.with_changes(&[], vec![product("new", flipped(hash, 100))]);
    assert!(replaced.find(&query(hash)).is_empty());
    assert_eq!(replaced.len(), 1);
}

#[test]
fn signatures_of_the_first_kind_can_still_be_read() {
    let text = format!(r#"{{"hash":"{}","quality":80,"width":10,"height":20}}"#, "0f".repeat(32));
    let signature: Signature = serde_json::from_str(&text).unwrap();
    assert!(signature.forms.is_none() && signature.regions.is_empty());
    assert_eq!(serde_json::to_string(&signature).unwrap(), text);
}
