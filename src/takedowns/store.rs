//! All SQL of notices, the rights of organisations, notifiers and appeals.

use super::core::checks::Earlier;
use super::core::standing::Record;
use super::model::{Ground, ItemState, Notice, NoticeDraft, NoticeItem};
use crate::kernel::Instant;
use crate::kernel::id::{EventId, NoticeId, OrganisationId};
use crate::params;
use crate::store::{Db, Row, Sql, StoreError, Tx};

/// What an organisation may enforce or is: a brand of the registry, a merchant of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightKind {
    /// It may enforce the brand.
    Brand,
    /// It is the merchant.
    Merchant,
}

impl RightKind {
    /// The kind as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Merchant => "merchant",
        }
    }
}

/// One right of an organisation, verified once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRight {
    /// The brand's key or the merchant's platform id.
    pub name: String,
    /// What proved it.
    pub evidence: String,
    /// Who entered it.
    pub granted_by: String,
    /// When.
    pub granted_at: Instant,
}

/// Enters a right; entering it again renews its evidence.
pub async fn grant(
    tx: &mut Tx,
    organisation: OrganisationId,
    kind: RightKind,
    right: &StoredRight,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO organisation_right (organisation_id, kind, name, evidence, granted_by, granted_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (organisation_id, kind, name) DO UPDATE SET evidence = excluded.evidence,
         granted_by = excluded.granted_by, granted_at = excluded.granted_at",
        params![organisation, kind.as_str(), &right.name, &right.evidence, &right.granted_by, right.granted_at],
    )
    .await?;
    Ok(())
}

/// Takes a right away; `false` when it was not there.
pub async fn revoke(
    tx: &mut Tx,
    organisation: OrganisationId,
    kind: RightKind,
    name: &str,
) -> Result<bool, StoreError> {
    let text = "DELETE FROM organisation_right WHERE organisation_id = $1 AND kind = $2 AND name = $3";
    Ok(tx.execute(text, params![organisation, kind.as_str(), name]).await? == 1)
}

/// The rights of one kind that an organisation has, by name.
pub async fn rights(db: &Db, organisation: OrganisationId, kind: RightKind) -> Result<Vec<StoredRight>, StoreError> {
    let text = "SELECT name, evidence, granted_by, granted_at FROM organisation_right
                WHERE organisation_id = $1 AND kind = $2 ORDER BY name LIMIT 1000";
    let read = |row: &Row| {
        Ok(StoredRight {
            name: row.get("name")?,
            evidence: row.get("evidence")?,
            granted_by: row.get("granted_by")?,
            granted_at: row.get("granted_at")?,
        })
    };
    db.all(text, params![organisation, kind.as_str()]).await?.iter().map(read).collect()
}

/// Writes a notice.
pub async fn insert_notice(tx: &mut Tx, notice: &Notice) -> Result<(), StoreError> {
    let body = serde_json::to_string(&notice.draft).expect("a draft holds only strings and truth values");
    tx.execute(
        "INSERT INTO notice (id, organisation_id, filed_by, ground, regime, trusted, body, filed_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            notice.id,
            notice.organisation,
            &notice.filed_by,
            notice.draft.ground.as_str(),
            notice.regime.as_str(),
            notice.trusted,
            body,
            notice.filed_at,
            notice.due_at
        ],
    )
    .await?;
    Ok(())
}

/// Writes the listings of a notice; a unique violation says that one of them has an open notice
/// of the same notifier on the same ground.
pub async fn insert_items(tx: &mut Tx, notice: &Notice, items: &[NoticeItem]) -> Result<(), StoreError> {
    let rows = items.iter().map(|item| {
        params![
            item.notice,
            item.number,
            &item.external_id,
            item.listing,
            item.listing_version,
            item.merchant.clone(),
            item.state.as_str(),
            &item.reason,
            serde_json::to_string(&item.findings).expect("findings hold only strings"),
            !item.findings.is_empty(),
            item.unfounded,
            item.upheld,
            item.overturned,
            item.due_at,
            item.acts_at,
            item.decided_by.clone(),
            item.decided_at,
            item.statement,
            item.live_key(notice.organisation, notice.draft.ground),
            item.updated_at
        ]
    });
    tx.insert_many(
        "INSERT INTO notice_item (notice_id, number, external_id, listing_id, listing_version, merchant, state, reason,
         findings, doubtful, unfounded, upheld, overturned, due_at, acts_at, decided_by, decided_at, statement_id,
         live, updated_at)",
        "",
        rows.collect(),
    )
    .await?;
    Ok(())
}

