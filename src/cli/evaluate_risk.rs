//! `assay evaluate risk`: labelled declarations in; how well a score like the gate's finds what
//! inspections found.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Done;
use crate::shipments::study::{Labelled, Learned, Measures, group_of, measure, step_of};

/// Shares of all rows at which precision is told.
const SHARES: [f64; 3] = [0.01, 0.05, 0.1];
/// Of this many groups one is kept for the test, where no file is given for it.
const TEST_PART: u64 = 5;
/// Most rows that are read.
const MAX_ROWS: usize = 5_000_000;

/// Learn a risk score from labelled declarations and measure it on others.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without --test, groups are split: four fifths to learn from, one to test on. With --test, rows whose group was \
                  learned from are measured apart, because a repeated declaration is no test.\n\n\
                  Example, for the public synthetic declarations of the Korea Customs Service:\n  \
                  assay evaluate risk --train df_syn_train_eng.csv --train df_syn_valid_eng.csv --test df_syn_test_eng.csv \\\n      \
                  --label Fraud --ignore 'Declaration ID,Date,Critical Fraud' --heading 'HS6 Code' --mass 'Net Mass' --price 'Item Price' \\\n      \
                  --group 'HS6 Code,Net Mass,Item Price' --with 'HS6 Code+Country of Origin' --with 'Seller ID+HS6 Code' --with 'heading+price per kg'"
)]
pub struct EvaluateRisk {
    /// Declarations to learn from, CSV with a line of column names; may be given several times.
    #[arg(long, required = true, value_name = "FILE")]
    train: Vec<PathBuf>,
    /// Declarations to test on; may be given several times.
    #[arg(long, value_name = "FILE")]
    test: Vec<PathBuf>,
    /// Column that is 1 where an inspection found something, 0 where it did not.
    #[arg(long, value_name = "COLUMN")]
    label: String,
    /// Columns that are not looked at.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Columns whose values together name the same goods.
    #[arg(long, required = true, value_name = "COLUMN,…", value_delimiter = ',')]
    group: Vec<String>,
    /// Column of the commodity code: adds `heading` (four digits) and `chapter` (two).
    #[arg(long, value_name = "COLUMN")]
    heading: Option<String>,
    /// Column of the mass in kilograms; it is looked at in steps.
    #[arg(long, value_name = "COLUMN")]
    mass: Option<String>,
    /// Column of the price; it is looked at in steps, with the mass as `price per kg`.
    #[arg(long, value_name = "COLUMN")]
    price: Option<String>,
    /// Two columns looked at together; may be given several times.
    #[arg(long = "with", value_name = "COLUMN+COLUMN")]
    pairs: Vec<String>,
}

/// Where columns stand in a file, and what is made of them.
struct Plan {
    label: usize,
    group: Vec<usize>,
    /// Columns taken as they are.
    plain: Vec<usize>,
    heading: Option<usize>,
    mass: Option<usize>,
    price: Option<usize>,
    /// Names of all columns after those that are made.
    names: Vec<String>,
    /// Places among `names`.
    pairs: Vec<(usize, usize)>,
}

impl EvaluateRisk {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Done> {
        let (rows, names) = self.read_all(&self.train)?;
        anyhow::ensure!(!rows.is_empty(), "there are no declarations to learn from");
        let columns = names.len();
        if self.test.is_empty() {
            let (test, train): (Vec<Labelled>, Vec<Labelled>) =
                rows.into_iter().partition(|row| (row.group >> 8) % TEST_PART == 0);
            let learned = Learned::from(&train, columns);
            self.tell("groups that were not learned from", &learned, &test)?;
            tell_weights(&names, &learned);
            return Ok(Done::Well);
        }
        let (test, same) = self.read_all(&self.test)?;
        anyhow::ensure!(same == names, "the files to test on have other columns than those to learn from");
        let known: std::collections::HashSet<u64> = rows.iter().map(|row| row.group).collect();
        let learned = Learned::from(&rows, columns);
        self.tell("all rows to test on", &learned, &test)?;
        let fresh: Vec<Labelled> = test.into_iter().filter(|row| !known.contains(&row.group)).collect();
        self.tell("of them, groups that were not learned from", &learned, &fresh)?;
        tell_weights(&names, &learned);
        Ok(Done::Well)
    }

    fn read_all(&self, paths: &[PathBuf]) -> anyhow::Result<(Vec<Labelled>, Vec<String>)> {
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        for path in paths {
            let found = self.read(path, &mut rows).with_context(|| format!("cannot read {}", path.display()))?;
            anyhow::ensure!(names.is_empty() || names == found, "{} has other columns", path.display());
            names = found;
        }
        Ok((rows, names))
    }

    fn read(&self, path: &Path, rows: &mut Vec<Labelled>) -> anyhow::Result<Vec<String>> {
        let mut reader = csv::Reader::from_path(path)?;
        let plan = self.plan(reader.headers()?)?;
        for record in reader.records() {
            let record = record?;
            anyhow::ensure!(rows.len() < MAX_ROWS, "there are more than {MAX_ROWS} rows");
            rows.push(plan.row(&record)?);
        }
        Ok(plan.names)
    }

