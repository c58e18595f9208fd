//! A server whose disk is full: writers are told, readers go on, and when there is room again all goes on.

use std::fs;
use std::process::Command;

use serde_json::json;
use test_support::ocelot;

use crate::support::{Addresses, Python, serve, succeeds};

/// Runs its arguments with a small disk of their own at `$0`, which ends with them.
const SMALL_DISK: &str = "mount -t tmpfs -o size=12m none \"$0\" && exec \"$@\"";

fn may_mount(wrapper: &[&str]) -> bool {
    let mut command = Command::new(wrapper[0]);
    let status = command.args(&wrapper[1..]).arg("true").status();
    let may = status.is_ok_and(|status| status.success());
    if !may {
        eprintln!("only root can mount a small disk: left out");
    }
    may
}

/// Commands on the data folder `$1` with the program `$2` and the messages `$3`, beside the file `$4`.
const COMMANDS: &str = r#"
export OCELOT_HOME="$1" program="$2" messages="$3" filler="$4"
run() { "$program" "$@"; }
set -e
run queue queue-admin queue create --display-name jobs
# The write-ahead log becomes so long that whoever opens the folder next shortens it.
run queue messages put-messages --queue-id jobs --messages "file://$messages"
head -c 100000000 /dev/zero > "$filler" || true
run queue queue-admin queue list --query 'data.items[]."display-name"'
if run ons topic create --name alerts; then exit 9; fi
rm "$filler"
run ons topic create --name alerts
"#;

#[test]
fn commands_read_what_is_on_a_full_disk() {
    let home = tempfile::tempdir().unwrap();
    let disk = home.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = disk.to_str().unwrap();
    let wrapper = ["unshare", "--mount", "sh", "-c", SMALL_DISK, mount];
    if !may_mount(&wrapper) {
        return;
    }
    let messages = home.path().join("messages.json");
    let large = json!({"content": "x".repeat(250_000)});
    fs::write(&messages, json!([large, large]).to_string()).unwrap();
    let output = Command::new(wrapper[0])
        .args(&wrapper[1..])
        .args(["sh", "-c", COMMANDS, "commands"])
        .arg(disk.join("data"))
        .arg(ocelot())
        .arg(&messages)
        .arg(disk.join("filler"))
        .env("HOME", home.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(stdout.contains("\"jobs\"\n"), "{stdout}");
    assert!(stderr.contains("the disk is full"), "{stderr}");
    assert!(stdout.contains("\"name\": \"alerts\""), "{stdout}");
}

#[test]
fn a_full_disk_stops_writers_only_and_only_for_as_long() {
    let Some(python) = Python::find() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let disk = home.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = disk.to_str().unwrap();
    let wrapper = ["unshare", "--mount", "sh", "-c", SMALL_DISK, mount];
    if !may_mount(&wrapper) {
        return;
    }
    let server = serve(&wrapper, home.path(), &disk.join("data"), &Addresses::any());
    let mut client = python.script("tests/reliability/full_disk.py");
    let mut client = client
        .args([server.address(), server.kafka()])
        .arg(format!("/proc/{}/root{mount}/filler", server.id()))
        .spawn()
        .unwrap();
    succeeds(&mut client);
    drop(server);
}
