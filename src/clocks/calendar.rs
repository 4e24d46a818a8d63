//! Business days of one country, from rules and dated lists.

use std::collections::HashSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::kernel::Instant;

/// Years for which the rules are written out when a calendar is read.
const FIRST_YEAR: i16 = 2000;
const LAST_YEAR: i16 = 2060;
/// No public holiday is followed by so many others; a longer search would mean a broken table.
const LONGEST_BREAK_DAYS: usize = 60;

/// A day of the week in a table.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Day::Monday => Weekday::Monday,
            Day::Tuesday => Weekday::Tuesday,
            Day::Wednesday => Weekday::Wednesday,
            Day::Thursday => Weekday::Thursday,
            Day::Friday => Weekday::Friday,
            Day::Saturday => Weekday::Saturday,
            Day::Sunday => Weekday::Sunday,
        }
    }
}

/// On which day a holiday lies in a year.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum When {
    /// The same date every year.
    On { month: i8, day: i8 },
    /// The nth such weekday of a month; -1 is the last.
    Nth { nth: i8, weekday: Day, month: i8 },
    /// Days from Easter Sunday of the Western churches.
    Easter(i32),
}

/// What happens to a holiday that falls on a weekend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shift {
    /// Nothing.
    #[default]
    None,
    /// Saturday moves to Friday, Sunday to Monday.
    Nearest,
    /// The next day that is neither weekend nor another holiday is free instead.
    NextFree,
}

/// One holiday of a calendar.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Holiday {
    /// What people call it; for the reader of the table.
    #[serde(rename = "name")]
    _name: String,
    when: When,
    #[serde(default)]
    shift: Shift,
    from_year: Option<i16>,
    until_year: Option<i16>,
}

/// What was decreed for one year on its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct YearList {
    pub(super) year: i16,
    /// Days off: `2026-02-15`, or first and last with a slash between.
    #[serde(default)]
    pub(super) closed: Vec<String>,
    /// Days of a weekend that are worked.
    #[serde(default)]
    pub(super) open: Vec<String>,
    pub(super) source: String,
    pub(super) confidence: String,
}

/// A calendar as the table holds it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CalendarTable {
    pub(super) name: String,
    pub(super) title: String,
    /// A POSIX TZ text (IEEE Std 1003.1), so that no machine's time zone files are asked.
    pub(super) zone: String,
    pub(super) weekend: Vec<Day>,
    /// Whether each year needs a list of its own to be known.
    #[serde(default)]
    pub(super) decreed_yearly: bool,
    pub(super) source: String,
    pub(super) confidence: String,
    #[serde(default)]
    pub(super) holidays: Vec<Holiday>,
    #[serde(default)]
    pub(super) year: Vec<YearList>,
}

/// Which days are business days in one country, and in which zone its days begin and end.
#[derive(Debug, Clone)]
pub struct Calendar {
    name: String,
    title: String,
    zone: TimeZone,
    weekend: Vec<Weekday>,
    closed: HashSet<Date>,
    open: HashSet<Date>,
    decreed_yearly: bool,
    years: HashSet<i16>,
    source: String,
    confidence: String,
    /// Said with every deadline counted here: this calendar stands in for one that is not there.
    stand_in: Option<String>,
}

impl Calendar {
    /// Writes a table out, day by day. The error says what is wrong with it.
    pub(super) fn from_table(table: CalendarTable) -> Result<Self, String> {
        let zone = TimeZone::posix(&table.zone).map_err(|error| format!("zone \"{}\": {error}", table.zone))?;
        let mut calendar = Self {
            name: table.name,
            title: table.title,
            zone,
            weekend: table.weekend.iter().map(|day| day.weekday()).collect(),
            closed: HashSet::new(),
            open: HashSet::new(),
            decreed_yearly: table.decreed_yearly,
            years: table.year.iter().map(|list| list.year).collect(),
            source: table.source,
            confidence: table.confidence,
            stand_in: None,
        };
        if calendar.weekend.len() > 6 {
            return Err("a week needs at least one day that is no weekend".to_owned());
        }
        for list in &table.year {
            for range in &list.closed {
                calendar.closed.extend(days_of(range, list.year)?);
            }
            for range in &list.open {
                calendar.open.extend(days_of(range, list.year)?);
            }
        }
        for year in FIRST_YEAR..=LAST_YEAR {
            calendar.write_out(&table.holidays, year)?;
        }
        Ok(calendar)
    }

    /// Weekends only, in UTC: for a country that has no table.
    pub(super) fn stand_in_for(country: &str) -> Self {
        Self {
            name: country.to_owned(),
            title: format!("{country} (no table)"),
            zone: TimeZone::UTC,
            weekend: vec![Weekday::Saturday, Weekday::Sunday],
            closed: HashSet::new(),
            open: HashSet::new(),
            decreed_yearly: false,
            years: HashSet::new(),
            source: "none".to_owned(),
            confidence: "none".to_owned(),
            stand_in: Some(format!(
                "there is no calendar for {country}: Saturdays and Sundays alone were taken as free, days in UTC"
            )),
        }
    }

