//! E-mail addresses: one form for one mailbox, and the series that numbered mailboxes belong to.

use super::text;
use super::words::WORDS;

/// What can be compared of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The mailbox itself: folded, aliases of its provider undone.
    pub address: String,
    /// The part before the @ where it is particular enough to be recognised at another provider.
    pub local: Option<String>,
    /// Two overlapping windows of a numbered series ("anna17" and "anna19"), with the provider.
    pub series: Vec<String>,
}

/// The mailbox of an address; `None` when it has not the form of one.
///
/// Providers' own rules: Gmail ignores dots and what follows a plus and is also googlemail.com
/// (support.google.com/mail/answer/7436150); Outlook, iCloud, Fastmail and Proton take a plus.
pub fn normalise(value: &str) -> Option<Mailbox> {
    let plain = text::plain(value).trim().to_lowercase();
    let (local, domain) = plain.rsplit_once('@')?;
    if local.is_empty() || !domain.contains('.') || plain.contains(char::is_whitespace) {
        return None;
    }
    let domain = match domain {
        "googlemail.com" => "gmail.com",
        "me.com" | "mac.com" => "icloud.com",
        domain => domain,
    };
    let local = local.split_once('+').map_or(local, |(before, _)| before);
    let local = if domain == "gmail.com" { local.replace('.', "") } else { local.to_owned() };
    let bare: String = local.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let stem = bare.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = &bare[stem.len()..];
    let role = WORDS.roles.contains(stem) || stem.chars().count() < 5;
    let particular = !role && (number.len() >= 3 || stem.chars().count() >= 11);
    Some(Mailbox {
        address: format!("{local}@{domain}"),
        local: particular.then(|| bare.clone()),
        series: if role || number.len() < 2 { Vec::new() } else { windows(stem, number, domain) },
    })
}

/// Two grids of eight numbers, shifted by four: numbers at most four apart share one.
fn windows(stem: &str, number: &str, domain: &str) -> Vec<String> {
    let value: u64 = number.get(..number.len().min(15)).and_then(|number| number.parse().ok()).unwrap_or(0);
    [value / 8 * 2, (value + 4) / 8 * 2 + 1].map(|window| format!("{stem}#{}#{window}@{domain}", number.len())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_of_one_mailbox_are_one() {
        let one = normalise("Anna.Beispiel+shop@googlemail.com").unwrap();
        assert_eq!(one.address, "annabeispiel@gmail.com");
        assert_eq!(normalise(" annabeispiel@GMAIL.com ").unwrap().address, one.address);
        assert_ne!(
            normalise("anna.beispiel@example.org").unwrap().address,
            normalise("annabeispiel@example.org").unwrap().address
        );
    }

    #[test]
    fn neighbours_in_a_series_share_a_window_and_distant_numbers_do_not() {
        let series = |number: u32| normalise(&format!("beispiel{number}@example.org")).unwrap().series;
        let share = |a: u32, b: u32| series(a).iter().any(|window| series(b).contains(window));
        assert!((1_000..1_016).all(|number| share(number, number + 4)));
        assert!((1_000..1_016).all(|number| !share(number, number + 8)));
    }

    #[test]
    fn mailboxes_of_a_role_are_no_series_and_no_name() {
        let role = normalise("info@example.org").unwrap();
        assert!(role.local.is_none() && role.series.is_empty());
        assert!(normalise("service12@example.org").unwrap().series.is_empty());
        assert_eq!(normalise("nobody"), None);
        assert_eq!(normalise("@example.org"), None);
    }
}
