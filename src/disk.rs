//! Files behind two small traits.
//!
//! The log writes through [`Disk`] and [`DiskFile`], never through `std::fs`, so that the same code
//! runs on the machine's disk, in memory (`--memory`), and in tests under a disk whose power is cut
//! at any write. The traits say what survives a power cut: what was written *and* synced, and a
//! file's name only when its folder was synced too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Where files and folders are kept.
pub trait Disk: Debug + Send + Sync {
    /// Opens a file that exists, for reading and writing; `NotFound` when it does not.
    fn open(&self, path: &Path) -> Result<Arc<dyn DiskFile>>;

    /// Creates an empty file and opens it; `AlreadyExists` when there is one of that name.
    fn create(&self, path: &Path) -> Result<Arc<dyn DiskFile>>;

    /// Length of a file in bytes, without opening it.
    fn length_bytes(&self, path: &Path) -> Result<u64>;

    /// Whether a file or folder of that name exists.
    fn exists(&self, path: &Path) -> Result<bool>;

    /// Names (not paths) of the files and folders in a folder, in no order; `NotFound` when the
    /// folder does not exist. Names that are not Unicode are left out.
    fn list(&self, folder: &Path) -> Result<Vec<String>>;

    /// Creates a folder and the missing ones above it; nothing to do when it exists.
    fn create_folder(&self, folder: &Path) -> Result<()>;

    /// Removes a file. Those who have it open may go on reading it.
    fn remove_file(&self, path: &Path) -> Result<()>;

    /// Removes a folder with all that is in it.
    fn remove_folder(&self, folder: &Path) -> Result<()>;

    /// Makes the names in a folder (files created and removed) survive a power cut.
    fn sync_folder(&self, folder: &Path) -> Result<()>;
}

/// An open file. Positions and lengths are in bytes from its start.
pub trait DiskFile: Debug + Send + Sync {
    /// Reads into the whole buffer and returns its length, or fewer bytes where the file ends.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> Result<usize>;

    /// Writes all bytes at a position; a gap between the end and the position reads as zeros.
    fn write_at(&self, bytes: &[u8], position: u64) -> Result<()>;

    /// Length of the file.
    fn length_bytes(&self) -> Result<u64>;

    /// Cuts the file to a length, or extends it with zeros.
    fn truncate(&self, length_bytes: u64) -> Result<()>;

    /// Makes content and length survive a power cut.
    fn sync(&self) -> Result<()>;
}

/// The most that is written in one call of the system, which ends at a multiple of it.
///
/// For longer writes Linux takes larger pieces of free memory to keep the content in. A virtual machine with
/// free page reporting has given those back to its host, which must find them again: there calls with 64 KiB
/// or more wrote 350 MB/s, and calls with 32 KiB mostly 1,500 to 3,000. Elsewhere the calls cost little beside
/// the copying.
const WRITE_BYTES: u64 = 32 << 10;

/// The machine's disk. On Unix files are created with mode 0600 and folders with 0700: messages are
/// nobody else's to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        let file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)?;
        Ok(Arc::new(RealFile::new(file)))
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Arc::new(RealFile::new(options.open(path)?)))
    }

    fn length_bytes(&self, path: &Path) -> Result<u64> {
        Ok(std::fs::metadata(path)?.len())
    }

    fn exists(&self, path: &Path) -> Result<bool> {
        path.try_exists()
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create_folder(&self, folder: &Path) -> Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_folder(&self, folder: &Path) -> Result<()> {
        std::fs::remove_dir_all(folder)
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> Result<()> {
        std::fs::File::open(folder)?.sync_all()
    }

    // Elsewhere a folder cannot be opened as a file; the file system orders names by itself.
    #[cfg(not(unix))]
    fn sync_folder(&self, _folder: &Path) -> Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct RealFile {
    #[cfg(unix)]
    file: std::fs::File,
    // Without positioned reads and writes the file's one cursor is shared: callers take turns.
    #[cfg(not(unix))]
    file: Mutex<std::fs::File>,
}

#[cfg(unix)]
impl RealFile {
    fn new(file: std::fs::File) -> Self {
        Self { file }
    }

    fn file(&self) -> &std::fs::File {
        &self.file
    }

    fn read_some(&self, buffer: &mut [u8], position: u64) -> Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, position)
    }

    fn write_all(&self, bytes: &[u8], position: u64) -> Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, position)
    }
}

#[cfg(not(unix))]
impl RealFile {
    fn new(file: std::fs::File) -> Self {
        Self {
            file: Mutex::new(file),
        }
    }

