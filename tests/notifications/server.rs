//! Notifications of a server: it delivers by itself, and its folder has one inbox.

use serde_json::{Value, json};
use test_support::{COMPARTMENT, Server};

use crate::bench::text;
use crate::program::Program;
use crate::receiver::Receiver;

/// The answer to a body that is posted, which is taken.
fn posted(server: &Server, target: &str, body: &Value) -> Value {
    let (status, reply) = server.ask("POST", target, body);
    assert!((200..300).contains(&status), "{target}: {status} {reply}");
    reply
}

/// Visits a link of a message, as a browser does.
fn visit(server: &Server, url: &str) -> (u16, Value) {
    let target = url.strip_prefix(server.url());
    server.ask("GET", target.unwrap(), &Value::Null)
}

#[test]
fn a_webhook_gets_what_is_published_by_rest() {
    let program = Program::empty();
    let server = program.serve("");
    let receiver = Receiver::accepting();
    let topics = "/20181201/topics";
    let details = json!({"name": "alerts", "compartmentId": COMPARTMENT});
    let topic = text(&posted(&server, topics, &details)["topicId"]);
    let details = json!({"topicId": topic, "compartmentId": COMPARTMENT, "protocol": "CUSTOM_HTTPS",
                         "endpoint": receiver.url});
    posted(&server, "/20181201/subscriptions", &details);
    let asked = receiver.next();
    let url = asked.header("x-oci-ns-confirmationurl");
    let (status, confirmed) = visit(&server, url);
    assert_eq!((status, &confirmed["topicName"]), (200, &json!("alerts")));

    let message = json!({"title": "Disk", "body": "It is full."});
    posted(&server, &format!("{topics}/{topic}/messages"), &message);
    assert_eq!(receiver.next().body, "It is full.");
    let (status, _) = visit(&server, &text(&confirmed["unsubscribeUrl"]));
    assert_eq!(status, 200);
}

#[test]
fn the_inbox_and_functions_of_a_served_folder_are_the_servers() {
    let program = Program::with_alerts();
    let server = program.serve("");
    let create = "ons subscription create --topic-id alerts --protocol EMAIL";
    program.data(&format!(
        "{create} --subscription-endpoint oncall@example.com"
    ));
    let list = program.data("local inbox list");
    let url = text(&list[0]["confirmation-url"]);
    assert!(url.contains(server.address()), "{url}");
    let shown = program.data("local inbox show 1");
    assert!(shown["text"].as_str().unwrap().contains(&url), "{shown}");
    let eml = program.text("local inbox show 1 --eml");
    assert!(eml.starts_with("From: "), "{eml}");
    let confirmed = program.data("local inbox confirm 1");
    assert_eq!(confirmed["topic-name"], "alerts");

    let added = program.data("local function add --name lab --exec cat");
    let functions = program.data("local function list");
    assert_eq!(functions, json!([added]));
    assert_eq!(program.data("local function logs lab"), json!([]));
    program.data("local function remove lab");
    for (line, status, told) in [
        ("local inbox show 99", 1, "the inbox has no message 99"),
        ("local function remove lab", 1, "there is no function lab"),
        (
            "ons topic list --allow-http --delivery-timeout 1",
            2,
            "makes the deliveries, and has no use for --delivery-timeout, --allow-http",
        ),
    ] {
        let output = program.command(line).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{line}: {stderr}");
        assert!(stderr.contains(told), "{stderr}");
    }
}

#[test]
fn a_delivery_is_tried_again_when_the_clock_is_moved() {
    let program = Program::with_alerts();
    let _server = program.serve("");
    let receiver = Receiver::answering("500 Internal Server Error");
    program.data(&format!(
        "ons subscription create --topic-id alerts --protocol CUSTOM_HTTPS --subscription-endpoint {}",
        receiver.url
    ));
    let first = receiver.next().body;
    // It is tried again right away, and then after a minute.
    assert_eq!(receiver.next().body, first);
    assert_eq!(program.under_way(), 1);
    // The server may not have noted yet that it failed, and then the minute begins when it does.
    let came = (0..100).any(|_| {
        program.data("local clock advance 61s");
        receiver.rest().iter().any(|again| again.body == first)
    });
    assert!(came);
}

#[test]
fn links_need_no_signature_where_callers_must_sign() {
    let program = Program::with_alerts();
    let server = program.serve("--auth verify");
    program.data(
        "ons subscription create --topic-id alerts --protocol EMAIL \
         --subscription-endpoint oncall@example.com",
    );
    let url = text(&program.data("local inbox list")[0]["confirmation-url"]);
    let target = "/20181201/topics?compartmentId=ocid1.tenancy.oc1..local";
    assert_eq!(server.ask("GET", target, &Value::Null).0, 401);
    assert_eq!(visit(&server, &url.replace("token=", "token=0")).0, 400);
    assert_eq!(visit(&server, &url).0, 200);
    let subscriptions = program.data("ons subscription list");
    assert_eq!(subscriptions[0]["lifecycle-state"], "ACTIVE");
}
