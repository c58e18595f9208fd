//! What a request names more than once. As Kafka's brokers do, what makes or deletes something answers for each
//! name once: clients take two answers about one thing for a broken reply, and lose those about all others with it.
//! What changes settings answers for each time that a resource is named.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use kafka_protocol::error::ResponseError;

use super::error::Refusal;

/// The items that name different things, in the order in which they are named first, each with whether another
/// names the same.
pub(super) fn once_each<'i, T, K: Eq + Hash>(
    items: &'i [T],
    name: impl Fn(&'i T) -> K,
) -> Vec<(&'i T, bool)> {
    let mut places = HashMap::with_capacity(items.len());
    let mut once: Vec<(&T, bool)> = Vec::with_capacity(items.len());
    for item in items {
        let place = *places.entry(name(item)).or_insert(once.len());
        match once.get_mut(place) {
            Some((_, is_repeated)) => *is_repeated = true,
            None => once.push((item, false)),
        }
    }
    once
}

/// The names that several of the items have.
pub(super) fn repeated<'i, T, K: Copy + Eq + Hash>(
    items: &'i [T],
    name: impl Fn(&'i T) -> K,
) -> HashSet<K> {
    let mut seen = HashSet::with_capacity(items.len());
    let again = items.iter().map(name).filter(|name| !seen.insert(*name));
    again.collect()
}

/// Why nothing is done with what a request to change it names more than once.
pub(super) fn named_twice(what: &str) -> Refusal {
    Refusal::new(
        ResponseError::InvalidRequest,
        format_args!("the request names the {what} more than once"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once() {
        let once = once_each(&["a", "b", "a", "c", "a"], |name| *name);
        assert_eq!(once, [(&"a", true), (&"b", false), (&"c", false)]);
        assert_eq!(once_each(&[], |name: &&str| *name), []);
        let repeated = repeated(&["a", "b", "a", "c", "a"], |name| *name);
        assert_eq!(repeated, HashSet::from(["a"]));
    }
}
