//! Frames: a length of four bytes, and a request or an answer of that length.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::messages::ApiKey;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::memory::{Held, Memory};
use super::shape;

/// Most bytes of a produce request. Source: Kafka's `socket.request.max.bytes`.
pub(super) const MOST_PRODUCE_BYTES: usize = 100 << 20;
/// Most bytes of any other request.
pub(super) const MOST_REQUEST_BYTES: usize = 4 << 20;
/// Most bytes of a request before the client has said who it is, where it must.
pub(super) const MOST_STRANGER_BYTES: usize = 64 << 10;

/// How much is read at least, once something comes.
const READ_BYTES: usize = 4 << 10;
/// The memory of a buffer that is larger is given back when the client is quiet.
const KEPT_BYTES: usize = 16 << 10;
/// How long a client is quiet before that, so that one that goes on at once pays nothing.
const QUIET: Duration = Duration::from_millis(200);
/// The part of a request's header that always is there: API key, version, correlation id.
const FIXED_HEADER_BYTES: usize = 8;

/// Why no further frame comes.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("the client closed the connection in the middle of a request")]
    CutShort,
    #[error("the client sent nothing for {0:?}")]
    Idle(Duration),
    #[error("a request did not arrive within {0:?}")]
    Slow(Duration),
    #[error("a request of {bytes} bytes came, over the limit of {limit} bytes")]
    TooLong { bytes: i64, limit: usize },
    #[error("a request's header cannot be read")]
    Header,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For the next request to begin.
    pub(super) idle: Duration,
    /// For a request that has begun to arrive.
    pub(super) arrival: Duration,
}

/// Takes frames off a connection.
pub(super) struct FrameReader<R> {
    reader: R,
    buffer: BytesMut,
    memory: Memory,
}

/// A request with its header, and the memory that it takes.
pub(super) struct Frame {
    pub(super) bytes: Bytes,
    pub(super) held: Held,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(super) fn new(reader: R, memory: Memory) -> Self {
        Self {
            reader,
            memory,
            buffer: BytesMut::new(),
        }
    }

    /// The next frame without its length, or `None` once the client is done. `limit` tells how long it may
    /// be at most, from its first bytes.
    pub(super) async fn next(
        &mut self,
        patience: Patience,
        limit: impl Fn(Option<i16>) -> usize,
    ) -> Result<Option<Frame>, FrameError> {
        if self.buffer.is_empty() && !self.wait(patience.idle).await? {
            return Ok(None);
        }
        timeout(patience.arrival, self.whole_frame(limit))
            .await
            .unwrap_or(Err(FrameError::Slow(patience.arrival)))
            .map(Some)
    }

    /// Waits for the first byte of a frame; `false` when the client is done.
    async fn wait(&mut self, idle: Duration) -> Result<bool, FrameError> {
        if self.buffer.capacity() > KEPT_BYTES
            && let Ok(read) = timeout(QUIET, self.fill(READ_BYTES)).await
        {
            return Ok(read? > 0);
        }
        if self.buffer.capacity() > KEPT_BYTES {
            self.buffer = BytesMut::new();
        }
        match timeout(idle, self.fill(READ_BYTES)).await {
            Ok(read) => Ok(read? > 0),
            Err(_) => Err(FrameError::Idle(idle)),
        }
    }

    async fn whole_frame(
        &mut self,
        limit: impl Fn(Option<i16>) -> usize,
    ) -> Result<Frame, FrameError> {
        self.fill_to(4).await?;
        let announced = self.buffer.get_i32();
        let length = usize::try_from(announced).unwrap_or(usize::MAX);
        let check = |api_key| match limit(api_key) {
            limit if length > limit => Err(FrameError::TooLong {
                bytes: announced.into(),
                limit,
            }),
            _ => Ok(()),
        };
        // The longest that any request may be, then the longest for what it asks.
        check(Some(ApiKey::Produce as i16))?;
        self.fill_to(length.min(FIXED_HEADER_BYTES)).await?;
        let api_key = self.buffer.first_chunk().copied().map(i16::from_be_bytes);
        check(api_key.filter(|_| length >= 2))?;
        let held = self.memory.take(length).await;
        self.fill_to(length).await?;
        Ok(Frame {
            bytes: self.buffer.split_to(length).freeze(),
            held,
        })
    }

    /// Reads until so many bytes are there. Memory grows with what has come, not with what was announced.
    async fn fill_to(&mut self, wanted: usize) -> Result<(), FrameError> {
        while self.buffer.len() < wanted {
            let missing = wanted - self.buffer.len();
            let step = missing.min(self.buffer.len().max(1 << 20));
            if self.fill(step.max(READ_BYTES)).await? == 0 {
                return Err(FrameError::CutShort);
            }
        }
        Ok(())
    }

    async fn fill(&mut self, room: usize) -> io::Result<usize> {
        if self.buffer.capacity() - self.buffer.len() < room {
            self.buffer.reserve(room);
        }
        self.reader.read_buf(&mut self.buffer).await
    }
}

/// What a request begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestHeader {
    pub(super) api_key: i16,
    pub(super) version: i16,
    pub(super) correlation_id: i32,
}

impl RequestHeader {
    /// Takes the fixed part of the header off a frame: what all versions of it have.
    pub(super) fn take(frame: &mut Bytes) -> Result<Self, FrameError> {
        match frame.len() < FIXED_HEADER_BYTES {
            true => Err(FrameError::Header),
            false => Ok(Self {
                api_key: frame.get_i16(),
                version: frame.get_i16(),
                correlation_id: frame.get_i32(),
            }),
        }
    }

    /// Takes the rest of the header off a frame, which leaves the request.
    pub(super) fn take_rest(&self, api_key: ApiKey, frame: &mut Bytes) -> Result<(), FrameError> {
        let rest = self.rest(api_key, frame).ok_or(FrameError::Header)?.len();
        frame.advance(frame.len() - rest);
        Ok(())
    }

    /// The name that the client gave itself, in the frame of a request; empty where it has none.
    pub(super) fn client_id(frame: &[u8]) -> String {
        let id = frame.get(FIXED_HEADER_BYTES..).and_then(|rest| {
            let (length, rest) = rest.split_first_chunk()?;
            rest.get(..usize::try_from(i16::from_be_bytes(*length)).ok()?)
        });
        String::from_utf8_lossy(id.unwrap_or_default()).into_owned()
    }

    /// Whether a request of this version has compact lengths and tagged fields.
    pub(super) fn is_flexible(&self, api_key: ApiKey) -> bool {
        api_key.request_header_version(self.version) >= 2
    }

    fn rest<'f>(&self, api_key: ApiKey, frame: &'f [u8]) -> Option<&'f [u8]> {
        let (length, rest) = frame.split_first_chunk()?;
        let client_id_bytes = match i16::from_be_bytes(*length) {
            -1 => 0,
            length => usize::try_from(length).ok()?,
        };
        let rest = rest.get(client_id_bytes..)?;
        match self.is_flexible(api_key) {
            true => shape::after_tagged_fields(rest),
            false => Some(rest),
        }
    }
}
