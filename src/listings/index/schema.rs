//! What the index holds of a listing, and under which fields.

use tantivy::TantivyDocument;
use tantivy::schema::{
    BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};

use crate::kernel::Instant;
use crate::kernel::id::ListingId;

use super::{skeleton, words};

/// Version of the fields, of word cutting and of skeletons. Raise it with every change to
/// any of them: an index of another version is replaced and filled again.
pub const SCHEMA_VERSION: u32 = 1;

/// Analyzer for values that are already cut into terms, separated by single spaces.
pub(super) const PRE_CUT: &str = "listing_terms";

/// Longest exact value kept, in scalar values; longer ones are cut. The engine drops terms over 65,530 bytes.
const LONGEST_EXACT: usize = 256;
/// Scalar values of a title that are searchable; the rest is stored but not searched.
const TITLE_SEARCHED: usize = 10_000;
/// Scalar values of a description that are searchable. A catalogue's descriptions average a few hundred.
const DESCRIPTION_SEARCHED: usize = 20_000;
/// Images of one listing that can be found by hash.
const IMAGES_SEARCHED: usize = 64;
/// Brand keys or policy classes of one listing that can be found.
const KEYS_SEARCHED: usize = 256;
/// Levels of a category path that can be filtered by.
const CATEGORY_LEVELS: usize = 12;

/// A listing as the index sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexDocument {
    /// The listing; a later document with the same id replaces this one.
    pub id: ListingId,
    /// The platform's own id.
    pub external_id: String,
    /// Title as written.
    pub title: String,
    /// Description as written; may be empty.
    pub description: String,
    /// The brand attribute as the merchant wrote it.
    pub brand: Option<String>,
    /// The platform's id of the merchant.
    pub merchant: Option<String>,
    /// The platform's category path; levels separated by `>`, `/` or `|`.
    pub category: Option<String>,
    /// The current verdict: `clear`, `review` or `block`.
    pub verdict: String,
    /// Asking price in hundredths of the currency unit.
    pub price_minor: Option<i64>,
    /// ISO 4217 code of the price.
    pub currency: Option<String>,
    /// When the listing or its verdict last changed.
    pub updated: Instant,
    /// Keys of the brands whose marks or pictures the verdict found.
    pub brands: Vec<String>,
    /// Policy classes of the verdict's reasons.
    pub classes: Vec<String>,
    /// 256-bit perceptual hashes of the listing's images, most significant byte first.
    pub image_hashes: Vec<[u8; 32]>,
}

/// Names of the columns that are read by name.
pub(super) mod column {
    pub const ID_HIGH: &str = "id_high";
    pub const ID_LOW: &str = "id_low";
    pub const MERCHANT: &str = "merchant";
    pub const BRAND: &str = "brand_exact";
    pub const MARK: &str = "mark_brand";
    pub const CATEGORY: &str = "category";
    pub const VERDICT: &str = "verdict";
    pub const CLASS: &str = "class";
    pub const PRICE: &str = "price";
    pub const CURRENCY: &str = "currency";
    pub const UPDATED: &str = "updated";
    pub const POSITION: &str = "position";
}

/// The fields of the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// The 16 bytes of the listing's UUID: the term by which a document is replaced.
    pub id: Field,
    /// The UUID as two columns, for paging in id order.
    pub id_high: Field,
    pub id_low: Field,
    pub external_id: Field,
    pub title: Field,
    pub description: Field,
    /// The words of the brand attribute.
    pub brand: Field,
    /// The brand attribute as one folded key.
    pub brand_exact: Field,
    /// Brand keys the verdict found.
    pub mark_brand: Field,
    pub merchant: Field,
    /// Every prefix of the category path, folded: `shoes`, `shoes > running`.
    pub category: Field,
    pub verdict: Field,
    pub class: Field,
    pub price: Field,
    pub currency: Field,
    pub updated: Field,
    /// Position of the change that wrote this document.
    pub position: Field,
    /// Image hash bands: sixteen terms an image, see [`band_terms`].
    pub image_band: Field,
    /// Skeleton terms, see [`skeleton`].
    pub skeleton: Field,
}

fn text_field(analyzer: &str, record: IndexRecordOption) -> TextOptions {
    let indexing = TextFieldIndexing::default().set_tokenizer(analyzer).set_index_option(record).set_fieldnorms(false);
    TextOptions::default().set_indexing_options(indexing)
}

fn exact() -> TextOptions {
    text_field("raw", IndexRecordOption::Basic)
}

