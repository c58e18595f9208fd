//! A file with a saved state, as it is read: more than once, so that what can be read once only is kept first.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::{StateError, archive, place};

/// What standard input is called.
const STANDARD_INPUT: &str = "standard input";

/// What is compressed with zstd begins with this. Source: RFC 8878, 3.1.1.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A saved state that is to be loaded.
#[derive(Debug)]
pub struct Saved {
    path: PathBuf,
    file: File,
}

impl Saved {
    /// Opens a file. What is none, as a pipe, is read to its end.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let file = File::open(path).map_err(StateError::io("open", path))?;
        let metadata = file.metadata().map_err(StateError::io("open", path))?;
        if metadata.is_dir() || file.is_terminal() {
            return Err(StateError::NoOrdinaryFile(path.to_owned()));
        }
        match metadata.is_file() {
            true => Ok(Self {
                path: path.to_owned(),
                file,
            }),
            false => Self::keep(path, file),
        }
    }

    /// Reads standard input to its end.
    pub fn of_standard_input() -> Result<Self, StateError> {
        match io::stdin().is_terminal() {
            true => Err(StateError::Typed),
            false => Self::keep(Path::new(STANDARD_INPUT), io::stdin().lock()),
        }
    }

    /// Copies what is read into a file that is gone with the value.
    fn keep(path: &Path, mut input: impl Read) -> Result<Self, StateError> {
        let mut magic = Vec::new();
        let begun = (&mut input)
            .take(ZSTD_MAGIC.len() as u64)
            .read_to_end(&mut magic);
        begun.map_err(StateError::io("read", path))?;
        // What never ends is mostly nothing of ours.
        if magic != ZSTD_MAGIC {
            return Err(StateError::foreign(path, "it is not compressed with zstd"));
        }
        let folder = std::env::temp_dir();
        let room = place::room(&folder).unwrap_or(archive::MOST_BYTES);
        let mut file = tempfile::tempfile().map_err(StateError::io("make a file in", &folder))?;
        let copied = file
            .write_all(&magic)
            .and_then(|()| io::copy(&mut input.take(room), &mut file));
        if copied.map_err(StateError::io("read", path))? >= room {
            return Err(StateError::NoRoomToKeep {
                path: path.to_owned(),
                folder,
                room,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// What it is called.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it, from its beginning.
    pub(super) fn content(&self) -> io::Result<BufReader<&File>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::new(file))
    }
}
