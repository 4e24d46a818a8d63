//! Pictures and other evidence, kept by the SHA-256 of their bytes.
//!
//! Writing the same bytes twice is writing them once, and a name cannot come to mean
//! other bytes. Beside them lies what was worked out from pictures and can be worked out again.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, path};

use crate::kernel::Digest;

/// Why evidence could not be kept or had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The directory cannot be used.
    #[error("cannot use the blob directory {0}")]
    Directory(String, #[source] std::io::Error),
    /// The store failed.
    #[error("the blob store failed")]
    Store(#[from] object_store::Error),
}

/// A store of blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

impl Blobs {
    /// Keeps blobs in `directory`, which is made where it is missing.
    pub fn in_directory(directory: &Path) -> Result<Self, BlobError> {
        let refused = |error| BlobError::Directory(directory.display().to_string(), error);
        std::fs::create_dir_all(directory).map_err(refused)?;
        let store = LocalFileSystem::new_with_prefix(directory)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// `ab/cdef…`: two letters of directory keep listings of it short.
    fn path_of(digest: Digest) -> path::Path {
        let text = digest.to_string();
        path::Path::from(format!("{}/{}", &text[..2], &text[2..]))
    }

    /// What was worked out from a blob under `kind`, if it was kept. Never trusted: whoever reads
    /// it checks its form and works it out again where that does not hold.
    pub async fn derived(&self, kind: &'static str, of: Digest) -> Result<Option<Vec<u8>>, BlobError> {
        self.read(&Self::derived_path(kind, of)).await
    }

    /// Keeps what was worked out from a blob. `kind` names what it is and in which version.
    pub async fn put_derived(&self, kind: &'static str, of: Digest, bytes: Vec<u8>) -> Result<(), BlobError> {
        self.store.put(&Self::derived_path(kind, of), PutPayload::from(bytes)).await?;
        Ok(())
    }

    fn derived_path(kind: &str, of: Digest) -> path::Path {
        path::Path::from(format!("derived/{kind}/{}", Self::path_of(of)))
    }

    /// Keeps `bytes`, whose digest the caller has computed.
    pub async fn put(&self, digest: Digest, bytes: Vec<u8>) -> Result<(), BlobError> {
        if self.has(digest).await? {
            return Ok(());
        }
        self.store.put(&Self::path_of(digest), PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// The bytes, if they were kept.
    pub async fn get(&self, digest: Digest) -> Result<Option<Vec<u8>>, BlobError> {
        self.read(&Self::path_of(digest)).await
    }

    async fn read(&self, path: &path::Path) -> Result<Option<Vec<u8>>, BlobError> {
        match self.store.get(path).await {
            Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets the bytes; nothing happens where there are none.
    pub async fn delete(&self, digest: Digest) -> Result<(), BlobError> {
        match self.store.delete(&Self::path_of(digest)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether they were kept.
    pub async fn has(&self, digest: Digest) -> Result<bool, BlobError> {
        match self.store.head(&Self::path_of(digest)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