/// Moves a listing of a notice from `former` to what `item` says; `false` when it is there no more.
pub async fn move_item(tx: &mut Tx, notice: &Notice, item: &NoticeItem, former: ItemState) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE notice_item SET state = $4, reason = $5, unfounded = $6, upheld = $7, overturned = $8, due_at = $9,
             acts_at = $10, decided_by = $11, decided_at = $12, statement_id = $13, updated_at = $14, live = $15
             WHERE notice_id = $1 AND number = $2 AND state = $3",
            params![
                item.notice,
                item.number,
                former.as_str(),
                item.state.as_str(),
                &item.reason,
                item.unfounded,
                item.upheld,
                item.overturned,
                item.due_at,
                item.acts_at,
                item.decided_by.clone(),
                item.decided_at,
                item.statement,
                item.updated_at,
                item.live_key(notice.organisation, notice.draft.ground)
            ],
        )
        .await?;
    Ok(changed == 1)
}

fn read_notice(row: &Row) -> Result<Notice, StoreError> {
    let draft: NoticeDraft = row.document("body")?;
    Ok(Notice {
        id: row.parse("id")?,
        organisation: row.parse("organisation_id")?,
        filed_by: row.get("filed_by")?,
        draft,
        regime: row.parse("regime")?,
        trusted: row.get("trusted")?,
        filed_at: row.get("filed_at")?,
        due_at: row.get("due_at")?,
    })
}

/// A notice.
pub async fn notice(db: &Db, id: NoticeId) -> Result<Option<Notice>, StoreError> {
    let text =
        "SELECT id, organisation_id, filed_by, regime, trusted, body, filed_at, due_at FROM notice WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read_notice).transpose()
}

/// Notices before `before` (an id), newest first: those of one organisation, or all.
pub async fn notices(
    db: &Db,
    organisation: Option<OrganisationId>,
    before: &str,
    limit: i64,
) -> Result<Vec<Notice>, StoreError> {
    let rows = match organisation {
        Some(one) => {
            let text = "SELECT id, organisation_id, filed_by, regime, trusted, body, filed_at, due_at FROM notice
                        WHERE organisation_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
            db.all(text, params![one, before, limit]).await?
        }
        None => {
            let text = "SELECT id, organisation_id, filed_by, regime, trusted, body, filed_at, due_at FROM notice
                        WHERE id < $1 ORDER BY id DESC LIMIT $2";
            db.all(text, params![before, limit]).await?
        }
    };
    rows.iter().map(read_notice).collect()
}

fn read_item(row: &Row) -> Result<NoticeItem, StoreError> {
    let statement: Option<String> = row.get("statement_id")?;
    let parse = |text: String| {
        text.parse().map_err(|error: crate::kernel::id::ParseIdError| StoreError::Corrupt {
            column: "statement_id".to_owned(),
            problem: error.to_string(),
        })
    };
    Ok(NoticeItem {
        notice: row.parse("notice_id")?,
        number: row.get("number")?,
        external_id: row.get("external_id")?,
        listing: row.parse("listing_id")?,
        listing_version: row.get("listing_version")?,
        merchant: row.get("merchant")?,
        state: row.parse("state")?,
        reason: row.get("reason")?,
        findings: row.document("findings")?,
        unfounded: row.get("unfounded")?,
        upheld: row.get("upheld")?,
        overturned: row.get("overturned")?,
        due_at: row.get("due_at")?,
        acts_at: row.get("acts_at")?,
        decided_by: row.get("decided_by")?,
        decided_at: row.get("decided_at")?,
        statement: statement.map(parse).transpose()?,
        updated_at: row.get("updated_at")?,
    })
}

