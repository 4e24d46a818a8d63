//! What stored shipments say about the next one, kept as running sums: how a merchant declares its
//! values, how many parcels one order is split over, the usual price of a heading, one address for
//! many merchants, what inspections found.
//!
//! Each sum stands under a key. Buyers and addresses enter keys as digests only. The keys a shipment
//! needs are known from the shipment ([`Ledger::keys`]), so the shell reads them in one go, lets the
//! ledger answer and add, and writes back what changed ([`Ledger::changes`]). Every sum is bounded.
//!
//! Sums follow the order of shipments alone, not how they were divided into commits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::batch::{self, Key};
use super::facts::Facts;
use super::model::{Item, Shipment};
use super::standing::{Found, History, Inspections, MerchantPattern, Parcels, PriceHistory, Standing, Volume};
use super::view::View;
use crate::kernel::Digest;

/// Latest prices kept of one heading, origin and currency: a quartile of so many moves little.
const MAX_PRICES: usize = 100;
/// Most merchants remembered for one address.
const MAX_MERCHANTS: usize = 16;
/// Days that make a merchant's usual volume.
const USUAL_DAYS: i32 = 28;
/// Days a merchant must have sent before, so that there is something usual.
const LEAST_DAYS: i32 = 7;

/// One running sum.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "of", rename_all = "lowercase")]
enum Sum {
    /// A merchant's shipments.
    Merchant { shipments: u64, valued: u32, below_paid: u32, first: Date, days: BTreeMap<Date, u64> },
    /// Parcels of one merchant, buyer and day.
    Parcels { count: u32, currency: String, worth: Option<Decimal> },
    /// Merchants that sent to one name and address, as digests.
    Address { merchants: Vec<String> },
    /// Latest prices; `lines` were seen in all.
    Prices { lines: u32, latest: Vec<Decimal> },
    /// What inspections found.
    Found { inspected: u32, wrong: u32 },
}

/// The sums that a few shipments need.
#[derive(Debug, Default)]
pub struct Ledger {
    sums: BTreeMap<String, Sum>,
    changed: BTreeSet<String>,
}

/// The key of all inspections.
const ALL_FOUND: &str = "found all";

fn named(of: &str, key: Key) -> String {
    format!("{of} {}", hex::encode(key))
}

fn merchant_key(shipment: &Shipment) -> Option<String> {
    Some(named("merchant", batch::key(&[shipment.merchant_id.as_deref()?])))
}

fn parcels_key(shipment: &Shipment, on: Date) -> Option<String> {
    batch::order(shipment, on).map(|key| named("parcels", key))
}

fn address_key(shipment: &Shipment) -> Option<String> {
    batch::address(shipment).map(|key| named("address", key))
}

fn price_key(shipment: &Shipment, item: &Item) -> Option<String> {
    batch::price_key(shipment, item).map(|key| named("prices", key))
}

fn heading(item: &Item) -> Option<&str> {
    View::code(item)?.get(..4)
}

fn found_keys(shipment: &Shipment) -> BTreeSet<String> {
    let mut keys: BTreeSet<String> =
        shipment.items.iter().filter_map(heading).map(|heading| format!("found heading {heading}")).collect();
    keys.extend(
        shipment.origin.as_deref().filter(|origin| origin.len() == 2).map(|origin| format!("found origin {origin}")),
    );
    keys.insert(ALL_FOUND.to_owned());
    keys
}

impl Ledger {
    /// The keys of the sums that bear on a shipment judged by the law of `on`.
    pub fn keys(shipment: &Shipment, on: Date) -> BTreeSet<String> {
        let mut keys = found_keys(shipment);
        keys.extend(merchant_key(shipment));
        keys.extend(parcels_key(shipment, on));
        keys.extend(address_key(shipment));
        keys.extend(shipment.items.iter().filter_map(|item| price_key(shipment, item)));
        keys
    }

    /// Takes a stored sum in; answers whether it could be read.
    pub fn load(&mut self, key: String, body: &str) -> bool {
        let Ok(sum) = serde_json::from_str(body) else { return false };
        self.sums.insert(key, sum);
        true
    }

    /// The sums that changed since they were loaded, with their keys.
    pub fn changes(&self) -> impl Iterator<Item = (&str, String)> {
        self.changed.iter().filter_map(|key| {
            let body = serde_json::to_string(self.sums.get(key)?).ok()?;
            Some((key.as_str(), body))
        })
    }

    /// Adds a new shipment that arrived on `today`.
    pub fn add(&mut self, shipment: &Shipment, facts: &Facts, on: Date, today: Date) {
        self.count_merchant(shipment, today);
        self.count_parcel(shipment, facts, on);
        self.add_address(shipment);
        self.add_prices(shipment);
    }

