//! The command line: one file a command, this one parses and dispatches.
//!
//! Exit codes: 0 done; 1 done, but something was rejected, differs or failed its test;
//! 2 not done, with the reason on standard error.

mod admin;
mod audit;
mod brands;
mod certificate;
mod check_identifiers;
mod check_shipments;
mod demo;
mod evaluate;
mod evaluate_risk;
mod hunt;
mod index;
mod keys;
mod lines;
mod lists;
mod match_images;
mod match_merchants;
mod match_names;
mod progress;
mod replay;
mod rules;
mod screen;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::app::AppOptions;

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Everything as wished.
    Well,
    /// Done, but something was rejected, differs or failed.
    WithFindings,
}

#[derive(Debug, Parser)]
#[command(
    name = "assay",
    version,
    about = "Listings in, explained verdicts out: anti-counterfeit and merchant-compliance moderation",
    after_help = "Exit codes: 0 done; 1 done, but something was rejected, differs or failed its test; 2 not done.\n\n\
                  Examples:\n  assay demo\n  assay serve --data ./data --listen 127.0.0.1:8080\n  \
                  assay screen --registry registry.jsonl --listings listings.jsonl --out verdicts.jsonl\n  \
                  assay registry import brand-registry\n  assay rules test rules"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the data is.
#[derive(Debug, Clone, clap::Args)]
pub struct Where {
    /// Directory of the database, the pictures and the index.
    #[arg(long, env = "ASSAY_DATA", default_value = "data", value_name = "DIR", global = true)]
    data: PathBuf,
    /// Database address: sqlite:PATH or postgres://USER@HOST/NAME [default: assay.db in the data directory]
    #[arg(long, env = "ASSAY_DATABASE", value_name = "ADDRESS", hide_env_values = true, global = true)]
    database: Option<String>,
    /// Directory of the listing index [default: indexes in the data directory]
    #[arg(long, env = "ASSAY_INDEXES", value_name = "DIR", global = true)]
    indexes: Option<PathBuf>,
}

impl Where {
    /// The data directory.
    pub fn data(&self) -> &std::path::Path {
        &self.data
    }

    /// The options for opening it.
    pub fn options(&self) -> AppOptions {
        AppOptions {
            database: self.database.clone(),
            indexes: self.indexes.clone(),
            ..AppOptions::in_directory(&self.data)
        }
    }
}

impl Where {
    /// The options for a command that reads: it never makes a database where there is none.
    pub fn existing(&self) -> anyhow::Result<AppOptions> {
        let options = self.options();
        let address = options.database_address();
        if !address.starts_with("postgres://") && !address.starts_with("postgresql://") {
            let path = PathBuf::from(address.strip_prefix("sqlite:").unwrap_or(&address));
            anyhow::ensure!(path.exists(), "there is no database at {}; check --data and --database", path.display());
        }
        Ok(options)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: API, console, background work.
    Serve(serve::Serve),
    /// Import the shipped registry, screen a shipped set of listings, and serve the result on loopback.
    Demo(demo::Demo),
    /// Screen a file of listings.
    Screen(screen::Screen),
    /// Match files of pictures, names or merchants.
    #[command(subcommand)]
    Match(Match),
    /// Check files of shipments or identifiers.
    #[command(subcommand)]
    Check(Check),
    /// Measure results on your own labelled data.
    #[command(subcommand)]
    Evaluate(evaluate::Evaluate),
    /// Import and read brands.
    #[command(subcommand)]
    Registry(brands::Brands),
    /// Check, test, explain and back-test rule packs.
    #[command(subcommand)]
    Rules(rules::Rules),
    /// Look at stored listings again.
    #[command(subcommand)]
    Hunt(hunt::Hunts),
    /// Load and show sanctions lists.
    #[command(subcommand)]
    Lists(lists::Lists),
    /// Rebuild the listing index, or say how it is.
    #[command(subcommand)]
    Index(index::Index),
    /// Verify certificates of release, and look after the key that signs them.
    #[command(subcommand)]
    Certificate(certificate::Certificate),
    /// Check the audit log, state it, and prove what stands in it.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Judge again what a verdict judged, and compare the bytes.
    Replay(replay::Replay),
    /// Enter and list people and organisations, make sign-in links, print the roles.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Make, list and end API keys.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Print the OpenAPI document.
    #[command(after_help = "Example:\n  assay openapi > openapi.json")]
    Openapi,
    /// Print completions for a shell.
    #[command(after_help = "Example:\n  assay completions bash > /etc/bash_completion.d/assay")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
enum Match {
    /// Find which references a file of query pictures resembles.
    Images(match_images::MatchImages),
    /// Find the entries of a list that a file of names may be.
    Names(match_names::MatchNames),
    /// Find which merchants of a file belong together.
    Merchants(match_merchants::MatchMerchants),
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Check a file of identifiers: tax, company, bank and product numbers.
    Identifiers(check_identifiers::CheckIdentifiers),
    /// Check a file of shipments before they are declared to customs.
    Shipments(check_shipments::CheckShipments),
}

/// Runs the command line; the process ends with the answer.
pub fn main() -> ExitCode {
    end_quietly_when_nobody_reads();
    // One provider for the whole process; rustls would otherwise have to guess.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::WithFindings) => ExitCode::from(1),
        Err(error) => {
            eprintln!("assay: {}", sentence(&error));
            ExitCode::from(2)
        }
    }
}

/// `assay … | head` closes the pipe early; that is no fault to report with a backtrace.
fn end_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if text.starts_with("failed printing to stdout") {
            std::process::exit(2);
        }
        usual(panic);
    }));
}

/// The error and its causes in one line, without saying anything twice.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn run(command: Command) -> anyhow::Result<Done> {
    match command {
        Command::Serve(serve) => in_runtime(serve.run()),
        Command::Demo(demo) => in_runtime(demo.run()),
        Command::Screen(screen) => screen.run(),
        Command::Match(Match::Images(images)) => images.run(),
        Command::Match(Match::Names(names)) => names.run(),
        Command::Match(Match::Merchants(merchants)) => merchants.run(),
        Command::Check(Check::Identifiers(identifiers)) => identifiers.run(),
        Command::Check(Check::Shipments(shipments)) => shipments.run(),
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Registry(brands) => in_runtime(brands.run()),
        Command::Rules(rules) => in_runtime(rules.run()),
        Command::Hunt(hunt) => in_runtime(hunt.run()),
        Command::Lists(lists) => in_runtime(lists.run()),
        Command::Index(index) => in_runtime(index.run()),
        Command::Certificate(certificate) => in_runtime(certificate.run()),
        Command::Audit(audit) => in_runtime(audit.run()),
        Command::Replay(replay) => in_runtime(replay.run()),
        Command::Admin(admin) => in_runtime(admin.run()),
        Command::Keys(keys) => in_runtime(keys.run()),
        Command::Openapi => {
            println!("{}", crate::http::openapi().to_pretty_json()?);
            Ok(Done::Well)
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "assay", &mut std::io::stdout());
            Ok(Done::Well)
        }
    }
}

/// Runs an asynchronous command to its end.
pub fn in_runtime<Answer>(work: impl Future<Output = anyhow::Result<Answer>>) -> anyhow::Result<Answer> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
