//! Merchants: what the platform has told of them, and what screening may know.

pub mod api;
pub mod identifiers;
pub mod links;
pub mod lists;
pub mod model;
pub mod store;
