//! The data folder: what is in it after a restart, its format and its modes, and when it is refused.

use std::fs;
use std::path::Path;

use ocelot::engine::{Engine, Home};
use ocelot::log::Durability;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Bench, COMPARTMENT, MINUTE_MS, text};

fn refusal(folder: &Path) -> String {
    let error = Bench::over(&Home::Folder(folder.to_owned())).err().unwrap();
    error.to_string()
}

#[test]
fn everything_is_there_when_the_folder_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    let pool = bench.pool("shop");
    let stream = bench.stream_in(json!({
        "name": "orders", "partitions": 2, "streamPoolId": pool, "retentionInHours": 48,
        "freeformTags": {"a": "b"},
    }));
    let created = json!({"name": "connect", "compartmentId": COMPARTMENT});
    let again = |bench: &Bench| {
        let call = bench.call("CreateStreamPool").with("opc-retry-token", "t");
        call.body(json!({"name": "other", "compartmentId": COMPARTMENT}))
            .ok()
    };
    bench.call("CreateConnectHarness").body(created).ok();
    let retried = again(&bench);
    bench.put(&stream, &["a", "b", "c"]);
    let cursor = bench.group_cursor(&stream, "g", "one");
    let (_, group_cursor) = bench.get_at_most(&stream, &cursor, 2);
    let cursor = bench.cursor(&stream, json!({"type": "TRIM_HORIZON"}));
    bench.engine.advance_clock(MINUTE_MS).unwrap();

    let look = |bench: &Bench| -> Vec<Value> {
        let here = |operation| {
            bench
                .call(operation)
                .with("compartmentId", COMPARTMENT)
                .value()
        };
        vec![
            bench.call("GetStream").with("streamId", &stream).value(),
            here("ListStreams"),
            here("ListStreamPools"),
            here("ListConnectHarnesses"),
            here("ListWorkRequests"),
            bench.group(&stream, "g").into(),
            bench.values(&stream, &cursor).into(),
            json!(bench.engine.clock().now_ms),
        ]
    };
    let before = look(&bench);
    let bench = bench.reopened();
    assert_eq!(look(&bench), before);
    assert_eq!(again(&bench), retried);
    assert_eq!(bench.get(&stream, &group_cursor).0.len(), 1);
    assert_eq!(bench.put(&stream, &["d"]).len(), 1);
}

#[test]
fn a_database_of_the_first_format_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let first = Connection::open(folder.path().join("ocelot.db")).unwrap();
    first
        .execute_batch(include_str!("../data/format-1.sql"))
        .unwrap();
    drop(first);
    let bench = Bench::in_folder(folder.path());
    let stream = bench.call("GetStream").with("streamId", "orders").value();
    assert_eq!(stream["retentionInHours"], 48);
    // Its compartment's default pool is still the one.
    let new = bench.stream("new", 1);
    let new = bench.call("GetStream").with("streamId", &new).value();
    assert_eq!(new["streamPoolId"], stream["streamPoolId"]);
    assert_eq!(bench.group("orders", "g")[0]["committedOffset"], 4);
    let work = bench
        .call("ListWorkRequests")
        .with("resourceId", stream["id"].as_str().unwrap())
        .value();
    assert_eq!(work["items"].as_array().unwrap().len(), 1);
}

#[test]
fn the_tables_of_a_new_database_are_not_read_from_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let length = |name| fs::metadata(folder.path().join(name)).unwrap().len();
    for durability in [Durability::Os, Durability::Fsync] {
        let home = Home::Folder(folder.path().join(format!("{durability:?}")));
        drop(Engine::open(&home, durability).unwrap());
        let name = |file| format!("{durability:?}/{file}");
        assert!(length(name("ocelot.db")) > 200 * 1024);
        assert!(length(name("ocelot.db-wal")) < 16 * 1024);
    }
}

#[test]
fn a_database_that_was_not_made_to_the_end_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let killed = Connection::open(folder.path().join("ocelot.db")).unwrap();
    killed.pragma_update(None, "journal_mode", "WAL").unwrap();
    drop(killed);
    let bench = Bench::in_folder(folder.path());
    bench.stream("orders", 1);
    let bench = bench.reopened();
    bench.call("GetStream").with("streamId", "orders").value();
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Bench::in_folder(folder.path()));
    let path = folder.path().join("ocelot.db");
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.pragma_update(None, "journal_mode", "DELETE").unwrap();
    drop(newer);
    let before = fs::read(&path).unwrap();
    let message = refusal(folder.path());
    for part in ["newer ocelot", "99", "ocelot.db", "--data-dir"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(
        fs::read(&path).unwrap() == before,
        "the newer database was changed"
    );
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["lock", "ocelot.db"]);
}

