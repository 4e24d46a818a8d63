//! Clocks against calendars known by heart.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::kernel::{Instant, Market};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn market(text: &str) -> Option<Market> {
    Some(text.parse().unwrap())
}

fn due(name: &str, started: &str, country: &str) -> Due {
    Clocks::built_in().due(name, at(started), market(country)).unwrap()
}

fn free_days(country: &str, year: i16) -> Vec<String> {
    let calendar = Clocks::built_in().calendar(country);
    let weekend = [jiff::civil::Weekday::Saturday, jiff::civil::Weekday::Sunday];
    let days = date(year, 1, 1).series(jiff::ToSpan::day(1)).take_while(|day| day.year() == year);
    days.filter(|day| !weekend.contains(&day.weekday()) && !calendar.is_business_day(*day))
        .map(|day| day.strftime("%m-%d").to_string())
        .collect()
}

#[test]
fn every_clock_the_program_starts_is_in_the_table() {
    let clocks = Clocks::built_in();
    let started = [
        name::NOTICE_RECEIPT,
        name::NOTICE_DECISION,
        name::TRUSTED_NOTICE_DECISION,
        name::SAFETY_NOTICE_DECISION,
        name::DMCA_DECISION,
        name::CN_DECISION,
        name::NOTICE_INFORMATION,
        name::COUNTER_WINDOW,
        name::DMCA_RESTORE,
        name::CN_RESTORE,
        name::COUNTER_DECISION,
        name::APPEAL_WINDOW,
        name::APPEAL_DECISION,
        name::COMPLAINT_ANSWER,
        name::NOTIFIER_SUSPENSION,
    ];
    for clock in started {
        assert!(clocks.get(clock, date(2026, 11, 22)).is_some(), "{clock}");
    }
}

