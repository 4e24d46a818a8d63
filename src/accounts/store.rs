//! Queries over organisations, people, sessions, one-time secrets and API keys.

use super::model::{Organisation, OrganisationKind, Person, Session, StoredKey, email_key};
use super::roles::Role;
use crate::kernel::id::{ApiKeyId, OrganisationId, PersonId, SessionId};
use crate::kernel::{Digest, Instant};
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

// ── Organisations ───────────────────────────────────────────────────────────────────────────

fn read_organisation(row: &Row) -> Result<Organisation, StoreError> {
    Ok(Organisation {
        id: row.parse("id")?,
        kind: row.parse("kind")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        closed_at: row.get("closed_at")?,
    })
}

/// Stores a new organisation.
pub async fn insert_organisation(tx: &mut Tx, new: &Organisation) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO organisation (id, kind, name, created_at) VALUES ($1, $2, $3, $4)",
        params![new.id, new.kind.as_str(), &new.name, new.created_at],
    )
    .await?;
    Ok(())
}

/// The organisation with this id.
pub async fn organisation(db: &Db, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
    let text = "SELECT id, kind, name, created_at, closed_at FROM organisation WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read_organisation).transpose()
}

/// Organisations in the order of their entry, the platform first; at most 1,000 after `after`.
pub async fn organisations(db: &Db, after: Option<OrganisationId>) -> Result<Vec<Organisation>, StoreError> {
    let text = "SELECT id, kind, name, created_at, closed_at FROM organisation WHERE id > $1 ORDER BY id LIMIT 1000";
    let after = after.map_or_else(String::new, |id| id.to_string());
    db.all(text, params![after]).await?.iter().map(read_organisation).collect()
}

// ── People ──────────────────────────────────────────────────────────────────────────────────

pub(super) fn read_person(row: &Row) -> Result<Person, StoreError> {
    let roles: String = row.get("roles")?;
    Ok(Person {
        id: row.parse("id")?,
        organisation: row.parse("organisation_id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        // A role that this build does not know gives nothing.
        roles: roles.split(' ').filter_map(|role| role.parse().ok()).collect(),
        created_at: row.get("created_at")?,
        signed_in_at: row.get("signed_in_at")?,
        disabled_at: row.get("disabled_at")?,
    })
}

/// The roles as they are stored.
pub fn roles_text(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

/// Stores a new person; a unique violation says that the address is taken.
pub async fn insert_person(tx: &mut Tx, new: &Person) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO person (id, organisation_id, name, email, email_key, roles, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            new.id,
            new.organisation,
            &new.name,
            &new.email,
            email_key(&new.email),
            roles_text(&new.roles),
            new.created_at
        ],
    )
    .await?;
    Ok(())
}

/// The person with this mail address, however it is capitalised.
pub async fn person_by_email(db: &Db, email: &str) -> Result<Option<Person>, StoreError> {
    let text = "SELECT id, organisation_id, name, email, roles, created_at, signed_in_at, disabled_at
                FROM person WHERE email_key = $1";
    db.optional(text, params![email_key(email)]).await?.as_ref().map(read_person).transpose()
}

/// The person with this id.
pub async fn person(db: &Db, id: PersonId) -> Result<Option<Person>, StoreError> {
    let text = "SELECT id, organisation_id, name, email, roles, created_at, signed_in_at, disabled_at
                FROM person WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read_person).transpose()
}

/// Gives a person exactly these roles.
pub async fn set_roles(tx: &mut Tx, person: PersonId, roles: &[Role]) -> Result<(), StoreError> {
    tx.execute("UPDATE person SET roles = $2 WHERE id = $1", params![person, roles_text(roles)]).await?;
    Ok(())
}

/// Switches an account off at a moment, or on again.
pub async fn set_disabled(tx: &mut Tx, person: PersonId, at: Option<Instant>) -> Result<(), StoreError> {
    tx.execute("UPDATE person SET disabled_at = $2 WHERE id = $1", params![person, at]).await?;
    Ok(())
}

