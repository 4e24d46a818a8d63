//! Extractors that refuse with a [`Problem`]: JSON bodies, query strings, paths.
//!
//! They stand in for axum's own, whose refusals are plain text.

use axum::body::Bytes;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::{Problem, ProblemError, ProblemKind};

/// A JSON body, read into `T`; as an answer, JSON.
///
/// Refuses with `unsupported-media-type`, `body-too-large`, `malformed-json`
/// (not UTF-8, not JSON, or nested deeper than 128 levels, the bound of
/// serde_json) or `invalid-body` with a JSON pointer to the offending member.
#[derive(Debug, Clone, Copy)]
pub struct ApiJson<T>(pub T);

/// The query string, read into `T`. Refuses with `invalid-query`.
#[derive(Debug, Clone, Copy)]
pub struct ApiQuery<T>(pub T);

/// The variable parts of the path, read into `T`. Refuses with `invalid-path`.
#[derive(Debug, Clone, Copy)]
pub struct ApiPath<T>(pub T);

impl<T, S> FromRequest<S> for ApiJson<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let bytes = ApiBytes::from_request(request, state).await?.0;
        read_json(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for ApiJson<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The whole body as bytes, within the body limit. Refuses with `body-too-large`.
#[derive(Debug, Clone)]
pub struct ApiBytes(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for ApiBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Bytes::from_request(request, state).await.map(Self).map_err(body_problem)
    }
}

impl<T, S> FromRequestParts<S> for ApiQuery<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri).map(|Query(value)| Self(value)).map_err(query_problem)
    }
}

impl<T, S> FromRequestParts<S> for ApiPath<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // No name holds U+0000, and PostgreSQL cannot even be asked for one that does.
        if parts.uri.path().contains("%00") {
            return Err(Problem::new(ProblemKind::InvalidPath, "the path holds the character U+0000"));
        }
        Path::from_request_parts(parts, state).await.map(|Path(value)| Self(value)).map_err(path_problem)
    }
}

/// Reads one JSON document into `T`, as [`ApiJson`] does; for bodies that came another way.
///
/// # Errors
/// `malformed-json` or `invalid-body`.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if let Err(broken) = std::str::from_utf8(bytes) {
        let detail = format!("the body is not UTF-8: byte {} cannot stand there", broken.valid_up_to());
        return Err(Problem::new(ProblemKind::MalformedJson, detail));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(json_problem)?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// Refuses a body that does not call itself `application/json` or `application/*+json`.
pub fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let named = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
    let essence = named.map(|value| value.split(';').next().unwrap_or("").trim().to_ascii_lowercase());
    let refusal = match essence.as_deref() {
        Some("application/json") => return Ok(()),
        Some(other) if other.starts_with("application/") && other.ends_with("+json") => return Ok(()),
        Some(other) => format!("Content-Type is \"{other}\"; expected application/json"),
        None => "Content-Type is missing; expected application/json".to_owned(),
    };
    let error = ProblemError::at_header(&header::CONTENT_TYPE, refusal);
    Err(Problem::with_places(ProblemKind::UnsupportedMediaType, vec![error]))
}

fn body_problem(rejection: BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(ProblemKind::BodyTooLarge, "the body is longer than this endpoint reads")
        }
        _ => Problem::new(ProblemKind::MalformedJson, "the body broke off before its end"),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    let cause = without_place(&error.to_string());
    Problem::new(ProblemKind::MalformedJson, format!("the body is not JSON at {place}: {cause}"))
}

fn json_problem(error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if !error.inner().is_data() {
        return malformed(error.inner());
    }
    let mut pointer = pointer_of(error.path());
    let message = without_place(&error.inner().to_string());
    if let Some(member) = quoted_after(&message, "missing field `") {
        pointer = format!("{pointer}/{}", escape_pointer(member));
    } else if let Some(member) = quoted_after(&message, "unknown field `") {
        let last = format!("/{}", escape_pointer(member));
        if !pointer.ends_with(&last) {
            pointer.push_str(&last);
        }
    }
    let error = ProblemError::at_pointer(pointer, for_callers(&message));
    Problem::with_places(ProblemKind::InvalidBody, vec![error])
}

