//! Local features with geometric verification: what whole-picture and region hashes lose.
//!
//! ```text
//! Luma ── extract ──▶ LocalFeatures ── LocalIndex::find ──▶ LocalMatch (transform, areas, raw)
//!                                      verify (one pair)                     │
//!                                                       false_match_rate ◀───┘
//! ```
//!
//! Extract once with [`Budget::DETAILED`] for references and [`Budget::PHOTO`] for listing
//! photographs. Mirrored and inverted pictures are found without extracting again.

mod aligned;
mod bytes;
mod code;
mod descriptor;
mod extract;
mod geometry;
mod index;
mod keypoints;
mod model;
mod scale_space;
mod score;
mod verify;

pub use bytes::ParseLocalError;
pub use extract::extract;
pub use index::LocalIndex;
pub use model::{Budget, LocalFeatures, LocalMatch};
pub use score::false_match_rate;
pub use verify::verify;

#[cfg(test)]
mod tests;
