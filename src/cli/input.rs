//! From what was typed to JSON values: numbers, times, and JSON itself, inline, from files or from stdin.

use std::fs;
use std::io::{self, Read};

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, fmt::strtime};
use serde_json::{Map, Value};

use super::error::CliError;
use super::python;
use crate::api::model::{Kind, Model};
use crate::api::naming;
use crate::profile::Environment;

/// Checks a whole number, for clap.
pub(super) fn check_integer(text: &str) -> Result<String, String> {
    match integer(text) {
        Some(_) => Ok(text.trim().to_owned()),
        None => Err(format!("'{text}' is not a valid integer")),
    }
}

/// Checks a whole number that counts something, for clap.
pub(super) fn check_count(text: &str) -> Result<String, String> {
    match check_integer(text)? {
        count if count.starts_with('-') => Err(format!("'{text}' is less than 0")),
        count => Ok(count),
    }
}

/// Checks a number, for clap.
pub(super) fn check_float(text: &str) -> Result<String, String> {
    match float(text) {
        Some(_) => Ok(text.trim().to_owned()),
        None => Err(format!("'{text}' is not a valid float")),
    }
}

/// A whole number as Python reads it: `07` and `1_000` are numbers.
fn integer(text: &str) -> Option<i64> {
    plain_digits(text.trim())?.parse().ok()
}

/// A number as Python reads it: `.5`, `5.` and `1_000.0` are numbers.
fn float(text: &str) -> Option<f64> {
    let number: f64 = plain_digits(text.trim())?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// A number without the underscores that may stand between two digits.
pub(super) fn plain_digits(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('_').collect();
    let between_digits = parts.windows(2).all(|pair| match pair {
        [before, after] => {
            before.ends_with(|c: char| c.is_ascii_digit())
                && after.starts_with(|c: char| c.is_ascii_digit())
        }
        _ => false,
    });
    between_digits.then(|| parts.concat())
}

/// Checks a truth value, for clap.
pub(super) fn check_boolean(text: &str) -> Result<String, String> {
    match boolean(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(format!(
            "'{text}' is not a valid boolean: give true or false"
        )),
    }
}

/// Checks a time, for clap.
pub(super) fn check_datetime(text: &str) -> Result<String, String> {
    match datetime(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(format!(
            "Value {text} is not in a supported datetime format: give 2026-03-14T01:02:03Z, with or without \
             a fraction and with any offset, 2026-03-14, or seconds since 1970"
        )),
    }
}

/// The spellings of yes and no that the official command line takes.
fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A time as the official command line sends it: `2026-03-14T00:00:00.000000Z`.
pub(super) fn datetime(text: &str) -> Option<String> {
    let text = text.trim();
    let timestamp = seconds_since_1970(text)
        .or_else(|| text.parse().ok())
        .or_else(|| with_short_offset(text))
        .or_else(|| without_offset(text))?;
    strtime::format("%Y-%m-%dT%H:%M:%S%.6fZ", timestamp).ok()
}

fn seconds_since_1970(text: &str) -> Option<Timestamp> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Timestamp::from_second(text.parse().ok()?).ok()
}

/// `2026-03-14T01:02+02:00` and the like: minutes are enough.
fn with_short_offset(text: &str) -> Option<Timestamp> {
    let formats = [
        "%Y-%m-%dT%H:%M%:z",
        "%Y-%m-%dT%H:%M%z",
        "%Y-%m-%d %H:%M:%S%:z",
        "%Y-%m-%d %H:%M:%S%z",
    ];
    let normal = text
        .strip_suffix(['Z', 'z'])
        .map(|rest| format!("{rest}+00:00"));
    let normal = normal.as_deref().unwrap_or(text);
    formats
        .iter()
        .find_map(|format| strtime::parse(format, normal).ok()?.to_timestamp().ok())
}

/// A time of day, or just a day, in UTC.
fn without_offset(text: &str) -> Option<Timestamp> {
    let civil: DateTime = match text.parse::<Date>() {
        Ok(date) if text.len() == "2026-03-14".len() => date.at(0, 0, 0, 0),
        _ => text.parse().ok()?,
    };
    Offset::UTC.to_timestamp(civil).ok()
}

