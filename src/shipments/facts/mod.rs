//! Dated facts of customs and tax law: what was true on a day, with source and confidence.
//!
//! The tables stand in `customs/` and are built in. Rules name rows of them; no rate, limit or term
//! is written in code.

mod money;
pub mod table;

pub use money::Compared;
pub use table::{FactError, Origin, Validity};

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::description::Words;
use super::hs::Nomenclature;
use crate::kernel::{Digest, Market};

/// The shipped facts, read once for all tests.
#[cfg(test)]
pub static SHIPPED: std::sync::LazyLock<Facts> = std::sync::LazyLock::new(|| Facts::shipped().expect("shipped facts"));

/// Texts of all tables, so that others than the shipped ones can be used.
#[derive(Debug, Clone, Copy)]
pub struct FactSources<'t> {
    /// `countries.csv`
    pub countries: &'t str,
    /// `vat_rates.csv`
    pub vat_rates: &'t str,
    /// `schemes.csv`
    pub schemes: &'t str,
    /// `charges.csv`
    pub charges: &'t str,
    /// `goods_groups.csv`
    pub goods_groups: &'t str,
    /// `description_terms.csv`
    pub description_terms: &'t str,
    /// `description_words.csv`
    pub description_words: &'t str,
    /// `rate_bounds.csv`
    pub rate_bounds: &'t str,
    /// `hs/editions.csv`
    pub hs_editions: &'t str,
    /// `hs/nomenclature-2022.csv`
    pub hs_nomenclature: &'t str,
    /// `hs/superseded.csv`
    pub hs_superseded: &'t str,
    /// `hs/everyday-words.csv`
    pub hs_words: &'t str,
}

impl FactSources<'static> {
    /// The tables that the program carries.
    pub const SHIPPED: FactSources<'static> = FactSources {
        countries: include_str!("../../../customs/countries.csv"),
        vat_rates: include_str!("../../../customs/vat_rates.csv"),
        schemes: include_str!("../../../customs/schemes.csv"),
        charges: include_str!("../../../customs/charges.csv"),
        goods_groups: include_str!("../../../customs/goods_groups.csv"),
        description_terms: include_str!("../../../customs/description_terms.csv"),
        description_words: include_str!("../../../customs/description_words.csv"),
        rate_bounds: include_str!("../../../customs/rate_bounds.csv"),
        hs_editions: include_str!("../../../customs/hs/editions.csv"),
        hs_nomenclature: include_str!("../../../customs/hs/nomenclature-2022.csv"),
        hs_superseded: include_str!("../../../customs/hs/superseded.csv"),
        hs_words: include_str!("../../../customs/hs/everyday-words.csv"),
    };
}

/// A country or territory customs know.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Country {
    numeric: String,
    eu_goods: bool,
    ioss: bool,
}

/// A tax rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatRate {
    market: Market,
    /// In per cent.
    pub percent: Decimal,
    validity: Validity,
    /// Where it comes from.
    pub origin: Origin,
}

/// A low-value scheme and its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// Name that rules use.
    pub id: String,
    /// Largest amount inside.
    pub limit: Decimal,
    /// Currency of the limit.
    pub currency: String,
    /// What the scheme says, in one sentence.
    pub rule: String,
    validity: Validity,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a charge is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Each distinct six-digit subheading.
    Hs6,
    /// Each line of the declaration.
    Item,
    /// Each parcel.
    Parcel,
    /// The consignment as a whole.
    Consignment,
}

/// A flat duty, a relief or a fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Its name.
    pub id: String,
    market: Market,
    /// Whether it is duty; otherwise it is a fee.
    pub is_duty: bool,
    /// Amount.
    pub amount: Decimal,
    /// Currency of the amount.
    pub currency: String,
    /// What it is taken for.
    pub per: Per,
    /// Scheme within whose limit it is due.
    pub scheme: String,
    /// Whether it is charged; an announced one is only shown.
    pub in_force: bool,
    /// What it says, in one sentence.
    pub rule: String,
    validity: Validity,
    /// Where it comes from.
    pub origin: Origin,
}

/// Goods under a law of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodsGroup {
    /// `excise`, `restricted`, `ce`, `dangerous` …
    pub group: String,
    prefix: String,
    market: Option<Market>,
    /// What the goods are.
    pub goods: String,
    /// The law.
    pub law: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// All dated facts.
#[derive(Debug, Clone)]
pub struct Facts {
    countries: BTreeMap<String, Country>,
    vat: Vec<VatRate>,
    schemes: Vec<Scheme>,
    charges: Vec<Charge>,
    groups: Vec<GoodsGroup>,
    money: money::Rates,
    /// Terms and words of descriptions.
    pub words: Words,
    /// The Harmonized System.
    pub hs: Nomenclature,
    digest: Digest,
}

