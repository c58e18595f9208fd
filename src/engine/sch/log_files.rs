//! Files that are followed, also where they are rotated.
//!
//! A file is told from another of its name by what the system calls it, and by its beginning. When another has taken
//! its place, the rest is read first: of the file that is still open, as within a server, of the one that it has
//! become in the same folder, or of the copy that was made there before it was emptied. What stood only in a file that
//! was emptied before it was read is lost, and so is a file that came and was rotated away between two looks.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use super::movement::{FilePosition, Head};

/// How much of a file is taken at once, and the longest line, in bytes.
const MOST_BYTES: u64 = 512 * 1024;
const MOST_LINE_BYTES: u64 = 1024 * 1024;

/// How much of a file's beginning tells it from another, in bytes.
const HEAD_BYTES: u64 = 1024;

/// The files that the logs of a connector are in, by the OCID of the log. They are kept open, so that a rotated one
/// can be finished after it was removed.
#[derive(Debug, Default)]
pub(super) struct OpenFiles(HashMap<String, LogFile>);

impl OpenFiles {
    /// Reads whole lines from a place in a log's file on, and moves the place behind them. A file that is not there
    /// has none, as between two moments of a rotation.
    pub(super) fn read(
        &mut self,
        log_id: &str,
        path: &Path,
        place: &mut FilePosition,
    ) -> io::Result<Vec<String>> {
        let current = LogFile::open(path)?;
        let mut lines = Vec::new();
        if !continues(current.as_ref(), place)? && !place.identity.is_empty() {
            let kept = self.0.remove(log_id);
            let left = match continues(kept.as_ref(), place)? {
                true => kept,
                false => match rotated(path, place)? {
                    None => copied(path, place)?,
                    rotated => rotated,
                },
            };
            if let Some(left) = left {
                place.identity.clone_from(&left.identity);
                let is_read = left.read(place, &mut lines)?;
                // Its writer may go on with it until the other has something.
                let has_successor = current.as_ref().is_some_and(|file| file.bytes > 0);
                if !is_read || !has_successor {
                    self.0.insert(log_id.to_owned(), left);
                    return Ok(lines);
                }
                left.read_rest(place, &mut lines)?;
            }
        }
        let Some(current) = current else {
            return Ok(lines);
        };
        if !continues(Some(&current), place)? {
            *place = FilePosition {
                identity: current.identity.clone(),
                ..FilePosition::default()
            };
        }
        current.read(place, &mut lines)?;
        self.0.insert(log_id.to_owned(), current);
        Ok(lines)
    }
}

/// Whether a file is the one that a place is in.
fn continues(file: Option<&LogFile>, place: &FilePosition) -> io::Result<bool> {
    file.map_or(Ok(false), |file| file.has(place))
}

/// The file of a place, under the name that it has now in the folder.
fn rotated(path: &Path, place: &FilePosition) -> io::Result<Option<LogFile>> {
    let Some(Ok(entries)) = path.parent().map(fs::read_dir) else {
        return Ok(None);
    };
    for entry in entries.flatten() {
        let is_it =
            |metadata: Metadata| metadata.is_file() && identity(&metadata) == place.identity;
        if entry.metadata().is_ok_and(is_it) {
            let file = LogFile::open(&entry.path())?;
            if continues(file.as_ref(), place)? {
                return Ok(file);
            }
        }
    }
    Ok(None)
}

/// The copy of the file of a place, under a name like its own in the folder, where the file itself was emptied, as
/// logrotate does with `copytruncate`. The newest, where several begin alike.
fn copied(path: &Path, place: &FilePosition) -> io::Result<Option<LogFile>> {
    let (Some(Ok(entries)), Some(name), Some(_)) = (
        path.parent().map(fs::read_dir),
        path.file_stem(),
        place.head,
    ) else {
        return Ok(None);
    };
    let mut newest = None;
    for entry in entries.flatten() {
        let is_like = |other: &OsStr| {
            let bytes = other.as_encoded_bytes();
            bytes.starts_with(name.as_encoded_bytes())
        };
        if entry.path() == path || !is_like(&entry.file_name()) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let modified = metadata.modified()?;
        let is_newer = newest.as_ref().is_none_or(|(than, _)| modified > *than);
        if metadata.is_file() && metadata.len() >= place.bytes && is_newer {
            let file = LogFile::open(&entry.path())?;
            if let Some(file) = file.filter(|file| file.is_copy(place).unwrap_or(false)) {
                newest = Some((modified, file));
            }
        }
    }
    Ok(newest.map(|(_, file)| file))
}

