//! The flood guard: a reference that suddenly matches everything is a mistake of the
//! registry (a blank, a banner, a shop's background) and must not restrict anyone.
//!
//! [`FloodWindow`] counts, [`judge`] decides. Both are pure: time and thresholds are
//! passed in, and what a quarantine does is the caller's business.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use crate::kernel::Instant;
use crate::registry::model::ReferenceKey;

/// When a reference is quarantined. Data, so that operators can set it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FloodLimits {
    /// Fewest pictures seen in the window before anything is judged.
    pub min_queries: u64,
    /// Fewest pictures matched in the window before a reference is judged.
    pub min_matched: u64,
    /// Share of all pictures, 0 to 1, above which a reference is quarantined whatever its past.
    pub max_share: f64,
    /// A reference is also quarantined when its share exceeds its own past share this many times.
    pub times_baseline: f64,
    /// Least share, 0 to 1, for a comparison with the past: rises from nearly nothing are normal.
    pub min_share: f64,
}

impl FloodLimits {
    /// The limits of a TOML text; what it leaves out stays as shipped.
    ///
    /// Fails with a sentence when a member is unknown or outside its range.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let limits: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, share) in [("max_share", limits.max_share), ("min_share", limits.min_share)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(format!("{name} is {share}; a share lies between 0 and 1"));
            }
        }
        if limits.times_baseline.is_nan() || limits.times_baseline < 1.0 {
            return Err(format!("times_baseline is {}; it is 1 or more", limits.times_baseline));
        }
        Ok(limits)
    }
}

impl Default for FloodLimits {
    /// One picture in fifty is more than any product has of a marketplace; a rise to tenfold
    /// counts from one in two hundred. Below 200 pictures or 20 matches chance decides.
    fn default() -> Self {
        Self { min_queries: 200, min_matched: 20, max_share: 0.02, times_baseline: 10.0, min_share: 0.005 }
    }
}

/// One reference's counts over a window.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FloodCounts {
    /// The reference.
    pub reference: ReferenceKey,
    /// Pictures searched in the window.
    pub queries: u64,
    /// Of these, pictures that matched the reference.
    pub matched: u64,
    /// The reference's share of matches before the window, 0 to 1.
    pub baseline: f64,
}

/// What to do with a reference.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum FloodVerdict {
    /// Nothing unusual, or too little seen to tell.
    Fine,
    /// Stop applying the reference and tell someone.
    Quarantine {
        /// The reference.
        reference: ReferenceKey,
        /// Why, for people.
        because: String,
    },
}

/// Judges one reference's counts.
pub fn judge(counts: &FloodCounts, limits: &FloodLimits) -> FloodVerdict {
    if counts.queries < limits.min_queries.max(1) || counts.matched < limits.min_matched {
        return FloodVerdict::Fine;
    }
    let share = counts.matched as f64 / counts.queries as f64;
    let seen = format!("matched {} of {} pictures ({:.1} %)", counts.matched, counts.queries, share * 100.0);
    let because = if share > limits.max_share {
        format!("{seen}, more than the {:.1} % any reference may match", limits.max_share * 100.0)
    } else if counts.baseline > 0.0 && share > limits.min_share && share > counts.baseline * limits.times_baseline {
        format!("{seen}, over {} times its usual {:.2} %", limits.times_baseline, counts.baseline * 100.0)
    } else {
        return FloodVerdict::Fine;
    };
    FloodVerdict::Quarantine { reference: counts.reference.clone(), because }
}

/// Counts matches over a sliding window cut into slots. Memory is bounded by the references
/// that matched lately, not by the registry.
#[derive(Debug, Clone)]
pub struct FloodWindow {
    slot_micros: i64,
    most_slots: usize,
    slots: VecDeque<Slot>,
    /// Shares before the window, smoothed slot by slot.
    baselines: BTreeMap<ReferenceKey, f64>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    number: i64,
    queries: u64,
    matched: BTreeMap<ReferenceKey, u64>,
}

/// How much one expired slot moves a baseline: about a hundred slots make up the past.
const SMOOTHING: f64 = 0.01;
/// A baseline below this is forgotten: one match in a million pictures.
const FORGOTTEN: f64 = 1e-6;

impl FloodWindow {
    /// A window of `slots` slots of `slot_seconds` seconds each; both at least 1.
    pub fn new(slot_seconds: u32, slots: usize) -> Self {
        Self {
            slot_micros: i64::from(slot_seconds.max(1)) * 1_000_000,
            most_slots: slots.max(1),
            slots: VecDeque::new(),
            baselines: BTreeMap::new(),
        }
    }

