//! Brings a segment to the disk while it grows.
//!
//! A segment is synced when it is finished, with its partition locked. Were nothing of it on the disk by then,
//! every append would wait for all of it: half a second on a slow disk. So a thread syncs what has been appended a
//! piece at a time, and little is left for the end. This promises nothing to anybody: who needs to know that the
//! bytes are on the disk syncs them as before.

use std::io::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use super::partition::lock;
use crate::disk::DiskFile;

/// How many bytes are appended before they are brought to the disk: a small part of a segment, and large enough
/// for the disk to be used well.
const STRIDE_BYTES: u64 = 8 << 20;

/// The thread's work; `None` where no thread could be had, which only makes the end of a segment slower.
static WORKER: OnceLock<Option<Sender<Arc<Job>>>> = OnceLock::new();

/// What is being done for one segment.
#[derive(Debug)]
pub(super) struct EarlySync {
    job: Arc<Job>,
    /// Up to where the thread was asked to sync.
    asked_bytes: u64,
}

#[derive(Debug)]
struct Job {
    file: Arc<dyn DiskFile>,
    /// Whether the thread was asked and has not begun.
    is_asked: AtomicBool,
    /// Locked while the thread syncs. The system tells of a failure only once, so it is kept for those who sync
    /// after it.
    failure: Mutex<Option<Error>>,
}

impl EarlySync {
    /// For the segment in this file, which has so many bytes that need no early sync.
    pub(super) fn new(file: Arc<dyn DiskFile>, bytes: u64) -> Self {
        let job = Job {
            file,
            is_asked: AtomicBool::new(false),
            failure: Mutex::new(None),
        };
        Self {
            job: Arc::new(job),
            asked_bytes: bytes,
        }
    }

    /// The segment has grown to so many bytes.
    pub(super) fn has_grown(&mut self, bytes: u64) {
        if bytes.saturating_sub(self.asked_bytes) < STRIDE_BYTES {
            return;
        }
        self.asked_bytes = bytes;
        let Some(worker) = WORKER.get_or_init(start) else {
            return;
        };
        if !self.job.is_asked.swap(true, Ordering::Relaxed) {
            // The thread ends with the process, not before it.
            let _ = worker.send(Arc::clone(&self.job));
        }
    }

    /// Syncs all of the segment; fails too where an earlier sync did.
    pub(super) fn sync(&self) -> Result<()> {
        self.job.sync()
    }
}

impl Job {
    fn sync(&self) -> Result<()> {
        let mut failure = lock(&self.failure);
        if let Some(error) = &*failure {
            return Err(Error::new(error.kind(), error.to_string()));
        }
        self.file.sync().inspect_err(|error| {
            *failure = Some(Error::new(error.kind(), error.to_string()));
        })
    }
}

fn start() -> Option<Sender<Arc<Job>>> {
    let (sender, receiver) = channel();
    let name = "log-sync".to_owned();
    let thread = thread::Builder::new().name(name);
    thread.spawn(move || work(&receiver)).ok()?;
    Some(sender)
}

fn work(jobs: &Receiver<Arc<Job>>) {
    while let Ok(job) = jobs.recv() {
        job.is_asked.store(false, Ordering::Relaxed);
        // Whoever syncs the segment next is told of a failure.
        let _ = job.sync();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::{Duration, Instant};

    use super::*;

    #[derive(Debug, Default)]
    struct Counting {
        syncs: AtomicUsize,
        fails: AtomicBool,
    }

    impl DiskFile for Counting {
        fn read_at(&self, _: &mut [u8], _: u64) -> Result<usize> {
            Ok(0)
        }

        fn write_at(&self, _: &[u8], _: u64) -> Result<()> {
            Ok(())
        }

        fn length_bytes(&self) -> Result<u64> {
            Ok(0)
        }

        fn truncate(&self, _: u64) -> Result<()> {
            Ok(())
        }

        fn sync(&self) -> Result<()> {
            self.syncs.fetch_add(1, Ordering::SeqCst);
            match self.fails.swap(false, Ordering::SeqCst) {
                true => Err(Error::other("the disk is gone")),
                false => Ok(()),
            }
        }
    }

    fn wait_for_sync(file: &Counting) {
        let begun = Instant::now();
        while file.syncs.load(Ordering::SeqCst) == 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "no sync came");
            thread::yield_now();
        }
    }

    #[test]
    fn a_segment_is_synced_while_it_grows() {
        let file = Arc::new(Counting::default());
        let mut early = EarlySync::new(Arc::clone(&file) as Arc<dyn DiskFile>, 100);
        early.has_grown(STRIDE_BYTES);
        assert!(!early.job.is_asked.load(Ordering::Relaxed));
        early.has_grown(100 + STRIDE_BYTES);
        wait_for_sync(&file);
        assert!(early.sync().is_ok());
    }

    #[test]
    fn a_failure_that_the_system_told_the_thread_is_told_to_all_who_sync() {
        let file = Arc::new(Counting::default());
        file.fails.store(true, Ordering::SeqCst);
        let mut early = EarlySync::new(Arc::clone(&file) as Arc<dyn DiskFile>, 0);
        early.has_grown(STRIDE_BYTES);
        wait_for_sync(&file);
        for _ in 0..2 {
            let error = early.sync().unwrap_err();
            assert_eq!(error.to_string(), "the disk is gone");
        }
    }
}
