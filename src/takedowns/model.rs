//! What a notice is: who says what about which listings, on what ground. Pure data.

use super::core::checks::Finding;
use crate::kernel::id::{ListingId, NoticeId, OrganisationId, StatementId};
use crate::kernel::words::word_enum;
use crate::kernel::{Digest, Instant, Market};
use crate::registry::model::{BrandKey, MarkKey, Registration};

/// Most listings of one notice.
pub const MAX_LISTINGS: usize = 1_000;
/// Longest reasons, in characters.
pub const MAX_REASONS: usize = 5_000;
/// Longest short text (names, addresses, signatures), in characters.
pub const MAX_SHORT: usize = 300;
/// Most marks named in one notice.
pub const MAX_MARKS: usize = 50;
/// Most files that prove something, in one notice or counter-notice.
pub const MAX_EVIDENCE: usize = 20;

word_enum!(
    /// Which right is said to be infringed.
    Ground, "ground", {
        /// Goods bear a mark that the owner did not put there.
        Counterfeit = "counterfeit",
        /// A mark is used without right, on goods that are no copies.
        TradeMark = "trade_mark",
        /// A protected work (text, photograph, print) is used.
        Copyright = "copyright",
        /// The look of the goods is a registered design.
        Design = "design",
        /// The goods use a patented invention.
        Patent = "patent",
        /// Genuine goods, not put on this market by the owner.
        ParallelImport = "parallel_import",
        /// Anything else that is illegal.
        Other = "other",
    }
);

impl Ground {
    /// Whether a mark of the registry has to be named.
    pub fn needs_mark(self) -> bool {
        matches!(self, Self::Counterfeit | Self::TradeMark | Self::ParallelImport)
    }

    /// Whether the goods would bear the mark: then the listing is searched for it.
    pub fn shows_mark(self) -> bool {
        matches!(self, Self::Counterfeit | Self::TradeMark)
    }
}

word_enum!(
    /// The law under which a notice is handled: it sets the parts and the clocks.
    Regime, "regime", {
        /// Digital Services Act, Regulation (EU) 2022/2065.
        Dsa = "dsa",
        /// 17 USC 512, copyright in the United States.
        Dmca = "dmca",
        /// China's E-Commerce Law, arts. 41 to 45.
        CnEcl = "cn_ecl",
        /// No special law: the operator's terms.
        House = "house",
    }
);

impl Regime {
    /// The law for a ground in a market, when the notifier names none.
    pub fn of(ground: Ground, market: Market) -> Self {
        match market.as_str() {
            "US" if ground == Ground::Copyright => Self::Dmca,
            "CN" => Self::CnEcl,
            // Iceland, Liechtenstein and Norway take part in the internal market (EEA Agreement).
            "EU" | "IS" | "LI" | "NO" => Self::Dsa,
            _ if market.is_in_eu() => Self::Dsa,
            _ => Self::House,
        }
    }
}

word_enum!(
    /// Where one listing of a notice stands.
    ItemState, "state of a listing in a notice", {
        /// Waits for a decision.
        Received = "received",
        /// The notifier has to add something.
        NeedsInformation = "needs_information",
        /// The notice was found right: the listing is restricted, the merchant may counter.
        Upheld = "upheld",
        /// The notice was found wrong or incomplete.
        Rejected = "rejected",
        /// The merchant countered; the law's clock runs.
        Countered = "countered",
        /// The notifier went to court or to an authority; the restriction stays.
        Disputed = "disputed",
        /// The restriction was lifted.
        Reinstated = "reinstated",
        /// Nobody countered in time, or the counter-notice failed: the restriction stays.
        Final = "final",
        /// The notifier took it back before a decision.
        Withdrawn = "withdrawn",
    }
);

impl ItemState {
    /// Whether the listing is restricted because of the notice.
    pub fn restricts(self) -> bool {
        matches!(self, Self::Upheld | Self::Countered | Self::Disputed | Self::Final)
    }

    /// Whether nothing more happens by itself or by the ordinary ways.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Rejected | Self::Reinstated | Self::Final | Self::Withdrawn)
    }
}

word_enum!(
    /// What a merchant says against a notice.
    CounterReason, "reason against a notice", {
        /// The merchant owns the right.
        Owner = "owner",
        /// The owner allowed the sale.
        Authorised = "authorised",
        /// The notifier has no right, or none here.
        NoRight = "no_right",
        /// The goods are genuine.
        Genuine = "genuine",
        /// The use is lawful: compatibility, description, quotation, exhaustion.
        LawfulUse = "lawful_use",
        /// The listing does not use the mark or work.
        NotUsed = "not_used",
        /// Something else.
        Other = "other",
    }
);

/// Who files.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Notifier {
    /// Name of the person or company.
    pub name: String,
    /// Mail address; answers go there.
    pub email: String,
    /// Postal address; 17 USC 512(c)(3)(A)(iv) asks for it.
    pub address: String,
    /// Telephone number; the same.
    pub phone: String,
    /// For whom the notifier acts, when not for itself.
    pub acts_for: String,
}

