//! Test cases of a rule: a listing fragment and what the matchers are said to have found.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::model::{Case, Effect, ListingImageHits};
use super::names::{CLAIMS, FIELDS, PASSES, REFERENCES, USES};
use super::toml_reader::{File, Section, kind_of, number_text};
use crate::kernel::{Market, Money, Span};
use crate::listings::model::{Listing, ListingImage};
use crate::matching::image::{How, ImageHit};
use crate::matching::text::{ClaimHit, Field, MarkHit, Pass, TextFindings, UseKind};
use crate::merchants::model::MerchantFacts;
use crate::registry::model::{BrandKey, MarkKey, ReferenceKey, ReferenceKind};

const CASE_FIELDS: &[&str] = &[
    "title",
    "description",
    "category",
    "brand",
    "price",
    "currency",
    "lang",
    "ships_to",
    "merchant",
    "marks",
    "images",
    "images_unread",
    "claims",
    "attributes",
    "counterfeit_signal",
    "on",
    "effect",
];

const EFFECTS: [(&str, Effect); 3] =
    [("block", Effect::Block), ("review", Effect::Review), ("note", Effect::ClearNote)];

const HOWS: [(&str, How); 13] = [
    ("whole", How::Whole),
    ("mirrored", How::Mirrored),
    ("rotated_90", How::Rotated90),
    ("rotated_180", How::Rotated180),
    ("rotated_270", How::Rotated270),
    ("mirrored_rotated_90", How::MirroredRotated90),
    ("mirrored_rotated_180", How::MirroredRotated180),
    ("mirrored_rotated_270", How::MirroredRotated270),
    ("region", How::Region),
    ("region_turned", How::RegionTurned),
    ("shape", How::Shape),
    ("geometric", How::Geometric),
    ("geometric_mirrored", How::GeometricMirrored),
];

/// The threshold of an image hit in a case that names none: PDQ's published 31 of 256 bits.
const CASE_THRESHOLD: u16 = 31;

/// Reads one `[[rule.match]]` or `[[rule.miss]]`. `day` is used when it names none.
pub fn read_case(section: Section<'_, '_>, is_match: bool, day: Date, file: &mut File<'_>) -> Case {
    section.only(CASE_FIELDS, "a test case", file);
    let owned = |name: &str, file: &mut File<'_>| section.text(name, file).map(str::to_owned);
    let title = owned("title", file).unwrap_or_else(|| "Item without a name".to_owned());
    let mut listing = Listing {
        external_id: "case".into(),
        title,
        description: owned("description", file).unwrap_or_default(),
        category: owned("category", file),
        price: read_price(section, file),
        merchant: None,
        brand: owned("brand", file),
        lang: owned("lang", file),
        images: Vec::new(),
        ships_to: read_markets(section, file),
        attributes: read_attributes(section, file),
    };
    let merchant = read_merchant(section, file);
    listing.merchant.clone_from(&merchant.id);
    let images = read_images(section, file);
    let picture = |found: &ListingImageHits| ListingImage {
        name: found.image.clone(),
        digest: None,
        signature: None,
        problem: None,
    };
    listing.images = images.iter().map(picture).collect();
    let unread = small(section, "images_unread", 0, file);
    listing.images.extend((0..unread).map(|place| ListingImage {
        name: format!("unread-{place}.jpg"),
        digest: None,
        signature: None,
        problem: Some("the host did not answer".to_owned()),
    }));
    let text = TextFindings {
        hits: read_marks(section, &listing, file),
        claims: read_claims(section, file),
        counterfeit_signal: section.number("counterfeit_signal", file).unwrap_or(0.0).clamp(0.0, 1.0) as f32,
    };
    let effect = section.word("effect", &EFFECTS, file);
    if effect.is_some() && !is_match {
        file.refuse(section.start, "a miss has no effect; leave effect out");
    }
    let on = section.date("on", file).unwrap_or(day);
    Case { listing, merchant, text, images, on, effect, line: file.line(section.start) }
}

fn read_price(section: Section<'_, '_>, file: &mut File<'_>) -> Option<Money> {
    let currency = section.text("currency", file);
    let item = section.get("price")?;
    let amount = number_text(item).or_else(|| item.get_ref().as_str().map(str::to_owned));
    let Some(amount) = amount else {
        file.refuse(item.span().start, format!("price is a decimal such as 12.50, not {}", kind_of(item)));
        return None;
    };
    match Money::parse(&amount, currency.unwrap_or("EUR")) {
        Ok(price) => Some(price),
        Err(error) => {
            file.refuse(item.span().start, error.to_string());
            None
        }
    }
}

/// The markets of `ships_to`.
fn read_markets(section: Section<'_, '_>, file: &mut File<'_>) -> Vec<Market> {
    let mut markets = Vec::new();
    for (text, at) in section.texts("ships_to", file) {
        match text.parse() {
            Ok(market) => markets.push(market),
            Err(error) => file.refuse(at, format!("{error}")),
        }
    }
    markets
}

fn read_attributes(section: Section<'_, '_>, file: &mut File<'_>) -> BTreeMap<String, String> {
    let Some(item) = section.get("attributes") else {
        return BTreeMap::new();
    };
    let Some(table) = Section::of(item, "attributes", file) else {
        return BTreeMap::new();
    };
    let mut attributes = BTreeMap::new();
    for (name, _, _) in table.fields() {
        if let Some(value) = table.text(name, file) {
            attributes.insert(name.to_owned(), value.to_owned());
        }
    }
    attributes
}

