//! `assay keys`: make, list and end API keys.

use anyhow::Context as _;
use rand::RngExt as _;

use super::{Done, Where};
use crate::accounts::{self, Scope, StoredKey};
use crate::app::Core;
use crate::audit::journal::{self, Entry};
use crate::http::secrets::ApiKey;
use crate::kernel::id::ApiKeyId;

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
        scope: Vec<Scope>,
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

/// Makes a key and stores its hash.
pub async fn create(core: &Core, name: &str, scopes: Vec<Scope>, days: Option<u32>) -> anyhow::Result<ApiKey> {
    let now = core.clock.now();
    let mut random = [0u8; 32];
    rand::rng().fill(&mut random);
    let key = ApiKey::new(ApiKeyId::from_uuid(core.ids.next(now)), random);
    let stored = StoredKey {
        id: key.id(),
        name: name.chars().filter(|letter| !letter.is_control()).take(200).collect(),
        secret_hash: hex::encode(key.hash().bytes()),
        scopes,
        created_at: now,
        expires_at: days.map(|days| now.plus_seconds(i64::from(days) * 86_400)),
        last_used_at: None,
        revoked_at: None,
    };
    let mut tx = core.db.begin().await?;
    accounts::insert(&mut tx, &stored).await?;
    let scopes: Vec<&str> = stored.scopes.iter().map(|scope| scope.as_str()).collect();
    note(&mut tx, "key.created", stored.id, serde_json::json!({"name": stored.name, "scopes": scopes}), now).await?;
    tx.commit().await?;
    Ok(key)
}

async fn note(
    tx: &mut crate::store::Tx,
    kind: &'static str,
    id: ApiKeyId,
    body: serde_json::Value,
    now: crate::kernel::Instant,
) -> anyhow::Result<()> {
    let body = serde_json::value::to_raw_value(&body)?;
    let entry = Entry { kind, subject: id.to_string(), actor: "command line".to_owned(), body };
    journal::append(tx, now, vec![entry], Vec::new()).await?;
    Ok(())
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
                for key in accounts::list(&core.db).await? {
                    let state = if key.is_live(core.clock.now()) { "live" } else { "ended" };
                    let used = key.last_used_at.map_or_else(|| "never".to_owned(), |used| used.to_string());
                    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
                    println!("{}\t{state}\t{}\tlast used {used}\t{}", key.id, key.name, scopes.join(" "));
                }
                Ok(Done::Well)
            }
            Self::Revoke { id, place } => {
                let core = Core::open(&place.existing()?).await?;
                let now = core.clock.now();
                let mut tx = core.db.begin().await?;
                let ended = accounts::revoke(&mut tx, id, now).await?;
                anyhow::ensure!(ended, "there is no live key {id}");
                note(&mut tx, "key.revoked", id, serde_json::json!({}), now).await?;
                tx.commit().await.context("the key was not ended")?;
                println!("{id} ended");
                Ok(Done::Well)
            }
        }
    }
}
