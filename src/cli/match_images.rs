//! `assay match images`: files of reference and query pictures in, matches out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Done;
use super::lines::{self, LineOptions};
use super::progress::Progress;
use crate::matching::image::{
    self, BatchMatch, BatchReference, BatchReferences, DETAIL_SIDE, DecodeLimits, How, Look, Placement, Purpose,
};
use crate::registry::model::{ReferenceKey, ReferenceKind};

/// Most matches of one query.
const MOST: usize = 20;

/// Find which references a file of query pictures resembles.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  assay match images --references references.jsonl --queries queries.jsonl --out results.jsonl"
)]
pub struct MatchImages {
    /// Reference pictures: {"ref","path","type":"product"|"logo"} a line.
    #[arg(long, value_name = "FILE")]
    references: PathBuf,
    /// Query pictures: {"query","path"} a line.
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// Directory that paths are relative to [default: the directory of the file that names them]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Compare hashes alone: faster, and blind to turned, slanted and closely cropped copies.
    #[arg(long)]
    hashes_only: bool,
    #[command(flatten)]
    lines: LineOptions,
}

#[derive(Deserialize)]
struct ReferenceLine {
    #[serde(rename = "ref")]
    reference: String,
    path: PathBuf,
    #[serde(rename = "type")]
    kind: ReferenceKind,
}

#[derive(Deserialize)]
struct QueryLine {
    query: String,
    path: PathBuf,
}

#[derive(Serialize)]
struct ResultLine<'a> {
    query: &'a str,
    matches: Vec<MatchLine<'a>>,
}

#[derive(Serialize)]
struct MatchLine<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    score: f32,
    distance: u16,
    how: How,
    false_match_rate: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    inliers: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    placement: Option<&'a Placement>,
}

impl MatchImages {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Done> {
        let (references, rejected) = self.read_references()?;
        let root = self.root_of(&self.queries);
        let done = lines::run("queries", &self.queries, &self.lines, |line| {
            let query: QueryLine = serde_json::from_str(line).map_err(|error| format!("is no query: {error}"))?;
            let found = self.matches_of(&references, &file(&root.join(&query.path))?);
            let found = found.map_err(|problem| format!("{}: {problem}", query.path.display()))?;
            let matches = found.iter().map(|found| MatchLine {
                reference: found.reference.as_str(),
                score: found.score,
                distance: found.distance,
                how: found.how,
                false_match_rate: found.false_match_rate,
                inliers: found.inliers,
                placement: found.placement.as_ref(),
            });
            let result = ResultLine { query: &query.query, matches: matches.collect() };
            serde_json::to_string(&result).map_err(|error| error.to_string())
        })?;
        Ok(if rejected { Done::WithFindings } else { done })
    }

    /// Hashes answer first; what they do not decide is looked at again.
    fn matches_of(&self, references: &BatchReferences, bytes: &[u8]) -> Result<Vec<BatchMatch>, image::ImageProblem> {
        let limits = DecodeLimits::default();
        if self.hashes_only {
            return Ok(references.nearest(&image::read(bytes, &limits)?, MOST));
        }
        let detailed = image::decode_detailed(bytes, &limits, DETAIL_SIDE)?;
        let signature = image::sign(detailed.decoded, Purpose::Listing);
        let first = references.nearest(&signature, MOST);
        if references.decides(&first) {
            return Ok(first);
        }
        Ok(references.nearest_of_all(&signature, &Look::at(&detailed.detail, &signature), MOST))
    }

    fn root_of(&self, file: &Path) -> PathBuf {
        let beside = || file.parent().map(Path::to_owned).unwrap_or_default();
        self.root.clone().unwrap_or_else(beside)
    }

    /// Reads and hashes all references; answers whether any was rejected.
    fn read_references(&self) -> anyhow::Result<(BatchReferences, bool)> {
        let root = self.root_of(&self.references);
        let text = std::fs::read_to_string(&self.references)
            .with_context(|| format!("cannot read {}", self.references.display()))?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.lines.threads.map_or(0, usize::from)).build()?;
        let progress = Progress::new("references", None);
        let numbered: Vec<(usize, &str)> =
            text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
        let read_one = |(number, line): (usize, &str)| {
            let parsed: ReferenceLine =
                serde_json::from_str(line).map_err(|error| (number, format!("is no reference: {error}")))?;
            let bytes = file(&root.join(&parsed.path)).map_err(|reason| (number, reason))?;
            let taken = image::take_reference(&bytes, &DecodeLimits::default());
            let (signature, features) =
                taken.map_err(|problem| (number, format!("{}: {problem}", parsed.path.display())))?;
            let features = (!self.hashes_only).then(|| Arc::new(features));
            Ok(BatchReference { key: ReferenceKey::new(parsed.reference), kind: parsed.kind, signature, features })
        };
        let taken: Vec<Result<_, (usize, String)>> = pool.install(|| numbered.into_par_iter().map(read_one).collect());
        let mut rejected = 0;
        let good = taken.into_iter().filter_map(|reference| match reference {
            Ok(reference) => Some(reference),
            Err((number, reason)) => {
                rejected += 1;
                eprintln!("{}", serde_json::json!({"file": "references", "line": number + 1, "reason": reason}));
                None
            }
        });
        let good: Vec<BatchReference> = good.collect();
        let count = good.len() as u64;
        let (references, blank) = BatchReferences::new(good);
        for key in blank {
            eprintln!("reference {key} is too plain to be told from others; it matches nothing");
        }
        progress.end();
        lines::summary("references", count, rejected, progress.seconds(), progress.seconds());
        Ok((references, rejected > 0))
    }
}

/// The bytes of a picture's file, within the limits.
fn file(path: &Path) -> Result<Vec<u8>, String> {
    let limit = DecodeLimits::default().max_bytes;
    let size = std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?.len();
    if size > limit as u64 {
        return Err(format!("{} has {size} bytes; at most {limit} are read", path.display()));
    }
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
