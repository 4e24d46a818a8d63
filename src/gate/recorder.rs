//! Judging shipments and writing the outcomes down: many shipments, one commit.
//!
//! One batch is one transaction: declarations, outcomes with their certificates, sums, idempotency
//! keys, audit entries and events. The journal's head is taken first and everything the judgement
//! rests on is read under it. Within a batch later shipments see the earlier ones.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::judge::{Bench, Case, Judged};
use super::model::{CertificateRef, Progress, ShipmentRow, Taken};
use super::standing::{Register, StandingReader, askable};
use super::store::{self, NewRows};
use crate::audit::journal::{self, Entry, Event, Head};
use crate::kernel::id::{CertificateId, EventId, ShipmentId};
use crate::kernel::{Clock, Digest, Ids, Instant};
use crate::params;
use crate::screening::recorder::KeyUse;
use crate::screening::store::{KnownKey, known_keys};
use crate::shipments::certificate::Terms;
use crate::shipments::{Lane, Ledger, Outcome, Shipment, Standing};
use crate::store::group::{GroupFault, Writer};
use crate::store::{Db, StoreError, Tx};

/// How long the gate waits for its turn to write before it answers without the database.
const TURN_WITHIN: Duration = Duration::from_secs(2);
/// How long one batch may take.
const BATCH_WITHIN: Duration = Duration::from_secs(30);

/// A shipment to be judged and written down.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The JSON text as it was sent.
    pub text: String,
    /// The same, read.
    pub shipment: Shipment,
    /// Who sends it: an API key id, `system`.
    pub actor: String,
    /// Why: `submitted`, `event 12`.
    pub cause: String,
    /// Protection against doing it twice.
    pub key: Option<KeyUse>,
    /// Judge the stored declaration again, if this outcome is still in force.
    pub again: Option<i64>,
}

/// A shipment whose outcome is durable.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Where it stands.
    pub row: ShipmentRow,
    /// The answer's bytes.
    pub answer: String,
    /// How it was taken.
    pub taken: Taken,
}

/// Why a shipment has no durable outcome.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GateError {
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request; use a new key for a new request")]
    KeyReused,
    /// It has left.
    #[error("the shipment has {0}; what was declared cannot be changed any more")]
    Left(Progress),
    /// Too many wait.
    #[error("too many shipments are waiting; try again in a second")]
    Overloaded,
    /// The service is shutting down.
    #[error("the service is shutting down; send the shipment again")]
    Stopped,
    /// The database refused.
    #[error("the outcome could not be stored; send the shipment again")]
    Store(#[source] Arc<StoreError>),
}

impl From<GroupFault> for GateError {
    fn from(fault: GroupFault) -> Self {
        match fault {
            GroupFault::Overloaded => Self::Overloaded,
            GroupFault::Stopped => Self::Stopped,
            GroupFault::Store(error) => Self::Store(Arc::new(error)),
        }
    }
}

/// What certificates say beside the answer.
#[derive(Debug, Clone)]
pub struct CertificateTerms {
    /// Who issues them.
    pub issuer: String,
    /// How long they hold, in seconds.
    pub seconds: i64,
}

/// Writes batches of shipments.
pub(super) struct GateWriter {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub bench: Bench,
    pub terms: CertificateTerms,
    pub standing: StandingReader,
}

type Answer = Result<Recorded, GateError>;

impl Writer for GateWriter {
    type Work = Submission;
    type Done = Recorded;
    type Refusal = GateError;

    async fn write(&self, batch: &[Submission]) -> Result<Vec<Answer>, StoreError> {
        tokio::time::timeout(BATCH_WITHIN, self.record(batch)).await.unwrap_or(Err(StoreError::Away))
    }
}

/// What a submission comes to.
enum Plan {
    Answered(Box<Answer>),
    Judge(Box<(Planned, Case)>),
}

/// A submission that is to be judged.
struct Planned {
    present: Option<ShipmentRow>,
    digest: Digest,
    taken: Taken,
    /// The answer in force, where the same declaration is judged again.
    former: Option<String>,
}

