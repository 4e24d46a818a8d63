//! `assay registry`: import, list, show.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::progress::Progress;
use super::{Done, Where, lines};
use crate::app::Core;
use crate::registry::files;
use crate::registry::import::{self, Refused};
use crate::registry::jsonl;
use crate::registry::service::{Change, ImportReport};
use crate::registry::store;

/// Brands read at a time by `list`.
const PAGE: i64 = 500;

/// Import and read brands.
#[derive(Debug, clap::Subcommand)]
pub enum Brands {
    /// Import brand folders (a directory) or registry JSON Lines (a file); can be repeated.
    #[command(after_help = "Examples:\n  assay registry import brand-registry\n  assay registry import registry.jsonl")]
    Import {
        /// A directory of brand folders, one brand folder, or a JSON Lines file.
        path: PathBuf,
        #[command(flatten)]
        place: Where,
    },
    /// List the brands.
    #[command(after_help = "Example:\n  assay registry list | grep nike")]
    List {
        #[command(flatten)]
        place: Where,
    },
    /// Show one brand as JSON.
    #[command(after_help = "Example:\n  assay registry show nike")]
    Show {
        /// The brand's name in the registry.
        key: String,
        #[command(flatten)]
        place: Where,
    },
}

impl Brands {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Import { path, place } => import(&path, &Core::open(&place.options()).await?).await,
            Self::List { place } => list(&Core::open(&place.existing()?).await?).await,
            Self::Show { key, place } => show(&key, &Core::open(&place.existing()?).await?).await,
        }
    }
}

async fn import(path: &Path, core: &Core) -> anyhow::Result<Done> {
    let cause = format!("import of {}", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
    let change = Change { actor: "command line", cause: &cause };
    if !path.is_dir() {
        let (reader, _) = lines::open(path)?;
        let (brands, rejected) = jsonl::read_brands(reader)?;
        for line in &rejected {
            eprintln!("{}, line {}: {}", path.display(), line.line, line.reason);
        }
        let report = core.registry.import_words(brands, change).await?;
        print_report(&report);
        return Ok(if rejected.is_empty() { Done::Well } else { Done::WithFindings });
    }
    let folders = match path.join("brand.toml").exists() {
        true => vec![files::read_brand_folder(path)?],
        false => files::read_registry_dir(path).map_err(|errors| listed(&errors))?,
    };
    let mut progress = Progress::new("brands", Some(folders.len() as u64));
    let (brands, refused) = import::hash_pictures(folders, &core.blobs, |done| progress.at(done, done)).await?;
    progress.end();
    for Refused { picture, problem } in &refused {
        eprintln!("{picture}: {problem}");
    }
    let report = core.registry.import(brands, change, None).await?;
    print_report(&report);
    Ok(if refused.is_empty() { Done::Well } else { Done::WithFindings })
}

fn listed(errors: &[files::BrandFileError]) -> anyhow::Error {
    let texts: Vec<String> = errors.iter().take(20).map(ToString::to_string).collect();
    anyhow::anyhow!("the registry was not imported:\n  {}", texts.join("\n  "))
}

/// Says what an import did.
pub fn print_report(report: &ImportReport) {
    println!(
        "{} added, {} changed, {} unchanged; registry {}",
        report.added.len(),
        report.changed.len(),
        report.unchanged,
        report.registry_revision
    );
    for key in report.added.iter().take(10) {
        println!("  + {key}");
    }
    if report.added.len() > 10 {
        println!("  + … {} more", report.added.len() - 10);
    }
    for (key, members) in report.changed.iter().take(50) {
        println!("  ~ {key}: {}", members.join(", "));
    }
}

async fn list(core: &Core) -> anyhow::Result<Done> {
    let mut after = String::new();
    loop {
        let rows = store::list(&core.db, &after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(Done::Well) };
        after = last.key.to_string();
        for row in rows {
            println!("{}\t{}", row.key, row.name);
        }
    }
}

async fn show(key: &str, core: &Core) -> anyhow::Result<Done> {
    let found = store::brand(&core.db, key).await?;
    let (brand, _) = found.with_context(|| format!("there is no brand \"{key}\"; `assay registry list` shows them"))?;
    println!("{}", serde_json::to_string_pretty(&brand)?);
    Ok(Done::Well)
}
