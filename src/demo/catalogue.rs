//! The shipped catalogue: listings with what one should expect of them, merchants, and the
//! product pictures that stand in for the brands' own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::draw::{self, Edit, Scene};
use crate::registry::model::{AuthorisedSeller, BrandKey};

const LISTINGS: &str = include_str!("../../demo/listings.jsonl");
const MERCHANTS: &str = include_str!("../../demo/merchants.jsonl");
const REFERENCES: &str = include_str!("../../demo/references.jsonl");

/// What a person would say of a listing. For the summary and for tests; screening never sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// Own-brand or unbranded goods.
    Honest,
    /// Names another's mark to say what the goods fit.
    LawfulUse,
    /// Genuine goods sold on.
    Resale,
    /// Sold by an authorised seller of the brand.
    Authorised,
    /// Uses a mark in disguised letters.
    Obfuscated,
    /// Imitation: says so, shows the brand's own picture, or both.
    Counterfeit,
    /// Goods that may not be sold, or not everywhere.
    Prohibited,
}

/// A listing of the demonstration.
#[derive(Debug, Clone)]
pub struct DemoListing {
    /// The platform's id of the listing.
    pub id: String,
    /// The listing as a platform sends it: one object of the listing JSON Lines form.
    pub line: serde_json::Value,
    /// What to expect.
    pub expect: Expect,
    /// Its pictures, in the order of the line's `images`.
    pub images: Vec<DemoImage>,
}

/// A picture of a demonstration listing.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoImage {
    /// Its name in the line's `images`.
    pub name: String,
    /// What it shows.
    pub content: ImageContent,
}

/// What a picture is made from.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageContent {
    /// Drawn.
    Scene(Scene),
    /// A file whose second half is lost, as after a broken upload.
    Truncated(Scene),
    /// Named by the listing, but not there.
    Missing,
}

impl DemoImage {
    /// The picture's bytes; `None` when it is missing. `logo_of` gives the logo PNG of a brand key.
    pub fn bytes(&self, logo_of: &dyn Fn(&str) -> Option<Cow<'static, [u8]>>) -> Option<Vec<u8>> {
        match &self.content {
            ImageContent::Scene(scene) => Some(render(scene, logo_of)),
            ImageContent::Truncated(scene) => {
                let mut bytes = render(scene, logo_of);
                // Cut inside the header: a decoder that forgives a lost end still has to refuse it.
                bytes.truncate(200);
                Some(bytes)
            }
            ImageContent::Missing => None,
        }
    }
}

/// A merchant of the demonstration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoMerchant {
    /// The platform's id.
    pub id: String,
    /// Shop name.
    pub name: String,
    /// Country of establishment.
    pub country: String,
    /// `new`, `standard` or `trusted`.
    pub tier: String,
    /// Whether its identity was verified.
    pub verified: bool,
    /// Keys of the brands that authorised it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorised_by: Vec<BrandKey>,
}

#[derive(Deserialize)]
struct ReferenceLine {
    brand: BrandKey,
    name: String,
    scene: Scene,
}

/// A picture as the catalogue writes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum SceneLine {
    Copy {
        copy_of: String,
        #[serde(default)]
        edits: Vec<Edit>,
    },
    Broken {
        broken: Broken,
        scene: Option<Scene>,
    },
    Drawn(Scene),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Broken {
    Truncated,
    Missing,
}

/// All listings of the demonstration.
///
/// # Panics
/// When the shipped file is wrong; a test reads it.
pub fn load() -> Vec<DemoListing> {
    let references: BTreeMap<String, Scene> =
        reference_lines().map(|line| (format!("{}/{}", line.brand, line.name), line.scene)).collect();
    LISTINGS.lines().map(|line| read_listing(line, &references)).collect()
}

/// All merchants of the demonstration.
///
/// # Panics
/// When the shipped file is wrong; a test reads it.
pub fn merchants() -> Vec<DemoMerchant> {
    MERCHANTS
        .lines()
        .map(|line| serde_json::from_str(line).expect("a shipped merchant line is read by a test"))
        .collect()
}

/// Who is authorised by which brand, everywhere and without an end.
pub fn authorisations() -> Vec<(BrandKey, AuthorisedSeller)> {
    let of_merchant = |merchant: DemoMerchant| {
        let seller = merchant.id;
        merchant.authorised_by.into_iter().map(move |brand| {
            let entry = AuthorisedSeller {
                seller: seller.clone(),
                marks: Vec::new(),
                markets: Vec::new(),
                from: None,
                until: None,
                authorisation: None,
            };
            (brand, entry)
        })
    };
    merchants().into_iter().flat_map(of_merchant).collect()
}

/// Product pictures to add to the registry, as if the brands had sent them: brand, file name, JPEG.
/// `logo_of` gives the logo PNG of a brand key.
pub fn demo_references(logo_of: &dyn Fn(&str) -> Option<Cow<'static, [u8]>>) -> Vec<(BrandKey, String, Vec<u8>)> {
    reference_lines().map(|line| (line.brand, line.name, render(&line.scene, logo_of))).collect()
}

fn reference_lines() -> impl Iterator<Item = ReferenceLine> {
    REFERENCES.lines().map(|line| serde_json::from_str(line).expect("a shipped reference line is read by a test"))
}

