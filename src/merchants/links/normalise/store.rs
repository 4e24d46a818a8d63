//! Stems of shop names, and keys that let a changed letter be seen.

use super::text;
use super::words::WORDS;

/// What can be compared of a shop's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopName {
    /// The particular words, joined.
    pub stem: String,
    /// The particular words apart; common ones among all shops' say little.
    pub words: Vec<String>,
    /// The stem with one character left out, each way, and itself: two stems that differ in one
    /// character share one of these.
    pub neighbours: Vec<String>,
}

/// The parts of a shop's name; `None` when nothing particular is left.
pub fn normalise(value: &str) -> Option<ShopName> {
    let split = apart(&text::plain(value));
    let spelled: Vec<String> = split.iter().flat_map(|word| text::folded_words(&unleet(word))).collect();
    let particular = |word: &&String| !WORDS.store.contains(*word) && (word.len() > 2 || !is_number(word));
    let mut words: Vec<String> = spelled.iter().filter(particular).cloned().collect();
    words.retain(|word| !is_number(word));
    let stem = words.concat();
    let length = stem.len();
    if length < 3 {
        return None;
    }
    let mut neighbours = vec![stem.clone()];
    if (5..=16).contains(&length) {
        neighbours.extend((0..length).map(|at| format!("{}{}", &stem[..at], &stem[at + 1..])));
        neighbours.sort_unstable();
        neighbours.dedup();
    }
    Some(ShopName { stem, words, neighbours })
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words of "LuxParts-US" and "lux parts us": cut where small letters turn to capitals and at what is no letter.
fn apart(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let capital = letter.is_uppercase() && before.is_some_and(char::is_lowercase);
        if capital || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.push(*letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Digits that stand for letters inside a word: "b34uty". Digits at the end are a number.
fn unleet(word: &str) -> String {
    let stem = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if !stem.chars().any(char::is_alphabetic) {
        return word.to_owned();
    }
    stem.chars().map(crate::matching::names::letter_for_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(name: &str) -> String {
        normalise(name).map(|shop| shop.stem).unwrap_or_default()
    }

    #[test]
    fn usual_additions_and_spellings_are_one_stem() {
        for name in
            ["NordLicht Official Store", "nordlicht-us", "The NordLicht", "N0rdL1cht 2", "NORDLICHT", "NordlichtUS"]
        {
            assert_eq!(stem(name), "nordlicht", "{name}");
        }
        assert_eq!(normalise("Official Store"), None);
        assert_eq!(normalise("🔥🔥"), None);
    }

    #[test]
    fn stems_that_differ_in_one_character_share_a_neighbour() {
        let share = |a: &str, b: &str| {
            let (a, b) = (normalise(a).unwrap(), normalise(b).unwrap());
            a.neighbours.iter().any(|neighbour| b.neighbours.contains(neighbour))
        };
        assert!(share("NODRIX", "NODRIXX") && share("NODRIX", "NODRIA") && !share("NODRIX", "NALTIX"));
    }
}
