//! Companies and people in Africa and Oceania.

use super::arithmetic::{
    BASE_36, ascending, descending, digits, exactly, is_date, is_date_in_some_century, letter, looks_like, luhn,
    number, places, remainder, weighted,
};
use super::{Kind, checked, form};

pub(super) const KINDS: &[Kind] = &[
    checked("au.abn", " ", au_abn),
    checked("au.acn", " ", au_acn),
    checked("au.tfn", " ", au_tfn),
    form("dz.nif", " ", |text| Some(matches!(digits(text)?.len(), 15 | 20))),
    form("eg.tn", " -/", |text| Some(digits(text)?.len() == 9)),
    checked("gh.tin", " ", gh_tin),
    checked("gn.nifp", " -", |text| Some(luhn(&exactly(text, 9)?))),
    form("ke.pin", " -", |text| Some(looks_like(text, "A999999999A") && text.starts_with(['A', 'P']))),
    checked("ma.ice", " ", |text| Some(remainder(&exactly(text, 15)?, 97) == 0)),
    checked("mu.nid", " ", mu_identity),
    checked("mz.nuit", " -.", mz_nuit),
    checked("nz.ird", " -", nz_ird),
    checked("sn.ninea", " -/,", sn_ninea),
    form("tn.mf", " /.-", tn_mf),
    checked("za.idnr", " ", za_identity),
    checked("za.tin", " -/", |text| Some(text.starts_with(['0', '1', '2', '3', '9']) && luhn(&exactly(text, 10)?))),
];

/// Australia, business number: first digit less one, weights 10 1 3 … 19 modulo 89 (Australian Business Register).
fn au_abn(text: &str) -> Option<bool> {
    let mut values = exactly(text, 11)?;
    values[0] -= 1;
    Some(values[0] >= 0 && weighted(&values, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) % 89 == 0)
}

/// Australia, company number: weights 8 … 1 (ASIC).
fn au_acn(text: &str) -> Option<bool> {
    let values = exactly(text, 9)?;
    Some((10 - descending(&values[..8], 8) % 10) % 10 == values[8])
}

/// Australia, tax file number: weights 1 4 3 7 5 8 6 9 10 modulo 11 (ATO).
fn au_tfn(text: &str) -> Option<bool> {
    let values = digits(text).filter(|values| matches!(values.len(), 8 | 9))?;
    Some(weighted(&values, &[1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0)
}

/// Ghana, TIN: letter of the holder, 00, ascending weights modulo 11, X for ten (GRA).
fn gh_tin(text: &str) -> Option<bool> {
    let shape = looks_like(text, "A9999999999") || looks_like(text, "A999999999X");
    if !shape || !text.starts_with(['P', 'C', 'G', 'Q', 'V']) || &text[1..3] != "00" {
        return None;
    }
    let sum = ascending(&digits(&text[1..10])?, 1);
    Some(text.ends_with(letter("0123456789X", sum % 11)?))
}

/// Mauritius, national identity: letter, birth date, serial, modulo 17 (Civil Status Division).
fn mu_identity(text: &str) -> Option<bool> {
    if !looks_like(text, "A999999999999X") {
        return None;
    }
    let date = digits(&text[1..7])?;
    let born = is_date_in_some_century(number(&date[4..]), number(&date[2..4]), number(&date[..2]));
    let sum = descending(&places(BASE_36, &text[..13])?, 14);
    Some(born && text.ends_with(letter(BASE_36, (17 - sum % 17) % 17)?))
}

/// Mozambique, NUIT: weights 8 9 4 5 6 7 8 9 modulo 11 (Autoridade Tributária).
fn mz_nuit(text: &str) -> Option<bool> {
    let values = exactly(text, 9)?;
    let rest = weighted(&values[..8], &[8, 9, 4, 5, 6, 7, 8, 9]) % 11;
    Some(if rest == 10 { 1 } else { rest } == values[8])
}

/// New Zealand, IRD: two sets of weights, the second on ten (Inland Revenue, "RWT and NRWT specification").
fn nz_ird(text: &str) -> Option<bool> {
    let text = text.strip_prefix("NZ").unwrap_or(text);
    let values = digits(text).filter(|values| matches!(values.len(), 8 | 9))?;
    let (last, body) = values.split_last()?;
    let padded = if body.len() == 7 { [&[0], body].concat() } else { body.to_vec() };
    let check = |weights: &[i64]| (11 - weighted(&padded, weights) % 11) % 11;
    let first = check(&[3, 2, 7, 6, 5, 4, 3, 2]);
    let right = if first == 10 { check(&[7, 4, 3, 2, 5, 2, 7, 6]) } else { first };
    Some((10_000_001..150_000_000).contains(&number(&values)) && right == *last)
}

/// Senegal, NINEA: seven or nine digits with weights 1 2, and the COFI of three characters (ANSD).
fn sn_ninea(text: &str) -> Option<bool> {
    let (body, cofi) = if text.len() > 9 { text.split_at_checked(text.len() - 3)? } else { (text, "") };
    let values = digits(&format!("{body:0>9}")).filter(|_| matches!(body.len(), 7 | 9))?;
    let formed = cofi.is_empty()
        || looks_like(cofi, "9A9") && cofi.as_bytes()[0] <= b'2' && !b"IOXY".contains(&cofi.as_bytes()[1]);
    Some(formed && weighted(&values, &[1, 2, 1, 2, 1, 2, 1, 2, 1]) % 10 == 0)
}

/// Tunisia, matricule fiscal: serial, key letter, VAT code, category, establishment (Ministère des Finances).
fn tn_mf(text: &str) -> Option<bool> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (serial, rest) = text.split_at(count);
    let key = rest.chars().next()?;
    if !(1..=7).contains(&serial.len()) || !key.is_ascii_uppercase() || "IOU".contains(key) {
        return None;
    }
    if rest.len() == 1 {
        return Some(true);
    }
    let parts = looks_like(rest, "AAA999") && "APBDN".contains(&rest[1..2]) && "MPCNE".contains(&rest[2..3]);
    Some(parts && (rest.ends_with("000") || &rest[2..3] == "E"))
}

/// South Africa, identity number: birth date, citizenship, Luhn (Home Affairs).
fn za_identity(text: &str) -> Option<bool> {
    let values = exactly(text, 13)?;
    let year = number(&values[..2]);
    let born = [1900, 2000].iter().any(|century| is_date(century + year, number(&values[2..4]), number(&values[4..6])));
    Some(born && values[10] <= 1 && luhn(&values))
}
