//! The listing endpoints: submit, read, search, history, pictures.

use std::collections::HashSet;
use std::iter::Peekable;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::images::{ImageError, ResolveError};
use super::intake::{Fault, RawListing, is_object};
use super::model::Listing;
use super::search_api;
use crate::accounts::Permission;
use crate::http::conditional::EntityTag;
use crate::http::extract::{ApiBytes, ApiJson, ApiPath, read_json};
use crate::http::idempotency::{Fingerprint, IdempotencyKey};
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::http::{internal, note_problem};
use crate::kernel::Digest;
use crate::kernel::id::{ListingId, VerdictId};
use crate::matching::image::ImageProblem;
use crate::review::decision::{InForce, StandingKind};
use crate::review::store_decisions;
use crate::screening::recorder::{KeyUse, RecordError, Recorded, Taken};
use crate::screening::replay;
use crate::screening::service::Origin;
use crate::screening::store::{self, ListingRow, StoredVerdict};

/// Most listings of one batch request.
const MAX_BATCH: usize = 1_000;
/// Listings of a batch that are worked on at the same time.
const BATCH_AT_ONCE: usize = 64;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(submit, search_api::search))
        .routes(routes!(submit_batch))
        .routes(routes!(get_listing))
        .routes(routes!(get_by_external_id))
        .routes(routes!(history))
        .routes(routes!(get_verdict))
        .routes(routes!(replay_verdict))
        .routes(routes!(upload_image))
}

/// A screened listing: where it stands and the verdict in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ScreenedListing {
    /// The listing's id here.
    #[schema(value_type = String, example = "lst_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    pub id: ListingId,
    /// The platform's own id.
    pub external_id: String,
    /// Number of the content's version, from 1.
    pub version: i64,
    /// How a submission was taken; absent when the listing was only read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "created")]
    pub taken: Option<Taken>,
    /// The listing as it was submitted; only where it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub content: Option<serde_json::Value>,
    /// Pictures that the verdict could not look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_images: Vec<UnreadImage>,
    /// What a person decided about this content; it stands over the verdict until it ends or is reversed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<InForce>,
    /// The verdict in force.
    pub verdict: VerdictAnswer,
}

/// A picture that could not be had or read.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct UnreadImage {
    /// The picture as the listing names it.
    #[schema(example = "https://pictures.example/88120-1.jpg")]
    pub image: String,
    /// Why.
    #[schema(example = "the host did not answer within 5 seconds")]
    pub problem: String,
}

impl UnreadImage {
    fn of(listing: &Listing) -> Vec<Self> {
        let owned = |(image, problem): (&str, &str)| Self { image: image.to_owned(), problem: problem.to_owned() };
        listing.unread_images().map(owned).collect()
    }
}

/// A verdict with its id.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VerdictAnswer {
    /// The verdict's id.
    #[schema(value_type = String, example = "vrd_01jd8m3x5k8v9w2q4r6t7y9z0b")]
    pub id: VerdictId,
    /// The verdict as it was recorded: `verdict`, `hits`, `images`, `prohibited`, `reasons`, revisions.
    #[schema(value_type = Object)]
    pub body: Box<RawValue>,
}

fn raw(body: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(body).map_err(internal)
}

fn answer((recorded, unread_images): (Recorded, Vec<UnreadImage>)) -> Result<ScreenedListing, Problem> {
    Ok(ScreenedListing {
        id: recorded.listing,
        external_id: recorded.external_id,
        version: recorded.version,
        taken: Some(recorded.taken),
        content: None,
        unread_images,
        standing: recorded.standing,
        verdict: VerdictAnswer { id: recorded.verdict, body: raw(recorded.body)? },
    })
}

impl From<ImageError> for Problem {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Unreadable(problem @ ImageProblem::TooManyBytes { .. }) => {
                Problem::new(ProblemKind::BodyTooLarge, problem.to_string())
            }
            ImageError::Unreadable(problem) => Problem::new(ProblemKind::InvalidImage, problem.to_string()),
            ImageError::Overloaded => Problem::new(ProblemKind::Overloaded, error.to_string()),
            ImageError::Blobs(source) => note_problem(source, ProblemKind::Internal),
        }
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        let kind = match &error {
            RecordError::KeyReused => ProblemKind::IdempotencyMismatch,
            RecordError::Stale { .. } => ProblemKind::PreconditionFailed,
            RecordError::Overloaded => ProblemKind::Overloaded,
            RecordError::StorageFull => ProblemKind::StorageFull,
            RecordError::Stopped => ProblemKind::NotReady,
            RecordError::Store(_) => return internal(error),
        };
        Problem::new(kind, error.to_string())
    }
}

