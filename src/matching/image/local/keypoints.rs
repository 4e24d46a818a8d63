//! Keypoints: extremes of the differences of Gaussians.
//!
//! Lowe 2004, sections 3 to 5: an extreme among its 26 neighbours, moved to the top of the
//! quadratic through them, kept when it stands out and does not lie along an edge, and
//! given the direction (or two) that most gradients around it have.

use super::scale_space::{BASE_SIGMA, Field, INTERVALS, Octave};

/// Smallest difference of Gaussians that is looked at, of 255. Lowe asks 0.03 of the range
/// after interpolation with normalised differences; a lower bar keeps pale garments, and
/// the strongest are chosen afterwards.
const WEAKEST: f32 = 1.2;

/// Largest ratio of the two principal curvatures (Lowe 2004, section 4.1).
const EDGE_RATIO: f32 = 10.0;

/// Bins of the histogram of directions (Lowe 2004, section 5).
const DIRECTIONS: usize = 36;

/// A second direction this strong, compared with the first, makes a second keypoint.
const SECOND_DIRECTION: f32 = 0.8;

/// One extreme of an octave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extreme {
    /// Position in pixels of the octave.
    pub x: f32,
    pub y: f32,
    /// Interval in the octave, fractional.
    pub interval: f32,
    /// Absolute difference of Gaussians at the extreme.
    pub strength: f32,
}

impl Extreme {
    /// Blur at the extreme, in pixels of the octave.
    pub fn sigma(&self) -> f32 {
        BASE_SIGMA * 2_f32.powf(self.interval / INTERVALS as f32)
    }

    /// The blurred plane that is nearest in scale.
    pub fn plane(&self) -> usize {
        (self.interval.round() as usize).clamp(1, INTERVALS)
    }
}

/// All extremes of an octave, in order of interval, row and column.
pub(super) fn extremes(octave: &Octave) -> Vec<Extreme> {
    let (width, height) = (octave.differences[0].width, octave.differences[0].height);
    let mut found = Vec::new();
    if width < 2 * BORDER + 1 || height < 2 * BORDER + 1 {
        return found;
    }
    for interval in 1..=INTERVALS {
        for row in BORDER..height - BORDER {
            let line = octave.differences[interval].row(row);
            for (column, &value) in line.iter().enumerate().take(width - BORDER).skip(BORDER) {
                if value.abs() < WEAKEST || !is_extreme(octave, interval, row, column, value) {
                    continue;
                }
                found.extend(refine(octave, interval, row, column));
            }
        }
    }
    found
}

/// Pixels along the edges of an octave in which no extreme is looked for.
const BORDER: usize = 4;

#[inline(always)]
fn is_extreme(octave: &Octave, interval: usize, row: usize, column: usize, value: f32) -> bool {
    let width = octave.differences[0].width;
    let sign = value.signum();
    let magnitude = value.abs();
    let below = |plane: usize, row: usize| {
        let from = row * width + column - 1;
        let three = &octave.differences[plane].values[from..from + 3];
        three.iter().all(|&other| sign * other <= magnitude)
    };
    below(interval, row)
        && below(interval, row - 1)
        && below(interval, row + 1)
        && [interval - 1, interval + 1].iter().all(|&plane| (row - 1..=row + 1).all(|row| below(plane, row)))
}

/// Moves an extreme to the top of its quadratic; refuses weak and edge-like ones.
fn refine(octave: &Octave, interval: usize, row: usize, column: usize) -> Option<Extreme> {
    let (width, height) = (octave.differences[0].width, octave.differences[0].height);
    let (mut s, mut y, mut x) = (interval, row, column);
    for _ in 0..4 {
        let at = |ds: isize, dy: isize, dx: isize| {
            let place = (y as isize + dy) as usize * width + (x as isize + dx) as usize;
            octave.differences[(s as isize + ds) as usize].values[place]
        };
        let here = at(0, 0, 0);
        let gradient = [
            0.5 * (at(0, 0, 1) - at(0, 0, -1)),
            0.5 * (at(0, 1, 0) - at(0, -1, 0)),
            0.5 * (at(1, 0, 0) - at(-1, 0, 0)),
        ];
        let xx = at(0, 0, 1) + at(0, 0, -1) - 2.0 * here;
        let yy = at(0, 1, 0) + at(0, -1, 0) - 2.0 * here;
        let ss = at(1, 0, 0) + at(-1, 0, 0) - 2.0 * here;
        let xy = 0.25 * (at(0, 1, 1) - at(0, 1, -1) - at(0, -1, 1) + at(0, -1, -1));
        let xs = 0.25 * (at(1, 0, 1) - at(1, 0, -1) - at(-1, 0, 1) + at(-1, 0, -1));
        let ys = 0.25 * (at(1, 1, 0) - at(1, -1, 0) - at(-1, 1, 0) + at(-1, -1, 0));
        let [dx, dy, ds] = solve([[xx, xy, xs], [xy, yy, ys], [xs, ys, ss]], gradient.map(|value| -value))?;
        if dx.abs() < 0.6 && dy.abs() < 0.6 && ds.abs() < 0.6 {
            let strength = (here + 0.5 * (gradient[0] * dx + gradient[1] * dy + gradient[2] * ds)).abs();
            let (trace, determinant) = (xx + yy, xx * yy - xy * xy);
            let edge = determinant <= 0.0
                || trace * trace * EDGE_RATIO >= (EDGE_RATIO + 1.0) * (EDGE_RATIO + 1.0) * determinant;
            if edge || strength < WEAKEST {
                return None;
            }
            return Some(Extreme { x: x as f32 + dx, y: y as f32 + dy, interval: s as f32 + ds, strength });
        }
        let moved = |place: usize, by: f32| place as isize + by.clamp(-1.0, 1.0).round() as isize;
        let (new_x, new_y, new_s) = (moved(x, dx), moved(y, dy), moved(s, ds));
        let inside = |place: isize, size: usize| place >= BORDER as isize && place < (size - BORDER) as isize;
        if !inside(new_x, width) || !inside(new_y, height) || !(1..=INTERVALS as isize).contains(&new_s) {
            return None;
        }
        (x, y, s) = (new_x as usize, new_y as usize, new_s as usize);
    }
    None
}

