//! What handlers share: the service, how it is reached, known keys, rate limits.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::{Problem, ProblemKind};
use super::public_url::PublicUrl;
use crate::accounts::{Organisation, StoredKey, store};
use crate::app::App;
use crate::kernel::id::ApiKeyId;

pub use super::caller::Caller;

/// How long a key's row is remembered; a revoked key works at most this much longer.
const KEY_MEMORY: Duration = Duration::from_secs(5);

/// How the service is reached.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Requests a second that one key or one person may send.
    pub requests_per_second: NonZeroU32,
    /// Whether there is a console for people who have signed in.
    pub console: bool,
    /// The address under which browsers reach the service.
    pub public_url: PublicUrl,
    /// Reverse proxies of one's own between browsers and the service; each adds the address it
    /// was called from to `X-Forwarded-For`.
    pub proxies: usize,
    /// Whether `/metrics` answers without a key (a scraper on this machine needs none).
    pub metrics: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            requests_per_second: NonZeroU32::new(5_000).expect("is not zero"),
            console: true,
            public_url: PublicUrl::default(),
            proxies: 0,
            metrics: true,
        }
    }
}

/// What handlers share.
#[derive(Clone)]
pub struct ApiState {
    /// The service.
    pub app: App,
    /// How it is reached.
    pub options: HttpOptions,
    keys: moka::future::Cache<ApiKeyId, Option<Arc<KnownKey>>>,
    limits: Arc<DefaultKeyedRateLimiter<uuid::Uuid>>,
    /// Renders `/metrics`.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
}

/// A key and the organisation it belongs to.
#[derive(Debug, Clone)]
pub(super) struct KnownKey {
    /// The key.
    pub key: StoredKey,
    /// The organisation.
    pub organisation: Organisation,
}

impl ApiState {
    /// State over a running service.
    pub fn new(app: App, options: HttpOptions, metrics: metrics_exporter_prometheus::PrometheusHandle) -> Self {
        let keys = moka::future::Cache::builder().max_capacity(10_000).time_to_live(KEY_MEMORY).build();
        let limits = Arc::new(RateLimiter::keyed(Quota::per_second(options.requests_per_second)));
        Self { app, options, keys, limits, metrics }
    }

    /// The key with this id, as it was at most five seconds ago.
    pub(super) async fn key(&self, id: ApiKeyId) -> Result<Option<Arc<KnownKey>>, Problem> {
        if let Some(known) = self.keys.get(&id).await {
            return Ok(known);
        }
        let found = self.look_up(id).await.map_err(super::internal)?.map(Arc::new);
        self.keys.insert(id, found.clone()).await;
        Ok(found)
    }

    async fn look_up(&self, id: ApiKeyId) -> Result<Option<KnownKey>, crate::store::StoreError> {
        let db = &self.app.core.db;
        let Some(key) = store::key(db, id).await? else {
            return Ok(None);
        };
        let organisation = store::organisation(db, key.organisation).await?;
        Ok(organisation.map(|organisation| KnownKey { key, organisation }))
    }

    /// Remembers a key as it is now.
    pub(super) async fn remember(&self, known: KnownKey) {
        self.keys.insert(known.key.id, Some(Arc::new(known))).await;
    }

    /// Forgets a key that was changed; the next request looks it up.
    pub async fn forget_key(&self, id: ApiKeyId) {
        self.keys.invalidate(&id).await;
    }

    /// Refuses when `who` sends more than one caller may.
    pub(super) fn limit(&self, who: uuid::Uuid) -> Result<(), Problem> {
        self.limits.check_key(&who).map_err(|_| {
            let detail = format!("one caller may send {} requests a second", self.options.requests_per_second);
            Problem::new(ProblemKind::TooManyRequests, detail)
        })
    }
}
