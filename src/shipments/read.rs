//! From a line of JSON to a [`Shipment`]: only a line that is no object with an `id` is refused,
//! everything else that is wrong becomes part of the shipment and is answered by a rule.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::json::{Json, JsonError};
use super::model::{Channel, Consignee, Document, FieldProblem, Item, Kind, Shipment};
use crate::kernel::Digest;

/// Longest id.
const MAX_ID: usize = 200;
/// Longest text that is kept of any field; rules with limits of their own see that it was longer.
const MAX_TEXT: usize = 1_000;
/// Most items that are read. Customs take 999; the rest only shows that there are more.
pub const MAX_ITEMS: usize = 5_000;
/// Most documents that are read.
const MAX_DOCUMENTS: usize = 200;
/// Most unreadable fields that are kept.
const MAX_PROBLEMS: usize = 100;
/// Largest amount, mass or quantity: sums of this many stay exact.
const MAX_NUMBER: i64 = 1_000_000_000_000;
/// Most decimals of a number; masses have six in the EU data model (n..16,6).
const MAX_SCALE: u32 = 8;

/// Why a line is no shipment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadShipmentError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not an object.
    #[error("is {0}; a shipment is a JSON object with an id")]
    NoObject(&'static str),
    /// No usable id.
    #[error("has no id; give \"id\" as a text of 1 to {MAX_ID} characters")]
    NoId,
}

impl Shipment {
    /// Reads a shipment from one JSON text.
    pub fn parse(text: &str) -> Result<Self, ReadShipmentError> {
        Self::from_json(&Json::parse(text)?)
    }

    /// Reads a shipment from a JSON tree.
    pub fn from_json(json: &Json) -> Result<Self, ReadShipmentError> {
        let Json::Object(_) = json else { return Err(ReadShipmentError::NoObject(json.kind())) };
        let id = match json.get("id") {
            Some(Json::Text(id) | Json::Number(id)) => id.trim(),
            _ => return Err(ReadShipmentError::NoId),
        };
        if id.is_empty() || id.chars().count() > MAX_ID {
            return Err(ReadShipmentError::NoId);
        }
        let mut fields = Fields { json, item: None, prefix: "", problems: Vec::new() };
        let mut shipment = Shipment { id: id.to_owned(), ..Shipment::default() };
        match json.canonical() {
            Ok(canonical) => shipment.digest = Some(Digest::of(canonical.as_bytes())),
            Err(error) => fields.report("id", format!("the shipment {error}")),
        }
        read_head(&mut shipment, &mut fields);
        let mut problems = std::mem::take(&mut fields.problems);
        shipment.consignee = read_consignee(json, &mut problems);
        shipment.items = read_items(json, &mut problems);
        shipment.documents = read_documents(json, &mut problems);
        problems.truncate(MAX_PROBLEMS);
        shipment.problems = problems;
        Ok(shipment)
    }
}

fn read_head(shipment: &mut Shipment, fields: &mut Fields<'_>) {
    shipment.merchant_id = fields.text("merchant_id");
    shipment.origin = fields.upper("origin");
    shipment.destination = fields.upper("destination");
    shipment.kind = fields.word("kind", &Kind::NAMES);
    shipment.channel = fields.word("channel", &Channel::NAMES);
    shipment.ioss = fields.upper("ioss");
    shipment.gross_mass_kg = fields.number("gross_mass_kg");
    shipment.transport_cost = fields.number("transport_cost");
    shipment.currency_text = fields.upper("currency");
    shipment.currency = shipment.currency_text.as_deref().and_then(|text| text.parse().ok());
    shipment.date = fields.date("date");
}

