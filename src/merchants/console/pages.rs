//! The console's pages of merchants.

use axum::Router;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::csv;
use super::view::{self, MerchantsView};
use crate::accounts::Permission;
use crate::http::console::page;
use crate::http::console::view::{Room, Shell};
use crate::http::extract::{ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::session::{Form, see_other};
use crate::http::state::{ApiState, Caller};
use crate::kernel::id::{DocumentId, ListHitId, ListingId};
use crate::listings::index::{SearchQuery, Sort};
use crate::merchants::authority;
use crate::merchants::dossiers::api::{check_id, check_reason};
use crate::merchants::dossiers::service::DossierError;
use crate::merchants::dossiers::{documents_api, store};
use crate::merchants::onboarding::model::{Application, EprNumber, SelfCertification};
use crate::merchants::onboarding::{Event, State as Admission};
use crate::merchants::screening::hits::HitState;
use crate::merchants::screening::store as lists;
use crate::screening::store::{self as verdicts, Judged};

/// Rows of a list.
const PAGE: i64 = 50;
/// Listings on a merchant's page.
const LISTINGS: usize = 20;
/// Largest file of an import, in bytes: it travels in a form, of a megabyte with everything escaped.
const MAX_FILE: usize = 300 * 1024;

/// The pages, for people who have signed in.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/merchants", get(merchants))
        .route("/merchant-export.csv", get(export))
        .route("/merchant-apply", get(apply_form).post(apply))
        .route("/merchant-import", get(import_form).post(import_preview))
        .route("/merchant-import/take", post(import_take))
        .route("/merchants/{id}", get(merchant))
        .route("/merchants/{id}/decide", post(decide))
        .route("/merchants/{id}/documents/{document}", get(document))
        .route("/list-hits", get(hits))
        .route("/list-hits/{id}", get(hit))
        .route("/list-hits/{id}/decide", post(decide_hit))
}

fn shell(caller: &Caller, title: &str) -> Shell {
    Shell::new(title, Room::Merchants).of_caller(caller)
}

/// What the list may be narrowed by.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListParams {
    state: Option<String>,
    after: Option<String>,
    id: Option<String>,
}

async fn merchants(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<ListParams>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsRead)?;
    if let Some(id) = asked.id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
        return Ok(see_other(&view::merchant_address(id)));
    }
    let db = &state.app.core.db;
    let wrong = |detail: String| Problem::new(ProblemKind::InvalidQuery, detail);
    let wanted = asked.state.as_deref().filter(|text| !text.is_empty());
    let wanted: Option<Admission> = wanted.map(|text| text.parse().map_err(wrong)).transpose()?;
    let after = asked.after.unwrap_or_default();
    let (heading, mut rows) = match wanted {
        None => ("To be verified".to_owned(), store::vetting(db, PAGE).await.map_err(internal)?),
        Some(wanted) => {
            let rows = store::list(db, Some(wanted), &after, PAGE + 1).await.map_err(internal)?;
            (format!("Merchants that are {}", wanted.label()), rows)
        }
    };
    let more = rows.len() as i64 > PAGE;
    rows.truncate(PAGE as usize);
    let next = rows
        .last()
        .filter(|_| more)
        .zip(wanted)
        .map(|(last, wanted)| format!("/merchants?state={}&after={}", wanted.as_str(), view::part(&last.merchant)));
    let counts = store::counts(db).await.map_err(internal)?;
    let view = MerchantsView {
        shell: shell(&caller, "Merchants"),
        heading,
        counters: view::counters(&counts, wanted),
        open_hits: lists::open_hits(db).await.map_err(internal)?,
        rows: view::rows(rows),
        next,
        may_import: caller.may(Permission::MerchantsWrite),
    };
    Ok(page(StatusCode::OK, &view))
}

async fn merchant(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let core = &state.app.core;
    let dossier = core.merchants.get(&id).await?;
    let documents = store::documents(&core.db, &id).await.map_err(internal)?;
    let links = core.merchants.stored_links(&id).await.map_err(internal)?;
    let graph =
        if links.is_empty() { String::new() } else { core.merchants.draw_links(&id).await.map_err(internal)? };
    let entries = store::entries(&core.db, &id).await.map_err(internal)?;
    let hits = lists::hits_of(&core.db, &id).await.map_err(internal)?;
    let listings = listings_of(&state, &caller, &id).await?;
    let asked = authority::store::list(&core.db, "", &id, None, "", 100).await.map_err(internal)?;
    let subject = view::Subject {
        dossier: &dossier,
        documents: &documents,
        links: &links,
        graph,
        entries: &entries,
        hits: &hits,
        listings: &listings,
        authorisations: &asked,
        may_decide: caller.may(Permission::MerchantsDecide),
    };
    Ok(page(StatusCode::OK, &view::merchant(shell(&caller, "Merchant"), subject)))
}

