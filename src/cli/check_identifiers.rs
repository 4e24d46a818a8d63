//! `assay check identifiers`: a file of numbers in, three-state answers out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Done;
use super::lines::{self, LineOptions};
use crate::merchants::identifiers;

/// Check the form and the check digits of a file of identifiers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  assay check identifiers --in identifiers.jsonl --out results.jsonl\n\n\
                  Kinds are named country.number (eu.vat, cn.uscc, us.ein) or by their own name (lei, iban, ean).")]
pub struct CheckIdentifiers {
    /// Identifiers: {"type","value"} a line.
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    #[command(flatten)]
    lines: LineOptions,
}

#[derive(Deserialize)]
struct IdentifierLine {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

#[derive(Serialize)]
struct ResultLine<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    value: &'a str,
    valid: Option<bool>,
    result: &'static str,
}

impl CheckIdentifiers {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Done> {
        lines::run("identifiers", &self.input, &self.lines, judge)
    }
}

fn judge(line: &str) -> Result<String, String> {
    if !line.starts_with('{') {
        return Err("is no identifier: expected a JSON object {\"type\",\"value\"}".to_owned());
    }
    let line: IdentifierLine =
        serde_json::from_str(line).map_err(|error| format!("is no identifier {{\"type\",\"value\"}}: {error}"))?;
    let answer = identifiers::check(&line.kind, &line.value);
    let result = ResultLine { kind: &line.kind, value: &line.value, valid: answer.accepted(), result: answer.as_str() };
    serde_json::to_string(&result).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_answered_in_the_published_form() {
        assert_eq!(
            judge(r#"{"type":"lei","value":"506700-GE1G29325QX363","more":1}"#).unwrap(),
            r#"{"type":"lei","value":"506700-GE1G29325QX363","valid":true,"result":"valid"}"#
        );
        assert_eq!(
            judge(r#"{"type":"nobody.knows","value":"1"}"#).unwrap(),
            r#"{"type":"nobody.knows","value":"1","valid":null,"result":"unsupported"}"#
        );
        assert!(judge(r#"["lei","5493"]"#).unwrap_err().contains("object"));
        assert!(judge(r#"{"type":"lei"}"#).unwrap_err().contains("value"));
    }
}
