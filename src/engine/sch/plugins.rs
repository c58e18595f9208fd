//! Connector plugins: the sources that are not kinds of their own. Queue is the one there is.

use serde_json::{Value, json};

use super::super::listing::{Limits, Request};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Order, Page, Place, PlaceValue};

/// The plugin that reads from a queue. Source: behaviour.md 6.1.
pub(super) const QUEUE_SOURCE: &str = "QueueSource";

/// When it came to be, in milliseconds. Unconfirmed: the plugin is younger than the service.
const TIME_CREATED_MS: i64 = 1_707_264_000_000;

/// Bounds of a page. Unconfirmed; the services' usual ones.
const LIMITS: Limits = Limits {
    default: 100,
    most: 1000,
};

const SCHEMA: &str = r#"{
  "openapi": "3.0.0",
  "info": {"title": "QueueSource", "version": "1.0"},
  "paths": {},
  "components": {"schemas": {"QueueSource": {
    "type": "object",
    "required": ["queueId"],
    "properties": {
      "queueId": {"type": "string", "description": "OCID of the queue to read from."},
      "channelFilter": {"type": "string", "description": "The one channel to read from."}
    }
  }}}
}"#;

pub(super) fn get(call: &Call) -> Result<Reply, ApiError> {
    let name = call.path_value("connectorPluginName")?;
    if name != QUEUE_SOURCE {
        return Err(ApiError::not_found(format!(
            "Unknown connector plugin {name}: there is {QUEUE_SOURCE}"
        )));
    }
    let mut plugin = summary();
    if let Some(fields) = plugin.as_object_mut() {
        fields.insert("schema".to_owned(), SCHEMA.into());
    }
    Ok(Reply::ok(plugin))
}

pub(super) fn list(call: &Call) -> Result<Reply, ApiError> {
    let by_name = call.query_text("sortBy") == Some("displayName");
    let sorted = match by_name {
        true => ("displayName", Order::Ascending),
        false => ("timeCreated", Order::Descending),
    };
    let request = Request::of(call, LIMITS, sorted)?;
    let is_wanted = |wire: &str, own: &str| {
        let wanted = call.query_text(wire);
        wanted.is_none_or(|wanted| wanted == own)
    };
    let is_listed = is_wanted("name", QUEUE_SOURCE)
        && is_wanted("displayName", "Queue")
        && call
            .query_text("lifecycleState")
            .is_none_or(|state| state.eq_ignore_ascii_case("ACTIVE"));
    let place = |_: &Value| Place {
        value: PlaceValue::Number(TIME_CREATED_MS),
        id: QUEUE_SOURCE.to_owned(),
    };
    let (items, reply) = request.fetch(place, |_, after, _| {
        let is_here = is_listed && after.is_none();
        Ok(Page {
            items: is_here.then(summary).into_iter().collect(),
            more: false,
        })
    })?;
    Ok(Reply {
        body: Some(json!({ "items": items })),
        ..reply
    })
}

fn summary() -> Value {
    json!({
        "kind": "SOURCE",
        "name": QUEUE_SOURCE,
        "displayName": "Queue",
        "timeCreated": rfc3339(TIME_CREATED_MS),
        "estimatedThroughput": "MEDIUM",
        "lifecycleState": "ACTIVE",
        // The longest time that a queue keeps messages.
        "maxRetention": "P7D",
    })
}
