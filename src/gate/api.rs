//! The shipment endpoints: through the gate, read, and what declaring systems check with.

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{self, Progress, ShipmentRow, Taken};
use super::recorder::{GateError, Recorded};
use super::service::{Answered, Sent, SubmitError};
use super::store::{self, Filter, StoredOutcome};
use crate::accounts::Permission;
use crate::http::conditional::EntityTag;
use crate::http::extract::{ApiBytes, ApiJson, ApiPath, ApiQuery};
use crate::http::idempotency::{Fingerprint, IdempotencyKey};
use crate::http::internal;
use crate::http::paging::{self, Page};
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::Instant;
use crate::kernel::id::{CertificateId, ShipmentId};
use crate::screening::recorder::KeyUse;
use crate::shipments::{Lane, Outcome};

/// Most shipments of one batch request.
const MAX_BATCH: usize = 1_000;
/// Shipments of a batch that are worked on at the same time.
const BATCH_AT_ONCE: usize = 256;
/// Name of the list in its cursors.
const LIST: &str = "shipments";
/// Outcomes and versions shown of one shipment.
const MAX_HISTORY: i64 = 100;
/// Revoked certificates published at once; more than expire in days means that something is wrong.
const MAX_REVOKED: i64 = 100_000;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(submit_shipment, list_shipments))
        .routes(routes!(submit_shipments))
        .routes(routes!(get_shipment))
        .routes(routes!(get_shipment_by_external_id))
        .routes(routes!(shipment_history))
        .routes(routes!(get_declaration))
        .routes(routes!(release_keys))
        .routes(routes!(revoked_certificates))
}

/// A shipment as the gate reads it. Everything but `id` may be missing or wrong and is answered with
/// an outcome and reasons; members that are not listed are kept and covered by the certificate.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({"id": "S-1", "merchant_id": "m-77", "origin": "CN", "destination": "DE", "kind": "b2c",
    "channel": "official_tracked", "ioss": "IM2760000012", "gross_mass_kg": "1.25", "transport_cost": "4.00",
    "currency": "EUR", "consignee": {"name": "Anna Beispiel", "country": "DE", "city": "Köln", "postcode": "50667"},
    "items": [{"listing_id": "A-1", "sku": "TS-4-M", "description": "Men's T-shirt, knitted, 100% cotton",
    "material": "cotton", "hs6": "610910", "origin": "CN", "quantity": 2, "net_mass_kg": "0.4",
    "declared_value": "39.90", "paid_value": "39.90", "merchant_pid": "TS-4-M", "manufacturer_pid": "TS-4"}]}))]
#[allow(dead_code, reason = "describes what crate::shipments reads")]
struct RawShipment {
    /// The platform's own id, 1 to 200 characters.
    id: String,
    /// The platform's id of the merchant.
    merchant_id: Option<String>,
    /// Country it is sent from.
    origin: Option<String>,
    /// Country it goes to.
    destination: Option<String>,
    /// `b2c`, `b2b` or `c2c`.
    kind: Option<String>,
    /// `official_tracked`, `tracked` or `untracked`.
    channel: Option<String>,
    /// IOSS number.
    ioss: Option<String>,
    /// `name`, `street`, `city`, `postcode`, `country`.
    #[schema(value_type = Option<Object>)]
    consignee: Option<serde_json::Value>,
    /// Kilograms, as a decimal text or a number.
    #[schema(value_type = Option<String>)]
    gross_mass_kg: Option<serde_json::Value>,
    /// Transport and insurance, as a decimal text or a number.
    #[schema(value_type = Option<String>)]
    transport_cost: Option<serde_json::Value>,
    /// ISO 4217 code of all amounts.
    currency: Option<String>,
    /// Day of the declaration; absent = the day it is sent.
    date: Option<String>,
    /// `listing_id`, `sku`, `description`, `material`, `hs6`, `origin`, `quantity`, `net_mass_kg`,
    /// `declared_value` and `paid_value` a piece, `merchant_pid`, `manufacturer_pid`, `gtin`, `batch`.
    #[schema(value_type = Option<Vec<Object>>)]
    items: Option<serde_json::Value>,
    /// `kind` and `number` of each.
    #[schema(value_type = Option<Vec<Object>>)]
    documents: Option<serde_json::Value>,
}

