//! Registers and tax numbers of companies in Europe, beside VAT numbers.

use super::arithmetic::{
    BASE_36, ascending, descending, digits, exactly, hybrid, is_digits, letter, looks_like, luhn, mod_97, number,
    place, places, remainder, weighted,
};
use super::{Answer, Kind, checked, form, judged};

pub(super) const KINDS: &[Kind] = &[
    form("ad.nrt", " -.", ad_nrt),
    form("al.nipt", " ", al_nipt),
    form("at.businessid", " -./", at_business),
    checked("at.tin", " -./,", at_tin),
    checked("by.unp", " ", by_unp),
    checked("ch.uid", " -.", ch_uid),
    checked("ch.vat", " -.", ch_vat),
    form("de.handelsregisternummer", "", german_register).as_written(),
    checked("de.leitweg", "", leitweg),
    form("de.stnr", " -./,", german_tax),
    checked("ee.registrikood", " ", ee_registrikood),
    form("es.cae", "", es_cae),
    checked("es.cups", " -", es_cups),
    form("es.postal_code", " ", |text| Some(matches!(number(&exactly(text, 5)?), 1_000..53_000))),
    checked("es.referenciacatastral", " -", cadastre),
    form("eu.excise", " ", excise),
    form("fr.accise", " ", fr_excise),
    checked("fr.siren", " .", fr_siren),
    checked("fr.siret", " .", fr_siret),
    checked("fr.rcs", "", fr_rcs),
    form("fi.associationid", " -._+", fi_association),
    form("fi.veronumero", " ", |text| Some(is_digits(text, 12))),
    form("fo.vn", " -.", |text| Some(is_digits(text.strip_prefix("FO").unwrap_or(text), 6))),
    form("gb.company", " -", gb_company),
    checked("gb.upn", " ", gb_upn),
    checked("gb.utr", " ", gb_utr),
    form("is_.vsk", " ", |text| Some(matches!(digits(text.strip_prefix("IS").unwrap_or(text))?.len(), 5 | 6))),
    form("li.peid", " .", |text| Some((4..=12).contains(&digits(text.trim_start_matches('0'))?.len()))),
    checked("md.idno", " ", |text| {
        Some(weighted(&exactly(text, 13)?, &[7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1, 9]) % 10 == 0)
    }),
    checked("me.pib", " ", |text| {
        let values = exactly(text, 8)?;
        Some((11 - descending(&values[..7], 8) % 11) % 11 % 10 == values[7])
    }),
    checked("mk.edb", " -", mk_edb),
    form("nl.brin", " -.", |text| Some(looks_like(text, "99AA") || looks_like(text, "99AA99"))),
    form("nl.postcode", " -", nl_postcode),
    checked("no.mva", " ", |text| no_orgnr(text.strip_prefix("NO").unwrap_or(text).strip_suffix("MVA")?)),
    checked("no.orgnr", " ", no_orgnr),
    checked("pl.regon", " -", pl_regon),
    judged("ro.onrc", "", ro_onrc),
    checked("rs.pib", " -.", |text| Some(hybrid(&exactly(text, 9)?, 10))),
    checked("ru.inn", " ", ru_inn),
    checked("ru.ogrn", " ", ru_ogrn),
    checked("se.orgnr", " -.", se_orgnr),
    form("se.postnummer", " -", |text| {
        let text = text.strip_prefix("SE").unwrap_or(text);
        Some(is_digits(text, 5) && !text.starts_with('0'))
    }),
    checked("si.maticna", " .", si_maticna),
    form("sm.coe", ".", |text| san_marino(text.trim_start_matches('0'))),
    checked("tr.vkn", "", tr_vkn),
    checked("ua.edrpou", " ", ua_edrpou),
];

/// Andorra: letter, six digits, letter; the first letter tells the holder (Govern d'Andorra).
fn ad_nrt(text: &str) -> Option<bool> {
    if !looks_like(text, "A999999A") {
        return None;
    }
    let body = number(&digits(&text[1..7])?);
    Some(match text.as_bytes()[0] {
        b'F' => body <= 699_999,
        b'A' | b'L' => (700_000..800_000).contains(&body),
        first => b"CDEGOPU".contains(&first),
    })
}