fn read_consignee(json: &Json, problems: &mut Vec<FieldProblem>) -> Option<Consignee> {
    let inner = match json.get("consignee") {
        None | Some(Json::Null) => return None,
        Some(inner) => inner,
    };
    let mut fields = Fields { json: inner, item: None, prefix: "consignee.", problems: Vec::new() };
    if !matches!(inner, Json::Object(_)) {
        let problem = format!("consignee is an object with name, country, city and postcode, not {}", inner.kind());
        problems.push(FieldProblem { item: None, field: "consignee".to_owned(), problem });
        return None;
    }
    let consignee = Consignee {
        name: fields.text("name"),
        country: fields.upper("country"),
        city: fields.text("city"),
        postcode: fields.text("postcode"),
        street: fields.text("street"),
    };
    problems.append(&mut fields.problems);
    Some(consignee)
}

fn read_items(json: &Json, problems: &mut Vec<FieldProblem>) -> Vec<Item> {
    let values = list(json, "items", problems);
    let mut items = Vec::with_capacity(values.len().min(MAX_ITEMS));
    for (place, value) in values.iter().take(MAX_ITEMS).enumerate() {
        let mut fields = Fields { json: value, item: Some(place), prefix: "", problems: Vec::new() };
        if !matches!(value, Json::Object(_)) {
            fields.report("items", format!("an item is an object, not {}", value.kind()));
        }
        items.push(Item {
            listing_id: fields.text("listing_id"),
            sku: fields.text("sku"),
            description: fields.text("description"),
            material: fields.text("material"),
            hs6: fields.text("hs6"),
            origin: fields.upper("origin"),
            quantity: fields.number("quantity"),
            net_mass_kg: fields.number("net_mass_kg"),
            gross_mass_kg: fields.number("gross_mass_kg"),
            declared_value: fields.number("declared_value"),
            paid_value: fields.number("paid_value"),
            currency: fields.upper("currency"),
            merchant_pid: fields.text("merchant_pid"),
            manufacturer_pid: fields.text("manufacturer_pid"),
            gtin: fields.text("gtin"),
            batch: fields.text("batch"),
        });
        if problems.len() < MAX_PROBLEMS {
            problems.append(&mut fields.problems);
        }
    }
    items
}

fn read_documents(json: &Json, problems: &mut Vec<FieldProblem>) -> Vec<Document> {
    let mut documents = Vec::new();
    for value in list(json, "documents", problems).iter().take(MAX_DOCUMENTS) {
        let mut fields = Fields { json: value, item: None, prefix: "documents.", problems: Vec::new() };
        match fields.text("kind") {
            Some(kind) => documents.push(Document { kind, number: fields.text("number") }),
            None => fields.report("kind", "a document has no kind".to_owned()),
        }
        problems.append(&mut fields.problems);
    }
    documents
}

fn list<'j>(json: &'j Json, name: &str, problems: &mut Vec<FieldProblem>) -> &'j [Json] {
    match json.get(name) {
        None | Some(Json::Null) => &[],
        Some(Json::List(values)) => values,
        Some(other) => {
            let problem = format!("{name} is a list, not {}", other.kind());
            problems.push(FieldProblem { item: None, field: name.to_owned(), problem });
            &[]
        }
    }
}

/// Reads the fields of one object and notes what cannot be read.
struct Fields<'j> {
    json: &'j Json,
    item: Option<usize>,
    prefix: &'static str,
    problems: Vec<FieldProblem>,
}

