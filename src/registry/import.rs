//! From brand folders to brands: pictures read, hashed and kept.

use std::borrow::Cow;

use super::files::{BrandFile, BrandFileError, BrandImage};
use super::model::{Brand, BrandKey, ReferenceImage, ReferenceKey, ReferenceKind};
use crate::blobs::{BlobError, Blobs};
use crate::kernel::Digest;
use crate::matching::image::{self, DecodeLimits};

/// A picture that cannot serve as a reference; its brand is imported without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The picture.
    pub picture: ReferenceKey,
    /// Why.
    pub problem: String,
}

/// Why pictures could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// A picture's file cannot be read.
    #[error(transparent)]
    File(#[from] BrandFileError),
    /// The blob store failed.
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// Reads, hashes and keeps the pictures of brand folders. `told` hears the number of
/// brands done.
pub async fn hash_pictures(
    folders: Vec<BrandFile>,
    blobs: &Blobs,
    mut told: impl FnMut(u64),
) -> Result<(Vec<Brand>, Vec<Refused>), HashError> {
    let (mut brands, mut refused) = (Vec::with_capacity(folders.len()), Vec::new());
    for folder in folders {
        let mut brand = folder.brand;
        for image in &folder.images {
            match hash(image) {
                Ok((reference, bytes)) => {
                    blobs.put(reference.digest, bytes.into_owned()).await?;
                    brand.references.push(reference);
                }
                Err(NoReference::File(error)) => return Err(error.into()),
                Err(NoReference::Unfit(problem)) => refused.push(Refused { picture: image.key.clone(), problem }),
            }
        }
        brands.push(brand);
        told(brands.len() as u64);
    }
    Ok((brands, refused))
}

/// A reference from a picture in memory, named within its brand.
///
/// Fails when it is no picture, or too plain to be told from others.
pub fn hash_picture(
    brand: &BrandKey,
    name: &str,
    kind: ReferenceKind,
    bytes: &[u8],
) -> Result<ReferenceImage, image::ImageProblem> {
    Ok(ReferenceImage {
        key: ReferenceKey::new(format!("{brand}/{name}")),
        kind,
        mark: None,
        digest: Digest::of(bytes),
        signature: image::read_reference(bytes, &DecodeLimits::default())?,
        threshold: None,
        quarantine: None,
    })
}

enum NoReference {
    File(BrandFileError),
    Unfit(String),
}

fn hash(image: &BrandImage) -> Result<(ReferenceImage, Cow<'_, [u8]>), NoReference> {
    let bytes = image.bytes().map_err(NoReference::File)?;
    let signature = image::read_reference(&bytes, &DecodeLimits::default());
    let signature = signature.map_err(|problem| NoReference::Unfit(problem.to_string()))?;
    let reference = ReferenceImage {
        key: image.key.clone(),
        kind: image.kind,
        mark: image.mark.clone(),
        digest: Digest::of(&bytes),
        signature,
        threshold: image.threshold,
        quarantine: None,
    };
    Ok((reference, bytes))
}
