//! Closer looks at pictures: keeps what is compared, looks, and remembers what was seen.
//!
//! A [`CloserIndex`] belongs to a revision of the registry. It is built beside the work from the
//! brands' reference pictures; features are taken from a picture once and kept beside it, so a
//! start reads them. The submission's own answer never waits for any of this.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Semaphore};

use super::Snapshot;
use super::closer_look::{CloserLook, PictureSeen, worth_a_look};
use super::snapshot::reference_entries;
use crate::blobs::{BlobError, Blobs};
use crate::kernel::Digest;
use crate::listings::model::Listing;
use crate::matching::image::local::LocalFeatures;
use crate::matching::image::{
    self, CloserIndex, CloserReference, DETAIL_SIDE, DecodeLimits, Look, ReferenceEntry, Signature, undecided,
};
use crate::registry::model::{Brand, ReferenceKey};
use crate::registry::store;
use crate::store::{Db, StoreError};

/// What is kept of a reference beside its picture; raised with every change of what
/// `take_reference` gives.
const FEATURES: &str = "local-features-1";
/// Pictures whose findings are remembered: most are none, a few take some kB.
const REMEMBERED: u64 = 20_000;
/// References that are read at the same time.
const AT_ONCE: usize = 16;

/// Why pictures could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The rows could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A picture could not be read back.
    #[error("a picture could not be read back")]
    Blobs(#[from] BlobError),
    /// A thread that looked ended early.
    #[error("looking at a picture was interrupted; the log says where")]
    Interrupted,
}

/// A reference in use: what the first look knows, and its picture.
#[derive(Debug, Clone, PartialEq)]
struct Reference {
    entry: ReferenceEntry,
    picture: Digest,
}

/// What is looked for at one revision.
#[derive(Default)]
struct Held {
    /// The revision, or none before the first one.
    revision: Option<i64>,
    /// The revision that the references were last changed at: two of one number are alike.
    changed_at: i64,
    references: BTreeMap<ReferenceKey, Reference>,
    features: HashMap<Digest, Arc<LocalFeatures>>,
    index: CloserIndex,
}

/// Looks at pictures. Clones share everything.
#[derive(Clone)]
pub struct Looks {
    db: Db,
    blobs: Blobs,
    current: Arc<ArcSwap<Held>>,
    one_builder: Arc<Mutex<()>>,
    seen: moka::future::Cache<(Digest, i64), Arc<PictureSeen>>,
    eyes: Arc<Semaphore>,
}

/// How many pictures are looked at at the same time: half of the cores stay for submissions.
pub fn eyes() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get() / 2).max(1)
}

impl Looks {
    /// Looks with the brands of `db` and the pictures of `blobs`.
    pub fn new(db: Db, blobs: Blobs) -> Self {
        Self {
            db,
            blobs,
            current: Arc::default(),
            one_builder: Arc::default(),
            seen: moka::future::Cache::new(REMEMBERED),
            eyes: Arc::new(Semaphore::new(eyes())),
        }
    }

    /// Looks at the pictures of a listing that hashes do not decide, with the references of the
    /// snapshot's revision.
    pub async fn at(&self, snapshot: &Snapshot, listing: &Listing) -> Result<CloserLook, LookError> {
        let held = self.held(snapshot.revision).await?;
        let open = |_: &_, signature: &Signature| undecided(&snapshot.images.find(signature));
        let mut look = CloserLook::default();
        for (digest, signature) in worth_a_look(listing, open) {
            if let Entry::Vacant(place) = look.pictures.entry(digest) {
                place.insert(self.picture(&held, digest, signature).await?);
            }
        }
        Ok(look)
    }

    /// The index of a revision, for callers that look for themselves.
    pub async fn index(&self, revision: i64) -> Result<CloserIndex, LookError> {
        Ok(self.held(revision).await?.index.clone())
    }

    async fn picture(
        &self,
        held: &Arc<Held>,
        digest: Digest,
        signature: &Signature,
    ) -> Result<Arc<PictureSeen>, LookError> {
        let name = (digest, held.changed_at);
        if let Some(seen) = self.seen.get(&name).await {
            return Ok(seen);
        }
        let Some(bytes) = self.blobs.get(digest).await? else {
            tracing::warn!(picture = %digest, "a listing's picture is no longer kept and cannot be looked at");
            return Ok(Arc::default());
        };
        let eye = Arc::clone(&self.eyes).acquire_owned().await.map_err(|_| LookError::Interrupted)?;
        let (held, signature) = (Arc::clone(held), signature.clone());
        let looking = tokio::task::spawn_blocking(move || {
            let _eye = eye;
            look_at(&held.index, &bytes, &signature)
        });
        let seen = Arc::new(looking.await.map_err(|_| LookError::Interrupted)?);
        self.seen.insert(name, Arc::clone(&seen)).await;
        Ok(seen)
    }

    async fn held(&self, revision: i64) -> Result<Arc<Held>, LookError> {
        let held = self.current.load_full();
        if held.revision == Some(revision) {
            return Ok(held);
        }
        let _only_one = self.one_builder.lock().await;
        let held = self.current.load_full();
        match held.revision {
            Some(known) if known == revision => Ok(held),
            Some(known) if known > revision => self.built(&held, revision).await,
            Some(known) => {
                let next = self.next(&held, known, revision).await?;
                self.current.store(Arc::clone(&next));
                Ok(next)
            }
            None => {
                let built = self.built(&held, revision).await?;
                self.current.store(Arc::clone(&built));
                Ok(built)
            }
        }
    }

