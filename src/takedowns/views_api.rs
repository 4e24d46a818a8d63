//! Notices as the API shows them.

use serde::Serialize;

use super::core::checks::Finding;
use super::core::machine;
use super::core::parts::Missing;
use super::error::NoticeError;
use super::model::{Ground, ItemState, Notice, NoticeDraft, NoticeItem, Regime};
use super::store::NoticeEvent;
use super::store_appeals::Appeal;
use crate::http::internal;
use crate::http::problem::{Problem, ProblemError, ProblemKind};
use crate::kernel::Instant;
use crate::kernel::id::{AppealId, NoticeId, StatementId};

impl From<NoticeError> for Problem {
    fn from(error: NoticeError) -> Self {
        let kind = match &error {
            NoticeError::Incomplete(missing) => {
                let places = missing.iter().map(|part| {
                    ProblemError::at_pointer(part.pointer.as_str(), format!("{} ({})", part.says, part.provision))
                });
                return Problem::with_places(ProblemKind::InvalidNotice, places.collect());
            }
            NoticeError::Refused(findings) => {
                let places = findings.iter().map(|finding| {
                    let pointer = if finding.listing.is_some() { "/listings" } else { "/marks" };
                    ProblemError::at_pointer(pointer, format!("{} ({})", finding.says, finding.kind))
                });
                return Problem::with_places(ProblemKind::InvalidNotice, places.collect());
            }
            NoticeError::Text { pointer, says } => {
                let place = ProblemError::at_pointer(*pointer, says.clone());
                return Problem::with_places(ProblemKind::InvalidNotice, vec![place]);
            }
            NoticeError::KeyUsed => ProblemKind::IdempotencyMismatch,
            NoticeError::Suspended { .. } | NoticeError::FirstDecider => ProblemKind::Forbidden,
            NoticeError::Quota { .. } => ProblemKind::TooManyRequests,
            NoticeError::NotFound { .. } => ProblemKind::NotFound,
            NoticeError::NotNow { .. }
            | NoticeError::TooLate { .. }
            | NoticeError::Changed
            | NoticeError::AppealOpen
            | NoticeError::Statement(_) => ProblemKind::Conflict,
            NoticeError::Store(source) if source.is_storage_full() => ProblemKind::StorageFull,
            NoticeError::Clock(_) | NoticeError::Store(_) => return internal(error),
        };
        Problem::new(kind, error.to_string())
    }
}

/// Members of a counter-notice that tell who and where the merchant is.
const CONTACT: [&str; 5] = ["name", "email", "address", "phone", "signature"];

/// What the checks before filing say.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CheckView {
    /// Whether a notice about the accepted listings can be filed.
    pub can_be_filed: bool,
    /// The law it would be handled under.
    pub regime: Regime,
    /// Parts that are missing.
    pub missing: Vec<Missing>,
    /// What speaks against it.
    pub findings: Vec<Finding>,
    /// The listings that would be taken.
    pub accepted: Vec<String>,
}

/// One listing of a notice.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ItemView {
    /// The platform's id of the listing.
    pub listing: String,
    /// Where it stands.
    pub state: ItemState,
    /// Why.
    pub reason: String,
    /// What the checks before filing found doubtful.
    pub findings: Vec<Finding>,
    /// When the clock that now runs ends.
    #[schema(value_type = Option<String>)]
    pub due_at: Option<Instant>,
    /// The statement of reasons, once it was restricted.
    #[schema(value_type = Option<String>)]
    pub statement: Option<StatementId>,
    /// When it last changed.
    #[schema(value_type = String)]
    pub updated_at: Instant,
}

impl ItemView {
    pub(super) fn of(item: NoticeItem) -> Self {
        Self {
            listing: item.external_id,
            state: item.state,
            reason: item.reason,
            findings: item.findings,
            due_at: item.due_at,
            statement: item.statement,
            updated_at: item.updated_at,
        }
    }
}

