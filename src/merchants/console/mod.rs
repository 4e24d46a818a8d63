//! Merchants at the console: the vetting queue, one merchant, possible matches, import from a file.

pub mod csv;
pub mod pages;
pub mod view;
