//! Goods, shipments, publications and devices.

use super::arithmetic::{
    BASE_36, ascending, descending, digits, exactly, hybrid, letter, looks_like, luhn, luhn_remainder, number, places,
    pure, weighted, with_final_x,
};
use super::countries::is_country;
use super::{Answer, Kind, checked, form, judged};

pub(super) const KINDS: &[Kind] = &[
    checked("ean", " -", |text| gtin(text, &[8, 12, 13, 14])),
    checked("gtin", " -", |text| gtin(text, &[8, 12, 13, 14])),
    checked("gln", " -", |text| gtin(text, &[13])),
    checked("sscc", " -", |text| gtin(text, &[18])),
    form("hs6", " .", hs6),
    checked("upu.s10", " ", postal_item),
    checked("iso6346", " ", container),
    checked("imo", " ", ship),
    judged("imei", " -", imei),
    judged("meid", " -", meid),
    checked("isbn", " -", isbn),
    checked("ismn", " -.", |text| match text.strip_prefix('M') {
        Some(rest) => Some(rest.len() == 9 && gtin(&format!("9790{rest}"), &[13])?),
        None => Some(text.starts_with("9790") && gtin(text, &[13])?),
    }),
    checked("issn", " -", issn),
    checked("isni", " -", |text| Some(text.len() == 16 && pure(&with_final_x(text)?, 11))),
    judged("isan", " -", isan),
    form("isrc", " -", isrc),
    form("isil", "", isil),
    checked("grid", " -", grid),
    checked("casrn", " ", substance),
    checked("eu.ecnumber", " ", european_substance),
];

/// GTIN-8, -12, -13 and -14, GLN, SSCC: weights 3 1 from the right (GS1 General Specifications 7.9).
pub(super) fn gtin(text: &str, lengths: &[usize]) -> Option<bool> {
    let values = digits(text).filter(|values| lengths.contains(&values.len()))?;
    let sum: i64 = values.iter().rev().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    Some(sum % 10 == 0)
}

/// Harmonised System subheading: chapters 01 to 97 without 77, which is reserved (WCO, HS 2022).
/// Whether the subheading exists is a question to the nomenclature of the day, not to the form.
fn hs6(text: &str) -> Option<bool> {
    let values = exactly(text, 6)?;
    let chapter = number(&values[..2]);
    Some((1..=97).contains(&chapter) && chapter != 77 && number(&values[2..4]) > 0)
}

/// Postal item (UPU S10): service, eight digits with weights 8 6 4 2 3 5 9 7, check digit, country.
fn postal_item(text: &str) -> Option<bool> {
    if !looks_like(text, "AA999999999AA") || !is_country(&text[11..], "") {
        return None;
    }
    let values = digits(&text[2..11])?;
    let check = match 11 - weighted(&values, &[8, 6, 4, 2, 3, 5, 9, 7]) % 11 {
        10 => 0,
        11 => 5,
        rest => rest,
    };
    Some(check == values[8])
}

/// Freight container (ISO 6346): letters count from 10 without multiples of 11, powers of two.
fn container(text: &str) -> Option<bool> {
    if !looks_like(text, "AAAA9999999") || !b"UJZR".contains(&text.as_bytes()[3]) {
        return None;
    }
    // A is 10, B is 12, L is 23, V is 34: 11, 22 and 33 are left out.
    let skipping = |rank: i64| if rank > 9 { rank + (rank - 1) / 10 } else { rank };
    let values = places(BASE_36, text)?;
    let sum: i64 = values[..10].iter().enumerate().map(|(at, rank)| skipping(*rank) << at).sum();
    Some(sum % 11 % 10 == values[10])
}

/// Ship (IMO resolution A.1117(30)): weights 7 … 2.
fn ship(text: &str) -> Option<bool> {
    let values = exactly(text.strip_prefix("IMO").unwrap_or(text), 7)?;
    Some(descending(&values[..6], 7) % 10 == values[6])
}

/// Mobile device (3GPP TS 23.003): fifteen digits with Luhn; without the check digit or with a
/// software version there is nothing to check.
fn imei(text: &str) -> Answer {
    match digits(text) {
        Some(values) if values.len() == 15 => {
            if luhn(&values) {
                Answer::Valid
            } else {
                Answer::Invalid
            }
        }
        Some(values) if matches!(values.len(), 14 | 16) => Answer::WellFormed,
        _ => Answer::Invalid,
    }
}

