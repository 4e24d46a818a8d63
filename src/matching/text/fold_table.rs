//! What one character folds to, worked out once for every scalar value below U+20000.
//!
//! Three sources are laid over each other because none is enough alone: Unicode
//! compatibility forms (NFKC), the look-alikes of UTS 39 and those of `decancer`.
//! Letters of living non-Latin scripts are kept: whether they stand for Latin
//! letters depends on their neighbours and is decided by [`super::fold::fold`].

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// One past the last scalar value the table covers. Above lie rare Han letters
/// (kept as they are) and tag characters (hidden).
const TABLE_END: u32 = 0x2_0000;

/// What to do with a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Write the replacement.
    Write,
    /// Leave it out: it is not seen.
    Hide,
    /// Leave it out: it only decorates the letter before it.
    Decoration,
    /// A picture that stands for a letter when it touches letters.
    Picture,
    /// A regional indicator: a flag in pairs, a letter otherwise.
    Regional,
}

/// The table's answer for one character.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    start: u32,
    length: u8,
    pub(super) action: Action,
    /// [`super::fold::Traces`] bits of this change.
    pub(super) traces: u8,
    /// The Latin letter this letter of another script looks like; `\0` for none.
    pub(super) twin: char,
}

/// The finished table.
pub(super) struct FoldTable {
    entries: Vec<Entry>,
    pool: Vec<char>,
}

/// The table, built on first use.
pub(super) static TABLE: LazyLock<FoldTable> = LazyLock::new(FoldTable::build);

/// Pictures used as letters, and the letter. The enclosed letters of Unicode are
/// covered by `decancer`; these are symbols that merely look like one.
const PICTURES: [(char, char); 9] = [
    ('⭕', 'o'),
    ('🔴', 'o'),
    ('🔵', 'o'),
    ('❌', 'x'),
    ('✖', 'x'),
    ('❎', 'x'),
    ('💲', 's'),
    ('⚡', 'z'),
    ('❗', 'i'),
];

/// Latin letters that neither decompose nor have the same look-alike in both tables.
const LATIN: [(char, &str); 30] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('đ', "d"),
    ('ð', "d"),
    ('þ', "th"),
    ('ł', "l"),
    ('ħ', "h"),
    ('ı', "i"),
    ('ŋ', "n"),
    ('ŧ', "t"),
    ('ĸ', "k"),
    ('ſ', "s"),
    ('ƀ', "b"),
    ('ɓ', "b"),
    ('ƈ', "c"),
    ('ɗ', "d"),
    ('ə', "e"),
    ('ƒ', "f"),
    ('ɠ', "g"),
    ('ɨ', "i"),
    ('ƙ', "k"),
    ('ƚ', "l"),
    ('ɲ', "n"),
    ('ɵ', "o"),
    ('ƥ', "p"),
    ('ƭ', "t"),
    ('ʉ', "u"),
    ('ƶ', "z"),
];

/// Cyrillic and Greek letters and the Latin letter they stand for in disguises.
/// Capital and small letters differ (Ν looks like N, ν like v), so both are listed
/// where they do.
const TWINS: &str = "аa бb вb гr дd еe ёe зz иu йu іi їi јj кk лn мm нh оo пn рp сc тt уy хx ѕs һh ԁd ԛq ԝw ѵv ьb яr шw щw эe юu чy ғf қk ңh ұy үy ҳx әe өo єe ґr ћh ђh џu ꙅs \
    αa βb γy δd εe ζz ηn θo ιi κk λl μu νv ξe οo πn ρp σo ςc τt υu φo χx ψw ωw ΗH ΝN ΜM ΥY ΖZ ΕE ΡP ϲc ϳj ϜF ϺM";

impl FoldTable {
    fn build() -> Self {
        let mut table = Self { entries: Vec::with_capacity(TABLE_END as usize), pool: vec!['\0'] };
        let mut text: Vec<char> = Vec::new();
        for code in 0..TABLE_END {
            let entry = match char::from_u32(code) {
                Some(letter) => table.entry_for(letter, &mut text),
                None => table.entry_of(&[' '], Action::Write, 0),
            };
            table.entries.push(entry);
        }
        table
    }

