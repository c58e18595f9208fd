//! Python programs with the official SDK, which tests run against a server.

use std::path::PathBuf;

use test_support::{Python, RSA_KEY, ocelot, succeed};

use crate::server::{Home, Server};

/// A key that exists for tests.
pub(crate) fn test_key() -> PathBuf {
    PathBuf::from(RSA_KEY)
}

/// Runs a Python program against a server, and returns what it says. It gets the server's address, and then
/// `file`.
pub(crate) fn python(home: &Home, server: &Server, script: &str, file: PathBuf) -> Option<String> {
    let mut command = Python::find()?.script(&format!("tests/serve/{script}"));
    command
        .arg(server.url())
        .arg(file)
        .env("HOME", home.path(""))
        .env("OCELOT", ocelot())
        .env("OCELOT_HOME", home.data());
    if let Some(ca) = server.ready["ca"].as_str() {
        command.arg(ca);
    }
    Some(succeed(command))
}
