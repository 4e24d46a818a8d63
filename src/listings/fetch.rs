//! Fetches a picture from an address that a caller gave.
//!
//! The address is hostile until shown otherwise. Every hop is checked before
//! anything is sent: scheme, port, no credentials, the host against the
//! allow-list, and then *every* IP address the host resolves to. The check sits
//! inside the resolver that the connection itself uses, so the address that was
//! checked is the address that is connected to, and a name server that changes
//! its mind in between gains nothing. Redirects are followed by hand, few, with
//! the same checks. Bytes and time are bounded. What the server says about the
//! content is ignored; the decoder looks at the bytes.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Response, Url};
use tokio::sync::Semaphore;

use super::public_address::is_public;

/// Longest address read, in bytes; longer ones are refused unread.
const MAX_URL: usize = 2_048;

/// How far the fetcher may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Public addresses, over https on its own port. For production.
    #[default]
    Internet,
    /// Also http, other ports and loopback. For development, behind a flag.
    InternetAndLoopback,
}

/// What may be fetched, and how much of it.
#[derive(Debug, Clone)]
pub struct FetchPolicy {
    /// Largest body, in bytes.
    pub max_bytes: usize,
    /// Time for all hops of one fetch together, waiting for a free place included.
    pub total_time: Duration,
    /// Time to resolve and connect, for each hop.
    pub connect_time: Duration,
    /// Most redirects followed.
    pub max_redirects: u8,
    /// Most fetches at one time.
    pub max_concurrent: usize,
    /// Hosts that may be fetched from; empty = any public host.
    pub allowed_hosts: Vec<HostPattern>,
    /// Which addresses may be connected to.
    pub reach: Reach,
}

impl Default for FetchPolicy {
    /// 20 MB, ten seconds, three redirects, 32 at a time, any public host.
    fn default() -> Self {
        Self {
            max_bytes: 20_000_000,
            total_time: Duration::from_secs(10),
            connect_time: Duration::from_secs(3),
            max_redirects: 3,
            max_concurrent: 32,
            allowed_hosts: Vec::new(),
            reach: Reach::default(),
        }
    }
}

/// A host of the allow-list: `images.example.com`, or `*.example.com` for every host below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    host: String,
    below: bool,
}

/// The text is not a host of an allow-list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a host; use images.example.com, or *.example.com for all hosts below it")]
pub struct ParseHostPatternError(String);

impl std::str::FromStr for HostPattern {
    type Err = ParseHostPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseHostPatternError(text.chars().take(64).collect());
        let (host, below) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        // The URL reader lower-cases, and turns international names into the form that is compared.
        let url = Url::parse(&format!("https://{host}/")).map_err(|_| refuse())?;
        let read = url.host_str().unwrap_or_default();
        let only_a_host = url.path() == "/" && url.port().is_none() && url.username().is_empty() && !read.contains('*');
        if !only_a_host || (below && url.domain().is_none()) || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse());
        }
        Ok(Self { host: read.trim_end_matches('.').to_owned(), below })
    }
}

impl HostPattern {
    fn covers(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        match host.strip_suffix(self.host.as_str()) {
            Some("") => !self.below,
            Some(rest) => self.below && rest.ends_with('.'),
            None => false,
        }
    }
}

