//! From files that are followed, through log rules.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ocelot::engine::sch::FollowRequest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bench::{Bench, COMPARTMENT, text};

const LOG: &str = "ocid1.log.oc1..web";
const GROUP: &str = "ocid1.loggroup.oc1..shop";

/// A bench that follows a file, and copies what is logged into a stream.
struct Followed {
    bench: Bench,
    folder: TempDir,
    copy: String,
}

impl Followed {
    fn new(tasks: Value) -> Self {
        let (bench, folder) = (Bench::new(), TempDir::new().unwrap());
        let copy = bench.stream("copy", 1);
        let followed = Self {
            bench,
            folder,
            copy,
        };
        let request = FollowRequest::Add {
            log_id: LOG.to_owned(),
            log_group_id: GROUP.to_owned(),
            compartment_id: None,
            file: followed.file().to_str().unwrap().to_owned(),
        };
        followed
            .bench
            .engine
            .manage_followed_logs(&request)
            .unwrap();
        let target = json!({"kind": "streaming", "streamId": followed.copy});
        followed.bench.connector("c", of_group(), tasks, target);
        followed
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("web.jsonl")
    }

    fn append(&self, text: &str) {
        append(&self.file(), text);
    }

    /// What has arrived so far.
    fn arrived(&self) -> Vec<Value> {
        self.bench.engine.move_connectors().unwrap();
        let messages = self.bench.messages(&self.copy);
        let records = messages
            .iter()
            .map(|(_, value)| serde_json::from_str(value));
        records.collect::<Result<_, _>>().unwrap()
    }

    /// The `n` of the data of what has arrived.
    fn numbers(&self) -> Vec<i64> {
        let arrived = self.arrived();
        let numbers = arrived
            .iter()
            .map(|one| one["logContent"]["data"]["n"].as_i64());
        numbers.collect::<Option<_>>().unwrap()
    }
}

