//! The names a condition may use, with their types.

use std::fmt;

use crate::matching::text::Field;
use crate::rules::names::{FIELDS, word};

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A 64-bit whole number.
    Int,
    /// A 64-bit binary fraction.
    Double,
    /// Text.
    String,
    /// The listing's attributes: text by name.
    Attributes,
    /// A list.
    List(Element),
}

/// What a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// Text.
    String,
    /// Whole numbers.
    Int,
    /// Hits of one kind.
    Hit(HitKind),
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => out.write_str("bool"),
            Type::Int => out.write_str("int"),
            Type::Double => out.write_str("double"),
            Type::String => out.write_str("string"),
            Type::Attributes => out.write_str("map of strings"),
            Type::List(Element::String) => out.write_str("list of strings"),
            Type::List(Element::Int) => out.write_str("list of ints"),
            Type::List(Element::Hit(kind)) => write!(out, "list of {} hits", kind.text()),
        }
    }
}

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitKind {
    /// A lexicon term.
    Lexicon,
    /// A mark.
    Mark,
    /// A reference image.
    Image,
    /// A claim.
    Claim,
    /// A listing attribute.
    Attribute,
}

impl HitKind {
    /// The word conditions compare with `hit.kind`.
    pub fn text(self) -> &'static str {
        match self {
            HitKind::Lexicon => "lexicon",
            HitKind::Mark => "mark",
            HitKind::Image => "image",
            HitKind::Claim => "claim",
            HitKind::Attribute => "attribute",
        }
    }

    /// The fields a hit of this kind has.
    pub fn fields(self) -> &'static [HitField] {
        use HitField::*;
        match self {
            HitKind::Lexicon => &[Kind, Field, Matched, Term, Lang],
            HitKind::Mark => &[Kind, Brand, Mark, MarkText, Type, Pass, Field, Matched, Score],
            HitKind::Image => &[Kind, Image, Brand, Reference, Type, How, Distance, Threshold, Score],
            HitKind::Claim => &[Kind, Type, Field, Matched],
            HitKind::Attribute => &[Kind, Field, Matched],
        }
    }
}

/// A field of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitField {
    /// What kind of hit it is.
    Kind,
    /// Where in the listing it is.
    Field,
    /// The letters as written.
    Matched,
    /// The lexicon term.
    Term,
    /// The lexicon term's language.
    Lang,
    /// The brand's key.
    Brand,
    /// The mark's key.
    Mark,
    /// The mark's registered words.
    MarkText,
    /// How a mark is used, what is claimed, what a reference shows.
    Type,
    /// How a mark was found.
    Pass,
    /// The reference's key.
    Reference,
    /// The listing's picture.
    Image,
    /// How picture and reference relate.
    How,
    /// Strength, 0 to 1.
    Score,
    /// Bits that differ.
    Distance,
    /// Largest distance that counts.
    Threshold,
}

impl HitField {
    /// The name after `hit.`.
    pub fn text(self) -> &'static str {
        match self {
            HitField::Kind => "kind",
            HitField::Field => "field",
            HitField::Matched => "matched",
            HitField::Term => "term",
            HitField::Lang => "lang",
            HitField::Brand => "brand",
            HitField::Mark => "mark",
            HitField::MarkText => "mark_text",
            HitField::Type => "type",
            HitField::Pass => "pass",
            HitField::Reference => "reference",
            HitField::Image => "image",
            HitField::How => "how",
            HitField::Score => "score",
            HitField::Distance => "distance",
            HitField::Threshold => "threshold",
        }
    }

    /// Its type.
    pub fn value_type(self) -> Type {
        match self {
            HitField::Score => Type::Double,
            HitField::Distance | HitField::Threshold => Type::Int,
            _ => Type::String,
        }
    }
}

/// Something a condition reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// `listing.title`
    Title,
    /// `listing.description`
    Description,
    /// `listing.category`
    Category,
    /// `listing.brand`
    Brand,
    /// `listing.lang`
    Lang,
    /// `listing.currency`
    Currency,
    /// `listing.price_minor`: the price in hundredths of its currency.
    PriceMinor,
    /// `listing.images`: how many pictures.
    ImageCount,
    /// `listing.images_unread`: how many of them could not be had or read.
    ImagesUnread,
    /// `listing.ships_to`
    ShipsTo,
    /// `listing.attributes`
    Attributes,
    /// `listing.attributes.<name>`
    Attribute(String),
    /// `merchant.id`
    MerchantId,
    /// `merchant.name`
    MerchantName,
    /// `merchant.tier`
    MerchantTier,
    /// `merchant.country`
    MerchantCountry,
    /// `merchant.verified`
    MerchantVerified,
    /// `merchant.state`
    MerchantState,
    /// `merchant.held`
    MerchantHeld,
    /// `merchant.review_all`
    MerchantReviewAll,
    /// `merchant.sanctions`
    MerchantSanctions,
    /// `hit.<field>`
    Hit(HitField),
    /// `marks`
    Marks,
    /// `images`
    Images,
    /// `claims`
    Claims,
    /// `counterfeit_signal`
    CounterfeitSignal,
    /// `today`
    Today,
    /// `found("lexicon")`, `found("lexicon", "field")`
    Found {
        /// Place in the pack's lexicons.
        lexicon: usize,
        /// Its id.
        id: String,
        /// Where; absent = title or description.
        field: Option<Field>,
    },
}

