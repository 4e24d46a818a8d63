//! Why a notice or a step of one is refused.

use super::core::checks::Finding;
use super::core::machine::ItemEvent;
use super::core::parts::Missing;
use super::model::ItemState;
use crate::kernel::Instant;
use crate::kernel::id::NoticeId;
use crate::store::StoreError;

/// Why a notice or a step of one is refused.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// Parts are missing.
    #[error("{} parts are missing or unusable", .0.len())]
    Incomplete(Vec<Missing>),
    /// The checks speak against every listing or against a mark.
    #[error("the notice cannot be filed as it is")]
    Refused(Vec<Finding>),
    /// The key came with another request before.
    #[error("this idempotency key was used for another request")]
    KeyUsed,
    /// The processing of the notifier's notices is suspended.
    #[error("your notices are not processed until {until} (DSA art. 23); appeal the suspension or wait")]
    Suspended {
        /// Until when.
        until: Instant,
    },
    /// More listings in a day than the notifier may name.
    #[error("{left} more listings can be named today, the notice names {asked}; the quota grows with upheld notices")]
    Quota {
        /// Listings that are left of the day's quota.
        left: u64,
        /// Listings that the notice names.
        asked: u64,
    },
    /// There is nothing of that name, or not for this caller.
    #[error("there is no {what} {name}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The event cannot happen in this state.
    #[error("\"{listing}\" is {state} in notice {notice}; {event} is not possible then")]
    NotNow {
        /// The notice.
        notice: NoticeId,
        /// The platform's id of the listing.
        listing: String,
        /// Where it stands.
        state: ItemState,
        /// What was wanted.
        event: ItemEvent,
    },
    /// The time for it is over.
    #[error("the time for this ended at {until}; {instead}")]
    TooLate {
        /// When it ended.
        until: Instant,
        /// What is left to do.
        instead: &'static str,
    },
    /// Somebody else changed it meanwhile.
    #[error("this changed meanwhile; read it again and repeat if it still applies")]
    Changed,
    /// The caller decided before and must not decide again.
    #[error("you decided this before; an appeal is answered by somebody else (DSA art. 20)")]
    FirstDecider,
    /// An appeal about it waits already.
    #[error("an appeal about this waits for an answer")]
    AppealOpen,
    /// A text is missing or too long.
    #[error("{pointer} {says}")]
    Text {
        /// The member.
        pointer: &'static str,
        /// What is wrong.
        says: String,
    },
    /// The statement of reasons would break a rule of the database.
    #[error("the statement of reasons cannot be made: {0}")]
    Statement(String),
    /// A clock is not in the table.
    #[error(transparent)]
    Clock(#[from] crate::clocks::DueError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
