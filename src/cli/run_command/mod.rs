//! `ocelot run -- COMMAND …`: a command with an engine and a server of its own, both gone when it ends.
//!
//! Three processes take part. This one makes the folder and the credentials, runs the command, and passes signals
//! and the exit status on. The [`keeper`], which is there before the folder, serves, and removes it as soon as this
//! process is gone, however it went. Where both are killed at once the folder stays, and the next run removes it
//! ([`folder`]).

mod credentials;
mod folder;
mod keeper;
mod leftovers;
mod signals;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use rustix::process::Signal;
use tokio::process;

use super::builtin::{Answer, Builtin, Takes};
use super::error::CliError;
use super::globals::Globals;
use super::{seed, strict, terminal};
use credentials::Credentials;
use folder::{Owner, RunFolder};
use keeper::{Addresses, Keeper};
use leftovers::Started;
use signals::Signals;

/// The statuses of shells for a command that cannot be started.
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;
/// What shells add to the number of the signal that ended a command.
const SIGNALLED: i32 = 128;

/// The command.
pub(super) static RUN: Builtin = Builtin {
    words: "run",
    takes: Takes::Only(
        TAKEN,
        "has an engine of its own, and prints what the command prints",
    ),
    run,
};

/// The global options that it takes: those that say how its server serves and delivers.
const TAKEN: &[&str] = &[
    "auth",
    "cli-rc-file",
    "smtp",
    "allow-http",
    "deny-private-networks",
];

/// The command, for the tree.
pub(super) fn command() -> Command {
    Command::new("run")
        .about("Run a command with an engine and a server of its own, which are gone when it ends.")
        .after_help(
            "The command finds the server by these variables:\n  \
             OCELOT_HOME               the data folder, for ocelot's own commands\n  \
             OCI_CLI_ENDPOINT          where REST is served, for ocelot and oci\n  \
             OCI_CLI_CONFIG_FILE       a config file with a profile and a key made for this run\n  \
             OCI_CONFIG_FILE           the same, for the SDKs\n  \
             OCI_CLI_RC_FILE           an rc file that names a compartment for commands that name none\n  \
             OCELOT_KAFKA_BOOTSTRAP    where Kafka is served, as HOST:PORT\n  \
             OCELOT_KAFKA_USERNAME     SASL user name (PLAIN; with --auth verify SCRAM too)\n  \
             OCELOT_KAFKA_PASSWORD     SASL password, an auth token made for this run\n\
             Other variables that begin with OCI_CLI_ are taken out, and so is OCELOT_TARGET.\n\n\
             The exit status is the command's; 128 and the signal's number if a signal ended it, 127 if it is \
             not found, 126 if it cannot be run. SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on. If this \
             process is killed, or the command by a signal that was passed on, what the command has started ends too.\n\n\
             Examples:\n  ocelot run -- pytest -x\n  ocelot run -- sh -c \
             'ocelot streaming admin stream create --name a --partitions 1 && ./test.sh'",
        )
        .arg(
            Arg::new("auth")
                .long("auth")
                .value_name("KIND")
                .default_value("none")
                .value_parser(PossibleValuesParser::new(["none", "verify"]))
                .help("Whether callers must show who they are (verify), with the key and token of this run."),
        )
        .arg(strict::option())
        .arg(seed::option())
        .arg(
            Arg::new("keeper")
                .long("keeper")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .hide(true),
        )
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .value_parser(value_parser!(OsString))
                .num_args(1..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .required_unless_present("keeper")
                .help("The command and its arguments, behind --."),
        )
}

fn run(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    if let Some(folder) = matches.get_one::<PathBuf>("keeper") {
        keeper::serve(folder, matches, globals)?;
        return Ok(Answer::default());
    }
    let words: Vec<&OsString> = matches
        .get_many("command")
        .map(Iterator::collect)
        .unwrap_or_default();
    let Some((program, arguments)) = words.split_first() else {
        return Err(CliError::value("give the command to run, behind --"));
    };
    let mut command = process::Command::new(program);
    command.args(arguments);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::io("wait for the command"))?;
    let ended = runtime.block_on(run_with_server(command, &keeper_options(matches, globals)));
    match ended? {
        Ended::ByItself(status) => Ok(Answer::note("", exit_status(status))),
        Ended::NotStarted(error) => Ok(not_started(program.as_ref(), &error)),
        Ended::BeforeStart(signal) => {
            let status = ExitStatus::from_raw(signal.as_raw());
            Ok(Answer::note("", exit_status(status)))
        }
    }
}

/// How a run has ended.
enum Ended {
    /// The command has this status.
    ByItself(ExitStatus),
    /// The command could not be started.
    NotStarted(io::Error),
    /// This signal came before the command was started.
    BeforeStart(Signal),
}