/// The listings of a notice, in order.
pub async fn items(db: &Db, notice: NoticeId) -> Result<Vec<NoticeItem>, StoreError> {
    let text = "SELECT notice_id, number, external_id, listing_id, listing_version, merchant, state, reason, findings,
                unfounded, upheld, overturned, due_at, acts_at, decided_by, decided_at, statement_id, updated_at
                FROM notice_item WHERE notice_id = $1 ORDER BY number";
    db.all(text, params![notice]).await?.iter().map(read_item).collect()
}

/// The states of a notice's listings, as this transaction sees them.
pub async fn states_in(tx: &mut Tx, notice: NoticeId) -> Result<Vec<ItemState>, StoreError> {
    let rows = tx.all("SELECT DISTINCT state FROM notice_item WHERE notice_id = $1", params![notice]).await?;
    rows.iter().map(|row| row.parse("state")).collect()
}

/// The states of the listings of these notices.
pub async fn states(db: &Db, notices: &[String]) -> Result<Vec<(NoticeId, ItemState)>, StoreError> {
    let rows = db.all_in("SELECT notice_id, state FROM notice_item WHERE notice_id IN", notices).await?;
    rows.iter().map(|row| Ok((row.parse("notice_id")?, row.parse("state")?))).collect()
}

/// Listings of notices whose clock acts by itself at `now` or before, soonest first.
pub async fn acting(db: &Db, now: Instant, limit: i64) -> Result<Vec<NoticeItem>, StoreError> {
    let text = "SELECT notice_id, number, external_id, listing_id, listing_version, merchant, state, reason, findings,
                unfounded, upheld, overturned, due_at, acts_at, decided_by, decided_at, statement_id, updated_at
                FROM notice_item WHERE acts_at <= $1 ORDER BY acts_at, notice_id, number LIMIT $2";
    db.all(text, params![now, limit]).await?.iter().map(read_item).collect()
}

/// An earlier notice's listing as the checks before filing see it.
#[derive(Debug, Clone)]
pub struct EarlierItem {
    /// The platform's id of the listing.
    pub external_id: String,
    /// The organisation that filed.
    pub organisation: OrganisationId,
    /// The ground.
    pub ground: Ground,
    /// The listing version it was about.
    pub version: i64,
    /// What was sent then.
    pub draft: NoticeDraft,
    /// The notice and where the listing stands.
    pub notice: NoticeId,
    /// Where the listing stands in it.
    pub state: ItemState,
}

impl EarlierItem {
    /// The same for a listing that is at `version` now, seen by `organisation`.
    pub fn seen_by(&self, organisation: OrganisationId, version: i64) -> Earlier {
        Earlier {
            notice: self.notice,
            state: self.state,
            same_notifier: self.organisation == organisation,
            same_version: self.version == version,
        }
    }
}

/// Notices about these listings.
pub async fn earlier(db: &Db, external_ids: &[String]) -> Result<Vec<EarlierItem>, StoreError> {
    let head = "SELECT i.external_id, i.listing_version, i.state, i.notice_id, n.organisation_id, n.ground, n.body
                FROM notice_item i JOIN notice n ON n.id = i.notice_id WHERE i.external_id IN";
    let read = |row: &Row| {
        Ok(EarlierItem {
            external_id: row.get("external_id")?,
            organisation: row.parse("organisation_id")?,
            ground: row.parse("ground")?,
            version: row.get("listing_version")?,
            draft: row.document("body")?,
            notice: row.parse("notice_id")?,
            state: row.parse("state")?,
        })
    };
    db.all_in(head, external_ids).await?.iter().map(read).collect()
}

