//! `ocelot local log`: files that stand in for logs in the cloud, for connectors to read.

use std::path::absolute;

use clap::{Arg, ArgMatches, Command};

use serde_json::Value;

use super::builtin::{Answer, Builtin, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_DELIVERING_ENGINE, OF_THE_ENGINE, ask, ask_and_move};
use crate::engine::LocalRequest;
use crate::engine::sch::FollowRequest;
use crate::profile::Environment;

/// The commands of this module, for the tree.
pub(super) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let log_id = option("log-id", "OCID", "OCID of the log, as connectors name it.").required(true);
    let add = Command::new("add")
        .about("Have a log's entries read from a file, which is followed as it grows and is rotated.")
        .after_help(
            "Each line is an entry: a JSON object, or text. An object with logContent goes to connectors as it is; \
             others become the data of one.\n\
             Commands look at the file, and a server does each second. When it was renamed meanwhile, or copied and \
             emptied, within its folder, its rest is read first. What was emptied without a copy between two looks is lost, \
             and so is a file that came and was rotated away.\n\n\
             Example:\n  ocelot local log add --log-id ocid1.log.oc1..web --log-group-id ocid1.loggroup.oc1..shop \\\n      \
             --file access.jsonl",
        )
        .arg(log_id.clone())
        .arg(
            option(
                "log-group-id",
                "OCID",
                "OCID of the group that the log belongs to, or _Audit.",
            )
            .required(true),
        )
        .arg(option(
            "compartment-id",
            "OCID",
            "OCID of the compartment of the log (default: the local tenancy).",
        ))
        .arg(option("file", "FILE", "The file, which may come later.").required(true));
    group(
        "log",
        "Logs that are files on this machine, for connectors to read.",
    )
    .subcommand(add)
    .subcommand(
        Command::new("list")
            .about("List the logs that are followed.")
            .after_help("Example:\n  ocelot local log list --output table"),
    )
    .subcommand(
        Command::new("remove")
            .about("Follow a log no longer; its file stays.")
            .arg(log_id)
            .after_help("Example:\n  ocelot local log remove --log-id ocid1.log.oc1..web"),
    )
}

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local log add",
        takes: OF_THE_DELIVERING_ENGINE,
        run: |matches, globals| add(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local log list",
        takes: OF_THE_ENGINE,
        run: |_, globals| {
            let request = FollowRequest::List;
            ask(globals, &LocalRequest::ManageFollowedLogs { request }).map(Answer::data)
        },
    },
    Builtin {
        words: "local log remove",
        takes: OF_THE_ENGINE,
        run: |matches, globals| {
            let log_id = text(matches, "log-id").unwrap_or_default();
            let request = FollowRequest::Remove { log_id };
            ask(globals, &LocalRequest::ManageFollowedLogs { request }).map(Answer::data)
        },
    },
];

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

fn add(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    for name in ["log-id", "log-group-id", "compartment-id", "file"] {
        if text(matches, name).is_some_and(|value| value.trim().is_empty()) {
            return Err(CliError::value(format!("--{name} is empty")));
        }
    }
    let given = text(matches, "file").unwrap_or_default();
    let file = Environment::of_process().expand_home(&given);
    let file = absolute(file).map_err(|error| CliError::value(format!("--file: {error}")))?;
    let file = file.into_os_string().into_string();
    let request = FollowRequest::Add {
        log_id: text(matches, "log-id").unwrap_or_default(),
        log_group_id: text(matches, "log-group-id").unwrap_or_default(),
        compartment_id: text(matches, "compartment-id"),
        file: file.map_err(|_| {
            CliError::value("--file has a name that is no text: follow it under another name")
        })?,
    };
    ask_and_move(globals, &LocalRequest::ManageFollowedLogs { request })
}