#[test]
fn holidays_of_2026_fall_where_the_calendars_say() {
    // 4 July 2026 is a Saturday and is observed on Friday the 3rd.
    assert_eq!(
        free_days("US", 2026),
        ["01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11", "11-26", "12-25"]
    );
    // Easter Sunday is 5 April 2026; 3 October and 26 December are Saturdays.
    assert_eq!(free_days("DE", 2026), ["01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "12-25"]);
    assert_eq!(
        free_days("FR", 2026),
        ["01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "11-11", "12-25"]
    );
    // 26 December 2026 is a Saturday: Monday the 28th is free instead.
    assert_eq!(free_days("GB", 2026), ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"]);
}

#[test]
fn two_british_holidays_on_one_weekend_move_to_two_days() {
    // 25 and 26 December 2027 are Saturday and Sunday; in 2022 the 25th was a Sunday.
    let christmas = |year| free_days("GB", year).into_iter().filter(|day| day.starts_with("12")).collect::<Vec<_>>();
    assert_eq!(christmas(2027), ["12-27", "12-28"]);
    assert_eq!(christmas(2022), ["12-26", "12-27"]);
}

#[test]
fn an_american_new_year_on_a_saturday_is_free_in_the_old_year() {
    assert!(!Clocks::built_in().calendar("US").is_business_day(date(2021, 12, 31)));
    assert!(Clocks::built_in().calendar("US").is_business_day(date(2022, 1, 3)));
}

#[test]
fn chinese_weekends_that_are_worked_count_as_business_days() {
    let china = Clocks::built_in().calendar("CN");
    assert!(china.is_business_day(date(2026, 2, 14)), "a worked Saturday before Spring Festival");
    assert!(!china.is_business_day(date(2026, 2, 16)), "a Monday of Spring Festival");
    assert_eq!(china.plus_business_days(date(2026, 2, 13), 2), Some(date(2026, 2, 24)));
}

#[test]
fn material_comes_back_ten_to_fourteen_business_days_after_a_counter_notice() {
    // Monday 23 November 2026, 15:00 in New York. Thanksgiving is the 26th, so the 10th business
    // day is 8 December and the 14th 14 December; both days end at 05:00 UTC.
    let due = due(name::DMCA_RESTORE, "2026-11-23T20:00:00Z", "DE");
    assert_eq!(due.calendar, "US");
    assert_eq!(due.not_before, Some(at("2026-12-09T05:00:00Z")));
    assert_eq!(due.at, at("2026-12-15T05:00:00Z"));
    assert_eq!(due.acts_at(), at("2026-12-09T05:00:00Z"));
    assert_eq!(due.at_expiry, AtExpiry::Restore);
    assert_eq!(due.warn_at, at("2026-12-11T05:00:00Z"));
}

#[test]
fn the_day_of_the_event_is_the_calendars_own() {
    // 03:00 UTC on the 24th is still the 23rd in New York: the same term as above.
    let evening = due(name::DMCA_RESTORE, "2026-11-24T03:00:00Z", "US");
    assert_eq!(evening.at, at("2026-12-15T05:00:00Z"));
    let next_day = due(name::DMCA_RESTORE, "2026-11-24T05:00:00Z", "US");
    assert_eq!(next_day.at, at("2026-12-16T05:00:00Z"));
}

#[test]
fn an_american_term_over_the_change_of_clocks_ends_at_local_midnight() {
    // Daylight saving ends on 1 November 2026: the start is at UTC-4, the end at UTC-5. Veterans
    // Day is no business day.
    let autumn = due(name::DMCA_RESTORE, "2026-10-30T12:00:00Z", "US");
    assert_eq!(autumn.not_before, Some(at("2026-11-17T05:00:00Z")));
    assert_eq!(autumn.at, at("2026-11-21T05:00:00Z"));
    // It began on 8 March: a term from Friday the 6th ends at UTC-4.
    let spring = due(name::DMCA_RESTORE, "2026-03-06T12:00:00Z", "US");
    assert_eq!(spring.at, at("2026-03-27T04:00:00Z"));
}

#[test]
fn hours_are_exact_over_the_change_of_clocks_and_days_are_not() {
    // In Berlin the night to 25 October 2026 has 25 hours, that to 29 March 23.
    let hours = due(name::NOTICE_DECISION, "2026-10-24T12:00:00Z", "DE");
    assert_eq!(hours.at, at("2026-10-25T12:00:00Z"));
    let autumn = due("p2b-4-termination", "2026-09-25T12:00:00Z", "DE");
    assert_eq!(autumn.at, at("2026-10-25T23:00:00Z"), "the end of 25 October is 24:00 at UTC+1");
    let spring = due("p2b-4-termination", "2026-02-26T12:00:00Z", "DE");
    assert_eq!(spring.at, at("2026-03-28T23:00:00Z"), "the end of 28 March is 24:00 at UTC+1");
    let spring_after = due("p2b-4-termination", "2026-02-27T12:00:00Z", "DE");
    assert_eq!(spring_after.at, at("2026-03-29T22:00:00Z"), "and of the day after at UTC+2");
}

#[test]
fn two_working_days_over_the_year_end_skip_the_authoritys_holidays() {
    // Wednesday 23 December 2026: the 24th counts in Germany and France, 25 to 27 do not.
    assert_eq!(due("gpsr-22-4-order", "2026-12-23T09:00:00Z", "DE").at, at("2026-12-28T23:00:00Z"));
    // In Great Britain Monday the 28th is free as well, and days end at UTC.
    assert_eq!(due("gpsr-22-4-order", "2026-12-23T09:00:00Z", "GB").at, at("2026-12-30T00:00:00Z"));
    // New Year's Day 2027 is a Friday.
    assert_eq!(due("gpsr-22-8-notice", "2026-12-30T09:00:00Z", "DE").at, at("2027-01-05T23:00:00Z"));
}

#[test]
fn six_months_end_on_the_last_day_of_a_short_month_and_roll_over_a_weekend() {
    // 31 August and six months: 28 February 2027, a Sunday; the window closes with Monday.
    let window = due(name::APPEAL_WINDOW, "2026-08-31T10:00:00Z", "DE");
    assert_eq!(window.at, at("2027-03-01T23:00:00Z"));
    assert_eq!(window.at_expiry, AtExpiry::Close);
    // In a leap year 29 February is a Tuesday.
    assert_eq!(due(name::APPEAL_WINDOW, "2027-08-31T10:00:00Z", "FR").at, at("2028-02-29T23:00:00Z"));
    // 3 April 2026 is Good Friday, the Monday after Easter Monday's weekend is the 6th: Tuesday the 7th.
    assert_eq!(due(name::APPEAL_WINDOW, "2025-10-03T10:00:00Z", "DE").at, at("2026-04-07T22:00:00Z"));
}

#[test]
fn the_chinese_term_counts_calendar_days_and_rolls_over_spring_festival() {
    // 15 days from 2 February 2026 end on the 17th, inside the festival; work begins again on the 24th.
    let rolled = due(name::CN_RESTORE, "2026-02-02T04:00:00Z", "US");
    assert_eq!(rolled.at, at("2026-02-24T16:00:00Z"));
    assert!(rolled.assumptions.is_empty());
    // 15 days from 5 March end on the 20th, a Friday.
    assert_eq!(due(name::CN_RESTORE, "2026-03-05T04:00:00Z", "US").at, at("2026-03-20T16:00:00Z"));
}

#[test]
fn what_no_table_says_is_said() {
    let unlisted_year = due(name::CN_RESTORE, "2026-12-25T04:00:00Z", "CN");
    assert_eq!(
        unlisted_year.assumptions,
        ["the days off of CN in 2027 are not in the table; weekends alone were free"]
    );
    let no_table = due("gpsr-22-4-order", "2026-11-20T09:00:00Z", "IT");
    assert_eq!(no_table.at, at("2026-11-25T00:00:00Z"));
    assert!(no_table.assumptions[0].contains("no calendar for IT"), "{:?}", no_table.assumptions);
}

#[test]
fn a_clock_has_a_first_day_and_a_name() {
    let clocks = Clocks::built_in();
    let before = clocks.due("gpsr-22-4-order", at("2024-12-12T12:00:00Z"), market("DE")).unwrap_err();
    assert_eq!(before, DueError::Unknown { name: "gpsr-22-4-order".to_owned(), day: date(2024, 12, 12) });
    assert!(clocks.due("gpsr-22-4-order", at("2024-12-13T12:00:00Z"), market("DE")).is_ok());
    let nowhere = clocks.due("gpsr-22-4-order", at("2026-01-01T00:00:00Z"), None).unwrap_err();
    assert_eq!(nowhere, DueError::NoCountry("gpsr-22-4-order".to_owned()));
}

#[test]
fn a_clock_runs_then_warns_then_has_run_out() {
    let due = due(name::NOTICE_DECISION, "2026-11-22T09:00:00Z", "DE");
    assert_eq!(due.phase(at("2026-11-23T04:59:59Z")), Phase::Running);
    assert_eq!(due.phase(at("2026-11-23T05:00:00Z")), Phase::Warning);
    assert_eq!(due.phase(at("2026-11-23T09:00:00Z")), Phase::Expired);
}

const ONE_CALENDAR: &str = r#"
[[calendar]]
name = "XX"
title = "made up"
zone = "UTC0"
weekend = ["sunday"]
source = "made up"
confidence = "made up"
"#;

fn one_clock(name: &str, more: &str) -> String {
    format!(
        r#"
[[clock]]
name = "{name}"
regime = "X"
provision = "1"
event = "e"
duty = "d"
length = {{ days = 2 }}
warning = {{ hours = 1 }}
at_expiry = "alarm"
basis = "target"
source = "s"
confidence = "c"
{more}
"#
    )
}

#[test]
fn a_law_that_changed_has_two_rows_and_each_event_its_own() {
    let old = one_clock("a", "calendar = \"XX\"\nvalid_from = \"2020-01-01\"\nvalid_to = \"2025-12-31\"");
    let new = one_clock("a", "calendar = \"XX\"\nvalid_from = \"2026-01-01\"").replace("days = 2", "days = 5");
    let clocks = Clocks::parse(&format!("{old}{new}"), ONE_CALENDAR).unwrap();
    let end = |started: &str| clocks.due("a", at(started), None).unwrap().at;
    assert_eq!(end("2025-12-31T12:00:00Z"), at("2026-01-03T00:00:00Z"));
    assert_eq!(end("2026-01-01T12:00:00Z"), at("2026-01-07T00:00:00Z"));
}

#[test]
fn a_table_with_a_slip_is_refused_by_the_row() {
    let refused = |clocks: &str, calendars: &str| Clocks::parse(clocks, calendars).unwrap_err().to_string();
    let row = one_clock("a", "calendar = \"XX\"\nvalid_from = \"2026-01-01\"");
    assert!(refused(&format!("{row}{row}"), ONE_CALENDAR).contains("two of its rows hold on the same day"));
    assert!(refused(&row.replace("\"XX\"", "\"YY\""), ONE_CALENDAR).contains("no calendar \"YY\""));
    assert!(refused(&row.replace("days = 2", "days = 99999"), ONE_CALENDAR).contains("above 3660"));
    assert!(refused(&row.replace("source = \"s\"", "source = \"\""), ONE_CALENDAR).contains("no source"));
    assert!(refused(&row, &ONE_CALENDAR.replace("UTC0", "Mars")).contains("zone"));
    assert!(refused(&row, &format!("{ONE_CALENDAR}{ONE_CALENDAR}")).contains("twice"));
    assert!(refused("clock = 7", ONE_CALENDAR).contains("cannot be read"));
    let list =
        "[[calendar.year]]\nyear = 2026\nclosed = [\"2026-05-01/2027-01-01\"]\nsource = \"s\"\nconfidence = \"c\"";
    assert!(refused(&row, &format!("{ONE_CALENDAR}{list}")).contains("does not lie within 2026"));
}

const COUNTRIES: [&str; 7] = ["US", "DE", "FR", "GB", "CN", "EU", "IT"];

fn any_day() -> impl Strategy<Value = Date> {
    (0i64..13_000).prop_map(|days| date(2010, 1, 1).saturating_add(jiff::ToSpan::days(days)))
}

proptest! {
    #[test]
    fn as_many_business_days_lie_in_a_term_as_were_counted(day in any_day(), count in 1u32..40, place in 0..7usize) {
        let calendar = Clocks::built_in().calendar(COUNTRIES[place]);
        let end = calendar.plus_business_days(day, count).unwrap();
        prop_assert!(calendar.is_business_day(end));
        let between = day.series(jiff::ToSpan::day(1)).skip(1).take_while(|next| *next <= end);
        prop_assert_eq!(between.filter(|next| calendar.is_business_day(*next)).count(), count as usize);
        if calendar.is_business_day(day) {
            prop_assert_eq!(calendar.minus_business_days(end, count), Some(day));
        }
    }

    #[test]
    fn a_later_event_is_never_due_earlier_and_warnings_lie_inside(
        seconds in 0i64..400_000_000, later in 0i64..10_000_000, row in 0..200usize, place in 0..7usize
    ) {
        let clocks = Clocks::built_in();
        let row = &clocks.rows()[row % clocks.rows().len()];
        let first = at("2024-12-13T00:00:00Z").plus_seconds(seconds);
        let one = clocks.due(&row.name, first, market(COUNTRIES[place])).unwrap();
        let other = clocks.due(&row.name, first.plus_seconds(later), market(COUNTRIES[place])).unwrap();
        prop_assert!(one.at <= other.at);
        prop_assert!(one.started <= one.warn_at && one.warn_at <= one.at);
        if let Some(earliest) = one.not_before {
            prop_assert!(one.started < earliest && earliest < one.at);
        }
    }

    #[test]
    fn a_day_ends_where_the_next_begins(day in any_day(), place in 0..7usize) {
        let calendar = Clocks::built_in().calendar(COUNTRIES[place]);
        let end = calendar.end_of(day).unwrap();
        prop_assert_eq!(calendar.day_of(end), day.tomorrow().ok());
        prop_assert_eq!(calendar.day_of(end.plus_seconds(-1)), Some(day));
    }
}