/// One transaction being put together.
struct Batch<'a> {
    writer: &'a GateWriter,
    now: Instant,
    keys: HashMap<String, KnownKey>,
    shipments: HashMap<String, ShipmentRow>,
    /// Declarations of this batch with their days, for later submissions of it.
    declared: HashMap<(ShipmentId, i64), (Shipment, Date)>,
    /// Answers of this batch, for later submissions of it.
    answers: HashMap<(ShipmentId, i64), String>,
    register: Register,
    ledger: Ledger,
    loaded: BTreeSet<String>,
    changed: BTreeMap<String, ShipmentId>,
    revocations: Vec<(ShipmentId, CertificateId, String)>,
    rows: NewRows,
    entries: Vec<Entry>,
    events: Vec<Event>,
    position: i64,
}

impl GateWriter {
    async fn record(&self, submissions: &[Submission]) -> Result<Vec<Answer>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.begin_within(TURN_WITHIN).await?;
        let head = tokio::time::timeout(TURN_WITHIN, Head::take(&mut tx)).await.unwrap_or(Err(StoreError::Away))?;
        let mut batch = self.open(&mut tx, submissions, &head, now).await?;
        let mut answers = Vec::with_capacity(submissions.len());
        let mut rest = submissions;
        while !rest.is_empty() {
            let (round, later) = rest.split_at(until_a_repeat(rest).max(1));
            answers.extend(batch.round(&mut tx, round).await?);
            rest = later;
        }
        batch.finish(tx, head).await?;
        Ok(answers)
    }

    async fn open<'a>(
        &'a self,
        tx: &mut Tx,
        submissions: &[Submission],
        head: &Head,
        now: Instant,
    ) -> Result<Batch<'a>, StoreError> {
        let keys = submissions.iter().filter_map(|submission| Some(submission.key.as_ref()?.key.clone())).collect();
        let ids: BTreeSet<String> = submissions.iter().map(|submission| submission.shipment.id.clone()).collect();
        let today = now.date();
        let sums: BTreeSet<String> = submissions
            .iter()
            .flat_map(|one| Ledger::keys(&one.shipment, self.bench.rules.day_of(&one.shipment, today)))
            .collect();
        let mut batch = Batch {
            writer: self,
            now,
            keys: known_keys(tx, keys).await?,
            shipments: store::shipments_by_external_id(tx, ids.into_iter().collect()).await?,
            declared: HashMap::new(),
            answers: HashMap::new(),
            register: self.standing.read(tx, now, submissions.iter().map(|one| &one.shipment)).await?,
            ledger: Ledger::default(),
            loaded: BTreeSet::new(),
            changed: BTreeMap::new(),
            revocations: Vec::new(),
            rows: NewRows::default(),
            entries: Vec::with_capacity(submissions.len()),
            events: Vec::with_capacity(submissions.len()),
            position: head.position,
        };
        batch.load(tx, sums).await?;
        Ok(batch)
    }
}

/// How many of `submissions` may be judged together: up to the first whose shipment or key stands
/// among them already, which has to see what becomes of that one. Never further, so that sums follow
/// the order of shipments.
fn until_a_repeat(submissions: &[Submission]) -> usize {
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    let repeats = submissions.iter().position(|one| {
        let is_new_key = one.key.as_ref().is_none_or(|used| keys.insert(used.key.as_str()));
        !ids.insert(one.shipment.id.as_str()) || !is_new_key
    });
    repeats.unwrap_or(submissions.len())
}

#[derive(Serialize)]
struct GatedEntry<'a> {
    shipment: ShipmentId,
    external_id: &'a str,
    version: i64,
    number: i64,
    outcome: Outcome,
    lane: Lane,
    declaration_digest: Digest,
    answer_digest: Digest,
    certificate: Option<CertificateId>,
    rules_version: &'a str,
    cause: &'a str,
}

#[derive(Serialize)]
struct GatedEvent<'a> {
    shipment: ShipmentId,
    external_id: &'a str,
    version: i64,
    number: i64,
    outcome: Outcome,
    lane: Lane,
    certificate: Option<CertificateId>,
    rules: Vec<&'a str>,
    cause: &'a str,
}

