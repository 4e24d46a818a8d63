//! Identifiers of companies, people, accounts and goods: is what was typed possible?
//!
//! [`check`] gives one of four answers and never looks anything up. `Valid` means that the
//! check digits are right, `WellFormed` that the form is right and no check digit exists (or
//! its rule is not public), `Invalid` that the number cannot have been issued. That a number
//! *has* been issued, and to whom, only its register can tell: see [`lookup`].
//!
//! The rules are those of the issuing offices and standards; the room of each names them. A
//! new kind is one line in a room's `KINDS` and one function.

mod africa_oceania;
mod americas;
mod arithmetic;
mod asia;
mod clean;
mod countries;
mod europe;
mod europe_persons;
mod europe_vat;
mod finance;
mod iban;
pub mod lookup;
#[cfg(test)]
mod tests;
mod things;

use std::collections::HashMap;
use std::sync::LazyLock;

/// What can be said of an identifier without asking anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The form and the check digits are right.
    Valid,
    /// The form is right; nothing more can be checked.
    WellFormed,
    /// Cannot be a number of this kind.
    Invalid,
    /// The kind is not known here.
    Unsupported,
}

impl Answer {
    /// Whether the value may be what it says: true, false, or `None` where the kind is unknown.
    pub fn accepted(self) -> Option<bool> {
        match self {
            Self::Valid | Self::WellFormed => Some(true),
            Self::Invalid => Some(false),
            Self::Unsupported => None,
        }
    }

    /// The word used in files and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::WellFormed => "well_formed",
            Self::Invalid => "invalid",
            Self::Unsupported => "unsupported",
        }
    }
}

/// How one kind is judged, on cleaned text.
#[derive(Clone, Copy)]
enum Rule {
    /// `Some(true)` means that check digits are right; `None` that the form is wrong.
    Checked(fn(&str) -> Option<bool>),
    /// There are no check digits: right form or not.
    Form(fn(&str) -> Option<bool>),
    /// Sometimes the one, sometimes the other.
    Judged(fn(&str) -> Answer),
}

/// One kind of identifier.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    /// Characters that people put between the parts.
    separators: &'static str,
    rule: Rule,
    keeps_case: bool,
}

const fn kind(name: &'static str, separators: &'static str, rule: Rule) -> Kind {
    Kind { name, separators, rule, keeps_case: false }
}

const fn checked(name: &'static str, separators: &'static str, rule: fn(&str) -> Option<bool>) -> Kind {
    kind(name, separators, Rule::Checked(rule))
}

const fn form(name: &'static str, separators: &'static str, rule: fn(&str) -> Option<bool>) -> Kind {
    kind(name, separators, Rule::Form(rule))
}

const fn judged(name: &'static str, separators: &'static str, rule: fn(&str) -> Answer) -> Kind {
    kind(name, separators, Rule::Judged(rule))
}

impl Kind {
    const fn as_written(self) -> Self {
        Self { keeps_case: true, ..self }
    }

    fn canonical(&self, value: &str) -> Option<String> {
        let cleaned = clean::clean(value, self.separators)?;
        Some(if self.keeps_case { cleaned } else { cleaned.to_uppercase() })
    }

    fn check(&self, value: &str) -> Answer {
        let Some(text) = self.canonical(value) else { return Answer::Invalid };
        // The rules cut at fixed places, which only ASCII allows; the few that know letters
        // beyond it (Mexico, Spain, Belarus, Germany) look before they cut.
        match self.rule {
            Rule::Checked(rule) if rule(&text) == Some(true) => Answer::Valid,
            Rule::Form(rule) if rule(&text) == Some(true) => Answer::WellFormed,
            Rule::Judged(rule) => rule(&text),
            Rule::Checked(_) | Rule::Form(_) => Answer::Invalid,
        }
    }
}

/// Judges `value` as an identifier of `kind` ("eu.vat", "cn.uscc", "lei", "iban", "ean" …).
///
/// Spaces, the usual separators, width, case and invisible characters do not matter. Never
/// fails: an unknown kind is [`Answer::Unsupported`].
pub fn check(kind: &str, value: &str) -> Answer {
    find(kind).map_or(Answer::Unsupported, |kind| kind.check(value))
}

/// The value without separators, folded and in upper case, for comparison and storage; `None`
/// when the kind is unknown or the value is longer than any identifier.
pub fn canonical(kind: &str, value: &str) -> Option<String> {
    find(kind)?.canonical(value)
}

/// The names of all kinds that [`check`] knows, sorted.
pub fn kinds() -> Vec<&'static str> {
    let mut names: Vec<&str> = BY_NAME.keys().copied().collect();
    names.sort_unstable();
    names
}

fn find(kind: &str) -> Option<&'static Kind> {
    BY_NAME.get(kind).copied()
}

const ROOMS: [&[Kind]; 8] = [
    africa_oceania::KINDS,
    americas::KINDS,
    asia::KINDS,
    europe::KINDS,
    europe_persons::KINDS,
    europe_vat::KINDS,
    finance::KINDS,
    things::KINDS,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Kind>> =
    LazyLock::new(|| ROOMS.into_iter().flatten().map(|kind| (kind.name, kind)).collect());
