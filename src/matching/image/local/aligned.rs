//! The aligned check: does the query, laid on the reference, look like it?
//!
//! Local features alone confirm the carpet that two photographs share. Grey values over
//! the whole overlap tell whether the rest agrees as well.

use super::geometry::{Transform, chord};
use super::model::{LocalFeatures, Small, UNITS};

/// A grey copy and its halvings.
pub(super) struct Pyramid {
    levels: Vec<Small>,
    /// Units a pixel of the first level.
    unit: f64,
}

impl Pyramid {
    pub fn of(features: &LocalFeatures) -> Self {
        let first = features.small.clone();
        let unit = f64::from(UNITS) / first.width.max(first.height).max(1) as f64;
        let mut levels = vec![first];
        while let Some(last) = levels.last()
            && last.width.min(last.height) >= 16
        {
            levels.push(halved(last));
        }
        Self { levels, unit }
    }

    /// Width and height in units.
    fn size(&self) -> [f64; 2] {
        [self.levels[0].width, self.levels[0].height].map(|pixels| pixels.max(1) as f64 * self.unit)
    }
}

fn halved(small: &Small) -> Small {
    let (width, height) = (small.width / 2, small.height / 2);
    let mut pixels = Vec::with_capacity(width * height);
    for row in 0..height {
        let upper = &small.pixels[2 * row * small.width..][..2 * width];
        let lower = &small.pixels[(2 * row + 1) * small.width..][..2 * width];
        pixels.extend(upper.chunks_exact(2).zip(lower.chunks_exact(2)).map(|(above, below)| {
            let sum = u16::from(above[0]) + u16::from(above[1]) + u16::from(below[0]) + u16::from(below[1]);
            ((sum + 2) / 4) as u8
        }));
    }
    Small { width, height, pixels }
}

/// What the overlap looks like.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Agreement {
    /// Correlation of grey values over the whole overlap, -1 to 1.
    pub correlation: f32,
    /// Part of the reference's pixels that the query covers.
    pub covered: f32,
    /// Blocks of the overlap with structure in the reference.
    pub blocks: f32,
    /// Of them, those whose own correlation is at least one half.
    pub agreeing: f32,
    /// Mean correlation of those blocks, each weighted by its structure.
    pub local: f32,
    /// The same over the blocks in the middle of the reference, where the product is.
    pub central: f32,
    /// Part of the query's pixels that the reference covers.
    pub seen: f32,
    /// Correlation within the hull of the features that agree: over the product alone when
    /// its ground was replaced, over the product too when only the ground is shared.
    pub within: f32,
}

/// Most samples a side of the overlap.
const MOST_SAMPLES: f64 = 64.0;

/// Side of a block in samples.
const BLOCK: usize = 8;

/// Standard deviation in grey values below which a block has no structure.
const STRUCTURE: f64 = 4.0;

#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    left: f64,
    right: f64,
    left_squares: f64,
    right_squares: f64,
    products: f64,
}

impl Sums {
    fn add(&mut self, left: f64, right: f64) {
        self.count += 1.0;
        self.left += left;
        self.right += right;
        self.left_squares += left * left;
        self.right_squares += right * right;
        self.products += left * right;
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.left += other.left;
        self.right += other.right;
        self.left_squares += other.left_squares;
        self.right_squares += other.right_squares;
        self.products += other.products;
    }

    fn deviations(&self) -> (f64, f64) {
        let of = |sum: f64, squares: f64| (squares / self.count - (sum / self.count).powi(2)).max(0.0).sqrt();
        (of(self.left, self.left_squares), of(self.right, self.right_squares))
    }

    fn correlation(&self) -> f64 {
        let (left, right) = self.deviations();
        if self.count < 8.0 || left < 1.0 || right < 1.0 {
            return 0.0;
        }
        (self.products / self.count - self.left * self.right / (self.count * self.count)) / (left * right)
    }
}

/// Whether a place, in parts of the sides, lies where a photograph of a product shows the
/// product rather than the floor it lies on.
pub(super) fn is_middle(x: f64, y: f64) -> bool {
    (x - 0.5).abs().max((y - 0.5).abs()) < 0.32
}

