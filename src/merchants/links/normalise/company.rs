//! Stems of company names: what is left without place, trade and legal form.

use super::text;
use super::words::WORDS;

/// The stem; `None` when nothing particular is left.
pub fn stem(value: &str) -> Option<String> {
    let plain = text::plain(value);
    let han = plain.chars().filter(|letter| text::is_han(*letter)).count();
    let stem = if han * 2 > plain.chars().filter(|letter| letter.is_alphabetic()).count() {
        text::fold(&han_stem(&plain)).replace(' ', "")
    } else {
        latin_stem(&plain)
    };
    (stem.len() >= 3).then_some(stem)
}

fn latin_stem(plain: &str) -> String {
    let words = text::folded_words(plain);
    let particular = |word: &&String| !WORDS.company.contains(*word) && !WORDS.places.contains(*word);
    let mut kept: Vec<&str> = words.iter().filter(particular).map(String::as_str).collect();
    kept.dedup();
    kept.concat()
}

fn han_stem(plain: &str) -> String {
    let mut rest: String = plain.chars().filter(|letter| text::is_han(*letter)).collect();
    // The place stands first, the trade and the legal form last.
    while let Some(place) = WORDS.han_places.iter().find(|place| rest.starts_with(place.as_str())) {
        rest = rest[place.len()..].trim_start_matches(['市', '省', '县', '区']).to_owned();
    }
    loop {
        let cut = WORDS.han_generic.iter().find(|word| rest.ends_with(word.as_str()));
        match cut {
            Some(word) => rest.truncate(rest.len() - word.len()),
            None => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_trade_and_form_are_taken_off_in_both_scripts() {
        let forms = [
            "深圳市海蓝科技有限公司",
            "Shenzhen Hailan Technology Co., Ltd.",
            "义乌市海蓝电子商务有限公司",
            "Yiwu Hailan E-Commerce Co., Ltd",
        ];
        assert!(forms.iter().all(|form| stem(form).as_deref() == Some("hailan")), "{:?}", forms.map(stem));
        assert_eq!(stem("Beispiel GmbH"), stem("BEISPIEL Holding International"));
        assert_eq!(stem("Trading Co., Ltd."), None);
        assert_eq!(stem("深圳市有限公司"), None);
    }
}
