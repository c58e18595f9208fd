//! The process that serves for a run: it is this program again, in a process group of its own, so that what is typed
//! at the terminal reaches the command only.
//!
//! It is started before the folder is made, so that there is never a folder that nobody would remove. Its standard
//! input is a pipe from the run, which closes when the run ends or is killed: then it stops serving and removes the
//! folder. Through the pipe come three lines: that the folder is made, which process the command is, and that it has
//! ended by itself. Without the last, the command and what it has started are ended first.

use std::fs::File;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use clap::ArgMatches;
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncBufReadExt;
use tokio::process::ChildStdout;
use tracing::Level;

use super::folder::{self, RunFolder};
use super::leftovers::{self, Started};
use crate::cli::error::CliError;
use crate::cli::globals::Globals;
use crate::cli::{serve, terminal};
use crate::server::{self, LogOptions, Ready};

/// Says that the folder is made, and to be served.
const SERVE: &str = "serve";

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
pub(super) struct Keeper {
    process: Child,
    /// Whether it was not let end by itself.
    is_killed: bool,
}

impl Keeper {
    /// Starts it, for a folder that is to be made.
    pub(super) fn start(folder: &RunFolder, options: &[String]) -> Result<Self, CliError> {
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
        let started = started.map_err(CliError::io(format!("run {}", program.display())));
        Ok(Self {
            process: started?,
            is_killed: false,
        })
    }

    /// Has it serve the folder, which is made, and waits until it does.
    pub(super) async fn serve(&mut self) -> Result<Addresses, CliError> {
        let failed = || CliError::io("hear from the server of this run");
        self.tell(SERVE);
        let mut line = String::new();
        if let Some(stdout) = self.process.stdout.take() {
            let stdout = ChildStdout::from_std(stdout).map_err(failed())?;
            let mut stdout = tokio::io::BufReader::new(stdout);
            stdout.read_line(&mut line).await.map_err(failed())?;
        }
        serde_json::from_str(&line)
            .map_err(|_| CliError::Server("the server of this run does not start".to_owned()))
    }

    /// Ends it at once, whatever it does; the folder may stay.
    pub(super) fn kill(&mut self) {
        self.is_killed = true;
        // One that has ended needs no killing.
        let _ = self.process.kill();
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
        if let Some(mut pipe) = self.process.stdin.as_ref() {
            // A keeper that is gone is told of when this one ends.
            let _ = writeln!(pipe, "{line}");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        match self.process.wait() {
            Ok(status) if status.success() || self.is_killed => {}
            Ok(status) => terminal::note(&format!("Note: the server of this run: {status}")),
            Err(error) => terminal::note(&format!("Note: the server of this run: {error}")),
        }
    }
}

/// Serves in this process until the run ends, and removes its folder.
pub(super) fn serve(path: &Path, matches: &ArgMatches, globals: &Globals) -> Result<(), CliError> {
    let told = io::stdin().lock().lines().next();
    if !matches!(told, Some(Ok(line)) if line == SERVE) {
        // The run is gone, and may have begun to make it.
        folder::remove(path);
        return Ok(());
    }
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
    let mut has_ended = false;
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.as_str() {
            ENDED => has_ended = true,
            started => command = serde_json::from_str(started).ok(),
        }
    }
    if !has_ended {
        leftovers::end(command.as_ref(), folder);
    }
}
