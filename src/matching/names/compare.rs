//! How alike two tokens are, and why.

use super::model::How;
use super::read::Token;
use super::script::Writing;
use super::sound::{consonant_key, sound_key};
use super::tables::{Class, Family};

/// Everything about a token that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// ASCII letters.
    pub text: Box<[u8]>,
    /// Its sounds.
    pub sound: Box<[u8]>,
    /// Its consonants.
    pub consonants: Box<[u8]>,
    /// The original where one spelling in ASCII stands for many originals.
    pub original: Option<Box<str>>,
    /// What it is a form of; 0 for none.
    pub families: [Family; 3],
    /// What it says.
    pub class: Class,
    /// How the letters relate to the sounds.
    pub writing: Writing,
    /// Which letters occur, one bit each.
    letters: u32,
}

/// Least likeness that counts as a match.
pub const LEAST_LIKENESS: f32 = 0.55;

impl Shape {
    /// The shape of a token.
    pub fn of(token: &Token) -> Self {
        let mut families = [Family(0); 3];
        for (place, family) in families.iter_mut().zip(&token.families) {
            *place = *family;
        }
        let fixed = token.class == Class::Legal;
        let sound = if fixed { token.text.clone().into_bytes() } else { sound_key(&token.text) };
        Self {
            text: token.text.as_bytes().into(),
            consonants: if fixed { Box::default() } else { consonant_key(&token.text).into() },
            letters: letters_of(&sound),
            sound: sound.into(),
            original: (token.writing == Writing::Signs).then(|| token.written.as_str().into()),
            families,
            class: token.class,
            writing: token.writing,
        }
    }

    /// Whether only the very same token matches.
    pub fn is_fixed(&self) -> bool {
        matches!(self.class, Class::Legal | Class::Number | Class::Initial)
    }

    fn shares_family(&self, other: &Self) -> Option<Family> {
        let mut families = self.families.iter().filter(|family| family.0 != 0);
        families.find(|family| other.families.contains(family)).copied()
    }
}

fn letters_of(sound: &[u8]) -> u32 {
    sound.iter().fold(0, |letters, byte| letters | 1 << (byte & 31))
}

/// How alike two tokens are, 0 to 1, and by what; `None` when they are not.
pub fn likeness(one: &Shape, other: &Shape) -> Option<(f32, How)> {
    if one.text == other.text {
        return Some(same_text(one, other));
    }
    if one.class == Class::Legal && other.class == Class::Legal {
        return Some((0.6, How::Variant));
    }
    if one.class == Class::Initial || other.class == Class::Initial {
        return initial(one, other);
    }
    if let Some(family) = one.shares_family(other) {
        // Lines of trade words hold related words, not only spellings of one.
        let word = if family.is_word() { 0.75 } else { 0.92 };
        return Some((word, How::Variant)).max_by(spelled(one, other));
    }
    spelled(one, other)
}

trait MaxBy {
    fn max_by(self, other: Self) -> Self;
}

impl MaxBy for Option<(f32, How)> {
    fn max_by(self, other: Self) -> Self {
        match (&self, &other) {
            (Some(own), Some(others)) if others.0 > own.0 => other,
            (None, _) => other,
            _ => self,
        }
    }
}

fn same_text(one: &Shape, other: &Shape) -> (f32, How) {
    match (&one.original, &other.original) {
        // Many signs share a sound; a simplified and a traditional one do too.
        (Some(own), Some(others)) if own != others => (0.88, How::Sound),
        (None, None) | (Some(_), Some(_)) => (1.0, How::Same),
        _ => (0.97, How::Sound),
    }
}

fn initial(one: &Shape, other: &Shape) -> Option<(f32, How)> {
    let names = |shape: &Shape| !matches!(shape.class, Class::Legal | Class::Number);
    let starts = one.text.first()? == other.text.first()? || one.sound.first()? == other.sound.first()?;
    let one_letter = one.text.len() == 1 || other.text.len() == 1;
    (starts && one_letter && names(one) && names(other)).then_some((0.85, How::Initial))
}

