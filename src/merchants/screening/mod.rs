//! Screening merchants against lists, both ways round.
//!
//! A merchant that registers or changes is held against the lists' entries; a list that changes is held,
//! entry by changed entry, against the index of all merchants. A possible match waits for a person and
//! never closes an account; what a person cleared stays cleared until the merchant's data or the entry
//! says something else.
//!
//! ```text
//! file ─▶ lists::read ─▶ guards ─▶ versions of entities ─▶ job: changed entries × merchants ─▶ hits ─▶ case
//! application ─▶ names ─▶ list index ─────────────────────────────────────────────────────────────┘
//! ```

pub mod api;
pub mod hits;
pub mod index;
pub mod service;
pub mod store;
