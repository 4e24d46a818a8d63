//! `assay evaluate`: labelled data and results in; recall, false alarms and a threshold curve out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::BufRead;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

use super::Done;
use super::lines;
use crate::matching::evaluate::{Answer, Group, Rate, Report, ReportOptions, Task, Threshold, Truth, curve_svg, pair};

/// Longest line read, in bytes.
const MAX_LINE: u64 = 16 << 20;

/// Measure results on labelled data.
#[derive(Debug, clap::Subcommand)]
pub enum Evaluate {
    /// Verdicts on texts, as `assay screen` writes them.
    #[command(
        after_help = "Labels, one JSON object a line:\n  {\"id\":\"l-1\",\"kind\":\"positive\",\"family\":\"leet\",\"hits\":[{\"brand_id\":\"b-1\",\"type\":\"infringing_use\"}]}\n  \
                      {\"id\":\"l-2\",\"kind\":\"nominative\",\"hits\":[{\"brand_id\":\"b-1\",\"type\":\"nominative\"}]}\n  {\"id\":\"l-3\",\"kind\":\"clean\"}\n\n\
                      Example:\n  assay evaluate text --truth labels.jsonl --results verdicts.jsonl --false-alarms 0.001 --curve curve.svg"
    )]
    Text(Asked),
    /// Matches of pictures, as `assay match images` writes them.
    #[command(
        after_help = "Labels, one JSON object a line:\n  {\"query\":\"q-1\",\"kind\":\"pos\",\"family\":\"crop\",\"track\":\"product\",\"ref\":\"r-1\",\"neutral\":[]}\n  \
                      {\"query\":\"q-2\",\"kind\":\"neg\"}\n\n\
                      Example:\n  assay evaluate images --truth labels.jsonl --results results.jsonl --references references.jsonl"
    )]
    Images(Asked),
    /// A risk score of the gate's kind, learned from labelled declarations.
    Risk(super::evaluate_risk::EvaluateRisk),
}

/// What is measured and how it is told.
#[derive(Debug, clap::Args)]
pub struct Asked {
    /// The labels; - is standard input.
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,
    /// The results.
    #[arg(long, value_name = "FILE")]
    results: PathBuf,
    /// References with their type, so that products and logos are told apart.
    #[arg(long, value_name = "FILE")]
    references: Option<PathBuf>,
    /// Scores from this one on are alarms [default: 0.5 for texts]
    #[arg(long, value_name = "SCORE", conflicts_with = "false_alarms")]
    threshold: Option<f64>,
    /// Choose the lowest threshold with at most this share of false alarms [default: 0.001 for pictures]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    false_alarms: Option<f64>,
    /// Kind of harmless case that false alarms are counted on; may be given several times [default: all]
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<String>,
    /// Share of bad listings for which precision is worked out; may be given several times
    #[arg(long, value_name = "SHARE", default_values_t = [0.01, 0.1], value_parser = share)]
    prevalence: Vec<f64>,
    /// Draw the threshold curve into this file (SVG). With several tracks, one file each.
    #[arg(long, value_name = "FILE")]
    curve: Option<PathBuf>,
    /// Write the numbers into this file as JSON; - is standard output instead of the tables.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A share from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| format!("{text} is no number; use 0.001 for one in a thousand"))?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(format!("{text} is no share; use a number from 0 to 1")) }
}

#[derive(Deserialize)]
struct ReferenceLine {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Evaluate {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Text(asked) => asked.run(Task::Text),
            Self::Images(asked) => asked.run(Task::Images),
            Self::Risk(risk) => risk.run(),
        }
    }
}

impl Asked {
    fn run(self, task: Task) -> anyhow::Result<Done> {
        let (truths, bad_labels) = read(&self.truth, "labels", Truth::parse)?;
        let (answers, bad_results) = read(&self.results, "results", |line| Answer::parse(line, task))?;
        anyhow::ensure!(!truths.is_empty(), "{} has no labels", self.truth.display());
        let known: BTreeSet<&str> = truths.iter().map(|truth| truth.id.as_str()).collect();
        let strangers = answers.iter().filter(|answer| !known.contains(answer.id.as_str())).count();
        if strangers > 0 {
            eprintln!("{strangers} results have no label and are left out");
        }
        let tracks = self.tracks(&truths)?;
        let mut reports: BTreeMap<String, Report> = BTreeMap::new();
        for track in tracks.names() {
            let own: Vec<Truth> = truths
                .iter()
                .filter(|truth| !truth.positive || truth.track == track || track.is_empty())
                .cloned()
                .collect();
            let cases = pair(&own, &answers, |name| tracks.belongs(name, &track));
            reports.insert(track, Report::of(&cases, &self.options(task)));
        }
        self.tell(&reports)?;
        Ok(if bad_labels + bad_results == 0 { Done::Well } else { Done::WithFindings })
    }

