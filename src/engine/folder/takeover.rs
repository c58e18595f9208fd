//! The database and the logs of a data folder replaced as a whole: wherever the process is killed or the power cut,
//! all is as it was before, or all is new.
//!
//! The new files are written into `loading/`. While that is done, whoever opens the folder next removes them. The empty
//! file `loading/complete` is the point of no return: from then on whoever opens the folder next goes on replacing.
//! What is to be done next is told by what lies in the folder, and by nothing else:
//!
//! | in the folder | next |
//! |---|---|
//! | `loading/`, and not both of `complete` and `ocelot.db` in it | remove `loading/` |
//! | `ocelot.db-wal`, `ocelot.db-shm` or `measured` | remove them: they go with the old database |
//! | `loading/streams/`, and `streams/` | move the old logs to `loading/replaced/` |
//! | `loading/streams/` | move the new logs to `streams/` |
//! | `loading/ocelot.db` | put the new database in the old one's place |
//!
//! Each step is synced before the next one, under either durability: it is done seldom. All of it is done under the
//! folder's lock, and before the database is opened.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{DATABASE, Folder, FolderError, MEASURED, STREAMS, create_private, unusable};
use crate::disk::{Disk, RealDisk};

/// Where the new files are until they are complete.
const LOADING: &str = "loading";

/// The mark in `loading/` that they are.
const COMPLETE: &str = "complete";

/// Where the old logs go, in `loading/`.
const REPLACED: &str = "replaced";

/// What goes with a database, and not with another in its place.
const OF_DATABASE: [&str; 3] = ["ocelot.db-wal", "ocelot.db-shm", MEASURED];

/// New files for a data folder, on their way.
pub(in crate::engine) struct Takeover<'f> {
    folder: &'f Path,
    loading: PathBuf,
}

impl<'f> Takeover<'f> {
    /// Begins with no files in the place of those in `folder`.
    pub(in crate::engine) fn begin(folder: &'f Folder) -> Result<Self, FolderError> {
        let folder = folder.path();
        let loading = folder.join(LOADING);
        create_private(&loading).map_err(unusable(&loading))?;
        Ok(Self { folder, loading })
    }

    /// Where the new files are to be put, each of them synced: a database `ocelot.db`, and logs in `streams/`.
    pub(in crate::engine) fn files(&self) -> &Path {
        &self.loading
    }

    /// Replaces what is in the folder. An error may come before the point of no return or after it: the next who opens
    /// the folder goes the one way or the other.
    pub(in crate::engine) fn complete(self) -> Result<(), FolderError> {
        let completed = mark_complete(self.folder).and_then(|()| settle(self.folder));
        completed.map_err(unusable(&self.loading))
    }

    /// Removes the new files. Where that fails, the next who opens the folder does it.
    pub(in crate::engine) fn give_up(self) {
        let _ = fs::remove_dir_all(&self.loading);
    }
}

fn mark_complete(folder: &Path) -> io::Result<()> {
    let loading = folder.join(LOADING);
    // So that logs which are not there are told from those that were moved.
    create_private(&loading.join(STREAMS))?;
    sync_folders(&loading)?;
    RealDisk.sync_folder(folder)?;
    File::create(loading.join(COMPLETE))?;
    RealDisk.sync_folder(&loading)
}

/// Makes the names of all files in a folder and those below survive a power cut.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    RealDisk.sync_folder(folder)
}

/// Finishes what was begun in a folder, or takes it back.
pub(super) fn settle(folder: &Path) -> io::Result<()> {
    while let Some(step) = Step::next(folder)? {
        step.carry_out()?;
    }
    Ok(())
}

/// One thing to do. Done twice, or half and then again, it comes to the same.
#[derive(Debug)]
enum Step {
    RemoveFile(PathBuf),
    RemoveFolder(PathBuf),
    Move { from: PathBuf, to: PathBuf },
}

impl Step {
    fn next(folder: &Path) -> io::Result<Option<Self>> {
        let loading = folder.join(LOADING);
        if !loading.try_exists()? {
            return Ok(None);
        }
        let (new_database, new_streams) = (loading.join(DATABASE), loading.join(STREAMS));
        if !(loading.join(COMPLETE).try_exists()? && new_database.try_exists()?) {
            return Ok(Some(Self::RemoveFolder(loading)));
        }
        for old in OF_DATABASE.map(|name| folder.join(name)) {
            if old.try_exists()? {
                return Ok(Some(Self::RemoveFile(old)));
            }
        }
        let streams = folder.join(STREAMS);
        let (from, to) = match (new_streams.try_exists()?, streams.try_exists()?) {
            (true, true) => (streams, loading.join(REPLACED)),
            (true, false) => (new_streams, streams),
            (false, _) => (new_database, folder.join(DATABASE)),
        };
        Ok(Some(Self::Move { from, to }))
    }

