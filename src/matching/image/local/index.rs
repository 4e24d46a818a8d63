//! The references, ready to be searched.
//!
//! An inverted index: every feature of every reference stands in the bucket of its key, a
//! few of its most certain signs. A query's feature looks into the buckets of its own key
//! and of the keys with its least certain signs changed, in all four forms, and each posting
//! there that looks alike votes for its reference. Votes of a true match agree on one
//! change of scale and one turn (H. Jégou, M. Douze, C. Schmid, "Hamming embedding and weak
//! geometric consistency", ECCV 2008), so references are ranked by their best agreement,
//! and the first of them are verified.

use std::sync::Arc;

use super::code::{Code, FORMS, Form, KEY_BITS, WEAK, distances, in_form, key_of};
use super::model::{Kept, LocalFeatures, LocalMatch};
use super::verify::{Likeness, Prepared, judge, pair_up};

/// References verified for a query.
const CANDIDATES: usize = 24;

/// Of them, those whose features are all compared when their votes leave doubt.
const COMPARED_WHOLE: usize = 3;

/// So many agreeing features leave no doubt.
const CERTAIN: u16 = 16;

/// Features a bucket should have on average: keys grow with the number of references.
const BUCKET: usize = 8;

/// Most features of a query that vote.
const VOTERS: usize = 300;

/// Forms that are looked up: a picture both mirrored and inverted is left to [`super::verify`].
const VOTING_FORMS: usize = 3;

/// Largest distance of a posting's 64 bits from the query's.
const SKETCH_FARTHEST: u32 = 13;

/// Most distance of whole codes for a vote.
const FARTHEST: u16 = 32;

/// Most postings read of a feature's own bucket and of each neighbour: what is in so many
/// references tells little. The first ones are read, of all features alike, so that of a
/// thousand copies of one picture some are found by all their features.
const MOST_OWN: usize = 384;
const MOST_NEAR: usize = 96;

/// The delta is merged into the base when it has more than this part of the base's postings.
const MERGE_AT: usize = 8;

/// A reference with its place; none once it is removed.
type Slot = Option<(u32, Arc<LocalFeatures>)>;

/// One feature of one reference.
#[derive(Debug, Clone, Copy)]
struct Posting {
    sketch: u64,
    reference: u32,
    feature: u16,
    scale: u8,
    angle: u8,
}

/// Postings by key.
#[derive(Default)]
struct Table {
    bits: u32,
    starts: Vec<u32>,
    postings: Vec<Posting>,
}

/// References by their place, for [`LocalIndex::find`].
///
/// Cheap to clone. [`LocalIndex::with_changes`] adds and removes without building all anew.
#[derive(Clone, Default)]
pub struct LocalIndex {
    references: Arc<Vec<Slot>>,
    base: Arc<Table>,
    /// References before this one are in the base, the others in the delta.
    in_base: usize,
    delta: Arc<Table>,
}

/// A vote: a feature of the query looks like one of a reference.
#[derive(Debug, Clone, Copy)]
struct Vote {
    reference: u32,
    form: u8,
    query: u16,
    feature: u16,
    distance: u16,
    /// Bin of the change of scale and of the turn.
    scale: u8,
    turn: u8,
    weight: f32,
}

impl LocalIndex {
    /// Prepares references. A place that occurs twice is searched twice.
    pub fn build(references: Vec<(u32, Arc<LocalFeatures>)>) -> Self {
        let references: Vec<_> = references.into_iter().map(Some).collect();
        let base = Table::build(&references, 0);
        Self {
            in_base: references.len(),
            references: Arc::new(references),
            base: Arc::new(base),
            delta: Arc::default(),
        }
    }

    /// The same index without the places `removed` and with `added` ones. Removal comes
    /// first, so that a changed reference may keep its place.
    pub fn with_changes(&self, removed: &[u32], added: Vec<(u32, Arc<LocalFeatures>)>) -> Self {
        let removed: std::collections::HashSet<u32> = removed.iter().copied().collect();
        let mut references = Vec::clone(&self.references);
        for slot in &mut references {
            if slot.as_ref().is_some_and(|(place, _)| removed.contains(place)) {
                *slot = None;
            }
        }
        references.extend(added.into_iter().map(Some));
        let delta = Table::build(&references, self.in_base);
        if delta.postings.len() * MERGE_AT > self.base.postings.len() {
            return Self::build(references.into_iter().flatten().collect());
        }
        Self {
            references: Arc::new(references),
            base: Arc::clone(&self.base),
            in_base: self.in_base,
            delta: Arc::new(delta),
        }
    }

