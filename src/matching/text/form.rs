//! The spellings under which a brand is searched, and the keys they are found by.

use super::fold::fold;
use super::hash::{self, MAX_RUN, Salt};
use super::token::{Kind, Words};
use crate::registry::model::{Brand, MarkKey, MarkStatus, Strictness, WordMark};

/// Which of a brand's names a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A word mark, by its place in the brand's list.
    Mark(u16),
    /// An alias, by its place.
    Alias(u16),
    /// The brand's name.
    Name,
}

/// How easily the form is meant otherwise than as the brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Commonness {
    /// Nothing else.
    Distinct,
    /// Several everyday words, or another name of a brand whose mark is a word.
    Phrase,
    /// A word of a language.
    Word,
}

/// One searched spelling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// First letter in the layer's letters.
    pub(super) start: u32,
    /// Number of letters, 1 to [`MAX_RUN`].
    pub(super) length: u8,
    /// Number of words.
    pub(super) words: u8,
    /// Bit `i` = a word starts at letter `i`.
    pub(super) breaks: u64,
    /// The brand's place in the layer.
    pub(super) brand: u32,
    /// Which name it is.
    pub(super) source: Source,
    /// How far it is searched.
    pub(super) strictness: Strictness,
    /// How easily it is meant otherwise.
    pub(super) commonness: Commonness,
    /// Written in a script without spaces.
    pub(super) unspaced: bool,
}

impl Form {
    /// The words searched, as the registry writes them.
    pub(super) fn text<'a>(&self, brand: &'a Brand) -> &'a str {
        match self.source {
            Source::Mark(at) => {
                brand.word_marks.get(at as usize).map_or(brand.name.as_str(), |mark| mark.text.as_str())
            }
            Source::Alias(at) => brand.aliases.get(at as usize).map_or(brand.name.as_str(), String::as_str),
            Source::Name => &brand.name,
        }
    }

    /// The mark a hit on this form counts for.
    pub(super) fn mark_key(&self, brand: &Brand) -> MarkKey {
        let own = match self.source {
            Source::Mark(at) => brand.word_marks.get(at as usize),
            Source::Alias(_) | Source::Name => brand.word_marks.iter().find(|mark| mark.status != MarkStatus::Ended),
        };
        own.map_or_else(|| MarkKey::new(format!("{}/name", brand.key)), |mark| mark.key.clone())
    }
}

/// Collects a layer's forms, letters and keys.
#[derive(Default)]
pub(super) struct FormBuilder {
    pub(super) forms: Vec<Form>,
    pub(super) letters: Vec<char>,
    pub(super) keys: Vec<(u64, u32)>,
    /// Bit `n` = a form of `n` letters in a script without spaces exists.
    pub(super) unspaced_lengths: u64,
    pub(super) marks: usize,
}

impl FormBuilder {
    /// Adds every name of `brand`, which stands at `place` in the layer. The same
    /// letters are added once: as a mark before an alias before the name.
    pub(super) fn add_brand(&mut self, brand: &Brand, place: u32) {
        let first = self.forms.len();
        for (at, mark) in brand.word_marks.iter().enumerate().take(usize::from(u16::MAX)) {
            if mark.status != MarkStatus::Ended {
                self.marks += 1;
                self.add(&mark.text, Source::Mark(at as u16), Some(mark), brand, place, first);
            }
        }
        for (at, alias) in brand.aliases.iter().enumerate().take(usize::from(u16::MAX)) {
            self.add(alias, Source::Alias(at as u16), None, brand, place, first);
        }
        self.add(&brand.name, Source::Name, None, brand, place, first);
    }

    fn add(&mut self, text: &str, source: Source, mark: Option<&WordMark>, brand: &Brand, place: u32, first: usize) {
        let words = Words::of(&fold(text));
        let letters = words.letters.as_slice();
        if letters.is_empty() || letters.len() > MAX_RUN || words.tokens.len() > 32 {
            return;
        }
        let breaks = words.tokens.iter().fold(0u64, |bits, token| bits | 1 << token.from);
        // Two marks that differ in law (territory, dates) are two forms even with equal letters.
        let repeats = |form: &Form| {
            !matches!(source, Source::Mark(_)) && form.breaks == breaks && self.letters_of(form) == letters
        };
        if self.forms[first..].iter().any(repeats) {
            return;
        }
        let unspaced = words.tokens.iter().all(|token| token.kind == Kind::Unspaced);
        let commonness = commonness(&words, source, brand);
        let form = Form {
            start: self.letters.len() as u32,
            length: letters.len() as u8,
            words: words.tokens.len() as u8,
            breaks,
            brand: place,
            source,
            strictness: mark
                .and_then(|mark| mark.strictness)
                .unwrap_or_else(|| derived_strictness(letters.len(), unspaced, commonness)),
            commonness,
            unspaced,
        };
        self.letters.extend_from_slice(letters);
        self.add_keys(&words, &form);
        self.forms.push(form);
    }

