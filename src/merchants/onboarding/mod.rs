//! Knowing a merchant before its first offer, and going on knowing it.
//!
//! What has to be known follows from where the merchant sits, where it sells and how much: dated
//! demands in `rules/merchants/onboarding.toml`, each with its law. [`gaps`] names every missing part and
//! its cure; [`next`] is the state machine; [`due`] says which clock runs. All of it is pure.
//!
//! ```text
//! new ─▶ collecting ─▶ verifying ─▶ verified ──┐ data wrong, certification lapsed
//!            │             │  ▲                ▼
//!            │             └──┴──── remedy requested
//!            └─ deadline ─▶ suspended ◀─ deadline ┘      any ─▶ closed (kept for a time, then erased)
//! ```

mod clocks;
mod complete;
mod documents;
pub mod model;
mod policy;
mod read;
mod state;
#[cfg(test)]
mod tests;

pub use clocks::{Clocked, Due, DueKind, due, erase_traces_at};
pub use complete::{Gap, gaps, regimes, shown_parts};
pub use documents::{DocumentFault, MAX_DOCUMENT, MediaType, sniff};
pub use policy::{Clock, Demand, OnboardingPolicy, PolicyError, Regime, Threshold};
pub use read::{Fault, Identifier, check, check_traces, identifiers, link_record, names_to_screen, tidied};
pub use state::{Event, State, next};