/// Makes a folder and a server for the command, runs it to its end, and clears everything away.
async fn run_with_server(
    mut command: process::Command,
    options: &[String],
) -> Result<Ended, CliError> {
    // Listened to before anything is made: none that comes meanwhile ends this process alone.
    let mut signals = Signals::listen().map_err(CliError::io("listen for signals"))?;
    folder::sweep();
    let folder = RunFolder::named();
    let mut keeper = Keeper::start(&folder, options)?;
    let prepared = tokio::select! {
        prepared = prepare(&mut command, &folder, &mut keeper) => prepared,
        signal = signals.next() => {
            keeper.kill();
            return Ok(Ended::BeforeStart(signal));
        }
    };
    let _owner = prepared?;
    match run_command(command, &keeper, signals).await? {
        Ok((status, is_signalled)) => {
            if !is_signalled {
                keeper.finish();
            }
            Ok(Ended::ByItself(status))
        }
        Err(error) => Ok(Ended::NotStarted(error)),
    }
}

/// Makes the folder and has it served, and tells the command where everything is.
async fn prepare(
    command: &mut process::Command,
    folder: &RunFolder,
    keeper: &mut Keeper,
) -> Result<Owner, CliError> {
    let owner = folder.make()?;
    let credentials = Credentials::make(folder)?;
    let addresses = keeper.serve().await?;
    set_environment(command, folder, &credentials, &addresses);
    Ok(owner)
}

/// The options of this line that the keeper needs, too.
fn keeper_options(matches: &ArgMatches, globals: &Globals) -> Vec<String> {
    let mut options = Vec::new();
    if let Some(kind) = matches.get_one::<String>("auth") {
        options.extend(["--auth".to_owned(), kind.clone()]);
    }
    if let Some(file) = matches.get_one::<String>("seed") {
        options.extend(["--seed".to_owned(), file.clone()]);
    }
    if let Some(server) = &globals.smtp {
        options.extend(["--smtp".to_owned(), server.clone()]);
    }
    for (flag, is_given) in [
        ("--strict", matches.get_flag("strict")),
        ("--allow-http", globals.allow_http),
        ("--deny-private-networks", globals.deny_private_networks),
    ] {
        options.extend(is_given.then(|| flag.to_owned()));
    }
    options
}

/// Tells the command where everything is, and nothing of other engines and accounts.
fn set_environment(
    command: &mut process::Command,
    folder: &RunFolder,
    credentials: &Credentials,
    addresses: &Addresses,
) {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"OCI_CLI_") {
            command.env_remove(name);
        }
    }
    command
        .env_remove("OCELOT_TARGET")
        .env("OCELOT_HOME", folder.data())
        .env("OCI_CLI_ENDPOINT", &addresses.http)
        .env("OCI_CLI_CONFIG_FILE", folder.config())
        .env("OCI_CONFIG_FILE", folder.config())
        .env("OCI_CLI_RC_FILE", folder.rc())
        .env("OCELOT_KAFKA_BOOTSTRAP", &addresses.kafka)
        .env("OCELOT_KAFKA_USERNAME", &credentials.kafka_user_name)
        .env("OCELOT_KAFKA_PASSWORD", &credentials.kafka_password);
}

/// Runs the command to its end, and passes signals on meanwhile. The inner result is of starting it: its status, and
/// whether a signal was passed on to it, of which what it has started may not have heard.
async fn run_command(
    mut command: process::Command,
    keeper: &Keeper,
    mut signals: Signals,
) -> Result<io::Result<(ExitStatus, bool)>, CliError> {
    let failed = || CliError::io("wait for the command");
    // Only where nobody types: a group of its own could not read from the terminal.
    let leads_group = !signals::has_terminal();
    if leads_group {
        command.process_group(0);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Err(error)),
    };
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid {
        keeper.note_command(&Started { pid, leads_group });
    }
    let mut is_signalled = false;
    loop {
        tokio::select! {
            ended = child.wait() => {
                return ended.map(|status| Ok((status, is_signalled))).map_err(failed());
            }
            signal = signals.next() => {
                if let Some(pid) = pid {
                    is_signalled |= signals::pass_on(signal, pid);
                }
            }
        }
    }
}

/// A command's exit status as shells tell it.
fn exit_status(status: ExitStatus) -> u8 {
    let code = status.code();
    let code = code.or_else(|| status.signal().map(|signal| SIGNALLED + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(super::exit::FAILED)
}

fn not_started(program: &Path, error: &io::Error) -> Answer {
    let status = match error.kind() {
        io::ErrorKind::NotFound => NOT_FOUND,
        _ => NOT_EXECUTABLE,
    };
    let note = format!("Error: cannot run {}: {error}", program.display());
    Answer::note(note, status)
}

/// Tells of what could not be cleared away: the command has run, and its status counts.
fn tell_left(folder: &Path, error: &io::Error) {
    terminal::note(&format!(
        "Note: cannot remove {}: {error}",
        folder.display()
    ));
}
