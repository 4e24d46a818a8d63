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
            factor => reduce_luma(width, height, &values, factor),
        }
    }

    /// A plane of luminance scaled so that its longest side has at most `longest` pixels
    /// (at least one), each the exact mean of the area it covers. What is small enough stays
    /// as it is. `values` must hold `width × height` values.
    pub fn area_scaled(width: usize, height: usize, values: &[u8], longest: usize) -> Self {
        let present = width.max(height);
        if present <= longest.max(1) {
            return Self::new(width, height, values.to_vec());
        }
        let scaled = |side: usize| ((side * longest.max(1) + present / 2) / present).max(1);
        area_average(width, height, values, scaled(width), scaled(height))
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

/// Scales a plane down to `new_width × new_height`. Pixels that straddle a border count on
/// both sides by their share, so nothing shifts and nothing is left out. Rows are summed
/// first, in sixteen bits, of which processors do many at a time.
fn area_average(width: usize, height: usize, values: &[u8], new_width: usize, new_height: usize) -> Luma {
    // 255 × 256 is the most that sixteen bits hold, and 255 × 256 × 65536 that 32 bits hold.
    let rows = Shares::of(height, new_height, 256);
    let columns = Shares::of(width, new_width, 65_536);
    let mut pixels = Vec::with_capacity(new_width * new_height);
    let mut sums = vec![0_u16; width];
    for place in 0..new_height {
        let (first, shares) = rows.at(place);
        sums.fill(0);
        for (row, &share) in values[first * width..].chunks_exact(width).zip(shares) {
            let share = share as u16;
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += share * u16::from(value);
            }
        }
        pixels.extend((0..new_width).map(|place| {
            let (first, shares) = columns.at(place);
            let parts = sums[first..].iter().zip(shares).map(|(&sum, &share)| u32::from(sum) * share);
            ((parts.sum::<u32>() + (1 << 23)) >> 24) as u8
        }));
    }
    Luma::new(new_width, new_height, pixels)
}

/// For each pixel of a scaled axis, the pixels it covers and their shares of it.
struct Shares {
    first: Vec<usize>,
    start: Vec<usize>,
    shares: Vec<u32>,
}

impl Shares {
    /// The shares of each pixel add up to `whole` exactly.
    fn of(length: usize, new_length: usize, whole: usize) -> Self {
        let mut all = Self { first: Vec::new(), start: vec![0], shares: Vec::new() };
        for place in 0..new_length {
            // In parts of which an old pixel has `new_length` and a new one `length`, so that
            // all borders are whole numbers.
            let (from, to) = (place * length, (place + 1) * length);
            let covered = from / new_length..to.div_ceil(new_length);
            let up_to = |border: usize| ((border.clamp(from, to) - from) * whole + length / 2) / length;
            let share = |pixel: usize| up_to((pixel + 1) * new_length) - up_to(pixel * new_length);
            all.first.push(covered.start);
            all.shares.extend(covered.map(|pixel| share(pixel) as u32));
            all.start.push(all.shares.len());
        }
        all
    }

    fn at(&self, place: usize) -> (usize, &[u32]) {
        (self.first[place], &self.shares[self.start[place]..self.start[place + 1]])
    }
}

fn factor_for(width: usize, height: usize) -> usize {
    // 16 × 16 pixels of 255 × 65536 are the most that 32 bits hold.
    (width.min(height) / SHORTEST_REDUCED).clamp(1, 16)
}

