//! The gate's workflow: a declaration in, a durable outcome out, or a hold while the database is away.

use std::path::PathBuf;
use std::sync::Arc;

use super::judge::Bench;
use super::keys::{self, KeyError};
use super::model::ShipmentRow;
use super::recorder::{CertificateTerms, GateError, GateWriter, Recorded, Submission};
use super::spool::{Kept, Spool};
use super::standing::StandingReader;
use super::store;
use crate::kernel::id::RequestId;
use crate::kernel::{Clock, Ids};
use crate::screening::recorder::KeyUse;
use crate::shipments::certificate::ReleaseKey;
use crate::shipments::{Gate, GateRules, JsonError, LoadRulesError, ReadShipmentError, Shipment, Standing};
use crate::store::group::{GroupCommit, UnderWay};
use crate::store::{Db, StoreError};

/// The cause of a plain submission.
const SUBMITTED: &str = "submitted";
/// Name of the spool's directory in the data directory.
const SPOOL: &str = "waiting-shipments";

/// How the gate is set up.
#[derive(Debug, Clone)]
pub struct GateOptions {
    /// File of the key that signs releases; absent = `release-key` in the data directory.
    pub key: Option<PathBuf>,
    /// The issuer that certificates name.
    pub issuer: String,
    /// How long a certificate holds, in hours.
    pub certificate_hours: u32,
}

impl Default for GateOptions {
    /// Three days: from the gate to the departure of ordinary air freight. What departs later is sent
    /// through the gate again.
    fn default() -> Self {
        Self { key: None, issuer: "assay".to_owned(), certificate_hours: 72 }
    }
}

