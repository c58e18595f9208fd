//! How a seed may spell what a resource has: as on the wire, in kebab case, or as its create command's option.

use serde_json::{Map, Value};

use crate::api::OperationId;
use crate::api::model::{Field, Kind, Model};
use crate::api::naming::kebab;
use crate::api::options::Source;

/// The field of the body of an operation that a seed calls `key`.
pub(super) fn field_of(id: OperationId, key: &str) -> Option<&'static Field> {
    let operation = id.operation()?;
    let model = operation.body?;
    field(model, key).or_else(|| {
        let mut options = operation.options().into_iter();
        let option = options.find(|option| option.flag == kebab(key))?;
        match option.source {
            Source::Param(param) => model.field(param.wire),
            _ => None,
        }
    })
}

fn field(model: &'static Model, key: &str) -> Option<&'static Field> {
    let mut fields = model.fields.iter();
    fields.find(|field| field.wire == key || kebab(field.wire) == key)
}

/// A value with the names of its fields as on the wire. Keys that are the user's own, or unknown, stay as they are.
pub(super) fn as_on_wire(value: &Value, kind: Kind) -> Value {
    match (kind, value) {
        (Kind::Object(model), Value::Object(fields)) => Value::Object(object(fields, model)),
        (Kind::List(element), Value::Array(values)) => {
            let values = values.iter();
            values.map(|value| as_on_wire(value, *element)).collect()
        }
        _ => value.clone(),
    }
}

fn object(fields: &Map<String, Value>, model: &'static Model) -> Map<String, Value> {
    let which = model.variants.as_ref().and_then(|variants| {
        let told = fields.get(variants.discriminator);
        told.or_else(|| fields.get(&kebab(variants.discriminator)))
    });
    let model = model.variant(which.and_then(Value::as_str));
    let spelled = fields.iter().map(|(key, value)| match field(model, key) {
        Some(field) => (field.wire.to_owned(), as_on_wire(value, field.kind)),
        None => (key.clone(), value.clone()),
    });
    spelled.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::events::Events;
    use crate::api::monitoring::Monitoring;
    use crate::api::ons::Ons;
    use crate::api::sch::Sch;

    fn wire(id: OperationId, key: &str) -> Option<&'static str> {
        field_of(id, key).map(|field| field.wire)
    }

    #[test]
    fn a_field_has_the_name_of_the_wire_and_that_of_the_option() {
        let alarm = OperationId::Monitoring(Monitoring::CreateAlarm);
        assert_eq!(wire(alarm, "query"), Some("query"));
        assert_eq!(wire(alarm, "query-text"), Some("query"));
        assert_eq!(wire(alarm, "queryText"), Some("query"));
        assert_eq!(wire(alarm, "display-name"), Some("displayName"));
        assert_eq!(wire(alarm, "wait-for-state"), None);
        let subscription = OperationId::Ons(Ons::CreateSubscription);
        assert_eq!(
            wire(subscription, "subscription-endpoint"),
            Some("endpoint")
        );
    }

    #[test]
    fn what_lies_within_is_spelled_as_on_the_wire() {
        let spelled = |id, key, value: Value| as_on_wire(&value, field_of(id, key).unwrap().kind);
        let connector = OperationId::Sch(Sch::CreateServiceConnector);
        assert_eq!(
            spelled(
                connector,
                "target",
                json!({"kind": "objectStorage", "bucket-name": "b", "batch-rollover-size-in-mbs": 1, "own": {"a-b": 1}})
            ),
            json!({"kind": "objectStorage", "bucketName": "b", "batchRolloverSizeInMBs": 1, "own": {"a-b": 1}})
        );
        assert_eq!(
            spelled(connector, "freeform-tags", json!({"my-tag": "x"})),
            json!({"my-tag": "x"})
        );
        assert_eq!(
            spelled(
                OperationId::Events(Events::CreateRule),
                "actions",
                json!({"actions": [{"action-type": "OSS", "stream-id": "s"}]})
            ),
            json!({"actions": [{"actionType": "OSS", "streamId": "s"}]})
        );
    }
}
