//! Planes of luminance.
//!
//! Hashing needs a few hundred pixels a side, so a decoded picture is averaged down by a
//! whole factor while its colours become luminance. That keeps the cost of hashing far
//! below that of decoding, whatever the picture's size.

/// A picture keeps at least this many pixels on its shorter side when it is averaged down:
/// six for each of the 64 samples that PDQ takes.
const SHORTEST_REDUCED: usize = 320;

/// One byte of luminance a pixel, row by row, each the mean of `factor × factor` original pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Luma {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width × height` values, 0 black to 255 white.
    pub pixels: Vec<u8>,
    /// Width of the original.
    pub full_width: usize,
    /// Height of the original.
    pub full_height: usize,
    /// How many original pixels a side each pixel stands for; the last of a row or column
    /// may stand for fewer.
    pub factor: usize,
}

/// A rectangle of a [`Luma`], borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    stride: usize,
    pixels: &'a [u8],
}

impl<'a> Plane<'a> {
    /// One row of the rectangle. `row` must be below `height`.
    pub fn row(&self, row: usize) -> &'a [u8] {
        &self.pixels[row * self.stride..row * self.stride + self.width]
    }
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rect {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Luma {
    /// A plane that is taken as it is. `pixels` must hold `width × height` values.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Self {
        Self { width, height, pixels, full_width: width, full_height: height, factor: 1 }
    }

    /// Averages interleaved RGB bytes down and takes their luminance.
    pub fn from_rgb(width: usize, height: usize, rgb: &[u8]) -> Self {
        reduce(width, height, rgb, |[red, green, blue]: [u32; 3]| weighted(red, green, blue))
    }

    /// Averages a plane of luminance down.
    pub fn from_luma(width: usize, height: usize, values: Vec<u8>) -> Self {
        match factor_for(width, height) {
            1 => Self::new(width, height, values),
            _ => reduce(width, height, &values, |[value]: [u32; 1]| value << 16),
        }
    }

    /// The whole plane.
    pub fn plane(&self) -> Plane<'_> {
        Plane { width: self.width, height: self.height, stride: self.width, pixels: &self.pixels }
    }

    /// A part of the plane. The rectangle must lie inside it and not be empty.
    pub(crate) fn part(&self, rect: Rect) -> Plane<'_> {
        let first = rect.top * self.width + rect.left;
        Plane { width: rect.width, height: rect.height, stride: self.width, pixels: &self.pixels[first..] }
    }

    /// A copy of half the width and height, each pixel the mean of four. An odd last row or
    /// column is dropped.
    pub(crate) fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            let upper = &self.pixels[2 * row * self.width..][..2 * width];
            let lower = &self.pixels[(2 * row + 1) * self.width..][..2 * width];
            let means = upper.chunks_exact(2).zip(lower.chunks_exact(2)).map(|(above, below)| {
                let sum = u16::from(above[0]) + u16::from(above[1]) + u16::from(below[0]) + u16::from(below[1]);
                ((sum + 2) / 4) as u8
            });
            pixels.extend(means);
        }
        Self { width, height, pixels, factor: 2 * self.factor, ..*self }
    }
}

/// ITU-R BT.601 luminance, as PDQ's description has it, times 65536: 0.299 R + 0.587 G +
/// 0.114 B with weights rounded so that they add up to 65536.
fn weighted(red: u32, green: u32, blue: u32) -> u32 {
    19_595 * red + 38_470 * green + 7_471 * blue
}

/// Luminance of one pixel.
pub(crate) fn luminance(red: u8, green: u8, blue: u8) -> u8 {
    ((weighted(red.into(), green.into(), blue.into()) + 32_768) >> 16) as u8
}

fn factor_for(width: usize, height: usize) -> usize {
    // 16 × 16 pixels of 255 × 65536 are the most that 32 bits hold.
    (width.min(height) / SHORTEST_REDUCED).clamp(1, 16)
}

/// Averages pixels of `CHANNELS` bytes over blocks; `weigh` makes luminance times 65536 of
/// a block's sums. Rows are summed first: neighbouring bytes then add up side by side,
/// which processors do many at a time.
fn reduce<const CHANNELS: usize>(
    width: usize,
    height: usize,
    bytes: &[u8],
    weigh: impl Fn([u32; CHANNELS]) -> u32 + Copy,
) -> Luma {
    let factor = factor_for(width, height);
    let (new_width, new_height) = (width.div_ceil(factor), height.div_ceil(factor));
    let mut pixels = Vec::with_capacity(new_width * new_height);
    let mut sums = vec![0_u16; width * CHANNELS];
    for block in bytes.chunks(factor * width * CHANNELS).take(new_height) {
        sums.fill(0);
        let mut rows = 0;
        for row in block.chunks_exact(width * CHANNELS) {
            for (sum, &byte) in sums.iter_mut().zip(row) {
                *sum += u16::from(byte);
            }
            rows += 1;
        }
        match factor {
            // The common small factors as constants, so that the inner loop unrolls.
            1 => average_cells(&sums, 1, rows, weigh, &mut pixels),
            2 => average_cells(&sums, 2, rows, weigh, &mut pixels),
            _ => average_cells(&sums, factor, rows, weigh, &mut pixels),
        }
    }
    Luma { width: new_width, height: new_height, pixels, full_width: width, full_height: height, factor }
}

/// Averages the sums of `rows` rows over cells of `factor` columns; the last cell may be narrower.
#[inline(always)]
fn average_cells<const CHANNELS: usize>(
    sums: &[u16],
    factor: usize,
    rows: u32,
    weigh: impl Fn([u32; CHANNELS]) -> u32,
    pixels: &mut Vec<u8>,
) {
    let total_of = |cell: &[u16]| {
        let mut totals = [0_u32; CHANNELS];
        for pixel in cell.chunks_exact(CHANNELS) {
            for (total, &sum) in totals.iter_mut().zip(pixel) {
                *total += u32::from(sum);
            }
        }
        weigh(totals)
    };
    let mean = |weighed: u32, count: u32| (weighed as f32 * (1.0 / 65536.0) / count as f32 + 0.5) as u8;
    let full = sums.chunks_exact(factor * CHANNELS);
    let rest = full.remainder();
    let count = factor as u32 * rows;
    if count.is_power_of_two() {
        let shift = 16 + count.trailing_zeros();
        pixels.extend(full.map(|cell| (total_of(cell) >> shift) as u8));
    } else {
        pixels.extend(full.map(|cell| mean(total_of(cell), count)));
    }
    if !rest.is_empty() {
        pixels.push(mean(total_of(rest), (rest.len() / CHANNELS) as u32 * rows));
    }
}
