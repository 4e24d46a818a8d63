//! Proving a stored verdict: the same inputs, judged again, byte for byte.

use std::sync::Arc;

use super::looks::{LookError, Looks};
use super::store::StoredVerdict;
use super::{CloserLook, Snapshot, Verdict, screen, screen_closely};
use crate::listings::model::Listing;

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Replay {
    /// Whether the bytes are the same.
    pub same: bool,
    /// What differs, one line a member: `reasons[0].says: was "…", is "…"`.
    pub differences: Vec<String>,
    /// The build that judged first.
    pub judged_by: String,
    /// This build.
    pub replayed_by: String,
}

/// Most differences that are listed; the first ones tell the story.
const MAX_DIFFERENCES: usize = 50;

/// Judges `listing` again as `stored` says it was judged. `snapshot` must be the one of
/// the verdict's revision, and `look` what is seen closely with its references, where the verdict
/// was made so.
pub fn replay(
    snapshot: &Arc<Snapshot>,
    listing: &Listing,
    stored: &StoredVerdict,
    look: Option<&CloserLook>,
) -> Replay {
    let again = match look {
        Some(look) => screen_closely(snapshot, listing, &stored.facts, stored.at, look),
        None => screen(snapshot, listing, &stored.facts, stored.at),
    };
    let again = again.to_json();
    let judged_by = serde_json::from_str::<Verdict>(&stored.body).map(|verdict| verdict.engine_version);
    let mut differences = Vec::new();
    if again != stored.body {
        let was = serde_json::from_str(&stored.body).unwrap_or(serde_json::Value::Null);
        let is = serde_json::from_str(&again).unwrap_or(serde_json::Value::Null);
        compare("", &was, &is, &mut differences);
        if differences.is_empty() {
            differences.push("the order or spacing of the stored JSON".to_owned());
        }
    }
    Replay {
        same: again == stored.body,
        differences,
        judged_by: judged_by.unwrap_or_else(|_| "unknown".to_owned()),
        replayed_by: super::ENGINE_VERSION.to_owned(),
    }
}

/// Lists the members in which two JSON values differ.
fn compare(path: &str, was: &serde_json::Value, is: &serde_json::Value, found: &mut Vec<String>) {
    use serde_json::Value;
    if was == is || found.len() >= MAX_DIFFERENCES {
        return;
    }
    match (was, is) {
        (Value::Object(before), Value::Object(after)) => {
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let dot = if path.is_empty() { "" } else { "." };
                let inner = format!("{path}{dot}{name}");
                compare(
                    &inner,
                    before.get(name).unwrap_or(&Value::Null),
                    after.get(name).unwrap_or(&Value::Null),
                    found,
                );
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for place in 0..before.len().max(after.len()) {
                let inner = format!("{path}[{place}]");
                let absent = &Value::Null;
                compare(&inner, before.get(place).unwrap_or(absent), after.get(place).unwrap_or(absent), found);
            }
        }
        _ => found.push(format!("{path}: was {was}, is {is}")),
    }
}

/// Why a replay could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The rows could not be read.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The snapshot of that time could not be built.
    #[error(transparent)]
    Snapshot(#[from] crate::registry::keeper::SnapshotError),
    /// The pictures could not be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// The listing version that was judged is not stored.
    #[error("version {version} of listing {listing} is missing")]
    NoVersion {
        /// The listing.
        listing: crate::kernel::id::ListingId,
        /// The version.
        version: i64,
    },
}

/// Replays the verdict with this id; `None` when there is none.
pub async fn run(
    db: &crate::store::Db,
    keeper: &crate::registry::keeper::SnapshotKeeper,
    looks: &Looks,
    id: crate::kernel::id::VerdictId,
) -> Result<Option<Replay>, ReplayError> {
    let Some(stored) = super::store::verdict(db, id).await? else {
        return Ok(None);
    };
    let listing = super::store::version(db, stored.listing, stored.version).await?;
    let listing = listing.ok_or(ReplayError::NoVersion { listing: stored.listing, version: stored.version })?;
    let snapshot = keeper.at(stored.revision).await?;
    let closely = serde_json::from_str::<Verdict>(&stored.body).is_ok_and(|verdict| verdict.closely);
    let look = if closely { Some(looks.at(&snapshot, &listing).await?) } else { None };
    Ok(Some(replay(&snapshot, &listing, &stored, look.as_ref())))
}
