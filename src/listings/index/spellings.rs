//! The ways a mark is misspelt on purpose, as terms and patterns over skeletons.
//!
//! A hunt is rare and the dictionary of an index is small beside its documents, so
//! spellings are spread out on the side of the question and cost the index nothing.

use super::skeleton::{self, GAP};

/// Up to this length two letters may be hidden at once.
const TWO_GAPS_TO: usize = 16;

/// `letters` with one or two inner letters hidden behind a symbol: `n?ke`.
pub(super) fn gapped(letters: &[char]) -> Vec<String> {
    let mut found = Vec::new();
    let hidden = |places: &[usize]| -> String {
        (0..letters.len()).map(|at| if places.contains(&at) { GAP } else { letters[at] }).collect()
    };
    let end = letters.len().saturating_sub(1);
    for first in 1..end {
        found.push(hidden(&[first]));
        if letters.len() <= TWO_GAPS_TO {
            found.extend((first + 1..end).map(|second| hidden(&[first, second])));
        }
    }
    found
}

/// The skeletons of `text` without its vowels, and without all but a leading one, where at
/// least `shortest` letters remain.
pub(super) fn without_vowels(text: &str, shortest: usize) -> Vec<String> {
    // Before digits and `l` are folded, or `l` would pass for a vowel.
    let letters = skeleton::letters(text);
    let is_consonant = |letter: &char| !"aeiou".contains(*letter);
    let rest = || letters.chars().skip(1).filter(is_consonant).map(skeleton::class);
    let first = letters.chars().next();
    let mut forms: Vec<String> =
        vec![first.filter(is_consonant).map(skeleton::class).into_iter().chain(rest()).collect()];
    if first.is_some_and(|letter| !is_consonant(&letter)) {
        forms.push(first.into_iter().chain(rest()).collect());
    }
    forms.retain(|form| form.chars().count() >= shortest);
    forms
}

/// A pattern of all terms that sound like the skeleton `letters` or double some of its
/// letters: `kartier` for `cartier`, `roieks` for `roiex`, `nikke` for `nike`.
///
/// `None` unless all letters are Latin: the exchanges are those of Latin spelling.
pub(super) fn sound_pattern(letters: &[char]) -> Option<String> {
    if !letters.iter().all(char::is_ascii_lowercase) {
        return None;
    }
    let mut pattern = String::new();
    let mut at = 0;
    while at < letters.len() {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        let (group, taken) = match (letters[at], next) {
            ('p', 'h') => ("(f|ph)+", 2),
            ('f', _) => ("(f|ph)+", 1),
            ('k' | 'c', 's') => ("(x|[ckq]+h?[sz]+)", 2),
            ('x', _) => ("(x|[ckq]+h?[sz]+)", 1),
            ('c' | 'k' | 'g', 'h') | ('c', 'k' | 'c') | ('k', 'c') | ('q', 'u') => ("(c|k|q|gh|qu)+", 2),
            ('c' | 'k' | 'q', _) => ("(c|k|q|gh|qu)+", 1),
            ('t', 'h') => ("t+", 2),
            ('s', 'h') => ("[sz]+", 2),
            ('s' | 'z', _) => ("[sz]+", 1),
            ('w' | 'v', _) => ("[wv]+", 1),
            ('g', 'e' | 'i' | 'y') | ('j', _) => ("[gj]+", 1),
            ('e' | 'i' | 'y', 'e' | 'i' | 'y') => ("[eiy]+", 2),
            ('i' | 'y', _) => ("[eiy]+", 1),
            ('o', 'o' | 'u') => ("(u|oo|ou)+", 2),
            ('u', _) => ("(u|oo|ou)+", 1),
            ('h', _) if at > 0 => ("", 1),
            _ => ("", 0),
        };
        if taken == 0 {
            pattern.push(letters[at]);
            pattern.push('+');
        }
        pattern.push_str(group);
        // A silent h may follow any letter.
        pattern.push_str("h?");
        at += taken.max(1);
    }
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Vec<char> {
        skeleton::skeleton(text).chars().collect()
    }

    #[test]
    fn inner_letters_are_hidden_one_and_two_at_a_time() {
        assert_eq!(gapped(&letters("nike")), ["n?ke", "n??e", "ni?e"]);
        assert!(gapped(&letters("ab")).is_empty() && gapped(&[]).is_empty());
    }

    #[test]
    fn an_l_is_no_vowel() {
        assert_eq!(without_vowels("Lacoste", 4), ["icst"]);
        assert_eq!(without_vowels("Energizer", 4), ["nrgzr", "enrgzr"]);
        assert!(without_vowels("Ikea", 3).is_empty());
    }

    #[test]
    fn only_latin_marks_have_a_sound() {
        assert!(sound_pattern(&letters("cartier")).is_some());
        assert!(sound_pattern(&['峰']).is_none());
    }
}