#[derive(Serialize)]
struct RevokedBody<'a> {
    certificate: CertificateId,
    shipment: ShipmentId,
    external_id: &'a str,
    because: &'a str,
}

/// The part of a stored answer that another one is compared with.
#[derive(Deserialize)]
struct Former {
    reasons: Vec<FormerReason>,
}

#[derive(Deserialize)]
struct FormerReason {
    rule: String,
    item: Option<usize>,
}

impl Batch<'_> {
    /// Reads the sums under these keys that were not read yet.
    async fn load(&mut self, tx: &mut Tx, keys: BTreeSet<String>) -> Result<(), StoreError> {
        let new: Vec<String> = keys.into_iter().filter(|key| self.loaded.insert(key.clone())).collect();
        if new.is_empty() {
            return Ok(());
        }
        for (key, body) in store::sums(tx, new).await? {
            if !self.ledger.load(key.clone(), &body) {
                let problem = format!("the sum {key} cannot be read");
                return Err(StoreError::Corrupt { column: "shipment_sum".to_owned(), problem });
            }
        }
        Ok(())
    }

    /// Judges submissions that do not repeat each other, and answers them in order.
    async fn round(&mut self, tx: &mut Tx, submissions: &[Submission]) -> Result<Vec<Answer>, StoreError> {
        let mut plans = Vec::with_capacity(submissions.len());
        let mut cases = Vec::with_capacity(submissions.len());
        for submission in submissions {
            plans.push(match self.plan(tx, submission).await? {
                Plan::Answered(answer) => Err(answer),
                Plan::Judge(planned) => {
                    let (planned, case) = *planned;
                    cases.push(case);
                    Ok(planned)
                }
            });
        }
        let judged = self.writer.bench.judge_all(cases).await.map_err(|_| StoreError::Away)?;
        let mut judged = judged.into_iter();
        let mut answers = Vec::with_capacity(submissions.len());
        for (submission, plan) in submissions.iter().zip(plans) {
            answers.push(match plan {
                Err(answered) => *answered,
                Ok(planned) => match judged.next() {
                    Some(judged) => Ok(self.apply(submission, planned, judged)),
                    None => Err(GateError::Stopped),
                },
            });
        }
        Ok(answers)
    }

    async fn plan(&mut self, tx: &mut Tx, submission: &Submission) -> Result<Plan, StoreError> {
        if let Some(known) = submission.key.as_ref().and_then(|used| self.keys.get(&used.key)) {
            let same = submission.key.as_ref().is_some_and(|used| used.fingerprint == known.fingerprint);
            let number = same.then(|| answered_number(&known.answer)).flatten();
            let present = self.shipments.get(&submission.shipment.id).cloned();
            return match (number, present) {
                (Some(number), Some(row)) => self.known(tx, row, number, Taken::Repeated).await,
                _ => Ok(Plan::Answered(Box::new(Err(GateError::KeyReused)))),
            };
        }
        let digest = submission.shipment.digest.unwrap_or_else(|| Digest::of(submission.text.as_bytes()));
        let Some(row) = self.shipments.get(&submission.shipment.id).cloned() else {
            return Ok(self.plan_new(submission, digest));
        };
        let is_same = row.digest == digest;
        if row.progress != Progress::Waiting && !is_same {
            return Ok(Plan::Answered(Box::new(Err(GateError::Left(row.progress)))));
        }
        if !is_same {
            return self.plan_change(tx, submission, row, digest).await;
        }
        let is_settled = match submission.again {
            Some(number) => number != row.number,
            None => row.outcome == Outcome::Release && row.is_certified(self.now),
        };
        if is_settled || row.progress != Progress::Waiting {
            self.use_key(submission, row.id, row.number);
            let number = row.number;
            return self.known(tx, row, number, Taken::Same).await;
        }
        self.plan_again(tx, submission, row, digest).await
    }

    /// The answer that was given before.
    async fn known(&self, tx: &mut Tx, row: ShipmentRow, number: i64, taken: Taken) -> Result<Plan, StoreError> {
        let answer = self.answer(tx, row.id, number).await?;
        Ok(Plan::Answered(Box::new(Ok(Recorded { row, answer, taken }))))
    }

    /// The present declaration of a shipment, and the day whose law it is judged by.
    async fn declaration(&self, tx: &mut Tx, row: &ShipmentRow) -> Result<Option<(Shipment, Date)>, StoreError> {
        if let Some(declared) = self.declared.get(&(row.id, row.version)) {
            return Ok(Some(declared.clone()));
        }
        let stored = store::version(tx, row.id, row.version).await?;
        Ok(stored.and_then(|stored| Some((Shipment::parse(&stored.body).ok()?, stored.judged_on))))
    }

    async fn answer(&self, tx: &mut Tx, id: ShipmentId, number: i64) -> Result<String, StoreError> {
        if let Some(answer) = self.answers.get(&(id, number)) {
            return Ok(answer.clone());
        }
        let missing = || StoreError::Corrupt {
            column: "shipment_outcome".to_owned(),
            problem: format!("{id} has no outcome {number}"),
        };
        store::answer(tx, id, number).await?.ok_or_else(missing)
    }

    fn plan_new(&mut self, submission: &Submission, digest: Digest) -> Plan {
        let (rules, today) = (&self.writer.bench.rules, self.now.date());
        let on = rules.day_of(&submission.shipment, today);
        self.ledger.add(&submission.shipment, rules.facts(), on, today);
        let case = self.case(submission, on, 1, None);
        Plan::Judge(Box::new((Planned { present: None, digest, taken: Taken::Created, former: None }, case)))
    }

    async fn plan_change(
        &mut self,
        tx: &mut Tx,
        submission: &Submission,
        row: ShipmentRow,
        digest: Digest,
    ) -> Result<Plan, StoreError> {
        let rules = Arc::clone(&self.writer.bench.rules);
        let on = rules.day_of(&submission.shipment, self.now.date());
        if let Some((former, day)) = self.declaration(tx, &row).await? {
            self.load(tx, Ledger::keys(&former, day)).await?;
            self.ledger.replace((&former, day), &submission.shipment, rules.facts(), on);
        }
        let case = self.case(submission, on, row.number + 1, row.released_digest);
        Ok(Plan::Judge(Box::new((Planned { present: Some(row), digest, taken: Taken::Updated, former: None }, case))))
    }

    async fn plan_again(
        &mut self,
        tx: &mut Tx,
        submission: &Submission,
        row: ShipmentRow,
        digest: Digest,
    ) -> Result<Plan, StoreError> {
        let on = self.declaration(tx, &row).await?.map_or_else(|| self.now.date(), |(_, day)| day);
        self.load(tx, Ledger::keys(&submission.shipment, on)).await?;
        let former = Some(self.answer(tx, row.id, row.number).await?);
        let case = self.case(submission, on, row.number + 1, row.released_digest);
        Ok(Plan::Judge(Box::new((Planned { present: Some(row), digest, taken: Taken::Rejudged, former }, case))))
    }

    fn case(&self, submission: &Submission, on: Date, number: i64, released: Option<Digest>) -> Case {
        let shipment = submission.shipment.clone();
        let volume = self.ledger.volume(&shipment, self.now.date());
        let history = self.ledger.history(&shipment, on, released);
        let standing = Standing::found(self.register.parties(&shipment, on, volume)).with_history(history);
        let issued_at = self.now.as_micros().div_euclid(1_000_000);
        let seconds = issued_at.saturating_add(self.writer.terms.seconds);
        let expires_at = Instant::from_micros(seconds.saturating_mul(1_000_000)).unwrap_or(self.now);
        let certificate = certificate_id(submission, number, issued_at);
        let terms = Terms {
            issuer: self.writer.terms.issuer.clone(),
            certificate: certificate.to_string(),
            issued_at,
            expires_at: seconds,
            listing_verdicts: self.register.verdicts(&shipment),
            registry_revision: self.register.registry_revision.clone(),
        };
        Case { shipment, standing, on, certificate, expires_at, terms }
    }

    fn apply(&mut self, submission: &Submission, planned: Planned, judged: Judged) -> Recorded {
        let Planned { present, digest, taken, former } = planned;
        if let (Some(row), Some(answer)) = (&present, former)
            && is_no_news(row, &judged, &answer, self.now)
        {
            self.use_key(submission, row.id, row.number);
            return Recorded { row: row.clone(), answer, taken: Taken::Same };
        }
        let shipment = &judged.case.shipment;
        let id = present.as_ref().map_or_else(|| ShipmentId::from_uuid(self.writer.ids.next(self.now)), |row| row.id);
        let version = present.as_ref().map_or(0, |row| row.version) + i64::from(taken != Taken::Rejudged);
        let number = present.as_ref().map_or(0, |row| row.number) + 1;
        if let Some(row) = &present {
            self.revoke_former(row, taken, &submission.cause);
        }
        if taken != Taken::Rejudged {
            let on = judged.case.on.to_string();
            self.rows.versions.push(params![id, version, self.now, on, digest, &submission.text]);
            let references = self.register.references(shipment);
            self.rows.references.extend(references.into_iter().map(|(kind, value)| params![kind, value, id]));
        }
        let released = (judged.outcome == Outcome::Release).then_some(digest);
        let row = ShipmentRow {
            id,
            external_id: shipment.id.clone(),
            merchant: askable(shipment.merchant_id.as_deref()),
            destination: askable(shipment.destination.as_deref()),
            version,
            digest,
            number,
            outcome: judged.outcome,
            lane: judged.lane,
            progress: Progress::Waiting,
            certificate: judged.certificate,
            released_digest: released.or_else(|| present.as_ref().and_then(|row| row.released_digest)),
            created_at: present.as_ref().map_or(self.now, |row| row.created_at),
            updated_at: self.now,
            position: self.position + 1,
        };
        self.write_outcome(submission, &row, &judged);
        self.tell(submission, &row, &judged);
        self.use_key(submission, id, number);
        self.declared.insert((id, version), (judged.case.shipment, judged.case.on));
        self.changed.insert(row.external_id.clone(), id);
        self.answers.insert((id, number), judged.answer.clone());
        self.shipments.insert(row.external_id.clone(), row.clone());
        Recorded { row, answer: judged.answer, taken }
    }

    /// A new outcome ends the certificate of the one before.
    fn revoke_former(&mut self, row: &ShipmentRow, taken: Taken, cause: &str) {
        let Some(certificate) = row.certificate.filter(|_| row.is_certified(self.now)) else { return };
        let because = match taken {
            Taken::Updated => "the declaration was changed".to_owned(),
            _ => format!("judged again: {cause}"),
        };
        let body = RevokedBody {
            certificate: certificate.id,
            shipment: row.id,
            external_id: &row.external_id,
            because: &because,
        };
        self.note("certificate.revoked", row.id, "system", &body, &body);
        self.revocations.push((row.id, certificate.id, because));
    }

    fn write_outcome(&mut self, submission: &Submission, row: &ShipmentRow, judged: &Judged) {
        let certificate: Option<CertificateRef> = row.certificate;
        self.rows.outcomes.push(params![
            row.id,
            row.number,
            row.version,
            self.now,
            &submission.cause,
            &submission.actor,
            row.outcome.to_string(),
            row.lane.to_string(),
            &judged.rules_version,
            certificate.map(|certificate| certificate.id),
            certificate.map(|certificate| certificate.expires_at),
            &judged.answer,
        ]);
    }

    /// The audit entry and the event of one outcome.
    fn tell(&mut self, submission: &Submission, row: &ShipmentRow, judged: &Judged) {
        let (certificate, cause) = (row.certificate.map(|certificate| certificate.id), submission.cause.as_str());
        let (shipment, external_id) = (row.id, row.external_id.as_str());
        let (version, number, outcome, lane) = (row.version, row.number, row.outcome, row.lane);
        let entry = GatedEntry {
            shipment,
            external_id,
            version,
            number,
            outcome,
            lane,
            declaration_digest: row.digest,
            answer_digest: Digest::of(judged.answer.as_bytes()),
            certificate,
            rules_version: &judged.rules_version,
            cause,
        };
        let rules: BTreeSet<&str> = judged.spoke.iter().map(|(rule, _)| rule.as_str()).collect();
        let rules = rules.into_iter().collect();
        let event = GatedEvent { shipment, external_id, version, number, outcome, lane, certificate, rules, cause };
        self.note("shipment.gated", row.id, &submission.actor, &entry, &event);
    }

    fn note(
        &mut self,
        kind: &'static str,
        subject: ShipmentId,
        actor: &str,
        entry: &impl Serialize,
        event: &impl Serialize,
    ) {
        let body = serde_json::value::to_raw_value(entry).expect("an entry holds only strings and numbers");
        self.entries.push(Entry { kind, subject: subject.to_string(), actor: actor.to_owned(), body });
        self.position += 1;
        self.events.push(Event {
            id: EventId::from_uuid(self.writer.ids.next(self.now)),
            kind,
            subject: subject.to_string(),
            body: serde_json::to_string(event).expect("an event holds only strings and numbers"),
        });
    }

    fn use_key(&mut self, submission: &Submission, id: ShipmentId, number: i64) {
        let Some(used) = &submission.key else { return };
        let answer = format!("{id} {number}");
        let known = KnownKey { fingerprint: used.fingerprint.clone(), status: 200, answer };
        self.rows.keys.push(params![&used.key, &known.fingerprint, known.status, &known.answer, self.now]);
        self.keys.insert(used.key.clone(), known);
    }

    async fn finish(mut self, mut tx: Tx, head: Head) -> Result<(), StoreError> {
        if self.entries.is_empty() && self.rows.keys.is_empty() {
            return Ok(());
        }
        for external_id in self.changed.keys() {
            self.rows.shipments.push(store::shipment_values(&self.shipments[external_id]));
        }
        for (key, body) in self.ledger.changes() {
            self.rows.sums.push(params![key, body]);
        }
        // Outcomes of this batch may be revoked by later ones of it, so they are written first.
        store::insert(&mut tx, self.rows).await?;
        for (id, certificate, because) in &self.revocations {
            store::revoke(&mut tx, *id, *certificate, because, self.now).await?;
        }
        if !self.entries.is_empty() {
            journal::append_after(&mut tx, head, self.now, self.entries, self.events).await?;
        }
        tx.commit().await
    }
}