fn invalid_listing(faults: Vec<Fault>) -> Problem {
    let texts: Vec<String> = faults.iter().take(3).map(|fault| format!("{} {}", fault.pointer, fault.detail)).collect();
    let problem = Problem::new(ProblemKind::InvalidListing, texts.join("; "));
    let place = |fault: Fault| ProblemError::at_pointer(fault.pointer, fault.detail);
    faults.into_iter().map(place).fold(problem, Problem::and)
}

/// Submits one listing and answers with its verdict.
///
/// The answer comes when the verdict is durable. The same content again answers with the
/// verdict in force and records nothing; changed content makes a new version.
#[utoipa::path(
    post, path = "/v1/listings", tag = "listings", request_body = RawListing,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "For 7 days a repeat acts no second time and is answered with the first verdict, status 200, `taken: repeated`"),
        ("If-Match" = Option<String>, Header, description = "Refuses the change unless the listing is at this version; `\"v0\"` = does not exist"),
    ),
    responses(
        (status = 200, description = "Known content, or a repeated request", body = ScreenedListing),
        (status = 201, description = "A new listing or version, judged", body = ScreenedListing),
        (status = 400, description = "Not JSON", body = Problem),
        (status = 409, description = "The idempotency key was used for another request", body = Problem),
        (status = 412, description = "The listing is at another version", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
async fn submit(
    State(state): State<ApiState>,
    caller: Caller,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    ApiBytes(body): ApiBytes,
) -> Result<Response, Problem> {
    caller.require(Permission::ListingsWrite)?;
    crate::http::extract::require_json(&headers)?;
    let raw_listing = read_listing(&body)?;
    let mut origin = Origin::submitted(caller.actor());
    if let Some(key) = IdempotencyKey::from_headers(&headers)? {
        origin.key = Some(KeyUse {
            key: format!("{} {}", caller.actor(), key.as_str()),
            fingerprint: Fingerprint::of(&method, &uri, &body).0.to_string(),
        });
    }
    origin.expected_version = crate::http::conditional::expected_version(&headers)?;
    let taken = take(&state, raw_listing, origin).await?;
    let recorded = &taken.0;
    let status = match recorded.taken {
        Taken::Created | Taken::Updated | Taken::Rejudged => StatusCode::CREATED,
        Taken::Same | Taken::Repeated => StatusCode::OK,
    };
    let tag = EntityTag::of_judged(recorded.version, recorded.verdict).header_value();
    let location = format!("/v1/listings/{}", recorded.listing);
    Ok((status, [(header::ETAG, tag)], [(header::LOCATION, location)], ApiJson(answer(taken)?)).into_response())
}

fn read_listing(body: &[u8]) -> Result<RawListing, Problem> {
    let raw: RawListing = read_json(body)?;
    if is_object(body) { Ok(raw) } else { Err(Problem::new(ProblemKind::InvalidBody, "expected a JSON object")) }
}

async fn take(
    state: &ApiState,
    raw_listing: RawListing,
    origin: Origin,
) -> Result<(Recorded, Vec<UnreadImage>), Problem> {
    let draft = raw_listing.check().map_err(invalid_listing)?;
    let mut listing = draft.listing;
    if !draft.images.is_empty() {
        listing.images = state.app.images.resolve(draft.images).await.map_err(|error| match error {
            ResolveError::Faults(faults) => invalid_listing(faults),
            ResolveError::Ours(error) => Problem::from(error),
        })?;
    }
    let unread = UnreadImage::of(&listing);
    Ok((state.app.screening.submit(listing, origin).await?, unread))
}

/// The answer to one listing of a batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum BatchItem {
    /// It was screened.
    Screened(Box<ScreenedListing>),
    /// It was refused; the others were not affected.
    Refused {
        /// What is wrong.
        #[schema(value_type = Problem)]
        problem: Box<Problem>,
    },
}

/// Submits up to 1,000 listings and answers each in order.
///
/// Listings are taken one by one: a refused one does not affect the others. An idempotency
/// key protects each place of the array: the batch sent again repeats the first answers and
/// takes what was not reached.
#[utoipa::path(
    post, path = "/v1/listings/batch", tag = "listings", request_body = Vec<RawListing>,
    params(("Idempotency-Key" = Option<String>, Header, description = "For 7 days the same listing at the same place acts no second time")),
    responses(
        (status = 200, description = "One answer for each listing, in order", body = Vec<BatchItem>),
        (status = 422, description = "Not an array, or too many", body = Problem),
    )
)]
async fn submit_batch(
    State(state): State<ApiState>,
    caller: Caller,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    ApiJson(listings): ApiJson<Vec<Box<RawValue>>>,
) -> Result<ApiJson<Vec<BatchItem>>, Problem> {
    caller.require(Permission::ListingsWrite)?;
    let key = IdempotencyKey::from_headers(&headers)?;
    let key_of = |place: usize, listing: &RawValue| {
        let key = key.as_ref()?;
        let fingerprint = Fingerprint::of(&method, &uri, listing.get().as_bytes()).0.to_string();
        Some(KeyUse { key: format!("{} {} {place}", caller.actor(), key.as_str()), fingerprint })
    };
    if listings.len() > MAX_BATCH {
        let detail = format!("the batch has {} listings; send at most {MAX_BATCH} at a time", listings.len());
        return Err(Problem::new(ProblemKind::InvalidBody, detail));
    }
    let mut answers = Vec::with_capacity(listings.len());
    let mut rest = listings.into_iter().peekable();
    loop {
        let chunk = next_chunk(&mut rest);
        if chunk.is_empty() {
            return Ok(ApiJson(answers));
        }
        let mut tasks = Vec::with_capacity(chunk.len());
        for (place, listing) in (answers.len()..).zip(chunk) {
            let origin = Origin { key: key_of(place, &listing), ..Origin::submitted(caller.actor()) };
            let state = state.clone();
            tasks.push(tokio::spawn(async move { take_item(&state, &listing, origin).await }));
        }
        for task in tasks {
            let item = task.await.map_err(internal)?;
            answers.push(match item {
                Ok(screened) => BatchItem::Screened(Box::new(screened)),
                Err(problem) => BatchItem::Refused { problem: Box::new(problem) },
            });
        }
    }
}

