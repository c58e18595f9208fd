//! Putting the lines of a file: as many in one request as fit, one request after the other.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::additions::{self, Lines};
use super::command::Session;
use super::error::{CliError, exit};
use super::request::Values;
use super::{input, terminal};
use crate::api::OperationId;
use crate::api::operation::Operation;
use crate::call::Call;
use crate::output;

/// How much a service takes in one request.
struct Limits {
    /// How many messages.
    messages: usize,
    /// How many bytes of keys and values: the service's limit.
    bytes: usize,
    /// How many bytes are gathered before they are sent: enough to make requests cheap, few enough to stay small.
    gathered_bytes: usize,
    /// The limit on bytes in words.
    bytes_in_words: &'static str,
}

const STREAM: Limits = Limits {
    messages: usize::MAX,
    bytes: 1024 * 1024,
    gathered_bytes: 256 * 1024,
    bytes_in_words: "1 MiB",
};

const QUEUE: Limits = Limits {
    messages: 20,
    bytes: 512 * 1024,
    gathered_bytes: 512 * 1024,
    bytes_in_words: "512 KiB",
};

impl Limits {
    fn of(operation: &Operation) -> Self {
        match operation.id {
            OperationId::Queue(_) => QUEUE,
            _ => STREAM,
        }
    }
}

/// How long a key can be: the service's limit.
const KEY_BYTES: usize = 256;

/// Puts every line, and prints a summary; that of a stream is by partition.
pub(super) fn put(
    session: &Session,
    mut values: Values,
    lines: &Lines,
) -> Result<ExitCode, CliError> {
    let mut reader = open(&lines.file)?;
    if lines.implied && reader.fill_buf().is_ok_and(<[u8]>::is_empty) {
        // Nothing is piped in: it is the messages that are missing.
        values.check_complete(session.operation, session.target.is_local())?;
    }
    values.set("messages", Value::Array(Vec::new()));
    values.check_complete(session.operation, session.target.is_local())?;
    let limits = Limits::of(session.operation);
    let longest_bytes = lines.longest_bytes(&limits);
    let call = values.into_call(session.operation);
    let mut producer = Producer::new(session, call, limits, lines.channel.as_deref());
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        // A line without an end must not fill the memory: what is too long by one byte is too long.
        let mut longest = reader.by_ref().take(longest_bytes);
        let read = longest.read_until(b'\n', &mut line);
        if read.map_err(CliError::io(format!("read {}", lines.file)))? == 0 {
            break;
        }
        match split(lines, without_end(&line)) {
            Ok((key, value)) => producer.put(key, value, number)?,
            Err(reason) => return Err(producer.stop(&format!("line {number} {reason}"))),
        }
        if reader.buffer().is_empty() {
            // The next line may be long in coming: what is there is put now.
            producer.send()?;
        }
    }
    let summary = producer.finish()?.to_json(session.operation);
    terminal::print(&output::envelope(summary, &session.format)?)?;
    Ok(ExitCode::from(exit::OK))
}

/// Gathers messages, and sends them when no more fit into a request.
struct Producer<'s> {
    session: &'s Session,
    call: Call,
    limits: Limits,
    channel: Option<&'s str>,
    messages: Vec<Value>,
    bytes: usize,
    summary: Summary,
}

impl<'s> Producer<'s> {
    fn new(session: &'s Session, call: Call, limits: Limits, channel: Option<&'s str>) -> Self {
        Self {
            session,
            call,
            limits,
            channel,
            messages: Vec::new(),
            bytes: 0,
            summary: Summary::default(),
        }
    }

    fn put(&mut self, key: Option<&[u8]>, value: &[u8], number: u64) -> Result<(), CliError> {
        let bytes = key.map_or(0, <[u8]>::len) + value.len();
        if let Some(key) = key.filter(|key| key.len() > KEY_BYTES) {
            return Err(self.stop(&format!(
                "line {number} has a key of {} bytes, and a key can have {KEY_BYTES} at most",
                key.len()
            )));
        }
        if bytes > self.limits.bytes {
            return Err(self.stop(&format!(
                "line {number} is too long: a message can have {} at most, with its key",
                self.limits.bytes_in_words
            )));
        }
        let is_full = self.messages.len() >= self.limits.messages;
        if is_full || self.bytes + bytes > self.limits.gathered_bytes {
            self.send()?;
        }
        let Some(message) = self.message(key, value) else {
            return Err(self.stop(&format!(
                "line {number} is not UTF-8, and a queue takes text alone"
            )));
        };
        self.bytes += bytes;
        self.messages.push(message);
        Ok(())
    }

    /// A message as the service takes it; `None` if the service cannot.
    fn message(&self, key: Option<&[u8]>, value: &[u8]) -> Option<Value> {
        if let OperationId::Queue(_) = self.session.operation.id {
            let content = std::str::from_utf8(value).ok()?;
            return Some(additions::queue_message(content, self.channel));
        }
        let mut message = Map::with_capacity(2);
        if let Some(key) = key {
            message.insert("key".to_owned(), STANDARD.encode(key).into());
        }
        message.insert("value".to_owned(), STANDARD.encode(value).into());
        Some(Value::Object(message))
    }

