//! From CEL text to a checked plan. The only file of the product that names the crate `cel`.

use cel::Program;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo, operators};
use regex::RegexBuilder;

use super::plan::{Comparison, MAX_FACTS, Operation, Plan, Quantity, TextTest};
use super::shape::check_shape;
use super::vocabulary::{Element, Fact, HitField, HitKind, Type, fields_of, is_reserved, plain_fact};
use super::{ConditionProblem, Declarations, MAX_MACRO_DEPTH, MAX_NESTING};
use crate::matching::text::Field;
use crate::rules::words::Phrase;

/// Longest regular expression in bytes, and most memory its program may take. Together they
/// keep a pattern such as `(a{1000}){1000}` out: it is refused when it is compiled.
const MAX_PATTERN_BYTES: usize = 512;
const MAX_PATTERN_PROGRAM: usize = 256 * 1024;

type Lowered = Result<(Plan, Type), ConditionProblem>;

/// Parses, checks and lowers `source`; answers the plan and the facts it reads.
pub fn lower(source: &str, declared: Declarations<'_>) -> Result<(Plan, Vec<Fact>), ConditionProblem> {
    check_shape(source)?;
    let program = Program::compile(source).map_err(|errors| first_parse_error(source, &errors))?;
    let mut lowering = Lowering {
        source,
        info: program.source_info(),
        declared,
        facts: Vec::new(),
        variables: Vec::new(),
    };
    let root = program.expression();
    let (plan, found) = lowering.expression(root)?;
    if found != Type::Bool {
        return Err(lowering.problem(root, format!("a condition is a bool, this is {}", with_article(found))));
    }
    Ok((plan, lowering.facts))
}

fn with_article(found: Type) -> String {
    format!("{} {found}", if found == Type::Int { "an" } else { "a" })
}

fn first_parse_error(source: &str, errors: &cel::ParseErrors) -> ConditionProblem {
    let Some(first) = errors.errors.first() else {
        return ConditionProblem {
            problem: "the condition is not CEL".into(),
            offset: 0,
        };
    };
    let (line, column) = (
        usize::try_from(first.pos.0).unwrap_or(1),
        usize::try_from(first.pos.1).unwrap_or(0),
    );
    let before: usize = source
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let message: String = first.msg.chars().take(200).collect();
    ConditionProblem {
        problem: format!("the condition is not CEL: {message}"),
        offset: (before + column.saturating_sub(1)).min(source.len()),
    }
}

/// A macro's variable.
struct Variable {
    name: String,
    element: Element,
}

struct Lowering<'a> {
    source: &'a str,
    info: &'a SourceInfo,
    declared: Declarations<'a>,
    facts: Vec<Fact>,
    variables: Vec<Variable>,
}

