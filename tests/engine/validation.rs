//! Bad input: every operation refuses it with a message that names the field, and never panics.

use ocelot::api::model::{Field, Kind, Model};
use ocelot::api::operation::{Operation, Place};
use ocelot::api::{operations, streaming};
use ocelot::call::{ApiError, Call, Reply};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{Bench, COMPARTMENT};

/// A call that is well-formed: each required parameter has a value of its kind.
fn complete(operation: &'static Operation) -> Call {
    let mut call = Call::new(operation);
    for param in operation.params {
        match param.place {
            Place::Path => call.path.insert(param.wire, "orders".to_owned()),
            Place::Query if param.required => call.query.insert(param.wire, "x".to_owned()),
            _ => None,
        };
    }
    call.body = operation.body.map(object);
    call
}

fn object(model: &'static Model) -> Value {
    let mut fields = Map::new();
    let mut model = model;
    if let Some(variants) = &model.variants {
        let (value, variant) = variants.models[0];
        fields.insert(variants.discriminator.to_owned(), value.into());
        model = variant;
    }
    for field in model.fields.iter().filter(|field| field.required) {
        let sampled = || sample(field.kind);
        fields.entry(field.wire).or_insert_with(sampled);
    }
    fields.into()
}

fn sample(kind: Kind) -> Value {
    match kind {
        Kind::Text => "YQ==".into(),
        Kind::Choice(choices) => choices[0].into(),
        Kind::Integer => 1.into(),
        Kind::Float => 1.5.into(),
        Kind::Boolean => true.into(),
        Kind::DateTime => "2026-03-14T00:00:00Z".into(),
        Kind::Any => Value::Null,
        Kind::Object(model) => object(model),
        Kind::List(kind) => json!([sample(*kind)]),
        Kind::Map(kind) => json!({"k": sample(*kind)}),
    }
}

/// Values that are not of a kind.
fn wrong(kind: Kind) -> Vec<Value> {
    let all = [
        json!("no"),
        json!(true),
        json!(1.5),
        json!([[]]),
        json!({"k": []}),
        json!(u64::MAX),
    ];
    let fits = |value: &Value| match kind {
        Kind::Text => value.is_string(),
        Kind::Choice(_) | Kind::DateTime | Kind::Integer => false,
        Kind::Float => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::Any => true,
        Kind::Object(_) => value.is_object(),
        Kind::List(_) => false,
        Kind::Map(inner) => {
            value.is_object() && matches!(inner, Kind::Any | Kind::List(_) | Kind::Map(_))
        }
    };
    all.into_iter().filter(|value| !fits(value)).collect()
}

fn refused(bench: &Bench, call: &Call) -> ApiError {
    let error = bench.engine.answer(call).err();
    let error = error.unwrap_or_else(|| panic!("{call:?} was answered"));
    assert_eq!(error.status, 400, "{call:?}: {error}");
    error
}

