//! Personal numbers in Europe. Sole traders are asked for them, and VAT numbers of people hold them.

use super::arithmetic::{
    BASE_36, descending, digits, exactly, is_date, is_date_in_some_century, letter, looks_like, luhn, number, places,
    remainder, weighted,
};
use super::europe_vat::{baltic_check, irish_letter, it_iva};
use super::{Kind, checked, form};

pub(super) const KINDS: &[Kind] = &[
    checked("at.vnr", " ", at_vnr),
    checked("be.nn", " -.", |text| belgian(text, 0..=12)),
    checked("be.bis", " -.", |text| Some(belgian(text, 20..=32)? || belgian(text, 40..=52)?)),
    checked("be.ssn", " -.", |text| Some(belgian(text, 0..=12)? || belgian(text, 20..=32)? || belgian(text, 40..=52)?)),
    checked("be.eid", " -./", super::iban::belgian_communication),
    checked("bg.egn", " -.", bg_egn),
    checked("bg.pnf", " -.", bg_pnf),
    checked("ch.ssn", " .", |text| Some(text.starts_with("756") && super::things::gtin(text, &[13])?)),
    checked("cz.rc", " /", cz_rc),
    checked("sk.rc", " /", cz_rc),
    checked("de.idnr", " -./,", de_idnr),
    form("dk.cpr", " -", dk_cpr),
    checked("ee.ik", " ", ee_ik),
    checked("es.dni", " -", es_dni),
    checked("es.nie", " -", es_nie),
    checked("fi.hetu", "", fi_hetu),
    checked("fr.nif", " ", fr_nif),
    checked("fr.nir", " .", fr_nir),
    checked("gb.nhs", " -", gb_nhs),
    checked("gr.amka", " -", gr_amka),
    checked("ie.pps", " -", ie_pps),
    checked("is_.kennitala", "-", is_kennitala),
    checked("it.codicefiscale", " -:", it_codice),
    checked("it.aic", " ", it_aic),
    checked("lt.asmens", " ", lt_asmens),
    checked("nl.bsn", " -.", nl_bsn),
    checked("nl.onderwijsnummer", " -.", nl_education),
    form("nl.identiteitskaartnummer", " ", |text| Some(looks_like(text, "AAXXXXXX9") && !text.contains('O'))),
    checked("no.fodselsnummer", " -:", no_fodselsnummer),
    checked("pl.pesel", " -", pl_pesel),
    checked("pt.cc", " ", pt_cc),
    checked("ro.cnp", " -", ro_cnp),
    checked("se.personnummer", " :", se_person),
    checked("si.emso", " ", si_emso),
    checked("tr.tckimlik", "", tr_tckimlik),
    checked("ua.rntrc", " ", ua_rntrc),
];