/// The people of an organisation, in the order of their entry, at most 1,000.
pub async fn people(db: &Db, of: OrganisationId) -> Result<Vec<Person>, StoreError> {
    let text = "SELECT id, organisation_id, name, email, roles, created_at, signed_in_at, disabled_at
                FROM person WHERE organisation_id = $1 ORDER BY id LIMIT 1000";
    db.all(text, params![of]).await?.iter().map(read_person).collect()
}

/// Whether anybody can sign in at all.
pub async fn has_people(db: &Db) -> Result<bool, StoreError> {
    Ok(db.optional("SELECT id FROM person LIMIT 1", vec![]).await?.is_some())
}

// ── Sessions ────────────────────────────────────────────────────────────────────────────────

fn read_session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.parse("id")?,
        person: row.parse("person_id")?,
        method: row.get("method")?,
        agent: row.get("agent")?,
        address: row.get("address")?,
        created_at: row.get("created_at")?,
        seen_at: row.get("seen_at")?,
        ended_at: row.get("ended_at")?,
    })
}

/// Stores a new session and notes the sign-in of its person.
pub async fn insert_session(tx: &mut Tx, new: &Session, secret: Digest) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO session (id, secret_hash, person_id, method, agent, address, created_at, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        params![new.id, secret, new.person, &new.method, &new.agent, &new.address, new.created_at],
    )
    .await?;
    tx.execute("UPDATE person SET signed_in_at = $2 WHERE id = $1", params![new.person, new.created_at]).await?;
    Ok(())
}

/// A session with its person and organisation.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Who.
    pub person: Person,
    /// Of which organisation.
    pub organisation: Organisation,
}

/// The session whose secret has this hash, whether it still counts or not.
pub async fn session_by_secret(db: &Db, secret: Digest) -> Result<Option<SignedIn>, StoreError> {
    let text = "SELECT s.id, s.person_id, s.method, s.agent, s.address, s.created_at, s.seen_at, s.ended_at,
                       p.organisation_id, p.name AS person_name, p.email, p.roles, p.created_at AS person_created_at,
                       p.signed_in_at, p.disabled_at, o.kind, o.name AS organisation_name,
                       o.created_at AS organisation_created_at, o.closed_at
                FROM session s JOIN person p ON p.id = s.person_id JOIN organisation o ON o.id = p.organisation_id
                WHERE s.secret_hash = $1";
    let Some(row) = db.optional(text, params![secret]).await? else {
        return Ok(None);
    };
    let session = read_session(&row)?;
    let roles: String = row.get("roles")?;
    let person = Person {
        id: session.person,
        organisation: row.parse("organisation_id")?,
        name: row.get("person_name")?,
        email: row.get("email")?,
        roles: roles.split(' ').filter_map(|role| role.parse().ok()).collect(),
        created_at: row.get("person_created_at")?,
        signed_in_at: row.get("signed_in_at")?,
        disabled_at: row.get("disabled_at")?,
    };
    let organisation = Organisation {
        id: person.organisation,
        kind: row.parse::<OrganisationKind>("kind")?,
        name: row.get("organisation_name")?,
        created_at: row.get("organisation_created_at")?,
        closed_at: row.get("closed_at")?,
    };
    Ok(Some(SignedIn { session, person, organisation }))
}

/// The person's sessions that were not ended, newest first, at most 100.
pub async fn sessions(db: &Db, person: PersonId) -> Result<Vec<Session>, StoreError> {
    let text = "SELECT id, person_id, method, agent, address, created_at, seen_at, ended_at FROM session
                WHERE person_id = $1 AND ended_at IS NULL ORDER BY id DESC LIMIT 100";
    db.all(text, params![person]).await?.iter().map(read_session).collect()
}

