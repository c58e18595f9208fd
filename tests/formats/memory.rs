//! `--all` in little memory, whatever the list's length.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::sync::Arc;

use super::server::{Answer, Lister, serve};

/// A server of `pages` pages of about 1 MB each.
fn large_list(pages: usize) -> String {
    let item = format!(
        r#"{{"id": "ocid1.stream.oc1..a", "name": "orders", "partitions": 3, "freeformTags": {{"text": "{}"}}}}"#,
        "x".repeat(900)
    );
    let body = format!("[{}]", vec![item; 1_000_000 / 1_000].join(","));
    let body = Arc::new(body.into_bytes());
    serve(move |page| {
        let page: usize = page.parse().unwrap_or(1);
        Answer {
            status: 200,
            next: (page < pages).then(|| (page + 1).to_string()),
            body: Arc::clone(&body),
        }
    })
}

/// How many bytes a listing prints, and the most memory that it held, in KiB.
fn measure(lister: &Lister, args: &[&str]) -> (usize, u64) {
    let mut child = lister.command(args).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let (mut printed, mut most) = (0, 0);
    let mut chunk = vec![0; 1 << 16];
    loop {
        let read = stdout.read(&mut chunk).unwrap();
        // The mark stays where it was highest, so that the last look at it tells; after the end there is none.
        most = fs::read_to_string(&status)
            .map_or(most, |status| high_water_mark(&status).unwrap_or(most));
        if read == 0 {
            break;
        }
        printed += read;
    }
    assert!(child.wait().unwrap().success());
    (printed, most)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Held whole, this list would take some 180 MB.
#[test]
fn memory_does_not_grow_with_the_list() {
    let lister = Lister::new(large_list(24));
    for args in [
        ["--all", "--output", "json"].as_slice(),
        &[
            "--all",
            "--output",
            "csv",
            "--query",
            "data[].{Name: name, Tags: \"freeform-tags\"}",
        ],
    ] {
        let (printed, most_kib) = measure(&lister, args);
        assert!(printed > 20_000_000, "{args:?} printed {printed} bytes");
        assert!(most_kib < 64 * 1024, "{args:?} held {most_kib} KiB");
    }
}
