use std::sync::LazyLock;

use super::super::onnx_bytes::{Attribute, OnnxFile};
use super::*;

/// A detector that takes dark pixels for text: the mean of the colours, inverted.
fn detector() -> Vec<u8> {
    OnnxFile::new()
        .floats("weights", &[1, 3, 1, 1], &[-1.0 / 6.0; 3])
        .floats("bias", &[1], &[0.5])
        .node("Conv", &["input", "weights", "bias"], "output", &[("kernel_shape", Attribute::Ints(&[1, 1]))])
        .finish(&[Some(1), Some(3), None, None])
}

/// A recogniser of colours: red, green and blue strips say "R", "G" and "B", grey ones nothing.
/// Each step is the mean of 8 columns.
fn recogniser() -> Vec<u8> {
    // Classes: nothing, R, G, B, space. Input channels: blue, green, red, −1 to 1.
    let weights = [[0.0; 3], [-1.0, -1.0, 2.0], [-1.0, 2.0, -1.0], [2.0, -1.0, -1.0], [0.0; 3]].concat();
    OnnxFile::new()
        .floats("weights", &[5, 3, 1, 1], &weights)
        .floats("bias", &[5], &[0.5, 0.0, 0.0, 0.0, -9.0])
        .ints("no_height", &[2])
        .node(
            "AveragePool",
            &["input"],
            "steps",
            &[("kernel_shape", Attribute::Ints(&[48, 8])), ("strides", Attribute::Ints(&[48, 8]))],
        )
        .node("Conv", &["steps", "weights", "bias"], "scores", &[("kernel_shape", Attribute::Ints(&[1, 1]))])
        .node("Squeeze", &["scores", "no_height"], "flat", &[])
        .node("Transpose", &["flat"], "table", &[("perm", Attribute::Ints(&[0, 2, 1]))])
        .node("Softmax", &["table"], "output", &[("axis", Attribute::Int(2))])
        .describe(ALPHABET, "R\nG\nB")
        .finish(&[Some(1), Some(3), Some(48), None])
}

static READER: LazyLock<TextReader> =
    LazyLock::new(|| TextReader::load(detector(), recogniser(), &Workers::new(1)).expect("both fit"));

const RED: [u8; 3] = [200, 0, 0];
const GREEN: [u8; 3] = [0, 200, 0];
const BLUE: [u8; 3] = [0, 0, 200];

/// A white picture with coloured blocks: left, top, width, height, colour.
fn picture(width: usize, height: usize, blocks: &[([usize; 4], [u8; 3])]) -> Pixels {
    let colour = |at: usize| {
        let (x, y) = (at % width, at / width);
        let inside = |[left, top, width, height]: [usize; 4]| {
            (left..left + width).contains(&x) && (top..top + height).contains(&y)
        };
        blocks.iter().find(|(place, _)| inside(*place)).map_or([255; 3], |(_, colour)| *colour)
    };
    Pixels::new(width, height, (0..width * height).flat_map(colour).collect()).expect("sizes agree")
}

/// Reads with what the coloured blocks need: they are no shrunken lines.
fn read(picture: &Pixels, change: impl Fn(&mut ReadSettings)) -> ReadText {
    let mut settings = ReadSettings { widening: 0.0, pixel_threshold: 0.5, ..ReadSettings::default() };
    change(&mut settings);
    READER.read(picture, &settings).expect("the models take any picture")
}

