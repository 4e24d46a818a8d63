//! Banks, accounts, legal entities and securities.

use super::arithmetic::{
    BASE_36, digits, exactly, hybrid, letter, looks_like, luhn, mod_97, number, place, places, pure, weighted,
    with_final_x,
};
use super::countries::is_country;
use super::{Answer, Kind, checked, form, iban, judged};

pub(super) const KINDS: &[Kind] = &[
    form("bic", " -", bic),
    form("iso9362", " -", bic),
    checked("iban", " -.", iban::check),
    checked("be.iban", " -.", |text| iban::of_country("BE", text)),
    checked("es.iban", " -.", |text| iban::of_country("ES", text)),
    checked("me.iban", " -.", |text| iban::of_country("ME", text)),
    checked("no.iban", " -.", |text| iban::of_country("NO", text)),
    checked("es.ccc", " -", iban::spanish_account),
    checked("no.kontonr", " .-", iban::norwegian_account),
    checked("iso11649", " -.,/:", iban::creditor_reference),
    checked("eu.at_02", " -/?:().m'+\"", iban::sepa_creditor),
    checked("ar.cbu", " -", iban::argentine_account),
    checked("cz.bankaccount", "", iban::czech_account),
    checked("ch.esr", " ", iban::swiss_reference),
    checked("nz.bankaccount", "", iban::new_zealand_account),
    checked("us.rtn", "", iban::american_routing),
    checked("be.ogm_vcs", " +/", iban::belgian_communication),
    checked("lei", " -", lei),
    form("duns", " -", duns),
    checked("isin", " ", isin),
    checked("cusip", " ", cusip),
    checked("figi", " ", figi),
    checked("gb.sedol", " ", sedol),
    form("de.wkn", " ", wkn),
    checked("bitcoin", " ", bitcoin).as_written(),
    checked("eu.banknote", " ", banknote),
    judged("eu.eic", " ", energy),
    checked("luhn", "", |text| Some(luhn(&digits(text)?))),
    checked("verhoeff", "", |text| Some(super::arithmetic::verhoeff(&digits(text)?))),
    checked("damm", "", |text| Some(super::arithmetic::damm(&digits(text)?))),
    checked("iso7064.mod_11_10", "", |text| Some(hybrid(&digits(text)?, 10))),
    checked("iso7064.mod_37_36", "", |text| Some(hybrid(&places(BASE_36, text)?, 36))),
    checked("iso7064.mod_11_2", "", |text| Some(pure(&with_final_x(text)?, 11))),
    checked("iso7064.mod_37_2", "", |text| Some(pure(&places("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*", text)?, 37))),
    checked("iso7064.mod_97_10", "", |text| Some(mod_97(text)? == 1)),
];

/// Business identifier code (ISO 9362): institution, country, location, and a branch or none.
fn bic(text: &str) -> Option<bool> {
    let shape = looks_like(text, "AAAAAAXX") || looks_like(text, "AAAAAAXXXXX");
    Some(shape && is_country(&text[4..6], "XK"))
}

/// Legal entity identifier (ISO 17442): twenty characters, MOD 97-10.
fn lei(text: &str) -> Option<bool> {
    let shape = text.len() == 20 && text.is_ascii() && digits(&text[18..]).is_some();
    Some(shape && mod_97(text)? == 1)
}

/// D-U-N-S number: nine digits; numbers issued since 2006 have no check digit (Dun & Bradstreet).
fn duns(text: &str) -> Option<bool> {
    Some(number(&exactly(text, 9)?) > 0)
}

/// International securities identification number (ISO 6166): letters as two digits, Luhn. Beside
/// countries, XS and its kin are for international paper, EU for the Union, QS and QT for testing.
fn isin(text: &str) -> Option<bool> {
    if !looks_like(text, "AAXXXXXXXXX9") || !is_country(&text[..2], "ANCSEUQSQTXAXBXCXDXFXKXS") {
        return None;
    }
    let spread: Option<String> = text.chars().map(|letter| Some(place(BASE_36, letter)?.to_string())).collect();
    Some(luhn(&digits(&spread?)?))
}

/// Every second value doubled, digit sums added, modulo 10 (CUSIP Global Services; also FIGI).
fn doubled_digit_sum(values: &[i64]) -> i64 {
    let products = values.iter().enumerate().map(|(at, value)| value * (1 + at as i64 % 2));
    (10 - products.map(|product| product / 10 + product % 10).sum::<i64>() % 10) % 10
}

/// CUSIP (ANSI X9.6).
fn cusip(text: &str) -> Option<bool> {
    let values = places("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#", text)?;
    Some(values.len() == 9 && doubled_digit_sum(&values[..8]) == values[8])
}

