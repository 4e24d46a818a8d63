//! Amounts in different currencies: exact with a dated rate, by bounds without one.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::table::{self, FactError};

/// How an amount stands to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// At the limit or below it.
    Inside,
    /// Above it.
    Above,
    /// Not known without an exchange rate.
    Unknown,
}

/// An exchange rate that someone gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// Units of the currency for one euro.
    pub per_eur: Decimal,
    /// First day it holds.
    pub from: Date,
    /// Who published it.
    pub source: String,
}

/// Rates and bounds of all currencies.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    bounds: BTreeMap<String, (Decimal, Decimal)>,
    rates: BTreeMap<String, Vec<Rate>>,
}

impl Rates {
    /// Reads the table of bounds.
    pub fn from_bounds(text: &str) -> Result<Self, FactError> {
        let rows = table::read("customs/rate_bounds.csv", text, |row| {
            row.origin()?;
            let (low, high) = (row.decimal("per_eur_low")?, row.decimal("per_eur_high")?);
            if low <= Decimal::ZERO || high < low {
                return Err(row.refuse("per_eur_low is above zero and at most per_eur_high"));
            }
            Ok((row.needed("currency")?, (low, high)))
        })?;
        Ok(Self { bounds: rows.into_iter().collect(), rates: BTreeMap::new() })
    }

    /// Adds a table of rates.
    pub fn add_rates(&mut self, path: &str, text: &str) -> Result<(), FactError> {
        let rows = table::read(path, text, |row| {
            let from = row.day("valid_from")?.ok_or_else(|| row.refuse("valid_from is empty; a rate has a day"))?;
            let per_eur = row.decimal("per_eur")?;
            if per_eur <= Decimal::ZERO {
                return Err(row.refuse("per_eur is above zero"));
            }
            Ok((row.needed("currency")?, Rate { per_eur, from, source: row.needed("source")? }))
        })?;
        for (currency, rate) in rows {
            self.rates.entry(currency).or_default().push(rate);
        }
        for rates in self.rates.values_mut() {
            rates.sort_by_key(|rate| rate.from);
        }
        Ok(())
    }

    fn rate(&self, currency: &str, on: Date) -> Option<(Decimal, String)> {
        if currency == "EUR" {
            return Some((Decimal::ONE, "EUR".to_owned()));
        }
        let rate = self.rates.get(currency)?.iter().rev().find(|rate| rate.from <= on)?;
        Some((rate.per_eur, format!("{} {currency} per EUR since {} ({})", rate.per_eur, rate.from, rate.source)))
    }

    /// An amount in another currency with the rates used.
    pub fn convert(&self, amount: Decimal, from: &str, to: &str, on: Date) -> Option<(Decimal, String)> {
        if from == to {
            return Some((amount, String::new()));
        }
        let ((from_rate, from_says), (to_rate, to_says)) = (self.rate(from, on)?, self.rate(to, on)?);
        let converted = amount.checked_mul(to_rate)?.checked_div(from_rate)?;
        let says: Vec<String> = [from_says, to_says].into_iter().filter(|text| text != "EUR").collect();
        Some((converted, says.join(", ")))
    }

    /// Compares an amount with a limit.
    pub fn compare(&self, amount: Decimal, currency: &str, limit: Decimal, limit_currency: &str, on: Date) -> Compared {
        let exact = if currency == limit_currency {
            Some(amount)
        } else {
            self.convert(amount, currency, limit_currency, on).map(|(converted, _)| converted)
        };
        if let Some(converted) = exact {
            return if converted <= limit { Compared::Inside } else { Compared::Above };
        }
        self.by_bounds(amount, currency, limit, limit_currency).unwrap_or(Compared::Unknown)
    }

    fn by_bounds(&self, amount: Decimal, currency: &str, limit: Decimal, limit_currency: &str) -> Option<Compared> {
        let (low, high) = *self.bounds.get(currency)?;
        let (limit_low, limit_high) = *self.bounds.get(limit_currency)?;
        let most = amount.checked_div(low)?.checked_mul(limit_high)?;
        let least = amount.checked_div(high)?.checked_mul(limit_low)?;
        Some(match () {
            () if most <= limit => Compared::Inside,
            () if least > limit => Compared::Above,
            () => Compared::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates() -> Rates {
        let text = "currency,per_eur_low,per_eur_high,source,confidence\nEUR,1,1,a,b\nUSD,0.8,1.65,a,b\n";
        Rates::from_bounds(text).unwrap()
    }

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn an_amount_is_inside_or_above_only_where_no_rate_could_change_it() {
        let (rates, on) = (rates(), jiff::civil::date(2026, 11, 22));
        let compare = |amount: &str, currency: &str| rates.compare(number(amount), currency, number("150"), "EUR", on);
        assert_eq!(compare("150.00", "EUR"), Compared::Inside);
        assert_eq!(compare("150.01", "EUR"), Compared::Above);
        assert_eq!(compare("100", "USD"), Compared::Inside);
        assert_eq!(compare("160", "USD"), Compared::Unknown);
        assert_eq!(compare("400", "USD"), Compared::Above);
        assert_eq!(compare("1", "XAF"), Compared::Unknown);
    }

    #[test]
    fn a_dated_rate_decides_from_its_day_on() {
        let mut rates = rates();
        rates.add_rates("r.csv", "currency,per_eur,valid_from,source\nUSD,1.10,2026-11-01,central bank\n").unwrap();
        let compare = |day: i8| {
            let on = jiff::civil::date(2026, 11, day).checked_add(jiff::Span::new().days(-5)).unwrap();
            rates.compare(number("165"), "USD", number("150"), "EUR", on)
        };
        assert_eq!((compare(5), compare(22)), (Compared::Unknown, Compared::Inside));
        assert!(rates.add_rates("r.csv", "currency,per_eur,valid_from,source\nUSD,0,2026-11-01,x\n").is_err());
    }
}
