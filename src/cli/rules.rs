//! `assay rules`: check, test, explain, back-test, import.

use std::path::PathBuf;

use anyhow::Context as _;

use super::progress::Progress;
use super::{Done, Where, lines};
use crate::app::Core;
use crate::kernel::{Clock as _, Instant};
use crate::listings::intake::RawListing;
use crate::listings::model::Listing;
use crate::rules::{Backtest, BacktestReport, Facts, Packs, run_tests};
use crate::screening::{Snapshot, examine, store};
use crate::system::SystemClock;

/// Samples of each rule that a back-test shows.
const SAMPLES: usize = 5;
/// Stored listings read at a time.
const PAGE: i64 = 1_000;

/// Check, test, explain and back-test rule packs.
#[derive(Debug, clap::Subcommand)]
pub enum Rules {
    /// Load packs and say what is wrong with them, with file, line and reason.
    #[command(after_help = "Example:\n  assay rules check rules")]
    Check {
        /// Directory of packs.
        #[arg(default_value = "rules")]
        directory: PathBuf,
    },
    /// Run every rule's own cases.
    #[command(after_help = "Example:\n  assay rules test rules")]
    Test {
        /// Directory of packs.
        #[arg(default_value = "rules")]
        directory: PathBuf,
    },
    /// Say of one listing which rules fired, what their conditions read, and what they said.
    #[command(
        after_help = "Examples:\n  assay rules explain lst_01jd…\n  assay rules explain SKU-88120\n  assay rules explain --file listing.json"
    )]
    Explain {
        /// A stored listing: its id here or the platform's.
        #[arg(required_unless_present = "file")]
        listing: Option<String>,
        /// A listing in a JSON file instead.
        #[arg(long, value_name = "FILE", conflicts_with = "listing")]
        file: Option<PathBuf>,
        /// Packs to ask [default: the installed ones]
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
        #[command(flatten)]
        place: Where,
    },
    /// Say what would change if packs replaced the installed ones; writes nothing.
    #[command(
        after_help = "Examples:\n  assay rules backtest --against stored --rules rules\n  assay rules backtest --against listings.jsonl --rules rules"
    )]
    Backtest {
        /// `stored`, or a JSON Lines file of listings.
        #[arg(long, value_name = "stored|FILE")]
        against: String,
        /// The packs that are proposed.
        #[arg(long, value_name = "DIR", default_value = "rules")]
        rules: PathBuf,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Make a directory of packs the installed ones; refused unless all load and pass their cases.
    #[command(after_help = "Example:\n  assay rules import rules")]
    Import {
        /// Directory of packs.
        #[arg(default_value = "rules")]
        directory: PathBuf,
        #[command(flatten)]
        place: Where,
    },
}

impl Rules {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Check { directory } => check(&directory),
            Self::Test { directory } => test(&directory),
            Self::Explain { listing, file, rules, place } => {
                explain(listing, file, rules, &Core::open(&place.existing()?).await?).await
            }
            Self::Backtest { against, rules, json, place } => {
                backtest(&against, &rules, json, &Core::open(&place.existing()?).await?).await
            }
            Self::Import { directory, place } => import(&directory, &Core::open(&place.options()).await?).await,
        }
    }
}

/// The packs of a directory: file name and text, in order of name.
fn read_directory(directory: &PathBuf) -> anyhow::Result<Vec<(String, String)>> {
    let entries = std::fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut packs = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            packs.push((name, text));
        }
    }
    anyhow::ensure!(!packs.is_empty(), "there is no rule pack (*.toml) in {}", directory.display());
    packs.sort();
    Ok(packs)
}

fn check(directory: &PathBuf) -> anyhow::Result<Done> {
    let packs = crate::registry::packs::load(read_directory(directory)?)?;
    println!(
        "{} packs, {} rules in force, {} lexicon terms: all load; rules version {}",
        packs.packs().len(),
        packs.rule_count(),
        packs.term_count(),
        packs.revision()
    );
    Ok(Done::Well)
}

fn test(directory: &PathBuf) -> anyhow::Result<Done> {
    let packs = crate::registry::packs::load(read_directory(directory)?)?;
    let report = run_tests(&packs);
    for failure in &report.failures {
        println!("{failure}");
    }
    let failed = report.failures.len();
    println!("{} rules, {} cases: {} passed, {failed} failed", report.rules, report.cases, report.cases - failed);
    Ok(if failed == 0 { Done::Well } else { Done::WithFindings })
}

async fn find(core: &Core, name: &str) -> anyhow::Result<Listing> {
    let row = match name.parse() {
        Ok(id) => store::listing(&core.db, id).await?,
        Err(_) => store::listing_by_external_id(&core.db, name).await?,
    };
    let row = row.with_context(|| format!("there is no stored listing \"{name}\""))?;
    store::version(&core.db, row.id, row.version).await?.context("the listing's content is missing")
}

