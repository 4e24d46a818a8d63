//! Descriptors: what a keypoint's surroundings look like.
//!
//! Lowe 2004, section 6: gradients in 4 × 4 cells, 8 directions each, relative to the
//! keypoint's direction and scale. Square roots of the normalised values are compared
//! (R. Arandjelović, A. Zisserman, "Three things everyone should know to improve object
//! retrieval", CVPR 2012).

use std::sync::LazyLock;

use super::keypoints::{Extreme, eighths, gradient};
use super::scale_space::Field;

/// Values of a descriptor.
pub(super) const VALUES: usize = 128;

/// Cells a side.
pub(super) const CELLS: usize = 4;

/// Directions a cell.
pub(super) const DIRECTIONS: usize = 8;

/// Samples a cell and side.
const SAMPLES_A_CELL: usize = 4;

/// Samples a side: 4 cells and half a cell around them, for interpolation.
const SIDE: usize = (CELLS + 1) * SAMPLES_A_CELL;

/// Width of a cell in sigmas (Lowe's implementation: 3).
const CELL_SIGMAS: f32 = 3.0;

/// No normalised value above this (Lowe 2004, section 6.1).
const CEILING: f32 = 0.2;

/// One place of the sampling grid: offset in cells, and the up to four cells it adds to.
struct Sample {
    across: f32,
    down: f32,
    cells: [(usize, f32); 4],
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let mut samples = Vec::with_capacity(SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let offset = |place: usize| (place as f32 + 0.5) / SAMPLES_A_CELL as f32 - (CELLS + 1) as f32 / 2.0;
            let (across, down) = (offset(column), offset(row));
            // Lowe's window: a Gaussian of half the descriptor's width.
            let window = (-(across * across + down * down) / (2.0 * 2.0 * 2.0)).exp();
            let share = |place: f32| {
                let low = (place + 1.5).floor();
                let part = place + 1.5 - low;
                [(low, 1.0 - part), (low + 1.0, part)]
            };
            let mut cells = [(0, 0.0); 4];
            let pairs = share(down).into_iter().flat_map(|below| share(across).map(|beside| (below, beside)));
            for (slot, ((row, row_weight), (column, column_weight))) in cells.iter_mut().zip(pairs) {
                let inside = |place: f32| (0.0..CELLS as f32).contains(&place);
                if inside(row) && inside(column) {
                    *slot = (row as usize * CELLS + column as usize, row_weight * column_weight * window);
                }
            }
            samples.push(Sample { across, down, cells });
        }
    }
    samples
});

/// The descriptor of an extreme with one of its directions; none when it is flat.
pub(super) fn describe(plane: &Field, extreme: &Extreme, direction: f32) -> Option<[f32; VALUES]> {
    let mut values = [0.0_f32; VALUES];
    let width = CELL_SIGMAS * extreme.sigma();
    let (sine, cosine) = direction.sin_cos();
    let turned = direction * (DIRECTIONS as f32 / std::f32::consts::TAU);
    for sample in SAMPLES.iter() {
        let x = extreme.x + width * (cosine * sample.across - sine * sample.down);
        let y = extreme.y + width * (sine * sample.across + cosine * sample.down);
        let Some((dx, dy)) = gradient(plane, x, y) else { continue };
        let strength = (dx * dx + dy * dy).sqrt();
        let relative = eighths(dx, dy) - turned + 2.0 * DIRECTIONS as f32;
        let low = relative as usize;
        let part = relative - low as f32;
        let (first, second) = (low % DIRECTIONS, (low + 1) % DIRECTIONS);
        let (first_weight, second_weight) = (strength * (1.0 - part), strength * part);
        for &(cell, weight) in &sample.cells {
            values[cell * DIRECTIONS + first] += weight * first_weight;
            values[cell * DIRECTIONS + second] += weight * second_weight;
        }
    }
    normalised(values)
}

fn normalised(mut values: [f32; VALUES]) -> Option<[f32; VALUES]> {
    let norm = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    if norm < 1e-3 {
        return None;
    }
    let ceiling = CEILING * norm;
    let mut total = 0.0;
    for value in &mut values {
        *value = value.min(ceiling);
        total += *value;
    }
    for value in &mut values {
        *value = (*value / total).sqrt();
    }
    Some(values)
}
