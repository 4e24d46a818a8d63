//! What a rule is, what it reads and what it answers. Pure data.

use std::fmt;

use jiff::civil::Date;

use super::condition::Condition;
use super::says::Template;
use crate::kernel::layered::Layered;
use crate::kernel::{Instant, Market, Span};
use crate::listings::model::Listing;
use crate::matching::image::{How, ImageHit};
use crate::matching::text::{ClaimKind, Field, Pass, PreparedText, TextFindings, UseKind};
use crate::merchants::model::MerchantFacts;
use crate::registry::model::{BrandKey, MarkKey, ReferenceKey, ReferenceKind};

/// The text of one pack and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PackSource {
    /// File name or other origin, for messages: `weapons.toml`.
    pub path: String,
    /// The TOML text.
    pub text: String,
}

/// Whether the legal citations of a pack were checked by somebody who answers for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Citations {
    /// Checked.
    Reviewed,
    /// Not checked yet; shown as such wherever a citation is shown.
    Unreviewed,
}

/// A named, versioned set of rules with the lexicons they share.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Unique among the packs: `prohibited-weapons`.
    pub id: String,
    /// The pack's own version: `1.0.0`.
    pub version: String,
    /// Name for people.
    pub name: String,
    /// Whether its citations were checked.
    pub citations: Citations,
    /// Where it was read from.
    pub path: String,
    /// Its lexicons, in file order.
    pub lexicons: Vec<Lexicon>,
    /// Its rules, in file order.
    pub rules: Vec<Rule>,
}

/// Phrases of one subject in several languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexicon {
    /// Unique in the pack.
    pub id: String,
    /// Language and phrase. A `*` at the end of a phrase finds longer words too.
    pub terms: Vec<(String, String)>,
    /// Phrases inside which a term is no hit.
    pub except: Vec<(String, String)>,
    /// Line of its first key in the pack's file.
    pub line: u32,
}

/// How far a rule is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written: checked and tested, never evaluated on listings.
    Draft,
    /// Evaluated and recorded, without effect.
    Shadow,
    /// In force.
    Live,
    /// Kept for the record only; neither evaluated nor tested.
    Retired,
}

/// What a rule does where it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The goods may not be offered.
    Prohibited,
    /// The goods may be offered under conditions that a person checks.
    Restricted,
    /// The goods may be offered once a document is shown.
    DocumentRequired,
    /// Nothing to do.
    Allowed,
    /// A person decides.
    Review,
    /// The listing is stopped.
    Block,
    /// Recorded beside a clear verdict.
    Note,
}

impl Action {
    /// The class of restriction this is, for goods rules.
    pub fn restriction(self) -> Option<Restriction> {
        match self {
            Action::Prohibited => Some(Restriction::Prohibited),
            Action::Restricted => Some(Restriction::Restricted),
            Action::DocumentRequired => Some(Restriction::DocumentRequired),
            Action::Allowed | Action::Review | Action::Block | Action::Note => None,
        }
    }
}

/// How goods are restricted; the stronger compares greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restriction {
    /// A document must be shown first.
    DocumentRequired,
    /// Allowed under conditions.
    Restricted,
    /// Not allowed.
    Prohibited,
}

/// What a reason does to the verdict; the stronger compares greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Recorded beside a clear verdict.
    ClearNote,
    /// A person decides.
    Review,
    /// The listing is stopped.
    Block,
}

impl fmt::Display for Effect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Effect::ClearNote => "note",
            Effect::Review => "review",
            Effect::Block => "block",
        })
    }
}

/// What a condition that cannot be decided does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenUnknown {
    /// The rule stays silent.
    Skip,
    /// The rule sends the listing to review and names what was missing.
    Review,
    /// The rule speaks as if the condition held, and names what was missing.
    Apply,
}

/// What makes a rule a candidate.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// A term of a lexicon of the same pack; the number is its place in the pack.
    Lexicon {
        /// Place in [`Pack::lexicons`].
        lexicon: usize,
        /// Fields searched.
        fields: Vec<Field>,
    },
    /// A mark used in one of these ways.
    Mark {
        /// Uses that count.
        uses: Vec<UseKind>,
        /// Fields that count; empty = all.
        fields: Vec<Field>,
    },
    /// A picture near a reference of one of these kinds.
    Image {
        /// Reference kinds that count.
        kinds: Vec<ReferenceKind>,
    },
    /// A claim in the text.
    Claim {
        /// Claims that count.
        kinds: Vec<ClaimKind>,
    },
    /// A listing attribute that is present.
    Attribute(AttributeName),
}

