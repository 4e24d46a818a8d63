//! Writing verdicts down: many requests, one commit.
//!
//! Screenings share commits as [`crate::store::group`] tells. One batch is one transaction:
//! listing versions, verdicts, idempotency keys, audit entries and events of all its
//! submissions, or of none.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::look_worker;
use super::store::{self, KnownKey, ListingRow, NewRows};
use super::verdict::{Decision, Verdict};
use crate::audit::journal::{self, Entry, Event, Head};
use crate::kernel::id::{EventId, JobId, ListingId, VerdictId};
use crate::kernel::{Clock, Digest, Ids, Instant};
use crate::listings::model::Listing;
use crate::merchants::model::MerchantFacts;
use crate::params;
use crate::review::decision::InForce;
use crate::review::desk::{self, Desk};
use crate::review::listing_case;
use crate::review::model::{CaseKind, NewCase};
use crate::review::service::{self as cases, Closing, Told};
use crate::review::store_decisions;
use crate::store::group::{GroupCommit, GroupFault, Writer};
use crate::store::jobs::{self, Lane, NewJob};
use crate::store::{Db, StoreError, Tx};

/// The use of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// The client's id and its key, as one text.
    pub key: String,
    /// Digest of the request.
    pub fingerprint: String,
}

/// A screened listing, to be written down.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The content.
    pub listing: Listing,
    /// What was known of the merchant.
    pub facts: MerchantFacts,
    /// What was decided.
    pub verdict: Verdict,
    /// The snapshot's revision.
    pub revision: i64,
    /// `submitted`, `hunt hnt_…`.
    pub cause: String,
    /// Who submitted: an API key id, `command line`.
    pub actor: String,
    /// Protection against doing it twice.
    pub key: Option<KeyUse>,
    /// The version that the submitter believes is present (0 = none).
    pub expected_version: Option<i64>,
    /// Record only when the substance of the verdict in force differs (retro-hunts).
    pub only_changes: bool,
    /// Whether its pictures are to be looked at closely, if it is recorded.
    pub look: bool,
}

/// How a submission was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// A new listing.
    Created,
    /// A new version of a listing.
    Updated,
    /// The same content, judged again by a newer registry or newer rules.
    Rejudged,
    /// The same content and the same revision: nothing was written.
    Same,
    /// The idempotency key was used for this request before: its answer again.
    Repeated,
}

/// A submission whose commit is durable.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The listing.
    pub listing: ListingId,
    /// The platform's id.
    pub external_id: String,
    /// The version that the verdict judged.
    pub version: i64,
    /// The verdict.
    pub verdict: VerdictId,
    /// What it says.
    pub decision: Decision,
    /// The verdict's bytes.
    pub body: String,
    /// How it was taken.
    pub taken: Taken,
    /// What a person decided about this content; it stands over the verdict.
    pub standing: Option<InForce>,
}

/// Why a submission was not recorded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordError {
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request; use a new key for a new request")]
    KeyReused,
    /// The listing is not at the version that the submitter expected.
    #[error("the listing is at version {present}, not {expected}; read it again and repeat the change")]
    Stale {
        /// What was expected; 0 = no listing.
        expected: i64,
        /// What is there; 0 = no listing.
        present: i64,
    },
    /// Too many submissions wait.
    #[error("too many submissions are waiting; try again in a second")]
    Overloaded,
    /// The disk or the database's quota is full.
    #[error("the database is full; free space and send the listing again, nothing of it was stored")]
    StorageFull,
    /// The database refused.
    #[error("the verdict could not be stored; send the listing again")]
    Store(#[source] Arc<StoreError>),
    /// The service is shutting down.
    #[error("the service is shutting down; send the listing again")]
    Stopped,
}

