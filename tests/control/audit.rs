//! `ocelot local audit list`: what leaves an entry, and how entries are found.

use std::fs;

use ocelot::api::OperationId;
use ocelot::api::operation::Method;
use ocelot::api::streaming::Streaming;
use ocelot::call::Call;
use ocelot::client::Request;
use ocelot::engine::{AuditRequest, Engine, EngineOptions, LocalRequest};
use serde_json::{Value, json};

use crate::server::{Home, run};

fn entries(home: &Home, options: &str) -> Vec<Value> {
    let list = home.json(&format!("local audit list {options}"));
    list.as_array().unwrap().clone()
}

/// Operation, status and name of entries, the newest first.
fn told(entries: &[Value]) -> Value {
    let told = entries.iter();
    let told =
        told.map(|entry| json!([entry["operation"], entry["status"], entry["resource-name"]]));
    told.collect()
}

#[test]
fn changes_leave_an_entry_and_messages_do_not() {
    let home = Home::new();
    home.ok("local clock set 2026-03-14T12:00:00Z --frozen");
    home.ok("streaming admin stream create --name orders --partitions 1");
    home.ok("streaming stream message put --stream-id orders --text one");
    home.ok("streaming stream message tail --stream-id orders");
    home.ok("local clock set 2026-03-14T13:00:00Z --frozen");
    home.ok("queue queue-admin queue create --display-name jobs");
    home.ok("queue messages put-messages --queue-id jobs --text job");
    let refused = home.run("streaming admin stream create --name orders --partitions 1");
    assert_eq!(refused.status.code(), Some(1));
    home.ok("streaming admin stream delete --stream-id orders --force");
    let all = entries(&home, "");
    let status = |index: usize| all[index]["status"].as_u64().unwrap();
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!(all[0]["operation"], "delete_stream");
    assert_eq!(all[0]["resource-id"], all[3]["resource-id"]);
    assert_eq!(all[0]["resource-name"], "orders");
    assert!(status(1) >= 400 && status(0) < 300);
    assert_eq!(all[2]["service"], "queue");
    assert_eq!(told(&all[3..]), json!([["create_stream", 200, "orders"]]));
    assert_eq!(all[3]["time"], "2026-03-14T12:00:00.000Z");
    assert!(
        all[3]["resource-id"]
            .as_str()
            .unwrap()
            .starts_with("ocid1.stream.")
    );
    assert_eq!(entries(&home, "--since 30m").len(), 3);
    assert_eq!(entries(&home, "--until 2026-03-14T12:30:00Z").len(), 1);
    assert_eq!(entries(&home, "--resource jobs").len(), 1);
    assert_eq!(entries(&home, "--resource orders --limit 2").len(), 2);
    let table = home.ok("local audit list --output table");
    assert!(
        table.contains("create_stream") && table.lines().all(|line| line.chars().count() <= 100),
        "{table}"
    );
}

#[test]
fn a_server_tells_the_request() {
    let home = Home::new();
    let server = home.serve("");
    server.stream("orders", 1);
    let refused = server.send(Method::Delete, "/20180418/streams/nothing", None);
    assert_eq!(refused.status, 404);
    let entries = entries(&home, "");
    assert_eq!(
        told(&entries),
        json!([
            ["delete_stream", 404, null],
            ["create_stream", 200, "orders"]
        ])
    );
    for entry in &entries {
        assert!(!entry["opc-request-id"].as_str().unwrap().is_empty());
        assert_eq!(entry["tenancy-id"], "ocid1.tenancy.oc1..local");
    }
}

