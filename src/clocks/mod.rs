//! The law's clocks: when something is due, who is warned when, and what happens if nobody acts.
//!
//! ```text
//! clocks.toml ────┐
//!                 ├─▶ Clocks::due(name, event, country) ─▶ Due { not_before, at, warn_at, at_expiry, … }
//! calendars.toml ─┘
//! ```
//!
//! A clock starts with an event (a notice arrives) and runs hours, days, business days or months.
//! Hours run exactly. Everything longer runs in whole days of the calendar's own time zone: the day
//! of the event is not counted and the last day counts to its end, in the European Union by
//! Regulation (EEC, Euratom) No 1182/71 art. 3, in the United States by Federal Rule of Civil
//! Procedure 6(a), in China by Civil Code arts. 200 to 203. A clock that `rolls` and whose last day
//! is no business day ends with the next one.
//!
//! Each row says whether its length is the law's or the house's own target, since when it holds,
//! and where it comes from. What a calendar does not know (a country without a table, a year that
//! has no list yet) is never passed over: [`Due::assumptions`] says what was assumed.
//!
//! Pure: tables are built in and can be replaced; the present moment is the caller's.

mod calendar;
mod due;
mod model;
mod read;

pub use calendar::Calendar;
pub use due::{Due, DueError, Phase};
pub use model::*;
pub use read::{Clocks, LoadClocksError};

#[cfg(test)]
mod tests;
