//! Published numbers, and what holds for every kind.

use proptest::prelude::*;
use rstest::rstest;

use super::{Answer, canonical, check, kinds};

/// Numbers that their issuers, standards or holders publish themselves: examples in the standards
/// (ISO 6166, 6346, 9362, 13616, GS1, GB 32100), in the tax offices' descriptions, and the numbers
/// of large companies from their imprints.
const PUBLISHED: &[(&str, &str)] = &[
    ("cn.uscc", "91350100M000100Y43"),
    ("cn.ric", "11010519491231002X"),
    ("hk.hkid", "A123456(3)"),
    ("tw.ubn", "22099131"),
    ("tw.ubn", "04595257"),
    ("jp.cn", "7000012050002"),
    ("kr.brn", "124-81-00998"),
    ("vn.mst", "0300588569"),
    ("th.tin", "0107537000521"),
    ("in_.gstin", "27AAPFU0939F1ZV"),
    ("tr.vkn", "4540536920"),
    ("tr.tckimlik", "10000000146"),
    ("sg.uen", "196800306E"),
    ("eu.vat", "ATU13585627"),
    ("eu.vat", "BE0428759497"),
    ("eu.vat", "BG175074752"),
    ("eu.vat", "CY10259033P"),
    ("eu.vat", "CZ25123891"),
    ("eu.vat", "DE136695976"),
    ("eu.vat", "DK13585628"),
    ("eu.vat", "EE100931558"),
    ("eu.vat", "EL094259216"),
    ("eu.vat", "ESX5253868R"),
    ("eu.vat", "ESA58818501"),
    ("eu.vat", "FI20774740"),
    ("eu.vat", "FR40303265045"),
    ("eu.vat", "HR33392005961"),
    ("eu.vat", "HU12892312"),
    ("eu.vat", "IE6433435F"),
    ("eu.vat", "IT00743110157"),
    ("eu.vat", "LT119511515"),
    ("eu.vat", "LU15027442"),
    ("eu.vat", "LV40003521600"),
    ("eu.vat", "MT11679112"),
    ("eu.vat", "NL004495445B01"),
    ("eu.vat", "NL123456789B13"),
    ("eu.vat", "PL8567346215"),
    ("eu.vat", "PT501964843"),
    ("eu.vat", "RO18547290"),
    ("eu.vat", "SE556188840401"),
    ("eu.vat", "SI50223054"),
    ("eu.vat", "SK2022749619"),
    ("eu.vat", "XI980780684"),
    ("gb.vat", "GB980780684"),
    ("lei", "506700GE1G29325QX363"),
    ("iban", "DE89370400440532013000"),
    ("iban", "GB29NWBK60161331926819"),
    ("iban", "FR1420041010050500013M02606"),
    ("iban", "ES9121000418450200051332"),
    ("iban", "NO9386011117947"),
    ("iban", "ME25505000012345678951"),
    ("ean", "4006381333931"),
    ("ean", "96385074"),
    ("gtin", "036000291452"),
    ("sscc", "106141412345678908"),
    ("upu.s10", "RR473124829GB"),
    ("iso6346", "CSQU3054383"),
    ("imo", "IMO 9074729"),
    ("imei", "490154203237518"),
    ("isbn", "978-3-16-148410-0"),
    ("isbn", "0-306-40615-2"),
    ("issn", "0378-5955"),
    ("isin", "US0378331005"),
    ("cusip", "037833100"),
    ("gb.sedol", "0263494"),
    ("figi", "BBG000BLNQ16"),
    ("iso11649", "RF18 5390 0754 7034"),
    ("eu.at_02", "DE98ZZZ09999999999"),
    ("br.cnpj", "00.000.000/0001-91"),
    ("br.cnpj", "12.ABC.345/01DE-35"),
    ("br.cpf", "111.444.777-35"),
    ("au.abn", "51 824 753 556"),
    ("au.acn", "004 085 616"),
    ("fr.siren", "732 829 320"),
    ("fr.siret", "732 829 320 00074"),
    ("eori", "FR73282932000074"),
    ("ru.inn", "7707083893"),
    ("ru.ogrn", "1027700132195"),
    ("mx.rfc", "GODE561231GR8"),
    ("mx.curp", "HEGG560427MVZRRL04"),
    ("cl.rut", "12.345.678-5"),
    ("co.nit", "899.999.068-1"),
    ("ar.cuit", "30-50001091-2"),
    ("pe.ruc", "20100070970"),
    ("ch.uid", "CHE-123.456.788"),
    ("ch.vat", "CHE-116.281.710 MWST"),
    ("se.orgnr", "556703-7485"),
    ("no.orgnr", "974 760 673"),
    ("pl.pesel", "44051401359"),
    ("za.idnr", "8001015009087"),
    ("gb.nhs", "943 476 5919"),
    ("us.rtn", "111000025"),
    ("casrn", "7732-18-5"),
    ("bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
];

#[test]
fn published_numbers_are_valid() {
    for (kind, value) in PUBLISHED {
        assert_eq!(check(kind, value), Answer::Valid, "{kind} {value}");
    }
}

#[rstest]
#[case("us.ein", "12-3456789")]
#[case("bic", "DEUTDEFF")]
#[case("bic", "NEDS ZA JJ XXX")]
#[case("duns", "15-048-3782")]
#[case("in_.pan", "AAPFU0939F")]
#[case("ioss", "IM2760000009")]
#[case("eori", "DE123456789012345")]
#[case("eori", "GB123456789000")]
#[case("eori", "XI 123 456 789 000")]
#[case("gb.company", "00000006")]
#[case("gb.company", "SC123456")]
#[case("hk.br", "12345678-000")]
#[case("hs6", "6109.10")]
#[case("de.handelsregisternummer", "HRB 7 Beispielstadt")]
#[case("ke.pin", "A001906725H")]
fn where_no_check_digit_exists_the_form_is_all_that_is_said(#[case] kind: &str, #[case] value: &str) {
    assert_eq!(check(kind, value), Answer::WellFormed, "{kind} {value}");
}

#[rstest]
#[case::campus_not_in_use("us.ein", "07-1234567")]
#[case::chapter_is_reserved("hs6", "770100")]
#[case::no_heading("hs6", "610099")]
#[case::state_without_shop("ioss", "IM7560000009")]
#[case::intermediary("ioss", "IN2760000009")]
#[case::issued_outside_the_union("eori", "CN123456789")]
#[case::bad_siret("eori", "FR73282932000075")]
#[case::too_long("eori", "DE1234567890123456")]
#[case::unknown_country("bic", "DEUTXXFF")]
#[case::letter_not_in_the_alphabet("cn.uscc", "91350100M000100I43")]
#[case::province_does_not_exist("cn.ric", "990105194912310028")]
#[case::day_does_not_exist("cn.ric", "110105194902300026")]
#[case::form_of_another_country("iban", "DE8937040044053201300")]
#[case::spanish_check_digits("iban", "ES4400000000010000000001")]
#[case::prefix_of_no_state("eu.vat", "US123456789")]
#[case::zeros("be.vat", "BE0000000000")]
#[case::check_character_outside_the_form("lei", "506700GE1G29325QX3AA")]
fn what_cannot_have_been_issued_is_invalid(#[case] kind: &str, #[case] value: &str) {
    assert_eq!(check(kind, value), Answer::Invalid, "{kind} {value}");
}

#[rstest]
#[case("eu.vat", "de 136 695 976")]
#[case("eu.vat", "\u{202a}DE136695976\u{202c}")]
#[case("iban", "de89 3704-0044.0532 0130 00")]
#[case("cn.uscc", "９１３５０１００m000100y43")]
#[case("fr.siret", "732\u{a0}829\u{202f}320\u{3000}00074")]
#[case("br.cnpj", "00．000．000／0001－91")]
#[case("isin", " us0378331005 ")]
fn spaces_separators_case_and_width_do_not_matter(#[case] kind: &str, #[case] value: &str) {
    assert_eq!(check(kind, value), Answer::Valid, "{kind} {value}");
}

#[test]
fn taiwan_counts_by_fives_since_april_2023() {
    // 22099131 and its neighbour five further on; 0 and 5 are the only right last digits.
    let right: Vec<char> =
        ('0'..='9').filter(|last| check("tw.ubn", &format!("2209913{last}")) == Answer::Valid).collect();
    assert_eq!(right, ['1', '6']);
}

#[test]
fn a_check_digit_that_the_office_does_not_publish_is_no_reason_to_refuse() {
    assert_eq!(check("kr.brn", "124-81-00998"), Answer::Valid);
    assert_eq!(check("kr.brn", "124-81-00997"), Answer::WellFormed);
    assert_eq!(check("kr.brn", "100-81-00997"), Answer::Invalid);
}

#[test]
fn unknown_kinds_are_unsupported_and_known_ones_are_listed_once() {
    assert_eq!(check("xx.nothing", "1"), Answer::Unsupported);
    assert_eq!(Answer::Unsupported.accepted(), None);
    assert_eq!(canonical("xx.nothing", "1"), None);
    let kinds = kinds();
    assert!(kinds.len() > 230 && kinds.windows(2).all(|pair| pair[0] < pair[1]));
    let listed: usize = super::ROOMS.iter().map(|room| room.len()).sum();
    assert_eq!(listed, kinds.len(), "two rooms have one kind");
}

#[test]
fn canonical_values_compare() {
    assert_eq!(canonical("iban", "de89 3704 0044 0532 0130 00"), canonical("iban", "DE89370400440532013000"));
    assert_eq!(canonical("iban", &"1".repeat(5_000)), None);
}

/// Kinds whose procedure finds every change of one digit: weights without a common divisor with the
/// modulus, and a check character for every remainder.
const FINDS_EVERY_DIGIT: [&str; 26] = [
    "cn.uscc",
    "cn.ric",
    "lei",
    "iban",
    "ean",
    "gtin",
    "sscc",
    "iso11649",
    "eu.at_02",
    "isin",
    "imei",
    "isbn",
    "issn",
    "in_.gstin",
    "tr.tckimlik",
    "fr.siren",
    "fr.siret",
    "se.orgnr",
    "no.orgnr",
    "za.idnr",
    "au.abn",
    "sg.uen",
    "cusip",
    "figi",
    "us.rtn",
    "pl.pesel",
];
/// Member states of which the same is true.
const STATES_FIND_EVERY_DIGIT: [&str; 12] = ["AT", "BE", "DE", "DK", "FI", "HR", "IT", "LU", "MT", "PL", "SE", "EE"];

fn finds_every_digit(kind: &str, value: &str) -> bool {
    match kind {
        "eu.vat" => STATES_FIND_EVERY_DIGIT.contains(&&value[..2]),
        _ => FINDS_EVERY_DIGIT.contains(&kind),
    }
}

#[test]
fn any_change_of_one_digit_is_refused_where_the_procedure_promises_it() {
    let mut tried = 0;
    for (kind, value) in PUBLISHED.iter().filter(|(kind, value)| finds_every_digit(kind, value)) {
        for (at, old) in value.char_indices().filter(|(_, letter)| letter.is_ascii_digit()) {
            for new in ('0'..='9').filter(|new| *new != old) {
                let changed = format!("{}{new}{}", &value[..at], &value[at + 1..]);
                assert_ne!(check(kind, &changed), Answer::Valid, "{kind} {value} {changed}");
                tried += 1;
            }
        }
    }
    assert!(tried > 3_000, "{tried}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_answered_by_every_kind(text in "\\PC{0,40}") {
        for kind in kinds() {
            let answer = check(kind, &text);
            prop_assert_ne!(answer, Answer::Unsupported);
            prop_assert_eq!(answer, check(kind, &text));
        }
    }

    #[test]
    fn a_strange_letter_anywhere_in_a_number_is_answered(
        at in 0usize..40, place in 0..PUBLISHED.len(), letter in prop_oneof!["\\PC", "[ÑМК١９Å🔥]", "[A-Z0-9/()-]"],
    ) {
        let mut letters: Vec<char> = PUBLISHED[place].1.chars().collect();
        let at = at % letters.len();
        letters.splice(at..=at, letter.chars());
        let value: String = letters.into_iter().collect();
        for kind in kinds() {
            prop_assert_ne!(check(kind, &value), Answer::Unsupported);
        }
    }

    #[test]
    fn long_values_are_refused_in_bounded_time(count in 300usize..6_000) {
        prop_assert_eq!(check("luhn", &"0".repeat(count)), Answer::Invalid);
        prop_assert_eq!(check("eu.vat", &"DE".repeat(count)), Answer::Invalid);
    }
}
