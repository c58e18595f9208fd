//! Whether a call is well-formed, told from the operation table; and its parts as typed values.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::model::{Field, Kind, Model};
use crate::api::operation::{Operation, Param, Place};
use crate::call::{ApiError, Call};
use crate::clock;

/// Refuses a call that lacks what it must have, or holds what its parameters cannot be.
///
/// Keys that a model does not have are let pass; `null` is as good as absent.
pub(super) fn check(call: &Call) -> Result<(), ApiError> {
    check_params(call)?;
    match call.operation.body {
        Some(_) if call.operation.body_is_optional && call.body.is_none() => Ok(()),
        Some(model) => check_body(call.operation, model, call.body.as_ref()),
        None => Ok(()),
    }
}

/// The same for all but the body.
pub(super) fn check_params(call: &Call) -> Result<(), ApiError> {
    for param in call.operation.params {
        match param.place {
            Place::Path => check_text(param, call.path.get(param.wire), true)?,
            Place::Query => check_text(param, call.query.get(param.wire), param.required)?,
            Place::Header => check_text(param, call.headers.get(param.wire), param.required)?,
            Place::Body => {}
        }
    }
    Ok(())
}

fn check_text(param: &Param, value: Option<&String>, required: bool) -> Result<(), ApiError> {
    let Some(value) = value else {
        return match required {
            true => Err(ApiError::missing(format!("{} is missing", param.wire))),
            false => Ok(()),
        };
    };
    if value.trim().is_empty() {
        return Err(ApiError::invalid(format!("{} is empty", param.wire)));
    }
    match reads_as(param.kind, value) {
        true => Ok(()),
        false => Err(wrong(param.wire, param.kind, value)),
    }
}

fn reads_as(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Integer => text.parse::<i64>().is_ok(),
        Kind::Float => text.parse::<f64>().is_ok(),
        Kind::Boolean => matches!(text, "true" | "false"),
        Kind::DateTime => clock::parse_rfc3339(text).is_some(),
        // Lifecycle states are matched whatever the case of their letters, and so are the others.
        Kind::Choice(choices) => choices
            .iter()
            .any(|choice| choice.eq_ignore_ascii_case(text)),
        Kind::Text | Kind::Any | Kind::Object(_) | Kind::List(_) | Kind::Map(_) => true,
    }
}

fn check_body(
    operation: &Operation,
    model: &'static Model,
    body: Option<&Value>,
) -> Result<(), ApiError> {
    let Some(Value::Object(fields)) = body else {
        return Err(ApiError::invalid(
            "Unable to parse JSON body: it must be a JSON object",
        ));
    };
    let param_of = |field: &Field| {
        let mut params = operation.params.iter();
        params.find(|param| param.place == Place::Body && param.wire == field.wire)
    };
    check_object("", model, fields, &param_of)
}

/// Refuses a malformed item of a list whose items the service judges one by one.
pub(super) fn check_item(call: &Call, list: &str, index: usize) -> Result<(), ApiError> {
    let field = call.operation.body.and_then(|model| model.field(list));
    let items = call.body.as_ref().and_then(|body| body.get(list));
    let item = items.and_then(|items| items.get(index));
    match (field.map(|field| field.kind), item) {
        (Some(Kind::List(kind)), Some(item)) => {
            check_value(&format!("{list}[{index}]"), *kind, item)
        }
        _ => Ok(()),
    }
}

fn check_object(
    path: &str,
    model: &'static Model,
    object: &Map<String, Value>,
    param_of: &dyn Fn(&Field) -> Option<&'static Param>,
) -> Result<(), ApiError> {
    let discriminator = model
        .variants
        .as_ref()
        .and_then(|variants| object.get(variants.discriminator)?.as_str());
    for field in model.variant(discriminator).fields {
        let path = match path {
            "" => field.wire.to_owned(),
            outer => format!("{outer}.{}", field.wire),
        };
        let param = param_of(field);
        let is_needed = field.required && !param.is_some_and(|param| param.optional_here);
        let kind = match param {
            Some(param) if param.has_items_judged => Kind::List(&Kind::Any),
            _ => field.kind,
        };
        match object.get(field.wire) {
            None | Some(Value::Null) if is_needed => {
                return Err(ApiError::missing(format!("{path} is missing")));
            }
            None | Some(Value::Null) => {}
            Some(value) => check_value(&path, kind, value)?,
        }
    }
    Ok(())
}

fn check_value(path: &str, kind: Kind, value: &Value) -> Result<(), ApiError> {
    let fits = match (kind, value) {
        (Kind::Any, _) => true,
        (Kind::Text, Value::String(_)) => true,
        (Kind::Choice(_) | Kind::DateTime, Value::String(text)) => reads_as(kind, text),
        (Kind::Integer, value) => value.is_i64(),
        (Kind::Float, value) => value.is_number(),
        (Kind::Boolean, value) => value.is_boolean(),
        (Kind::Object(model), Value::Object(fields)) => {
            return check_object(path, model, fields, &|_| None);
        }
        (Kind::List(element), Value::Array(elements)) => {
            for (index, value) in elements.iter().enumerate() {
                check_value(&format!("{path}[{index}]"), *element, value)?;
            }
            true
        }
        (Kind::Map(inner), Value::Object(entries)) => {
            for (key, value) in entries {
                check_value(&format!("{path}.{key}"), *inner, value)?;
            }
            true
        }
        _ => false,
    };
    match fits {
        true => Ok(()),
        false => Err(wrong(path, kind, &value.to_string())),
    }
}

fn wrong(path: &str, kind: Kind, value: &str) -> ApiError {
    let expected = match kind {
        Kind::Text => "a string".to_owned(),
        Kind::Choice(choices) => format!("one of {}", choices.join(", ")),
        Kind::Integer => "a whole number".to_owned(),
        Kind::Float => "a number".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::DateTime => "an RFC 3339 time".to_owned(),
        Kind::Any => "JSON".to_owned(),
        Kind::Object(_) | Kind::Map(_) => "a JSON object".to_owned(),
        Kind::List(_) => "a JSON list".to_owned(),
    };
    let mut shown: String = value.chars().take(60).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    ApiError::invalid(format!("{path} must be {expected}, not {shown}"))
}

impl Call {
    /// A path parameter, which [`check`] has seen.
    pub(super) fn path_value(&self, wire: &str) -> Result<&str, ApiError> {
        let value = self.path.get(wire).map(String::as_str);
        value.ok_or_else(|| ApiError::missing(format!("{wire} is missing")))
    }

    /// A text from the query string.
    pub(super) fn query_text(&self, wire: &str) -> Option<&str> {
        self.query.get(wire).map(String::as_str)
    }

    /// The body as a typed value; without one, an empty object.
    pub(super) fn typed_body<'c, T: Deserialize<'c>>(&'c self) -> Result<T, ApiError> {
        let body = match &self.body {
            Some(body) => T::deserialize(body),
            None => T::deserialize(Value::Object(Map::new())),
        };
        body.map_err(|error| ApiError::invalid(format!("Unable to parse JSON body: {error}")))
    }
}
