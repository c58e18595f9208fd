//! The producers of a partition on disk: known again after a restart.
//!
//! A file beside a segment holds the producers that are known where it begins; the headers of its
//! batches tell the rest. So finding them costs a walk through one segment, and it is put off until
//! the first batch of an idempotent producer comes, or a segment ends.

use std::io::ErrorKind;

use super::batch::BatchHeader;
use super::error::LogError;
use super::names::producers_path;
use super::partition::Partition;
use super::producers::{MOST_BYTES, Producers, StoredBatch};

impl Partition {
    /// Checks a batch of an idempotent producer, and finds it where it is stored already.
    pub(super) fn check_sequence(
        &mut self,
        batch: &BatchHeader,
        now_ms: i64,
    ) -> Result<Option<StoredBatch>, LogError> {
        self.producers()?.check(batch, now_ms)
    }

    fn producers(&mut self) -> Result<&Producers, LogError> {
        let producers = match self.producers.take() {
            Some(producers) => producers,
            None => self.find_producers()?,
        };
        Ok(self.producers.insert(producers))
    }

    fn find_producers(&self) -> Result<Producers, LogError> {
        let mut position = self.finished.len();
        let mut producers = loop {
            match self.stored_producers(position)? {
                Some(producers) => break producers,
                None if position == 0 => break Producers::default(),
                // The file is damaged: the segment before has what it said.
                None => position -= 1,
            }
        };
        while position <= self.finished.len() {
            if let Some(span) = self.span_at(position)? {
                let start = span.segment.walk(span.segment.start(), span.end);
                start.visit(|found| producers.note(&found.header))?;
            }
            position += 1;
        }
        Ok(producers)
    }

    /// The producers known where a segment begins; `None` when the file is damaged. Where there is
    /// no file, there were none.
    fn stored_producers(&self, position: usize) -> Result<Option<Producers>, LogError> {
        let active = self.active.as_ref();
        let base_offset = self.finished.get(position).copied();
        let Some(base_offset) = base_offset.or(active.map(|active| active.segment.base_offset))
        else {
            return Ok(Some(Producers::default()));
        };
        let path = producers_path(&self.folder, base_offset);
        let read = || -> std::io::Result<Option<Producers>> {
            let file = self.disk.open(&path)?;
            let length = file.length_bytes()?;
            if length > MOST_BYTES {
                return Ok(None);
            }
            let mut bytes = vec![0; length as usize];
            let count = file.read_at(&mut bytes, 0)?;
            bytes.truncate(count);
            Ok(Producers::decode(&bytes))
        };
        match read() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Some(Producers::default())),
            found => found.map_err(LogError::io("read", &path)),
        }
    }

    /// Stores the producers that are known now, for the segment that begins now. They are to be on
    /// the disk before the segment is there.
    pub(super) fn store_producers(&mut self) -> Result<(), LogError> {
        let now_ms = self.last_timestamp_ms.unwrap_or(i64::MIN);
        let producers = self.producers()?;
        if producers.is_empty() {
            return Ok(());
        }
        let bytes = producers.encode(now_ms);
        let path = producers_path(&self.folder, self.next_offset);
        // One may be left from an attempt that failed.
        self.remove_if_there(&path)?;
        self.disk
            .create(&path)
            .and_then(|file| file.write_at(&bytes, 0).and_then(|()| file.sync()))
            .and_then(|()| self.disk.sync_folder(&self.folder))
            .map_err(LogError::io("write", &path))
    }
}
