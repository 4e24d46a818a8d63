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
