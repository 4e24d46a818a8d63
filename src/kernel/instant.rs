//! Instants: UTC, to the microsecond, in one fixed-width text form.

use std::fmt;
use std::str::FromStr;

/// A moment in UTC with microsecond precision, as both databases keep it.
///
/// Its text is always `2026-11-22T09:30:00.000000Z`: the width never varies, so
/// text order is time order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(jiff::Timestamp);

impl Instant {
    /// Cuts `timestamp` to whole microseconds.
    pub fn new(timestamp: jiff::Timestamp) -> Self {
        let micros = timestamp.as_microsecond();
        Self(jiff::Timestamp::from_microsecond(micros).unwrap_or(timestamp))
    }

    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z.
    ///
    /// `None` outside the years -9999 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        jiff::Timestamp::from_microsecond(micros).ok().map(Self)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The instant `seconds` later (earlier when negative), clamped to the calendar.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let micros = self.as_micros().saturating_add(seconds.saturating_mul(1_000_000));
        Self::from_micros(micros).unwrap_or(self)
    }

    /// Seconds from `earlier` to this instant; negative when `earlier` is later.
    pub fn seconds_since(self, earlier: Instant) -> f64 {
        (self.as_micros() - earlier.as_micros()) as f64 / 1e6
    }

    /// The calendar day in UTC, `2026-11-22`.
    pub fn date(self) -> jiff::civil::Date {
        self.0.to_zoned(jiff::tz::TimeZone::UTC).date()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.6}", self.0)
    }
}

impl FromStr for Instant {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(Self::new)
    }
}

impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_one_width_and_sorts_like_time() {
        let whole = Instant::from_str("2026-11-22T09:30:00Z").unwrap();
        let half = Instant::from_str("2026-11-22T09:30:00.5Z").unwrap();
        assert_eq!(whole.to_string(), "2026-11-22T09:30:00.000000Z");
        assert!(whole.to_string() < half.to_string());
        assert_eq!(half.to_string().parse::<Instant>().unwrap(), half);
    }

    #[test]
    fn nanoseconds_are_cut_to_what_the_databases_keep() {
        let given: Instant = "2026-11-22T09:30:00.123456789Z".parse().unwrap();
        assert_eq!(given.to_string(), "2026-11-22T09:30:00.123456Z");
    }
}
