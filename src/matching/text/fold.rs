//! Undoing what makes the same word look different: case, accents, styled letters,
//! look-alikes, hidden characters. Keeps the way back to the original letters.
//!
//! Folding twice changes nothing. Letters of another script are turned into Latin
//! ones only inside words that mix the two ("Nікe" with a Ukrainian і): a whole
//! Russian word stays Russian. Where a word is wholly made of look-alikes ("ѕоѕо")
//! the Latin reading is offered beside the text, not instead of it.

use super::fold_table::{Action, TABLE, is_close_twin};
use super::letter::Kinds;
use crate::kernel::Span;

/// What was undone to read a letter; bits, joined with `|`.
pub struct Traces;

impl Traces {
    /// A look-alike from another script or a lettered symbol.
    pub const LOOKALIKE: u8 = 1;
    /// An invisible character stood before the letter.
    pub const HIDDEN: u8 = 2;
    /// A styled form: mathematical, enclosed, full-width, struck through, an emoji.
    pub const STYLED: u8 = 4;
    /// A separate combining accent.
    pub const COMBINED: u8 = 8;
    /// An accented letter as languages use them.
    pub const ACCENT: u8 = 16;
    /// Changes nobody makes by writing normally.
    pub const DELIBERATE: u8 = Self::LOOKALIKE | Self::HIDDEN | Self::STYLED;
}

/// Where one folded letter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// First scalar value of the original.
    pub from: u32,
    /// One past the last, decorations included.
    pub to: u32,
    /// First byte of the original.
    pub byte: u32,
    /// [`Traces`] bits.
    pub traces: u8,
}

/// A word made wholly of look-alikes, read as Latin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatinReading {
    /// Index of the word's first letter in the folded letters.
    pub start: u32,
    /// The Latin letters, one for each folded letter.
    pub text: String,
}

/// A folded text with the way back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded {
    /// The folded letters as text.
    pub text: String,
    /// Words that can also be read as Latin.
    pub latin_readings: Vec<LatinReading>,
    /// One for each letter of `text`; empty when `text` is the original in lower case.
    places: Vec<Place>,
    /// Byte offset of each letter; empty like `places`.
    bytes: Vec<u32>,
}

impl Folded {
    /// Where letter number `index` of [`Self::text`] comes from.
    pub fn place(&self, index: usize) -> Place {
        match self.places.get(index) {
            Some(place) => *place,
            None => Place { from: index as u32, to: index as u32 + 1, byte: index as u32, traces: 0 },
        }
    }

    /// The original letters behind the letters `from..to` of [`Self::text`], counted in letters.
    pub fn span_of_letters(&self, from: usize, to: usize) -> Span {
        if to <= from {
            let at = self.place(from).from;
            return Span { from: at, to: at };
        }
        Span { from: self.place(from).from, to: self.place(to - 1).to }
    }

    /// The original letters behind the letters `from..to` of [`Self::text`], as written in
    /// `original`, which must be the text that was folded. Takes time in their number only.
    pub fn written<'a>(&self, original: &'a str, from: usize, to: usize) -> &'a str {
        let span = self.span_of_letters(from, to);
        let rest = original.get(self.place(from).byte as usize..).unwrap_or_default();
        let end = rest.char_indices().nth((span.to - span.from) as usize).map_or(rest.len(), |(at, _)| at);
        &rest[..end]
    }

    /// The original letters behind the bytes `from..to` of [`Self::text`], as a search in it reports them.
    pub fn span_of_bytes(&self, from: usize, to: usize) -> Span {
        if self.bytes.is_empty() {
            return self.span_of_letters(from, to);
        }
        let letter = |byte: usize| self.bytes.partition_point(|start| (*start as usize) < byte);
        self.span_of_letters(letter(from), letter(to))
    }

    /// The folded letters `from..to`, counted in letters; empty when they lie outside.
    pub fn letters_between(&self, from: usize, to: usize) -> &str {
        let byte = |letter: usize| match self.bytes.get(letter) {
            Some(byte) => *byte as usize,
            None if self.bytes.is_empty() => letter,
            None => self.text.len(),
        };
        self.text.get(byte(from)..byte(to).max(byte(from))).unwrap_or_default()
    }

    /// Index among the letters of the letter that starts at `byte` of [`Self::text`].
    pub fn letter_at_byte(&self, byte: usize) -> usize {
        if self.bytes.is_empty() { byte } else { self.bytes.partition_point(|start| (*start as usize) < byte) }
    }

    /// Whether letters, accents apart, were changed by more than case anywhere.
    pub fn has_deliberate_traces(&self) -> bool {
        self.places.iter().any(|place| place.traces & Traces::DELIBERATE != 0)
    }
}

