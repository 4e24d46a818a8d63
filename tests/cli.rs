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
