//! Companies and people in the Americas.

use super::arithmetic::{
    ascending, descending, digits, exactly, is_date, is_digits, letter, looks_like, luhn, number, place, places,
    weighted,
};
use super::{Answer, Kind, checked, form, judged};

pub(super) const KINDS: &[Kind] = &[
    checked("ar.cuit", " -", ar_cuit),
    form("ar.dni", " .", |text| Some(is_digits(text, 7) || is_digits(text, 8))),
    checked("br.cnpj", " -./", br_cnpj),
    checked("br.cpf", " -.", br_cpf),
    checked("ca.bn", " -", ca_bn),
    checked("ca.sin", " -", |text| Some(!text.starts_with(['0', '8']) && luhn(&exactly(text, 9)?))),
    checked("ca.bc_phn", " -", ca_health),
    checked("cl.rut", " -.", cl_rut),
    checked("co.nit", " -.,", co_nit),
    form("cr.cpf", " ", cr_person),
    form("cr.cpj", " -", cr_company),
    form("cr.cr", " -", |text| Some(text.starts_with('1') && (is_digits(text, 11) || is_digits(text, 12)))),
    form("cu.ni", " ", cu_identity),
    form("do.ncf", " ", do_receipt),
    checked("ec.ci", " -", ec_person),
    checked("ec.ruc", " -", ec_ruc),
    checked("gt.nit", " -", gt_nit),
    checked("mx.curp", " -_", mx_curp),
    judged("mx.rfc", " -_", mx_rfc),
    judged("pe.cui", " -", pe_person),
    checked("pe.ruc", " ", pe_ruc),
    checked("py.ruc", " -", py_ruc),
    checked("sv.nit", " -", sv_nit),
    form("us.atin", "", us_social),
    form("us.ein", "", us_ein),
    form("us.itin", "", us_itin),
    form("us.ptin", "-", us_ptin),
    form("us.ssn", "", us_ssn),
    form("us.tin", "", us_tin),
    checked("uy.rut", " -", uy_rut),
    checked("ve.rif", " -", ve_rif),
];

