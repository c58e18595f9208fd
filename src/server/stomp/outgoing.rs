//! The way out of a connection: frames of all that goes on in it, one after the other.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::error::Closing;
use super::frame::Frame;
use super::version::Version;

/// How many frames wait until the client takes them. Then those wait who have more for it: a client that takes
/// nothing keeps little of the server's memory.
const AHEAD_FRAMES: usize = 8;

/// Sends frames.
#[derive(Clone)]
pub(super) struct Outgoing {
    sender: mpsc::Sender<Bytes>,
    /// The version that both sides speak; the oldest until they have agreed.
    pub(super) version: Version,
}

/// The connection takes no more frames.
#[derive(Debug)]
pub(super) struct Closed;

impl Outgoing {
    /// A way out, and its other end.
    pub(super) fn new() -> (Self, mpsc::Receiver<Bytes>) {
        let (sender, receiver) = mpsc::channel(AHEAD_FRAMES);
        let outgoing = Self {
            sender,
            version: Version::V1_0,
        };
        (outgoing, receiver)
    }

    /// Sends a frame once there is room for it.
    pub(super) async fn send(&self, frame: &Frame) -> Result<(), Closed> {
        let bytes = frame.encode(self.version);
        self.sender.send(bytes).await.map_err(|_| Closed)
    }
}

/// Writes what is sent until nobody sends any more. A client gets so long for each frame.
pub(super) async fn write<W: AsyncWrite + Unpin>(
    mut writer: W,
    mut frames: mpsc::Receiver<Bytes>,
    patience: Duration,
) -> Result<(), Closing> {
    let mut batch = Vec::with_capacity(AHEAD_FRAMES);
    while frames.recv_many(&mut batch, AHEAD_FRAMES).await > 0 {
        for frame in batch.drain(..) {
            timeout(patience, writer.write_all(&frame))
                .await
                .map_err(|_| Closing::Stuck(patience))??;
        }
        timeout(patience, writer.flush())
            .await
            .map_err(|_| Closing::Stuck(patience))??;
    }
    // A client that is gone needs no farewell.
    let _ = timeout(patience, writer.shutdown()).await;
    Ok(())
}
