//! `assay match merchants`: a file of merchants in, linked pairs out.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rayon::prelude::*;

use super::Done;
use super::lines::{self, LineOptions};
use super::progress::Progress;
use crate::merchants::links::{Link, LinkIndex, LinkKey, LinkPolicy, MerchantRecord, closed};

/// Merchants whose links are found together.
const CHUNK: usize = 4_096;

/// Find which merchants of a file may be one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  assay match merchants --merchants merchants.jsonl --out pairs.jsonl\n\n\
                  Answers {\"a\",\"b\",\"score\",\"evidence\"} a pair, in the order of the file, with masked values.")]
pub struct MatchMerchants {
    /// Merchants: {"id","country","legal_name","store_name","bank","phone",…} a line; all but id may be missing.
    #[arg(long, value_name = "FILE")]
    merchants: PathBuf,
    /// Weights of evidence [default: the shipped ones]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    #[command(flatten)]
    lines: LineOptions,
}

impl MatchMerchants {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Done> {
        let policy = match &self.weights {
            None => LinkPolicy::shipped(),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                LinkPolicy::parse(&text).with_context(|| format!("cannot use {}", path.display()))?.into()
            }
        };
        self.refuse_same_file()?;
        let mut out = create_or_standard(&self.lines.out)?;
        let (records, rejected) = self.read()?;
        let mut progress = Progress::new("merchants", Some(records.len() as u64));
        // The hashes live as long as this run: any key will do.
        let mut index = LinkIndex::new(policy.clone(), LinkKey::new(b"one run of assay match merchants"));
        records.iter().for_each(|record| index.add(record));
        let order: HashMap<&str, usize> =
            records.iter().enumerate().map(|(at, record)| (record.id.as_str(), at)).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.lines.threads.map_or(0, usize::from)).build()?;
        let mut found: Vec<Link> = Vec::new();
        for (number, chunk) in records.chunks(CHUNK).enumerate() {
            let links: Vec<Vec<Link>> =
                pool.install(|| chunk.par_iter().map(|record| index.links_of(record)).collect());
            found.extend(links.into_iter().flatten());
            let done = (number * CHUNK + chunk.len()) as u64;
            progress.at(done, done);
        }
        let pairs: BTreeMap<(usize, usize), Link> =
            closed(found, &policy).into_iter().filter_map(|link| in_order(link, &order)).collect();
        let computing = progress.seconds();
        for link in pairs.values() {
            serde_json::to_writer(&mut out, link).context("cannot write results")?;
            out.write_all(b"\n").context("cannot write results")?;
        }
        out.flush().context("cannot write results")?;
        progress.end();
        lines::summary("merchants", records.len() as u64, rejected, computing, progress.seconds());
        eprintln!("{} pairs by weights of {}", pairs.len(), policy.version);
        Ok(if rejected == 0 { Done::Well } else { Done::WithFindings })
    }

    /// All merchants of the file; refused lines go where the options say.
    fn read(&self) -> anyhow::Result<(Vec<MerchantRecord>, u64)> {
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut rejects: Box<dyn Write> = match &self.lines.rejects {
            Some(path) => create_or_standard(path)?,
            None => Box::new(std::io::stderr()),
        };
        let (mut records, mut rejected) = (Vec::new(), 0);
        let (mut reader, _) = lines::open(&self.merchants)?;
        for number in 1_u64.. {
            let line = next_line(&mut reader).with_context(|| format!("cannot read {}", self.merchants.display()))?;
            let Some(line) = line else { break };
            match line.and_then(|line| parse(&line, number, &mut seen)) {
                Ok(Some(record)) => records.push(record),
                Ok(None) => {}
                Err(reason) => {
                    rejected += 1;
                    writeln!(rejects, "{}", serde_json::json!({"line": number, "reason": reason}))
                        .context("cannot write rejects")?;
                }
            }
        }
        rejects.flush().context("cannot write rejects")?;
        Ok((records, rejected))
    }

    /// The file of merchants is not written over, whatever the paths look like.
    fn refuse_same_file(&self) -> anyhow::Result<()> {
        let input = self.merchants.canonicalize();
        for output in std::iter::once(&self.lines.out).chain(&self.lines.rejects) {
            let same = input.as_ref().is_ok_and(|input| output.canonicalize().is_ok_and(|output| output == *input));
            anyhow::ensure!(!same, "{} is both read and written; name another file for the results", output.display());
        }
        Ok(())
    }
}

fn create_or_standard(path: &Path) -> anyhow::Result<Box<dyn Write>> {
    if path.to_str() == Some("-") {
        return Ok(Box::new(BufWriter::new(std::io::stdout())));
    }
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Box::new(BufWriter::new(file)))
}

