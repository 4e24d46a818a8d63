//! The last door before customs: may this be declared, and if not, what would cure it.
//!
//! ```text
//! JSON ─▶ Shipment ─┐
//! Standing ─────────┼─▶ View ─▶ rules (checks with parameters, by the law of the day) ─▶ reasons
//! dated facts ──────┘              │                                                      │
//!                                  ├─▶ charges (VAT, duty, basis)                         ▼
//!                                  └─▶ risk ─────────────────────────────▶ outcome, lane, answer
//!                                                                                         │
//!                                                               certificate on release ◀──┘
//! ```
//!
//! Outcomes: `refuse` cannot be declared as it is (the sender changes it and sends it again), `hold`
//! waits for a paper, an answer or a person, `release` may be declared; a reason with the outcome
//! `release` is a hint. The lane is the strongest of the reasons' lanes and the lane of the risk.
//!
//! Pure: no database, clock or network; all tables are built in and can be replaced.

mod batch;
pub mod certificate;
mod charges;
mod checks;
mod description;
mod facts;
mod gate;
mod hs;
mod json;
mod ledger;
mod model;
mod read;
mod risk;
mod rules;
mod standing;
pub mod study;
mod view;

pub use batch::Batch;
pub use facts::{FactError, FactSources, Facts};
pub use gate::Gate;
pub use hs::{CodeState, Nomenclature, Suggestion, Superseded};
pub use json::{Json, JsonError};
pub use ledger::Ledger;
pub use model::*;
pub use read::{MAX_ITEMS, ReadShipmentError};
pub use risk::RiskModel;
pub use rules::{CaseFailure, GateRules, LoadRulesError, Rule, State, run_cases};
pub use standing::*;

#[cfg(test)]
mod tests;
