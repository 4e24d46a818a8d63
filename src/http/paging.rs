//! Paging by cursor: a page says where the next one starts, in an opaque text.
//!
//! A cursor holds the sort key of the last row, so a page is one index seek
//! however deep it lies, and rows that arrive meanwhile shift nothing. It is
//! base64url of a small JSON document with a version and the list's name; a
//! cursor of another list or an older release is refused, not misread. It is
//! not signed: it grants nothing, a made-up one only starts elsewhere in a list
//! that the caller may read anyway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::problem::{Problem, ProblemError, ProblemKind};

/// Version of the cursor's form; an older one is refused.
const CURSOR_VERSION: u8 = 1;

/// Longest cursor read, in characters.
const MAX_CURSOR: usize = 1_024;

/// Rows in a page when the caller does not say.
pub const DEFAULT_LIMIT: u16 = 50;

/// Most rows in a page.
pub const MAX_LIMIT: u16 = 200;

/// The query parameters of every list.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Rows wanted, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// The `next` of the previous page; absent for the first page.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The rows wanted.
    ///
    /// # Errors
    /// `invalid-query` when the limit is 0 or above 200.
    pub fn limit(&self) -> Result<u16, Problem> {
        match self.limit {
            None => Ok(DEFAULT_LIMIT),
            Some(limit @ 1..=MAX_LIMIT) => Ok(limit),
            Some(limit) => {
                let detail = format!("limit {limit} is not between 1 and {MAX_LIMIT}");
                let place = ProblemError::at_parameter("limit", detail);
                Err(Problem::with_places(ProblemKind::InvalidQuery, vec![place]))
            }
        }
    }

    /// Where the page starts; `None` for the first page of `list`.
    ///
    /// # Errors
    /// `invalid-cursor` when the cursor was not handed out for `list`.
    pub fn position<P: DeserializeOwned>(&self, list: &str) -> Result<Option<P>, Problem> {
        match &self.cursor {
            None => Ok(None),
            Some(text) => decode(list, text).map(Some).map_err(Problem::from),
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub items: Vec<T>,
    /// Cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page from up to `limit + 1` rows: the extra row only proves that there is a next page.
    ///
    /// `position` gives the sort key of a row; the next page starts after it.
    pub fn from_rows<P: Serialize>(list: &str, mut rows: Vec<T>, limit: u16, position: impl Fn(&T) -> P) -> Self {
        let more = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        let next = match rows.last() {
            Some(last) if more => Some(encode(list, &position(last))),
            _ => None,
        };
        Self { items: rows, next }
    }
}

/// The text is not a cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cursor is not one that this list handed out; start from the first page")]
pub struct CursorError;

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Self {
        let place = ProblemError::at_parameter("cursor", error.to_string());
        Problem::with_places(ProblemKind::InvalidCursor, vec![place])
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<L, P> {
    v: u8,
    list: L,
    at: P,
}

/// The cursor of `list` that continues after `position`.
///
/// # Panics
/// When `position` cannot be written as JSON; positions are structs and tuples of plain values.
pub fn encode<P: Serialize>(list: &str, position: &P) -> String {
    let envelope = Envelope { v: CURSOR_VERSION, list, at: position };
    let json = serde_json::to_vec(&envelope).expect("a position is plain data and can be written as JSON");
    URL_SAFE_NO_PAD.encode(json)
}

/// Reads what [`encode`] wrote for the same list.
///
/// # Errors
/// For any other text.
pub fn decode<P: DeserializeOwned>(list: &str, text: &str) -> Result<P, CursorError> {
    if text.len() > MAX_CURSOR {
        return Err(CursorError);
    }
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
    let envelope: Envelope<String, P> = serde_json::from_slice(&json).map_err(|_| CursorError)?;
    // No sort key holds U+0000, and PostgreSQL cannot even be asked for one that does.
    let holds_null = json.windows(6).any(|letters| letters == br"\u0000");
    if envelope.v != CURSOR_VERSION || envelope.list != list || holds_null {
        return Err(CursorError);
    }
    Ok(envelope.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_tells_of_the_next_one_only_when_there_is_one() {
        let page = |rows: Vec<u32>| Page::from_rows("numbers", rows, 3, |row| *row);
        assert_eq!(page(vec![]), Page { items: vec![], next: None });
        assert_eq!(page(vec![1, 2, 3]), Page { items: vec![1, 2, 3], next: None });
        let first = page(vec![1, 2, 3, 4]);
        assert_eq!(first.items, [1, 2, 3]);
        assert_eq!(decode::<u32>("numbers", &first.next.unwrap()), Ok(3));
    }

    #[test]
    fn a_cursor_of_another_list_or_version_is_refused() {
        let cursor = encode("verdicts", &("2026-11-22", 7));
        assert_eq!(decode::<(String, u32)>("verdicts", &cursor), Ok(("2026-11-22".to_owned(), 7)));
        assert_eq!(decode::<(String, u32)>("listings", &cursor), Err(CursorError));
        assert_eq!(decode::<u32>("verdicts", &cursor), Err(CursorError));
        let older = URL_SAFE_NO_PAD.encode(r#"{"v":0,"list":"verdicts","at":1}"#);
        assert_eq!(decode::<u32>("verdicts", &older), Err(CursorError));
        assert_eq!(decode::<String>("verdicts", &encode("verdicts", &"x".repeat(2_000))), Err(CursorError));
    }

    #[test]
    fn a_limit_outside_the_bounds_is_refused_and_not_clamped() {
        let limit = |limit| PageQuery { limit, cursor: None }.limit().map_err(|problem| problem.kind());
        assert_eq!(limit(None), Ok(50));
        assert_eq!(limit(Some(1)), Ok(1));
        assert_eq!(limit(Some(200)), Ok(200));
        assert_eq!(limit(Some(0)), Err(ProblemKind::InvalidQuery));
        assert_eq!(limit(Some(201)), Err(ProblemKind::InvalidQuery));
    }

    #[test]
    fn a_broken_cursor_is_a_problem_that_names_the_parameter() {
        let query = PageQuery { limit: None, cursor: Some("!".to_owned()) };
        let problem = query.position::<u32>("verdicts").unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::InvalidCursor);
        assert_eq!(problem.errors()[0].parameter.as_deref(), Some("cursor"));
    }

    proptest! {
        #[test]
        fn every_position_survives_the_round_trip(name in "\\PC{0,40}", number: i64) {
            let position = (name, number);
            prop_assert_eq!(decode::<(String, i64)>("list", &encode("list", &position)), Ok(position));
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
            let _ = decode::<(String, i64)>("list", &text);
        }
    }
}
