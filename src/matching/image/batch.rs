//! Ranking for people who measure: the nearest references of a picture, past thresholds too.
//!
//! Screening asks "which references lie within their threshold"; someone choosing a
//! threshold on labelled data asks "which lie nearest". This compares every hash with
//! every hash, so it suits thousands of references, not millions.

use std::collections::HashMap;
use std::sync::Arc;

use super::fuse::{Calibration, Evidence, Fused, Path, Placement};
use super::hash::Hash256;
use super::index::{Probe, describe};
use super::local::{LocalFeatures, LocalIndex};
use super::look::Look;
use super::model::{Cut, How, PartRect, Signature};
use super::pdq;
use super::policy;
use super::shapes::ShapeIndex;
use crate::registry::model::{ReferenceKey, ReferenceKind};

/// One reference near a picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BatchMatch {
    /// The reference.
    #[serde(rename = "ref")]
    pub reference: ReferenceKey,
    /// Strength, 0 to 1; see [`super::score_of`].
    pub score: f32,
    /// Bits that differ between the hashes that met; between the whole pictures, in the
    /// orientation in which they are nearest, where features decided.
    pub distance: u16,
    /// How the two pictures relate.
    pub how: How,
    /// Share of unrelated photographs that would score as high, 0 to 1.
    pub false_match_rate: f32,
    /// The same as a decimal logarithm.
    #[serde(skip)]
    pub log_rate: f32,
    /// Features that agree, where features decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inliers: Option<u16>,
    /// Where the pictures lie on each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
}

/// One reference to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchReference {
    /// Its name.
    pub key: ReferenceKey,
    /// What it shows.
    pub kind: ReferenceKind,
    /// Its hashes.
    pub signature: Signature,
    /// Its local features; absent = it is found by hashes alone.
    pub features: Option<Arc<LocalFeatures>>,
}

/// A hash of a reference.
#[derive(Debug, Clone)]
struct Row {
    hash: Hash256,
    place: u32,
    cut: Option<Cut>,
    at: PartRect,
}

/// References prepared for [`BatchReferences::nearest`].
#[derive(Clone, Default)]
pub struct BatchReferences {
    references: Vec<(ReferenceKey, ReferenceKind, Hash256)>,
    rows: Vec<Row>,
    shapes: ShapeIndex,
    local: LocalIndex,
    /// References of products and of logos.
    counts: [usize; 2],
}

/// The nearest meeting of a reference on one path.
type Best = HashMap<(u32, Path), Evidence>;

impl BatchReferences {
    /// Prepares references. The answer also names those that can be found in no way, being
    /// blank, in input order.
    pub fn new(references: impl IntoIterator<Item = BatchReference>) -> (Self, Vec<ReferenceKey>) {
        let mut prepared = Self::default();
        let (mut features, mut shapes) = (Vec::new(), Vec::new());
        let mut blank = Vec::new();
        for reference in references {
            let place = prepared.references.len() as u32;
            let rows = policy::reference_parts(&reference.signature, reference.kind);
            if rows.is_empty() {
                blank.push(reference.key);
                continue;
            }
            let logo = reference.kind == ReferenceKind::Logo;
            prepared.rows.extend(rows.into_iter().map(|(hash, cut, at)| Row { hash, place, cut, at }));
            if logo {
                shapes.extend(reference.signature.shapes.iter().map(|shape| (place, shape.clone())));
            }
            features.extend(reference.features.map(|features| (place, features)));
            prepared.counts[usize::from(logo)] += 1;
            prepared.references.push((reference.key, reference.kind, reference.signature.hash));
        }
        prepared.local = LocalIndex::build(features);
        prepared.shapes = ShapeIndex::build(shapes);
        (prepared, blank)
    }

    /// The nearest references by hashes alone, best first, at most `most`: the first answer.
    pub fn nearest(&self, query: &Signature, most: usize) -> Vec<BatchMatch> {
        self.rank(self.by_hash(query), query, most)
    }

