use super::*;
use crate::matching::reading::onnx_bytes::{Attribute, OnnxFile};

fn settings() -> EmbeddingSettings {
    EmbeddingSettings {
        name: "tiny".into(),
        width: 32,
        height: 32,
        mean: [0.5; 3],
        deviation: [0.5; 3],
        channels: ChannelOrder::Rgb,
        fit: Fit::Stretch,
        output: None,
        min_similarity: 0.9,
    }
}

/// What copy-detection models are made of: convolution, normalisation, rectifier, generalised
/// mean pooling (clip, power, mean, root), a linear layer and the L2 norm.
fn tiny_model(input: &[Option<i64>]) -> Vec<u8> {
    let filters: Vec<f32> = (0..8 * 27).map(|at| ((at * 37 % 23) as f32 - 11.0) / 20.0).collect();
    let linear: Vec<f32> = (0..8 * 16).map(|at| ((at * 29 % 31) as f32 - 15.0) / 16.0).collect();
    OnnxFile::new()
        .floats("filters", &[8, 3, 3, 3], &filters)
        .floats("scale", &[8], &[1.0; 8])
        .floats("shift", &[8], &[0.1; 8])
        .floats("mean", &[8], &[0.0; 8])
        .floats("variance", &[8], &[1.0; 8])
        .floats("least", &[], &[1e-6])
        .floats("power", &[], &[3.0])
        .floats("root", &[], &[1.0 / 3.0])
        .floats("linear", &[8, 16], &linear)
        .floats("bias", &[16], &[0.01; 16])
        .node(
            "Conv",
            &["input", "filters"],
            "convolved",
            &[("kernel_shape", Attribute::Ints(&[3, 3])), ("strides", Attribute::Ints(&[2, 2]))],
        )
        .node(
            "BatchNormalization",
            &["convolved", "scale", "shift", "mean", "variance"],
            "normal",
            &[("epsilon", Attribute::Float(1e-5))],
        )
        .node("Relu", &["normal"], "positive", &[])
        .node("Clip", &["positive", "least"], "clipped", &[])
        .node("Pow", &["clipped", "power"], "cubed", &[])
        .node("GlobalAveragePool", &["cubed"], "pooled", &[])
        .node("Pow", &["pooled", "root"], "mean_power", &[])
        .node("Flatten", &["mean_power"], "flat", &[("axis", Attribute::Int(1))])
        .node("Gemm", &["flat", "linear", "bias"], "projected", &[])
        .node("LpNormalization", &["projected"], "output", &[("axis", Attribute::Int(1)), ("p", Attribute::Int(2))])
        .finish(input)
}

