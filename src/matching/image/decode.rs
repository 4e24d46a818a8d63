//! Bytes to luminance, under hard limits.
//!
//! The format is found from the content, never from a name. Size and pixel count are
//! checked on the header, before memory for pixels is taken. Work is bounded by the same
//! numbers: every decoder here reads each byte and writes each pixel a bounded number of
//! times (progressive JPEG: at most 100 scans), so `max_pixels` bounds time as well.

mod jpeg;

use std::io::{Cursor, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::error::LimitErrorKind;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::luma::{Luma, luminance};
use super::model::{DecodeLimits, ImageProblem};

/// Shortest side that is worth comparing, in pixels: PDQ samples 64×64 values and a picture
/// with fewer than a quarter of them on a side is an icon or a tracking pixel.
const MIN_SIDE: u32 = 16;

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Luminance over a white ground, upright.
    pub luma: Luma,
    /// Luminance over a black ground, where the picture has transparent parts: white logos
    /// on nothing are blank on white.
    pub on_black: Option<Luma>,
}

/// A decoded picture with a finer copy beside the one that is hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detailed {
    /// What is hashed.
    pub decoded: Decoded,
    /// Luminance over a white ground, upright, scaled by exact area average so that its
    /// longest side has at most the asked length; a picture of its own (`factor` 1).
    pub detail: Luma,
    /// As `detail`, over a black ground, where the picture has transparent parts.
    pub detail_on_black: Option<Luma>,
}

/// Decodes the first picture of a JPEG, PNG, WebP or GIF file.
///
/// Fails with the problem's own variant of [`ImageProblem`]; never panics on any input.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Decoded, ImageProblem> {
    guarded(bytes, limits, Full::reduced)
}

/// As [`decode`], and keeps a copy of at most `longest` pixels a side for matchers that look
/// at details. One decoding serves both.
pub fn decode_detailed(bytes: &[u8], limits: &DecodeLimits, longest: usize) -> Result<Detailed, ImageProblem> {
    guarded(bytes, limits, |full| full.detailed(longest))
}

/// Decodes under limits and hands the picture at full size to `finish`.
fn guarded<T>(bytes: &[u8], limits: &DecodeLimits, finish: impl FnOnce(Full) -> T) -> Result<T, ImageProblem> {
    if bytes.is_empty() {
        return Err(ImageProblem::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(ImageProblem::TooManyBytes { bytes: bytes.len(), limit: limits.max_bytes });
    }
    let format = sniff(bytes)?;
    let name = format_name(format);
    // The decoders are other people's code fed with hostile bytes: a panic in one of them
    // must refuse one picture, not end the service.
    let outcome = catch_unwind(AssertUnwindSafe(|| decode_as(format, bytes, limits).map(finish)));
    outcome.unwrap_or_else(|_| Err(ImageProblem::Damaged { format: name, detail: "the decoder gave up".into() }))
}

fn decode_as(format: ImageFormat, bytes: &[u8], limits: &DecodeLimits) -> Result<Full, ImageProblem> {
    if format == ImageFormat::Jpeg
        && let Some(plane) = jpeg::luminance_plane(bytes, limits)?
    {
        let jpeg::Plane { width, height, values, orientation } = plane;
        return Ok(Full { width, height, on_white: Samples::Luminance(values), on_black: None, orientation });
    }
    decode_colours(format, bytes, limits)
}

fn decode_colours(format: ImageFormat, bytes: &[u8], limits: &DecodeLimits) -> Result<Full, ImageProblem> {
    let name = format_name(format);
    let problem = |error| problem_of(error, name, limits);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(decoder_limits(limits));
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, limits)?;
    let color = decoder.color_type();
    let total = decoder.total_bytes();
    // Four bytes a pixel: deep colour halves the number of pixels that are admitted.
    if total > limits.max_pixels.saturating_mul(4) {
        return Err(ImageProblem::TooManyPixels { width, height, limit: limits.max_pixels });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut pixels = vec![0; total as usize];
    decoder.read_image(&mut pixels).map_err(problem)?;
    let (on_white, on_black) = samples_of(color, pixels)
        .ok_or_else(|| ImageProblem::Unsupported { format: name, detail: format!("pixels of type {color:?}") })?;
    Ok(Full { width: width as usize, height: height as usize, on_white, on_black, orientation })
}

/// Interleaved RGB is averaged down before it becomes luminance, which is cheaper.
enum Samples {
    Rgb(Vec<u8>),
    Luminance(Vec<u8>),
}

/// A picture at full size, as stored.
struct Full {
    width: usize,
    height: usize,
    on_white: Samples,
    on_black: Option<Vec<u8>>,
    orientation: Orientation,
}

impl Full {
    fn reduced(self) -> Decoded {
        let Self { width, height, orientation, .. } = self;
        let luma = match self.on_white {
            Samples::Rgb(rgb) => Luma::from_rgb(width, height, &rgb),
            Samples::Luminance(values) => Luma::from_luma(width, height, values),
        };
        let black = self.on_black.map(|values| Luma::from_luma(width, height, values));
        Decoded { luma: upright(luma, orientation), on_black: black.map(|luma| upright(luma, orientation)) }
    }

    fn detailed(mut self, longest: usize) -> Detailed {
        let (width, height, orientation) = (self.width, self.height, self.orientation);
        if let Samples::Rgb(rgb) = &self.on_white {
            let values = rgb.chunks_exact(3).map(|pixel| luminance(pixel[0], pixel[1], pixel[2]));
            self.on_white = Samples::Luminance(values.collect());
        }
        let scaled = |values: &[u8]| upright(Luma::area_scaled(width, height, values, longest), orientation);
        let detail = match &self.on_white {
            Samples::Rgb(values) | Samples::Luminance(values) => scaled(values),
        };
        let detail_on_black = self.on_black.as_deref().map(scaled);
        Detailed { detail, detail_on_black, decoded: self.reduced() }
    }
}

fn check_size(width: u32, height: u32, limits: &DecodeLimits) -> Result<(), ImageProblem> {
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(ImageProblem::TooManyPixels { width, height, limit: limits.max_pixels });
    }
    if width.max(height) > limits.max_side {
        return Err(ImageProblem::SideTooLong { width, height, limit: limits.max_side });
    }
    if width.min(height) < MIN_SIDE {
        return Err(ImageProblem::TooSmall { width, height, minimum: MIN_SIDE });
    }
    Ok(())
}

