//! Reading a settings file, and the message when that fails.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use super::error::ProfileError;
use super::ini::{Document, Entry};
use super::source::Place;

/// What a settings file may hold: none is near it, and an endless one must not be read to its end.
const MOST_BYTES: u64 = 16 << 20;

/// A settings file that was read.
#[derive(Debug)]
pub(super) struct SettingsFile {
    pub(super) path: Arc<Path>,
    pub(super) document: Document,
}

impl SettingsFile {
    /// Reads a file; `None` if it is not there.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, ProfileError> {
        let Some(text) = read_text(path)? else {
            return Ok(None);
        };
        let document = Document::parse(&text).map_err(|malformed| ProfileError::Malformed {
            path: path.to_owned(),
            malformed,
        })?;
        Ok(Some(Self {
            path: path.into(),
            document,
        }))
    }

    /// The place of an entry.
    pub(super) fn place(&self, entry: &Entry) -> Place {
        Place {
            path: Arc::clone(&self.path),
            line: *entry.lines.start(),
        }
    }
}

/// The text of a file; `None` if it is not there.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, ProfileError> {
    let unreadable = |reason: String| ProfileError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    }
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unreadable(format!("it holds more than {MOST_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        unreadable(format!("line {line} is not UTF-8 text"))
    })?;
    Ok(Some(text))
}
