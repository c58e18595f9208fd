//! The passphrase of a private key: from an option, a file, the environment, or whoever is at the terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};
use secrecy::{ExposeSecret, SecretString};

use crate::cli::error::CliError;
use crate::cli::terminal;
use crate::profile::{Environment, Setting, Settings};

/// What is said of a passphrase.
pub(super) enum Passphrase {
    /// Nothing.
    Unsaid,
    /// There is to be none.
    None,
    /// It is this.
    Secret(SecretString),
}

impl Passphrase {
    /// Adds the options that say it.
    pub(super) fn add_to(command: Command) -> Command {
        command
            .arg(
                Arg::new("passphrase")
                    .long("passphrase")
                    .value_name("TEXT")
                    .allow_hyphen_values(true)
                    .help("Passphrase of the private key. Others on this machine may see it while the command runs."),
            )
            .arg(
                Arg::new("passphrase-file")
                    .long("passphrase-file")
                    .value_name("FILE")
                    .allow_hyphen_values(true)
                    .help("File whose first line is the passphrase; - for standard input."),
            )
            .arg(
                Arg::new("no-passphrase")
                    .long("no-passphrase")
                    .action(ArgAction::SetTrue)
                    .help("Do not encrypt the private key."),
            )
            .group(ArgGroup::new("secret").args([
                "passphrase",
                "passphrase-file",
                "no-passphrase",
            ]))
    }

    /// Reads what the options say, or else `OCI_CLI_PASSPHRASE`.
    pub(super) fn read(matches: &ArgMatches, settings: &Settings) -> Result<Self, CliError> {
        if matches.get_flag("no-passphrase") {
            return Ok(Self::None);
        }
        let text = matches.get_one::<String>("passphrase").cloned();
        let from_file = matches.get_one::<String>("passphrase-file");
        let secret = match (text, from_file) {
            (Some(text), _) if text.is_empty() => {
                return Err(CliError::value(
                    "--passphrase is empty: give --no-passphrase for a key without one",
                ));
            }
            (Some(text), _) => SecretString::from(text),
            (None, Some(file)) => first_line(file, settings.environment())?,
            (None, None) => match settings.text(Setting::PassPhrase) {
                Some(text) => SecretString::from(text),
                None => return Ok(Self::Unsaid),
            },
        };
        Ok(Self::Secret(secret))
    }

    /// Asks for the passphrase of a new key, twice.
    pub(super) fn ask_for_new() -> Result<Self, CliError> {
        loop {
            let first =
                terminal::ask_secret("Passphrase for the private key (nothing for no passphrase)")?;
            if first.expose_secret().is_empty() {
                return Ok(Self::None);
            }
            let second = terminal::ask_secret("The same again")?;
            if first.expose_secret() == second.expose_secret() {
                return Ok(Self::Secret(first));
            }
            terminal::note("The two differ: try again.");
        }
    }

    /// The passphrase itself.
    pub(super) fn secret(&self) -> Option<&SecretString> {
        match self {
            Self::Secret(secret) => Some(secret),
            Self::Unsaid | Self::None => None,
        }
    }

    /// Whether anything is said.
    pub(super) fn is_said(&self) -> bool {
        !matches!(self, Self::Unsaid)
    }
}

fn first_line(file: &str, environment: &Environment) -> Result<SecretString, CliError> {
    // More than any passphrase; an endless file is not read to its end.
    const MOST_BYTES: u64 = 4096;
    let mut line = String::new();
    let read = match file {
        "-" => io::stdin().lock().take(MOST_BYTES).read_line(&mut line),
        path => File::open(environment.expand_home(path)).and_then(|file| {
            let mut reader = BufReader::new(file.take(MOST_BYTES));
            reader.read_line(&mut line)
        }),
    };
    let source = match file {
        "-" => "standard input",
        path => path,
    };
    read.map_err(CliError::io(format!("read the passphrase from {source}")))?;
    let text = line.trim_end_matches(['\r', '\n']);
    match text.trim().is_empty() {
        true => Err(CliError::value(format!(
            "the first line of {source} is empty: it must hold the passphrase"
        ))),
        false => Ok(SecretString::from(text)),
    }
}
