//! The order of an object's keys, where an expression has written them in one.
//!
//! Objects themselves are sorted by key, which is what the official command line prints. The formats
//! that it does not have list keys as the user wrote them in `--query`.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::api::model::{Kind, Model};
use crate::api::naming::kebab;
use crate::api::operation::ReplyBody;

/// How deep the order of a reply's keys is known. Models may hold each other.
const MOST_DEPTH: usize = 8;

/// In which order the keys of a value are listed; a list's elements share it.
///
/// Keys that it does not name come last, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    keys: Vec<(String, Order)>,
}

impl Order {
    /// No order but the alphabet's.
    pub(super) const SORTED: &'static Self = &Self { keys: Vec::new() };

    /// The order of what is printed of a reply: the data's is that of the fields of its models, in which
    /// the official command line holds them.
    pub(super) fn of_reply(reply: ReplyBody) -> Self {
        let mut document = Self::default();
        if let ReplyBody::Object(model) | ReplyBody::List(model) = reply {
            document.push("data", Self::of_model(model, MOST_DEPTH));
        }
        document
    }

    fn of_model(model: &Model, depth: usize) -> Self {
        let mut fields = Self::default();
        let Some(depth) = depth.checked_sub(1) else {
            return fields;
        };
        let variants = model.variants.iter().flat_map(|variants| variants.models);
        let models = [model].into_iter().chain(variants.map(|(_, model)| *model));
        for field in models.flat_map(|model| model.fields) {
            fields.push(&kebab(field.wire), Self::of_kind(&field.kind, depth));
        }
        fields
    }

    fn of_kind(kind: &Kind, depth: usize) -> Self {
        match kind {
            Kind::Object(model) => Self::of_model(model, depth),
            Kind::List(element) => Self::of_kind(element, depth),
            // The keys of a map are the user's; what they have in common is none of ours.
            _ => Self::default(),
        }
    }

    /// The keys, in their order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(key, _)| key.as_str())
    }

    /// Adds a key behind the others, or what is known of one that is there.
    pub(super) fn push(&mut self, key: &str, order: Self) {
        match self.keys.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => known.merge(order),
            None => self.keys.push((key.to_owned(), order)),
        }
    }

    /// Adds the keys of another order behind its own.
    pub(super) fn merge(&mut self, other: Self) {
        for (key, order) in other.keys {
            self.push(&key, order);
        }
    }

    /// The order inside the value of a key.
    pub(super) fn within(&self, key: &str) -> &Self {
        let found = self.keys.iter().find(|(known, _)| known == key);
        found.map_or(Self::SORTED, |(_, order)| order)
    }

    /// The orders inside the values of all keys.
    pub(super) fn values(self) -> impl Iterator<Item = Self> {
        self.keys.into_iter().map(|(_, order)| order)
    }

    /// The known ones of `sorted` keys as they were written, and the others behind them.
    pub(super) fn arrange<'k>(&'k self, sorted: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
        let mut keys: Vec<&str> = sorted.collect();
        let written = |key: &&str| self.keys.iter().position(|(known, _)| known == key);
        // The sort is stable: what was not written stays in its order.
        keys.sort_by_key(|key| written(key).unwrap_or(usize::MAX));
        keys
    }
}

/// A value that is serialized with its keys in an order.
pub(super) struct Ordered<'v> {
    /// The value.
    pub value: &'v Value,
    /// The order.
    pub order: &'v Order,
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { value, order } = *self;
        match value {
            // The alphabet's order is the one that values have.
            value if order.keys.is_empty() => value.serialize(serializer),
            Value::Array(values) => {
                serializer.collect_seq(values.iter().map(|value| Ordered { value, order }))
            }
            Value::Object(fields) => self.object(fields, serializer),
            scalar => scalar.serialize(serializer),
        }
    }
}

impl Ordered<'_> {
    fn object<S: Serializer>(
        &self,
        fields: &Map<String, Value>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for key in self.order.arrange(fields.keys().map(String::as_str)) {
            let order = self.order.within(key);
            let value = fields.get(key).unwrap_or(&Value::Null);
            map.serialize_entry(key, &Ordered { value, order })?;
        }
        map.end()
    }
}
