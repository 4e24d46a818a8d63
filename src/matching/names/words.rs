//! Cutting a name into words and writing each in ASCII letters.

use super::read::MAX_TOKENS;
use super::script::{Script, Writing, romanise, script_of};
use super::sound::MAX_TOKEN;
use super::tables::{Class, Family, TABLES};
use crate::matching::text::fold::fold;

/// A word before it is known what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// ASCII, lower case.
    pub text: String,
    /// As written.
    pub written: String,
    /// How `text` relates to the sounds.
    pub writing: Writing,
    /// Told already, for words of Han signs.
    pub known: Option<(Class, Family, &'static str)>,
    /// Whether letters outside Latin were read.
    pub foreign: bool,
}

/// The words of a cleaned text. In a person's name dotted letters are initials, in other
/// names an abbreviation.
pub fn words_of(text: &str, person: bool) -> Vec<Word> {
    let mut words = Vec::new();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    let latin_elsewhere = latin * 2 > text.chars().filter(|letter| letter.is_alphabetic()).count();
    let persian = text.contains(['ی', 'ک', 'گ', 'چ', 'پ', 'ژ', 'ﻯ']);
    let mut letters = String::new();
    let mut previous_dot = false;
    let mut flush = |letters: &mut String, joined: bool| {
        if !letters.is_empty() && words.len() < MAX_TOKENS {
            push_word(letters, Around { person, latin_elsewhere, persian, joined }, &mut words);
            letters.clear();
        }
    };
    let mut script = None;
    let all: Vec<char> = text.chars().collect();
    for (index, &letter) in all.iter().enumerate() {
        if is_apostrophe(letter) || is_mark(letter) {
            continue;
        }
        if !letter.is_alphanumeric() {
            let abbreviation = letter == '.'
                && letters.chars().count() == 1
                && all.get(index + 1).is_some_and(|next| next.is_alphanumeric());
            flush(&mut letters, previous_dot);
            previous_dot = abbreviation;
            script = None;
            continue;
        }
        // Han and Korean stand beside Latin without a space.
        let own = script_of(letter);
        let apart = |one: Script| matches!(one, Script::Han | Script::Hangul);
        if script.is_some_and(|before| before != own && (apart(before) || apart(own))) {
            flush(&mut letters, false);
        }
        script = Some(own);
        letters.push(letter);
    }
    flush(&mut letters, previous_dot);
    words
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʿ' | 'ʾ' | 'ʻ' | '′' | '״' | '׳' | '“' | '”' | '"')
}

fn is_mark(letter: char) -> bool {
    unicode_normalization::char::is_combining_mark(letter) && !letter.is_alphanumeric()
}

/// What is known around a word.
#[derive(Clone, Copy)]
struct Around {
    /// The name is a person's.
    person: bool,
    /// Most of the name is written in Latin.
    latin_elsewhere: bool,
    /// The name is written in Persian letters.
    persian: bool,
    /// Belongs to the dotted letter before it.
    joined: bool,
}

/// Adds the word or words that `letters`, all letters and digits, are.
fn push_word(letters: &str, around: Around, words: &mut Vec<Word>) {
    let Around { person, latin_elsewhere, persian, joined } = around;
    let plain = undisguise(letters, latin_elsewhere);
    let script = plain.chars().map(script_of).find(|script| *script != Script::Latin).unwrap_or(Script::Latin);
    if script == Script::Han {
        push_signs(&plain, person, words);
        return;
    }
    let writing = match script {
        Script::Arabic | Script::Hebrew => Writing::Consonants,
        _ => Writing::Letters,
    };
    let maker = Maker { writing, foreign: script != Script::Latin };
    match script {
        Script::Hangul if person && (2..=4).contains(&plain.chars().count()) => push_korean_name(&plain, maker, words),
        Script::Arabic => push_arabic(&plain, persian, maker, words),
        _ => {
            let text = cut(without_digits_for_letters(romanise(&plain, script)));
            let joined = joined && !person && text.len() == 1;
            push_written_out(&text, letters, person, joined, maker, words);
        }
    }
}

/// Makes words of one script.
#[derive(Clone, Copy)]
struct Maker {
    writing: Writing,
    foreign: bool,
}

