//! Style sheet, scripts and icon: inside the binary, under addresses that name their content.
//!
//! `/assets/console.3f9a1c0b72de.css` changes whenever the file does, so browsers keep it
//! for a year without asking.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::http::conditional::{self, EntityTag};
use crate::kernel::Digest;

#[derive(rust_embed::Embed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Files;

/// One file, read once.
struct Asset {
    bytes: axum::body::Bytes,
    digest: Digest,
    media_type: &'static str,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let read = |name: std::borrow::Cow<'static, str>| {
        let media_type = media_type(&name)?;
        let bytes = axum::body::Bytes::from(Files::get(&name)?.data.into_owned());
        let asset = Asset { digest: Digest::of(&bytes), media_type, bytes };
        Some((name.into_owned(), asset))
    };
    Files::iter().filter_map(read).collect()
});

/// The media type by the name's ending; a file with any other ending is not served.
fn media_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// The address of the file `name` of `assets/`: `/assets/console.<hash>.css`.
///
/// An unknown name gives an address that answers 404; a test keeps the templates from using one.
pub fn url(name: &str) -> String {
    match (ASSETS.get(name), name.rsplit_once('.')) {
        (Some(asset), Some((stem, ending))) => format!("/assets/{stem}.{}.{ending}", asset.digest.short()),
        _ => format!("/assets/{name}"),
    }
}

/// Serves the files.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{file}", get(serve))
}

async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some((name, hash)) = without_hash(&file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(asset) = ASSETS.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // While replicas of two releases run side by side, a page of one may ask the other: it gets
    // what is there, but must not keep it under that address.
    let current = asset.digest.short() == hash;
    let caching = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let tag = EntityTag::of_digest(&asset.digest);
    let mut response = if conditional::caller_has(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut whole = asset.bytes.clone().into_response();
        whole.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
        whole
    };
    let answered = response.headers_mut();
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    answered.insert(header::ETAG, tag.header_value());
    answered.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// `console.3f9a1c0b72de.css` is `console.css` with that hash; `None` for any other form.
fn without_hash(file: &str) -> Option<(String, &str)> {
    let (rest, ending) = file.rsplit_once('.')?;
    let (stem, hash) = rest.rsplit_once('.')?;
    Some((format!("{stem}.{ending}"), hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    async fn ask(uri: &str, tag: Option<&HeaderValue>) -> Response {
        let mut request = Request::get(uri);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        router::<()>().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_file_is_kept_for_a_year_under_the_address_of_its_content() {
        for name in ["console.css", "console.js", "docs.js", "icon.svg"] {
            let answer = ask(&url(name), None).await;
            assert_eq!(answer.status(), StatusCode::OK, "{name}");
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
            assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            let again = ask(&url(name), Some(&answer.headers()[header::ETAG])).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{name}");
        }
        assert_eq!(ask(&url("console.css"), None).await.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
    }

    #[tokio::test]
    async fn an_address_of_another_release_is_answered_but_not_kept() {
        let answer = ask("/assets/console.000000000000.css", None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache");
    }

    #[tokio::test]
    async fn nothing_outside_the_folder_is_served() {
        for uri in ["/assets/none.1.css", "/assets/console.css", "/assets/..%2f..%2fCargo.1.toml", "/assets/%ff"] {
            assert!(ask(uri, None).await.status().is_client_error(), "{uri}");
        }
    }
}