/// The next listings that may be worked on at the same time. Lines of one listing are taken one
/// after the other, so that the last one is what stays.
fn next_chunk(rest: &mut Peekable<impl Iterator<Item = Box<RawValue>>>) -> Vec<Box<RawValue>> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: String,
    }
    let mut ids = HashSet::new();
    let mut is_another = |listing: &RawValue| match serde_json::from_str::<OnlyId>(listing.get()) {
        Ok(named) => ids.insert(named.id.trim().to_owned()),
        // Without an id it is refused, wherever it stands.
        Err(_) => true,
    };
    let mut chunk = Vec::with_capacity(BATCH_AT_ONCE);
    while chunk.len() < BATCH_AT_ONCE {
        let Some(listing) = rest.next_if(|listing| is_another(listing)) else {
            break;
        };
        chunk.push(listing);
    }
    chunk
}

async fn take_item(state: &ApiState, listing: &RawValue, origin: Origin) -> Result<ScreenedListing, Problem> {
    let listing = read_listing(listing.get().as_bytes())?;
    answer(take(state, listing, origin).await?)
}

/// A listing's content without the hashes of its pictures, which tell a reader nothing.
fn shown(listing: Listing) -> Result<serde_json::Value, Problem> {
    let mut content = serde_json::to_value(listing).map_err(internal)?;
    for image in content["images"].as_array_mut().into_iter().flatten() {
        if let Some(members) = image.as_object_mut() {
            members.remove("signature");
        }
    }
    Ok(content)
}

async fn read(state: &ApiState, row: Option<ListingRow>, named: &str) -> Result<Response, Problem> {
    let row = row.ok_or_else(|| Problem::not_found("listing", named))?;
    let verdict = store::verdict(&state.app.core.db, row.verdict).await.map_err(internal)?;
    let verdict = verdict.ok_or_else(|| Problem::not_found("verdict", row.verdict))?;
    let content = store::version(&state.app.core.db, row.id, row.version).await.map_err(internal)?;
    let now = state.app.core.clock.now();
    let (db, id) = (&state.app.core.db, row.id.to_string());
    let standing = store_decisions::standing(db, StandingKind::Listing, &id).await.map_err(internal)?;
    let listing = ScreenedListing {
        id: row.id,
        external_id: row.external_id,
        version: row.version,
        taken: None,
        unread_images: content.as_ref().map(UnreadImage::of).unwrap_or_default(),
        content: content.map(shown).transpose()?,
        standing: standing.filter(|standing| standing.holds_for(&row.digest, now)),
        verdict: VerdictAnswer { id: verdict.id, body: raw(verdict.body)? },
    };
    let tag = EntityTag::of_judged(row.version, row.verdict).header_value();
    Ok(([(header::ETAG, tag)], ApiJson(listing)).into_response())
}

/// A listing and the verdict in force.
#[utoipa::path(
    get, path = "/v1/listings/{id}", tag = "listings",
    params(("id" = String, Path, description = "The listing's id, lst_…")),
    responses((status = 200, body = ScreenedListing), (status = 404, body = Problem))
)]
async fn get_listing(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<ListingId>,
) -> Result<Response, Problem> {
    caller.require(Permission::ListingsRead)?;
    let row = store::listing(&state.app.core.db, id).await.map_err(internal)?;
    read(&state, row, &id.to_string()).await
}

