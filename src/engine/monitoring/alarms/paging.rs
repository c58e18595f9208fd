//! Pages of what is in memory.

use std::cmp::Ordering;

use crate::store::{Order, Page, Place, PlaceValue};

/// Sorts items by their places, and takes those after a place, at most `limit`.
pub(super) fn page<T>(
    mut items: Vec<T>,
    place: impl Fn(&T) -> Place,
    (order, after, limit): (Order, Option<&Place>, usize),
) -> Page<T> {
    let compare = |one: &Place, other: &Place| {
        let ascending = compare(one, other);
        match order {
            Order::Ascending => ascending,
            Order::Descending => ascending.reverse(),
        }
    };
    if let Some(after) = after {
        items.retain(|item| compare(&place(item), after).is_gt());
    }
    items.sort_by(|one, other| compare(&place(one), &place(other)));
    let more = items.len() > limit;
    items.truncate(limit);
    Page { items, more }
}

fn compare(one: &Place, other: &Place) -> Ordering {
    let by_value = match (&one.value, &other.value) {
        (PlaceValue::Number(one), PlaceValue::Number(other)) => one.cmp(other),
        (PlaceValue::Text(one), PlaceValue::Text(other)) => one.cmp(other),
        (PlaceValue::Number(_), PlaceValue::Text(_)) => Ordering::Less,
        (PlaceValue::Text(_), PlaceValue::Number(_)) => Ordering::Greater,
    };
    by_value.then_with(|| one.id.cmp(&other.id))
}
