//! The command line as a person uses it: slips are refused before they cost something.

use std::path::Path;
use std::process::{Command, Output};

fn assay(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.current_dir(directory).args(arguments);
    command.output().expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_command_that_reads_makes_no_database_where_there_is_none() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [&["audit", "verify"][..], &["registry", "list"], &["hunt", "show"], &["index", "status"]] {
        let output = assay(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains("there is no database at"), "{}", said(&output));
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn results_never_overwrite_the_listings_they_come_from() {
    let directory = tempfile::tempdir().unwrap();
    let listings = directory.path().join("listings.jsonl");
    std::fs::write(&listings, "{\"id\":\"a\",\"title\":\"Garden chair\"}\n").unwrap();
    std::fs::write(directory.path().join("registry.jsonl"), "{\"brand_id\":\"b\",\"name\":\"Northpeak\"}\n").unwrap();
    let before = std::fs::read(&listings).unwrap();
    let screen =
        ["screen", "--registry", "registry.jsonl", "--listings", "listings.jsonl", "--out", "./listings.jsonl"];
    let output = assay(directory.path(), &screen);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("both read and written"), "{}", said(&output));
    assert_eq!(std::fs::read(&listings).unwrap(), before);
}

#[test]
fn a_line_that_is_an_array_is_rejected_and_the_rest_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let lines = "[\"x\",\"an array\"]\n{\"id\":\"a\",\"title\":\"Garden chair\"}\n";
    std::fs::write(directory.path().join("listings.jsonl"), lines).unwrap();
    std::fs::write(directory.path().join("registry.jsonl"), "{\"brand_id\":\"b\",\"name\":\"Northpeak\"}\n").unwrap();
    let screen = ["screen", "--registry", "registry.jsonl", "--listings", "listings.jsonl", "--out", "-"];
    let output = assay(directory.path(), &screen);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("\"line\":1"), "{}", said(&output));
    let written = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(written.lines().count(), 1);
    assert!(written.contains("\"id\":\"a\"") && written.contains("\"verdict\":\"clear\""), "{written}");
}

fn written(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn identifiers_are_answered_in_their_order_and_a_bad_line_is_named() {
    let directory = tempfile::tempdir().unwrap();
    // Numbers that their issuers publish as examples: GLEIF's own LEI, the IBAN Registry's for Germany.
    let lines = concat!(
        "{\"type\":\"lei\",\"value\":\"506700GE1G29325QX363\"}\n",
        "{\"type\":\"iban\",\"value\":\"DE89 3704 0044 0532 0130 00\"}\n",
        "{\"type\":\"iban\",\"value\":\"DE88 3704 0044 0532 0130 00\"}\n",
        "{\"type\":\"no.such.number\",\"value\":\"1\"}\n",
        "not JSON\n",
    );
    std::fs::write(directory.path().join("in.jsonl"), lines).unwrap();
    let output = assay(directory.path(), &["check", "identifiers", "--in", "in.jsonl", "--out", "-"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("\"line\":5"), "{}", said(&output));
    let answers: Vec<_> = written(&output).iter().map(|line| (line["valid"].clone(), line["result"].clone())).collect();
    let json = |valid: serde_json::Value, result: &str| (valid, serde_json::json!(result));
    let (valid, invalid) = (json(true.into(), "valid"), json(false.into(), "invalid"));
    assert_eq!(answers, [valid.clone(), valid, invalid, json(serde_json::Value::Null, "unsupported")]);
}

#[test]
fn two_merchants_with_one_account_are_a_pair_whose_values_are_masked() {
    let directory = tempfile::tempdir().unwrap();
    let account = "DE89370400440532013000";
    let merchant = |id: &str, name: &str| {
        format!(
            "{{\"id\":\"{id}\",\"country\":\"DE\",\"legal_name\":\"{name}\",\"bank\":{{\"account\":\"{account}\"}},\"phone\":\"+49 30 1234567\"}}\n"
        )
    };
    let lines = merchant("a", "Lichtblick Handel GmbH") + &merchant("b", "Sternweg Import GmbH") + "{\"id\":\"c\"}\n";
    std::fs::write(directory.path().join("in.jsonl"), lines).unwrap();
    let output = assay(directory.path(), &["match", "merchants", "--merchants", "in.jsonl", "--out", "-"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let pairs = written(&output);
    assert_eq!(pairs.len(), 1, "{pairs:?}");
    assert_eq!((&pairs[0]["a"], &pairs[0]["b"]), (&"a".into(), &"b".into()));
    assert!(pairs[0]["score"].as_f64().unwrap() >= 0.5, "{}", pairs[0]);
    assert!(!pairs[0].to_string().contains(account), "{}", pairs[0]);
}

#[test]
fn a_shipment_that_does_not_comply_is_answered_with_its_cure() {
    let directory = tempfile::tempdir().unwrap();
    let lines = concat!(
        "{\"id\":\"s-1\",\"origin\":\"CN\",\"destination\":\"DE\",\"kind\":\"b2c\",\"channel\":\"official_tracked\",",
        "\"currency\":\"EUR\",\"items\":[]}\n",
        "[1]\n",
    );
    std::fs::write(directory.path().join("in.jsonl"), lines).unwrap();
    let check = ["check", "shipments", "--in", "in.jsonl", "--on", "2026-11-22", "--declaration-only", "--out", "-"];
    let output = assay(directory.path(), &check);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("\"line\":2"), "{}", said(&output));
    let answers = written(&output);
    assert_eq!((answers.len(), &answers[0]["id"]), (1, &"s-1".into()));
    assert_ne!(answers[0]["outcome"], "release");
    let reason = &answers[0]["reasons"][0];
    for member in ["rule", "version", "says", "cure", "law"] {
        assert!(reason[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {reason}");
    }
    assert_eq!(answers[0]["certificate"], serde_json::Value::Null);
}
