//! What is kept of a picture.

use super::code::{Code, WEAK};

/// How much is taken from a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Budget {
    /// Longest side of the working plane in pixels; larger pictures are averaged down.
    pub side: usize,
    /// Most features kept, strongest first.
    pub features: usize,
}

impl Budget {
    /// For an ordinary photograph of a listing.
    pub const PHOTO: Self = Self { side: 512, features: 500 };

    /// For references, small logos and small insets.
    pub const DETAILED: Self = Self { side: 800, features: 1000 };
}

/// One feature as it is worked with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Feature {
    /// Position in units of which the picture's longest side has [`UNITS`].
    pub x: f32,
    pub y: f32,
    /// Blur at the feature, in the same units.
    pub scale: f32,
    /// Radians.
    pub angle: f32,
    pub code: Code,
}

/// One feature as it is kept: where it lies, how large, which way it points, and its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    /// Position in steps of 1/[`STEPS`] unit.
    pub x: u16,
    pub y: u16,
    /// Sixteenths of an octave over one unit.
    pub scale: u8,
    /// 256 to the turn.
    pub angle: u8,
    pub code: Code,
    /// The least certain bits of its key in the index, least certain first.
    pub weak: [u8; WEAK],
}

/// Steps of a kept position in a unit.
const STEPS: f32 = 32.0;

/// Steps of a kept scale in an octave.
const SCALE_STEPS: f32 = 16.0;

impl Kept {
    /// Rounds a feature to what is kept.
    pub fn new(feature: &Feature, weak: [u8; WEAK]) -> Self {
        let place = |value: f32| (value * STEPS + 0.5).clamp(0.0, f32::from(u16::MAX)) as u16;
        let turn = (feature.angle / std::f32::consts::TAU).rem_euclid(1.0);
        Self {
            x: place(feature.x),
            y: place(feature.y),
            scale: (feature.scale.max(1.0).log2() * SCALE_STEPS + 0.5).clamp(0.0, 255.0) as u8,
            angle: (turn * 256.0 + 0.5) as u32 as u8,
            code: feature.code,
            weak,
        }
    }

    /// The feature to work with.
    pub fn feature(&self) -> Feature {
        Feature {
            x: f32::from(self.x) / STEPS,
            y: f32::from(self.y) / STEPS,
            scale: (f32::from(self.scale) / SCALE_STEPS).exp2(),
            angle: f32::from(self.angle) / 256.0 * std::f32::consts::TAU,
            code: self.code,
        }
    }
}

/// Length of a picture's longest side in the units of [`Feature`].
pub(super) const UNITS: f32 = 1024.0;

/// The local features of one picture, strongest first, and a small grey copy of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalFeatures {
    /// The picture's width and height in units of which the longest side has 1024.
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) features: Vec<Kept>,
    pub(super) small: Small,
}

/// A small grey copy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Small {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

impl LocalFeatures {
    /// Number of features.
    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Whether nothing stood out: too small or flat a picture.
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// The same with at most `most` features, the strongest.
    pub fn truncated(mut self, most: usize) -> Self {
        self.features.truncate(most);
        self
    }
}

/// A reference that shows the same thing as the query, and how the two lie on each other.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalMatch {
    /// The reference's place, as given to [`super::LocalIndex::build`]; 0 from [`super::verify`].
    pub place: u32,
    /// Strength without unit, higher is better; [`super::false_match_rate`] reads it.
    pub raw: f32,
    /// Features that agree with the transform.
    pub inliers: u16,
    /// Correlation of the two pictures where they overlap, -1 to 1.
    pub correlation: f32,
    /// Whether one picture is the mirror image of the other.
    pub mirrored: bool,
    /// Whether light and dark are exchanged.
    pub inverted: bool,
    /// Projective transform, row by row, from the query to the reference, both in
    /// thousandths of their own sides.
    pub transform: [f32; 9],
    /// The matched region on the query, in thousandths of its sides.
    pub query_area: Vec<[i16; 2]>,
    /// The matched region on the reference, in thousandths of its sides.
    pub reference_area: Vec<[i16; 2]>,
}
