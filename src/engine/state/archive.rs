//! The file of a saved state: written from a data folder, and unpacked with every entry checked.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use tar::{Archive, Builder, EntryType, Header};

use super::{Saved, StateError, VERSION};
use crate::engine::folder::{DATABASE, STREAMS};
use crate::engine::ocid;

const MANIFEST: &str = "manifest.json";

/// What files of a log may end in; `log` tells what they are.
const EXTENSIONS: [&str; 4] = ["log", "index", "producers", "start"];

const MOST_MANIFEST_BYTES: u64 = 16 << 20;
/// More than a machine's engine holds; a small file can promise any size.
pub(super) const MOST_BYTES: u64 = 64 << 30;
const MOST_ENTRIES: usize = 1_000_000;

/// How much may follow the last entry: archives end in zeros, up to a full record.
/// Source: <https://www.gnu.org/software/tar/manual/html_node/Standard.html>.
const MOST_PADDING_BYTES: u64 = 20 * 512;

/// What a database begins with.
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How hard to compress: zstd's own default.
const LEVEL: i32 = 3;

/// What stands at the beginning of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The version of the file.
    #[serde(rename = "ocelot-state")]
    pub(super) version: u32,
    /// The version of the program that wrote it.
    pub(super) program: String,
    /// When, by the engine's clock.
    pub(super) time_saved: String,
    /// The partitions of each stream that have a log. Files of earlier versions do not tell.
    #[serde(default)]
    pub(super) logs: BTreeMap<String, Vec<u32>>,
}

/// Which partitions of which streams have a log in a data folder.
pub(super) fn logs(streams: &Path) -> Result<BTreeMap<String, Vec<u32>>, StateError> {
    let mut logs: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for stream in folders(streams).map_err(StateError::io("read", streams))? {
        for partition in folders(&stream).map_err(StateError::io("read", &stream))? {
            let files = children(&partition).map_err(StateError::io("read", &partition))?;
            let is_log = |file: &PathBuf| file.extension().is_some_and(|found| found == "log");
            let name = |path: &Path| path.file_name()?.to_str().map(str::to_owned);
            let number = name(&partition).and_then(|number| number.parse().ok());
            if let (Some(stream), Some(number)) = (name(&stream), number)
                && files.iter().any(is_log)
            {
                logs.entry(stream).or_default().push(number);
            }
        }
    }
    Ok(logs)
}

/// Writes a file, whole or not at all, and returns its size in bytes.
pub(super) fn write(
    file: &Path,
    manifest: &Manifest,
    database: &Path,
    streams: &Path,
) -> Result<u64, StateError> {
    let written = write_beside(file, manifest, database, streams);
    written.map_err(StateError::io("write", file))
}

fn write_beside(
    file: &Path,
    manifest: &Manifest,
    database: &Path,
    streams: &Path,
) -> io::Result<u64> {
    // Only its owner can read it: there are the salted forms of auth tokens in it, and everyone's messages.
    let mut options = tempfile::Builder::new();
    let options = options.prefix(".ocelot-state-");
    let beside = match file.parent() {
        Some(folder) => options.tempfile_in(folder)?,
        None => options.tempfile()?,
    };
    write_to(beside.as_file(), manifest, database, streams)?;
    let written = beside.persist(file).map_err(|error| error.error)?;
    Ok(written.metadata()?.len())
}

fn write_to(file: &File, manifest: &Manifest, database: &Path, streams: &Path) -> io::Result<()> {
    let mut compressed = zstd::Encoder::new(BufWriter::new(file), LEVEL)?;
    compressed.include_checksum(true)?;
    let mut archive = Builder::new(compressed);
    let manifest = serde_json::to_vec(manifest)?;
    append(
        &mut archive,
        Path::new(MANIFEST),
        manifest.len() as u64,
        &*manifest,
    )?;
    append_file(&mut archive, Path::new(DATABASE), database)?;
    for partition in folders(streams)?.iter().map(|stream| folders(stream)) {
        for partition in partition? {
            append_partition(&mut archive, streams, &partition)?;
        }
    }
    archive.into_inner()?.finish()?.flush()?;
    file.sync_all()
}

