//! Takedown notices: filing, deciding, answering, appealing, and how far a notifier can be relied on.
//!
//! `core` holds the decisions (pure), `service` checks and files, `course` does what comes after,
//! each in one transaction with its audit entry, its events and, when a restriction begins, its
//! statement of reasons. A notice is followed listing by listing ([`core::machine`]).

pub mod api;
pub mod bulk;
mod cases;
pub mod core;
pub mod course;
pub mod error;
pub mod merchant_api;
pub mod model;
pub mod rights_api;
pub mod service;
pub mod store;
pub mod store_appeals;
mod views_api;
