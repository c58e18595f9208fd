//! What differs between a saved state and the engine: one row for each thing and setting.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// How wide the columns of a table may be, so that a row mostly fits into 100 columns and always into 150.
const ID_COLUMNS: usize = 18;
const NAME_COLUMNS: usize = 24;
const VALUE_COLUMNS: usize = 20;
const DIFFERENCE_COLUMNS: usize = 30;

/// One thing that differs, in one respect.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference<'s> {
    kind: &'s str,
    name: &'s str,
    id: &'s str,
    /// A setting by its path, or another respect.
    respect: String,
    in_file: Value,
    in_engine: Value,
}

/// What tells a thing from others: its kind, name, OCID and tenancy.
type Key<'s> = [&'s str; 4];

/// What is only in one of two states, or otherwise in the other.
pub(super) fn differences<'s>(in_file: &'s [Value], in_engine: &'s [Value]) -> Vec<Difference<'s>> {
    let (in_file, in_engine) = (by_key(in_file), by_key(in_engine));
    let keys: BTreeSet<Key<'_>> = in_file.keys().chain(in_engine.keys()).copied().collect();
    let mut found = Vec::new();
    for key in keys {
        let things = (in_file.get(&key).copied(), in_engine.get(&key).copied());
        for (respect, in_file, in_engine) in respects(things.0, things.1) {
            let [kind, name, id, _] = key;
            found.push(Difference {
                kind,
                name,
                id,
                respect,
                in_file,
                in_engine,
            });
        }
    }
    found
}

fn by_key(things: &[Value]) -> BTreeMap<Key<'_>, &Value> {
    let key = |thing| ["kind", "name", "id", "tenancy-id"].map(|name| text(thing, name));
    things.iter().map(|thing| (key(thing), thing)).collect()
}

fn text<'s>(thing: &'s Value, name: &str) -> &'s str {
    thing.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// In what respect a thing differs, and what it is on either side.
type Respect = (String, Value, Value);

fn respects(in_file: Option<&Value>, in_engine: Option<&Value>) -> Vec<Respect> {
    let part = |thing: Option<&Value>, name| {
        let part = thing.and_then(|thing| thing.get(name));
        part.cloned().unwrap_or(Value::Null)
    };
    let both = |name| (part(in_file, name), part(in_engine, name));
    let mut found = Vec::new();
    let messages = both("messages");
    match (in_file, in_engine) {
        (Some(one), Some(_)) => {
            let (file, engine) = both("settings");
            compare(String::new(), &file, &engine, &mut found);
            let content = both("content");
            if content.0 != content.1 {
                found.push(match text(one, "kind") {
                    // Nobody can read what stands for the points.
                    "metric" => ("points".to_owned(), Value::Null, Value::Null),
                    _ => ("position".to_owned(), content.0, content.1),
                });
            }
        }
        (Some(_), None) => found.push(("only in the file".to_owned(), Value::Null, Value::Null)),
        (None, _) => found.push(("only in the engine".to_owned(), Value::Null, Value::Null)),
    }
    let count = |messages: &Value| messages.as_u64().unwrap_or(0);
    if count(&messages.0) != count(&messages.1) {
        found.push(("messages".to_owned(), messages.0, messages.1));
    }
    found
}

/// Compares settings, and those in them.
fn compare(path: String, in_file: &Value, in_engine: &Value, found: &mut Vec<Respect>) {
    match (in_file, in_engine) {
        (Value::Object(file), Value::Object(engine)) => {
            let names: BTreeSet<&String> = file.keys().chain(engine.keys()).collect();
            let part = |fields: &Map<String, Value>, name| {
                fields.get(name).cloned().unwrap_or(Value::Null)
            };
            for name in names {
                let path = match path.as_str() {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                compare(path, &part(file, name), &part(engine, name), found);
            }
        }
        (Value::Array(file), Value::Array(engine)) if file.len() == engine.len() => {
            for (number, (one, other)) in file.iter().zip(engine).enumerate() {
                compare(format!("{path}[{number}]"), one, other, found);
            }
        }
        (one, other) if one != other => found.push((path, one.clone(), other.clone())),
        _ => {}
    }
}

impl Difference<'_> {
    /// All of it.
    pub(super) fn told(&self) -> Value {
        json!({
            "kind": self.kind,
            "name": self.name,
            "id": self.id,
            "difference": self.respect,
            "in-file": self.in_file,
            "in-engine": self.in_engine,
        })
    }

    /// What a table has room for. An OCID is told by its end, and so is the path of a setting.
    pub(super) fn drawn(&self) -> Value {
        let value = |value: &Value| match value {
            Value::String(text) => Value::String(beginning(text, VALUE_COLUMNS)),
            Value::Array(_) | Value::Object(_) => {
                Value::String(beginning(&value.to_string(), VALUE_COLUMNS))
            }
            short => short.clone(),
        };
        json!({
            "kind": self.kind,
            "name": beginning(self.name, NAME_COLUMNS),
            "id": end(self.id, ID_COLUMNS),
            "difference": end(&self.respect, DIFFERENCE_COLUMNS),
            "in-file": value(&self.in_file),
            "in-engine": value(&self.in_engine),
        })
    }
}