fn of_group() -> Value {
    json!({"kind": "logging", "logSources": [{"compartmentId": COMPARTMENT, "logGroupId": GROUP}]})
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn lines_are_entries_whatever_they_hold() {
    let followed = Followed::new(json!([]));
    assert_eq!(followed.arrived(), Vec::<Value>::new());
    followed
        .append("{\"n\": 1}\nplain text\n\n{\"datetime\": 5, \"logContent\": {\"id\": \"x\"}}\n");
    followed
        .append("{\"type\": \"t\", \"time\": \"2026-01-01T00:00:00Z\", \"data\": {}}\n{\"n\": ");
    let arrived = followed.arrived();
    assert_eq!(arrived.len(), 4);
    let first = &arrived[0]["logContent"];
    assert_eq!(first["data"], json!({"n": 1}));
    assert_eq!(first["oracle"]["logid"], LOG);
    assert_eq!(first["oracle"]["loggroupid"], GROUP);
    assert_eq!(first["time"], "2026-03-14T01:02:03.456Z");
    assert_eq!(arrived[0]["datetime"], 1_773_450_123_456_i64);
    assert_eq!(
        arrived[1]["logContent"]["data"],
        json!({"message": "plain text"})
    );
    assert_eq!(
        arrived[2],
        json!({"datetime": 5, "logContent": {"id": "x"}})
    );
    assert_eq!(arrived[3]["logContent"]["type"], "t");
    assert_eq!(arrived[3]["datetime"], 1_767_225_600_000_i64);
    // A line that is still written is read when it is whole.
    followed.append("2}\n");
    assert_eq!(followed.arrived()[4]["logContent"]["data"], json!({"n": 2}));
}

#[test]
fn rotated_and_shortened_files_are_read_from_their_beginning() {
    let followed = Followed::new(json!([]));
    followed.append("{\"n\": 1}\n{\"n\": 2}\n");
    assert_eq!(followed.numbers(), [1, 2]);
    fs::rename(followed.file(), followed.folder.path().join("web.1")).unwrap();
    assert_eq!(followed.numbers(), [1, 2]);
    followed.append("{\"n\": 3}\n{\"n\": 4}\n{\"n\": 5}\n");
    assert_eq!(followed.numbers(), [1, 2, 3, 4, 5]);
    fs::write(followed.file(), "{\"n\": 6}\n").unwrap();
    assert_eq!(followed.numbers(), [1, 2, 3, 4, 5, 6]);
    assert!(followed.bench.engine.next_movement_in_ms().unwrap() <= 1000);
}

#[test]
fn rules_keep_what_matches_them() {
    let followed = Followed::new(json!([
        {"kind": "logRule", "condition": "data.n > 1 and not data.level = 'debug'"},
        {"kind": "logRule", "condition": "logContent.data.n in (2, 3, 4)"},
    ]));
    for n in 0..9 {
        let level = if n == 3 { "debug" } else { "info" };
        followed.append(&format!("{}\n", json!({"n": n, "level": level})));
    }
    assert_eq!(followed.numbers(), [2, 4]);
}

#[test]
fn a_log_that_nothing_follows_is_told_of() {
    let bench = Bench::new();
    let to = bench.stream("copy", 1);
    let target = json!({"kind": "streaming", "streamId": to});
    let id = bench.connector("c", of_group(), json!([]), target);
    bench.engine.move_connectors().unwrap();
    let told = text(&bench.get(&id)["lifecycleDetails"]);
    assert!(
        told.contains("ocelot local log add has one followed"),
        "{told}"
    );
    let removed = FollowRequest::Remove {
        log_id: LOG.to_owned(),
    };
    let error = bench.engine.manage_followed_logs(&removed).unwrap_err();
    assert!(
        error.to_string().contains("ocelot local log list"),
        "{error}"
    );
}

#[test]
fn a_rotated_file_is_finished_before_the_next() {
    let followed = Followed::new(json!([]));
    followed.append("{\"n\": 1}\n");
    assert_eq!(followed.numbers(), [1]);
    followed.append("{\"n\": 2}\n");
    let old = followed.folder.path().join("web.jsonl.2");
    fs::rename(followed.file(), &old).unwrap();
    // Its writer goes on until it opens the new one, and leaves the last line without an end.
    fs::write(followed.file(), "").unwrap();
    append(&old, "{\"n\": 3}\n{\"n\": 4}");
    assert_eq!(followed.numbers(), [1, 2, 3]);
    followed.append("{\"n\": 5}\n");
    assert_eq!(followed.numbers(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_rotated_file_that_is_gone_is_finished_while_the_engine_runs() {
    let followed = Followed::new(json!([]));
    followed.append("{\"n\": 1}\n");
    assert_eq!(followed.numbers(), [1]);
    followed.append("{\"n\": 2}\n");
    fs::remove_file(followed.file()).unwrap();
    followed.append("{\"n\": 3}\n");
    assert_eq!(followed.numbers(), [1, 2, 3]);
}

#[test]
fn what_was_copied_before_the_file_was_emptied_is_read_of_the_copy() {
    let followed = Followed::new(json!([]));
    let beside = |name: &str| followed.folder.path().join(name);
    followed.append("{\"n\": 1}\n");
    assert_eq!(followed.numbers(), [1]);
    followed.append("{\"n\": 2}\n");
    // What begins otherwise, or goes on otherwise where reading stopped, is no copy.
    fs::write(beside("web.jsonl.2"), "{\"n\": 8}\n{\"n\": 9}\n").unwrap();
    fs::write(beside("other.jsonl"), "{\"n\": 1}\n{\"n\": 9}\n").unwrap();
    fs::copy(followed.file(), beside("web.jsonl.1")).unwrap();
    fs::write(followed.file(), "").unwrap();
    assert_eq!(followed.numbers(), [1, 2]);
    assert_eq!(followed.numbers(), [1, 2]);
    followed.append("{\"n\": 3}\n");
    assert_eq!(followed.numbers(), [1, 2, 3]);
    // The next time, with the file grown again, and nothing but older copies beside it.
    fs::rename(beside("web.jsonl.1"), beside("web.jsonl.3")).unwrap();
    fs::write(followed.file(), "{\"n\": 4}\n{\"n\": 5}\n").unwrap();
    assert_eq!(followed.numbers(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_file_that_was_emptied_and_has_grown_again_is_read_from_its_beginning() {
    let followed = Followed::new(json!([]));
    followed.append("{\"n\": 1}\n");
    assert_eq!(followed.numbers(), [1]);
    fs::write(followed.file(), "{\"n\": 2}\n").unwrap();
    assert_eq!(followed.numbers(), [1, 2]);
}

#[test]
fn a_log_that_cannot_be_read_keeps_no_other_from_it() {
    let followed = Followed::new(json!([]));
    let bad = followed.folder.path().join("later");
    let request = FollowRequest::Add {
        log_id: "ocid1.log.oc1..bad".to_owned(),
        log_group_id: GROUP.to_owned(),
        compartment_id: None,
        file: bad.to_str().unwrap().to_owned(),
    };
    let engine = &followed.bench.engine;
    engine.manage_followed_logs(&request).unwrap();
    fs::create_dir(&bad).unwrap();
    followed.append("{\"n\": 1}\n");
    assert_eq!(followed.numbers(), [1]);
    let list = followed.bench.call("ListServiceConnectors");
    let list = list.with("compartmentId", COMPARTMENT).value();
    let connector = &list["items"][0];
    assert_eq!(connector["lifecycleState"], "NEEDS_ATTENTION");
    let told = text(&connector["lifecycleDetails"]);
    assert!(
        told.contains("later of the log ocid1.log.oc1..bad"),
        "{told}"
    );
    // A file that there is must be one.
    let error = engine.manage_followed_logs(&request).unwrap_err();
    assert!(error.to_string().contains("no regular file"), "{error}");
    fs::remove_dir(&bad).unwrap();
    assert_eq!(followed.numbers(), [1]);
    let list = followed.bench.call("ListServiceConnectors");
    let list = list.with("compartmentId", COMPARTMENT).value();
    assert_eq!(list["items"][0]["lifecycleState"], "ACTIVE");
}

#[cfg(unix)]
#[test]
fn a_pipe_holds_nobody_up() {
    let followed = Followed::new(json!([]));
    followed.append("{\"n\": 1}\n");
    assert_eq!(followed.numbers(), [1]);
    fs::remove_file(followed.file()).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(followed.file())
        .status();
    assert!(made.unwrap().success());
    assert_eq!(followed.numbers(), [1]);
    let list = followed.bench.call("ListServiceConnectors");
    let list = list.with("compartmentId", COMPARTMENT).value();
    let told = text(&list["items"][0]["lifecycleDetails"]);
    assert!(told.contains("no regular file"), "{told}");
}

#[test]
fn a_line_that_no_stream_takes_is_left_out_and_told_of() {
    let followed = Followed::new(json!([]));
    let long = "x".repeat(1_048_500);
    followed.append(&format!("{{\"n\": 1}}\n{}\n{{\"n\": 2}}\n", long));
    assert_eq!(followed.numbers(), [1, 2]);
    let list = followed.bench.call("ListServiceConnectors");
    let list = list.with("compartmentId", COMPARTMENT).value();
    let connector = &list["items"][0];
    assert_eq!(connector["lifecycleState"], "ACTIVE");
    let told = text(&connector["lifecycleDetails"]);
    assert!(told.contains("never takes them: 1, the last at"), "{told}");
    assert!(told.contains("limited to 1 MiB"), "{told}");
    let bench = &followed.bench;
    bench.time.advance(1);
    let count = |metric| bench.sum("oci_service_connector_hub", metric, "");
    assert_eq!(count("MessagesWrittenToTarget"), 2.0);
    assert_eq!(count("ErrorsAtTarget"), 1.0);
    // It is not told of for ever: who changes the connector has seen it.
    let id = text(&connector["id"]);
    bench.update(&id, json!({"description": "seen"}));
    assert!(bench.get(&id)["lifecycleDetails"].is_null());
}
