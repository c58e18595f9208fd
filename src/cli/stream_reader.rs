//! Reading a stream from outside of any group: where commands that look at messages get them from, whoever answers.
//!
//! Only cursors of single partitions are used, so no group ever learns of it.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::command::Session;
use super::error::CliError;
use super::globals::Globals;
use super::target::Target;
use crate::api::OperationId;
use crate::api::operation::Operation;
use crate::api::streaming::Streaming;
use crate::call::{Call, Reply};
use crate::clock::{Clock, SystemClock, parse_rfc3339, rfc3339};
use crate::engine::LocalRequest;

/// Most messages of one reply.
const PAGE: usize = 1000;

/// How far back to look for the newest messages, in milliseconds, before everything is read: each a few times as far
/// as the one before, so that little is read twice.
const LOOKS_BACK_MS: [i64; 6] = [
    10_000,
    60_000,
    10 * 60_000,
    2 * 3_600_000,
    12 * 3_600_000,
    48 * 3_600_000,
];

/// How often a read is tried again that the local engine refuses for coming too soon, as it does with strict limits.
const MOST_REFUSALS: u32 = 20;

/// A message of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    /// The stream, as the service tells it.
    pub(super) stream: String,
    pub(super) partition: u32,
    pub(super) offset: i64,
    /// When it was put, as the service tells it.
    pub(super) timestamp: String,
    /// The same in milliseconds.
    pub(super) time_ms: i64,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Vec<u8>,
}

/// Where reading a partition begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// With the oldest message kept.
    Oldest,
    /// With the next message to come.
    Next,
    /// With the first message from a time on, in milliseconds.
    Time(i64),
}

/// What is found at the end of a partition: messages, oldest first, and the cursor behind them.
pub(super) struct Tail {
    pub(super) messages: VecDeque<Message>,
    pub(super) cursor: String,
}

/// A stream to read.
pub(super) struct StreamReader {
    stream_id: String,
    session: Session,
    /// Answers for the stream as a whole, where that is someone else.
    admin: Option<Session>,
}

impl StreamReader {
    /// Gets ready to read a stream; nothing is asked yet.
    pub(super) fn open(globals: &Globals, stream_id: &str) -> Result<Self, CliError> {
        let session = Session::open(operation(Streaming::GetMessages)?, globals)?;
        let admin = match session.target.is_local() {
            true => None,
            false => Some(Session::open(operation(Streaming::GetStream)?, globals)?),
        };
        Ok(Self {
            stream_id: stream_id.to_owned(),
            session,
            admin,
        })
    }

    /// Asks something about the stream, or about what belongs to it.
    pub(super) fn send(&self, call: &Call) -> Result<Reply, CliError> {
        let is_admin = matches!(
            call.operation.id,
            OperationId::Streaming(Streaming::GetStream)
        );
        let session = match &self.admin {
            Some(admin) if is_admin => admin,
            _ => &self.session,
        };
        // Only requests over the network are repeated by whoever sends them.
        let mut patience = match self.session.target.is_local() {
            true => MOST_REFUSALS,
            false => 0,
        };
        loop {
            match session.try_send(call)? {
                Err(error) if error.status == 429 && patience > 0 => {
                    patience -= 1;
                    let pause = error.retry_after_seconds.unwrap_or(1).min(5);
                    thread::sleep(Duration::from_secs(pause));
                }
                answer => return answer.map_err(|error| session.service_error(call, &error)),
            }
        }
    }

    /// A call for an operation on the stream.
    pub(super) fn call(&self, id: Streaming) -> Result<Call, CliError> {
        let mut call = Call::new(operation(id)?);
        call.path.insert("streamId", self.stream_id.clone());
        Ok(call)
    }

    /// Asks the engine of this machine, where it is the one that answers.
    pub(super) fn ask_engine(&self, request: &LocalRequest) -> Result<Option<Value>, CliError> {
        match &self.session.target {
            Target::Local(engine) => engine.control(request).map(Some),
            Target::Remote(_) => Ok(None),
        }
    }

    /// The session that reads.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Whether each request goes over the network.
    pub(super) fn is_remote(&self) -> bool {
        !self.session.target.is_local()
    }

    /// What time it is for those who put messages, in milliseconds.
    pub(super) fn now_ms(&self) -> Result<i64, CliError> {
        let clock = self.ask_engine(&LocalRequest::ShowClock)?;
        let now = clock.as_ref().and_then(|clock| clock.get("now"));
        let now = now.and_then(Value::as_str).and_then(parse_rfc3339);
        Ok(now.unwrap_or_else(|| SystemClock.now_ms()))
    }

    /// How many partitions the stream has.
    pub(super) fn partitions(&self) -> Result<u32, CliError> {
        let reply = self.send(&self.call(Streaming::GetStream)?)?;
        let partitions = reply.body.as_ref().and_then(|body| body.get("partitions"));
        let partitions = partitions.and_then(Value::as_u64);
        let partitions = partitions.and_then(|count| u32::try_from(count).ok());
        partitions.ok_or_else(|| not_understood("the number of partitions"))
    }