/// A listing by the platform's own id.
#[utoipa::path(
    get, path = "/v1/listings/by-external-id/{external_id}", tag = "listings",
    params(("external_id" = String, Path, description = "The platform's own id")),
    responses((status = 200, body = ScreenedListing), (status = 404, body = Problem))
)]
async fn get_by_external_id(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(external_id): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::ListingsRead)?;
    let row = store::listing_by_external_id(&state.app.core.db, &external_id).await.map_err(internal)?;
    read(&state, row, &external_id).await
}

/// One verdict of a listing's history.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HistoryEntry {
    /// The verdict's id.
    #[schema(value_type = String)]
    pub id: VerdictId,
    /// The version that it judged.
    pub version: i64,
    /// clear, review or block.
    pub verdict: crate::screening::Decision,
    /// What led to it: `submitted`, `hunt hnt_…`.
    pub cause: String,
    /// When.
    #[schema(value_type = String)]
    pub judged_at: crate::kernel::Instant,
}

impl From<StoredVerdict> for HistoryEntry {
    fn from(stored: StoredVerdict) -> Self {
        let (id, version, verdict) = (stored.id, stored.version, stored.decision);
        Self { id, version, verdict, cause: stored.cause, judged_at: stored.at }
    }
}

/// The latest verdicts of a listing, newest first, at most 100.
#[utoipa::path(
    get, path = "/v1/listings/{id}/history", tag = "listings",
    params(("id" = String, Path, description = "The listing's id, lst_…")),
    responses((status = 200, body = Vec<HistoryEntry>), (status = 404, body = Problem))
)]
async fn history(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<ListingId>,
) -> Result<ApiJson<Vec<HistoryEntry>>, Problem> {
    caller.require(Permission::ListingsRead)?;
    let found = store::history(&state.app.core.db, id, 100).await.map_err(internal)?;
    if found.is_empty() {
        return Err(Problem::not_found("listing", id));
    }
    Ok(ApiJson(found.into_iter().map(HistoryEntry::from).collect()))
}

/// One verdict as it was recorded.
#[utoipa::path(
    get, path = "/v1/verdicts/{id}", tag = "listings",
    params(("id" = String, Path, description = "The verdict's id, vrd_…")),
    responses((status = 200, body = VerdictAnswer), (status = 404, body = Problem))
)]
async fn get_verdict(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<VerdictId>,
) -> Result<ApiJson<VerdictAnswer>, Problem> {
    caller.require(Permission::ListingsRead)?;
    let stored = store::verdict(&state.app.core.db, id).await.map_err(internal)?;
    let stored = stored.ok_or_else(|| Problem::not_found("verdict", id))?;
    Ok(ApiJson(VerdictAnswer { id, body: raw(stored.body)? }))
}

/// Judges again what a verdict judged, with the registry and rules of its time, and says
/// whether the bytes are the same.
#[utoipa::path(
    post, path = "/v1/verdicts/{id}/replay", tag = "listings",
    params(("id" = String, Path, description = "The verdict's id, vrd_…")),
    responses((status = 200, body = replay::Replay), (status = 404, body = Problem))
)]
async fn replay_verdict(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<VerdictId>,
) -> Result<ApiJson<replay::Replay>, Problem> {
    caller.require(Permission::ListingsRead)?;
    let core = &state.app.core;
    let found = replay::run(&core.db, &core.keeper, &core.looks, id).await.map_err(internal)?;
    found.map(ApiJson).ok_or_else(|| Problem::not_found("verdict", id))
}

/// A picture that was kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UploadedImage {
    /// How listings and brands refer to it.
    #[schema(example = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub image: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The 256-bit PDQ hash of the whole picture, in hexadecimal.
    pub pdq: String,
}

/// Uploads one picture (JPEG, PNG, WebP or GIF, up to 20 MB); the body is its bytes.
#[utoipa::path(
    post, path = "/v1/images", tag = "listings",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = UploadedImage),
        (status = 413, description = "Larger than 20 MB", body = Problem),
        (status = 422, description = "Not a readable picture", body = Problem),
    )
)]
async fn upload_image(
    State(state): State<ApiState>,
    caller: Caller,
    ApiBytes(body): ApiBytes,
) -> Result<Response, Problem> {
    caller.require(Permission::ListingsWrite)?;
    let read = state.app.images.take(body.to_vec()).await?;
    let digest: Digest = read.digest;
    let signature = read.signature;
    let image = UploadedImage {
        image: format!("sha256:{digest}"),
        width: signature.width,
        height: signature.height,
        pdq: signature.hash.to_string(),
    };
    Ok((StatusCode::CREATED, ApiJson(image)).into_response())
}
