//! What import costs: VAT and duty as an estimate, with the basis of every amount.
//!
//! Rounding: amounts of items are shown to four decimals and not rounded for the sum; VAT and duty
//! are rounded once for the consignment, half up, to the minor unit of the currency (two decimals,
//! none for yen and won). VAT is due on goods, transport and duty. Rates are the standard ones:
//! reduced rates by kind of goods are not held, and the basis says so. What is not known is `null`
//! with the reason in the basis; where nothing at all is known there are no charges, only a note.

use std::collections::BTreeSet;

use rust_decimal::{Decimal, RoundingStrategy};

use super::facts::{Charge, Compared, Per};
use super::model::{Basis, Charges, Kind};
use super::view::View;
use crate::kernel::Market;

/// Charges, and notes where there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Estimate {
    /// The estimate, where anything is known.
    pub charges: Option<Charges>,
    /// Why there is none.
    pub notes: Vec<String>,
}

/// Goods by value per piece up to a limit are taxed at sale there; `(market, scheme)`.
const PER_GOOD: [(&str, &str); 4] =
    [("AU", "au-low-value"), ("NZ", "nz-low-value"), ("SG", "sg-ovr"), ("MY", "my-lvg")];

/// Estimates the charges of a shipment.
pub fn estimate(view: &View<'_>) -> Estimate {
    match Estimator::new(view).and_then(|estimator| estimator.run()) {
        Ok(charges) => Estimate { charges: Some(charges), notes: Vec::new() },
        Err(note) => Estimate { charges: None, notes: vec![format!("charges are unknown: {note}")] },
    }
}

struct Estimator<'v> {
    view: &'v View<'v>,
    destination: Market,
    currency: String,
    /// Worth of each line as the buyer pays it.
    goods: Vec<Decimal>,
    transport: Decimal,
    basis: Vec<Basis>,
}

/// An amount, or why it is unknown.
type Known = Result<Decimal, String>;

impl<'v> Estimator<'v> {
    fn new(view: &'v View<'v>) -> Result<Self, String> {
        let destination = view.destination.ok_or("the destination is not known")?;
        if !view.import {
            return Err("the goods cross no customs border".to_owned());
        }
        let currency = view.currency().ok_or("the currency is not known")?.to_owned();
        let goods: Option<Vec<Decimal>> = view.lines.iter().map(|line| line.paid.or(line.declared)).collect();
        let goods = goods.filter(|goods| !goods.is_empty()).ok_or("an item has no value or no quantity")?;
        if goods.iter().any(Decimal::is_sign_negative) {
            return Err("a value is negative".to_owned());
        }
        let transport = view.shipment.transport_cost.unwrap_or_default();
        if transport.is_sign_negative() {
            return Err("the transport cost is negative".to_owned());
        }
        Ok(Self { view, destination, currency, goods, transport, basis: Vec::new() })
    }

