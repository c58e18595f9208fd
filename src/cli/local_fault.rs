//! `ocelot local fault …`: faults that programs meet on purpose.

use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use serde_json::Value;

use super::builtin::{Answer, Builtin, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, ask, duration_ms};
use crate::engine::LocalRequest;
use crate::engine::fault::{Effect, FaultRequest, NewFault};

/// Longest delay of an answer: an hour.
const MOST_LATENCY_MS: i64 = 3_600_000;

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local fault add",
        takes: OF_THE_ENGINE,
        run: |matches, globals| add(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local fault list",
        takes: OF_THE_ENGINE,
        run: |_, globals| manage(globals, FaultRequest::List).map(Answer::data),
    },
    Builtin {
        words: "local fault clear",
        takes: OF_THE_ENGINE,
        run: |matches, globals| {
            let id = matches.get_one("id").copied();
            manage(globals, FaultRequest::Clear { id }).map(Answer::data)
        },
    },
];

/// The commands, for the tree.
pub(super) fn command() -> Command {
    let add = Command::new("add")
        .about("Have calls of an operation refused, answered late, or fail in part.")
        .after_help(
            "Faults strike commands, REST calls, Kafka and STOMP clients alike. put-messages of streaming is Kafka's \
             Produce, get-messages its Fetch; put-messages of queue is STOMP's SEND, get-messages what a subscription \
             asks its queue for, delete-message ACK and update-message NACK. They stay until they have struck --times, or until clear.\n\n\
             Examples:\n  ocelot local fault add --service streaming --operation put-messages --status 429 --times 3\n  \
             ocelot local fault add --service queue --latency 2s --probability 0.1 --seed 7\n  \
             ocelot local fault add --service streaming --operation put-messages --partial 1/3",
        )
        .args(which())
        .args(what())
        .group(
            ArgGroup::new("effect")
                .args(["status", "latency", "partial"])
                .required(true),
        );
    let clear = Command::new("clear")
        .about("Take all faults away, or one.")
        .arg(
            Arg::new("id")
                .value_name("NUMBER")
                .value_parser(value_parser!(u64))
                .help("The fault's number, as list shows it (default: all)."),
        )
        .after_help("Examples:\n  ocelot local fault clear 2\n  ocelot local fault clear");
    let list = Command::new("list")
        .about("List the faults, and how often each has struck. Those that are used up stay until there is no room.")
        .after_help("Example:\n  ocelot local fault list --output table");
    group(
        "fault",
        "Faults that programs meet on purpose, to see what they do.",
    )
    .subcommand(add)
    .subcommand(list)
    .subcommand(clear)
}

fn which() -> [Arg; 5] {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    [
        option(
            "service",
            "NAME",
            "Service, as commands name it: streaming, queue, ons, events, monitoring, sch.",
        )
        .required(true),
        option(
            "operation",
            "NAME",
            "Operation, as put-messages or create-stream; * for all.",
        )
        .default_value("*"),
        option("times", "COUNT", "How often it strikes (default: always).")
            .value_parser(value_parser!(u64).range(1..)),
        option(
            "probability",
            "SHARE",
            "How probable it is that a call is struck, from 0 to 1 with at most six decimals (default 1).",
        )
        .value_parser(check_probability),
        option(
            "seed",
            "NUMBER",
            "Which calls chance picks: the same ones with the same seed (default 0).",
        )
        .value_parser(value_parser!(u64))
        .requires("probability"),
    ]
}

fn what() -> [Arg; 3] {
    [
        Arg::new("status")
            .long("status")
            .value_name("STATUS")
            .value_parser(value_parser!(u16))
            .help("Refuse calls with this HTTP status; Kafka clients get the error that is nearest."),
        Arg::new("latency")
            .long("latency")
            .value_name("DURATION")
            .value_parser(check_latency)
            .help("Hold answers back, as 200ms or 2s."),
        Arg::new("partial")
            .long("partial")
            .value_name("SHARE")
            .value_parser(check_share)
            .help("Let this share of the messages of puts fail, as 1/3; of Kafka's Produce, of the batches."),
    ]
}

fn check_probability(text: &str) -> Result<u32, String> {
    let share: Option<f64> = text.parse().ok();
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    let millionths = share.ok_or_else(|| "give a number from 0 to 1".to_owned())? * 1_000_000.0;
    match (millionths - millionths.round()).abs() < 1e-6 {
        true => Ok(millionths.round() as u32),
        false => {
            Err("give at most six decimals: the least is one in a million, 0.000001".to_owned())
        }
    }
}

fn check_latency(text: &str) -> Result<u64, String> {
    let latency_ms = duration_ms(text).filter(|ms| (1..=MOST_LATENCY_MS).contains(ms));
    let latency_ms = latency_ms.and_then(|ms| u64::try_from(ms).ok());
    latency_ms.ok_or_else(|| "give a duration as 200ms or 2s, up to 1h".to_owned())
}

fn check_share(text: &str) -> Result<Effect, String> {
    let numbers = text.split_once('/');
    let numbers = numbers.and_then(|(failing, of)| Some((failing.parse().ok()?, of.parse().ok()?)));
    numbers
        .map(|(failing, of)| Effect::Partial { failing, of })
        .ok_or_else(|| "give a share as 1/3".to_owned())
}

fn add(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let status = matches.get_one::<u16>("status").copied();
    let latency_ms = matches.get_one::<u64>("latency").copied();
    let effect = status
        .map(Effect::Status)
        .or(latency_ms.map(Effect::LatencyMs))
        .or(matches.get_one::<Effect>("partial").copied());
    let effect = effect.ok_or_else(|| CliError::value("give --status, --latency or --partial"))?;
    let fault = NewFault {
        service: text("service"),
        operation: text("operation"),
        effect,
        times: matches.get_one("times").copied(),
        probability_ppm: matches.get_one("probability").copied(),
        seed: matches.get_one("seed").copied().unwrap_or_default(),
    };
    manage(globals, FaultRequest::Add { fault })
}

fn manage(globals: &Globals, request: FaultRequest) -> Result<Value, CliError> {
    ask(globals, &LocalRequest::ManageFaults { request })
}
