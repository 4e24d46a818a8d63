//! A square of colour and the filling of outlines on it, with smooth edges.

use super::scene::Colour;

/// A point; x to the right, y downwards.
pub(super) type Point = (f32, f32);

/// Lines tested in each row of pixels: their mean gives smooth upper and lower edges.
const LINES_IN_ROW: usize = 4;

/// A picture being drawn. Colours are 0 to 255 a channel.
pub(super) struct Canvas {
    side: usize,
    pixels: Vec<[f32; 3]>,
}

impl Canvas {
    /// A canvas of `side` × `side` pixels, each given by `colour_at` its place in pixels.
    pub(super) fn new(side: usize, colour_at: impl Fn(f32, f32) -> [f32; 3]) -> Self {
        let pixels = (0..side * side).map(|place| colour_at((place % side) as f32, (place / side) as f32)).collect();
        Self { side, pixels }
    }

    /// Pixels along one side.
    pub(super) fn side(&self) -> f32 {
        self.side as f32
    }

    /// Lays `colour` over one pixel; `cover` is 0 (nothing) to 1 (all).
    pub(super) fn blend(&mut self, x: usize, y: usize, colour: [f32; 3], cover: f32) {
        let Some(pixel) = (x < self.side).then(|| self.pixels.get_mut(y * self.side + x)).flatten() else {
            return;
        };
        for (channel, wanted) in pixel.iter_mut().zip(colour) {
            *channel += (wanted - *channel) * cover;
        }
    }

    /// Multiplies every pixel's brightness by `factor` of its place.
    pub(super) fn shade(&mut self, factor: impl Fn(f32, f32) -> f32) {
        let side = self.side;
        for (place, pixel) in self.pixels.iter_mut().enumerate() {
            let by = factor((place % side) as f32, (place / side) as f32);
            pixel.iter_mut().for_each(|channel| *channel *= by);
        }
    }

    /// Fills the inside of `outline`; `paint` gives the colour at a place in pixels.
    pub(super) fn fill(&mut self, outline: &[Point], cover: f32, paint: impl Fn(f32, f32) -> [f32; 3]) {
        let (top, bottom) =
            outline.iter().fold((f32::MAX, f32::MIN), |(low, high), (_, y)| (low.min(*y), high.max(*y)));
        let first = top.floor().max(0.0) as usize;
        let last = bottom.ceil().clamp(0.0, self.side()) as usize;
        let mut row = vec![0.0f32; self.side];
        for y in first..last {
            row.fill(0.0);
            for line in 0..LINES_IN_ROW {
                let height = y as f32 + (line as f32 + 0.5) / LINES_IN_ROW as f32;
                for pair in crossings(outline, height).chunks_exact(2) {
                    cover_span(&mut row, pair[0], pair[1]);
                }
            }
            for (x, covered) in row.iter().enumerate().filter(|(_, covered)| **covered > 0.0) {
                self.blend(x, y, paint(x as f32, y as f32), covered.min(1.0) * cover);
            }
        }
    }

    /// The finished picture.
    pub(super) fn into_image(self) -> image::RgbImage {
        let bytes = self.pixels.iter().flatten().map(|channel| channel.round().clamp(0.0, 255.0) as u8).collect();
        image::RgbImage::from_raw(self.side as u32, self.side as u32, bytes).expect("three bytes for every pixel")
    }
}

/// Where the outline crosses the horizontal line at `height`, from left to right.
fn crossings(outline: &[Point], height: f32) -> Vec<f32> {
    let next = outline.iter().cycle().skip(1);
    let mut places: Vec<f32> = outline
        .iter()
        .zip(next)
        .filter(|((_, from), (_, to))| (*from <= height) != (*to <= height))
        .map(|((x, y), (to_x, to_y))| x + (height - y) / (to_y - y) * (to_x - x))
        .collect();
    places.sort_by(f32::total_cmp);
    places
}

/// Adds one line's share to the pixels between two places of a row.
fn cover_span(row: &mut [f32], from: f32, to: f32) {
    let (from, to) = (from.clamp(0.0, row.len() as f32), to.clamp(0.0, row.len() as f32));
    let share = 1.0 / LINES_IN_ROW as f32;
    for (x, covered) in row.iter_mut().enumerate().take(to.ceil() as usize).skip(from.floor() as usize) {
        let inside = (to.min(x as f32 + 1.0) - from.max(x as f32)).max(0.0);
        *covered += inside * share;
    }
}

/// A colour's three channels as numbers to reckon with.
pub(super) fn channels(colour: Colour) -> [f32; 3] {
    colour.0.map(f32::from)
}

/// The colour between `a` and `b`; `share` 0 is `a`, 1 is `b`.
pub(super) fn mix(a: [f32; 3], b: [f32; 3], share: f32) -> [f32; 3] {
    [0, 1, 2].map(|channel| a[channel] + (b[channel] - a[channel]) * share)
}