    fn run(mut self) -> Result<Charges, String> {
        if let Some(charges) = self.gift() {
            return Ok(charges);
        }
        let duty = self.duty();
        let vat = self.vat(&duty);
        self.fees();
        if let (Err(duty), Err(vat)) = (&duty, &vat) {
            return Err(if duty == vat { duty.clone() } else { format!("{duty}; {vat}") });
        }
        if self.view.shipment.transport_cost.is_none() {
            self.note("the transport cost is not declared and was taken as 0");
        }
        let mut basis = std::mem::take(&mut self.basis);
        let known = |amount: Known, of: &'static str, basis: &mut Vec<Basis>| match amount {
            Ok(amount) => Some(self.view_round(amount)),
            Err(why) => {
                basis.push(unknown(of, why));
                None
            }
        };
        let (vat, duty) = (known(vat, "vat", &mut basis), known(duty, "duty", &mut basis));
        Ok(Charges { vat, duty, currency: self.currency, basis })
    }

    fn view_round(&self, amount: Decimal) -> Decimal {
        // ISO 4217: these currencies have no minor unit.
        let decimals = if matches!(self.currency.as_str(), "JPY" | "KRW" | "VND" | "CLP" | "ISK") { 0 } else { 2 };
        let mut rounded = amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(decimals);
        rounded
    }

    fn note(&mut self, says: &str) {
        let note = Basis {
            item: None,
            of: "note",
            amount: None,
            currency: None,
            says: says.to_owned(),
            law: None,
            confidence: None,
        };
        self.basis.push(note);
    }

    /// A gift between private persons within its limit is free.
    fn gift(&mut self) -> Option<Charges> {
        let scheme = if self.view.to_eu { "eu-gift" } else { "gb-gift" };
        let for_this = self.view.to_eu || self.destination.as_str() == "GB";
        let is_gift = self.view.shipment.kind == Some(Kind::C2c) && self.view.has_document("gift_declaration");
        if !for_this || !is_gift || self.view.against(scheme) != Some(Compared::Inside) {
            return None;
        }
        let row = self.view.facts.scheme(scheme, self.view.on)?;
        let basis = Basis {
            item: None,
            of: "duty",
            amount: Some(Decimal::ZERO),
            currency: Some(self.currency.clone()),
            says: row.rule.clone(),
            law: Some(row.origin.source.clone()),
            confidence: Some(row.origin.confidence.clone()),
        };
        let zero = self.view_round(Decimal::ZERO);
        Some(Charges { vat: Some(zero), duty: Some(zero), currency: self.currency.clone(), basis: vec![basis] })
    }

    fn duty(&mut self) -> Known {
        let view = self.view;
        let rows: Vec<&Charge> = view.facts.charges(self.destination, view.on).filter(|row| row.is_duty).collect();
        let Some(row) = rows.into_iter().find(|row| row.in_force) else {
            return Err(format!("the customs tariff of {} is not held", self.destination));
        };
        match view.against(&row.scheme) {
            Some(Compared::Inside) => {}
            Some(Compared::Above) => {
                return Err("above the low-value limit the customs tariff applies, which is not held".to_owned());
            }
            _ => {
                return Err(format!(
                    "no exchange rate from {} on {} tells whether the low-value limit is kept",
                    self.currency, view.on
                ));
            }
        }
        if row.per == Per::Hs6 && view.shipment.kind != Some(Kind::B2c) {
            return Err(
                "the flat duty is for distance sales to consumers; otherwise the tariff applies, which is not held"
                    .to_owned(),
            );
        }
        let count = match row.per {
            Per::Hs6 => self.distinct_codes()?,
            Per::Item => self.goods.len(),
            Per::Parcel | Per::Consignment => 1,
        };
        let (one, rate) = self.own(row.amount, &row.currency)?;
        let all = one * Decimal::from(count);
        if row.per == Per::Hs6 {
            self.duty_rows(row, one, &rate);
        } else {
            self.row(None, "duty", all, row.rule.clone(), &row.origin.source, &row.origin.confidence);
        }
        Ok(all)
    }

    /// One row an item: the first of each subheading bears the duty.
    fn duty_rows(&mut self, row: &Charge, one: Decimal, rate: &str) {
        let mut seen: Vec<&str> = Vec::new();
        for (place, item) in self.view.items() {
            let Some(code) = View::code(item) else { continue };
            let first = !seen.contains(&code);
            let (amount, says) = match first {
                true => (
                    one,
                    format!(
                        "{} {} for subheading {code}{rate}; a customs debt of the declarant, no part of the IOSS return",
                        row.amount, row.currency
                    ),
                ),
                false => (Decimal::ZERO, format!("subheading {code} bears the duty once")),
            };
            if first {
                seen.push(code);
            }
            self.row(Some(place), "duty", amount.round_dp(4), says, &row.origin.source, &row.origin.confidence);
        }
    }

    fn distinct_codes(&self) -> Result<usize, String> {
        let codes: Option<BTreeSet<&str>> = self.view.shipment.items.iter().map(View::code).collect();
        codes.map(|codes| codes.len()).ok_or_else(|| "an item has no six-digit commodity code".to_owned())
    }

    /// An amount in the shipment's currency.
    fn own(&self, amount: Decimal, currency: &str) -> Result<(Decimal, String), String> {
        if amount.is_zero() {
            return Ok((amount, String::new()));
        }
        let converted = self.view.facts.convert(amount, currency, &self.currency, self.view.on);
        let (amount, rate) = converted.ok_or_else(|| {
            format!("no exchange rate from {currency} to {} on {} is known", self.currency, self.view.on)
        })?;
        let rate = if rate.is_empty() { rate } else { format!(", at {rate}") };
        Ok((amount, rate))
    }

    fn vat(&mut self, duty: &Known) -> Known {
        let (view, destination) = (self.view, self.destination);
        if destination.as_str() == "US" {
            return Err("sales tax of the states is not held".to_owned());
        }
        if let Some((_, scheme)) = PER_GOOD.iter().find(|(market, _)| *market == destination.as_str()) {
            return self.vat_per_good(scheme);
        }
        let Some(rate) = view.facts.vat(destination, view.on) else {
            return Err(format!("no VAT rate of {destination} on {} is held", view.on));
        };
        let duty = duty.as_ref().map_err(|why| format!("VAT is due on the duty too, and {why}"))?;
        let total: Decimal = self.goods.iter().sum();
        let (percent, source, confidence) = (rate.percent, rate.origin.source.clone(), rate.origin.confidence.clone());
        let mut sum = Decimal::ZERO;
        for place in 0..self.goods.len() {
            let goods = self.goods[place];
            // Transport and duty are shared out by value; a consignment of no value shares evenly.
            let share = match total.is_zero() {
                true => Decimal::ONE.checked_div(Decimal::from(self.goods.len())),
                false => goods.checked_div(total),
            };
            let beside = share.and_then(|share| share.checked_mul(self.transport + duty));
            let base = beside.and_then(|beside| goods.checked_add(beside)).ok_or("the amounts are too large")?;
            let vat = base.checked_mul(percent).ok_or("the amounts are too large")? / Decimal::ONE_HUNDRED;
            sum += vat;
            let says =
                format!("{percent} % of {} (goods {goods}, transport and duty by value)", base.round_dp(4).normalize());
            self.row(Some(place), "vat", vat.round_dp(4), says, &source, &confidence);
        }
        self.note("the standard rate was taken; reduced rates by kind of goods are not held");
        // From the whole base, so that shared-out fractions cannot move a cent.
        let exact = (total + self.transport + duty).checked_mul(percent).map(|amount| amount / Decimal::ONE_HUNDRED);
        Ok(exact.unwrap_or(sum))
    }

    fn vat_per_good(&mut self, scheme: &str) -> Known {
        let (view, destination) = (self.view, self.destination);
        let row = view.facts.scheme(scheme, view.on).ok_or("the scheme does not exist on that day")?;
        let rate = view.facts.vat(destination, view.on).ok_or("no rate is held")?;
        for item in &view.shipment.items {
            let price = item.paid_value.or(item.declared_value).ok_or("an item has no value")?;
            match view.facts.compare(price, &self.currency, row.limit, &row.currency, view.on) {
                Compared::Inside => {}
                Compared::Above => return Err("a good is above the low-value limit; the border taxes it".to_owned()),
                Compared::Unknown => return Err(format!("no exchange rate from {} on {}", self.currency, view.on)),
            }
        }
        let base = self.goods.iter().sum::<Decimal>() + self.transport;
        let vat = base.checked_mul(rate.percent).ok_or("the amounts are too large")? / Decimal::ONE_HUNDRED;
        let says = format!("{} % of {base} ({})", rate.percent, row.rule);
        self.row(None, "vat", vat, says, &rate.origin.source.clone(), &rate.origin.confidence.clone());
        Ok(vat)
    }

    /// Fees beside VAT and duty: shown, never part of either.
    fn fees(&mut self) {
        let view = self.view;
        let rows: Vec<&Charge> = view.facts.charges(self.destination, view.on).filter(|row| !row.is_duty).collect();
        for row in rows {
            if view.against(&row.scheme) != Some(Compared::Inside) || view.shipment.kind != Some(Kind::B2c) {
                continue;
            }
            let count = match row.per {
                Per::Hs6 => self.distinct_codes().unwrap_or(self.goods.len()),
                Per::Item => self.goods.len(),
                Per::Parcel | Per::Consignment => 1,
            };
            let state = if row.in_force { "" } else { "announced, not charged: " };
            let fee = Basis {
                item: None,
                of: "fee",
                amount: row.in_force.then(|| row.amount * Decimal::from(count)),
                currency: Some(row.currency.clone()),
                says: format!("{state}{}", row.rule),
                law: Some(row.origin.source.clone()),
                confidence: Some(row.origin.confidence.clone()),
            };
            self.basis.push(fee);
        }
    }

    fn row(
        &mut self,
        item: Option<usize>,
        of: &'static str,
        amount: Decimal,
        says: String,
        law: &str,
        confidence: &str,
    ) {
        let row = Basis {
            item,
            of,
            amount: Some(amount),
            currency: Some(self.currency.clone()),
            says,
            law: Some(law.to_owned()),
            confidence: Some(confidence.to_owned()),
        };
        self.basis.push(row);
    }
}