    /// Whether the first answer stands without a second look: the whole picture is a
    /// reference, and no more than one unrelated picture in a million would seem so.
    pub fn decides(&self, first: &[BatchMatch]) -> bool {
        let decided = |best: &BatchMatch| Calibration::standard().is_decided(best.false_match_rate);
        first.first().is_some_and(|best| best.how.is_whole() && decided(best))
    }

    /// The nearest references by hashes and local features, best first, at most `most`.
    pub fn nearest_of_all(&self, query: &Signature, look: &Look, most: usize) -> Vec<BatchMatch> {
        self.rank(self.evidence(query, look), query, most)
    }

    /// Everything that speaks for any reference, before it is brought to one scale; what a
    /// calibration is measured from.
    pub fn evidence(&self, query: &Signature, look: &Look) -> Vec<Evidence> {
        let mut evidence = self.by_hash(query);
        evidence.extend(look.evidence(&self.local, |place| self.references[place as usize].1));
        evidence
    }

    /// The reference at a place of [`Self::evidence`].
    pub fn key(&self, place: u32) -> Option<&ReferenceKey> {
        self.references.get(place as usize).map(|(key, ..)| key)
    }

    fn by_hash(&self, query: &Signature) -> Vec<Evidence> {
        let mut best = Best::new();
        for probe in policy::probes(query) {
            self.compare(&probe, query, &mut best);
        }
        let mut evidence: Vec<Evidence> = best.into_values().collect();
        evidence.sort_by_key(|one| (one.place, one.path));
        evidence.extend(self.shapes.evidence(query));
        evidence
    }

    fn compare(&self, probe: &Probe, query: &Signature, best: &mut Best) {
        for row in &self.rows {
            let kind = self.references[row.place as usize].1;
            let Some(allowed) = policy::allowed_distance(kind, policy::MAX_THRESHOLD, probe, row.cut) else {
                continue;
            };
            let distance = row.hash.distance(&probe.hash);
            if distance > allowed {
                continue;
            }
            let path = match (kind, probe.cut, row.cut) {
                (ReferenceKind::Logo, ..) => Path::LogoHash,
                (_, None, None) => Path::ProductWhole,
                _ => Path::ProductPart,
            };
            let placement = || Placement::of_parts(policy::place_of(query, probe), row.at);
            keep(best, row.place, path, distance, describe(probe.how, probe.cut, row.cut), placement);
        }
    }

    fn rank(&self, evidence: Vec<Evidence>, query: &Signature, most: usize) -> Vec<BatchMatch> {
        let (logos, products): (Vec<Evidence>, Vec<Evidence>) = evidence.into_iter().partition(|one| self.is_logo(one));
        let calibration = Calibration::standard();
        let mut fused = calibration.fuse(products, self.counts[0]);
        fused.extend(calibration.fuse(logos, self.counts[1]));
        fused.retain(|found| found.score > 0.0);
        let key = |found: &Fused| &self.references[found.best.place as usize].0;
        fused.sort_by(|left, right| right.score.total_cmp(&left.score).then_with(|| key(left).cmp(key(right))));
        fused.truncate(most);
        fused.into_iter().map(|found| self.told(found, query)).collect()
    }

    fn is_logo(&self, evidence: &Evidence) -> bool {
        self.references[evidence.place as usize].1 == ReferenceKind::Logo
    }

    fn told(&self, found: Fused, query: &Signature) -> BatchMatch {
        let (key, _, hash) = &self.references[found.best.place as usize];
        let distance = if found.best.inliers.is_some() { nearest_form(query, hash) } else { found.best.value as u16 };
        BatchMatch {
            reference: key.clone(),
            score: found.score,
            distance,
            how: found.best.how,
            false_match_rate: found.false_match_rate,
            log_rate: found.log_rate,
            inliers: found.best.inliers,
            placement: found.best.placement,
        }
    }
}

