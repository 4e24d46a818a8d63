//! Working planes and Gaussian scale space.
//!
//! Follows D. G. Lowe, "Distinctive Image Features from Scale-Invariant Keypoints" (IJCV
//! 60, 2004), section 3: octaves of [`INTERVALS`] intervals, differences of neighbouring
//! blurs. All loops run over rows in blocks of [`LANES`] values, so that the compiler can
//! keep a block in vector registers.

use crate::matching::image::luma::Luma;

/// Intervals an octave (Lowe 2004, section 3.2: 3 repeats best).
pub(super) const INTERVALS: usize = 3;

/// Blur of an octave's first plane, in its own pixels (Lowe 2004, section 3.3).
pub(super) const BASE_SIGMA: f32 = 1.6;

/// Blur that a picture is taken to have already (Lowe 2004, section 3.3).
const CAMERA_SIGMA: f32 = 0.5;

const LANES: usize = 16;

/// A plane of 32-bit values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl Field {
    pub fn blank(width: usize, height: usize) -> Self {
        Self { width, height, values: vec![0.0; width * height] }
    }

    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..][..self.width]
    }

    /// Every second pixel of every second row.
    pub fn decimated(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let rows = (0..height).flat_map(|row| self.row(2 * row).iter().step_by(2).take(width).copied());
        Self { width, height, values: rows.collect() }
    }

    /// Twice the width and height, linearly interpolated.
    pub fn doubled(&self) -> Self {
        let mut wide = Vec::with_capacity(2 * self.values.len());
        for row in 0..self.height {
            let row = self.row(row);
            for (column, &value) in row.iter().enumerate() {
                let next = row.get(column + 1).copied().unwrap_or(value);
                wide.extend([value, 0.5 * (value + next)]);
            }
        }
        let width = 2 * self.width;
        let mut values = Vec::with_capacity(2 * wide.len());
        for row in 0..self.height {
            let upper = &wide[row * width..][..width];
            let lower = &wide[(row + 1).min(self.height - 1) * width..][..width];
            values.extend_from_slice(upper);
            values.extend(upper.iter().zip(lower).map(|(above, below)| 0.5 * (above + below)));
        }
        Self { width, height: 2 * self.height, values }
    }

    /// A copy with `margin` pixels of `value` around it.
    pub fn padded(&self, margin: usize, value: f32) -> Self {
        let (width, height) = (self.width + 2 * margin, self.height + 2 * margin);
        let mut values = vec![value; width * height];
        for row in 0..self.height {
            values[(row + margin) * width + margin..][..self.width].copy_from_slice(self.row(row));
        }
        Self { width, height, values }
    }

    /// The plane at another size, each new pixel the mean of the old ones that it covers;
    /// interpolates nothing, so it is meant for making planes smaller.
    pub fn area_averaged(luma: &Luma, width: usize, height: usize) -> Self {
        if (width, height) == (luma.width, luma.height) {
            let values = luma.pixels.iter().map(|&value| f32::from(value)).collect();
            return Self { width, height, values };
        }
        let columns = spans(luma.width, width);
        let rows = spans(luma.height, height);
        let mut narrow = vec![0.0_f32; luma.height * width];
        for (source, target) in luma.pixels.chunks_exact(luma.width).zip(narrow.chunks_exact_mut(width)) {
            for (value, span) in target.iter_mut().zip(&columns) {
                *value = span.mean(|place| f32::from(source[place]));
            }
        }
        let mut values = vec![0.0_f32; height * width];
        for (target, span) in values.chunks_exact_mut(width).zip(&rows) {
            for (place, weight) in span.parts() {
                let source = &narrow[place * width..][..width];
                for (value, source) in target.iter_mut().zip(source) {
                    *value += weight * source;
                }
            }
        }
        Self { width, height, values }
    }
}

/// A stretch of old pixels with the weights of its two ends.
struct Span {
    first: usize,
    last: usize,
    first_weight: f32,
    last_weight: f32,
    total: f32,
}

impl Span {
    fn parts(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        (self.first..=self.last).map(|place| {
            let weight = match place {
                _ if place == self.first => self.first_weight,
                _ if place == self.last => self.last_weight,
                _ => 1.0,
            };
            (place, weight / self.total)
        })
    }

    fn mean(&self, value: impl Fn(usize) -> f32) -> f32 {
        self.parts().map(|(place, weight)| weight * value(place)).sum()
    }
}

fn spans(old: usize, new: usize) -> Vec<Span> {
    let ratio = old as f64 / new as f64;
    let span = |place: usize| {
        let (from, to) = (place as f64 * ratio, (place + 1) as f64 * ratio);
        let first = (from as usize).min(old - 1);
        let last = ((to - 1e-9) as usize).clamp(first, old - 1);
        if first == last {
            return Span { first, last, first_weight: 1.0, last_weight: 1.0, total: 1.0 };
        }
        let first_weight = (first as f64 + 1.0 - from) as f32;
        let last_weight = (to - last as f64) as f32;
        let total = first_weight + last_weight + (last - first - 1) as f32;
        Span { first, last, first_weight, last_weight, total }
    };
    (0..new).map(span).collect()
}

