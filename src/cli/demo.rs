//! `assay demo`: the main job on shipped data, from nothing to a console to look at.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::progress::Progress;
use super::serve::{listen, metrics_handle, start_log};
use super::{Done, brands, keys};
use crate::accounts::pages::link_path;
use crate::accounts::roles::Role;
use crate::accounts::secret::Secret;
use crate::accounts::service::NewPerson;
use crate::accounts::{self, Permission};
use crate::app::{App, AppOptions};
use crate::audit::journal::{self, Entry};
use crate::demo::catalogue::{self, DemoListing, Expect};
use crate::http::public_url::PublicUrl;
use crate::http::state::HttpOptions;
use crate::kernel::id::OrganisationId;
use crate::listings::intake::RawListing;
use crate::listings::model::{Listing, ListingImage};
use crate::merchants::{self, model::MerchantFacts};
use crate::registry::import::{self, hash_picture};
use crate::registry::model::{Brand, ReferenceKind};
use crate::registry::service::Change;
use crate::registry::{self, shipped};
use crate::screening::Decision;
use crate::screening::service::Origin;
use crate::screening::store;
use crate::store::jobs::{self, Lane};

/// Marks a directory as the demo's own, so that `--reset` deletes nothing else.
const MARKER: &str = "assay-demo";
/// The demo's administrator; the domain is reserved for this machine (RFC 6761).
const ADMINISTRATOR: &str = "administrator@localhost";
/// Listings whose pictures are drawn at the same time.
const AT_ONCE: usize = 32;

/// Import the shipped registry, screen a shipped set of listings, and serve the result.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  assay demo\n  assay demo --reset\n  assay demo --listen 127.0.0.1:0 --no-serve")]
pub struct Demo {
    /// Directory of the demo's data.
    #[arg(long, env = "ASSAY_DEMO_DATA", default_value = "data/demo", value_name = "DIR")]
    data: PathBuf,
    /// Start over: delete what an earlier demo left in its directory.
    #[arg(long)]
    reset: bool,
    /// Address to serve on; when it is taken, a free port is used.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: std::net::SocketAddr,
    /// Print the summary and end.
    #[arg(long)]
    no_serve: bool,
}

impl Demo {
    /// Runs the demonstration.
    pub async fn run(self) -> anyhow::Result<Done> {
        start_log("warn", false)?;
        prepare(&self.data, self.reset)?;
        let metrics = metrics_handle()?;
        let app = App::start(&AppOptions::in_directory(&self.data)).await?;
        println!("Data in {}", self.data.display());
        import_registry(&app).await?;
        import_merchants(&app).await?;
        let listings = catalogue::load();
        screen_all(&app, &listings).await?;
        look_closely(&app).await?;
        print_summary(&app, &listings).await?;
        if self.no_serve {
            app.shutdown().await;
            return Ok(Done::Well);
        }
        let key = keys::create(&app.core, "demo", Permission::ALL.to_vec(), Some(1)).await?;
        let listener = match TcpListener::bind(self.listen).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((self.listen.ip(), 0)).await.context("cannot listen on any port")?,
        };
        let public_url: PublicUrl = format!("http://{}", listener.local_addr()?).parse()?;
        let link = sign_in_link(&app).await?;
        println!("\nConsole   {}   (signs you in, once)", public_url.with_path(&link_path(&link)));
        println!("API       {}", public_url.with_path("/docs"));
        println!(
            "API key   {}   (for one day)\nEnd with Ctrl-C; a second run continues, --reset starts over.",
            key.reveal()
        );
        listen(app, HttpOptions { public_url, ..HttpOptions::default() }, metrics, listener).await?;
        Ok(Done::Well)
    }
}

/// A link for the demo's administrator, who is entered at the first run.
async fn sign_in_link(app: &App) -> anyhow::Result<Secret> {
    let core = &app.core;
    let person = match accounts::store::person_by_email(&core.db, ADMINISTRATOR).await? {
        Some(person) => person,
        None => {
            let new = NewPerson {
                organisation: OrganisationId::PLATFORM,
                name: "Demo administrator".to_owned(),
                email: ADMINISTRATOR.to_owned(),
                roles: vec![Role::administrator()],
            };
            core.accounts.create_person(new, "demo").await?
        }
    };
    Ok(core.accounts.sign_in_link(person.id, "demo").await?)
}

