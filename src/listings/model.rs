//! A listing as the platform sent it, checked and parsed. Pure data.

use std::collections::BTreeMap;

use crate::kernel::{Digest, Market, Money};
use crate::matching::image::Signature;

/// One picture of a listing, already decoded and hashed, or the reason why not.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ListingImage {
    /// As the platform named it: a path, a URL without its query, or a digest.
    pub name: String,
    /// SHA-256 of the bytes; absent when they could not be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// What the matcher compares; absent when the bytes are no readable picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// Why there is no signature, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The content of one listing version: everything that screening may look at.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Listing {
    /// The platform's own id of the listing.
    pub external_id: String,
    /// Title as written; never empty.
    pub title: String,
    /// Description as written; may be empty.
    #[serde(default)]
    pub description: String,
    /// The platform's category path or words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Asking price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// The platform's id of the merchant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// The brand attribute as the merchant wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// BCP 47 language of the text, where the platform knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// Pictures in the order given.
    #[serde(default)]
    pub images: Vec<ListingImage>,
    /// Destinations; empty = not said.
    #[serde(default)]
    pub ships_to: Vec<Market>,
    /// Other attributes, by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

impl Listing {
    /// The pictures that could not be had or read, with the reason.
    pub fn unread_images(&self) -> impl Iterator<Item = (&str, &str)> {
        self.images.iter().filter_map(|image| Some((image.name.as_str(), image.problem.as_deref()?)))
    }
}
