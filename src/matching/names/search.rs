//! Finding the parties that an asked name may mean.

use ahash::HashMap;

use super::align::{Board, Measures, Weighed};
use super::compare::{Shape, likeness};
use super::index::NameIndex;
use super::lexicon::TokenId;
use super::model::{How, NameHit, NameKind, NameQuery, PartyFacts, PartyKind};
use super::read::{Reading, Token, read};
use super::script::Writing;
use super::signals::compare_facts;
use super::sound::{consonant_key, sound_key};
use super::weights::{Circumstances, WEIGHTS, features, probability};

/// Names that are aligned for one reading, in an index of up to [`SMALL`] parties.
const CANDIDATES: usize = 64;
/// As many more are aligned for each doubling beyond this size, because more names are near by chance.
const SMALL: usize = 32_768;
/// Weight of tokens after which a token that many bear is left to the alignment: going through
/// thousands of names would change the order of candidates little.
const ENOUGH_SPOKEN: f32 = 1.3;
/// Parties from which on that is worth it.
const MANY_PARTIES: u32 = 1_500;
/// Most names with exactly the asked letters that are compared beside the others.
const MOST_SAME: usize = 50;
/// Share of the most promising name's common weight that a candidate has at least.
const LEAST_SHARE: f32 = 0.3;
/// Most spellings of one asked token that are followed.
const MOST_VARIANTS: usize = 48;
/// Names that all spellings of one asked token may bring: bounds the time of a flood of common tokens.
const MOST_POSTINGS: usize = 120_000;
/// Hits below this are not worth a look.
const LEAST_SCORE: f32 = 0.01;

/// Working memory of a search, kept between searches of one thread.
#[derive(Default)]
pub struct Scratch {
    collected: Vec<f32>,
    stamps: Vec<u32>,
    stamp: u32,
    touched: Vec<u32>,
    near: Vec<TokenId>,
    pub(super) known: HashMap<(u8, TokenId), Option<(f32, How)>>,
    pub(super) board: Board,
}

/// An asked token.
pub(super) struct Asked {
    pub token: Token,
    pub shape: Shape,
    pub weight: f32,
    known: bool,
    parties: u32,
    /// Variants that the list taught.
    learned: Vec<(TokenId, f32)>,
}

/// One way to read the query.
pub(super) struct AskedReading {
    pub tokens: Vec<Asked>,
    /// All letters without spaces.
    squashed: String,
    /// The words were written together or cut otherwise than a listed name's.
    pub respaced: bool,
}

/// What writing words together costs: a share of the weight, as a slight misspelling.
pub(super) const RESPACED: f32 = 0.03;

/// An aligned name.
pub(super) struct Aligned {
    pub row: u32,
    reading: usize,
    pub score: f32,
}

impl NameIndex {
    /// The parties whose names resemble the asked one, best first, at most `limit`.
    pub fn search(&self, query: &NameQuery, limit: usize, scratch: &mut Scratch) -> Vec<NameHit> {
        let readings = self.readings(query);
        let mut best: Vec<Aligned> = Vec::new();
        for (number, reading) in readings.iter().enumerate() {
            self.align_candidates(query, number, reading, scratch, &mut best);
        }
        let by_rank = |one: &Aligned, other: &Aligned| {
            let (left, right) = (&self.rows[one.row as usize], &self.rows[other.row as usize]);
            let ids = |party: u32| &self.parties[party as usize].id;
            other
                .score
                .total_cmp(&one.score)
                .then_with(|| ids(left.party).cmp(ids(right.party)))
                .then(left.name.cmp(&right.name))
        };
        best.sort_unstable_by(by_rank);
        let mut seen: Vec<u32> = Vec::with_capacity(limit);
        best.retain(|aligned| {
            let party = self.rows[aligned.row as usize].party;
            let fresh = seen.len() < limit && !seen.contains(&party);
            if fresh {
                seen.push(party);
            }
            fresh
        });
        best.iter().map(|aligned| self.hit(query, &readings[aligned.reading], aligned, scratch)).collect()
    }

