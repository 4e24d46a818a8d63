//! The flags of a statement that nobody types: they follow from what the log says happened.
//!
//! Two of the largest senders had these flags wrong for years because they were set apart from
//! the events; here there is no other way to set them.

use crate::kernel::Instant;
use crate::kernel::words::word_enum;

word_enum!(
    /// What brought something to the platform's attention, or settled it.
    Step, "step", {
        /// A rule or matcher spoke.
        RuleSpoke = "rule_spoke",
        /// A notice under DSA art. 16 arrived.
        NoticeArrived = "notice_arrived",
        /// A trusted flagger's notice arrived (DSA art. 22).
        TrustedNoticeArrived = "trusted_notice_arrived",
        /// A consumer, an authority or a partner told of it in another way.
        OtherReport = "other_report",
        /// A member of staff found it.
        StaffFound = "staff_found",
        /// A rule decided, no person did.
        RuleDecided = "rule_decided",
        /// A person decided.
        PersonDecided = "person_decided",
    }
);

/// One step with its moment, as the log holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedStep {
    /// When.
    pub at: Instant,
    /// What.
    pub step: Step,
}

/// The derived flags, in the words of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    /// `Yes` when the first to speak was a rule or matcher.
    pub automated_detection: &'static str,
    /// How the decision was made.
    pub automated_decision: &'static str,
    /// Who brought it up.
    pub source_type: &'static str,
}

/// Why nothing can be derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FlagsError {
    /// Nothing brought it up.
    #[error(
        "the log does not say what brought the content up; a decision needs a notice, a report, a rule or a finding before it"
    )]
    NoTrigger,
    /// Nothing settled it.
    #[error("the log holds no decision")]
    NoDecision,
}

/// The flags of the last decision in `log`, which need not be in order.
pub fn derive(log: &[LoggedStep]) -> Result<Flags, FlagsError> {
    let mut log = log.to_vec();
    log.sort_by_key(|logged| logged.at);
    let decided = |step: Step| matches!(step, Step::RuleDecided | Step::PersonDecided);
    let decision = log.iter().rposition(|logged| decided(logged.step)).ok_or(FlagsError::NoDecision)?;
    let before = &log[..decision];
    let trigger = before.iter().map(|logged| logged.step).find(|step| !decided(*step)).ok_or(FlagsError::NoTrigger)?;
    let rule_spoke = before.iter().any(|logged| matches!(logged.step, Step::RuleSpoke | Step::RuleDecided));
    Ok(Flags {
        automated_detection: if trigger == Step::RuleSpoke { "Yes" } else { "No" },
        automated_decision: match log[decision].step {
            Step::RuleDecided => "AUTOMATED_DECISION_FULLY",
            _ if rule_spoke => "AUTOMATED_DECISION_PARTIALLY",
            _ => "AUTOMATED_DECISION_NOT_AUTOMATED",
        },
        source_type: match trigger {
            Step::NoticeArrived => "SOURCE_ARTICLE_16",
            Step::TrustedNoticeArrived => "SOURCE_TRUSTED_FLAGGER",
            Step::OtherReport => "SOURCE_TYPE_OTHER_NOTIFICATION",
            _ => "SOURCE_VOLUNTARY",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(steps: &[Step]) -> Vec<LoggedStep> {
        let start: Instant = "2026-11-22T09:00:00Z".parse().unwrap();
        let step = |(place, step): (usize, &Step)| LoggedStep { at: start.plus_seconds(place as i64), step: *step };
        steps.iter().enumerate().map(step).collect()
    }

    #[test]
    fn flags_follow_what_came_first_and_who_decided() {
        use Step as S;
        for (steps, detection, decision, source) in [
            (vec![S::RuleSpoke, S::RuleDecided], "Yes", "FULLY", "SOURCE_VOLUNTARY"),
            (vec![S::RuleSpoke, S::PersonDecided], "Yes", "PARTIALLY", "SOURCE_VOLUNTARY"),
            (vec![S::NoticeArrived, S::PersonDecided], "No", "NOT_AUTOMATED", "SOURCE_ARTICLE_16"),
            (vec![S::TrustedNoticeArrived, S::PersonDecided], "No", "NOT_AUTOMATED", "SOURCE_TRUSTED_FLAGGER"),
            (vec![S::NoticeArrived, S::RuleSpoke, S::PersonDecided], "No", "PARTIALLY", "SOURCE_ARTICLE_16"),
            (vec![S::NoticeArrived, S::RuleDecided], "No", "FULLY", "SOURCE_ARTICLE_16"),
            (vec![S::RuleSpoke, S::NoticeArrived, S::PersonDecided], "Yes", "PARTIALLY", "SOURCE_VOLUNTARY"),
            (vec![S::OtherReport, S::PersonDecided], "No", "NOT_AUTOMATED", "SOURCE_TYPE_OTHER_NOTIFICATION"),
            (vec![S::StaffFound, S::PersonDecided], "No", "NOT_AUTOMATED", "SOURCE_VOLUNTARY"),
        ] {
            let flags = derive(&log(&steps)).unwrap();
            assert_eq!(flags.automated_detection, detection, "{steps:?}");
            assert_eq!(flags.automated_decision, format!("AUTOMATED_DECISION_{decision}"), "{steps:?}");
            assert_eq!(flags.source_type, source, "{steps:?}");
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter_and_what_came_after_does_not_count() {
        use Step as S;
        let mut rows = log(&[S::NoticeArrived, S::PersonDecided, S::RuleSpoke]);
        rows.reverse();
        let flags = derive(&rows).unwrap();
        assert_eq!((flags.automated_detection, flags.automated_decision), ("No", "AUTOMATED_DECISION_NOT_AUTOMATED"));
    }

    #[test]
    fn a_decision_without_a_trigger_and_a_trigger_without_a_decision_give_nothing() {
        assert_eq!(derive(&log(&[Step::PersonDecided])), Err(FlagsError::NoTrigger));
        assert_eq!(derive(&log(&[Step::RuleSpoke])), Err(FlagsError::NoDecision));
        assert_eq!(derive(&[]), Err(FlagsError::NoDecision));
    }
}
