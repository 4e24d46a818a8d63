//! The Harmonized System: which codes there are, which are gone, and which headings a text suggests.

mod search;

pub use search::Suggestion;

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::facts::{FactError, FactSources, Validity};
use crate::shipments::facts::table;
use search::HeadingIndex;

/// A code that is in no edition of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseded {
    /// The last edition that had it.
    pub last_edition: String,
    /// Codes of the present edition that took its goods over; may be empty.
    pub successors: Vec<String>,
}

/// What a code is on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeState<'n> {
    /// In the edition of the day.
    Valid(&'n str),
    /// In an earlier edition only.
    Superseded(&'n Superseded),
    /// In no edition known.
    Unknown,
    /// The edition of the day is not held.
    NoEdition,
}

/// Codes, descriptions and the index over them.
#[derive(Debug, Clone)]
pub struct Nomenclature {
    /// Name of the edition.
    pub edition: String,
    validity: Validity,
    codes: HashMap<String, String>,
    superseded: BTreeMap<String, Superseded>,
    index: HeadingIndex,
}

impl Nomenclature {
    /// Reads the edition, its successors and the everyday words.
    pub fn read(sources: &FactSources<'_>) -> Result<Self, FactError> {
        let editions = table::read("customs/hs/editions.csv", sources.hs_editions, |row| {
            row.origin()?;
            Ok((row.needed("edition")?, row.validity()?))
        })?;
        let Some((edition, validity)) = editions.into_iter().next() else {
            let problem = "names no edition".to_owned();
            return Err(FactError { path: "customs/hs/editions.csv".to_owned(), line: 1, problem });
        };
        let rows = table::read("customs/hs/nomenclature-2022.csv", sources.hs_nomenclature, |row| {
            let code = row.needed("code")?;
            let digits = code.bytes().all(|byte| byte.is_ascii_digit()) && matches!(code.len(), 2 | 4 | 6);
            if !digits {
                return Err(row.refuse(format!("code \"{code}\" is not of two, four or six digits")));
            }
            Ok((code, row.needed("description")?))
        })?;
        let superseded = table::read("customs/hs/superseded.csv", sources.hs_superseded, |row| {
            row.origin()?;
            let successors = row.text("successors")?.split_whitespace().map(str::to_owned).collect();
            Ok((row.needed("code")?, Superseded { last_edition: row.needed("last_edition")?, successors }))
        })?;
        let words = table::read("customs/hs/everyday-words.csv", sources.hs_words, |row| {
            Ok((row.needed("heading")?, row.needed("words")?))
        })?;
        let index = HeadingIndex::build(&rows, &words);
        let codes = rows.into_iter().collect();
        Ok(Self { edition, validity, codes, superseded: superseded.into_iter().collect(), index })
    }

    /// What a six-digit code is on a day.
    pub fn state(&self, code: &str, on: Date) -> CodeState<'_> {
        if !self.validity.holds_on(on) {
            return CodeState::NoEdition;
        }
        match (self.codes.get(code), self.superseded.get(code)) {
            (Some(description), _) => CodeState::Valid(description),
            (None, Some(superseded)) => CodeState::Superseded(superseded),
            (None, None) => CodeState::Unknown,
        }
    }

    /// The description of a chapter, heading or subheading.
    pub fn description(&self, code: &str) -> Option<&str> {
        self.codes.get(code).map(String::as_str)
    }

    /// Headings that fit a text, best first, at most `most`.
    pub fn suggest(&self, text: &str, most: usize) -> Vec<Suggestion> {
        self.index.suggest(text, most)
    }

    /// How well a text fits one heading (first four digits of a code), on the scale of
    /// [`Nomenclature::suggest`].
    pub fn fit(&self, text: &str, heading: &str) -> f32 {
        self.index.fit(text, heading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipments::facts::SHIPPED;

    #[test]
    fn codes_are_valid_superseded_unknown_or_of_an_edition_not_held() {
        let hs = &SHIPPED.hs;
        let on = jiff::civil::date(2026, 11, 22);
        assert!(matches!(hs.state("610910", on), CodeState::Valid(_)));
        for code in ["851712", "854140", "940540"] {
            let CodeState::Superseded(superseded) = hs.state(code, on) else { panic!("{code}") };
            assert_eq!(superseded.last_edition, "2017");
            assert!(!superseded.successors.is_empty());
        }
        assert_eq!(hs.state("999999", on), CodeState::Unknown);
        assert_eq!(hs.state("770000", on), CodeState::Unknown);
        assert_eq!(hs.state("610910", jiff::civil::date(2028, 1, 1)), CodeState::NoEdition);
        assert_eq!(hs.state("610910", jiff::civil::date(2021, 12, 31)), CodeState::NoEdition);
    }

    #[test]
    fn every_successor_is_a_code_and_no_superseded_code_is_valid() {
        let hs = &SHIPPED.hs;
        for (code, superseded) in &hs.superseded {
            assert!(!hs.codes.contains_key(code), "{code}");
            assert!(superseded.successors.iter().all(|successor| hs.codes.contains_key(successor)), "{code}");
        }
    }

    #[test]
    fn everyday_words_find_their_heading() {
        let hs = &SHIPPED.hs;
        for (text, heading) in [
            ("men's running shoes, mesh upper, rubber sole", "6404"),
            ("cotton T-shirt", "6109"),
            ("USB-C charging cable", "8544"),
            ("silicone phone case", "3926"),
            ("stainless steel kitchen knife", "8211"),
            ("quartz wrist watch", "9102"),
        ] {
            let best: Vec<String> = hs.suggest(text, 3).into_iter().map(|found| found.heading).collect();
            assert!(best.iter().any(|found| found == heading), "{text}: {best:?}");
        }
        assert!(hs.suggest("", 3).is_empty());
    }
}
