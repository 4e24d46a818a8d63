//! Names of representatives: order, titles and script do not matter.

use super::text;
use super::words::WORDS;

/// Chinese surnames of two characters that are still common (Ministry of Public Security, name report 2020).
const DOUBLE_SURNAMES: [&str; 10] = ["欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "夏侯"];

/// The words of a name in Latin letters, sorted, without titles; `None` when fewer than two remain.
pub fn normalise(value: &str) -> Option<String> {
    let plain = text::plain(value);
    let mut words = han_name(plain.trim()).unwrap_or_else(|| text::folded_words(&plain));
    words.retain(|word| !WORDS.titles.contains(word));
    words.sort_unstable();
    words.dedup();
    (2..=12).contains(&words.len()).then(|| words.join(" "))
}

/// Surname and given name of a name of two to four Han characters: the given name is written as one
/// word, as it is in passports.
fn han_name(name: &str) -> Option<Vec<String>> {
    let letters: Vec<char> = name.chars().filter(|letter| !letter.is_whitespace() && *letter != '·').collect();
    if !(2..=4).contains(&letters.len()) || !letters.iter().all(|letter| text::is_han(*letter)) {
        return None;
    }
    let head: String = letters[..2].iter().collect();
    let split = if letters.len() > 2 && DOUBLE_SURNAMES.contains(&head.as_str()) { 2 } else { 1 };
    let spell = |part: &[char]| text::fold(&part.iter().collect::<String>()).replace(' ', "");
    Some(vec![spell(&letters[..split]), spell(&letters[split..])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_titles_script_and_case_do_not_matter() {
        let forms = ["王小明", "Wang Xiaoming", "XIAOMING WANG", "Mr. Xiaoming Wang"];
        assert!(
            forms.iter().all(|form| normalise(form).as_deref() == Some("wang xiaoming")),
            "{:?}",
            forms.map(normalise)
        );
        assert_eq!(normalise("Dr. Zoë Müller"), normalise("Muller Zoe"));
        assert_eq!(normalise("欧阳明").as_deref(), Some("ming ouyang"));
        assert_eq!(normalise("Cher"), None);
    }
}
