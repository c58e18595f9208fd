//! Frames to requests.

use secrecy::ExposeSecret;

use super::super::destination::Destination;
use super::super::error::Refusal;
use super::super::frame::Command;
use super::super::session::{MOST_SUBSCRIPTIONS, Request, Session, Settlement, Wish};
use super::super::version::Version;
use super::frame;

/// A client that has come so far.
struct Client(Session);

impl Client {
    fn connected(version: Version) -> Self {
        let mut client = Self(Session::default());
        let text = format!("CONNECT\naccept-version:{version}\nhost:h\n\n\0");
        client.ask(&text).unwrap();
        client
    }

    fn ask(&mut self, text: &str) -> Result<Request, Refusal> {
        let frame = frame(self.0.version(), text);
        self.0.take(&frame)
    }

    fn refusal(&mut self, text: &str) -> String {
        match self.ask(text) {
            Err(refusal) => refusal.to_string(),
            Ok(request) => panic!("{text:?} is taken as {request:?}"),
        }
    }
}

#[test]
fn a_client_connects_once_and_first() {
    let mut client = Client(Session::default());
    assert!(
        client
            .refusal("SEND\ndestination:q\n\n\0")
            .contains("CONNECT")
    );
    assert!(client.refusal("CONNECTED\n\n\0").contains("CONNECT"));
    let refused = client.ask("CONNECT\naccept-version:3.0,2.1\n\n\0");
    let told = refused.unwrap_err().frame(None);
    assert_eq!(told.header("version"), Some("1.0,1.1,1.2"));
    assert_eq!(told.header("message"), Some("Unsupported version"));

    let connect = "STOMP\naccept-version:1.1,1.2\nhost:h\nlogin: a/b\npasscode:x=\n\n\0";
    let Ok(Request::Connect { login, passcode }) = client.ask(connect) else {
        panic!("it is not taken");
    };
    assert_eq!(login.as_deref(), Some(" a/b"), "blanks count since 1.1");
    assert_eq!(passcode.unwrap().expose_secret(), "x=");
    assert_eq!(client.0.version(), Some(Version::V1_2));
    assert!(
        client
            .refusal("CONNECT\naccept-version:1.2\n\n\0")
            .contains("made already")
    );

    let mut client = Client(Session::default());
    let Ok(Request::Connect { login, .. }) = client.ask("CONNECT\nlogin: a/b\n\n\0") else {
        panic!("it is not taken");
    };
    assert_eq!(client.0.version(), Some(Version::V1_0));
    assert_eq!(login.as_deref(), Some("a/b"));
}

#[test]
fn a_message_is_sent_with_no_headers_of_ones_own() {
    let mut client = Client::connected(Version::V1_2);
    let sent = "SEND\ndestination:ocid1.queue.a/red\nreceipt:1\ncontent-type:text/plain\n\nhé\0";
    let Ok(Request::Send {
        destination,
        content,
    }) = client.ask(sent)
    else {
        panic!("it is not taken");
    };
    assert_eq!(destination.queue_id, "ocid1.queue.a");
    assert_eq!(destination.channel.as_deref(), Some("red"));
    assert_eq!(content, "hé");
    for (headers, told) in [
        ("", "no destination header"),
        ("destination:\n", "the destination header of SEND is \"\""),
        ("destination:q\ntransaction:t\n", "no transactions"),
        ("destination:q\npriority:4\n", "\"priority\" header"),
        ("destination:q\nDestination:q\n", "\"Destination\" header"),
    ] {
        let refusal = client.refusal(&format!("SEND\n{headers}\nx\0"));
        assert!(refusal.contains(told), "{headers}: {refusal}");
    }
    let mut frame = frame(client.0.version(), "SEND\ndestination:q\n\n\0");
    frame.body = bytes::Bytes::from_static(b"\xff");
    assert!(matches!(client.0.take(&frame), Err(Refusal::NotText)));
}

