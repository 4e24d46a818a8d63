//! Words every room shares: typed ids, instants, money, digests, spans, markets, enums of words.
//!
//! Pure: nothing here reads a clock, a random source, a file or a socket.

pub mod clock;
pub mod digest;
pub mod id;
pub mod instant;
pub mod layered;
pub mod market;
pub mod money;
pub mod span;
pub mod words;

pub use clock::{Clock, Ids};
pub use digest::Digest;
pub use instant::Instant;
pub use market::Market;
pub use money::Money;
pub use span::Span;
