//! Every request finds its way back to the operation that it was made for.

use std::collections::BTreeSet;

use ocelot::api::operation::{Method, Operation, Place};
use ocelot::api::operations;
use ocelot::api::route::{NoRoute, route};

/// The path of a request, with values that could be mistaken for neither each other nor a fixed part.
fn sample_path(operation: &Operation) -> String {
    let params = operation.params.iter();
    let params = params.filter(|param| param.place == Place::Path);
    params.fold(operation.full_path(), |path, param| {
        path.replace(
            &format!("{{{}}}", param.wire),
            &format!("a%2F{}", param.wire),
        )
    })
}

#[test]
fn every_operation_is_routed_to_itself() {
    for operation in operations() {
        let path = sample_path(operation);
        assert!(!path.contains(['{', '}']), "{path}");
        let route = route(operation.method, &path).unwrap();
        assert_eq!(route.operation.id, operation.id, "{path}");
        for (name, value) in route.path {
            assert_eq!(value, format!("a%2F{name}"));
        }
    }
}

#[test]
fn no_two_operations_have_the_same_request() {
    let requests = operations().map(|operation| (operation.method.as_str(), operation.full_path()));
    assert_eq!(requests.collect::<BTreeSet<_>>().len(), 108);
}

#[test]
fn other_requests_have_no_route() {
    assert_eq!(route(Method::Get, "/20180418/nothing"), Err(NoRoute::Path));
    assert_eq!(route(Method::Get, "/20180418/streams/"), Err(NoRoute::Path));
    assert_eq!(route(Method::Get, "/19990101/streams"), Err(NoRoute::Path));
    assert_eq!(
        route(Method::Put, "/20180418/streams"),
        Err(NoRoute::Method)
    );
}
