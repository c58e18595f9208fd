//! A disk that fills up and is emptied again: what does not fit is undone, the rest goes on.

use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ocelot::disk::{Disk, DiskFile, MemoryDisk, RealDisk};
use ocelot::log::{Durability, LogError, LogOptions, Partition};

use crate::support::{
    NO_LIMITS, Random, append, new_record, open, produced, read_on, sequenced, small,
};

/// What a file takes without content.
const FILE_BYTES: i64 = 100;

/// A disk with so many bytes left.
#[derive(Debug, Default)]
struct SmallDisk {
    disk: MemoryDisk,
    left: Arc<AtomicI64>,
}

#[derive(Debug)]
struct SmallFile {
    file: Arc<dyn DiskFile>,
    left: Arc<AtomicI64>,
}

impl SmallDisk {
    fn file(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        let left = Arc::clone(&self.left);
        Arc::new(SmallFile { file, left })
    }

    fn set_left(&self, bytes: i64) {
        self.left.store(bytes, Ordering::SeqCst);
    }
}

impl Disk for SmallDisk {
    fn open(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        Ok(self.file(self.disk.open(path)?))
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        if self.left.load(Ordering::SeqCst) < FILE_BYTES {
            return Err(ErrorKind::StorageFull.into());
        }
        let file = self.disk.create(path)?;
        self.left.fetch_sub(FILE_BYTES, Ordering::SeqCst);
        Ok(self.file(file))
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
        let length = self.disk.length_bytes(path)? as i64;
        self.disk.remove_file(path)?;
        self.left.fetch_add(length + FILE_BYTES, Ordering::SeqCst);
        Ok(())
    }

    fn remove_folder(&self, folder: &Path) -> Result<()> {
        self.disk.remove_folder(folder)
    }

    fn sync_folder(&self, folder: &Path) -> Result<()> {
        self.disk.sync_folder(folder)
    }
}

impl DiskFile for SmallFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> Result<usize> {
        self.file.read_at(buffer, position)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> Result<()> {
        let before = self.file.length_bytes()? as i64;
        let growth = (position as i64 + bytes.len() as i64 - before).max(0);
        let left = self.left.load(Ordering::SeqCst).max(0);
        // As much as fits is written, as the system does.
        let missing = (growth - left).max(0) as usize;
        let fitting = &bytes[..bytes.len().saturating_sub(missing)];
        self.file.write_at(fitting, position)?;
        self.left.fetch_sub(growth.min(left), Ordering::SeqCst);
        match missing {
            0 => Ok(()),
            _ => Err(ErrorKind::StorageFull.into()),
        }
    }

    fn length_bytes(&self) -> Result<u64> {
        self.file.length_bytes()
    }

    fn truncate(&self, length_bytes: u64) -> Result<()> {
        let before = self.file.length_bytes()? as i64;
        self.file.truncate(length_bytes)?;
        self.left
            .fetch_add(before - length_bytes as i64, Ordering::SeqCst);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        self.file.sync()
    }
}

fn is_full(error: &LogError) -> bool {
    matches!(error, LogError::Io { source, .. } if source.kind() == ErrorKind::StorageFull)
}

/// Wherever the disk is full, in a batch, an index, a new segment or the producers' file: nothing is
/// half done, reading goes on, and so does writing once there is space, without a restart.
#[test]
fn what_does_not_fit_is_undone_and_goes_through_later() {
    let (mut refused, mut stored) = (0, 0);
    for seed in 0..40 {
        let disk = Arc::new(SmallDisk::default());
        disk.set_left(1 << 40);
        let mut random = Random::new(seed);
        let mut partition = open(&disk, small(Durability::Fsync));
        let mut values: Vec<Vec<u8>> = Vec::new();
        let mut sequence = 0;
        for _ in 0..150 {
            disk.set_left(match random.chance(2) {
                true => random.below(3_000) as i64,
                false => 1 << 40,
            });
            if random.chance(30) {
                partition = match Partition::open(
                    disk.clone(),
                    Path::new("/data/0"),
                    small(Durability::Fsync),
                ) {
                    Ok(partition) => partition,
                    Err(error) => panic!("seed {seed}: {error}"),
                };
            }
            let length = random.below(2_500);
            let value = random.bytes(length);
            let end = partition.end_offset();
            let result = match random.chance(2) {
                true => append(&mut partition, std::slice::from_ref(&value), 5).map(|_| ()),
                false => {
                    let batch = sequenced(&produced(&[new_record(&value)]), 3, 0, sequence);
                    partition.append_batch(&batch, 5).map(|appended| {
                        assert!(!appended.is_duplicate, "seed {seed}");
                        sequence += 1;
                    })
                }
            };
            match result {
                Ok(()) => {
                    values.push(value);
                    stored += 1;
                }
                Err(error) => {
                    assert!(is_full(&error), "seed {seed}: {error}");
                    assert_eq!(partition.end_offset(), end);
                    refused += 1;
                }
            }
            let (records, error) = read_on(&partition, 0);
            assert!(error.is_none(), "seed {seed}: {error:?}");
            let found: Vec<_> = records
                .into_iter()
                .filter_map(|record| record.value)
                .collect();
            assert_eq!(found, values, "seed {seed}");
        }
        disk.set_left(1 << 40);
        append(&mut partition, &[b"again".to_vec()], 5).unwrap();
    }
    assert!(refused > 500 && stored > 2_000, "{refused} and {stored}");
}

/// A file system of 8 MiB, gone with the value; `None` where it cannot be made.
struct SmallFileSystem(PathBuf);

impl SmallFileSystem {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(at)
            .output();
        let succeeded = mounted.is_ok_and(|output| output.status.success());
        succeeded.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallFileSystem {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}

#[test]
fn on_a_real_file_system_that_is_full() {
    let home = tempfile::tempdir().unwrap();
    let Some(mounted) = SmallFileSystem::mount(home.path()) else {
        println!("not run: only root can mount a small file system; the test above stands in");
        return;
    };
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let folder = mounted.0.join("0");
    let options = LogOptions {
        segment_bytes: 1 << 20,
        ..LogOptions::default()
    };
    let mut partition = Partition::open(disk, &folder, options).unwrap();
    let value = vec![b'x'; 100_000];
    let error = loop {
        if let Err(error) = append(&mut partition, std::slice::from_ref(&value), 1) {
            break error;
        }
    };
    let end = partition.end_offset();
    assert!((70..90).contains(&end), "{end}");
    let text = error.to_string();
    assert!(
        text.starts_with("cannot append to /") && text.contains("No space left on device"),
        "{text}"
    );
    assert!(is_full(
        &append(&mut partition, std::slice::from_ref(&value), 1).unwrap_err()
    ));
    let (records, error) = read_on(&partition, 0);
    assert!(error.is_none() && records.len() as i64 == end);
    // Space returns: here, by letting go of old records.
    partition.trim_before_offset(end / 2).unwrap();
    for _ in 0..10 {
        append(&mut partition, std::slice::from_ref(&value), 1).unwrap();
    }
    let found = partition.read(end, NO_LIMITS).unwrap();
    assert_eq!(found.len(), 10);
}
