//! Finding brands' word marks in a listing's text, however they are written, and how
//! the listing uses them.
//!
//! The problem is less to undo disguises than to leave honest sellers alone: a third of
//! all catalogue titles holds some registered word. So the passes report every reading of
//! the letters, the gates weigh it against goods, place and wording, and only the sum
//! counts. Every hit says what was read where, by which pass, and what moved its score.
//!
//! [`MarkIndex::find`] is pure and linear in the length of the text.

mod chance;
mod contact;
mod context;
pub mod decisions;
mod edit;
mod find;
pub mod fold;
mod fold_table;
mod form;
mod gates;
#[cfg(test)]
mod hard_tests;
mod hash;
mod index;
pub mod learned;
mod letter;
mod lexicon;
mod model;
mod ordinary;
mod passes;
mod prepared;
pub mod price;
mod score;
mod sound;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod token;
pub mod transliterate;

pub use gates::{GoodsFit, goods_fit};
pub use index::MarkIndex;
pub use learned::CatalogueStatistics;
pub use model::{ClaimHit, ClaimKind, Field, MarkHit, Pass, TextFindings, TextQuery, UseKind};
pub use prepared::PreparedText;
