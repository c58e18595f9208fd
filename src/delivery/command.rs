//! Commands of the shell that functions are.

use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::function::{Invocation, Result, Wanted};

/// Most bytes that are kept of what is for the logs only; what comes after them is read and dropped.
const MOST_LOGGED: usize = Wanted::Beginning.most_bytes();

/// A process of a function. While it runs, it ends with this value, and what it began in its group with it.
pub(super) struct Process {
    child: Child,
}

impl Process {
    /// Starts a line of the shell with more variables in its environment.
    pub(super) fn start(line: &str, variables: &[(&'static str, String)]) -> std::io::Result<Self> {
        let mut command = shell(line);
        command
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        Ok(Self { child })
    }

    /// Hands the input over and collects what is written until both outputs are closed, and the status.
    async fn finish(
        &mut self,
        input: &str,
        most_bytes: usize,
    ) -> std::io::Result<(ExitStatus, String, String)> {
        let stdin = self.child.stdin.take();
        let write = async {
            if let Some(mut stdin) = stdin {
                // Who does not read it need not.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let (status, (), output, error_output) = tokio::join!(
            self.child.wait(),
            write,
            collect(stdout, most_bytes),
            collect(stderr, MOST_LOGGED)
        );
        Ok((status?, output, error_output))
    }

    /// Ends the process and collects what it has written to its outputs.
    #[cfg(unix)]
    pub(super) async fn stop(mut self) -> String {
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        self.kill();
        let (output, error_output) =
            tokio::join!(collect(stdout, MOST_LOGGED), collect(stderr, MOST_LOGGED));
        output + &error_output
    }

    /// Whether the process has ended by itself.
    #[cfg(unix)]
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends the group of the process, unless it has ended.
    #[cfg(unix)]
    fn kill(&self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(Pid::from_raw) {
            // A group that is gone already is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(unix)]
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn shell(line: &str) -> Command {
    let (program, option) = match cfg!(windows) {
        true => ("cmd", "/C"),
        false => ("sh", "-c"),
    };
    let mut command = Command::new(program);
    command.arg(option).arg(line);
    command
}

async fn collect(pipe: Option<impl AsyncRead + Unpin>, most_bytes: usize) -> String {
    let Some(mut pipe) = pipe else {
        return String::new();
    };
    let mut kept = Vec::new();
    // An output that breaks off ends there.
    let _ = (&mut pipe)
        .take(most_bytes as u64)
        .read_to_end(&mut kept)
        .await;
    let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&kept).into_owned()
}

/// Runs a command with the event on its standard input. It has succeeded when its exit status is 0.
pub(super) async fn run(invocation: &Invocation<'_>, line: &str) -> Result {
    let ended = match Process::start(line, &invocation.environment("default")) {
        Ok(mut process) => {
            process
                .finish(invocation.body, invocation.wanted.most_bytes())
                .await
        }
        Err(error) => Err(error),
    };
    match ended {
        Ok((status, output, error_output)) => Result {
            status: status.code(),
            succeeded: status.success(),
            output,
            error_output,
        },
        Err(error) => Result::not_run(format!("the command did not run: {error}")),
    }
}
