//! What a client asks for: frames in, requests out. A state machine that knows no socket and no engine.

use std::collections::HashSet;

use secrecy::SecretString;

use super::destination::Destination;
use super::error::Refusal;
use super::frame::{Command, Frame};
use super::version::Version;

/// Most subscriptions of a connection.
pub(super) const MOST_SUBSCRIPTIONS: usize = 100;

/// The only way in which a queue's messages are acknowledged: one by one.
const ACK_MODE: &str = "client-individual";

/// How long messages can be hidden, in seconds. Source: behaviour.md 2.1; without the 0 of a peek, for a
/// subscription would be sent the same message without end.
const VISIBILITY_SECONDS: std::ops::RangeInclusive<i64> = 1..=43_200;

/// The headers that SEND may have. `content-type` is of the protocol, so no custom one: it is taken, and not kept.
/// Unconfirmed.
const OF_SEND: &[&str] = &["destination", "receipt", "content-length", "content-type"];

/// The headers that SUBSCRIBE may have.
const OF_SUBSCRIBE: &[&str] = &[
    "destination",
    "id",
    "ack",
    "visibility",
    "receipt",
    "content-length",
];

/// What a client asks for.
#[derive(Debug)]
pub(super) enum Request {
    /// To be connected. It speaks the session's version from now on.
    Connect {
        login: Option<String>,
        passcode: Option<SecretString>,
    },
    Send {
        destination: Destination,
        content: String,
    },
    Subscribe(Wish),
    /// No more messages of the subscription with this id.
    Unsubscribe(String),
    /// What becomes of a message, which is named by its receipt.
    Settle {
        receipt: String,
        settlement: Settlement,
    },
    Disconnect,
}

/// A subscription as the client asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// The client's name for it.
    pub(super) id: String,
    pub(super) destination: Destination,
    /// For how long messages are hidden, in seconds; as the queue has it where the client does not say.
    pub(super) visibility_seconds: Option<i64>,
}

/// What becomes of a message that a client was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settlement {
    /// It is deleted.
    Delete,
    /// Others can have it at once.
    Release,
}

/// How far a client has come.
#[derive(Default)]
pub(super) struct Session {
    version: Option<Version>,
    /// The ids of its subscriptions.
    subscriptions: HashSet<String>,
}

impl Session {
    /// The version that is spoken, once that is agreed.
    pub(super) fn version(&self) -> Option<Version> {
        self.version
    }

    pub(super) fn has_subscriptions(&self) -> bool {
        !self.subscriptions.is_empty()
    }

    /// Takes a frame of the client's.
    pub(super) fn take(&mut self, frame: &Frame) -> Result<Request, Refusal> {
        let command = frame.command;
        let Some(version) = self.version else {
            return match command {
                Command::Connect | Command::Stomp => self.connect(frame),
                _ => Err(Refusal::Stranger(command)),
            };
        };
        match command {
            Command::Connect | Command::Stomp => Err(Refusal::ConnectedAlready(command)),
            Command::Send => send(frame),
            Command::Subscribe => self.subscribe(frame),
            Command::Unsubscribe => self.unsubscribe(frame),
            Command::Ack => settle(frame, version, Settlement::Delete),
            Command::Nack => settle(frame, version, Settlement::Release),
            Command::Begin | Command::Commit | Command::Abort => Err(Refusal::Transaction),
            Command::Disconnect => Ok(Request::Disconnect),
            Command::Connected | Command::Message | Command::Receipt | Command::Error => {
                Err(Refusal::NotForClients(command))
            }
        }
    }

    fn connect(&mut self, frame: &Frame) -> Result<Request, Refusal> {
        let accepted = frame.header("accept-version");
        let version = Version::negotiate(accepted)
            .ok_or_else(|| Refusal::Version(accepted.unwrap_or_default().to_owned()))?;
        self.version = Some(version);
        // Clients of 1.0 set blanks after the colon; since 1.1 blanks are part of the value.
        let value = |name| {
            let value = frame.header(name)?;
            Some(match version {
                Version::V1_0 => value.trim_matches(' '),
                Version::V1_1 | Version::V1_2 => value,
            })
        };
        Ok(Request::Connect {
            login: value("login").map(str::to_owned),
            passcode: value("passcode").map(SecretString::from),
        })
    }

