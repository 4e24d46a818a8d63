//! A shipment as the checks see it: what it means on the day, worked out once.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::facts::{Compared, Facts};
use super::model::{Item, Shipment};
use super::standing::Standing;
use crate::kernel::Market;

/// Totals of one line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line {
    /// Declared value of all pieces.
    pub declared: Option<Decimal>,
    /// Price paid for all pieces.
    pub paid: Option<Decimal>,
    /// The larger of both: what the line is worth at least.
    pub worth: Option<Decimal>,
}

/// A shipment, the day, the facts, and what follows from them.
pub struct View<'a> {
    /// As declared.
    pub shipment: &'a Shipment,
    /// What the platform knows.
    pub standing: &'a Standing,
    /// Dated facts.
    pub facts: &'a Facts,
    /// The day whose law applies.
    pub on: Date,
    /// Where it goes, where that is a country.
    pub destination: Option<Market>,
    /// Whether that is in the customs territory of the Union.
    pub to_eu: bool,
    /// Whether it crosses a customs border, as far as the declaration tells.
    pub import: bool,
    /// Totals, one a line.
    pub lines: Vec<Line>,
    /// Worth of the consignment; absent when any line's is unknown.
    pub worth: Option<Decimal>,
}

impl<'a> View<'a> {
    /// Works out what a shipment means.
    pub fn new(shipment: &'a Shipment, standing: &'a Standing, facts: &'a Facts, on: Date) -> Self {
        let country = |code: &Option<String>| code.as_deref().and_then(|code| facts.country(code));
        let destination = country(&shipment.destination);
        let to_eu = destination.is_some_and(|market| facts.is_eu(market));
        let from = country(&shipment.origin);
        let from_eu = from.is_some_and(|market| facts.is_eu(market));
        let inside = (to_eu && from_eu) || (from.is_some() && from == destination);
        let lines: Vec<Line> = shipment.items.iter().map(line).collect();
        let worth = match lines.is_empty() {
            true => None,
            false => lines.iter().try_fold(Decimal::ZERO, |sum, line| sum.checked_add(line.worth?)),
        };
        Self { shipment, standing, facts, on, destination, to_eu, import: !inside, lines, worth }
    }

    /// The currency's letters.
    pub fn currency(&self) -> Option<&str> {
        self.shipment.currency.as_ref().map(|currency| currency.as_str())
    }

    /// How the consignment stands to the limit of a scheme; `None` when the scheme does not exist
    /// on the day.
    pub fn against(&self, scheme: &str) -> Option<Compared> {
        let scheme = self.facts.scheme(scheme, self.on)?;
        let (Some(worth), Some(currency)) = (self.worth, self.currency()) else { return Some(Compared::Unknown) };
        Some(self.facts.compare(worth, currency, scheme.limit, &scheme.currency, self.on))
    }

    /// Items with their place.
    pub fn items(&self) -> impl Iterator<Item = (usize, &'a Item)> {
        self.shipment.items.iter().enumerate()
    }

    /// Whether a document of that kind travels along.
    pub fn has_document(&self, kind: &str) -> bool {
        self.shipment.documents.iter().any(|document| document.kind == kind)
    }

    /// Whether a field could not be read (and is told of by another rule).
    pub fn is_unreadable(&self, item: Option<usize>, field: &str) -> bool {
        self.shipment.problems.iter().any(|problem| problem.item == item && problem.field == field)
    }

    /// A commodity code of six digits, as declared.
    pub fn code(item: &Item) -> Option<&str> {
        item.hs6.as_deref().filter(|code| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

fn line(item: &Item) -> Line {
    let all = |value: Option<Decimal>| value?.checked_mul(item.quantity?);
    let (declared, paid) = (all(item.declared_value), all(item.paid_value));
    Line { declared, paid, worth: declared.max(paid) }
}
