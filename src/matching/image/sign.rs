//! From a decoded picture to its signature.

use super::decode::{Decoded, decode};
use super::luma::Luma;
use super::model::{Cut, DecodeLimits, ImageProblem, Region, Signature};
use super::pdq;
use super::policy;
use super::regions::{Part, Pyramid, crops, cut_parts, framed_parts, tiles};
use super::shapes;

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
        Purpose::Listing => {
            parts.extend(framed_parts(&pyramid));
            parts.extend(tiles(&pyramid));
        }
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
        shapes: shapes::shapes(pyramid.analysis()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::image::{How, ImageIndex, ReferenceEntry};
    use crate::registry::model::{BrandKey, ReferenceKey, ReferenceKind};

    fn scene(width: usize, height: usize, seed: f64) -> Luma {
        let value = |x: usize, y: usize| {
            let (u, v) = (x as f64 / width as f64, y as f64 / height as f64);
            let waves = ((9.0 + seed) * u + 3.0 * v * v).sin()
                + (17.0 * v + seed * u * v).cos()
                + (31.0 * u * u - 11.0 * v).sin();
            let spot = if (u - 0.3).powi(2) + (v - 0.6).powi(2) < 0.02 { 90.0 } else { 0.0 };
            (110.0 + 35.0 * waves + spot).clamp(10.0, 240.0) as u8
        };
        Luma::new(width, height, (0..width * height).map(|place| value(place % width, place / width)).collect())
    }

    fn paste(ground: &mut Luma, picture: &Luma, left: usize, top: usize) {
        for row in 0..picture.height {
            let to = (top + row) * ground.width + left;
            ground.pixels[to..to + picture.width].copy_from_slice(picture.plane().row(row));
        }
    }

    fn crop(luma: &Luma, left: usize, top: usize, width: usize, height: usize) -> Luma {
        let rows = (top..top + height).flat_map(|row| luma.plane().row(row)[left..left + width].to_vec());
        Luma::new(width, height, rows.collect())
    }

    fn listing(luma: Luma) -> Signature {
        sign(Decoded { luma, on_black: None }, Purpose::Listing)
    }

    fn index_of(luma: Luma) -> ImageIndex {
        let signature = sign(Decoded { luma, on_black: None }, Purpose::Reference);
        let (key, brand) = (ReferenceKey::new("r"), BrandKey::new("b"));
        ImageIndex::build(vec![ReferenceEntry { key, brand, kind: ReferenceKind::Product, signature, threshold: None }])
    }

    #[test]
    fn a_copy_inside_something_larger_is_found_and_called_a_region() {
        let original = scene(400, 300, 2.0);
        let index = index_of(original.clone());
        let mut bordered = Luma::new(520, 460, vec![255; 520 * 460]);
        paste(&mut bordered, &original, 70, 90);
        let mut collage = Luma::new(840, 300, vec![250; 840 * 300]);
        paste(&mut collage, &scene(400, 300, 7.0), 0, 0);
        paste(&mut collage, &original, 440, 0);
        let mut touching = Luma::new(800, 300, vec![0; 800 * 300]);
        paste(&mut touching, &scene(400, 300, 7.0), 0, 0);
        paste(&mut touching, &original, 400, 0);
        for (name, copy) in [("border", bordered), ("collage", collage), ("touching", touching)] {
            let hits = index.find(&listing(copy));
            assert_eq!(hits.first().map(|hit| hit.how), Some(How::Region), "{name}");
        }
        assert!(index.find(&listing(scene(400, 300, 7.0))).is_empty());
    }

    #[test]
    fn cropped_copies_are_found() {
        let original = scene(500, 400, 2.0);
        let index = index_of(original.clone());
        for copy in
            [crop(&original, 45, 36, 410, 328), crop(&original, 0, 0, 300, 400), crop(&original, 50, 0, 400, 400)]
        {
            assert_eq!(index.find(&listing(copy)).len(), 1);
        }
        assert_eq!(index.find(&listing(original))[0].how, How::Whole);
    }

    #[test]
    fn a_blank_picture_is_no_reference() {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::GrayImage::from_pixel(100, 100, image::Luma([200]))
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        let limits = DecodeLimits::default();
        assert_eq!(read(bytes.get_ref(), &limits).unwrap().quality, 0);
        let problem = read_reference(bytes.get_ref(), &limits).unwrap_err();
        assert_eq!(problem, ImageProblem::Blank { quality: 0, needed: policy::MIN_QUALITY });
    }

    #[test]
    fn a_white_logo_on_nothing_is_hashed_on_black() {
        let logo = image::GrayAlphaImage::from_fn(200, 200, |x, y| {
            image::LumaA([255, if (x / 23 + y / 31) % 2 == 0 { 255 } else { 0 }])
        });
        let mut bytes = std::io::Cursor::new(Vec::new());
        logo.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        assert!(read_reference(bytes.get_ref(), &DecodeLimits::default()).is_ok());
    }

    #[test]
    fn a_copy_set_into_a_photograph_or_shown_on_a_screen_is_found() {
        let original = scene(400, 300, 2.0);
        let index = index_of(original.clone());
        let mut inset = scene(800, 700, 7.0);
        paste(&mut inset, &original.halved(), 530, 90);
        let mut screen = Luma::new(540, 1170, vec![252; 540 * 1170]);
        for row in 0..1170 {
            // A thin line down the page keeps every row from being uniform.
            screen.pixels[row * 540 + 4..row * 540 + 14].fill(120);
        }
        paste(&mut screen, &Luma::new(470, 300, vec![3; 470 * 300]), 40, 500);
        paste(&mut screen, &original, 75, 500);
        for (name, copy) in [("inset", inset), ("screen", screen)] {
            let hits = index.find(&listing(copy));
            assert_eq!(hits.first().map(|hit| hit.how), Some(How::Region), "{name}");
        }
    }

    #[test]
    fn blank_and_oblong_pictures_have_no_parts_and_match_nothing() {
        for (width, height, value) in [(1000, 700, 0), (20_000, 20, 0), (20, 20_000, 255), (1, 1, 9), (64, 64, 128)] {
            let luma = Luma::new(width, height, vec![value; width * height]);
            let signature = sign(Decoded { luma: luma.clone(), on_black: None }, Purpose::Listing);
            assert_eq!(
                (signature.quality, signature.regions.len(), signature.shapes.len()),
                (0, 0, 0),
                "{width}×{height}"
            );
            assert!(policy::probes(&signature).is_empty());
            let look = crate::matching::image::Look::at(&luma, &signature);
            assert!(look.whole.is_empty() && look.parts.is_empty());
            assert!(policy::check_reference(&sign(Decoded { luma, on_black: None }, Purpose::Reference)).is_err());
        }
    }

    #[test]
    fn a_reference_that_matches_as_a_part_of_everything_floods_like_any_other() {
        use crate::kernel::Instant;
        use crate::matching::image::{FloodLimits, FloodWindow};
        let banner = scene(300, 220, 2.0);
        let index = index_of(banner.clone());
        let mut window = FloodWindow::new(60, 10);
        let pasted = |seed: u32| {
            let mut picture = scene(600, 440, 5.0 + f64::from(seed));
            paste(&mut picture, &banner, 300, 220);
            listing(picture)
        };
        let signatures: Vec<Signature> = (0..4).map(pasted).collect();
        for place in 0..240 {
            let hits = index.find(&signatures[place % signatures.len()]);
            assert_eq!(hits.first().map(|hit| hit.how), Some(How::Region), "{place}");
            let now = Instant::from_micros(place as i64 * 1_000_000).unwrap();
            window.record(now, hits.iter().map(|hit| &hit.reference));
        }
        let now = Instant::from_micros(240_000_000).unwrap();
        assert_eq!(window.floods(now, &FloodLimits::default()).len(), 1);
    }

    #[test]
    fn a_signature_survives_json() {
        let signature = listing(scene(420, 300, 3.0));
        assert!(!signature.regions.is_empty());
        let text = serde_json::to_string(&signature).unwrap();
        assert_eq!(serde_json::from_str::<Signature>(&text).unwrap(), signature);
    }
}
