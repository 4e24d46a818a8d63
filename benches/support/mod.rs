//! What the benches share: a deterministic generator of registries and listings, the
//! thread's own CPU clock, and plain tables.

// Each bench is a crate of its own and uses a part of this.
#![allow(dead_code)]

pub mod load;
pub mod text;

use std::time::{Duration, Instant};

/// A small deterministic generator (SplitMix64): the same seed gives the same bench data.
pub struct Random(u64);

impl Random {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// One of `choices`.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Time that this thread has spent on a processor, so that other work on the machine does
/// not count; wall time where the kernel does not tell.
fn thread_time(started: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| started.elapsed(), Duration::from_nanos)
}

/// One candidate of a comparison.
pub struct Candidate<'a> {
    name: &'a str,
    work: Box<dyn FnMut() -> u64 + 'a>,
}

impl<'a> Candidate<'a> {
    /// `work` goes once over all items and answers something that depends on the result.
    pub fn new(name: &'a str, work: impl FnMut() -> u64 + 'a) -> Self {
        Self {
            name,
            work: Box::new(work),
        }
    }
}

/// Runs the candidates in turns and prints the CPU time of each for one item: the best
/// round (the machine's own speed) and the median. Answers the medians in nanoseconds.
pub fn compare(title: &str, items: usize, rounds: usize, mut candidates: Vec<Candidate<'_>>) -> Vec<f64> {
    let started = Instant::now();
    let mut times = vec![Vec::with_capacity(rounds); candidates.len()];
    for round in 0..=rounds {
        for (candidate, times) in candidates.iter_mut().zip(&mut times) {
            let before = thread_time(started);
            std::hint::black_box((candidate.work)());
            let took = thread_time(started).saturating_sub(before);
            // The first round warms caches up.
            if round > 0 {
                times.push(took.as_nanos() as f64 / items as f64);
            }
        }
    }
    let mut medians = Vec::new();
    let mut rows = Vec::new();
    for (candidate, mut times) in candidates.into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        medians.push(median);
        rows.push((candidate.name, times[0], median));
    }
    let reference = medians.first().copied().unwrap_or(1.0);
    println!("\n{title}\n{:<58} {:>12} {:>12} {:>8}", "", "best", "median", "ratio");
    for (name, best, median) in rows {
        println!(
            "{name:<58} {:>12} {:>12} {:>8.3}",
            nanos(best),
            nanos(median),
            median / reference
        );
    }
    medians
}

/// A time in the unit that reads best.
pub fn nanos(nanos: f64) -> String {
    match nanos {
        _ if nanos < 1e3 => format!("{nanos:.0} ns"),
        _ if nanos < 1e6 => format!("{:.2} µs", nanos / 1e3),
        _ if nanos < 1e9 => format!("{:.2} ms", nanos / 1e6),
        _ => format!("{:.2} s", nanos / 1e9),
    }
}

/// Prints a measure beside its goal.
pub fn goal(name: &str, measured: f64, unit: &str, limit: f64, at_most: bool) {
    let met = if at_most { measured <= limit } else { measured >= limit };
    let (sign, word) = (if at_most { "≤" } else { "≥" }, if met { "met" } else { "MISSED" });
    println!("{name}: {measured:.2}{unit} (goal {sign} {limit}{unit}): {word}");
}

/// Value of `NAME` as a number, or `default`.
pub fn setting(name: &str, default: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// A field of `/proc/self/status` in MiB: `VmRSS`, `VmHWM`.
pub fn memory(field: &str, process: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(field));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kibibytes.unwrap_or(f64::NAN) / 1024.0
}
