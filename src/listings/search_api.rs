//! Searching listings: what may be asked, and the answer.

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::index::{FacetField, IndexError, SearchQuery, Sort};
use crate::accounts::Permission;
use crate::http::extract::{ApiJson, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};

/// What a search may ask.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct SearchParams {
    /// Words in title, brand or description; all have to occur.
    q: String,
    /// Words may differ by one letter.
    fuzzy: bool,
    /// Brand attribute, or key of a brand that was found.
    brand: Option<String>,
    /// The platform's merchant id.
    merchant: Option<String>,
    /// clear, review or block.
    verdict: Option<String>,
    /// Policy class of the verdict's reasons.
    class: Option<String>,
    /// Category path or its beginning.
    category: Option<String>,
    /// Lowest price, a decimal.
    price_min: Option<String>,
    /// Highest price, a decimal.
    price_max: Option<String>,
    /// ISO 4217 code of the price.
    currency: Option<String>,
    /// Changed at or after this (RFC 3339).
    from: Option<String>,
    /// Changed before this (RFC 3339).
    to: Option<String>,
    /// Order of the hits: relevance, newest, oldest, price_low or price_high.
    sort: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Hits wanted, 1 to 100.
    limit: Option<usize>,
    /// Fields to count, separated by commas: verdict, merchant, brand, mark_brand, class or category.
    facets: Option<String>,
}

/// Searches listings by words, brand, merchant, verdict, class, category, price and date.
///
/// The index follows the database by a second or less; `indexed_through` says how far it is
/// and `latest` how far the database.
#[utoipa::path(
    get, path = "/v1/listings", tag = "listings", params(SearchParams),
    responses((status = 200, body = SearchAnswer), (status = 400, body = Problem))
)]
pub async fn search(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<SearchParams>,
) -> Result<ApiJson<SearchAnswer>, Problem> {
    caller.require(Permission::ListingsRead)?;
    let query = asked.query()?;
    let search = state.app.search.clone();
    let page = tokio::task::spawn_blocking(move || search.search(&query)).await.map_err(internal)?;
    let page = page.map_err(|error| match error {
        IndexError::Cursor => Problem::new(ProblemKind::InvalidCursor, error.to_string()),
        IndexError::Query(_) => Problem::new(ProblemKind::InvalidQuery, error.to_string()),
        other => internal(other),
    })?;
    let latest = crate::events::last_position(&state.app.core.db).await.map_err(internal)?;
    Ok(ApiJson(SearchAnswer { page, latest }))
}

/// A page of a search.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SearchAnswer {
    /// Hits, facets, total, next_cursor and indexed_through.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    page: super::index::SearchPage,
    /// Position of the last event in the database.
    latest: i64,
}

impl SearchParams {
    fn query(self) -> Result<SearchQuery, Problem> {
        Ok(SearchQuery {
            words: self.q,
            fuzzy: self.fuzzy,
            brand: self.brand,
            merchant: self.merchant,
            verdict: self
                .verdict
                .map(|text| text.parse().map_err(|error: String| wrong("verdict", error)))
                .transpose()?
                .map(|decision: crate::screening::Decision| decision.as_str().to_owned()),
            class: self.class,
            category: self.category,
            price_min: self.price_min.map(|text| hundredths("price_min", &text)).transpose()?,
            price_max: self.price_max.map(|text| hundredths("price_max", &text)).transpose()?,
            currency: self.currency.map(|code| code.to_ascii_uppercase()),
            from: self.from.map(|text| instant("from", &text)).transpose()?,
            to: self.to.map(|text| instant("to", &text)).transpose()?,
            sort: self.sort.map_or(Ok(Sort::default()), |name| named("sort", &name))?,
            cursor: self.cursor,
            limit: self.limit.unwrap_or(20),
            facets: self.facets.map_or(Ok(Vec::new()), |names| {
                let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
                names.map(|name| named::<FacetField>("facets", name)).collect()
            })?,
        })
    }
}

fn wrong(name: &str, detail: impl Into<String>) -> Problem {
    Problem::with_places(ProblemKind::InvalidQuery, vec![ProblemError::at_parameter(name, detail)])
}

/// Reads one of the words that serde knows for `T`.
fn named<T: serde::de::DeserializeOwned>(parameter: &str, name: &str) -> Result<T, Problem> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|error| wrong(parameter, error.to_string()))
}

fn hundredths(name: &str, text: &str) -> Result<i64, Problem> {
    let amount = crate::kernel::money::parse_amount(text).map_err(|error| wrong(name, error.to_string()))?;
    crate::kernel::money::hundredths(amount).ok_or_else(|| wrong(name, "is too large"))
}

fn instant(name: &str, text: &str) -> Result<crate::kernel::Instant, Problem> {
    text.parse().map_err(|_| wrong(name, "is no RFC 3339 instant; use one such as 2026-11-22T00:00:00Z"))
}
