//! The tokens of an index, and the keys under which a spelling of one is found.

use ahash::{HashMap, RandomState};

use super::compare::Shape;
use super::read::Token;
use super::script::Writing;
use super::sound::sound_key;

/// A token's place in the lexicon.
pub type TokenId = u32;

/// Most tokens that are looked at for one key: common consonants are shared by hundreds.
const MOST_UNDER_KEY: usize = 400;

/// Hashes that are the same in every run.
pub fn fixed_hasher() -> RandomState {
    RandomState::with_seeds(0x6e61_6d65, 0x7320_6172, 0x6520_6c69, 0x6b65_2121)
}

/// From a 32-bit key to many values; values of different keys may share one, so who asks verifies.
#[derive(Debug, Default, Clone)]
pub struct KeyMap {
    heads: HashMap<u32, u32>,
    nodes: Vec<(u32, u32)>,
}

impl KeyMap {
    const END: u32 = u32::MAX;

    /// Puts `value` under `key`.
    pub fn insert(&mut self, key: u32, value: u32) {
        let node = self.nodes.len() as u32;
        let next = self.heads.insert(key, node).unwrap_or(Self::END);
        self.nodes.push((value, next));
    }

    /// The values under `key`, newest first.
    pub fn get(&self, key: u32) -> impl Iterator<Item = u32> {
        let mut at = self.heads.get(&key).copied().unwrap_or(Self::END);
        std::iter::from_fn(move || {
            let (value, next) = *self.nodes.get(at as usize)?;
            at = next;
            Some(value)
        })
    }
}

/// A token of the index.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What is compared.
    pub shape: Shape,
    /// Live parties with a name that holds it.
    pub parties: u32,
    /// Natural logarithm of that number.
    pub log_parties: f32,
}

/// All tokens of an index.
#[derive(Debug, Clone)]
pub struct Lexicon {
    hasher: RandomState,
    entries: Vec<Entry>,
    keys: KeyMap,
}

/// What a key was made of, so that keys of different sorts do not meet.
#[derive(Clone, Copy)]
enum Sort {
    Sound = 1,
    Consonants = 2,
    Family = 3,
    Letters = 4,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self { hasher: fixed_hasher(), entries: Vec::new(), keys: KeyMap::default() }
    }
}

impl Lexicon {
    /// The entry of a token.
    pub fn entry(&self, id: TokenId) -> &Entry {
        &self.entries[id as usize]
    }

    /// Counts one party more, or one less, that bears a token.
    pub fn count(&mut self, id: TokenId, more: bool) {
        let entry = &mut self.entries[id as usize];
        entry.parties = if more { entry.parties + 1 } else { entry.parties.saturating_sub(1) };
        entry.log_parties = (entry.parties.max(1) as f32).ln();
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The token's place, if it is in the lexicon.
    pub fn id_of(&self, shape: &Shape) -> Option<TokenId> {
        self.keys.get(self.key(Sort::Sound, &shape.sound)).find(|id| self.entry(*id).shape == *shape)
    }

    /// The token's place; it is added where it is new.
    pub fn intern(&mut self, token: &Token) -> TokenId {
        let shape = Shape::of(token);
        if let Some(id) = self.id_of(&shape) {
            return id;
        }
        let id = self.entries.len() as TokenId;
        for key in self.keys_of(&shape, true) {
            self.keys.insert(key, id);
        }
        self.entries.push(Entry { shape, parties: 0, log_parties: 0.0 });
        id
    }

    /// Tokens that may be spellings of `shape`, each once; most of them are when compared.
    pub fn near(&self, shape: &Shape, found: &mut Vec<TokenId>) {
        found.clear();
        for key in self.keys_of(shape, true) {
            found.extend(self.keys.get(key).take(if shape.writing == Writing::Consonants {
                4 * MOST_UNDER_KEY
            } else {
                MOST_UNDER_KEY
            }));
        }
        found.sort_unstable();
        found.dedup();
    }

    /// Tokens that sound exactly like `sound`.
    pub fn sounding(&self, sound: &[u8]) -> impl Iterator<Item = TokenId> {
        self.keys.get(self.key(Sort::Sound, sound)).take(MOST_UNDER_KEY)
    }

    /// Tokens with exactly these consonants.
    pub fn with_consonants(&self, consonants: &[u8]) -> impl Iterator<Item = TokenId> {
        self.keys.get(self.key(Sort::Consonants, consonants)).take(MOST_UNDER_KEY)
    }

    /// A hash that is the same in every run.
    pub fn hash(&self, bytes: &[u8]) -> u32 {
        self.hasher.hash_one(bytes) as u32
    }

    /// The entry with exactly these letters, whatever it says.
    pub fn id_of_text(&self, text: &[u8]) -> Option<TokenId> {
        let word = std::str::from_utf8(text).ok()?;
        let sound = if word.starts_with('=') { text.to_vec() } else { sound_key(word) };
        self.keys.get(self.key(Sort::Sound, &sound)).find(|id| *self.entry(*id).shape.text == *text)
    }

    fn key(&self, sort: Sort, bytes: &[u8]) -> u32 {
        self.hasher.hash_one((sort as u8, bytes)) as u32
    }

    /// All keys of a token. With `deletions`, also those of its sounds with one left out.
    fn keys_of(&self, shape: &Shape, deletions: bool) -> Vec<u32> {
        let sound = &shape.sound[..];
        let mut keys = vec![self.key(Sort::Sound, sound)];
        if deletions && sound.len() >= 4 && !shape.is_fixed() {
            let mut shorter = sound[1..].to_vec();
            keys.push(self.key(Sort::Sound, &shorter));
            for (left_out, before) in (1..sound.len()).zip(sound) {
                shorter[left_out - 1] = *before;
                keys.push(self.key(Sort::Sound, &shorter));
            }
        }
        // A slip within "sh" or "kh" changes the sounds more than the letters.
        if deletions && shape.text.len() >= 5 && shape.text.contains(&b'h') && !shape.is_fixed() {
            let mut shorter = shape.text[1..].to_vec();
            keys.push(self.key(Sort::Letters, &shorter));
            for (left_out, before) in (1..shape.text.len()).zip(shape.text.iter()) {
                shorter[left_out - 1] = *before;
                keys.push(self.key(Sort::Letters, &shorter));
            }
        }
        if shape.consonants.len() >= 2 && !shape.is_fixed() {
            keys.push(self.key(Sort::Consonants, &shape.consonants));
        }
        let families = shape.families.iter().filter(|family| family.0 != 0);
        keys.extend(families.map(|family| self.key(Sort::Family, &family.0.to_le_bytes())));
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}
