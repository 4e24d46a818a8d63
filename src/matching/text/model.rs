//! What the text matcher is asked and what it answers. Pure data.

use crate::kernel::{Market, Span};
use crate::registry::model::{BrandKey, MarkKey};

/// One listing's text with what is known around it.
#[derive(Debug, Clone, Copy)]
pub struct TextQuery<'a> {
    /// Title as written.
    pub title: &'a str,
    /// Description as written; may be empty.
    pub description: &'a str,
    /// The platform's category path or words.
    pub category: Option<&'a str>,
    /// The brand attribute as the merchant wrote it.
    pub brand: Option<&'a str>,
    /// The platform's id of the seller.
    pub seller: Option<&'a str>,
    /// BCP 47 language of the text. Carried for callers; the passes do not depend on it,
    /// because sellers mix languages within one title.
    pub lang: Option<&'a str>,
    /// Destinations; empty = not said.
    pub ships_to: &'a [Market],
    /// The day on which marks and authorisations must be valid.
    pub on: jiff::civil::Date,
}

/// How the listing uses a mark it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseKind {
    /// Offers goods as the brand's without a known right to.
    InfringingUse,
    /// Names the brand to say what the goods fit: "for", "compatible with".
    Nominative,
    /// Sold by a seller the brand authorised.
    Authorised,
    /// Offers the brand's own goods second hand.
    Resale,
}

/// The pass that found a mark; in itself evidence of how openly it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// The letters as registered, in any case.
    Exact,
    /// Equal after look-alikes, accents, styled or hidden letters were undone.
    Folded,
    /// Equal after spaces or punctuation between the letters were taken out.
    Squashed,
    /// Digits or signs in place of letters: `n1ke`.
    Leet,
    /// One letter covered by a sign: `n*ke`.
    Masked,
    /// The mark stuck to another word: `fashionrolex`.
    Glued,
    /// One letter dropped, doubled, swapped or exchanged.
    Fuzzy,
    /// Another spelling of the same sound: `kartier`.
    Phonetic,
    /// The vowels left out: `lgtch`.
    Skeleton,
}

/// The part of the listing a hit lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The title.
    Title,
    /// The brand attribute.
    Brand,
    /// The description.
    Description,
    /// Another attribute; `because` names it.
    Attribute,
}

/// A brand's mark found in a listing. At most one per brand: the strongest.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MarkHit {
    /// The brand.
    pub brand: BrandKey,
    /// The mark; for an alias the brand's first mark.
    pub mark: MarkKey,
    /// The words that were searched: the mark's or the alias's.
    pub mark_text: String,
    /// How the listing uses it.
    #[serde(rename = "type")]
    pub use_kind: UseKind,
    /// How sure it is that the listing names this brand, 0 to 1 in steps of 0.001,
    /// comparable over brands and passes; 0.5 is the default threshold.
    pub score: f32,
    /// How it was found.
    pub pass: Pass,
    /// Where it was found.
    pub field: Field,
    /// The letters concerned, in Unicode scalar values of the field as written.
    pub span: Span,
    /// Those letters.
    pub matched: String,
    /// Each gate or sign that moved the score or the type, one short phrase each.
    pub because: Vec<String>,
}

/// What a phrase of the listing claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// Wording of the trade in copies: "1:1 mirror quality".
    Replica,
    /// The goods fit those of a brand: "compatible with".
    Compatible,
    /// The goods are second hand: "pre-owned".
    Resale,
    /// The goods are said to be of a brand: "authentic", "brand:".
    Genuine,
    /// The deal is led away from the platform: "more on yupoo", "t . me", "DM for logo".
    Contact,
}

/// A phrase that says something about the goods' origin.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ClaimHit {
    /// What it claims.
    pub kind: ClaimKind,
    /// Where it was found.
    pub field: Field,
    /// The letters concerned, in Unicode scalar values of the field as written.
    pub span: Span,
    /// Those letters.
    pub matched: String,
}

/// Everything the text matcher found in one listing.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct TextFindings {
    /// Marks named, best first; at most 64.
    pub hits: Vec<MarkHit>,
    /// Claims, in order of field and place; at most 64.
    pub claims: Vec<ClaimHit>,
    /// Strength of the wording of the trade in copies, 0 to 1, with or without a mark.
    pub counterfeit_signal: f32,
}
