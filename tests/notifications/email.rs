//! Emails to a real SMTP server.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Program, python};

const PATIENCE: Duration = Duration::from_secs(30);

/// aiosmtpd, which ends when its standard input does.
struct Server {
    lines: Receiver<String>,
    child: Child,
    _stdin: ChildStdin,
    url: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(python())
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/notifications/smtp_server.py"
            ))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let port = lines.recv_timeout(PATIENCE).unwrap();
        Self {
            url: format!("smtp://127.0.0.1:{port}?from=alerts@example.com"),
            _stdin: child.stdin.take().unwrap(),
            lines,
            child,
        }
    }

    fn next(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(PATIENCE).unwrap()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn emails_go_to_the_server_that_is_given() {
    let program = Program::with_alerts();
    let server = Server::start();
    program.data(&format!(
        "ons subscription create --topic-id alerts --protocol EMAIL \
         --subscription-endpoint oncall@example.com --smtp {}",
        server.url
    ));
    let asked = server.next();
    assert_eq!(asked["to"], json!(["oncall@example.com"]));
    assert_eq!(asked["from"], "alerts@example.com");
    assert!(
        asked["data"]
            .as_str()
            .unwrap()
            .contains("Subject: Confirm the subscription to alerts")
    );
    program.confirm_newest();
    program.data(&format!(
        "ons message publish --topic-id alerts --title 'Disk full\nBcc: x@example.com' --body 'on web-1' \
         --smtp {}",
        server.url
    ));
    let got = server.next();
    let data = got["data"].as_str().unwrap();
    assert!(
        data.contains("Subject: Disk full Bcc: x@example.com\r\n"),
        "{data}"
    );
    assert!(
        data.contains("\r\n\r\non web-1\r\n\r\n--\r\nTo unsubscribe: "),
        "{data}"
    );
    assert_eq!(got["to"], json!(["oncall@example.com"]));
    // What was sent is not in the inbox, but for the link.
    assert_eq!(
        program.data("local inbox list").as_array().unwrap().len(),
        1
    );
    assert_eq!(program.under_way(), 0);
}

#[test]
fn what_the_server_refuses_stays_due() {
    let program = Program::with_alerts();
    let server = Server::start();
    program.subscribe("EMAIL", "refuse@example.com");
    program.data("ons message publish --topic-id alerts --body x --delivery-timeout 0");
    let notes = program.notes(&format!("ons topic list --smtp {}", server.url));
    assert!(
        notes.contains("Note: not delivered to refuse@example.com"),
        "{notes}"
    );
    assert!(notes.contains("no such mailbox"), "{notes}");
    assert_eq!(program.under_way(), 1);
}

#[test]
fn mailboxes_that_are_slow_or_hang_hold_up_no_other() {
    let program = Program::with_alerts();
    let server = Server::start();
    for mailbox in ["hang", "slow", "oncall"] {
        program.subscribe("EMAIL", &format!("{mailbox}@example.com"));
    }
    let _serving = program.serve(&format!("--smtp {}", server.url));
    program.data("ons message publish --topic-id alerts --title Disk --body full");
    for mailbox in ["oncall@example.com", "slow@example.com"] {
        assert_eq!(server.next()["to"], json!([mailbox]));
    }
    // The one that hangs is still tried, and the slow one got it once.
    let begun = Instant::now();
    while program.under_way() > 1 {
        assert!(begun.elapsed() < PATIENCE);
    }
    assert!(server.lines.try_recv().is_err());
    assert_eq!(program.under_way(), 1);
}
