//! The program in a home of its own, with a clock that stands still.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// How long a run may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let sandbox = Self {
            folder: TempDir::new().unwrap(),
        };
        sandbox.text("local clock set 2026-03-14T12:00:00Z --frozen");
        sandbox
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The variables that the program runs with. The data folder has the same name wherever the home is.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        [
            ("HOME", self.folder.path().display().to_string()),
            ("OCELOT_HOME", "data".to_owned()),
        ]
    }

    /// The program, ready to be run by hand. Words in single quotes are one.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ocelot"));
        for (number, part) in line.split('\'').enumerate() {
            match number % 2 {
                1 => command.arg(part),
                _ => command.args(part.split_whitespace()),
            };
        }
        command
            .env_clear()
            .envs(self.environment())
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// What comes of a line, whatever it is.
    pub(crate) fn output(&self, command: Command) -> Output {
        let mut command = assert_cmd::Command::from_std(command);
        command.timeout(PATIENCE).output().unwrap()
    }

    /// What a line that succeeds prints.
    pub(crate) fn text(&self, line: &str) -> String {
        let output = self.output(self.command(line));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a line that is refused says.
    pub(crate) fn refusal(&self, line: &str) -> String {
        let output = self.output(self.command(line));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}\n{stderr}");
        assert_eq!(output.stdout, b"", "{line}");
        stderr
    }

    pub(crate) fn create_stream(&self, name: &str, partitions: u32) {
        self.text(&format!(
            "streaming admin stream create --name {name} --partitions {partitions}"
        ));
    }

    pub(crate) fn put(&self, stream: &str, messages: usize) {
        let texts = "--text x ".repeat(messages);
        self.text(&format!(
            "streaming stream message put --stream-id {stream} --key k {texts}"
        ));
    }
}

/// A server on the folder of a sandbox, which ends with the value.
pub(crate) struct Server(Child);

impl Server {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        let line = "serve --http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 --log error";
        let mut command = sandbox.command(line);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut told = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut told).unwrap();
        assert!(told.contains("http://"), "{told}");
        Self(process)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