/// Financial instrument global identifier (OMG FIGI 1.1): consonants and digits, third letter G.
fn figi(text: &str) -> Option<bool> {
    let plain = text.bytes().all(|byte| !b"AEIOU".contains(&byte)) && looks_like(text, "AAGXXXXXXXX9");
    if !plain || ["BS", "BM", "GG", "GB", "VG"].contains(&&text[..2]) {
        return None;
    }
    let values = places(BASE_36, text)?;
    Some(doubled_digit_sum(&values[..11]) == values[11])
}

/// SEDOL (London Stock Exchange, "SEDOL Masterfile"): weights 1 3 1 7 3 9; no vowels; what begins
/// with a digit is all digits.
fn sedol(text: &str) -> Option<bool> {
    let plain = text.bytes().all(|byte| !b"AEIOU".contains(&byte)) && looks_like(text, "XXXXXX9");
    if !plain || (text.as_bytes()[0].is_ascii_digit() && digits(text).is_none()) {
        return None;
    }
    Some(weighted(&places(BASE_36, text)?, &[1, 3, 1, 7, 3, 9, 1]) % 10 == 0)
}

/// Wertpapierkennnummer: six characters without I and O (WM Datenservice).
fn wkn(text: &str) -> Option<bool> {
    Some(looks_like(text, "XXXXXX") && !text.contains(['I', 'O']))
}

/// Euro banknote serial number, second series: printer letter first, all modulo 9 with letters as
/// their ASCII codes (European Central Bank).
fn banknote(text: &str) -> Option<bool> {
    let shape = looks_like(text, "AX9999999999") && b"BCDEFGHJLMNPRSTUVWXYZ".contains(&text.as_bytes()[0]);
    if !shape {
        return None;
    }
    let value = |byte: u8| i64::from(if byte.is_ascii_digit() { byte - b'0' } else { byte });
    Some(text.bytes().map(value).sum::<i64>() % 9 == 0)
}

/// Energy identification code (ENTSO-E, "EIC Reference Manual"): weights 16 … 2 modulo 37.
fn energy(text: &str) -> Answer {
    const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    let right = || {
        let values = places(ALPHABET, text).filter(|values| values.len() == 16 && !text.ends_with('-'))?;
        let sum = super::arithmetic::descending(&values[..15], 16);
        letter(ALPHABET, 36 - (sum - 1).rem_euclid(37)).map(|check| text.ends_with(check))
    };
    if right() == Some(true) { Answer::Valid } else { Answer::Invalid }
}

/// Bitcoin address: Base58Check, or Bech32 (BIP 173) and Bech32m (BIP 350) for witness programs.
fn bitcoin(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    match lower.strip_prefix("bc1") {
        Some(data) => bech32(data),
        None => base58(text),
    }
}

fn base58(text: &str) -> Option<bool> {
    use sha2::{Digest as _, Sha256};
    if !text.starts_with(['1', '3']) || text.len() > 35 {
        return None;
    }
    let values = places("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", text)?;
    let mut bytes = [0_u8; 25];
    for value in values {
        let mut carry = value;
        for byte in bytes.iter_mut().rev() {
            carry += i64::from(*byte) * 58;
            *byte = (carry % 256) as u8;
            carry /= 256;
        }
        if carry > 0 {
            return None;
        }
    }
    let ones = text.bytes().take_while(|byte| *byte == b'1').count();
    if bytes.iter().take_while(|byte| **byte == 0).count() != ones {
        return None;
    }
    let (payload, check) = bytes.split_at(21);
    Some(Sha256::digest(Sha256::digest(payload))[..4] == *check)
}

fn bech32(data: &str) -> Option<bool> {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let values = places("qpzry9x8gf2tvdw0s3jn54khce6mua7l", data)?;
    let (version, program) = (*values.first()?, values.len().checked_sub(7)? * 5 / 8);
    let lengths = if version == 0 { program == 20 || program == 32 } else { (2..=40).contains(&program) };
    if version > 16 || !lengths {
        return None;
    }
    // The human-readable part "bc", expanded as BIP 173 says: 3 3 0 2 3.
    let all = [3, 3, 0, 2, 3].into_iter().chain(values.iter().map(|value| *value as u32));
    let sum = all.fold(1_u32, |sum, value| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ value;
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(next, |next, bit| next ^ GENERATOR[bit])
    });
    Some(sum == if version == 0 { 1 } else { 0x2bc8_30a3 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_of_long_numbers_do_not_overflow() {
        assert!(mod_97(&"Z".repeat(256)).is_some());
    }

    #[test]
    fn witness_addresses_of_both_kinds_are_known() {
        // BIP 173 and BIP 350, test vectors.
        assert_eq!(bitcoin("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"), Some(true));
        assert_eq!(bitcoin("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"), Some(true));
        assert_eq!(bitcoin("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jjq"), Some(false));
    }
}
