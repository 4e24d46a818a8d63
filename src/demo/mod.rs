//! The demonstration: a shipped catalogue of listings and the pictures that belong to it.
//!
//! Nothing here is a real shop's offer. Titles come from hand-written word lists
//! (`scripts/demo-listings.py`), and every picture is drawn by [`draw`] when it is needed,
//! with the logos of the brand registry on the goods.

pub mod catalogue;
pub mod draw;