fn prepare(data: &Path, reset: bool) -> anyhow::Result<()> {
    let marker = data.join(MARKER);
    if reset && data.exists() {
        anyhow::ensure!(
            marker.exists(),
            "{} was not made by the demo; name another directory with --data",
            data.display()
        );
        std::fs::remove_dir_all(data).with_context(|| format!("cannot delete {}", data.display()))?;
    }
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    std::fs::write(&marker, "This directory belongs to `assay demo`; --reset deletes it.\n")
        .with_context(|| format!("cannot write in {}", data.display()))
}

async fn import_registry(app: &App) -> anyhow::Result<()> {
    let folders = shipped::brands().map_err(|errors| anyhow::anyhow!("the shipped registry is damaged: {errors:?}"))?;
    let mut progress = Progress::new("brands", Some(folders.len() as u64));
    let (mut brands, refused) = import::hash_pictures(folders, &app.core.blobs, |done| progress.at(done, done)).await?;
    progress.end();
    add_demo_parts(app, &mut brands).await?;
    let marks: usize = brands.iter().map(|brand| brand.word_marks.len()).sum();
    let pictures: usize = brands.iter().map(|brand| brand.references.len()).sum();
    println!(
        "Registry: {} brands, {marks} word marks, {pictures} reference pictures ({} too plain to be matched)",
        brands.len(),
        refused.len()
    );
    let change = Change { actor: "demo", cause: "import of the shipped registry" };
    brands::print_report(&app.core.registry.import(brands, change, None).await?);
    let packs = &app.core.keeper.current().packs;
    println!(
        "Rules: {} packs, {} rules, {} lexicon terms",
        packs.packs().len(),
        packs.rule_count(),
        packs.term_count()
    );
    Ok(())
}

/// Adds what only the demo knows: drawn product pictures, and who may sell which brand.
async fn add_demo_parts(app: &App, brands: &mut [Brand]) -> anyhow::Result<()> {
    let drawn = tokio::task::spawn_blocking(|| catalogue::demo_references(&shipped::logo)).await?;
    for (key, name, bytes) in drawn {
        let Some(brand) = brands.iter_mut().find(|brand| brand.key == key) else {
            continue;
        };
        let reference = hash_picture(&key, &name, ReferenceKind::Product, &bytes)?;
        app.core.blobs.put(reference.digest, bytes).await?;
        brand.references.push(reference);
    }
    for (key, seller) in catalogue::authorisations() {
        if let Some(brand) = brands.iter_mut().find(|brand| brand.key == key) {
            brand.authorised_sellers.push(seller);
        }
    }
    Ok(())
}

async fn import_merchants(app: &App) -> anyhow::Result<()> {
    let core = &app.core;
    let now = core.clock.now();
    let mut tx = core.db.begin().await?;
    let from = registry::store::take_latest(&mut tx).await?;
    let merchants = catalogue::merchants();
    if merchants::store::get(&core.db, &merchants[0].id).await?.is_some() {
        return Ok(());
    }
    let next = registry::store::advance(&mut tx, &from, None, "demo merchants", now).await?;
    for merchant in &merchants {
        let facts = MerchantFacts {
            id: Some(merchant.id.clone()),
            name: Some(merchant.name.clone()),
            tier: Some(merchant.tier.clone()),
            verified: Some(merchant.verified),
            country: Some(merchant.country.clone()),
            ..MerchantFacts::default()
        };
        merchants::store::put(&mut tx, &merchant.id, &facts, next.number, now).await?;
    }
    let body =
        serde_json::value::to_raw_value(&serde_json::json!({"merchants": merchants.len(), "revision": next.number}))?;
    let entry = Entry { kind: "merchant.told", subject: "demo".to_owned(), actor: "demo".to_owned(), body };
    journal::append(&mut tx, now, vec![entry], Vec::new()).await?;
    tx.commit().await?;
    core.keeper.refresh().await?;
    println!("Merchants: {}", merchants.len());
    Ok(())
}

