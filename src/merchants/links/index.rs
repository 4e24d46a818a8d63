//! The index: merchants come, change and go; the links of one are found among all in milliseconds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::features::{Feature, Features, Sketch};
use super::keys::{LinkKey, Token};
use super::model::{EvidenceKind, Link, MerchantRecord};
use super::pictures::{Pictures, is_particular};
use super::policy::LinkPolicy;
use super::postings::{Postings, TokenMap};
use super::score::{Shared, judge};

/// Share of a shop name's weight when it is made of words that many shops use.
const COMMON_WORDS: f64 = 0.5;

/// What is kept of a merchant: tokens, never values.
#[derive(Debug)]
struct Entry {
    id: Arc<str>,
    tokens: Box<[Token]>,
    pictures: Box<[u64]>,
    shop_words: Box<[Token]>,
}

/// All merchants by what they share.
///
/// Everything a link says follows from the merchants that are in the index at that moment,
/// whatever came and went before.
#[derive(Debug)]
pub struct LinkIndex {
    policy: Arc<LinkPolicy>,
    key: LinkKey,
    numbers: HashMap<Arc<str>, u32>,
    entries: Vec<Option<Entry>>,
    unused: Vec<u32>,
    postings: Postings,
    pictures: Pictures,
    shop_words: TokenMap<u32>,
}

impl LinkIndex {
    /// An empty index.
    pub fn new(policy: Arc<LinkPolicy>, key: LinkKey) -> Self {
        Self {
            policy,
            key,
            numbers: HashMap::new(),
            entries: Vec::new(),
            unused: Vec::new(),
            postings: Postings::default(),
            pictures: Pictures::default(),
            shop_words: TokenMap::default(),
        }
    }

    /// Number of merchants.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// About how many bytes the index takes.
    pub fn bytes(&self) -> usize {
        let own = |entry: &Entry| {
            entry.tokens.len() * 8 + entry.pictures.len() * 8 + entry.shop_words.len() * 8 + entry.id.len() + 16
        };
        let entries: usize = self.entries.iter().flatten().map(own).sum();
        let fixed = self.entries.capacity() * size_of::<Option<Entry>>() + self.numbers.capacity() * 25;
        entries + fixed + self.postings.bytes() + self.pictures.bytes() + self.shop_words.capacity() * 17
    }

    /// Takes a merchant in; one of the same id is replaced.
    pub fn add(&mut self, record: &MerchantRecord) {
        let features = Features::read(record, &self.key);
        self.add_features(&record.id, &features);
    }

    /// [`LinkIndex::add`] of what was read before with the same key.
    pub fn add_features(&mut self, id: &str, features: &Features) {
        let sketch = Sketch {
            tokens: features.values.iter().map(|feature| feature.token).collect(),
            pictures: features.pictures.clone(),
            shop_words: features.shop_words.clone(),
        };
        self.enter(id, sketch);
    }

    /// [`LinkIndex::add`] of what [`Features::sketch`] wrote; answers whether the bytes were readable.
    pub fn add_sketch(&mut self, id: &str, bytes: &[u8]) -> bool {
        let sketch = Sketch::read(bytes);
        let readable = sketch.is_some();
        self.enter(id, sketch.unwrap_or_default());
        readable
    }

    fn enter(&mut self, id: &str, sketch: Sketch) {
        self.remove(id);
        let number = self.unused.pop().unwrap_or(self.entries.len() as u32);
        let id: Arc<str> = Arc::from(id);
        let entry = Entry {
            id: Arc::clone(&id),
            tokens: sketch.tokens.into(),
            pictures: sketch.pictures.into_iter().filter(|hash| is_particular(*hash)).collect(),
            shop_words: sketch.shop_words.into(),
        };
        entry.tokens.iter().for_each(|token| self.postings.add(*token, number));
        entry.pictures.iter().for_each(|hash| self.pictures.add(*hash, number));
        entry.shop_words.iter().for_each(|word| *self.shop_words.entry(*word).or_default() += 1);
        self.numbers.insert(id, number);
        match self.entries.get_mut(number as usize) {
            Some(place) => *place = Some(entry),
            None => self.entries.push(Some(entry)),
        }
    }

    /// Reads `record` with the key of this index.
    pub fn read(&self, record: &MerchantRecord) -> Features {
        Features::read(record, &self.key)
    }

