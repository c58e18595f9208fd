//! Which streams become one, and which match a metric's dimensions.

use std::collections::BTreeMap;

use super::super::mql::{DimensionFilter, Grouping, Match};
use super::Identity;
use crate::engine::wildcard::Wildcard;

impl Identity {
    /// A dimension with its value. Names may differ in the case of their letters: unconfirmed. The compartment
    /// and the resource group count as dimensions where no other has such a name, as the documentation's
    /// `{compartmentID = "…"}`.
    fn dimension<'i>(&'i self, name: &'i str) -> Option<(&'i str, &'i str)> {
        if let Some((name, value)) = self.dimensions.get_key_value(name) {
            return Some((name, value));
        }
        let mut dimensions = self.dimensions.iter();
        if let Some((name, value)) = dimensions.find(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            return Some((name, value));
        }
        let value = match name {
            _ if name.eq_ignore_ascii_case("compartmentId") => self.compartment_id.as_deref(),
            _ if name.eq_ignore_ascii_case("resourceGroup") => self.resource_group.as_deref(),
            _ => None,
        };
        value.map(|value| (name, value))
    }

    /// Whether the dimensions are as they must be.
    pub(super) fn passes(&self, filters: &[DimensionFilter]) -> bool {
        filters.iter().all(|filter| {
            let value = self.dimension(&filter.dimension).map(|(_, value)| value);
            match (filter.operator, value) {
                (Match::Equal, value) => value == Some(&filter.value),
                (Match::Unequal, value) => value != Some(&filter.value),
                (Match::Fuzzy, None) => false,
                (Match::Fuzzy, Some(value)) => filter
                    .value
                    .split('|')
                    .any(|alternative| Wildcard::new(alternative).matches(value)),
            }
        })
    }

    /// What is left when a stream of `other` becomes one with this.
    fn unite(&mut self, other: &Self) {
        if self.compartment_id != other.compartment_id {
            self.compartment_id = None;
        }
        if self.resource_group != other.resource_group {
            self.resource_group = None;
        }
        if self.metadata != other.metadata {
            self.metadata.clear();
        }
    }
}

/// What becomes one stream, with what that is about. Without a grouping nothing does.
///
/// Streams that lack a dimension to group by are grouped by the others: unconfirmed.
pub(super) fn group<T>(
    items: Vec<(Identity, T)>,
    grouping: Option<&Grouping>,
) -> Vec<(Identity, Vec<T>)> {
    let by: &[String] = match grouping {
        None => {
            let alone = items.into_iter();
            return alone
                .map(|(identity, item)| (identity, vec![item]))
                .collect();
        }
        Some(Grouping::All) => &[],
        Some(Grouping::By(dimensions)) => dimensions,
    };
    let mut groups: BTreeMap<BTreeMap<String, String>, (Identity, Vec<T>)> = BTreeMap::new();
    for (identity, item) in items {
        let dimensions = by.iter().filter_map(|name| identity.dimension(name));
        let dimensions: BTreeMap<String, String> = dimensions
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        match groups.get_mut(&dimensions) {
            Some((united, members)) => {
                united.unite(&identity);
                members.push(item);
            }
            None => {
                let united = Identity {
                    dimensions: dimensions.clone(),
                    is_grouped: true,
                    ..identity
                };
                groups.insert(dimensions, (united, vec![item]));
            }
        }
    }
    groups.into_values().collect()
}