/// Argentina, CUIT: kind of holder, weights 5 4 3 2 7 6 5 4 3 2 (AFIP/ARCA).
fn ar_cuit(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let holder = matches!(number(&values[..2]), 20 | 23 | 24 | 27 | 30 | 33 | 34 | 50 | 51 | 55);
    let check = match 11 - weighted(&values[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
        11 => 0,
        10 => 9,
        rest => rest,
    };
    Some(holder && check == values[10])
}

/// Brazil, CNPJ: twelve characters (letters since 2026) valued by ASCII code less 48, two check
/// digits (Receita Federal, Instrução Normativa 2.229/2024).
fn br_cnpj(text: &str) -> Option<bool> {
    if !looks_like(text, "XXXXXXXXXXXX99") || text.starts_with("000000000000") {
        return None;
    }
    let values: Vec<i64> = text.bytes().map(|byte| i64::from(byte) - 48).collect();
    let check = |weights: &[i64]| (11 - weighted(&values, weights) % 11) % 11 % 10;
    let first = check(&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == values[12];
    Some(first && check(&[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == values[13])
}

/// Brazil, CPF: nine digits and two check digits (Receita Federal).
fn br_cpf(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let check = |count: usize| (11 - descending(&values[..count], count as i64 + 1) % 11) % 11 % 10 == values[count];
    Some(number(&values) > 0 && check(9) && check(10))
}

/// Canada, business number: nine digits, Luhn, and a program account (CRA).
fn ca_bn(text: &str) -> Option<bool> {
    let (body, account) = text.split_at_checked(9)?;
    let program = account.is_empty()
        || ["RC", "RM", "RP", "RT"].iter().any(|own| account.strip_prefix(own).is_some_and(|rest| is_digits(rest, 4)));
    Some(program && luhn(&exactly(body, 9)?))
}

/// British Columbia, personal health number: 9 and weights 2 4 8 5 10 9 7 3 (Ministry of Health).
fn ca_health(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    let sum: i64 = values[1..9].iter().zip([2, 4, 8, 5, 10, 9, 7, 3]).map(|(digit, weight)| digit * weight % 11).sum();
    Some(values[0] == 9 && (11 - sum % 11) % 11 == values[9])
}

/// Chile, RUT: weights 2 … 7 from the right, K for ten (SII).
fn cl_rut(text: &str) -> Option<bool> {
    let text = text.strip_prefix("CL").unwrap_or(text);
    let (body, last) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let values = digits(body).filter(|values| matches!(values.len(), 7 | 8))?;
    let sum: i64 = values.iter().rev().zip((2..8).cycle()).map(|(digit, weight)| digit * weight).sum();
    Some(last.starts_with(letter("0123456789K", (11 - sum % 11) % 11)?))
}

/// Colombia, NIT: primes as weights from the right (DIAN).
fn co_nit(text: &str) -> Option<bool> {
    const WEIGHTS: [i64; 15] = [3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71];
    let values = digits(text).filter(|values| (8..=16).contains(&values.len()))?;
    let (last, body) = values.split_last()?;
    let reversed: Vec<i64> = body.iter().rev().copied().collect();
    let rest = weighted(&reversed, &WEIGHTS) % 11;
    Some(if rest < 2 { rest } else { 11 - rest } == *last)
}

/// Costa Rica, person: 0 and nine digits, parts padded (TSE).
fn cr_person(text: &str) -> Option<bool> {
    let parts: Vec<&str> = text.split('-').collect();
    let joined = match parts.as_slice() {
        [province, volume, entry] => format!("{province:0>2}{volume:0>4}{entry:0>4}"),
        parts => parts.concat(),
    };
    let padded = if joined.len() == 9 { format!("0{joined}") } else { joined };
    Some(is_digits(&padded, 10) && padded.starts_with('0'))
}

/// Costa Rica, company: class and type of ten digits (Registro Nacional).
fn cr_company(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    let kind = number(&values[1..4]);
    Some(match values[0] {
        2 => matches!(kind, 100 | 200 | 300 | 400),
        3 => matches!(kind, 2..=14 | 101..=110),
        4 => kind == 0,
        5 => kind == 1,
        _ => false,
    })
}

/// Cuba, identity: birth date, digit of the century (DIIE).
fn cu_identity(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let century = match values[6] {
        9 => 1800,
        0..=5 => 1900,
        _ => 2000,
    };
    Some(is_date(century + number(&values[..2]), number(&values[2..4]), number(&values[4..6])))
}

/// Dominican Republic, fiscal receipt: series and kind of document (DGII, norma 06-2018).
fn do_receipt(text: &str) -> Option<bool> {
    let kind = |from: usize| digits(&text[from..from + 2]).map(|values| number(&values));
    let old = |kind| matches!(kind, 1..=4 | 11..=17);
    Some(match text.len() {
        13 if looks_like(text, "E999999999999") => matches!(kind(1)?, 31..=34 | 41 | 43..=47),
        11 if looks_like(text, "B9999999999") => old(kind(1)?),
        19 if looks_like(text, "A999999999999999999") && text.starts_with(['A', 'P']) => old(kind(9)?),
        _ => false,
    })
}

/// Province of Ecuadorian numbers: 01 to 24, 30 for those abroad, 50.
fn ecuadorian_province(values: &[i64]) -> bool {
    matches!(number(&values[..2]), 1..=24 | 30 | 50)
}

/// Ecuador, cédula: Luhn over ten digits (Registro Civil).
fn ec_person(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    Some(ecuadorian_province(&values) && values[2] <= 6 && luhn(&values))
}

/// Ecuador, RUC: a person's number and an establishment, or public (6) and private (9) companies (SRI).
fn ec_ruc(text: &str) -> Option<bool> {
    let values = exactly(text, 13)?;
    let person = || Some(number(&values[10..]) > 0 && ec_person(&text[..10])?);
    let public = number(&values[9..]) > 0 && weighted(&values, &[3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0;
    let private = number(&values[10..]) > 0 && weighted(&values, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0;
    if !ecuadorian_province(&values) {
        return None;
    }
    match values[2] {
        0..=5 => person(),
        6 => Some(public || person()?),
        9 => Some(public || private),
        _ => None,
    }
}

/// Guatemala, NIT: ascending weights from the right, K for ten (SAT).
fn gt_nit(text: &str) -> Option<bool> {
    let text = text.trim_start_matches('0');
    let (body, last) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let mut values = digits(body).filter(|values| values.len() <= 11)?;
    values.reverse();
    Some(last.starts_with(letter("0123456789K", (11 - ascending(&values, 2) % 11) % 11)?))
}

/// Words that Mexican codes never begin with: the authority replaces a letter (RENAPO, Instructivo
/// Normativo para la asignación de la CURP, annex 2).
const MEXICAN_AVOIDED: &str = "BACABAKABUEIBUEYCACACACOCAGACAGOCAKACAKOCOGECOGICOJACOJECOJICOJOCOLACULOFALOFETOGETAGUEI\
GUEYJETAJOTOKACAKACOKAGAKAGOKAKAKAKOKOGEKOGIKOJAKOJEKOJIKOJOKOLAKULOLILOLOCALOCOLOKALOKOMAMEMAMOMEARMEASMEONMIARMION\
MOCOMOKOMULAMULONACANACOPEDAPEDOPENEPIPIPITOPOPOPUTAPUTOQULORATAROBAROBEROBORUINSENOTETAVACAVAGAVAGOVAKAVUEIVUEYWUEI\
WUEY";
/// The same for tax codes (SAT, Anexo IV of the RFC rules), a shorter list.
const MEXICAN_AVOIDED_TAX: &str = "BUEIBUEYCACACACOCAGACAGOCAKACAKOCOGECOJACOJECOJICOJOCULOFETOGUEYJOTOKACAKACOKAGAKAGO\
KAKAKOGEKOJOKULOMAMEMAMOMEARMEASMEONMIONMOCOMULAPEDAPEDOPENEPUTAPUTOQULORATARUIN";

fn is_avoided(list: &str, head: &str) -> bool {
    list.as_bytes().chunks(4).any(|own| own == head.as_bytes())
}

/// Mexico, CURP: name, birth date, sex, state, check digit (RENAPO).
fn mx_curp(text: &str) -> Option<bool> {
    const STATES: &str = "ASBCBSCCCHCLCMCSDFDGGRGTHGJCMCMNMSNENLNTOCPLQRQTSLSPSRTCTLTSVZYNZS";
    if !looks_like(text, "AAAA999999AAAAAAX9") || is_avoided(MEXICAN_AVOIDED, &text[..4]) {
        return None;
    }
    let date = digits(&text[4..10])?;
    let century = if text.as_bytes()[16].is_ascii_digit() { 1900 } else { 2000 };
    let born = is_date(century + number(&date[..2]), number(&date[2..4]), number(&date[4..]));
    let state = STATES.as_bytes().chunks(2).any(|own| own == &text.as_bytes()[11..13]);
    let sex = matches!(text.as_bytes()[10], b'H' | b'M' | b'X');
    let sum = descending(&places("0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ", &text[..17])?, 18);
    Some(born && state && sex && text.ends_with(letter("0123456789", (10 - sum % 10) % 10)?))
}

/// Mexico, RFC: name, date, homoclave (SAT). The last character is a check digit, but older and
/// foreign holders' codes do not always keep it, so a wrong one is not refused.
fn mx_rfc(text: &str) -> Answer {
    const ALPHABET: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";
    let letters: Vec<char> = text.chars().collect();
    let names = match letters.len() {
        10 | 13 => 4,
        12 => 3,
        _ => return Answer::Invalid,
    };
    let name: String = letters[..names].iter().collect();
    let named = name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '&' || letter == 'Ñ');
    let rest: String = letters[names..].iter().collect();
    let dated = exactly(rest.get(..6).unwrap_or_default(), 6)
        .is_some_and(|date| is_date(2000 + number(&date[..2]), number(&date[2..4]), number(&date[4..])));
    let key = rest.get(6..).unwrap_or("?");
    let keyed = key.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if !named || !dated || !keyed || is_avoided(MEXICAN_AVOIDED_TAX, &name) {
        return Answer::Invalid;
    }
    let right = || {
        let padded = format!("{text: >13}");
        let body: String = padded.chars().take(12).collect();
        let check = (11 - descending(&places(ALPHABET, &body)?, 13) % 11) % 11;
        (letters.len() >= 12).then_some(letter("0123456789A", check)? == *letters.last()?)
    };
    if right() == Some(true) { Answer::Valid } else { Answer::WellFormed }
}

/// Peru, identity card: eight digits and, where it is written, a check digit or letter (RENIEC).
fn pe_person(text: &str) -> Answer {
    let Some(values) = text.get(..8).and_then(|body| exactly(body, 8)) else { return Answer::Invalid };
    let rest = weighted(&values, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let check = [letter("65432110987", rest), letter("KJIHGFEDCBA", rest)];
    match text.chars().nth(8) {
        None => Answer::WellFormed,
        last if text.len() == 9 && check.contains(&last) => Answer::Valid,
        _ => Answer::Invalid,
    }
}

/// Peru, RUC: kind of holder, weights 5 4 3 2 7 6 5 4 3 2 (SUNAT).
fn pe_ruc(text: &str) -> Option<bool> {
    let values = exactly(text, 11)?;
    let holder = matches!(number(&values[..2]), 10 | 15 | 17 | 20);
    Some(holder && (11 - weighted(&values[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 10 == values[10])
}

/// Paraguay, RUC: ascending weights from the right (DNIT).
fn py_ruc(text: &str) -> Option<bool> {
    let mut values = digits(text).filter(|values| (2..=9).contains(&values.len()))?;
    let last = values.pop()?;
    values.reverse();
    Some((11 - ascending(&values, 2) % 11) % 11 % 10 == last)
}

/// El Salvador, NIT: fourteen digits; two procedures by serial (Ministerio de Hacienda).
fn sv_nit(text: &str) -> Option<bool> {
    let values = exactly(text.strip_prefix("SV").unwrap_or(text), 14)?;
    let check = if number(&values[10..13]) <= 100 {
        descending(&values[..13], 14) % 11 % 10
    } else {
        (11 - weighted(&values[..13], &[2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10
    };
    Some(matches!(values[0], 0 | 1 | 9) && check == values[13])
}

/// Nine digits with hyphens after the third and the fifth or none.
fn us_social(text: &str) -> Option<bool> {
    social_digits(text).map(|_| true)
}

fn social_digits(text: &str) -> Option<Vec<i64>> {
    let (area, rest) = text.split_at_checked(3)?;
    let (group, serial) = rest.strip_prefix('-').unwrap_or(rest).split_at_checked(2)?;
    exactly(&format!("{area}{group}{}", serial.strip_prefix('-').unwrap_or(serial)), 9)
}

/// United States, employer identification number: prefix of a campus (IRS, "How EINs are assigned
/// and valid EIN prefixes"); there is no check digit.
fn us_ein(text: &str) -> Option<bool> {
    let (prefix, rest) = text.split_at_checked(2)?;
    let prefix = number(&exactly(prefix, 2)?);
    let unused = matches!(prefix, 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97);
    Some(!unused && is_digits(rest.strip_prefix('-').unwrap_or(rest), 7))
}

/// United States, individual taxpayer: begins 9, groups 50–65, 70–88, 90–92 and 94–99 (IRS Publication 1915).
fn us_itin(text: &str) -> Option<bool> {
    let values = social_digits(text)?;
    Some(values[0] == 9 && matches!(number(&values[3..5]), 70..=88 | 90..=92 | 94..=99))
}

/// United States, preparer: P and eight digits (IRS).
fn us_ptin(text: &str) -> Option<bool> {
    Some(looks_like(text, "P99999999"))
}

/// United States, social security: no 000, 666 or 9xx area, no 00 group, no 0000 serial, none of the
/// numbers made public in advertisements (SSA).
fn us_ssn(text: &str) -> Option<bool> {
    let values = social_digits(text)?;
    let (area, group, serial) = (number(&values[..3]), number(&values[3..5]), number(&values[5..]));
    let shown = matches!(number(&values), 78_051_120 | 457_555_462 | 219_099_999);
    Some(!matches!(area, 0 | 666 | 900..) && group > 0 && serial > 0 && !shown)
}

/// United States, taxpayer: any of the above.
fn us_tin(text: &str) -> Option<bool> {
    Some([us_ssn, us_itin, us_ein, us_ptin, us_social].iter().any(|rule| rule(text) == Some(true)))
}

/// Uruguay, RUT: registering office 01–22, 001 before the check digit (DGI).
fn uy_rut(text: &str) -> Option<bool> {
    let values = exactly(text.strip_prefix("UY").unwrap_or(text), 12)?;
    let placed = matches!(number(&values[..2]), 1..=22) && number(&values[2..8]) > 0 && values[8..11] == [0, 0, 1];
    Some(placed && (11 - weighted(&values[..11], &[4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 == values[11])
}

/// Venezuela, RIF: letter of the holder, weights 3 2 7 6 5 4 3 2 (SENIAT).
fn ve_rif(text: &str) -> Option<bool> {
    let holder = (place("VEJPG", text.chars().next()?)? + 1) * 4;
    let values = exactly(text.get(1..)?, 9)?;
    let rest = (holder + weighted(&values[..8], &[3, 2, 7, 6, 5, 4, 3, 2])) % 11;
    Some(if rest < 2 { 0 } else { 11 - rest } == values[8])
}
