//! Conditional requests (RFC 9110 section 13): entity tags, `If-Match`, `If-None-Match`.
//!
//! A change of a stored thing must name the version it changes, so that two
//! people cannot undo each other's work without noticing.

use std::fmt;

use axum::http::{HeaderMap, HeaderValue, header};

use super::problem::{Problem, ProblemError, ProblemKind};
use crate::kernel::Digest;

/// Most tags read from one header line.
const MAX_TAGS: usize = 32;

/// A strong entity tag: the same tag means the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag(String);

impl EntityTag {
    /// The tag of the `number`-th version of a thing.
    pub fn of_version(number: i64) -> Self {
        Self(format!("v{number}"))
    }

    /// The tag of the `number`-th version of a thing that is shown with a judgement of it: it
    /// changes when the thing is judged anew, and names the version all the same.
    pub fn of_judged(number: i64, judgement: impl fmt::Display) -> Self {
        Self(format!("v{number}.{judgement}"))
    }

    /// The tag of content with this digest.
    pub fn of_digest(digest: &Digest) -> Self {
        Self(digest.to_string())
    }

    /// The value of an `ETag` header: the tag in quotes.
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.to_string()).expect("a tag is made of letters and digits only")
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{}\"", self.0)
    }
}

/// Whether the caller already holds `current`, so that 304 Not Modified is the answer.
///
/// Weak tags count (RFC 9110, 13.1.2): a proxy that compresses makes tags weak. An unreadable
/// `If-None-Match` is as good as none: the full answer is always right.
pub fn caller_has(headers: &HeaderMap, current: &EntityTag) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|text| text.split(',').take(MAX_TAGS)).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == current.to_string()
    })
}

/// The version that `If-Match` names, if it was sent; `"v0"` = nothing is there yet.
///
/// # Errors
/// `invalid-header` when it is not a tag that [`EntityTag::of_version`] or [`EntityTag::of_judged`] makes.
pub fn expected_version(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let tag = text.strip_prefix("\"v").and_then(|rest| rest.strip_suffix('"'));
    let digits = tag.map(|tag| tag.split_once('.').map_or(tag, |(digits, _)| digits));
    let wrong = || {
        let detail = "is not a version tag; send the ETag of the version you read, such as \"v3\"";
        Problem::with_places(ProblemKind::InvalidHeader, vec![ProblemError::at_header(&header::IF_MATCH, detail)])
    };
    digits.and_then(|digits| digits.parse().ok()).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_caller_with_the_current_bytes_is_told_so() {
        let current = EntityTag::of_digest(&Digest::of(b"content"));
        let tag = current.header_value();
        let mut given = HeaderMap::new();
        given.append(header::IF_NONE_MATCH, tag.clone());
        assert!(caller_has(&given, &current));
        given.insert(header::IF_NONE_MATCH, HeaderValue::from_str(&format!("W/{}", tag.to_str().unwrap())).unwrap());
        assert!(caller_has(&given, &current));
        assert!(!caller_has(&headers(header::IF_NONE_MATCH, &["\"other\""]), &current));
        assert!(!caller_has(&headers(header::IF_NONE_MATCH, &["broken"]), &current));
        assert!(!caller_has(&HeaderMap::new(), &current));
    }
}
