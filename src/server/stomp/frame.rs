//! Frames: a command, headers, and for some commands a body.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use super::version::Version;

macro_rules! commands {
    ($($variant:ident $name:literal,)*) => {
        /// What a frame is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum Command {
            $($variant,)*
        }

        impl Command {
            /// All commands of all versions.
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As it stands in a frame.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The command that stands in a frame.
            pub(super) fn named(name: &[u8]) -> Option<Self> {
                $(if name == $name.as_bytes() {
                    return Some(Self::$variant);
                })*
                None
            }
        }
    };
}

commands! {
    Connect "CONNECT",
    Stomp "STOMP",
    Send "SEND",
    Subscribe "SUBSCRIBE",
    Unsubscribe "UNSUBSCRIBE",
    Ack "ACK",
    Nack "NACK",
    Begin "BEGIN",
    Commit "COMMIT",
    Abort "ABORT",
    Disconnect "DISCONNECT",
    Connected "CONNECTED",
    Message "MESSAGE",
    Receipt "RECEIPT",
    Error "ERROR",
}

impl Command {
    /// Whether a frame may have a body.
    pub(super) const fn has_body(self) -> bool {
        matches!(self, Self::Send | Self::Message | Self::Error)
    }

    /// The rules by which headers are written: those that make the connection are older than escapes.
    pub(super) const fn rules(self, version: Version) -> Version {
        match self {
            Self::Connect | Self::Stomp | Self::Connected => Version::V1_0,
            _ => version,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A frame. What is in it is not shown, for it may be a passcode.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) command: Command,
    /// In their order. Of several with one name the first counts.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Frame {
    pub(super) fn new(command: Command) -> Self {
        Self {
            command,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// The same with one more header.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with a body, and the header that tells its length.
    pub(super) fn with_body(self, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let mut frame = self.with("content-length", body.len().to_string());
        frame.body = body;
        frame
    }

    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(one, _)| one == name);
        header.map(|(_, value)| value.as_str())
    }

    /// The frame as it is sent.
    pub(super) fn encode(&self, version: Version) -> Bytes {
        let rules = self.command.rules(version);
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + 2)
            .sum();
        let mut bytes = BytesMut::with_capacity(headers + self.body.len() + 16);
        bytes.put_slice(self.command.name().as_bytes());
        bytes.put_u8(b'\n');
        for (name, value) in &self.headers {
            bytes.put_slice(rules.escape(name).as_bytes());
            bytes.put_u8(b':');
            bytes.put_slice(rules.escape(value).as_bytes());
            bytes.put_u8(b'\n');
        }
        bytes.put_u8(b'\n');
        bytes.put_slice(&self.body);
        bytes.put_u8(0);
        bytes.freeze()
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("Frame")
            .field("command", &self.command)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
