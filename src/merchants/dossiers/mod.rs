//! Merchants' dossiers: what they told of themselves, what was checked, and what followed.
//!
//! A dossier begins with the first application, document or trace of a merchant. Each change is one
//! transaction: the dossier, its links, what screening may know of the merchant, audit entries without
//! personal data, events and cases. What is derived (gaps, answers of checks, links, standing, clocks) is
//! computed from the whole dossier each time ([`service`]), so that nothing can drift.
//!
//! ```text
//! application, documents, traces ─▶ check ─▶ gaps, identifiers, links, list hits ─▶ state ─▶ facts for screening
//! ```

pub mod api;
pub mod documents_api;
pub mod indexes;
pub mod key;
pub mod model;
pub mod service;
pub mod standing;
pub mod standing_api;
pub mod store;
pub mod view;