/// Why the gate cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenGateError {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The shipped rules; does not happen in a tested build.
    #[error(transparent)]
    Rules(#[from] LoadRulesError),
    /// The directory for shipments that wait for the database.
    #[error("cannot use {path}, where shipments wait while the database is away")]
    Spool {
        /// The directory.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The thread that read the rules ended early.
    #[error("reading the shipment rules was interrupted")]
    Interrupted,
}

/// Why a shipment has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It is no JSON object with an id.
    #[error("the shipment {0}")]
    Unreadable(#[from] ReadShipmentError),
    /// Its id cannot be stored.
    #[error("the shipment's id holds control characters")]
    Id,
    /// It was refused before it was judged.
    #[error(transparent)]
    Refused(GateError),
    /// Neither the database nor the disk beside it took it.
    #[error("the shipment could neither be stored nor kept; it is not released, send it again")]
    Lost,
}

impl SubmitError {
    /// Whether the text was no JSON at all.
    pub fn is_malformed(&self) -> bool {
        matches!(self, Self::Unreadable(ReadShipmentError::Json(JsonError::Grammar(_) | JsonError::Depth)))
    }
}

/// The answer to a submission.
#[derive(Debug, Clone)]
pub enum Answered {
    /// Judged and written down.
    Recorded(Box<Recorded>),
    /// The database is away: held, and judged when it is back.
    Kept {
        /// The platform's id.
        external_id: String,
        /// The answer's bytes: never a release.
        answer: String,
    },
}

/// A shipment in the queue.
pub struct Sent {
    under_way: UnderWay<GateWriter>,
    kept: Kept,
    shipment: Shipment,
}

/// Judges shipments and records the outcomes; clones share one writer.
#[derive(Clone)]
pub struct GateService {
    group: GroupCommit<GateWriter>,
    spool: Arc<Spool>,
    rules: Arc<GateRules>,
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    issuer: String,
}

impl GateService {
    /// Opens the gate: rules, key, spool, and the writer, which ends when the last clone is dropped.
    pub async fn open(
        data: &std::path::Path,
        options: &GateOptions,
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<(Self, tokio::task::JoinHandle<()>), OpenGateError> {
        let path = options.key.clone().unwrap_or_else(|| data.join(keys::FILE));
        let key = keys::open(&path)?;
        keys::publish(&db, &key, clock.now()).await?;
        let rules = tokio::task::spawn_blocking(GateRules::shipped).await.map_err(|_| OpenGateError::Interrupted)??;
        let directory = data.join(SPOOL);
        let spool =
            Spool::open(directory.clone()).map_err(|source| OpenGateError::Spool { path: directory, source })?;
        let parts = GateParts { db, clock, ids, rules: Arc::new(rules), key: Arc::new(key) };
        let terms =
            CertificateTerms { issuer: options.issuer.clone(), seconds: i64::from(options.certificate_hours) * 3_600 };
        Ok(Self::over(parts, terms, spool))
    }

    fn over(parts: GateParts, terms: CertificateTerms, spool: Spool) -> (Self, tokio::task::JoinHandle<()>) {
        let GateParts { db, clock, ids, rules, key } = parts;
        let issuer = terms.issuer.clone();
        let bench = Bench { rules: Arc::clone(&rules), key };
        let standing = StandingReader::new();
        let writer =
            GateWriter { db: db.clone(), clock: Arc::clone(&clock), ids: Arc::clone(&ids), bench, terms, standing };
        let (group, running) = GroupCommit::start(writer, |_| {});
        (Self { group, spool: Arc::new(spool), rules, db, clock, ids, issuer }, running)
    }

    /// The issuer that certificates name.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Judges and records a shipment; returns when the outcome is durable. While the database is away
    /// the shipment is kept and held.
    pub async fn submit(&self, text: String, actor: String, key: Option<KeyUse>) -> Result<Answered, SubmitError> {
        let sent = self.send(text, actor, key)?;
        self.answered(sent).await
    }

    /// Reads a shipment and puts it into the queue, behind what was put there before.
    pub fn send(&self, text: String, actor: String, key: Option<KeyUse>) -> Result<Sent, SubmitError> {
        let shipment = Shipment::parse(&text)?;
        if shipment.id.chars().any(char::is_control) {
            return Err(SubmitError::Id);
        }
        let kept = Kept {
            actor: actor.clone(),
            key: key.as_ref().map(|used| (used.key.clone(), used.fingerprint.clone())),
            text: text.clone(),
        };
        let submission =
            Submission { text, shipment: shipment.clone(), actor, cause: SUBMITTED.to_owned(), key, again: None };
        let under_way = self.group.send(submission).map_err(SubmitError::Refused)?;
        Ok(Sent { under_way, kept, shipment })
    }

    /// Waits for the answer to what was sent.
    pub async fn answered(&self, sent: Sent) -> Result<Answered, SubmitError> {
        match sent.under_way.done().await {
            Ok(recorded) => {
                metrics::counter!("assay_shipments_total", "outcome" => recorded.row.outcome.to_string()).increment(1);
                Ok(Answered::Recorded(Box::new(recorded)))
            }
            Err(GateError::Store(error)) => {
                tracing::warn!(error = &*error as &dyn std::error::Error, "the gate holds: the database is away");
                self.keep(sent.kept, &sent.shipment).await
            }
            Err(refused) => Err(SubmitError::Refused(refused)),
        }
    }

    async fn keep(&self, kept: Kept, shipment: &Shipment) -> Result<Answered, SubmitError> {
        let now = self.clock.now();
        let name = crate::kernel::id::encode(RequestId::from_uuid(self.ids.next(now)).uuid());
        let spool = Arc::clone(&self.spool);
        let written = tokio::task::spawn_blocking(move || spool.keep(&name, &kept)).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a shipment could not be kept");
                return Err(SubmitError::Lost);
            }
            Err(_) => return Err(SubmitError::Lost),
        }
        metrics::counter!("assay_shipments_total", "outcome" => "kept").increment(1);
        let on = self.rules.day_of(shipment, now.date());
        let answer = Gate::evaluate(&self.rules, shipment, &Standing::unavailable(), on);
        let answer = serde_json::to_string(&answer).map_err(|_| SubmitError::Lost)?;
        Ok(Answered::Kept { external_id: shipment.id.clone(), answer })
    }

    /// Shipments that wait for the database.
    pub fn waiting(&self) -> usize {
        self.spool.waiting()
    }

    /// Judges what came while the database was away, until it is away again; answers how many.
    pub async fn drain(&self) -> std::io::Result<usize> {
        let mut done = 0;
        for name in self.spool.names()? {
            let Some(kept) = self.spool.read(&name)? else {
                tracing::error!(name, "a shipment that was kept cannot be read; it is put aside");
                self.spool.put_aside(&name)?;
                continue;
            };
            match self.submit_kept(kept).await {
                Ok(()) => self.spool.remove(&name)?,
                Err(GateError::Store(error)) if !error.is_unreachable() => {
                    tracing::error!(name, "the database does not take a shipment that was kept; it is put aside");
                    self.spool.put_aside(&name)?;
                }
                Err(GateError::KeyReused | GateError::Left(_)) => self.spool.remove(&name)?,
                Err(_) => return Ok(done),
            }
            done += 1;
        }
        Ok(done)
    }

    async fn submit_kept(&self, kept: Kept) -> Result<(), GateError> {
        let Ok(shipment) = Shipment::parse(&kept.text) else { return Ok(()) };
        let (key, actor, cause) = (kept.key_use(), kept.actor, "kept while the database was away".to_owned());
        self.group.record(Submission { text: kept.text, shipment, actor, cause, key, again: None }).await?;
        Ok(())
    }

    /// Judges the stored declaration of a shipment again because of `cause`; `None` when its content
    /// is missing.
    pub async fn judge_again(&self, row: &ShipmentRow, cause: String) -> Result<Option<Recorded>, GateError> {
        let stored = store::versions(&self.db, row.id, 1).await.map_err(failed)?;
        let Some(text) = stored.into_iter().next().map(|stored| stored.body) else { return Ok(None) };
        let Ok(shipment) = Shipment::parse(&text) else { return Ok(None) };
        let (actor, again) = ("system".to_owned(), Some(row.number));
        let submission = Submission { text, shipment, actor, cause, key: None, again };
        self.group.record(submission).await.map(Some)
    }
}

fn failed(error: StoreError) -> GateError {
    GateError::Store(Arc::new(error))
}

/// What the gate works with.
struct GateParts {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    rules: Arc<GateRules>,
    key: Arc<ReleaseKey>,
}