/// Something that happened to a notice.
#[derive(Debug, Clone)]
pub struct NoticeEvent {
    /// Its id.
    pub id: EventId,
    /// The notice.
    pub notice: NoticeId,
    /// The listing's place; none for the whole notice.
    pub number: Option<i64>,
    /// When.
    pub at: Instant,
    /// Who: an actor of the audit log.
    pub actor: String,
    /// What: `filed`, or the word of an item event.
    pub event: String,
    /// The particulars, as JSON.
    pub body: String,
}

/// Notes what happened.
pub async fn tell(tx: &mut Tx, events: &[NoticeEvent]) -> Result<(), StoreError> {
    let rows = events
        .iter()
        .map(|event| params![event.id, event.notice, event.number, event.at, &event.actor, &event.event, &event.body]);
    tx.insert_many("INSERT INTO notice_event (id, notice_id, number, at, actor, event, body)", "", rows.collect())
        .await?;
    Ok(())
}

/// What happened to a notice, oldest first, at most `limit`.
pub async fn history(db: &Db, notice: NoticeId, limit: i64) -> Result<Vec<NoticeEvent>, StoreError> {
    let text = "SELECT id, notice_id, number, at, actor, event, body FROM notice_event WHERE notice_id = $1
                ORDER BY id LIMIT $2";
    db.all(text, params![notice, limit]).await?.iter().map(read_event).collect()
}

/// What happened to one listing of a notice and to the notice as a whole, oldest first.
pub async fn history_of_item(tx: &mut Tx, notice: NoticeId, number: i64) -> Result<Vec<NoticeEvent>, StoreError> {
    let text = "SELECT id, notice_id, number, at, actor, event, body FROM notice_event
                WHERE notice_id = $1 AND (number = $2 OR number IS NULL) ORDER BY id LIMIT 1000";
    tx.all(text, params![notice, number]).await?.iter().map(read_event).collect()
}

fn read_event(row: &Row) -> Result<NoticeEvent, StoreError> {
    Ok(NoticeEvent {
        id: row.parse("id")?,
        notice: row.parse("notice_id")?,
        number: row.get("number")?,
        at: row.get("at")?,
        actor: row.get("actor")?,
        event: row.get("event")?,
        body: row.get("body")?,
    })
}

/// A request that was sent with an idempotency key: its fingerprint and the notice it made.
pub async fn request(
    db: &Db,
    organisation: OrganisationId,
    key: &str,
) -> Result<Option<(String, NoticeId)>, StoreError> {
    let text = "SELECT fingerprint, notice_id FROM notice_request WHERE organisation_id = $1 AND key = $2";
    let row = db.optional(text, params![organisation, key]).await?;
    row.map(|row| Ok((row.get("fingerprint")?, row.parse("notice_id")?))).transpose()
}

/// Remembers a request.
pub async fn remember(
    tx: &mut Tx,
    organisation: OrganisationId,
    key: &str,
    fingerprint: String,
    notice: NoticeId,
    now: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO notice_request (organisation_id, key, fingerprint, notice_id, at) VALUES ($1, $2, $3, $4, $5)",
        params![organisation, key, fingerprint, notice, now],
    )
    .await?;
    Ok(())
}

/// What staff decided about a notifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measures {
    /// Whether it is a trusted flagger.
    pub trusted: bool,
    /// The last warning.
    pub warned_at: Option<Instant>,
    /// Until when its notices are not processed.
    pub suspended_until: Option<Instant>,
}

/// What staff decided about this notifier; nothing, when nothing is stored.
pub async fn measures(db: &Db, organisation: OrganisationId) -> Result<Measures, StoreError> {
    let text = "SELECT trusted, warned_at, suspended_until FROM notifier WHERE organisation_id = $1";
    let Some(row) = db.optional(text, params![organisation]).await? else {
        return Ok(Measures::default());
    };
    Ok(Measures {
        trusted: row.get("trusted")?,
        warned_at: row.get("warned_at")?,
        suspended_until: row.get("suspended_until")?,
    })
}