/// Compares the pictures under a transform from the query's units to the reference's.
/// `bounds` is the overlap on the reference: left, top, right and bottom.
pub(super) fn compare(
    query: &Pyramid,
    reference: &Pyramid,
    back: &Transform,
    bounds: [f64; 4],
    hull: &[[f64; 2]],
    inverted: bool,
) -> Agreement {
    let [left, top, right, bottom] = bounds;
    let middle = [0.5 * (left + right), 0.5 * (top + bottom)];
    let slope = back.slope_at(middle);
    let stretch = (slope[0] * slope[3] - slope[1] * slope[2]).abs().sqrt();
    // Samples lie as far apart as a pixel of the reference's copy, of the query's copy, or
    // an even part of the overlap, whichever is widest.
    let widest = (right - left).max(bottom - top);
    let step = reference.unit.max(query.unit / stretch.max(1e-6)).max(widest / MOST_SAMPLES);
    let level = |pyramid: &Pyramid, step: f64| {
        let level = (step / pyramid.unit).log2().round().max(0.0) as usize;
        level.min(pyramid.levels.len() - 1)
    };
    let (reference_level, query_level) = (level(reference, step), level(query, step * stretch));
    let reference_plane = (&reference.levels[reference_level], reference.unit * f64::from(1 << reference_level));
    let query_plane = (&query.levels[query_level], query.unit * f64::from(1 << query_level));
    let (columns, rows) = (((right - left) / step) as usize, ((bottom - top) / step) as usize);
    let block_columns = columns.div_ceil(BLOCK).max(1);
    let mut blocks = vec![Sums::default(); block_columns * rows.div_ceil(BLOCK).max(1)];
    let mut within = Sums::default();
    for row in 0..rows.min(2 * MOST_SAMPLES as usize) {
        let span = chord(hull, top + (row as f64 + 0.5) * step).unwrap_or((f64::MAX, f64::MIN));
        for column in 0..columns.min(2 * MOST_SAMPLES as usize) {
            let point = [left + (column as f64 + 0.5) * step, top + (row as f64 + 0.5) * step];
            let (Some(value), Some(other)) = (sample(reference_plane, point), sample(query_plane, back.apply(point)))
            else {
                continue;
            };
            let other = if inverted { 255.0 - other } else { other };
            blocks[row / BLOCK * block_columns + column / BLOCK].add(value, other);
            if (span.0..=span.1).contains(&point[0]) {
                within.add(value, other);
            }
        }
    }
    let side = step * BLOCK as f64;
    let [width, height] = reference.size();
    let centrality = |place: usize| {
        let x = (left + ((place % block_columns) as f64 + 0.5) * side) / width;
        let y = (top + ((place / block_columns) as f64 + 0.5) * side) / height;
        is_middle(x, y)
    };
    let mut agreement = summed(&blocks, centrality);
    let [query_width, query_height] = query.size();
    let total: f64 = blocks.iter().map(|block| block.count).sum::<f64>() * step * step;
    agreement.within = if within.count > 0.0 { within.correlation() as f32 } else { 0.0 };
    agreement.covered = (total / (width * height)) as f32;
    agreement.seen = (total * stretch * stretch / (query_width * query_height)) as f32;
    agreement
}

fn summed(blocks: &[Sums], is_central: impl Fn(usize) -> bool) -> Agreement {
    let mut whole = Sums::default();
    let (mut structured, mut agreeing) = (0.0, 0.0);
    let (mut local, mut weights) = ([0.0; 2], [1e-6; 2]);
    for (place, block) in blocks.iter().enumerate() {
        whole.join(block);
        if block.count < (BLOCK * BLOCK / 2) as f64 {
            continue;
        }
        let (deviation, _) = block.deviations();
        if deviation < STRUCTURE {
            continue;
        }
        let correlation = block.correlation();
        structured += 1.0;
        agreeing += f64::from(u8::from(correlation >= 0.5));
        let weight = deviation.min(40.0);
        for (slot, counts) in [true, is_central(place)].into_iter().enumerate() {
            if counts {
                local[slot] += weight * correlation;
                weights[slot] += weight;
            }
        }
    }
    Agreement {
        correlation: if whole.count > 0.0 { whole.correlation() as f32 } else { 0.0 },
        blocks: structured as f32,
        agreeing: agreeing as f32,
        local: (local[0] / weights[0]) as f32,
        central: (local[1] / weights[1]) as f32,
        ..Agreement::default()
    }
}

/// The grey value at a point in units, linearly interpolated; none outside.
#[inline(always)]
fn sample((plane, unit): (&Small, f64), [x, y]: [f64; 2]) -> Option<f64> {
    let (x, y) = (x / unit - 0.5, y / unit - 0.5);
    let inside = x > -0.5 && y > -0.5 && x < plane.width as f64 - 0.5 && y < plane.height as f64 - 0.5;
    if !inside {
        return None;
    }
    let (x, y) = (x.max(0.0), y.max(0.0));
    let (column, row) = (x as usize, y as usize);
    let (next_column, next_row) = ((column + 1).min(plane.width - 1), (row + 1).min(plane.height - 1));
    let (across, down) = (x - column as f64, y - row as f64);
    let at = |row: usize, column: usize| f64::from(plane.pixels[row * plane.width + column]);
    let upper = at(row, column) * (1.0 - across) + at(row, next_column) * across;
    let lower = at(next_row, column) * (1.0 - across) + at(next_row, next_column) * across;
    Some(upper * (1.0 - down) + lower * down)
}
