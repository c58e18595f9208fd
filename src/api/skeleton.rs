//! Examples of what a command takes, as JSON documents to fill in: `--generate-full-command-json-input`
//! and `--generate-param-json-input`.

use std::ptr;

use serde_json::{Map, Value, json};

use super::model::{Kind, Model, Variants};
use super::operation::Operation;
use super::options::{CommandOption, Source, Takes};

/// What stands before the variants of a model, in the official command line's words.
const PICK_ONE: &str = "This parameter should actually be a JSON object rather than an array - pick one of the following object variants to use";

const DATE_TIME: &str = "2017-01-01T00:00:00+00:00";

/// A `--from-json` document with every option of the command.
pub fn command(operation: &Operation) -> Value {
    let options = operation.options();
    let mut shown = Shown::default();
    let entries = options.iter().filter_map(|option| {
        let value = example(option, &options, &mut shown)?;
        Some((option.json_key(), value))
    });
    Value::Object(entries.collect())
}

/// The value of one option that takes JSON; nothing for any other option.
pub fn option(operation: &Operation, flag: &str) -> Option<Value> {
    let options = operation.options();
    let option = options.iter().find(|option| option.flag == flag)?;
    let takes_json = option.kind().is_some_and(|kind| kind.is_json());
    takes_json.then(|| example(option, &options, &mut Shown::default()))?
}

/// Options that take nothing have no place in a document, nor has the document itself.
fn example(option: &CommandOption, all: &[CommandOption], shown: &mut Shown) -> Option<Value> {
    match (option.takes, option.flag.as_ref()) {
        (Takes::Nothing, _) => None,
        _ if option.source == Source::FromJson => None,
        (_, "freeform-tags") => Some(tags()),
        (_, "defined-tags") => Some(json!({"tagNamespace1": tags(), "tagNamespace2": tags()})),
        (Takes::Value(kind), _) => Some(without_options(shown.example(&kind), all)),
        (Takes::Values(kind), _) => Some(json!([shown.example(&kind)])),
    }
}

fn tags() -> Value {
    json!({"tagKey1": "tagValue1", "tagKey2": "tagValue2"})
}

/// A quirk of the official command line: an object does not show the fields that are named like an
/// option of the command which takes no JSON.
fn without_options(mut example: Value, options: &[CommandOption]) -> Value {
    if let Value::Object(fields) = &mut example {
        for option in options {
            if !option.kind().is_some_and(|kind| kind.is_json()) {
                fields.remove(&option.json_key());
            }
        }
    }
    example
}

/// Examples are built from here; it remembers which models with variants have been shown.
#[derive(Default)]
struct Shown(Vec<&'static Model>);

impl Shown {
    /// An example of a value.
    fn example(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Text => json!("string"),
            Kind::Choice(choices) => Value::String(choices.join("|")),
            Kind::Integer => json!(0),
            Kind::Float => json!(0.0),
            Kind::Boolean => json!(true),
            Kind::DateTime => json!(DATE_TIME),
            Kind::Any => json!({"string1": "string", "string2": "string"}),
            Kind::Object(model) => self.object(model),
            Kind::List(element) => {
                let first = self.example(element);
                json!([first, self.example(element)])
            }
            Kind::Map(element) => {
                let value = self.example(element);
                json!({"string1": value, "string2": value})
            }
        }
    }

    /// A quirk of the official command line: a model with variants is shown once, and null after that.
    fn object(&mut self, model: &'static Model) -> Value {
        match &model.variants {
            None => Value::Object(self.fields(model)),
            Some(_) if self.0.iter().any(|shown| ptr::eq(*shown, model)) => Value::Null,
            Some(variants) => {
                self.0.push(model);
                self.variants(variants)
            }
        }
    }

    fn variants(&mut self, variants: &Variants) -> Value {
        let mut examples = vec![json!(PICK_ONE)];
        for (value, model) in variants.models {
            let mut fields = self.fields(model);
            fields.insert(variants.discriminator.to_owned(), json!(value));
            examples.push(Value::Object(fields));
        }
        Value::Array(examples)
    }

    fn fields(&mut self, model: &Model) -> Map<String, Value> {
        let fields = model.fields.iter();
        fields
            .map(|field| (field.wire.to_owned(), self.field(&field.kind)))
            .collect()
    }

    /// A field with a fixed set of values is shown as any text; an option shows its choices.
    fn field(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Choice(_) => self.example(&Kind::Text),
            other => self.example(other),
        }
    }
}