    /// All ways to read the query; first as it is written.
    fn readings(&self, query: &NameQuery) -> Vec<AskedReading> {
        let mut readings = Vec::new();
        for reading in read(&query.name, query.kind) {
            let tokens = self.weigh(reading.tokens);
            let respaced = match tokens.iter().any(|asked| !asked.known) {
                true => self.respaced(&reading.squashed),
                false => None,
            };
            let squashed = reading.squashed;
            readings.push(AskedReading { tokens, squashed: squashed.clone(), respaced: false });
            readings.extend(respaced.map(|tokens| AskedReading {
                tokens: self.weigh(tokens),
                squashed,
                respaced: true,
            }));
        }
        readings
    }

    /// The tokens of a listed name with exactly these letters, cut as that name is.
    fn respaced(&self, squashed: &str) -> Option<Vec<Token>> {
        let rows = self.joins.get(self.join_key(squashed.as_bytes())).take(50);
        rows.filter_map(|row| {
            let row = &self.rows[row as usize];
            let party = &self.parties[row.party as usize];
            let (name, _) = party.names.get(row.name as usize)?;
            let same = |reading: &Reading| reading.squashed == squashed || reading.turned.as_deref() == Some(squashed);
            read(name, party.kind).into_iter().find(same).map(|reading| (party.id.clone(), reading.tokens))
        })
        .min_by(|one, other| one.0.cmp(&other.0))
        .map(|(_, tokens)| tokens)
    }

    fn weigh(&self, tokens: Vec<Token>) -> Vec<Asked> {
        let weigh = |token: Token| {
            let shape = Shape::of(&token);
            let parties = self.lexicon.id_of(&shape).map_or(0, |id| self.lexicon.entry(id).parties);
            let log_parties = (parties > 0).then(|| (parties as f32).ln());
            let weight = WEIGHTS.tokens.weight(shape.class, log_parties, self.log_population());
            let variants = self.learned.variants(&shape.text).iter();
            let learned =
                variants.filter_map(|(text, likeness)| Some((self.lexicon.id_of_text(text)?, *likeness))).collect();
            Asked { token, shape, weight, known: parties > 0, parties, learned }
        };
        tokens.into_iter().map(weigh).collect()
    }

    pub(super) fn listed_weight(&self, id: TokenId, log_population: f32) -> f32 {
        let entry = self.lexicon.entry(id);
        WEIGHTS.tokens.weight(entry.shape.class, Some(entry.log_parties), log_population)
    }

    /// Aligns the most promising names with one reading of the query.
    fn align_candidates(
        &self,
        query: &NameQuery,
        reading: usize,
        asked: &AskedReading,
        scratch: &mut Scratch,
        best: &mut Vec<Aligned>,
    ) {
        self.collect(&asked.tokens, scratch);
        let mut promising = self.most_promising(scratch);
        // The very same letters are always compared, even where every word is a common one.
        let same = self.joins.get(self.join_key(asked.squashed.as_bytes())).take(MOST_SAME);
        let alive = |row: &u32| self.parties[self.rows[*row as usize].party as usize].alive;
        let missed: Vec<u32> = same.filter(|row| alive(row) && !promising.contains(row)).collect();
        promising.extend(missed);
        let query_side = weighed(&asked.tokens);
        for row in promising {
            let mut sum = self.align(&asked.tokens, &query_side, row, scratch);
            if asked.respaced {
                sum.lost += RESPACED * sum.matched;
            }
            let name = &self.rows[row as usize];
            let around = Circumstances {
                weak: name.kind == NameKind::Weak,
                other_kind: kinds_differ(query.kind, self.parties[name.party as usize].kind),
                length: name.tokens.len(),
            };
            let features = features(&sum, around);
            let facts = self.facts_log_odds(query, name.party);
            let score = probability(WEIGHTS.score.log_odds(&features) + facts);
            if score >= LEAST_SCORE {
                best.push(Aligned { row, reading, score });
            }
        }
    }