/// Folds `original`. Linear in its length; never fails.
pub fn fold(original: &str) -> Folded {
    if original.is_ascii() {
        return Folded { text: original.to_ascii_lowercase(), ..Folded::default() };
    }
    let mut folder = Folder::default();
    folder.read(original);
    folder.decide_scripts();
    folder.finish()
}

/// Kana and Han, whose keyboards write Latin letters full-width in ordinary text.
fn is_east_asian(letter: char) -> bool {
    matches!(letter as u32, 0x3041..=0x30FF | 0x4E00..=0x9FFF)
}

fn is_full_width(letter: char) -> bool {
    matches!(letter as u32, 0xFF01..=0xFF5E)
}

#[derive(Default)]
struct Folder {
    letters: Vec<char>,
    twins: Vec<char>,
    places: Vec<Place>,
    readings: Vec<LatinReading>,
    /// First byte of the character being read.
    byte: u32,
    /// Some letter is of a script whose letters pass for Latin ones.
    mixes: bool,
}

impl Folder {
    /// Folds each character by the table.
    fn read(&mut self, original: &str) {
        let original: Vec<char> = original.chars().collect();
        self.letters.reserve(original.len());
        self.twins.reserve(original.len());
        self.places.reserve(original.len());
        let mut wide_is_usual: Option<bool> = None;
        let mut traces = 0;
        for (index, &letter) in original.iter().enumerate() {
            self.byte = if index == 0 { 0 } else { self.byte + original[index - 1].len_utf8() as u32 };
            if letter.is_ascii() {
                let found = std::mem::take(&mut traces);
                self.push(letter.to_ascii_lowercase(), '\0', index as u32, found);
                continue;
            }
            let entry = TABLE.entry(letter);
            let shown = match entry.action {
                Action::Picture => self.ends_in_letter() || starts_with_letter(&original, index + 1),
                Action::Regional => !is_flag(&original, index),
                _ => true,
            };
            match entry.action {
                Action::Hide => traces |= entry.traces,
                Action::Decoration => self.decorate(index as u32, entry.traces),
                _ if !shown => self.push(letter, '\0', index as u32, 0),
                Action::Write | Action::Picture | Action::Regional => {
                    let is_usual = || original.iter().any(|letter| is_east_asian(*letter));
                    let usual = is_full_width(letter) && *wide_is_usual.get_or_insert_with(is_usual);
                    let own = if usual { entry.traces & !Traces::STYLED } else { entry.traces };
                    let found = own | std::mem::take(&mut traces);
                    match TABLE.replacement(entry) {
                        None => self.push(letter, entry.twin, index as u32, found),
                        Some([one]) => self.push(*one, entry.twin, index as u32, found),
                        Some(several) => {
                            several.iter().for_each(|one| self.push(*one, TABLE.entry(*one).twin, index as u32, found));
                        }
                    }
                }
            }
        }
    }

    fn ends_in_letter(&self) -> bool {
        self.letters.last().is_some_and(|letter| Kinds::of(*letter).is_alphanumeric())
    }

    fn push(&mut self, letter: char, twin: char, index: u32, traces: u8) {
        self.mixes |= !letter.is_ascii() && Kinds::of(letter).is_other_script();
        self.letters.push(letter);
        self.twins.push(twin);
        self.places.push(Place { from: index, to: index + 1, byte: self.byte, traces });
    }

    /// Counts a decoration to the letter before it; one that decorates nothing is dropped.
    fn decorate(&mut self, index: u32, traces: u8) {
        if let Some(place) = self.places.last_mut() {
            place.to = index + 1;
            place.traces |= traces;
        }
    }

    /// Turns look-alikes into the script of the word they stand in.
    fn decide_scripts(&mut self) {
        if !self.mixes {
            return;
        }
        let mut start = 0;
        while start < self.letters.len() {
            if !Kinds::of(self.letters[start]).is_alphanumeric() {
                start += 1;
                continue;
            }
            let length =
                self.letters[start..].iter().take_while(|letter| Kinds::of(**letter).is_alphanumeric()).count();
            self.decide_word(start, start + length);
            start += length;
        }
        self.decide_spelled_out();
    }

