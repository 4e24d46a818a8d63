//! When a clock that an event started runs out.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::{AtExpiry, Basis, Calendar, Clock, Clocks, Length};
use crate::kernel::{Instant, Market};

/// Why nothing could be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DueError {
    /// No clock of that name holds on that day.
    #[error("there is no clock \"{name}\" for {day}; `clocks.toml` has no row of that name in force then")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The day of the event, in UTC.
        day: Date,
    },
    /// The clock runs in the country's calendar and none was given.
    #[error("the clock \"{0}\" runs in a country's calendar; say which country")]
    NoCountry(String),
    /// The end lies outside the calendar.
    #[error("the clock \"{0}\" ends outside all dates")]
    OutOfRange(String),
}

/// Where a running clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In time.
    Running,
    /// Near its end: the warning is out.
    Warning,
    /// Run out.
    Expired,
}

/// When one clock, started by one event, runs out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The clock.
    pub clock: String,
    /// Law or practice, with the provision: `DSA art. 16(4)`.
    pub rule: String,
    /// When it started.
    pub started: Instant,
    /// Before this moment nothing may be done yet, for terms with two ends.
    pub not_before: Option<Instant>,
    /// The first moment that is too late.
    pub at: Instant,
    /// When the warning goes out; never before the start.
    pub warn_at: Instant,
    /// What happens if nobody acts.
    pub at_expiry: AtExpiry,
    /// Whether the law or the house set the length.
    pub basis: Basis,
    /// The calendar it was counted in.
    pub calendar: String,
    /// What was assumed because a table did not say.
    pub assumptions: Vec<String>,
}

impl Due {
    /// Where the clock stands at `now`.
    pub fn phase(&self, now: Instant) -> Phase {
        if now >= self.at {
            Phase::Expired
        } else if now >= self.warn_at {
            Phase::Warning
        } else {
            Phase::Running
        }
    }

    /// When the program itself acts: at the earliest moment allowed where a term has two ends, else at its end.
    pub fn acts_at(&self) -> Instant {
        self.not_before.unwrap_or(self.at)
    }
}

impl Clocks {
    /// When the clock `name`, started by an event at `started`, runs out.
    ///
    /// `country` is the one whose business days count, for clocks that do not name their calendar:
    /// that of the authority, or where the service is established. The row in force on the day of
    /// the event (in UTC) is used. A clock of an unknown name is an error; a country without a
    /// calendar is not: [`Due::assumptions`] says what was counted instead.
    pub fn due(&self, name: &str, started: Instant, country: Option<Market>) -> Result<Due, DueError> {
        let day = started.date();
        let clock = self.get(name, day).ok_or_else(|| DueError::Unknown { name: name.to_owned(), day })?;
        let calendar = match (&clock.calendar, country) {
            (Some(calendar), _) => self.calendar(calendar),
            (None, Some(country)) => self.calendar(country.as_str()),
            (None, None) => return Err(DueError::NoCountry(name.to_owned())),
        };
        count(clock, &calendar, started).ok_or_else(|| DueError::OutOfRange(name.to_owned()))
    }
}

fn count(clock: &Clock, calendar: &Calendar, started: Instant) -> Option<Due> {
    let at = end(clock, clock.length, calendar, started)?;
    let not_before = match clock.not_before {
        Some(length) => Some(end(clock, length, calendar, started)?),
        None => None,
    };
    let counts_days = !matches!(clock.length, Length::Hours(_));
    let assumptions =
        if counts_days { calendar.assumptions(calendar.day_of(started)?, calendar.day_of(at)?) } else { Vec::new() };
    Some(Due {
        clock: clock.name.clone(),
        rule: format!("{} {}", clock.regime, clock.provision),
        started,
        not_before,
        at,
        warn_at: before(clock.warning, calendar, at)?.max(started),
        at_expiry: clock.at_expiry,
        basis: clock.basis,
        calendar: calendar.name().to_owned(),
        assumptions,
    })
}

/// The first moment after `length` from `started`.
fn end(clock: &Clock, length: Length, calendar: &Calendar, started: Instant) -> Option<Instant> {
    if let Length::Hours(hours) = length {
        return Some(started.plus_seconds(i64::from(hours) * 3600));
    }
    let first = calendar.day_of(started)?;
    let last = match length {
        Length::Hours(_) => first,
        Length::Days(days) => first.checked_add(i64::from(days).days()).ok()?,
        Length::BusinessDays(days) => calendar.plus_business_days(first, days)?,
        Length::Months(months) => first.checked_add(i64::from(months).months()).ok()?,
    };
    let last = if clock.rolls { calendar.business_day_from(last)? } else { last };
    calendar.end_of(last)
}

/// The moment `length` before `at`; for days, the end of an earlier day.
fn before(length: Length, calendar: &Calendar, at: Instant) -> Option<Instant> {
    // `at` is the first moment after the last day.
    let last = calendar.day_of(Instant::from_micros(at.as_micros() - 1)?)?;
    let day = match length {
        Length::Hours(hours) => return Some(at.plus_seconds(-i64::from(hours) * 3600)),
        Length::Days(days) => last.checked_sub(i64::from(days).days()).ok()?,
        Length::BusinessDays(days) => calendar.minus_business_days(last, days)?,
        Length::Months(months) => last.checked_sub(i64::from(months).months()).ok()?,
    };
    calendar.end_of(day)
}
