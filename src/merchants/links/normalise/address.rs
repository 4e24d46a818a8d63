//! Postal addresses in one line: two keys that survive order, abbreviations, postcodes left out
//! and the change between Chinese and Latin writing.

use super::text;
use super::words::WORDS;

/// What can be compared of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressKeys {
    /// All particular words and numbers without postcodes, sorted.
    pub full: Option<String>,
    /// The numbers and the name of the road, where the road can be told.
    pub road: Option<String>,
    /// Whether there is a number of a house or room; without one the place may hold many.
    pub numbered: bool,
}

/// One part of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Number(String),
    Word(String),
    /// A word that names a kind of road; the word before it is the road.
    Road,
}

/// The keys of an address.
pub fn normalise(value: &str) -> AddressKeys {
    let plain = text::plain(value);
    let parts = parts(&plain);
    let numbers = numbers(&parts);
    let mut words: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Word(word) if !WORDS.address.contains(word) && !is_postcode(word) && word.len() > 1 => {
                Some(word.as_str())
            }
            _ => None,
        })
        .collect();
    words.sort_unstable();
    words.dedup();
    let enough = (!numbers.is_empty() && !words.is_empty()) || words.len() >= 3;
    let road = han_road(&plain).or_else(|| latin_road(&parts));
    let joined = numbers.join(" ");
    AddressKeys {
        full: enough.then(|| format!("{joined}|{}", words.join(" "))),
        road: road.filter(|road| numbers.len() >= 2 && road.len() >= 3).map(|road| format!("{joined}|{road}")),
        numbered: !numbers.is_empty(),
    }
}

/// Cuts into letters and digits: "Rm1102" is two parts, "IG65" stays one (it may be a postcode).
fn parts(plain: &str) -> Vec<Part> {
    let spaced: String = plain
        .chars()
        .flat_map(|letter| {
            // Han characters are words of their own; the numbers between them must stand free.
            let gap = text::is_han(letter);
            [gap.then_some(' '), Some(letter), gap.then_some(' ')].into_iter().flatten()
        })
        .collect();
    let mut parts = Vec::new();
    for word in text::folded_words(&spaced) {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let letters = word.len() - digits;
        let unit = word.bytes().take_while(u8::is_ascii_lowercase).count();
        if letters == 0 {
            parts.push(Part::Number(word));
        } else if digits > 0 && unit + digits == word.len() && WORDS.address.contains(&word[..unit]) {
            parts.push(Part::Number(word[unit..].to_owned()));
        } else if WORDS.roads.contains(&word) {
            parts.push(Part::Road);
        } else {
            parts.push(Part::Word(word));
        }
    }
    parts
}

/// Letters and digits mixed, as in British, Canadian and Irish postcodes.
fn is_postcode(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits > 0 && digits < word.len() && (2..=4).contains(&word.len())
}

/// House, building and room numbers, sorted. Numbers of five or more digits are postcodes unless
/// the address begins with them, as American house numbers do.
fn numbers(parts: &[Part]) -> Vec<String> {
    let mut numbers: Vec<String> = parts
        .iter()
        .enumerate()
        .filter_map(|(at, part)| match part {
            Part::Number(digits) if digits.len() < 5 || at == 0 => {
                let trimmed = digits.trim_start_matches('0');
                Some(if trimmed.is_empty() { "0" } else { trimmed }.to_owned())
            }
            _ => None,
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

/// The road of a Chinese address: what stands between the last district and the house number.
fn han_road(plain: &str) -> Option<String> {
    let before = plain.split_once('号').map(|(before, _)| before)?;
    let run: String =
        before.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter.is_whitespace()).to_owned();
    let start = run.rfind(['省', '市', '区', '县', '镇', '乡']).map_or(0, |at| at + '省'.len_utf8());
    let road: String = run.get(start..)?.chars().filter(|letter| text::is_han(*letter)).collect();
    let bare = road.strip_suffix(['路', '街', '道', '巷', '弄'])?;
    Some(road_stem(&text::fold(bare).replace(' ', "")))
}

/// The word before a word for road.
fn latin_road(parts: &[Part]) -> Option<String> {
    let at = parts.iter().position(|part| *part == Part::Road)?;
    let named: Vec<&str> = parts[..at]
        .iter()
        .rev()
        .map_while(|part| match part {
            Part::Word(word) if !WORDS.address.contains(word) => Some(word.as_str()),
            _ => None,
        })
        .take(3)
        .collect();
    let road: String = named.iter().rev().copied().collect();
    Some(road_stem(&road)).filter(|road| !road.is_empty())
}

/// 大道 is written "Avenue", "Da Dao", "Dadao" or stays half in the name: its "da" is dropped.
fn road_stem(road: &str) -> String {
    road.strip_suffix("da").filter(|stem| stem.len() >= 3).unwrap_or(road).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let (a, b) = (normalise(a), normalise(b));
        (a.full.is_some() && a.full == b.full) || (a.road.is_some() && a.road == b.road)
    }

    #[rstest::rstest]
    #[case("Musterweg 8, 13502 Beispielstadt", "MUSTERWEG 8 Beispielstadt, 13502")]
    #[case("12 Sample Hill Apt. 039, 82171 Exampleton", "12 Sample Hill Apartment 39; Exampleton")]
    #[case("Studio 5, Sample Points, E3K 4HE Exampleton", "STUDIO 5, SAMPLE POINTS; EXAMPLETON")]
    #[case(
        "深圳市福田区科技园路33号12幢1102",
        "Rm1102 Bldg 12, 33 Kejiyuan Rd., Futian Dist., Shenzhen City, Guangdong"
    )]
    #[case(
        "广东省深圳市福田区科技园路33号12栋1102室",
        "Room 1102, Building 12, No. 33 Kejiyuan Road, Futian District, Shenzhen, China"
    )]
    fn ways_of_writing_one_address_are_one(#[case] one: &str, #[case] other: &str) {
        assert!(same(one, other), "{:?} {:?}", normalise(one), normalise(other));
    }

    #[rstest::rstest]
    #[case("Musterweg 8, 13502 Beispielstadt", "Musterweg 9, 13502 Beispielstadt")]
    #[case("深圳市福田区科技园路33号12幢1102", "深圳市福田区科技园路33号12幢1103")]
    #[case("Sample Hill", "Sample Hill")]
    fn neighbours_and_towns_are_not(#[case] one: &str, #[case] other: &str) {
        assert!(!same(one, other), "{:?} {:?}", normalise(one), normalise(other));
    }

    #[test]
    fn anything_is_taken() {
        for text in ["", "号", "12号", "路12号", "\u{202e}🏠", "1 2 3"] {
            let _ = normalise(text);
        }
    }
}
