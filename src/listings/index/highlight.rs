//! Which letters of a title matched, for the console to mark.

use crate::kernel::Span;

use super::query::Wanted;
use super::words::{self, Word};

/// The parts of `title` that match a word of the query: in order, apart, in scalar values.
pub(super) fn spans(title: &str, wanted: &[Wanted]) -> Vec<Span> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for word in words::words(title) {
        let Some((from, to)) = wanted.iter().find_map(|wish| matched(title, &word, wish)) else {
            continue;
        };
        match parts.last_mut() {
            // Pairs of characters overlap; together they are one part.
            Some(last) if last.1 >= from => last.1 = last.1.max(to),
            _ => parts.push((from, to)),
        }
    }
    in_scalar_values(title, &parts)
}

/// The bytes of `word` that `wish` matched.
fn matched(title: &str, word: &Word, wish: &Wanted) -> Option<(usize, usize)> {
    let whole = (word.bytes.start, word.bytes.end);
    if word.text == wish.text {
        return Some(whole);
    }
    if word.spaceless {
        return half_of_pair(title, word, wish);
    }
    let begins = wish.prefix && word.text.starts_with(&wish.text);
    let misspelt = wish.fuzzy && nearly(&word.text, &wish.text, wish.prefix);
    (begins || misspelt).then_some(whole)
}

/// A single character searched for, as the first or second of a pair.
fn half_of_pair(title: &str, word: &Word, wish: &Wanted) -> Option<(usize, usize)> {
    if !wish.half_of_pair {
        return None;
    }
    let original = title.get(word.bytes.clone())?;
    let boundary = word.bytes.start + original.chars().next()?.len_utf8();
    if word.text.starts_with(&wish.text) {
        return Some((word.bytes.start, boundary));
    }
    word.text.ends_with(&wish.text).then_some((boundary, word.bytes.end))
}

/// Whether `word`, or with `prefix` its beginning, is one edit from `wish`.
fn nearly(word: &str, wish: &str, prefix: bool) -> bool {
    if strsim::osa_distance(word, wish) <= 1 {
        return true;
    }
    let length = wish.chars().count();
    let beginnings = (length.saturating_sub(1)..=length + 1).filter_map(|end| {
        let (at, _) = word.char_indices().nth(end)?;
        Some(&word[..at])
    });
    prefix && beginnings.into_iter().any(|beginning| strsim::osa_distance(beginning, wish) <= 1)
}

fn in_scalar_values(title: &str, parts: &[(usize, usize)]) -> Vec<Span> {
    let (mut bytes_read, mut scalars_read) = (0, 0);
    let mut scalar_at = |byte: usize| {
        let between = title.get(bytes_read..byte).map_or(0, |text| text.chars().count());
        bytes_read = byte;
        scalars_read += between as u32;
        scalars_read
    };
    parts.iter().map(|&(from, to)| Span { from: scalar_at(from), to: scalar_at(to) }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::query::wanted;
    use super::*;
    use proptest::prelude::*;

    fn marked(title: &str, typed: &str, fuzzy: bool) -> Vec<String> {
        spans(title, &wanted(typed, fuzzy)).into_iter().map(|span| span.of(title)).collect()
    }

    #[test]
    fn spans_count_scalar_values_and_cover_the_letters_as_written() {
        assert_eq!(marked("Ünïcode — Crème BRÛLÉE ✨ set", "brulee creme ", false), ["Crème", "BRÛLÉE"]);
        assert_eq!(marked("👟👟 Läufer Schuhe", "laufer", false), ["Läufer"]);
    }

    #[test]
    fn pairs_are_marked_as_one_part_and_a_single_character_alone() {
        assert_eq!(marked("红色运动鞋 38码", "运动鞋", false), ["运动鞋"]);
        assert_eq!(marked("红色运动鞋 38码", "鞋", false), ["鞋"]);
        assert_eq!(marked("红色运动鞋 38码", "色", false), ["色"]);
    }

    #[test]
    fn completed_and_misspelt_words_are_marked_whole() {
        assert_eq!(marked("Running shoes, shoehorn", "sho", false), ["shoes", "shoehorn"]);
        assert_eq!(marked("Northpaek jacket", "northpeak ", true), ["Northpaek"]);
        assert_eq!(marked("Northpaekish jacket", "northpeak", true), ["Northpaekish"]);
        assert_eq!(marked("Northpaek jacket", "northpeak ", false), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn spans_of_any_title_are_ordered_apart_and_inside(title: String, typed: String, fuzzy: bool) {
            let mut end = 0;
            for span in spans(&title, &wanted(&typed, fuzzy)) {
                prop_assert!(span.from >= end && span.to > span.from);
                end = span.to;
            }
            prop_assert!(end as usize <= title.chars().count());
        }
    }
}