    fn options(&self, task: Task) -> ReportOptions {
        let threshold = match (self.threshold, self.false_alarms, task) {
            (Some(score), ..) => Threshold::Fixed(score),
            (None, Some(share), _) => Threshold::FalseAlarms(share),
            (None, None, Task::Text) => Threshold::Fixed(0.5),
            (None, None, Task::Images) => Threshold::FalseAlarms(0.001),
        };
        ReportOptions { threshold, prevalence: self.prevalence.clone(), kinds: self.kinds.clone() }
    }

    /// Tracks of the labels, and which reference belongs to which.
    fn tracks(&self, truths: &[Truth]) -> anyhow::Result<Tracks> {
        let mut tracks = Tracks::default();
        if let Some(path) = &self.references {
            let parse = |line: &str| serde_json::from_str::<ReferenceLine>(line);
            let (references, _) = read(path, "references", parse)?;
            tracks.of = references.into_iter().map(|line| (line.reference, line.kind)).collect();
        }
        for truth in truths.iter().filter(|truth| truth.positive && !truth.track.is_empty()) {
            tracks.all.insert(truth.track.clone());
            for name in &truth.expected {
                tracks.of.entry(name.clone()).or_insert_with(|| truth.track.clone());
            }
        }
        Ok(tracks)
    }