    /// Adds one year's holidays: first those on weekdays, then the substitutes of the others.
    fn write_out(&mut self, holidays: &[Holiday], year: i16) -> Result<(), String> {
        let mut moved = Vec::new();
        for holiday in holidays {
            let known = holiday.from_year.is_none_or(|from| from <= year)
                && holiday.until_year.is_none_or(|until| year <= until);
            if !known {
                continue;
            }
            let Some(day) = holiday.when.in_year(year)? else { continue };
            match (holiday.shift, day.weekday()) {
                (Shift::Nearest, Weekday::Saturday) => self.closed.extend(day.yesterday()),
                (Shift::Nearest, Weekday::Sunday) => self.closed.extend(day.tomorrow()),
                (Shift::NextFree, weekday) if self.weekend.contains(&weekday) => moved.push(day),
                _ => {
                    self.closed.insert(day);
                }
            }
        }
        moved.sort();
        for day in moved {
            if let Some(free) = self.next_business_day(day) {
                self.closed.insert(free);
            }
        }
        Ok(())
    }

    /// Its name: an ISO 3166-1 code, or `EU`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Where its holidays come from, and how far that was confirmed.
    pub fn source(&self) -> (&str, &str) {
        (&self.source, &self.confidence)
    }

    /// Whether work is done on `day`.
    pub fn is_business_day(&self, day: Date) -> bool {
        self.open.contains(&day) || !(self.weekend.contains(&day.weekday()) || self.closed.contains(&day))
    }

    /// The first business day after `day`; `None` at the end of all dates.
    pub fn next_business_day(&self, day: Date) -> Option<Date> {
        day.series(1.day()).skip(1).take(LONGEST_BREAK_DAYS).find(|next| self.is_business_day(*next))
    }

    /// `day` itself when it is a business day, else the next one.
    pub fn business_day_from(&self, day: Date) -> Option<Date> {
        if self.is_business_day(day) { Some(day) } else { self.next_business_day(day) }
    }

    /// The `count`th business day after `day`, which is not counted itself; `day` for 0.
    pub fn plus_business_days(&self, day: Date, count: u32) -> Option<Date> {
        (0..count).try_fold(day, |reached, _| self.next_business_day(reached))
    }

    /// The `count`th business day before `day`.
    pub fn minus_business_days(&self, day: Date, count: u32) -> Option<Date> {
        (0..count).try_fold(day, |reached, _| {
            reached.series(-1.day()).skip(1).take(LONGEST_BREAK_DAYS).find(|before| self.is_business_day(*before))
        })
    }

    /// The day that `moment` lies in, here.
    pub fn day_of(&self, moment: Instant) -> Option<Date> {
        let timestamp = jiff::Timestamp::from_microsecond(moment.as_micros()).ok()?;
        Some(timestamp.to_zoned(self.zone.clone()).date())
    }

    /// The first moment after `day`, here: the next midnight, whatever the clocks do in that night.
    pub fn end_of(&self, day: Date) -> Option<Instant> {
        let next = day.tomorrow().ok()?.to_zoned(self.zone.clone()).ok()?;
        Some(Instant::new(next.timestamp()))
    }

    /// What had to be assumed to count from `first` to `last`.
    pub(super) fn assumptions(&self, first: Date, last: Date) -> Vec<String> {
        let mut said: Vec<String> = self.stand_in.iter().cloned().collect();
        if self.decreed_yearly {
            for year in (first.year()..=last.year()).filter(|year| !self.years.contains(year)) {
                said.push(format!(
                    "the days off of {} in {year} are not in the table; weekends alone were free",
                    self.name
                ));
            }
        }
        said
    }
}

impl When {
    fn in_year(self, year: i16) -> Result<Option<Date>, String> {
        let wrong = |error: jiff::Error| error.to_string();
        match self {
            // 29 February exists in some years only.
            When::On { month, day } => match Date::new(year, month, day) {
                Ok(date) => Ok(Some(date)),
                Err(_) if (month, day) == (2, 29) => Ok(None),
                Err(error) => Err(wrong(error)),
            },
            When::Nth { nth, weekday, month } => {
                let first = Date::new(year, month, 1).map_err(wrong)?;
                first.nth_weekday_of_month(nth, weekday.weekday()).map(Some).map_err(wrong)
            }
            When::Easter(days) => easter(year)?.checked_add(days.days()).map(Some).map_err(wrong),
        }
    }
}

/// Easter Sunday by the Gregorian computus ("anonymous" algorithm, Nature 1876; Meeus, Astronomical Algorithms, ch. 8).
fn easter(year: i16) -> Result<Date, String> {
    let year_number = i32::from(year);
    let (a, b, c) = (year_number % 19, year_number / 100, year_number % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    Date::new(year, (sum / 31) as i8, (sum % 31 + 1) as i8).map_err(|error| error.to_string())
}

/// The days that `2026-02-15` or `2026-02-15/2026-02-23` names, all of them in `year`.
fn days_of(range: &str, year: i16) -> Result<Vec<Date>, String> {
    let read = |text: &str| text.parse::<Date>().map_err(|error| format!("\"{text}\" is not a date: {error}"));
    let (first, last) = match range.split_once('/') {
        Some((first, last)) => (read(first)?, read(last)?),
        None => (read(range)?, read(range)?),
    };
    if first > last || first.year() != year || last.year() != year {
        return Err(format!("\"{range}\" does not lie within {year}"));
    }
    Ok(first.series(1.day()).take_while(|day| *day <= last).collect())
}
