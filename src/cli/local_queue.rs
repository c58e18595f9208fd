//! `ocelot local queue …`: what the service does not offer, on the queues of the engine on this machine.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::builtin::{Answer, Builtin, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, ask};
use crate::engine::{LocalRequest, PeekedState, QueuePart};

/// How many messages of each state are shown where the line does not say.
const DEFAULT_LIMIT: &str = "20";

/// The name of redrive's `--dry-run` here: it is not the global option, which is about requests.
const COUNT_ONLY: &str = "count-only";

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local queue peek",
        takes: OF_THE_ENGINE,
        run: |matches, globals| peek(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local queue redrive",
        takes: OF_THE_ENGINE,
        run: |matches, globals| redrive(matches, globals).map(Answer::data),
    },
];

/// The commands, for the tree.
pub(super) fn command() -> Command {
    let peek = Command::new("peek")
        .about("Look at the messages of a queue; nothing changes, not even their delivery counts.")
        .after_help(
            "Example:\n  ocelot local queue peek --queue-id jobs --show visible,in-flight,dlq",
        )
        .args(queue_arguments())
        .arg(
            Arg::new("show")
                .long("show")
                .value_name("STATES")
                .value_delimiter(',')
                .action(ArgAction::Append)
                .value_parser(PeekedState::ALL.map(|(name, _)| name))
                .default_value("visible")
                .help("Which messages to show, with commas between."),
        )
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("INTEGER")
                .value_parser(clap::value_parser!(u16).range(1..=10_000))
                .default_value(DEFAULT_LIMIT)
                .help("Most messages of each state, 1 to 10000."),
        );
    let redrive = Command::new("redrive")
        .about("Move dead letters back into their queue, as if they had never been delivered.")
        .after_help("Example:\n  ocelot local queue redrive --queue-id jobs --dry-run")
        .args(queue_arguments())
        .arg(
            Arg::new(COUNT_ONLY)
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Only tell how many would be moved."),
        );
    group("queue", "Look into queues, and bring dead letters back.")
        .subcommand(peek)
        .subcommand(redrive)
}

fn queue_arguments() -> [Arg; 3] {
    let text = |name: &'static str| Arg::new(name).long(name).value_name("TEXT");
    [
        text("queue-id")
            .required(true)
            .help("Name or OCID of the queue."),
        text("consumer-group-id")
            .help("Name or OCID of the consumer group (default: the primary group)."),
        text("channel-id").help("Only this channel."),
    ]
}

fn part(matches: &ArgMatches) -> QueuePart {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    QueuePart {
        queue: text("queue-id").unwrap_or_default(),
        consumer_group: text("consumer-group-id"),
        channel: text("channel-id"),
    }
}

/// The messages of a queue, and where its dead letters are got.
fn peek(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let named: Vec<&String> = matches.get_many("show").into_iter().flatten().collect();
    let states = PeekedState::ALL.iter();
    let states = states.filter(|(name, _)| named.iter().any(|one| one.as_str() == *name));
    let limit = matches.get_one::<u16>("limit").copied().unwrap_or(1);
    let request = LocalRequest::PeekQueue {
        part: part(matches),
        states: states.map(|(_, state)| *state).collect(),
        limit: usize::from(limit),
    };
    ask(globals, &request)
}

/// How many dead letters are back, or would be.
fn redrive(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let request = LocalRequest::RedriveQueue {
        part: part(matches),
        dry_run: matches.get_flag(COUNT_ONLY),
    };
    ask(globals, &request)
}
