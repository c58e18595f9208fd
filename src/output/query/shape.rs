//! What an expression tells of its result before it is searched for: the order of its keys, and
//! whether it may be searched for in one page of a list after the other.

use jmespath::ast::Ast;

use super::functions::{VALUES_IF_OBJECT, VALUES_OF_OBJECT};
use crate::output::order::Order;

/// The order in which an expression lists the keys of its result.
///
/// It is that of the last multi-select hashes that shape the result: `input` is the order of what the
/// expression is applied to.
pub(super) fn order(ast: &Ast, input: &Order) -> Order {
    match ast {
        Ast::MultiHash { elements, .. } => {
            let mut written = Order::default();
            for pair in elements {
                written.push(&pair.key, order(&pair.value, input));
            }
            written
        }
        // A list's order is its elements', so to look into a list changes nothing.
        Ast::Projection { lhs, rhs, .. } | Ast::Subexpr { lhs, rhs, .. } => {
            order(rhs, &order(lhs, input))
        }
        Ast::Condition { then: inner, .. }
        | Ast::Flatten { node: inner, .. }
        | Ast::Expref { ast: inner, .. } => order(inner, input),
        Ast::Field { name, .. } => input.within(name).clone(),
        Ast::Identity { .. } | Ast::Index { .. } | Ast::Slice { .. } => input.clone(),
        Ast::ObjectValues { node, .. } => merged(order(node, input).values()),
        Ast::Or { lhs, rhs, .. } => merged([lhs, rhs].map(|side| order(side, input))),
        Ast::And { rhs, .. } => order(rhs, input),
        Ast::MultiList { elements, .. } => merged(elements.iter().map(|one| order(one, input))),
        Ast::Function { name, args, .. } => of_function(name, args, input),
        Ast::Comparison { .. } | Ast::Literal { .. } | Ast::Not { .. } => Order::default(),
    }
}

/// Functions that hand on what they are given.
fn of_function(name: &str, args: &[Ast], input: &Order) -> Order {
    match (name, args) {
        ("map", [each, list]) => order(each, &order(list, input)),
        ("sort_by" | "max_by" | "min_by" | "reverse" | "sort" | "to_array", [list, ..]) => {
            order(list, input)
        }
        ("merge" | "not_null", args) => merged(args.iter().map(|one| order(one, input))),
        ("values" | VALUES_IF_OBJECT | VALUES_OF_OBJECT, [object, ..]) => {
            merged(order(object, input).values())
        }
        _ => Order::default(),
    }
}

fn merged(orders: impl IntoIterator<Item = Order>) -> Order {
    let mut merged = Order::default();
    for order in orders {
        merged.merge(order);
    }
    merged
}

/// Whether the result for a list at `place` is what the results for its parts are, one after the other.
///
/// That is so where each element is looked at by itself: projections of the list, filters among them.
pub(super) fn goes_item_by_item(ast: &Ast, place: &[&str]) -> bool {
    match ast {
        Ast::Projection { lhs: list, .. } | Ast::Flatten { node: list, .. } => {
            is_place(list, place) || goes_item_by_item(list, place)
        }
        _ => is_place(ast, place),
    }
}

fn is_place(ast: &Ast, place: &[&str]) -> bool {
    match (ast, place) {
        (Ast::Field { name, .. }, [only]) => name == only,
        (Ast::Subexpr { lhs, rhs, .. }, [front @ .., last]) => {
            is_place(lhs, front) && is_place(rhs, &[last])
        }
        _ => false,
    }
}
