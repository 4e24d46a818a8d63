//! Telephone numbers in E.164 form.

use super::text;

/// Calling codes with the digit that is dialled before national numbers and the lengths that
/// national numbers have without it. ITU-T E.164 (list of assigned country codes, 2024) and the
/// national numbering plans it refers to. Italy keeps its zero.
const PLANS: &[(&str, &str, &str, std::ops::RangeInclusive<usize>)] = &[
    ("AE", "971", "0", 8..=9),
    ("AT", "43", "0", 4..=13),
    ("AU", "61", "0", 9..=9),
    ("BD", "880", "0", 8..=10),
    ("BE", "32", "0", 8..=9),
    ("BG", "359", "0", 7..=9),
    ("BR", "55", "0", 10..=11),
    ("CA", "1", "1", 10..=10),
    ("CH", "41", "0", 9..=9),
    ("CN", "86", "0", 9..=11),
    ("CY", "357", "", 8..=8),
    ("CZ", "420", "", 9..=9),
    ("DE", "49", "0", 6..=13),
    ("DK", "45", "", 8..=8),
    ("EE", "372", "", 7..=8),
    ("ES", "34", "", 9..=9),
    ("FI", "358", "0", 5..=11),
    ("FR", "33", "0", 9..=9),
    ("GB", "44", "0", 9..=10),
    ("GR", "30", "", 10..=10),
    ("HK", "852", "", 8..=8),
    ("HR", "385", "0", 8..=9),
    ("HU", "36", "06", 8..=9),
    ("ID", "62", "0", 8..=12),
    ("IE", "353", "0", 7..=9),
    ("IL", "972", "0", 8..=9),
    ("IN", "91", "0", 10..=10),
    ("IT", "39", "", 6..=11),
    ("JP", "81", "0", 9..=10),
    ("KR", "82", "0", 8..=10),
    ("LT", "370", "0", 8..=8),
    ("LU", "352", "", 6..=11),
    ("LV", "371", "", 8..=8),
    ("MO", "853", "", 8..=8),
    ("MT", "356", "", 8..=8),
    ("MX", "52", "", 10..=10),
    ("MY", "60", "0", 8..=10),
    ("NL", "31", "0", 9..=9),
    ("NO", "47", "", 8..=8),
    ("PH", "63", "0", 9..=10),
    ("PK", "92", "0", 9..=10),
    ("PL", "48", "", 9..=9),
    ("PT", "351", "", 9..=9),
    ("RO", "40", "0", 9..=9),
    ("RU", "7", "8", 10..=10),
    ("SE", "46", "0", 7..=9),
    ("SG", "65", "", 8..=8),
    ("SI", "386", "0", 8..=8),
    ("SK", "421", "0", 9..=9),
    ("TH", "66", "0", 8..=9),
    ("TR", "90", "0", 10..=10),
    ("TW", "886", "0", 8..=9),
    ("UA", "380", "0", 9..=9),
    ("US", "1", "1", 10..=10),
    ("VN", "84", "0", 9..=10),
    ("ZA", "27", "0", 9..=9),
];

/// The number with its calling code, digits only, as far as `country` (two letters) or the number
/// itself tells the code; national digits otherwise. `None` under seven digits.
pub fn normalise(value: &str, country: Option<&str>) -> Option<String> {
    let plain = text::plain(value).replace("(0)", "");
    let international = plain.trim_start_matches([' ', '(']).starts_with('+');
    let digits: String = plain.chars().filter(char::is_ascii_digit).take(20).collect();
    let country = country.map(str::to_ascii_uppercase);
    let home = PLANS.iter().find(|plan| country.as_deref() == Some(plan.0));
    let abroad = if international { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    let number = match (abroad, home) {
        (Some(rest), _) => with_code(rest),
        (None, Some(plan)) => national(&digits, plan),
        (None, None) => digits.clone(),
    };
    (7..=15).contains(&number.len()).then_some(number)
}

/// An international number, without a trunk digit that was left in after the code.
fn with_code(digits: &str) -> String {
    // The longest code that fits; no code begins another, but the table does not hold all.
    let plan = (1..=3).rev().find_map(|length| {
        let (code, rest) = digits.split_at_checked(length)?;
        PLANS.iter().find(|plan| plan.1 == code).map(|plan| (plan, rest))
    });
    match plan {
        Some((plan, rest)) => format!("{}{}", plan.1, without_trunk(rest, plan)),
        None => digits.to_owned(),
    }
}

type Plan = (&'static str, &'static str, &'static str, std::ops::RangeInclusive<usize>);

fn without_trunk<'a>(digits: &'a str, plan: &Plan) -> &'a str {
    let bare = digits.strip_prefix(plan.2).filter(|bare| !plan.2.is_empty() && plan.3.contains(&bare.len()));
    bare.unwrap_or(digits)
}

fn national(digits: &str, plan: &Plan) -> String {
    let bare = without_trunk(digits, plan);
    // People leave the plus out: a number that is too long for the country and begins with its code.
    match digits.strip_prefix(plan.1) {
        Some(rest) if !plan.3.contains(&bare.len()) && plan.3.contains(&without_trunk(rest, plan).len()) => {
            format!("{}{}", plan.1, without_trunk(rest, plan))
        }
        _ => format!("{}{bare}", plan.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    // Ofcom's and the FCC's numbers for drama.
    #[case("020 7946 0018", "GB", "442079460018")]
    #[case("+44 (0)20 7946 0018", "GB", "442079460018")]
    #[case("0044 020 7946 0018", "FR", "442079460018")]
    #[case("(212) 555-0143", "US", "12125550143")]
    #[case("1-212-555-0143", "US", "12125550143")]
    #[case("001 212 555 0143", "CN", "12125550143")]
    #[case("06 698 1234", "IT", "39066981234")]
    #[case("86 139 0000 0000", "CN", "8613900000000")]
    #[case("０２０ ７９４６ ００１８", "gb", "442079460018")]
    fn one_number_has_one_form(#[case] written: &str, #[case] country: &str, #[case] expected: &str) {
        assert_eq!(normalise(written, Some(country)).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_no_number_gives_nothing() {
        assert_eq!(normalise("", Some("DE")), None);
        assert_eq!(normalise("n/a", None), None);
        assert_eq!(normalise(&"7".repeat(5_000), None), None);
    }
}