/// Appends the files of a log, the newest first: what retention removes meanwhile is the oldest, so that there is no
/// gap.
fn append_partition<W: Write>(
    archive: &mut Builder<W>,
    streams: &Path,
    partition: &Path,
) -> io::Result<()> {
    let mut files = children(partition)?;
    files.retain(|file| is_of_log(file.file_name()));
    files.sort();
    for file in files.iter().rev() {
        let name = file.strip_prefix(streams).map_err(io::Error::other)?;
        match append_file(archive, &Path::new(STREAMS).join(name), file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            appended => appended?,
        }
    }
    Ok(())
}

/// Appends a file as long as it is now, whatever is appended to it meanwhile.
fn append_file<W: Write>(archive: &mut Builder<W>, name: &Path, file: &Path) -> io::Result<()> {
    let file = File::open(file)?;
    let bytes = file.metadata()?.len();
    append(archive, name, bytes, file.take(bytes))
}

/// Appends an entry that tells nothing of the machine it is from.
fn append<W: Write>(
    archive: &mut Builder<W>,
    name: &Path,
    bytes: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o600);
    header.set_size(bytes);
    archive.append_data(&mut header, name, content)
}

fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = children(folder)?;
    folders.retain(|child| child.is_dir());
    Ok(folders)
}

/// What a file holds.
pub(super) struct Contents {
    /// How it begins.
    pub(super) manifest: Manifest,
    /// The sizes of its files together.
    pub(super) bytes: u64,
    /// The size of its database.
    pub(super) database_bytes: u64,
}

/// Looks through a file without writing anything: a small one can hold more than a disk has room for.
pub(super) fn survey(saved: &Saved) -> Result<Contents, StateError> {
    let (mut bytes, mut database_bytes) = (0, 0);
    let manifest = visit(saved, MOST_BYTES, |path, size, content| {
        bytes += size;
        if path == Path::new(DATABASE) {
            database_bytes = size;
            check_database_header(size, content)?;
        }
        Ok(())
    })?;
    Ok(Contents {
        manifest,
        bytes,
        database_bytes,
    })
}

/// Unpacks a file that was looked through into a folder.
pub(super) fn unpack(saved: &Saved, contents: &Contents, folder: &Path) -> Result<(), StateError> {
    visit(saved, contents.bytes, |path, _, content| {
        unpack_entry(&folder.join(path), content)
    })?;
    Ok(())
}

/// Hands out the entries of a file with their sizes, in their order. Only what a saved state has is handed out, and
/// no more than `most_bytes` in all. An error that comes last, of a checksum, is about all of them.
fn visit(
    saved: &Saved,
    most_bytes: u64,
    mut entry_found: impl FnMut(&Path, u64, &mut dyn Read) -> io::Result<()>,
) -> Result<Manifest, StateError> {
    let file = saved.path();
    let unreadable = |error: io::Error| StateError::foreign(file, error);
    let content = saved.content().map_err(unreadable)?;
    let plain = zstd::Decoder::with_buffer(content).map_err(unreadable)?;
    let mut archive = Archive::new(plain.single_frame().take(MOST_BYTES));
    let mut manifest = None;
    let mut left = most_bytes;
    for (count, entry) in archive.entries().map_err(unreadable)?.enumerate() {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        let bytes = entry.header().size().map_err(unreadable)?;
        if entry.header().entry_type() != EntryType::Regular {
            let reason = format!("{} in it is no ordinary file", path.display());
            return Err(StateError::foreign(file, reason));
        }
        if manifest.is_none() {
            manifest = Some(read_manifest(file, &path, bytes, &mut entry)?);
            continue;
        }
        if count >= MOST_ENTRIES || bytes > left {
            return Err(StateError::foreign(file, "it is larger than any state"));
        }
        left -= bytes;
        if !is_expected(&path) {
            let reason = format!("{} does not belong in it", path.display());
            return Err(StateError::foreign(file, reason));
        }
        entry_found(&path, bytes, &mut entry).map_err(unreadable)?;
    }
    check_end(archive.into_inner()).map_err(unreadable)?;
    manifest.ok_or_else(|| StateError::foreign(file, "nothing is in it"))
}

