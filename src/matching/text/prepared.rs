//! A listing's text, folded and cut once for everyone who looks at it.

use std::borrow::Cow;

use super::contact;
use super::context::{self, Phrase};
use super::fold::{Folded, fold};
use super::model::{Field, TextQuery};
use super::token::Words;

/// Attributes of a listing that are searched; no honest one has more.
const MOST_ATTRIBUTES: usize = 64;
/// Letters of one attribute that are searched.
const LONGEST_ATTRIBUTE: usize = 1_000;

/// One field, folded and cut.
pub(super) struct Prepared<'a> {
    pub(super) field: Field,
    /// The attribute's name; empty for other fields.
    pub(super) name: &'a str,
    pub(super) original: Cow<'a, str>,
    pub(super) folded: Folded,
    pub(super) words: Words,
    pub(super) phrases: Vec<Phrase>,
}

impl<'a> Prepared<'a> {
    fn of(field: Field, name: &'a str, original: Cow<'a, str>) -> Self {
        let folded = fold(&original);
        let words = Words::of(&folded);
        let mut phrases = if field == Field::Brand { Vec::new() } else { context::phrases(&folded) };
        if field != Field::Brand {
            contact::find(&words, &folded, &mut phrases);
        }
        Self { field, name, original, folded, words, phrases }
    }
}

/// A listing's fields, folded and cut. Made once, read by the search for marks and by
/// whoever else looks for words ([`Self::folded`]).
pub struct PreparedText<'a> {
    pub(super) fields: Vec<Prepared<'a>>,
}

impl std::fmt::Debug for PreparedText<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "PreparedText({} fields)", self.fields.len())
    }
}

impl<'a> PreparedText<'a> {
    /// The title, the brand attribute and the description of `query`.
    pub fn of(query: &TextQuery<'a>) -> Self {
        let fields = [
            (Field::Title, query.title),
            (Field::Brand, query.brand.unwrap_or_default()),
            (Field::Description, query.description),
        ];
        let filled = fields.into_iter().filter(|(_, text)| !text.is_empty());
        Self { fields: filled.map(|(field, text)| Prepared::of(field, "", Cow::Borrowed(text))).collect() }
    }

    /// The same with the listing's other attributes, by name and value. At most 64 are read, the
    /// first 1,000 letters of each.
    pub fn with_attributes(mut self, attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let filled = attributes.into_iter().filter(|(_, value)| !value.trim().is_empty());
        for (name, value) in filled.take(MOST_ATTRIBUTES) {
            let end = value.char_indices().nth(LONGEST_ATTRIBUTE).map_or(value.len(), |(at, _)| at);
            self.fields.push(Prepared::of(Field::Attribute, name, Cow::Borrowed(&value[..end])));
        }
        self
    }

    /// A field as it was folded; `None` when it is empty. Attributes have no folded text of their own here.
    pub fn folded(&self, field: Field) -> Option<&Folded> {
        let found = self.fields.iter().find(|prepared| prepared.field == field && field != Field::Attribute);
        found.map(|prepared| &prepared.folded)
    }
}
