//! The tables behind reading a name: legal forms, words that companies share, forms of
//! personal names. All are shipped data with their source in the file's head.

use std::sync::LazyLock;

use ahash::{HashMap, HashSet};

use super::script::{Script, Writing, script_of};
use super::sound::sound_key;
use super::words::{Word, words_of};

/// What a token says about its bearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// A name, or a word that no table knows.
    Ordinary,
    /// A word that companies of one trade share.
    Business,
    /// A country, region or large city.
    Place,
    /// A legal form.
    Legal,
    /// A form of address.
    Title,
    /// Joins the parts of a name.
    Particle,
    /// Joins words of a company's name; may be a name of a person.
    Connective,
    /// Digits.
    Number,
    /// A single letter.
    Initial,
}

/// Forms that are one: all spellings of a name, of a word, of a legal form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Family(pub u16);

/// Distance between the family of a name and that of its patronymics.
const PATRONYMIC: u16 = 2_000;
/// First family that is no personal name.
const FIRST_WORD: u16 = 4_000;

impl Family {
    /// Whether the family is one of a trade's words, which mean related things only.
    pub fn is_word(self) -> bool {
        self.0 >= FIRST_WORD
    }
}

/// A phrase of the tables.
#[derive(Debug, Clone)]
pub struct Phrase {
    /// What it says.
    pub class: Class,
    /// The line it stands in.
    pub family: Family,
    /// The line's first word.
    pub canonical: &'static str,
    /// Number of words.
    pub length: usize,
}

/// All tables, read once.
pub struct Tables {
    phrases: HashMap<Vec<u8>, Phrase>,
    longest: usize,
    legal_parts: HashSet<Vec<u8>>,
    given: HashMap<Vec<u8>, Vec<Family>>,
    signs: HashMap<String, (Class, Family, &'static str)>,
    longest_sign: usize,
}

/// The shipped tables.
pub static TABLES: LazyLock<Tables> = LazyLock::new(Tables::read);

/// Adds the key under which a word of a phrase is looked up: its sounds, or the letters of a short one.
fn push_word_key(word: &Word, key: &mut Vec<u8>) {
    match word.writing {
        // Without vowels a short word of one language is any word of another.
        Writing::Consonants => {
            key.push(b'`');
            key.extend(word.text.as_bytes());
        }
        _ if word.text.len() <= 4 => key.extend(word.text.as_bytes()),
        _ => {
            key.push(b'~');
            key.extend(sound_key(&word.text));
        }
    }
    key.push(b' ');
}

fn phrase_key(words: &[Word]) -> Vec<u8> {
    let mut key = Vec::new();
    words.iter().for_each(|word| push_word_key(word, &mut key));
    key
}

impl Tables {
    fn read() -> Self {
        let mut tables = Self {
            phrases: HashMap::default(),
            longest: 0,
            legal_parts: HashSet::default(),
            given: HashMap::default(),
            signs: HashMap::default(),
            longest_sign: 0,
        };
        let mut family = FIRST_WORD;
        for (canonical, spellings) in lines(include_str!("tables/legal_forms.csv")) {
            tables.add_phrases(Class::Legal, Family(family), canonical, spellings);
            family += 1;
        }
        for (class, line) in lines(include_str!("tables/words.csv")) {
            let (canonical, spellings) = line.split_once('|').unwrap_or((line, ""));
            let class = match class {
                "title" => Class::Title,
                "place" => Class::Place,
                "particle" => Class::Particle,
                "connective" => Class::Connective,
                _ => Class::Business,
            };
            tables.add_phrases(class, Family(family), canonical, spellings);
            family += 1;
        }
        for (number, line) in rows(include_str!("tables/given_names.csv")).enumerate() {
            tables.add_given(Family(number as u16 + 1), line);
        }
        tables
    }

    fn add_phrases(&mut self, class: Class, family: Family, canonical: &'static str, spellings: &'static str) {
        for spelling in spellings.split('|').filter(|spelling| !spelling.is_empty()) {
            if spelling.chars().all(|letter| script_of(letter) == Script::Han) {
                self.longest_sign = self.longest_sign.max(spelling.chars().count());
                self.signs.entry(spelling.to_owned()).or_insert((class, family, canonical));
                continue;
            }
            let words = words_of(spelling, false);
            let key = phrase_key(&words);
            if class == Class::Legal && words.len() > 1 {
                self.add_legal_parts(&words);
            }
            self.longest = self.longest.max(words.len());
            self.phrases.entry(key).or_insert(Phrase { class, family, canonical, length: words.len() });
        }
    }

