//! The spellings under which a brand is searched, and the keys they are found by.

use super::chance::NearCounts;
use super::fold::fold;
use super::hash::{self, MAX_RUN, Salt};
use super::learned::CatalogueStatistics;
use super::ordinary::{ENGLISH, WELL_KNOWN};
use super::store::{BrandStore, BrandView, MarkView};
use super::token::{Kind, Words};
use crate::registry::model::{MarkKey, MarkStatus, Strictness};

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
    /// First byte in the layer's letters.
    pub(super) start: u32,
    /// The brand's place in the layer.
    pub(super) brand: u32,
    /// Bit `i` = a word starts at letter `i`; lower half first.
    breaks: [u32; 2],
    /// Which name it is.
    pub(super) source: Source,
    /// Number of bytes.
    bytes: u16,
    /// Number of letters, 1 to [`MAX_RUN`].
    pub(super) length: u8,
    /// Number of words.
    pub(super) words: u8,
    /// How far it is searched.
    pub(super) strictness: Strictness,
    /// How easily it is meant otherwise.
    pub(super) commonness: Commonness,
    /// Written in a script without spaces.
    pub(super) unspaced: bool,
    /// Words of grammar only, or a single letter.
    pub(super) function: bool,
    /// Titles of the platform that name it, as a logarithm to base 2.
    pub(super) seen: u8,
}

impl Form {
    /// Bit `i` = a word starts at letter `i`.
    pub(super) fn breaks(&self) -> u64 {
        u64::from(self.breaks[1]) << 32 | u64::from(self.breaks[0])
    }

    /// The form's letters in those of its layer.
    pub(super) fn letters<'a>(&self, all: &'a str) -> &'a str {
        all.get(self.start as usize..self.start as usize + usize::from(self.bytes)).unwrap_or_default()
    }

    /// The words searched, as the registry writes them.
    pub(super) fn text<'a>(&self, brand: BrandView<'a>) -> &'a str {
        let text = match self.source {
            Source::Mark(at) => brand.marks().nth(at as usize).map(MarkView::text),
            Source::Alias(at) => brand.aliases().nth(at as usize),
            Source::Name => None,
        };
        text.unwrap_or_else(|| brand.name())
    }

    /// The mark a hit on this form counts for.
    pub(super) fn mark_key(&self, brand: BrandView) -> MarkKey {
        let own = match self.source {
            Source::Mark(at) => brand.marks().nth(at as usize),
            Source::Alias(_) | Source::Name => brand.marks().find(|mark| mark.status() != MarkStatus::Ended),
        };
        own.map_or_else(|| MarkKey::new(format!("{}/name", brand.key())), MarkView::mark_key)
    }
}

/// A form's letters, read out of the layer's.
pub(super) struct Letters {
    letters: [char; MAX_RUN],
    length: usize,
}

impl Letters {
    /// Reads `text`; letters past [`MAX_RUN`] are left out.
    pub(super) fn of(text: &str) -> Self {
        let mut read = Self { letters: ['\0'; MAX_RUN], length: 0 };
        for (place, letter) in read.letters.iter_mut().zip(text.chars()) {
            *place = letter;
            read.length += 1;
        }
        read
    }
}

impl std::ops::Deref for Letters {
    type Target = [char];

    fn deref(&self) -> &[char] {
        &self.letters[..self.length]
    }
}

/// Collects a layer's forms, letters and keys.
#[derive(Default)]
pub(super) struct FormBuilder<'c> {
    pub(super) forms: Vec<Form>,
    pub(super) letters: String,
    /// Keys of whole forms and of their first and last words.
    pub(super) whole: Vec<(u64, u32)>,
    /// Keys of forms less one letter.
    pub(super) deletions: Vec<(u64, u32)>,
    /// Keys of other readings.
    pub(super) readings: Vec<(u64, u32)>,
    /// Bit `n` = a form of `n` letters in a script without spaces exists.
    pub(super) unspaced_lengths: u64,
    pub(super) marks: usize,
    pub(super) near: NearCounts,
    /// What the platform's own titles say of words.
    pub(super) catalogue: Option<&'c CatalogueStatistics>,
}

