//! The registry endpoints: brands, import, setting references aside.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jsonl;
use super::model::{
    AuthorisedSeller, Brand, BrandKey, FigurativeMark, MarkKey, MarkStatus, NiceClass, ReferenceImage, ReferenceKey,
    ReferenceKind, Registration, Strictness, WordMark,
};
use super::service::{Change, ImportReport, RegistryError};
use super::store;
use crate::accounts::Permission;
use crate::http::conditional::EntityTag;
use crate::http::extract::{ApiBytes, ApiJson, ApiPath, ApiQuery};
use crate::http::internal;
use crate::http::paging::{Page, PageQuery};
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::http::state::{ApiState, Caller};
use crate::kernel::Market;
use crate::kernel::id::HuntId;
use crate::listings::hunt::{HuntRequest, HuntTarget};
use crate::listings::images::{ImageError, ResolveError};
use crate::listings::intake::RawImage;

/// Most marks, references, aliases or sellers of one brand sent through the API.
const MAX_PARTS: usize = 5_000;
/// Longest name, alias, mark and key, in characters.
const MAX_TEXT: usize = 300;
/// Most brands of one import request.
const MAX_IMPORT: usize = 20_000;

/// The routes, with their descriptions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_brands))
        .routes(routes!(get_brand, put_brand, delete_brand))
        .routes(routes!(import))
        .routes(routes!(set_aside))
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        let kind = match &error {
            RegistryError::NameTaken { .. } | RegistryError::GivenTwice(_) | RegistryError::UnwritableKey(_) => {
                ProblemKind::InvalidRegistryEntry
            }
            RegistryError::UnknownBrand(_) | RegistryError::UnknownReference(_) => ProblemKind::NotFound,
            RegistryError::Stale { .. } => ProblemKind::PreconditionFailed,
            RegistryError::Store(source) if source.is_storage_full() => ProblemKind::StorageFull,
            RegistryError::Store(_) | RegistryError::Snapshot(_) => return internal(error),
        };
        Problem::new(kind, error.to_string())
    }
}

/// A word mark as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WordMarkSubmission {
    /// Name within the brand; absent = its number.
    #[serde(default)]
    id: Option<String>,
    /// The registered words.
    text: String,
    /// Its registration.
    #[serde(default)]
    registration: Option<Registration>,
    /// Nice classes, 1 to 45; empty = the brand's.
    #[serde(default)]
    #[schema(value_type = Vec<u8>)]
    nice: Vec<NiceClass>,
    /// Markets it is valid in; empty = all.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    territories: Vec<Market>,
    /// registered, pending or ended.
    #[serde(default)]
    status: MarkStatus,
    /// First day it is no longer valid.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    expires: Option<jiff::civil::Date>,
    /// literal, guarded, standard or wide; absent = derived.
    #[serde(default)]
    strictness: Option<Strictness>,
}

/// A figurative mark as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FigurativeMarkSubmission {
    /// Name within the brand.
    id: String,
    /// What it shows.
    description: String,
    /// Its registration.
    #[serde(default)]
    registration: Option<Registration>,
    /// Nice classes; empty = the brand's.
    #[serde(default)]
    #[schema(value_type = Vec<u8>)]
    nice: Vec<NiceClass>,
    /// Markets it is valid in; empty = all.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    territories: Vec<Market>,
    /// registered, pending or ended.
    #[serde(default)]
    status: MarkStatus,
    /// First day it is no longer valid.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    expires: Option<jiff::civil::Date>,
}

/// A reference image as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReferenceSubmission {
    /// Name within the brand.
    name: String,
    /// product, logo or harmless.
    kind: ReferenceKind,
    /// The picture.
    image: RawImage,
    /// The figurative mark it depicts, by its name within the brand.
    #[serde(default)]
    mark: Option<String>,
    /// Largest distance that counts, in bits of 256; absent = the kind's default.
    #[serde(default)]
    threshold: Option<u16>,
}

/// A brand as it is sent: it replaces the former state as a whole.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BrandSubmission {
    /// The brand's name for people.
    name: String,
    /// Other names, in any script.
    #[serde(default)]
    aliases: Vec<String>,
    /// Word marks.
    #[serde(default)]
    word_marks: Vec<WordMarkSubmission>,
    /// Figurative marks.
    #[serde(default)]
    figurative_marks: Vec<FigurativeMarkSubmission>,
    /// Reference images.
    #[serde(default)]
    references: Vec<ReferenceSubmission>,
    /// Nice classes of the brand as a whole.
    #[serde(default)]
    #[schema(value_type = Vec<u8>)]
    nice_classes: Vec<NiceClass>,
    /// Goods the brand is known for.
    #[serde(default)]
    categories: Vec<String>,
    /// Whether the name is also a word of a language.
    #[serde(default)]
    common_word: bool,
    /// Who may sell under the marks.
    #[serde(default)]
    authorised_sellers: Vec<AuthorisedSeller>,
}

