//! The process that serves for a run: it is this program again, in a process group of its own, so that what is typed
//! at the terminal reaches the command only.
//!
//! Its standard input is a pipe from the run, which closes when the run ends or is killed: then it stops serving
//! and removes the folder. Through the pipe come two lines: which process the command is, and that it has ended by
//! itself. Without the second, the command and what it has started are ended first.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use clap::ArgMatches;
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use tracing::Level;

use super::folder::{self, RunFolder};
use super::leftovers::{self, Started};
use crate::cli::error::CliError;
use crate::cli::globals::Globals;
use crate::cli::{serve, terminal};
use crate::server::{self, LogOptions, Ready};

/// Says that the command has ended.
const ENDED: &str = "ended";

/// Where the server of a run answers.
#[derive(Serialize, Deserialize)]
pub(super) struct Addresses {
    /// REST, as a URL without a path.
    pub(super) http: String,
    /// Kafka, as `host:port`.
    pub(super) kafka: String,
}

/// The keeper as the run sees it. It ends, and the folder is gone, when the value is dropped.
pub(super) struct Keeper(Child);

impl Keeper {
    /// Starts it, and waits until it serves.
    pub(super) fn start(
        folder: &RunFolder,
        options: &[String],
    ) -> Result<(Self, Addresses), CliError> {
        let program =
            std::env::current_exe().map_err(CliError::io("find this program's own file"))?;
        let started = Command::new(&program)
            .arg("run")
            .args(options)
            .arg("--keeper")
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn();
        let mut keeper = Self(started.map_err(CliError::io(format!("run {}", program.display())))?);
        let mut line = String::new();
        if let Some(stdout) = keeper.0.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut line);
            read.map_err(CliError::io("hear from the server of this run"))?;
        }
        match serde_json::from_str(&line) {
            Ok(addresses) => Ok((keeper, addresses)),
            Err(_) => Err(CliError::Server(
                "the server of this run does not start".to_owned(),
            )),
        }
    }

    /// Lets it end the command if this process cannot.
    pub(super) fn note_command(&self, started: &Started) {
        if let Ok(line) = serde_json::to_string(started) {
            self.tell(&line);
        }
    }

    /// The command has ended by itself: the keeper may end, too.
    pub(super) fn finish(self) {
        self.tell(ENDED);
    }

    fn tell(&self, line: &str) {
        if let Some(mut pipe) = self.0.stdin.as_ref() {
            // A keeper that is gone is told of when this one ends.
            let _ = writeln!(pipe, "{line}");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        match self.0.wait() {
            Ok(status) if status.success() => {}
            Ok(status) => terminal::note(&format!("Note: the server of this run: {status}")),
            Err(error) => terminal::note(&format!("Note: the server of this run: {error}")),
        }
    }
}

/// Serves in this process until the run ends, and removes its folder.
pub(super) fn serve(path: &Path, matches: &ArgMatches, globals: &Globals) -> Result<(), CliError> {
    let failed = || CliError::io(format!("use {}", path.display()));
    let owner = File::open(path.join("owner")).map_err(failed())?;
    owner.lock_shared().map_err(failed())?;
    let served = serve_until_the_end(path, matches, globals);
    folder::remove(path);
    served
}

fn serve_until_the_end(
    path: &Path,
    matches: &ArgMatches,
    globals: &Globals,
) -> Result<(), CliError> {
    let options = LogOptions {
        level: Level::WARN,
        json: false,
    };
    server::log_to_stderr(options).map_err(|error| CliError::refused(error.to_string()))?;
    let any = "127.0.0.1:0";
    let mut line = vec!["serve", "--http", any, "--kafka", any, "--stomp", any];
    if let Some(kind) = matches.get_one::<String>("auth") {
        line.extend(["--auth", kind]);
    }
    if let Some(file) = matches.get_one::<String>("seed") {
        line.extend(["--seed", file]);
    }
    line.extend(matches.get_flag("strict").then_some("--strict"));
    let matches = serve::command().try_get_matches_from(line)?;
    let globals = Globals {
        data_dir: Some(folder::data(path)),
        ..globals.clone()
    };
    let options = serve::options(&matches, &globals)?;
    Ok(server::run(options, |ready| announce(ready, path))?)
}

/// Tells the run where everything is, and begins to listen for its end.
fn announce(ready: &Ready, folder: &Path) {
    let addresses = Addresses {
        http: ready.http_url(),
        kafka: ready.kafka_address(),
    };
    if let Ok(line) = serde_json::to_string(&addresses) {
        // A run that is gone closes the pipe, too.
        let _ = terminal::data(format!("{line}\n").as_bytes());
    }
    let folder = folder.to_owned();
    thread::spawn(move || {
        wait_for_the_end(&folder);
        // The server stops as for everyone: by the signal that it listens for.
        let _ = kill_process(getpid(), Signal::TERM);
    });
}

/// Reads what the run tells, until the pipe closes, and then ends a command that did not end by itself.
fn wait_for_the_end(folder: &Path) {
    let mut command: Option<Started> = None;
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        command = match line.as_str() {
            ENDED => None,
            started => serde_json::from_str(started).ok(),
        };
    }
    if let Some(command) = command {
        leftovers::end(&command, folder);
    }
}
