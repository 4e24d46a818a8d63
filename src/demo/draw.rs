//! Product pictures drawn by code, so that the demonstration ships none.
//!
//! The same [`Scene`] and logo always give the same bytes on one machine. Scenes with
//! different seeds differ in background, light, place, size, turn and pattern, so that
//! pictures of unrelated offers do not look alike to a perceptual hash.

mod canvas;
mod outline;
mod random;
mod scene;
mod stage;
mod things;

pub use scene::{Colour, Edit, Product, Scene};

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{GrayImage, Rgb, RgbImage};

use self::canvas::channels;
use self::random::Random;
use self::stage::Stage;
use self::things::LogoPlace;

/// JPEG quality of a picture that nobody recompressed.
const QUALITY: u8 = 80;
/// Largest side of a picture after its edits, in pixels.
const MAX_SIDE: u32 = 1_200;
/// Largest side of a logo that is read, in pixels.
const MAX_LOGO_SIDE: u32 = 2_048;

/// Draws a scene as a JPEG of 600 × 600 pixels (other sizes after cropping, a frame or shrinking).
///
/// `logo` is the PNG of the brand that the scene names, dark or coloured on white; it is left
/// out when it is absent or unreadable.
pub fn render(scene: &Scene, logo: Option<&[u8]>) -> Vec<u8> {
    let mut random = Random::new(scene.seed);
    let mut stage = Stage::set(scene.product, scene.colour, &mut random);
    let place = things::draw(scene.product, &mut stage);
    if let Some(logo) = logo.and_then(Logo::read) {
        print_logo(&mut stage, &logo, place, scene.product);
    }
    let mut picture = stage.canvas.into_image();
    let mut quality = QUALITY;
    for edit in &scene.edits {
        match edit {
            Edit::Recompress { quality: wanted } => quality = (*wanted).clamp(1, 100),
            edit => picture = apply(picture, edit),
        }
    }
    encode(&picture, quality)
}

/// A logo as ink: how much of it covers each pixel, and its colour.
struct Logo {
    ink: GrayImage,
    colour: [f32; 3],
}

impl Logo {
    fn read(png: &[u8]) -> Option<Self> {
        let mut reader = image::ImageReader::with_format(Cursor::new(png), image::ImageFormat::Png);
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(MAX_LOGO_SIDE);
        limits.max_image_height = Some(MAX_LOGO_SIDE);
        reader.limits(limits);
        let picture = reader.decode().ok()?.to_rgb8();
        let whiteness = |pixel: &Rgb<u8>| pixel.0.iter().map(|channel| u32::from(*channel)).sum::<u32>();
        let darkest = *picture.pixels().min_by_key(|pixel| whiteness(pixel))?;
        let depth = (765 - whiteness(&darkest)).max(1);
        let ink = GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
            let paleness = 765 - whiteness(picture.get_pixel(x, y));
            image::Luma([(255 * paleness / depth).min(255) as u8])
        });
        Some(Self { ink, colour: channels(Colour(darkest.0)) })
    }

    /// Ink from 0 to 1 at a place from 0 to 1, smoothed between pixels.
    fn ink_at(&self, x: f32, y: f32) -> f32 {
        imageops::sample_bilinear(&self.ink, x, y).map_or(0.0, |image::Luma([ink])| f32::from(ink) / 255.0)
    }
}

/// Prints the logo in its own colour, or in black or white where that would not be seen.
fn print_logo(stage: &mut Stage, logo: &Logo, place: LogoPlace, product: Product) {
    let light = |colour: [f32; 3]| 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2];
    let on_paper = matches!(product, Product::Bottle | Product::Jar | Product::LogoCard);
    let ground = if on_paper { 244.0 } else { light(stage.colour) };
    let colour = match () {
        () if (light(logo.colour) - ground).abs() > 70.0 => logo.colour,
        () if ground > 128.0 => [20.0; 3],
        () => [246.0; 3],
    };
    let (pose, half) = (stage.pose, place.half);
    let corner = |x: f32, y: f32| pose.place((place.x + x * half, place.y + y * half));
    let outline = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)];
    let low = outline.iter().fold((f32::MAX, f32::MAX), |low, point| (low.0.min(point.0), low.1.min(point.1)));
    let high = outline.iter().fold((0.0f32, 0.0f32), |high, point| (high.0.max(point.0), high.1.max(point.1)));
    let side = stage.canvas.side();
    for y in low.1.max(0.0) as usize..high.1.min(side) as usize {
        for x in low.0.max(0.0) as usize..high.0.min(side) as usize {
            let (across, down) = pose.unplace((x as f32, y as f32));
            // A mirrored thing still carries its logo the right way round.
            let across = if pose.flipped { 2.0 * place.x - across } else { across };
            let (u, v) = ((across - place.x) / half * 0.5 + 0.5, (down - place.y) / half * 0.5 + 0.5);
            if (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v) {
                stage.canvas.blend(x, y, colour, logo.ink_at(u, v));
            }
        }
    }
}

