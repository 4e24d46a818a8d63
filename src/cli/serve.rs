//! `assay serve`: the API, the console and the background work, until it is told to end.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use super::{Done, Where};
use crate::accounts;
use crate::app::{App, AppOptions};
use crate::gate::service::GateOptions;
use crate::http::public_url::PublicUrl;
use crate::http::state::{ApiState, HttpOptions};
use crate::listings::fetch::{FetchPolicy, HostPattern, Reach};
use crate::matching::image::FloodLimits;
use crate::transparency::export::Target;

/// Upper ends of the request time histogram, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Submissions that shared a commit: upper ends of the histogram.
const BATCHES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// How long answers under way may take after the process was told to end.
const LAST_ANSWERS: Duration = Duration::from_secs(15);
/// How often metrics are tidied.
const UPKEEP: Duration = Duration::from_secs(5);

/// Run the service.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  assay serve --data ./data\n  \
                  assay serve --database postgres://assay@db.internal/assay --listen 0.0.0.0:8080")]
pub struct Serve {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "ASSAY_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Requests a second that one API key may send.
    #[arg(long, env = "ASSAY_RATE", default_value = "5000", value_name = "N")]
    rate: NonZeroU32,
    /// Hosts that pictures may be fetched from, such as images.example.com or *.example.com [default: any public host]
    #[arg(long, env = "ASSAY_IMAGE_HOSTS", value_delimiter = ',', value_name = "HOST")]
    image_hosts: Vec<HostPattern>,
    /// For development: fetch pictures from this machine and over plain http too.
    #[arg(long, env = "ASSAY_DEV_FETCH")]
    dev_fetch: bool,
    /// TOML file that says when a reference picture that matches too much is set aside (min_queries,
    /// min_matched, max_share, times_baseline, min_share) [default: as shipped]
    #[arg(long, env = "ASSAY_FLOOD", value_name = "FILE")]
    flood: Option<PathBuf>,
    /// Address under which browsers reach the service, such as https://assay.example.com [default: the listening
    /// address over http]
    #[arg(long, env = "ASSAY_PUBLIC_URL", value_name = "ADDRESS")]
    public_url: Option<PublicUrl>,
    /// Reverse proxies of your own in front of the service; so many addresses at the end of X-Forwarded-For are believed.
    #[arg(long, env = "ASSAY_PROXIES", default_value = "0", value_name = "N")]
    proxies: usize,
    /// File of the key that signs releases; made where it is missing [default: release-key in the data directory]
    #[arg(long, env = "ASSAY_RELEASE_KEY", value_name = "FILE")]
    release_key: Option<PathBuf>,
    /// The issuer that certificates of release name, such as the address of this service.
    #[arg(long, env = "ASSAY_ISSUER", default_value = "assay", value_name = "NAME")]
    issuer: String,
    /// Hours that a certificate of release holds.
    #[arg(long, env = "ASSAY_CERTIFICATE_HOURS", default_value = "72", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=2160))]
    certificate_hours: u32,
    /// Do not serve the console.
    #[arg(long, env = "ASSAY_NO_CONSOLE")]
    no_console: bool,
    /// Address of the transparency database that statements of reasons are sent to, such as
    /// https://transparency.dsa.ec.europa.eu [default: they wait]
    #[arg(long, env = "ASSAY_TRANSPARENCY_URL", requires = "transparency_token", value_name = "ADDRESS")]
    transparency_url: Option<String>,
    /// The platform's token there; better given in the environment.
    #[arg(long, env = "ASSAY_TRANSPARENCY_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    transparency_token: Option<String>,
    /// What to log: error, warn, info, debug, or filters such as assay=debug.
    #[arg(long, env = "ASSAY_LOG", default_value = "info,sqlx=warn", value_name = "FILTER")]
    log: String,
    /// Log JSON lines.
    #[arg(long, env = "ASSAY_LOG_JSON")]
    log_json: bool,
    #[command(flatten)]
    place: Where,
}

impl Serve {
    /// Runs the service until SIGINT or SIGTERM.
    pub async fn run(self) -> anyhow::Result<Done> {
        start_log(&self.log, self.log_json)?;
        let reach = if self.dev_fetch { Reach::InternetAndLoopback } else { Reach::Internet };
        let fetch = FetchPolicy { reach, allowed_hosts: self.image_hosts.clone(), ..FetchPolicy::default() };
        let flood = self.flood.as_deref().map(flood_limits).transpose()?.unwrap_or_default();
        let gate = GateOptions {
            key: self.release_key.clone(),
            issuer: self.issuer.clone(),
            certificate_hours: self.certificate_hours,
        };
        let transparency = self.transparency_url.clone().zip(self.transparency_token.clone());
        let transparency = transparency.map(|(base, token)| Target { base, token });
        let options = AppOptions { fetch, flood, gate, transparency, ..self.place.options() };
        let metrics = metrics_handle()?;
        let app = App::start(&options).await?;
        let listener = TcpListener::bind(self.listen).await;
        let listener =
            listener.with_context(|| format!("cannot listen on {}; is something else there?", self.listen))?;
        let public_url = match self.public_url {
            Some(address) => address,
            None => format!("http://{}", listener.local_addr()?).parse()?,
        };
        if !self.no_console && !accounts::store::has_people(&app.core.db).await? {
            tracing::warn!("nobody can sign in yet; run assay admin create to enter the first administrator");
        }
        let console = !self.no_console;
        let http =
            HttpOptions { requests_per_second: self.rate, console, public_url, proxies: self.proxies, metrics: true };
        listen(app, http, metrics, listener).await?;
        Ok(Done::Well)
    }
}

fn flood_limits(path: &Path) -> anyhow::Result<FloodLimits> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    FloodLimits::from_toml(&text).map_err(|problem| anyhow::anyhow!("{}: {problem}", path.display()))
}

/// Starts logging to standard error.
pub fn start_log(filter: &str, json: bool) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("\"{filter}\" is no log filter; use info or assay=debug"))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if json {
        log.json().init()
    } else {
        log.with_target(false).init()
    }
    Ok(())
}

/// The recorder of metrics; a process has one.
pub fn metrics_handle() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(seconds, &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &BATCHES)?
        .install_recorder()
        .context("cannot set up metrics")?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}

/// Serves until SIGINT or SIGTERM, then ends in order: no new requests, answers to those
/// under way, background work, database.
pub async fn listen(
    app: App,
    options: HttpOptions,
    metrics: PrometheusHandle,
    listener: TcpListener,
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let state = ApiState::new(app.clone(), options, metrics.clone());
    let router = crate::http::router(state).into_make_service_with_connect_info::<SocketAddr>();
    println!("listening on http://{address}");
    std::io::stdout().flush()?;
    let told = tokio_util::sync::CancellationToken::new();
    let upkeep = tokio::spawn(keep_metrics_small(metrics, told.clone()));
    let asked = told.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        asked_to_end().await;
        asked.cancel();
    });
    tokio::select! {
        served = serving => served?,
        // A caller that never finishes its request does not keep the process.
        () = async { told.cancelled().await; tokio::time::sleep(LAST_ANSWERS).await } => {}
    }
    told.cancel();
    drop(upkeep.await);
    app.shutdown().await;
    Ok(())
}

/// Folds the histograms' samples, which otherwise only a scrape does.
async fn keep_metrics_small(metrics: PrometheusHandle, told: tokio_util::sync::CancellationToken) {
    loop {
        tokio::select! {
            () = told.cancelled() => return,
            () = tokio::time::sleep(UPKEEP) => metrics.run_upkeep(),
        }
    }
}

async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = interrupt.await;
        return;
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}
