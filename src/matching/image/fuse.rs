//! One scale for all ways of finding a reference.
//!
//! A Hamming distance, the difference of two shapes and the strength of agreeing local
//! features have nothing in common but this: how large a share of unrelated photographs
//! would come as close to one of the references. [`Calibration`] holds that share for each
//! way, measured on unrelated pictures and continued beyond what was measured by the slope
//! of the tail. The way with the smallest share decides; ways that saw different things and
//! name the same reference strengthen each other.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::local::LocalMatch;
use super::model::{How, ImageHit, PartRect};
use crate::registry::model::ReferenceKind;

/// A way in which a reference was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// Hash of a whole product picture, in bits.
    ProductWhole,
    /// Hash of which at least one side is a part, in bits.
    ProductPart,
    /// Hash of a whole logo or of one cut to its drawing, in bits.
    LogoHash,
    /// Drawn shape of a logo, in bits.
    LogoShape,
    /// Local features of a product picture, strength.
    ProductLocal,
    /// Local features of a part of the listing picture with a product picture, strength.
    ProductInset,
    /// Local features with a logo, strength.
    LogoLocal,
    /// Local features of a part of the listing picture with a logo, strength.
    LogoInset,
}

impl Path {
    const ALL: [Path; 8] = [
        Path::ProductWhole,
        Path::ProductPart,
        Path::LogoHash,
        Path::LogoShape,
        Path::ProductLocal,
        Path::ProductInset,
        Path::LogoLocal,
        Path::LogoInset,
    ];

    /// What the way looks at. Ways of one sense see the same thing and do not add up.
    fn sense(self) -> usize {
        match self {
            Path::ProductWhole | Path::ProductPart | Path::LogoHash => 0,
            Path::LogoShape => 1,
            Path::ProductLocal | Path::ProductInset | Path::LogoLocal | Path::LogoInset => 2,
        }
    }

    /// Whether a smaller value is a better one.
    fn is_distance(self) -> bool {
        self.sense() < 2
    }
}

/// Where two pictures lie on each other, in thousandths of their own sides.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Placement {
    /// Corners of the matched part of the listing picture, in order around it.
    pub query_area: Vec<[i16; 2]>,
    /// Corners of the matched part of the reference, in order around it.
    pub reference_area: Vec<[i16; 2]>,
    /// Projective transform from the listing picture to the reference, row by row; only
    /// where features were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<[f32; 9]>,
}

impl Placement {
    /// Of two rectangles that were compared as pictures of their own.
    pub fn of_parts(query: PartRect, reference: PartRect) -> Self {
        let corners = |rect: PartRect| {
            let (left, top) = (rect.left as i16, rect.top as i16);
            let (right, bottom) = (left + rect.width as i16, top + rect.height as i16);
            vec![[left, top], [right, top], [right, bottom], [left, bottom]]
        };
        Self { query_area: corners(query), reference_area: corners(reference), transform: None }
    }
}

/// One thing that speaks for a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The reference's place in the caller's list.
    pub place: u32,
    /// How it was found.
    pub path: Path,
    /// Bits or strength, as the path has it.
    pub value: f32,
    /// How the pictures relate.
    pub how: How,
    /// Features that agree, where features were compared.
    pub inliers: Option<u16>,
    /// Where the pictures lie on each other.
    pub placement: Option<Placement>,
}

/// All that was found of one reference, on the common scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Fused {
    /// The evidence that decided.
    pub best: Evidence,
    /// Share of unrelated photographs that would score as high, 0 to 1.
    pub false_match_rate: f32,
    /// The same as a decimal logarithm.
    pub log_rate: f32,
    /// Strength, 0 to 1; see [`score_of`].
    pub score: f32,
}

/// Of the orders of magnitude of a second sense, how much is added to the first's. Errors of
/// two senses are not independent: a shop's background misleads both.
const SECOND_SENSE: f32 = 0.4;

/// What each way's values are worth. See `calibration.toml` for how it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    references: f32,
    hit: f32,
    decided: f32,
    /// By path: value and decimal logarithm of the false-match rate, by rising value.
    curves: BTreeMap<Path, Vec<(f32, f32)>>,
}

/// Why a calibration table cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// Not the expected TOML.
    #[error("the image calibration is not as expected: {0}; compare it with the table that is shipped")]
    Form(String),
    /// A path without curve, or with one that cannot be read off.
    #[error("the curve of {path:?} {problem}; give at least two points with rising values")]
    Curve {
        /// The path.
        path: Path,
        /// What is wrong.
        problem: &'static str,
    },
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    references: u32,
    hit: f32,
    decided: f32,
    curves: BTreeMap<Path, Vec<(f32, f32)>>,
}