#[test]
fn a_newer_database_with_a_write_ahead_log_is_left_alone_too() {
    let folder = tempfile::tempdir().unwrap();
    drop(Bench::in_folder(folder.path()));
    let newer = Connection::open(folder.path().join("ocelot.db")).unwrap();
    newer
        .set_db_config(
            rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
            true,
        )
        .unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let files =
        || ["ocelot.db", "ocelot.db-wal"].map(|name| fs::read(folder.path().join(name)).unwrap());
    let before = files();
    assert!(refusal(folder.path()).contains("newer ocelot"));
    assert!(files() == before, "the newer database was changed");
}

#[test]
fn a_damaged_database_gives_a_clear_error_and_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ocelot.db");
    for bytes in [
        b"this is no database, but it is long enough to be taken for one. ".repeat(100),
        {
            let made = tempfile::tempdir().unwrap();
            let bench = Bench::in_folder(made.path());
            bench.stream("orders", 1);
            drop(bench);
            let database = made.path().join("ocelot.db");
            let connection = Connection::open(&database).unwrap();
            connection
                .pragma_update(None, "journal_mode", "DELETE")
                .unwrap();
            drop(connection);
            let mut bytes = fs::read(&database).unwrap();
            bytes[100..4096].fill(0xa5);
            bytes
        },
    ] {
        fs::write(&path, &bytes).unwrap();
        let message = refusal(folder.path());
        for part in ["ocelot.db", "--data-dir"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(
            fs::read(&path).unwrap() == bytes,
            "the damaged database was changed"
        );
    }
}

#[test]
fn a_folder_in_use_is_refused_with_the_holder() {
    let folder = tempfile::tempdir().unwrap();
    let _bench = Bench::in_folder(folder.path());
    let message = refusal(folder.path());
    let holder = format!("process {}", std::process::id());
    assert!(
        message.contains("in use") && message.contains(&holder),
        "{message}"
    );
}

#[test]
fn a_folder_that_cannot_be_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let message = refusal(&file.join("data"));
    assert!(
        message.contains("file/data") && message.contains("OCELOT_HOME"),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn everything_in_the_folder_is_the_users_alone() {
    use std::os::unix::fs::PermissionsExt;

    fn check(path: &Path) {
        let metadata = fs::metadata(path).unwrap();
        let wanted = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(
            metadata.permissions().mode() & 0o777,
            wanted,
            "{}",
            path.display()
        );
        if metadata.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                check(&entry.unwrap().path());
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("deep/home");
    let bench = Bench::in_folder(&home);
    bench.stream("orders", 2);
    bench.put("orders", &["a", "b", "c", "d", "e", "f"]);
    bench.group_cursor("orders", "g", "i");
    check(&folder.path().join("deep"));
}

#[test]
fn what_a_deleted_stream_left_behind_is_removed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    let stream = bench.stream("orders", 1);
    bench.put(&stream, &["a"]);
    let logs = folder.path().join("streams").join(&stream);
    let aside = folder.path().join("aside");
    // As if the process was killed between the change of the record and the removal of the messages.
    fs::rename(&logs, &aside).unwrap();
    fs::write(&logs, "a file cannot be removed as a folder").unwrap();
    let error = bench
        .call("DeleteStream")
        .with("streamId", &stream)
        .answer()
        .unwrap_err();
    assert!(
        error.status == 500 && error.message.contains(&stream),
        "{error}"
    );
    fs::remove_file(&logs).unwrap();
    fs::rename(&aside, &logs).unwrap();
    let bench = bench.reopened();
    assert!(!logs.exists());
    let state = bench.call("GetStream").with("streamId", &stream).value();
    assert_eq!(text(&state["lifecycleState"]), "DELETED");
}

#[test]
fn a_reset_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    let stream = bench.stream("orders", 1);
    bench.put(&stream, &["a"]);
    bench.engine.reset().unwrap();
    let is_gone = |bench: &Bench| {
        let look = bench.call("GetStream").with("streamId", &stream);
        look.fails(404, "NotAuthorizedOrNotFound");
        let logs = fs::read_dir(folder.path().join("streams")).unwrap();
        assert_eq!(logs.count(), 0);
    };
    is_gone(&bench);
    // The engine that was emptied goes on.
    let anew = bench.stream("orders", 1);
    bench.put(&anew, &["b"]);
    bench.engine.reset().unwrap();
    is_gone(&bench.reopened());
}

#[test]
fn a_thousand_partitions_in_use_do_not_run_out_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    let partitions = 200;
    for nth in 0..6 {
        let stream = bench.stream(&format!("s{nth}"), partitions);
        let messages: Vec<Value> = (0..1500).map(|_| json!({"value": "YQ=="})).collect();
        bench.put_all(&stream, &messages);
    }
    let open = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    assert!(open < 700, "{open} files are open");
    for nth in 0..6 {
        let stream = format!("s{nth}");
        let cursor = bench.cursor(&stream, json!({"type": "TRIM_HORIZON"}));
        assert_eq!(bench.get(&stream, &cursor).0.len(), 1500);
    }
}