    /// The entry of `letter`.
    pub(super) fn entry(&self, letter: char) -> Entry {
        match self.entries.get(letter as usize) {
            Some(entry) => *entry,
            None => {
                let action = if is_hidden(letter) { Action::Hide } else { Action::Write };
                Entry { start: 0, length: 0, action, traces: 0, twin: '\0' }
            }
        }
    }

    /// The replacement of `letter`, given its entry; `None` = the letter itself.
    pub(super) fn replacement(&self, entry: Entry) -> Option<&[char]> {
        (entry.length > 0).then(|| &self.pool[entry.start as usize..entry.start as usize + entry.length as usize])
    }

    fn entry_of(&mut self, text: &[char], action: Action, traces: u8) -> Entry {
        let start = self.pool.len() as u32;
        self.pool.extend_from_slice(text);
        Entry { start, length: text.len() as u8, action, traces, twin: '\0' }
    }

    fn entry_for(&mut self, letter: char, text: &mut Vec<char>) -> Entry {
        use super::fold::Traces;
        let kept = Entry { start: 0, length: 0, action: Action::Write, traces: 0, twin: twin_of(letter) };
        if letter.is_ascii() {
            let lower = letter.to_ascii_lowercase();
            return if lower == letter { kept } else { self.entry_of(&[lower], Action::Write, 0) };
        }
        if is_hidden(letter) {
            let traces = if is_presentation(letter) { 0 } else { Traces::HIDDEN };
            return Entry { action: Action::Hide, traces, ..kept };
        }
        if is_decoration(letter) {
            let struck = matches!(letter as u32, 0x332..=0x338 | 0x20D0..=0x20F0);
            let traces = if struck { Traces::STYLED } else { Traces::COMBINED };
            return Entry { action: Action::Decoration, traces, ..kept };
        }
        if let Some((_, stands_for)) = PICTURES.iter().find(|(picture, _)| *picture == letter) {
            return self.entry_of(&[*stands_for], Action::Picture, Traces::STYLED);
        }
        if ('\u{1F1E6}'..='\u{1F1FF}').contains(&letter) {
            let stands_for = char::from(b'a' + (letter as u32 - 0x1F1E6) as u8);
            return self.entry_of(&[stands_for], Action::Regional, Traces::STYLED);
        }
        text.clear();
        let traces = fold_letter(letter, text);
        if text.as_slice() == [letter] {
            return kept;
        }
        let action = if text.is_empty() { Action::Hide } else { Action::Write };
        let twin = if kept.twin == '\0' && text.len() == 1 { twin_of(text[0]) } else { kept.twin };
        Entry { twin, ..self.entry_of(text, action, traces) }
    }
}

/// Folds one visible character without regard to its neighbours, into `out`.
fn fold_letter(letter: char, out: &mut Vec<char>) -> u8 {
    use super::fold::Traces;
    if let Some(plain) = separator(letter) {
        out.push(plain);
        return 0;
    }
    // The Greek iota subscript, which NFKC takes for a space with a mark.
    if letter == 'ͺ' {
        out.push('ι');
        return Traces::STYLED;
    }
    let mut traces = if is_styled_form(letter) { Traces::STYLED } else { 0 };
    // Twice: a compatibility form may lower to a letter that has one itself.
    let mut now = vec![letter];
    for _ in 0..4 {
        let mut next = Vec::new();
        for part in now.iter().flat_map(|part| std::iter::once(*part).nfkc()).flat_map(char::to_lowercase) {
            fold_part(part, &mut next, &mut traces);
        }
        if next == now {
            break;
        }
        now = next;
    }
    out.extend(now.into_iter().take(18));
    traces
}

