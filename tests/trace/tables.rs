//! Traces as people read them.

use crate::receiver::Receiver;
use crate::sandbox::Sandbox;

fn assert_fits(table: &str) {
    for line in table.lines() {
        assert!(line.chars().count() <= 100, "{line}\n{table}");
    }
}

#[test]
fn a_trace_is_a_tree_of_100_columns() {
    let sandbox = Sandbox::with_alerts();
    let receiver = Receiver::failing_first(2);
    sandbox.subscribe("CUSTOM_HTTPS", &receiver.url);
    sandbox.subscribe("EMAIL", "oncall@example.com");
    let id = sandbox.publish("");
    let table = sandbox.text(&format!("local trace {id} --output table"));
    assert_fits(&table);
    for part in [
        "| hop ",
        "| result ",
        "| time ",
        "| topic alerts ",
        "|   EMAIL oncall@example.com ",
        "|     inbox message ",
        "|     attempt 1 ",
        "03-14T12:01:00",
        "12:00:00.000 |",
    ] {
        assert!(table.contains(part), "{part}\n{table}");
    }
    let list = sandbox.text("local trace --output table");
    assert_fits(&list);
    assert!(
        list.contains(&id) && list.contains("03-14T12:00:00 |"),
        "{list}"
    );
    assert!(list.contains("message to alerts"), "{list}");
}

#[test]
fn a_query_is_about_the_document() {
    let sandbox = Sandbox::with_alerts();
    let id = sandbox.publish("");
    let line = format!("local trace {id} --query data.hops[].kind --output table");
    let table = sandbox.text(&line);
    assert!(table.contains("| topic "), "{table}");
}