/// Albania: letter A … M for the decade, eight digits, letter (Drejtoria e Përgjithshme e Tatimeve).
fn al_nipt(text: &str) -> Option<bool> {
    let text = text.strip_prefix("AL").or(text.strip_prefix("(AL)")).unwrap_or(text);
    Some(looks_like(text, "A99999999A") && text.as_bytes()[0] <= b'M')
}

/// Austria, Firmenbuch: digits and a letter (Justiz).
fn at_business(text: &str) -> Option<bool> {
    let text = text.strip_prefix("FN").unwrap_or(text);
    let (body, last) = text.split_at_checked(text.len().checked_sub(1)?)?;
    Some(digits(body)?.len() <= 6 && last.as_bytes()[0].is_ascii_uppercase())
}

/// Austria, Abgabenkontonummer: tax office and number, Luhn-like with the doubling on every second
/// digit (BMF); offices as numbered by the ministry.
fn at_tin(text: &str) -> Option<bool> {
    const OFFICES: [i64; 40] = [
        3, 4, 6, 7, 8, 9, 10, 12, 15, 16, 18, 22, 23, 29, 33, 38, 41, 46, 51, 52, 53, 54, 57, 59, 61, 65, 67, 68, 69,
        71, 72, 81, 82, 83, 84, 90, 91, 93, 97, 98,
    ];
    let values = exactly(text, 9)?;
    let office = number(&values[..2]);
    Some(OFFICES.contains(&office) && luhn(&values))
}

/// Belarus: nine characters, weights 29 23 19 17 13 7 5 3; a remainder of ten is never issued (MNS).
/// Cyrillic look-alikes count as their Latin letters.
fn by_unp(text: &str) -> Option<bool> {
    let text = text.strip_prefix("УНП").or(text.strip_prefix("UNP")).unwrap_or(text);
    let latin = |letter| "АВЕКМНОРСТ".chars().zip("ABEKMHOPCT".chars()).find(|pair| pair.0 == letter);
    let text: String = text.chars().map(|letter| latin(letter).map_or(letter, |pair| pair.1)).collect();
    let mut values = places(BASE_36, &text).filter(|values| values.len() == 9)?;
    if digits(&text[2..]).is_none() || !text.starts_with(|first| "1234567ABCEHKM".contains(first)) {
        return None;
    }
    if digits(&text).is_none() {
        if !text.starts_with(|first: char| first.is_ascii_uppercase()) {
            return None;
        }
        values[1] = place("ABCEHKMOPT", text.chars().nth(1)?)?;
    }
    Some(weighted(&values[..8], &[29, 23, 19, 17, 13, 7, 5, 3]) % 11 == values[8])
}

/// Switzerland: CHE and nine digits, weights 5 4 3 2 7 6 5 4 (BFS, eCH-0108).
fn ch_uid(text: &str) -> Option<bool> {
    let values = exactly(text.strip_prefix("CHE").unwrap_or(text), 9)?;
    Some((11 - weighted(&values[..8], &[5, 4, 3, 2, 7, 6, 5, 4]) % 11) % 11 == values[8])
}

/// Switzerland: the number with CHE and the name of the tax in one of the languages.
fn ch_vat(text: &str) -> Option<bool> {
    let body = ["MWST", "TVA", "IVA", "TPV"].iter().find_map(|tax| text.strip_suffix(tax))?;
    Some(body.starts_with("CHE") && ch_uid(body)?)
}

