//! The study finds what was planted, does not find what is not there, and is not fooled by repeats.

use super::*;

/// Evenly spread numbers without chance.
fn drawn(seed: usize, of: &str, below: u64) -> u64 {
    group_of(&[of, &seed.to_string()]) % below
}

/// Rows whose first column tells, whose second does not, and whose third is unique.
fn rows(count: usize) -> Vec<Labelled> {
    (0..count)
        .map(|seed| {
            let telling = drawn(seed, "telling", 10);
            let is_wrong = drawn(seed, "label", 100) < if telling < 2 { 60 } else { 5 };
            let values = vec![telling.to_string(), drawn(seed, "noise", 10).to_string(), seed.to_string()];
            Labelled { group: group_of(&[&seed.to_string()]), is_wrong, values }
        })
        .collect()
}

fn scored(learned: &Learned, rows: &[Labelled]) -> Vec<(f64, bool)> {
    rows.iter().map(|row| (learned.score(row), row.is_wrong)).collect()
}

#[test]
fn what_tells_is_found_weighed_and_calibrated() {
    let all = rows(12_000);
    let (seen, unseen) = all.split_at(8_000);
    let learned = Learned::from(seen, 3);
    let weights = learned.weights();
    assert!((0.8..1.6).contains(&weights[0]), "{weights:?}");
    // Noise varies little, so its weight is loose; what it adds to a score is what must be small.
    for row in unseen {
        let because = learned.because(row);
        assert!(because[1].abs() < 0.7 && because[2].abs() < 0.5, "{weights:?} {because:?}");
    }
    let measures = measure(&scored(&learned, unseen), &[0.1]).unwrap();
    assert!(measures.auc > 0.8 && measures.precision[0].1 > 0.5, "{measures:?}");
    for bin in &measures.bins {
        assert!((bin.said - bin.was).abs() < 0.1, "{measures:?}");
    }
    let wrong = unseen.iter().find(|row| row.values[0] == "1").unwrap();
    assert!(learned.because(wrong)[0] > 0.8);
}

#[test]
fn labels_by_chance_teach_nothing() {
    let mut all = rows(6_000);
    for (seed, row) in all.iter_mut().enumerate() {
        row.is_wrong = drawn(seed, "chance", 5) == 0;
    }
    let (seen, unseen) = all.split_at(4_000);
    let measures = measure(&scored(&Learned::from(seen, 3), unseen), &[0.05]).unwrap();
    assert!((0.45..0.55).contains(&measures.auc), "{measures:?}");
}

#[test]
fn the_measures_are_those_of_their_definitions() {
    let scored = [(0.9, true), (0.8, false), (0.7, true), (0.7, false), (0.1, false)];
    let measures = measure(&scored, &[0.2, 0.4, 1.0]).unwrap();
    // Pairs of a wrong row and one in order: 6; in the right order 4.5 of them.
    assert!((measures.auc - 4.5 / 6.0).abs() < 1e-12, "{measures:?}");
    assert_eq!(measures.precision, [(0.2, 1.0), (0.4, 0.5), (1.0, 0.4)]);
    assert!(measure(&scored[..1], &[]).is_none() && measure(&[], &[]).is_none());
}

#[test]
fn numbers_fall_into_steps() {
    assert_eq!((step_of(8.0).as_str(), step_of(8.5).as_str(), step_of(9.6).as_str()), ("12", "12", "13"));
    assert!([0.0, -1.0, f64::NAN, f64::INFINITY].into_iter().all(|number| step_of(number).is_empty()));
}
