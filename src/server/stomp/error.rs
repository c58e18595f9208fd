//! Why a client is refused, and why a connection ends. Whoever is refused is told so in an ERROR frame, and the
//! connection ends with it: the protocol has nothing milder.

use std::io;
use std::time::Duration;

use super::decoder::FrameError;
use super::frame::{Command, Frame};
use super::login::LoginRefusal;
use super::session::MOST_SUBSCRIPTIONS;
use super::version::Version;
use crate::call::ApiError;

/// Why a client is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("{0} came before CONNECT: send CONNECT or STOMP first")]
    Stranger(Command),
    #[error("{0} came on a connection that is made already")]
    ConnectedAlready(Command),
    #[error("{0} is for servers to send, not for clients")]
    NotForClients(Command),
    #[error("accept-version is {0:?}, and this server speaks {versions}", versions = versions(" and "))]
    Version(String),
    #[error(transparent)]
    Login(#[from] LoginRefusal),
    #[error("{command} has no {header} header: {hint}")]
    MissingHeader {
        command: Command,
        header: &'static str,
        hint: &'static str,
    },
    #[error("the {header} header of {command} is {value:?}: {hint}")]
    HeaderValue {
        command: Command,
        header: &'static str,
        value: String,
        hint: &'static str,
    },
    #[error(
        "{command} has a {header:?} header, and queues have no use for it: leave it out, or put what it says into \
         the body"
    )]
    UnsupportedHeader { command: Command, header: String },
    #[error(
        "queues have no transactions: send without BEGIN, COMMIT, ABORT and the transaction header"
    )]
    Transaction,
    #[error("the body is not UTF-8, and messages are text: encode it first, in base64 for one")]
    NotText,
    #[error("there is a subscription {0:?} already: give each an id of its own")]
    SubscribedAlready(String),
    #[error("there is no subscription {0:?} on this connection")]
    UnknownSubscription(String),
    #[error("a connection has at most {MOST_SUBSCRIPTIONS} subscriptions: open another one")]
    TooManySubscriptions,
    #[error(
        "{command} names {message:?}, which is no message that this connection was sent and has not settled: give \
         the {header} header of the MESSAGE"
    )]
    UnknownMessage {
        command: Command,
        message: String,
        header: &'static str,
    },
    #[error("{}", .0.message)]
    Service(#[from] ApiError),
}

impl Refusal {
    /// The refusal in a few words.
    fn summary(&self) -> &'static str {
        match self {
            Self::Frame(_) => "Malformed frame",
            Self::Stranger(_) => "Not connected",
            Self::ConnectedAlready(_) => "Connected already",
            Self::NotForClients(_) => "Unexpected command",
            Self::Version(_) => "Unsupported version",
            Self::Login(_) => "Login refused",
            Self::MissingHeader { .. } => "Missing header",
            Self::HeaderValue { .. } => "Invalid header",
            Self::UnsupportedHeader { .. } => "Unsupported header",
            Self::Transaction => "Transactions are not supported",
            Self::NotText => "Invalid body",
            Self::SubscribedAlready(_) => "Subscribed already",
            Self::UnknownSubscription(_) => "Unknown subscription",
            Self::TooManySubscriptions => "Too many subscriptions",
            Self::UnknownMessage { .. } => "Unknown message",
            Self::Service(_) => "Refused by the queue",
        }
    }

    /// The frame that tells the client. `receipt` is what it asked for with the frame that is refused.
    pub(super) fn frame(&self, receipt: Option<&str>) -> Frame {
        let mut frame = Frame::new(Command::Error).with("message", self.summary());
        if let Some(receipt) = receipt {
            frame = frame.with("receipt-id", receipt);
        }
        if let Self::Version(_) = self {
            frame = frame.with("version", versions(","));
        }
        frame
            .with("content-type", "text/plain")
            .with_body(format!("{self}\n"))
    }
}

/// All versions, the oldest first.
fn versions(between: &str) -> String {
    let names: Vec<_> = Version::ALL.iter().rev().map(|one| one.name()).collect();
    names.join(between)
}

/// Why a connection ends, other than by the client's wish.
#[derive(Debug, thiserror::Error)]
pub(super) enum Closing {
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("the client closed the connection in the middle of a frame")]
    CutShort,
    #[error("the client sent nothing for {0:?}, and has no subscription")]
    Idle(Duration),
    #[error("a frame did not arrive within {0:?}")]
    Slow(Duration),
    #[error("the client took nothing of what it was sent for {0:?}")]
    Stuck(Duration),
    #[error("the client was refused: {refusal}")]
    Refused {
        refusal: Box<Refusal>,
        /// What the client asked for with the frame that is refused.
        receipt: Option<String>,
    },
}

impl Closing {
    /// The end of a client that is refused. `receipt` is what it asked for with the frame that is refused.
    pub(super) fn refused(refusal: impl Into<Refusal>, receipt: Option<&str>) -> Self {
        Self::Refused {
            refusal: Box::new(refusal.into()),
            receipt: receipt.map(str::to_owned),
        }
    }
}
