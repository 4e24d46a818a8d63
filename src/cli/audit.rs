//! `assay audit`: check the log.

use super::progress::Progress;
use super::{Done, Where};
use crate::app::Core;
use crate::audit::verify::{self, Known};
use crate::kernel::Digest;

/// Check the audit log.
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
}

impl Audit {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        let Self::Verify { place, entries, root } = self;
        let known = entries.zip(root).map(|(entries, root)| Known { entries, root });
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
}