/// Why a picture was not fetched: a sentence for the caller, without addresses of our own network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not a URL at all.
    #[error("the picture's address is not a URL; use one such as https://images.example.com/a.jpg")]
    NotAUrl,
    /// Longer than any address should be.
    #[error("the picture's address is longer than {MAX_URL} bytes")]
    TooLong,
    /// Another scheme.
    #[error("the picture's address begins with {0}:; use https:")]
    Scheme(String),
    /// A user name or password in the address.
    #[error("the picture's address carries a user name or password; remove it")]
    Credentials,
    /// Another port.
    #[error("the picture's address names port {0}; only the usual port of https is used")]
    Port(u16),
    /// Not on the allow-list.
    #[error("{0} is not on the list of hosts that pictures are fetched from")]
    HostNotAllowed(String),
    /// Resolves to something that is not public.
    #[error("{0} is not at a public address; use one that is reachable from the internet, or send the picture itself")]
    NotPublic(String),
    /// The name has no address.
    #[error("{0} has no address; check the name")]
    Unresolved(String),
    /// Connecting, TLS or reading failed.
    #[error("{0} did not answer; check that the address opens in a browser")]
    Unreachable(String),
    /// The time was up.
    #[error("the picture did not arrive in time")]
    TooSlow,
    /// More redirects than are followed.
    #[error("the picture's address redirects more than {0} times; use the final address")]
    TooManyRedirects(u8),
    /// A redirect that says nowhere.
    #[error("{0} redirects without saying where")]
    BrokenRedirect(String),
    /// Not a 200.
    #[error("{host} answered with status {status} instead of a picture")]
    Status {
        /// The host that answered.
        host: String,
        /// What it answered.
        status: u16,
    },
    /// More bytes than are taken.
    #[error("the picture is larger than {0} bytes; send a smaller one")]
    TooLarge(usize),
    /// No bytes at all.
    #[error("{0} answered without content")]
    Empty(String),
}

