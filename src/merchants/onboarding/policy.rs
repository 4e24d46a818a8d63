//! Demands, thresholds and clocks as data: read, checked, asked.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::model::{Application, Part, TraderKind};
use crate::kernel::Market;

/// The body of law that asks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Digital Services Act, art. 30.
    Dsa,
    /// INFORM Consumers Act.
    Inform,
    /// General Product Safety Regulation.
    Gpsr,
    /// Market Surveillance Regulation.
    Msr,
    /// Extended producer responsibility.
    Epr,
    /// The marketplace's own terms.
    House,
}

/// Sales from which a demand holds.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Its name.
    pub id: String,
    /// Orders in twelve months.
    pub orders: u64,
    /// Gross revenue in twelve months.
    pub gross: Decimal,
    /// Currency of the revenue.
    pub currency: String,
    /// The law.
    pub law: String,
    /// Where the figures were had.
    pub source: String,
    /// confirmed or memory.
    pub confidence: String,
}

impl Threshold {
    /// Whether the merchant's sales reach this. Revenue in another currency is not converted: it counts as
    /// reached, because asking too early harms less than asking too late. Unknown sales do not reach it.
    pub fn is_reached(&self, application: &Application) -> bool {
        let Some(sales) = &application.sales else { return false };
        let enough = sales.currency != self.currency || sales.gross >= self.gross;
        sales.orders >= self.orders && enough
    }
}

/// What is asked of whom, since when.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// Its name.
    pub id: String,
    /// The body of law.
    pub regime: Regime,
    /// The place in the law.
    pub law: String,
    /// First day it holds.
    pub from: Date,
    /// First day it no longer holds.
    pub until: Option<Date>,
    /// Holds when the merchant sells to one of these.
    #[serde(default)]
    pub sells_to: Vec<Market>,
    /// Holds when the merchant sits in one of these.
    #[serde(default)]
    pub seat: Vec<Market>,
    /// Holds when the merchant sits elsewhere.
    pub seat_outside: Option<Market>,
    /// Holds for this kind of trader.
    pub kind: Option<TraderKind>,
    /// Holds when the goods include one of these groups.
    #[serde(default)]
    pub goods: Vec<String>,
    /// Holds when this threshold is reached.
    pub threshold: Option<String>,
    /// What is asked for.
    pub parts: Vec<Part>,
    /// Country of an EPR number.
    pub epr_country: Option<Market>,
    /// Whether buyers are shown these parts.
    #[serde(default)]
    pub shown: bool,
    /// Where the rule was had.
    pub source: String,
    /// confirmed or memory.
    pub confidence: String,
}

