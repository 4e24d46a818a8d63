//! Statements of reasons (DSA art. 17): made with the restriction, kept as data, sent to the
//! transparency database (art. 24(5)).

pub mod api;
pub mod core;
pub mod export;
pub mod store;
