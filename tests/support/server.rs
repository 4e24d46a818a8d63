//! A running service, spoken to over real HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use assay::accounts::service::NewPerson;
use assay::accounts::{OrganisationKind, Permission, StoredKey, store};
use assay::app::{App, AppOptions};
use assay::http::secrets::ApiKey;
use assay::http::state::{ApiState, HttpOptions};
use assay::kernel::id::{ApiKeyId, OrganisationId, PersonId};
use assay::kernel::{Digest, Instant};
use assay::system::RandomIds;

use super::{Engine, Place, data, eventually};

/// Statuses that any operation may answer: the guards before the handlers give them, and the
/// document describes them once, not at each operation.
const ANYWHERE: [u16; 10] = [400, 401, 403, 405, 408, 413, 415, 429, 503, 507];

/// A service on a port of its own, with a key that may do everything.
pub struct Server {
    pub app: App,
    pub base: String,
    pub key: String,
    pub place: Place,
    client: Client,
    operations: Operations,
}

/// How a test's service differs from the usual one.
pub struct Setup {
    pub options: AppOptions,
    pub requests_per_second: u32,
}

impl Server {
    /// A service with the small rule pack and no brands.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    /// [`Server::start`] after `change` has changed its set-up.
    pub async fn start_with(engine: Engine, change: impl FnOnce(&mut Setup)) -> Self {
        let place = Place::new(engine).await;
        let db = place.open().await;
        data::store_small_pack(&db).await;
        db.close().await;
        Self::over(place, change).await
    }

    /// A service over a database that is there already.
    pub async fn over(place: Place, change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup { options: place.app_options(), requests_per_second: 100_000 };
        change(&mut setup);
        let app = App::start(&setup.options).await.expect("the service starts");
        let options = HttpOptions {
            requests_per_second: NonZeroU32::new(setup.requests_per_second).expect("is not zero"),
            ..HttpOptions::default()
        };
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
        let router = assay::http::router(ApiState::new(app.clone(), options, metrics));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("the port is known"));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let key = make_key(&app, OrganisationId::PLATFORM, &Permission::ALL, None).await;
        // reqwest wants a TLS provider even for plain HTTP; an error says that there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.build().expect("a client without options");
        Self { app, base, key, place, client, operations: Operations::of_this_build() }
    }

    /// A key with these scopes.
    pub async fn key_with(&self, scopes: &[Permission]) -> String {
        make_key(&self.app, OrganisationId::PLATFORM, scopes, None).await
    }

    /// A key that ended a second ago.
    pub async fn ended_key(&self) -> String {
        let now = self.app.core.clock.now();
        make_key(&self.app, OrganisationId::PLATFORM, &Permission::ALL, Some(now.plus_seconds(-1))).await
    }

    /// A key of another organisation with every scope.
    pub async fn key_of(&self, organisation: OrganisationId) -> String {
        make_key(&self.app, organisation, &Permission::ALL, None).await
    }

    /// A new organisation.
    pub async fn organisation(&self, kind: OrganisationKind) -> OrganisationId {
        let accounts = &self.app.core.accounts;
        accounts.create_organisation(kind, "Northpeak", "test").await.expect("an organisation is entered").id
    }

    /// A new person with these roles.
    pub async fn person(&self, organisation: OrganisationId, roles: &[&str]) -> PersonId {
        let roles = roles.iter().map(|role| role.parse().expect("the role exists")).collect();
        let email = format!("{}@example.com", data::ids().next(data::clock().now()).simple());
        let new = NewPerson { organisation, name: "Ada Field".to_owned(), email, roles };
        self.app.core.accounts.create_person(new, "test").await.expect("a person is entered").id
    }

    /// The path of a link that signs this person in once.
    pub async fn link(&self, person: PersonId) -> String {
        let link = self.app.core.accounts.sign_in_link(person, "test").await.expect("a link is made");
        assay::accounts::pages::link_path(&link)
    }

    /// A new person with these roles who has signed in.
    pub async fn visitor(&self, organisation: OrganisationId, roles: &[&str]) -> Visitor {
        let person = self.person(organisation, roles).await;
        let link = self.link(person).await;
        let answer = self.call(Method::GET, &link).key(None).send().await;
        let mut visitor = Visitor { person, cookie: answer.is(303).cookie(), csrf: String::new() };
        let page = self.call(Method::GET, "/account").visitor(&visitor).send().await;
        let token = page.is(200).text.split_once("name=\"csrf\" value=\"").expect("a form with a token").1;
        visitor.csrf = token.split('"').next().expect("the token ends").to_owned();
        visitor
    }

    /// The address of a page for a browser that nobody has signed in with: an administrator's
    /// link that leads on to it.
    pub async fn address_for_administrator(&self, path: &str) -> String {
        let person = self.person(OrganisationId::PLATFORM, &["administrator"]).await;
        format!("{}{}?to={path}", self.base, self.link(person).await)
    }

    /// A request with the key that may do everything.
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        let request = self.client.request(method.clone(), format!("{}{path}", self.base));
        Call { server: self, request, method, path: path.to_owned(), key: Some(self.key.clone()) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path).json(body).send().await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path).json(body).send().await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path).send().await
    }

    /// Submits a listing that must be taken.
    pub async fn submit(&self, listing: Value) -> Answer {
        let answer = self.post("/v1/listings", &listing).await;
        assert!(matches!(answer.status, 200 | 201), "{listing} was refused: {}", answer.text);
        answer
    }

    /// Waits until everything that was committed before the call is searchable.
    pub async fn wait_for_index(&self) {
        let latest = assay::events::last_position(&self.app.core.db).await.expect("the database answers");
        let listings = assay::screening::store::changed_after;
        eventually("the index catches up", || async {
            let position = self.app.progress.position();
            let waiting = listings(&self.app.core.db, position, 1).await.expect("the database answers");
            (position >= latest || waiting.is_empty()).then_some(())
        })
        .await;
    }
}

