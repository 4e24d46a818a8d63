//! Changing dossiers: what comes in, what follows, one transaction for all of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::indexes::Indexes;
use super::model::{Body, Document, Dossier, IdentifierCheck, Lifted, Sanctions, Stop, SuspendedBy};
use super::store::{self, AppealStep};
use crate::audit::journal::{self, Entry, Head};
use crate::blobs::{BlobError, Blobs};
use crate::kernel::id::{EventId, ListHitId};
use crate::kernel::{Clock, Digest, Ids, Instant};
use crate::merchants::links::Link;
use crate::merchants::lists::merchant_digest;
use crate::merchants::model::MerchantFacts;
use crate::merchants::onboarding::model::{Application, DocumentKind, Traces};
use crate::merchants::onboarding::{
    self, Clocked, DocumentFault, Event, Fault, OnboardingPolicy, State, gaps, identifiers, link_record,
    names_to_screen, next, regimes,
};
use crate::merchants::screening::hits::{Decided, Hit, HitChange, HitState, settle};
use crate::merchants::screening::index::ListEntries;
use crate::merchants::screening::store as list_store;
use crate::merchants::standing::{Background, Effect, LedgerEntry, StandingPolicy, derive};
use crate::merchants::{identifiers as numbers, store as facts_store};
use crate::registry;
use crate::registry::keeper::{SnapshotError, SnapshotKeeper};
use crate::review;
use crate::review::desk;
use crate::review::model::{CaseFacts, CaseKind, NewCase};
use crate::review::service::{Closing, Told};
use crate::store::{Db, StoreError, Tx};

/// Links of one merchant that are kept.
const MOST_LINKS: usize = 100;
/// Linked merchants that are named in a case.
const MOST_NAMED: usize = 5;
/// Times that a change is tried again because the dossier changed meanwhile.
const TRIES: usize = 5;

