//! Conditional requests (RFC 9110 section 13): entity tags, `If-Match`, `If-None-Match`.
//!
//! A change of a stored thing must name the version it changes, so that two
//! people cannot undo each other's work without noticing.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::problem::{Problem, ProblemError, ProblemKind};
use crate::kernel::Digest;

/// Most tags read from one header; a longer list is refused.
const MAX_TAGS: usize = 32;

/// A strong entity tag: the same tag means the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag(String);

impl EntityTag {
    /// The tag of the `number`-th version of a thing.
    pub fn of_version(number: i64) -> Self {
        Self(format!("v{number}"))
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

/// Lets a change pass when `If-Match` names `current`.
///
/// # Errors
/// `precondition-required` (428) without the header, `precondition-failed` (412)
/// when it names other versions, `invalid-header` (400) when it is unreadable.
/// `If-Match: *` asks only that the thing exists, which the caller has checked.
pub fn require_match(headers: &HeaderMap, current: &EntityTag) -> Result<(), Problem> {
    let Some(given) = TagList::read(headers, &header::IF_MATCH)? else {
        let detail = format!("send If-Match with the version to change; the current one is {current}");
        return Err(Problem::new(ProblemKind::PreconditionRequired, detail));
    };
    if given.names_strongly(current) {
        return Ok(());
    }
    let detail = format!("If-Match does not name the current version {current}; read the resource again");
    let place = ProblemError::at_header(&header::IF_MATCH, detail);
    Err(Problem::with_places(ProblemKind::PreconditionFailed, vec![place]))
}

/// Whether the caller already holds `current`, so that 304 Not Modified is the answer.
///
/// An unreadable `If-None-Match` is as good as none: the full answer is always right.
pub fn caller_has(headers: &HeaderMap, current: &EntityTag) -> bool {
    match TagList::read(headers, &header::IF_NONE_MATCH) {
        Ok(Some(given)) => given.names_weakly(current),
        Ok(None) | Err(_) => false,
    }
}

/// The content of `If-Match` or `If-None-Match`.
enum TagList {
    Any,
    These(Vec<Tag>),
}

struct Tag {
    weak: bool,
    opaque: String,
}

impl TagList {
    fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Self>, Problem> {
        let mut tags = Vec::new();
        let mut any = false;
        let mut present = false;
        for value in headers.get_all(name) {
            present = true;
            let text = value.to_str().map_err(|_| unreadable(name))?.trim();
            if text == "*" {
                any = true;
                continue;
            }
            read_tags(text, &mut tags).ok_or_else(|| unreadable(name))?;
        }
        Ok(match (present, any) {
            (false, _) => None,
            (true, true) => Some(Self::Any),
            (true, false) => Some(Self::These(tags)),
        })
    }

    /// Strong comparison: a weak tag never matches.
    fn names_strongly(&self, current: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| !tag.weak && tag.opaque == current.0),
        }
    }

    /// Weak comparison: only the opaque part counts. A proxy that compresses makes tags weak.
    fn names_weakly(&self, current: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag.opaque == current.0),
        }
    }
}

/// Reads `"a", W/"b"` onto the end of `tags`; `None` when it is no such list.
fn read_tags(text: &str, tags: &mut Vec<Tag>) -> Option<()> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(());
        }
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
        if tags.len() == MAX_TAGS {
            return None;
        }
        tags.push(Tag { weak, opaque: opaque.to_owned() });
        rest = after.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

fn unreadable(name: &HeaderName) -> Problem {
    let detail = format!("{name} is not readable; expected entity tags in quotes, as in {name}: \"v3\"");
    Problem::with_places(ProblemKind::InvalidHeader, vec![ProblemError::at_header(name, detail)])
}

/// The version that `If-Match` names, if it was sent; `"v0"` = nothing is there yet.
///
/// # Errors
/// `invalid-header` when it is not a tag that [`EntityTag::of_version`] makes.
pub fn expected_version(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let digits = text.strip_prefix("\"v").and_then(|rest| rest.strip_suffix('"'));
    let wrong = || {
        let detail = "is not a version tag; send the ETag of the version you read, such as \"v3\"";
        Problem::with_places(ProblemKind::InvalidHeader, vec![ProblemError::at_header(&header::IF_MATCH, detail)])
    };
    digits.and_then(|digits| digits.parse().ok()).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_change_must_name_the_current_version() {
        let current = EntityTag::of_version(3);
        let outcome = |values: &[&'static str]| {
            require_match(&headers(header::IF_MATCH, values), &current).err().map(|problem| problem.kind())
        };
        assert_eq!(outcome(&["\"v3\""]), None);
        assert_eq!(outcome(&["\"v1\", \"v3\""]), None);
        assert_eq!(outcome(&["\"v1\"", "\"v3\""]), None);
        assert_eq!(outcome(&["*"]), None);
        assert_eq!(outcome(&[]), Some(ProblemKind::PreconditionRequired));
        assert_eq!(outcome(&["\"v2\""]), Some(ProblemKind::PreconditionFailed));
        assert_eq!(outcome(&["W/\"v3\""]), Some(ProblemKind::PreconditionFailed));
        assert_eq!(outcome(&[""]), Some(ProblemKind::PreconditionFailed));
        for broken in ["v3", "\"v3", "\"v3\" \"v4\"", "w/\"v3\""] {
            assert_eq!(outcome(&[broken]), Some(ProblemKind::InvalidHeader), "{broken}");
        }
    }

    #[test]
    fn a_flood_of_tags_is_refused() {
        let mut many = HeaderMap::new();
        many.append(header::IF_MATCH, HeaderValue::from_str(&"\"a\",".repeat(1_000)).unwrap());
        let refused = require_match(&many, &EntityTag::of_version(1)).unwrap_err();
        assert_eq!(refused.kind(), ProblemKind::InvalidHeader);
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
