//! `ocelot streaming stream message tail`: the newest messages of a stream, and those that come.

mod feed;
mod layout;

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
use feed::{Feed, take_in_order};
use layout::Layout;

/// The group of commands that it stands in.
pub(super) const GROUP: &str = "streaming stream message";

/// How many messages are shown where the line does not say, as `tail` has it.
const DEFAULT_COUNT: usize = 10;

/// How long to wait for messages before looking again: the service allows five reads a second.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_REMOTE: Duration = Duration::from_millis(500);

/// The least number that is taken for a time, in seconds since 1970: it is in 2001.
const LEAST_SECONDS: i64 = 1_000_000_000;

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
            "Messages are printed as JSON, one a line, unless --format says how: by time, and those of one partition in \
             their order. No consumer group is touched.\n\
             --since and --until take a time (2026-03-14T01:02:03Z, seconds since 1970) or how long ago it was (10m, \
             2h30m, 7d), by the clock of the engine where that of this machine answers. With --follow it goes on until \
             it is interrupted, which ends it with the signal's status (130), as with tail -f, or until nobody reads \
             what it prints; a server that is gone is asked again for a minute, unless --no-retry is given.\n\n\
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

/// Reads it, for clap. A small number is how long ago it was, with its unit forgotten, and no time in 1970.
pub(super) fn check_time(text: &str) -> Result<When, String> {
    let number = text.trim().parse::<i64>().ok();
    if number.is_some_and(|seconds| seconds < LEAST_SECONDS) {
        return Err(format!(
            "a number is seconds since 1970, and {text} is long before any message: give how long ago it was with \
             its unit, as 90s, 10m or 7d, or a time as 2026-03-14T01:02:03Z"
        ));
    }
    let time = input::datetime(text).and_then(|time| parse_rfc3339(&time));
    let ago = || local::duration_ms(text).filter(|ago_ms| *ago_ms >= 0);
    time.map(When::At)
        .or_else(|| ago().map(When::Ago))
        .ok_or_else(|| {
            "give how long ago it was, as 90s, 10m or 7d, or a time, as 2026-03-14T01:02:03Z or in seconds since 1970"
                .to_owned()
        })
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
    let is_followed = matches.get_flag("follow");
    let reader = match is_followed {
        true => reader.patient(),
        false => reader,
    };
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
    let (feeds, goes_on) = match (count, since_ms) {
        (None, Some(since_ms)) => (lines.since(&partitions, since_ms)?, true),
        (count, since_ms) => {
            let count = count.unwrap_or(DEFAULT_COUNT);
            let feeds = lines.print_newest(&partitions, count, since_ms)?;
            (feeds, is_followed)
        }
    };
    match goes_on {
        true => lines.print_on(feeds, is_followed),
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
    fn since(&self, partitions: &[u32], since_ms: i64) -> Result<Vec<Feed>, CliError> {
        let feed = |partition: &u32| {
            let place = self.reader.place(*partition, Start::Time(since_ms))?;
            Ok(Feed::from(place))
        };
        partitions.iter().map(feed).collect()
    }

    /// Prints the newest messages of all partitions together, and tells what comes behind them.
    fn print_newest(
        &self,
        partitions: &[u32],
        count: usize,
        since_ms: Option<i64>,
    ) -> Result<Vec<Feed>, CliError> {
        let newest = |partition: &u32| {
            let is_shown = |message: &Message| self.filter.matches(message);
            let tail = self.reader.newest(*partition, count, since_ms, &is_shown)?;
            Ok(Feed::of_tail(tail))
        };
        let mut feeds: Vec<Feed> = partitions
            .iter()
            .map(newest)
            .collect::<Result<_, CliError>>()?;
        let messages = take_in_order(&mut feeds);
        let first = messages.len().saturating_sub(count);
        self.print(messages.get(first..).unwrap_or_default())?;
        Ok(feeds)
    }

    /// Prints what the partitions have: what is there, or what comes, too, until the time that ends it.
    fn print_on(&self, mut feeds: Vec<Feed>, is_followed: bool) -> Result<(), CliError> {
        let pause = match self.reader.is_remote() {
            true => PAUSE_REMOTE,
            false => PAUSE,
        };
        loop {
            // Asked before reading: what is put until then is read below.
            let is_over = match self.filter.until_ms {
                Some(until_ms) => self.reader.now_ms()? >= until_ms,
                None => false,
            };
            for feed in &mut feeds {
                feed.fill(self.reader, &self.filter)?;
            }
            self.print(&take_in_order(&mut feeds))?;
            feeds.retain(|feed| match is_followed && !is_over {
                true => !feed.is_past_end(),
                false => !feed.is_done(),
            });
            if feeds.is_empty() {
                return Ok(());
            }
            let is_idle = feeds.iter().all(Feed::is_idle);
            terminal::pause(if is_idle { pause } else { Duration::ZERO })?;
        }
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
