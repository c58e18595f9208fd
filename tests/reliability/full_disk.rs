//! A server whose disk is full: writers are told, readers go on, and when there is room again all goes on.

use std::fs;
use std::process::Command;

use crate::support::{Addresses, Python, serve, succeeds};

/// Runs its arguments with a small disk of their own at `$0`, which ends with them.
const SMALL_DISK: &str = "mount -t tmpfs -o size=12m none \"$0\" && exec \"$@\"";

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
    let may_mount = Command::new(wrapper[0])
        .args(&wrapper[1..])
        .arg("true")
        .status();
    if !may_mount.is_ok_and(|status| status.success()) {
        eprintln!("only root can mount a small disk: left out");
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
