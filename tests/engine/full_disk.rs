//! A data folder on a file system that is full: clear refusals, reads go on, and so do writes once
//! there is space, without a restart. The log alone is tested on a disk of the tests' own, in `tests/log`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::support::{Bench, COMPARTMENT, message};

/// A file system of 8 MiB, gone with the value; `None` where it cannot be made.
struct SmallFileSystem(PathBuf);

impl SmallFileSystem {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(at)
            .output();
        let succeeded = mounted.is_ok_and(|output| output.status.success());
        succeeded.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallFileSystem {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_writes_clearly_and_only_as_long_as_it_is_full() {
    let home = tempfile::tempdir().unwrap();
    let Some(mounted) = SmallFileSystem::mount(home.path()) else {
        println!("not run: only root can mount a small file system");
        return;
    };
    let bench = Bench::in_folder(&mounted.0.join("data"));
    let stream = bench.stream("orders", 1);
    bench.put(&stream, &["first"]);
    // Everything but a little is taken by others.
    let ballast = mounted.0.join("ballast");
    let mut size = 8 << 20;
    while size >= 4096 {
        let mut bytes = fs::read(&ballast).unwrap_or_default();
        bytes.resize(bytes.len() + size, 0);
        if fs::write(&ballast, &bytes).is_err() {
            bytes.truncate(bytes.len() - size);
            fs::write(&ballast, &bytes).unwrap();
            size /= 2;
        }
    }
    let value = "x".repeat(100_000);
    let put = bench.call("PutMessages").with("streamId", &stream);
    let put = put
        .body(json!({"messages": [message(None, &value)]}))
        .value();
    let entry = &put["entries"][0];
    assert_eq!(entry["error"], "500", "{entry}");
    let reason = entry["errorMessage"].as_str().unwrap();
    assert!(reason.contains("No space left on device"), "{reason}");
    let create = |name: &str| {
        let details = json!({"name": name, "partitions": 1, "compartmentId": COMPARTMENT});
        bench.call("CreateStream").body(details).answer()
    };
    // Small changes may fit in the room that is left in the database's files.
    let refused = (0..2_000).find_map(|number| create(&format!("s{number}")).err());
    let refused = refused.unwrap();
    assert_eq!(refused.status, 500);
    assert!(
        refused.message.contains("disk is full"),
        "{}",
        refused.message
    );
    let cursor = bench.cursor(&stream, json!({"type": "TRIM_HORIZON", "partition": "0"}));
    assert_eq!(bench.values(&stream, &cursor), ["first"]);

    fs::remove_file(&ballast).unwrap();
    let entry = bench.put(&stream, &[&value]).remove(0);
    assert_eq!(entry["offset"], 1, "{entry}");
    create("again").unwrap();
    assert_eq!(bench.values(&stream, &cursor), ["first", &value]);
}
