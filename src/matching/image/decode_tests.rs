use super::*;
use image::{DynamicImage, Frame, GrayImage, ImageBuffer, LumaA, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 5 % 256) as u8, (y * 3 % 256) as u8, ((x + y) * 2 % 256) as u8]))
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn read(bytes: &[u8]) -> Result<Decoded, ImageProblem> {
    decode(bytes, &DecodeLimits::default())
}

/// A PNG's signature and header with any size, and no pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(GrayImage::new(1, 1), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// CRC-32 as PNG has it (ISO 3309), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for &byte in bytes {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

#[test]
fn all_four_formats_are_read_whatever_their_name() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let decoded = read(&encoded(picture(60, 40), format)).unwrap();
        assert_eq!((decoded.luma.full_width, decoded.luma.full_height), (60, 40), "{format:?}");
    }
}

#[test]
fn a_huge_picture_is_refused_from_its_header() {
    let problem = read(&png_header(30_000, 30_000)).unwrap_err();
    assert_eq!(problem, ImageProblem::TooManyPixels { width: 30_000, height: 30_000, limit: 50_000_000 });
    let problem = read(&png_header(20_001, 20)).unwrap_err();
    assert!(matches!(problem, ImageProblem::SideTooLong { .. }), "{problem}");
    let problem = read(&encoded(picture(1, 1), ImageFormat::Png)).unwrap_err();
    assert!(matches!(problem, ImageProblem::TooSmall { .. }), "{problem}");
}

#[test]
fn too_many_bytes_are_refused_unread() {
    let limits = DecodeLimits { max_bytes: 100, ..DecodeLimits::default() };
    let problem = decode(&[0; 101], &limits).unwrap_err();
    assert_eq!(problem, ImageProblem::TooManyBytes { bytes: 101, limit: 100 });
    assert_eq!(read(&[]).unwrap_err(), ImageProblem::Empty);
}

#[test]
fn what_is_no_picture_is_named() {
    let cases: [(&[u8], &str); 7] = [
        (b"Buy genuine shoes here", "text"),
        (b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>", "an SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"PK\x03\x04\x14\0\0\0", "a ZIP archive"),
        (b"\0\0\0\x20ftypavif", "an AVIF or HEIC picture"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x01\x02\x03\x04\xff\xfe", "unknown data"),
    ];
    for (bytes, name) in cases {
        assert_eq!(read(bytes).unwrap_err(), ImageProblem::NotAnImage { found: name.into() });
    }
}

#[test]
fn cut_files_are_called_cut() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let bytes = encoded(picture(200, 200), format);
        let problem = read(&bytes[..bytes.len() * 2 / 3]).unwrap_err();
        assert_eq!(problem, ImageProblem::Truncated { format: format_name(format) });
    }
}

#[test]
fn deep_colour_palettes_and_print_colours_are_read() {
    let deep: ImageBuffer<Rgb<u16>, Vec<u16>> = ImageBuffer::from_fn(32, 32, |x, _| Rgb([x as u16 * 2048; 3]));
    let decoded = read(&encoded(deep, ImageFormat::Png)).unwrap();
    assert_eq!(decoded.luma.pixels[31], 248);
    let cmyk = read(include_bytes!("fixtures/cmyk.jpg")).unwrap();
    let (low, high) = (cmyk.luma.pixels.iter().min(), cmyk.luma.pixels.iter().max());
    assert!(low < Some(&60) && high > Some(&190), "{low:?} {high:?}");
}

#[test]
fn only_the_first_picture_of_an_animation_counts() {
    let mut bytes = Vec::new();
    let frame = |value: u8| Frame::new(RgbaImage::from_pixel(40, 40, Rgba([value, value, value, 255])));
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder.encode_frames([frame(200), frame(10)]).unwrap();
    drop(encoder);
    assert!(read(&bytes).unwrap().luma.pixels.iter().all(|&value| value > 150));
}

#[test]
fn transparent_parts_are_laid_on_both_grounds() {
    let logo = ImageBuffer::from_fn(40, 40, |x, _| LumaA([255_u8, if x < 20 { 255 } else { 0 }]));
    let decoded = read(&encoded(logo, ImageFormat::Png)).unwrap();
    assert!(decoded.luma.pixels.iter().all(|&value| value == 255));
    let black = decoded.on_black.unwrap();
    assert_eq!((black.pixels[0], black.pixels[39]), (255, 0));
}

#[test]
fn the_exif_orientation_is_applied() {
    let mut jpeg = encoded(RgbImage::from_fn(64, 32, |x, _| Rgb([if x < 32 { 0 } else { 250 }; 3])), ImageFormat::Jpeg);
    // An EXIF segment that says: turn by 90° clockwise (orientation 6).
    let tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let mut segment = vec![0xFF, 0xE1, 0, (tiff.len() + 2) as u8];
    segment.extend_from_slice(tiff);
    jpeg.splice(2..2, segment);
    let luma = read(&jpeg).unwrap().luma;
    assert_eq!((luma.width, luma.height), (32, 64));
    assert!(luma.pixels[16] < 30 && luma.pixels[63 * 32 + 16] > 220);
}

#[test]
fn no_cut_of_a_file_panics() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let bytes = encoded(picture(70, 50), format);
        for length in (0..bytes.len()).step_by(7) {
            // Formats may show what arrived; they must answer.
            let _ = read(&bytes[..length]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn random_bytes_after_any_magic_never_panic(
        magic in prop::sample::select(vec![&b"\xFF\xD8\xFF"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"GIF89a", b""]),
        noise in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = read(&[magic, &noise].concat());
    }

    #[test]
    fn damaged_files_never_panic(
        format in prop::sample::select(vec![ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = encoded(picture(48, 48), format);
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let limits = DecodeLimits { max_pixels: 4_000_000, ..DecodeLimits::default() };
        let _ = decode(&bytes, &limits);
    }
}
