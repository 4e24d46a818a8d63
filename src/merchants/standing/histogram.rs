//! What moving a step of a ladder would do, before it is moved.

use serde::Serialize;

/// Merchants with so many points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = StandingBar)]
pub struct Bar {
    /// Fewest points.
    pub from: u32,
    /// First points that are too many.
    pub to: u32,
    /// Merchants.
    pub merchants: u64,
}

/// Merchants by points, and how many a step reaches now and would reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = StandingHistogram)]
pub struct Histogram {
    /// Bars from nothing to the most points.
    pub bars: Vec<Bar>,
    /// Merchants in all.
    pub merchants: u64,
    /// Points of the step now.
    pub present: u32,
    /// Points as proposed.
    pub proposed: u32,
    /// Merchants that the step reaches now.
    pub reached_now: u64,
    /// Merchants that it would reach.
    pub reached_then: u64,
}

/// Most bars.
const MOST_BARS: u32 = 60;

/// Counts merchants by live points (`points` of each that has any, `all` merchants in all).
pub fn histogram(points: &[u32], all: u64, present: u32, proposed: u32) -> Histogram {
    let highest = points.iter().copied().max().unwrap_or(0).max(present).max(proposed);
    let width = highest.div_ceil(MOST_BARS).max(1);
    let mut bars: Vec<Bar> = (0..=highest / width)
        .map(|number| Bar { from: number * width, to: (number + 1) * width, merchants: 0 })
        .collect();
    for own in points {
        if let Some(bar) = bars.get_mut((own / width) as usize) {
            bar.merchants += 1;
        }
    }
    let untouched = all.saturating_sub(points.len() as u64);
    if let Some(first) = bars.first_mut() {
        first.merchants += untouched;
    }
    let reached = |at: u32| points.iter().filter(|own| **own >= at).count() as u64;
    Histogram {
        bars,
        merchants: all.max(points.len() as u64),
        present,
        proposed,
        reached_now: reached(present),
        reached_then: reached(proposed),
    }
}
