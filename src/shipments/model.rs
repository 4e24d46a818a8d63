//! The words of the gate: a shipment as declared, and the answer to it.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::kernel::money::Currency;

/// Who sells to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A business to a consumer.
    B2c,
    /// A business to a business.
    B2b,
    /// A private person to another.
    C2c,
}

impl Kind {
    /// All kinds by name.
    pub const NAMES: [(&'static str, Kind); 3] = [("b2c", Kind::B2c), ("b2b", Kind::B2b), ("c2c", Kind::C2c)];
}

/// How a shipment travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The platform's own tracked channel.
    OfficialTracked,
    /// Another tracked channel.
    Tracked,
    /// No tracking.
    Untracked,
}

impl Channel {
    /// All channels by name.
    pub const NAMES: [(&'static str, Channel); 3] = [
        ("official_tracked", Channel::OfficialTracked),
        ("tracked", Channel::Tracked),
        ("untracked", Channel::Untracked),
    ];
}

/// Who receives a shipment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consignee {
    /// Name of the person or company.
    pub name: Option<String>,
    /// Country as written, upper case.
    pub country: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// Street line, where the caller gives one.
    pub street: Option<String>,
}

/// One line of a declaration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// The listing it was sold under.
    pub listing_id: Option<String>,
    /// The seller's stock keeping unit.
    pub sku: Option<String>,
    /// Description of the goods as declared.
    pub description: Option<String>,
    /// What it is made of.
    pub material: Option<String>,
    /// Commodity code as written.
    pub hs6: Option<String>,
    /// Country of origin as written, upper case.
    pub origin: Option<String>,
    /// Pieces.
    pub quantity: Option<Decimal>,
    /// Net mass of the line in kilograms.
    pub net_mass_kg: Option<Decimal>,
    /// Gross mass of the line in kilograms, where the caller gives it.
    pub gross_mass_kg: Option<Decimal>,
    /// Value declared, per piece, in the shipment's currency.
    pub declared_value: Option<Decimal>,
    /// Price the buyer paid, per piece, without transport, insurance and taxes.
    pub paid_value: Option<Decimal>,
    /// A currency of its own, where the caller gives one.
    pub currency: Option<String>,
    /// The seller's product identifier.
    pub merchant_pid: Option<String>,
    /// The manufacturer's article or model number.
    pub manufacturer_pid: Option<String>,
    /// GTIN, EAN or UPC.
    pub gtin: Option<String>,
    /// The maker's batch or lot.
    pub batch: Option<String>,
}

/// A document that travels with the shipment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Document {
    /// What it is; unknown kinds are kept.
    pub kind: String,
    /// Its number or code.
    pub number: Option<String>,
}

/// A field that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The item, from 0.
    pub item: Option<usize>,
    /// The field as written in JSON.
    pub field: String,
    /// One sentence: what was expected and what arrived.
    pub problem: String,
}

/// A shipment as declared. A field that is missing or unreadable is `None`; what was unreadable is
/// listed in `problems`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shipment {
    /// The caller's id.
    pub id: String,
    /// The seller.
    pub merchant_id: Option<String>,
    /// Country it is sent from, as written, upper case.
    pub origin: Option<String>,
    /// Country it goes to, as written, upper case.
    pub destination: Option<String>,
    /// Who sells to whom.
    pub kind: Option<Kind>,
    /// How it travels.
    pub channel: Option<Channel>,
    /// Number given as IOSS number.
    pub ioss: Option<String>,
    /// Who receives it.
    pub consignee: Option<Consignee>,
    /// Gross mass of the parcel in kilograms.
    pub gross_mass_kg: Option<Decimal>,
    /// Transport and insurance to the destination.
    pub transport_cost: Option<Decimal>,
    /// Currency of all amounts, where it is one.
    pub currency: Option<Currency>,
    /// Currency as written.
    pub currency_text: Option<String>,
    /// Day of the declaration, where the caller gives one.
    pub date: Option<Date>,
    /// Lines of the declaration.
    pub items: Vec<Item>,
    /// Documents.
    pub documents: Vec<Document>,
    /// What could not be read.
    pub problems: Vec<FieldProblem>,
    /// SHA-256 over the canonical form of everything that was sent; absent when a member stands twice.
    pub digest: Option<crate::kernel::Digest>,
}

/// What the gate says of a shipment; ordered from mild to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It may be declared.
    Release,
    /// It waits for an answer or a person.
    Hold,
    /// It may not be declared like this.
    Refuse,
}

/// How closely a shipment is looked at; ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Goes through.
    Green,
    /// Papers are checked.
    Amber,
    /// Stopped.
    Red,
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Outcome::Release => "release",
            Outcome::Hold => "hold",
            Outcome::Refuse => "refuse",
        })
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Lane::Green => "green",
            Lane::Amber => "amber",
            Lane::Red => "red",
        })
    }
}

/// Why one rule spoke.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reason {
    /// The rule's id.
    pub rule: String,
    /// The rule's version.
    pub version: String,
    /// The item it speaks of, from 0; `null` = the whole shipment.
    pub item: Option<usize>,
    /// What is wrong. Holds the merchant's own words: escape where it is shown.
    pub says: String,
    /// What would cure it.
    pub cure: String,
    /// The law or list it rests on.
    pub law: String,
    /// What it does to the outcome.
    pub outcome: Outcome,
    /// What it does to the lane.
    pub lane: Lane,
    /// How sure the fact behind it is, where it is not a plain reading of the declaration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
}

/// The risk of a shipment, with its grounds.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Risk {
    /// 0 to 1, three decimals.
    pub score: f64,
    /// What moved it, strongest first.
    pub because: Vec<String>,
    /// Drawn for inspection whatever the lane, so that the outcome of green shipments is known too.
    pub sampled: bool,
}

/// One line of the grounds of an estimate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Basis {
    /// The item, from 0; `null` = the whole shipment.
    pub item: Option<usize>,
    /// `vat`, `duty`, `fee` or `note`.
    pub of: &'static str,
    /// Amount in `currency`; absent when it is unknown.
    pub amount: Option<Decimal>,
    /// Its currency.
    pub currency: Option<String>,
    /// How it came about.
    pub says: String,
    /// Source of the rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
    /// How sure the source is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
}

/// What import costs the buyer, as an estimate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Charges {
    /// VAT or GST; `null` = unknown, the basis says why.
    pub vat: Option<Decimal>,
    /// Customs duty; `null` = unknown, the basis says why.
    pub duty: Option<Decimal>,
    /// Currency of both.
    pub currency: String,
    /// How both came about, and fees beside them.
    pub basis: Vec<Basis>,
}

/// How the standing of merchant and listings was had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StandingState {
    /// Looked up.
    LookedUp,
    /// Not asked for: only the declaration was checked.
    DeclarationOnly,
    /// Could not be had.
    Unavailable,
}

/// The gate's answer to one shipment.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct GateAnswer {
    /// The shipment's id.
    pub id: String,
    /// What happens to it.
    pub outcome: Outcome,
    /// How closely it is looked at.
    pub lane: Lane,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
    /// How risky it looks.
    pub risk: Risk,
    /// What import costs, where anything is known of it.
    pub charges: Option<Charges>,
    /// The signed release, where there is one.
    pub certificate: Option<String>,
    /// Whether merchant and listings were looked at.
    pub standing: StandingState,
    /// What was left out, and why.
    pub notes: Vec<String>,
    /// The day whose law was applied.
    pub on: Date,
    /// Which rules and facts judged.
    pub rules_version: String,
    /// What shadow rules would have said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadow: Vec<Reason>,
}