/// Germany, register of companies: HRA, HRB, GnR, PR or VR and a number, with the name of the
/// court before or after (Handelsregisterverordnung).
fn german_register(text: &str) -> Option<bool> {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let is_register = |word: &&str| ["HRA", "HRB", "GNR", "PR", "VR"].contains(&word.to_uppercase().as_str());
    let at = words.iter().position(is_register)?;
    let (before, after) = (&words[..at], &words[at + 1..]);
    let (first, rest) = after.split_first()?;
    let count = first.bytes().take_while(u8::is_ascii_digit).count();
    let (serial, glued) = first.split_at(count);
    let mark = |word: &str| (1..=3).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic);
    if !(1..=6).contains(&count) || serial.starts_with('0') || !(glued.is_empty() || mark(glued)) {
        return None;
    }
    let named = |court: &[&str]| court.concat().chars().filter(|letter| letter.is_alphabetic()).count() >= 2;
    let lettered = |rest: &[&str]| rest.is_empty() || rest.len() == 1 && glued.is_empty() && mark(rest[0]);
    Some(if before.is_empty() { named(rest) } else { named(before) && lettered(rest) })
}

/// Leitweg-ID: coarse and fine addressing and MOD 97-10 (KoSIT, format description 2.0.2).
fn leitweg(text: &str) -> Option<bool> {
    let parts: Vec<&str> = text.split('-').collect();
    let (coarse, fine, check) = match parts.as_slice() {
        [coarse, check] => (*coarse, "", *check),
        [coarse, fine, check] => (*coarse, *fine, *check),
        _ => return None,
    };
    let land = matches!(number(&exactly(coarse.get(..2)?, 2)?), 1..=16 | 99);
    let fits = (2..=12).contains(&digits(coarse)?.len()) && fine.len() <= 30 && is_digits(check, 2);
    Some(land && fits && mod_97(&parts.concat())? == 1)
}

/// Germany, Steuernummer: ten, eleven or thirteen digits in the pattern of a state (KMK/ELSTER).
fn german_tax(text: &str) -> Option<bool> {
    const STATES: [&str; 16] =
        ["28", "9", "11", "30", "24", "22", "26", "40", "23", "5", "27", "10", "32", "31", "21", "41"];
    let values = digits(text)?;
    // North Rhine-Westphalia has an office of three digits and Bavaria too; the zero that the
    // federal form inserts stands at the fifth place in every state.
    Some(match values.len() {
        10 => true,
        11 => true,
        13 => STATES.iter().any(|state| text.starts_with(state)) && values[4] == 0,
        _ => false,
    })
}

/// Estonia, register code: eight digits beginning 1, 7, 8 or 9 (RIK).
fn ee_registrikood(text: &str) -> Option<bool> {
    let values = exactly(text, 8)?;
    Some(matches!(values[0], 1 | 7..=9) && super::europe_vat::baltic_check(&values[..7]) == values[7])
}

/// Spain, excise activity code: ES000, office, activity, three digits, letter (AEAT).
fn es_cae(text: &str) -> Option<bool> {
    const ACTIVITIES: &str = "A1B1B9B0BAC1DAECF1V1A7ATB7BTC7DBE7M7OAOBOEOVV7B6A2A6A9A0ACAVAWAXH1H2H4H6H9H0HDHHH7H8HBHF\
                              HIHJHKHLHMHNHTHUHVHXHZOHHAHCHEHPHQHRHSHWT1OTT7TTL1L2L0L3L7AFDFDMDPORPFRFVD";
    if !looks_like(text, "ES00099XX999A") {
        return None;
    }
    let activity = ACTIVITIES.as_bytes().chunks(2).any(|own| own == &text.as_bytes()[7..9]);
    Some(activity && matches!(number(&digits(&text[5..7])?), 1..=56))
}

/// Spain, supply point: sixteen digits and two letters from their remainder modulo 529 (BOE, Resolución 2005-11-14).
fn es_cups(text: &str) -> Option<bool> {
    if !text.is_ascii() || !text.starts_with("ES") || !matches!(text.len(), 20 | 22) {
        return None;
    }
    if text.len() == 22 && !(is_digits(&text[20..21], 1) && "FPRCXYZ".contains(&text[21..])) {
        return None;
    }
    let rest = number(&exactly(&text[2..18], 16)?) % 529;
    let check = |value| letter("TRWAGMYFPDXBNJZSQVHLCKE", value);
    Some(text[18..20].chars().eq([check(rest / 23)?, check(rest % 23)?]))
}

