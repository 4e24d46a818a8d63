//! The gate as a service: shipments in, durable outcomes and certificates of release out.
//!
//! ```text
//! body ─▶ Shipment ─▶ queue ─▶ one transaction for many:
//!            │          take the journal's head ─▶ read merchants, listings, cases, sums
//!            │          ─▶ judge and sign (all cores) ─▶ versions, outcomes, sums, audit, events ─▶ commit
//!            └─ database away ─▶ spool in the data directory, answer hold ─▶ judged when it is back
//! ```
//!
//! The decision itself is [`crate::shipments`], pure. What it rests on is read under the journal's
//! head, which every change of a listing takes too: nothing that was stopped before is released
//! after, and what is stopped after finds every release before it.

pub mod api;
mod judge;
pub mod keys;
pub mod model;
pub mod recorder;
pub mod service;
mod spool;
mod standing;
pub mod store;