/// Solves three equations by Cramer's rule; none when they are nearly dependent.
fn solve(m: [[f32; 3]; 3], right: [f32; 3]) -> Option<[f32; 3]> {
    let determinant = |m: [[f32; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = determinant(m);
    if whole.abs() < 1e-9 {
        return None;
    }
    let with_column = |column: usize| {
        let mut replaced = m;
        for row in 0..3 {
            replaced[row][column] = right[row];
        }
        determinant(replaced) / whole
    };
    let answer = [with_column(0), with_column(1), with_column(2)];
    answer.iter().all(|value| value.is_finite()).then_some(answer)
}

/// The directions of an extreme, in radians, strongest first; one or two.
pub(super) fn directions(plane: &Field, extreme: &Extreme) -> Vec<f32> {
    let histogram = smoothed(histogram_of(plane, extreme));
    let mut peaks: Vec<(f32, f32)> = Vec::new();
    for place in 0..DIRECTIONS {
        let before = histogram[(place + DIRECTIONS - 1) % DIRECTIONS];
        let (here, after) = (histogram[place], histogram[(place + 1) % DIRECTIONS]);
        if here > before && here >= after {
            let offset = 0.5 * (before - after) / (before - 2.0 * here + after);
            let turn = (place as f32 + offset) / DIRECTIONS as f32;
            peaks.push((here, turn * std::f32::consts::TAU));
        }
    }
    peaks.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.total_cmp(&right.1)));
    let enough = peaks.first().map_or(0.0, |peak| SECOND_DIRECTION * peak.0);
    peaks.into_iter().filter(|peak| peak.0 >= enough).take(2).map(|peak| peak.1).collect()
}

/// Samples a side of the grid on which directions are counted: ±4.5 sigma, as Lowe's
/// Gaussian window of 1.5 sigma has it, every 0.75 sigma.
const GRID: isize = 6;

fn histogram_of(plane: &Field, extreme: &Extreme) -> [f32; DIRECTIONS] {
    let mut histogram = [0.0_f32; DIRECTIONS];
    let sigma = extreme.sigma();
    let step = 0.75 * sigma;
    for down in -GRID..=GRID {
        for across in -GRID..=GRID {
            let distance = (down * down + across * across) as f32 * (0.75 * 0.75);
            let (x, y) = (extreme.x + across as f32 * step, extreme.y + down as f32 * step);
            let Some((dx, dy)) = gradient(plane, x, y) else { continue };
            let weight = (-distance / (2.0 * 1.5 * 1.5)).exp() * (dx * dx + dy * dy).sqrt();
            let bin = eighths(dx, dy) * (DIRECTIONS as f32 / 8.0);
            let low = bin as usize;
            let part = bin - low as f32;
            histogram[low % DIRECTIONS] += weight * (1.0 - part);
            histogram[(low + 1) % DIRECTIONS] += weight * part;
        }
    }
    histogram
}

fn smoothed(mut histogram: [f32; DIRECTIONS]) -> [f32; DIRECTIONS] {
    for _ in 0..2 {
        let old = histogram;
        for (place, value) in histogram.iter_mut().enumerate() {
            let (before, after) = (old[(place + DIRECTIONS - 1) % DIRECTIONS], old[(place + 1) % DIRECTIONS]);
            *value = 0.25 * before + 0.5 * old[place] + 0.25 * after;
        }
    }
    histogram
}

/// Gradient at the pixel nearest to a place; none outside.
#[inline(always)]
pub(super) fn gradient(plane: &Field, x: f32, y: f32) -> Option<(f32, f32)> {
    let (column, row) = ((x + 0.5) as usize, (y + 0.5) as usize);
    if x < 0.5 || y < 0.5 || column + 1 >= plane.width || row + 1 >= plane.height {
        return None;
    }
    let place = row * plane.width + column;
    let values = &plane.values;
    Some((values[place + 1] - values[place - 1], values[place + plane.width] - values[place - plane.width]))
}

/// The direction of a vector in eighths of a turn, 0 to below 8; within a quarter of a degree.
#[inline(always)]
pub(super) fn eighths(dx: f32, dy: f32) -> f32 {
    let (across, down) = (dx.abs(), dy.abs());
    let (less, more) = if across < down { (across, down) } else { (down, across) };
    let t = less / (more + 1e-12);
    // atan(t) for 0 <= t <= 1 as t * (pi/4 + 0.273 * (1 - t)), here in units of pi/4.
    let octant = t * (1.0 + 0.3476 * (1.0 - t));
    let quarter = if across < down { 2.0 - octant } else { octant };
    let half = if dx < 0.0 { 4.0 - quarter } else { quarter };
    let full = if dy < 0.0 { 8.0 - half } else { half };
    if full >= 8.0 { 0.0 } else { full }
}