    fn file(&self) -> MutexGuard<'_, std::fs::File> {
        lock(&self.file)
    }

    fn read_some(&self, buffer: &mut [u8], position: u64) -> Result<usize> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = self.file();
        file.seek(SeekFrom::Start(position))?;
        file.read(buffer)
    }

    fn write_all(&self, bytes: &[u8], position: u64) -> Result<()> {
        use std::io::{Seek, SeekFrom, Write};
        let mut file = self.file();
        file.seek(SeekFrom::Start(position))?;
        file.write_all(bytes)
    }
}

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read_some(rest, position + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> Result<()> {
        let (mut rest, mut position) = (bytes, position);
        while !rest.is_empty() {
            let room = WRITE_BYTES - position % WRITE_BYTES;
            let length = usize::try_from(room).unwrap_or(usize::MAX).min(rest.len());
            let (part, behind) = rest.split_at(length);
            self.write_all(part, position)?;
            (rest, position) = (behind, position + length as u64);
        }
        Ok(())
    }

    fn length_bytes(&self) -> Result<u64> {
        Ok(self.file().metadata()?.len())
    }

    fn truncate(&self, length_bytes: u64) -> Result<()> {
        self.file().set_len(length_bytes)
    }

    fn sync(&self) -> Result<()> {
        // Content and length, not the time stamps: nothing here reads those.
        self.file().sync_data()
    }
}

/// A disk in memory, gone with the process: what `--memory` runs on.
#[derive(Debug, Default)]
pub struct MemoryDisk {
    tree: Mutex<MemoryTree>,
}

#[derive(Debug, Default)]
struct MemoryTree {
    files: BTreeMap<PathBuf, Arc<MemoryFile>>,
    folders: BTreeSet<PathBuf>,
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        match lock(&self.tree).files.get(path) {
            Some(file) => Ok(Arc::clone(file) as Arc<dyn DiskFile>),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        let mut tree = lock(&self.tree);
        if tree.files.contains_key(path) || tree.folders.contains(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        if path.parent().is_none_or(|folder| !tree.has_folder(folder)) {
            return Err(ErrorKind::NotFound.into());
        }
        let file = Arc::new(MemoryFile::default());
        tree.files.insert(path.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    fn length_bytes(&self, path: &Path) -> Result<u64> {
        match lock(&self.tree).files.get(path) {
            Some(file) => file.length_bytes(),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    fn exists(&self, path: &Path) -> Result<bool> {
        let tree = lock(&self.tree);
        Ok(tree.files.contains_key(path) || tree.has_folder(path))
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>> {
        let tree = lock(&self.tree);
        if !tree.has_folder(folder) {
            return Err(ErrorKind::NotFound.into());
        }
        let names = tree.files.keys().chain(&tree.folders);
        Ok(names
            .filter(|path| path.parent() == Some(folder))
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect())
    }

    fn create_folder(&self, folder: &Path) -> Result<()> {
        let mut tree = lock(&self.tree);
        if folder.ancestors().any(|path| tree.files.contains_key(path)) {
            return Err(ErrorKind::NotADirectory.into());
        }
        let missing = folder
            .ancestors()
            .filter(|path| !path.as_os_str().is_empty());
        tree.folders.extend(missing.map(Path::to_owned));
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        match lock(&self.tree).files.remove(path) {
            Some(_) => Ok(()),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    fn remove_folder(&self, folder: &Path) -> Result<()> {
        let mut tree = lock(&self.tree);
        if !tree.folders.contains(folder) {
            return Err(ErrorKind::NotFound.into());
        }
        tree.files.retain(|path, _| !path.starts_with(folder));
        tree.folders.retain(|path| !path.starts_with(folder));
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> Result<()> {
        if self.exists(folder)? {
            Ok(())
        } else {
            Err(ErrorKind::NotFound.into())
        }
    }
}

impl MemoryTree {
    /// Roots exist without being created.
    fn has_folder(&self, path: &Path) -> bool {
        self.folders.contains(path) || path.parent().is_none() || path.as_os_str().is_empty()
    }
}

#[derive(Debug, Default)]
struct MemoryFile {
    bytes: RwLock<Vec<u8>>,
}

impl DiskFile for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> Result<usize> {
        let bytes = self.bytes.read().unwrap_or_else(PoisonError::into_inner);
        let rest = bytes.get(memory_position(position)?..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(target), Some(source)) = (buffer.get_mut(..count), rest.get(..count)) {
            target.copy_from_slice(source);
        }
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> Result<()> {
        let start = memory_position(position)?;
        let end = start
            .checked_add(bytes.len())
            .ok_or(ErrorKind::FileTooLarge)?;
        let mut content = self.bytes.write().unwrap_or_else(PoisonError::into_inner);
        if start == content.len() {
            content.extend_from_slice(bytes);
            return Ok(());
        }
        if content.len() < end {
            content.resize(end, 0);
        }
        if let Some(target) = content.get_mut(start..end) {
            target.copy_from_slice(bytes);
        }
        Ok(())
    }

    fn length_bytes(&self) -> Result<u64> {
        let bytes = self.bytes.read().unwrap_or_else(PoisonError::into_inner);
        Ok(bytes.len() as u64)
    }

    fn truncate(&self, length_bytes: u64) -> Result<()> {
        let length = memory_position(length_bytes)?;
        let mut bytes = self.bytes.write().unwrap_or_else(PoisonError::into_inner);
        bytes.resize(length, 0);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }
}

fn memory_position(position: u64) -> Result<usize> {
    usize::try_from(position).map_err(|_| Error::from(ErrorKind::FileTooLarge))
}

/// A panic elsewhere leaves these maps whole, so a poisoned lock may be used.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