fn unknown(of: &'static str, why: String) -> Basis {
    Basis { item: None, of, amount: None, currency: None, says: why, law: None, confidence: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipments::facts::SHIPPED;
    use crate::shipments::model::Shipment;
    use crate::shipments::standing::Standing;

    fn charges(line: &str, on: &str, rates: Option<&str>) -> Estimate {
        let facts = SHIPPED.clone();
        let facts = rates.map_or(facts.clone(), |rates| facts.with_rates("rates.csv", rates).unwrap());
        let shipment = Shipment::parse(line).unwrap();
        let standing = Standing::declaration_only();
        estimate(&View::new(&shipment, &standing, &facts, on.parse().unwrap()))
    }

    fn amounts(line: &str, on: &str) -> (Option<String>, Option<String>) {
        let charges = charges(line, on, None).charges.unwrap();
        (charges.vat.map(|vat| vat.to_string()), charges.duty.map(|duty| duty.to_string()))
    }

    const SHIRTS: &str = r#"{"id":"a","origin":"CN","destination":"DE","kind":"b2c","currency":"EUR","transport_cost":"4.00",
        "items":[{"hs6":"610910","quantity":5,"declared_value":"10","paid_value":"10"}]}"#;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_flat_duty_counts_subheadings_and_not_pieces_and_vat_is_due_on_it() {
        // 19 % of 50 + 4 + 3
        assert_eq!(amounts(SHIRTS, "2026-11-22"), (some("10.83"), some("3.00")));
        let two = SHIRTS.replace("}]", r#"},{"hs6":"910211","quantity":1,"declared_value":"20","paid_value":"20"}]"#);
        assert_eq!(amounts(&two, "2026-11-22"), (some("15.20"), some("6.00")));
        let same = SHIRTS.replace("}]", r#"},{"hs6":"610910","quantity":1,"declared_value":"20","paid_value":"20"}]"#);
        assert_eq!(amounts(&same, "2026-11-22").1, some("3.00"));
    }

    #[test]
    fn before_the_flat_duty_there_is_relief() {
        assert_eq!(amounts(SHIRTS, "2026-06-30"), (some("10.26"), some("0.00")));
        assert_eq!(amounts(SHIRTS, "2026-07-01"), (some("10.83"), some("3.00")));
    }

    #[test]
    fn above_the_limit_nothing_is_guessed() {
        let dear = SHIRTS.replace("\"10\"", "\"40\"");
        let estimate = charges(&dear, "2026-11-22", None);
        assert!(estimate.charges.is_none());
        assert!(estimate.notes[0].contains("tariff"), "{:?}", estimate.notes);
    }

    #[test]
    fn another_currency_needs_a_dated_rate() {
        let dollars = SHIRTS.replace("EUR", "USD");
        let without = charges(&dollars, "2026-11-22", None);
        assert!(without.charges.is_none() && without.notes[0].contains("exchange rate"), "{:?}", without.notes);
        let rates = "currency,per_eur,valid_from,source\nUSD,1.10,2026-11-01,a bank\n";
        let with = charges(&dollars, "2026-11-22", Some(rates)).charges.unwrap();
        assert_eq!((with.vat.unwrap().to_string(), with.duty.unwrap().to_string()), ("10.89".into(), "3.30".into()));
    }

    #[test]
    fn the_united_kingdom_has_vat_at_sale_and_no_duty_up_to_its_limit() {
        let pounds = SHIRTS.replace("EUR", "GBP").replace("\"DE\"", "\"GB\"");
        assert_eq!(amounts(&pounds, "2026-11-22"), (some("10.80"), some("0.00")));
        assert!(charges(&pounds.replace("\"10\"", "\"40\""), "2026-11-22", None).charges.is_none());
    }

    #[test]
    fn goods_that_cross_no_border_have_no_charges() {
        let inside = SHIRTS.replace("\"CN\"", "\"PL\"");
        assert!(charges(&inside, "2026-11-22", None).notes[0].contains("no customs border"));
    }

    #[test]
    fn national_fees_are_shown_beside_and_never_added() {
        let french = SHIRTS.replace("\"DE\"", "\"FR\"");
        let charges = charges(&french, "2026-11-22", None).charges.unwrap();
        let fees: Vec<(Option<Decimal>, bool)> = charges
            .basis
            .iter()
            .filter(|row| row.of == "fee")
            .map(|row| (row.amount, row.says.starts_with("announced")))
            .collect();
        assert_eq!(fees, [(None, true), (Some(Decimal::TWO), false)]);
        assert_eq!(charges.vat.unwrap().to_string(), "11.40");
    }

    #[test]
    fn half_a_cent_is_rounded_up_once() {
        // 19 % of 2.50 = 0.475 without duty
        let line = SHIRTS.replace("\"10\"", "\"0.50\"").replace("4.00", "0");
        assert_eq!(amounts(&line, "2026-06-30").0, some("0.48"));
    }
}
