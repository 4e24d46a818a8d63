//! Reading a listing that somebody sent: every field checked, every fault named.
//!
//! The same reader serves the API, the batch command and the demo. It answers with
//! all faults at once, each with a JSON pointer (RFC 6901) to the member at fault.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::model::Listing;
use crate::kernel::{Market, Money};

/// Longest title, in characters. The largest marketplaces allow 255 or fewer; four times
/// that leaves room for feeds that put attributes into the title.
pub const MAX_TITLE: usize = 1_000;
/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 50_000;
/// Most pictures of one listing.
pub const MAX_IMAGES: usize = 50;
/// Longest id, category, brand and attribute name, in characters.
const MAX_NAME: usize = 300;
/// Longest attribute value, in characters.
const MAX_ATTRIBUTE: usize = 4_000;
/// Most attributes.
const MAX_ATTRIBUTES: usize = 200;
/// Most destinations; ISO 3166-1 has 249 countries.
const MAX_DESTINATIONS: usize = 260;

/// A listing as it is written in JSON. Unknown members are ignored.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ListingSubmission)]
pub struct RawListing {
    /// The platform's own id of the listing, 1 to 300 characters.
    #[schema(example = "SKU-88120")]
    pub id: String,
    /// Title, 1 to 1,000 characters.
    #[schema(example = "Mens running shoes, mesh, size 43")]
    pub title: String,
    /// Description, up to 50,000 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// Category path or words.
    #[serde(default)]
    #[schema(example = "Footwear > Running")]
    pub category: Option<String>,
    /// Asking price: a decimal as a string ("32.14") or a JSON number; read exactly.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "32.14")]
    pub price: Option<Box<RawValue>>,
    /// ISO 4217 code of the price.
    #[serde(default)]
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    /// The platform's id of the merchant.
    #[serde(default, alias = "seller_id")]
    #[schema(example = "m-4711")]
    pub merchant_id: Option<String>,
    /// Brand attribute as the merchant wrote it.
    #[serde(default)]
    pub brand: Option<String>,
    /// BCP 47 language tag.
    #[serde(default)]
    #[schema(example = "en")]
    pub lang: Option<String>,
    /// Up to 50 pictures.
    #[serde(default)]
    pub images: Option<Vec<RawImage>>,
    /// Destinations: ISO 3166-1 alpha-2 codes, or EU.
    #[serde(default)]
    #[schema(example = json!(["DE", "FR"]))]
    pub ships_to: Option<Vec<String>>,
    /// Other attributes by name.
    #[serde(default)]
    pub attributes: Option<BTreeMap<String, String>>,
}

/// A picture as it is written in JSON: a name alone, or where to get it.
#[derive(Debug, Clone, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = ImageSubmission)]
pub enum RawImage {
    /// `sha256:…` of an uploaded picture; a path or digest in batch files.
    Name(String),
    /// The picture itself, as base64.
    Base64 {
        /// The bytes in base64 (RFC 4648, with padding).
        base64: String,
        /// What to call it in the verdict.
        #[serde(default)]
        name: Option<String>,
    },
    /// Where to fetch it.
    Url {
        /// An https address.
        url: String,
    },
}

/// One fault of a submission.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Fault {
    /// JSON pointer (RFC 6901) to the member at fault.
    #[schema(example = "/price")]
    pub pointer: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

/// A checked listing whose pictures are still to be had.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The listing, without pictures.
    pub listing: Listing,
    /// Its pictures, in order.
    pub images: Vec<RawImage>,
}

/// Collects faults while the fields are read.
#[derive(Default)]
struct Checker {
    faults: Vec<Fault>,
}

impl Checker {
    fn fault(&mut self, pointer: &str, detail: impl Into<String>) {
        self.faults.push(Fault { pointer: pointer.to_owned(), detail: detail.into() });
    }

    /// Text with its length bounded and without control characters that no name holds.
    fn name(&mut self, pointer: &str, text: Option<String>) -> Option<String> {
        let text = text?;
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return None;
        }
        if trimmed.chars().nth(MAX_NAME).is_some() {
            self.fault(pointer, format!("is longer than {MAX_NAME} characters; shorten it"));
            return None;
        }
        if trimmed.chars().any(char::is_control) {
            self.fault(pointer, "holds control characters; send plain text");
            return None;
        }
        Some(trimmed.to_owned())
    }

    fn text(&mut self, pointer: &str, text: String, longest: usize) -> String {
        let length = text.chars().count();
        if length > longest {
            self.fault(pointer, format!("has {length} characters; at most {longest} are read, shorten it"));
            return String::new();
        }
        text
    }
}

/// Whether JSON text is an object. Serde would read an array as one, member by place.
pub fn is_object(text: &[u8]) -> bool {
    text.trim_ascii_start().first() == Some(&b'{')
}

