//! Which listed parties a name may mean.
//!
//! A name is the least reliable fact about anyone: it is transliterated by three customs, its parts
//! change places, legal forms come and go, and "International Trading" is half the world. So a name
//! is read into tokens that say what they are, and only what is rare among the listed parties
//! weighs much:
//!
//! ```text
//! name ─▶ read: undisguise, romanise, cut, classify ─▶ tokens
//!             │  each token's spellings: sounds with one left out, consonants, families, learned variants
//!             ▼
//!      rarity-weighted postings ─▶ most promising names ─▶ align token by token ─▶ log-odds ─▶ hits with reasons
//! ```
//!
//! A hit is a possible match for a person to look at. It never says that two parties are one.
//!
//! [`NameIndex`] takes parties one by one and gives them up one by one. It works both ways round:
//! names of merchants against an index of lists, changed list entries against an index of merchants.

mod align;
mod compare;
mod explain;
mod index;
mod learn;
mod lexicon;
mod model;
mod read;
mod script;
mod search;
mod signals;
mod sound;
mod tables;
#[cfg(test)]
mod tests;
mod weights;
mod words;

pub use index::NameIndex;
pub use model::{
    How, MAX_NAME, MAX_NAMES, NameHit, NameKind, NameQuery, Party, PartyFacts, PartyKind, PartyName, Signal, TokenLeft,
    TokenMatch, Why,
};
pub use search::Scratch;
pub(crate) use words::letter_for_digit;