/// A length of time that law or house rule gives.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Calendar days.
    #[serde(default)]
    pub days: u32,
    /// Calendar months.
    #[serde(default)]
    pub months: u32,
    /// For whom it runs.
    pub regimes: Vec<Regime>,
    /// The law.
    pub law: String,
    /// Where the length was had.
    pub source: String,
    /// confirmed or memory.
    pub confidence: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Clocks {
    collect: Clock,
    verify: Clock,
    remedy: Clock,
    recertify: Clock,
    retain: Clock,
    retain_banned_traces: Clock,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Screening {
    list_hit: f32,
    banned_return: f64,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    version: String,
    threshold: Vec<Threshold>,
    demand: Vec<Demand>,
    part: BTreeMap<Part, String>,
    clock: Clocks,
    screening: Screening,
}

/// Everything that onboarding looks up.
#[derive(Debug)]
pub struct OnboardingPolicy {
    /// Date of the file, kept with what is decided by it.
    pub version: String,
    /// What is asked of whom.
    pub demands: Vec<Demand>,
    /// Score from which a name on a list opens a case.
    pub list_hit: f32,
    /// Score of a link with a merchant that was shut out from which a registration is stopped.
    pub banned_return: f64,
    thresholds: BTreeMap<String, Threshold>,
    cures: BTreeMap<Part, String>,
    clocks: Clocks,
}

/// A policy file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not TOML of the expected form.
    #[error("the onboarding policy cannot be read; compare it with the shipped file")]
    Read(#[from] toml::de::Error),
    /// A part is asked for without a cure.
    #[error("the onboarding policy asks for {0:?} and has no [part] line that says how to give it")]
    NoCure(Part),
    /// A demand names a threshold that is not there.
    #[error("demand {demand} names the threshold {threshold}, which is not in the onboarding policy")]
    NoThreshold {
        /// The demand.
        demand: String,
        /// The threshold.
        threshold: String,
    },
    /// A demand for a producer number does not say where.
    #[error("demand {0} asks for a producer register number and names no epr_country")]
    NoCountry(String),
    /// A score is no share.
    #[error("list_hit and banned_return lie between 0 and 1")]
    Score,
    /// Two demands or thresholds have one name.
    #[error("the onboarding policy names {0} twice")]
    Twice(String),
}

impl OnboardingPolicy {
    /// Reads and checks a policy.
    ///
    /// # Errors
    /// When it is not TOML of this form, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: PolicyFile = toml::from_str(text)?;
        let mut thresholds = BTreeMap::new();
        for threshold in file.threshold {
            if let Some(double) = thresholds.insert(threshold.id.clone(), threshold) {
                return Err(PolicyError::Twice(double.id));
            }
        }
        let mut names = std::collections::BTreeSet::new();
        for demand in &file.demand {
            if !names.insert(&demand.id) {
                return Err(PolicyError::Twice(demand.id.clone()));
            }
            if let Some(threshold) = demand.threshold.as_ref().filter(|name| !thresholds.contains_key(*name)) {
                let (demand, threshold) = (demand.id.clone(), threshold.clone());
                return Err(PolicyError::NoThreshold { demand, threshold });
            }
            if demand.parts.iter().any(|part| part.epr_stream().is_some()) && demand.epr_country.is_none() {
                return Err(PolicyError::NoCountry(demand.id.clone()));
            }
            if let Some(part) = demand.parts.iter().find(|part| !file.part.contains_key(part)) {
                return Err(PolicyError::NoCure(*part));
            }
        }
        let Screening { list_hit, banned_return } = file.screening;
        if !(0.0..=1.0).contains(&list_hit) || !(0.0..=1.0).contains(&banned_return) {
            return Err(PolicyError::Score);
        }
        Ok(Self {
            version: file.version,
            demands: file.demand,
            list_hit,
            banned_return,
            thresholds,
            cures: file.part,
            clocks: file.clock,
        })
    }

    /// The shipped policy.
    pub fn shipped() -> Arc<Self> {
        static SHIPPED: LazyLock<Arc<OnboardingPolicy>> = LazyLock::new(|| {
            let text = include_str!("../../../rules/merchants/onboarding.toml");
            Arc::new(OnboardingPolicy::parse(text).expect("the shipped policy is tested"))
        });
        Arc::clone(&SHIPPED)
    }

    /// The demands that hold for this merchant on this day.
    pub fn demands_on(&self, application: &Application, on: Date) -> Vec<&Demand> {
        self.demands.iter().filter(|demand| self.holds(demand, application, on)).collect()
    }

    fn holds(&self, demand: &Demand, application: &Application, on: Date) -> bool {
        let covered =
            |markets: &[Market], market: Market| markets.iter().any(|own| own.covers(market) || *own == market);
        let in_time = demand.from <= on && demand.until.is_none_or(|until| on < until);
        // A merchant that says "EU" sells to every member.
        let meets = |own: &Market, sold: &Market| own.covers(*sold) || sold.covers(*own);
        let sells = demand.sells_to.is_empty()
            || application.sells_to.iter().any(|sold| demand.sells_to.iter().any(|own| meets(own, sold)));
        let sits = demand.seat.is_empty() || application.country.is_some_and(|seat| covered(&demand.seat, seat));
        let outside =
            demand.seat_outside.is_none_or(|inner| application.country.is_some_and(|seat| !inner.covers(seat)));
        let kind = demand.kind.is_none_or(|kind| kind == application.kind);
        let goods = demand.goods.is_empty() || demand.goods.iter().any(|group| application.goods.contains(group));
        let reached = demand
            .threshold
            .as_ref()
            .is_none_or(|name| self.thresholds.get(name).is_some_and(|threshold| threshold.is_reached(application)));
        in_time && sells && sits && outside && kind && goods && reached
    }

    /// How to give a part.
    pub fn cure(&self, part: Part) -> &str {
        self.cures.get(&part).map_or("", String::as_str)
    }

    /// The time to collect.
    pub fn collect(&self) -> &Clock {
        &self.clocks.collect
    }

    /// The time to verify.
    pub fn verify(&self) -> &Clock {
        &self.clocks.verify
    }

    /// The time to mend.
    pub fn remedy(&self) -> &Clock {
        &self.clocks.remedy
    }

    /// How long a certification holds.
    pub fn recertify(&self) -> &Clock {
        &self.clocks.recertify
    }

    /// How long data are kept after the contract.
    pub fn retain(&self) -> &Clock {
        &self.clocks.retain
    }

    /// How long keyed hashes of a merchant that was shut out are kept after the contract.
    pub fn retain_banned_traces(&self) -> &Clock {
        &self.clocks.retain_banned_traces
    }
}
