//! How far a risk score of this kind carries: learned from labelled declarations, measured on ones
//! it has not seen.
//!
//! A column's value speaks by its lift, the logarithm of how much more often inspections found
//! something there than anywhere, drawn to nothing while inspections are few: what the gate's score
//! takes of headings and origins. One weight a column, fitted by logistic regression, adds them up,
//! so a score is a sum that can be told column by column. Lifts of the rows that the weights are
//! fitted on come from the other rows only; else a rare value would know its own label.
//!
//! Rows of one group are kept together: declarations that repeat goods, mass and price of another
//! one are no test. Pure and without chance: folds are drawn from the groups' digests.

mod measure;
mod regression;

use std::collections::HashMap;

pub use measure::{Bin, Measures, measure};

use super::risk::lift;
use super::standing::Found;
use crate::kernel::Digest;

/// Parts of the rows in turn left out when lifts are counted.
const FOLDS: u64 = 5;

/// A declaration whose inspection is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Rows of one group are never on both sides of a split.
    pub group: u64,
    /// Whether the inspection found something wrong.
    pub is_wrong: bool,
    /// One value for each column; empty = not told.
    pub values: Vec<String>,
}

/// The group of a declaration, from the values that make two of them the same goods.
pub fn group_of(values: &[&str]) -> u64 {
    let parts: Vec<&[u8]> = values.iter().flat_map(|value| [value.as_bytes(), b"\0".as_slice()]).collect();
    let digest = Digest::of_parts(&parts);
    u64::from_be_bytes(digest.0[..8].try_into().expect("eight of thirty-two bytes"))
}

/// A number as the step of a scale of powers of two, four steps each: values of one step are alike.
pub fn step_of(number: f64) -> String {
    if number.is_finite() && number > 0.0 { format!("{}", (number.log2() * 4.0).floor()) } else { String::new() }
}

#[derive(Debug, Clone, Default)]
struct Counts {
    all: Found,
    by_value: Vec<HashMap<String, Found>>,
}

impl Counts {
    fn of<'a>(rows: impl Iterator<Item = &'a Labelled>, columns: usize) -> Self {
        let mut counts = Self { all: Found::default(), by_value: vec![HashMap::new(); columns] };
        for row in rows {
            count(&mut counts.all, row.is_wrong);
            for (values, value) in counts.by_value.iter_mut().zip(&row.values) {
                count(values.entry(value.clone()).or_default(), row.is_wrong);
            }
        }
        counts
    }

    fn lifts(&self, row: &Labelled) -> Vec<f64> {
        self.by_value.iter().zip(&row.values).map(|(values, value)| lift(values.get(value), self.all)).collect()
    }
}

fn count(found: &mut Found, is_wrong: bool) {
    found.inspected += 1;
    found.wrong += u32::from(is_wrong);
}

/// A score learned from labelled declarations.
#[derive(Debug, Clone)]
pub struct Learned {
    counts: Counts,
    /// The constant, then one weight for each column.
    weights: Vec<f64>,
}

impl Learned {
    /// Learns from rows that have `columns` values each.
    pub fn from(rows: &[Labelled], columns: usize) -> Self {
        let folds: Vec<Counts> =
            (0..FOLDS).map(|fold| Counts::of(rows.iter().filter(|row| row.group % FOLDS != fold), columns)).collect();
        let lifts: Vec<Vec<f64>> = rows.iter().map(|row| folds[(row.group % FOLDS) as usize].lifts(row)).collect();
        let labels: Vec<bool> = rows.iter().map(|row| row.is_wrong).collect();
        let weights = regression::fit(&lifts, &labels, columns);
        Self { counts: Counts::of(rows.iter(), columns), weights }
    }

    /// How likely an inspection finds something, 0 to 1.
    pub fn score(&self, row: &Labelled) -> f64 {
        regression::probability(&self.weights, &self.counts.lifts(row))
    }

    /// One weight for each column: how much of a lift counts.
    pub fn weights(&self) -> &[f64] {
        &self.weights[1..]
    }

    /// What each column adds to the logarithm of the odds.
    pub fn because(&self, row: &Labelled) -> Vec<f64> {
        self.counts.lifts(row).iter().zip(self.weights()).map(|(lift, weight)| lift * weight).collect()
    }
}

#[cfg(test)]
mod tests;
