//! The second look: local features of a picture and of the parts that may be a picture of
//! their own.

use super::decode::{Detailed, decode_detailed};
use super::fuse::{Evidence, local_evidence};
use super::local::{Budget, LocalFeatures, LocalIndex, extract};
use super::luma::Luma;
use super::model::{Cut, DecodeLimits, ImageProblem, PartRect, Signature};
use super::policy;
use super::sign::{Purpose, sign};
use crate::registry::model::ReferenceKind;

/// Longest side of the copy that a listing picture's features are taken from, so that a part
/// of a quarter of the width still has the pixels of a small picture.
pub const DETAIL_SIDE: usize = 1200;
/// Parts that are looked at on their own.
const MOST_PARTS: usize = 3;
/// A part that covers more of the picture, in millionths, is seen well enough with the whole.
const LARGE_PART: u32 = 700_000;
/// Budget of a part.
const PART: Budget = Budget { side: 400, features: 300 };
/// References asked for at each look.
const ASKED: usize = 12;

/// Local features of a listing picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// Of the picture.
    pub whole: LocalFeatures,
    /// Of parts, with the place of each and whether straight edges frame it.
    pub parts: Vec<(PartRect, bool, LocalFeatures)>,
}

impl Look {
    /// Looks at a decoded listing picture; `signature` says where its parts are.
    pub fn at(detail: &Luma, signature: &Signature) -> Self {
        let whole = extract(detail, Budget::PHOTO);
        let set_apart = signature.regions.iter().filter(|region| {
            let small = u32::from(region.at.width) * u32::from(region.at.height) <= LARGE_PART;
            small && matches!(region.cut, Cut::Trim | Cut::Panel | Cut::Frame)
        });
        let parts = set_apart.take(MOST_PARTS).map(|region| {
            let features = extract(&cropped(detail, region.at), PART);
            (region.at, region.cut == Cut::Frame, features)
        });
        Self { parts: parts.collect(), whole }
    }

    /// What the features say about the references of an index, whose places `kind_of` knows.
    pub fn evidence(&self, index: &LocalIndex, kind_of: impl Fn(u32) -> ReferenceKind) -> Vec<Evidence> {
        let mut all = Vec::new();
        let whole = std::iter::once((None, &self.whole));
        let parts = self.parts.iter().map(|(at, framed, features)| (Some((*at, *framed)), features));
        for (within, features) in whole.chain(parts) {
            let found = index.find(features, ASKED).into_iter();
            all.extend(found.filter_map(|found| {
                let kind = kind_of(found.place);
                local_evidence(found, kind, within)
            }));
        }
        all
    }
}

/// A copy of a part of a picture.
fn cropped(luma: &Luma, at: PartRect) -> Luma {
    let scale = |thousandths: u16, length: usize| (usize::from(thousandths) * length + 500) / 1000;
    let left = scale(at.left, luma.width).min(luma.width - 1);
    let top = scale(at.top, luma.height).min(luma.height - 1);
    let width = scale(at.width, luma.width).clamp(1, luma.width - left);
    let height = scale(at.height, luma.height).clamp(1, luma.height - top);
    let plane = luma.plane();
    let rows = (top..top + height).flat_map(|row| plane.row(row)[left..left + width].iter().copied());
    Luma::new(width, height, rows.collect())
}

/// Decodes a listing's picture once for both looks: its signature, which is stored, and its
/// features, which are compared and may be forgotten.
///
/// Fails as [`super::decode()`] does.
pub fn read_closely(bytes: &[u8], limits: &DecodeLimits) -> Result<(Signature, Look), ImageProblem> {
    let Detailed { decoded, detail, .. } = decode_detailed(bytes, limits, DETAIL_SIDE)?;
    let signature = sign(decoded, Purpose::Listing);
    let look = Look::at(&detail, &signature);
    Ok((signature, look))
}

/// Decodes a reference once for both looks. Store the signature and
/// the features' bytes with the reference.
///
/// Fails as [`super::read_reference`] does.
pub fn read_reference_closely(bytes: &[u8], limits: &DecodeLimits) -> Result<(Signature, LocalFeatures), ImageProblem> {
    let (signature, features) = take_reference(bytes, limits)?;
    policy::check_reference(&signature)?;
    Ok((signature, features))
}

/// As [`read_reference_closely`], blank pictures included.
pub fn take_reference(bytes: &[u8], limits: &DecodeLimits) -> Result<(Signature, LocalFeatures), ImageProblem> {
    let Detailed { decoded, detail, detail_on_black } = decode_detailed(bytes, limits, Budget::DETAILED.side)?;
    let signature = sign(decoded, Purpose::Reference);
    let on_white = extract(&detail, Budget::DETAILED);
    // White drawings on nothing show on black alone.
    let features = match detail_on_black.map(|black| extract(&black, Budget::DETAILED)) {
        Some(on_black) if on_black.len() > 2 * on_white.len() => on_black,
        _ => on_white,
    };
    Ok((signature, features))
}
