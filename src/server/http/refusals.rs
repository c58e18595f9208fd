//! Words for what hyper refuses by itself: requests that it cannot read come to no handler, and get a status alone.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::response;

/// How many headers hyper reads of a request.
const MOST_HEADERS: usize = 100;

/// What stands behind the status line of hyper's own refusals, and of no other response: those of handlers begin
/// with the type of their content.
const OWN_HEADERS: &str = "connection: close\r\ncontent-length: 0\r\n";

/// A stream of a connection on which hyper's own refusals get a body and an `opc-request-id`, as all others have.
pub(super) struct Worded<S> {
    stream: S,
    /// Most bytes of a request's headers, to be told.
    header_bytes: usize,
    /// What is written in the place of a refusal.
    under_way: Option<Replacement>,
}

/// A refusal with its words, as far as it is written.
struct Replacement {
    bytes: Vec<u8>,
    written: usize,
    /// How many bytes of hyper's it stands for.
    replaced: usize,
}

impl<S> Worded<S> {
    pub(super) fn new(stream: S, header_bytes: usize) -> Self {
        Self {
            stream,
            header_bytes,
            under_way: None,
        }
    }

    /// What is to be written in the place of these bytes, if they are a refusal of hyper's.
    fn replacement(&self, bytes: &[u8]) -> Option<Replacement> {
        if !bytes.starts_with(b"HTTP/1.1 4") || !bytes.ends_with(b"\r\n\r\n") {
            return None;
        }
        let (status_line, headers) = std::str::from_utf8(bytes).ok()?.split_once("\r\n")?;
        let other_headers = headers.strip_prefix(OWN_HEADERS)?;
        let (code, message) = match status_line.split(' ').nth(1)? {
            "431" => (
                "RequestHeaderFieldsTooLarge",
                format!(
                    "A request may have {MOST_HEADERS} headers, and {} bytes of them",
                    self.header_bytes
                ),
            ),
            "414" => (
                "UriTooLong",
                "The address of the request is too long".to_owned(),
            ),
            _ => (
                "CannotParseRequest",
                "This is no HTTP request that can be read".to_owned(),
            ),
        };
        let body = json!({ "code": code, "message": message }).to_string();
        let text = format!(
            "{status_line}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{}: {}\r\n{other_headers}{body}",
            body.len(),
            response::REQUEST_ID,
            response::request_id(None)
        );
        Some(Replacement {
            bytes: text.into_bytes(),
            written: 0,
            replaced: bytes.len(),
        })
    }
}

impl<S: AsyncWrite + Unpin> Worded<S> {
    /// Writes what stands in the place of the bytes; nothing where they stand for themselves.
    fn poll_replace(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<Option<usize>>> {
        if self.under_way.is_none() {
            self.under_way = self.replacement(bytes);
        }
        let Some(replacement) = &mut self.under_way else {
            return Poll::Ready(Ok(None));
        };
        while let Some(rest @ [_, ..]) = replacement.bytes.get(replacement.written..) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => replacement.written += count,
            }
        }
        let replaced = replacement.replaced;
        self.under_way = None;
        Poll::Ready(Ok(Some(replaced)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Worded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Worded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match ready!(self.poll_replace(context, bytes))? {
            Some(count) => Poll::Ready(Ok(count)),
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty());
        let first = first.map_or(&[][..], |slice| slice);
        match ready!(self.poll_replace(context, first))? {
            Some(count) => Poll::Ready(Ok(count)),
            None => Pin::new(&mut self.stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