/// A file that is open.
#[derive(Debug)]
struct LogFile {
    file: File,
    identity: String,
    bytes: u64,
}

impl LogFile {
    /// Opens a file, if it is there; only a regular one has lines that end.
    fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match options().open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        Ok(Some(Self {
            file,
            identity: identity(&metadata),
            bytes: metadata.len(),
        }))
    }

    /// Whether a place is in this file: one that was emptied since may have grown as long again.
    fn has(&self, place: &FilePosition) -> io::Result<bool> {
        if self.identity != place.identity || self.file.metadata()?.len() < place.bytes {
            return Ok(false);
        }
        self.begins_as(place)
    }

    fn begins_as(&self, place: &FilePosition) -> io::Result<bool> {
        match place.head {
            Some(head) => Ok(self.checksum(head.bytes)? == head.checksum),
            None => Ok(true),
        }
    }

    /// Whether it may be a copy of the file of a place: it begins as that does, and a line ends at the place.
    fn is_copy(&self, place: &FilePosition) -> io::Result<bool> {
        let Some(last) = place.bytes.checked_sub(1) else {
            return Ok(false);
        };
        let mut byte = [0];
        self.from(last)?.read_exact(&mut byte)?;
        Ok(byte == *b"\n" && self.begins_as(place)?)
    }

    /// The checksum of so many bytes from the beginning on.
    fn checksum(&self, bytes: u64) -> io::Result<u32> {
        let mut head = Vec::new();
        self.from(0)?
            .take(bytes.min(HEAD_BYTES))
            .read_to_end(&mut head)?;
        Ok(crc32c::crc32c(&head))
    }

    fn from(&self, bytes: u64) -> io::Result<BufReader<&File>> {
        let mut reader = BufReader::new(&self.file);
        reader.seek(SeekFrom::Start(bytes))?;
        Ok(reader)
    }

    /// Reads whole lines, as many as are taken at once. Returns whether there are no more.
    fn read(&self, place: &mut FilePosition, lines: &mut Vec<String>) -> io::Result<bool> {
        let mut reader = self.from(place.bytes)?;
        let end = place.bytes.saturating_add(MOST_BYTES);
        let mut is_read = false;
        while place.bytes < end && !is_read {
            let mut line = Vec::new();
            let mut limited = Read::take(&mut reader, MOST_LINE_BYTES);
            let read = limited.read_until(b'\n', &mut line)? as u64;
            let is_whole = line.ends_with(b"\n") || read == MOST_LINE_BYTES;
            match is_whole {
                true => add(&line, place, lines),
                // The rest of a line that is still written comes with it.
                false => is_read = true,
            }
        }
        let head_bytes = place.bytes.min(HEAD_BYTES);
        if place.head.map_or(0, |head| head.bytes) < head_bytes {
            place.head = Some(Head {
                bytes: head_bytes,
                checksum: self.checksum(head_bytes)?,
            });
        }
        Ok(is_read)
    }

    /// Reads the last line of a file that nobody writes to any more, where nothing ends it.
    fn read_rest(&self, place: &mut FilePosition, lines: &mut Vec<String>) -> io::Result<()> {
        let mut line = Vec::new();
        let reader = self.from(place.bytes)?;
        reader.take(MOST_LINE_BYTES).read_to_end(&mut line)?;
        add(&line, place, lines);
        Ok(())
    }
}

/// Takes a line, unless it is blank.
fn add(line: &[u8], place: &mut FilePosition, lines: &mut Vec<String>) {
    place.bytes += line.len() as u64;
    let text = String::from_utf8_lossy(line).trim().to_owned();
    if !text.is_empty() {
        lines.push(text);
    }
}

/// How files are opened: a pipe without a writer is not waited for.
#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    options.read(true).custom_flags(flags);
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{}/{}", metadata.dev(), metadata.ino())
}

/// Elsewhere the time when it was made tells a file from another.
#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> String {
    let created = metadata.created().ok();
    let since = created.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or_else(String::new, |since| since.as_millis().to_string())
}