/// Where a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum CertificateState {
    /// It holds.
    Valid,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// A certificate of release.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CertificateAnswer {
    /// Its id, which its claim `jti` repeats.
    #[schema(value_type = String, example = "cert_01jd8m3x5k8v9w2q4r6t7y9z0c")]
    id: CertificateId,
    /// First moment it no longer holds.
    #[schema(value_type = String)]
    expires_at: Instant,
    /// Whether it holds.
    state: CertificateState,
}

/// A shipment: where it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ShipmentAnswer {
    /// The shipment's id here; null while it waits for the database.
    #[schema(value_type = Option<String>, example = "shp_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    id: Option<ShipmentId>,
    /// The platform's own id.
    external_id: String,
    /// Number of the declaration, from 1; 0 while it waits for the database.
    version: i64,
    /// Number of the outcome, from 1; 0 while it waits for the database.
    number: i64,
    /// `release`, `hold` or `refuse`.
    #[schema(value_type = String, example = "release")]
    outcome: Outcome,
    /// `green`, `amber` or `red`.
    #[schema(value_type = String, example = "green")]
    lane: Lane,
    /// How far it has come.
    progress: Progress,
    /// How a submission was taken: created, updated, rejudged, same, repeated, kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "created")]
    taken: Option<Taken>,
    /// The certificate of the outcome in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateAnswer>,
    /// When it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    updated_at: Option<Instant>,
    /// The gate's answer as it was recorded: `outcome`, `lane`, `reasons` with rule, law and cure, `risk`,
    /// `charges`, `certificate` (the signed token). Absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    answer: Option<Box<RawValue>>,
}

impl ShipmentAnswer {
    fn of(row: &ShipmentRow, now: Instant) -> Self {
        let certificate = row.certificate.map(|certificate| CertificateAnswer {
            id: certificate.id,
            expires_at: certificate.expires_at,
            state: if now < certificate.expires_at { CertificateState::Valid } else { CertificateState::Expired },
        });
        Self {
            id: Some(row.id),
            external_id: row.external_id.clone(),
            version: row.version,
            number: row.number,
            outcome: row.outcome,
            lane: row.lane,
            progress: row.progress,
            taken: None,
            certificate,
            updated_at: Some(row.updated_at),
            answer: None,
        }
    }

    fn recorded(recorded: Recorded, now: Instant) -> Result<Self, Problem> {
        let answer = RawValue::from_string(recorded.answer).map_err(internal)?;
        Ok(Self { taken: Some(recorded.taken), answer: Some(answer), ..Self::of(&recorded.row, now) })
    }

    /// What is told while the database is away.
    fn kept(external_id: String, answer: String) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Said {
            outcome: String,
            lane: String,
        }
        let said: Said = serde_json::from_str(&answer).map_err(internal)?;
        Ok(Self {
            id: None,
            external_id,
            version: 0,
            number: 0,
            outcome: model::outcome(&said.outcome).map_err(internal)?,
            lane: model::lane(&said.lane).map_err(internal)?,
            progress: Progress::Waiting,
            taken: Some(Taken::Kept),
            certificate: None,
            updated_at: None,
            answer: Some(RawValue::from_string(answer).map_err(internal)?),
        })
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Unreadable(_) if error.is_malformed() => {
                Problem::new(ProblemKind::MalformedJson, error.to_string())
            }
            SubmitError::Unreadable(_) | SubmitError::Id => {
                let place = ProblemError::at_pointer("/id", error.to_string());
                Problem::with_places(ProblemKind::InvalidBody, vec![place])
            }
            SubmitError::Refused(error) => error.into(),
            SubmitError::Lost => Problem::new(ProblemKind::StorageFull, error.to_string()),
        }
    }
}

