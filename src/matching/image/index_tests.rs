use super::*;
use proptest::prelude::*;

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
