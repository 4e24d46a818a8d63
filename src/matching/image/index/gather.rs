//! From met references to findings.

use std::collections::BTreeMap;

use super::super::model::{How, ImageHit};
use super::super::policy;
use super::{ImageFindings, MAX_HITS, Suppressed};
use crate::registry::model::{BrandKey, ReferenceKey, ReferenceKind};

/// What a reference is, once it must be named.
pub(super) struct Named {
    pub key: ReferenceKey,
    pub brand: BrandKey,
    pub kind: ReferenceKind,
}

/// A reference by its shelf and its place there, which is its key's order on that shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub shelf: usize,
    pub entry: u32,
}

/// How a reference was met.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meeting {
    pub place: Place,
    pub threshold: u16,
    pub how: How,
}

/// Everything met so far.
///
/// Of the references on one shelf that are met at one distance by one part, only the
/// [`MAX_HITS`] best can be among the best of all: the others have the same distance, no
/// better score, a later key, and are held back by the same harmless pictures. So no number
/// of copies of a picture makes this large.
#[derive(Default)]
pub(super) struct Gathered {
    met: BTreeMap<(usize, u8, u16), Vec<Meeting>>,
    /// Nearest harmless references, by shelf and part.
    harmless: BTreeMap<(usize, u8), (u16, u32)>,
}

impl Gathered {
    pub(super) fn add_harmless(&mut self, place: Place, part: u8, distance: u16) {
        let nearest = self.harmless.entry((place.shelf, part)).or_insert((distance, place.entry));
        *nearest = (distance, place.entry).min(*nearest);
    }

    pub(super) fn add(&mut self, meeting: Meeting, part: u8, distance: u16) {
        let best = self.met.entry((meeting.place.shelf, part, distance)).or_default();
        if let Some(known) = best.iter_mut().find(|known| known.place == meeting.place) {
            known.how = known.how.min(meeting.how);
            return;
        }
        // At one distance a wider threshold is a higher score.
        let rank = |meeting: &Meeting| (std::cmp::Reverse(meeting.threshold), meeting.place);
        let at = best.partition_point(|known| rank(known) < rank(&meeting));
        if at < MAX_HITS {
            best.insert(at, meeting);
            best.truncate(MAX_HITS);
        }
    }

    /// The findings, with what `named` knows of each reference.
    pub(super) fn into_findings(self, named: impl Fn(Place) -> Named) -> ImageFindings {
        let mut harmless: BTreeMap<u8, (u16, ReferenceKey)> = BTreeMap::new();
        for ((shelf, part), (distance, entry)) in self.harmless {
            let found = (distance, named(Place { shelf, entry }).key);
            let nearest = harmless.entry(part).or_insert_with(|| found.clone());
            if found < *nearest {
                *nearest = found;
            }
        }
        let mut met: Vec<(u16, u8, Meeting)> = Vec::new();
        for ((_, part, distance), meetings) in self.met {
            met.extend(meetings.into_iter().map(|meeting| (distance, part, meeting)));
        }
        met.sort_by_key(|(distance, part, meeting)| (*distance, meeting.how, *part));
        let mut hits: BTreeMap<Place, ImageHit> = BTreeMap::new();
        let mut held: BTreeMap<Place, Suppressed> = BTreeMap::new();
        for (distance, part, meeting) in met {
            let nearest = [0, part].iter().filter_map(|part| harmless.get(part)).min();
            let by = nearest.filter(|(harmless_distance, _)| *harmless_distance <= distance);
            let known =
                if by.is_some() { held.contains_key(&meeting.place) } else { hits.contains_key(&meeting.place) };
            // Nearest first: what is there already is at least as good.
            if known {
                continue;
            }
            let hit = hit_of(named(meeting.place), &meeting, distance);
            match by {
                Some((harmless_distance, by)) => {
                    let suppressed = Suppressed { hit, by: by.clone(), harmless_distance: *harmless_distance };
                    held.insert(meeting.place, suppressed);
                }
                None => {
                    hits.insert(meeting.place, hit);
                }
            }
        }
        held.retain(|place, _| !hits.contains_key(place));
        let mut findings = ImageFindings {
            hits: hits.into_values().collect(),
            suppressed: held.into_values().collect(),
            blank: false,
        };
        findings.hits.sort_by(best_first);
        findings.hits.truncate(MAX_HITS);
        findings.suppressed.sort_by(|left, right| best_first(&left.hit, &right.hit));
        findings.suppressed.truncate(MAX_HITS);
        findings
    }
}

fn hit_of(named: Named, meeting: &Meeting, distance: u16) -> ImageHit {
    ImageHit {
        reference: named.key,
        brand: named.brand,
        kind: named.kind,
        distance,
        threshold: meeting.threshold,
        how: meeting.how,
        score: policy::score(distance, meeting.threshold),
        false_match_rate: None,
        inliers: None,
        placement: None,
    }
}

/// Higher score, then smaller distance, then the key's order: a total order.
fn best_first(left: &ImageHit, right: &ImageHit) -> std::cmp::Ordering {
    right
        .score
        .total_cmp(&left.score)
        .then(left.distance.cmp(&right.distance))
        .then_with(|| left.reference.cmp(&right.reference))
}
