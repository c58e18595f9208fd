//! The operation table against the reference facts, both ways, and against its own rules.
//!
//! `tests/data/reference` holds what a program extracted from the official command line and SDK.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod models;
mod operations;
mod options;
mod routes;
mod words;

use std::collections::BTreeSet;
use std::fmt::Debug;

use ocelot::api::OperationId;
use ocelot::api::model::Kind;
use ocelot::api::operation::Operation;
use serde_json::Value;

/// The reference's service that an operation belongs to.
fn service_of(operation: &Operation) -> &'static str {
    match operation.id {
        OperationId::Streaming(_) => "streaming",
        OperationId::Ons(_) => "ons",
        OperationId::Events(_) => "events",
        OperationId::Queue(_) => "queue",
        OperationId::Monitoring(_) => "monitoring",
        OperationId::Sch(_) => "sch",
    }
}

/// The type of a value, as the reference writes it.
fn type_of(kind: &Kind) -> String {
    match kind {
        Kind::Text | Kind::Choice(_) => "str".to_owned(),
        Kind::Integer => "int".to_owned(),
        Kind::Float => "float".to_owned(),
        Kind::Boolean => "bool".to_owned(),
        Kind::DateTime => "datetime".to_owned(),
        Kind::Any => "object".to_owned(),
        Kind::Object(model) => model.name.to_owned(),
        Kind::List(element) => format!("list[{}]", type_of(element)),
        Kind::Map(element) => format!("dict(str, {})", type_of(element)),
    }
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|text| text.as_str().unwrap()).collect()
}

/// Fails with what is only in one of two sets.
fn assert_same<T: Ord + Debug>(what: &str, wanted: BTreeSet<T>, got: BTreeSet<T>) {
    let missing: Vec<_> = wanted.difference(&got).collect();
    let extra: Vec<_> = got.difference(&wanted).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{what}: the table lacks {missing:#?} and has besides {extra:#?}"
    );
}