/// The name of something a listing says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeName {
    /// Its title; every listing has one.
    Title,
    /// Its description, unless empty.
    Description,
    /// Its category.
    Category,
    /// Its brand as the merchant wrote it.
    Brand,
    /// Its price.
    Price,
    /// The currency of its price.
    Currency,
    /// Its language.
    Lang,
    /// The platform's id of its merchant.
    Merchant,
    /// How many of its pictures could not be had or read, unless none.
    ImagesUnread,
    /// An entry of its attribute map.
    Named(String),
}

impl AttributeName {
    /// The name as packs write it: `category`, `attributes.material`.
    pub fn text(&self) -> String {
        match self {
            AttributeName::Title => "title".into(),
            AttributeName::Description => "description".into(),
            AttributeName::Category => "category".into(),
            AttributeName::Brand => "brand".into(),
            AttributeName::Price => "price".into(),
            AttributeName::Currency => "currency".into(),
            AttributeName::Lang => "lang".into(),
            AttributeName::Merchant => "merchant".into(),
            AttributeName::ImagesUnread => "images_unread".into(),
            AttributeName::Named(name) => format!("attributes.{name}"),
        }
    }

    /// Reads what [`Self::text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "title" => AttributeName::Title,
            "description" => AttributeName::Description,
            "category" => AttributeName::Category,
            "brand" => AttributeName::Brand,
            "price" => AttributeName::Price,
            "currency" => AttributeName::Currency,
            "lang" => AttributeName::Lang,
            "merchant" => AttributeName::Merchant,
            "images_unread" => AttributeName::ImagesUnread,
            other => AttributeName::Named(other.strip_prefix("attributes.").filter(|name| !name.is_empty())?.into()),
        })
    }
}

/// The action of a rule by destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actions {
    /// For destinations not named.
    pub default: Action,
    /// For the markets named; `EU` stands for its members that are not named themselves.
    pub markets: Vec<(Market, Action)>,
}

impl Actions {
    /// The action for `destination`: its own, else the Union's if it is a member, else the default.
    pub fn for_destination(&self, destination: Market) -> Action {
        let own = self.markets.iter().find(|(market, _)| *market == destination);
        let covering = || self.markets.iter().find(|(market, _)| market.covers(destination));
        own.or_else(covering).map_or(self.default, |(_, action)| *action)
    }
}

/// The effect each action has, as one rule sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects {
    /// Of `prohibited`.
    pub prohibited: Option<Effect>,
    /// Of `restricted`.
    pub restricted: Option<Effect>,
    /// Of `document_required`.
    pub document_required: Option<Effect>,
}

impl Default for Effects {
    fn default() -> Self {
        Self {
            prohibited: Some(Effect::Block),
            restricted: Some(Effect::Review),
            document_required: Some(Effect::Review),
        }
    }
}

impl Effects {
    /// The effect of `action`; `None` = no reason is given.
    pub fn of(&self, action: Action) -> Option<Effect> {
        match action {
            Action::Prohibited => self.prohibited,
            Action::Restricted => self.restricted,
            Action::DocumentRequired => self.document_required,
            Action::Allowed => None,
            Action::Review => Some(Effect::Review),
            Action::Block => Some(Effect::Block),
            Action::Note => Some(Effect::ClearNote),
        }
    }
}

/// One rule, checked and compiled.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Unique in the pack.
    pub id: String,
    /// Policy class: `firearms`.
    pub class: String,
    /// 1 (low) to 5 (critical).
    pub severity: u8,
    /// How far it is in force.
    pub state: State,
    /// First day it holds; absent = always did.
    pub from: Option<Date>,
    /// First day it no longer holds; absent = open.
    pub until: Option<Date>,
    /// What makes it a candidate.
    pub trigger: Trigger,
    /// Only listings whose category has one of these words; empty = any.
    pub categories: Vec<String>,
    /// Not listings whose category has one of these words.
    pub not_categories: Vec<String>,
    /// What must hold of a hit; absent = nothing more.
    pub when: Option<std::sync::Arc<Condition>>,
    /// What an undecided condition does.
    pub unknown: WhenUnknown,
    /// Strength of a hit, 0 to 1.
    pub score: f32,
    /// What it does, by destination.
    pub actions: Actions,
    /// The effect of each action.
    pub effects: Effects,
    /// Review queue; absent = the screening's own choice.
    pub queue: Option<String>,
    /// The sentence told to the merchant.
    pub says: Template,
    /// What would cure it.
    pub cure: Template,
    /// Laws and documents it rests on.
    pub sources: Vec<String>,
    /// Listings it must speak about.
    pub matches: Vec<Case>,
    /// Listings it must be silent about.
    pub misses: Vec<Case>,
    /// Line of its first key in the pack's file.
    pub line: u32,
}