    /// Remembers the words of a long legal form: a part of it that stands alone, or with one
    /// slip, says nothing either.
    fn add_legal_parts(&mut self, words: &[Word]) {
        for word in words.iter().filter(|word| word.text.len() >= 6 && word.writing == Writing::Letters) {
            let sound = sound_key(&word.text);
            self.legal_parts.insert(sound.clone());
            for left_out in 0..sound.len() {
                let mut shorter = sound.clone();
                shorter.remove(left_out);
                self.legal_parts.insert(shorter);
            }
        }
    }

    /// Whether a word is a part of a long legal form, give or take a letter.
    pub fn is_legal_part(&self, text: &str) -> bool {
        if text.len() < 6 {
            return false;
        }
        let sound = sound_key(text);
        self.legal_parts.contains(&sound)
            || (sound.len() >= 7
                && (0..sound.len()).any(|left_out| {
                    let mut shorter = sound.clone();
                    shorter.remove(left_out);
                    self.legal_parts.contains(&shorter)
                }))
    }

    fn add_given(&mut self, family: Family, line: &str) {
        for spelling in line.split('|') {
            let words = words_of(spelling, true);
            let [word] = words.as_slice() else { continue };
            let families = self.given.entry(given_key(&word.text, word.writing)).or_default();
            if !families.contains(&family) {
                families.push(family);
            }
        }
    }

    /// The longest phrase that `words` start with.
    pub fn phrase(&self, words: &[Word]) -> Option<&Phrase> {
        let longest = self.longest.min(words.len());
        let mut key = Vec::with_capacity(64);
        let mut found = None;
        for word in &words[..longest] {
            push_word_key(word, &mut key);
            found = self.phrases.get(&key).or(found);
        }
        found
    }

    /// The longest word of Han signs that `signs` start with: its length in signs and what it says.
    pub fn sign_word(&self, signs: &[char]) -> Option<(usize, Class, Family, &'static str)> {
        let longest = self.longest_sign.min(signs.len());
        (1..=longest).rev().find_map(|length| {
            let word: String = signs[..length].iter().collect();
            self.signs.get(&word).map(|(class, family, canonical)| (length, *class, *family, *canonical))
        })
    }

    /// The families of personal names that a word belongs to, at most three.
    pub fn families(&self, text: &str, writing: Writing) -> Vec<Family> {
        let key = given_key(text, writing);
        let mut families: Vec<Family> = self.given.get(&key).cloned().unwrap_or_default();
        if families.is_empty() && text.len() > 6 {
            families = self.patronymic(&key);
        }
        families.truncate(3);
        families
    }

    /// Families of a patronymic: those of the father's name, as patronymics.
    fn patronymic(&self, key: &[u8]) -> Vec<Family> {
        const ENDINGS: [&[u8]; 6] = [b"viC", b"vik", b"vna", b"una", b"vnu", b"viS"];
        let Some(ending) = ENDINGS.iter().find(|ending| key.ends_with(ending)) else {
            return Vec::new();
        };
        let mut stem = key[..key.len() - ending.len()].to_vec();
        let mut tries = vec![stem.clone()];
        if stem.pop().is_some() {
            tries.push(stem.clone());
            for vowel in [b'i', b'a', b'u'] {
                tries.push([&stem[..], &[vowel]].concat());
            }
        }
        let found = tries.iter().find_map(|stem| self.given.get(stem));
        found.into_iter().flatten().map(|family| Family(family.0 + PATRONYMIC)).collect()
    }
}

/// Short names are looked up by their letters: by sound alone "Li" and "Le" would be one.
fn given_key(text: &str, writing: Writing) -> Vec<u8> {
    if writing == Writing::Consonants {
        return [b"`", text.as_bytes()].concat();
    }
    if text.len() <= 3 { [b"=", text.as_bytes()].concat() } else { sound_key(text) }
}

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn lines(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    rows(table).filter_map(|line| line.split_once('|'))
}