async fn screen_all(app: &App, listings: &[DemoListing]) -> anyhow::Result<()> {
    let mut progress = Progress::new("listings screened", Some(listings.len() as u64));
    let mut done = 0;
    for chunk in listings.chunks(AT_ONCE) {
        let mut tasks = Vec::with_capacity(chunk.len());
        for listing in chunk {
            let (app, listing) = (app.clone(), listing.clone());
            tasks.push(tokio::spawn(async move { screen_one(&app, listing).await }));
        }
        for task in tasks {
            task.await??;
            done += 1;
        }
        progress.at(done, done);
    }
    progress.end();
    Ok(())
}

/// Waits until the pictures that hashes do not decide were looked at.
async fn look_closely(app: &App) -> anyhow::Result<()> {
    let all = jobs::waiting(&app.core.db, Lane::Looks).await?;
    let mut progress = Progress::new("listings looked at closely", Some(all as u64));
    loop {
        let left = jobs::waiting(&app.core.db, Lane::Looks).await?;
        let done = (all - left).max(0) as u64;
        progress.at(done, done);
        if left == 0 {
            progress.end();
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn screen_one(app: &App, demo: DemoListing) -> anyhow::Result<()> {
    // A second run continues: what is there was drawn and screened before.
    if store::listing_by_external_id(&app.core.db, &demo.id).await?.is_some() {
        return Ok(());
    }
    let raw: RawListing = serde_json::from_value(demo.line)?;
    let draft = raw.check().map_err(|faults| anyhow::anyhow!("{}: {faults:?}", demo.id))?;
    let mut images = Vec::with_capacity(demo.images.len());
    for image in demo.images {
        let name = image.name.clone();
        let bytes = tokio::task::spawn_blocking(move || image.bytes(&shipped::logo)).await?;
        images.push(match bytes {
            None => unread(name, "the picture is not there".to_owned()),
            Some(bytes) => match app.images.take(bytes).await {
                Ok(read) => {
                    ListingImage { name, digest: Some(read.digest), signature: Some(read.signature), problem: None }
                }
                Err(problem) => unread(name, problem.to_string()),
            },
        });
    }
    let listing = Listing { images, ..draft.listing };
    app.screening.submit(listing, Origin::submitted("demo")).await?;
    Ok(())
}

fn unread(name: String, problem: String) -> ListingImage {
    ListingImage { name, digest: None, signature: None, problem: Some(problem) }
}

async fn print_summary(app: &App, listings: &[DemoListing]) -> anyhow::Result<()> {
    let expected: HashMap<&str, Expect> = listings.iter().map(|demo| (demo.id.as_str(), demo.expect)).collect();
    let mut table: BTreeMap<Expect, [u64; 3]> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = store::all_after(&app.core.db, &after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = last.row.id.to_string();
        for judged in &page {
            let Some(expect) = expected.get(judged.row.external_id.as_str()) else {
                continue;
            };
            let column = match judged.row.decision {
                Decision::Clear => 0,
                Decision::Review => 1,
                Decision::Block => 2,
            };
            table.entry(*expect).or_default()[column] += 1;
        }
    }
    println!("\n{:<14} {:>8} {:>8} {:>8} {:>8}", "What it is", "clear", "review", "block", "in all");
    let mut sums = [0; 3];
    for (expect, counts) in &table {
        let name = serde_json::to_value(expect)?.as_str().unwrap_or_default().replace('_', " ");
        println!("{name:<14} {:>8} {:>8} {:>8} {:>8}", counts[0], counts[1], counts[2], counts.iter().sum::<u64>());
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    println!("{:<14} {:>8} {:>8} {:>8} {:>8}", "in all", sums[0], sums[1], sums[2], sums.iter().sum::<u64>());
    Ok(())
}
