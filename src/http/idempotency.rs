//! `Idempotency-Key`: a request that is sent twice acts once.
//!
//! The header follows the IETF draft "The Idempotency-Key HTTP Header Field"
//! (draft-ietf-httpapi-idempotency-key-header-07): a structured-field string,
//! `Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"`. Many clients leave
//! the quotes out, so a bare token is read as the same key.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, Method, Uri};

use super::problem::{Problem, ProblemError, ProblemKind};
use crate::kernel::Digest;

/// The header's name.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest key, in characters: room for a UUID, a hash or a composed name.
const MAX_KEY_LENGTH: usize = 255;

/// A caller's own name for one request; 1 to 255 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// Why a text is not an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyKeyError {
    /// Nothing between the quotes.
    #[error("Idempotency-Key is empty; give 1 to 255 characters")]
    Empty,
    /// More characters than a key has.
    #[error("Idempotency-Key is longer than 255 characters; use a UUID or a hash")]
    TooLong,
    /// Characters that neither form allows.
    #[error("Idempotency-Key is not readable; write it in quotes, as in \"8e03978e-40d5-43dd-bc93-6894a57f9324\"")]
    Unreadable,
    /// Two headers.
    #[error("Idempotency-Key is there more than once; send one")]
    Repeated,
}

impl IdempotencyKey {
    /// Reads the header; `None` when the caller sent none.
    ///
    /// # Errors
    /// When the header is there but is not one readable key.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, IdempotencyKeyError> {
        let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(IdempotencyKeyError::Repeated);
        }
        let text = value.to_str().map_err(|_| IdempotencyKeyError::Unreadable)?;
        Self::parse(text).map(Some)
    }

    /// Reads the quoted form or a bare token.
    ///
    /// # Errors
    /// When the text is empty, too long, or holds characters that the form does not allow.
    pub fn parse(text: &str) -> Result<Self, IdempotencyKeyError> {
        let text = text.trim_matches([' ', '\t']);
        let key = match text.strip_prefix('"') {
            Some(rest) => unquote(rest)?,
            None => bare(text)?,
        };
        match key.len() {
            0 => Err(IdempotencyKeyError::Empty),
            1..=MAX_KEY_LENGTH => Ok(Self(key)),
            _ => Err(IdempotencyKeyError::TooLong),
        }
    }

    /// The key without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<IdempotencyKeyError> for Problem {
    fn from(error: IdempotencyKeyError) -> Self {
        let place = ProblemError::at_header(&IDEMPOTENCY_KEY, error.to_string());
        Problem::with_places(ProblemKind::InvalidHeader, vec![place])
    }
}

/// The string after its opening quote (RFC 9651 section 4.2.5); parameters are refused.
fn unquote(rest: &str) -> Result<String, IdempotencyKeyError> {
    let mut key = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if letters.as_str().is_empty() => return Ok(key),
            '\\' => match letters.next() {
                Some(escaped @ ('"' | '\\')) => key.push(escaped),
                _ => return Err(IdempotencyKeyError::Unreadable),
            },
            ' '..='~' if letter != '"' => key.push(letter),
            _ => return Err(IdempotencyKeyError::Unreadable),
        }
    }
    Err(IdempotencyKeyError::Unreadable)
}

/// A key without quotes: the letters of a token (RFC 9110) and those of base64 and URLs.
fn bare(text: &str) -> Result<String, IdempotencyKeyError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/=@".contains(&byte);
    if text.bytes().all(allowed) { Ok(text.to_owned()) } else { Err(IdempotencyKeyError::Unreadable) }
}

/// What makes two requests the same one: method, address with query, and body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub Digest);

impl Fingerprint {
    /// The fingerprint of a request whose whole body is `body`.
    ///
    /// Two JSON documents that mean the same but are written differently have
    /// different fingerprints: a retry repeats the bytes.
    pub fn of(method: &Method, uri: &Uri, body: &[u8]) -> Self {
        let address = uri.path_and_query().map_or(uri.path(), |both| both.as_str());
        // A NUL stands in neither a method nor an address, so the parts cannot run together.
        Self(Digest::of_parts(&[method.as_str().as_bytes(), b"\0", address.as_bytes(), b"\0", body]))
    }
}

/// The refusal for a key that was used with another request.
pub fn mismatch(key: &IdempotencyKey) -> Problem {
    let detail = format!("Idempotency-Key \"{key}\" was used for another request; use a new key for a new request");
    let place = ProblemError::at_header(&IDEMPOTENCY_KEY, detail);
    Problem::with_places(ProblemKind::IdempotencyMismatch, vec![place])
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    #[test]
    fn the_quoted_and_the_bare_form_name_the_same_key() {
        let quoted = IdempotencyKey::parse("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"").unwrap();
        assert_eq!(IdempotencyKey::parse(" 8e03978e-40d5-43dd-bc93-6894a57f9324 ").unwrap(), quoted);
        assert_eq!(IdempotencyKey::parse(r#""a \"b\" \\ c""#).unwrap().as_str(), r#"a "b" \ c"#);
    }

    #[test]
    fn an_unreadable_key_is_refused_and_never_ignored() {
        use IdempotencyKeyError::{Empty, TooLong, Unreadable};
        for (text, expected) in [
            ("", Empty),
            ("\"\"", Empty),
            ("\"open", Unreadable),
            ("\"a\"b", Unreadable),
            ("\"a\";p=1", Unreadable),
            (r#""a\n""#, Unreadable),
            ("two words", Unreadable),
            ("a,b", Unreadable),
            ("kéy", Unreadable),
        ] {
            assert_eq!(IdempotencyKey::parse(text), Err(expected), "{text}");
        }
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        assert_eq!(IdempotencyKey::parse(&"k".repeat(256)), Err(TooLong));
    }

    #[test]
    fn two_headers_are_refused() {
        let mut headers = HeaderMap::new();
        assert_eq!(IdempotencyKey::from_headers(&headers), Ok(None));
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a"));
        assert_eq!(IdempotencyKey::from_headers(&headers).unwrap().unwrap().as_str(), "a");
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("b"));
        assert_eq!(IdempotencyKey::from_headers(&headers), Err(IdempotencyKeyError::Repeated));
    }

    #[test]
    fn any_difference_in_the_request_changes_its_fingerprint() {
        let of = |method, uri: &str, body: &str| Fingerprint::of(&method, &uri.parse().unwrap(), body.as_bytes());
        let first = of(Method::POST, "/v1/listings?x=1", "{}");
        assert_eq!(of(Method::POST, "/v1/listings?x=1", "{}"), first);
        assert_eq!(of(Method::POST, "https://other.example/v1/listings?x=1", "{}"), first);
        for other in [
            of(Method::PUT, "/v1/listings?x=1", "{}"),
            of(Method::POST, "/v1/listings?x=2", "{}"),
            of(Method::POST, "/v1/listings", "{}"),
            of(Method::POST, "/v1/listings?x=1", "{ }"),
        ] {
            assert_ne!(other, first);
        }
    }

    proptest! {
        #[test]
        fn a_quoted_key_survives_its_escapes(key in "[ -~]{1,255}") {
            let escaped = key.replace('\\', r"\\").replace('"', "\\\"");
            let parsed = IdempotencyKey::parse(&format!("\"{escaped}\"")).unwrap();
            prop_assert_eq!(parsed.as_str(), key);
        }

        #[test]
        fn no_header_text_breaks_the_reader(text in "\\PC{0,300}") {
            let _ = IdempotencyKey::parse(&text);
        }
    }
}
