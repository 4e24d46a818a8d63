//! `/docs`: reads `/openapi.json` in the browser and shows it.
//!
//! The page and its script are our own and small, because the usual viewers load
//! megabytes from elsewhere or need rules that a strict content policy forbids.

use axum::http::StatusCode;
use axum::response::Response;

use super::console::view::{DocsView, Shell};
use super::console::{api_shell, page};

/// Where the API's document is served.
pub const DOCUMENT: &str = "/openapi.json";

/// Answers `/docs`. `shell` lets the caller show revisions; see [`plain_page`] for one without.
pub fn docs_page(shell: Shell) -> Response {
    page(StatusCode::OK, &DocsView { shell, document: DOCUMENT.to_owned() })
}

/// The same page without revisions: usable as a handler as it is.
pub async fn plain_page() -> Response {
    docs_page(api_shell("API"))
}
