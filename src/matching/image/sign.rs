//! From a decoded picture to its signature.

use super::decode::{Decoded, decode};
use super::luma::Luma;
use super::model::{Cut, DecodeLimits, ImageProblem, Region, Signature};
use super::pdq;
use super::policy;
use super::regions::{Part, Pyramid, crops, cut_parts, tiles};

/// Sides below which a part is hashed from a finer level: twice PDQ's 64 samples and some.
const PART_PIXELS: usize = 160;
/// Shortest side of a part in the original, in pixels; smaller ones are thumbnails.
const SHORTEST_PART_PIXELS: usize = 48;

/// What a signature is for; it decides which parts are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A listing's picture: parts that may show a reference as a whole.
    Listing,
    /// A reference: crops under which a cut copy of it is found.
    Reference,
}

/// Decodes and hashes a listing's picture.
///
/// Fails as [`decode`] does. A blank picture is no failure here: its quality says so, and
/// search finds nothing for it.
pub fn read(bytes: &[u8], limits: &DecodeLimits) -> Result<Signature, ImageProblem> {
    decode(bytes, limits).map(|decoded| sign(decoded, Purpose::Listing))
}

/// Decodes and hashes a reference picture.
///
/// Fails as [`decode`] does, and with [`ImageProblem::Blank`] when the picture has too
/// little structure to be told from others.
pub fn read_reference(bytes: &[u8], limits: &DecodeLimits) -> Result<Signature, ImageProblem> {
    let signature = decode(bytes, limits).map(|decoded| sign(decoded, Purpose::Reference))?;
    policy::check_reference(&signature)?;
    Ok(signature)
}

/// Hashes a decoded picture and its parts.
pub fn sign(decoded: Decoded, purpose: Purpose) -> Signature {
    let on_white = sign_luma(decoded.luma, purpose);
    match decoded.on_black {
        Some(black) if on_white.quality < policy::MIN_QUALITY => {
            let on_black = sign_luma(black, purpose);
            if on_black.quality > on_white.quality { on_black } else { on_white }
        }
        _ => on_white,
    }
}

fn sign_luma(luma: Luma, purpose: Purpose) -> Signature {
    let whole = pdq::hash_luma(&luma);
    let (width, height) = (luma.full_width, luma.full_height);
    let pyramid = Pyramid::new(luma);
    let mut parts = cut_parts(&pyramid);
    match purpose {
        Purpose::Listing => parts.extend(tiles(&pyramid)),
        Purpose::Reference => {
            parts.retain(|part| part.cut == Cut::Trim);
            parts.extend(crops(pyramid.full()));
        }
    }
    let regions = parts.into_iter().filter_map(|part| sign_part(&pyramid, part)).collect();
    Signature {
        hash: whole.hash(),
        quality: whole.quality,
        width: width as u32,
        height: height as u32,
        forms: Some(whole.forms()),
        regions,
    }
}

fn sign_part(pyramid: &Pyramid, part: Part) -> Option<Region> {
    let full = pyramid.full();
    let width = usize::from(part.at.width) * full.full_width / 1000;
    let height = usize::from(part.at.height) * full.full_height / 1000;
    if width.min(height) < SHORTEST_PART_PIXELS {
        return None;
    }
    let hashed = pdq::hash_plane(&pyramid.part(part.at, PART_PIXELS));
    if hashed.quality < policy::MIN_QUALITY {
        return None;
    }
    // Crops of a listing picture are compared upright and mirrored only through their
    // references; turned forms are kept where a turned copy is likely.
    let forms = (part.cut != Cut::Crop && part.cut != Cut::Tile).then(|| hashed.forms());
    Some(Region { cut: part.cut, at: part.at, quality: hashed.quality, hash: hashed.hash(), forms })
}
