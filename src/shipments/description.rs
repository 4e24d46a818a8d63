//! What a description of goods says: nothing at all, a vague term, or what the goods are, what they
//! are made of and what they are for.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use super::facts::table;
use super::facts::{FactError, Origin};

/// Most words of a text that are compared with the lists.
const MAX_WORDS: usize = 80;
/// Endings of file names that people leave in the field (Commission overview of vague descriptions).
const FILE_ENDINGS: [&str; 12] =
    ["wpx", "pdf", "jpg", "jpeg", "png", "doc", "docx", "xls", "xlsx", "csv", "txt", "tif"];

/// A text that is no description whatever it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Nothing, or only blanks, dots and dashes.
    Empty,
    /// Only digits.
    Digits,
    /// One letter or sign again and again.
    Repeated,
    /// Only special characters, with digits or without.
    Signs,
    /// Only the ending of a file name.
    FileEnding,
}

impl Pattern {
    /// What the text consists of.
    pub fn says(self) -> &'static str {
        match self {
            Pattern::Empty => "only blanks, dots or dashes",
            Pattern::Digits => "only digits",
            Pattern::Repeated => "one character again and again",
            Pattern::Signs => "only special characters and digits",
            Pattern::FileEnding => "only the ending of a file name",
        }
    }

    /// The pattern of a text, if it has one.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
        let mut all = text.chars();
        let first = all.next();
        let lower = text.to_lowercase();
        match () {
            () if text.chars().all(|letter| letter.is_whitespace() || matches!(letter, '.' | '-')) => {
                Some(Pattern::Empty)
            }
            () if text.chars().all(|letter| letter.is_numeric() || letter.is_whitespace()) => Some(Pattern::Digits),
            () if text.chars().count() >= 3 && all.all(|letter| Some(letter) == first) => Some(Pattern::Repeated),
            () if letters == 0 => Some(Pattern::Signs),
            () if FILE_ENDINGS.contains(&lower.trim_start_matches('.')) => Some(Pattern::FileEnding),
            () => None,
        }
    }
}

/// A listed term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The term in lower case.
    pub term: String,
    /// Its list: `EU_ICS2`, `CA_PACT`, `US_CBP` …
    pub list: String,
    /// A better text, where the list gives one.
    pub better: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    words: Vec<String>,
}

/// What a description answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answers {
    /// What it is.
    pub what: bool,
    /// What it is made of.
    pub made_of: bool,
    /// What or whom it is for, or which kind it is.
    pub for_what: bool,
}

impl Answers {
    /// How many of the three.
    pub fn count(self) -> usize {
        [self.what, self.made_of, self.for_what].into_iter().filter(|answered| *answered).count()
    }

    /// What is missing, in words.
    pub fn missing(self) -> String {
        let asked =
            [(self.what, "what it is"), (self.made_of, "what it is made of"), (self.for_what, "what it is for")];
        let missing: Vec<&str> =
            asked.iter().filter(|(answered, _)| !answered).map(|(_, question)| *question).collect();
        missing.join(" or ")
    }
}

/// Terms and words against which descriptions are held.
#[derive(Debug, Clone)]
pub struct Words {
    terms: Vec<Term>,
    by_first: HashMap<String, Vec<usize>>,
    material: HashSet<String>,
    purpose: HashSet<String>,
    filler: HashSet<String>,
}