static STANDARD: LazyLock<Calibration> = LazyLock::new(|| {
    Calibration::parse(include_str!("calibration.toml")).expect("the shipped table is read by a test")
});

impl Calibration {
    /// The shipped table.
    pub fn standard() -> &'static Self {
        &STANDARD
    }

    /// Reads a table.
    ///
    /// Fails when a path is missing, or a curve does not get better with its values.
    pub fn parse(text: &str) -> Result<Self, CalibrationError> {
        let table: Table = toml::from_str(text).map_err(|error| CalibrationError::Form(error.to_string()))?;
        for path in Path::ALL {
            let bad = |problem| Err(CalibrationError::Curve { path, problem });
            let Some(curve) = table.curves.get(&path) else { return bad("is missing") };
            if curve.len() < 2 || !curve.is_sorted_by(|left, right| left.0 < right.0) {
                return bad("has too few points or unsorted ones");
            }
            let better = |left: &(f32, f32), right: &(f32, f32)| {
                if path.is_distance() { left.1 <= right.1 } else { left.1 >= right.1 }
            };
            if !curve.is_sorted_by(better) {
                return bad("says that worse values are rarer");
            }
        }
        let (hit, decided) = (table.hit, table.decided);
        Ok(Self { references: table.references.max(1) as f32, hit, decided, curves: table.curves })
    }

    /// Whether a closer look at this false-match rate, as a decimal logarithm, is evidence in a verdict.
    pub fn is_hit(&self, log_rate: f32) -> bool {
        log_rate <= self.hit
    }

    /// Whether hashes that agree at this false-match rate, 0 to 1, leave nothing to look at again.
    pub fn is_decided(&self, false_match_rate: f32) -> bool {
        false_match_rate.log10() <= self.decided
    }

    /// The share of unrelated photographs whose best value on a path against `references`
    /// references is at least as good, as a decimal logarithm, at most 0.
    pub fn log_rate(&self, path: Path, value: f32, references: usize) -> f32 {
        let curve = &self.curves[&path];
        let more = (references.max(1) as f32 / self.references).log10();
        (read_off(curve, value) + more).min(0.0)
    }

    /// Brings all evidence together, best first; equal scores by place.
    pub fn fuse(&self, evidence: Vec<Evidence>, references: usize) -> Vec<Fused> {
        let mut by_place: BTreeMap<u32, [Option<(f32, Evidence)>; 3]> = BTreeMap::new();
        for one in evidence {
            let rate = self.log_rate(one.path, one.value, references);
            let best = &mut by_place.entry(one.place).or_default()[one.path.sense()];
            if best.as_ref().is_none_or(|(known, kept)| (rate, one.how) < (*known, kept.how)) {
                *best = Some((rate, one));
            }
        }
        let mut fused: Vec<Fused> = by_place.into_values().filter_map(together).collect();
        fused.sort_by(|left, right| right.score.total_cmp(&left.score).then(left.best.place.cmp(&right.best.place)));
        fused
    }
}

/// The best sense decides and the others add a part of what they say.
fn together(senses: [Option<(f32, Evidence)>; 3]) -> Option<Fused> {
    let mut found: Vec<(f32, Evidence)> = senses.into_iter().flatten().collect();
    found.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.path.cmp(&right.1.path)));
    let others: f32 = found.iter().skip(1).map(|(rate, _)| rate).sum();
    let (rate, best) = found.into_iter().next()?;
    let log_rate = rate + SECOND_SENSE * others;
    Some(Fused { best, false_match_rate: 10.0_f32.powf(log_rate), log_rate, score: score_of(log_rate) })
}

/// The common score of a false-match rate given as decimal logarithm: 0 where every picture
/// would match, 0.5 at one in a thousand, 0.75 at one in a million, towards 1.
pub fn score_of(log_rate: f32) -> f32 {
    1.0 - 2.0_f32.powf(log_rate.min(0.0) / 3.0)
}

/// The value of a curve; beyond its ends the end's.
fn read_off(curve: &[(f32, f32)], value: f32) -> f32 {
    let after = curve.partition_point(|point| point.0 < value);
    let (Some(&left), Some(&right)) = (curve.get(after.wrapping_sub(1)), curve.get(after)) else {
        return curve[if after == 0 { 0 } else { curve.len() - 1 }].1;
    };
    left.1 + (right.1 - left.1) * (value - left.0) / (right.0 - left.0)
}

