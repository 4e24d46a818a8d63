//! `assay hunt`: ask for a retro-hunt, follow it, end it. A running server does the work.

use std::time::Duration;

use anyhow::Context as _;

use super::progress::Progress;
use super::{Done, Where};
use crate::app::Core;
use crate::kernel::id::HuntId;
use crate::listings::hunt::{Hunt, HuntRequest, HuntTarget};
use crate::registry::store;

/// Pause between two looks at a hunt that is followed.
const LOOK: Duration = Duration::from_millis(500);

/// Look at stored listings again.
#[derive(Debug, clap::Subcommand)]
pub enum Hunts {
    /// Queue a hunt; a running server works on it.
    #[command(
        after_help = "Examples:\n  assay hunt start --brand nike --dry-run --follow\n  assay hunt start --rule prohibited-weapons/firearms"
    )]
    Start {
        #[command(flatten)]
        target: Target,
        /// Count and sample what would change, write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Look at the pictures of every listing closely: after new reference pictures.
        #[arg(long)]
        closely: bool,
        /// Stay until it is done.
        #[arg(long)]
        follow: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Show a hunt, or the latest ones.
    #[command(after_help = "Examples:\n  assay hunt show\n  assay hunt show hnt_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    Show {
        /// The hunt.
        id: Option<HuntId>,
        #[command(flatten)]
        place: Where,
    },
    /// End a hunt; what it recorded stays.
    #[command(after_help = "Example:\n  assay hunt cancel hnt_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    Cancel {
        /// The hunt.
        id: HuntId,
        #[command(flatten)]
        place: Where,
    },
}

/// What to hunt for.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Target {
    /// Listings that this brand's marks or pictures may concern.
    #[arg(long, value_name = "KEY")]
    brand: Option<String>,
    /// Listings that this rule may concern.
    #[arg(long, value_name = "PACK/RULE")]
    rule: Option<String>,
    /// Listings with all words of one of these terms.
    #[arg(long, value_name = "TERM")]
    term: Vec<String>,
    /// Listings of these merchants.
    #[arg(long, value_name = "ID")]
    merchant: Vec<String>,
    /// Every listing.
    #[arg(long)]
    all: bool,
}

impl Target {
    fn into_target(self) -> HuntTarget {
        match self {
            Self { brand: Some(key), .. } => HuntTarget::Brand(key),
            Self { rule: Some(name), .. } => HuntTarget::Rule(name),
            Self { term, .. } if !term.is_empty() => HuntTarget::Terms(term),
            Self { merchant, .. } if !merchant.is_empty() => HuntTarget::Merchants(merchant),
            _ => HuntTarget::All(true),
        }
    }
}

impl Hunts {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Start { target, dry_run, closely, follow: wait, place } => {
                let core = Core::open(&place.existing()?).await?;
                let target = target.into_target();
                check(&core, &target).await?;
                let request = HuntRequest { target, dry_run, closely };
                let id = core.hunts.start(request, "command line").await?;
                if wait { follow(&core, id).await } else { show(&core, id).await }
            }
            Self::Show { id: Some(id), place } => show(&Core::open(&place.existing()?).await?, id).await,
            Self::Show { id: None, place } => {
                let core = Core::open(&place.existing()?).await?;
                for hunt in core.hunts.list(20).await? {
                    println!(
                        "{} {} {}/{} examined, {} changed",
                        hunt.id, hunt.state, hunt.examined, hunt.candidates, hunt.changed
                    );
                }
                Ok(Done::Well)
            }
            Self::Cancel { id, place } => {
                let core = Core::open(&place.existing()?).await?;
                let ended = core.hunts.cancel(id, "command line").await?;
                anyhow::ensure!(ended, "{id} is not queued or running");
                println!("{id} cancelled");
                Ok(Done::Well)
            }
        }
    }
}

/// Refuses what can never be found, before anything is queued.
async fn check(core: &Core, target: &HuntTarget) -> anyhow::Result<()> {
    match target {
        HuntTarget::Brand(key) => {
            let known = store::brand(&core.db, key).await?.is_some();
            anyhow::ensure!(known, "there is no brand \"{key}\"; `assay registry list` shows them");
        }
        HuntTarget::Rule(name) => {
            let packs = core.keeper.current().packs.clone();
            let known = name.split_once('/').is_some_and(|(pack, rule)| packs.rule(pack, rule).is_some());
            anyhow::ensure!(known, "there is no rule \"{name}\"; write pack/rule");
        }
        HuntTarget::Terms(_) | HuntTarget::Merchants(_) | HuntTarget::All(_) => {}
    }
    Ok(())
}

async fn get(core: &Core, id: HuntId) -> anyhow::Result<Hunt> {
    core.hunts.get(id).await?.with_context(|| format!("there is no hunt {id}"))
}

async fn show(core: &Core, id: HuntId) -> anyhow::Result<Done> {
    println!("{}", serde_json::to_string_pretty(&get(core, id).await?)?);
    Ok(Done::Well)
}

async fn follow(core: &Core, id: HuntId) -> anyhow::Result<Done> {
    let mut progress = Progress::new("listings examined", None);
    loop {
        let hunt = get(core, id).await?;
        progress.at(hunt.examined as u64, hunt.examined as u64);
        if hunt.state != "queued" && hunt.state != "running" {
            progress.end();
            println!("{}", serde_json::to_string_pretty(&hunt)?);
            return Ok(if hunt.state == "done" { Done::Well } else { Done::WithFindings });
        }
        tokio::time::sleep(LOOK).await;
    }
}