    /// A cursor on a partition.
    pub(super) fn cursor(&self, partition: u32, start: Start) -> Result<String, CliError> {
        let mut call = self.call(Streaming::CreateCursor)?;
        let partition = partition.to_string();
        call.body = Some(match start {
            Start::Oldest => json!({"partition": partition, "type": "TRIM_HORIZON"}),
            Start::Next => json!({"partition": partition, "type": "LATEST"}),
            Start::Time(time_ms) => {
                json!({"partition": partition, "type": "AT_TIME", "time": rfc3339(time_ms)})
            }
        });
        let reply = self.send(&call)?;
        let value = reply.body.as_ref().and_then(|body| body.get("value"));
        let value = value.and_then(Value::as_str).map(str::to_owned);
        value.ok_or_else(|| not_understood("the cursor"))
    }

    /// The messages from a cursor on, no more than one reply holds, and the cursor behind them.
    pub(super) fn read(
        &self,
        cursor: &str,
        limit: usize,
    ) -> Result<(Vec<Message>, String), CliError> {
        let mut call = self.call(Streaming::GetMessages)?;
        call.query.insert("cursor", cursor.to_owned());
        call.query.insert("limit", limit.to_string());
        let reply = self.send(&call)?;
        let next = reply.header("opc-next-cursor").unwrap_or(cursor).to_owned();
        let messages = reply.body.as_ref().and_then(Value::as_array);
        let messages = messages
            .into_iter()
            .flatten()
            .map(|message| Message::of_reply(message).ok_or_else(|| not_understood("a message")));
        Ok((messages.collect::<Result<_, _>>()?, next))
    }

    /// The messages from a cursor on, in pages of a usual size.
    pub(super) fn read_page(&self, cursor: &str) -> Result<(Vec<Message>, String), CliError> {
        self.read(cursor, PAGE)
    }

    /// The newest `count` messages of a partition that are to be kept, among those since `since_ms` if it is given.
    pub(super) fn newest(
        &self,
        partition: u32,
        count: usize,
        since_ms: Option<i64>,
        is_kept: &dyn Fn(&Message) -> bool,
    ) -> Result<Tail, CliError> {
        let now_ms = self.now_ms()?;
        if count == 0 {
            return Ok(Tail {
                messages: VecDeque::new(),
                cursor: self.cursor(partition, Start::Next)?,
            });
        }
        if since_ms.is_none() {
            for back_ms in LOOKS_BACK_MS {
                let start = Start::Time(now_ms.saturating_sub(back_ms).max(0));
                let tail = self.read_to_end(partition, start, count, now_ms, is_kept)?;
                if tail.messages.len() == count {
                    return Ok(tail);
                }
            }
        }
        let start = since_ms.map_or(Start::Oldest, Start::Time);
        self.read_to_end(partition, start, count, now_ms, is_kept)
    }

    /// Reads a partition to its end, which is reached with the messages that come after `now_ms`, and keeps the last.
    fn read_to_end(
        &self,
        partition: u32,
        start: Start,
        count: usize,
        now_ms: i64,
        is_kept: &dyn Fn(&Message) -> bool,
    ) -> Result<Tail, CliError> {
        let mut tail = Tail {
            messages: VecDeque::new(),
            cursor: self.cursor(partition, start)?,
        };
        loop {
            let (messages, next) = self.read_page(&tail.cursor)?;
            tail.cursor = next;
            let is_last = messages.last().is_none_or(|last| last.time_ms > now_ms);
            for message in messages.into_iter().filter(is_kept) {
                if tail.messages.len() == count {
                    tail.messages.pop_front();
                }
                tail.messages.push_back(message);
            }
            if is_last {
                return Ok(tail);
            }
        }
    }
}

impl Message {
    fn of_reply(reply: &Value) -> Option<Self> {
        let text = |name: &str| reply.get(name).and_then(Value::as_str);
        let bytes = |name: &str| match text(name) {
            Some(text) => STANDARD.decode(text).ok().map(Some),
            None => Some(None),
        };
        let timestamp = text("timestamp")?.to_owned();
        Some(Self {
            stream: text("stream").unwrap_or_default().to_owned(),
            partition: text("partition")?.parse().ok()?,
            offset: reply.get("offset")?.as_i64()?,
            time_ms: parse_rfc3339(&timestamp)?,
            timestamp,
            key: bytes("key")?,
            value: bytes("value")?.unwrap_or_default(),
        })
    }
}

fn operation(id: Streaming) -> Result<&'static Operation, CliError> {
    let operation = OperationId::Streaming(id).operation();
    operation.ok_or_else(|| CliError::refused("an operation is missing from the table"))
}

fn not_understood(what: &str) -> CliError {
    CliError::Server(format!(
        "{what} in the reply cannot be read: is it a Streaming service that answers?"
    ))
}
