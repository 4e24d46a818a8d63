//! The macros `exists`, `all`, `exists_one` and `filter`.

use cel::common::ast::{ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};

use super::{Lowered, Lowering, Variable, with_article};
use crate::rules::condition::MAX_MACRO_DEPTH;
use crate::rules::condition::plan::{Plan, Quantity};
use crate::rules::condition::vocabulary::{Type, is_reserved};

impl Lowering<'_> {
    /// What the parser made of `exists`, `all`, `exists_one` and `filter`.
    pub(super) fn comprehension(&mut self, node: &IdedExpr, macro_call: &ComprehensionExpr) -> Lowered {
        let (list, found) = self.expression(&macro_call.iter_range)?;
        let Type::List(element) = found else {
            let problem = format!("this macro asks a list, and found {}", with_article(found));
            return Err(self.problem(&macro_call.iter_range, problem));
        };
        let name = &macro_call.iter_var;
        if is_reserved(name) || self.variables.iter().any(|variable| variable.name == *name) {
            return Err(self.problem(node, format!("the variable {name} has a name that is taken; choose another")));
        }
        if self.variables.len() >= MAX_MACRO_DEPTH {
            return Err(self.problem(node, format!("macros are nested deeper than {MAX_MACRO_DEPTH}; split the rule")));
        }
        let Some((shape, body)) = macro_shape(macro_call) else {
            return Err(self.problem(node, "map is not used in conditions; use exists, all, exists_one or filter"));
        };
        self.variables.push(Variable { name: name.clone(), element });
        let body = self.wanted(body, Type::Bool);
        self.variables.pop();
        let (list, body) = (Box::new(list), body?);
        Ok(match shape {
            MacroShape::Quantified(quantity) => (Plan::Quantified(quantity, list, body), Type::Bool),
            MacroShape::Filter => (Plan::Filter(list, body), found),
        })
    }
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
            let [_, IdedExpr { expr: Expr::List(appended), .. }] = append.args.as_slice() else {
                return None;
            };
            let keeps_element = matches!(appended.elements.as_slice(), [IdedExpr { expr: Expr::Ident(name), .. }] if *name == expansion.iter_var);
            keeps_element.then_some((MacroShape::Filter, body))
        }
        _ => None,
    }
}
