//! Checking and filing notices.

use std::collections::{BTreeSet, HashMap};

use super::cases;
use super::core::checks::{self, Finding, FindingWeight, ListingFacts, Right};
use super::core::machine;
use super::core::parts::{self, Missing};
use super::core::standing::{Standing, Tier, assess, thresholds};
use super::error::NoticeError;
use super::model::{ItemState, Notice, NoticeDraft, NoticeItem};
use super::store::{self, NoticeEvent, RightKind};
use crate::app::Core;
use crate::audit::journal::{self, Entry, Event, Head};
use crate::clocks::Clocks;
use crate::kernel::id::{EventId, ListingId, NoticeId, OrganisationId};
use crate::kernel::{Digest, Instant};
use crate::registry::model::Brand;
use crate::review::service::Told;
use crate::screening::store::Judged;
use crate::screening::verdict::Verdict;
use crate::store::{StoreError, Tx};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Who files or acts.
#[derive(Debug, Clone)]
pub struct Party {
    /// Its organisation.
    pub organisation: OrganisationId,
    /// Whether that is the platform's.
    pub platform: bool,
    /// The name in the audit log.
    pub actor: String,
}

/// What the checks before filing say.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Parts that are missing.
    pub missing: Vec<Missing>,
    /// What speaks against it.
    pub findings: Vec<Finding>,
    /// The listings that would be taken, in the order of the draft.
    pub accepted: Vec<String>,
    listings: HashMap<String, Judged>,
}

impl Checked {
    /// Whether a notice about the accepted listings can be filed.
    pub fn can_be_filed(&self) -> bool {
        self.missing.is_empty() && !self.accepted.is_empty()
    }
}

/// Runs every check on `draft` and writes nothing.
pub async fn check(core: &Core, party: &Party, draft: &NoticeDraft) -> Result<Checked, NoticeError> {
    let now = core.clock.now();
    let mut checked = Checked { missing: parts::missing_in_notice(draft), ..Checked::default() };
    // Nothing is looked up for a draft beyond the limits.
    if checked.missing.iter().any(|part| part.provision == "limits") {
        return Ok(checked);
    }
    let brands = brands_of(core, draft).await?;
    let own = own_brands(core, party).await?;
    let rights: Vec<Right<'_>> =
        brands.iter().map(|brand| Right { brand, own: party.platform || own.contains(brand.key.as_str()) }).collect();
    checked.findings = checks::check_marks(draft, &rights, now.date());
    checked.findings.extend(checks::listed_twice(&draft.listings));
    let stops =
        checked.findings.iter().any(|finding| finding.listing.is_none() && finding.weight == FindingWeight::Refuses);
    let judged = crate::screening::store::judged_by_external_id(&core.db, &draft.listings).await?;
    checked.listings = judged.into_iter().map(|one| (one.row.external_id.clone(), one)).collect();
    let earlier = earlier_of(core, party, draft, &checked.listings).await?;
    let mut seen = BTreeSet::new();
    for listing in draft.listings.iter().filter(|listing| seen.insert(listing.as_str())) {
        let facts = checked.listings.get(listing).map(|one| facts_of(one, earlier.get(listing)));
        let found = checks::check_listing(draft, &rights, listing, facts.as_ref(), now.date());
        if !stops && !found.iter().any(|finding| finding.weight == FindingWeight::Refuses) {
            checked.accepted.push(listing.clone());
        }
        checked.findings.extend(found);
    }
    Ok(checked)
}

async fn brands_of(core: &Core, draft: &NoticeDraft) -> Result<Vec<Brand>, StoreError> {
    let mut keys: BTreeSet<String> = draft.brand.iter().map(|key| key.as_str().to_owned()).collect();
    for mark in &draft.marks {
        if let Some(brand) = crate::registry::store::owner_of_name(&core.db, mark.as_str()).await? {
            keys.insert(brand.as_str().to_owned());
        }
    }
    let mut brands = Vec::new();
    for key in keys {
        brands.extend(crate::registry::store::brand(&core.db, &key).await?.map(|(brand, _)| brand));
    }
    Ok(brands)
}

async fn own_brands(core: &Core, party: &Party) -> Result<BTreeSet<String>, StoreError> {
    let rights = store::rights(&core.db, party.organisation, RightKind::Brand).await?;
    Ok(rights.into_iter().map(|right| right.name).collect())
}

type EarlierOf = HashMap<String, Vec<checks::Earlier>>;

