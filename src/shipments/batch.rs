//! What the shipments of one file say about each other: the same id twice, one order in several
//! parcels, values below what was paid again and again, prices of a heading, one address for many.
//!
//! The file is gone through twice: [`Batch::add`] in its order, then [`Batch::history`] for each
//! shipment. Both are deterministic; memory grows with distinct ids, buyers, merchants and prices,
//! each bounded.

use std::collections::HashMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::facts::Facts;
use super::model::{Item, Shipment};
use super::standing::{History, MerchantPattern, Parcels, PriceHistory, Standing};
use super::view::View;
use crate::kernel::Digest;

/// Most prices kept of one heading, origin and currency: a quartile of so many moves little.
const MAX_PRICES: usize = 2_000;
/// Most merchants remembered for one address.
const MAX_MERCHANTS: usize = 16;
/// Bytes of a digest that are kept as a key: collisions of 128 bits do not happen.
pub(super) type Key = [u8; 16];

/// Everything remembered of a file.
#[derive(Debug, Default)]
pub struct Batch {
    by_id: HashMap<Key, Option<Digest>>,
    merchants: HashMap<Key, MerchantPattern>,
    parcels: HashMap<Key, Group>,
    addresses: HashMap<Key, Vec<Key>>,
    prices: HashMap<Key, Vec<Decimal>>,
}

#[derive(Debug, Clone)]
struct Group {
    count: u32,
    currency: String,
    worth: Option<Decimal>,
}

pub(super) fn key(parts: &[&str]) -> Key {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    let mut key = [0; 16];
    key.copy_from_slice(&Digest::of(&bytes).0[..16]);
    key
}

/// Letters and digits of a text, lower case, so that a comma more does not make another buyer.
fn plain(text: Option<&str>) -> String {
    text.unwrap_or_default().to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// The buyer, where name and place are told well enough to be one person.
pub(super) fn address(shipment: &Shipment) -> Option<Key> {
    let consignee = shipment.consignee.as_ref()?;
    let (name, city) = (plain(consignee.name.as_deref()), plain(consignee.city.as_deref()));
    let postcode = plain(consignee.postcode.as_deref());
    if name.is_empty() || (postcode.is_empty() && consignee.street.is_none()) {
        return None;
    }
    let street = plain(consignee.street.as_deref());
    Some(key(&[&name, &city, &postcode, &street, consignee.country.as_deref().unwrap_or_default()]))
}

pub(super) fn order(shipment: &Shipment, on: Date) -> Option<Key> {
    let merchant = shipment.merchant_id.as_deref()?;
    let buyer = address(shipment)?;
    let day = shipment.date.unwrap_or(on).to_string();
    Some(key(&[merchant, &hex::encode(buyer), &day]))
}

pub(super) fn price_key(shipment: &Shipment, item: &Item) -> Option<Key> {
    let currency = shipment.currency.as_ref()?;
    let origin = item.origin.as_deref().or(shipment.origin.as_deref())?;
    Some(key(&[View::code(item)?, origin, currency.as_str()]))
}

impl Batch {
    /// Remembers a shipment. The first of several with one id counts.
    pub fn add(&mut self, shipment: &Shipment, facts: &Facts, on: Date) {
        let id = key(&[&shipment.id]);
        if self.by_id.contains_key(&id) {
            return;
        }
        self.by_id.insert(id, shipment.digest);
        let standing = Standing::declaration_only();
        let view = View::new(shipment, &standing, facts, on);
        self.add_pattern(shipment);
        self.add_parcel(&view);
        self.add_prices(shipment);
        if let (Some(address), Some(merchant)) = (address(shipment), shipment.merchant_id.as_deref()) {
            let merchants = self.addresses.entry(address).or_default();
            let merchant = key(&[merchant]);
            if merchants.len() < MAX_MERCHANTS && !merchants.contains(&merchant) {
                merchants.push(merchant);
            }
        }
    }

    fn add_pattern(&mut self, shipment: &Shipment) {
        let Some(merchant) = shipment.merchant_id.as_deref() else { return };
        let pairs: Vec<(Decimal, Decimal)> =
            shipment.items.iter().filter_map(|item| Some((item.declared_value?, item.paid_value?))).collect();
        if pairs.is_empty() {
            return;
        }
        let pattern = self.merchants.entry(key(&[merchant])).or_default();
        pattern.shipments += 1;
        pattern.below_paid += u32::from(pairs.iter().any(|(declared, paid)| declared < paid));
    }

    fn add_parcel(&mut self, view: &View<'_>) {
        let (Some(order), Some(currency)) = (order(view.shipment, view.on), view.currency()) else { return };
        match self.parcels.get_mut(&order) {
            None => {
                let group = Group { count: 1, currency: currency.to_owned(), worth: view.worth };
                self.parcels.insert(order, group);
            }
            Some(group) => {
                group.count += 1;
                let both = group.worth.zip(view.worth).filter(|_| group.currency == currency);
                group.worth = both.and_then(|(sum, worth)| sum.checked_add(worth));
            }
        }
    }

    fn add_prices(&mut self, shipment: &Shipment) {
        for item in &shipment.items {
            let (Some(key), Some(price)) = (price_key(shipment, item), item.declared_value) else { continue };
            let prices = self.prices.entry(key).or_default();
            if prices.len() < MAX_PRICES && price > Decimal::ZERO {
                prices.push(price);
            }
        }
    }

    /// Ends the adding: sorts what quartiles are taken from.
    pub fn finish(&mut self) {
        for prices in self.prices.values_mut() {
            prices.sort_unstable();
        }
    }

    /// What the file says about one of its shipments.
    pub fn history(&self, shipment: &Shipment, on: Date) -> History {
        let merchant = shipment.merchant_id.as_deref().map(|merchant| key(&[merchant]));
        let pattern = merchant.and_then(|merchant| self.merchants.get(&merchant)).copied().unwrap_or_default();
        let group = order(shipment, on).and_then(|order| self.parcels.get(&order));
        let parcels = group.map(|group| Parcels { count: group.count, worth: group.worth }).unwrap_or_default();
        let reuse = address(shipment).and_then(|address| self.addresses.get(&address)).map_or(0, Vec::len);
        History {
            same_id: self.by_id.get(&key(&[&shipment.id])).copied().flatten(),
            merchant: pattern,
            parcels,
            prices: shipment.items.iter().map(|item| self.price_of(shipment, item)).collect(),
            address_merchants: reuse.saturating_sub(1) as u32,
            ..History::default()
        }
    }

    fn price_of(&self, shipment: &Shipment, item: &Item) -> Option<PriceHistory> {
        let prices = self.prices.get(&price_key(shipment, item)?)?;
        let typical = *prices.get(prices.len() / 4)?;
        Some(PriceHistory { lines: prices.len() as u32, typical })
    }
}
