//! What a clock is.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Names of the shipped clocks that the program itself starts.
pub mod name {
    /// Confirming to a notifier that the notice arrived (DSA art. 16(4)).
    pub const NOTICE_RECEIPT: &str = "dsa-16-receipt";
    /// Deciding on a notice (DSA art. 16(5) and (6)).
    pub const NOTICE_DECISION: &str = "dsa-16-decision";
    /// Deciding on the notice of a trusted flagger (DSA art. 22).
    pub const TRUSTED_NOTICE_DECISION: &str = "dsa-22-decision";
    /// Deciding on a notice about product safety (GPSR art. 22(8)).
    pub const SAFETY_NOTICE_DECISION: &str = "gpsr-22-8-notice";
    /// Acting on a notice under United States copyright law (17 USC 512(c)).
    pub const DMCA_DECISION: &str = "dmca-512c-decision";
    /// Acting on a notice under China's E-Commerce Law art. 42.
    pub const CN_DECISION: &str = "cn-ecl-42-decision";
    /// The notifier's answer when parts of a notice are missing.
    pub const NOTICE_INFORMATION: &str = "notice-information";
    /// The merchant's time for a counter-notice.
    pub const COUNTER_WINDOW: &str = "counter-window";
    /// Putting material back after a counter-notice (17 USC 512(g)).
    pub const DMCA_RESTORE: &str = "dmca-512g-restore";
    /// Lifting measures after a seller's statement (China's E-Commerce Law art. 43).
    pub const CN_RESTORE: &str = "cn-ecl-43-restore";
    /// Deciding on a counter-notice where no law sets a term.
    pub const COUNTER_DECISION: &str = "counter-decision";
    /// Complaining about a decision (DSA art. 20(1)).
    pub const APPEAL_WINDOW: &str = "dsa-20-window";
    /// Deciding on such a complaint (DSA art. 20(4)).
    pub const APPEAL_DECISION: &str = "dsa-20-decision";
    /// Answering a consumer's complaint.
    pub const COMPLAINT_ANSWER: &str = "complaint-answer";
    /// For how long notices of an abusive notifier are not processed (DSA art. 23(2)).
    pub const NOTIFIER_SUSPENSION: &str = "dsa-23-notifier";
}

/// A length of time, counted in one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// Exact hours.
    Hours(u32),
    /// Calendar days.
    Days(u32),
    /// Days that are neither weekend nor public holiday.
    BusinessDays(u32),
    /// Calendar months; a day that the last month lacks is that month's last day.
    Months(u32),
}

/// What happens when a clock runs out and nobody has acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtExpiry {
    /// Whoever leads the queue is alarmed; the duty stays.
    Alarm,
    /// What was restricted is restored.
    Restore,
    /// A window closes: what could be done within it can be done no more.
    Close,
    /// What waits for an answer is refused.
    Refuse,
    /// An account or a seller is suspended.
    Suspend,
    /// A suspension ends.
    Resume,
    /// Data is erased.
    Erase,
}

/// Who set the length of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The law names the length.
    Law,
    /// The law says "without undue delay" or nothing; the length is the operator's own target.
    Target,
}

/// One clock as the table holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Its name; several rows may share one when a law changed, for different days.
    pub name: String,
    /// The body of law or practice: `DSA`, `DMCA`, `CN ECL`.
    pub regime: String,
    /// Article or section.
    pub provision: String,
    /// What starts it.
    pub event: String,
    /// What has to be done, or may be done, until it runs out.
    pub duty: String,
    /// How long it runs.
    pub length: Length,
    /// The earliest moment to act, for terms with two ends ("not less than 10, nor more than 14").
    #[serde(default)]
    pub not_before: Option<Length>,
    /// The calendar it runs in; none: that of the country given by the caller.
    #[serde(default)]
    pub calendar: Option<String>,
    /// How long before its end a warning goes out.
    pub warning: Length,
    /// What happens when it runs out.
    pub at_expiry: AtExpiry,
    /// Whether a last day that is no business day moves to the next one.
    #[serde(default)]
    pub rolls: bool,
    /// Who set the length.
    pub basis: Basis,
    /// First day on which an event starts it.
    pub valid_from: Date,
    /// Last such day; none: still in force.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// Where the length comes from.
    pub source: String,
    /// How far the source was confirmed.
    pub confidence: String,
}

impl Clock {
    /// Whether an event on `day` starts this row.
    pub fn in_force_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}
