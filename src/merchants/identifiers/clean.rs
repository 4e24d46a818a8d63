//! Brings an identifier as people write it to the characters its rule is about.

/// Longest value that is looked at, in characters; the longest identifier in use (a creditor
/// reference inside a GS1 element string) has fewer than 100.
const MOST_CHARACTERS: usize = 256;

/// Folds width, dashes, spaces and foreign digits, drops invisible characters and then the
/// `separators`, and trims. `None` when the value is longer than any identifier.
pub(super) fn clean(value: &str, separators: &str) -> Option<String> {
    if value.len() > MOST_CHARACTERS * 4 {
        return None;
    }
    let folded = value.chars().filter(|letter| !is_invisible(*letter)).map(fold);
    let kept: String = folded.filter(|letter| !separators.contains(*letter)).collect();
    let trimmed = kept.trim();
    (trimmed.chars().count() <= MOST_CHARACTERS).then(|| trimmed.to_owned())
}

/// Zero-width characters, direction marks and soft hyphens: they come along when a number is
/// copied from a page and are no part of it.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The plain form of a digit, dash, space or punctuation mark of another width or script.
fn fold(letter: char) -> char {
    let code = u32::from(letter);
    let digit = |zero: u32| char::from_digit((code - zero) % 10, 10).unwrap_or(letter);
    match letter {
        _ if letter.is_whitespace() => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(code - 0xfee0).unwrap_or(letter),
        '\u{0660}'..='\u{0669}' => digit(0x0660),
        '\u{06f0}'..='\u{06f9}' => digit(0x06f0),
        '\u{0966}'..='\u{096f}' => digit(0x0966),
        '\u{0e50}'..='\u{0e59}' => digit(0x0e50),
        '\u{1d7ce}'..='\u{1d7ff}' => digit(0x1d7ce),
        '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '\u{2043}'
        | '\u{207b}'
        | '\u{208b}'
        | '\u{00af}'
        | '\u{02d7}'
        | '\u{058a}'
        | '\u{05be}'
        | '\u{fe58}'
        | '\u{fe63}' => '-',
        '\u{b7}' | '\u{2022}' | '\u{2024}' | '\u{2027}' | '\u{22c5}' | '\u{3002}' | '\u{30fb}' | '\u{fe52}'
        | '\u{ff61}' | '\u{ff65}' => '.',
        '\u{2044}' | '\u{2215}' | '\u{29f8}' => '/',
        '\u{2018}' | '\u{2019}' | '\u{02bc}' | '\u{b4}' | '\u{60}' | '\u{2032}' => '\'',
        '\u{fe55}' | '\u{2236}' => ':',
        '\u{3001}' | '\u{201a}' | '\u{fe50}' => ',',
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn width_dashes_spaces_and_marks_do_not_matter() {
        assert_eq!(clean("\u{202a}９１\u{2011}35\u{3000}０Ｍ\u{200b}\u{202c}", " -").unwrap(), "91350M");
        assert_eq!(clean("١٢٣", "").unwrap(), "123");
        assert_eq!(clean(&"9".repeat(5_000), ""), None);
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(value in "\\PC{0,40}") {
            let once = clean(&value, " -./").unwrap();
            prop_assert_eq!(clean(&once, " -./").unwrap(), once);
        }
    }
}
