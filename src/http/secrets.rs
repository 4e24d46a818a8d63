//! API keys: how one is written, what is stored of it, how it is compared.
//!
//! A key is shown once, when it is made: `ak_<id>_<secret>`. The id finds the
//! row, the secret proves possession. Only a SHA-256 of the whole text is
//! stored. A plain, fast hash is right here, unlike for passwords: the secret is
//! 256 random bits, so there is nothing to guess that a slow hash would protect,
//! and every request pays for the hash.

use std::fmt;
use std::str::FromStr;

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;

use super::problem::{Problem, ProblemError, ProblemKind};
use crate::kernel::Digest;
use crate::kernel::id::{self, ApiKeyId};

/// What every key begins with; secret scanners can look for it.
const PREFIX: &str = "ak_";

/// Characters of the id and of each half of the secret.
const PART: usize = 26;

/// An API key in full. Its `Debug` shows the id alone, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: ApiKeyId,
    text: String,
}

/// What is stored of a key: SHA-256 of its text form.
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

/// The text is not an API key. It is not repeated here: it may be a mistyped one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the API key is not readable; expected ak_, an id, _ and a secret, 82 characters in all")]
pub struct ParseApiKeyError;

impl ApiKey {
    /// Makes a key from an id and 256 bits of a cryptographic random source.
    pub fn new(id: ApiKeyId, random: [u8; 32]) -> Self {
        let (mut first, mut second) = ([0; 16], [0; 16]);
        first.copy_from_slice(&random[..16]);
        second.copy_from_slice(&random[16..]);
        let encode = |half: [u8; 16]| id::encode(uuid::Uuid::from_bytes(half));
        let text = format!("{PREFIX}{}_{}{}", id::encode(id.uuid()), encode(first), encode(second));
        Self { id, text }
    }

    /// The public part: names the key in lists, logs and the database.
    pub fn id(&self) -> ApiKeyId {
        self.id
    }

    /// What to store, and what to compare with what is stored.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Digest::of(self.text.as_bytes()).0)
    }

    /// The whole key, to be shown once to the person who asked for it.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The key in `Authorization: Bearer ak_…`.
    ///
    /// # Errors
    /// `unauthenticated` when the header is missing, is of another scheme, or holds no key.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, Problem> {
        let refuse = |detail: &str| {
            let place = ProblemError::at_header(&header::AUTHORIZATION, detail);
            Problem::with_places(ProblemKind::Unauthenticated, vec![place])
        };
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Err(refuse("no API key; send Authorization: Bearer ak_…"));
        };
        if values.next().is_some() {
            return Err(refuse("Authorization is there more than once; send one"));
        }
        let text = value.to_str().unwrap_or_default();
        match text.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => {
                key.trim().parse().map_err(|error: ParseApiKeyError| refuse(&error.to_string()))
            }
            _ => Err(refuse("Authorization is not of the Bearer scheme; send Authorization: Bearer ak_…")),
        }
    }
}

impl FromStr for ApiKey {
    type Err = ParseApiKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, secret) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).ok_or(ParseApiKeyError)?;
        let id = id::decode(id).map(ApiKeyId::from_uuid).ok_or(ParseApiKeyError)?;
        let (first, second) = secret.split_at_checked(PART).ok_or(ParseApiKeyError)?;
        if id::decode(first).is_none() || id::decode(second).is_none() {
            return Err(ParseApiKeyError);
        }
        Ok(Self { id, text: text.to_owned() })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ApiKey({}, secret hidden)", self.id)
    }
}

impl KeyHash {
    /// A hash as it was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are the hash of one key, in a time that does not depend on where they differ.
    pub fn matches(&self, other: &KeyHash) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("KeyHash(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn key(secret: u8) -> ApiKey {
        ApiKey::new(ApiKeyId::from_uuid(uuid::Uuid::from_u128(7)), [secret; 32])
    }

    #[test]
    fn a_key_survives_its_text_form() {
        let made = key(0xa5);
        assert_eq!(made.reveal().len(), 82);
        let read: ApiKey = made.reveal().parse().unwrap();
        assert_eq!(read, made);
        assert!(read.hash().matches(&made.hash()));
        assert!(KeyHash::from_bytes(*made.hash().bytes()).matches(&read.hash()));
    }

    #[test]
    fn another_secret_or_id_does_not_match() {
        assert!(!key(1).hash().matches(&key(2).hash()));
        let other_id = ApiKey::new(ApiKeyId::from_uuid(uuid::Uuid::from_u128(8)), [1; 32]);
        assert!(!key(1).hash().matches(&other_id.hash()));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let whole = key(3).reveal().to_owned();
        let long = format!("{whole}0");
        for text in ["", "ak_", "ak__", &whole[1..], &whole[..81], &long, "ak_é_é", &whole.replace("ak_", "sk_")] {
            assert_eq!(text.parse::<ApiKey>(), Err(ParseApiKeyError), "{text}");
        }
    }

    #[test]
    fn neither_debug_form_shows_the_secret() {
        let made = key(4);
        let shown = format!("{made:?} {:?}", made.hash());
        assert!(shown.contains(&made.id().to_string()));
        assert!(!shown.contains(&made.reveal()[30..]));
        assert!(!shown.contains(&hex::encode(made.hash().bytes())));
    }

    #[test]
    fn only_a_bearer_key_authenticates() {
        let whole = key(5).reveal().to_owned();
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            ApiKey::from_headers(&headers).map(|key| key.id()).map_err(|problem| problem.kind())
        };
        assert_eq!(with(&format!("Bearer {whole}")), Ok(key(5).id()));
        assert_eq!(with(&format!("bearer {whole}")), Ok(key(5).id()));
        for refused in [whole.clone(), format!("Basic {whole}"), "Bearer ".to_owned(), "Bearer x".to_owned()] {
            assert_eq!(with(&refused), Err(ProblemKind::Unauthenticated), "{refused}");
        }
        let missing = ApiKey::from_headers(&HeaderMap::new()).unwrap_err();
        assert_eq!(missing.kind(), ProblemKind::Unauthenticated);
    }
}
