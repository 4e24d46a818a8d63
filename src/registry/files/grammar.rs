//! The form of a `brand.toml`: its tables and fields, with their places in the file.

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::registry::model::{MarkStatus, ReferenceKind, Strictness};

pub(super) type Texts = Spanned<Vec<Spanned<String>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) key: Spanned<String>,
    pub(super) name: Spanned<String>,
    pub(super) aliases: Option<Texts>,
    pub(super) nice_classes: Option<Vec<Spanned<i64>>>,
    pub(super) categories: Option<Texts>,
    #[serde(default)]
    pub(super) common_word: bool,
    #[serde(default)]
    pub(super) word_mark: Vec<Spanned<Mark>>,
    #[serde(default)]
    pub(super) figurative_mark: Vec<Spanned<Figure>>,
    #[serde(default)]
    pub(super) image: Vec<Spanned<Image>>,
    #[serde(default)]
    pub(super) authorised_seller: Vec<Spanned<Seller>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    pub(super) id: Option<Spanned<String>>,
    pub(super) text: Option<Spanned<String>>,
    pub(super) registration: Option<Spanned<Register>>,
    pub(super) nice: Option<Vec<Spanned<i64>>>,
    pub(super) territories: Option<Texts>,
    #[serde(default)]
    pub(super) status: MarkStatus,
    pub(super) expires: Option<Spanned<Datetime>>,
    pub(super) strictness: Option<Strictness>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Figure {
    pub(super) id: Option<Spanned<String>>,
    pub(super) description: Option<Spanned<String>>,
    pub(super) registration: Option<Spanned<Register>>,
    pub(super) nice: Option<Vec<Spanned<i64>>>,
    pub(super) territories: Option<Texts>,
    #[serde(default)]
    pub(super) status: MarkStatus,
    pub(super) expires: Option<Spanned<Datetime>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    pub(super) office: Spanned<String>,
    pub(super) number: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Image {
    pub(super) file: Spanned<String>,
    pub(super) kind: ReferenceKind,
    pub(super) mark: Option<Spanned<String>>,
    pub(super) threshold: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seller {
    pub(super) seller: Spanned<String>,
    pub(super) marks: Option<Texts>,
    pub(super) markets: Option<Texts>,
    pub(super) from: Option<Spanned<Datetime>>,
    pub(super) until: Option<Spanned<Datetime>>,
}
