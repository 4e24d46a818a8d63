//! The gates between letters that read as a mark and a use that counts.

use super::context::{Group, Phrase};
use super::fold::Folded;
use super::lexicon::LEXICON;
use super::model::TextQuery;
use super::passes::Candidate;
use super::store::{BrandView, MarkView};
use super::token::Words;
use crate::kernel::Market;
use crate::registry::model::{AuthorisedSeller, MarkKey, MarkStatus};

/// How a listing's goods lie to a brand's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goods {
    /// The same topic.
    Same,
    /// A topic of the same family, or named in the title.
    Near,
    /// A topic of the mark's Nice classes only.
    Class,
    /// Not known.
    Unknown,
    /// Another topic.
    Other,
}

/// What the listing is about, from its category and its title.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ListingTopics {
    pub(super) category: u64,
    pub(super) title: u64,
}

impl ListingTopics {
    /// Reads the category and the words of the title.
    pub(super) fn of(category: Option<&str>, title: &Words) -> Self {
        let named = title.tokens.iter().fold(0, |all, token| all | token.facts.topics);
        Self { category: category.map_or(0, |words| LEXICON.topics_of(words)), title: named }
    }

    /// How these goods lie to those of `brand`.
    pub(super) fn goods(self, brand: BrandView) -> Goods {
        let own = if brand.topics() == 0 { brand.nice_topics() } else { brand.topics() };
        if own == 0 {
            return Goods::Unknown;
        }
        if self.category & own != 0 {
            return Goods::Same;
        }
        let title_agrees = self.title & own != 0;
        if self.category == 0 {
            return if title_agrees { Goods::Near } else { Goods::Unknown };
        }
        if title_agrees || LEXICON.related(self.category, own) {
            return Goods::Near;
        }
        if self.category & brand.nice_topics() != 0 { Goods::Class } else { Goods::Other }
    }
}

/// How goods lie to classes of the Nice Classification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoodsFit {
    /// In one of the classes, or in one that shops mix with it.
    Inside,
    /// In none of them.
    Outside,
    /// The category or the classes say nothing.
    Unknown,
}

/// Whether goods of this category, in free words, lie in one of the Nice classes.
pub fn goods_fit(category: &str, classes: &[u8]) -> GoodsFit {
    let named = LEXICON.topics_of(category);
    let own = LEXICON.topics_of_nice(classes.iter().fold(0, |bits, class| bits | 1u64 << (u32::from(*class) % 64)));
    if named == 0 || own == 0 {
        return GoodsFit::Unknown;
    }
    if named & own != 0 || LEXICON.related(named, own) { GoodsFit::Inside } else { GoodsFit::Outside }
}

/// Whether the right behind a hit counts for this listing: in force that day and valid
/// in a destination (an unknown destination counts).
pub(super) fn is_in_force(mark: MarkView, query: &TextQuery) -> bool {
    let in_time = mark.expires().is_none_or(|end| query.on < end);
    let covers = |destination: &Market| mark.territories().iter().any(|territory| territory.covers(*destination));
    let in_place = mark.territories().is_empty() || query.ships_to.is_empty() || query.ships_to.iter().any(covers);
    mark.status() != MarkStatus::Ended && in_time && in_place
}

/// The entry under which the seller may sell under `mark` of this brand.
pub(super) fn authorisation<'a>(
    brand: BrandView<'a>,
    mark: &MarkKey,
    query: &TextQuery,
) -> Option<&'a AuthorisedSeller> {
    let seller = query.seller?;
    let mut entries = brand.authorised_sellers().iter().filter(|entry| entry.seller == seller);
    entries.find(|entry| entry.covers(mark, query.ships_to, query.on))
}

/// Whether wording around the hit says that the goods only fit the brand's.
pub(super) fn is_nominative(
    candidate: &Candidate,
    words: &Words,
    phrases: &[Phrase],
    folded: &Folded,
    title: bool,
) -> Option<Phrase> {
    let stuffed = |from: u32, to: u32| {
        phrases.iter().any(|other| other.group == Group::Stuffing && other.from >= from && other.to <= to)
    };
    // In a description one sentence does not speak for the next.
    let reach = if title { u32::MAX } else { 200 };
    let before = phrases.iter().rev().find(|phrase| {
        phrase.group == Group::Fits && phrase.to <= candidate.from && candidate.from - phrase.to <= reach
    });
    // "Case for a phone with … logo": the logo is on the goods.
    let follows_logo = words.tokens.get(candidate.last_token as usize + 1).is_some_and(|next| {
        words.of_token(next).starts_with(&['l', 'o', 'g', 'o'])
            || words.of_token(next).starts_with(&['л', 'о', 'г', 'о'])
    });
    let shows_logo = |phrase: &Phrase| follows_logo && candidate.from - phrase.to > 2;
    if let Some(phrase) = before
        && !shows_logo(phrase)
        && !stuffed(phrase.to, candidate.from)
        && (title || !sentence_ends(folded, phrase.to, candidate.from))
    {
        return Some(*phrase);
    }
    let place_after = |steps: usize| {
        words
            .tokens
            .get(candidate.last_token as usize + steps)
            .map_or(u32::MAX, |token| words.places[token.from as usize])
    };
    // "… Pro Max 256 GB uyumlu": model words stand between, yet only clear wording reaches over them.
    let (near, far) = (place_after(3), place_after(6));
    let follows = |phrase: &&Phrase| {
        let reach = if phrase.weight >= 0.7 { far } else { near };
        phrase.group == Group::FitAfter && phrase.from >= candidate.to && phrase.from <= reach
    };
    let after = phrases.iter().find(follows);
    if let Some(phrase) = after {
        return Some(*phrase);
    }
    let third = |phrase: &&Phrase| {
        title && phrase.group == Group::Third && !stuffed(phrase.to.min(candidate.from), candidate.from)
    };
    phrases.iter().find(third).copied()
}

fn sentence_ends(folded: &Folded, from: u32, to: u32) -> bool {
    let between = folded.text.chars().skip(from as usize).take(to.saturating_sub(from) as usize);
    let mut last = ' ';
    for letter in between {
        if matches!(last, '.' | '!' | ';') && letter == ' ' || letter == '\n' || matches!(letter, '。' | '！') {
            return true;
        }
        last = letter;
    }
    false
}
