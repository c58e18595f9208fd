//! `ocelot local function`: commands and addresses that stand in for functions in the cloud.

use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use serde_json::Value;

use super::builtin::{Answer, Builtin, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, ask};
use super::local_inbox::{limit, limit_of};
use crate::engine::LocalRequest;
use crate::engine::delivery::functions::{
    Definition, FunctionRequest, MOST_TIMEOUT_SECONDS, Runtime,
};

/// How long a function may run where the line does not say, in seconds. Source: the default of the cloud.
const DEFAULT_TIMEOUT_SECONDS: u32 = 30;

/// The commands of this module, for the tree.
pub(super) fn command() -> Command {
    let function = Arg::new("function")
        .required(true)
        .value_name("FUNCTION")
        .help("Name or OCID of the function.");
    group(
        "function",
        "Functions on this machine, for subscriptions and rules to call.",
    )
    .subcommand(add())
    .subcommand(
        Command::new("list")
            .about("List the functions.")
            .after_help(
                "Example:\n  ocelot local function list --query 'data[].[name, id]' --output table",
            ),
    )
    .subcommand(
        Command::new("logs")
            .about("Show what came of the runs of a function, the newest first.")
            .arg(function.clone())
            .arg(limit("Most runs to show (default 50)."))
            .after_help("Example:\n  ocelot local function logs resize --limit 5"),
    )
    .subcommand(
        Command::new("remove")
            .about("Remove a function and its logs.")
            .arg(function)
            .after_help("Example:\n  ocelot local function remove resize"),
    )
}

fn add() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("add")
        .about("Add a function, which gets an OCID; under the name of another, it takes its place.")
        .after_help(
            "Examples:\n  ocelot local function add --name resize --exec 'jq .data >> resized.jsonl'\n  \
             ocelot local function add --name score --fdk 'fdk func.py' --timeout-in-seconds 20\n  \
             ocelot local function add --name hook --url http://127.0.0.1:8080/events",
        )
        .arg(
            option(
                "name",
                "NAME",
                "Name of the function: letters, digits, - and _.",
            )
            .required(true),
        )
        .arg(option(
            "exec",
            "COMMAND",
            "Command of the shell that reads the event from its standard input.",
        ))
        .arg(option(
            "fdk",
            "COMMAND",
            "Command that starts a function written with an FDK, as 'fdk func.py'.",
        ))
        .arg(option(
            "url",
            "URL",
            "Address that gets the event as a POST.",
        ))
        .group(
            ArgGroup::new("runtime")
                .args(["exec", "fdk", "url"])
                .required(true),
        )
        .arg(
            option(
                "timeout-in-seconds",
                "SECONDS",
                "How long it may run: 1 to 50 (default 30).",
            )
            .value_parser(value_parser!(u32).range(1..=i64::from(MOST_TIMEOUT_SECONDS))),
        )
}

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local function add",
        takes: OF_THE_ENGINE,
        run: |matches, globals| add_function(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local function list",
        takes: OF_THE_ENGINE,
        run: |_, globals| manage(globals, FunctionRequest::List).map(Answer::data),
    },
    Builtin {
        words: "local function logs",
        takes: OF_THE_ENGINE,
        run: |matches, globals| {
            let request = FunctionRequest::ListRuns {
                function: text(matches, "function").unwrap_or_default(),
                limit: limit_of(matches),
            };
            manage(globals, request).map(Answer::data)
        },
    },
    Builtin {
        words: "local function remove",
        takes: OF_THE_ENGINE,
        run: |matches, globals| {
            let function = text(matches, "function").unwrap_or_default();
            manage(globals, FunctionRequest::Remove { function }).map(Answer::data)
        },
    },
];

fn manage(globals: &Globals, request: FunctionRequest) -> Result<Value, CliError> {
    ask(globals, &LocalRequest::ManageFunctions { request })
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

fn add_function(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let name = text(matches, "name").unwrap_or_default();
    check_name(&name)?;
    let runtime = match (
        text(matches, "exec"),
        text(matches, "fdk"),
        text(matches, "url"),
    ) {
        (Some(command), _, _) => Runtime::Command(command),
        (_, Some(command), _) => Runtime::Fdk(command),
        (_, _, url) => Runtime::Url(checked_url(url.unwrap_or_default())?),
    };
    let timeout_seconds = matches.get_one::<u32>("timeout-in-seconds").copied();
    let definition = Definition {
        runtime,
        timeout_seconds: timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS),
    };
    manage(globals, FunctionRequest::Add { name, definition })
}

fn check_name(name: &str) -> Result<(), CliError> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match name.chars().all(is_of_name) && (1..=255).contains(&name.len()) {
        true => Ok(()),
        false => Err(CliError::value(format!(
            "--name must be 1 to 255 letters, digits, hyphens and underscores, not {name:?}"
        ))),
    }
}

fn checked_url(text: String) -> Result<String, CliError> {
    let is_address = url::Url::parse(&text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
    match is_address {
        true => Ok(text),
        false => Err(CliError::value(format!(
            "--url must begin with https://, or http:// for this machine, not {text:?}"
        ))),
    }
}
