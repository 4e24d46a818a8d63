//! Ledgers, their entries, and what is derived from them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::Instant;

/// A ledger of breaches. Breaches of one sort never add to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ledger {
    /// Others' marks, designs, works.
    Ip,
    /// Prohibited and unsafe goods, false declarations.
    Safety,
    /// Who the merchant is.
    Identity,
    /// How it serves its buyers.
    Service,
}

impl Ledger {
    /// Every ledger.
    pub const ALL: [Self; 4] = [Self::Ip, Self::Safety, Self::Identity, Self::Service];

    /// The word in files and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Safety => "safety",
            Self::Identity => "identity",
            Self::Service => "service",
        }
    }

    /// The words on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ip => "Intellectual property",
            Self::Safety => "Safety",
            Self::Identity => "Identity",
            Self::Service => "Service",
        }
    }
}

impl std::str::FromStr for Ledger {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|ledger| ledger.as_str() == text);
        found.ok_or_else(|| "is no ledger; use ip, safety, identity or service".to_owned())
    }
}

/// How grave a breach is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BreachSeverity)]
pub enum Severity {
    /// A formality.
    Minor,
    /// The usual.
    General,
    /// Counterfeits, danger, deceit.
    Serious,
}

/// Where the appeal against an entry stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AppealState)]
pub enum Appeal {
    /// Nobody appealed.
    #[default]
    None,
    /// It waits for a decision; the entry counts meanwhile.
    Open,
    /// It succeeded: the entry counts nothing.
    Granted,
    /// It failed.
    Refused,
}

impl Appeal {
    /// The appeal after `next`, or `None` where that cannot follow: an appeal is opened, then decided once.
    pub fn then(self, next: Appeal) -> Option<Appeal> {
        match (self, next) {
            (Self::None, Self::Open) | (Self::Open, Self::Granted | Self::Refused) => Some(next),
            _ => None,
        }
    }

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Open => "open",
            Self::Granted => "granted",
            Self::Refused => "refused",
        }
    }
}

impl std::str::FromStr for Appeal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::None, Self::Open, Self::Granted, Self::Refused];
        all.into_iter().find(|appeal| appeal.as_str() == text).ok_or_else(|| "is no state of an appeal".to_owned())
    }
}

/// One breach, as it was recorded. What the policy said then stands in it and stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerEntry {
    /// Its id.
    pub id: String,
    /// The ledger it stands in.
    pub ledger: Ledger,
    /// Which offence.
    pub offence: String,
    /// How grave.
    pub severity: Severity,
    /// Its points.
    pub points: u32,
    /// Where it comes from: a verdict, a case, a shipment, a person.
    pub source: String,
    /// What happened, for people.
    pub says: String,
    /// When it was recorded.
    #[schema(value_type = String)]
    pub at: Instant,
    /// First moment it no longer counts.
    #[schema(value_type = String)]
    pub expires_at: Instant,
    /// Where the appeal against it stands.
    pub appeal: Appeal,
}

/// How far a merchant is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MerchantTier)]
pub enum Tier {
    /// Long verified, nothing against it.
    Trusted,
    /// The usual.
    Standard,
    /// Not verified, or not for long.
    New,
    /// Some things are closed to it.
    Restricted,
    /// It may not trade.
    Suspended,
}

impl Tier {
    /// The word in rules and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Standard => "standard",
            Self::New => "new",
            Self::Restricted => "restricted",
            Self::Suspended => "suspended",
        }
    }
}

impl std::str::FromStr for Tier {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Trusted, Self::Standard, Self::New, Self::Restricted, Self::Suspended];
        all.into_iter().find(|tier| tier.as_str() == text).ok_or_else(|| "is no tier".to_owned())
    }
}

/// A measure against a merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StandingEffect)]
pub enum Effect {
    /// No new listings.
    NoNewListings,
    /// Every listing is looked at by a person.
    ReviewAllListings,
    /// Listings are not found by search.
    HiddenFromSearch,
    /// No listing is live.
    ListingsOff,
    /// Money is kept back.
    PayoutHold,
    /// Shipments go the slower lane.
    SlowShipmentLane,
    /// All shops of the owner are suspended.
    SuspendOwner,
}

/// A measure that holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EffectInForce {
    /// The measure.
    pub effect: Effect,
    /// Until when; absent = as long as the points stand, or for good.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// The ledger and the step that give it.
    pub because: String,
}

/// How one entry counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryCount {
    /// The entry.
    pub entry: String,
    /// The points that count now.
    pub points: u32,
    /// Why they are fewer than the entry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// One ledger's standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerStanding {
    /// The ledger.
    pub ledger: Ledger,
    /// Points that count now.
    pub points: u32,
    /// The next step up, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<u32>,
    /// How each entry counted.
    pub entries: Vec<EntryCount>,
}

/// How a merchant stands at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StandingOfMerchant)]
pub struct Standing {
    /// How far it is trusted.
    pub tier: Tier,
    /// 100 = nothing against it, 0 = at the top of a ladder.
    pub score: u32,
    /// Most listings it may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing_limit: Option<u32>,
    /// Measures in force.
    pub effects: Vec<EffectInForce>,
    /// Each ledger.
    pub ledgers: Vec<LedgerStanding>,
    /// Why the tier is what it is.
    pub because: Vec<String>,
    /// The next moment at which this may change by time alone.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_change: Option<Instant>,
    /// Date of the data it was derived by.
    pub policy: String,
}
