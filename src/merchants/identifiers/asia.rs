//! Companies and people in Asia.

use super::arithmetic::{
    BASE_36, descending, digits, exactly, is_date, is_date_in_some_century, is_digits, letter, looks_like, luhn,
    luhn_remainder, number, place, places, pure, verhoeff, weighted, with_final_x,
};
use super::{Answer, Kind, checked, form, judged};

pub(super) const KINDS: &[Kind] = &[
    checked("cn.uscc", " -", cn_uscc),
    checked("cn.ric", "", cn_ric),
    checked("cn.orgcode", " -", cn_organisation),
    form("hk.br", " -", hong_kong_business),
    form("hk.cr", " -", |text| Some((1..=8).contains(&digits(text)?.len()))),
    checked("hk.hkid", " -()", hk_identity),
    checked("tw.ubn", " -", tw_ubn),
    checked("jp.cn", " -", jp_corporate),
    checked("jp.in_", " -", jp_individual),
    judged("kr.brn", " -", kr_business),
    judged("kr.crn", " -", kr_corporation),
    judged("kr.rrn", "-", kr_resident),
    checked("vn.mst", " -.", vn_mst),
    checked("th.pin", " -", |text| Some(!text.starts_with(['0', '9']) && thai(text)?)),
    checked("th.moa", " -", |text| Some(text.starts_with('0') && thai(text)?)),
    checked("th.tin", " -", |text| Some(!text.starts_with('9') && thai(text)?)),
    checked("in_.gstin", " -", in_gstin),
    form("in_.pan", " -", in_pan),
    checked("in_.aadhaar", " -", |text| indian_person(text, 12)),
    checked("in_.vid", " -", |text| indian_person(text, 16)),
    checked("in_.epic", " -", |text| {
        if !looks_like(text, "AAA9999999") {
            return None;
        }
        Some(luhn(&digits(&text[3..])?))
    }),
    checked("sg.uen", "", sg_uen),
    form("my.nric", " -*", my_nric),
    form("id.nik", " -.", id_nik),
    judged("id.npwp", " -.", id_npwp),
    checked("il.hp", " -", |text| Some(text.starts_with('5') && luhn(&exactly(text, 9)?))),
    checked("il.idnr", " -", il_identity),
    checked("az.voen", " ", az_voen),
    form("pk.cnic", "-", |text| {
        let values = exactly(text, 13)?;
        Some(matches!(values[0], 1..=7) && values[12] != 0)
    }),
];

