//! `message tail --follow`: what it goes on after, and what ends it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use test_support::{eventually, signal, wait};

use crate::server::{Home, PATIENCE};

/// A home with a stream of one partition and a message.
fn with_stream() -> Home {
    let home = Home::new();
    home.ok("local clock set 2026-03-14T12:00:00Z");
    home.ok("streaming admin stream create --name orders --partitions 1");
    put(&home, "first");
    home
}

fn put(home: &Home, text: &str) {
    home.ok(&format!(
        "streaming stream message put --stream-id orders --text {text}"
    ));
}

/// A `tail --follow` that prints values.
struct Follower {
    process: Child,
    told: std::path::PathBuf,
}

impl Follower {
    fn start(home: &Home, options: &str) -> (Self, ChildStdout) {
        let told = home.path("told-by-follower");
        let line = "streaming stream message tail --stream-id orders --follow --format {value}";
        let mut process = home
            .command(&format!("{line} {options}"))
            .stdout(Stdio::piped())
            .stderr(File::create(&told).unwrap())
            .spawn()
            .unwrap();
        let stdout = process.stdout.take().unwrap();
        (Self { process, told }, stdout)
    }

    fn told(&self) -> String {
        fs::read_to_string(&self.told).unwrap()
    }

    fn ended(&mut self) -> i32 {
        let status = wait(&mut self.process).expect("it goes on");
        status.code().unwrap()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What it prints, line by line.
fn lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn next(lines: &Receiver<String>) -> String {
    lines.recv_timeout(PATIENCE).unwrap()
}

#[test]
fn a_clock_that_jumps_and_messages_that_expire_do_not_end_it() {
    let home = with_stream();
    for way in ["engine", "server", "address"] {
        let server = (way != "engine").then(|| home.serve(""));
        let options = match &server {
            Some(server) if way == "address" => format!("--endpoint {}", server.url()),
            _ => String::new(),
        };
        put(&home, way);
        let (follower, stdout) = Follower::start(&home, &format!("-n 1 {options}"));
        let lines = lines(stdout);
        assert_eq!(next(&lines), way);
        for jump in ["6m", "30h", "6m"] {
            home.ok(&format!("local clock advance {jump}"));
            put(&home, jump);
            assert_eq!(next(&lines), jump, "{way}: {}", follower.told());
        }
        // Whatever was removed had been printed.
        assert_eq!(follower.told(), "", "{way}");
    }
}

#[test]
fn nothing_is_repeated_or_missed_where_nothing_has_been_read() {
    let home = with_stream();
    home.ok("local clock advance 1m");
    let (follower, stdout) = Follower::start(&home, "-n 0 --debug");
    let lines = lines(stdout);
    eventually("it reads", || follower.told().contains("/messages"));
    home.ok("local clock advance 6m");
    put(&home, "second");
    assert_eq!(next(&lines), "second", "{}", follower.told());
}

#[test]
fn messages_that_expire_unread_are_told() {
    let home = with_stream();
    let server = home.serve("");
    let (follower, stdout) = Follower::start(&home, &format!("-n 1 --endpoint {}", server.url()));
    let lines = lines(stdout);
    assert_eq!(next(&lines), "first");
    signal("-STOP", follower.process.id());
    put(&home, "unread");
    home.ok("local clock advance 30h");
    put(&home, "third");
    signal("-CONT", follower.process.id());
    assert_eq!(next(&lines), "third");
    assert_eq!(
        follower.told(),
        "Note: partition 0: the messages with the offsets 1 to 1 are not kept any more, and were not read.\n"
    );
}

#[test]
fn a_killed_server_does_not_end_it() {
    let home = with_stream();
    for options in ["-n 1", "-n 1", "-n 1 --until 2100-01-01T00:00:00Z"] {
        let server = home.serve("");
        let (follower, stdout) = Follower::start(&home, options);
        let lines = lines(stdout);
        assert_eq!(next(&lines), "first");
        server.kill();
        put(&home, "first");
        assert_eq!(next(&lines), "first", "{}", follower.told());
    }
}

#[test]
fn a_server_that_restarts_does_not_end_it_unless_nothing_is_to_be_retried() {
    let home = with_stream();
    let server = home.serve("");
    let address = server.address().to_owned();
    let options = format!("-n 1 --endpoint {}", server.url());
    let (follower, stdout) = Follower::start(&home, &options);
    let (mut hasty, hasty_stdout) = {
        let other = Home::new();
        Follower::start(&other, &format!("{options} --no-retry"))
    };
    let (lines, hasty_lines) = (lines(stdout), self::lines(hasty_stdout));
    assert_eq!([next(&lines), next(&hasty_lines)], ["first", "first"]);
    server.kill();
    assert_eq!(hasty.ended(), 1);
    eventually("it tells of the outage", || {
        follower.told().contains("asking again for up to 60 s")
    });
    let _server = home.serve_at(&address, "");
    put(&home, "second");
    assert_eq!(next(&lines), "second", "{}", follower.told());
    assert!(follower.told().ends_with("an answer again: going on.\n"));
}

#[test]
fn nobody_answering_to_begin_with_ends_it() {
    let home = Home::new();
    let (mut follower, _stdout) = Follower::start(&home, "--endpoint http://127.0.0.1:9");
    assert_eq!(follower.ended(), 1);
}

#[test]
fn it_ends_with_its_reader_and_does_not_wait_for_a_message() {
    let home = with_stream();
    for options in ["-n 1", "-n 1 --grep never"] {
        let (mut follower, stdout) = Follower::start(&home, options);
        if options == "-n 1" {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).unwrap();
            assert_eq!(line, "first\n");
        } else {
            drop(stdout);
        }
        assert_eq!(follower.ended(), 0, "{}", follower.told());
        assert_eq!(follower.told(), "");
    }
}