/// Holds that nothing follows the last entry, and that all before is as it was written: the checksum comes last.
fn check_end(rest: io::Take<zstd::Decoder<'_, BufReader<&File>>>) -> io::Result<()> {
    let mut rest = rest.into_inner();
    let mut padding = Vec::new();
    (&mut rest)
        .take(MOST_PADDING_BYTES + 1)
        .read_to_end(&mut padding)?;
    let is_padding =
        padding.len() as u64 <= MOST_PADDING_BYTES && padding.iter().all(|byte| *byte == 0);
    match is_padding && rest.finish().fill_buf()?.is_empty() {
        true => Ok(()),
        false => Err(io::Error::other("something follows its end")),
    }
}

/// Holds that a database is as long as it says at its beginning. Source: <https://www.sqlite.org/fileformat.html>.
fn check_database_header(bytes: u64, content: &mut dyn Read) -> io::Result<()> {
    let no_database = |_| io::Error::other("its database is none");
    let mut header = [0; 32];
    content.read_exact(&mut header).map_err(no_database)?;
    let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let pages = u32::from_be_bytes([header[28], header[29], header[30], header[31]]);
    match header.starts_with(SQLITE_MAGIC) && u64::from(pages) * page_bytes == bytes {
        true => Ok(()),
        false => Err(io::Error::other("its database is none")),
    }
}

fn read_manifest(
    file: &Path,
    path: &Path,
    bytes: u64,
    entry: &mut impl Read,
) -> Result<Manifest, StateError> {
    if path != Path::new(MANIFEST) || bytes > MOST_MANIFEST_BYTES {
        return Err(StateError::foreign(
            file,
            "it does not begin with a manifest",
        ));
    }
    let manifest: Manifest =
        serde_json::from_reader(entry).map_err(|error| StateError::foreign(file, error))?;
    match manifest.version {
        VERSION => Ok(manifest),
        newer if newer > VERSION => Err(StateError::TooNew {
            path: file.to_owned(),
            found: newer,
        }),
        _ => Err(StateError::foreign(file, "its version was never written")),
    }
}

fn unpack_entry(path: &Path, entry: &mut dyn Read) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    io::copy(entry, &mut file)?;
    file.sync_all()
}

/// Whether a path is the database's, or of a file of a log.
fn is_expected(path: &Path) -> bool {
    let parts: Option<Vec<&OsStr>> = path
        .components()
        .map(|component| match component {
            Component::Normal(part) => Some(part),
            _ => None,
        })
        .collect();
    match parts.as_deref() {
        Some([name]) => *name == DATABASE,
        Some([streams, stream, partition, file]) => {
            let partition = partition
                .to_str()
                .and_then(|number| number.parse::<u32>().ok());
            *streams == STREAMS
                && stream.to_str().is_some_and(is_ocid)
                && partition.is_some()
                && is_of_log(Some(file))
        }
        _ => false,
    }
}

fn is_ocid(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    ocid::is_ocid(name) && name.bytes().all(is_part)
}

/// Whether a name is of a file of a log: twenty digits, and what it is.
fn is_of_log(name: Option<&OsStr>) -> bool {
    let parts = name
        .and_then(OsStr::to_str)
        .and_then(|name| name.split_once('.'));
    parts.is_some_and(|(offset, extension)| {
        offset.len() == 20
            && offset.bytes().all(|byte| byte.is_ascii_digit())
            && EXTENSIONS.contains(&extension)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_state_has_is_expected() {
        let log = "streams/ocid1.stream.oc1..aaaa/0/00000000000000000000.log";
        for path in ["ocelot.db", log] {
            assert!(is_expected(Path::new(path)), "{path}");
        }
        for path in [
            "",
            "/ocelot.db",
            "../ocelot.db",
            "streams/../ocelot.db",
            "lock",
            "server.json",
            "streams/ocid1.stream.oc1..aaaa/0/x.log",
            "streams/ocid1.stream.oc1..aaaa/-1/00000000000000000000.log",
            "streams/../0/00000000000000000000.log",
            "streams/ocid1.stream.oc1..aaaa/0/00000000000000000000.log/x",
            "streams/ocid1.stream.oc1..aaaa/0/00000000000000000000.exe",
        ] {
            assert!(!is_expected(Path::new(path)), "{path}");
        }
    }
}
