//! A disk that fails: nothing is acknowledged that may be lost, and nothing is forgotten.

use std::io::{Error, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use ocelot::disk::{Disk, DiskFile, MemoryDisk};
use ocelot::log::{Durability, LogError};

use crate::support::{append, open, read_on, small};

const NOTHING: u8 = 0;
const SYNC: u8 = 1;
/// Half of the bytes are written before the disk is full.
const WRITE: u8 = 2;
const WRITE_AND_TRUNCATE: u8 = 3;

/// A disk of which some calls fail, for as long as the test wants.
#[derive(Debug, Default)]
struct FailingDisk {
    disk: MemoryDisk,
    failing: Arc<AtomicU8>,
}

#[derive(Debug)]
struct FailingFile {
    file: Arc<dyn DiskFile>,
    failing: Arc<AtomicU8>,
}

impl FailingDisk {
    fn fail(&self, what: u8) {
        self.failing.store(what, Ordering::SeqCst);
    }

    fn failing(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        let failing = Arc::clone(&self.failing);
        Arc::new(FailingFile { file, failing })
    }
}

impl Disk for FailingDisk {
    fn open(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        Ok(self.failing(self.disk.open(path)?))
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        Ok(self.failing(self.disk.create(path)?))
    }

    fn length_bytes(&self, path: &Path) -> Result<u64> {
        self.disk.length_bytes(path)
    }

    fn exists(&self, path: &Path) -> Result<bool> {
        self.disk.exists(path)
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>> {
        self.disk.list(folder)
    }

    fn create_folder(&self, folder: &Path) -> Result<()> {
        self.disk.create_folder(folder)
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        self.disk.remove_file(path)
    }

    fn remove_folder(&self, folder: &Path) -> Result<()> {
        self.disk.remove_folder(folder)
    }

    fn sync_folder(&self, folder: &Path) -> Result<()> {
        self.disk.sync_folder(folder)
    }
}

impl FailingFile {
    fn fails(&self, kinds: &[u8]) -> Result<()> {
        match kinds.contains(&self.failing.load(Ordering::SeqCst)) {
            true => Err(Error::other("the disk is broken")),
            false => Ok(()),
        }
    }
}

impl DiskFile for FailingFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> Result<usize> {
        self.file.read_at(buffer, position)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> Result<()> {
        if let Err(error) = self.fails(&[WRITE, WRITE_AND_TRUNCATE]) {
            self.file.write_at(&bytes[..bytes.len() / 2], position)?;
            return Err(error);
        }
        self.file.write_at(bytes, position)
    }

    fn length_bytes(&self) -> Result<u64> {
        self.file.length_bytes()
    }

    fn truncate(&self, length_bytes: u64) -> Result<()> {
        self.fails(&[WRITE_AND_TRUNCATE])?;
        self.file.truncate(length_bytes)
    }

    fn sync(&self) -> Result<()> {
        self.fails(&[SYNC])?;
        self.file.sync()
    }
}

fn values(text: &str) -> Vec<Vec<u8>> {
    vec![text.as_bytes().to_vec()]
}

#[test]
fn after_a_failed_sync_writes_are_refused() {
    let disk = Arc::new(FailingDisk::default());
    let mut partition = open(&disk, small(Durability::Fsync));
    append(&mut partition, &values("first"), 1).unwrap();
    disk.fail(SYNC);
    let failed = append(&mut partition, &values("second"), 1).unwrap_err();
    assert_eq!(
        failed.to_string(),
        "cannot sync /data/0/00000000000000000000.log: the disk is broken"
    );
    disk.fail(NOTHING);
    let refused = append(&mut partition, &values("third"), 1).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "writes to /data/0 are refused since an earlier one failed \
         (cannot sync /data/0/00000000000000000000.log: the disk is broken); \
         put the disk right, then open the log again"
    );
    assert!(matches!(
        partition.sync(),
        Err(LogError::WritesRefused { .. })
    ));
    assert!(partition.trim_before_time(9).is_err());
    let (records, error) = read_on(&partition, 0);
    assert!(records.len() == 1 && error.is_none(), "reading goes on");
    drop(partition);
    let mut partition = open(&disk, small(Durability::Fsync));
    append(&mut partition, &values("again"), 1).unwrap();
}

#[test]
fn a_full_disk_undoes_the_append() {
    let disk = Arc::new(FailingDisk::default());
    let mut partition = open(&disk, small(Durability::Os));
    append(&mut partition, &values("first"), 1).unwrap();
    disk.fail(WRITE);
    assert!(matches!(
        append(&mut partition, &values("lost"), 1),
        Err(LogError::Io { .. })
    ));
    disk.fail(NOTHING);
    assert_eq!(append(&mut partition, &values("second"), 1).unwrap(), 1);
    drop(partition);
    let partition = open(&disk, small(Durability::Os));
    assert_eq!(partition.cut_tail(), None);
    let (records, error) = read_on(&partition, 0);
    assert!(error.is_none());
    let found: Vec<_> = records
        .into_iter()
        .filter_map(|record| record.value)
        .collect();
    assert_eq!(found, [values("first"), values("second")].concat());
}

#[test]
fn an_append_that_cannot_be_undone_stops_writing() {
    let disk = Arc::new(FailingDisk::default());
    let mut partition = open(&disk, small(Durability::Os));
    append(&mut partition, &values("first"), 1).unwrap();
    disk.fail(WRITE_AND_TRUNCATE);
    assert!(append(&mut partition, &values("lost"), 1).is_err());
    disk.fail(NOTHING);
    assert!(matches!(
        append(&mut partition, &values("refused"), 1),
        Err(LogError::WritesRefused { .. })
    ));
    drop(partition);
    let mut partition = open(&disk, small(Durability::Os));
    assert!(partition.cut_tail().is_some());
    assert_eq!(append(&mut partition, &values("second"), 1).unwrap(), 1);
}

/// Only the last segment may be unsynced, so a new one is not begun.
#[test]
fn a_segment_that_cannot_be_synced_is_not_left_behind() {
    let disk = Arc::new(FailingDisk::default());
    let mut partition = open(&disk, small(Durability::Os));
    append(&mut partition, &[vec![1; 7000]], 1).unwrap();
    disk.fail(SYNC);
    assert!(append(&mut partition, &[vec![1; 7000]], 1).is_err());
    assert!(matches!(
        append(&mut partition, &values("refused"), 1),
        Err(LogError::WritesRefused { .. })
    ));
}
