//! Pictures in colour, and their way into a network.

/// Largest width or height that is taken, in pixels.
const MAX_SIDE: usize = 1 << 16;

/// The bytes are not those of a picture of the given size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes are not {width}×{height} pixels of {channels} bytes; pass the decoded picture as it is")]
pub struct PixelsProblem {
    width: usize,
    height: usize,
    channels: usize,
    bytes: usize,
}

/// An upright picture as interleaved red, green and blue bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// The order in which a network wants the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelOrder {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red.
    Bgr,
}

impl Pixels {
    /// A picture from interleaved RGB bytes.
    ///
    /// Fails when a side is zero or above 65,536 or the number of bytes is not width × height × 3.
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Result<Self, PixelsProblem> {
        check(width, height, 3, rgb.len())?;
        Ok(Self { width, height, rgb })
    }

    /// A picture from one grey byte a pixel.
    ///
    /// Fails as [`Pixels::new`] does.
    pub fn from_grey(width: usize, height: usize, grey: &[u8]) -> Result<Self, PixelsProblem> {
        check(width, height, 1, grey.len())?;
        Ok(Self { width, height, rgb: grey.iter().flat_map(|value| [*value; 3]).collect() })
    }

    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The colour at a place; places outside the picture have the colour of the nearest edge.
    pub(crate) fn at(&self, x: isize, y: isize) -> [u8; 3] {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        let start = (y * self.width + x) * 3;
        [self.rgb[start], self.rgb[start + 1], self.rgb[start + 2]]
    }

    /// The picture at another size. Each new pixel is the weighted mean of the old ones under
    /// it (a triangle of the width of the reduction), so that thin strokes survive.
    pub(crate) fn scaled(&self, width: usize, height: usize) -> Self {
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let columns = weights(self.width, width);
        let rows = weights(self.height, height);
        let mut narrow = Vec::with_capacity(width * self.height * 3);
        for line in self.rgb.chunks_exact(self.width * 3) {
            for Reach { first, shares } in &columns {
                let mut sum = [0.5_f32; 3];
                for (pixel, share) in line[first * 3..].chunks_exact(3).zip(shares) {
                    for (sum, value) in sum.iter_mut().zip(pixel) {
                        *sum += f32::from(*value) * share;
                    }
                }
                narrow.extend(sum.map(|value| value as u8));
            }
        }
        let stride = width * 3;
        let mut rgb = Vec::with_capacity(stride * height);
        let mut sums = vec![0.0_f32; stride];
        for Reach { first, shares } in &rows {
            sums.fill(0.5);
            for (line, share) in narrow[first * stride..].chunks_exact(stride).zip(shares) {
                for (sum, value) in sums.iter_mut().zip(line) {
                    *sum += f32::from(*value) * share;
                }
            }
            rgb.extend(sums.iter().map(|value| *value as u8));
        }
        Self { width, height, rgb }
    }

    /// The picture at half its size, each pixel the mean of four; the odd last row or column is dropped.
    pub(crate) fn halved(&self) -> Self {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height as isize {
            for x in 0..width as isize {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, down)| self.at(2 * x + right, 2 * y + down));
                rgb.extend((0..3).map(|channel| {
                    let sum: u16 = four.iter().map(|pixel| u16::from(pixel[channel])).sum();
                    ((sum + 2) / 4) as u8
                }));
            }
        }
        Self { width, height, rgb }
    }

    /// The largest part in the middle that has the proportions of `width` × `height`.
    pub(crate) fn middle(&self, width: usize, height: usize) -> Self {
        let part_width = (self.height * width / height.max(1)).clamp(1, self.width);
        let part_height = (self.width * height / width.max(1)).clamp(1, self.height);
        let (left, top) = ((self.width - part_width) / 2, (self.height - part_height) / 2);
        let lines = self.rgb.chunks_exact(self.width * 3).skip(top).take(part_height);
        let rgb = lines.flat_map(|line| &line[left * 3..(left + part_width) * 3]).copied().collect();
        Self { width: part_width, height: part_height, rgb }
    }

    /// The picture turned by 180°.
    pub(crate) fn upside_down(&self) -> Self {
        let rgb = self.rgb.chunks_exact(3).rev().flatten().copied().collect();
        Self { width: self.width, height: self.height, rgb }
    }

    /// The picture mirrored left to right.
    pub(crate) fn mirrored(&self) -> Self {
        let mirror = |line: &[u8]| line.chunks_exact(3).rev().flatten().copied().collect::<Vec<u8>>();
        let rgb = self.rgb.chunks_exact(self.width * 3).flat_map(mirror).collect();
        Self { width: self.width, height: self.height, rgb }
    }

    /// One plane a colour in `order`, each value scaled to 0–1, less its mean, divided by its deviation.
    pub(crate) fn planes(&self, order: ChannelOrder, mean: [f32; 3], deviation: [f32; 3]) -> Vec<f32> {
        let channels = match order {
            ChannelOrder::Rgb => [0, 1, 2],
            ChannelOrder::Bgr => [2, 1, 0],
        };
        let mut planes = Vec::with_capacity(self.rgb.len());
        for (place, channel) in channels.into_iter().enumerate() {
            let (mean, deviation) = (mean[place], deviation[place]);
            let table: [f32; 256] = std::array::from_fn(|value| (value as f32 / 255.0 - mean) / deviation);
            planes.extend(self.rgb[channel..].iter().step_by(3).map(|value| table[usize::from(*value)]));
        }
        planes
    }
}