    fn facts_log_odds(&self, query: &NameQuery, party: u32) -> f32 {
        match &self.parties[party as usize].facts {
            Some(facts) if query.facts != PartyFacts::default() => {
                compare_facts(&query.facts, facts).iter().map(|signal| signal.adds).sum()
            }
            _ => 0.0,
        }
    }

    /// Lays the reading beside a row; leaves the pairs on the board.
    pub(super) fn align(
        &self,
        tokens_asked: &[Asked],
        query_side: &[Weighed],
        row: u32,
        scratch: &mut Scratch,
    ) -> Measures {
        let range = self.rows[row as usize].tokens.clone();
        let tokens = &self.tokens[range.start as usize..range.end as usize];
        let log_population = self.log_population();
        scratch.board.cells.clear();
        for (place, asked) in tokens_asked.iter().enumerate() {
            for &token in tokens {
                let found = scratch.known.entry((place as u8, token)).or_insert_with(|| self.likeness(asked, token));
                scratch.board.cells.push(*found);
            }
        }
        let listed: Vec<Weighed> = tokens
            .iter()
            .map(|token| Weighed {
                shape: &self.lexicon.entry(*token).shape,
                weight: self.listed_weight(*token, log_population),
                known: true,
            })
            .collect();
        scratch.board.align(query_side, &listed)
    }

    fn likeness(&self, asked: &Asked, token: TokenId) -> Option<(f32, How)> {
        let spelled = likeness(&asked.shape, &self.lexicon.entry(token).shape);
        let learned = asked.learned.iter().find(|(variant, _)| *variant == token).map(|(_, likeness)| *likeness);
        match (spelled, learned) {
            (Some((spelled, _)), Some(learned)) if learned > spelled => Some((learned, How::Variant)),
            (None, Some(learned)) => Some((learned, How::Variant)),
            (spelled, _) => spelled,
        }
    }

    /// Sums, for every name, what its tokens have in common with the asked ones.
    fn collect(&self, asked: &[Asked], scratch: &mut Scratch) {
        scratch.collected.resize(self.rows.len(), 0.0);
        scratch.stamps.resize(self.rows.len(), 0);
        scratch.touched.clear();
        scratch.known.clear();
        let mut order: Vec<usize> = (0..asked.len()).collect();
        order.sort_by(|one, other| asked[*other].weight.total_cmp(&asked[*one].weight).then(one.cmp(other)));
        let first = scratch.stamp + 1;
        let mut spoken = 0.0;
        for place in order {
            let current = &asked[place];
            // What nearly every name has tells none apart, once something else has spoken.
            let told = if spoken >= 0.8 { 0.13 } else { 0.06 };
            let costly = spoken >= ENOUGH_SPOKEN && current.parties > MANY_PARTIES;
            if (costly || current.weight < told) && !scratch.touched.is_empty() {
                continue;
            }
            spoken += current.weight;
            scratch.stamp += 1;
            self.collect_token(place, current, first, scratch);
        }
        let log_population = self.log_population();
        for (place, pair) in asked.windows(2).enumerate() {
            let joined = format!("{}{}", pair[0].token.text, pair[1].token.text);
            let weight = pair[0].weight + pair[1].weight;
            scratch.stamp += 1;
            let written_out = pair.iter().all(|asked| asked.shape.writing != Writing::Consonants);
            let tokens: Vec<TokenId> = match written_out {
                true => self.lexicon.sounding(&sound_key(&joined)).take(MOST_VARIANTS).collect(),
                false => self.lexicon.with_consonants(&consonant_key(&joined)).take(MOST_VARIANTS).collect(),
            };
            for token in tokens {
                let weight = weight.min(self.listed_weight(token, log_population) + 0.1);
                debug_assert!(place < asked.len());
                self.add_rows(self.postings[token as usize].iter().copied(), weight, first, scratch);
            }
        }
    }

