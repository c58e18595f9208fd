//! A process that appends is killed at random moments: nothing it acknowledged may be lost.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use ocelot::disk::RealDisk;
use ocelot::log::{Durability, LogOptions, Partition};
use test_support::PATIENCE;

use crate::support::{Random, append, read_on};

const FOLDER: &str = "OCELOT_TEST_LOG_FOLDER";
const DURABILITY: &str = "OCELOT_TEST_LOG_FSYNC";
const KILLS: u64 = 200;

fn options(durability: Durability) -> LogOptions {
    LogOptions {
        segment_bytes: 1 << 20,
        index_interval_bytes: 4 << 10,
        durability,
    }
}

/// A message that tells its own place, of a length that varies; now and then a large one, so that
/// kills meet writes that are under way.
fn message(offset: i64) -> Vec<u8> {
    let length = match offset % 97 {
        0 => 400 << 10,
        other => other as usize * 5,
    };
    let mut message = format!("message {offset} ").into_bytes();
    message.resize(message.len() + length, offset as u8);
    message
}

/// Not a test by itself: what `nothing_acknowledged_is_lost_by_kills` starts and kills.
#[test]
fn child_appends_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let durability = match std::env::var_os(DURABILITY) {
        Some(_) => Durability::Fsync,
        None => Durability::Os,
    };
    let folder = PathBuf::from(folder);
    let mut partition = Partition::open(Arc::new(RealDisk), &folder, options(durability)).unwrap();
    let mut stdout = std::io::stdout();
    loop {
        let next = partition.end_offset();
        let values: Vec<Vec<u8>> = (next..=next + next % 4).map(message).collect();
        let last_offset = append(&mut partition, &values, next).unwrap();
        // Not through a buffer: what was printed before the kill must arrive. The line break goes
        // first, for what the test harness prints does not end in one.
        stdout
            .write_all(format!("\nacknowledged {last_offset} .").as_bytes())
            .unwrap();
        stdout.flush().unwrap();
    }
}

/// When a child is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// So long after it was started: it may not have begun to append.
    AfterStart(Duration),
    /// So long after its first acknowledgement, however long that takes on a busy machine.
    AfterAppend(Duration),
}

/// Starts the child, kills it, and returns the last offset it acknowledged.
fn run_and_kill(folder: &Path, durability: Durability, moment: Moment) -> Option<i64> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["crash::child_appends_until_killed", "--exact"])
        .args(["--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if durability == Durability::Fsync {
        command.env(DURABILITY, "1");
    }
    let mut child = command.spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (began, has_begun) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut last_offset = None;
        for line in stdout.lines() {
            let line = line.unwrap();
            let number = line
                .strip_prefix("acknowledged ")
                .and_then(|rest| rest.strip_suffix(" ."));
            if let Some(number) = number {
                let offset: i64 = number.parse().unwrap();
                assert!(last_offset.is_none_or(|last| last < offset));
                last_offset = Some(offset);
                // Nobody listens any more after the first one.
                let _ = began.send(());
            }
        }
        last_offset
    });
    let delay = match moment {
        Moment::AfterStart(delay) => delay,
        Moment::AfterAppend(delay) => {
            has_begun.recv_timeout(PATIENCE).unwrap();
            delay
        }
    };
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn nothing_acknowledged_is_lost_by_kills() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("streams").join("0");
    let mut random = Random::new(4);
    let mut verified = 0;
    let (mut acknowledging, mut cut) = (0, 0);
    for round in 0..KILLS {
        let durability = match round % 8 {
            0 => Durability::Fsync,
            _ => Durability::Os,
        };
        let delay = Duration::from_micros(random.below(20_000) as u64);
        let moment = match round % 5 {
            0 => Moment::AfterStart(delay),
            _ => Moment::AfterAppend(delay),
        };
        let acknowledged = run_and_kill(&folder, durability, moment);
        acknowledging += u64::from(acknowledged.is_some());

        let partition = Partition::open(Arc::new(RealDisk), &folder, options(durability)).unwrap();
        cut += u32::from(partition.cut_tail().is_some());
        let end = partition.end_offset();
        assert!(acknowledged.is_none_or(|last| last < end), "round {round}");
        assert!(verified <= end, "round {round}");
        let (records, error) = read_on(&partition, verified);
        assert!(error.is_none(), "round {round}: {error:?}");
        assert_eq!(records.len() as i64, end - verified, "round {round}");
        for (record, offset) in records.iter().zip(verified..) {
            assert_eq!(record.offset, offset);
            assert!(
                record.value.as_ref() == Some(&message(offset)),
                "offset {offset}"
            );
        }
        verified = end;
    }
    assert!(
        acknowledging >= KILLS / 4 * 3,
        "only {acknowledging} children got to append"
    );
    println!("{verified} messages, {cut} unfinished appends cut off");

    let partition = Partition::open(Arc::new(RealDisk), &folder, options(Durability::Os)).unwrap();
    let mut offset = 0;
    while offset < verified {
        for record in partition
            .read(
                offset,
                ocelot::log::ReadLimits {
                    max_records: 1000,
                    max_bytes: 8 << 20,
                },
            )
            .unwrap()
        {
            assert_eq!(record.offset, offset);
            assert!(
                record.value.as_ref() == Some(&message(offset)),
                "offset {offset}"
            );
            offset += 1;
        }
    }
}
