//! How a message is printed: as JSON, or as the user lays it out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::cli::stream_reader::Message;

/// What may stand between braces.
const FIELDS: [(&str, Field); 6] = [
    ("stream", Field::Stream),
    ("partition", Field::Partition),
    ("offset", Field::Offset),
    ("timestamp", Field::Timestamp),
    ("key", Field::Key),
    ("value", Field::Value),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Stream,
    Partition,
    Offset,
    Timestamp,
    Key,
    Value,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Field(Field),
}

/// Text with places for what a message has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout(Vec<Part>);

impl Layout {
    /// Reads `{partition} {value}` and the like.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match (c, rest.peek()) {
                ('{', Some('{')) | ('}', Some('}')) | ('\\', Some('\\')) => {
                    rest.next();
                    plain.push(c);
                }
                ('\\', Some('n')) => {
                    rest.next();
                    plain.push('\n');
                }
                ('\\', Some('t')) => {
                    rest.next();
                    plain.push('\t');
                }
                ('{', _) => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Field(field_behind_brace(&mut rest)?));
                }
                ('}', _) => return Err("a } stands alone: give }} for a brace".to_owned()),
                (c, _) => plain.push(c),
            }
        }
        parts.push(Part::Text(plain));
        Ok(Self(parts))
    }

    /// Writes a message; keys and values go out as the bytes that they are.
    pub(super) fn write(&self, message: &Message, text: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.extend(plain.as_bytes()),
                Part::Field(Field::Stream) => text.extend(message.stream.as_bytes()),
                Part::Field(Field::Partition) => text.extend(message.partition.to_string().bytes()),
                Part::Field(Field::Offset) => text.extend(message.offset.to_string().bytes()),
                Part::Field(Field::Timestamp) => text.extend(message.timestamp.as_bytes()),
                Part::Field(Field::Key) => text.extend(message.key.iter().flatten()),
                Part::Field(Field::Value) => text.extend(&message.value),
            }
        }
    }
}

fn field_behind_brace(rest: &mut impl Iterator<Item = char>) -> Result<Field, String> {
    let mut name = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(c) => name.push(c),
            None => {
                return Err(format!(
                    "{{{name} has no closing brace: give {{{{ for a brace"
                ));
            }
        }
    }
    let found = FIELDS.iter().find(|(known, _)| *known == name.as_str());
    found.map(|(_, field)| *field).ok_or_else(|| {
        let known: Vec<String> = FIELDS
            .iter()
            .map(|(name, _)| format!("{{{name}}}"))
            .collect();
        format!(
            "{{{name}}} is nothing that a message has; there are {}",
            known.join(", ")
        )
    })
}

/// Writes a message as a JSON object. Bytes that are no text are under `key-base64` and `value-base64`.
pub(super) fn write_json(message: &Message, text: &mut Vec<u8>) {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("partition", message.partition.into());
    set("offset", message.offset.into());
    set("timestamp", message.timestamp.as_str().into());
    for (name, bytes) in [
        ("key", message.key.as_deref()),
        ("value", Some(message.value.as_slice())),
    ] {
        match bytes.map(std::str::from_utf8) {
            None => set(name, Value::Null),
            Some(Ok(plain)) => set(name, plain.into()),
            Some(Err(_)) => {
                let encoded = STANDARD.encode(bytes.unwrap_or_default());
                set(&format!("{name}-base64"), encoded.into())
            }
        };
    }
    text.extend(Value::Object(fields).to_string().bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(layout: &str) -> String {
        let message = Message {
            stream: "orders".to_owned(),
            partition: 2,
            offset: 40,
            timestamp: "2026-03-14T12:00:00Z".to_owned(),
            time_ms: 0,
            key: None,
            value: b"paid".to_vec(),
        };
        let mut text = Vec::new();
        Layout::parse(layout).unwrap().write(&message, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn places_are_filled() {
        assert_eq!(
            written("{partition}\\t{offset} [{key}] {value}"),
            "2\t40 [] paid"
        );
        assert_eq!(
            written("{stream}@{timestamp} {{}} \\\\"),
            "orders@2026-03-14T12:00:00Z {} \\"
        );
        assert_eq!(written(""), "");
    }

    #[test]
    fn unknown_places_are_told() {
        let error = Layout::parse("{ofset}").unwrap_err();
        assert!(
            error.starts_with("{ofset} is nothing") && error.contains("{offset}"),
            "{error}"
        );
        assert!(Layout::parse("}").is_err());
        assert!(Layout::parse("{value").is_err());
    }
}
