//! `assay index`: rebuild, status.

use super::progress::Progress;
use super::{Done, Where};
use crate::app::Core;
use crate::events;
use crate::listings::aside::Aside;
use crate::listings::follow;
use crate::listings::index::{IndexStatus, ListingIndex};

/// Rebuild the listing index, or say how it is.
#[derive(Debug, clap::Subcommand)]
pub enum Index {
    /// Build the index anew from the database. Stop the server first: one process writes it.
    #[command(after_help = "Example:\n  assay index rebuild --data ./data")]
    Rebuild {
        #[command(flatten)]
        place: Where,
    },
    /// Say what the index holds and how far it is; works beside a running server.
    #[command(after_help = "Example:\n  assay index status --data ./data")]
    Status {
        #[command(flatten)]
        place: Where,
    },
}

impl Index {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Rebuild { place } => rebuild(&place).await,
            Self::Status { place } => status(&place).await,
        }
    }
}

async fn rebuild(place: &Where) -> anyhow::Result<Done> {
    let options = place.existing()?;
    let core = Core::open(&options).await?;
    std::fs::create_dir_all(options.index_directory())?;
    let mut present = ListingIndex::open(&options.index_directory())?;
    let next = present.begin_rebuild()?;
    let mut progress = Progress::new("listings", None);
    let (next, written) =
        follow::catch_up(&core.db, &Aside::start("listing-index")?, next, |done| progress.at(done, done)).await?;
    present.finish_rebuild(next)?;
    progress.end();
    println!("{written} listings indexed, through position {}", present.indexed_through());
    Ok(Done::Well)
}

async fn status(place: &Where) -> anyhow::Result<Done> {
    let options = place.existing()?;
    let core = Core::open(&options).await?;
    let status = IndexStatus::read(&options.index_directory())?;
    let latest = events::last_position(&core.db).await?;
    println!("{}", serde_json::to_string_pretty(&serde_json::json!({"index": status, "latest_position": latest}))?);
    Ok(Done::Well)
}
