//! JSON Lines in, JSON Lines out: many at a time on all cores, in the order of the input.
//!
//! A bad line goes to the rejects with its number and the reason; the rest goes on.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rayon::prelude::*;

use super::Done;
use super::progress::Progress;

/// Longest line that is read. A listing at every limit takes about 1 MB.
pub const MAX_LINE: usize = 16 * 1024 * 1024;
/// Lines worked on together.
const CHUNK_LINES: usize = 2_048;
/// Bytes worked on together: bounds memory when lines are long.
const CHUNK_BYTES: usize = 32 * 1024 * 1024;

/// Where lines go and how many threads work.
#[derive(Debug, Clone, clap::Args)]
pub struct LineOptions {
    /// Where results go; - is standard output.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Where rejected lines go [default: standard error]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Threads that compute [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// A line that was refused.
#[derive(Debug, serde::Serialize)]
struct Rejected<'a> {
    line: u64,
    reason: &'a str,
}

/// Writes results and rejects, and counts them.
struct Writers {
    out: Box<dyn Write>,
    rejects: Box<dyn Write>,
    rows: u64,
    rejected: u64,
}

impl Writers {
    fn open(options: &LineOptions) -> anyhow::Result<Self> {
        let create = |path: &Path| -> anyhow::Result<Box<dyn Write>> {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(Box::new(BufWriter::new(file)))
        };
        let out = match options.out.to_str() {
            Some("-") => Box::new(BufWriter::new(io::stdout())),
            _ => create(&options.out)?,
        };
        let rejects = match &options.rejects {
            Some(path) => create(path)?,
            None => Box::new(io::stderr()),
        };
        Ok(Self { out, rejects, rows: 0, rejected: 0 })
    }

    fn put(&mut self, line: u64, result: Result<String, String>) -> anyhow::Result<()> {
        match result {
            Ok(text) => {
                self.rows += 1;
                self.out
                    .write_all(text.as_bytes())
                    .and_then(|()| self.out.write_all(b"\n"))
                    .context("cannot write results")
            }
            Err(reason) => self.reject(line, &reason),
        }
    }

    fn reject(&mut self, line: u64, reason: &str) -> anyhow::Result<()> {
        self.rejected += 1;
        serde_json::to_writer(&mut self.rejects, &Rejected { line, reason }).context("cannot write rejects")?;
        self.rejects.write_all(b"\n").context("cannot write rejects")
    }
}

/// One line as it was read: its number and its bytes, or why it was not read.
type RawLine = (u64, Result<Vec<u8>, String>);

/// Reads `input` line by line, works on each with `work` and writes what it answers, or
/// rejects the line with the reason. Empty lines are passed over.
pub fn run(
    what: &'static str,
    input: &Path,
    options: &LineOptions,
    work: impl Fn(&str) -> Result<String, String> + Sync,
) -> anyhow::Result<Done> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.map_or(0, usize::from)).build()?;
    for output in std::iter::once(&options.out).chain(&options.rejects) {
        let same = input.canonicalize().is_ok_and(|input| output.canonicalize().is_ok_and(|output| output == input));
        anyhow::ensure!(!same, "{} is both read and written; name another file for the results", input.display());
    }
    let (mut reader, size) = open(input)?;
    let mut writers = Writers::open(options)?;
    let mut progress = Progress::new(what, size);
    let (mut computing, mut number, mut place) = (0.0, 0, 0);
    loop {
        let chunk = read_chunk(&mut reader, &mut number, &mut place)
            .with_context(|| format!("cannot read {}", input.display()))?;
        if chunk.is_empty() {
            break;
        }
        let before = progress.seconds();
        let results: Vec<(u64, Result<String, String>)> =
            pool.install(|| chunk.into_par_iter().map(|(line, bytes)| (line, one(bytes, &work))).collect());
        computing += progress.seconds() - before;
        for (line, result) in results {
            writers.put(line, result)?;
        }
        progress.at(writers.rows + writers.rejected, place);
    }
    writers.out.flush().context("cannot write results")?;
    writers.rejects.flush().context("cannot write rejects")?;
    progress.end();
    summary(what, writers.rows, writers.rejected, computing, progress.seconds());
    Ok(if writers.rejected == 0 { Done::Well } else { Done::WithFindings })
}

