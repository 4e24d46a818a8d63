//! What a picture's signature costs beside decoding it: a 1000×1000 JPEG.

use std::io::Cursor;
use std::sync::LazyLock;

use assay::matching::image::{DecodeLimits, Purpose, decode, hash_luma, read, sign};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, ImageReader, Rgb, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

mod support;
use support::{Candidate, Random, compare, goal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIDE: u32 = 1000;
/// The goals: hash and signature with decoding, over decoding alone with the same decoder.
const GOAL_WHOLE: f64 = 1.3;
const GOAL_ALL: f64 = 1.5;

static JPEG: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 85).encode_image(&picture()).expect("encodes");
    bytes
});

/// Something like a product photograph: a soft ground, a few objects with edges, sensor noise.
fn picture() -> RgbImage {
    let mut random = Random::new(3);
    let discs: Vec<(f32, f32, f32, [f32; 3])> = (0..40)
        .map(|_| {
            let mut part = || random.below(SIDE as usize) as f32;
            let (x, y, size, red, green, blue) = (part(), part(), part() / 6.0, part(), part(), part());
            (x, y, size, [red / 4.0, green / 4.0, blue / 4.0])
        })
        .collect();
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let ground = 150.0 + 60.0 * (x / 190.0).sin() * (y / 230.0).cos();
        let inside = discs.iter().rev().find(|(cx, cy, size, _)| (x - cx).hypot(y - cy) < *size);
        let noise = random.below(9) as f32 - 4.0;
        Rgb(std::array::from_fn(|channel| (inside.map_or(ground, |disc| disc.3[channel]) + noise) as u8))
    })
}

/// The same decoder and the same component as under limits, and nothing else.
fn luminance_alone(bytes: &[u8]) -> Vec<u8> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
    JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode().expect("decodes")
}

fn decode_alone(bytes: &[u8]) -> DynamicImage {
    ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg).decode().expect("decodes")
}

fn main() {
    let (bytes, limits) = (JPEG.as_slice(), DecodeLimits::default());
    let signature = read(bytes, &limits).expect("is a picture");
    println!(
        "{SIDE}×{SIDE} JPEG of {} kB; its signature holds 8 orientations and {} parts",
        bytes.len() / 1000,
        signature.regions.len(),
    );
    let pixels = decode_alone(bytes);
    let decoded = decode(bytes, &limits).expect("is a picture");
    let gradient = image_hasher::HasherConfig::new().hash_size(16, 16).to_hasher();
    let dct = image_hasher::HasherConfig::new().hash_size(16, 16).preproc_dct().to_hasher();
    let first_byte = |hash: image_hasher::ImageHash| u64::from(hash.as_bytes()[0]);
    let times = compare(
        "CPU time of one picture",
        vec![
            Candidate::new("decoding alone, to luminance", 1, || luminance_alone(bytes).len() as u64),
            Candidate::new("decoding under limits, averaged down", 1, || {
                decode(bytes, &limits).expect("is a picture").luma.full_width as u64
            }),
            Candidate::new("decoding and PDQ of the whole in all orientations", 1, || {
                let hashed = hash_luma(&decode(bytes, &limits).expect("is a picture").luma);
                u64::from(hashed.forms().mirrored.bit(0)) + u64::from(hashed.hash().bit(0))
            }),
            Candidate::new("decoding and signature: what a listing's picture costs", 1, || {
                u64::from(read(bytes, &limits).expect("is a picture").quality)
            }),
            Candidate::new("  of it: PDQ of the whole, all orientations", 1, || {
                let hashed = hash_luma(&decoded.luma);
                u64::from(hashed.forms().mirrored.bit(0)) + u64::from(hashed.hash().bit(0))
            }),
            Candidate::new("  of it: signature with parts (and a copy of the luminance)", 1, || {
                u64::from(sign(decoded.clone(), Purpose::Listing).quality)
            }),
            Candidate::new("peer: decoding with the image crate, to RGB", 1, || u64::from(decode_alone(bytes).width())),
            Candidate::new("peer: decoding and image_hasher, gradient 16×16", 1, || {
                first_byte(gradient.hash_image(&decode_alone(bytes)))
            }),
            Candidate::new("peer: image_hasher on pixels, gradient after DCT 16×16", 1, || {
                first_byte(dct.hash_image(&pixels))
            }),
            Candidate::new("limit: reading each byte of the pixels once", 1, || {
                pixels.as_bytes().iter().map(|byte| u64::from(*byte)).sum()
            }),
        ],
    );
    goal("\nhash of the whole with decoding, over decoding alone", times[2] / times[0], "", GOAL_WHOLE, true);
    goal("all hashes with decoding, over decoding alone", times[3] / times[0], "", GOAL_ALL, true);
    divan::main();
}

#[divan::bench]
fn decode_one() -> DynamicImage {
    decode_alone(&JPEG)
}

#[divan::bench]
fn decode_and_sign_one() -> u8 {
    read(&JPEG, &DecodeLimits::default()).expect("is a picture").quality
}