fn texts(read: &ReadText) -> Vec<&str> {
    read.lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn lines_are_read_in_order_with_their_places() {
    let picture =
        picture(400, 200, &[([220, 40, 120, 24], GREEN), ([20, 42, 120, 24], RED), ([20, 120, 120, 24], BLUE)]);
    let read = read(&picture, |_| ());
    assert_eq!(texts(&read), ["R", "G", "B"]);
    let [left, top] = read.lines[0].polygon[0];
    assert!(left.abs_diff(50) <= 5 && top.abs_diff(210) <= 10, "{:?}", read.lines[0]);
    let [right, foot] = read.lines[0].polygon[2];
    assert!(right.abs_diff(350) <= 5 && foot.abs_diff(330) <= 10, "{:?}", read.lines[0]);
    assert!(read.lines.iter().all(|line| line.confidence > 0.5 && !line.mirrored));
    assert_eq!((read.left_out, read.model.as_str()), (0, READER.model()));
}

#[test]
fn two_colours_in_one_line_are_read_from_left_to_right() {
    let picture = picture(300, 100, &[([30, 40, 100, 24], RED), ([130, 40, 100, 24], BLUE)]);
    assert_eq!(texts(&read(&picture, |_| ())), ["RB"]);
}

#[test]
fn an_unsure_line_is_tried_upside_down_and_a_tie_keeps_it_upright() {
    let picture = picture(300, 100, &[([30, 40, 100, 24], RED), ([130, 40, 100, 24], BLUE)]);
    let read = read(&picture, |settings| settings.retry_below = 1.0);
    assert_eq!(texts(&read), ["RB"]);
    assert!(read.lines[0].polygon[0][0] < read.lines[0].polygon[1][0]);
}

#[test]
fn a_line_read_upside_down_or_mirrored_starts_at_its_first_letter() {
    let line = Rectangle { centre: [50.0, 50.0], along: [1.0, 0.0], width: 100.0, height: 20.0 };
    let attempt = |turned: bool, mirrored: bool| {
        let said = Said { text: "A".into(), confidence: 0.912_34 };
        let strip = Pixels::from_grey(1, 1, &[0]).expect("one pixel");
        Attempt { line, strip, said, turned, mirrored }.into_line(100, 100)
    };
    assert_eq!(attempt(false, false).polygon, [[0, 400], [1000, 400], [1000, 600], [0, 600]]);
    assert_eq!(attempt(true, false).polygon, [[1000, 600], [0, 600], [0, 400], [1000, 400]]);
    assert_eq!(attempt(false, true).polygon, [[1000, 400], [0, 400], [0, 600], [1000, 600]]);
    assert_eq!(attempt(false, true).confidence, 0.912);
}

#[test]
fn limits_leave_the_smallest_lines_out_and_say_how_many() {
    let picture = picture(400, 200, &[([20, 20, 90, 16], RED), ([20, 80, 300, 40], GREEN), ([20, 150, 100, 18], BLUE)]);
    let few = read(&picture, |settings| settings.max_lines = 2);
    assert_eq!((texts(&few), few.left_out), (vec!["G", "B"], 1));
    let little = read(&picture, |settings| settings.max_strips_total = 400);
    assert_eq!((texts(&little), little.left_out), (vec!["G"], 2));
    let none = read(&picture, |settings| settings.max_lines = 0);
    assert_eq!((texts(&none), none.left_out), (Vec::new(), 3));
}

#[test]
fn pictures_of_any_shape_are_read_within_the_detectors_pixels() {
    let settings = ReadSettings::default().bounded();
    for (width, height) in [(1, 1), (20_000, 20), (20, 20_000), (5000, 5000), (33, 64), (1, 3000)] {
        let blank = Pixels::from_grey(width, height, &vec![255; width * height]).expect("sizes agree");
        let (across, down) = detector_size(&within(&blank, settings.working_side), &settings);
        assert!(across % GRID == 0 && down % GRID == 0 && across > 0 && down > 0);
        assert!(across * down <= settings.detector_pixels * 5 / 4, "{width}×{height}: {across}×{down}");
        assert_eq!(READER.read(&blank, &settings).expect("any shape").lines, []);
    }
}

#[test]
fn the_same_picture_gives_the_same_bytes() {
    let picture = picture(500, 300, &[([20, 20, 90, 16], RED), ([31, 80, 300, 40], GREEN), ([77, 150, 100, 18], BLUE)]);
    let once = serde_json::to_string(&read(&picture, |_| ())).expect("plain data");
    assert_eq!(once, serde_json::to_string(&read(&picture, |_| ())).expect("plain data"));
}

#[test]
fn models_in_the_wrong_role_are_refused() {
    let workers = Workers::new(1);
    let swapped = TextReader::load(recogniser(), detector(), &workers).expect_err("swapped").to_string();
    assert!(swapped.contains("no list of letters"), "{swapped}");
    let twice = TextReader::load(recogniser(), recogniser(), &workers).expect_err("no detector").to_string();
    assert!(twice.starts_with("the text detector"), "{twice}");
    let short = OnnxFile::new()
        .floats("table", &[1, 2, 3], &[0.1; 6])
        .floats("zero", &[1], &[0.0])
        .node("ReduceMean", &["input"], "mean", &[("keepdims", Attribute::Int(0))])
        .node("Mul", &["mean", "zero"], "nothing", &[])
        .node("Add", &["table", "nothing"], "output", &[])
        .describe(ALPHABET, "a\nb\nc")
        .finish(&[Some(1), Some(3), Some(48), None]);
    let said = TextReader::load(detector(), short, &workers).expect_err("three classes for five").to_string();
    assert!(said.contains("3 classes") && said.contains("list has 5"), "{said}");
}
