//! Keys that nobody knows in the parts of a connector: they are let pass, as by other services, and told of. A
//! cursor that is misspelled is no cursor.

use serde_json::Value;

use crate::call::{Reply, WARNING};

/// How many keys are named at most.
const MOST_NAMED: usize = 3;

/// How much of a key is shown, in characters.
const MOST_KEY_CHARS: usize = 64;

/// Has a reply tell of what a caller gave and a connector does not have: of each part its name in the request, what
/// was given, and what the connector has.
pub(super) fn tell(reply: Reply, parts: &[(&str, Value, Value)]) -> Reply {
    let mut unknown = Vec::new();
    for (path, given, kept) in parts {
        find(path, given, kept, &mut unknown);
    }
    if unknown.is_empty() {
        return reply;
    }
    let more = match unknown.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    unknown.truncate(MOST_NAMED);
    reply.with_header(
        WARNING,
        format!(
            "No part of a connector has {}{more}: that has no effect",
            unknown.join(", ")
        ),
    )
}

/// Adds the paths of what is given and was not kept. `null` is as good as absent.
fn find(path: &str, given: &Value, kept: &Value, unknown: &mut Vec<String>) {
    match (given, kept) {
        (Value::Null, _) => {}
        (Value::Object(given), Value::Object(kept)) => {
            for (key, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                let shown: String = key.escape_default().take(MOST_KEY_CHARS).collect();
                let path = format!("{path}.{shown}");
                match kept.get(key) {
                    Some(kept) => find(&path, value, kept, unknown),
                    None => unknown.push(path),
                }
            }
        }
        (Value::Array(given), Value::Array(kept)) => {
            for (index, (given, kept)) in given.iter().zip(kept).enumerate() {
                find(&format!("{path}[{index}]"), given, kept, unknown);
            }
        }
        _ => {}
    }
}
