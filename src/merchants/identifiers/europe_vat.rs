//! VAT numbers of the European Union, Northern Ireland and the United Kingdom, EORI and the
//! one-stop shops.
//!
//! Forms and check digits follow the member states' descriptions in the European Commission's
//! "VAT identification numbers in VIES: structure and check" and the national tax offices.

use super::arithmetic::{
    ascending, descending, digits, exactly, hybrid, is_digits, letter, looks_like, luhn, mod_97, number, places,
    remainder, weighted,
};
use super::countries::ONE_STOP_STATES;
use super::europe::{fr_siren, fr_siret, se_orgnr};
use super::europe_persons::{bg_egn, bg_pnf, cz_rc, es_dni, es_nie, lv_person, nl_bsn, ro_cnp, spanish_letter};
use super::{Answer, Kind, checked, find, form, judged};

pub(super) const KINDS: &[Kind] = &[
    judged("eu.vat", "", eu_vat),
    judged("vatin", "", vatin),
    form("eu.oss", " -", one_stop),
    form("ioss", " -", ioss),
    judged("eori", " -.", eori),
    checked("at.uid", " -./", at_uid),
    checked("be.vat", " -./", be_vat),
    checked("bg.vat", " -.", bg_vat),
    checked("cy.vat", " -", cy_vat),
    checked("cz.dic", " /", cz_dic),
    checked("de.vat", " -./,", de_vat),
    checked("dk.cvr", " -.,/:", dk_cvr),
    checked("ee.kmkr", " ", ee_kmkr),
    checked("gr.vat", " -./:", gr_vat),
    checked("es.nif", " -", es_nif),
    checked("es.cif", " -", es_cif),
    checked("fi.alv", " -", fi_alv),
    checked("fi.ytunnus", " -", fi_alv),
    checked("fr.tva", " -.", fr_tva),
    checked("mc.tva", " -.", mc_tva),
    checked("hr.oib", " -", hr_oib),
    checked("hu.anum", " -", hu_anum),
    checked("ie.vat", " -", ie_vat),
    checked("it.iva", " -:", it_iva),
    checked("lt.pvm", " -", lt_pvm),
    checked("lu.tva", " :.-", lu_tva),
    checked("lv.pvn", " -", lv_pvn),
    checked("mt.vat", " -", mt_vat),
    checked("nl.btw", " -.", nl_btw),
    checked("pl.nip", " -", pl_nip),
    checked("pt.nif", " -.", pt_nif),
    checked("ro.cui", " -", ro_cui),
    checked("ro.cf", " -", ro_cf),
    checked("se.vat", " -.", se_vat),
    checked("si.ddv", " -", si_ddv),
    checked("sk.dph", " -", sk_dph),
    checked("gb.vat", " -.", gb_vat),
];

/// The kind that judges VAT numbers with this prefix.
fn national_kind(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "AT" => "at.uid",
        "BE" => "be.vat",
        "BG" => "bg.vat",
        "CY" => "cy.vat",
        "CZ" => "cz.dic",
        "DE" => "de.vat",
        "DK" => "dk.cvr",
        "EE" => "ee.kmkr",
        "EL" | "GR" => "gr.vat",
        "ES" => "es.nif",
        "EU" | "IM" => "eu.oss",
        "FI" => "fi.alv",
        "FR" => "fr.tva",
        "HR" => "hr.oib",
        "HU" => "hu.anum",
        "IE" => "ie.vat",
        "IT" => "it.iva",
        "LT" => "lt.pvm",
        "LU" => "lu.tva",
        "LV" => "lv.pvn",
        "MT" => "mt.vat",
        "NL" => "nl.btw",
        "PL" => "pl.nip",
        "PT" => "pt.nif",
        "RO" => "ro.cf",
        "SE" => "se.vat",
        "SI" => "si.ddv",
        "SK" => "sk.dph",
        "XI" => "gb.vat",
        _ => return None,
    })
}

/// A VAT number with its prefix, judged by the rule of the state it names.
fn eu_vat(text: &str) -> Answer {
    let national = text.get(..2).and_then(national_kind).and_then(find);
    national.map_or(Answer::Invalid, |kind| kind.check(text))
}

