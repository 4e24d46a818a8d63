//! What the registry knows of a brand: marks, references, authorised sellers. Pure data.

use std::fmt;
use std::sync::Arc;

use crate::kernel::{Digest, Market};
use crate::matching::image::Signature;

/// Declares a key: a name that the registry's keeper chose, unique in the registry.
macro_rules! registry_key {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a key that was checked where it was read.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The key as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, out)
            }
        }
    };
}

registry_key!(
    /// A brand's own name in the registry: `nike`, `b-nike`.
    BrandKey
);
impl BrandKey {
    /// Longest key, in characters.
    pub const MAX: usize = 64;

    /// Whether the key can stand in an address and a file name: 1 to 64 of a-z, 0-9, `-`, `_` and `.`.
    pub fn is_writable(&self) -> bool {
        let letter =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
        (1..=Self::MAX).contains(&self.0.len()) && self.0.bytes().all(letter)
    }
}

registry_key!(
    /// A mark's own name, unique over all brands: `nike/word/nike`.
    MarkKey
);
registry_key!(
    /// A reference image's own name, unique over all brands: `nike/logo.png`.
    ReferenceKey
);

/// A class of the Nice Classification of goods and services, 1 to 45.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct NiceClass(u8);

impl TryFrom<u8> for NiceClass {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            1..=45 => Ok(Self(number)),
            _ => Err(format!("Nice class {number} does not exist; classes run from 1 to 45")),
        }
    }
}

impl From<NiceClass> for u8 {
    fn from(class: NiceClass) -> u8 {
        class.0
    }
}

/// Where a mark stands in its office's register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkStatus {
    /// In force.
    #[default]
    Registered,
    /// Applied for: evidence for people, never for a block.
    Pending,
    /// Ended by lapse, surrender or cancellation: never matched.
    Ended,
}

/// How far from its registered letters a word mark is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// The letters as registered, in any case; no folding, no fuzz. For marks of two or three letters.
    Literal,
    /// Folded forms too, but a hit alone says nothing: a second sign of the brand is
    /// needed. For marks that are words of a language.
    Guarded,
    /// All passes. The default.
    Standard,
    /// All passes, and hits outside the brand's categories count in full. For famous marks.
    Wide,
}

/// A registration in an office's register.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Registration {
    /// The office: `EUIPO`, `USPTO`, `WIPO`, `CNIPA`.
    pub office: String,
    /// The number as the office prints it.
    pub number: String,
}

/// A word mark.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct WordMark {
    /// The mark's name in the registry.
    #[schema(value_type = String)]
    pub key: MarkKey,
    /// The registered words.
    pub text: String,
    /// Its registration, where recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    /// Classes it is registered for; empty = the brand's.
    #[serde(default)]
    #[schema(value_type = Vec<u8>)]
    pub nice: Vec<NiceClass>,
    /// Markets it is valid in; empty = all.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub territories: Vec<Market>,
    /// Where it stands.
    #[serde(default)]
    pub status: MarkStatus,
    /// First day it is no longer valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires: Option<jiff::civil::Date>,
    /// Search width; absent = derived from its length and the brand's `common_word`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strictness: Option<Strictness>,
}

/// A figurative mark: a registered picture, searched by its reference images.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FigurativeMark {
    /// The mark's name in the registry.
    #[schema(value_type = String)]
    pub key: MarkKey,
    /// What it shows, for people.
    pub description: String,
    /// Its registration, where recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    /// Classes it is registered for; empty = the brand's.
    #[serde(default)]
    #[schema(value_type = Vec<u8>)]
    pub nice: Vec<NiceClass>,
    /// Markets it is valid in; empty = all.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub territories: Vec<Market>,
    /// Where it stands.
    #[serde(default)]
    pub status: MarkStatus,
    /// First day it is no longer valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires: Option<jiff::civil::Date>,
}

/// What a reference image shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// A photograph of genuine goods or their package.
    Product,
    /// A logo or other figurative mark.
    Logo,
    /// A picture known to be harmless; a listing image nearer to it than to a
    /// reference is no match (the negative bank).
    Harmless,
}

/// A reference image, hashed when it was imported.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct ReferenceImage {
    /// The image's name in the registry.
    #[schema(value_type = String)]
    pub key: ReferenceKey,
    /// What it shows.
    pub kind: ReferenceKind,
    /// The figurative mark it depicts, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub mark: Option<MarkKey>,
    /// SHA-256 of the file: its name in the blob store.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// What the matcher compares.
    #[schema(value_type = Object)]
    pub signature: Signature,
    /// Largest distance that counts as a match, in bits; absent = the kind's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u16>,
    /// Why it is set aside and not applied (the flood guard, or a person); absent = in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
}

/// Who may sell under a brand's marks, where and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct AuthorisedSeller {
    /// The platform's id of the seller.
    pub seller: String,
    /// Marks covered; empty = all of the brand.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub marks: Vec<MarkKey>,
    /// Markets covered; empty = all.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub markets: Vec<Market>,
    /// First day; absent = always was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub from: Option<jiff::civil::Date>,
    /// First day no longer; absent = open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub until: Option<jiff::civil::Date>,
    /// The authorisation by which the brand's owner confirmed it; absent = it was entered with the brand. Imports and
    /// changes of the brand leave confirmed ones as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorisation: Option<String>,
}

impl AuthorisedSeller {
    /// Whether this covers `mark` on `date` for every market in `ships_to`
    /// (an unknown destination is covered only by an entry without markets).
    pub fn covers(&self, mark: &MarkKey, ships_to: &[Market], date: jiff::civil::Date) -> bool {
        let in_time = self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date < until);
        let in_marks = self.marks.is_empty() || self.marks.contains(mark);
        let covered = |destination: &Market| self.markets.iter().any(|market| market.covers(*destination));
        let in_markets = self.markets.is_empty() || (!ships_to.is_empty() && ships_to.iter().all(covered));
        in_time && in_marks && in_markets
    }
}

/// Everything the registry holds of one brand: the unit that is versioned and replaced.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Brand {
    /// The brand's name in the registry.
    #[schema(value_type = String)]
    pub key: BrandKey,
    /// The brand's name for people.
    pub name: String,
    /// Other names it is known by, in any script.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Word marks.
    #[serde(default)]
    pub word_marks: Vec<WordMark>,
    /// Figurative marks.
    #[serde(default)]
    pub figurative_marks: Vec<FigurativeMark>,
    /// Reference images.
    #[serde(default)]
    pub references: Vec<ReferenceImage>,
    /// Nice classes of the brand as a whole.
    #[serde(default)]
    #[schema(value_type = Vec<u8>)]
    pub nice_classes: Vec<NiceClass>,
    /// Goods the brand is known for, as free category words: `footwear`.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Whether the name is also a word of a language.
    #[serde(default)]
    pub common_word: bool,
    /// Who may sell under the marks.
    #[serde(default)]
    pub authorised_sellers: Vec<AuthorisedSeller>,
}