impl From<GateError> for Problem {
    fn from(error: GateError) -> Self {
        let kind = match &error {
            GateError::KeyReused => ProblemKind::IdempotencyMismatch,
            GateError::Left(_) => ProblemKind::Conflict,
            GateError::Overloaded => ProblemKind::Overloaded,
            GateError::Stopped => ProblemKind::NotReady,
            GateError::Store(_) => return internal(error),
        };
        Problem::new(kind, error.to_string())
    }
}

/// Sends one shipment through the gate and answers with the outcome.
///
/// The answer comes when the outcome is durable. The same declaration again is answered with the
/// outcome in force; a changed one makes a new version, and the earlier ones stay. A shipment that is
/// held or refused may be corrected freely; one that was released and is then changed loses its
/// certificate and is held. While the database is away the answer is 202 and `hold`, and the shipment
/// is judged when it is back.
#[utoipa::path(
    post, path = "/v1/shipments", tag = "shipments", request_body = RawShipment,
    params(("Idempotency-Key" = Option<String>, Header, description = "For 7 days a repeat acts no second time and is answered with the first outcome, status 200, `taken: repeated`")),
    responses(
        (status = 200, description = "A known declaration, or a repeated request", body = ShipmentAnswer),
        (status = 201, description = "A new outcome", body = ShipmentAnswer),
        (status = 202, description = "The database is away: held, and judged when it is back", body = ShipmentAnswer),
        (status = 400, description = "Not JSON", body = Problem),
        (status = 409, description = "The idempotency key was used for another request, or the shipment has left", body = Problem),
        (status = 422, description = "Not an object with an id", body = Problem),
    )
)]
async fn submit_shipment(
    State(state): State<ApiState>,
    caller: Caller,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    ApiBytes(body): ApiBytes,
) -> Result<Response, Problem> {
    caller.require(Permission::ShipmentsWrite)?;
    crate::http::extract::require_json(&headers)?;
    let key = IdempotencyKey::from_headers(&headers)?.map(|key| KeyUse {
        key: format!("{} {}", caller.actor(), key.as_str()),
        fingerprint: Fingerprint::of(&method, &uri, &body).0.to_string(),
    });
    let text = String::from_utf8(body.into())
        .map_err(|_| Problem::new(ProblemKind::MalformedJson, "the body is not UTF-8"))?;
    let answer = answered(&state, state.app.gate.send(text, caller.actor(), key)).await?;
    let status = match answer.taken {
        Some(Taken::Kept) => StatusCode::ACCEPTED,
        Some(Taken::Created | Taken::Updated | Taken::Rejudged) => StatusCode::CREATED,
        Some(Taken::Same | Taken::Repeated) | None => StatusCode::OK,
    };
    let tag = EntityTag::of_version(answer.version).header_value();
    let location = answer.id.map(|id| [(header::LOCATION, format!("/v1/shipments/{id}"))]);
    let mut response = (status, [(header::ETAG, tag)], ApiJson(answer)).into_response();
    for (name, value) in location.into_iter().flatten() {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn answered(state: &ApiState, sent: Result<Sent, SubmitError>) -> Result<ShipmentAnswer, Problem> {
    match state.app.gate.answered(sent?).await? {
        Answered::Recorded(recorded) => ShipmentAnswer::recorded(*recorded, state.app.core.clock.now()),
        Answered::Kept { external_id, answer } => ShipmentAnswer::kept(external_id, answer),
    }
}

/// The answer to one shipment of a batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum ShipmentBatchItem {
    /// It has an outcome.
    Gated(Box<ShipmentAnswer>),
    /// It has none; the others were not affected.
    Refused {
        /// What is wrong.
        #[schema(value_type = Problem)]
        problem: Box<Problem>,
    },
}

/// Sends up to 1,000 shipments through the gate and answers each in order.
///
/// An idempotency key protects each place of the array: the batch sent again repeats the first answers
/// and takes what was not reached.
#[utoipa::path(
    post, path = "/v1/shipments/batch", tag = "shipments", request_body = Vec<RawShipment>,
    params(("Idempotency-Key" = Option<String>, Header, description = "For 7 days the same shipment at the same place acts no second time")),
    responses(
        (status = 200, description = "One answer for each shipment, in order", body = Vec<ShipmentBatchItem>),
        (status = 409, description = "The idempotency key was used for another request", body = Problem),
        (status = 422, description = "Not an array, or too many", body = Problem),
    )
)]
async fn submit_shipments(
    State(state): State<ApiState>,
    caller: Caller,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    ApiJson(shipments): ApiJson<Vec<Box<RawValue>>>,
) -> Result<ApiJson<Vec<ShipmentBatchItem>>, Problem> {
    caller.require(Permission::ShipmentsWrite)?;
    let key = IdempotencyKey::from_headers(&headers)?;
    if shipments.len() > MAX_BATCH {
        let detail = format!("the batch has {} shipments; send at most {MAX_BATCH} at a time", shipments.len());
        return Err(Problem::new(ProblemKind::InvalidBody, detail));
    }
    let key_of = |place: usize, shipment: &RawValue| {
        let fingerprint = Fingerprint::of(&method, &uri, shipment.get().as_bytes()).0.to_string();
        key.as_ref().map(|key| KeyUse { key: format!("{} {} {place}", caller.actor(), key.as_str()), fingerprint })
    };
    let mut answers = Vec::with_capacity(shipments.len());
    for chunk in shipments.chunks(BATCH_AT_ONCE) {
        // Into the queue one after the other, so that they are judged in their order.
        let sent: Vec<_> = (answers.len()..)
            .zip(chunk)
            .map(|(place, shipment)| {
                state.app.gate.send(shipment.get().to_owned(), caller.actor(), key_of(place, shipment))
            })
            .collect();
        for sent in sent {
            answers.push(match answered(&state, sent).await {
                Ok(answer) => ShipmentBatchItem::Gated(Box::new(answer)),
                Err(problem) => ShipmentBatchItem::Refused { problem: Box::new(problem) },
            });
        }
    }
    Ok(ApiJson(answers))
}