/// Likeness of spelling alone.
pub fn spelled(one: &Shape, other: &Shape) -> Option<(f32, How)> {
    if one.is_fixed() || other.is_fixed() {
        return None;
    }
    if one.writing == Writing::Consonants || other.writing == Writing::Consonants {
        return consonants_only(one, other);
    }
    if one.writing == Writing::Signs || other.writing == Writing::Signs {
        // Short syllables: one letter more is another sign.
        let alike = one.text.len().min(other.text.len()) >= 8;
        return typed(one, other).filter(|_| alike);
    }
    if one.sound == other.sound {
        return Some((if one.sound.len() >= 3 { 0.96 } else { 0.85 }, How::Sound));
    }
    let typo = typed(one, other);
    let shortened = || abbreviated(&one.text, &other.text);
    let vowels = || {
        let same = one.consonants == other.consonants && one.sound.first() == other.sound.first();
        (same && one.consonants.len() >= 3).then_some((0.8, How::Consonants))
    };
    typo.max_by(vowels()).max_by(shortened())
}

/// Likeness by letters left out, put in, exchanged or replaced.
fn typed(one: &Shape, other: &Shape) -> Option<(f32, How)> {
    let differing = (one.letters ^ other.letters).count_ones() as usize;
    let by_text = edits(&one.text, &other.text, differing);
    // Sounds are fewer than letters, and each weighs more.
    let by_sound = edits(&one.sound, &other.sound, differing).map(|alike| alike - 0.02);
    let mut alike = by_text.unwrap_or(0.0).max(by_sound.unwrap_or(0.0));
    if one.sound.first() != other.sound.first() {
        alike -= 0.05;
    }
    (alike >= LEAST_LIKENESS).then_some((alike, How::Typo))
}

