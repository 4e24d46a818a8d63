//! Exact search for the nearest references of an embedding.
//!
//! Every reference is compared: a hundred thousand of 512 bytes are 51 million products, a
//! few hundredths of a second of one core. An approximate index would lose matches, and
//! embeddings are computed for flagged and sampled listings only.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::vector::{Embedding, cosine, dot};

/// Changes that are kept beside the base before everything is laid down anew: enough to make
/// one addition cheap, few enough to copy with each.
const LOOSE_ROWS: usize = 1024;

/// One reference near a picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EmbeddingHit<K> {
    /// The reference.
    pub key: K,
    /// Cosine between both embeddings, rounded to three decimals.
    pub similarity: f32,
    /// Strength, rounded to three decimals: 0.5 at the threshold, 1 for the same direction.
    pub score: f32,
}

/// References' embeddings by key. A change makes a new index that shares what did not change.
#[derive(Debug, Clone)]
pub struct EmbeddingIndex<K> {
    dimensions: usize,
    base: Arc<Rows<K>>,
    loose: Rows<K>,
    /// Keys of the base that no longer count.
    removed: Arc<BTreeSet<K>>,
}

/// Embeddings one after the other, with their lengths.
#[derive(Debug, Clone)]
struct Rows<K> {
    keys: Vec<K>,
    lengths: Vec<f64>,
    values: Vec<i8>,
}

impl<K: Ord + Clone> EmbeddingIndex<K> {
    /// An index of embeddings of so many dimensions. Embeddings of others are left out, and
    /// of several with one key the last one counts.
    pub fn new(dimensions: usize, entries: impl IntoIterator<Item = (K, Embedding)>) -> Self {
        let empty = Self {
            dimensions,
            base: Arc::new(Rows::empty()),
            loose: Rows::empty(),
            removed: Arc::new(BTreeSet::new()),
        };
        empty.changed(&[], entries)
    }

    /// The index without `removed` and then with `added`; an added key replaces the one there was.
    pub fn changed(&self, removed: &[K], added: impl IntoIterator<Item = (K, Embedding)>) -> Self {
        let mut newest = std::collections::BTreeMap::new();
        newest.extend(added.into_iter().filter(|(_, embedding)| embedding.values().len() == self.dimensions));
        let gone: BTreeSet<&K> = removed.iter().chain(newest.keys()).collect();
        let mut loose = self.loose.without(|key| gone.contains(key), self.dimensions);
        let mut dead = BTreeSet::clone(&self.removed);
        dead.extend(gone.into_iter().cloned());
        for (key, embedding) in newest {
            loose.push(key, &embedding);
        }
        if loose.keys.len() + dead.len() <= LOOSE_ROWS.max(self.base.keys.len() / 8) {
            return Self { dimensions: self.dimensions, base: Arc::clone(&self.base), loose, removed: Arc::new(dead) };
        }
        let mut base = self.base.without(|key| dead.contains(key), self.dimensions);
        base.append(loose);
        Self {
            dimensions: self.dimensions,
            base: Arc::new(base),
            loose: Rows::empty(),
            removed: Arc::new(BTreeSet::new()),
        }
    }

    /// The number of references.
    pub fn len(&self) -> usize {
        let dead = self.base.keys.iter().filter(|key| self.removed.contains(key)).count();
        self.base.keys.len() - dead + self.loose.keys.len()
    }

    /// Whether there are no references.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The references whose cosine with `query` is at least `min_similarity`, nearest first and
    /// equal ones by key, at most `most`. None for an embedding of other dimensions.
    pub fn nearest(&self, query: &Embedding, min_similarity: f32, most: usize) -> Vec<EmbeddingHit<K>> {
        if query.values().len() != self.dimensions {
            return Vec::new();
        }
        let length = query.length();
        let of = |rows: &'_ Rows<K>, place: usize, similarity: f32| (similarity, rows.keys[place].clone());
        let mut found = Vec::new();
        self.base.each(query, length, self.dimensions, |place, similarity| {
            if similarity >= min_similarity && !self.removed.contains(&self.base.keys[place]) {
                found.push(of(&self.base, place, similarity));
            }
        });
        self.loose.each(query, length, self.dimensions, |place, similarity| {
            if similarity >= min_similarity {
                found.push(of(&self.loose, place, similarity));
            }
        });
        found.sort_by(|(one, key), (two, other)| two.total_cmp(one).then_with(|| key.cmp(other)));
        found.truncate(most);
        let hit = |(similarity, key): (f32, K)| EmbeddingHit {
            key,
            similarity: thousandths(similarity),
            score: thousandths(score(similarity, min_similarity)),
        };
        found.into_iter().map(hit).collect()
    }
}

impl<K: Clone> Rows<K> {
    fn empty() -> Self {
        Self { keys: Vec::new(), lengths: Vec::new(), values: Vec::new() }
    }

    fn push(&mut self, key: K, embedding: &Embedding) {
        self.keys.push(key);
        self.lengths.push(embedding.length());
        self.values.extend_from_slice(embedding.values());
    }

    fn append(&mut self, mut other: Self) {
        self.keys.append(&mut other.keys);
        self.lengths.append(&mut other.lengths);
        self.values.append(&mut other.values);
    }

