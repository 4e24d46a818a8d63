//! The decisions about notices: what is missing, what speaks against filing, what may happen
//! next, and how far a notifier can be relied on.
//!
//! Pure: facts and the present moment are the caller's.

pub mod checks;
pub mod machine;
pub mod parts;
pub mod standing;
