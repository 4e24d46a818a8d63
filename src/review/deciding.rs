//! Decisions: made, confirmed, taken back, told, reversed, ended. Each step is one transaction with
//! the decision, its effects, the case, the audit entry and, once others may know, the event.

use serde_json::json;

use super::decision::{self, Decision, DecisionEvent, DecisionState, InForce, Ruling, StandingKind, standings_of};
use super::machine::{self, CaseEvent};
use super::model::{Case, CaseKind, NewCase};
use super::policy::RulingFault;
use super::reviewing::{ReviewError, ReviewService, checked};
use super::service::{self, SYSTEM, Told};
use super::store;
use super::store_decisions::{self as decisions, Effect};
use super::store_quality;
use crate::audit::journal::{self, Entry, Event, Head};
use crate::kernel::Instant;
use crate::kernel::id::{CaseId, DecisionId, EventId};
use crate::store::{StoreError, Tx};

/// Decisions settled or ended in one round.
const AT_ONCE: i64 = 200;

/// What a decision is told as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tell {
    /// To the audit log only: nobody outside may know yet, or ever.
    Inside(&'static str),
    /// To the outbox too.
    Outside(&'static str),
}

impl ReviewService {
    /// Decides a case that the actor holds. `version` is the case's version that the actor saw.
    ///
    /// The decision is in force when this returns, unless a second person has to confirm. It can be
    /// taken back for [`super::policy::Policies::undo_seconds`]; then others are told.
    pub async fn decide(
        &self,
        id: CaseId,
        actor: &str,
        version: Option<i64>,
        ruling: Ruling,
    ) -> Result<Decision, ReviewError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let head = Head::take(&mut tx).await?;
        let mut case = self.held(&mut tx, id, actor, now).await?;
        if version.is_some_and(|version| version != case.version) {
            return Err(ReviewError::Changed(case.version));
        }
        let composed = self.desk.policies.compose(&case, &ruling, now)?;
        let event = if composed.four_eyes { CaseEvent::Propose } else { CaseEvent::Decide };
        case.state = machine::next(case.state, event).ok_or(ReviewError::NotNow(case.state))?;
        let is_second_look = case.kind == CaseKind::SecondReview;
        let mut decision = Decision {
            id: DecisionId::from_uuid(self.ids.next(now)),
            case: Some(id),
            kind: case.kind,
            subject: case.subject.clone(),
            action: ruling.action,
            markets: ruling.markets,
            findings: ruling.findings,
            message: composed.message,
            note: ruling.note.trim().to_owned(),
            rule: case.facts.rules.first().cloned(),
            state: if composed.four_eyes { DecisionState::Proposed } else { DecisionState::Held },
            actor: actor.to_owned(),
            seconded_by: None,
            at: now,
            settles_at: (!composed.four_eyes).then(|| self.settles_at(now)),
            ends_at: composed.ends_at,
            undone_at: None,
            undone_by: None,
            undone_because: None,
        };
        if is_second_look {
            // An opinion, not a decision: it changes nothing and nobody outside is told.
            (decision.state, decision.settles_at) = (DecisionState::Ended, None);
            store_quality::answered(&mut tx, id, actor, decision.action.as_str(), now).await?;
        }
        case.decision = Some(decision.id);
        decisions::insert(&mut tx, &decision).await?;
        if composed.four_eyes {
            case.exclude(actor);
        } else if !is_second_look {
            self.apply(&mut tx, &case, &decision, now).await?;
        }
        self.write(&mut tx, &mut case, Some(actor), None, now).await?;
        let told = if composed.four_eyes { "decision.proposed" } else { "decision.made" };
        self.finish(tx, head, &case, &decision, event.as_str(), actor, Tell::Inside(told), now).await?;
        Ok(decision)
    }

    fn settles_at(&self, now: Instant) -> Instant {
        now.plus_seconds(i64::from(self.desk.policies.undo_seconds))
    }

    /// Agrees to what another person proposed; the actor holds the case.
    pub async fn confirm(&self, id: DecisionId, actor: &str) -> Result<Decision, ReviewError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let head = Head::take(&mut tx).await?;
        let (mut decision, mut case) = self.proposal(&mut tx, id, actor, now).await?;
        step(&mut decision, DecisionEvent::Confirm)?;
        decision.seconded_by = Some(actor.to_owned());
        decision.settles_at = Some(self.settles_at(now));
        decisions::set_state(&mut tx, &decision).await?;
        self.apply(&mut tx, &case, &decision, now).await?;
        case.state = machine::next(case.state, CaseEvent::Confirm).ok_or(ReviewError::NotNow(case.state))?;
        self.write(&mut tx, &mut case, Some(actor), None, now).await?;
        let told = Tell::Inside("decision.confirmed");
        self.finish(tx, head, &case, &decision, CaseEvent::Confirm.as_str(), actor, told, now).await?;
        Ok(decision)
    }

    /// Does not agree to what another person proposed: the case waits again.
    pub async fn refuse(&self, id: DecisionId, actor: &str, because: &str) -> Result<Decision, ReviewError> {
        let (because, now) = (checked(because, "the reason")?, self.clock.now());
        let mut tx = self.db.begin().await?;
        let head = Head::take(&mut tx).await?;
        let (mut decision, mut case) = self.proposal(&mut tx, id, actor, now).await?;
        step(&mut decision, DecisionEvent::Refuse)?;
        undone(&mut decision, actor, because, now);
        decisions::set_state(&mut tx, &decision).await?;
        case.state = machine::next(case.state, CaseEvent::Refuse).ok_or(ReviewError::NotNow(case.state))?;
        case.decision = None;
        self.write(&mut tx, &mut case, Some(actor), None, now).await?;
        let told = Tell::Inside("decision.refused");
        self.finish(tx, head, &case, &decision, CaseEvent::Refuse.as_str(), actor, told, now).await?;
        Ok(decision)
    }

    /// A proposed decision and its case, which the actor holds and did not propose.
    async fn proposal(
        &self,
        tx: &mut Tx,
        id: DecisionId,
        actor: &str,
        now: Instant,
    ) -> Result<(Decision, Case), ReviewError> {
        let decision = decisions::decision_in(tx, id).await?.ok_or(ReviewError::NoSuchDecision(id))?;
        if decision.actor == actor {
            return Err(ReviewError::NotForYou);
        }
        let case = decision.case.ok_or(ReviewError::DecisionNotNow(decision.state))?;
        if decision.state != DecisionState::Proposed {
            return Err(ReviewError::DecisionNotNow(decision.state));
        }
        Ok((decision, self.held(tx, case, actor, now).await?))
    }

    /// Takes a decision back while nobody outside knows it, or reverses it: every effect is undone,
    /// those affected are told, and the case waits again. Who takes back holds the case again.
    pub async fn undo(&self, id: DecisionId, actor: &str, because: &str) -> Result<Decision, ReviewError> {
        let (because, now) = (checked(because, "the reason")?, self.clock.now());
        let mut tx = self.db.begin().await?;
        let mut head = Head::take(&mut tx).await?;
        let mut decision = decisions::decision_in(&mut tx, id).await?.ok_or(ReviewError::NoSuchDecision(id))?;
        let in_time = decision.settles_at.is_some_and(|end| now < end);
        if decision.state == DecisionState::Held && !in_time {
            head = self.settle_in(&mut tx, head, &mut decision, now).await?;
        }
        let event =
            if decision.state == DecisionState::Held { DecisionEvent::TakeBack } else { DecisionEvent::Reverse };
        step(&mut decision, event)?;
        undone(&mut decision, actor, because, now);
        decisions::set_state(&mut tx, &decision).await?;
        self.revert(&mut tx, id, now).await?;
        let told = match event {
            DecisionEvent::TakeBack => Tell::Inside("decision.taken_back"),
            _ => Tell::Outside("decision.reversed"),
        };
        let keeps = (event == DecisionEvent::TakeBack).then_some(actor);
        let case = self.reopen(&mut tx, &decision, keeps, now).await?;
        self.finish(tx, head, &case, &decision, event.as_str(), actor, told, now).await?;
        Ok(decision)
    }

    /// The case of an undone decision waits again, unless its subject has another open case.
    async fn reopen(
        &self,
        tx: &mut Tx,
        decision: &Decision,
        keeps: Option<&str>,
        now: Instant,
    ) -> Result<Case, ReviewError> {
        let id = decision.case.ok_or(ReviewError::DecisionNotNow(decision.state))?;
        let mut case = store::case_in(tx, id).await?.ok_or(ReviewError::NoSuchCase(id))?;
        let taken = !store::live(tx, vec![case.kind.live_key(&case.subject)]).await?.is_empty();
        case.state = machine::next(case.state, CaseEvent::Undo).ok_or(ReviewError::NotNow(case.state))?;
        if taken {
            case.state = machine::next(case.state, CaseEvent::Close).ok_or(ReviewError::NotNow(case.state))?;
        }
        case.decision = None;
        let keeps = keeps.filter(|actor| !taken && !case.excludes(actor));
        self.write(tx, &mut case, None, keeps, now).await?;
        Ok(case)
    }

    /// Does what the decision says.
    async fn apply(&self, tx: &mut Tx, case: &Case, decision: &Decision, now: Instant) -> Result<(), ReviewError> {
        let listing = case.listing.map(|id| id.to_string());
        let given = standings_of(decision.action, listing.as_deref(), case.merchant.as_deref());
        let given = given.map_err(|detail| RulingFault { pointer: "/action", detail: detail.to_owned() })?;
        for (place, (kind, subject, standing)) in given.into_iter().enumerate() {
            let digest = match (kind, case.listing) {
                (StandingKind::Listing, Some(id)) => crate::screening::store::content_digest(tx, id).await?,
                _ => None,
            };
            let former = decisions::standing_in(tx, kind, &subject).await?;
            let given = InForce {
                standing,
                decision: decision.id,
                markets: decision.markets.clone(),
                since: now,
                until: decision.ends_at,
                digest,
            };
            decisions::put_standing(tx, kind, &subject, Some(&given)).await?;
            let effect = Effect { number: place as i64 + 1, kind, subject, former, given, reversed_at: None };
            decisions::insert_effect(tx, decision.id, &effect).await?;
        }
        Ok(())
    }

    /// Undoes everything that a decision did: what stood before stands again, unless a later
    /// decision has replaced it meanwhile.
    async fn revert(&self, tx: &mut Tx, id: DecisionId, now: Instant) -> Result<(), ReviewError> {
        for effect in decisions::effects(tx, id).await? {
            if effect.reversed_at.is_some() {
                continue;
            }
            let present = decisions::standing_in(tx, effect.kind, &effect.subject).await?;
            if present.is_some_and(|present| present.decision == id) {
                let former = self.still_standing(tx, &effect, now).await?;
                decisions::put_standing(tx, effect.kind, &effect.subject, former.as_ref()).await?;
            }
            decisions::reversed(tx, id, effect.number, now).await?;
        }
        Ok(())
    }

    /// What stood before an effect, or before that, as far as its decision still holds.
    async fn still_standing(&self, tx: &mut Tx, effect: &Effect, now: Instant) -> Result<Option<InForce>, ReviewError> {
        let mut former = effect.former.clone();
        while let Some(standing) = former {
            let made_by = decisions::decision_in(tx, standing.decision).await?;
            let holds = made_by.is_some_and(|made_by| made_by.state.holds());
            if holds && standing.until.is_none_or(|end| now < end) {
                return Ok(Some(standing));
            }
            let effects = decisions::effects(tx, standing.decision).await?;
            let same = effects.into_iter().find(|other| other.kind == effect.kind && other.subject == effect.subject);
            former = same.and_then(|other| other.former);
        }
        Ok(None)
    }

    /// Ends a step: the case's history, the audit entry, the event, the commit.
    #[expect(clippy::too_many_arguments, reason = "the parts of one story, told at one place")]
    async fn finish(
        &self,
        mut tx: Tx,
        head: Head,
        case: &Case,
        decision: &Decision,
        word: &str,
        actor: &str,
        told: Tell,
        now: Instant,
    ) -> Result<(), ReviewError> {
        let particulars = json!({
            "decision": decision.id, "action": decision.action, "because": decision.undone_because,
        });
        self.tell(&mut tx, case.id, word, actor, &particulars, now).await?;
        let journal = self.journal(case, decision, actor, told, now);
        journal::append_after(&mut tx, head, now, journal.entries, journal.events).await?;
        Ok(tx.commit().await?)
    }

    fn journal(&self, case: &Case, decision: &Decision, actor: &str, told: Tell, now: Instant) -> Told {
        let body = told_body(case, decision);
        let (kind, outside) = match told {
            Tell::Inside(kind) => (kind, false),
            Tell::Outside(kind) => (kind, true),
        };
        let raw = serde_json::value::to_raw_value(&body).expect("checked JSON serialises");
        let subject = decision.id.to_string();
        let entry = Entry { kind, subject: subject.clone(), actor: actor.to_owned(), body: raw };
        let id = EventId::from_uuid(self.ids.next(now));
        let event = Event { id, kind, subject, body: body.to_string() };
        Told { entries: vec![entry], events: if outside { vec![event] } else { Vec::new() } }
    }

    /// Tells others of a decision that can no longer be taken back; answers the journal's new head.
    async fn settle_in(
        &self,
        tx: &mut Tx,
        head: Head,
        decision: &mut Decision,
        now: Instant,
    ) -> Result<Head, ReviewError> {
        step(decision, DecisionEvent::Settle)?;
        decisions::set_state(tx, decision).await?;
        if let Some(case) = self.case_of(tx, decision).await? {
            let mut told = self.journal(&case, decision, SYSTEM, Tell::Outside("decision.in_force"), now);
            self.sample(tx, &case, decision, now, &mut told).await?;
            journal::append_after(tx, head, now, told.entries, told.events).await?;
        }
        Ok(Head::take(tx).await?)
    }

    /// Opens a second look at a decision on a listing, if it is in the sample. The case says what
    /// the first one said and nothing of what was decided.
    async fn sample(
        &self,
        tx: &mut Tx,
        case: &Case,
        decision: &Decision,
        now: Instant,
        told: &mut Told,
    ) -> Result<(), StoreError> {
        let on_listing = matches!(case.kind, CaseKind::ListingReview | CaseKind::ImageLookAlike);
        if !on_listing || !self.desk.quality.takes(&decision.id.to_string()) {
            return Ok(());
        }
        let mut first_deciders = case.clone();
        first_deciders.exclude(&decision.actor);
        decision.seconded_by.iter().for_each(|actor| first_deciders.exclude(actor));
        let second = NewCase {
            kind: CaseKind::SecondReview,
            subject: decision.id.to_string(),
            title: case.title.clone(),
            facts: case.facts.clone(),
            listing: None,
            merchant: case.merchant.clone(),
            due: None,
            opened_by: SYSTEM.to_owned(),
            not_for: first_deciders.not_for,
        };
        let opened = service::open_cases(tx, self.desk, vec![second], now, self.ids.as_ref(), told).await?;
        for new in opened.iter().filter(|new| new.is_new) {
            store_quality::sampled(tx, new.id, decision, now).await?;
        }
        Ok(())
    }

    async fn case_of(&self, tx: &mut Tx, decision: &Decision) -> Result<Option<Case>, StoreError> {
        match decision.case {
            Some(id) => store::case_in(tx, id).await,
            None => Ok(None),
        }
    }

    /// Does what is due: tells of decisions that can no longer be taken back, ends those whose time
    /// is over, wakes cases, and follows their clocks. Any number of replicas may do it at once.
    pub async fn sweep(&self) -> Result<(), ReviewError> {
        let now = self.clock.now();
        for id in decisions::to_settle(&self.db, now, AT_ONCE).await? {
            self.settle(id, now).await?;
        }
        for id in decisions::to_end(&self.db, now, AT_ONCE).await? {
            self.end(id, now).await?;
        }
        self.rank_and_wake().await
    }

    async fn settle(&self, id: DecisionId, now: Instant) -> Result<(), ReviewError> {
        let mut tx = self.db.begin().await?;
        let head = Head::take(&mut tx).await?;
        let Some(mut decision) = decisions::decision_in(&mut tx, id).await? else { return Ok(()) };
        let is_due = decision.settles_at.is_some_and(|end| end <= now);
        if decision.state != DecisionState::Held || !is_due {
            return Ok(());
        }
        self.settle_in(&mut tx, head, &mut decision, now).await?;
        Ok(tx.commit().await?)
    }

    async fn end(&self, id: DecisionId, now: Instant) -> Result<(), ReviewError> {
        let mut tx = self.db.begin().await?;
        let head = Head::take(&mut tx).await?;
        let Some(mut decision) = decisions::decision_in(&mut tx, id).await? else { return Ok(()) };
        let is_due = decision.ends_at.is_some_and(|end| end <= now);
        if decision.state != DecisionState::InForce || !is_due {
            return Ok(());
        }
        step(&mut decision, DecisionEvent::End)?;
        undone(&mut decision, SYSTEM, "its time is over", now);
        decisions::set_state(&mut tx, &decision).await?;
        self.revert(&mut tx, id, now).await?;
        match self.case_of(&mut tx, &decision).await? {
            Some(case) => {
                let told = Tell::Outside("decision.ended");
                self.finish(tx, head, &case, &decision, DecisionEvent::End.as_str(), SYSTEM, told, now).await
            }
            None => Ok(tx.commit().await?),
        }
    }

    /// The decision with this id.
    pub async fn decision(&self, id: DecisionId) -> Result<Decision, ReviewError> {
        decisions::decision(&self.db, id).await?.ok_or(ReviewError::NoSuchDecision(id))
    }
}

fn step(decision: &mut Decision, event: DecisionEvent) -> Result<(), ReviewError> {
    decision.state = decision::next(decision.state, event).ok_or(ReviewError::DecisionNotNow(decision.state))?;
    Ok(())
}

fn undone(decision: &mut Decision, actor: &str, because: &str, now: Instant) {
    decision.undone_at = Some(now);
    decision.undone_by = Some(actor.to_owned());
    decision.undone_because = Some(because.to_owned());
}

/// What audit log and outbox are told; the note for colleagues stays inside.
fn told_body(case: &Case, decision: &Decision) -> serde_json::Value {
    json!({
        "decision": decision.id,
        "state": decision.state,
        "case": case.id,
        "kind": decision.kind,
        "subject": decision.subject,
        "listing": case.listing,
        "external_id": case.facts.external_id,
        "merchant": case.merchant,
        "action": decision.action,
        "markets": decision.markets,
        "until": decision.ends_at,
        "findings": decision.findings,
        "message": decision.message,
        "decided_by": decision.actor,
        "seconded_by": decision.seconded_by,
        "decided_at": decision.at,
        "because": decision.undone_because,
    })
}
