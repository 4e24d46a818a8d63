//! Brings values to the form in which two ways of writing one value are equal.
//!
//! Every function bounds what it reads, takes any text and never fails: what has no usable
//! form gives nothing.

pub mod account;
pub mod address;
pub mod company;
pub mod email;
pub mod person;
pub mod phone;
pub mod store;
pub mod text;
mod words;
