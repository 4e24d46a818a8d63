//! `assay certificate`: verify releases offline, and look after the key that signs them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

use super::{Done, Where};
use crate::app::Core;
use crate::gate::keys;
use crate::kernel::{Clock as _, Instant};
use crate::shipments::certificate::{self, Claims, PublicKey};
use crate::system::SystemClock;

/// Verify certificates of release, and look after the key that signs them.
#[derive(Debug, clap::Subcommand)]
pub enum Certificate {
    /// Verify a certificate against the consignment it was issued for, offline.
    ///
    /// It holds when it was signed with one of the keys, by the issuer, for exactly this consignment,
    /// has not expired, and is not on the list of revoked certificates.
    #[command(after_help = "Exit code 1 when it does not hold.\n\nExample:\n  \
                            curl -o keys.json https://gate.example/.well-known/jwks.json\n  \
                            curl -o revoked.json https://gate.example/.well-known/revoked-certificates.json\n  \
                            assay certificate verify --keys keys.json --revoked revoked.json --issuer assay \\\n      \
                            --consignment shipment.json certificate.jws")]
    Verify(Verify),
    /// Put a new key in the place of the present one. The service signs with it from its next start;
    /// what the former key signed holds to its end.
    #[command(after_help = "Example:\n  assay certificate rotate --data ./data")]
    Rotate {
        /// File of the key [default: release-key in the data directory]
        #[arg(long, env = "ASSAY_RELEASE_KEY", value_name = "FILE")]
        release_key: Option<PathBuf>,
        #[command(flatten)]
        place: Where,
    },
    /// Withdraw a key that others may know: it is no longer published, and nothing it signed holds.
    #[command(after_help = "Rotate the key first if the service signs with it.\n\nExample:\n  \
                            assay certificate withdraw --data ./data 7Pz…")]
    Withdraw {
        /// The key's id: `kid` in the header of its certificates and in the published keys.
        key: String,
        #[command(flatten)]
        place: Where,
    },
}

/// What to verify.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// File of the certificate, a compact JWS.
    certificate: PathBuf,
    /// File of the consignment: the JSON object that was sent through the gate.
    #[arg(long, value_name = "FILE")]
    consignment: PathBuf,
    /// File of the issuer's published keys, a JSON Web Key Set.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// The issuer to expect.
    #[arg(long, default_value = "assay", value_name = "NAME")]
    issuer: String,
    /// File of the issuer's revoked certificates.
    #[arg(long, value_name = "FILE")]
    revoked: Option<PathBuf>,
    /// Moment at which it must hold [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Instant>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RevocationList {
    revoked: Vec<Revoked>,
}

#[derive(Deserialize)]
struct Revoked {
    jti: String,
    revoked_at: Instant,
}

impl Certificate {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Verify(verify) => verify.run(),
            Self::Rotate { release_key, place } => {
                let path = release_key.unwrap_or_else(|| place.options().data.join(keys::FILE));
                let key = keys::rotate(&path)?;
                println!("{} holds the key {}; restart the service to sign with it", path.display(), key.public().id());
                Ok(Done::Well)
            }
            Self::Withdraw { key, place } => {
                let core = Core::open(&place.existing()?).await?;
                if keys::withdraw(&core.db, &key, "command line", core.clock.now()).await? {
                    println!("{key} is withdrawn");
                    return Ok(Done::Well);
                }
                println!("there is no published key {key}");
                Ok(Done::WithFindings)
            }
        }
    }
}

impl Verify {
    fn run(self) -> anyhow::Result<Done> {
        let at = self.at.unwrap_or_else(|| SystemClock.now());
        match self.verify(at)? {
            Ok(claims) => {
                println!("{}", serde_json::to_string(&claims)?);
                Ok(Done::Well)
            }
            Err(problem) => {
                println!("the certificate {problem}");
                Ok(Done::WithFindings)
            }
        }
    }

    /// The claims, or why the certificate does not hold.
    fn verify(&self, at: Instant) -> anyhow::Result<Result<Claims, String>> {
        let set: KeySet = serde_json::from_str(&text(&self.keys)?)
            .with_context(|| format!("{} is no JSON Web Key Set", self.keys.display()))?;
        let keys: Vec<PublicKey> = set.keys.iter().filter_map(PublicKey::from_jwk).collect();
        let (token, consignment) = (text(&self.certificate)?, text(&self.consignment)?);
        let seconds = at.as_micros().div_euclid(1_000_000);
        let claims = match certificate::verify(token.trim(), &consignment, &keys, &self.issuer, seconds) {
            Ok(claims) => claims,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let Some(path) = &self.revoked else { return Ok(Ok(claims)) };
        let list: RevocationList = serde_json::from_str(&text(path)?)
            .with_context(|| format!("{} is no list of revoked certificates", path.display()))?;
        let revoked = list.revoked.iter().find(|revoked| revoked.jti == claims.jti);
        Ok(match revoked {
            Some(revoked) => Err(format!("was revoked at {}", revoked.revoked_at)),
            None => Ok(claims),
        })
    }
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
