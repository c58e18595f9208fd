//! The printed form of a reply: wire names in kebab case, one key for every field of the model.
//!
//! A reply that does not have the shape that the table promises is printed as it came.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::{date, truthy};
use crate::api::model::{Kind, Model};
use crate::api::naming::kebab;
use crate::api::operation::{Operation, ReplyBody};
use crate::call::Reply;

/// The headers that are printed beside the data.
const SHOWN_HEADERS: [&str; 5] = [
    "etag",
    "opc-next-cursor",
    "opc-next-page",
    "opc-total-items",
    "opc-work-request-id",
];

/// What stands for a value outside the set that the interface description allows.
const UNKNOWN_CHOICE: &str = "UNKNOWN_ENUM_VALUE";

/// `{"data": …, "etag": …}`; without `data` when there is none, or an empty list.
pub(super) fn document(operation: &Operation, reply: Reply) -> Map<String, Value> {
    let mut document = Map::new();
    if let Some(body) = reply.body.and_then(|body| data(operation.reply, body)) {
        document.insert("data".to_owned(), body);
    }
    document.extend(shown(reply.headers));
    document
}

fn shown(headers: BTreeMap<String, String>) -> impl Iterator<Item = (String, Value)> {
    headers
        .into_iter()
        .filter(|(name, _)| SHOWN_HEADERS.contains(&name.as_str()))
        .map(|(name, value)| (name, Value::String(value)))
}

fn data(promised: ReplyBody, body: Value) -> Option<Value> {
    match (promised, body) {
        (ReplyBody::Nothing, _) => None,
        // An object is printed even if the service left everything out.
        (ReplyBody::Object(model), Value::Object(fields)) => Some(object(model, fields)),
        (ReplyBody::List(model), body) => Some(list(&Kind::Object(model), body)).filter(truthy),
        (_, body) => Some(body).filter(truthy),
    }
}

fn object(model: &'static Model, mut given: Map<String, Value>) -> Value {
    let told = model.variants.as_ref().and_then(|variants| {
        let value = given.get(variants.discriminator)?;
        value.as_str()
    });
    let fields = model.variant(told).fields.iter().map(|field| {
        // Of a field that all variants share, only the model itself knows the allowed values.
        let kind = model.field(field.wire).unwrap_or(field).kind;
        let value = given.remove(field.wire);
        let value = value.map_or(Value::Null, |value| printed(&kind, value));
        (kebab(field.wire), value)
    });
    Value::Object(fields.collect())
}

fn printed(kind: &Kind, value: Value) -> Value {
    match (kind, value) {
        (Kind::Object(model), Value::Object(fields)) => object(model, fields),
        (Kind::List(element), value) => list(element, value),
        (Kind::Map(element), Value::Object(entries)) => {
            let entries = entries.into_iter();
            let entries = entries.map(|(key, value)| (key, printed(element, value)));
            Value::Object(entries.collect())
        }
        (Kind::DateTime, Value::String(text)) => {
            Value::String(date::printed(&text).unwrap_or(text))
        }
        (Kind::Choice(allowed), Value::String(text)) if !allowed.contains(&text.as_str()) => {
            Value::String(UNKNOWN_CHOICE.to_owned())
        }
        (Kind::Float, Value::Number(number)) => Value::Number(as_float(number)),
        (_, value) => value,
    }
}

fn list(element: &Kind, value: Value) -> Value {
    match value {
        Value::Array(values) => {
            let values = values.into_iter();
            Value::Array(values.map(|value| printed(element, value)).collect())
        }
        other => other,
    }
}

/// Services write whole floats without a point; the official command line prints them with one.
fn as_float(number: Number) -> Number {
    let float = number.as_f64().and_then(Number::from_f64);
    float.unwrap_or(number)
}