fn check(width: usize, height: usize, channels: usize, bytes: usize) -> Result<(), PixelsProblem> {
    let sides = 1..=MAX_SIDE;
    // Both sides are bounded, so the product cannot overflow.
    if sides.contains(&width) && sides.contains(&height) && width * height * channels == bytes {
        return Ok(());
    }
    Err(PixelsProblem { width, height, channels, bytes })
}

/// Which old pixels a new one is made of.
struct Reach {
    first: usize,
    /// Their parts, which add up to 1.
    shares: Vec<f32>,
}

fn weights(from: usize, to: usize) -> Vec<Reach> {
    let step = from as f64 / to as f64;
    let radius = step.max(1.0);
    let reach = |place: usize| {
        let centre = (place as f64 + 0.5) * step;
        let first = (centre - radius).floor().max(0.0) as usize;
        let last = ((centre + radius).ceil() as usize).min(from);
        let weight = |old: usize| (1.0 - ((old as f64 + 0.5 - centre) / radius).abs()).max(0.0);
        let total: f64 = (first..last).map(weight).sum();
        Reach { first, shares: (first..last).map(|old| (weight(old) / total) as f32).collect() }
    };
    (0..to).map(reach).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: usize, height: usize) -> Pixels {
        let pixel = |at: usize| [(at % width * 7 % 256) as u8, (at / width * 5 % 256) as u8, (at % 251) as u8];
        Pixels::new(width, height, (0..width * height).flat_map(pixel).collect()).expect("sizes agree")
    }

    #[test]
    fn bytes_that_do_not_fit_the_size_are_refused() {
        for (width, height, bytes) in [(2, 2, 11), (0, 3, 0), (3, 0, 0), (usize::MAX, 2, 6)] {
            assert!(Pixels::new(width, height, vec![0; bytes]).is_err(), "{width}×{height} of {bytes}");
        }
        let said = Pixels::from_grey(2, 2, &[0; 3]).expect_err("three bytes are not four pixels").to_string();
        assert!(said.starts_with("3 bytes are not 2×2 pixels of 1"), "{said}");
    }

    #[test]
    fn an_even_colour_stays_itself_at_every_size() {
        let even = Pixels::new(37, 23, [200, 100, 50].repeat(37 * 23)).expect("sizes agree");
        for (width, height) in [(1, 1), (5, 40), (37, 23), (64, 64), (200, 3)] {
            let scaled = even.scaled(width, height);
            assert_eq!(scaled.rgb, [200, 100, 50].repeat(width * height), "{width}×{height}");
        }
    }

    #[test]
    fn a_thin_line_is_averaged_into_the_reduced_picture() {
        let grey: Vec<u8> = (0..64 * 64).map(|at| if at % 64 == 31 { 255 } else { 0 }).collect();
        let small = Pixels::from_grey(64, 64, &grey).expect("sizes agree").scaled(8, 8);
        let row: Vec<u8> = (0..8).map(|x| small.at(x, 4)[0]).collect();
        assert!(row[3] > 10 && row[4] > 10 && row[0] == 0 && row[7] == 0, "{row:?}");
    }

    #[test]
    fn turning_or_mirroring_twice_gives_the_picture_back() {
        let picture = ramp(7, 5);
        assert_eq!(picture.upside_down().upside_down(), picture);
        assert_eq!(picture.mirrored().mirrored(), picture);
        assert_eq!(picture.mirrored().at(0, 2), picture.at(6, 2));
        assert_eq!(picture.upside_down().at(0, 0), picture.at(6, 4));
    }

    #[test]
    fn planes_are_ordered_and_normalised_as_asked() {
        let one = Pixels::new(1, 1, vec![255, 0, 51]).expect("sizes agree");
        assert_eq!(one.planes(ChannelOrder::Rgb, [0.5; 3], [0.5; 3])[..2], [1.0, -1.0]);
        let turned = one.planes(ChannelOrder::Bgr, [0.0, 0.0, 1.0], [1.0, 1.0, 2.0]);
        assert!((turned[0] - 0.2).abs() < 1e-6 && turned[1] == 0.0 && turned[2] == 0.0, "{turned:?}");
    }

    #[test]
    fn the_middle_has_the_asked_proportions() {
        let size = |part: &Pixels| (part.width(), part.height());
        assert_eq!(size(&ramp(100, 40).middle(32, 32)), (40, 40));
        assert_eq!(size(&ramp(40, 100).middle(32, 16)), (40, 20));
        assert_eq!(size(&ramp(3, 1).middle(10, 1000)), (1, 1));
        assert_eq!(ramp(9, 5).middle(3, 5).at(0, 0), ramp(9, 5).at(3, 0));
    }

    #[test]
    fn halving_keeps_a_picture_of_one_pixel() {
        assert_eq!(ramp(1, 1).halved(), ramp(1, 1));
        assert_eq!((ramp(9, 4).halved().width(), ramp(9, 4).halved().height()), (4, 2));
    }
}