    fn letters_of(&self, form: &Form) -> &[char] {
        &self.letters[form.start as usize..form.start as usize + form.length as usize]
    }

    fn key(&mut self, salt: Salt, running: u64, length: usize) {
        self.keys.push((hash::key(salt, running, length), self.forms.len() as u32));
    }

    fn add_keys(&mut self, words: &Words, form: &Form) {
        let length = words.letters.len();
        let whole = words.hash(0, length);
        self.key(Salt::Whole, whole, length);
        if form.words > 1
            && let (Some(head), Some(tail)) = (words.tokens.first(), words.tokens.last())
        {
            self.key(Salt::FirstWord, words.hash(0, head.to as usize), head.length());
            self.key(Salt::LastWord, words.hash(tail.from as usize, length), tail.length());
        }
        if form.unspaced {
            self.unspaced_lengths |= 1 << (length.min(63));
            return;
        }
        if form.strictness == Strictness::Literal || length < 3 {
            return;
        }
        self.key(Salt::Leet, hash::run(words.letters.iter().map(|letter| leet_class(*letter))), length);
        if length >= 4 {
            self.key(Salt::Deletion, whole, length);
            for at in 0..length.min(24) {
                // Dropping either of two equal neighbours leaves the same letters: one key is enough.
                if at > 0 && words.letters[at] == words.letters[at - 1] {
                    continue;
                }
                let rest = hash::join(words.hash(0, at), words.hash(at + 1, length), length - at - 1);
                self.key(Salt::Deletion, rest, length - 1);
            }
        }
        let consonants: Vec<char> = skeleton(&words.letters, form.breaks).collect();
        if consonants.len() >= 3 && consonants.len() < length {
            self.key(Salt::Skeleton, hash::run(consonants.iter().copied()), consonants.len());
        }
        if length >= 4 {
            let mut sound = [' '; MAX_RUN];
            let heard = super::sound::sound(&words.letters, &mut sound);
            self.key(Salt::Sound, hash::run(sound[..heard].iter().copied()), heard);
        }
    }
}

/// Letters that signs stand for alike in one class: `1`, `|` and `!` are written for i and l.
pub(super) fn leet_class(letter: char) -> char {
    match letter {
        'l' | '1' | '|' | '!' | '£' => 'i',
        '0' => 'o',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' | '6' => 'g',
        '2' => 'z',
        other => other,
    }
}

/// The first letter of each word and all consonants; `breaks` as in [`Form::breaks`].
pub(super) fn skeleton(letters: &[char], breaks: u64) -> impl Iterator<Item = char> + '_ {
    let kept = move |at: usize, letter: char| breaks >> (at % 64) & 1 == 1 || !is_vowel(letter);
    letters.iter().enumerate().filter(move |(at, letter)| kept(*at, **letter)).map(|(_, letter)| *letter)
}

/// Latin and Cyrillic vowels that writers leave out.
pub(super) fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'а' | 'е' | 'и' | 'о' | 'у' | 'ы' | 'э' | 'ю' | 'я')
}

/// Two Latin letters are searched only as written: anything else finds them everywhere.
fn derived_strictness(length: usize, unspaced: bool, commonness: Commonness) -> Strictness {
    match commonness {
        _ if length <= 2 && !unspaced => Strictness::Literal,
        Commonness::Word => Strictness::Guarded,
        _ => Strictness::Standard,
    }
}

fn commonness(words: &Words, source: Source, brand: &Brand) -> Commonness {
    let everyday = words.tokens.iter().all(|token| token.facts.common || token.kind == Kind::Digits);
    let named = matches!(source, Source::Mark(_) | Source::Name);
    let one_word = words.tokens.len() == 1;
    match (everyday, one_word) {
        _ if brand.common_word && named => Commonness::Word,
        (true, true) => Commonness::Word,
        (true, false) => Commonness::Phrase,
        // A brand whose name is a word is often a word in its other scripts too, yet less often.
        (false, _) if brand.common_word && !named => Commonness::Phrase,
        (false, _) => Commonness::Distinct,
    }
}
