//! Reading the tables of clocks and calendars.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::calendar::CalendarTable;
use super::{Calendar, Clock, Length};

/// Longest clock accepted, in its own unit; guards the day-by-day counting against a slip of the pen.
const MAX_COUNT: u32 = 3_660;

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadClocksError {
    /// The text is not a table of the expected shape.
    #[error("{table} cannot be read")]
    Toml {
        /// Which table.
        table: &'static str,
        /// What the reader says.
        source: Box<toml::de::Error>,
    },
    /// A row is wrong.
    #[error("{row}: {problem}")]
    Row {
        /// The clock or calendar.
        row: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// All clocks and calendars.
#[derive(Debug, Clone)]
pub struct Clocks {
    rows: Vec<Clock>,
    calendars: HashMap<String, Calendar>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockFile {
    clock: Vec<Clock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    calendar: Vec<CalendarTable>,
}

static BUILT_IN: LazyLock<Clocks> = LazyLock::new(|| {
    Clocks::parse(include_str!("clocks.toml"), include_str!("calendars.toml"))
        .expect("the shipped tables are read by a test")
});

impl Clocks {
    /// The tables shipped with the program.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads both tables. Fails with the row at fault when a table is not of the expected shape, a
    /// calendar is named twice or not there, or two rows of one clock hold on the same day.
    pub fn parse(clocks: &str, calendars: &str) -> Result<Self, LoadClocksError> {
        let toml = |table| move |source| LoadClocksError::Toml { table, source: Box::new(source) };
        let clock_file: ClockFile = toml::from_str(clocks).map_err(toml("clocks.toml"))?;
        let calendar_file: CalendarFile = toml::from_str(calendars).map_err(toml("calendars.toml"))?;
        let mut known = HashMap::new();
        for table in calendar_file.calendar {
            let name = table.name.clone();
            let wrong = |problem: String| LoadClocksError::Row { row: format!("calendar \"{name}\""), problem };
            if let Some(list) = table.year.iter().find(|list| list.source.is_empty() || list.confidence.is_empty()) {
                return Err(wrong(format!("the list of {} has no source or confidence", list.year)));
            }
            let calendar = Calendar::from_table(table).map_err(&wrong)?;
            if known.insert(name.clone(), calendar).is_some() {
                return Err(wrong("is there twice".to_owned()));
            }
        }
        for (place, clock) in clock_file.clock.iter().enumerate() {
            check(clock, &clock_file.clock[..place], &known)
                .map_err(|problem| LoadClocksError::Row { row: format!("clock \"{}\"", clock.name), problem })?;
        }
        Ok(Self { rows: clock_file.clock, calendars: known })
    }

    /// The row of the clock `name` that is in force on `day`.
    pub fn get(&self, name: &str, day: Date) -> Option<&Clock> {
        self.rows.iter().find(|clock| clock.name == name && clock.in_force_on(day))
    }

    /// Every row, in the order of the table.
    pub fn rows(&self) -> &[Clock] {
        &self.rows
    }

    /// The calendar of a country (ISO 3166-1 alpha-2) or of the Union (`EU`); for others one that
    /// knows Saturdays and Sundays only and says so in every deadline.
    pub fn calendar(&self, name: &str) -> Cow<'_, Calendar> {
        match self.calendars.get(name) {
            Some(calendar) => Cow::Borrowed(calendar),
            None => Cow::Owned(Calendar::stand_in_for(name)),
        }
    }
}

fn check(clock: &Clock, before: &[Clock], calendars: &HashMap<String, Calendar>) -> Result<(), String> {
    if clock.valid_to.is_some_and(|last| last < clock.valid_from) {
        return Err("its last day comes before its first".to_owned());
    }
    let count = |length: Length| match length {
        Length::Hours(count) | Length::Days(count) | Length::BusinessDays(count) | Length::Months(count) => count,
    };
    let lengths = [Some(clock.length), clock.not_before, Some(clock.warning)];
    if lengths.into_iter().flatten().any(|length| count(length) > MAX_COUNT) {
        return Err(format!("a length is above {MAX_COUNT}"));
    }
    if let Some(calendar) = &clock.calendar
        && !calendars.contains_key(calendar)
    {
        return Err(format!("there is no calendar \"{calendar}\""));
    }
    if clock.source.is_empty() || clock.confidence.is_empty() {
        return Err("it has no source or confidence".to_owned());
    }
    let overlaps = |other: &Clock| {
        other.name == clock.name
            && other.valid_to.is_none_or(|last| clock.valid_from <= last)
            && clock.valid_to.is_none_or(|last| other.valid_from <= last)
    };
    if before.iter().any(overlaps) {
        return Err("two of its rows hold on the same day".to_owned());
    }
    Ok(())
}
