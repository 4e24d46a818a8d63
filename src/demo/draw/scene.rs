//! What a picture shows, as the catalogue writes it down.

use serde::{Deserialize, Serialize};

/// A colour, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour(pub [u8; 3]);

impl TryFrom<String> for Colour {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not a colour; write it as #1f6feb");
        let mut parts = [0; 3];
        hex::decode_to_slice(text.strip_prefix('#').ok_or_else(wrong)?, &mut parts).map_err(|_| wrong())?;
        Ok(Self(parts))
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        format!("#{}", hex::encode(colour.0))
    }
}

/// The thing in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// A T-shirt, spread out.
    Tshirt,
    /// Trousers, spread out.
    Trousers,
    /// A trainer from the side.
    Shoe,
    /// A peaked cap.
    Cap,
    /// A handbag.
    Bag,
    /// A wrist watch.
    Watch,
    /// Spectacles.
    Sunglasses,
    /// Headphones with a band.
    Headphones,
    /// The back of a telephone in its case.
    PhoneCase,
    /// A plug-in charger with its cable.
    Charger,
    /// A bottle with a label.
    Bottle,
    /// A low jar with a lid.
    Jar,
    /// A carton seen from a corner.
    Box,
    /// A mug.
    Mug,
    /// A round part with holes: a brake disc, a pan from above.
    Disc,
    /// A printed sheet.
    Poster,
    /// The logo alone on its ground.
    LogoCard,
}

/// One change made to a finished picture, as a copier makes it. Lengths are shares of the side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "edit", deny_unknown_fields)]
pub enum Edit {
    /// Cuts the margins off.
    Crop {
        /// Share of the side cut at the left and at the right.
        sides: f32,
        /// Share of the side cut at the top and at the bottom.
        ends: f32,
    },
    /// Exchanges left and right.
    Mirror,
    /// Puts a frame around.
    Border {
        /// Width of the frame, as a share of the side.
        width: f32,
        /// Its colour.
        colour: Colour,
    },
    /// Makes all channels lighter (above 1) or darker.
    Brighten {
        /// What each channel is multiplied by.
        factor: f32,
    },
    /// Lays a strip with a seller's writing over the lower edge.
    Banner {
        /// Height of the strip.
        height: f32,
        /// Its colour.
        colour: Colour,
    },
    /// Makes the picture smaller.
    Shrink {
        /// New side in pixels.
        side: u32,
    },
    /// Writes the JPEG anew.
    Recompress {
        /// JPEG quality, 1 to 100.
        quality: u8,
    },
}

/// Everything that decides a picture. What is not named here follows from the seed:
/// background, light, place, size, turn and pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// The thing.
    pub product: Product,
    /// Source of everything left open.
    pub seed: u64,
    /// The thing's main colour.
    pub colour: Colour,
    /// Key of the brand whose logo is on the thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Changes made afterwards, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}
