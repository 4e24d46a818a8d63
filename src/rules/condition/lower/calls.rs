//! Operators, functions and methods.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use regex::RegexBuilder;

use super::{Lowered, Lowering, with_article};
use crate::matching::text::Field;
use crate::rules::condition::plan::{Comparison, Operation, Plan, TextTest};
use crate::rules::condition::vocabulary::{Element, Fact, Type};
use crate::rules::condition::{ConditionProblem, MAX_NESTING};
use crate::rules::words::Phrase;

/// Longest regular expression in bytes, and most memory its program may take. Together they
/// keep a pattern such as `(a{1000}){1000}` out: it is refused when it is compiled.
const MAX_PATTERN_BYTES: usize = 512;
const MAX_PATTERN_PROGRAM: usize = 256 * 1024;

impl Lowering<'_> {
    /// Lowers an operator, function or method.
    pub(super) fn call(&mut self, node: &IdedExpr, call: &CallExpr) -> Lowered {
        if let Some(target) = &call.target {
            return self.method(node, call, target);
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [a, b]) => {
                Ok((Plan::And(self.wanted(a, Type::Bool)?, self.wanted(b, Type::Bool)?), Type::Bool))
            }
            (operators::LOGICAL_OR, [a, b]) => {
                Ok((Plan::Or(self.wanted(a, Type::Bool)?, self.wanted(b, Type::Bool)?), Type::Bool))
            }
            (operators::LOGICAL_NOT, [a]) => Ok((Plan::Not(self.wanted(a, Type::Bool)?), Type::Bool)),
            (operators::CONDITIONAL, [test, yes, no]) => self.conditional(node, test, yes, no),
            (operators::IN, [item, list]) => self.is_in(node, item, list),
            (operators::INDEX, [container, key]) => self.index(node, container, key),
            (operators::NEGATE, [inner]) => self.negate(node, inner),
            ("size", [inner]) => self.size(node, inner),
            ("double", [inner]) => Ok((Plan::ToDouble(self.wanted(inner, Type::Int)?), Type::Double)),
            ("found", arguments) => self.found(node, arguments),
            (name, [left, right]) => match (comparison(name), operation(name)) {
                (Some(how), _) => self.compare(node, how, left, right),
                (None, Some(operation)) => self.arithmetic(node, operation, left, right),
                (None, None) => Err(self.unknown_function(node, name)),
            },
            (name, _) => Err(self.unknown_function(node, name)),
        }
    }

    fn unknown_function(&self, node: &IdedExpr, name: &str) -> ConditionProblem {
        self.problem(
            node,
            format!(
                "unknown function {name} (or a wrong number of arguments); known are size, has, double, found, contains, \
                 startsWith, endsWith, matches, mentions, lowerAscii, exists, all, exists_one, filter"
            ),
        )
    }

    fn conditional(&mut self, node: &IdedExpr, test: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Lowered {
        let test = self.wanted(test, Type::Bool)?;
        let (yes, yes_type) = self.expression(yes)?;
        let (no, no_type) = self.expression(no)?;
        if yes_type != no_type {
            return Err(self.problem(node, format!("the two branches have different types, {yes_type} and {no_type}")));
        }
        Ok((Plan::If(test, Box::new(yes), Box::new(no)), yes_type))
    }

    fn compare(&mut self, node: &IdedExpr, how: Comparison, left: &IdedExpr, right: &IdedExpr) -> Lowered {
        let (left, left_type) = self.expression(left)?;
        let (right, right_type) = self.expression(right)?;
        if left_type != right_type {
            let advice = match (left_type, right_type) {
                (Type::Int, Type::Double) | (Type::Double, Type::Int) => "; write 1.0 for a double, 1 for an int",
                _ => "",
            };
            let problem = format!("{} is compared with {}{advice}", with_article(left_type), with_article(right_type));
            return Err(self.problem(node, problem));
        }
        let ordered = matches!(left_type, Type::Int | Type::Double | Type::String);
        let equality = matches!(how, Comparison::Equal | Comparison::NotEqual) && left_type == Type::Bool;
        if !ordered && !equality {
            return Err(self.problem(node, format!("{} cannot be compared in this way", with_article(left_type))));
        }
        Ok((Plan::Compare(how, Box::new(left), Box::new(right)), Type::Bool))
    }

    fn arithmetic(&mut self, node: &IdedExpr, operation: Operation, left: &IdedExpr, right: &IdedExpr) -> Lowered {
        let (left, left_type) = self.expression(left)?;
        let (right, right_type) = self.expression(right)?;
        let numbers = left_type == Type::Int || (left_type == Type::Double && operation != Operation::Modulo);
        if left_type != right_type || !numbers {
            return Err(self.problem(
                node,
                format!(
                    "this operation does not take {} and {}; both sides are ints or both doubles",
                    with_article(left_type),
                    with_article(right_type)
                ),
            ));
        }
        Ok((Plan::Arithmetic(operation, Box::new(left), Box::new(right)), left_type))
    }

    fn negate(&mut self, node: &IdedExpr, inner: &IdedExpr) -> Lowered {
        let (plan, found) = self.expression(inner)?;
        if !matches!(found, Type::Int | Type::Double) {
            return Err(self.problem(node, format!("{} has no negative; use ! for a bool", with_article(found))));
        }
        Ok((Plan::Negate(Box::new(plan)), found))
    }

    fn size(&mut self, node: &IdedExpr, inner: &IdedExpr) -> Lowered {
        let (plan, found) = self.expression(inner)?;
        match found {
            Type::String | Type::Attributes | Type::List(_) => Ok((Plan::Size(Box::new(plan)), Type::Int)),
            _ => Err(self.problem(node, format!("{} has no size", with_article(found)))),
        }
    }

    fn is_in(&mut self, node: &IdedExpr, item: &IdedExpr, list: &IdedExpr) -> Lowered {
        let (item, item_type) = self.expression(item)?;
        let (list, list_type) = self.expression(list)?;
        match (item_type, list_type) {
            (Type::String, Type::Attributes) => Ok((Plan::HasAttribute(Box::new(item)), Type::Bool)),
            (Type::String, Type::List(Element::String)) | (Type::Int, Type::List(Element::Int)) => {
                Ok((Plan::In(Box::new(item), Box::new(list)), Type::Bool))
            }
            _ => Err(self.problem(node, format!("{} cannot be in a {list_type}", with_article(item_type)))),
        }
    }

    fn index(&mut self, node: &IdedExpr, container: &IdedExpr, key: &IdedExpr) -> Lowered {
        let (_, found) = self.expression(container)?;
        match (found, &key.expr) {
            (Type::Attributes, Expr::Literal(LiteralValue::String(name))) => {
                self.read(node, Fact::Attribute(name.inner().to_owned()))
            }
            (Type::Attributes, _) => Err(self.problem(key, "an attribute is read by a name in quotes")),
            _ => Err(self.problem(node, "only listing.attributes has an index; ask a list with exists, all or in")),
        }
    }

    fn found(&mut self, node: &IdedExpr, arguments: &[IdedExpr]) -> Lowered {
        let text = |argument: &IdedExpr| match &argument.expr {
            Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
            _ => None,
        };
        let (id, field) = match arguments {
            [id] => (text(id), None),
            [id, field] => (text(id), text(field)),
            _ => (None, None),
        };
        let Some(id) = id else {
            return Err(self.problem(node, "write found(\"lexicon\") or found(\"lexicon\", \"title\")"));
        };
        let Some(lexicon) = self.declared.lexicons.iter().position(|known| *known == id) else {
            let problem = format!("unknown lexicon \"{id}\"; this pack has {}", self.declared.lexicons.join(", "));
            return Err(self.problem(node, problem));
        };
        let field = match (arguments.len(), field.as_deref()) {
            (1, _) => None,
            (_, Some("title")) => Some(Field::Title),
            (_, Some("description")) => Some(Field::Description),
            (_, Some("brand")) => Some(Field::Brand),
            _ => return Err(self.problem(node, "a field is \"title\", \"description\" or \"brand\"")),
        };
        self.read(node, Fact::Found { lexicon, id, field })
    }

    fn method(&mut self, node: &IdedExpr, call: &CallExpr, target: &IdedExpr) -> Lowered {
        let test = match call.func_name.as_str() {
            "contains" => TextTest::Contains,
            "startsWith" => TextTest::StartsWith,
            "endsWith" => TextTest::EndsWith,
            "matches" => return self.matches(node, call, target),
            "mentions" => return self.mentions(node, call, target),
            "size" if call.args.is_empty() => return self.size(node, target),
            "lowerAscii" if call.args.is_empty() => {
                return Ok((Plan::LowerAscii(self.wanted(target, Type::String)?), Type::String));
            }
            "map" => return Err(self.problem(node, "map is not used in conditions; use exists, all or filter")),
            name => return Err(self.unknown_function(node, name)),
        };
        let [part] = call.args.as_slice() else {
            return Err(self.problem(node, format!("{} takes one text", call.func_name)));
        };
        Ok((Plan::Test(test, self.wanted(target, Type::String)?, self.wanted(part, Type::String)?), Type::Bool))
    }

    fn matches(&mut self, node: &IdedExpr, call: &CallExpr, target: &IdedExpr) -> Lowered {
        let [IdedExpr { expr: Expr::Literal(LiteralValue::String(pattern)), .. }] = call.args.as_slice() else {
            return Err(self.problem(node, "matches takes one pattern in quotes, so that it is compiled once"));
        };
        let pattern = pattern.inner();
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(self.problem(node, format!("a pattern has at most {MAX_PATTERN_BYTES} bytes")));
        }
        let compiled = RegexBuilder::new(pattern)
            .size_limit(MAX_PATTERN_PROGRAM)
            .dfa_size_limit(MAX_PATTERN_PROGRAM)
            .nest_limit(MAX_NESTING as u32)
            .build();
        let compiled = compiled.map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or("unreadable").trim_start_matches("error: ").to_owned();
            self.problem(node, format!("the pattern is refused: {last}"))
        })?;
        Ok((Plan::Matches(self.wanted(target, Type::String)?, compiled), Type::Bool))
    }

    fn mentions(&mut self, node: &IdedExpr, call: &CallExpr, target: &IdedExpr) -> Lowered {
        let [IdedExpr { expr: Expr::Literal(LiteralValue::String(phrase)), .. }] = call.args.as_slice() else {
            return Err(self.problem(node, "mentions takes one phrase in quotes"));
        };
        let (Plan::Fact(place), Type::String) = self.expression(target)? else {
            return Err(self.problem(node, "mentions is asked of listing.title, description, category or brand"));
        };
        let askable = [Fact::Title, Fact::Description, Fact::Category, Fact::Brand];
        if !askable.contains(&self.facts[usize::from(place)]) {
            return Err(self.problem(node, "mentions is asked of listing.title, description, category or brand"));
        }
        let phrase =
            Phrase::new(phrase.inner()).ok_or_else(|| self.problem(node, "the phrase has no letter or digit"))?;
        Ok((Plan::Mentions(place, phrase), Type::Bool))
    }
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        operators::ADD => Operation::Add,
        operators::SUBSTRACT => Operation::Subtract,
        operators::MULTIPLY => Operation::Multiply,
        operators::DIVIDE => Operation::Divide,
        operators::MODULO => Operation::Modulo,
        _ => return None,
    })
}
