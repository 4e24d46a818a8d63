//! Local features as bytes, for storage.
//!
//! ```text
//! "LF" 1 │ width, height (u16) │ grey copy: width, height (u8), pixels │ count (u16) │ features
//! feature: x, y (u16) │ scale, angle (u8) │ code (4 × u32) │ least certain bits (4 × 5 bits in 3 bytes)
//! ```
//!
//! Numbers are little-endian. A feature takes 25 bytes, so that the 600 of a reference
//! take 15 kB and its grey copy at most 16 kB.

use super::code::{KEY_BITS, WEAK};
use super::extract::{MOST_FEATURES, SMALL_SIDE};
use super::model::{Kept, LocalFeatures, Small};

/// First bytes: what it is, and in which version.
const MAGIC: [u8; 3] = *b"LF\x01";

/// Bytes of a feature.
const FEATURE: usize = 25;

/// Why bytes are not local features.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseLocalError {
    /// Something else, or another version.
    #[error("these bytes do not begin like local features of version 1; extract them from the picture again")]
    Unknown,
    /// Fewer or more bytes than the counts in them ask for.
    #[error(
        "local features of {expected} bytes were announced and {found} arrived; extract them from the picture again"
    )]
    Length {
        /// Bytes that the header asks for.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A value that extraction never writes.
    #[error("{what} of the local features is out of range; extract them from the picture again")]
    OutOfRange {
        /// Which value.
        what: &'static str,
    },
}

impl LocalFeatures {
    /// The stored form; [`LocalFeatures::from_bytes`] reads it back unchanged.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.small.pixels.len() + FEATURE * self.features.len());
        bytes.extend(MAGIC);
        bytes.extend(self.width.to_le_bytes());
        bytes.extend(self.height.to_le_bytes());
        // Both sides are at most SMALL_SIDE, the count at most MOST_FEATURES: nothing is cut.
        bytes.extend([self.small.width as u8, self.small.height as u8]);
        bytes.extend(&self.small.pixels);
        bytes.extend((self.features.len() as u16).to_le_bytes());
        for feature in &self.features {
            bytes.extend(feature.x.to_le_bytes());
            bytes.extend(feature.y.to_le_bytes());
            bytes.extend([feature.scale, feature.angle]);
            bytes.extend(feature.code.iter().flat_map(|word| word.to_le_bytes()));
            let weak = feature.weak.iter().rev().fold(0_u32, |packed, &bit| packed << 5 | u32::from(bit));
            bytes.extend(&weak.to_le_bytes()[..3]);
        }
        bytes
    }

    /// Reads the stored form. The bytes are not trusted: lengths, counts and ranges are
    /// checked, and no more memory is taken than the bytes themselves justify.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParseLocalError> {
        let Some(rest) = bytes.strip_prefix(&MAGIC) else { return Err(ParseLocalError::Unknown) };
        let short = |expected: usize| ParseLocalError::Length { expected, found: bytes.len() };
        let Some((head, rest)) = rest.split_at_checked(6) else { return Err(short(11)) };
        let number = |place: usize| u16::from_le_bytes([head[place], head[place + 1]]);
        let (width, height) = (number(0), number(2));
        let small = (usize::from(head[4]), usize::from(head[5]));
        check_sizes((width, height), small)?;
        let pixels = small.0 * small.1;
        let Some((pixels, rest)) = rest.split_at_checked(pixels) else { return Err(short(11 + pixels)) };
        let Some((count, rest)) = rest.split_at_checked(2) else { return Err(short(11 + pixels.len())) };
        let count = usize::from(u16::from_le_bytes([count[0], count[1]]));
        if count > MOST_FEATURES {
            return Err(ParseLocalError::OutOfRange { what: "the number" });
        }
        if rest.len() != count * FEATURE {
            return Err(short(11 + pixels.len() + count * FEATURE));
        }
        let features = rest.chunks_exact(FEATURE).map(feature_of).collect::<Result<_, _>>()?;
        let small = Small { width: small.0, height: small.1, pixels: pixels.to_vec() };
        Ok(Self { width, height, features, small })
    }
}

fn check_sizes((width, height): (u16, u16), small: (usize, usize)) -> Result<(), ParseLocalError> {
    if width.max(height) > super::model::UNITS as u16 {
        return Err(ParseLocalError::OutOfRange { what: "the size" });
    }
    if small.0.max(small.1) > SMALL_SIDE || (small.0 == 0) != (small.1 == 0) {
        return Err(ParseLocalError::OutOfRange { what: "the size of the grey copy" });
    }
    Ok(())
}

fn feature_of(bytes: &[u8]) -> Result<Kept, ParseLocalError> {
    let word = |place: usize| std::array::from_fn(|byte| bytes[6 + 4 * place + byte]);
    let packed = u32::from_le_bytes([bytes[22], bytes[23], bytes[24], 0]);
    let weak: [u8; WEAK] = std::array::from_fn(|place| ((packed >> (5 * place)) & 31) as u8);
    if packed >> 20 != 0 || weak.iter().any(|&bit| u32::from(bit) >= KEY_BITS) {
        return Err(ParseLocalError::OutOfRange { what: "a feature" });
    }
    Ok(Kept {
        x: u16::from_le_bytes([bytes[0], bytes[1]]),
        y: u16::from_le_bytes([bytes[2], bytes[3]]),
        scale: bytes[4],
        angle: bytes[5],
        code: std::array::from_fn(|place| u32::from_le_bytes(word(place))),
        weak,
    })
}
