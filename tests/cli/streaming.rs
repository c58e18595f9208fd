//! A stream's life, as the README tells it.

use crate::sandbox::Sandbox;

#[test]
fn a_stream_is_created_and_shown_as_the_official_command_line_shows_it() {
    let sandbox = Sandbox::frozen();
    let shown = r#"{
  "data": {
    "compartment-id": "ocid1.tenancy.oc1..local",
    "defined-tags": {},
    "freeform-tags": {},
    "id": "ocid1.stream.oc1.local.~",
    "lifecycle-state": "CREATING",
    "lifecycle-state-details": null,
    "messages-endpoint": "http://127.0.0.1:4590",
    "name": "orders",
    "partitions": 3,
    "retention-in-hours": 24,
    "stream-pool-id": "ocid1.streampool.oc1.local.~",
    "time-created": "2026-03-14T12:00:00+00:00"
  },
  "etag": "\"[uuid]\"",
  "opc-work-request-id": "ocid1.streamworkrequest.oc1.local.~"
}
"#;
    sandbox
        .ocelot("streaming admin stream create --name orders --partitions 3")
        .stdout(shown)
        .check();
    let shown = shown.replace("CREATING", "ACTIVE");
    let (data, _) = shown.split_once(",\n  \"opc-work-request-id\"").unwrap();
    sandbox
        .ocelot("streaming admin stream get --stream-id orders")
        .stdout(&format!("{data}\n}}\n"))
        .check();
}

#[test]
fn messages_are_put_and_read_again() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("streaming stream message put --stream-id orders --messages")
        .args([r#"[{"key": "YQ==", "value": "aGVsbG8="}, {"key": "YQ==", "value": "d29ybGQ="}]"#])
        .stdout(
            r#"{
  "data": {
    "entries": [
      {
        "error": null,
        "error-message": null,
        "offset": 0,
        "partition": "1",
        "timestamp": "2026-03-14T12:00:00+00:00"
      },
      {
        "error": null,
        "error-message": null,
        "offset": 1,
        "partition": "1",
        "timestamp": "2026-03-14T12:00:00+00:00"
      }
    ],
    "failures": 0
  }
}
"#,
        )
        .check();
    let cursor = sandbox.cursor(1);
    sandbox
        .ocelot("streaming stream message get --stream-id orders --limit 1 --query data --cursor")
        .args([&cursor])
        .stdout(
            r#"[
  {
    "key": "YQ==",
    "offset": 0,
    "partition": "1",
    "stream": "orders",
    "timestamp": "2026-03-14T12:00:00+00:00",
    "value": "aGVsbG8="
  }
]
"#,
        )
        .check();
}

#[test]
fn a_reply_is_laid_out_as_asked() {
    let sandbox = Sandbox::with_orders();
    let list = "streaming admin stream list --query 'data[].{Name: name, Partitions: partitions}'";
    sandbox
        .ocelot(list)
        .stdout("[\n  {\n    \"Name\": \"orders\",\n    \"Partitions\": 3\n  }\n]\n")
        .check();
    let table = "\
+--------+------------+
| Name   | Partitions |
+--------+------------+
| orders | 3          |
+--------+------------+
";
    sandbox
        .ocelot(list)
        .args(["--output", "table"])
        .stdout(table)
        .check();
    let name = "streaming admin stream get --stream-id orders --query data.name";
    sandbox.ocelot(name).stdout("\"orders\"\n").check();
    sandbox
        .ocelot(name)
        .args(["--raw-output"])
        .stdout("orders\n")
        .check();
    sandbox
        .ocelot("streaming admin stream list --name nothing")
        .check();
    sandbox
        .ocelot("streaming admin stream list --query data[9]")
        .stderr("Query returned empty result, no output to show.\n")
        .check();
}

#[test]
fn an_id_may_be_a_name_as_long_as_it_is_the_only_one() {
    let sandbox = Sandbox::with_orders();
    let id =
        sandbox.data("streaming admin stream get --stream-id orders --query data.id --raw-output");
    let get = |stream: &str| {
        format!("streaming admin stream get --stream-id {stream} --query data.name --raw-output")
    };
    assert_eq!(sandbox.data(&get(&id)), "orders");
    sandbox
        .ocelot(&get("order"))
        .refused(404, "NotAuthorizedOrNotFound", "Unknown stream order")
        .check();
    sandbox.data("streaming admin stream-pool create --name other");
    sandbox
        .data("streaming admin stream create --name orders --partitions 1 --stream-pool-id other");
    let mut run = sandbox.ocelot(&get("orders"));
    let output = run.output();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(output.stdout.is_empty());
    assert!(told.contains(&id), "{told}");
    assert_eq!(told.matches("ocid1.stream.oc1.").count(), 2, "{told}");
}

#[test]
fn many_processes_at_once_lose_nothing() {
    let sandbox = Sandbox::with_orders();
    let put = "streaming stream message put --stream-id orders --query data.failures --text";
    std::thread::scope(|scope| {
        for number in 0..32 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let run = sandbox.ocelot(put).args([number.to_string()]);
                run.stdout("0\n").check();
            });
        }
    });
    let mut texts: Vec<u32> = Vec::new();
    for partition in 0..3 {
        let cursor = sandbox.cursor(partition);
        let get =
            format!("streaming stream message get --stream-id orders --decode --cursor {cursor}");
        let text = String::from_utf8(sandbox.ocelot(&get).output().stdout).unwrap();
        texts.extend(text.lines().map(|line| line.parse::<u32>().unwrap()));
    }
    texts.sort_unstable();
    assert_eq!(texts, (0..32).collect::<Vec<_>>());
}
