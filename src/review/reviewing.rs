//! What reviewers do with cases before they decide: take, keep, pass on, put off, talk.

use std::sync::Arc;

use serde_json::json;

use super::desk::{self, Desk};
use super::machine::{self, CaseEvent};
use super::model::{Case, CaseState};
use super::policy::RulingFault;
use super::queues::Queue;
use super::service::{self, Told, history_row, note, place_of};
use super::store;
use super::store_queues::{self, QueueCount};
use crate::audit::journal::{self, Head};
use crate::kernel::id::{CaseId, DecisionId};
use crate::kernel::{Clock, Digest, Ids, Instant};
use crate::store::{Db, StoreError, Tx};

/// For how long a skipped case is not offered to the same reviewer, in seconds: a working day.
const SKIP_SECONDS: i64 = 8 * 3_600;
/// Somebody looks at a case when the page was asked for within so many seconds.
const LOOKING_SECONDS: i64 = 90;
/// The longest snooze, in days.
const MAX_SNOOZE_DAYS: i64 = 90;
/// Longest reason or comment, in scalar values.
pub const MAX_TEXT: usize = 4_000;
/// Cases put to their places in one transaction.
const AT_ONCE: i64 = 200;

/// Why something was not done with a case.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// There is no such case.
    #[error("there is no case {0}")]
    NoSuchCase(CaseId),
    /// There is no such decision.
    #[error("there is no decision {0}")]
    NoSuchDecision(DecisionId),
    /// There is no such queue.
    #[error("there is no queue \"{0}\"")]
    NoSuchQueue(String),
    /// The case stands where this cannot be done.
    #[error("the case is {0}; this cannot be done with it now")]
    NotNow(CaseState),
    /// The decision stands where this cannot be done.
    #[error("the decision is {0}; this cannot be done with it now")]
    DecisionNotNow(super::decision::DecisionState),
    /// Somebody else works on it.
    #[error("{by} holds the case until {until}; take another one, or this one then")]
    Held {
        /// Who.
        by: String,
        /// Until when.
        until: Instant,
    },
    /// The actor does not hold the case: never did, or the lease ran out.
    #[error("you do not hold this case, or your lease ran out; take it again")]
    NotHeld,
    /// The actor must not decide this case.
    #[error("somebody else has to look at this case, because you decided or proposed what it is about")]
    NotForYou,
    /// The case changed since the actor read it.
    #[error("the case changed meanwhile and is at version {0}; look at it again")]
    Changed(i64),
    /// A text is missing or too long.
    #[error("{0} has to have between 1 and {MAX_TEXT} characters")]
    Text(&'static str),
    /// A snooze ends before now or too late.
    #[error("{0} is not within the next {MAX_SNOOZE_DAYS} days")]
    Until(Instant),
    /// The policies do not allow it.
    #[error(transparent)]
    Ruling(#[from] RulingFault),
    /// The database refused.
    #[error("cannot change the case")]
    Store(#[from] StoreError),
}

/// Works on cases.
#[derive(Clone)]
pub struct ReviewService {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) desk: &'static Desk,
}

/// A queue with what lies in it.
#[derive(Debug, Clone)]
pub struct QueueView {
    /// The queue.
    pub queue: &'static Queue,
    /// What lies in it.
    pub count: QueueCount,
}

/// A text that a person gives, trimmed; refused when it is empty or too long.
pub(super) fn checked<'a>(text: &'a str, what: &'static str) -> Result<&'a str, ReviewError> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= MAX_TEXT;
    if fits { Ok(text) } else { Err(ReviewError::Text(what)) }
}

impl ReviewService {
    /// A service over this database, with the data that the binary carries.
    pub fn new(db: Db, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { db, clock, ids, desk: desk::built_in() }
    }

    /// The same service with other data.
    #[must_use]
    pub fn with_desk(self, desk: &'static Desk) -> Self {
        Self { desk, ..self }
    }