/// A VAT number of any country that has a prefix: those of the Union, and CH, GB, IS, NO, BR …
fn vatin(text: &str) -> Answer {
    let Some((prefix, rest)) = text.split_at_checked(2) else { return Answer::Invalid };
    let kind = match prefix {
        "GB" => "gb.vat",
        "CH" => "ch.vat",
        "NO" => "no.mva",
        "IS" => "is_.vsk",
        "BR" => return find("br.cnpj").map_or(Answer::Invalid, |kind| kind.check(rest)),
        _ => return eu_vat(text),
    };
    find(kind).map_or(Answer::Invalid, |kind| kind.check(text))
}

fn without<'text>(text: &'text str, prefix: &str) -> &'text str {
    text.strip_prefix(prefix).unwrap_or(text)
}

/// Non-Union one-stop shop (EU…) or import one-stop shop (IM…): state and number; the rule of the
/// check digit is not public (Commission Implementing Regulation (EU) 2020/194, art. 2).
fn one_stop(text: &str) -> Option<bool> {
    let (scheme, rest) = text.split_at_checked(2)?;
    let length = match scheme {
        "EU" => 9,
        "IM" => 10,
        _ => return None,
    };
    Some(is_digits(rest, length) && ONE_STOP_STATES.contains(&&rest[..3]))
}

/// Import one-stop shop number, or the number of an intermediary (IN), which may not stand on a declaration.
fn ioss(text: &str) -> Option<bool> {
    Some(text.starts_with("IM") && one_stop(text)?)
}

/// EORI (Delegated Regulation (EU) 2015/2446, annex B: at most 17 characters): issued by the
/// Union's states, XI and GB. French numbers are SIRETs; those of traders registered for VAT in
/// the United Kingdom hold their VAT number; there is no common check digit.
fn eori(text: &str) -> Answer {
    let Some((country, rest)) = text.split_at_checked(2) else { return Answer::Invalid };
    let issued = national_kind(country).is_some() && !matches!(country, "EU" | "IM") || country == "GB";
    let form = (1..=15).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !issued || !form {
        return Answer::Invalid;
    }
    let judged = |right: Option<bool>, otherwise| if right == Some(true) { Answer::Valid } else { otherwise };
    match country {
        "FR" if is_digits(rest, 14) => judged(fr_siret(rest), Answer::Invalid),
        // Numbers for traders without VAT registration follow no published rule.
        "GB" | "XI" if is_digits(rest, 12) => judged(gb_vat(rest), Answer::WellFormed),
        "GB" | "XI" => Answer::Invalid,
        _ => Answer::WellFormed,
    }
}

/// Austria: U and eight digits, a Luhn sum that starts from 4 (BMF).
fn at_uid(text: &str) -> Option<bool> {
    let values = exactly(without(text, "AT").strip_prefix('U')?, 8)?;
    let doubled = |value: i64| value * 2 / 10 + value * 2 % 10;
    let sum: i64 =
        values[..7].iter().enumerate().map(|(at, value)| if at % 2 == 1 { doubled(*value) } else { *value }).sum();
    Some((96 - sum) % 10 == values[7])
}

/// Belgium: ten digits beginning 0 or 1, the last two 97 minus the rest (BCE/KBO).
fn be_vat(text: &str) -> Option<bool> {
    let text = without(text, "BE");
    let text = match text.strip_prefix("(0)") {
        Some(rest) => format!("0{rest}"),
        None if text.len() == 9 => format!("0{text}"),
        None => text.to_owned(),
    };
    let values = exactly(&text, 10)?;
    let (body, check) = (number(&values[..8]), number(&values[8..]));
    Some(values[0] <= 1 && body + check > 0 && (body + check) % 97 == 0)
}