/// The id of the certificate that an outcome issues: the same inputs give the same answer, byte for
/// byte, so nothing of it is drawn. A UUID of version 8 (RFC 9562, section 5.8) over what it certifies.
fn certificate_id(submission: &Submission, number: i64, issued_at: i64) -> CertificateId {
    let (number, issued_at) = (number.to_be_bytes(), issued_at.to_be_bytes());
    let digest = Digest::of_parts(&[b"certificate\0", &number, &issued_at, submission.text.as_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.0[..16]);
    CertificateId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The number in a used key's answer, `shp_… 3`.
fn answered_number(answer: &str) -> Option<i64> {
    let (id, number) = answer.split_once(' ')?;
    id.parse::<ShipmentId>().ok()?;
    number.parse().ok()
}

/// Whether judging again came to what is in force: the same outcome for the same reasons, and where
/// it is a release, with a certificate that still holds.
fn is_no_news(row: &ShipmentRow, judged: &Judged, former: &str, now: Instant) -> bool {
    if row.outcome != judged.outcome || (row.outcome == Outcome::Release && !row.is_certified(now)) {
        return false;
    }
    let Ok(former) = serde_json::from_str::<Former>(former) else { return false };
    let before: BTreeSet<(&str, Option<usize>)> =
        former.reasons.iter().map(|reason| (reason.rule.as_str(), reason.item)).collect();
    let after: BTreeSet<(&str, Option<usize>)> =
        judged.spoke.iter().map(|(rule, item)| (rule.as_str(), *item)).collect();
    before == after
}
