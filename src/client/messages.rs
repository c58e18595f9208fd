//! Where the messages of streams and queues are: addresses that were asked for once, kept in a file.
//!
//! The file is the user's own, in the platform's folder for caches, and holds nothing but addresses. One
//! that is damaged counts as empty, and what cannot be written is asked for again: a cache never fails.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

/// Most addresses that are kept; the ones found longest ago go first.
const MOST_ENTRIES: usize = 256;

/// Most bytes of the file that are read: many times what that many addresses take.
const MOST_BYTES: u64 = 256 * 1024;

/// The addresses that are known.
#[derive(Clone, Debug, Default)]
pub struct MessagesEndpoints {
    file: Option<PathBuf>,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The address of the service that told, which differs from region to region.
    server: String,
    /// The OCID of the stream or queue.
    id: String,
    /// What it told.
    endpoint: String,
}

impl MessagesEndpoints {
    /// Those of the user; none are kept where there is no folder for caches.
    pub fn of_user() -> Self {
        let folder = dirs::cache_dir();
        Self {
            file: folder.map(|folder| folder.join("ocelot").join("messages-endpoints.json")),
        }
    }

    /// Those in this file.
    pub fn in_file(file: impl Into<PathBuf>) -> Self {
        Self {
            file: Some(file.into()),
        }
    }

    /// The address of the messages of a stream or queue, as the service at `server` told it before.
    pub fn find(&self, server: &str, id: &str) -> Option<String> {
        let mut entries = self.read().into_iter();
        let entry = entries.find(|entry| entry.server == server && entry.id == id)?;
        Some(entry.endpoint)
    }

    /// Keeps an address, in place of the one that was known.
    pub fn remember(&self, server: &str, id: &str, endpoint: &str) {
        let mut entries = self.others(server, id);
        entries.insert(
            0,
            Entry {
                server: server.to_owned(),
                id: id.to_owned(),
                endpoint: endpoint.to_owned(),
            },
        );
        entries.truncate(MOST_ENTRIES);
        // Without it the address is asked for the next time.
        let _ = self.write(&entries);
    }

    /// Drops an address that is no longer right.
    pub fn forget(&self, server: &str, id: &str) {
        // Whoever asks for it next finds it wrong again, and asks the service.
        let _ = self.write(&self.others(server, id));
    }

    fn others(&self, server: &str, id: &str) -> Vec<Entry> {
        let mut entries = self.read();
        entries.retain(|entry| entry.server != server || entry.id != id);
        entries
    }

    fn read(&self) -> Vec<Entry> {
        let Some(file) = self.file.as_ref().and_then(|path| File::open(path).ok()) else {
            return Vec::new();
        };
        let mut text = Vec::new();
        let read = file.take(MOST_BYTES).read_to_end(&mut text);
        let entries = read.ok().and_then(|_| serde_json::from_slice(&text).ok());
        entries.unwrap_or_default()
    }

    /// Replaces the file in one step, so that nobody reads half of it.
    fn write(&self, entries: &[Entry]) -> io::Result<()> {
        let Some((path, folder)) = self
            .file
            .as_ref()
            .and_then(|path| Some((path, path.parent()?)))
        else {
            return Ok(());
        };
        fs::create_dir_all(folder)?;
        // A temporary file is readable by its owner alone.
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(entries)?)?;
        file.persist(path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let known = MessagesEndpoints::in_file(folder.path().join("new/cache.json"));
        assert_eq!(known.find("s", "a"), None);
        known.remember("s", "a", "https://one");
        known.remember("s", "a", "https://two");
        known.remember("other", "a", "https://three");
        assert_eq!(known.find("s", "a").unwrap(), "https://two");
        assert_eq!(known.find("other", "a").unwrap(), "https://three");
        known.forget("s", "a");
        assert_eq!(known.find("s", "a"), None);
        for number in 0..MOST_ENTRIES {
            known.remember("s", &number.to_string(), "https://h");
        }
        assert_eq!(known.read().len(), MOST_ENTRIES);
        assert_eq!(known.find("other", "a"), None);
    }

    #[test]
    fn a_damaged_file_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.json");
        for content in ["", "{", "[1]", "[{\"server\":\"s\"}]", "\u{0}"] {
            fs::write(&path, content).unwrap();
            let known = MessagesEndpoints::in_file(&path);
            assert_eq!(known.find("s", "a"), None, "{content:?}");
            known.remember("s", "a", "https://h");
            assert_eq!(known.find("s", "a").unwrap(), "https://h");
        }
        let nowhere = MessagesEndpoints::in_file(path.join("below a file"));
        nowhere.remember("s", "a", "https://h");
        assert_eq!(nowhere.find("s", "a"), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.json");
        MessagesEndpoints::in_file(&path).remember("s", "a", "https://h");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
