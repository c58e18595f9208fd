//! Completion: the shells ask this program at every TAB, so it offers what the engine holds now.
//!
//! The files in `completions/` tell a shell how to ask. They are the same for every version.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use super::aliases::Aliases;
use super::error::exit;
use super::globals::Globals;
use super::local_engine::LocalEngine;
use super::local_trace::TRACE;
use super::target;
use super::{terminal, tree};
use crate::api;
use crate::engine::trace::TraceSummary;
use crate::engine::{Engine, Home, LocalRequest};
use crate::profile::{Environment, Settings};

/// Set by a shell that asks for completions, to the shell's name.
const VARIABLE: &str = "OCELOT_COMPLETE";

/// The shells, with the name of the file for a program, where `{}` stands for the program.
pub const SHELLS: [(&str, &str); 5] = [
    ("bash", "{}.bash"),
    ("zsh", "_{}"),
    ("fish", "{}.fish"),
    ("powershell", "{}.ps1"),
    ("elvish", "{}.elv"),
];

/// The file for bash. That of clap_complete leaves names with a space or a star in them unquoted, and
/// knows nothing of `--option=value`.
const BASH: &str = include_str!("complete/bash.in");

/// What PowerShell is given. The script that `clap_complete` has runs what is on the line.
const POWERSHELL: &str = include_str!("complete/powershell.in");

/// How many traces are offered: the newest.
const TRACES_OFFERED: usize = 10;

fn completer(shell: &str) -> Option<&'static dyn EnvCompleter> {
    let known: [&'static dyn EnvCompleter; 5] = [&Bash, &Zsh, &Fish, &Powershell, &Elvish];
    known.into_iter().find(|known| known.is(shell))
}

/// The file that makes a shell ask `program` for completions.
pub fn completion_file(shell: &str, program: &str) -> Option<String> {
    let own = match shell {
        "bash" => Some(BASH),
        "powershell" => Some(POWERSHELL),
        _ => None,
    };
    if let Some(script) = own {
        let script = script.replace("PROGRAM", program);
        return Some(script.replace("VARIABLE", VARIABLE));
    }
    let mut script = Vec::new();
    completer(shell)?
        .write_registration(VARIABLE, program, program, program, &mut script)
        .ok()?;
    let mut script = String::from_utf8(script).ok()?.trim().to_owned() + "\n";
    if shell == "zsh" {
        // zsh loads the file at the first TAB, which is to be answered too.
        script.push_str(&format!(
            "if [ \"$funcstack[1]\" = \"_{program}\" ]; then\n    \
             _clap_dynamic_completer_{program} \"$@\"\nfi\n"
        ));
    }
    Some(script)
}

/// Answers a shell that asks for completions; `None` when this is an ordinary call.
pub(super) fn answer_shell(args: &[OsString]) -> Option<ExitCode> {
    let shell = std::env::var(VARIABLE).ok()?;
    let completer = completer(&shell)?;
    let words: Vec<OsString> = args
        .iter()
        .skip_while(|arg| *arg != "--")
        .skip(1)
        .cloned()
        .collect();
    let (done, begun) = words.split_at(current_word(&words));
    let aliases = Aliases::of_line(done);
    let names = aliases.meanings(done);
    let command = tree::tree("ocelot", &|name| names.contains(&name));
    let words = [aliases.replace(&command, done), begun.to_vec()].concat();
    let home = home(&command, &words);
    let mut command = with_values(command, &home, is_begun(&words));
    let mut candidates = Vec::new();
    let current = std::env::current_dir().ok();
    // A shell has no use for an error at TAB: it gets nothing then.
    let _ = completer.write_complete(&mut command, words, current.as_deref(), &mut candidates);
    let _ = terminal::data(&candidates);
    Some(ExitCode::from(exit::OK))
}

/// The place of the word to complete.
fn current_word(words: &[OsString]) -> usize {
    let index = std::env::var("_CLAP_COMPLETE_INDEX").ok();
    let index = index.and_then(|index| index.parse().ok());
    let last = words.len().saturating_sub(1);
    index.map_or(last, |index: usize| index.min(last))
}