    /// Turns look-alikes into Latin letters in words that signs or spaces cut into parts:
    /// "N-і-k-e", "ТР-Link". Only where every part of another script is made of close twins.
    fn decide_spelled_out(&mut self) {
        let mut start = 0;
        while start < self.letters.len() {
            let end = self.chunk_end(start);
            let chunk = &self.letters[start..end];
            let latin = chunk.iter().any(char::is_ascii_alphabetic);
            let mut others = chunk.iter().filter(|letter| Kinds::of(**letter).is_other_script()).peekable();
            if latin && others.peek().is_some() && others.all(|letter| is_close_twin(*letter)) {
                for at in start..end {
                    if Kinds::of(self.letters[at]).is_other_script() && self.twins[at] != '\0' {
                        self.letters[at] = self.twins[at];
                        self.places[at].traces |= Traces::LOOKALIKE;
                    }
                }
                self.readings.retain(|reading| !(start..end).contains(&(reading.start as usize)));
            }
            start = end.max(start + 1);
        }
    }

    /// The end of a run without white space, or of single letters with one sign or space between.
    fn chunk_end(&self, start: usize) -> usize {
        let letter = |at: usize| self.letters.get(at).is_some_and(|letter| Kinds::of(*letter).is_alphanumeric());
        let blank = |at: usize| self.letters.get(at).is_none_or(|letter| Kinds::of(*letter).is_space());
        let mut end = start;
        while letter(end) && !letter(end + 1) && letter(end + 2) && !letter(end + 3) {
            end += 2;
        }
        if end > start + 2 {
            return end + 1;
        }
        end = start;
        while !blank(end) {
            end += 1;
        }
        end
    }

    fn decide_word(&mut self, start: usize, end: usize) {
        let word = &self.letters[start..end];
        let latin = word.iter().filter(|letter| letter.is_ascii_alphabetic()).count();
        let other = word.iter().filter(|letter| Kinds::of(**letter).is_other_script()).count();
        if other == 0 {
            return;
        }
        let twins =
            (start..end).filter(|&at| Kinds::of(self.letters[at]).is_other_script() && self.twins[at] != '\0').count();
        if latin == 0 {
            if twins == other
                && other >= 3
                && other == word.iter().filter(|letter| Kinds::of(**letter).is_alphabetic()).count()
            {
                let text = (start..end).map(|at| self.latin_at(at)).collect();
                self.readings.push(LatinReading { start: start as u32, text });
            }
            return;
        }
        let to_cyrillic: Option<Vec<char>> = (twins < other && latin < other)
            .then(|| word.iter().map(|letter| cyrillic_twin(*letter)).collect())
            .flatten();
        if let Some(letters) = to_cyrillic {
            for (at, letter) in (start..end).zip(letters) {
                if self.letters[at] != letter {
                    self.letters[at] = letter;
                    self.places[at].traces |= Traces::LOOKALIKE;
                }
            }
            return;
        }
        for at in start..end {
            if Kinds::of(self.letters[at]).is_other_script() && self.twins[at] != '\0' {
                self.letters[at] = self.twins[at];
                self.places[at].traces |= Traces::LOOKALIKE;
            }
        }
    }

    fn latin_at(&self, at: usize) -> char {
        if self.twins[at] == '\0' { self.letters[at] } else { self.twins[at] }
    }

    fn finish(self) -> Folded {
        let mut text = String::with_capacity(self.letters.len() * 2);
        let mut bytes = Vec::with_capacity(self.letters.len());
        for letter in &self.letters {
            bytes.push(text.len() as u32);
            text.push(*letter);
        }
        Folded { text, latin_readings: self.readings, places: self.places, bytes }
    }
}

/// The Cyrillic letter a Latin one passes for; other letters pass for themselves.
/// `None` for a Latin letter without a Cyrillic twin.
fn cyrillic_twin(letter: char) -> Option<char> {
    if !letter.is_ascii_alphabetic() {
        let cyrillic_or_neutral = !letter.is_alphabetic() || ('\u{400}'..='\u{52F}').contains(&letter);
        return cyrillic_or_neutral.then_some(letter);
    }
    let twins = "aаcсeеkкmмoоpрtтxхyуiіhн";
    let mut pairs = twins.chars();
    while let (Some(latin), Some(cyrillic)) = (pairs.next(), pairs.next()) {
        if latin == letter {
            return Some(cyrillic);
        }
    }
    None
}

/// Whether what is seen from scalar `index` on starts with something read as a letter.
/// A run of pictures counts: together they may spell a word.
fn starts_with_letter(original: &[char], index: usize) -> bool {
    let unseen = |letter: &char| matches!(TABLE.entry(*letter).action, Action::Hide | Action::Decoration);
    // 64: a longer run of hidden characters is no writing, and the search must stay bounded.
    let seen = original[index..].iter().take(64).position(|letter| !unseen(letter));
    let Some(at) = seen.map(|offset| index + offset) else {
        return false;
    };
    let entry = TABLE.entry(original[at]);
    match entry.action {
        Action::Picture => true,
        Action::Regional => !is_flag(original, at),
        _ => {
            TABLE.replacement(entry).unwrap_or(&original[at..=at]).first().is_some_and(|first| first.is_alphanumeric())
        }
    }
}

