//! From CEL text to a checked plan. Only this folder of the product names the crate `cel`.

mod calls;
mod macros;

use cel::Program;
use cel::common::ast::{Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo};

use super::plan::{MAX_FACTS, Plan};
use super::shape::check_shape;
use super::vocabulary::{Element, Fact, HitField, HitKind, Type, fields_of, plain_fact};
use super::{ConditionProblem, Declarations};

type Lowered = Result<(Plan, Type), ConditionProblem>;

/// Parses, checks and lowers `source`; answers the plan and the facts it reads.
pub fn lower(source: &str, declared: Declarations<'_>) -> Result<(Plan, Vec<Fact>), ConditionProblem> {
    check_shape(source)?;
    let program = Program::compile(source).map_err(|errors| first_parse_error(source, &errors))?;
    let mut lowering =
        Lowering { source, info: program.source_info(), declared, facts: Vec::new(), variables: Vec::new() };
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
        return ConditionProblem { problem: "the condition is not CEL".into(), offset: 0 };
    };
    let (line, column) = (usize::try_from(first.pos.0).unwrap_or(1), usize::try_from(first.pos.1).unwrap_or(0));
    let before: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
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
        let offset = self.source.char_indices().nth(characters).map_or(0, |(offset, _)| offset);
        ConditionProblem { problem: problem.into(), offset }
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
                return Err(
                    self.problem(node, "null is not used here; ask has(listing.category) whether a fact is present")
                );
            }
        })
    }

    fn fact(&mut self, node: &IdedExpr, fact: Fact) -> Result<u8, ConditionProblem> {
        if let Some(place) = self.facts.iter().position(|known| *known == fact) {
            return Ok(place as u8);
        }
        if self.facts.len() >= MAX_FACTS {
            return Err(self.problem(node, format!("a condition reads at most {MAX_FACTS} facts; split the rule")));
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
                    let problem = format!("{name} is a {} hit; read one of its fields: {}", kind.text(), names(kind));
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
                self.problem(node, format!("{object} has no field {}; it has {}", select.field, fields_of(object)))
            }),
            "hit" => self.hit_field(node, self.declared.hit, &select.field).map(|field| Some(Fact::Hit(field))),
            _ => Ok(None),
        }
    }

    fn hit_field(&self, node: &IdedExpr, kind: HitKind, name: &str) -> Result<HitField, ConditionProblem> {
        kind.fields().iter().find(|field| field.text() == name).copied().ok_or_else(|| {
            self.problem(node, format!("a {} hit has no field {name}; it has {}", kind.text(), names(kind)))
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
        Err(self.problem(node, format!("expected {}, found {}", with_article(wanted), with_article(found))))
    }
}

fn names(kind: HitKind) -> String {
    let names: Vec<&str> = kind.fields().iter().map(|field| field.text()).collect();
    names.join(", ")
}