impl From<GroupFault> for RecordError {
    fn from(fault: GroupFault) -> Self {
        match fault {
            GroupFault::Overloaded => Self::Overloaded,
            GroupFault::Stopped => Self::Stopped,
            GroupFault::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for RecordError {
    fn from(error: StoreError) -> Self {
        if error.is_storage_full() { Self::StorageFull } else { Self::Store(Arc::new(error)) }
    }
}

type Answer = Result<Recorded, RecordError>;

/// Writes submissions down; clones share one queue and one writer.
#[derive(Clone)]
pub struct Recorder {
    group: GroupCommit<VerdictWriter>,
}

/// What a batch of submissions is written with.
struct VerdictWriter {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Writer for VerdictWriter {
    type Work = Submission;
    type Done = Recorded;
    type Refusal = RecordError;

    async fn write(&self, batch: &[Submission]) -> Result<Vec<Answer>, StoreError> {
        record_batch(&self.db, self.clock.as_ref(), self.ids.as_ref(), batch).await
    }
}

impl Recorder {
    /// Starts the writer. It ends when the last clone is dropped, after answering
    /// everyone. `committed` is told after each commit how many submissions it took.
    pub fn start(
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        committed: impl Fn(usize) + Send + 'static,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (group, writer) = GroupCommit::start(VerdictWriter { db, clock, ids }, committed);
        (Self { group }, writer)
    }

    /// Writes a submission down; returns when it is durable.
    pub async fn record(&self, submission: Submission) -> Answer {
        self.group.record(submission).await
    }
}

/// One transaction being put together.
struct Batch<'a> {
    now: Instant,
    ids: &'a dyn Ids,
    keys: HashMap<String, KnownKey>,
    listings: HashMap<String, ListingRow>,
    /// Closer looks that become due.
    looks: Vec<NewJob>,
    /// What people decided about the listings that are there.
    standings: HashMap<ListingId, InForce>,
    /// Verdicts made in this batch, for later submissions of the same batch.
    bodies: HashMap<VerdictId, String>,
    changed: Vec<String>,
    merchants: HashMap<String, Option<String>>,
    /// What each listing that a person may have to look at comes to; the last submission decides.
    reviews: HashMap<ListingId, Review>,
    rows: NewRows,
    entries: Vec<Entry>,
    events: Vec<Event>,
    position: i64,
}

/// What a batch means for the case of one listing.
enum Review {
    /// A person has to look.
    Wanted(Box<NewCase>),
    /// The case that the former verdict asked for has nothing left to decide.
    Over(Decision),
}

/// What a submission comes to, before its verdict's bytes are at hand.
enum Plan {
    Refused(RecordError),
    Known { taken: Taken, verdict: VerdictId },
    New(Recorded),
}

async fn record_batch(
    db: &Db,
    clock: &dyn Clock,
    ids: &dyn Ids,
    submissions: &[Submission],
) -> Result<Vec<Answer>, StoreError> {
    let now = clock.now();
    let mut tx = db.begin().await?;
    // Taken first: two replicas that get the same new listing decide one after the other.
    let head = Head::take(&mut tx).await?;
    let keys = known_keys(&mut tx, submissions).await?;
    let listings = present_listings(&mut tx, submissions).await?;
    let present = listings.values().map(|row| row.id).collect();
    let mut batch = Batch {
        now,
        ids,
        keys,
        listings,
        standings: store_decisions::listing_standings(&mut tx, present).await?,
        looks: Vec::new(),
        bodies: HashMap::new(),
        changed: Vec::new(),
        merchants: HashMap::new(),
        reviews: HashMap::new(),
        rows: NewRows::default(),
        entries: Vec::with_capacity(submissions.len()),
        events: Vec::with_capacity(submissions.len()),
        position: head.position,
    };
    let mut plans = Vec::with_capacity(submissions.len());
    for submission in submissions {
        plans.push(batch.plan(&mut tx, submission).await?);
    }
    let (bodies, standings) = (std::mem::take(&mut batch.bodies), std::mem::take(&mut batch.standings));
    let writes = !batch.entries.is_empty() || !batch.rows.keys.is_empty() || !batch.looks.is_empty();
    if writes {
        batch.listing_rows();
        let reviews = std::mem::take(&mut batch.reviews);
        store::insert(&mut tx, batch.rows).await?;
        jobs::enqueue_all(&mut tx, std::mem::take(&mut batch.looks), Lane::Looks, now).await?;
        if !reviews.is_empty() {
            let told = write_cases(&mut tx, desk::built_in(), reviews, now, ids).await?;
            batch.entries.extend(told.entries);
            batch.events.extend(told.events);
        }
        if !batch.entries.is_empty() {
            journal::append_after(&mut tx, head, now, batch.entries, batch.events).await?;
        }
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let mut answers = Vec::with_capacity(plans.len());
    for plan in plans {
        answers.push(match plan {
            Plan::Refused(error) => Err(error),
            Plan::New(recorded) => Ok(recorded),
            Plan::Known { taken, verdict } => {
                let mut answer = recall(db, verdict, taken, bodies.get(&verdict)).await;
                if let Ok((recorded, digest)) = &mut answer {
                    let standing = standings.get(&recorded.listing);
                    recorded.standing = standing.filter(|standing| standing.holds_for(digest, now)).cloned();
                }
                answer.map(|(recorded, _)| recorded)
            }
        });
    }
    Ok(answers)
}

/// Opens and closes the cases of one batch, in the order of their listings.
async fn write_cases(
    tx: &mut Tx,
    desk: &Desk,
    reviews: HashMap<ListingId, Review>,
    now: Instant,
    ids: &dyn Ids,
) -> Result<Told, StoreError> {
    let mut reviews: Vec<(ListingId, Review)> = reviews.into_iter().collect();
    reviews.sort_by_key(|(listing, _)| *listing);
    let (mut wanted, mut over) = (Vec::new(), Vec::new());
    for (listing, review) in reviews {
        match review {
            Review::Wanted(case) => wanted.push(*case),
            Review::Over(decision) => over.push(Closing {
                key: CaseKind::ListingReview.live_key(&listing.to_string()),
                because: format!("a later verdict on the listing says {decision}"),
            }),
        }
    }
    let mut told = Told::default();
    cases::close_cases(tx, over, listing_case::RULES, now, ids, &mut told).await?;
    cases::open_cases(tx, desk, wanted, now, ids, &mut told).await?;
    Ok(told)
}

async fn known_keys(tx: &mut Tx, submissions: &[Submission]) -> Result<HashMap<String, KnownKey>, StoreError> {
    let keys = submissions.iter().filter_map(|submission| Some(submission.key.as_ref()?.key.clone()));
    store::known_keys(tx, keys.collect()).await
}

async fn present_listings(tx: &mut Tx, submissions: &[Submission]) -> Result<HashMap<String, ListingRow>, StoreError> {
    let ids = submissions.iter().map(|submission| submission.listing.external_id.clone());
    store::listings_by_external_id(tx, ids.collect()).await
}

#[derive(Serialize)]
struct ScreenedEntry<'a> {
    verdict: VerdictId,
    verdict_digest: Digest,
    listing: ListingId,
    external_id: &'a str,
    version: i64,
    decision: Decision,
    cause: &'a str,
    revision: i64,
}

#[derive(Serialize)]
struct ScreenedEvent<'a> {
    listing: ListingId,
    external_id: &'a str,
    version: i64,
    verdict: VerdictId,
    decision: Decision,
    cause: &'a str,
    rules: Vec<String>,
}

impl Batch<'_> {
    async fn plan(&mut self, tx: &mut Tx, submission: &Submission) -> Result<Plan, StoreError> {
        if let Some(known) = submission.key.as_ref().and_then(|used| self.keys.get(&used.key)) {
            let same = submission.key.as_ref().is_some_and(|used| used.fingerprint == known.fingerprint);
            return Ok(match known.answer.parse() {
                Ok(verdict) if same => Plan::Known { taken: Taken::Repeated, verdict },
                _ => Plan::Refused(RecordError::KeyReused),
            });
        }
        let content = serde_json::to_string(&submission.listing).expect("a listing holds only strings and numbers");
        let digest = Digest::of(content.as_bytes());
        let present = self.listings.get(&submission.listing.external_id).cloned();
        let version = present.as_ref().map_or(0, |row| row.version);
        if let Some(expected) = submission.expected_version.filter(|expected| *expected != version) {
            return Ok(Plan::Refused(RecordError::Stale { expected, present: version }));
        }
        let Some(row) = present else {
            return Ok(self.add(submission, None, digest, content, Taken::Created));
        };
        if row.digest != digest {
            return Ok(self.add(submission, Some(row), digest, content, Taken::Updated));
        }
        if let Some(kept) = self.keep_closer(tx, submission, &row).await? {
            return Ok(kept);
        }
        // The same content: a newer snapshot's verdict stands. With the same snapshot, time may
        // still have brought a rule or an authorisation to its end, or a new build see more.
        let compare = submission.only_changes || row.revision == submission.revision;
        if row.revision > submission.revision || (compare && self.is_no_news(tx, submission, &row).await?) {
            self.use_key(submission, row.verdict);
            return Ok(Plan::Known { taken: Taken::Same, verdict: row.verdict });
        }
        Ok(self.add(submission, Some(row), digest, content, Taken::Rejudged))
    }

    /// Whether a verdict says the same as the one in force.
    async fn is_no_news(&self, tx: &mut Tx, submission: &Submission, row: &ListingRow) -> Result<bool, StoreError> {
        let former = self.in_force(tx, row).await?;
        Ok(former.is_some_and(|former| former.substance() == submission.verdict.substance()))
    }

    async fn in_force(&self, tx: &mut Tx, row: &ListingRow) -> Result<Option<Verdict>, StoreError> {
        let body = match self.bodies.get(&row.verdict) {
            Some(body) => Some(body.clone()),
            None => store::verdict_body(tx, row.verdict).await?,
        };
        Ok(body.and_then(|body| serde_json::from_str(&body).ok()))
    }

    /// A verdict from a closer look at the same content stays in force against one from hashes
    /// alone, unless that one is stricter. Where the registry is newer, or words and hashes
    /// alone say something else by now, the pictures are looked at again.
    async fn keep_closer(
        &mut self,
        tx: &mut Tx,
        submission: &Submission,
        row: &ListingRow,
    ) -> Result<Option<Plan>, StoreError> {
        let pictured = submission.listing.images.iter().any(|image| image.digest.is_some());
        if submission.verdict.closely || !pictured || row.decision < submission.verdict.decision {
            return Ok(None);
        }
        let Some(former) = self.in_force(tx, row).await?.filter(|former| former.closely) else {
            return Ok(None);
        };
        let again = submission.revision > row.revision
            || submission.revision == row.revision && former.first_substance() != submission.verdict.substance();
        if again {
            self.look(row.id, row.version);
        }
        self.use_key(submission, row.verdict);
        Ok(Some(Plan::Known { taken: Taken::Same, verdict: row.verdict }))
    }

    fn look(&mut self, listing: ListingId, version: i64) {
        let id = JobId::from_uuid(self.ids.next(self.now));
        self.looks.push(look_worker::job(id, listing, version, self.now));
    }

    fn add(
        &mut self,
        submission: &Submission,
        present: Option<ListingRow>,
        digest: Digest,
        content: String,
        taken: Taken,
    ) -> Plan {
        let now = self.now;
        let listing = &submission.listing;
        let id = present.as_ref().map_or_else(|| ListingId::from_uuid(self.ids.next(now)), |row| row.id);
        let verdict = VerdictId::from_uuid(self.ids.next(now));
        let former = present.as_ref().map_or(0, |row| row.version);
        let version = if taken == Taken::Rejudged { former } else { former + 1 };
        let body = submission.verdict.to_json();
        let decision = submission.verdict.decision;
        if taken != Taken::Rejudged {
            let amount = listing.price.map(|price| price.amount);
            let currency = listing.price.map(|price| price.currency.to_string());
            self.rows.versions.push(params![id, version, now, amount, currency, content]);
        }
        let facts = serde_json::to_string(&submission.facts).expect("facts hold only strings and numbers");
        self.rows.verdicts.push(params![
            verdict,
            id,
            version,
            submission.revision,
            decision.as_str(),
            &submission.cause,
            submission.verdict.judged_at,
            facts,
            &body,
        ]);
        self.tell(submission, id, version, verdict, &body);
        let standing = self.standings.get(&id).filter(|standing| standing.holds_for(&digest, now)).cloned();
        if standing.is_none() {
            self.review(submission, id, version, verdict, present.as_ref().map(|row| row.decision));
        }
        if submission.look {
            self.look(id, version);
        }
        self.use_key(submission, verdict);
        let row = ListingRow {
            id,
            external_id: listing.external_id.clone(),
            version,
            digest,
            verdict,
            decision,
            revision: submission.revision,
            created_at: present.map_or(now, |row| row.created_at),
            updated_at: now,
            position: self.position,
        };
        self.listings.insert(listing.external_id.clone(), row);
        self.merchants.insert(listing.external_id.clone(), listing.merchant.clone());
        self.changed.push(listing.external_id.clone());
        self.bodies.insert(verdict, body.clone());
        let external_id = listing.external_id.clone();
        Plan::New(Recorded { listing: id, external_id, version, verdict, decision, body, taken, standing })
    }

    /// The audit entry and the event of one verdict.
    fn tell(&mut self, submission: &Submission, listing: ListingId, version: i64, verdict: VerdictId, body: &str) {
        let entry = ScreenedEntry {
            verdict,
            verdict_digest: Digest::of(body.as_bytes()),
            listing,
            external_id: &submission.listing.external_id,
            version,
            decision: submission.verdict.decision,
            cause: &submission.cause,
            revision: submission.revision,
        };
        let raw = serde_json::value::to_raw_value(&entry).expect("an entry holds only strings and numbers");
        let reasons = submission.verdict.reasons.iter();
        let event = ScreenedEvent {
            listing,
            external_id: &submission.listing.external_id,
            version,
            verdict,
            decision: submission.verdict.decision,
            cause: &submission.cause,
            rules: reasons.map(|reason| format!("{}/{}", reason.pack, reason.rule)).collect(),
        };
        self.position += 1;
        self.entries.push(Entry {
            kind: "listing.screened",
            subject: verdict.to_string(),
            actor: submission.actor.clone(),
            body: raw,
        });
        self.events.push(Event {
            id: EventId::from_uuid(self.ids.next(self.now)),
            kind: "listing.screened",
            subject: listing.to_string(),
            body: serde_json::to_string(&event).expect("an event holds only strings and numbers"),
        });
    }

    /// Remembers what the verdict means for the listing's case. A clear listing that never was
    /// to be reviewed costs nothing.
    fn review(
        &mut self,
        submission: &Submission,
        listing: ListingId,
        version: i64,
        verdict_id: VerdictId,
        former: Option<Decision>,
    ) {
        let verdict = &submission.verdict;
        if verdict.decision == Decision::Review {
            let judged =
                listing_case::Judged { id: listing, version, listing: &submission.listing, verdict_id, verdict };
            let case = listing_case::of_verdict(&desk::built_in().weights, &judged);
            self.reviews.insert(listing, Review::Wanted(Box::new(case)));
        } else if former == Some(Decision::Review) {
            self.reviews.insert(listing, Review::Over(verdict.decision));
        }
    }

    fn use_key(&mut self, submission: &Submission, verdict: VerdictId) {
        let Some(used) = &submission.key else { return };
        let answer = verdict.to_string();
        let known = KnownKey { fingerprint: used.fingerprint.clone(), status: 200, answer };
        self.rows.keys.push(params![&used.key, &known.fingerprint, known.status, &known.answer, self.now]);
        self.keys.insert(used.key.clone(), known);
    }

    /// One row for each listing that changed, as it stands after the batch.
    fn listing_rows(&mut self) {
        self.changed.sort();
        self.changed.dedup();
        for external_id in &self.changed {
            let row = &self.listings[external_id];
            self.rows.listings.push(params![
                row.id,
                external_id,
                row.version,
                row.digest,
                row.verdict,
                row.decision.as_str(),
                self.merchants.get(external_id).cloned().flatten(),
                row.created_at,
                row.updated_at,
                row.position,
            ]);
        }
    }
}

/// The answer for a verdict that was there already, and the digest of the content that it is about.
async fn recall(
    db: &Db,
    verdict: VerdictId,
    taken: Taken,
    body: Option<&String>,
) -> Result<(Recorded, Digest), RecordError> {
    let stored = store::verdict(db, verdict).await?;
    let Some(stored) = stored else {
        let problem = format!("verdict {verdict} is missing");
        return Err(StoreError::Corrupt { column: "verdict".to_owned(), problem }.into());
    };
    let row = store::listing(db, stored.listing).await?;
    // The content that the listing has now; an answer that is repeated may be about a former one.
    let digest = row.as_ref().filter(|row| row.version == stored.version).map_or(Digest::of(b""), |row| row.digest);
    let recorded = Recorded {
        listing: stored.listing,
        external_id: row.map_or_else(String::new, |row| row.external_id),
        version: stored.version,
        verdict,
        decision: stored.decision,
        body: body.cloned().unwrap_or(stored.body),
        taken,
        standing: None,
    };
    Ok((recorded, digest))
}