impl Fields<'_> {
    fn report(&mut self, field: &str, problem: String) {
        self.problems.push(FieldProblem { item: self.item, field: format!("{}{field}", self.prefix), problem });
    }

    /// A text, trimmed; a number stands for its digits, because systems write codes as numbers.
    fn text(&mut self, name: &str) -> Option<String> {
        match self.json.get(name)? {
            Json::Null => None,
            Json::Text(text) | Json::Number(text) => {
                let text = text.trim();
                (!text.is_empty()).then(|| text.chars().take(MAX_TEXT).collect())
            }
            other => {
                let kind = other.kind();
                self.report(name, format!("{name} is a text, not {kind}"));
                None
            }
        }
    }

    fn upper(&mut self, name: &str) -> Option<String> {
        self.text(name).map(|text| text.to_uppercase())
    }

    fn number(&mut self, name: &str) -> Option<Decimal> {
        let written = match self.json.get(name)? {
            Json::Null => return None,
            Json::Number(text) => text.as_str(),
            Json::Text(text) => text.trim(),
            other => {
                let kind = other.kind();
                self.report(name, format!("{name} is a decimal number, not {kind}"));
                return None;
            }
        };
        if written.is_empty() {
            return None;
        }
        let plain = written.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
        let text = if plain { written } else { "" };
        let read = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok();
        let fits = read.filter(|number| number.abs() <= Decimal::from(MAX_NUMBER) && number.scale() <= MAX_SCALE);
        if fits.is_none() {
            let shown: String = written.chars().take(32).collect();
            let most = format!("at most {MAX_NUMBER} with {MAX_SCALE} decimals");
            self.report(name, format!("{name} \"{shown}\" is not a decimal number such as 12.50, {most}"));
        }
        fits
    }

    fn word<T: Copy>(&mut self, name: &str, known: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let lower = text.to_lowercase();
        let found = known.iter().find(|(word, _)| *word == lower).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let shown: String = text.chars().take(32).collect();
            self.report(name, format!("{name} \"{shown}\" is unknown; use one of {}", words.join(", ")));
        }
        found
    }

    fn date(&mut self, name: &str) -> Option<Date> {
        let text = self.text(name)?;
        let day: String = text.chars().take(10).collect();
        let date = day.parse().ok();
        if date.is_none() {
            let shown: String = text.chars().take(32).collect();
            self.report(name, format!("{name} \"{shown}\" is not a day such as 2026-11-22"));
        }
        date
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_without_object_or_id_is_refused() {
        for (line, part) in [
            ("[]", "a list"),
            ("{}", "no id"),
            (r#"{"id":""}"#, "no id"),
            (r#"{"id":null}"#, "no id"),
            ("nonsense", "no JSON"),
            (r#"{"id":"a""#, "no JSON"),
        ] {
            let error = Shipment::parse(line).unwrap_err().to_string();
            assert!(error.contains(part), "{line}: {error}");
        }
        let odd =
            Shipment::parse(r#"{"id":7,"items":"none","consignee":4,"kind":"gift","gross_mass_kg":"1,5"}"#).unwrap();
        assert_eq!(odd.id, "7");
        let fields: Vec<&str> = odd.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["kind", "gross_mass_kg", "consignee", "items"]);
    }

    #[test]
    fn amounts_are_read_exactly_from_numbers_and_texts() {
        let line = r#"{"id":"a","items":[{"declared_value":39.90,"paid_value":"39.90","quantity":2.0,"hs6":610910}]}"#;
        let item = &Shipment::parse(line).unwrap().items[0];
        assert_eq!(item.declared_value, item.paid_value);
        assert_eq!(item.declared_value.unwrap().to_string(), "39.90");
        assert_eq!(item.hs6.as_deref(), Some("610910"));
    }

    #[test]
    fn a_number_beyond_all_shipments_is_a_problem_and_not_a_panic() {
        for number in ["1e30", "79228162514264337593543950335", "0.0000000000001", "NaN", "1_000"] {
            let read = Shipment::parse(&format!(r#"{{"id":"a","gross_mass_kg":"{number}"}}"#)).unwrap();
            assert_eq!((read.gross_mass_kg, read.problems.len()), (None, 1), "{number}");
        }
    }

    #[test]
    fn a_member_that_stands_twice_is_a_problem_and_has_no_digest() {
        let read = Shipment::parse(r#"{"id":"a","items":[{"paid_value":"1","paid_value":"2"}]}"#).unwrap();
        assert!(read.digest.is_none());
        assert!(read.problems[0].problem.contains("twice"));
    }
}
