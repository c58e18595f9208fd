//! Holds replies against the models of their operations.

use ocelot::api::model::{Kind, Model};
use ocelot::api::operation::{Operation, ReplyBody};
use ocelot::call::Reply;
use serde_json::Value;

pub(crate) fn check_reply(operation: &Operation, reply: &Reply) {
    let name = operation.id;
    assert!((200..300).contains(&reply.status), "{name}: {reply:?}");
    match (operation.reply, &reply.body) {
        (ReplyBody::Object(model), Some(body)) => check_shape(model.name, model, body),
        (ReplyBody::List(model), Some(Value::Array(items))) => {
            for item in items {
                check_shape(model.name, model, item);
            }
        }
        (ReplyBody::Nothing, None) | (ReplyBody::Text, Some(Value::String(_))) => {}
        other => panic!("{name} answered with {other:?}"),
    }
}

/// All fields are known, those that must be there are, and each holds what it may.
fn check_shape(path: &str, model: &'static Model, value: &Value) {
    let object = value.as_object();
    let object = object.unwrap_or_else(|| panic!("{path} is {value}"));
    let discriminator = model.variants.as_ref();
    let discriminator =
        discriminator.and_then(|variants| object.get(variants.discriminator)?.as_str());
    let model = model.variant(discriminator);
    for key in object.keys() {
        assert!(model.field(key).is_some(), "{path} has no {key}");
    }
    for field in model.fields {
        let path = format!("{path}.{}", field.wire);
        match object.get(field.wire) {
            None => assert!(!field.required, "{path} is missing"),
            // What must be there may be nothing, as the key of a message.
            Some(Value::Null) => {}
            Some(value) => check_kind(&path, field.kind, value),
        }
    }
}

fn check_kind(path: &str, kind: Kind, value: &Value) {
    match kind {
        Kind::Object(model) => check_shape(path, model, value),
        Kind::List(kind) => {
            let values = value.as_array();
            for one in values.unwrap_or_else(|| panic!("{path} is {value}")) {
                check_kind(path, *kind, one);
            }
        }
        Kind::Map(kind) => {
            let entries = value.as_object();
            for one in entries
                .unwrap_or_else(|| panic!("{path} is {value}"))
                .values()
            {
                check_kind(path, *kind, one);
            }
        }
        Kind::Choice(choices) => {
            let is_known = value.as_str().is_some_and(|text| choices.contains(&text));
            assert!(is_known, "{path} is {value}");
        }
        Kind::Text | Kind::DateTime => assert!(value.is_string(), "{path} is {value}"),
        Kind::Integer => assert!(value.is_i64(), "{path} is {value}"),
        Kind::Float => assert!(value.is_number(), "{path} is {value}"),
        Kind::Boolean => assert!(value.is_boolean(), "{path} is {value}"),
        Kind::Any => {}
    }
}
