//! Reading a stream from outside of any group: where commands that look at messages get them from, whoever answers.
//!
//! Only cursors of single partitions are used, so no group ever learns of it.

mod outage;

use std::cell::Cell;
use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::command::Session;
use super::error::CliError;
use super::globals::Globals;
use super::local_engine::LocalEngine;
use super::target::{Failure, Target};
use super::terminal;
use crate::api::OperationId;
use crate::api::operation::Operation;
use crate::api::streaming::Streaming;
use crate::call::{ApiError, Call, Reply};
use crate::client::RetryPolicy;
use crate::clock::{Clock, SystemClock, parse_rfc3339, rfc3339};
use crate::engine::LocalRequest;
use outage::Outage;

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

/// The status with which services refuse a cursor that has expired, or an offset that is not there.
const REFUSED_CURSOR: u16 = 400;

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
    /// Behind the message with this offset.
    Behind(i64),
}

/// Where reading a partition goes on: a cursor, and what to do when it is good no more. Cursors live for five minutes,
/// which a stopped process, a sleeping machine or a clock that is set outlasts.
#[derive(Debug)]
pub(super) struct Place {
    partition: u32,
    cursor: String,
    /// Where the next cursor is to be made.
    start: Start,
    /// The last message read before messages were lost: which ones, the next message tells.
    lost_behind: Option<i64>,
}

/// What is found at the end of a partition: messages, oldest first, and the place behind them.
pub(super) struct Tail {
    pub(super) messages: VecDeque<Message>,
    pub(super) place: Place,
}

/// A stream to read.
pub(super) struct StreamReader {
    stream_id: String,
    session: Session,
    /// Answers for the stream as a whole, where that is someone else.
    admin: Option<Session>,
    /// The engine of this machine, where the requests go to its server: it can tell more than REST.
    behind_address: Option<LocalEngine>,
    /// Whether nobody answering is waited out, once there has been an answer.
    is_patient: bool,
    has_answered: Cell<bool>,
}

impl StreamReader {
    /// Gets ready to read a stream; nothing is asked yet.
    pub(super) fn open(globals: &Globals, stream_id: &str) -> Result<Self, CliError> {
        let session = Session::open(operation(Streaming::GetMessages)?, globals)?;
        let admin = match session.target.is_local() {
            true => None,
            false => Some(Session::open(operation(Streaming::GetStream)?, globals)?),
        };
        let behind_address = match &session.target {
            Target::Local(_) => None,
            Target::Remote(remote) => LocalEngine::served_at(remote.address.origin(), globals),
        };
        Ok(Self {
            stream_id: stream_id.to_owned(),
            session,
            admin,
            behind_address,
            is_patient: false,
            has_answered: Cell::new(false),
        })
    }

    /// One that goes on, for a while, when whoever answered does not any more: what it asks is harmless to repeat.
    #[must_use]
    pub(super) fn patient(self) -> Self {
        let repeats = match &self.session.target {
            Target::Local(_) => true,
            Target::Remote(remote) => remote.connection.retry != RetryPolicy::NONE,
        };
        Self {
            is_patient: repeats,
            ..self
        }
    }

    /// Asks something about the stream, or about what belongs to it.
    pub(super) fn send(&self, call: &Call) -> Result<Reply, CliError> {
        let answer = self.try_send(call)?;
        answer.map_err(|error| self.refused(call, &error))
    }

    /// The same; a refusal is the caller's to deal with.
    pub(super) fn try_send(&self, call: &Call) -> Result<Result<Reply, ApiError>, CliError> {
        let session = self.session_for(call);
        // Only requests over the network are repeated by whoever sends them.
        let mut patience = match self.session.target.is_local() {
            true => MOST_REFUSALS,
            false => 0,
        };
        let mut outage = Outage::default();
        loop {
            let failure = match session.attempt(call) {
                Ok(reply) => {
                    self.has_answered.set(true);
                    outage.end();
                    return Ok(Ok(reply));
                }
                Err(failure) => failure,
            };
            match failure {
                Failure::Service(error) if error.status == 429 && patience > 0 => {
                    patience -= 1;
                    let pause = error.retry_after_seconds.unwrap_or(1).min(5);
                    terminal::pause(Duration::from_secs(pause))?;
                }
                Failure::Service(error) => return Ok(Err(error)),
                Failure::NoReply(error) if self.waits_out() && outage.lasts(&error) => {
                    outage.pause()?;
                }
                failure => return Err(session.failed(call, failure)),
            }
        }
    }

    /// A refusal as the user sees it.
    pub(super) fn refused(&self, call: &Call, error: &ApiError) -> CliError {
        self.session_for(call).service_error(call, error)
    }

    fn waits_out(&self) -> bool {
        self.is_patient && self.has_answered.get()
    }

    /// Who answers a call.
    fn session_for(&self, call: &Call) -> &Session {
        let is_admin = matches!(
            call.operation.id,
            OperationId::Streaming(Streaming::GetStream)
        );
        match &self.admin {
            Some(admin) if is_admin => admin,
            _ => &self.session,
        }
    }

    /// A call for an operation on the stream.
    pub(super) fn call(&self, id: Streaming) -> Result<Call, CliError> {
        let mut call = Call::new(operation(id)?);
        call.path.insert("streamId", self.stream_id.clone());
        Ok(call)
    }

