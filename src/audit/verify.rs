//! Checking the audit log against itself and against the verdicts it vouches for.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::chain::{BEFORE_THE_FIRST, Frontier, leaf_hash};
use super::journal::Head;
use super::store::{self, Published};
use crate::kernel::{Digest, Instant};
use crate::params;
use crate::store::{Db, Row, StoreError};

/// Entries read at a time.
const PAGE: i64 = 1_000;

/// What a check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Report {
    /// Entries that were checked and hold.
    pub entries: i64,
    /// Merkle root over them (RFC 6962).
    #[schema(value_type = String)]
    pub root: Digest,
    /// The first thing that does not hold; absent = the log is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_bad: Option<Bad>,
}

/// The first entry that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Bad {
    /// Its number.
    pub entry: i64,
    /// What is wrong with it.
    pub problem: String,
}

#[derive(Deserialize)]
struct EntryRead<'a> {
    seq: i64,
    at: Instant,
    kind: String,
    subject: String,
    prev: Digest,
    #[serde(borrow)]
    body: &'a RawValue,
}

#[derive(Deserialize)]
struct VouchedVerdict {
    verdict: String,
    verdict_digest: Digest,
}

/// What the log was known to be at an earlier time, kept where the database's owner cannot change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// How many entries it had.
    pub entries: i64,
    /// The Merkle root over them.
    pub root: Digest,
}

impl Known {
    /// The first entry that cannot be what it was, once `frontier` holds that many entries.
    fn contradicts(&self, frontier: &Frontier) -> Option<Bad> {
        let differs = frontier.leaves() as i64 == self.entries && frontier.root() != self.root;
        let problem = || {
            format!(
                "the first {} entries have the root {}, not the one given: the log was rewritten",
                self.entries,
                frontier.root()
            )
        };
        differs.then(|| Bad { entry: self.entries, problem: problem() })
    }
}

/// Whether a published checkpoint states another root than the entries have.
fn contradicts(published: &Published, frontier: &Frontier) -> Option<Bad> {
    let entry = published.tree.size as i64;
    let problem = format!("the checkpoint published over the first {entry} entries states another root");
    (published.tree.root != frontier.root()).then_some(Bad { entry, problem })
}

/// Reads the whole log in order and stops at the first entry that does not hold.
///
/// A log alone shows whether it fits together, not whether its end was cut off or the whole
/// of it written anew; `known` shows that. `progress` is told the number of entries checked
/// so far, page by page.
pub async fn verify(db: &Db, known: Option<Known>, mut progress: impl FnMut(i64)) -> Result<Report, StoreError> {
    let mut frontier = Frontier::default();
    let mut previous = BEFORE_THE_FIRST;
    loop {
        let after = frontier.leaves() as i64;
        let rows = db
            .all(
                "SELECT a.seq, a.at, a.kind, a.subject, a.hash, a.entry, v.body AS verdict_body
                 FROM audit_entry a LEFT JOIN verdict v ON a.kind = 'listing.screened' AND v.id = a.subject
                 WHERE a.seq > $1 ORDER BY a.seq LIMIT $2",
                params![after, PAGE],
            )
            .await?;
        if rows.is_empty() {
            break;
        }
        let published = store::between(db, after, after + rows.len() as i64).await?;
        let mut published = published.iter().peekable();
        for row in &rows {
            let expected = frontier.leaves() as i64 + 1;
            let checked = match check_entry(row, expected, previous) {
                // A column that cannot even be read was changed, not lost by the database.
                Err(StoreError::Corrupt { column, problem }) => {
                    Ok(Err(format!("its {column} is unreadable: {problem}")))
                }
                other => other,
            };
            match checked? {
                Ok(hash) => {
                    frontier.push(hash);
                    previous = hash;
                    let stated = published.next_if(|one| one.tree.size == frontier.leaves());
                    let contradicted = stated.and_then(|one| contradicts(one, &frontier));
                    let contradicted = contradicted.or(known.and_then(|known| known.contradicts(&frontier)));
                    if let Some(bad) = contradicted {
                        return Ok(Report { entries: expected - 1, root: frontier.root(), first_bad: Some(bad) });
                    }
                }
                Err(problem) => {
                    let first_bad = Some(Bad { entry: expected, problem });
                    return Ok(Report { entries: expected - 1, root: frontier.root(), first_bad });
                }
            }
        }
        progress(frontier.leaves() as i64);
    }
    let counted = frontier.leaves() as i64;
    if let Some(known) = known.filter(|known| known.entries > counted) {
        let problem = format!("the log had {} entries and has {counted}: its end was cut off", known.entries);
        let first_bad = Some(Bad { entry: counted + 1, problem });
        return Ok(Report { entries: counted, root: frontier.root(), first_bad });
    }
    let first_bad = check_head(db, &frontier, previous).await?;
    Ok(Report { entries: frontier.leaves() as i64, root: frontier.root(), first_bad })
}

