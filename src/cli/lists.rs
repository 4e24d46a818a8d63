//! `assay lists`: loads sanctions lists from files and shows what is in force.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use super::{Done, Where};
use crate::app::Core;
use crate::merchants::lists::Layout;
use crate::merchants::screening::service::{ImportError, ListContent, ListSource};
use crate::merchants::screening::store;

/// Largest file, in bytes: the longest official one has about 120 MB.
const MAX_FILE: u64 = 1024 * 1024 * 1024;

/// Load and show sanctions lists.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  assay lists import sdn_advanced.xml --kind ofac-advanced-xml --name us_ofac_sdn\n  \
                  assay lists import sdn.csv --kind ofac-csv --alt alt.csv --add add.csv --name us_ofac_sdn\n  \
                  assay lists import own.jsonl --kind json-lines --name house\n  assay lists show"
)]
pub enum Lists {
    /// Load a list; a file that cannot be trusted changes nothing.
    Import(Import),
    /// Show the lists in force.
    Show {
        #[command(flatten)]
        at: Where,
    },
}

/// Which file, and how to read it.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// The file.
    file: PathBuf,
    /// Its layout.
    #[arg(long, value_enum)]
    kind: Kind,
    /// The list's name: small letters, digits, - _ . [default: the file's name without its ending]
    #[arg(long)]
    name: Option<String>,
    /// OFAC's second file, with aliases.
    #[arg(long, value_name = "FILE", required_if_eq("kind", "ofac-csv"))]
    alt: Option<PathBuf>,
    /// OFAC's third file, with addresses.
    #[arg(long, value_name = "FILE", required_if_eq("kind", "ofac-csv"))]
    add: Option<PathBuf>,
    /// Take a file that is much smaller than the list in force, or has entities without names: a person has looked.
    #[arg(long)]
    confirm: bool,
    #[command(flatten)]
    at: Where,
}

/// Layouts by the names of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// One JSON object a line.
    JsonLines,
    /// OFAC sdn_advanced.xml or cons_advanced.xml.
    OfacAdvancedXml,
    /// OFAC sdn.csv with alt.csv and add.csv.
    OfacCsv,
    /// UN Security Council consolidated list.
    UnXml,
    /// EU consolidated list, XML.
    EuXml,
    /// EU consolidated list, CSV.
    EuCsv,
    /// UK sanctions list, CSV.
    UkCsv,
    /// US Consolidated Screening List, CSV.
    ConsolidatedCsv,
}

impl Kind {
    fn layout(self) -> Option<Layout> {
        Some(match self {
            Self::JsonLines => Layout::JsonLines,
            Self::OfacAdvancedXml => Layout::OfacAdvancedXml,
            Self::OfacCsv => return None,
            Self::UnXml => Layout::UnXml,
            Self::EuXml => Layout::EuXml,
            Self::EuCsv => Layout::EuCsv,
            Self::UkCsv => Layout::UkCsv,
            Self::ConsolidatedCsv => Layout::ConsolidatedCsv,
        })
    }
}

impl Lists {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Import(import) => import.run().await,
            Self::Show { at } => {
                let core = Core::open(&at.existing()?).await?;
                for list in store::lists(&core.db).await? {
                    let published = list.published.map(|text| format!(", published {text}")).unwrap_or_default();
                    println!(
                        "{} version {}: {} entities{published}, loaded {}",
                        list.name, list.number, list.entities, list.loaded_at
                    );
                }
                core.db.close().await;
                Ok(Done::Well)
            }
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    anyhow::ensure!(size <= MAX_FILE, "{} is larger than any list; check the file", path.display());
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

impl Import {
    async fn run(self) -> anyhow::Result<Done> {
        let stem = self.file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
        let bytes = read(&self.file)?;
        let content = match (self.kind.layout(), &self.alt, &self.add) {
            (Some(layout), ..) => ListContent::One { layout, bytes },
            (None, Some(alt), Some(add)) => ListContent::OfacCsv { sdn: bytes, alt: read(alt)?, add: read(add)? },
            _ => anyhow::bail!("--kind ofac-csv needs --alt and --add"),
        };
        let source = ListSource { name: self.name.unwrap_or(stem), content, confirmed: self.confirm };
        let core = Core::open(&self.at.options()).await?;
        let loaded = core.merchants.import_list(source, "command line").await;
        core.db.close().await;
        let report = match loaded {
            Ok(report) => report,
            Err(error @ (ImportError::Read(_) | ImportError::Refused(_))) => {
                eprintln!("assay: not taken, the list in force stays: {error}");
                return Ok(Done::WithFindings);
            }
            Err(error) => return Err(error.into()),
        };
        println!(
            "{} version {}: {} entities, {} added, {} changed, {} removed",
            report.list, report.number, report.entities, report.added, report.changed, report.removed
        );
        Ok(Done::Well)
    }
}
