//! Keyed hashes in place of personal values: the index can tell that two are equal and nothing more.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A value of one kind, seen only through a keyed hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Token(pub(super) u64);

/// The key of the hashes. Whoever has it can test guesses of phone numbers against an index;
/// keep it where the database is not.
#[derive(Clone)]
pub struct LinkKey(Hmac<Sha256>);

impl LinkKey {
    /// A key of any bytes; 32 random ones are right.
    pub fn new(secret: &[u8]) -> Self {
        Self(<Hmac<Sha256>>::new_from_slice(secret).expect("HMAC takes keys of any length"))
    }

    /// The token of `value` in the space `space` ("phone", "bank account" …).
    ///
    /// HMAC-SHA-256 (RFC 2104) cut to 64 bits: among 40 million values about one false equality
    /// in twenty thousand registries is expected, and it would still need a second evidence.
    pub fn token(&self, space: &str, value: &str) -> Token {
        let mut mac = self.0.clone();
        mac.update(space.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        let bytes = mac.finalize().into_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&bytes[..8]);
        Token(u64::from_be_bytes(first))
    }
}

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("LinkKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_depend_on_key_space_and_value_and_the_key_is_never_shown() {
        let (key, other) = (LinkKey::new(b"one"), LinkKey::new(b"two"));
        let token = key.token("phone", "+4930");
        assert_eq!(token, key.token("phone", "+4930"));
        assert_ne!(token, other.token("phone", "+4930"));
        assert_ne!(token, key.token("device", "+4930"));
        assert_ne!(key.token("a", "bc"), key.token("ab", "c"));
        assert_eq!(format!("{key:?}"), "LinkKey(…)");
    }
}
