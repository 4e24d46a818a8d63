//! Check-digit procedures shared by many identifiers, and small helpers to read digits.

/// Values of an all-digit text; `None` when it is empty or anything else stands in it.
pub(super) fn digits(text: &str) -> Option<Vec<i64>> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.bytes().map(|byte| i64::from(byte - b'0')).collect())
}

/// Values of exactly `count` digits.
pub(super) fn exactly(text: &str, count: usize) -> Option<Vec<i64>> {
    digits(text).filter(|digits| digits.len() == count)
}

/// Whether the text is `count` ASCII digits.
pub(super) fn is_digits(text: &str, count: usize) -> bool {
    exactly(text, count).is_some()
}

/// Whether `text` has the shape of `pattern`, character for character: `9` a digit, `A` an
/// upper-case letter, `X` either, anything else itself.
pub(super) fn looks_like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, shape)| match shape {
            b'9' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_uppercase(),
            b'X' => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
            _ => byte == shape,
        })
}

/// Sum of digits times weights, pair by pair, as far as the shorter of the two goes.
pub(super) fn weighted(digits: &[i64], weights: &[i64]) -> i64 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// Sum of digits times descending weights `first, first - 1, …`.
pub(super) fn descending(digits: &[i64], first: i64) -> i64 {
    digits.iter().zip(0..).map(|(digit, at)| digit * (first - at)).sum()
}

/// Sum of digits times ascending weights `first, first + 1, …`.
pub(super) fn ascending(digits: &[i64], first: i64) -> i64 {
    digits.iter().zip(first..).map(|(digit, weight)| digit * weight).sum()
}

/// The number that the digits write; callers pass at most 18 of them.
pub(super) fn number(digits: &[i64]) -> i64 {
    debug_assert!(digits.len() <= 18, "more digits than an i64 holds");
    digits.iter().fold(0, |number, digit| number.wrapping_mul(10).wrapping_add(*digit))
}

/// The number that the digits write, modulo `modulus`; any length.
pub(super) fn remainder(digits: &[i64], modulus: i64) -> i64 {
    digits.iter().fold(0, |number, digit| (number * 10 + digit) % modulus)
}

/// Value of a character in `alphabet`.
pub(super) fn place(alphabet: &str, letter: char) -> Option<i64> {
    alphabet.chars().position(|own| own == letter).map(|place| place as i64)
}

/// Values of all characters in `alphabet`; `None` when one is not in it or the text is empty.
pub(super) fn places(alphabet: &str, text: &str) -> Option<Vec<i64>> {
    let values: Option<Vec<i64>> = text.chars().map(|letter| place(alphabet, letter)).collect();
    values.filter(|values| !values.is_empty())
}

/// The character at `place` of an ASCII alphabet.
pub(super) fn letter(alphabet: &str, place: i64) -> Option<char> {
    usize::try_from(place).ok().and_then(|place| alphabet.chars().nth(place))
}

/// Digits, then letters: the alphabet of ISO 7064 and of most alphanumeric numbers.
pub(super) const BASE_36: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Luhn remainder in base `base` (ISO/IEC 7812-1 annex B for base 10): 0 when the check digit is right.
pub(super) fn luhn_remainder(values: &[i64], base: i64) -> i64 {
    let doubled = |value: i64| (value * 2) / base + (value * 2) % base;
    let from_right = values.iter().rev().enumerate();
    from_right.map(|(at, value)| if at % 2 == 1 { doubled(*value) } else { *value }).sum::<i64>() % base
}

/// Whether the last digit is the Luhn check digit of the others.
pub(super) fn luhn(values: &[i64]) -> bool {
    !values.is_empty() && luhn_remainder(values, 10) == 0
}

/// Remainder of ISO 7064 MOD 97-10, letters counting 10 … 35; 1 when the check digits are right.
pub(super) fn mod_97(text: &str) -> Option<i64> {
    let values = places(BASE_36, text)?;
    let shift = |value: i64| if value > 9 { 100 } else { 10 };
    Some(values.iter().fold(0, |rest, value| (rest * shift(*value) + value) % 97))
}

