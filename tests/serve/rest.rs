//! REST as clients know it: routes, headers, bodies, pages, errors.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use ocelot::api::operation::Method;
use ocelot::client::Request;
use serde_json::{Value, json};

use crate::server::{COMPARTMENT, Home, Server, json as body, text};
use crate::wire::{Wire, ask};

fn refusal(server: &Server, request: &str) -> (u16, String, String) {
    let answer = ask(server.address(), request);
    let told = answer.json();
    let id = answer.header("opc-request-id").unwrap();
    assert!(!id.is_empty());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let field = |name: &str| told[name].as_str().unwrap().to_owned();
    (answer.status, field("code"), field("message"))
}

#[test]
fn what_is_no_operation_is_told() {
    let home = Home::new();
    let server = home.serve("--memory");
    let refused = |line: &str, status, code: &str| {
        let told = refusal(&server, &format!("{line} HTTP/1.1\r\nhost: x\r\n\r\n"));
        assert_eq!((told.0, told.1.as_str()), (status, code), "{line}");
    };
    refused("GET /", 404, "NotFound");
    refused("GET /20180418/nothing", 404, "NotFound");
    refused("GET /20180418/streams/", 404, "NotFound");
    refused("GET //20180418/streams", 404, "NotFound");
    refused("PATCH /20180418/streams", 405, "MethodNotAllowed");
    refused("DELETE /20180418/streams", 405, "MethodNotAllowed");
    refused("BREW /20180418/streams", 405, "MethodNotAllowed");
    refused("BREW /pot", 404, "NotFound");
    refused("GET /20180418/streams", 400, "MissingParameter");
    refused("GET /20180418/streams/%FF", 400, "InvalidParameter");
    let answer = {
        let mut wire = Wire::to(server.address());
        wire.send("OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n");
        wire.answer().unwrap()
    };
    assert_eq!(answer.status, 404);
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let home = Home::new();
    let server = home.serve("--memory");
    for (line, allowed) in [
        ("PATCH /20180418/streams", "GET, POST"),
        ("PUT /20180418/streams/x/messages", "GET, POST"),
        ("BREW /20180418/streams/x", "DELETE, GET, PUT"),
        ("POST /20180418/streams/x/cursors/y", ""),
        ("POST /metrics", "GET,HEAD"),
        ("GET /ocelot/v1/local", "POST"),
    ] {
        let answer = ask(server.address(), format!("{line} HTTP/1.0\r\n\r\n"));
        let expected = (!allowed.is_empty()).then_some(allowed);
        assert_eq!(answer.header("allow"), expected, "{line}");
        let status = if allowed.is_empty() { 404 } else { 405 };
        assert_eq!(answer.status, status, "{line}");
        assert!(answer.header("opc-request-id").is_some(), "{line}");
    }
    let told = refusal(&server, "PUT /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!((told.0, told.1.as_str()), (405, "MethodNotAllowed"));
}

#[test]
fn bodies_are_json() {
    let home = Home::new();
    let server = home.serve("--memory");
    let refused = |path: &str, headers: &str, body: &str, status, code: &str| {
        let told = refusal(
            &server,
            &format!(
                "POST /20180418/{path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n{headers}\r\n{body}",
                body.len()
            ),
        );
        assert_eq!(
            (told.0, told.1.as_str()),
            (status, code),
            "{body}: {}",
            told.2
        );
        told.2
    };
    for not_json in [
        "",
        "{",
        "[]",
        "nonsense",
        "null",
        "\u{feff}{}",
        "{\"name\": \"\u{1}\"}",
    ] {
        let message = refused("streams", "", not_json, 400, "InvalidParameter");
        assert!(
            message.starts_with("Unable to parse JSON body"),
            "{message}"
        );
    }
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    refused("streams", form, "{}", 415, "UnsupportedMediaType");
    let brotli = "content-encoding: br\r\n";
    refused("streams", brotli, "{}", 415, "UnsupportedMediaType");
    let gzip = "content-encoding: gzip\r\n";
    refused("streams", gzip, "{}", 400, "CannotParseRequest");
    // Deep nesting must not take the stack.
    let deep = format!("{{\"name\":{}", "[".repeat(1_000_000));
    refused("streams", "", &deep, 400, "InvalidParameter");
    let stream = server.stream("orders", 1);
    let messages = format!("streams/{stream}/messages");
    for (body, expected) in [
        ("{}", "messages is missing"),
        (r#"{"messages":5}"#, "messages must be a JSON list, not 5"),
        (
            r#"{"messages":[{"value":5}]}"#,
            "messages[0].value must be a string, not 5",
        ),
        (
            r#"{"messages":[{"key":"YQ=="}]}"#,
            "messages[0].value is missing",
        ),
        (
            r#"{"messages":[]}"#,
            "messages is empty: there is nothing to put",
        ),
    ] {
        let code = if expected.ends_with("missing") {
            "MissingParameter"
        } else {
            "InvalidParameter"
        };
        assert_eq!(refused(&messages, "", body, 400, code), expected);
    }
}

#[test]
fn a_body_without_which_an_operation_can_do_may_be_left_out() {
    let home = Home::new();
    let server = home.serve("--memory");
    for action in [
        "retrieveDimensionStates",
        "summarizeAlarmSuppressionHistory",
    ] {
        for (body, status) in [("", 404), ("{}", 404), ("[]", 400), ("{", 400)] {
            let told = refusal(
                &server,
                &format!(
                    "POST /20180401/alarms/ocid1.alarm.oc1..x/actions/{action} HTTP/1.1\r\nhost: x\r\n\
                     content-length: {}\r\n\r\n{body}",
                    body.len()
                ),
            );
            assert_eq!(told.0, status, "{action} {body:?}: {}", told.2);
        }
    }
}

#[test]
fn a_gzipped_body_is_inflated() {
    let home = Home::new();
    let server = home.serve("--memory --max-body-bytes 100000");
    let mut request = Request::new(Method::Post, format!("{}/20180418/streams", server.url()));
    request.set_header("content-type", "application/json");
    request.set_header("content-encoding", "gzip");
    let gzipped = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let details =
        json!({"name": "orders", "partitions": 1, "compartmentId": COMPARTMENT}).to_string();
    request.body = Some(gzipped(details.as_bytes()));
    let made = server.exchange(&request);
    assert_eq!(made.status, 200, "{}", text(&made));
    // A bomb is not inflated.
    request.body = Some(gzipped(&vec![b' '; 50_000_000]));
    let refused = server.exchange(&request);
    assert_eq!(
        (refused.status, body(&refused)["code"].as_str()),
        (413, Some("PayloadTooLarge"))
    );
}

#[test]
fn messages_take_escapes_and_loose_base64() {
    let home = Home::new();
    let server = home.serve("--memory");
    let stream = server.stream("orders", 1);
    let path = format!("/20180418/streams/{stream}/messages");
    // Some JSON writers put a backslash before each slash.
    let mut request = Request::new(Method::Post, format!("{}{path}", server.url()));
    request.body = Some(
        br#"{"messages":[{"key":"YQ","value":"\/w\u003d="},{"key":null,"value":"","x":1}]}"#.into(),
    );
    let put = server.exchange(&request);
    assert_eq!(put.status, 200, "{}", text(&put));
    let entries = body(&put);
    assert_eq!(entries["failures"], 0);
    let keys: Vec<&String> = entries["entries"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["error", "errorMessage", "offset", "partition", "timestamp"]
    );
    let cursor = server.post(
        &format!("/20180418/streams/{stream}/cursors"),
        &json!({"type": "TRIM_HORIZON", "partition": "0"}),
    );
    let cursor = body(&cursor)["value"].as_str().unwrap().to_owned();
    let got = server.get(&format!("{path}?cursor={cursor}&limit=5&unknown=1"));
    assert!(got.header("opc-next-cursor").is_some());
    let got = body(&got);
    assert_eq!(got[0]["value"], "/w==");
    assert_eq!(got[0]["key"], "YQ==");
    assert_eq!(got[0]["stream"], "orders");
    assert_eq!(got[0]["partition"], "0");
    assert_eq!(
        (&got[1]["key"], &got[1]["value"]),
        (&Value::Null, &json!(""))
    );
}

#[test]
fn a_deleted_stream_takes_no_messages() {
    let home = Home::new();
    let server = home.serve("");
    let stream = server.stream("orders", 1);
    let path = format!("/20180418/streams/{stream}/messages");
    let message = json!({"messages": [{"value": "YQ=="}]});
    assert_eq!(server.post(&path, &message).status, 200);
    let by_name = "/20180418/streams/orders/messages";
    assert_eq!(server.post(by_name, &message).status, 200);
    let deleted = server.send(Method::Delete, &format!("/20180418/streams/{stream}"), None);
    assert_eq!(deleted.status, 204);
    for path in [path.as_str(), by_name] {
        let refused = server.post(path, &message);
        assert_eq!(
            (refused.status, body(&refused)["code"].as_str()),
            (404, Some("NotAuthorizedOrNotFound"))
        );
    }
    let anew = server.stream("orders", 1);
    assert_ne!(anew, stream);
    assert_eq!(
        body(&server.post(by_name, &message))["entries"][0]["offset"],
        0
    );
}

#[test]
fn etags_and_retry_tokens_come_as_headers() {
    let home = Home::new();
    let server = home.serve("--memory");
    let id = server.stream("orders", 1);
    let path = format!("{}/20180418/streams/{id}", server.url());
    let etag = server.get(&format!("/20180418/streams/{id}"));
    let etag = etag.header("etag").unwrap().to_owned();
    let mut update = Request::new(Method::Put, path);
    update.set_header("content-type", "application/json; charset=utf-8");
    update.body = Some(br#"{"freeformTags":{"a":"b"}}"#.to_vec());
    update.set_header("if-match", "\"other\"");
    let refused = server.exchange(&update);
    assert_eq!(
        (refused.status, body(&refused)["code"].as_str()),
        (412, Some("NoEtagMatch"))
    );
    update.set_header("if-match", etag.clone());
    let updated = server.exchange(&update);
    assert_eq!(updated.status, 200);
    assert_ne!(updated.header("etag"), Some(etag.as_str()));
    assert!(updated.header("opc-work-request-id").is_some());
    let mut create = Request::new(
        Method::Post,
        format!("{}/20180418/streampools", server.url()),
    );
    create.set_header("opc-retry-token", "once");
    create.body = Some(
        json!({"name": "p", "compartmentId": COMPARTMENT})
            .to_string()
            .into_bytes(),
    );
    let first = body(&server.exchange(&create));
    assert_eq!(first["id"], body(&server.exchange(&create))["id"]);
}

#[test]
fn lists_come_in_pages() {
    let home = Home::new();
    let server = home.serve("--memory");
    for name in ["a", "b", "c"] {
        server.stream(name, 1);
    }
    let list = "/20180418/streams?sortBy=NAME&limit=2&compartmentId=";
    let first = server.get(&format!("{list}{COMPARTMENT}"));
    let next = first.header("opc-next-page").unwrap();
    let second = server.get(&format!("{list}{COMPARTMENT}&page={next}"));
    let names = |page: Value| -> Vec<String> {
        let items = page.as_array().unwrap().iter();
        items
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(body(&first)), ["a", "b"]);
    assert_eq!(names(body(&second)), ["c"]);
    assert!(second.header("opc-next-page").is_none());
    assert!(second.header("opc-prev-page").is_some());
    // A plus is a blank in a query, and so is %20.
    for name in ["no+such", "no%20such"] {
        let none = server.get(&format!("{list}{COMPARTMENT}&name={name}"));
        assert_eq!(text(&none), "[]");
    }
}

#[test]
fn addresses_are_those_that_the_client_used() {
    let home = Home::new();
    let server = home.serve("--memory");
    let stream = server.stream("orders", 1);
    let port = server.address().rsplit(':').next().unwrap();
    let kafka_port = server.ready["kafka"]
        .as_str()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap();
    let told = |host: &str| {
        let line = format!("GET /20180418/streams/{stream} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let shown = ask(server.address(), line).json();
        let pool = shown["streamPoolId"].as_str().unwrap();
        let line = format!("GET /20180418/streampools/{pool} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let pool = ask(server.address(), line).json();
        (
            shown["messagesEndpoint"].as_str().unwrap().to_owned(),
            pool["kafkaSettings"]["bootstrapServers"]
                .as_str()
                .unwrap()
                .to_owned(),
        )
    };
    for (host, rest, kafka) in [
        (
            "streams.test:8080",
            "http://streams.test:8080".to_owned(),
            "streams.test",
        ),
        (
            "streams.test",
            "http://streams.test".to_owned(),
            "streams.test",
        ),
        ("[::1]:8080", "http://[::1]:8080".to_owned(), "[::1]"),
        ("", format!("http://127.0.0.1:{port}"), "127.0.0.1"),
        (
            "user@evil/x",
            format!("http://127.0.0.1:{port}"),
            "127.0.0.1",
        ),
    ] {
        assert_eq!(
            told(host),
            (rest, format!("{kafka}:{kafka_port}")),
            "{host}"
        );
    }
    let advertising = Home::new();
    let server = advertising.serve("--memory --advertise events.test");
    let id = server.stream("orders", 1);
    let shown = body(&server.get(&format!("/20180418/streams/{id}")));
    let port = server.address().rsplit(':').next().unwrap();
    assert_eq!(
        shown["messagesEndpoint"],
        format!("http://events.test:{port}")
    );
}

#[test]
fn a_connection_takes_many_requests() {
    let home = Home::new();
    let server = home.serve("--memory");
    let mut wire = Wire::to(server.address());
    let list = "GET /20180418/streams?compartmentId=x HTTP/1.1\r\nhost: x\r\n\r\n";
    // Two at once, too.
    wire.send(list.repeat(2));
    for _ in 0..2 {
        assert_eq!(wire.answer().unwrap().status, 200);
    }
    wire.send(
        "GET /20180418/streams?compartmentId=x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    assert_eq!(wire.answer().unwrap().status, 200);
    assert!(wire.is_closed());
}

#[test]
fn the_engine_behind_it_is_for_its_owner() {
    let home = Home::new();
    let server = home.serve("");
    let path = "/ocelot/v1/local";
    let refused = server.post(path, &json!({"command": "reset"}));
    assert_eq!(refused.status, 401);
    let record: Value =
        serde_json::from_slice(&std::fs::read(home.data().join("server.json")).unwrap()).unwrap();
    let mut request = Request::new(Method::Post, format!("{}{path}", server.url()));
    request.set_header(
        "authorization",
        format!("Bearer {}x", record["token"].as_str().unwrap()),
    );
    request.body = Some(br#"{"command":"show-clock"}"#.to_vec());
    assert_eq!(server.exchange(&request).status, 401);
    request.set_header(
        "authorization",
        format!("Bearer {}", record["token"].as_str().unwrap()),
    );
    assert_eq!(body(&server.exchange(&request))["mode"], "system");
    request.body = Some(br#"{"command":"explode"}"#.to_vec());
    assert_eq!(server.exchange(&request).status, 400);
}
