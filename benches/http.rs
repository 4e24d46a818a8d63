//! A text-only listing through HTTP to a durable verdict, beside a bare axum JSON echo in
//! the same process: 64 keep-alive clients, SQLite with synchronous=FULL on the disk, then
//! answer times at half of the load reached. With `ASSAY_TEST_POSTGRES` also on PostgreSQL.
//!
//! The clients share the machine with the server, and both sides of the ratio pay for them.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use assay::accounts::{Permission, StoredKey, store};
use assay::app::{App, AppOptions};
use assay::http::secrets::ApiKey;
use assay::http::state::{ApiState, HttpOptions};
use assay::kernel::id::{ApiKeyId, OrganisationId};
use assay::listings::model::Listing;
use assay::registry::service::Change;
use axum::routing::post;
use axum::{Json, Router};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

mod support;
use support::load::{Pace, Report, Target, Template, run, time_by_thread};
use support::{goal, memory, setting, text};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLIENTS: usize = 64;
const GOAL_PERCENT: f64 = 25.0;
const GOAL_P99_MILLIS: f64 = 25.0;
/// Upper ends of the request time histogram, as the service has them.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

fn main() -> anyhow::Result<()> {
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    tracing_subscriber::fmt().with_env_filter("warn").with_writer(std::io::stderr).init();
    let metrics = metrics()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    println!("fdatasync of 4 kB on this disk: {:.0}/s", disk_syncs(directory.path())?);

    let options = AppOptions::in_directory(directory.path());
    measure(&runtime, "SQLite, synchronous=FULL", options, metrics.clone())?;
    if let Ok(server) = std::env::var("ASSAY_TEST_POSTGRES") {
        let name = format!("assay_bench_{}", std::process::id());
        runtime.block_on(admin(&server, format!("CREATE DATABASE {name}")))?;
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let (base, _) = server.rsplit_once('/').unwrap_or((&server, ""));
        let options =
            AppOptions { database: Some(format!("{base}/{name}")), ..AppOptions::in_directory(directory.path()) };
        let measured = measure(&runtime, "PostgreSQL", options, metrics);
        runtime.block_on(admin(&server, format!("DROP DATABASE {name} WITH (FORCE)")))?;
        measured?;
    }
    Ok(())
}

/// The recorder that `assay serve` installs.
fn metrics() -> anyhow::Result<PrometheusHandle> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    Ok(PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS)?.install_recorder()?)
}

/// How often the disk can make four kilobytes durable.
fn disk_syncs(directory: &std::path::Path) -> anyhow::Result<f64> {
    use std::io::Write as _;
    let mut file = std::fs::File::create(directory.join("syncs"))?;
    let started = Instant::now();
    for _ in 0..100 {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
    }
    Ok(100.0 / started.elapsed().as_secs_f64())
}

async fn admin(server: &str, statement: String) -> anyhow::Result<()> {
    use sqlx::Connection as _;
    let mut connection = sqlx::PgConnection::connect(server).await?;
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(())
}

