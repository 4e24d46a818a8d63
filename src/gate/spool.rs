//! Shipments that came while the database was away: one file each beside it, synced before the
//! sender is told to wait, judged in their order when it is back.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use crate::screening::recorder::KeyUse;

/// Shipments that may wait for the database; more are refused, so that the disk stays free.
const MAX_KEPT: usize = 100_000;
/// Largest file that is read back.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A shipment that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Who sent it.
    pub actor: String,
    /// Use of an idempotency key: the key and the request's fingerprint.
    pub key: Option<(String, String)>,
    /// The JSON text as it was sent.
    pub text: String,
}

impl Kept {
    /// The use of an idempotency key.
    pub fn key_use(&self) -> Option<KeyUse> {
        self.key.clone().map(|(key, fingerprint)| KeyUse { key, fingerprint })
    }
}

/// The directory they wait in.
#[derive(Debug)]
pub(super) struct Spool {
    directory: PathBuf,
    waiting: AtomicUsize,
}

/// Why a shipment cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum SpoolError {
    /// Too many wait.
    #[error("{MAX_KEPT} shipments wait for the database already")]
    Full,
    /// The disk.
    #[error("cannot keep the shipment beside the database")]
    Disk(#[from] std::io::Error),
}

impl Spool {
    /// Opens the directory, with what waits in it.
    pub fn open(directory: PathBuf) -> std::io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let spool = Self { directory, waiting: AtomicUsize::new(0) };
        spool.names()?;
        Ok(spool)
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Keeps a shipment under `name`, which sorts in the order of arrival. It is on the disk when this
    /// returns.
    pub fn keep(&self, name: &str, kept: &Kept) -> Result<(), SpoolError> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_KEPT {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(SpoolError::Full);
        }
        self.write(name, kept).inspect_err(|_| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        })?;
        Ok(())
    }

    fn write(&self, name: &str, kept: &Kept) -> std::io::Result<()> {
        let unfinished = self.directory.join(format!("{name}.part"));
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        serde_json::to_writer(&mut file, kept)?;
        file.flush()?;
        file.sync_all()?;
        std::fs::rename(&unfinished, self.path(name))?;
        std::fs::File::open(&self.directory)?.sync_all()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.json"))
    }

    /// Names of what waits, oldest first.
    pub fn names(&self) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "json") {
                names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
            }
        }
        names.sort_unstable();
        self.waiting.store(names.len(), Ordering::Relaxed);
        Ok(names)
    }

    /// What waits under a name, where it is still there and can be read as such.
    pub fn read(&self, name: &str) -> std::io::Result<Option<Kept>> {
        let path = self.path(name);
        let bytes = match std::fs::metadata(&path) {
            Ok(known) if known.len() > MAX_BYTES => return Ok(None),
            Ok(_) => std::fs::read(&path),
            Err(error) => Err(error),
        };
        match bytes {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Forgets one that has its outcome.
    pub fn remove(&self, name: &str) -> std::io::Result<()> {
        self.gone(std::fs::remove_file(self.path(name)))
    }

    /// Another replica over the same directory may have been faster.
    fn gone(&self, done: std::io::Result<()>) -> std::io::Result<()> {
        let _ = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| waiting.checked_sub(1));
        done.or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
    }

    /// Puts one aside that the database does not take, for a person to look at.
    pub fn put_aside(&self, name: &str) -> std::io::Result<()> {
        let aside: &Path = &self.directory.join(format!("{name}.refused"));
        self.gone(std::fs::rename(self.path(name), aside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_after_a_restart_in_its_order() {
        let directory = tempfile::tempdir().unwrap();
        let open = || Spool::open(directory.path().join("waiting")).unwrap();
        let spool = open();
        for name in ["b", "a", "c"] {
            let key = Some(("k".to_owned(), name.to_owned()));
            spool.keep(name, &Kept { actor: "key".to_owned(), key, text: format!("{{\"id\":\"{name}\"}}") }).unwrap();
        }
        std::fs::write(directory.path().join("waiting/d.part"), "half a shi").unwrap();
        let again = open();
        assert_eq!((again.names().unwrap(), again.waiting()), (vec!["a".into(), "b".into(), "c".into()], 3));
        assert_eq!(again.read("a").unwrap().unwrap().text, r#"{"id":"a"}"#);
        assert_eq!(again.read("b").unwrap().unwrap().key_use().unwrap().fingerprint, "b");
        again.remove("a").unwrap();
        std::fs::write(directory.path().join("waiting/b.json"), "nonsense").unwrap();
        assert!(again.read("b").unwrap().is_none());
        again.put_aside("b").unwrap();
        assert_eq!((open().names().unwrap(), again.waiting()), (vec!["c".to_owned()], 1));
    }
}
