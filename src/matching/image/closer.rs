//! The second look of screening: all references by hashes, shapes and local features, on the
//! calibrated scale.
//!
//! The first look answers from hashes within each reference's threshold. What it does not
//! decide is looked at again here, by every way at once. The index is built in one go and in
//! the order of the references' names: what it answers follows from the references alone and
//! not from the order in which they came, or a verdict could not be judged again byte for byte.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::batch::{BatchMatch, BatchReference, BatchReferences};
use super::fuse::{Calibration, Placement, told_rate};
use super::index::{MAX_HITS, describe};
use super::local::LocalFeatures;
use super::look::Look;
use super::model::{ImageHit, ReferenceEntry, Signature};
use super::policy;
use crate::registry::model::{ReferenceKey, ReferenceKind};

/// Most references that are looked at closely. One takes 45 kB with the 600 features that a
/// photograph has, so that these take 0.9 GB; hashes find the others.
pub const MOST_REFERENCES: usize = 20_000;
/// References asked for at each look, before harmless ones and weak ones are taken out.
const ASKED: usize = 2 * MAX_HITS;

/// A reference with what the closer look compares.
#[derive(Debug, Clone, PartialEq)]
pub struct CloserReference {
    /// The reference as the first look knows it.
    pub entry: ReferenceEntry,
    /// Its local features; absent = its picture could not be had.
    pub features: Option<Arc<LocalFeatures>>,
}

/// References prepared for the closer look.
#[derive(Clone, Default)]
pub struct CloserIndex {
    references: BatchReferences,
    known: HashMap<ReferenceKey, ReferenceEntry>,
}

impl CloserIndex {
    /// Prepares references in the order of [`chosen`].
    pub fn build(references: Vec<CloserReference>) -> Self {
        let known = references.iter().map(|reference| (reference.entry.key.clone(), reference.entry.clone())).collect();
        let prepared = references.into_iter().map(|CloserReference { entry, features }| BatchReference {
            key: entry.key,
            kind: entry.kind,
            signature: entry.signature,
            features,
        });
        Self { references: BatchReferences::new(prepared).0, known }
    }

    /// Number of references that are looked at.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The references that a listing picture shows, best first, at most [`MAX_HITS`].
    ///
    /// As in the first look, a harmless picture that scores as high holds a reference back.
    pub fn find(&self, query: &Signature, look: &Look) -> Vec<ImageHit> {
        let found = self.references.nearest_of_all(query, look, ASKED);
        let of = found.into_iter().filter_map(|found| Some((self.known.get(&found.reference)?, found)));
        let (harmless, others): (Vec<_>, Vec<_>) = of.partition(|(entry, _)| entry.kind == ReferenceKind::Harmless);
        let as_high = harmless.first().map_or(0.0, |(_, found)| found.score);
        let counted = others
            .into_iter()
            .filter(|(_, found)| found.score > as_high && Calibration::standard().is_hit(found.log_rate));
        counted.take(MAX_HITS).map(|(entry, found)| told(entry, found)).collect()
    }
}

fn told(entry: &ReferenceEntry, found: BatchMatch) -> ImageHit {
    ImageHit {
        reference: entry.key.clone(),
        brand: entry.brand.clone(),
        kind: entry.kind,
        distance: found.distance,
        threshold: policy::threshold(entry.kind, entry.threshold),
        how: found.how,
        score: (found.score * 1000.0).round() / 1000.0,
        false_match_rate: Some(told_rate(found.log_rate)),
        inliers: found.inliers,
        placement: found.placement,
    }
}

/// Where the hashes that met lie, for a hit of the first look, which tells only how near they
/// are; nothing when the signatures are not those that met.
pub fn place_of_hit(query: &Signature, reference: &Signature, hit: &ImageHit) -> Option<Placement> {
    let rows = policy::reference_parts(reference, hit.kind);
    let probes = policy::probes(query);
    let pairs = probes.iter().flat_map(|probe| rows.iter().map(move |row| (probe, row)));
    let met = pairs.into_iter().find(|(probe, (hash, cut, _))| {
        let allowed = policy::allowed_distance(hit.kind, hit.threshold, probe, *cut).is_some();
        allowed && hash.distance(&probe.hash) == hit.distance && describe(probe.how, probe.cut, *cut) == hit.how
    });
    met.map(|(probe, (_, _, at))| Placement::of_parts(policy::place_of(query, probe), *at))
}

