//! Pictures: decoded under limits, hashed, and compared with the registry's references.
//!
//! ```text
//! bytes ── decode ──▶ luminance ── pdq, regions ──▶ Signature ── ImageIndex::search ──▶ hits
//! ```
//!
//! The room is pure. A [`Signature`] is computed once, when a picture arrives, and stored;
//! search needs the signature alone.

mod batch;
mod decode;
mod flood;
mod hash;
mod index;
mod luma;
mod mih;
mod model;
mod pdq;
pub mod policy;
mod regions;
mod sign;

pub use batch::{BatchMatch, BatchReferences};
pub use decode::{Decoded, decode};
pub use flood::{FloodCounts, FloodLimits, FloodVerdict, FloodWindow, judge};
pub use hash::{HASH_BITS, Hash256, ParseHashError};
pub use index::{ImageFindings, ImageIndex, MAX_HITS, Suppressed};
pub use luma::{Luma, Plane};
pub use model::{Cut, DecodeLimits, Forms, How, ImageHit, ImageProblem, PartRect, ReferenceEntry, Region, Signature};
pub use pdq::{Pdq, hash_luma, hash_plane, orientations};
pub use sign::{Purpose, read, read_reference, sign};
