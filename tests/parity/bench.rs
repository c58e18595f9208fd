//! A home folder with a profile, a server, and a way to run cases against them.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::case::{Case, Request};
use crate::server::Server;

/// No case takes nearly as long.
const MOST: Duration = Duration::from_secs(30);

const CONFIG: &str = "[DEFAULT]
user=ocid1.user.oc1..exampleuser
fingerprint=12:34:56:78:90:ab:cd:ef:12:34:56:78:90:ab:cd:ef
tenancy=ocid1.tenancy.oc1..exampletenancy
region=us-ashburn-1
key_file=~/.oci/key.pem
";

/// What became of a case.
#[derive(Debug)]
pub(crate) struct Run {
    /// None if it did not end by itself.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) requests: Vec<Request>,
}

pub(crate) struct Bench {
    folder: TempDir,
    server: Server,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("home/.oci");
        fs::create_dir_all(&settings).unwrap();
        write_private(&settings.join("config"), CONFIG);
        write_private(
            &settings.join("key.pem"),
            include_str!("../data/parity/key.pem"),
        );
        let server = Server::start();
        Self { folder, server }
    }

    pub(crate) fn run(&self, case: &Case) -> Run {
        let work = tempfile::tempdir_in(self.folder.path()).unwrap();
        let work_text = work.path().to_str().unwrap();
        for (name, text) in &case.files {
            fs::write(work.path().join(name), text).unwrap();
        }
        let responses = case.requests.iter();
        self.server
            .expect(responses.map(|request| request.response.clone()));
        let mut child = Command::new(env!("CARGO_BIN_EXE_ocelot"))
            .args(
                case.argv
                    .iter()
                    .map(|word| word.replace("{dir}", work_text)),
            )
            .env_clear()
            .env("HOME", self.folder.path().join("home"))
            .env(
                "OCI_CLI_ENDPOINT",
                format!("http://127.0.0.1:{}", self.server.port),
            )
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("COLUMNS", "80")
            .current_dir(work.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that does not read its input may be gone by now.
        let _ = stdin.write_all(case.stdin.as_bytes());
        drop(stdin);
        let begun = Instant::now();
        let (id, done) = (child.id(), std::sync::mpsc::channel());
        let waiter = thread::spawn(move || done.0.send(child.wait_with_output()).ok());
        let Ok(output) = done.1.recv_timeout(MOST) else {
            panic!(
                "{} (process {id}) still runs after {:?}",
                case.id,
                begun.elapsed()
            );
        };
        waiter.join().unwrap();
        let output = output.unwrap();
        let clean = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            let text = text.replace(work_text, "{dir}");
            text.replace(&self.server.port.to_string(), "PORT")
        };
        Run {
            status: output.status.code(),
            stdout: clean(output.stdout),
            stderr: clean(output.stderr),
            requests: self.server.seen(),
        }
    }
}

fn write_private(path: &std::path::Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}
