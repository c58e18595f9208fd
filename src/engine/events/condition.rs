//! A rule's condition: which events it wants. Source of the grammar: behaviour.md 4.2.
//!
//! [`Condition::check`] is the one matcher: rules run on it, and `events rule test` shows what it saw, field
//! by field.

use serde_json::{Map, Value};

use super::envelope::{OBJECT_FIELDS, TEXT_FIELDS};
use crate::engine::wildcard::Wildcard;

/// Why a text is no condition, or none that makes sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// It is not JSON.
    #[error("condition is not JSON: {0}")]
    NotJson(String),
    /// It is JSON of another type.
    #[error("condition must be a JSON object, as {{\"eventType\": \"com.oraclecloud…\"}}")]
    NotObject,
    /// It names a field that no event has.
    #[error(
        "condition names {field:?}, which no event has: its fields are {}, {}",
        TEXT_FIELDS.join(", "),
        OBJECT_FIELDS.join(", ")
    )]
    UnknownField {
        /// The field.
        field: String,
    },
    /// No event can ever match it.
    #[error("condition can match nothing: {path} {reason}")]
    MatchesNothing {
        /// The field, with dots between the levels.
        path: String,
        /// Why nothing matches.
        reason: &'static str,
    },
}

/// Which events a rule wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    fields: Fields,
}

/// Fields of an object, all of which must be there and match.
type Fields = Vec<(String, Wanted)>;

/// What a field must be.
#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    /// An object with these fields.
    Object(Fields),
    /// One of these.
    AnyOf(Vec<Choice>),
}

#[derive(Clone, Debug, PartialEq)]
enum Choice {
    /// A text like this.
    Text(Wildcard),
    /// A number, a truth value or null.
    Exactly(Value),
    /// An object with these fields.
    Object(Fields),
}

/// What became of one field of a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldCheck {
    /// The field, with dots between the levels.
    pub path: String,
    /// What the condition wants, as it is written there.
    pub wanted: Value,
    /// What the event has, if it has the field.
    pub found: Option<Value>,
    /// Whether that is wanted.
    pub matches: bool,
    /// Why, as the end of a sentence about the field.
    pub reason: &'static str,
}

impl Condition {
    /// Reads a condition, and refuses one that no event can match.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let condition: Value = serde_json::from_str(text)
            .map_err(|error| ConditionError::NotJson(error.to_string()))?;
        Self::read(&condition)
    }

    /// The same of one that is JSON already.
    pub fn read(condition: &Value) -> Result<Self, ConditionError> {
        let Value::Object(condition) = condition else {
            return Err(ConditionError::NotObject);
        };
        let fields = fields(condition, "")?;
        for (name, wanted) in &fields {
            check_envelope(name, wanted)?;
        }
        Ok(Self { fields })
    }

    /// Whether the event matches: all fields that are named must.
    pub fn matches(&self, event: &Map<String, Value>) -> bool {
        self.fields
            .iter()
            .all(|(name, wanted)| wanted.accepts(event.get(name)))
    }

    /// Checks each field that is named against the event, in the order of the condition. The event matches
    /// if each does.
    pub fn check(&self, event: &Map<String, Value>) -> Vec<FieldCheck> {
        let mut checks = Vec::new();
        check_fields(&self.fields, event, "", &mut checks);
        checks
    }

    /// The event types that are asked for; none where any will do.
    pub fn event_types(&self) -> impl Iterator<Item = &Wildcard> {
        let of_type = self.fields.iter().filter(|(name, _)| name == "eventType");
        let choices = of_type.flat_map(|(_, wanted)| match wanted {
            Wanted::AnyOf(choices) => choices.as_slice(),
            Wanted::Object(_) => &[],
        });
        choices.filter_map(|choice| match choice {
            Choice::Text(text) => Some(text),
            _ => None,
        })
    }
}

fn fields(object: &Map<String, Value>, path: &str) -> Result<Fields, ConditionError> {
    let fields = object.iter().map(|(name, value)| {
        let path = join(path, name);
        Ok((name.clone(), wanted(value, &path)?))
    });
    fields.collect()
}

fn wanted(value: &Value, path: &str) -> Result<Wanted, ConditionError> {
    match value {
        Value::Object(object) => Ok(Wanted::Object(fields(object, path)?)),
        Value::Array(values) if values.is_empty() => Err(nothing(
            path,
            "is an empty list, and a field must be one of those listed",
        )),
        Value::Array(values) => {
            let choices = values.iter().map(|value| choice(value, path));
            Ok(Wanted::AnyOf(choices.collect::<Result<_, _>>()?))
        }
        single => Ok(Wanted::AnyOf(vec![choice(single, path)?])),
    }
}

fn choice(value: &Value, path: &str) -> Result<Choice, ConditionError> {
    match value {
        Value::String(text) => Ok(Choice::Text(Wildcard::new(text))),
        Value::Object(object) => Ok(Choice::Object(fields(object, path)?)),
        // An array in the event matches by what it holds, so it never equals a list inside a list.
        Value::Array(_) => Err(nothing(path, "has a list inside a list")),
        other => Ok(Choice::Exactly(other.clone())),
    }
}

