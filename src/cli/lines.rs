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
use super::terminal;
use crate::call::Call;
use crate::output;
use crate::profile::Environment;

/// What lines are put into.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Container {
    Stream,
    /// A queue; all lines go to this channel, where there is one.
    Queue {
        channel: Option<String>,
    },
}

/// How much goes into one request.
struct Limits {
    /// How many messages: the service's limit.
    messages: usize,
    /// How many bytes of keys and values: the service's limit.
    bytes: usize,
    /// That limit in words.
    bytes_in_words: &'static str,
    /// How many bytes are gathered before they are sent: enough to make requests cheap, few enough to stay small.
    gathered_bytes: usize,
}

impl Container {
    fn limits(&self) -> &'static Limits {
        match self {
            Self::Stream => &Limits {
                messages: usize::MAX,
                bytes: 1024 * 1024,
                bytes_in_words: "1 MiB",
                gathered_bytes: 256 * 1024,
            },
            Self::Queue { .. } => &Limits {
                messages: 20,
                bytes: 512 * 1024,
                bytes_in_words: "512 KiB",
                gathered_bytes: 512 * 1024,
            },
        }
    }
}

/// How long a key can be: the service's limit.
const KEY_BYTES: usize = 256;

/// Lines that can be read.
pub(super) struct OpenLines {
    lines: Lines,
    reader: BufReader<Box<dyn Read>>,
    /// How many have been read.
    count: u64,
}

impl OpenLines {
    /// Opens what the lines come from, and tells `values` that they are the messages. Where the user did not
    /// name it and nothing is in it, it is the messages that are missing.
    pub(super) fn open(lines: Lines, values: &mut Values) -> Result<Self, CliError> {
        let mut reader = open(&lines.file)?;
        let nothing = lines.implied && reader.fill_buf().is_ok_and(<[u8]>::is_empty);
        if !nothing {
            values.set("messages", Value::Array(Vec::new()));
        }
        Ok(Self {
            lines,
            reader,
            count: 0,
        })
    }

    /// Reads the next line into `line`, with its end, and returns its number; `None` behind the last.
    fn read(&mut self, line: &mut Vec<u8>) -> Result<Option<u64>, CliError> {
        line.clear();
        // A line without an end must not fill the memory: what is too long by one byte is too long.
        let mut longest = self.reader.by_ref().take(self.lines.longest_bytes());
        let read = longest.read_until(b'\n', line);
        let read = read.map_err(CliError::io(format!("read {}", self.lines.file)))?;
        self.count += 1;
        Ok((read > 0).then_some(self.count))
    }

    /// Whether the next line may be long in coming.
    fn is_drained(&self) -> bool {
        self.reader.buffer().is_empty()
    }

    /// The messages of the first request.
    pub(super) fn first_messages(&mut self) -> Result<Value, CliError> {
        let mut batch = Batch::new(self.lines.container.limits());
        let mut line = Vec::new();
        while let Some(number) = self.read(&mut line)? {
            let message = self
                .lines
                .message(&line)
                .map_err(|reason| CliError::refused(format!("line {number} {reason}")))?;
            if batch.is_full_for(&message) {
                break;
            }
            batch.push(number, message);
            if self.is_drained() {
                break;
            }
        }
        Ok(batch.take().0)
    }
}

/// Puts every line, and prints a summary; that of a stream is by partition.
pub(super) fn put(
    session: &Session,
    values: Values,
    mut lines: OpenLines,
) -> Result<ExitCode, CliError> {
    let call = values.into_call(session.operation);
    let mut producer = Producer::new(session, call, lines.lines.container.limits());
    let mut line = Vec::new();
    while let Some(number) = lines.read(&mut line)? {
        match lines.lines.message(&line) {
            Ok(message) => producer.put(number, message)?,
            Err(reason) => return Err(producer.stop(&format!("line {number} {reason}"))),
        }
        if lines.is_drained() {
            // The next line may be long in coming: what is there is put now.
            producer.send()?;
        }
    }
    let summary = producer.finish()?.to_json(&lines.lines.container);
    terminal::print(&output::envelope(summary, &session.format)?)?;
    Ok(ExitCode::from(exit::OK))
}