/// Why a dossier was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    /// What was sent cannot be stored.
    #[error("the application cannot be stored as it is")]
    Faults(Vec<Fault>),
    /// The document cannot be taken.
    #[error(transparent)]
    Document(#[from] DocumentFault),
    /// There is no dossier.
    #[error("there is no dossier of the merchant {0}")]
    Unknown(String),
    /// There is no such thing in the dossier.
    #[error("there is no {what} {id}")]
    UnknownPart {
        /// What was asked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The event cannot happen in this state.
    #[error("a merchant that is {state} cannot take this step ({step}); look at its dossier")]
    NotNow {
        /// Where its admission stands.
        state: &'static str,
        /// What was asked for.
        step: String,
    },
    /// What was asked for contradicts what is stored.
    #[error("{0}")]
    Conflict(String),
    /// The caller read an older version.
    #[error("the dossier was changed meanwhile; it is at version {0}")]
    Stale(i64),
    /// The database failed.
    #[error("cannot change the dossier")]
    Store(#[from] StoreError),
    /// The documents cannot be kept or had.
    #[error("cannot keep the document")]
    Blobs(#[from] BlobError),
    /// The change is stored, but screening could not follow.
    #[error("the dossier was changed, but screening cannot follow it")]
    Snapshot(#[from] SnapshotError),
}

/// Something that a person has to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Vetting {
    /// The merchant.
    pub merchant: String,
    /// One line for people.
    pub title: String,
    /// Gravity, 1 to 5.
    pub severity: u8,
    /// How sure the suspicion is, 0 to 1.
    pub confidence: f64,
    /// What speaks for it, weightiest first; no personal data beyond masked hints.
    pub reasons: Vec<String>,
}

/// What is written beside the dossier, in its transaction.
#[derive(Debug)]
pub(super) enum Extra {
    Document(Document),
    Entry(LedgerEntry),
    Appeal { entry: String, number: i64, step: AppealStep },
    Links(Vec<Link>),
    Hit(Hit),
    Forget,
}

/// A change of one dossier, as it is put together.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) dossier: Dossier,
    pub(super) actor: String,
    pub(super) extras: Vec<Extra>,
    /// Audit entries, each of which is an event too.
    pub(super) told: Vec<(&'static str, Value)>,
    pub(super) vetting: Vec<Vetting>,
}

/// Changes dossiers; each change is live on this replica when the call returns.
#[derive(Clone)]
pub struct DossierService {
    pub(in crate::merchants) db: Db,
    pub(in crate::merchants) keeper: Arc<SnapshotKeeper>,
    pub(in crate::merchants) clock: Arc<dyn Clock>,
    pub(in crate::merchants) ids: Arc<dyn Ids>,
    pub(super) documents: Blobs,
    /// All merchants in memory.
    pub indexes: Arc<Indexes>,
    /// All lists in memory.
    pub lists: Arc<ListEntries>,
    /// What is asked of merchants.
    pub policy: Arc<OnboardingPolicy>,
    /// How breaches add up.
    pub standing: Arc<StandingPolicy>,
}

/// What a service is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Snapshots for screening.
    pub keeper: Arc<SnapshotKeeper>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Where documents are kept.
    pub documents: Blobs,
    /// All merchants in memory.
    pub indexes: Arc<Indexes>,
}

impl DossierService {
    /// A service with the shipped policies.
    pub fn new(parts: Parts) -> Self {
        let Parts { db, keeper, clock, ids, documents, indexes } = parts;
        Self {
            db,
            keeper,
            clock,
            ids,
            documents,
            indexes,
            lists: Arc::default(),
            policy: OnboardingPolicy::shipped(),
            standing: StandingPolicy::shipped(),
        }
    }

    /// The dossier of a merchant.
    pub async fn get(&self, merchant: &str) -> Result<Dossier, DossierError> {
        store::get(&self.db, merchant).await?.ok_or_else(|| DossierError::Unknown(merchant.to_owned()))
    }

    /// The dossier as it is, or an empty one.
    pub(super) async fn get_or_begin(&self, merchant: &str, now: Instant) -> Result<Dossier, DossierError> {
        if let Some(dossier) = store::get(&self.db, merchant).await? {
            return Ok(dossier);
        }
        let standing = derive(&self.standing, &[], &Background::default(), now);
        let standing = crate::merchants::standing::Standing { because: Vec::new(), ..standing };
        Ok(Dossier::begun(merchant, standing, now))
    }

    /// Follows the database: merchants and lists that other replicas changed.
    pub async fn follow(&self) -> Result<(), StoreError> {
        self.indexes.follow(&self.db).await?;
        self.lists.follow(&self.db).await?;
        Ok(())
    }

    // ── What merchants tell ─────────────────────────────────────────────────────────────────

    /// Takes an application: it replaces the former one as a whole. `expected` is the dossier's version that
    /// the caller read.
    pub async fn apply(
        &self,
        merchant: &str,
        application: Application,
        expected: Option<i64>,
        actor: &str,
    ) -> Result<Dossier, DossierError> {
        let application = onboarding::tidied(application);
        let faults = onboarding::check(&application, self.clock.now().date());
        if !faults.is_empty() {
            return Err(DossierError::Faults(faults));
        }
        self.follow().await?;
        for _ in 0..TRIES {
            let now = self.clock.now();
            let before = self.get_or_begin(merchant, now).await?;
            if expected.is_some_and(|expected| expected != before.version) {
                return Err(DossierError::Stale(before.version));
            }
            if before.application.as_ref() == Some(&application) && before.state != State::Closed {
                return Ok(before);
            }
            let change = self.application_came(before, application.clone(), actor, now).await?;
            if let Some(dossier) = self.commit(change, now).await? {
                return Ok(dossier);
            }
        }
        Err(busy())
    }

    async fn application_came(
        &self,
        before: Dossier,
        application: Application,
        actor: &str,
        now: Instant,
    ) -> Result<Change, DossierError> {
        if before.state == State::Closed {
            let step = "a new application".to_owned();
            return Err(DossierError::NotNow { state: before.state.label(), step });
        }
        let documents = self.document_kinds(&before.merchant).await?;
        let record = link_record(&before.merchant, &application, &Traces::default());
        let mut change = Change::of(before, actor);
        let certified = application.self_certification.clone();
        let former = change.dossier.application.replace(application);
        if certified.is_some() && former.as_ref().and_then(|own| own.self_certification.as_ref()) != certified.as_ref()
        {
            change.dossier.body.certified_at = Some(now);
        }
        let features = self.indexes.read(&record).with_traces_of(&change.dossier.features);
        change.dossier.features = features;
        let digest = change.dossier.application.as_ref().map(application_digest);
        change.told.push(("merchant.applied", json!({"application_digest": digest})));
        let only_certified = is_only_certification(former.as_ref(), change.dossier.application.as_ref());
        self.data_came(&mut change, &documents, only_certified, now)?;
        self.link(&mut change, now).await?;
        self.screen_names(&mut change, now).await?;
        Ok(change)
    }

    /// What follows from data that are complete, incomplete or wrong.
    fn data_came(
        &self,
        change: &mut Change,
        documents: &BTreeSet<DocumentKind>,
        only_certified: bool,
        now: Instant,
    ) -> Result<(), DossierError> {
        let application = change.dossier.application.clone().unwrap_or_default();
        change.dossier.body.gaps = gaps(&self.policy, &application, documents, now.date());
        change.dossier.body.checks = identifiers(&application)
            .into_iter()
            .map(|own| IdentifierCheck {
                result: numbers::check(&own.kind, &own.value).as_str().to_owned(),
                pointer: own.pointer,
                kind: own.kind,
            })
            .collect();
        let complete = change.dossier.body.gaps.is_empty();
        let wrong = change.dossier.body.checks.iter().any(|check| check.result == "invalid");
        if only_certified && complete && !wrong && change.dossier.state == State::Verified {
            return Ok(());
        }
        let event = if complete { Event::DataComplete } else { Event::DataIncomplete };
        let lapsed = change.dossier.state == State::RemedyRequested && change.dossier.body.verified_at.is_some();
        change.advance(event, now)?;
        let by_deadline = change.dossier.body.suspended_by == Some(SuspendedBy::Deadline);
        if change.dossier.state == State::Suspended && by_deadline && complete && !wrong {
            change.advance(Event::Reinstated, now)?;
        }
        if change.dossier.state == State::Verifying && wrong {
            change.advance(Event::ChecksFailed, now)?;
        } else if change.dossier.state == State::Verifying && lapsed && only_certified {
            // Nothing but the lapsed certification was wrong, and it is given anew.
            change.advance(Event::ChecksPassed, now)?;
        }
        // Where something graver waits already, its case is the one to look at.
        let graver = change.dossier.stopped().is_some() || change.dossier.body.sanctions != Sanctions::Clear;
        if change.dossier.state == State::Verifying && !graver {
            change.vetting.push(Vetting {
                merchant: change.dossier.merchant.clone(),
                title: "A merchant's data are complete and wait to be verified".to_owned(),
                severity: 2,
                confidence: 0.0,
                reasons: vec!["everything that the law asks for is there".to_owned()],
            });
        }
        Ok(())
    }

    /// Takes what a merchant left behind while it used the platform; the values are not kept.
    pub async fn leave_traces(&self, merchant: &str, traces: Traces, actor: &str) -> Result<Dossier, DossierError> {
        let faults = onboarding::check_traces(&traces);
        if !faults.is_empty() {
            return Err(DossierError::Faults(faults));
        }
        self.follow().await?;
        for _ in 0..TRIES {
            let now = self.clock.now();
            let before = self.get_or_begin(merchant, now).await?;
            let record = link_record(merchant, &Application::default(), &traces);
            let left = self.indexes.read(&record);
            let features = before.features.clone().with_traces_of(&left);
            if features == before.features {
                return Ok(before);
            }
            let mut change = Change::of(before, actor);
            change.dossier.features = features;
            change.told.push(("merchant.traces_left", json!({})));
            self.link(&mut change, now).await?;
            if let Some(dossier) = self.commit(change, now).await? {
                return Ok(dossier);
            }
        }
        Err(busy())
    }

    /// Keeps a document and looks at the dossier again.
    pub async fn add_document(
        &self,
        merchant: &str,
        kind: DocumentKind,
        name: String,
        bytes: Vec<u8>,
        actor: &str,
    ) -> Result<Document, DossierError> {
        let media_type = onboarding::sniff(&bytes)?;
        let digest = Digest::of(&bytes);
        let size = bytes.len() as i64;
        self.documents.put(digest, bytes).await?;
        for _ in 0..TRIES {
            let now = self.clock.now();
            let before = self.get_or_begin(merchant, now).await?;
            if before.state == State::Closed {
                return Err(DossierError::NotNow { state: before.state.label(), step: "a new document".to_owned() });
            }
            let known = store::documents(&self.db, merchant).await?;
            if let Some(same) = known.iter().find(|own| own.kind == kind && own.digest == digest.to_string()) {
                return Ok(same.clone());
            }
            let document = Document {
                id: crate::kernel::id::DocumentId::from_uuid(self.ids.next(now)).to_string(),
                kind,
                digest: digest.to_string(),
                media_type: media_type.as_str().to_owned(),
                bytes: size,
                name: name.clone(),
                uploaded_by: actor.to_owned(),
                uploaded_at: now,
            };
            let mut change = Change::of(before, actor);
            change.extras.push(Extra::Document(document.clone()));
            let told = json!({"document": document.id, "kind": kind, "digest": document.digest});
            change.told.push(("merchant.document_added", told));
            if change.dossier.application.is_some() {
                let mut kinds: BTreeSet<DocumentKind> = known.iter().map(|own| own.kind).collect();
                let is_new_kind = kinds.insert(kind);
                if is_new_kind {
                    self.data_came(&mut change, &kinds, false, now)?;
                }
            }
            if self.commit(change, now).await?.is_some() {
                return Ok(document);
            }
        }
        Err(busy())
    }

    /// The bytes of a document.
    pub async fn document_bytes(&self, document: &Document) -> Result<Option<Vec<u8>>, DossierError> {
        let digest: Digest = document.digest.parse().map_err(|_| StoreError::Corrupt {
            column: "merchant_document.digest".to_owned(),
            problem: "it is no digest".to_owned(),
        })?;
        Ok(self.documents.get(digest).await?)
    }

    async fn document_kinds(&self, merchant: &str) -> Result<BTreeSet<DocumentKind>, StoreError> {
        Ok(store::documents(&self.db, merchant).await?.into_iter().map(|document| document.kind).collect())
    }

    // ── What people decide ──────────────────────────────────────────────────────────────────

    /// A person's step: checks passed or failed, suspended, reinstated, closed.
    pub async fn decide(
        &self,
        merchant: &str,
        event: Event,
        reason: &str,
        actor: &str,
    ) -> Result<Dossier, DossierError> {
        self.follow().await?;
        for _ in 0..TRIES {
            let now = self.clock.now();
            let before = self.get(merchant).await?;
            if event == Event::ChecksPassed {
                refuse_premature(&before)?;
            }
            let was_suspended = before.state == State::Suspended;
            let mut change = Change::of(before, actor);
            change.told.push(("merchant.decided", json!({"event": event, "reason": reason})));
            change.advance(event, now)?;
            let body = &mut change.dossier.body;
            match event {
                Event::Suspended => {
                    body.suspended_by = Some(SuspendedBy::Person);
                    body.barred = Some(reason.to_owned());
                }
                Event::Reinstated => body.barred = None,
                Event::Closed if was_suspended && body.barred.is_none() => body.barred = Some(reason.to_owned()),
                _ => {}
            }
            if event == Event::Suspended {
                self.warn_of_linked(&mut change).await?;
            }
            if let Some(dossier) = self.commit(change, now).await? {
                return Ok(dossier);
            }
        }
        Err(busy())
    }

    /// Lets a merchant go on that was stopped because it looks like one that was shut out.
    pub async fn lift_stop(&self, merchant: &str, reason: &str, actor: &str) -> Result<Dossier, DossierError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let mut change = Change::of(self.get(merchant).await?, actor);
            let Some(stop) = change.dossier.body.stop.as_mut().filter(|stop| stop.lifted.is_none()) else {
                return Err(DossierError::Conflict("the merchant's offers are not stopped".to_owned()));
            };
            stop.lifted = Some(Lifted { by: actor.to_owned(), at: now, reason: reason.to_owned() });
            let told = json!({"like": stop.like, "reason": reason});
            change.told.push(("merchant.stop_lifted", told));
            if let Some(dossier) = self.commit(change, now).await? {
                return Ok(dossier);
            }
        }
        Err(busy())
    }

    /// A person's decision on a possible match with a list.
    pub async fn decide_hit(
        &self,
        id: ListHitId,
        state: HitState,
        reason: &str,
        actor: &str,
    ) -> Result<Hit, DossierError> {
        let unknown = || DossierError::UnknownPart { what: "list hit", id: id.to_string() };
        for _ in 0..TRIES {
            let now = self.clock.now();
            let hit = list_store::hit(&self.db, id).await?.ok_or_else(unknown)?;
            if hit.state == HitState::Gone {
                return Err(DossierError::Conflict("the merchant and the entry no longer match".to_owned()));
            }
            let mut change = Change::of(self.get(&hit.merchant).await?, actor);
            let decided = Decided { by: actor.to_owned(), at: now, reason: reason.to_owned() };
            let hit = Hit { state, decided: Some(decided), ..hit };
            let mut all = list_store::hits_of(&self.db, &hit.merchant).await?;
            all.iter_mut().filter(|own| own.id == hit.id).for_each(|own| own.state = state);
            change.dossier.body.sanctions = sanctions_of(all.iter().map(|own| own.state));
            let told = json!({"hit": hit.id, "list": hit.found.list, "entity": hit.found.entity,
                "entity_version": hit.found.entity_version, "state": state, "reason": reason});
            change.told.push(("merchant.list_hit_decided", told));
            change.extras.push(Extra::Hit(hit.clone()));
            if self.commit(change, now).await?.is_some() {
                return Ok(hit);
            }
        }
        Err(busy())
    }

    // ── What follows by itself ──────────────────────────────────────────────────────────────

    /// Links the merchant with all others, and stops it where it looks like one that was shut out.
    async fn link(&self, change: &mut Change, now: Instant) -> Result<(), StoreError> {
        let dossier = &mut change.dossier;
        let mut links = self.indexes.links_of(&dossier.merchant, &dossier.features);
        links.truncate(MOST_LINKS);
        if links.is_empty() {
            return Ok(());
        }
        let others: Vec<String> = links.iter().map(|link| link.b.clone()).collect();
        let barred = self.barred_among(&others).await?;
        let suspicious: Vec<(&Link, &str)> = links
            .iter()
            .filter(|link| link.score >= self.policy.banned_return)
            .filter_map(|link| Some((link, barred.iter().find(|(id, _)| *id == link.b)?.1.as_str())))
            .collect();
        if let Some((strongest, _)) = suspicious.first() {
            let known = dossier.body.stop.as_ref().is_some_and(|stop| stop.like == strongest.b);
            // Who traded before is looked at and goes on: a link alone shuts nobody out.
            let before_first_offer = dossier.body.verified_at.is_none();
            if !known && before_first_offer {
                dossier.body.stop =
                    Some(Stop { like: strongest.b.clone(), score: strongest.score, since: now, lifted: None });
                let told = json!({"like": strongest.b, "score": strongest.score});
                change.told.push(("merchant.stopped", told));
            }
            if !known {
                change.vetting.push(Vetting {
                    merchant: dossier.merchant.clone(),
                    title: "A merchant looks like one that was shut out".to_owned(),
                    severity: 4,
                    confidence: strongest.score,
                    reasons: suspicious.iter().take(MOST_NAMED).map(|(link, why)| link_sentence(link, why)).collect(),
                });
            }
        }
        change.extras.push(Extra::Links(links));
        Ok(())
    }

    /// Which of these merchants were shut out, and why.
    async fn barred_among(&self, merchants: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        let snapshot = self.keeper.current();
        let mut barred = Vec::new();
        for dossier in store::all_of(&self.db, merchants).await? {
            let told = snapshot.merchant(Some(&dossier.merchant)).tier.as_deref() == Some("suspended");
            // Who only missed a deadline comes back by sending its data; nobody has to watch for it.
            let by_deadline = dossier.body.suspended_by == Some(SuspendedBy::Deadline);
            match dossier.body.barred {
                Some(why) => barred.push((dossier.merchant, why)),
                None if told && !by_deadline => barred.push((dossier.merchant, "it is suspended".to_owned())),
                None => {}
            }
        }
        Ok(barred)
    }

    /// Points people to merchants that are strongly linked with one that is shut out now.
    async fn warn_of_linked(&self, change: &mut Change) -> Result<(), StoreError> {
        let why = change.dossier.body.barred.clone().unwrap_or_default();
        let links = self.indexes.links_of(&change.dossier.merchant, &change.dossier.features);
        let strong: Vec<Link> =
            links.into_iter().filter(|link| link.score >= self.policy.banned_return).take(MOST_LINKS).collect();
        let others: Vec<String> = strong.iter().map(|link| link.b.clone()).collect();
        for dossier in store::all_of(&self.db, &others).await? {
            let Some(link) = strong.iter().find(|link| link.b == dossier.merchant) else { continue };
            if dossier.body.barred.is_some() || dossier.state == State::Closed {
                continue;
            }
            change.vetting.push(Vetting {
                merchant: dossier.merchant,
                title: "A merchant is linked with one that was shut out".to_owned(),
                severity: 3,
                confidence: link.score,
                reasons: vec![link_sentence(&Link { b: link.a.clone(), ..link.clone() }, &why)],
            });
        }
        Ok(())
    }

    /// Holds the merchant's names against the lists.
    async fn screen_names(&self, change: &mut Change, now: Instant) -> Result<(), StoreError> {
        let names = change.dossier.application.as_ref().map(names_to_screen).unwrap_or_default();
        let found = self.lists.search(&names, self.policy.list_hit);
        let stored = list_store::hits_of(&self.db, &change.dossier.merchant).await?;
        if found.is_empty() && stored.is_empty() {
            return Ok(());
        }
        let version = merchant_digest(&names);
        let mut states: std::collections::HashMap<String, HitState> =
            stored.iter().map(|hit| (hit.id.clone(), hit.state)).collect();
        let mut reasons = Vec::new();
        for settled in settle(stored, found, version) {
            let (hit, reason) = match settled {
                HitChange::New(found) => {
                    let id = ListHitId::from_uuid(self.ids.next(now)).to_string();
                    let merchant = change.dossier.merchant.clone();
                    let state = HitState::Open;
                    let hit =
                        Hit { id, merchant, state, merchant_version: version, found, found_at: now, decided: None };
                    (hit, Some("it resembles"))
                }
                HitChange::Reopened(hit, why) => (hit, Some(why)),
                HitChange::Refreshed(hit) | HitChange::Gone(hit) => (hit, None),
            };
            states.insert(hit.id.clone(), hit.state);
            if let Some(why) = reason {
                let told = json!({"hit": hit.id, "list": hit.found.list, "entity": hit.found.entity,
                    "entity_version": hit.found.entity_version, "score": hit.found.score});
                change.told.push(("merchant.list_hit", told));
                let entry = format!("entry {} of {} (score {:.2})", hit.found.entity, hit.found.list, hit.found.score);
                reasons.push((hit.found.score, format!("{entry}: {why}")));
            }
            change.extras.push(Extra::Hit(hit));
        }
        change.dossier.body.sanctions = sanctions_of(states.into_values());
        if let Some(best) = reasons.iter().map(|(score, _)| *score).reduce(f32::max) {
            change.vetting.push(Vetting {
                merchant: change.dossier.merchant.clone(),
                title: "A merchant may be on a sanctions list".to_owned(),
                severity: 5,
                confidence: f64::from(best),
                reasons: reasons.into_iter().map(|(_, reason)| reason).take(MOST_NAMED).collect(),
            });
        }
        Ok(())
    }

    /// Holds a merchant against the lists again; answers whether anything changed.
    pub async fn rescreen(&self, merchant: &str, actor: &str) -> Result<bool, DossierError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let Some(before) = store::get(&self.db, merchant).await? else { return Ok(false) };
            if before.application.is_none() {
                return Ok(false);
            }
            let mut change = Change::of(before, actor);
            self.screen_names(&mut change, now).await?;
            if change.extras.is_empty() {
                return Ok(false);
            }
            if self.commit(change, now).await?.is_some() {
                return Ok(true);
            }
        }
        Err(busy())
    }

    /// Takes the step that a clock's end asks for; answers whether anything changed.
    pub async fn clock_ended(&self, merchant: &str) -> Result<bool, DossierError> {
        use onboarding::DueKind;
        let now = self.clock.now();
        let Some(before) = store::get(&self.db, merchant).await? else { return Ok(false) };
        let (Some(kind), Some(at)) = (before.body.due, before.due_at) else { return Ok(false) };
        if at > now {
            return Ok(false);
        }
        let mut change = Change::of(before, "system");
        change.told.push(("merchant.clock_ended", json!({"clock": kind})));
        match kind {
            DueKind::Collect | DueKind::Remedy => {
                change.advance(Event::DeadlineMissed, now)?;
                change.dossier.body.suspended_by = Some(SuspendedBy::Deadline);
            }
            DueKind::Recertify => change.advance(Event::CertificationLapsed, now)?,
            // The marketplace's own duty: told once, and the merchant stays where it is.
            DueKind::Verify => change.dossier.body.overdue = true,
            DueKind::Erase => return self.erase(change, now).await,
        }
        Ok(self.commit(change, now).await?.is_some())
    }

    /// Erases a closed merchant's data. Of one that was shut out the keyed hashes stay until their own time
    /// is over; the audit log holds digests only and stays as it is.
    async fn erase(&self, mut change: Change, now: Instant) -> Result<bool, DossierError> {
        let documents = store::documents(&self.db, &change.dossier.merchant).await?;
        let dossier = &mut change.dossier;
        let closed_at = dossier.body.closed_at.unwrap_or(now);
        let keep_traces = dossier.body.barred.is_some() && onboarding::erase_traces_at(&self.policy, closed_at) > now;
        dossier.application = None;
        let features = std::mem::take(&mut dossier.features);
        if keep_traces {
            dossier.features = features.without_hints();
        }
        dossier.body = Body {
            since: dossier.body.since,
            barred: dossier.body.barred.take().filter(|_| keep_traces),
            closed_at: dossier.body.closed_at,
            erased_at: Some(now),
            ..Body::default()
        };
        change.extras.push(Extra::Forget);
        change.told.push(("merchant.erased", json!({"documents": documents.len(), "traces_kept": keep_traces})));
        if self.commit(change, now).await?.is_none() {
            return Ok(false);
        }
        for document in documents {
            let Ok(digest) = document.digest.parse::<Digest>() else { continue };
            if !store::is_document_in_use(&self.db, digest).await? {
                self.documents.delete(digest).await?;
            }
        }
        Ok(true)
    }

    /// Does what is due: clocks that ended, standings that change by time. Safe to repeat, and beside others.
    pub async fn do_what_is_due(&self) -> Result<u64, DossierError> {
        const AT_ONCE: i64 = 200;
        let mut done = 0;
        // One dossier that cannot go on keeps nobody else waiting; it is tried again the next time.
        let mut failed = None;
        for merchant in store::due(&self.db, self.clock.now(), AT_ONCE).await? {
            match self.clock_ended(&merchant).await {
                Ok(changed) => done += u64::from(changed),
                Err(error) => failed = Some(error),
            }
        }
        for merchant in store::standing_due(&self.db, self.clock.now(), AT_ONCE).await? {
            match self.standing_moved(&merchant, "system").await {
                Ok(changed) => done += u64::from(changed),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(done), Err)
    }

    // ── Writing ─────────────────────────────────────────────────────────────────────────────

    /// Derives what follows and writes everything in one transaction. `None`: the dossier changed meanwhile.
    pub(super) async fn commit(&self, mut change: Change, now: Instant) -> Result<Option<Dossier>, DossierError> {
        let former = change.dossier.version;
        self.set_clock(&mut change.dossier, now);
        change.dossier.version += 1;
        change.dossier.updated_at = now;
        let mut tx = self.db.begin().await?;
        // The revision is taken first, as by everyone who changes what screening looks at.
        let from = registry::store::take_latest(&mut tx).await?;
        if store::version(&mut tx, &change.dossier.merchant).await? != former {
            return Ok(None);
        }
        let extras = std::mem::take(&mut change.extras);
        for extra in extras {
            write_extra(&mut tx, &change.dossier.merchant, extra, &change.actor, now).await?;
        }
        let shops = self.derive_standing(&mut tx, &mut change, now).await?;
        let facts = change.dossier.facts();
        let known = facts_store::derived_in(&mut tx, &change.dossier.merchant).await?;
        let moves_screening = known.unwrap_or_default() != facts;
        if moves_screening {
            let next = registry::store::advance(&mut tx, &from, None, "merchant derived", now).await?;
            facts_store::put_derived(&mut tx, &change.dossier.merchant, &facts, next.number, now).await?;
        }
        self.tell(&mut tx, &change, &facts, now).await?;
        tx.commit().await?;
        if moves_screening {
            self.keeper.refresh().await?;
        }
        self.indexes.follow(&self.db).await?;
        for shop in shops {
            Box::pin(self.standing_moved(&shop, &change.actor)).await?;
        }
        Ok(Some(change.dossier))
    }

    fn set_clock(&self, dossier: &mut Dossier, now: Instant) {
        if dossier.body.erased_at.is_some() {
            let kept = dossier.body.barred.is_some();
            let closed_at = dossier.body.closed_at.unwrap_or(now);
            dossier.due_at = kept.then(|| onboarding::erase_traces_at(&self.policy, closed_at));
            dossier.body.due = kept.then_some(onboarding::DueKind::Erase);
            return;
        }
        let application = dossier.application.clone().unwrap_or_default();
        let clocked = Clocked {
            state: dossier.state,
            since: dossier.since(),
            certified_at: dossier.body.certified_at,
            regimes: regimes(&self.policy, &application, now.date()),
        };
        let due = onboarding::due(&self.policy, &clocked);
        dossier.body.due = due.map(|due| due.kind);
        dossier.due_at = due.map(|due| due.at).filter(|_| !dossier.body.overdue);
    }

    /// Derives the standing from the ledgers as they are in this transaction; answers the owner's other
    /// shops, where they are to follow.
    async fn derive_standing(
        &self,
        tx: &mut Tx,
        change: &mut Change,
        now: Instant,
    ) -> Result<Vec<String>, DossierError> {
        let entries = store::entries_in(tx, &change.dossier.merchant).await?;
        let dossier = &mut change.dossier;
        let owner = dossier.application.as_ref().and_then(|own| own.owner.clone());
        let shops = match &owner {
            Some(owner) => store::shops_of(&self.db, owner, &dossier.merchant).await?,
            None => Vec::new(),
        };
        let background = Background {
            verified_since: dossier.body.verified_at.filter(|_| dossier.state != State::Suspended),
            barred: match dossier.state {
                State::Suspended | State::Closed => Some(format!("its admission is {}", dossier.state.label())),
                _ => self.owner_barred(&shops).await?,
            },
        };
        let suspends_owner = |own: &Dossier| own.standing.effects.iter().any(|own| own.effect == Effect::SuspendOwner);
        let before = (dossier.standing.tier, suspends_owner(dossier));
        dossier.standing = derive(&self.standing, &entries, &background, now);
        // A dossier that nobody applied by and that holds no entry says nothing about tiers.
        if dossier.state == State::New && entries.is_empty() {
            dossier.standing.because.clear();
        }
        let after = (dossier.standing.tier, suspends_owner(dossier));
        if suspends_owner(dossier) && dossier.body.barred.is_none() {
            dossier.body.barred = Some("its ledgers shut it out for good".to_owned());
            self.warn_of_linked(change).await?;
        }
        if before != after {
            let standing = &change.dossier.standing;
            let told = json!({"tier": standing.tier, "score": standing.score, "effects": standing.effects,
                "listing_limit": standing.listing_limit, "because": standing.because});
            change.told.push(("merchant.standing_changed", told));
        }
        Ok(if before.1 == after.1 { Vec::new() } else { shops })
    }

    /// Why the owner of these shops may not trade, if it may not.
    async fn owner_barred(&self, shops: &[String]) -> Result<Option<String>, StoreError> {
        for shop in store::all_of(&self.db, shops).await? {
            if shop.standing.effects.iter().any(|own| own.effect == Effect::SuspendOwner) {
                return Ok(Some(format!("another shop of its owner, {}, is shut out", shop.merchant)));
            }
        }
        Ok(None)
    }

    /// Writes the dossier with the journal's position, what it tells, and the cases it opens.
    async fn tell(&self, tx: &mut Tx, change: &Change, facts: &MerchantFacts, now: Instant) -> Result<(), StoreError> {
        let merchant = &change.dossier.merchant;
        let head = Head::take(tx).await?;
        store::put(tx, &change.dossier, head.position + 1).await?;
        let (mut entries, mut events) = (Vec::new(), Vec::new());
        let mut add = |kind: &'static str, body: Value| {
            let raw = serde_json::value::to_raw_value(&body).expect("JSON values serialise");
            entries.push(Entry { kind, subject: merchant.clone(), actor: change.actor.clone(), body: raw });
            let id = EventId::from_uuid(self.ids.next(now));
            events.push(journal::Event { id, kind, subject: merchant.clone(), body: body.to_string() });
        };
        let state = json!({"version": change.dossier.version, "state": change.dossier.state, "tier": facts.tier,
            "held": facts.held, "sanctions": facts.sanctions, "due_at": change.dossier.due_at, "due": change.dossier.body.due});
        add("merchant.dossier_changed", state);
        for (kind, body) in &change.told {
            add(kind, body.clone());
        }
        let mut told = Told { entries, events };
        let ids = self.ids.as_ref();
        let cases = change.vetting.iter().map(|own| own.case(&change.dossier, &change.actor)).collect();
        review::service::open_cases(tx, desk::built_in(), cases, now, ids, &mut told).await?;
        if let Some(because) = change.settled() {
            let key = CaseKind::Merchant.live_key(merchant);
            let closing = Closing { key, because: because.to_owned() };
            review::service::close_cases(tx, vec![closing], &change.actor, now, ids, &mut told).await?;
        }
        let Told { entries, events } = told;
        journal::append_after(tx, head, now, entries, events).await?;
        Ok(())
    }
}

