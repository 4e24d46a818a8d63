//! What kind of letter a character is, from one table.
//!
//! Unicode's own tables are searched; asking them for every letter of a Russian or Chinese text is
//! what such texts would mostly cost.

use std::sync::LazyLock;

use super::fold_table::is_other_script;
use super::token::is_unspaced;

/// One past the last character of the table: rare Han letters lie above.
const END: usize = 0x2_0000;

const ALPHABETIC: u8 = 1;
const NUMERIC: u8 = 2;
const UNSPACED: u8 = 4;
const OTHER_SCRIPT: u8 = 8;
const SPACE: u8 = 16;

static KINDS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let kind = |code: usize| char::from_u32(code as u32).map_or(0, Kinds::work_out);
    (0..END).map(kind).collect()
});

/// What a character is; several things at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    fn work_out(letter: char) -> u8 {
        let flag = |is: bool, bit: u8| if is { bit } else { 0 };
        flag(letter.is_alphabetic(), ALPHABETIC)
            | flag(letter.is_numeric(), NUMERIC)
            | flag(is_unspaced(letter), UNSPACED)
            | flag(is_other_script(letter), OTHER_SCRIPT)
            | flag(letter.is_whitespace(), SPACE)
    }

    /// The kinds of `letter`.
    #[inline]
    pub(super) fn of(letter: char) -> Self {
        Self(KINDS.get(letter as usize).copied().unwrap_or_else(|| Self::work_out(letter)))
    }

    /// A letter of any script.
    pub(super) fn is_alphabetic(self) -> bool {
        self.0 & ALPHABETIC != 0
    }

    /// A digit or number of any script.
    pub(super) fn is_numeric(self) -> bool {
        self.0 & NUMERIC != 0
    }

    /// A letter, digit or number.
    pub(super) fn is_alphanumeric(self) -> bool {
        self.0 & (ALPHABETIC | NUMERIC) != 0
    }

    /// Of a script written without spaces.
    pub(super) fn is_unspaced(self) -> bool {
        self.0 & UNSPACED != 0
    }

    /// Of a script other than Latin whose letters can pass for Latin ones.
    pub(super) fn is_other_script(self) -> bool {
        self.0 & OTHER_SCRIPT != 0
    }

    /// White space.
    pub(super) fn is_space(self) -> bool {
        self.0 & SPACE != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_unicode_says() {
        for letter in ['a', 'Z', '9', 'ж', '½', '中', 'ด', 'é', ' ', '\u{3000}', '-', '😀', '\u{2A700}', '𝐀']
        {
            let kinds = Kinds::of(letter);
            assert_eq!(kinds.is_alphabetic(), letter.is_alphabetic(), "{letter}");
            assert_eq!(kinds.is_alphanumeric(), letter.is_alphanumeric(), "{letter}");
            assert_eq!(kinds.is_numeric(), letter.is_numeric(), "{letter}");
            assert_eq!(kinds.is_space(), letter.is_whitespace(), "{letter}");
            assert_eq!(kinds.is_unspaced(), is_unspaced(letter), "{letter}");
            assert_eq!(kinds.is_other_script(), is_other_script(letter), "{letter}");
        }
    }
}