/// What the decoders may take for themselves: the pixels at eight bytes each (16-bit RGBA)
/// and working space. Width and height are judged by [`check_size`], which names both.
fn decoder_limits(limits: &DecodeLimits) -> Limits {
    let mut own = Limits::no_limits();
    own.max_alloc = Some(limits.max_pixels.saturating_mul(8).saturating_add(16 * 1024 * 1024));
    own
}

fn format_name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        _ => "GIF",
    }
}

/// The format by the first bytes, or what the content looks like instead.
fn sniff(bytes: &[u8]) -> Result<ImageFormat, ImageProblem> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let webp = starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match () {
        () if starts(&[0xFF, 0xD8, 0xFF]) => Ok(ImageFormat::Jpeg),
        () if starts(b"\x89PNG\r\n\x1a\n") => Ok(ImageFormat::Png),
        () if webp => Ok(ImageFormat::WebP),
        () if starts(b"GIF87a") || starts(b"GIF89a") => Ok(ImageFormat::Gif),
        () => Err(ImageProblem::NotAnImage { found: describe(bytes).to_owned() }),
    }
}

/// What unreadable content looks like, for the sentence to its sender.
fn describe(bytes: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 9] = [
        (b"PK\x03\x04", "a ZIP archive"),
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"%PDF", "a PDF document"),
        (b"BM", "a BMP picture"),
        (b"II*\0", "a TIFF picture"),
        (b"MM\0*", "a TIFF picture"),
        (b"8BPS", "a Photoshop file"),
        (b"RIFF", "a RIFF file without WebP content"),
    ];
    if let Some((_, name)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return name;
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return if matches!(bytes.get(8..12), Some(b"avif" | b"avis" | b"heic" | b"heix" | b"mif1")) {
            "an AVIF or HEIC picture"
        } else {
            "a video"
        };
    }
    let head = &bytes[..bytes.len().min(1024)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The cut at 1024 bytes may split a character.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or(""),
        Err(_) => return "unknown data",
    };
    if text.contains("<svg") {
        "an SVG drawing"
    } else if text.contains("<html") || text.contains("<!DOCTYPE") || text.contains("<!doctype") {
        "a web page"
    } else if !text.is_empty() && text.chars().all(|letter| !letter.is_control() || letter.is_whitespace()) {
        "text"
    } else {
        "unknown data"
    }
}

