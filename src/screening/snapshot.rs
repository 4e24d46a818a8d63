//! Everything that screening looks at, frozen at one revision.

use std::sync::Arc;

use crate::kernel::layered::Layered;
use crate::matching::image::{ImageIndex, ReferenceEntry};
use crate::matching::text::MarkIndex;
use crate::merchants::model::MerchantFacts;
use crate::registry::model::{Brand, BrandKey, ReferenceKey};
use crate::rules::{BrandNames, Packs};

/// An immutable view of registry, rules and merchants. A change builds the next one
/// beside it from base and delta; what runs keeps the one it started with.
#[derive(Clone)]
pub struct Snapshot {
    /// The database's counter of changes; 0 for a snapshot made from files.
    pub revision: i64,
    /// The registry's state, for people and verdicts: `r12-6e340b9cffb3`.
    pub registry_revision: String,
    /// Word marks.
    pub marks: MarkIndex,
    /// Reference images.
    pub images: ImageIndex,
    /// Rule packs.
    pub packs: Arc<Packs>,
    /// What is known of merchants, by the platform's id.
    pub merchants: Layered<Arc<str>, Arc<MerchantFacts>>,
    /// The brands' names for people.
    pub brand_names: BrandNames,
}

impl Snapshot {
    /// A snapshot of these brands and packs.
    pub fn build(revision: i64, registry_revision: String, brands: &[Arc<Brand>], packs: Arc<Packs>) -> Self {
        let references = brands.iter().flat_map(|brand| reference_entries(brand)).collect();
        Self {
            revision,
            registry_revision,
            marks: MarkIndex::build(brands),
            images: ImageIndex::build(references),
            packs,
            merchants: Layered::default(),
            brand_names: Layered::new(brands.iter().map(|brand| name_of(brand)).collect()),
        }
    }

    /// The snapshot after some brands changed: `removed` holds the former state of each
    /// brand that is replaced or gone, `added` the present state of each that is there.
    pub fn with_brands(&self, removed: &[Arc<Brand>], added: &[Arc<Brand>]) -> Self {
        let gone: Vec<BrandKey> = removed.iter().map(|brand| brand.key.clone()).collect();
        let gone_references: Vec<ReferenceKey> =
            removed.iter().flat_map(|brand| brand.references.iter().map(|reference| reference.key.clone())).collect();
        let references: Vec<ReferenceEntry> = added.iter().flat_map(|brand| reference_entries(brand)).collect();
        let mut images = self.images.with_changes(&gone_references, references);
        if images.wants_compaction() {
            images = images.compacted();
        }
        let names = gone.iter().map(|key| (key.clone(), None));
        let names = names.chain(added.iter().map(|brand| name_of(brand)).map(|(key, name)| (key, Some(name))));
        let brand_names = self.brand_names.with_changes(names);
        Self { marks: self.marks.with_changes(&gone, added), images, brand_names, ..self.clone() }
    }

    /// What is known of the merchant with this id; of none, nothing but the id.
    pub fn merchant(&self, id: Option<&str>) -> MerchantFacts {
        let known = id.and_then(|id| self.merchants.get(id));
        match known {
            Some(facts) => MerchantFacts::clone(facts),
            None => MerchantFacts { id: id.map(str::to_owned), ..MerchantFacts::default() },
        }
    }
}

fn name_of(brand: &Brand) -> (BrandKey, Arc<str>) {
    (brand.key.clone(), Arc::from(brand.name.as_str()))
}

/// The references of `brand` that are in use.
pub fn reference_entries(brand: &Brand) -> impl Iterator<Item = ReferenceEntry> + '_ {
    brand.references.iter().filter(|reference| reference.quarantine.is_none()).map(|reference| ReferenceEntry {
        key: reference.key.clone(),
        brand: brand.key.clone(),
        kind: reference.kind,
        signature: reference.signature.clone(),
        threshold: reference.threshold,
    })
}
