//! Ledgers of merchants: entries, appeals, and what follows from both.

use serde_json::json;

use super::model::Dossier;
use super::service::{Change, DossierError, DossierService, Extra, busy};
use super::store::{self, AppealStep};
use crate::kernel::id::StandingEntryId;
use crate::merchants::standing::{Appeal, Histogram, Ledger, LedgerEntry, histogram, live_points};

const DAY: i64 = 86_400;

/// A breach to be recorded.
#[derive(Debug, Clone)]
pub struct NewBreach {
    /// Which offence of the policy.
    pub offence: String,
    /// Where it comes from: a verdict, a case, a shipment.
    pub source: String,
    /// What happened, for people; absent = what the policy says.
    pub says: Option<String>,
}

impl DossierService {
    /// Adds an entry to the ledger of a merchant; a dossier is begun where there is none.
    pub async fn record_breach(
        &self,
        merchant: &str,
        breach: &NewBreach,
        actor: &str,
    ) -> Result<(LedgerEntry, Dossier), DossierError> {
        let offence = self.standing.offence(&breach.offence).ok_or_else(|| DossierError::UnknownPart {
            what: "offence",
            id: breach.offence.chars().take(60).collect(),
        })?;
        for _ in 0..5 {
            let now = self.clock.now();
            let before = self.get_or_begin(merchant, now).await?;
            // The same breach told twice counts once.
            let known = store::entries(&self.db, merchant).await?;
            if let Some(same) = known.into_iter().find(|own| own.offence == offence.id && own.source == breach.source) {
                return Ok((same, before));
            }
            let entry = LedgerEntry {
                id: StandingEntryId::from_uuid(self.ids.next(now)).to_string(),
                ledger: offence.ledger,
                offence: offence.id.clone(),
                severity: offence.severity,
                points: offence.points,
                source: breach.source.clone(),
                says: breach.says.clone().unwrap_or_else(|| offence.says.clone()),
                at: now,
                expires_at: now.plus_seconds(i64::from(offence.lives_days) * DAY),
                appeal: Appeal::None,
            };
            let mut change = Change::of(before, actor);
            let told = json!({"entry": entry.id, "ledger": entry.ledger, "offence": entry.offence,
                "points": entry.points, "source": entry.source, "expires_at": entry.expires_at,
                "policy": self.standing.version});
            change.told.push(("merchant.breach_recorded", told));
            change.extras.push(Extra::Entry(entry.clone()));
            if let Some(dossier) = self.commit(change, now).await? {
                return Ok((entry, dossier));
            }
        }
        Err(busy())
    }

    /// Takes the next step of the appeal against an entry: opened, then granted or refused.
    pub async fn appeal(
        &self,
        entry: StandingEntryId,
        state: Appeal,
        reason: &str,
        actor: &str,
    ) -> Result<Dossier, DossierError> {
        let unknown = || DossierError::UnknownPart { what: "standing entry", id: entry.to_string() };
        let merchant = store::merchant_of_entry(&self.db, entry).await?.ok_or_else(unknown)?;
        for _ in 0..5 {
            let now = self.clock.now();
            let before = self.get(&merchant).await?;
            let steps = store::appeal(&self.db, &entry.to_string()).await?;
            let present = steps.last().map_or(Appeal::None, |step| step.state);
            if present.then(state).is_none() {
                let detail = format!("the appeal is {}; it cannot become {}", present.as_str(), state.as_str());
                return Err(DossierError::Conflict(detail));
            }
            let step = AppealStep { state, reason: reason.to_owned(), actor: actor.to_owned(), at: now };
            let mut change = Change::of(before, actor);
            change.told.push(("merchant.appeal", json!({"entry": entry, "state": state})));
            let number = steps.len() as i64 + 1;
            change.extras.push(Extra::Appeal { entry: entry.to_string(), number, step });
            if let Some(dossier) = self.commit(change, now).await? {
                return Ok(dossier);
            }
        }
        Err(busy())
    }

    /// Derives a standing again because time has passed, or another shop of the owner changed.
    pub(super) async fn standing_moved(&self, merchant: &str, actor: &str) -> Result<bool, DossierError> {
        let now = self.clock.now();
        let Some(before) = store::get(&self.db, merchant).await? else { return Ok(false) };
        Ok(self.commit(Change::of(before, actor), now).await?.is_some())
    }

    /// What moving a step of a ladder would do now.
    pub async fn histogram(&self, ledger: Ledger, present: u32, proposed: u32) -> Result<Histogram, DossierError> {
        let now = self.clock.now();
        let by_merchant = store::live_entries(&self.db, ledger, now).await?;
        let points: Vec<u32> = by_merchant
            .values()
            .map(|entries| live_points(&self.standing, entries, ledger, now))
            .filter(|points| *points > 0)
            .collect();
        let all = store::merchants(&self.db).await? as u64;
        Ok(histogram(&points, all, present, proposed))
    }
}
