//! Every wire model has the fields of the official SDK's, and no others.

use std::collections::{BTreeMap, BTreeSet};

use ocelot::api::model::{Kind, Model};
use ocelot::api::naming::snake;
use ocelot::api::operation::ReplyBody;
use ocelot::api::operations;
use serde_json::{Map, Value};

use super::{assert_same, service_of, texts, type_of};

/// One field of a model, as the reference and the table both tell it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    model: String,
    wire: String,
    holds: String,
    required: bool,
    allowed: Vec<String>,
}

/// The reference does not tell the allowed elements of this list; the official command line knows them.
const ALLOWED_ELEMENTS: (&str, &str) = ("queue.QueueSummary", "capabilities");

type Models = BTreeMap<String, &'static Model>;

#[test]
fn fields_are_those_of_the_official_sdk() {
    let wanted = reference();
    let facts = wanted.iter().flat_map(|(model, facts)| {
        let fields = facts["fields"].as_object().unwrap().iter();
        fields
            .map(|(name, field)| recorded(model, name, field))
            .collect::<Vec<_>>()
    });
    let models = in_table();
    let got = models.iter().flat_map(|(name, model)| {
        let fields = model.fields.iter();
        fields.map(|field| Fact {
            model: name.clone(),
            wire: field.wire.to_owned(),
            holds: type_of(&field.kind),
            required: field.required,
            allowed: allowed(&field.kind),
        })
    });
    assert_same(
        "models",
        wanted.keys().cloned().collect(),
        models.keys().cloned().collect(),
    );
    let fields = models.values().map(|model| model.fields.len());
    let got: BTreeSet<_> = got.collect();
    assert_eq!(
        fields.sum::<usize>(),
        got.len(),
        "a model has a field twice"
    );
    assert_same("fields", facts.collect(), got);
    let (model, field) = ALLOWED_ELEMENTS;
    let kind = models[model].field(field).unwrap().kind;
    assert_eq!(
        kind,
        Kind::List(&Kind::Choice(&["CONSUMER_GROUPS", "LARGE_MESSAGES"]))
    );
}

#[test]
fn variants_are_those_of_the_official_sdk() {
    let models = in_table();
    for (name, facts) in reference() {
        let wanted = facts.get("subtypes").map(|subtypes| {
            let subtypes = subtypes.as_object().unwrap().iter();
            let subtypes = subtypes.map(|(value, model)| (model.as_str().unwrap(), value.as_str()));
            (
                facts["discriminator"].as_str().unwrap(),
                subtypes.collect::<BTreeSet<_>>(),
            )
        });
        let variants = models[&name].variants.as_ref();
        let got = variants.map(|variants| {
            let subtypes = variants.models.iter();
            let in_order: Vec<_> = subtypes
                .map(|(value, model)| (model.name, *value))
                .collect();
            assert!(in_order.is_sorted(), "{name}: {in_order:?}");
            (
                snake(variants.discriminator),
                in_order.into_iter().collect(),
            )
        });
        let got = got
            .as_ref()
            .map(|(field, subtypes): &(String, _)| (field.as_str(), subtypes));
        let wanted = wanted
            .as_ref()
            .map(|(field, subtypes)| (snake(field), subtypes));
        let wanted = wanted
            .as_ref()
            .map(|(field, subtypes)| (field.as_str(), *subtypes));
        assert_eq!(wanted, got, "{name}");
    }
}

/// The reference's models by service and name, as `streaming.Stream`.
fn reference() -> BTreeMap<String, Map<String, Value>> {
    let text = include_str!("../data/reference/models.json");
    let services: Map<String, Value> = serde_json::from_str(text).unwrap();
    let models = services.into_iter().flat_map(|(service, models)| {
        let Value::Object(models) = models else {
            panic!("{service} has no models");
        };
        let models = models.into_iter();
        models.map(move |(name, facts)| {
            (
                format!("{service}.{name}"),
                facts.as_object().unwrap().clone(),
            )
        })
    });
    models.collect()
}

fn recorded(model: &str, name: &str, field: &Value) -> Fact {
    let wire = field["wire"].as_str().unwrap();
    // What is printed is the wire name in kebab case, and that is the SDK's name.
    assert_eq!(snake(wire), name, "{model}");
    Fact {
        model: model.to_owned(),
        wire: wire.to_owned(),
        holds: field["type"].as_str().unwrap().to_owned(),
        required: field["required"] == true,
        allowed: texts(&field["allowed"])
            .into_iter()
            .map(str::to_owned)
            .collect(),
    }
}

fn allowed(kind: &Kind) -> Vec<String> {
    match kind {
        Kind::Choice(choices) => choices.iter().map(|&choice| choice.to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// Every model that an operation takes or replies.
fn in_table() -> Models {
    let mut models = Models::new();
    for operation in operations() {
        let service = service_of(operation);
        let replied = match operation.reply {
            ReplyBody::Object(model) | ReplyBody::List(model) => Some(model),
            ReplyBody::Nothing | ReplyBody::Text => None,
        };
        for model in operation.body.into_iter().chain(replied) {
            collect(service, model, &mut models);
        }
    }
    models
}

fn collect(service: &str, model: &'static Model, models: &mut Models) {
    let name = format!("{service}.{}", model.name);
    if models.insert(name, model).is_some() {
        return;
    }
    for field in model.fields {
        if let Some(model) = inside(&field.kind) {
            collect(service, model, models);
        }
    }
    let variants = model.variants.iter().flat_map(|variants| variants.models);
    for (_, model) in variants {
        collect(service, model, models);
    }
}

fn inside(kind: &Kind) -> Option<&'static Model> {
    match kind {
        Kind::Object(model) => Some(model),
        Kind::List(element) | Kind::Map(element) => inside(element),
        _ => None,
    }
}