/// Finds the addresses of a host. The real one asks the system; tests inject their own.
pub trait HostResolver: Send + Sync + 'static {
    /// All addresses of `host`.
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl HostResolver for SystemResolver {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// The resolver that the connections use: passes on only what was checked.
struct CheckedResolver {
    inner: Arc<dyn HostResolver>,
    reach: Reach,
}

impl reqwest::dns::Resolve for CheckedResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let (inner, reach, host) = (self.inner.clone(), self.reach, name.as_str().to_owned());
        Box::pin(async move {
            let found = inner.resolve(host.clone()).await.unwrap_or_default();
            if found.is_empty() {
                return Err(FetchError::Unresolved(host).into());
            }
            // One bad address spoils the name: an honest host does not mix public and private ones.
            if !found.iter().all(|address| may_connect(*address, reach)) {
                return Err(FetchError::NotPublic(host).into());
            }
            // Port 0 stands for the port of the URL.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

fn may_connect(address: IpAddr, reach: Reach) -> bool {
    is_public(address) || (reach == Reach::InternetAndLoopback && address.is_loopback())
}

/// Fetches pictures within a [`FetchPolicy`]. Cheap to share behind an `Arc`.
pub struct ImageFetcher {
    client: Client,
    policy: FetchPolicy,
    places: Semaphore,
}

impl fmt::Debug for ImageFetcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ImageFetcher").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl ImageFetcher {
    /// A fetcher that asks the system for addresses.
    ///
    /// # Errors
    /// When TLS cannot be set up, which no input causes.
    pub fn new(policy: FetchPolicy) -> Result<Self, reqwest::Error> {
        Self::with_resolver(policy, Arc::new(SystemResolver))
    }

    /// A fetcher that asks `resolver` for addresses.
    ///
    /// # Errors
    /// When TLS cannot be set up, which no input causes.
    pub fn with_resolver(policy: FetchPolicy, resolver: Arc<dyn HostResolver>) -> Result<Self, reqwest::Error> {
        // reqwest panics without a process-wide provider; an error here only says that there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("image/*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let client = Client::builder()
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .dns_resolver(CheckedResolver { inner: resolver, reach: policy.reach })
            .redirect(reqwest::redirect::Policy::none())
            // A proxy of the environment would connect for us, past every check.
            .no_proxy()
            .referer(false)
            .connect_timeout(policy.connect_time)
            .timeout(policy.total_time)
            .pool_idle_timeout(Duration::from_secs(15))
            .build()?;
        let places = Semaphore::new(policy.max_concurrent.max(1));
        Ok(Self { client, policy, places })
    }

    /// The bytes at `url`, at most `max_bytes` of them.
    ///
    /// # Errors
    /// When the address is refused or the bytes do not come; see [`FetchError`].
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let first = self.check_url(url)?;
        let whole = async {
            let _place = self.places.acquire().await.map_err(|_| FetchError::TooSlow)?;
            self.follow(first).await
        };
        tokio::time::timeout(self.policy.total_time, whole).await.unwrap_or(Err(FetchError::TooSlow))
    }

    async fn follow(&self, first: Url) -> Result<Vec<u8>, FetchError> {
        let mut url = first;
        for _ in 0..=self.policy.max_redirects {
            let response = self.client.get(url.clone()).send().await.map_err(|error| explain(&error, &url))?;
            self.check_peer(&response, &url)?;
            let status = response.status();
            if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return self.read(response, &url).await;
            }
            let broken = || FetchError::BrokenRedirect(host_of(&url));
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).ok_or_else(broken)?;
            let next = url.join(location).map_err(|_| broken())?;
            url = self.check_url(next.as_str())?;
        }
        Err(FetchError::TooManyRedirects(self.policy.max_redirects))
    }

    async fn read(&self, mut response: Response, url: &Url) -> Result<Vec<u8>, FetchError> {
        if response.status().as_u16() != 200 {
            return Err(FetchError::Status { host: host_of(url), status: response.status().as_u16() });
        }
        let max = self.policy.max_bytes;
        if response.content_length().is_some_and(|length| length > max as u64) {
            return Err(FetchError::TooLarge(max));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error, url))? {
            if bytes.len() + chunk.len() > max {
                return Err(FetchError::TooLarge(max));
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.is_empty() { Err(FetchError::Empty(host_of(url))) } else { Ok(bytes) }
    }

    /// Everything that can be known of an address before its name is resolved.
    fn check_url(&self, text: &str) -> Result<Url, FetchError> {
        if text.len() > MAX_URL {
            return Err(FetchError::TooLong);
        }
        let url = Url::parse(text).map_err(|_| FetchError::NotAUrl)?;
        let development = self.policy.reach == Reach::InternetAndLoopback;
        match url.scheme() {
            "https" => {}
            "http" if development => {}
            other => return Err(FetchError::Scheme(other.chars().take(16).collect())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Credentials);
        }
        // `port` is None for the scheme's own port.
        if let (Some(port), false) = (url.port(), development) {
            return Err(FetchError::Port(port));
        }
        let host = url.host_str().ok_or(FetchError::NotAUrl)?;
        if !self.policy.allowed_hosts.is_empty() && !self.policy.allowed_hosts.iter().any(|known| known.covers(host)) {
            return Err(FetchError::HostNotAllowed(host_of(&url)));
        }
        // A literal address is never resolved, so the resolver does not see it. The URL reader has
        // already turned forms such as 0x7f.1 and 2130706433 into the plain one.
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>()
            && !may_connect(address, self.policy.reach)
        {
            return Err(FetchError::NotPublic(host_of(&url)));
        }
        Ok(url)
    }

    /// Looks again at the address that was really connected to: a second lock on the same door.
    fn check_peer(&self, response: &Response, url: &Url) -> Result<(), FetchError> {
        match response.remote_addr() {
            Some(peer) if !may_connect(peer.ip(), self.policy.reach) => Err(FetchError::NotPublic(host_of(url))),
            _ => Ok(()),
        }
    }
}

/// The host for a sentence, cut to a length that people read.
fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("the host").chars().take(100).collect()
}

/// What a failed request comes from: our own refusal inside the resolver, the clock, or the network.
fn explain(error: &reqwest::Error, url: &Url) -> FetchError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(refusal) = current.downcast_ref::<FetchError>() {
            return refusal.clone();
        }
        cause = current.source();
    }
    if error.is_timeout() { FetchError::TooSlow } else { FetchError::Unreachable(host_of(url)) }
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
