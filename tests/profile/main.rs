//! The settings layer: files as users have them, precedence, regions, addresses, and writing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod addresses;
mod files;
mod format;
mod precedence;
mod rc;
mod writing;

use std::fs;
use std::path::{Path, PathBuf};

use ocelot::profile::{Environment, Flags, ProfileError, Settings};
use tempfile::TempDir;

/// A user with a home folder of their own, and what they type and have set.
struct User {
    home: TempDir,
    flags: Vec<(&'static str, String)>,
    variables: Vec<(&'static str, String)>,
}

impl User {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        fs::create_dir(home.path().join(".oci")).unwrap();
        Self {
            home,
            flags: Vec::new(),
            variables: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(".oci").join(name)
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    fn config(self, content: impl AsRef<[u8]>) -> Self {
        self.file("config", content)
    }

    fn rc(self, content: impl AsRef<[u8]>) -> Self {
        self.file("oci_cli_rc", content)
    }

    fn flag(mut self, flag: &'static str, value: &str) -> Self {
        self.flags.push((flag, value.to_owned()));
        self
    }

    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn environment(&self) -> Environment {
        let home = ("HOME", self.home.path().display().to_string());
        Environment::of(self.variables.iter().cloned().chain([home]))
    }

    fn load_for(&self, command: &str) -> Result<Settings, ProfileError> {
        let flags: Flags = self.flags.iter().cloned().collect();
        Settings::load(flags, &self.environment(), command)
    }

    fn settings(&self) -> Settings {
        self.load_for("streaming admin stream list").unwrap()
    }

    /// The error's message, with `~` for the home folder.
    fn error(&self) -> String {
        let error = self.load_for("streaming admin stream list").unwrap_err();
        self.tilde(&error.to_string())
    }

    fn tilde(&self, text: &str) -> String {
        text.replace(&self.home.path().display().to_string(), "~")
    }
}

/// The lines of a file of recorded cases.
fn recorded(name: &str) -> Vec<serde_json::Value> {
    let path = Path::new("tests/data/profile").join(name);
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}