/// Spain, cadastral reference: two letters over seven characters each and the common four (Catastro).
fn cadastre(text: &str) -> Option<bool> {
    let letters: Vec<char> = text.chars().collect();
    let value = |letter: &char| match letter.to_digit(10) {
        Some(digit) => Some(i64::from(digit)),
        None => place("ABCDEFGHIJKLMNÑOPQRSTUVWXYZ", *letter).map(|place| place + 1),
    };
    let values: Vec<i64> = letters.iter().map(value).collect::<Option<_>>()?;
    if values.len() != 20 {
        return None;
    }
    let check = |part: &[i64]| {
        let all: Vec<i64> = part.iter().chain(&values[14..18]).copied().collect();
        letter("MQWERTYUIOPASDFGHJKLBZX", weighted(&all, &[13, 15, 12, 5, 4, 17, 9, 21, 3, 7, 1]) % 23)
    };
    Some(check(&values[..7])? == letters[18] && check(&values[7..14])? == letters[19])
}

/// Excise number (SEED): member state and up to eleven characters, padded with zeros.
fn excise(text: &str) -> Option<bool> {
    let (state, rest) = text.split_at_checked(2)?;
    let member = "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEITLTLULVMTNLPLPTROSESISKXI"
        .as_bytes()
        .chunks(2)
        .any(|own| own == state.as_bytes());
    let fits = (1..=11).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let national = match state {
        "FR" => fr_excise(&format!("FR{rest:0>11}"))?,
        "ES" => es_cae(&format!("ES{rest:0>11}"))?,
        _ => true,
    };
    Some(member && fits && national)
}

/// France: FR0, year, customs office, kind of operator, number (douane.gouv.fr).
fn fr_excise(text: &str) -> Option<bool> {
    Some(looks_like(text, "FR099999A999X") && b"ENCB".contains(&text.as_bytes()[8]))
}

/// France, SIREN: nine digits, Luhn (INSEE).
pub(super) fn fr_siren(text: &str) -> Option<bool> {
    Some(luhn(&exactly(text, 9)?))
}

/// France, SIRET: SIREN and five digits, Luhn; establishments of La Poste have a digit sum divisible by five (INSEE).
pub(super) fn fr_siret(text: &str) -> Option<bool> {
    let values = exactly(text, 14)?;
    let post = text.starts_with("356000000") && text != "35600000000048";
    let right = if post { values.iter().sum::<i64>() % 5 == 0 } else { luhn(&values) };
    Some(right && luhn(&values[..9]))
}

/// France, RCS: the town of the court, A or B, SIREN (Code de commerce, art. R123-237).
fn fr_rcs(text: &str) -> Option<bool> {
    let body = text.strip_prefix("RCS ")?.trim();
    let at = body.find(|letter: char| letter.is_ascii_digit())?;
    let (town, number) = body.split_at(at);
    let town = town.trim().strip_suffix(['A', 'B'])?;
    Some(town.ends_with(' ') && town.trim().len() > 1 && fr_siren(&number.replace([' ', '.'], ""))?)
}

/// Finland, register of associations: up to six digits (PRH). Few numbers below 100 are in use; they
/// are taken all the same.
fn fi_association(text: &str) -> Option<bool> {
    Some((1..=6).contains(&digits(text)?.len()))
}

/// United Kingdom, company number: eight digits, or a prefix for jurisdiction and form and six
/// (Companies House, "Uniform Resource Identifiers customer guide").
fn gb_company(text: &str) -> Option<bool> {
    if digits(text).is_some_and(|values| (1..=8).contains(&values.len())) {
        return Some(number(&digits(text)?) > 0);
    }
    let prefixed = looks_like(text, "AA999999") || looks_like(text, "AX99999R") || looks_like(text, "A9999999");
    let pairs = [
        "SC", "NI", "OC", "SO", "NC", "FC", "SF", "NF", "LP", "SL", "NL", "OE", "CE", "CS", "IP", "SP", "RS", "GE",
        "GS", "RC", "SR", "NR", "IC", "SI", "NP", "NO", "AC", "SA", "NA", "PC", "ES", "ZC", "SZ", "NZ", "GN", "FE",
        "R0",
    ];
    Some(prefixed && pairs.iter().any(|pair| text.starts_with(pair)))
}