impl Rule {
    /// Whether `day` lies within the rule's dates.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

/// A test case of a rule: a listing and what the matchers found in it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The listing.
    pub listing: Listing,
    /// Its merchant.
    pub merchant: MerchantFacts,
    /// Marks and claims found.
    pub text: TextFindings,
    /// Picture hits.
    pub images: Vec<ListingImageHits>,
    /// The day it is judged on.
    pub on: Date,
    /// The effect a match must have; absent = any.
    pub effect: Option<Effect>,
    /// Line in the pack's file.
    pub line: u32,
}

/// What the image matcher found for one picture of a listing.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ListingImageHits {
    /// The picture's name in the listing.
    pub image: String,
    /// References it resembles, best first.
    pub hits: Vec<ImageHit>,
}

/// Everything rules may look at for one listing.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The listing.
    pub listing: &'a Listing,
    /// Its merchant.
    pub merchant: &'a MerchantFacts,
    /// Marks and claims in its text.
    pub text: &'a TextFindings,
    /// References its pictures resemble.
    pub images: &'a [ListingImageHits],
    /// The listing's text as the matcher folded it; absent = it is folded here once more.
    pub prepared: Option<&'a PreparedText<'a>>,
    /// The brands' names for sentences; absent, or where one is missing, their keys stand in.
    pub brand_names: Option<&'a BrandNames>,
    /// The moment that rule dates are judged by.
    pub now: Instant,
}

/// The brands' names for people, by key.
pub type BrandNames = Layered<BrandKey, std::sync::Arc<str>>;

/// What all packs say about one listing.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// Reasons of live rules: strongest effect first, then severity, pack and rule order.
    pub reasons: Vec<Reason>,
    /// What shadow rules would have said, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadow: Vec<Reason>,
    /// Restricted goods that live rules found, in pack and rule order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prohibited: Vec<Prohibited>,
}

/// Why one rule spoke, in terms a reviewer and a seller can check.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// The rule's id in its pack.
    pub rule: String,
    /// The pack's id.
    pub pack: String,
    /// The pack's version.
    pub version: String,
    /// Policy class.
    pub class: String,
    /// 1 (low) to 5 (critical).
    pub severity: u8,
    /// What it does to the verdict.
    pub effect: Effect,
    /// Review queue, where the rule names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The sentence told to the merchant. Holds the merchant's own words: escape where it is shown.
    pub says: String,
    /// What would cure it.
    pub cure: String,
    /// Destinations affected; empty = all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub markets: Vec<Market>,
    /// What was found, strongest or first in the text first; at most [`MAX_EVIDENCE`].
    pub evidence: Vec<Evidence>,
    /// Facts that were missing, when an undecided condition made the rule speak.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// Most pieces of evidence kept for one reason: more helps no reader.
pub const MAX_EVIDENCE: usize = 8;

/// Something found in a listing.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// Words of the listing: a lexicon term or a claim.
    Text {
        /// Where.
        field: Field,
        /// The exact letters.
        span: Span,
        /// As written.
        matched: String,
    },
    /// A mark in the listing's text.
    Mark {
        /// Whose.
        brand: BrandKey,
        /// Which.
        mark: MarkKey,
        /// Its registered words.
        mark_text: String,
        /// How it is used.
        #[serde(rename = "type")]
        use_kind: UseKind,
        /// How it was found.
        pass: Pass,
        /// Strength, 0 to 1.
        score: f32,
        /// Where.
        field: Field,
        /// The exact letters.
        span: Span,
        /// As written.
        matched: String,
    },
    /// A picture near a reference.
    Image {
        /// The listing's picture.
        image: String,
        /// The reference.
        reference: ReferenceKey,
        /// Its brand.
        brand: BrandKey,
        /// What the reference shows.
        #[serde(rename = "type")]
        reference_kind: ReferenceKind,
        /// Bits that differ.
        distance: u16,
        /// Largest distance that counts.
        threshold: u16,
        /// How the two relate.
        how: How,
        /// Local features that agree, where the closer look decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inliers: Option<u16>,
        /// Share of unrelated photographs that would come as near.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        false_match_rate: Option<f32>,
    },
    /// Something the listing says of itself.
    Attribute {
        /// Its name.
        name: String,
        /// Its value, cut to 200 characters.
        value: String,
    },
}

/// Restricted goods found in a listing.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Prohibited {
    /// Policy class.
    pub class: String,
    /// Strength, 0 to 1.
    pub score: f32,
    /// The pack's id.
    pub pack: String,
    /// The rule's id in its pack.
    pub rule: String,
    /// The strongest restriction among the destinations.
    pub action: Restriction,
    /// Destinations with that restriction; empty = all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub markets: Vec<Market>,
    /// Where the first hit is; absent for hits outside the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// The exact letters of the first hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The first hit as written.
    pub matched: String,
}
