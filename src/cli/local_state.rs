//! `ocelot local state …`: everything that the engine keeps, in one file.

use std::collections::BTreeMap;
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
        .about("Tell what differs between a file and the engine: resources, and how many messages they hold.")
        .after_help(
            "Up to 1000 resources of a kind are compared.\n\n\
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

/// What is in one only, or with another number of messages.
fn differences(saved: &[Value], here: &[Value]) -> Value {
    let key = |resource: &Value| {
        let field = |name: &str| {
            resource
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        (field("kind"), field("name"), field("id"))
    };
    let messages = |resource: Option<&Value>| {
        let count = resource.and_then(|resource| resource.get("messages"));
        count.cloned().unwrap_or(Value::Null)
    };
    let saved: BTreeMap<_, _> = saved
        .iter()
        .map(|resource| (key(resource), resource))
        .collect();
    let here: BTreeMap<_, _> = here
        .iter()
        .map(|resource| (key(resource), resource))
        .collect();
    let mut keys: Vec<_> = saved.keys().chain(here.keys()).collect();
    keys.sort();
    keys.dedup();
    let rows = keys.into_iter().filter_map(|key| {
        let (in_file, in_engine) = (saved.get(key).copied(), here.get(key).copied());
        let difference = match (in_file, in_engine) {
            (Some(_), None) => "only in the file",
            (None, Some(_)) => "only in the engine",
            (one, other) if messages(one) != messages(other) => "messages",
            _ => return None,
        };
        Some(json!({
            "kind": key.0,
            "name": key.1,
            "id": key.2,
            "difference": difference,
            "messages-in-file": messages(in_file),
            "messages-in-engine": messages(in_engine),
        }))
    });
    rows.collect()
}