impl FormBuilder<'_> {
    /// Adds every name of the brand at `place` of `store`. The same letters are added once:
    /// as a mark before an alias before the name.
    pub(super) fn add_brand(&mut self, store: &BrandStore, place: u32) {
        let brand = store.brand(place);
        let first = self.forms.len();
        for (at, mark) in brand.marks().enumerate().take(usize::from(u16::MAX)) {
            if mark.status() != MarkStatus::Ended {
                self.marks += 1;
                self.add(mark.text(), Source::Mark(at as u16), Some(mark), (brand, place), first);
            }
        }
        for (at, alias) in brand.aliases().enumerate().take(usize::from(u16::MAX)) {
            self.add(alias, Source::Alias(at as u16), None, (brand, place), first);
        }
        self.add(brand.name(), Source::Name, None, (brand, place), first);
    }

    fn add(
        &mut self,
        text: &str,
        source: Source,
        mark: Option<MarkView>,
        (brand, place): (BrandView, u32),
        first: usize,
    ) {
        let words = Words::of(&fold(text));
        let letters = words.letters.as_slice();
        if letters.is_empty() || letters.len() > MAX_RUN || words.tokens.len() > 32 {
            return;
        }
        let breaks = words.tokens.iter().fold(0u64, |bits, token| bits | 1 << token.from);
        // Two marks that differ in law (territory, dates) are two forms even with equal letters.
        let repeats = |form: &Form| {
            !matches!(source, Source::Mark(_))
                && form.breaks() == breaks
                && form.letters(&self.letters).chars().eq(letters.iter().copied())
        };
        if self.forms[first..].iter().any(repeats) {
            return;
        }
        let unspaced = words.tokens.iter().all(|token| token.kind == Kind::Unspaced);
        let set = mark.and_then(MarkView::strictness);
        let commonness = commonness(&words, source, brand, set, self.catalogue);
        let seen = self.catalogue.map_or(0, |catalogue| catalogue.titles_with(&words, topics_of(brand)));
        let start = self.letters.len();
        self.letters.extend(letters);
        let form = Form {
            start: start as u32,
            bytes: (self.letters.len() - start) as u16,
            length: letters.len() as u8,
            words: words.tokens.len() as u8,
            breaks: [breaks as u32, (breaks >> 32) as u32],
            brand: place,
            source,
            strictness: set.unwrap_or_else(|| derived_strictness(letters.len(), unspaced, commonness)),
            commonness,
            unspaced,
            function: is_function(&words),
            seen: (64 - seen.leading_zeros()) as u8,
        };
        self.add_keys(&words, &form);
        self.forms.push(form);
    }

    fn add_keys(&mut self, words: &Words, form: &Form) {
        let length = words.letters.len();
        let number = self.forms.len() as u32;
        let whole = words.hash(0, length);
        self.whole.push((hash::key(Salt::Whole, whole, length), number));
        if form.words > 1
            && let (Some(head), Some(tail)) = (words.tokens.first(), words.tokens.last())
        {
            let first = words.hash(0, head.to as usize);
            self.whole.push((hash::key(Salt::FirstWord, first, head.length()), number));
            let last = words.hash(tail.from as usize, length);
            self.whole.push((hash::key(Salt::LastWord, last, tail.length()), number));
        }
        if form.unspaced {
            self.unspaced_lengths |= 1 << (length.min(63));
            return;
        }
        if form.strictness == Strictness::Literal || length < 3 {
            return;
        }
        let leet = hash::run(words.letters.iter().map(|letter| leet_class(*letter)));
        self.readings.push((hash::key(Salt::Leet, leet, length), number));
        if length >= 4 {
            self.add_deletions(words, number);
        }
        let consonants: Vec<char> = skeleton(&words.letters, form.breaks()).collect();
        if consonants.len() >= 3 && consonants.len() < length {
            let running = hash::run(consonants.iter().copied());
            self.readings.push((hash::key(Salt::Skeleton, running, consonants.len()), number));
        }
        if length >= 4 {
            let mut sound = [' '; MAX_RUN];
            let heard = super::sound::sound(&words.letters, &mut sound);
            let running = hash::run(sound[..heard].iter().copied());
            self.readings.push((hash::key(Salt::Sound, running, heard), number));
        }
        self.near.add_mark(&words.letters, consonants.len());
    }

    fn add_deletions(&mut self, words: &Words, number: u32) {
        let length = words.letters.len();
        self.deletions.push((hash::key(Salt::Deletion, words.hash(0, length), length), number));
        for at in 0..length.min(24) {
            // Dropping either of two equal neighbours leaves the same letters: one key is enough.
            if at > 0 && words.letters[at] == words.letters[at - 1] {
                continue;
            }
            let rest = hash::join(words.hash(0, at), words.hash(at + 1, length), length - at - 1);
            self.deletions.push((hash::key(Salt::Deletion, rest, length - 1), number));
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

/// Whether there are words of grammar only, or nothing but one letter.
fn is_function(words: &Words) -> bool {
    let one_letter = words.letters.len() == 1 && words.tokens[0].kind != Kind::Unspaced;
    one_letter || words.tokens.iter().all(|token| token.facts.function)
}

/// Topics of a brand's goods, from its categories or else its Nice classes.
fn topics_of(brand: BrandView) -> u64 {
    if brand.topics() == 0 { brand.nice_topics() } else { brand.topics() }
}

/// How easily a form is meant otherwise: by the brand's own record, by the words of the
/// languages, by the platform's own titles. Where the record sets a width of search that is not
/// guarded, only the record and the list of catalogue words speak.
fn commonness(
    words: &Words,
    source: Source,
    brand: BrandView,
    set: Option<Strictness>,
    catalogue: Option<&CatalogueStatistics>,
) -> Commonness {
    let known =
        |token: &super::token::Token| token.facts.common || token.facts.topics != 0 || token.kind == Kind::Digits;
    let listed = words.tokens.iter().all(|token| token.facts.common || token.kind == Kind::Digits);
    let named = matches!(source, Source::Mark(_) | Source::Name);
    let one_word = words.tokens.len() == 1;
    let by_record = match (listed, one_word) {
        _ if brand.common_word() && named => Commonness::Word,
        (true, true) => Commonness::Word,
        (true, false) => Commonness::Phrase,
        // A brand whose name is a word is often a word in its other scripts too, yet less often.
        (false, _) if brand.common_word() && !named => Commonness::Phrase,
        (false, _) => Commonness::Distinct,
    };
    if by_record == Commonness::Word || set.is_some_and(|width| width != Strictness::Guarded) {
        return by_record;
    }
    let level = |token: &super::token::Token| ENGLISH.level(words.of_token(token));
    let well_known = words.tokens.iter().all(|token| known(token) || level(token).is_some_and(|at| at <= WELL_KNOWN));
    let in_titles = catalogue.is_some_and(|catalogue| {
        let texts = words.tokens.iter().map(|token| words.of_token(token).iter().collect::<String>());
        let texts: Vec<String> = texts.collect();
        catalogue.is_everyday(texts.iter().map(String::as_str), topics_of(brand))
    });
    match (well_known || in_titles, one_word) {
        (true, true) => Commonness::Word,
        (true, false) => Commonness::Phrase,
        // Rarer words of English, and words that only some know.
        (false, true) if level(&words.tokens[0]).is_some() => by_record.max(Commonness::Phrase),
        (false, _) => by_record,
    }
}