fn query_problem(rejection: QueryRejection) -> Problem {
    let text = rejection.body_text();
    let message = text.split_once("query string: ").map_or(text.as_str(), |(_, rest)| rest);
    let named = quoted_after(message, "missing field `").or_else(|| quoted_after(message, "unknown field `"));
    let error = match (named, message.split_once(": ")) {
        (Some(name), _) => ProblemError::at_parameter(name, for_callers(message).replace("member", "parameter")),
        (None, Some((name, rest))) if !name.contains(' ') => {
            ProblemError::at_parameter(name, format!("{name}: {}", for_callers(rest)))
        }
        _ => return Problem::new(ProblemKind::InvalidQuery, for_callers(message)),
    };
    Problem::with_places(ProblemKind::InvalidQuery, vec![error])
}

fn path_problem(rejection: PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return Problem::internal();
    };
    let named = |name: String, detail: String| {
        Problem::with_places(ProblemKind::InvalidPath, vec![ProblemError::at_parameter(name, detail)])
    };
    match failed.into_kind() {
        ErrorKind::ParseErrorAtKey { key, value, .. } => {
            named(key, format!("\"{}\" is not of the form expected here", short(&value)))
        }
        ErrorKind::DeserializeError { key, message, .. } => named(key, message),
        ErrorKind::InvalidUtf8InPathParam { key } => named(key, "the path is not UTF-8 once decoded".to_owned()),
        ErrorKind::ParseError { value, .. } | ErrorKind::ParseErrorAtIndex { value, .. } => {
            Problem::new(ProblemKind::InvalidPath, format!("\"{}\" is not of the form expected here", short(&value)))
        }
        ErrorKind::Message(message) => Problem::new(ProblemKind::InvalidPath, message),
        _ => Problem::internal(),
    }
}

/// The RFC 6901 pointer of a path: `/images/3/url`; empty for the whole document.
fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape_pointer(key))),
            // An enum's variant is a value, not a member; unknown segments have no name.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// Escapes a member's name for a JSON pointer (RFC 6901 section 3).
pub fn escape_pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// serde_json ends its messages with ` at line 1 column 5`; the pointer says it better.
fn without_place(message: &str) -> String {
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message.to_owned(),
    }
}

/// serde's words, without the names of our types.
fn for_callers(message: &str) -> String {
    let mut text = message.replace("missing field", "missing member").replace("unknown field", "unknown member");
    for (internal, plain) in [("expected struct ", "expected an object"), ("expected enum ", "expected a string")] {
        if let Some(start) = text.find(internal) {
            text.truncate(start);
            text.push_str(plain);
        }
    }
    text
}