/// Whether the word to complete has anything in it yet.
fn is_begun(words: &[OsString]) -> bool {
    let word = words.get(current_word(words));
    word.is_some_and(|word| !word.is_empty())
}

/// The data folder that the line would use as far as it is typed; none if another engine would answer it.
fn home(command: &Command, words: &[OsString]) -> Option<Home> {
    let unfinished = command.clone().ignore_errors(true);
    let matches = unfinished.try_get_matches_from(words).ok()?;
    let (words, levels) = super::levels(&matches);
    let operation = api::operations().find(|operation| operation.command == words);
    let options = operation.map(|operation| operation.options());
    let own = |flag: &str| {
        let mut options = options.iter().flatten();
        options.any(|option| option.flag == flag)
    };
    let globals = Globals::read(&levels, own).ok()?;
    let environment = Environment::of_process();
    let settings = Settings::load(globals.flags.clone(), &environment, &words).ok()?;
    let destination = settings.destination();
    let local = destination.is_none_or(|destination| destination.text() == "local");
    target::home(&globals).ok().filter(|_| local)
}

/// Lets options complete with the resources and files that are there. Where a command must follow, and
/// nothing of a word is typed yet, options are not offered with the commands.
fn with_values(command: Command, home: &Option<Home>, is_begun: bool) -> Command {
    let quiet = command.has_subcommands() && !is_begun;
    command
        .mut_args(|arg| {
            let hidden = quiet || arg.is_hide_set();
            with_value(arg, home).hide(hidden)
        })
        .mut_subcommands(|inner| with_values(inner, home, is_begun))
}

fn with_value(arg: Arg, home: &Option<Home>) -> Arg {
    let kind = arg.get_long().and_then(Engine::kind_of_option);
    if let (Some(kind), Some(home)) = (kind, home.clone()) {
        return arg.add(ArgValueCompleter::new(move |current: &OsStr| {
            live_values(&home, kind, current)
        }));
    }
    let name = arg.get_value_names().and_then(<[_]>::first);
    match name.map(|name| name.as_str()) {
        Some(TRACE) => match home.clone() {
            Some(home) => arg.add(ArgValueCompleter::new(move |current: &OsStr| {
                newest_traces(&home, current)
            })),
            None => arg,
        },
        Some("FILE") => arg.value_hint(ValueHint::FilePath),
        Some("FOLDER") => arg.value_hint(ValueHint::DirPath),
        _ => arg,
    }
}

/// The ids of the newest traces, each with what it began with.
fn newest_traces(home: &Home, current: &OsStr) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let request = LocalRequest::ListTraces {
        limit: TRACES_OFFERED,
    };
    let traces = LocalEngine::peek(home, &request).unwrap_or_default();
    let traces: Vec<TraceSummary> = serde_json::from_value(traces).unwrap_or_default();
    let offered = traces.into_iter().filter(|trace| {
        // Some texts cannot be typed on a line.
        trace.id.starts_with(begun.as_ref()) && !trace.id.contains(char::is_control)
    });
    offered
        .map(|trace| CompletionCandidate::new(trace.id).help(Some(trace.source.into())))
        .collect()
}

/// The names of the resources of a kind; their OCIDs where one is begun, and where a name is not unique
/// or cannot be typed on a line.
fn live_values(home: &Home, kind: &'static str, current: &OsStr) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let request = LocalRequest::ListNames {
        kind: kind.to_owned(),
    };
    let names = LocalEngine::peek(home, &request).unwrap_or_default();
    let resources: Vec<(String, String)> = serde_json::from_value(names).unwrap_or_default();
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in &resources {
        *uses.entry(name).or_default() += 1;
    }
    let values = resources.iter().map(|(name, id)| {
        let by_id = begun.starts_with("ocid1.")
            || name.contains(char::is_control)
            || uses.get(name.as_str()).is_some_and(|uses| *uses > 1);
        match by_id {
            true => (id, name),
            false => (name, id),
        }
    });
    values
        .filter(|(value, _)| value.starts_with(begun.as_ref()))
        .map(|(value, help)| CompletionCandidate::new(value).help(Some(help.clone().into())))
        .collect()
}