impl Fields {
    /// Declares the fields; the order is part of the schema.
    pub fn declare() -> (Schema, Fields) {
        let mut to = SchemaBuilder::default();
        let number = NumericOptions::default().set_fast();
        let fields = Fields {
            id: to.add_bytes_field("id", BytesOptions::default().set_indexed()),
            id_high: to.add_u64_field(column::ID_HIGH, number.clone()),
            id_low: to.add_u64_field(column::ID_LOW, number.clone()),
            external_id: to.add_text_field("external_id", exact().set_stored()),
            title: to.add_text_field(
                "title",
                text_field(words::ANALYZER, IndexRecordOption::WithFreqsAndPositions).set_stored(),
            ),
            description: to.add_text_field("description", text_field(words::ANALYZER, IndexRecordOption::Basic)),
            brand: to.add_text_field("brand", text_field(words::ANALYZER, IndexRecordOption::Basic).set_stored()),
            brand_exact: to.add_text_field(column::BRAND, exact().set_fast("raw")),
            mark_brand: to.add_text_field(column::MARK, exact().set_fast("raw")),
            merchant: to.add_text_field(column::MERCHANT, exact().set_fast("raw")),
            category: to.add_text_field(column::CATEGORY, exact().set_fast("raw")),
            verdict: to.add_text_field(column::VERDICT, exact().set_fast("raw")),
            class: to.add_text_field(column::CLASS, exact().set_fast("raw")),
            price: to.add_i64_field(column::PRICE, number.clone()),
            currency: to.add_text_field(column::CURRENCY, exact().set_fast("raw")),
            updated: to.add_i64_field(column::UPDATED, number.clone()),
            position: to.add_i64_field(column::POSITION, number),
            image_band: to.add_u64_field("image_band", NumericOptions::default().set_indexed()),
            skeleton: to.add_text_field("skeleton", text_field(PRE_CUT, IndexRecordOption::Basic)),
        };
        (to.build(), fields)
    }

    /// The document as the engine stores it.
    pub fn document(&self, listing: &IndexDocument, position: i64) -> TantivyDocument {
        let mut to = TantivyDocument::new();
        let (high, low) = listing.id.uuid().as_u64_pair();
        to.add_bytes(self.id, listing.id.uuid().as_bytes());
        to.add_u64(self.id_high, high);
        to.add_u64(self.id_low, low);
        to.add_text(self.external_id, head(&listing.external_id, LONGEST_EXACT));
        let title = head(&listing.title, TITLE_SEARCHED);
        let description = head(&listing.description, DESCRIPTION_SEARCHED);
        to.add_text(self.title, title);
        to.add_text(self.description, description);
        let brand = listing.brand.as_deref().map(|brand| head(brand, LONGEST_EXACT)).unwrap_or_default();
        if !brand.is_empty() {
            to.add_text(self.brand, brand);
            to.add_text(self.brand_exact, words::exact_key(brand));
        }
        for key in listing.brands.iter().take(KEYS_SEARCHED) {
            to.add_text(self.mark_brand, head(key, LONGEST_EXACT));
        }
        for class in listing.classes.iter().take(KEYS_SEARCHED) {
            to.add_text(self.class, head(class, LONGEST_EXACT));
        }
        if let Some(merchant) = &listing.merchant {
            to.add_text(self.merchant, head(merchant, LONGEST_EXACT));
        }
        for level in category_levels(listing.category.as_deref().unwrap_or_default()) {
            to.add_text(self.category, level);
        }
        to.add_text(self.verdict, head(&listing.verdict, LONGEST_EXACT));
        if let Some(price) = listing.price_minor {
            to.add_i64(self.price, price);
        }
        if let Some(currency) = &listing.currency {
            to.add_text(self.currency, head(currency, LONGEST_EXACT).to_ascii_uppercase());
        }
        to.add_i64(self.updated, listing.updated.as_micros());
        to.add_i64(self.position, position);
        for hash in listing.image_hashes.iter().take(IMAGES_SEARCHED) {
            for band in band_terms(hash) {
                to.add_u64(self.image_band, band);
            }
        }
        to.add_text(self.skeleton, skeleton::terms([title, description, brand]).join(" "));
        to
    }
}

/// The first `limit` scalar values of `text`.
pub(super) fn head(text: &str, limit: usize) -> &str {
    match text.char_indices().nth(limit) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// The sixteen band terms of a hash: the band's number above its 16 bits.
///
/// Two hashes at distance 15 or less agree on at least one whole band (16 bands,
/// at most 15 of them touched), and at 31 or less on one band but for one bit.
pub(super) fn band_terms(hash: &[u8; 32]) -> impl Iterator<Item = u64> + '_ {
    hash.chunks_exact(2).zip(0u64..).map(|(bits, band)| (band << 16) | u64::from(bits[0]) << 8 | u64::from(bits[1]))
}

/// Every prefix of a category path as one folded key, shortest first.
pub(super) fn category_levels(path: &str) -> Vec<String> {
    let mut levels: Vec<String> = Vec::new();
    let parts = head(path, LONGEST_EXACT).split(['>', '/', '|']).map(words::exact_key);
    for part in parts.filter(|part| !part.is_empty()).take(CATEGORY_LEVELS) {
        let level = match levels.last() {
            Some(above) => format!("{above} > {part}"),
            None => part,
        };
        levels.push(level);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_found_at_every_level_of_its_path() {
        assert_eq!(category_levels("Schuhe > Läufer/Trail"), ["schuhe", "schuhe > laufer", "schuhe > laufer > trail"]);
        assert!(category_levels(" > ").is_empty());
    }

    #[test]
    fn bands_of_equal_bits_at_different_places_are_different_terms() {
        let bands: Vec<u64> = band_terms(&[0xAB; 32]).collect();
        assert_eq!(bands.len(), 16);
        assert_eq!(bands[3], (3 << 16) | 0xABAB);
        assert!(bands.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn cutting_a_text_never_splits_a_letter() {
        assert_eq!(head("añb", 2), "añ");
        assert_eq!(head("añb", 9), "añb");
    }
}
