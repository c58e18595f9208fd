//! `ocelot local event`: events in the place of services that are not on this machine.

use std::ffi::OsStr;

use clap::{Arg, ArgMatches, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use serde_json::Value;

use super::builtin::{Answer, Builtin, Takes, group};
use super::error::CliError;
use super::globals::Globals;
use super::input;
use super::local::OF_THE_DELIVERING_ENGINE;
use super::local_engine::LocalEngine;
use crate::engine::LocalRequest;
use crate::engine::events::types;
use crate::engine::events::{EventSketch, NewEvent};

/// What commands take that only print what the program knows.
pub(super) const OF_THE_PROGRAM: Takes = Takes::Only(
    &["output", "query", "raw-output", "cli-rc-file"],
    "asks no engine",
);

/// The options that say something of an event that is given whole otherwise.
const OF_A_SKETCH: [&str; 6] = [
    "type",
    "source",
    "data",
    "compartment-id",
    "resource-name",
    "resource-id",
];

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local event emit",
        takes: OF_THE_DELIVERING_ENGINE,
        run: |matches, globals| emit(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local event types",
        takes: OF_THE_PROGRAM,
        run: |matches, _| Ok(Answer::data(types(matches))),
    },
];

/// The commands, for the tree.
pub(super) fn command() -> Command {
    group(
        "event",
        "Emit events as services of the cloud do, for rules to pick.",
    )
    .subcommand(emit_command())
    .subcommand(
        Command::new("types")
            .about("List the event types that services of the cloud are known to emit.")
            .after_help("Example:\n  ocelot local event types objectstorage")
            .arg(
                Arg::new("text")
                    .value_name("TEXT")
                    .help("Only those with this text in them, whatever the case of its letters."),
            ),
    )
}

fn emit_command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).value_name(value).help(help);
        arg.allow_hyphen_values(true)
    };
    Command::new("emit")
        .about("Emit an event, and tell which rules want it and why others do not.")
        .after_help(
            "Examples:\n  ocelot local event emit --type com.oraclecloud.objectstorage.createobject \\\n      \
             --data '{\"bucketName\": \"data-lake\"}'\n  ocelot local event emit --event file://event.json",
        )
        .arg(
            option("type", "TYPE", "Type of the event, as ocelot local event types has it.")
                .required_unless_present("event")
                .add(ArgValueCompleter::new(types_that_begin)),
        )
        .arg(option(
            "data",
            "JSON",
            "Additional details of the event; or its data, where there are fields of it as resourceName.",
        ))
        .arg(option(
            "source",
            "TEXT",
            "Service that emits it (default: the one that the type names).",
        ))
        .arg(option(
            "compartment-id",
            "TEXT",
            "OCID of the compartment of the resource (default: the local tenancy).",
        ))
        .arg(option("resource-name", "TEXT", "Name of the resource (default: example)."))
        .arg(option(
            "resource-id",
            "TEXT",
            "OCID of the resource (default: a new one).",
        ))
        .arg(
            option("event", "JSON", "The event as a whole, with all fields of the envelope.")
                .conflicts_with_all(OF_A_SKETCH),
        )
}

fn emit(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let json = |name: &str| {
        let given = text(name);
        given.map(|given| input::json(name, &given)).transpose()
    };
    let event = match json("event")? {
        Some(event) => NewEvent::Whole(event),
        None => NewEvent::Sketch(EventSketch {
            event_type: text("type").unwrap_or_default(),
            source: text("source"),
            compartment_id: text("compartment-id"),
            resource_name: text("resource-name"),
            resource_id: text("resource-id"),
            data: json("data")?,
        }),
    };
    LocalEngine::of(globals)?.control_and_deliver(&LocalRequest::EmitEvent { event })
}

fn types(matches: &ArgMatches) -> Value {
    let text = matches
        .get_one::<String>("text")
        .map(|text| text.to_lowercase());
    let has_text = |name: &String| {
        text.as_ref()
            .is_none_or(|text| name.contains(text.as_str()))
    };
    types::event_types()
        .filter(has_text)
        .map(Value::from)
        .collect()
}

fn types_that_begin(current: &OsStr) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let types = types::event_types().filter(|name| name.starts_with(begun.as_ref()));
    types.map(CompletionCandidate::new).collect()
}
