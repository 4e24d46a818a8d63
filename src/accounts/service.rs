//! Entering people and organisations, links that sign in once, sessions.

use std::sync::Arc;

use super::model::{Organisation, OrganisationKind, Person, Session, SignInMethod};
use super::password::Passwords;
use super::policy::Policy;
use super::roles::Role;
use super::secret::Secret;
use super::store::{self, SignedIn};
use crate::audit::journal::{self, Entry};
use crate::kernel::id::{OrganisationId, PersonId, SessionId};
use crate::kernel::{Clock, Ids, Instant};
use crate::store::{Db, StoreError, Tx};
use crate::system::random_bytes;

/// Longest name of a person or an organisation, in characters.
const MAX_NAME: usize = 200;
/// Longest mail address (RFC 5321, 4.5.3.1.3, less the brackets).
const MAX_EMAIL: usize = 254;
/// Letters kept of how a browser calls itself.
const MAX_AGENT: usize = 200;
/// A session's last use is noted at most this often, in seconds.
const TOUCH_EVERY: f64 = 60.0;
/// The purpose of a link that signs in.
const SIGN_IN: &str = "sign_in";

/// Why an account was not entered or a session not opened.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name cannot stand.
    #[error("the name is empty, longer than 200 characters or holds control characters")]
    Name,
    /// The address cannot stand.
    #[error("\"{0}\" is no mail address; write name@example.com")]
    Email(String),
    /// Somebody has the address.
    #[error("there is an account with this mail address already")]
    Taken,
    /// The role is for other organisations.
    #[error("the role {role} cannot be given in an organisation of kind {kind}")]
    RoleDoesNotFit {
        /// The role.
        role: Role,
        /// The organisation's kind.
        kind: OrganisationKind,
    },
    /// There is one platform.
    #[error("there is one platform, and it is there already; enter a brand_owner, an agent or a merchant")]
    SecondPlatform,
    /// The organisation is not there or closed.
    #[error("there is no open organisation {0}")]
    NoOrganisation(OrganisationId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A person to enter.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Where they belong.
    pub organisation: OrganisationId,
    /// Their name.
    pub name: String,
    /// Their mail address.
    pub email: String,
    /// What they may do.
    pub roles: Vec<Role>,
}

/// Where a sign-in comes from, to be shown beside the session.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// What the browser calls itself.
    pub agent: String,
    /// Its address.
    pub address: String,
    /// The session that the browser holds already; it ends.
    pub replaces: Option<Secret>,
    /// What the browser was given when it signed in before.
    pub device: Option<Secret>,
}

/// A session that was just opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What the browser keeps.
    pub secret: Secret,
    /// Longest it lasts, in seconds.
    pub seconds: i64,
}

/// The accounts of one database.
#[derive(Clone)]
pub struct Accounts {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) passwords: Passwords,
}

/// An audit entry of this room. Names and addresses stay out: the log is never deleted.
pub(super) fn entry(kind: &'static str, subject: impl ToString, actor: &str, body: &serde_json::Value) -> Entry {
    let body = serde_json::value::to_raw_value(body).expect("JSON values serialise");
    Entry { kind, subject: subject.to_string(), actor: actor.to_owned(), body }
}

pub(super) fn checked_name(name: &str) -> Result<String, AccountError> {
    let name = name.trim();
    let fits = !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(AccountError::Name) }
}

/// Whether the text has the form of a mail address. Whether mail arrives there, only mail tells.
fn checked_email(email: &str) -> Result<String, AccountError> {
    let email = email.trim();
    let well_formed = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.')
    });
    let plain =
        email.chars().all(|letter| !letter.is_whitespace() && !letter.is_control() && !"<>,;\"".contains(letter));
    if well_formed && plain && email.len() <= MAX_EMAIL {
        return Ok(email.to_owned());
    }
    Err(AccountError::Email(email.chars().take(60).collect()))
}

impl Accounts {
    /// Accounts over an open database.
    pub fn new(db: Db, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { db, clock, ids, passwords: Passwords::default() }
    }

