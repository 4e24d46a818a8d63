//! IBAN: international bank account numbers (ISO 13616-1).

use super::arithmetic::{digits, exactly, luhn, mod_97, number, remainder, weighted};

/// Form of the account number of each country after the first four characters: counts of `n`
/// digits, `a` letters, `c` either. SWIFT IBAN Registry, release 101.
const FORMS: &str = "\
    AD4n4n12c AE3n16n AL8n16c AT5n11n AZ4a20c BA3n3n8n2n BE3n7n2n BG4a4n2n8c BH4a14c BI5n5n11n2n \
    BR8n5n10n1a1c BY4c4n16c CH5n12c CR4n14n CY3n5n16c CZ4n16n DE8n10n DJ5n5n11n2n DK4n9n1n DO4c20n \
    EE2n14n EG4n4n17n ES4n4n1n1n10n FI3n11n FK2a12n FO4n9n1n FR5n5n11c2n GB4a6n8n GE2a16n GI4a15c \
    GL4n9n1n GR3n4n16c GT4c20c HN4a20n HR7n10n HU3n4n1n15n1n IE4a6n8n IL3n3n13n IQ4a3n12n IS4n2n6n10n \
    IT1a5n5n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT5n11n LU3n13c LV4a13c LY3n3n15n \
    MC5n5n11c2n MD2c18c ME3n13n2n MK3n10c2n MN4n12n MR5n5n11n2n MT4a5n18c MU4a2n2n12n3n3a NI4a20n \
    NL4a10n NO4n6n1n OM3n16c PK4a16c PL8n16n PS4a21c PT4n4n11n2n QA4a21c RO4a16c RS3n13n2n RU9n5n15c \
    SA2n18c SC4a2n2n16n3a SD2n12n SE3n16n1n SI5n8n2n SK4n6n10n SM1a5n5n12c SO4n3n12n ST4n4n11n2n SV4a20n \
    TL3n14n2n TN2n3n13n2n TR5n1n16c UA6n19c VA3n15n VG4a16n XK4n10n2n YE4a4n18c";

/// IBAN with the form of its country, MOD 97-10 over the whole, and the national check digits
/// of Belgium, Montenegro, Norway and Spain inside it.
pub(super) fn check(text: &str) -> Option<bool> {
    if !text.is_ascii() || text.len() < 5 {
        return None;
    }
    let (head, account) = text.split_at(4);
    if !has_form(form(&head[..2])?, account) {
        return None;
    }
    let right = mod_97(&format!("{account}{head}"))? == 1;
    Some(right && national(&head[..2], account).unwrap_or(true))
}

/// IBAN of one country only.
pub(super) fn of_country(country: &str, text: &str) -> Option<bool> {
    if !text.starts_with(country) {
        return None;
    }
    check(text)
}

fn form(country: &str) -> Option<&'static str> {
    FORMS.split(' ').find_map(|entry| entry.strip_prefix(country))
}