impl Maker {
    fn word(self, text: String, written: &str) -> Word {
        Word { text, written: written.to_owned(), writing: self.writing, known: None, foreign: self.foreign }
    }
}

/// A Korean name without spaces: a surname of one syllable and a given name.
fn push_korean_name(plain: &str, maker: Maker, words: &mut Vec<Word>) {
    let surname = plain.chars().next().map_or(0, char::len_utf8);
    for part in [&plain[..surname], &plain[surname..]] {
        words.push(maker.word(romanise(part, Script::Hangul), part));
    }
}

fn push_arabic(plain: &str, persian: bool, maker: Maker, words: &mut Vec<Word>) {
    // "Nur Allah", "Nasir ad-Din": one name in any other script.
    let closing = matches!(plain, "الله" | "الدین" | "الدين" | "اله");
    if let Some(last) = words.last_mut().filter(|last| closing && last.writing == Writing::Consonants) {
        last.text = cut(last.text.clone() + if plain.ends_with('ه') { "allh" } else { "aldyn" });
        last.written = format!("{} {plain}", last.written);
        return;
    }
    for part in arabic_parts(plain) {
        // Persian speaks four letters as z and one as s that are others in Arabic.
        let text = if persian { part.replace(['ض', 'ذ', 'ظ'], "ز").replace('ث', "س") } else { part.to_owned() };
        words.push(maker.word(cut(romanise(&text, Script::Arabic)), part));
    }
}

/// Adds a word whose letters tell all sounds; `joined` says that it belongs to the letter before.
fn push_written_out(text: &str, letters: &str, person: bool, joined: bool, maker: Maker, words: &mut Vec<Word>) {
    if text.is_empty() {
        return;
    }
    if let Some(last) = words.last_mut().filter(|_| joined) {
        last.text.push_str(text);
        last.written.push_str(letters);
        return;
    }
    if person && closes_a_name(text, words) {
        if let Some(last) = words.last_mut() {
            last.text = cut(format!("{}{}", last.text, if text.ends_with('h') { "ullah" } else { "uddin" }));
            last.written = format!("{} {letters}", last.written);
        }
        return;
    }
    match servant_of(text) {
        Some(rest) => {
            words.push(maker.word("abd".to_owned(), &letters.chars().take(3).collect::<String>()));
            words.push(maker.word(rest.to_owned(), rest));
        }
        None => words.push(maker.word(text.to_owned(), letters)),
    }
}

/// Whether a word closes the name before it: "Nur Allah", "Nasir al-Din" are one word in most
/// other spellings. Takes the article between them away.
fn closes_a_name(text: &str, words: &mut Vec<Word>) -> bool {
    if !matches!(text, "allah" | "ullah" | "din" | "deen" | "eddin" | "uddin" | "aldin") {
        return false;
    }
    let article =
        words.last().is_some_and(|last| matches!(last.text.as_str(), "al" | "el" | "ud" | "ad" | "ed" | "ul"));
    if words.len() <= usize::from(article) {
        return false;
    }
    if article {
        words.pop();
    }
    true
}

fn cut(mut text: String) -> String {
    text.truncate(MAX_TOKEN);
    text
}

/// The word in the script it pretends to be in.
fn undisguise(letters: &str, latin_elsewhere: bool) -> String {
    let latin = letters.chars().filter(char::is_ascii_alphabetic).count();
    let twin_script = |letter: char| matches!(letter as u32, 0x370..=0x58F | 0x13A0..=0x13FF | 0x1C80..=0x1C8F);
    let other = letters.chars().filter(|letter| twin_script(*letter)).count();
    let cyrillic = letters.chars().filter(|letter| script_of(*letter) == Script::Cyrillic).count();
    if latin > 0 && cyrillic > latin {
        let mapped: Option<String> =
            letters.chars().map(|letter| twin(letter, &LATIN_TWINS, &CYRILLIC_TWINS)).collect();
        if let Some(mapped) = mapped {
            return mapped;
        }
    }
    if latin > 0 && other > 0 {
        return fold(letters).text;
    }
    if cyrillic > 0 && latin_elsewhere {
        let mapped: Option<String> =
            letters.chars().map(|letter| twin(letter, &CYRILLIC_TWINS, &LATIN_TWINS)).collect();
        if let Some(mapped) = mapped {
            return mapped;
        }
    }
    letters.to_owned()
}

