//! The rules of the transparency database, read from its own validators, and stricter ones of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A field's kind: how its value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Url,
    Puid,
    Word,
    Words,
    Date,
    Ean,
}

/// "`field` is or contains `has`".
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    field: String,
    has: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    name: String,
    kind: Kind,
    words: Option<String>,
    max_chars: Option<usize>,
    min: Option<Date>,
    max: Option<Date>,
    #[serde(default)]
    required: bool,
    required_when: Option<Condition>,
    only_when: Option<Condition>,
    not_when: Option<Condition>,
    /// The restriction whose end this date is.
    ends: Option<String>,
}

/// The rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    #[serde(rename = "source")]
    _source: Value,
    /// Most statements of one request.
    pub batch: usize,
    keywords_anywhere: BTreeSet<String>,
    fields: Vec<Field>,
    words: BTreeMap<String, BTreeSet<String>>,
    keywords_of: BTreeMap<String, BTreeSet<String>>,
}

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| serde_json::from_str(include_str!("schema.json")).expect("the shipped rules are read by a test"));

/// The four families of restrictions; a statement holds one at least.
const RESTRICTIONS: [&str; 4] = ["decision_visibility", "decision_monetary", "decision_provision", "decision_account"];
/// Free texts, in which no personal data may stand.
const FREE_TEXTS: [&str; 6] = [
    "decision_facts",
    "illegal_content_legal_ground",
    "illegal_content_explanation",
    "incompatible_content_ground",
    "incompatible_content_explanation",
    "source_identity",
];

/// One rule that a statement breaks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Fault {
    /// The field.
    pub field: String,
    /// What is wrong, in one sentence.
    pub says: String,
}

/// The rules that the program holds statements to.
pub fn schema() -> &'static Schema {
    &SCHEMA
}

