//! Reading a name: undoing what hides it, cutting it into words, and telling names from
//! legal forms, trade words, titles and particles.

use unicode_normalization::UnicodeNormalization as _;

use super::model::{MAX_NAME, PartyKind};
use super::script::Writing;
use super::tables::{Class, Family, TABLES};
use super::words::{Word, words_of};

/// Most tokens of one reading; the longest official names have about thirty.
pub const MAX_TOKENS: usize = 32;
/// Most readings of one name.
const MAX_READINGS: usize = 6;

/// One token of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// ASCII, lower case; a legal form is `=` and its canonical word.
    pub text: String,
    /// As written.
    pub written: String,
    /// What it says.
    pub class: Class,
    /// How `text` relates to the sounds.
    pub writing: Writing,
    /// What it is a form of.
    pub families: Vec<Family>,
}

/// One way to read a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// All its letters without spaces.
    pub squashed: String,
    /// The same with the last word first, where surnames may stand on either end.
    pub turned: Option<String>,
}

/// Reads a name in every way that makes sense: an official line may hold several names
/// ("… a.k.a. …"), or one name in two scripts. Empty when there is nothing to read.
pub fn read(name: &str, kind: PartyKind) -> Vec<Reading> {
    let cleaned = clean(name);
    let person = kind == PartyKind::Person;
    let mut readings: Vec<Reading> = Vec::new();
    let mut push = |words: Vec<Word>| {
        let reading = classify(words, person);
        let worth = reading.tokens.iter().any(|token| !matches!(token.class, Class::Particle | Class::Connective));
        if worth && !readings.contains(&reading) && readings.len() < MAX_READINGS {
            readings.push(reading);
        }
    };
    for part in known_as_parts(&cleaned) {
        let words = in_natural_order(part, person);
        let foreign = words.iter().filter(|word| word.foreign).count();
        if foreign > 0 && words.len() > foreign + 1 {
            let (other, latin): (Vec<Word>, Vec<Word>) = words.into_iter().partition(|word| word.foreign);
            push(latin);
            push(other);
        } else {
            push(words);
        }
        if let Some(outside) = without_parentheses(part) {
            push(in_natural_order(&outside, person));
        }
    }
    readings
}