/// What a list of shipments is narrowed by.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct ListParams {
    /// `release`, `hold` or `refuse`.
    outcome: Option<String>,
    /// `green`, `amber` or `red`.
    lane: Option<String>,
    /// `waiting`, `departed` or `delivered`.
    progress: Option<String>,
    /// The platform's id of the merchant.
    merchant: Option<String>,
    /// Country as declared.
    destination: Option<String>,
    /// Rows wanted, 1 to 200; 50 when absent.
    limit: Option<u16>,
    /// The `next` of the previous page.
    cursor: Option<String>,
}

impl ListParams {
    fn filter(&self) -> Result<Filter, Problem> {
        let wrong = |name: &'static str| {
            move |problem: String| {
                Problem::with_places(ProblemKind::InvalidQuery, vec![ProblemError::at_parameter(name, problem)])
            }
        };
        let text = |given: &Option<String>| given.clone().unwrap_or_default();
        let filter = Filter {
            outcome: text(&self.outcome),
            lane: text(&self.lane),
            progress: text(&self.progress),
            merchant: text(&self.merchant),
            destination: text(&self.destination).to_uppercase(),
        };
        if !filter.outcome.is_empty() {
            model::outcome(&filter.outcome).map_err(wrong("outcome"))?;
        }
        if !filter.lane.is_empty() {
            model::lane(&filter.lane).map_err(wrong("lane"))?;
        }
        if !filter.progress.is_empty() {
            filter.progress.parse::<Progress>().map_err(wrong("progress"))?;
        }
        for (name, value) in [("merchant", &filter.merchant), ("destination", &filter.destination)] {
            if value.contains('\0') {
                return Err(wrong(name)("holds the character U+0000".to_owned()));
            }
        }
        Ok(filter)
    }
}

