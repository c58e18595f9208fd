//! `ocelot local state …`: everything that the engine keeps, in one file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::builtin::{Answer, Builtin, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, ask};
use super::target;
use crate::engine::state::{self, StateError};
use crate::engine::{Engine, EngineError, EngineOptions, Home, LocalRequest};
use crate::profile::Environment;

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local state save",
        takes: OF_THE_ENGINE,
        run: |matches, globals| save(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local state load",
        takes: OF_THE_ENGINE,
        run: |matches, globals| load(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local state diff",
        takes: OF_THE_ENGINE,
        run: |matches, globals| diff(matches, globals).map(Answer::data),
    },
];

/// The commands, for the tree.
pub(super) fn command() -> Command {
    let file = || {
        Arg::new("file")
            .value_name("FILE")
            .required(true)
            .help("The file.")
    };
    let save = Command::new("save")
        .about("Write everything that the engine keeps into a file.")
        .after_help(
            "Resources, messages, keys, tokens (not in plain text), faults and the clock are in it. Another machine \
             can load it. A server that has the data folder goes on serving meanwhile.\n\n\
             Example:\n  ocelot local state save shop.ocelot",
        )
        .arg(file());
    let load = Command::new("load")
        .about("Put the state of a file into the data folder.")
        .after_help(
            "A server on the data folder must be stopped first. The file's form and its database with all rows are checked \
             before anything is replaced. A state may hold functions, which run programs of this machine: take one over \
             only from somebody whom you trust.\n\n\
             Example:\n  ocelot local state load shop.ocelot --data-dir /tmp/shop",
        )
        .arg(file())
        .arg(
            Arg::new("force")
                .long("force")
                .action(ArgAction::SetTrue)
                .help("Replace what the data folder holds."),
        );
    let diff = Command::new("diff")
        .about("Tell what differs between a file and the engine.")
        .after_help(
            "Compared are resources and their settings, how many messages streams and queues hold, the positions of \
             groups and connectors, metrics and the points of custom ones, keys, tokens, functions, logs, the inbox, \
             faults and the clock. Left out are histories: audit, traces, work requests, alarm history.\n\n\
             Example:\n  ocelot local state diff shop.ocelot --output table",
        )
        .arg(file());
    group(
        "state",
        "Save everything in one file, load it elsewhere, compare.",
    )
    .subcommand(save)
    .subcommand(load)
    .subcommand(diff)
}

/// The file as this process sees it, wherever the one that opens it runs.
fn file(matches: &ArgMatches) -> Result<PathBuf, CliError> {
    let given = matches.get_one::<String>("file").map_or("", String::as_str);
    let path = Environment::of_process().expand_home(given);
    std::path::absolute(&path).map_err(CliError::io(format!("find {}", path.display())))
}

fn save(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let file = file(matches)?;
    ask(globals, &LocalRequest::SaveState { file })
}

fn load(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    match target::home(globals)? {
        Home::Folder(folder) => {
            let force = matches.get_flag("force");
            Ok(state::load(&folder, &file(matches)?, force)?)
        }
        Home::Memory => Err(EngineError::from(StateError::Memory).into()),
    }
}

fn diff(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let folder = tempfile::tempdir().map_err(CliError::io("make a temporary folder"))?;
    let home = Home::Folder(folder.path().join("data"));
    if let Home::Folder(data) = &home {
        state::load(data, &file(matches)?, false)?;
    }
    let saved = Engine::open(&home, EngineOptions::default())?.summarize()?;
    let here = ask(globals, &LocalRequest::SummarizeState)?;
    let here = here.as_array().map_or(&[][..], Vec::as_slice);
    Ok(differences(&saved, here))
}

/// What tells a thing from others: its kind, name, OCID and tenancy.
type Key<'s> = [&'s str; 4];

fn field<'s>(thing: &'s Value, name: &str) -> &'s str {
    thing.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn by_key(things: &[Value]) -> BTreeMap<Key<'_>, &Value> {
    let key = |thing| ["kind", "name", "id", "tenancy-id"].map(|name| field(thing, name));
    things.iter().map(|thing| (key(thing), thing)).collect()
}

/// What is in one only, or otherwise in the other.
fn differences(saved: &[Value], here: &[Value]) -> Value {
    let (saved, here) = (by_key(saved), by_key(here));
    let keys: BTreeSet<&Key<'_>> = saved.keys().chain(here.keys()).collect();
    let rows = keys.into_iter().filter_map(|key| {
        let (in_file, in_engine) = (saved.get(key).copied(), here.get(key).copied());
        let [kind, name, id, _] = key;
        Some(json!({
            "kind": kind,
            "name": name,
            "id": id,
            "difference": difference(kind, in_file, in_engine)?,
            "messages-in-file": in_file.and_then(|thing| thing.get("messages")),
            "messages-in-engine": in_engine.and_then(|thing| thing.get("messages")),
        }))
    });
    rows.collect()
}

/// In what a thing differs, if it does.
fn difference(kind: &str, in_file: Option<&Value>, in_engine: Option<&Value>) -> Option<String> {
    let (one, other) = match (in_file, in_engine) {
        (Some(one), Some(other)) => (one, other),
        (Some(_), None) => return Some("only in the file".to_owned()),
        (None, _) => return Some("only in the engine".to_owned()),
    };
    let content = match kind {
        "metric" => "points",
        _ => "position",
    };
    let parts = [
        ("settings", "settings"),
        ("messages", "messages"),
        ("content", content),
    ];
    let differ = parts
        .iter()
        .filter(|(name, _)| one.get(*name) != other.get(*name));
    let told: Vec<&str> = differ.map(|(_, told)| *told).collect();
    (!told.is_empty()).then(|| told.join(", "))
}