    /// Asks the engine of this machine a question, where it is the one that answers, in this process or by its server's
    /// address.
    pub(super) fn ask_engine(&self, request: &LocalRequest) -> Result<Option<Value>, CliError> {
        match (&self.session.target, &self.behind_address) {
            // A server that was killed meanwhile is not asked twice: who has the folder then is looked up.
            (Target::Local(engine), _) => {
                let answer = engine.control(request);
                answer.or_else(|_| engine.control(request)).map(Some)
            }
            // What it has to say is more than was asked of the address: without it the address's answer stands.
            (Target::Remote(_), Some(engine)) => Ok(engine.control(request).ok()),
            (Target::Remote(_), None) => Ok(None),
        }
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

    /// A place in a partition.
    pub(super) fn place(&self, partition: u32, start: Start) -> Result<Place, CliError> {
        // Should nothing be read before the cursor expires, its time is what is known of the place.
        let again = match start {
            Start::Next => Start::Time(self.now_ms()?),
            known => known,
        };
        let cursor = self.cursor(partition, start)?;
        Ok(Place {
            partition,
            cursor: cursor.map_err(|(call, error)| self.refused(&call, &error))?,
            start: again,
            lost_behind: None,
        })
    }

    /// A cursor on a partition; a refusal comes with the call.
    fn cursor(
        &self,
        partition: u32,
        start: Start,
    ) -> Result<Result<String, (Call, ApiError)>, CliError> {
        let mut call = self.call(Streaming::CreateCursor)?;
        let partition = partition.to_string();
        call.body = Some(match start {
            Start::Oldest => json!({"partition": partition, "type": "TRIM_HORIZON"}),
            Start::Next => json!({"partition": partition, "type": "LATEST"}),
            Start::Time(time_ms) => {
                json!({"partition": partition, "type": "AT_TIME", "time": rfc3339(time_ms)})
            }
            Start::Behind(offset) => {
                json!({"partition": partition, "type": "AFTER_OFFSET", "offset": offset})
            }
        });
        let reply = match self.try_send(&call)? {
            Ok(reply) => reply,
            Err(error) => return Ok(Err((call, error))),
        };
        let value = reply.body.as_ref().and_then(|body| body.get("value"));
        let value = value.and_then(Value::as_str).map(str::to_owned);
        value.map(Ok).ok_or_else(|| not_understood("the cursor"))
    }

    /// The messages from a place on, no more than one reply holds. The place moves behind them.
    pub(super) fn read(&self, place: &mut Place, limit: usize) -> Result<Vec<Message>, CliError> {
        let mut call = self.call(Streaming::GetMessages)?;
        call.query.insert("cursor", place.cursor.clone());
        call.query.insert("limit", limit.to_string());
        let reply = match self.try_send(&call)? {
            Ok(reply) => reply,
            Err(error) if error.status == REFUSED_CURSOR => {
                *place = self.renewed(place)?;
                call.query.insert("cursor", place.cursor.clone());
                self.send(&call)?
            }
            Err(error) => return Err(self.refused(&call, &error)),
        };
        let messages = reply.body.as_ref().and_then(Value::as_array);
        let messages = messages
            .into_iter()
            .flatten()
            .map(|message| Message::of_reply(message).ok_or_else(|| not_understood("a message")));
        let messages = messages.collect::<Result<Vec<_>, _>>()?;
        if let Some(next) = reply.header("opc-next-cursor") {
            next.clone_into(&mut place.cursor);
        }
        place.pass(&messages);
        Ok(messages)
    }

    /// The same place with a new cursor; where what was read last is not kept any more, at the oldest message.
    fn renewed(&self, place: &Place) -> Result<Place, CliError> {
        let refused = match self.cursor(place.partition, place.start)? {
            Ok(cursor) => return Ok(Place { cursor, ..*place }),
            Err(refused) => refused,
        };
        match (place.start, refused) {
            (Start::Behind(last), (_, error)) if error.status == REFUSED_CURSOR => Ok(Place {
                lost_behind: Some(last),
                ..self.place(place.partition, Start::Oldest)?
            }),
            (_, (call, error)) => Err(self.refused(&call, &error)),
        }
    }

    /// The messages from a place on, in pages of a usual size.
    pub(super) fn read_page(&self, place: &mut Place) -> Result<Vec<Message>, CliError> {
        self.read(place, PAGE)
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
                place: self.place(partition, Start::Next)?,
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
            place: self.place(partition, start)?,
        };
        loop {
            let messages = self.read_page(&mut tail.place)?;
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

impl Place {
    /// Moves behind messages that were read, and tells of those that were not.
    fn pass(&mut self, messages: &[Message]) {
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
            return;
        };
        self.start = Start::Behind(last.offset);
        let Some(read) = self.lost_behind.take() else {
            return;
        };
        let partition = self.partition;
        match first.offset {
            first if first > read + 1 => terminal::note(&format!(
                "Note: partition {partition}: the messages with the offsets {} to {} are not kept any more, and \
                 were not read.",
                read + 1,
                first - 1
            )),
            first if first <= read => terminal::note(&format!(
                "Note: partition {partition} begins anew with offset {first}; {read} was read last."
            )),
            _ => {}
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
