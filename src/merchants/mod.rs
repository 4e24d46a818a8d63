//! Merchants: what the platform has told of them, and what screening may know.

pub mod api;
pub mod model;
pub mod store;
