//! Shows that a value is shared without showing the value.

use super::normalise::text;

/// Number of characters and the last two: "…34 (22 characters)".
pub(super) fn tail(value: &str) -> String {
    let letters: Vec<char> = text::compact(value).chars().collect();
    match letters.len() {
        0..=5 => format!("… ({} characters)", letters.len()),
        count => format!("…{}{} ({count} characters)", letters[count - 2], letters[count - 1]),
    }
}

/// First letter and, of the large providers that many share, the domain: "a…@gmail.com".
pub(super) fn mailbox(address: &str) -> String {
    const SHARED: [&str; 12] = [
        "gmail.com",
        "outlook.com",
        "hotmail.com",
        "yahoo.com",
        "icloud.com",
        "qq.com",
        "163.com",
        "126.com",
        "foxmail.com",
        "gmx.de",
        "web.de",
        "mail.ru",
    ];
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let domain = if SHARED.contains(&domain) { domain } else { "…" };
    format!("{}…@{domain}", local.chars().next().unwrap_or('…'))
}

/// Initials: "a. b.".
pub(super) fn initials(words: &str) -> String {
    let initials: Vec<String> = words
        .split_whitespace()
        .take(4)
        .filter_map(|word| word.chars().next())
        .map(|first| format!("{first}."))
        .collect();
    if initials.is_empty() { "…".to_owned() } else { initials.join(" ") }
}

/// The network of an address: "203.0.…".
pub(super) fn network(address: &str) -> String {
    let separator = if address.contains(':') { ':' } else { '.' };
    let parts: Vec<&str> = address.split(separator).take(2).collect();
    format!("{}{separator}…", parts.join(&separator.to_string()))
}

/// A public name, cut to sixty characters.
pub(super) fn public(name: &str) -> String {
    let cut: String = name.chars().take(60).collect();
    if cut.len() < name.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hint_holds_the_value() {
        assert_eq!(tail("DE02 1203 0000 0000 2020 51"), "…51 (22 characters)");
        assert_eq!(tail("4711"), "… (4 characters)");
        assert_eq!(mailbox("anna@gmail.com"), "a…@gmail.com");
        assert_eq!(mailbox("anna@anna-beispiel.example"), "a…@…");
        assert_eq!(initials("anna beispiel"), "a. b.");
        assert_eq!(network("203.0.113.7"), "203.0.…");
        assert_eq!(public(&"x".repeat(5_000)).chars().count(), 61);
    }
}
