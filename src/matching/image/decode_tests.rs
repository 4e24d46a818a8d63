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

/// A PNG of indexed colours: 8 bits, the chunks written out, the pixels stored uncompressed.
fn palette_png(side: u32, colours: &[[u8; 3]], index_at: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let mut raw: Vec<u8> = Vec::new();
    for y in 0..side {
        raw.push(0);
        raw.extend((0..side).map(|x| index_at(x, y)));
    }
    let length = raw.len() as u16;
    let (mut low, mut high) = (1_u32, 0_u32);
    for &byte in &raw {
        low = (low + u32::from(byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    let mut stored = vec![0x78, 0x01, 1];
    stored.extend_from_slice(&length.to_le_bytes());
    stored.extend_from_slice(&(!length).to_le_bytes());
    stored.extend_from_slice(&raw);
    stored.extend_from_slice(&(high << 16 | low).to_be_bytes());
    let mut header = side.to_be_bytes().to_vec();
    header.extend_from_slice(&side.to_be_bytes());
    header.extend_from_slice(&[8, 3, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in [(b"IHDR", header), (b"PLTE", colours.concat()), (b"IDAT", stored), (b"IEND", Vec::new())] {
        let named = [name.as_slice(), &body].concat();
        png.extend_from_slice(&(body.len() as u32).to_be_bytes());
        png.extend_from_slice(&named);
        png.extend_from_slice(&crc32(&named).to_be_bytes());
    }
    png
}

#[test]
fn indexed_colours_are_looked_up() {
    let png = palette_png(20, &[[255, 255, 255], [255, 0, 0]], |x, _| u8::from(x >= 10));
    let luma = read(&png).unwrap().luma;
    assert_eq!((luma.pixels[0], luma.pixels[19]), (255, 76));
}

#[test]
fn inverted_print_colours_with_luminance_are_read() {
    // Adobe's marker ends in the colour transform: 0 says CMYK, 2 says YCCK.
    let mut jpeg = include_bytes!("fixtures/cmyk.jpg").to_vec();
    let adobe = jpeg.windows(5).position(|window| window == b"Adobe").unwrap();
    jpeg[adobe + 11] = 2;
    let luma = read(&jpeg).unwrap().luma;
    assert!(luma.pixels.iter().max() > luma.pixels.iter().min());
}

#[test]
fn jpeg_luminance_equals_that_of_its_colours() {
    let photo = RgbImage::from_fn(203, 157, |x, y| {
        let wave = |step: f32| (127.0 + 120.0 * (x as f32 / step).sin() * (y as f32 / (step + 9.0)).cos()) as u8;
        Rgb([wave(17.0), wave(29.0), wave(41.0)])
    });
    let cases = [
        encoded(photo, ImageFormat::Jpeg),
        include_bytes!("fixtures/progressive_420.jpg").to_vec(),
        include_bytes!("fixtures/progressive_440.jpg").to_vec(),
        include_bytes!("fixtures/restart_422.jpg").to_vec(),
        encoded(GrayImage::from_fn(100, 60, |x, y| image::Luma([(x * 2 + y) as u8])), ImageFormat::Jpeg),
    ];
    for (place, jpeg) in cases.iter().enumerate() {
        let colours = image::load_from_memory(jpeg).unwrap().to_rgb8();
        let expected = colours.pixels().map(|pixel| luminance(pixel[0], pixel[1], pixel[2]));
        let luma = read(jpeg).unwrap().luma;
        assert_eq!((luma.full_width as u32, luma.full_height as u32), colours.dimensions());
        let differences: u32 = expected.zip(&luma.pixels).map(|(a, &b)| u32::from(a.abs_diff(b))).sum();
        // Colours outside RGB's range are cut off on the way to RGB and back.
        assert!(differences < 3 * luma.pixels.len() as u32, "case {place}: {differences}");
    }
}

#[test]
fn layouts_that_would_be_read_as_noise_are_refused() {
    for jpeg in [&include_bytes!("fixtures/separate_scans_420.jpg")[..], include_bytes!("fixtures/fine_colours.jpg")] {
        let problem = read(jpeg).unwrap_err();
        assert!(matches!(problem, ImageProblem::Unsupported { .. }), "{problem}");
    }
}

#[test]
fn long_banners_and_black_pictures_are_read() {
    let banner = encoded(GrayImage::from_fn(20_000, 20, |x, _| image::Luma([(x / 80) as u8])), ImageFormat::Png);
    let luma = read(&banner).unwrap().luma;
    assert_eq!((luma.full_width, luma.full_height), (20_000, 20));
    let black = read(&encoded(RgbImage::new(640, 700), ImageFormat::Jpeg)).unwrap().luma;
    assert!(black.pixels.iter().all(|&value| value == 0));
}

#[test]
fn the_finer_copy_shows_the_same_picture_at_the_asked_size() {
    let jpeg = encoded(picture(900, 640), ImageFormat::Jpeg);
    let detailed = decode_detailed(&jpeg, &DecodeLimits::default(), 600).unwrap();
    assert_eq!(detailed.decoded, read(&jpeg).unwrap());
    assert_eq!((detailed.detail.width, detailed.detail.height), (600, 427));
    let small = decode_detailed(&jpeg, &DecodeLimits::default(), 2000).unwrap().detail;
    assert_eq!((small.width, small.height), (900, 640));
    let mean = |luma: &Luma| luma.pixels.iter().map(|&value| f64::from(value)).sum::<f64>() / luma.pixels.len() as f64;
    assert!((mean(&small) - mean(&detailed.detail)).abs() < 0.6);
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

/// A JPEG with an EXIF segment that says this orientation.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    tiff[24] = orientation;
    let mut segment = vec![0xFF, 0xE1, 0, (tiff.len() + 2) as u8];
    segment.extend_from_slice(&tiff);
    let mut turned = jpeg.to_vec();
    turned.splice(2..2, segment);
    turned
}

#[test]
fn all_eight_exif_orientations_are_applied() {
    // Stored 64×32 with a dark corner at the upper left and a grey one at the upper right.
    let stored = RgbImage::from_fn(64, 32, |x, y| {
        Rgb([match (x < 32, y < 16) {
            (true, true) => 0,
            (false, true) => 120,
            _ => 250,
        }; 3])
    });
    let jpeg = encoded(stored, ImageFormat::Jpeg);
    // Where the dark and the grey corner are shown (EXIF 2.32, tag 0x0112).
    let corners = [(0, 1), (1, 0), (3, 2), (2, 3), (0, 2), (1, 3), (3, 1), (2, 0)];
    for (place, (dark, grey)) in corners.into_iter().enumerate() {
        let orientation = place as u8 + 1;
        let luma = read(&with_orientation(&jpeg, orientation)).unwrap().luma;
        let expected = if orientation < 5 { (64, 32) } else { (32, 64) };
        assert_eq!((luma.width, luma.height), expected, "orientation {orientation}");
        let (right, bottom) = (luma.width - 3, luma.height - 3);
        let shown = [(2, 2), (right, 2), (2, bottom), (right, bottom)].map(|(x, y)| luma.pixels[y * luma.width + x]);
        assert!(shown[dark] < 40, "orientation {orientation}: {shown:?}");
        assert!(shown[grey].abs_diff(120) < 40, "orientation {orientation}: {shown:?}");
    }
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