fn fold_part(part: char, next: &mut Vec<char>, traces: &mut u8) {
    use super::fold::Traces;
    if part.is_ascii() {
        return next.push(part.to_ascii_lowercase());
    }
    if is_hidden(part) || is_decoration(part) {
        return;
    }
    if let Some(plain) = separator(part) {
        return next.push(plain);
    }
    if let Some((_, plain)) = LATIN.iter().find(|(from, _)| *from == part) {
        *traces |= Traces::ACCENT;
        return next.extend(plain.chars());
    }
    if loses_marks(part) {
        let mut base = Vec::new();
        decompose_canonical(part, |piece| base.push(piece));
        if base.len() > 1 {
            *traces |= Traces::ACCENT;
            return next.extend(base.into_iter().filter(|piece| !is_combining_mark(*piece)));
        }
    }
    if (is_latin_extension(part) || is_styled_form(part))
        && let Some(look_alike) = ascii_look_alike(part)
    {
        *traces |= Traces::LOOKALIKE;
        return next.extend(look_alike.chars());
    }
    next.push(part);
}

/// The ASCII letters or digit `letter` is taken for, by `decancer` or UTS 39.
fn ascii_look_alike(letter: char) -> Option<String> {
    let plain = |text: String| {
        let lower: String = text
            .chars()
            .map(|part| {
                LATIN.iter().find(|(from, _)| *from == part).map_or(part, |(_, to)| to.chars().next().unwrap_or(part))
            })
            .collect::<String>()
            .to_ascii_lowercase();
        let fits = !lower.is_empty() && lower.len() <= 3 && lower.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then_some(lower)
    };
    let options = decancer::Options::default();
    let cured = match decancer::cure_char(letter, options) {
        decancer::Translation::Character(to) => plain(to.to_string()),
        decancer::Translation::String(to) => plain(to.to_string()),
        decancer::Translation::None => None,
    };
    cured.or_else(|| {
        let mut buffer = [0; 4];
        let skeleton: String =
            unicode_security::confusable_detection::skeleton(letter.encode_utf8(&mut buffer)).collect();
        // UTS 39 writes m as "rn".
        plain(if skeleton == "rn" { "m".to_owned() } else { skeleton })
    })
}

/// The small Latin letter that a letter of another script is taken for, `\0` for none.
fn twin_of(letter: char) -> char {
    if !is_other_script(letter) {
        return '\0';
    }
    for pair in TWINS.split_ascii_whitespace() {
        let mut both = pair.chars();
        if both.next() == Some(letter) {
            return both.next().map_or('\0', |twin| twin.to_ascii_lowercase());
        }
    }
    // A capital that is not listed looks like what its small letter is listed for, unless the
    // tables know better.
    let mut lower = letter.to_lowercase();
    if let (Some(small), None) = (lower.next(), lower.next())
        && small != letter
        && matches!(letter as u32, 0x370..=0x52F)
    {
        return twin_of(small);
    }
    match ascii_look_alike(letter) {
        Some(text) if text.len() == 1 && text.as_bytes()[0].is_ascii_alphabetic() => char::from(text.as_bytes()[0]),
        _ => '\0',
    }
}

/// Whether `letter` is taken for a Latin letter at sight, in any surroundings.
pub(super) fn is_close_twin(letter: char) -> bool {
    matches!(
        letter,
        'а' | 'в'
            | 'е'
            | 'ё'
            | 'і'
            | 'ї'
            | 'ј'
            | 'к'
            | 'м'
            | 'н'
            | 'о'
            | 'р'
            | 'с'
            | 'т'
            | 'у'
            | 'х'
            | 'ѕ'
            | 'һ'
            | 'ԁ'
            | 'ԛ'
            | 'ԝ'
            | 'α'
            | 'β'
            | 'ε'
            | 'ζ'
            | 'η'
            | 'ι'
            | 'κ'
            | 'μ'
            | 'ν'
            | 'ο'
            | 'ρ'
            | 'τ'
            | 'υ'
            | 'χ'
            | 'ω'
            | 'ϲ'
            | 'ϳ'
    )
}

