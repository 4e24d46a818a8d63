//! What a merchant tells of itself, and what came with it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::Market;

/// Whether a merchant is a company or a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraderKind {
    /// A company or another body.
    #[default]
    Company,
    /// A person who trades.
    Individual,
}

/// A merchant's application: everything but the documents. Every member may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = MerchantApplication)]
pub struct Application {
    /// Company or person.
    pub kind: TraderKind,
    /// Country of establishment, two letters.
    #[schema(value_type = Option<String>, example = "CN")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Market>,
    /// The registered name, in its own script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_name: Option<String>,
    /// The registered name in Latin letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_name_latin: Option<String>,
    /// The shop's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_name: Option<String>,
    /// Postal address of the place of business, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Who acts for the merchant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<Representative>,
    /// The trade register and the number in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<RegisterEntry>,
    /// Tax numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tax_numbers: Vec<TypedNumber>,
    /// Where money is paid to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentAccount>,
    /// The merchant's word that it offers only goods that comply with the law.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_certification: Option<SelfCertification>,
    /// Who answers in the European Union for the merchant's products.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible_person: Option<ResponsiblePerson>,
    /// Register numbers of extended producer responsibility.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub epr: Vec<EprNumber>,
    /// Markets the merchant sells to.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sells_to: Vec<Market>,
    /// Groups of goods: `electrical`, `radio`, `batteries`, `toys`, `machinery`, `protective_equipment`, `clothing`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goods: Vec<String>,
    /// Sales of the last twelve months on this marketplace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales: Option<Sales>,
    /// The platform's id of whoever owns this shop and perhaps others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A person who acts for a merchant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Representative {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Date of birth.
    #[schema(value_type = Option<String>, example = "1984-07-30")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born: Option<jiff::civil::Date>,
    /// Kind of the document number, such as `cn.ric`; absent = not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_kind: Option<String>,
    /// Number of an identity document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
}

/// An entry of a trade register.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegisterEntry {
    /// The register, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// Kind of the number, such as `cn.uscc`; absent = not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// A number of a known kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedNumber {
    /// Its kind: `eu.vat`, `us.ein`, `eori` …
    pub kind: String,
    /// As written.
    pub value: String,
}

/// A payment account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentAccount {
    /// IBAN or account number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// BIC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bic: Option<String>,
    /// Its holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The bank or payment provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank: Option<String>,
}

/// The merchant's own certification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfCertification {
    /// Who certifies.
    pub by: String,
    /// On which day.
    #[schema(value_type = String, example = "2026-11-22")]
    pub on: jiff::civil::Date,
}

/// An economic operator in the European Union.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResponsiblePerson {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Country, a member state.
    #[schema(value_type = Option<String>, example = "DE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Market>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A register number of extended producer responsibility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EprNumber {
    /// Country of the register.
    #[schema(value_type = String, example = "DE")]
    pub country: Market,
    /// `packaging`, `electrical` or `batteries`.
    pub stream: String,
    /// The number.
    pub number: String,
}

/// Sales of twelve months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sales {
    /// Orders.
    pub orders: u64,
    /// Gross revenue.
    #[schema(value_type = String, example = "5200.00")]
    pub gross: Decimal,
    /// Its currency, ISO 4217.
    pub currency: String,
}

/// What a merchant left while it used the platform. It is turned into keyed hashes at once; the values are not stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = MerchantTraces)]
pub struct Traces {
    /// Fingerprints of devices that signed in.
    pub devices: Vec<String>,
    /// Network addresses that signed in.
    pub ips: Vec<String>,
    /// Perceptual hashes of listing pictures: 16 hexadecimal characters, or longer ones.
    pub image_hashes: Vec<String>,
    /// Descriptions of listings.
    pub listing_texts: Vec<String>,
}

/// What a document shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// An identity document, or a certificate of electronic identification.
    Identity,
    /// A government record, tax document or business licence.
    BusinessRecord,
    /// Proof of an address.
    Address,
    /// A bank's statement or letter.
    Bank,
    /// A brand owner's letter of authority.
    Authority,
    /// A register's confirmation of a producer number.
    Epr,
    /// Anything else.
    Other,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Identity, Self::BusinessRecord, Self::Address, Self::Bank, Self::Authority, Self::Epr, Self::Other];

    /// The word in files and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::BusinessRecord => "business_record",
            Self::Address => "address",
            Self::Bank => "bank",
            Self::Authority => "authority",
            Self::Epr => "epr",
            Self::Other => "other",
        }
    }
}

impl std::str::FromStr for DocumentKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            "is no kind of document; use identity, business_record, address, bank, authority, epr or other".to_owned()
        })
    }
}

/// A thing that may be asked of a merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ApplicationPart)]
pub enum Part {
    /// Country of establishment.
    Country,
    /// Registered name.
    LegalName,
    /// Postal address.
    Address,
    /// Telephone number.
    Phone,
    /// E-mail address.
    Email,
    /// Copy of an identity document.
    IdentityDocument,
    /// Payment account.
    PaymentAccount,
    /// Register and number.
    RegisterNumber,
    /// Self-certification.
    SelfCertification,
    /// Tax number.
    TaxNumber,
    /// Record of the business.
    BusinessRecord,
    /// Responsible person in the Union.
    ResponsiblePerson,
    /// Register number for packaging.
    EprPackaging,
    /// Register number for electrical equipment.
    EprElectrical,
    /// Register number for batteries.
    EprBatteries,
}

impl Part {
    /// The stream of an EPR number, where the part is one.
    pub fn epr_stream(self) -> Option<&'static str> {
        match self {
            Self::EprPackaging => Some("packaging"),
            Self::EprElectrical => Some("electrical"),
            Self::EprBatteries => Some("batteries"),
            _ => None,
        }
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Country => "country of establishment",
            Self::LegalName => "registered name",
            Self::Address => "postal address",
            Self::Phone => "telephone number",
            Self::Email => "e-mail address",
            Self::IdentityDocument => "copy of an identity document",
            Self::PaymentAccount => "payment account",
            Self::RegisterNumber => "trade register and number",
            Self::SelfCertification => "self-certification",
            Self::TaxNumber => "tax number",
            Self::BusinessRecord => "record of the business",
            Self::ResponsiblePerson => "responsible person in the European Union",
            Self::EprPackaging => "producer register number for packaging",
            Self::EprElectrical => "producer register number for electrical equipment",
            Self::EprBatteries => "producer register number for batteries",
        }
    }
}