/// China, unified social credit code (GB 32100-2015): eighteen characters without I, O, S, V, Z,
/// powers of three modulo 31. The first two places may hold letters, the division is digits.
fn cn_uscc(text: &str) -> Option<bool> {
    const WEIGHTS: [i64; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let values = places("0123456789ABCDEFGHJKLMNPQRTUWXY", text).filter(|values| values.len() == 18)?;
    exactly(&text[2..8], 6)?;
    Some((31 - weighted(&values, &WEIGHTS) % 31) % 31 == values[17])
}

/// China, organisation code (GB 11714-1997): eight characters, weights 3 7 9 10 5 8 4 2, X for ten.
fn cn_organisation(text: &str) -> Option<bool> {
    if !looks_like(text, "XXXXXXXXX") {
        return None;
    }
    let values = places(BASE_36, &text[..8])?;
    let check = match 11 - weighted(&values, &[3, 7, 9, 10, 5, 8, 4, 2]) % 11 {
        10 => 'X',
        11 => '0',
        rest => letter(BASE_36, rest)?,
    };
    Some(text.ends_with(check))
}

/// China, resident identity card (GB 11643-1999): division, birth date, MOD 11-2.
fn cn_ric(text: &str) -> Option<bool> {
    let values = with_final_x(text).filter(|values| values.len() == 18)?;
    // Provinces of GB/T 2260; 81 to 83 are residence permits of Hong Kong, Macao and Taiwan residents.
    let province =
        matches!(number(&values[..2]), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83);
    let born = is_date(number(&values[6..10]), number(&values[10..12]), number(&values[12..14]));
    Some(province && born && pure(&values, 11))
}

/// Hong Kong, business registration: eight digits, with a branch of three or the whole certificate
/// number (Inland Revenue Department); since 2023 also the number of the company.
fn hong_kong_business(text: &str) -> Option<bool> {
    let values = digits(text)?;
    Some(matches!(values.len(), 8 | 11 | 16 | 22) && number(&values[..8]) > 0)
}

/// Hong Kong, identity card: one or two letters, six digits, check digit (Immigration Department).
fn hk_identity(text: &str) -> Option<bool> {
    let padded = match text.len() {
        8 => format!(" {text}"),
        9 => text.to_owned(),
        _ => return None,
    };
    let shape = looks_like(&padded, " A999999X") || looks_like(&padded, "AA999999X");
    let value = |letter: char| if letter == ' ' { Some(36) } else { place(BASE_36, letter) };
    let values: Vec<i64> = padded.chars().map(value).collect::<Option<_>>()?;
    let last = if padded.ends_with('A') { 10 } else { values[8] };
    Some(shape && last <= 10 && (descending(&values[..8], 9) + last) % 11 == 0)
}

/// Taiwan, unified business number: weights 1 2 1 2 1 2 4 1, digit sums, divisible by five; a seven in
/// the seventh place may count one more. Until 2023-03-31 the sum was divisible by ten; the numbers
/// given since need not be (Ministry of Finance, 營利事業統一編號檢查碼邏輯修正說明).
fn tw_ubn(text: &str) -> Option<bool> {
    let values = exactly(text, 8)?;
    let products = values.iter().zip([1, 2, 1, 2, 1, 2, 4, 1]).map(|(digit, weight)| digit * weight);
    let rest = products.map(|product| product / 10 + product % 10).sum::<i64>() % 5;
    Some(rest == 0 || (rest == 4 && values[6] == 7))
}

/// Japan, corporate number: check digit first, weights 1 2 from the right, modulo nine (National Tax Agency).
fn jp_corporate(text: &str) -> Option<bool> {
    let values = exactly(text, 13)?;
    let sum: i64 = values[1..].iter().rev().zip([1, 2].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    Some(9 - sum % 9 == values[0])
}

/// Japan, individual number: weights 6 5 4 3 2 7 6 5 4 3 2 (Ministry of Internal Affairs, ordinance 85/2014).
fn jp_individual(text: &str) -> Option<bool> {
    let values = exactly(text, 12)?;
    Some((11 - weighted(&values[..11], &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10 == values[11])
}

/// Korea, business registration: office, kind, serial (National Tax Service). The check digit in
/// use (weights 1 3 7 1 3 7 1 3 5, the tens of the last product added) is not published by the
/// office, so a wrong one is not refused; it only is not called valid.
fn kr_business(text: &str) -> Answer {
    let Some(values) = exactly(text, 10) else { return Answer::Invalid };
    if number(&values[..3]) < 101 || number(&values[3..5]) == 0 || number(&values[5..9]) == 0 {
        return Answer::Invalid;
    }
    let sum = weighted(&values, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + values[8] * 5 / 10;
    if (10 - sum % 10) % 10 == values[9] { Answer::Valid } else { Answer::WellFormed }
}

/// Korea, corporate registration: thirteen digits, weights 1 2; numbers given since 2025-01-31 have no
/// check digit (Supreme Court, registration rules).
fn kr_corporation(text: &str) -> Answer {
    let Some(values) = exactly(text, 13) else { return Answer::Invalid };
    let sum: i64 = values[..12].iter().zip([1, 2].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    if (10 - sum % 10) % 10 == values[12] { Answer::Valid } else { Answer::WellFormed }
}

/// Korea, resident registration: birth date, sex and century, place, weights 2 … 9 2 … 5. Numbers
/// given since October 2020 are random after the seventh digit (Ministry of the Interior and Safety),
/// so those born since are not refused for the rest.
fn kr_resident(text: &str) -> Answer {
    let Some(values) = exactly(text, 13) else { return Answer::Invalid };
    let century = match values[6] {
        1 | 2 | 5 | 6 => 1900,
        3 | 4 | 7 | 8 => 2000,
        _ => 1800,
    };
    let year = century + number(&values[..2]);
    if !is_date(year, number(&values[2..4]), number(&values[4..6])) {
        return Answer::Invalid;
    }
    let sum = weighted(&values, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let right = number(&values[7..9]) <= 96 && (11 - sum % 11) % 10 == values[12];
    match right {
        true => Answer::Valid,
        // A century digit that puts the birth far ahead is a mistake, not a new number.
        false if (202_010..205_000).contains(&(year * 100 + number(&values[2..4]))) => Answer::WellFormed,
        false => Answer::Invalid,
    }
}

/// Vietnam, tax code: ten digits with weights 31 29 23 19 17 13 7 5 3, and three of a branch
/// (Circular 105/2020/TT-BTC).
fn vn_mst(text: &str) -> Option<bool> {
    let values = digits(text).filter(|values| matches!(values.len(), 10 | 13))?;
    let placed = number(&values[2..9]) > 0 && (values.len() == 10 || number(&values[10..]) > 0);
    Some(placed && 10 - weighted(&values[..9], &[31, 29, 23, 19, 17, 13, 7, 5, 3]) % 11 == values[9])
}

/// Thailand, person or juristic person: weights 13 … 2 modulo 11 (Department of Provincial
/// Administration; Department of Business Development).
fn thai(text: &str) -> Option<bool> {
    let values = exactly(text, 13)?;
    Some((11 - descending(&values[..12], 13) % 11) % 10 == values[12])
}

/// India, PAN: the fourth letter tells the holder (Income Tax Department); its check letter's rule is not public.
fn in_pan(text: &str) -> Option<bool> {
    let shape = looks_like(text, "AAAAA9999A") && b"ABCFGHLJPTK".contains(&text.as_bytes()[3]);
    Some(shape && &text[5..9] != "0000")
}

/// India, GSTIN: state, PAN, registration, Z, check character by Luhn in base 36 (GSTN).
fn in_gstin(text: &str) -> Option<bool> {
    if !looks_like(text, "99AAAAA9999AXZX") || text.as_bytes()[12] == b'0' {
        return None;
    }
    let state = matches!(number(&digits(&text[..2])?), 1..=38 | 96 | 97 | 99);
    Some(state && in_pan(&text[2..12])? && luhn_remainder(&places(BASE_36, text)?, 36) == 0)
}

/// India, Aadhaar and virtual id: do not begin 0 or 1, no palindromes, Verhoeff (UIDAI).
fn indian_person(text: &str, count: usize) -> Option<bool> {
    let values = exactly(text, count)?;
    Some(values[0] > 1 && !values.iter().eq(values.iter().rev()) && verhoeff(&values))
}

/// Singapore, unique entity number: businesses, local companies with the year first, others with the
/// letter of a century (ACRA).
fn sg_uen(text: &str) -> Option<bool> {
    let check = |alphabet: &str, place: i64| letter(alphabet, place).is_some_and(|check| text.ends_with(check));
    if looks_like(text, "99999999A") {
        let sum = weighted(&digits(&text[..8])?, &[10, 4, 9, 3, 8, 2, 7, 1]);
        return Some(check("XMKECAWLJDB", sum % 11));
    }
    if looks_like(text, "999999999A") {
        let values = digits(&text[..9])?;
        let year = (1_800..2_100).contains(&number(&values[..4]));
        return Some(year && check("ZKCMDNERGWH", weighted(&values, &[10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11));
    }
    const FORMS: &str = "CCCDCHCLCMCPCSCXDPFBFCFMFNGAGBGSHSLLLPMBMCMDMHMMMQNBNRPAPBPFRFRPSMSSTCTUVHXL";
    const ALPHABET: &str = "ABCDEFGHJKLMNPQRSTUVWX0123456789";
    if !looks_like(text, "A99AA9999A") || !text.starts_with(['R', 'S', 'T']) {
        return None;
    }
    let known = FORMS.as_bytes().chunks(2).any(|own| own == &text.as_bytes()[3..5]);
    let sum = weighted(&places(ALPHABET, &text[..9])?, &[4, 3, 5, 3, 10, 2, 2, 5, 7]) - 5;
    Some(known && check(ALPHABET, sum.rem_euclid(11)))
}

/// Malaysia, identity card: birth date, place of birth (Jabatan Pendaftaran Negara).
fn my_nric(text: &str) -> Option<bool> {
    let values = exactly(text, 12)?;
    let born = is_date_in_some_century(number(&values[..2]), number(&values[2..4]), number(&values[4..6]));
    Some(born && matches!(number(&values[6..8]), 1..=16 | 21..=68 | 71 | 72 | 74..=79 | 82..=93 | 98 | 99))
}

/// Indonesia, NIK: province and regency, birth date with 40 added for women (Dukcapil).
fn id_nik(text: &str) -> Option<bool> {
    let values = exactly(text, 16)?;
    let province =
        matches!(number(&values[..2]), 11..=19 | 21 | 31..=36 | 51..=53 | 61..=65 | 71..=76 | 81 | 82 | 91..=97);
    let born = is_date_in_some_century(number(&values[10..12]), number(&values[8..10]), number(&values[6..8]) % 40);
    Some(province && born)
}

/// Indonesia, NPWP: fifteen digits whose first nine pass Luhn; sixteen since 2024, a NIK for people (DJP).
fn id_npwp(text: &str) -> Answer {
    let luhn_of = |count: usize| digits(&text[..count]).is_some_and(|values| luhn(&values));
    let right = match text.len() {
        15 | 16 if digits(text).is_none() => false,
        15 => luhn_of(9),
        16 if text.starts_with('0') => luhn_of(10),
        16 => return if id_nik(text) == Some(true) { Answer::WellFormed } else { Answer::Invalid },
        _ => false,
    };
    if right { Answer::Valid } else { Answer::Invalid }
}

/// Israel, identity number: up to nine digits, Luhn (Population and Immigration Authority).
fn il_identity(text: &str) -> Option<bool> {
    let values = digits(&format!("{text:0>9}")).filter(|values| values.len() == 9)?;
    Some(number(&values) > 0 && luhn(&values))
}

/// Azerbaijan, VÖEN: weights 4 1 8 6 2 7 5 3, then 1 for companies or 2 for people (Vergilər Nazirliyi).
fn az_voen(text: &str) -> Option<bool> {
    let padded = if is_digits(text, 9) { format!("0{text}") } else { text.to_owned() };
    let values = exactly(&padded, 10)?;
    Some(matches!(values[9], 1 | 2) && weighted(&values[..8], &[4, 1, 8, 6, 2, 7, 5, 3]) % 11 == values[8])
}
