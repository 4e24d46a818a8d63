//! `assay audit`: check the log.

use super::progress::Progress;
use super::{Done, Where};
use crate::app::Core;
use crate::audit::verify;

/// Check the audit log.
#[derive(Debug, clap::Subcommand)]
pub enum Audit {
    /// Read the whole log, check chain, tree and verdicts, and name the first entry that does not hold.
    #[command(after_help = "Exit code 1 when an entry does not hold.\n\nExample:\n  assay audit verify --data ./data")]
    Verify {
        #[command(flatten)]
        place: Where,
    },
}

impl Audit {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        let Self::Verify { place } = self;
        let core = Core::open(&place.existing()?).await?;
        let mut progress = Progress::new("entries", None);
        let report = verify::verify(&core.db, |done| progress.at(done as u64, done as u64)).await?;
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
