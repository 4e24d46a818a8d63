//! Pictures: decoded under limits, hashed, and compared with the registry's references.
//!
//! ```text
//! bytes ── decode ──▶ luminance ── pdq, regions ──▶ Signature ── ImageIndex, ShapeIndex ──▶ first answer
//!                     detail ────── extract ──────▶ Look ────────── LocalIndex ─────────────▶ second answer
//!                                                                   both ── Calibration::fuse ──▶ matches
//! ```
//!
//! The room is pure. A [`Signature`] is computed once, when a picture arrives, and stored;
//! the first answer needs the signature alone. What it does not decide is looked at again.

mod batch;
mod closer;
mod decode;
mod flood;
mod frames;
mod fuse;
mod hash;
mod index;
pub mod local;
mod look;
mod luma;
mod mih;
mod model;
mod pdq;
pub mod policy;
mod regions;
mod shapes;
mod sign;

pub use batch::{BatchMatch, BatchReference, BatchReferences};
pub use closer::{CloserIndex, CloserReference, MOST_REFERENCES, chosen, place_of_hit, undecided};
pub use decode::{Decoded, Detailed, decode, decode_detailed};
pub use flood::{FloodCounts, FloodLimits, FloodVerdict, FloodWindow, judge};
pub use fuse::{
    Calibration, CalibrationError, Evidence, Fused, Path, Placement, hash_evidence, local_evidence, score_of,
};
pub use hash::{HASH_BITS, Hash256, ParseHashError};
pub use index::{ImageFindings, ImageIndex, IndexSize, MAX_HITS, Restored, SnapshotError, Suppressed};
pub use look::{DETAIL_SIDE, Look, read_closely, read_reference_closely, take_reference};
pub use luma::{Luma, Plane};
pub use model::{
    Cut, DecodeLimits, Forms, How, ImageHit, ImageProblem, PartRect, ReferenceEntry, Region, Shape, Signature,
};
pub use pdq::{Pdq, hash_luma, hash_plane, orientations};
pub use shapes::ShapeIndex;
pub use sign::{Purpose, read, read_reference, sign};