/// ISO 7064 hybrid system MOD (m+1, m): MOD 11,10 for `modulus` 10, MOD 37,36 for 36.
pub(super) fn hybrid(values: &[i64], modulus: i64) -> bool {
    let start = modulus / 2;
    let end = values.iter().fold(start, |check, value| {
        let product = if check == 0 { modulus } else { check } * 2 % (modulus + 1);
        (product + value) % modulus
    });
    end == 1 && !values.is_empty()
}

/// ISO 7064 pure system with radix 2: MOD 11-2 for `modulus` 11, MOD 37-2 for 37.
pub(super) fn pure(values: &[i64], modulus: i64) -> bool {
    !values.is_empty() && values.iter().fold(0, |check, value| (2 * check + value) % modulus) == 1
}

/// Values for [`pure`] MOD 11-2: digits, and X for ten in the last place.
pub(super) fn with_final_x(text: &str) -> Option<Vec<i64>> {
    let (body, last) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let mut values = digits(body)?;
    values.push(if last == "X" { 10 } else { *digits(last)?.first()? });
    Some(values)
}

/// The dihedral group D5 of Verhoeff's scheme (J. Verhoeff, "Error detecting decimal codes", 1969).
fn dihedral(left: i64, right: i64) -> i64 {
    match (left < 5, right < 5) {
        (true, true) => (left + right) % 5,
        (true, false) => (left + right) % 5 + 5,
        (false, true) => (left - right).rem_euclid(5) + 5,
        (false, false) => (left - right).rem_euclid(5),
    }
}

/// Whether the last digit is the Verhoeff check digit of the others.
pub(super) fn verhoeff(values: &[i64]) -> bool {
    const PERMUTATION: [i64; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let permuted = |value: i64, times: usize| (0..times % 8).fold(value, |value, _| PERMUTATION[value as usize]);
    let from_right = values.iter().rev().enumerate();
    !values.is_empty() && from_right.fold(0, |check, (at, value)| dihedral(check, permuted(*value, at))) == 0
}

/// Whether the last digit is the Damm check digit of the others (H. M. Damm, 2004; the quasigroup of order 10).
pub(super) fn damm(values: &[i64]) -> bool {
    const TABLE: [&[u8; 10]; 10] = [
        b"0317598642",
        b"7092154863",
        b"4206871359",
        b"1750983426",
        b"6123045978",
        b"3674209581",
        b"5869720134",
        b"8945362017",
        b"9438617205",
        b"2581436790",
    ];
    let end = values.iter().fold(0, |row: usize, value| usize::from(TABLE[row][*value as usize] - b'0'));
    end == 0 && !values.is_empty()
}

/// Whether there is such a day in the Gregorian calendar.
pub(super) fn is_date(year: i64, month: i64, day: i64) -> bool {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// Whether a birth date written with two-digit year exists in one of two centuries.
pub(super) fn is_date_in_some_century(year: i64, month: i64, day: i64) -> bool {
    is_date(1900 + year, month, day) || is_date(2000 + year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_procedures_agree_with_their_published_examples() {
        // Luhn's patent US 2950048 example as used by ISO/IEC 7812; Wikipedia "Verhoeff", "Damm".
        assert!(luhn(&digits("79927398713").unwrap()));
        assert!(verhoeff(&digits("2363").unwrap()));
        assert!(damm(&digits("5724").unwrap()));
        // ISO 7064: 0794 with MOD 11,10 check digit 5; 0794 with MOD 11-2 check character 0;
        // 794 with MOD 97-10 check digits 44.
        assert!(hybrid(&digits("07945").unwrap(), 10));
        assert!(pure(&with_final_x("07940").unwrap(), 11));
        assert_eq!(mod_97("79444"), Some(1));
    }

    #[test]
    fn dates_follow_the_calendar() {
        assert!(is_date(2000, 2, 29) && !is_date(1900, 2, 29) && !is_date(2023, 4, 31) && !is_date(2023, 13, 1));
    }

    #[test]
    fn shapes_are_exact() {
        assert!(looks_like("AB12", "AA99") && !looks_like("AB1", "AA99") && looks_like("a-9", "a-9"));
    }
}