fn apply(picture: RgbImage, edit: &Edit) -> RgbImage {
    let (width, height) = picture.dimensions();
    let share = |of: u32, share: f32| (of as f32 * share.clamp(0.0, 0.45)) as u32;
    match edit {
        Edit::Crop { sides, ends } => {
            let (x, y) = (share(width, *sides), share(height, *ends));
            imageops::crop_imm(&picture, x, y, width - 2 * x, height - 2 * y).to_image()
        }
        Edit::Mirror => imageops::flip_horizontal(&picture),
        Edit::Border { width: line, colour } => {
            let line = share(width, *line);
            let mut framed = RgbImage::from_pixel(width + 2 * line, height + 2 * line, Rgb(colour.0));
            imageops::replace(&mut framed, &picture, i64::from(line), i64::from(line));
            framed
        }
        Edit::Brighten { factor } => {
            let lit = |channel: u8| (f32::from(channel) * factor).clamp(0.0, 255.0) as u8;
            RgbImage::from_fn(width, height, |x, y| Rgb(picture.get_pixel(x, y).0.map(lit)))
        }
        Edit::Banner { height: strip, colour } => banner(picture, share(height, *strip), *colour),
        Edit::Shrink { side } => {
            let side = (*side).clamp(16, MAX_SIDE);
            imageops::resize(&picture, side, (side * height / width.max(1)).clamp(1, MAX_SIDE), FilterType::Triangle)
        }
        Edit::Recompress { .. } => picture,
    }
}

/// A strip over the lower edge, with bars in place of letters.
fn banner(mut picture: RgbImage, strip: u32, colour: Colour) -> RgbImage {
    let (width, height) = picture.dimensions();
    for y in height - strip..height {
        let line = (y + strip - height) * 5 / strip.max(1);
        for x in 0..width {
            let letter = x * 29 / width.max(1);
            let inked = matches!(line, 1 | 3) && (1..27).contains(&letter) && !(letter * 7 + line).is_multiple_of(5);
            picture.put_pixel(x, y, if inked { Rgb([250; 3]) } else { Rgb(colour.0) });
        }
    }
    picture
}

fn encode(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).expect("an RGB picture of bounded size is written to memory");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(product: Product, seed: u64) -> Scene {
        Scene { product, seed, colour: Colour([40, 90, 160]), logo: None, edits: Vec::new() }
    }

    const ALL: [Product; 17] = [
        Product::Tshirt,
        Product::Trousers,
        Product::Shoe,
        Product::Cap,
        Product::Bag,
        Product::Watch,
        Product::Sunglasses,
        Product::Headphones,
        Product::PhoneCase,
        Product::Charger,
        Product::Bottle,
        Product::Jar,
        Product::Box,
        Product::Mug,
        Product::Disc,
        Product::Poster,
        Product::LogoCard,
    ];

    /// A black square on white, as a logo.
    fn square_logo() -> Vec<u8> {
        let picture = RgbImage::from_fn(64, 64, |x, y| {
            Rgb([if (16..48).contains(&x) && (16..48).contains(&y) { 0 } else { 255 }; 3])
        });
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_product_is_drawn_whole() {
        for product in ALL {
            let picture = image::load_from_memory(&render(&scene(product, 7), Some(&square_logo()))).unwrap();
            assert_eq!((picture.width(), picture.height()), (600, 600), "{product:?}");
        }
    }

    #[test]
    fn the_same_scene_gives_the_same_bytes() {
        for product in [Product::Tshirt, Product::Watch, Product::Box] {
            let drawn = render(&scene(product, 7), Some(&square_logo()));
            assert_eq!(drawn, render(&scene(product, 7), Some(&square_logo())), "{product:?}");
        }
    }

    #[test]
    fn another_seed_gives_another_picture() {
        assert_ne!(render(&scene(Product::Mug, 1), None), render(&scene(Product::Mug, 2), None));
    }

    #[test]
    fn a_logo_is_seen_and_an_unreadable_one_is_left_out() {
        let plain = render(&scene(Product::Mug, 3), None);
        assert_ne!(plain, render(&scene(Product::Mug, 3), Some(&square_logo())));
        assert_eq!(plain, render(&scene(Product::Mug, 3), Some(b"no picture")));
    }

    #[test]
    fn edits_change_the_size_as_they_say() {
        let size_after = |edit: Edit| {
            let edited = Scene { edits: vec![edit], ..scene(Product::Shoe, 5) };
            let picture = image::load_from_memory(&render(&edited, None)).unwrap();
            (picture.width(), picture.height())
        };
        assert_eq!(size_after(Edit::Crop { sides: 0.1, ends: 0.05 }), (480, 540));
        assert_eq!(size_after(Edit::Border { width: 0.1, colour: Colour([0; 3]) }), (720, 720));
        assert_eq!(size_after(Edit::Shrink { side: 300 }), (300, 300));
        assert_eq!(size_after(Edit::Mirror), (600, 600));
        assert_eq!(size_after(Edit::Crop { sides: 9.0, ends: f32::NAN }), (60, 600));
    }
}
