//! A small deterministic generator: the same seed always draws the same picture.

/// SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, no dependencies.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `end`; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// A number from `low` to `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        let unit = (self.next() >> 40) as f32 / (1u64 << 24) as f32;
        low + (high - low) * unit
    }

    /// True in `share` of the cases.
    pub(super) fn chance(&mut self, share: f32) -> bool {
        self.between(0.0, 1.0) < share
    }
}

/// Smooth noise from 0 to 1 at a place of the plane, one feature a unit.
pub(super) fn noise(seed: u64, x: f32, y: f32) -> f32 {
    let corner = |x: f32, y: f32| {
        let place = (x as i64 as u64).wrapping_mul(0x1f1f_1f1f) ^ (y as i64 as u64).wrapping_mul(0x6c62_272e_07bb_0142);
        Random::new(seed ^ place).between(0.0, 1.0)
    };
    let (left, top) = (x.floor(), y.floor());
    let ease = |part: f32| part * part * (3.0 - 2.0 * part);
    let (right_share, bottom_share) = (ease(x - left), ease(y - top));
    let mix = |a: f32, b: f32, share: f32| a + (b - a) * share;
    let upper = mix(corner(left, top), corner(left + 1.0, top), right_share);
    let lower = mix(corner(left, top + 1.0), corner(left + 1.0, top + 1.0), right_share);
    mix(upper, lower, bottom_share)
}
