//! JPEG straight to luminance.
//!
//! Nearly every JPEG stores luminance (Y of ITU-R BT.601) apart from colour. Asking the
//! decoder for that component alone skips the transform and the upsampling of the colours
//! and the way to RGB and back, about a third of the work, and gives the very values that
//! converting back approximates. Files that store RGB, CMYK or YCCK have no such component
//! and take the general path, as do the rare layouts which the decoder reads only there.

use image::metadata::Orientation;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::{ZByteIoError, ZCursor};
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::super::model::{DecodeLimits, ImageProblem};
use super::check_size;

const NAME: &str = "JPEG";

/// A JPEG's luminance as stored, before its orientation is applied.
pub(super) struct Plane {
    pub width: usize,
    pub height: usize,
    pub values: Vec<u8>,
    pub orientation: Orientation,
}

/// Decodes the luminance of a JPEG; `None` when it must be decoded to colours.
///
/// Fails with [`ImageProblem::Truncated`] when the picture's end is missing, with the size
/// problems of [`check_size`] before memory for pixels is taken, and with `Unsupported` for
/// layouts that the decoder is known to read wrongly.
pub(super) fn luminance_plane(bytes: &[u8], limits: &DecodeLimits) -> Result<Option<Plane>, ImageProblem> {
    let layout = Layout::read(bytes).filter(|layout| has_end(&bytes[layout.first_scan..]));
    let Some(layout) = layout else {
        return Err(ImageProblem::Truncated { format: NAME });
    };
    // Sides are judged by `check_size`, which names both. Not strict: browsers and phones
    // show files with stray bytes between segments, so sellers send them.
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(problem_of)?;
    let Some((width, height)) = decoder.dimensions() else {
        return Err(ImageProblem::Damaged { format: NAME, detail: "it has no size".into() });
    };
    check_size(width as u32, height as u32, limits)?;
    if let Some(detail) = layout.unreadable() {
        return Err(ImageProblem::Unsupported { format: NAME, detail: detail.into() });
    }
    let has_luminance = matches!(decoder.input_colorspace(), Some(ColorSpace::YCbCr | ColorSpace::Luma));
    if !has_luminance || layout.needs_colours() {
        return Ok(None);
    }
    let orientation = decoder.exif().and_then(|block| Orientation::from_exif_chunk(block));
    let values = decoder.decode().map_err(problem_of)?;
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    Ok((values.len() == width * height).then_some(Plane { width, height, values, orientation }))
}

fn problem_of(error: DecodeErrors) -> ImageProblem {
    let detail: String = error.to_string().chars().take(200).collect();
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(ZByteIoError::NotEnoughBytes(..)) => {
            ImageProblem::Truncated { format: NAME }
        }
        DecodeErrors::Unsupported(_) => ImageProblem::Unsupported { format: NAME, detail },
        _ => ImageProblem::Damaged { format: NAME, detail },
    }
}

/// Whether the end marker (ISO/IEC 10918-1: FF D9) follows the first scan. The decoder
/// fills missing parts with grey instead of complaining, so a cut file is found here.
fn has_end(from_first_scan: &[u8]) -> bool {
    from_first_scan.windows(2).rev().any(|pair| pair == [0xFF, 0xD9])
}

/// How the components are sampled and spread over scans.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Layout {
    /// Where the first scan's marker stands.
    first_scan: usize,
    progressive: bool,
    /// Horizontal and vertical sampling of each component; empty without a frame header.
    sampling: Vec<(u8, u8)>,
    /// How many components the first scan holds.
    in_first_scan: usize,
}

impl Layout {
    /// Walks the segments up to the first scan; `None` when the file ends before it.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut layout = Layout { first_scan: 0, progressive: false, sampling: Vec::new(), in_first_scan: 0 };
        let mut at = 2;
        loop {
            let marker = *bytes.get(at + 1)?;
            if bytes[at] != 0xFF {
                // Stray bytes between segments: search on, as decoders do.
                at += 1;
                continue;
            }
            match marker {
                0xFF => at += 1,
                0x00 | 0x01 | 0xD0..=0xD9 => at += 2,
                _ => {
                    let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
                    let body = bytes.get(at + 4..).unwrap_or_default();
                    match marker {
                        0xDA => {
                            layout.first_scan = at;
                            layout.in_first_scan = body.first().copied().map_or(0, usize::from);
                            return Some(layout);
                        }
                        // SOF0 to SOF15 but for DHT, JPG and DAC, which share the range.
                        0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => layout.take_frame(marker, body),
                        _ => {}
                    }
                    at += 2 + length.max(2);
                }
            }
        }
    }

    fn take_frame(&mut self, marker: u8, body: &[u8]) {
        self.progressive = marker == 0xC2;
        let count = body.get(5).copied().map_or(0, usize::from);
        let components = body.get(6..).unwrap_or_default().chunks_exact(3).take(count);
        self.sampling = components.map(|component| (component[1] >> 4, component[1] & 15)).collect();
    }

    /// What the decoder would read wrongly on any path (zune-jpeg 0.5.15, measured against
    /// libjpeg-turbo over 16 samplings): better refused than compared as noise.
    fn unreadable(&self) -> Option<&'static str> {
        let (&first, others) = self.sampling.split_first()?;
        if others.iter().any(|other| other.0 > first.0 || other.1 > first.1) {
            return Some("colours stored finer than luminance");
        }
        let subsampled_rows = self.sampling.iter().any(|&(_, down)| down > 1);
        if subsampled_rows && !self.progressive && self.in_first_scan < self.sampling.len() && !others.is_empty() {
            return Some("colours with fewer rows in scans of their own");
        }
        None
    }

    /// Whether luminance alone is read wrongly: progressive files with samples halved down
    /// but not across, such as a lossless quarter turn of 4:2:2 leaves.
    fn needs_colours(&self) -> bool {
        let across = self.sampling.iter().map(|sampling| sampling.0).max().unwrap_or(1);
        let down = self.sampling.iter().map(|sampling| sampling.1).max().unwrap_or(1);
        self.progressive && across == 1 && down > 1
    }
}