impl Lowering<'_> {
    fn problem(&self, at: &IdedExpr, problem: impl Into<String>) -> ConditionProblem {
        let characters = self.info.offset_for(at.id).map_or(0, |(start, _)| start as usize);
        let offset = self
            .source
            .char_indices()
            .nth(characters)
            .map_or(0, |(offset, _)| offset);
        ConditionProblem {
            problem: problem.into(),
            offset,
        }
    }

    fn expression(&mut self, node: &IdedExpr) -> Lowered {
        match &node.expr {
            Expr::Literal(literal) => self.literal(node, literal),
            Expr::Ident(name) => self.identifier(node, name),
            Expr::Select(select) => self.select(node, select),
            Expr::Call(call) => self.call(node, call),
            Expr::Comprehension(comprehension) => self.comprehension(node, comprehension),
            Expr::List(list) => self.list(node, &list.elements),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(self.problem(node, "maps and messages are not used in conditions"))
            }
        }
    }

    fn literal(&self, node: &IdedExpr, literal: &LiteralValue) -> Lowered {
        Ok(match literal {
            LiteralValue::Boolean(value) => (Plan::Bool(*value.inner()), Type::Bool),
            LiteralValue::Int(value) => (Plan::Int(*value.inner()), Type::Int),
            LiteralValue::Double(value) => (Plan::Double(*value.inner()), Type::Double),
            LiteralValue::String(value) => (Plan::Text(value.inner().to_owned()), Type::String),
            LiteralValue::UInt(_) => {
                return Err(self.problem(node, "unsigned numbers are not used here; leave out the u"));
            }
            LiteralValue::Bytes(_) => return Err(self.problem(node, "bytes are not used here; leave out the b")),
            LiteralValue::Null => {
                return Err(self.problem(
                    node,
                    "null is not used here; ask has(listing.category) whether a fact is present",
                ));
            }
        })
    }

    fn fact(&mut self, node: &IdedExpr, fact: Fact) -> Result<u8, ConditionProblem> {
        if let Some(place) = self.facts.iter().position(|known| *known == fact) {
            return Ok(place as u8);
        }
        if self.facts.len() >= MAX_FACTS {
            return Err(self.problem(
                node,
                format!("a condition reads at most {MAX_FACTS} facts; split the rule"),
            ));
        }
        self.facts.push(fact);
        Ok((self.facts.len() - 1) as u8)
    }

    fn read(&mut self, node: &IdedExpr, fact: Fact) -> Lowered {
        let value_type = fact.value_type();
        Ok((Plan::Fact(self.fact(node, fact)?), value_type))
    }

    fn identifier(&mut self, node: &IdedExpr, name: &str) -> Lowered {
        if let Some(depth) = self.variables.iter().position(|variable| variable.name == name) {
            let value_type = match self.variables[depth].element {
                Element::String => Type::String,
                Element::Int => Type::Int,
                Element::Hit(kind) => {
                    let problem = format!(
                        "{name} is a {} hit; read one of its fields: {}",
                        kind.text(),
                        names(kind)
                    );
                    return Err(self.problem(node, problem));
                }
            };
            return Ok((Plan::Element(depth as u8), value_type));
        }
        if let Some(fact) = plain_fact(name, "") {
            return self.read(node, fact);
        }
        Err(match name {
            "listing" | "merchant" => {
                self.problem(node, format!("{name} alone has no value; read one of its fields: {}", fields_of(name)))
            }
            "hit" => self.problem(node, format!("hit alone has no value; read one of its fields: {}", names(self.declared.hit))),
            _ => self.problem(
                node,
                format!(
                    "unknown name {name}; known are listing, merchant, hit, marks, images, claims, counterfeit_signal, today"
                ),
            ),
        })
    }

    /// The fact that `node` names, when it is `object.field` or an attribute of the listing.
    fn named_fact(&self, node: &IdedExpr) -> Result<Option<Fact>, ConditionProblem> {
        let Expr::Select(select) = &node.expr else {
            return Ok(None);
        };
        if let Expr::Select(inner) = &select.operand.expr
            && inner.field == "attributes"
            && matches!(&inner.operand.expr, Expr::Ident(object) if object == "listing")
        {
            return Ok(Some(Fact::Attribute(select.field.clone())));
        }
        let Expr::Ident(object) = &select.operand.expr else {
            return Ok(None);
        };
        if self.variables.iter().any(|variable| variable.name == *object) {
            return Ok(None);
        }
        match object.as_str() {
            "listing" | "merchant" => plain_fact(object, &select.field).map(Some).ok_or_else(|| {
                self.problem(
                    node,
                    format!("{object} has no field {}; it has {}", select.field, fields_of(object)),
                )
            }),
            "hit" => self
                .hit_field(node, self.declared.hit, &select.field)
                .map(|field| Some(Fact::Hit(field))),
            _ => Ok(None),
        }
    }

    fn hit_field(&self, node: &IdedExpr, kind: HitKind, name: &str) -> Result<HitField, ConditionProblem> {
        kind.fields()
            .iter()
            .find(|field| field.text() == name)
            .copied()
            .ok_or_else(|| {
                self.problem(
                    node,
                    format!("a {} hit has no field {name}; it has {}", kind.text(), names(kind)),
                )
            })
    }

    fn select(&mut self, node: &IdedExpr, select: &SelectExpr) -> Lowered {
        if let Some(fact) = self.named_fact(node)? {
            if !select.test {
                return self.read(node, fact);
            }
            if !fact.is_optional() {
                return Err(self.problem(node, format!("{} is always present; leave has() out", fact.name())));
            }
            return Ok((Plan::Has(self.fact(node, fact)?), Type::Bool));
        }
        if let Expr::Ident(name) = &select.operand.expr
            && let Some(depth) = self.variables.iter().position(|variable| variable.name == *name)
            && let Element::Hit(kind) = self.variables[depth].element
            && !select.test
        {
            let field = self.hit_field(node, kind, &select.field)?;
            return Ok((Plan::ElementField(depth as u8, field), field.value_type()));
        }
        let (_, operand) = self.expression(&select.operand)?;
        Err(self.problem(node, format!("{} has no field {}", with_article(operand), select.field)))
    }

    fn list(&mut self, node: &IdedExpr, elements: &[IdedExpr]) -> Lowered {
        let mut texts = Vec::new();
        let mut numbers = Vec::new();
        for element in elements {
            match &element.expr {
                Expr::Literal(LiteralValue::String(text)) => texts.push(text.inner().to_owned()),
                Expr::Literal(LiteralValue::Int(number)) => numbers.push(*number.inner()),
                _ => return Err(self.problem(element, "a list holds constants: texts or whole numbers")),
            }
        }
        match (texts.is_empty(), numbers.is_empty()) {
            (false, true) => Ok((Plan::Texts(texts), Type::List(Element::String))),
            (true, false) => Ok((Plan::Ints(numbers), Type::List(Element::Int))),
            (true, true) => Err(self.problem(node, "the list is empty: nothing is ever in it")),
            (false, false) => Err(self.problem(node, "a list holds texts or whole numbers, not both")),
        }
    }

    fn wanted(&mut self, node: &IdedExpr, wanted: Type) -> Result<Box<Plan>, ConditionProblem> {
        let (plan, found) = self.expression(node)?;
        if found == wanted {
            return Ok(Box::new(plan));
        }
        Err(self.problem(
            node,
            format!("expected {}, found {}", with_article(wanted), with_article(found)),
        ))
    }

    fn call(&mut self, node: &IdedExpr, call: &CallExpr) -> Lowered {
        if let Some(target) = &call.target {
            return self.method(node, call, target);
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [a, b]) => Ok((
                Plan::And(self.wanted(a, Type::Bool)?, self.wanted(b, Type::Bool)?),
                Type::Bool,
            )),
            (operators::LOGICAL_OR, [a, b]) => Ok((
                Plan::Or(self.wanted(a, Type::Bool)?, self.wanted(b, Type::Bool)?),
                Type::Bool,
            )),
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
            return Err(self.problem(
                node,
                format!("the two branches have different types, {yes_type} and {no_type}"),
            ));
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
            let problem = format!(
                "{} is compared with {}{advice}",
                with_article(left_type),
                with_article(right_type)
            );
            return Err(self.problem(node, problem));
        }
        let ordered = matches!(left_type, Type::Int | Type::Double | Type::String);
        let equality = matches!(how, Comparison::Equal | Comparison::NotEqual) && left_type == Type::Bool;
        if !ordered && !equality {
            return Err(self.problem(
                node,
                format!("{} cannot be compared in this way", with_article(left_type)),
            ));
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
            return Err(self.problem(
                node,
                format!("{} has no negative; use ! for a bool", with_article(found)),
            ));
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
            _ => Err(self.problem(
                node,
                "only listing.attributes has an index; ask a list with exists, all or in",
            )),
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
            let problem = format!(
                "unknown lexicon \"{id}\"; this pack has {}",
                self.declared.lexicons.join(", ")
            );
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
        Ok((
            Plan::Test(
                test,
                self.wanted(target, Type::String)?,
                self.wanted(part, Type::String)?,
            ),
            Type::Bool,
        ))
    }

    fn matches(&mut self, node: &IdedExpr, call: &CallExpr, target: &IdedExpr) -> Lowered {
        let [
            IdedExpr {
                expr: Expr::Literal(LiteralValue::String(pattern)),
                ..
            },
        ] = call.args.as_slice()
        else {
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
            let last = text
                .lines()
                .last()
                .unwrap_or("unreadable")
                .trim_start_matches("error: ")
                .to_owned();
            self.problem(node, format!("the pattern is refused: {last}"))
        })?;
        Ok((Plan::Matches(self.wanted(target, Type::String)?, compiled), Type::Bool))
    }

    fn mentions(&mut self, node: &IdedExpr, call: &CallExpr, target: &IdedExpr) -> Lowered {
        let [
            IdedExpr {
                expr: Expr::Literal(LiteralValue::String(phrase)),
                ..
            },
        ] = call.args.as_slice()
        else {
            return Err(self.problem(node, "mentions takes one phrase in quotes"));
        };
        let (Plan::Fact(place), Type::String) = self.expression(target)? else {
            return Err(self.problem(
                node,
                "mentions is asked of listing.title, description, category or brand",
            ));
        };
        let askable = [Fact::Title, Fact::Description, Fact::Category, Fact::Brand];
        if !askable.contains(&self.facts[usize::from(place)]) {
            return Err(self.problem(
                node,
                "mentions is asked of listing.title, description, category or brand",
            ));
        }
        let phrase =
            Phrase::new(phrase.inner()).ok_or_else(|| self.problem(node, "the phrase has no letter or digit"))?;
        Ok((Plan::Mentions(place, phrase), Type::Bool))
    }

    /// What the parser made of `exists`, `all`, `exists_one` and `filter`.
    fn comprehension(&mut self, node: &IdedExpr, macro_call: &ComprehensionExpr) -> Lowered {
        let (list, found) = self.expression(&macro_call.iter_range)?;
        let Type::List(element) = found else {
            let problem = format!("this macro asks a list, and found {}", with_article(found));
            return Err(self.problem(&macro_call.iter_range, problem));
        };
        let name = &macro_call.iter_var;
        if is_reserved(name) || self.variables.iter().any(|variable| variable.name == *name) {
            return Err(self.problem(
                node,
                format!("the variable {name} has a name that is taken; choose another"),
            ));
        }
        if self.variables.len() >= MAX_MACRO_DEPTH {
            return Err(self.problem(
                node,
                format!("macros are nested deeper than {MAX_MACRO_DEPTH}; split the rule"),
            ));
        }
        let Some((shape, body)) = macro_shape(macro_call) else {
            return Err(self.problem(
                node,
                "map is not used in conditions; use exists, all, exists_one or filter",
            ));
        };
        self.variables.push(Variable {
            name: name.clone(),
            element,
        });
        let body = self.wanted(body, Type::Bool);
        self.variables.pop();
        let (list, body) = (Box::new(list), body?);
        Ok(match shape {
            MacroShape::Quantified(quantity) => (Plan::Quantified(quantity, list, body), Type::Bool),
            MacroShape::Filter => (Plan::Filter(list, body), found),
        })
    }
}