    fn tell(&self, reports: &BTreeMap<String, Report>) -> anyhow::Result<()> {
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(reports)?;
            if path.to_str() == Some("-") {
                println!("{text}");
            } else {
                std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        for (track, report) in reports {
            if self.json.as_deref().and_then(Path::to_str) != Some("-") {
                print!("{}", table(track, report));
            }
            if let Some(path) = &self.curve {
                let path = if reports.len() > 1 { beside(path, track) } else { path.clone() };
                let title = if track.is_empty() { "Threshold".to_owned() } else { format!("Threshold, {track}") };
                std::fs::write(&path, curve_svg(report, &title))
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(())
    }
}

/// What is compared apart.
#[derive(Default)]
struct Tracks {
    all: BTreeSet<String>,
    of: HashMap<String, String>,
}

impl Tracks {
    /// The tracks; one without a name when labels name none.
    fn names(&self) -> Vec<String> {
        if self.all.is_empty() { vec![String::new()] } else { self.all.iter().cloned().collect() }
    }

    /// Whether a brand or reference counts in a track. One of which nothing is known counts in each.
    fn belongs(&self, name: &str, track: &str) -> bool {
        track.is_empty() || self.of.get(name).is_none_or(|own| own == track)
    }
}

/// `curve.svg` for one track: `curve-logo.svg`.
fn beside(path: &Path, track: &str) -> PathBuf {
    let plain: String = track.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("curve");
    path.with_file_name(format!("{stem}-{plain}.svg"))
}

/// Reads every line with `parse`; names bad ones on standard error and counts them.
fn read<T, Problem: std::fmt::Display>(
    path: &Path,
    what: &str,
    parse: impl Fn(&str) -> Result<T, Problem>,
) -> anyhow::Result<(Vec<T>, usize)> {
    use std::io::Read as _;
    let (mut reader, _) = lines::open(path)?;
    let (mut good, mut rejected, mut number) = (Vec::new(), 0, 0u64);
    loop {
        let mut line = Vec::new();
        let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
        let read = read.with_context(|| format!("cannot read {}", path.display()))?;
        if read == 0 {
            return Ok((good, rejected));
        }
        number += 1;
        anyhow::ensure!(
            line.last() == Some(&b'\n') || (read as u64) < MAX_LINE,
            "{}, line {number} is longer than {MAX_LINE} bytes",
            path.display()
        );
        if line.trim_ascii().is_empty() {
            continue;
        }
        let text = std::str::from_utf8(&line).map_err(|_| "is not UTF-8".to_owned());
        match text.and_then(|text| parse(text.trim()).map_err(|problem| problem.to_string())) {
            Ok(one) => good.push(one),
            Err(reason) => {
                rejected += 1;
                eprintln!("{}", serde_json::json!({"file": what, "line": number, "reason": reason}));
            }
        }
    }
}

/// The report for people.
fn table(track: &str, report: &Report) -> String {
    let mut out = String::new();
    let mut row = |name: &str, text: String| {
        out.push_str(&format!("{name:<32}{text}\n"));
    };
    if !track.is_empty() {
        row("track", track.to_owned());
    }
    row("threshold", format!("{:.3}", report.threshold));
    row("recall", rate(&report.recall));
    row("  mean of the families", percent(report.macro_recall));
    row("false alarms", rate(&report.false_alarms));
    row("another name beside or instead", rate(&report.wrong_name));
    row("average precision", format!("{:.3}", report.average_precision));
    for precision in &report.precision {
        let name = format!("precision if {} are bad", percent(precision.prevalence));
        row(&name, format!("{} (at least {})", percent(precision.precision), percent(precision.low)));
    }
    for (title, groups) in [
        ("recall by family, worst first", &report.families),
        ("false alarms by kind", &report.kinds),
        ("uses named rightly", &report.uses),
    ] {
        if groups.is_empty() {
            continue;
        }
        row(title, String::new());
        for Group { name, rate: of } in groups {
            row(&format!("  {name}"), rate(of));
        }
    }
    out
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn rate(rate: &Rate) -> String {
    let Rate { hits, of, low, high, .. } = rate;
    format!("{:>9}   {hits} of {of}, surely {} to {}", percent(rate.rate), percent(*low), percent(*high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(directory: &Path, truth: &str, results: &str) -> Asked {
        let file = |name: &str, text: &str| {
            let path = directory.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        Asked {
            truth: file("truth.jsonl", truth),
            results: file("results.jsonl", results),
            references: None,
            threshold: None,
            false_alarms: None,
            kinds: Vec::new(),
            prevalence: vec![0.01],
            curve: Some(directory.join("curve.svg")),
            json: Some(directory.join("report.json")),
        }
    }

    #[test]
    fn a_report_and_a_curve_are_written_and_bad_lines_show_in_the_answer() {
        let directory = tempfile::tempdir().unwrap();
        let truth = "{\"id\":\"1\",\"kind\":\"positive\",\"family\":\"leet\",\"brands\":[\"a\"]}\n\n{\"id\":\"2\",\"kind\":\"clean\"}\n";
        let results = "{\"id\":\"1\",\"hits\":[{\"brand_id\":\"a\",\"type\":\"infringing_use\",\"score\":0.8}]}\n";
        let done = asked(directory.path(), truth, results).run(Task::Text).unwrap();
        assert_eq!(done, Done::Well);
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(directory.path().join("report.json")).unwrap()).unwrap();
        assert_eq!(report[""]["recall"]["hits"], 1);
        assert!(std::fs::read_to_string(directory.path().join("curve.svg")).unwrap().contains("</svg>"));
        let done = asked(directory.path(), &format!("{truth}no json\n"), results).run(Task::Text).unwrap();
        assert_eq!(done, Done::WithFindings);
        assert!(asked(directory.path(), "", results).run(Task::Text).is_err());
    }

    #[test]
    fn tracks_of_pictures_are_reported_apart() {
        let directory = tempfile::tempdir().unwrap();
        let truth = "{\"query\":\"1\",\"kind\":\"pos\",\"attack\":\"crop\",\"track\":\"product\",\"ref\":\"p\"}\n\
                     {\"query\":\"2\",\"kind\":\"pos\",\"attack\":\"plain\",\"track\":\"logo\",\"ref\":\"l\"}\n{\"query\":\"3\",\"kind\":\"neg\"}\n";
        let results = "{\"query\":\"1\",\"matches\":[{\"ref\":\"p\",\"score\":0.9},{\"ref\":\"l\",\"score\":0.9}]}\n";
        asked(directory.path(), truth, results).run(Task::Images).unwrap();
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(directory.path().join("report.json")).unwrap()).unwrap();
        assert_eq!(report["product"]["recall"]["hits"], 1);
        assert_eq!(report["product"]["wrong_name"]["hits"], 0);
        assert_eq!(report["logo"]["recall"]["hits"], 0);
        assert!(directory.path().join("curve-logo.svg").exists());
    }

    #[test]
    fn shares_are_checked() {
        assert_eq!(share("0.001"), Ok(0.001));
        assert!(share("12").unwrap_err().contains("0 to 1") && share("x").is_err());
    }
}
