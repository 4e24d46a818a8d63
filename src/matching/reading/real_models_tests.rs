//! The published models on real pictures: run when they are there, and named as ignored when not.

use std::path::PathBuf;

use super::*;

/// The models' directory. Fails rather than skips: whoever runs ignored tests means them.
fn reader() -> TextReader {
    let directory = std::env::var_os("ASSAY_MODELS").map(PathBuf::from);
    let directory = directory.expect("ASSAY_MODELS names the directory that scripts/fetch-models filled");
    let file = |name: &str| std::fs::read(directory.join(name)).expect("scripts/fetch-models writes this file");
    let (detector, recogniser) = (file("ch_PP-OCRv4_det_infer.onnx"), file("ch_PP-OCRv4_rec_infer.onnx"));
    TextReader::load(detector, recogniser, &Workers::new(1)).expect("the published models")
}

fn picture(bytes: &[u8]) -> Pixels {
    let decoded = image::load_from_memory(bytes).expect("a picture of this directory").to_rgb8();
    Pixels::new(decoded.width() as usize, decoded.height() as usize, decoded.into_raw()).expect("sizes agree")
}

fn texts(read: &ReadText) -> Vec<&str> {
    read.lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
#[ignore = "needs the models: scripts/fetch-models models, then ASSAY_MODELS=$PWD/models cargo test -- --ignored"]
fn the_published_models_read_drawn_seller_texts() {
    let reader = reader();
    assert_eq!(reader.model(), "d2a7720d45a5+48fc40f24f6d");
    let read = |bytes: &[u8]| reader.read(&picture(bytes), &ReadSettings::default()).expect("the models take it");

    let latin = read(include_bytes!("pictures/latin.png"));
    assert_eq!(texts(&latin), ["NORTHPEAK 1:1", "DM for logo"]);
    assert!(latin.lines.iter().all(|line| line.confidence > 0.8));
    let han = read(include_bytes!("pictures/han.png"));
    assert_eq!(texts(&han), ["原单正品", "微信同号13812345678"]);
    let slanted = read(include_bytes!("pictures/slanted.png"));
    assert_eq!(texts(&slanted), ["Original factory"]);
    let [start, end] = [slanted.lines[0].polygon[0], slanted.lines[0].polygon[1]];
    assert!(end[0] > start[0] + 300 && end[1] + 50 < start[1], "it rises to the right: {:?}", slanted.lines[0].polygon);
    assert_eq!(texts(&read(include_bytes!("pictures/no_text.png"))), Vec::<&str>::new());

    let upright = picture(include_bytes!("pictures/latin.png"));
    let turned = reader.read(&upright.upside_down(), &ReadSettings::default()).expect("the models take it");
    assert_eq!(texts(&turned), ["DM for logo", "NORTHPEAK 1:1"]);
    assert!(turned.lines[0].polygon[0][0] > turned.lines[0].polygon[1][0], "it is read from right to left");
    let mirrored = reader.read(&upright.mirrored(), &ReadSettings::default()).expect("the models take it");
    assert_eq!(texts(&mirrored), ["NORTHPEAK 1:1", "DM for logo"]);
    assert!(mirrored.lines.iter().all(|line| line.mirrored));
}