/// Mobile device (3GPP2 S.R0048): fourteen hexadecimal or eighteen decimal digits, and a Luhn digit or none.
fn meid(text: &str) -> Answer {
    let right = |right: bool| if right { Answer::Valid } else { Answer::Invalid };
    match (digits(text), places("0123456789ABCDEF", text)) {
        (Some(values), _) if matches!(values.len(), 18 | 19) => {
            let fits = number(&values[..10]) < 1 << 32 && number(&values[10..18]) < 1 << 24;
            if values.len() == 19 {
                right(fits && luhn(&values))
            } else if fits {
                Answer::WellFormed
            } else {
                Answer::Invalid
            }
        }
        (Some(_), _) => imei(text),
        (None, Some(values)) if values.len() == 15 => right(luhn_remainder(&values, 16) == 0),
        (None, Some(values)) if values.len() == 14 => Answer::WellFormed,
        _ => Answer::Invalid,
    }
}

/// Book (ISO 2108): ten characters modulo 11, or thirteen digits beginning 978 or 979.
fn isbn(text: &str) -> Option<bool> {
    let padded = if text.len() == 9 { format!("0{text}") } else { text.to_owned() };
    match padded.len() {
        10 => Some(ascending(&with_final_x(&padded)?, 1) % 11 == 0),
        13 => Some((padded.starts_with("978") || padded.starts_with("979")) && gtin(&padded, &[13])?),
        _ => None,
    }
}

/// Serial (ISO 3297): weights 8 … 1 modulo 11.
fn issn(text: &str) -> Option<bool> {
    Some(text.len() == 8 && descending(&with_final_x(text)?, 8) % 11 == 0)
}

/// Audiovisual work (ISO 15706): root, episode, version in hexadecimal, each half with a MOD 37,36
/// character or none.
fn isan(text: &str) -> Answer {
    if !text.is_ascii() || !matches!(text.len(), 16 | 17 | 24..=26) {
        return Answer::Invalid;
    }
    let (head, rest) = text.split_at(16);
    let (first, rest) = rest.split_at(usize::from(matches!(text.len(), 17 | 26)));
    let (version, second) = rest.split_at(rest.len().min(8));
    let hexadecimal = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    let right = |body: &str, check: &str| {
        check.is_empty() || places(BASE_36, &format!("{body}{check}")).is_some_and(|values| hybrid(&values, 36))
    };
    let fits = hexadecimal(head) && hexadecimal(version) && matches!(version.len(), 0 | 8);
    if !fits || !right(head, first) || !right(&format!("{head}{version}"), second) {
        return Answer::Invalid;
    }
    if first.is_empty() && second.is_empty() { Answer::WellFormed } else { Answer::Valid }
}

/// Recording (ISO 3901): country or one of the codes given beside ISO 3166, registrant, year, serial.
fn isrc(text: &str) -> Option<bool> {
    let shape = looks_like(text, "AAXXX9999999");
    Some(shape && is_country(&text[..2], "ANBCBKBPBXCBCPCSDGFXGXKSQMQNQTQZUKXKYUZBZZ"))
}

/// Library (ISO 15511): prefix of a country or agency, hyphen, up to eleven characters.
fn isil(text: &str) -> Option<bool> {
    let (agency, _) = text.split_once('-').unwrap_or((text, ""));
    let agency = agency.to_ascii_uppercase();
    let known = is_country(&agency, "") || ["EUR", "GTB", "O", "OCLC", "ZDB", "M", "S"].contains(&agency.as_str());
    Some(known && text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:/".contains(&byte)))
}

/// Release (IFPI GRid standard 2.1): eighteen characters, MOD 37,36.
fn grid(text: &str) -> Option<bool> {
    let text = text.strip_prefix("GRID:").unwrap_or(text);
    Some(text.len() == 18 && hybrid(&places(BASE_36, text)?, 36))
}

/// Chemical substance (CAS registry number): ascending weights from the right.
fn substance(text: &str) -> Option<bool> {
    let plain = if text.contains('-') { text.to_owned() } else { with_hyphens(text)? };
    let parts: Vec<&str> = plain.split('-').collect();
    let [body, pair, check] = parts.as_slice() else { return None };
    if body.starts_with('0') || !(2..=7).contains(&body.len()) {
        return None;
    }
    let mut values = digits(&format!("{body}{pair}"))?;
    exactly(pair, 2)?;
    values.reverse();
    Some(ascending(&values, 1) % 10 == *exactly(check, 1)?.first()?)
}

fn with_hyphens(text: &str) -> Option<String> {
    let (head, check) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let (body, pair) = head.split_at_checked(head.len().checked_sub(2)?)?;
    Some(format!("{body}-{pair}-{check}"))
}

/// Chemical substance in the Union's inventories (ECHA): seven digits, weights 1 … 6 modulo 11; ten is never given.
fn european_substance(text: &str) -> Option<bool> {
    let plain = match text.split('-').collect::<Vec<_>>().as_slice() {
        [all] => (*all).to_owned(),
        [first, second, check] if first.len() == 3 && second.len() == 3 => format!("{first}{second}{check}"),
        _ => return None,
    };
    let values = exactly(&plain, 7)?;
    let rest = ascending(&values[..6], 1) % 11;
    Some(letter("0123456789", rest).is_some() && rest == values[6])
}