impl Schema {
    /// The values that the list `name` holds, sorted; empty when there is no such list.
    pub fn words_of(&self, name: &str) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        self.words.get(name).unwrap_or(&NONE)
    }

    /// Every rule that `statement` breaks; empty when the database takes it and our stricter rules
    /// hold as well. Values that the database would drop without a word are faults here.
    pub fn faults(&self, statement: &Value) -> Vec<Fault> {
        let Some(object) = statement.as_object() else {
            return vec![fault("", "a statement is a JSON object")];
        };
        let mut found = Vec::new();
        for name in object.keys().filter(|name| !self.fields.iter().any(|field| &field.name == *name)) {
            found.push(fault(name, "there is no such field"));
        }
        for field in &self.fields {
            self.check_field(field, object, &mut found);
        }
        if RESTRICTIONS.iter().all(|name| is_absent(object.get(*name))) {
            found.push(fault(
                "decision_visibility",
                "one restriction at least is needed: visibility, monetary, provision or account",
            ));
        }
        self.check_together(object, &mut found);
        found
    }

    fn check_field(&self, field: &Field, object: &Map<String, Value>, found: &mut Vec<Fault>) {
        let holds =
            |condition: &Option<Condition>| condition.as_ref().is_some_and(|one| has(object, &one.field, &one.has));
        let value = object.get(&field.name);
        if value.is_some_and(Value::is_null) {
            found.push(fault(&field.name, "is null; leave the field out"));
            return;
        }
        if is_absent(value) {
            if field.required || holds(&field.required_when) {
                found.push(fault(&field.name, "is missing"));
            }
            return;
        }
        if field.only_when.is_some() && !holds(&field.only_when) || holds(&field.not_when) {
            found.push(fault(&field.name, "would be dropped, because what it goes with is not there"));
        }
        if let Some(restriction) = &field.ends
            && is_absent(object.get(restriction))
        {
            found.push(fault(&field.name, format!("ends a restriction that is not there ({restriction})")));
        }
        if let Some(value) = value
            && let Err(says) = self.check_value(field, value)
        {
            found.push(fault(&field.name, says));
        }
    }

    fn check_value(&self, field: &Field, value: &Value) -> Result<(), String> {
        let known = |word: &str| {
            field.words.as_ref().and_then(|list| self.words.get(list)).is_some_and(|list| list.contains(word))
        };
        match field.kind {
            Kind::Words => {
                let list = value.as_array().ok_or("is not a list")?;
                let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                if words.len() != list.len() {
                    return Err("holds something that is no text".to_owned());
                }
                if let Some(unknown) = words.iter().find(|word| !known(word)) {
                    return Err(format!("\"{}\" is not a value of this field", cut(unknown)));
                }
                if !words.windows(2).all(|pair| pair[0] < pair[1]) {
                    return Err("is not sorted without repetition".to_owned());
                }
                Ok(())
            }
            Kind::Ean => {
                let code = value.get("EAN-13").and_then(Value::as_str);
                let alone = value.as_object().is_some_and(|object| object.len() == 1);
                if alone && code.is_some_and(is_ean13) {
                    Ok(())
                } else {
                    Err("is not {\"EAN-13\": …} with 13 digits and a right check digit".to_owned())
                }
            }
            kind => {
                let text = value.as_str().ok_or("is not a text")?;
                self.check_text(field, kind, text, &known)
            }
        }
    }

    fn check_text(&self, field: &Field, kind: Kind, text: &str, known: &dyn Fn(&str) -> bool) -> Result<(), String> {
        // The database trims and reads blank as null.
        if text.trim() != text || text == "null" {
            return Err("is \"null\", or has space around it".to_owned());
        }
        let count = text.chars().count();
        if let Some(limit) = field.max_chars.filter(|limit| count > *limit) {
            return Err(format!("has {count} characters; at most {limit} are taken"));
        }
        match kind {
            Kind::Word if !known(text) => Err(format!("\"{}\" is not a value of this field", cut(text))),
            Kind::Puid if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) => {
                Err("holds other characters than letters, digits, - and _".to_owned())
            }
            Kind::Url if !is_web_address(text) => Err("is not a web address".to_owned()),
            Kind::Date => {
                let day = (text.len() == 10)
                    .then(|| text.parse::<Date>().ok())
                    .flatten()
                    .ok_or("is not a date such as 2026-11-22")?;
                let inside = field.min.is_none_or(|min| min <= day) && field.max.is_none_or(|max| day <= max);
                if inside { Ok(()) } else { Err(format!("{day} lies outside what the database takes")) }
            }
            _ => Ok(()),
        }
    }

    /// Rules over several fields.
    fn check_together(&self, object: &Map<String, Value>, found: &mut Vec<Fault>) {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let day = |name: &str| text(name).and_then(|text| text.parse::<Date>().ok());
        let applied = day("application_date");
        if let (Some(content), Some(applied)) = (day("content_date"), applied)
            && content > applied
        {
            found.push(fault("content_date", "comes after the restriction"));
        }
        for field in self.fields.iter().filter(|field| field.ends.is_some()) {
            if let (Some(end), Some(applied)) = (day(&field.name), applied)
                && end < applied
            {
                found.push(fault(&field.name, "comes before the restriction"));
            }
        }
        if text("decision_account").is_some() && text("account_type").is_none() {
            found.push(fault("account_type", "is missing; a restriction of an account says of which kind it is"));
        }
        let category = text("category").unwrap_or_default();
        if has(object, "category_addition", category) {
            found.push(fault("category_addition", "repeats the category"));
        }
        self.check_keywords(object, category, found);
        for name in FREE_TEXTS {
            if let Some(what) = text(name).and_then(personal_data) {
                found.push(fault(name, format!("seems to hold {what}; statements hold no personal data")));
            }
        }
    }

    fn check_keywords(&self, object: &Map<String, Value>, category: &str, found: &mut Vec<Fault>) {
        let list =
            |name: &str| object.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let categories: Vec<&str> = std::iter::once(category).chain(list("category_addition")).collect();
        for keyword in list("category_specification") {
            let belongs =
                categories.iter().any(|one| self.keywords_of.get(*one).is_some_and(|own| own.contains(keyword)));
            if !belongs && !self.keywords_anywhere.contains(keyword) {
                found.push(fault(
                    "category_specification",
                    format!("{} belongs to none of the categories", cut(keyword)),
                ));
            }
        }
    }
}

fn fault(field: &str, says: impl Into<String>) -> Fault {
    Fault { field: field.to_owned(), says: says.into() }
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

fn is_absent(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(_) => false,
    }
}

fn has(object: &Map<String, Value>, field: &str, word: &str) -> bool {
    match object.get(field) {
        Some(Value::String(text)) => text == word,
        Some(Value::Array(list)) => list.iter().any(|one| one.as_str() == Some(word)),
        _ => false,
    }
}

fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    host.contains('.') && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

/// Whether `text` is 13 digits whose last is the check digit (GS1 General Specifications, 7.9.1).
pub fn is_ean13(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(10)).collect();
    if digits.len() != 13 || text.len() != 13 {
        return false;
    }
    let sum: u32 =
        digits.iter().enumerate().map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 3 }).sum();
    sum.is_multiple_of(10)
}