    /// The data that cases are handled by.
    pub fn desk(&self) -> &'static Desk {
        self.desk
    }

    /// All queues, in their order, with what lies in them.
    pub async fn queues(&self) -> Result<Vec<QueueView>, ReviewError> {
        let counts = store_queues::counts(&self.db, self.clock.now()).await?;
        let view = |queue: &'static Queue| {
            let found = counts.iter().find(|count| count.queue == queue.name).cloned();
            let none = || QueueCount { queue: queue.name.clone(), cases: 0, held: 0, oldest: None, due: None };
            QueueView { queue, count: found.unwrap_or_else(none) }
        };
        Ok(self.desk.queues.all().iter().map(view).collect())
    }

    fn queue(&self, name: &str) -> Result<&'static Queue, ReviewError> {
        let unknown = || ReviewError::NoSuchQueue(name.chars().take(60).collect());
        self.desk.queues.named(name).ok_or_else(unknown)
    }

    /// The cases of a queue, first ones first, after the one with this rank and id.
    pub async fn in_queue(
        &self,
        queue: &str,
        after: Option<(i64, CaseId)>,
        limit: i64,
    ) -> Result<Vec<Case>, ReviewError> {
        let queue = self.queue(queue)?;
        Ok(store_queues::in_queue(&self.db, &queue.name, after, limit).await?)
    }

    /// The case with this id.
    pub async fn case(&self, id: CaseId) -> Result<Case, ReviewError> {
        store::case(&self.db, id).await?.ok_or(ReviewError::NoSuchCase(id))
    }

    fn lease_end(&self, queue: &str, now: Instant) -> Instant {
        let minutes = self.desk.queues.named(queue).map_or(10, |queue| queue.lease_minutes);
        now.plus_seconds(i64::from(minutes) * 60)
    }

    /// Takes the first case of a queue that is free for this actor; `None` when there is none.
    pub async fn take_next(&self, queue: &str, actor: &str) -> Result<Option<Case>, ReviewError> {
        let (queue, now) = (self.queue(queue)?, self.clock.now());
        let until = self.lease_end(&queue.name, now);
        let mut tx = self.db.begin().await?;
        let Some(id) = store_queues::take_next(&mut tx, &queue.name, actor, now, until).await? else {
            return Ok(None);
        };
        self.tell(&mut tx, id, "take", actor, &json!({"until": until}), now).await?;
        tx.commit().await?;
        self.case(id).await.map(Some)
    }

    /// Takes this case, if nobody else holds it; taking it again renews the lease.
    pub async fn take(&self, id: CaseId, actor: &str) -> Result<Case, ReviewError> {
        let now = self.clock.now();
        let case = self.case(id).await?;
        if case.excludes(actor) {
            return Err(ReviewError::NotForYou);
        }
        let until = self.lease_end(&case.queue, now);
        let mut tx = self.db.begin().await?;
        if !store_queues::take(&mut tx, id, actor, now, until).await? {
            drop(tx);
            return Err(self.why_not(id, now).await?);
        }
        if case.held_by(now) != Some(actor) {
            let former = case.holder.as_deref().filter(|former| *former != actor);
            self.tell(&mut tx, id, "take", actor, &json!({"until": until, "taken_over_from": former}), now).await?;
        }
        tx.commit().await?;
        self.case(id).await
    }

    async fn why_not(&self, id: CaseId, now: Instant) -> Result<ReviewError, ReviewError> {
        let case = self.case(id).await?;
        Ok(match (case.held_by(now), case.lease_until) {
            (Some(by), Some(until)) => ReviewError::Held { by: by.to_owned(), until },
            _ => ReviewError::NotNow(case.state),
        })
    }

    /// Extends the actor's lease.
    pub async fn renew(&self, id: CaseId, actor: &str) -> Result<Case, ReviewError> {
        let now = self.clock.now();
        let until = self.lease_end(&self.case(id).await?.queue, now);
        let mut tx = self.db.begin().await?;
        if !store_queues::renew(&mut tx, id, actor, now, until).await? {
            return Err(ReviewError::NotHeld);
        }
        tx.commit().await?;
        self.case(id).await
    }

    /// Gives a case back to its queue.
    pub async fn give_back(&self, id: CaseId, actor: &str) -> Result<(), ReviewError> {
        let now = self.clock.now();
        self.case(id).await?;
        let mut tx = self.db.begin().await?;
        if !store_queues::give_back(&mut tx, id, actor, now).await? {
            return Err(ReviewError::NotHeld);
        }
        self.tell(&mut tx, id, "give_back", actor, &json!({}), now).await?;
        Ok(tx.commit().await?)
    }

    /// Gives a case back and does not offer it to the same reviewer for a working day.
    pub async fn skip(&self, id: CaseId, actor: &str, reason: &str) -> Result<(), ReviewError> {
        let (reason, now) = (checked(reason, "the reason")?, self.clock.now());
        self.case(id).await?;
        let mut tx = self.db.begin().await?;
        if !store_queues::give_back(&mut tx, id, actor, now).await? {
            return Err(ReviewError::NotHeld);
        }
        store_queues::skip(&mut tx, id, actor, now.plus_seconds(SKIP_SECONDS), reason).await?;
        self.tell(&mut tx, id, "skip", actor, &json!({"reason": reason}), now).await?;
        Ok(tx.commit().await?)
    }

    /// Puts a case off until a moment.
    pub async fn snooze(&self, id: CaseId, actor: &str, until: Instant, reason: &str) -> Result<Case, ReviewError> {
        let (reason, now) = (checked(reason, "the reason")?, self.clock.now());
        if until <= now || until > now.plus_seconds(MAX_SNOOZE_DAYS * 86_400) {
            return Err(ReviewError::Until(until));
        }
        let body = json!({"reason": reason, "until": until});
        self.pass_on(id, actor, CaseEvent::Snooze, "case.snoozed", body, |case| case.snoozed_until = Some(until)).await
    }

    /// Passes a case on to those who decide what others pass on.
    pub async fn escalate(&self, id: CaseId, actor: &str, reason: &str) -> Result<Case, ReviewError> {
        let body = json!({"reason": checked(reason, "the reason")?});
        self.pass_on(id, actor, CaseEvent::Escalate, "case.escalated", body, |_| {}).await
    }

    /// Gives an escalated case back to the queue that it came from.
    pub async fn send_back(&self, id: CaseId, actor: &str, reason: &str) -> Result<Case, ReviewError> {
        let body = json!({"reason": checked(reason, "the reason")?});
        self.pass_on(id, actor, CaseEvent::Return, "case.returned", body, |_| {}).await
    }

    /// One change of a held case's state that ends the lease.
    async fn pass_on(
        &self,
        id: CaseId,
        actor: &str,
        event: CaseEvent,
        kind: &'static str,
        body: serde_json::Value,
        edit: impl FnOnce(&mut Case),
    ) -> Result<Case, ReviewError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let head = Head::take(&mut tx).await?;
        let mut case = self.held(&mut tx, id, actor, now).await?;
        case.state = machine::next(case.state, event).ok_or(ReviewError::NotNow(case.state))?;
        edit(&mut case);
        self.write(&mut tx, &mut case, Some(actor), None, now).await?;
        self.tell(&mut tx, id, event.as_str(), actor, &body, now).await?;
        let mut told = Told::default();
        note(&mut told, kind, id, actor, &body, now, self.ids.as_ref());
        journal::append_after(&mut tx, head, now, told.entries, told.events).await?;
        tx.commit().await?;
        self.case(id).await
    }

    /// The case as it stands in this transaction, held by the actor.
    pub(super) async fn held(&self, tx: &mut Tx, id: CaseId, actor: &str, now: Instant) -> Result<Case, ReviewError> {
        let case = store::case_in(tx, id).await?.ok_or(ReviewError::NoSuchCase(id))?;
        if !case.state.is_takeable() {
            return Err(ReviewError::NotNow(case.state));
        }
        if case.held_by(now) != Some(actor) {
            return Err(ReviewError::NotHeld);
        }
        if case.excludes(actor) {
            return Err(ReviewError::NotForYou);
        }
        Ok(case)
    }

    /// Writes a case that changed: it gets its place, its next version, and `next_holder`'s lease.
    /// `holder` is who held it when it was read; somebody else by now means that the lease is lost.
    pub(super) async fn write(
        &self,
        tx: &mut Tx,
        case: &mut Case,
        holder: Option<&str>,
        next_holder: Option<&str>,
        now: Instant,
    ) -> Result<(), ReviewError> {
        case.version += 1;
        case.updated_at = now;
        let place = place_of(self.desk, case, now);
        case.holder = next_holder.map(str::to_owned);
        case.lease_until = next_holder.map(|_| self.lease_end(&place.queue, now));
        if store::change(tx, case, &place, holder).await? { Ok(()) } else { Err(ReviewError::NotHeld) }
    }

    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        id: CaseId,
        kind: &str,
        actor: &str,
        body: &serde_json::Value,
        now: Instant,
    ) -> Result<(), StoreError> {
        store::tell(tx, vec![history_row(id, kind, actor, body, now, self.ids.as_ref())]).await
    }

    /// Adds a comment that only reviewers see, and renews the actor's lease.
    pub async fn comment(&self, id: CaseId, actor: &str, text: &str) -> Result<(), ReviewError> {
        let (text, now) = (checked(text, "the comment")?, self.clock.now());
        let until = self.lease_end(&self.case(id).await?.queue, now);
        let mut tx = self.db.begin().await?;
        self.tell(&mut tx, id, "comment", actor, &json!({"text": text}), now).await?;
        store_queues::renew(&mut tx, id, actor, now, until).await?;
        Ok(tx.commit().await?)
    }

    /// Notes that the actor looks at the case, renews the actor's lease, and says who else looks.
    pub async fn look(&self, id: CaseId, actor: &str) -> Result<Vec<String>, ReviewError> {
        let now = self.clock.now();
        let until = self.lease_end(&self.case(id).await?.queue, now);
        let mut tx = self.db.begin().await?;
        store_queues::look(&mut tx, id, actor, now).await?;
        store_queues::renew(&mut tx, id, actor, now, until).await?;
        tx.commit().await?;
        let viewers = store_queues::viewers(&self.db, id, now.plus_seconds(-LOOKING_SECONDS)).await?;
        Ok(viewers.into_iter().filter(|viewer| viewer != actor).collect())
    }

    /// Sorts open cases into the queues of this build, if another build sorted them last.
    pub async fn sort_into_queues(&self) -> Result<(), ReviewError> {
        const SETTING: &str = "queues";
        let digest = Digest::of(desk::QUEUES.as_bytes()).to_string();
        if store_queues::setting(&self.db, SETTING).await?.as_deref() == Some(digest.as_str()) {
            return Ok(());
        }
        let mut after = String::new();
        loop {
            let cases = store_queues::open_after(&self.db, &after, AT_ONCE).await?;
            let mut tx = self.db.begin().await?;
            for case in &cases {
                store_queues::put(&mut tx, case, &place_of(self.desk, case, self.clock.now())).await?;
            }
            match cases.last() {
                Some(last) => after = last.id.to_string(),
                None => store_queues::set_setting(&mut tx, SETTING, &digest).await?,
            }
            tx.commit().await?;
            if cases.is_empty() {
                return Ok(());
            }
        }
    }

    /// Puts cases whose clock stepped to their new places, and wakes those whose snooze is over.
    pub(super) async fn rank_and_wake(&self) -> Result<(), ReviewError> {
        let now = self.clock.now();
        let stepped = store_queues::to_rank(&self.db, now, AT_ONCE).await?;
        if !stepped.is_empty() {
            let mut tx = self.db.begin().await?;
            for case in &stepped {
                store_queues::put(&mut tx, case, &place_of(self.desk, case, now)).await?;
            }
            tx.commit().await?;
        }
        for id in store_queues::to_wake(&self.db, now, AT_ONCE).await? {
            self.wake(id, now).await?;
        }
        Ok(())
    }

    async fn wake(&self, id: CaseId, now: Instant) -> Result<(), ReviewError> {
        let mut tx = self.db.begin().await?;
        let head = Head::take(&mut tx).await?;
        let Some(mut case) = store::case_in(&mut tx, id).await? else { return Ok(()) };
        // Another replica may have woken it.
        let is_over = case.snoozed_until.is_some_and(|until| until <= now);
        let Some(state) = machine::next(case.state, CaseEvent::Wake).filter(|_| is_over) else { return Ok(()) };
        case.state = state;
        case.snoozed_until = None;
        self.write(&mut tx, &mut case, None, None, now).await?;
        self.tell(&mut tx, id, CaseEvent::Wake.as_str(), service::SYSTEM, &json!({}), now).await?;
        let mut told = Told::default();
        note(&mut told, "case.woken", id, service::SYSTEM, &json!({}), now, self.ids.as_ref());
        journal::append_after(&mut tx, head, now, told.entries, told.events).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets who looked at cases long ago and skips that are over.
    pub async fn tidy(&self) -> Result<(), ReviewError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store_queues::tidy(&mut tx, now.plus_seconds(-LOOKING_SECONDS), now).await?;
        Ok(tx.commit().await?)
    }
}