async fn make_key(
    app: &App,
    organisation: OrganisationId,
    scopes: &[Permission],
    expires_at: Option<Instant>,
) -> String {
    let now = app.core.clock.now();
    let id = ApiKeyId::from_uuid(assay::kernel::Ids::next(&RandomIds::default(), now));
    let key = ApiKey::new(id, Digest::of(id.to_string().as_bytes()).0);
    let stored = StoredKey {
        id,
        organisation,
        name: "test".to_owned(),
        secret_hash: Digest::of(key.reveal().as_bytes()).to_string(),
        scopes: scopes.to_vec(),
        created_at: now,
        expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    let mut tx = app.core.db.begin().await.expect("a transaction begins");
    store::insert_key(&mut tx, &stored).await.expect("the key is stored");
    tx.commit().await.expect("the key is committed");
    key.reveal().to_owned()
}

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub person: PersonId,
    /// `assay=…`, as the browser sends it.
    pub cookie: String,
    /// What forms of this session carry.
    pub csrf: String,
}

/// A request being put together.
pub struct Call<'server> {
    server: &'server Server,
    request: RequestBuilder,
    method: Method,
    path: String,
    key: Option<String>,
}

impl Call<'_> {
    pub fn key(mut self, key: Option<&str>) -> Self {
        self.key = key.map(str::to_owned);
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sends the visitor's cookie instead of a key, as a browser does.
    pub fn visitor(self, visitor: &Visitor) -> Self {
        self.key(None).header("cookie", &visitor.cookie).header("accept", "text/html")
    }

    /// Sends these fields as a form; none of them needs escaping.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.header("content-type", "application/x-www-form-urlencoded").body(fields.join("&"))
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub fn body(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.body(body);
        self
    }

    /// Sends it and holds the answer against the OpenAPI document.
    pub async fn send(self) -> Answer {
        let request = match &self.key {
            Some(key) => self.request.header("authorization", format!("Bearer {key}")),
            None => self.request,
        };
        let response = request.send().await.expect("the service answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("the answer arrives");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status, headers, body, text };
        self.server.operations.check(&self.method, &self.path, &answer);
        answer
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    /// The body, where it is JSON; null otherwise.
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or("?"))
    }

    /// The session's cookie that the answer sets, as the browser sends it back.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }

    /// The verdict's decision in an answer about a listing.
    pub fn decision(&self) -> &str {
        self.body["verdict"]["body"]["verdict"].as_str().unwrap_or("none")
    }

    /// The places that a problem names: pointers, parameters and headers.
    pub fn places(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let place = |error: &Value| {
            let named = ["pointer", "parameter", "header"].iter().find_map(|kind| error[*kind].as_str());
            named.unwrap_or_default().to_owned()
        };
        errors.iter().map(place).collect()
    }

    /// Fails unless this is a problem of this kind with the status that the kind always has.
    #[track_caller]
    pub fn is_problem(&self, slug: &str) -> &Self {
        let kind = assay::http::problem::ProblemKind::from_slug(slug).expect("the kind exists");
        let found = (self.status, self.body["type"].as_str().unwrap_or_default());
        assert_eq!(found, (kind.status().as_u16(), format!("/problems/{slug}").as_str()), "{}", self.text);
        self
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// The operations of the OpenAPI document with their statuses.
struct Operations(Vec<(String, Vec<Segment>, Vec<u16>)>);

enum Segment {
    Fixed(String),
    Variable,
}

impl Operations {
    fn of_this_build() -> Self {
        let document = serde_json::to_value(assay::http::openapi()).expect("the document serialises");
        let mut operations = Vec::new();
        let paths: BTreeMap<String, Value> =
            serde_json::from_value(document["paths"].clone()).expect("paths are objects");
        for (path, methods) in paths {
            for (method, operation) in methods.as_object().expect("methods are objects") {
                let Some(responses) = operation["responses"].as_object() else {
                    continue;
                };
                let statuses = responses.keys().filter_map(|status| status.parse().ok()).collect();
                operations.push((method.to_uppercase(), segments(&path), statuses));
            }
        }
        Self(operations)
    }

    fn check(&self, method: &Method, path: &str, answer: &Answer) {
        assert!(answer.header("x-request-id").starts_with("req_"), "every answer names its request");
        let page = answer.header("content-type").starts_with("text/html") || path.starts_with("/assets/");
        if answer.status >= 400 && !page {
            check_problem(answer);
        }
        let path = path.split('?').next().unwrap_or_default();
        let fits = |of: &[Segment]| {
            let parts: Vec<&str> = path.split('/').collect();
            let same = |(segment, part): (&Segment, &&str)| match segment {
                Segment::Fixed(text) => text == part,
                Segment::Variable => !part.is_empty(),
            };
            of.len() == parts.len() && of.iter().zip(&parts).all(same)
        };
        // Fixed segments win over variable ones: /v1/listings/batch is no listing id.
        let variables = |of: &[Segment]| of.iter().filter(|segment| matches!(segment, Segment::Variable)).count();
        let known = self.0.iter().filter(|(of, segments, _)| of == method.as_str() && fits(segments));
        if let Some((_, _, statuses)) = known.min_by_key(|(_, segments, _)| variables(segments)) {
            let documented = statuses.contains(&answer.status) || ANYWHERE.contains(&answer.status);
            assert!(documented, "{method} {path} answered an undocumented {}: {}", answer.status, answer.text);
        }
    }
}

fn segments(path: &str) -> Vec<Segment> {
    let segment = |part: &str| match part.starts_with('{') {
        true => Segment::Variable,
        false => Segment::Fixed(part.to_owned()),
    };
    path.split('/').map(segment).collect()
}

/// Every refusal is an RFC 9457 document that says the same as the status line.
fn check_problem(answer: &Answer) {
    if answer.body.get("ready").is_some() {
        return;
    }
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
    assert_eq!(answer.body["status"], answer.status, "{}", answer.text);
    let slug = answer.body["type"].as_str().and_then(|name| name.strip_prefix("/problems/")).unwrap_or_default();
    assert!(assay::http::problem::ProblemKind::from_slug(slug).is_some(), "{}", answer.text);
    assert!(answer.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", answer.text);
    assert!(answer.body["instance"].as_str().is_some_and(|id| id.starts_with("req_")), "{}", answer.text);
    for inner in ["sqlx", "SELECT", "panicked", "src/", "assay.db"] {
        assert!(!answer.text.contains(inner), "a refusal shows internals: {}", answer.text);
    }
}
