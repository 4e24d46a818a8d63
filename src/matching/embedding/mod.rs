//! An operator's own model: a picture becomes a vector, and near vectors are near pictures.
//!
//! Optional. Embeddings trained for copy detection find edits that hashes lose; general ones
//! (trained to name what a picture shows) are worse than the hash and should not be used. The
//! operator supplies an ONNX file and its settings; the model's name and digest go with every
//! verdict. It runs in the same runtime as the text reader (`reading::network` says why).
//!
//! Vectors are kept as signed bytes. Their cosine is computed from integers, so a search gives
//! the same answer on every machine, and a reference takes as many bytes as it has dimensions.

mod index;
mod model;
mod vector;

pub use index::{EmbeddingHit, EmbeddingIndex};
pub use model::{EmbeddingModel, EmbeddingProblem, EmbeddingSettings, Fit};
pub use vector::{Embedding, VectorProblem};
