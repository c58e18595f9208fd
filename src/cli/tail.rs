//! `ocelot streaming stream message tail`: the newest messages of a stream, and those that come.

mod layout;

use std::thread;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use regex::bytes::Regex;

use super::builtin::{Answer, Builtin, Takes};
use super::error::CliError;
use super::globals::Globals;
use super::stream_reader::{Message, Start, StreamReader};
use super::{input, local, terminal};
use crate::clock::parse_rfc3339;
use layout::Layout;

/// The group of commands that it stands in.
pub(super) const GROUP: &str = "streaming stream message";

/// How many messages are shown where the line does not say, as `tail` has it.
const DEFAULT_COUNT: usize = 10;

/// How long to wait for messages before looking again: the service allows five reads a second.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_REMOTE: Duration = Duration::from_millis(500);

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[Builtin {
    words: "streaming stream message tail",
    takes: Takes::All,
    run: |matches, globals| tail(matches, globals).map(|()| Answer::default()),
}];

/// The command, for the tree.
pub(super) fn command() -> Command {
    Command::new("tail")
        .about("Show the newest messages of a stream, or those since a time, and follow those that come.")
        .after_help(
            "Messages are printed as JSON, one a line, unless --format says how. Those of one partition are in their \
             order. No consumer group is touched.\n\
             --since and --until take a time (2026-03-14T01:02:03Z, seconds since 1970) or how long ago it was (10m, \
             2h30m, 7d), by the clock of the engine where that of this machine answers. With --follow it goes on until \
             it is interrupted, which ends it with the signal's status (130), as with tail -f.\n\n\
             Examples:\n  ocelot streaming stream message tail --stream-id orders -n 20\n  \
             ocelot streaming stream message tail --stream-id orders --follow \\\n      \
             --format '{partition} {offset} {key} {value}'\n  \
             ocelot streaming stream message tail --stream-id orders --since 10m \\\n      \
             --key ORD-1 --grep 'paid|shipped'",
        )
        .args(which())
        .args([
            Arg::new("follow")
                .long("follow")
                .short('f')
                .action(ArgAction::SetTrue)
                .help("Go on with the messages that come."),
            text(
                "format",
                "TEXT",
                "How to print a message: {stream}, {partition}, {offset}, {timestamp}, {key} and {value} stand for what \
                 it has, {{ and }} for braces, \\t and \\n for tab and line end. A line end follows.",
            )
            .value_parser(Layout::parse),
        ])
}

fn which() -> [Arg; 7] {
    [
        text("stream-id", "TEXT", "The stream, by name or OCID.").required(true),
        Arg::new("count")
            .long("count")
            .short('n')
            .value_name("COUNT")
            .value_parser(RangedU64ValueParser::<u64>::new().range(0..=1_000_000))
            .help("How many messages to show, the newest (default 10; with --since, all)."),
        text("since", "TIME", "Leave out messages that were put before.").value_parser(check_time),
        text(
            "until",
            "TIME",
            "Leave out messages that were put from then on.",
        )
        .value_parser(check_time),
        Arg::new("partition")
            .long("partition")
            .value_name("NUMBER")
            .value_parser(value_parser!(u32))
            .help("Partition to read, counted from 0 (default: all)."),
        text("key", "TEXT", "Show only messages with this key."),
        text(
            "grep",
            "REGEX",
            "Show only messages in whose value this regular expression matches something.",
        )
        .value_parser(|text: &str| Regex::new(text).map_err(|error| error.to_string())),
    ]
}

fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    let arg = Arg::new(name).long(name).value_name(value).help(help);
    arg.allow_hyphen_values(true)
}

/// A time, or how long ago it was.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// In milliseconds since 1970.
    At(i64),
    /// In milliseconds.
    Ago(i64),
}

impl When {
    /// In milliseconds since 1970.
    pub(super) fn ms(self, now_ms: i64) -> i64 {
        match self {
            Self::At(time_ms) => time_ms,
            Self::Ago(ago_ms) => now_ms.saturating_sub(ago_ms).max(0),
        }
    }
}

/// Reads it, for clap.
pub(super) fn check_time(text: &str) -> Result<When, String> {
    let time = input::datetime(text).and_then(|time| parse_rfc3339(&time));
    let ago = || local::duration_ms(text).filter(|ago_ms| *ago_ms >= 0);
    time.map(When::At)
        .or_else(|| ago().map(When::Ago))
        .ok_or_else(|| "give a time as 2026-03-14T01:02:03Z, or how long ago as 10m".to_owned())
}

/// Which messages are shown.
struct Filter<'m> {
    until_ms: Option<i64>,
    key: Option<&'m [u8]>,
    grep: Option<&'m Regex>,
}