fn check_entry(row: &Row, expected: i64, previous: Digest) -> Result<Result<Digest, String>, StoreError> {
    let seq: i64 = row.get("seq")?;
    if seq != expected {
        return Ok(Err(format!("entry {expected} is missing; the next one stored is {seq}")));
    }
    let text: String = row.get("entry")?;
    let stored_hash: String = row.get("hash")?;
    let hash = leaf_hash(text.as_bytes());
    if hash.to_string() != stored_hash {
        return Ok(Err("its bytes do not give its hash: the entry or its hash was changed".to_owned()));
    }
    let Ok(entry) = serde_json::from_str::<EntryRead>(&text) else {
        return Ok(Err("it is no audit entry".to_owned()));
    };
    if entry.prev != previous {
        return Ok(Err("it does not follow the entry before it: an entry was replaced".to_owned()));
    }
    let at: Instant = row.get("at")?;
    let (kind, subject): (String, String) = (row.get("kind")?, row.get("subject")?);
    if (entry.seq, entry.at, &entry.kind, &entry.subject) != (seq, at, &kind, &subject) {
        return Ok(Err("its columns differ from the entry that was hashed".to_owned()));
    }
    if kind == "listing.screened" {
        let stored: Option<String> = row.get("verdict_body")?;
        if let Some(problem) = check_verdict(entry.body, stored.as_deref()) {
            return Ok(Err(problem));
        }
    }
    Ok(Ok(hash))
}

/// The entry holds the digest of the verdict it vouches for; the stored verdict must have it.
fn check_verdict(body: &RawValue, stored: Option<&str>) -> Option<String> {
    let Ok(vouched) = serde_json::from_str::<VouchedVerdict>(body.get()) else {
        return Some("it names no verdict".to_owned());
    };
    let Some(stored) = stored else {
        return Some(format!("the verdict {} that it vouches for is missing", vouched.verdict));
    };
    let same = Digest::of(stored.as_bytes()) == vouched.verdict_digest;
    (!same).then(|| format!("the stored verdict {} was changed after the entry was written", vouched.verdict))
}

async fn check_head(db: &Db, frontier: &Frontier, last: Digest) -> Result<Option<Bad>, StoreError> {
    let row = db.optional("SELECT entries, last_hash, frontier, position FROM journal_head WHERE one = 1", vec![]);
    let Some(row) = row.await? else {
        return Ok(Some(Bad { entry: 0, problem: "the journal's head is missing".to_owned() }));
    };
    let Ok(head) = Head::from_row(&row) else {
        return Ok(Some(Bad { entry: 0, problem: "the journal's head is unreadable".to_owned() }));
    };
    // Entries may have been appended since the last page was read; a shorter log may not.
    let counted = frontier.leaves() as i64;
    if head.entries == counted && (head.last_hash != last || head.frontier != *frontier) {
        return Ok(Some(Bad { entry: counted, problem: "the head names another last entry or tree".to_owned() }));
    }
    if head.entries > counted {
        let next = counted + 1;
        let exists = db.optional("SELECT seq FROM audit_entry WHERE seq = $1", params![next]).await?;
        if exists.is_none() {
            let problem = format!("the head counts {} entries, but entry {next} is missing", head.entries);
            return Ok(Some(Bad { entry: next, problem }));
        }
    }
    if let Some(last) = store::latest(db).await?.filter(|last| last.tree.size as i64 > head.entries) {
        let problem = format!("a checkpoint over {} entries was published: the log's end was cut off", last.tree.size);
        return Ok(Some(Bad { entry: counted + 1, problem }));
    }
    if head.entries < counted {
        let problem = format!("the head counts {} entries; more are stored", head.entries);
        return Ok(Some(Bad { entry: head.entries + 1, problem }));
    }
    Ok(None)
}
