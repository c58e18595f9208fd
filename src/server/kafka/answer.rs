//! Answers: encoded once, with the bytes of records beside the rest instead of copied into it.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::Encodable;

use super::frame::RequestHeader;
use super::memory::Held;

/// What is sent back for a request.
pub(super) struct Answer {
    pub(super) chunks: Chunks,
    /// The buffers among the chunks, to be used again.
    pub(super) lent: Vec<Bytes>,
    /// The memory that it takes.
    pub(super) held: Held,
    /// Whether the connection ends when it is sent.
    pub(super) last: bool,
}

impl Answer {
    /// An answer after which the connection goes on.
    pub(super) fn new(chunks: Chunks) -> Self {
        Self {
            chunks,
            lent: Vec::new(),
            held: None,
            last: false,
        }
    }
}

/// An answer's bytes, one piece after the other.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    pieces: VecDeque<Bytes>,
    remaining: usize,
}

impl Chunks {
    pub(super) fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.remaining += piece.len();
            self.pieces.push_back(piece);
        }
    }

    fn push_front(&mut self, piece: Bytes) {
        self.remaining += piece.len();
        self.pieces.push_front(piece);
    }
}

impl From<Bytes> for Chunks {
    fn from(piece: Bytes) -> Self {
        let mut chunks = Self::default();
        chunks.push(piece);
        chunks
    }
}

impl Buf for Chunks {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let filled = slices.iter_mut().zip(&self.pieces);
        filled
            .map(|(slice, piece)| *slice = IoSlice::new(piece))
            .count()
    }

    fn advance(&mut self, mut count: usize) {
        self.remaining = self.remaining.saturating_sub(count);
        while let Some(piece) = self.pieces.front_mut() {
            if count < piece.len() {
                piece.advance(count);
                return;
            }
            count -= piece.len();
            self.pieces.pop_front();
        }
    }
}

/// A message with the length and the header that it is sent with.
pub(super) fn encode(
    header: &RequestHeader,
    api_key: ApiKey,
    version: i16,
    message: &impl Encodable,
) -> Result<Chunks, String> {
    let mut buffer = BytesMut::with_capacity(256);
    put_header(&mut buffer, header, api_key, version);
    message
        .encode(&mut buffer, version)
        .map_err(|error| error.to_string())?;
    let length = (buffer.len() - 4) as i32;
    if let Some(place) = buffer.first_chunk_mut() {
        *place = length.to_be_bytes();
    }
    Ok(buffer.freeze().into())
}

/// A body in pieces, with the length and the header that it is sent with.
pub(super) fn frame(header: &RequestHeader, api_key: ApiKey, mut body: Chunks) -> Chunks {
    let mut buffer = BytesMut::with_capacity(9);
    put_header(&mut buffer, header, api_key, header.version);
    let length = (buffer.len() - 4 + body.remaining()) as i32;
    if let Some(place) = buffer.first_chunk_mut() {
        *place = length.to_be_bytes();
    }
    body.push_front(buffer.freeze());
    body
}

/// Four bytes for the length, and the header.
fn put_header(buffer: &mut BytesMut, header: &RequestHeader, api_key: ApiKey, version: i16) {
    buffer.put_i32(0);
    buffer.put_i32(header.correlation_id);
    if api_key.response_header_version(version) >= 1 {
        // No tagged fields.
        buffer.put_u8(0);
    }
}
