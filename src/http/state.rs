//! Who calls, what they may do, and how often.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::{Problem, ProblemKind};
use super::secrets::{ApiKey, KeyHash};
use crate::accounts::{self, Scope, StoredKey};
use crate::app::App;
use crate::kernel::Digest;
use crate::kernel::id::ApiKeyId;

/// How long a key's row is remembered; a revoked key works at most this much longer.
const KEY_MEMORY: Duration = Duration::from_secs(5);
/// A key's last use is noted at most this often, in seconds.
const TOUCH_EVERY: i64 = 60;

/// How the service is reached.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Requests a second that one key may send.
    pub requests_per_second: NonZeroU32,
    /// Whether the console answers callers on this machine. There are no console accounts
    /// yet, so it never answers others.
    pub console: bool,
    /// Whether `/metrics` answers without a key (a scraper on this machine needs none).
    pub metrics: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { requests_per_second: NonZeroU32::new(5_000).expect("is not zero"), console: true, metrics: true }
    }
}

/// What handlers share.
#[derive(Clone)]
pub struct ApiState {
    /// The service.
    pub app: App,
    /// How it is reached.
    pub options: HttpOptions,
    keys: moka::future::Cache<ApiKeyId, Option<Arc<StoredKey>>>,
    limits: Arc<DefaultKeyedRateLimiter<ApiKeyId>>,
    /// Renders `/metrics`.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
}

impl ApiState {
    /// State over a running service.
    pub fn new(app: App, options: HttpOptions, metrics: metrics_exporter_prometheus::PrometheusHandle) -> Self {
        let keys = moka::future::Cache::builder().max_capacity(10_000).time_to_live(KEY_MEMORY).build();
        let limits = Arc::new(RateLimiter::keyed(Quota::per_second(options.requests_per_second)));
        Self { app, options, keys, limits, metrics }
    }

    async fn key(&self, id: ApiKeyId) -> Result<Option<Arc<StoredKey>>, Problem> {
        if let Some(known) = self.keys.get(&id).await {
            return Ok(known);
        }
        let found = accounts::find(&self.app.core.db, id).await.map_err(super::internal)?.map(Arc::new);
        self.keys.insert(id, found.clone()).await;
        Ok(found)
    }
}

/// The key that a request came with, already checked.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key.
    pub key: Arc<StoredKey>,
}

impl Caller {
    /// Refuses when the key lacks `scope`.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.key.scopes.contains(&scope) {
            return Ok(());
        }
        Err(Problem::new(ProblemKind::Forbidden, format!("this key lacks the scope {scope}")))
    }

    /// The name under which the caller stands in the audit log.
    pub fn actor(&self) -> String {
        self.key.id.to_string()
    }
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let given = ApiKey::from_headers(&parts.headers)?;
        let refused = || Problem::new(ProblemKind::Unauthenticated, "the API key is unknown, expired or revoked");
        let now = state.app.core.clock.now();
        let known = state.key(given.id()).await?;
        // An unknown id is compared too, so that its answer takes as long as a wrong secret's.
        let stored = known.as_ref().map_or([0; 32], |key| hash_bytes(&key.secret_hash));
        let right = given.hash().matches(&KeyHash::from_bytes(stored));
        let key = known.filter(|key| right && key.is_live(now)).ok_or_else(refused)?;
        if state.limits.check_key(&key.id).is_err() {
            let detail = format!("this key may send {} requests a second", state.options.requests_per_second);
            return Err(Problem::new(ProblemKind::TooManyRequests, detail));
        }
        if key.last_used_at.is_none_or(|used| now.seconds_since(used) > TOUCH_EVERY as f64) {
            note_use(state, &key).await;
        }
        Ok(Self { key })
    }
}

fn hash_bytes(text: &str) -> [u8; 32] {
    text.parse::<Digest>().map_or([0; 32], |digest| digest.0)
}

/// Notes the use; the next look-up then finds it noted.
async fn note_use(state: &ApiState, key: &StoredKey) {
    let now = state.app.core.clock.now();
    let known = Arc::new(StoredKey { last_used_at: Some(now), ..key.clone() });
    state.keys.insert(key.id, Some(known)).await;
    let (db, id) = (state.app.core.db.clone(), key.id);
    tokio::spawn(async move {
        let noted = async {
            let mut tx = db.begin().await?;
            accounts::touch(&mut tx, id, now).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot note the use of a key");
        }
    });
}
