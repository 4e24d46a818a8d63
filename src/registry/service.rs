//! Changing the registry: import, replace, remove, set aside.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::json;

use super::keeper::{SnapshotError, SnapshotKeeper};
use super::model::{Brand, BrandKey, ReferenceKey};
use super::store::{self, NewState};
use crate::audit::journal::{self, Entry, Event};
use crate::kernel::id::EventId;
use crate::kernel::{Clock, Digest, Ids, Instant};
use crate::store::{Db, StoreError, Tx};

/// Brands written in one transaction; an import of more is several. Verdicts wait for the
/// writer while one of them is under way, for some ten milliseconds at this size.
const BRANDS_PER_COMMIT: usize = 500;

/// Why the registry was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Two marks or references would have one name.
    #[error("\"{name}\" names a mark or reference of both {first} and {second}; give each its own id")]
    NameTaken {
        /// The name.
        name: String,
        /// The brand that has it.
        first: BrandKey,
        /// The brand that wants it.
        second: BrandKey,
    },
    /// One brand was given twice.
    #[error("brand \"{0}\" is given twice; merge the two")]
    GivenTwice(BrandKey),
    /// The brand's key could not be written in an address.
    #[error("\"{}\" is no brand key; use 1 to 64 of the small letters a-z, digits, - _ .", shortened(.0.as_str()))]
    UnwritableKey(BrandKey),
    /// There is no such brand.
    #[error("there is no brand \"{0}\"")]
    UnknownBrand(String),
    /// The brand has no such reference.
    #[error("there is no reference \"{0}\"")]
    UnknownReference(ReferenceKey),
    /// The brand changed since the caller read it.
    #[error("brand \"{key}\" was changed meanwhile; it is at revision {present}")]
    Stale {
        /// The brand.
        key: BrandKey,
        /// Its present revision.
        present: i64,
    },
    /// The database refused.
    #[error("cannot change the registry")]
    Store(#[from] StoreError),
    /// The change is stored, but the snapshot could not follow.
    #[error("the registry was changed, but cannot be read back")]
    Snapshot(#[from] SnapshotError),
}

fn shortened(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(BrandKey::MAX).collect()
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// Brands that are new.
    pub added: Vec<String>,
    /// Brands that changed, each with the members that differ.
    pub changed: BTreeMap<String, Vec<String>>,
    /// Brands that were the same already.
    pub unchanged: usize,
    /// The registry's revision afterwards.
    pub registry_revision: String,
    /// The retro-hunt that was started for the change, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hunt: Option<String>,
}

/// Who changes the registry and why, for the audit log.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// An API key id, `command line`, `system`.
    pub actor: &'a str,
    /// Why: `import of brand-registry`, `put through the API`.
    pub cause: &'a str,
}

/// Which pictures an imported brand has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pictures {
    /// Those that come with it.
    Given,
    /// Those that the registry holds of it: JSON Lines carry words only.
    Kept,
}

