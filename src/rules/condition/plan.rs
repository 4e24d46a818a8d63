//! A compiled condition: a typed tree that is evaluated without allocation on the common paths.
//!
//! Three-valued like CEL itself: `false && unknown` is false, `true || unknown` is true,
//! everything else that meets a missing fact is unknown, and the answer names what was missing.

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

use regex::Regex;

use super::vocabulary::{Fact, HitField};
use crate::kernel::Market;
use crate::matching::image::ImageHit;
use crate::matching::text::{ClaimHit, MarkHit};
use crate::rules::scene::{HitRef, Scene};
use crate::rules::words::Phrase;

/// Most plan nodes one evaluation may visit. A listing-sized condition visits tens; nested
/// macros over hundreds of hits reach this after about a millisecond and become unknown.
const STEP_BUDGET: u32 = 100_000;

/// Most facts one condition may read: they share a 64-bit mask with the two marks below.
pub const MAX_FACTS: usize = 60;
const OVERFLOW: u64 = 1 << 62;
const TOO_COSTLY: u64 = 1 << 63;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order == Ordering::Equal,
            Comparison::NotEqual => order != Ordering::Equal,
            Comparison::Less => order == Ordering::Less,
            Comparison::LessOrEqual => order != Ordering::Greater,
            Comparison::Greater => order == Ordering::Greater,
            Comparison::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

/// An arithmetic operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// A test of one text by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    /// `contains`
    Contains,
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
}

/// What a macro asks of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// `exists`
    Some,
    /// `all`
    Every,
    /// `exists_one`
    ExactlyOne,
}

/// A node of a compiled condition. Types were checked when it was built.
#[derive(Debug, Clone)]
pub enum Plan {
    /// A constant.
    Bool(bool),
    /// A constant.
    Int(i64),
    /// A constant.
    Double(f64),
    /// A constant.
    Text(String),
    /// A list of constants.
    Texts(Vec<String>),
    /// A list of constants.
    Ints(Vec<i64>),
    /// A fact, by its place in the condition's list of facts.
    Fact(u8),
    /// A macro's variable, by nesting depth.
    Element(u8),
    /// A field of a macro's variable.
    ElementField(u8, HitField),
    /// Whether the fact at this place is present.
    Has(u8),
    /// `"x" in listing.attributes`
    HasAttribute(Box<Plan>),
    /// `!`
    Not(Box<Plan>),
    /// `&&`
    And(Box<Plan>, Box<Plan>),
    /// `||`
    Or(Box<Plan>, Box<Plan>),
    /// `? :`
    If(Box<Plan>, Box<Plan>, Box<Plan>),
    /// A comparison.
    Compare(Comparison, Box<Plan>, Box<Plan>),
    /// `item in list`
    In(Box<Plan>, Box<Plan>),
    /// An operation on two numbers.
    Arithmetic(Operation, Box<Plan>, Box<Plan>),
    /// `-x`
    Negate(Box<Plan>),
    /// `size(x)`
    Size(Box<Plan>),
    /// `double(x)`
    ToDouble(Box<Plan>),
    /// `x.lowerAscii()`
    LowerAscii(Box<Plan>),
    /// A test of one text by another.
    Test(TextTest, Box<Plan>, Box<Plan>),
    /// `x.matches("pattern")`
    Matches(Box<Plan>, Regex),
    /// `x.mentions("phrase")` of the text fact at this place.
    Mentions(u8, Phrase),
    /// `exists`, `all`, `exists_one`: the list and what is asked of each element.
    Quantified(Quantity, Box<Plan>, Box<Plan>),
    /// `filter`: the list and what is asked of each element.
    Filter(Box<Plan>, Box<Plan>),
}

/// Facts that were missing, as a mask over the condition's facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing(u64);

impl Missing {
    fn fact(place: u8) -> Self {
        Self(1 << place)
    }

