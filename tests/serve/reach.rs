//! Commands on a data folder that a server has: they reach it by themselves.

use std::thread;

use serde_json::{Value, json};

use crate::server::{COMPARTMENT, Home, run};

/// How many messages a stream holds, as commands see it.
fn messages(home: &Home, stream: &str) -> usize {
    let cursor = format!(
        "streaming stream cursor create-cursor --stream-id {stream} --type TRIM_HORIZON --query data.value --raw-output"
    );
    let cursor = home.ok(&cursor);
    let got = home.json(&format!(
        "streaming stream message get --stream-id {stream} --cursor {cursor}"
    ));
    got.as_array().unwrap().len()
}

#[test]
fn commands_answer_alike_with_and_without_a_server() {
    let lines = [
        "local clock set 2026-03-14T12:00:00Z --frozen",
        "streaming admin stream create --name orders --partitions 2 --query data.name",
        "streaming stream message put --stream-id orders --key ORD-1 --text created",
        "streaming stream message put --stream-id orders --key ORD-1 --text paid --query data.entries[0].offset",
        "streaming admin stream list --query data[].name",
        "streaming stream cursor create-cursor --stream-id orders --type TRIM_HORIZON --partition 0 --query data.value",
        "streaming admin stream get --stream-id nothing",
        "streaming admin stream list --limit 0",
        "queue queue-admin queue list --compartment-id x",
        "local clock advance 1h",
        "local clock reset --query data.mode",
        "local reset --force --query data.deleted",
        "streaming admin stream list --query data[].name",
    ];
    let (alone, served) = (Home::new(), Home::new());
    let server = served.serve("");
    for line in lines {
        let plain = |home: &Home| {
            let output = home.run(line);
            let text = |bytes| {
                let text = String::from_utf8(bytes).unwrap();
                let same = |line: &&str| {
                    let fields = [
                        "opc-request-id",
                        "timestamp",
                        "system-time",
                        "offset-in-seconds",
                    ];
                    !fields.iter().any(|field| line.contains(field))
                };
                text.lines().filter(same).collect::<Vec<_>>().join("\n")
            };
            (
                output.status.code(),
                text(output.stdout),
                text(output.stderr),
            )
        };
        let (mine, its) = (plain(&alone), plain(&served));
        // Cursors differ by the stream's OCID.
        match line.contains("create-cursor") {
            true => assert_eq!(mine.0, its.0),
            false => assert_eq!(mine, its, "{line}"),
        }
    }
    server.stop();
}

#[test]
fn what_one_writes_the_other_reads() {
    let home = Home::new();
    home.ok("streaming admin stream create --name before --partitions 1");
    let server = home.serve("");
    home.ok("streaming admin stream create --name during --partitions 1");
    let during = home.json("streaming admin stream get --stream-id during");
    assert_eq!(during["messages-endpoint"], server.url());
    home.ok("streaming stream message put --stream-id before --text a --text b");
    assert_eq!(messages(&home, "before"), 2);
    server.stop();
    let names = home.json("streaming admin stream list --sort-by NAME --query data[].name");
    let after = home.ok("streaming admin stream list --sort-by NAME --query data[].name");
    assert!(
        names.is_null() && after.contains("before") && after.contains("during"),
        "{after}"
    );
}

#[test]
fn status_shows_the_server() {
    let home = Home::new();
    assert_eq!(home.json("local status")["server"], Value::Null);
    let server = home.serve("");
    let status = home.json("local status");
    let expected = json!({
        "http": server.url(), "kafka": server.ready["kafka"], "stomp": server.ready["stomp"],
        "pid": server.id(), "ca": null
    });
    assert_eq!(status["server"], expected);
    assert_eq!(status["data-dir"], home.data().display().to_string());
}

