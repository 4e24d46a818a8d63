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
/// Half of it.
const HALF: usize = SIDE / 2;
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

/// Hashes a plane by the exact mean of each 64th part instead of PDQ's samples of a blurred
/// copy. Steadier under crops, scaling and reduced decoding, and not comparable with PDQ.
pub(crate) fn hash_area(plane: &Plane<'_>) -> Pdq {
    hash_sampled(plane, &area_taps(plane.width), &area_taps(plane.height))
}

/// The taps that average an axis of `length` pixels over its 64 equal parts.
fn area_taps(length: usize) -> Taps {
    let mut taps = Taps { first: [0; SIDE], start: [0; SIDE + 1], weights: Vec::with_capacity(length + 2 * SIDE) };
    for sample in 0..SIDE {
        // In 64ths of a pixel, so that the shares of the ends are exact.
        let (from, to) = (sample * length, (sample + 1) * length);
        let (first, last) = (from / SIDE, (to - 1) / SIDE);
        for pixel in first..=last {
            let covered = to.min((pixel + 1) * SIDE) - from.max(pixel * SIDE);
            taps.weights.push(covered as f32 / length as f32);
        }
        taps.first[sample] = first;
        taps.start[sample + 1] = taps.weights.len();
    }
    taps
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
///
/// A basis of even frequency reads the same from both ends and one of odd frequency changes
/// its sign, so the ends are added or subtracted first, which halves the products.
fn transform(samples: &[[f32; SIDE]; SIDE]) -> Block {
    let basis = &*DCT;
    let mut halves = [[[0.0_f32; SIDE]; HALF]; 2];
    for (place, (near, far)) in samples.iter().zip(samples.iter().rev()).take(HALF).enumerate() {
        for column in 0..SIDE {
            halves[0][place][column] = near[column] - far[column];
            halves[1][place][column] = near[column] + far[column];
        }
    }
    let mut block = [0.0; BLOCK * BLOCK];
    for (row, weights) in basis.iter().enumerate() {
        // Frequency = index + 1: even indices are the odd frequencies.
        let mixed = mix(&halves[row % 2], weights);
        let mut ends = [[0.0_f32; HALF]; 2];
        for (place, (near, far)) in mixed.iter().zip(mixed.iter().rev()).take(HALF).enumerate() {
            ends[0][place] = near - far;
            ends[1][place] = near + far;
        }
        for (column, weights) in basis.iter().enumerate() {
            block[row * BLOCK + column] = dot(&ends[column % 2], &weights[..HALF]);
        }
    }
    block
}

/// The sum of the lines, each times its weight.
fn mix(lines: &[[f32; SIDE]; HALF], weights: &[f32; SIDE]) -> [f32; SIDE] {
    /// Columns that are summed at a time: as many as stay in the processor's registers.
    const BAND: usize = 16;
    let mut mixed = [0.0; SIDE];
    for (band, out) in mixed.as_chunks_mut::<BAND>().0.iter_mut().enumerate() {
        let mut sums = [0.0_f32; BAND];
        for (line, &weight) in lines.iter().zip(weights) {
            for (sum, value) in sums.iter_mut().zip(&line[band * BAND..][..BAND]) {
                *sum += weight * value;
            }
        }
        *out = sums;
    }
    mixed
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

    /// A picture of whole numbers alone, the same on every machine.
    fn drawn(width: usize, height: usize) -> Vec<u8> {
        let value = |x: usize, y: usize| {
            let (u, v) = (x * 1024 / width, y * 1024 / height);
            let waves =
                ((u * u / 97 + 13 * v) % 509) * 90 / 509 + ((v * v / 61 + 7 * u + u * v / 211) % 383) * 80 / 383;
            let spot = u.abs_diff(300).pow(2) + v.abs_diff(600).pow(2) < 150 * 150;
            (waves + if spot { 70 } else { 0 }) as u8
        };
        (0..width * height).map(|place| value(place % width, place / width)).collect()
    }

    /// Hashes of [`drawn`] pictures by Meta's C++ program (facebook/ThreatExchange at baebf4ed,
    /// `pdqDihedralHash256esFromFloatLuma`), in the order of [`orientations`].
    const REFERENCE: [((usize, usize), [&str; 8]); 5] = [
        (
            (64, 64),
            [
                "e697571e3ada790ecef1b0e03f9e58e1c0e27f11ef89b84e17610661980e381e",
                "b3c0024b6f8f2c5b9ba4e5956a4b0db495b72a443adced1b42345334cd5b6d4b",
                "93c0fca06f87d3a49ba41a2a6a4bf24a95b7d5ab3adc12e44234accbcd5b92b4",
                "c695a8e11a9286f1cef14f1f3f1e261ec0e280ee6f8947b11761f99e180ec7e1",
                "8c92261fb67188a43b733593ea6cad97ada0d263098c15be72332dec72937693",
                "d8c58cb54324220e6e269f39bf39063df8f558c958d9bf140766874627c6dc39",
                "d9c7734a6324ddf16e2660c6bf39b8c2f8f583365cd900ab076638b927c622c6",
                "8cb2d9e0b671775b3b73ca6cea6c5268afa02d9c0d8cea417233d213f293896c",
            ],
        ),
        (
            (200, 131),
            [
                "2f1f0715f0fe701c8ee17b1e771e88e188f26711bd2eb0de0f61c761381ed00e",
                "7a5a5244a5ab2549dbb4274b624bddb4ddb53244e87be58b523412346d4bc55b",
                "5a482db925abcab6d9b4d0b4224b224adda5cdbbe8791a7452346dcb6d4b3aa4",
                "0f0f78e8f0ee8fe38ce184e1371e771e88e098eebd284f210761389e381e2ff1",
                "29b1cbbbb672c9cc89a23593ce4c3d932990d66329ac89adb63349cca63336b3",
                "3ce0611063276366d8f79f39931993397cc57cc97cf90307e366a346b3469c19",
                "1ce09cee63278c99d8f760c6931968c67cc583367cf95c78e3661c99334662e6",
                "29b53645b67236338daaca6cce4cc66c2990299c29acf6d2b633f633a6b3c94c",
            ],
        ),
        (
            (333, 512),
            [
                "4f0ec71f78fe709e86e1721e7f0e80e198e06711f800f8de47614761f81ef81e",
                "5a59d24a2d9b25cbd3b4255b2a5bd5b4ddb532545555a58b52341234ad4bad4b",
                "5a592db52d8b9a24d3b4daa4225b2a4bc5b5cdab555552741234edcbad4b52b4",
                "0f0e78e078de8ff186e18ff17f0e7f1e98e098fe80000f214761b89ef81e0fe1",
                "4993c9a83653c9eca28335b3ca4c3db33990d663098cafecf61309ec7613b6b3",
                "1ce6630a630663c6f7d79f199f1997197cc57cc95cd93546a346a346a3461c19",
                "1cc68cf563069c39f54660e69f1968e66cc583365cd9cab9a3465cb92346e3e6",
                "49b3f67f367336b3a2b3ca4cce4cc24c3990299c298c7453f613f613f613494c",
            ],
        ),
        (
            (512, 512),
            [
                "cf0e871f70ccf01e8ee1f21e771e80e198e06f11fc20f0de4f614761f81ef01e",
                "5b5bd25b2599a55bdbb4a54b224bd5b4d5b532547555e58b12341234a54ba54b",
                "535b2da425995aa4dbb4dab4224b2a4bc5b5cdab65551a741234edcba54b5ab4",
                "0e0e78f370cc0ff18ee18fe1771e7f1e90e098fe74004f214761b89ef01e0fe1",
                "5d93c9b03673c9ec880035b3ca4cbdb32990d663098cf9ecf61309ecd613f6b3",
                "0cc6633a632663e6dd559f399f1917197cc57cc95cd95346a346a346c3465c19",
                "0cc69ce563269c195d5560e69f19e8e67cc583365cd9acb9a3465cb98346a3e6",
                "ddb3b67f367336b388eaca6cce4cc24c2990299c09ac5653f613f613d613494c",
            ],
        ),
        (
            (1000, 700),
            [
                "cf0e871d78def01e86e1f00e771e80e198e06701ff01b8de4f614761f81ef81e",
                "5a59d25d2d9ba55bd3b4255b224bd5b4d5b53254b355e58b12341234ad4ba54b",
                "5a592da22d9b5aa4d3b4daa4224b2a4bd5b5cdab13551a741234edcbad4b5ab4",
                "0f0c78e378ce0ff186e18ff1771e7f1e80e098fe46004f214761b89ef81e0fe1",
                "59b3c9903673c9eca0023593ca6c3db32990d663098cfdecf61349ec3613f6b3",
                "0cc6633a63066346f5579f399f3997197cc57cc95cd91746a346a34663465c19",
                "0cc69cc563069cb9f55760c69f3968e67cc583365cd9a8b9a3461cb96346a3e6",
                "ddb3b66f367336b3a0bbca6cca6cc26c2990299c098c7213f613f613b613496c",
            ],
        ),
    ];

    #[test]
    fn hashes_in_all_orientations_are_those_of_the_reference_program() {
        for ((width, height), expected) in REFERENCE {
            let luma = Luma::new(width, height, drawn(width, height));
            let hashed = hash_luma(&luma);
            assert_eq!(hashed.quality, 100);
            for ((how, hash), expected) in orientations(hashed.hash(), &hashed.forms()).into_iter().zip(expected) {
                let distance = hash.distance(&expected.parse().unwrap());
                // Sums in another order turn over a coefficient that equals the median; PDQ's
                // description allows 10 bits.
                assert!(distance <= 2, "{width}×{height} {how:?}: {distance} bits");
            }
        }
    }

    #[test]
    fn a_picture_averaged_down_keeps_within_the_bits_that_pdq_allows() {
        for (width, height) in [(1000, 700), (1280, 1707), (2400, 1800)] {
            let pixels = drawn(width, height);
            let full = hash_luma(&Luma::new(width, height, pixels.clone())).hash();
            let reduced = hash_luma(&Luma::from_luma(width, height, pixels)).hash();
            assert!(reduced.distance(&full) <= 10, "{width}×{height}: {}", reduced.distance(&full));
        }
    }

    #[test]
    fn area_hashes_do_not_depend_on_the_size_they_are_read_at() {
        let full = Luma::new(1200, 900, drawn(1200, 900));
        let half = full.halved();
        let hash = |luma: &Luma| hash_area(&luma.plane()).hash();
        assert!(hash(&full).distance(&hash(&half)) <= 2);
        assert!(hash(&full).distance(&hash(&half.halved())) <= 6);
        let weights = area_taps(131);
        for sample in 0..SIDE {
            let (_, weights) = weights.of(sample);
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}