fn read_listing(text: &str) -> anyhow::Result<Listing> {
    let raw: RawListing = serde_json::from_str(text).context("this is no listing")?;
    let draft = raw.check().map_err(|faults| {
        let texts: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect();
        anyhow::anyhow!("{}", texts.join("; "))
    })?;
    Ok(draft.listing)
}

async fn explain(
    listing: Option<String>,
    file: Option<PathBuf>,
    rules: Option<PathBuf>,
    core: &Core,
) -> anyhow::Result<Done> {
    let listing = match (listing, file) {
        (Some(name), _) => find(core, &name).await?,
        (None, Some(path)) => {
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            read_listing(&text)?
        }
        (None, None) => anyhow::bail!("name a stored listing, or give a file with --file"),
    };
    let snapshot = core.keeper.current();
    let packs = match rules {
        Some(directory) => Packs::load_dir(directory)?,
        None => Packs::clone(&snapshot.packs),
    };
    let now = SystemClock.now();
    let merchant = snapshot.merchant(listing.merchant.as_deref());
    let findings = examine(&snapshot, &listing, now);
    let facts = Facts {
        listing: &listing,
        merchant: &merchant,
        text: &findings.text,
        images: &findings.images,
        prepared: None,
        brand_names: None,
        now,
    };
    println!("{}", serde_json::to_string_pretty(&packs.explain(&facts))?);
    Ok(Done::Well)
}

fn add(backtest: &mut Backtest<'_>, snapshot: &Snapshot, listing: &Listing, now: Instant) {
    let merchant = snapshot.merchant(listing.merchant.as_deref());
    let findings = examine(snapshot, listing, now);
    let facts = Facts {
        listing,
        merchant: &merchant,
        text: &findings.text,
        images: &findings.images,
        prepared: None,
        brand_names: None,
        now,
    };
    backtest.add(&listing.external_id, &facts);
}

async fn backtest(against: &str, rules: &PathBuf, json: bool, core: &Core) -> anyhow::Result<Done> {
    let proposed = crate::registry::packs::load_and_test(read_directory(rules)?)?;
    let snapshot = core.keeper.current();
    let now = SystemClock.now();
    let mut backtest = Backtest::new(&snapshot.packs, &proposed, SAMPLES);
    let mut progress = Progress::new("listings", None);
    let (mut done, mut rejected) = (0u64, 0u64);
    if against == "stored" {
        let mut after = String::new();
        loop {
            let page = store::all_after(&core.db, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.row.id.to_string();
            for judged in &page {
                add(&mut backtest, &snapshot, &judged.listing, now);
            }
            done += page.len() as u64;
            progress.at(done, done);
        }
    } else {
        let (reader, _) = lines::open(&PathBuf::from(against))?;
        for (number, line) in std::io::BufRead::lines(reader).enumerate() {
            let line = line.with_context(|| format!("cannot read {against}"))?;
            if line.trim().is_empty() {
                continue;
            }
            match read_listing(&line) {
                Ok(listing) => add(&mut backtest, &snapshot, &listing, now),
                Err(error) => {
                    rejected += 1;
                    eprintln!("line {}: {error:#}", number + 1);
                }
            }
            done += 1;
            progress.at(done, done);
        }
    }
    progress.end();
    let report = backtest.report();
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?)
    } else {
        print_backtest(&report)
    }
    Ok(if rejected == 0 { Done::Well } else { Done::WithFindings })
}

fn print_backtest(report: &BacktestReport) {
    let name =
        |effect: Option<crate::rules::Effect>| effect.map_or_else(|| "clear".to_owned(), |effect| effect.to_string());
    println!(
        "{} listings, {} would change ({} → {})",
        report.listings, report.changed, report.current, report.proposed
    );
    for change in &report.verdicts {
        println!("  {} → {}: {}", name(change.from), name(change.to), change.listings);
    }
    for rule in &report.rules {
        println!(
            "  {}: {} gained, {} lost, {} of another effect",
            rule.rule, rule.gained, rule.lost, rule.effect_changed
        );
    }
    for sample in &report.samples {
        println!("    {} {:?} {}: {}", sample.listing, sample.change, sample.rule, sample.says);
    }
}

async fn import(directory: &PathBuf, core: &Core) -> anyhow::Result<Done> {
    let before = core.keeper.current().packs.clone();
    let changed = core.packs.replace_all(read_directory(directory)?, "command line").await?;
    let after = core.keeper.current().packs.clone();
    println!("{} packs changed; rules version {}", changed.len(), after.revision());
    let among = |packs: &Packs, path: &str| packs.sources().iter().any(|source| source.path == path);
    for path in changed {
        let sign = match (among(&before, &path), among(&after, &path)) {
            (false, _) => "+",
            (true, false) => "- (removed: an import replaces the whole set)",
            (true, true) => "~",
        };
        println!("  {sign} {path}");
    }
    Ok(Done::Well)
}