/// Latin letters that look like the Cyrillic ones at the same places.
const LATIN_TWINS: [char; 22] =
    ['A', 'B', 'C', 'E', 'H', 'I', 'K', 'M', 'O', 'P', 'T', 'X', 'Y', 'a', 'c', 'e', 'i', 'o', 'p', 'x', 'y', 's'];
const CYRILLIC_TWINS: [char; 22] =
    ['А', 'В', 'С', 'Е', 'Н', 'І', 'К', 'М', 'О', 'Р', 'Т', 'Х', 'У', 'а', 'с', 'е', 'і', 'о', 'р', 'х', 'у', 'ѕ'];

/// The letter's twin in the other script; letters of the other script stay, letters without twin fail.
fn twin(letter: char, from: &[char], to: &[char]) -> Option<char> {
    if let Some(place) = from.iter().position(|own| *own == letter) {
        return Some(to[place]);
    }
    let target = script_of(to[0]);
    (!letter.is_alphabetic() || script_of(letter) == target).then_some(letter)
}

/// Letters for the digits that stand for them: "v1ad1m1r". Only where letters are the most.
fn without_digits_for_letters(text: String) -> String {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.len() - digits;
    if digits == 0 || letters < 3 || digits * 2 > letters {
        return text;
    }
    text.chars().map(letter_for_digit).collect()
}

/// The letter that a digit is written for; other characters stay.
pub(crate) fn letter_for_digit(written: char) -> char {
    match written {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    }
}

/// The second part of "Abdulaziz", "Abdelkader", "Abdurrahman"; `None` for other words.
fn servant_of(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("abd")?;
    let rest = rest.strip_prefix("ou").or_else(|| rest.strip_prefix(['u', 'e', 'a', 'o', 'i']))?;
    let (first, after) = (rest.as_bytes().first()?, rest.get(1..)?);
    let doubled = after.as_bytes().first() == Some(first);
    let rest = match first {
        b'l' if !doubled => after,
        _ if doubled && *first != b'l' => after,
        _ => return None,
    };
    (rest.len() >= 3).then_some(rest)
}

/// Cuts the article and "servant of" from an Arabic word.
fn arabic_parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = word;
    if let Some(after) = rest.strip_prefix("عبد").filter(|after| after.chars().count() >= 3) {
        parts.push(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    let article = rest.strip_prefix("ال").filter(|after| rest != "الله" && after.chars().count() >= 3);
    if let Some(after) = article {
        parts.push(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    if rest == "الله" {
        return vec![word];
    }
    parts.push(rest);
    parts
}

/// Cuts a run of Han signs into words of the tables and the names between them.
fn push_signs(text: &str, person: bool, words: &mut Vec<Word>) {
    let signs: Vec<char> = text.chars().collect();
    let name = |from: usize, to: usize| {
        let written: String = signs[from..to].iter().collect();
        let text = cut(romanise(&written, Script::Han));
        Word { text, written, writing: Writing::Signs, known: None, foreign: true }
    };
    if person && (2..=4).contains(&signs.len()) {
        let surname = if signs.len() == 4 { 2 } else { 1 };
        words.push(name(0, surname));
        words.push(name(surname, signs.len()));
        return;
    }
    let (mut start, mut at) = (0, 0);
    while at < signs.len() && words.len() < MAX_TOKENS {
        let known = if person { None } else { TABLES.sign_word(&signs[at..]) };
        let Some((length, class, family, canonical)) = known else {
            at += 1;
            continue;
        };
        if at > start {
            push_names_of_signs(start, at, name, words);
        }
        let mut word = name(at, at + length);
        word.known = Some((class, family, canonical));
        words.push(word);
        at += length;
        start = at;
    }
    if at > start {
        push_names_of_signs(start, at, name, words);
    }
}

/// A name between known words: a place and a style are two signs each.
fn push_names_of_signs(from: usize, to: usize, name: impl Fn(usize, usize) -> Word, words: &mut Vec<Word>) {
    let length = to - from;
    let first = if length > 3 { 2 } else { length };
    words.push(name(from, from + first));
    if first < length {
        words.push(name(from + first, to));
    }
}
