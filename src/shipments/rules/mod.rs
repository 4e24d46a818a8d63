//! Rules of the gate: TOML packs in `rules/shipment/`, read, checked and tested before they judge.
//!
//! # The format
//!
//! ```toml
//! [pack]
//! id = "value"
//! name = "Values"
//!
//! [[rule]]
//! id = "value-advised-share"         # unique over all packs
//! version = "1.0.0"
//! law = "UCC art. 70"                # the law or list it rests on
//! from = 2016-05-01                  # first day it holds
//! until = 2030-01-01                 # optional: first day it no longer holds
//! state = "live"                     # live | shadow | retired
//! check = "value.share"              # what is looked at; see `checks`
//! with = { from = "0.70", to = "0.80" }    # the check's parameters
//! where = { destinations = ["EU"], kinds = ["b2c"] }   # optional: where it applies
//! outcome = "refuse"                 # release | hold | refuse
//! lane = "red"                       # green | amber | red
//! unknown = "hold"                   # skip | note | hold: when the facts do not decide
//! says = "declares {share} of the price paid"
//! cure = "Declare the price paid."
//!
//! [[rule.fail]]                      # a shipment that fails for this reason alone
//! item = { declared_value = "30.00" }
//! [[rule.pass]]                      # a shipment that this rule lets through
//! ```
//!
//! **Where**: `destinations`, `not_destinations` (`EU` stands for its customs territory), `kinds`,
//! `channels`, `ioss = true|false`, `import = true|false`, `within` and `over` a scheme's limit,
//! `document`: all of them must hold. Unknown worth counts as within.
//!
//! **Cases** start from a clean shipment, a `[[base]]` of any pack (`base = "eu-b2c"` is the
//! default), and change it: `set` top-level fields, `without` them, `item` fields of the first item
//! and `item_without`, `repeat` the first item so often, `standing` (merchant, listings), `history`, `on` (default: the first day from
//! 2026-11-22 on which the rule holds). `also` names other rules that may speak in a failing case.
//! Each failing case is judged on its day (only this rule may speak), on the day before `from` and
//! on `until` (this rule must be silent).
//!
//! # Why not the packs of listings
//!
//! Listing packs ask CEL conditions about hits in text. Shipments are checked in exact decimals and
//! dates over lists of items against tables of law: CEL has neither decimals nor days, and its
//! compiled form here is typed to listings. So a rule names a check and gives its parameters; the
//! reader of TOML, with its file, line and advice, is the same.

mod cases;
mod field;
mod load;
mod params;
mod scope;
mod template;

pub use cases::{CaseFailure, run_cases};
pub use field::Field;
pub use load::LoadRulesError;
pub use params::{Param, ParamKind, Params};
pub use scope::Scope;
pub use template::Template;

use std::sync::Arc;

use jiff::civil::Date;

use super::checks::CheckKind;
use super::facts::Facts;
use super::json::Json;
use super::model::{Lane, Outcome, Shipment};
use super::risk::RiskModel;
use crate::kernel::Digest;

/// Whether a rule has effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has.
    Live,
    /// It is evaluated and shown apart.
    Shadow,
    /// It is kept for the record.
    Retired,
}

/// What a rule does when its facts do not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenUnknown {
    /// Nothing.
    Skip,
    /// A reason that holds nothing up.
    Note,
    /// Hold.
    Hold,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The law or list it rests on.
    pub law: String,
    /// First day.
    pub from: Date,
    /// First day on which it no longer holds.
    pub until: Option<Date>,
    /// Whether it has effect.
    pub state: State,
    /// What it looks at.
    pub check: &'static CheckKind,
    /// With which parameters.
    pub with: Params,
    /// Where it applies.
    pub scope: Scope,
    /// What it does to the outcome.
    pub outcome: Outcome,
    /// What it does to the lane.
    pub lane: Lane,
    /// When the facts do not decide.
    pub unknown: WhenUnknown,
    /// What is wrong.
    pub says: Template,
    /// What would cure it.
    pub cure: Template,
    /// Its cases.
    pub(super) cases: Vec<Case>,
    /// Where it stands, for messages.
    pub(super) place: (String, u32),
}

impl Rule {
    /// Whether it holds on a day.
    pub fn holds_on(&self, on: Date) -> bool {
        self.from <= on && self.until.is_none_or(|until| on < until)
    }
}

/// A shipment that a rule must fail or pass.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub fails: bool,
    pub base: String,
    pub set: Vec<(String, Json)>,
    pub without: Vec<String>,
    pub item: Vec<(String, Json)>,
    pub item_without: Vec<String>,
    pub standing: Option<Json>,
    pub history: Option<Json>,
    pub on: Option<Date>,
    pub also: Vec<String>,
    /// How often the first item stands there.
    pub repeat: usize,
    pub line: u32,
}

/// All rules with the facts they judge by.
#[derive(Debug, Clone)]
pub struct GateRules {
    pub(super) rules: Vec<Rule>,
    pub(super) bases: Vec<(String, Json)>,
    pub(super) facts: Arc<Facts>,
    pub(super) risk: RiskModel,
    version: String,
}

impl GateRules {
    /// All rules, in the order of packs and rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The facts.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The day whose law applies to a shipment that is judged on `today`: its own date, unless that
    /// lies outside the window of a rule about dates, which then speaks of it.
    pub fn day_of(&self, shipment: &Shipment, today: Date) -> Date {
        let Some(date) = shipment.date else { return today };
        let away = today.until(date).map_or(i64::MAX, |span| i64::from(span.get_days()));
        let windows = self.rules.iter().filter(|rule| rule.check.name == "date.window" && rule.holds_on(today));
        let is_inside = windows.into_iter().all(|rule| {
            let days = |name: &str| rule.with.whole(name).unwrap_or(0);
            (-days("past_days")..=days("future_days")).contains(&away)
        });
        if is_inside { date } else { today }
    }

    /// Which rules and facts these are: a digest over all sources.
    pub fn version(&self) -> &str {
        &self.version
    }

    fn name_version(sources: &[(String, String)], facts: &Facts) -> String {
        let mut parts: Vec<u8> = facts.digest().0.to_vec();
        for (path, text) in sources {
            parts.extend(Digest::of(path.as_bytes()).0);
            parts.extend(Digest::of(text.as_bytes()).0);
        }
        format!("g-{}", Digest::of(&parts).short())
    }
}