/// What in `text` looks like data of a person: a mail address, or nine and more digits in a
/// row as telephone numbers are written (EAN codes have a field of their own).
fn personal_data(text: &str) -> Option<&'static str> {
    let is_mail = |word: &str| {
        word.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && host.trim_matches('.').contains('.'))
    };
    if text.split(|letter: char| letter.is_whitespace() || ",;<>()[]\"".contains(letter)).any(is_mail) {
        return Some("a mail address");
    }
    let mut run = 0;
    let mut plus = false;
    for letter in text.chars() {
        match letter {
            '+' => (run, plus) = (0, true),
            digit if digit.is_ascii_digit() => {
                run += 1;
                if plus && run >= 9 {
                    return Some("a telephone number");
                }
            }
            ' ' | '-' | '(' | ')' | '/' | '.' if run > 0 || plus => {}
            _ => (run, plus) = (0, false),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) fn good() -> Value {
        json!({
            "puid": "assay-sor_01h455vb4pex5vsknk084sn02q",
            "decision_visibility": ["DECISION_VISIBILITY_CONTENT_DISABLED"],
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            "illegal_content_legal_ground": "Regulation (EU) 2017/1001, art. 9",
            "illegal_content_explanation": "The goods bear a registered mark without the owner's consent.",
            "category": "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
            "category_specification": ["KEYWORD_TRADEMARK_INFRINGEMENT"],
            "content_type": ["CONTENT_TYPE_PRODUCT"],
            "content_date": "2026-10-01",
            "application_date": "2026-11-22",
            "territorial_scope": ["DE", "FR"],
            "decision_facts": "A rights holder named the listing; its pictures show the mark on goods it did not make.",
            "source_type": "SOURCE_ARTICLE_16",
            "automated_detection": "No",
            "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED"
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut statement = good();
        statement[name] = value;
        statement
    }

    fn without(name: &str) -> Value {
        let mut statement = good();
        statement.as_object_mut().unwrap().remove(name);
        statement
    }

    fn fields(statement: &Value) -> Vec<String> {
        let mut names: Vec<String> = schema().faults(statement).into_iter().map(|fault| fault.field).collect();
        names.dedup();
        names
    }

    #[test]
    fn a_right_statement_breaks_no_rule() {
        assert_eq!(schema().faults(&good()), []);
    }

    #[test]
    fn every_required_field_is_missed() {
        let always: Vec<String> =
            schema().fields.iter().filter(|field| field.required).map(|field| field.name.clone()).collect();
        assert_eq!(always.len(), 11, "ten of the validators and the territory of the documentation");
        for name in always {
            let said = schema().faults(&without(&name));
            assert!(said.contains(&fault(&name, "is missing")), "{name}: {said:?}");
        }
        for name in ["illegal_content_legal_ground", "illegal_content_explanation"] {
            assert_eq!(fields(&without(name)), [name]);
        }
        assert_eq!(fields(&without("decision_visibility")), ["decision_visibility"]);
    }

    #[test]
    fn every_length_is_counted_in_characters() {
        for field in schema().fields.iter().filter(|field| field.max_chars.is_some()) {
            let limit = field.max_chars.unwrap();
            let letter = if field.kind == Kind::Text { "é" } else { "x" };
            let long = with(&field.name, json!(letter.repeat(limit + 1)));
            let said = schema().faults(&long);
            let about = format!("has {} characters; at most {limit} are taken", limit + 1);
            assert!(
                said.iter().any(|fault| fault.field == field.name && fault.says == about),
                "{}: {said:?}",
                field.name
            );
            let full = with(&field.name, json!(letter.repeat(limit)));
            assert!(
                !schema().faults(&full).iter().any(|fault| fault.says.contains("characters; at most")),
                "{}",
                field.name
            );
        }
    }

    #[test]
    fn every_list_of_words_is_closed_sorted_and_without_repetition() {
        for field in &schema().fields {
            let value = match field.kind {
                Kind::Word => json!("NOT_A_WORD"),
                Kind::Words => json!(["NOT_A_WORD"]),
                _ => continue,
            };
            assert!(fields(&with(&field.name, value)).contains(&field.name), "{}", field.name);
        }
        assert_eq!(fields(&with("territorial_scope", json!(["FR", "DE"]))), ["territorial_scope"]);
        assert_eq!(fields(&with("territorial_scope", json!(["DE", "DE"]))), ["territorial_scope"]);
        assert_eq!(fields(&with("content_type", json!("CONTENT_TYPE_PRODUCT"))), ["content_type"]);
        assert_eq!(fields(&with("content_type", json!([7]))), ["content_type"]);
    }

    #[test]
    fn other_values_ask_for_their_words_and_words_without_them_are_refused() {
        let other = with("decision_visibility", json!(["DECISION_VISIBILITY_OTHER"]));
        assert_eq!(fields(&other), ["decision_visibility_other"]);
        assert_eq!(
            fields(&with("decision_visibility_other", json!("hidden from search"))),
            ["decision_visibility_other"]
        );
        let typed = with("content_type", json!(["CONTENT_TYPE_OTHER"]));
        assert_eq!(fields(&typed), ["content_type_other"]);
        let ground = with("decision_ground", json!("DECISION_GROUND_INCOMPATIBLE_CONTENT"));
        assert_eq!(
            fields(&ground),
            [
                "illegal_content_legal_ground",
                "illegal_content_explanation",
                "incompatible_content_ground",
                "incompatible_content_explanation"
            ]
        );
        assert_eq!(fields(&with("incompatible_content_illegal", json!("Yes"))), ["incompatible_content_illegal"]);
        let mut own = with("source_type", json!("SOURCE_VOLUNTARY"));
        assert_eq!(fields(&own), Vec::<String>::new());
        own["source_identity"] = json!("Northpeak GmbH");
        assert_eq!(fields(&own), ["source_identity"]);
    }

    #[test]
    fn dates_have_one_form_bounds_and_an_order() {
        for bad in ["2026-1-5", "22.11.2026", "2026-02-30", "2026-11-22T00:00:00Z", "1999-12-31", "2038-01-02"] {
            assert!(fields(&with("content_date", json!(bad))).contains(&"content_date".to_owned()), "{bad}");
        }
        assert_eq!(fields(&with("content_date", json!("2026-11-23"))), ["content_date"], "after the restriction");
        assert_eq!(
            fields(&with("end_date_visibility_restriction", json!("2026-11-21"))),
            ["end_date_visibility_restriction"]
        );
        assert_eq!(fields(&with("end_date_visibility_restriction", json!("2026-11-22"))), Vec::<String>::new());
        assert_eq!(
            fields(&with("end_date_account_restriction", json!("2027-01-01"))),
            ["end_date_account_restriction"]
        );
        assert_eq!(fields(&with("application_date", json!("2019-12-31"))).first().unwrap(), "application_date");
    }

    #[test]
    fn nothing_is_sent_that_would_be_null_or_dropped_or_unknown() {
        assert_eq!(fields(&with("content_language", Value::Null)), ["content_language"]);
        assert_eq!(fields(&with("decision_facts", json!(" padded "))), ["decision_facts"]);
        assert_eq!(fields(&with("source_identity", json!("null"))), ["source_identity"]);
        assert_eq!(fields(&with("content_language_other", json!("tlh"))), ["content_language_other"]);
        assert_eq!(fields(&with("puid", json!("a b"))), ["puid"]);
        assert_eq!(
            fields(&with("decision_ground_reference_url", json!("ftp://x.y"))),
            ["decision_ground_reference_url"]
        );
    }

    #[test]
    fn keywords_belong_to_a_category_and_the_category_is_not_repeated() {
        assert_eq!(
            fields(&with("category_specification", json!(["KEYWORD_UNSAFE_PRODUCTS"]))),
            ["category_specification"]
        );
        let mut both =
            with("category_specification", json!(["KEYWORD_TRADEMARK_INFRINGEMENT", "KEYWORD_UNSAFE_PRODUCTS"]));
        both["category_addition"] = json!(["STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS"]);
        assert_eq!(fields(&both), Vec::<String>::new());
        let repeated = with("category_addition", json!(["STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"]));
        assert_eq!(fields(&repeated), ["category_addition"]);
    }

    #[test]
    fn product_codes_have_their_check_digit() {
        assert_eq!(fields(&with("content_id", json!({"EAN-13": "4006381333931"}))), Vec::<String>::new());
        for bad in [
            json!({"EAN-13": "4006381333932"}),
            json!({"EAN-13": "1234567890123"}),
            json!({"EAN-8": "96385074"}),
            json!("4006381333931"),
        ] {
            assert_eq!(fields(&with("content_id", bad.clone())), ["content_id"], "{bad}");
        }
    }

    #[test]
    fn mail_addresses_and_telephone_numbers_are_found_in_free_texts_and_other_numbers_are_not() {
        for personal in ["write to a.b@example.com.", "call +49 (30) 1234-5678 now"] {
            assert_eq!(fields(&with("decision_facts", json!(personal))), ["decision_facts"], "{personal}");
        }
        for plain in ["registration 018234567", "50 % below 129.90 EUR", "seen @ the fair", "size 41+, 12 pieces"] {
            assert_eq!(fields(&with("decision_facts", json!(plain))), Vec::<String>::new(), "{plain}");
        }
    }

    #[test]
    fn a_restriction_of_an_account_says_which_kind() {
        let mut account = with("decision_account", json!("DECISION_ACCOUNT_SUSPENDED"));
        assert_eq!(fields(&account), ["account_type"]);
        account["account_type"] = json!("ACCOUNT_TYPE_BUSINESS");
        assert_eq!(fields(&account), Vec::<String>::new());
        assert_eq!(fields(&json!([])), [""]);
    }
}