impl Vetting {
    fn case(&self, dossier: &Dossier, actor: &str) -> NewCase {
        NewCase {
            kind: CaseKind::Merchant,
            subject: self.merchant.clone(),
            title: self.title.clone(),
            facts: CaseFacts {
                severity: self.severity,
                confidence: self.confidence,
                reasons: self.reasons.clone(),
                ..CaseFacts::default()
            },
            listing: None,
            merchant: Some(self.merchant.clone()),
            due: dossier.due_at.filter(|_| self.merchant == dossier.merchant),
            opened_by: actor.to_owned(),
            not_for: None,
        }
    }
}

impl Change {
    /// Why nobody has to look any more, where a person has just decided what was left.
    fn settled(&self) -> Option<&'static str> {
        let by_a_person = ["merchant.decided", "merchant.stop_lifted", "merchant.list_hit_decided"];
        let decided = self.told.iter().any(|(kind, _)| by_a_person.contains(kind));
        let open = self.dossier.state == State::Verifying
            || self.dossier.stopped().is_some()
            || self.dossier.body.sanctions == Sanctions::UnderReview;
        (decided && !open).then_some("decided on the merchant's page")
    }

    pub(super) fn of(dossier: Dossier, actor: &str) -> Self {
        Self { dossier, actor: actor.to_owned(), extras: Vec::new(), told: Vec::new(), vetting: Vec::new() }
    }

    /// Takes a step of the state machine with what belongs to it.
    fn advance(&mut self, event: Event, now: Instant) -> Result<(), DossierError> {
        let from = self.dossier.state;
        let word = || serde_json::to_value(event).ok().and_then(|word| word.as_str().map(str::to_owned));
        let refused =
            || DossierError::NotNow { state: from.label(), step: word().unwrap_or_default().replace('_', " ") };
        let to = next(from, event).ok_or_else(refused)?;
        self.dossier.state = to;
        if to == from {
            return Ok(());
        }
        let body = &mut self.dossier.body;
        body.since = Some(now);
        body.overdue = false;
        match to {
            State::Verified if body.verified_at.is_none() => body.verified_at = Some(now),
            State::Suspended => body.verified_at = None,
            State::Closed => body.closed_at = Some(now),
            _ => {}
        }
        if from == State::Suspended {
            body.suspended_by = None;
        }
        self.told.push(("merchant.state_changed", json!({"from": from, "to": to, "event": event})));
        Ok(())
    }
}

