//! What a case is. Pure data.

use std::fmt;
use std::str::FromStr;

use crate::kernel::id::{CaseId, DecisionId, ListingId, VerdictId};
use crate::kernel::{Digest, Instant};

/// The text is none of the words that are expected here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is no {what}; use one of {words}")]
pub struct UnknownWord {
    /// The text, cut to 40 characters.
    pub given: String,
    /// What was expected: `case kind`.
    pub what: &'static str,
    /// The words there are.
    pub words: String,
}

/// Declares an enum whose values are words: in the database, the API and the data files alike.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal, { $($(#[$doc:meta])* $value:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $value),* }

        impl $name {
            /// All values, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$(Self::$value),*];

            /// The value's word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| UnknownWord {
                    given: text.chars().take(40).collect(),
                    what: $what,
                    words: [$($word),*].join(", "),
                })
            }
        }
    };
}
pub(crate) use words;

words!(
    /// Why a person has to look.
    CaseKind, "case kind", {
        /// Rules ask for a person on a listing.
        ListingReview = "listing_review",
        /// Only a picture of a listing resembles a reference.
        ImageLookAlike = "image_look_alike",
        /// A rights holder's notice about listings.
        Notice = "notice",
        /// A merchant's answer to a notice.
        CounterNotice = "counter_notice",
        /// Consumers complain about goods.
        Complaint = "complaint",
        /// Someone asks that a decision be looked at again.
        Appeal = "appeal",
        /// A merchant has to be vetted.
        Merchant = "merchant",
        /// A shipment is held.
        ShipmentHold = "shipment_hold",
        /// A reference picture suddenly matches everything.
        SuspectedFlood = "suspected_flood",
        /// A decision is judged again by somebody who does not see it.
        SecondReview = "second_review",
    }
);

impl CaseKind {
    /// The word under which a subject has one open case: a listing has one, whether its words or
    /// its pictures are the reason.
    pub fn live_word(self) -> &'static str {
        match self {
            Self::ListingReview | Self::ImageLookAlike => "listing",
            other => other.as_str(),
        }
    }

    /// The request that decides cases of this kind, where their own course does and closes them.
    pub fn decided_with(self) -> Option<&'static str> {
        match self {
            Self::Notice | Self::CounterNotice => Some("POST /v1/notices/{id}/decisions"),
            Self::Appeal => Some("POST /v1/appeals/{id}/answer"),
            _ => None,
        }
    }

    /// What an open case of this kind about `subject` is known by.
    pub fn live_key(self, subject: &str) -> String {
        format!("{} {subject}", self.live_word())
    }
}

words!(
    /// Where a case stands.
    CaseState, "case state", {
        /// In its queue.
        Waiting = "waiting",
        /// In the queue of those who decide what others pass on.
        Escalated = "escalated",
        /// Put off until a moment.
        Snoozed = "snoozed",
        /// Decided by one person; a second one has to confirm.
        Proposed = "proposed",
        /// Decided.
        Decided = "decided",
        /// Nothing is left to decide.
        Closed = "closed",
    }
);

impl CaseState {
    /// Whether somebody may take the case to work on it.
    pub fn is_takeable(self) -> bool {
        matches!(self, Self::Waiting | Self::Escalated | Self::Proposed)
    }

    /// Whether the case still waits for an answer.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Decided | Self::Closed)
    }
}

/// What is known when a case is opened: what its priority, its queue and its page are made of.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct CaseFacts {
    /// Gravity of what is suspected: 1 (low) to 5 (critical).
    pub severity: u8,
    /// How sure the suspicion is, 0 to 1.
    pub confidence: f64,
    /// Units sold in the last 30 days, where the platform tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold_30_days: Option<u64>,
    /// Units in stock or on their way, where the platform tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
    /// The queue that the rules named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// What speaks against it, one sentence each, weightiest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The rules that spoke: `pack/rule`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Keys of the brands concerned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brands: Vec<String>,
    /// The marks concerned, as words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
    /// Digests of the pictures concerned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Digest>,
    /// The platform's id of the listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The verdict that asks for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<VerdictId>,
    /// The listing version that was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A case to be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCase {
    /// Why a person has to look.
    pub kind: CaseKind,
    /// What it is about: the id of a listing, notice, merchant, shipment, reference.
    pub subject: String,
    /// One line for people; cut to 300 characters.
    pub title: String,
    /// What is known.
    pub facts: CaseFacts,
    /// The listing concerned.
    pub listing: Option<ListingId>,
    /// The platform's id of the merchant concerned.
    pub merchant: Option<String>,
    /// When it has to be answered, by law or promise.
    pub due: Option<Instant>,
    /// Who opens it: an API key id, a person's id, `rules`, `system`.
    pub opened_by: String,
    /// Who must not decide it: whoever decided what is appealed.
    pub not_for: Option<String>,
}

/// A case as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Why a person has to look.
    pub kind: CaseKind,
    /// What it is about.
    pub subject: String,
    /// One line for people.
    pub title: String,
    /// Where it stands.
    pub state: CaseState,
    /// The queue it lies in.
    pub queue: String,
    /// Its place in the queue: higher first.
    pub rank: i64,
    /// What is known.
    pub facts: CaseFacts,
    /// The listing concerned.
    pub listing: Option<ListingId>,
    /// The merchant concerned.
    pub merchant: Option<String>,
    /// When it has to be answered.
    pub due: Option<Instant>,
    /// How often the same was reported, from 1.
    pub times: i64,
    /// When it was opened.
    pub opened_at: Instant,
    /// Who opened it.
    pub opened_by: String,
    /// When it last changed.
    pub updated_at: Instant,
    /// Who must not decide it; several are parted by spaces.
    pub not_for: Option<String>,
    /// Who works on it, or did until `lease_until`.
    pub holder: Option<String>,
    /// Until when the holder has it.
    pub lease_until: Option<Instant>,
    /// Until when it is put off.
    pub snoozed_until: Option<Instant>,
    /// The decision in force or proposed.
    pub decision: Option<DecisionId>,
    /// Number of its changes, from 1.
    pub version: i64,
}

impl Case {
    /// Who holds it at `now`.
    pub fn held_by(&self, now: Instant) -> Option<&str> {
        let holder = self.holder.as_deref()?;
        self.lease_until.is_some_and(|end| now < end).then_some(holder)
    }

    /// Whether this actor must not decide it.
    pub fn excludes(&self, actor: &str) -> bool {
        self.not_for.as_deref().is_some_and(|actors| actors.split(' ').any(|known| known == actor))
    }

    /// Keeps this actor from deciding it, beside those that are kept already.
    pub fn exclude(&mut self, actor: &str) {
        if !self.excludes(actor) {
            let before = self.not_for.take().map_or_else(String::new, |actors| format!("{actors} "));
            self.not_for = Some(format!("{before}{actor}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_no_other_is_taken() {
        for kind in CaseKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str(), "one word everywhere");
        }
        for state in CaseState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str(), "one word everywhere");
        }
        let refused = "Notice".parse::<CaseKind>().unwrap_err().to_string();
        assert!(refused.contains("listing_review, image_look_alike"), "{refused}");
    }

    #[test]
    fn a_listing_has_one_open_case_whatever_the_reason() {
        assert_eq!(CaseKind::ListingReview.live_key("lst_1"), CaseKind::ImageLookAlike.live_key("lst_1"));
        assert_ne!(CaseKind::Appeal.live_key("lst_1"), CaseKind::ListingReview.live_key("lst_1"));
    }
}
