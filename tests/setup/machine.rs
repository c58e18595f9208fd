//! A machine with a home folder of its own, on which the program runs with nobody at a terminal.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const USER: &str = "ocid1.user.oc1..aaaa";
pub(crate) const TENANCY: &str = "ocid1.tenancy.oc1..aaaa";

pub(crate) struct Machine {
    home: TempDir,
    variables: Vec<(String, String)>,
}

/// What became of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// What was printed as data by a run that ended with this status.
    #[track_caller]
    pub(crate) fn data(&self, status: i32) -> Value {
        assert_eq!(self.status, Some(status), "{self:#?}");
        let document: Value = serde_json::from_str(&self.stdout).expect(&self.stdout);
        document["data"].clone()
    }

    /// Holds that the run failed with this status, printed nothing, and said all of this.
    #[track_caller]
    pub(crate) fn says(&self, status: i32, parts: &[&str]) {
        assert_eq!(self.status, Some(status), "{self:#?}");
        assert_eq!(self.stdout, "", "{self:#?}");
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {self:#?}");
        }
    }
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            home: TempDir::new().unwrap(),
            variables: Vec::new(),
        }
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A path as text.
    pub(crate) fn shown(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes a file for the user alone.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        self.set_mode(name, 0o600);
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    /// The permissions of a file.
    pub(crate) fn mode(&self, name: &str) -> u32 {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
        }
        #[cfg(not(unix))]
        0o600
    }

    /// The names in a folder.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// The variables of every run.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("HOME".to_owned(), self.shown("")),
            ("OCELOT_HOME".to_owned(), self.shown("data")),
        ];
        variables.extend(self.variables.iter().cloned());
        variables
    }

    /// Runs a line with an input on which nothing ever comes, and fails if it waits for that.
    pub(crate) fn ocelot(&self, line: &str) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ocelot"))
            .args(line.split_whitespace())
            .env_clear()
            .envs(self.environment())
            .current_dir(self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _open = child.stdin.take().unwrap();
        let stdout = reader(child.stdout.take().unwrap());
        let stderr = reader(child.stderr.take().unwrap());
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("ocelot {line} does not end");
            }
            thread::sleep(Duration::from_millis(2));
        };
        let run = Run {
            status: status.code(),
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
        };
        assert!(!run.stderr.contains("panicked"), "{line}: {run:#?}");
        run
    }

    /// Writes a profile and a key pair, and returns what was printed.
    pub(crate) fn set_up(&self, more: &str) -> Value {
        let run = self.ocelot(&format!(
            "setup config --user {USER} --tenancy {TENANCY} --region us-phoenix-1 --no-passphrase {more}"
        ));
        run.data(0)
    }

    /// A profile of a session whose token has this long to go, in seconds, in files as the official command line
    /// has them. Its key is that of the profile DEFAULT, which is made.
    pub(crate) fn begin_session(&self, name: &str, left_seconds: i64) -> String {
        self.set_up("");
        let token = token(name, left_seconds);
        let folder = format!(".oci/sessions/{name}");
        self.write(&format!("{folder}/token"), &token);
        for file in ["oci_api_key.pem", "oci_api_key_public.pem"] {
            self.write(
                &format!("{folder}/{file}"),
                &self.read(&format!(".oci/{file}")),
            );
        }
        let profile = format!(
            "\n# the session\n[{name}]\nfingerprint=aa\nkey_file={key}\ntenancy={TENANCY}\nregion=us-phoenix-1\n\
             security_token_file={token}\n",
            key = self.shown(&format!("{folder}/oci_api_key.pem")),
            token = self.shown(&format!("{folder}/token")),
        );
        self.write(".oci/config", &(self.read(".oci/config") + &profile));
        token
    }
}

fn reader(mut source: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        source.read_to_string(&mut text).unwrap();
        text
    })
}

/// Now, in seconds since 1970.
pub(crate) fn now_seconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}

/// A token that has this long to go, in seconds.
pub(crate) fn token(name: &str, left_seconds: i64) -> String {
    let claims = json!({"sub": name, "exp": now_seconds() + left_seconds});
    let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("eyJhbGciOiJSUzI1NiJ9.{payload}.c2lnbmF0dXJl")
}