/// Whether the regional indicator at scalar `index` is one of exactly two: a flag. Hidden
/// characters and decorations between indicators are not seen and part nothing.
fn is_flag(original: &[char], index: usize) -> bool {
    let is_indicator = |letter: &&char| ('\u{1F1E6}'..='\u{1F1FF}').contains(*letter);
    let is_seen = |letter: &&char| !matches!(TABLE.entry(**letter).action, Action::Hide | Action::Decoration);
    let back = original[..index].iter().rev().filter(is_seen).take(2).take_while(is_indicator).count();
    let ahead = original[index..].iter().filter(is_seen).take(3).take_while(is_indicator).count();
    back + ahead == 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn full_width_letters_are_ordinary_beside_kana_and_han_only() {
        assert!(!fold("ＮＩＫＡ スニーカー").has_deliberate_traces());
        assert_eq!(fold("ＮＩＫＡ スニーカー").text, "nika スニーカー");
        assert!(fold("ＮＩＫＡ shoes").has_deliberate_traces());
    }

    #[test]
    fn disguises_of_one_word_fold_to_it() {
        let disguises = [
            "Nikon",
            "ＮＩＫＯＮ",
            "𝐍𝐢𝐤𝐨𝐧",
            "Ⓝⓘⓚⓞⓝ",
            "🅽🅸🅺🅾🅽",
            "🄽🄸🄺🄾🄽",
            "N\u{200b}i\u{200d}k\u{2060}on",
            "Νikοn",
            "Nіkоn",
            "ñíkøň",
            "N̶i̶k̶o̶n̶",
            "n̲i̲k̲o̲n̲",
            "nℹ️k⭕n",
            "N\u{ad}ikon",
            "ⓝikon",
            "NⅠkon",
        ];
        for disguise in disguises {
            assert_eq!(fold(disguise).text, "nikon", "{disguise}");
        }
    }

    #[test]
    fn whole_words_of_another_script_stay_and_offer_a_reading() {
        assert_eq!(fold("Москва и чай").text, "москва и чаи");
        let disguised = fold("сосо");
        assert_eq!(disguised.text, "сосо");
        assert_eq!(disguised.latin_readings[0].text, "coco");
        assert!(fold("東京é").latin_readings.is_empty());
    }

    #[test]
    fn a_latin_letter_in_a_russian_word_becomes_russian() {
        assert_eq!(fold("cигapеты ждут").text, "сигареты ждут");
    }

    #[test]
    fn spans_lead_back_to_the_original_letters() {
        let original = "x N\u{200b}i̲k⭕n™ y";
        let folded = fold(original);
        let at = folded.text.find("nikon").unwrap();
        let span = folded.span_of_bytes(at, at + 5);
        assert_eq!(span.of(original), "N\u{200b}i̲k⭕n");
    }

    #[test]
    fn emoji_that_touch_no_letters_and_flags_stay_pictures() {
        assert_eq!(fold("é ⭕ ok").text, "e ⭕ ok");
        assert_eq!(fold("🇺🇸 é").text, "🇺🇸 e");
        assert_eq!(fold("🇳🇮🇰🇪").text, "nike");
        assert_eq!(fold("🇳🇮\u{301}🇰🇪").text, "nike", "an accent parts no word into flags");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text).text;
            prop_assert_eq!(&fold(&once).text, &once);
        }

        #[test]
        fn folding_mixed_scripts_twice_changes_nothing(text in "[a-zа-яёіїα-ωΑ-ΩА-Яéñ0-9🅰⭕❌🇦-🇿ａ-ｚ\u{200b}\u{301}\u{fe0f} .-]{0,30}") {
            let once = fold(&text).text;
            prop_assert_eq!(&fold(&once).text, &once);
        }

        #[test]
        fn every_folded_letter_has_a_place_inside_the_original(text in "\\PC{0,40}") {
            let folded = fold(&text);
            let length = text.chars().count() as u32;
            for index in 0..folded.text.chars().count() {
                let place = folded.place(index);
                prop_assert!(place.from < place.to && place.to <= length);
                prop_assert_eq!(folded.written(&text, index, index + 1), folded.span_of_letters(index, index + 1).of(&text));
            }
        }
    }
}