/// One octave: blurred planes and their differences.
pub(super) struct Octave {
    /// `INTERVALS + 3` planes, plane `i` blurred by `BASE_SIGMA * 2^(i / INTERVALS)`.
    pub blurred: Vec<Field>,
    /// `INTERVALS + 2` differences of neighbouring planes.
    pub differences: Vec<Field>,
}

impl Octave {
    /// Builds the octave over its first plane, which must be blurred by [`BASE_SIGMA`].
    pub fn over(first: Field) -> Self {
        let mut blurred = vec![first];
        let mut differences = Vec::with_capacity(INTERVALS + 2);
        for plane in 1..INTERVALS + 3 {
            let step = 2_f32.powf(1.0 / INTERVALS as f32);
            let before = BASE_SIGMA * step.powi(plane as i32 - 1);
            let added = before * (step * step - 1.0).sqrt();
            let lower = &blurred[plane - 1];
            let upper = blur(lower, added);
            let difference = upper.values.iter().zip(&lower.values).map(|(more, less)| more - less).collect();
            differences.push(Field { width: upper.width, height: upper.height, values: difference });
            blurred.push(upper);
        }
        Self { blurred, differences }
    }
}

/// Brings a plane as decoded to [`BASE_SIGMA`]. `enlarged` is how often it was enlarged.
pub(super) fn base_of(plane: &Field, enlarged: f32) -> Field {
    let present = CAMERA_SIGMA * enlarged;
    blur(plane, (BASE_SIGMA * BASE_SIGMA - present * present).max(0.01).sqrt())
}

/// Gaussian blur with the edge pixels repeated outward.
pub(super) fn blur(plane: &Field, sigma: f32) -> Field {
    let kernel = kernel(sigma);
    let radius = kernel.len() - 1;
    let (width, height) = (plane.width, plane.height);
    let mut out = Field::blank(width, height);
    // The row has room for whole blocks, so that the loops below have no remainder.
    let blocks = width.div_ceil(LANES) * LANES;
    let mut line = vec![0.0_f32; blocks + 2 * radius];
    let mut source = vec![0.0_f32; height * blocks];
    for (padded, row) in source.chunks_exact_mut(blocks).zip(plane.values.chunks_exact(width)) {
        padded[..width].copy_from_slice(row);
    }
    for row in 0..height {
        blur_column(&source, blocks, height, row, &kernel, &mut line[radius..radius + blocks]);
        let (left, right) = (line[radius], line[radius + width - 1]);
        line[..radius].fill(left);
        line[radius + width..].fill(right);
        blur_row(&line, &kernel, &mut out.values[row * width..][..width]);
    }
    out
}

fn kernel(sigma: f32) -> Vec<f32> {
    let radius = (3.0 * sigma).ceil().max(1.0) as usize;
    let weight = |place: usize| (-((place * place) as f32) / (2.0 * sigma * sigma)).exp();
    let half: Vec<f32> = (0..=radius).map(weight).collect();
    let total = half[0] + 2.0 * half[1..].iter().sum::<f32>();
    half.into_iter().map(|weight| weight / total).collect()
}

fn blur_column(source: &[f32], stride: usize, height: usize, row: usize, kernel: &[f32], out: &mut [f32]) {
    let radius = kernel.len() - 1;
    let at = |row: usize| &source[row * stride..][..stride];
    let middle = at(row);
    let pairs: Vec<(&[f32], &[f32])> =
        (1..=radius).map(|step| (at(row.saturating_sub(step)), at((row + step).min(height - 1)))).collect();
    for (block, out) in out.chunks_exact_mut(LANES).enumerate() {
        let from = block * LANES;
        let mut sums = [0.0_f32; LANES];
        for (sum, value) in sums.iter_mut().zip(&middle[from..from + LANES]) {
            *sum = kernel[0] * value;
        }
        for (&weight, (above, below)) in kernel[1..].iter().zip(&pairs) {
            let (above, below) = (&above[from..from + LANES], &below[from..from + LANES]);
            for lane in 0..LANES {
                sums[lane] += weight * (above[lane] + below[lane]);
            }
        }
        out.copy_from_slice(&sums);
    }
}

fn blur_row(line: &[f32], kernel: &[f32], out: &mut [f32]) {
    let radius = kernel.len() - 1;
    for (block, out) in out.chunks_mut(LANES).enumerate() {
        let from = block * LANES;
        let window = &line[from..from + LANES + 2 * radius];
        let mut sums = [0.0_f32; LANES];
        for (sum, value) in sums.iter_mut().zip(&window[radius..radius + LANES]) {
            *sum = kernel[0] * value;
        }
        for (step, &weight) in kernel.iter().enumerate().skip(1) {
            let (left, right) = (&window[radius - step..][..LANES], &window[radius + step..][..LANES]);
            for lane in 0..LANES {
                sums[lane] += weight * (left[lane] + right[lane]);
            }
        }
        out.copy_from_slice(&sums[..out.len()]);
    }
}
