//! The merchant endpoints: what the platform tells, and what is known.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::MerchantFacts;
use super::store;
use crate::accounts::Permission;
use crate::audit::journal::{self, Entry};
use crate::http::extract::{ApiJson, ApiPath};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::registry;
use crate::store::StoreError;

/// Longest id, name and tier, in characters.
const MAX_NAME: usize = 300;
/// The tiers that rules know.
const TIERS: [&str; 5] = ["new", "standard", "trusted", "restricted", "suspended"];

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(put_merchant, get_merchant))
}

fn check(id: &str, facts: &MerchantFacts) -> Result<(), Problem> {
    let mut places = Vec::new();
    let readable =
        |text: &str| !text.trim().is_empty() && text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control);
    if !readable(id) {
        return Err(Problem::new(
            ProblemKind::InvalidPath,
            "the merchant's id is empty, too long or holds control characters",
        ));
    }
    for (pointer, text) in [("/name", &facts.name), ("/id", &facts.id)] {
        if text.as_deref().is_some_and(|text| !readable(text)) {
            places.push(ProblemError::at_pointer(
                pointer,
                format!("is empty, longer than {MAX_NAME} characters or holds control characters"),
            ));
        }
    }
    if facts.id.as_deref().is_some_and(|given| given != id) {
        places.push(ProblemError::at_pointer("/id", "differs from the id in the address; leave it out"));
    }
    if facts.tier.as_deref().is_some_and(|tier| !TIERS.contains(&tier)) {
        places
            .push(ProblemError::at_pointer("/tier", "is no tier; use new, standard, trusted, restricted or suspended"));
    }
    let derived = [
        ("/state", facts.state.is_some()),
        ("/held", facts.held.is_some()),
        ("/review_all", facts.review_all.is_some()),
        ("/sanctions", facts.sanctions.is_some()),
    ];
    for (pointer, _) in derived.into_iter().filter(|(_, given)| *given) {
        places.push(ProblemError::at_pointer(pointer, "is derived from the merchant's dossier; leave it out"));
    }
    let country = facts.country.as_deref().map(str::parse::<crate::kernel::Market>);
    if let Some(Err(problem)) = country {
        places.push(ProblemError::at_pointer("/country", problem.to_string()));
    }
    if places.is_empty() { Ok(()) } else { Err(Problem::with_places(ProblemKind::InvalidBody, places)) }
}

/// Tells what is known of a merchant; it counts for listings submitted from then on.
#[utoipa::path(
    put, path = "/v1/merchants/{id}", tag = "merchants", request_body = MerchantFacts,
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 204, description = "Stored"), (status = 422, body = Problem))
)]
async fn put_merchant(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    ApiJson(facts): ApiJson<MerchantFacts>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::MerchantsWrite)?;
    check(&id, &facts)?;
    let facts = MerchantFacts { id: Some(id.clone()), ..facts };
    let known = store::told(&state.app.core.db, &id).await.map_err(internal)?;
    if known.as_ref() == Some(&facts) {
        return Ok(StatusCode::NO_CONTENT);
    }
    write(&state, &caller, &id, &facts).await.map_err(internal)?;
    state.app.core.keeper.refresh().await.map_err(internal)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn write(state: &ApiState, caller: &Caller, id: &str, facts: &MerchantFacts) -> Result<(), StoreError> {
    let now = state.app.core.clock.now();
    let mut tx = state.app.core.db.begin().await?;
    let from = registry::store::take_latest(&mut tx).await?;
    let next = registry::store::advance(&mut tx, &from, None, "merchant told", now).await?;
    store::put(&mut tx, id, facts, next.number, now).await?;
    // The shop name is personal data where the merchant is a person: the log holds its digest only.
    let told = crate::kernel::Digest::of(serde_json::to_string(facts).unwrap_or_default().as_bytes());
    let body = serde_json::value::to_raw_value(&serde_json::json!({"facts_digest": told, "revision": next.number}));
    let body = body.expect("JSON values serialise");
    let entry = Entry { kind: "merchant.told", subject: id.to_owned(), actor: caller.actor(), body };
    journal::append(&mut tx, now, vec![entry], Vec::new()).await?;
    tx.commit().await
}

/// What is known of a merchant.
#[utoipa::path(
    get, path = "/v1/merchants/{id}", tag = "merchants",
    params(("id" = String, Path, description = "The platform's id of the merchant")),
    responses((status = 200, body = MerchantFacts), (status = 404, body = Problem))
)]
async fn get_merchant(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<ApiJson<MerchantFacts>, Problem> {
    caller.require(Permission::ListingsRead)?;
    let facts = store::get(&state.app.core.db, &id).await.map_err(internal)?;
    facts.map(ApiJson).ok_or_else(|| Problem::not_found("merchant", id))
}
