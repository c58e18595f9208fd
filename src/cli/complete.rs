//! Completion: the shells ask this program at every TAB, so it offers what the engine holds now.
//!
//! The files in `completions/` tell a shell how to ask. They are the same for every version.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use clap::Command;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use super::error::exit;
use super::globals::Globals;
use super::{target, terminal, tree};
use crate::engine::{Engine, Home};

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

fn completer(shell: &str) -> Option<&'static dyn EnvCompleter> {
    let known: [&'static dyn EnvCompleter; 5] = [&Bash, &Zsh, &Fish, &Powershell, &Elvish];
    known.into_iter().find(|known| known.is(shell))
}

/// The file that makes a shell ask `program` for completions.
pub fn completion_file(shell: &str, program: &str) -> Option<String> {
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
    let names: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let home = home(&names);
    let mut command = with_live_values(tree::tree("ocelot", &|name| names.contains(&name)), &home);
    let mut candidates = Vec::new();
    let current = std::env::current_dir().ok();
    // A shell has no use for an error at TAB: it gets nothing then.
    let _ = completer.write_complete(&mut command, words, current.as_deref(), &mut candidates);
    let _ = terminal::data(&candidates);
    Some(ExitCode::from(exit::OK))
}

/// The data folder of the line that is being typed.
fn home(words: &[&str]) -> Option<Home> {
    let given = words
        .windows(2)
        .find(|pair| pair.first() == Some(&"--data-dir"));
    let globals = Globals {
        data_dir: given
            .and_then(|pair| pair.get(1))
            .map(|folder| Path::new(folder).to_owned()),
        ..Globals::default()
    };
    target::home(&globals).ok()
}

/// Lets options that name resources complete with those that are there.
fn with_live_values(command: Command, home: &Option<Home>) -> Command {
    command
        .mut_args(|arg| {
            let kind = arg.get_long().and_then(Engine::kind_of_option);
            match (kind, home.clone()) {
                (Some(kind), Some(home)) => {
                    arg.add(ArgValueCompleter::new(move |current: &OsStr| {
                        live_values(&home, kind, current)
                    }))
                }
                _ => arg,
            }
        })
        .mut_subcommands(|inner| with_live_values(inner, home))
}

/// The names of the resources of a kind; where a name is not unique, or an OCID is begun, their OCIDs.
fn live_values(home: &Home, kind: &'static str, current: &OsStr) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let resources = Engine::peek(home).and_then(|engine| engine.names(kind).ok());
    let resources = resources.unwrap_or_default();
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in &resources {
        *uses.entry(name).or_default() += 1;
    }
    let values = resources.iter().map(|(name, id)| {
        let by_id =
            begun.starts_with("ocid1.") || uses.get(name.as_str()).is_some_and(|uses| *uses > 1);
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