/// Changes brands; each change is live when the call returns.
#[derive(Clone)]
pub struct RegistryService {
    db: Db,
    keeper: Arc<SnapshotKeeper>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl RegistryService {
    /// A service over this database.
    pub fn new(db: Db, keeper: Arc<SnapshotKeeper>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { db, keeper, clock, ids }
    }

    /// Writes `brands`, each replacing its former state. Brands that are the same
    /// already are left alone, so an import can be repeated. A reference that was set
    /// aside stays so.
    ///
    /// Fails, and changes nothing of the brands not yet committed, when two brands
    /// want one name. `expected` is the revision of a single brand that the caller read.
    pub async fn import(
        &self,
        brands: Vec<Brand>,
        change: Change<'_>,
        expected: Option<i64>,
    ) -> Result<ImportReport, RegistryError> {
        self.import_all(brands, change, expected, Pictures::Given).await
    }

    /// [`Self::import`] of brands that come without pictures: those that the registry holds
    /// of them stay.
    pub async fn import_words(&self, brands: Vec<Brand>, change: Change<'_>) -> Result<ImportReport, RegistryError> {
        self.import_all(brands, change, None, Pictures::Kept).await
    }

    async fn import_all(
        &self,
        brands: Vec<Brand>,
        change: Change<'_>,
        expected: Option<i64>,
        pictures: Pictures,
    ) -> Result<ImportReport, RegistryError> {
        if let Some(brand) = brands.iter().find(|brand| !brand.key.is_writable()) {
            return Err(RegistryError::UnwritableKey(brand.key.clone()));
        }
        check_names_within(&brands)?;
        let mut report = ImportReport::default();
        let mut rest = brands.into_iter();
        loop {
            let chunk: Vec<Brand> = rest.by_ref().take(BRANDS_PER_COMMIT).collect();
            if chunk.is_empty() {
                break;
            }
            self.import_chunk(chunk, &change, (expected, pictures), &mut report).await?;
        }
        self.keeper.refresh().await?;
        report.registry_revision = self.keeper.current().registry_revision.clone();
        Ok(report)
    }

    async fn import_chunk(
        &self,
        brands: Vec<Brand>,
        change: &Change<'_>,
        (expected, pictures): (Option<i64>, Pictures),
        report: &mut ImportReport,
    ) -> Result<(), RegistryError> {
        let now = self.clock.now();
        // Before the transaction: a brand's pictures take time to digest, and everyone who records waits.
        let with_digest = |brand: Brand| (import_digest(&brand), brand);
        let given: Vec<(Digest, Brand)> = brands.into_iter().map(with_digest).collect();
        let mut tx = self.db.begin().await?;
        let from = store::take_latest(&mut tx).await?;
        let keys = given.iter().map(|(_, brand)| brand.key.to_string()).collect();
        let present = store::brand_rows(&mut tx, keys).await?;
        let differs = |(digest, brand): &&(Digest, Brand)| {
            present.get(&brand.key).is_some_and(|row| pictures == Pictures::Kept || row.digest != *digest)
        };
        let wanted = given.iter().filter(differs).map(|(_, brand)| brand.key.to_string()).collect();
        let mut formers = store::brands_in(&mut tx, wanted).await?;
        let mut states = Vec::new();
        for (mut digest, mut brand) in given {
            // Only owners confirm sellers; what comes with a brand is entered with it.
            brand.authorised_sellers.iter_mut().for_each(|seller| seller.authorisation = None);
            let former = formers.remove(&brand.key);
            if let (Pictures::Kept, Some(former)) = (pictures, &former) {
                brand.references.clone_from(&former.references);
                brand.figurative_marks.clone_from(&former.figurative_marks);
                digest = import_digest(&brand);
            }
            let row = present.get(&brand.key);
            let revision = row.map_or(0, |row| row.revision);
            if expected.is_some_and(|expected| expected != revision) {
                return Err(RegistryError::Stale { key: brand.key, present: revision });
            }
            if row.is_some_and(|row| row.digest == digest) {
                report.unchanged += 1;
                continue;
            }
            match former {
                Some(former) => {
                    keep_quarantine(&former, &mut brand);
                    keep_confirmed(&former, &mut brand);
                    report.changed.insert(brand.key.to_string(), differing_members(&former, &brand));
                }
                None => report.added.push(brand.key.to_string()),
            }
            states.push(new_state(brand, digest));
        }
        if states.is_empty() {
            return Ok(());
        }
        self.write(tx, &from, states, change, now).await
    }

    /// Checks names against other brands, writes the states, the revision, the audit
    /// entry and the event, and commits.
    async fn write(
        &self,
        mut tx: Tx,
        from: &store::Revision,
        states: Vec<NewState>,
        change: &Change<'_>,
        now: Instant,
    ) -> Result<(), RegistryError> {
        let wanted: HashMap<String, BrandKey> =
            states.iter().flat_map(|state| state.names.iter().map(|name| (name.clone(), state.key.clone()))).collect();
        let owners = store::owners_of_names(&mut tx, wanted.keys().cloned().collect()).await?;
        for (name, first) in owners {
            let second = &wanted[&name];
            if first != *second {
                return Err(RegistryError::NameTaken { name, first, second: second.clone() });
            }
        }
        let parts: Vec<[u8; 32]> = states.iter().map(|state| Digest::of(state.body.as_bytes()).0).collect();
        let parts: Vec<&[u8]> = parts.iter().map(<[u8; 32]>::as_slice).collect();
        let next = store::advance(&mut tx, from, Some(Digest::of_parts(&parts)), change.cause, now).await?;
        let keys: Vec<&str> = states.iter().map(|state| state.key.as_str()).take(100).collect();
        let body = json!({
            "revision": next.number, "registry_revision": next.registry_name(), "cause": change.cause,
            "brands": states.len(), "first_brands": keys,
        });
        store::put_brands(&mut tx, next.number, states).await?;
        self.tell(&mut tx, "registry.changed", next.registry_name(), change.actor, body, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes one brand's new state within the caller's transaction; answers what to append to the journal.
    /// Names of marks and references must be those it had.
    pub async fn write_within(
        &self,
        tx: &mut Tx,
        from: &store::Revision,
        brand: Brand,
        change: &Change<'_>,
        now: Instant,
    ) -> Result<(Entry, Event), RegistryError> {
        let (key, digest) = (brand.key.clone(), import_digest(&brand));
        let state = new_state(brand, digest);
        let next = store::advance(tx, from, Some(Digest::of(state.body.as_bytes())), change.cause, now).await?;
        store::put_brands(tx, next.number, vec![state]).await?;
        let body = json!({
            "revision": next.number, "registry_revision": next.registry_name(), "cause": change.cause,
            "brands": 1, "first_brands": [key],
        });
        let raw = serde_json::value::to_raw_value(&body).expect("JSON values serialise");
        let id = EventId::from_uuid(self.ids.next(now));
        let (kind, subject) = ("registry.changed", next.registry_name());
        let event = Event { id, kind, subject: subject.clone(), body: body.to_string() };
        Ok((Entry { kind, subject, actor: change.actor.to_owned(), body: raw }, event))
    }

    /// Removes a brand; its former states stay for replays.
    pub async fn remove(&self, key: &str, change: Change<'_>, expected: Option<i64>) -> Result<(), RegistryError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let from = store::take_latest(&mut tx).await?;
        let rows = store::brand_rows(&mut tx, vec![key.to_owned()]).await?;
        let row = rows.into_values().next().ok_or_else(|| RegistryError::UnknownBrand(key.to_owned()))?;
        if expected.is_some_and(|expected| expected != row.revision) {
            return Err(RegistryError::Stale { key: row.key, present: row.revision });
        }
        let gone = Digest::of_parts(&[b"removed ", key.as_bytes()]);
        let next = store::advance(&mut tx, &from, Some(gone), change.cause, now).await?;
        store::remove_brand(&mut tx, next.number, key).await?;
        let body = json!({"revision": next.number, "cause": change.cause, "removed": key});
        self.tell(&mut tx, "registry.changed", next.registry_name(), change.actor, body, now).await?;
        tx.commit().await?;
        self.keeper.refresh().await?;
        Ok(())
    }

    /// Sets a reference aside with the reason, or takes it back into use with none.
    pub async fn set_quarantine(
        &self,
        brand: &str,
        reference: &ReferenceKey,
        because: Option<String>,
        change: Change<'_>,
    ) -> Result<(), RegistryError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let from = store::take_latest(&mut tx).await?;
        let stored = store::brand_in(&mut tx, brand).await?;
        let mut stored = stored.ok_or_else(|| RegistryError::UnknownBrand(brand.to_owned()))?;
        let found = stored.references.iter_mut().find(|candidate| candidate.key == *reference);
        let found = found.ok_or_else(|| RegistryError::UnknownReference(reference.clone()))?;
        found.quarantine.clone_from(&because);
        let digest = import_digest(&stored);
        let state = new_state(stored, digest);
        let next = store::advance(&mut tx, &from, Some(Digest::of(state.body.as_bytes())), change.cause, now).await?;
        store::put_brands(&mut tx, next.number, vec![state]).await?;
        let kind = if because.is_some() { "reference.quarantined" } else { "reference.restored" };
        let body = json!({"reference": reference, "brand": brand, "because": because, "revision": next.number});
        self.tell(&mut tx, kind, reference.to_string(), change.actor, body, now).await?;
        tx.commit().await?;
        self.keeper.refresh().await?;
        Ok(())
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        kind: &'static str,
        subject: String,
        actor: &str,
        body: serde_json::Value,
        now: Instant,
    ) -> Result<(), StoreError> {
        let raw = serde_json::value::to_raw_value(&body).expect("JSON values serialise");
        let event = Event {
            id: EventId::from_uuid(self.ids.next(now)),
            kind,
            subject: subject.clone(),
            body: body.to_string(),
        };
        let entry = Entry { kind, subject, actor: actor.to_owned(), body: raw };
        journal::append(tx, now, vec![entry], vec![event]).await?;
        Ok(())
    }
}

fn new_state(brand: Brand, digest: Digest) -> NewState {
    let marks = brand.word_marks.iter().map(|mark| mark.key.to_string());
    let figurative = brand.figurative_marks.iter().map(|mark| mark.key.to_string());
    let references = brand.references.iter().map(|reference| reference.key.to_string());
    let names = marks.chain(figurative).chain(references).collect();
    let body = serde_json::to_string(&brand).expect("a brand holds only strings, numbers and lists");
    NewState { key: brand.key, name: brand.name, digest, body, names }
}

/// Digest of a brand as it is imported: what was set aside or confirmed here does not count.
fn import_digest(brand: &Brand) -> Digest {
    let mut imported = brand.clone();
    for reference in &mut imported.references {
        reference.quarantine = None;
    }
    imported.authorised_sellers.retain(|seller| seller.authorisation.is_none());
    Digest::of(serde_json::to_string(&imported).expect("a brand holds only strings, numbers and lists").as_bytes())
}

/// A reference that was set aside stays so when the same picture is imported again.
fn keep_quarantine(former: &Brand, brand: &mut Brand) {
    for reference in &mut brand.references {
        let same = former.references.iter().find(|old| old.key == reference.key && old.digest == reference.digest);
        if let Some(same) = same {
            reference.quarantine.clone_from(&same.quarantine);
        }
    }
}

/// Sellers that the owner confirmed stay so when the brand is imported again.
fn keep_confirmed(former: &Brand, brand: &mut Brand) {
    let confirmed = former.authorised_sellers.iter().filter(|seller| seller.authorisation.is_some());
    brand.authorised_sellers.extend(confirmed.cloned());
}

fn differing_members(former: &Brand, brand: &Brand) -> Vec<String> {
    let was = serde_json::to_value(former).unwrap_or_default();
    let is = serde_json::to_value(brand).unwrap_or_default();
    let (Some(was), Some(is)) = (was.as_object(), is.as_object()) else {
        return Vec::new();
    };
    is.iter().filter(|(name, value)| was.get(*name) != Some(value)).map(|(name, _)| name.clone()).collect()
}

fn check_names_within(brands: &[Brand]) -> Result<(), RegistryError> {
    let mut keys = std::collections::HashSet::new();
    let mut owners: HashMap<&str, &BrandKey> = HashMap::new();
    for brand in brands {
        if !keys.insert(&brand.key) {
            return Err(RegistryError::GivenTwice(brand.key.clone()));
        }
        let marks = brand.word_marks.iter().map(|mark| mark.key.as_str());
        let figurative = brand.figurative_marks.iter().map(|mark| mark.key.as_str());
        let references = brand.references.iter().map(|reference| reference.key.as_str());
        for name in marks.chain(figurative).chain(references) {
            if let Some(first) = owners.insert(name, &brand.key) {
                return Err(RegistryError::NameTaken {
                    name: name.to_owned(),
                    first: first.clone(),
                    second: brand.key.clone(),
                });
            }
        }
    }
    Ok(())
}