fn names(kind: HitKind) -> String {
    let names: Vec<&str> = kind.fields().iter().map(|field| field.text()).collect();
    names.join(", ")
}

enum MacroShape {
    Quantified(Quantity),
    Filter,
}

/// Recognises the standard expansions of CEL's macros and finds the body the author wrote.
fn macro_shape(expansion: &ComprehensionExpr) -> Option<(MacroShape, &IdedExpr)> {
    let Expr::Call(step) = &expansion.loop_step.expr else {
        return None;
    };
    match (&expansion.accu_init.expr, step.func_name.as_str(), step.args.as_slice()) {
        (Expr::Literal(LiteralValue::Boolean(start)), operators::LOGICAL_OR, [_, body]) if !*start.inner() => {
            Some((MacroShape::Quantified(Quantity::Some), body))
        }
        (Expr::Literal(LiteralValue::Boolean(start)), operators::LOGICAL_AND, [_, body]) if *start.inner() => {
            Some((MacroShape::Quantified(Quantity::Every), body))
        }
        (Expr::Literal(LiteralValue::Int(_)), operators::CONDITIONAL, [body, _, _]) => {
            Some((MacroShape::Quantified(Quantity::ExactlyOne), body))
        }
        (Expr::List(_), operators::CONDITIONAL, [body, append, _]) => {
            let Expr::Call(append) = &append.expr else { return None };
            let [
                _,
                IdedExpr {
                    expr: Expr::List(appended),
                    ..
                },
            ] = append.args.as_slice()
            else {
                return None;
            };
            let keeps_element = matches!(appended.elements.as_slice(), [IdedExpr { expr: Expr::Ident(name), .. }] if *name == expansion.iter_var);
            keeps_element.then_some((MacroShape::Filter, body))
        }
        _ => None,
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