/// Something that happened to a notice.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StepView {
    /// When.
    #[schema(value_type = String)]
    at: Instant,
    /// What: `filed`, `uphold`, `counter` …
    event: String,
    /// The listing's place in the notice; absent for the whole notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    /// Who; for staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    /// The particulars.
    #[schema(value_type = Object)]
    body: serde_json::Value,
}

/// A notice.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NoticeView {
    /// Its id.
    #[schema(value_type = String)]
    id: NoticeId,
    /// Where it stands: the state of the listing that needs somebody most.
    state: ItemState,
    /// Which right is infringed.
    ground: Ground,
    /// The law it is handled under.
    regime: Regime,
    /// Whether a trusted flagger filed it (DSA art. 22).
    trusted: bool,
    /// When it was filed.
    #[schema(value_type = String)]
    filed_at: Instant,
    /// When the decision was or is due.
    #[schema(value_type = Option<String>)]
    due_at: Option<Instant>,
    /// What was sent.
    draft: NoticeDraft,
    /// Its listings.
    items: Vec<ItemView>,
    /// What happened, oldest first.
    history: Vec<StepView>,
    /// Listings that were not taken when it was filed, and why; only in the receipt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<Finding>,
}

impl NoticeView {
    /// The notice as its notifier sees it; staff see who did what as well.
    pub(super) fn of(
        notice: Notice,
        items: Vec<NoticeItem>,
        history: Vec<NoticeEvent>,
        refused: Vec<Finding>,
        for_staff: bool,
    ) -> Self {
        // 17 USC 512(g)(2)(B) has the whole counter-notice forwarded; elsewhere its words are enough.
        let hides_merchant = !for_staff && notice.regime != Regime::Dmca;
        let step = |event: NoticeEvent| {
            let mut body: serde_json::Value = serde_json::from_str(&event.body).unwrap_or_default();
            if let Some(particulars) = body["particulars"].as_object_mut().filter(|_| hides_merchant) {
                particulars.retain(|member, _| !CONTACT.contains(&member.as_str()));
            }
            StepView {
                at: event.at,
                event: event.event,
                number: event.number,
                actor: for_staff.then_some(event.actor),
                body,
            }
        };
        Self {
            id: notice.id,
            state: machine::of_notice(items.iter().map(|item| item.state)),
            ground: notice.draft.ground,
            regime: notice.regime,
            trusted: notice.trusted,
            filed_at: notice.filed_at,
            due_at: notice.due_at,
            draft: notice.draft,
            items: items.into_iter().map(ItemView::of).collect(),
            history: history.into_iter().map(step).collect(),
            refused,
        }
    }
}

/// A notice in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NoticeRow {
    /// Its id.
    #[schema(value_type = String)]
    pub id: NoticeId,
    /// Where it stands.
    pub state: ItemState,
    /// Which right is infringed.
    pub ground: Ground,
    /// Number of listings.
    pub listings: usize,
    /// Whether a trusted flagger filed it.
    pub trusted: bool,
    /// When it was filed.
    #[schema(value_type = String)]
    pub filed_at: Instant,
    /// When the decision was or is due.
    #[schema(value_type = Option<String>)]
    pub due_at: Option<Instant>,
}

/// An appeal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AppealView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: AppealId,
    /// The notice.
    #[schema(value_type = String)]
    pub notice: NoticeId,
    /// The listing's place in it.
    pub number: i64,
    /// `merchant` or `notifier`.
    pub side: String,
    /// What it says.
    pub text: String,
    /// When it was filed.
    #[schema(value_type = String)]
    pub filed_at: Instant,
    /// When an answer is due.
    #[schema(value_type = String)]
    pub due_at: Instant,
    /// `granted` or `refused`, once answered.
    pub outcome: Option<String>,
    /// The answer.
    pub answer: Option<String>,
}

impl AppealView {
    pub(super) fn of(appeal: Appeal) -> Self {
        Self {
            id: appeal.id,
            notice: appeal.notice,
            number: appeal.number,
            side: appeal.side,
            text: appeal.words,
            filed_at: appeal.filed_at,
            due_at: appeal.due_at,
            outcome: appeal.outcome,
            answer: appeal.answer,
        }
    }
}