/// Bulgaria: nine digits (legal) with weights 1 … 8 and, on 10, 3 … 10; or ten digits: a citizen,
/// a foreigner, or weights 4 3 2 7 6 5 4 3 2 (NRA).
fn bg_vat(text: &str) -> Option<bool> {
    let text = without(text, "BG");
    let values = digits(text)?;
    match values.len() {
        9 => {
            let first = ascending(&values[..8], 1) % 11;
            let check = if first == 10 { ascending(&values[..8], 3) % 11 } else { first };
            Some(check % 10 == values[8])
        }
        10 => {
            let other = (11 - weighted(&values[..9], &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == values[9];
            Some(other || bg_egn(text) == Some(true) || bg_pnf(text) == Some(true))
        }
        _ => None,
    }
}

/// Cyprus: eight digits, not beginning 12, and a letter (Tax Department).
fn cy_vat(text: &str) -> Option<bool> {
    const ODD: [i64; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let text = without(text, "CY");
    if !looks_like(text, "99999999A") || text.starts_with("12") {
        return None;
    }
    let values = digits(&text[..8])?;
    let sum: i64 =
        values.iter().enumerate().map(|(at, value)| if at % 2 == 0 { ODD[*value as usize] } else { *value }).sum();
    letter("ABCDEFGHIJKLMNOPQRSTUVWXYZ", sum % 26).map(|check| text.ends_with(check))
}

/// Czechia: eight digits (legal), nine beginning 6 (special), or a birth number (Finanční správa).
fn cz_dic(text: &str) -> Option<bool> {
    let text = without(text, "CZ");
    let values = digits(text)?;
    match values.len() {
        8 => {
            let check = (11 - descending(&values[..7], 8) % 11) % 11;
            Some(values[0] != 9 && if check == 0 { 1 } else { check % 10 } == values[7])
        }
        9 if values[0] == 6 => {
            let rest = descending(&values[1..8], 8) % 11;
            Some((8 - (10 - rest).rem_euclid(11)).rem_euclid(10) == values[8])
        }
        _ => cz_rc(text),
    }
}

/// Germany: nine digits, MOD 11,10 (BZSt).
fn de_vat(text: &str) -> Option<bool> {
    let values = exactly(without(text, "DE"), 9)?;
    Some(values[0] != 0 && hybrid(&values, 10))
}

/// Denmark: eight digits, weights 2 7 6 5 4 3 2 1 (Erhvervsstyrelsen, CVR).
fn dk_cvr(text: &str) -> Option<bool> {
    let values = exactly(without(text, "DK"), 8)?;
    Some(values[0] != 0 && weighted(&values, &[2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0)
}

/// Estonia: nine digits, weights 3 7 1 (EMTA).
fn ee_kmkr(text: &str) -> Option<bool> {
    let values = exactly(without(text, "EE"), 9)?;
    Some(weighted(&values, &[3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 == 0)
}

/// Greece: nine digits (the oldest written with eight), powers of two modulo 11 (AADE).
fn gr_vat(text: &str) -> Option<bool> {
    let text = without(without(text, "EL"), "GR");
    let padded = if text.len() == 8 { format!("0{text}") } else { text.to_owned() };
    let values = exactly(&padded, 9)?;
    let sum = values[..8].iter().fold(0, |sum, digit| sum * 2 + digit);
    Some(sum * 2 % 11 % 10 == values[8])
}

/// Spain: DNI, NIE, numbers beginning K, L or M, or that of a legal entity (Orden EHA/451/2008).
fn es_nif(text: &str) -> Option<bool> {
    let text = without(text, "ES");
    match text.chars().next()? {
        'K' | 'L' | 'M' => Some(looks_like(text, "A9999999A") && text.ends_with(spanish_letter(&text[1..8])?)),
        'X' | 'Y' | 'Z' => es_nie(text),
        first if first.is_ascii_digit() => es_dni(text),
        _ => es_cif(text),
    }
}

/// Spanish legal entities: letter, seven digits, control digit or letter.
fn es_cif(text: &str) -> Option<bool> {
    if !looks_like(text, "A9999999X") || !text.starts_with(|first| "ABCDEFGHJNPQRSUVW".contains(first)) {
        return None;
    }
    let mut values = digits(&text[1..8])?;
    values.push(0);
    let check = (10 - super::arithmetic::luhn_remainder(&values, 10)) % 10;
    Some(text.ends_with(letter("0123456789", check)?) || text.ends_with(letter("JABCDEFGHI", check)?))
}

/// Finland: eight digits, weights 7 9 10 5 8 4 2 (PRH, business ID).
fn fi_alv(text: &str) -> Option<bool> {
    let values = exactly(without(text, "FI"), 8)?;
    Some(weighted(&values, &[7, 9, 10, 5, 8, 4, 2, 1]) % 11 == 0)
}

/// France and Monaco: a key of two characters without I and O, and a SIREN; Monegasque numbers
/// have 000 at its place and no Luhn digit (DGFiP).
fn fr_tva(text: &str) -> Option<bool> {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let text = without(text, "FR");
    let (key, siren) = text.split_at_checked(2)?;
    let keys = places(ALPHABET, key)?;
    let values = exactly(siren, 9)?;
    if !siren.starts_with("000") && fr_siren(siren) != Some(true) {
        return Some(false);
    }
    if let Some(key) = exactly(key, 2) {
        return Some(number(&key) == (number(&values) * 100 + 12) % 97);
    }
    let check = if keys[0] < 10 { keys[0] * 24 + keys[1] - 10 } else { keys[0] * 34 + keys[1] - 100 };
    Some((number(&values) + 1 + check / 11) % 11 == check % 11)
}

fn mc_tva(text: &str) -> Option<bool> {
    Some(without(text, "FR").get(2..5)? == "000" && fr_tva(text)?)
}

/// Croatia: eleven digits, MOD 11,10 (Porezna uprava, OIB).
fn hr_oib(text: &str) -> Option<bool> {
    Some(hybrid(&exactly(without(text, "HR"), 11)?, 10))
}

/// Hungary: eight digits, weights 9 7 3 1 (NAV).
fn hu_anum(text: &str) -> Option<bool> {
    Some(weighted(&exactly(without(text, "HU"), 8)?, &[9, 7, 3, 1, 9, 7, 3, 1]) % 10 == 0)
}

/// Letter of Irish numbers: weights 8 … 2 and 9 for the second letter, modulo 23.
pub(super) fn irish_letter(body: &[i64], second: i64) -> Option<char> {
    letter("WABCDEFGHIJKLMNOPQRSTUV", (descending(body, 8) + 9 * second) % 23)
}

/// Ireland: seven digits and one or two letters, or the form before 2013 with a letter, + or * in
/// the second place (Revenue).
fn ie_vat(text: &str) -> Option<bool> {
    let text = without(text, "IE");
    if !text.is_ascii() || !(8..=9).contains(&text.len()) {
        return None;
    }
    let letters = places("WABCDEFGHIJKLMNOPQRSTUV", &text[7..])?;
    let second = letters.get(1).copied().unwrap_or(0);
    let check = text[7..].chars().next()?;
    if let Some(body) = digits(&text[..7]) {
        return Some(irish_letter(&body, second)? == check);
    }
    let old = text[1..2].contains(|letter: char| letter.is_ascii_uppercase() || "+*".contains(letter));
    let body = digits(&format!("0{}{}", &text[2..7], &text[..1]))?;
    Some(old && irish_letter(&body, 0)? == check)
}

/// Italy: seven digits, province 001–100, 120, 121, 888 or 999, Luhn (Agenzia delle Entrate).
pub(super) fn it_iva(text: &str) -> Option<bool> {
    let values = exactly(without(text, "IT"), 11)?;
    let province = matches!(number(&values[7..10]), 1..=100 | 120 | 121 | 888 | 999);
    Some(number(&values[..7]) > 0 && province && luhn(&values))
}

/// Check digit of Lithuanian and Estonian numbers: weights 1 … 9 1 2 …, and 3 … 9 1 2 … on ten.
pub(super) fn baltic_check(body: &[i64]) -> i64 {
    let sum =
        |shift: usize| body.iter().enumerate().map(|(at, digit)| digit * (1 + (at + shift) % 9) as i64).sum::<i64>();
    match sum(0) % 11 {
        10 => sum(2) % 11 % 10,
        rest => rest,
    }
}

/// Lithuania: nine digits (eighth 1) or, temporarily, twelve (eleventh 1) (VMI).
fn lt_pvm(text: &str) -> Option<bool> {
    let values = digits(without(text, "LT")).filter(|values| matches!(values.len(), 9 | 12))?;
    let (last, body) = values.split_last()?;
    Some(body.last() == Some(&1) && baltic_check(body) == *last)
}

/// Luxembourg: six digits and their remainder modulo 89 (AED).
fn lu_tva(text: &str) -> Option<bool> {
    let values = exactly(without(text, "LU"), 8)?;
    Some(number(&values[..6]) % 89 == number(&values[6..]))
}

/// Latvia: legal entities begin above 3; persons have a birth date or, since 2017, begin 32 (VID).
fn lv_pvn(text: &str) -> Option<bool> {
    let text = without(text, "LV");
    let values = exactly(text, 11)?;
    if values[0] > 3 {
        return Some(weighted(&values, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3);
    }
    lv_person(text)
}

/// Malta: eight digits, weights 3 4 6 7 8 9 10 1 modulo 37 (CFR).
fn mt_vat(text: &str) -> Option<bool> {
    let values = exactly(without(text, "MT"), 8)?;
    Some(values[0] != 0 && weighted(&values, &[3, 4, 6, 7, 8, 9, 10, 1]) % 37 == 0)
}

/// Netherlands: nine digits, B, two digits; the nine pass the eleven-test, or since 2020 the whole
/// passes MOD 97-10 (Belastingdienst).
fn nl_btw(text: &str) -> Option<bool> {
    let text = without(text, "NL");
    if !text.is_ascii() || !(4..=12).contains(&text.len()) {
        return None;
    }
    let (head, tail) = text.split_at(text.len() - 3);
    let padded = format!("{head:0>9}{tail}");
    if !looks_like(&padded, "999999999B99") || padded.starts_with("000000000") || padded.ends_with("00") {
        return None;
    }
    Some(nl_bsn(&padded[..9]) == Some(true) || mod_97(&format!("NL{padded}")) == Some(1))
}

/// Poland: ten digits, weights 6 5 7 2 3 4 5 6 7; a remainder of ten is never issued (MF).
fn pl_nip(text: &str) -> Option<bool> {
    let values = exactly(without(text, "PL"), 10)?;
    Some(weighted(&values[..9], &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == values[9])
}

/// Portugal: nine digits, weights 9 … 2 (Autoridade Tributária).
fn pt_nif(text: &str) -> Option<bool> {
    let values = exactly(without(text, "PT"), 9)?;
    Some(values[0] != 0 && (11 - descending(&values[..8], 9) % 11) % 11 % 10 == values[8])
}

/// Romania, companies: up to ten digits, weights 7 5 3 2 1 7 5 3 2 aligned right (ANAF).
fn ro_cui(text: &str) -> Option<bool> {
    let text = without(text, "RO");
    if !(2..=10).contains(&text.len()) || text.starts_with('0') {
        return None;
    }
    let values = digits(&format!("{text:0>10}"))?;
    Some(weighted(&values[..9], &[7, 5, 3, 2, 1, 7, 5, 3, 2]) * 10 % 11 % 10 == values[9])
}

/// Romania: a company's number, or a person's.
fn ro_cf(text: &str) -> Option<bool> {
    let number = without(text, "RO");
    if number.len() == 13 { ro_cnp(number) } else { ro_cui(number) }
}

/// Sweden: an organisation number and 01 (Skatteverket).
fn se_vat(text: &str) -> Option<bool> {
    se_orgnr(without(text, "SE").strip_suffix("01")?)
}

/// Slovenia: eight digits, weights 8 … 2; a remainder of zero is never issued (FURS).
fn si_ddv(text: &str) -> Option<bool> {
    let values = exactly(without(text, "SI"), 8)?;
    let check = 11 - descending(&values[..7], 8) % 11;
    Some(values[0] != 0 && check != 11 && check % 10 == values[7])
}

/// Slovakia: ten digits divisible by 11 with the third 2, 3, 4, 7, 8 or 9; or a birth number (FR SR).
fn sk_dph(text: &str) -> Option<bool> {
    let text = without(text, "SK");
    let values = exactly(text, 10)?;
    let company = values[0] != 0 && matches!(values[2], 2..=4 | 7..=9) && remainder(&values, 11) == 0;
    Some(company || cz_rc(text) == Some(true))
}

/// United Kingdom and Northern Ireland: nine or twelve digits, weights 8 … 2 10 1 modulo 97, with
/// offsets for numbers issued since 2010; GD and HA for government and health bodies (HMRC).
pub(super) fn gb_vat(text: &str) -> Option<bool> {
    let text = without(without(text, "GB"), "XI");
    let body = |kind: &str, code: i64| matches!((kind, code), ("GD", 0..500) | ("HA", 500..1_000));
    match text.len() {
        5 => Some(body(text.get(..2)?, number(&digits(text.get(2..)?)?))),
        11 => {
            let rest = exactly(text.strip_prefix("GD8888").or(text.strip_prefix("HA8888"))?, 5)?;
            let (code, check) = (number(&rest[..3]), number(&rest[3..]));
            Some(body(&text[..2], code) && code % 97 == check)
        }
        9 | 12 => {
            let values = digits(text)?;
            let sum = weighted(&values[..9], &[8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97;
            Some(sum == 0 || (number(&values[..3]) >= 100 && matches!(sum, 42 | 55)))
        }
        _ => None,
    }
}