/// Refuses what no envelope can have.
fn check_envelope(name: &str, wanted: &Wanted) -> Result<(), ConditionError> {
    let may_be_text = |choice: &Choice| matches!(choice, Choice::Text(_));
    let may_be_object = |choice: &Choice| match choice {
        Choice::Object(_) => true,
        Choice::Text(text) => text.is_any(),
        Choice::Exactly(_) => false,
    };
    if TEXT_FIELDS.contains(&name) {
        match wanted {
            Wanted::AnyOf(choices) if choices.iter().any(may_be_text) => Ok(()),
            _ => Err(nothing(name, "is always a text in events")),
        }
    } else if OBJECT_FIELDS.contains(&name) {
        match wanted {
            Wanted::AnyOf(choices) if !choices.iter().any(may_be_object) => {
                Err(nothing(name, "is always an object in events"))
            }
            _ => Ok(()),
        }
    } else {
        Err(ConditionError::UnknownField {
            field: name.to_owned(),
        })
    }
}

fn nothing(path: &str, reason: &'static str) -> ConditionError {
    ConditionError::MatchesNothing {
        path: path.to_owned(),
        reason,
    }
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

fn all_match(fields: &Fields, found: &Value) -> bool {
    let matches = |object: &Map<String, Value>| {
        let mut fields = fields.iter();
        fields.all(|(name, wanted)| wanted.accepts(object.get(name)))
    };
    found.as_object().is_some_and(matches)
}

impl Wanted {
    fn accepts(&self, found: Option<&Value>) -> bool {
        match (self, found) {
            (_, None) => false,
            (Self::Object(fields), Some(Value::Array(elements))) => {
                elements.iter().any(|element| all_match(fields, element))
            }
            (Self::Object(fields), Some(found)) => all_match(fields, found),
            (Self::AnyOf(choices), Some(found)) => {
                choices.iter().any(|choice| choice.accepts(found))
            }
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Object(fields) => fields_to_json(fields),
            Self::AnyOf(choices) => match choices.as_slice() {
                [only] => only.to_json(),
                several => several.iter().map(Choice::to_json).collect(),
            },
        }
    }

    /// Why the field is wanted, or not, as the end of a sentence about it.
    fn reason(&self, found: Option<&Value>, matches: bool) -> &'static str {
        match (self, found) {
            _ if matches => "matches",
            (_, None) => "is not in the event",
            (_, Some(Value::Null)) => "is null, which only null matches",
            (Self::Object(_), Some(Value::Array(_))) => "has no element with these fields",
            (Self::Object(_), Some(_)) => "is no object",
            (Self::AnyOf(_), Some(Value::Object(_))) => "is an object, and a value is wanted",
            (Self::AnyOf(_), Some(Value::Array(_))) => "has no element that is wanted",
            (Self::AnyOf(choices), Some(Value::String(text)))
                if choices.iter().any(|choice| choice.differs_in_case(text)) =>
            {
                "differs in capital letters"
            }
            (Self::AnyOf(choices), Some(found))
                if choices.iter().any(|choice| choice.differs_in_type(found)) =>
            {
                "has the same letters, but a text is no number or truth value"
            }
            _ => "is another",
        }
    }
}

impl Choice {
    fn accepts(&self, found: &Value) -> bool {
        match (self, found) {
            (Self::Text(text), found) if text.is_any() => !found.is_null(),
            (_, Value::Array(elements)) => elements.iter().any(|element| self.accepts_one(element)),
            (_, found) => self.accepts_one(found),
        }
    }

    fn accepts_one(&self, found: &Value) -> bool {
        match self {
            Self::Text(text) => match found {
                Value::String(found) => text.matches(found),
                found => text.is_any() && !found.is_null(),
            },
            Self::Exactly(value) => value == found,
            Self::Object(fields) => all_match(fields, found),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Exactly(value) => value.clone(),
            Self::Object(fields) => fields_to_json(fields),
        }
    }

    fn differs_in_case(&self, found: &str) -> bool {
        match self {
            Self::Text(text) => {
                Wildcard::new(text.as_str().to_lowercase()).matches(&found.to_lowercase())
            }
            _ => false,
        }
    }

    fn differs_in_type(&self, found: &Value) -> bool {
        match (self, found) {
            (Self::Text(text), Value::Number(_) | Value::Bool(_)) => {
                text.as_str() == found.to_string().as_str()
            }
            (Self::Exactly(value), Value::String(found)) => value.to_string().as_str() == found,
            _ => false,
        }
    }
}

fn fields_to_json(fields: &Fields) -> Value {
    let fields = fields
        .iter()
        .map(|(name, wanted)| (name.clone(), wanted.to_json()));
    fields.collect::<Map<_, _>>().into()
}

fn check_fields(
    fields: &Fields,
    object: &Map<String, Value>,
    path: &str,
    checks: &mut Vec<FieldCheck>,
) {
    for (name, wanted) in fields {
        let path = join(path, name);
        let found = object.get(name);
        match (wanted, found) {
            (Wanted::Object(inner), Some(Value::Object(object))) if !inner.is_empty() => {
                check_fields(inner, object, &path, checks);
            }
            _ => {
                let matches = wanted.accepts(found);
                checks.push(FieldCheck {
                    path,
                    wanted: wanted.to_json(),
                    found: found.cloned(),
                    matches,
                    reason: wanted.reason(found, matches),
                });
            }
        }
    }
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
