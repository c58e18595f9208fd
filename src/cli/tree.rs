//! The clap tree, rendered from the operation table.
//!
//! Only the branch that a line uses is built: `wanted` tells of each group and command whether the line may
//! mean it. The whole tree takes milliseconds, a branch takes none.

use std::collections::BTreeSet;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};

use super::{additions, globals, input, local};
use crate::api::model::Kind;
use crate::api::operation::Operation;
use crate::api::options::{CommandOption, Source, Takes};
use crate::api::{SERVICES, Service};

const ABOUT: &str =
    "The oci command line for Oracle Cloud's event services, with the services built in.";

const LONG_ABOUT: &str = "\
The oci command line for Oracle Cloud's event services: the same commands, options and output, in one
fast program. Without any configuration an engine on this machine answers, and keeps everything in a
folder of yours; nothing is sent anywhere.";

const AFTER_HELP: &str = "\
First steps:
  ocelot tour                                          a short guided run
  ocelot streaming admin stream create --name orders --partitions 3
  ocelot streaming stream message put --stream-id orders --text hello

Every command has --help with an example. `man ocelot` says more.";

/// What ends the help of an option that its command cannot do without.
pub(crate) const REQUIRED: &str = " [required]";

/// The whole command, as far as `wanted` says that its parts are needed.
pub(super) fn tree(program: &str, wanted: &dyn Fn(&str) -> bool) -> Command {
    let root = Command::new("ocelot")
        .bin_name(program.to_owned())
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .long_about(LONG_ABOUT)
        .after_help(AFTER_HELP)
        .subcommand_value_name("COMMAND")
        .subcommand_help_heading("Services and commands")
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .short('v')
                .long("version")
                .action(ArgAction::Version)
                .help("Print the version."),
        )
        .arg(
            Arg::new("release-info")
                .long("release-info")
                .action(ArgAction::SetTrue)
                .help("Print what is new in this version."),
        )
        .arg(
            Arg::new("latest-version")
                .long("latest-version")
                .action(ArgAction::SetTrue)
                .help("Print the version, and where newer ones are announced."),
        );
    let root = globals::add_to(with_help(root), |_| false, true);
    let root = root.subcommands(SERVICES.map(|service| service_command(service, wanted)));
    local::commands().into_iter().fold(root, |root, command| {
        root.subcommand(group_globals(command))
    })
}

/// The tree with every branch.
pub fn whole_tree(program: &str) -> Command {
    tree(program, &|_| true)
}

fn with_help(command: Command) -> Command {
    command.disable_help_flag(true).arg(
        Arg::new("help")
            .short('h')
            .short_alias('?')
            .long("help")
            .action(ArgAction::Help)
            .help("Print help."),
    )
}

/// Adds the global options, hidden, to a command that is not of the table, and to those below it.
fn group_globals(command: Command) -> Command {
    let own: BTreeSet<String> = command
        .get_arguments()
        .filter_map(|arg| arg.get_long().map(str::to_owned))
        .collect();
    let command = command.mut_subcommands(group_globals);
    globals::add_to(with_help(command), |flag| own.contains(flag), false)
}

fn service_command(service: &'static Service, wanted: &dyn Fn(&str) -> bool) -> Command {
    let command = group(service, service.name, wanted);
    match wanted(service.name) {
        true => command.subcommand_required(true),
        false => command,
    }
}

/// The group with this path of words, and what is below it as far as it is wanted.
fn group(service: &'static Service, path: &'static str, wanted: &dyn Fn(&str) -> bool) -> Command {
    let name = last_word(path);
    let about = service.groups.iter().find(|(group, _)| *group == path);
    let command = Command::new(name)
        .about(about.map_or("", |(_, sentence)| sentence))
        .subcommand_value_name("COMMAND")
        .disable_help_subcommand(true);
    if !wanted(name) {
        return command;
    }
    let groups = service.groups.iter().map(|(group, _)| *group);
    let groups = groups.filter(|inner| is_child(path, inner));
    let commands = service.operations.iter();
    let commands = commands.filter(|operation| is_child(path, operation.command));
    let command = command
        .subcommands(groups.map(|inner| group(service, inner, wanted)))
        .subcommands(commands.map(|operation| leaf(operation, wanted)));
    globals::add_to(with_help(command), |_| false, false)
}

fn last_word(path: &'static str) -> &'static str {
    path.rsplit(' ').next().unwrap_or(path)
}

fn is_child(path: &str, candidate: &str) -> bool {
    candidate
        .strip_prefix(path)
        .and_then(|rest| rest.strip_prefix(' '))
        .is_some_and(|rest| !rest.contains(' '))
}

/// The command of an operation.
fn leaf(operation: &'static Operation, wanted: &dyn Fn(&str) -> bool) -> Command {
    let name = last_word(operation.command);
    let command = Command::new(name).about(operation.summary);
    if !wanted(name) {
        return command;
    }
    let options = operation.options();
    let own: BTreeSet<&str> = options.iter().map(|option| option.flag.as_ref()).collect();
    let command = command
        .override_usage(format!("ocelot {} [OPTIONS]", operation.command))
        .after_help(format!(
            "Example:\n  {}\n\nOptions such as --query, --output and --profile work on every command: see ocelot --help.",
            operation.example
        ))
        .args(options.iter().map(argument))
        .args(additions::arguments(operation));
    globals::add_to(with_help(command), |flag| own.contains(flag), false)
}

/// The clap argument of an option.
fn argument(option: &CommandOption) -> Arg {
    let arg = Arg::new(option.flag.to_string())
        .long(option.flag.to_string())
        .help(help_of(option));
    let (kind, action) = match option.takes {
        Takes::Nothing => return arg.action(ArgAction::SetTrue),
        Takes::Value(kind) => (kind, ArgAction::Set),
        Takes::Values(kind) => (kind, ArgAction::Append),
    };
    // As with the official command line, what follows an option is its value, and the last one counts.
    let arg = arg
        .action(action)
        .allow_hyphen_values(true)
        .value_name(value_name(kind));
    match kind {
        Kind::Choice(choices) => arg
            .value_parser(PossibleValuesParser::new(choices))
            .ignore_case(true),
        Kind::Integer => arg.value_parser(input::check_integer),
        Kind::Float => arg.value_parser(input::check_float),
        Kind::Boolean => arg.value_parser(input::check_boolean),
        Kind::DateTime => arg.value_parser(input::check_datetime),
        Kind::Text | Kind::Any | Kind::Object(_) | Kind::List(_) | Kind::Map(_) => arg,
    }
}

fn help_of(option: &CommandOption) -> String {
    let left_out = match option.source {
        Source::Param(param) => super::request::may_be_left_out(param),
        _ => true,
    };
    match option.required && !left_out {
        true => format!("{}{REQUIRED}", option.help),
        false => option.help.to_owned(),
    }
}

fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "TEXT",
        Kind::Choice(_) => "CHOICE",
        Kind::Integer => "INTEGER",
        Kind::Float => "NUMBER",
        Kind::Boolean => "BOOLEAN",
        Kind::DateTime => "TIME",
        Kind::Any | Kind::Object(_) | Kind::List(_) | Kind::Map(_) => "JSON",
    }
}
