//! The types other rooms see: what was read, and what reading may cost.

use std::ops::Range;

use super::network::NetworkProblem;

/// One line of text in a picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ReadLine {
    /// Its letters, as they stand there.
    pub text: String,
    /// Mean probability of its letters, 0 to 1, rounded to three decimals.
    pub confidence: f32,
    /// Its corners in thousandths of the picture's width and height, in the order of reading:
    /// first letter's top, last letter's top, last letter's foot, first letter's foot.
    pub polygon: [[u16; 2]; 4],
    /// Whether it was read in a mirror: the picture was turned over to hide it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mirrored: bool,
}

/// Everything that was read in one picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ReadText {
    /// The lines, from top to bottom and left to right.
    pub lines: Vec<ReadLine>,
    /// Lines that were seen and not read, because the limits were reached.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
    /// The models that read, by the first twelve hexadecimal characters of each file's
    /// SHA-256: `d2a7720d45a5+48fc40f24f6d`.
    pub model: String,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl ReadText {
    /// All lines as one text, a line each, and the place of each line in it in bytes: what the
    /// text matcher takes, and the way back from a span to the polygon.
    pub fn joined(&self) -> (String, Vec<Range<usize>>) {
        let mut text = String::new();
        let mut places = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            if !text.is_empty() {
                text.push('\n');
            }
            let start = text.len();
            text.push_str(&line.text);
            places.push(start..text.len());
        }
        (text, places)
    }
}

/// What reading one picture may cost and what is believed. Read from a file, each member has
/// its default.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadSettings {
    /// Longest side in pixels of the picture that lines are cut from; larger ones are scaled down.
    pub working_side: usize,
    /// Pixels of the picture as the detector sees it, the main part of the cost.
    pub detector_pixels: usize,
    /// How much a small picture is enlarged for the detector, at most.
    pub detector_enlargement: f32,
    /// Probability from which a pixel belongs to text.
    pub pixel_threshold: f32,
    /// Mean probability from which a line is one.
    pub line_threshold: f32,
    /// How far a line's rectangle is widened, because the detector is trained on shrunken ones:
    /// on each side, area × this ÷ perimeter.
    pub widening: f32,
    /// Lines that are read in one picture, largest first.
    pub max_lines: usize,
    /// Longest strip that is read, in pixels at the recogniser's height of 48; longer lines are
    /// squeezed into it.
    pub max_strip: usize,
    /// Sum of all strips in pixels, turned and mirrored attempts included: bounds the time.
    pub max_strips_total: usize,
    /// Confidence under which a line is tried upside down as well, and all lines of a picture
    /// in a mirror.
    pub retry_below: f32,
    /// Confidence from which a line is reported.
    pub min_confidence: f32,
}

impl Default for ReadSettings {
    fn default() -> Self {
        // The thresholds and the widening are those the models are published with
        // (PP-OCRv4: 0.3, 0.6, 1.5; rapidocr-onnxruntime 1.4.4: 0.3, 0.5, 1.6).
        Self {
            working_side: 2000,
            detector_pixels: 640 * 640,
            detector_enlargement: 2.0,
            pixel_threshold: 0.3,
            line_threshold: 0.5,
            widening: 1.6,
            max_lines: 40,
            max_strip: 1200,
            max_strips_total: 16_000,
            // Of 84 lines read exactly in drawn pictures all but two were surer than 0.92.
            retry_below: 0.9,
            min_confidence: 0.5,
        }
    }
}

impl ReadSettings {
    /// The settings with each number inside what the code can work with, so that a slip in a
    /// file costs quality and not the service.
    pub(crate) fn bounded(self) -> Self {
        let share = |value: f32| if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.5 };
        let factor = |value: f32, most: f32| if value.is_finite() { value.clamp(0.0, most) } else { 1.0 };
        Self {
            working_side: self.working_side.clamp(64, 8192),
            detector_pixels: self.detector_pixels.clamp(32 * 32, 4_000_000),
            detector_enlargement: factor(self.detector_enlargement, 4.0).max(1.0),
            pixel_threshold: share(self.pixel_threshold),
            line_threshold: share(self.line_threshold),
            widening: factor(self.widening, 4.0),
            max_lines: self.max_lines.min(1000),
            max_strip: self.max_strip.clamp(48, 4096),
            max_strips_total: self.max_strips_total.min(1_000_000),
            retry_below: share(self.retry_below),
            min_confidence: share(self.min_confidence),
        }
    }
}

/// Why text could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadProblem {
    /// A model could not be loaded or failed.
    #[error(transparent)]
    Network(#[from] NetworkProblem),
    /// The recogniser carries no list of its letters.
    #[error("the text recogniser carries no list of letters; use the file that scripts/fetch-models fetches")]
    NoAlphabet,
    /// The recogniser's list does not fit its classes.
    #[error(
        "the text recogniser tells {classes} classes apart and its list has {listed}; use the file that scripts/fetch-models fetches"
    )]
    Alphabet {
        /// Classes of its answer.
        classes: usize,
        /// Classes by its list.
        listed: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> ReadLine {
        ReadLine {
            text: text.into(),
            confidence: 0.9,
            polygon: [[0, 0], [500, 0], [500, 90], [0, 90]],
            mirrored: false,
        }
    }

    #[test]
    fn joined_text_leads_back_to_its_lines() {
        let read = ReadText { lines: vec![line("原单"), line("NORTHPEAK")], left_out: 0, model: "a+b".into() };
        let (text, places) = read.joined();
        assert_eq!(text, "原单\nNORTHPEAK");
        assert_eq!(places.iter().map(|place| &text[place.clone()]).collect::<Vec<_>>(), ["原单", "NORTHPEAK"]);
    }

    #[test]
    fn what_was_read_is_stored_and_comes_back_without_what_is_usual() {
        let read = ReadText { lines: vec![line("AAA")], left_out: 0, model: "a+b".into() };
        let json = serde_json::to_string(&read).expect("plain data");
        assert!(!json.contains("mirrored") && !json.contains("left_out"), "{json}");
        assert_eq!(serde_json::from_str::<ReadText>(&json).expect("own output"), read);
    }

    #[test]
    fn settings_take_defaults_and_refuse_unknown_names() {
        let read: ReadSettings = toml::from_str("max_lines = 5").expect("one member");
        assert_eq!(read, ReadSettings { max_lines: 5, ..ReadSettings::default() });
        assert!(toml::from_str::<ReadSettings>("max_line = 5").is_err());
    }

    #[test]
    fn settings_out_of_range_are_brought_into_it() {
        let wild = ReadSettings {
            working_side: 0,
            detector_pixels: usize::MAX,
            widening: f32::NAN,
            pixel_threshold: -3.0,
            ..ReadSettings::default()
        };
        let tame = wild.bounded();
        assert!(tame.working_side >= 64 && tame.detector_pixels <= 4_000_000);
        assert!(tame.widening.is_finite() && tame.pixel_threshold == 0.0);
        assert_eq!(ReadSettings::default().bounded(), ReadSettings::default());
    }
}
