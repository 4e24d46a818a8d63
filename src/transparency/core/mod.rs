//! Statements of reasons: what they hold, whether the database would take them, which of their
//! flags follow from what happened, and the figures of a year.
//!
//! Pure: facts and moments are the caller's.

pub mod flags;
pub mod schema;
pub mod statement;