/// What the notifier declares. Each has to be said, none is assumed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Declarations {
    /// "I believe in good faith that the information is accurate and complete" (DSA art. 16(2)(d)),
    /// and that the use is not authorised (17 USC 512(c)(3)(A)(v)).
    pub good_faith: bool,
    /// "The information is accurate, and under penalty of perjury I am authorised to act for the
    /// owner" (17 USC 512(c)(3)(A)(vi)).
    pub accurate_under_perjury: bool,
    /// Physical or electronic signature: the name, typed (17 USC 512(c)(3)(A)(i)).
    pub signature: String,
}

/// A notice as it is sent.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeDraft {
    /// Which right is infringed.
    pub ground: Ground,
    /// Where: an ISO 3166-1 alpha-2 country, or EU.
    #[schema(value_type = String)]
    pub market: Market,
    /// The law to handle it under; absent = the law of the market.
    #[serde(default)]
    pub regime: Option<Regime>,
    /// The brand in the registry.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub brand: Option<BrandKey>,
    /// Its marks that are used; with an account they have to be the caller's own.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub marks: Vec<MarkKey>,
    /// A right that the registry does not hold: office and number.
    #[serde(default)]
    pub registration: Option<Registration>,
    /// The protected work: what it is, where the original can be seen.
    #[serde(default)]
    pub work: String,
    /// Why the listings are illegal.
    pub reasons: String,
    /// The platform's ids of the listings, 1 to 1,000.
    pub listings: Vec<String>,
    /// Who files.
    pub notifier: Notifier,
    /// What is declared.
    #[serde(default)]
    pub declarations: Declarations,
    /// SHA-256 of pictures uploaded before that prove something.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub evidence: Vec<Digest>,
}

impl NoticeDraft {
    /// The law it is handled under.
    pub fn regime(&self) -> Regime {
        self.regime.unwrap_or_else(|| Regime::of(self.ground, self.market))
    }
}

/// A notice as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// The organisation that filed it.
    pub organisation: OrganisationId,
    /// Who filed: an actor of the audit log.
    pub filed_by: String,
    /// What was sent.
    pub draft: NoticeDraft,
    /// The law it is handled under.
    pub regime: Regime,
    /// Whether the notifier was a trusted flagger when it was filed (DSA art. 22).
    pub trusted: bool,
    /// When it was filed.
    pub filed_at: Instant,
    /// When a decision is due.
    pub due_at: Option<Instant>,
}

/// One listing of a notice.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeItem {
    /// The notice.
    pub notice: NoticeId,
    /// Its place in the notice, from 0.
    pub number: i64,
    /// The platform's id of the listing.
    pub external_id: String,
    /// The listing.
    pub listing: ListingId,
    /// The version that the notice was about.
    pub listing_version: i64,
    /// The platform's id of the merchant.
    pub merchant: Option<String>,
    /// Where it stands.
    pub state: ItemState,
    /// Why, for notifier and merchant.
    pub reason: String,
    /// What the checks before filing found doubtful.
    pub findings: Vec<Finding>,
    /// Whether whoever rejected it said that nothing could support it.
    pub unfounded: bool,
    /// Whether it was ever upheld.
    pub upheld: bool,
    /// Whether it was upheld and found wrong later, other than by the notifier.
    pub overturned: bool,
    /// When the clock that now runs ends.
    pub due_at: Option<Instant>,
    /// When the program acts by itself, for clocks that do.
    pub acts_at: Option<Instant>,
    /// Who decided last.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Instant>,
    /// The statement of reasons of the restriction.
    pub statement: Option<StatementId>,
    /// When it last changed.
    pub updated_at: Instant,
}

impl NoticeItem {
    /// What an open notice about this listing is known by; none once it is closed.
    pub fn live_key(&self, organisation: OrganisationId, ground: Ground) -> Option<String> {
        (!self.state.is_closed()).then(|| format!("{organisation} {ground} {}", self.external_id))
    }
}

/// A merchant's answer as it is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CounterDraft {
    /// Why the notice is wrong.
    #[schema(value_type = Option<String>)]
    pub reason: Option<CounterReason>,
    /// The same in the merchant's words.
    pub explanation: String,
    /// Name of the merchant.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Postal address (17 USC 512(g)(3)(D)).
    pub address: String,
    /// Telephone number (the same).
    pub phone: String,
    /// "Under penalty of perjury, I believe in good faith that the material was removed by mistake"
    /// (17 USC 512(g)(3)(C)).
    pub mistake_under_perjury: bool,
    /// Consent to the jurisdiction of a court and to service of process (17 USC 512(g)(3)(D)).
    pub consents_to_jurisdiction: bool,
    /// Physical or electronic signature.
    pub signature: String,
    /// SHA-256 of pictures uploaded before: invoices, letters of authority, test reports.
    #[schema(value_type = Vec<String>)]
    pub evidence: Vec<Digest>,
}
