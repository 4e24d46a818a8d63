//! All merchants in memory: by what links them, and by their names; following the database.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::store;
use crate::matching::names::{NameIndex, NameKind, NameQuery, Party, PartyFacts, PartyKind, PartyName, Scratch};
use crate::merchants::links::{Features, Link, LinkIndex, LinkKey, LinkPolicy, MerchantRecord};
use crate::merchants::lists::ListEntity;
use crate::merchants::onboarding::model::Application;
use crate::merchants::onboarding::names_to_screen;
use crate::store::{Db, StoreError};

/// Merchants read from the database at once.
const PAGE: i64 = 1_000;
/// Merchants entered while others wait.
const AT_ONCE: usize = 50;
/// Merchants that one name of an entry may bring.
const MOST_NAMED: usize = 50;
/// Score from which a merchant is worth being held against the entry the other way round. What is rare among
/// merchants differs from what is rare among entries, so this only has to miss nothing.
const LEAST_NAMED: f32 = 0.2;

/// The indexes.
pub struct Indexes {
    links: RwLock<LinkIndex>,
    names: RwLock<NameIndex>,
    policy: Arc<LinkPolicy>,
    position: AtomicI64,
    one_follower: tokio::sync::Mutex<()>,
}

impl Indexes {
    /// Empty indexes; [`Indexes::follow`] fills them.
    pub fn new(policy: Arc<LinkPolicy>, key: LinkKey) -> Self {
        Self {
            links: RwLock::new(LinkIndex::new(Arc::clone(&policy), key)),
            names: RwLock::default(),
            policy,
            position: AtomicI64::new(0),
            one_follower: tokio::sync::Mutex::new(()),
        }
    }

    /// The weights that links are judged by.
    pub fn policy(&self) -> &LinkPolicy {
        &self.policy
    }

    /// Number of merchants.
    pub fn len(&self) -> usize {
        self.links.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is no merchant.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes in every change that is committed when it is called.
    pub async fn follow(self: &Arc<Self>, db: &Db) -> Result<(), StoreError> {
        if store::last_position(db).await? <= self.position.load(Ordering::Acquire) {
            return Ok(());
        }
        let _only_one = self.one_follower.lock().await;
        loop {
            let from = self.position.load(Ordering::Acquire);
            let page = store::changed_after(db, from, PAGE).await?;
            let Some(last) = page.last().map(|row| row.position) else { return Ok(()) };
            let own = Arc::clone(self);
            let entered = tokio::task::spawn_blocking(move || own.enter(page)).await;
            entered.map_err(|_| StoreError::Corrupt {
                column: "merchant_dossier.sketch".to_owned(),
                problem: "reading it was interrupted".to_owned(),
            })?;
            self.position.store(last, Ordering::Release);
        }
    }

    fn enter(&self, page: Vec<store::Indexed>) {
        for chunk in page.chunks(AT_ONCE) {
            let parties: Vec<Option<Party>> = chunk.iter().map(party).collect();
            let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
            for row in chunk {
                match &row.sketch {
                    Some(sketch) => {
                        links.add_sketch(&row.merchant, sketch);
                    }
                    None => {
                        links.remove(&row.merchant);
                    }
                }
            }
            drop(links);
            let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
            for (row, party) in chunk.iter().zip(parties) {
                match party {
                    Some(party) => {
                        names.add(&party);
                    }
                    None => {
                        names.remove(&row.merchant);
                    }
                }
            }
        }
    }

    /// Reads a record into what is compared.
    pub fn read(&self, record: &MerchantRecord) -> Features {
        self.links.read().unwrap_or_else(PoisonError::into_inner).read(record)
    }

    /// The links of a merchant with all others, strongest first.
    pub fn links_of(&self, merchant: &str, features: &Features) -> Vec<Link> {
        self.links.read().unwrap_or_else(PoisonError::into_inner).links_of_features(merchant, features)
    }

    /// The merchants that an entry of a list may be.
    pub fn named_like(&self, entity: &ListEntity, scratch: &mut Scratch) -> Vec<String> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<String> = Vec::new();
        for name in &entity.names {
            let query = NameQuery { name: name.name.clone(), kind: entity.kind, facts: PartyFacts::default() };
            let hits = names.search(&query, MOST_NAMED, scratch);
            found.extend(hits.into_iter().filter(|hit| hit.score >= LEAST_NAMED).map(|hit| hit.id));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// A merchant as names are matched with it: every name it is screened under.
fn party(row: &store::Indexed) -> Option<Party> {
    let application: Application = serde_json::from_str(row.application.as_deref()?).ok()?;
    let names = names_to_screen(&application).into_iter();
    let names: Vec<PartyName> = names.map(|query| PartyName { name: query.name, kind: NameKind::Primary }).collect();
    let party = Party { id: row.merchant.clone(), kind: PartyKind::Other, names, facts: PartyFacts::default() };
    (!party.names.is_empty()).then_some(party)
}