    /// Puts a changed shipment in the place of its former version. Its prices stay those of the first
    /// version: correcting a declaration again and again must not fill a heading's history.
    pub fn replace(&mut self, former: (&Shipment, Date), shipment: &Shipment, facts: &Facts, on: Date) {
        self.uncount_parcel(former.0, facts, former.1);
        self.count_parcel(shipment, facts, on);
        self.add_address(shipment);
        self.move_values(former.0, shipment);
    }

    fn change(&mut self, key: String, make: impl FnOnce() -> Sum) -> &mut Sum {
        self.changed.insert(key.clone());
        self.sums.entry(key).or_insert_with(make)
    }

    fn count_merchant(&mut self, shipment: &Shipment, today: Date) {
        let Some(key) = merchant_key(shipment) else { return };
        let (has_values, is_below) = values(shipment);
        let none = || Sum::Merchant { shipments: 0, valued: 0, below_paid: 0, first: today, days: BTreeMap::new() };
        if let Sum::Merchant { shipments, valued, below_paid, days, .. } = self.change(key, none) {
            *shipments += 1;
            *valued = valued.saturating_add(u32::from(has_values));
            *below_paid = below_paid.saturating_add(u32::from(is_below));
            *days.entry(today).or_default() += 1;
            if let Ok(oldest) = today.checked_sub(USUAL_DAYS.days()) {
                days.retain(|day, _| *day >= oldest);
            }
        }
    }

    fn move_values(&mut self, former: &Shipment, shipment: &Shipment) {
        let (Some(key), same) = (merchant_key(shipment), former.merchant_id == shipment.merchant_id) else { return };
        let (before, after) = (values(former), values(shipment));
        if !same || before == after {
            return;
        }
        if let Some(Sum::Merchant { valued, below_paid, .. }) = self.sums.get_mut(&key) {
            *valued = valued.saturating_sub(u32::from(before.0)).saturating_add(u32::from(after.0));
            *below_paid = below_paid.saturating_sub(u32::from(before.1)).saturating_add(u32::from(after.1));
            self.changed.insert(key);
        }
    }

    fn count_parcel(&mut self, shipment: &Shipment, facts: &Facts, on: Date) {
        let Some((key, own_currency, own)) = parcel(shipment, facts, on) else { return };
        let none = || Sum::Parcels { count: 0, currency: own_currency.clone(), worth: Some(Decimal::ZERO) };
        if let Sum::Parcels { count, currency, worth } = self.change(key, none) {
            if *count == 0 {
                (*currency, *worth) = (own_currency.clone(), Some(Decimal::ZERO));
            }
            *count = count.saturating_add(1);
            let both = worth.zip(own).filter(|_| *currency == own_currency);
            *worth = both.and_then(|(sum, own)| sum.checked_add(own));
        }
    }

    fn uncount_parcel(&mut self, shipment: &Shipment, facts: &Facts, on: Date) {
        let Some((key, own_currency, own)) = parcel(shipment, facts, on) else { return };
        if let Some(Sum::Parcels { count, currency, worth }) = self.sums.get_mut(&key) {
            *count = count.saturating_sub(1);
            let both = worth.zip(own).filter(|_| *currency == own_currency);
            *worth = both.and_then(|(sum, own)| sum.checked_sub(own));
            self.changed.insert(key);
        }
    }

    fn add_address(&mut self, shipment: &Shipment) {
        let (Some(key), Some(merchant)) = (address_key(shipment), shipment.merchant_id.as_deref()) else { return };
        let merchant = hex::encode(batch::key(&[merchant]));
        let known = match self.sums.get(&key) {
            Some(Sum::Address { merchants }) => merchants.contains(&merchant) || merchants.len() >= MAX_MERCHANTS,
            _ => false,
        };
        if known {
            return;
        }
        if let Sum::Address { merchants } = self.change(key, || Sum::Address { merchants: Vec::new() }) {
            merchants.push(merchant);
        }
    }

    /// Prices of lines that declare what was paid. Others would let undervaluation make itself usual.
    fn add_prices(&mut self, shipment: &Shipment) {
        for item in &shipment.items {
            let (Some(key), Some(price)) = (price_key(shipment, item), item.declared_value) else { continue };
            if price <= Decimal::ZERO || item.paid_value.is_some_and(|paid| paid != price) {
                continue;
            }
            if let Sum::Prices { lines, latest } = self.change(key, || Sum::Prices { lines: 0, latest: Vec::new() }) {
                if latest.len() >= MAX_PRICES {
                    latest.remove(0);
                }
                latest.push(price);
                *lines = lines.saturating_add(1);
            }
        }
    }

