//! `assay check shipments`: declarations in, what the gate says of each out.
//!
//! The file is read twice: once to learn what its shipments say of each other (one order in several
//! parcels, the same id twice, values that are always too low), once to judge them.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use jiff::civil::Date;
use serde::Deserialize;

use super::Done;
use super::lines::{self, LineOptions};
use super::progress::Progress;
use crate::kernel::Clock as _;
use crate::shipments::{
    Batch, Facts, Gate, GateRules, Inspections, ListingStanding, MerchantStanding, Parties, Shipment, Standing,
};
use crate::system::SystemClock;

/// Check a file of shipments before they are declared.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  assay check shipments --in shipments.jsonl --declaration-only --out gate.jsonl\n  \
                  assay check shipments --in shipments.jsonl --standing standing.jsonl --on 2026-11-22 --out gate.jsonl"
)]
pub struct CheckShipments {
    /// Shipments, one JSON object a line. It is read twice, so it is a file.
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// Day whose law applies [default: the shipment's own date, or today]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// Check the declaration only; merchant and listings are not looked up.
    #[arg(long, conflicts_with = "standing")]
    declaration_only: bool,
    /// Merchants and listings: {"merchant":{"id",…}} or {"listing":"id","standing":{…}} a line, or
    /// {"inspections":{…}}.
    #[arg(long, value_name = "FILE")]
    standing: Option<PathBuf>,
    /// Exchange rates: CSV with currency, per_eur, valid_from, source.
    #[arg(long, value_name = "FILE")]
    rates: Option<PathBuf>,
    #[command(flatten)]
    lines: LineOptions,
}

#[derive(Deserialize)]
struct StandingLine {
    merchant: Option<MerchantStanding>,
    listing: Option<String>,
    standing: Option<ListingStanding>,
    inspections: Option<Inspections>,
}

/// Where standing comes from.
#[derive(Default)]
struct Register {
    merchants: BTreeMap<String, MerchantStanding>,
    listings: BTreeMap<String, ListingStanding>,
    inspections: Arc<Inspections>,
}

impl CheckShipments {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Done> {
        let rules = self.rules()?;
        let register = self.standing.as_deref().map(Register::read).transpose()?;
        let today = SystemClock.now().date();
        let day = |shipment: &Shipment| self.on.or(shipment.date).unwrap_or(today);
        let batch = self.learn(&rules, &day)?;
        lines::run("shipments", &self.input, &self.lines, |line| {
            let shipment = Shipment::parse(line).map_err(|error| error.to_string())?;
            let on = day(&shipment);
            let mut history = batch.history(&shipment, on);
            let standing = match &register {
                Some(register) => {
                    history.inspections = Arc::clone(&register.inspections);
                    Standing::found(register.parties(&shipment))
                }
                None if self.declaration_only => Standing::declaration_only(),
                None => Standing::unavailable(),
            };
            let answer = Gate::evaluate(&rules, &shipment, &standing.with_history(history), on);
            serde_json::to_string(&answer).map_err(|error| error.to_string())
        })
    }

    fn rules(&self) -> anyhow::Result<GateRules> {
        let Some(path) = &self.rates else { return Ok(GateRules::shipped()?) };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let facts = Facts::shipped()?.with_rates(&path.display().to_string(), &text)?;
        Ok(GateRules::shipped_with(facts)?)
    }

    /// The first reading. Lines that cannot be read are told of in the second.
    fn learn(&self, rules: &GateRules, day: &dyn Fn(&Shipment) -> Date) -> anyhow::Result<Batch> {
        anyhow::ensure!(
            self.input.to_str() != Some("-") && self.input.is_file(),
            "{} is no file; shipments are read twice, so give a file",
            self.input.display()
        );
        let (mut reader, _) = lines::open(&self.input)?;
        let mut progress = Progress::new("shipments read", None);
        let mut batch = Batch::default();
        let (mut line, mut count, mut is_tail) = (Vec::new(), 0, false);
        loop {
            line.clear();
            let read = std::io::Read::take(&mut reader, lines::MAX_LINE as u64).read_until(b'\n', &mut line);
            if read.with_context(|| format!("cannot read {}", self.input.display()))? == 0 {
                break;
            }
            // The pieces of a line that is too long are no shipments; the second reading rejects it.
            let is_piece = std::mem::replace(&mut is_tail, line.len() == lines::MAX_LINE && !line.ends_with(b"\n"));
            if is_piece || is_tail {
                continue;
            }
            count += 1;
            progress.at(count, count);
            let shipment = std::str::from_utf8(&line).ok().and_then(|text| Shipment::parse(text).ok());
            if let Some(shipment) = shipment {
                batch.add(&shipment, rules.facts(), day(&shipment));
            }
        }
        progress.end();
        batch.finish();
        Ok(batch)
    }
}

