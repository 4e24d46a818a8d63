//! The address under which browsers reach the service.
//!
//! Links in mail and on the terminal begin with it, and it decides about cookies: over
//! `https` they are marked so that they never travel in the clear.

use std::fmt;
use std::str::FromStr;

/// Scheme, host and port, without a slash at the end: `https://assay.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The text is no such address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no address of a site; write https://assay.example.com, without a path")]
pub struct ParsePublicUrlError(String);

impl PublicUrl {
    /// Whether browsers come over TLS.
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The whole address of a path that begins with a slash.
    pub fn with_path(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl Default for PublicUrl {
    fn default() -> Self {
        Self("http://127.0.0.1:8080".to_owned())
    }
}

impl FromStr for PublicUrl {
    type Err = ParsePublicUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParsePublicUrlError(text.chars().take(80).collect());
        let whole = text.strip_suffix('/').unwrap_or(text);
        let host = whole.strip_prefix("https://").or_else(|| whole.strip_prefix("http://")).ok_or_else(wrong)?;
        let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-:[]".contains(letter);
        if host.is_empty() || !host.chars().all(plain) {
            return Err(wrong());
        }
        Ok(Self(whole.to_ascii_lowercase()))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_and_a_host() {
        for (text, shown, secure) in [
            ("https://Assay.example.com/", "https://assay.example.com", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", false),
            ("http://[::1]:80", "http://[::1]:80", false),
        ] {
            let read: PublicUrl = text.parse().unwrap();
            assert_eq!((read.to_string().as_str(), read.is_secure()), (shown, secure));
            assert_eq!(read.with_path("/x"), format!("{shown}/x"));
        }
        for bad in ["assay.example.com", "https://", "https://a/b", "ftp://a", "https://u@a", "https://a?x", ""] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
    }
}
