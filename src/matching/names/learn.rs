//! Variants that a list teaches by its own aliases.
//!
//! Where two names of one party differ in one token only, the two tokens are forms of one
//! word: "zavod" and "plant", "Uladzimir" and "Vladimir". What several parties say is
//! believed; nothing is learned from queries.

use ahash::HashMap;

use super::compare::likeness;
use super::index::{NameIndex, PartyRow};
use super::lexicon::TokenId;
use super::model::NameKind;
use super::tables::Class;

/// Most readings of one party that are compared with one another.
const MOST_ROWS: usize = 12;
/// Parties that must agree on a pair.
const LEAST_SUPPORT: u32 = 2;
/// Share of the rarer token's parties that must agree.
const LEAST_SHARE: f32 = 0.06;
/// Most variants of one token.
const MOST_VARIANTS: usize = 12;

/// The letters of another form, and how alike the two are.
pub type Variant = (Box<[u8]>, f32);

/// Forms of one word, by the letters of the token.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    variants: HashMap<Box<[u8]>, Vec<Variant>>,
}

impl Learned {
    /// Learns from all aliases of an index.
    pub(super) fn from_aliases(index: &NameIndex) -> Self {
        let mut support: HashMap<(TokenId, TokenId), u32> = HashMap::default();
        let mut pairs = Vec::new();
        for party in index.parties.iter().filter(|party| party.alive && party.rows.len() > 1) {
            pairs.clear();
            collect_pairs(index, party, &mut pairs);
            pairs.sort_unstable();
            pairs.dedup();
            for pair in &pairs {
                *support.entry(*pair).or_default() += 1;
            }
        }
        let mut believed: Vec<(TokenId, TokenId, f32)> = Vec::new();
        for ((one, other), count) in support {
            let parties = |token: TokenId| index.lexicon.entry(token).parties.max(1);
            let share = count as f32 / parties(one).min(parties(other)) as f32;
            if count >= LEAST_SUPPORT && share >= LEAST_SHARE {
                let trust = share.min(0.5) + (count as f32 / 20.0).min(0.5);
                let likeness = 0.70 + 0.20 * trust;
                believed.push((one, other, likeness));
                believed.push((other, one, likeness));
            }
        }
        Self::of(index, believed)
    }

    fn of(index: &NameIndex, mut believed: Vec<(TokenId, TokenId, f32)>) -> Self {
        let text = |token: TokenId| &index.lexicon.entry(token).shape.text;
        believed.sort_by(|one, other| {
            other
                .2
                .total_cmp(&one.2)
                .then_with(|| text(one.0).cmp(text(other.0)))
                .then_with(|| text(one.1).cmp(text(other.1)))
        });
        let mut variants: HashMap<Box<[u8]>, Vec<Variant>> = HashMap::default();
        for (one, other, likeness) in believed {
            let known = variants.entry(text(one).clone()).or_default();
            if known.len() < MOST_VARIANTS {
                known.push((text(other).clone(), likeness));
            }
        }
        Self { variants }
    }

    /// The learned variants of a token and how alike they are.
    pub fn variants(&self, text: &[u8]) -> &[Variant] {
        self.variants.get(text).map_or(&[], Vec::as_slice)
    }
}

/// The pairs of tokens in which two names of a party differ, when they differ in one only.
fn collect_pairs(index: &NameIndex, party: &PartyRow, pairs: &mut Vec<(TokenId, TokenId)>) {
    let rows: Vec<&[TokenId]> = index.rows[party.rows.start as usize..party.rows.end as usize]
        .iter()
        .filter(|row| row.kind != NameKind::Weak && row.tokens.len() > 1)
        .take(MOST_ROWS)
        .map(|row| &index.tokens[row.tokens.start as usize..row.tokens.end as usize])
        .collect();
    let telling = |token: &TokenId| {
        let class = index.lexicon.entry(*token).shape.class;
        matches!(class, Class::Ordinary | Class::Business | Class::Place | Class::Title)
    };
    let missing = |from: &[TokenId], other: &[TokenId]| -> Vec<TokenId> {
        from.iter().filter(|token| telling(token) && !other.contains(token)).copied().take(4).collect()
    };
    for (place, one) in rows.iter().enumerate() {
        for other in &rows[place + 1..] {
            let (left, right) = (missing(one, other), missing(other, one));
            let shared = one.iter().any(|token| telling(token) && other.contains(token));
            if !shared || left.len() != right.len() || left.len() > 3 {
                continue;
            }
            // Several differences in the same order: each with its counterpart.
            for (one, other) in left.iter().zip(&right) {
                let alike = likeness(&index.lexicon.entry(*one).shape, &index.lexicon.entry(*other).shape);
                if one != other && alike.is_none_or(|(alike, _)| alike < 0.92) && left.len() == 1 {
                    pairs.push(if one < other { (*one, *other) } else { (*other, *one) });
                }
            }
        }
    }
}
