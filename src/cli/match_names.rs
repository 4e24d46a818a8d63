//! `assay match names`: a list of parties and a file of names in, possible matches out.

use std::collections::HashMap;
use std::io::{BufRead as _, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::Done;
use super::lines::{self, LineOptions};
use super::progress::Progress;
use crate::matching::names::{NameHit, NameIndex, NameQuery, Party, Scratch};

/// Most hits of one query.
const MOST: usize = 20;

/// Find which listed parties a file of names may mean.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  assay match names --list list.jsonl --queries queries.jsonl --out results.jsonl")]
pub struct MatchNames {
    /// Listed parties: {"id","list","type","names":[{"name","kind"}],"countries","dob"} a line.
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// Names to look for: {"qid","name","type"} a line; also "countries", "dob" and "ids" where known.
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    #[command(flatten)]
    lines: LineOptions,
}

#[derive(Deserialize)]
struct QueryLine {
    qid: String,
    #[serde(flatten)]
    query: NameQuery,
}

#[derive(Serialize)]
struct ResultLine<'a> {
    qid: &'a str,
    hits: &'a [NameHit],
}

impl MatchNames {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Done> {
        let (index, rejected) = read_list(&self.list)?;
        // One working memory a thread that works at once; it grows to the size of the index.
        let scratches: Mutex<Vec<Scratch>> = Mutex::default();
        let done = lines::run("queries", &self.queries, &self.lines, |line| {
            let asked: QueryLine = serde_json::from_str(line).map_err(|error| format!("is no query: {error}"))?;
            let pooled = scratches.lock().map_or(None, |mut pool| pool.pop());
            let mut scratch = pooled.unwrap_or_default();
            let hits = index.search(&asked.query, MOST, &mut scratch);
            if let Ok(mut pool) = scratches.lock() {
                pool.push(scratch);
            }
            let result = ResultLine { qid: &asked.qid, hits: &hits };
            serde_json::to_string(&result).map_err(|error| error.to_string())
        })?;
        Ok(if rejected { Done::WithFindings } else { done })
    }
}

/// Reads the list; answers whether a line was rejected. Lines with one id are one party.
fn read_list(path: &Path) -> anyhow::Result<(NameIndex, bool)> {
    let (mut reader, size) = lines::open(path)?;
    let mut progress = Progress::new("parties", size);
    let mut parties: Vec<Party> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let (mut rejected, mut number, mut place) = (0, 0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader).take(lines::MAX_LINE as u64).read_until(b'\n', &mut line);
        let read = read.with_context(|| format!("cannot read {}", path.display()))?;
        if read == 0 {
            break;
        }
        number += 1;
        place += read as u64;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Party>(&line) {
            Ok(party) => match places.get(&party.id) {
                Some(known) => parties[*known].names.extend(party.names),
                None => {
                    places.insert(party.id.clone(), parties.len());
                    parties.push(party);
                }
            },
            Err(error) => {
                rejected += 1;
                let reason = format!("is no listed party: {error}");
                eprintln!("{}", serde_json::json!({"file": "list", "line": number, "reason": reason}));
            }
        }
        progress.at(parties.len() as u64 + rejected, place);
    }
    let count = parties.len() as u64;
    let index = NameIndex::build(parties);
    progress.end();
    lines::summary("listed parties", count, rejected, progress.seconds(), progress.seconds());
    Ok((index, rejected > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(list: &[u8], queries: &str) -> (Done, Vec<serde_json::Value>) {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("list"), list).unwrap();
        std::fs::write(path("queries"), queries).unwrap();
        let lines = LineOptions { out: path("out"), rejects: Some(path("rejects")), threads: Some(1) };
        let done = MatchNames { list: path("list"), queries: path("queries"), lines }.run().unwrap();
        let out = std::fs::read_to_string(path("out")).unwrap();
        (done, out.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    #[test]
    fn queries_are_answered_in_their_order_with_id_score_name_and_reason() {
        let list = r#"{"id":"x-1","list":"example","type":"organization","names":[{"name":"Northpeak Trading LLC","kind":"primary"},{"name":"Nordgipfel","kind":"aka"}],"countries":[],"dob":[]}
{"id":"x-1","type":"organization","names":[{"name":"Peaknorth Holding","kind":"fka"}]}"#;
        let (done, results) = run(
            list.as_bytes(),
            "{\"qid\":\"q-2\",\"name\":\"Nordgipfel\",\"type\":\"organization\"}\n{\"qid\":\"q-1\",\"name\":\"Peaknorth\",\"type\":\"organization\",\"other\":1}\n{\"qid\":\"q-3\",\"name\":\"\"}\n",
        );
        assert_eq!(done, Done::Well);
        let ids: Vec<&str> = results.iter().map(|result| result["qid"].as_str().unwrap()).collect();
        assert_eq!(ids, ["q-2", "q-1", "q-3"]);
        let hit = &results[0]["hits"][0];
        assert_eq!((hit["id"].as_str(), hit["name"].as_str()), (Some("x-1"), Some("Nordgipfel")));
        assert!(hit["score"].as_f64().is_some_and(|score| score > 0.5 && score <= 1.0));
        assert_eq!(hit["why"]["matched"][0]["how"], "same");
        assert_eq!(results[1]["hits"][0]["name"], "Peaknorth Holding");
        assert_eq!(results[2]["hits"], serde_json::json!([]));
    }

    #[test]
    fn a_bad_line_of_the_list_is_rejected_and_the_rest_goes_on() {
        let list = b"{\"id\":\"x-1\",\"names\":[{\"name\":\"Northpeak\"}]}\n\xff\xfe\nnot json\n";
        let (done, results) = run(list, "{\"qid\":\"q\",\"name\":\"Northpeak\"}\n");
        assert_eq!(done, Done::WithFindings);
        assert_eq!(results[0]["hits"][0]["id"], "x-1");
    }
}