/// Stores what staff decided about a notifier.
pub async fn put_measures(
    tx: &mut Tx,
    organisation: OrganisationId,
    measures: &Measures,
    now: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO notifier (organisation_id, trusted, warned_at, suspended_until, updated_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (organisation_id) DO UPDATE SET trusted = excluded.trusted, warned_at = excluded.warned_at,
         suspended_until = excluded.suspended_until, updated_at = excluded.updated_at",
        params![organisation, measures.trusted, measures.warned_at, measures.suspended_until, now],
    )
    .await?;
    Ok(())
}

const COUNTS: Sql = Sql::per_engine(
    "SELECT count(*) AS filed,
            coalesce(sum(i.upheld), 0) AS upheld,
            coalesce(sum(i.state = 'rejected'), 0) AS rejected,
            coalesce(sum(i.overturned), 0) AS overturned,
            coalesce(sum(i.state = 'withdrawn'), 0) AS withdrawn,
            coalesce(sum(i.unfounded), 0) AS unfounded,
            coalesce(sum(i.doubtful AND i.state = 'rejected'), 0) AS against_advice
     FROM notice_item i JOIN notice n ON n.id = i.notice_id WHERE n.organisation_id = $1 AND n.filed_at >= $2",
    "SELECT count(*) AS filed,
            count(*) FILTER (WHERE i.upheld) AS upheld,
            count(*) FILTER (WHERE i.state = 'rejected') AS rejected,
            count(*) FILTER (WHERE i.overturned) AS overturned,
            count(*) FILTER (WHERE i.state = 'withdrawn') AS withdrawn,
            count(*) FILTER (WHERE i.unfounded) AS unfounded,
            count(*) FILTER (WHERE i.doubtful AND i.state = 'rejected') AS against_advice
     FROM notice_item i JOIN notice n ON n.id = i.notice_id WHERE n.organisation_id = $1 AND n.filed_at >= $2",
);

const SINCE_WARNING: Sql = Sql::per_engine(
    "SELECT coalesce(sum(i.overturned OR i.state = 'rejected'), 0) AS since
     FROM notice_item i JOIN notice n ON n.id = i.notice_id WHERE n.organisation_id = $1 AND i.updated_at >= $2",
    "SELECT count(*) FILTER (WHERE i.overturned OR i.state = 'rejected') AS since
     FROM notice_item i JOIN notice n ON n.id = i.notice_id WHERE n.organisation_id = $1 AND i.updated_at >= $2",
);

/// What a notifier did since `from`, with what staff decided about it.
pub async fn record(db: &Db, organisation: OrganisationId, from: Instant) -> Result<Record, StoreError> {
    let measures = measures(db, organisation).await?;
    let mut record = Record {
        trusted: measures.trusted,
        warned_at: measures.warned_at,
        suspended_until: measures.suspended_until,
        ..Record::default()
    };
    let count = |row: &Row, name: &str| Ok::<u64, StoreError>(row.get::<i64>(name)?.max(0) as u64);
    if let Some(row) = db.optional(COUNTS, params![organisation, from]).await? {
        record.filed = count(&row, "filed")?;
        record.upheld = count(&row, "upheld")?;
        record.rejected = count(&row, "rejected")?;
        record.overturned = count(&row, "overturned")?;
        record.withdrawn = count(&row, "withdrawn")?;
        record.manifestly_unfounded = count(&row, "unfounded")?;
        record.against_advice = count(&row, "against_advice")?;
    }
    if let Some(warned) = measures.warned_at
        && let Some(row) = db.optional(SINCE_WARNING, params![organisation, warned]).await?
    {
        record.unfounded_since_warning = count(&row, "since")?;
    }
    Ok(record)
}

/// Listings that a notifier filed since `from`.
pub async fn filed_since(tx: &mut Tx, organisation: OrganisationId, from: Instant) -> Result<i64, StoreError> {
    let text = "SELECT count(*) AS filed FROM notice_item i JOIN notice n ON n.id = i.notice_id
                WHERE n.organisation_id = $1 AND n.filed_at > $2";
    tx.optional(text, params![organisation, from]).await?.map_or(Ok(0), |row| row.get("filed"))
}
