//! The running service: what is opened at start, what works in the background, how it ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::service::Accounts;
use crate::audit::log::{self, AuditLog, LogError};
use crate::blobs::{BlobError, Blobs};
use crate::gate::service::{GateOptions, GateService, OpenGateError};
use crate::kernel::{Clock, Ids, Instant};
use crate::listings::aside::{Aside, Interrupted};
use crate::listings::fetch::{FetchPolicy, ImageFetcher};
use crate::listings::follow::{self, Announcements, Progress};
use crate::listings::hunt::{self, HuntError, HuntService, HuntWorker};
use crate::listings::images::ImageIntake;
use crate::listings::index::{IndexError, ListingIndex, ListingSearch, Opening};
use crate::matching::image::FloodLimits;
use crate::merchants::authority::service::AuthorityService;
use crate::merchants::dossiers;
use crate::merchants::dossiers::indexes::Indexes;
use crate::merchants::dossiers::key::{self, KeyError};
use crate::merchants::dossiers::service::DossierService;
use crate::merchants::links::LinkPolicy;
use crate::merchants::screening::service as lists;
use crate::registry::flood::FloodWatch;
use crate::registry::keeper::{SnapshotError, SnapshotKeeper};
use crate::registry::packs::{self, PackError, PackService};
use crate::registry::service::RegistryService;
use crate::review::ReviewService;
use crate::screening::look_worker::{self, LookWorker};
use crate::screening::looks::Looks;
use crate::screening::service::ScreeningService;
use crate::screening::{self, recorder::Recorder};
use crate::store::{Db, OpenOptions, StoreError, jobs};
use crate::system::{RandomIds, SystemClock, random_secret};
use crate::transparency::export::{ExportError, Exporter, Target};

/// How often a replica looks for changes of registry, rules and merchants.
const SNAPSHOT_POLL: Duration = Duration::from_millis(400);
/// How often idle workers look for jobs.
const JOB_POLL: Duration = Duration::from_millis(700);
/// How often hunts are looked for whose job died without a word.
const ORPHANS_EVERY: Duration = Duration::from_secs(30);
/// How often shipments that wait for the database are looked after.
const DRAIN_EVERY: Duration = Duration::from_secs(2);
/// How often merchants and lists that other replicas changed are taken in.
const MERCHANTS_POLL: Duration = Duration::from_secs(2);
/// How often the ends of merchants' clocks are looked for.
const MERCHANT_CLOCKS_EVERY: Duration = Duration::from_secs(60);
/// How often old idempotency keys are forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);
/// How often the audit log's size and root are stated, when they changed.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(300);
/// How often decisions are settled, snoozes ended and clocks followed.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often the clocks of notices are looked at.
const CLOCKS_EVERY: Duration = Duration::from_secs(20);
/// How often statements of reasons are sent.
const EXPORT_EVERY: Duration = Duration::from_secs(60);
/// How long an idempotency key protects, in seconds: published in the API.
pub const KEY_RETENTION_SECONDS: i64 = 7 * 24 * 3_600;
/// How long the end waits for work under way.
const GRACE: Duration = Duration::from_secs(20);

/// What to open.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// Where the database, the blobs and the index live, as far as they are local.
    pub data: PathBuf,
    /// The database's address; absent = `assay.db` in the data directory.
    pub database: Option<String>,
    /// Where the listing index lives; absent = `indexes` in the data directory.
    pub indexes: Option<PathBuf>,
    /// What pictures may be fetched from.
    pub fetch: FetchPolicy,
    /// When a reference that matches too much is set aside.
    pub flood: FloodLimits,
    /// Key and certificates of the shipment gate.
    pub gate: GateOptions,
    /// Where statements of reasons are sent; absent = they wait.
    pub transparency: Option<Target>,
}

