//! Tests of conditions.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn event() -> Map<String, Value> {
    let event = json!({
        "eventType": "com.oraclecloud.objectstorage.createobject",
        "source": "ObjectStorage",
        "extensions": {"compartmentId": "ocid1.compartment.oc1..a"},
        "data": {
            "resourceName": "report-prod.csv",
            "availabilityDomain": null,
            "freeformTags": {"team": "data", "tier": 3, "live": true},
            "labels": ["red", "green"],
            "parts": [{"size": 1}, {"size": 2, "kind": "b"}],
        },
    });
    event.as_object().cloned().unwrap_or_default()
}

fn matches(condition: Value) -> bool {
    Condition::parse(&condition.to_string())
        .unwrap()
        .matches(&event())
}

#[test]
fn what_the_documents_say() {
    assert!(matches(json!({})));
    assert!(matches(
        json!({"eventType": "com.oraclecloud.objectstorage.createobject"})
    ));
    assert!(matches(
        json!({"eventType": ["other", "com.*.createobject"]})
    ));
    assert!(!matches(json!({"eventType": ["other", "another"]})));
    assert!(matches(json!({"data": {"resourceName": "*prod*"}})));
    assert!(!matches(json!({"data": {"resourceName": "*PROD*"}})));
    assert!(!matches(json!({"data": {"resourceName": "prod"}})));
    assert!(matches(
        json!({"data": {"freeformTags": {"team": "data", "tier": 3}}})
    ));
    assert!(!matches(json!({"data": {"freeformTags": {"tier": "3"}}})));
    assert!(!matches(
        json!({"data": {"freeformTags": {"team": "data", "more": "*"}}})
    ));
    assert!(matches(json!({"data": {"labels": "green"}})));
    assert!(matches(json!({"data": {"labels": ["blue", "gr*"]}})));
    assert!(!matches(json!({"data": {"labels": ["blue"]}})));
    assert!(matches(
        json!({"data": {"parts": {"size": 2, "kind": "b"}}})
    ));
    assert!(!matches(
        json!({"data": {"parts": {"size": 1, "kind": "b"}}})
    ));
}

#[test]
fn a_lone_star_is_anything_but_null_and_nothing() {
    assert!(matches(json!({"data": {"freeformTags": {"tier": "*"}}})));
    assert!(matches(
        json!({"data": {"labels": "*", "freeformTags": "*"}})
    ));
    assert!(!matches(json!({"data": {"availabilityDomain": "*"}})));
    assert!(matches(json!({"data": {"availabilityDomain": null}})));
    assert!(!matches(json!({"data": {"missing": null}})));
    assert!(!matches(json!({"data": {"missing": "*"}})));
}

#[test]
fn what_can_match_nothing_is_refused_with_the_reason() {
    let refused = |condition: &str| Condition::parse(condition).unwrap_err().to_string();
    for (condition, said) in [
        ("[]", "must be a JSON object"),
        ("{", "is not JSON"),
        (r#"{"eventtype": "a"}"#, r#"names "eventtype""#),
        (r#"{"eventType": []}"#, "eventType is an empty list"),
        (r#"{"eventType": 5}"#, "eventType is always a text"),
        (r#"{"eventType": {"a": "b"}}"#, "eventType is always a text"),
        (r#"{"source": null}"#, "source is always a text"),
        (r#"{"data": "text"}"#, "data is always an object"),
        (
            r#"{"data": {"a": {"b": [[1]]}}}"#,
            "data.a.b has a list inside a list",
        ),
    ] {
        let message = refused(condition);
        assert!(message.contains(said), "{condition}: {message}");
    }
    assert!(Condition::parse(r#"{"eventType": ["a", 5], "data": "*"}"#).is_ok());
    let deep = "{\"data\":".repeat(100_000);
    assert!(refused(&deep).contains("recursion limit"));
}

#[test]
fn a_check_tells_of_each_field() {
    let condition = json!({
        "eventType": "com.oraclecloud.ObjectStorage.createobject",
        "data": {
            "availabilityDomain": "*",
            "freeformTags": {"live": "true", "team": ["x", "data"]},
            "labels": "blue",
            "missing": 1,
        },
    });
    let condition = Condition::parse(&condition.to_string()).unwrap();
    let told: Vec<(String, &str)> = condition
        .check(&event())
        .into_iter()
        .map(|check| (check.path, check.reason))
        .collect();
    let expected = [
        (
            "data.availabilityDomain",
            "is null, which only null matches",
        ),
        (
            "data.freeformTags.live",
            "has the same letters, but a text is no number or truth value",
        ),
        ("data.freeformTags.team", "matches"),
        ("data.labels", "has no element that is wanted"),
        ("data.missing", "is not in the event"),
        ("eventType", "differs in capital letters"),
    ];
    assert_eq!(
        told,
        expected.map(|(path, reason)| (path.to_owned(), reason))
    );
}

/// Any JSON value, not deep.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        "[ab*]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[xyz]", inner, 0..3)
                .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// An event with this `data`.
fn with_data(data: Value) -> Map<String, Value> {
    Map::from_iter([("data".to_owned(), json!({ "field": data }))])
}

proptest! {
    #[test]
    fn checking_and_matching_agree(wanted in json(), found in json()) {
        let condition = json!({"data": {"field": wanted}}).to_string();
        if let Ok(condition) = Condition::parse(&condition) {
            let event = with_data(found);
            let checks = condition.check(&event);
            prop_assert_eq!(condition.matches(&event), checks.iter().all(|check| check.matches));
        }
    }

    #[test]
    fn one_more_choice_never_takes_a_match_away(wanted in "[ab*]{0,3}", more in "[ab*]{0,3}", found in json()) {
        let condition = |wanted: Value| Condition::parse(&json!({"data": {"field": wanted}}).to_string()).unwrap();
        let event = with_data(found);
        if condition(json!([wanted])).matches(&event) {
            prop_assert!(condition(json!([more, wanted])).matches(&event));
        }
    }

    #[test]
    fn one_more_field_never_adds_a_match(wanted in "[ab*]{0,3}", found in json()) {
        let event = with_data(found);
        let wide = Condition::parse(&json!({"data": {"field": wanted}}).to_string()).unwrap();
        let narrow = json!({"data": {"field": wanted}, "source": "*"}).to_string();
        let narrow = Condition::parse(&narrow).unwrap();
        prop_assert!(!narrow.matches(&event) || wide.matches(&event));
    }

    #[test]
    fn a_value_matches_itself(value in prop_oneof![Just(json!(true)), Just(json!(7)), "[a-z*]{1,5}".prop_map(Value::from)]) {
        let condition = Condition::parse(&json!({"data": {"field": value}}).to_string()).unwrap();
        prop_assert!(condition.matches(&with_data(value)));
    }
}
