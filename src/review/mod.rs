//! Cases: everything that a person has to look at, from the report to the decision and back.
//!
//! A case is opened inside the transaction of whoever needs a person ([`service::open_case`]);
//! one thing has one open case, and a second report adds to it. A case lies in one queue, which
//! its data choose (`policies/queues.toml`), ordered by a priority that shows its parts
//! (`policies/priority.toml`). What may happen to it is one table, [`machine::next`]:
//!
//! ```text
//!               ┌──────────── wake, report ────────────┐
//!               ▼                                      │
//! open ─▶ waiting ── snooze ──────────────────────▶ snoozed
//!          │  ▲ ▲ └─ escalate ─▶ escalated ─ return ─▶ waiting
//!          │  │ │                    │
//!          │  │ └── refuse ── proposed ◀─ propose (from waiting and escalated)
//!          │  │                  │ confirm
//!          │  └── undo ── decided ◀─ decide (from waiting and escalated)
//!          └─ close (from every state but decided) ─▶ closed
//! ```
//!
//! A reviewer holds a case by a lease with an end; activity renews it, and a lease that ran out
//! can be taken over ([`reviewing`]). What may be decided stands in the policy tree
//! (`policies/policies.toml`, [`policy`]); what becomes of a decision in [`decision`].

pub mod api;
mod deciding;
pub mod decision;
pub mod desk;
pub mod listing_case;
pub mod machine;
pub mod model;
pub mod pages;
pub mod policy;
pub mod priority;
pub mod quality;
pub mod queues;
pub mod reviewing;
pub mod service;
pub mod store;
pub mod store_decisions;
pub mod store_quality;
pub mod store_queues;
pub mod view;

pub use reviewing::{ReviewError, ReviewService};
pub use service::{Opened, close_case, open_case};
