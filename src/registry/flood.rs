//! Watches for references that suddenly match everything.
//!
//! Such a reference is a mistake of the registry (a blank, a banner, a shop's
//! background), and left alone it would stop thousands of honest listings. It is set
//! aside at once, with an event and an alarm; a person takes it back into use.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::model::{BrandKey, ReferenceKey, ReferenceKind};
use super::service::{Change, RegistryError, RegistryService};
use super::store;
use crate::kernel::{Clock, Instant};
use crate::listings::model::Listing;
use crate::matching::image::{FloodLimits, FloodVerdict, FloodWindow};
use crate::screening::Verdict;
use crate::store::Db;

/// How often the counters are judged.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The window: ten slots of a minute.
const SLOT_SECONDS: u32 = 60;
const SLOTS: usize = 10;

/// The references that each readable picture of one listing matched.
#[derive(Debug, Clone)]
pub struct Seen {
    at: Instant,
    closely: bool,
    pictures: Vec<Vec<ReferenceKey>>,
}

impl Seen {
    /// What a verdict saw in its listing's pictures.
    pub fn of(listing: &Listing, verdict: &Verdict) -> Self {
        let read = listing.images.iter().filter(|image| image.signature.is_some());
        let matched = |name: &str| {
            let found = verdict.images.iter().filter(|found| found.image == name);
            let counted = found.filter(|found| found.hit.kind != ReferenceKind::Harmless);
            counted.map(|found| found.hit.reference.clone()).collect()
        };
        let pictures = read.map(|image| matched(&image.name)).collect();
        Self { at: verdict.judged_at, closely: verdict.closely, pictures }
    }

    /// Whether the pictures were looked at closely.
    pub fn closely(&self) -> bool {
        self.closely
    }
}

/// Counts which references match and sets aside those that flood.
#[derive(Clone)]
pub struct FloodWatch {
    db: Db,
    registry: RegistryService,
    clock: Arc<dyn Clock>,
    limits: FloodLimits,
    /// Of first looks and of closer ones, which see the same pictures again.
    windows: Arc<Mutex<[FloodWindow; 2]>>,
}

impl FloodWatch {
    /// A watch that sets references aside through `registry`.
    pub fn new(db: Db, registry: RegistryService, clock: Arc<dyn Clock>, limits: FloodLimits) -> Self {
        let windows = std::array::from_fn(|_| FloodWindow::new(SLOT_SECONDS, SLOTS));
        Self { db, registry, clock, limits, windows: Arc::new(Mutex::new(windows)) }
    }

    /// Counts the pictures of one screened listing.
    pub fn saw(&self, seen: &Seen) {
        let mut windows = self.windows.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for references in &seen.pictures {
            windows[usize::from(seen.closely)].record(seen.at, references);
        }
    }

    /// Begins to count a reference anew: it was set aside, or taken back into use.
    pub fn forget(&self, reference: &ReferenceKey) {
        let mut windows = self.windows.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        windows.iter_mut().for_each(|window| window.forget(reference));
    }

    /// Judges the counters and sets aside what floods.
    pub async fn look(&self) {
        let now = self.clock.now();
        let floods: Vec<FloodVerdict> = {
            let mut windows = self.windows.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            windows.iter_mut().flat_map(|window| window.floods(now, &self.limits)).collect()
        };
        for flood in floods {
            let FloodVerdict::Quarantine { reference, because } = flood else {
                continue;
            };
            match self.set_aside(&reference, &because).await {
                Ok(false) => self.forget(&reference),
                Ok(true) => {
                    self.forget(&reference);
                    metrics::counter!("assay_references_quarantined_total").increment(1);
                    tracing::error!(reference.key = %reference, because, "a reference floods and was set aside");
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, reference.key = %reference, "a flooding reference could not be set aside");
                }
            }
        }
    }

    /// `false` when it is set aside already, or gone.
    async fn set_aside(&self, reference: &ReferenceKey, because: &str) -> Result<bool, RegistryError> {
        let Some(brand) = store::owner_of_name(&self.db, reference.as_str()).await? else {
            return Ok(false);
        };
        let stored = store::brand(&self.db, brand.as_str()).await?;
        let in_use = stored.is_some_and(|(brand, _)| {
            brand.references.iter().any(|known| known.key == *reference && known.quarantine.is_none())
        });
        if in_use {
            self.write(&brand, reference, because).await?;
        }
        Ok(in_use)
    }

    async fn write(&self, brand: &BrandKey, reference: &ReferenceKey, because: &str) -> Result<(), RegistryError> {
        let change = Change { actor: "system", cause: "flood guard" };
        self.registry.set_quarantine(brand.as_str(), reference, Some(because.to_owned()), change).await
    }
}
