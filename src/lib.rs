//! Assay: listings in, explained verdicts out.
//!
//! The map of the crate. The pure core (`kernel`, `matching`, `rules`, `clocks`, `shipments`, the
//! `screen` function of `screening`, every `model.rs`) knows no database, no web and no clock;
//! `tests/architecture.rs` holds that line.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod blobs;
pub mod cli;
pub mod clocks;
pub mod demo;
pub mod events;
pub mod gate;
pub mod http;
pub mod kernel;
pub mod keys;
pub mod listings;
pub mod matching;
pub mod merchants;
pub mod registry;
pub mod review;
pub mod rules;
pub mod screening;
pub mod shipments;
pub mod store;
pub mod system;
pub mod takedowns;
pub mod transparency;
