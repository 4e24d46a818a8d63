//! Pictures of listings: had from where they are, read, hashed, kept.
//!
//! All of this happens before any transaction. Reading a picture costs milliseconds of
//! CPU, so it runs on its own threads behind a bounded gate; a picture that was read
//! before (same SHA-256) costs a look-up.

use std::sync::Arc;

use base64::Engine as _;
use tokio::sync::Semaphore;

use super::fetch::{FetchError, ImageFetcher};
use super::intake::{Fault, RawImage};
use super::model::ListingImage;
use crate::blobs::{BlobError, Blobs};
use crate::kernel::Digest;
use crate::matching::image::{self, DecodeLimits, Signature};

/// Signatures remembered by digest. One takes about 3 kB with its regions.
const REMEMBERED: u64 = 20_000;
/// Pictures that may wait for a reading thread before new ones are refused.
const MAX_WAITING: usize = 1_000;

/// Why a picture could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It is no picture, or one beyond the limits.
    #[error(transparent)]
    Unreadable(#[from] image::ImageProblem),
    /// Too many pictures wait.
    #[error("too many pictures are waiting to be read; try again in a second")]
    Overloaded,
    /// The blob store failed.
    #[error("the picture could not be kept")]
    Blobs(#[from] BlobError),
}

/// Had, read and hashed: a picture that came in.
#[derive(Debug, Clone)]
pub struct ReadImage {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// What the matcher compares.
    pub signature: Signature,
}

/// Takes pictures in.
#[derive(Clone)]
pub struct ImageIntake {
    blobs: Blobs,
    fetcher: Arc<ImageFetcher>,
    limits: DecodeLimits,
    known: moka::future::Cache<Digest, Arc<Signature>>,
    readers: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl ImageIntake {
    /// An intake that keeps pictures in `blobs` and fetches with `fetcher`.
    pub fn new(blobs: Blobs, fetcher: ImageFetcher) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, |count| count.get());
        Self {
            blobs,
            fetcher: Arc::new(fetcher),
            limits: DecodeLimits::default(),
            known: moka::future::Cache::new(REMEMBERED),
            readers: Arc::new(Semaphore::new(cores)),
            places: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }

    /// Reads, hashes and keeps a picture.
    pub async fn take(&self, bytes: Vec<u8>) -> Result<ReadImage, ImageError> {
        let digest = Digest::of(&bytes);
        if let Some(signature) = self.known.get(&digest).await
            && self.blobs.has(digest).await?
        {
            return Ok(ReadImage { digest, signature: Signature::clone(&signature) });
        }
        let _place = self.places.try_acquire().map_err(|_| ImageError::Overloaded)?;
        let reader = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| ImageError::Overloaded)?;
        let limits = self.limits;
        let read = tokio::task::spawn_blocking(move || {
            let _reader = reader;
            let signature = image::read(&bytes, &limits);
            (signature, bytes)
        });
        let (signature, bytes) = read.await.map_err(|_| ImageError::Overloaded)?;
        let signature = signature?;
        self.blobs.put(digest, bytes).await?;
        self.known.insert(digest, Arc::new(signature.clone())).await;
        Ok(ReadImage { digest, signature })
    }

    /// Reads, hashes and keeps a picture that is to be a reference: its crops are hashed too.
    ///
    /// Fails like [`ImageIntake::take`], and for a picture too plain to be told from others.
    pub async fn take_reference(&self, bytes: Vec<u8>) -> Result<ReadImage, ImageError> {
        let digest = Digest::of(&bytes);
        let _place = self.places.try_acquire().map_err(|_| ImageError::Overloaded)?;
        let reader = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| ImageError::Overloaded)?;
        let limits = self.limits;
        let read = tokio::task::spawn_blocking(move || {
            let _reader = reader;
            (image::read_reference(&bytes, &limits), bytes)
        });
        let (signature, bytes) = read.await.map_err(|_| ImageError::Overloaded)?;
        let signature = signature?;
        self.blobs.put(digest, bytes).await?;
        Ok(ReadImage { digest, signature })
    }

    /// The bytes of a picture that was taken in.
    pub async fn bytes(&self, digest: Digest) -> Result<Option<Vec<u8>>, ImageError> {
        Ok(self.blobs.get(digest).await?)
    }

    /// The signature of a picture that was uploaded before.
    async fn recall(&self, digest: Digest) -> Result<Option<Signature>, ImageError> {
        if let Some(signature) = self.known.get(&digest).await {
            return Ok(Some(Signature::clone(&signature)));
        }
        match self.blobs.get(digest).await? {
            Some(bytes) => Ok(Some(self.take(bytes).await?.signature)),
            None => Ok(None),
        }
    }

    /// Has all pictures of a listing, in order; those of other hosts at the same time.
    ///
    /// What the caller can mend is a fault: base64 that is no picture, an address that may
    /// not be fetched, an unknown digest. A host that does not answer is none: the picture
    /// is recorded with the reason, and the verdict is made without it.
    pub async fn resolve(&self, images: Vec<RawImage>) -> Result<Vec<ListingImage>, ResolveError> {
        let mut under_way = Vec::with_capacity(images.len());
        for (place, image) in images.into_iter().enumerate() {
            let intake = self.clone();
            under_way.push(tokio::spawn(async move { intake.resolve_one(image, place).await }));
        }
        let mut taken = Vec::with_capacity(under_way.len());
        let mut faults = Vec::new();
        for (place, one) in under_way.into_iter().enumerate() {
            match one.await.unwrap_or(Err(NotHad::Ours(ImageError::Overloaded))) {
                Ok(image) => taken.push(image),
                Err(NotHad::Ours(error)) => return Err(ResolveError::Ours(error)),
                Err(NotHad::Fault(member, detail)) => {
                    faults.push(Fault { pointer: format!("/images/{place}{member}"), detail });
                }
            }
        }
        if faults.is_empty() { Ok(taken) } else { Err(ResolveError::Faults(faults)) }
    }

    async fn resolve_one(&self, image: RawImage, place: usize) -> Result<ListingImage, NotHad> {
        match image {
            RawImage::Name(name) => self.resolve_digest(name).await,
            RawImage::Base64 { base64, name } => {
                let decoded = base64::engine::general_purpose::STANDARD.decode(base64.trim().as_bytes());
                let no_base64 = |_| NotHad::Fault("/base64", "is not base64 (RFC 4648, with padding)".to_owned());
                let bytes = decoded.map_err(no_base64)?;
                let name =
                    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| format!("image {}", place + 1));
                let name = name.chars().filter(|letter| !letter.is_control()).take(200).collect();
                let read = self.take(bytes).await.map_err(|error| NotHad::of("/base64", error))?;
                Ok(found(name, read))
            }
            RawImage::Url { url } => self.resolve_url(url).await,
        }
    }

    async fn resolve_digest(&self, name: String) -> Result<ListingImage, NotHad> {
        let text = name.strip_prefix("sha256:").unwrap_or(&name);
        let digest: Digest = text.parse().map_err(|_| {
            let detail = "names no uploaded picture; send sha256:… of an upload, {\"base64\": …} or {\"url\": …}";
            NotHad::Fault("", detail.to_owned())
        })?;
        match self.recall(digest).await {
            Ok(Some(signature)) => Ok(found(format!("sha256:{digest}"), ReadImage { digest, signature })),
            Ok(None) => {
                Err(NotHad::Fault("", format!("sha256:{digest} was not uploaded; upload it to /v1/images first")))
            }
            Err(error) => Err(NotHad::of("", error)),
        }
    }

    async fn resolve_url(&self, url: String) -> Result<ListingImage, NotHad> {
        // The query may carry a signature or a token: it is not kept.
        let name: String = url.split(['?', '#']).next().unwrap_or_default().chars().take(300).collect();
        let bytes = match self.fetcher.fetch(&url).await {
            Ok(bytes) => bytes,
            Err(error) if is_the_hosts_doing(&error) => return Ok(unread(name, error.to_string())),
            Err(error) => return Err(NotHad::Fault("/url", error.to_string())),
        };
        match self.take(bytes).await {
            Ok(read) => Ok(found(name, read)),
            Err(ImageError::Unreadable(problem)) => Ok(unread(name, problem.to_string())),
            Err(error) => Err(NotHad::Ours(error)),
        }
    }
}