/// Likeness by the edits between two strings, if they are few for their length.
fn edits(one: &[u8], other: &[u8], differing: usize) -> Option<f32> {
    let longest = one.len().max(other.len());
    let allowed = match longest {
        0..=2 => return None,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    if differing > 2 * allowed + 1 {
        return None;
    }
    let edits = distance(one, other, allowed)?;
    Some(1.0 - 0.9 * edits as f32 / (longest as f32 + 1.0))
}

/// Likeness of a word written without vowels and another.
fn consonants_only(one: &Shape, other: &Shape) -> Option<(f32, How)> {
    let shortest = one.consonants.len().min(other.consonants.len());
    let equal = one.consonants == other.consonants;
    if shortest == 0 || !(equal || shortest >= 3 && distance(&one.consonants, &other.consonants, 1).is_some()) {
        return None;
    }
    let base = match (equal, shortest) {
        (true, 1) => 0.72,
        (true, 2) => 0.88,
        (true, _) => 0.94,
        (false, 3) => 0.62,
        (false, _) => 0.75,
    };
    let alike = base - 0.06 * vowels_apart(one, other);
    (alike >= LEAST_LIKENESS).then_some((alike, How::Consonants))
}

/// How far written long vowels are from spoken ones; 0 where they agree.
fn vowels_apart(one: &Shape, other: &Shape) -> f32 {
    let (written, spoken) = if one.writing == Writing::Consonants { (one, other) } else { (other, one) };
    let count =
        |text: &[u8], letters: &[u8]| text.iter().skip(1).filter(|letter| letters.contains(letter)).count() as f32;
    if spoken.writing == Writing::Consonants {
        return (one.text.len().abs_diff(other.text.len())) as f32;
    }
    let closed = |letters: &[u8], marks: &[u8]| {
        let (long, all) = (count(&written.text, marks), count(&spoken.text, letters));
        // A long vowel is always spoken; a short one is never written.
        if long > all { 2.0 * (long - all) } else { 0.35 * (all - long).min(2.0) }
    };
    closed(b"uow", b"w")
        + closed(b"iye", b"y")
        + 0.5 * (count(&written.text, b"a") - count(&spoken.text, b"a")).abs().min(2.0)
}

fn abbreviated(one: &[u8], other: &[u8]) -> Option<(f32, How)> {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let starts = short.len() >= 3 && long.len() >= short.len() + 3 && long.starts_with(short);
    starts.then_some((0.66, How::Abbreviation))
}

/// Edits between two byte strings, an exchange of neighbours counting once; `None` beyond `allowed`.
pub fn distance(one: &[u8], other: &[u8], allowed: usize) -> Option<usize> {
    const MOST: usize = 48;
    if one.len().abs_diff(other.len()) > allowed || one.len() >= MOST || other.len() >= MOST {
        return None;
    }
    let start = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(left, right)| left == right).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    if one.is_empty() || other.is_empty() {
        let edits = one.len().max(other.len());
        return (edits <= allowed).then_some(edits);
    }
    let mut rows = [[0u8; MOST]; 3];
    for (column, cell) in rows[1].iter_mut().enumerate().take(other.len() + 1) {
        *cell = column as u8;
    }
    for (index, left) in one.iter().enumerate() {
        let [before, last, row] = &mut rows;
        row[0] = index as u8 + 1;
        let mut least = row[0];
        for (column, right) in other.iter().enumerate() {
            let mut cell = (last[column] + u8::from(left != right)).min(last[column + 1] + 1).min(row[column] + 1);
            if index > 0 && column > 0 && *left == other[column - 1] && one[index - 1] == *right {
                cell = cell.min(before[column - 1] + 1);
            }
            row[column + 1] = cell;
            least = least.min(cell);
        }
        if least as usize > allowed {
            return None;
        }
        rows.rotate_left(1);
    }
    let edits = rows[1][other.len()] as usize;
    (edits <= allowed).then_some(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::names::model::PartyKind;
    use crate::matching::names::read::read;
    use proptest::prelude::*;

    fn shape(word: &str) -> Shape {
        // A second word, because a particle alone is no name.
        Shape::of(&read(&format!("{word} zzz"), PartyKind::Person)[0].tokens[0])
    }

    fn alike(one: &str, other: &str) -> f32 {
        likeness(&shape(one), &shape(other)).map_or(0.0, |(alike, _)| alike)
    }

    #[test]
    fn spellings_of_one_name_are_alike_and_other_names_are_not() {
        for (one, other) in [
            ("Veretenin", "Vertenein"),
            ("Vladimir", "Uladzimir"),
            ("Vladimirovich", "Uladzimiravich"),
            ("Sergeyevna", "Siarheeuna"),
            ("Mohammed", "محمد"),
            ("Qazwani", "Gazwani"),
            ("Ashraf", "أشرف"),
            ("Park", "박"),
            ("Chen", "陈"),
            ("Sergei", "Сергей"),
        ] {
            assert!(alike(one, other) >= 0.7, "{one} {other} {}", alike(one, other));
        }
        for (one, other) in [("Petrov", "Ivanov"), ("Ali", "Omar"), ("Simpson", "Sampras"), ("275", "276")] {
            assert!(alike(one, other) < LEAST_LIKENESS, "{one} {other} {}", alike(one, other));
        }
    }

    proptest! {
        #[test]
        fn likeness_is_symmetric_and_bounded(one in "[a-z]{1,12}", other in "[a-z]{1,12}") {
            prop_assert_eq!(alike(&one, &other), alike(&other, &one));
            prop_assert!((0.0..=1.0).contains(&alike(&one, &other)));
            prop_assert!(alike(&one, &one) == 1.0);
        }

        #[test]
        fn distance_is_that_of_the_reference(one in "[a-d]{0,12}", other in "[a-d]{0,12}") {
            let expected = strsim::osa_distance(&one, &other);
            prop_assert_eq!(distance(one.as_bytes(), other.as_bytes(), 20), Some(expected));
            prop_assert_eq!(distance(one.as_bytes(), other.as_bytes(), 2), (expected <= 2).then_some(expected));
        }
    }
}
