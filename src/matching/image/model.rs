//! The types other rooms see: signatures, references, hits and problems.

use std::fmt;
use std::str::FromStr;

use super::fuse::Placement;
use super::hash::{Hash256, ParseHashError};
use crate::registry::model::{BrandKey, ReferenceKey, ReferenceKind};

/// The three mirrored forms of a hash. With the hash itself they give all eight
/// orientations, because a transposed picture has the transposed bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forms {
    /// Of the picture mirrored left to right.
    pub mirrored: Hash256,
    /// Of the picture mirrored top to bottom.
    pub flipped: Hash256,
    /// Of the picture turned by 180°.
    pub turned: Hash256,
}

impl fmt::Display for Forms {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}{}", self.mirrored, self.flipped, self.turned)
    }
}

impl FromStr for Forms {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |place: usize| text.get(place * 64..(place + 1) * 64).ok_or(ParseHashError)?.parse();
        if text.len() != 3 * 64 {
            return Err(ParseHashError);
        }
        Ok(Self { mirrored: part(0)?, flipped: part(1)?, turned: part(2)? })
    }
}

impl serde::Serialize for Forms {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Forms {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a part of a picture was hashed on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// What remains when uniform borders are cut off.
    Trim,
    /// A part set off from the rest by uniform gaps, such as one picture of a collage.
    Panel,
    /// A part enclosed by straight edges, such as a picture set into another or on a screen.
    Frame,
    /// A half or quarter, such as one picture of a collage without gaps.
    Tile,
    /// A fixed crop, so that cropped copies are found.
    Crop,
}

/// A rectangle in thousandths of the picture's width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(from = "[u16; 4]", into = "[u16; 4]")]
pub struct PartRect {
    /// Left edge.
    pub left: u16,
    /// Top edge.
    pub top: u16,
    /// Width.
    pub width: u16,
    /// Height.
    pub height: u16,
}

impl From<[u16; 4]> for PartRect {
    fn from([left, top, width, height]: [u16; 4]) -> Self {
        Self { left, top, width, height }
    }
}

impl From<PartRect> for [u16; 4] {
    fn from(rect: PartRect) -> Self {
        [rect.left, rect.top, rect.width, rect.height]
    }
}

/// The hash of a part of a picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Region {
    /// Why it was cut out.
    pub cut: Cut,
    /// Where it lies.
    pub at: PartRect,
    /// How much structure it has, 0 to 100.
    pub quality: u8,
    /// Its hash.
    pub hash: Hash256,
    /// Its mirrored forms, where turned copies of the part are searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forms: Option<Forms>,
}

/// What stands out from a uniform ground, such as a drawn mark, whatever its colours.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Shape {
    /// The box around it.
    pub at: PartRect,
    /// A hundred times the binary logarithm of the box's width by its height, in pixels.
    pub proportion: i16,
    /// Share of the box that is drawn, 0 to 255.
    pub fill: u8,
    /// How much structure its mask has, 0 to 100.
    pub quality: u8,
    /// Of 16×16 cells of the box, which are filled more than the mean.
    pub hash: Hash256,
}

/// What the matcher compares of one picture. Small enough to store with each listing image.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Signature {
    /// The PDQ hash of the whole picture.
    pub hash: Hash256,
    /// PDQ's measure of structure, 0 (blank) to 100.
    pub quality: u8,
    /// Width in pixels, after the EXIF orientation was applied.
    pub width: u32,
    /// Height in pixels, after the EXIF orientation was applied.
    pub height: u32,
    /// The mirrored forms of `hash`; absent = only the upright form is searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forms: Option<Forms>,
    /// Hashes of parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// Drawn shapes on a uniform ground.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<Shape>,
}

impl Signature {
    /// A signature of a hash alone, as received from a shared hash list.
    pub fn plain(hash: Hash256, quality: u8, width: u32, height: u32) -> Self {
        Self { hash, quality, width, height, forms: None, regions: Vec::new(), shapes: Vec::new() }
    }
}

/// What a picture may cost before it is refused. Checked on the header, before
/// memory for pixels is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Largest file, in bytes.
    pub max_bytes: usize,
    /// Largest width × height.
    pub max_pixels: u64,
    /// Largest width and largest height, in pixels.
    pub max_side: u32,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        // 20 MiB holds a full-quality JPEG of a 50-megapixel camera; 50 million pixels are
        // 150 MB as RGB and about half a second of decoding, which bounds time as well as
        // memory. 20,000 pixels a side admits long banner pictures.
        Self { max_bytes: 20 * 1024 * 1024, max_pixels: 50_000_000, max_side: 20_000 }
    }
}