/// One layer of a vision transformer: patches, layer norm, attention, GELU.
fn tiny_transformer() -> Vec<u8> {
    let wave = |count: usize, step: usize| -> Vec<f32> {
        (0..count).map(|at| ((at * step % 19) as f32 - 9.0) / 12.0).collect()
    };
    OnnxFile::new()
        .floats("patch", &[16, 3, 8, 8], &wave(16 * 192, 7))
        .floats("one", &[16], &[1.0; 16])
        .floats("none", &[16], &[0.0; 16])
        .floats("query", &[16, 16], &wave(256, 5))
        .floats("key", &[16, 16], &wave(256, 11))
        .floats("value", &[16, 16], &wave(256, 13))
        .floats("half", &[], &[0.25])
        .floats("root_two", &[], &[std::f32::consts::SQRT_2])
        .floats("unit", &[], &[1.0])
        .ints("tokens", &[1, 16, -1])
        .ints("second", &[1])
        .node(
            "Conv",
            &["input", "patch"],
            "patches",
            &[("kernel_shape", Attribute::Ints(&[8, 8])), ("strides", Attribute::Ints(&[8, 8]))],
        )
        .node("Reshape", &["patches", "tokens"], "rows", &[])
        .node("Transpose", &["rows"], "sequence", &[("perm", Attribute::Ints(&[0, 2, 1]))])
        .node("LayerNormalization", &["sequence", "one", "none"], "normal", &[("axis", Attribute::Int(-1))])
        .node("MatMul", &["normal", "query"], "q", &[])
        .node("MatMul", &["normal", "key"], "k", &[])
        .node("MatMul", &["normal", "value"], "v", &[])
        .node("Transpose", &["k"], "kt", &[("perm", Attribute::Ints(&[0, 2, 1]))])
        .node("MatMul", &["q", "kt"], "scores", &[])
        .node("Mul", &["scores", "half"], "scaled", &[])
        .node("Softmax", &["scaled"], "attention", &[("axis", Attribute::Int(-1))])
        .node("MatMul", &["attention", "v"], "mixed", &[])
        .node("Add", &["sequence", "mixed"], "sum", &[])
        .node("Div", &["sum", "root_two"], "part", &[])
        .node("Erf", &["part"], "bell", &[])
        .node("Add", &["bell", "unit"], "gate", &[])
        .node("Mul", &["sum", "gate"], "gelu", &[])
        .node("ReduceMean", &["gelu"], "output", &[("axes", Attribute::Ints(&[1])), ("keepdims", Attribute::Int(0))])
        .finish(&[Some(1), Some(3), Some(32), Some(32)])
}

/// A picture of stripes; `shade` changes its light, `slope` its drawing.
fn stripes(width: usize, height: usize, slope: usize, shade: u8) -> Pixels {
    let pixel = |at: usize| {
        let (x, y) = (at % width, at / width);
        let on = (x * 16 / width + slope * y * 16 / height) % 4 < 2;
        if on { [200 - shade, 40, 90 + shade] } else { [20, 180 - shade, 220] }
    };
    Pixels::new(width, height, (0..width * height).flat_map(pixel).collect()).expect("sizes agree")
}

fn load(bytes: Vec<u8>, settings: EmbeddingSettings) -> Result<EmbeddingModel, EmbeddingProblem> {
    EmbeddingModel::load(bytes, settings, &Workers::new(1))
}

#[test]
fn a_convolutional_model_places_an_edit_nearer_than_another_picture() {
    let model = load(tiny_model(&[Some(1), Some(3), None, None]), settings()).expect("a fitting model");
    assert_eq!(model.dimensions(), 16);
    let embed = |picture: &Pixels| model.embed(picture).expect("an embedding");
    let original = embed(&stripes(200, 120, 0, 0));
    let edited = embed(&stripes(400, 240, 0, 8));
    let other = embed(&stripes(200, 120, 1, 60));
    let near = original.similarity(&edited).expect("one model");
    let far = original.similarity(&other).expect("one model");
    assert!(near > far && near > 0.99, "edited {near}, other {far}");
    assert_eq!(embed(&stripes(200, 120, 0, 0)), original);
}

#[test]
fn a_transformer_loads_and_tells_pictures_apart() {
    let model = load(tiny_transformer(), settings()).expect("a fitting model");
    assert_eq!(model.dimensions(), 16);
    let one = model.embed(&stripes(100, 100, 0, 0)).expect("an embedding");
    let two = model.embed(&stripes(100, 100, 1, 60)).expect("an embedding");
    assert!(one.similarity(&two).expect("one model") < 0.9999);
}

#[test]
fn the_version_names_the_model_and_its_bytes() {
    let bytes = tiny_model(&[Some(1), Some(3), None, None]);
    let digest = crate::kernel::Digest::of(&bytes).short();
    let model = load(bytes, settings()).expect("a fitting model");
    assert_eq!(model.version(), format!("tiny-{digest}"));
    let other = load(tiny_transformer(), settings()).expect("a fitting model");
    assert_ne!(model.version(), other.version());
}