/// The merchant's latest listings, for those who may read listings.
async fn listings_of(state: &ApiState, caller: &Caller, merchant: &str) -> Result<Vec<Judged>, Problem> {
    if !caller.may(Permission::ListingsRead) {
        return Ok(Vec::new());
    }
    let query = SearchQuery {
        merchant: Some(merchant.to_owned()),
        sort: Sort::default(),
        limit: LISTINGS,
        ..SearchQuery::default()
    };
    let search = state.app.search.clone();
    let found = tokio::task::spawn_blocking(move || search.search(&query)).await.map_err(internal)?;
    let found = found.map_err(internal)?;
    let ids: Vec<ListingId> = found.hits.iter().map(|hit| hit.listing).collect();
    verdicts::judged(&state.app.core.db, &ids).await.map_err(internal)
}

/// A step and its reason.
#[derive(Debug, Deserialize)]
struct StepForm {
    step: String,
    reason: String,
}

async fn decide(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    Form(form): Form<StepForm>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsDecide)?;
    let reason = check_reason(&form.reason)?;
    let (service, actor) = (&state.app.core.merchants, caller.actor());
    if form.step == "lift_stop" {
        service.lift_stop(&id, &reason, &actor).await?;
        return Ok(see_other(&view::merchant_address(&id)));
    }
    let event = match form.step.as_str() {
        "checks_passed" => Event::ChecksPassed,
        "checks_failed" => Event::ChecksFailed,
        "suspended" => Event::Suspended,
        "reinstated" => Event::Reinstated,
        "closed" => Event::Closed,
        _ => return Err(Problem::new(ProblemKind::InvalidBody, "the form names no step that there is")),
    };
    service.decide(&id, event, &reason, &actor).await?;
    Ok(see_other(&view::merchant_address(&id)))
}

async fn document(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath((id, document)): ApiPath<(String, DocumentId)>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsRead)?;
    documents_api::bytes_of(&state, &id, document).await
}

// ── Matches with lists ──────────────────────────────────────────────────────────────────────

async fn hits(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let db = &state.app.core.db;
    let open = lists::hits(db, HitState::Open, "", 200).await.map_err(internal)?;
    let loaded = lists::lists(db).await.map_err(internal)?;
    let told = |list: lists::LoadedList| {
        (list.name, format!("version {}, {} entries, loaded {}", list.number, list.entities, list.loaded_at.date()))
    };
    let view = view::HitsView {
        shell: shell(&caller, "Matches with lists"),
        rows: view::hit_rows(&open),
        lists: loaded.into_iter().map(told).collect(),
    };
    Ok(page(StatusCode::OK, &view))
}

async fn hit(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<ListHitId>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let db = &state.app.core.db;
    let hit = lists::hit(db, id).await.map_err(internal)?.ok_or_else(|| Problem::not_found("list hit", id))?;
    let entry = lists::entity(db, &hit.found.list, &hit.found.entity).await.map_err(internal)?;
    let dossier = store::get(db, &hit.merchant).await.map_err(internal)?;
    let may_decide = caller.may(Permission::MerchantsDecide);
    let view = view::hit(shell(&caller, "Match with a list"), &hit, dossier.as_ref(), entry.as_ref(), may_decide);
    Ok(page(StatusCode::OK, &view))
}

/// A decision on a match and its reason.
#[derive(Debug, Deserialize)]
struct HitForm {
    decision: String,
    reason: String,
}

async fn decide_hit(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(id): ApiPath<ListHitId>,
    Form(form): Form<HitForm>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsDecide)?;
    let reason = check_reason(&form.reason)?;
    let wanted = match form.decision.as_str() {
        "cleared" => HitState::Cleared,
        "confirmed" => HitState::Confirmed,
        _ => return Err(Problem::new(ProblemKind::InvalidBody, "the form names no decision that there is")),
    };
    state.app.core.merchants.decide_hit(id, wanted, &reason, &caller.actor()).await?;
    Ok(see_other("/list-hits"))
}

// ── Application by form, import and export ──────────────────────────────────────────────────

async fn apply_form(caller: Caller) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsWrite)?;
    Ok(page(StatusCode::OK, &view::ApplyView { shell: shell(&caller, "New merchant") }))
}

/// The fields of the form: the columns of an import, and what only a form has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ApplyForm {
    certified_by: String,
    certified_on: String,
    epr_country: String,
    epr_stream: String,
    epr_number: String,
    #[serde(flatten)]
    cells: std::collections::HashMap<String, String>,
}