    fn carry_out(&self) -> io::Result<()> {
        let changed = match self {
            Self::RemoveFile(path) => {
                fs::remove_file(path)?;
                [Some(path), None]
            }
            Self::RemoveFolder(path) => {
                fs::remove_dir_all(path)?;
                [Some(path), None]
            }
            Self::Move { from, to } => {
                fs::rename(from, to)?;
                // The new name first: a file with two names can be found, one with none cannot.
                [Some(to), Some(from)]
            }
        };
        let mut folders = changed
            .into_iter()
            .flatten()
            .filter_map(|path| path.parent());
        folders.try_for_each(|folder| RealDisk.sync_folder(folder))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::folder::PATIENCE;

    /// The files below a folder, and what is in them.
    fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => found.extend(files(&path)),
                false => {
                    found.insert(path.clone(), fs::read_to_string(&path).unwrap());
                }
            }
        }
        found
    }

    fn write(folder: &Path, name: &str, content: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    const OLD: [(&str, &str); 6] = [
        ("measured", "old"),
        ("objects/kept", "kept"),
        ("ocelot.db", "old"),
        ("ocelot.db-wal", "old"),
        ("streams/both/0/x.log", "old"),
        ("streams/old/0/x.log", "old"),
    ];

    const NEW: [(&str, &str); 3] = [
        ("ocelot.db", "new"),
        ("streams/both/0/x.log", "new"),
        ("streams/new/0/x.log", "new"),
    ];

    /// A folder with old files, and with so many of the new ones in `loading/`.
    fn loading(new: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in OLD {
            write(folder.path(), name, content);
        }
        for (name, content) in new {
            write(&folder.path().join(LOADING), name, content);
        }
        folder
    }

    /// Opens a folder as any command does, and tells what is in it but for the lock.
    fn opened(folder: &Path) -> Vec<(String, String)> {
        drop(Folder::lock(folder, PATIENCE).unwrap());
        let mut files = files(folder);
        files.remove(&folder.join("lock"));
        let named = files.into_iter().map(|(path, content)| {
            let name = path.strip_prefix(folder).unwrap();
            (name.to_str().unwrap().to_owned(), content)
        });
        named.collect()
    }

    fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = files.iter();
        pairs
            .map(|(name, content)| ((*name).to_owned(), (*content).to_owned()))
            .collect()
    }

    /// What is in the folder afterwards: the new files, and what is nobody's database or log.
    fn replaced() -> Vec<(String, String)> {
        let mut files = owned(&NEW);
        files.insert(0, ("objects/kept".to_owned(), "kept".to_owned()));
        files
    }

    #[test]
    fn what_was_not_complete_is_taken_back() {
        for count in 0..=NEW.len() {
            let folder = loading(&NEW[..count]);
            fs::create_dir_all(folder.path().join(LOADING)).unwrap();
            assert_eq!(opened(folder.path()), owned(&OLD), "{count} files");
            assert!(!folder.path().join(LOADING).exists());
        }
    }

    #[test]
    fn what_was_complete_is_finished_wherever_it_stopped() {
        let mut most = 0;
        for done in 0.. {
            let folder = loading(&NEW);
            mark_complete(folder.path()).unwrap();
            let mut steps = 0;
            while steps < done
                && let Some(step) = Step::next(folder.path()).unwrap()
            {
                step.carry_out().unwrap();
                steps += 1;
            }
            most = steps;
            assert_eq!(opened(folder.path()), replaced(), "after {steps} steps");
            assert!(!folder.path().join(LOADING).exists());
            if steps < done {
                break;
            }
        }
        // -wal and measured, the logs out and in, the database, `loading/` itself.
        assert_eq!(most, 6);
    }

    #[test]
    fn what_was_removed_in_part_is_removed() {
        // The folder goes last of all, in whatever order the files in it do.
        for left in [COMPLETE, "replaced/old/0/x.log"] {
            let folder = loading(&[]);
            let before = owned(&OLD);
            write(&folder.path().join(LOADING), left, "");
            assert_eq!(opened(folder.path()), before, "{left}");
        }
    }

    #[test]
    fn a_folder_with_nothing_in_it_takes_over_too() {
        let folder = tempfile::tempdir().unwrap();
        let locked = Folder::lock(folder.path(), PATIENCE).unwrap();
        let takeover = Takeover::begin(&locked).unwrap();
        write(takeover.files(), "ocelot.db", "new");
        takeover.complete().unwrap();
        drop(locked);
        assert_eq!(opened(folder.path()), owned(&[("ocelot.db", "new")]));
        assert!(folder.path().join(STREAMS).is_dir());
    }
}
