//! The same home for tests that look at what is printed as a text.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::program::Program;

/// A home folder, with the data folder and whatever else a test needs in it.
#[derive(Default)]
pub struct Home(Program);

impl Deref for Home {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

impl Home {
    /// An empty home.
    pub fn new() -> Self {
        Self::default()
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Runs a line to its end, whatever comes of it.
    pub fn run(&self, line: &str) -> Output {
        self.output(line)
    }

    /// What a line that succeeds prints, without the last line's end.
    pub fn ok(&self, line: &str) -> String {
        self.text(line).trim_end().to_owned()
    }

    /// The data that a line prints, whatever it tells besides.
    pub fn json(&self, line: &str) -> Value {
        self.told(line).0
    }
}

/// Whether only its owner can read a file.
#[cfg(unix)]
pub fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::metadata(path).unwrap().permissions();
    permissions.mode() & 0o077 == 0
}
