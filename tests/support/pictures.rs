//! Pictures, whole and broken.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// A drawing with enough structure to be recognised; another number, another picture.
pub fn drawn(number: u32, side: u32) -> RgbImage {
    RgbImage::from_fn(side, side, |x, y| {
        let (column, row) = (x * 16 / side, y * 16 / side);
        let block = column.wrapping_mul(31).wrapping_add(row.wrapping_mul(17)).wrapping_add(number.wrapping_mul(7919));
        let shade = (block.wrapping_mul(2_654_435_761) >> 24) as u8;
        Rgb([shade, shade.wrapping_add((x % 16) as u8), shade / 2])
    })
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture in memory is written");
    bytes.into_inner()
}

/// [`drawn`] as PNG, 256 pixels wide.
pub fn png(number: u32) -> Vec<u8> {
    encoded(&drawn(number, 256), ImageFormat::Png)
}

/// [`drawn`] as JPEG, 256 pixels wide.
pub fn jpeg(number: u32) -> Vec<u8> {
    encoded(&drawn(number, 256), ImageFormat::Jpeg)
}

/// Discs scattered by chance: no part of one number's picture is in another's.
pub fn scattered(number: u32, side: u32) -> RgbImage {
    let mut state = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as u32 % below
    };
    let mut picture = RgbImage::from_pixel(side, side, Rgb([120, 130, 110]));
    for _ in 0..150 {
        let (x, y, radius) = (next(side) as i64, next(side) as i64, i64::from(4 + next(side / 10)));
        let colour = Rgb([next(256) as u8, next(256) as u8, next(256) as u8]);
        for (column, row, pixel) in picture.enumerate_pixels_mut() {
            if (i64::from(column) - x).pow(2) + (i64::from(row) - y).pow(2) <= radius * radius {
                *pixel = colour;
            }
        }
    }
    picture
}

/// [`scattered`] as PNG, 256 pixels wide.
pub fn scattered_png(number: u32) -> Vec<u8> {
    encoded(&scattered(number, 256), ImageFormat::Png)
}

/// [`scattered`] as JPEG, turned by `degrees` and enlarged by `scale` on another such picture, so that
/// its corners are cut off: hashes do not find it.
pub fn turned_jpeg(number: u32, degrees: f32, scale: f32) -> Vec<u8> {
    let (source, ground, side) = (scattered(number, 256), scattered(number + 5_000, 300), 300);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = side as f32 / 2.0;
    let turned = RgbImage::from_fn(side, side, |x, y| {
        let (x, y) = (x as f32 - middle, y as f32 - middle);
        let (u, v) = ((x * cos + y * sin) / scale + 128.0, (y * cos - x * sin) / scale + 128.0);
        if (0.0..255.0).contains(&u) && (0.0..255.0).contains(&v) {
            between(&source, u, v)
        } else {
            *ground.get_pixel((x + middle) as u32, (y + middle) as u32)
        }
    });
    encoded(&turned, ImageFormat::Jpeg)
}

/// The colour between four pixels.
fn between(picture: &RgbImage, u: f32, v: f32) -> Rgb<u8> {
    let (left, top) = (u.floor() as u32, v.floor() as u32);
    let (right, down) = (u - u.floor(), v - v.floor());
    let channel = |place: usize| {
        let at = |x: u32, y: u32| f32::from(picture.get_pixel(x, y).0[place]);
        let upper = at(left, top) * (1.0 - right) + at(left + 1, top) * right;
        let lower = at(left, top + 1) * (1.0 - right) + at(left + 1, top + 1) * right;
        (upper * (1.0 - down) + lower * down).round() as u8
    };
    Rgb([channel(0), channel(1), channel(2)])
}

/// One colour in this many pixels: a hundred thousand times smaller as a file than in memory.
pub fn flat_png(side: u32) -> Vec<u8> {
    encoded(&RgbImage::from_pixel(side, side, Rgb([200, 30, 30])), ImageFormat::Png)
}

/// A PNG that says it has `width` × `height` pixels and holds next to none.
pub fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut header = Vec::from(*b"IHDR");
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut bytes = Vec::from(*b"\x89PNG\r\n\x1a\n");
    for chunk in [header, Vec::from(*b"IDAT\x78\x9c\x03\x00\x00\x00\x00\x01"), Vec::from(*b"IEND")] {
        bytes.extend(((chunk.len() - 4) as u32).to_be_bytes());
        bytes.extend(&chunk);
        bytes.extend(crc32(&chunk).to_be_bytes());
    }
    bytes
}

/// The check value of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, step)
}