    /// The index of `revision` from nothing but the features that `held` has.
    async fn built(&self, held: &Arc<Held>, revision: i64) -> Result<Arc<Held>, LookError> {
        let brands = store::brands_at(&self.db, revision).await?;
        let references = brands.iter().flat_map(|brand| references_of(brand)).collect();
        self.prepared(held, revision, references).await
    }

    /// The index of `revision`, a later one than that of `held`.
    async fn next(&self, held: &Arc<Held>, from: i64, revision: i64) -> Result<Arc<Held>, LookError> {
        let (removed, added) = store::brands_between(&self.db, from, revision).await?;
        let mut references = held.references.clone();
        for (key, _) in removed.iter().flat_map(|brand| references_of(brand)) {
            references.remove(&key);
        }
        references.extend(added.iter().flat_map(|brand| references_of(brand)));
        if references == held.references {
            return Ok(Arc::new(Held {
                revision: Some(revision),
                changed_at: held.changed_at,
                references,
                features: held.features.clone(),
                index: held.index.clone(),
            }));
        }
        self.prepared(held, revision, references).await
    }

    async fn prepared(
        &self,
        held: &Arc<Held>,
        revision: i64,
        references: BTreeMap<ReferenceKey, Reference>,
    ) -> Result<Arc<Held>, LookError> {
        let chosen: Vec<Reference> =
            image::chosen(&references, |reference| reference.entry.kind).into_iter().cloned().collect();
        let features = self.features(held, &chosen).await?;
        if references.len() > chosen.len() {
            let (all, most) = (references.len(), chosen.len());
            tracing::warn!(all, most, "more references than are looked at closely; hashes find the others");
        }
        let building = tokio::task::spawn_blocking(move || {
            let closer = chosen.into_iter().map(|reference| CloserReference {
                features: features.get(&reference.picture).cloned(),
                entry: reference.entry,
            });
            let index = CloserIndex::build(closer.collect());
            Arc::new(Held { revision: Some(revision), changed_at: revision, references, features, index })
        });
        building.await.map_err(|_| LookError::Interrupted)
    }

    /// The features of all pictures, those of `held` and others.
    async fn features(
        &self,
        held: &Held,
        references: &[Reference],
    ) -> Result<HashMap<Digest, Arc<LocalFeatures>>, LookError> {
        let mut features = HashMap::with_capacity(references.len());
        let mut missing = Vec::new();
        for reference in references {
            match held.features.get(&reference.picture) {
                Some(known) => drop(features.insert(reference.picture, Arc::clone(known))),
                None => missing.push(reference.picture),
            }
        }
        for pictures in missing.chunks(AT_ONCE) {
            let mut reading = Vec::with_capacity(pictures.len());
            for picture in pictures {
                let (looks, picture) = (self.clone(), *picture);
                reading.push((picture, tokio::spawn(async move { looks.features_of(picture).await })));
            }
            for (picture, read) in reading {
                let read = read.await.map_err(|_| LookError::Interrupted)??;
                features.extend(read.map(|found| (picture, Arc::new(found))));
            }
        }
        Ok(features)
    }

    /// The features of a reference's picture: those that are kept, or taken now and kept.
    async fn features_of(&self, picture: Digest) -> Result<Option<LocalFeatures>, LookError> {
        let kept = self.blobs.derived(FEATURES, picture).await?;
        if let Some(features) = kept.and_then(|bytes| LocalFeatures::from_bytes(&bytes).ok()) {
            return Ok(Some(features));
        }
        let Some(bytes) = self.blobs.get(picture).await? else {
            tracing::warn!(%picture, "a reference's picture is not kept; hashes alone find it");
            return Ok(None);
        };
        let eye = Arc::clone(&self.eyes).acquire_owned().await.map_err(|_| LookError::Interrupted)?;
        let taking = tokio::task::spawn_blocking(move || {
            let _eye = eye;
            image::take_reference(&bytes, &DecodeLimits::default())
        });
        match taking.await.map_err(|_| LookError::Interrupted)? {
            Ok((_, features)) => {
                self.blobs.put_derived(FEATURES, picture, features.to_bytes()).await?;
                Ok(Some(features))
            }
            Err(problem) => {
                tracing::warn!(%picture, %problem, "a reference's picture cannot be read; hashes alone find it");
                Ok(None)
            }
        }
    }
}

fn references_of(brand: &Brand) -> impl Iterator<Item = (ReferenceKey, Reference)> + '_ {
    reference_entries(brand).filter_map(|entry| {
        let picture = brand.references.iter().find(|known| known.key == entry.key)?.digest;
        Some((entry.key.clone(), Reference { entry, picture }))
    })
}

fn look_at(index: &CloserIndex, bytes: &[u8], signature: &Signature) -> PictureSeen {
    match image::decode_detailed(bytes, &DecodeLimits::default(), DETAIL_SIDE) {
        Ok(detailed) => {
            let look = Look::at(&detailed.detail, signature);
            PictureSeen { hits: index.find(signature, &look) }
        }
        // It was read when it came; only another build can find fault with it.
        Err(_) => PictureSeen::default(),
    }
}