/// A message that a line holds.
struct Message {
    /// As the service takes it.
    json: Value,
    /// The size of its key and value.
    bytes: usize,
}

/// The messages of one request.
struct Batch {
    limits: &'static Limits,
    messages: Vec<Value>,
    /// The lines that they are of.
    lines: Vec<u64>,
    bytes: usize,
}

impl Batch {
    fn new(limits: &'static Limits) -> Self {
        Self {
            limits,
            messages: Vec::new(),
            lines: Vec::new(),
            bytes: 0,
        }
    }

    fn is_full_for(&self, message: &Message) -> bool {
        let is_full = self.messages.len() >= self.limits.messages;
        let is_too_long = self.bytes + message.bytes > self.limits.gathered_bytes;
        !self.messages.is_empty() && (is_full || is_too_long)
    }

    fn push(&mut self, line: u64, message: Message) {
        self.bytes += message.bytes;
        self.messages.push(message.json);
        self.lines.push(line);
    }

    /// The messages and their lines, which are gone from here then.
    fn take(&mut self) -> (Value, Vec<u64>) {
        self.bytes = 0;
        let messages = Value::Array(std::mem::take(&mut self.messages));
        (messages, std::mem::take(&mut self.lines))
    }
}

/// Gathers messages, and sends them when no more fit into a request.
struct Producer<'s> {
    session: &'s Session,
    call: Call,
    batch: Batch,
    summary: Summary,
}

impl<'s> Producer<'s> {
    fn new(session: &'s Session, call: Call, limits: &'static Limits) -> Self {
        Self {
            session,
            call,
            batch: Batch::new(limits),
            summary: Summary::default(),
        }
    }

    fn put(&mut self, line: u64, message: Message) -> Result<(), CliError> {
        if self.batch.is_full_for(&message) {
            self.send()?;
        }
        self.batch.push(line, message);
        Ok(())
    }

    fn send(&mut self) -> Result<(), CliError> {
        if self.batch.messages.is_empty() {
            return Ok(());
        }
        let (messages, lines) = self.batch.take();
        let body = Map::from_iter([("messages".to_owned(), messages)]);
        self.call.body = Some(Value::Object(body));
        let sent = self.session.send(&self.call);
        let reply = sent.inspect_err(|_| self.summary.tell())?;
        self.summary
            .add(reply.body.as_ref().unwrap_or(&Value::Null), &lines)
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
        let path =
            Environment::of_process().expand_home(file.strip_prefix("file://").unwrap_or(file));
        let opened = File::open(&path);
        Box::new(opened.map_err(CliError::io(format!("read {}", path.display())))?)
    };
    Ok(BufReader::with_capacity(BUFFER_BYTES, source))
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn stream_message(key: Option<&[u8]>, value: &[u8]) -> Value {
    let mut fields = Map::with_capacity(2);
    if let Some(key) = key {
        fields.insert("key".to_owned(), STANDARD.encode(key).into());
    }
    fields.insert("value".to_owned(), STANDARD.encode(value).into());
    Value::Object(fields)
}

impl Lines {
    /// The message of a line, or what is wrong with it, as the end of a sentence about the line.
    fn message(&self, line: &[u8]) -> Result<Message, String> {
        let (key, value) = self.split(without_end(line))?;
        if let Some(key) = key.filter(|key| key.len() > KEY_BYTES) {
            return Err(format!(
                "has a key of {} bytes, and a key can have {KEY_BYTES} at most",
                key.len()
            ));
        }
        let bytes = key.map_or(0, <[u8]>::len) + value.len();
        let limits = self.container.limits();
        if bytes > limits.bytes {
            return Err(format!(
                "is too long: a message can have {} at most, with its key",
                limits.bytes_in_words
            ));
        }
        let json = match &self.container {
            Container::Stream => stream_message(key, value),
            Container::Queue { channel } => match std::str::from_utf8(value) {
                Ok(text) => additions::queue_message(text, channel.as_deref()),
                Err(_) => return Err("is not UTF-8, and a queue takes text alone".to_owned()),
            },
        };
        Ok(Message { json, bytes })
    }