impl Register {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let (reader, _) = lines::open(path)?;
        let mut register = Self::default();
        for (number, line) in reader.lines().enumerate() {
            let line = line.with_context(|| format!("cannot read {}", path.display()))?;
            if line.trim().is_empty() {
                continue;
            }
            let place = || format!("{}, line {}", path.display(), number + 1);
            let read: StandingLine = serde_json::from_str(&line).with_context(place)?;
            match (read.merchant, read.listing, read.inspections) {
                (Some(merchant), None, None) => {
                    register.merchants.insert(merchant.id.clone(), merchant);
                }
                (None, Some(id), None) => {
                    register.listings.insert(id, read.standing.unwrap_or_default());
                }
                (None, None, Some(inspections)) => register.inspections = Arc::new(inspections),
                _ => anyhow::bail!("{}: names neither one merchant, one listing nor inspections", place()),
            }
        }
        Ok(register)
    }

    fn parties(&self, shipment: &Shipment) -> Parties {
        let merchant = shipment.merchant_id.as_ref().and_then(|id| self.merchants.get(id)).cloned();
        let ids = shipment.items.iter().filter_map(|item| item.listing_id.as_ref());
        let listings = ids.filter_map(|id| Some((id.clone(), self.listings.get(id)?.clone()))).collect();
        Parties { merchant, listings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"id":"a","merchant_id":"m-1","origin":"CN","destination":"DE","kind":"b2c","channel":"tracked","ioss":"IM2760000012","consignee":{"name":"Anna Beispiel","country":"DE","city":"Köln","postcode":"50667"},"gross_mass_kg":1.25,"transport_cost":"4.00","currency":"EUR","items":[{"listing_id":"l-1","description":"Men's T-shirt, knitted, 100% cotton","hs6":"610910","origin":"CN","quantity":1,"net_mass_kg":"0.4","declared_value":39.90,"paid_value":"39.90","merchant_pid":"S","manufacturer_pid":"T"}]}"#;

    fn run(lines: &str, standing: Option<&str>) -> (Done, Vec<serde_json::Value>, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("in"), lines).unwrap();
        let standing = standing.map(|text| {
            std::fs::write(path("standing"), text).unwrap();
            path("standing")
        });
        let command = CheckShipments {
            input: path("in"),
            on: Some(jiff::civil::date(2026, 11, 22)),
            declaration_only: standing.is_none(),
            standing,
            rates: None,
            lines: LineOptions { out: path("out"), rejects: Some(path("rejects")), threads: Some(1) },
        };
        let done = command.run().unwrap();
        let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
        let answers = read("out").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (done, answers, read("rejects"))
    }

    #[test]
    fn every_object_with_an_id_is_answered_in_order_and_the_rest_rejected() {
        let lines = format!("{GOOD}\nnonsense\n\n{{\"id\":\"b\"}}\n[1]\n{}\n", GOOD.replace("39.90", "180.00"));
        let (done, answers, rejects) = run(&lines, None);
        assert_eq!(done, Done::WithFindings);
        let told: Vec<String> = answers.iter().map(|a| format!("{} {}", a["id"], a["outcome"])).collect();
        assert_eq!(told, [r#""a" "release""#, r#""b" "refuse""#, r#""a" "refuse""#]);
        assert_eq!(answers[0]["charges"]["vat"], "8.91");
        assert_eq!(answers[0]["charges"]["duty"], "3.00");
        assert_eq!(answers[0]["certificate"], serde_json::Value::Null);
        assert!(answers[2]["reasons"].to_string().contains("shipment-changed"));
        assert!(rejects.contains("\"line\":2") && rejects.contains("\"line\":5"), "{rejects}");
    }

    #[test]
    fn standing_from_a_file_is_looked_up_by_id() {
        let standing = concat!(
            r#"{"merchant":{"id":"m-1","verified":true}}"#,
            "\n",
            r#"{"listing":"l-1","standing":{"merchant_id":"m-1","title":"Cotton T-shirt","verdict":"block"}}"#,
            "\n"
        );
        let (done, answers, _) = run(GOOD, Some(standing));
        assert_eq!(done, Done::Well);
        assert_eq!(
            (answers[0]["outcome"].as_str(), answers[0]["standing"].as_str()),
            (Some("refuse"), Some("looked_up"))
        );
        assert_eq!(answers[0]["reasons"][0]["rule"], "listing-blocked");
    }
}
