//! PDQ: Meta's 256-bit perceptual hash, written from its public description ("The TMK+PDQF
//! Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook 2019).
//!
//! Luminance → two passes of a box filter along both axes (a tent, named after Jarosz)
//! → every 64th part sampled: 64×64 values → the 16×16 block of DCT-II coefficients with
//! frequencies 1 to 16 → one bit each: above the median or not. Blur, decimation and
//! transform are linear and separable, so the filter is folded into one weight table per
//! axis and each pixel is read about once.
//!
//! Mirroring a picture negates the coefficients of odd frequency on that axis and
//! transposing it transposes the block, so one transform yields all eight orientations.

use std::sync::LazyLock;

use super::hash::Hash256;
use super::luma::{Luma, Plane};
use super::model::{Forms, How};

/// Side of the decimated picture.
const SIDE: usize = 64;
/// Side of the block of coefficients that is kept.
const BLOCK: usize = 16;
/// Shortest side that PDQ hashes; smaller pictures have quality 0.
pub(crate) const MIN_SIDE: usize = 5;

/// A picture's coefficients and quality, from which its hash and mirrored forms are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Pdq {
    /// How much structure the picture has, 0 (blank) to 100.
    pub quality: u8,
    block: Block,
}

/// The kept coefficients, row by row.
type Block = [f32; BLOCK * BLOCK];

impl Pdq {
    /// The hash as exchanged with other PDQ implementations.
    pub fn hash(&self) -> Hash256 {
        threshold(&self.block)
    }

    /// The hashes of the picture's mirrored forms.
    pub fn forms(&self) -> Forms {
        // Frequency = index + 1, so even indices are the odd frequencies that change sign.
        Forms {
            mirrored: self.signed(|_, column| column % 2 == 0),
            flipped: self.signed(|row, _| row % 2 == 0),
            turned: self.signed(|row, column| (row + column) % 2 == 1),
        }
    }

    fn signed(&self, negate: impl Fn(usize, usize) -> bool) -> Hash256 {
        let mut changed = self.block;
        for (place, value) in changed.iter_mut().enumerate() {
            if negate(place / BLOCK, place % BLOCK) {
                *value = -*value;
            }
        }
        threshold(&changed)
    }
}

/// `DCT[i][j]`: basis of frequency i + 1 at sample j, scaled by √(2/64).
static DCT: LazyLock<[[f32; SIDE]; BLOCK]> = LazyLock::new(|| {
    let mut table = [[0.0; SIDE]; BLOCK];
    for (row, values) in table.iter_mut().enumerate() {
        for (column, value) in values.iter_mut().enumerate() {
            let angle = std::f64::consts::PI / 128.0 * (row + 1) as f64 * (2 * column + 1) as f64;
            *value = ((2.0_f64 / 64.0).sqrt() * angle.cos()) as f32;
        }
    }
    table
});

/// Hashes a picture as PDQ does at its full size: the filter's weights of the original
/// pixels are added up over the pixels that stand for them.
pub fn hash_luma(luma: &Luma) -> Pdq {
    let across = axis_taps(luma.full_width, luma.factor);
    let down = axis_taps(luma.full_height, luma.factor);
    hash_sampled(&luma.plane(), &across, &down)
}

/// Hashes a plane of luminance as a picture of its own. A plane with a side under five
/// pixels has quality 0.
pub fn hash_plane(plane: &Plane<'_>) -> Pdq {
    hash_sampled(plane, &axis_taps(plane.width, 1), &axis_taps(plane.height, 1))
}

fn hash_sampled(plane: &Plane<'_>, across: &Taps, down: &Taps) -> Pdq {
    if plane.width < MIN_SIDE || plane.height < MIN_SIDE {
        return Pdq { quality: 0, block: [0.0; BLOCK * BLOCK] };
    }
    let samples = decimate(plane, across, down);
    Pdq { quality: quality_of(&samples), block: transform(&samples) }
}

