//! One listing as the rules see it: its facts, the lexicon terms found in it, and what is
//! worked out on first use only.

use std::borrow::Cow;
use std::cell::OnceCell;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::condition::{Fact, HitField, HitKind, List, Value};
use super::lexicon::LexiconHit;
use super::model::{AttributeName, Facts};
use super::names::{CLAIMS, FIELDS, PASSES, REFERENCES, USES, word};
use super::words::Words;
use crate::matching::image::ImageHit;
use crate::matching::text::{ClaimHit, Field, MarkHit};

/// An attribute that triggers a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeHit {
    /// Its name as packs write it.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// One thing found in a listing.
#[derive(Debug, Clone, Copy)]
pub enum HitRef<'v> {
    /// A lexicon term.
    Lexicon(&'v LexiconHit<'v>),
    /// A mark.
    Mark(&'v MarkHit),
    /// A picture, by name, near a reference.
    Image(&'v str, &'v ImageHit),
    /// A claim.
    Claim(&'v ClaimHit),
    /// An attribute.
    Attribute(&'v AttributeHit),
}

impl<'v> HitRef<'v> {
    /// Its kind.
    pub fn kind(self) -> HitKind {
        match self {
            HitRef::Lexicon(_) => HitKind::Lexicon,
            HitRef::Mark(_) => HitKind::Mark,
            HitRef::Image(..) => HitKind::Image,
            HitRef::Claim(_) => HitKind::Claim,
            HitRef::Attribute(_) => HitKind::Attribute,
        }
    }

    /// The letters as written; the picture's name for an image.
    pub fn matched(self) -> &'v str {
        match self {
            HitRef::Lexicon(hit) => hit.matched(),
            HitRef::Mark(hit) => &hit.matched,
            HitRef::Image(image, _) => image,
            HitRef::Claim(hit) => &hit.matched,
            HitRef::Attribute(hit) => &hit.value,
        }
    }

    /// The value of one of its fields. A field that its kind lacks is empty; conditions
    /// that read one are refused when they are compiled.
    pub fn value(self, field: HitField) -> Value<'v> {
        let text = |text: &'v str| Value::Text(Cow::Borrowed(text));
        match (field, self) {
            (HitField::Kind, hit) => text(hit.kind().text()),
            (HitField::Matched, hit) => text(hit.matched()),
            (HitField::Field, HitRef::Lexicon(hit)) => text(word(&FIELDS, &hit.field)),
            (HitField::Field, HitRef::Mark(hit)) => text(word(&FIELDS, &hit.field)),
            (HitField::Field, HitRef::Claim(hit)) => text(word(&FIELDS, &hit.field)),
            (HitField::Field, HitRef::Attribute(hit)) => text(&hit.name),
            (HitField::Term, HitRef::Lexicon(hit)) => text(hit.term),
            (HitField::Lang, HitRef::Lexicon(hit)) => text(hit.lang),
            (HitField::Brand, HitRef::Mark(hit)) => text(hit.brand.as_str()),
            (HitField::Mark, HitRef::Mark(hit)) => text(hit.mark.as_str()),
            (HitField::MarkText, HitRef::Mark(hit)) => text(&hit.mark_text),
            (HitField::Type, HitRef::Mark(hit)) => text(word(&USES, &hit.use_kind)),
            (HitField::Pass, HitRef::Mark(hit)) => text(word(&PASSES, &hit.pass)),
            (HitField::Score, HitRef::Mark(hit)) => Value::Double(thousandths(hit.score)),
            (HitField::Image, HitRef::Image(image, _)) => text(image),
            (HitField::Brand, HitRef::Image(_, hit)) => text(hit.brand.as_str()),
            (HitField::Reference, HitRef::Image(_, hit)) => text(hit.reference.as_str()),
            (HitField::Type, HitRef::Image(_, hit)) => text(word(&REFERENCES, &hit.kind)),
            (HitField::How, HitRef::Image(_, hit)) => text(hit.how.as_str()),
            (HitField::Distance, HitRef::Image(_, hit)) => Value::Int(i64::from(hit.distance)),
            (HitField::Threshold, HitRef::Image(_, hit)) => Value::Int(i64::from(hit.threshold)),
            (HitField::Score, HitRef::Image(_, hit)) => Value::Double(thousandths(hit.score)),
            (HitField::Type, HitRef::Claim(hit)) => text(word(&CLAIMS, &hit.kind)),
            (HitField::Score, _) => Value::Double(0.0),
            (HitField::Distance | HitField::Threshold, _) => Value::Int(0),
            _ => text(""),
        }
    }
}

/// A score as a double that compares with the decimal an author writes: 0.8 as a 32-bit
/// float is 0.800000012 and would not be `<= 0.8`. Scores have three decimals.
pub fn thousandths(score: f32) -> f64 {
    (f64::from(score) * 1000.0).round() / 1000.0
}

/// A listing under judgement.
#[derive(Debug)]
pub struct Scene<'v> {
    /// What is known.
    pub facts: Facts<'v>,
    /// Lexicon terms found, by field and place.
    pub lexicon_hits: Vec<LexiconHit<'v>>,
    images: Vec<(&'v str, &'v ImageHit)>,
    today: OnceCell<String>,
    words: [OnceCell<Words>; 4],
}