/// Nobody is verified while something is wrong that is known.
fn refuse_premature(dossier: &Dossier) -> Result<(), DossierError> {
    let why = if dossier.stopped().is_some() {
        "it looks like a merchant that was shut out; lift the stop first"
    } else if dossier.body.sanctions != Sanctions::Clear {
        "a possible match with a sanctions list is open or confirmed; decide it first"
    } else if !dossier.body.gaps.is_empty() {
        "something that the law asks for is missing"
    } else {
        return Ok(());
    };
    Err(DossierError::Conflict(format!("the merchant cannot be verified: {why}")))
}

fn sanctions_of(states: impl Iterator<Item = HitState>) -> Sanctions {
    let mut found = Sanctions::Clear;
    for state in states {
        match state {
            HitState::Confirmed => return Sanctions::Confirmed,
            HitState::Open => found = Sanctions::UnderReview,
            HitState::Cleared | HitState::Gone => {}
        }
    }
    found
}

fn link_sentence(link: &Link, why: &str) -> String {
    let shared: Vec<String> =
        link.evidence.iter().take(MOST_NAMED).map(|own| format!("{} ({})", own.kind.label(), own.value_hint)).collect();
    let why = if why.is_empty() { String::new() } else { format!(", which was shut out: {why}") };
    format!("{:.0} % like {}{why}. {}", link.score * 100.0, link.b, shared.join("; "))
}