    fn plan(&self, headers: &csv::StringRecord) -> anyhow::Result<Plan> {
        let places: HashMap<&str, usize> =
            headers.iter().enumerate().map(|(place, name)| (name.trim_start_matches('\u{feff}'), place)).collect();
        let place = |name: &str| {
            let found = places.get(name).copied();
            found
                .with_context(|| format!("there is no column \"{name}\"; the file names its columns in its first line"))
        };
        let optional = |name: &Option<String>| name.as_deref().map(place).transpose();
        let (label, mass, price) = (place(&self.label)?, optional(&self.mass)?, optional(&self.price)?);
        let mut left_out = vec![label];
        for name in &self.ignore {
            left_out.push(place(name)?);
        }
        left_out.extend(mass.into_iter().chain(price));
        let plain: Vec<usize> = (0..headers.len()).filter(|place| !left_out.contains(place)).collect();
        let mut names: Vec<String> =
            plain.iter().map(|place| headers[*place].trim_start_matches('\u{feff}').to_owned()).collect();
        let heading = optional(&self.heading)?;
        let made = [
            (heading.is_some(), "heading"),
            (heading.is_some(), "chapter"),
            (mass.is_some(), "mass"),
            (price.is_some(), "price"),
            (mass.is_some() && price.is_some(), "price per kg"),
        ];
        names.extend(made.iter().filter(|(is_made, _)| *is_made).map(|(_, name)| (*name).to_owned()));
        let mut pairs = Vec::new();
        for pair in &self.pairs {
            let (one, other) = pair.split_once('+').context("two columns are written COLUMN+COLUMN")?;
            let among = |name: &str| {
                let found = names.iter().position(|known| known == name);
                found.with_context(|| format!("there is no column \"{name}\" to look at together with another"))
            };
            pairs.push((among(one)?, among(other)?));
        }
        names.extend(self.pairs.iter().cloned());
        let group = self.group.iter().map(|name| place(name)).collect::<Result<_, _>>()?;
        Ok(Plan { label, group, plain, heading, mass, price, names, pairs })
    }

    fn tell(&self, name: &str, learned: &Learned, rows: &[Labelled]) -> anyhow::Result<()> {
        let scored: Vec<(f64, bool)> = rows.iter().map(|row| (learned.score(row), row.is_wrong)).collect();
        let measures = measure(&scored, &SHARES).with_context(|| {
            format!("{name}: nothing to measure; there must be rows in order and rows that are not")
        })?;
        tell(name, &measures);
        Ok(())
    }
}

impl Plan {
    fn row(&self, record: &csv::StringRecord) -> anyhow::Result<Labelled> {
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let is_wrong = match cell(self.label) {
            "0" => false,
            "1" => true,
            other => anyhow::bail!("line {line}: the label is \"{other}\"; it is 0 or 1"),
        };
        let mut values: Vec<String> = self.plain.iter().map(|place| cell(*place).to_owned()).collect();
        if let Some(code) = self.heading.map(cell) {
            values.push(code.get(..4).unwrap_or_default().to_owned());
            values.push(code.get(..2).unwrap_or_default().to_owned());
        }
        let number = |place: Option<usize>| place.map(|place| cell(place).parse().unwrap_or(0.0));
        let (mass, price): (Option<f64>, Option<f64>) = (number(self.mass), number(self.price));
        values.extend(mass.map(step_of));
        values.extend(price.map(step_of));
        values.extend(mass.zip(price).map(|(mass, price)| step_of(price / mass)));
        for (one, other) in &self.pairs {
            values.push(format!("{}\0{}", values[*one], values[*other]));
        }
        let group: Vec<&str> = self.group.iter().map(|place| cell(*place)).collect();
        Ok(Labelled { group: group_of(&group), is_wrong, values })
    }
}

fn tell(name: &str, measures: &Measures) {
    println!("{name}: {} rows, {:.1} % not in order", measures.rows, 100.0 * measures.base);
    println!("  AUC {:.3}, Brier {:.4}", measures.auc, measures.brier);
    for (share, precision) in &measures.precision {
        println!("  of the highest {:>4.0} %, {:.1} % are not in order", 100.0 * share, 100.0 * precision);
    }
    println!("  {:>5} {:>7} {:>7} {:>7}", "tenth", "rows", "said", "was");
    for (place, bin) in measures.bins.iter().enumerate() {
        println!("  {:>5} {:>7} {:>7.3} {:>7.3}", place + 1, bin.rows, bin.said, bin.was);
    }
    println!();
}

fn tell_weights(names: &[String], learned: &Learned) {
    println!("weight of each column's lift:");
    let mut weighed: Vec<(&String, &f64)> = names.iter().zip(learned.weights()).collect();
    weighed.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    for (name, weight) in weighed {
        println!("  {weight:>6.2}  {name}");
    }
}
