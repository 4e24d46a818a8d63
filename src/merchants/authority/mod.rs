//! Who may sell a brand's goods: brand owners confirm and revoke, merchants show letters that the owner is
//! asked about.
//!
//! ```text
//! asked ─▶ confirmed ─▶ revoked
//!   └────▶ refused
//! ```
//!
//! A confirmed authorisation stands in the brand's own entry of the registry, so screening and the gate know
//! it at once; both are written in one transaction.

pub mod api;
pub mod model;
pub mod service;
pub mod store;
