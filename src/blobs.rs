//! Pictures and other evidence, kept by the SHA-256 of their bytes.
//!
//! Writing the same bytes twice is writing them once, and a name cannot come to mean
//! other bytes.

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
        match self.store.get(&Self::path_of(digest)).await {
            Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
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
