//! The whole way from a picture to its text.

use super::boxes::{TextMap, find_lines};
use super::ctc::{Alphabet, Said};
use super::model::{ReadLine, ReadProblem, ReadSettings, ReadText};
use super::network::{Network, Workers};
use super::pixels::{ChannelOrder, Pixels};
use super::rectangle::Rectangle;
use super::strip::{Pyramid, STRIP_HEIGHT, lying};

/// The detector halves the picture five times, so its sides are multiples of 32.
const GRID: usize = 32;
/// Both models are trained on blue, green, red in −1 to 1.
const CENTRE: [f32; 3] = [0.5; 3];
/// The name under which the recogniser's file holds its letters.
const ALPHABET: &str = "character";

/// How much better all of a picture must read in the mirror before that is believed. Text that
/// is mirrored reads 1.3 to 2.3 times as well there; small print that cannot be read either way
/// is a little better one way or the other by chance.
const MIRROR_MARGIN: f32 = 1.2;

/// Reads text in pictures. Load once, share freely.
#[derive(Debug)]
pub struct TextReader {
    detector: Network,
    recogniser: Network,
    alphabet: Alphabet,
    model: String,
}

impl TextReader {
    /// Loads both models from the bytes of their ONNX files and tries each on an empty picture.
    ///
    /// Fails when a file is no such model, or when the recogniser's list of letters does not
    /// fit its answer.
    pub fn load(detector: Vec<u8>, recogniser: Vec<u8>, workers: &Workers) -> Result<Self, ReadProblem> {
        let detector = Network::load("text detector", detector, None, workers)?;
        let recogniser = Network::load("text recogniser", recogniser, None, workers)?;
        let alphabet = Alphabet::parse(recogniser.metadata(ALPHABET).ok_or(ReadProblem::NoAlphabet)?);
        let model = format!("{}+{}", detector.digest().short(), recogniser.digest().short());
        let reader = Self { detector, recogniser, alphabet, model };
        let blank = Pixels::from_grey(GRID, GRID, &[255; GRID * GRID]).expect("sizes agree");
        reader.text_map(&blank)?;
        reader.recognise(&blank.scaled(2 * STRIP_HEIGHT, STRIP_HEIGHT))?;
        Ok(reader)
    }

    /// The models' digests, as [`ReadText::model`] records them.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Reads the text of one picture.
    ///
    /// The cost is bounded by `settings` whatever the picture: one run of the detector on
    /// `detector_pixels`, and recogniser runs on `max_strips_total` columns. Fails only when a
    /// model does; a picture without text gives no lines.
    pub fn read(&self, picture: &Pixels, settings: &ReadSettings) -> Result<ReadText, ReadProblem> {
        let settings = settings.bounded();
        let working = within(picture, settings.working_side);
        let mut found = self.find(&working, &settings)?;
        // The largest lines are the ones a buyer reads.
        found.sort_by(|one, two| (two.width * two.height).total_cmp(&(one.width * one.height)));
        let seen = found.len();
        found.truncate(settings.max_lines);
        let pyramid = Pyramid::new(working);
        let mut budget = Budget { columns: settings.max_strips_total };
        let mut attempts = Vec::with_capacity(found.len());
        for line in &found {
            let strip = pyramid.cut(line, settings.max_strip);
            if !budget.take(&strip) {
                break;
            }
            let said = self.recognise(&strip)?;
            attempts.push(Attempt { line: lying(line), strip, said, turned: false, mirrored: false });
        }
        let left_out = seen - attempts.len();
        for attempt in &mut attempts {
            if attempt.said.confidence < settings.retry_below && budget.take(&attempt.strip) {
                attempt.turn(self.recognise(&attempt.strip.upside_down())?);
            }
        }
        self.look_in_the_mirror(&mut attempts, &settings, &mut budget)?;
        attempts.retain(|attempt| attempt.is_believed(settings.min_confidence));
        let (width, height) = pyramid.size();
        let lines = in_reading_order(attempts).into_iter().map(|attempt| attempt.into_line(width, height)).collect();
        Ok(ReadText { lines, left_out, model: self.model.clone() })
    }

