//! `ocelot setup oci-cli-rc`: a file with canned queries and aliases to begin with.

use std::fs;

use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::keys::absolute;
use crate::cli::builtin::Answer;
use crate::cli::error::CliError;
use crate::cli::globals::Globals;
use crate::profile::ini::Document;
use crate::profile::{Environment, ProfileError, write_private};

/// Sections with what they begin with. Names and expressions are the official command line's.
const SECTIONS: [(&str, &str); 3] = [
    ("OCI_CLI_CANNED_QUERIES", include_str!("rc/queries.ini")),
    ("OCI_CLI_COMMAND_ALIASES", include_str!("rc/commands.ini")),
    ("OCI_CLI_PARAM_ALIASES", include_str!("rc/options.ini")),
];

pub(super) fn command() -> Command {
    Command::new("oci-cli-rc")
        .about("Write canned queries and aliases to begin with into the rc file.")
        .arg(
            Arg::new("file")
                .long("file")
                .value_name("FILE")
                .default_value("~/.oci/oci_cli_rc")
                .help("The file. Sections that it has already stay as they are."),
        )
        .after_help("Example:\n  ocelot setup oci-cli-rc")
}

pub(super) fn run(matches: &ArgMatches, _: &Globals) -> Result<Answer, CliError> {
    let named = matches.get_one::<String>("file").map_or("", String::as_str);
    let path = absolute(&Environment::of_process().expand_home(named))?;
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(CliError::io(format!("read {}", path.display()))(error)),
    };
    let document = Document::parse(&before).map_err(|malformed| ProfileError::Malformed {
        path: path.clone(),
        malformed,
    })?;
    let (kept, added): (Vec<_>, Vec<_>) = SECTIONS
        .iter()
        .partition(|(name, _)| document.section(name).is_some());
    let mut after = before;
    for (name, content) in &added {
        if !after.is_empty() {
            after.push_str(if after.ends_with('\n') { "\n" } else { "\n\n" });
        }
        after.push_str(&format!("[{name}]\n{content}"));
    }
    if !added.is_empty() {
        write_private(&path, &after)?;
    }
    let names = |sections: &[(&'static str, &str)]| -> Vec<&str> {
        sections.iter().map(|(name, _)| *name).collect()
    };
    Ok(Answer::data(json!({
        "file": path.display().to_string(),
        "added": names(&added),
        "kept": names(&kept),
    })))
}