/// Collects what is wrong with a submission.
#[derive(Default)]
struct Checker {
    places: Vec<ProblemError>,
}

impl Checker {
    fn text(&mut self, pointer: String, text: &str) {
        let problem = match text.trim() {
            "" => "is empty",
            trimmed if trimmed.chars().count() > MAX_TEXT => "is longer than 300 characters",
            trimmed if trimmed.chars().any(char::is_control) => "holds control characters",
            _ => return,
        };
        self.places.push(ProblemError::at_pointer(pointer, problem));
    }

    fn at_most(&mut self, pointer: &str, count: usize) {
        if count > MAX_PARTS {
            let detail = format!("has {count} entries; at most {MAX_PARTS} are taken");
            self.places.push(ProblemError::at_pointer(pointer, detail));
        }
    }
}

impl BrandSubmission {
    fn check(&self) -> Result<(), Problem> {
        let mut checker = Checker::default();
        checker.text("/name".to_owned(), &self.name);
        for (name, count) in [
            ("/aliases", self.aliases.len()),
            ("/word_marks", self.word_marks.len()),
            ("/figurative_marks", self.figurative_marks.len()),
            ("/references", self.references.len()),
            ("/categories", self.categories.len()),
            ("/authorised_sellers", self.authorised_sellers.len()),
        ] {
            checker.at_most(name, count);
        }
        for (place, alias) in self.aliases.iter().enumerate() {
            checker.text(format!("/aliases/{place}"), alias);
        }
        for (place, mark) in self.word_marks.iter().enumerate() {
            checker.text(format!("/word_marks/{place}/text"), &mark.text);
            if let Some(id) = &mark.id {
                checker.text(format!("/word_marks/{place}/id"), id);
            }
        }
        for (place, mark) in self.figurative_marks.iter().enumerate() {
            checker.text(format!("/figurative_marks/{place}/id"), &mark.id);
        }
        for (place, reference) in self.references.iter().enumerate() {
            checker.text(format!("/references/{place}/name"), &reference.name);
            let depicted = |name: &String| self.figurative_marks.iter().any(|mark| mark.id == *name);
            if reference.mark.as_ref().is_some_and(|name| !depicted(name)) {
                let detail = "names no figurative mark of this brand";
                checker.places.push(ProblemError::at_pointer(format!("/references/{place}/mark"), detail));
            }
        }
        if checker.places.is_empty() {
            return Ok(());
        }
        Err(Problem::with_places(ProblemKind::InvalidRegistryEntry, checker.places))
    }

    async fn into_brand(self, key: &str, state: &ApiState) -> Result<Brand, Problem> {
        let mark_key = |kind: &str, name: &str| MarkKey::new(format!("{key}/{kind}/{name}"));
        let references = take_references(self.references, key, state).await?;
        Ok(Brand {
            key: BrandKey::new(key),
            name: self.name.trim().to_owned(),
            aliases: self.aliases,
            word_marks: (1usize..)
                .zip(self.word_marks)
                .map(|(number, mark)| WordMark {
                    key: mark_key("word", &mark.id.unwrap_or_else(|| number.to_string())),
                    text: mark.text.trim().to_owned(),
                    registration: mark.registration,
                    nice: mark.nice,
                    territories: mark.territories,
                    status: mark.status,
                    expires: mark.expires,
                    strictness: mark.strictness,
                })
                .collect(),
            figurative_marks: self
                .figurative_marks
                .into_iter()
                .map(|mark| FigurativeMark {
                    key: mark_key("figure", &mark.id),
                    description: mark.description,
                    registration: mark.registration,
                    nice: mark.nice,
                    territories: mark.territories,
                    status: mark.status,
                    expires: mark.expires,
                })
                .collect(),
            references,
            nice_classes: self.nice_classes,
            categories: self.categories,
            common_word: self.common_word,
            authorised_sellers: self.authorised_sellers,
        })
    }
}

