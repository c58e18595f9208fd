//! A server that can be killed and started again where it was, and Python with its clients.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take. Much more than it does, since machines are busy at times.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Where a server listens.
#[derive(Clone)]
pub(crate) struct Addresses {
    pub(crate) http: String,
    pub(crate) kafka: String,
}

impl Addresses {
    /// Ports that are free.
    pub(crate) fn any() -> Self {
        let any = "127.0.0.1:0".to_owned();
        Self {
            http: any.clone(),
            kafka: any,
        }
    }
}

/// A server that ends with the value.
pub(crate) struct Server {
    process: Child,
    pub(crate) addresses: Addresses,
}

impl Server {
    /// Starts the server by a command that ends in running its arguments; nothing stands for none. What it tells
    /// of itself goes into `home`.
    pub(crate) fn start(wrapper: &[&str], home: &Path, data: &Path, at: &Addresses) -> Self {
        let program = assert_cmd::cargo::cargo_bin!("ocelot");
        let mut command = match wrapper.split_first() {
            None => Command::new(program),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
        };
        let ready = home.join("ready.json");
        let mut process = command
            .env_remove("OCELOT_STRICT")
            .args(["serve", "--http", &at.http, "--kafka", &at.kafka])
            .args(["--stomp", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(data)
            .arg("--ready-file")
            .arg(&ready)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(home.join("server.log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains("ready"), "the server did not start: {line:?}");
        let ready: Value = serde_json::from_slice(&fs::read(ready).unwrap()).unwrap();
        let text = |field: &str| ready[field].as_str().unwrap().to_owned();
        Self {
            process,
            addresses: Addresses {
                http: text("http").replace("http://", ""),
                kafka: text("kafka"),
            },
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as the system would for want of memory.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A Python that has the clients.
pub(crate) struct Python(OsString);

impl Python {
    /// `None` where the surroundings name none.
    pub(crate) fn find() -> Option<Self> {
        let python = std::env::var_os("OCELOT_PYTHON").map(Self);
        if python.is_none() {
            eprintln!("OCELOT_PYTHON is not set: there are no clients to test with");
        }
        python
    }

    /// A script of this repository, to be run with nothing in its surroundings. What it logs is dropped.
    pub(crate) fn script(&self, path: &str) -> Command {
        let mut command = Command::new(&self.0);
        command
            .env_clear()
            .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }
}

/// Waits for the end of a process, which must come in time and be a good one.
pub(crate) fn succeeds(process: &mut Child) {
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
    assert!(status.success(), "{status}");
}