/// The name in backticks that follows `opening`.
fn quoted_after<'a>(message: &'a str, opening: &str) -> Option<&'a str> {
    message.split_once(opening)?.1.split_once('`').map(|(name, _)| name)
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::extract::DefaultBodyLimit;
    use axum::http::{Method, StatusCode};
    use axum::routing::{get, post};
    use serde::Deserialize;
    use tower::ServiceExt as _;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[allow(dead_code)]
        title: String,
        #[serde(default)]
        #[allow(dead_code)]
        lines: Vec<Line>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[serde(rename = "a/b~c")]
        #[allow(dead_code)]
        count: u32,
        #[serde(default)]
        #[allow(dead_code)]
        kind: Option<LineKind>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum LineKind {
        Whole,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Paging {
        #[allow(dead_code)]
        limit: u16,
    }

    fn app() -> Router {
        Router::new()
            .route("/json", post(|ApiJson(_): ApiJson<Order>| async { "read" }))
            .route("/value", post(|ApiJson(_): ApiJson<serde_json::Value>| async { "read" }))
            .route("/query", get(|ApiQuery(_): ApiQuery<Paging>| async { "read" }))
            .route("/path/{id}", get(|ApiPath(_): ApiPath<crate::kernel::id::ListingId>| async { "read" }))
            .layer(DefaultBodyLimit::max(100_000))
    }

    async fn send(method: Method, uri: &str, content_type: &str, body: impl Into<Body>) -> (u16, serde_json::Value) {
        let mut request = axum::http::Request::builder().method(method).uri(uri);
        if !content_type.is_empty() {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let response = app().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let body = match status {
            StatusCode::OK => serde_json::Value::Null,
            _ => serde_json::from_slice(&bytes).expect("every refusal is a problem document"),
        };
        (status.as_u16(), body)
    }

    async fn post_json(body: impl Into<Body>) -> (u16, serde_json::Value) {
        send(Method::POST, "/json", "application/json", body).await
    }

    #[tokio::test]
    async fn a_wrong_member_is_named_by_its_pointer() {
        for (body, pointer, words) in [
            (r#"{}"#, "/title", "missing member `title`"),
            (r#"{"title":1}"#, "/title", "invalid type: integer `1`, expected a string"),
            (r#"{"title":"t","colour":1}"#, "/colour", "unknown member `colour`"),
            (r#"{"title":"t","lines":[{"a/b~c":1},{"a/b~c":-1}]}"#, "/lines/1/a~1b~0c", "invalid value"),
            (r#"{"title":"t","lines":[{}]}"#, "/lines/0/a~1b~0c", "missing member"),
            (r#"{"title":"t","lines":[7]}"#, "/lines/0", "expected an object"),
            (r#"{"title":"t","lines":[{"a/b~c":1,"kind":"half"}]}"#, "/lines/0/kind", "unknown variant `half`"),
            (r#"[]"#, "", "invalid length 0"),
            (r#""text""#, "", "expected an object"),
        ] {
            let (status, problem) = post_json(body).await;
            assert_eq!((status, &problem["type"]), (422, &"/problems/invalid-body".into()), "{body}");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body} {problem}");
            let detail = problem["errors"][0]["detail"].as_str().unwrap();
            assert!(detail.contains(words), "{body}: {detail}");
            assert!(!detail.contains("Order") && !detail.contains("Line"), "{body}: {detail}");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_no_json_is_refused_with_its_place() {
        for (body, words) in [
            (b"{\"title\": \"t\",}".to_vec(), "line 1, column 15"),
            (b"".to_vec(), "line 1, column 0"),
            (b"{\"title\":\"t\"} {}".to_vec(), "trailing characters"),
            (b"{\"title\":\"\xff\"}".to_vec(), "byte 10"),
        ] {
            let (status, problem) = post_json(body.clone()).await;
            assert_eq!((status, &problem["type"]), (400, &"/problems/malformed-json".into()), "{body:?}");
            assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        }
    }

    #[tokio::test]
    async fn deep_nesting_is_refused_before_the_stack_ends() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let (status, _) = send(Method::POST, "/value", "application/json", deep(100)).await;
        assert_eq!(status, 200);
        let (status, problem) = send(Method::POST, "/value", "application/json", deep(40_000)).await;
        assert_eq!((status, &problem["type"]), (400, &"/problems/malformed-json".into()));
        assert!(problem["detail"].as_str().unwrap().contains("recursion limit"), "{problem}");
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_refused() {
        let (status, problem) = post_json(vec![b' '; 100_001]).await;
        assert_eq!((status, &problem["type"]), (413, &"/problems/body-too-large".into()));
    }

    #[tokio::test]
    async fn a_long_wrong_value_is_not_sent_back_whole() {
        let (_, problem) = post_json(format!(r#"{{"title":"t","lines":"{}"}}"#, "x".repeat(90_000))).await;
        assert!(problem.to_string().len() < 2_000);
    }

    #[tokio::test]
    async fn only_json_is_taken() {
        for (content_type, expected) in [
            ("application/json; charset=utf-8", 200),
            ("Application/JSON", 200),
            ("application/vnd.assay+json", 200),
            ("text/plain", 415),
            ("application/xml", 415),
            ("", 415),
        ] {
            let (status, _) = send(Method::POST, "/json", content_type, r#"{"title":"t"}"#).await;
            assert_eq!(status, expected, "{content_type}");
        }
    }

    #[tokio::test]
    async fn a_query_names_the_parameter_that_is_wrong() {
        for (query, parameter) in
            [("", "limit"), ("?limit=ten", "limit"), ("?limit=70000", "limit"), ("?limit=1&x=1", "x")]
        {
            let (status, problem) = send(Method::GET, &format!("/query{query}"), "", Body::empty()).await;
            assert_eq!((status, &problem["type"]), (400, &"/problems/invalid-query".into()), "{query}");
            assert_eq!(problem["errors"][0]["parameter"], parameter, "{query} {problem}");
        }
        assert_eq!(send(Method::GET, "/query?limit=5", "", Body::empty()).await.0, 200);
    }

    #[tokio::test]
    async fn a_path_says_what_id_it_wants() {
        let (status, problem) = send(Method::GET, "/path/vrd_1", "", Body::empty()).await;
        assert_eq!((status, &problem["type"]), (400, &"/problems/invalid-path".into()));
        assert!(problem["detail"].as_str().unwrap().contains("is not a listing id"), "{problem}");
        assert_eq!(send(Method::GET, "/path/%ff", "", Body::empty()).await.0, 400);
    }
}
