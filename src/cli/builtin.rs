//! Commands that are not operations of a service: how they are found, checked and printed.
//!
//! A module of such commands has `command()`, which describes them for the tree, and a list of [`Builtin`].

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::command::format;
use super::error::CliError;
use super::globals::Globals;
use super::{
    access, alarm_simulate, doctor, lag, local, local_audit, local_event, local_fault,
    local_function, local_inbox, local_log, local_queue, local_state, local_trace, rule_test,
    run_command, serve, session, setup, tail, terminal, top,
};
use crate::output;
use crate::profile::{Environment, Settings};

/// A command of this program's own.
pub(super) struct Builtin {
    /// Its words, as `local clock set`.
    pub words: &'static str,
    /// The global options that it takes.
    pub takes: Takes,
    /// Does what it is for. The globals hold what the rc file says, too.
    pub run: fn(&ArgMatches, &Globals) -> Result<Answer, CliError>,
}

/// Which global options a command takes.
pub(super) enum Takes {
    /// All.
    All,
    /// These, for a reason that completes the sentence `it …`.
    Only(&'static [&'static str], &'static str),
}

/// What a command has to say.
#[derive(Default)]
pub(super) struct Answer {
    /// What is printed as `{"data": …}`.
    pub data: Option<Value>,
    /// What people are told besides, on stderr.
    pub note: String,
    /// The exit status.
    pub status: u8,
}

impl Answer {
    /// Data, and nothing else.
    pub(super) fn data(data: Value) -> Self {
        Self {
            data: Some(data),
            ..Self::default()
        }
    }

    /// Words for people, and nothing for programs but the exit status.
    pub(super) fn note(note: impl Into<String>, status: u8) -> Self {
        Self {
            note: note.into(),
            status,
            ..Self::default()
        }
    }
}

/// The commands for the tree.
pub(super) fn commands() -> Vec<Command> {
    let mut commands = Vec::from(local::commands());
    commands.extend([
        run_command::command(),
        serve::command(),
        setup::command(),
        session::command(),
        doctor::command(),
        top::command(),
    ]);
    commands
}

/// The command of this program's own that stands in a group of a service's, if there is one.
pub(super) fn command_in(group: &str) -> Option<Command> {
    match group {
        alarm_simulate::GROUP => Some(alarm_simulate::command()),
        rule_test::GROUP => Some(rule_test::command()),
        lag::GROUP => Some(lag::command()),
        tail::GROUP => Some(tail::command()),
        _ => None,
    }
}

/// A group of commands.
pub(super) fn group(name: &'static str, about: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .subcommand_value_name("COMMAND")
        .disable_help_subcommand(true)
}

/// A command that only says why it is not there and what to do instead, whatever follows it.
pub(super) fn unavailable(name: &'static str, about: &'static str) -> Command {
    Command::new(name).about(about).arg(
        Arg::new("anything")
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .hide(true),
    )
}

/// Runs the command with these words; `None` for a group, which has nothing to run.
pub(super) fn run(
    words: &str,
    matches: &ArgMatches,
    globals: &Globals,
) -> Option<Result<ExitCode, CliError>> {
    let all = [
        local::BUILTINS,
        access::BUILTINS,
        alarm_simulate::BUILTINS,
        lag::BUILTINS,
        local_audit::BUILTINS,
        local_event::BUILTINS,
        local_fault::BUILTINS,
        local_function::BUILTINS,
        local_inbox::BUILTINS,
        local_log::BUILTINS,
        local_queue::BUILTINS,
        local_state::BUILTINS,
        local_trace::BUILTINS,
        rule_test::BUILTINS,
        setup::BUILTINS,
        session::BUILTINS,
        tail::BUILTINS,
    ];
    let alone = [&doctor::DOCTOR, &run_command::RUN, &serve::SERVE, &top::TOP];
    let mut all = all.into_iter().flatten().chain(alone);
    let builtin = all.find(|builtin| builtin.words == words)?;
    Some(builtin.run(matches, globals))
}

impl Builtin {
    fn run(&self, matches: &ArgMatches, globals: &Globals) -> Result<ExitCode, CliError> {
        self.check_globals(globals)?;
        let mut globals = globals.clone();
        let environment = Environment::of_process();
        let settings = Settings::without_profile(globals.flags.clone(), &environment, self.words)?;
        globals.fill(&settings);
        // A format that cannot be is told before anything is done.
        let format = format(&globals, settings.rc())?;
        let answer = (self.run)(matches, &globals)?;
        if let Some(data) = answer.data {
            terminal::print(&output::envelope(data, &format)?)?;
        }
        terminal::note(&answer.note);
        Ok(ExitCode::from(answer.status))
    }

    /// Refuses global options that mean nothing to the command.
    fn check_globals(&self, globals: &Globals) -> Result<(), CliError> {
        let Takes::Only(taken, reason) = self.takes else {
            return Ok(());
        };
        let unused = globals.all_given_but(taken);
        match unused.is_empty() {
            true => Ok(()),
            false => Err(CliError::value(format!(
                "ocelot {} has no use for {}: it {reason}",
                self.words,
                unused.join(", ")
            ))),
        }
    }
}
