//! Secrets that are shown once: 256 random bits as 52 letters; what is stored is their SHA-256.

use std::fmt;
use std::str::FromStr;

use crate::kernel::{Digest, id};

/// Letters of each half.
const PART: usize = 26;

/// A secret in full. Its `Debug` hides it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The text is no secret of this form. It is not repeated here: it may be a mistyped one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not readable; expected 52 letters and digits, copied whole")]
pub struct ParseSecretError;

impl Secret {
    /// Makes a secret from 256 bits of a cryptographic random source.
    pub fn new(random: [u8; 32]) -> Self {
        let half = |from: usize| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&random[from..from + 16]);
            id::encode(uuid::Uuid::from_bytes(bytes))
        };
        Self([half(0), half(16)].concat())
    }

    /// What to store, and what to look it up by: the secret has nothing to guess, so the
    /// time that a look-up takes says nothing.
    pub fn hash(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    /// The whole secret, for the one it is made for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = ParseSecretError;

    fn from_str(text: &str) -> Result<Self, ParseSecretError> {
        let (first, second) = text.split_at_checked(PART).ok_or(ParseSecretError)?;
        match id::decode(first).and(id::decode(second)) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(ParseSecretError),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_its_text_and_nothing_else_is_read() {
        let made = Secret::new([0xa5; 32]);
        assert_eq!(made.reveal().len(), 52);
        assert_eq!(made.reveal().parse::<Secret>().unwrap().hash(), made.hash());
        assert_ne!(Secret::new([0xa4; 32]).hash(), made.hash());
        let long = format!("{}0", made.reveal());
        for text in ["", "é", &made.reveal()[1..], &long, &made.reveal().to_uppercase()] {
            assert_eq!(text.parse::<Secret>(), Err(ParseSecretError), "{text}");
        }
        assert_eq!(format!("{made:?}"), "Secret(hidden)");
    }
}