    fn send(&mut self) -> Result<(), CliError> {
        if self.messages.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let messages = std::mem::take(&mut self.messages);
        self.call.body = Some(Value::Object(Map::from_iter([(
            "messages".to_owned(),
            Value::Array(messages),
        )])));
        let sent = self.session.send(&self.call);
        let reply = sent.inspect_err(|_| self.summary.tell())?;
        self.summary
            .add(reply.body.as_ref().unwrap_or(&Value::Null))
    }

    /// Sends what came before a line that cannot be put, and tells how much that was.
    fn stop(&mut self, reason: &str) -> CliError {
        match self.send() {
            Ok(()) => self.summary.stopped(reason),
            Err(error) => error,
        }
    }

    fn finish(mut self) -> Result<Summary, CliError> {
        self.send()?;
        Ok(self.summary)
    }
}

fn open(file: &str) -> Result<BufReader<Box<dyn Read>>, CliError> {
    const BUFFER_BYTES: usize = 256 * 1024;
    let source: Box<dyn Read> = if file == "-" {
        Box::new(io::stdin())
    } else {
        let path = input::expand_home(file.strip_prefix("file://").unwrap_or(file));
        let opened = File::open(&path);
        Box::new(opened.map_err(CliError::io(format!("read {}", path.display())))?)
    };
    Ok(BufReader::with_capacity(BUFFER_BYTES, source))
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

type KeyAndValue<'l> = (Option<&'l [u8]>, &'l [u8]);

/// The key and the value of a line, or what is wrong with it.
fn split<'l>(lines: &'l Lines, line: &'l [u8]) -> Result<KeyAndValue<'l>, String> {
    let Some(separator) = lines
        .key_separator
        .as_deref()
        .filter(|text| !text.is_empty())
    else {
        return Ok((lines.key.as_deref().map(str::as_bytes), line));
    };
    let at = line
        .windows(separator.len())
        .position(|window| window == separator.as_bytes());
    let parts = at.and_then(|at| Some((line.get(..at)?, line.get(at + separator.len()..)?)));
    let parts = parts.map(|(key, value)| (Some(key), value));
    parts.ok_or_else(|| format!("has no {separator:?} between a key and a value"))
}

impl Lines {
    /// How much of a line is read: one byte more than the longest that can be put.
    fn longest_bytes(&self, limits: &Limits) -> u64 {
        const LINE_END: usize = "\r\n".len();
        let separator = self.key_separator.as_deref().map_or(0, str::len);
        let bytes = limits.bytes + separator + LINE_END + 1;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// What became of the lines: how many went to each partition, and between which offsets.
#[derive(Default)]
struct Summary {
    messages: u64,
    partitions: BTreeMap<u64, Range>,
}

struct Range {
    first: i64,
    last: i64,
    messages: u64,
}

impl Summary {
    /// Counts the entries of a reply, and stops at the first request that failed for some messages: what
    /// comes after would not be in order.
    fn add(&mut self, result: &Value) -> Result<(), CliError> {
        // A queue takes all messages of a request or none.
        let taken = result["messages"].as_array().map_or(0, Vec::len);
        self.messages += u64::try_from(taken).unwrap_or(u64::MAX);
        let mut refused = Vec::new();
        for entry in result["entries"].as_array().into_iter().flatten() {
            let partition = entry["partition"]
                .as_str()
                .and_then(|text| text.parse().ok());
            match (partition, entry["offset"].as_i64()) {
                (Some(partition), Some(offset)) => self.count(partition, offset),
                _ => refused.push(
                    entry["errorMessage"]
                        .as_str()
                        .unwrap_or("no reason is given"),
                ),
            }
        }
        match refused.first() {
            None => Ok(()),
            Some(reason) => Err(self.stopped(&format!(
                "the service refused {} messages: {reason}",
                refused.len()
            ))),
        }
    }

    fn count(&mut self, partition: u64, offset: i64) {
        self.messages += 1;
        let range = self.partitions.entry(partition).or_insert(Range {
            first: offset,
            last: offset,
            messages: 0,
        });
        range.first = range.first.min(offset);
        range.last = range.last.max(offset);
        range.messages += 1;
    }

    /// Tells how far it came before the service said no.
    fn tell(&self) {
        if self.messages > 0 {
            terminal::note(&format!("{} messages were put before this:", self.messages));
        }
    }

    fn stopped(&self, reason: &str) -> CliError {
        CliError::refused(format!("{reason} ({} messages were put)", self.messages))
    }

    fn to_json(&self, operation: &Operation) -> Value {
        let partitions = self.partitions.iter().map(|(partition, range)| {
            json!({
                "partition": partition.to_string(),
                "messages": range.messages,
                "first-offset": range.first,
                "last-offset": range.last,
            })
        });
        let mut summary = json!({ "messages": self.messages });
        if let OperationId::Streaming(_) = operation.id {
            summary["partitions"] = partitions.collect();
        }
        summary
    }
}