    /// Replaces what is known of a merchant; the same as [`LinkIndex::add`].
    pub fn update(&mut self, record: &MerchantRecord) {
        self.add(record);
    }

    /// Takes a merchant out; answers whether it was in.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(number) = self.numbers.remove(id) else { return false };
        let Some(entry) = self.entries[number as usize].take() else { return false };
        entry.tokens.iter().for_each(|token| self.postings.remove(*token, number));
        entry.pictures.iter().for_each(|hash| self.pictures.remove(*hash, number));
        for word in &entry.shop_words {
            if let Some(count) = self.shop_words.get_mut(word) {
                *count -= 1;
                if *count == 0 {
                    self.shop_words.remove(word);
                }
            }
        }
        self.unused.push(number);
        true
    }

    /// The links of a merchant with those in the index, strongest first; it may be in the index itself.
    ///
    /// The work is bounded: a value shared by more merchants than its kind allows is not followed.
    pub fn links_of(&self, record: &MerchantRecord) -> Vec<Link> {
        self.links_of_features(&record.id, &Features::read(record, &self.key))
    }

    /// [`LinkIndex::links_of`] of what was read before with the same key.
    pub fn links_of_features(&self, id: &str, features: &Features) -> Vec<Link> {
        let own = self.numbers.get(id).copied();
        let (mut shared, mut hints) = (BTreeMap::<u32, Vec<Shared>>::new(), features.hints.clone());
        for feature in &features.values {
            self.follow(feature, features, own, &mut shared);
        }
        self.follow_pictures(features, own, &mut shared, &mut hints);
        let mut links: Vec<Link> = shared
            .into_iter()
            .filter_map(|(number, shared)| {
                let (score, evidence) = judge(&shared, &hints, &self.policy);
                let other = self.entries[number as usize].as_ref()?;
                (score >= self.policy.reported).then(|| Link {
                    a: id.to_owned(),
                    b: other.id.to_string(),
                    score,
                    evidence,
                })
            })
            .collect();
        links.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.b.cmp(&b.b)));
        links
    }

    fn follow(
        &self,
        feature: &Feature,
        features: &Features,
        own: Option<u32>,
        shared: &mut BTreeMap<u32, Vec<Shared>>,
    ) {
        let Some(policy) = self.policy.of(feature.kind) else { return };
        let holders = self.postings.holders(feature.token);
        if holders.len() > policy.most as usize + 1 {
            return;
        }
        let others = holders.iter().filter(|holder| Some(**holder) != own);
        let sharing = others.clone().count() as u32 + 1;
        let mut weight = policy.weight * policy.hub_factor(sharing) * feature.strength;
        if feature.kind == EvidenceKind::StoreName && self.is_of_common_words(features, own, sharing) {
            weight *= COMMON_WORDS;
        }
        if weight > 0.0 {
            for holder in others {
                shared.entry(*holder).or_default().push(Shared { kind: feature.kind, hint: feature.hint, weight });
            }
        }
    }

    /// Whether every word of the shop's name is used by clearly more shops than the whole name.
    fn is_of_common_words(&self, features: &Features, own: Option<u32>, sharing: u32) -> bool {
        let count = |word: &Token| self.shop_words.get(word).copied().unwrap_or(0) + u32::from(own.is_none());
        features.shop_words.iter().all(|word| count(word) > 2 * sharing + 2)
    }

    fn follow_pictures(
        &self,
        features: &Features,
        own: Option<u32>,
        shared: &mut BTreeMap<u32, Vec<Shared>>,
        hints: &mut Vec<String>,
    ) {
        let Some(policy) = self.policy.of(EvidenceKind::Images) else { return };
        for hash in features.pictures.iter().filter(|hash| is_particular(**hash)) {
            let Some(holders) = self.pictures.holders(*hash, own, policy.most as usize) else { continue };
            let weight = policy.weight * policy.hub_factor(holders.len() as u32 + 1);
            hints.push(format!("picture {:04x}…", hash >> 48));
            for holder in holders {
                shared.entry(holder).or_default().push(Shared {
                    kind: EvidenceKind::Images,
                    hint: hints.len() - 1,
                    weight,
                });
            }
        }
    }
}
