//! `ocelot setup repair-file-permissions`: a file with secrets is for the user alone.

use std::fs;

use clap::{Arg, ArgMatches, Command};

use crate::cli::builtin::Answer;
use crate::cli::error::CliError;
use crate::cli::globals::Globals;
use crate::profile::Environment;

pub(super) fn command() -> Command {
    Command::new("repair-file-permissions")
        .about("Let only yourself read and write a file, as the config file and keys should be.")
        .arg(
            Arg::new("file")
                .long("file")
                .value_name("FILE")
                .help("The file; it must be named."),
        )
        .after_help("Example:\n  ocelot setup repair-file-permissions --file ~/.oci/config")
}

pub(super) fn run(matches: &ArgMatches, _: &Globals) -> Result<Answer, CliError> {
    let named = matches
        .get_one::<String>("file")
        .ok_or_else(|| CliError::Missing {
            usage: "ocelot setup repair-file-permissions [OPTIONS]".to_owned(),
            flags: vec!["--file".to_owned()],
            hint: "",
        })?;
    let path = Environment::of_process().expand_home(named);
    let file = fs::metadata(&path).map_err(CliError::io(format!("look at {}", path.display())))?;
    if !file.is_file() {
        return Err(CliError::value(format!(
            "--file is {}, which is no file: this is for single files",
            path.display()
        )));
    }
    close(&path, &file)
}

#[cfg(unix)]
fn close(path: &std::path::Path, file: &fs::Metadata) -> Result<Answer, CliError> {
    use std::os::unix::fs::PermissionsExt;

    const PRIVATE: u32 = 0o600;
    fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE)).map_err(CliError::io(
        format!("change the permissions of {}", path.display()),
    ))?;
    let mode = |mode: u32| format!("{:04o}", mode & 0o7777);
    Ok(Answer::data(serde_json::json!({
        "file": path.display().to_string(),
        "mode": mode(PRIVATE),
        "mode-before": mode(file.permissions().mode()),
    })))
}

#[cfg(not(unix))]
fn close(path: &std::path::Path, _: &fs::Metadata) -> Result<Answer, CliError> {
    Err(CliError::refused(format!(
        "ocelot changes permissions on Unix only: on Windows, icacls \"{}\" /inheritance:r /grant:r \"%USERNAME%:F\" \
         does it",
        path.display()
    )))
}
