//! The standing endpoints: ledgers, entries, appeals, the histogram.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::{check_id, check_reason};
use super::standing::NewBreach;
use super::store::{self, AppealStep};
use crate::accounts::Permission;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::StandingEntryId;
use crate::merchants::standing::{Appeal, Histogram, Ledger, LedgerEntry, Offence, Standing, Step};

/// Longest source and sentence of an entry, in characters.
const MAX_TEXT: usize = 500;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get_standing))
        .routes(routes!(add_standing_entry))
        .routes(routes!(appeal_entry))
        .routes(routes!(get_standing_policy))
        .routes(routes!(get_standing_histogram))
}

/// A merchant's ledgers and what follows from them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MerchantStandingView {
    /// What follows.
    standing: Standing,
    /// Every entry, oldest first.
    entries: Vec<LedgerEntry>,
}

/// How a merchant stands, with every entry.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/standing", tag = "merchants",
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 200, body = MerchantStandingView), (status = 404, body = Problem))
)]
async fn get_standing(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<ApiJson<MerchantStandingView>, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let dossier = state.app.core.merchants.get(&id).await?;
    let entries = store::entries(&state.app.core.db, &id).await.map_err(internal)?;
    Ok(ApiJson(MerchantStandingView { standing: dossier.standing, entries }))
}

/// A breach to be recorded.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Breach {
    /// Which offence: `counterfeit`, `late_delivery` …
    #[schema(example = "counterfeit")]
    offence: String,
    /// Where it comes from: the id of a verdict, a case, a shipment. The same offence from the same source
    /// counts once.
    #[schema(example = "vrd_01jd8m3x5k8v9w2q4r6t7y9z0a")]
    source: String,
    /// What happened, for people; absent = what the offence says.
    #[serde(default)]
    says: Option<String>,
}

fn check_text(pointer: &str, text: &str) -> Result<(), Problem> {
    let count = text.chars().count();
    let readable = !text.trim().is_empty() && count <= MAX_TEXT && !text.chars().any(char::is_control);
    if readable {
        return Ok(());
    }
    let detail = format!("is empty, longer than {MAX_TEXT} characters or holds control characters");
    Err(Problem::with_places(ProblemKind::InvalidBody, vec![ProblemError::at_pointer(pointer, detail)]))
}

/// Adds an entry to a merchant's ledgers. Entries are never changed or removed; an appeal adds to them.
#[utoipa::path(
    post, path = "/v1/merchants/{id}/standing/entries", tag = "merchants", request_body = Breach,
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 201, body = LedgerEntry), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn add_standing_entry(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    ApiJson(breach): ApiJson<Breach>,
) -> Result<(StatusCode, ApiJson<LedgerEntry>), Problem> {
    caller.require(Permission::MerchantsDecide)?;
    check_id(&id)?;
    check_text("/source", &breach.source)?;
    if let Some(says) = &breach.says {
        check_text("/says", says)?;
    }
    let service = &state.app.core.merchants;
    if service.standing.offence(&breach.offence).is_none() {
        let known: Vec<&str> = service.standing.offences().map(|own| own.id.as_str()).collect();
        let place = ProblemError::at_pointer("/offence", format!("is no offence; use one of {}", known.join(", ")));
        return Err(Problem::with_places(ProblemKind::InvalidBody, vec![place]));
    }
    let new = NewBreach { offence: breach.offence, source: breach.source, says: breach.says };
    let (entry, _) = service.record_breach(&id, &new, &caller.actor()).await?;
    Ok((StatusCode::CREATED, ApiJson(entry)))
}

/// A step of an appeal.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AppealDecision {
    /// open, granted or refused.
    state: Appeal,
    /// Why.
    reason: String,
}

/// Opens the appeal against an entry, or decides it. While it is open the entry counts; granted, it counts nothing.
#[utoipa::path(
    post, path = "/v1/standing/entries/{entry}/appeal", tag = "merchants", request_body = AppealDecision,
    params(("entry" = String, Path, description = "The entry's id")),
    responses((status = 200, body = Vec<AppealStep>), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem))
)]
async fn appeal_entry(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(entry): ApiPath<StandingEntryId>,
    ApiJson(step): ApiJson<AppealDecision>,
) -> Result<ApiJson<Vec<AppealStep>>, Problem> {
    caller.require(Permission::MerchantsDecide)?;
    let reason = check_reason(&step.reason)?;
    state.app.core.merchants.appeal(entry, step.state, &reason, &caller.actor()).await?;
    Ok(ApiJson(store::appeal(&state.app.core.db, &entry.to_string()).await.map_err(internal)?))
}

/// Offences and ladders in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct StandingPolicyView {
    /// Date of the data.
    version: String,
    /// Offences with their points.
    offences: Vec<Offence>,
    /// Ladders by ledger, lowest step first.
    ladders: std::collections::BTreeMap<String, Vec<Step>>,
}

/// The offences and ladders in force, with their sources.
#[utoipa::path(get, path = "/v1/standing/policy", tag = "merchants", responses((status = 200, body = StandingPolicyView)))]
async fn get_standing_policy(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<ApiJson<StandingPolicyView>, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let policy = &state.app.core.merchants.standing;
    let ladders = Ledger::ALL.map(|ledger| (ledger.as_str().to_owned(), policy.ladder(ledger).to_vec()));
    Ok(ApiJson(StandingPolicyView {
        version: policy.version.clone(),
        offences: policy.offences().cloned().collect(),
        ladders: ladders.into(),
    }))
}

/// Which step is to be moved where.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Moved {
    /// ip, safety, identity or service.
    ledger: String,
    /// Points of the step now.
    present: u32,
    /// Points as proposed.
    proposed: u32,
}

/// What moving a step of a ladder would do to the merchants there are: bars of points, and how many the step reaches
/// now and would reach. Nothing is changed.
#[utoipa::path(
    get, path = "/v1/standing/histogram", tag = "merchants", params(Moved),
    responses((status = 200, body = Histogram), (status = 400, body = Problem))
)]
async fn get_standing_histogram(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(moved): ApiQuery<Moved>,
) -> Result<ApiJson<Histogram>, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let wrong = |detail: String| {
        Problem::with_places(ProblemKind::InvalidQuery, vec![ProblemError::at_parameter("ledger", detail)])
    };
    let ledger: Ledger = moved.ledger.parse().map_err(wrong)?;
    Ok(ApiJson(state.app.core.merchants.histogram(ledger, moved.present, moved.proposed).await?))
}