    /// Number of references.
    pub fn len(&self) -> usize {
        self.references.iter().flatten().count()
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The references that show the same as the query, best first, at most `most`.
    pub fn find(&self, query: &LocalFeatures, most: usize) -> Vec<LocalMatch> {
        let mut votes = Vec::new();
        for (place, feature) in query.features.iter().take(VOTERS).enumerate() {
            for (form_place, form) in FORMS.iter().enumerate().take(VOTING_FORMS) {
                self.vote(place as u16, feature, form_place as u8, *form, &mut votes);
            }
        }
        votes.sort_unstable_by_key(|vote| (vote.reference, vote.form, vote.distance, vote.query, vote.feature));
        let prepared = Prepared::new(query);
        let mut matches = Vec::new();
        for (rank, own) in ranked(&votes).into_iter().take(CANDIDATES).enumerate() {
            let Some((place, reference)) = &self.references[own[0].reference as usize] else { continue };
            let other = Prepared::new(reference);
            let voted: Vec<Likeness> = own.iter().map(likeness_of).collect();
            let mut found = judge(&prepared, &other, &voted);
            // Where the votes leave doubt, all features of the best candidates are compared.
            if rank < COMPARED_WHOLE && found.as_ref().is_none_or(|found| found.inliers < CERTAIN) {
                let whole = judge(&prepared, &other, &pair_up(&prepared.features, &other.features));
                found = found.into_iter().chain(whole).max_by(|left, right| left.raw.total_cmp(&right.raw));
            }
            if let Some(found) = found {
                matches.push(LocalMatch { place: *place, ..found });
            }
        }
        matches.sort_by(|left, right| right.raw.total_cmp(&left.raw).then(left.place.cmp(&right.place)));
        matches.truncate(most);
        matches
    }

    fn vote(&self, place: u16, feature: &Kept, form_place: u8, form: Form, votes: &mut Vec<Vote>) {
        let first = votes.len();
        let sketch = sketch(&in_form(&feature.code, form));
        for table in [&*self.base, &*self.delta] {
            table.probe(feature, form, |posting| {
                if (posting.sketch ^ sketch).count_ones() > SKETCH_FARTHEST {
                    return;
                }
                let Some((_, reference)) = &self.references[posting.reference as usize] else { return };
                let other = &reference.features[usize::from(posting.feature)];
                let distance = distances(&feature.code, &other.code)[usize::from(form_place)];
                if distance > FARTHEST {
                    return;
                }
                votes.push(Vote {
                    reference: posting.reference,
                    form: form_place,
                    query: place,
                    feature: posting.feature,
                    distance,
                    scale: posting.scale.wrapping_sub(feature.scale).wrapping_add(128) / 8,
                    turn: posting.angle.wrapping_sub(angle_in_form(feature.angle, form)) / 16,
                    weight: f32::from(FARTHEST + 4 - distance) / f32::from(FARTHEST),
                });
            });
        }
        // What looks like a feature of many references tells little about any of them.
        let common = 1.0 / (1.0 + (votes.len() - first) as f32 / 8.0).sqrt();
        for vote in &mut votes[first..] {
            vote.weight *= common;
        }
    }
}

fn likeness_of(vote: &Vote) -> Likeness {
    // The second nearest of the reference is not known here: a middling lead.
    let (query, reference) = (u32::from(vote.query), u32::from(vote.feature));
    Likeness { query, reference, form: vote.form, distance: vote.distance, lead: 5 }
}

/// Votes by reference, best agreement first.
fn ranked(votes: &[Vote]) -> Vec<&[Vote]> {
    let mut ranked: Vec<(f32, &[Vote])> = votes
        .chunk_by(|left, right| left.reference == right.reference)
        .map(|own| {
            let forms = own.chunk_by(|left, right| left.form == right.form);
            let best = forms.map(agreement_of).fold(0.0, f32::max);
            (best, own)
        })
        .collect();
    ranked.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1[0].reference.cmp(&right.1[0].reference)));
    ranked.into_iter().map(|(_, own)| own).collect()
}

