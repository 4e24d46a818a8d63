use std::sync::Arc;

use proptest::prelude::*;

use super::{Budget, LocalFeatures, LocalIndex, LocalMatch, extract, false_match_rate, verify};
use crate::matching::image::luma::Luma;

const BUDGET: Budget = Budget { side: 320, features: 300 };

/// A picture of soft blots, the same for the same seed.
fn blots(seed: u64, width: usize, height: usize) -> Luma {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move |most: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % most
    };
    let mut values = vec![120.0_f32; width * height];
    for _ in 0..160 {
        let (x, y) = (next(width as u64) as f32, next(height as u64) as f32);
        let (wide, high) = (3.0 + next(14) as f32, 3.0 + next(14) as f32);
        let depth = next(180) as f32 - 90.0;
        for row in 0..height {
            let down = (row as f32 - y) / high;
            if down.abs() > 3.0 {
                continue;
            }
            for column in 0..width {
                let across = (column as f32 - x) / wide;
                values[row * width + column] += depth * (-(across * across + down * down)).exp();
            }
        }
    }
    Luma::new(width, height, values.into_iter().map(|value| value.clamp(0.0, 255.0) as u8).collect())
}

/// A picture drawn from another: each pixel is taken from where `source` says, white outside.
fn drawn(from: &Luma, width: usize, height: usize, source: impl Fn(f32, f32) -> (f32, f32)) -> Luma {
    let value = |place: usize| {
        let (x, y) = source((place % width) as f32 + 0.5, (place / width) as f32 + 0.5);
        let (column, row) = ((x - 0.5).round(), (y - 0.5).round());
        let inside = column >= 0.0 && row >= 0.0 && column < from.width as f32 && row < from.height as f32;
        if inside { from.pixels[row as usize * from.width + column as usize] } else { 255 }
    };
    Luma::new(width, height, (0..width * height).map(value).collect())
}

fn features(luma: &Luma) -> LocalFeatures {
    extract(luma, BUDGET)
}

fn applied(found: &LocalMatch, [x, y]: [f32; 2]) -> [f32; 2] {
    let m = &found.transform;
    let depth = m[6] * x + m[7] * y + m[8];
    [(m[0] * x + m[1] * y + m[2]) / depth, (m[3] * x + m[4] * y + m[5]) / depth]
}

fn assert_near(found: [f32; 2], expected: [f32; 2]) {
    let far = (found[0] - expected[0]).abs().max((found[1] - expected[1]).abs());
    assert!(far < 12.0, "{found:?} is not {expected:?}");
}

#[test]
fn a_turned_and_shrunk_copy_is_found_with_its_transform() {
    let original = blots(1, 320, 240);
    let (sine, cosine) = 0.6_f32.sin_cos();
    let copy = drawn(&original, 320, 320, |x, y| {
        let (x, y) = (1.25 * (x - 160.0), 1.25 * (y - 160.0));
        (160.0 + cosine * x - sine * y, 120.0 + sine * x + cosine * y)
    });
    let found = verify(&features(&copy), &features(&original)).expect("the same picture");
    assert!(found.inliers >= 30, "{found:?}");
    assert!(found.correlation > 0.8, "{found:?}");
    assert!(!found.mirrored && !found.inverted);
    // The middles lie on each other, both in thousandths.
    assert_near(applied(&found, [500.0, 500.0]), [500.0, 500.0]);
    let unrelated = verify(&features(&blots(2, 320, 240)), &features(&original));
    assert!(unrelated.is_none_or(|other| other.raw < found.raw / 3.0));
}

#[test]
fn mirrored_and_inverted_copies_are_found_and_named() {
    let original = blots(3, 300, 260);
    let mut copy = drawn(&original, 300, 260, |x, y| (300.0 - x, y));
    let found = verify(&features(&copy), &features(&original)).expect("the mirror image");
    assert!(found.mirrored && !found.inverted && found.inliers >= 30, "{found:?}");
    assert_near(applied(&found, [200.0, 300.0]), [800.0, 300.0]);
    copy.pixels.iter_mut().for_each(|value| *value = 255 - *value);
    let found = verify(&features(&copy), &features(&original)).expect("the inverted mirror image");
    assert!(found.mirrored && found.inverted && found.correlation > 0.8, "{found:?}");
}

#[test]
fn a_crop_is_found_and_its_place_on_the_reference_shown() {
    let original = blots(4, 320, 240);
    let copy = drawn(&original, 160, 120, |x, y| (x + 160.0, y + 120.0));
    let found = verify(&features(&copy), &features(&original)).expect("a quarter of the picture");
    assert_near(applied(&found, [0.0, 0.0]), [500.0, 500.0]);
    assert!(found.query_area.iter().flatten().all(|&part| (-5..=1005).contains(&part)), "{found:?}");
    assert!(found.reference_area.iter().flatten().all(|&part| (480..=1005).contains(&part)), "{found:?}");
}

