//! Takes frames off a stream of bytes, however they are cut into pieces.
//!
//! Nothing is kept that is over the limits: a line is refused before it is whole, and a body by what announces it.

use bytes::{Buf, Bytes, BytesMut};

use super::frame::{Command, Frame};
use super::version::Version;

/// More bytes than any command has.
const MOST_COMMAND_BYTES: usize = 16;
/// Most headers of a frame.
const MOST_HEADERS: usize = 64;
/// How much of what cannot be read is told.
const SHOWN_CHARS: usize = 60;

/// What a frame may have at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameLimits {
    /// Bytes of the command and the headers.
    pub(super) head_bytes: usize,
    /// Bytes of the body.
    pub(super) body_bytes: usize,
}

/// Why bytes are no frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("{0:?} is no command of STOMP: a frame begins with a command alone on its line")]
    UnknownCommand(String),
    #[error(
        "command and headers have more than {limit} bytes: shorten them, or serve with a greater \
         --max-header-bytes"
    )]
    HeadTooLong { limit: usize },
    #[error("the frame has more than {MOST_HEADERS} headers")]
    TooManyHeaders,
    #[error(
        "the frame ends among its headers: an empty line comes before the body, and before the final NUL"
    )]
    HeadCutShort,
    #[error("a header is not UTF-8")]
    NotText,
    // Headers are not shown: one may be a passcode.
    #[error("header {0} is not of the form name:value")]
    HeaderLine(usize),
    #[error("header {number} has an escape that STOMP {version} does not know")]
    Escape { number: usize, version: Version },
    #[error("content-length is {0:?}, which is no number of bytes")]
    ContentLength(String),
    #[error("a body may have at most {limit} bytes, and this one has more")]
    BodyTooLong { limit: usize },
    #[error("{0} has no body: after the empty line comes a NUL")]
    UnexpectedBody(Command),
    #[error("no NUL comes after the {0} bytes that content-length announces")]
    Unterminated(usize),
}

/// Takes frames off a stream of bytes.
pub(super) struct Decoder {
    limits: FrameLimits,
    /// The version that both sides speak, once they have agreed.
    version: Option<Version>,
    state: State,
}

enum State {
    /// Before a frame, where line ends are heart-beats.
    Between,
    /// Within the command and the headers. The line in which it is begins at `line_start`, and up to `scanned`
    /// it has no end.
    Head { line_start: usize, scanned: usize },
    /// After the empty line. The body's `length` is known, or has no NUL up to `scanned`.
    Body {
        frame: Frame,
        length: Option<usize>,
        scanned: usize,
    },
}

impl Decoder {
    pub(super) fn new(limits: FrameLimits) -> Self {
        Self {
            limits,
            version: None,
            state: State::Between,
        }
    }

    /// From the next frame on, both sides speak this version, and frames may be so large.
    pub(super) fn agree(&mut self, version: Version, limits: FrameLimits) {
        self.version = Some(version);
        self.limits = limits;
    }

    /// Whether a frame has begun and is not whole.
    pub(super) fn is_within_frame(&self) -> bool {
        !matches!(self.state, State::Between)
    }

    /// The `receipt` that the client asks for in the frame whose body is arriving.
    pub(super) fn receipt(&self) -> Option<&str> {
        match &self.state {
            State::Body { frame, .. } => frame.header("receipt"),
            State::Between | State::Head { .. } => None,
        }
    }