/// The hashes under which a turned copy's original is found: each orientation with the
/// hash of the picture turned back.
pub fn orientations(hash: Hash256, forms: &Forms) -> [(How, Hash256); 8] {
    [
        (How::Whole, hash),
        (How::Mirrored, forms.mirrored),
        (How::Rotated180, forms.turned),
        (How::MirroredRotated180, forms.flipped),
        (How::Rotated90, transposed(forms.mirrored)),
        (How::Rotated270, transposed(forms.flipped)),
        (How::MirroredRotated90, transposed(forms.turned)),
        (How::MirroredRotated270, transposed(hash)),
    ]
}

/// The hash of the transposed picture: the 16×16 bits mirrored at their diagonal.
pub fn transposed(hash: Hash256) -> Hash256 {
    let mut words = [0_u64; 4];
    for row in 0..BLOCK {
        let mut bits = hash.bits(row * BLOCK, BLOCK);
        while bits != 0 {
            let column = bits.trailing_zeros() as usize;
            let place = column * BLOCK + row;
            words[place >> 6] |= 1 << (place & 63);
            bits &= bits - 1;
        }
    }
    Hash256(words)
}

/// For each of the 64 samples of an axis: the first pixel it takes and its weights.
struct Taps {
    first: [usize; SIDE],
    /// `weights[start[sample]..start[sample + 1]]` belong to the sample.
    start: [usize; SIDE + 1],
    weights: Vec<f32>,
}

impl Taps {
    /// The first pixel of a sample and the weights from there on.
    fn of(&self, sample: usize) -> (usize, &[f32]) {
        (self.first[sample], &self.weights[self.start[sample]..self.start[sample + 1]])
    }
}

/// The taps of an axis of `length` pixels, averaged down by `factor`. Two passes of a box of
/// ⌈length / 128⌉ pixels, cut at the edges and averaged over what remains, sampled at the
/// middle of each 64th part; at 64 pixels there is nothing to filter.
fn axis_taps(length: usize, factor: usize) -> Taps {
    let window = length.div_ceil(2 * SIDE);
    let after = if length == SIDE { 0 } else { (window + 2) / 2 - 1 };
    let before = if length == SIDE { 0 } else { window - after - 1 };
    let last_pixel = length.saturating_sub(1);
    let box_at = |place: usize| (place.saturating_sub(before), (place + after).min(last_pixel));
    let mut taps =
        Taps { first: [0; SIDE], start: [0; SIDE + 1], weights: Vec::with_capacity(length / factor + 2 * SIDE) };
    for sample in 0..SIDE {
        let centre = (2 * sample + 1) * length / (2 * SIDE);
        let (outer_first, outer_last) = box_at(centre);
        let first = box_at(outer_first).0 / factor;
        let last = box_at(outer_last).1 / factor;
        let start = taps.weights.len();
        taps.weights.resize(start + last - first + 1, 0.0);
        let outer = 1.0 / (outer_last - outer_first + 1) as f32;
        for middle in outer_first..=outer_last {
            let (from, to) = box_at(middle);
            let share = outer / (to - from + 1) as f32;
            for pixel in from..=to {
                taps.weights[start + pixel / factor - first] += share;
            }
        }
        taps.first[sample] = first;
        taps.start[sample + 1] = taps.weights.len();
    }
    taps
}

/// Blurs and samples a plane down to 64×64.
fn decimate(plane: &Plane<'_>, across: &Taps, down: &Taps) -> [[f32; SIDE]; SIDE] {
    let mut samples = [[0.0; SIDE]; SIDE];
    let mut line = vec![0.0_f32; plane.width];
    for (row, out) in samples.iter_mut().enumerate() {
        line.fill(0.0);
        let (first, weights) = down.of(row);
        for (step, &weight) in weights.iter().enumerate() {
            for (sum, &value) in line.iter_mut().zip(plane.row(first + step)) {
                *sum += weight * f32::from(value);
            }
        }
        for (column, value) in out.iter_mut().enumerate() {
            let (first, weights) = across.of(column);
            let inputs = &line[first..first + weights.len()];
            *value = dot(inputs, weights);
        }
    }
    samples
}