/// Earlier notices on the same ground that name one of the same rights.
async fn earlier_of(
    core: &Core,
    party: &Party,
    draft: &NoticeDraft,
    listings: &HashMap<String, Judged>,
) -> Result<EarlierOf, StoreError> {
    let ids: Vec<String> = listings.keys().cloned().collect();
    let mut found: EarlierOf = HashMap::new();
    for item in store::earlier(&core.db, &ids).await? {
        let Some(listing) = listings.get(&item.external_id) else { continue };
        let same_right = item.draft.marks.iter().any(|mark| draft.marks.contains(mark))
            || (item.draft.registration == draft.registration && item.draft.work == draft.work);
        if item.ground == draft.ground && same_right {
            let seen = item.seen_by(party.organisation, listing.row.version);
            found.entry(item.external_id.clone()).or_default().push(seen);
        }
    }
    Ok(found)
}

fn facts_of(judged: &Judged, earlier: Option<&Vec<checks::Earlier>>) -> ListingFacts {
    let verdict: Option<Verdict> = serde_json::from_str(&judged.verdict).ok();
    let (marks_found, brands_pictured) = verdict.map_or_else(Default::default, |verdict| {
        let marks: BTreeSet<_> = verdict.hits.into_iter().map(|hit| hit.mark).collect();
        let brands: BTreeSet<_> = verdict.images.into_iter().map(|found| found.hit.brand).collect();
        (marks, brands)
    });
    ListingFacts {
        merchant: judged.listing.merchant.clone(),
        ships_to: judged.listing.ships_to.clone(),
        category: judged.listing.category.clone(),
        marks_found,
        brands_pictured,
        earlier: earlier.cloned().unwrap_or_default(),
    }
}

/// A key that names a request, with its fingerprint.
#[derive(Debug, Clone)]
pub struct RequestKey {
    /// The key.
    pub key: String,
    /// The fingerprint of the whole request.
    pub fingerprint: Digest,
}

/// A filed notice.
#[derive(Debug, Clone)]
pub struct Filed {
    /// The notice.
    pub notice: NoticeId,
    /// Listings that were not taken, and why.
    pub refused: Vec<Finding>,
    /// Whether the same request had filed it before.
    pub repeated: bool,
}

/// Files `draft` about the listings that the checks accept, in one transaction with its receipt.
///
/// The same key and request file once and get the same notice. Refuses when parts are missing, when
/// no listing is accepted, when the notifier is suspended or names more than its quota of the day.
pub async fn file(
    core: &Core,
    party: &Party,
    draft: NoticeDraft,
    key: Option<RequestKey>,
) -> Result<Filed, NoticeError> {
    if let Some(key) = &key
        && let Some(filed) = repeated(core, party, key).await?
    {
        return Ok(filed);
    }
    let checked = check(core, party, &draft).await?;
    if !checked.missing.is_empty() {
        return Err(NoticeError::Incomplete(checked.missing));
    }
    if checked.accepted.is_empty() {
        // The same request beside this one may have been filed since the first look.
        if let Some(key) = &key
            && let Some(filed) = repeated(core, party, key).await?
        {
            return Ok(filed);
        }
        return Err(NoticeError::Refused(checked.findings));
    }
    let now = core.clock.now();
    let standing = standing_of(core, party.organisation, now).await?;
    let notice = new_notice(core, party, draft, &standing, now)?;
    let items = new_items(&notice, &checked, now)?;
    let refused: Vec<Finding> =
        checked.findings.into_iter().filter(|finding| finding.weight == FindingWeight::Refuses).collect();
    let mut tx = core.db.begin().await?;
    // The head first, as everybody takes it who changes cases; it also lines up filings for the quota.
    let head = Head::take(&mut tx).await?;
    keep_quota(&mut tx, party, &standing, items.len() as u64, now).await?;
    let written = write(&mut tx, head, core, party, &notice, &items, key.as_ref(), now).await;
    match written {
        Ok(()) => tx.commit().await?,
        Err(NoticeError::Store(error)) if error.is_unique_violation() => {
            drop(tx);
            // The same request beside this one, or another notice about one of the listings.
            return match &key {
                Some(key) => repeated(core, party, key).await?.ok_or(NoticeError::Changed),
                None => Err(NoticeError::Changed),
            };
        }
        Err(error) => return Err(error),
    }
    Ok(Filed { notice: notice.id, refused, repeated: false })
}

async fn repeated(core: &Core, party: &Party, key: &RequestKey) -> Result<Option<Filed>, NoticeError> {
    match store::request(&core.db, party.organisation, &key.key).await? {
        None => Ok(None),
        Some((fingerprint, _)) if fingerprint != key.fingerprint.to_string() => Err(NoticeError::KeyUsed),
        Some((_, notice)) => Ok(Some(Filed { notice, refused: Vec::new(), repeated: true })),
    }
}

/// How a notifier stands at `now`.
pub async fn standing_of(core: &Core, organisation: OrganisationId, now: Instant) -> Result<Standing, StoreError> {
    let window = i64::from(thresholds().window_days) * DAY;
    let record = store::record(&core.db, organisation, now.plus_seconds(-window)).await?;
    Ok(assess(&record, thresholds(), now))
}