fn render(scene: &Scene, logo_of: &dyn Fn(&str) -> Option<Cow<'static, [u8]>>) -> Vec<u8> {
    let logo = scene.logo.as_deref().and_then(logo_of);
    draw::render(scene, logo.as_deref())
}

fn read_listing(line: &str, references: &BTreeMap<String, Scene>) -> DemoListing {
    let mut line: serde_json::Value = serde_json::from_str(line).expect("a shipped listing line is read by a test");
    let fields = line.as_object_mut().expect("a shipped listing line is an object");
    let expect = fields.remove("expect").expect("a shipped listing line says what to expect");
    let scenes = fields.remove("scenes").expect("a shipped listing line has its scenes");
    let expect: Expect = serde_json::from_value(expect).expect("a shipped label is known");
    let scenes: Vec<SceneLine> = serde_json::from_value(scenes).expect("shipped scenes are read by a test");
    let names = fields.get("images").and_then(|names| names.as_array()).into_iter().flatten();
    let images = names.zip(scenes).map(|(name, scene)| DemoImage {
        name: name.as_str().unwrap_or_default().to_owned(),
        content: content(scene, references),
    });
    let images = images.collect();
    let id = fields.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
    DemoListing { id, line, expect, images }
}

fn content(line: SceneLine, references: &BTreeMap<String, Scene>) -> ImageContent {
    match line {
        SceneLine::Drawn(scene) => ImageContent::Scene(scene),
        SceneLine::Broken { broken: Broken::Truncated, scene: Some(scene) } => ImageContent::Truncated(scene),
        SceneLine::Broken { .. } => ImageContent::Missing,
        SceneLine::Copy { copy_of, edits } => {
            let original = references.get(&copy_of).expect("a shipped copy names a shipped reference");
            ImageContent::Scene(Scene { edits, ..original.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn share(listings: &[DemoListing], expect: Expect) -> f64 {
        listings.iter().filter(|listing| listing.expect == expect).count() as f64 / listings.len() as f64
    }

    #[test]
    fn the_catalogue_has_every_kind_of_listing_and_mostly_honest_ones() {
        let listings = load();
        assert!(listings.len() >= 520, "{} listings", listings.len());
        assert!((0.5..0.65).contains(&share(&listings, Expect::Honest)));
        for expect in [
            Expect::LawfulUse,
            Expect::Resale,
            Expect::Authorised,
            Expect::Obfuscated,
            Expect::Counterfeit,
            Expect::Prohibited,
        ] {
            assert!(share(&listings, expect) > 0.03, "{expect:?}");
        }
    }

    #[test]
    fn every_listing_is_complete_and_named_once() {
        let merchants: BTreeSet<String> = merchants().into_iter().map(|merchant| merchant.id).collect();
        let mut ids = BTreeSet::new();
        let mut titles = BTreeSet::new();
        for listing in load() {
            let text = |field: &str| listing.line[field].as_str().unwrap_or_default().to_owned();
            assert!(ids.insert(listing.id.clone()), "{} twice", listing.id);
            assert!(titles.insert(text("title")), "{}: {} twice", listing.id, text("title"));
            assert!(!text("title").trim().is_empty(), "{}", listing.id);
            assert!(crate::kernel::Money::parse(&text("price"), &text("currency")).is_ok(), "{}", listing.id);
            assert!(merchants.contains(&text("seller_id")), "{}: {}", listing.id, text("seller_id"));
            assert_eq!(listing.line["images"].as_array().unwrap().len(), listing.images.len(), "{}", listing.id);
            assert!(listing.line.get("expect").is_none() && listing.line.get("scenes").is_none());
        }
    }

    #[test]
    fn two_pictures_cannot_be_had() {
        let images: Vec<DemoImage> = load().into_iter().flat_map(|listing| listing.images).collect();
        let broken = |image: &&DemoImage| !matches!(image.content, ImageContent::Scene(_));
        let readable =
            |image: &DemoImage| image.bytes(&|_| None).is_some_and(|bytes| image::load_from_memory(&bytes).is_ok());
        let broken: Vec<&DemoImage> = images.iter().filter(broken).collect();
        assert_eq!(broken.len(), 2);
        assert!(broken.iter().all(|image| !readable(image)));
    }

    #[test]
    fn every_brand_the_catalogue_names_is_in_the_registry_with_its_logo() {
        let registry = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("brand-registry");
        let has = |brand: &str, file: &str| registry.join(brand).join(file).is_file();
        for (brand, _) in authorisations() {
            assert!(has(brand.as_str(), "brand.toml"), "{brand}");
        }
        let scenes = load().into_iter().flat_map(|listing| listing.images).filter_map(|image| match image.content {
            ImageContent::Scene(scene) => scene.logo,
            _ => None,
        });
        for brand in scenes.chain(reference_lines().filter_map(|line| line.scene.logo)) {
            assert!(has(&brand, "logo.png"), "{brand}");
        }
    }

    #[test]
    fn the_references_belong_to_twenty_brands_and_differ() {
        let lines: Vec<ReferenceLine> = reference_lines().collect();
        let brands: BTreeSet<&BrandKey> = lines.iter().map(|line| &line.brand).collect();
        assert!(brands.len() >= 20, "{} brands", brands.len());
        let seeds: BTreeSet<u64> = lines.iter().map(|line| line.scene.seed).collect();
        assert_eq!(seeds.len(), lines.len());
    }
}
