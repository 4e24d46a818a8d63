//! Ranking for people who measure: the nearest references of a picture, past thresholds too.
//!
//! Screening asks "which references lie within their threshold"; someone choosing a
//! threshold on labelled data asks "which lie nearest". This compares every hash with
//! every hash, so it suits thousands of references, not millions.

use super::hash::Hash256;
use super::index::{Probe, describe};
use super::model::{Cut, How, Signature};
use super::policy;
use crate::registry::model::{ReferenceKey, ReferenceKind};

/// One reference near a picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BatchMatch {
    /// The reference.
    #[serde(rename = "ref")]
    pub reference: ReferenceKey,
    /// Strength, 0 to 1; falls strictly with the distance.
    pub score: f32,
    /// Bits that differ.
    pub distance: u16,
    /// How the two pictures relate.
    pub how: How,
}

/// References prepared for [`BatchReferences::nearest`].
#[derive(Debug, Clone, Default)]
pub struct BatchReferences {
    references: Vec<(ReferenceKey, ReferenceKind)>,
    rows: Vec<(Hash256, u32, Option<Cut>)>,
}

impl BatchReferences {
    /// Prepares references. Blank ones are kept out; the answer names them, in input order.
    pub fn new(
        references: impl IntoIterator<Item = (ReferenceKey, ReferenceKind, Signature)>,
    ) -> (Self, Vec<ReferenceKey>) {
        let mut prepared = Self::default();
        let mut blank = Vec::new();
        for (key, kind, signature) in references {
            let rows = policy::reference_rows(&signature, kind);
            if rows.is_empty() {
                blank.push(key);
                continue;
            }
            let place = prepared.references.len() as u32;
            prepared.rows.extend(rows.into_iter().map(|(hash, cut)| (hash, place, cut)));
            prepared.references.push((key, kind));
        }
        (prepared, blank)
    }

    /// The nearest references up to [`policy::MAX_THRESHOLD`] bits away, best first, at most `most`.
    pub fn nearest(&self, query: &Signature, most: usize) -> Vec<BatchMatch> {
        let mut best: Vec<Option<(u16, How)>> = vec![None; self.references.len()];
        for probe in policy::probes(query) {
            self.compare(&probe, &mut best);
        }
        let found = best.iter().zip(&self.references).filter_map(|(best, (key, kind))| {
            let (distance, how) = (*best)?;
            let score = policy::score(distance, policy::default_threshold(*kind));
            Some(BatchMatch { reference: key.clone(), score, distance, how })
        });
        let mut matches: Vec<BatchMatch> = found.collect();
        matches.sort_by(|left, right| {
            let by_score = right.score.total_cmp(&left.score).then(left.distance.cmp(&right.distance));
            by_score.then_with(|| left.reference.cmp(&right.reference))
        });
        matches.truncate(most);
        matches
    }

    fn compare(&self, probe: &Probe, best: &mut [Option<(u16, How)>]) {
        for &(hash, place, cut) in &self.rows {
            let kind = self.references[place as usize].1;
            let Some(allowed) = policy::allowed_distance(kind, policy::MAX_THRESHOLD, probe, cut) else {
                continue;
            };
            let distance = hash.distance(&probe.hash);
            if distance > allowed {
                continue;
            }
            let met = (distance, describe(probe.how, probe.cut, cut));
            let place = &mut best[place as usize];
            if place.is_none_or(|known| met < known) {
                *place = Some(met);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearer_references_rank_higher_even_past_their_thresholds() {
        let signature = |bits: usize| {
            let hash = (0..bits).fold(Hash256::ZERO, |hash, place| hash.with_flipped(place));
            Signature::plain(hash, 100, 300, 300)
        };
        let references = [(80, "far"), (0, "same"), (31, "edge"), (91, "unrelated"), (40, "past")]
            .map(|(bits, name)| (ReferenceKey::new(name), ReferenceKind::Product, signature(bits)));
        let (prepared, blank) = BatchReferences::new(references);
        assert!(blank.is_empty());
        let matches = prepared.nearest(&signature(0), 20);
        let found: Vec<(&str, u16)> = matches.iter().map(|found| (found.reference.as_str(), found.distance)).collect();
        assert_eq!(found, [("same", 0), ("edge", 31), ("past", 40), ("far", 80)]);
        assert!(matches.is_sorted_by(|better, worse| better.score > worse.score));
        assert_eq!(prepared.nearest(&signature(0), 2).len(), 2);
    }

    #[test]
    fn blank_references_are_named() {
        let blank = Signature::plain(Hash256::ZERO, 0, 300, 300);
        let (_, named) = BatchReferences::new([(ReferenceKey::new("white"), ReferenceKind::Logo, blank)]);
        assert_eq!(named, [ReferenceKey::new("white")]);
    }
}