impl<'v> Scene<'v> {
    /// A scene of `facts` with the lexicon terms already found.
    pub fn new(facts: Facts<'v>, lexicon_hits: Vec<LexiconHit<'v>>) -> Self {
        let of_image =
            |found: &'v super::model::ListingImageHits| found.hits.iter().map(move |hit| (found.image.as_str(), hit));
        let images = facts.images.iter().flat_map(of_image).collect();
        Self { facts, lexicon_hits, images, today: OnceCell::new(), words: Default::default() }
    }

    /// Every picture hit with its picture's name.
    pub fn images(&self) -> &[(&'v str, &'v ImageHit)] {
        &self.images
    }

    /// The value of `fact`; `None` when the listing or merchant lacks it.
    pub fn value(&'v self, fact: &Fact, hit: HitRef<'v>, lexicon_base: usize) -> Option<Value<'v>> {
        let (listing, merchant) = (self.facts.listing, self.facts.merchant);
        let text = |text: &'v str| Some(Value::Text(Cow::Borrowed(text)));
        match fact {
            Fact::Title => text(&listing.title),
            Fact::Description => text(&listing.description),
            Fact::Category => text(listing.category.as_deref()?),
            Fact::Brand => text(listing.brand.as_deref()?),
            Fact::Lang => text(listing.lang.as_deref()?),
            Fact::Currency => text(listing.price.as_ref()?.currency.as_str()),
            Fact::PriceMinor => price_minor(listing.price?.amount).map(Value::Int),
            Fact::ImageCount => Some(Value::Int(listing.images.len() as i64)),
            Fact::ImagesUnread => Some(Value::Int(listing.unread_images().count() as i64)),
            Fact::ShipsTo if listing.ships_to.is_empty() => None,
            Fact::ShipsTo => Some(Value::List(List::Markets(&listing.ships_to))),
            Fact::Attributes => Some(Value::Attributes),
            Fact::Attribute(name) => text(listing.attributes.get(name)?),
            Fact::MerchantId => text(merchant.id.as_deref()?),
            Fact::MerchantName => text(merchant.name.as_deref()?),
            Fact::MerchantTier => text(merchant.tier.as_deref()?),
            Fact::MerchantCountry => text(merchant.country.as_deref()?),
            Fact::MerchantVerified => merchant.verified.map(Value::Bool),
            Fact::MerchantState => text(merchant.state.as_deref()?),
            Fact::MerchantHeld => merchant.held.map(Value::Bool),
            Fact::MerchantReviewAll => merchant.review_all.map(Value::Bool),
            Fact::MerchantSanctions => text(merchant.sanctions.as_deref()?),
            Fact::Hit(field) => Some(hit.value(*field)),
            Fact::Marks => Some(Value::List(List::Marks(&self.facts.text.hits))),
            Fact::Images => Some(Value::List(List::Images(&self.images))),
            Fact::Claims => Some(Value::List(List::Claims(&self.facts.text.claims))),
            Fact::CounterfeitSignal => Some(Value::Double(thousandths(self.facts.text.counterfeit_signal))),
            Fact::Today => text(self.today.get_or_init(|| self.facts.now.date().to_string())),
            Fact::Found { lexicon, field, .. } => Some(Value::Bool(self.found(lexicon_base + lexicon, *field))),
        }
    }

    fn found(&self, lexicon: usize, field: Option<Field>) -> bool {
        let here = |place: Field| field.map_or(place != Field::Brand, |field| field == place);
        self.lexicon_hits.iter().any(|hit| hit.lexicon as usize == lexicon && here(hit.field))
    }

    /// The words of a text fact, folded on first use; `None` for an absent or another fact.
    pub fn words(&self, fact: &Fact) -> Option<&Words> {
        let listing = self.facts.listing;
        let (place, text) = match fact {
            Fact::Title => (0, listing.title.as_str()),
            Fact::Description => (1, listing.description.as_str()),
            Fact::Category => (2, listing.category.as_deref()?),
            Fact::Brand => (3, listing.brand.as_deref()?),
            _ => return None,
        };
        Some(self.words[place].get_or_init(|| Words::of(text)))
    }
}

/// An amount in hundredths, cut towards zero; `None` beyond 64 bits.
fn price_minor(amount: Decimal) -> Option<i64> {
    amount.checked_mul(Decimal::ONE_HUNDRED)?.trunc().to_i64()
}

/// The value of an attribute that may trigger a rule; `None` when the listing lacks it.
pub fn attribute_value(name: &AttributeName, facts: &Facts<'_>) -> Option<String> {
    let listing = facts.listing;
    match name {
        AttributeName::Title => Some(listing.title.clone()),
        AttributeName::Description => Some(listing.description.clone()).filter(|text| !text.is_empty()),
        AttributeName::Category => listing.category.clone(),
        AttributeName::Brand => listing.brand.clone(),
        AttributeName::Price => listing.price.map(|price| price.to_string()),
        AttributeName::Currency => listing.price.map(|price| price.currency.to_string()),
        AttributeName::Lang => listing.lang.clone(),
        AttributeName::Merchant => listing.merchant.clone(),
        AttributeName::ImagesUnread => {
            let unread = listing.unread_images().count();
            (unread > 0).then(|| unread.to_string())
        }
        AttributeName::Named(name) => listing.attributes.get(name).cloned(),
    }
}