/// Notes that a session was used.
pub async fn touch_session(tx: &mut Tx, id: SessionId, now: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE session SET seen_at = $2 WHERE id = $1 AND seen_at < $2", params![id, now]).await?;
    Ok(())
}

/// Ends a session of this person; `false` when it is no live session of theirs.
pub async fn end_session(tx: &mut Tx, person: PersonId, id: SessionId, now: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE session SET ended_at = $3 WHERE id = $1 AND person_id = $2 AND ended_at IS NULL";
    Ok(tx.execute(text, params![id, person, now]).await? == 1)
}

// ── Secrets that work once ──────────────────────────────────────────────────────────────────

/// Stores a secret that works once, until `expires_at`.
pub async fn insert_one_time(
    tx: &mut Tx,
    secret: Digest,
    purpose: &str,
    person: PersonId,
    now: Instant,
    expires_at: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO one_time_secret (secret_hash, purpose, person_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
        params![secret, purpose, person, now, expires_at],
    )
    .await?;
    Ok(())
}

/// Uses a secret up: its person, when it was made for `purpose`, is not too old and was never
/// used. Of two that come at once, one gets the person.
pub async fn use_one_time(
    tx: &mut Tx,
    secret: Digest,
    purpose: &str,
    now: Instant,
) -> Result<Option<Person>, StoreError> {
    let text = "UPDATE one_time_secret SET used_at = $3
                WHERE secret_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    if tx.execute(text, params![secret, purpose, now]).await? != 1 {
        return Ok(None);
    }
    let text = "SELECT p.id, p.organisation_id, p.name, p.email, p.roles, p.created_at, p.signed_in_at, p.disabled_at
                FROM one_time_secret t JOIN person p ON p.id = t.person_id WHERE t.secret_hash = $1";
    tx.optional(text, params![secret]).await?.as_ref().map(read_person).transpose()
}

// ── API keys ────────────────────────────────────────────────────────────────────────────────

fn read_key(row: &Row) -> Result<StoredKey, StoreError> {
    let scopes: String = row.get("scopes")?;
    Ok(StoredKey {
        id: row.parse("id")?,
        organisation: row.parse("organisation_id")?,
        name: row.get("name")?,
        secret_hash: row.get("secret_hash")?,
        scopes: scopes.split(' ').filter_map(|scope| scope.parse().ok()).collect(),
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}

/// Stores a new key.
pub async fn insert_key(tx: &mut Tx, key: &StoredKey) -> Result<(), StoreError> {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    tx.execute(
        "INSERT INTO api_key (id, organisation_id, name, secret_hash, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            key.id,
            key.organisation,
            &key.name,
            &key.secret_hash,
            scopes.join(" "),
            key.created_at,
            key.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// The key with this id.
pub async fn key(db: &Db, id: ApiKeyId) -> Result<Option<StoredKey>, StoreError> {
    let text = "SELECT id, organisation_id, name, secret_hash, scopes, created_at, expires_at, last_used_at, revoked_at
                FROM api_key WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read_key).transpose()
}

/// The keys of an organisation, newest first, at most 1,000.
pub async fn keys(db: &Db, of: OrganisationId) -> Result<Vec<StoredKey>, StoreError> {
    let text = "SELECT id, organisation_id, name, secret_hash, scopes, created_at, expires_at, last_used_at, revoked_at
                FROM api_key WHERE organisation_id = $1 ORDER BY id DESC LIMIT 1000";
    db.all(text, params![of]).await?.iter().map(read_key).collect()
}

/// Ends a key; `false` when there is none that works.
pub async fn revoke_key(tx: &mut Tx, id: ApiKeyId, now: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.execute(text, params![id, now]).await? == 1)
}

/// Notes that a key was used.
pub async fn touch_key(tx: &mut Tx, id: ApiKeyId, now: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE api_key SET last_used_at = $2 WHERE id = $1", params![id, now]).await?;
    Ok(())
}
