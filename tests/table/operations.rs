//! Every operation sends what the official SDK sends, and takes back what it takes.

use std::collections::BTreeSet;

use ocelot::api::model::Kind;
use ocelot::api::naming::snake;
use ocelot::api::operation::{Operation, Place, ReplyBody};
use ocelot::api::operations;
use serde_json::Value;

use super::{assert_same, service_of, texts};

/// One REST call, as the reference and the table both tell it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    service: String,
    name: String,
    client: String,
    endpoint: String,
    method: String,
    base_path: String,
    path: String,
    path_params: Vec<String>,
    /// Names, with whether they are required.
    query: BTreeSet<(String, bool)>,
    headers: BTreeSet<String>,
    body: Option<String>,
    reply: Option<String>,
}

/// The reference names an expression for the bodies of these, not their model.
const UNNAMED_BODIES: [(&str, &str); 2] = [
    (
        "retrieve_dimension_states",
        "RetrieveDimensionStatesDetails",
    ),
    (
        "summarize_alarm_suppression_history",
        "SummarizeAlarmSuppressionHistoryDetails",
    ),
];

#[test]
fn operations_are_those_of_the_official_sdk() {
    let text = include_str!("../data/reference/operations.json");
    let reference: Vec<Value> = serde_json::from_str(text).unwrap();
    assert_eq!(reference.len(), 108);
    assert_eq!(operations().count(), 108);
    let wanted = reference.iter().map(recorded).collect();
    assert_same("operations", wanted, operations().map(in_table).collect());
}

fn recorded(operation: &Value) -> Fact {
    let text = |key: &str| operation[key].as_str().map(str::to_owned);
    let name = text("operation").unwrap();
    let query = operation["query_params"].as_object().unwrap().iter();
    let query = query.map(|(name, facts)| {
        assert_eq!(facts["multi"], false);
        (name.clone(), facts["required"] == true)
    });
    let unnamed = UNNAMED_BODIES.iter().find(|(of, _)| *of == name);
    let body = match unnamed {
        Some((_, body)) => Some((*body).to_owned()),
        None => text("body"),
    };
    Fact {
        service: text("service").unwrap(),
        client: snake(text("client").unwrap().strip_suffix("Client").unwrap()),
        endpoint: text("endpoint_template").unwrap(),
        method: text("method").unwrap(),
        base_path: text("base_path").unwrap(),
        path: text("resource_path").unwrap(),
        path_params: texts(&operation["path_params"])
            .into_iter()
            .map(str::to_owned)
            .collect(),
        query: query.collect(),
        headers: texts(&operation["headers"])
            .into_iter()
            .map(str::to_lowercase)
            .collect(),
        body,
        reply: text("response"),
        name,
    }
}

fn in_table(operation: &Operation) -> Fact {
    let at = |place: Place| {
        operation
            .params
            .iter()
            .filter(move |param| param.place == place)
    };
    let retry_token = operation
        .takes_retry_token
        .then(|| "opc-retry-token".to_owned());
    Fact {
        service: service_of(operation).to_owned(),
        name: operation.name(),
        client: operation.client.name.to_owned(),
        endpoint: operation.client.endpoint.to_owned(),
        method: operation.method.as_str().to_owned(),
        base_path: operation.client.base_path.to_owned(),
        path: operation.path.to_owned(),
        path_params: at(Place::Path).map(|param| param.wire.to_owned()).collect(),
        query: at(Place::Query)
            .map(|param| (param.wire.to_owned(), param.required))
            .collect(),
        headers: at(Place::Header)
            .map(|param| param.wire.to_lowercase())
            .chain(retry_token)
            .collect(),
        body: operation.body.map(|model| model.name.to_owned()),
        reply: match operation.reply {
            ReplyBody::Nothing => None,
            ReplyBody::Text => Some("str".to_owned()),
            ReplyBody::Object(model) => Some(model.name.to_owned()),
            ReplyBody::List(model) => Some(format!("list[{}]", model.name)),
        },
    }
}

#[test]
fn body_parameters_are_fields_of_the_body() {
    for operation in operations() {
        for param in operation
            .params
            .iter()
            .filter(|param| param.place == Place::Body)
        {
            let body = operation.body.unwrap();
            let field = body.field(param.wire);
            assert!(field.is_some(), "{}: {}", operation.command, param.wire);
            let is_list = matches!(operation.kind(param), Kind::List(_));
            assert!(is_list || !param.has_items_judged, "{}", operation.command);
        }
    }
}

#[test]
fn names_stand_once() {
    let ids: BTreeSet<_> = operations()
        .map(|operation| format!("{:?}", operation.id))
        .collect();
    assert_eq!(ids.len(), 108);
    let commands: BTreeSet<_> = operations().map(|operation| operation.command).collect();
    assert_eq!(commands.len(), 108);
    for operation in operations() {
        assert_eq!(operation.id.operation(), Some(operation));
        let first_word = operation.command.split(' ').next();
        assert_eq!(first_word, Some(operation.id.service().name));
    }
}

#[test]
fn what_is_waited_for_has_states() {
    for operation in operations().filter(|operation| operation.wait.is_some()) {
        let states = operation.wait_states().unwrap_or_default();
        assert!(!states.is_empty(), "{}", operation.command);
    }
}
