//! What the platform knows of a shipment's merchant and listings, and of the shipments before it:
//! the input of the gate beside the declaration.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::model::StandingState;
use crate::kernel::{Digest, Market};

/// Everything the gate is told beside the declaration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// Merchant and listings.
    pub known: Known,
    /// Shipments before this one.
    pub history: History,
}

/// Merchant and listings, or why they are not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Known {
    /// Only the declaration is to be checked.
    #[default]
    DeclarationOnly,
    /// They could not be looked up (database or index away): never a release.
    Unavailable,
    /// As looked up; what is absent does not exist.
    Found(Box<Parties>),
}

/// The merchant and the listings a shipment names.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub struct Parties {
    /// The merchant.
    pub merchant: Option<MerchantStanding>,
    /// Listings by the id the shipment uses.
    pub listings: BTreeMap<String, ListingStanding>,
}

/// Whether a merchant may sell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MerchantState {
    /// It may.
    #[default]
    Active,
    /// It may not for now.
    Suspended,
    /// It may not any more.
    Terminated,
}

/// Whether a merchant is on a list of sanctions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sanctions {
    /// No hit.
    #[default]
    Clear,
    /// A hit that a person has to look at.
    UnderReview,
    /// A hit that was confirmed.
    Confirmed,
}

/// What is known of a merchant.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub struct MerchantStanding {
    /// Its id.
    pub id: String,
    /// Whether it may sell.
    pub state: MerchantState,
    /// Whether its identity was verified.
    pub verified: bool,
    /// Its tier, where the platform has tiers.
    pub tier: Option<String>,
    /// Sanctions.
    pub sanctions: Sanctions,
    /// Open cases that stop its shipments, by id.
    pub open_cases: Vec<String>,
    /// Days since it was admitted.
    pub age_days: Option<u32>,
    /// Shipments so far.
    pub shipments: u64,
    /// Complaints upheld.
    pub complaints: u64,
    /// Listings taken down.
    pub takedowns: u64,
    /// Shipments today, and on a usual day.
    pub volume: Option<Volume>,
}

/// Shipments today against the usual.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
pub struct Volume {
    /// Today.
    pub today: u64,
    /// On a usual day.
    pub usual: u64,
}

/// The decision in force on a listing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListingVerdict {
    /// May be sold.
    #[default]
    Clear,
    /// Waits for a person.
    Review,
    /// May not be sold.
    Block,
}

/// What is known of a listing.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub struct ListingStanding {
    /// Whose it is.
    pub merchant_id: String,
    /// Its title.
    pub title: String,
    /// Its category.
    pub category: Option<String>,
    /// The decision in force.
    pub verdict: ListingVerdict,
    /// The verdict's id.
    pub verdict_id: Option<String>,
    /// Open cases, by id.
    pub open_cases: Vec<String>,
    /// Brands whose goods it offers and who may send them where.
    pub brands: Vec<BrandStanding>,
    /// Where it is recalled, prohibited or needs documents.
    pub restrictions: Vec<Restriction>,
    /// Whether it is dangerous goods for transport.
    pub dangerous_goods: bool,
    /// Whether Union law asks for a responsible person in the Union.
    pub needs_responsible_person: bool,
    /// That person, as named on the offer.
    pub responsible_person: Option<String>,
}

/// A brand's say over a listing.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub struct BrandStanding {
    /// The brand.
    pub brand: String,
    /// Whether its keeper asks for authorisation at all.
    pub authorisation_needed: bool,
    /// Where the merchant is authorised; `EU` covers the members.
    pub authorised_for: Vec<Market>,
}

/// What a destination does to goods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionKind {
    /// Called back by an authority or the maker.
    Recalled,
    /// May not be imported.
    #[default]
    Prohibited,
    /// May be imported with documents.
    DocumentRequired,
}

/// A restriction at a destination.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub struct Restriction {
    /// Where; absent = everywhere.
    pub market: Option<Market>,
    /// What.
    pub kind: RestrictionKind,
    /// Document kinds of which one must travel along.
    pub documents: Vec<String>,
    /// The law or notice.
    pub law: String,
}

/// Shipments before this one, as far as they bear on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Digest of what was sent under the same id before.
    pub same_id: Option<Digest>,
    /// The merchant's other shipments, this one included.
    pub merchant: MerchantPattern,
    /// Parcels of the same merchant, buyer and day, this one included.
    pub parcels: Parcels,
    /// For each item: earlier prices of its heading and origin.
    pub prices: Vec<Option<PriceHistory>>,
    /// Other merchants that sent to the same name and address.
    pub address_merchants: u32,
    /// What inspections found so far.
    pub inspections: Arc<Inspections>,
}

/// How a merchant declares its values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MerchantPattern {
    /// Shipments with declared and paid value.
    pub shipments: u32,
    /// Those that declared less than was paid, whatever the tolerance.
    pub below_paid: u32,
}

/// Parcels to one buyer on one day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parcels {
    /// How many.
    pub count: u32,
    /// Worth of all, in the shipments' currency; absent when the currencies differ.
    pub worth: Option<Decimal>,
}

/// Prices of earlier declarations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceHistory {
    /// How many lines.
    pub lines: u32,
    /// What three quarters of them declare at least per piece (lower quartile), in the shipment's currency.
    /// Prices of one heading differ so much that half of their mean is nothing unusual.
    pub typical: Decimal,
}

/// Inspections and what they found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Found {
    /// Inspected.
    pub inspected: u32,
    /// Of these, found to be wrong.
    pub wrong: u32,
}

/// Inspection results by what shipments have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Inspections {
    /// By heading (four digits).
    pub by_heading: BTreeMap<String, Found>,
    /// By country of dispatch.
    pub by_origin: BTreeMap<String, Found>,
    /// All.
    pub all: Found,
}

impl Standing {
    /// Only the declaration is to be checked.
    pub fn declaration_only() -> Self {
        Self::default()
    }

    /// Merchant and listings could not be looked up.
    pub fn unavailable() -> Self {
        Self { known: Known::Unavailable, history: History::default() }
    }

    /// Merchant and listings as looked up.
    pub fn found(parties: Parties) -> Self {
        Self { known: Known::Found(Box::new(parties)), history: History::default() }
    }

    /// With what is known of earlier shipments.
    pub fn with_history(mut self, history: History) -> Self {
        self.history = history;
        self
    }

    /// Merchant and listings, where they were looked up.
    pub fn parties(&self) -> Option<&Parties> {
        match &self.known {
            Known::Found(parties) => Some(parties),
            Known::DeclarationOnly | Known::Unavailable => None,
        }
    }

    /// How they were had.
    pub fn state(&self) -> StandingState {
        match self.known {
            Known::DeclarationOnly => StandingState::DeclarationOnly,
            Known::Unavailable => StandingState::Unavailable,
            Known::Found(_) => StandingState::LookedUp,
        }
    }
}