/// The next line, or why it cannot be read; nothing at the end. A line that is too long is passed over.
fn next_line(reader: &mut dyn BufRead) -> std::io::Result<Option<Result<Vec<u8>, String>>> {
    let mut line = Vec::new();
    if reader.take(lines::MAX_LINE as u64 + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() <= lines::MAX_LINE || line.last() == Some(&b'\n') {
        return Ok(Some(Ok(line)));
    }
    let mut rest = Vec::new();
    while rest.last() != Some(&b'\n') {
        rest.clear();
        if reader.take(lines::MAX_LINE as u64).read_until(b'\n', &mut rest)? == 0 {
            break;
        }
    }
    Ok(Some(Err(format!("is longer than {} bytes", lines::MAX_LINE))))
}

/// One line as a merchant; nothing for an empty line.
fn parse(line: &[u8], number: u64, seen: &mut HashMap<String, u64>) -> Result<Option<MerchantRecord>, String> {
    let text = std::str::from_utf8(line)
        .map_err(|error| format!("is not UTF-8 at byte {}; write the file as UTF-8", error.valid_up_to()))?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    if !text.trim_start().starts_with('{') {
        return Err("is no merchant: expected a JSON object {\"id\",…}".to_owned());
    }
    let record: MerchantRecord = serde_json::from_str(text).map_err(|error| format!("is no merchant: {error}"))?;
    if record.id.trim().is_empty() {
        return Err("has no id; give every merchant one".to_owned());
    }
    match seen.insert(record.id.clone(), number) {
        Some(first) => {
            seen.insert(record.id.clone(), first);
            Err(format!("has the id of line {first}; ids must differ"))
        }
        None => Ok(Some(record)),
    }
}

/// The link with the merchant that comes first in the file first, under their places.
fn in_order(link: Link, order: &HashMap<&str, usize>) -> Option<((usize, usize), Link)> {
    let (a, b) = (*order.get(link.a.as_str())?, *order.get(link.b.as_str())?);
    let link = if a <= b { link } else { Link { a: link.b, b: link.a, ..link } };
    Some(((a.min(b), a.max(b)), link))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the command on `text`; answers how it ended, the pairs and the rejects.
    fn run(text: &[u8]) -> (Done, Vec<serde_json::Value>, String) {
        let directory = tempfile::tempdir().unwrap();
        let [merchants, out, rejects] = ["in", "out", "rejects"].map(|name| directory.path().join(name));
        std::fs::write(&merchants, text).unwrap();
        let lines = LineOptions { out: out.clone(), rejects: Some(rejects.clone()), threads: Some(1) };
        let done = MatchMerchants { merchants, weights: None, lines }.run().unwrap();
        let pairs = std::fs::read_to_string(out).unwrap();
        let pairs = pairs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (done, pairs, std::fs::read_to_string(rejects).unwrap())
    }

    #[test]
    fn pairs_come_in_the_order_of_the_file_with_masked_evidence() {
        let (done, pairs, _) = run(b"{\"id\":\"z\",\"bank\":{\"account\":\"DE02120300000000202051\"}}\n\n\
              {\"id\":\"b\",\"phone\":\"+44 20 7946 0018\",\"unknown\":[1]}\n\
              {\"id\":\"a\",\"bank\":{\"account\":\"de02 1203 0000 0000 2020 51\"},\"phone\":\"+442079460018\"}\n");
        assert_eq!(done, Done::Well);
        let ends: Vec<(&str, &str)> =
            pairs.iter().map(|pair| (pair["a"].as_str().unwrap(), pair["b"].as_str().unwrap())).collect();
        assert_eq!(ends, [("z", "b"), ("z", "a"), ("b", "a")]);
        assert_eq!(pairs[0]["evidence"][0]["kind"], "through");
        assert_eq!(pairs[1]["evidence"][0]["value_hint"], "\u{2026}51 (22 characters)");
    }

    #[test]
    fn lines_that_are_no_merchants_are_refused_by_number_and_the_rest_goes_on() {
        let (done, pairs, rejects) =
            run(b"{\"id\":\"a\",\"devices\":[\"0123456789\"]}\n[]\n{\"store_name\":\"x\"}\n\xff\n{\"id\":\"a\"}\n\
              {\"id\":\"c\",\"devices\":\"none\"}\n{\"id\":\"b\",\"devices\":[\"0123456789\"]}");
        assert_eq!(done, Done::WithFindings);
        assert_eq!(pairs.len(), 1);
        let refused: Vec<&str> = rejects.lines().collect();
        assert_eq!(refused.len(), 5, "{rejects}");
        for (line, (number, why)) in
            refused.iter().zip([(2, "no merchant"), (3, "no id"), (4, "UTF-8"), (5, "line 1"), (6, "no merchant")])
        {
            assert!(line.contains(&format!("\"line\":{number}")) && line.contains(why), "{line}");
        }
    }
}
