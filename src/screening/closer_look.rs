//! What a closer look saw in a listing's pictures. Pure data, judged by [`super::screen_closely`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kernel::Digest;
use crate::listings::model::{Listing, ListingImage};
use crate::matching::image::{ImageHit, MAX_HITS, Signature};

/// What was seen in one picture. It follows from the picture's bytes and the references.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PictureSeen {
    /// References that it shows, best first.
    pub hits: Vec<ImageHit>,
}

/// What was seen in a listing's pictures, by the digest of each; pictures that hashes decide
/// were not looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CloserLook {
    /// By digest.
    pub pictures: BTreeMap<Digest, Arc<PictureSeen>>,
}

impl CloserLook {
    /// What was seen in `image`.
    pub fn of(&self, image: &ListingImage) -> Option<&PictureSeen> {
        image.digest.and_then(|digest| self.pictures.get(&digest)).map(Arc::as_ref)
    }
}

/// The pictures of a listing that are to be looked at closely; `undecided` says of one whether
/// hashes leave it open.
pub fn worth_a_look(
    listing: &Listing,
    undecided: impl Fn(&ListingImage, &Signature) -> bool,
) -> impl Iterator<Item = (Digest, &Signature)> {
    listing.images.iter().filter_map(move |image| {
        let (digest, signature) = (image.digest?, image.signature.as_ref()?);
        undecided(image, signature).then_some((digest, signature))
    })
}

/// Adds what the closer look found to the hits of the first one. Those stay as they were, told
/// where they lie; a reference stands once.
pub(super) fn bring_together(hits: &mut Vec<ImageHit>, closer: &[ImageHit]) {
    for found in closer {
        match hits.iter_mut().find(|known| known.reference == found.reference) {
            Some(known) if known.distance == found.distance && known.how == found.how => {
                known.placement.clone_from(&found.placement);
            }
            Some(_) => {}
            None => hits.push(found.clone()),
        }
    }
    hits.truncate(MAX_HITS);
}