fn read_merchant(section: Section<'_, '_>, file: &mut File<'_>) -> MerchantFacts {
    let Some(table) = section.get("merchant").and_then(|item| Section::of(item, "merchant", file)) else {
        return MerchantFacts::default();
    };
    let known = ["id", "name", "tier", "verified", "country", "state", "held", "review_all", "sanctions"];
    table.only(&known, "merchant", file);
    let owned = |name: &str, file: &mut File<'_>| table.text(name, file).map(str::to_owned);
    let truth = |name: &str, file: &mut File<'_>| {
        let item = table.get(name)?;
        let truth = item.get_ref().as_bool();
        if truth.is_none() {
            file.refuse(item.span().start, format!("{name} is true or false, not {}", kind_of(item)));
        }
        truth
    };
    MerchantFacts {
        id: owned("id", file),
        name: owned("name", file),
        tier: owned("tier", file),
        verified: truth("verified", file),
        country: owned("country", file),
        state: owned("state", file),
        held: truth("held", file),
        review_all: truth("review_all", file),
        sanctions: owned("sanctions", file),
    }
}

fn read_claims(section: Section<'_, '_>, file: &mut File<'_>) -> Vec<ClaimHit> {
    let claim = |kind| ClaimHit { kind, field: Field::Title, span: Span { from: 0, to: 0 }, matched: String::new() };
    section.words("claims", &CLAIMS, file).into_iter().map(claim).collect()
}

/// The place of `words` in a text, without regard to ASCII case; the start of the text when absent.
fn place_in(text: &str, words: &str) -> (Span, String) {
    let at = text.to_ascii_lowercase().find(&words.to_ascii_lowercase()).filter(|_| !words.is_empty());
    let Some(at) = at else {
        return (Span { from: 0, to: 0 }, words.to_owned());
    };
    let from = text[..at].chars().count() as u32;
    let span = Span { from, to: from + words.chars().count() as u32 };
    (span, span.of(text))
}

fn read_marks(section: Section<'_, '_>, listing: &Listing, file: &mut File<'_>) -> Vec<MarkHit> {
    let mut hits = Vec::new();
    for mark in section.sections("marks", file) {
        mark.only(&["brand", "mark", "type", "score", "pass", "field", "matched"], "a mark in a case", file);
        let brand = mark.needed_text("brand", "a mark in a case", 100, file);
        let words = mark.text("mark", file).unwrap_or(&brand).to_owned();
        let field = mark.word("field", &FIELDS, file).unwrap_or(Field::Title);
        let text = match field {
            Field::Title => listing.title.as_str(),
            Field::Description => listing.description.as_str(),
            Field::Brand => listing.brand.as_deref().unwrap_or(""),
            Field::Attribute => "",
        };
        let (span, matched) = place_in(text, mark.text("matched", file).unwrap_or(&words));
        hits.push(MarkHit {
            mark: MarkKey::new(format!("{brand}/word/{words}")),
            brand: BrandKey::new(brand),
            mark_text: words,
            use_kind: mark.word("type", &USES, file).unwrap_or(UseKind::InfringingUse),
            score: mark.number("score", file).unwrap_or(1.0).clamp(0.0, 1.0) as f32,
            pass: mark.word("pass", &PASSES, file).unwrap_or(Pass::Exact),
            field,
            span,
            matched,
            because: Vec::new(),
        });
    }
    hits
}

fn small(section: Section<'_, '_>, name: &str, default: u16, file: &mut File<'_>) -> u16 {
    match section.number(name, file) {
        None => default,
        Some(number) if number.fract() == 0.0 && (0.0..=256.0).contains(&number) => number as u16,
        Some(_) => {
            let at = section.get(name).map_or(section.start, |item| item.span().start);
            file.refuse(at, format!("{name} is a whole number from 0 to 256"));
            default
        }
    }
}

fn read_images(section: Section<'_, '_>, file: &mut File<'_>) -> Vec<ListingImageHits> {
    let mut images: Vec<ListingImageHits> = Vec::new();
    for image in section.sections("images", file) {
        let known = &["image", "brand", "reference", "kind", "distance", "threshold", "how", "score"];
        image.only(known, "an image in a case", file);
        let brand = image.needed_text("brand", "an image in a case", 100, file);
        let distance = small(image, "distance", 0, file);
        let threshold = small(image, "threshold", CASE_THRESHOLD.max(distance), file);
        let reference = image.text("reference", file).map_or_else(|| format!("{brand}/reference.png"), str::to_owned);
        let hit = ImageHit {
            reference: ReferenceKey::new(reference),
            brand: BrandKey::new(brand),
            kind: image.word("kind", &REFERENCES, file).unwrap_or(ReferenceKind::Product),
            distance,
            threshold,
            how: image.word("how", &HOWS, file).unwrap_or(How::Whole),
            score: image.number("score", file).unwrap_or(1.0).clamp(0.0, 1.0) as f32,
            false_match_rate: None,
            inliers: None,
            placement: None,
        };
        let name = image.text("image", file).unwrap_or("1.jpg").to_owned();
        match images.iter_mut().find(|found| found.image == name) {
            Some(found) => found.hits.push(hit),
            None => images.push(ListingImageHits { image: name, hits: vec![hit] }),
        }
    }
    images
}