    fn subscribe(&mut self, frame: &Frame) -> Result<Request, Refusal> {
        check_headers(frame, OF_SUBSCRIBE)?;
        let id = required(frame, "id", "give the subscription an id of your own")?;
        let hint =
            "messages of queues are acknowledged one by one, so it must be client-individual";
        match required(frame, "ack", hint)? {
            ACK_MODE => {}
            other => return Err(wrong(frame, "ack", other, hint)),
        }
        let wish = Wish {
            id: id.to_owned(),
            destination: destination(frame)?,
            visibility_seconds: visibility_seconds(frame)?,
        };
        if self.subscriptions.contains(id) {
            return Err(Refusal::SubscribedAlready(id.to_owned()));
        }
        if self.subscriptions.len() == MOST_SUBSCRIPTIONS {
            return Err(Refusal::TooManySubscriptions);
        }
        self.subscriptions.insert(id.to_owned());
        Ok(Request::Subscribe(wish))
    }

    fn unsubscribe(&mut self, frame: &Frame) -> Result<Request, Refusal> {
        let id = required(frame, "id", "give the id that SUBSCRIBE had")?;
        match self.subscriptions.remove(id) {
            true => Ok(Request::Unsubscribe(id.to_owned())),
            false => Err(Refusal::UnknownSubscription(id.to_owned())),
        }
    }
}

fn send(frame: &Frame) -> Result<Request, Refusal> {
    check_headers(frame, OF_SEND)?;
    let content = std::str::from_utf8(&frame.body).map_err(|_| Refusal::NotText)?;
    Ok(Request::Send {
        destination: destination(frame)?,
        content: content.to_owned(),
    })
}

fn settle(frame: &Frame, version: Version, settlement: Settlement) -> Result<Request, Refusal> {
    if frame.header("transaction").is_some() {
        return Err(Refusal::Transaction);
    }
    let (header, hint) = match version {
        Version::V1_0 | Version::V1_1 => ("message-id", "give the message-id of the MESSAGE"),
        Version::V1_2 => ("id", "give the ack header of the MESSAGE"),
    };
    Ok(Request::Settle {
        receipt: required(frame, header, hint)?.to_owned(),
        settlement,
    })
}

/// The header of MESSAGE that ACK and NACK repeat.
pub(super) fn settled_by(version: Version) -> &'static str {
    match version {
        Version::V1_0 | Version::V1_1 => "message-id",
        Version::V1_2 => "ack",
    }
}

/// Refuses headers that would not be heeded.
fn check_headers(frame: &Frame, known: &[&str]) -> Result<(), Refusal> {
    let names = frame.headers.iter().map(|(name, _)| name.as_str());
    match names.into_iter().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some("transaction") => Err(Refusal::Transaction),
        Some(name) => Err(Refusal::UnsupportedHeader {
            command: frame.command,
            header: name.chars().take(80).collect(),
        }),
    }
}

fn destination(frame: &Frame) -> Result<Destination, Refusal> {
    let hint = "give the OCID of a queue, with a slash and a channel after it if you like";
    required(frame, "destination", hint).map(Destination::parse)
}

fn visibility_seconds(frame: &Frame) -> Result<Option<i64>, Refusal> {
    let Some(text) = frame.header("visibility") else {
        return Ok(None);
    };
    let seconds = text.parse().ok();
    match seconds.filter(|seconds| VISIBILITY_SECONDS.contains(seconds)) {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(wrong(
            frame,
            "visibility",
            text,
            "it is a number of seconds, from 1 to 43200",
        )),
    }
}

/// The value of a header that must be there.
fn required<'f>(
    frame: &'f Frame,
    header: &'static str,
    hint: &'static str,
) -> Result<&'f str, Refusal> {
    match frame.header(header) {
        Some(value) if !value.is_empty() => Ok(value),
        Some(value) => Err(wrong(frame, header, value, hint)),
        None => Err(Refusal::MissingHeader {
            command: frame.command,
            header,
            hint,
        }),
    }
}

fn wrong(frame: &Frame, header: &'static str, value: &str, hint: &'static str) -> Refusal {
    Refusal::HeaderValue {
        command: frame.command,
        header,
        value: value.chars().take(80).collect(),
        hint,
    }
}
