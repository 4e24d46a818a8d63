//! Writing out why a name was found.

use super::align::Run;
use super::index::NameIndex;
use super::model::{NameHit, NameKind, NameQuery, PartyKind, Signal, TokenLeft, TokenMatch, Why};
use super::search::{Aligned, AskedReading, RESPACED, Scratch, kinds_differ, weighed};
use super::signals::compare_facts;
use super::weights::WEIGHTS;

impl NameIndex {
    /// Writes out why a name was found.
    pub(super) fn hit(
        &self,
        query: &NameQuery,
        reading: &AskedReading,
        aligned: &Aligned,
        scratch: &mut Scratch,
    ) -> NameHit {
        let asked = &reading.tokens;
        let query_side = weighed(asked);
        scratch.known.clear();
        self.align(asked, &query_side, aligned.row, scratch);
        let row = &self.rows[aligned.row as usize];
        let party = &self.parties[row.party as usize];
        let tokens = &self.tokens[row.tokens.start as usize..row.tokens.end as usize];
        let log_population = self.log_population();
        let listed_text =
            |index: usize| String::from_utf8_lossy(&self.lexicon.entry(tokens[index]).shape.text).into_owned();
        let join = |run: Run, text: &dyn Fn(usize) -> String| {
            std::iter::once(run.from).chain(run.with).map(|index| text(index as usize)).collect::<Vec<_>>().join(" ")
        };
        let asked_text = |index: usize| asked[index].token.written.clone();
        let board = &scratch.board;
        let mut matched: Vec<(u8, TokenMatch)> = board
            .pairs
            .iter()
            .map(|pair| {
                let told = TokenMatch {
                    query: join(pair.query, &asked_text),
                    listed: join(pair.listed, &listed_text),
                    how: pair.how,
                    likeness: rounded(pair.likeness),
                    weight: rounded(pair.weight),
                };
                (pair.query.from, told)
            })
            .collect();
        matched.sort_by_key(|(from, _)| *from);
        let left = |taken: &[bool], told: &dyn Fn(usize) -> (String, f32)| -> Vec<TokenLeft> {
            let free = taken.iter().enumerate().filter(|(_, taken)| !**taken);
            free.map(|(index, _)| told(index))
                .map(|(token, weight)| TokenLeft { token, weight: rounded(weight) })
                .collect()
        };
        let query_only = left(&board.query_taken, &|index| (asked_text(index), asked[index].weight));
        let listed_only =
            left(&board.listed_taken, &|index| (listed_text(index), self.listed_weight(tokens[index], log_population)));
        let mut signals = self.signals(query, row.kind, party.kind, row.party);
        if reading.respaced {
            let says = format!(
                "read as {}, written without these spaces",
                asked.iter().map(|asked| asked.token.written.as_str()).collect::<Vec<_>>().join(" ")
            );
            signals.push(Signal { says, adds: WEIGHTS.score.lost() * RESPACED });
        }
        NameHit {
            id: party.id.to_string(),
            score: aligned.score,
            name: party.names[row.name as usize].0.to_string(),
            why: Why { matched: matched.into_iter().map(|(_, told)| told).collect(), query_only, listed_only, signals },
        }
    }

    fn signals(&self, query: &NameQuery, name: NameKind, kind: PartyKind, party: u32) -> Vec<Signal> {
        let mut signals = Vec::new();
        if name == NameKind::Weak {
            signals.push(Signal { says: "the list calls this alias weak".to_owned(), adds: WEIGHTS.score.weak() });
        }
        if kinds_differ(query.kind, kind) {
            signals.push(Signal { says: "another sort of party is listed".to_owned(), adds: WEIGHTS.score.kind() });
        }
        if let Some(facts) = &self.parties[party as usize].facts {
            signals.extend(compare_facts(&query.facts, facts));
        }
        signals
    }
}

fn rounded(value: f32) -> f32 {
    (value * 1_000.0).round() / 1_000.0
}