/// Why a picture could not be read, in words its sender can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageProblem {
    /// No bytes at all.
    #[error("the image file is empty; send the picture's bytes")]
    Empty,
    /// More bytes than allowed.
    #[error("the image has {bytes} bytes, more than the {limit} allowed; send a smaller or more compressed picture")]
    TooManyBytes {
        /// Bytes received.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// More pixels than allowed, by its header.
    #[error("the image is {width}×{height} pixels, more than {limit} in all; scale it down, 1000×1000 is enough")]
    TooManyPixels {
        /// Width by the header.
        width: u32,
        /// Height by the header.
        height: u32,
        /// Pixels allowed.
        limit: u64,
    },
    /// One side is longer than allowed, by its header.
    #[error("the image is {width}×{height} pixels and no side may exceed {limit}; scale it down or cut it into parts")]
    SideTooLong {
        /// Width by the header.
        width: u32,
        /// Height by the header.
        height: u32,
        /// Longest side allowed.
        limit: u32,
    },
    /// Too few pixels to compare.
    #[error("the image is {width}×{height} pixels, too small to compare; send at least {minimum} pixels a side")]
    TooSmall {
        /// Width by the header.
        width: u32,
        /// Height by the header.
        height: u32,
        /// Shortest side needed.
        minimum: u32,
    },
    /// The content is no picture format that is read here.
    #[error("the content is {found}, not a picture that can be read; send a JPEG, PNG, WebP or GIF file")]
    NotAnImage {
        /// What the content looks like: "text", "an SVG drawing", "a ZIP archive".
        found: String,
    },
    /// The file ends early.
    #[error("the {format} file ends before its picture is complete; upload it again in full")]
    Truncated {
        /// The format by its content.
        format: &'static str,
    },
    /// The file is damaged.
    #[error("the {format} file is damaged: {detail}; export the picture again")]
    Damaged {
        /// The format by its content.
        format: &'static str,
        /// What the decoder met, cut to 200 characters.
        detail: String,
    },
    /// The file is valid but uses what is not read here.
    #[error("the {format} file uses a feature that is not supported: {detail}; export it as plain RGB JPEG or PNG")]
    Unsupported {
        /// The format by its content.
        format: &'static str,
        /// What it uses, cut to 200 characters.
        detail: String,
    },
    /// Hardly any structure: it would resemble every other blank picture.
    #[error(
        "the picture is nearly blank (quality {quality} of 100, at least {needed} needed); use one that shows the product or logo"
    )]
    Blank {
        /// PDQ quality.
        quality: u8,
        /// Quality needed.
        needed: u8,
    },
}

/// One reference picture as the index takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceEntry {
    /// The reference's name.
    pub key: ReferenceKey,
    /// The brand it belongs to.
    pub brand: BrandKey,
    /// What it shows; `Harmless` makes it part of the negative bank.
    pub kind: ReferenceKind,
    /// What is compared.
    pub signature: Signature,
    /// Largest distance that counts as a match, in bits; absent = the kind's default.
    pub threshold: Option<u16>,
}

/// How the listing picture relates to the reference it resembles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// As it is.
    Whole,
    /// Mirrored left to right.
    Mirrored,
    /// Turned clockwise by 90°.
    #[serde(rename = "rotated_90")]
    Rotated90,
    /// Turned by 180°.
    #[serde(rename = "rotated_180")]
    Rotated180,
    /// Turned clockwise by 270°.
    #[serde(rename = "rotated_270")]
    Rotated270,
    /// Mirrored left to right, then turned clockwise by 90°.
    #[serde(rename = "mirrored_rotated_90")]
    MirroredRotated90,
    /// Mirrored left to right, then turned by 180°: upside down.
    #[serde(rename = "mirrored_rotated_180")]
    MirroredRotated180,
    /// Mirrored left to right, then turned clockwise by 270°.
    #[serde(rename = "mirrored_rotated_270")]
    MirroredRotated270,
    /// With light and dark exchanged.
    Inverted,
    /// Local features agree on how one picture lies on the other.
    Geometric,
    /// As `Geometric`, and one picture is the mirror image of the other.
    GeometricMirrored,
    /// The same drawn shape, whatever the colours.
    Shape,
    /// A part of one picture is the other, or both share a part.
    Region,
    /// As `Region`, and that part is mirrored or turned.
    RegionTurned,
}

impl How {
    /// Whether hashes cannot say so: local features or drawn shapes were compared.
    pub fn is_closer(self) -> bool {
        matches!(self, How::Geometric | How::GeometricMirrored | How::Shape)
    }

    /// Whether the two are the same picture as a whole, in some orientation.
    pub fn is_whole(self) -> bool {
        !self.is_closer() && !matches!(self, How::Region | How::RegionTurned | How::Inverted)
    }

    /// The word used in JSON: `whole`, `rotated_90`.
    pub fn as_str(self) -> &'static str {
        match self {
            How::Whole => "whole",
            How::Mirrored => "mirrored",
            How::Rotated90 => "rotated_90",
            How::Rotated180 => "rotated_180",
            How::Rotated270 => "rotated_270",
            How::MirroredRotated90 => "mirrored_rotated_90",
            How::MirroredRotated180 => "mirrored_rotated_180",
            How::MirroredRotated270 => "mirrored_rotated_270",
            How::Inverted => "inverted",
            How::Geometric => "geometric",
            How::GeometricMirrored => "geometric_mirrored",
            How::Shape => "shape",
            How::Region => "region",
            How::RegionTurned => "region_turned",
        }
    }
}

/// One reference that a listing picture resembles.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ImageHit {
    /// The reference.
    pub reference: ReferenceKey,
    /// Its brand.
    pub brand: BrandKey,
    /// What it shows.
    pub kind: ReferenceKind,
    /// Bits that differ.
    pub distance: u16,
    /// Largest distance that counts for this reference.
    pub threshold: u16,
    /// How the two pictures relate.
    pub how: How,
    /// Strength, 0 to 1, rounded to three decimals; comparable over references.
    pub score: f32,
    /// Share of unrelated photographs that would come as near to one of the references, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub false_match_rate: Option<f32>,
    /// Local features that agree, where the closer look decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inliers: Option<u16>,
    /// Where the pictures lie on each other; the closer look says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
}

impl ImageHit {
    /// Whether only the closer look finds it: hashes alone do not come within the threshold.
    pub fn is_closer(&self) -> bool {
        self.how.is_closer() || self.distance > self.threshold
    }
}