/// Least share of the reference that a framed part must show, in millionths of its area: a
/// picture that was set into another shows it as a whole, and a framed piece of a floor or
/// curtain agrees with a small piece of another.
const FRAMED_REFERENCE: f64 = 0.3e6;
/// Least share of the part that must agree.
const AGREEING_PART: f64 = 0.3e6;

/// What a match of local features says; nothing for product pictures in negative, which no
/// seller shows. `within` is the part of the listing picture that was compared and whether it
/// is framed.
pub fn local_evidence(found: LocalMatch, kind: ReferenceKind, within: Option<(PartRect, bool)>) -> Option<Evidence> {
    let logo = kind == ReferenceKind::Logo;
    if found.inverted && !logo {
        return None;
    }
    if let Some((_, framed)) = within {
        let little = area(&found.query_area) < AGREEING_PART;
        if little || framed && area(&found.reference_area) < FRAMED_REFERENCE {
            return None;
        }
    }
    let path = match (logo, within.is_some()) {
        (false, false) => Path::ProductLocal,
        (false, true) => Path::ProductInset,
        (true, false) => Path::LogoLocal,
        (true, true) => Path::LogoInset,
    };
    let how = if found.mirrored { How::GeometricMirrored } else { How::Geometric };
    let placement = match within {
        None => Placement {
            query_area: found.query_area,
            reference_area: found.reference_area,
            transform: Some(found.transform),
        },
        Some((part, _)) => Placement {
            query_area: found.query_area.into_iter().map(|corner| outward(part, corner)).collect(),
            reference_area: found.reference_area,
            transform: Some(from_whole(found.transform, part)),
        },
    };
    let (value, inliers) = (found.raw, Some(found.inliers));
    Some(Evidence { place: found.place, path, value, how, inliers, placement: Some(placement) })
}

/// A point of a part in thousandths of the whole picture.
fn outward(part: PartRect, [x, y]: [i16; 2]) -> [i16; 2] {
    let along = |first: u16, length: u16, at: i16| {
        let value = f32::from(first) + f32::from(length) * f32::from(at) / 1000.0;
        value.round().clamp(-32_000.0, 32_000.0) as i16
    };
    [along(part.left, part.width, x), along(part.top, part.height, y)]
}

/// A transform from a part as one from the whole picture.
fn from_whole(transform: [f32; 9], part: PartRect) -> [f32; 9] {
    let (across, down) = (1000.0 / f32::from(part.width.max(1)), 1000.0 / f32::from(part.height.max(1)));
    let (left, top) = (f32::from(part.left) * across, f32::from(part.top) * down);
    let mut changed = transform;
    for row in changed.chunks_exact_mut(3) {
        row[2] -= row[0] * left + row[1] * top;
        row[0] *= across;
        row[1] *= down;
    }
    changed
}

/// What a hit of the hash index says. `place` is the reference's in the lists of the other
/// evidence.
pub fn hash_evidence(place: u32, hit: &ImageHit) -> Evidence {
    let path = hash_path(hit);
    Evidence { place, path, value: f32::from(hit.distance), how: hit.how, inliers: None, placement: None }
}

fn hash_path(hit: &ImageHit) -> Path {
    match (hit.kind, hit.how) {
        (ReferenceKind::Logo, _) => Path::LogoHash,
        (_, How::Region | How::RegionTurned) => Path::ProductPart,
        _ => Path::ProductWhole,
    }
}

/// The share of unrelated photographs whose hashes would come as near to one of `references`
/// references, as it is told.
pub fn hash_rate(hit: &ImageHit, references: usize) -> f32 {
    told_rate(Calibration::standard().log_rate(hash_path(hit), f32::from(hit.distance), references))
}

/// A rate with two digits: the calibration knows no more, and all machines print it alike.
pub fn told_rate(log_rate: f32) -> f32 {
    let rate = 10.0_f64.powf(f64::from(log_rate));
    let unit = 10.0_f64.powf(rate.log10().floor() - 1.0);
    format!("{:e}", (rate / unit).round() * unit).parse().map_or(1.0, |rounded: f64| rounded as f32)
}

