//! What can be looked at: each check is code over typed facts, rules give parameters, scope, dates
//! and consequence. To know what a check needs and offers, read its row in the tables below.

mod declaration;
mod description;
mod documents;
mod goods;
mod standing;
mod value;
mod vat;

use super::rules::{Param, Params};
use super::view::View;

/// A kind of check.
pub struct CheckKind {
    /// Its name in rules.
    pub name: &'static str,
    /// Parameters it takes.
    pub params: &'static [Param],
    /// Places its sentences may have.
    pub slots: &'static [&'static str],
    /// Whether it needs merchant and listings.
    pub needs_standing: bool,
    run: fn(&Look<'_>) -> Vec<Finding>,
}

impl std::fmt::Debug for CheckKind {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name)
    }
}

impl CheckKind {
    const fn of_declaration(
        name: &'static str,
        params: &'static [Param],
        slots: &'static [&'static str],
        run: fn(&Look<'_>) -> Vec<Finding>,
    ) -> Self {
        Self { name, params, slots, needs_standing: false, run }
    }

    const fn of_standing(
        name: &'static str,
        params: &'static [Param],
        slots: &'static [&'static str],
        run: fn(&Look<'_>) -> Vec<Finding>,
    ) -> Self {
        Self { name, params, slots, needs_standing: true, run }
    }

    /// Looks at a shipment.
    pub fn run(&self, view: &View<'_>, with: &Params) -> Vec<Finding> {
        (self.run)(&Look { view, with })
    }
}

/// What a check is given.
pub struct Look<'a> {
    view: &'a View<'a>,
    with: &'a Params,
}

/// Something a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// The item, from 0.
    pub item: Option<usize>,
    /// Values for the sentences.
    pub slots: Vec<(&'static str, String)>,
    /// Whether the facts did not decide.
    pub undecided: bool,
    /// How sure the fact behind it is.
    pub confidence: Option<String>,
}

impl Finding {
    fn of(item: Option<usize>) -> Self {
        Self { item, ..Self::default() }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.slots.push((name, value.to_string()));
        self
    }

    fn sure(mut self, confidence: &str) -> Self {
        // "confirmed" is the normal case and needs no mention.
        if !confidence.starts_with("confirmed") {
            self.confidence = Some(confidence.to_owned());
        }
        self
    }

    fn undecided(mut self) -> Self {
        self.undecided = true;
        self
    }
}

/// All kinds of checks.
pub fn all() -> impl Iterator<Item = &'static CheckKind> {
    let tables: [&'static [CheckKind]; 7] = [
        declaration::CHECKS,
        description::CHECKS,
        goods::CHECKS,
        value::CHECKS,
        vat::CHECKS,
        documents::CHECKS,
        standing::CHECKS,
    ];
    tables.into_iter().flatten()
}

/// The check of that name.
pub fn named(name: &str) -> Option<&'static CheckKind> {
    all().find(|check| check.name == name)
}