/// The shipments, the one that changed last first.
#[utoipa::path(
    get, path = "/v1/shipments", tag = "shipments", params(ListParams),
    responses((status = 200, body = Page<ShipmentAnswer>), (status = 400, body = Problem))
)]
async fn list_shipments(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<ListParams>,
) -> Result<ApiJson<Page<ShipmentAnswer>>, Problem> {
    caller.require(Permission::ShipmentsRead)?;
    let page = paging::PageQuery { limit: asked.limit, cursor: asked.cursor.clone() };
    let (limit, before) = (page.limit()?, page.position::<(Instant, ShipmentId)>(LIST)?);
    let filter = asked.filter()?;
    let rows = store::recent(&state.app.core.db, &filter, before, i64::from(limit) + 1).await.map_err(internal)?;
    let page = Page::from_rows(LIST, rows, limit, |row| (row.updated_at, row.id));
    let now = state.app.core.clock.now();
    let items = page.items.iter().map(|row| ShipmentAnswer::of(row, now)).collect();
    Ok(ApiJson(Page { items, next: page.next }))
}

async fn read(state: &ApiState, row: Option<ShipmentRow>, named: &str) -> Result<Response, Problem> {
    let row = row.ok_or_else(|| Problem::not_found("shipment", named))?;
    let stored = store::outcome(&state.app.core.db, row.id, row.number).await.map_err(internal)?;
    let stored = stored.ok_or_else(|| Problem::not_found("shipment", named))?;
    let answer = RawValue::from_string(stored.answer).map_err(internal)?;
    let mut shown = ShipmentAnswer::of(&row, state.app.core.clock.now());
    shown.answer = Some(answer);
    let tag = EntityTag::of_version(row.version).header_value();
    Ok(([(header::ETAG, tag)], ApiJson(shown)).into_response())
}

/// A shipment and the outcome in force.
#[utoipa::path(
    get, path = "/v1/shipments/{id}", tag = "shipments",
    params(("id" = String, Path, description = "The shipment's id, shp_…")),
    responses((status = 200, body = ShipmentAnswer), (status = 404, body = Problem))
)]
async fn get_shipment(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<ShipmentId>,
) -> Result<Response, Problem> {
    caller.require(Permission::ShipmentsRead)?;
    let row = store::shipment(&state.app.core.db, id).await.map_err(internal)?;
    read(&state, row, &id.to_string()).await
}

/// A shipment by the platform's own id.
#[utoipa::path(
    get, path = "/v1/shipments/by-external-id/{external_id}", tag = "shipments",
    params(("external_id" = String, Path, description = "The platform's own id")),
    responses((status = 200, body = ShipmentAnswer), (status = 404, body = Problem))
)]
async fn get_shipment_by_external_id(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(external_id): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::ShipmentsRead)?;
    let row = store::shipment_by_external_id(&state.app.core.db, &external_id).await.map_err(internal)?;
    read(&state, row, &external_id).await
}

/// One answer of the gate in a shipment's history.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct OutcomeEntry {
    /// Its number, from 1.
    number: i64,
    /// The version of the declaration that it judged.
    version: i64,
    /// What led to it: `submitted`, `event 12`.
    cause: String,
    /// When.
    #[schema(value_type = String)]
    at: Instant,
    /// When its certificate was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    revoked_at: Option<Instant>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_because: Option<String>,
    /// The certificate that it issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateAnswer>,
    /// The answer as it was recorded.
    #[schema(value_type = Object)]
    answer: Box<RawValue>,
}

impl OutcomeEntry {
    fn of(stored: StoredOutcome, now: Instant) -> Result<Self, Problem> {
        let revoked = stored.revoked_at.is_some();
        let certificate = stored.certificate.map(|certificate| CertificateAnswer {
            id: certificate.id,
            expires_at: certificate.expires_at,
            state: match (revoked, now < certificate.expires_at) {
                (true, _) => CertificateState::Revoked,
                (false, true) => CertificateState::Valid,
                (false, false) => CertificateState::Expired,
            },
        });
        Ok(Self {
            number: stored.number,
            version: stored.version,
            cause: stored.cause,
            at: stored.at,
            revoked_at: stored.revoked_at,
            revoked_because: stored.revoked_because,
            certificate,
            answer: RawValue::from_string(stored.answer).map_err(internal)?,
        })
    }
}

