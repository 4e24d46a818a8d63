//! The registry: brands, marks, reference images and authorised sellers.
//!
//! A brand with everything under it is the unit that is versioned: each change
//! writes the brand's whole new state beside the old ones and moves the revision
//! counter, in one transaction. Screening reads [`crate::screening::Snapshot`]s that
//! [`keeper::SnapshotKeeper`] builds from these rows; any former state can be built
//! again, which is what replays need.

pub mod api;
pub mod files;
pub mod flood;
pub mod import;
pub mod jsonl;
pub mod keeper;
pub mod model;
pub mod packs;
pub mod packs_api;
pub mod service;
pub mod shipped;
pub mod store;