    /// Enters an organisation.
    ///
    /// # Errors
    /// When the name cannot stand, or the kind is the platform's.
    pub async fn create_organisation(
        &self,
        kind: OrganisationKind,
        name: &str,
        actor: &str,
    ) -> Result<Organisation, AccountError> {
        if kind == OrganisationKind::Platform {
            return Err(AccountError::SecondPlatform);
        }
        let now = self.clock.now();
        let id = OrganisationId::from_uuid(self.ids.next(now));
        let new = Organisation { id, kind, name: checked_name(name)?, created_at: now, closed_at: None };
        let mut tx = self.db.begin().await?;
        store::insert_organisation(&mut tx, &new).await?;
        let told = entry("organisation.created", new.id, actor, &serde_json::json!({"kind": kind}));
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Enters a person.
    ///
    /// # Errors
    /// When name or address cannot stand, the address is taken, the organisation is not there
    /// or a role cannot be given in it.
    pub async fn create_person(&self, new: NewPerson, actor: &str) -> Result<Person, AccountError> {
        let gone = || AccountError::NoOrganisation(new.organisation);
        let organisation = store::organisation(&self.db, new.organisation).await?.ok_or_else(gone)?;
        if organisation.closed_at.is_some() {
            return Err(gone());
        }
        let kind = organisation.kind;
        if let Some(role) = new.roles.iter().copied().find(|role| !role.fits(kind)) {
            return Err(AccountError::RoleDoesNotFit { role, kind });
        }
        let now = self.clock.now();
        let person = Person {
            id: PersonId::from_uuid(self.ids.next(now)),
            organisation: organisation.id,
            name: checked_name(&new.name)?,
            email: checked_email(&new.email)?,
            roles: new.roles,
            created_at: now,
            signed_in_at: None,
            disabled_at: None,
        };
        let mut tx = self.db.begin().await?;
        let stored = store::insert_person(&mut tx, &person).await;
        stored.map_err(|error| if error.is_unique_violation() { AccountError::Taken } else { error.into() })?;
        let roles: Vec<&str> = person.roles.iter().map(|role| role.as_str()).collect();
        let body = serde_json::json!({"organisation": organisation.id, "roles": roles});
        journal::append(&mut tx, now, vec![entry("person.created", person.id, actor, &body)], Vec::new()).await?;
        tx.commit().await?;
        Ok(person)
    }

    /// Makes a link's secret that signs `person` in once.
    pub async fn sign_in_link(&self, person: PersonId, actor: &str) -> Result<Secret, AccountError> {
        let now = self.clock.now();
        let secret = Secret::new(random_bytes());
        let ends = now.plus_seconds(Policy::at(now).link_seconds);
        let mut tx = self.db.begin().await?;
        store::insert_one_time(&mut tx, secret.hash(), SIGN_IN, person, now, ends).await?;
        let told = entry("person.link_made", person, actor, &serde_json::json!({"until": ends}));
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Signs in with a link; `None` when it was used, ran out, never was, or its person may not
    /// sign in.
    pub async fn use_link(&self, link: &Secret, visit: Visit) -> Result<Option<Opened>, AccountError> {
        let now = self.clock.now();
        let held = self.held(&visit).await?;
        let mut tx = self.db.begin().await?;
        let person = store::use_one_time(&mut tx, link.hash(), SIGN_IN, now).await?;
        let Some(person) = person.filter(|person| person.disabled_at.is_none()) else {
            return Ok(None);
        };
        if let Some(held) = held {
            store::end_session(&mut tx, held.person, held.id, now).await?;
        }
        let opened = self.open_session(&mut tx, person.id, SignInMethod::Link, visit, now).await?;
        tx.commit().await?;
        Ok(Some(opened))
    }

    /// The session that the browser holds already. It ends with the sign-in, whose session has
    /// a secret of its own: nobody can plant one and wait for its owner to sign in (fixation).
    pub(super) async fn held(&self, visit: &Visit) -> Result<Option<Session>, StoreError> {
        let Some(secret) = &visit.replaces else {
            return Ok(None);
        };
        Ok(store::session_by_secret(&self.db, secret.hash()).await?.map(|found| found.session))
    }

    /// Opens a session in the caller's transaction, with a new secret.
    pub(super) async fn open_session(
        &self,
        tx: &mut Tx,
        person: PersonId,
        method: SignInMethod,
        visit: Visit,
        now: Instant,
    ) -> Result<Opened, AccountError> {
        let secret = Secret::new(random_bytes());
        let session = Session {
            id: SessionId::from_uuid(self.ids.next(now)),
            person,
            method: method.as_str().to_owned(),
            agent: visit.agent.chars().filter(|letter| !letter.is_control()).take(MAX_AGENT).collect(),
            address: visit.address,
            created_at: now,
            seen_at: now,
            ended_at: None,
        };
        store::insert_session(tx, &session, secret.hash()).await?;
        let body = serde_json::json!({"session": session.id, "method": session.method});
        let told = entry("person.signed_in", person, &person.to_string(), &body);
        journal::append(tx, now, vec![told], Vec::new()).await?;
        Ok(Opened { secret, seconds: Policy::at(now).session_seconds })
    }

    /// Who is signed in with this secret, when the session, the person and the organisation
    /// still count. Notes the use.
    pub async fn signed_in(&self, secret: &Secret) -> Result<Option<SignedIn>, StoreError> {
        let now = self.clock.now();
        let counts = |found: &SignedIn| {
            found.session.is_live(now, Policy::at(now))
                && found.person.disabled_at.is_none()
                && found.organisation.closed_at.is_none()
        };
        let found = store::session_by_secret(&self.db, secret.hash()).await?.filter(counts);
        if let Some(found) = &found
            && now.seconds_since(found.session.seen_at) > TOUCH_EVERY
        {
            let mut tx = self.db.begin().await?;
            store::touch_session(&mut tx, found.session.id, now).await?;
            tx.commit().await?;
        }
        Ok(found)
    }

    /// The person's sessions that still count, newest first.
    pub async fn sessions(&self, person: PersonId) -> Result<Vec<Session>, StoreError> {
        let now = self.clock.now();
        let mut sessions = store::sessions(&self.db, person).await?;
        sessions.retain(|session| session.is_live(now, Policy::at(now)));
        Ok(sessions)
    }

    /// Ends a session of this person; `false` when it is no session of theirs, or ended.
    pub async fn end_session(&self, person: PersonId, id: SessionId) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !store::end_session(&mut tx, person, id, now).await? {
            return Ok(false);
        }
        let told = entry("person.signed_out", person, &person.to_string(), &serde_json::json!({"session": id}));
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_mail_can_be_sent_to_is_an_address() {
        for good in ["a@b", " Ada.Field+x@mail.example.com ", "ü@exämple.com"] {
            assert!(checked_email(good).is_ok(), "{good}");
        }
        for bad in
            ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\nBcc: x@y", "<a@b>", "a@.b", &format!("{}@b", "a".repeat(260))]
        {
            assert!(checked_email(bad).is_err(), "{bad}");
        }
    }
}