#[test]
fn pictures_without_structure_have_no_features_and_match_nothing() {
    let original = features(&blots(5, 200, 200));
    let shapes = [(1, 1), (16, 16), (300, 300), (20_000, 20), (20, 20_000), (0, 0)];
    for (width, height) in shapes {
        for grey in [0, 255, 77] {
            let flat = features(&Luma::new(width, height, vec![grey; width * height]));
            assert!(flat.is_empty());
            assert_eq!(verify(&flat, &original), None);
            assert_eq!(verify(&original, &flat), None);
        }
    }
}

#[test]
fn a_long_strip_and_an_absurd_budget_stay_bounded() {
    let strip = Luma::new(20_000, 20, (0..400_000).map(|place: usize| (place * 37 % 251) as u8).collect());
    let features = extract(&strip, Budget { side: usize::MAX, features: usize::MAX });
    assert!(features.len() <= 4000);
    assert!(features.to_bytes().len() <= 4000 * 25 + 20_000);
}

#[test]
fn the_stored_form_reads_back_and_answers_the_same() {
    let (original, copy) = (features(&blots(6, 240, 200)), features(&blots(6, 120, 100)));
    assert!(!original.is_empty());
    let read = LocalFeatures::from_bytes(&original.to_bytes()).expect("just written");
    assert_eq!(read, original);
    assert_eq!(verify(&copy, &read), verify(&copy, &original));
    let bytes = original.to_bytes();
    for cut in [0, 2, 5, 11, 40, bytes.len() - 1] {
        assert!(LocalFeatures::from_bytes(&bytes[..cut]).is_err());
    }
}

#[test]
fn the_index_finds_what_verify_confirms_and_follows_changes() {
    let pictures: Vec<Luma> = (10..30).map(|seed| blots(seed, 240, 200)).collect();
    let references = |from: usize, to: usize| -> Vec<(u32, Arc<LocalFeatures>)> {
        (from..to).map(|place| (place as u32 + 100, Arc::new(features(&pictures[place])))).collect()
    };
    let query = features(&drawn(&pictures[17], 160, 140, |x, y| (x + 50.0, y + 40.0)));
    let places = |index: &LocalIndex| index.find(&query, 5).first().map(|found| found.place);
    let all = LocalIndex::build(references(0, 20));
    assert_eq!(all.len(), 20);
    assert_eq!(places(&all), Some(117));
    let first = all.find(&query, 5).remove(0);
    let direct = verify(&query, &features(&pictures[17])).expect("the reference itself");
    assert!(first.inliers * 10 >= direct.inliers * 9 && first.correlation > 0.9, "{first:?} {direct:?}");
    let fewer = LocalIndex::build(references(0, 17));
    assert_ne!(places(&fewer), Some(117));
    let more = fewer.with_changes(&[], references(17, 18));
    assert_eq!(places(&more), Some(117));
    let gone = more.with_changes(&[117], Vec::new());
    assert_eq!(gone.len(), 17);
    assert_ne!(places(&gone), Some(117));
    assert!(LocalIndex::default().find(&query, 5).is_empty());
}

#[test]
fn a_picture_registered_many_times_is_still_found() {
    let picture = blots(40, 160, 120);
    let one = Arc::new(extract(&picture, Budget { side: 160, features: 60 }));
    let index = LocalIndex::build((0..700).map(|place| (place, Arc::clone(&one))).collect());
    let found = index.find(&one, 5);
    assert_eq!(found.len(), 5);
    assert!(found.iter().all(|found| usize::from(found.inliers) * 2 >= one.len() && found.correlation > 0.9));
}

#[test]
fn the_false_match_rate_falls_as_the_strength_rises() {
    let rates: Vec<f32> = (-40..400).map(|step| false_match_rate(step as f32 / 10.0)).collect();
    assert!(rates.is_sorted_by(|weaker, stronger| weaker >= stronger));
    assert!(rates.iter().all(|rate| (0.0..=1.0).contains(rate)));
    assert!(rates[0] > 0.5 && rates[439] < 0.001);
    assert!(false_match_rate(f32::NAN).is_finite());
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read_and_written_back(bytes in prop::collection::vec(any::<u8>(), 0..400), start in any::<bool>()) {
        let mut given = if start { b"LF\x01".to_vec() } else { Vec::new() };
        given.extend(bytes);
        if let Ok(features) = LocalFeatures::from_bytes(&given) {
            prop_assert_eq!(features.to_bytes(), given);
        }
    }

    #[test]
    fn stored_forms_with_changed_bytes_never_break_a_comparison(changes in prop::collection::vec((any::<u16>(), any::<u8>()), 1..12)) {
        let original = features(&blots(7, 120, 90));
        let mut bytes = original.to_bytes();
        for (place, value) in changes {
            let place = usize::from(place) % bytes.len();
            bytes[place] = value;
        }
        if let Ok(changed) = LocalFeatures::from_bytes(&bytes) {
            let found = verify(&changed, &original);
            prop_assert!(found.is_none_or(|found| found.raw.is_finite()));
            let index = LocalIndex::build(vec![(1, Arc::new(changed)), (2, Arc::new(original.clone()))]);
            prop_assert!(index.find(&original, 2).len() <= 2);
        }
    }
}
