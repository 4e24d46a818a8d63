//! What people type, as a query of the engine. Built by hand: no text is a syntax error.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, EmptyQuery, FuzzyTermQuery, Occur, PhraseQuery, Query, RangeQuery,
    RegexQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::schema::{Fields, category_levels, head};
use super::search::SearchQuery;
use super::words::{self, Word};

/// Scalar values of the typed text that are read.
const TEXT_READ: usize = 512;
/// Words of the typed text that are read.
const WORDS_READ: usize = 24;
/// A word has to have so many letters to be searched with a spelling mistake; with fewer, one
/// change turns most words into others.
const FUZZY_FROM: usize = 4;
/// A last word shorter than this is not completed: it would match a large part of the index.
const COMPLETED_FROM: usize = 2;

/// Where a word was found, and what that is worth. A document's score depends on the document
/// and the query alone, never on the rest of the index: that keeps pages stable while it grows.
mod worth {
    pub const EXACT_ID: f32 = 64.0;
    pub const PHRASE: f32 = 16.0;
    pub const TITLE: f32 = 8.0;
    pub const BRAND: f32 = 4.0;
    pub const DESCRIPTION: f32 = 2.0;
    /// Completed or misspelt, instead of as typed.
    pub const INEXACT: f32 = 0.5;
}

/// One word of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Folded.
    pub text: String,
    /// Also matches words that begin with it.
    pub prefix: bool,
    /// Also matches at one edit (a letter more, less, another, or two swapped).
    pub fuzzy: bool,
    /// A single character of a script without spaces: in the index it is half of a pair.
    pub half_of_pair: bool,
    position: usize,
}

/// The words of a typed text: bounded, folded, the last one open-ended while it is being typed.
pub(super) fn wanted(typed: &str, fuzzy: bool) -> Vec<Wanted> {
    let typed = head(typed, TEXT_READ);
    let found = words::words(typed);
    let last = found.len().min(WORDS_READ).checked_sub(1);
    let open_ended = typed.chars().next_back().is_some_and(|letter| !letter.is_whitespace());
    let wanted = |(place, word): (usize, Word)| {
        let length = word.text.chars().count();
        let completes = Some(place) == last && open_ended && length >= COMPLETED_FROM && !word.spaceless;
        Wanted {
            prefix: completes,
            half_of_pair: word.spaceless && length == 1,
            fuzzy: fuzzy && length >= FUZZY_FROM && !word.spaceless,
            text: word.text,
            position: word.position,
        }
    };
    found.into_iter().take(WORDS_READ).enumerate().map(wanted).collect()
}

/// The whole query: all words and all filters.
pub(super) fn build(fields: &Fields, query: &SearchQuery, wanted: &[Wanted]) -> Box<dyn Query> {
    let mut all: Vec<Box<dyn Query>> = filters(fields, query);
    let typed = query.words.trim();
    if !typed.is_empty() {
        all.push(text_query(fields, typed, wanted));
    }
    if all.is_empty() {
        return Box::new(ConstScoreQuery::new(Box::new(AllQuery), 0.0));
    }
    Box::new(BooleanQuery::intersection(all))
}

fn text_query(fields: &Fields, typed: &str, wanted: &[Wanted]) -> Box<dyn Query> {
    let exact_id = scored(exact(fields.external_id, head(typed, TEXT_READ)), worth::EXACT_ID);
    let mut either: Vec<Box<dyn Query>> = vec![exact_id];
    if let Ok(listing) = typed.parse::<crate::kernel::id::ListingId>() {
        let term = Term::from_field_bytes(fields.id, listing.uuid().as_bytes());
        either.push(scored(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), worth::EXACT_ID));
    }
    if !wanted.is_empty() {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> =
            wanted.iter().map(|word| (Occur::Must, word_query(fields, word))).collect();
        if let Some(phrase) = phrase(fields, wanted) {
            clauses.push((Occur::Should, phrase));
        }
        either.push(Box::new(BooleanQuery::new(clauses)));
    }
    Box::new(BooleanQuery::union(either))
}

