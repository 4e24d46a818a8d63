//! Second signals: what beside the name speaks for or against one party.
//!
//! Each is graded: a birth date that differs says more than a country that does, since
//! people move and lists know few of a party's countries. What is not told says nothing.

use super::model::{PartyFacts, Signal};
use super::weights::WEIGHTS;

/// Most values of one sort that are compared.
const MOST: usize = 40;

/// Compares what is known of the asked and of the listed party.
pub fn compare_facts(asked: &PartyFacts, listed: &PartyFacts) -> Vec<Signal> {
    [numbers(asked, listed), births(asked, listed), countries(asked, listed)].into_iter().flatten().collect()
}

fn numbers(asked: &PartyFacts, listed: &PartyFacts) -> Option<Signal> {
    let plain = |number: &String| -> String {
        number.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
    };
    // Shorter numbers are shared by chance.
    let all = |numbers: &[String]| -> Vec<String> {
        numbers.iter().take(MOST).map(plain).filter(|number| number.len() >= 5).collect()
    };
    let listed = all(&listed.numbers);
    let shared = all(&asked.numbers).into_iter().find(|number| listed.contains(number))?;
    let says = format!("both have the number ending in {}", &shared[shared.len() - 3..]);
    Some(Signal { says, adds: WEIGHTS.facts.number_same })
}

fn births(asked: &PartyFacts, listed: &PartyFacts) -> Option<Signal> {
    let dates =
        |texts: &[String]| -> Vec<Birth> { texts.iter().take(MOST).filter_map(|text| Birth::read(text)).collect() };
    let (asked, listed) = (dates(&asked.births), dates(&listed.births));
    let closest = asked.iter().flat_map(|one| listed.iter().map(|other| one.agreement(other))).max()?;
    let facts = &WEIGHTS.facts;
    let (says, adds) = match closest {
        Agreement::Day => ("the same date of birth", facts.birth_same_day),
        Agreement::Year => ("the same year of birth", facts.birth_same_year),
        Agreement::Near => ("born within two years", facts.birth_near),
        Agreement::OtherDay => ("the same year of birth, another day", facts.birth_other_day),
        Agreement::Apart => ("born in other years", facts.birth_apart),
    };
    Some(Signal { says: says.to_owned(), adds })
}

fn countries(asked: &PartyFacts, listed: &PartyFacts) -> Option<Signal> {
    let plain = |country: &String| -> String {
        country.chars().filter(|letter| letter.is_alphabetic()).flat_map(char::to_lowercase).collect()
    };
    let all = |countries: &[String]| -> Vec<String> {
        countries.iter().take(MOST).map(plain).filter(|country| !country.is_empty()).collect()
    };
    let (asked, listed) = (all(&asked.countries), all(&listed.countries));
    if asked.is_empty() || listed.is_empty() {
        return None;
    }
    if let Some(shared) = asked.iter().find(|country| listed.contains(country)) {
        return Some(Signal { says: format!("both in {shared}"), adds: WEIGHTS.facts.country_same });
    }
    // A code and a name cannot be told apart here; the caller writes both alike.
    let comparable = asked.iter().any(|one| listed.iter().any(|other| (one.len() == 2) == (other.len() == 2)));
    comparable.then(|| Signal { says: "no country in common".to_owned(), adds: WEIGHTS.facts.country_other })
}

/// A date of birth as far as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Birth {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Agreement {
    Apart,
    OtherDay,
    Near,
    Year,
    Day,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl Birth {
    /// Reads "1967", "8.12.1967", "08 Dec 1967", "1967-12-08", "circa 1960".
    fn read(text: &str) -> Option<Self> {
        let mut parts: Vec<&str> =
            text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
        parts.truncate(6);
        let year_at = parts
            .iter()
            .position(|part| part.len() == 4 && part.parse::<u16>().is_ok_and(|year| (1850..=2100).contains(&year)))?;
        let year = parts[year_at].parse().ok()?;
        let named = parts.iter().find_map(|part| {
            let lower = part.to_ascii_lowercase();
            MONTHS.iter().position(|month| lower.starts_with(month)).map(|place| place as u8 + 1)
        });
        let small: Vec<u8> =
            parts.iter().filter_map(|part| part.parse().ok()).filter(|number| (1..=31).contains(number)).collect();
        let (month, day) = match (named, small.as_slice()) {
            (Some(month), [day, ..]) => (Some(month), Some(*day)),
            (Some(month), []) => (Some(month), None),
            // Year first is ISO; day first is how lists write otherwise.
            (None, [month, day]) if year_at == 0 && *month <= 12 => (Some(*month), Some(*day)),
            (None, [day, month]) if *month <= 12 => (Some(*month), Some(*day)),
            _ => (None, None),
        };
        Some(Self { year, month, day })
    }

    fn agreement(&self, other: &Self) -> Agreement {
        let both = |one: Option<u8>, other: Option<u8>| one.is_some() && other.is_some();
        let days_told = both(self.month, other.month) && both(self.day, other.day);
        match self.year.abs_diff(other.year) {
            0 if days_told && (self.month, self.day) == (other.month, other.day) => Agreement::Day,
            0 if days_told => Agreement::OtherDay,
            0 => Agreement::Year,
            1 | 2 if !days_told => Agreement::Near,
            _ => Agreement::Apart,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn born(text: &str) -> PartyFacts {
        PartyFacts { births: vec![text.to_owned()], ..PartyFacts::default() }
    }

    fn adds(one: &PartyFacts, other: &PartyFacts) -> f32 {
        compare_facts(one, other).iter().map(|signal| signal.adds).sum()
    }

    #[test]
    fn a_birth_date_is_read_as_lists_write_it() {
        let full = Birth { year: 1967, month: Some(12), day: Some(8) };
        for text in ["8.12.1967", "08 Dec 1967", "1967-12-08", "8 December 1967", "DOB 08 Dec 1967"] {
            assert_eq!(Birth::read(text), Some(full), "{text}");
        }
        assert_eq!(Birth::read("circa 1967"), Some(Birth { year: 1967, month: None, day: None }));
        assert_eq!(Birth::read("unknown"), None);
    }

    #[test]
    fn nearer_births_speak_louder_for_one_person() {
        let listed = born("8.12.1967");
        let order = ["1967-12-08", "1967", "1968", "1967-03-01", "1990-01-01"].map(|text| adds(&born(text), &listed));
        assert!(order.windows(2).all(|pair| pair[0] > pair[1]), "{order:?}");
        assert_eq!(adds(&PartyFacts::default(), &listed), 0.0);
    }

    #[test]
    fn a_shared_number_is_found_however_it_is_spaced() {
        let numbers = |text: &str| PartyFacts { numbers: vec![text.to_owned()], ..PartyFacts::default() };
        assert!(adds(&numbers("IMO 9187629"), &numbers("imo9187629")) > 2.0);
        assert_eq!(adds(&numbers("1234567"), &numbers("7654321")), 0.0);
        assert_eq!(adds(&numbers("12"), &numbers("12")), 0.0);
    }

    #[test]
    fn countries_speak_softly() {
        let at = |country: &str| PartyFacts { countries: vec![country.to_owned()], ..PartyFacts::default() };
        assert!(adds(&at("Cuba"), &at("CUBA")) > 0.0);
        assert!(adds(&at("Cuba"), &at("Peru")) < 0.0);
        assert_eq!(adds(&at("CU"), &at("Peru")), 0.0);
    }
}