/// Removes what is not seen, writes styled and wide letters plainly, and bounds the length.
fn clean(name: &str) -> String {
    let hidden = |letter: &char| {
        matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    name.chars().take(MAX_NAME).filter(|letter| !hidden(letter)).nfkc().take(MAX_NAME * 2).collect()
}

/// The parts around "a.k.a." and its like.
fn known_as_parts(name: &str) -> Vec<&str> {
    const MARKS: [&str; 8] =
        ["a.k.a.", "f.k.a.", "n.k.a.", " aka ", " fka ", "also known as", "formerly known as", "(aka "];
    let lower = name.to_ascii_lowercase();
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < lower.len() {
        let mark = MARKS.iter().find(|mark| lower.as_bytes()[at..].starts_with(mark.as_bytes()));
        match mark {
            Some(mark) => {
                parts.push(&name[start..at]);
                at += mark.len();
                start = at;
            }
            None => at += 1,
        }
    }
    parts.push(&name[start..]);
    parts.retain(|part| part.chars().any(char::is_alphanumeric));
    parts
}

/// The name without its parentheses, if it has some and something else.
fn without_parentheses(name: &str) -> Option<String> {
    let open = name.find('(')?;
    let close = open + name[open..].find(')')?;
    let outside = format!("{} {}", &name[..open], &name[close + 1..]);
    outside.chars().any(char::is_alphanumeric).then_some(outside)
}

/// "SURNAME, Given names" becomes "Given names SURNAME"; other names stay.
fn in_natural_order(name: &str, person: bool) -> Vec<Word> {
    match name.split_once(',') {
        Some((surname, given)) if person && !given.contains(',') => {
            let mut words = words_of(given, true);
            words.extend(words_of(surname, true));
            words.truncate(MAX_TOKENS);
            words
        }
        _ => words_of(name, person),
    }
}

/// Says of each word what it is; phrases become one token.
fn classify(words: Vec<Word>, person: bool) -> Reading {
    let squashed: String = words.iter().map(|word| word.text.as_str()).collect();
    let turned = match words.split_last() {
        Some((last, rest)) if person && !rest.is_empty() => {
            Some(std::iter::once(last).chain(rest).map(|word| word.text.as_str()).collect())
        }
        _ => None,
    };
    let mut reading = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() && reading.len() < MAX_TOKENS {
        let word = &words[at];
        if word.text.is_empty() {
            at += 1;
            continue;
        }
        if let Some((class, family, canonical)) = word.known {
            reading.push(known_token(&words[at..=at], class, family, canonical));
            at += 1;
            continue;
        }
        let phrase = TABLES.phrase(&words[at..]).filter(|phrase| {
            // A person may be called An, Im, Sa or Co, and one letter is an initial.
            let short = phrase.length == 1 && word.text.len() <= 3;
            let initial = phrase.length == 1 && word.text.len() == 1;
            !(person && (initial || phrase.class == Class::Connective || short && phrase.class == Class::Legal))
        });
        match phrase {
            Some(phrase) => {
                reading.push(known_token(
                    &words[at..at + phrase.length],
                    phrase.class,
                    phrase.family,
                    phrase.canonical,
                ));
                at += phrase.length;
            }
            None => {
                reading.push(plain_token(word, person));
                at += 1;
            }
        }
    }
    Reading { tokens: reading, squashed, turned }
}

fn known_token(words: &[Word], class: Class, family: Family, canonical: &str) -> Token {
    let written = words.iter().map(|word| word.written.as_str()).collect::<Vec<_>>().join(" ");
    let text = match class {
        Class::Legal => format!("={canonical}"),
        _ if words.len() > 1 || words[0].writing == Writing::Signs => canonical.to_owned(),
        _ => words[0].text.clone(),
    };
    Token { text, written, class, writing: Writing::Letters, families: vec![family] }
}

fn plain_token(word: &Word, person: bool) -> Token {
    let class = match word.text.as_bytes() {
        _ if !person && word.writing == Writing::Letters && TABLES.is_legal_part(&word.text) => Class::Connective,
        [letter] if letter.is_ascii_alphabetic() => Class::Initial,
        digits if digits.iter().all(u8::is_ascii_digit) => Class::Number,
        _ => Class::Ordinary,
    };
    Token {
        text: word.text.clone(),
        written: word.written.clone(),
        class,
        writing: word.writing,
        families: TABLES.families(&word.text, word.writing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(name: &str, kind: PartyKind) -> Vec<Vec<String>> {
        read(name, kind)
            .into_iter()
            .map(|reading| reading.tokens.into_iter().map(|token| token.text).collect())
            .collect()
    }

    #[test]
    fn names_are_read_as_people_mean_them() {
        let person = [
            ("IVANOV, Ivan Ivanovich", "ivan ivanovich ivanov"),
            ("A. V. Petrov", "a v petrov"),
            ("Vа5ilyevich", "vasilyevich"),
            ("Husse\u{ad}in", "hussein"),
            ("Abdulaziz al-Qazwani", "abd aziz al qazwani"),
            ("عبدالحميد القزواني", "abd al hmyd al qzwany"),
            ("리철웅", "ri cholung"),
            ("王小明", "wang xiaoming"),
        ];
        for (name, expected) in person {
            assert_eq!(texts(name, PartyKind::Person)[0].join(" "), expected, "{name}");
        }
        let organization = [
            ("Ｎorthpeak Trading Co., Ltd.", "northpeak trading =ltd"),
            ("Northpeak L.L.C.", "northpeak =llc"),
            ("ООО «Нортпик»", "=llc nortpik"),
            ("Общество с ограниченной ответственностью Нортпик", "=llc nortpik"),
            ("Obschestvo s ogranichennoy otvetstvennostyu Nortpik", "=llc nortpik"),
            ("北京蓝松国际贸易有限公司", "beijing lansong international trading =ltd"),
            ("Nоrthpeak S.p.A.", "northpeak =jsc"),
        ];
        for (name, expected) in organization {
            assert_eq!(texts(name, PartyKind::Organization)[0].join(" "), expected, "{name}");
        }
    }

    #[test]
    fn a_line_with_several_names_is_read_as_several() {
        let read = texts("Nadim AL-QAZWANI a.k.a. ‘Nadeem’ نديم القزواني", PartyKind::Person);
        assert!(read.contains(&vec!["nadim".to_owned(), "al".to_owned(), "qazwani".to_owned()]), "{read:?}");
        assert!(read.len() >= 2, "{read:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_in_bounds(name in "\\PC{0,300}") {
            for kind in [PartyKind::Person, PartyKind::Organization] {
                for reading in read(&name, kind) {
                    prop_assert!(reading.tokens.len() <= MAX_TOKENS);
                    for token in reading.tokens {
                        prop_assert!(token.text.is_ascii() && !token.text.is_empty());
                    }
                }
            }
        }
    }
}