    /// The key and the value of a line.
    fn split<'l>(&'l self, line: &'l [u8]) -> Result<(Option<&'l [u8]>, &'l [u8]), String> {
        let separator = self.key_separator.as_deref();
        let Some(separator) = separator.filter(|text| !text.is_empty()) else {
            return Ok((self.key.as_deref().map(str::as_bytes), line));
        };
        let at = line
            .windows(separator.len())
            .position(|window| window == separator.as_bytes());
        let parts = at.and_then(|at| Some((line.get(..at)?, line.get(at + separator.len()..)?)));
        match parts {
            Some((key, value)) => Ok((Some(key), value)),
            None => Err(format!("has no {separator:?} between a key and a value")),
        }
    }

    /// How much of a line is read: one byte more than the longest that can be put.
    fn longest_bytes(&self) -> u64 {
        const LINE_END: usize = "\r\n".len();
        let separator = self.key_separator.as_deref().map_or(0, str::len);
        let bytes = self.container.limits().bytes + separator + LINE_END + 1;
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
    /// Counts the entries of a reply to a request with the messages of these lines, and stops at the first that
    /// failed for some: what comes after would not be in order.
    fn add(&mut self, result: &Value, lines: &[u64]) -> Result<(), CliError> {
        // A queue takes all messages of a request, or none.
        let taken = result["messages"].as_array().map_or(0, Vec::len);
        self.messages += u64::try_from(taken).unwrap_or(u64::MAX);
        let mut refused = Vec::new();
        let entries = result["entries"].as_array().into_iter().flatten();
        for (entry, line) in entries.zip(lines) {
            let partition = entry["partition"]
                .as_str()
                .and_then(|text| text.parse().ok());
            match (partition, entry["offset"].as_i64()) {
                (Some(partition), Some(offset)) => self.count(partition, offset),
                _ => refused.push((*line, entry["errorMessage"].as_str())),
            }
        }
        let (Some((_, reason)), Some(last)) = (refused.first(), lines.last()) else {
            return Ok(());
        };
        let reason = reason.unwrap_or("no reason is given").to_owned();
        let refused: Vec<u64> = refused.iter().map(|(line, _)| *line).collect();
        Err(CliError::Partial(format!(
            "the service refused {}, of {}: {reason} ({}; nothing behind line {last} was sent)",
            messages_in_words(refused.len()),
            line_numbers(&refused),
            self.put_in_words(),
        )))
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
            terminal::note(&format!("{} before this:", self.put_in_words()));
        }
    }

    fn stopped(&self, reason: &str) -> CliError {
        CliError::refused(format!("{reason} ({})", self.put_in_words()))
    }

    fn put_in_words(&self) -> String {
        match self.messages {
            1 => "1 message was put".to_owned(),
            count => format!("{count} messages were put"),
        }
    }

    fn to_json(&self, container: &Container) -> Value {
        let partitions = self.partitions.iter().map(|(partition, range)| {
            json!({
                "partition": partition.to_string(),
                "messages": range.messages,
                "first-offset": range.first,
                "last-offset": range.last,
            })
        });
        let mut summary = json!({ "messages": self.messages });
        if *container == Container::Stream {
            summary["partitions"] = partitions.collect();
        }
        summary
    }
}

fn messages_in_words(count: usize) -> String {
    match count {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    }
}

/// Numbers of lines, which ascend: `line 3`, `lines 3, 7 to 9 and 12`.
fn line_numbers(lines: &[u64]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for line in lines {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            _ => runs.push((*line, *line)),
        }
    }
    let mut runs = runs.into_iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        _ => format!("{first} to {last}"),
    });
    let last = runs.next_back().unwrap_or_default();
    let others: Vec<String> = runs.collect();
    let word = if lines.len() == 1 { "line" } else { "lines" };
    match others.is_empty() {
        true => format!("{word} {last}"),
        false => format!("{word} {} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_in_runs() {
        assert_eq!(line_numbers(&[3]), "line 3");
        assert_eq!(line_numbers(&[3, 4, 5]), "lines 3 to 5");
        assert_eq!(
            line_numbers(&[1, 3, 7, 8, 9, 12]),
            "lines 1, 3, 7 to 9 and 12"
        );
    }
}