/// The references that are looked at closely: logos first, as hashes find them least, then by
/// name; at most [`MOST_REFERENCES`].
pub fn chosen<T>(references: &BTreeMap<ReferenceKey, T>, kind_of: impl Fn(&T) -> ReferenceKind) -> Vec<&T> {
    let (logos, others): (Vec<&T>, Vec<&T>) =
        references.values().partition(|reference| kind_of(reference) == ReferenceKind::Logo);
    logos.into_iter().chain(others).take(MOST_REFERENCES).collect()
}

/// Whether a picture is worth a second look after the first one found `hits`.
pub fn undecided<'h>(hits: impl IntoIterator<Item = &'h ImageHit>) -> bool {
    let standard = Calibration::standard();
    let decides =
        |hit: &ImageHit| hit.how.is_whole() && hit.false_match_rate.is_some_and(|rate| standard.is_decided(rate));
    !hits.into_iter().any(decides)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::image::{Hash256, How};
    use crate::registry::model::BrandKey;

    fn entry(name: &str, kind: ReferenceKind, bits: usize) -> ReferenceEntry {
        let hash = (0..bits).fold(Hash256::ZERO, |hash, place| hash.with_flipped(place));
        let signature = Signature::plain(hash, 100, 300, 300);
        let (key, brand) = (ReferenceKey::new(name), BrandKey::new("northpeak"));
        ReferenceEntry { key, brand, kind, signature, threshold: None }
    }

    fn index(entries: Vec<ReferenceEntry>) -> CloserIndex {
        CloserIndex::build(entries.into_iter().map(|entry| CloserReference { entry, features: None }).collect())
    }

    fn query() -> Signature {
        Signature::plain(Hash256::ZERO, 100, 300, 300)
    }

    #[test]
    fn hashes_beyond_a_references_threshold_count_when_they_are_rare_enough() {
        // Among few references even the farther one would be rare.
        let unrelated = (0..600).map(|number| entry(&format!("other-{number}"), ReferenceKind::Product, 128));
        let both = [entry("near", ReferenceKind::Product, 45), entry("far", ReferenceKind::Product, 80)];
        let known = index(both.into_iter().chain(unrelated).collect());
        let hits = known.find(&query(), &Look::default());
        assert_eq!(hits.iter().map(|hit| hit.reference.as_str()).collect::<Vec<_>>(), ["near"]);
        assert!(hits[0].is_closer() && hits[0].how == How::Whole && hits[0].placement.is_some());
        assert!(hits[0].false_match_rate.is_some_and(|rate| rate > 0.0 && rate < 5e-4));
    }

    #[test]
    fn a_harmless_picture_that_is_as_near_holds_a_reference_back() {
        let harmless = |bits| entry("stock", ReferenceKind::Harmless, bits);
        let known = |bits| index(vec![entry("near", ReferenceKind::Product, 40), harmless(bits)]);
        assert!(known(30).find(&query(), &Look::default()).is_empty());
        assert_eq!(known(60).find(&query(), &Look::default()).len(), 1);
    }

    #[test]
    fn logos_are_looked_at_before_others_when_not_all_can_be() {
        let mut all: BTreeMap<ReferenceKey, ReferenceKind> = (0..MOST_REFERENCES + 5)
            .map(|number| (ReferenceKey::new(format!("a{number:06}")), ReferenceKind::Product))
            .collect();
        all.insert(ReferenceKey::new("z/logo.png"), ReferenceKind::Logo);
        let taken = chosen(&all, |kind| *kind);
        assert_eq!((taken.len(), *taken[0]), (MOST_REFERENCES, ReferenceKind::Logo));
    }

    #[test]
    fn only_a_whole_picture_beyond_doubt_ends_the_search() {
        let hit = |how, rate| ImageHit {
            reference: ReferenceKey::new("r"),
            brand: BrandKey::new("b"),
            kind: ReferenceKind::Product,
            distance: 3,
            threshold: 31,
            how,
            score: 0.9,
            false_match_rate: rate,
            inliers: None,
            placement: None,
        };
        assert!(!undecided(&[hit(How::Mirrored, Some(1e-8))]));
        for doubtful in [hit(How::Region, Some(1e-8)), hit(How::Whole, Some(1e-4)), hit(How::Whole, None)] {
            assert!(undecided(&[doubtful]));
        }
        assert!(undecided(&[]));
    }
}
