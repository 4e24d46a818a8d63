//! Who may call: API keys with scopes.
//!
//! A key is shown once when it is made; its SHA-256 is stored. A scope allows one kind
//! of action; nothing is allowed that no scope names.

use std::fmt;
use std::str::FromStr;

use crate::kernel::Instant;
use crate::kernel::id::ApiKeyId;
use crate::params;
use crate::store::{Db, Row, StoreError, Tx};

/// One kind of action that a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read listings, verdicts and search.
    ListingsRead,
    /// Submit listings and pictures.
    ListingsWrite,
    /// Read brands and references.
    RegistryRead,
    /// Change brands and references.
    RegistryWrite,
    /// Read rule packs.
    RulesRead,
    /// Change rule packs.
    RulesWrite,
    /// Start, cancel and read retro-hunts.
    Hunts,
    /// Tell what is known of merchants.
    MerchantsWrite,
    /// Read the event feed.
    EventsRead,
    /// Read jobs and the audit log.
    Operations,
}

impl Scope {
    /// All scopes, in the order of the documentation.
    pub const ALL: [Scope; 10] = [
        Self::ListingsRead,
        Self::ListingsWrite,
        Self::RegistryRead,
        Self::RegistryWrite,
        Self::RulesRead,
        Self::RulesWrite,
        Self::Hunts,
        Self::MerchantsWrite,
        Self::EventsRead,
        Self::Operations,
    ];

    /// The scope as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ListingsRead => "listings:read",
            Self::ListingsWrite => "listings:write",
            Self::RegistryRead => "registry:read",
            Self::RegistryWrite => "registry:write",
            Self::RulesRead => "rules:read",
            Self::RulesWrite => "rules:write",
            Self::Hunts => "hunts",
            Self::MerchantsWrite => "merchants:write",
            Self::EventsRead => "events:read",
            Self::Operations => "operations",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The text names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no scope; use one of listings:read, listings:write, registry:read, registry:write, rules:read, rules:write, hunts, merchants:write, events:read, operations"
)]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| UnknownScope(text.chars().take(40).collect()))
    }
}

/// A key as it is stored: without its secret.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for, in the words of who made it.
    pub name: String,
    /// SHA-256 of the whole key, in hexadecimal.
    pub secret_hash: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
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
}

fn read(row: &Row) -> Result<StoredKey, StoreError> {
    let scopes: String = row.get("scopes")?;
    Ok(StoredKey {
        id: row.parse("id")?,
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
pub async fn insert(tx: &mut Tx, key: &StoredKey) -> Result<(), StoreError> {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    tx.execute(
        "INSERT INTO api_key (id, name, secret_hash, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![key.id, &key.name, &key.secret_hash, scopes.join(" "), key.created_at, key.expires_at],
    )
    .await?;
    Ok(())
}

/// The key with this id.
pub async fn find(db: &Db, id: ApiKeyId) -> Result<Option<StoredKey>, StoreError> {
    let text = "SELECT id, name, secret_hash, scopes, created_at, expires_at, last_used_at, revoked_at
                FROM api_key WHERE id = $1";
    db.optional(text, params![id]).await?.as_ref().map(read).transpose()
}

/// All keys, newest first.
pub async fn list(db: &Db) -> Result<Vec<StoredKey>, StoreError> {
    let text = "SELECT id, name, secret_hash, scopes, created_at, expires_at, last_used_at, revoked_at
                FROM api_key ORDER BY id DESC LIMIT 1000";
    db.all(text, vec![]).await?.iter().map(read).collect()
}

/// Ends a key; `false` when there is none that works.
pub async fn revoke(tx: &mut Tx, id: ApiKeyId, now: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.execute(text, params![id, now]).await? == 1)
}

/// Notes that a key was used.
pub async fn touch(tx: &mut Tx, id: ApiKeyId, now: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE api_key SET last_used_at = $2 WHERE id = $1", params![id, now]).await?;
    Ok(())
}
