//! The real clock, id source and random bytes: the only place where the process reads them.

use std::sync::Mutex;

use rand::RngExt as _;

use crate::kernel::{Clock, Ids, Instant};

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Instant {
        Instant::new(jiff::Timestamp::now())
    }
}

/// UUIDv7 values (RFC 9562) that never go backwards within a process.
#[derive(Debug, Default)]
pub struct RandomIds {
    last: Mutex<u64>,
}

impl Ids for RandomIds {
    fn next(&self, now: Instant) -> uuid::Uuid {
        let mut random = [0u8; 8];
        rand::rng().fill(&mut random);
        // Twelve bits of sub-millisecond time (RFC 9562, method 3) keep ids of one
        // millisecond in order; a repeated tick is pushed one step on.
        let micros = now.as_micros().max(0) as u64;
        let tick = ((micros / 1000) << 12) | ((micros % 1000) * 4096 / 1000);
        let tick = {
            let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            *last = tick.max(*last + 1);
            *last
        };
        let high = ((tick >> 12) << 16) | 0x7000 | (tick & 0xfff);
        let low = (u64::from_be_bytes(random) & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        uuid::Uuid::from_u64_pair(high, low)
    }
}

/// Bytes of the machine's cryptographic random source, for secrets.
pub fn random_bytes<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    rand::rng().fill(&mut bytes);
    bytes
}

/// 32 bytes that nobody can guess.
pub fn random_secret() -> [u8; 32] {
    let mut secret = [0; 32];
    rand::rng().fill(&mut secret);
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_moment_are_distinct_version_seven_and_in_order() {
        let ids = RandomIds::default();
        let now = SystemClock.now();
        let made: Vec<_> = (0..5_000).map(|_| ids.next(now)).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
    }
}