fn with_body_fields(mut work: impl FnMut(&'static Operation, &'static Model, &'static Field)) {
    for operation in operations() {
        if let Some(model) = operation.body {
            for field in model.fields {
                work(operation, model, field);
            }
        }
    }
}

#[test]
fn a_required_field_that_is_missing_is_named() {
    let bench = Bench::new();
    bench.stream("orders", 1);
    let mut seen = 0;
    with_body_fields(|operation, _, field| {
        let optional_here = operation
            .params
            .iter()
            .any(|p| p.wire == field.wire && p.optional_here);
        if !field.required || optional_here {
            return;
        }
        for value in [None, Some(Value::Null)] {
            let mut call = complete(operation);
            let body = call.body.as_mut().unwrap().as_object_mut().unwrap();
            match value {
                None => body.remove(field.wire),
                Some(null) => body.insert(field.wire.to_owned(), null),
            };
            let error = refused(&bench, &call);
            assert_eq!(error.code, "MissingParameter", "{}", operation.id);
            assert!(error.message.contains(field.wire), "{error}");
            seen += 1;
        }
    });
    assert!(seen > 50, "{seen}");
}

#[test]
fn a_field_of_the_wrong_type_is_named() {
    let bench = Bench::new();
    bench.stream("orders", 1);
    let mut seen = 0;
    with_body_fields(|operation, _, field| {
        for value in wrong(field.kind) {
            let mut call = complete(operation);
            let body = call.body.as_mut().unwrap();
            body[field.wire] = value;
            let error = refused(&bench, &call);
            assert_eq!(error.code, "InvalidParameter", "{}: {error}", operation.id);
            assert!(error.message.contains(field.wire), "{error}");
            assert!(error.message.len() < 1000, "{error}");
            seen += 1;
        }
    });
    assert!(seen > 500, "{seen}");
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    let bench = Bench::new();
    for operation in operations().filter(|operation| operation.body.is_some()) {
        for body in [
            None,
            Some(json!(null)),
            Some(json!([])),
            Some(json!("x")),
            Some(json!(1)),
        ] {
            if body.is_none() && operation.body_is_optional {
                continue;
            }
            let mut call = complete(operation);
            call.body = body;
            let error = refused(&bench, &call);
            assert!(
                error.message.starts_with("Unable to parse JSON body"),
                "{error}"
            );
        }
    }
}

#[test]
fn parameters_are_checked_wherever_they_travel() {
    let bench = Bench::new();
    bench.stream("orders", 1);
    let mut seen = 0;
    for operation in operations() {
        for param in operation.params {
            let bad: &[&str] = match (param.place, param.kind) {
                (Place::Body, _) => continue,
                (_, Kind::Integer) => &["", " ", "x", "1.5", "1e3", "99999999999999999999"],
                (_, Kind::Float) => &["", "x"],
                (_, Kind::Boolean) => &["", "maybe", "1"],
                (_, Kind::Choice(_)) => &["", "nonsense"],
                (_, Kind::DateTime) => &["", "yesterday", "2026-13-01"],
                _ => &["", " ", "\t\n"],
            };
            for value in bad {
                let mut call = complete(operation);
                let parameters = match param.place {
                    Place::Path => &mut call.path,
                    Place::Query => &mut call.query,
                    Place::Header | Place::Body => &mut call.headers,
                };
                parameters.insert(param.wire, (*value).to_owned());
                let error = refused(&bench, &call);
                assert!(
                    error.message.contains(param.wire),
                    "{}: {error}",
                    operation.id
                );
                seen += 1;
            }
            if param.required && param.place != Place::Body {
                let mut call = complete(operation);
                call.path.remove(param.wire);
                call.query.remove(param.wire);
                let error = refused(&bench, &call);
                assert!(
                    error.code == "MissingParameter" && error.message.contains(param.wire),
                    "{error}"
                );
            }
        }
    }
    assert!(seen > 300, "{seen}");
}

#[test]
fn elements_of_lists_are_named_by_their_place() {
    let bench = Bench::new();
    bench.stream("orders", 1);
    let put = |messages: Value| {
        bench
            .call("PutMessages")
            .with("streamId", "orders")
            .body(json!({ "messages": messages }))
    };
    let message = put(json!([{"value": "YQ=="}, {}])).fails(400, "MissingParameter");
    assert!(message.contains("messages[1].value"), "{message}");
    let message = put(json!([{"value": "YQ=="}, {"value": 1}])).fails(400, "InvalidParameter");
    assert!(message.contains("messages[1].value"), "{message}");
    let message = put(json!([7])).fails(400, "InvalidParameter");
    assert!(message.contains("messages[0]"), "{message}");
    let message = put(json!({})).fails(400, "InvalidParameter");
    assert!(message.contains("messages"), "{message}");
}

#[test]
fn null_is_as_good_as_absent() {
    let bench = Bench::new();
    let stream = bench.stream_in(json!({
        "name": "orders", "partitions": 1, "compartmentId": COMPARTMENT, "streamPoolId": null,
        "retentionInHours": null, "freeformTags": null, "definedTags": null, "unknown": null,
    }));
    let stream = bench.call("GetStream").with("streamId", &stream).value();
    assert_eq!(
        (&stream["retentionInHours"], &stream["freeformTags"]),
        (&json!(24), &json!({}))
    );
}

#[test]
fn a_deep_or_huge_body_is_taken_for_what_it_is() {
    let bench = Bench::new();
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let mut huge = Map::new();
    for nth in 0..20_000 {
        huge.insert(format!("k{nth}"), "v".repeat(50).into());
    }
    for tags in [json!({"n": {"k": deep}}), json!({"n": huge})] {
        let details = json!({"name": "p", "compartmentId": COMPARTMENT, "definedTags": tags});
        let made = bench.call("CreateStreamPool").body(details).value();
        assert_eq!(made["definedTags"], tags);
        let details = json!({"name": tags, "compartmentId": COMPARTMENT});
        let message = bench
            .call("CreateStreamPool")
            .body(details)
            .fails(400, "InvalidParameter");
        assert!(
            message.contains("name must be a string") && message.len() < 500,
            "{message}"
        );
    }
}

#[test]
fn every_operation_of_the_other_services_answers() {
    let bench = Bench::new();
    let others = operations().filter(|one| one.id.service().name != streaming::SERVICE.name);
    for operation in others {
        match bench.engine.answer(&complete(operation)) {
            Err(error) => assert!((400..500).contains(&error.status), "{error}"),
            Ok(reply) => assert!((200..300).contains(&reply.status)),
        }
    }
}

/// Text that means something somewhere, and text that means nothing.
fn any_text() -> impl Strategy<Value = String> {
    let words = [
        "orders",
        "TRIM_HORIZON",
        "LATEST",
        "AT_TIME",
        "AFTER_OFFSET",
        "NAME",
        "DESC",
        "ACTIVE",
        "0",
        "10",
        "-1",
        "YQ==",
        "2026-03-14T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "ocid1.stream.oc1..none",
        COMPARTMENT,
        "",
    ];
    prop_oneof![
        3 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => ".{0,40}",
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => any::<i64>().prop_map(Value::from),
        2 => (-3..200_i64).prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        4 => any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any_text(), inner), 0..4)
                .prop_map(|entries| entries.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// For each field, whether it is left out, well-formed or anything.
fn any_value(kind: Kind) -> BoxedStrategy<Option<Value>> {
    let fitting = match kind {
        Kind::Integer => prop_oneof![any::<i64>(), -1..200_i64]
            .prop_map(Value::from)
            .boxed(),
        Kind::Text => any_text().prop_map(Value::from).boxed(),
        Kind::Object(model) => any_object(model),
        Kind::List(Kind::Object(model)) => prop::collection::vec(any_object(model), 0..4)
            .prop_map(Value::from)
            .boxed(),
        other => Just(sample(other)).boxed(),
    };
    prop_oneof![
        2 => Just(None),
        5 => fitting.prop_map(Some),
        1 => any_json().prop_map(Some),
    ]
    .boxed()
}

fn any_object(model: &'static Model) -> BoxedStrategy<Value> {
    let fields: Vec<_> = model
        .fields
        .iter()
        .map(|field| any_value(field.kind).prop_map(|value| (field.wire.to_owned(), value)))
        .collect();
    let given = |fields: Vec<(String, Option<Value>)>| {
        let given = fields
            .into_iter()
            .filter_map(|(wire, value)| Some((wire, value?)));
        given.collect::<Map<_, _>>().into()
    };
    fields.prop_map(given).boxed()
}

fn any_call(operation: &'static Operation) -> BoxedStrategy<Call> {
    let params: Vec<_> = operation
        .params
        .iter()
        .filter(|param| param.place != Place::Body)
        .map(|param| {
            let text = prop_oneof![3 => any_text().prop_map(Some), 1 => Just(None)];
            text.prop_map(move |value| (param, value))
        })
        .collect();
    let body = match operation.body {
        Some(model) => prop_oneof![
            4 => any_object(model).prop_map(Some),
            1 => any_json().prop_map(Some),
            1 => Just(None),
        ]
        .boxed(),
        None => Just(None).boxed(),
    };
    (params, body)
        .prop_map(move |(params, body)| {
            let mut call = Call::new(operation);
            for (param, value) in params {
                let parameters = match param.place {
                    Place::Path => &mut call.path,
                    Place::Query => &mut call.query,
                    Place::Header | Place::Body => &mut call.headers,
                };
                parameters.extend(value.map(|value| (param.wire, value)));
            }
            call.body = body;
            call
        })
        .boxed()
}

/// An answer is a reply or a refusal: the engine itself never fails, whatever it is asked.
fn check_answer(call: &Call, answer: &Result<Reply, ApiError>) {
    match answer {
        Ok(reply) => assert!((200..300).contains(&reply.status), "{call:?}: {reply:?}"),
        Err(error) => {
            let refused = (400..500).contains(&error.status) || error.status == 501;
            assert!(refused, "{call:?}: {error}");
            assert!(!error.message.is_empty(), "{call:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12,
        failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_call_of_any_operation_makes_the_engine_fail(
        calls in operations().map(any_call).collect::<Vec<_>>()
    ) {
        let bench = Bench::new();
        bench.stream("orders", 2);
        for call in calls {
            check_answer(&call, &bench.engine.answer(&call));
        }
    }

    #[test]
    fn no_call_of_streaming_makes_the_engine_fail(
        calls in prop::collection::vec(
            prop::sample::select(streaming::SERVICE.operations().collect::<Vec<_>>())
                .prop_flat_map(any_call),
            1..120,
        )
    ) {
        let bench = Bench::new();
        bench.stream("orders", 2);
        for call in calls {
            check_answer(&call, &bench.engine.answer(&call));
        }
    }
}
