//! Folding shared by all normalisers: width, marks, case, script.

use unicode_normalization::UnicodeNormalization as _;

/// Most characters of a value that are read; a name of five thousand characters is cut here.
pub const MOST_CHARACTERS: usize = 400;

/// Compatibility forms, without invisible and direction marks, cut to [`MOST_CHARACTERS`].
pub fn plain(value: &str) -> String {
    let visible = value.chars().take(MOST_CHARACTERS * 2).filter(|letter| !is_mark(*letter));
    visible.nfkc().take(MOST_CHARACTERS).collect()
}

fn is_mark(letter: char) -> bool {
    letter.is_control() && !letter.is_whitespace()
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Lower-case Latin letters and digits: every script is written in Latin letters, diacritics go.
/// Other characters become spaces.
pub fn fold(value: &str) -> String {
    let latin = any_ascii::any_ascii(&plain(value));
    latin.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' }).collect()
}

/// The words of [`fold`].
pub fn folded_words(value: &str) -> Vec<String> {
    fold(value).split_whitespace().map(str::to_owned).collect()
}

/// Whether the character is written without spaces between words (Han, kana).
pub fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
        || matches!(letter, '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// A value without anything but its ASCII letters and digits, in upper case, for numbers of accounts and registers.
pub fn compact(value: &str) -> String {
    plain(value).chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_width_and_script_do_not_matter() {
        assert_eq!(fold("\u{202e}Ｊürgen\u{200b} Böhm"), "jurgen bohm");
        assert_eq!(folded_words("Иван 王"), ["ivan", "wang"]);
        assert_eq!(compact("gb40 hclk-8016"), "GB40HCLK8016");
    }

    proptest! {
        #[test]
        fn folding_is_bounded_and_folding_twice_changes_nothing(value in "\\PC{0,60}") {
            let once = fold(&value);
            let (twice, kept) = (fold(&once), once.chars().take(MOST_CHARACTERS).collect::<String>());
            prop_assert_eq!(twice.trim(), kept.trim());
        }
    }
}