    /// Counts one searched picture and the references it matched. An instant before the
    /// newest slot counts into the newest, so a clock set back loses nothing.
    pub fn record<'a>(&mut self, now: Instant, matched: impl IntoIterator<Item = &'a ReferenceKey>) {
        self.advance(now);
        let Some(slot) = self.slots.back_mut() else { return };
        slot.queries += 1;
        let distinct: std::collections::BTreeSet<&ReferenceKey> = matched.into_iter().collect();
        for reference in distinct {
            *slot.matched.entry(reference.clone()).or_insert(0) += 1;
        }
    }

    /// The counts of every reference that matched in the window, in key order.
    pub fn counts(&mut self, now: Instant) -> Vec<FloodCounts> {
        self.advance(now);
        let queries = self.slots.iter().map(|slot| slot.queries).sum();
        let mut totals: BTreeMap<&ReferenceKey, u64> = BTreeMap::new();
        for (reference, matched) in self.slots.iter().flat_map(|slot| &slot.matched) {
            *totals.entry(reference).or_insert(0) += matched;
        }
        let baseline = |reference: &ReferenceKey| self.baselines.get(reference).copied().unwrap_or(0.0);
        let counts = totals.into_iter().map(|(reference, matched)| FloodCounts {
            reference: reference.clone(),
            queries,
            matched,
            baseline: baseline(reference),
        });
        counts.collect()
    }

    /// Begins to count a reference anew; what it matched so far no longer speaks against it.
    pub fn forget(&mut self, reference: &ReferenceKey) {
        for slot in &mut self.slots {
            slot.matched.remove(reference);
        }
    }

    /// The references to quarantine now, in key order.
    pub fn floods(&mut self, now: Instant, limits: &FloodLimits) -> Vec<FloodVerdict> {
        let verdicts = self.counts(now).into_iter().map(|counts| judge(&counts, limits));
        verdicts.filter(|verdict| *verdict != FloodVerdict::Fine).collect()
    }

    fn advance(&mut self, now: Instant) {
        let number = now.as_micros().div_euclid(self.slot_micros);
        let newest = self.slots.back().map(|slot| slot.number);
        if newest.is_none_or(|newest| newest < number) {
            self.slots.push_back(Slot { number, ..Slot::default() });
        }
        let newest = newest.map_or(number, |newest| newest.max(number));
        let oldest = newest - self.most_slots as i64 + 1;
        while self.slots.front().is_some_and(|slot| slot.number < oldest) {
            if let Some(expired) = self.slots.pop_front() {
                self.learn(&expired);
            }
        }
    }

    fn learn(&mut self, expired: &Slot) {
        if expired.queries == 0 {
            return;
        }
        self.baselines.retain(|_, share| {
            *share *= 1.0 - SMOOTHING;
            *share > FORGOTTEN
        });
        for (reference, matched) in &expired.matched {
            let share = *matched as f64 / expired.queries as f64;
            *self.baselines.entry(reference.clone()).or_insert(0.0) += SMOOTHING * share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_micros(second * 1_000_000).unwrap()
    }

    fn key(name: &str) -> ReferenceKey {
        ReferenceKey::new(name)
    }

    #[test]
    fn limits_come_from_a_text_and_wrong_ones_are_refused() {
        let limits = FloodLimits::from_toml("max_share = 0.05").unwrap();
        assert_eq!(limits, FloodLimits { max_share: 0.05, ..FloodLimits::default() });
        for wrong in ["max_share = 5", "min_share = -0.1", "times_baseline = 0.5", "times_baseline = nan", "share = 1"]
        {
            assert!(FloodLimits::from_toml(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_reference_that_matches_everything_is_quarantined_and_others_are_not() {
        let mut window = FloodWindow::new(60, 10);
        let (everywhere, normal) = (key("banner"), key("shoe"));
        for second in 0..400 {
            let both = [&everywhere, &normal];
            window.record(at(second), both.into_iter().take(if second % 100 == 0 { 2 } else { 1 }));
        }
        let floods = window.floods(at(400), &FloodLimits::default());
        assert_eq!(floods.len(), 1);
        let FloodVerdict::Quarantine { reference, because } = &floods[0] else { panic!("{floods:?}") };
        assert_eq!(reference, &everywhere);
        assert!(because.contains("400 of 400"), "{because}");
    }

    #[test]
    fn few_pictures_decide_nothing() {
        let counts = FloodCounts { reference: key("r"), queries: 199, matched: 199, baseline: 0.0 };
        assert_eq!(judge(&counts, &FloodLimits::default()), FloodVerdict::Fine);
    }

    #[test]
    fn a_sudden_rise_is_quarantined_and_a_steady_share_is_not() {
        let counts = |baseline: f64| FloodCounts { reference: key("r"), queries: 10_000, matched: 100, baseline };
        assert!(matches!(judge(&counts(0.0005), &FloodLimits::default()), FloodVerdict::Quarantine { .. }));
        assert_eq!(judge(&counts(0.008), &FloodLimits::default()), FloodVerdict::Fine);
    }

    #[test]
    fn thresholds_are_the_callers() {
        let counts = FloodCounts { reference: key("r"), queries: 1_000, matched: 900, baseline: 0.9 };
        let tolerant = FloodLimits { max_share: 0.95, ..FloodLimits::default() };
        assert_eq!(judge(&counts, &tolerant), FloodVerdict::Fine);
    }

    #[test]
    fn what_left_the_window_is_the_baseline_and_no_longer_counts() {
        let mut window = FloodWindow::new(1, 5);
        let reference = key("r");
        for second in 0..1_000 {
            window.record(at(second), [&reference]);
        }
        let counts = window.counts(at(999));
        assert_eq!((counts[0].queries, counts[0].matched), (5, 5));
        assert!(counts[0].baseline > 0.99, "{counts:?}");
        assert!(window.counts(at(2_000)).is_empty());
    }

    #[test]
    fn a_clock_set_back_and_a_double_match_count_once() {
        let mut window = FloodWindow::new(60, 2);
        let reference = key("r");
        window.record(at(600), [&reference, &reference]);
        window.record(at(5), [&reference]);
        let counts = window.counts(at(600));
        assert_eq!((counts[0].queries, counts[0].matched), (2, 2));
    }
}
