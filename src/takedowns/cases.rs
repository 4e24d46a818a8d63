//! The cases that notices, counter-notices and appeals open for people, and when they are closed.

use super::error::NoticeError;
use super::model::{Ground, ItemState, Notice, NoticeItem};
use super::store_appeals::Appeal;
use crate::app::Core;
use crate::kernel::Instant;
use crate::review::desk;
use crate::review::model::{CaseFacts, CaseKind, NewCase};
use crate::review::service::{Closing, Told, close_cases, open_cases};
use crate::store::Tx;

/// Findings that a case repeats.
const MAX_FINDINGS: usize = 5;
/// Characters of the notifier's reasons that a case repeats.
const MAX_EXCERPT: usize = 400;
/// How sure a notice is before anybody looked at it; the notifier's record stands beside the case.
const NOTICE_CONFIDENCE: f64 = 0.5;

fn excerpt(text: &str) -> String {
    text.chars().take(MAX_EXCERPT).collect()
}

/// A case about `items` of `notice`.
fn new_case(kind: CaseKind, subject: String, notice: &Notice, items: &[&NoticeItem], actor: &str) -> NewCase {
    let only = match items {
        [one] => Some(*one),
        _ => None,
    };
    let mut reasons = vec![excerpt(&notice.draft.reasons)];
    let findings = items.iter().flat_map(|item| &item.findings).take(MAX_FINDINGS);
    reasons.extend(findings.map(|finding| finding.says.clone()));
    let what = match kind {
        CaseKind::CounterNotice => "Counter-notice against a notice",
        CaseKind::Appeal => "Appeal about a notice",
        _ => "Notice",
    };
    let about =
        only.map_or_else(|| format!("{} listings", items.len()), |item| format!("listing {}", item.external_id));
    NewCase {
        kind,
        subject,
        title: format!("{what} of {} about {about}", notice.draft.ground.as_str().replace('_', " ")),
        facts: CaseFacts {
            // Copies harm buyers as well as the owner; a trusted flagger's notice comes first (DSA art. 22).
            severity: 3 + u8::from(notice.draft.ground == Ground::Counterfeit) + u8::from(notice.trusted),
            confidence: NOTICE_CONFIDENCE,
            reasons,
            brands: notice.draft.brand.iter().map(|brand| brand.as_str().to_owned()).collect(),
            marks: notice.draft.marks.iter().map(|mark| mark.as_str().to_owned()).collect(),
            external_id: only.map(|item| item.external_id.clone()),
            version: only.map(|item| item.listing_version),
            ..CaseFacts::default()
        },
        listing: only.map(|item| item.listing),
        merchant: only.and_then(|item| item.merchant.clone()),
        due: items.iter().filter_map(|item| item.due_at).min().or(notice.due_at),
        opened_by: actor.to_owned(),
        not_for: None,
    }
}

/// Opens and closes what the states of `all` listings ask for after `moved` changed. The caller
/// holds the journal's head and appends what is `told`.
#[expect(clippy::too_many_arguments, reason = "the particulars of one step, called in two places")]
pub(super) async fn follow(
    tx: &mut Tx,
    core: &Core,
    notice: &Notice,
    moved: &[NoticeItem],
    all: &[ItemState],
    actor: &str,
    now: Instant,
    told: &mut Told,
) -> Result<(), NoticeError> {
    let subject = notice.id.to_string();
    let (mut opening, mut closing) = (Vec::new(), Vec::new());
    for (kind, waiting) in [(CaseKind::Notice, ItemState::Received), (CaseKind::CounterNotice, ItemState::Countered)] {
        let now_waiting: Vec<&NoticeItem> = moved.iter().filter(|item| item.state == waiting).collect();
        if !now_waiting.is_empty() {
            opening.push(new_case(kind, subject.clone(), notice, &now_waiting, actor));
        } else if !all.contains(&waiting) {
            let because = "no listing of the notice waits any more".to_owned();
            closing.push(Closing { key: kind.live_key(&subject), because });
        }
    }
    if !opening.is_empty() {
        open_cases(tx, desk::built_in(), opening, now, core.ids.as_ref(), told).await?;
    }
    close_cases(tx, closing, actor, now, core.ids.as_ref(), told).await?;
    Ok(())
}

/// Opens the case of an appeal; whoever decided before is not to answer it.
pub(super) async fn open_appeal(
    tx: &mut Tx,
    core: &Core,
    notice: &Notice,
    item: &NoticeItem,
    appeal: &Appeal,
    now: Instant,
    told: &mut Told,
) -> Result<(), NoticeError> {
    let mut case = new_case(CaseKind::Appeal, appeal.id.to_string(), notice, &[item], &appeal.filed_by);
    case.facts.reasons = vec![excerpt(&appeal.words)];
    case.due = Some(appeal.due_at);
    case.not_for.clone_from(&appeal.not_for);
    open_cases(tx, desk::built_in(), vec![case], now, core.ids.as_ref(), told).await?;
    Ok(())
}

/// Closes the case of an appeal that was answered.
pub(super) async fn close_appeal(
    tx: &mut Tx,
    core: &Core,
    appeal: &Appeal,
    actor: &str,
    now: Instant,
    told: &mut Told,
) -> Result<(), NoticeError> {
    let key = CaseKind::Appeal.live_key(&appeal.id.to_string());
    let closing = Closing { key, because: "the appeal was answered".to_owned() };
    close_cases(tx, vec![closing], actor, now, core.ids.as_ref(), told).await?;
    Ok(())
}
