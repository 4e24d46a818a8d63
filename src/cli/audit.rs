//! `assay audit`: check the log, state it, and prove to others what stands in it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use super::progress::Progress;
use super::{Done, Where};
use crate::app::Core;
use crate::audit::checkpoint;
use crate::audit::log::{self, AuditLog};
use crate::audit::note::NoteVerifier;
use crate::audit::verify::{self, Known};
use crate::kernel::Digest;

/// Largest file that is checked.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Check the audit log, state it, and prove what stands in it.
#[derive(Debug, clap::Subcommand)]
pub enum Audit {
    /// Read the whole log, check chain, tree and verdicts, and name the first entry that does not hold.
    ///
    /// Keep the number of entries and the root that it prints where the database's owner cannot
    /// change them: given back later, they show whether the log was cut or written anew.
    #[command(after_help = "Exit code 1 when an entry does not hold.\n\nExamples:\n  \
                            assay audit verify --data ./data\n  \
                            assay audit verify --data ./data --entries 652 --root 9f86d081…")]
    Verify {
        #[command(flatten)]
        place: Where,
        /// How many entries the log had when `--root` was printed.
        #[arg(long, requires = "root", value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        entries: Option<i64>,
        /// The Merkle root it had then.
        #[arg(long, requires = "entries", value_name = "HASH")]
        root: Option<Digest>,
    },
    /// Print the key that checks checkpoints and proofs; the first use makes it.
    #[command(after_help = "Example:\n  assay audit key --data ./data --name example.com/assay")]
    Key {
        #[command(flatten)]
        place: Where,
        /// Name of the log, given once before its first checkpoint [default: made of the key]
        #[arg(long)]
        name: Option<String>,
    },
    /// Publish a checkpoint of the log as it is now, and print it.
    #[command(after_help = "Example:\n  assay audit checkpoint --data ./data > log.checkpoint")]
    Checkpoint {
        #[command(flatten)]
        place: Where,
    },
    /// Print an entry with the proof that it stands in the log.
    #[command(after_help = "Example:\n  assay audit prove 17 --data ./data > entry-17.tlog-proof")]
    Prove {
        #[command(flatten)]
        place: Where,
        /// The entry's number, from 1.
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        entry: i64,
    },
    /// Check a proof or checkpoint offline, with nothing but the log's key.
    ///
    /// FILE is an entry's proof, a checkpoint, or, with `--old`, what `/log/consistency` answered.
    #[command(after_help = "Exit code 1 when it does not hold.\n\nExamples:\n  \
                            assay audit check entry-17.tlog-proof --key \"$(cat log.key)\"\n  \
                            assay audit check answer.txt --old log.checkpoint --key \"$(cat log.key)\"")]
    Check {
        /// The file to check.
        file: PathBuf,
        /// The log's key, as `assay audit key` or `/log/key` prints it.
        #[arg(long, value_name = "NAME+HASH+BASE64")]
        key: NoteVerifier,
        /// The checkpoint that was known before.
        #[arg(long, value_name = "FILE")]
        old: Option<PathBuf>,
    },
}

impl Audit {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Verify { place, entries, root } => {
                verify_log(&place, entries.zip(root).map(|(entries, root)| Known { entries, root })).await
            }
            Self::Key { place, name } => {
                println!("{}", log::open_key(place.data(), name.as_deref())?.verifier());
                Ok(Done::Well)
            }
            Self::Checkpoint { place } => {
                print!("{}", open(&place).await?.publish().await?.note);
                Ok(Done::Well)
            }
            Self::Prove { place, entry } => {
                let proof = open(&place).await?.prove(entry).await?;
                print!("{}", proof.with_context(|| format!("the audit log has no entry {entry}"))?);
                Ok(Done::Well)
            }
            Self::Check { file, key, old } => check(&file, &key, old.as_deref()),
        }
    }
}

async fn open(place: &Where) -> anyhow::Result<AuditLog> {
    let core = Core::open(&place.existing()?).await?;
    let key = log::open_key(place.data(), None)?;
    Ok(AuditLog::new(core.db, key, Arc::clone(&core.clock)))
}

async fn verify_log(place: &Where, known: Option<Known>) -> anyhow::Result<Done> {
    let core = Core::open(&place.existing()?).await?;
    let mut progress = Progress::new("entries", None);
    let report = verify::verify(&core.db, known, |done| progress.at(done as u64, done as u64)).await?;
    progress.end();
    match report.first_bad {
        None => {
            println!("{} entries hold; Merkle root {}", report.entries, report.root);
            Ok(Done::Well)
        }
        Some(bad) => {
            println!("entry {} does not hold: {}", bad.entry, bad.problem);
            println!("the {} entries before it hold", report.entries);
            Ok(Done::WithFindings)
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(MAX_FILE).read_to_string(&mut text).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text)
}

/// Checks a file and says what it proves.
fn check(file: &Path, key: &NoteVerifier, old: Option<&Path>) -> anyhow::Result<Done> {
    let text = read(file)?;
    let said = match old {
        Some(old) => {
            let known = read(old)?;
            checkpoint::open(&known, key).and_then(|known| {
                let tree = checkpoint::check_for_witness(&text, known, key)?;
                Ok(format!("the log grew from {} to {} entries; root {}", known.size, tree.size, tree.root))
            })
        }
        None if text.starts_with(checkpoint::PROOF_HEAD) => checkpoint::check_entry_proof(&text, key).map(|proved| {
            let entry = String::from_utf8_lossy(&proved.entry);
            format!("entry {} of {} holds; root {}\n{entry}", proved.number, proved.tree.size, proved.tree.root)
        }),
        None => checkpoint::open(&text, key)
            .map(|tree| format!("the checkpoint holds: {} entries; root {}", tree.size, tree.root)),
    };
    match said {
        Ok(said) => {
            println!("{said}");
            Ok(Done::Well)
        }
        Err(error) => {
            println!("does not hold: {error}");
            Ok(Done::WithFindings)
        }
    }
}