    fn without(&self, is_gone: impl Fn(&K) -> bool, dimensions: usize) -> Self {
        let mut kept = Self::empty();
        for (place, row) in self.values.chunks_exact(dimensions.max(1)).enumerate() {
            if !is_gone(&self.keys[place]) {
                kept.keys.push(self.keys[place].clone());
                kept.lengths.push(self.lengths[place]);
                kept.values.extend_from_slice(row);
            }
        }
        kept
    }

    /// Tells the cosine of each row with the query.
    fn each(&self, query: &Embedding, length: f64, dimensions: usize, mut tell: impl FnMut(usize, f32)) {
        for (place, row) in self.values.chunks_exact(dimensions.max(1)).enumerate() {
            tell(place, cosine(dot(row, query.values()), self.lengths[place], length));
        }
    }
}

/// 0.5 at the threshold, 1 at cosine 1, even between.
fn score(similarity: f32, min_similarity: f32) -> f32 {
    let room = (1.0 - min_similarity).max(f32::EPSILON);
    (0.5 + 0.5 * (similarity - min_similarity) / room).clamp(0.0, 1.0)
}

fn thousandths(value: f32) -> f32 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn embedding(values: [i32; 8]) -> Embedding {
        Embedding::new(&values.map(|value| value as f32)).expect("a direction")
    }

    #[test]
    fn the_nearest_come_first_and_equal_ones_by_key() {
        let index = EmbeddingIndex::new(
            8,
            [
                ("far", embedding([0, 0, 0, 0, 0, 0, 0, 9])),
                ("b", embedding([9, 1, 0, 0, 0, 0, 0, 0])),
                ("a", embedding([9, 1, 0, 0, 0, 0, 0, 0])),
                ("same", embedding([5, 0, 0, 0, 0, 0, 0, 0])),
            ],
        );
        let hits = index.nearest(&embedding([1, 0, 0, 0, 0, 0, 0, 0]), 0.5, 10);
        assert_eq!(hits.iter().map(|hit| hit.key).collect::<Vec<_>>(), ["same", "a", "b"]);
        assert_eq!((hits[0].similarity, hits[0].score), (1.0, 1.0));
        assert!(hits[1].score < 1.0 && hits[1].score > 0.5);
        assert_eq!(index.nearest(&embedding([1, 0, 0, 0, 0, 0, 0, 0]), 0.5, 1).len(), 1);
        assert!(index.nearest(&Embedding::new(&[1.0; 9]).expect("a direction"), -1.0, 10).is_empty());
    }

    #[test]
    fn the_threshold_scores_a_half() {
        assert_eq!(score(0.7, 0.7), 0.5);
        assert_eq!(score(1.0, 0.7), 1.0);
        assert_eq!(thousandths(score(0.85, 0.7)), 0.75);
    }

    #[test]
    fn an_empty_index_and_one_of_strange_dimensions_find_nothing() {
        let empty = EmbeddingIndex::<u32>::new(8, []);
        assert!(empty.is_empty() && empty.nearest(&embedding([1; 8]), -1.0, 5).is_empty());
        let strange = EmbeddingIndex::new(0, [(1_u32, embedding([1; 8]))]);
        assert!(strange.is_empty() && strange.nearest(&embedding([1; 8]), -1.0, 5).is_empty());
    }

    #[test]
    fn a_large_change_lays_the_rows_down_anew_and_keeps_them_all() {
        let many = (0..5000_i32).map(|key| (key, embedding([key % 50 + 1, key % 7, key % 11, 1, 0, 0, 0, 0])));
        let index = EmbeddingIndex::new(8, many);
        let removed: Vec<i32> = (0..3000).collect();
        let changed = index.changed(&removed, [(7000, embedding([0, 0, 0, 0, 0, 0, 0, 1]))]);
        assert_eq!((index.len(), changed.len()), (5000, 2001));
        assert!(changed.removed.is_empty() && changed.loose.keys.is_empty());
    }

    proptest! {
        #[test]
        fn an_index_reached_by_steps_finds_what_one_built_at_once_does(
            steps in prop::collection::vec((prop::collection::vec(0_u8..20, 0..5),
                prop::collection::vec((0_u8..20, prop::array::uniform8(-9_i32..9)), 0..5)), 1..8),
            query in prop::array::uniform8(-9_i32..9),
        ) {
            let made = |values: [i32; 8]| Embedding::new(&values.map(|value| value as f32)).ok();
            let Some(query) = made(query) else { return Ok(()) };
            let mut index = EmbeddingIndex::new(8, []);
            let mut plain = BTreeMap::new();
            for (removed, added) in steps {
                let added: Vec<(u8, Embedding)> =
                    added.into_iter().filter_map(|(key, values)| Some((key, made(values)?))).collect();
                index = index.changed(&removed, added.clone());
                plain.retain(|key, _| !removed.contains(key));
                plain.extend(added);
            }
            prop_assert_eq!(index.len(), plain.len());
            let at_once = EmbeddingIndex::new(8, plain.clone());
            prop_assert_eq!(index.nearest(&query, -0.2, 6), at_once.nearest(&query, -0.2, 6));
            let all = index.nearest(&query, -1.0, 100);
            prop_assert_eq!(all.len(), plain.len());
            for hit in all {
                let exact = plain[&hit.key].similarity(&query).expect("eight dimensions");
                prop_assert!((hit.similarity - exact).abs() <= 0.0006);
            }
        }
    }
}
