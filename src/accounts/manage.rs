//! Managing an organisation's people and API keys.
//!
//! Nobody gives more than they have: roles and scopes are held against the permissions of
//! who gives them. Nobody changes their own roles or switches themselves off, so somebody
//! who can is always left.

use super::model::{Organisation, Person, StoredKey};
use super::permission::{Permission, Permissions};
use super::roles::{Role, permissions_of};
use super::service::{AccountError, Accounts, checked_name, entry};
use super::{store, store_sign_in};
use crate::audit::journal;
use crate::http::secrets::ApiKey;
use crate::kernel::Instant;
use crate::kernel::id::{ApiKeyId, OrganisationId, PersonId};
use crate::store::StoreError;
use crate::system::random_bytes;

/// Longest life of a key, in days.
pub const MAX_DAYS: u32 = 3_650;

/// Why a change of people or keys is refused.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// More than the giver has.
    #[error("{0} cannot be given: you do not have it yourself")]
    BeyondOwn(Permission),
    /// A scope that has no effect in this organisation.
    #[error("{0} has no effect in an organisation of this kind")]
    NoEffect(Permission),
    /// A key that may do nothing.
    #[error("the key has no scope; name at least one")]
    NoScope,
    /// Days out of bounds.
    #[error("a key lasts 1 to 3,650 days")]
    Days,
    /// One's own account.
    #[error("nobody changes their own roles or switches themselves off; ask somebody else who may")]
    OwnAccount,
    /// Account data that cannot stand.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl From<StoreError> for ManageError {
    fn from(error: StoreError) -> Self {
        Self::Account(error.into())
    }
}

/// Who manages, for the checks and the audit log.
#[derive(Debug, Clone)]
pub struct Manager {
    /// `per_…`, `key_…` or `command line`.
    pub actor: String,
    /// What they may give.
    pub may_give: Permissions,
}

impl Manager {
    fn check(&self, wanted: Permissions) -> Result<(), ManageError> {
        match wanted.iter().find(|permission| !self.may_give.contains(*permission)) {
            Some(beyond) => Err(ManageError::BeyondOwn(beyond)),
            None => Ok(()),
        }
    }

    /// Refuses roles that hold more than the manager has.
    pub fn check_roles(&self, roles: &[Role]) -> Result<(), ManageError> {
        self.check(permissions_of(roles))
    }
}

/// A key to make.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// Days until it ends; absent = never.
    pub days: Option<u32>,
}

impl Accounts {
    /// Makes a key of `organisation`; the secret in it is shown once.
    pub async fn create_key(
        &self,
        organisation: &Organisation,
        new: NewKey,
        manager: &Manager,
    ) -> Result<(ApiKey, StoredKey), ManageError> {
        let scopes: Permissions = new.scopes.iter().copied().collect();
        if scopes == Permissions::NONE {
            return Err(ManageError::NoScope);
        }
        let possible = Permissions::of_kind(organisation.kind);
        if let Some(beyond) = scopes.iter().find(|scope| !possible.contains(*scope)) {
            return Err(ManageError::NoEffect(beyond));
        }
        manager.check(scopes)?;
        if new.days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
            return Err(ManageError::Days);
        }
        let now = self.clock.now();
        let key = ApiKey::new(ApiKeyId::from_uuid(self.ids.next(now)), random_bytes());
        let stored = StoredKey {
            id: key.id(),
            organisation: organisation.id,
            name: checked_name(&new.name)?,
            secret_hash: hex::encode(key.hash().bytes()),
            scopes: scopes.iter().collect(),
            created_at: now,
            expires_at: new.days.map(|days| now.plus_seconds(i64::from(days) * 86_400)),
            last_used_at: None,
            revoked_at: None,
        };
        let mut tx = self.db.begin().await?;
        store::insert_key(&mut tx, &stored).await?;
        let scopes: Vec<&str> = stored.scopes.iter().map(|scope| scope.as_str()).collect();
        let body = serde_json::json!({"organisation": organisation.id, "scopes": scopes, "until": stored.expires_at});
        journal::append(&mut tx, now, vec![entry("key.created", stored.id, &manager.actor, &body)], Vec::new()).await?;
        tx.commit().await?;
        Ok((key, stored))
    }

    /// Ends a key of `organisation`; `false` when it has none of this id that works.
    pub async fn end_key(
        &self,
        organisation: OrganisationId,
        id: ApiKeyId,
        manager: &Manager,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if store::key(&self.db, id).await?.is_none_or(|key| key.organisation != organisation) {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        if !store::revoke_key(&mut tx, id, now).await? {
            return Ok(false);
        }
        let told = entry("key.revoked", id, &manager.actor, &serde_json::json!({}));
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives a person exactly these roles.
    pub async fn set_roles(
        &self,
        person: &Person,
        organisation: &Organisation,
        roles: &[Role],
        manager: &Manager,
    ) -> Result<(), ManageError> {
        self.may_change(person, manager)?;
        let kind = organisation.kind;
        if let Some(role) = roles.iter().copied().find(|role| !role.fits(kind)) {
            return Err(AccountError::RoleDoesNotFit { role, kind }.into());
        }
        manager.check_roles(roles)?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::set_roles(&mut tx, person.id, roles).await?;
        let names = |roles: &[Role]| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>();
        let body = serde_json::json!({"before": names(&person.roles), "roles": names(roles)});
        let told = entry("person.roles_changed", person.id, &manager.actor, &body);
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Switches an account off, which ends its sessions, or on again.
    pub async fn switch(&self, person: &Person, on: bool, manager: &Manager) -> Result<(), ManageError> {
        self.may_change(person, manager)?;
        if person.disabled_at.is_none() == on {
            return Ok(());
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::set_disabled(&mut tx, person.id, (!on).then_some(now)).await?;
        if !on {
            store_sign_in::end_other_sessions(&mut tx, person.id, None, now).await?;
        }
        let kind = if on { "person.switched_on" } else { "person.switched_off" };
        let told = entry(kind, person.id, &manager.actor, &serde_json::json!({}));
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Nobody manages themselves, nor somebody who has more than they.
    fn may_change(&self, person: &Person, manager: &Manager) -> Result<(), ManageError> {
        if manager.actor == person.id.to_string() {
            return Err(ManageError::OwnAccount);
        }
        manager.check_roles(&person.roles)
    }

    /// A person of `organisation`.
    pub async fn person_of(&self, organisation: OrganisationId, id: PersonId) -> Result<Option<Person>, StoreError> {
        Ok(store::person(&self.db, id).await?.filter(|person| person.organisation == organisation))
    }

    /// The present moment, as the accounts see it.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }
}