/// A word in any of the text fields.
fn word_query(fields: &Fields, word: &Wanted) -> Box<dyn Query> {
    let places = [(fields.title, worth::TITLE), (fields.brand, worth::BRAND), (fields.description, worth::DESCRIPTION)];
    let mut anywhere: Vec<Box<dyn Query>> = Vec::new();
    for (field, worth) in places {
        let term = Term::from_field_text(field, &word.text);
        if word.half_of_pair {
            // Letters of these scripts have no meaning of their own in a pattern.
            let either_half = RegexQuery::from_pattern(&format!(".?{}.?", word.text), field);
            anywhere.extend(either_half.ok().map(|query| scored(Box::new(query), worth)));
        }
        if word.prefix {
            let completed: Box<dyn Query> = Box::new(FuzzyTermQuery::new_prefix(term.clone(), 0, true));
            anywhere.push(scored(completed, worth * worth::INEXACT));
        }
        if word.fuzzy {
            let misspelt: Box<dyn Query> = if word.prefix {
                Box::new(FuzzyTermQuery::new_prefix(term.clone(), 1, true))
            } else {
                Box::new(FuzzyTermQuery::new(term.clone(), 1, true))
            };
            anywhere.push(scored(misspelt, worth * worth::INEXACT));
        }
        anywhere.push(scored(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), worth));
    }
    Box::new(BooleanQuery::union(anywhere))
}

/// All words side by side in the title.
fn phrase(fields: &Fields, wanted: &[Wanted]) -> Option<Box<dyn Query>> {
    if wanted.len() < 2 {
        return None;
    }
    let terms = wanted.iter().map(|word| (word.position, Term::from_field_text(fields.title, &word.text))).collect();
    Some(scored(Box::new(PhraseQuery::new_with_offset(terms)), worth::PHRASE))
}

fn filters(fields: &Fields, query: &SearchQuery) -> Vec<Box<dyn Query>> {
    let mut all: Vec<Box<dyn Query>> = Vec::new();
    let given =
        |value: &Option<String>| value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
    if let Some(brand) = given(&query.brand) {
        // Named by the merchant or found by the matcher.
        let either = vec![exact(fields.brand_exact, &words::exact_key(&brand)), exact(fields.mark_brand, &brand)];
        all.push(Box::new(BooleanQuery::union(either)));
    }
    for (field, value) in
        [(fields.merchant, &query.merchant), (fields.verdict, &query.verdict), (fields.class, &query.class)]
    {
        all.extend(given(value).map(|value| exact(field, &value)));
    }
    if let Some(category) = given(&query.category) {
        all.push(match category_levels(&category).pop() {
            Some(level) => exact(fields.category, &level),
            None => Box::new(EmptyQuery),
        });
    }
    if let Some(currency) = given(&query.currency) {
        all.push(exact(fields.currency, &currency.to_ascii_uppercase()));
    }
    all.extend(range(fields.price, query.price_min, query.price_max.map(Bound::Included)));
    let before = query.to.map(|to| Bound::Excluded(to.as_micros()));
    all.extend(range(fields.updated, query.from.map(|from| from.as_micros()), before));
    all.into_iter().map(|filter| scored(filter, 0.0)).collect()
}

fn range(field: Field, from: Option<i64>, to: Option<Bound<i64>>) -> Option<Box<dyn Query>> {
    if from.is_none() && to.is_none() {
        return None;
    }
    let term = |value| Term::from_field_i64(field, value);
    // Both bounds are given: the engine finds its field in either, and one always names it.
    let lower = Bound::Included(term(from.unwrap_or(i64::MIN)));
    let upper = to.unwrap_or(Bound::Included(i64::MAX)).map(term);
    Some(Box::new(RangeQuery::new(lower, upper)))
}

/// Documents whose `field` is exactly `value`.
pub(super) fn exact(field: Field, value: &str) -> Box<dyn Query> {
    // Longer values are not in the index whole, so nothing can equal them.
    Box::new(TermQuery::new(Term::from_field_text(field, head(value, 256)), IndexRecordOption::Basic))
}

fn scored(query: Box<dyn Query>, score: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, score))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_word_is_completed_and_only_while_it_is_being_typed() {
        let prefixes = |typed: &str| wanted(typed, false).iter().map(|word| word.prefix).collect::<Vec<_>>();
        assert_eq!(prefixes("red sho"), [false, true]);
        assert_eq!(prefixes("red sho "), [false, false]);
        assert_eq!(prefixes("red s"), [false, false]);
    }

    #[test]
    fn short_words_are_never_fuzzy() {
        let fuzzy = |typed: &str| wanted(typed, true).iter().map(|word| word.fuzzy).collect::<Vec<_>>();
        assert_eq!(fuzzy("red shoes 运动"), [false, true, false]);
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(wanted(&"a1 ".repeat(10_000), true).len(), WORDS_READ);
        assert!(wanted(&"x".repeat(1_000_000), true)[0].text.len() <= TEXT_READ);
    }
}
