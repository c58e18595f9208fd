//! Bytes to frames, frames to requests: what clients may send, and all that they might.

mod codec;
mod session;

use bytes::BytesMut;

use super::decoder::{Decoder, FrameError, FrameLimits};
use super::frame::Frame;
use super::version::Version;

const LIMITS: FrameLimits = FrameLimits {
    head_bytes: 512,
    body_bytes: 256,
};

/// A decoder on a connection whose sides have agreed, or not yet.
fn decoder(version: Option<Version>) -> Decoder {
    let mut decoder = Decoder::new(LIMITS);
    if let Some(version) = version {
        decoder.agree(version, LIMITS);
    }
    decoder
}

/// The frames in some bytes, and why there are no more.
fn frames(version: Option<Version>, bytes: &[u8]) -> (Vec<Frame>, Option<FrameError>) {
    frames_in_pieces(version, [bytes])
}

fn frames_in_pieces<'b>(
    version: Option<Version>,
    pieces: impl IntoIterator<Item = &'b [u8]>,
) -> (Vec<Frame>, Option<FrameError>) {
    let mut decoder = decoder(version);
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
        assert!(
            buffer.len() <= LIMITS.head_bytes.max(LIMITS.body_bytes),
            "{} bytes are kept",
            buffer.len()
        );
    }
    (frames, None)
}

/// The one frame in some bytes.
fn frame(version: Option<Version>, text: &str) -> Frame {
    let (mut frames, error) = frames(version, text.as_bytes());
    assert_eq!((frames.len(), error), (1, None), "{text:?}");
    frames.remove(0)
}