async fn take_references(
    given: Vec<ReferenceSubmission>,
    key: &str,
    state: &ApiState,
) -> Result<Vec<ReferenceImage>, Problem> {
    let refused = |place: usize, member: &str, detail: String| {
        let place = ProblemError::at_pointer(format!("/references/{place}{member}"), detail);
        Problem::with_places(ProblemKind::InvalidRegistryEntry, vec![place])
    };
    let mut references = Vec::with_capacity(given.len());
    for (place, reference) in given.into_iter().enumerate() {
        let taken = state.app.images.resolve(vec![reference.image]).await;
        let image = taken.map_err(|error| match error {
            ResolveError::Faults(faults) => {
                refused(place, "/image", faults.into_iter().map(|fault| fault.detail).collect())
            }
            ResolveError::Ours(error) => Problem::from(error),
        })?;
        let image = image.into_iter().next();
        let image = image.ok_or_else(|| refused(place, "/image", "is missing".to_owned()))?;
        let Some(digest) = image.digest else {
            return Err(refused(place, "/image", image.problem.unwrap_or_else(|| "cannot be read".to_owned())));
        };
        let bytes = state.app.images.bytes(digest).await.map_err(internal)?.unwrap_or_default();
        let read = state.app.images.take_reference(bytes).await;
        let signature = read.map_err(|error| match error {
            ImageError::Unreadable(problem) => refused(place, "/image", problem.to_string()),
            ours => Problem::from(ours),
        })?;
        let signature = signature.signature;
        references.push(ReferenceImage {
            key: ReferenceKey::new(format!("{key}/{}", reference.name)),
            kind: reference.kind,
            mark: reference.mark.map(|name| MarkKey::new(format!("{key}/figure/{name}"))),
            digest,
            signature,
            threshold: reference.threshold,
            quarantine: None,
        });
    }
    Ok(references)
}

/// A brand in a list.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct BrandEntry {
    /// Its name in the registry.
    key: String,
    /// Its name for people.
    name: String,
    /// The revision that wrote its present state.
    revision: i64,
}

/// The brands of the registry, by key.
#[utoipa::path(
    get, path = "/v1/brands", tag = "registry", params(PageQuery),
    responses((status = 200, body = Page<BrandEntry>), (status = 400, body = Problem))
)]
async fn list_brands(
    State(state): State<ApiState>,
    caller: Caller,
    ApiQuery(asked): ApiQuery<PageQuery>,
) -> Result<ApiJson<Page<BrandEntry>>, Problem> {
    caller.require(Permission::RegistryRead)?;
    let limit = asked.limit()?;
    let after: String = asked.position("brands")?.unwrap_or_default();
    let rows = store::list(&state.app.core.db, &after, i64::from(limit) + 1).await.map_err(internal)?;
    let entry = |row: store::BrandRow| BrandEntry { key: row.key.to_string(), name: row.name, revision: row.revision };
    let entries = rows.into_iter().map(entry).collect();
    Ok(ApiJson(Page::from_rows("brands", entries, limit, |brand: &BrandEntry| brand.key.clone())))
}

/// A brand with everything under it.
#[utoipa::path(
    get, path = "/v1/brands/{key}", tag = "registry",
    params(("key" = String, Path, description = "The brand's name in the registry")),
    responses((status = 200, body = Brand), (status = 404, body = Problem))
)]
async fn get_brand(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(key): ApiPath<String>,
) -> Result<Response, Problem> {
    caller.require(Permission::RegistryRead)?;
    let found = store::brand(&state.app.core.db, &key).await.map_err(internal)?;
    let (brand, revision) = found.ok_or_else(|| Problem::not_found("brand", &key))?;
    Ok(([(header::ETAG, EntityTag::of_version(revision).header_value())], ApiJson(brand)).into_response())
}

/// Whether a change also looks at the listings that are there already.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct HuntChoice {
    /// Start a retro-hunt for the change; needs the scope `hunts`.
    hunt: bool,
}

impl HuntChoice {
    /// Refuses, before anything changes, a hunt that the caller may not start.
    pub fn allowed(&self, caller: &Caller) -> Result<(), Problem> {
        if self.hunt { caller.require(Permission::Hunts) } else { Ok(()) }
    }

    /// Starts the hunt, where one was asked for.
    pub async fn start(
        &self,
        state: &ApiState,
        caller: &Caller,
        target: HuntTarget,
    ) -> Result<Option<HuntId>, Problem> {
        if !self.hunt {
            return Ok(None);
        }
        let request = HuntRequest { target, dry_run: false, closely: false };
        let id = state.app.core.hunts.start(request, &caller.actor()).await.map_err(internal)?;
        Ok(Some(id))
    }
}