impl Facts {
    /// The shipped facts.
    pub fn shipped() -> Result<Self, FactError> {
        Self::from_sources(&FactSources::SHIPPED)
    }

    /// Reads all tables; fails on the first row that cannot be used.
    pub fn from_sources(sources: &FactSources<'_>) -> Result<Self, FactError> {
        Ok(Self {
            countries: read_countries(sources.countries)?,
            vat: read_vat(sources.vat_rates)?,
            schemes: read_schemes(sources.schemes)?,
            charges: read_charges(sources.charges)?,
            groups: read_groups(sources.goods_groups)?,
            money: money::Rates::from_bounds(sources.rate_bounds)?,
            words: Words::read(sources.description_terms, sources.description_words)?,
            hs: Nomenclature::read(sources)?,
            digest: digest(sources),
        })
    }

    /// These facts with a table of exchange rates (`currency,per_eur,valid_from,source`).
    pub fn with_rates(mut self, path: &str, text: &str) -> Result<Self, FactError> {
        self.money.add_rates(path, text)?;
        self.digest = Digest::of_parts(&[&self.digest.0, text.as_bytes()]);
        Ok(self)
    }

    /// A digest over all tables.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The country of a two-letter code, where customs know it.
    pub fn country(&self, code: &str) -> Option<Market> {
        self.countries.contains_key(code).then(|| code.parse().ok()).flatten()
    }

    /// Whether goods there are in the customs territory of the Union: the member states and, for
    /// goods, Northern Ireland.
    pub fn is_eu(&self, market: Market) -> bool {
        self.countries.get(market.as_str()).is_some_and(|country| country.eu_goods)
    }

    /// The country whose numeric code may stand in an IOSS number.
    pub fn ioss_state(&self, numeric: &str) -> Option<&str> {
        let found = self.countries.iter().find(|(_, country)| country.ioss && country.numeric == numeric);
        found.map(|(code, _)| code.as_str())
    }

    /// The standard rate of a market on a day.
    pub fn vat(&self, market: Market, on: Date) -> Option<&VatRate> {
        self.vat.iter().rev().find(|rate| rate.market == market && rate.validity.holds_on(on))
    }

    /// A scheme on a day.
    pub fn scheme(&self, id: &str, on: Date) -> Option<&Scheme> {
        self.schemes.iter().find(|scheme| scheme.id == id && scheme.validity.holds_on(on))
    }

    /// Whether any row has that name, whatever its dates.
    pub fn knows_scheme(&self, id: &str) -> bool {
        self.schemes.iter().any(|scheme| scheme.id == id)
    }

    /// Whether any row has that group.
    pub fn knows_group(&self, group: &str) -> bool {
        self.groups.iter().any(|row| row.group == group)
    }

    /// Charges at a destination on a day, in the order of the table.
    pub fn charges(&self, destination: Market, on: Date) -> impl Iterator<Item = &Charge> {
        let eu = self.is_eu(destination);
        let covers = move |market: Market| market == destination || (market == Market::EU && eu);
        self.charges.iter().filter(move |charge| covers(charge.market) && charge.validity.holds_on(on))
    }

    /// The row of `group` that covers a commodity code at a destination; the longest prefix wins.
    pub fn group_of(&self, group: &str, hs6: &str, destination: Option<Market>) -> Option<&GoodsGroup> {
        let covers = |row: &GoodsGroup| match (row.market, destination) {
            (None, _) => true,
            (Some(Market::EU), Some(market)) => self.is_eu(market),
            (Some(one), Some(market)) => one == market,
            (Some(_), None) => false,
        };
        let rows = self.groups.iter().filter(|row| row.group == group && hs6.starts_with(&row.prefix) && covers(row));
        rows.max_by_key(|row| row.prefix.len())
    }

    /// Compares an amount with a limit, exactly where a rate is known, by the bounds otherwise.
    pub fn compare(&self, amount: Decimal, currency: &str, limit: Decimal, limit_currency: &str, on: Date) -> Compared {
        self.money.compare(amount, currency, limit, limit_currency, on)
    }

    /// An amount in another currency, with the rates used; `None` without a dated rate.
    pub fn convert(&self, amount: Decimal, from: &str, to: &str, on: Date) -> Option<(Decimal, String)> {
        self.money.convert(amount, from, to, on)
    }
}

fn digest(sources: &FactSources<'_>) -> Digest {
    let all = [
        sources.countries,
        sources.vat_rates,
        sources.schemes,
        sources.charges,
        sources.goods_groups,
        sources.description_terms,
        sources.description_words,
        sources.rate_bounds,
        sources.hs_editions,
        sources.hs_nomenclature,
        sources.hs_superseded,
        sources.hs_words,
    ];
    let parts: Vec<[u8; 32]> = all.iter().map(|text| Digest::of(text.as_bytes()).0).collect();
    Digest::of(&parts.concat())
}