/// England, unique pupil number: check letter over weights 2 … 13 modulo 23 (Department for Education).
fn gb_upn(text: &str) -> Option<bool> {
    const ALPHABET: &str = "ABCDEFGHJKLMNPQRTUVWXYZ0123456789";
    if !looks_like(text, "A99999999999X") || number(&digits(&text[1..4])?) < 201 {
        return None;
    }
    let check = ascending(&places(ALPHABET, &text[1..])?, 2) % 23;
    Some(text.starts_with(letter(ALPHABET, check)?))
}

/// United Kingdom, unique taxpayer reference: check digit first, weights 6 7 8 9 10 5 4 3 2 (HMRC).
fn gb_utr(text: &str) -> Option<bool> {
    let values = exactly(text.trim_start_matches('K'), 10)?;
    let rest = weighted(&values[1..], &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    Some([2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1][rest as usize] == values[0])
}

/// North Macedonia: thirteen digits, weights 7 … 2 twice (UJP).
fn mk_edb(text: &str) -> Option<bool> {
    let text = text.strip_prefix("MK").or(text.strip_prefix("МК")).unwrap_or(text);
    let values = exactly(text, 13)?;
    let sum = descending(&values[..6], 7) + descending(&values[6..12], 7);
    Some((11 - sum % 11) % 11 % 10 == values[12])
}

/// Netherlands, postcode: four digits, two letters, without SA, SD and SS (PostNL).
fn nl_postcode(text: &str) -> Option<bool> {
    let text = text.strip_prefix("NL").unwrap_or(text);
    Some(looks_like(text, "9999AA") && !text.starts_with('0') && !["SA", "SD", "SS"].contains(&&text[4..]))
}

/// Norway, organisation number: nine digits, weights 3 2 7 6 5 4 3 2 (Brønnøysundregistrene).
fn no_orgnr(text: &str) -> Option<bool> {
    Some(weighted(&exactly(text, 9)?, &[3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0)
}

/// Poland, REGON: nine digits, or fourteen whose first nine are one (GUS).
fn pl_regon(text: &str) -> Option<bool> {
    let values = digits(text)?;
    let short = |values: &[i64]| weighted(&values[..8], &[8, 9, 2, 3, 4, 5, 6, 7]) % 11 % 10 == values[8];
    match values.len() {
        9 => Some(short(&values)),
        14 => {
            let long = weighted(&values[..13], &[2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8]) % 11 % 10 == values[13];
            Some(long && short(&values))
        }
        _ => None,
    }
}

/// Romania, trade register: county, serial and year, or since 2024 one number with a digit sum at
/// its end (ONRC).
fn ro_onrc(text: &str) -> Answer {
    let parts: Vec<&str> = text.split([' ', '/', '\\', '-']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [one] => {
            if romanian_new(one) == Some(true) {
                Answer::Valid
            } else {
                Answer::Invalid
            }
        }
        [kind, county, serial, year] => romanian_old(&format!("{kind}{county}"), serial, year),
        [county, serial, year] => romanian_old(county, serial, year),
        _ => Answer::Invalid,
    }
}

fn is_romanian_county(county: i64) -> bool {
    matches!(county, 1..=40 | 51 | 52)
}

fn romanian_old(county: &str, serial: &str, year: &str) -> Answer {
    let fits = || {
        let year = match year.split('.').collect::<Vec<_>>().as_slice() {
            [day, month, year] if is_digits(day, 2) && is_digits(month, 2) => (*year).to_owned(),
            _ => year.to_owned(),
        };
        let county = digits(county.strip_prefix(['J', 'F', 'C'])?).filter(|values| values.len() <= 2)?;
        let serial = digits(serial).filter(|values| values.len() <= 5)?;
        let year = number(&exactly(&year, 4)?);
        Some(is_romanian_county(number(&county)) && !serial.is_empty() && (1990..=2024).contains(&year))
    };
    if fits() == Some(true) { Answer::WellFormed } else { Answer::Invalid }
}

fn romanian_new(text: &str) -> Option<bool> {
    let values = exactly(text.strip_prefix(['J', 'F', 'C'])?, 13)?;
    let (year, county) = (number(&values[..4]), number(&values[10..12]));
    let placed = match year {
        1990..=2023 => is_romanian_county(county),
        2024 => county == 0 || is_romanian_county(county),
        2025..2100 => county == 0,
        _ => false,
    };
    let first = i64::from(text.as_bytes()[0]) % 10;
    Some(placed && (first + values[..12].iter().sum::<i64>()) % 10 == values[12])
}

/// Russia, INN: ten digits (companies) or twelve (people) (FNS, order MM-7-6/1@).
fn ru_inn(text: &str) -> Option<bool> {
    let values = digits(text)?;
    let check = |weights: &[i64]| weighted(&values, weights) % 11 % 10;
    match values.len() {
        10 => Some(check(&[2, 4, 10, 3, 5, 9, 4, 6, 8]) == values[9]),
        12 => Some(
            check(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == values[10]
                && check(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == values[11],
        ),
        _ => None,
    }
}

/// Russia, OGRN: thirteen digits modulo 11, or fifteen of entrepreneurs modulo 13 (FNS).
fn ru_ogrn(text: &str) -> Option<bool> {
    let values = digits(text)?;
    let (last, body) = values.split_last()?;
    match values.len() {
        13 => Some(values[0] != 0 && remainder(body, 11) % 10 == *last),
        15 => Some(matches!(values[0], 3 | 4) && remainder(body, 13) % 10 == *last && remainder(body, 13) < 10),
        _ => None,
    }
}

/// Sweden, organisation number: ten digits, Luhn (Bolagsverket).
pub(super) fn se_orgnr(text: &str) -> Option<bool> {
    Some(luhn(&exactly(text, 10)?))
}

/// Slovenia, matična številka: seven digits with weights 7 … 2 and a unit of three characters (AJPES).
fn si_maticna(text: &str) -> Option<bool> {
    let (body, unit) = text.split_at_checked(7)?;
    let values = exactly(body, 7)?;
    let check = (11 - descending(&values[..6], 7) % 11) % 11;
    let units = unit.is_empty() || looks_like(unit, "X99");
    Some(units && descending(&values[..6], 7) % 11 != 0 && check % 10 == values[6])
}

/// San Marino, operator code: up to five digits; of the numbers below 100 not all are in use (Ufficio Tributario).
fn san_marino(text: &str) -> Option<bool> {
    Some((1..=5).contains(&digits(text)?.len()))
}

/// Turkey, VKN: each digit plus its place, times a power of two modulo nine (GİB).
fn tr_vkn(text: &str) -> Option<bool> {
    let values = exactly(text, 10)?;
    let term = |(place, digit): (u32, &i64)| {
        let first = (digit + i64::from(place)) % 10;
        match first * (1 << place) % 9 {
            0 if first != 0 => 9,
            rest => rest,
        }
    };
    let sum: i64 = (1..).zip(values[..9].iter().rev()).map(term).sum();
    Some((10 - sum % 10) % 10 == values[9])
}

/// Ukraine, EDRPOU: eight digits, weights 1 … 7 or 7 1 … 6 by range, raised by two on ten (Derzhstat).
fn ua_edrpou(text: &str) -> Option<bool> {
    let values = exactly(text, 8)?;
    let weights: [i64; 7] = if matches!(values[0], 3..=5) { [7, 1, 2, 3, 4, 5, 6] } else { [1, 2, 3, 4, 5, 6, 7] };
    let first = weighted(&values, &weights) % 11;
    let check = if first < 10 { first } else { weighted(&values, &weights.map(|weight| weight + 2)) % 11 % 10 };
    Some(check == values[7])
}