/// Austria, social insurance: ten digits, the fourth the check digit (DVSV).
fn at_vnr(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    Some(values[0] != 0 && weighted(&values, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 == values[3])
}

/// Belgium, national and BIS number: birth date with the month moved by 20 or 40 for BIS numbers,
/// serial, 97 minus the rest; births since 2000 put a 2 in front for the check (IBZ).
fn belgian(text: &str, months: std::ops::RangeInclusive<i64>) -> Option<bool> {
    let values = exactly(text, 11)?;
    let (body, check) = (number(&values[..9]), number(&values[9..]));
    let right = |body: i64| 97 - body % 97 == check;
    let month = number(&values[2..4]) % 20;
    Some(months.contains(&number(&values[2..4])) && month <= 12 && (right(body) || right(2_000_000_000 + body)))
}

/// Bulgaria, EGN: birth date with the month moved by 20 or 40, weights 2 4 8 5 10 9 7 3 6 (GRAO).
pub(super) fn bg_egn(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    let (year, month, day) = (number(&values[..2]), number(&values[2..4]), number(&values[4..6]));
    let born = match month {
        41.. => is_date(2000 + year, month - 40, day),
        21.. => is_date(1800 + year, month - 20, day),
        _ => is_date(1900 + year, month, day),
    };
    Some(born && weighted(&values[..9], &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == values[9])
}

/// Bulgaria, number of a foreigner: weights 21 19 17 13 11 9 7 3 1 modulo 10.
pub(super) fn bg_pnf(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    Some(weighted(&values[..9], &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 == values[9])
}

/// Czechia and Slovakia, birth number: nine digits until 1953, then ten and modulo 11; months of
/// women are moved by 50, and by 20 more where numbers ran out (zákon 133/2000).
pub(super) fn cz_rc(text: &str) -> Option<bool> {
    let values = digits(text)?;
    if !matches!(values.len(), 9 | 10) {
        return None;
    }
    let (short, two) = (values.len() == 9, number(&values[..2]));
    let year = match (short, two) {
        (true, 80..) => 1800 + two,
        (true, 54..) => return Some(false),
        (false, ..54) => 2000 + two,
        _ => 1900 + two,
    };
    let born = is_date(year, number(&values[2..4]) % 50 % 20, number(&values[4..6]));
    Some(born && (short || remainder(&values[..9], 11) % 10 == values[9]))
}

/// Germany, tax id: eleven digits, exactly one digit twice or thrice among the first ten, MOD 11,10 (BZSt).
fn de_idnr(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let mut counts = [0; 10];
    values[..10].iter().for_each(|digit| counts[*digit as usize] += 1);
    let repeated: Vec<i32> = counts.into_iter().filter(|count| *count > 1).collect();
    Some(values[0] != 0 && matches!(repeated.as_slice(), [2 | 3]) && super::arithmetic::hybrid(&values, 10))
}

/// Denmark, CPR: birth date and serial; the check digit is not kept since 2007 (CPR-kontoret).
fn dk_cpr(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    let (day, month, two) = (number(&values[..2]), number(&values[2..4]), number(&values[4..6]));
    let century = match values[6] {
        5..=8 if two >= 58 => 1800,
        0..=3 => 1900,
        4 | 9 if two >= 37 => 1900,
        _ => 2000,
    };
    Some(is_date(century + two, month, day))
}

/// Estonia, personal code: century, birth date, serial (Rahvastikuregister).
fn ee_ik(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let century = match values[0] {
        1..=8 => 1800 + (values[0] - 1) / 2 * 100,
        _ => return None,
    };
    let born = is_date(century + number(&values[1..3]), number(&values[3..5]), number(&values[5..7]));
    Some(born && baltic_check(&values[..10]) == values[10])
}

/// Lithuania, personal code: as in Estonia; codes beginning 9 have no date (Registrų centras).
fn lt_asmens(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    if values[0] == 9 { Some(baltic_check(&values[..10]) == values[10]) } else { ee_ik(text) }
}

/// Letter of Spanish personal numbers: the number modulo 23.
pub(super) fn spanish_letter(body: &str) -> Option<char> {
    letter("TRWAGMYFPDXBNJZSQVHLCKE", remainder(&digits(body)?, 23))
}

/// Spain, DNI: eight digits and a letter (Real Decreto 1553/2005).
pub(super) fn es_dni(text: &str) -> Option<bool> {
    Some(looks_like(text, "99999999A") && text.ends_with(spanish_letter(&text[..8])?))
}

/// Spain, NIE: X, Y or Z counting 0, 1, 2 and seven digits, as a DNI.
pub(super) fn es_nie(text: &str) -> Option<bool> {
    let first = super::arithmetic::place("XYZ", text.chars().next()?)?;
    Some(looks_like(text, "A9999999A") && text.ends_with(spanish_letter(&format!("{first}{}", &text[1..8]))?))
}

/// Finland, personal identity code: birth date, sign of the century, serial, modulo 31 (DVV);
/// serials from 900 are temporary.
fn fi_hetu(text: &str) -> Option<bool> {
    if text.len() != 11 || !text.is_ascii() {
        return None;
    }
    let (date, serial) = (exactly(&text[..6], 6)?, exactly(&text[7..10], 3)?);
    let century = match &text[6..7] {
        "+" => 1800,
        "-" | "U" | "V" | "W" | "X" | "Y" => 1900,
        "A" | "B" | "C" | "D" | "E" | "F" => 2000,
        _ => return None,
    };
    let born = is_date(century + number(&date[4..]), number(&date[2..4]), number(&date[..2]));
    let check = letter("0123456789ABCDEFHJKLMNPRSTUVWXY", (number(&date) * 1_000 + number(&serial)) % 31)?;
    Some(born && (2..900).contains(&number(&serial)) && text.ends_with(check))
}

/// France, tax number of a person: ten digits modulo 511 (DGFiP).
fn fr_nif(text: &str) -> Option<bool> {
    let values = exactly(text, 13)?;
    Some(values[0] <= 3 && number(&values[..10]) % 511 == number(&values[10..]))
}

/// France, social security: thirteen places, Corsica 2A and 2B counting 19 and 18, and 97 minus the rest (INSEE).
fn fr_nir(text: &str) -> Option<bool> {
    if text.len() != 15 || !text.is_ascii() {
        return None;
    }
    let body = match &text[5..7] {
        "2A" => format!("{}19{}", &text[..5], &text[7..13]),
        "2B" => format!("{}18{}", &text[..5], &text[7..13]),
        _ => text[..13].to_owned(),
    };
    Some(97 - remainder(&exactly(&body, 13)?, 97) == number(&exactly(&text[13..], 2)?))
}

/// England, NHS number: weights 10 … 2 modulo 11 (NHS Data Dictionary).
fn gb_nhs(text: &str) -> Option<bool> {
    Some(descending(&exactly(text, 10)?, 10) % 11 == 0)
}

/// Greece, AMKA: birth date, serial, Luhn (IDIKA).
fn gr_amka(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let born = is_date_in_some_century(number(&values[4..6]), number(&values[2..4]), number(&values[..2]));
    Some(born && luhn(&values))
}

/// Ireland, PPS number: seven digits and one or two letters (Department of Social Protection).
fn ie_pps(text: &str) -> Option<bool> {
    let (body, letters) = text.split_at_checked(7)?;
    let second = match letters.get(1..)? {
        "" | "W" | "T" | "X" => 0,
        "A" => 1,
        "B" => 2,
        "H" => 8,
        _ => return None,
    };
    Some(letters.starts_with(irish_letter(&exactly(body, 7)?, second)?))
}

/// Iceland, kennitala: birth date (companies add 40 to the day), weights 3 2 7 6 5 4 3 2 (Þjóðskrá).
fn is_kennitala(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    let century = match values[9] {
        9 => 1900,
        0 => 2000,
        _ => return None,
    };
    let day = number(&values[..2]);
    let born = is_date(century + number(&values[4..6]), number(&values[2..4]), if day > 40 { day - 40 } else { day });
    Some(born && weighted(&values, &[3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0)
}

/// Italy, codice fiscale: sixteen characters with letters for digits where two people would have
/// the same, or a company's eleven digits (D.M. 23 December 1976).
fn it_codice(text: &str) -> Option<bool> {
    const ODD: [i64; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    if text.len() == 11 {
        return it_iva(text);
    }
    if !looks_like(text, "AAAAAAXXAXXAXXXA") {
        return None;
    }
    let digit = |at: usize| {
        super::arithmetic::place("0123456789LMNPQRSTUV", text.as_bytes()[at].into()).map(|value| value % 10)
    };
    let replaced: Vec<i64> = [6, 7, 9, 10, 12, 13, 14].into_iter().map(digit).collect::<Option<_>>()?;
    let month = super::arithmetic::place("ABCDEHLMPRST", text.as_bytes()[8].into())? + 1;
    let values = places(BASE_36, text)?;
    let rank = |value: i64| if value > 9 { value - 10 } else { value };
    let sum: i64 = values[..15]
        .iter()
        .enumerate()
        .map(|(at, value)| if at % 2 == 0 { ODD[rank(*value) as usize] } else { rank(*value) })
        .sum();
    let born = is_date_in_some_century(number(&replaced[..2]), month, number(&replaced[2..4]) % 40);
    Some(born && sum % 26 == rank(values[15]))
}

/// Italy, medicine code: nine digits beginning 0, or six characters in base 32 (AIFA).
fn it_aic(text: &str) -> Option<bool> {
    let spelled = match text.len() {
        6 => {
            let values = places("0123456789BCDFGHJKLMNPQRSTUVWXYZ", text)?;
            format!("{:09}", values.iter().fold(0, |number, value| number * 32 + value))
        }
        _ => text.to_owned(),
    };
    let values = exactly(&spelled, 9)?;
    let products = values[..8].iter().enumerate().map(|(at, value)| value * (1 + at as i64 % 2));
    Some(values[0] == 0 && products.map(|product| product / 10 + product % 10).sum::<i64>() % 10 == values[8])
}

/// Latvia, personal code: a birth date, or 32 since 2017 (PMLP).
pub(super) fn lv_person(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let year = 1800 + values[6] * 100 + number(&values[4..6]);
    let born = text.starts_with("32") || is_date(year, number(&values[2..4]), number(&values[..2]));
    Some(born && (1 + weighted(&values[..10], &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10 == values[10])
}

fn eleven_test(text: &str) -> Option<i64> {
    let values = exactly(&format!("{text:0>9}"), 9)?;
    (number(&values) > 0).then(|| (descending(&values[..8], 9) - values[8]).rem_euclid(11))
}

/// Netherlands, BSN: the eleven-test, weights 9 … 2 and −1 (RvIG).
pub(super) fn nl_bsn(text: &str) -> Option<bool> {
    Some(eleven_test(text)? == 0)
}

/// Netherlands, education number: begins 10, remainder 5 (DUO).
fn nl_education(text: &str) -> Option<bool> {
    Some(text.len() == 9 && text.starts_with("10") && eleven_test(text)? == 5)
}

/// Norway, fødselsnummer and D-number: two check digits (Skatteetaten).
fn no_fodselsnummer(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let first = weighted(&values, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11;
    let second = weighted(&values, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11;
    let lowered = |value: i64| if value > 40 { value - 40 } else { value };
    let (day, month, two, serial) =
        (lowered(number(&values[..2])), lowered(number(&values[2..4])), number(&values[4..6]), number(&values[6..9]));
    let year = match serial {
        0..500 => 1900 + two,
        500..750 if two >= 54 => 1800 + two,
        _ if two < 40 => 2000 + two,
        900.. => 1900 + two,
        _ => return None,
    };
    Some(first == 0 && second == 0 && is_date(year, month, day))
}

/// Poland, PESEL: birth date with the century in the month, weights 1 3 7 9 (MSWiA).
fn pl_pesel(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let month = number(&values[2..4]);
    let century = [1900, 2000, 2100, 2200, 1800][(month / 20) as usize % 5];
    let born = is_date(century + number(&values[..2]), month % 20, number(&values[4..6]));
    Some(born && weighted(&values, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0)
}

/// Portugal, citizen card: nine digits, two characters, Luhn over letters as 10 … 35 (AMA).
fn pt_cc(text: &str) -> Option<bool> {
    if text.len() < 4 || !text.is_ascii() || digits(&text[..text.len() - 3]).is_none() {
        return None;
    }
    let values = places(BASE_36, text).filter(|values| values.last() < Some(&10))?;
    let folded = |value: i64| if value * 2 > 9 { value * 2 - 9 } else { value * 2 };
    let sum: i64 =
        values.iter().rev().enumerate().map(|(at, value)| if at % 2 == 1 { folded(*value) } else { *value }).sum();
    Some(sum % 10 == 0)
}

/// Romania, CNP: sex and century, birth date, county, weights 2 7 9 1 4 6 3 5 8 2 7 9 (DEPABD).
pub(super) fn ro_cnp(text: &str) -> Option<bool> {
    let values = exactly(text, 13)?;
    let century = match values[0] {
        0 => return None,
        3 | 4 => 1800,
        5 | 6 => 2000,
        _ => 1900,
    };
    let born = is_date(century + number(&values[1..3]), number(&values[3..5]), number(&values[5..7]));
    let county = matches!(number(&values[7..9]), 1..=48 | 51 | 52 | 70 | 80..=83);
    let check = match weighted(&values[..12], &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 {
        10 => 1,
        rest => rest,
    };
    Some(born && county && check == values[12])
}

/// Sweden, personal number: birth date with two or four digits of the year, Luhn over the last ten (Skatteverket).
fn se_person(text: &str) -> Option<bool> {
    let (date, serial) = match text.rsplit_once(['-', '+']) {
        Some((date, serial)) => (date.replace(['-', '+'], ""), serial),
        None => (text.get(..text.len().checked_sub(4)?)?.to_owned(), text.get(text.len() - 4..)?),
    };
    let values = digits(&format!("{date}{serial}"))?;
    if serial.len() != 4 || !matches!(values.len(), 10 | 12) {
        return None;
    }
    let ten = &values[values.len() - 10..];
    let (month, day) = (number(&ten[2..4]), number(&ten[4..6]));
    let born = match values.len() {
        12 => is_date(number(&values[..4]), month, day),
        _ => is_date_in_some_century(number(&ten[..2]), month, day),
    };
    Some(born && luhn(ten))
}

/// Slovenia and its neighbours, EMŠO: birth date with three digits of the year, weights 7 … 2 twice (MNZ).
fn si_emso(text: &str) -> Option<bool> {
    let values = exactly(text, 13)?;
    let year = number(&values[4..7]);
    let born = is_date(if year < 800 { 2000 + year } else { 1000 + year }, number(&values[2..4]), number(&values[..2]));
    let sum = descending(&values[..6], 7) + descending(&values[6..12], 7);
    Some(born && (11 - sum % 11) % 11 % 10 == values[12])
}

/// Turkey, citizen's number: two check digits (NVI).
fn tr_tckimlik(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let first = (10 - weighted(&values, &[3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10) % 10;
    let second = (first + values[..9].iter().sum::<i64>()) % 10;
    Some(values[0] != 0 && [first, second] == values[9..])
}

/// Ukraine, taxpayer's number: weights −1 5 7 9 4 6 10 5 7 (DPS).
fn ua_rntrc(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    Some(weighted(&values, &[-1, 5, 7, 9, 4, 6, 10, 5, 7]).rem_euclid(11) % 10 == values[9])
}
