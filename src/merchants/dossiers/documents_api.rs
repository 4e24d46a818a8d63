//! The document endpoints: upload, list, read.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::check_id;
use super::model::Document;
use super::store;
use crate::accounts::Permission;
use crate::http::extract::{ApiBytes, ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::DocumentId;
use crate::merchants::onboarding::model::DocumentKind;

/// Longest name of a file, in characters.
const MAX_NAME: usize = 200;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(upload_document, list_documents)).routes(routes!(get_document))
}

/// What a document shows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Upload {
    /// identity, business_record, address, bank, authority, epr or other.
    kind: String,
    /// The file's name, for people.
    #[serde(default)]
    name: String,
}

/// Keeps a document of a merchant: a PDF or a JPEG, PNG, WebP or TIFF picture of at most 15 MiB. What it is, is
/// read off its bytes; programs, scripts, archives and office files are refused.
#[utoipa::path(
    post, path = "/v1/merchants/{id}/documents", tag = "merchants",
    params(("id" = String, Path, description = "The platform's id of the merchant"), Upload),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 201, body = Document), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn upload_document(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    ApiQuery(asked): ApiQuery<Upload>,
    ApiBytes(bytes): ApiBytes,
) -> Result<(StatusCode, ApiJson<Document>), Problem> {
    caller.require(Permission::MerchantsWrite)?;
    check_id(&id)?;
    let wrong = |detail: String| {
        Problem::with_places(ProblemKind::InvalidQuery, vec![ProblemError::at_parameter("kind", detail)])
    };
    let kind: DocumentKind = asked.kind.parse().map_err(wrong)?;
    let name = tidy_name(&asked.name);
    let added = state.app.core.merchants.add_document(&id, kind, name, bytes.to_vec(), &caller.actor()).await?;
    Ok((StatusCode::CREATED, ApiJson(added)))
}

/// A file's name without what could mislead: no controls, no directories, no marks that turn the writing.
pub(super) fn tidy_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let turns =
        |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    last.chars().filter(|letter| !letter.is_control() && !turns(*letter)).take(MAX_NAME).collect()
}

/// The documents of a merchant.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/documents", tag = "merchants",
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 200, body = Vec<Document>), (status = 404, body = Problem))
)]
async fn list_documents(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<ApiJson<Vec<Document>>, Problem> {
    caller.require(Permission::MerchantsRead)?;
    state.app.core.merchants.get(&id).await?;
    Ok(ApiJson(store::documents(&state.app.core.db, &id).await.map_err(internal)?))
}

/// The bytes of a document, to be saved rather than shown.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/documents/{document}", tag = "merchants",
    params(
        ("id" = String, Path, description = "The platform's id of the merchant"),
        ("document" = String, Path, description = "The document's id"),
    ),
    responses((status = 200, content_type = "application/octet-stream", body = String), (status = 404, body = Problem))
)]
async fn get_document(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath((id, document)): ApiPath<(String, DocumentId)>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsRead)?;
    bytes_of(&state, &id, document).await
}

/// Answers with the bytes of a document as an attachment that nothing can run in.
pub(in crate::merchants) async fn bytes_of(
    state: &ApiState,
    merchant: &str,
    document: DocumentId,
) -> Result<Response, Problem> {
    let unknown = || Problem::not_found("document", document);
    let found = store::document(&state.app.core.db, merchant, document).await.map_err(internal)?.ok_or_else(unknown)?;
    let bytes = state.app.core.merchants.document_bytes(&found).await?.ok_or_else(unknown)?;
    let headers = [
        (header::CONTENT_TYPE, found.media_type),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", found.id)),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