    fn collect_token(&self, place: usize, asked: &Asked, first: u32, scratch: &mut Scratch) {
        let log_population = self.log_population();
        let mut near = std::mem::take(&mut scratch.near);
        self.lexicon.near(&asked.shape, &mut near);
        near.extend(
            asked
                .learned
                .iter()
                .map(|(token, _)| *token)
                .filter(|token| near.binary_search(token).is_err())
                .collect::<Vec<_>>(),
        );
        let mut variants: Vec<(f32, TokenId)> = Vec::with_capacity(near.len().min(64));
        for &token in &near {
            if self.lexicon.entry(token).parties == 0 {
                continue;
            }
            let found = self.likeness(asked, token);
            if let Some((likeness, _)) = found {
                scratch.known.insert((place as u8, token), found);
                let weight = if asked.known { asked.weight } else { self.listed_weight(token, log_population) };
                variants.push((likeness * likeness * weight, token));
            }
        }
        scratch.near = near;
        let text = |token: TokenId| &self.lexicon.entry(token).shape.text;
        variants.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then_with(|| text(one.1).cmp(text(other.1))));
        variants.truncate(MOST_VARIANTS);
        let mut budget = MOST_POSTINGS;
        for (weight, token) in variants {
            let rows = &self.postings[token as usize];
            self.add_rows(rows.iter().copied(), weight, first, scratch);
            budget = budget.saturating_sub(rows.len());
            if budget == 0 {
                break;
            }
        }
        if asked.token.text.len() >= 5 && !asked.shape.is_fixed() {
            let rows = self.joins.get(self.join_key(&asked.shape.sound)).take(2_000);
            self.add_rows(rows, asked.weight, first, scratch);
        }
    }

    /// Adds `weight` to rows that the current token has not reached yet.
    fn add_rows(&self, rows: impl Iterator<Item = u32>, weight: f32, first: u32, scratch: &mut Scratch) {
        for row in rows {
            let (stamp, collected) = (&mut scratch.stamps[row as usize], &mut scratch.collected[row as usize]);
            if *stamp < first {
                *collected = weight;
                scratch.touched.push(row);
            } else if *stamp < scratch.stamp {
                *collected += weight;
            } else {
                continue;
            }
            *stamp = scratch.stamp;
        }
    }

    /// The rows with the most in common with the query.
    fn most_promising(&self, scratch: &mut Scratch) -> Vec<u32> {
        let collected = &scratch.collected;
        let heaviest = scratch.touched.iter().map(|row| collected[*row as usize]).fold(0.0, f32::max);
        let value = |row: u32| collected[row as usize] - 0.02 * self.rows[row as usize].tokens.len() as f32;
        let party = |row: u32| &self.parties[self.rows[row as usize].party as usize];
        let near = scratch.touched.iter().filter(|row| collected[**row as usize] >= LEAST_SHARE * heaviest);
        let mut ranked: Vec<(f32, u32)> =
            near.filter(|row| party(**row).alive).map(|row| (value(*row), *row)).collect();
        let by_rank = |one: &(f32, u32), other: &(f32, u32)| {
            let place = |row: u32| (party(row).order, self.rows[row as usize].name, row);
            other.0.total_cmp(&one.0).then_with(|| place(one.1).cmp(&place(other.1)))
        };
        let doublings = (self.len() / SMALL).checked_ilog2().unwrap_or(0) as usize;
        let most = CANDIDATES * (1 + doublings);
        if ranked.len() > most {
            ranked.select_nth_unstable_by(most, by_rank);
            ranked.truncate(most);
        }
        ranked.into_iter().map(|(_, row)| row).collect()
    }
}

/// The asked tokens as they are aligned.
pub(super) fn weighed(asked: &[Asked]) -> Vec<Weighed<'_>> {
    asked.iter().map(|asked| Weighed { shape: &asked.shape, weight: asked.weight, known: asked.known }).collect()
}

/// Whether both sorts are told and cannot be one party's.
pub(super) fn kinds_differ(one: PartyKind, other: PartyKind) -> bool {
    one != other && one != PartyKind::Other && other != PartyKind::Other
}