/// Averages luminance over blocks of `factor × factor` pixels.
fn reduce_luma(width: usize, height: usize, values: &[u8], factor: usize) -> Luma {
    let (new_width, new_height) = (width.div_ceil(factor), height.div_ceil(factor));
    let mut pixels = Vec::with_capacity(new_width * new_height);
    let mut sums = vec![0_u16; width];
    for block in values.chunks(factor * width) {
        let mut rows = block.chunks_exact(width);
        for (sum, &value) in sums.iter_mut().zip(rows.next().unwrap_or_default()) {
            *sum = u16::from(value);
        }
        for row in rows {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += u16::from(value);
            }
        }
        let rows = block.len() / width;
        match factor {
            // The common factors as constants, so that the inner loop unrolls.
            2 => means_of::<2>(&sums, rows, &mut pixels),
            3 => means_of::<3>(&sums, rows, &mut pixels),
            4 => means_of::<4>(&sums, rows, &mut pixels),
            5 => means_of::<5>(&sums, rows, &mut pixels),
            6 => means_of::<6>(&sums, rows, &mut pixels),
            _ => pixels.extend(sums.chunks(factor).map(|cell| mean_of(cell, share_of(cell.len() * rows)))),
        }
    }
    Luma { width: new_width, height: new_height, pixels, full_width: width, full_height: height, factor }
}

/// Means of cells of `FACTOR` sums of `rows` rows; the last cell may be narrower.
fn means_of<const FACTOR: usize>(sums: &[u16], rows: usize, pixels: &mut Vec<u8>) {
    let (cells, rest) = sums.as_chunks::<FACTOR>();
    let share = share_of(FACTOR * rows);
    pixels.extend(cells.iter().map(|cell| mean_of(cell, share)));
    if !rest.is_empty() {
        pixels.push(mean_of(rest, share_of(rest.len() * rows)));
    }
}

/// What one of `count` pixels adds to a mean, in 24 binary places: 255 of them stay below 32 bits.
fn share_of(count: usize) -> u32 {
    (1 << 24) / count as u32
}

#[inline(always)]
fn mean_of(cell: &[u16], share: u32) -> u8 {
    ((cell.iter().map(|&sum| u32::from(sum)).sum::<u32>() * share + (1 << 23)) >> 24) as u8
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mean(values: &[u8]) -> f64 {
        values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn averaging_equals_the_mean_of_each_block(
            width in 640_usize..1_300, height in 640_usize..1_300, seed in any::<u32>(),
        ) {
            let value = |place: usize| (place as u32).wrapping_mul(seed | 1).wrapping_mul(2_654_435_761) >> 24;
            let values: Vec<u8> = (0..width * height).map(|place| value(place) as u8).collect();
            let luma = Luma::from_luma(width, height, values.clone());
            let factor = luma.factor;
            for (column, row) in [(0, 0), (luma.width - 1, 0), (1, luma.height - 1), (luma.width - 1, luma.height - 1)] {
                let rows = values.chunks_exact(width).skip(row * factor).take(factor);
                let block: Vec<u8> =
                    rows.flat_map(|line| &line[column * factor..((column + 1) * factor).min(width)]).copied().collect();
                let found = f64::from(luma.pixels[row * luma.width + column]);
                prop_assert!((found - mean(&block)).abs() <= 0.51, "{found} {}", mean(&block));
            }
        }

        #[test]
        fn scaling_keeps_the_mean_and_the_proportions(
            width in 1_usize..300, height in 1_usize..300, longest in 1_usize..320, seed in any::<u32>(),
        ) {
            let value = |place: usize| (place as u32).wrapping_mul(seed | 1).wrapping_mul(2_654_435_761) >> 24;
            let values: Vec<u8> = (0..width * height).map(|place| value(place) as u8).collect();
            let luma = Luma::area_scaled(width, height, &values, longest);
            prop_assert_eq!(luma.pixels.len(), luma.width * luma.height);
            prop_assert_eq!(luma.width.max(luma.height), longest.min(width.max(height)));
            // Shares are rounded to 256 parts of a pixel's rows: a sixth of a level for each
            // hundred rows that one pixel stands for.
            prop_assert!((mean(&luma.pixels) - mean(&values)).abs() < 1.5, "{} {}", mean(&luma.pixels), mean(&values));
        }
    }

    #[test]
    fn a_scaled_edge_lies_where_it_was() {
        let values: Vec<u8> = (0..70 * 10).map(|place| if place % 70 < 35 { 0 } else { 200 }).collect();
        let luma = Luma::area_scaled(70, 10, &values, 7);
        assert_eq!(luma.pixels, [0, 0, 0, 100, 200, 200, 200]);
    }
}
