//! Asking brand owners, and writing down what they say.

use std::sync::Arc;

use serde_json::json;

use super::model::{Authorisation, AuthorisationState, Scope};
use super::store;
use crate::audit::journal::{self, Entry, Event};
use crate::kernel::id::{AuthorisationId, DocumentId, EventId, OrganisationId};
use crate::kernel::{Clock, Ids};
use crate::merchants::dossiers;
use crate::registry;
use crate::registry::keeper::{SnapshotError, SnapshotKeeper};
use crate::registry::model::{AuthorisedSeller, Brand, MarkKey};
use crate::registry::service::{Change, RegistryError, RegistryService};
use crate::store::{Db, StoreError, Tx};

/// Most sellers of one brand.
const MOST_SELLERS: usize = 10_000;

/// Why an authorisation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// There is no such thing.
    #[error("there is no {what} {id}")]
    Unknown {
        /// What was asked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Something of the request cannot be.
    #[error("{detail}")]
    Wrong {
        /// JSON pointer to the member.
        pointer: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// It was decided already.
    #[error("the authorisation is {0}; it cannot become what was asked for")]
    Decided(&'static str),
    /// The brand takes no more sellers.
    #[error("the brand has 10,000 authorised sellers; take some out first")]
    Full,
    /// The registry refused.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The database failed.
    #[error("cannot change the authorisation")]
    Store(#[from] StoreError),
    /// The change is stored, but screening could not follow.
    #[error("the authorisation was changed, but screening cannot follow it")]
    Snapshot(#[from] SnapshotError),
}

/// An authorisation to be asked for.
#[derive(Debug, Clone)]
pub struct NewAuthorisation {
    /// The merchant.
    pub merchant: String,
    /// The brand's key.
    pub brand: String,
    /// Which marks, where, when.
    pub scope: Scope,
    /// The letter: a document of the merchant.
    pub document: Option<DocumentId>,
}

/// Asks brand owners and writes down what they say.
#[derive(Clone)]
pub struct AuthorityService {
    db: Db,
    keeper: Arc<SnapshotKeeper>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    registry: RegistryService,
}

impl AuthorityService {
    /// A service over this database.
    pub fn new(
        db: Db,
        keeper: Arc<SnapshotKeeper>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        registry: RegistryService,
    ) -> Self {
        Self { db, keeper, clock, ids, registry }
    }

    async fn brand(&self, key: &str) -> Result<Brand, AuthorityError> {
        let found = registry::store::brand(&self.db, key).await?;
        found.map(|(brand, _)| brand).ok_or_else(|| AuthorityError::Unknown { what: "brand", id: key.to_owned() })
    }

    /// Asks the brand's owner to confirm a merchant.
    pub async fn ask(&self, new: NewAuthorisation, actor: &str) -> Result<Authorisation, AuthorityError> {
        let brand = self.brand(&new.brand).await?;
        let known = |mark: &String| {
            brand.word_marks.iter().any(|own| own.key.as_str() == mark)
                || brand.figurative_marks.iter().any(|own| own.key.as_str() == mark)
        };
        if let Some(mark) = new.scope.marks.iter().find(|mark| !known(mark)) {
            let detail = format!("\"{}\" is no mark of this brand", mark.chars().take(60).collect::<String>());
            return Err(AuthorityError::Wrong { pointer: "/marks", detail });
        }
        if let (Some(from), Some(until)) = (new.scope.from, new.scope.until)
            && until <= from
        {
            let detail = format!("ends on {until}, before it begins on {from}");
            return Err(AuthorityError::Wrong { pointer: "/until", detail });
        }
        if let Some(document) = new.document
            && dossiers::store::document(&self.db, &new.merchant, document).await?.is_none()
        {
            let detail = "is no document of this merchant; upload the letter first".to_owned();
            return Err(AuthorityError::Wrong { pointer: "/document", detail });
        }
        let now = self.clock.now();
        let asked = Authorisation {
            id: AuthorisationId::from_uuid(self.ids.next(now)).to_string(),
            merchant: new.merchant,
            brand: new.brand,
            state: AuthorisationState::Asked,
            scope: new.scope,
            document: new.document.map(|id| id.to_string()),
            asked_by: actor.to_owned(),
            asked_at: now,
            decided_by: None,
            decided_at: None,
            reason: None,
        };
        let mut tx = self.db.begin().await?;
        store::insert(&mut tx, &asked).await?;
        let told = self.told("authorisation.asked", &asked, actor, None);
        journal::append(&mut tx, now, vec![told.0], vec![told.1]).await?;
        tx.commit().await?;
        Ok(asked)
    }

    /// Writes down the owner's word. What is confirmed stands in the registry when the call returns; what is
    /// revoked no longer does.
    pub async fn decide(
        &self,
        id: AuthorisationId,
        state: AuthorisationState,
        reason: &str,
        actor: &str,
    ) -> Result<Authorisation, AuthorityError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let from = registry::store::take_latest(&mut tx).await?;
        let unknown = || AuthorityError::Unknown { what: "authorisation", id: id.to_string() };
        let asked = store::get_in(&mut tx, id).await?.ok_or_else(unknown)?;
        if !asked.state.may_become(state) {
            return Err(AuthorityError::Decided(asked.state.as_str()));
        }
        store::decide(&mut tx, id, state, (actor, reason), now).await?;
        let (mut entries, mut events) = (Vec::new(), Vec::new());
        if state != AuthorisationState::Refused {
            let told = self.change_registry(&mut tx, &from, &asked, state, actor).await?;
            entries.push(told.0);
            events.push(told.1);
        }
        let decided = Authorisation {
            state,
            decided_by: Some(actor.to_owned()),
            decided_at: Some(now),
            reason: Some(reason.to_owned()),
            ..asked
        };
        let told = self.told("authorisation.decided", &decided, actor, Some(reason));
        entries.push(told.0);
        events.push(told.1);
        journal::append(&mut tx, now, entries, events).await?;
        tx.commit().await?;
        self.keeper.refresh().await?;
        Ok(decided)
    }

    async fn change_registry(
        &self,
        tx: &mut Tx,
        from: &registry::store::Revision,
        asked: &Authorisation,
        state: AuthorisationState,
        actor: &str,
    ) -> Result<(Entry, Event), AuthorityError> {
        let seller = AuthorisedSeller {
            seller: asked.merchant.clone(),
            marks: asked.scope.marks.iter().map(|mark| MarkKey::new(mark.as_str())).collect(),
            markets: asked.scope.markets.clone(),
            from: asked.scope.from,
            until: asked.scope.until,
            authorisation: Some(asked.id.clone()),
        };
        let stored = registry::store::brand_in(tx, &asked.brand).await?;
        let mut brand = stored.ok_or_else(|| RegistryError::UnknownBrand(asked.brand.clone()))?;
        brand.authorised_sellers.retain(|own| own.authorisation != seller.authorisation);
        if state == AuthorisationState::Confirmed {
            if brand.authorised_sellers.len() >= MOST_SELLERS {
                return Err(AuthorityError::Full);
            }
            brand.authorised_sellers.push(seller);
        }
        let change = Change { actor, cause: "authorised seller" };
        Ok(self.registry.write_within(tx, from, brand, &change, self.clock.now()).await?)
    }

    /// Names the organisation that speaks for a brand.
    pub async fn name_keeper(
        &self,
        brand: &str,
        organisation: OrganisationId,
        actor: &str,
    ) -> Result<(), AuthorityError> {
        self.brand(brand).await?;
        let found = crate::accounts::store::organisation(&self.db, organisation).await?;
        if found.is_none() {
            let detail = "is no organisation that this service knows".to_owned();
            return Err(AuthorityError::Wrong { pointer: "/organisation", detail });
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::put_keeper(&mut tx, brand, organisation, now).await?;
        let body = serde_json::value::to_raw_value(&json!({"organisation": organisation}));
        let body = body.expect("JSON values serialise");
        let entry = Entry { kind: "brand.keeper_named", subject: brand.to_owned(), actor: actor.to_owned(), body };
        journal::append(&mut tx, now, vec![entry], Vec::new()).await?;
        tx.commit().await?;
        Ok(())
    }

    fn told(&self, kind: &'static str, of: &Authorisation, actor: &str, reason: Option<&str>) -> (Entry, Event) {
        let body = json!({"merchant": of.merchant, "brand": of.brand, "state": of.state, "scope": of.scope,
            "document": of.document, "reason": reason});
        let raw = serde_json::value::to_raw_value(&body).expect("JSON values serialise");
        let id = EventId::from_uuid(self.ids.next(self.clock.now()));
        let event = Event { id, kind, subject: of.id.clone(), body: body.to_string() };
        (Entry { kind, subject: of.id.clone(), actor: actor.to_owned(), body: raw }, event)
    }
}