    /// Counts what an inspection of a shipment found.
    pub fn add_inspection(&mut self, shipment: &Shipment, is_wrong: bool) {
        for key in found_keys(shipment) {
            if let Sum::Found { inspected, wrong } = self.change(key, || Sum::Found { inspected: 0, wrong: 0 }) {
                *inspected = inspected.saturating_add(1);
                *wrong = wrong.saturating_add(u32::from(is_wrong));
            }
        }
    }

    /// What the sums say about a shipment that was added. `same_id` is the digest of what was released
    /// under its id before.
    pub fn history(&self, shipment: &Shipment, on: Date, same_id: Option<Digest>) -> History {
        let parcels = match parcels_key(shipment, on).and_then(|key| self.sums.get(&key)) {
            Some(Sum::Parcels { count, worth, .. }) => Parcels { count: *count, worth: *worth },
            _ => Parcels::default(),
        };
        let merchants = match address_key(shipment).and_then(|key| self.sums.get(&key)) {
            Some(Sum::Address { merchants }) => merchants.len(),
            _ => 0,
        };
        History {
            same_id,
            merchant: self.pattern(shipment),
            parcels,
            prices: shipment.items.iter().map(|item| self.price_of(shipment, item)).collect(),
            address_merchants: merchants.saturating_sub(1) as u32,
            inspections: Arc::new(self.inspections(shipment)),
        }
    }

    fn pattern(&self, shipment: &Shipment) -> MerchantPattern {
        match merchant_key(shipment).and_then(|key| self.sums.get(&key)) {
            Some(Sum::Merchant { valued, below_paid, .. }) => {
                MerchantPattern { shipments: *valued, below_paid: *below_paid }
            }
            _ => MerchantPattern::default(),
        }
    }

    /// Shipments of the merchant so far, and today's against the usual where there is a usual.
    pub fn volume(&self, shipment: &Shipment, today: Date) -> (u64, Option<Volume>) {
        let Some(Sum::Merchant { shipments, first, days, .. }) =
            merchant_key(shipment).and_then(|key| self.sums.get(&key))
        else {
            return (0, None);
        };
        let is_known = first.checked_add(LEAST_DAYS.days()).is_ok_and(|known| known <= today);
        let before: u64 = days.iter().filter(|(day, _)| **day < today).map(|(_, count)| count).sum();
        let sent = today.since(*first).map_or(1, |span| span.get_days()).clamp(1, USUAL_DAYS);
        let volume =
            Volume { today: days.get(&today).copied().unwrap_or(0), usual: before / sent.unsigned_abs() as u64 };
        (*shipments, is_known.then_some(volume))
    }

    fn price_of(&self, shipment: &Shipment, item: &Item) -> Option<PriceHistory> {
        let Sum::Prices { latest, .. } = self.sums.get(&price_key(shipment, item)?)? else { return None };
        let mut sorted = latest.clone();
        sorted.sort_unstable();
        Some(PriceHistory { lines: sorted.len() as u32, typical: *sorted.get(sorted.len() / 4)? })
    }

    fn inspections(&self, shipment: &Shipment) -> Inspections {
        let mut all = Inspections::default();
        for key in found_keys(shipment) {
            let Some(Sum::Found { inspected, wrong }) = self.sums.get(&key) else { continue };
            let found = Found { inspected: *inspected, wrong: *wrong };
            if let Some(heading) = key.strip_prefix("found heading ") {
                all.by_heading.insert(heading.to_owned(), found);
            } else if let Some(origin) = key.strip_prefix("found origin ") {
                all.by_origin.insert(origin.to_owned(), found);
            } else {
                all.all = found;
            }
        }
        all
    }
}

/// Whether a shipment tells declared and paid values, and whether it declares less than was paid.
fn values(shipment: &Shipment) -> (bool, bool) {
    let mut pairs = shipment.items.iter().filter_map(|item| Some((item.declared_value?, item.paid_value?))).peekable();
    let has_values = pairs.peek().is_some();
    (has_values, pairs.any(|(declared, paid)| declared < paid))
}

