//! In the cloud messages have an address of their own, which the stream or queue tells. It is asked once.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use crate::program::{Run, run_at};
use crate::server::{Act, Server, json as response, refusal};

const GET: &[&str] = &[
    "streaming",
    "stream",
    "message",
    "get",
    "--stream-id",
    "s1",
    "--cursor",
    "c",
];

/// A cloud of one address.
struct Cloud {
    home: TempDir,
    control: Server,
}

impl Cloud {
    /// Its streams and queues tell these addresses, one after the other, and then always the last.
    fn telling(endpoints: &[&str]) -> Self {
        let acts = endpoints.iter();
        let acts =
            acts.map(|url| response(200, &[], &json!({"id": "s1", "messagesEndpoint": url})));
        Self {
            home: tempfile::tempdir().unwrap(),
            control: Server::start(acts.collect()),
        }
    }

    fn run(&self, words: &[&str]) -> Run {
        let url = self.control.url();
        // The option counts more than the variable, which then is the cloud's address.
        let words = [words, &["--target", "cloud", "--no-retry"]].concat();
        run_at(self.home.path(), &words, &[("OCI_CLI_ENDPOINT", &url)])
    }

    /// How often it was asked.
    fn asked(&self) -> usize {
        self.control.seen().len()
    }
}

fn messages() -> Act {
    response(200, &[("opc-next-cursor", "n")], &json!([]))
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files_below(&path),
            false => vec![path],
        })
        .collect()
}

#[test]
fn the_address_is_asked_once_and_kept() {
    let data = Server::start(vec![messages()]);
    let cloud = Cloud::telling(&[&data.url()]);
    for _ in 0..3 {
        assert_eq!(cloud.run(GET).succeeded(), json!({"opc-next-cursor": "n"}));
    }
    assert_eq!((cloud.asked(), data.seen().len()), (1, 3));
    let asked = &cloud.control.seen()[0];
    assert!(
        asked.starts_with("GET /20180418/streams/s1 HTTP/1.1"),
        "{asked}"
    );
    let wanted = "GET /20180418/streams/s1/messages?cursor=c HTTP/1.1";
    assert!(data.seen().iter().all(|sent| sent.starts_with(wanted)));
    let files = files_below(cloud.home.path());
    assert_eq!(files.len(), 1, "{files:?}");
    fs::write(&files[0], "damaged").unwrap();
    cloud.run(GET).succeeded();
    assert_eq!(cloud.asked(), 2);
}

#[test]
fn each_stream_and_queue_has_its_own() {
    let data = Server::start(vec![messages()]);
    let cloud = Cloud::telling(&[&data.url()]);
    let of_queue = ["queue", "messages", "get-messages", "--queue-id", "q1"];
    let of_other = [
        "streaming",
        "stream",
        "group",
        "get",
        "--stream-id",
        "s2",
        "--group-name",
        "g",
    ];
    for words in [GET, &of_queue, &of_other, GET, &of_queue, &of_other] {
        assert_eq!(cloud.run(words).status, Some(0));
    }
    assert_eq!((cloud.asked(), data.seen().len()), (3, 6));
    assert!(data.seen()[1].starts_with("GET /20210201/queues/q1/messages"));
    let control = ["streaming", "admin", "stream", "get", "--stream-id", "s1"];
    cloud.run(&control).succeeded();
    assert_eq!((cloud.asked(), data.seen().len()), (4, 6));
}

#[test]
fn an_address_that_is_gone_is_asked_for_again() {
    let gone = Server::start(vec![messages(), refusal(404, "NotAuthorizedOrNotFound")]);
    let data = Server::start(vec![messages()]);
    let cloud = Cloud::telling(&[&gone.url(), &data.url()]);
    for _ in 0..3 {
        cloud.run(GET).succeeded();
    }
    assert_eq!(
        (cloud.asked(), gone.seen().len(), data.seen().len()),
        (2, 2, 2)
    );

    let nobody = nobody();
    let cloud = Cloud::telling(&[&nobody, &data.url()]);
    let told = cloud.run(GET).message("RequestException");
    assert!(
        told.starts_with(&format!("cannot connect to {nobody}")),
        "{told}"
    );
    cloud.run(GET).succeeded();
    assert_eq!(cloud.asked(), 2);
}

#[test]
fn a_refusal_that_stays_is_told_as_it_is() {
    let missing = refusal(404, "NotAuthorizedOrNotFound");
    let data = Server::start(vec![messages(), missing.clone()]);
    let cloud = Cloud::telling(&[&data.url()]);
    cloud.run(GET).succeeded();
    let (_, details) = cloud.run(GET).failure();
    assert_eq!(details["code"], "NotAuthorizedOrNotFound");
    assert_eq!(
        (cloud.asked(), data.seen().len()),
        (2, 2),
        "it is not sent twice"
    );

    let data = Server::start(vec![messages(), refusal(400, "InvalidParameter")]);
    let cloud = Cloud::telling(&[&data.url()]);
    cloud.run(GET).succeeded();
    cloud.run(GET).failure();
    assert_eq!(cloud.asked(), 1);
}

#[test]
fn what_is_no_address_is_told() {
    for (stream, told) in [
        (json!({"id": "s1"}), "it tells no messagesEndpoint"),
        (
            json!({"messagesEndpoint": "ftp://h"}),
            "must begin with https:// or http://",
        ),
        (
            json!({"messagesEndpoint": 7}),
            "it tells no messagesEndpoint",
        ),
    ] {
        let control = Server::start(vec![response(200, &[], &stream)]);
        let home = tempfile::tempdir().unwrap();
        let cloud = Cloud { home, control };
        let message = cloud.run(GET).message("RequestException");
        assert!(message.contains(told), "{message}");
    }
}
