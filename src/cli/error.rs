//! What a command can fail with, how it is told, and with which exit status.

use std::process::ExitCode;

use crate::engine::EngineError;
use crate::output::OutputError;
use crate::profile::ProfileError;
use crate::server::ServeError;

/// The exit statuses, which are the official command line's.
pub mod exit {
    /// All went well.
    pub const OK: u8 = 0;
    /// The service or the connection said no, a required option is missing, JSON is malformed, an id is
    /// blank, or the user did.
    pub const FAILED: u8 = 1;
    /// An unknown option or command, a wrong choice or type, or a wait that timed out.
    pub const USAGE: u8 = 2;
}

/// Why a command ends without having done what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The line cannot be parsed, or help or the version was asked for.
    #[error(transparent)]
    Line(#[from] clap::Error),
    /// A value cannot be what its option takes.
    #[error("Error: {message}")]
    Value {
        /// What is wrong, naming the option.
        message: String,
    },
    /// The command cannot be done as it was given.
    #[error("UsageError: {message}")]
    Refused {
        /// What is wrong, and what to do.
        message: String,
    },
    /// Options that the command cannot do without are missing.
    #[error("Usage: {usage}\n\nError: Missing option(s) {}.{hint}", flags.join(", "))]
    Missing {
        /// The command with its program's name.
        usage: String,
        /// The options, with their dashes.
        flags: Vec<String>,
        /// What else would do, as a sentence after a blank; or nothing.
        hint: &'static str,
    },
    /// A JSON value cannot be read.
    #[error("Parameter '{parameter}' must be in JSON format.\n{reason}")]
    Json {
        /// The option, in the official command line's spelling.
        parameter: String,
        /// Where and why.
        reason: String,
    },
    /// The service took a part of what it was sent.
    #[error("Error: {0}")]
    Partial(String),
    /// The service refused; the text is the whole error block.
    #[error("{0}")]
    Service(String),
    /// The user said no.
    #[error("Abort: {0}")]
    Aborted(String),
    /// The state that was waited for did not come in time.
    #[error("{0}")]
    WaitTimedOut(String),
    /// The engine could not be opened.
    #[error("Error: {0}")]
    Engine(#[from] EngineError),
    /// A server of ours said no, or nothing.
    #[error("Error: {0}")]
    Server(String),
    /// The server could not serve.
    #[error("Error: {0}")]
    Serve(#[from] ServeError),
    /// What came back cannot be printed as asked.
    #[error("{0}")]
    Output(#[from] OutputError),
    /// A settings file cannot be read.
    #[error("Error: {0}")]
    Profile(#[from] ProfileError),
    /// A file or stream failed.
    #[error("Error: cannot {action}: {source}")]
    Io {
        /// What was tried, on what.
        action: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Whoever read the output has gone; there is nobody to tell.
    #[error("")]
    ClosedPipe,
}

impl CliError {
    /// A command that cannot be done as it was given.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::Refused {
            message: message.into(),
        }
    }

    /// A value that cannot be what its option takes.
    pub fn value(message: impl Into<String>) -> Self {
        Self::Value {
            message: message.into(),
        }
    }

    /// A failure of the system in the course of `action`; a closed pipe is its own case.
    pub fn io(action: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let action = action.into();
        move |source| match source.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Io { action, source },
        }
    }

    /// The exit status for this error.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Line(error) if error.exit_code() == 0 => exit::OK,
            Self::Line(_) | Self::Value { .. } | Self::WaitTimedOut(_) => exit::USAGE,
            Self::Profile(error) if error.is_usage() => exit::USAGE,
            Self::ClosedPipe => exit::OK,
            _ => exit::FAILED,
        }
    }

    /// Tells the user, and returns the exit status.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Line(error) => return ExitCode::from(print_line(error)),
            Self::ClosedPipe => {}
            other => super::terminal::note(&other.to_string()),
        }
        ExitCode::from(self.exit_status())
    }
}

/// Prints help, the version, or what is wrong with a line. Help that cannot be written is a failure; a
/// complaint that cannot be leaves nothing more that could be done.
fn print_line(error: &clap::Error) -> u8 {
    match (error.print(), error.exit_code()) {
        (Err(source), 0) => {
            let failure = CliError::io("write to standard output")(source);
            super::terminal::note(&failure.to_string());
            failure.exit_status()
        }
        (_, 0) => exit::OK,
        _ => exit::USAGE,
    }
}