fn application_digest(application: &Application) -> Digest {
    Digest::of(serde_json::to_string(application).unwrap_or_default().as_bytes())
}

/// Whether two applications differ in nothing but the certification.
fn is_only_certification(former: Option<&Application>, now: Option<&Application>) -> bool {
    let (Some(former), Some(now)) = (former, now) else { return false };
    let same = Application { self_certification: now.self_certification.clone(), ..former.clone() };
    same == *now
}

async fn write_extra(tx: &mut Tx, merchant: &str, extra: Extra, actor: &str, now: Instant) -> Result<(), StoreError> {
    match extra {
        Extra::Document(document) => store::insert_document(tx, merchant, &document).await,
        Extra::Entry(entry) => store::insert_entry(tx, merchant, &entry, actor).await,
        Extra::Appeal { entry, number, step } => store::insert_appeal(tx, &entry, number, &step).await,
        Extra::Links(links) => store::put_links(tx, &links, now).await,
        Extra::Hit(hit) => list_store::put_hit(tx, &hit).await,
        Extra::Forget => {
            store::forget_documents(tx, merchant, now).await?;
            store::forget_links(tx, merchant).await?;
            list_store::forget_hits(tx, merchant).await
        }
    }
}

pub(super) fn busy() -> DossierError {
    DossierError::Conflict("the dossier is being changed by others; send the request again".to_owned())
}
