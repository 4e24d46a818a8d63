//! Where a stored shipment stands. Pure data.

use std::fmt;
use std::str::FromStr;

use crate::kernel::id::{CertificateId, ShipmentId};
use crate::kernel::{Digest, Instant};
use crate::shipments::{Lane, Outcome};

/// How far a shipment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// It has not left; what is declared can still change.
    Waiting,
    /// It left.
    Departed,
    /// It arrived.
    Delivered,
}

impl Progress {
    /// All, in their order.
    pub const ALL: [Progress; 3] = [Self::Waiting, Self::Departed, Self::Delivered];

    /// `waiting`, `departed`, `delivered`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Departed => "departed",
            Self::Delivered => "delivered",
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Progress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|progress| progress.as_str() == text);
        found.ok_or_else(|| format!("\"{text}\" is no progress; use waiting, departed or delivered"))
    }
}

/// Reads the word of an outcome.
pub fn outcome(text: &str) -> Result<Outcome, String> {
    let all = [Outcome::Release, Outcome::Hold, Outcome::Refuse];
    let found = all.into_iter().find(|outcome| outcome.to_string() == text);
    found.ok_or_else(|| format!("\"{text}\" is no outcome; use release, hold or refuse"))
}

/// Reads the word of a lane.
pub fn lane(text: &str) -> Result<Lane, String> {
    let all = [Lane::Green, Lane::Amber, Lane::Red];
    let found = all.into_iter().find(|lane| lane.to_string() == text);
    found.ok_or_else(|| format!("\"{text}\" is no lane; use green, amber or red"))
}

/// A certificate of release, as it is known beside its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateRef {
    /// Its id.
    pub id: CertificateId,
    /// First moment it no longer holds.
    pub expires_at: Instant,
}

/// Where a shipment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipmentRow {
    /// Its id.
    pub id: ShipmentId,
    /// The platform's id.
    pub external_id: String,
    /// The merchant it names.
    pub merchant: Option<String>,
    /// Where it goes, as declared.
    pub destination: Option<String>,
    /// Number of the present declaration, from 1.
    pub version: i64,
    /// Digest of the present declaration.
    pub digest: Digest,
    /// Number of the outcome in force, from 1.
    pub number: i64,
    /// What it says.
    pub outcome: Outcome,
    /// How closely it is looked at.
    pub lane: Lane,
    /// How far it has come.
    pub progress: Progress,
    /// The certificate in force.
    pub certificate: Option<CertificateRef>,
    /// Digest of the declaration that was released last.
    pub released_digest: Option<Digest>,
    /// When it first came.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// Position of the last event about it.
    pub position: i64,
}

impl ShipmentRow {
    /// Whether a certificate holds at `now`.
    pub fn is_certified(&self, now: Instant) -> bool {
        self.certificate.is_some_and(|certificate| now < certificate.expires_at)
    }
}

/// How a shipment was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// A new shipment.
    Created,
    /// A new version of its declaration.
    Updated,
    /// The same declaration, judged again with another outcome.
    Rejudged,
    /// The same declaration: the outcome in force, nothing was written.
    Same,
    /// The idempotency key was used for this request before: its answer again.
    Repeated,
    /// The database is away: kept beside it, and judged when it is back.
    Kept,
}