fn parcel(shipment: &Shipment, facts: &Facts, on: Date) -> Option<(String, String, Option<Decimal>)> {
    let key = parcels_key(shipment, on)?;
    let standing = Standing::declaration_only();
    let view = View::new(shipment, &standing, facts, on);
    Some((key, view.currency()?.to_owned(), view.worth))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::shipments::tests::RULES;

    const ON: Date = date(2026, 11, 22);
    const LINE: &str = r#"{"id":"s-1","merchant_id":"m-1","origin":"CN","destination":"DE","currency":"EUR",
        "consignee":{"name":"Anna Beispiel","country":"DE","city":"Köln","postcode":"50667"},
        "items":[{"hs6":"610910","origin":"CN","quantity":1,"declared_value":"40.00","paid_value":"40.00"}]}"#;

    fn read(from: &str, to: &str) -> Shipment {
        assert!(LINE.contains(from));
        Shipment::parse(&LINE.replace(from, to)).unwrap()
    }

    /// Writes the ledger down and reads it again.
    fn stored(ledger: &Ledger) -> Ledger {
        let mut again = Ledger::default();
        for (key, body) in ledger.changes() {
            assert!(again.load(key.to_owned(), &body), "{key}: {body}");
        }
        again
    }

    #[test]
    fn parcels_of_one_buyer_and_day_are_summed_and_a_correction_replaces_its_own() {
        let facts = RULES.facts();
        let (one, two) = (read("s-1", "s-1"), read("s-1", "s-2"));
        let mut ledger = Ledger::default();
        ledger.add(&one, facts, ON, ON);
        ledger.add(&two, facts, ON, ON);
        let mut ledger = stored(&ledger);
        let parcels = ledger.history(&two, ON, None).parcels;
        assert_eq!((parcels.count, parcels.worth), (2, Some(Decimal::from(80))));
        let corrected = read("\"40.00\",\"paid_value\":\"40.00\"", "\"50.00\",\"paid_value\":\"50.00\"");
        ledger.replace((&one, ON), &corrected, facts, ON);
        let parcels = ledger.history(&two, ON, None).parcels;
        assert_eq!((parcels.count, parcels.worth), (2, Some(Decimal::from(90))));
        let elsewhere = read("50667", "50668");
        assert_eq!(ledger.history(&elsewhere, ON, None).parcels, Parcels::default());
    }

    #[test]
    fn only_lines_that_declare_what_was_paid_make_a_price_and_few_are_kept() {
        let facts = RULES.facts();
        let mut ledger = Ledger::default();
        let low = read("\"declared_value\":\"40.00\"", "\"declared_value\":\"4.00\"");
        for _ in 0..50 {
            ledger.add(&low, facts, ON, ON);
        }
        assert_eq!(ledger.history(&low, ON, None).prices, [None]);
        for _ in 0..300 {
            ledger.add(&read("s-1", "s-1"), facts, ON, ON);
        }
        let history = stored(&ledger).history(&low, ON, None);
        assert_eq!(history.prices, [Some(PriceHistory { lines: 100, typical: Decimal::new(4000, 2) })]);
        assert_eq!((history.merchant.shipments, history.merchant.below_paid), (350, 50));
    }

    #[test]
    fn a_usual_volume_needs_a_week_and_forgets_after_four() {
        let facts = RULES.facts();
        let shipment = read("s-1", "s-1");
        let mut ledger = Ledger::default();
        for day in 1..=14 {
            for _ in 0..2 {
                ledger.add(&shipment, facts, ON, date(2026, 10, day));
            }
        }
        assert_eq!(ledger.volume(&shipment, date(2026, 10, 3)).1, None);
        let (sent, volume) = ledger.volume(&shipment, date(2026, 10, 15));
        assert_eq!((sent, volume), (28, Some(Volume { today: 0, usual: 2 })));
        ledger.add(&shipment, facts, ON, date(2026, 12, 24));
        assert_eq!(ledger.volume(&shipment, date(2026, 12, 24)).1, Some(Volume { today: 1, usual: 0 }));
    }

    #[test]
    fn addresses_and_inspections_are_counted_for_those_they_concern() {
        let facts = RULES.facts();
        let mut ledger = Ledger::default();
        for merchant in 1..=30 {
            ledger.add(&read("m-1", &format!("m-{merchant}")), facts, ON, ON);
        }
        let one = read("s-1", "s-1");
        assert_eq!(ledger.history(&one, ON, None).address_merchants, 15);
        ledger.add_inspection(&one, true);
        ledger.add_inspection(&read("610910", "640411"), false);
        let inspections = stored(&ledger).history(&one, ON, None).inspections;
        assert_eq!(inspections.all, Found { inspected: 2, wrong: 1 });
        assert_eq!(inspections.by_heading.get("6109"), Some(&Found { inspected: 1, wrong: 1 }));
        assert_eq!(inspections.by_origin.get("CN"), Some(&Found { inspected: 2, wrong: 1 }));
        let kept = ledger.changes().map(|(key, body)| format!("{key} {body}")).collect::<String>();
        // Whole words: a digest may hold any run of digits.
        let mut words = kept.split(|letter: char| !letter.is_alphanumeric());
        assert!(!words.any(|word| word.contains("Anna") || word == "50667"), "no personal data is kept: {kept}");
    }
}