#[test]
fn covering_cuts_the_longer_side_and_stretching_does_not() {
    let bytes = || tiny_model(&[Some(1), Some(3), None, None]);
    let cover = load(bytes(), EmbeddingSettings { fit: Fit::Cover, ..settings() }).expect("a fitting model");
    let stretch = load(bytes(), settings()).expect("a fitting model");
    // A square with bars on both sides: covering sees the square alone.
    let square = stripes(100, 100, 0, 0);
    let barred = {
        let pixel = |at: usize| {
            let (x, y) = (at % 180, at / 180);
            if (40..140).contains(&x) { square.at(x as isize - 40, y as isize) } else { [255; 3] }
        };
        Pixels::new(180, 100, (0..180 * 100).flat_map(pixel).collect()).expect("sizes agree")
    };
    assert_eq!(cover.embed(&barred), cover.embed(&square));
    assert_ne!(stretch.embed(&barred), stretch.embed(&square));
}

#[test]
fn a_model_for_another_size_or_without_a_vector_is_refused() {
    let fixed = load(tiny_model(&[Some(1), Some(3), Some(224), Some(224)]), settings());
    let said = fixed.expect_err("224 for 32").to_string();
    assert!(said.contains("1×3×224×224") && said.contains("32"), "{said}");
    let map = OnnxFile::new().node("Neg", &["input"], "output", &[]).finish(&[None, None, None, None]);
    let said = load(map, settings()).expect_err("a map").to_string();
    assert!(said.contains("one vector is needed"), "{said}");
    let short = OnnxFile::new().node("GlobalAveragePool", &["input"], "output", &[]).finish(&[None, None, None, None]);
    let said = load(short, settings()).expect_err("three dimensions").to_string();
    assert!(said.contains("3 dimensions"), "{said}");
}

#[test]
fn a_picture_that_the_model_answers_with_nothing_is_an_error() {
    let bytes = OnnxFile::new()
        .floats("weights", &[8, 3, 1, 1], &[1.0; 24])
        .node("Relu", &["input"], "light", &[])
        .node("Conv", &["light", "weights"], "spread", &[("kernel_shape", Attribute::Ints(&[1, 1]))])
        .node("GlobalAveragePool", &["spread"], "output", &[])
        .finish(&[None, None, None, None]);
    let model = load(bytes, settings()).expect("a fitting model");
    let black = Pixels::from_grey(10, 10, &[0; 100]).expect("sizes agree");
    assert_eq!(model.embed(&black), Err(EmbeddingProblem::Vector(VectorProblem::NoDirection)));
}

#[test]
fn settings_out_of_range_are_named() {
    let named = |name: &str, settings: EmbeddingSettings| {
        let said = load(Vec::new(), settings).expect_err("out of range").to_string();
        assert!(said.contains(&format!("setting {name}")), "{said}");
    };
    named("name", EmbeddingSettings { name: "my model".into(), ..settings() });
    named("width", EmbeddingSettings { width: 0, ..settings() });
    named("height", EmbeddingSettings { height: 100_000, ..settings() });
    named("deviation", EmbeddingSettings { deviation: [0.0; 3], ..settings() });
    named("min_similarity", EmbeddingSettings { min_similarity: f32::NAN, ..settings() });
}

#[test]
fn settings_are_read_from_a_file_with_the_usual_normalisation() {
    let text = "name = \"copydetect\"\nwidth = 288\nheight = 288\nmin_similarity = 0.7\n";
    let read: EmbeddingSettings = toml::from_str(text).expect("four members");
    assert_eq!((read.mean, read.channels, read.fit), ([0.485, 0.456, 0.406], ChannelOrder::Rgb, Fit::Stretch));
    assert!(toml::from_str::<EmbeddingSettings>(&format!("{text}sigma = 1\n")).is_err());
    assert!(toml::from_str::<EmbeddingSettings>("name = \"a\"\nwidth = 9\nheight = 9").is_err(), "no threshold");
}