fn problem_of(error: ImageError, format: &'static str, limits: &DecodeLimits) -> ImageProblem {
    let detail: String = error.to_string().chars().take(200).collect();
    match &error {
        ImageError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => ImageProblem::Truncated { format },
        ImageError::Unsupported(_) => ImageProblem::Unsupported { format, detail },
        ImageError::Limits(limit) if matches!(limit.kind(), LimitErrorKind::InsufficientMemory) => {
            let detail = format!("it needs more memory than {} pixels may take", limits.max_pixels);
            ImageProblem::Unsupported { format, detail }
        }
        _ if ended_early(&error) => ImageProblem::Truncated { format },
        _ => ImageProblem::Damaged { format, detail },
    }
}

/// Whether an unexpected end of the file lies somewhere under a decoder's error.
fn ended_early(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        let io = current.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = current.source();
    }
    false
}

/// Luminance or RGB over white, and luminance over black when anything is transparent.
fn samples_of(color: ColorType, pixels: Vec<u8>) -> Option<(Samples, Option<Vec<u8>>)> {
    let opaque = |values: Vec<u8>| (Samples::Luminance(values), None);
    // 16-bit samples come in the machine's byte order; the high byte carries what is visible.
    let high = |sample: &[u8]| (u16::from_ne_bytes([sample[0], sample[1]]) >> 8) as u8;
    Some(match color {
        ColorType::L8 => opaque(pixels),
        ColorType::Rgb8 => (Samples::Rgb(pixels), None),
        ColorType::L16 => opaque(pixels.chunks_exact(2).map(high).collect()),
        ColorType::Rgb16 => {
            opaque(pixels.chunks_exact(6).map(|p| luminance(high(p), high(&p[2..]), high(&p[4..]))).collect())
        }
        ColorType::La8 => over_grounds(pixels.chunks_exact(2).map(|p| (p[0], p[1]))),
        ColorType::Rgba8 => over_grounds(pixels.chunks_exact(4).map(|p| (luminance(p[0], p[1], p[2]), p[3]))),
        ColorType::La16 => over_grounds(pixels.chunks_exact(4).map(|p| (high(p), high(&p[2..])))),
        ColorType::Rgba16 => {
            let pixel = |p: &[u8]| (luminance(high(p), high(&p[2..]), high(&p[4..])), high(&p[6..]));
            over_grounds(pixels.chunks_exact(8).map(pixel))
        }
        _ => return None,
    })
}

/// Lays luminance with alpha over white, and over black when anything is transparent.
fn over_grounds(samples: impl ExactSizeIterator<Item = (u8, u8)>) -> (Samples, Option<Vec<u8>>) {
    let mut white = Vec::with_capacity(samples.len());
    let mut black = Vec::with_capacity(samples.len());
    let mut transparent = false;
    for (value, alpha) in samples {
        transparent |= alpha != 255;
        let shown = (u16::from(value) * u16::from(alpha) + 127) / 255;
        black.push(shown as u8);
        white.push((shown + 255 - u16::from(alpha)).min(255) as u8);
    }
    (Samples::Luminance(white), transparent.then_some(black))
}

/// Applies the EXIF orientation.
fn upright(luma: Luma, orientation: Orientation) -> Luma {
    let (width, height) = (luma.width, luma.height);
    let swapped = matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    let (new_width, new_height) = if swapped { (height, width) } else { (width, height) };
    // Where the pixel shown at (x, y) is stored.
    let source: fn(usize, usize, usize, usize) -> (usize, usize) = match orientation {
        Orientation::NoTransforms => return luma,
        Orientation::FlipHorizontal => |x, y, width, _| (width - 1 - x, y),
        Orientation::FlipVertical => |x, y, _, height| (x, height - 1 - y),
        Orientation::Rotate180 => |x, y, width, height| (width - 1 - x, height - 1 - y),
        Orientation::Rotate90 => |x, y, _, height| (y, height - 1 - x),
        Orientation::Rotate270 => |x, y, width, _| (width - 1 - y, x),
        Orientation::Rotate90FlipH => |x, y, _, _| (y, x),
        Orientation::Rotate270FlipH => |x, y, width, height| (width - 1 - y, height - 1 - x),
    };
    let mut pixels = Vec::with_capacity(luma.pixels.len());
    for y in 0..new_height {
        for x in 0..new_width {
            let (stored_x, stored_y) = source(x, y, width, height);
            pixels.push(luma.pixels[stored_y * width + stored_x]);
        }
    }
    let (full_width, full_height) =
        if swapped { (luma.full_height, luma.full_width) } else { (luma.full_width, luma.full_height) };
    Luma { width: new_width, height: new_height, pixels, full_width, full_height, factor: luma.factor }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