impl Filter<'_> {
    fn matches(&self, message: &Message) -> bool {
        self.is_before_end(message)
            && self
                .key
                .is_none_or(|key| message.key.as_deref() == Some(key))
            && self.grep.is_none_or(|grep| grep.is_match(&message.value))
    }

    fn is_before_end(&self, message: &Message) -> bool {
        self.until_ms
            .is_none_or(|until_ms| message.time_ms < until_ms)
    }
}

fn tail(matches: &ArgMatches, globals: &Globals) -> Result<(), CliError> {
    for flag in ["query", "output", "raw-output"] {
        if globals.is_given(flag) {
            return Err(CliError::value(format!(
                "messages are printed as they come, so --{flag} has nothing to work on: --format says how to print them"
            )));
        }
    }
    let stream_id = matches.get_one::<String>("stream-id");
    let reader = StreamReader::open(globals, stream_id.map_or("", String::as_str))?;
    let partitions = match matches.get_one::<u32>("partition") {
        Some(partition) => vec![*partition],
        None => (0..reader.partitions()?).collect(),
    };
    let now_ms = reader.now_ms()?;
    let time_ms = |name: &str| matches.get_one::<When>(name).map(|when| when.ms(now_ms));
    let since_ms = time_ms("since");
    let count = matches.get_one::<u64>("count");
    let count = count.map(|count| usize::try_from(*count).unwrap_or(usize::MAX));
    let lines = Lines {
        reader: &reader,
        filter: Filter {
            until_ms: time_ms("until"),
            key: matches.get_one::<String>("key").map(String::as_bytes),
            grep: matches.get_one("grep"),
        },
        layout: matches.get_one("format"),
    };
    let cursors = match (count, since_ms) {
        (None, Some(since_ms)) => lines.start(&partitions, since_ms)?,
        (count, since_ms) => {
            lines.print_newest(&partitions, count.unwrap_or(DEFAULT_COUNT), since_ms)?
        }
    };
    let is_followed = matches.get_flag("follow");
    match is_followed || (count.is_none() && since_ms.is_some()) {
        true => lines.print_from(cursors, is_followed),
        false => Ok(()),
    }
}

/// Messages on their way to stdout.
struct Lines<'r> {
    reader: &'r StreamReader,
    filter: Filter<'r>,
    layout: Option<&'r Layout>,
}

impl Lines<'_> {
    fn start(&self, partitions: &[u32], since_ms: i64) -> Result<Vec<String>, CliError> {
        let cursors = partitions.iter();
        let cursors =
            cursors.map(|partition| self.reader.cursor(*partition, Start::Time(since_ms)));
        cursors.collect()
    }

    /// Prints the newest messages of all partitions together, and tells the cursors behind them.
    fn print_newest(
        &self,
        partitions: &[u32],
        count: usize,
        since_ms: Option<i64>,
    ) -> Result<Vec<String>, CliError> {
        let mut messages = Vec::new();
        let mut cursors = Vec::new();
        for partition in partitions {
            let is_shown = |message: &Message| self.filter.matches(message);
            let tail = self.reader.newest(*partition, count, since_ms, &is_shown)?;
            messages.extend(tail.messages);
            cursors.push(tail.cursor);
        }
        messages.sort_by_key(|message| (message.time_ms, message.partition, message.offset));
        let first = messages.len().saturating_sub(count);
        self.print(messages.get(first..).unwrap_or_default())?;
        Ok(cursors)
    }

    /// Prints what is behind the cursors: what is there, or what comes, too, until the time that ends it.
    fn print_from(&self, mut cursors: Vec<String>, is_followed: bool) -> Result<(), CliError> {
        let pause = match self.reader.is_remote() {
            true => PAUSE_REMOTE,
            false => PAUSE,
        };
        while !cursors.is_empty() {
            // Asked before reading: what is put until then is read below.
            let is_over = match self.filter.until_ms {
                Some(until_ms) => self.reader.now_ms()? >= until_ms,
                None => false,
            };
            let mut is_idle = true;
            let mut open = Vec::new();
            for cursor in cursors {
                let (mut messages, next) = self.reader.read_page(&cursor)?;
                let is_at_end = messages.is_empty() && (is_over || !is_followed);
                let is_past_end = messages
                    .last()
                    .is_some_and(|last| !self.filter.is_before_end(last));
                is_idle &= messages.is_empty();
                messages.retain(|message| self.filter.matches(message));
                self.print(&messages)?;
                open.extend((!is_at_end && !is_past_end).then_some(next));
            }
            cursors = open;
            if is_idle && !cursors.is_empty() {
                thread::sleep(pause);
            }
        }
        Ok(())
    }

    fn print(&self, messages: &[Message]) -> Result<(), CliError> {
        let mut text = Vec::new();
        for message in messages {
            match self.layout {
                Some(layout) => layout.write(message, &mut text),
                None => layout::write_json(message, &mut text),
            }
            text.push(b'\n');
        }
        match text.is_empty() {
            true => Ok(()),
            false => terminal::data(&text),
        }
    }
}