impl AppOptions {
    /// Everything in one directory.
    pub fn in_directory(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            database: None,
            indexes: None,
            fetch: FetchPolicy::default(),
            flood: FloodLimits::default(),
            gate: GateOptions::default(),
            transparency: None,
        }
    }

    /// The database's address.
    pub fn database_address(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.data.join("assay.db").display()))
    }

    /// The directory of the listing index.
    pub fn index_directory(&self) -> PathBuf {
        self.indexes.clone().unwrap_or_else(|| self.data.join("indexes")).join("listings")
    }
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be used.
    #[error("cannot use the data directory {path}; check that it can be written")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The snapshot cannot be built.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The shipped rule packs are refused.
    #[error(transparent)]
    Packs(#[from] PackError),
    /// The blob store cannot be opened.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The shipment gate cannot be opened.
    #[error(transparent)]
    Gate(#[from] OpenGateError),
    /// The key of the hashes that link merchants cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The listing index cannot be opened.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The audit log's key cannot be had.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The picture fetcher cannot be made.
    #[error("cannot set up a client for other services")]
    Fetch(#[from] reqwest::Error),
    /// The system gives no thread.
    #[error("cannot start the thread of the listing index")]
    Thread(#[source] std::io::Error),
    /// Opening the index panicked.
    #[error("cannot open the listing index")]
    Interrupted(#[from] Interrupted),
}

/// What needs the database and the blobs only: enough for one-off commands, beside a
/// running server too.
#[derive(Clone)]
pub struct Core {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Pictures and other evidence.
    pub blobs: Blobs,
    /// Snapshots to screen with.
    pub keeper: Arc<SnapshotKeeper>,
    /// Changes brands.
    pub registry: RegistryService,
    /// Changes rule packs.
    pub packs: PackService,
    /// Closer looks at pictures.
    pub looks: Looks,
    /// Retro-hunts.
    pub hunts: HuntService,
    /// Merchants' dossiers.
    pub merchants: DossierService,
    /// Authorised sellers.
    pub authority: AuthorityService,
    /// People, organisations, sessions.
    pub accounts: Accounts,
    /// Cases and decisions.
    pub reviews: ReviewService,
}

impl Core {
    /// Opens the database and the blobs. A database without rule packs gets the shipped ones.
    pub async fn open(options: &AppOptions) -> Result<Self, StartError> {
        let directory = |source| StartError::Directory { path: options.data.clone(), source };
        std::fs::create_dir_all(&options.data).map_err(directory)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn Ids> = Arc::new(RandomIds::default());
        // The fold table is made at its first use, which takes a tenth of a second: not the first request's.
        let warmed = tokio::task::spawn_blocking(|| crate::matching::text::fold::fold("é"));
        let db = Db::open(&OpenOptions::new(options.database_address())).await?;
        let keeper = SnapshotKeeper::open(db.clone()).await?;
        let packs = PackService::new(db.clone(), Arc::clone(&keeper), Arc::clone(&clock), Arc::clone(&ids));
        if keeper.current().packs.packs().is_empty() {
            packs.replace_all(packs::shipped(), "system").await?;
        }
        drop(warmed.await);
        let blobs = Blobs::in_directory(&options.data.join("blobs"))?;
        let key = key::load(&options.data, random_secret())?;
        let merchants = DossierService::new(dossiers::service::Parts {
            db: db.clone(),
            keeper: Arc::clone(&keeper),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            documents: Blobs::in_directory(&options.data.join("documents"))?,
            indexes: Arc::new(Indexes::new(LinkPolicy::shipped(), key)),
        });
        let registry = RegistryService::new(db.clone(), Arc::clone(&keeper), Arc::clone(&clock), Arc::clone(&ids));
        let authority = AuthorityService::new(
            db.clone(),
            Arc::clone(&keeper),
            Arc::clone(&clock),
            Arc::clone(&ids),
            registry.clone(),
        );
        Ok(Self {
            merchants,
            authority,
            registry,
            accounts: Accounts::new(db.clone(), Arc::clone(&clock), Arc::clone(&ids)),
            hunts: HuntService::new(db.clone(), Arc::clone(&clock), Arc::clone(&ids)),
            reviews: ReviewService::new(db.clone(), Arc::clone(&clock), Arc::clone(&ids)),
            looks: Looks::new(db.clone(), blobs.clone()),
            blobs,
            db,
            clock,
            ids,
            keeper,
            packs,
        })
    }
}

/// The running service; a clone is one more hold on the same parts.
#[derive(Clone)]
pub struct App {
    parts: Arc<Parts>,
}

/// The parts that requests use, with the background work beside them.
pub struct Parts {
    /// Database, registry, rules.
    pub core: Core,
    /// The main job.
    pub screening: ScreeningService,
    /// Shipments before they are declared.
    pub gate: GateService,
    /// Takes pictures in.
    pub images: ImageIntake,
    /// Searches listings.
    pub search: ListingSearch,
    /// How far the index is.
    pub progress: Progress,
    /// Watches for references that match everything.
    pub flood: FloodWatch,
    /// States and proves the audit log.
    pub log: AuditLog,
    /// Sends statements of reasons, where a database is named.
    pub exporter: Option<Exporter>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl App {
    /// Opens everything and starts the background work.
    pub async fn start(options: &AppOptions) -> Result<Self, StartError> {
        let core = Core::open(options).await?;
        let index_directory = options.index_directory();
        let directory = |source| StartError::Directory { path: index_directory.clone(), source };
        std::fs::create_dir_all(&index_directory).map_err(directory)?;
        let aside = Aside::start("listing-index").map_err(StartError::Thread)?;
        // Opened there, so that the threads that index and merge stand back too.
        let index = aside.run(move || ListingIndex::open(&index_directory)).await??;
        if !matches!(index.opening(), Opening::Existing | Opening::Created) {
            tracing::warn!("the listing index was damaged or of an older form; it is built anew from the database");
        }
        let announced = Arc::new(Announcements::default());
        let announce = Arc::clone(&announced);
        let (recorder, writer) =
            Recorder::start(core.db.clone(), Arc::clone(&core.clock), Arc::clone(&core.ids), move |taken| {
                announce.committed(taken);
            });
        let (clock, ids) = (Arc::clone(&core.clock), Arc::clone(&core.ids));
        let (gate, gate_writer) = GateService::open(&options.data, &options.gate, core.db.clone(), clock, ids).await?;
        let flood = FloodWatch::new(core.db.clone(), core.registry.clone(), Arc::clone(&core.clock), options.flood);
        let log = AuditLog::new(core.db.clone(), log::open_key(&options.data, None)?, Arc::clone(&core.clock));
        let keeper = Arc::clone(&core.keeper);
        let parts = Parts {
            screening: ScreeningService::new(keeper, recorder, flood.clone(), Arc::clone(&core.clock)),
            gate,
            images: ImageIntake::new(core.blobs.clone(), ImageFetcher::new(options.fetch.clone())?),
            search: index.search_handle(),
            progress: Progress::default(),
            exporter: options.transparency.clone().map(Exporter::new).transpose()?,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            flood,
            log,
            core,
        };
        let app = Self { parts: Arc::new(parts) };
        app.progress.set(index.indexed_through());
        app.tasks.spawn(async move { drop(writer.await) });
        app.tasks.spawn(async move { drop(gate_writer.await) });
        app.start_background(index, aside, announced);
        Ok(app)
    }

    fn start_background(&self, index: ListingIndex, aside: Aside, announced: Arc<Announcements>) {
        let follower =
            follow::run(self.core.db.clone(), aside, index, self.progress.clone(), announced, self.stop.clone());
        self.tasks.spawn(async move {
            let Some(index) = follower.await else { return };
            if let Err(error) = index.close() {
                tracing::warn!(error = &error as &dyn std::error::Error, "the listing index was not closed cleanly");
            }
        });
        let app = self.clone();
        self.every(SNAPSHOT_POLL, move || {
            let app = app.clone();
            async move { app.follow_registry().await }
        });
        let app = self.clone();
        self.every(TIDY_EVERY, move || {
            let app = app.clone();
            async move { app.tidy().await }
        });
        let app = self.clone();
        self.every(ORPHANS_EVERY, move || {
            let app = app.clone();
            async move { app.fail_orphaned_hunts().await }
        });
        let app = self.clone();
        self.every(CLOCKS_EVERY, move || {
            let app = app.clone();
            async move { app.run_notice_clocks().await }
        });
        let app = self.clone();
        self.every(EXPORT_EVERY, move || {
            let app = app.clone();
            async move { app.send_statements().await }
        });
        let app = self.clone();
        self.tasks.spawn(async move { app.state_log().await });
        let app = self.clone();
        self.every(CHECKPOINT_EVERY, move || {
            let app = app.clone();
            async move { app.state_log().await }
        });
        let reviews = self.core.reviews.clone();
        self.every(SWEEP_EVERY, move || {
            let reviews = reviews.clone();
            async move {
                if let Err(error) = reviews.sweep().await {
                    tracing::error!(error = &error as &dyn std::error::Error, "cannot follow the cases' clocks");
                }
            }
        });
        let reviews = self.core.reviews.clone();
        self.tasks.spawn(async move {
            if let Err(error) = reviews.sort_into_queues().await {
                tracing::error!(error = &error as &dyn std::error::Error, "cannot sort the cases into their queues");
            }
        });
        let gate = self.gate.clone();
        self.every(DRAIN_EVERY, move || {
            let gate = gate.clone();
            async move { judge_what_waited(&gate).await }
        });
        let merchants = self.core.merchants.clone();
        self.every(MERCHANTS_POLL, move || {
            let merchants = merchants.clone();
            async move { follow_merchants(&merchants).await }
        });
        let merchants = self.core.merchants.clone();
        self.every(MERCHANT_CLOCKS_EVERY, move || {
            let merchants = merchants.clone();
            async move { end_clocks(&merchants).await }
        });
        let flood = self.flood.clone();
        self.every(crate::registry::flood::LOOK_EVERY, move || {
            let flood = flood.clone();
            async move { flood.look().await }
        });
        let (app, stop) = (self.clone(), self.stop.clone());
        self.tasks.spawn(async move { app.work_on_jobs(stop).await });
        for number in 0..look_worker::workers() {
            let looker = LookWorker {
                db: self.core.db.clone(),
                keeper: Arc::clone(&self.core.keeper),
                looks: self.core.looks.clone(),
                screening: self.screening.clone(),
                clock: Arc::clone(&self.core.clock),
                stop: self.stop.clone(),
            };
            let owner = format!("{}-{number}", self.owner());
            self.tasks.spawn(async move { looker.run(&owner).await });
        }
    }

    /// Runs `work` again and again with pauses of `pause` until the end.
    fn every<Work, Done>(&self, pause: Duration, work: Work)
    where
        Work: Fn() -> Done + Send + 'static,
        Done: Future<Output = ()> + Send,
    {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => work().await,
                }
            }
        });
    }

    async fn follow_registry(&self) {
        match self.core.keeper.refresh().await {
            Ok(true) => {
                let snapshot = self.core.keeper.current();
                metrics::gauge!("assay_snapshot_revision").set(snapshot.revision as f64);
                tracing::info!(registry.revision = %snapshot.registry_revision, "screening with a new snapshot");
            }
            Ok(false) => {}
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "cannot follow the registry"),
        }
    }

    async fn state_log(&self) {
        if let Err(error) = self.log.publish().await {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot publish a checkpoint of the audit log");
        }
    }

    async fn tidy(&self) {
        if let Err(error) = self.core.accounts.forget_old().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot forget old budgets of guesses");
        }
        if let Err(error) = self.core.reviews.tidy().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot forget who looked at cases");
        }
        let before = self.core.clock.now().plus_seconds(-KEY_RETENTION_SECONDS);
        loop {
            match self.forget_some_keys(before).await {
                Ok(count) if count as i64 == screening::store::FORGET_AT_ONCE => pause(&self.stop, JOB_POLL).await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "cannot forget old idempotency keys");
                    break;
                }
            }
        }
    }

    async fn forget_some_keys(&self, before: Instant) -> Result<u64, StoreError> {
        let mut tx = self.core.db.begin().await?;
        let count = screening::store::forget_keys(&mut tx, before).await?;
        tx.commit().await?;
        Ok(count)
    }

    async fn run_notice_clocks(&self) {
        match crate::takedowns::course::run_clocks(&self.core, self.core.clock.now()).await {
            Ok(0) => {}
            Ok(moved) => tracing::info!(moved, "clocks of {moved} listings in notices ran out"),
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "cannot run the clocks of notices"),
        }
    }

    async fn send_statements(&self) {
        let Some(exporter) = &self.exporter else { return };
        match exporter.run(&self.core).await {
            Ok(done) if done.sent + done.refused == 0 => {}
            Ok(done) => tracing::info!(done.sent, done.refused, "sent statements of reasons"),
            Err(error @ ExportError::Store(_)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "cannot read statements of reasons");
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "statements of reasons wait"),
        }
    }

    async fn fail_orphaned_hunts(&self) {
        let failed = async {
            let mut tx = self.core.db.begin().await?;
            hunt::store::fail_orphans(&mut tx, self.core.clock.now()).await?;
            tx.commit().await
        };
        if let Err(error) = failed.await {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot look for abandoned hunts");
        }
    }

    /// A name for a worker's leases.
    fn owner(&self) -> String {
        format!("{}-{:x}", std::process::id(), self.core.ids.next(self.core.clock.now()).as_u128() as u64)
    }

    async fn work_on_jobs(&self, stop: CancellationToken) {
        let owner = self.owner();
        let hunts = HuntWorker {
            db: self.core.db.clone(),
            keeper: Arc::clone(&self.core.keeper),
            screening: self.screening.clone(),
            looks: self.core.looks.clone(),
            search: self.search.clone(),
            progress: self.progress.clone(),
            clock: Arc::clone(&self.core.clock),
            stop: stop.clone(),
        };
        while !stop.is_cancelled() {
            let job = jobs::claim(&self.core.db, &owner, self.core.clock.now()).await;
            match job {
                Ok(Some(job)) => self.run_job(&hunts, job).await,
                Ok(None) => pause(&stop, JOB_POLL).await,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "cannot claim a job");
                    pause(&stop, JOB_POLL).await;
                }
            }
        }
    }

    async fn run_job(&self, hunts: &HuntWorker, job: jobs::Job) {
        let done = match job.kind.as_str() {
            hunt::JOB_KIND => hunts.work(&job).await,
            lists::JOB_KIND => return self.run_list_update(job).await,
            _ => Err(HuntError::UnknownKind),
        };
        let settled = match done {
            Ok(()) => return,
            Err(HuntError::Stopping) => self.settle(&job, None).await,
            Err(error) => {
                let problem = error.to_string();
                tracing::warn!(job.id = %job.id, job.kind, job.attempt, problem, "a job failed");
                if job.attempt >= job.max_attempts
                    && let Err(error) = hunts.give_up(&job, &problem).await
                {
                    tracing::warn!(error = &error as &dyn std::error::Error, "cannot mark the hunt as failed");
                }
                self.settle(&job, Some(&problem)).await
            }
        };
        if let Err(error) = settled {
            // The lease runs out and the job is claimed again.
            tracing::error!(error = &error as &dyn std::error::Error, "cannot record how a job ended");
        }
    }

    async fn run_list_update(&self, job: jobs::Job) {
        let Err(error) = self.core.merchants.work_on_list_update(&job).await else { return };
        let problem = error.to_string();
        tracing::warn!(job.id = %job.id, job.kind, job.attempt, problem, "a job failed");
        if let Err(error) = self.settle(&job, Some(&problem)).await {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot record how a job ended");
        }
    }

    /// Records a failed attempt, or, without a problem, gives the job back as it was.
    async fn settle(&self, job: &jobs::Job, problem: Option<&str>) -> Result<(), StoreError> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.begin().await?;
        match problem {
            Some(problem) => jobs::fail(&mut tx, job, problem, now).await?,
            None => jobs::release(&mut tx, job, now).await?,
        };
        tx.commit().await
    }

    /// Whether the process is ending.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Ends the background work and closes the database.
    pub async fn shutdown(self) {
        let (db, tasks) = (self.core.db.clone(), self.tasks.clone());
        self.stop.cancel();
        // The writers end when nobody can submit any more.
        drop(self);
        tasks.close();
        if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
            tracing::warn!("background work did not end in time; it goes on at the next start");
        }
        db.close().await;
    }
}

/// Judges shipments that came while the database was away.
async fn judge_what_waited(gate: &GateService) {
    match gate.drain().await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "judged {count} shipments that had waited for the database"),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot read the shipments that wait");
        }
    }
}

async fn follow_merchants(merchants: &DossierService) {
    if let Err(error) = merchants.follow().await {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot follow the merchants and the lists");
    }
}

async fn end_clocks(merchants: &DossierService) {
    match merchants.do_what_is_due().await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "took the steps that merchants' clocks asked for"),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot take a step that a merchant's clock asks for"
            );
        }
    }
}

async fn pause(stop: &CancellationToken, time: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}
