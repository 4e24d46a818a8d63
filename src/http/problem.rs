//! Every refusal of the API in one shape: RFC 9457 `application/problem+json`.
//!
//! [`ProblemKind`] is the closed list of what can go wrong, each with a stable
//! type (`/problems/{slug}`, a reference the server itself answers with a page),
//! a fixed status and title. [`Problem`] is one occurrence: what was expected,
//! what arrived, and where in the request.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

#[path = "problem_kind.rs"]
mod kind;

pub use kind::ProblemKind;

/// Media type of a problem, RFC 9457 section 3.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Longest `detail`, in scalar values: enough for a sentence that quotes its input,
/// too short to hand a caller back a megabyte of its own text.
const MAX_DETAIL: usize = 400;

/// Most errors listed in one problem.
const MAX_ERRORS: usize = 50;

/// One place in the request, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ProblemError {
    /// JSON pointer (RFC 6901) to the member of the body; the empty pointer is the whole body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/price/currency")]
    pub pointer: Option<String>,
    /// Name of the query or path parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Name of the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What was expected and what arrived, in one sentence.
    #[schema(example = "currency \"EURO\" is not an ISO 4217 code; use one such as EUR")]
    pub detail: String,
}

impl ProblemError {
    /// An error at a member of the body.
    pub fn at_pointer(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), parameter: None, header: None, detail: cut(detail.into()) }
    }

    /// An error in a query or path parameter.
    pub fn at_parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: None, parameter: Some(name.into()), header: None, detail: cut(detail.into()) }
    }

    /// An error in a header.
    pub fn at_header(name: &HeaderName, detail: impl Into<String>) -> Self {
        Self { pointer: None, parameter: None, header: Some(name.to_string()), detail: cut(detail.into()) }
    }
}

/// A refusal, as it is answered (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Stable name of what went wrong: a reference to its description on this server.
    #[serde(rename = "type")]
    #[schema(rename = "type", value_type = String, example = "/problems/invalid-listing")]
    kind: ProblemKind,
    /// Short name of the type; the same for every occurrence.
    #[schema(value_type = String, example = "The listing cannot be screened as it is")]
    title: &'static str,
    /// The HTTP status of this answer.
    #[schema(example = 422)]
    status: u16,
    /// What happened this time.
    detail: String,
    /// This occurrence, for support and logs: the id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "req_01h455vb4pex5vsknk084sn02q")]
    instance: Option<String>,
    /// The places in the request that are wrong, at most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemError>,
}

impl Problem {
    /// A problem of `kind`; `detail` is a sentence for the caller (cut to 400 characters).
    ///
    /// `detail` must not carry internals: no SQL, no paths, no addresses of other machines.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: kind.title(),
            status: kind.status().as_u16(),
            detail: cut(detail.into()),
            instance: None,
            errors: Vec::new(),
        }
    }

    /// Nothing of the kind `what` is named `name`: `Problem::not_found("listing", id)`.
    pub fn not_found(what: &str, name: impl std::fmt::Display) -> Self {
        Self::new(ProblemKind::NotFound, format!("there is no {what} {name}"))
    }

    /// A fault of the server. The cause goes to the log, never to the caller.
    pub fn internal() -> Self {
        Self::new(ProblemKind::Internal, "the request could not be completed; the cause is in the server's log")
    }

    /// The problem of `kind` with these places; the first one's sentence is the detail.
    pub fn with_places(kind: ProblemKind, errors: Vec<ProblemError>) -> Self {
        let detail = match errors.as_slice() {
            [] => kind.meaning().to_owned(),
            [only] => only.detail.clone(),
            [first, rest @ ..] => format!("{} (and {} more)", first.detail, rest.len()),
        };
        errors.into_iter().fold(Self::new(kind, detail), Self::and)
    }

    /// Adds one place that is wrong; ignored beyond the fiftieth.
    #[must_use]
    pub fn and(mut self, error: ProblemError) -> Self {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
        self
    }

    /// Names this occurrence: the id of the request.
    #[must_use]
    pub fn at(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// What kind of problem this is.
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// The sentence about this occurrence.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The places in the request that are wrong.
    pub fn errors(&self) -> &[ProblemError] {
        &self.errors
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.kind.status(), Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.kind.retry_after_seconds() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind == ProblemKind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"assay\""));
        }
        // The layer that knows the request's id renders the problem again with it.
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts `instance` (the request's id) into the problem that `response` carries.
///
/// Other responses pass unchanged, and so does a problem that already has an instance.
pub fn name_instance(mut response: Response, instance: &str) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    if problem.instance.is_some() {
        return response;
    }
    let mut renewed = problem.at(instance).into_response();
    for (name, value) in response.headers() {
        if !renewed.headers().contains_key(name) && name != header::CONTENT_LENGTH {
            renewed.headers_mut().append(name.clone(), value.clone());
        }
    }
    renewed
}

/// What a panic in a handler is answered with; for `tower_http::catch_panic`.
///
/// The payload is dropped here: it may quote data, and the panic hook has logged it.
pub fn from_panic(_payload: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::internal().into_response()
}

/// Cuts a sentence to [`MAX_DETAIL`] scalar values.
fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_DETAIL) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    async fn body_of(response: Response) -> serde_json::Value {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_problem_is_answered_as_rfc_9457_says() {
        let places = vec![
            ProblemError::at_pointer("/title", "title is empty; give at least one letter"),
            ProblemError::at_pointer("/price/amount", "price -1 is negative; a price is zero or more"),
        ];
        let response = Problem::with_places(ProblemKind::InvalidListing, places).into_response();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        let named = name_instance(response, "req_1");
        assert_eq!(named.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        assert_eq!(
            body_of(named).await,
            serde_json::json!({
                "type": "/problems/invalid-listing",
                "title": "The listing cannot be screened as it is",
                "status": 422,
                "detail": "title is empty; give at least one letter (and 1 more)",
                "instance": "req_1",
                "errors": [
                    {"pointer": "/title", "detail": "title is empty; give at least one letter"},
                    {"pointer": "/price/amount", "detail": "price -1 is negative; a price is zero or more"},
                ],
            })
        );
    }

    #[tokio::test]
    async fn a_problem_never_returns_more_than_a_sentence_or_fifty_places() {
        let mut problem = Problem::new(ProblemKind::InvalidBody, "é".repeat(10_000));
        for index in 0..200 {
            problem = problem.and(ProblemError::at_pointer(format!("/{index}"), "x".repeat(10_000)));
        }
        assert_eq!(problem.detail().chars().count(), MAX_DETAIL + 1);
        assert_eq!(problem.errors().len(), MAX_ERRORS);
        assert!(problem.errors().iter().all(|error| error.detail.chars().count() == MAX_DETAIL + 1));
    }

    #[tokio::test]
    async fn waiting_and_authentication_are_said_in_headers() {
        let busy = Problem::new(ProblemKind::Overloaded, "busy").into_response();
        assert_eq!(busy.headers()[header::RETRY_AFTER], "1");
        let stranger = Problem::new(ProblemKind::Unauthenticated, "no key").into_response();
        assert_eq!(stranger.headers()[header::WWW_AUTHENTICATE], "Bearer realm=\"assay\"");
    }

    #[tokio::test]
    async fn a_panic_payload_stays_inside() {
        let response = from_panic(Box::new("password is hunter2".to_owned()));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body_of(response).await.to_string().contains("hunter2"));
    }

    #[tokio::test]
    async fn an_answer_that_is_no_problem_keeps_its_body() {
        let response = name_instance("plain".into_response(), "req_1");
        let bytes = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!(&bytes[..], b"plain");
    }
}
