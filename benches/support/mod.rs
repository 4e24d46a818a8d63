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
/// not count; wall time where the kernel does not tell. The kernel brings the number up to
/// date at its clock ticks, every few milliseconds.
fn thread_time(started: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| started.elapsed(), Duration::from_nanos)
}

/// Least time of one measurement: tens of clock ticks.
const LEAST: Duration = Duration::from_millis(120);

/// One candidate of a comparison.
pub struct Candidate<'a> {
    name: &'a str,
    items: usize,
    repeats: usize,
    work: Box<dyn FnMut() -> u64 + 'a>,
}

impl<'a> Candidate<'a> {
    /// `work` goes once over `items` items and answers something that depends on the result.
    pub fn new(name: &'a str, items: usize, work: impl FnMut() -> u64 + 'a) -> Self {
        Self { name, items, repeats: 1, work: Box::new(work) }
    }

    /// Warms up, and finds how often to repeat the work in one measurement.
    fn calibrate(&mut self) {
        let started = Instant::now();
        let mut repeats = 0;
        while repeats == 0 || started.elapsed() < LEAST {
            std::hint::black_box((self.work)());
            repeats += 1;
        }
        self.repeats = repeats;
    }

    /// Nanoseconds of processor time for one item.
    fn measure(&mut self) -> f64 {
        let started = Instant::now();
        let before = thread_time(started);
        for _ in 0..self.repeats {
            std::hint::black_box((self.work)());
        }
        let took = thread_time(started).saturating_sub(before);
        took.as_nanos() as f64 / (self.items * self.repeats) as f64
    }
}

/// Runs the candidates in turns and prints the CPU time of each for one item: the best
/// round (the machine's own speed), the median, and the median over the first candidate's.
/// Answers the medians in nanoseconds.
pub fn compare(title: &str, mut candidates: Vec<Candidate<'_>>) -> Vec<f64> {
    let rounds = setting("ASSAY_BENCH_ROUNDS", 11);
    candidates.iter_mut().for_each(Candidate::calibrate);
    let mut times = vec![Vec::with_capacity(rounds); candidates.len()];
    for _ in 0..rounds {
        for (candidate, times) in candidates.iter_mut().zip(&mut times) {
            times.push(candidate.measure());
        }
    }
    println!("\n{title}\n{:<64} {:>12} {:>12} {:>8}", "", "best", "median", "ratio");
    let mut medians = Vec::new();
    for (candidate, mut times) in candidates.into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        medians.push(median);
        let ratio = median / medians[0];
        println!("{:<64} {:>12} {:>12} {ratio:>8.3}", candidate.name, nanos(times[0]), nanos(median));
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
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A field of `/proc/self/status` in MiB: `VmRSS`, `VmHWM`.
pub fn memory(field: &str, process: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(field));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kibibytes.unwrap_or(f64::NAN) / 1024.0
}
