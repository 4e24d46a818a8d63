//! The key that signs releases: a file that only its owner can read, made at the first start.
//!
//! The public half is published through the database, so that every replica answers for all keys
//! that ever signed. A rotated key's secret is gone; its public half stays, and certificates that it
//! signed hold to their end. A key that was stolen is withdrawn, and what it signed no longer holds.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::store;
use crate::audit::journal::{self, Entry};
use crate::kernel::Instant;
use crate::shipments::certificate::ReleaseKey;
use crate::store::{Db, StoreError, Tx};
use crate::system::random_bytes;

/// Name of the key's file in the data directory.
pub const FILE: &str = "release-key";

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot use the release key {path}; check that the directory is there and yours")]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// Others can read it.
    #[error("others can read the release key {0}; set its mode to 600, and make a new key if it was read")]
    Open(PathBuf),
    /// It holds something else.
    #[error("{0} holds no release key; it is one line of 64 hexadecimal digits")]
    Unreadable(PathBuf),
    /// It could not be published.
    #[error("cannot publish the release key")]
    Store(#[from] StoreError),
}

/// Reads the key, or makes one where there is none.
pub fn open(path: &Path) -> Result<ReleaseKey, KeyError> {
    match std::fs::read_to_string(path) {
        Ok(text) => read(path, &text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            match write_new(path, &random_bytes()) {
                Ok(()) => tracing::info!(path = %path.display(), "made a key to sign releases with"),
                // Another process that starts beside this one was first; its key counts.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(KeyError::File { path: path.to_owned(), source }),
            }
            let text = std::fs::read_to_string(path);
            read(path, &text.map_err(|source| KeyError::File { path: path.to_owned(), source })?)
        }
        Err(source) => Err(KeyError::File { path: path.to_owned(), source }),
    }
}

fn read(path: &Path, text: &str) -> Result<ReleaseKey, KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let known = std::fs::metadata(path).map_err(|source| KeyError::File { path: path.to_owned(), source })?;
    if known.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Open(path.to_owned()));
    }
    let mut secret = [0u8; 32];
    hex::decode_to_slice(text.trim(), &mut secret).map_err(|_| KeyError::Unreadable(path.to_owned()))?;
    Ok(ReleaseKey::from_bytes(&secret))
}

/// Writes a secret where no file is: whole or not at all, also when two processes try.
fn write_new(path: &Path, secret: &[u8; 32]) -> std::io::Result<()> {
    let beside = written_beside(path, secret)?;
    let linked = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    linked
}

/// Puts a new key in the place of the present one; the service signs with it from its next start.
pub fn rotate(path: &Path) -> Result<ReleaseKey, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let secret = random_bytes::<32>();
    let beside = written_beside(path, &secret).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)?;
    Ok(ReleaseKey::from_bytes(&secret))
}

fn written_beside(path: &Path, secret: &[u8; 32]) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", hex::encode(random_bytes::<6>())));
    let beside = PathBuf::from(name);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    writeln!(file, "{}", hex::encode(secret))?;
    file.sync_all()?;
    Ok(beside)
}

/// Publishes the key's public half, once.
pub async fn publish(db: &Db, key: &ReleaseKey, now: Instant) -> Result<(), KeyError> {
    let public = key.public();
    if store::keys(db).await?.iter().any(|known| known.id == public.id()) {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    if store::add_key(&mut tx, public.id(), &public.jwk().to_string(), now).await? {
        note(&mut tx, "release_key.added", public.id(), "system", now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Withdraws a key; `false` when there is none of this id that is trusted.
pub async fn withdraw(db: &Db, id: &str, actor: &str, now: Instant) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    if !store::withdraw_key(&mut tx, id, now).await? {
        return Ok(false);
    }
    note(&mut tx, "release_key.withdrawn", id, actor, now).await?;
    tx.commit().await?;
    Ok(true)
}

async fn note(tx: &mut Tx, kind: &'static str, id: &str, actor: &str, now: Instant) -> Result<(), StoreError> {
    let body = serde_json::value::to_raw_value(&json!({"key": id})).expect("JSON values serialise");
    let entry = Entry { kind, subject: id.to_owned(), actor: actor.to_owned(), body };
    journal::append(tx, now, vec![entry], Vec::new()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_rotated_in_one_step() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        let first = open(&path).unwrap().public();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(open(&path).unwrap().public().id(), first.id());
        let second = rotate(&path).unwrap().public();
        assert_ne!(second.id(), first.id());
        assert_eq!(open(&path).unwrap().public().id(), second.id());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_none_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        open(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(open(&path), Err(KeyError::Open(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "nonsense").unwrap();
        assert!(matches!(open(&path), Err(KeyError::Unreadable(_))));
        assert!(matches!(open(&directory.path().join("no/where")), Err(KeyError::File { .. })));
    }
}