    /// A mirrored picture has all its text mirrored: when half of it could not be read, all of
    /// it is tried in the mirror and the better reading of the whole stays.
    fn look_in_the_mirror(
        &self,
        attempts: &mut [Attempt],
        settings: &ReadSettings,
        budget: &mut Budget,
    ) -> Result<(), ReadProblem> {
        let doubtful = attempts.iter().filter(|attempt| attempt.said.confidence < settings.retry_below).count();
        if attempts.is_empty() || doubtful * 2 < attempts.len() {
            return Ok(());
        }
        let mut mirrored = Vec::with_capacity(attempts.len());
        for attempt in attempts.iter() {
            if !budget.take(&attempt.strip) {
                return Ok(());
            }
            mirrored.push(self.recognise(&attempt.strip.mirrored())?);
        }
        let as_is: f32 = attempts.iter().map(|attempt| weight(&attempt.said)).sum();
        if mirrored.iter().map(weight).sum::<f32>() > MIRROR_MARGIN * as_is {
            for (attempt, said) in attempts.iter_mut().zip(mirrored) {
                *attempt = Attempt { said, turned: false, mirrored: true, ..attempt.clone() };
            }
        }
        Ok(())
    }

    /// The lines' rectangles in pixels of `picture`.
    fn find(&self, picture: &Pixels, settings: &ReadSettings) -> Result<Vec<Rectangle>, ReadProblem> {
        let (width, height) = detector_size(picture, settings);
        let map = self.text_map(&picture.scaled(width, height))?;
        let mut found = find_lines(&TextMap { width, values: &map }, settings);
        let across = picture.width() as f64 / width as f64;
        let down = picture.height() as f64 / height as f64;
        for line in &mut found {
            // Sides are rounded to the grid, so the two scales differ by a little; a turned
            // rectangle stays one with their mean.
            let mean = (across * down).sqrt();
            let level = line.along[0].abs() > 0.99;
            line.centre = [line.centre[0] * across, line.centre[1] * down];
            line.width *= if level { across } else { mean };
            line.height *= if level { down } else { mean };
        }
        Ok(found)
    }

    /// The detector's probabilities for a picture whose sides are multiples of the grid.
    fn text_map(&self, picture: &Pixels) -> Result<Vec<f32>, ReadProblem> {
        let (width, height) = (picture.width(), picture.height());
        let input = picture.planes(ChannelOrder::Bgr, CENTRE, CENTRE);
        let answer = self.detector.run([1, 3, height, width], input)?;
        if answer.shape != [1, 1, height, width] {
            let detail = format!("a map of 1×1×{height}×{width} is needed and it gives {:?}", answer.shape);
            return Err(self.detector.unfit(detail).into());
        }
        Ok(answer.values)
    }

    /// What a strip of [`STRIP_HEIGHT`] says.
    fn recognise(&self, strip: &Pixels) -> Result<Said, ReadProblem> {
        let input = strip.planes(ChannelOrder::Bgr, CENTRE, CENTRE);
        let answer = self.recogniser.run([1, 3, strip.height(), strip.width()], input)?;
        let [1, _, classes] = answer.shape[..] else {
            let detail = format!("a table of 1×steps×classes is needed and it gives {:?}", answer.shape);
            return Err(self.recogniser.unfit(detail).into());
        };
        if classes != self.alphabet.classes() {
            return Err(ReadProblem::Alphabet { classes, listed: self.alphabet.classes() });
        }
        Ok(self.alphabet.decode(&answer.values))
    }
}

/// Columns of strip that may still be read.
struct Budget {
    columns: usize,
}

impl Budget {
    /// Takes a strip's columns; `false` when there are not enough.
    fn take(&mut self, strip: &Pixels) -> bool {
        let left = self.columns.checked_sub(strip.width());
        self.columns = left.unwrap_or(self.columns);
        left.is_some()
    }
}