/// Keeps a meeting if it is the nearest on its path so far.
fn keep(best: &mut Best, place: u32, path: Path, bits: u16, how: How, placement: impl Fn() -> Placement) {
    let value = f32::from(bits);
    let known = best.get(&(place, path));
    if known.is_none_or(|known| (value, how) < (known.value, known.how)) {
        let one = Evidence { place, path, value, how, inliers: None, placement: Some(placement()) };
        best.insert((place, path), one);
    }
}

/// Bits between two whole pictures, in the orientation in which they are nearest.
fn nearest_form(query: &Signature, reference: &Hash256) -> u16 {
    let upright = query.hash.distance(reference);
    let Some(forms) = &query.forms else { return upright };
    let all = pdq::orientations(query.hash, forms);
    all.iter().map(|(_, hash)| hash.distance(reference)).min().unwrap_or(upright)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(name: &str, kind: ReferenceKind, signature: Signature) -> BatchReference {
        BatchReference { key: ReferenceKey::new(name), kind, signature, features: None }
    }

    #[test]
    fn nearer_references_rank_higher_even_past_their_thresholds() {
        let signature = |bits: usize| {
            let hash = (0..bits).fold(Hash256::ZERO, |hash, place| hash.with_flipped(place));
            Signature::plain(hash, 100, 300, 300)
        };
        let references = [(72, "far"), (0, "same"), (31, "edge"), (91, "unrelated"), (40, "past")]
            .map(|(bits, name)| reference(name, ReferenceKind::Product, signature(bits)));
        let (prepared, blank) = BatchReferences::new(references);
        assert!(blank.is_empty());
        let matches = prepared.nearest(&signature(0), 20);
        let found: Vec<(&str, u16)> = matches.iter().map(|found| (found.reference.as_str(), found.distance)).collect();
        assert_eq!(found, [("same", 0), ("edge", 31), ("past", 40), ("far", 72)]);
        assert!(matches.is_sorted_by(|better, worse| better.score > worse.score));
        assert!(matches.is_sorted_by(|better, worse| better.false_match_rate < worse.false_match_rate));
        assert_eq!(prepared.nearest(&signature(0), 2).len(), 2);
        assert!(prepared.decides(&matches));
        assert!(!prepared.decides(&matches[3..]));
    }

    #[test]
    fn features_alone_find_a_reference_and_say_where_it_lies() {
        use crate::matching::image::local::{Budget, extract};
        let value = |x: usize, y: usize| {
            let (u, v) = (x as f64 / 9.0, y as f64 / 7.0);
            (120.0 + 50.0 * (u + 3.0 * (v * 0.31).sin()).sin() + 50.0 * (v * 0.8 + 2.0 * (u * 0.23).cos()).cos()) as u8
        };
        let picture = super::super::Luma::new(300, 240, (0..300 * 240).map(|at| value(at % 300, at / 300)).collect());
        let features = extract(&picture, Budget::PHOTO);
        let far = Signature::plain(Hash256::ZERO.inverted(), 100, 300, 240);
        let known = BatchReference {
            features: Some(Arc::new(features.clone())),
            ..reference("r", ReferenceKind::Product, far)
        };
        let (prepared, _) = BatchReferences::new([known]);
        let query = Signature::plain(Hash256::ZERO, 100, 300, 240);
        assert!(prepared.nearest(&query, 20).is_empty());
        let look = Look { whole: features, parts: Vec::new() };
        let found = prepared.nearest_of_all(&query, &look, 20);
        assert_eq!((found[0].how, found[0].distance), (How::Geometric, 256));
        assert!(found[0].inliers.is_some_and(|count| count > 20) && found[0].placement.is_some());
    }

    #[test]
    fn blank_references_are_named() {
        let blank = Signature::plain(Hash256::ZERO, 0, 300, 300);
        let (_, named) = BatchReferences::new([reference("white", ReferenceKind::Logo, blank)]);
        assert_eq!(named, [ReferenceKey::new("white")]);
    }
}
