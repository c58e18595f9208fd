//! `ocelot local inbox`: what would have reached a person, to read, to keep as `.eml`, and to confirm.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::Value;

use super::builtin::{Answer, Builtin, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, ask};
use super::terminal;
use crate::delivery::email;
use crate::engine::LocalRequest;
use crate::engine::delivery::inbox::{Entry, InboxRequest};

/// How many messages are listed where the line does not say.
const DEFAULT_LIMIT: usize = 50;

/// The commands of this module, for the tree.
pub(super) fn command() -> Command {
    let number = Arg::new("number")
        .required(true)
        .value_name("NUMBER")
        .value_parser(value_parser!(i64))
        .help("Number of the message, as the list has it.");
    group(
        "inbox",
        "Messages that would have reached a person: emails, text messages, confirmation links.",
    )
    .subcommand(
        Command::new("list")
            .about("List the messages, the newest first.")
            .arg(limit("Most messages to list (default 50)."))
            .after_help("Example:\n  ocelot local inbox list --output table"),
    )
    .subcommand(
        Command::new("show")
            .about("Show a message with its text.")
            .arg(number.clone())
            .arg(
                Arg::new("eml")
                    .long("eml")
                    .action(ArgAction::SetTrue)
                    .help("Print it as an email file (.eml)."),
            )
            .after_help("Examples:\n  ocelot local inbox show 3\n  ocelot local inbox show 3 --eml > message.eml"),
    )
    .subcommand(
        Command::new("confirm")
            .about("Confirm the subscription that a message asks to confirm.")
            .arg(number)
            .after_help("Example:\n  ocelot local inbox confirm 1"),
    )
}

/// The option that bounds a list.
pub(super) fn limit(help: &'static str) -> Arg {
    Arg::new("limit")
        .long("limit")
        .value_name("COUNT")
        .value_parser(value_parser!(u16).range(1..))
        .help(help)
}

/// What the line says of it.
pub(super) fn limit_of(matches: &ArgMatches) -> usize {
    let given = matches.get_one::<u16>("limit");
    given.map_or(DEFAULT_LIMIT, |limit| usize::from(*limit))
}

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local inbox list",
        takes: OF_THE_ENGINE,
        run: |matches, globals| {
            let limit = limit_of(matches);
            manage(globals, InboxRequest::List { limit }).map(Answer::data)
        },
    },
    Builtin {
        words: "local inbox show",
        takes: OF_THE_ENGINE,
        run: show,
    },
    Builtin {
        words: "local inbox confirm",
        takes: OF_THE_ENGINE,
        run: |matches, globals| {
            let number = number_of(matches);
            manage(globals, InboxRequest::Confirm { number }).map(Answer::data)
        },
    },
];

fn manage(globals: &Globals, request: InboxRequest) -> Result<Value, CliError> {
    ask(globals, &LocalRequest::ManageInbox { request })
}

fn number_of(matches: &ArgMatches) -> i64 {
    let given = matches.get_one::<i64>("number").copied();
    given.unwrap_or_default()
}

fn show(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    let number = number_of(matches);
    if !matches.get_flag("eml") {
        return manage(globals, InboxRequest::Show { number }).map(Answer::data);
    }
    let kept = manage(globals, InboxRequest::Export { number })?;
    let entry: Entry = serde_json::from_value(kept)
        .map_err(|error| CliError::Server(format!("message {number} cannot be read: {error}")))?;
    terminal::data(&email::eml(&entry).map_err(CliError::refused)?)?;
    Ok(Answer::default())
}
