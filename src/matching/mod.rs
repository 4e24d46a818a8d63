//! Matchers: what a listing shows and says, compared with what the registry holds.
//!
//! Matchers only produce evidence; rule packs decide. Everything here is pure:
//! no database, no network, no clock, no randomness.

pub mod embedding;
pub mod evaluate;
pub mod image;
pub mod names;
pub mod reading;
pub mod text;