#[test]
fn who_called_is_told_and_whether_it_was_proved() {
    let home = Home::new();
    let command = |line: &str| {
        let mut command = home.command(line);
        command.env("USER", "ada");
        assert!(run(command).status.success(), "{line}");
    };
    command("streaming admin stream create --name orders --partitions 1 --opc-request-id MYID");
    let config = "[DEFAULT]\nuser=ocid1.user.oc1..profile\n";
    fs::create_dir(home.path(".oci")).unwrap();
    fs::write(home.path(".oci/config"), config).unwrap();
    command("streaming admin stream create --name returns --partitions 1");
    let server = home.serve("");
    // The command reaches the server by the data folder.
    command("streaming admin stream create --name refunds --partitions 1");
    let signed = format!(
        "Signature version=\"1\",keyId=\"ocid1.tenancy.oc1..t/ocid1.user.oc1..signer/aa:bb\",\
         algorithm=\"rsa-sha256\",headers=\"date\",signature=\"{}\"",
        "YWFh"
    );
    let mut request = Request::new(Method::Post, format!("{}/20180418/streams", server.url()));
    request.set_header("content-type", "application/json");
    request.set_header("authorization", signed);
    let body = json!({"name": "signed", "partitions": 1, "compartmentId": "ocid1.tenancy.oc1..t"});
    request.body = Some(body.to_string().into_bytes());
    assert_eq!(server.exchange(&request).status, 200);
    let told: Vec<Value> = entries(&home, "")
        .iter()
        .map(|entry| {
            json!([
                entry["resource-name"],
                entry["user-id"],
                entry["user-is-verified"]
            ])
        })
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["signed", "ocid1.user.oc1..signer", false],
            ["refunds", "ocid1.user.oc1..profile", false],
            ["returns", "ocid1.user.oc1..profile", false],
            ["orders", "ada", false],
        ])
    );
    assert_eq!(
        entries(&home, "--resource orders")[0]["opc-request-id"],
        "MYID"
    );
}

#[test]
fn entries_of_a_resource_are_found_by_its_name_and_its_ocid() {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 1");
    let id = home.ok("streaming admin stream list --query data[0].id --raw-output");
    home.ok(&format!(
        "streaming admin stream delete --stream-id {id} --force"
    ));
    home.ok("streaming admin stream create --name orders --partitions 1");
    home.ok("streaming admin stream delete --stream-id orders --force");
    assert_eq!(entries(&home, "--resource orders").len(), 4);
    assert_eq!(entries(&home, &format!("--resource {id}")).len(), 2);
}

#[test]
fn what_answers_with_a_work_request_only_tells_its_resource() {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 1");
    let id = home.ok("streaming admin stream list --query data[0].id --raw-output");
    home.ok(&format!(
        "sch service-connector create --display-name moves --compartment-id ocid1.tenancy.oc1..local \
         --source {{\"kind\":\"streaming\",\"streamId\":\"{id}\",\"cursor\":{{\"kind\":\"LATEST\"}}}} \
         --target {{\"kind\":\"objectStorage\",\"bucketName\":\"lake\"}}"
    ));
    home.ok("queue queue-admin queue create --display-name jobs");
    let told = entries(&home, "--limit 2");
    for (entry, kind, name) in [
        (&told[1], "serviceconnector", "moves"),
        (&told[0], "queue", "jobs"),
    ] {
        assert_eq!(entry["resource-name"], name);
        let id = entry["resource-id"].as_str().unwrap_or_default();
        assert!(id.starts_with(&format!("ocid1.{kind}.")), "{entry}");
    }
}

#[test]
fn what_a_fault_or_a_check_refuses_leaves_an_entry() {
    let home = Home::new();
    home.ok("local fault add --service streaming --operation create-stream --status 503 --times 1");
    home.run("streaming admin stream create --name orders --partitions 1 --no-retry");
    let server = home.serve("");
    let refused = server.post("/20180418/streams", &json!({"name": "orders"}));
    assert_eq!(refused.status, 400);
    assert_eq!(
        told(&entries(&home, "")),
        json!([
            ["create_stream", 400, "orders"],
            ["create_stream", 503, "orders"]
        ])
    );
}

#[test]
fn the_newest_ten_thousand_are_kept() {
    let engine = Engine::open(&ocelot::engine::Home::Memory, EngineOptions::default()).unwrap();
    let operation = OperationId::Streaming(Streaming::DeleteStream).operation();
    let mut call = Call::new(operation.unwrap());
    for number in 0..10_200 {
        call.path.insert("streamId", format!("none-{number}"));
        engine.answer(&call).unwrap_err();
    }
    let request = AuditRequest {
        limit: 100_000,
        ..AuditRequest::default()
    };
    let entries = engine
        .control(&LocalRequest::ListAudit { request })
        .unwrap();
    let entries = entries.as_array().unwrap();
    assert_eq!(entries.len(), 10_000);
    assert_eq!(entries[0]["resource-id"], "none-10199");
    assert_eq!(entries[9_999]["resource-id"], "none-200");
}
