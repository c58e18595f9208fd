//! The command line: from arguments to a Call, and from its Reply to what is printed.

mod access;
mod additions;
mod alarm_simulate;
mod aliases;
mod builtin;
mod command;
mod complete;
mod credentials;
mod deliveries;
mod doctor;
mod dry_run;
mod error;
pub(crate) mod example;
mod globals;
mod input;
mod lag;
mod lines;
mod local;
mod local_audit;
mod local_engine;
mod local_event;
mod local_fault;
mod local_function;
mod local_inbox;
mod local_log;
mod local_queue;
mod local_state;
mod local_trace;
mod paging;
mod python;
mod raw_request;
mod request;
mod rule_test;
mod run_command;
mod seed;
mod serve;
mod session;
mod setup;
mod stream_reader;
mod strict;
mod suggest;
mod tail;
mod target;
mod terminal;
mod top;
mod tour;
mod tree;
mod wait;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;

pub use complete::{SHELLS, completion_file};
pub use error::{CliError, exit};
pub use tree::whole_tree;
pub(crate) use tree::{OPTIONS, REQUIRED};

use crate::api;
use aliases::Aliases;
use globals::Globals;

/// Runs the program with the process's arguments, and returns its exit status.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    if let Some(status) = complete::answer_shell(&args) {
        return status;
    }
    match run(&args) {
        Ok(status) => status,
        Err(error) => error.report(),
    }
}

fn run(args: &[OsString]) -> Result<ExitCode, CliError> {
    if let Some(words) = asked_for_help(args) {
        return print_help(args, &words);
    }
    let matches = parse(args)?;
    if matches.get_flag("release-info") {
        return print_text(release_info());
    }
    if matches.get_flag("latest-version") {
        return print_text(LATEST_VERSION);
    }
    let (words, levels) = levels(&matches);
    if let Some(operation) = api::operations().find(|operation| operation.command == words) {
        return command::run(operation, &levels);
    }
    let innermost = levels.last().copied().unwrap_or(&matches);
    let globals = Globals::read(&levels, |_| false)?;
    if words == raw_request::NAME {
        return raw_request::run(innermost, globals);
    }
    if globals.dry_run.is_some() {
        return Err(CliError::value(format!(
            "--dry-run shows the request of a service's operation, and ocelot {words} is a command of ocelot's own"
        )));
    }
    match builtin::run(&words, innermost, &globals) {
        Some(result) => result,
        None => print_help(args, &words),
    }
}

/// The words behind `ocelot help`, which many type before they know of `--help`.
fn asked_for_help(args: &[OsString]) -> Option<String> {
    let mut words = args.iter().skip(1).map(|arg| arg.to_string_lossy());
    if words.next()? != "help" {
        return None;
    }
    Some(words.collect::<Vec<_>>().join(" "))
}

fn parse(args: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let aliases = Aliases::of_line(args);
    let words = aliases.meanings(args);
    let mut tree = tree::tree(&program_name(args), &|name| words.contains(&name));
    let args = aliases.replace(&tree, args);
    let parsed = tree.try_get_matches_from_mut(&args);
    parsed.map_err(|error| suggest::add_similar(error, &tree, &args))
}

/// The name that the program was called by: `ocelot`, or `oci` where it is linked so.
fn program_name(args: &[OsString]) -> String {
    let name = args.first().map(Path::new).and_then(Path::file_stem);
    name.and_then(|name| name.to_str())
        .unwrap_or("ocelot")
        .to_owned()
}

/// The words of the command that was parsed, and what was given at each level, the root's first.
fn levels(matches: &ArgMatches) -> (String, Vec<&ArgMatches>) {
    let mut words: Vec<&str> = Vec::new();
    let mut levels = vec![matches];
    let mut current = matches;
    while let Some((word, inner)) = current.subcommand() {
        words.push(word);
        levels.push(inner);
        current = inner;
    }
    (words.join(" "), levels)
}

/// A command that only groups others prints its help, as the official command line does.
fn print_help(args: &[OsString], words: &str) -> Result<ExitCode, CliError> {
    let asked = args.iter().take(1).cloned();
    let asked = asked.chain(words.split_whitespace().map(OsString::from));
    let asked: Vec<OsString> = asked.chain(["--help".into()]).collect();
    parse(&asked)?;
    Ok(ExitCode::from(exit::OK))
}

fn print_text(text: &str) -> Result<ExitCode, CliError> {
    terminal::data(text.as_bytes())?;
    Ok(ExitCode::from(exit::OK))
}

const LATEST_VERSION: &str = concat!(
    "You are using ocelot ",
    env!("CARGO_PKG_VERSION"),
    ". It does not ask the network whether there is a newer one: CHANGELOG.md in its repository tells.\n"
);

/// The part of the change log that is about this version.
fn release_info() -> &'static str {
    const CHANGES: &str = include_str!("../../CHANGELOG.md");
    let start = CHANGES.find("\n## ").map_or(0, |at| at + 1);
    let rest = CHANGES.get(start..).unwrap_or_default();
    let end = rest
        .get(3..)
        .and_then(|rest| rest.find("\n## "))
        .map_or(rest.len(), |at| at + 4);
    rest.get(..end).unwrap_or_default()
}