async fn apply(
    State(state): State<ApiState>,
    caller: Caller,
    Form(form): Form<ApplyForm>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsWrite)?;
    let today = state.app.core.clock.now().date();
    let row = csv::read_cells(&|name: &str| form.cells.get(name).cloned(), today);
    let mut problems = row.problems;
    let mut application: Application = row.application;
    if !form.certified_by.trim().is_empty() {
        match form.certified_on.trim().parse() {
            Ok(on) => {
                application.self_certification =
                    Some(SelfCertification { by: form.certified_by.trim().to_owned(), on });
            }
            Err(_) => problems.push("the day of the certification is no day; write 2026-11-22".to_owned()),
        }
    }
    if !form.epr_number.trim().is_empty() {
        match form.epr_country.trim().parse() {
            Ok(country) => {
                let (stream, number) = (form.epr_stream.trim().to_owned(), form.epr_number.trim().to_owned());
                application.epr.push(EprNumber { country, stream, number });
            }
            Err(_) => problems.push("the producer number needs the country of its register".to_owned()),
        }
    }
    if let Some(first) = problems.first() {
        return Err(Problem::new(ProblemKind::InvalidBody, first.clone()));
    }
    check_id(&row.id)?;
    state.app.core.merchants.apply(&row.id, application, None, &caller.actor()).await?;
    Ok(see_other(&view::merchant_address(&row.id)))
}

async fn import_form(caller: Caller) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsWrite)?;
    let view = view::import(shell(&caller, "Import merchants"), String::new(), None, None);
    Ok(page(StatusCode::OK, &view))
}

async fn import_preview(
    State(state): State<ApiState>,
    caller: Caller,
    fields: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsWrite)?;
    let no_upload = |_| Problem::new(ProblemKind::UnsupportedMediaType, "send the file as the page's form does");
    let mut fields = fields.map_err(no_upload)?;
    let broken = |_| Problem::new(ProblemKind::InvalidBody, "the upload broke off before its end");
    let mut bytes = Vec::new();
    while let Some(mut field) = fields.next_field().await.map_err(broken)? {
        if field.name() != Some("file") {
            continue;
        }
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            if bytes.len() + chunk.len() > MAX_FILE {
                return Err(Problem::new(ProblemKind::BodyTooLarge, "the file has more than 300 KiB; split it"));
            }
            bytes.extend_from_slice(&chunk);
        }
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::new(ProblemKind::InvalidBody, "the file is not UTF-8; save it as CSV UTF-8"))?;
    let read = csv::read(&text, state.app.core.clock.now().date());
    Ok(page(StatusCode::OK, &view::import(shell(&caller, "Import merchants"), text, Some(&read), None)))
}

/// The previewed file, sent back.
#[derive(Debug, Deserialize)]
struct TakeForm {
    text: String,
}

async fn import_take(
    State(state): State<ApiState>,
    caller: Caller,
    Form(form): Form<TakeForm>,
) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsWrite)?;
    let mut read = csv::read(&form.text, state.app.core.clock.now().date());
    let mut taken = 0;
    for row in read.rows.iter_mut().filter(|row| row.problems.is_empty()) {
        let application = row.application.clone();
        match state.app.core.merchants.apply(&row.id, application, None, &caller.actor()).await {
            Ok(_) => taken += 1,
            // A merchant that is closed stops nobody else's row.
            Err(error @ (DossierError::NotNow { .. } | DossierError::Conflict(_))) => {
                row.problems.push(error.to_string())
            }
            Err(error) => return Err(error.into()),
        }
    }
    let left = read.rows.len() - taken;
    let done = format!("{taken} merchants were taken, {left} were not.");
    let view = view::import(shell(&caller, "Import merchants"), String::new(), Some(&read), Some(done));
    Ok(page(StatusCode::OK, &view))
}

async fn export(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    caller.require(Permission::MerchantsRead)?;
    let mut text = csv::line(["id", "store_name", "state", "due_at", "updated_at"]);
    let mut after = String::new();
    loop {
        let rows = store::list(&state.app.core.db, None, &after, 1_000).await.map_err(internal)?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.merchant);
        for row in &rows {
            let due = row.due_at.map(|at| at.to_string()).unwrap_or_default();
            let updated = row.updated_at.to_string();
            let cells = [row.merchant.as_str(), &row.name, row.state.as_str(), &due, &updated];
            text.push_str(&csv::line(cells));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"merchants.csv\""),
    ];
    Ok((headers, text).into_response())
}