impl Fact {
    /// As a condition writes it.
    pub fn name(&self) -> String {
        match self {
            Fact::Attribute(name) => format!("listing.attributes.{name}"),
            Fact::Hit(field) => format!("hit.{}", field.text()),
            Fact::Found { id, field: None, .. } => format!("found(\"{id}\")"),
            Fact::Found { id, field: Some(field), .. } => format!("found(\"{id}\", \"{}\")", word(&FIELDS, field)),
            plain => PLAIN.iter().find(|(_, _, fact)| fact == plain).map_or_else(String::new, |(object, field, _)| {
                if field.is_empty() { (*object).to_owned() } else { format!("{object}.{field}") }
            }),
        }
    }

    /// Its type.
    pub fn value_type(&self) -> Type {
        match self {
            Fact::PriceMinor | Fact::ImageCount | Fact::ImagesUnread => Type::Int,
            Fact::ShipsTo => Type::List(Element::String),
            Fact::Attributes => Type::Attributes,
            Fact::MerchantVerified | Fact::MerchantHeld | Fact::MerchantReviewAll | Fact::Found { .. } => Type::Bool,
            Fact::Hit(field) => field.value_type(),
            Fact::Marks => Type::List(Element::Hit(HitKind::Mark)),
            Fact::Images => Type::List(Element::Hit(HitKind::Image)),
            Fact::Claims => Type::List(Element::Hit(HitKind::Claim)),
            Fact::CounterfeitSignal => Type::Double,
            _ => Type::String,
        }
    }

    /// Whether a listing or merchant may lack it, which leaves a condition undecided.
    pub fn is_optional(&self) -> bool {
        use Fact::*;
        match self {
            Category | Brand | Lang | Currency | PriceMinor | ShipsTo | Attribute(_) => true,
            MerchantId | MerchantName | MerchantTier | MerchantCountry | MerchantVerified => true,
            MerchantState | MerchantHeld | MerchantReviewAll | MerchantSanctions => true,
            Title | Description | ImageCount | ImagesUnread | Attributes | Hit(_) => false,
            Marks | Images | Claims | CounterfeitSignal | Today | Found { .. } => false,
        }
    }
}

/// Facts without a parameter: object, field (empty for a variable of its own), fact.
const PLAIN: &[(&str, &str, Fact)] = &[
    ("listing", "title", Fact::Title),
    ("listing", "description", Fact::Description),
    ("listing", "category", Fact::Category),
    ("listing", "brand", Fact::Brand),
    ("listing", "lang", Fact::Lang),
    ("listing", "currency", Fact::Currency),
    ("listing", "price_minor", Fact::PriceMinor),
    ("listing", "images", Fact::ImageCount),
    ("listing", "images_unread", Fact::ImagesUnread),
    ("listing", "ships_to", Fact::ShipsTo),
    ("listing", "attributes", Fact::Attributes),
    ("merchant", "id", Fact::MerchantId),
    ("merchant", "name", Fact::MerchantName),
    ("merchant", "tier", Fact::MerchantTier),
    ("merchant", "country", Fact::MerchantCountry),
    ("merchant", "verified", Fact::MerchantVerified),
    ("merchant", "state", Fact::MerchantState),
    ("merchant", "held", Fact::MerchantHeld),
    ("merchant", "review_all", Fact::MerchantReviewAll),
    ("merchant", "sanctions", Fact::MerchantSanctions),
    ("marks", "", Fact::Marks),
    ("images", "", Fact::Images),
    ("claims", "", Fact::Claims),
    ("counterfeit_signal", "", Fact::CounterfeitSignal),
    ("today", "", Fact::Today),
];

/// The fact written `object.field`, or `object` alone when `field` is empty.
pub fn plain_fact(object: &str, field: &str) -> Option<Fact> {
    PLAIN.iter().find(|(o, f, _)| *o == object && *f == field).map(|(_, _, fact)| fact.clone())
}

/// The fields of `listing` or `merchant`, for messages.
pub fn fields_of(object: &str) -> String {
    let fields: Vec<&str> =
        PLAIN.iter().filter(|(o, f, _)| *o == object && !f.is_empty()).map(|(_, f, _)| *f).collect();
    fields.join(", ")
}

/// Whether `name` may not name a macro's variable.
pub fn is_reserved(name: &str) -> bool {
    name == "hit" || name == "found" || PLAIN.iter().any(|(object, _, _)| *object == name)
}