/// Largest weight of one form's votes that agree on scale and turn, over windows of two bins each.
fn agreement_of(votes: &[Vote]) -> f32 {
    if votes.len() == 1 {
        return votes[0].weight;
    }
    let mut bins = [[0.0_f32; 16]; 33];
    for vote in votes {
        bins[usize::from(vote.scale.min(31))][usize::from(vote.turn % 16)] += vote.weight;
    }
    let mut best = 0.0_f32;
    for scale in 0..32 {
        for turn in 0..16 {
            let next = (turn + 1) % 16;
            let sum = bins[scale][turn] + bins[scale][next] + bins[scale + 1][turn] + bins[scale + 1][next];
            best = best.max(sum);
        }
    }
    best
}

impl Table {
    fn build(references: &[Slot], first: usize) -> Self {
        let present = || {
            let numbered = references.iter().enumerate().skip(first);
            numbered.filter_map(|(number, slot)| slot.as_ref().map(|(_, features)| (number as u32, features)))
        };
        let total: usize = present().map(|(_, features)| features.features.len()).sum();
        let bits = (total / BUCKET).max(1).ilog2().clamp(8, KEY_BITS);
        let mut starts = vec![0_u32; (1 << bits) + 1];
        let bucket = |feature: &Kept| (key_of(&feature.code) & ((1 << bits) - 1)) as usize;
        for (_, features) in present() {
            for feature in &features.features {
                starts[bucket(feature) + 1] += 1;
            }
        }
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let mut next = starts.clone();
        let blank = Posting { sketch: 0, reference: 0, feature: 0, scale: 0, angle: 0 };
        let mut postings = vec![blank; total];
        for (number, features) in present() {
            for (place, feature) in features.features.iter().enumerate() {
                let slot = &mut next[bucket(feature)];
                postings[*slot as usize] = Posting {
                    sketch: sketch(&feature.code),
                    reference: number,
                    feature: place as u16,
                    scale: feature.scale,
                    angle: feature.angle,
                };
                *slot += 1;
            }
        }
        Self { bits, starts, postings }
    }

    /// Shows all postings in the buckets of a feature's key and of its neighbours.
    fn probe(&self, feature: &Kept, form: Form, mut show: impl FnMut(&Posting)) {
        if self.postings.is_empty() {
            return;
        }
        let mask = (1_u32 << self.bits) - 1;
        let key = key_of(&in_form(&feature.code, form)) & mask;
        let mut look = |key: u32, most: usize| {
            let (from, to) = (self.starts[key as usize] as usize, self.starts[key as usize + 1] as usize);
            self.postings[from..to.min(from + most)].iter().for_each(&mut show);
        };
        let flips = feature.weak.map(|bit| 1_u32 << bit).into_iter().filter(|flip| flip & mask != 0);
        let mut known = [0; WEAK];
        let mut count = 0;
        for flip in flips {
            known[count] = flip;
            count += 1;
        }
        let known = &known[..count];
        look(key, MOST_OWN);
        for (place, first) in known.iter().enumerate() {
            look(key ^ first, MOST_NEAR);
            // Two at once only with the least certain: the others seldom change together.
            if place == 0 {
                known[1..].iter().for_each(|second| look(key ^ first ^ second, MOST_NEAR));
            }
        }
    }
}

/// Sixteen bits of each of the code's words, those of the coarse sums.
fn sketch(code: &Code) -> u64 {
    code.iter().enumerate().fold(0, |sketch, (place, word)| sketch | (u64::from(word & 0xFFFF) << (16 * place)))
}

/// Direction in 256ths of a turn as it would be in another form.
fn angle_in_form(angle: u8, form: Form) -> u8 {
    let mirrored = if form.mirrored { 128_u8.wrapping_sub(angle) } else { angle };
    if form.inverted { mirrored.wrapping_add(128) } else { mirrored }
}
