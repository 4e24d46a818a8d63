//! Fields of a declaration by the names of the JSON format, for rules that speak of any field.

use rust_decimal::Decimal;

use crate::shipments::model::Channel;
use crate::shipments::model::{Consignee, Item, Kind, Shipment};

/// How a field is read.
#[derive(Clone, Copy)]
enum Read {
    Text(fn(&Shipment) -> Option<&str>),
    Number(fn(&Shipment) -> Option<Decimal>),
    ItemText(fn(&Item) -> Option<&str>),
    ItemNumber(fn(&Item) -> Option<Decimal>),
}

/// A field of a declaration.
#[derive(Clone, Copy)]
pub struct Field {
    /// Its name in JSON; fields of items start with `items.`.
    pub name: &'static str,
    read: Read,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name)
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

fn consignee(shipment: &Shipment, part: fn(&Consignee) -> &Option<String>) -> Option<&str> {
    part(shipment.consignee.as_ref()?).as_deref()
}

fn word<T: PartialEq>(value: Option<T>, names: &[(&'static str, T)]) -> Option<&'static str> {
    let value = value?;
    names.iter().find(|(_, known)| *known == value).map(|(name, _)| *name)
}

const ALL: &[Field] = &[
    Field { name: "merchant_id", read: Read::Text(|s| s.merchant_id.as_deref()) },
    Field { name: "origin", read: Read::Text(|s| s.origin.as_deref()) },
    Field { name: "destination", read: Read::Text(|s| s.destination.as_deref()) },
    Field { name: "kind", read: Read::Text(|s| word(s.kind, &Kind::NAMES)) },
    Field { name: "channel", read: Read::Text(|s| word(s.channel, &Channel::NAMES)) },
    Field { name: "ioss", read: Read::Text(|s| s.ioss.as_deref()) },
    Field { name: "currency", read: Read::Text(|s| s.currency_text.as_deref()) },
    Field { name: "gross_mass_kg", read: Read::Number(|s| s.gross_mass_kg) },
    Field { name: "transport_cost", read: Read::Number(|s| s.transport_cost) },
    Field { name: "consignee.name", read: Read::Text(|s| consignee(s, |c| &c.name)) },
    Field { name: "consignee.country", read: Read::Text(|s| consignee(s, |c| &c.country)) },
    Field { name: "consignee.city", read: Read::Text(|s| consignee(s, |c| &c.city)) },
    Field { name: "consignee.postcode", read: Read::Text(|s| consignee(s, |c| &c.postcode)) },
    Field { name: "items.listing_id", read: Read::ItemText(|i| i.listing_id.as_deref()) },
    Field { name: "items.sku", read: Read::ItemText(|i| i.sku.as_deref()) },
    Field { name: "items.description", read: Read::ItemText(|i| i.description.as_deref()) },
    Field { name: "items.material", read: Read::ItemText(|i| i.material.as_deref()) },
    Field { name: "items.hs6", read: Read::ItemText(|i| i.hs6.as_deref()) },
    Field { name: "items.origin", read: Read::ItemText(|i| i.origin.as_deref()) },
    Field { name: "items.currency", read: Read::ItemText(|i| i.currency.as_deref()) },
    Field { name: "items.merchant_pid", read: Read::ItemText(|i| i.merchant_pid.as_deref()) },
    Field { name: "items.manufacturer_pid", read: Read::ItemText(|i| i.manufacturer_pid.as_deref()) },
    Field { name: "items.gtin", read: Read::ItemText(|i| i.gtin.as_deref()) },
    Field { name: "items.quantity", read: Read::ItemNumber(|i| i.quantity) },
    Field { name: "items.net_mass_kg", read: Read::ItemNumber(|i| i.net_mass_kg) },
    Field { name: "items.gross_mass_kg", read: Read::ItemNumber(|i| i.gross_mass_kg) },
    Field { name: "items.declared_value", read: Read::ItemNumber(|i| i.declared_value) },
    Field { name: "items.paid_value", read: Read::ItemNumber(|i| i.paid_value) },
];

impl Field {
    /// The field of that name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|field| field.name == name).copied()
    }

    /// All names, for messages.
    pub fn names() -> String {
        let names: Vec<&str> = ALL.iter().map(|field| field.name).collect();
        names.join(", ")
    }

    /// Whether every item has it.
    pub fn is_of_items(self) -> bool {
        matches!(self.read, Read::ItemText(_) | Read::ItemNumber(_))
    }

    /// The name as the problem list writes it, without `items.`.
    pub fn short(self) -> &'static str {
        self.name.strip_prefix("items.").unwrap_or(self.name)
    }

    /// Its texts: one for the shipment, or one an item.
    pub fn texts(self, shipment: &Shipment) -> Vec<(Option<usize>, Option<String>)> {
        let each = |read: &dyn Fn(&Item) -> Option<String>| {
            shipment.items.iter().enumerate().map(|(place, item)| (Some(place), read(item))).collect()
        };
        match self.read {
            Read::Text(read) => vec![(None, read(shipment).map(str::to_owned))],
            Read::Number(read) => vec![(None, read(shipment).map(|number| number.to_string()))],
            Read::ItemText(read) => each(&|item| read(item).map(str::to_owned)),
            Read::ItemNumber(read) => each(&|item| read(item).map(|number| number.to_string())),
        }
    }

    /// Its numbers that are there.
    pub fn numbers(self, shipment: &Shipment) -> Vec<(Option<usize>, Decimal)> {
        match self.read {
            Read::Number(read) => read(shipment).map(|number| (None, number)).into_iter().collect(),
            Read::ItemNumber(read) => {
                let items = shipment.items.iter().enumerate();
                items.filter_map(|(place, item)| Some((Some(place), read(item)?))).collect()
            }
            Read::Text(_) | Read::ItemText(_) => Vec::new(),
        }
    }
}