/// A key that may submit listings.
async fn key(app: &App) -> anyhow::Result<ApiKey> {
    let now = app.core.clock.now();
    let key = ApiKey::new(ApiKeyId::from_uuid(app.core.ids.next(now)), [7; 32]);
    let stored = StoredKey {
        id: key.id(),
        organisation: OrganisationId::PLATFORM,
        name: "bench".to_owned(),
        secret_hash: hex::encode(key.hash().bytes()),
        scopes: vec![Permission::ListingsWrite],
        created_at: now,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    let mut tx = app.core.db.begin().await?;
    store::insert_key(&mut tx, &stored).await?;
    tx.commit().await?;
    Ok(key)
}

/// What `POST /v1/listings` takes.
fn body(listing: &Listing) -> String {
    serde_json::json!({
        "id": "bench-", "title": listing.title, "description": listing.description, "category": listing.category,
        "lang": listing.lang, "merchant_id": listing.merchant, "ships_to": ["DE"], "price": "19.90", "currency": "EUR",
    })
    .to_string()
}

async fn serve(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

fn target(address: SocketAddr, path: &str, headers: &str, bodies: &[String]) -> Target {
    let templates = bodies.iter().map(|body| Template::post(path, headers, body, "\"id\":\"bench-")).collect();
    Target { address, templates: Arc::new(templates), numbers: Arc::new(AtomicU64::new(0)) }
}

fn measure(
    runtime: &tokio::runtime::Runtime,
    name: &str,
    options: AppOptions,
    metrics: PrometheusHandle,
) -> anyhow::Result<()> {
    let brands = text::brands(setting("ASSAY_BENCH_MARKS", 20_000));
    let (listings, source) = text::listings_to_screen(2_000, &brands);
    let bodies: Vec<String> = listings.iter().map(body).collect();
    let bytes = bodies.iter().map(String::len).sum::<usize>() / bodies.len();
    let app = runtime.block_on(App::start(&options))?;
    let (assay, echo) = runtime.block_on(async {
        let brands = brands.iter().map(|brand| assay::registry::model::Brand::clone(brand)).collect();
        app.core.registry.import(brands, Change { actor: "bench", cause: "bench" }, None).await?;
        let key = key(&app).await?;
        let unlimited = NonZeroU32::new(1_000_000).expect("is not zero");
        let http = HttpOptions { requests_per_second: unlimited, ..HttpOptions::default() };
        let assay = serve(assay::http::router(ApiState::new(app.clone(), http, metrics))).await?;
        let echo: Router = Router::new().route("/echo", post(|body: Json<serde_json::Value>| async { body }));
        let echo = serve(echo).await?;
        let headers = format!("Authorization: Bearer {}\r\n", key.reveal());
        anyhow::Ok((target(assay, "/v1/listings", &headers, &bodies), target(echo, "/echo", "", &bodies)))
    })?;
    println!(
        "\n{name}: {} marks, {} rules, {source} of {bytes} bytes, {CLIENTS} clients",
        app.core.keeper.current().marks.mark_count(),
        app.core.keeper.current().packs.rule_count(),
    );
    let rate = full_load(&assay, &echo);
    half_load(&assay, rate);
    println!("resident: {:.0} MiB", memory("VmRSS", "self"));
    runtime.block_on(app.shutdown());
    Ok(())
}

/// Alternates between the two servers; answers the median rate of ours.
fn full_load(assay: &Target, echo: &Target) -> f64 {
    let time = Duration::from_secs(setting("ASSAY_BENCH_SECONDS", 5) as u64);
    let warm = Duration::from_secs(1);
    run(echo, CLIENTS, Pace::Full, warm);
    run(assay, CLIENTS, Pace::Full, warm);
    println!("{:<10} {:>12} {:>12} {:>8} {:>10} {:>10}", "", "echo req/s", "assay req/s", "ratio", "p50 ms", "p99 ms");
    let (mut ratios, mut rates) = (Vec::new(), Vec::new());
    for round in 1..=setting("ASSAY_BENCH_ROUNDS", 5) {
        let bare = run(echo, CLIENTS, Pace::Full, time);
        let before = time_by_thread();
        let ours = run(assay, CLIENTS, Pace::Full, time);
        let ratio = 100.0 * ours.rate() / bare.rate();
        println!(
            "round {round:<4} {:>12.0} {:>12.0} {ratio:>7.1}% {:>10.2} {:>10.2}{}",
            bare.rate(),
            ours.rate(),
            ours.quantile(0.5),
            ours.quantile(0.99),
            refusals(&ours),
        );
        if round == 1 {
            threads(&before, &ours);
        }
        ratios.push(ratio);
        rates.push(ours.rate());
    }
    ratios.sort_by(f64::total_cmp);
    rates.sort_by(f64::total_cmp);
    goal("durable verdicts over echo, requests/s", ratios[ratios.len() / 2], " %", GOAL_PERCENT, false);
    rates[rates.len() / 2]
}

/// Where the processor time of a request goes.
fn threads(before: &std::collections::BTreeMap<String, f64>, report: &Report) {
    let spent = time_by_thread();
    let mut parts: Vec<(String, f64)> = spent
        .into_iter()
        .map(|(name, time)| (name.clone(), (time - before.get(&name).unwrap_or(&0.0)) / report.answered as f64))
        .filter(|(_, micros)| *micros >= 0.5)
        .collect();
    parts.sort_by(|first, second| second.1.total_cmp(&first.1));
    let parts: Vec<String> = parts.into_iter().map(|(name, micros)| format!("{name} {micros:.0} µs")).collect();
    println!("           processor time of a request by thread (without the clients): {}", parts.join(", "));
}

fn half_load(assay: &Target, rate: f64) {
    let time = Duration::from_secs(setting("ASSAY_BENCH_SECONDS", 5) as u64 * 2);
    let report = run(assay, CLIENTS, Pace::PerSecond(rate / 2.0), time);
    println!(
        "half load: asked {:.0}/s, answered {:.0}/s, p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, longest {:.2} ms{}",
        rate / 2.0,
        report.rate(),
        report.quantile(0.5),
        report.quantile(0.9),
        report.quantile(0.99),
        report.quantile(1.0),
        refusals(&report),
    );
    goal("p99 at half of the maximum load", report.quantile(0.99), " ms", GOAL_P99_MILLIS, true);
}

fn refusals(report: &Report) -> String {
    if report.refused == 0 { String::new() } else { format!("  {} REFUSED", report.refused) }
}
