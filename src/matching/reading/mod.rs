//! Text in pictures: "NORTHPEAK 1:1" on a photograph is an offer like any title.
//!
//! Two networks do the work, both PP-OCRv4 (Apache-2.0), fetched by `scripts/fetch-models`:
//! a detector (differentiable binarisation) says for each pixel whether it belongs to text,
//! and a recogniser (connectionist temporal classification) reads one straightened line.
//! Everything between them is here: the lines' turned rectangles, cutting them out upright,
//! and decoding. Pictures come decoded and models as bytes; files are the caller's affair.
//!
//! ```text
//! Pixels ─▶ detector ─▶ boxes ─▶ strips ─▶ recogniser ─▶ ctc ─▶ ReadText
//! ```
//!
//! What is read goes through the same text matcher as a title. It costs about 0.3 s of one
//! core a picture, so it is meant for flagged and sampled listings, not for every one.

mod boxes;
mod ctc;
mod model;
pub(crate) mod network;
#[cfg(test)]
pub(crate) mod onnx_bytes;
mod pixels;
mod reader;
mod rectangle;
mod strip;
mod well_formed;

pub use model::{ReadLine, ReadProblem, ReadSettings, ReadText};
pub use network::{NetworkProblem, Workers};
pub use pixels::{ChannelOrder, Pixels, PixelsProblem};
pub use reader::TextReader;
