//! The numbers of image matching: thresholds, gates and the score, in one place.

use super::hash::Hash256;
use super::index::{Probe, push_probes};
use super::model::{Cut, How, ImageProblem, PartRect, Signature};
use crate::registry::model::ReferenceKind;

/// Radius of the tables: the default threshold of product pictures.
pub const SEARCH_RADIUS: u16 = 31;
/// Largest threshold a reference may set, in bits. Unrelated hashes lie about 128 ± 8 bits
/// apart; at 90 chance matches begin with a registry of a million.
pub const MAX_THRESHOLD: u16 = 90;
/// Least quality of a picture that is compared; below it pictures are nearly blank and
/// resemble each other. 50 is what PDQ's description advises.
pub const MIN_QUALITY: u8 = 50;

/// The largest distance of a match by default. Product pictures: 31 bits, the largest
/// at which 3,300 unrelated pictures gave no false match, also PDQ's own advice. Logos are
/// plain shapes that differ in few coefficients, so they need to be nearer.
pub fn default_threshold(kind: ReferenceKind) -> u16 {
    match kind {
        ReferenceKind::Product | ReferenceKind::Harmless => SEARCH_RADIUS,
        ReferenceKind::Logo => 20,
    }
}

/// A reference's threshold: its own, at most [`MAX_THRESHOLD`], or its kind's.
pub fn threshold(kind: ReferenceKind, own: Option<u16>) -> u16 {
    own.map_or_else(|| default_threshold(kind), |own| own.min(MAX_THRESHOLD))
}

/// Whether a picture can serve as a reference.
///
/// Fails with [`ImageProblem::Blank`] when it has too little structure: it would match
/// every other blank picture, so it is kept out of search.
pub fn check_reference(signature: &Signature) -> Result<(), ImageProblem> {
    if signature.quality < MIN_QUALITY {
        return Err(ImageProblem::Blank { quality: signature.quality, needed: MIN_QUALITY });
    }
    Ok(())
}

/// How strongly a distance speaks, 0 to 1 with three decimals: 1 is identical, 0.5 lies at
/// the threshold, 0 at [`MAX_THRESHOLD`] and beyond. Falls with every bit, so that scores rank
/// beyond the threshold too, and means the same for every reference.
pub fn score(distance: u16, threshold: u16) -> f32 {
    let (distance, threshold) = (f64::from(distance), f64::from(threshold));
    let reach = f64::from(MAX_THRESHOLD + 1);
    let score = if distance <= threshold {
        1.0 - 0.5 * distance / threshold.max(1.0)
    } else {
        0.5 * (1.0 - (distance - threshold) / (reach - threshold)).max(0.0)
    };
    ((score * 1000.0).round() / 1000.0) as f32
}

/// A picture as a whole.
const WHOLE: PartRect = PartRect { left: 0, top: 0, width: 1000, height: 1000 };

/// The hashes under which a reference is found.
pub(crate) fn reference_rows(signature: &Signature, kind: ReferenceKind) -> Vec<(Hash256, Option<Cut>)> {
    reference_parts(signature, kind).into_iter().map(|(hash, cut, _)| (hash, cut)).collect()
}

/// Where the part lies that a probe was made of.
pub(crate) fn place_of(query: &Signature, probe: &Probe) -> PartRect {
    let inverted = || query.regions.iter().find(|region| region.cut == Cut::Trim).map(|region| region.at);
    match (probe.part, probe.cut) {
        (0, None) => WHOLE,
        (0, Some(_)) => inverted().unwrap_or(WHOLE),
        (part, _) => query.regions.get(usize::from(part) - 1).map_or(WHOLE, |region| region.at),
    }
}

/// The hashes under which a reference is found, with where the part of each lies.
pub(crate) fn reference_parts(signature: &Signature, kind: ReferenceKind) -> Vec<(Hash256, Option<Cut>, PartRect)> {
    if check_reference(signature).is_err() {
        return Vec::new();
    }
    let mut rows = vec![(signature.hash, None, WHOLE)];
    // A panel of a reference is only a part of what is protected: never a match by itself.
    // Logos are too plain for parts: a black square inside a logo is a black square.
    let parts = signature.regions.iter().filter(|region| region.quality >= MIN_QUALITY);
    for region in parts {
        let wanted = match region.cut {
            Cut::Trim => true,
            Cut::Crop => kind == ReferenceKind::Product,
            Cut::Panel | Cut::Frame | Cut::Tile => false,
        };
        if wanted {
            rows.push((region.hash, Some(region.cut), region.at));
        }
    }
    rows
}

/// The hashes of a listing picture that are looked up; none when it is blank.
pub(crate) fn probes(query: &Signature) -> Vec<Probe> {
    let mut probes = Vec::new();
    if query.quality >= MIN_QUALITY {
        push_probes(&mut probes, 0, None, query.hash, query.forms.as_ref());
    }
    // Light logos on dark ground: inverting a picture inverts its bits.
    if let Some(trim) = query.regions.iter().find(|region| region.cut == Cut::Trim) {
        probes.push(Probe { part: 0, cut: Some(Cut::Trim), how: How::Inverted, hash: trim.hash.inverted() });
    }
    for (place, region) in query.regions.iter().enumerate().take(usize::from(u8::MAX) - 1) {
        if region.quality >= MIN_QUALITY {
            push_probes(&mut probes, place as u8 + 1, Some(region.cut), region.hash, region.forms.as_ref());
        }
    }
    probes
}

/// The largest distance at which this probe may meet this row; `None` = never.
pub(crate) fn allowed_distance(
    kind: ReferenceKind,
    threshold: u16,
    probe: &Probe,
    reference_cut: Option<Cut>,
) -> Option<u16> {
    if probe.how == How::Inverted && kind != ReferenceKind::Logo {
        return None;
    }
    match (probe.cut, reference_cut) {
        // A part against a part says that both have a common part, if they are the same crop.
        (Some(Cut::Crop | Cut::Panel | Cut::Frame | Cut::Tile), Some(Cut::Crop)) => None,
        (Some(Cut::Crop | Cut::Panel | Cut::Frame | Cut::Tile), _) if kind == ReferenceKind::Logo => None,
        _ => Some(threshold),
    }
}