fn read_countries(text: &str) -> Result<BTreeMap<String, Country>, FactError> {
    let rows = table::read("customs/countries.csv", text, |row| {
        let yes = |column: &str| row.text(column).map(|text| text == "yes");
        let country =
            Country { numeric: row.text("numeric")?.to_owned(), eu_goods: yes("eu_goods")?, ioss: yes("ioss")? };
        Ok((row.needed("code")?, country))
    })?;
    Ok(rows.into_iter().collect())
}

fn market(row: &table::Row<'_>, column: &str) -> Result<Market, FactError> {
    let text = row.needed(column)?;
    text.parse().map_err(|_| row.refuse(format!("{column} \"{text}\" is no two-letter market")))
}

fn read_vat(text: &str) -> Result<Vec<VatRate>, FactError> {
    table::read("customs/vat_rates.csv", text, |row| {
        Ok(VatRate {
            market: market(row, "market")?,
            percent: row.decimal("rate_percent")?,
            validity: row.validity()?,
            origin: row.origin()?,
        })
    })
}

fn read_schemes(text: &str) -> Result<Vec<Scheme>, FactError> {
    table::read("customs/schemes.csv", text, |row| {
        Ok(Scheme {
            id: row.needed("id")?,
            limit: row.decimal("limit")?,
            currency: row.needed("currency")?,
            rule: row.needed("rule")?,
            validity: row.validity()?,
            origin: row.origin()?,
        })
    })
}

fn read_charges(text: &str) -> Result<Vec<Charge>, FactError> {
    table::read("customs/charges.csv", text, |row| {
        let per = match row.text("per")? {
            "hs6" => Per::Hs6,
            "item" => Per::Item,
            "parcel" => Per::Parcel,
            "consignment" => Per::Consignment,
            other => {
                return Err(row.refuse(format!("per \"{other}\" is unknown; use hs6, item, parcel or consignment")));
            }
        };
        let word = |column: &str, yes: &str, no: &str| match row.text(column)? {
            text if text == yes => Ok(true),
            text if text == no => Ok(false),
            text => Err(row.refuse(format!("{column} \"{text}\" is unknown; use {yes} or {no}"))),
        };
        Ok(Charge {
            id: row.needed("id")?,
            market: market(row, "market")?,
            is_duty: word("kind", "duty", "fee")?,
            amount: row.decimal("amount")?,
            currency: row.needed("currency")?,
            per,
            scheme: row.needed("scheme")?,
            in_force: word("in_force", "yes", "announced")?,
            rule: row.needed("rule")?,
            validity: row.validity()?,
            origin: row.origin()?,
        })
    })
}

fn read_groups(text: &str) -> Result<Vec<GoodsGroup>, FactError> {
    table::read("customs/goods_groups.csv", text, |row| {
        let market = match row.text("market")? {
            "*" => None,
            _ => Some(market(row, "market")?),
        };
        Ok(GoodsGroup {
            group: row.needed("group")?,
            prefix: row.needed("hs_prefix")?,
            market,
            goods: row.needed("goods")?,
            law: row.needed("law")?,
            origin: row.origin()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_shipped_tables_are_read_and_every_charge_names_a_scheme() {
        let facts = &*SHIPPED;
        assert!(facts.charges.iter().all(|charge| facts.knows_scheme(&charge.scheme)));
        assert_eq!(facts.country("DE"), Some("DE".parse().unwrap()));
        assert_eq!(facts.country("ZZ"), None);
        assert_eq!(facts.country("UK"), None);
        assert!(facts.is_eu("XI".parse().unwrap()) && !facts.is_eu("GB".parse().unwrap()));
        assert_eq!((facts.ioss_state("276"), facts.ioss_state("840")), (Some("DE"), None));
    }

    #[test]
    fn a_rate_is_that_of_its_day() {
        let facts = &*SHIPPED;
        let estonia = "EE".parse().unwrap();
        let percent = |on: &str| facts.vat(estonia, day(on)).map(|rate| rate.percent.to_string());
        assert_eq!(percent("2025-06-30").as_deref(), Some("22"));
        assert_eq!(percent("2025-07-01").as_deref(), Some("24"));
        assert_eq!(percent("2001-01-01"), None);
    }

    #[test]
    fn relief_ends_the_day_before_the_flat_duty_begins() {
        let facts = &*SHIPPED;
        let duty = |on: &str| {
            let germany = "DE".parse().unwrap();
            let ids: Vec<&str> = facts.charges(germany, day(on)).filter(|c| c.is_duty).map(|c| c.id.as_str()).collect();
            ids.join(" ")
        };
        assert_eq!(duty("2026-06-30"), "eu-relief");
        assert_eq!(duty("2026-07-01"), "eu-flat-duty");
        assert_eq!(duty("2028-07-01"), "");
    }
}
