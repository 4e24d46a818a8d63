use super::super::onnx_bytes::{Attribute, OnnxFile};
use super::*;

const ANY: [Option<i64>; 4] = [Some(1), Some(3), None, None];

fn load(bytes: Vec<u8>, output: Option<&str>) -> Result<Network, NetworkProblem> {
    Network::load("test model", bytes, output, &Workers::new(1))
}

#[test]
fn a_network_computes_what_its_file_says() {
    let bytes = OnnxFile::new().node("Neg", &["input"], "output", &[]).finish(&ANY);
    let network = load(bytes.clone(), None).expect("a valid file");
    let answer = network.run([1, 3, 1, 1], vec![1.0, -2.0, 0.5]).expect("a fitting input");
    assert_eq!(answer, Answer { shape: vec![1, 3, 1, 1], values: vec![-1.0, 2.0, -0.5] });
    assert_eq!(network.digest(), Digest::of(&bytes));
    assert_eq!(network.input_axes(), Some(vec![Some(1), Some(3), None, None]));
}

#[test]
fn what_is_no_model_is_refused_with_a_sentence() {
    for bytes in [Vec::new(), b"not a model".to_vec(), vec![0xFF; 400]] {
        let said = load(bytes, None).expect_err("no model").to_string();
        assert!(said.starts_with("the test model "), "{said}");
    }
    let unknown = OnnxFile::new().node("Frobnicate", &["input"], "output", &[]).finish(&ANY);
    let said = load(unknown, None).expect_err("an unknown operator").to_string();
    assert!(said.contains("Frobnicate"), "{said}");
}

#[test]
fn a_file_cut_anywhere_is_refused_or_loads_and_never_panics() {
    let whole = OnnxFile::new()
        .floats("factor", &[1], &[2.0])
        .node("Mul", &["input", "factor"], "output", &[])
        .describe("character", "a\nb")
        .finish(&ANY);
    for end in 0..whole.len() {
        if let Ok(network) = load(whole[..end].to_vec(), None) {
            let _ = network.run([1, 3, 1, 1], vec![0.0; 3]);
        }
    }
    let network = load(whole, None).expect("the whole file");
    assert_eq!(network.metadata("character"), Some("a\nb"));
}

#[test]
fn an_output_is_chosen_by_name() {
    let bytes = || OnnxFile::new().node("Neg", &["input"], "output", &[]).finish(&ANY);
    assert!(load(bytes(), Some("output")).is_ok());
    let said = load(bytes(), Some("embedding")).expect_err("no such output").to_string();
    assert!(said.contains("no output \"embedding\""), "{said}");
}

#[test]
fn an_input_that_does_not_fit_costs_an_error_and_not_the_service() {
    let bytes = OnnxFile::new()
        .floats("weights", &[1, 3, 3, 3], &[0.1; 27])
        .node("Conv", &["input", "weights"], "output", &[("kernel_shape", Attribute::Ints(&[3, 3]))])
        .finish(&[None, None, None, None]);
    let network = load(bytes, None).expect("a valid file");
    assert!(network.run([1, 2, 8, 8], vec![0.0; 128]).is_err(), "two channels for three");
    assert!(network.run([1, 3, 1, 1], vec![0.0; 3]).is_err(), "smaller than the kernel");
    assert!(network.run([1, 3, 4, 4], vec![0.0; 5]).is_err(), "five values for 48");
    assert!(network.run([1, 3, 8, 8], vec![0.0; 192]).is_ok());
}

#[test]
fn values_that_are_not_finite_are_an_error() {
    let bytes = OnnxFile::new().node("Log", &["input"], "output", &[]).finish(&ANY);
    let network = load(bytes, None).expect("a valid file");
    let said = network.run([1, 3, 1, 1], vec![1.0, 0.0, 1.0]).expect_err("log of zero").to_string();
    assert!(said.contains("not finite"), "{said}");
}
