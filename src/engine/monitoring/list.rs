//! ListMetrics: which metrics there are.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Context;
use super::super::listing::{Limits, Request, order_of};
use super::super::wildcard::Wildcard;
use super::scope;
use crate::call::{ApiError, Call, Reply};
use crate::store::{Order, Page, Place, PlaceValue, Series, SeriesFilter};

/// Source: behaviour.md 5.3.
const LIMITS: Limits = Limits {
    default: 1000,
    most: 1000,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    namespace: Option<String>,
    name: Option<String>,
    resource_group: Option<String>,
    dimension_filters: Option<BTreeMap<String, String>>,
    group_by: Option<Vec<String>>,
    sort_by: Option<String>,
    sort_order: Option<String>,
}

/// What an item may be grouped and sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Namespace,
    Name,
    ResourceGroup,
}

impl Field {
    const ALL: [Self; 3] = [Self::Namespace, Self::Name, Self::ResourceGroup];

    fn wire(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Name => "name",
            Self::ResourceGroup => "resourceGroup",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|field| field.wire().eq_ignore_ascii_case(text))
    }

    fn of(self, item: &Item) -> Option<&str> {
        match self {
            Self::Namespace => item.namespace.as_deref(),
            Self::Name => item.name.as_deref(),
            Self::ResourceGroup => item.resource_group.as_deref(),
        }
    }
}

/// A metric; or what several have in common, when they are grouped.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    namespace: Option<String>,
    name: Option<String>,
    resource_group: Option<String>,
    compartment_id: Option<String>,
    dimensions: Option<BTreeMap<String, String>>,
}

impl Item {
    fn of(series: Series) -> Self {
        let key = series.key;
        Self {
            namespace: Some(key.namespace),
            name: Some(key.name),
            resource_group: Some(key.resource_group).filter(|group| !group.is_empty()),
            compartment_id: Some(key.compartment_id),
            dimensions: Some(key.dimensions),
        }
    }

    /// What is left of it when it is grouped by these fields.
    fn grouped(self, fields: &[Field]) -> Self {
        let keep = |field, value: Option<String>| value.filter(|_| fields.contains(&field));
        Self {
            namespace: keep(Field::Namespace, self.namespace),
            name: keep(Field::Name, self.name),
            resource_group: keep(Field::ResourceGroup, self.resource_group),
            compartment_id: None,
            dimensions: None,
        }
    }

    /// Where it stands in a list that is sorted by `field`. The rest of it tells equal ones apart.
    fn place(&self, field: Field) -> Place {
        Place {
            value: PlaceValue::Text(field.of(self).unwrap_or_default().to_owned()),
            id: json!([
                self.namespace,
                self.name,
                self.resource_group,
                self.compartment_id,
                self.dimensions
            ])
            .to_string(),
        }
    }

    fn shown(&self) -> Value {
        json!({
            "namespace": self.namespace,
            "name": self.name,
            "resourceGroup": self.resource_group,
            "compartmentId": self.compartment_id,
            "dimensions": self.dimensions,
        })
    }
}

pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: Details = call.typed_body()?;
    scope::check_namespace(details.namespace.as_deref())?;
    let compartment_id = scope::compartment(context, call)?;
    let group_by = group_by(&details)?;
    // Unconfirmed where nothing is said.
    let sort_by = details.sort_by.as_deref().and_then(Field::parse);
    let sort_by = sort_by.unwrap_or(Field::Namespace);
    let order = order_of(details.sort_order.as_deref()).unwrap_or(Order::Ascending);
    let request = Request::ordered(call, LIMITS, (sort_by.wire(), order))?;
    let filter = SeriesFilter {
        namespace: details.namespace.as_deref(),
        name: None,
        compartment_id,
        resource_group: resource_group(&details, &group_by),
    };
    let series = context
        .store
        .read(|session| session.metric_series(&filter))?;
    let asked = series
        .into_iter()
        .filter(|series| is_asked(series, &details));
    let mut items: Vec<Item> = match group_by.as_slice() {
        [] => asked.map(Item::of).collect(),
        fields => {
            let grouped = asked.map(|series| Item::of(series).grouped(fields));
            let unique: BTreeSet<Item> = grouped.collect();
            unique.into_iter().collect()
        }
    };
    items.sort_by_cached_key(|item| Sorted(item.place(sort_by)));
    let place = |item: &Item| item.place(sort_by);
    let (items, reply) = request.fetch(place, |order, after, limit| {
        Ok(page(&items, sort_by, (order, after, limit)))
    })?;
    let mut reply = Reply {
        body: Some(items.iter().map(Item::shown).collect()),
        ..reply
    };
    // This list leads forward only. Source: behaviour.md 7.3.
    reply.headers.remove("opc-prev-page");
    Ok(reply)
}

fn group_by(details: &Details) -> Result<Vec<Field>, ApiError> {
    let fields = details.group_by.iter().flatten();
    fields
        .map(|text| {
            Field::parse(text).ok_or_else(|| {
                ApiError::invalid(format!(
                    "groupBy must be of namespace, name and resourceGroup, not {text}"
                ))
            })
        })
        .collect()
}

/// The resource group to look for: where none is named, metrics without one. Source: the description of
/// ListMetricsDetails in the official SDK. Whoever groups by it wants to see them all: unconfirmed.
fn resource_group<'d>(details: &'d Details, group_by: &[Field]) -> Option<&'d str> {
    match details.resource_group.as_deref() {
        None if group_by.contains(&Field::ResourceGroup) => None,
        group => Some(group.unwrap_or_default()),
    }
}

/// Whether a series has the name and the dimensions asked for. Groups are told without regard to dimensions.
/// Source: behaviour.md 5.3.
fn is_asked(series: &Series, details: &Details) -> bool {
    let name = details.name.as_deref().unwrap_or("*");
    let name = Wildcard::new(name.to_ascii_lowercase());
    if !name.matches(&series.key.name.to_ascii_lowercase()) {
        return false;
    }
    let is_grouped = details.group_by.as_ref().is_some_and(|by| !by.is_empty());
    let mut filters = details.dimension_filters.iter().flatten();
    is_grouped || filters.all(|(key, value)| series.key.dimensions.get(key) == Some(value))
}

#[derive(PartialEq, Eq)]
struct Sorted(Place);

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> Ordering {
        let text = |place: &Place| match &place.value {
            PlaceValue::Text(text) => text.clone(),
            PlaceValue::Number(number) => number.to_string(),
        };
        (text(&self.0), &self.0.id).cmp(&(text(&other.0), &other.0.id))
    }
}

impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Some of the items, which stand in ascending order.
fn page(
    items: &[Item],
    sort_by: Field,
    (order, after, limit): (Order, Option<&Place>, usize),
) -> Page<Item> {
    let after = after.cloned().map(Sorted);
    let is_beyond = |item: &&Item| match &after {
        None => true,
        Some(after) => {
            let found = Sorted(item.place(sort_by)).cmp(after);
            match order {
                Order::Ascending => found.is_gt(),
                Order::Descending => found.is_lt(),
            }
        }
    };
    let mut beyond: Vec<Item> = match order {
        Order::Ascending => items
            .iter()
            .filter(is_beyond)
            .take(limit + 1)
            .cloned()
            .collect(),
        Order::Descending => {
            let backwards = items.iter().rev();
            backwards
                .filter(is_beyond)
                .take(limit + 1)
                .cloned()
                .collect()
        }
    };
    let more = beyond.len() > limit;
    beyond.truncate(limit);
    Page {
        items: beyond,
        more,
    }
}