impl RawListing {
    /// Checks every field.
    ///
    /// Fails with all faults found, in the order of the fields.
    pub fn check(self) -> Result<Draft, Vec<Fault>> {
        let mut checker = Checker::default();
        let external_id = checker.name("/id", Some(self.id)).unwrap_or_default();
        if external_id.is_empty() && checker.faults.is_empty() {
            checker.fault("/id", "is empty; give the platform's own id of the listing");
        }
        let title = checker.text("/title", self.title, MAX_TITLE);
        if title.trim().is_empty() && !checker.faults.iter().any(|fault| fault.pointer == "/title") {
            checker.fault("/title", "is empty; a listing needs a title");
        }
        let description = checker.text("/description", self.description.unwrap_or_default(), MAX_DESCRIPTION);
        let listing = Listing {
            external_id,
            title,
            description,
            category: checker.name("/category", self.category),
            price: check_price(&mut checker, self.price.as_deref(), self.currency.as_deref()),
            merchant: checker.name("/merchant_id", self.merchant_id),
            brand: checker.name("/brand", self.brand),
            lang: checker.name("/lang", self.lang).filter(|lang| lang != "und"),
            images: Vec::new(),
            ships_to: check_destinations(&mut checker, self.ships_to.unwrap_or_default()),
            attributes: check_attributes(&mut checker, self.attributes.unwrap_or_default()),
        };
        let images = self.images.unwrap_or_default();
        if images.len() > MAX_IMAGES {
            checker.fault("/images", format!("has {} pictures; at most {MAX_IMAGES} are read", images.len()));
        }
        if checker.faults.is_empty() { Ok(Draft { listing, images }) } else { Err(checker.faults) }
    }
}

/// A price needs its currency; a currency alone says nothing and is let pass.
fn check_price(checker: &mut Checker, price: Option<&RawValue>, currency: Option<&str>) -> Option<Money> {
    let written = price.map(RawValue::get).filter(|text| *text != "null");
    let Some(written) = written else {
        let currency = currency.filter(|code| !code.is_empty()).map(str::parse::<crate::kernel::money::Currency>);
        if let Some(Err(problem)) = currency {
            checker.fault("/currency", problem.to_string());
        }
        return None;
    };
    let amount = match serde_json::from_str::<String>(written) {
        Ok(text) => text,
        Err(_) => written.to_owned(),
    };
    let Some(currency) = currency.filter(|code| !code.is_empty()) else {
        checker.fault("/currency", "is missing; a price needs its ISO 4217 currency code, such as EUR");
        return None;
    };
    match Money::parse(amount.trim(), currency) {
        Ok(money) => Some(money),
        Err(problem @ crate::kernel::money::MoneyError::Currency(_)) => {
            checker.fault("/currency", problem.to_string());
            None
        }
        Err(problem) => {
            checker.fault("/price", problem.to_string());
            None
        }
    }
}

fn check_destinations(checker: &mut Checker, given: Vec<String>) -> Vec<Market> {
    if given.len() > MAX_DESTINATIONS {
        checker.fault("/ships_to", format!("has {} entries; there are fewer countries", given.len()));
        return Vec::new();
    }
    let mut markets = Vec::with_capacity(given.len());
    for (place, text) in given.iter().enumerate() {
        match text.parse::<Market>() {
            Ok(market) => markets.push(market),
            Err(problem) => checker.fault(&format!("/ships_to/{place}"), problem.to_string()),
        }
    }
    markets.sort();
    markets.dedup();
    markets
}

fn check_attributes(checker: &mut Checker, given: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if given.len() > MAX_ATTRIBUTES {
        checker.fault("/attributes", format!("has {} members; at most {MAX_ATTRIBUTES} are read", given.len()));
        return BTreeMap::new();
    }
    for (name, value) in &given {
        if name.chars().nth(MAX_NAME).is_some() || value.chars().nth(MAX_ATTRIBUTE).is_some() {
            let escaped = name.chars().take(60).collect::<String>().replace('~', "~0").replace('/', "~1");
            let detail = format!("is too long; names have at most {MAX_NAME} characters, values {MAX_ATTRIBUTE}");
            checker.fault(&format!("/attributes/{escaped}"), detail);
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: serde_json::Value) -> Vec<(String, String)> {
        let raw: RawListing = serde_json::from_str(&json.to_string()).unwrap();
        let faults = raw.check().map(|_| Vec::new()).unwrap_or_else(|faults| faults);
        faults.into_iter().map(|fault| (fault.pointer, fault.detail)).collect()
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let found = faults(serde_json::json!({
            "id": "a", "title": " ", "price": "-3", "currency": "EUR", "ships_to": ["DE", "Germany"],
            "images": vec!["x"; 500],
        }));
        let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/title", "/price", "/ships_to/1", "/images"]);
    }

    #[test]
    fn a_ten_thousand_character_title_is_refused_with_its_length() {
        let found = faults(serde_json::json!({"id": "a", "title": "x".repeat(10_000)}));
        assert_eq!(found.len(), 1);
        assert!(found[0].1.contains("10000"), "{}", found[0].1);
    }

    #[test]
    fn a_price_is_read_exactly_from_a_number_and_from_a_string() {
        for price in ["19.990", "\"19.990\""] {
            let text = format!(r#"{{"id":"a","title":"t","price":{price},"currency":"EUR"}}"#);
            let draft = serde_json::from_str::<RawListing>(&text).unwrap().check().unwrap();
            assert_eq!(draft.listing.price.unwrap().to_string(), "19.990 EUR");
        }
    }

    #[test]
    fn unknown_currencies_are_refused_with_or_without_a_price() {
        assert_eq!(
            faults(serde_json::json!({"id": "a", "title": "t", "price": 1, "currency": "ZZZ"}))[0].0,
            "/currency"
        );
        assert_eq!(faults(serde_json::json!({"id": "a", "title": "t", "currency": "ZZZ"}))[0].0, "/currency");
        assert_eq!(faults(serde_json::json!({"id": "a", "title": "t", "price": 1}))[0].0, "/currency");
    }

    #[test]
    fn the_platforms_ids_hold_no_control_characters() {
        assert_eq!(faults(serde_json::json!({"id": "a\u{0}b", "title": "t"}))[0].0, "/id");
        assert_eq!(faults(serde_json::json!({"id": "  ", "title": "t"}))[0].0, "/id");
    }
}