    /// Takes the next frame off the buffer, if all of it is there. Once this fails, nothing more can be read.
    pub(super) fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
        if matches!(self.state, State::Between) {
            self.skip_line_ends(buffer);
            let is_half_an_end = buffer.as_ref() == b"\r" && self.takes_carriage_returns();
            if !buffer.is_empty() && !is_half_an_end {
                self.state = State::Head {
                    line_start: 0,
                    scanned: 0,
                };
            }
        }
        if matches!(self.state, State::Head { .. }) && !self.read_head(buffer)? {
            return Ok(None);
        }
        self.read_body(buffer)
    }

    /// Whether a line may end with a carriage return: before the version is known, as well.
    fn takes_carriage_returns(&self) -> bool {
        self.version.is_none_or(Version::takes_carriage_returns)
    }

    fn skip_line_ends(&self, buffer: &mut BytesMut) {
        let mut ends = 0;
        let mut rest: &[u8] = buffer;
        loop {
            rest = match rest {
                [b'\n', rest @ ..] => rest,
                [b'\r', b'\n', rest @ ..] if self.takes_carriage_returns() => rest,
                _ => break,
            };
            ends = buffer.len() - rest.len();
        }
        buffer.advance(ends);
    }

    /// Reads on in the head; true once the body comes next.
    fn read_head(&mut self, buffer: &mut BytesMut) -> Result<bool, FrameError> {
        let State::Head {
            mut line_start,
            mut scanned,
        } = self.state
        else {
            return Ok(true);
        };
        loop {
            let new = buffer.get(scanned..).unwrap_or_default();
            let end = new.iter().position(|byte| matches!(byte, b'\n' | 0));
            let Some(line_end) = end.map(|end| scanned + end) else {
                self.check_head(line_start, buffer)?;
                self.state = State::Head {
                    line_start,
                    scanned: buffer.len(),
                };
                return Ok(false);
            };
            if line_end >= self.limits.head_bytes {
                return Err(self.head_too_long());
            }
            if line_start == 0 {
                self.command(buffer.get(..line_end).unwrap_or_default())?;
            }
            if buffer.get(line_end) == Some(&0) {
                return Err(FrameError::HeadCutShort);
            }
            let line = buffer.get(line_start..line_end).unwrap_or_default();
            if line_start > 0 && self.without_carriage_return(line).is_empty() {
                let head = buffer.split_to(line_end + 1);
                self.state = self.body_of(self.head(&head)?)?;
                return Ok(true);
            }
            line_start = line_end + 1;
            scanned = line_start;
        }
    }

    /// Refuses a head that can be none, although it is not whole.
    fn check_head(&self, line_start: usize, buffer: &[u8]) -> Result<(), FrameError> {
        if buffer.len() > self.limits.head_bytes {
            return Err(self.head_too_long());
        }
        match line_start == 0 && buffer.len() > MOST_COMMAND_BYTES {
            true => Err(FrameError::UnknownCommand(shown(buffer))),
            false => Ok(()),
        }
    }

    fn head_too_long(&self) -> FrameError {
        FrameError::HeadTooLong {
            limit: self.limits.head_bytes,
        }
    }

    fn without_carriage_return<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        match line {
            [line @ .., b'\r'] if self.takes_carriage_returns() => line,
            line => line,
        }
    }

    fn command(&self, line: &[u8]) -> Result<Command, FrameError> {
        let name = self.without_carriage_return(line);
        Command::named(name).ok_or_else(|| FrameError::UnknownCommand(shown(name)))
    }

    /// The frame with this head, without its body.
    fn head(&self, head: &[u8]) -> Result<Frame, FrameError> {
        let mut lines = head
            .split(|byte| *byte == b'\n')
            .map(|line| self.without_carriage_return(line));
        let mut frame = Frame::new(self.command(lines.next().unwrap_or_default())?);
        let version = self.version.unwrap_or(Version::V1_0);
        for line in lines.take_while(|line| !line.is_empty()) {
            if frame.headers.len() == MOST_HEADERS {
                return Err(FrameError::TooManyHeaders);
            }
            let line = std::str::from_utf8(line).map_err(|_| FrameError::NotText)?;
            let number = frame.headers.len() + 1;
            let rules = frame.command.rules(version);
            frame.headers.push(header(rules, number, line)?);
        }
        Ok(frame)
    }

    /// What to wait for after a head.
    fn body_of(&self, frame: Frame) -> Result<State, FrameError> {
        let length = frame.header("content-length").map(content_length);
        let length = length.transpose()?;
        match length {
            Some(1..) if !frame.command.has_body() => {
                return Err(FrameError::UnexpectedBody(frame.command));
            }
            _ => {}
        }
        Ok(State::Body {
            frame,
            length,
            scanned: 0,
        })
    }

    fn read_body(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
        let State::Body {
            frame,
            length,
            scanned,
        } = &mut self.state
        else {
            return Ok(None);
        };
        let limit = self.limits.body_bytes;
        let end = match length {
            Some(length) if *length > limit => return Err(FrameError::BodyTooLong { limit }),
            Some(length) => match buffer.get(*length) {
                None => return Ok(None),
                Some(0) => *length,
                Some(_) => return Err(FrameError::Unterminated(*length)),
            },
            None => {
                let new = buffer.get(*scanned..).unwrap_or_default();
                let end = new.iter().position(|byte| *byte == 0);
                let seen = end.map_or(buffer.len(), |end| *scanned + end);
                match frame.command.has_body() {
                    false if seen > 0 => return Err(FrameError::UnexpectedBody(frame.command)),
                    true if seen > limit => return Err(FrameError::BodyTooLong { limit }),
                    _ => {}
                }
                if end.is_none() {
                    *scanned = seen;
                    return Ok(None);
                }
                seen
            }
        };
        frame.body = match end {
            0 => Bytes::new(),
            end => buffer.split_to(end).freeze(),
        };
        buffer.advance(1);
        match std::mem::replace(&mut self.state, State::Between) {
            State::Body { frame, .. } => Ok(Some(frame)),
            State::Between | State::Head { .. } => Ok(None),
        }
    }
}

fn header(rules: Version, number: usize, line: &str) -> Result<(String, String), FrameError> {
    let (name, value) = line
        .split_once(':')
        .filter(|(name, _)| !name.is_empty())
        .ok_or(FrameError::HeaderLine(number))?;
    let unescape = |text| {
        let plain = rules.unescape(text).ok_or(FrameError::Escape {
            number,
            version: rules,
        })?;
        Ok(plain.into_owned())
    };
    Ok((unescape(name)?, unescape(value)?))
}

fn content_length(text: &str) -> Result<usize, FrameError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = text.parse().ok().filter(|_| is_number);
    length.ok_or_else(|| FrameError::ContentLength(shown(text.as_bytes())))
}

/// The beginning of what came, for people.
fn shown(bytes: &[u8]) -> String {
    let begin = bytes.get(..SHOWN_CHARS * 4).unwrap_or(bytes);
    String::from_utf8_lossy(begin)
        .chars()
        .take(SHOWN_CHARS)
        .collect()
}
