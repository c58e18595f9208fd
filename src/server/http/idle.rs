//! A stream that ends when nothing has moved on it for a while, although it is the client's turn.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// The requests of a connection that the server is about to answer: until it has, the client may wait as long as
/// the request does.
#[derive(Clone, Debug, Default)]
pub(super) struct Answering(Arc<AtomicUsize>);

/// One request that is about to be answered.
pub(super) struct BeingAnswered(Answering);

impl Answering {
    pub(super) fn begin(&self) -> BeingAnswered {
        self.0.fetch_add(1, Ordering::Relaxed);
        BeingAnswered(self.clone())
    }

    fn is_under_way(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

impl Drop for BeingAnswered {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Fails with [`io::ErrorKind::TimedOut`] when neither side has taken or given a byte for the limit, and no
/// request is about to be answered.
///
/// It covers what no later timeout sees: a client that never says which version of HTTP it speaks, one that
/// stops in the middle of a body, and one that does not read what it asked for.
pub(super) struct IdleLimited<S> {
    stream: S,
    limit: Duration,
    answering: Answering,
    last_progress: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl<S> IdleLimited<S> {
    pub(super) fn new(stream: S, limit: Duration, answering: Answering) -> Self {
        Self {
            stream,
            limit,
            answering,
            last_progress: Instant::now(),
            alarm: Box::pin(sleep(limit)),
        }
    }

    /// Notes what came of an attempt to move bytes; one that has to wait fails once the limit is reached.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        attempt: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if attempt.is_ready() {
            self.last_progress = Instant::now();
            return attempt;
        }
        // The alarm is not moved at every byte, but looked at again when it goes off.
        while self.alarm.as_mut().poll(context).is_ready() {
            if self.answering.is_under_way() {
                self.last_progress = Instant::now();
            }
            let end = self.last_progress + self.limit;
            if end <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.alarm.as_mut().reset(end);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for IdleLimited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let attempt = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.watch(context, attempt)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for IdleLimited<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, attempt)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let attempt = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watch(context, attempt)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, attempt)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