fn has_form(form: &str, account: &str) -> bool {
    let mut rest = account;
    for part in form.split_inclusive(['n', 'a', 'c']) {
        let (count, class) = part.split_at(part.len() - 1);
        let Some((piece, after)) = count.parse().ok().and_then(|count| rest.split_at_checked(count)) else {
            return false;
        };
        let fits = piece.bytes().all(|byte| match class {
            "n" => byte.is_ascii_digit(),
            "a" => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        });
        if !fits {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

/// Whether the national check digits are right; `None` where none are checked.
fn national(country: &str, account: &str) -> Option<bool> {
    match country {
        "BE" => {
            let values = digits(account)?;
            let rest = number(&values[..10]) % 97;
            Some(number(&values[10..]) == if rest == 0 { 97 } else { rest })
        }
        "ES" => spanish_account(account),
        "ME" => Some(remainder(&digits(account)?, 97) == 1),
        "NO" => norwegian_account(account),
        _ => None,
    }
}

/// Spanish account (código cuenta cliente): bank, branch, two check digits, account; each check
/// digit with powers of two modulo 11 (Banco de España).
pub(super) fn spanish_account(text: &str) -> Option<bool> {
    let values = exactly(text, 20)?;
    let digit = |part: &[i64]| {
        let sum: i64 = part.iter().zip([1, 2, 4, 8, 5, 10, 9, 7, 3, 6]).map(|(digit, weight)| digit * weight).sum();
        match sum % 11 {
            rest @ (0 | 1) => rest,
            rest => 11 - rest,
        }
    };
    let bank: Vec<i64> = [0, 0].iter().chain(&values[..8]).copied().collect();
    Some(digit(&bank) == values[8] && digit(&values[10..]) == values[9])
}

/// Norwegian account (kontonummer): eleven digits, weights 5 4 3 2 7 6 5 4 3 2 modulo 11; seven
/// digits of the former postal giro, Luhn (Bits AS).
pub(super) fn norwegian_account(text: &str) -> Option<bool> {
    let text = text.strip_prefix("0000").unwrap_or(text);
    let values = digits(text)?;
    match values.len() {
        7 => Some(luhn(&values)),
        11 => Some((weighted(&values, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1])) % 11 == 0),
        _ => None,
    }
}

/// Creditor reference (ISO 11649): RF, two check digits, up to 21 characters.
pub(super) fn creditor_reference(text: &str) -> Option<bool> {
    if !text.is_ascii() || !(5..=25).contains(&text.len()) || !text.starts_with("RF") {
        return None;
    }
    Some(mod_97(&format!("{}{}", &text[4..], &text[..4]))? == 1)
}

/// SEPA creditor identifier (EPC262-08, AT-02): country, check digits, business code, national part;
/// the business code is outside the check.
pub(super) fn sepa_creditor(text: &str) -> Option<bool> {
    if !text.is_ascii() || text.len() < 8 {
        return None;
    }
    Some(mod_97(&format!("{}{}", &text[7..], &text[..4]))? == 1)
}

/// Argentine account (CBU): two blocks with weights 3 1 7 9 from the right (BCRA, circular A 2532).
pub(super) fn argentine_account(text: &str) -> Option<bool> {
    let values = exactly(text, 22)?;
    let right = |block: &[i64]| {
        let weights = std::iter::once(1).chain([3, 1, 7, 9].into_iter().cycle());
        block.iter().rev().zip(weights).map(|(digit, weight)| digit * weight).sum::<i64>() % 10 == 0
    };
    Some(right(&values[..8]) && right(&values[8..]))
}

/// Czech account: prefix of up to six and root of up to ten digits, each with weights
/// 6 3 7 9 10 5 8 4 2 1 modulo 11 (ČNB decree 169/2011), then the code of the bank.
pub(super) fn czech_account(text: &str) -> Option<bool> {
    let (account, bank) = text.split_once('/')?;
    let (prefix, root) = account.split_once('-').unwrap_or(("", account));
    if !(2..=10).contains(&root.len()) || prefix.len() > 6 {
        return None;
    }
    exactly(bank, 4)?;
    let right = |part: &str| {
        let values = digits(&format!("{part:0>10}"))?;
        Some(weighted(&values, &[6, 3, 7, 9, 10, 5, 8, 4, 2, 1]) % 11 == 0)
    };
    Some(right(prefix)? && right(root)?)
}

/// Swiss ISR reference: recursive modulo 10 (SIX, "ESR Handbuch"), up to 27 digits.
pub(super) fn swiss_reference(text: &str) -> Option<bool> {
    const TABLE: [usize; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];
    let values = digits(text.trim_start_matches('0'))?;
    if values.len() > 27 {
        return None;
    }
    let (last, body) = values.split_last()?;
    let carry = body.iter().fold(0, |carry, digit| TABLE[(*digit as usize + carry) % 10]);
    Some((10 - carry as i64) % 10 == *last)
}

/// New Zealand account: bank, branch, base, suffix; the procedure depends on the bank
/// (Inland Revenue, "Bank account number validation", 2020).
pub(super) fn new_zealand_account(text: &str) -> Option<bool> {
    let parts: Vec<&str> = text.split([' ', '-']).collect();
    let joined = match parts.as_slice() {
        [bank, branch, base, suffix] => format!("{bank:0>2}{branch:0>4}{base:0>7}{suffix:0>3}"),
        parts => {
            let joined = parts.concat();
            let (head, suffix) = joined.split_at_checked(13)?;
            format!("{head}{suffix:0>3}")
        }
    };
    let values = exactly(&joined, 16)?;
    let low = number(&values[6..13]) < 990_000;
    let (weights, inner, outer): ([i64; 16], i64, i64) = match number(&values[..2]) {
        1..=4 | 6 | 10..=24 | 27 | 30 | 35 | 38 if low => ([0, 0, 6, 3, 7, 9, 0, 10, 5, 8, 4, 2, 1, 0, 0, 0], 11, 11),
        1..=4 | 6 | 10..=24 | 27 | 30 | 35 | 38 => ([0, 0, 0, 0, 0, 0, 0, 10, 5, 8, 4, 2, 1, 0, 0, 0], 11, 11),
        8 => ([0, 0, 0, 0, 0, 0, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0], 11, 11),
        9 => ([0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 4, 3, 2, 0, 0, 1], 9, 11),
        25 | 33 => ([0, 0, 0, 0, 0, 0, 1, 7, 3, 1, 7, 3, 1, 0, 0, 0], 10, 10),
        26 | 28 | 29 => ([0, 0, 0, 0, 0, 0, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1], 9, 10),
        31 => ([0; 16], 1, 1),
        _ => return None,
    };
    let products = values.iter().zip(weights).map(|(digit, weight)| digit * weight);
    let folded: i64 = products.map(|product| if product > inner { product % inner } else { product }).sum();
    Some(folded % outer == 0)
}

/// American routing number: weights 3 7 1 (ABA, "Routing number policy").
pub(super) fn american_routing(text: &str) -> Option<bool> {
    let values = exactly(text, 9)?;
    Some(weighted(&values, &[3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 == 0)
}

/// Belgian structured communication: ten digits and their remainder modulo 97 (Febelfin).
pub(super) fn belgian_communication(text: &str) -> Option<bool> {
    let values = exactly(text, 12)?;
    let rest = number(&values[..10]) % 97;
    Some(number(&values) > 0 && number(&values[10..]) == if rest == 0 { 97 } else { rest })
}
