//! From a plane of luminance to its local features.

use super::code::encode;
use super::descriptor::describe;
use super::keypoints::{Extreme, directions, extremes};
use super::model::{Budget, Feature, Kept, LocalFeatures, Small, UNITS};
use super::scale_space::{Field, INTERVALS, Octave, base_of};
use crate::matching::image::luma::Luma;

/// Working planes with a shorter side than this have no features worth comparing.
const SHORTEST: usize = 16;

/// Longest side of the grey copy.
pub(super) const SMALL_SIDE: usize = 128;

/// Most values of a budget: bounds time and memory whatever the caller asks.
const LARGEST_SIDE: usize = 1600;
pub(super) const MOST_FEATURES: usize = 4000;

/// Width of the ground that is laid around a picture whose own edge is plain, in pixels.
const MARGIN: usize = 24;

/// A picture is enlarged when its own scale gives less than this part of the features asked for.
const ENLARGE_BELOW: f32 = 0.6;

/// Extreme in a picture: which octave, and how many units one of its pixels has.
struct Found {
    extreme: Extreme,
    octave: usize,
    /// Octave pixels to picture units: `unit * x + shift`.
    unit: f32,
    shift: f32,
}

/// Finds the features of a picture.
///
/// A picture that is too small or flat has none. Time and memory are bounded by the
/// budget, whatever the picture's shape: the working plane has at most `side` pixels a
/// side, and twice that where so little is found that it is enlarged.
pub fn extract(luma: &Luma, budget: Budget) -> LocalFeatures {
    let longest = luma.width.max(luma.height);
    if luma.width.min(luma.height) == 0 || luma.pixels.len() < luma.width * luma.height {
        return LocalFeatures::default();
    }
    let unit = UNITS / longest as f32;
    let mut features = LocalFeatures {
        width: (luma.width as f32 * unit + 0.5) as u16,
        height: (luma.height as f32 * unit + 0.5) as u16,
        features: Vec::new(),
        small: small_copy(luma),
    };
    let side = budget.side.clamp(SHORTEST, LARGEST_SIDE);
    let most = budget.features.min(MOST_FEATURES);
    let (width, height) = fitted(luma.width, luma.height, side);
    if width.min(height) < SHORTEST || most == 0 {
        return features;
    }
    let plane = Field::area_averaged(luma, width, height);
    let (plane, margin) = match plain_edge(&plane) {
        Some(value) => (plane.padded(MARGIN, value), MARGIN),
        None => (plane, 0),
    };
    let unit = UNITS / width.max(height) as f32;
    let mut octaves = Vec::new();
    let mut found = Vec::new();
    // A pixel's middle is half a pixel from its corner; octaves keep the first pixel's middle.
    let shift = (0.5 - margin as f32) * unit;
    collect(base_of(&plane, 1.0), unit, shift, usize::MAX, &mut octaves, &mut found);
    if (found.len() as f32) < ENLARGE_BELOW * most as f32 {
        let enlarged = base_of(&plane.doubled(), 2.0);
        collect(enlarged, 0.5 * unit, shift, 1, &mut octaves, &mut found);
    }
    let (picture_width, picture_height) = (f32::from(features.width), f32::from(features.height));
    found.retain(|found| {
        let (x, y) = (found.unit * found.extreme.x + found.shift, found.unit * found.extreme.y + found.shift);
        (0.0..picture_width).contains(&x) && (0.0..picture_height).contains(&y)
    });
    let chosen = choose(found, most, picture_width, picture_height);
    features.features = described(&chosen, &octaves, most);
    features
}

/// The size within a square of `side`, never larger than the original.
fn fitted(width: usize, height: usize, side: usize) -> (usize, usize) {
    let longest = width.max(height);
    if longest <= side {
        return (width, height);
    }
    let scaled = |length: usize| ((length * side + longest / 2) / longest).max(1);
    (scaled(width), scaled(height))
}

fn small_copy(luma: &Luma) -> Small {
    let (width, height) = fitted(luma.width, luma.height, SMALL_SIDE);
    let plane = Field::area_averaged(luma, width, height);
    Small { width, height, pixels: plane.values.iter().map(|value| (value + 0.5) as u8).collect() }
}

/// The grey of a picture's edge, when most of the edge has it.
fn plain_edge(plane: &Field) -> Option<f32> {
    let last = plane.height - 1;
    let sides = (0..plane.height).flat_map(|row| [plane.row(row)[0], plane.row(row)[plane.width - 1]]);
    let mut edge: Vec<f32> = plane.row(0).iter().chain(plane.row(last)).copied().chain(sides).collect();
    edge.sort_by(f32::total_cmp);
    let middle = edge[edge.len() / 2];
    let alike = edge.iter().filter(|&&value| (value - middle).abs() <= 8.0).count();
    (alike * 10 >= edge.len() * 6).then_some(middle)
}

/// Adds the octaves over a plane, at most `most`, and their extremes.
fn collect(first: Field, unit: f32, shift: f32, most: usize, octaves: &mut Vec<Octave>, found: &mut Vec<Found>) {
    let mut next = first;
    let mut unit = unit;
    for _ in 0..most {
        if next.width.min(next.height) < SHORTEST {
            return;
        }
        let octave = Octave::over(next);
        let place = octaves.len();
        found.extend(extremes(&octave).into_iter().map(|extreme| Found { extreme, octave: place, unit, shift }));
        next = octave.blurred[INTERVALS].decimated();
        octaves.push(octave);
        unit *= 2.0;
    }
}

/// Cells a side of the grid over which features are spread.
const SPREAD: usize = 5;

/// The strongest extremes, spread over the picture: a first round takes no more than three
/// times its fair share from any cell of a grid, a second fills up.
fn choose(mut found: Vec<Found>, most: usize, width: f32, height: f32) -> Vec<Found> {
    found.sort_by(|left, right| right.extreme.strength.total_cmp(&left.extreme.strength));
    let share = (3 * most).div_ceil(SPREAD * SPREAD);
    let mut taken = [0; SPREAD * SPREAD];
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for found in found {
        let column = (found.unit * found.extreme.x + found.shift) / width * SPREAD as f32;
        let row = (found.unit * found.extreme.y + found.shift) / height * SPREAD as f32;
        let cell = (row as usize).min(SPREAD - 1) * SPREAD + (column as usize).min(SPREAD - 1);
        taken[cell] += 1;
        if taken[cell] <= share { first.push(found) } else { rest.push(found) }
    }
    first.extend(rest);
    first.truncate(most);
    first
}

fn described(chosen: &[Found], octaves: &[Octave], most: usize) -> Vec<Kept> {
    let mut features = Vec::with_capacity(most);
    for found in chosen {
        let plane = &octaves[found.octave].blurred[found.extreme.plane()];
        for direction in directions(plane, &found.extreme) {
            let Some(values) = describe(plane, &found.extreme, direction) else { continue };
            let (code, weak) = encode(&values);
            let feature = Feature {
                x: found.extreme.x * found.unit + found.shift,
                y: found.extreme.y * found.unit + found.shift,
                scale: found.extreme.sigma() * found.unit,
                angle: direction,
                code,
            };
            features.push(Kept::new(&feature, weak));
        }
        if features.len() >= most {
            break;
        }
    }
    features.truncate(most);
    features
}
