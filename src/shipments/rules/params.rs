//! Parameters of checks: declared by the check, given by the rule, typed when the rule is read.

use rust_decimal::Decimal;

use super::Field;
use crate::rules::toml_reader::{File, Item, Section, kind_of, number_text, texts_of};
use crate::shipments::facts::Facts;

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// An exact decimal, as a text.
    Decimal,
    /// A whole number.
    Whole,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of field names.
    Fields,
    /// A row of `customs/schemes.csv`.
    Scheme,
    /// A group of `customs/goods_groups.csv`.
    Group,
    /// Lists of `customs/description_terms.csv`.
    TermLists,
}

/// A parameter that a check declares.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: ParamKind,
    /// Whether a rule must give it.
    pub needed: bool,
}

impl Param {
    /// A parameter that must be given.
    pub const fn needed(name: &'static str, kind: ParamKind) -> Self {
        Self { name, kind, needed: true }
    }

    /// A parameter that may be given.
    pub const fn optional(name: &'static str, kind: ParamKind) -> Self {
        Self { name, kind, needed: false }
    }
}

/// A value that a rule gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An exact decimal.
    Decimal(Decimal),
    /// A whole number.
    Whole(i64),
    /// A text, a scheme or a group.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// Fields.
    Fields(Vec<Field>),
}

/// The parameters of one rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Params(Vec<(&'static str, Value)>);

impl Params {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// A decimal.
    pub fn decimal(&self, name: &str) -> Option<Decimal> {
        match self.get(name)? {
            Value::Decimal(value) => Some(*value),
            _ => None,
        }
    }

    /// A whole number.
    pub fn whole(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Whole(value) => Some(*value),
            _ => None,
        }
    }

    /// A text; empty when it is not given.
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Text(value)) => value,
            _ => "",
        }
    }

    /// Texts; empty when they are not given.
    pub fn texts(&self, name: &str) -> &[String] {
        match self.get(name) {
            Some(Value::Texts(values)) => values,
            _ => &[],
        }
    }

    /// Fields; empty when they are not given.
    pub fn fields(&self, name: &str) -> &[Field] {
        match self.get(name) {
            Some(Value::Fields(fields)) => fields,
            _ => &[],
        }
    }

    /// Reads the table `with` of a rule.
    pub fn read(
        section: Option<Section<'_, '_>>,
        declared: &[Param],
        facts: &Facts,
        at: usize,
        file: &mut File<'_>,
    ) -> Self {
        let names: Vec<&str> = declared.iter().map(|param| param.name).collect();
        if let Some(section) = section {
            section.only(&names, "with", file);
        }
        let mut params = Self::default();
        for param in declared {
            match section.and_then(|section| section.get(param.name)) {
                Some(item) => {
                    if let Some(value) = read_value(item, param, facts, file) {
                        params.0.push((param.name, value));
                    }
                }
                None if param.needed => file.refuse(at, format!("the check needs with.{}", param.name)),
                None => {}
            }
        }
        params
    }
}

fn read_value(item: Item<'_, '_>, param: &Param, facts: &Facts, file: &mut File<'_>) -> Option<Value> {
    let at = item.span().start;
    let name = param.name;
    let text = |file: &mut File<'_>| {
        let text = item.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            file.refuse(at, format!("{name} is a text in quotes, not {}", kind_of(item)));
        }
        text
    };
    let known = |given: String, is_known: bool, table: &str, file: &mut File<'_>| {
        if !is_known {
            file.refuse(at, format!("{name} \"{given}\" is in no row of customs/{table}"));
        }
        is_known.then_some(given)
    };
    match param.kind {
        ParamKind::Decimal => {
            let given = item.get_ref().as_str().map(str::to_owned).or_else(|| number_text(item))?;
            let read = Decimal::from_str_exact(&given).ok();
            if read.is_none() {
                file.refuse(at, format!("{name} \"{given}\" is no decimal number; write \"0.70\""));
            }
            read.map(Value::Decimal)
        }
        ParamKind::Whole => {
            let read = number_text(item).and_then(|given| given.parse().ok());
            if read.is_none() {
                file.refuse(at, format!("{name} is a whole number, not {}", kind_of(item)));
            }
            read.map(Value::Whole)
        }
        ParamKind::Text => text(file).map(Value::Text),
        ParamKind::Scheme => {
            let given = text(file)?;
            let is_known = facts.knows_scheme(&given);
            known(given, is_known, "schemes.csv", file).map(Value::Text)
        }
        ParamKind::Group => {
            let given = text(file)?;
            let is_known = facts.knows_group(&given);
            known(given, is_known, "goods_groups.csv", file).map(Value::Text)
        }
        ParamKind::Texts => Some(Value::Texts(owned(item, name, file))),
        ParamKind::TermLists => {
            let lists = owned(item, name, file);
            for list in lists.iter().filter(|list| !facts.words.knows_list(list)) {
                file.refuse(at, format!("{name} \"{list}\" is no list of customs/description_terms.csv"));
            }
            Some(Value::Texts(lists))
        }
        ParamKind::Fields => {
            let mut fields = Vec::new();
            for (given, at) in texts_of(item, name, file) {
                match Field::named(given) {
                    Some(field) => fields.push(field),
                    None => file.refuse(at, format!("there is no field \"{given}\"; known are {}", Field::names())),
                }
            }
            Some(Value::Fields(fields))
        }
    }
}

fn owned(item: Item<'_, '_>, name: &str, file: &mut File<'_>) -> Vec<String> {
    texts_of(item, name, file).into_iter().map(|(text, _)| text.to_owned()).collect()
}
