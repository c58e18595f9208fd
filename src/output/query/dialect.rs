//! What Python's `jmespath` takes beyond the specification, and documents of OCI use.

use std::borrow::Cow;

use jmespath::ast::{Ast, Comparator};
use serde_json::Value;

use super::functions::{AT_LEAST, AT_MOST, LESS, MORE, RUNTIME};
use crate::output::OutputError;

/// `` `ACTIVE` `` as `` `"ACTIVE"` ``: a literal that is no JSON means text.
pub(super) fn quote_bare_literals(expression: &str) -> Cow<'_, str> {
    if !expression.contains('`') {
        return Cow::Borrowed(expression);
    }
    let mut quoted = String::with_capacity(expression.len() + 2);
    let mut rest = expression;
    while let Some(start) = rest.find(['`', '\'', '"']) {
        let (before, from) = rest.split_at(start);
        let Some(length) = delimited(from) else {
            break;
        };
        let (token, after) = from.split_at(length);
        quoted.push_str(before);
        match token.strip_prefix('`').and_then(|t| t.strip_suffix('`')) {
            Some(literal) if !is_json(literal) => {
                quoted.push_str("`\"");
                quoted.push_str(literal.trim_start());
                quoted.push_str("\"`");
            }
            _ => quoted.push_str(token),
        }
        rest = after;
    }
    quoted.push_str(rest);
    Cow::Owned(quoted)
}

fn is_json(literal: &str) -> bool {
    serde_json::from_str::<Value>(&literal.replace("\\`", "`")).is_ok()
}

/// The length of the token that `text` begins with, delimiters included, if it is closed.
fn delimited(text: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    let (_, delimiter) = letters.next()?;
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == delimiter {
            return Some(at + letter.len_utf8());
        }
    }
    None
}

/// The library adds steps to positions in 32 bits; no list is longer than this.
const LONGEST_STEP: i32 = 1 << 30;

/// Lets `<` and its like compare text too, dates above all, and finds functions that do not exist.
pub(super) fn adapt(
    ast: &mut Ast,
    refuse: &mut impl FnMut(usize, String) -> OutputError,
) -> Result<(), OutputError> {
    for child in children(ast) {
        adapt(child, refuse)?;
    }
    match ast {
        Ast::Function { name, offset, .. } if RUNTIME.get_function(name).is_none() => {
            Err(refuse(*offset, format!("no function is called {name}")))
        }
        Ast::Slice { step, .. } => {
            *step = (*step).clamp(-LONGEST_STEP, LONGEST_STEP);
            Ok(())
        }
        Ast::Comparison { comparator, .. } => {
            if let Some(function) = ordering(comparator) {
                call(ast, function);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn ordering(comparator: &Comparator) -> Option<&'static str> {
    match comparator {
        Comparator::LessThan => Some(LESS),
        Comparator::LessThanEqual => Some(AT_MOST),
        Comparator::GreaterThan => Some(MORE),
        Comparator::GreaterThanEqual => Some(AT_LEAST),
        Comparator::Equal | Comparator::NotEqual => None,
    }
}

/// Makes a comparison a call of `function` with both sides.
fn call(comparison: &mut Ast, function: &str) {
    let placeholder = Ast::Identity { offset: 0 };
    let taken = std::mem::replace(comparison, placeholder);
    if let Ast::Comparison {
        offset, lhs, rhs, ..
    } = taken
    {
        *comparison = Ast::Function {
            offset,
            name: function.to_owned(),
            args: vec![*lhs, *rhs],
        };
    }
}

/// The parts of an expression.
pub(super) fn children(ast: &mut Ast) -> Vec<&mut Ast> {
    match ast {
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Condition {
            predicate, then, ..
        } => vec![predicate, then],
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => vec![node],
        Ast::Function { args, .. } => args.iter_mut().collect(),
        Ast::MultiList { elements, .. } => elements.iter_mut().collect(),
        Ast::MultiHash { elements, .. } => {
            elements.iter_mut().map(|pair| &mut pair.value).collect()
        }
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => Vec::new(),
    }
}