/// Turns the text of an option into its JSON value.
///
/// clap has checked numbers, times and choices on the line; values of a `--from-json` document come here
/// as text too, so they are checked again.
pub(super) fn value(flag: &str, kind: Kind, text: &str) -> Result<Value, CliError> {
    let wrong =
        |reason: String| CliError::value(format!("Invalid value for '--{flag}': {reason}."));
    Ok(match kind {
        Kind::Text => Value::String(text.to_owned()),
        Kind::Choice(choices) => choice(choices, text).map(Value::from).ok_or_else(|| {
            wrong(format!(
                "invalid choice: {text}. (choose from {})",
                choices.join(", ")
            ))
        })?,
        Kind::Integer => integer(&check_integer(text).map_err(wrong)?).into(),
        Kind::Float => number(&check_float(text).map_err(wrong)?),
        Kind::Boolean => {
            Value::Bool(boolean(text).ok_or_else(|| wrong(format!("{text} is not a boolean")))?)
        }
        Kind::DateTime => {
            let checked = check_datetime(text).map_err(wrong)?;
            datetime(&checked).map_or(Value::Null, Value::String)
        }
        Kind::Any | Kind::Object(_) | Kind::List(_) | Kind::Map(_) => json(flag, text)?,
    })
}

/// A number as it was written, where JSON writes it so too.
fn number(text: &str) -> Value {
    let written = serde_json::from_str(text).ok();
    let written = written.filter(Value::is_number);
    written.unwrap_or_else(|| float(text).into())
}

