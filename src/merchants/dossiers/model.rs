//! What a dossier holds. Pure data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::Instant;
use crate::merchants::links::Features;
use crate::merchants::model::MerchantFacts;
use crate::merchants::onboarding::model::{Application, DocumentKind};
use crate::merchants::onboarding::{DueKind, Gap, State};
use crate::merchants::standing::{Effect, Standing};

/// One identifier and what can be said of it without asking anyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IdentifierCheck {
    /// JSON pointer to the member of the application.
    pub pointer: String,
    /// Its kind.
    pub kind: String,
    /// valid, well_formed, invalid or unsupported.
    pub result: String,
}

/// Why a merchant's offers wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = MerchantStop)]
pub struct Stop {
    /// The merchant that was shut out and that this one resembles.
    pub like: String,
    /// How strongly, 0 to 1.
    pub score: f64,
    /// Since when.
    #[schema(value_type = String)]
    pub since: Instant,
    /// When a person let the merchant go on, and who; absent = it still waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Lifted>,
}

/// A person's word that a stop was for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MerchantStopLifted)]
pub struct Lifted {
    /// Who.
    pub by: String,
    /// When.
    #[schema(value_type = String)]
    pub at: Instant,
    /// Why.
    pub reason: String,
}

/// How a merchant stands with the lists it is screened against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sanctions {
    /// No open hit.
    #[default]
    Clear,
    /// A person has to look.
    UnderReview,
    /// A person confirmed a hit.
    Confirmed,
}

impl Sanctions {
    /// The word in rules and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::UnderReview => "under_review",
            Self::Confirmed => "confirmed",
        }
    }
}

/// What made a suspension, which decides what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuspendedBy {
    /// The time to send or mend data was over: complete data end it.
    Deadline,
    /// A person: a person ends it.
    Person,
}

/// The part of a dossier that is kept as one document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// Since when the state holds.
    pub since: Option<Instant>,
    /// Parts that are missing.
    pub gaps: Vec<Gap>,
    /// Answers about identifiers.
    pub checks: Vec<IdentifierCheck>,
    /// Why offers wait.
    pub stop: Option<Stop>,
    /// Lists.
    pub sanctions: Sanctions,
    /// What made the suspension.
    pub suspended_by: Option<SuspendedBy>,
    /// Why it was shut out: its return is stopped. Absent = it was not.
    pub barred: Option<String>,
    /// When its identity was first verified.
    pub verified_at: Option<Instant>,
    /// When it last certified its data.
    pub certified_at: Option<Instant>,
    /// When the contract ended.
    pub closed_at: Option<Instant>,
    /// When its data were erased.
    pub erased_at: Option<Instant>,
    /// What happens when the running clock ends.
    pub due: Option<DueKind>,
    /// Whether the end of the running clock was told already.
    pub overdue: bool,
}

/// A merchant's dossier.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The platform's id of the merchant.
    pub merchant: String,
    /// Counts its changes; 0 = not stored yet.
    pub version: i64,
    /// Where its admission stands.
    pub state: State,
    /// The application; absent before the first and after erasure.
    pub application: Option<Application>,
    /// The rest.
    pub body: Body,
    /// What merchants are linked by.
    pub features: Features,
    /// How it stands.
    pub standing: Standing,
    /// When the running clock ends.
    pub due_at: Option<Instant>,
    /// When it was begun.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

impl Dossier {
    /// An empty dossier.
    pub fn begun(merchant: &str, standing: Standing, now: Instant) -> Self {
        Self {
            merchant: merchant.to_owned(),
            version: 0,
            state: State::New,
            application: None,
            body: Body { since: Some(now), ..Body::default() },
            features: Features::default(),
            standing,
            due_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The name in lists: the shop's, or the registered one.
    pub fn name(&self) -> &str {
        let Some(application) = &self.application else { return "" };
        application.store_name.as_deref().or(application.legal_name.as_deref()).unwrap_or("")
    }

    /// Since when the state holds.
    pub fn since(&self) -> Instant {
        self.body.since.unwrap_or(self.created_at)
    }

    /// The stop, where it still holds.
    pub fn stopped(&self) -> Option<&Stop> {
        self.body.stop.as_ref().filter(|stop| stop.lifted.is_none())
    }

    /// Whether a measure asks that every listing be looked at.
    fn reviews_all(&self) -> bool {
        self.standing.effects.iter().any(|own| own.effect == Effect::ReviewAllListings)
    }

    /// Whether its offers may be live: verified, and nothing since has taken that back.
    pub fn may_trade(&self) -> bool {
        self.body.verified_at.is_some() && !matches!(self.state, State::Suspended | State::Closed)
    }

    /// What screening and the gate may know of the merchant.
    pub fn facts(&self) -> MerchantFacts {
        // A dossier that only holds ledger entries says nothing about admission.
        let applied = self.state != State::New;
        MerchantFacts {
            id: None,
            name: applied.then(|| self.name().to_owned()).filter(|name| !name.is_empty()),
            tier: (applied || !self.standing.because.is_empty()).then(|| self.standing.tier.as_str().to_owned()),
            verified: applied.then_some(self.may_trade()),
            country: self.application.as_ref().and_then(|own| own.country).map(|country| country.to_string()),
            state: applied.then(|| self.state.as_str().to_owned()),
            held: self.stopped().is_some().then_some(true),
            review_all: self.reviews_all().then_some(true),
            sanctions: applied.then(|| self.body.sanctions.as_str().to_owned()),
        }
    }
}

/// A document as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MerchantDocument)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// What it shows.
    pub kind: DocumentKind,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Read off its bytes.
    pub media_type: String,
    /// Its size.
    pub bytes: i64,
    /// The name it was sent under.
    pub name: String,
    /// Who sent it.
    pub uploaded_by: String,
    /// When.
    #[schema(value_type = String)]
    pub uploaded_at: Instant,
}
