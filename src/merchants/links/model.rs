//! What is known of merchants, and what a link between two of them says.

/// A merchant as the linker reads it. Every field but the id may be missing; unknown ones are passed over.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct MerchantRecord {
    /// The platform's id.
    pub id: String,
    /// Two-letter country of establishment.
    pub country: Option<String>,
    /// Registered name, in its own script.
    pub legal_name: Option<String>,
    /// Registered name in Latin letters.
    pub legal_name_latin: Option<String>,
    /// Name of the shop.
    pub store_name: Option<String>,
    /// Number in the register of companies or taxpayers.
    pub reg_no: Option<String>,
    /// The person who acts for the merchant.
    pub legal_rep: Option<Representative>,
    /// Postal address in one line.
    pub address: Option<String>,
    /// Telephone number as written.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Where money is paid to.
    pub bank: Option<BankAccount>,
    /// Fingerprints of devices that signed in.
    pub devices: Option<Vec<String>>,
    /// Network addresses that signed in.
    pub ips: Option<Vec<String>>,
    /// Perceptual hashes of listing pictures: 16 hexadecimal characters are compared by distance,
    /// longer ones by equality.
    pub image_phashes: Option<Vec<String>>,
    /// Descriptions of listings.
    pub listing_texts: Option<Vec<String>>,
}

/// A person who acts for a merchant.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Representative {
    /// Name as written, any script, any order.
    pub name: Option<String>,
    /// Number of an identity document.
    pub id_no: Option<String>,
}

/// A bank account.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct BankAccount {
    /// Account number or IBAN.
    pub account: Option<String>,
    /// Name of its holder.
    pub holder: Option<String>,
    /// Name of the bank or payment provider.
    pub bank: Option<String>,
}

/// What two merchants have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The account that money goes to.
    BankAccount,
    /// Number in a register.
    RegistrationNumber,
    /// Stem of the company's name, without place, trade and legal form.
    CompanyName,
    /// Document number of the representative.
    Representative,
    /// Name of the representative.
    RepresentativeName,
    /// Telephone number.
    Phone,
    /// E-mail address, or one of the same series.
    EMail,
    /// A device that signed in.
    Device,
    /// A network address that signed in.
    Network,
    /// Postal address.
    Address,
    /// Listing pictures.
    Images,
    /// Listing texts.
    ListingTexts,
    /// Stem of the shop's name.
    StoreName,
    /// No value of their own: linked through others.
    Through,
}

impl EvidenceKind {
    /// Every kind that is matched on values, in the order of the enum.
    pub const MATCHED: [Self; 13] = [
        Self::BankAccount,
        Self::RegistrationNumber,
        Self::CompanyName,
        Self::Representative,
        Self::RepresentativeName,
        Self::Phone,
        Self::EMail,
        Self::Device,
        Self::Network,
        Self::Address,
        Self::Images,
        Self::ListingTexts,
        Self::StoreName,
    ];

    /// The name in files and settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BankAccount => "bank_account",
            Self::RegistrationNumber => "registration_number",
            Self::CompanyName => "company_name",
            Self::Representative => "representative",
            Self::RepresentativeName => "representative_name",
            Self::Phone => "phone",
            Self::EMail => "e_mail",
            Self::Device => "device",
            Self::Network => "network",
            Self::Address => "address",
            Self::Images => "images",
            Self::ListingTexts => "listing_texts",
            Self::StoreName => "store_name",
            Self::Through => "through",
        }
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::BankAccount => "same bank account",
            Self::RegistrationNumber => "same registration number",
            Self::CompanyName => "similar company name",
            Self::Representative => "same representative",
            Self::RepresentativeName => "representative of the same name",
            Self::Phone => "same telephone number",
            Self::EMail => "same or serial e-mail address",
            Self::Device => "same device",
            Self::Network => "same network address",
            Self::Address => "same address",
            Self::Images => "same pictures",
            Self::ListingTexts => "same listing texts",
            Self::StoreName => "similar shop name",
            Self::Through => "through other merchants",
        }
    }
}

/// One thing that speaks for a link.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    /// What is shared.
    pub kind: EvidenceKind,
    /// The shared value, masked: enough to find it in the file, not to learn it from here.
    pub value_hint: String,
    /// What it adds, 0 to 1, after counting who else shares it.
    pub weight: f64,
}

/// Two merchants that may be one.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Link {
    /// One merchant.
    pub a: String,
    /// The other.
    pub b: String,
    /// How much all evidence says together, 0 to 1.
    pub score: f64,
    /// Strongest first.
    pub evidence: Vec<Evidence>,
}
