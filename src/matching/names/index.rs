//! The index of all parties' names. It takes additions and removals one by one.

use std::ops::Range;
use std::sync::Arc;

use ahash::HashMap;

use super::learn::Learned;
use super::lexicon::{KeyMap, Lexicon, TokenId};
use super::model::{MAX_NAMES, NameKind, Party, PartyFacts, PartyKind};
use super::read::read;
use super::sound::sound_key;

/// One reading of one name.
#[derive(Debug, Clone)]
pub(super) struct NameRow {
    pub party: u32,
    /// Which of the party's names.
    pub name: u16,
    pub tokens: Range<u32>,
    pub kind: NameKind,
}

/// A party as it is kept.
#[derive(Debug, Clone)]
pub(super) struct PartyRow {
    pub id: Arc<str>,
    pub kind: PartyKind,
    pub names: Box<[(Box<str>, NameKind)]>,
    pub facts: Option<Box<PartyFacts>>,
    pub rows: Range<u32>,
    pub alive: bool,
    /// A hash of the id: an order that does not depend on when the party was added.
    pub order: u32,
}

/// Names of parties, to be searched by resemblance.
///
/// The same parties and the same learned variants give the same answers, whether they were
/// given at once or added and removed one by one.
#[derive(Debug, Clone, Default)]
pub struct NameIndex {
    pub(super) lexicon: Lexicon,
    pub(super) postings: Vec<Vec<u32>>,
    pub(super) rows: Vec<NameRow>,
    pub(super) tokens: Vec<TokenId>,
    pub(super) parties: Vec<PartyRow>,
    pub(super) joins: KeyMap,
    pub(super) learned: Arc<Learned>,
    by_id: HashMap<Arc<str>, u32>,
    alive: u32,
}

impl NameIndex {
    /// An index of `parties` that has learned variants from their own aliases. Of two parties
    /// with one id the later counts.
    pub fn build(parties: impl IntoIterator<Item = Party>) -> Self {
        let mut index = Self::default();
        for party in parties {
            index.add(&party);
        }
        index.learn();
        index
    }

    /// Learns variants anew from the aliases of all parties now in the index.
    pub fn learn(&mut self) {
        self.learned = Arc::new(Learned::from_aliases(self));
    }

    /// Number of parties.
    pub fn len(&self) -> usize {
        self.alive as usize
    }

    /// Whether there is no party.
    pub fn is_empty(&self) -> bool {
        self.alive == 0
    }

    /// Adds a party, or puts it in the place of the one with its id. A party without a
    /// readable name is in the index, but is never found; answers whether it can be found.
    pub fn add(&mut self, party: &Party) -> bool {
        self.remove(&party.id);
        let number = self.parties.len() as u32;
        let first = self.rows.len() as u32;
        for (place, name) in party.names.iter().take(MAX_NAMES).enumerate() {
            for reading in read(&name.name, party.kind) {
                let from = self.tokens.len() as u32;
                for token in &reading.tokens {
                    let id = self.lexicon.intern(token);
                    self.tokens.push(id);
                }
                let row = NameRow {
                    party: number,
                    name: place as u16,
                    tokens: from..self.tokens.len() as u32,
                    kind: name.kind,
                };
                if reading.tokens.len() > 1 {
                    for squashed in std::iter::once(&reading.squashed).chain(&reading.turned) {
                        let key = self.join_key(squashed.as_bytes());
                        self.joins.insert(key, self.rows.len() as u32);
                    }
                }
                self.rows.push(row);
            }
        }
        let rows = first..self.rows.len() as u32;
        self.post(rows.clone());
        let id: Arc<str> = party.id.as_str().into();
        let found = !rows.is_empty();
        let facts = (party.facts != PartyFacts::default()).then(|| Box::new(party.facts.clone()));
        let names = party.names.iter().take(MAX_NAMES).map(|name| (name.name.as_str().into(), name.kind)).collect();
        let order = self.lexicon.hash(id.as_bytes());
        self.by_id.insert(id.clone(), number);
        self.parties.push(PartyRow { id, kind: party.kind, names, facts, rows, alive: true, order });
        self.alive += 1;
        found
    }

    /// Takes a party out; answers whether it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(number) = self.by_id.remove(id) else {
            return false;
        };
        let party = &mut self.parties[number as usize];
        party.alive = false;
        party.names = Box::default();
        party.facts = None;
        let rows = party.rows.clone();
        for token in self.tokens_of(rows) {
            self.lexicon.count(token, false);
        }
        self.alive -= 1;
        if self.parties.len() > 1_000 && (self.alive as usize) < self.parties.len() * 7 / 8 {
            self.compact();
        }
        true
    }

    /// The party with this id, as it was given.
    pub fn party(&self, id: &str) -> Option<Party> {
        self.by_id.get(id).map(|number| self.given(&self.parties[*number as usize]))
    }

    /// Natural logarithm of the number of live parties. A short list says little about what is rare.
    pub(super) fn log_population(&self) -> f32 {
        (self.alive.max(1_000) as f32).ln()
    }

    /// Key of neighbouring tokens that may be written as one.
    pub(super) fn join_key(&self, letters: &[u8]) -> u32 {
        self.lexicon.hash(letters)
    }

    fn given(&self, row: &PartyRow) -> Party {
        let names =
            row.names.iter().map(|(name, kind)| super::model::PartyName { name: name.to_string(), kind: *kind });
        let facts = row.facts.as_deref().cloned().unwrap_or_default();
        Party { id: row.id.to_string(), kind: row.kind, names: names.collect(), facts }
    }

    /// Enters rows under their tokens and their joined neighbours.
    fn post(&mut self, rows: Range<u32>) {
        self.postings.resize(self.lexicon.len(), Vec::new());
        for row in rows.clone() {
            let range = self.rows[row as usize].tokens.clone();
            let tokens = &self.tokens[range.start as usize..range.end as usize];
            for &token in tokens {
                let posting = &mut self.postings[token as usize];
                if posting.last() != Some(&row) {
                    posting.push(row);
                }
            }
            let pairs = if tokens.len() > 2 { tokens.len() } else { tokens.len().saturating_sub(1) };
            for place in 0..pairs {
                let text = |token: TokenId| &self.lexicon.entry(token).shape.text;
                let joined = [text(tokens[place]).as_ref(), text(tokens[(place + 1) % tokens.len()])].concat();
                if let Ok(joined) = std::str::from_utf8(&joined) {
                    let key = self.join_key(&sound_key(joined));
                    self.joins.insert(key, row);
                }
            }
        }
        for token in self.tokens_of(rows) {
            self.lexicon.count(token, true);
        }
    }

    /// The different tokens of some rows.
    pub(super) fn tokens_of(&self, rows: Range<u32>) -> Vec<TokenId> {
        let rows = &self.rows[rows.start as usize..rows.end as usize];
        let mut tokens: Vec<TokenId> = rows
            .iter()
            .flat_map(|row| &self.tokens[row.tokens.start as usize..row.tokens.end as usize])
            .copied()
            .collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }

    /// Builds everything anew without what was removed.
    fn compact(&mut self) {
        let mut index = Self { learned: self.learned.clone(), ..Self::default() };
        for row in self.parties.iter().filter(|row| row.alive) {
            index.add(&self.given(row));
        }
        *self = index;
    }
}
