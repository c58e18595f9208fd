//! `--dry-run`: the request is shown, and nothing else happens.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

const LOCAL: &str = "http://127.0.0.1:4590/20180418/streams";

fn shown(sandbox: &Sandbox, line: &str) -> Value {
    let text = sandbox.data(line);
    let document: Value = serde_json::from_str(&text).unwrap();
    document["data"].clone()
}

#[test]
fn the_local_engine_is_not_opened() {
    let sandbox = Sandbox::new();
    let create = "streaming admin stream create --name orders --partitions 1 --dry-run";
    let request = shown(&sandbox, create);
    assert_eq!(request["url"], LOCAL);
    assert_eq!(request["method"], "POST");
    let wanted =
        json!({"compartmentId": "ocid1.tenancy.oc1..local", "name": "orders", "partitions": 1});
    assert_eq!(request["body"], wanted);
    assert!(!sandbox.path("data").exists());
}

#[test]
fn nothing_is_deleted_and_nobody_is_asked() {
    let sandbox = Sandbox::with_orders();
    let delete = "streaming admin stream delete --stream-id orders --dry-run \
                  --wait-for-state SUCCEEDED --query data.[method,url]";
    let wanted = format!("[\n  \"DELETE\",\n  \"{LOCAL}/orders\"\n]\n");
    sandbox.ocelot(delete).stdout(&wanted).check();
    let list = "streaming admin stream list --query data[].name";
    sandbox.ocelot(list).stdout("[\n  \"orders\"\n]\n").check();
}

#[test]
fn of_many_requests_the_first_is_shown() {
    let sandbox = Sandbox::new();
    let list =
        "streaming admin stream list --compartment-id c --dry-run --query data.url --raw-output";
    for (options, wanted) in [
        ("--all", ""),
        ("--all --page-size 7", "&limit=7"),
        ("--limit 20 --page-size 7", "&limit=7"),
        ("--limit 5 --page-size 7", "&limit=5"),
        ("--page-size 7", ""),
    ] {
        let line = format!("{list} {options}");
        let run = sandbox.ocelot(&line);
        let run = match options.starts_with("--page-size") {
            true => run.stderr("Note: --page-size counts only with --all or --limit.\n"),
            false => run,
        };
        run.stdout(&format!("{LOCAL}?compartmentId=c{wanted}\n"))
            .check();
    }
    let mut lines = String::new();
    for number in 0..40_000 {
        lines += &format!("message number {number}\n");
    }
    sandbox.write("lines", &lines);
    let put = "streaming stream message put --stream-id s --file lines --dry-run";
    let request = shown(&sandbox, put);
    let messages = request["body"]["messages"].as_array().unwrap();
    assert!(
        (1000..40_000).contains(&messages.len()),
        "{}",
        messages.len()
    );
    assert_eq!(messages[0]["value"], "bWVzc2FnZSBudW1iZXIgMA==");
}

#[test]
fn neither_credentials_nor_a_network_are_needed() {
    let sandbox = Sandbox::new();
    sandbox.write(
        ".oci/config",
        "[DEFAULT]\nregion = eu-frankfurt-1\nkey_file = ~/nowhere.pem\nuser = u\n",
    );
    let list = "streaming admin stream list --compartment-id c --target cloud";
    let host =
        "https://streaming.eu-frankfurt-1.oci.oraclecloud.com/20180418/streams?compartmentId=c";
    let request = shown(&sandbox, &format!("{list} --dry-run"));
    assert_eq!(request["url"], host);
    let names: Vec<&String> = request["headers"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["accept", "content-type", "opc-request-id"]);
    let line = format!(
        "curl --request GET \\\n  --header 'accept: application/json' \\\n  \
         --header 'content-type: application/json' \\\n  --header 'opc-request-id: mine' \\\n  \
         --globoff --path-as-is --url '{host}'\n"
    );
    let told = "Note: the request is signed when ocelot sends it; curl sends it without a signature, which \
                the cloud refuses.\n";
    let run = sandbox.ocelot(&format!("{list} --dry-run=curl --opc-request-id mine"));
    run.stdout(&line).stderr(told).check();
}

#[test]
fn messages_in_the_cloud_have_a_likely_address() {
    let sandbox = Sandbox::new();
    let get = "queue messages get-messages --queue-id q --target cloud --region fra --dry-run --query data.url";
    sandbox
        .ocelot(get)
        .stdout("\"https://cell-1.queue.messaging.eu-frankfurt-1.oci.oraclecloud.com/20210201/queues/q/messages\"\n")
        .stderr_has(["shown is the likely one"])
        .check();
    let post = "monitoring metric-data post --metric-data [] --target cloud --region fra --dry-run --query data.url";
    sandbox
        .ocelot(post)
        .stdout("\"https://telemetry-ingestion.eu-frankfurt-1.oraclecloud.com/20180401/metrics\"\n")
        .check();
}

#[test]
fn what_cannot_be_done_is_said_as_ever() {
    let sandbox = Sandbox::new();
    sandbox
        .ocelot("streaming admin stream get --dry-run")
        .status(1)
        .stderr_has(["Missing option(s) --stream-id."])
        .check();
    sandbox
        .ocelot("streaming admin stream get --stream-id s --dry-run=telnet")
        .status(2)
        .stderr_has(["--dry-run", "request", "curl"])
        .check();
    sandbox
        .ocelot("local reset --dry-run")
        .status(2)
        .stderr(
            "Error: --dry-run shows the request of a service's operation, and ocelot local reset is a command of \
             ocelot's own\n",
        )
        .check();
}