    fn and(self, other: Missing) -> Self {
        Self(self.0 | other.0)
    }

    /// The names of what was missing, in the order the condition first reads them.
    pub fn names(self, facts: &[Fact]) -> Vec<String> {
        let mut names: Vec<String> = facts
            .iter()
            .enumerate()
            .filter(|(place, _)| self.0 & (1 << place) != 0)
            .map(|(_, fact)| fact.name())
            .collect();
        if self.0 & OVERFLOW != 0 {
            names.push("a number that fits (the arithmetic overflowed or divided by zero)".into());
        }
        if self.0 & TOO_COSTLY != 0 {
            names.push("an answer within the step limit".into());
        }
        names
    }
}

/// A value while a condition is evaluated.
#[derive(Debug, Clone)]
pub enum Value<'v> {
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `double`
    Double(f64),
    /// `string`
    Text(Cow<'v, str>),
    /// The listing's attributes.
    Attributes,
    /// A list.
    List(List<'v>),
}

/// A list while a condition is evaluated.
#[derive(Debug, Clone)]
pub enum List<'v> {
    /// Destinations.
    Markets(&'v [Market]),
    /// Constants.
    Texts(&'v [String]),
    /// Constants.
    Ints(&'v [i64]),
    /// Mark hits.
    Marks(&'v [MarkHit]),
    /// Image hits with their picture's name.
    Images(&'v [(&'v str, &'v ImageHit)]),
    /// Claims.
    Claims(&'v [ClaimHit]),
    /// What `filter` kept.
    Items(Vec<Item<'v>>),
}

/// An element of a list.
#[derive(Debug, Clone, Copy)]
pub enum Item<'v> {
    /// A text.
    Text(&'v str),
    /// A whole number.
    Int(i64),
    /// A hit.
    Hit(HitRef<'v>),
}

impl<'v> List<'v> {
    fn len(&self) -> usize {
        match self {
            List::Markets(list) => list.len(),
            List::Texts(list) => list.len(),
            List::Ints(list) => list.len(),
            List::Marks(list) => list.len(),
            List::Images(list) => list.len(),
            List::Claims(list) => list.len(),
            List::Items(list) => list.len(),
        }
    }

    fn item(&self, place: usize) -> Option<Item<'v>> {
        Some(match self {
            List::Markets(list) => Item::Text(list.get(place)?.as_str()),
            List::Texts(list) => Item::Text(list.get(place)?),
            List::Ints(list) => Item::Int(*list.get(place)?),
            List::Marks(list) => Item::Hit(HitRef::Mark(list.get(place)?)),
            List::Images(list) => list.get(place).map(|(image, hit)| Item::Hit(HitRef::Image(image, hit)))?,
            List::Claims(list) => Item::Hit(HitRef::Claim(list.get(place)?)),
            List::Items(list) => *list.get(place)?,
        })
    }
}

/// What a plan is evaluated against.
pub struct Environment<'v> {
    /// The listing's facts.
    pub scene: &'v Scene<'v>,
    /// The hit under judgement.
    pub hit: HitRef<'v>,
    /// Place of the pack's first lexicon among all lexicons.
    pub lexicon_base: usize,
    /// What the condition's plan calls facts.
    pub facts: &'v [Fact],
    steps: Cell<u32>,
}

/// The variables of the macros around a node, outermost first.
type Elements<'v> = [Option<Item<'v>>; super::MAX_MACRO_DEPTH];

impl<'v> Environment<'v> {
    /// An environment with a full step budget.
    pub fn new(scene: &'v Scene<'v>, hit: HitRef<'v>, lexicon_base: usize, facts: &'v [Fact]) -> Self {
        Self { scene, hit, lexicon_base, facts, steps: Cell::new(STEP_BUDGET) }
    }

    /// Decides `plan`.
    pub fn decide(&self, plan: &'v Plan) -> Result<bool, Missing> {
        self.truth(plan, &Elements::default())
    }

    /// The value of the fact at `place`; fails with its own mask when it is missing.
    pub fn fact(&self, place: u8) -> Result<Value<'v>, Missing> {
        let fact = self.facts.get(usize::from(place)).ok_or(Missing::fact(place))?;
        self.scene.value(fact, self.hit, self.lexicon_base).ok_or(Missing::fact(place))
    }

    fn spend(&self, steps: usize) -> Result<(), Missing> {
        let left = self.steps.get().checked_sub(u32::try_from(steps).unwrap_or(u32::MAX));
        self.steps.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Missing(TOO_COSTLY))
    }

    fn truth(&self, plan: &'v Plan, elements: &Elements<'v>) -> Result<bool, Missing> {
        match plan {
            Plan::And(left, right) => self.connect(left, right, false, elements),
            Plan::Or(left, right) => self.connect(left, right, true, elements),
            Plan::Not(inner) => self.truth(inner, elements).map(|truth| !truth),
            _ => match self.value(plan, elements)? {
                Value::Bool(truth) => Ok(truth),
                other => unreachable_type("bool", &other),
            },
        }
    }

    /// `&&` with `absorbing` false, `||` with it true: the absorbing value wins over a missing fact.
    fn connect(&self, left: &'v Plan, right: &'v Plan, absorbing: bool, e: &Elements<'v>) -> Result<bool, Missing> {
        let first = self.truth(left, e);
        if first == Ok(absorbing) {
            return Ok(absorbing);
        }
        let second = self.truth(right, e);
        match (first, second) {
            (_, Ok(value)) if value == absorbing => Ok(absorbing),
            (Err(one), Err(other)) => Err(one.and(other)),
            (Err(missing), Ok(_)) | (Ok(_), Err(missing)) => Err(missing),
            (Ok(_), Ok(_)) => Ok(!absorbing),
        }
    }

    fn value(&self, plan: &'v Plan, e: &Elements<'v>) -> Result<Value<'v>, Missing> {
        self.spend(1)?;
        Ok(match plan {
            Plan::Bool(value) => Value::Bool(*value),
            Plan::Int(value) => Value::Int(*value),
            Plan::Double(value) => Value::Double(*value),
            Plan::Text(text) => Value::Text(Cow::Borrowed(text)),
            Plan::Texts(list) => Value::List(List::Texts(list)),
            Plan::Ints(list) => Value::List(List::Ints(list)),
            Plan::Fact(place) => self.fact(*place)?,
            Plan::Element(depth) => element(e, *depth),
            Plan::ElementField(depth, field) => element_field(e, *depth, *field),
            Plan::Has(place) => Value::Bool(self.fact(*place).is_ok()),
            Plan::HasAttribute(name) => {
                let name = self.text(name, e)?;
                Value::Bool(self.scene.facts.listing.attributes.contains_key(name.as_ref()))
            }
            Plan::Not(_) | Plan::And(..) | Plan::Or(..) => Value::Bool(self.truth(plan, e)?),
            Plan::If(test, yes, no) => self.value(if self.truth(test, e)? { yes } else { no }, e)?,
            Plan::Compare(how, left, right) => Value::Bool(self.compare(*how, left, right, e)?),
            Plan::In(item, list) => Value::Bool(self.is_in(item, list, e)?),
            Plan::Arithmetic(operation, left, right) => self.arithmetic(*operation, left, right, e)?,
            Plan::Negate(inner) => match self.value(inner, e)? {
                Value::Int(number) => Value::Int(number.checked_neg().ok_or(Missing(OVERFLOW))?),
                Value::Double(number) => Value::Double(-number),
                other => other,
            },
            Plan::Size(inner) => Value::Int(self.size(inner, e)?),
            Plan::ToDouble(inner) => match self.value(inner, e)? {
                Value::Int(number) => Value::Double(number as f64),
                other => other,
            },
            Plan::LowerAscii(inner) => Value::Text(Cow::Owned(self.text(inner, e)?.to_ascii_lowercase())),
            Plan::Test(test, text, part) => Value::Bool(self.test(*test, text, part, e)?),
            Plan::Matches(text, pattern) => {
                let text = self.text(text, e)?;
                self.spend(text.len() / 16)?;
                Value::Bool(pattern.is_match(&text))
            }
            Plan::Mentions(place, phrase) => {
                self.fact(*place)?;
                let fact = &self.facts[usize::from(*place)];
                Value::Bool(self.scene.words(fact).is_some_and(|words| words.mention(phrase)))
            }
            Plan::Quantified(quantity, list, body) => Value::Bool(self.quantified(*quantity, list, body, e)?),
            Plan::Filter(list, body) => Value::List(List::Items(self.filter(list, body, e)?)),
        })
    }

    fn text(&self, plan: &'v Plan, e: &Elements<'v>) -> Result<Cow<'v, str>, Missing> {
        match self.value(plan, e)? {
            Value::Text(text) => Ok(text),
            other => unreachable_type("string", &other),
        }
    }

    fn list(&self, plan: &'v Plan, e: &Elements<'v>) -> Result<List<'v>, Missing> {
        match self.value(plan, e)? {
            Value::List(list) => Ok(list),
            other => unreachable_type("list", &other),
        }
    }

    fn compare(&self, how: Comparison, left: &'v Plan, right: &'v Plan, e: &Elements<'v>) -> Result<bool, Missing> {
        // Both sides first: the answer then names everything that was missing.
        let order = match (self.value(left, e), self.value(right, e)) {
            (Err(one), Err(other)) => return Err(one.and(other)),
            (Err(missing), Ok(_)) | (Ok(_), Err(missing)) => return Err(missing),
            (Ok(Value::Text(a)), Ok(Value::Text(b))) => Some(a.as_ref().cmp(b.as_ref())),
            (Ok(Value::Int(a)), Ok(Value::Int(b))) => Some(a.cmp(&b)),
            (Ok(Value::Bool(a)), Ok(Value::Bool(b))) => Some(a.cmp(&b)),
            (Ok(Value::Double(a)), Ok(Value::Double(b))) => a.partial_cmp(&b),
            (Ok(one), Ok(_)) => return unreachable_type("comparable", &one),
        };
        // IEEE 754: a NaN equals nothing and has no order.
        Ok(order.map_or(how == Comparison::NotEqual, |order| how.holds(order)))
    }

    fn is_in(&self, item: &'v Plan, list: &'v Plan, e: &Elements<'v>) -> Result<bool, Missing> {
        let wanted = self.value(item, e)?;
        let list = self.list(list, e)?;
        self.spend(list.len())?;
        let same = |place: usize| match (list.item(place), &wanted) {
            (Some(Item::Text(text)), Value::Text(wanted)) => text == wanted.as_ref(),
            (Some(Item::Int(number)), Value::Int(wanted)) => number == *wanted,
            _ => false,
        };
        Ok((0..list.len()).any(same))
    }

    fn arithmetic(
        &self,
        op: Operation,
        left: &'v Plan,
        right: &'v Plan,
        e: &Elements<'v>,
    ) -> Result<Value<'v>, Missing> {
        match (self.value(left, e)?, self.value(right, e)?) {
            (Value::Int(a), Value::Int(b)) => {
                let result = match op {
                    Operation::Add => a.checked_add(b),
                    Operation::Subtract => a.checked_sub(b),
                    Operation::Multiply => a.checked_mul(b),
                    Operation::Divide => a.checked_div(b),
                    Operation::Modulo => a.checked_rem(b),
                };
                result.map(Value::Int).ok_or(Missing(OVERFLOW))
            }
            (Value::Double(a), Value::Double(b)) => Ok(Value::Double(match op {
                Operation::Add => a + b,
                Operation::Subtract => a - b,
                Operation::Multiply => a * b,
                Operation::Divide => a / b,
                Operation::Modulo => return Err(Missing(OVERFLOW)),
            })),
            (other, _) => unreachable_type("number", &other),
        }
    }

    fn size(&self, plan: &'v Plan, e: &Elements<'v>) -> Result<i64, Missing> {
        let size = match self.value(plan, e)? {
            Value::Text(text) => {
                self.spend(text.len() / 64)?;
                text.chars().count()
            }
            Value::List(list) => list.len(),
            Value::Attributes => self.scene.facts.listing.attributes.len(),
            other => return unreachable_type("sized", &other),
        };
        Ok(i64::try_from(size).unwrap_or(i64::MAX))
    }

    fn test(&self, test: TextTest, text: &'v Plan, part: &'v Plan, e: &Elements<'v>) -> Result<bool, Missing> {
        let text = self.text(text, e)?;
        let part = self.text(part, e)?;
        self.spend(text.len() / 256)?;
        Ok(match test {
            TextTest::Contains => text.contains(part.as_ref()),
            TextTest::StartsWith => text.starts_with(part.as_ref()),
            TextTest::EndsWith => text.ends_with(part.as_ref()),
        })
    }

    fn quantified(
        &self,
        quantity: Quantity,
        list: &'v Plan,
        body: &'v Plan,
        e: &Elements<'v>,
    ) -> Result<bool, Missing> {
        let list = self.list(list, e)?;
        let mut missing: Option<Missing> = None;
        let mut held = 0_usize;
        for place in 0..list.len() {
            match self.truth(body, &with_element(e, list.item(place))) {
                Ok(true) if quantity == Quantity::Some => return Ok(true),
                Ok(false) if quantity == Quantity::Every => return Ok(false),
                Ok(true) => held += 1,
                Ok(false) => {}
                Err(more) => missing = Some(missing.map_or(more, |sofar| sofar.and(more))),
            }
        }
        match missing {
            Some(missing) => Err(missing),
            None => Ok(match quantity {
                Quantity::Some => false,
                Quantity::Every => true,
                Quantity::ExactlyOne => held == 1,
            }),
        }
    }

    fn filter(&self, list: &'v Plan, body: &'v Plan, e: &Elements<'v>) -> Result<Vec<Item<'v>>, Missing> {
        let list = self.list(list, e)?;
        let mut kept = Vec::new();
        for item in (0..list.len()).filter_map(|place| list.item(place)) {
            if self.truth(body, &with_element(e, Some(item)))? {
                kept.push(item);
            }
        }
        Ok(kept)
    }
}

/// Types were checked when the plan was built; should a value still have another type, the
/// condition is undecided rather than wrong.
fn unreachable_type<T>(wanted: &str, found: &Value<'_>) -> Result<T, Missing> {
    debug_assert!(false, "the checked plan promised {wanted} and gave {found:?}");
    Err(Missing(OVERFLOW))
}

fn with_element<'v>(around: &Elements<'v>, item: Option<Item<'v>>) -> Elements<'v> {
    let mut elements = *around;
    if let Some(free) = elements.iter_mut().find(|element| element.is_none()) {
        *free = item;
    }
    elements
}

fn element<'v>(elements: &Elements<'v>, depth: u8) -> Value<'v> {
    match elements.get(usize::from(depth)).copied().flatten() {
        Some(Item::Text(text)) => Value::Text(Cow::Borrowed(text)),
        Some(Item::Int(number)) => Value::Int(number),
        Some(Item::Hit(_)) | None => Value::Attributes,
    }
}

fn element_field<'v>(elements: &Elements<'v>, depth: u8, field: HitField) -> Value<'v> {
    match elements.get(usize::from(depth)).copied().flatten() {
        Some(Item::Hit(hit)) => hit.value(field),
        _ => Value::Attributes,
    }
}