fn choice(choices: &[&'static str], text: &str) -> Option<&'static str> {
    let mut choices = choices.iter();
    choices
        .find(|choice| choice.eq_ignore_ascii_case(text))
        .copied()
}

/// JSON as typed: inline, `file://PATH`, or `-` for stdin. A dict or list of Python does too.
pub(super) fn json(flag: &str, text: &str) -> Result<Value, CliError> {
    let source = source(text)?;
    let read = serde_json::from_str(&source);
    let read = read.or_else(|error| python::literal(&source).ok_or(error));
    read.map_err(|error| CliError::Json {
        parameter: flag.replace('-', "_"),
        reason: match source.trim() {
            "" => "What was given is empty.".to_owned(),
            _ => format!(
                "What was given cannot be read: {error}. It begins with: {}",
                beginning(&source)
            ),
        },
    })
}

fn beginning(text: &str) -> String {
    let mut shown: String = text.trim().chars().take(60).collect();
    if shown.len() < text.trim().len() {
        shown.push('…');
    }
    shown
}

/// The text that a value stands for: itself, a file's, or what comes from stdin.
fn source(text: &str) -> Result<String, CliError> {
    match text.strip_prefix("file://") {
        None if text == "-" => read_stdin(),
        None => Ok(text.to_owned()),
        Some("-") => read_stdin(),
        Some(path) => {
            let path = Environment::of_process().expand_home(path);
            fs::read_to_string(&path).map_err(CliError::io(format!("read {}", path.display())))
        }
    }
}

fn read_stdin() -> Result<String, CliError> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(CliError::io("read standard input"))?;
    Ok(text)
}

/// Spells the keys of a JSON value as its kind has them: kebab case and camel case are both taken.
///
/// Keys that a model does not have are left as they are, and returned in `unknown` with their path.
pub(super) fn wire_keys(kind: Kind, value: Value, unknown: &mut Vec<String>) -> Value {
    match (kind, value) {
        (Kind::Object(model), Value::Object(fields)) => {
            Value::Object(object_keys(model, fields, unknown))
        }
        (Kind::List(element), Value::Array(values)) => values
            .into_iter()
            .map(|value| wire_keys(*element, value, unknown))
            .collect(),
        (Kind::Map(inner), Value::Object(entries)) => entries
            .into_iter()
            .map(|(key, value)| (key, wire_keys(*inner, value, unknown)))
            .collect::<Map<_, _>>()
            .into(),
        (_, value) => value,
    }
}

fn object_keys(
    model: &'static Model,
    fields: Map<String, Value>,
    unknown: &mut Vec<String>,
) -> Map<String, Value> {
    let discriminator = model.variants.as_ref().and_then(|variants| {
        let key = fields
            .keys()
            .find(|key| is_key_of(variants.discriminator, key))?;
        fields.get(key)?.as_str().map(str::to_owned)
    });
    let model = model.variant(discriminator.as_deref());
    let renamed = fields.into_iter().map(|(key, value)| {
        match model
            .fields
            .iter()
            .find(|field| is_key_of(field.wire, &key))
        {
            Some(field) => (field.wire.to_owned(), wire_keys(field.kind, value, unknown)),
            None => {
                unknown.push(key.clone());
                (key, value)
            }
        }
    });
    renamed.collect()
}

/// Whether a key that was typed means the field with this wire name.
pub(super) fn is_key_of(wire: &str, key: &str) -> bool {
    key == wire || naming::kebab(wire) == key.replace('_', "-")
}

/// Takes away the fields of an object that its model does not have.
pub(super) fn drop_unknown(kind: Kind, value: &mut Value, unknown: &[String]) {
    if let (Kind::Object(model), Value::Object(fields)) = (kind, value) {
        fields.retain(|key, _| model.field(key).is_some() || !unknown.contains(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_official_forms_of_time() {
        for (text, sent) in [
            ("2026-03-14T00:00:00.5+02:00", "2026-03-13T22:00:00.500000Z"),
            ("2026-03-14T01:02:03Z", "2026-03-14T01:02:03.000000Z"),
            ("2026-03-14T01:02:03.123456Z", "2026-03-14T01:02:03.123456Z"),
            ("2026-03-14T01:02Z", "2026-03-14T01:02:00.000000Z"),
            ("2026-03-14T01:02+01:00", "2026-03-14T00:02:00.000000Z"),
            ("2026-03-14T01:02:03", "2026-03-14T01:02:03.000000Z"),
            ("2026-03-14 01:02", "2026-03-14T01:02:00.000000Z"),
            ("2026-03-14", "2026-03-14T00:00:00.000000Z"),
            ("1773446400", "2026-03-14T00:00:00.000000Z"),
        ] {
            assert_eq!(datetime(text).as_deref(), Some(sent), "{text}");
        }
        for text in ["yesterday", "", "12x", "2026-13-01", "99999999999999999"] {
            assert_eq!(datetime(text), None, "{text}");
        }
    }

    #[test]
    fn takes_the_official_forms_of_numbers() {
        for (text, number) in [(" 7", 7), ("+7", 7), ("07", 7), ("1_000", 1000), ("-3", -3)] {
            assert_eq!(value("n", Kind::Integer, text).unwrap(), number, "{text}");
        }
        for (text, number) in [(".5", 0.5), ("5.", 5.0), ("1e3", 1e3), ("+0.5", 0.5)] {
            assert_eq!(value("n", Kind::Float, text).unwrap(), number, "{text}");
        }
        for text in ["", "_1", "1__0", "1_", "1.0", "x", "99999999999999999999"] {
            assert!(value("n", Kind::Integer, text).is_err(), "{text}");
        }
        for text in ["nan", "inf", "1e999", "._5"] {
            assert!(value("n", Kind::Float, text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_are_taken_in_both_spellings() {
        let kind = Kind::Object(&crate::api::models::streaming::KAFKA_SETTINGS);
        let given =
            serde_json::json!({"auto-create-topics-enable": true, "numPartitions": 2, "x-y": 1});
        let mut unknown = Vec::new();
        let mut value = wire_keys(kind, given, &mut unknown);
        assert_eq!(unknown, ["x-y"]);
        drop_unknown(kind, &mut value, &unknown);
        let wanted = serde_json::json!({"autoCreateTopicsEnable": true, "numPartitions": 2});
        assert_eq!(value, wanted);
    }
}
