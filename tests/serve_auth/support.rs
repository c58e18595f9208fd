//! A server on a data folder of its own, the command line beside it, and Python with its clients.

use std::ffi::OsStr;
use std::ops::Deref;
use std::process::Command;

use serde_json::Value;
use test_support::{Program, finish, succeed};

/// A user's home, with a data folder in it.
pub(crate) struct Home(Program);

impl Deref for Home {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(Program::new())
    }

    /// The program, with this home and nothing else around it.
    pub(crate) fn ocelot<W: AsRef<OsStr>>(&self, words: &[W]) -> Command {
        self.command_of(words)
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

/// A server on the data folder of a home.
pub(crate) struct Server(test_support::Server);

impl Server {
    pub(crate) fn start(home: &Home, options: &[&str]) -> Self {
        Self(home.serve(&options.join(" ")))
    }

    /// The URL of REST.
    pub(crate) fn http(&self) -> &str {
        self.0.url()
    }

    /// The address of Kafka.
    pub(crate) fn kafka(&self) -> &str {
        self.0.kafka()
    }
}

/// Runs a helper beside this file to its end, which must be a good one, and returns what it said. Does nothing
/// where the surroundings have no Python with the clients.
pub(crate) fn python(script: &str, args: &[&str]) -> Option<String> {
    test_support::python(&format!("tests/serve_auth/{script}"), args)
}
