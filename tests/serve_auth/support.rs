//! A server on a data folder of its own, the command line beside it, and Python with its clients.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take. Much more than it does, since machines are busy at times.
const PATIENCE: Duration = Duration::from_secs(120);

/// A user's home, with a data folder in it.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program, with this home and nothing else around it.
    pub(crate) fn ocelot<W: AsRef<OsStr>>(&self, words: &[W]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("ocelot"));
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("OCELOT_HOME", self.path("data"))
            .args(words);
        command
    }

    /// What a command prints, which must end well.
    pub(crate) fn run<W: AsRef<OsStr>>(&self, words: &[W]) -> String {
        succeed(self.ocelot(words))
    }

    /// The JSON that a command prints.
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let text = self.run(words);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}: {text}"))
    }

    /// What a command says that is refused, with its status.
    pub(crate) fn refusal<W: AsRef<OsStr>>(&self, words: &[W]) -> (i32, String) {
        let command = self.ocelot(words);
        let shown = format!("{command:?}");
        let output = finish(command);
        assert!(!output.status.success(), "{shown} was not refused");
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), said)
    }

    /// A profile of the config file, with a new key.
    pub(crate) fn profile(&self, name: &str, tenancy: &str) {
        let key_file = self.path(&format!("{name}.pem"));
        self.run(&[
            "setup",
            "config",
            "--profile",
            name,
            "--user",
            &format!("ocid1.user.oc1..{}", name.to_lowercase()),
            "--tenancy",
            tenancy,
            "--region",
            "us-ashburn-1",
            "--key-file",
            key_file.to_str().unwrap(),
            "--no-passphrase",
        ]);
    }

    pub(crate) fn config_file(&self) -> String {
        self.path(".oci/config").to_str().unwrap().to_owned()
    }
}

/// A server that ends with the value.
pub(crate) struct Server {
    process: Child,
    /// What it wrote once it was ready.
    ready: Value,
}

impl Server {
    pub(crate) fn start(home: &Home, options: &[&str]) -> Self {
        let ready = home.path("ready.json");
        let mut command =
            home.ocelot(&["serve", "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0"]);
        let mut process = command
            .args(["--stomp", "127.0.0.1:0"])
            .args(options)
            .arg("--ready-file")
            .arg(&ready)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(home.path("server.log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains("ready"), "the server did not start: {line:?}");
        let ready = serde_json::from_slice(&fs::read(ready).unwrap()).unwrap();
        Self { process, ready }
    }

    fn text(&self, field: &str) -> &str {
        self.ready[field].as_str().unwrap()
    }

    /// The URL of REST.
    pub(crate) fn http(&self) -> &str {
        self.text("http")
    }

    /// The address of Kafka.
    pub(crate) fn kafka(&self) -> &str {
        self.text("kafka")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a helper beside this file to its end, which must be a good one, and returns what it said. Does nothing
/// where the surroundings have no Python with the clients.
pub(crate) fn python(script: &str, args: &[&str]) -> Option<String> {
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: {script} is left out");
        return None;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve_auth");
    let mut command = Command::new(python);
    // Variables of the surroundings may name certificates and proxies.
    command.env_clear().arg(folder.join(script)).args(args);
    Some(succeed(command))
}

fn succeed(command: Command) -> String {
    let shown = format!("{command:?}");
    let output = finish(command);
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{shown}: {}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Runs a command to its end, which must come in time.
fn finish(mut command: Command) -> Output {
    // In files, not pipes: those fill up while nobody reads.
    let [stdout, stderr] = [(); 2].map(|()| tempfile::NamedTempFile::new().unwrap());
    let mut process = command
        .stdin(Stdio::null())
        .stdout(stdout.reopen().unwrap())
        .stderr(stderr.reopen().unwrap())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            process.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    Output {
        status,
        stdout: fs::read(stdout.path()).unwrap(),
        stderr: fs::read(stderr.path()).unwrap(),
    }
}
