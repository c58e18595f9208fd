//! The clap tree, rendered from the operation table.
//!
//! Only the branch that a line uses is built: `wanted` tells of each group and command whether the line may
//! mean it. The whole tree takes milliseconds, a branch takes none.

use std::collections::BTreeSet;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};

use super::{additions, builtin, example, globals, input, raw_request};
use crate::api::model::Kind;
use crate::api::operation::{Operation, Param, StandIn};
use crate::api::options::{CommandOption, Source, Takes};
use crate::api::{SERVICES, Service};

// Help is wrapped where it is shown, so paragraphs are single lines.
const ABOUT: &str = "\
The oci command line for Oracle Cloud's event services: the same commands, options and output, in one \
fast program. Without any configuration an engine on this machine answers, and keeps everything in a \
folder of yours; nothing is sent anywhere.";

const AFTER_HELP: &str = "\
First steps:
  ocelot tour                                          a short guided run
  ocelot streaming admin stream create --name orders --partitions 3
  ocelot streaming stream message put --stream-id orders --text hello

Every command has --help with an example. `man ocelot` says more.";

/// The whole command, as far as `wanted` says that its parts are needed.
pub(super) fn tree(program: &str, wanted: &dyn Fn(&str) -> bool) -> Command {
    let root = Command::new("ocelot")
        .bin_name(program.to_owned())
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .override_usage(format!("{program} [OPTIONS] COMMAND [OPTIONS]"))
        .after_help(AFTER_HELP)
        .subcommand_value_name("COMMAND")
        .subcommand_help_heading(COMMANDS)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .short('v')
                .long("version")
                .action(ArgAction::Version)
                .help_heading(OPTIONS)
                .help("Print the version."),
        )
        .arg(
            Arg::new("release-info")
                .long("release-info")
                .action(ArgAction::SetTrue)
                .help_heading(OPTIONS)
                .help("Print what is new in this version."),
        )
        .arg(
            Arg::new("latest-version")
                .long("latest-version")
                .action(ArgAction::SetTrue)
                .help_heading(OPTIONS)
                .help("Print the version, and where newer ones are announced."),
        );
    let root = globals::add_to(with_help(root), |_| false, true);
    let root = root.subcommands(SERVICES.map(|service| service_command(service, wanted)));
    let others = builtin::commands()
        .into_iter()
        .chain([raw_request::command()]);
    others.fold(root, |root, command| {
        root.subcommand(match wanted(command.get_name()) {
            true => group_globals(command),
            false => command,
        })
    })
}

const COMMANDS: &str = "Services and commands";
/// Heading of the options that a command cannot do without.
pub(crate) const REQUIRED: &str = "Required";
/// Heading of a command's other options.
pub(crate) const OPTIONS: &str = "Options";
const WAITING: &str = "Waiting";

/// The tree with every branch.
pub fn whole_tree(program: &str) -> Command {
    tree(program, &|_| true)
}

/// What every command has: `--help` behind its own options, and the last of an option given twice counts.
fn with_help(command: Command) -> Command {
    let command = command.args_override_self(true).disable_help_flag(true);
    command.arg(
        Arg::new("help")
            .short('h')
            .short_alias('?')
            .long("help")
            .action(ArgAction::Help)
            .help_heading(OPTIONS)
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
    let command = command.mut_args(|arg| match arg.is_positional() {
        true => arg,
        false => arg.help_heading(OPTIONS),
    });
    globals::add_to(with_help(command), |flag| own.contains(flag), false)
}

fn service_command(service: &'static Service, wanted: &dyn Fn(&str) -> bool) -> Command {
    let command = group(service, service.name, wanted);
    match wanted(service.name) {
        true => command.after_help(overview(service)),
        false => command,
    }
}

/// Every command of a service, for those who look for the right one.
fn overview(service: &Service) -> String {
    let operations = service.operations();
    let operations = operations.map(|operation| operation.command.to_owned());
    let additional = service.groups.iter().filter_map(|(group, _)| {
        let command = builtin::command_in(group)?;
        Some(format!("{group} {}", command.get_name()))
    });
    let commands = operations.chain(additional);
    let commands: Vec<String> = commands.map(|words| format!("  ocelot {words}")).collect();
    format!(
        "All commands, each with its own --help:\n{}",
        commands.join("\n")
    )
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
    let commands = service.operations();
    let commands = commands.filter(|operation| is_child(path, operation.command));
    let command = command
        .subcommands(groups.map(|inner| group(service, inner, wanted)))
        .subcommands(commands.map(|operation| leaf(operation, wanted)))
        .subcommands(builtin::command_in(path).map(group_globals));
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
    let command = Command::new(name)
        .about(operation.summary)
        .args_override_self(true);
    if !wanted(name) {
        return command;
    }
    let mut options = operation.options();
    let own: BTreeSet<String> = options.iter().map(|o| o.flag.to_string()).collect();
    options.sort_by_key(|option| !is_needed(operation, option));
    let arguments = options.iter().map(|option| placed(operation, option));
    let command = command
        .override_usage(format!("ocelot {} [OPTIONS]", operation.command))
        .after_help(after_help(operation))
        .args(arguments)
        .args(additions::arguments(operation));
    globals::add_to(with_help(command), |flag| own.contains(flag), false)
}

/// How wide examples are before they are indented: clap breaks lines of more than a hundred columns where it likes.
const EXAMPLE_WIDTH: usize = 92;

fn after_help(operation: &Operation) -> String {
    let examples = additions::examples(operation).iter();
    let examples = examples.chain([&operation.example]);
    let examples = examples.map(|line| example::lines(line, EXAMPLE_WIDTH).join("\n  "));
    let examples: Vec<String> = examples.map(|lines| format!("  {lines}")).collect();
    format!(
        "{}:\n{}\n\nOptions such as --query, --output and --profile work on every command: see ocelot --help.",
        if examples.len() > 1 {
            "Examples"
        } else {
            "Example"
        },
        examples.join("\n")
    )
}

/// An argument where help shows it: JSON behind the plain text that is simpler.
fn placed(operation: &Operation, option: &CommandOption) -> Arg {
    const BEHIND: usize = 900;
    let arg = argument(option).help_heading(heading(operation, option));
    match additions::heading(operation, &option.flag) {
        Some(_) => arg.display_order(BEHIND),
        None => arg,
    }
}

/// Under which heading help shows an option.
fn heading(operation: &Operation, option: &CommandOption) -> &'static str {
    if let Some(heading) = additions::heading(operation, &option.flag) {
        return heading;
    }
    match option.source {
        Source::WaitForState | Source::MaxWaitSeconds | Source::WaitIntervalSeconds => WAITING,
        _ if is_needed(operation, option) => REQUIRED,
        _ => OPTIONS,
    }
}

/// The clap argument of an option.
fn argument(option: &CommandOption) -> Arg {
    let arg = Arg::new(option.flag.to_string())
        .long(option.flag.to_string())
        .short(option.letter())
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
    match option.source {
        Source::Param(Param {
            stand_in: Some(StandIn::Global(global)),
            ..
        }) => format!("{} [or as --{global}]", option.help),
        _ => option.help.to_owned(),
    }
}

/// Whether the command cannot do without it, whoever answers.
fn is_needed(operation: &Operation, option: &CommandOption) -> bool {
    let left_out = match option.source {
        Source::Param(param) => super::request::may_be_left_out(operation, param),
        _ => true,
    };
    option.required && !left_out
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
