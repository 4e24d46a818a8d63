//! The append-only audit log: a hash chain and a Merkle tree over its entries.
//!
//! Every change that matters appends an entry in its own transaction
//! ([`journal::append`]); nothing edits or removes one. Entry *n* names the hash
//! of entry *n − 1*, and the head row keeps the Merkle tree's frontier, so the
//! root over all entries is known after each commit without reading them again.
//!
//! [`log`] states size and root in signed checkpoints, and proves to others that an
//! entry stands in the log and that the log only grew.

pub mod api;
pub mod chain;
pub mod checkpoint;
pub mod journal;
pub mod log;
pub mod log_api;
pub mod note;
pub mod proof;
mod store;
pub mod verify;
