//! Bank accounts and numbers of registers and documents.

use super::text;
use super::words::WORDS;

/// An account number without spaces and in upper case; `None` under six characters.
pub fn account(value: &str) -> Option<String> {
    Some(text::compact(value)).filter(|compact| compact.len() >= 6 && compact.len() <= 64)
}

/// Whether the name of the bank is that of a provider that hands one account to many customers.
pub fn is_pooled(bank: &str) -> bool {
    text::folded_words(bank).iter().any(|word| WORDS.pooled.contains(word))
}

/// A register or document number; `None` when it is too short to say anything or holds one
/// character only ("0000000").
pub fn number(value: &str) -> Option<String> {
    let compact = text::compact(value);
    let varied = compact.bytes().any(|byte| Some(byte) != compact.bytes().next());
    (varied && (5..=64).contains(&compact.len())).then_some(compact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_case_and_fillers_do_not_matter() {
        assert_eq!(account("gb82 west-1234 5698 7654 32"), account("GB82WEST12345698765432"));
        assert_eq!(number("0000000"), None);
        assert_eq!(number("n/a"), None);
        assert!(is_pooled("PAYONEER (pooled)") && !is_pooled("Sparkasse"));
    }
}