/// Why the pictures of a listing were not had.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The caller can mend it.
    #[error("{} pictures cannot be taken", .0.len())]
    Faults(Vec<Fault>),
    /// It is ours: too much to do, or the blob store.
    #[error(transparent)]
    Ours(ImageError),
}

/// Why one picture was not had.
enum NotHad {
    /// The member at fault, and what is wrong with it.
    Fault(&'static str, String),
    Ours(ImageError),
}

impl NotHad {
    fn of(member: &'static str, error: ImageError) -> Self {
        match error {
            ImageError::Unreadable(problem) => Self::Fault(member, problem.to_string()),
            ours => Self::Ours(ours),
        }
    }
}

/// Whether a fetch failed for a reason that the submitter cannot mend at once.
fn is_the_hosts_doing(error: &FetchError) -> bool {
    matches!(
        error,
        FetchError::Unresolved(_)
            | FetchError::Unreachable(_)
            | FetchError::TooSlow
            | FetchError::Status { .. }
            | FetchError::BrokenRedirect(_)
            | FetchError::Empty(_)
    )
}

fn found(name: String, read: ReadImage) -> ListingImage {
    ListingImage { name, digest: Some(read.digest), signature: Some(read.signature), problem: None }
}

fn unread(name: String, problem: String) -> ListingImage {
    ListingImage { name, digest: None, signature: None, problem: Some(problem) }
}
