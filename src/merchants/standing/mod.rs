//! How a merchant stands: separate ledgers of breaches, and what follows from them.
//!
//! Entries are only ever added; an appeal adds to an entry and never takes it away. Points, score,
//! tier and measures are derived from the entries, the data of `rules/merchants/standing.toml` and the
//! moment ([`derive`]); nobody sets them by hand. [`histogram`] shows what moving a step would do.

mod derive;
mod histogram;
pub mod model;
mod policy;
#[cfg(test)]
mod tests;

pub use derive::{Background, derive, live_points};
pub use histogram::{Bar, Histogram, histogram};
pub use model::{
    Appeal, Effect, EffectInForce, EntryCount, Ledger, LedgerEntry, LedgerStanding, Severity, Standing, Tier,
};
pub use policy::{Offence, StandingPolicy, StandingPolicyError, Step};
