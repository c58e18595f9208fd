//! `*`, `values()` and `keys()` in the order of the models.
//!
//! Objects are sorted by key here. Python's dicts, which the official command line searches in, have the
//! fields of a model in the model's order, and these expressions let it show.

use jmespath::Rcvar;
use jmespath::Variable;
use jmespath::ast::Ast;

use super::dialect::children;
use super::functions::{KEYS_OF_OBJECT, VALUES_IF_OBJECT, VALUES_OF_OBJECT};
use super::shape;
use crate::output::order::Order;

/// Whether an expression shows the order of keys.
pub(super) fn shows_order(ast: &mut Ast) -> bool {
    match ast {
        Ast::ObjectValues { .. } => true,
        Ast::Function { name, .. } if matches!(name.as_str(), "keys" | "values") => true,
        _ => children(&mut ast.clone()).into_iter().any(shows_order),
    }
}

/// Makes an expression list values and keys in the order that is known of what it is applied to.
pub(super) fn arrange(ast: &mut Ast, input: &Order) {
    match ast {
        Ast::Projection { lhs, rhs, .. } | Ast::Subexpr { lhs, rhs, .. } => {
            arrange(lhs, input);
            arrange(rhs, &shape::order(lhs, input));
        }
        Ast::Function { name, args, .. } => {
            for arg in args.iter_mut().filter(|arg| !is_reference(arg)) {
                arrange(arg, input);
            }
            // What `&` refers to is applied to the elements of the list beside it.
            let list = args.iter().find(|arg| !is_reference(arg));
            let elements = list.map_or_else(Order::default, |list| shape::order(list, input));
            for arg in args.iter_mut().filter(|arg| is_reference(arg)) {
                arrange(arg, &elements);
            }
            let ordered = match name.as_str() {
                "values" => VALUES_OF_OBJECT,
                "keys" => KEYS_OF_OBJECT,
                _ => return,
            };
            if let [object] = args.as_slice() {
                let keys = keys(object, input);
                *name = ordered.to_owned();
                args.push(keys);
            }
        }
        Ast::ObjectValues { node, offset } => {
            arrange(node, input);
            let offset = *offset;
            let keys = keys(node, input);
            let node = std::mem::replace(node.as_mut(), Ast::Identity { offset });
            *ast = Ast::Function {
                offset,
                name: VALUES_IF_OBJECT.to_owned(),
                args: vec![node, keys],
            };
        }
        _ => {
            for child in children(ast) {
                arrange(child, input);
            }
        }
    }
}

fn is_reference(ast: &Ast) -> bool {
    matches!(ast, Ast::Expref { .. })
}

/// The keys that are known of what `object` finds, as a literal.
fn keys(object: &Ast, input: &Order) -> Ast {
    let order = shape::order(object, input);
    let keys = order
        .keys()
        .map(|key| Rcvar::new(Variable::String(key.to_owned())));
    Ast::Literal {
        offset: 0,
        value: Rcvar::new(Variable::Array(keys.collect())),
    }
}
