//! The small things that several pages show: verdict words, marked text, moments, facts.

use std::fmt;
use std::str::FromStr;

use crate::kernel::Instant;

/// A verdict, or the effect of one reason on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A reason that only notes something; never a verdict.
    Note,
    /// Nothing speaks against the listing.
    Clear,
    /// A person decides.
    Review,
    /// The listing may not be offered.
    Block,
}

/// The text names no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a verdict; use clear, review or block")]
pub struct ParseOutcomeError(String);

impl Outcome {
    /// The three verdicts, gravest first.
    pub const VERDICTS: [Outcome; 3] = [Outcome::Block, Outcome::Review, Outcome::Clear];

    /// The word in addresses, classes and the API: `block`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Clear => "clear",
            Self::Review => "review",
            Self::Block => "block",
        }
    }

    /// The word for people: `Block`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Note => "Note",
            Self::Clear => "Clear",
            Self::Review => "Review",
            Self::Block => "Block",
        }
    }
}

impl FromStr for Outcome {
    type Err = ParseOutcomeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::VERDICTS.into_iter().find(|outcome| outcome.word() == text);
        known.ok_or_else(|| ParseOutcomeError(text.chars().take(16).collect()))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.label())
    }
}

/// What a marked place in a text stands for; later is graver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// A mark used as the law allows: nominative, authorised, resale.
    Lawful,
    /// A word that says what the seller claims: replica, compatible.
    Claim,
    /// A word of a prohibited or restricted class.
    Prohibited,
    /// A mark that seems to be used without right.
    Infringing,
}

impl Tone {
    /// The tone of a mark hit of this type: `infringing_use`, `nominative`, `authorised`, `resale`.
    pub fn of_use(kind: &str) -> Self {
        if kind == "infringing_use" { Self::Infringing } else { Self::Lawful }
    }

    /// The class in the style sheet.
    pub fn css(self) -> &'static str {
        match self {
            Self::Lawful => "lawful",
            Self::Claim => "claim",
            Self::Prohibited => "prohibited",
            Self::Infringing => "infringing",
        }
    }

    /// The name in the legend.
    pub fn label(self) -> &'static str {
        match self {
            Self::Lawful => "Mark, lawful use",
            Self::Claim => "Seller’s claim",
            Self::Prohibited => "Prohibited or restricted",
            Self::Infringing => "Mark, infringing use",
        }
    }
}

/// A piece of a text; the pieces laid end to end are the text. Made by [`super::marking`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The letters.
    pub text: String,
    /// What was matched here, if anything.
    pub mark: Option<SegmentMark>,
    /// Short name of the invisible character that this piece is.
    pub hidden: Option<&'static str>,
}

/// What was matched in a piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentMark {
    /// The gravest kind of hit here.
    pub tone: Tone,
    /// One line for each hit.
    pub note: String,
    /// Numbers of the hits that end with this piece, as in the table of hits.
    pub numbers: Vec<u32>,
}

/// A moment, for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// `2026-11-22T09:30:00.000000Z`.
    pub exact: String,
    /// `2026-11-22 09:30 UTC`.
    pub shown: String,
}

impl From<Instant> for When {
    fn from(instant: Instant) -> Self {
        let exact = instant.to_string();
        // The text form has one width: the day ends at 10, minutes at 16.
        let shown = match (exact.get(..10), exact.get(11..16)) {
            (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
            _ => exact.clone(),
        };
        Self { exact, shown }
    }
}

/// A picture to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Address on this server.
    pub src: String,
    /// What a reader who cannot see it is told; empty for decoration.
    pub alt: String,
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// `Ships to`.
    pub label: String,
    /// `DE, FR`; empty is shown as “not given”.
    pub value: String,
    /// Whether the value is an identifier or hash, set in fixed width.
    pub code: bool,
}

impl Fact {
    /// A fact in words.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), code: false }
    }

    /// An identifier or hash.
    pub fn code(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), code: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_the_three_verdicts_and_nothing_else() {
        for outcome in Outcome::VERDICTS {
            assert_eq!(outcome.word().parse(), Ok(outcome));
        }
        for wrong in ["note", "Block", "", "all"] {
            assert!(wrong.parse::<Outcome>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_shown_to_the_minute_in_utc() {
        let moment: Instant = "2026-11-22T10:05:59.9+01:00".parse().unwrap();
        let when = When::from(moment);
        assert_eq!((when.exact.as_str(), when.shown.as_str()), ("2026-11-22T09:05:59.900000Z", "2026-11-22 09:05 UTC"));
    }

    #[test]
    fn infringing_use_is_the_gravest_tone() {
        assert_eq!(Tone::of_use("infringing_use"), Tone::Infringing);
        assert!(["nominative", "authorised", "resale"].iter().all(|kind| Tone::of_use(kind) == Tone::Lawful));
        assert!(Tone::Infringing > Tone::Prohibited && Tone::Prohibited > Tone::Claim && Tone::Claim > Tone::Lawful);
    }
}
