//! `assay replay`: judge again, compare the bytes.

use anyhow::Context as _;

use super::{Done, Where};
use crate::app::Core;
use crate::kernel::id::VerdictId;
use crate::screening::replay;

/// Judge again what a verdict judged, and compare the bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code 1 when the bytes differ.\n\nExample:\n  assay replay vrd_01jd8m3x5k8v9w2q4r6t7y9z0b")]
pub struct Replay {
    /// The verdict.
    verdict: VerdictId,
    #[command(flatten)]
    place: Where,
}

impl Replay {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        let core = Core::open(&self.place.existing()?).await?;
        let found = replay::run(&core.db, &core.keeper, &core.looks, self.verdict).await?;
        let found = found.with_context(|| format!("there is no verdict {}", self.verdict))?;
        if found.same {
            println!("{} is reproduced byte for byte", self.verdict);
            return Ok(Done::Well);
        }
        println!("{} differs (judged by {}, replayed by {}):", self.verdict, found.judged_by, found.replayed_by);
        for difference in found.differences {
            println!("  {difference}");
        }
        Ok(Done::WithFindings)
    }
}