fn new_notice(
    core: &Core,
    party: &Party,
    draft: NoticeDraft,
    standing: &Standing,
    now: Instant,
) -> Result<Notice, NoticeError> {
    let trusted = standing.tier == Tier::Trusted;
    let regime = draft.regime();
    let clock = machine::clock(ItemState::Received, regime, trusted);
    let due = clock.map(|clock| Clocks::built_in().due(clock, now, Some(draft.market))).transpose()?;
    Ok(Notice {
        id: NoticeId::from_uuid(core.ids.next(now)),
        organisation: party.organisation,
        filed_by: party.actor.clone(),
        draft,
        regime,
        trusted,
        filed_at: now,
        due_at: due.map(|due| due.at),
    })
}

fn new_items(notice: &Notice, checked: &Checked, now: Instant) -> Result<Vec<NoticeItem>, NoticeError> {
    let item = |(number, external_id): (usize, &String)| {
        let judged = checked.listings.get(external_id).ok_or(NoticeError::Changed)?;
        let about = |finding: &&Finding| finding.listing.as_ref() == Some(external_id);
        Ok(NoticeItem {
            notice: notice.id,
            number: number as i64,
            external_id: external_id.clone(),
            listing: judged.row.id,
            listing_version: judged.row.version,
            merchant: judged.listing.merchant.clone(),
            state: ItemState::Received,
            reason: String::new(),
            findings: checked.findings.iter().filter(about).cloned().collect(),
            unfounded: false,
            upheld: false,
            overturned: false,
            due_at: notice.due_at,
            acts_at: None,
            decided_by: None,
            decided_at: None,
            statement: None,
            updated_at: now,
        })
    };
    checked.accepted.iter().enumerate().map(item).collect()
}

async fn keep_quota(
    tx: &mut Tx,
    party: &Party,
    standing: &Standing,
    asked: u64,
    now: Instant,
) -> Result<(), NoticeError> {
    if party.platform {
        return Ok(());
    }
    if let Some(until) = standing.suspended_until {
        return Err(NoticeError::Suspended { until });
    }
    let filed = store::filed_since(tx, party.organisation, now.plus_seconds(-DAY)).await?.max(0) as u64;
    let left = standing.quota.saturating_sub(filed);
    if asked > left { Err(NoticeError::Quota { left, asked }) } else { Ok(()) }
}

#[expect(clippy::too_many_arguments, reason = "the particulars of one filing, used here alone")]
async fn write(
    tx: &mut Tx,
    head: Head,
    core: &Core,
    party: &Party,
    notice: &Notice,
    items: &[NoticeItem],
    key: Option<&RequestKey>,
    now: Instant,
) -> Result<(), NoticeError> {
    store::insert_notice(tx, notice).await?;
    store::insert_items(tx, notice, items).await?;
    if let Some(key) = key {
        store::remember(tx, party.organisation, &key.key, key.fingerprint.to_string(), notice.id, now).await?;
    }
    let body = serde_json::json!({
        "ground": notice.draft.ground,
        "regime": notice.regime,
        "trusted": notice.trusted,
        "listings": items.iter().map(|item| &item.external_id).collect::<Vec<_>>(),
    });
    let filed = NoticeEvent {
        id: EventId::from_uuid(core.ids.next(now)),
        notice: notice.id,
        number: None,
        at: now,
        actor: party.actor.clone(),
        event: "filed".to_owned(),
        body: body.to_string(),
    };
    store::tell(tx, std::slice::from_ref(&filed)).await?;
    let (entry, event) = journal_of(core, "notice.filed", notice.id, &party.actor, &body, now);
    let mut told = Told { entries: vec![entry], events: vec![event] };
    cases::follow(tx, core, notice, items, &[ItemState::Received], &party.actor, now, &mut told).await?;
    journal::append_after(tx, head, now, told.entries, told.events).await?;
    Ok(())
}

/// The audit entry and the event that tell of one thing about a notice.
pub(super) fn journal_of(
    core: &Core,
    kind: &'static str,
    notice: NoticeId,
    actor: &str,
    body: &serde_json::Value,
    now: Instant,
) -> (Entry, Event) {
    let text = body.to_string();
    let raw = serde_json::value::RawValue::from_string(text.clone()).expect("a JSON value's text is JSON");
    let entry = Entry { kind, subject: notice.to_string(), actor: actor.to_owned(), body: raw };
    let id = EventId::from_uuid(core.ids.next(now));
    (entry, Event { id, kind, subject: notice.to_string(), body: text })
}

/// The listings of `items` as they stand, for statements of reasons.
pub(super) async fn judged(core: &Core, items: &[NoticeItem]) -> Result<HashMap<ListingId, Judged>, StoreError> {
    let ids: Vec<ListingId> = items.iter().map(|item| item.listing).collect();
    let found = crate::screening::store::judged(&core.db, &ids).await?;
    Ok(found.into_iter().map(|one| (one.row.id, one)).collect())
}