/// Area of a polygon in thousandths.
fn area(corners: &[[i16; 2]]) -> f64 {
    let point = |place: usize| corners[place % corners.len()].map(f64::from);
    let cross = |place: usize| point(place)[0] * point(place + 1)[1] - point(place + 1)[0] * point(place)[1];
    (0..corners.len()).map(cross).sum::<f64>().abs() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn evidence(place: u32, path: Path, value: f32) -> Evidence {
        Evidence { place, path, value, how: How::Whole, inliers: None, placement: None }
    }

    fn local(query_area: Vec<[i16; 2]>, reference_area: Vec<[i16; 2]>) -> LocalMatch {
        LocalMatch {
            place: 4,
            raw: 3.0,
            inliers: 30,
            correlation: 0.9,
            mirrored: true,
            inverted: false,
            transform: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            query_area,
            reference_area,
        }
    }

    #[test]
    fn every_path_has_a_curve_that_gets_better_with_its_value() {
        let standard = Calibration::standard();
        for path in Path::ALL {
            let (poor, good) = if path.is_distance() { (80.0, 4.0) } else { (0.5, 12.0) };
            assert!(standard.log_rate(path, good, 250) < standard.log_rate(path, poor, 250) - 2.0, "{path:?}");
        }
    }

    #[test]
    fn a_larger_registry_makes_the_same_value_worth_less() {
        let standard = Calibration::standard();
        let rate = |references| standard.log_rate(Path::ProductWhole, 20.0, references);
        assert!((rate(250_000) - rate(250) - 3.0).abs() < 0.01);
    }

    #[test]
    fn tables_that_lie_are_refused() {
        let shipped = include_str!("calibration.toml");
        assert!(Calibration::parse(&shipped.replace("logo_shape", "logo_form")).is_err());
        assert!(Calibration::parse("references = 3\nhit = -3\ndecided = -6\n[curves]\n").is_err());
        let upside_down = shipped.replace("logo_shape = [[0, ", "logo_shape = [[0, 5], [1, ");
        assert_ne!(upside_down, shipped);
        assert!(Calibration::parse(&upside_down).is_err());
    }

    #[test]
    fn the_best_way_decides_and_another_sense_strengthens_it() {
        let standard = Calibration::standard();
        let one = |all: Vec<Evidence>| standard.fuse(all, 250).remove(0);
        let hash = evidence(1, Path::ProductWhole, 24.0);
        let same_sense = one(vec![hash.clone(), evidence(1, Path::ProductPart, 24.0)]);
        let alone = one(vec![hash.clone()]);
        assert_eq!(same_sense.best, hash);
        assert_eq!(same_sense.score, alone.score);
        let both = one(vec![evidence(1, Path::ProductLocal, 2.5), hash.clone()]);
        assert!(both.score > alone.score && both.false_match_rate < alone.false_match_rate);
        let order = standard.fuse(vec![evidence(7, Path::ProductWhole, 60.0), hash], 250);
        assert_eq!(order.iter().map(|found| found.best.place).collect::<Vec<_>>(), [1, 7]);
    }

    #[test]
    fn a_framed_piece_of_a_floor_is_no_inset() {
        let whole = vec![[0, 0], [1000, 0], [1000, 1000], [0, 1000]];
        let piece = vec![[100, 100], [300, 100], [300, 400], [100, 400]];
        let part = PartRect { left: 500, top: 200, width: 250, height: 400 };
        let found = |query: &Vec<[i16; 2]>, reference: &Vec<[i16; 2]>, framed| {
            local_evidence(local(query.clone(), reference.clone()), ReferenceKind::Product, Some((part, framed)))
        };
        assert!(found(&whole, &piece, true).is_none());
        assert!(found(&piece, &whole, false).is_none());
        assert!(found(&whole, &piece, false).is_some());
        let inset = found(&whole, &whole, true).unwrap();
        assert_eq!((inset.path, inset.how), (Path::ProductInset, How::GeometricMirrored));
        let placement = inset.placement.unwrap();
        assert_eq!(placement.query_area, [[500, 200], [750, 200], [750, 600], [500, 600]]);
        let [a, b, c, d, e, f, ..] = placement.transform.unwrap();
        assert_eq!((a * 750.0 + b * 600.0 + c, d * 750.0 + e * 600.0 + f), (1000.0, 1000.0));
    }

    proptest! {
        #[test]
        fn scores_fall_with_the_rate_and_stay_within_bounds(low in -40.0_f32..0.0, step in 0.0_f32..5.0) {
            let (better, worse) = (score_of(low - step), score_of(low));
            prop_assert!((0.0..=1.0).contains(&worse) && better >= worse);
        }

        #[test]
        fn any_value_has_a_rate(value in proptest::num::f32::ANY, references in 0_usize..20_000_000) {
            for path in Path::ALL {
                let rate = Calibration::standard().log_rate(path, value, references);
                prop_assert!(rate <= 0.0 && !rate.is_nan());
            }
        }
    }
}