impl Words {
    /// Reads both tables.
    pub fn read(terms: &str, words: &str) -> Result<Self, FactError> {
        let terms = table::read("customs/description_terms.csv", terms, |row| {
            let term = row.needed("term")?;
            let better = row.text("better_example")?;
            Ok(Term {
                words: folded(&term),
                term,
                list: row.needed("list")?,
                better: (!better.is_empty()).then(|| better.to_owned()),
                origin: row.origin()?,
            })
        })?;
        let mut by_first: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, term) in terms.iter().enumerate() {
            if let Some(first) = term.words.first() {
                by_first.entry(first.clone()).or_default().push(place);
            }
        }
        let mut kinds: HashMap<String, HashSet<String>> = HashMap::new();
        table::read("customs/description_words.csv", words, |row| {
            let kind = row.needed("kind")?;
            if !["material", "purpose", "filler"].contains(&kind.as_str()) {
                return Err(row.refuse(format!("kind \"{kind}\" is unknown; use material, purpose or filler")));
            }
            let list = row.needed("words")?;
            kinds.entry(kind).or_default().extend(list.split_whitespace().map(fold));
            Ok(())
        })?;
        let mut kind = |name: &str| kinds.remove(name).unwrap_or_default();
        Ok(Self { material: kind("material"), purpose: kind("purpose"), filler: kind("filler"), terms, by_first })
    }

    /// Whether any term is of that list.
    pub fn knows_list(&self, list: &str) -> bool {
        self.terms.iter().any(|term| term.list == list)
    }

    /// Terms that stand in a text, with the words they take; terms of all lists.
    fn found(&self, words: &[String]) -> Vec<(usize, &Term)> {
        let mut found = Vec::new();
        for start in 0..words.len() {
            for place in self.by_first.get(&words[start]).into_iter().flatten() {
                let term = &self.terms[*place];
                if words[start..].starts_with(&term.words) {
                    found.push((start, term));
                }
            }
        }
        found
    }

    /// The terms a text is made of, when it is made of nothing but terms that `counts` and filler
    /// words; empty otherwise.
    pub fn whole(&self, text: &str, counts: impl Fn(&Term) -> bool) -> Vec<&Term> {
        let words = folded(text);
        if words.is_empty() || words.len() > MAX_WORDS {
            return Vec::new();
        }
        let found = self.found(&words);
        // For every place: the terms on the way there, or none when the place cannot be reached.
        let mut ways: Vec<Option<Vec<&Term>>> = vec![None; words.len() + 1];
        ways[0] = Some(Vec::new());
        for place in 0..words.len() {
            let Some(way) = ways[place].clone() else { continue };
            for (_, term) in found.iter().filter(|(start, term)| *start == place && counts(term)) {
                let end = place + term.words.len();
                let better = ways[end].as_ref().is_none_or(Vec::is_empty);
                if better {
                    let mut longer = way.clone();
                    longer.push(term);
                    ways[end] = Some(longer);
                }
            }
            if self.is_filler(&words[place]) && ways[place + 1].is_none() {
                ways[place + 1] = Some(way);
            }
        }
        ways.pop().flatten().unwrap_or_default()
    }

    /// Vague terms that stand in a longer text. Materials and purposes ("paper", "electrical") are
    /// vague alone and say something beside a name, so they do not count.
    pub fn inside(&self, text: &str) -> Vec<&Term> {
        let words = folded(text);
        let says = |word: &String| self.material.contains(word) || self.purpose.contains(word);
        let found = self.found(&words[..words.len().min(MAX_WORDS)]);
        found.into_iter().map(|(_, term)| term).filter(|term| !term.words.iter().all(says)).collect()
    }

    fn is_filler(&self, word: &str) -> bool {
        self.filler.contains(word) || word.chars().all(char::is_numeric)
    }

    /// What a text, and the field for the material, answer.
    pub fn answers(&self, text: &str, material: Option<&str>) -> Answers {
        let words = folded(text);
        let says = |word: &&String| !self.is_filler(word) && (word.len() > 1 || !word.is_ascii());
        let content: Vec<&String> = words.iter().filter(says).collect();
        let named: HashSet<&String> = content.iter().copied().filter(|word| !self.material.contains(*word)).collect();
        let purposes = named.iter().filter(|word| self.purpose.contains(**word)).count();
        let said = |text: &str| folded(text).iter().any(|word| word.chars().any(char::is_alphabetic));
        Answers {
            what: named.len() > purposes || purposes > 1,
            made_of: content.iter().any(|word| self.material.contains(*word)) && !named.is_empty()
                || material.is_some_and(said),
            for_what: named.len() > 1 || words.iter().any(|word| word == "for"),
        }
    }

    /// Content words two texts share, over those of the shorter one; `None` when one has none.
    pub fn overlap(&self, one: &str, other: &str) -> Option<f32> {
        let content = |text: &str| -> HashSet<String> {
            folded(text).into_iter().filter(|word| !self.is_filler(word) && word.chars().count() > 1).collect()
        };
        let (one, other) = (content(one), content(other));
        let smaller = one.len().min(other.len());
        (smaller > 0).then(|| one.intersection(&other).count() as f32 / smaller as f32)
    }
}

/// The words of a text: NFKC, lower case, without plural endings.
fn folded(text: &str) -> Vec<String> {
    let plain: String = if text.is_ascii() {
        text.chars().filter(|letter| *letter != '\'').collect::<String>().to_ascii_lowercase()
    } else {
        composed(text)
    };
    plain.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(fold).collect()
}

fn composed(text: &str) -> String {
    text.nfkc().filter(|letter| !matches!(letter, '\'' | '’')).collect::<String>().to_lowercase()
}

fn fold(word: &str) -> String {
    let plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
    word[..word.len() - usize::from(plural)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipments::facts::SHIPPED;

    #[test]
    fn texts_that_are_no_words_are_told_apart() {
        for (text, pattern) in [
            ("", Pattern::Empty),
            (" .-- ", Pattern::Empty),
            ("12 345", Pattern::Digits),
            ("xxx", Pattern::Repeated),
            ("%%%%", Pattern::Repeated),
            ("#&/", Pattern::Signs),
            ("№ 12/4", Pattern::Signs),
            (".PDF", Pattern::FileEnding),
        ] {
            assert_eq!(Pattern::of(text), Some(pattern), "{text}");
        }
        for text in ["USB", "cotton T-shirt", "衬衫", "4K TV"] {
            assert_eq!(Pattern::of(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_of_listed_terms_and_filler_is_vague_and_a_better_text_is_not() {
        let words = &SHIPPED.words;
        for text in ["Gifts", " clothes ", "2 pcs spare parts", "Assorted electronics and accessories", "ＧＩＦＴＳ"]
        {
            assert!(!words.whole(text, |_| true).is_empty(), "{text}");
        }
        let better: Vec<String> = words.terms.iter().filter_map(|term| term.better.clone()).collect();
        assert!(better.len() > 20);
        for text in better.iter().filter(|text| !text.starts_with("name ")) {
            assert!(words.whole(text, |_| true).is_empty(), "{text}");
            assert!(words.answers(text, None).count() >= 2, "{text}: {:?}", words.answers(text, None));
        }
    }

    #[test]
    fn answers_are_counted() {
        let words = &SHIPPED.words;
        let count = |text: &str, material: Option<&str>| words.answers(text, material).count();
        assert_eq!(count("Men's running shoes, mesh upper, rubber sole", None), 3);
        assert_eq!(count("socks", None), 1);
        assert_eq!(count("socks", Some("cotton")), 2);
        assert_eq!(count("2 pcs", None), 0);
        assert_eq!(count("cotton", None), 0);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(text in "\\PC{0,60}") {
            let words = Words::read("term,list,better_example,source,confidence\ngift,X,,s,c\n", "kind,words\nfiller,a\n").unwrap();
            words.whole(&text, |_| true);
            words.answers(&text, None);
            let _ = Pattern::of(&text);
        }
    }
}