/// The sum of products, in four running sums so that the additions overlap.
fn dot(inputs: &[f32], weights: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 4];
    let (blocks, others) = (inputs.chunks_exact(4), weights.chunks_exact(4));
    let rest: f32 = blocks.remainder().iter().zip(others.remainder()).map(|(input, weight)| input * weight).sum();
    for (block, other) in blocks.zip(others) {
        for (sum, (input, weight)) in sums.iter_mut().zip(block.iter().zip(other)) {
            *sum += input * weight;
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// PDQ's quality: the sum of the larger steps between neighbouring samples. The divisors
/// 255/100 and 90 are the description's.
fn quality_of(samples: &[[f32; SIDE]; SIDE]) -> u8 {
    let steps = |from: &[f32], to: &[f32]| -> i32 {
        let pairs = from.iter().zip(to);
        pairs.map(|(from, to)| ((from - to).abs() * (100.0 / 255.0)) as i32).sum()
    };
    let along: i32 = samples.iter().map(|row| steps(&row[..SIDE - 1], &row[1..])).sum();
    let down: i32 = samples.windows(2).map(|rows| steps(&rows[0], &rows[1])).sum();
    ((along + down) / 90).min(100) as u8
}

/// The coefficients of frequencies 1 to 16 on both axes.
fn transform(samples: &[[f32; SIDE]; SIDE]) -> Block {
    let basis = &*DCT;
    let mut block = [0.0; BLOCK * BLOCK];
    for (row, weights) in basis.iter().enumerate() {
        let mut mixed = [0.0_f32; SIDE];
        for (weight, line) in weights.iter().zip(samples) {
            for (sum, value) in mixed.iter_mut().zip(line) {
                *sum += weight * value;
            }
        }
        for (column, weights) in basis.iter().enumerate() {
            block[row * BLOCK + column] = dot(&mixed, weights);
        }
    }
    block
}

/// One bit per coefficient: whether it is above the (lower) median.
fn threshold(block: &Block) -> Hash256 {
    let mut sorted = *block;
    let (_, median, _) = sorted.select_nth_unstable_by(BLOCK * BLOCK / 2 - 1, f32::total_cmp);
    let median = *median;
    let mut words = [0_u64; 4];
    for (place, &value) in block.iter().enumerate() {
        words[place >> 6] |= u64::from(value > median) << (place & 63);
    }
    Hash256(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture with structure at many scales and no symmetry.
    pub(crate) fn scene(width: usize, height: usize) -> Vec<u8> {
        let value = |x: usize, y: usize| {
            let (u, v) = (x as f64 / width as f64, y as f64 / height as f64);
            let waves =
                (9.0 * u + 3.0 * v * v).sin() + (17.0 * v + 5.0 * u * v).cos() + (31.0 * u * u - 11.0 * v).sin();
            let spot = if (u - 0.3).powi(2) + (v - 0.6).powi(2) < 0.02 { 90.0 } else { 0.0 };
            (120.0 + 35.0 * waves + spot).clamp(0.0, 255.0) as u8
        };
        (0..width * height).map(|place| value(place % width, place / width)).collect()
    }

    /// PDQ step by step as described: two passes of both box filters over the whole picture,
    /// then decimation.
    fn plain_samples(width: usize, height: usize, pixels: &[u8]) -> [[f32; SIDE]; SIDE] {
        let mut values: Vec<f64> = pixels.iter().map(|&value| f64::from(value)).collect();
        let boxed = |line: &[f64]| -> Vec<f64> {
            let window = line.len().div_ceil(128);
            let after = (window + 2) / 2 - 1;
            let before = window - after - 1;
            let mean = |place: usize| {
                let part = &line[place.saturating_sub(before)..=(place + after).min(line.len() - 1)];
                part.iter().sum::<f64>() / part.len() as f64
            };
            (0..line.len()).map(mean).collect()
        };
        for _ in 0..2 {
            values = values.chunks(width).flat_map(&boxed).collect();
            for column in 0..width {
                let line: Vec<f64> = (0..height).map(|row| values[row * width + column]).collect();
                for (row, value) in boxed(&line).into_iter().enumerate() {
                    values[row * width + column] = value;
                }
            }
        }
        let place = |sample: usize, length: usize| ((sample as f64 + 0.5) * length as f64 / 64.0) as usize;
        let mut samples = [[0.0; SIDE]; SIDE];
        for (row, line) in samples.iter_mut().enumerate() {
            for (column, value) in line.iter_mut().enumerate() {
                *value = values[place(row, height) * width + place(column, width)] as f32;
            }
        }
        samples
    }

    #[test]
    fn the_folded_filter_equals_the_described_one() {
        for (width, height) in [(64, 64), (200, 131), (333, 512), (1000, 700)] {
            let pixels = scene(width, height);
            let plain = plain_samples(width, height, &pixels);
            let luma = Luma::new(width, height, pixels);
            let samples = decimate(&luma.plane(), &axis_taps(width, 1), &axis_taps(height, 1));
            if width != 64 {
                let worst = samples.iter().flatten().zip(plain.iter().flatten()).map(|(a, b)| (a - b).abs());
                assert!(worst.fold(0.0, f32::max) < 0.01, "{width}×{height}");
            }
        }
    }

    #[test]
    fn averaging_down_first_moves_few_bits() {
        for (width, height) in [(641, 700), (1000, 1000), (1600, 1004), (2003, 3001)] {
            let pixels = scene(width, height);
            let full = hash_luma(&Luma::new(width, height, pixels.clone())).hash();
            let reduced = Luma::from_luma(width, height, pixels);
            assert!(reduced.factor > 1);
            let distance = hash_luma(&reduced).hash().distance(&full);
            // PDQ's description calls hashes within 10 bits of the reference's equal.
            assert!(distance <= 6, "{width}×{height}: {distance} bits");
        }
    }

    #[test]
    fn every_orientation_is_found_by_its_own_name() {
        let (width, height) = (640, 512);
        let pixels = scene(width, height);
        let original = hash_plane(&Luma::new(width, height, pixels.clone()).plane()).hash();
        let mirror = |(width, height, pixels): (usize, usize, Vec<u8>)| {
            let pixels: Vec<u8> = pixels.chunks(width).flat_map(|row| row.iter().rev().copied()).collect();
            (width, height, pixels)
        };
        let rotate = |(width, height, pixels): (usize, usize, Vec<u8>)| {
            let turned = (0..width * height).map(|place| {
                let (x, y) = (place % height, place / height);
                pixels[(height - 1 - x) * width + y]
            });
            let turned: Vec<u8> = turned.collect();
            (height, width, turned)
        };
        let upright = (width, height, pixels);
        let mirrored = mirror(upright.clone());
        let cases = [
            (How::Whole, upright.clone()),
            (How::Mirrored, mirrored.clone()),
            (How::Rotated90, rotate(upright.clone())),
            (How::Rotated180, rotate(rotate(upright.clone()))),
            (How::Rotated270, rotate(rotate(rotate(upright)))),
            (How::MirroredRotated90, rotate(mirrored.clone())),
            (How::MirroredRotated180, rotate(rotate(mirrored.clone()))),
            (How::MirroredRotated270, rotate(rotate(rotate(mirrored)))),
        ];
        for (name, (width, height, pixels)) in cases {
            let copy = hash_plane(&Luma::new(width, height, pixels).plane());
            let all = orientations(copy.hash(), &copy.forms());
            let nearest = all.into_iter().min_by_key(|(_, hash)| hash.distance(&original)).unwrap();
            assert_eq!(nearest.0, name);
            // Decimation takes the pixel right of each middle, so mirroring shifts it by one.
            assert!(nearest.1.distance(&original) <= 16, "{name:?}: {}", nearest.1.distance(&original));
        }
    }

    #[test]
    fn a_hash_has_as_many_ones_as_zeros_and_blank_pictures_no_quality() {
        let hashed = hash_plane(&Luma::new(300, 200, scene(300, 200)).plane());
        assert_eq!(hashed.hash().distance(&Hash256::ZERO), 128);
        assert!(hashed.quality >= 50, "{}", hashed.quality);
        assert_eq!(hash_plane(&Luma::new(300, 200, vec![77; 300 * 200]).plane()).quality, 0);
        assert_eq!(hash_plane(&Luma::new(4, 200, vec![0; 800]).plane()).quality, 0);
    }
}
