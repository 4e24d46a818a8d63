//! Organisations, people, sessions and keys, as they are stored.

use std::fmt;
use std::str::FromStr;

use super::permission::{Permission, Permissions};
use super::roles::{Role, permissions_of};
use crate::kernel::Instant;
use crate::kernel::id::{ApiKeyId, OrganisationId, PersonId, SessionId};

/// What an organisation is to the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// Runs the marketplace and this service; there is one.
    Platform,
    /// Owns brands.
    BrandOwner,
    /// Acts for brand owners by a letter of authority.
    Agent,
    /// Sells on the platform.
    Merchant,
}

impl OrganisationKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Platform, Self::BrandOwner, Self::Agent, Self::Merchant];

    /// The kind as it is written: `brand_owner`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::BrandOwner => "brand_owner",
            Self::Agent => "agent",
            Self::Merchant => "merchant",
        }
    }
}

impl fmt::Display for OrganisationKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The text names no kind of organisation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no kind of organisation; use platform, brand_owner, agent or merchant")]
pub struct UnknownKind(String);

impl FromStr for OrganisationKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| UnknownKind(text.chars().take(40).collect()))
    }
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// What it is to the platform.
    pub kind: OrganisationKind,
    /// Its name, for people.
    pub name: String,
    /// When it was entered.
    pub created_at: Instant,
    /// When it was closed; its people and keys then do nothing.
    pub closed_at: Option<Instant>,
}

/// A person who can sign in. Belongs to one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// The name, for people.
    pub name: String,
    /// The mail address, as it was written.
    pub email: String,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// When it was entered.
    pub created_at: Instant,
    /// The last sign-in.
    pub signed_in_at: Option<Instant>,
    /// When the account was switched off.
    pub disabled_at: Option<Instant>,
}

impl Person {
    /// What the person may do in an organisation of this kind.
    pub fn permissions(&self, kind: OrganisationKind) -> Permissions {
        permissions_of(&self.roles).and(Permissions::of_kind(kind))
    }
}

/// A mail address as two people's are compared: without surrounding space, in small letters.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    /// With a link that works once.
    Link,
    /// By password, where the account asks for no more.
    Password,
    /// By password and a code of the authenticator app.
    PasswordAndCode,
    /// By password and a recovery code.
    PasswordAndRecovery,
}

impl SignInMethod {
    /// The method as it is stored and shown: `password and code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Password => "password",
            Self::PasswordAndCode => "password and code",
            Self::PasswordAndRecovery => "password and recovery code",
        }
    }
}

/// One stay of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who.
    pub person: PersonId,
    /// How they signed in: `link`.
    pub method: String,
    /// The browser, as it calls itself, cut to 200 characters.
    pub agent: String,
    /// The address that signed in.
    pub address: String,
    /// When they signed in.
    pub created_at: Instant,
    /// When they were last seen, to the minute.
    pub seen_at: Instant,
    /// When it was ended by sign-out or by hand.
    pub ended_at: Option<Instant>,
}

impl Session {
    /// Whether the session counts at `now`: not ended, not too long ago, not idle too long.
    pub fn is_live(&self, now: Instant, policy: &super::policy::Policy) -> bool {
        self.ended_at.is_none()
            && now < self.created_at.plus_seconds(policy.session_seconds)
            && now < self.seen_at.plus_seconds(policy.session_idle_seconds)
    }
}

/// A key as it is stored: without its secret.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The organisation it belongs to.
    pub organisation: OrganisationId,
    /// What it is for, in the words of who made it.
    pub name: String,
    /// SHA-256 of the whole key, in hexadecimal.
    pub secret_hash: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// When it was made.
    pub created_at: Instant,
    /// First moment it is no longer valid.
    pub expires_at: Option<Instant>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Instant>,
    /// When it was ended.
    pub revoked_at: Option<Instant>,
}

impl StoredKey {
    /// Whether the key works at `now`.
    pub fn is_live(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// What the key may do in an organisation of this kind.
    pub fn permissions(&self, kind: OrganisationKind) -> Permissions {
        self.scopes.iter().copied().collect::<Permissions>().and(Permissions::of_kind(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::*;

    fn session(created: &str, seen: &str) -> Session {
        Session {
            id: SessionId::from_uuid(uuid::Uuid::from_u128(1)),
            person: PersonId::from_uuid(uuid::Uuid::from_u128(2)),
            method: "link".to_owned(),
            agent: String::new(),
            address: String::new(),
            created_at: created.parse().unwrap(),
            seen_at: seen.parse().unwrap(),
            ended_at: None,
        }
    }

    #[test]
    fn a_session_ends_when_it_is_idle_when_it_is_old_and_when_it_is_ended() {
        let policy = Policy { session_seconds: 7_200, session_idle_seconds: 600, ..Policy::TEST };
        let of = session("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z");
        let at = |time: &str| format!("2026-01-01T{time}Z").parse::<Instant>().unwrap();
        assert!(of.is_live(at("11:09:59"), &policy));
        assert!(!of.is_live(at("11:10:00"), &policy), "idle for ten minutes");
        let busy = session("2026-01-01T10:00:00Z", "2026-01-01T11:59:00Z");
        assert!(busy.is_live(at("11:59:59"), &policy));
        assert!(!busy.is_live(at("12:00:00"), &policy), "two hours old");
        let ended = Session { ended_at: Some(at("11:00:01")), ..of };
        assert!(!ended.is_live(at("11:00:02"), &policy));
    }

    #[test]
    fn a_permission_of_the_platform_has_no_effect_in_another_organisation() {
        let key = StoredKey {
            id: ApiKeyId::from_uuid(uuid::Uuid::from_u128(1)),
            organisation: OrganisationId::from_uuid(uuid::Uuid::from_u128(9)),
            name: String::new(),
            secret_hash: String::new(),
            scopes: Permission::ALL.to_vec(),
            created_at: "2026-01-01T10:00:00Z".parse().unwrap(),
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        };
        assert!(key.permissions(OrganisationKind::Platform).contains(Permission::ListingsRead));
        for kind in [OrganisationKind::BrandOwner, OrganisationKind::Agent, OrganisationKind::Merchant] {
            assert!(!key.permissions(kind).contains(Permission::ListingsRead), "{kind}");
        }
    }
}
