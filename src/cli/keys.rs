//! `assay keys`: make, list and end API keys.

use anyhow::Context as _;

use super::{Done, Where};
use crate::accounts::manage::{Manager, NewKey};
use crate::accounts::{OrganisationKind, Permission, Permissions, store};
use crate::app::Core;
use crate::http::secrets::ApiKey;
use crate::kernel::id::{ApiKeyId, OrganisationId};

/// Make, list and end API keys.
#[derive(Debug, clap::Subcommand)]
pub enum Keys {
    /// Make a key and print it, once.
    #[command(
        after_help = "Example:\n  assay keys create --name platform --scope listings:write --scope listings:read"
    )]
    Create {
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it may do; can be given several times.
        #[arg(long, required = true, value_name = "SCOPE")]
        scope: Vec<Permission>,
        /// Days until it ends [default: never]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: Option<u32>,
        #[command(flatten)]
        place: Where,
    },
    /// List the keys, without their secrets.
    #[command(after_help = "Example:\n  assay keys list")]
    List {
        #[command(flatten)]
        place: Where,
    },
    /// End a key; it stops working within five seconds.
    #[command(after_help = "Example:\n  assay keys revoke key_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    Revoke {
        /// The key's id, key_….
        id: ApiKeyId,
        #[command(flatten)]
        place: Where,
    },
}

/// Makes a key of the platform.
pub async fn create(core: &Core, name: &str, scopes: Vec<Permission>, days: Option<u32>) -> anyhow::Result<ApiKey> {
    let platform = store::organisation(&core.db, OrganisationId::PLATFORM).await?;
    let platform = platform.context("the platform's organisation is missing from the database")?;
    let new = NewKey { name: name.to_owned(), scopes, days };
    Ok(core.accounts.create_key(&platform, new, &manager()).await?.0)
}

/// Who works at the machine may give everything.
fn manager() -> Manager {
    Manager { actor: "command line".to_owned(), may_give: Permissions::of_kind(OrganisationKind::Platform) }
}

impl Keys {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Create { name, scope, days, place } => {
                let core = Core::open(&place.options()).await?;
                let key = create(&core, &name, scope, days).await?;
                eprintln!("Keep this key now; it is not shown again.");
                println!("{}", key.reveal());
                Ok(Done::Well)
            }
            Self::List { place } => {
                let core = Core::open(&place.existing()?).await?;
                for key in store::keys(&core.db, OrganisationId::PLATFORM).await? {
                    let state = if key.is_live(core.clock.now()) { "live" } else { "ended" };
                    let used = key.last_used_at.map_or_else(|| "never".to_owned(), |used| used.to_string());
                    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
                    println!("{}\t{state}\t{}\tlast used {used}\t{}", key.id, key.name, scopes.join(" "));
                }
                Ok(Done::Well)
            }
            Self::Revoke { id, place } => {
                let core = Core::open(&place.existing()?).await?;
                let ended = core.accounts.end_key(OrganisationId::PLATFORM, id, &manager()).await?;
                anyhow::ensure!(ended, "there is no live key {id}");
                println!("{id} ended");
                Ok(Done::Well)
            }
        }
    }
}