/// Sets a brand as a whole; it is live on this replica when the answer comes, on others
/// within a second. `If-Match` with the tag you read refuses to overwrite others' changes.
#[utoipa::path(
    put, path = "/v1/brands/{key}", tag = "registry", request_body = BrandSubmission,
    params(
        ("key" = String, Path, description = "The brand's name in the registry: small letters, digits, - _ ."),
        ("If-Match" = Option<String>, Header, description = "Tag of the state that was read; `\"v0\"` = does not exist yet"),
        HuntChoice,
    ),
    responses((status = 200, body = ImportReport), (status = 412, body = Problem), (status = 422, body = Problem))
)]
async fn put_brand(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(key): ApiPath<String>,
    ApiQuery(choice): ApiQuery<HuntChoice>,
    headers: HeaderMap,
    ApiJson(submission): ApiJson<BrandSubmission>,
) -> Result<ApiJson<ImportReport>, Problem> {
    caller.require(Permission::RegistryWrite)?;
    let key = BrandKey::new(key);
    if !key.is_writable() {
        let detail = "a brand's key has 1 to 64 characters: small letters, digits, - _ .";
        return Err(Problem::new(ProblemKind::InvalidPath, detail));
    }
    choice.allowed(&caller)?;
    submission.check()?;
    let expected = crate::http::conditional::expected_version(&headers)?;
    let brand = submission.into_brand(key.as_str(), &state).await?;
    let change = Change { actor: &caller.actor(), cause: "put through the API" };
    let mut report = state.app.core.registry.import(vec![brand], change, expected).await?;
    // Asked for again after an interruption, the brand is unchanged and its hunt still due.
    report.hunt = choice.start(&state, &caller, HuntTarget::Brand(key.to_string())).await?.map(|id| id.to_string());
    Ok(ApiJson(report))
}

/// Removes a brand; verdicts made with it can still be replayed.
#[utoipa::path(
    delete, path = "/v1/brands/{key}", tag = "registry",
    params(("key" = String, Path, description = "The brand's name in the registry")),
    responses((status = 204, description = "Removed"), (status = 404, body = Problem), (status = 412, body = Problem))
)]
async fn delete_brand(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(key): ApiPath<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::RegistryWrite)?;
    let expected = crate::http::conditional::expected_version(&headers)?;
    let change = Change { actor: &caller.actor(), cause: "removed through the API" };
    state.app.core.registry.remove(&key, change, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Imports brands from registry JSON Lines (one object a line). A brand's references stay
/// as they are: lines carry words only. All lines are read first; one bad line refuses all.
#[utoipa::path(
    post, path = "/v1/registry/import", tag = "registry",
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = ImportReport), (status = 422, body = Problem))
)]
async fn import(
    State(state): State<ApiState>,
    caller: Caller,
    ApiBytes(body): ApiBytes,
) -> Result<ApiJson<ImportReport>, Problem> {
    caller.require(Permission::RegistryWrite)?;
    let (brands, rejected) = jsonl::read_brands(&body[..]).map_err(internal)?;
    if !rejected.is_empty() {
        let place = |line: jsonl::RejectedLine| {
            ProblemError::at_pointer(String::new(), format!("line {}: {}", line.line, line.reason))
        };
        return Err(Problem::with_places(ProblemKind::InvalidRegistryEntry, rejected.into_iter().map(place).collect()));
    }
    if brands.len() > MAX_IMPORT {
        let detail = format!("{} brands; send at most {MAX_IMPORT} at a time", brands.len());
        return Err(Problem::new(ProblemKind::InvalidRegistryEntry, detail));
    }
    let change = Change { actor: &caller.actor(), cause: "import through the API" };
    Ok(ApiJson(state.app.core.registry.import_words(brands, change).await?))
}

/// Setting a reference aside, or taking it back into use.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SetAside {
    /// The reference's key: `nike/logo.png`.
    reference: String,
    /// Why it is set aside; absent = it is taken back into use.
    #[serde(default)]
    because: Option<String>,
}

/// Sets a reference image of a brand aside (it is no longer matched), or takes it back.
#[utoipa::path(
    post, path = "/v1/brands/{key}/quarantine", tag = "registry", request_body = SetAside,
    params(("key" = String, Path, description = "The brand's name in the registry")),
    responses((status = 204, description = "Done"), (status = 404, body = Problem))
)]
async fn set_aside(
    State(state): State<ApiState>,
    caller: Caller,
    ApiPath(key): ApiPath<String>,
    ApiJson(asked): ApiJson<SetAside>,
) -> Result<StatusCode, Problem> {
    caller.require(Permission::RegistryWrite)?;
    let because = asked.because.map(|text| text.chars().filter(|letter| !letter.is_control()).take(MAX_TEXT).collect());
    let change = Change { actor: &caller.actor(), cause: "set aside through the API" };
    let reference = ReferenceKey::new(asked.reference);
    state.app.core.registry.set_quarantine(&key, &reference, because, change).await?;
    state.app.flood.forget(&reference);
    Ok(StatusCode::NO_CONTENT)
}