/// A line and its best reading so far.
#[derive(Clone)]
struct Attempt {
    line: Rectangle,
    strip: Pixels,
    said: Said,
    turned: bool,
    mirrored: bool,
}

impl Attempt {
    /// Takes the reading of the strip upside down, where it is the better one.
    fn turn(&mut self, said: Said) {
        if weight(&said) > weight(&self.said) {
            self.said = said;
            self.turned = true;
        }
    }

    fn is_believed(&self, least: f32) -> bool {
        !self.said.text.is_empty() && self.said.confidence >= least
    }

    fn into_line(self, width: usize, height: usize) -> ReadLine {
        let share = |place: f64, side: usize| (place / side as f64 * 1000.0).round().clamp(0.0, 1000.0) as u16;
        let mut polygon = self.line.corners().map(|[x, y]| [share(x, width), share(y, height)]);
        if self.turned {
            polygon.rotate_left(2);
        } else if self.mirrored {
            polygon.swap(0, 1);
            polygon.swap(2, 3);
        }
        let confidence = (self.said.confidence * 1000.0).round() / 1000.0;
        ReadLine { text: self.said.text, confidence, polygon, mirrored: self.mirrored }
    }
}

/// How much a reading is worth beside another one of the same strip: a single sure letter
/// must not beat a long reading with one doubtful letter.
fn weight(said: &Said) -> f32 {
    let letters = said.text.chars().filter(|letter| letter.is_alphanumeric()).count();
    said.confidence.powi(2) * (letters.min(100) as f32).sqrt()
}

/// The picture with no side longer than `side`.
fn within(picture: &Pixels, side: usize) -> Pixels {
    let longest = picture.width().max(picture.height());
    if longest <= side {
        return picture.clone();
    }
    let scale = |length: usize| (length * side / longest).max(1);
    picture.scaled(scale(picture.width()), scale(picture.height()))
}

/// The size at which the detector sees a picture: its proportions, its pixels within the
/// settings, its sides on the grid.
fn detector_size(picture: &Pixels, settings: &ReadSettings) -> (usize, usize) {
    let (width, height) = (picture.width() as f64, picture.height() as f64);
    let scale = (settings.detector_pixels as f64 / (width * height)).sqrt();
    let scale = scale.min(f64::from(settings.detector_enlargement));
    let grid = GRID as f64;
    // A side below the grid is enlarged to it; the other one must not grow past the bound.
    let most = (settings.detector_pixels / GRID / GRID * GRID).max(GRID);
    let on_grid = |length: f64| (((length * scale / grid).round() * grid) as usize).clamp(GRID, most);
    (on_grid(width), on_grid(height))
}

/// Lines from top to bottom; lines at one height from left to right.
fn in_reading_order(mut attempts: Vec<Attempt>) -> Vec<Attempt> {
    let key = |attempt: &Attempt| attempt.line.centre;
    attempts.sort_by(|one, two| {
        let ([x, y], [other_x, other_y]) = (key(one), key(two));
        y.total_cmp(&other_y).then(x.total_cmp(&other_x))
    });
    let mut ordered: Vec<Attempt> = Vec::with_capacity(attempts.len());
    let mut row_start = 0;
    for attempt in attempts {
        let same_row = ordered.get(row_start).is_some_and(|first| {
            attempt.line.centre[1] - first.line.centre[1] < first.line.height.min(attempt.line.height) / 2.0
        });
        if !same_row {
            ordered[row_start..].sort_by(|one, two| one.line.centre[0].total_cmp(&two.line.centre[0]));
            row_start = ordered.len();
        }
        ordered.push(attempt);
    }
    ordered[row_start..].sort_by(|one, two| one.line.centre[0].total_cmp(&two.line.centre[0]));
    ordered
}

#[cfg(test)]
#[path = "real_models_tests.rs"]
mod real_models_tests;
#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