/// Signs that stand between words though NFKC would make letters of them, and
/// dashes, quotes and spaces in one form each.
fn separator(letter: char) -> Option<char> {
    match letter {
        '™' | '℠' | '®' | '©' | '℗' | 'ª' | 'º' => Some(' '),
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '﹣' | '－' | '⁃' => Some('-'),
        '‘' | '’' | '‚' | '‛' | '′' | '＇' | '´' | '`' => Some('\''),
        '“' | '”' | '„' | '‟' | '″' | '＂' => Some('"'),
        _ if letter.is_whitespace() => Some(' '),
        _ => None,
    }
}

/// Characters no reader sees (Default_Ignorable_Code_Point, and the blank letters).
fn is_hidden(letter: char) -> bool {
    matches!(letter as u32,
        0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
        | 0x202A..=0x202E | 0x2060..=0x206F | 0x2800 | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFF8
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

/// Variation selectors: part of how emoji are written, no trace of hiding.
fn is_presentation(letter: char) -> bool {
    matches!(letter as u32, 0xFE00..=0xFE0F)
}

/// Marks that decorate a letter and carry no sound in the scripts folded here:
/// combining diacritics, Hebrew points, Arabic vowel signs.
fn is_decoration(letter: char) -> bool {
    matches!(letter as u32,
        0x300..=0x36F | 0x483..=0x489 | 0x591..=0x5BD | 0x5BF | 0x5C1 | 0x5C2 | 0x5C4 | 0x5C5 | 0x610..=0x61A
        | 0x640 | 0x64B..=0x65F | 0x670 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

/// Letters whose accents are no letters of their own: Latin, Greek, Cyrillic.
fn loses_marks(letter: char) -> bool {
    matches!(letter as u32, 0xC0..=0x24F | 0x370..=0x52F | 0x1E00..=0x1FFF)
}

/// Latin letters outside ASCII.
fn is_latin_extension(letter: char) -> bool {
    matches!(letter as u32, 0xC0..=0x2AF | 0x1D00..=0x1DBF | 0x1E00..=0x1EFF | 0x2C60..=0x2C7F | 0xA720..=0xA7FF | 0xAB30..=0xAB6F)
        && letter.is_alphabetic()
}

/// Blocks of letters in another style: enclosed, letter-like, mathematical.
fn is_styled_form(letter: char) -> bool {
    matches!(letter as u32, 0x2100..=0x214F | 0x2460..=0x24FF | 0x2776..=0x2793 | 0xFF01..=0xFF5E | 0x1D400..=0x1D7FF
        | 0x1F100..=0x1F1E5 | 0x1CCD6..=0x1CCF9 | 0x2070..=0x209C | 0x1D2C..=0x1D6A)
}

/// Letters of scripts other than Latin, which look like Latin letters only by chance.
pub(super) fn is_other_script(letter: char) -> bool {
    let code = letter as u32;
    let latin = matches!(code, 0x1D00..=0x1DBF | 0x1E00..=0x1EFF | 0x2070..=0x214F | 0x2460..=0x24FF | 0x2C60..=0x2C7F
        | 0xA720..=0xA7FF | 0xAB30..=0xAB6F | 0xFB00..=0xFB06 | 0xFF01..=0xFF5E | 0x1D400..=0x1D7FF | 0x1F100..=0x1F1FF);
    code >= 0x370 && !latin && !is_unspaced_block(code) && letter.is_alphabetic()
}

/// Scripts written without spaces, whose letters are never taken for Latin ones.
fn is_unspaced_block(code: u32) -> bool {
    matches!(code, 0xE00..=0xEFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x1100..=0x11FF | 0x2E80..=0x9FFF | 0xA960..=0xA97F
        | 0xAC00..=0xD7FF | 0xF900..=0xFAFF | 0xFF66..=0xFFDC)
}