/// The beginning of a text that has no room, in one line.
fn beginning(text: &str, columns: usize) -> String {
    let text = text.replace(char::is_control, " ");
    match text.chars().count() > columns {
        true => text.chars().take(columns - 1).chain(['…']).collect(),
        false => text,
    }
}

/// Likewise its end.
fn end(text: &str, columns: usize) -> String {
    let text = text.replace(char::is_control, " ");
    match text.chars().count().checked_sub(columns) {
        None | Some(0) => text,
        Some(over) => ['…']
            .into_iter()
            .chain(text.chars().skip(over + 1))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;

    fn told(in_file: &[Value], in_engine: &[Value]) -> Vec<(String, Value, Value)> {
        let found = differences(in_file, in_engine);
        let parts = found.into_iter();
        parts
            .map(|one| (one.respect, one.in_file, one.in_engine))
            .collect()
    }

    fn thing(settings: Value) -> Value {
        json!({"kind": "rule", "name": "all", "id": "1", "tenancy-id": "", "settings": settings})
    }

    #[test]
    fn settings_are_told_by_their_paths() {
        let file =
            thing(json!({"a": {"b": [{"c": 1}, 2]}, "list": [1], "same": "x", "gone": true}));
        let engine = thing(json!({"a": {"b": [{"c": 7}, 2]}, "list": [1, 2], "same": "x"}));
        assert_eq!(
            told(slice::from_ref(&file), &[engine]),
            [
                ("a.b[0].c".to_owned(), json!(1), json!(7)),
                ("gone".to_owned(), json!(true), Value::Null),
                ("list".to_owned(), json!([1]), json!([1, 2])),
            ]
        );
        let same = slice::from_ref(&file);
        assert_eq!(told(same, same), []);
    }

    #[test]
    fn what_is_in_one_only_is_told_with_its_messages() {
        let stream = json!({"kind": "stream", "name": "orders", "id": "1", "messages": 3});
        let queue = json!({"kind": "queue", "name": "jobs", "id": "2", "messages": 0});
        assert_eq!(
            told(&[stream, queue], &[]),
            [
                ("only in the file".to_owned(), Value::Null, Value::Null),
                ("only in the file".to_owned(), Value::Null, Value::Null),
                ("messages".to_owned(), json!(3), Value::Null),
            ]
        );
    }

    #[test]
    fn a_row_of_a_table_is_narrow_whatever_it_tells() {
        let long = "x\n日".repeat(500);
        let file = json!({"kind": "service-connector", "name": long, "id": long, "settings": {&long: {"a": long}}});
        let engine = json!({"kind": "service-connector", "name": long, "id": long, "settings": {&long: [long]}});
        let (file, engine) = ([file], [engine]);
        let found = differences(&file, &engine);
        let row = found.first().unwrap().drawn();
        let cells = row.as_object().unwrap().values();
        let line: String = cells
            .map(|cell| format!("{} | ", cell.as_str().unwrap()))
            .collect();
        assert!(line.chars().count() < 150, "{line}");
        assert!(!line.contains(char::is_control), "{line}");
        assert_eq!(end("ocid1.queue.oc1..abcdef", 7), "…abcdef");
        assert_eq!(beginning("abcdef", 6), "abcdef");
    }
}