#[test]
fn the_clock_of_a_server_is_set() {
    let home = Home::new();
    let server = home.serve("");
    home.ok("local clock set 2030-01-01T00:00:00Z --frozen");
    let id = server.stream("orders", 1);
    let shown = home.json(&format!("streaming admin stream get --stream-id {id}"));
    assert_eq!(shown["time-created"], "2030-01-01T00:00:00+00:00");
    server.stop();
    assert_eq!(home.json("local clock show")["mode"], "frozen");
}

#[test]
fn a_reset_empties_a_server() {
    let home = Home::new();
    let server = home.serve("");
    let id = server.stream("orders", 2);
    home.ok(&format!(
        "streaming stream message put --stream-id {id} --text a"
    ));
    home.ok("local reset --force");
    let gone = server.get(&format!("/20180418/streams/{id}"));
    assert_eq!(gone.status, 404);
    let message = json!({"messages": [{"value": "YQ=="}]});
    let put = server.post(&format!("/20180418/streams/{id}/messages"), &message);
    assert_eq!(put.status, 404);
    server.stream("orders", 1);
    let left = std::fs::read_dir(home.data().join("streams")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn less_durability_than_asked_for_is_refused() {
    let home = Home::new();
    let server = home.serve("");
    let refused = home.run("streaming admin stream list --durability fsync");
    assert_eq!(refused.status.code(), Some(2));
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert!(
        stderr.starts_with("Error: --durability fsync is not what the server"),
        "{stderr}"
    );
    server.stop();
    let server = home.serve("--durability fsync");
    home.ok("streaming admin stream list --durability fsync");
    let id = server.stream("orders", 1);
    home.ok(&format!(
        "streaming stream message put --stream-id {id} --text a"
    ));
}

#[test]
fn proxies_are_not_asked() {
    let home = Home::new();
    let _server = home.serve("");
    let mut command = home.command("streaming admin stream list");
    command
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9");
    let output = run(command);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn names_complete_from_a_server() {
    let home = Home::new();
    let server = home.serve("");
    server.stream("orders-here", 1);
    let mut command = home.command("-- ocelot streaming admin stream get --stream-id or");
    command
        .env("OCELOT_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", "6")
        .env("_CLAP_IFS", "\n");
    let output = run(command);
    let offered = String::from_utf8(output.stdout).unwrap();
    assert!(offered.contains("orders-here"), "{offered}");
}

#[test]
fn a_server_may_come_and_go_between_commands() {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 1");
    let put = "streaming stream message put --stream-id orders --text x";
    thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..12 {
                        home.ok(put);
                    }
                })
            })
            .collect();
        for _ in 0..4 {
            home.serve("").stop();
        }
        for writer in writers {
            writer.join().unwrap();
        }
    });
    assert_eq!(messages(&home, "orders"), 36);
}

#[test]
fn a_record_of_another_process_is_not_believed() {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 1");
    let record = json!({
        "pid": std::process::id(), "http": "http://127.0.0.1:9", "kafka": "127.0.0.1:9", "ca": null,
        "fsync": false, "control": "http://127.0.0.1:9", "token": "x"
    });
    std::fs::write(home.data().join("server.json"), record.to_string()).unwrap();
    home.ok("streaming admin stream get --stream-id orders");
    // While another process has the folder, too.
    let lock = std::fs::File::open(home.data().join("lock")).unwrap();
    lock.lock().unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| home.ok("streaming admin stream get --stream-id orders"));
        thread::sleep(std::time::Duration::from_millis(100));
        lock.unlock().unwrap();
        waiting.join().unwrap();
    });
}

#[test]
fn a_program_with_an_endpoint_needs_no_folder() {
    let home = Home::new();
    let server = home.serve("--memory");
    let elsewhere = Home::new();
    let line = format!(
        "--endpoint {} streaming admin stream create --name orders --partitions 1 --compartment-id {COMPARTMENT} \
         --query data.name --raw-output",
        server.url()
    );
    assert_eq!(elsewhere.ok(&line), "orders");
    assert!(!elsewhere.data().exists());
}
