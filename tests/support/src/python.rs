//! Python with the SDK, the Kafka and the STOMP clients of `tests/requirements.txt`.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::process::succeed;

/// The path of a key that requests are signed with.
pub const RSA_KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../data/signing/keys/rsa.pkcs8.test-key.pem"
);

/// A Python that has the clients.
pub struct Python(OsString);

impl Python {
    /// The one that `OCELOT_PYTHON` names; `None` where it names none, which is told.
    pub fn find() -> Option<Self> {
        let python = std::env::var_os("OCELOT_PYTHON").map(Self);
        if python.is_none() {
            eprintln!("OCELOT_PYTHON is not set: there are no clients to test with");
        }
        python
    }

    /// A script of this repository, to be run with nothing in its surroundings: those may name certificates and
    /// proxies.
    pub fn script(&self, path: &str) -> Command {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        let mut command = Command::new(&self.0);
        command
            .env_clear()
            // Nothing is left beside the scripts.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(repository.unwrap().join(path));
        command
    }
}

/// Runs a script of this repository to its end, which must be a good one, and returns what it said. Does nothing
/// where the surroundings have no Python with the clients.
pub fn python(script: &str, args: &[&str]) -> Option<String> {
    let mut command = Python::find()?.script(script);
    command.args(args);
    Some(succeed(command))
}
