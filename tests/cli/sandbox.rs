//! A place to run the program in: nothing of the surrounding environment, a home and a data folder of
//! its own, and a clock that can be stopped.
//!
//! A run states what it expects on all three counts; what is not stated must be 0, or empty.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The instant at which [`Sandbox::frozen`] stops the clock, as the official command line prints it.
pub(crate) const NOON: &str = "2026-03-14T12:00:00+00:00";

/// How long a run may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home folder with nothing in it, and the environment that belongs to it.
pub(crate) struct Sandbox {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            variables: Vec::new(),
        }
    }

    /// The same, with the engine's clock standing still at [`NOON`].
    pub(crate) fn frozen() -> Self {
        let sandbox = Self::new();
        sandbox.data(&format!("local clock set {NOON} --frozen"));
        sandbox
    }

    /// The same, with a stream `orders` of three partitions, and the clock standing still.
    pub(crate) fn with_orders() -> Self {
        let sandbox = Self::frozen();
        sandbox.data("streaming admin stream create --name orders --partitions 3");
        sandbox
    }

    /// Sets a variable for every run.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file below the home folder, and tells its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The program, ready to be run by hand.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ocelot"));
        command
            .env_clear()
            .envs(self.environment())
            .current_dir(self.folder.path());
        command
    }

    /// The variables of every run.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let path = |name| self.path(name).to_str().unwrap().to_owned();
        let mut variables = vec![
            ("HOME".to_owned(), path("")),
            ("OCELOT_HOME".to_owned(), path("data")),
        ];
        variables.extend(self.variables.iter().cloned());
        variables
    }

    /// A line as it is typed; single quotes keep words together.
    pub(crate) fn ocelot(&self, line: &str) -> Run<'_> {
        let mut command = self.command();
        command.args(words(line));
        Run {
            sandbox: self,
            line: line.to_owned(),
            command,
            stdin: Vec::new(),
            status: 0,
            stdout: String::new(),
            stderr: Stderr::Is(String::new()),
        }
    }

    /// What a line that succeeds prints on stdout, without the last line's end.
    pub(crate) fn data(&self, line: &str) -> String {
        let output = self.ocelot(line).output();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{line}\n{stdout}{stderr}");
        stdout.trim_end_matches('\n').to_owned()
    }

    /// A cursor at the beginning of a partition of `orders`.
    pub(crate) fn cursor(&self, partition: u32) -> String {
        self.data(&format!(
            "streaming stream cursor create-cursor --stream-id orders --partition {partition} \
             --type TRIM_HORIZON --query data.value --raw-output"
        ))
    }

    /// Takes what differs from run to run out of a text.
    fn redact(&self, text: &str) -> String {
        let home = self.folder.path().to_str().unwrap();
        let text = text.replace(home, "[home]");
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let mut redacted = String::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end.max(rest.chars().next().unwrap().len_utf8()));
            redacted += &nameless(name);
            rest = after;
        }
        redacted
    }
}

/// `[uuid]` for one or more of them, and an OCID without what is its own.
fn nameless(name: &str) -> String {
    if name.len() >= 36 && name.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        return "[uuid]".to_owned();
    }
    match name.rsplit_once('.') {
        Some((kind, own)) if kind.starts_with("ocid1.") && own.len() > 20 => format!("{kind}.~"),
        _ => name.to_owned(),
    }
}

/// The words of a line: those in single quotes are one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut current: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                current.get_or_insert_default();
            }
            ' ' | '\n' if !quoted => words.extend(current.take()),
            c => current.get_or_insert_default().push(c),
        }
    }
    assert!(!quoted, "a quote is open in {line}");
    words.extend(current);
    words
}

enum Stderr {
    Is(String),
    Has(Vec<String>),
    Service(u16, String, String),
}

/// One run of the program, and what is expected of it.
#[must_use = "nothing runs before check()"]
pub(crate) struct Run<'s> {
    sandbox: &'s Sandbox,
    line: String,
    command: Command,
    stdin: Vec<u8>,
    status: i32,
    stdout: String,
    stderr: Stderr,
}

impl Run<'_> {
    pub(crate) fn args<A: AsRef<std::ffi::OsStr>>(
        mut self,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.stdin = input.into();
        self
    }

    pub(crate) fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn stdout(mut self, text: &str) -> Self {
        self.stdout = text.to_owned();
        self
    }

    pub(crate) fn stderr(mut self, text: &str) -> Self {
        self.stderr = Stderr::Is(text.to_owned());
        self
    }

    /// All of these stand in stderr.
    pub(crate) fn stderr_has<'t>(mut self, parts: impl IntoIterator<Item = &'t str>) -> Self {
        self.stderr = Stderr::Has(parts.into_iter().map(str::to_owned).collect());
        self
    }

    /// The exit status is 1, and stderr holds a service's refusal with this HTTP status, code and message.
    pub(crate) fn refused(mut self, status: u16, code: &str, message: &str) -> Self {
        self.stderr = Stderr::Service(status, code.to_owned(), message.to_owned());
        self.status(1)
    }

    /// Runs the line, and fails unless all is as expected.
    pub(crate) fn check(mut self) {
        let output = self.output();
        let stdout = self
            .sandbox
            .redact(&String::from_utf8_lossy(&output.stdout));
        let stderr = self
            .sandbox
            .redact(&String::from_utf8_lossy(&output.stderr));
        let told = format!(
            "ocelot {}\nstatus {:?}\n{stdout}{stderr}",
            self.line, output.status
        );
        assert_eq!(output.status.code(), Some(self.status), "{told}");
        assert_eq!(stdout, self.stdout, "stdout of {told}");
        match &self.stderr {
            Stderr::Is(text) => assert_eq!(&stderr, text, "stderr of {told}"),
            Stderr::Has(parts) => {
                for part in parts {
                    assert!(stderr.contains(part), "no {part:?} in stderr of {told}");
                }
            }
            Stderr::Service(status, code, message) => {
                let details = stderr.split_once(":\n").map_or("", |(_, details)| details);
                let details: Value = serde_json::from_str(details).expect(&told);
                assert_eq!(details["status"], *status, "{told}");
                assert_eq!(details["code"], *code, "{told}");
                assert_eq!(details["message"], *message, "{told}");
            }
        }
    }

    /// Runs the line, and returns what came of it, whatever that is.
    pub(crate) fn output(&mut self) -> Output {
        let command = std::mem::replace(&mut self.command, Command::new("true"));
        let output = assert_cmd::Command::from_std(command)
            .write_stdin(std::mem::take(&mut self.stdin))
            .timeout(PATIENCE)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{}\n{stderr}", self.line);
        output
    }

    /// Runs the line with an input on which nothing ever comes, and fails if it waits for that.
    pub(crate) fn check_does_not_read_stdin(mut self) {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let _open = child.stdin.take().unwrap();
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("ocelot {} waits for its input", self.line);
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        assert_eq!(status.code(), Some(self.status), "ocelot {}", self.line);
    }
}

/// Whether files that nobody may read can be read all the same, as root can.
#[cfg(unix)]
pub(crate) fn permissions_do_not_bind(folder: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let probe = folder.join("probe");
    fs::write(&probe, "x").unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o000)).unwrap();
    fs::read(&probe).is_ok()
}