#[test]
fn a_subscription_has_an_id_and_acknowledges_one_by_one() {
    let mut client = Client::connected(Version::V1_1);
    let subscribe = |rest: &str| format!("SUBSCRIBE\ndestination:q/c\n{rest}\n\0");
    let Ok(Request::Subscribe(wish)) =
        client.ask(&subscribe("id:0\nack:client-individual\nvisibility:60\n"))
    else {
        panic!("it is not taken");
    };
    let expected = Wish {
        id: "0".to_owned(),
        destination: Destination::parse("q/c"),
        visibility_seconds: Some(60),
    };
    assert_eq!(wish, expected);
    for (rest, told) in [
        ("ack:client-individual\n", "no id header"),
        ("id:1\n", "no ack header"),
        ("id:1\nack:auto\n", "it must be client-individual"),
        ("id:1\nack:client\n", "it must be client-individual"),
        ("id:0\nack:client-individual\n", "already"),
        (
            "id:1\nack:client-individual\nvisibility:0\n",
            "from 1 to 43200",
        ),
        (
            "id:1\nack:client-individual\nvisibility:x\n",
            "from 1 to 43200",
        ),
        (
            "id:1\nack:client-individual\nselector:a\n",
            "\"selector\" header",
        ),
    ] {
        let refusal = client.refusal(&subscribe(rest));
        assert!(refusal.contains(told), "{rest}: {refusal}");
    }
    assert!(client.0.has_subscriptions());
    assert!(
        client
            .refusal("UNSUBSCRIBE\nid:9\n\n\0")
            .contains("no subscription")
    );
    let left = client.ask("UNSUBSCRIBE\nid:0\n\n\0").unwrap();
    assert!(matches!(left, Request::Unsubscribe(id) if id == "0"));
    assert!(!client.0.has_subscriptions());
    for id in 0..MOST_SUBSCRIPTIONS {
        let taken = client.ask(&subscribe(&format!("id:{id}\nack:client-individual\n")));
        assert!(taken.is_ok());
    }
    let refusal = client.refusal(&subscribe("id:more\nack:client-individual\n"));
    assert!(refusal.contains("at most"), "{refusal}");
}

#[test]
fn messages_are_settled_by_the_header_of_the_version() {
    for (version, header, other) in [
        (Version::V1_0, "message-id", "id"),
        (Version::V1_1, "message-id", "id"),
        (Version::V1_2, "id", "message-id"),
    ] {
        let mut client = Client::connected(version);
        for (command, expected) in [("ACK", Settlement::Delete), ("NACK", Settlement::Release)] {
            let asked = format!("{command}\n{header}:m\nsubscription:0\n\n\0");
            let Ok(Request::Settle {
                receipt,
                settlement,
            }) = client.ask(&asked)
            else {
                panic!("{asked} is not taken");
            };
            assert_eq!((receipt.as_str(), settlement), ("m", expected));
            let refusal = client.refusal(&format!("{command}\n{other}:m\n\n\0"));
            assert!(
                refusal.contains(&format!("no {header} header")),
                "{refusal}"
            );
            let refusal = client.refusal(&format!("{command}\n{header}:m\ntransaction:t\n\n\0"));
            assert!(refusal.contains("no transactions"), "{refusal}");
        }
    }
}

#[test]
fn what_clients_must_not_send_is_refused() {
    let mut client = Client::connected(Version::V1_2);
    for command in ["BEGIN", "COMMIT", "ABORT"] {
        let refusal = client.refusal(&format!("{command}\ntransaction:t\n\n\0"));
        assert!(refusal.contains("no transactions"), "{refusal}");
    }
    for command in ["CONNECTED", "MESSAGE", "RECEIPT", "ERROR"] {
        let refusal = client.refusal(&format!("{command}\n\n\0"));
        assert!(refusal.contains("for servers to send"), "{refusal}");
    }
    assert!(matches!(
        client.ask("DISCONNECT\n\n\0"),
        Ok(Request::Disconnect)
    ));
}

#[test]
fn a_refusal_says_what_to_do() {
    let told = Refusal::Transaction.frame(Some("r"));
    assert_eq!(told.command, Command::Error);
    assert_eq!(told.header("receipt-id"), Some("r"));
    assert_eq!(told.header("content-type"), Some("text/plain"));
    let length = told.header("content-length").unwrap();
    assert_eq!(length, told.body.len().to_string());
    assert!(told.body.starts_with(b"queues have no transactions"));
}
