//! Where time and new ids come from: passed in, never ambient.

use super::Instant;

/// Tells the time. The shell holds the real one; tests hold a fixed one.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;
}

/// Makes new UUIDv7 values (RFC 9562), never the same twice.
pub trait Ids: Send + Sync {
    /// A fresh UUID whose time part is `now`.
    fn next(&self, now: Instant) -> uuid::Uuid;
}
