//! `ocelot local state …`: everything that the engine keeps, in one file.

mod difference;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::builtin::{Answer, Builtin, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, ask};
use super::{target, terminal};
use crate::engine::state::{self, Saved, StateError};
use crate::engine::{Engine, EngineError, EngineOptions, Home, LocalRequest};
use crate::output::Style;
use crate::profile::Environment;
use difference::{Difference, differences};

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local state save",
        takes: OF_THE_ENGINE,
        run: save,
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
    let file = |standard_stream| {
        Arg::new("file")
            .value_name("FILE")
            .required(true)
            .help(format!("The file; - is {standard_stream}."))
    };
    let saved = || file("standard input");
    let save = Command::new("save")
        .about("Write everything that the engine keeps into a file.")
        .after_help(
            "Resources, messages, keys, tokens (not in plain text), faults and the clock are in it. Another machine \
             can load it. A server that has the data folder goes on serving meanwhile.\n\n\
             Example:\n  ocelot local state save shop.ocelot",
        )
        .arg(file("standard output"));
    let load = Command::new("load")
        .about("Put the state of a file into the data folder.")
        .after_help(
            "A server on the data folder must be stopped first. All that is in the file is checked before anything is \
             replaced, and if the command is killed, the data folder holds the old state or the new one. \
             A state may hold functions, which run programs of this machine: take one over \
             only from somebody whom you trust.\n\n\
             Example:\n  ocelot local state load shop.ocelot --data-dir /tmp/shop",
        )
        .arg(saved())
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
             groups and connectors, custom metrics and their points, keys, tokens, functions, logs, the inbox, \
             faults and the clock. Left out are what the engine measures by itself, and histories: audit, traces, \
             work requests, alarm history. Each setting that differs has a row with both values; a table has room for \
             the beginnings of long ones.\n\n\
             Example:\n  ocelot local state diff shop.ocelot --output table",
        )
        .arg(saved());
    group(
        "state",
        "Save everything in one file, load it elsewhere, compare.",
    )
    .subcommand(save)
    .subcommand(load)
    .subcommand(diff)
}

/// What stands for standard input and standard output.
const STANDARD_STREAM: &str = "-";

/// The file as this process sees it, wherever the one that opens it runs; `None` for a standard stream.
fn file(matches: &ArgMatches) -> Result<Option<PathBuf>, CliError> {
    let given = matches.get_one::<String>("file").map_or("", String::as_str);
    match given {
        STANDARD_STREAM => Ok(None),
        "" => Err(CliError::value("FILE is empty: give the name of a file")),
        named => {
            let path = Environment::of_process().expand_home(named);
            let absolute = std::path::absolute(&path);
            Ok(Some(absolute.map_err(CliError::io(format!(
                "find {}",
                path.display()
            )))?))
        }
    }
}

fn save(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    match file(matches)? {
        Some(file) => ask(globals, &LocalRequest::SaveState { file }).map(Answer::data),
        None => save_to_standard_output(globals).map(|()| Answer::default()),
    }
}

/// Has the state saved in a file that is gone afterwards, and copies that.
fn save_to_standard_output(globals: &Globals) -> Result<(), CliError> {
    if terminal::stdout_is_terminal() {
        return Err(CliError::value(
            "a saved state is not for a terminal: give a file, or lead standard output into one",
        ));
    }
    let folder = tempfile::tempdir().map_err(CliError::io("make a temporary folder"))?;
    let file = folder.path().join("state");
    ask(globals, &LocalRequest::SaveState { file: file.clone() })?;
    let mut saved = File::open(&file).map_err(CliError::io(format!("open {}", file.display())))?;
    let mut stdout = io::stdout().lock();
    io::copy(&mut saved, &mut stdout)
        .and_then(|_| stdout.flush())
        .map_err(CliError::io("write to standard output"))
}

fn saved(matches: &ArgMatches) -> Result<Saved, CliError> {
    let saved = match file(matches)? {
        Some(path) => Saved::open(&path),
        None => Saved::of_standard_input(),
    };
    saved.map_err(|error| EngineError::from(error).into())
}

fn load(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    match target::home(globals)? {
        Home::Folder(folder) => {
            let force = matches.get_flag("force");
            Ok(state::load(&folder, &saved(matches)?, force)?)
        }
        Home::Memory => Err(EngineError::from(StateError::Memory).into()),
    }
}

fn diff(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let folder = tempfile::tempdir().map_err(CliError::io("make a temporary folder"))?;
    let data = folder.path().join("data");
    state::load(&data, &saved(matches)?, false)?;
    let in_file = Engine::open(&Home::Folder(data), EngineOptions::default())?.summarize()?;
    let in_engine = ask(globals, &LocalRequest::SummarizeState)?;
    let in_engine = in_engine.as_array().map_or(&[][..], Vec::as_slice);
    let differences = differences(&in_file, in_engine);
    let is_drawn = globals.style == Style::Table && globals.query.is_none();
    Ok(match is_drawn {
        true => differences.iter().map(Difference::drawn).collect(),
        false => differences.iter().map(Difference::told).collect(),
    })
}