/// The line that every batch command ends with.
pub fn summary(what: &str, rows: u64, rejected: u64, computing: f64, total: f64) {
    let rate = (rows + rejected) as f64 / computing.max(1e-9);
    eprintln!("{rows} {what}, {rejected} rejected; {rate:.0} rows/s, {computing:.3} s computing, {total:.3} s in all");
}

fn one(bytes: Result<Vec<u8>, String>, work: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let bytes = bytes?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| format!("is not UTF-8 at byte {}; write the file as UTF-8", error.valid_up_to()))?;
    work(text)
}

/// Opens a file, or standard input for `-`; answers its size where it has one.
pub fn open(path: &Path) -> anyhow::Result<(Box<dyn BufRead>, Option<u64>)> {
    if path.to_str() == Some("-") {
        return Ok((Box::new(BufReader::new(io::stdin())), None));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let size = file.metadata().ok().map(|data| data.len());
    Ok((Box::new(BufReader::with_capacity(1 << 20, file)), size))
}

fn read_chunk(reader: &mut dyn BufRead, number: &mut u64, place: &mut u64) -> io::Result<Vec<RawLine>> {
    let mut chunk = Vec::new();
    let mut bytes = 0;
    while chunk.len() < CHUNK_LINES && bytes < CHUNK_BYTES {
        let mut line = Vec::new();
        let read = reader.take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        *number += 1;
        *place += read as u64;
        if line.len() > MAX_LINE && line.last() != Some(&b'\n') {
            *place += skip_line(reader)?;
            chunk.push((*number, Err(format!("is longer than {MAX_LINE} bytes"))));
            continue;
        }
        let text = line.trim_ascii();
        if !text.is_empty() {
            bytes += text.len();
            chunk.push((*number, Ok(text.to_vec())));
        }
    }
    Ok(chunk)
}

/// Passes over the rest of a line that is too long to keep.
fn skip_line(reader: &mut dyn BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(used);
        skipped += used as u64;
        if end.is_some() {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_input_and_bad_lines_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let (input, out, rejects) =
            (directory.path().join("in"), directory.path().join("out"), directory.path().join("rejects"));
        let mut lines: Vec<u8> = (0..5_000).map(|number| format!("{number}\n")).collect::<String>().into_bytes();
        lines.extend(b"\n\xff\xfe\nlast");
        std::fs::write(&input, lines).unwrap();
        let options = LineOptions { out: out.clone(), rejects: Some(rejects.clone()), threads: Some(2) };
        let done = run("numbers", &input, &options, |line| Ok(format!("<{line}>"))).unwrap();
        assert_eq!(done, Done::WithFindings);
        let written = std::fs::read_to_string(&out).unwrap();
        let expected: Vec<String> =
            (0..5_000).map(|number| format!("<{number}>")).chain(["<last>".to_owned()]).collect();
        assert_eq!(written.lines().collect::<Vec<_>>(), expected);
        let rejected = std::fs::read_to_string(&rejects).unwrap();
        assert!(rejected.contains("\"line\":5002") && rejected.contains("UTF-8"), "{rejected}");
    }

    #[test]
    fn a_line_without_end_is_passed_over_in_bounded_memory() {
        let mut text = vec![b'x'; MAX_LINE + 10];
        text.extend(b"\nnext\n");
        let mut reader = BufReader::new(&text[..]);
        let (mut number, mut place) = (0, 0);
        let chunk = read_chunk(&mut reader, &mut number, &mut place).unwrap();
        assert!(chunk[0].1.is_err());
        assert_eq!(chunk[1], (2, Ok(b"next".to_vec())));
        assert_eq!(place, text.len() as u64);
    }
}
