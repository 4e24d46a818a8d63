//! Offences, ladders and tiers as data: read, checked, asked.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::model::{Effect, Ledger, Severity, Tier};

/// A breach that has points.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Offence {
    /// Its name.
    pub id: String,
    /// The ledger it stands in.
    pub ledger: Ledger,
    /// How grave.
    pub severity: Severity,
    /// Its points.
    pub points: u32,
    /// Days it counts.
    pub lives_days: u32,
    /// What happened, for people.
    pub says: String,
    /// Where the figures were had.
    pub source: String,
}

/// A step of a ladder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LadderStep)]
pub struct Step {
    /// Points from which it is reached.
    pub at: u32,
    /// The tier it gives.
    pub tier: Tier,
    /// The measures it brings.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// Most listings.
    #[serde(default)]
    pub listing_limit: Option<u32>,
    /// Days it holds from the entry that reached it.
    #[serde(default)]
    pub for_days: Option<u32>,
    /// Whether it holds for good.
    #[serde(default)]
    pub permanent: bool,
    /// Where it was had.
    pub source: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Count {
    pub(super) most_a_day: u32,
    pub(super) serious_once_in_days: u32,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tiers {
    pub(super) new_days: u32,
    pub(super) new_listing_limit: u32,
    pub(super) trusted_days: u32,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    version: String,
    count: Count,
    offence: Vec<Offence>,
    ladder: BTreeMap<Ledger, Vec<Step>>,
    tiers: Tiers,
}

/// How breaches add up.
#[derive(Debug)]
pub struct StandingPolicy {
    /// Date of the file.
    pub version: String,
    pub(super) count: Count,
    pub(super) tiers: Tiers,
    offences: BTreeMap<String, Offence>,
    ladders: BTreeMap<Ledger, Vec<Step>>,
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StandingPolicyError {
    /// Not TOML of the expected form.
    #[error("the standing policy cannot be read; compare it with the shipped file")]
    Read(#[from] toml::de::Error),
    /// A ladder does not climb.
    #[error(
        "the steps of the ladder {0} do not climb, or one gives a tier better than restricted; write them from the lowest to the highest"
    )]
    Steps(&'static str),
    /// A ledger has no ladder.
    #[error("the ledger {0} has no ladder; write [[ladder.{0}]]")]
    NoLadder(&'static str),
    /// Two offences have one name, or one has no points or lives no day.
    #[error("the offence {0} is named twice, has no points or lives no day")]
    Offence(String),
    /// A step is both for good and for some days.
    #[error("the step at {at} of the ladder {ladder} is permanent and has for_days; choose one")]
    Contradiction {
        /// The ladder.
        ladder: &'static str,
        /// The step.
        at: u32,
    },
}

impl StandingPolicy {
    /// Reads and checks a policy.
    ///
    /// # Errors
    /// When it is not TOML of this form, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, StandingPolicyError> {
        let file: PolicyFile = toml::from_str(text)?;
        for ledger in Ledger::ALL {
            let steps = file.ladder.get(&ledger).filter(|steps| !steps.is_empty());
            let steps = steps.ok_or(StandingPolicyError::NoLadder(ledger.as_str()))?;
            let climbs = steps.windows(2).all(|pair| pair[0].at < pair[1].at) && steps[0].at > 0;
            if !climbs || steps.iter().any(|step| step.tier < Tier::Restricted) {
                return Err(StandingPolicyError::Steps(ledger.as_str()));
            }
            if let Some(step) = steps.iter().find(|step| step.permanent && step.for_days.is_some()) {
                return Err(StandingPolicyError::Contradiction { ladder: ledger.as_str(), at: step.at });
            }
        }
        let mut offences = BTreeMap::new();
        for offence in file.offence {
            let empty = offence.points == 0 || offence.lives_days == 0;
            let id = offence.id.clone();
            if empty || offences.insert(id.clone(), offence).is_some() {
                return Err(StandingPolicyError::Offence(id));
            }
        }
        Ok(Self { version: file.version, count: file.count, tiers: file.tiers, offences, ladders: file.ladder })
    }

    /// The shipped policy.
    pub fn shipped() -> Arc<Self> {
        static SHIPPED: LazyLock<Arc<StandingPolicy>> = LazyLock::new(|| {
            let text = include_str!("../../../rules/merchants/standing.toml");
            Arc::new(StandingPolicy::parse(text).expect("the shipped policy is tested"))
        });
        Arc::clone(&SHIPPED)
    }

    /// The offence of this name.
    pub fn offence(&self, id: &str) -> Option<&Offence> {
        self.offences.get(id)
    }

    /// Every offence, by name.
    pub fn offences(&self) -> impl Iterator<Item = &Offence> {
        self.offences.values()
    }

    /// The steps of a ledger, lowest first.
    pub fn ladder(&self, ledger: Ledger) -> &[Step] {
        self.ladders.get(&ledger).map_or(&[], Vec::as_slice)
    }
}