/// The latest answers on a shipment, newest first, at most 100.
#[utoipa::path(
    get, path = "/v1/shipments/{id}/history", tag = "shipments",
    params(("id" = String, Path, description = "The shipment's id, shp_…")),
    responses((status = 200, body = Vec<OutcomeEntry>), (status = 404, body = Problem))
)]
async fn shipment_history(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<ShipmentId>,
) -> Result<ApiJson<Vec<OutcomeEntry>>, Problem> {
    caller.require(Permission::ShipmentsRead)?;
    let found = store::outcomes(&state.app.core.db, id, MAX_HISTORY).await.map_err(internal)?;
    if found.is_empty() {
        return Err(Problem::not_found("shipment", id));
    }
    let now = state.app.core.clock.now();
    found.into_iter().map(|stored| OutcomeEntry::of(stored, now)).collect::<Result<_, _>>().map(ApiJson)
}

/// One version of a declaration, exactly as it was sent: what its certificate covers.
///
/// It holds names, addresses and the IOSS number, so only keys that may send shipments read it.
#[utoipa::path(
    get, path = "/v1/shipments/{id}/versions/{version}", tag = "shipments",
    params(
        ("id" = String, Path, description = "The shipment's id, shp_…"),
        ("version" = i64, Path, description = "Number of the version, from 1"),
    ),
    responses((status = 200, body = RawShipment), (status = 404, body = Problem))
)]
async fn get_declaration(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath((id, version)): ApiPath<(ShipmentId, i64)>,
) -> Result<ApiJson<Box<RawValue>>, Problem> {
    caller.require(Permission::ShipmentsWrite)?;
    let stored = store::declaration(&state.app.core.db, id, version).await.map_err(internal)?;
    let stored = stored.ok_or_else(|| Problem::not_found("version", version))?;
    RawValue::from_string(stored.body).map(ApiJson).map_err(internal)
}

/// The published keys.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct KeySet {
    /// JSON Web Keys (RFC 7517, RFC 8037).
    #[schema(value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// The public keys that certificates are verified with, as a JSON Web Key Set.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "shipments", security(()),
    responses((status = 200, body = KeySet))
)]
async fn release_keys(State(state): State<ApiState>) -> Result<Response, Problem> {
    let keys = store::keys(&state.app.core.db).await.map_err(internal)?;
    let trusted = keys.into_iter().filter(|key| key.withdrawn_at.is_none());
    let keys = trusted.filter_map(|key| serde_json::from_str(&key.jwk).ok()).collect();
    Ok(([(header::CACHE_CONTROL, "public, max-age=300")], ApiJson(KeySet { keys })).into_response())
}

/// A certificate that no longer holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RevokedCertificate {
    /// Its id: the claim `jti`.
    #[schema(value_type = String)]
    jti: CertificateId,
    /// Since when.
    #[schema(value_type = String)]
    revoked_at: Instant,
    /// When it would have expired.
    #[schema(value_type = String)]
    expires_at: Instant,
}

/// The certificates that were revoked before their time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RevocationList {
    /// Who issued them.
    issuer: String,
    /// When this list was made.
    #[schema(value_type = String)]
    at: Instant,
    /// The certificates, in the order of their revocation.
    revoked: Vec<RevokedCertificate>,
}

/// Certificates that were revoked and have not expired. Ask right before you declare.
#[utoipa::path(
    get, path = "/.well-known/revoked-certificates.json", tag = "shipments", security(()),
    responses((status = 200, body = RevocationList))
)]
async fn revoked_certificates(State(state): State<ApiState>) -> Result<Response, Problem> {
    let at = state.app.core.clock.now();
    let revoked = store::revoked(&state.app.core.db, at, MAX_REVOKED).await.map_err(internal)?;
    let entry = |one: store::Revoked| RevokedCertificate {
        jti: one.certificate,
        revoked_at: one.at,
        expires_at: one.expires_at,
    };
    let issuer = state.app.gate.issuer().to_owned();
    let list = RevocationList { issuer, at, revoked: revoked.into_iter().map(entry).collect() };
    Ok(([(header::CACHE_CONTROL, "no-store")], ApiJson(list)).into_response())
}
